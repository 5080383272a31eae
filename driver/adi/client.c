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
	WRITE_ONCE(adi->nr_faults, adi->nr_faults + 1);
	fault->token = smnc_adi_token(adi, unit);
	return vdcm_adi_fault(adi->vdcm, fault);
}

/**
 * smnc_adis_look() - does an ADI fault more often than the operator's limit?
 * @pf: PF; called once a second
 *
 * Faults of one ADI cost the others nothing. The driver still tells the operator.
 *
 * Context: process.
 */
void smnc_adis_look(struct smnc_pf *pf)
{
	u32 most = 0, limit = READ_ONCE(pf->storm);
	const char *name = NULL;
	struct smnc_adi *adi;

	mutex_lock(&pf->adis_lock);
	list_for_each_entry(adi, &pf->adis, list) {
		u32 now = READ_ONCE(adi->nr_faults), n = now - adi->seen_faults;

		adi->seen_faults = now;
		if (n <= most)
			continue;
		most = n;
		name = dev_name(vdcm_adi_dev(adi->vdcm));
	}
	if (limit && most > limit)
		smnc_health_bad(pf, SMNC_HEALTH_STORM, "%s: %u faults in a second", name, most);
	else if (pf->storming)
		smnc_health_well(pf, SMNC_HEALTH_STORM);
	pf->storming = limit && most > limit;
	mutex_unlock(&pf->adis_lock);
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
