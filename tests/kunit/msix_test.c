// SPDX-License-Identifier: GPL-2.0-only
/* MSI-X table, pending bits, and what blocks a vector. */
#include <kunit/test.h>

#include "../../vdcm/objects/msix.h"

#define NR	5
#define ENABLE	0x8000
#define MASKALL	0x4000

#define LAST	(VDCM_MAX_VECTORS - 1)

static void end_msix(void *m)
{
	vdcm_msix_exit(m);
}

static struct vdcm_msix *fresh(struct kunit *test, unsigned int nr)
{
	struct vdcm_msix *m = kunit_kmalloc(test, sizeof(*m), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, m);
	memset(m, 0xa5, sizeof(*m));
	KUNIT_ASSERT_EQ(test, vdcm_msix_init(m, nr), 0);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, end_msix, m), 0);
	return m;
}

/* All vectors below 64 that are ready, by bit; taken. */
static u64 ready(struct vdcm_msix *m)
{
	u64 all = 0;
	int vec = 0;

	while ((vec = vdcm_msix_take_ready(m, vec)) >= 0)
		all |= BIT_ULL(vec);
	return all;
}

static bool pending(const struct vdcm_msix *m, unsigned int vec)
{
	return vdcm_msix_pba_read(m, vec / 8, 1) & BIT(vec % 8);
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
	KUNIT_EXPECT_EQ(test, ready(m), 0);
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
	KUNIT_EXPECT_EQ(test, ready(m), 0);
	vdcm_msix_arm(m, 1, true);
	KUNIT_EXPECT_EQ(test, ready(m), BIT(1));
	KUNIT_EXPECT_EQ(test, ready(m), 0);
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
	KUNIT_EXPECT_EQ(test, vdcm_msix_pba_read(m, 0, 8), 0);
	/* The last one there can be. */
	m = fresh(test, VDCM_MAX_VECTORS);
	KUNIT_EXPECT_FALSE(test, vdcm_msix_signal(m, LAST));
	KUNIT_EXPECT_FALSE(test, vdcm_msix_signal(m, LAST + 1));
	KUNIT_EXPECT_EQ(test, vdcm_msix_pba_read(m, LAST / 64 * 8, 8), 1ULL << 63);
	vdcm_msix_arm(m, LAST, true);
	KUNIT_EXPECT_EQ(test, vdcm_msix_take_ready(m, 0), LAST);
	KUNIT_EXPECT_EQ(test, ctrl_of(m, LAST), 1);
}

/* Vectors in words of 64: each is one of its own, and all are found in their order. */
static void msix_many(struct kunit *test)
{
	static const u16 nrs[] = { 1, 63, 64, 65, 128, 200, VDCM_MAX_VECTORS };
	unsigned int i, k;

	for (i = 0; i < ARRAY_SIZE(nrs); i++) {
		struct vdcm_msix *m = fresh(test, nrs[i]);
		int vec = 0;

		for (k = 0; k < nrs[i]; k++) {
			KUNIT_ASSERT_FALSE(test, vdcm_msix_signal(m, k));
			KUNIT_ASSERT_TRUE(test, pending(m, k));
			KUNIT_ASSERT_FALSE(test, pending(m, k + 1));
			KUNIT_ASSERT_EQ(test, vdcm_msix_take_ready(m, 0), -1);
		}
		/* Every third has someone to signal, every ninth of them is masked. */
		for (k = 0; k < nrs[i]; k++) {
			vdcm_msix_arm(m, k, k % 3 == 0);
			vdcm_msix_hold(m, k, k % 9 == 0);
		}
		for (k = 0; k < nrs[i]; k++) {
			if (k % 3 || k % 9 == 0)
				continue;
			KUNIT_ASSERT_EQ(test, vdcm_msix_take_ready(m, vec), k);
			KUNIT_ASSERT_FALSE(test, pending(m, k));
			vec = k + 1;
		}
		KUNIT_ASSERT_EQ(test, vdcm_msix_take_ready(m, vec), -1);
		KUNIT_ASSERT_TRUE(test, pending(m, 0));
		vdcm_msix_hold(m, 0, false);
		KUNIT_ASSERT_EQ(test, vdcm_msix_take_ready(m, 1), -1);
		KUNIT_ASSERT_EQ(test, vdcm_msix_take_ready(m, 0), 0);
		KUNIT_ASSERT_EQ(test, vdcm_msix_take_ready(m, nrs[i]), -1);
	}
}

/* User space's own trigger heeds its own mask only. */
static void msix_loopback(struct kunit *test)
{
	struct vdcm_msix *m = fresh(test, 70);

	KUNIT_EXPECT_FALSE(test, vdcm_msix_loopback(m, 69));
	KUNIT_EXPECT_FALSE(test, pending(m, 69));
	vdcm_msix_arm(m, 69, true);
	KUNIT_EXPECT_TRUE(test, vdcm_msix_loopback(m, 69));
	vdcm_msix_ctrl(m, ENABLE | MASKALL);
	KUNIT_EXPECT_TRUE(test, vdcm_msix_loopback(m, 69));
	vdcm_msix_hold(m, 69, true);
	KUNIT_EXPECT_FALSE(test, vdcm_msix_loopback(m, 69));
	KUNIT_EXPECT_TRUE(test, pending(m, 69));
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
	KUNIT_EXPECT_EQ(test, ready(m), 0);
	vdcm_msix_hold(m, 0, false);
	/* Twice pending is once delivered. */
	KUNIT_EXPECT_EQ(test, ready(m), BIT(0));
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
	KUNIT_EXPECT_EQ(test, ready(m), BIT(3));
	/* Writing the address alone leaves the entry masked, and now it counts. */
	vdcm_msix_table_write(m, 4 * 16, 4, 0xfee00000);
	KUNIT_EXPECT_FALSE(test, vdcm_msix_signal(m, 4));
	set_mask(m, 4, false);
	KUNIT_EXPECT_EQ(test, ready(m), BIT(4));
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
	KUNIT_EXPECT_EQ(test, ready(m), 0);
	KUNIT_EXPECT_TRUE(test, vdcm_msix_blocked(m, 0));
	vdcm_msix_ctrl(m, ENABLE);
	KUNIT_EXPECT_EQ(test, ready(m), BIT(0));
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
	KUNIT_EXPECT_EQ(test, ready(m), BIT(0));
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
	vdcm_msix_table_write(m, VDCM_MAX_VECTORS * 16, 8, ~0ULL);
	KUNIT_EXPECT_EQ(test, vdcm_msix_table_read(m, NR * 16, 8), 0);
	KUNIT_EXPECT_EQ(test, m->written[0], BIT(NR - 1));
	m = fresh(test, VDCM_MAX_VECTORS);
	vdcm_msix_table_write(m, LAST * 16 + 12, 8, 0);
	KUNIT_EXPECT_EQ(test, ctrl_of(m, LAST), 0);
	KUNIT_EXPECT_EQ(test, ctrl_of(m, LAST - 1), 1);
	KUNIT_EXPECT_EQ(test, vdcm_msix_table_read(m, LAST * 16 + 12, 8), 0);
}

static void msix_pba(struct kunit *test)
{
	struct vdcm_msix *m = fresh(test, 64);
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
	/* Across two words. */
	m = fresh(test, 65);
	vdcm_msix_signal(m, 63);
	vdcm_msix_signal(m, 64);
	KUNIT_EXPECT_EQ(test, vdcm_msix_pba_read(m, 7, 4), 0x180);
	KUNIT_EXPECT_EQ(test, vdcm_msix_pba_read(m, 8, 8), 1);
	KUNIT_EXPECT_EQ(test, vdcm_msix_pba_read(m, 16, 8), 0);
}

/* While the VM is stopped nothing is delivered, and nothing lost; a reset does not end it. */
static void msix_stopped(struct kunit *test)
{
	struct vdcm_msix *m = fresh(test, NR);

	vdcm_msix_arm(m, 1, true);
	vdcm_msix_arm(m, 2, true);
	m->stopped = true;
	KUNIT_EXPECT_TRUE(test, vdcm_msix_blocked(m, 1));
	KUNIT_EXPECT_FALSE(test, vdcm_msix_signal(m, 1));
	KUNIT_EXPECT_FALSE(test, vdcm_msix_loopback(m, 2));
	KUNIT_EXPECT_EQ(test, ready(m), 0);
	m->stopped = false;
	KUNIT_EXPECT_EQ(test, ready(m), BIT(1) | BIT(2));
	m->stopped = true;
	vdcm_msix_reset(m);
	KUNIT_EXPECT_FALSE(test, vdcm_msix_signal(m, 1));
}

/* A table moved to another function is the same to its guest. */
static void msix_moves(struct kunit *test)
{
	static const unsigned int sizes[] = { 1, NR, 64, 65, VDCM_MAX_VECTORS };
	unsigned int i, vec;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		unsigned int nr = sizes[i];
		struct vdcm_msix *a = fresh(test, nr), *b = fresh(test, nr);
		u8 *state = kunit_kzalloc(test, vdcm_msix_state_size(nr), GFP_KERNEL);

		KUNIT_ASSERT_NOT_NULL(test, state);
		vdcm_msix_ctrl(a, ENABLE);
		for (vec = 0; vec < nr; vec += 3) {
			vdcm_msix_table_write(a, vec * 16, 8, 0xfee00000 + 4ULL * vec);
			set_mask(a, vec, vec & 1);
		}
		vdcm_msix_signal(a, nr - 1);
		vdcm_msix_save(a, state);
		KUNIT_ASSERT_EQ(test, vdcm_msix_load(b, state, ENABLE), 0);
		KUNIT_EXPECT_TRUE(test, !memcmp(a->table, b->table, nr * 16));
		KUNIT_EXPECT_TRUE(test, !memcmp(a->written, b->written, VDCM_MSIX_PBA_SIZE(nr)));
		KUNIT_EXPECT_TRUE(test, pending(b, nr - 1));
		KUNIT_EXPECT_EQ(test, b->used, a->used);
		KUNIT_EXPECT_EQ(test, b->ctrl, a->ctrl);
		/* Who is signalled is the other VMM's business. */
		vdcm_msix_arm(b, 0, true);
		KUNIT_EXPECT_EQ(test, vdcm_msix_blocked(b, 0), false);
	}
}

/* Bits that a table cannot have are not taken, those of vectors that do not exist refused. */
static void msix_bad_states(struct kunit *test)
{
	struct vdcm_msix *m = fresh(test, NR);
	size_t len = vdcm_msix_state_size(NR);
	u8 *state = kunit_kzalloc(test, len, GFP_KERNEL);
	unsigned int i, bit;

	KUNIT_ASSERT_NOT_NULL(test, state);
	KUNIT_ASSERT_EQ(test, len, 1 + NR * 16 + 8 + 8);
	for (i = 0; i < 2; i++)
		for (bit = 0; bit < 64; bit++) {
			state[1 + NR * 16 + 8 * i + bit / 8] = BIT(bit % 8);
			KUNIT_EXPECT_EQ(test, vdcm_msix_load(m, state, 0), bit < NR ? 0 : -EINVAL);
			state[1 + NR * 16 + 8 * i + bit / 8] = 0;
		}
	state[0] = 2;
	KUNIT_EXPECT_EQ(test, vdcm_msix_load(m, state, 0), -EINVAL);
	state[0] = 0;
	memset(state + 1, 0xff, NR * 16);
	KUNIT_EXPECT_EQ(test, vdcm_msix_load(m, state, 0), 0);
	KUNIT_EXPECT_EQ(test, vdcm_msix_table_read(m, 0, 4), 0xfffffffc);
	KUNIT_EXPECT_EQ(test, ctrl_of(m, NR - 1), 1);
	/* Not written by a guest, as the state says. */
	KUNIT_EXPECT_EQ(test, m->written[0], 0);
}

static struct kunit_case msix_cases[] = {
	KUNIT_CASE(msix_fresh),
	KUNIT_CASE(msix_armed),
	KUNIT_CASE(msix_no_such_vector),
	KUNIT_CASE(msix_many),
	KUNIT_CASE(msix_loopback),
	KUNIT_CASE(msix_held),
	KUNIT_CASE(msix_table_mask),
	KUNIT_CASE(msix_function),
	KUNIT_CASE(msix_reset_and_forget),
	KUNIT_CASE(msix_table_bits),
	KUNIT_CASE(msix_table_end),
	KUNIT_CASE(msix_pba),
	KUNIT_CASE(msix_stopped),
	KUNIT_CASE(msix_moves),
	KUNIT_CASE(msix_bad_states),
	{ }
};

static struct kunit_suite msix_suite = {
	.name = "msix",
	.test_cases = msix_cases,
};

kunit_test_suites(&msix_suite);
