// SPDX-License-Identifier: GPL-2.0-only
/*
 * MSI-X table, pending bit array, and the gate between a cause and its eventfd.
 *
 * A vector is delivered unless it has no eventfd, is masked by
 * VFIO_DEVICE_SET_IRQS, by its table entry, by the function mask, because MSI-X is
 * not enabled, or because the VM is stopped; then it is pending and delivered when the
 * last of these goes away. VMMs such as QEMU virtualise the table and user space drivers never
 * touch it or message control: state that is not written after a reset does
 * not block anything, although a fresh table reads "masked" as it must.
 */
#include <linux/bitops.h>
#include <linux/errno.h>
#include <linux/pci_regs.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "msix.h"

static unsigned int words(const struct vdcm_msix *msix)
{
	return VDCM_MSIX_PBA_SIZE(msix->nr) / sizeof(u64);
}

static bool is_set(const u64 *bits, unsigned int vec)
{
	return bits[vec / 64] & BIT_ULL(vec % 64);
}

/**
 * vdcm_msix_reset() - back to the state after reset
 * @msix: MSI-X state
 *
 * Eventfds, masks of user space, and that the VM is stopped, are not the function's state
 * and stay.
 */
void vdcm_msix_reset(struct vdcm_msix *msix)
{
	unsigned int vec;

	memset(msix->table, 0, msix->nr * VDCM_MSIX_ENTRY_SIZE);
	for (vec = 0; vec < msix->nr; vec++)
		msix->table[vec * VDCM_MSIX_ENTRY_SIZE + PCI_MSIX_ENTRY_VECTOR_CTRL] =
			PCI_MSIX_ENTRY_CTRL_MASKBIT;
	memset(msix->pending, 0, words(msix) * sizeof(u64));
	memset(msix->written, 0, words(msix) * sizeof(u64));
	msix->ctrl = 0;
	msix->used = false;
}

/**
 * vdcm_msix_init() - set up MSI-X state
 * @msix: MSI-X state
 * @nr: number of vectors, 1..VDCM_MAX_VECTORS
 *
 * Context: process.
 * Return: 0, to be undone by vdcm_msix_exit(), or -ENOMEM.
 */
int vdcm_msix_init(struct vdcm_msix *msix, unsigned int nr)
{
	memset(msix, 0, sizeof(*msix));
	msix->nr = nr;
	msix->pending = kvzalloc(4 * words(msix) * sizeof(u64) + nr * VDCM_MSIX_ENTRY_SIZE,
				 GFP_KERNEL_ACCOUNT);
	if (!msix->pending)
		return -ENOMEM;
	msix->armed = msix->pending + words(msix);
	msix->held = msix->armed + words(msix);
	msix->written = msix->held + words(msix);
	msix->table = (u8 *)(msix->written + words(msix));
	vdcm_msix_reset(msix);
	return 0;
}

/**
 * vdcm_msix_exit() - undo vdcm_msix_init()
 * @msix: MSI-X state
 *
 * Context: process.
 */
void vdcm_msix_exit(struct vdcm_msix *msix)
{
	kvfree(msix->pending);
}

/**
 * vdcm_msix_blocked() - would a signal be kept pending?
 * @msix: MSI-X state
 * @vec: vector below the number of vectors
 *
 * Return: true = it would.
 */
bool vdcm_msix_blocked(const struct vdcm_msix *msix, unsigned int vec)
{
	if (msix->stopped)
		return true;
	if (msix->used && (!(msix->ctrl & PCI_MSIX_FLAGS_ENABLE) ||
			   msix->ctrl & PCI_MSIX_FLAGS_MASKALL))
		return true;
	if (!is_set(msix->armed, vec) || is_set(msix->held, vec))
		return true;
	return is_set(msix->written, vec) &&
	       msix->table[vec * VDCM_MSIX_ENTRY_SIZE + PCI_MSIX_ENTRY_VECTOR_CTRL] &
	       PCI_MSIX_ENTRY_CTRL_MASKBIT;
}

/**
 * vdcm_msix_signal() - a cause of a vector occurred
 * @msix: MSI-X state
 * @vec: vector; of no effect if there is no such
 *
 * Return: true = deliver it now; false = it is pending.
 */
bool vdcm_msix_signal(struct vdcm_msix *msix, unsigned int vec)
{
	if (vec >= msix->nr)
		return false;
	if (!vdcm_msix_blocked(msix, vec))
		return true;
	msix->pending[vec / 64] |= BIT_ULL(vec % 64);
	return false;
}

/**
 * vdcm_msix_loopback() - user space acts as if a cause of a vector had occurred
 * @msix: MSI-X state
 * @vec: vector below the number of vectors
 *
 * Only the vector's own mask, or a stopped VM, keeps the interrupt pending.
 *
 * Return: true = deliver it now; false = it is pending, or nothing is armed.
 */
bool vdcm_msix_loopback(struct vdcm_msix *msix, unsigned int vec)
{
	if (!is_set(msix->armed, vec))
		return false;
	if (!is_set(msix->held, vec) && !msix->stopped)
		return true;
	msix->pending[vec / 64] |= BIT_ULL(vec % 64);
	return false;
}

/**
 * vdcm_msix_take_ready() - take the next pending vector that is no longer blocked
 * @msix: MSI-X state
 * @from: the first that is looked at
 *
 * To be called after every other change of state, until it finds no more.
 *
 * Return: the vector to deliver, which is not pending any more, or -1.
 */
int vdcm_msix_take_ready(struct vdcm_msix *msix, unsigned int from)
{
	unsigned int word, vec;

	for (word = from / 64; word < words(msix); word++) {
		u64 bits = msix->pending[word];

		if (word == from / 64)
			bits &= ~0ULL << from % 64;
		for (; bits; bits &= bits - 1) {
			vec = word * 64 + __ffs64(bits);
			if (vdcm_msix_blocked(msix, vec))
				continue;
			msix->pending[word] &= ~BIT_ULL(vec % 64);
			return vec;
		}
	}
	return -1;
}

static void set_bit_to(u64 *bits, unsigned int vec, bool on)
{
	if (on)
		bits[vec / 64] |= BIT_ULL(vec % 64);
	else
		bits[vec / 64] &= ~BIT_ULL(vec % 64);
}

/**
 * vdcm_msix_arm() - there is, or no longer is, someone to signal
 * @msix: MSI-X state
 * @vec: vector below the number of vectors
 * @armed: there is
 */
void vdcm_msix_arm(struct vdcm_msix *msix, unsigned int vec, bool armed)
{
	set_bit_to(msix->armed, vec, armed);
}

/**
 * vdcm_msix_hold() - mask or unmask from user space
 * @msix: MSI-X state
 * @vec: vector below the number of vectors
 * @held: mask it
 */
void vdcm_msix_hold(struct vdcm_msix *msix, unsigned int vec, bool held)
{
	set_bit_to(msix->held, vec, held);
}

/**
 * vdcm_msix_forget() - user space disabled the interrupts
 * @msix: MSI-X state
 */
void vdcm_msix_forget(struct vdcm_msix *msix)
{
	memset(msix->armed, 0, words(msix) * sizeof(u64));
	memset(msix->held, 0, words(msix) * sizeof(u64));
	memset(msix->pending, 0, words(msix) * sizeof(u64));
}

/**
 * vdcm_msix_ctrl() - message control was written
 * @msix: MSI-X state
 * @ctrl: its new value
 */
void vdcm_msix_ctrl(struct vdcm_msix *msix, u16 ctrl)
{
	msix->ctrl = ctrl;
	if (ctrl & PCI_MSIX_FLAGS_ENABLE)
		msix->used = true;
}

/**
 * vdcm_msix_table_read() - read the table
 * @msix: MSI-X state
 * @offset: in bytes from the start of the table
 * @size: 1..8 bytes; what lies beyond the last entry reads 0
 *
 * Return: the bytes, the first in bits 7:0.
 */
u64 vdcm_msix_table_read(const struct vdcm_msix *msix, u32 offset,
			 unsigned int size)
{
	u32 end = msix->nr * VDCM_MSIX_ENTRY_SIZE;
	u64 value = 0;
	unsigned int i;

	for (i = 0; i < size && offset + i < end; i++)
		value |= (u64)msix->table[offset + i] << 8 * i;
	return value;
}

/* Writable bits of byte @i of an entry. */
static u8 entry_wmask(unsigned int i)
{
	if (i == PCI_MSIX_ENTRY_LOWER_ADDR)
		return 0xfc;
	if (i < PCI_MSIX_ENTRY_VECTOR_CTRL)
		return 0xff;
	return i == PCI_MSIX_ENTRY_VECTOR_CTRL ? PCI_MSIX_ENTRY_CTRL_MASKBIT : 0;
}

/**
 * vdcm_msix_table_write() - write the table
 * @msix: MSI-X state
 * @offset: in bytes from the start of the table
 * @size: 1..8 bytes; what lies beyond the last entry is dropped
 * @value: the bytes, the first in bits 7:0
 */
void vdcm_msix_table_write(struct vdcm_msix *msix, u32 offset,
			   unsigned int size, u64 value)
{
	u32 end = msix->nr * VDCM_MSIX_ENTRY_SIZE;
	unsigned int i;

	for (i = 0; i < size && offset + i < end; i++) {
		u8 wmask = entry_wmask((offset + i) % VDCM_MSIX_ENTRY_SIZE);
		u8 *byte = &msix->table[offset + i];

		*byte = (*byte & ~wmask) | ((value >> 8 * i) & wmask);
		set_bit_to(msix->written, (offset + i) / VDCM_MSIX_ENTRY_SIZE, true);
	}
}

/**
 * vdcm_msix_pba_read() - read the pending bit array
 * @msix: MSI-X state
 * @offset: in bytes from the start of the array
 * @size: 1..8 bytes; what lies beyond the array reads 0
 *
 * Return: the bytes, the first in bits 7:0.
 */
u64 vdcm_msix_pba_read(const struct vdcm_msix *msix, u32 offset,
		       unsigned int size)
{
	u64 value = 0;
	unsigned int i;

	for (i = 0; i < size && offset + i < VDCM_MSIX_PBA_SIZE(msix->nr); i++) {
		u64 word = msix->pending[(offset + i) / 8];

		value |= (word >> 8 * ((offset + i) % 8) & 0xff) << 8 * i;
	}
	return value;
}

/**
 * vdcm_msix_state_size() - bytes of vdcm_msix_save()
 * @nr: number of vectors
 *
 * Return: bytes.
 */
size_t vdcm_msix_state_size(unsigned int nr)
{
	return 1 + nr * VDCM_MSIX_ENTRY_SIZE + 2 * VDCM_MSIX_PBA_SIZE(nr);
}

static u8 *put_bits(const struct vdcm_msix *msix, const u64 *bits, u8 *to)
{
	unsigned int i;

	for (i = 0; i < VDCM_MSIX_PBA_SIZE(msix->nr); i++)
		*to++ = bits[i / 8] >> 8 * (i % 8);
	return to;
}

/* Is there no bit of a vector that does not exist? */
static bool bits_valid(const struct vdcm_msix *msix, const u8 *from)
{
	unsigned int i;

	for (i = msix->nr; i < 8 * VDCM_MSIX_PBA_SIZE(msix->nr); i++)
		if (from[i / 8] & BIT(i % 8))
			return false;
	return true;
}

static void get_bits(const struct vdcm_msix *msix, u64 *bits, const u8 *from)
{
	unsigned int i;

	memset(bits, 0, words(msix) * sizeof(u64));
	for (i = 0; i < VDCM_MSIX_PBA_SIZE(msix->nr); i++)
		bits[i / 8] |= (u64)from[i] << 8 * (i % 8);
}

/**
 * vdcm_msix_save() - save the guest's part: table, pending bits, vectors that it has set up
 * @msix: MSI-X state
 * @state: vdcm_msix_state_size() bytes: used, table, pending, written
 */
void vdcm_msix_save(const struct vdcm_msix *msix, u8 *state)
{
	*state++ = msix->used;
	memcpy(state, msix->table, msix->nr * VDCM_MSIX_ENTRY_SIZE);
	state += msix->nr * VDCM_MSIX_ENTRY_SIZE;
	put_bits(msix, msix->written, put_bits(msix, msix->pending, state));
}

/**
 * vdcm_msix_load() - load a state that vdcm_msix_save() has saved elsewhere
 * @msix: MSI-X state after a reset
 * @state: vdcm_msix_state_size() bytes, which a VMM may have forged
 * @ctrl: message control
 *
 * Return: 0, or -EINVAL with nothing changed.
 */
int vdcm_msix_load(struct vdcm_msix *msix, const u8 *state, u16 ctrl)
{
	const u8 *table = state + 1, *pending = table + msix->nr * VDCM_MSIX_ENTRY_SIZE;
	const u8 *written = pending + VDCM_MSIX_PBA_SIZE(msix->nr);
	unsigned int i;

	if (*state > 1 || !bits_valid(msix, pending) || !bits_valid(msix, written))
		return -EINVAL;
	for (i = 0; i < msix->nr * VDCM_MSIX_ENTRY_SIZE; i++)
		vdcm_msix_table_write(msix, i, 1, table[i]);
	get_bits(msix, msix->pending, pending);
	get_bits(msix, msix->written, written);
	msix->used = *state;
	vdcm_msix_ctrl(msix, ctrl);
	return 0;
}
