// SPDX-License-Identifier: GPL-2.0-only
/* Translation tables, read the way the device reads them. */
#include <kunit/test.h>
#include <linux/dma-mapping.h>
#include <linux/prandom.h>
#include <linux/random.h>
#include <linux/slab.h>

#include <smartnic/regs.h>

#include "../../driver/adi/xlat.h"

#define TABLES	256
#define RW	(SMNC_XLAT_READ | SMNC_XLAT_WRITE)
#define PAGES	BIT_ULL(36)
#define ROOM	2048
#define STEPS	2000

/* Coherent memory: bus address = (number + 1) << 12. */
static struct {
	struct kunit *test;
	__le64 *table[TABLES];
	unsigned int nr;	/* tables there are */
	int fail_after;		/* allocations until one fails, or -1 */
} mem;

void *dma_alloc_attrs(struct device *dev, size_t size, dma_addr_t *dma, gfp_t gfp,
		      unsigned long attrs)
{
	unsigned int i;

	KUNIT_EXPECT_EQ(mem.test, size, 4096);
	if (!mem.fail_after)
		return NULL;
	if (mem.fail_after > 0)
		mem.fail_after--;
	for (i = 0; i < TABLES && mem.table[i]; i++)
		;
	if (i == TABLES)
		return NULL;
	mem.table[i] = kzalloc(size, gfp);
	mem.nr += !!mem.table[i];
	*dma = (dma_addr_t)(i + 1) << 12;
	return mem.table[i];
}

void dma_free_attrs(struct device *dev, size_t size, void *cpu, dma_addr_t dma,
		    unsigned long attrs)
{
	unsigned int i = (dma >> 12) - 1;

	KUNIT_ASSERT_LT(mem.test, i, TABLES);
	KUNIT_ASSERT_PTR_EQ(mem.test, (void *)mem.table[i], cpu);
	kfree(mem.table[i]);
	mem.table[i] = NULL;
	mem.nr--;
}

/* What an access meets: the page's address, or 0. */
static u64 walk(struct smnc_xlat *x, u64 iova, u64 right)
{
	u64 entry = smnc_xlat_root(x) | RW;
	int level;

	for (level = SMNC_XLAT_LEVELS - 1; level >= 0; level--) {
		unsigned int i = ((entry & SMNC_XLAT_ADDR) >> 12) - 1;

		KUNIT_ASSERT_LT(mem.test, i, TABLES);
		KUNIT_ASSERT_NOT_NULL(mem.test, mem.table[i]);
		entry = le64_to_cpu(mem.table[i][iova >> (12 + 9 * level) & 511]);
		if (!(entry & right))
			return 0;
		KUNIT_EXPECT_EQ(mem.test, entry & ~(SMNC_XLAT_ADDR | RW), 0);
	}
	return entry & SMNC_XLAT_ADDR;
}

static int xlat_test_init(struct kunit *test)
{
	struct smnc_xlat *x = kunit_kzalloc(test, sizeof(*x), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, x);
	memset(&mem, 0, sizeof(mem));
	mem.test = test;
	mem.fail_after = -1;
	test->priv = x;
	return smnc_xlat_init(x, NULL);
}

/* All that was allocated is given back. */
static void xlat_test_exit(struct kunit *test)
{
	smnc_xlat_free(test->priv);
	smnc_xlat_free(test->priv);
	KUNIT_EXPECT_EQ(test, mem.nr, 0);
}

/* Clears, and frees as the driver does: after the device forgot. */
static bool clear(struct smnc_xlat *x, u64 iova, u64 nr)
{
	struct smnc_xlat_page *unused;
	bool told = smnc_xlat_clear(x, iova, nr, &unused);

	smnc_xlat_free_pages(x, unused);
	return told;
}

static void xlat_one(struct kunit *test)
{
	struct smnc_xlat *x = test->priv;
	static const u64 iova = 0x123456789000;
	bool stale = true;

	KUNIT_EXPECT_EQ(test, walk(x, iova, SMNC_XLAT_READ), 0);
	KUNIT_EXPECT_EQ(test, smnc_xlat_set(x, iova, 0xabc000, 1, SMNC_XLAT_READ, &stale), 0);
	KUNIT_EXPECT_FALSE(test, stale);
	KUNIT_EXPECT_EQ(test, mem.nr, 4);
	KUNIT_EXPECT_EQ(test, walk(x, iova, SMNC_XLAT_READ), 0xabc000);
	KUNIT_EXPECT_EQ(test, walk(x, iova, SMNC_XLAT_WRITE), 0);
	KUNIT_EXPECT_EQ(test, walk(x, iova + 0x1000, SMNC_XLAT_READ), 0);
	KUNIT_EXPECT_EQ(test, walk(x, iova - 0x1000, SMNC_XLAT_READ), 0);
	/* The same again is nothing to forget; another right, another page is. */
	KUNIT_EXPECT_EQ(test, smnc_xlat_set(x, iova, 0xabc000, 1, SMNC_XLAT_READ, &stale), 0);
	KUNIT_EXPECT_FALSE(test, stale);
	KUNIT_EXPECT_EQ(test, smnc_xlat_set(x, iova, 0xabc000, 1, RW, &stale), 0);
	KUNIT_EXPECT_TRUE(test, stale);
	KUNIT_EXPECT_EQ(test, walk(x, iova, SMNC_XLAT_WRITE), 0xabc000);
	KUNIT_EXPECT_EQ(test, smnc_xlat_set(x, iova, 0xdef000, 1, RW, &stale), 0);
	KUNIT_EXPECT_TRUE(test, stale);
	/* Gone, with the tables it needed; once more is nothing. */
	KUNIT_EXPECT_TRUE(test, clear(x, iova, 1));
	KUNIT_EXPECT_EQ(test, walk(x, iova, SMNC_XLAT_READ), 0);
	KUNIT_EXPECT_EQ(test, mem.nr, 1);
	KUNIT_EXPECT_FALSE(test, clear(x, iova, 1));
}

/* Across the ends of tables at every level. */
static void xlat_boundaries(struct kunit *test)
{
	static const u64 ends[] = { 1ULL << 21, 1ULL << 30, 1ULL << 39 };
	struct smnc_xlat *x = test->priv;
	unsigned int i, k;
	bool stale;

	for (i = 0; i < ARRAY_SIZE(ends); i++) {
		u64 iova = ends[i] - 3 * 4096;

		KUNIT_EXPECT_EQ(test, smnc_xlat_set(x, iova, 0x7000000, 6, RW, &stale), 0);
		for (k = 0; k < 6; k++)
			KUNIT_EXPECT_EQ(test, walk(x, iova + k * 4096, RW), 0x7000000 + k * 4096);
		KUNIT_EXPECT_EQ(test, walk(x, iova + 6 * 4096, RW), 0);
		KUNIT_EXPECT_TRUE(test, clear(x, iova + 4096, 4));
		KUNIT_EXPECT_EQ(test, walk(x, iova, RW), 0x7000000);
		for (k = 1; k < 5; k++)
			KUNIT_EXPECT_EQ(test, walk(x, iova + k * 4096, RW), 0);
		KUNIT_EXPECT_EQ(test, walk(x, iova + 5 * 4096, RW), 0x7005000);
		KUNIT_EXPECT_TRUE(test, clear(x, iova, 6));
		KUNIT_EXPECT_EQ(test, mem.nr, 1);
	}
}

static void xlat_limits(struct kunit *test)
{
	struct smnc_xlat *x = test->priv;
	u64 last = (PAGES - 1) << 12;
	bool stale;

	KUNIT_EXPECT_EQ(test, smnc_xlat_set(x, PAGES << 12, 0x1000, 1, RW, &stale), -EINVAL);
	KUNIT_EXPECT_EQ(test, smnc_xlat_set(x, last, 0x1000, 2, RW, &stale), -EINVAL);
	KUNIT_EXPECT_EQ(test, smnc_xlat_set(x, ~0ULL, 0x1000, 1, RW, &stale), -EINVAL);
	KUNIT_EXPECT_EQ(test, smnc_xlat_set(x, 0, 0x1001, 1, RW, &stale), -EINVAL);
	KUNIT_EXPECT_EQ(test, smnc_xlat_set(x, 0, 1ULL << 52, 1, RW, &stale), -EINVAL);
	KUNIT_EXPECT_EQ(test, mem.nr, 1);
	KUNIT_EXPECT_EQ(test, smnc_xlat_set(x, last, 0x5000, 1, RW, &stale), 0);
	KUNIT_EXPECT_EQ(test, walk(x, last, RW), 0x5000);
	KUNIT_EXPECT_EQ(test, smnc_xlat_set(x, 0, 0x6000, 1, RW, &stale), 0);
	KUNIT_EXPECT_FALSE(test, clear(x, 0, 0));
	KUNIT_EXPECT_FALSE(test, clear(x, PAGES << 12, 1));
	/* All of it, and beyond. */
	KUNIT_EXPECT_TRUE(test, clear(x, 4096, ~0ULL));
	KUNIT_EXPECT_EQ(test, walk(x, last, RW), 0);
	KUNIT_EXPECT_EQ(test, walk(x, 0, RW), 0x6000);
	KUNIT_EXPECT_TRUE(test, clear(x, 0, PAGES));
	KUNIT_EXPECT_EQ(test, mem.nr, 1);
}

/* Memory runs out at each allocation in turn: no entry has changed. */
static void xlat_no_memory(struct kunit *test)
{
	struct smnc_xlat *x = test->priv;
	struct smnc_xlat other;
	bool stale;
	int n;

	for (n = 0; n < 4; n++) {
		mem.fail_after = n;
		KUNIT_EXPECT_EQ(test, smnc_xlat_set(x, (1ULL << 21) - 4096, 0x1000, 2, RW, &stale),
				-ENOMEM);
		mem.fail_after = -1;
		KUNIT_EXPECT_EQ(test, walk(x, (1ULL << 21) - 4096, RW), 0);
		KUNIT_EXPECT_EQ(test, walk(x, 1ULL << 21, RW), 0);
		/* Empty tables stay until something is cleared there, or the end. */
		smnc_xlat_free(x);
		KUNIT_EXPECT_EQ(test, mem.nr, 0);
		KUNIT_ASSERT_EQ(test, smnc_xlat_init(x, NULL), 0);
	}
	mem.fail_after = 0;
	KUNIT_EXPECT_EQ(test, smnc_xlat_init(&other, NULL), -ENOMEM);
	mem.fail_after = -1;
}

/* Random pieces against an array, around the end of two tables. */
static void xlat_random(struct kunit *test)
{
	u32 *model = kunit_kcalloc(test, ROOM, sizeof(*model), GFP_KERNEL);
	u64 base = (1ULL << 30) - ROOM / 2 * 4096, seed = get_random_u64();
	struct smnc_xlat *x = test->priv;
	struct rnd_state rnd;
	unsigned int n, i;

	kunit_info(test, "seed %#llx\n", seed);
	prandom_seed_state(&rnd, seed);
	for (n = 1; n <= STEPS; n++) {
		u32 first = prandom_u32_state(&rnd) % ROOM;
		u32 nr = min(prandom_u32_state(&rnd) % 600 + 1, ROOM - first);
		bool had = false, stale;

		for (i = first; i < first + nr; i++)
			had |= model[i];
		if (n % 2) {
			KUNIT_ASSERT_EQ(test, clear(x, base + (u64)first * 4096, nr), had);
			memset(&model[first], 0, nr * sizeof(*model));
			continue;
		}
		KUNIT_ASSERT_EQ(test, smnc_xlat_set(x, base + (u64)first * 4096, (u64)n << 24, nr,
						    RW, &stale), 0);
		KUNIT_ASSERT_EQ(test, stale, had);
		for (i = 0; i < nr; i++)
			model[first + i] = (n << 12) + i;
	}
	for (i = 0; i < ROOM; i++)
		KUNIT_ASSERT_EQ(test, walk(x, base + (u64)i * 4096, RW), (u64)model[i] << 12);
	clear(x, base, ROOM);
	KUNIT_EXPECT_EQ(test, mem.nr, 1);
}

static struct kunit_case xlat_cases[] = {
	KUNIT_CASE(xlat_one),
	KUNIT_CASE(xlat_boundaries),
	KUNIT_CASE(xlat_limits),
	KUNIT_CASE(xlat_no_memory),
	KUNIT_CASE(xlat_random),
	{ }
};

static struct kunit_suite xlat_suite = {
	.name = "xlat",
	.init = xlat_test_init,
	.exit = xlat_test_exit,
	.test_cases = xlat_cases,
};

kunit_test_suites(&xlat_suite);
