/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The part of virtchnl 1.1 (the messages between an Adaptive Virtual Function
 * and its PF) and of the AVF register layout that the tests speak.
 */
#ifndef SELFTESTS_VIRTCHNL_H
#define SELFTESTS_VIRTCHNL_H

#include <stdint.h>

enum {
	VC_VERSION = 1,
	VC_RESET_VF = 2,
	VC_GET_VF_RESOURCES = 3,
	VC_CONFIG_VSI_QUEUES = 6,
	VC_CONFIG_IRQ_MAP = 7,
	VC_ENABLE_QUEUES = 8,
	VC_DISABLE_QUEUES = 9,
	VC_ADD_ETH_ADDR = 10,
	VC_DEL_ETH_ADDR = 11,
	VC_ADD_VLAN = 12,
	VC_DEL_VLAN = 13,
	VC_PROMISC = 14,
	VC_GET_STATS = 15,
	VC_EVENT = 17,
	VC_RSS_KEY = 23,
	VC_RSS_LUT = 24,
	VC_RSS_HASHCFG_CAPS = 25,
	VC_RSS_HASHCFG = 26,
	VC_ADD_FDIR = 47,
	VC_DEL_FDIR = 48,
};

#define VC_NOT_SUPPORTED	(-64)

#define VC_CAP_L2		0x00000001u
#define VC_CAP_ADV_LINK_SPEED	0x00000080u
#define VC_CAP_VLAN		0x00010000u
#define VC_CAP_RSS_PF		0x00080000u
#define VC_CAP_FDIR		0x10000000u

#define VC_VSI_SRIOV		6

struct vc_version {
	uint32_t major, minor;
};

struct vc_resources {
	uint16_t num_vsis, num_queue_pairs, max_vectors, max_mtu;
	uint32_t caps, rss_key_size, rss_lut_size;
	uint16_t vsi_id, vsi_queue_pairs;
	uint32_t vsi_type;
	uint16_t qset_handle;
	uint8_t mac[6];
};

struct vc_txq {
	uint16_t vsi_id, queue_id, ring_len, headwb_enabled;
	uint64_t ring_addr, headwb_addr;
};

struct vc_rxq {
	uint16_t vsi_id, queue_id;
	uint32_t ring_len;
	uint16_t hdr_size, splithdr_enabled;
	uint32_t buf_size, max_pkt_size;
	uint8_t crc_disable, rxdid, flags, pad;
	uint64_t ring_addr;
	int32_t rx_split_pos;
	uint32_t pad2;
};

struct vc_qpair {
	struct vc_txq tx;
	struct vc_rxq rx;
};

/* One element more than @num_queue_pairs belongs to the message's length. */
struct vc_queue_config {
	uint16_t vsi_id, num_queue_pairs;
	uint32_t pad;
	struct vc_qpair qp[17];
};
#define VC_QUEUE_CONFIG_LEN(n)	(72 + 64 * (n))

struct vc_vecmap {
	uint16_t vsi_id, vector_id, rxq_map, txq_map, rxitr_idx, txitr_idx;
};

struct vc_irq_map {
	uint16_t num_vectors;
	struct vc_vecmap map[18];
};
#define VC_IRQ_MAP_LEN(n)	(14 + 12 * (n))

struct vc_queue_select {
	uint16_t vsi_id, pad;
	uint32_t rx, tx;
};

struct vc_mac {
	uint8_t addr[6];
	uint8_t type;	/* 1 primary, 2 extra */
	uint8_t pad;
};

struct vc_macs {
	uint16_t vsi_id, num;
	struct vc_mac mac[65];
};
#define VC_MACS_LEN(n)		(12 + 8 * (n))

struct vc_promisc {
	uint16_t vsi_id, flags;
#define VC_PROMISC_UC	1
#define VC_PROMISC_MC	2
};

struct vc_stats {
	uint64_t rx_bytes, rx_unicast, rx_multicast, rx_broadcast, rx_discards, rx_unknown;
	uint64_t tx_bytes, tx_unicast, tx_multicast, tx_broadcast, tx_discards, tx_errors;
};

struct vc_event {
	int32_t event;	/* 1 link, 2 reset impending, 3 PF closes */
	uint32_t link_speed;
	uint8_t link_up, pad[3];
	int32_t severity;
};

/* Key and table: vsi_id, length, then the bytes; one byte more is sent. */
#define VC_RSS_LEN(n)		(5 + (n))
struct vc_rss {
	uint16_t vsi_id, len;
	uint8_t data[600];
};

struct vc_header {
	int32_t type;
#define VC_HEADER_IPV4	4
#define VC_HEADER_UDP	7
	uint32_t fields;	/* bits, of UDP: source port, destination port */
	uint8_t bytes[64];	/* of the packet */
};

struct vc_action {
	int32_t type;
#define VC_ACTION_DROP	0
#define VC_ACTION_QUEUE	3
	uint16_t queue;
	uint8_t pad[30];
};

/* A rule; the reply has its number and what became of it. */
struct vc_fdir_add {
	uint16_t vsi_id, validate_only;
	uint32_t flow_id;
	uint8_t tunnel_level, pad[3];
	int32_t headers;
	struct vc_header header[32];
	int32_t actions;
	struct vc_action action[8];
	int32_t status;
};

struct vc_fdir_del {
	uint16_t vsi_id, pad;
	uint32_t flow_id;
	int32_t status;
};

_Static_assert(sizeof(struct vc_fdir_add) == 2616, "virtchnl layout");
_Static_assert(sizeof(struct vc_fdir_del) == 12, "virtchnl layout");
_Static_assert(sizeof(struct vc_resources) == 36, "virtchnl layout");
_Static_assert(sizeof(struct vc_qpair) == 64, "virtchnl layout");
_Static_assert(sizeof(struct vc_vecmap) == 12, "virtchnl layout");
_Static_assert(sizeof(struct vc_queue_select) == 12, "virtchnl layout");
_Static_assert(sizeof(struct vc_stats) == 96, "virtchnl layout");
_Static_assert(sizeof(struct vc_event) == 16, "virtchnl layout");

/* --- BAR0 of the function ---------------------------------------------------- */

#define AVF_TX_TAIL(q)		(0x0000u + 4 * (q))
#define AVF_RX_TAIL(q)		(0x2000u + 4 * (q))
#define AVF_ITRN(i, v)		(0x2800u + 64 * (i) + 4 * (v))	/* v 0: vector 1 */
#define AVF_DYN_CTLN(v)		(0x3800u + 4 * (v))		/* v 0: vector 1 */
#define AVF_ICR01		0x4800u
#define AVF_ITR01(i)		(0x4c00u + 4 * (i))
#define AVF_ICR0_ENA1		0x5000u
#define AVF_DYN_CTL01		0x5c00u
#define AVF_ARQBAH		0x6000u
#define AVF_ATQH		0x6400u
#define AVF_ATQLEN		0x6800u
#define AVF_ARQBAL		0x6c00u
#define AVF_ARQT		0x7000u
#define AVF_ARQH		0x7400u
#define AVF_ATQBAH		0x7800u
#define AVF_ATQBAL		0x7c00u
#define AVF_ARQLEN		0x8000u
#define AVF_ATQT		0x8400u
#define AVF_RSTAT		0x8800u

#define AVF_BAR0_MIN		0x10000u
#define AVF_BAR0_PASS_PAGES	((1u << 0x0) | (1u << 0x2) | (1u << 0x3))

#define AVF_AQ_LEN_CRIT		0x40000000u
#define AVF_AQ_LEN_ENABLE	0x80000000u
#define AVF_DYN_INTENA		0x00000001u
#define AVF_DYN_CLEARPBA	0x00000002u
#define AVF_DYN_SWINT_TRIG	0x00000004u
#define AVF_DYN_ITR_NONE	0x00000018u
#define AVF_DYN_INTENA_MSK	0x80000000u
#define AVF_ICR_ADMINQ		0x40000000u

/* --- descriptors --------------------------------------------------------------- */

struct avf_tx_desc {
	uint64_t qw0, qw1;
};

#define TXD_CONTEXT	1ull
#define TXD_DONE	0xfull
#define TXD_EOP		(1ull << 4)
#define TXD_RS		(2ull << 4)
#define TXD_IPV6	(0x20ull << 4)
#define TXD_IPV4	(0x40ull << 4)
#define TXD_IPV4_CSUM	(0x60ull << 4)
#define TXD_L4_TCP	(0x100ull << 4)
#define TXD_L4_SCTP	(0x200ull << 4)
#define TXD_L4_UDP	(0x300ull << 4)
#define TXD_OFFSET(mac, ip, l4)						\
	((uint64_t)((mac) / 2) << 16 | (uint64_t)((ip) / 4) << 23 |	\
	 (uint64_t)((l4) / 4) << 30)
#define TXD_SIZE(n)	((uint64_t)(n) << 34)
#define TXD_CTX_TSO(len, mss)						\
	(TXD_CONTEXT | 1ull << 4 | (uint64_t)(len) << 30 | (uint64_t)(mss) << 50)

struct avf_rx_desc {
	uint64_t qw0, qw1, qw2, qw3;
};

#define RXD_DD		0x1ull
#define RXD_EOP		0x2ull
#define RXD_L3L4P	0x8ull
#define RXD_FLTSTAT(q)	((q) >> 12 & 3)
#define RXD_IPE		(1ull << 22)
#define RXD_L4E		(1ull << 23)
#define RXD_PTYPE(q)	((unsigned int)((q) >> 30 & 0xff))
#define RXD_LEN(q)	((unsigned int)((q) >> 38 & 0x3fff))

#endif /* SELFTESTS_VIRTCHNL_H */
