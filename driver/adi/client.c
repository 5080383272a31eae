// SPDX-License-Identifier: GPL-2.0-only
/*
 * What happens to functions 1 and up, passed on to the ADIs behind them. A function
 * without one is closed: nothing waits for what it has left behind.
 */
#include "../core/client.h"
#include "adi.h"

static void snic_adis_message(struct snic_pf *pf, u16 func, u32 op, const void *data, u16 len)
{
	struct snic_adi *adi = READ_ONCE(pf->func[func]);

	if (adi)
		snic_adi_message(adi, op, data, len);
}

/* An ADI that is closed leaves pf->func[] and then waits for pf->mbx.tx_lock. */
static void snic_adis_undelivered(struct snic_pf *pf, u16 func, u16 status)
{
	struct snic_adi *adi = READ_ONCE(pf->func[func]);

	if (adi)
		vdcm_limited(adi->vdcm, warn, "the guest did not take a message: %u\n", status);
}

static void snic_adis_vector(struct snic_pf *pf, u16 func, u16 vec)
{
	struct snic_adi *adi = READ_ONCE(pf->func[func]);

	if (adi && vec < snic_adi_nr_vecs(adi))
		vdcm_adi_signal(adi->vdcm, vec);
}

static int snic_adis_fault(struct snic_pf *pf, u16 func, u8 unit, struct vdcm_fault *fault)
{
	struct snic_adi *adi = READ_ONCE(pf->func[func]);

	if (!adi)
		return 0;
	fault->token = snic_adi_token(adi, unit);
	return vdcm_adi_fault(adi->vdcm, fault);
}

static void snic_adis_link(struct snic_pf *pf)
{
	unsigned int i;

	for (i = 1; i <= pf->num_adis; i++) {
		struct snic_adi *adi = READ_ONCE(pf->func[i]);

		if (adi)
			snic_adi_link_event(adi);
	}
}

static void snic_adis_dead(struct snic_pf *pf)
{
	if (pf->parent)
		vdcm_parent_dead(pf->parent);
}

const struct snic_client snic_adi_client = {
	.message = snic_adis_message,
	.undelivered = snic_adis_undelivered,
	.vector = snic_adis_vector,
	.fault = snic_adis_fault,
	.link = snic_adis_link,
	.dead = snic_adis_dead,
};
