/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The record that the driver saves of an ADI: a head, struct smnc_rec_adi, the kind's record,
 * messages that wait, and the device's state. Little-endian. Pure: needs no device.
 *
 * The VMM hands the record back, and may have forged it. smnc_rec_parse() checks lengths and
 * reserved fields only; the code that uses a value checks it.
 */
#ifndef SMARTNIC_RECORD_H
#define SMARTNIC_RECORD_H

#include <linux/if_ether.h>
#include <linux/types.h>

#include <smartnic/messages.h>
#include <smartnic/regs.h>

#include "msgq.h"

#define SMNC_REC_MAGIC		0x44414e53	/* "SNAD" */
#define SMNC_REC_VERSION	2

/* Groups without a filter; counters that a guest can ask for. */
#define SMNC_REC_GROUPS		192
#define SMNC_REC_STATS		(SMNC_STAT_TX_ERRORS + 1)

struct smnc_rec_head {
	__le32 magic;
	__le16 version;
	__le16 kind;		/* SMNC_STATE_AVF, SMNC_STATE_VIRTIO */
	__le32 kind_len;	/* bytes of the kind's record, a multiple of 8 */
	__le32 msgs_len;	/* of the messages, likewise */
	__le32 dev_len;		/* of the device's state */
	__le32 reserved;
};

/* The source's settings: the target compares them with its own, and never takes them over. */
enum smnc_rec_setting {
	SMNC_REC_TX_RATE,
	SMNC_REC_TRUST,
	SMNC_REC_SPOOFCHK,
	SMNC_REC_LINK,
	SMNC_REC_RX_RING,
	SMNC_REC_TX_RING,
	SMNC_REC_ITR,
	SMNC_REC_VLAN_MODE,
	SMNC_REC_VLAN_PORT,
	SMNC_REC_RESERVED,	/* to the multiple of 8 */
	SMNC_REC_SETTINGS
};

/**
 * struct smnc_rec_adi - the part of a record that every kind of ADI has
 * @settings: by enum smnc_rec_setting
 * @nr_queues: queue pairs
 * @nr_vecs: vectors
 * @max_frame: longest frame of the device
 * @stats: counters as the guest sees them
 * @hashcfg: types of packets that are hashed, bits of SMNC_HASHCFG
 * @has: SMNC_VSI_HAS_*
 * @more_lost: there were more groups than @more has room for
 * @promisc: SMNC_VSI_UC_PROMISC, SMNC_VSI_MC_PROMISC: asked for
 * @nr_macs: entries in @macs
 * @nr_more: entries in @more
 * @mac: the address that a guest finds
 * @guest_mac: the address that the guest chose
 * @key: of the hash
 * @lut: queue by hash
 * @rss_key: the key after a reset
 * @reserved: 0
 * @macs: filters
 * @more: groups without a filter
 */
struct smnc_rec_adi {
	__le32 settings[SMNC_REC_SETTINGS];
	__le16 nr_queues;
	__le16 nr_vecs;
	__le32 max_frame;
	__le64 stats[SMNC_REC_STATS];
	__le64 hashcfg;
	u8 has;
	u8 more_lost;
	__le16 promisc;
	__le16 nr_macs;
	__le16 nr_more;
	u8 mac[ETH_ALEN];
	u8 guest_mac[ETH_ALEN];
	u8 key[SMNC_RSS_KEY_BYTES];
	u8 lut[SMNC_RSS_LUT_ENTRIES];
	u8 rss_key[SMNC_RSS_KEY_BYTES];
	u8 reserved[4];
	u8 macs[SMNC_FW_MACS_PER_VSI][ETH_ALEN];
	u8 more[SMNC_REC_GROUPS][ETH_ALEN];
};

/* A message that waits; @len bytes follow, padded with zeros to a multiple of 8. */
struct smnc_rec_msg {
	__le32 op;
	__le16 len;
	__le16 reserved;
};

/* Bytes of all messages, at most: those that a queue holds, each of them padded. */
#define SMNC_REC_MSGS_MAX	(SMNC_MSGQ_BYTES + 8 * SMNC_MSG_MAX)

/**
 * struct smnc_rec - a record, taken apart
 * @adi: the part that every kind has
 * @kind: the kind's record, 8-byte aligned
 * @kind_len: its bytes
 * @msgs: messages
 * @msgs_len: their bytes
 * @dev: the device's state
 * @dev_len: its bytes
 * @told: a line of the log says why the record is refused
 */
struct smnc_rec {
	const struct smnc_rec_adi *adi;
	const void *kind;
	u32 kind_len;
	const u8 *msgs;
	u32 msgs_len;
	const void *dev;
	u32 dev_len;
	bool told;
};

/* Bytes of a record whose device's state has @dev bytes. */
static inline size_t smnc_rec_bytes(size_t kind, size_t msgs, size_t dev)
{
	return sizeof(struct smnc_rec_head) + sizeof(struct smnc_rec_adi) + kind + msgs + dev;
}

int smnc_rec_parse(struct smnc_rec *rec, const void *buf, size_t len, u16 kind, u32 kind_len);
u32 smnc_rec_put_msgs(struct smnc_msgq *q, struct smnc_msg *msg, void *buf);
void smnc_rec_get_msgs(struct smnc_msgq *q, const struct smnc_rec *rec);

#endif /* SMARTNIC_RECORD_H */
