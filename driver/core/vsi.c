// SPDX-License-Identifier: GPL-2.0-only
/*
 * VSIs: what the switch knows about a function. The firmware holds the state;
 * struct smnc_vsi mirrors it. Callers serialise per VSI.
 *
 * A request that is not answered in time may have been carried out, or may be yet:
 * the VSI is unknown then. Before the next request, and when a worker comes by, it is
 * cleared and given what the mirror holds.
 */
#include <linux/etherdevice.h>
#include <linux/slab.h>

#include "pf.h"

void smnc_vsi_init(struct smnc_vsi *vsi, u16 id)
{
	unsigned int exchanges = vsi->exchanges;
	struct smnc_flow *flows = vsi->flows;

	memset(vsi, 0, sizeof(*vsi));
	vsi->id = id;
	/* Its memory stays until smnc_vsi_free(). */
	vsi->flows = flows;
	if (flows)
		memset(flows, 0, SMNC_FLOWS * sizeof(*flows));
	vsi->vids[0] = BIT(0);
	vsi->exchanges = exchanges;
}

static int smnc_vsi_asked(struct smnc_vsi *vsi, int err)
{
	vsi->exchanges++;
	if (err == -ETIMEDOUT || err == -EPROTO)
		vsi->unknown = true;
	return err;
}

static int smnc_vsi_ask(struct smnc_pf *pf, struct smnc_vsi *vsi, enum smnc_fw_op op,
			const void *msg)
{
	return smnc_vsi_asked(vsi, smnc_fw_exec(pf, op, msg, NULL));
}

/* Sets a rule; NULL: removes it. */
static int smnc_vsi_ask_flow(struct smnc_pf *pf, struct smnc_vsi *vsi, unsigned int index,
			     const struct smnc_flow *rule)
{
	enum smnc_fw_op op = rule ? SMNC_FW_FLOW_SET : SMNC_FW_FLOW_DEL;

	BUILD_BUG_ON(sizeof(*rule) != 48);
	return smnc_vsi_asked(vsi, smnc_fw_exec_memory(pf, op, vsi->id, index, rule,
						       rule ? sizeof(*rule) : 0));
}

static int smnc_vsi_ask_clear(struct smnc_pf *pf, struct smnc_vsi *vsi)
{
	struct smnc_fw_vsi msg = { .vsi = cpu_to_le16(vsi->id) };

	return smnc_vsi_ask(pf, vsi, SMNC_FW_VSI_CLEAR, &msg);
}

static int smnc_vsi_ask_set(struct smnc_pf *pf, struct smnc_vsi *vsi, u16 flags, u32 vlan,
			    u32 tx_rate)
{
	struct smnc_fw_vsi msg = {
		.vsi = cpu_to_le16(vsi->id),
		.flags = cpu_to_le16(flags),
		.vlan = cpu_to_le32(vlan),
		.tx_rate = cpu_to_le32(tx_rate),
	};

	return smnc_vsi_ask(pf, vsi, SMNC_FW_VSI_SET, &msg);
}

static int smnc_vsi_ask_mac(struct smnc_pf *pf, struct smnc_vsi *vsi, enum smnc_fw_op op,
			    const u8 *mac)
{
	struct smnc_fw_mac msg = { .vsi = cpu_to_le16(vsi->id) };

	memcpy(msg.mac, mac, ETH_ALEN);
	return smnc_vsi_ask(pf, vsi, op, &msg);
}

static int smnc_vsi_ask_chunks(struct smnc_pf *pf, struct smnc_vsi *vsi, enum smnc_fw_op op,
			       const u8 *data, unsigned int len)
{
	unsigned int off, n;
	int err = 0;

	for (off = 0; off < len && !err; off += n) {
		struct smnc_fw_chunk msg = { .vsi = cpu_to_le16(vsi->id), .offset = off };

		n = min_t(unsigned int, len - off, sizeof(msg.data));
		msg.len = n;
		memcpy(msg.data, data + off, n);
		err = smnc_vsi_ask(pf, vsi, op, &msg);
		/* The first part of it is there. */
		if (err && off)
			vsi->unknown = true;
	}
	return err;
}

static int smnc_vsi_ask_hash(struct smnc_pf *pf, struct smnc_vsi *vsi, u64 hashcfg, u32 omit,
			     u8 sym)
{
	struct smnc_fw_hash msg = {
		.vsi = cpu_to_le16(vsi->id),
		.symmetric = sym,
		.omit = cpu_to_le32(omit),
		.hashcfg = cpu_to_le64(hashcfg),
	};

	BUILD_BUG_ON(sizeof(msg) != sizeof_field(struct smnc_fw_msg, payload));
	return smnc_vsi_ask(pf, vsi, SMNC_FW_RSS_HASH, &msg);
}

/* Replaces the whole table; sends no chunks without a VID. @which: SMNC_VLANS_OWN, or 0 */
static int smnc_vsi_ask_vids(struct smnc_pf *pf, struct smnc_vsi *vsi, const u8 *vids,
			     u16 which)
{
	struct smnc_fw_vlans msg = { .vsi = cpu_to_le16(vsi->id) };
	u16 flags = which | SMNC_VLANS_START;
	unsigned int first, last = 0;
	int err;

	BUILD_BUG_ON(sizeof(msg) != sizeof_field(struct smnc_fw_msg, payload));
	for (first = 0; first < SMNC_VIDS; first += SMNC_FW_VIDS)
		if (memchr_inv(vids + first / 8, 0, sizeof(msg.vids)))
			last = first;
	for (first = 0; first <= last; first += SMNC_FW_VIDS) {
		if (first < last && !memchr_inv(vids + first / 8, 0, sizeof(msg.vids)))
			continue;
		if (first == last)
			flags |= SMNC_VLANS_COMMIT;
		msg.first = cpu_to_le16(first);
		msg.flags = cpu_to_le16(flags);
		memcpy(msg.vids, vids + first / 8, sizeof(msg.vids));
		err = smnc_vsi_ask(pf, vsi, SMNC_FW_VSI_VLANS, &msg);
		if (err)
			return err;
		flags = which;
	}
	return 0;
}

/* @lose: the VSI loses an address that another VSI has got meanwhile; else that is an error. */
static int smnc_vsi_replay_macs(struct smnc_pf *pf, struct smnc_vsi *vsi, bool lose)
{
	unsigned int i;
	int err;

	for (i = vsi->nr_macs; i--; ) {
		err = smnc_vsi_ask_mac(pf, vsi, SMNC_FW_MAC_ADD, vsi->macs[i]);
		if (err == -EEXIST && lose)
			memmove(vsi->macs[i], vsi->macs[--vsi->nr_macs], ETH_ALEN);
		else if (err)
			return err;
	}
	return 0;
}

static int smnc_vsi_replay_rss(struct smnc_pf *pf, struct smnc_vsi *vsi)
{
	int err = 0;

	if (vsi->has & SMNC_VSI_HAS_KEY)
		err = smnc_vsi_ask_chunks(pf, vsi, SMNC_FW_RSS_KEY, vsi->key, sizeof(vsi->key));
	if (!err && vsi->has & SMNC_VSI_HAS_LUT)
		err = smnc_vsi_ask_chunks(pf, vsi, SMNC_FW_RSS_LUT, vsi->lut, sizeof(vsi->lut));
	if (!err && vsi->has & SMNC_VSI_HAS_HASH)
		err = smnc_vsi_ask_hash(pf, vsi, vsi->hashcfg, vsi->hash_omit, vsi->hash_sym);
	return err;
}

static int smnc_vsi_replay_flows(struct smnc_pf *pf, struct smnc_vsi *vsi)
{
	unsigned int i;
	int err = 0;

	for (i = 0; vsi->flows && i < SMNC_FLOWS && !err; i++)
		if (vsi->flows[i].fields)
			err = smnc_vsi_ask_flow(pf, vsi, i, &vsi->flows[i]);
	return err;
}

/* Is its VLAN table that of a VSI which was cleared? */
static bool smnc_vsi_vids_new(const struct smnc_vsi *vsi)
{
	return vsi->vids[0] == BIT(0) && !memchr_inv(vsi->vids + 1, 0, sizeof(vsi->vids) - 1);
}

/* Give the firmware the contents of the mirror. Return: 0 or errno */
static int smnc_vsi_restore(struct smnc_pf *pf, struct smnc_vsi *vsi, bool lose)
{
	int err = smnc_vsi_ask_clear(pf, vsi);

	if (!err)
		err = smnc_vsi_replay_macs(pf, vsi, lose);
	if (!err)
		err = smnc_vsi_replay_rss(pf, vsi);
	if (!err && !smnc_vsi_vids_new(vsi))
		err = smnc_vsi_ask_vids(pf, vsi, vsi->vids, 0);
	if (!err && memchr_inv(vsi->own, 0, sizeof(vsi->own)))
		err = smnc_vsi_ask_vids(pf, vsi, vsi->own, SMNC_VLANS_OWN);
	if (!err)
		err = smnc_vsi_replay_flows(pf, vsi);
	/* Last: frames pass when all else is there. */
	if (!err)
		err = smnc_vsi_ask_set(pf, vsi, vsi->flags, vsi->vlan, vsi->tx_rate);
	return err;
}

/**
 * smnc_vsi_settle() - make the firmware's state of a VSI known again
 * @pf: PF
 * @vsi: VSI; nothing happens unless it is unknown
 *
 * Context: process.
 * Return: 0, or errno: then it is still unknown.
 */
int smnc_vsi_settle(struct smnc_pf *pf, struct smnc_vsi *vsi)
{
	int err;

	if (!vsi->unknown)
		return 0;
	err = smnc_vsi_restore(pf, vsi, true);
	if (!err)
		vsi->unknown = false;
	return err;
}

/**
 * smnc_vsi_park() - take a VSI out of the switch
 * @pf: PF
 * @vsi: VSI; the mirror keeps its settings
 *
 * Other VSIs can have its addresses until smnc_vsi_unpark().
 *
 * Context: process.
 * Return: 0 or errno.
 */
int smnc_vsi_park(struct smnc_pf *pf, struct smnc_vsi *vsi)
{
	vsi->unknown = true;
	return smnc_vsi_ask_clear(pf, vsi);
}

/**
 * smnc_vsi_unpark() - put a VSI back, with all its filters, but not active
 * @pf: PF
 * @vsi: VSI that was parked, or one that the firmware is to get from the mirror
 *
 * Context: process.
 * Return: 0; -EEXIST: another VSI has an address of it now; or another errno. The VSI is
 * parked then.
 */
int smnc_vsi_unpark(struct smnc_pf *pf, struct smnc_vsi *vsi)
{
	int err;

	vsi->flags = 0;
	vsi->vlan = 0;
	vsi->tx_rate = 0;
	err = smnc_vsi_restore(pf, vsi, false);
	if (err) {
		smnc_vsi_park(pf, vsi);
		return err;
	}
	vsi->unknown = false;
	return 0;
}

/**
 * smnc_vsi_take_mac() - reserve an address for a parked VSI
 * @pf: PF
 * @vsi: VSI that is parked
 * @mac: unicast address
 *
 * No other VSI can have the address until smnc_vsi_park(). The mirror stays as it is.
 *
 * Context: process.
 * Return: 0, -EEXIST if the address is another VSI's, or another errno.
 */
int smnc_vsi_take_mac(struct smnc_pf *pf, struct smnc_vsi *vsi, const u8 *mac)
{
	return smnc_vsi_ask_mac(pf, vsi, SMNC_FW_MAC_ADD, mac);
}

/**
 * smnc_vsi_set() - what the switch does with a VSI's frames
 * @pf: PF
 * @vsi: VSI
 * @flags: SMNC_VSI_*
 * @vlan: port VLAN, SMNC_PORT_*, or 0: none
 * @tx_rate: Mb/s, or 0: no limit
 *
 * Acts at once, and on nothing of it if it fails.
 *
 * Return: 0 or errno.
 */
int smnc_vsi_set(struct smnc_pf *pf, struct smnc_vsi *vsi, u16 flags, u32 vlan,
		 u32 tx_rate)
{
	int err = smnc_vsi_settle(pf, vsi);

	if (!err)
		err = smnc_vsi_ask_set(pf, vsi, flags, vlan, tx_rate);
	if (err)
		return err;
	vsi->flags = flags;
	vsi->vlan = vlan;
	vsi->tx_rate = tx_rate;
	return 0;
}

/* Return: 0 or errno; VLAN and rate stay. */
int smnc_vsi_set_flags(struct smnc_pf *pf, struct smnc_vsi *vsi, u16 flags)
{
	return smnc_vsi_set(pf, vsi, flags, vsi->vlan, vsi->tx_rate);
}

/**
 * smnc_vsi_set_vids() - the VLANs that a VSI sends to and is given, tagged
 * @pf: PF
 * @vsi: VSI
 * @vids: SMNC_VIDS bits, one for each VID; bit 0: untagged
 *
 * In force as a whole with SMNC_VSI_VLAN_FILTER; as it was if it fails. Chunks
 * without a VID are not sent.
 *
 * Return: 0 or errno.
 */
int smnc_vsi_set_vids(struct smnc_pf *pf, struct smnc_vsi *vsi, const u8 *vids)
{
	int err = smnc_vsi_settle(pf, vsi);

	if (!err && memcmp(vsi->vids, vids, sizeof(vsi->vids)))
		err = smnc_vsi_ask_vids(pf, vsi, vids, 0);
	if (err)
		return err;
	memcpy(vsi->vids, vids, sizeof(vsi->vids));
	return 0;
}

/**
 * smnc_vsi_set_own() - the VLANs that the user of a VSI wants to receive
 * @pf: PF
 * @vsi: VSI
 * @own: SMNC_VIDS bits, one for each VID
 *
 * The table is in force if the VSI has SMNC_VSI_VLAN_OWN. An error leaves the old table.
 *
 * Return: 0 or errno.
 */
int smnc_vsi_set_own(struct smnc_pf *pf, struct smnc_vsi *vsi, const u8 *own)
{
	int err = smnc_vsi_settle(pf, vsi);

	if (!err && memcmp(vsi->own, own, sizeof(vsi->own)))
		err = smnc_vsi_ask_vids(pf, vsi, own, SMNC_VLANS_OWN);
	if (!err)
		memcpy(vsi->own, own, sizeof(vsi->own));
	return err;
}

static int smnc_vsi_find(const struct smnc_vsi *vsi, const u8 *mac)
{
	unsigned int i;

	for (i = 0; i < vsi->nr_macs; i++)
		if (ether_addr_equal_unaligned(vsi->macs[i], mac))
			return i;
	return -ENOENT;
}

bool smnc_vsi_has_mac(const struct smnc_vsi *vsi, const u8 *mac)
{
	return smnc_vsi_find(vsi, mac) >= 0;
}

/**
 * smnc_vsi_add_mac() - add an address filter
 * @pf: PF
 * @vsi: VSI
 * @mac: unicast or multicast address
 *
 * Return: 0 (also if it is there), -ENOSPC at the limit of the VSI, -EEXIST if
 * the address is another VSI's, or another errno.
 */
int smnc_vsi_add_mac(struct smnc_pf *pf, struct smnc_vsi *vsi, const u8 *mac)
{
	int err;

	if (smnc_vsi_has_mac(vsi, mac))
		return 0;
	if (vsi->nr_macs == SMNC_FW_MACS_PER_VSI)
		return -ENOSPC;
	err = smnc_vsi_settle(pf, vsi);
	if (!err)
		err = smnc_vsi_ask_mac(pf, vsi, SMNC_FW_MAC_ADD, mac);
	if (!err)
		memcpy(vsi->macs[vsi->nr_macs++], mac, ETH_ALEN);
	return err;
}

/* Return: 0, -ENOENT if it is not there, or another errno: then it may be gone or not */
int smnc_vsi_del_mac(struct smnc_pf *pf, struct smnc_vsi *vsi, const u8 *gone)
{
	u8 mac[ETH_ALEN] __aligned(2);
	int i, err = 0;

	/* @gone may be in the list, which a VSI that is settled may have in another order. */
	memcpy(mac, gone, ETH_ALEN);
	if (smnc_vsi_has_mac(vsi, mac))
		err = smnc_vsi_settle(pf, vsi);
	if (err)
		return err;
	/* Settled, the VSI may have lost it. */
	i = smnc_vsi_find(vsi, mac);
	if (i < 0)
		return i;
	err = smnc_vsi_ask_mac(pf, vsi, SMNC_FW_MAC_DEL, mac);
	if (!err)
		memmove(vsi->macs[i], vsi->macs[--vsi->nr_macs], ETH_ALEN);
	return err;
}

/**
 * smnc_vsi_clear() - filters, flags, VLAN, rate and RSS as after device reset
 * @pf: PF
 * @vsi: VSI
 *
 * Context: process.
 * Return: 0, or errno: then the VSI is unknown, and it is cleared before anything else.
 */
int smnc_vsi_clear(struct smnc_pf *pf, struct smnc_vsi *vsi)
{
	int err;

	smnc_vsi_init(vsi, vsi->id);
	err = smnc_vsi_ask_clear(pf, vsi);
	vsi->unknown = err;
	return err;
}

int smnc_vsi_rss_key(struct smnc_pf *pf, struct smnc_vsi *vsi, const u8 *key)
{
	int err = smnc_vsi_settle(pf, vsi);

	if (!err)
		err = smnc_vsi_ask_chunks(pf, vsi, SMNC_FW_RSS_KEY, key, sizeof(vsi->key));
	if (err)
		return err;
	memcpy(vsi->key, key, sizeof(vsi->key));
	vsi->has |= SMNC_VSI_HAS_KEY;
	return 0;
}

int smnc_vsi_rss_lut(struct smnc_pf *pf, struct smnc_vsi *vsi, const u8 *lut)
{
	int err = smnc_vsi_settle(pf, vsi);

	if (!err)
		err = smnc_vsi_ask_chunks(pf, vsi, SMNC_FW_RSS_LUT, lut, sizeof(vsi->lut));
	if (err)
		return err;
	memcpy(vsi->lut, lut, sizeof(vsi->lut));
	vsi->has |= SMNC_VSI_HAS_LUT;
	return 0;
}

/**
 * smnc_vsi_rss_fields() - choose types of packets to hash, and the fields to hash of them
 * @pf: PF
 * @vsi: VSI
 * @hashcfg: packet types, bits of SMNC_HASHCFG
 * @omit: fields that are not hashed, as in struct smnc_fw_hash
 * @sym: kinds of packets whose hash is one for both directions, likewise
 *
 * Return: 0 or errno.
 */
int smnc_vsi_rss_fields(struct smnc_pf *pf, struct smnc_vsi *vsi, u64 hashcfg, u32 omit,
			u8 sym)
{
	int err = smnc_vsi_settle(pf, vsi);

	if (!err)
		err = smnc_vsi_ask_hash(pf, vsi, hashcfg, omit, sym);
	if (err)
		return err;
	vsi->hashcfg = hashcfg;
	vsi->hash_omit = omit;
	vsi->hash_sym = sym;
	vsi->has |= SMNC_VSI_HAS_HASH;
	return 0;
}

/* Return: 0 or errno. The chosen fields do not change. */
int smnc_vsi_rss_hash(struct smnc_pf *pf, struct smnc_vsi *vsi, u64 hashcfg)
{
	return smnc_vsi_rss_fields(pf, vsi, hashcfg, vsi->hash_omit, vsi->hash_sym);
}

/* Allocate a VSI's flow table, until smnc_vsi_free(); the caller's cgroup pays. 0 or errno */
int smnc_vsi_alloc_flows(struct smnc_vsi *vsi)
{
	if (!vsi->flows)
		vsi->flows = kcalloc(SMNC_FLOWS, sizeof(*vsi->flows), GFP_KERNEL_ACCOUNT);
	return vsi->flows ? 0 : -ENOMEM;
}

/**
 * smnc_vsi_flow_set() - a rule of a VSI's flow table
 * @pf: PF
 * @vsi: VSI
 * @index: its place, less than SMNC_FLOWS
 * @rule: the rule
 *
 * Context: process.
 * Return: 0 or errno, -EINVAL: the firmware refuses the rule, -ENOMEM: the VSI has no table.
 */
int smnc_vsi_flow_set(struct smnc_pf *pf, struct smnc_vsi *vsi, unsigned int index,
		      const struct smnc_flow *rule)
{
	int err;

	if (!vsi->flows)
		return -ENOMEM;
	err = smnc_vsi_settle(pf, vsi);
	if (!err)
		err = smnc_vsi_ask_flow(pf, vsi, index, rule);
	if (!err)
		vsi->flows[index] = *rule;
	return err;
}

/* Return: 0, -ENOENT: there is none, or another errno */
int smnc_vsi_flow_del(struct smnc_pf *pf, struct smnc_vsi *vsi, unsigned int index)
{
	int err;

	if (!vsi->flows || !vsi->flows[index].fields)
		return -ENOENT;
	err = smnc_vsi_settle(pf, vsi);
	if (!err)
		err = smnc_vsi_ask_flow(pf, vsi, index, NULL);
	if (!err)
		vsi->flows[index].fields = 0;
	return err;
}

/* Free a VSI's memory. The VSI is not used any more, or was never used. */
void smnc_vsi_free(struct smnc_vsi *vsi)
{
	kfree(vsi->flows);
	vsi->flows = NULL;
}

/**
 * smnc_vsi_rss_default() - RSS of a guest that asks for none: over all queues
 * @pf: PF
 * @vsi: VSI that was cleared
 * @key: random key, SMNC_RSS_KEY_BYTES
 * @nr_queues: RX queues of its function
 *
 * Each user of a VSI has a key of its own, for as long as it has the VSI: hashes tell
 * nothing about a neighbour's, and flows stay where they are over a reset.
 *
 * Return: 0 or errno.
 */
int smnc_vsi_rss_default(struct smnc_pf *pf, struct smnc_vsi *vsi, const u8 *key,
			 unsigned int nr_queues)
{
	u8 lut[SMNC_RSS_LUT_ENTRIES];
	unsigned int i;
	int err;

	for (i = 0; i < ARRAY_SIZE(lut); i++)
		lut[i] = i % nr_queues;
	err = smnc_vsi_rss_key(pf, vsi, key);
	if (!err)
		err = smnc_vsi_rss_lut(pf, vsi, lut);
	if (!err)
		err = smnc_vsi_rss_hash(pf, vsi, SMNC_HASHCFG);
	return err;
}
