// SPDX-License-Identifier: GPL-2.0-only
/*
 * MSI-X state against a plain model: an interrupt is delivered or pending, never
 * both, never lost, never invented.
 */
#include <linux/pci_regs.h>

#include "fuzz.h"
#include "msix.h"

static struct {
	bool pending, armed, held, written, masked;
} model[VDCM_MAX_VECTORS];
static bool used;
static u16 ctrl;
static unsigned int nr;

static bool blocked(unsigned int v)
{
	if (used && (!(ctrl & PCI_MSIX_FLAGS_ENABLE) || ctrl & PCI_MSIX_FLAGS_MASKALL))
		return true;
	return !model[v].armed || model[v].held || (model[v].written && model[v].masked);
}

static void model_reset(void)
{
	unsigned int v;

	for (v = 0; v < VDCM_MAX_VECTORS; v++) {
		model[v].pending = false;
		model[v].written = false;
		model[v].masked = v < nr;
	}
	used = false;
	ctrl = 0;
}

static void take_ready(struct vdcm_msix *m)
{
	int next = vdcm_msix_take_ready(m, 0);
	unsigned int v;

	for (v = 0; v < nr; v++) {
		if (!model[v].pending || blocked(v))
			continue;
		must(next == (int)v);
		model[v].pending = false;
		next = vdcm_msix_take_ready(m, v + 1);
	}
	must(next == -1);
}

static void table_write(struct vdcm_msix *m, u32 offset, unsigned int size, u64 value)
{
	static u8 before[VDCM_MAX_VECTORS * 16];
	u32 i;

	memcpy(before, m->table, nr * 16);
	vdcm_msix_table_write(m, offset, size, value);
	for (i = 0; i < nr * 16; i++) {
		bool in = i >= offset && i - offset < size;
		u8 byte = in ? value >> 8 * (i - offset) : 0;
		u8 mask = i % 16 == 0 ? 0xfc : i % 16 < 12 ? 0xff : i % 16 == 12 ? 1 : 0;

		must(m->table[i] == (in ? (before[i] & ~mask) | (byte & mask) : before[i]));
		if (in)
			model[i / 16].written = true;
		if (in && i % 16 == 12)
			model[i / 16].masked = byte & 1;
	}
}

static void check_reads(const struct vdcm_msix *m, u32 offset, unsigned int size)
{
	u32 bits = offset % (nr / 8 + 16);
	u64 t = vdcm_msix_table_read(m, offset, size), p = vdcm_msix_pba_read(m, bits, size);
	unsigned int i, v;

	for (i = 0; i < 8; i++) {
		must((u8)(t >> 8 * i) == (i < size && offset + i < nr * 16 ? m->table[offset + i] : 0));
		for (v = 0; v < 8; v++) {
			u32 vec = (bits + i) * 8 + v;

			must((p >> (8 * i + v) & 1) ==
			     (i < size && vec < nr && model[vec].pending));
		}
	}
}

static void step(struct vdcm_msix *m, struct input *in)
{
	unsigned int v = take_below(in, nr), op = take_below(in, 9), other = take8(in);
	u32 offset;

	switch (op) {
	case 0:
	case 1:
		must(vdcm_msix_blocked(m, v) == blocked(v));
		must(vdcm_msix_signal(m, v) == !blocked(v));
		model[v].pending |= blocked(v);
		if (other & 1) {
			must(vdcm_msix_loopback(m, v) == (model[v].armed && !model[v].held));
			model[v].pending |= model[v].armed && model[v].held;
		}
		/* A vector that is not there changes nothing. */
		must(!vdcm_msix_signal(m, nr + other));
		break;
	case 2:
		vdcm_msix_arm(m, v, other & 1);
		model[v].armed = other & 1;
		break;
	case 3:
		vdcm_msix_hold(m, v, other & 1);
		model[v].held = other & 1;
		break;
	case 4:
		if (other & 7)
			break;
		vdcm_msix_forget(m);
		for (v = 0; v < VDCM_MAX_VECTORS; v++)
			model[v].armed = model[v].held = model[v].pending = false;
		break;
	case 5:
		ctrl = take16(in);
		used |= !!(ctrl & PCI_MSIX_FLAGS_ENABLE);
		vdcm_msix_ctrl(m, ctrl);
		break;
	case 6:
	case 7:
		offset = v * 16 + other % 16;
		v = 1 + take_below(in, 8);
		table_write(m, offset, v, take(in, v));
		break;
	case 8:
		if (other & 7)
			break;
		vdcm_msix_reset(m);
		model_reset();
		break;
	}
	check_reads(m, take16(in) % (nr * 16 + 16), 1 + other % 8);
	if (other & 0x40)
		take_ready(m);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct input in = { data, size };
	struct vdcm_msix m;

	/* Most have few. */
	nr = 1 + take_below(&in, take8(&in) < 200 ? 70 : VDCM_MAX_VECTORS);
	memset(model, 0, sizeof(model));
	must(!vdcm_msix_init(&m, nr));
	model_reset();
	while (in.len)
		step(&m, &in);
	take_ready(&m);
	vdcm_msix_exit(&m);
	return 0;
}
