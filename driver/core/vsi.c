// SPDX-License-Identifier: GPL-2.0-only
/*
 * VSIs: what the switch knows about a function. The firmware holds the state;
 * struct snic_vsi mirrors it. Callers serialise per VSI.
 *
 * A request that is not answered in time may have been carried out, or may be yet:
 * the VSI is unknown then. Before the next request, and when a worker comes by, it is
 * cleared and given what the mirror holds.
 */
#include <linux/etherdevice.h>
#include <linux/random.h>

#include "pf.h"

void snic_vsi_init(struct snic_vsi *vsi, u16 id)
{
	unsigned int exchanges = vsi->exchanges;

	memset(vsi, 0, sizeof(*vsi));
	vsi->id = id;
	vsi->vids[0] = BIT(0);
	vsi->exchanges = exchanges;
}

static int snic_vsi_ask(struct snic_pf *pf, struct snic_vsi *vsi, enum snic_fw_op op,
			const void *msg)
{
	int err = snic_fw_exec(pf, op, msg, NULL);

	vsi->exchanges++;
	if (err == -ETIMEDOUT || err == -EPROTO)
		vsi->unknown = true;
	return err;
}

static int snic_vsi_ask_clear(struct snic_pf *pf, struct snic_vsi *vsi)
{
	struct snic_fw_vsi msg = { .vsi = cpu_to_le16(vsi->id) };

	return snic_vsi_ask(pf, vsi, SNIC_FW_VSI_CLEAR, &msg);
}

static int snic_vsi_ask_set(struct snic_pf *pf, struct snic_vsi *vsi, u16 flags, u32 vlan,
			    u32 tx_rate)
{
	struct snic_fw_vsi msg = {
		.vsi = cpu_to_le16(vsi->id),
		.flags = cpu_to_le16(flags),
		.vlan = cpu_to_le32(vlan),
		.tx_rate = cpu_to_le32(tx_rate),
	};

	return snic_vsi_ask(pf, vsi, SNIC_FW_VSI_SET, &msg);
}

static int snic_vsi_ask_mac(struct snic_pf *pf, struct snic_vsi *vsi, enum snic_fw_op op,
			    const u8 *mac)
{
	struct snic_fw_mac msg = { .vsi = cpu_to_le16(vsi->id) };

	memcpy(msg.mac, mac, ETH_ALEN);
	return snic_vsi_ask(pf, vsi, op, &msg);
}

static int snic_vsi_ask_chunks(struct snic_pf *pf, struct snic_vsi *vsi, enum snic_fw_op op,
			       const u8 *data, unsigned int len)
{
	unsigned int off, n;
	int err = 0;

	for (off = 0; off < len && !err; off += n) {
		struct snic_fw_chunk msg = { .vsi = cpu_to_le16(vsi->id), .offset = off };

		n = min_t(unsigned int, len - off, sizeof(msg.data));
		msg.len = n;
		memcpy(msg.data, data + off, n);
		err = snic_vsi_ask(pf, vsi, op, &msg);
		/* The first part of it is there. */
		if (err && off)
			vsi->unknown = true;
	}
	return err;
}

static int snic_vsi_ask_hash(struct snic_pf *pf, struct snic_vsi *vsi, u64 hashcfg)
{
	struct snic_fw_hash msg = {
		.vsi = cpu_to_le16(vsi->id),
		.hashcfg = cpu_to_le64(hashcfg),
	};

	BUILD_BUG_ON(sizeof(msg) != sizeof_field(struct snic_fw_msg, payload));
	return snic_vsi_ask(pf, vsi, SNIC_FW_RSS_HASH, &msg);
}

/* In force as a whole; chunks without a VID are not sent. */
static int snic_vsi_ask_vids(struct snic_pf *pf, struct snic_vsi *vsi, const u8 *vids)
{
	struct snic_fw_vlans msg = { .vsi = cpu_to_le16(vsi->id) };
	unsigned int first, last = 0;
	u16 flags = SNIC_VLANS_START;
	int err;

	BUILD_BUG_ON(sizeof(msg) != sizeof_field(struct snic_fw_msg, payload));
	for (first = 0; first < SNIC_VIDS; first += SNIC_FW_VIDS)
		if (memchr_inv(vids + first / 8, 0, sizeof(msg.vids)))
			last = first;
	for (first = 0; first <= last; first += SNIC_FW_VIDS) {
		if (first < last && !memchr_inv(vids + first / 8, 0, sizeof(msg.vids)))
			continue;
		if (first == last)
			flags |= SNIC_VLANS_COMMIT;
		msg.first = cpu_to_le16(first);
		msg.flags = cpu_to_le16(flags);
		memcpy(msg.vids, vids + first / 8, sizeof(msg.vids));
		err = snic_vsi_ask(pf, vsi, SNIC_FW_VSI_VLANS, &msg);
		if (err)
			return err;
		flags = 0;
	}
	return 0;
}

/* An address that another VSI has got meanwhile is lost. */
static int snic_vsi_replay_macs(struct snic_pf *pf, struct snic_vsi *vsi)
{
	unsigned int i;
	int err;

	for (i = vsi->nr_macs; i--; ) {
		err = snic_vsi_ask_mac(pf, vsi, SNIC_FW_MAC_ADD, vsi->macs[i]);
		if (err == -EEXIST)
			memmove(vsi->macs[i], vsi->macs[--vsi->nr_macs], ETH_ALEN);
		else if (err)
			return err;
	}
	return 0;
}

static int snic_vsi_replay_rss(struct snic_pf *pf, struct snic_vsi *vsi)
{
	int err = 0;

	if (vsi->has & SNIC_VSI_HAS_KEY)
		err = snic_vsi_ask_chunks(pf, vsi, SNIC_FW_RSS_KEY, vsi->key, sizeof(vsi->key));
	if (!err && vsi->has & SNIC_VSI_HAS_LUT)
		err = snic_vsi_ask_chunks(pf, vsi, SNIC_FW_RSS_LUT, vsi->lut, sizeof(vsi->lut));
	if (!err && vsi->has & SNIC_VSI_HAS_HASH)
		err = snic_vsi_ask_hash(pf, vsi, vsi->hashcfg);
	return err;
}

/* Is its VLAN table that of a VSI which was cleared? */
static bool snic_vsi_vids_new(const struct snic_vsi *vsi)
{
	return vsi->vids[0] == BIT(0) && !memchr_inv(vsi->vids + 1, 0, sizeof(vsi->vids) - 1);
}

/**
 * snic_vsi_settle() - make the firmware's state of a VSI known again
 * @pf: PF
 * @vsi: VSI; nothing happens unless it is unknown
 *
 * Context: process.
 * Return: 0, or errno: then it is still unknown.
 */
int snic_vsi_settle(struct snic_pf *pf, struct snic_vsi *vsi)
{
	int err;

	if (!vsi->unknown)
		return 0;
	err = snic_vsi_ask_clear(pf, vsi);
	if (!err)
		err = snic_vsi_replay_macs(pf, vsi);
	if (!err)
		err = snic_vsi_replay_rss(pf, vsi);
	if (!err && !snic_vsi_vids_new(vsi))
		err = snic_vsi_ask_vids(pf, vsi, vsi->vids);
	/* Last: frames pass when all else is there. */
	if (!err)
		err = snic_vsi_ask_set(pf, vsi, vsi->flags, vsi->vlan, vsi->tx_rate);
	if (!err)
		vsi->unknown = false;
	return err;
}

/**
 * snic_vsi_set() - what the switch does with a VSI's frames
 * @pf: PF
 * @vsi: VSI
 * @flags: SNIC_VSI_*
 * @vlan: port VLAN, SNIC_PORT_*, or 0: none
 * @tx_rate: Mb/s, or 0: no limit
 *
 * Acts at once, and on nothing of it if it fails.
 *
 * Return: 0 or errno.
 */
int snic_vsi_set(struct snic_pf *pf, struct snic_vsi *vsi, u16 flags, u32 vlan,
		 u32 tx_rate)
{
	int err = snic_vsi_settle(pf, vsi);

	if (!err)
		err = snic_vsi_ask_set(pf, vsi, flags, vlan, tx_rate);
	if (err)
		return err;
	vsi->flags = flags;
	vsi->vlan = vlan;
	vsi->tx_rate = tx_rate;
	return 0;
}

/* Return: 0 or errno; VLAN and rate stay. */
int snic_vsi_set_flags(struct snic_pf *pf, struct snic_vsi *vsi, u16 flags)
{
	return snic_vsi_set(pf, vsi, flags, vsi->vlan, vsi->tx_rate);
}

/**
 * snic_vsi_set_vids() - the VLANs that a VSI sends to and is given, tagged
 * @pf: PF
 * @vsi: VSI
 * @vids: SNIC_VIDS bits, one for each VID; bit 0: untagged
 *
 * In force as a whole with SNIC_VSI_VLAN_FILTER; as it was if it fails. Chunks
 * without a VID are not sent.
 *
 * Return: 0 or errno.
 */
int snic_vsi_set_vids(struct snic_pf *pf, struct snic_vsi *vsi, const u8 *vids)
{
	int err = snic_vsi_settle(pf, vsi);

	if (!err && memcmp(vsi->vids, vids, sizeof(vsi->vids)))
		err = snic_vsi_ask_vids(pf, vsi, vids);
	if (err)
		return err;
	memcpy(vsi->vids, vids, sizeof(vsi->vids));
	return 0;
}

static int snic_vsi_find(const struct snic_vsi *vsi, const u8 *mac)
{
	unsigned int i;

	for (i = 0; i < vsi->nr_macs; i++)
		if (ether_addr_equal_unaligned(vsi->macs[i], mac))
			return i;
	return -ENOENT;
}

bool snic_vsi_has_mac(const struct snic_vsi *vsi, const u8 *mac)
{
	return snic_vsi_find(vsi, mac) >= 0;
}

/**
 * snic_vsi_add_mac() - add an address filter
 * @pf: PF
 * @vsi: VSI
 * @mac: unicast or multicast address
 *
 * Return: 0 (also if it is there), -ENOSPC at the limit of the VSI, -EEXIST if
 * the address is another VSI's, or another errno.
 */
int snic_vsi_add_mac(struct snic_pf *pf, struct snic_vsi *vsi, const u8 *mac)
{
	int err;

	if (snic_vsi_has_mac(vsi, mac))
		return 0;
	if (vsi->nr_macs == SNIC_FW_MACS_PER_VSI)
		return -ENOSPC;
	err = snic_vsi_settle(pf, vsi);
	if (!err)
		err = snic_vsi_ask_mac(pf, vsi, SNIC_FW_MAC_ADD, mac);
	if (!err)
		memcpy(vsi->macs[vsi->nr_macs++], mac, ETH_ALEN);
	return err;
}

/* Return: 0, -ENOENT if it is not there, or another errno: then it may be gone or not */
int snic_vsi_del_mac(struct snic_pf *pf, struct snic_vsi *vsi, const u8 *mac)
{
	int i, err = 0;

	if (snic_vsi_has_mac(vsi, mac))
		err = snic_vsi_settle(pf, vsi);
	if (err)
		return err;
	/* Settled, the VSI may have lost it. */
	i = snic_vsi_find(vsi, mac);
	if (i < 0)
		return i;
	err = snic_vsi_ask_mac(pf, vsi, SNIC_FW_MAC_DEL, mac);
	if (!err)
		memmove(vsi->macs[i], vsi->macs[--vsi->nr_macs], ETH_ALEN);
	return err;
}

/**
 * snic_vsi_clear() - filters, flags, VLAN, rate and RSS as after device reset
 * @pf: PF
 * @vsi: VSI
 *
 * Context: process.
 * Return: 0, or errno: then the VSI is unknown, and it is cleared before anything else.
 */
int snic_vsi_clear(struct snic_pf *pf, struct snic_vsi *vsi)
{
	int err;

	snic_vsi_init(vsi, vsi->id);
	err = snic_vsi_ask_clear(pf, vsi);
	vsi->unknown = err;
	return err;
}

int snic_vsi_rss_key(struct snic_pf *pf, struct snic_vsi *vsi, const u8 *key)
{
	int err = snic_vsi_settle(pf, vsi);

	if (!err)
		err = snic_vsi_ask_chunks(pf, vsi, SNIC_FW_RSS_KEY, key, sizeof(vsi->key));
	if (err)
		return err;
	memcpy(vsi->key, key, sizeof(vsi->key));
	vsi->has |= SNIC_VSI_HAS_KEY;
	return 0;
}

int snic_vsi_rss_lut(struct snic_pf *pf, struct snic_vsi *vsi, const u8 *lut)
{
	int err = snic_vsi_settle(pf, vsi);

	if (!err)
		err = snic_vsi_ask_chunks(pf, vsi, SNIC_FW_RSS_LUT, lut, sizeof(vsi->lut));
	if (err)
		return err;
	memcpy(vsi->lut, lut, sizeof(vsi->lut));
	vsi->has |= SNIC_VSI_HAS_LUT;
	return 0;
}

int snic_vsi_rss_hash(struct snic_pf *pf, struct snic_vsi *vsi, u64 hashcfg)
{
	int err = snic_vsi_settle(pf, vsi);

	if (!err)
		err = snic_vsi_ask_hash(pf, vsi, hashcfg);
	if (err)
		return err;
	vsi->hashcfg = hashcfg;
	vsi->has |= SNIC_VSI_HAS_HASH;
	return 0;
}

/**
 * snic_vsi_rss_default() - RSS of a guest that asks for none: over all queues
 * @pf: PF
 * @vsi: VSI that was cleared
 * @nr_queues: RX queues of its function
 *
 * Each VSI gets a key of its own: hashes tell nothing about a neighbour's.
 *
 * Return: 0 or errno.
 */
int snic_vsi_rss_default(struct snic_pf *pf, struct snic_vsi *vsi, unsigned int nr_queues)
{
	u8 key[SNIC_RSS_KEY_BYTES], lut[SNIC_RSS_LUT_ENTRIES];
	unsigned int i;
	int err;

	get_random_bytes(key, sizeof(key));
	for (i = 0; i < ARRAY_SIZE(lut); i++)
		lut[i] = i % nr_queues;
	err = snic_vsi_rss_key(pf, vsi, key);
	if (!err)
		err = snic_vsi_rss_lut(pf, vsi, lut);
	if (!err)
		err = snic_vsi_rss_hash(pf, vsi, SNIC_HASHCFG);
	return err;
}
