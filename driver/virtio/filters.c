// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the driver of a virtio device wants to receive: addresses, modes, queues. adi->lock
 * is held. What it may not have is remembered, and given as soon as it may.
 */
#include <linux/etherdevice.h>

#include "virtio.h"

/* Modes as the switch has them. */
static u16 smnc_virtio_modes(const struct smnc_virtio *v)
{
	u16 modes = 0;

	if (v->promisc || v->allmulti)
		modes |= SMNC_VSI_MC_PROMISC;
	if (v->promisc || v->crowded)
		modes |= SMNC_VSI_UC_PROMISC;
	return modes;
}

/* A promiscuous driver gets the frames of all VLANs that the operator lets it have. */
static enum smnc_own_vids smnc_virtio_own_vids(const struct smnc_virtio *v)
{
	bool table = smnc_virtio_accepted(v) & SMNC_VIRTIO_F(VIRTIO_NET_F_CTRL_VLAN);

	return table && !v->promisc ? SMNC_OWN_VIDS_ALWAYS : SMNC_OWN_VIDS_NEVER;
}

/**
 * smnc_virtio_set_promisc() - which frames beside those of its addresses
 * @adi: ADI
 * @promisc: all; others' unicast with trust only
 * @allmulti: all groups
 *
 * Return: 0 or errno: then nothing has changed.
 */
int smnc_virtio_set_promisc(struct smnc_adi *adi, bool promisc, bool allmulti)
{
	struct smnc_virtio *v = smnc_virtio(adi);
	bool was_promisc = v->promisc, was_allmulti = v->allmulti;
	u16 before = adi->promisc;
	int err;

	if (promisc && !adi->cfg[SMNC_CFG_TRUST] && !v->promisc_said) {
		vdcm_limited(adi->vdcm, info,
			     "the guest wants all unicast: only with trust on\n");
		v->promisc_said = true;
	}
	v->promisc = promisc;
	v->allmulti = allmulti;
	adi->promisc = smnc_virtio_modes(v);
	adi->own_vids = smnc_virtio_own_vids(v);
	err = smnc_adi_vsi_update(adi);
	if (!err)
		return 0;
	v->promisc = was_promisc;
	v->allmulti = was_allmulti;
	adi->promisc = before;
	adi->own_vids = smnc_virtio_own_vids(v);
	return err;
}

/**
 * smnc_virtio_put_vids() - the VSI's own filter becomes the driver's table of VLANs
 * @adi: ADI; smnc_adi_vsi_update() is due afterwards
 *
 * The table is in force from FEATURES_OK on, also while it is empty.
 *
 * Return: 0 or errno.
 */
int smnc_virtio_put_vids(struct smnc_adi *adi)
{
	const struct smnc_virtio *v = smnc_virtio(adi);

	adi->own_vids = smnc_virtio_own_vids(v);
	return smnc_vsi_set_own(adi->pf, &adi->vsi, v->vids);
}

/* As smnc_virtio_put_vids(), at once. Return: 0 or errno */
int smnc_virtio_give_vids(struct smnc_adi *adi)
{
	return smnc_virtio_put_vids(adi) ?: smnc_adi_vsi_update(adi);
}

/**
 * smnc_virtio_set_vid() - the driver adds a VLAN to its table, or takes it out
 * @adi: ADI
 * @vid: its number, checked here
 * @add: it is added
 *
 * The operator's VLANs stay those of the operator: the table only restricts what the guest
 * receives of them.
 *
 * Return: 0 or errno: then nothing has changed.
 */
int smnc_virtio_set_vid(struct smnc_adi *adi, u16 vid, bool add)
{
	struct smnc_virtio *v = smnc_virtio(adi);
	u8 bit = BIT(vid % 8), was;
	int err;

	/* Drivers send these commands without the feature; then all VLANs pass. */
	if (!(smnc_virtio_accepted(v) & SMNC_VIRTIO_F(VIRTIO_NET_F_CTRL_VLAN)))
		return 0;
	if (vid > SMNC_VIRTIO_VID_MAX)
		return -EINVAL;
	was = v->vids[vid / 8];
	v->vids[vid / 8] = add ? was | bit : was & ~bit;
	err = smnc_virtio_give_vids(adi);
	if (err)
		v->vids[vid / 8] = was;
	return err;
}

static bool smnc_virtio_wants(const struct smnc_virtio *v, const u8 *mac)
{
	unsigned int i;

	for (i = 0; i < v->nr_macs; i++)
		if (ether_addr_equal_unaligned(v->macs[i], mac))
			return true;
	return false;
}

/* Return: 0 or errno */
static int smnc_virtio_drop_others(struct smnc_adi *adi)
{
	const struct smnc_virtio *v = smnc_virtio(adi);
	const struct smnc_vsi *vsi = &adi->vsi;
	u8 mac[ETH_ALEN] __aligned(2);
	unsigned int i;
	int err;

	/* Groups without a filter first: they are given none that then goes. */
	adi->more_lost = false;
	for (i = adi->nr_more; i--; )
		if (!smnc_virtio_wants(v, adi->more[i]))
			memmove(adi->more[i], adi->more[--adi->nr_more], ETH_ALEN);
	for (i = vsi->nr_macs; i--; ) {
		/* A filter that goes may make room for a group: there are no more of them then. */
		if (i >= vsi->nr_macs)
			continue;
		memcpy(mac, vsi->macs[i], ETH_ALEN);
		if (ether_addr_equal(mac, adi->guest_mac) || smnc_virtio_wants(v, mac))
			continue;
		err = smnc_adi_del_addr(adi, mac);
		if (err && err != -ENOENT)
			return err;
	}
	return 0;
}

/* Entries that ask for nothing, or for what the guest may not have now. */
static bool smnc_virtio_skips(const struct smnc_adi *adi, const u8 *mac)
{
	if (is_zero_ether_addr(mac) || is_broadcast_ether_addr(mac))
		return true;
	return is_multicast_ether_addr(mac) ? !smnc_adi_may_join(adi, mac) :
					      !smnc_adi_may_have(adi, mac);
}

/**
 * smnc_virtio_apply_macs() - bring the filters in line with the driver's table
 * @adi: ADI
 *
 * More stations than there are filters mean all unicast, for a guest that may have that.
 *
 * Return: 0 or errno.
 */
int smnc_virtio_apply_macs(struct smnc_adi *adi)
{
	struct smnc_virtio *v = smnc_virtio(adi);
	int err = smnc_virtio_drop_others(adi);
	unsigned int i;

	v->crowded = false;
	for (i = 0; i < v->nr_macs && !err; i++) {
		if (smnc_virtio_skips(adi, v->macs[i]))
			continue;
		err = smnc_adi_add_addr(adi, v->macs[i]);
		v->crowded |= err == -ENOSPC;
		/* Another function's, or too many. */
		if (err == -EEXIST || err == -ENOSPC)
			err = 0;
	}
	adi->promisc = smnc_virtio_modes(v);
	return err ?: smnc_adi_vsi_update(adi);
}

/**
 * smnc_virtio_set_own() - the driver's own address, in place of the one that it has
 * @adi: ADI
 * @mac: valid unicast address
 *
 * Return: 0; -EPERM: it may not have it; or another errno: then it has the old one.
 */
int smnc_virtio_set_own(struct smnc_adi *adi, const u8 *mac)
{
	struct smnc_virtio *v = smnc_virtio(adi);
	u8 old[ETH_ALEN] __aligned(2);
	int err;

	if (!smnc_adi_may_have(adi, mac)) {
		vdcm_limited(adi->vdcm, notice, "the guest wants the address %pM: %s\n", mac,
			     adi->cfg[SMNC_CFG_TRUST] ? "it is another's" :
							"only with trust on");
		return -EPERM;
	}
	err = smnc_adi_add_addr(adi, mac);
	if (err)
		return err;
	ether_addr_copy(old, adi->guest_mac);
	memcpy(adi->guest_mac, mac, ETH_ALEN);
	memcpy(v->mac, mac, ETH_ALEN);
	/* A change that the driver has made itself: it needs no interrupt. */
	v->changed = true;
	/* It has both if that fails. */
	if (!ether_addr_equal(old, adi->guest_mac) && !smnc_virtio_wants(v, old))
		smnc_adi_del_addr(adi, old);
	smnc_virtio_link(adi);
	return 0;
}

/**
 * smnc_virtio_set_pairs() - how many queue pairs frames are spread over
 * @adi: ADI
 * @pairs: 1 to adi->nr_queues
 *
 * Return: 0 or errno: then it is as before.
 */
int smnc_virtio_set_pairs(struct smnc_adi *adi, unsigned int pairs)
{
	struct smnc_virtio *v = smnc_virtio(adi);
	u8 lut[SMNC_RSS_LUT_ENTRIES];
	unsigned int i;
	int err;

	for (i = 0; i < ARRAY_SIZE(lut); i++)
		lut[i] = i % pairs;
	if (adi->vsi.has & SMNC_VSI_HAS_LUT && !memcmp(lut, adi->vsi.lut, sizeof(lut)))
		err = 0;
	else
		err = smnc_vsi_rss_lut(adi->pf, &adi->vsi, lut);
	if (!err)
		v->pairs = pairs;
	return err;
}

/**
 * smnc_virtio_wishes() - the guest may have more than before
 * @adi: ADI, its lock held
 */
void smnc_virtio_wishes(struct smnc_adi *adi)
{
	struct smnc_virtio *v = smnc_virtio(adi);

	if (!ether_addr_equal_unaligned(v->mac, adi->guest_mac) && smnc_adi_may_have(adi, v->mac))
		smnc_virtio_set_own(adi, v->mac);
	smnc_virtio_apply_macs(adi);
}
