// SPDX-License-Identifier: GPL-2.0-only
/*
 * The addresses of an open ADI: which it may have, and what stands for those that
 * find no filter. adi->lock is held.
 *
 * A VSI has few filters, and a guest may join any number of groups. Groups without a
 * filter are remembered, and as long as there are any the VSI takes all multicast.
 */
#include <linux/etherdevice.h>

#include "adi.h"

/**
 * smnc_adi_may_have() - may this ADI use a unicast address?
 * @adi: open ADI
 * @mac: valid unicast address
 *
 * Its own it may; others only with trust, and none that the operator gave to another
 * device or to the PF.
 */
bool smnc_adi_may_have(const struct smnc_adi *adi, const u8 *mac)
{
	return ether_addr_equal_unaligned(mac, adi->addr.mac) ||
	       (adi->cfg[SMNC_CFG_TRUST] && !smnc_mac_taken(adi->pf, adi, mac));
}

/* Bridges keep some groups to themselves: they are not for guests without trust. */
bool smnc_adi_may_join(const struct smnc_adi *adi, const u8 *mac)
{
	return adi->cfg[SMNC_CFG_TRUST] || !is_link_local_ether_addr(mac);
}

static bool smnc_addr_allowed(const struct smnc_adi *adi, const u8 *mac)
{
	return is_multicast_ether_addr(mac) ? smnc_adi_may_join(adi, mac) :
					      smnc_adi_may_have(adi, mac);
}

static int smnc_more_find(const struct smnc_adi *adi, const u8 *mac)
{
	unsigned int i;

	for (i = 0; i < adi->nr_more; i++)
		if (ether_addr_equal_unaligned(adi->more[i], mac))
			return i;
	return -ENOENT;
}

static void smnc_more_del(struct smnc_adi *adi, unsigned int i)
{
	memmove(adi->more[i], adi->more[--adi->nr_more], ETH_ALEN);
}

/* Remember a group, and take all of them. Return: 0 or errno, then nothing has changed. */
static int smnc_more_add(struct smnc_adi *adi, const u8 *mac)
{
	bool fits = adi->nr_more < SMNC_MORE_GROUPS, lost = adi->more_lost;
	int err;

	if (fits)
		memcpy(adi->more[adi->nr_more++], mac, ETH_ALEN);
	else
		adi->more_lost = true;
	err = smnc_adi_vsi_update(adi);
	if (!err)
		return 0;
	if (fits)
		adi->nr_more--;
	adi->more_lost = lost;
	return err;
}

/* A group gives its filter up for a station's address, which nothing else stands for. */
static int smnc_addr_make_room(struct smnc_adi *adi)
{
	struct smnc_vsi *vsi = &adi->vsi;
	unsigned int i;
	int err;

	for (i = vsi->nr_macs; i--; ) {
		if (!is_multicast_ether_addr(vsi->macs[i]))
			continue;
		err = smnc_more_add(adi, vsi->macs[i]);
		return err ?: smnc_vsi_del_mac(adi->pf, vsi, vsi->macs[i]);
	}
	return -ENOSPC;
}

/* There may be room again: groups get their filters back before all multicast ends. */
static int smnc_addr_refill(struct smnc_adi *adi)
{
	for (; adi->nr_more; adi->nr_more--) {
		const u8 *mac = adi->more[adi->nr_more - 1];

		if (smnc_addr_allowed(adi, mac) && smnc_vsi_add_mac(adi->pf, &adi->vsi, mac))
			break;
	}
	return smnc_adi_vsi_update(adi);
}

/**
 * smnc_adi_add_addr() - an address the guest wants to receive
 * @adi: open ADI
 * @mac: group, or a unicast address that it may have
 *
 * Return: 0 (also if it is there), -ENOSPC for a unicast address without room,
 * -EEXIST if it is another VSI's, or another errno.
 */
int smnc_adi_add_addr(struct smnc_adi *adi, const u8 *mac)
{
	bool group = is_multicast_ether_addr(mac);
	int err;

	if (group && smnc_more_find(adi, mac) >= 0)
		return 0;
	err = smnc_vsi_add_mac(adi->pf, &adi->vsi, mac);
	if (err != -ENOSPC)
		return err;
	if (group)
		return smnc_more_add(adi, mac);
	err = smnc_addr_make_room(adi);
	return err ?: smnc_vsi_add_mac(adi->pf, &adi->vsi, mac);
}

/**
 * smnc_adi_del_addr() - an address the guest no longer wants
 * @adi: open ADI
 * @mac: address
 *
 * Return: 0, -ENOENT if it is not there, or another errno.
 */
int smnc_adi_del_addr(struct smnc_adi *adi, const u8 *mac)
{
	int i = smnc_more_find(adi, mac);
	int err = 0;

	if (i >= 0)
		smnc_more_del(adi, i);
	else
		err = smnc_vsi_del_mac(adi->pf, &adi->vsi, mac);
	return err ?: smnc_addr_refill(adi);
}

/**
 * smnc_adi_check_addrs() - take away the addresses that the guest may not have any more
 * @adi: open ADI
 *
 * Trust has gone, or the operator gave one of them to another device. Its own address
 * works at once; the guest has to be notified, and have its function reset.
 *
 * Return: how many unicast addresses were taken away, or errno.
 */
int smnc_adi_check_addrs(struct smnc_adi *adi)
{
	struct smnc_vsi *vsi = &adi->vsi;
	unsigned int i, taken = 0;
	int err;

	for (i = vsi->nr_macs; i--; ) {
		bool group = i < vsi->nr_macs && is_multicast_ether_addr(vsi->macs[i]);

		/* A VSI that is settled meanwhile may have fewer. */
		if (i >= vsi->nr_macs || smnc_addr_allowed(adi, vsi->macs[i]))
			continue;
		err = smnc_vsi_del_mac(adi->pf, vsi, vsi->macs[i]);
		if (err && err != -ENOENT)
			return err;
		taken += !group;
	}
	if (!smnc_adi_may_have(adi, adi->guest_mac))
		ether_addr_copy(adi->guest_mac, adi->addr.mac);
	if (!taken)
		return 0;
	dev_info(vdcm_adi_dev(adi->vdcm), "%u addresses of the guest taken away\n", taken);
	err = smnc_adi_add_addr(adi, adi->addr.mac);
	if (!err)
		err = smnc_addr_refill(adi);
	return err ?: taken;
}
