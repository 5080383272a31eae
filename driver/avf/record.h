/* SPDX-License-Identifier: GPL-2.0-only */
/* The AVF's part of the record of an ADI. Little-endian; see ../adi/record.h. */
#ifndef SMARTNIC_AVF_RECORD_H
#define SMARTNIC_AVF_RECORD_H

#include <linux/if_ether.h>
#include <linux/types.h>

#include <smartnic/messages.h>
#include <smartnic/regs.h>

/* Half a queue pair; a half that is not configured has 0 in all fields but @intr. */
struct smnc_rec_queue {
	__le64 base;
	__le32 len;
	__le32 bufsz;		/* RX */
	__le32 max_frame;	/* RX */
	__le32 intr;		/* SMNC_Q_INT_*, or 0 */
};

/**
 * struct smnc_rec_avf - an AVF
 * @caps: capabilities granted
 * @configured: TX, RX: queues that have a valid configuration
 * @legacy_mac: last station's address added without a type, or zero
 * @state: enum smnc_vc_state
 * @fresh: a driver has asked for the version since the last reset
 * @queues: TX, RX
 * @hash_omit: fields that are not hashed, as in struct smnc_fw_hash
 * @hash_sym: kinds of packets with one hash for both directions, likewise
 * @vlan: the guest may filter, insert and strip tags
 * @strip: the guest wants the tags of received frames in descriptors
 * @reserved: 0
 * @own: VLANs that the guest wants
 * @flows: rules by number; what a rule does not use is 0
 */
struct smnc_rec_avf {
	__le32 caps;
	__le16 configured[2];
	u8 legacy_mac[ETH_ALEN];
	u8 state;
	u8 fresh;
	struct smnc_rec_queue queues[SMNC_FUNC_QPS][2];
	__le32 hash_omit;
	u8 hash_sym;
	u8 vlan;
	u8 strip;
	u8 reserved;
	u8 own[SMNC_VIDS / 8];
	struct smnc_flow flows[SMNC_FLOWS];
};

#endif /* SMARTNIC_AVF_RECORD_H */
