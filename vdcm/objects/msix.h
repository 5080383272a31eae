/* SPDX-License-Identifier: GPL-2.0-only */
/* MSI-X state: a pure object; its owner serialises all calls. */
#ifndef VDCM_MSIX_H
#define VDCM_MSIX_H

#include <vdcm/composition.h>

#define VDCM_MSIX_ENTRY_SIZE	16
/* Bytes of the pending bit array of so many vectors: whole words of 64. */
#define VDCM_MSIX_PBA_SIZE(_nr)	(((_nr) + 63) / 64 * 8)

/**
 * struct vdcm_msix - MSI-X table, pending bits and masks of one function
 * @table: the table as guests see it, @nr entries
 * @pending: vectors that wait, by bit
 * @armed: vectors with someone to signal
 * @held: vectors masked with VFIO_DEVICE_SET_IRQS
 * @written: vectors whose table entry was written since reset
 * @ctrl: message control, PCI_MSIX_FLAGS_*
 * @nr: number of vectors
 * @used: message control has had its enable bit set since reset
 * @stopped: the VM is stopped: every interrupt becomes pending
 */
struct vdcm_msix {
	u8 *table;
	u64 *pending;
	u64 *armed;
	u64 *held;
	u64 *written;
	u16 ctrl;
	u16 nr;
	bool used;
	bool stopped;
};

int vdcm_msix_init(struct vdcm_msix *msix, unsigned int nr);
void vdcm_msix_exit(struct vdcm_msix *msix);
void vdcm_msix_reset(struct vdcm_msix *msix);
bool vdcm_msix_signal(struct vdcm_msix *msix, unsigned int vec);
bool vdcm_msix_loopback(struct vdcm_msix *msix, unsigned int vec);
bool vdcm_msix_blocked(const struct vdcm_msix *msix, unsigned int vec);
int vdcm_msix_take_ready(struct vdcm_msix *msix, unsigned int from);
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
size_t vdcm_msix_state_size(unsigned int nr);
void vdcm_msix_save(const struct vdcm_msix *msix, u8 *state);
int vdcm_msix_load(struct vdcm_msix *msix, const u8 *state, u16 ctrl);

#endif /* VDCM_MSIX_H */
