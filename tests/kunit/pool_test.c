// SPDX-License-Identifier: GPL-2.0-only
/* Resource pool: whatever is taken and given, nothing is lost or made. */
#include <kunit/test.h>
#include <linux/random.h>
#include <linux/prandom.h>

#include "../../vdcm/objects/pool.h"

#define HELD	64
#define STEPS	20000

enum { ADIS, QUEUES, VECTORS };

static const u32 capacity[VDCM_MAX_RESOURCES] = { 16, 40, 64, 50, 60, 70, 80, 90 };

static void pool_exact(struct kunit *test)
{
	static const u32 cost[VDCM_MAX_RESOURCES] = { 1, 4, 5 };
	static const u32 one_queue[VDCM_MAX_RESOURCES] = { 0, 1, 0 };
	static const u32 last[VDCM_MAX_RESOURCES] = { [VDCM_MAX_RESOURCES - 1] = 46 };
	static const u32 all[VDCM_MAX_RESOURCES] = { 16, 40, 64 };
	struct vdcm_pool pool;
	int i;

	vdcm_pool_init(&pool, capacity);
	KUNIT_EXPECT_EQ(test, vdcm_pool_available(&pool, cost), 10);
	for (i = 0; i < 10; i++)
		KUNIT_EXPECT_EQ(test, vdcm_pool_take(&pool, cost), -1);
	/* The first that does not suffice is named, and nothing was taken. */
	KUNIT_EXPECT_EQ(test, vdcm_pool_take(&pool, cost), QUEUES);
	KUNIT_EXPECT_EQ(test, pool.used[ADIS], 10);
	KUNIT_EXPECT_EQ(test, vdcm_pool_used(&pool, ADIS), 10);
	KUNIT_EXPECT_EQ(test, vdcm_pool_used(&pool, QUEUES), 40);
	KUNIT_EXPECT_EQ(test, vdcm_pool_used(&pool, VECTORS), 50);
	KUNIT_EXPECT_EQ(test, vdcm_pool_available(&pool, cost), 0);
	KUNIT_EXPECT_EQ(test, vdcm_pool_available(&pool, one_queue), 0);
	vdcm_pool_give(&pool, cost);
	KUNIT_EXPECT_EQ(test, vdcm_pool_available(&pool, cost), 1);
	KUNIT_EXPECT_EQ(test, vdcm_pool_available(&pool, one_queue), 4);
	for (i = 0; i < 9; i++)
		vdcm_pool_give(&pool, cost);
	KUNIT_EXPECT_EQ(test, vdcm_pool_available(&pool, all), 1);
	KUNIT_EXPECT_EQ(test, vdcm_pool_take(&pool, all), -1);
	KUNIT_EXPECT_EQ(test, vdcm_pool_take(&pool, cost), ADIS);
	KUNIT_EXPECT_EQ(test, vdcm_pool_take(&pool, last), -1);
	KUNIT_EXPECT_EQ(test, vdcm_pool_take(&pool, last), VDCM_MAX_RESOURCES - 1);
}

/* Costs near the largest number do not wrap around. */
static void pool_large(struct kunit *test)
{
	static const u32 huge[VDCM_MAX_RESOURCES] = { ~0U, ~0U, ~0U };
	static const u32 free[VDCM_MAX_RESOURCES] = { };
	static const u32 vectors[VDCM_MAX_RESOURCES] = { 0, 0, ~0U };
	struct vdcm_pool pool;

	vdcm_pool_init(&pool, capacity);
	KUNIT_EXPECT_EQ(test, vdcm_pool_take(&pool, huge), ADIS);
	KUNIT_EXPECT_EQ(test, vdcm_pool_take(&pool, vectors), VECTORS);
	KUNIT_EXPECT_EQ(test, vdcm_pool_available(&pool, huge), 0);
	vdcm_pool_init(&pool, huge);
	KUNIT_EXPECT_EQ(test, vdcm_pool_take(&pool, huge), -1);
	KUNIT_EXPECT_EQ(test, vdcm_pool_take(&pool, vectors), VECTORS);
	vdcm_pool_give(&pool, huge);
	KUNIT_EXPECT_EQ(test, vdcm_pool_take(&pool, vectors), -1);
	KUNIT_EXPECT_EQ(test, vdcm_pool_available(&pool, free), INT_MAX);
}

/* More given back than was taken: told, and never less than nothing in use. */
static void pool_excess(struct kunit *test)
{
	static const u32 cost[VDCM_MAX_RESOURCES] = { 1, 2, 3 };
	static const u32 more[VDCM_MAX_RESOURCES] = { 1, 9, 3 };
	struct vdcm_pool pool;

	vdcm_pool_init(&pool, capacity);
	vdcm_pool_take(&pool, cost);
	kunit_warning_suppress(test)
		vdcm_pool_give(&pool, more);
	KUNIT_EXPECT_EQ(test, pool.used[QUEUES], 0);
	KUNIT_EXPECT_EQ(test, vdcm_pool_available(&pool, cost), 16);
}

struct random_run {
	struct vdcm_pool pool;
	u32 held[HELD][VDCM_MAX_RESOURCES];
	bool taken[HELD];
};

/* The pool's view is the sum of what is held. */
static void check(struct kunit *test, struct random_run *run)
{
	u32 sum[VDCM_MAX_RESOURCES] = { };
	u32 one[VDCM_MAX_RESOURCES];
	unsigned int i, r;

	for (i = 0; i < HELD; i++)
		for (r = 0; run->taken[i] && r < VDCM_MAX_RESOURCES; r++)
			sum[r] += run->held[i][r];
	for (r = 0; r < VDCM_MAX_RESOURCES; r++) {
		memset(one, 0, sizeof(one));
		one[r] = 1;
		KUNIT_ASSERT_EQ(test, vdcm_pool_available(&run->pool, one), capacity[r] - sum[r]);
	}
}

static void pool_random(struct kunit *test)
{
	struct random_run *run = kunit_kzalloc(test, sizeof(*run), GFP_KERNEL);
	u64 seed = get_random_u64();
	struct rnd_state rnd;
	unsigned int n, i, r;

	KUNIT_ASSERT_NOT_NULL(test, run);
	kunit_info(test, "seed %#llx\n", seed);
	prandom_seed_state(&rnd, seed);
	vdcm_pool_init(&run->pool, capacity);
	for (n = 0; n < STEPS; n++) {
		bool fits = true;

		i = prandom_u32_state(&rnd) % HELD;
		if (run->taken[i]) {
			vdcm_pool_give(&run->pool, run->held[i]);
			run->taken[i] = false;
			continue;
		}
		for (r = 0; r < VDCM_MAX_RESOURCES; r++)
			run->held[i][r] = prandom_u32_state(&rnd) % (n % 7 ? 3 : 50);
		fits = vdcm_pool_available(&run->pool, run->held[i]);
		run->taken[i] = vdcm_pool_take(&run->pool, run->held[i]) < 0;
		KUNIT_ASSERT_EQ(test, run->taken[i], fits);
		if (n % 16 == 0)
			check(test, run);
	}
	check(test, run);
	for (i = 0; i < HELD; i++)
		if (run->taken[i])
			vdcm_pool_give(&run->pool, run->held[i]);
	KUNIT_EXPECT_EQ(test, vdcm_pool_available(&run->pool, capacity), 1);
}

static struct kunit_case pool_cases[] = {
	KUNIT_CASE(pool_exact),
	KUNIT_CASE(pool_large),
	KUNIT_CASE(pool_excess),
	KUNIT_CASE(pool_random),
	{ }
};

static struct kunit_suite pool_suite = {
	.name = "pool",
	.test_cases = pool_cases,
};

kunit_test_suites(&pool_suite);
