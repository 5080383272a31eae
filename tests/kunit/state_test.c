// SPDX-License-Identifier: GPL-2.0-only
/* States of PFs and ADIs, and an ADI that is given up without its PF. */
#include <kunit/test.h>
#include <linux/eventfd.h>

#include "../../vdcm/internal.h"
#include "fake_vfio.h"

struct lost_adi {
	struct vdcm_adi adi;
	struct vdcm_parent parent;
	struct vdcm_live live;
	struct vdcm_queues queues;
	unsigned int shuts, revokes;
};

static struct lost_adi *lost_of(struct vdcm_adi *adi)
{
	return container_of(adi, struct lost_adi, adi);
}

/* --- the rest of the framework -------------------------------------------------- */

void vdcm_shut_begin(struct vdcm_adi *adi)
{
	lost_of(adi)->shuts++;
}

void vdcm_revoke(struct vdcm_adi *adi)
{
	lost_of(adi)->revokes += vdcm_adi_move(adi, VDCM_ADI_REVOKED);
}

struct device *vdcm_adi_dev(const struct vdcm_adi *adi)
{
	return adi->dev;
}

bool vdcm_adi_may_log(struct vdcm_adi *adi)
{
	return true;
}

/* -------------------------------------------------------------------------------- */

static int state_init(struct kunit *test)
{
	struct lost_adi *l = kunit_kzalloc(test, sizeof(*l), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, l);
	l->adi.parent = &l->parent;
	l->adi.queues = &l->queues;
	l->live.adi = &l->adi;
	mutex_init(&l->adi.lock);
	mutex_init(&l->parent.list_lock);
	spin_lock_init(&l->adi.irq_lock);
	init_waitqueue_head(&l->parent.wait);
	INIT_LIST_HEAD(&l->parent.adis);
	list_add(&l->adi.entry, &l->parent.adis);
	INIT_DELAYED_WORK(&l->adi.revoke_work, vdcm_revoke_work);
	l->queues.wq[VDCM_QUEUE_REVOKE] = alloc_workqueue("state-test", WQ_UNBOUND, 0);
	KUNIT_ASSERT_NOT_NULL(test, l->queues.wq[VDCM_QUEUE_REVOKE]);
	fake_vfio_init(test, &l->adi.irq_lock);
	test->priv = l;
	return 0;
}

static void state_exit(struct kunit *test)
{
	struct lost_adi *l = test->priv;

	if (l)
		destroy_workqueue(l->queues.wq[VDCM_QUEUE_REVOKE]);
}

/* Every state has a name, and is reached from the first one by moves that exist. */
static void check_table(struct kunit *test, const struct vdcm_states *states, unsigned int nr)
{
	u32 reached = BIT(0), before;
	unsigned int i;

	do {
		before = reached;
		for (i = 0; i < nr; i++)
			if (reached & BIT(i))
				reached |= states->next[i];
	} while (reached != before);
	KUNIT_EXPECT_EQ(test, reached, (u32)BIT(nr) - 1);
	for (i = 0; i < nr; i++) {
		KUNIT_EXPECT_NOT_NULL(test, states->names[i]);
		KUNIT_EXPECT_FALSE_MSG(test, states->next[i] & BIT(i), "%s", states->names[i]);
	}
}

static void state_tables(struct kunit *test)
{
	check_table(test, &vdcm_parent_states, VDCM_NR_PARENT_STATES);
	check_table(test, &vdcm_adi_states, VDCM_NR_ADI_STATES);
	/* What is gone does not come back before it was closed. */
	KUNIT_EXPECT_EQ(test, vdcm_parent_states.next[VDCM_PARENT_DEAD], 0);
	KUNIT_EXPECT_FALSE(test, vdcm_adi_states.next[VDCM_ADI_LOST] &
				 (BIT(VDCM_ADI_OPEN) | BIT(VDCM_ADI_AWAY)));
	KUNIT_EXPECT_EQ(test, vdcm_adi_states.next[VDCM_ADI_REVOKED], BIT(VDCM_ADI_CLOSING));
	KUNIT_EXPECT_EQ(test, vdcm_adi_states.next[VDCM_ADI_CLOSING], BIT(VDCM_ADI_CLOSED));
}

static void state_moves(struct kunit *test)
{
	struct lost_adi *l = test->priv;
	unsigned int from = 99;

	KUNIT_EXPECT_TRUE(test, vdcm_state_move(&vdcm_adi_states, &l->adi.state, VDCM_ADI_OPEN,
						&from));
	KUNIT_EXPECT_EQ(test, from, VDCM_ADI_CLOSED);
	KUNIT_EXPECT_FALSE(test, vdcm_state_move(&vdcm_adi_states, &l->adi.state, VDCM_ADI_OPEN,
						 &from));
	KUNIT_EXPECT_EQ(test, from, VDCM_ADI_OPEN);
	KUNIT_EXPECT_EQ(test, l->adi.state, VDCM_ADI_OPEN);
	mutex_lock(&l->parent.list_lock);
	KUNIT_EXPECT_TRUE(test, vdcm_parent_move(&l->parent, VDCM_PARENT_QUIESCED));
	KUNIT_EXPECT_FALSE(test, vdcm_parent_move(&l->parent, VDCM_PARENT_QUIESCED));
	KUNIT_EXPECT_TRUE(test, vdcm_parent_move(&l->parent, VDCM_PARENT_DEAD));
	KUNIT_EXPECT_FALSE(test, vdcm_parent_move(&l->parent, VDCM_PARENT_UP));
	mutex_unlock(&l->parent.list_lock);
	KUNIT_EXPECT_TRUE(test, vdcm_is_gone(&l->adi));
}

/* The user is notified, and loses the hardware, once; the PF is as it was. */
static void state_lost(struct kunit *test)
{
	struct lost_adi *l = test->priv;

	l->live.err = eventfd_ctx_fdget(FAKE_FD);
	/* Closed: there is nothing to give up. */
	vdcm_adi_lost(&l->adi, "a test says so");
	KUNIT_EXPECT_EQ(test, l->adi.state, VDCM_ADI_CLOSED);
	l->adi.live = &l->live;
	l->adi.state = VDCM_ADI_OPEN;
	mutex_lock(&l->adi.lock);
	vdcm_adi_lost(&l->adi, "a test says so");
	/* From here on, not only when the work comes to run. */
	KUNIT_EXPECT_TRUE(test, vdcm_is_gone(&l->adi));
	KUNIT_EXPECT_TRUE(test, vdcm_is_held(&l->adi));
	KUNIT_EXPECT_EQ(test, fake_vfio.signals[0], 1);
	mutex_unlock(&l->adi.lock);
	flush_delayed_work(&l->adi.revoke_work);
	KUNIT_EXPECT_EQ(test, l->shuts, 1);
	KUNIT_EXPECT_EQ(test, l->revokes, 1);
	vdcm_adi_lost(&l->adi, "a test says so");
	KUNIT_EXPECT_FALSE(test, delayed_work_pending(&l->adi.revoke_work));
	KUNIT_EXPECT_EQ(test, fake_vfio.signals[0], 1);
	KUNIT_EXPECT_EQ(test, l->adi.state, VDCM_ADI_REVOKED);
	KUNIT_EXPECT_EQ(test, l->parent.state, VDCM_PARENT_UP);
	eventfd_ctx_put(l->live.err);
}

/* While its PF is being reset as well: it is lost then, and revoked when that is over. */
static void state_lost_away(struct kunit *test)
{
	struct lost_adi *l = test->priv;

	l->adi.live = &l->live;
	l->adi.state = VDCM_ADI_AWAY;
	l->parent.state = VDCM_PARENT_QUIESCED;
	vdcm_adi_lost(&l->adi, "a test says so");
	KUNIT_EXPECT_EQ(test, l->adi.state, VDCM_ADI_LOST);
	KUNIT_EXPECT_EQ(test, l->revokes, 0);
	WRITE_ONCE(l->parent.state, VDCM_PARENT_UP);
	wake_up_all(&l->parent.wait);
	flush_delayed_work(&l->adi.revoke_work);
	KUNIT_EXPECT_EQ(test, l->revokes, 1);
}

static void state_open(struct lost_adi *l)
{
	l->adi.live = &l->live;
	l->adi.state = VDCM_ADI_OPEN;
}

/* A user who does not let go loses the hardware; of one that is closed nothing is asked. */
static void state_released(struct kunit *test)
{
	struct lost_adi *l = test->priv;

	vdcm_request_release(&l->adi);
	KUNIT_EXPECT_FALSE(test, delayed_work_pending(&l->adi.revoke_work));
	state_open(l);
	vdcm_request_release(&l->adi);
	KUNIT_EXPECT_TRUE(test, delayed_work_pending(&l->adi.revoke_work));
	KUNIT_EXPECT_EQ(test, l->revokes, 0);
	flush_delayed_work(&l->adi.revoke_work);
	KUNIT_EXPECT_EQ(test, l->shuts, 1);
	KUNIT_EXPECT_EQ(test, l->revokes, 1);
	/* Once. */
	vdcm_revoke_after(&l->adi, 0);
	flush_delayed_work(&l->adi.revoke_work);
	KUNIT_EXPECT_EQ(test, l->revokes, 1);
}

/* The time to react begins with the first request; being closed ends it. */
static void state_asked(struct kunit *test)
{
	struct lost_adi *l = test->priv;

	state_open(l);
	l->live.req = eventfd_ctx_fdget(FAKE_FD + 1);
	vdcm_request_all(&l->parent);
	vdcm_request_all(&l->parent);
	KUNIT_EXPECT_EQ(test, fake_vfio.signals[1], 2);
	KUNIT_EXPECT_TRUE(test, delayed_work_pending(&l->adi.revoke_work));
	l->adi.live = NULL;
	l->adi.state = VDCM_ADI_CLOSED;
	flush_delayed_work(&l->adi.revoke_work);
	KUNIT_EXPECT_EQ(test, l->revokes, 0);
	eventfd_ctx_put(l->live.req);
}

static struct kunit_case state_cases[] = {
	KUNIT_CASE(state_released),
	KUNIT_CASE(state_asked),
	KUNIT_CASE(state_tables),
	KUNIT_CASE(state_moves),
	KUNIT_CASE(state_lost),
	KUNIT_CASE(state_lost_away),
	{ }
};

static struct kunit_suite state_suite = {
	.name = "state",
	.init = state_init,
	.exit = state_exit,
	.test_cases = state_cases,
};

kunit_test_suites(&state_suite);
