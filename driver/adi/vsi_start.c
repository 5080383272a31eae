// SPDX-License-Identifier: GPL-2.0-only
/*
 * The VSI of an open ADI as a fresh guest finds it: its address, RSS, and what the
 * operator set. adi->lock is held.
 */
#include <linux/delay.h>
#include <linux/etherdevice.h>

#include "adi.h"

/* How long a device waits for its address while another's guest gives it up, ms. */
#define SNIC_CLAIM_MS	1000
#define SNIC_CLAIM_STEP	10

/* Ask every trusted guest's worker to look at its addresses. Return: are there any? */
static bool snic_adi_ask_others(struct snic_adi *self)
{
	struct snic_adi *adi;
	bool asked = false;

	mutex_lock(&self->pf->adis_lock);
	list_for_each_entry(adi, &self->pf->adis, list)
		if (adi != self && READ_ONCE(adi->cfg[SNIC_CFG_TRUST]))
			asked |= snic_adi_due(adi, SNIC_DUE_CHECK);
	mutex_unlock(&self->pf->adis_lock);
	return asked;
}

/*
 * The address that the operator gave it. A trusted guest that uses it, which it may
 * as long as it is no device's, loses it now.
 */
static int snic_adi_claim_mac(struct snic_adi *adi)
{
	int err = snic_vsi_add_mac(adi->pf, &adi->vsi, adi->addr.mac);
	unsigned int ms;

	if (err != -EEXIST || !snic_adi_ask_others(adi))
		return err;
	for (ms = 0; err == -EEXIST && ms < SNIC_CLAIM_MS; ms += SNIC_CLAIM_STEP) {
		msleep(SNIC_CLAIM_STEP);
		err = snic_vsi_add_mac(adi->pf, &adi->vsi, adi->addr.mac);
	}
	return err;
}

/**
 * snic_adi_vsi_start() - the VSI as a fresh guest finds it
 * @adi: open ADI
 *
 * Context: process; may sleep for SNIC_CLAIM_MS.
 * Return: 0 or errno.
 */
int snic_adi_vsi_start(struct snic_adi *adi)
{
	struct snic_pf *pf = adi->pf;
	int err;

	snic_vsi_init(&adi->vsi, adi->func);
	err = snic_vsi_clear(pf, &adi->vsi);
	if (err)
		return err;
	/* What the guest had chosen may be someone else's by now. */
	if (!snic_adi_may_have(adi, adi->guest_mac))
		ether_addr_copy(adi->guest_mac, adi->addr.mac);
	err = -EEXIST;
	if (!ether_addr_equal_unaligned(adi->guest_mac, adi->addr.mac))
		err = snic_vsi_add_mac(pf, &adi->vsi, adi->guest_mac);
	if (err == -EEXIST) {
		ether_addr_copy(adi->guest_mac, adi->addr.mac);
		err = snic_adi_claim_mac(adi);
	}
	if (err == -EEXIST) {
		vdcm_limited(adi->vdcm, err, "another function has the address %pM\n",
			     adi->addr.mac);
		return -EADDRINUSE;
	}
	if (!err)
		err = snic_vsi_rss_default(pf, &adi->vsi,
					   adi->kind->spread ? adi->nr_queues : 1);
	return err ?: snic_adi_vsi_update(adi);
}

/* A firmware that hangs is found to be stuck within these; one that answers needs two. */
#define SNIC_VSI_TRIES	8

/**
 * snic_adi_vsi_again() - the same for one that was in use, and is not to be lost
 * @adi: open ADI
 *
 * A request that the firmware does not answer costs time, not the guest its device.
 *
 * Return: 0, or errno: -EIO if the device is going to be reset, as it is if the firmware
 * is stuck.
 */
int snic_adi_vsi_again(struct snic_adi *adi)
{
	unsigned int tries = SNIC_VSI_TRIES;
	int err;

	do {
		err = snic_adi_vsi_start(adi);
	} while (err && err != -EADDRINUSE && err != -EIO && --tries);
	return err;
}

