// SPDX-License-Identifier: GPL-2.0-only
/* The address of an ADI: what the operator sets, or one that follows from the UUID. */
#include <linux/etherdevice.h>
#include <linux/siphash.h>

#include "adi.h"

/*
 * The address of a new ADI: the same for the same UUID on the same card, locally
 * administered and unicast. The hash mixes well, as orchestrators count UUIDs up.
 */
static void smnc_mac_from_uuid(struct smnc_adi *adi, unsigned int attempt, u8 *mac)
{
	static const siphash_key_t key = {
		.key = { 0x534e49432d414449ull, 0x6d61632d66726f6dull },
	};
	__be64 half[2];
	uuid_t uuid;

	BUILD_BUG_ON(sizeof(half) != sizeof(uuid));
	vdcm_adi_uuid(adi->vdcm, &uuid);
	memcpy(half, &uuid, sizeof(half));
	u64_to_ether_addr(siphash_4u64(be64_to_cpu(half[0]), be64_to_cpu(half[1]),
				       adi->pf->serial, attempt, &key), mac);
	mac[0] = (mac[0] & ~0x01) | 0x02;
}

/**
 * smnc_adi_mac_default() - the address that follows from the UUID, or another one that is free
 * @adi: ADI
 */
void smnc_adi_mac_default(struct smnc_adi *adi)
{
	unsigned int attempt = 0;
	u8 mac[ETH_ALEN];

	do
		smnc_mac_from_uuid(adi, attempt++, mac);
	while (smnc_mac_set(adi->pf, &adi->addr, mac));
	adi->mac_came = false;
}

static bool smnc_mac_is(struct smnc_adi *adi, const u8 *mac)
{
	u8 is[ETH_ALEN];

	smnc_mac_get(adi->pf, &adi->addr, is);
	return ether_addr_equal_unaligned(is, mac);
}

/**
 * smnc_adi_mac_set() - the address that the operator chose
 * @adi: ADI
 * @mac: valid unicast address
 *
 * Context: process, the mdev stays.
 * Return: 0 (also for an open ADI that has it), -EBUSY (open), -EEXIST (another function's), or
 * -ENODEV.
 */
int smnc_adi_mac_set(struct smnc_adi *adi, const u8 *mac)
{
	int err = vdcm_adi_configure_begin(adi->vdcm);

	if (err)
		return err == -EBUSY && smnc_mac_is(adi, mac) ? 0 : err;
	err = smnc_mac_set(adi->pf, &adi->addr, mac);
	if (!err) {
		adi->mac_set = true;
		adi->mac_came = false;
	}
	vdcm_adi_configure_end(adi->vdcm);
	return err;
}
