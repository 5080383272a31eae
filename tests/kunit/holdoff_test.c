// SPDX-License-Identifier: GPL-2.0-only
/* Hold-off gate. Time is a number here, and passes when a test says so. */
#include <kunit/test.h>

#include "../../vdcm/objects/holdoff.h"

#define MS	1000000ULL
#define HOUR	(3600000 * MS)
#define UNKNOWN	VDCM_HOLDOFF_UNKNOWN

static struct vdcm_holdoff *fresh(struct kunit *test)
{
	struct vdcm_holdoff *gate = kunit_kzalloc(test, sizeof(*gate), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, gate);
	return gate;
}

static void closed(struct kunit *test, const struct vdcm_holdoff *gate, u64 addr, u64 now)
{
	KUNIT_EXPECT_EQ(test, vdcm_holdoff_wait(gate, addr, addr, now), UNKNOWN);
}

static void open_at(struct kunit *test, const struct vdcm_holdoff *gate, u64 addr, u64 now)
{
	KUNIT_EXPECT_EQ(test, vdcm_holdoff_wait(gate, addr, addr, now), 0);
}

/* From the first callback to the end of the operation, however long that takes. */
static void holdoff_closes(struct kunit *test)
{
	struct vdcm_holdoff *gate = fresh(test);
	struct vdcm_closer op = { };
	u64 now = 5000 * MS;
	int slot;

	KUNIT_EXPECT_EQ(test, vdcm_holdoff_wait(gate, 0, ~0ULL, now), 0);
	slot = vdcm_holdoff_close(gate, &op, 0x1000, 0x1fff, now);
	KUNIT_ASSERT_GE(test, slot, 0);
	closed(test, gate, 0x1000, now);
	closed(test, gate, 0x1fff, now + HOUR);
	KUNIT_EXPECT_EQ(test, vdcm_holdoff_wait(gate, 0, 0x1000, now), UNKNOWN);
	KUNIT_EXPECT_EQ(test, vdcm_holdoff_wait(gate, 0x1fff, ~0ULL, now), UNKNOWN);
	KUNIT_EXPECT_EQ(test, vdcm_holdoff_wait(gate, 0, 0xfff, now), 0);
	KUNIT_EXPECT_EQ(test, vdcm_holdoff_wait(gate, 0x2000, ~0ULL, now), 0);
	vdcm_holdoff_open(gate, slot, now + 7 * MS);
	KUNIT_EXPECT_EQ(test, vdcm_holdoff_wait(gate, 0, ~0ULL, now + 7 * MS), 0);
}

/* It has one range, which takes in what it is called back for; nothing opens between. */
static void holdoff_grows(struct kunit *test)
{
	struct vdcm_holdoff *gate = fresh(test);
	struct vdcm_closer op = { }, other = { };
	int slot = vdcm_holdoff_close(gate, &op, 0x5000, 0x5fff, 1);

	KUNIT_EXPECT_EQ(test, vdcm_holdoff_close(gate, &op, 0x2000, 0x2fff, 2), slot);
	KUNIT_EXPECT_EQ(test, vdcm_holdoff_close(gate, &op, 0x9000, 0x9fff, 3), slot);
	KUNIT_EXPECT_EQ(test, vdcm_holdoff_close(gate, &op, 0x5000, 0x5fff, 4), slot);
	closed(test, gate, 0x2000, 5);
	closed(test, gate, 0x5800, 5);
	closed(test, gate, 0x9fff, 5);
	open_at(test, gate, 0x1fff, 5);
	open_at(test, gate, 0xa000, 5);
	/* Another operation's range is its own, and so is its end. */
	KUNIT_EXPECT_NE(test, vdcm_holdoff_close(gate, &other, 0x9000, 0x9fff, 6), slot);
	vdcm_holdoff_open(gate, slot, 7);
	open_at(test, gate, 0x5000, 8);
	closed(test, gate, 0x9000, 8);
	/* Its next operation begins anew. */
	slot = vdcm_holdoff_close(gate, &op, 0x100000, 0x100fff, 9);
	closed(test, gate, 0x100000, 9);
	open_at(test, gate, 0x5000, 9);
	KUNIT_EXPECT_GE(test, slot, 0);
}

/* More operations at a time than there are slots: everything, for a while. */
static void holdoff_full(struct kunit *test)
{
	struct vdcm_closer op[VDCM_HOLDOFF_RANGES + 1] = { };
	struct vdcm_holdoff *gate = fresh(test);
	unsigned int i;

	for (i = 0; i < VDCM_HOLDOFF_RANGES; i++)
		KUNIT_ASSERT_GE(test, vdcm_holdoff_close(gate, &op[i], i << 16,
							 (i << 16) + 0xfff, MS), 0);
	open_at(test, gate, 0x1000, MS);
	KUNIT_EXPECT_EQ(test, vdcm_holdoff_close(gate, &op[i], i << 16, (i << 16) + 0xfff, MS),
			-ENOSPC);
	KUNIT_EXPECT_EQ(test, vdcm_holdoff_wait(gate, 0x1000, 0x1000, MS), VDCM_HOLDOFF_MAX_NS);
	KUNIT_EXPECT_EQ(test, vdcm_holdoff_wait(gate, 0x1000, 0x1000, VDCM_HOLDOFF_MAX_NS), MS);
	open_at(test, gate, 0x1000, MS + VDCM_HOLDOFF_MAX_NS);
	KUNIT_EXPECT_FALSE(test, vdcm_holdoff_pass(gate, 0x1000, 0x1000, 2 * MS));
	/* Those that have a slot are unharmed. */
	closed(test, gate, 0x10000, HOUR);
	/* And one that becomes free is taken. */
	vdcm_holdoff_open(gate, 3, HOUR);
	KUNIT_EXPECT_EQ(test, vdcm_holdoff_close(gate, &op[i], 0x900000, 0x900fff, HOUR), 3);
	closed(test, gate, 0x900000, HOUR);
}

static void holdoff_shut(struct kunit *test)
{
	struct vdcm_holdoff *gate = fresh(test);

	vdcm_holdoff_shut(gate);
	vdcm_holdoff_shut(gate);
	closed(test, gate, 0, HOUR);
	KUNIT_EXPECT_FALSE(test, vdcm_holdoff_pass(gate, 0, 0, HOUR));
	vdcm_holdoff_unshut(gate, HOUR);
	closed(test, gate, 0, 2 * HOUR);
	vdcm_holdoff_unshut(gate, 2 * HOUR);
	/* The operation may go on. */
	KUNIT_EXPECT_EQ(test, vdcm_holdoff_wait(gate, 0, 0, 2 * HOUR), VDCM_HOLDOFF_MAX_NS);
	open_at(test, gate, 0, 2 * HOUR + VDCM_HOLDOFF_MAX_NS);
}

static void holdoff_close_all(struct kunit *test)
{
	struct vdcm_holdoff *gate = fresh(test);

	vdcm_holdoff_close_all(gate, 100);
	vdcm_holdoff_close_all(gate, 50);
	KUNIT_EXPECT_EQ(test, vdcm_holdoff_wait(gate, 0, 0, 30), 70);
	KUNIT_EXPECT_EQ(test, vdcm_holdoff_wait(gate, ~0ULL, ~0ULL, 99), 1);
	open_at(test, gate, 0, 100);
}

/* What was unmapped is missed for a while only; what never was, never. */
static void holdoff_lately(struct kunit *test)
{
	struct vdcm_holdoff *gate = fresh(test);
	struct vdcm_closer op = { };
	int slot;

	KUNIT_EXPECT_FALSE(test, vdcm_holdoff_lately(gate, 0, 0));
	slot = vdcm_holdoff_close(gate, &op, 0x1000, 0x1fff, MS);
	KUNIT_EXPECT_TRUE(test, vdcm_holdoff_lately(gate, 0x1000, HOUR));
	vdcm_holdoff_open(gate, slot, HOUR);
	KUNIT_EXPECT_TRUE(test, vdcm_holdoff_lately(gate, 0x1fff, HOUR));
	KUNIT_EXPECT_FALSE(test, vdcm_holdoff_lately(gate, 0x2000, HOUR));
	KUNIT_EXPECT_TRUE(test, vdcm_holdoff_lately(gate, 0x1000,
						    HOUR + VDCM_HOLDOFF_LATELY_NS - 1));
	KUNIT_EXPECT_FALSE(test, vdcm_holdoff_lately(gate, 0x1000,
						     HOUR + VDCM_HOLDOFF_LATELY_NS));
	/* Without a gate to close. */
	vdcm_holdoff_note(gate, 0x7000, 0x7fff, 2 * HOUR);
	open_at(test, gate, 0x7000, 2 * HOUR);
	KUNIT_EXPECT_TRUE(test, vdcm_holdoff_lately(gate, 0x7000, 2 * HOUR));
}

/* The oldest is forgotten first, what is closed never. */
static void holdoff_forgets(struct kunit *test)
{
	struct vdcm_holdoff *gate = fresh(test);
	struct vdcm_closer op = { };
	unsigned int i;

	vdcm_holdoff_close(gate, &op, 0x1000, 0x1fff, 1);
	for (i = 2; i < 2 * VDCM_HOLDOFF_RANGES; i++)
		vdcm_holdoff_note(gate, i << 16, (i << 16) + 0xfff, i * MS);
	closed(test, gate, 0x1000, i * MS);
	KUNIT_EXPECT_TRUE(test, vdcm_holdoff_lately(gate, (i - 1) << 16, i * MS));
	KUNIT_EXPECT_TRUE(test, vdcm_holdoff_lately(gate, (i - VDCM_HOLDOFF_RANGES + 1) << 16,
						    i * MS));
	KUNIT_EXPECT_FALSE(test, vdcm_holdoff_lately(gate, 2 << 16, i * MS));
}

/* Observe mode: so many pins for one operation, through whichever ADI's gate. */
static void holdoff_passes(struct kunit *test)
{
	struct vdcm_holdoff *a = fresh(test), *b = fresh(test);
	struct vdcm_closer op = { };
	unsigned int i;
	int slot;

	KUNIT_EXPECT_TRUE(test, vdcm_holdoff_pass(a, 0x1000, 0x1000, 0));
	vdcm_holdoff_close(a, &op, 0x1000, 0x1fff, 0);
	slot = vdcm_holdoff_close(b, &op, 0x1000, 0x1fff, 0);
	for (i = 0; i < VDCM_HOLDOFF_PASSES; i++)
		KUNIT_EXPECT_TRUE(test, vdcm_holdoff_pass(i % 2 ? a : b, 0x1000, 0x1000, 0));
	KUNIT_EXPECT_FALSE(test, vdcm_holdoff_pass(a, 0x1000, 0x1000, 0));
	KUNIT_EXPECT_FALSE(test, vdcm_holdoff_pass(b, 0x1000, 0x1000, 0));
	/* Where nothing is closed nothing is counted. */
	KUNIT_EXPECT_TRUE(test, vdcm_holdoff_pass(a, 0x2000, 0x2000, 0));
	vdcm_holdoff_open(b, slot, 1);
	KUNIT_EXPECT_TRUE(test, vdcm_holdoff_pass(b, 0x1000, 0x1000, 2));
}

static void holdoff_hold(struct kunit *test)
{
	static const struct {
		unsigned int callbacks;
		u64 hold;
	} row[] = {
		{ 0, 10 * MS }, { 1, 10 * MS }, { 2, 10 * MS }, { 3, 20 * MS }, { 4, 40 * MS },
		{ 10, 2560 * MS }, { 11, 4000 * MS }, { 12, 4000 * MS }, { ~0u, 4000 * MS },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(row); i++)
		KUNIT_EXPECT_EQ(test, vdcm_holdoff_hold(row[i].callbacks), row[i].hold);
}

static struct kunit_case holdoff_cases[] = {
	KUNIT_CASE(holdoff_closes),
	KUNIT_CASE(holdoff_grows),
	KUNIT_CASE(holdoff_full),
	KUNIT_CASE(holdoff_shut),
	KUNIT_CASE(holdoff_close_all),
	KUNIT_CASE(holdoff_lately),
	KUNIT_CASE(holdoff_forgets),
	KUNIT_CASE(holdoff_passes),
	KUNIT_CASE(holdoff_hold),
	{ }
};

static struct kunit_suite holdoff_suite = {
	.name = "holdoff",
	.test_cases = holdoff_cases,
};

kunit_test_suites(&holdoff_suite);
