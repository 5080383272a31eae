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

static int smnc_mac_taken_locked(struct smnc_pf *pf, const void *owner, const u8 *mac)
{
	struct smnc_addr *a;

	hash_for_each_possible(pf->macs, a, node, ether_addr_to_u64(mac))
		if (a->owner != owner && !a->parked && ether_addr_equal_unaligned(a->mac, mac))
			return -EEXIST;
	return 0;
}

/**
 * smnc_mac_taken() - is an address another function's?
 * @pf: PF
 * @owner: of the function that asks
 * @mac: unicast address
 *
 * Context: process.
 * Return: 0 or -EEXIST.
 */
int smnc_mac_taken(struct smnc_pf *pf, const void *owner, const u8 *mac)
{
	int err;

	mutex_lock(&pf->macs_lock);
	err = smnc_mac_taken_locked(pf, owner, mac);
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
	int err;

	mutex_lock(&pf->macs_lock);
	err = smnc_mac_taken_locked(pf, addr->owner, mac);
	if (!err) {
		hash_del(&addr->node);
		memcpy(addr->mac, mac, ETH_ALEN);
		hash_add(pf->macs, &addr->node, ether_addr_to_u64(addr->mac));
		addr->parked = false;
	}
	mutex_unlock(&pf->macs_lock);
	return err;
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
 *
 * Until smnc_mac_claim(). Context: process.
 */
void smnc_mac_park(struct smnc_pf *pf, struct smnc_addr *addr)
{
	mutex_lock(&pf->macs_lock);
	addr->parked = true;
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
		err = smnc_mac_taken_locked(pf, addr->owner, addr->mac);
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
