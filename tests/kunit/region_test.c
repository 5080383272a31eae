// SPDX-License-Identifier: GPL-2.0-only
/* Region table: what a composition must be, and what an access meets. */
#include <kunit/test.h>

#include "../../vdcm/objects/region.h"

#define PAGE	VDCM_PAGE_SIZE

static const struct vdcm_pages good_pages[] = {
	{ .first = 0, .count = 2, .kind = VDCM_PAGE_PASS, .adi_page = 3 },
	{ .first = 2, .count = 1, .kind = VDCM_PAGE_PASS, .adi_page = 1 },
	{ .first = 4, .count = 2, .kind = VDCM_PAGE_TRAP },
	{ .first = 6, .count = 1, .kind = VDCM_PAGE_ABSENT },
	{ .first = 7, .count = 1, .kind = VDCM_PAGE_TRAP, .soft = true },
	{ .first = 15, .count = 1, .kind = VDCM_PAGE_PASS, .adi_page = 255, .widths = 1 | 2 | 8 },
};

static const struct vdcm_reg good_regs[] = {
	{ .bar = 0, .offset = 0x5ffc, .count = 1, .target = 0x40, .wmask = 0xf },
	{ .bar = 0, .offset = 0x4000, .count = 4, .stride = 0x10, .target = 0x100,
	  .wmask = 0xff00 },
	{ .bar = 0, .offset = 0x4004, .count = 1, .target = 0x44 },
	{ .bar = 0, .offset = 0x7ff8, .count = 1, .width = 8, .target = 0x48, .wmask = ~0ULL },
	{ .bar = 0, .offset = 0x7000, .count = 8, .stride = 1, .width = 1, .target = 0x50,
	  .wmask = 0xff },
	{ .bar = 0, .offset = 0x7004, .count = 3, .stride = 8, .width = 2, .target = 0x60,
	  .wmask = 0xffff },
	{ .bar = 0, .offset = 0x7000, .count = 2, .stride = 4, .width = 4, .target = 0x70,
	  .wmask = 0xffffffff },
};

/* A composition that a test may spoil. */
struct sample {
	struct vdcm_pages pages[ARRAY_SIZE(good_pages)];
	struct vdcm_reg regs[ARRAY_SIZE(good_regs)];
	struct vdcm_composition comp;
	unsigned int nr_vectors;
};

static void fill(struct sample *s)
{
	memcpy(s->pages, good_pages, sizeof(s->pages));
	memcpy(s->regs, good_regs, sizeof(s->regs));
	s->nr_vectors = 2;
	s->comp = (struct vdcm_composition) {
		.bars = {
			[0] = {
				.size = 0x10000,
				.flags = VDCM_BAR_64BIT,
				.pages = s->pages,
				.nr_pages = ARRAY_SIZE(good_pages),
			},
			[3] = { .size = 0x4000 },
		},
		.regs = s->regs,
		.nr_regs = ARRAY_SIZE(good_regs),
		.msix_bar = 3,
		.msix_table = 0x1000,
		.msix_pba = 0x3000,
	};
}

static struct sample *sample(struct kunit *test)
{
	struct sample *s = kunit_kzalloc(test, sizeof(*s), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, s);
	fill(s);
	return s;
}

static struct vdcm_regions *create(struct kunit *test, const struct sample *s,
				   unsigned int nr_vectors)
{
	struct vdcm_regions *regions;
	const char *why;

	regions = vdcm_regions_create(&s->comp, nr_vectors, &why);
	KUNIT_ASSERT_FALSE_MSG(test, IS_ERR(regions), "refused: %s", why);
	KUNIT_ASSERT_NULL(test, why);
	return regions;
}

/* Ways to spoil the sample, each of which must be told. */
#define SPOIL(name, statement)						\
	static void spoil_##name(struct sample *s) { statement; }
#define BAR(i)	(s->comp.bars[i])

SPOIL(size_odd, BAR(3).size = 0x3000)
SPOIL(size_small, BAR(3).size = 0x800)
SPOIL(size_large, BAR(0) = (struct vdcm_bar) { .size = 1ULL << 32 })
SPOIL(size_huge, BAR(0).size = 1ULL << 33)
SPOIL(wide_last, BAR(5) = ((struct vdcm_bar) { .size = PAGE, .flags = VDCM_BAR_64BIT }))
SPOIL(wide_taken, BAR(1).size = PAGE)
SPOIL(no_bar, BAR(0).size = 0)
SPOIL(run_empty, s->pages[1].count = 0)
SPOIL(run_back, s->pages[1].first = 1)
SPOIL(run_first, s->pages[5].first = 16)
SPOIL(run_end, s->pages[5].count = 2)
SPOIL(run_wraps, s->pages[5].count = ~0U)
SPOIL(run_kind, s->pages[3].kind = VDCM_PAGE_PASS + 1)
SPOIL(run_window, s->pages[0].adi_page = 255)
SPOIL(run_widths, s->pages[0].widths = 16)
SPOIL(run_trap_widths, s->pages[2].widths = 4)
SPOIL(run_absent_widths, s->pages[3].widths = 4)
SPOIL(run_pass_soft, s->pages[0].soft = true)
SPOIL(run_absent_soft, s->pages[3].soft = true)
SPOIL(msix_no_bar, s->comp.msix_bar = VDCM_NR_BARS)
SPOIL(msix_absent, s->comp.msix_bar = 5)
SPOIL(msix_table_odd, s->comp.msix_table = 0x1008)
SPOIL(msix_pba_odd, s->comp.msix_pba = 0x3008)
SPOIL(msix_same, s->comp.msix_pba = 0x1000)
SPOIL(msix_table_end, s->comp.msix_table = 0x4000)
SPOIL(msix_pba_end, s->comp.msix_pba = 0x4000)
SPOIL(msix_table_meets_pba, BAR(3).size = 0x10000; s->comp.msix_pba = 0x2000; s->nr_vectors = 257)
SPOIL(msix_pba_amid, BAR(3).size = 0x10000; s->comp.msix_table = 0x8000; s->comp.msix_pba = 0x9000;
      s->nr_vectors = 512)
SPOIL(msix_table_runs_out, s->nr_vectors = 0x3000 / 16 + 1)
SPOIL(msix_table_meets_run, s->comp.msix_bar = 0; s->comp.msix_table = 0xd000;
      s->comp.msix_pba = 0x3000; s->nr_vectors = 513)
SPOIL(msix_table_wraps, s->comp.msix_table = 0xfffff000)
SPOIL(msix_pba_wraps, s->comp.msix_pba = 0xfffff000)
SPOIL(msix_table_pass, s->comp.msix_bar = 0)
SPOIL(msix_pba_trap, s->comp.msix_bar = 0; s->comp.msix_table = 0x7000; s->comp.msix_pba = 0x4000)
SPOIL(reg_bar, s->regs[0].bar = VDCM_NR_BARS)
SPOIL(reg_none, s->regs[0].count = 0)
SPOIL(reg_many, s->regs[1].count = VDCM_MAX_REGS + 1)
SPOIL(reg_sum, s->regs[1].count = VDCM_MAX_REGS; s->regs[1].stride = 4)
SPOIL(reg_offset, s->regs[0].offset = 0x5ffe)
SPOIL(reg_stride, s->regs[1].stride = 6)
SPOIL(reg_stride0, s->regs[1].stride = 0)
SPOIL(reg_target, s->regs[0].target = 0x41)
SPOIL(reg_width_3, s->regs[5] = ((struct vdcm_reg){ .width = 3, .offset = 0x7002, .count = 1 }))
SPOIL(reg_width_16, s->regs[3] = ((struct vdcm_reg){ .width = 16, .offset = 0x7800, .count = 1 }))
SPOIL(reg_offset_8, s->regs[3].offset = 0x7ffc)
SPOIL(reg_offset_2, s->regs[5].offset = 0x7005)
SPOIL(reg_stride_2, s->regs[5].stride = 3)
SPOIL(reg_stride_8, s->regs[3].offset = 0x7800; s->regs[3].count = 2; s->regs[3].stride = 12)
SPOIL(reg_target_8, s->regs[3].target = 0x4c)
SPOIL(reg_wmask, s->regs[0].wmask = 1ULL << 32)
SPOIL(reg_wmask_1, s->regs[4].wmask = 0x1ff)
SPOIL(reg_wmask_2, s->regs[5].wmask = 0x10000)
SPOIL(reg_end, s->regs[0].offset = 0x10000)
SPOIL(reg_run_end, s->regs[1].stride = 0x8000)
SPOIL(reg_passed, s->regs[0].offset = 0x2000)
SPOIL(reg_absent, s->regs[0].offset = 0x6000)
SPOIL(reg_nowhere, s->regs[0].offset = 0x3000)
SPOIL(reg_collides, s->regs[2].offset = 0x4020)
SPOIL(reg_collides_4, s->regs[6].offset = 0x7800; s->regs[2].offset = 0x7804)
SPOIL(reg_collides_1, s->regs[5] = s->regs[4]; s->regs[5].offset = 0x7007)

#define SPOILED(name)	{ #name, spoil_##name }

static const struct spoiled {
	const char *name;
	void (*spoil)(struct sample *s);
} spoiled[] = {
	SPOILED(size_odd), SPOILED(size_small), SPOILED(size_large), SPOILED(size_huge),
	SPOILED(wide_last), SPOILED(wide_taken), SPOILED(no_bar),
	SPOILED(run_empty), SPOILED(run_back), SPOILED(run_first), SPOILED(run_end),
	SPOILED(run_wraps), SPOILED(run_kind), SPOILED(run_window), SPOILED(run_widths),
	SPOILED(run_trap_widths), SPOILED(run_absent_widths), SPOILED(run_pass_soft),
	SPOILED(run_absent_soft),
	SPOILED(msix_no_bar), SPOILED(msix_absent), SPOILED(msix_table_odd),
	SPOILED(msix_pba_odd), SPOILED(msix_same), SPOILED(msix_table_end),
	SPOILED(msix_pba_end), SPOILED(msix_table_wraps), SPOILED(msix_pba_wraps),
	SPOILED(msix_table_meets_pba), SPOILED(msix_pba_amid), SPOILED(msix_table_runs_out),
	SPOILED(msix_table_meets_run),
	SPOILED(msix_table_pass), SPOILED(msix_pba_trap),
	SPOILED(reg_bar), SPOILED(reg_none), SPOILED(reg_many), SPOILED(reg_sum),
	SPOILED(reg_offset), SPOILED(reg_stride), SPOILED(reg_stride0),
	SPOILED(reg_width_3), SPOILED(reg_width_16), SPOILED(reg_offset_8),
	SPOILED(reg_offset_2), SPOILED(reg_stride_2), SPOILED(reg_stride_8),
	SPOILED(reg_target_8), SPOILED(reg_wmask), SPOILED(reg_wmask_1), SPOILED(reg_wmask_2),
	SPOILED(reg_target), SPOILED(reg_end), SPOILED(reg_run_end),
	SPOILED(reg_passed), SPOILED(reg_absent), SPOILED(reg_nowhere),
	SPOILED(reg_collides), SPOILED(reg_collides_4), SPOILED(reg_collides_1),
};

static void spoiled_name(const struct spoiled *s, char *desc)
{
	strscpy(desc, s->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(spoiled, spoiled, spoiled_name);

static void region_malformed(struct kunit *test)
{
	const struct spoiled *param = test->param_value;
	struct sample *s = sample(test);
	const char *why;

	param->spoil(s);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(vdcm_regions_create(&s->comp, s->nr_vectors, &why)),
			-EINVAL);
	KUNIT_EXPECT_NOT_NULL(test, why);
}

static void expect(struct kunit *test, const struct vdcm_regions *regions,
		   unsigned int bar, u64 offset, enum vdcm_hit_kind kind, u32 target)
{
	struct vdcm_hit hit;

	memset(&hit, 0xa5, sizeof(hit));
	vdcm_regions_find(regions, bar, offset, 4, &hit);
	KUNIT_EXPECT_EQ_MSG(test, hit.kind, kind, "BAR %u, %#llx", bar, offset);
	KUNIT_EXPECT_EQ_MSG(test, hit.target, target, "BAR %u, %#llx", bar, offset);
}

static void region_vectors(struct kunit *test)
{
	struct sample *s = sample(test);
	struct vdcm_regions *regions;
	const char *why;

	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(vdcm_regions_create(&s->comp, 0, &why)), -EINVAL);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(vdcm_regions_create(&s->comp, VDCM_MAX_VECTORS + 1,
								  &why)), -EINVAL);
	vdcm_regions_destroy(create(test, s, 1));
	/* As many as fit in front of the PBA, and behind it. */
	vdcm_regions_destroy(create(test, s, 0x2000 / 16));
	BAR(3).size = 0x10000;
	s->comp.msix_table = 0x4000;
	s->comp.msix_pba = 0x3000;
	regions = create(test, s, VDCM_MAX_VECTORS);
	expect(test, regions, 3, 0xbffc, VDCM_HIT_MSIX_TABLE, 0x7ffc);
	expect(test, regions, 3, 0xc000, VDCM_HIT_ABSENT, 0);
	expect(test, regions, 3, 0x30fc, VDCM_HIT_MSIX_PBA, 0xfc);
	expect(test, regions, 3, 0x3100, VDCM_HIT_ABSENT, 0);
	vdcm_regions_destroy(regions);
	vdcm_regions_destroy(NULL);
}

/* What is at the limits is allowed. */
static void region_limits(struct kunit *test)
{
	struct sample *s = sample(test);

	BAR(0).size = 1ULL << 32;
	BAR(3).size = 1ULL << 31;
	s->regs[1].count = VDCM_MAX_REGS - 2;
	s->regs[1].stride = 8;
	s->comp.nr_regs = 3;
	s->pages[2].count = 10;
	s->pages[3] = s->pages[5];
	s->comp.bars[0].nr_pages = 4;
	vdcm_regions_destroy(create(test, s, 2));
}

static void region_find(struct kunit *test)
{
	struct vdcm_regions *regions = create(test, sample(test), 2);
	static const struct {
		unsigned int bar;
		u64 offset;
		enum vdcm_hit_kind kind;
		u32 target;
	} hits[] = {
		{ 0, 0, VDCM_HIT_PASS, 3 * PAGE },
		{ 0, 0x1ffc, VDCM_HIT_PASS, 5 * PAGE - 4 },
		{ 0, 0x2000, VDCM_HIT_PASS, PAGE },
		{ 0, 0x2fff, VDCM_HIT_PASS, 2 * PAGE - 1 },
		{ 0, 0x3000, VDCM_HIT_ABSENT, 0 },
		{ 0, 0x6000, VDCM_HIT_ABSENT, 0 },
		{ 0, 0x7000, VDCM_HIT_REG, 0x70 },
		{ 0, 0x8000, VDCM_HIT_ABSENT, 0 },
		{ 0, 0xf000, VDCM_HIT_ABSENT, 0 },
		{ 0, 0x10000, VDCM_HIT_ABSENT, 0 },
		{ 0, 1ULL << 32, VDCM_HIT_ABSENT, 0 },
		{ 0, ~0ULL, VDCM_HIT_ABSENT, 0 },
		{ 0, 0x3ffc, VDCM_HIT_ABSENT, 0 },
		{ 0, 0x4000, VDCM_HIT_REG, 0x100 },
		{ 0, 0x4001, VDCM_HIT_ABSENT, 0 },
		{ 0, 0x4004, VDCM_HIT_REG, 0x44 },
		{ 0, 0x4008, VDCM_HIT_ABSENT, 0 },
		{ 0, 0x4010, VDCM_HIT_REG, 0x104 },
		{ 0, 0x4030, VDCM_HIT_REG, 0x10c },
		{ 0, 0x4040, VDCM_HIT_ABSENT, 0 },
		{ 0, 0x5ffc, VDCM_HIT_REG, 0x40 },
		{ 1, 0, VDCM_HIT_ABSENT, 0 },
		{ 3, 0, VDCM_HIT_ABSENT, 0 },
		{ 3, 0xfff, VDCM_HIT_ABSENT, 0 },
		{ 3, 0x1000, VDCM_HIT_MSIX_TABLE, 0 },
		{ 3, 0x101f, VDCM_HIT_MSIX_TABLE, 0x1f },
		{ 3, 0x1020, VDCM_HIT_ABSENT, 0 },
		{ 3, 0x2fff, VDCM_HIT_ABSENT, 0 },
		{ 3, 0x3000, VDCM_HIT_MSIX_PBA, 0 },
		{ 3, 0x3007, VDCM_HIT_MSIX_PBA, 7 },
		{ 3, 0x3008, VDCM_HIT_ABSENT, 0 },
		{ 3, 0x4000, VDCM_HIT_ABSENT, 0 },
		{ 6, 0, VDCM_HIT_ABSENT, 0 },
		{ ~0U, 0, VDCM_HIT_ABSENT, 0 },
	};
	struct vdcm_hit hit;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(hits); i++)
		expect(test, regions, hits[i].bar, hits[i].offset, hits[i].kind, hits[i].target);
	vdcm_regions_find(regions, 0, 0x4030, 4, &hit);
	KUNIT_EXPECT_EQ(test, hit.wmask, 0xff00);
	vdcm_regions_find(regions, 0, 0x4004, 4, &hit);
	KUNIT_EXPECT_EQ(test, hit.wmask, 0);
	vdcm_regions_destroy(regions);
}

/*
 * What answers an access of each size: the register of that width alone, on a page that is
 * passed through its sizes; of MSI-X structures any. Whether the page is soft is told also
 * where there is no register.
 */
static void region_widths(struct kunit *test)
{
	struct vdcm_regions *regions = create(test, sample(test), 2);
	static const u8 sizes[] = { 1, 2, 4, 8 };
	static const struct {
		u8 bar;
		u32 offset;
		enum vdcm_hit_kind kind;
		u8 widths;		/* that are found */
		bool soft;
		u32 target[4];		/* of each size */
	} rows[] = {
		{ 0, 0, VDCM_HIT_PASS, 4, false, { 0, 0, 3 * PAGE } },
		{ 0, 0x1ff8, VDCM_HIT_PASS, 4, false, { 0, 0, 5 * PAGE - 8 } },
		{ 0, 0xf000, VDCM_HIT_PASS, 1 | 2 | 8, false,
		  { 255 * PAGE, 255 * PAGE, 0, 255 * PAGE } },
		{ 0, 0xfff8, VDCM_HIT_PASS, 1 | 2 | 8, false,
		  { 256 * PAGE - 8, 256 * PAGE - 8, 0, 256 * PAGE - 8 } },
		{ 0, 0x4000, VDCM_HIT_REG, 4, false, { 0, 0, 0x100 } },
		{ 0, 0x4008, VDCM_HIT_REG, 0, false, { 0 } },
		{ 0, 0x6000, VDCM_HIT_REG, 0, false, { 0 } },
		{ 0, 0x7000, VDCM_HIT_REG, 1 | 4, true, { 0x50, 0, 0x70 } },
		{ 0, 0x7004, VDCM_HIT_REG, 1 | 2 | 4, true, { 0x54, 0x60, 0x74 } },
		{ 0, 0x7007, VDCM_HIT_REG, 1, true, { 0x57 } },
		{ 0, 0x700c, VDCM_HIT_REG, 2, true, { 0, 0x62 } },
		{ 0, 0x7014, VDCM_HIT_REG, 2, true, { 0, 0x64 } },
		{ 0, 0x7ff8, VDCM_HIT_REG, 8, true, { 0, 0, 0, 0x48 } },
		{ 0, 0x7ff0, VDCM_HIT_REG, 0, true, { 0 } },
		{ 0, 0x8000, VDCM_HIT_REG, 0, false, { 0 } },
		{ 3, 0x1008, VDCM_HIT_MSIX_TABLE, 15, false, { 8, 8, 8, 8 } },
		{ 3, 0x3000, VDCM_HIT_MSIX_PBA, 15, false, { 0 } },
	};
	struct vdcm_hit hit;
	unsigned int i, k;

	for (i = 0; i < ARRAY_SIZE(rows); i++)
		for (k = 0; k < ARRAY_SIZE(sizes); k++) {
			if (rows[i].offset % sizes[k])
				continue;
			memset(&hit, 0xa5, sizeof(hit));
			vdcm_regions_find(regions, rows[i].bar, rows[i].offset, sizes[k], &hit);
			KUNIT_EXPECT_EQ_MSG(test, hit.kind, rows[i].widths & sizes[k] ?
					    rows[i].kind : VDCM_HIT_ABSENT,
					    "%#x, %u bytes", rows[i].offset, sizes[k]);
			KUNIT_EXPECT_EQ_MSG(test, hit.target, rows[i].target[k],
					    "%#x, %u bytes", rows[i].offset, sizes[k]);
			KUNIT_EXPECT_EQ_MSG(test, hit.soft, rows[i].soft,
					    "%#x, %u bytes", rows[i].offset, sizes[k]);
		}
	vdcm_regions_find(regions, 0, 0x7ff8, 8, &hit);
	KUNIT_EXPECT_EQ(test, hit.wmask, U64_MAX);
	vdcm_regions_find(regions, 0, 0x7004, 2, &hit);
	KUNIT_EXPECT_EQ(test, hit.wmask, 0xffff);
	vdcm_regions_destroy(regions);
}

/* Runs of pages, as mappings and eventfds ask for them. */
static void region_runs(struct kunit *test)
{
	struct sample *s = sample(test);
	struct vdcm_regions *regions = create(test, s, 2);
	static const struct {
		unsigned int bar;
		u64 offset;
		int run;	/* or none */
		u8 widths;
	} rows[] = {
		{ 0, 0, 0, 4 }, { 0, 0x1fff, 0, 4 }, { 0, 0x2000, 1, 4 }, { 0, 0x3000, -1 },
		{ 0, 0x6000, 3, 4 }, { 0, 0xf000, 5, 11 }, { 0, 0x10000, -1 }, { 0, ~0ULL, -1 },
		{ 3, 0, -1 }, { 1, 0, -1 }, { VDCM_NR_BARS, 0, -1 }, { ~0U, 0, -1 },
	};
	const struct vdcm_pages *run;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		run = vdcm_regions_run(regions, rows[i].bar, rows[i].offset);
		KUNIT_EXPECT_PTR_EQ(test, run, rows[i].run < 0 ? NULL : &s->pages[rows[i].run]);
		if (run)
			KUNIT_EXPECT_EQ(test, vdcm_pages_widths(run), rows[i].widths);
	}
	vdcm_regions_destroy(regions);
}

/* Areas: runs that touch each other in the BAR are one. */
static void region_areas(struct kunit *test)
{
	struct vdcm_regions *regions = create(test, sample(test), 2);
	static const u64 areas[][2] = { { 0, 3 * PAGE }, { 15 * PAGE, PAGE } };
	u64 offset = 1, size = 1;
	unsigned int run = 0, i;

	for (i = 0; i < ARRAY_SIZE(areas); i++) {
		KUNIT_ASSERT_TRUE(test, vdcm_regions_area(regions, 0, &run, &offset, &size));
		KUNIT_EXPECT_EQ(test, offset, areas[i][0]);
		KUNIT_EXPECT_EQ(test, size, areas[i][1]);
	}
	KUNIT_EXPECT_FALSE(test, vdcm_regions_area(regions, 0, &run, &offset, &size));
	KUNIT_EXPECT_FALSE(test, vdcm_regions_area(regions, 0, &run, &offset, &size));
	run = 0;
	KUNIT_EXPECT_FALSE(test, vdcm_regions_area(regions, 3, &run, &offset, &size));
	vdcm_regions_destroy(regions);
}

/* Two passed runs with a hole between them are two areas. */
static void region_area_hole(struct kunit *test)
{
	struct sample *s = sample(test);
	struct vdcm_regions *regions;
	unsigned int run = 0;
	u64 offset, size;

	s->pages[0].count = 1;
	regions = create(test, s, 2);
	KUNIT_EXPECT_TRUE(test, vdcm_regions_area(regions, 0, &run, &offset, &size));
	KUNIT_EXPECT_EQ(test, size, PAGE);
	KUNIT_EXPECT_TRUE(test, vdcm_regions_area(regions, 0, &run, &offset, &size));
	KUNIT_EXPECT_EQ(test, offset, 2 * PAGE);
	KUNIT_EXPECT_EQ(test, size, PAGE);
	vdcm_regions_destroy(regions);
}

static struct kunit_case region_cases[] = {
	KUNIT_CASE_PARAM(region_malformed, spoiled_gen_params),
	KUNIT_CASE(region_vectors),
	KUNIT_CASE(region_limits),
	KUNIT_CASE(region_find),
	KUNIT_CASE(region_widths),
	KUNIT_CASE(region_runs),
	KUNIT_CASE(region_areas),
	KUNIT_CASE(region_area_hole),
	{ }
};

static struct kunit_suite region_suite = {
	.name = "region",
	.test_cases = region_cases,
};

kunit_test_suites(&region_suite);
