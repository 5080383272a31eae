// SPDX-License-Identifier: GPL-2.0-only
/* MSI-X table, pending bits, and what blocks a vector. */
#include <kunit/test.h>

#include "../../vdcm/objects/msix.h"

#define NR	5
#define ENABLE	0x8000
#define MASKALL	0x4000

static struct vdcm_msix *fresh(struct kunit *test, unsigned int nr)
{
	struct vdcm_msix *m = kunit_kmalloc(test, sizeof(*m), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, m);
	memset(m, 0xa5, sizeof(*m));
	vdcm_msix_init(m, nr);
	return m;
}

static u32 ctrl_of(const struct vdcm_msix *m, unsigned int vec)
{
	return vdcm_msix_table_read(m, vec * 16 + 12, 4);
}

static void set_mask(struct vdcm_msix *m, unsigned int vec, bool on)
{
	vdcm_msix_table_write(m, vec * 16 + 12, 4, on);
}

static void msix_fresh(struct kunit *test)
{
	struct vdcm_msix *m = fresh(test, NR);
	unsigned int i;

	for (i = 0; i < NR; i++) {
		KUNIT_EXPECT_EQ(test, vdcm_msix_table_read(m, i * 16, 8), 0);
		KUNIT_EXPECT_EQ(test, vdcm_msix_table_read(m, i * 16 + 8, 8), 1ULL << 32);
	}
	/* Nothing behind the last entry. */
	KUNIT_EXPECT_EQ(test, vdcm_msix_table_read(m, NR * 16, 8), 0);
	KUNIT_EXPECT_EQ(test, vdcm_msix_table_read(m, NR * 16 + 12, 4), 0);
	KUNIT_EXPECT_EQ(test, vdcm_msix_pba_read(m, 0, 8), 0);
	KUNIT_EXPECT_EQ(test, vdcm_msix_take_ready(m), 0);
	for (i = 0; i < NR; i++)
		KUNIT_EXPECT_TRUE(test, vdcm_msix_blocked(m, i));
}

/* Nobody touched table or control: who is armed gets it. */
static void msix_armed(struct kunit *test)
{
	struct vdcm_msix *m = fresh(test, NR);

	vdcm_msix_arm(m, 2, true);
	KUNIT_EXPECT_TRUE(test, vdcm_msix_signal(m, 2));
	KUNIT_EXPECT_FALSE(test, vdcm_msix_signal(m, 1));
	KUNIT_EXPECT_EQ(test, vdcm_msix_pba_read(m, 0, 8), BIT(1));
	KUNIT_EXPECT_EQ(test, vdcm_msix_take_ready(m), 0);
	vdcm_msix_arm(m, 1, true);
	KUNIT_EXPECT_EQ(test, vdcm_msix_take_ready(m), BIT(1));
	KUNIT_EXPECT_EQ(test, vdcm_msix_take_ready(m), 0);
	KUNIT_EXPECT_EQ(test, vdcm_msix_pba_read(m, 0, 8), 0);
	vdcm_msix_arm(m, 1, false);
	KUNIT_EXPECT_TRUE(test, vdcm_msix_blocked(m, 1));
	KUNIT_EXPECT_FALSE(test, vdcm_msix_blocked(m, 2));
}

static void msix_no_such_vector(struct kunit *test)
{
	struct vdcm_msix *m = fresh(test, NR);

	KUNIT_EXPECT_FALSE(test, vdcm_msix_signal(m, NR));
	KUNIT_EXPECT_FALSE(test, vdcm_msix_signal(m, 64));
	KUNIT_EXPECT_FALSE(test, vdcm_msix_signal(m, ~0U));
	KUNIT_EXPECT_EQ(test, m->pending, 0);
	/* The last one there can be. */
	m = fresh(test, VDCM_MAX_VECTORS);
	KUNIT_EXPECT_FALSE(test, vdcm_msix_signal(m, 63));
	KUNIT_EXPECT_EQ(test, vdcm_msix_pba_read(m, 0, 8), 1ULL << 63);
	vdcm_msix_arm(m, 63, true);
	KUNIT_EXPECT_EQ(test, vdcm_msix_take_ready(m), 1ULL << 63);
	KUNIT_EXPECT_EQ(test, ctrl_of(m, 63), 1);
}

static void msix_held(struct kunit *test)
{
	struct vdcm_msix *m = fresh(test, NR);

	vdcm_msix_arm(m, 0, true);
	vdcm_msix_arm(m, 1, true);
	vdcm_msix_hold(m, 0, true);
	KUNIT_EXPECT_FALSE(test, vdcm_msix_signal(m, 0));
	KUNIT_EXPECT_FALSE(test, vdcm_msix_signal(m, 0));
	KUNIT_EXPECT_TRUE(test, vdcm_msix_signal(m, 1));
	KUNIT_EXPECT_EQ(test, vdcm_msix_take_ready(m), 0);
	vdcm_msix_hold(m, 0, false);
	/* Twice pending is once delivered. */
	KUNIT_EXPECT_EQ(test, vdcm_msix_take_ready(m), BIT(0));
	KUNIT_EXPECT_TRUE(test, vdcm_msix_signal(m, 0));
}

static void msix_table_mask(struct kunit *test)
{
	struct vdcm_msix *m = fresh(test, NR);

	vdcm_msix_arm(m, 3, true);
	vdcm_msix_arm(m, 4, true);
	set_mask(m, 3, true);
	KUNIT_EXPECT_FALSE(test, vdcm_msix_signal(m, 3));
	/* The neighbour's entry, masked since reset, was not written. */
	KUNIT_EXPECT_TRUE(test, vdcm_msix_signal(m, 4));
	set_mask(m, 3, false);
	KUNIT_EXPECT_EQ(test, vdcm_msix_take_ready(m), BIT(3));
	/* Writing the address alone leaves the entry masked, and now it counts. */
	vdcm_msix_table_write(m, 4 * 16, 4, 0xfee00000);
	KUNIT_EXPECT_FALSE(test, vdcm_msix_signal(m, 4));
	set_mask(m, 4, false);
	KUNIT_EXPECT_EQ(test, vdcm_msix_take_ready(m), BIT(4));
}

static void msix_function(struct kunit *test)
{
	struct vdcm_msix *m = fresh(test, NR);

	vdcm_msix_arm(m, 0, true);
	/* Never enabled: control does not block. */
	vdcm_msix_ctrl(m, 0);
	KUNIT_EXPECT_TRUE(test, vdcm_msix_signal(m, 0));
	vdcm_msix_ctrl(m, MASKALL);
	KUNIT_EXPECT_TRUE(test, vdcm_msix_signal(m, 0));
	vdcm_msix_ctrl(m, ENABLE);
	KUNIT_EXPECT_TRUE(test, vdcm_msix_signal(m, 0));
	vdcm_msix_ctrl(m, ENABLE | MASKALL);
	KUNIT_EXPECT_FALSE(test, vdcm_msix_signal(m, 0));
	vdcm_msix_ctrl(m, 0);
	KUNIT_EXPECT_EQ(test, vdcm_msix_take_ready(m), 0);
	KUNIT_EXPECT_TRUE(test, vdcm_msix_blocked(m, 0));
	vdcm_msix_ctrl(m, ENABLE);
	KUNIT_EXPECT_EQ(test, vdcm_msix_take_ready(m), BIT(0));
}

static void msix_reset_and_forget(struct kunit *test)
{
	struct vdcm_msix *m = fresh(test, NR);

	vdcm_msix_arm(m, 0, true);
	vdcm_msix_arm(m, 1, true);
	vdcm_msix_hold(m, 1, true);
	vdcm_msix_ctrl(m, ENABLE | MASKALL);
	set_mask(m, 0, false);
	vdcm_msix_table_write(m, 0, 8, ~0ULL);
	vdcm_msix_signal(m, 0);
	vdcm_msix_reset(m);
	/* User space's part stays, the function's is as new. */
	KUNIT_EXPECT_EQ(test, vdcm_msix_table_read(m, 0, 8), 0);
	KUNIT_EXPECT_EQ(test, ctrl_of(m, 0), 1);
	KUNIT_EXPECT_EQ(test, vdcm_msix_pba_read(m, 0, 8), 0);
	KUNIT_EXPECT_TRUE(test, vdcm_msix_signal(m, 0));
	KUNIT_EXPECT_FALSE(test, vdcm_msix_signal(m, 1));
	vdcm_msix_forget(m);
	KUNIT_EXPECT_EQ(test, vdcm_msix_pba_read(m, 0, 8), 0);
	KUNIT_EXPECT_FALSE(test, vdcm_msix_signal(m, 0));
	vdcm_msix_arm(m, 0, true);
	KUNIT_EXPECT_EQ(test, vdcm_msix_take_ready(m), BIT(0));
	vdcm_msix_arm(m, 1, true);
	KUNIT_EXPECT_TRUE(test, vdcm_msix_signal(m, 1));
}

/* Each bit of an entry; address bits 1:0 and reserved control bits read 0. */
static void msix_table_bits(struct kunit *test)
{
	static const u32 mask[4] = { 0xfffffffc, 0xffffffff, 0xffffffff, 0x1 };
	struct vdcm_msix *m = fresh(test, NR);
	u32 at, i, size;

	for (at = 0; at < NR * 16; at += 4) {
		vdcm_msix_table_write(m, at, 4, ~0U);
		KUNIT_EXPECT_EQ(test, vdcm_msix_table_read(m, at, 4), mask[at / 4 % 4]);
		vdcm_msix_table_write(m, at, 4, 0);
		KUNIT_EXPECT_EQ(test, vdcm_msix_table_read(m, at, 4), 0);
	}
	/* Any size is the same as its bytes. */
	for (size = 1; size <= 8; size *= 2) {
		for (at = 0; at < NR * 16; at += size) {
			u64 value = 0;

			vdcm_msix_table_write(m, at, size, 0x1122334455667788);
			for (i = 0; i < size; i++)
				value |= vdcm_msix_table_read(m, at + i, 1) << 8 * i;
			KUNIT_EXPECT_EQ(test, vdcm_msix_table_read(m, at, size), value);
			KUNIT_EXPECT_EQ(test, value & 0xfc,
					at % 16 >= 12 ? 0 : 0x88);
		}
	}
}

/* A write that begins in the last entry ends with it. */
static void msix_table_end(struct kunit *test)
{
	struct vdcm_msix *m = fresh(test, NR);

	vdcm_msix_table_write(m, NR * 16 - 1, 8, ~0ULL);
	vdcm_msix_table_write(m, NR * 16, 8, ~0ULL);
	vdcm_msix_table_write(m, VDCM_MSIX_TABLE_SIZE, 8, ~0ULL);
	KUNIT_EXPECT_EQ(test, m->table[NR * 16], 0);
	KUNIT_EXPECT_EQ(test, m->written, BIT(NR - 1));
	m = fresh(test, VDCM_MAX_VECTORS);
	vdcm_msix_table_write(m, VDCM_MSIX_TABLE_SIZE - 4, 8, 0);
	KUNIT_EXPECT_EQ(test, ctrl_of(m, 63), 0);
	KUNIT_EXPECT_EQ(test, m->pending, 0);
	KUNIT_EXPECT_EQ(test, vdcm_msix_table_read(m, VDCM_MSIX_TABLE_SIZE - 4, 8), 0);
}

static void msix_pba(struct kunit *test)
{
	struct vdcm_msix *m = fresh(test, VDCM_MAX_VECTORS);
	unsigned int i;

	for (i = 0; i < 64; i += 9)
		vdcm_msix_signal(m, i);
	for (i = 0; i < 8; i++)
		KUNIT_EXPECT_EQ(test, vdcm_msix_pba_read(m, i, 1), BIT(i));
	KUNIT_EXPECT_EQ(test, vdcm_msix_pba_read(m, 0, 8), 0x8040201008040201);
	KUNIT_EXPECT_EQ(test, vdcm_msix_pba_read(m, 4, 4), 0x80402010);
	KUNIT_EXPECT_EQ(test, vdcm_msix_pba_read(m, 2, 2), 0x0804);
	KUNIT_EXPECT_EQ(test, vdcm_msix_pba_read(m, 7, 8), 0x80);
	KUNIT_EXPECT_EQ(test, vdcm_msix_pba_read(m, 8, 8), 0);
	KUNIT_EXPECT_EQ(test, vdcm_msix_pba_read(m, ~0U, 4), 0);
}

static struct kunit_case msix_cases[] = {
	KUNIT_CASE(msix_fresh),
	KUNIT_CASE(msix_armed),
	KUNIT_CASE(msix_no_such_vector),
	KUNIT_CASE(msix_held),
	KUNIT_CASE(msix_table_mask),
	KUNIT_CASE(msix_function),
	KUNIT_CASE(msix_reset_and_forget),
	KUNIT_CASE(msix_table_bits),
	KUNIT_CASE(msix_table_end),
	KUNIT_CASE(msix_pba),
	{ }
};

static struct kunit_suite msix_suite = {
	.name = "msix",
	.test_cases = msix_cases,
};

kunit_test_suites(&msix_suite);
