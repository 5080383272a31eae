// SPDX-License-Identifier: GPL-2.0-only
/* Pin tree: batches come out as they went in. */
#include <kunit/test.h>
#include <linux/prandom.h>
#include <linux/random.h>

#include "../../vdcm/objects/pin_tree.h"

#define ROOM	4096
#define STEPS	3000

static void add(struct kunit *test, struct vdcm_pin_tree *tree, u64 first, u32 nr, u64 pfn)
{
	u32 i;

	for (i = 0; i < nr; i++)
		KUNIT_ASSERT_EQ(test, vdcm_pin_tree_add(tree, first, nr, i, pfn + i,
							VDCM_PIN_WRITABLE), 0);
}

static void pin_tree_batch(struct kunit *test)
{
	struct vdcm_pin_tree tree;
	struct vdcm_pin pin;
	u64 page;

	vdcm_pin_tree_init(&tree);
	KUNIT_EXPECT_FALSE(test, vdcm_pin_tree_find(&tree, 1000, &pin));
	add(test, &tree, 1000, VDCM_PIN_BATCH, 0x7700);
	add(test, &tree, 1000 + VDCM_PIN_BATCH, 1, 0x42);
	KUNIT_EXPECT_EQ(test, tree.count, VDCM_PIN_BATCH + 1);
	for (page = 1000; page < 1000 + VDCM_PIN_BATCH; page++) {
		KUNIT_ASSERT_TRUE(test, vdcm_pin_tree_find(&tree, page, &pin));
		KUNIT_EXPECT_EQ(test, pin.first, 1000);
		KUNIT_EXPECT_EQ(test, pin.nr, VDCM_PIN_BATCH);
		KUNIT_EXPECT_EQ(test, pin.pfn, 0x7700 + page - 1000);
		KUNIT_EXPECT_EQ(test, pin.flags, VDCM_PIN_WRITABLE);
	}
	KUNIT_ASSERT_TRUE(test, vdcm_pin_tree_find(&tree, page, &pin));
	KUNIT_EXPECT_EQ(test, pin.first, page);
	KUNIT_EXPECT_EQ(test, pin.nr, 1);
	KUNIT_EXPECT_FALSE(test, vdcm_pin_tree_find(&tree, 999, &pin));
	KUNIT_EXPECT_FALSE(test, vdcm_pin_tree_find(&tree, page + 1, &pin));
	vdcm_pin_tree_destroy(&tree);
	KUNIT_EXPECT_EQ(test, tree.count, 0);
	KUNIT_EXPECT_FALSE(test, vdcm_pin_tree_find(&tree, 1000, &pin));
}

static void pin_tree_bad(struct kunit *test)
{
	struct vdcm_pin_tree tree;
	struct vdcm_pin pin;

	vdcm_pin_tree_init(&tree);
	KUNIT_EXPECT_EQ(test, vdcm_pin_tree_add(&tree, 0, 1, 0, 1ULL << 40, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, vdcm_pin_tree_add(&tree, 0, 0, 0, 1, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, vdcm_pin_tree_add(&tree, 0, VDCM_PIN_BATCH + 1, 0, 1, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, vdcm_pin_tree_add(&tree, 0, 4, 4, 1, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, tree.count, 0);
	/* The largest of each. */
	KUNIT_EXPECT_EQ(test, vdcm_pin_tree_add(&tree, 0, VDCM_PIN_BATCH, VDCM_PIN_BATCH - 1,
						(1ULL << 40) - 1, 3), 0);
	KUNIT_EXPECT_TRUE(test, vdcm_pin_tree_find(&tree, VDCM_PIN_BATCH - 1, &pin));
	KUNIT_EXPECT_EQ(test, pin.pfn, (1ULL << 40) - 1);
	KUNIT_EXPECT_EQ(test, pin.flags, 3);
	KUNIT_EXPECT_EQ(test, pin.first, 0);
	KUNIT_EXPECT_EQ(test, pin.nr, VDCM_PIN_BATCH);
	vdcm_pin_tree_destroy(&tree);
}

static void pin_tree_next(struct kunit *test)
{
	struct vdcm_pin_tree tree;
	struct vdcm_pin pin;

	vdcm_pin_tree_init(&tree);
	add(test, &tree, 100, 4, 1);
	add(test, &tree, 1ULL << 40, 2, 9);
	KUNIT_EXPECT_FALSE(test, vdcm_pin_tree_next(&tree, 0, 99, &pin));
	KUNIT_EXPECT_TRUE(test, vdcm_pin_tree_next(&tree, 0, 100, &pin));
	KUNIT_EXPECT_EQ(test, pin.pfn, 1);
	/* A range that begins in the middle of a batch finds the whole of it. */
	KUNIT_EXPECT_TRUE(test, vdcm_pin_tree_next(&tree, 103, 103, &pin));
	KUNIT_EXPECT_EQ(test, pin.first, 100);
	KUNIT_EXPECT_EQ(test, pin.nr, 4);
	KUNIT_EXPECT_EQ(test, pin.pfn, 4);
	KUNIT_EXPECT_FALSE(test, vdcm_pin_tree_next(&tree, 104, (1ULL << 40) - 1, &pin));
	KUNIT_EXPECT_TRUE(test, vdcm_pin_tree_next(&tree, 104, ~0ULL >> 12, &pin));
	KUNIT_EXPECT_EQ(test, pin.first, 1ULL << 40);
	vdcm_pin_tree_destroy(&tree);
}

static void pin_tree_flags(struct kunit *test)
{
	struct vdcm_pin_tree tree;
	struct vdcm_pin pin;

	vdcm_pin_tree_init(&tree);
	add(test, &tree, 50, 3, 0x100);
	vdcm_pin_tree_set_flags(&tree, 51, VDCM_PIN_WRITABLE | VDCM_PIN_MAPPED_WRITE);
	KUNIT_EXPECT_TRUE(test, vdcm_pin_tree_find(&tree, 51, &pin));
	KUNIT_EXPECT_EQ(test, pin.flags, VDCM_PIN_WRITABLE | VDCM_PIN_MAPPED_WRITE);
	KUNIT_EXPECT_EQ(test, pin.pfn, 0x101);
	KUNIT_EXPECT_EQ(test, pin.first, 50);
	KUNIT_EXPECT_EQ(test, pin.nr, 3);
	KUNIT_EXPECT_TRUE(test, vdcm_pin_tree_find(&tree, 50, &pin));
	KUNIT_EXPECT_EQ(test, pin.flags, VDCM_PIN_WRITABLE);
	KUNIT_EXPECT_FALSE(test, vdcm_pin_tree_kept(&tree, 40, 100));
	vdcm_pin_tree_set_flags(&tree, 52, VDCM_PIN_WRITABLE | VDCM_PIN_KEPT);
	KUNIT_EXPECT_TRUE(test, vdcm_pin_tree_kept(&tree, 52, 1));
	KUNIT_EXPECT_TRUE(test, vdcm_pin_tree_kept(&tree, 40, 13));
	KUNIT_EXPECT_FALSE(test, vdcm_pin_tree_kept(&tree, 40, 12));
	KUNIT_EXPECT_FALSE(test, vdcm_pin_tree_kept(&tree, 53, 10));
	KUNIT_EXPECT_TRUE(test, vdcm_pin_tree_find(&tree, 52, &pin));
	KUNIT_EXPECT_EQ(test, pin.pfn, 0x102);
	vdcm_pin_tree_set_flags(&tree, 60, VDCM_PIN_WRITABLE);
	KUNIT_EXPECT_FALSE(test, vdcm_pin_tree_find(&tree, 60, &pin));
	KUNIT_EXPECT_EQ(test, tree.count, 3);
	vdcm_pin_tree_destroy(&tree);
}

static void pin_tree_gap(struct kunit *test)
{
	struct vdcm_pin_tree tree;
	u64 first = 10, last = 90;

	vdcm_pin_tree_init(&tree);
	vdcm_pin_tree_gap(&tree, 50, &first, &last);
	KUNIT_EXPECT_EQ(test, first, 10);
	KUNIT_EXPECT_EQ(test, last, 90);
	add(test, &tree, 48, 1, 1);
	add(test, &tree, 60, 1, 1);
	vdcm_pin_tree_gap(&tree, 50, &first, &last);
	KUNIT_EXPECT_EQ(test, first, 49);
	KUNIT_EXPECT_EQ(test, last, 59);
	/* Pages outside the range do not matter. */
	first = 52;
	last = 55;
	vdcm_pin_tree_gap(&tree, 53, &first, &last);
	KUNIT_EXPECT_EQ(test, first, 52);
	KUNIT_EXPECT_EQ(test, last, 55);
	/* Neighbours on both sides. */
	first = 0;
	last = 100;
	add(test, &tree, 70, 1, 1);
	add(test, &tree, 72, 1, 1);
	vdcm_pin_tree_gap(&tree, 71, &first, &last);
	KUNIT_EXPECT_EQ(test, first, 71);
	KUNIT_EXPECT_EQ(test, last, 71);
	/* Page 0 has none before it. */
	first = 0;
	last = 3;
	vdcm_pin_tree_gap(&tree, 0, &first, &last);
	KUNIT_EXPECT_EQ(test, first, 0);
	vdcm_pin_tree_destroy(&tree);
}

static void pin_tree_erase(struct kunit *test)
{
	struct vdcm_pin_tree tree;
	struct vdcm_pin pin;

	vdcm_pin_tree_init(&tree);
	add(test, &tree, 10, 4, 1);
	vdcm_pin_tree_erase(&tree, 12, 8);
	KUNIT_EXPECT_EQ(test, tree.count, 2);
	KUNIT_EXPECT_TRUE(test, vdcm_pin_tree_find(&tree, 11, &pin));
	KUNIT_EXPECT_FALSE(test, vdcm_pin_tree_find(&tree, 12, &pin));
	vdcm_pin_tree_erase(&tree, 12, 8);
	KUNIT_EXPECT_EQ(test, tree.count, 2);
	vdcm_pin_tree_erase(&tree, 10, 2);
	KUNIT_EXPECT_EQ(test, tree.count, 0);
	KUNIT_EXPECT_TRUE(test, xa_empty(&tree.xa));
}

/* Mapped, leaving, taken, gone: each state is found on its own. */
static void pin_tree_leaves(struct kunit *test)
{
	struct vdcm_pin_tree tree;
	struct vdcm_pin pin;
	u64 from;

	vdcm_pin_tree_init(&tree);
	KUNIT_EXPECT_FALSE(test, vdcm_pin_tree_any(&tree, 0, ~0UL));
	add(test, &tree, 100, 4, 1);
	add(test, &tree, 104, 8, 11);
	add(test, &tree, 120, 1, 31);
	KUNIT_EXPECT_EQ(test, vdcm_pin_tree_take(&tree, 0, ~0UL, VDCM_PIN_BATCH, &from), 0);
	vdcm_pin_tree_leave(&tree, 104, 8);
	KUNIT_EXPECT_TRUE(test, vdcm_pin_tree_find(&tree, 103, &pin));
	KUNIT_EXPECT_EQ(test, pin.flags, VDCM_PIN_WRITABLE);
	KUNIT_EXPECT_TRUE(test, vdcm_pin_tree_find(&tree, 111, &pin));
	KUNIT_EXPECT_EQ(test, pin.flags, VDCM_PIN_WRITABLE | VDCM_PIN_LEAVING);
	KUNIT_EXPECT_EQ(test, pin.pfn, 18);
	/* What leaves is not unmapped again, but still pinned. */
	KUNIT_EXPECT_FALSE(test, vdcm_pin_tree_next(&tree, 104, 119, &pin));
	KUNIT_EXPECT_TRUE(test, vdcm_pin_tree_next(&tree, 104, 120, &pin));
	KUNIT_EXPECT_EQ(test, pin.first, 120);
	KUNIT_EXPECT_TRUE(test, vdcm_pin_tree_any(&tree, 111, 111));
	KUNIT_EXPECT_FALSE(test, vdcm_pin_tree_any(&tree, 112, 119));
	/* A range that touches it takes the whole of it, once. */
	KUNIT_EXPECT_EQ(test, vdcm_pin_tree_take(&tree, 0, 103, VDCM_PIN_BATCH, &from), 0);
	KUNIT_EXPECT_EQ(test, vdcm_pin_tree_take(&tree, 110, 200, VDCM_PIN_BATCH, &from), 8);
	KUNIT_EXPECT_EQ(test, from, 104);
	KUNIT_EXPECT_EQ(test, vdcm_pin_tree_take(&tree, 0, ~0UL, VDCM_PIN_BATCH, &from), 0);
	KUNIT_EXPECT_TRUE(test, vdcm_pin_tree_find(&tree, 104, &pin));
	KUNIT_EXPECT_TRUE(test, pin.flags & VDCM_PIN_LEAVING);
	vdcm_pin_tree_erase(&tree, 104, 8);
	KUNIT_EXPECT_FALSE(test, vdcm_pin_tree_any(&tree, 104, 119));
	/* The place is free, and what comes there is mapped. */
	add(test, &tree, 104, 2, 77);
	KUNIT_EXPECT_TRUE(test, vdcm_pin_tree_next(&tree, 104, 119, &pin));
	KUNIT_EXPECT_EQ(test, pin.pfn, 77);
	vdcm_pin_tree_destroy(&tree);
}

/* Neighbours are taken together as far as they leave and fit; or each alone. */
static void pin_tree_takes(struct kunit *test)
{
	static const struct {
		u32 most, nr;
		u64 from;
	} row[] = {
		{ 0, 4, 100 }, { 4, 8, 104 }, { 11, 4, 112 }, { 12, 9, 116 }, { 100, 3, 130 },
	};
	struct vdcm_pin_tree tree;
	unsigned int i;
	u64 from;

	vdcm_pin_tree_init(&tree);
	add(test, &tree, 100, 4, 1);
	add(test, &tree, 104, 8, 1);
	add(test, &tree, 112, 4, 1);
	add(test, &tree, 116, 8, 1);
	add(test, &tree, 124, 1, 1);
	add(test, &tree, 125, 3, 1);
	add(test, &tree, 130, 3, 1);
	vdcm_pin_tree_leave(&tree, 100, 25);
	vdcm_pin_tree_leave(&tree, 130, 3);
	/* 125 is mapped: it ends the run before it. */
	for (i = 0; i < ARRAY_SIZE(row); i++) {
		KUNIT_EXPECT_EQ(test, vdcm_pin_tree_take(&tree, 0, ~0UL, row[i].most, &from),
				row[i].nr);
		KUNIT_EXPECT_EQ(test, from, row[i].from);
	}
	KUNIT_EXPECT_EQ(test, vdcm_pin_tree_take(&tree, 0, ~0UL, 100, &from), 0);
	vdcm_pin_tree_destroy(&tree);
}

/* Against an array of the same pages: 0 = not pinned, else the batch's number. */
struct model {
	u16 batch[ROOM];
	u16 first[STEPS + 1];
	u16 nr[STEPS + 1];
};

static void model_add(struct kunit *test, struct vdcm_pin_tree *tree, struct model *m,
		      u32 first, u32 nr, u32 id)
{
	u32 i;

	for (i = 0; i < nr; i++)
		if (m->batch[first + i])
			return;
	add(test, tree, first, nr, (u64)id << 12);
	m->first[id] = first;
	m->nr[id] = nr;
	for (i = 0; i < nr; i++)
		m->batch[first + i] = id;
}

/* As a callback does: batch after batch of a range, each as a whole. */
static void model_unmap(struct kunit *test, struct vdcm_pin_tree *tree, struct model *m,
			u32 first, u32 last)
{
	struct vdcm_pin pin;
	u32 page;
	u64 from;

	while (vdcm_pin_tree_next(tree, first, last, &pin)) {
		u32 id = pin.pfn >> 12;

		KUNIT_ASSERT_EQ(test, pin.first, m->first[id]);
		KUNIT_ASSERT_EQ(test, pin.nr, m->nr[id]);
		vdcm_pin_tree_leave(tree, pin.first, pin.nr);
		KUNIT_ASSERT_EQ(test, vdcm_pin_tree_take(tree, pin.first, pin.first, 0, &from),
				pin.nr);
		KUNIT_ASSERT_EQ(test, from, pin.first);
		vdcm_pin_tree_erase(tree, pin.first, pin.nr);
		for (page = pin.first; page < pin.first + pin.nr; page++) {
			KUNIT_ASSERT_EQ(test, m->batch[page], id);
			m->batch[page] = 0;
		}
	}
	for (page = first; page <= last; page++)
		KUNIT_ASSERT_EQ(test, m->batch[page], 0);
}

static void pin_tree_random(struct kunit *test)
{
	struct model *m = kunit_kzalloc(test, sizeof(*m), GFP_KERNEL);
	u64 seed = get_random_u64();
	struct vdcm_pin_tree tree;
	struct rnd_state rnd;
	struct vdcm_pin pin;
	u32 n, page, count;

	KUNIT_ASSERT_NOT_NULL(test, m);
	kunit_info(test, "seed %#llx\n", seed);
	prandom_seed_state(&rnd, seed);
	vdcm_pin_tree_init(&tree);
	for (n = 1; n <= STEPS; n++) {
		u32 first = prandom_u32_state(&rnd) % ROOM;
		u32 nr = prandom_u32_state(&rnd) % 40 + 1;

		nr = min(nr, ROOM - first);
		if (n % 5)
			model_add(test, &tree, m, first, nr, n);
		else
			model_unmap(test, &tree, m, first, first + nr - 1);
	}
	for (page = 0, count = 0; page < ROOM; page++) {
		KUNIT_ASSERT_EQ(test, vdcm_pin_tree_find(&tree, page, &pin), !!m->batch[page]);
		count += !!m->batch[page];
	}
	KUNIT_EXPECT_EQ(test, tree.count, count);
	model_unmap(test, &tree, m, 0, ROOM - 1);
	KUNIT_EXPECT_EQ(test, tree.count, 0);
	vdcm_pin_tree_destroy(&tree);
}

/* Hidden is a mapped page's own, over a change of its rights, until it is shown or erased. */
static void pin_tree_hidden(struct kunit *test)
{
	struct vdcm_pin_tree tree;
	struct vdcm_pin pin;
	u64 page;

	vdcm_pin_tree_init(&tree);
	for (page = 10; page < 20; page++)
		KUNIT_ASSERT_EQ(test, vdcm_pin_tree_add(&tree, page, 1, 0, page, 0), 0);
	vdcm_pin_tree_hide(&tree, 12, 3);
	for (page = 0; page < 30; page++)
		KUNIT_EXPECT_EQ(test, vdcm_pin_tree_hidden(&tree, page), page >= 12 && page < 15);
	KUNIT_EXPECT_TRUE(test, vdcm_pin_tree_next(&tree, 12, 12, &pin));
	vdcm_pin_tree_set_flags(&tree, 12, VDCM_PIN_WRITABLE);
	KUNIT_EXPECT_TRUE(test, vdcm_pin_tree_hidden(&tree, 12));
	vdcm_pin_tree_show(&tree, 12);
	KUNIT_EXPECT_FALSE(test, vdcm_pin_tree_hidden(&tree, 12));
	vdcm_pin_tree_erase(&tree, 10, 10);
	KUNIT_ASSERT_EQ(test, vdcm_pin_tree_add(&tree, 13, 1, 0, 13, 0), 0);
	KUNIT_EXPECT_FALSE(test, vdcm_pin_tree_hidden(&tree, 13));
	vdcm_pin_tree_erase(&tree, 13, 1);
	vdcm_pin_tree_destroy(&tree);
}

static struct kunit_case pin_tree_cases[] = {
	KUNIT_CASE(pin_tree_batch),
	KUNIT_CASE(pin_tree_bad),
	KUNIT_CASE(pin_tree_next),
	KUNIT_CASE(pin_tree_flags),
	KUNIT_CASE(pin_tree_gap),
	KUNIT_CASE(pin_tree_erase),
	KUNIT_CASE(pin_tree_leaves),
	KUNIT_CASE(pin_tree_takes),
	KUNIT_CASE(pin_tree_random),
	KUNIT_CASE(pin_tree_hidden),
	{ }
};

static struct kunit_suite pin_tree_suite = {
	.name = "pin_tree",
	.test_cases = pin_tree_cases,
};

kunit_test_suites(&pin_tree_suite);
