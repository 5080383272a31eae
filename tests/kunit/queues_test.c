// SPDX-License-Identifier: GPL-2.0-only
/* Workqueues of ADIs: an item that sleeps keeps no other ADI's from running. */
#include <kunit/test.h>
#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/slab.h>

#include "../../vdcm/objects/queues.h"
#include "fake_wq.h"

/* More than one set's worth. */
#define ADIS	(VDCM_QUEUES_ADIS + VDCM_QUEUES_ADIS / 4)
#define SECONDS	20

struct stuck {
	struct work_struct work;
	struct vdcm_queues *queues;
};

int fake_wq_left = -1;

static DECLARE_COMPLETION(release);
static DECLARE_COMPLETION(all_run);
static atomic_t to_start;

static void stuck_fn(struct work_struct *work)
{
	if (atomic_dec_and_test(&to_start))
		complete(&all_run);
	wait_for_completion(&release);
}

static struct stuck *take(struct kunit *test, unsigned int nr)
{
	struct stuck *s = kvcalloc(nr, sizeof(*s), GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, s);
	for (i = 0; i < nr; i++) {
		s[i].queues = vdcm_queues_get();
		KUNIT_ASSERT_NOT_NULL(test, s[i].queues);
		INIT_WORK(&s[i].work, stuck_fn);
	}
	return s;
}

static void give(struct stuck *s, unsigned int nr)
{
	while (nr--)
		vdcm_queues_put(s[nr].queues);
	kvfree(s);
}

/* The items of all ADIs sleep, and yet the last one's runs. */
static void queues_stuck(struct kunit *test)
{
	static const enum vdcm_queue tried[] = { VDCM_QUEUE_FAULTS, VDCM_QUEUE_REVOKE };
	unsigned int k, i;

	for (k = 0; k < ARRAY_SIZE(tried); k++) {
		struct stuck *s = take(test, ADIS);

		reinit_completion(&release);
		reinit_completion(&all_run);
		atomic_set(&to_start, ADIS);
		for (i = 0; i < ADIS; i++)
			queue_work(s[i].queues->wq[tried[k]], &s[i].work);
		KUNIT_EXPECT_GT(test, wait_for_completion_timeout(&all_run, SECONDS * HZ), 0);
		KUNIT_EXPECT_EQ(test, atomic_read(&to_start), 0);
		complete_all(&release);
		for (i = 0; i < ADIS; i++)
			flush_work(&s[i].work);
		give(s, ADIS);
	}
}

/* Each kind has a queue of its own: what is stuck on one does not stop the others. */
static void queues_kinds(struct kunit *test)
{
	struct vdcm_queues *q = vdcm_queues_get();
	unsigned int i, k;

	KUNIT_ASSERT_NOT_NULL(test, q);
	for (i = 0; i < VDCM_NR_QUEUES; i++)
		for (k = 0; k < i; k++)
			KUNIT_EXPECT_PTR_NE(test, q->wq[i], q->wq[k]);
	vdcm_queues_put(q);
}

/* No set serves more than it may, a place that is free again is taken, the last one ends it. */
static void queues_shared(struct kunit *test)
{
	struct stuck *s = take(test, ADIS);
	struct vdcm_queues *a = s[0].queues, *b = s[ADIS - 1].queues;

	KUNIT_EXPECT_PTR_NE(test, a, b);
	KUNIT_EXPECT_EQ(test, a->users, VDCM_QUEUES_ADIS);
	KUNIT_EXPECT_EQ(test, b->users, ADIS - VDCM_QUEUES_ADIS);
	KUNIT_EXPECT_PTR_EQ(test, s[VDCM_QUEUES_ADIS - 1].queues, a);
	KUNIT_EXPECT_PTR_EQ(test, s[VDCM_QUEUES_ADIS].queues, b);
	vdcm_queues_put(a);
	s[0].queues = vdcm_queues_get();
	KUNIT_EXPECT_EQ(test, a->users + b->users, ADIS);
	KUNIT_EXPECT_LE(test, a->users, VDCM_QUEUES_ADIS);
	give(s, ADIS);
}

/* The first set stays from init to exit. */
static void queues_first(struct kunit *test)
{
	struct vdcm_queues *a, *b;

	KUNIT_ASSERT_EQ(test, vdcm_queues_init(), 0);
	a = vdcm_queues_get();
	KUNIT_EXPECT_EQ(test, a->users, 2);
	vdcm_queues_put(a);
	b = vdcm_queues_get();
	KUNIT_EXPECT_PTR_EQ(test, a, b);
	vdcm_queues_put(b);
	vdcm_queues_exit();
}

/* Without memory for all workqueues of a set there is none, and nothing stays behind. */
static void queues_no_memory(struct kunit *test)
{
	int i;

	for (i = 0; i < VDCM_NR_QUEUES; i++) {
		fake_wq_left = i;
		KUNIT_EXPECT_NULL(test, vdcm_queues_get());
		fake_wq_left = i;
		KUNIT_EXPECT_EQ(test, vdcm_queues_init(), -ENOMEM);
	}
	fake_wq_left = -1;
	KUNIT_EXPECT_EQ(test, vdcm_queues_init(), 0);
	vdcm_queues_exit();
}

static struct kunit_case queues_cases[] = {
	KUNIT_CASE_SLOW(queues_stuck),
	KUNIT_CASE(queues_kinds),
	KUNIT_CASE(queues_shared),
	KUNIT_CASE(queues_first),
	KUNIT_CASE(queues_no_memory),
	{}
};

static struct kunit_suite queues_suite = {
	.name = "queues",
	.test_cases = queues_cases,
};
kunit_test_suite(queues_suite);
