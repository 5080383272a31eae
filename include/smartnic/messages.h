/* SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause */
/*
 * SmartNIC in-memory structures and firmware messages, shared by the PF driver
 * and the device model. Every field is little-endian; the integer types come
 * from the includer (SNIC_LE16/32/64, SNIC_U8), so that the kernel keeps its
 * sparse annotations and QEMU needs no kernel header.
 */
#ifndef SMARTNIC_MESSAGES_H
#define SMARTNIC_MESSAGES_H

#if defined(__KERNEL__)
#include <linux/types.h>
#define SNIC_U8		u8
#define SNIC_LE16	__le16
#define SNIC_LE32	__le32
#define SNIC_LE64	__le64
#else
#include <stdint.h>
#define SNIC_U8		uint8_t
#define SNIC_LE16	uint16_t
#define SNIC_LE32	uint32_t
#define SNIC_LE64	uint64_t
#endif

/* --- Units of a function that can fault (docs/hardware.md, 9) -------------- */

#define SNIC_UNIT_TXQ(q)	(q)		/* q 0..15 */
#define SNIC_UNIT_RXQ(q)	(16 + (q))
#define SNIC_UNIT_ATQ		32
#define SNIC_UNIT_ARQ		33
#define SNIC_UNITS		34

/**
 * struct snic_fault_rec - entry of the fault ring, 32 bytes
 * @addr: IOVA of the first byte that could not be accessed
 * @len: bytes of the access from @addr on, never across a 4 KiB page
 * @func: function number, 1 and up (the PF's own DMA never faults)
 * @unit: SNIC_UNIT_*
 * @flags: SNIC_FAULT_*
 * @pasid: PASID of the function in mode pasid, else 0
 * @seq: counts records of the device, for diagnosis
 * @reserved: 0
 */
struct snic_fault_rec {
	SNIC_LE64 addr;
	SNIC_LE32 len;
	SNIC_LE16 func;
	SNIC_U8 unit;
	SNIC_U8 flags;
#define SNIC_FAULT_WRITE	0x01
#define SNIC_FAULT_PERM		0x02	/* the page is mapped, but not for this access */
	SNIC_LE32 pasid;
	SNIC_LE32 seq;
	SNIC_LE64 reserved;
};

/**
 * struct snic_cause_rec - entry of the cause ring, 4 bytes
 * @func: function number
 * @vec: vector of the function, 0..16
 */
struct snic_cause_rec {
	SNIC_LE16 func;
	SNIC_LE16 vec;
};

/**
 * struct snic_aq_desc - descriptor of ATQ, ARQ and both PF mailbox rings, 32 bytes
 * @flags: SNIC_AQ_*
 * @opcode: SNIC_AQ_OP_*
 * @datalen: bytes of the payload, 0..4096
 * @retval: 0, or a positive errno in a completed PF TX or ATQ descriptor
 * @cookie_high: virtchnl opcode; of virtio functions SNIC_MSG_*
 * @cookie_low: virtchnl return code
 * @param0: PF rings: function number, stamped by the hardware on reception
 * @param1: 0
 * @addr_high: payload buffer, upper half of the address
 * @addr_low: payload buffer, lower half
 */
struct snic_aq_desc {
	SNIC_LE16 flags;
#define SNIC_AQ_DD	0x0001
#define SNIC_AQ_CMP	0x0002
#define SNIC_AQ_ERR	0x0004
#define SNIC_AQ_LB	0x0200
#define SNIC_AQ_RD	0x0400
#define SNIC_AQ_BUF	0x1000
#define SNIC_AQ_SI	0x2000
	SNIC_LE16 opcode;
#define SNIC_AQ_OP_SHUTDOWN	0x0003
#define SNIC_AQ_OP_TO_PF	0x0801
#define SNIC_AQ_OP_TO_FUNC	0x0802
	SNIC_LE16 datalen;
	SNIC_LE16 retval;
	SNIC_LE32 cookie_high;
	SNIC_LE32 cookie_low;
	SNIC_LE32 param0;
	SNIC_LE32 param1;
	SNIC_LE32 addr_high;
	SNIC_LE32 addr_low;
};

#define SNIC_AQ_BUF_MAX		4096

/* --- Firmware messages (11): 28 bytes ------------------------------------- */

#define SNIC_FW_MSG_BYTES	28

enum snic_fw_op {
	SNIC_FW_GET_INFO = 1,	/* -> struct snic_fw_info */
	SNIC_FW_VSI_SET = 2,	/* struct snic_fw_vsi */
	SNIC_FW_MAC_ADD = 3,	/* struct snic_fw_mac */
	SNIC_FW_MAC_DEL = 4,	/* struct snic_fw_mac */
	SNIC_FW_VSI_CLEAR = 5,	/* struct snic_fw_vsi, flags ignored */
	SNIC_FW_RSS_KEY = 6,	/* struct snic_fw_chunk */
	SNIC_FW_RSS_LUT = 7,	/* struct snic_fw_chunk */
	SNIC_FW_RSS_HASH = 8,	/* struct snic_fw_hash */
	SNIC_FW_VSI_VLANS = 9,	/* struct snic_fw_vlans */
	/* of virtio functions */
	SNIC_FW_GET_PF_RESOURCE = 10,	/* VSI -> struct snic_fw_resource */
	SNIC_FW_GET_STATUS = 11,	/* VSI -> struct snic_fw_status */
	SNIC_FW_SET_DRV_FEATURE = 12,	/* struct snic_fw_feature */
	SNIC_FW_SET_VQ_ADDR = 13,	/* struct snic_fw_vq_addr */
	SNIC_FW_SET_VQ_MSIX = 14,	/* struct snic_fw_vq_msix */
	SNIC_FW_SET_VQ_ENABLE = 15,	/* struct snic_fw_vq_enable */
};

#define SNIC_FW_MACS_PER_VSI	64
#define SNIC_RSS_KEY_BYTES	52
#define SNIC_RSS_LUT_ENTRIES	64
#define SNIC_VIDS		4096

struct snic_fw_info {
	SNIC_LE16 major;
	SNIC_LE16 minor;
	SNIC_LE16 patch;
	SNIC_LE16 macs_per_vsi;
	SNIC_U8 reserved[16];
};

struct snic_fw_vsi {
	SNIC_LE16 vsi;		/* = function number */
	SNIC_LE16 flags;
#define SNIC_VSI_ACTIVE		0x0001	/* the switch forwards to and from it */
#define SNIC_VSI_UC_PROMISC	0x0002
#define SNIC_VSI_MC_PROMISC	0x0004
#define SNIC_VSI_ANTISPOOF	0x0008
#define SNIC_VSI_DEFAULT	0x0010	/* takes unmatched unicast from the uplink */
#define SNIC_VSI_CONTROL	0x0020	/* sends and is given link control frames */
#define SNIC_VSI_VLAN_FILTER	0x0040	/* its VLAN table is in force */
	SNIC_LE32 vlan;		/* port VLAN, or 0: none */
#define SNIC_PORT_VID		0x00000fff	/* 1..4094 */
#define SNIC_PORT_PRIO_SET	0x00001000	/* its frames have this priority: */
#define SNIC_PORT_PRIO		0x0000e000
#define SNIC_PORT_PRIO_SHIFT	13
#define SNIC_PORT_8021AD	0x00010000	/* else the tag is 802.1Q */
	SNIC_LE32 tx_rate;	/* Mb/s, 0: no limit */
	SNIC_U8 reserved[12];
};

struct snic_fw_mac {
	SNIC_LE16 vsi;
	SNIC_U8 mac[6];
	SNIC_U8 reserved[16];
};

struct snic_fw_chunk {
	SNIC_LE16 vsi;
	SNIC_U8 offset;		/* first byte or entry */
	SNIC_U8 len;		/* 1..16 */
	SNIC_U8 data[16];
	SNIC_U8 reserved[4];
};

struct snic_fw_hash {
	SNIC_LE16 vsi;
	SNIC_LE16 reserved0;
	SNIC_LE32 reserved1;
	SNIC_LE64 hashcfg;	/* virtchnl HENA bits */
	SNIC_U8 reserved[8];
};

#define SNIC_FW_VIDS		128	/* VIDs of one message */

struct snic_fw_vlans {
	SNIC_LE16 vsi;
	SNIC_LE16 first;	/* VID of bit 0 of vids[0], a multiple of SNIC_FW_VIDS */
	SNIC_LE16 flags;
#define SNIC_VLANS_START	0x0001	/* nothing but these, so far */
#define SNIC_VLANS_COMMIT	0x0002	/* complete: it becomes the table */
	SNIC_LE16 reserved0;
	SNIC_U8 vids[SNIC_FW_VIDS / 8];
};

/* --- Virtio functions (14) -------------------------------------------------- */

/* Numbers of VQs in messages. */
#define SNIC_VQ_RX(q)		(2 * (q))
#define SNIC_VQ_TX(q)		(2 * (q) + 1)
#define SNIC_VQ_CONTROL		0x8000	/* SET_VQ_ADDR: this one is the control queue */
#define SNIC_VQ_NUMBER		0x7fff
#define SNIC_VQ_ALL		0xffff	/* SET_VQ_ENABLE, to stop them */
#define SNIC_VQ_NO_VECTOR	0xffff
#define SNIC_VQ_SIZE_MAX	1024

/* Messages between a virtio function and the PF: cookie_high. */
#define SNIC_MSG_CTRL		0x10000	/* | class << 8 | command; cookie_low: see 14 */
#define SNIC_MSG_CTRL_CLASS	0x0ff00
#define SNIC_MSG_CTRL_COMMAND	0x000ff
#define SNIC_MSG_VQ_STOPPED	0x20000

struct snic_fw_resource {
	SNIC_LE64 features;	/* virtio feature bits of the engine */
	SNIC_LE16 pairs;
	SNIC_LE16 vq_size;
	SNIC_LE16 mtu;
	SNIC_LE16 vectors;
	SNIC_U8 reserved[8];
};

#define SNIC_STOPPED_CONTROL	63

struct snic_fw_status {
	SNIC_LE64 stopped;	/* bit n: VQ n */
	SNIC_U8 link;		/* 1: the uplink has one */
	SNIC_U8 reserved[15];
};

struct snic_fw_feature {
	SNIC_LE16 vsi;
	SNIC_U8 reserved[6];
	SNIC_LE64 features;	/* accepted by the guest's driver */
	SNIC_LE64 offloads;	/* of its receive offloads, those in force; same bits */
};

struct snic_fw_vq_addr {
	SNIC_LE16 vsi;
	SNIC_LE16 vq;		/* | SNIC_VQ_CONTROL */
	SNIC_LE16 size;		/* entries */
	SNIC_U8 desc[6];	/* IOVAs, 48 bits */
	SNIC_U8 driver[6];	/* available ring */
	SNIC_U8 device[6];	/* used ring */
};

struct snic_fw_vq_msix {
	SNIC_LE16 vsi;
	SNIC_LE16 vq;
	SNIC_LE16 vector;	/* of the function, or SNIC_VQ_NO_VECTOR */
	SNIC_U8 reserved[18];
};

struct snic_fw_vq_enable {
	SNIC_LE16 vsi;
	SNIC_LE16 vq;
	SNIC_LE16 flags;
#define SNIC_VQ_ON		0x0001
#define SNIC_VQ_RESUME		0x0002	/* begin at the used index in the guest's memory */
	SNIC_U8 reserved[18];
};

/**
 * struct snic_fw_msg - one firmware request or reply
 * @op: enum snic_fw_op, echoed in the reply
 * @status: reply: 0 or a positive Linux errno
 * @seq: chosen by the driver, echoed in the reply
 * @payload: 24 bytes by @op, unused bytes 0
 */
struct snic_fw_msg {
	SNIC_U8 op;
	SNIC_U8 status;
	SNIC_LE16 seq;
	SNIC_U8 payload[24];
};

#endif /* SMARTNIC_MESSAGES_H */
