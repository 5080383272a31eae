/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * AVF descriptors as the device takes and writes them (docs/hardware.md, 13).
 */
#ifndef SMARTNIC_AVF_DESC_H
#define SMARTNIC_AVF_DESC_H

#include <linux/bits.h>
#include <linux/types.h>

struct avf_tx_desc {
	__le64 addr;	/* context descriptor: tunnelling, 0 */
	__le64 cmd;
};

#define AVF_TX_DTYPE		GENMASK_ULL(3, 0)
#define  AVF_TX_DATA		0ull
#define  AVF_TX_CONTEXT		1ull
#define  AVF_TX_DONE		15ull
#define AVF_TX_CMD_SHIFT	4
#define  AVF_TX_EOP		BIT_ULL(0)
#define  AVF_TX_RS		BIT_ULL(1)
#define  AVF_TX_ICRC		BIT_ULL(2)
#define  AVF_TX_IPV6		BIT_ULL(5)
#define  AVF_TX_IPV4		BIT_ULL(6)
#define  AVF_TX_IPV4_CSUM	GENMASK_ULL(6, 5)
#define  AVF_TX_L4_TCP		BIT_ULL(8)
#define  AVF_TX_L4_UDP		GENMASK_ULL(9, 8)
#define  AVF_TX_CTX_TSO		BIT_ULL(0)
#define AVF_TX_MACLEN_SHIFT	16	/* 2 bytes each */
#define AVF_TX_MACLEN_MAX	254u	/* bytes */
#define AVF_TX_IPLEN_SHIFT	23	/* 4 bytes each */
#define AVF_TX_IPLEN_MAX	508u	/* bytes */
#define AVF_TX_L4LEN_SHIFT	30	/* 4 bytes each */
#define AVF_TX_SIZE_SHIFT	34
#define AVF_TX_SIZE_MAX		16383u
#define AVF_TX_TSOLEN_SHIFT	30
#define AVF_TX_MSS_SHIFT	50
#define AVF_TX_MSS_MIN		64
#define AVF_TX_MSS_MAX		9668
#define AVF_TX_TSO_MAX		65536u	/* bytes to be segmented, without headers */

struct avf_rx_desc {
	__le64 qw0;	/* posted: buffer; written back: RSS hash in the upper half */
	__le64 qw1;
	__le64 qw2;
	__le64 qw3;
};

#define AVF_RX_DD		BIT_ULL(0)
#define AVF_RX_EOP		BIT_ULL(1)
#define AVF_RX_L3L4P		BIT_ULL(3)
#define AVF_RX_FLTSTAT		GENMASK_ULL(13, 12)
#define  AVF_RX_FLTSTAT_RSS	3
#define AVF_RX_WHOLE		BIT_ULL(16)
#define AVF_RX_RXE		BIT_ULL(19)
#define AVF_RX_IPE		BIT_ULL(22)
#define AVF_RX_L4E		BIT_ULL(23)
#define AVF_RX_PTYPE		GENMASK_ULL(37, 30)
#define  AVF_PTYPE_V4_UDP	24
#define  AVF_PTYPE_V4_TCP	26
#define  AVF_PTYPE_V4_SCTP	27
#define  AVF_PTYPE_V6_UDP	90
#define  AVF_PTYPE_V6_TCP	92
#define  AVF_PTYPE_V6_SCTP	93
#define AVF_RX_LENGTH		GENMASK_ULL(51, 38)

/* qw2 of a whole packet */
#define AVF_WHOLE_MSS		GENMASK_ULL(15, 0)
#define AVF_WHOLE_L4		GENMASK_ULL(31, 16)	/* where the TCP header begins */
#define AVF_WHOLE_HEADERS	GENMASK_ULL(47, 32)	/* length of all of them */
#define AVF_WHOLE_KIND		GENMASK_ULL(50, 48)	/* SMNC_WHOLE_* */

#endif /* SMARTNIC_AVF_DESC_H */
