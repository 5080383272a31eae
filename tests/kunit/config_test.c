// SPDX-License-Identifier: GPL-2.0-only
/*
 * Config space. The tables below are what the PCI and PCI Express specifications
 * ask of a function with these capabilities, not a copy of what config.c says.
 */
#include <kunit/test.h>
#include <linux/module.h>

#include "../../vdcm/objects/config.h"

#define VECTORS	5

static const struct vdcm_composition comp = {
	.vendor = 0x1234,
	.device = 0x5678,
	.subvendor = 0x9abc,
	.subdevice = 0xdef0,
	.revision = 0x21,
	.class_code = 0x020304,
	.bars = {
		[0] = { .size = 0x10000, .flags = VDCM_BAR_64BIT },
		[2] = { .size = 1ULL << 32, .flags = VDCM_BAR_64BIT | VDCM_BAR_PREFETCH },
		[4] = { .size = 0x1000 },
		[5] = { .size = 1ULL << 31, .flags = VDCM_BAR_PREFETCH },
	},
	.msix_bar = 4,
	.msix_table = 0x2000,
	.msix_pba = 0x3000,
};

/* What a dword reads after reset, after all ones were written, then zeroes. */
static const struct {
	u32 offset, reset, ones, zeroes;
} dwords[] = {
	{ 0x00, 0x56781234, 0x56781234, 0x56781234 },
	{ 0x04, 0x00100000, 0x00100546, 0x00100000 },
	{ 0x08, 0x02030421, 0x02030421, 0x02030421 },
	{ 0x0c, 0x00000000, 0x000000ff, 0x00000000 },
	{ 0x10, 0x00000004, 0xffff0004, 0x00000004 },
	{ 0x14, 0x00000000, 0xffffffff, 0x00000000 },
	{ 0x18, 0x0000000c, 0x0000000c, 0x0000000c },
	{ 0x1c, 0x00000000, 0xffffffff, 0x00000000 },
	{ 0x20, 0x00000000, 0xfffff000, 0x00000000 },
	{ 0x24, 0x00000008, 0x80000008, 0x00000008 },
	{ 0x2c, 0xdef09abc, 0xdef09abc, 0xdef09abc },
	{ 0x34, 0x00000040, 0x00000040, 0x00000040 },
	{ 0x3c, 0x00000000, 0x000000ff, 0x00000000 },
	/* MSI-X: enable and function mask; table size - 1 */
	{ 0x40, 0x00045011, 0xc0045011, 0x00045011 },
	{ 0x44, 0x00002004, 0x00002004, 0x00002004 },
	{ 0x48, 0x00003004, 0x00003004, 0x00003004 },
	/* PCI Express endpoint, version 2: role based errors, FLR */
	{ 0x50, 0x00029010, 0x00029010, 0x00029010 },
	{ 0x54, 0x10008000, 0x10008000, 0x10008000 },
	{ 0x58, 0x00002810, 0x000078ff, 0x00000000 },
	{ 0x5c, 0x00000011, 0x00000011, 0x00000011 },
	{ 0x60, 0x00110000, 0x001100cb, 0x00110000 },
	{ 0x74, 0x00000010, 0x00000010, 0x00000010 },
	{ 0x78, 0x00000000, 0x00000010, 0x00000000 },
	{ 0x7c, 0x00000002, 0x00000002, 0x00000002 },
	{ 0x80, 0x00000001, 0x00000001, 0x00000001 },
	/* Power management, version 3: no soft reset, D0 and D3hot */
	{ 0x90, 0x00030001, 0x00030001, 0x00030001 },
	{ 0x94, 0x00000008, 0x0000000b, 0x00000008 },
};

static struct vdcm_config *fresh(struct kunit *test)
{
	struct vdcm_config *cfg = kunit_kzalloc(test, sizeof(*cfg), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, cfg);
	memset(cfg, 0xa5, sizeof(*cfg));
	vdcm_config_init(cfg, &comp, VECTORS);
	return cfg;
}

static u32 rd(const struct vdcm_config *cfg, u32 offset)
{
	return vdcm_config_read(cfg, offset, 4);
}

/* Every dword of config space, named in the table or not. */
static void config_masks(struct kunit *test)
{
	struct vdcm_config *cfg = fresh(test);
	unsigned int i = 0;
	u32 offset;

	for (offset = 0; offset < VDCM_CONFIG_SIZE; offset += 4) {
		bool known = i < ARRAY_SIZE(dwords) && dwords[i].offset == offset;

		KUNIT_EXPECT_EQ_MSG(test, rd(cfg, offset), known ? dwords[i].reset : 0,
				    "reset value at %#x", offset);
		vdcm_config_write(cfg, offset, 4, ~0U);
		KUNIT_EXPECT_EQ_MSG(test, rd(cfg, offset), known ? dwords[i].ones : 0,
				    "ones at %#x", offset);
		vdcm_config_write(cfg, offset, 4, 0);
		KUNIT_EXPECT_EQ_MSG(test, rd(cfg, offset), known ? dwords[i].zeroes : 0,
				    "zeroes at %#x", offset);
		i += known;
	}
	KUNIT_EXPECT_EQ(test, i, ARRAY_SIZE(dwords));
}

static void config_capabilities(struct kunit *test)
{
	static const u8 ids[] = { 0x11, 0x10, 0x01 };
	struct vdcm_config *cfg = fresh(test);
	u8 at = vdcm_config_read(cfg, 0x34, 1);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ids); i++) {
		KUNIT_EXPECT_GE(test, at, 0x40);
		KUNIT_EXPECT_EQ(test, at % 4, 0);
		KUNIT_EXPECT_EQ(test, vdcm_config_read(cfg, at, 1), ids[i]);
		at = vdcm_config_read(cfg, at + 1, 1);
	}
	KUNIT_EXPECT_EQ(test, at, 0);
	KUNIT_EXPECT_EQ(test, vdcm_config_msix_ctrl(cfg), VECTORS - 1);
	vdcm_config_init(cfg, &comp, 1);
	KUNIT_EXPECT_EQ(test, vdcm_config_msix_ctrl(cfg), 0);
	vdcm_config_init(cfg, &comp, VDCM_MAX_VECTORS);
	KUNIT_EXPECT_EQ(test, vdcm_config_msix_ctrl(cfg), VDCM_MAX_VECTORS - 1);
}

/* The size a guest finds by writing ones. */
static void config_sizing(struct kunit *test)
{
	struct vdcm_config *cfg = fresh(test);
	unsigned int i;

	for (i = 0; i < VDCM_NR_BARS; i++) {
		u32 at = 0x10 + 4 * i;
		bool wide = comp.bars[i].flags & VDCM_BAR_64BIT;
		u64 mask;

		if (!comp.bars[i].size)
			continue;
		vdcm_config_write(cfg, at, 4, ~0U);
		mask = rd(cfg, at) & ~0xfU;
		if (wide) {
			vdcm_config_write(cfg, at + 4, 4, ~0U);
			mask |= (u64)rd(cfg, at + 4) << 32;
		} else {
			mask |= ~0ULL << 32;
		}
		KUNIT_EXPECT_EQ_MSG(test, ~mask + 1, comp.bars[i].size, "BAR %u", i);
		/* An address sticks as far as the size allows. */
		vdcm_config_write(cfg, at, 4, 0xfedcba98);
		KUNIT_EXPECT_EQ(test, rd(cfg, at) & ~0xfU, 0xfedcba98 & mask);
	}
}

/* Bits that hardware sets and a written one clears. */
static void config_w1c(struct kunit *test)
{
	static const struct {
		u32 offset;
		u16 bits;
	} w1c[] = {
		{ 0x06, 0xf900 },
		{ 0x5a, 0x000f },
	};
	struct vdcm_config *cfg = fresh(test);
	unsigned int i, bit;

	for (i = 0; i < ARRAY_SIZE(w1c); i++) {
		for (bit = 0; bit < 16; bit++) {
			u16 now;

			cfg->data[w1c[i].offset] = 0xff;
			cfg->data[w1c[i].offset + 1] = 0xff;
			vdcm_config_write(cfg, w1c[i].offset, 2, 0);
			KUNIT_EXPECT_EQ(test, vdcm_config_read(cfg, w1c[i].offset, 2), 0xffff);
			vdcm_config_write(cfg, w1c[i].offset, 2, BIT(bit));
			now = vdcm_config_read(cfg, w1c[i].offset, 2);
			KUNIT_EXPECT_EQ_MSG(test, now, (u16)~(BIT(bit) & w1c[i].bits),
					    "%#x bit %u", w1c[i].offset, bit);
		}
	}
}

/* Any size at any place is the same as the bytes one by one. */
static void config_sizes(struct kunit *test)
{
	struct vdcm_config *a = fresh(test), *b = fresh(test);
	static const u64 value = 0x8877665544332211;
	u32 offset, size, i;

	for (offset = 0; offset < 0x110; offset++) {
		for (size = 1; size <= 8; size++) {
			u64 expect = 0;

			for (i = 0; i < size; i++)
				if (offset + i < 0x100)
					expect |= (u64)b->data[offset + i] << 8 * i;
			KUNIT_EXPECT_EQ(test, vdcm_config_read(b, offset, size), expect);
			/* Power states one by one may pass through D1 and D2. */
			if (offset <= 0x94 && offset + size > 0x94)
				continue;
			vdcm_config_write(a, offset, size, value >> size);
			for (i = 0; i < size; i++)
				vdcm_config_write(b, offset + i, 1,
						  value >> size >> 8 * i & 0xff);
			KUNIT_EXPECT_MEMEQ(test, a->data, b->data, sizeof(a->data));
		}
	}
}

/* The last byte, and nothing behind it. */
static void config_end(struct kunit *test)
{
	struct vdcm_config *cfg = fresh(test);

	cfg->data[0xff] = 0x5a;
	KUNIT_EXPECT_EQ(test, vdcm_config_read(cfg, 0xff, 8), 0x5a);
	KUNIT_EXPECT_EQ(test, vdcm_config_read(cfg, 0x100, 8), 0);
	KUNIT_EXPECT_EQ(test, vdcm_config_read(cfg, 0xffc, 8), 0);
	cfg->wmask[0xff] = 0xff;
	KUNIT_EXPECT_EQ(test, vdcm_config_write(cfg, 0xff, 8, 0x1122334455667788), 0);
	KUNIT_EXPECT_EQ(test, cfg->data[0xff], 0x88);
	KUNIT_EXPECT_EQ(test, cfg->wmask[0], 0);
	KUNIT_EXPECT_EQ(test, vdcm_config_write(cfg, 0x100, 8, ~0ULL), 0);
	KUNIT_EXPECT_EQ(test, cfg->wmask[0], 0);
}

static void config_command(struct kunit *test)
{
	struct vdcm_config *cfg = fresh(test);

	KUNIT_EXPECT_FALSE(test, vdcm_config_memory(cfg));
	KUNIT_EXPECT_FALSE(test, vdcm_config_bus_master(cfg));
	KUNIT_EXPECT_EQ(test, vdcm_config_write(cfg, 0x04, 2, 0x2), VDCM_CFG_MEMORY);
	KUNIT_EXPECT_TRUE(test, vdcm_config_memory(cfg));
	KUNIT_EXPECT_FALSE(test, vdcm_config_bus_master(cfg));
	KUNIT_EXPECT_EQ(test, vdcm_config_write(cfg, 0x04, 1, 0x2), 0);
	KUNIT_EXPECT_EQ(test, vdcm_config_write(cfg, 0x04, 4, 0x6), VDCM_CFG_BUS_MASTER);
	KUNIT_EXPECT_TRUE(test, vdcm_config_bus_master(cfg));
	/* I/O space and bits nobody has are neither kept nor reported. */
	KUNIT_EXPECT_EQ(test, vdcm_config_write(cfg, 0x04, 2, 0x6 | 0x1), 0);
	KUNIT_EXPECT_EQ(test, vdcm_config_read(cfg, 0x04, 2), 0x6);
	KUNIT_EXPECT_EQ(test, vdcm_config_write(cfg, 0x04, 2, 0),
			VDCM_CFG_MEMORY | VDCM_CFG_BUS_MASTER);
	/* The second byte holds neither. */
	KUNIT_EXPECT_EQ(test, vdcm_config_write(cfg, 0x05, 1, 0xff), 0);
	KUNIT_EXPECT_EQ(test, vdcm_config_read(cfg, 0x04, 2), 0x500);
}

static void config_power(struct kunit *test)
{
	struct vdcm_config *cfg = fresh(test);

	vdcm_config_write(cfg, 0x04, 2, 0x6);
	/* D1 and D2 are not there. */
	KUNIT_EXPECT_EQ(test, vdcm_config_write(cfg, 0x94, 2, 1), 0);
	KUNIT_EXPECT_EQ(test, vdcm_config_read(cfg, 0x94, 2), 8);
	KUNIT_EXPECT_EQ(test, vdcm_config_write(cfg, 0x94, 2, 2), 0);
	KUNIT_EXPECT_EQ(test, vdcm_config_read(cfg, 0x94, 2), 8);
	/* In D3 neither memory nor DMA. */
	KUNIT_EXPECT_EQ(test, vdcm_config_write(cfg, 0x94, 2, 3),
			VDCM_CFG_MEMORY | VDCM_CFG_BUS_MASTER);
	KUNIT_EXPECT_EQ(test, vdcm_config_read(cfg, 0x94, 2), 0xb);
	KUNIT_EXPECT_FALSE(test, vdcm_config_memory(cfg));
	KUNIT_EXPECT_FALSE(test, vdcm_config_bus_master(cfg));
	KUNIT_EXPECT_EQ(test, vdcm_config_write(cfg, 0x94, 1, 1), 0);
	KUNIT_EXPECT_EQ(test, vdcm_config_read(cfg, 0x94, 2), 0xb);
	/* The command register stays writable, and counts once back in D0. */
	KUNIT_EXPECT_EQ(test, vdcm_config_write(cfg, 0x04, 2, 0x2), 0);
	KUNIT_EXPECT_EQ(test, vdcm_config_write(cfg, 0x94, 2, 0), VDCM_CFG_MEMORY);
	KUNIT_EXPECT_TRUE(test, vdcm_config_memory(cfg));
	KUNIT_EXPECT_FALSE(test, vdcm_config_bus_master(cfg));
}

/* A function whose composition says so loses its state by D3hot, and by nothing else. */
static void config_power_resets(struct kunit *test)
{
	struct vdcm_composition resets = comp;
	struct vdcm_config *cfg = fresh(test);

	KUNIT_EXPECT_EQ(test, vdcm_config_write(cfg, 0x94, 2, 3), 0);
	KUNIT_EXPECT_EQ(test, vdcm_config_write(cfg, 0x94, 2, 0), 0);
	resets.d3_resets = true;
	vdcm_config_init(cfg, &resets, VECTORS);
	KUNIT_EXPECT_EQ(test, vdcm_config_read(cfg, 0x94, 2), 0);
	KUNIT_EXPECT_EQ(test, vdcm_config_write(cfg, 0x94, 2, 0), 0);
	KUNIT_EXPECT_EQ(test, vdcm_config_write(cfg, 0x94, 2, 1), 0);
	KUNIT_EXPECT_EQ(test, vdcm_config_write(cfg, 0x94, 2, 3), 0);
	KUNIT_EXPECT_EQ(test, vdcm_config_write(cfg, 0x94, 2, 3), 0);
	KUNIT_EXPECT_EQ(test, vdcm_config_write(cfg, 0x04, 2, 0x6), 0);
	KUNIT_EXPECT_EQ(test, vdcm_config_write(cfg, 0x94, 1, 2), 0);
	KUNIT_EXPECT_EQ(test, vdcm_config_write(cfg, 0x94, 1, 0),
			VDCM_CFG_MEMORY | VDCM_CFG_BUS_MASTER | VDCM_CFG_FLR);
	KUNIT_EXPECT_EQ(test, vdcm_config_write(cfg, 0x94, 1, 0), 0);
	/* Bytes beside it do not change the power state. */
	KUNIT_EXPECT_EQ(test, vdcm_config_write(cfg, 0x94, 1, 3),
			VDCM_CFG_MEMORY | VDCM_CFG_BUS_MASTER);
	KUNIT_EXPECT_EQ(test, vdcm_config_write(cfg, 0x95, 1, 0), 0);
	KUNIT_EXPECT_EQ(test, vdcm_config_write(cfg, 0x90, 8, 0),
			VDCM_CFG_MEMORY | VDCM_CFG_BUS_MASTER | VDCM_CFG_FLR);
}

static void config_msix_reported(struct kunit *test)
{
	struct vdcm_config *cfg = fresh(test);

	/* Enable and function mask are in the upper byte of message control. */
	KUNIT_EXPECT_EQ(test, vdcm_config_write(cfg, 0x42, 2, 0x8000), VDCM_CFG_MSIX);
	KUNIT_EXPECT_EQ(test, vdcm_config_msix_ctrl(cfg), 0x8000 | (VECTORS - 1));
	KUNIT_EXPECT_EQ(test, vdcm_config_write(cfg, 0x43, 1, 0xc0), VDCM_CFG_MSIX);
	KUNIT_EXPECT_EQ(test, vdcm_config_msix_ctrl(cfg), 0xc000 | (VECTORS - 1));
	KUNIT_EXPECT_EQ(test, vdcm_config_write(cfg, 0x42, 1, 0xff), 0);
	KUNIT_EXPECT_EQ(test, vdcm_config_msix_ctrl(cfg), 0xc000 | (VECTORS - 1));
	KUNIT_EXPECT_EQ(test, vdcm_config_write(cfg, 0x44, 4, ~0U), 0);
	KUNIT_EXPECT_EQ(test, vdcm_config_write(cfg, 0x40, 4, 0), VDCM_CFG_MSIX);
	KUNIT_EXPECT_EQ(test, vdcm_config_write(cfg, 0x3c, 8, 0), VDCM_CFG_MSIX);
}

static void config_flr(struct kunit *test)
{
	struct vdcm_config *cfg = fresh(test);

	KUNIT_EXPECT_EQ(test, vdcm_config_write(cfg, 0x58, 2, 0x8000), VDCM_CFG_FLR);
	/* It always reads 0. */
	KUNIT_EXPECT_EQ(test, vdcm_config_read(cfg, 0x58, 2) & 0x8000, 0);
	KUNIT_EXPECT_EQ(test, vdcm_config_write(cfg, 0x59, 1, 0x80), VDCM_CFG_FLR);
	KUNIT_EXPECT_EQ(test, vdcm_config_write(cfg, 0x58, 4, 0x8000), VDCM_CFG_FLR);
	KUNIT_EXPECT_EQ(test, vdcm_config_write(cfg, 0x52, 8, 1ULL << 63), VDCM_CFG_FLR);
	KUNIT_EXPECT_EQ(test, vdcm_config_write(cfg, 0x58, 8, 0x8000), VDCM_CFG_FLR);
	KUNIT_EXPECT_EQ(test, vdcm_config_write(cfg, 0x58, 1, 0x80), 0);
	KUNIT_EXPECT_EQ(test, vdcm_config_write(cfg, 0x5a, 2, 0x8000), 0);
	KUNIT_EXPECT_EQ(test, vdcm_config_write(cfg, 0x58, 4, 0x7fff), 0);
	KUNIT_EXPECT_EQ(test, vdcm_config_write(cfg, 0x54, 4, 0x8000), 0);
	/* With the rest of what a write may do. */
	KUNIT_EXPECT_EQ(test, vdcm_config_write(cfg, 0x59, 8, 0x80), VDCM_CFG_FLR);
}

/* --- capabilities of the composition ------------------------------------------------------ */

static const u8 vendor_init[16] = { 0, 0, 16, 0xaa, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 };
static const u8 vendor_wmask[16] = { 0, 0, 0, 0, 0xff, 0x0f };
static const u8 vendor_w1c[16] = { 0, 0, 0, 0, 0, 0, 0xff };
static const u8 serial[12] = { 0xff, 0xff, 0xff, 0xff, 1, 2, 3, 4, 5, 6, 7, 8 };
static const u8 long_cap[0x60];

static const struct vdcm_cap some_caps[] = {
	{ .id = 0x09, .len = 16, .init = vendor_init, .wmask = vendor_wmask, .w1c = vendor_w1c },
	{ .id = 0x03, .version = 1, .len = 12, .init = serial },
	{ .id = 0x09, .len = 8, .init = vendor_init },
	{ .id = 0x0b, .version = 15, .len = 8, .init = vendor_init, .wmask = vendor_wmask },
};

static void config_more_capabilities(struct kunit *test)
{
	struct vdcm_config *cfg = kunit_kzalloc(test, sizeof(*cfg), GFP_KERNEL);
	struct vdcm_composition c = comp;

	KUNIT_ASSERT_NOT_NULL(test, cfg);
	c.caps = some_caps;
	c.nr_caps = ARRAY_SIZE(some_caps);
	KUNIT_EXPECT_PTR_EQ(test, vdcm_config_check(&c), NULL);
	vdcm_config_init(cfg, &c, VECTORS);
	KUNIT_EXPECT_EQ(test, rd(cfg, 0x90), 0x0003a001);
	KUNIT_EXPECT_EQ(test, rd(cfg, 0xa0), 0xaa10b009);
	KUNIT_EXPECT_EQ(test, rd(cfg, 0xb0), 0xaa100009);
	KUNIT_EXPECT_EQ(test, rd(cfg, 0x100), 0x10c10003);
	KUNIT_EXPECT_EQ(test, rd(cfg, 0x104), 0x04030201);
	KUNIT_EXPECT_EQ(test, rd(cfg, 0x10c), 0x000f000b);
	KUNIT_EXPECT_EQ(test, rd(cfg, 0x114), 0);
	KUNIT_EXPECT_EQ(test, vdcm_config_cap(&c, 0), 0xa0);
	KUNIT_EXPECT_EQ(test, vdcm_config_cap(&c, 1), 0x100);
	KUNIT_EXPECT_EQ(test, vdcm_config_cap(&c, 2), 0xb0);
	KUNIT_EXPECT_EQ(test, vdcm_config_cap(&c, 3), 0x10c);
	/* Headers stay, masks are the capability's. */
	vdcm_config_write(cfg, 0xa0, 8, ~0ULL);
	KUNIT_EXPECT_EQ(test, rd(cfg, 0xa0), 0xaa10b009);
	KUNIT_EXPECT_EQ(test, rd(cfg, 0xa4), 0x04000fff);
	vdcm_config_write(cfg, 0x100, 8, ~0ULL);
	KUNIT_EXPECT_EQ(test, rd(cfg, 0x100), 0x10c10003);
	KUNIT_EXPECT_EQ(test, rd(cfg, 0x104), 0x04030201);
	vdcm_config_write(cfg, 0x10c, 8, 0);
	KUNIT_EXPECT_EQ(test, rd(cfg, 0x110), 0x04030000);
	/* A reset brings them back. */
	vdcm_config_init(cfg, &c, VECTORS);
	KUNIT_EXPECT_EQ(test, rd(cfg, 0xa4), 0x04030201);
}

static const u8 header_mask[4] = { 0, 1 }, ext_header_mask[4] = { 0, 0, 0, 1 };

/* What vdcm_config_check() says of one capability, @nr times. */
static const struct {
	struct vdcm_cap cap;
	unsigned int nr;
	const char *why;
} bad_caps[] = {
	{ { .id = 0x09, .len = 4, .init = vendor_init }, 1, NULL },
	{ { .id = 0x09, .len = 4, .init = vendor_init }, 24, NULL },
	{ { .id = 0x09, .len = 4, .init = vendor_init }, 25, "capabilities do not fit" },
	{ { .id = 0x09, .len = 0x60, .init = long_cap }, 1, NULL },
	{ { .id = 0x09, .len = 0x64, .init = long_cap }, 1, "capabilities do not fit" },
	{ { .id = 0x03, .version = 1, .len = 4, .init = serial }, 64, NULL },
	{ { .id = 0x03, .version = 1, .len = 4, .init = serial }, 65, "capabilities do not fit" },
	{ { .id = 0x03, .version = 1, .len = 0xfffc, .init = serial }, 8, "capabilities do not fit" },
	{ { .id = 0x03, .version = 1, .len = 4, .init = serial }, 129, "too many capabilities" },
	{ { .id = 0, .len = 4, .init = vendor_init }, 1, "malformed capability" },
	{ { .id = 0x109, .len = 4, .init = vendor_init }, 1, "malformed capability" },
	{ { .id = 0x109, .version = 1, .len = 4, .init = vendor_init }, 1, NULL },
	{ { .id = 0x11, .len = 12, .init = vendor_init }, 1, "malformed capability" },
	{ { .id = 0x10, .len = 12, .init = vendor_init }, 1, "malformed capability" },
	{ { .id = 0x01, .len = 8, .init = vendor_init }, 1, "malformed capability" },
	{ { .id = 0x10, .version = 1, .len = 12, .init = vendor_init }, 1, NULL },
	{ { .id = 0x09, .len = 0, .init = vendor_init }, 1, "malformed capability" },
	{ { .id = 0x09, .len = 6, .init = vendor_init }, 1, "malformed capability" },
	{ { .id = 0x09, .len = 8 }, 1, "malformed capability" },
	{ { .id = 0x03, .version = 16, .len = 8, .init = vendor_init }, 1, "malformed capability" },
	{ { .id = 0x09, .len = 4, .init = vendor_init, .wmask = header_mask }, 1,
	  "malformed capability" },
	{ { .id = 0x09, .len = 4, .init = vendor_init, .w1c = header_mask }, 1,
	  "malformed capability" },
	{ { .id = 0x09, .len = 4, .init = vendor_init, .wmask = ext_header_mask }, 1, NULL },
	{ { .id = 0x09, .version = 1, .len = 4, .init = vendor_init, .wmask = ext_header_mask }, 1,
	  "malformed capability" },
	{ { .id = 0x09, .len = 16, .init = vendor_init, .hooked = true }, 6, NULL },
	{ { .id = 0x09, .len = 16, .hooked = true }, 1, "malformed capability" },
	{ { .id = 0x09, .len = 16, .init = vendor_init, .wmask = vendor_wmask, .hooked = true }, 1,
	  "malformed capability" },
	{ { .id = 0x09, .len = 16, .init = vendor_init, .w1c = vendor_w1c, .hooked = true }, 1,
	  "malformed capability" },
	{ { .id = 0x11, .len = 12, .init = vendor_init, .hooked = true }, 1,
	  "malformed capability" },
};

static void config_malformed_capabilities(struct kunit *test)
{
	struct vdcm_cap *caps = kunit_kcalloc(test, 129, sizeof(*caps), GFP_KERNEL);
	struct vdcm_composition c = comp;
	unsigned int i, k;

	KUNIT_ASSERT_NOT_NULL(test, caps);
	c.caps = caps;
	for (i = 0; i < ARRAY_SIZE(bad_caps); i++) {
		for (k = 0; k < bad_caps[i].nr; k++)
			caps[k] = bad_caps[i].cap;
		c.nr_caps = bad_caps[i].nr;
		KUNIT_EXPECT_STREQ_MSG(test, vdcm_config_check(&c) ?: "", bad_caps[i].why ?: "",
				       "row %u", i);
	}
}

/* At 0xa0, 0xac, 0xb4 and 0x100, 0x10c: the driver's are 0xa2, 0xb6 and 0x104 on. */
static const struct vdcm_cap hooked_caps[] = {
	{ .id = 0x09, .len = 12, .init = vendor_init, .hooked = true },
	{ .id = 0x0b, .version = 1, .len = 12, .init = serial, .hooked = true },
	{ .id = 0x09, .len = 8, .init = vendor_init },
	{ .id = 0x09, .len = 16, .init = vendor_init, .hooked = true },
	{ .id = 0x03, .version = 1, .len = 12, .init = serial },
};

/* The capability that has a byte of config space, by its index, or -1. */
static int hooked_at(u32 byte)
{
	if (byte >= 0xa2 && byte < 0xac)
		return 0;
	if (byte >= 0x104 && byte < 0x10c)
		return 1;
	return byte >= 0xb6 && byte < 0xc4 ? 3 : -1;
}

/* The first piece of an access; returns its size. */
static u32 check_piece(struct kunit *test, const struct vdcm_composition *c, u32 at, u32 size)
{
	static const u32 start[] = { 0xa0, 0x100, 0xac, 0xb4 };
	struct vdcm_config_piece p;
	int hook = hooked_at(at);
	u32 i;

	memset(&p, 0xa5, sizeof(p));
	vdcm_config_piece(c, at, size, &p);
	KUNIT_ASSERT_GE(test, p.size, 1);
	KUNIT_ASSERT_LE(test, p.size, size);
	for (i = 0; i < p.size; i++)
		KUNIT_ASSERT_EQ_MSG(test, hooked_at(at + i), hook, "%#x, %u bytes", at, p.size);
	if (hook < 0) {
		KUNIT_ASSERT_NULL(test, p.cap);
		/* As much as there is: an access stays one. */
		KUNIT_ASSERT_TRUE(test, p.size == size || hooked_at(at + p.size) >= 0);
		return p.size;
	}
	KUNIT_ASSERT_PTR_EQ(test, p.cap, &hooked_caps[hook]);
	KUNIT_ASSERT_EQ(test, p.offset, at - start[hook]);
	KUNIT_ASSERT_TRUE(test, p.size == 1 || p.size == 2 || p.size == 4);
	KUNIT_ASSERT_EQ(test, p.offset % p.size, 0);
	return p.size;
}

/* Accesses of any size at any place: each byte is answered by its side, in order. */
static void config_hooked(struct kunit *test)
{
	struct vdcm_composition c = comp;
	struct vdcm_config_piece p;
	u32 offset, size, done;

	c.caps = hooked_caps;
	c.nr_caps = ARRAY_SIZE(hooked_caps);
	KUNIT_ASSERT_PTR_EQ(test, vdcm_config_check(&c), NULL);
	for (offset = 0; offset < 0x210; offset++)
		for (size = 1; size <= 8; size++)
			for (done = 0; done < size;)
				done += check_piece(test, &c, offset + done, size - done);
	/* Aligned words and dwords are not cut. */
	vdcm_config_piece(&c, 0xa4, 4, &p);
	KUNIT_EXPECT_EQ(test, p.size, 4);
	vdcm_config_piece(&c, 0xa6, 2, &p);
	KUNIT_EXPECT_EQ(test, p.size, 2);
	vdcm_config_piece(&comp, 0xa0, 8, &p);
	KUNIT_EXPECT_EQ(test, p.size, 8);
}

/* Whatever an image says, no more comes of it than of what a guest writes. */
static void config_load(struct kunit *test)
{
	static const u8 fills[] = { 0x00, 0xff, 0x5a, 0x03 };
	struct vdcm_config *c = kunit_kzalloc(test, 3 * sizeof(*c), GFP_KERNEL);
	u8 *image = kunit_kzalloc(test, VDCM_CONFIG_STORED, GFP_KERNEL);
	unsigned int i, k;

	KUNIT_ASSERT_NOT_NULL(test, c);
	KUNIT_ASSERT_NOT_NULL(test, image);
	for (i = 0; i < ARRAY_SIZE(fills); i++) {
		memset(image, fills[i], VDCM_CONFIG_STORED);
		vdcm_config_init(&c[0], &comp, VECTORS);
		vdcm_config_init(&c[1], &comp, VECTORS);
		vdcm_config_load(&c[0], image);
		for (k = 0; k < VDCM_CONFIG_STORED; k++)
			vdcm_config_write(&c[1], k, 1, fills[i] & c[1].wmask[k]);
		KUNIT_EXPECT_TRUE(test, !memcmp(c[0].data, c[1].data, VDCM_CONFIG_STORED));
		/* What one has, the other one has. */
		vdcm_config_init(&c[2], &comp, VECTORS);
		vdcm_config_load(&c[2], c[0].data);
		KUNIT_EXPECT_TRUE(test, !memcmp(c[0].data, c[2].data, VDCM_CONFIG_STORED));
	}
}

static struct kunit_case config_cases[] = {
	KUNIT_CASE(config_masks),
	KUNIT_CASE(config_capabilities),
	KUNIT_CASE(config_sizing),
	KUNIT_CASE(config_w1c),
	KUNIT_CASE(config_sizes),
	KUNIT_CASE(config_end),
	KUNIT_CASE(config_command),
	KUNIT_CASE(config_power),
	KUNIT_CASE(config_power_resets),
	KUNIT_CASE(config_msix_reported),
	KUNIT_CASE(config_flr),
	KUNIT_CASE(config_more_capabilities),
	KUNIT_CASE(config_malformed_capabilities),
	KUNIT_CASE(config_hooked),
	KUNIT_CASE(config_load),
	{ }
};

static struct kunit_suite config_suite = {
	.name = "config",
	.test_cases = config_cases,
};

kunit_test_suites(&config_suite);

MODULE_DESCRIPTION("Unit tests of the framework's objects");
MODULE_LICENSE("GPL");
