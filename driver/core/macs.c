// SPDX-License-Identifier: GPL-2.0-only
/*
 * The unicast addresses that the operator gave to functions of this PF: each belongs to
 * one of them. What guests use beside those is not listed; the switch knows it.
 */
#include <linux/etherdevice.h>

#include "pf.h"

void smnc_macs_init(struct smnc_pf *pf)
{
	mutex_init(&pf->macs_lock);
	hash_init(pf->macs);
}

/* @guest: it is a guest that asks, whom a parked address is refused that the operator chose. */
static int smnc_mac_taken_locked(struct smnc_pf *pf, const void *owner, const u8 *mac, bool guest)
{
	struct smnc_addr *a;

	hash_for_each_possible(pf->macs, a, node, ether_addr_to_u64(mac))
		if (a->owner != owner && (!a->parked || (guest && a->kept)) &&
		    ether_addr_equal_unaligned(a->mac, mac))
			return -EEXIST;
	return 0;
}

static int smnc_mac_put(struct smnc_pf *pf, struct smnc_addr *addr, const u8 *mac, bool guest)
{
	int err;

	mutex_lock(&pf->macs_lock);
	err = smnc_mac_taken_locked(pf, addr->owner, mac, guest);
	if (!err) {
		hash_del(&addr->node);
		memcpy(addr->mac, mac, ETH_ALEN);
		hash_add(pf->macs, &addr->node, ether_addr_to_u64(addr->mac));
		addr->parked = false;
	}
	mutex_unlock(&pf->macs_lock);
	return err;
}

/**
 * smnc_mac_taken() - is an address that a guest wants another function's?
 * @pf: PF
 * @owner: of the guest's function
 * @mac: unicast address
 *
 * Context: process.
 * Return: 0 or -EEXIST.
 */
int smnc_mac_taken(struct smnc_pf *pf, const void *owner, const u8 *mac)
{
	int err;

	mutex_lock(&pf->macs_lock);
	err = smnc_mac_taken_locked(pf, owner, mac, true);
	mutex_unlock(&pf->macs_lock);
	return err;
}

/**
 * smnc_mac_set() - list an address, in place of the one that @addr had, if any
 * @pf: PF
 * @addr: entry, zeroed but for its owner, or listed
 * @mac: unicast address
 *
 * Context: process.
 * Return: 0, or -EEXIST: it is another owner's, and nothing has changed.
 */
int smnc_mac_set(struct smnc_pf *pf, struct smnc_addr *addr, const u8 *mac)
{
	return smnc_mac_put(pf, addr, mac, false);
}

/**
 * smnc_mac_bring() - smnc_mac_set() for an address that a guest has brought along
 * @pf: PF
 * @addr: listed entry
 * @mac: unicast address
 *
 * Context: process.
 * Return: 0, or -EEXIST: it is another owner's, who uses it or was given it by the operator.
 */
int smnc_mac_bring(struct smnc_pf *pf, struct smnc_addr *addr, const u8 *mac)
{
	return smnc_mac_put(pf, addr, mac, true);
}

/* Its address is free. Also of an entry that is not listed. Process context. */
void smnc_mac_drop(struct smnc_pf *pf, struct smnc_addr *addr)
{
	mutex_lock(&pf->macs_lock);
	hash_del(&addr->node);
	mutex_unlock(&pf->macs_lock);
}

/**
 * smnc_mac_park() - let other functions have an address that its owner does not use
 * @pf: PF
 * @addr: listed entry
 * @kept: the operator chose it: only the operator can give it to another function meanwhile
 *
 * Until smnc_mac_claim(). Context: process.
 */
void smnc_mac_park(struct smnc_pf *pf, struct smnc_addr *addr, bool kept)
{
	mutex_lock(&pf->macs_lock);
	addr->parked = true;
	addr->kept = kept;
	mutex_unlock(&pf->macs_lock);
}

/**
 * smnc_mac_claim() - give an address back to its owner
 * @pf: PF
 * @addr: listed entry, parked or not
 *
 * Context: process.
 * Return: 0, or -EEXIST: another owner has the address, and @addr stays parked.
 */
int smnc_mac_claim(struct smnc_pf *pf, struct smnc_addr *addr)
{
	int err = 0;

	mutex_lock(&pf->macs_lock);
	if (addr->parked)
		err = smnc_mac_taken_locked(pf, addr->owner, addr->mac, false);
	if (!err)
		addr->parked = false;
	mutex_unlock(&pf->macs_lock);
	return err;
}

/* A copy of it, while smnc_mac_set() may run. Process context. */
void smnc_mac_get(struct smnc_pf *pf, const struct smnc_addr *addr, u8 *mac)
{
	mutex_lock(&pf->macs_lock);
	memcpy(mac, addr->mac, ETH_ALEN);
	mutex_unlock(&pf->macs_lock);
}
