/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Compositions: the PCI function a guest sees, declared as data.
 *
 * A composition says which identity, BARs, registers and vectors the function
 * has. The framework makes its config space (header, MSI-X, PCI Express
 * endpoint with FLR, power management), its region table and its MSI-X state
 * from it. This header includes no vfio header: the objects built from it are
 * unit-tested on their own.
 */
#ifndef VDCM_COMPOSITION_H
#define VDCM_COMPOSITION_H

#include <linux/types.h>

#define VDCM_NR_BARS		6
#define VDCM_MAX_VECTORS	2048
#define VDCM_PAGE_SIZE		4096u
#define VDCM_CONFIG_SIZE	4096u

/**
 * enum vdcm_page_kind - what an access to a page of a BAR meets
 * @VDCM_PAGE_ABSENT: nothing: reads 0, writes are dropped; not mappable
 * @VDCM_PAGE_TRAP: the registers of the composition's register table; others read 0
 * @VDCM_PAGE_PASS: a page of the ADI's MMIO window, mapped into the guest; where it
 *	is not mapped, accesses of the sizes in @widths are forwarded, others read 0
 */
enum vdcm_page_kind {
	VDCM_PAGE_ABSENT,
	VDCM_PAGE_TRAP,
	VDCM_PAGE_PASS,
};

/**
 * struct vdcm_pages - a run of pages of one BAR
 * @first: first page, in units of VDCM_PAGE_SIZE from the start of the BAR
 * @count: number of pages
 * @kind: enum vdcm_page_kind
 * @adi_page: VDCM_PAGE_PASS: page of the ADI window behind @first
 * @widths: VDCM_PAGE_PASS: sizes of the accesses that are forwarded, a mask of 1, 2, 4
 *	and 8 bytes; 0 = 4 only. An access of 8 bytes is two of 4 if 8 is not among them
 * @soft: VDCM_PAGE_TRAP: the registers are the PF driver's own, with no hardware behind
 *	them: reg_read() and reg_write() are called for them also while the PF is quiesced,
 *	after it has died, and after the ADI was revoked, that is after close()
 */
struct vdcm_pages {
	u32 first;
	u32 count;
	u8 kind;
	u8 adi_page;
	u8 widths;
	bool soft;
};

/* Flags of a BAR. */
#define VDCM_BAR_64BIT		0x1
#define VDCM_BAR_PREFETCH	0x2

/**
 * struct vdcm_bar - one memory BAR
 * @size: bytes, a power of two of at least 4 KiB; 0 = absent
 * @flags: VDCM_BAR_*; a 64-bit BAR occupies the next index as well
 * @pages: runs in ascending order; pages not named are VDCM_PAGE_ABSENT
 * @nr_pages: number of runs
 */
struct vdcm_bar {
	u64 size;
	u32 flags;
	const struct vdcm_pages *pages;
	unsigned int nr_pages;
};

/**
 * struct vdcm_reg - a run of registers in trapped pages
 * @bar: BAR index
 * @width: bytes of a register, 1, 2, 4 or 8; 0 = 4
 * @offset: offset of the first in the BAR, bytes, a multiple of @width
 * @count: number of registers
 * @stride: distance between two, bytes, a multiple of @width
 * @target: what reg_read() and reg_write() are given for the first, bytes: its offset in
 *	the ADI window, or in soft pages what the driver likes; a multiple of @width. The
 *	next one's is @width further
 * @wmask: bits that a guest may write, none beyond @width; 0 = read-only
 *
 * A register answers accesses of its offset and width, and no others. One place may be
 * given several registers of different widths; a driver that guests read byte by byte, or
 * in halves, names those. An access of 8 bytes to where no register of 8 is, is two of 4,
 * the low one first.
 */
struct vdcm_reg {
	u8 bar;
	u8 width;
	u32 offset;
	u32 count;
	u32 stride;
	u32 target;
	u64 wmask;
};

/**
 * struct vdcm_cap - a capability of the function, beside those that the framework makes
 * @id: PCI_CAP_ID_*, or PCI_EXT_CAP_ID_* if @version is not 0
 * @version: version of an extended capability, 1..15; 0 = a conventional one
 * @len: bytes, the header included: a multiple of 4 that the id's specification gives
 * @init: @len bytes as they are after a reset; the header's first 2 bytes, of an extended
 *	one 4, are the framework's
 * @wmask: @len bytes, bits that a guest may write, or NULL: none; 0 in the header
 * @w1c: @len bytes, bits that a written 1 clears, or NULL: none; 0 in the header
 * @hooked: what is behind the header is the PF driver's: it is read and written by
 *	cap_read() and cap_write(). @wmask and @w1c are NULL, and of @init only the header
 *	counts, unless the driver uses it
 *
 * The framework places capabilities in the order of the composition: conventional ones
 * behind its own, from 0xA0 to 0xFF, extended ones from 0x100 to 0x1FF. A capability that the
 * framework makes (MSI-X, PCI Express, power management) cannot be given.
 */
struct vdcm_cap {
	u16 id;
	u8 version;
	u16 len;
	const u8 *init;
	const u8 *wmask;
	const u8 *w1c;
	bool hooked;
};

/**
 * struct vdcm_composition - a PCI function
 * @vendor: PCI vendor id
 * @device: PCI device id
 * @subvendor: PCI subsystem vendor id
 * @subdevice: PCI subsystem id
 * @revision: PCI revision
 * @class_code: 24-bit class code
 * @bars: BARs; the one named by @msix_bar needs no @pages, its MSI-X table and
 *	PBA are emulated by the framework
 * @regs: trapped registers
 * @nr_regs: number of entries in @regs
 * @caps: capabilities beside MSI-X, PCI Express and power management
 * @nr_caps: number of entries in @caps
 * @msix_bar: BAR of MSI-X table and PBA
 * @msix_table: offset of the table in that BAR, 4 KiB aligned; 16 bytes for each vector
 * @msix_pba: offset of the PBA in that BAR, 4 KiB aligned; on no page of the table
 * @d3_resets: the function says that it loses its state when it leaves D3hot
 *	(No_Soft_Reset is clear), and is reset then as by a function level reset. For
 *	guests' drivers that, where the bit is set, rely on the state over a sleep of the
 *	machine, which resets its devices. Otherwise the state stays
 */
struct vdcm_composition {
	u16 vendor;
	u16 device;
	u16 subvendor;
	u16 subdevice;
	u8 revision;
	u32 class_code;
	struct vdcm_bar bars[VDCM_NR_BARS];
	const struct vdcm_reg *regs;
	unsigned int nr_regs;
	const struct vdcm_cap *caps;
	unsigned int nr_caps;
	u8 msix_bar;
	u32 msix_table;
	u32 msix_pba;
	bool d3_resets;
};

#endif /* VDCM_COMPOSITION_H */
