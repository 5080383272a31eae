// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ranges of guest memory that must not fault later: which pages are served, with which rights, and
 * what ends the caller's wait. The work item serves what a script says.
 */
#include <linux/completion.h>
#include <linux/ktime.h>
#include <kunit/test.h>

#include "../../vdcm/internal.h"

#define SERVED	2100	/* accesses that are remembered; VDCM_MAX_PREFETCH twice, and more */
#define FIRST	0x1000ull
#define R	VDCM_PROT_READ
#define W	VDCM_PROT_WRITE

/* The accesses that the work item served; the script fails those of one page @times times. */
static struct {
	struct vdcm_adi adi;
	struct vdcm_live live;
	struct vdcm_parent parent;
	struct { u64 page; u32 prot; } served[SERVED];
	unsigned int nr;
	u64 bad_page;
	int err;
	unsigned int times;
	unsigned int comes_back;
	u64 wait;
	bool stuck;
	struct completion at_stuck, go_on;
	struct kunit *test;
} t;

static const struct vdcm_xlat_ops fake_xlat;
static const struct vdcm_backend table = { .name = "table", .ops = &fake_xlat };
static const struct vdcm_backend none = { .name = "none" };

/* In place of vdcm/faults.c. */
u64 vdcm_fault_must_wait(struct vdcm_adi *adi, struct vdcm_waiting *w)
{
	u64 wait = t.wait, now = ktime_get_ns();

	lockdep_assert_held(&adi->fault_lock);
	t.wait = 0;
	return wait ?: now < w->not_before ? w->not_before - now : 0;
}

bool vdcm_fault_may_come_back(struct vdcm_adi *adi, const struct vdcm_serving *s)
{
	return t.comes_back && t.comes_back--;
}

static int serve(const struct vdcm_serving *s)
{
	const struct vdcm_fault *f = &s->w.fault;

	KUNIT_EXPECT_TRUE(t.test, s->w.kept);
	KUNIT_EXPECT_EQ(t.test, f->len, 1);
	if (t.nr < SERVED) {
		t.served[t.nr].page = f->iova >> PAGE_SHIFT;
		t.served[t.nr++].prot = f->prot;
	}
	if (t.stuck) {
		t.stuck = false;
		complete(&t.at_stuck);
		wait_for_completion(&t.go_on);
	}
	return f->iova >> PAGE_SHIFT == t.bad_page && t.times && t.times-- ? t.err : 0;
}

/* In place of vdcm/dma.c. */
static void work(struct work_struct *w)
{
	struct vdcm_serving s;
	u64 wait = U64_MAX;

	while (vdcm_prefetch_take(&t.adi, &s, &wait)) {
		vdcm_prefetch_step(&t.adi, &s, serve(&s));
		wait = U64_MAX;
	}
	if (wait != U64_MAX)
		queue_delayed_work(vdcm_wq_of(&t.adi, VDCM_QUEUE_FAULTS), &t.live.dma.work,
				   nsecs_to_jiffies(wait) + 1);
}

static void allow(bool on)
{
	mutex_lock(&t.adi.lock);
	vdcm_prefetch_allow(&t.adi, on);
	mutex_unlock(&t.adi.lock);
}

static int prefetch_init(struct kunit *test)
{
	memset(&t, 0, sizeof(t));
	t.test = test;
	t.adi.live = &t.live;
	t.adi.parent = &t.parent;
	t.parent.backend = &table;
	t.live.adi = &t.adi;
	mutex_init(&t.adi.lock);
	mutex_init(&t.adi.pin_lock);
	spin_lock_init(&t.adi.fault_lock);
	init_completion(&t.at_stuck);
	init_completion(&t.go_on);
	t.adi.queues = vdcm_queues_get();
	if (!t.adi.queues)
		return -ENOMEM;
	vdcm_pin_tree_init(&t.live.dma.tree);
	INIT_DELAYED_WORK(&t.live.dma.work, work);
	t.live.dma.accept = true;
	allow(true);
	return 0;
}

static void prefetch_exit(struct kunit *test)
{
	if (!t.adi.queues)
		return;
	cancel_delayed_work_sync(&t.live.dma.work);
	vdcm_pin_tree_erase(&t.live.dma.tree, FIRST >> PAGE_SHIFT, 1);
	vdcm_pin_tree_destroy(&t.live.dma.tree);
	vdcm_queues_put(t.adi.queues);
}

/* A range is served from its first to its last page, each with the rights that were asked for. */
static void prefetch_covers(struct kunit *test)
{
	static const struct { u64 iova, len; u32 prot, first, pages; } ranges[] = {
		{ 0, 1, R, 0, 1 }, { 0xfff, 1, W, 0, 1 }, { 0xfff, 2, R, 0, 2 },
		{ FIRST, 0x1000, W, 1, 1 }, { FIRST, 0x1001, R, 1, 2 },
		{ 0x1234, 0x5000, R | W, 1, 6 }, { ~0ull - 0xfff, 0x1000, R, ~0u, 1 },
		{ FIRST, VDCM_MAX_PREFETCH, R | W, 1, VDCM_MAX_PREFETCH >> PAGE_SHIFT },
	};
	unsigned int i, k;

	for (i = 0; i < ARRAY_SIZE(ranges); i++) {
		bool both = ranges[i].prot == (R | W);
		u64 page = ranges[i].iova >> PAGE_SHIFT;

		t.nr = 0;
		KUNIT_EXPECT_EQ(test, vdcm_adi_prefetch(&t.adi, ranges[i].iova, ranges[i].len,
							ranges[i].prot), 0);
		KUNIT_EXPECT_EQ_MSG(test, t.nr, ranges[i].pages << both, "range %u", i);
		for (k = 0; k < t.nr; k++) {
			u32 prot = both ? (k & 1 ? R : W) : ranges[i].prot;

			KUNIT_EXPECT_EQ(test, t.served[k].page, page + (k >> both));
			KUNIT_EXPECT_EQ(test, t.served[k].prot, prot);
		}
	}
}

static void prefetch_refuses(struct kunit *test)
{
	static const struct { u64 iova, len; u32 prot; } bad[] = {
		{ FIRST, 0, R }, { FIRST, VDCM_MAX_PREFETCH + 1, R }, { FIRST, ~0ull, R },
		{ ~0ull, 2, R }, { ~0ull - 0xffe, 0x1000, W }, { FIRST, 1, 0 }, { FIRST, 1, 4 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++)
		KUNIT_EXPECT_EQ_MSG(test, vdcm_adi_prefetch(&t.adi, bad[i].iova, bad[i].len,
							    bad[i].prot), -EINVAL, "range %u", i);
	t.parent.backend = &none;
	KUNIT_EXPECT_EQ(test, vdcm_adi_prefetch(&t.adi, FIRST, 1, R), -EOPNOTSUPP);
	t.parent.backend = &table;
	allow(false);
	KUNIT_EXPECT_EQ(test, vdcm_adi_prefetch(&t.adi, FIRST, 1, R), -ENODEV);
	allow(true);
	t.live.dma.accept = false;
	KUNIT_EXPECT_EQ(test, vdcm_adi_prefetch(&t.adi, FIRST, 1, R), -ENODEV);
	t.live.dma.accept = true;
	t.adi.live = NULL;
	KUNIT_EXPECT_EQ(test, vdcm_adi_prefetch(&t.adi, FIRST, 1, R), -ENODEV);
	t.adi.live = &t.live;
	KUNIT_EXPECT_EQ(test, t.nr, 0);
}

/* The first page that cannot be had ends it. */
static void prefetch_fails(struct kunit *test)
{
	static const struct { int err, ret; } errors[] = {
		{ -EFAULT, -EFAULT }, { -EPERM, -EFAULT }, { -EINVAL, -EFAULT }, { -ENOMEM, -ENOMEM },
	};
	unsigned int i;

	t.bad_page = 3;
	for (i = 0; i < ARRAY_SIZE(errors); i++) {
		t.nr = 0;
		t.times = 1;
		t.err = errors[i].err;
		KUNIT_EXPECT_EQ(test, vdcm_adi_prefetch(&t.adi, FIRST, 0x5000, R), errors[i].ret);
		KUNIT_EXPECT_EQ(test, t.nr, 3);
		KUNIT_EXPECT_EQ(test, atomic64_read(&t.adi.counters[VDCM_CNT_PINS_FAILED]), i + 1);
	}
	KUNIT_EXPECT_EQ(test, vdcm_adi_prefetch(&t.adi, FIRST, 0x5000, R), 0);
}

/* Not now is no error: spoiled by an unmap, held off by the gate, missing for a moment. */
static void prefetch_tries_again(struct kunit *test)
{
	t.bad_page = 2;
	t.times = 3;
	t.err = -EAGAIN;
	KUNIT_EXPECT_EQ(test, vdcm_adi_prefetch(&t.adi, FIRST, 0x3000, W), 0);
	KUNIT_EXPECT_EQ(test, t.nr, 6);
	t.nr = 0;
	t.wait = 20 * NSEC_PER_MSEC;
	KUNIT_EXPECT_EQ(test, vdcm_adi_prefetch(&t.adi, FIRST, 0x3000, W), 0);
	KUNIT_EXPECT_EQ(test, t.nr, 3);
	t.nr = 0;
	t.times = 2;
	t.comes_back = 2;
	t.err = -EFAULT;
	KUNIT_EXPECT_EQ(test, vdcm_adi_prefetch(&t.adi, FIRST, 0x3000, W), 0);
	KUNIT_EXPECT_EQ(test, t.nr, 5);
	KUNIT_EXPECT_EQ(test, atomic64_read(&t.adi.counters[VDCM_CNT_PINS_FAILED]), 0);
}

/* While there is no memory that may be locked, what is pinned is served, and no other page. */
static void prefetch_starved(struct kunit *test)
{
	t.live.dma.starved_until = ktime_get_ns() + 100 * NSEC_PER_SEC;
	KUNIT_EXPECT_EQ(test, vdcm_adi_prefetch(&t.adi, FIRST, 0x2000, R), -ENOMEM);
	KUNIT_EXPECT_EQ(test, t.nr, 0);
	KUNIT_ASSERT_EQ(test, vdcm_pin_tree_add(&t.live.dma.tree, FIRST >> PAGE_SHIFT, 1, 0, 7, 0), 0);
	KUNIT_EXPECT_EQ(test, vdcm_adi_prefetch(&t.adi, FIRST, 0x2000, R), -ENOMEM);
	KUNIT_EXPECT_EQ(test, t.nr, 1);
}

/* Another task that prefetches. */
static struct {
	struct work_struct work;
	int ret;
} other;

static void other_calls(struct work_struct *w)
{
	other.ret = vdcm_adi_prefetch(&t.adi, FIRST, 0x3000, R);
}

static void start_other(void)
{
	INIT_WORK(&other.work, other_calls);
	queue_work(system_unbound_wq, &other.work);
	wait_for_completion(&t.at_stuck);
}

/*
 * Memory that does not answer: what turns DMA off ends the wait, and is not held up by it. A range
 * that comes afterwards is another one: what becomes of the first page does not count for it.
 */
static void prefetch_ends_with_dma(struct kunit *test)
{
	t.stuck = true;
	start_other();
	KUNIT_EXPECT_EQ(test, vdcm_adi_prefetch(&t.adi, FIRST, 1, R), -EBUSY);
	allow(false);
	flush_work(&other.work);
	KUNIT_EXPECT_EQ(test, other.ret, -ECANCELED);
	KUNIT_EXPECT_EQ(test, vdcm_adi_prefetch(&t.adi, FIRST, 1, R), -ENODEV);
	allow(true);
	t.bad_page = FIRST >> PAGE_SHIFT;
	t.times = 1;
	t.err = -EFAULT;
	t.nr = 0;
	queue_work(system_unbound_wq, &other.work);
	while (!READ_ONCE(t.live.dma.prefetch))
		cond_resched();
	complete(&t.go_on);
	flush_work(&other.work);
	KUNIT_EXPECT_EQ(test, other.ret, 0);
	KUNIT_EXPECT_EQ(test, t.nr, 3);
}

static struct kunit_case prefetch_cases[] = {
	KUNIT_CASE(prefetch_covers),
	KUNIT_CASE(prefetch_refuses),
	KUNIT_CASE(prefetch_fails),
	KUNIT_CASE(prefetch_tries_again),
	KUNIT_CASE(prefetch_starved),
	KUNIT_CASE(prefetch_ends_with_dma),
	{ }
};

static struct kunit_suite prefetch_suite = {
	.name = "prefetch",
	.init = prefetch_init,
	.exit = prefetch_exit,
	.test_cases = prefetch_cases,
};

kunit_test_suites(&prefetch_suite);
