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
 * snic_adi_may_have() - may this ADI use a unicast address?
 * @adi: open ADI
 * @mac: valid unicast address
 *
 * Its own it may; others only with trust, and none that the operator gave to another
 * device or to the PF.
 */
bool snic_adi_may_have(const struct snic_adi *adi, const u8 *mac)
{
	return ether_addr_equal_unaligned(mac, adi->addr.mac) ||
	       (adi->cfg[SNIC_CFG_TRUST] && !snic_mac_taken(adi->pf, adi, mac));
}

/* Bridges keep some groups to themselves: they are not for guests without trust. */
bool snic_adi_may_join(const struct snic_adi *adi, const u8 *mac)
{
	return adi->cfg[SNIC_CFG_TRUST] || !is_link_local_ether_addr(mac);
}

static bool snic_addr_allowed(const struct snic_adi *adi, const u8 *mac)
{
	return is_multicast_ether_addr(mac) ? snic_adi_may_join(adi, mac) :
					      snic_adi_may_have(adi, mac);
}

static int snic_more_find(const struct snic_adi *adi, const u8 *mac)
{
	unsigned int i;

	for (i = 0; i < adi->nr_more; i++)
		if (ether_addr_equal_unaligned(adi->more[i], mac))
			return i;
	return -ENOENT;
}

static void snic_more_del(struct snic_adi *adi, unsigned int i)
{
	memmove(adi->more[i], adi->more[--adi->nr_more], ETH_ALEN);
}

/* Remember a group, and take all of them. Return: 0 or errno, then nothing has changed. */
static int snic_more_add(struct snic_adi *adi, const u8 *mac)
{
	bool fits = adi->nr_more < SNIC_MORE_GROUPS, lost = adi->more_lost;
	int err;

	if (fits)
		memcpy(adi->more[adi->nr_more++], mac, ETH_ALEN);
	else
		adi->more_lost = true;
	err = snic_adi_vsi_update(adi);
	if (!err)
		return 0;
	if (fits)
		adi->nr_more--;
	adi->more_lost = lost;
	return err;
}

/* A group gives its filter up for a station's address, which nothing else stands for. */
static int snic_addr_make_room(struct snic_adi *adi)
{
	struct snic_vsi *vsi = &adi->vsi;
	unsigned int i;
	int err;

	for (i = vsi->nr_macs; i--; ) {
		if (!is_multicast_ether_addr(vsi->macs[i]))
			continue;
		err = snic_more_add(adi, vsi->macs[i]);
		return err ?: snic_vsi_del_mac(adi->pf, vsi, vsi->macs[i]);
	}
	return -ENOSPC;
}

/* There may be room again: groups get their filters back before all multicast ends. */
static int snic_addr_refill(struct snic_adi *adi)
{
	for (; adi->nr_more; adi->nr_more--) {
		const u8 *mac = adi->more[adi->nr_more - 1];

		if (snic_addr_allowed(adi, mac) && snic_vsi_add_mac(adi->pf, &adi->vsi, mac))
			break;
	}
	return snic_adi_vsi_update(adi);
}

/**
 * snic_adi_add_addr() - an address the guest wants to receive
 * @adi: open ADI
 * @mac: group, or a unicast address that it may have
 *
 * Return: 0 (also if it is there), -ENOSPC for a unicast address without room,
 * -EEXIST if it is another VSI's, or another errno.
 */
int snic_adi_add_addr(struct snic_adi *adi, const u8 *mac)
{
	bool group = is_multicast_ether_addr(mac);
	int err;

	if (group && snic_more_find(adi, mac) >= 0)
		return 0;
	err = snic_vsi_add_mac(adi->pf, &adi->vsi, mac);
	if (err != -ENOSPC)
		return err;
	if (group)
		return snic_more_add(adi, mac);
	err = snic_addr_make_room(adi);
	return err ?: snic_vsi_add_mac(adi->pf, &adi->vsi, mac);
}

/**
 * snic_adi_del_addr() - an address the guest no longer wants
 * @adi: open ADI
 * @mac: address
 *
 * Return: 0, -ENOENT if it is not there, or another errno.
 */
int snic_adi_del_addr(struct snic_adi *adi, const u8 *mac)
{
	int i = snic_more_find(adi, mac);
	int err = 0;

	if (i >= 0)
		snic_more_del(adi, i);
	else
		err = snic_vsi_del_mac(adi->pf, &adi->vsi, mac);
	return err ?: snic_addr_refill(adi);
}

/**
 * snic_adi_check_addrs() - take away the addresses that the guest may not have any more
 * @adi: open ADI
 *
 * Trust has gone, or the operator gave one of them to another device. Its own address
 * works at once; the guest has to be notified, and have its function reset.
 *
 * Return: how many unicast addresses were taken away, or errno.
 */
int snic_adi_check_addrs(struct snic_adi *adi)
{
	struct snic_vsi *vsi = &adi->vsi;
	unsigned int i, taken = 0;
	int err;

	for (i = vsi->nr_macs; i--; ) {
		bool group = is_multicast_ether_addr(vsi->macs[i]);

		if (snic_addr_allowed(adi, vsi->macs[i]))
			continue;
		err = snic_vsi_del_mac(adi->pf, vsi, vsi->macs[i]);
		if (err)
			return err;
		taken += !group;
	}
	if (!snic_adi_may_have(adi, adi->guest_mac))
		ether_addr_copy(adi->guest_mac, adi->addr.mac);
	if (!taken)
		return 0;
	dev_info(vdcm_adi_dev(adi->vdcm), "%u addresses of the guest taken away\n", taken);
	err = snic_adi_add_addr(adi, adi->addr.mac);
	if (!err)
		err = snic_addr_refill(adi);
	return err ?: taken;
}
