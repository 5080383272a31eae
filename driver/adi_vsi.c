// SPDX-License-Identifier: GPL-2.0-only
/*
 * The VSI of an open ADI: what the operator set and what the guest wishes, put
 * together. adi->lock is held.
 */
#include <linux/delay.h>
#include <linux/etherdevice.h>

#include <compat/virtchnl.h>

#include "adi.h"
#include "hw.h"

/* Frames without a tag only. */
static const u8 snic_vids_untagged[SNIC_VIDS / 8] = { BIT(0) };

/* The VLAN table that is to be in force, or NULL: none. */
static const u8 *snic_adi_vids(const struct snic_adi *adi)
{
	switch (adi->vlan.mode) {
	case SNIC_VLAN_TRUNK:
		return adi->vlan.vids;
	case SNIC_VLAN_PORT:
		return NULL;
	case SNIC_VLAN_ALL:
		return adi->cfg[SNIC_CFG_TRUST] ? NULL : snic_vids_untagged;
	default:
		return snic_vids_untagged;
	}
}

static u16 snic_adi_vsi_flags(const struct snic_adi *adi)
{
	u16 flags = 0;

	if (adi->cfg[SNIC_CFG_LINK] != SNIC_LINK_DISABLE)
		flags |= SNIC_VSI_ACTIVE;
	if (adi->cfg[SNIC_CFG_SPOOFCHK])
		flags |= SNIC_VSI_ANTISPOOF;
	if (adi->promisc & FLAG_VF_MULTICAST_PROMISC || adi->nr_more || adi->more_lost)
		flags |= SNIC_VSI_MC_PROMISC;
	if (adi->promisc & FLAG_VF_UNICAST_PROMISC && adi->cfg[SNIC_CFG_TRUST])
		flags |= SNIC_VSI_UC_PROMISC;
	if (adi->cfg[SNIC_CFG_TRUST])
		flags |= SNIC_VSI_CONTROL;
	if (snic_adi_vids(adi))
		flags |= SNIC_VSI_VLAN_FILTER;
	return flags;
}

/**
 * snic_adi_vsi_update() - bring the switch in line with settings and wishes
 * @adi: open ADI
 *
 * Return: 0 or errno, then nothing has changed; a VLAN table may have, if more than
 * that was to change.
 */
int snic_adi_vsi_update(struct snic_adi *adi)
{
	u32 tx_rate = adi->cfg[SNIC_CFG_TX_RATE], vlan = adi->vlan.port;
	const u8 *vids = snic_adi_vids(adi);
	struct snic_vsi *vsi = &adi->vsi;
	u16 flags = snic_adi_vsi_flags(adi);
	int err;

	/* First, so that it is complete when the flag takes effect. */
	err = vids ? snic_vsi_set_vids(adi->pf, vsi, vids) : 0;
	if (err)
		return err;
	if (flags == vsi->flags && vlan == vsi->vlan && tx_rate == vsi->tx_rate)
		return 0;
	return snic_vsi_set(adi->pf, vsi, flags, vlan, tx_rate);
}

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
		err = snic_vsi_rss_default(pf, &adi->vsi, adi->nr_queues);
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

/*
 * The link as the guest sees it: without memory for frames it is down, whatever the
 * operator set.
 */
bool snic_adi_link_up(const struct snic_adi *adi)
{
	if (READ_ONCE(adi->starved))
		return false;
	switch (adi->cfg[SNIC_CFG_LINK]) {
	case SNIC_LINK_ENABLE:
		return true;
	case SNIC_LINK_DISABLE:
		return false;
	default:
		return snic_read(adi->pf, SNIC_STATUS) & SNIC_STATUS_LINK;
	}
}
