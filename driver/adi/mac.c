// SPDX-License-Identifier: GPL-2.0-only
/* The address of an ADI that the operator gave none. */
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
