// SPDX-License-Identifier: GPL-2.0-only
/*
 * The region table: any composition is refused or indexed, and what is found in an
 * indexed one agrees with a plain walk over its declaration.
 */
#include "config.h"
#include "fuzz.h"
#include "msix.h"
#include "region.h"

#define RUNS	6
#define REGS	8

static struct vdcm_pages pages[VDCM_NR_BARS][RUNS];
static struct vdcm_reg regs[REGS];
static bool no_memory;

static bool alloc_fails(void)
{
	return no_memory;
}

/* A number as a declaration could have it, or any. */
static u32 odd(struct input *in, u32 unit)
{
	u8 kind = take8(in);

	return kind < 200 ? (kind % 16) * unit : take32(in);
}

/* A function as drivers declare it, with one number changed. */
static void plausible(struct input *in, struct vdcm_composition *c)
{
	u32 n = odd(in, 1), at = take_below(in, 17);

	memset(c, 0, sizeof(*c));
	pages[0][0] = (struct vdcm_pages) { 0, 1, VDCM_PAGE_PASS, 0 };
	pages[0][1] = (struct vdcm_pages) { 1, 1, VDCM_PAGE_TRAP };
	pages[0][2] = (struct vdcm_pages) { 2, 2, VDCM_PAGE_PASS, 1, 2 | 8 };
	pages[0][3] = (struct vdcm_pages) { 5, 3, VDCM_PAGE_TRAP, .soft = true };
	regs[0] = (struct vdcm_reg) { 0, 0, 0x1000, 4, 0x10, 0x3000, take32(in) };
	regs[1] = (struct vdcm_reg) { 0, 1, 0x1004, 8, 0x10, 0x3100, take8(in) };
	regs[2] = (struct vdcm_reg) { 0, 8, 0x5000, 1, 0, 0x3200, take64(in) };
	c->bars[0] = (struct vdcm_bar) { 0x10000, VDCM_BAR_64BIT, pages[0], 4 };
	c->bars[3] = (struct vdcm_bar) { 0x4000, 0 };
	c->regs = regs;
	c->nr_regs = 3;
	c->msix_bar = 3;
	c->msix_pba = 0x1000 + take_below(in, 4) * 0x800;
	switch (at) {
	case 0: pages[0][1].first = n; break;
	case 1: pages[0][3].count = n; break;
	case 2: pages[0][2].adi_page = n; break;
	case 3: pages[0][1].kind = n; break;
	case 4: regs[0].offset = n * 2; break;
	case 5: regs[1].count = n; break;
	case 6: regs[1].stride = n * 2; break;
	case 7: regs[2].bar = n; break;
	case 8: c->msix_table = n * 0x800; break;
	case 9: c->bars[3].size = n * 0x800; break;
	case 10: c->bars[0].flags = n; break;
	case 11: regs[take_below(in, 3)].width = n; break;
	case 12: regs[take_below(in, 2)].wmask = take64(in); break;
	case 13: pages[0][take_below(in, 4)].widths = n; break;
	case 14: pages[0][take_below(in, 4)].soft = n; break;
	case 15: regs[1].offset = regs[0].offset; break;
	}
}

static void declare(struct input *in, struct vdcm_composition *c)
{
	unsigned int i, k;

	memset(c, 0, sizeof(*c));
	for (i = 0; i < VDCM_NR_BARS; i++) {
		struct vdcm_bar *bar = &c->bars[i];
		u8 shape = take8(in);

		if (shape < 100)
			continue;
		bar->size = shape < 240 ? 1ULL << (10 + shape % 9) : take64(in);
		bar->flags = shape & 3;
		bar->pages = pages[i];
		bar->nr_pages = take_below(in, RUNS + 1);
		for (k = 0; k < bar->nr_pages; k++)
			pages[i][k] = (struct vdcm_pages) {
				.first = odd(in, 1), .count = odd(in, 1),
				.kind = take8(in) % 4, .adi_page = take8(in),
			};
		for (k = 0; k < bar->nr_pages; k++) {
			pages[i][k].widths = shape & 4 ? take_below(in, 18) : 0;
			pages[i][k].soft = shape & 8 ? take8(in) & 1 : 0;
		}
	}
	c->regs = regs;
	c->nr_regs = take_below(in, REGS + 1);
	for (i = 0; i < c->nr_regs; i++)
		regs[i] = (struct vdcm_reg) {
			.bar = take8(in) % (VDCM_NR_BARS + 1), .offset = odd(in, 0x404), .count = odd(in, 1),
			.stride = odd(in, 4), .target = odd(in, 4),
			.width = take8(in) & 1 ? 1u << take8(in) % 5 : 0,
			.wmask = take8(in) & 1 ? take32(in) : take8(in),
		};
	c->msix_bar = take8(in) % (VDCM_NR_BARS + 1);
	c->msix_table = odd(in, VDCM_PAGE_SIZE);
	c->msix_pba = odd(in, VDCM_PAGE_SIZE);
}

/* What a walk over the declaration finds. */
static void expect(const struct vdcm_composition *c, unsigned int nr, unsigned int bar, u64 off,
		   unsigned int bytes, struct vdcm_hit *hit)
{
	const struct vdcm_bar *b = &c->bars[bar];
	unsigned int i, k;

	memset(hit, 0, sizeof(*hit));
	if (off >= b->size)
		return;
	if (bar == c->msix_bar && off >= c->msix_table && off - c->msix_table < nr * 16) {
		*hit = (struct vdcm_hit) { VDCM_HIT_MSIX_TABLE, .target = off - c->msix_table };
		return;
	}
	if (bar == c->msix_bar && off >= c->msix_pba && off - c->msix_pba < VDCM_MSIX_PBA_SIZE(nr)) {
		*hit = (struct vdcm_hit) { VDCM_HIT_MSIX_PBA, .target = off - c->msix_pba };
		return;
	}
	for (i = 0; i < b->nr_pages; i++) {
		const struct vdcm_pages *p = &b->pages[i];
		u64 page = off / VDCM_PAGE_SIZE;

		if (page < p->first || page - p->first >= p->count)
			continue;
		hit->soft = p->soft;
		must(!p->soft || p->kind == VDCM_PAGE_TRAP);
		if (p->kind != VDCM_PAGE_PASS || !((p->widths ? p->widths : 4) & bytes))
			continue;
		hit->kind = VDCM_HIT_PASS;
		hit->target = (p->adi_page + (page - p->first)) * VDCM_PAGE_SIZE + off % VDCM_PAGE_SIZE;
		must(hit->target < 256 * VDCM_PAGE_SIZE);
	}
	for (i = 0; i < c->nr_regs; i++)
		for (k = 0; c->regs[i].bar == bar && k < c->regs[i].count; k++)
			if (off == (u64)c->regs[i].offset + (u64)k * c->regs[i].stride &&
			    bytes == (c->regs[i].width ? c->regs[i].width : 4)) {
				hit->kind = VDCM_HIT_REG;
				hit->target = c->regs[i].target + bytes * k;
				hit->wmask = c->regs[i].wmask;
				must(bytes == 8 || !(hit->wmask >> 8 * bytes));
				must(!(off % bytes) && !(hit->target % bytes));
			}
}

static void check_find(const struct vdcm_regions *r, unsigned int nr, unsigned int bar, u64 off)
{
	struct vdcm_hit hit, want;
	unsigned int bytes;

	for (bytes = 1; bytes <= 8; bytes *= 2) {
		u64 at = off & ~(bytes - 1ULL);

		vdcm_regions_find(r, bar, at, bytes, &hit);
		expect(r->comp, nr, bar, at, bytes, &want);
		must(hit.kind == want.kind && hit.target == want.target &&
		     hit.wmask == want.wmask && hit.soft == want.soft);
	}
}

/* Areas are what passes through, no byte more. */
static void check_areas(const struct vdcm_regions *r, unsigned int bar)
{
	const struct vdcm_bar *b = &r->comp->bars[bar];
	u64 offset = 0, size = 0, sum = 0, end = 0;
	unsigned int run = 0, i;

	while (vdcm_regions_area(r, bar, &run, &offset, &size)) {
		must(offset >= end && size && offset + size <= b->size && run <= b->nr_pages);
		must(!(offset % VDCM_PAGE_SIZE) && !(size % VDCM_PAGE_SIZE));
		end = offset + size;
		sum += size;
	}
	for (i = 0; i < b->nr_pages; i++)
		if (b->pages[i].kind == VDCM_PAGE_PASS)
			sum -= (u64)b->pages[i].count * VDCM_PAGE_SIZE;
	must(!sum);
}

/* A guest that sizes the BARs learns what was declared. */
static void check_sizing(const struct vdcm_composition *c, unsigned int nr)
{
	struct vdcm_config cfg;
	unsigned int bar;

	vdcm_config_init(&cfg, c, nr);
	for (bar = 0; bar < VDCM_NR_BARS; bar++) {
		const struct vdcm_bar *b = &c->bars[bar];
		u32 at = 0x10 + 4 * bar, size = b->flags & VDCM_BAR_64BIT ? 8 : 4;
		u64 mask;

		if (!b->size)
			continue;
		must(!(vdcm_config_write(&cfg, at, size, ~0ULL) & ~(VDCM_CFG_MEMORY | VDCM_CFG_BUS_MASTER)));
		mask = vdcm_config_read(&cfg, at, size) & ~15ULL;
		must((size == 8 ? ~mask : (u32)~mask) == b->size - 1);
		must(!(vdcm_config_read(&cfg, at, 1) & VDCM_BAR_64BIT));
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct input in = { data, size };
	struct vdcm_composition comp;
	struct vdcm_regions *r;
	const char *why = NULL;
	unsigned int nr, bar;

	fuzz_alloc_fails = alloc_fails;
	nr = take8(&in) < 200 ? take8(&in) % 66 : take16(&in) % (VDCM_MAX_VECTORS + 2);
	no_memory = take8(&in) > 250;
	if (take8(&in) & 1)
		plausible(&in, &comp);
	else
		declare(&in, &comp);
	r = vdcm_regions_create(&comp, nr, &why);
	if (IS_ERR(r)) {
		must(PTR_ERR(r) == (why ? -EINVAL : -ENOMEM));
		return 0;
	}
	must(!why && nr);
	for (bar = 0; bar < VDCM_NR_BARS; bar++) {
		check_areas(r, bar);
		check_find(r, nr, bar, 0);
	}
	check_sizing(&comp, nr);
	while (in.len) {
		bar = take8(&in) % VDCM_NR_BARS;
		check_find(r, nr, bar, take8(&in) & 1 ? take64(&in) : take16(&in));
	}
	vdcm_regions_destroy(r);
	return 0;
}
