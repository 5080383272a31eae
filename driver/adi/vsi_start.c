// SPDX-License-Identifier: GPL-2.0-only
/*
 * The VSI of an open ADI as a fresh guest finds it: its address, RSS, and what the
 * operator set. adi->lock is held.
 */
#include <linux/delay.h>
#include <linux/etherdevice.h>

#include "adi.h"

/* How long a device waits for its address while another's guest gives it up, ms. */
#define SMNC_CLAIM_MS	1000
#define SMNC_CLAIM_STEP	10

/* Ask every trusted guest's worker to look at its addresses. Return: are there any? */
static bool smnc_adi_ask_others(struct smnc_adi *self)
{
	struct smnc_adi *adi;
	bool asked = false;

	mutex_lock(&self->pf->adis_lock);
	list_for_each_entry(adi, &self->pf->adis, list)
		if (adi != self && READ_ONCE(adi->cfg[SMNC_CFG_TRUST]))
			asked |= smnc_adi_due(adi, SMNC_DUE_CHECK);
	mutex_unlock(&self->pf->adis_lock);
	return asked;
}

/**
 * smnc_adi_claim() - put an ADI's own address into force
 * @adi: open ADI, whose address is listed
 * @put: what to try; -EEXIST: another function uses an address
 *
 * A trusted guest that uses the address, which it may as long as it is no device's, loses it
 * now.
 *
 * Context: process; may sleep for SMNC_CLAIM_MS.
 * Return: what @put returned last.
 */
static int smnc_adi_claim(struct smnc_adi *adi, int (*put)(struct smnc_adi *adi))
{
	int err = put(adi);
	unsigned int ms;

	if (err != -EEXIST || !smnc_adi_ask_others(adi))
		return err;
	for (ms = 0; err == -EEXIST && ms < SMNC_CLAIM_MS; ms += SMNC_CLAIM_STEP) {
		msleep(SMNC_CLAIM_STEP);
		err = put(adi);
	}
	return err;
}

static int smnc_adi_put_mac(struct smnc_adi *adi)
{
	return smnc_vsi_add_mac(adi->pf, &adi->vsi, adi->addr.mac);
}

/* smnc_adi_put_mac() for a VSI that is parked. */
static int smnc_adi_take_mac(struct smnc_adi *adi)
{
	return smnc_vsi_take_mac(adi->pf, &adi->vsi, adi->addr.mac);
}

/**
 * smnc_adi_unpark() - put a stopped VM's VSI into force, or the one that it has brought along
 * @adi: open ADI, whose address is listed
 *
 * Waits for its own address alone: trusted guests give up no other, and one request at a time
 * leaves the firmware to others.
 *
 * Context: as smnc_adi_claim().
 * Return: 0, -EEXIST (another function has an address), or another errno.
 */
int smnc_adi_unpark(struct smnc_adi *adi)
{
	int err = smnc_vsi_unpark(adi->pf, &adi->vsi);

	if (err != -EEXIST || !smnc_vsi_has_mac(&adi->vsi, adi->addr.mac))
		return err;
	err = smnc_adi_claim(adi, smnc_adi_take_mac);
	if (!err)
		return smnc_vsi_unpark(adi->pf, &adi->vsi);
	/* A request that was not answered in time may have taken it. */
	smnc_vsi_park(adi->pf, &adi->vsi);
	return err;
}

static int smnc_adi_mac_lost(struct smnc_adi *adi)
{
	vdcm_limited(adi->vdcm, err, "another function has the address %pM\n", adi->addr.mac);
	return -EADDRINUSE;
}

/*
 * Another ADI may have the address: the guest that had it here may run there now. Then this
 * ADI gets another address, unless the operator chose the one that it had.
 */
static int smnc_adi_own_mac(struct smnc_adi *adi)
{
	if (!smnc_mac_claim(adi->pf, &adi->addr))
		return 0;
	if (adi->mac_set)
		return smnc_adi_mac_lost(adi);
	smnc_adi_mac_default(adi);
	ether_addr_copy(adi->guest_mac, adi->addr.mac);
	return 0;
}

/**
 * smnc_adi_vsi_start() - the VSI as a fresh guest finds it
 * @adi: open ADI
 *
 * Context: process; may sleep for SMNC_CLAIM_MS.
 * Return: 0 or errno.
 */
int smnc_adi_vsi_start(struct smnc_adi *adi)
{
	struct smnc_pf *pf = adi->pf;
	int err;

	smnc_vsi_init(&adi->vsi, adi->func);
	err = smnc_vsi_clear(pf, &adi->vsi);
	if (err)
		return err;
	err = smnc_adi_own_mac(adi);
	if (err)
		return err;
	/* What the guest had chosen may be someone else's by now. */
	if (!smnc_adi_may_have(adi, adi->guest_mac))
		ether_addr_copy(adi->guest_mac, adi->addr.mac);
	err = -EEXIST;
	if (!ether_addr_equal_unaligned(adi->guest_mac, adi->addr.mac))
		err = smnc_vsi_add_mac(pf, &adi->vsi, adi->guest_mac);
	if (err == -EEXIST) {
		ether_addr_copy(adi->guest_mac, adi->addr.mac);
		err = smnc_adi_claim(adi, smnc_adi_put_mac);
	}
	if (err == -EEXIST)
		return smnc_adi_mac_lost(adi);
	if (!err)
		err = smnc_vsi_rss_default(pf, &adi->vsi, adi->rss_key,
					   adi->kind->spread ? adi->nr_queues : 1);
	return err ?: smnc_adi_vsi_update(adi);
}

/* A firmware that hangs is found to be stuck within these; one that answers needs two. */
#define SMNC_VSI_TRIES	8

/**
 * smnc_adi_vsi_again() - the same for one that was in use, and is not to be lost
 * @adi: open ADI
 *
 * A request that the firmware does not answer costs time, not the guest its device.
 *
 * Return: 0, or errno: -EIO if the device is going to be reset, as it is if the firmware
 * is stuck.
 */
int smnc_adi_vsi_again(struct smnc_adi *adi)
{
	unsigned int tries = SMNC_VSI_TRIES;
	int err;

	do {
		err = smnc_adi_vsi_start(adi);
	} while (err && err != -EADDRINUSE && err != -EIO && --tries);
	return err;
}

