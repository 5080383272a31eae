/* SPDX-License-Identifier: GPL-2.0-only */
/* MSI-X state: a pure object; its owner serialises all calls. */
#ifndef VDCM_MSIX_H
#define VDCM_MSIX_H

#include <vdcm/composition.h>

#define VDCM_MSIX_ENTRY_SIZE	16
#define VDCM_MSIX_TABLE_SIZE	(VDCM_MAX_VECTORS * VDCM_MSIX_ENTRY_SIZE)
#define VDCM_MSIX_PBA_SIZE	(VDCM_MAX_VECTORS / 8)

/**
 * struct vdcm_msix - MSI-X table, pending bits and masks of one function
 * @table: the table as guests see it
 * @pending: vectors that wait, by bit
 * @armed: vectors with someone to signal
 * @held: vectors masked with VFIO_DEVICE_SET_IRQS
 * @written: vectors whose table entry was written since reset
 * @ctrl: message control, PCI_MSIX_FLAGS_*
 * @used: message control has had its enable bit set since reset
 * @nr: number of vectors
 */
struct vdcm_msix {
	u8 table[VDCM_MSIX_TABLE_SIZE];
	u64 pending;
	u64 armed;
	u64 held;
	u64 written;
	u16 ctrl;
	bool used;
	u8 nr;
};

void vdcm_msix_init(struct vdcm_msix *msix, unsigned int nr);
void vdcm_msix_reset(struct vdcm_msix *msix);
bool vdcm_msix_signal(struct vdcm_msix *msix, unsigned int vec);
bool vdcm_msix_blocked(const struct vdcm_msix *msix, unsigned int vec);
u64 vdcm_msix_take_ready(struct vdcm_msix *msix);
void vdcm_msix_arm(struct vdcm_msix *msix, unsigned int vec, bool armed);
void vdcm_msix_hold(struct vdcm_msix *msix, unsigned int vec, bool held);
void vdcm_msix_forget(struct vdcm_msix *msix);
void vdcm_msix_ctrl(struct vdcm_msix *msix, u16 ctrl);
u64 vdcm_msix_table_read(const struct vdcm_msix *msix, u32 offset,
			 unsigned int size);
void vdcm_msix_table_write(struct vdcm_msix *msix, u32 offset,
			   unsigned int size, u64 value);
u64 vdcm_msix_pba_read(const struct vdcm_msix *msix, u32 offset,
		       unsigned int size);

#endif /* VDCM_MSIX_H */
