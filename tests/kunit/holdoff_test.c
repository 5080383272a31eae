// SPDX-License-Identifier: GPL-2.0-only
/* Hold-off gate. Time is a number here, and passes when a test says so. */
#include <kunit/test.h>

#include "../../vdcm/holdoff.h"

#define MS	1000000ULL
#define SHORTEST	VDCM_HOLDOFF_MIN_NS
#define LONGEST	VDCM_HOLDOFF_MAX_NS

static struct vdcm_holdoff *fresh(struct kunit *test)
{
	struct vdcm_holdoff *gate = kunit_kzalloc(test, sizeof(*gate), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, gate);
	return gate;
}

/* One callback of no duration. */
static unsigned int callback(struct vdcm_holdoff *gate, u64 first, u64 last, u64 now)
{
	unsigned int slot = vdcm_holdoff_begin(gate, first, last, now);

	vdcm_holdoff_end(gate, slot, now);
	return slot;
}

static void holdoff_closes(struct kunit *test)
{
	struct vdcm_holdoff *gate = fresh(test);
	u64 now = 5000 * MS;
	unsigned int slot;

	KUNIT_EXPECT_EQ(test, vdcm_holdoff_wait(gate, 0, ~0ULL, now), 0);
	slot = vdcm_holdoff_begin(gate, 0x1000, 0x1fff, now);
	/* Under way: closed however long it takes. */
	KUNIT_EXPECT_EQ(test, vdcm_holdoff_wait(gate, 0x1000, 0x1fff, now), SHORTEST);
	KUNIT_EXPECT_EQ(test, vdcm_holdoff_wait(gate, 0x1fff, 0x2fff, now + 3600000 * MS),
			SHORTEST);
	KUNIT_EXPECT_EQ(test, vdcm_holdoff_wait(gate, 0x0, 0xfff, now), 0);
	KUNIT_EXPECT_EQ(test, vdcm_holdoff_wait(gate, 0x2000, ~0ULL, now), 0);
	now += 7 * MS;
	vdcm_holdoff_end(gate, slot, now);
	KUNIT_EXPECT_EQ(test, vdcm_holdoff_wait(gate, 0, 0x1000, now), SHORTEST);
	KUNIT_EXPECT_EQ(test, vdcm_holdoff_wait(gate, 0x1800, 0x1800, now + 9 * MS), MS);
	KUNIT_EXPECT_EQ(test, vdcm_holdoff_wait(gate, 0x1800, 0x1800, now + SHORTEST - 1), 1);
	KUNIT_EXPECT_EQ(test, vdcm_holdoff_wait(gate, 0x1800, 0x1800, now + SHORTEST), 0);
}

/* Callbacks that follow closely: twice as long each time, up to the limit. */
static void holdoff_doubles(struct kunit *test)
{
	struct vdcm_holdoff *gate = fresh(test);
	u64 hold = SHORTEST, now = 0;
	unsigned int i;

	callback(gate, 0x1000, 0x1fff, now);
	for (i = 0; i < 12; i++) {
		now += MS;
		hold = min(2 * hold, LONGEST);
		callback(gate, 0x1000, 0x1fff, now);
		KUNIT_EXPECT_EQ(test, vdcm_holdoff_wait(gate, 0x1000, 0x1000, now), hold);
	}
	KUNIT_EXPECT_EQ(test, hold, LONGEST);
}

/* Open again but lately: still the same burst. */
static void holdoff_burst_goes_on(struct kunit *test)
{
	struct vdcm_holdoff *gate = fresh(test);

	callback(gate, 0x1000, 0x1fff, 0);
	callback(gate, 0x1000, 0x1fff, 2 * SHORTEST - 1);
	KUNIT_EXPECT_EQ(test, vdcm_holdoff_wait(gate, 0x1000, 0x1000, 2 * SHORTEST - 1),
			2 * SHORTEST);
}

static void holdoff_starts_anew(struct kunit *test)
{
	struct vdcm_holdoff *gate = fresh(test);

	callback(gate, 0x1000, 0x1fff, 0);
	callback(gate, 0x1000, 0x1fff, 2 * SHORTEST);
	KUNIT_EXPECT_EQ(test, vdcm_holdoff_wait(gate, 0x1000, 0x1000, 2 * SHORTEST), SHORTEST);
}

/* Quiet halves the hold, once for each hold that passed. */
static void holdoff_decays(struct kunit *test)
{
	struct vdcm_holdoff *gate = fresh(test);
	u64 now = 0;
	unsigned int i;

	for (i = 0; i < 4; i++)
		callback(gate, 0x1000, 0x1fff, now);
	KUNIT_EXPECT_EQ(test, vdcm_holdoff_wait(gate, 0x1000, 0x1000, now), 8 * SHORTEST);
	/* Opens at 8 units; one hold later it is worth 4. */
	now = 16 * SHORTEST;
	callback(gate, 0x1000, 0x1fff, now);
	KUNIT_EXPECT_EQ(test, vdcm_holdoff_wait(gate, 0x1000, 0x1000, now), 4 * SHORTEST);
	/* Opens 4 later, 4 quiet, 2 quiet: 1 is left. */
	now += (4 + 4 + 2) * SHORTEST;
	callback(gate, 0x1000, 0x1fff, now);
	KUNIT_EXPECT_EQ(test, vdcm_holdoff_wait(gate, 0x1000, 0x1000, now), SHORTEST);
	now += 3600000 * MS;
	callback(gate, 0x1000, 0x1fff, now);
	KUNIT_EXPECT_EQ(test, vdcm_holdoff_wait(gate, 0x1000, 0x1000, now), SHORTEST);
}

/* A range that meets a closed one joins it: both ends grow. */
static void holdoff_joins(struct kunit *test)
{
	struct vdcm_holdoff *gate = fresh(test);
	unsigned int a = callback(gate, 0x5000, 0x5fff, 0);

	KUNIT_EXPECT_EQ(test, callback(gate, 0x4000, 0x5000, 0), a);
	KUNIT_EXPECT_EQ(test, callback(gate, 0x5fff, 0x6fff, 0), a);
	KUNIT_EXPECT_GT(test, vdcm_holdoff_wait(gate, 0x4000, 0x4000, 0), 0);
	KUNIT_EXPECT_GT(test, vdcm_holdoff_wait(gate, 0x6fff, 0x6fff, 0), 0);
	KUNIT_EXPECT_EQ(test, vdcm_holdoff_wait(gate, 0x3fff, 0x3fff, 0), 0);
	KUNIT_EXPECT_EQ(test, vdcm_holdoff_wait(gate, 0x7000, 0x7000, 0), 0);
	/* The neighbour without a common address is a range of its own. */
	KUNIT_EXPECT_NE(test, callback(gate, 0x7000, 0x7fff, 0), a);
	KUNIT_EXPECT_EQ(test, vdcm_holdoff_wait(gate, 0x7000, 0x7000, 0), SHORTEST);
	/* The longest of those that a pin meets counts. */
	KUNIT_EXPECT_EQ(test, vdcm_holdoff_wait(gate, 0x6000, 0x7000, 0), 4 * SHORTEST);
}

/* Two callbacks for one range at a time: closed until both are done. */
static void holdoff_nested(struct kunit *test)
{
	struct vdcm_holdoff *gate = fresh(test);
	unsigned int a = vdcm_holdoff_begin(gate, 0x1000, 0x1fff, 0);
	unsigned int b = vdcm_holdoff_begin(gate, 0x1000, 0x1fff, 0);

	KUNIT_EXPECT_EQ(test, a, b);
	vdcm_holdoff_end(gate, a, MS);
	KUNIT_EXPECT_GT(test, vdcm_holdoff_wait(gate, 0x1000, 0x1000, 1000 * MS), 0);
	vdcm_holdoff_end(gate, b, 1000 * MS);
	KUNIT_EXPECT_EQ(test, vdcm_holdoff_wait(gate, 0x1000, 0x1000, 1000 * MS), 2 * SHORTEST);
	KUNIT_EXPECT_EQ(test, vdcm_holdoff_wait(gate, 0x1000, 0x1000, 1000 * MS + 2 * SHORTEST), 0);
}

/* A range far away takes a slot that has been quiet, with the shortest hold. */
static void holdoff_slot_reused(struct kunit *test)
{
	struct vdcm_holdoff *gate = fresh(test);
	unsigned int i;
	u64 now;

	for (i = 0; i < 4; i++)
		callback(gate, 0x1000, 0x1fff, 0);
	now = 16 * SHORTEST;
	KUNIT_EXPECT_EQ(test, callback(gate, 0x900000, 0x900fff, now), 0);
	KUNIT_EXPECT_EQ(test, vdcm_holdoff_wait(gate, 0x900000, 0x900000, now), SHORTEST);
	KUNIT_EXPECT_EQ(test, vdcm_holdoff_wait(gate, 0x1000, 0x1fff, now), 0);
}

/* More ranges than slots: the nearest closes too much, but not for seconds. */
static void holdoff_full(struct kunit *test)
{
	struct vdcm_holdoff *gate = fresh(test);
	unsigned int i;
	u64 now = 0;

	for (i = 0; i < VDCM_HOLDOFF_RANGES; i++)
		KUNIT_EXPECT_EQ(test, callback(gate, i * 0x100000ULL, i * 0x100000ULL + 0xfff, 0),
				i);
	/* Between 7 and 8, nearer to 8; between 7 and 8, nearer to 7. */
	KUNIT_EXPECT_EQ(test, callback(gate, 0x7f0000, 0x7f0fff, now), 8);
	KUNIT_EXPECT_EQ(test, callback(gate, 0x710000, 0x710fff, now), 7);
	KUNIT_EXPECT_EQ(test, callback(gate, 0x40000000, 0x40000fff, now),
			VDCM_HOLDOFF_RANGES - 1);
	/* What lies between is closed as well, and opens like the rest. */
	KUNIT_EXPECT_EQ(test, vdcm_holdoff_wait(gate, 0x705000, 0x705000, now), SHORTEST);
	KUNIT_EXPECT_EQ(test, vdcm_holdoff_wait(gate, 0x7f8000, 0x7f8000, now), SHORTEST);
	KUNIT_EXPECT_EQ(test, vdcm_holdoff_wait(gate, 0x780000, 0x780000, now), 0);
	for (i = 0; i < 10; i++)
		callback(gate, 0x7f0000, 0x7f0fff, now);
	KUNIT_EXPECT_EQ(test, vdcm_holdoff_wait(gate, 0x800000, 0x800000, now),
			VDCM_HOLDOFF_MERGED_NS);
	/* A new burst of its own is not merged any more. */
	now += 3600000 * MS;
	for (i = 0; i < 12; i++)
		callback(gate, 0x800000, 0x800fff, now);
	KUNIT_EXPECT_EQ(test, vdcm_holdoff_wait(gate, 0x800000, 0x800000, now), LONGEST);
	KUNIT_EXPECT_EQ(test, vdcm_holdoff_wait(gate, 0x7f8000, 0x7f8000, now), 0);
}

/* Observe mode: five pins a burst, none of them spent where it is refused. */
static void holdoff_passes(struct kunit *test)
{
	struct vdcm_holdoff *gate = fresh(test);
	unsigned int i;

	KUNIT_EXPECT_TRUE(test, vdcm_holdoff_pass(gate, 0, ~0ULL, 0));
	callback(gate, 0x1000, 0x1fff, 0);
	callback(gate, 0x5000, 0x5fff, 0);
	for (i = 0; i < VDCM_HOLDOFF_PASSES; i++)
		KUNIT_EXPECT_TRUE(test, vdcm_holdoff_pass(gate, 0x1000, 0x1000, 0));
	KUNIT_EXPECT_FALSE(test, vdcm_holdoff_pass(gate, 0x1000, 0x1000, 0));
	/* Refused for one of two ranges: not counted on the other. */
	for (i = 0; i < 10; i++)
		KUNIT_EXPECT_FALSE(test, vdcm_holdoff_pass(gate, 0x1000, 0x5fff, 0));
	for (i = 0; i < VDCM_HOLDOFF_PASSES; i++)
		KUNIT_EXPECT_TRUE(test, vdcm_holdoff_pass(gate, 0x5000, 0x5000, 0));
	KUNIT_EXPECT_FALSE(test, vdcm_holdoff_pass(gate, 0x5000, 0x5000, 0));
	/* Elsewhere, and once it is open, there is nothing to pass. */
	KUNIT_EXPECT_TRUE(test, vdcm_holdoff_pass(gate, 0x8000, 0x8fff, 0));
	KUNIT_EXPECT_TRUE(test, vdcm_holdoff_pass(gate, 0x1000, 0x1000, SHORTEST));
	/* A further callback of the burst gives no new ones, a new burst does. */
	callback(gate, 0x1000, 0x1fff, SHORTEST);
	KUNIT_EXPECT_FALSE(test, vdcm_holdoff_pass(gate, 0x1000, 0x1000, SHORTEST));
	callback(gate, 0x1000, 0x1fff, 1000 * MS);
	KUNIT_EXPECT_TRUE(test, vdcm_holdoff_pass(gate, 0x1000, 0x1000, 1000 * MS));
}

/* The last byte of the address space. */
static void holdoff_whole(struct kunit *test)
{
	struct vdcm_holdoff *gate = fresh(test);

	callback(gate, 0, ~0ULL, 0);
	KUNIT_EXPECT_EQ(test, vdcm_holdoff_wait(gate, ~0ULL, ~0ULL, 0), SHORTEST);
	KUNIT_EXPECT_EQ(test, vdcm_holdoff_wait(gate, 0, 0, 0), SHORTEST);
}

static struct kunit_case holdoff_cases[] = {
	KUNIT_CASE(holdoff_closes),
	KUNIT_CASE(holdoff_doubles),
	KUNIT_CASE(holdoff_burst_goes_on),
	KUNIT_CASE(holdoff_starts_anew),
	KUNIT_CASE(holdoff_decays),
	KUNIT_CASE(holdoff_joins),
	KUNIT_CASE(holdoff_nested),
	KUNIT_CASE(holdoff_slot_reused),
	KUNIT_CASE(holdoff_full),
	KUNIT_CASE(holdoff_passes),
	KUNIT_CASE(holdoff_whole),
	{ }
};

static struct kunit_suite holdoff_suite = {
	.name = "holdoff",
	.test_cases = holdoff_cases,
};

kunit_test_suites(&holdoff_suite);
