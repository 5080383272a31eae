/* SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause */
/*
 * SmartNIC register map, shared by the PF driver and the device model.
 *
 * docs/hardware.md is the specification; this file is its register and
 * in-memory part in C. It uses no kernel and no QEMU type. All registers are
 * 32 bits wide and little-endian; counters are pairs of them, low half first.
 */
#ifndef SMARTNIC_REGS_H
#define SMARTNIC_REGS_H

/* --- PCI identity and capabilities (docs/hardware.md, 2) ------------------ */

#define SMNC_PCI_VENDOR			0x1af4	/* experimental range */
#define SMNC_PCI_DEVICE			0x10f5
#define SMNC_PCI_SUBVENDOR		0x1af4
#define SMNC_PCI_SUBDEVICE		0x10f5
#define SMNC_PCI_REVISION		0x01

#define SMNC_CAP_PM			0x40
#define SMNC_CAP_PCIE			0x70
#define SMNC_CAP_MSIX			0xb0
#define SMNC_CAP_VPD			0xd0
#define SMNC_ECAP_AER			0x100
#define SMNC_ECAP_PASID			0x150
#define SMNC_ECAP_SIOV			0x160	/* DVSEC 8086:5 */
#define SMNC_PASID_WIDTH		20

/* --- BARs (3) -------------------------------------------------------------- */

#define SMNC_BAR_CTRL			0	/* control registers, 2 MiB */
#define SMNC_BAR_CTRL_SIZE		0x200000
#define SMNC_BAR_ADI			2	/* ADI windows */
#define SMNC_BAR_MSIX			4	/* MSI-X and firmware handshake */
#define SMNC_BAR_MSIX_SIZE		0x40000

#define SMNC_MAX_ADIS			1024
#define SMNC_MAX_FUNCS			(SMNC_MAX_ADIS + 1)	/* function 0 is the PF */
#define SMNC_MAX_QPS			4096
#define SMNC_MAX_VECTORS		2048
#define SMNC_FUNC_QPS			16	/* queue pairs of one function */
#define SMNC_FUNC_VECS			17	/* vectors of one function */

/* --- BAR0: global registers (4) -------------------------------------------- */

#define SMNC_ID				0x000	/* RO */
#define  SMNC_ID_MAGIC			0x43494e53	/* "SNIC" */
#define SMNC_VERSION			0x004	/* RO major << 16 | minor */
#define  SMNC_VERSION_1_0		0x00010000
#define SMNC_CAPS			0x008	/* RO */
#define  SMNC_CAPS_XLAT_TABLE		0x00000001
#define  SMNC_CAPS_XLAT_PASID		0x00000002
#define  SMNC_CAPS_STATE		0x00000004	/* functions can be saved and loaded (16) */
#define SMNC_NUM_ADIS			0x00c	/* RO */
#define SMNC_NUM_QPS			0x010	/* RO */
#define SMNC_NUM_VECS			0x014	/* RO, MSI-X table size */
#define SMNC_SERIAL_LO			0x018	/* RO */
#define SMNC_SERIAL_HI			0x01c	/* RO */
#define SMNC_CTRL			0x020
#define  SMNC_CTRL_RESET		0x00000001	/* W1, self-clearing */
#define SMNC_STATUS			0x024	/* RO */
#define  SMNC_STATUS_READY		0x00000001
#define  SMNC_STATUS_LINK		0x00000002
#define  SMNC_STATUS_PASID_EN		0x00000004	/* mirrors the PASID capability */
#define SMNC_LINK_SPEED			0x028	/* RO, Mb/s */
#define SMNC_XLAT_MODE			0x02c	/* RW while every ADI is disabled */
#define  SMNC_XLAT_MODE_TABLE		0
#define  SMNC_XLAT_MODE_PASID		1
#define SMNC_MAC_LO			0x030	/* RO, bytes 0-3 of the PF's address */
#define SMNC_MAC_HI			0x034	/* RO, bytes 4-5 */
#define SMNC_MAX_FRAME			0x038	/* RO, bytes without FCS */
#define SMNC_SWITCH_MODE		0x03c	/* RW (12.15) */
#define  SMNC_SWITCH_VEPA		0x00000001	/* else VEB */
#define SMNC_IDENTIFY			0x058	/* RW (4.8) */
#define  SMNC_IDENTIFY_ON		0x00000001	/* the card's lamp */

#define SMNC_ICR			0x040	/* read to clear */
#define SMNC_ICR_MASK			0x044	/* RW, 1 = may interrupt */
#define  SMNC_ICR_MBX_RX		0x00000001
#define  SMNC_ICR_MBX_TX		0x00000002
#define  SMNC_ICR_FAULT			0x00000004
#define  SMNC_ICR_CAUSE			0x00000008
#define  SMNC_ICR_LINK			0x00000010
#define  SMNC_ICR_FW			0x00000020
#define  SMNC_ICR_ERR			0x00000040
#define SMNC_INTVEC_MBX			0x048	/* RW, vector for MBX_RX and MBX_TX */
#define SMNC_INTVEC_FAULT		0x04c
#define SMNC_INTVEC_CAUSE		0x050
#define SMNC_INTVEC_MISC		0x054	/* LINK, FW, ERR */
#define  SMNC_INTVEC_VALID		0x80000000
#define  SMNC_INTVEC_SHARED		0x40000000	/* VECMAP only: post to the cause ring */
#define  SMNC_INTVEC_VEC		0x000007ff

/* A ring of the PF: BASE_LO, BASE_HI, LEN, HEAD, TAIL at these offsets from its base. */
#define SMNC_RING_BASE_LO		0x00
#define SMNC_RING_BASE_HI		0x04
#define SMNC_RING_LEN			0x08
#define  SMNC_RING_LEN_ENABLE		0x80000000
#define  SMNC_RING_LEN_MASK		0x0001ffff
#define SMNC_RING_HEAD			0x0c
#define SMNC_RING_TAIL			0x10

#define SMNC_FAULT_RING			0x060	/* device: TAIL, driver: HEAD */
#define SMNC_CAUSE_RING			0x080	/* likewise */
#define SMNC_MBX_TX			0x0a0	/* driver: TAIL, device: HEAD */
#define SMNC_MBX_RX			0x0c0	/* buffers at TAIL, filled at HEAD */
#define SMNC_EVENT_RING_MAX		65536	/* entries of a fault or cause ring */
#define SMNC_MBX_RING_MAX		1024	/* descriptors of a mailbox ring */

#define SMNC_FAULT_RESP			0x0e0	/* WO */
#define  SMNC_FAULT_RESP_FUNC		0x0000ffff
#define  SMNC_FAULT_RESP_UNIT_SHIFT	16
#define  SMNC_FAULT_RESP_UNIT		0x00ff0000
#define  SMNC_FAULT_RESP_CODE_SHIFT	24
#define  SMNC_FAULT_RESP_RETRY		1
#define  SMNC_FAULT_RESP_FAIL		2

/* The PF's own window: same four pages as an ADI window. */
#define SMNC_PF_WINDOW			0x004000

/* --- BAR0: function blocks (5) --------------------------------------------- */

#define SMNC_FUNC(f)			(0x080000 + (f) * 0x100)
#define SMNC_FUNC_CTRL			0x00
#define  SMNC_FUNC_CTRL_ENABLE		0x00000001
#define  SMNC_FUNC_CTRL_DMA		0x00000002	/* bus master of this function */
#define  SMNC_FUNC_CTRL_QUIESCE		0x00000004
#define  SMNC_FUNC_CTRL_RESET		0x00000008	/* W1; reads 1 until done */
#define  SMNC_FUNC_CTRL_VIRTIO		0x00000010	/* with ENABLE 0 -> 1: a virtio function */
#define SMNC_FUNC_STATUS		0x04	/* RO */
#define  SMNC_FUNC_STATUS_ENABLED	0x00000001
#define  SMNC_FUNC_STATUS_QUIESCED	0x00000002	/* no DMA under way, none will start */
#define  SMNC_FUNC_STATUS_VIRTIO	0x00000004	/* a virtio function (14) */
#define SMNC_FUNC_PASID			0x08
#define  SMNC_FUNC_PASID_VALID		0x80000000
#define  SMNC_FUNC_PASID_MASK		0x000fffff
#define SMNC_FUNC_XLAT_LO		0x10	/* root of the translation table */
#define  SMNC_FUNC_XLAT_VALID		0x00000001
#define SMNC_FUNC_XLAT_HI		0x14
#define SMNC_FUNC_INVAL_LO		0x18	/* first IOVA */
#define SMNC_FUNC_INVAL_HI		0x1c
#define SMNC_FUNC_INVAL_CTL		0x20	/* W: number of 4 KiB pages, 0 = all */
#define  SMNC_FUNC_INVAL_PAGES		0x00ffffff
#define  SMNC_FUNC_INVAL_BUSY		0x80000000	/* reads 1 until done */
#define SMNC_FUNC_RSTAT			0x24	/* what the window's RSTAT shows */
#define  SMNC_RSTAT_INPROGRESS		0
#define  SMNC_RSTAT_COMPLETED		1
#define  SMNC_RSTAT_VFACTIVE		2
#define SMNC_FUNC_ITR_MIN		0x28	/* least interval of two interrupts, 2 us */
#define  SMNC_FUNC_ITR_MIN_MASK		0x00000fff
#define SMNC_FUNC_STATE_LO		0x2c	/* PF memory for a state (16) */
#define SMNC_FUNC_STATE_HI		0x30
#define SMNC_FUNC_STATE_LEN		0x34	/* its bytes */
#define SMNC_FUNC_STATE_CTL		0x38	/* W: SMNC_STATE_*, the command */
#define  SMNC_STATE_SIZE		1
#define  SMNC_STATE_SAVE		2
#define  SMNC_STATE_LOAD		3
#define  SMNC_STATE_COMMAND		0x00000003
#define  SMNC_STATE_ERRNO_SHIFT		8
#define  SMNC_STATE_ERRNO		0x0000ff00	/* RO, with ERR */
#define  SMNC_STATE_ERR			0x40000000	/* RO, the last command did nothing */
#define  SMNC_STATE_BUSY		0x80000000	/* RO */
#define SMNC_FUNC_WHOLE			0x3c	/* packets that an AVF takes whole (13.4) */
#define  SMNC_WHOLE_V4			0x00000001	/* TCP over IPv4 */
#define  SMNC_WHOLE_V6			0x00000002	/* TCP over IPv6 */
#define  SMNC_WHOLE_CWR			0x00000004	/* those with CWR, too */
#define SMNC_FUNC_VECMAP(v)		(0x40 + (v) * 4)	/* SMNC_INTVEC_* */
#define SMNC_FUNC_QMAP(q)		(0xc0 + (q) * 4)
#define  SMNC_QMAP_VALID		0x80000000
#define  SMNC_QMAP_QP			0x00001fff

/* --- BAR0: queue pair blocks (6) ------------------------------------------- */

#define SMNC_QP(q)			(0x100000 + (q) * 0x40)
#define SMNC_QP_TX			0x00	/* add SMNC_Q_* */
#define SMNC_QP_RX			0x20
#define SMNC_Q_BASE_LO			0x00
#define SMNC_Q_BASE_HI			0x04
#define SMNC_Q_LEN			0x08	/* descriptors: 32..4096, a multiple of 32 */
#define SMNC_Q_CTL			0x0c
#define  SMNC_Q_CTL_ENABLE		0x00000001	/* RW */
#define  SMNC_Q_CTL_ACTIVE		0x00000002	/* RO, 0 once no DMA is under way */
#define  SMNC_Q_CTL_ERROR		0x00000004	/* RO, stopped: see reason */
#define  SMNC_Q_CTL_FAULT		0x00000008	/* RO, waits for a fault response */
#define  SMNC_Q_CTL_REASON_SHIFT	8
#define  SMNC_Q_CTL_REASON		0x0000ff00
#define   SMNC_Q_ERR_NONE		0
#define   SMNC_Q_ERR_CONFIG		1	/* length, base or buffer size */
#define   SMNC_Q_ERR_TAIL		2	/* tail outside the ring */
#define   SMNC_Q_ERR_DESC		3	/* malformed descriptor */
#define   SMNC_Q_ERR_FAULT		4	/* fault answered with FAIL */
#define SMNC_Q_INT			0x10
#define  SMNC_Q_INT_VALID		0x80000000
#define  SMNC_Q_INT_VEC			0x0000001f	/* vector of the function */
#define  SMNC_Q_INT_ITR_SHIFT		8
#define  SMNC_Q_INT_ITR			0x00000300	/* ITR index, 3 = none */
#define SMNC_Q_HEAD			0x14	/* RO */
#define SMNC_Q_BUFSZ			0x18	/* RX: bytes of a buffer, 128-aligned */
#define SMNC_Q_MAXFRAME			0x1c	/* RX only: longest frame delivered, bytes */

#define SMNC_Q_LEN_MIN			32
#define SMNC_Q_LEN_MAX			4096
#define SMNC_Q_BUFSZ_MIN		128
#define SMNC_Q_BUFSZ_MAX		16256
#define SMNC_Q_MAX_CHAIN		5	/* RX descriptors per frame */
#define SMNC_Q_MAX_WHOLE		18	/* RX descriptors per whole packet */
#define SMNC_Q_MAX_TX_DESCS		64	/* TX descriptors per packet, TSO included */

/* --- BAR0: counters of a function (7) -------------------------------------- */

#define SMNC_STATS(f)			(0x180000 + (f) * 0x100)

/* Index of a 64-bit counter; its offset is 8 * index. */
enum smnc_stat {
#define SMNC_STAT_ROW(id, ...)		SMNC_STAT_##id,
#include "stat_rows.h"
#undef SMNC_STAT_ROW
	SMNC_STAT_COUNT
};

/* --- BAR0: counters of the uplink (12.16) ------------------------------------ */

#define SMNC_UPLINK_STATS		0x1f0000
#define SMNC_UPLINK_SIZES		7	/* classes of frames by length */

/* Index of a 64-bit counter; its offset is 8 * index. */
enum smnc_uplink_stat {
	SMNC_UPLINK_TX_FRAMES,
	SMNC_UPLINK_TX_BYTES,
	SMNC_UPLINK_TX_MULTICAST,
	SMNC_UPLINK_TX_BROADCAST,
	SMNC_UPLINK_RX_FRAMES,
	SMNC_UPLINK_RX_BYTES,
	SMNC_UPLINK_RX_MULTICAST,
	SMNC_UPLINK_RX_BROADCAST,
	SMNC_UPLINK_RX_LOST,
	SMNC_UPLINK_TX_SIZE,	/* SMNC_UPLINK_SIZES of them */
	SMNC_UPLINK_RX_SIZE = 16,	/* likewise */
	SMNC_UPLINK_COUNT = 23
};

/* --- Windows: four pages per function (8) ---------------------------------- */

#define SMNC_WINDOW_SIZE		0x4000
#define SMNC_WINDOW_PAGES		4

/* Of a virtio function: the notify page, and nothing else (14). */
#define SMNC_WIN_NOTIFY			0x0000

#define SMNC_WIN_TX_TAIL(q)		(0x0000 + (q) * 4)
#define SMNC_WIN_RX_TAIL(q)		(0x1000 + (q) * 4)
#define SMNC_WIN_ITR(i, v)		(0x1800 + (i) * 64 + (v) * 4)	/* vector v + 1 */
#define SMNC_WIN_DYN_CTLN(v)		(0x2800 + (v) * 4)		/* v 0..15: vector v + 1 */
#define SMNC_WIN_MBX			0x3000
#define SMNC_WIN_ATQBAL			0x3000
#define SMNC_WIN_ATQBAH			0x3004
#define SMNC_WIN_ATQLEN			0x3008
#define SMNC_WIN_ATQH			0x300c
#define SMNC_WIN_ATQT			0x3010
#define SMNC_WIN_ARQBAL			0x3020
#define SMNC_WIN_ARQBAH			0x3024
#define SMNC_WIN_ARQLEN			0x3028
#define SMNC_WIN_ARQH			0x302c
#define SMNC_WIN_ARQT			0x3030
#define  SMNC_AQ_LEN_MASK		0x000003ff
#define  SMNC_AQ_LEN_VFE		0x10000000
#define  SMNC_AQ_LEN_OVFL		0x20000000
#define  SMNC_AQ_LEN_CRIT		0x40000000
#define  SMNC_AQ_LEN_ENABLE		0x80000000
#define  SMNC_AQ_IDX_MASK		0x000003ff
#define SMNC_WIN_RSTAT			0x3040	/* RO */
#define SMNC_WIN_ICR01			0x3048	/* read to clear */
#define SMNC_WIN_ICR0_ENA1		0x304c
#define  SMNC_ICR0_INTEVENT		0x00000001
#define  SMNC_ICR0_ADMINQ		0x40000000
#define SMNC_WIN_DYN_CTL01		0x3050
#define SMNC_WIN_ITR01(i)		(0x3054 + (i) * 4)	/* i 0..2 */

#define SMNC_DYN_INTENA			0x00000001
#define SMNC_DYN_CLEARPBA		0x00000002
#define SMNC_DYN_SWINT_TRIG		0x00000004
#define SMNC_DYN_ITR_INDX_SHIFT		3
#define SMNC_DYN_ITR_INDX		0x00000018	/* 3 = none */
#define SMNC_DYN_INTERVAL_SHIFT		5
#define SMNC_DYN_INTERVAL		0x0001ffe0	/* 2 us units */
#define SMNC_DYN_SW_ITR_ENA		0x01000000
#define SMNC_DYN_SW_ITR_INDX		0x06000000
#define SMNC_DYN_WB_ON_ITR		0x40000000
#define SMNC_DYN_INTENA_MSK		0x80000000

/* --- Translation table of an ADI, mode `table` (10) ------------------------ */

#define SMNC_XLAT_LEVELS		4	/* 9 bits each, 48-bit IOVA */
#define SMNC_XLAT_ENTRIES		512
#define SMNC_XLAT_READ			0x0000000000000001ULL
#define SMNC_XLAT_WRITE			0x0000000000000002ULL
#define SMNC_XLAT_ADDR			0x000ffffffffff000ULL
#define SMNC_XLAT_IOVA_BITS		48

/* --- BAR4: firmware handshake (11) ----------------------------------------- */

#define SMNC_MSIX_TABLE			0x1000
#define SMNC_MSIX_PBA			0x9000
#define SMNC_FW_REQUEST			0x25200	/* 28 bytes, written by the driver */
#define SMNC_FW_REPLY			0x25240	/* 28 bytes, written by the firmware */
#define SMNC_FW_CSR			0x25280
#define  SMNC_FW_CSR2_READY		0x00000100	/* driver sets, firmware clears */
#define  SMNC_FW_CSR3_READY		0x00001000	/* firmware sets, driver W1C */

#endif /* SMARTNIC_REGS_H */
