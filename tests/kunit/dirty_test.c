// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which pages a device has written, and which it has not used of late. The fake device is a list
 * of pages that it can access: a page that the translation fails to take away stays in the list.
 */
#include <kunit/test.h>

#include "../../vdcm/internal.h"

#define PAGES	64

bool fake_xa_full;	/* fake_xa.h */

/* By page: the device can access the page; vdcm has unpinned it; vdcm has reported it; it is kept. */
static struct {
	struct vdcm_adi adi;
	struct vdcm_live live;
	bool reach[PAGES];
	bool dropped[PAGES];
	bool reported[PAGES];
	u64 kept;
	unsigned int hides;
	struct kunit *test;
} t;

static void fake_hide(struct vdcm_translation *x, u64 iova, u64 nr)
{
	lockdep_assert_held(&t.adi.pin_lock);
	t.hides++;
	memset(&t.reach[iova >> PAGE_SHIFT], 0, nr);
}

static const struct vdcm_xlat_ops fake_xlat = { .hide = fake_hide };

/* In place of vdcm/unpin.c. */
void vdcm_unpin_drop(struct vdcm_live *live, u64 page)
{
	struct vdcm_pin pin;
	u32 i;

	lockdep_assert_held(&live->adi->pin_lock);
	KUNIT_ASSERT_TRUE(t.test, vdcm_pin_tree_find(&live->dma.tree, page, &pin));
	for (i = 0; i < pin.nr; i++) {
		t.reach[pin.first + i] = false;
		t.dropped[pin.first + i] = true;
	}
	vdcm_pin_tree_erase(&live->dma.tree, pin.first, pin.nr);
}

static void no_work(struct work_struct *work)
{
}

static void pin(u64 first, u32 nr, u32 flags)
{
	u32 i;

	for (i = 0; i < nr; i++) {
		KUNIT_ASSERT_EQ(t.test, vdcm_pin_tree_add(&t.live.dma.tree, first, nr, i, first + i,
							  flags), 0);
		t.reach[first + i] = true;
	}
}

/* The device accesses a page; a fault gives the right, as vdcm/dma.c and pin.c do. */
static void access(u64 page, bool write)
{
	struct vdcm_dma *dma = &t.live.dma;
	struct vdcm_pin p;

	mutex_lock(&t.adi.pin_lock);
	if (!vdcm_pin_tree_find(&dma->tree, page, &p)) {
		pin(page, 1, VDCM_PIN_WRITABLE | (write ? VDCM_PIN_MAPPED_WRITE : 0));
		if (write)
			vdcm_log_pages(dma, page, 1);
	} else if (!t.reach[page] || (write && !(p.flags & VDCM_PIN_MAPPED_WRITE))) {
		u32 flags = p.flags | (write ? VDCM_PIN_MAPPED_WRITE : 0);

		t.reach[page] = true;
		vdcm_pin_tree_set_flags(&dma->tree, page, flags);
		vdcm_pin_tree_show(&dma->tree, page);
		if (flags & VDCM_PIN_MAPPED_WRITE)
			vdcm_log_pages(dma, page, 1);
	}
	mutex_unlock(&t.adi.pin_lock);
}

/* A page that is reported is out of the device's reach. */
static void reported(void *opaque, u64 iova, u64 len)
{
	u64 page;

	KUNIT_EXPECT_FALSE(t.test, mutex_is_locked(&t.adi.pin_lock));
	for (page = iova >> PAGE_SHIFT; page < (iova + len) >> PAGE_SHIFT; page++) {
		KUNIT_EXPECT_EQ(t.test, t.reach[page], !!(t.kept & BIT_ULL(page)));
		KUNIT_EXPECT_FALSE(t.test, t.reported[page]);
		t.reported[page] = true;
	}
}

static void expect_report(u64 first, u64 nr, u64 wanted)
{
	u64 page;

	memset(t.reported, 0, sizeof(t.reported));
	KUNIT_EXPECT_EQ(t.test, vdcm_log_report(&t.adi, first << PAGE_SHIFT, nr << PAGE_SHIFT,
						reported, NULL), 0);
	for (page = 0; page < PAGES; page++)
		KUNIT_EXPECT_EQ_MSG(t.test, t.reported[page], !!(wanted & BIT_ULL(page)),
				    "page %llu", page);
}

static int dirty_init(struct kunit *test)
{
	memset(&t, 0, sizeof(t));
	t.test = test;
	t.adi.live = &t.live;
	t.live.adi = &t.adi;
	mutex_init(&t.adi.lock);
	mutex_init(&t.adi.pin_lock);
	t.adi.queues = vdcm_queues_get();
	if (!t.adi.queues)
		return -ENOMEM;
	vdcm_pin_tree_init(&t.live.dma.tree);
	xa_init(&t.live.dma.dirty);
	INIT_DELAYED_WORK(&t.live.dma.work, no_work);
	t.live.dma.ops = &fake_xlat;
	return 0;
}

static void dirty_exit(struct kunit *test)
{
	if (!t.adi.queues)
		return;
	cancel_delayed_work_sync(&t.live.dma.work);
	vdcm_pin_tree_erase(&t.live.dma.tree, 0, PAGES);
	vdcm_pin_tree_destroy(&t.live.dma.tree);
	xa_destroy(&t.live.dma.dirty);
	vdcm_queues_put(t.adi.queues);
}

#define RW	(VDCM_PIN_WRITABLE | VDCM_PIN_MAPPED_WRITE)

static void dirty_is_exact(struct kunit *test)
{
	pin(1, 1, RW);
	pin(2, 1, VDCM_PIN_WRITABLE);
	pin(8, 4, RW);
	KUNIT_ASSERT_EQ(test, vdcm_log_start(&t.adi), 0);
	KUNIT_EXPECT_EQ(test, vdcm_log_start(&t.adi), -EINVAL);
	/* What may be read only is left alone. */
	KUNIT_EXPECT_TRUE(test, t.reach[2]);
	expect_report(0, PAGES, 0);
	access(1, false);
	access(8, false);
	access(2, false);
	expect_report(0, PAGES, 0);
	access(9, true);
	access(2, true);
	access(40, true);
	access(41, false);
	expect_report(0, PAGES, BIT_ULL(9) | BIT_ULL(2) | BIT_ULL(40));
	expect_report(0, PAGES, 0);
	/* Again, and read before. */
	access(9, false);
	access(9, true);
	expect_report(0, 9, 0);
	expect_report(9, 1, BIT_ULL(9));
}

/* What was unmapped is reported, too; once. */
static void dirty_outlives_the_page(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, vdcm_log_start(&t.adi), 0);
	access(5, true);
	mutex_lock(&t.adi.pin_lock);
	vdcm_unpin_drop(&t.live, 5);
	mutex_unlock(&t.adi.pin_lock);
	expect_report(0, PAGES, BIT_ULL(5));
	expect_report(0, PAGES, 0);
}

/* A page that may not be read cannot lose the right to be written: it goes. */
static void dirty_write_only(struct kunit *test)
{
	pin(3, 1, VDCM_PIN_MAPPED_WRITE);
	KUNIT_ASSERT_EQ(test, vdcm_log_start(&t.adi), 0);
	KUNIT_EXPECT_TRUE(test, t.dropped[3]);
}

static void dirty_by_the_processor(struct kunit *test)
{
	t.live.dma.ops = NULL;
	vdcm_log_written(&t.adi, 0, 1);
	KUNIT_ASSERT_EQ(test, vdcm_log_start(&t.adi), 0);
	expect_report(0, PAGES, 0);
	vdcm_log_written(&t.adi, 3 * PAGE_SIZE - 1, 2);
	vdcm_log_written(&t.adi, 10 * PAGE_SIZE, PAGE_SIZE);
	expect_report(0, PAGES, BIT_ULL(2) | BIT_ULL(3) | BIT_ULL(10));
	KUNIT_EXPECT_EQ(test, vdcm_log_stop(&t.adi), 0);
	KUNIT_EXPECT_EQ(test, vdcm_log_stop(&t.adi), -EINVAL);
	KUNIT_EXPECT_EQ(test, vdcm_log_report(&t.adi, 0, PAGE_SIZE, reported, NULL), -EINVAL);
	KUNIT_ASSERT_EQ(test, vdcm_log_start(&t.adi), 0);
	expect_report(0, PAGES, 0);
	KUNIT_EXPECT_EQ(test, vdcm_log_report(&t.adi, ~0ULL, 2, reported, NULL), -EINVAL);
	KUNIT_EXPECT_EQ(test, vdcm_log_report(&t.adi, 0, 0, reported, NULL), -EINVAL);
}

/* No mark could be made: better too much than too little. */
static void dirty_all(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, vdcm_log_start(&t.adi), 0);
	t.live.dma.dirty_all = true;
	expect_report(4, 3, 0x70);
	expect_report(4, 3, 0x70);
	KUNIT_EXPECT_EQ(test, vdcm_log_stop(&t.adi), 0);
	KUNIT_ASSERT_EQ(test, vdcm_log_start(&t.adi), 0);
	expect_report(4, 3, 0);
}

/* A page that finds no memory for its mark is not mapped: it may be marked later. */
static void dirty_not_marked(struct kunit *test)
{
	struct vdcm_dma *dma = &t.live.dma;

	KUNIT_ASSERT_EQ(test, vdcm_log_start(&t.adi), 0);
	fake_xa_full = true;
	KUNIT_EXPECT_EQ(test, vdcm_log_pages(dma, 5, 2), -ENOMEM);
	fake_xa_full = false;
	KUNIT_EXPECT_FALSE(test, dma->dirty_all);
	expect_report(0, PAGES, 0);
}

/* Without memory for a mark of the processor's the log has every page, until it ends. */
static void dirty_without_memory(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, vdcm_log_start(&t.adi), 0);
	fake_xa_full = true;
	vdcm_log_written(&t.adi, 5 * PAGE_SIZE, 1);
	fake_xa_full = false;
	KUNIT_EXPECT_TRUE(test, t.live.dma.dirty_all);
	expect_report(0, PAGES, GENMASK_ULL(PAGES - 1, 0));
	KUNIT_EXPECT_EQ(test, vdcm_log_stop(&t.adi), 0);
	KUNIT_EXPECT_FALSE(test, t.live.dma.dirty_all);
}

/* A device that cannot try again may write prefetched pages at any time: each report has them. */
static void dirty_kept(struct kunit *test)
{
	pin(4, 1, RW | VDCM_PIN_KEPT);
	pin(5, 1, RW);
	pin(8, 3, RW);
	vdcm_pin_tree_set_flags(&t.live.dma.tree, 9, RW | VDCM_PIN_KEPT);
	pin(20, 1, VDCM_PIN_WRITABLE | VDCM_PIN_KEPT);
	KUNIT_ASSERT_EQ(test, vdcm_log_start(&t.adi), 0);
	KUNIT_EXPECT_FALSE(test, t.reach[5] || t.reach[8] || t.reach[10]);
	/* Not what reported() expects of a page that may be written after a fault only. */
	t.kept = BIT_ULL(4) | BIT_ULL(9);
	expect_report(0, PAGES, t.kept);
	access(5, true);
	expect_report(0, PAGES, t.kept | BIT_ULL(5));
	expect_report(0, PAGES, t.kept);
	KUNIT_EXPECT_TRUE(test, t.reach[4] && t.reach[9] && t.reach[20]);
	KUNIT_EXPECT_FALSE(test, t.reach[5]);
}

static void turn(void)
{
	t.live.dma.age_at = 0;
	vdcm_age(&t.live);
}

/* Pages that are used stay, all others are given up; hot ones are never unpinned. */
static void age_keeps_what_is_used(struct kunit *test)
{
	unsigned int i, page;

	pin(0, 8, RW);
	for (page = 8; page < 24; page++)
		pin(page, 1, page & 1 ? RW : VDCM_PIN_WRITABLE);
	mutex_lock(&t.adi.lock);
	vdcm_age_start(&t.adi);
	for (i = 0; i < 40; i++) {
		turn();
		access(3, true);
		access(9, true);
		access(10, false);
	}
	mutex_unlock(&t.adi.lock);
	KUNIT_EXPECT_EQ(test, t.live.dma.tree.count, 3);
	KUNIT_EXPECT_FALSE(test, t.dropped[9] || t.dropped[10]);
	/* It came back alone. */
	KUNIT_EXPECT_TRUE(test, t.dropped[3] && t.dropped[4]);
	KUNIT_EXPECT_TRUE(test, t.reach[3] && !t.reach[4]);
}

/* The VMM has asked for dirty pages: a turn begins at once, while there are turns at all. */
static void age_begins_a_turn(struct kunit *test)
{
	unsigned int page;

	for (page = 0; page < 16; page++)
		pin(page, 1, RW);
	vdcm_age_now(&t.adi);
	KUNIT_EXPECT_EQ(test, vdcm_age(&t.live), VDCM_HOLDOFF_UNKNOWN);
	KUNIT_EXPECT_FALSE(test, delayed_work_pending(&t.live.dma.work));
	mutex_lock(&t.adi.lock);
	vdcm_age_start(&t.adi);
	turn();
	KUNIT_EXPECT_LE(test, vdcm_age(&t.live), 100 * NSEC_PER_MSEC);
	KUNIT_EXPECT_EQ(test, t.hides, 1);
	vdcm_age_now(&t.adi);
	KUNIT_EXPECT_EQ(test, t.live.dma.age_at, 0);
	KUNIT_EXPECT_EQ(test, vdcm_age(&t.live), 100 * NSEC_PER_MSEC);
	KUNIT_EXPECT_EQ(test, t.hides, 2);
	mutex_unlock(&t.adi.lock);
}

/* Prefetched pages are in the translation all the time, whole batches stay with them. */
static void age_leaves_what_is_kept(struct kunit *test)
{
	unsigned int i, page;

	pin(0, 8, RW);
	vdcm_pin_tree_set_flags(&t.live.dma.tree, 5, RW | VDCM_PIN_KEPT);
	for (page = 8; page < 24; page++)
		pin(page, 1, page == 12 ? RW | VDCM_PIN_KEPT : RW);
	mutex_lock(&t.adi.lock);
	vdcm_age_start(&t.adi);
	for (i = 0; i < 40; i++) {
		turn();
		for (page = 0; page < 8; page++)
			KUNIT_EXPECT_TRUE(test, t.reach[page]);
		KUNIT_EXPECT_TRUE(test, t.reach[12]);
	}
	mutex_unlock(&t.adi.lock);
	KUNIT_EXPECT_EQ(test, t.live.dma.tree.count, 9);
}

/* An eighth at a time: not all pages lose their translation at once. */
static void age_asks_an_eighth(struct kunit *test)
{
	unsigned int page, n = 0;

	for (page = 0; page < 56; page++)
		pin(page, 1, RW);
	mutex_lock(&t.adi.lock);
	vdcm_age_start(&t.adi);
	turn();
	for (page = 0; page < 56; page++)
		n += !t.reach[page];
	KUNIT_EXPECT_EQ(test, n, 8);
	KUNIT_EXPECT_EQ(test, t.hides, 1);
	/* Not before its time, not when the VM is stopped, not when it is over. */
	KUNIT_EXPECT_LE(test, vdcm_age(&t.live), 100 * NSEC_PER_MSEC);
	t.live.dma.held = true;
	t.live.dma.age_at = 0;
	KUNIT_EXPECT_EQ(test, vdcm_age(&t.live), VDCM_HOLDOFF_UNKNOWN);
	t.live.dma.held = false;
	vdcm_age_stop(&t.adi);
	KUNIT_EXPECT_EQ(test, vdcm_age(&t.live), VDCM_HOLDOFF_UNKNOWN);
	KUNIT_EXPECT_EQ(test, t.hides, 1);
	/* What is logged need not age. */
	KUNIT_ASSERT_EQ(test, vdcm_log_start(&t.adi), 0);
	vdcm_age_start(&t.adi);
	KUNIT_EXPECT_EQ(test, vdcm_age(&t.live), VDCM_HOLDOFF_UNKNOWN);
	mutex_unlock(&t.adi.lock);
}

static struct kunit_case dirty_cases[] = {
	KUNIT_CASE(dirty_is_exact),
	KUNIT_CASE(dirty_outlives_the_page),
	KUNIT_CASE(dirty_write_only),
	KUNIT_CASE(dirty_by_the_processor),
	KUNIT_CASE(dirty_all),
	KUNIT_CASE(dirty_not_marked),
	KUNIT_CASE(dirty_without_memory),
	KUNIT_CASE(dirty_kept),
	KUNIT_CASE(age_keeps_what_is_used),
	KUNIT_CASE(age_begins_a_turn),
	KUNIT_CASE(age_leaves_what_is_kept),
	KUNIT_CASE(age_asks_an_eighth),
	{ }
};

static struct kunit_suite dirty_suite = {
	.name = "dirty",
	.init = dirty_init,
	.exit = dirty_exit,
	.test_cases = dirty_cases,
};

kunit_test_suites(&dirty_suite);
