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

#define SNIC_PCI_VENDOR			0x1af4	/* experimental range */
#define SNIC_PCI_DEVICE			0x10f5
#define SNIC_PCI_SUBVENDOR		0x1af4
#define SNIC_PCI_SUBDEVICE		0x10f5
#define SNIC_PCI_REVISION		0x01

#define SNIC_CAP_PM			0x40
#define SNIC_CAP_PCIE			0x70
#define SNIC_CAP_MSIX			0xb0
#define SNIC_CAP_VPD			0xd0
#define SNIC_ECAP_AER			0x100
#define SNIC_ECAP_PASID			0x150
#define SNIC_ECAP_SIOV			0x160	/* DVSEC 8086:5 */
#define SNIC_PASID_WIDTH		20

/* --- BARs (3) -------------------------------------------------------------- */

#define SNIC_BAR_CTRL			0	/* control registers, 2 MiB */
#define SNIC_BAR_CTRL_SIZE		0x200000
#define SNIC_BAR_ADI			2	/* ADI windows */
#define SNIC_BAR_MSIX			4	/* MSI-X and firmware handshake */
#define SNIC_BAR_MSIX_SIZE		0x40000

#define SNIC_MAX_ADIS			1024
#define SNIC_MAX_FUNCS			(SNIC_MAX_ADIS + 1)	/* function 0 is the PF */
#define SNIC_MAX_QPS			4096
#define SNIC_MAX_VECTORS		2048
#define SNIC_FUNC_QPS			16	/* queue pairs of one function */
#define SNIC_FUNC_VECS			17	/* vectors of one function */

/* --- BAR0: global registers (4) -------------------------------------------- */

#define SNIC_ID				0x000	/* RO */
#define  SNIC_ID_MAGIC			0x43494e53	/* "SNIC" */
#define SNIC_VERSION			0x004	/* RO major << 16 | minor */
#define  SNIC_VERSION_1_0		0x00010000
#define SNIC_CAPS			0x008	/* RO */
#define  SNIC_CAPS_XLAT_TABLE		0x00000001
#define  SNIC_CAPS_XLAT_PASID		0x00000002
#define SNIC_NUM_ADIS			0x00c	/* RO */
#define SNIC_NUM_QPS			0x010	/* RO */
#define SNIC_NUM_VECS			0x014	/* RO, MSI-X table size */
#define SNIC_SERIAL_LO			0x018	/* RO */
#define SNIC_SERIAL_HI			0x01c	/* RO */
#define SNIC_CTRL			0x020
#define  SNIC_CTRL_RESET		0x00000001	/* W1, self-clearing */
#define SNIC_STATUS			0x024	/* RO */
#define  SNIC_STATUS_READY		0x00000001
#define  SNIC_STATUS_LINK		0x00000002
#define  SNIC_STATUS_PASID_EN		0x00000004	/* mirrors the PASID capability */
#define SNIC_LINK_SPEED			0x028	/* RO, Mb/s */
#define SNIC_XLAT_MODE			0x02c	/* RW while every ADI is disabled */
#define  SNIC_XLAT_MODE_TABLE		0
#define  SNIC_XLAT_MODE_PASID		1
#define SNIC_MAC_LO			0x030	/* RO, bytes 0-3 of the PF's address */
#define SNIC_MAC_HI			0x034	/* RO, bytes 4-5 */
#define SNIC_MAX_FRAME			0x038	/* RO, bytes without FCS */

#define SNIC_ICR			0x040	/* read to clear */
#define SNIC_ICR_MASK			0x044	/* RW, 1 = may interrupt */
#define  SNIC_ICR_MBX_RX		0x00000001
#define  SNIC_ICR_MBX_TX		0x00000002
#define  SNIC_ICR_FAULT			0x00000004
#define  SNIC_ICR_CAUSE			0x00000008
#define  SNIC_ICR_LINK			0x00000010
#define  SNIC_ICR_FW			0x00000020
#define  SNIC_ICR_ERR			0x00000040
#define SNIC_INTVEC_MBX			0x048	/* RW, vector for MBX_RX and MBX_TX */
#define SNIC_INTVEC_FAULT		0x04c
#define SNIC_INTVEC_CAUSE		0x050
#define SNIC_INTVEC_MISC		0x054	/* LINK, FW, ERR */
#define  SNIC_INTVEC_VALID		0x80000000
#define  SNIC_INTVEC_SHARED		0x40000000	/* VECMAP only: post to the cause ring */
#define  SNIC_INTVEC_VEC		0x000007ff

/* A ring of the PF: BASE_LO, BASE_HI, LEN, HEAD, TAIL at these offsets from its base. */
#define SNIC_RING_BASE_LO		0x00
#define SNIC_RING_BASE_HI		0x04
#define SNIC_RING_LEN			0x08
#define  SNIC_RING_LEN_ENABLE		0x80000000
#define  SNIC_RING_LEN_MASK		0x0001ffff
#define SNIC_RING_HEAD			0x0c
#define SNIC_RING_TAIL			0x10

#define SNIC_FAULT_RING			0x060	/* device: TAIL, driver: HEAD */
#define SNIC_CAUSE_RING			0x080	/* likewise */
#define SNIC_MBX_TX			0x0a0	/* driver: TAIL, device: HEAD */
#define SNIC_MBX_RX			0x0c0	/* buffers at TAIL, filled at HEAD */
#define SNIC_EVENT_RING_MAX		65536	/* entries of a fault or cause ring */
#define SNIC_MBX_RING_MAX		1024	/* descriptors of a mailbox ring */

#define SNIC_FAULT_RESP			0x0e0	/* WO */
#define  SNIC_FAULT_RESP_FUNC		0x0000ffff
#define  SNIC_FAULT_RESP_UNIT_SHIFT	16
#define  SNIC_FAULT_RESP_UNIT		0x00ff0000
#define  SNIC_FAULT_RESP_CODE_SHIFT	24
#define  SNIC_FAULT_RESP_RETRY		1
#define  SNIC_FAULT_RESP_FAIL		2

/* The PF's own window: same four pages as an ADI window. */
#define SNIC_PF_WINDOW			0x004000

/* --- BAR0: function blocks (5) --------------------------------------------- */

#define SNIC_FUNC(f)			(0x080000 + (f) * 0x100)
#define SNIC_FUNC_CTRL			0x00
#define  SNIC_FUNC_CTRL_ENABLE		0x00000001
#define  SNIC_FUNC_CTRL_DMA		0x00000002	/* bus master of this function */
#define  SNIC_FUNC_CTRL_QUIESCE		0x00000004
#define  SNIC_FUNC_CTRL_RESET		0x00000008	/* W1; reads 1 until done */
#define  SNIC_FUNC_CTRL_VIRTIO		0x00000010	/* with ENABLE 0 -> 1: a virtio function */
#define SNIC_FUNC_STATUS		0x04	/* RO */
#define  SNIC_FUNC_STATUS_ENABLED	0x00000001
#define  SNIC_FUNC_STATUS_QUIESCED	0x00000002	/* no DMA under way, none will start */
#define  SNIC_FUNC_STATUS_VIRTIO	0x00000004	/* a virtio function (14) */
#define SNIC_FUNC_PASID			0x08
#define  SNIC_FUNC_PASID_VALID		0x80000000
#define  SNIC_FUNC_PASID_MASK		0x000fffff
#define SNIC_FUNC_XLAT_LO		0x10	/* root of the translation table */
#define  SNIC_FUNC_XLAT_VALID		0x00000001
#define SNIC_FUNC_XLAT_HI		0x14
#define SNIC_FUNC_INVAL_LO		0x18	/* first IOVA */
#define SNIC_FUNC_INVAL_HI		0x1c
#define SNIC_FUNC_INVAL_CTL		0x20	/* W: number of 4 KiB pages, 0 = all */
#define  SNIC_FUNC_INVAL_PAGES		0x00ffffff
#define  SNIC_FUNC_INVAL_BUSY		0x80000000	/* reads 1 until done */
#define SNIC_FUNC_RSTAT			0x24	/* what the window's RSTAT shows */
#define  SNIC_RSTAT_INPROGRESS		0
#define  SNIC_RSTAT_COMPLETED		1
#define  SNIC_RSTAT_VFACTIVE		2
#define SNIC_FUNC_ITR_MIN		0x28	/* least interval of two interrupts, 2 us */
#define  SNIC_FUNC_ITR_MIN_MASK		0x00000fff
#define SNIC_FUNC_VECMAP(v)		(0x40 + (v) * 4)	/* SNIC_INTVEC_* */
#define SNIC_FUNC_QMAP(q)		(0xc0 + (q) * 4)
#define  SNIC_QMAP_VALID		0x80000000
#define  SNIC_QMAP_QP			0x00001fff

/* --- BAR0: queue pair blocks (6) ------------------------------------------- */

#define SNIC_QP(q)			(0x100000 + (q) * 0x40)
#define SNIC_QP_TX			0x00	/* add SNIC_Q_* */
#define SNIC_QP_RX			0x20
#define SNIC_Q_BASE_LO			0x00
#define SNIC_Q_BASE_HI			0x04
#define SNIC_Q_LEN			0x08	/* descriptors: 32..4096, a multiple of 32 */
#define SNIC_Q_CTL			0x0c
#define  SNIC_Q_CTL_ENABLE		0x00000001	/* RW */
#define  SNIC_Q_CTL_ACTIVE		0x00000002	/* RO, 0 once no DMA is under way */
#define  SNIC_Q_CTL_ERROR		0x00000004	/* RO, stopped: see reason */
#define  SNIC_Q_CTL_FAULT		0x00000008	/* RO, waits for a fault response */
#define  SNIC_Q_CTL_REASON_SHIFT	8
#define  SNIC_Q_CTL_REASON		0x0000ff00
#define   SNIC_Q_ERR_NONE		0
#define   SNIC_Q_ERR_CONFIG		1	/* length, base or buffer size */
#define   SNIC_Q_ERR_TAIL		2	/* tail outside the ring */
#define   SNIC_Q_ERR_DESC		3	/* malformed descriptor */
#define   SNIC_Q_ERR_FAULT		4	/* fault answered with FAIL */
#define SNIC_Q_INT			0x10
#define  SNIC_Q_INT_VALID		0x80000000
#define  SNIC_Q_INT_VEC			0x0000001f	/* vector of the function */
#define  SNIC_Q_INT_ITR_SHIFT		8
#define  SNIC_Q_INT_ITR			0x00000300	/* ITR index, 3 = none */
#define SNIC_Q_HEAD			0x14	/* RO */
#define SNIC_Q_BUFSZ			0x18	/* RX: bytes of a buffer, 128-aligned */
#define SNIC_Q_MAXFRAME			0x1c	/* RX only: longest frame delivered, bytes */

#define SNIC_Q_LEN_MIN			32
#define SNIC_Q_LEN_MAX			4096
#define SNIC_Q_BUFSZ_MIN		128
#define SNIC_Q_BUFSZ_MAX		16256
#define SNIC_Q_MAX_CHAIN		5	/* RX descriptors per frame */
#define SNIC_Q_MAX_TX_DESCS		64	/* TX descriptors per packet, TSO included */

/* --- BAR0: counters of a function (7) -------------------------------------- */

#define SNIC_STATS(f)			(0x180000 + (f) * 0x100)

/* Index of a 64-bit counter; its offset is 8 * index. First twelve: virtchnl's. */
enum snic_stat {
	SNIC_STAT_RX_BYTES,
	SNIC_STAT_RX_UNICAST,
	SNIC_STAT_RX_MULTICAST,
	SNIC_STAT_RX_BROADCAST,
	SNIC_STAT_RX_DISCARDS,
	SNIC_STAT_RX_UNKNOWN_PROTOCOL,
	SNIC_STAT_TX_BYTES,
	SNIC_STAT_TX_UNICAST,
	SNIC_STAT_TX_MULTICAST,
	SNIC_STAT_TX_BROADCAST,
	SNIC_STAT_TX_DISCARDS,
	SNIC_STAT_TX_ERRORS,
	SNIC_STAT_SPOOFED,
	SNIC_STAT_TX_DOORBELLS,
	SNIC_STAT_RX_DOORBELLS,
	SNIC_STAT_ITR_WRITES,
	SNIC_STAT_REARMS,
	SNIC_STAT_INTERRUPTS,
	SNIC_STAT_SHARED_CAUSES,
	SNIC_STAT_FAULTS,
	SNIC_STAT_FAULT_RETRIES,
	SNIC_STAT_FAULT_FAILS,
	SNIC_STAT_MBX_REQUESTS,
	SNIC_STAT_MBX_REPLIES,
	SNIC_STAT_BAD_DESCRIPTORS,
	SNIC_STAT_BAD_TAILS,
	SNIC_STAT_DMA_REFUSED,
	SNIC_STAT_TSO_PACKETS,
	SNIC_STAT_VLAN_DROPS,
	SNIC_STAT_RATE_WAITS,
	SNIC_STAT_CONTROL_DROPS,
	SNIC_STAT_COUNT
};

/* --- Windows: four pages per function (8) ---------------------------------- */

#define SNIC_WINDOW_SIZE		0x4000
#define SNIC_WINDOW_PAGES		4

/* Of a virtio function: the notify page, and nothing else (14). */
#define SNIC_WIN_NOTIFY			0x0000

#define SNIC_WIN_TX_TAIL(q)		(0x0000 + (q) * 4)
#define SNIC_WIN_RX_TAIL(q)		(0x1000 + (q) * 4)
#define SNIC_WIN_ITR(i, v)		(0x1800 + (i) * 64 + (v) * 4)	/* vector v + 1 */
#define SNIC_WIN_DYN_CTLN(v)		(0x2800 + (v) * 4)		/* v 0..15: vector v + 1 */
#define SNIC_WIN_MBX			0x3000
#define SNIC_WIN_ATQBAL			0x3000
#define SNIC_WIN_ATQBAH			0x3004
#define SNIC_WIN_ATQLEN			0x3008
#define SNIC_WIN_ATQH			0x300c
#define SNIC_WIN_ATQT			0x3010
#define SNIC_WIN_ARQBAL			0x3020
#define SNIC_WIN_ARQBAH			0x3024
#define SNIC_WIN_ARQLEN			0x3028
#define SNIC_WIN_ARQH			0x302c
#define SNIC_WIN_ARQT			0x3030
#define  SNIC_AQ_LEN_MASK		0x000003ff
#define  SNIC_AQ_LEN_VFE		0x10000000
#define  SNIC_AQ_LEN_OVFL		0x20000000
#define  SNIC_AQ_LEN_CRIT		0x40000000
#define  SNIC_AQ_LEN_ENABLE		0x80000000
#define  SNIC_AQ_IDX_MASK		0x000003ff
#define SNIC_WIN_RSTAT			0x3040	/* RO */
#define SNIC_WIN_ICR01			0x3048	/* read to clear */
#define SNIC_WIN_ICR0_ENA1		0x304c
#define  SNIC_ICR0_INTEVENT		0x00000001
#define  SNIC_ICR0_ADMINQ		0x40000000
#define SNIC_WIN_DYN_CTL01		0x3050
#define SNIC_WIN_ITR01(i)		(0x3054 + (i) * 4)	/* i 0..2 */

#define SNIC_DYN_INTENA			0x00000001
#define SNIC_DYN_CLEARPBA		0x00000002
#define SNIC_DYN_SWINT_TRIG		0x00000004
#define SNIC_DYN_ITR_INDX_SHIFT		3
#define SNIC_DYN_ITR_INDX		0x00000018	/* 3 = none */
#define SNIC_DYN_INTERVAL_SHIFT		5
#define SNIC_DYN_INTERVAL		0x0001ffe0	/* 2 us units */
#define SNIC_DYN_SW_ITR_ENA		0x01000000
#define SNIC_DYN_SW_ITR_INDX		0x06000000
#define SNIC_DYN_WB_ON_ITR		0x40000000
#define SNIC_DYN_INTENA_MSK		0x80000000

/* --- Translation table of an ADI, mode `table` (10) ------------------------ */

#define SNIC_XLAT_LEVELS		4	/* 9 bits each, 48-bit IOVA */
#define SNIC_XLAT_ENTRIES		512
#define SNIC_XLAT_READ			0x0000000000000001ULL
#define SNIC_XLAT_WRITE			0x0000000000000002ULL
#define SNIC_XLAT_ADDR			0x000ffffffffff000ULL
#define SNIC_XLAT_IOVA_BITS		48

/* --- BAR4: firmware handshake (11) ----------------------------------------- */

#define SNIC_MSIX_TABLE			0x1000
#define SNIC_MSIX_PBA			0x9000
#define SNIC_FW_REQUEST			0x25200	/* 28 bytes, written by the driver */
#define SNIC_FW_REPLY			0x25240	/* 28 bytes, written by the firmware */
#define SNIC_FW_CSR			0x25280
#define  SNIC_FW_CSR2_READY		0x00000100	/* driver sets, firmware clears */
#define  SNIC_FW_CSR3_READY		0x00001000	/* firmware sets, driver W1C */

#endif /* SMARTNIC_REGS_H */
