// SPDX-License-Identifier: GPL-2.0-only
/*
 * Config space: whatever is written, what the PCI specification calls read-only
 * stays, BARs size correctly, and the owner hears of every change.
 */
#include <linux/pci_regs.h>

#include "config.h"
#include "fuzz.h"

static const u8 init[12] = { 0, 0, 12, 0xaa, 0xff, 0xff, 0xff, 0xff, 1, 2, 3, 4 };
static const u8 wmask[12] = { [4] = 0xff, 0x0f };
static const u8 w1c[12] = { [6] = 0xff };

static const struct vdcm_cap caps[] = {
	{ .id = PCI_CAP_ID_VNDR, .len = 12, .init = init, .wmask = wmask, .w1c = w1c },
	{ .id = PCI_EXT_CAP_ID_DSN, .version = 1, .len = 12, .init = init },
	{ .id = PCI_EXT_CAP_ID_VNDR, .version = 1, .len = 12, .init = init, .wmask = wmask },
};

static const struct vdcm_composition comp = {
	.vendor = 0x8086, .device = 0x1889, .subvendor = 0x1234, .subdevice = 0x5678,
	.revision = 3, .class_code = 0x020000,
	.bars = {
		[0] = { .size = 0x10000, .flags = VDCM_BAR_64BIT | VDCM_BAR_PREFETCH },
		[2] = { .size = 0x1000 },
		[3] = { .size = 0x4000, .flags = VDCM_BAR_64BIT },
	},
	.msix_bar = 3, .msix_table = 0, .msix_pba = 0x2000,
	.caps = caps, .nr_caps = ARRAY_SIZE(caps),
};

/* Written down from the specification, not from config.c: dwords a guest may change. */
static u32 writable(u32 offset)
{
	switch (offset) {
	case PCI_COMMAND: return 0xf9000546;		/* and status, write 1 to clear */
	case PCI_CACHE_LINE_SIZE: return 0xff;
	case PCI_BASE_ADDRESS_0: return 0xffff0000;
	case PCI_BASE_ADDRESS_1: return 0xffffffff;
	case PCI_BASE_ADDRESS_2: return 0xfffff000;
	case PCI_BASE_ADDRESS_3: return 0xffffc000;
	case PCI_BASE_ADDRESS_4: return 0xffffffff;
	case PCI_INTERRUPT_LINE: return 0xff;
	case VDCM_CAP_MSIX: return 0xc0000000;
	case VDCM_CAP_PCIE + PCI_EXP_DEVCTL: return 0x000f78ff;
	case VDCM_CAP_PCIE + PCI_EXP_LNKCTL: return 0xcb;
	case VDCM_CAP_PCIE + PCI_EXP_DEVCTL2: return 0x10;
	case VDCM_CAP_PM + PCI_PM_CTRL: return 3;
	case VDCM_CAP_OTHERS + 4: return 0xff0fff;
	case VDCM_CAP_EXT + 12 + 4: return 0xfff;
	default: return 0;
	}
}

static void check_write(struct vdcm_config *cfg, const struct vdcm_config *old, u32 offset,
			unsigned int size, u64 value)
{
	u32 flags = vdcm_config_write(cfg, offset, size, value);
	u8 power = cfg->data[VDCM_CAP_PM + PCI_PM_CTRL] & 3;
	u32 i;

	must(!memcmp(cfg->wmask, old->wmask, sizeof(cfg->wmask)));
	for (i = 0; i < VDCM_CONFIG_STORED; i++) {
		u8 allowed = writable(i & ~3u) >> 8 * (i & 3);
		u8 byte = i >= offset && i - offset < size ? value >> 8 * (i - offset) : 0;

		must(!((cfg->data[i] ^ old->data[i]) & ~allowed));
		if (i < offset || i - offset >= size)
			must(cfg->data[i] == old->data[i]);
		/* Status bits only ever go, and only when a 1 is written. */
		if (cfg->w1c[i])
			must(!((cfg->data[i] & ~old->data[i]) & cfg->w1c[i]) &&
			     !(cfg->data[i] & byte & cfg->w1c[i]));
	}
	must(power == 0 || power == 3);
	must(!!(flags & VDCM_CFG_MEMORY) == (vdcm_config_memory(cfg) != vdcm_config_memory(old)));
	must(!!(flags & VDCM_CFG_BUS_MASTER) ==
	     (vdcm_config_bus_master(cfg) != vdcm_config_bus_master(old)));
	if (vdcm_config_msix_ctrl(cfg) != vdcm_config_msix_ctrl(old))
		must(flags & VDCM_CFG_MSIX);
	if (power)
		must(!vdcm_config_memory(cfg) && !vdcm_config_bus_master(cfg));
}

static void check_read(const struct vdcm_config *cfg, u32 offset, unsigned int size)
{
	u64 v = vdcm_config_read(cfg, offset, size);
	unsigned int i;

	for (i = 0; i < 8; i++)
		must((u8)(v >> 8 * i) == (i < size ? vdcm_config_read(cfg, offset + i, 1) : 0));
	if (offset >= VDCM_CONFIG_STORED)
		must(!v);
}

#define MANY	8

static const u8 body[256];

/* Capabilities of any length, hooked or not: every byte of an access has one side, its own. */
static void check_hooks(struct input *in)
{
	struct vdcm_composition c = comp;
	u32 next[2] = { VDCM_CAP_OTHERS, VDCM_CAP_EXT }, at, size, done;
	const struct vdcm_cap *side[VDCM_CONFIG_SIZE + 16] = { NULL };
	static struct vdcm_cap many[MANY];
	struct vdcm_config_piece p;
	u32 start[MANY], i, k;

	c.caps = many;
	c.nr_caps = take_below(in, MANY + 1);
	for (i = 0; i < c.nr_caps; i++)
		many[i] = (struct vdcm_cap) {
			.id = 0x09, .version = take8(in) & 1, .len = 4 + 4 * take_below(in, 8),
			.init = body, .hooked = take8(in) & 1,
		};
	if (vdcm_config_check(&c))
		return;
	for (i = 0; i < c.nr_caps; i++) {
		u32 *to = &next[many[i].version];

		start[i] = *to;
		must(vdcm_config_cap(&c, i) == *to);
		for (k = many[i].version ? 4 : 2; many[i].hooked && k < many[i].len; k++)
			side[*to + k] = &many[i];
		*to += many[i].len;
	}
	for (at = take16(in) % 0x210, size = 1 + take_below(in, 8), done = 0; done < size; done += p.size) {
		vdcm_config_piece(&c, at + done, size - done, &p);
		must(p.size && p.size <= size - done);
		for (k = 0; k < p.size; k++)
			must(side[at + done + k] == p.cap);
		if (p.cap)
			must(p.offset == at + done - start[p.cap - many] && !(p.offset % p.size) &&
			     (p.size == 1 || p.size == 2 || p.size == 4));
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct input in = { data, size };
	struct vdcm_config cfg, old;
	unsigned int nr = 1 + take_below(&in, VDCM_MAX_VECTORS);

	if (take8(&in) & 1) {
		check_hooks(&in);
		return 0;
	}
	vdcm_config_init(&cfg, &comp, nr);
	must((vdcm_config_msix_ctrl(&cfg) & PCI_MSIX_FLAGS_QSIZE) == nr - 1);
	while (in.len) {
		u32 offset = take16(&in) % (VDCM_CONFIG_SIZE + 8);
		unsigned int bytes = 1 + take_below(&in, 8);

		/* Most of it is empty: rather aim at the start. */
		if (offset & 0x800)
			offset &= 0x1ff;
		old = cfg;
		check_write(&cfg, &old, offset, bytes, take(&in, bytes));
		check_read(&cfg, offset, bytes);
	}
	return 0;
}
