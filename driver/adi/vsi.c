// SPDX-License-Identifier: GPL-2.0-only
/*
 * The VSI of an open ADI: what the operator set and what the guest wishes, put
 * together. adi->lock is held.
 */
#include "../core/hw.h"
#include "adi.h"

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
	if (adi->promisc & SNIC_VSI_MC_PROMISC || adi->nr_more || adi->more_lost)
		flags |= SNIC_VSI_MC_PROMISC;
	if (adi->promisc & SNIC_VSI_UC_PROMISC && adi->cfg[SNIC_CFG_TRUST])
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
