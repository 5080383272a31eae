// SPDX-License-Identifier: GPL-2.0-only
/*
 * The VSI of an open ADI: what the operator set and what the guest wishes, put
 * together. adi->lock is held.
 */
#include "../core/hw.h"
#include "adi.h"

/* Frames without a tag only. */
static const u8 smnc_vids_untagged[SMNC_VIDS / 8] = { BIT(0) };

/* The VLAN table that is to be in force, or NULL: none. */
static const u8 *smnc_adi_vids(const struct smnc_adi *adi)
{
	switch (adi->vlan.mode) {
	case SMNC_VLAN_TRUNK:
		return adi->vlan.vids;
	case SMNC_VLAN_PORT:
		return NULL;
	case SMNC_VLAN_ALL:
		return adi->cfg[SMNC_CFG_TRUST] ? NULL : smnc_vids_untagged;
	default:
		return smnc_vids_untagged;
	}
}

/* True: the guest also gets frames of VLANs that it has not asked for. */
static bool smnc_adi_all_vids(const struct smnc_adi *adi)
{
	bool none = !memchr_inv(adi->vsi.own, 0, sizeof(adi->vsi.own));

	if (adi->own_vids != SMNC_OWN_VIDS_ANY)
		none = adi->own_vids == SMNC_OWN_VIDS_NEVER;
	return (adi->promisc & SMNC_VSI_UC_PROMISC && adi->cfg[SMNC_CFG_TRUST]) || none;
}

static u16 smnc_adi_vsi_flags(const struct smnc_adi *adi)
{
	u16 flags = 0;

	if (adi->cfg[SMNC_CFG_LINK] != SMNC_LINK_DISABLE)
		flags |= SMNC_VSI_ACTIVE;
	if (adi->cfg[SMNC_CFG_SPOOFCHK])
		flags |= SMNC_VSI_ANTISPOOF;
	if (adi->promisc & SMNC_VSI_MC_PROMISC || adi->nr_more || adi->more_lost)
		flags |= SMNC_VSI_MC_PROMISC;
	if (adi->promisc & SMNC_VSI_UC_PROMISC && adi->cfg[SMNC_CFG_TRUST])
		flags |= SMNC_VSI_UC_PROMISC;
	if (adi->cfg[SMNC_CFG_TRUST])
		flags |= SMNC_VSI_CONTROL;
	if (smnc_adi_vids(adi))
		flags |= SMNC_VSI_VLAN_FILTER;
	if (!smnc_adi_all_vids(adi))
		flags |= SMNC_VSI_VLAN_OWN;
	if (adi->strip)
		flags |= SMNC_VSI_VLAN_STRIP;
	return flags;
}

/**
 * smnc_adi_vsi_update() - bring the switch in line with settings and wishes
 * @adi: open ADI
 *
 * Return: 0 or errno, then nothing has changed; a VLAN table may have, if more than
 * that was to change.
 */
int smnc_adi_vsi_update(struct smnc_adi *adi)
{
	u32 tx_rate = adi->cfg[SMNC_CFG_TX_RATE], vlan = adi->vlan.port;
	const u8 *vids = smnc_adi_vids(adi);
	struct smnc_vsi *vsi = &adi->vsi;
	u16 flags = smnc_adi_vsi_flags(adi);
	int err;

	/* First, so that it is complete when the flag takes effect. */
	err = vids ? smnc_vsi_set_vids(adi->pf, vsi, vids) : 0;
	if (err)
		return err;
	if (flags == vsi->flags && vlan == vsi->vlan && tx_rate == vsi->tx_rate)
		return 0;
	return smnc_vsi_set(adi->pf, vsi, flags, vlan, tx_rate);
}

/*
 * The link as the guest sees it: without memory for frames it is down, whatever the
 * operator set.
 */
bool smnc_adi_link_up(const struct smnc_adi *adi)
{
	if (READ_ONCE(adi->starved))
		return false;
	switch (adi->cfg[SMNC_CFG_LINK]) {
	case SMNC_LINK_ENABLE:
		return true;
	case SMNC_LINK_DISABLE:
		return false;
	default:
		return smnc_read(adi->pf, SMNC_STATUS) & SMNC_STATUS_LINK;
	}
}
