// SPDX-License-Identifier: GPL-2.0-only
/*
 * What happens to functions 1 and up, passed on to the ADIs behind them. A function
 * without one is closed: nothing waits for what it has left behind.
 */
#include "../core/client.h"
#include "adi.h"

static void smnc_adis_message(struct smnc_pf *pf, u16 func, u32 op, const void *data, u16 len)
{
	struct smnc_adi *adi = READ_ONCE(pf->func[func]);

	if (adi)
		smnc_adi_message(adi, op, data, len);
}

/* An ADI that is closed leaves pf->func[] and then waits for pf->mbx.tx_lock. */
static void smnc_adis_undelivered(struct smnc_pf *pf, u16 func, u16 status)
{
	struct smnc_adi *adi = READ_ONCE(pf->func[func]);

	if (adi)
		vdcm_limited(adi->vdcm, warn, "the guest did not take a message: %u\n", status);
}

static void smnc_adis_vector(struct smnc_pf *pf, u16 func, u16 vec)
{
	struct smnc_adi *adi = READ_ONCE(pf->func[func]);

	if (adi && vec < smnc_adi_nr_vecs(adi))
		vdcm_adi_signal(adi->vdcm, vec);
}

static int smnc_adis_fault(struct smnc_pf *pf, u16 func, u8 unit, struct vdcm_fault *fault)
{
	struct smnc_adi *adi = READ_ONCE(pf->func[func]);

	if (!adi)
		return 0;
	fault->token = smnc_adi_token(adi, unit);
	return vdcm_adi_fault(adi->vdcm, fault);
}

static void smnc_adis_link(struct smnc_pf *pf)
{
	unsigned int i;

	for (i = 1; i <= pf->num_adis; i++) {
		struct smnc_adi *adi = READ_ONCE(pf->func[i]);

		if (adi)
			smnc_adi_link_event(adi);
	}
}

static void smnc_adis_dead(struct smnc_pf *pf)
{
	if (pf->parent)
		vdcm_parent_dead(pf->parent);
}

const struct smnc_client smnc_adi_client = {
	.message = smnc_adis_message,
	.undelivered = smnc_adis_undelivered,
	.vector = smnc_adis_vector,
	.fault = smnc_adis_fault,
	.link = smnc_adis_link,
	.dead = smnc_adis_dead,
};
