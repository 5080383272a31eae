/* SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause */
/*
 * SmartNIC in-memory structures and firmware messages, shared by the PF driver
 * and the device model. Every field is little-endian; the integer types come
 * from the includer (SMNC_LE16/32/64, SMNC_U8), so that the kernel keeps its
 * sparse annotations and QEMU needs no kernel header.
 */
#ifndef SMARTNIC_MESSAGES_H
#define SMARTNIC_MESSAGES_H

#if defined(__KERNEL__)
#include <linux/types.h>
#define SMNC_U8		u8
#define SMNC_LE16	__le16
#define SMNC_LE32	__le32
#define SMNC_LE64	__le64
#else
#include <stdint.h>
#define SMNC_U8		uint8_t
#define SMNC_LE16	uint16_t
#define SMNC_LE32	uint32_t
#define SMNC_LE64	uint64_t
#endif

/* --- Units of a function that can fault (docs/hardware.md, 9) -------------- */

#define SMNC_UNIT_TXQ(q)	(q)		/* q 0..15 */
#define SMNC_UNIT_RXQ(q)	(16 + (q))
#define SMNC_UNIT_ATQ		32
#define SMNC_UNIT_ARQ		33
#define SMNC_UNITS		34

/**
 * struct smnc_fault_rec - entry of the fault ring, 32 bytes
 * @addr: IOVA of the first byte that could not be accessed
 * @len: bytes of the access from @addr on, never across a 4 KiB page
 * @func: function number, 1 and up (the PF's own DMA never faults)
 * @unit: SMNC_UNIT_*
 * @flags: SMNC_FAULT_*
 * @pasid: PASID of the function in mode pasid, else 0
 * @seq: counts records of the device, for diagnosis
 * @reserved: 0
 */
struct smnc_fault_rec {
	SMNC_LE64 addr;
	SMNC_LE32 len;
	SMNC_LE16 func;
	SMNC_U8 unit;
	SMNC_U8 flags;
#define SMNC_FAULT_WRITE	0x01
#define SMNC_FAULT_PERM		0x02	/* the page is mapped, but not for this access */
	SMNC_LE32 pasid;
	SMNC_LE32 seq;
	SMNC_LE64 reserved;
};

/**
 * struct smnc_cause_rec - entry of the cause ring, 4 bytes
 * @func: function number
 * @vec: vector of the function, 0..16
 */
struct smnc_cause_rec {
	SMNC_LE16 func;
	SMNC_LE16 vec;
};

/**
 * struct smnc_aq_desc - descriptor of ATQ, ARQ and both PF mailbox rings, 32 bytes
 * @flags: SMNC_AQ_*
 * @opcode: SMNC_AQ_OP_*
 * @datalen: bytes of the payload, 0..4096
 * @retval: 0, or a positive errno in a completed PF TX or ATQ descriptor
 * @cookie_high: virtchnl opcode; of virtio functions SMNC_MSG_*
 * @cookie_low: virtchnl return code
 * @param0: PF rings: function number, stamped by the hardware on reception
 * @param1: 0
 * @addr_high: payload buffer, upper half of the address
 * @addr_low: payload buffer, lower half
 */
struct smnc_aq_desc {
	SMNC_LE16 flags;
#define SMNC_AQ_DD	0x0001
#define SMNC_AQ_CMP	0x0002
#define SMNC_AQ_ERR	0x0004
#define SMNC_AQ_LB	0x0200
#define SMNC_AQ_RD	0x0400
#define SMNC_AQ_BUF	0x1000
#define SMNC_AQ_SI	0x2000
	SMNC_LE16 opcode;
#define SMNC_AQ_OP_SHUTDOWN	0x0003
#define SMNC_AQ_OP_TO_PF	0x0801
#define SMNC_AQ_OP_TO_FUNC	0x0802
	SMNC_LE16 datalen;
	SMNC_LE16 retval;
	SMNC_LE32 cookie_high;
	SMNC_LE32 cookie_low;
	SMNC_LE32 param0;
	SMNC_LE32 param1;
	SMNC_LE32 addr_high;
	SMNC_LE32 addr_low;
};

#define SMNC_AQ_BUF_MAX		4096

/* --- Firmware messages (11): 28 bytes ------------------------------------- */

#define SMNC_FW_MSG_BYTES	28

enum smnc_fw_op {
	SMNC_FW_GET_INFO = 1,	/* -> struct smnc_fw_info */
	SMNC_FW_VSI_SET = 2,	/* struct smnc_fw_vsi */
	SMNC_FW_MAC_ADD = 3,	/* struct smnc_fw_mac */
	SMNC_FW_MAC_DEL = 4,	/* struct smnc_fw_mac */
	SMNC_FW_VSI_CLEAR = 5,	/* struct smnc_fw_vsi, flags ignored */
	SMNC_FW_RSS_KEY = 6,	/* struct smnc_fw_chunk */
	SMNC_FW_RSS_LUT = 7,	/* struct smnc_fw_chunk */
	SMNC_FW_RSS_HASH = 8,	/* struct smnc_fw_hash */
	SMNC_FW_VSI_VLANS = 9,	/* struct smnc_fw_vlans */
	/* of virtio functions */
	SMNC_FW_GET_PF_RESOURCE = 10,	/* VSI -> struct smnc_fw_resource */
	SMNC_FW_GET_STATUS = 11,	/* VSI -> struct smnc_fw_status */
	SMNC_FW_SET_DRV_FEATURE = 12,	/* struct smnc_fw_feature */
	SMNC_FW_SET_VQ_ADDR = 13,	/* struct smnc_fw_vq_addr */
	SMNC_FW_SET_VQ_MSIX = 14,	/* struct smnc_fw_vq_msix */
	SMNC_FW_SET_VQ_ENABLE = 15,	/* struct smnc_fw_vq_enable */
	SMNC_FW_STAGE_VQ_RSS = 24,	/* struct smnc_fw_chunk */
	SMNC_FW_SET_VQ_RSS = 25,	/* struct smnc_fw_vq_rss */
	SMNC_FW_SET_VQ_COAL = 26,	/* struct smnc_fw_vq_coal */
	/* of a VSI */
	SMNC_FW_FLOW_SET = 27,	/* struct smnc_fw_memory: struct smnc_flow */
	SMNC_FW_FLOW_DEL = 28,	/* struct smnc_fw_memory, of which VSI and index count */
	/* of the VSI of a virtio function */
	SMNC_FW_SET_VQ_PLACES = 29,	/* struct smnc_fw_vq_places */
};

#define SMNC_FW_MACS_PER_VSI	64
#define SMNC_RSS_KEY_BYTES	52
#define SMNC_RSS_LUT_ENTRIES	64
#define SMNC_VIDS		4096

struct smnc_fw_info {
	SMNC_LE16 major;
	SMNC_LE16 minor;
	SMNC_LE16 patch;
	SMNC_LE16 macs_per_vsi;
	SMNC_U8 reserved[16];
};

struct smnc_fw_vsi {
	SMNC_LE16 vsi;		/* = function number */
	SMNC_LE16 flags;
#define SMNC_VSI_ACTIVE		0x0001	/* the switch forwards to and from it */
#define SMNC_VSI_UC_PROMISC	0x0002
#define SMNC_VSI_MC_PROMISC	0x0004
#define SMNC_VSI_ANTISPOOF	0x0008
#define SMNC_VSI_DEFAULT	0x0010	/* takes unmatched unicast from the uplink */
#define SMNC_VSI_CONTROL	0x0020	/* sends and is given link control frames */
#define SMNC_VSI_VLAN_FILTER	0x0040	/* its VLAN table is in force */
#define SMNC_VSI_VLAN_OWN	0x0080	/* its own VLAN filter is in force */
#define SMNC_VSI_VLAN_STRIP	0x0100	/* the tag of what it is given is in the descriptor */
	SMNC_LE32 vlan;		/* port VLAN, or 0: none */
#define SMNC_PORT_VID		0x00000fff	/* 1..4094 */
#define SMNC_PORT_PRIO_SET	0x00001000	/* its frames have this priority: */
#define SMNC_PORT_PRIO		0x0000e000
#define SMNC_PORT_PRIO_SHIFT	13
#define SMNC_PORT_8021AD	0x00010000	/* else the tag is 802.1Q */
	SMNC_LE32 tx_rate;	/* Mb/s, 0: no limit */
	SMNC_U8 reserved[12];
};

struct smnc_fw_mac {
	SMNC_LE16 vsi;
	SMNC_U8 mac[6];
	SMNC_U8 reserved[16];
};

struct smnc_fw_chunk {
	SMNC_LE16 vsi;
	SMNC_U8 offset;		/* first byte or entry */
	SMNC_U8 len;		/* 1..16 */
	SMNC_U8 data[16];
	SMNC_U8 reserved[4];
};

/* Kinds of packets as far as fields are chosen for them; those of IPv6 follow IPv4's. */
enum smnc_hash_kind {
	SMNC_HASH_TCP,
	SMNC_HASH_UDP,
	SMNC_HASH_SCTP,
	SMNC_HASH_OTHER,	/* fragments are, too */
	SMNC_HASH_V6,
	SMNC_HASH_KINDS = 8
};

/* Fields of a kind, in the order in which they are hashed. */
#define SMNC_HASH_SRC		0x1
#define SMNC_HASH_DST		0x2
#define SMNC_HASH_SPORT		0x4
#define SMNC_HASH_DPORT		0x8
#define SMNC_HASH_FIELDS	0xf
#define SMNC_HASH_SHIFT(kind)	(4 * (kind))

struct smnc_fw_hash {
	SMNC_LE16 vsi;
	SMNC_U8 symmetric;	/* bit k: both directions of packets of kind k give one hash */
	SMNC_U8 reserved0;
	SMNC_LE32 omit;		/* fields that are not hashed, by SMNC_HASH_SHIFT() */
	SMNC_LE64 hashcfg;	/* virtchnl HENA bits */
	SMNC_U8 reserved[8];
};

#define SMNC_FW_VIDS		128	/* VIDs of one message */

struct smnc_fw_vlans {
	SMNC_LE16 vsi;
	SMNC_LE16 first;	/* VID of bit 0 of vids[0], a multiple of SMNC_FW_VIDS */
	SMNC_LE16 flags;
#define SMNC_VLANS_START	0x0001	/* nothing but these, so far */
#define SMNC_VLANS_COMMIT	0x0002	/* complete: it becomes the table */
#define SMNC_VLANS_OWN		0x0004	/* the own filter instead */
	SMNC_LE16 reserved0;
	SMNC_U8 vids[SMNC_FW_VIDS / 8];
};

/**
 * struct smnc_fw_memory - a request whose payload is in the PF's memory
 * @vsi: VSI
 * @index: of what the payload is about
 * @len: its bytes, at most SMNC_FW_MEMORY_MAX
 * @reserved0: 0
 * @addr: its PF DMA address
 * @reserved1: 0
 */
struct smnc_fw_memory {
	SMNC_LE16 vsi;
	SMNC_LE16 index;
	SMNC_LE16 len;
	SMNC_LE16 reserved0;
	SMNC_LE64 addr;
	SMNC_U8 reserved1[8];
};

#define SMNC_FW_MEMORY_MAX	4096

#define SMNC_FLOWS		128	/* rules of a VSI */

/**
 * struct smnc_flow - a rule of a VSI's flow table, 48 bytes
 * @fields: SMNC_FLOW_*: fields of a frame that have the values below
 * @action: SMNC_FLOW_*
 * @queue: RX queue of SMNC_FLOW_TO_QUEUE
 * @version: of IP, 4 or 6
 * @proto: the IP packet's protocol
 * @tos: type of service, traffic class
 * @reserved: 0
 * @ethertype: type behind a first 802.1Q tag
 * @src: address; of IPv4 the first four bytes
 * @dst: likewise
 * @sport: port
 * @dport: port
 */
struct smnc_flow {
	SMNC_LE16 fields;
#define SMNC_FLOW_ETHERTYPE	0x0001
#define SMNC_FLOW_VERSION	0x0002
#define SMNC_FLOW_PROTO		0x0004	/* the rest with SMNC_FLOW_VERSION only */
#define SMNC_FLOW_TOS		0x0008
#define SMNC_FLOW_SRC		0x0010
#define SMNC_FLOW_DST		0x0020
#define SMNC_FLOW_SPORT		0x0040	/* with a protocol of TCP, UDP or SCTP only */
#define SMNC_FLOW_DPORT		0x0080
	SMNC_U8 action;
#define SMNC_FLOW_DROP		0
#define SMNC_FLOW_TO_QUEUE	1
	SMNC_U8 queue;
	SMNC_U8 version;
	SMNC_U8 proto;
	SMNC_U8 tos;
	SMNC_U8 reserved;
	SMNC_U8 ethertype[2];	/* in network order, as all that follows */
	SMNC_U8 reserved1[2];
	SMNC_U8 src[16];
	SMNC_U8 dst[16];
	SMNC_U8 sport[2];
	SMNC_U8 dport[2];
};

/* --- Virtio functions (14) -------------------------------------------------- */

/* Numbers of VQs in messages. */
#define SMNC_VQ_RX(q)		(2 * (q))
#define SMNC_VQ_TX(q)		(2 * (q) + 1)
#define SMNC_VQ_CONTROL		0x8000	/* SET_VQ_ADDR: this one is the control queue */
#define SMNC_VQ_NUMBER		0x7fff
#define SMNC_VQ_ALL		0xffff	/* SET_VQ_ENABLE, to stop them */
#define SMNC_VQ_NO_VECTOR	0xffff
#define SMNC_VQ_SIZE_MAX	1024

/* Messages between a virtio function and the PF: cookie_high. */
#define SMNC_MSG_CTRL		0x10000	/* | class << 8 | command; cookie_low: see 14 */
#define SMNC_MSG_CTRL_CLASS	0x0ff00
#define SMNC_MSG_CTRL_COMMAND	0x000ff
#define SMNC_MSG_VQ_STOPPED	0x20000

struct smnc_fw_resource {
	SMNC_LE64 features;	/* virtio feature bits of the engine */
	SMNC_LE16 pairs;
	SMNC_LE16 vq_size;
	SMNC_LE16 mtu;
	SMNC_LE16 vectors;
	SMNC_U8 reserved[8];
};

#define SMNC_STOPPED_CONTROL	63

struct smnc_fw_status {
	SMNC_LE64 stopped;	/* bit n: VQ n */
	SMNC_U8 link;		/* 1: the uplink has one */
	SMNC_U8 reserved[15];
};

struct smnc_fw_feature {
	SMNC_LE16 vsi;
	SMNC_U8 reserved[6];
	SMNC_LE64 features;	/* accepted by the guest's driver */
	SMNC_LE64 offloads;	/* of its receive offloads, those in force; same bits */
};

struct smnc_fw_vq_addr {
	SMNC_LE16 vsi;
	SMNC_LE16 vq;		/* | SMNC_VQ_CONTROL */
	SMNC_LE16 size;		/* entries */
	SMNC_U8 desc[6];	/* IOVAs, 48 bits */
	SMNC_U8 driver[6];	/* available ring */
	SMNC_U8 device[6];	/* used ring */
};

struct smnc_fw_vq_msix {
	SMNC_LE16 vsi;
	SMNC_LE16 vq;
	SMNC_LE16 vector;	/* of the function, or SMNC_VQ_NO_VECTOR */
	SMNC_U8 reserved[18];
};

struct smnc_fw_vq_enable {
	SMNC_LE16 vsi;
	SMNC_LE16 vq;
	SMNC_LE16 flags;
#define SMNC_VQ_ON		0x0001
#define SMNC_VQ_RESUME		0x0002	/* begin where memory says that the ring is used */
	/* with RESUME, of a packed ring: as in struct smnc_vq_place */
	SMNC_LE16 place;
	SMNC_LE16 after;
	SMNC_U8 reserved[14];
};

struct smnc_fw_vq_places {
	SMNC_LE16 vsi;
	SMNC_U8 reserved0[6];
	SMNC_LE64 at;		/* a struct smnc_vq_place for each VQ, or 0: none */
	SMNC_U8 reserved1[8];
};

/* Where the device is in a packed ring: indices, with the wrap counter in bit 15. */
struct smnc_vq_place {
	SMNC_LE16 place;	/* it uses what is here, */
	SMNC_LE16 after;	/* and goes on there */
};

#define SMNC_VQ_PLACES		33	/* most VQs of a function */
#define SMNC_VQ_PLACES_BYTES	256	/* of all of them, and their alignment */
#define SMNC_VQ_PLACE_WRAP	0x8000
#define SMNC_VQ_PLACE_FIRST	0x8000	/* of a ring that was not used yet */

/* What STAGE_VQ_RSS is given parts of: a key of SMNC_VQ_KEY_BYTES, and queues by hash. */
#define SMNC_VQ_KEY_BYTES	40
#define SMNC_VQ_TABLE_ENTRIES	128
#define SMNC_VQ_STAGE_TABLE	64	/* offset of the table; the gap before it is ignored */
#define SMNC_VQ_STAGE_BYTES	192

struct smnc_fw_vq_rss {
	SMNC_LE16 vsi;
	SMNC_LE16 flags;
#define SMNC_VQ_RSS_SPREAD	0x0001	/* the table is in force */
	SMNC_LE32 types;	/* VIRTIO_NET_RSS_HASH_TYPE_* */
#define SMNC_VQ_RSS_TYPES	0x0000003f	/* those that there are */
	SMNC_LE16 entries;	/* of the table */
	SMNC_LE16 other;	/* queue of frames without a hash */
	SMNC_U8 reserved[12];
};

struct smnc_fw_vq_coal {
	SMNC_LE16 vsi;
	SMNC_LE16 vq;
	SMNC_LE32 usecs;	/* longest delay of an interrupt */
	SMNC_LE32 packets;	/* most of them before one */
	SMNC_U8 reserved[12];
};

/**
 * struct smnc_fw_msg - one firmware request or reply
 * @op: enum smnc_fw_op, echoed in the reply
 * @status: reply: 0 or a positive Linux errno
 * @seq: chosen by the driver, echoed in the reply
 * @payload: 24 bytes by @op, unused bytes 0
 */
struct smnc_fw_msg {
	SMNC_U8 op;
	SMNC_U8 status;
	SMNC_LE16 seq;
	SMNC_U8 payload[24];
};

/* --- State of a function (16) ------------------------------------------------ */

#define SMNC_STATE_MAGIC	0x54534e53	/* "SNST" */
#define SMNC_STATE_VERSION	1
#define SMNC_STATE_AVF		0
#define SMNC_STATE_VIRTIO	1
#define SMNC_STATE_MSGS		64	/* PF messages that wait, at most */

/* First of all; @msgs messages are at the end. */
struct smnc_state_head {
	SMNC_LE32 magic;
	SMNC_LE16 version;
	SMNC_LE16 kind;		/* SMNC_STATE_AVF, SMNC_STATE_VIRTIO */
	SMNC_LE32 len;		/* bytes of the state, this included */
	SMNC_LE16 msgs;
	SMNC_LE16 reserved;
};

struct smnc_state_func {
	SMNC_LE32 rstat;
	SMNC_LE32 icr01;
	SMNC_LE32 ena1;
	SMNC_LE32 reserved;
};

struct smnc_state_vec {
	SMNC_LE32 dyn;		/* what DYN_CTL reads besides INTENA */
	SMNC_U8 enabled;
	SMNC_U8 pending;
	SMNC_U8 itrs;		/* bit i: a pending cause names ITR i */
	SMNC_U8 reserved0;
	SMNC_LE16 itr[3];
	SMNC_LE16 reserved1;
};

/* ATQ or ARQ. */
struct smnc_state_aq {
	SMNC_LE64 base;		/* as read when the tail was written */
	SMNC_LE32 bal;
	SMNC_LE32 bah;
	SMNC_LE32 len;
	SMNC_LE32 head;
	SMNC_LE32 tail;
	SMNC_LE32 armed;	/* a tail was written since LEN */
};

/* Half a queue pair. */
struct smnc_state_queue {
	SMNC_U8 state;
#define SMNC_STATE_OFF		0
#define SMNC_STATE_ACTIVE	1
#define SMNC_STATE_STOPPED	2	/* with an error */
	SMNC_U8 reason;		/* SMNC_Q_ERR_* */
	SMNC_LE16 reserved;
	SMNC_LE32 head;
	SMNC_LE32 tail;
	SMNC_LE32 seg;		/* TX: segments of the packet at HEAD that left */
};

/* A message of the PF that waits; @len bytes follow, padded with zeros to 4. */
struct smnc_state_msg {
	SMNC_LE32 cookie_high;
	SMNC_LE32 cookie_low;
	SMNC_LE16 len;
	SMNC_LE16 reserved;
};

/* An AVF's state: head, this, messages. */
struct smnc_state_avf {
	struct smnc_state_func func;
	struct smnc_state_vec vec[17];
	struct smnc_state_aq aq[2];		/* ATQ, ARQ */
	struct smnc_state_queue queue[16][2];	/* TX, RX */
};

/* A VQ. Its first four bytes are what drivers know as a ring's state (lm_cfg). */
struct smnc_state_vq {
	SMNC_LE16 last_avail;	/* buffers are used in order: both are the same; packed: 14.16 */
	SMNC_LE16 last_used;
	SMNC_LE16 signalled;	/* @last_used, as of the last interrupt */
	SMNC_LE16 ask;		/* where the guest is to kick */
	SMNC_U8 state;		/* SMNC_STATE_OFF: all else is 0 */
	SMNC_U8 reason;
	SMNC_U8 flags;
#define SMNC_STATE_VQ_KICKED	0x01	/* there may be something available */
#define SMNC_STATE_VQ_ASKED	0x02	/* the guest was asked to kick at @ask */
#define SMNC_STATE_VQ_RESUME	0x04	/* both indices are to be read from the used ring */
	SMNC_U8 reserved;
	SMNC_LE32 seg;		/* transmitq: as of a queue */
};

struct smnc_state_vctl {
	SMNC_LE32 commands;	/* of the control queue so far */
	SMNC_LE32 stops;	/* VQs that stopped, and the PF has no message yet; at most 33 */
	SMNC_U8 outstanding;	/* the PF has a command */
	SMNC_U8 reserved0;
	SMNC_LE16 reserved1;
	SMNC_LE32 reserved2;
};

/* A virtio function's state: head, this, at most one message. */
struct smnc_state_virtio {
	struct smnc_state_func func;
	struct smnc_state_vec vec[17];
	struct smnc_state_vctl ctrl;
	struct smnc_state_vq vq[33];	/* by number; the control queue last */
};

#endif /* SMARTNIC_MESSAGES_H */
