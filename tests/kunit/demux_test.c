// SPDX-License-Identifier: GPL-2.0-only
/* Interrupts: roles of the control vectors, the cause ring, vectors of ADIs. */
#include <linux/bitmap.h>

#include "fake_nic.h"
#include "../../driver/core/client.h"

#define VECS	(FAKE_QUEUES + 1)

static int demux_init(struct kunit *test)
{
	int err = fake_nic_init(test);

	if (!err)
		err = smnc_causes_init(&fake->pf);
	return err;
}

static unsigned int link_changes;

static void link_work(struct work_struct *work)
{
	link_changes++;
}

static void start(struct kunit *test, unsigned int nr_alloc)
{
	fake->nr_alloc = nr_alloc;
	INIT_WORK(&fake->pf.link_work, link_work);
	INIT_WORK(&fake->pf.mbx.work, link_work);
	link_changes = 0;
	KUNIT_ASSERT_EQ(test, smnc_vectors_init(&fake->pf, 2), 0);
	KUNIT_ASSERT_EQ(test, smnc_vectors_start(&fake->pf), 0);
}

static void stop(struct kunit *test)
{
	smnc_sync_events(&fake->pf);
	smnc_vectors_stop(&fake->pf);
	KUNIT_EXPECT_EQ(test, fake_reg(SMNC_ICR_MASK), 0);
	smnc_vectors_exit(&fake->pf);
	smnc_causes_exit(&fake->pf);
}

static irqreturn_t fire(unsigned int entry)
{
	irqreturn_t ret = fake->irqs[entry].handler(FAKE_IRQ + entry, fake->irqs[entry].data);

	if (ret == IRQ_WAKE_THREAD)
		fake->irqs[entry].thread(FAKE_IRQ + entry, fake->irqs[entry].data);
	return ret;
}

/* As the device does: a record behind the last one. */
static void post(u16 func, u16 vec)
{
	struct smnc_cause_rec *ring = fake->pf.causes.desc;

	ring[fake->tail].func = cpu_to_le16(func);
	ring[fake->tail].vec = cpu_to_le16(vec);
	fake->tail = (fake->tail + 1) % fake->pf.causes.len;
}

static void demux_roles(struct kunit *test)
{
	start(test, FAKE_VECS);
	KUNIT_EXPECT_EQ(test, fake->pf.nr_ctl, 3);
	KUNIT_EXPECT_EQ(test, fake->pf.net_vecs, 2);
	KUNIT_EXPECT_EQ(test, fake_reg(SMNC_INTVEC_MISC), SMNC_INTVEC_VALID | 0);
	KUNIT_EXPECT_EQ(test, fake_reg(SMNC_INTVEC_MBX), SMNC_INTVEC_VALID | 0);
	KUNIT_EXPECT_EQ(test, fake_reg(SMNC_INTVEC_FAULT), SMNC_INTVEC_VALID | 1);
	KUNIT_EXPECT_EQ(test, fake_reg(SMNC_INTVEC_CAUSE), SMNC_INTVEC_VALID | 2);
	post(FAKE_FUNC, 1);
	KUNIT_EXPECT_EQ(test, fire(0), IRQ_HANDLED);
	KUNIT_EXPECT_EQ(test, fake->kicks, 1);
	KUNIT_EXPECT_EQ(test, fake->polls, 0);
	KUNIT_EXPECT_EQ(test, fake->signals[1], 0);
	KUNIT_EXPECT_EQ(test, fire(1), IRQ_WAKE_THREAD);
	KUNIT_EXPECT_EQ(test, fake->polls, 1);
	KUNIT_EXPECT_EQ(test, fake->signals[1], 0);
	KUNIT_EXPECT_EQ(test, fire(2), IRQ_HANDLED);
	KUNIT_EXPECT_EQ(test, fake->signals[1], 1);
	KUNIT_EXPECT_EQ(test, fake->kicks, 1);
	/* Only the role that is for it looks at what else happened. */
	fake_set(SMNC_ICR, SMNC_ICR_LINK);
	fire(1);
	fire(2);
	flush_work(&fake->pf.link_work);
	KUNIT_EXPECT_EQ(test, link_changes, 0);
	fire(0);
	flush_work(&fake->pf.link_work);
	KUNIT_EXPECT_EQ(test, link_changes, 1);
	fake_set(SMNC_ICR, SMNC_ICR_MBX_RX | SMNC_ICR_CAUSE | SMNC_ICR_FAULT);
	fire(0);
	flush_work(&fake->pf.link_work);
	KUNIT_EXPECT_EQ(test, link_changes, 1);
	stop(test);
}

/* Nobody has an ADI in hand afterwards, nor anything that it left behind. */
static void demux_sync(struct kunit *test)
{
	unsigned int polls, flushes;

	start(test, FAKE_VECS);
	polls = fake->polls;
	flushes = fake->flushes;
	queue_work(fake->pf.ctl_wq, &fake->pf.link_work);
	queue_work(fake->pf.ctl_wq, &fake->pf.mbx.work);
	smnc_sync_events(&fake->pf);
	KUNIT_EXPECT_EQ(test, link_changes, 2);
	KUNIT_EXPECT_EQ(test, fake->polls, polls + 1);
	KUNIT_EXPECT_EQ(test, fake->flushes, flushes + 1);
	stop(test);
}

/* An error, and what it may mean: a ring of the PF that the device has disabled. */
static void demux_error(struct kunit *test)
{
	static const u32 rings[] = { SMNC_FAULT_RING, SMNC_CAUSE_RING, SMNC_MBX_TX, SMNC_MBX_RX };
	unsigned int i;

	start(test, FAKE_VECS);
	fake_set(SMNC_ICR, SMNC_ICR_ERR);
	fire(0);
	flush_work(&fake->pf.link_work);
	KUNIT_EXPECT_EQ(test, link_changes, 1);
	for (i = 0; i < ARRAY_SIZE(rings); i++)
		fake_set(rings[i] + SMNC_RING_LEN, SMNC_RING_LEN_ENABLE | 64);
	KUNIT_EXPECT_EQ(test, smnc_rings_check(&fake->pf), 0);
	for (i = 0; i < ARRAY_SIZE(rings); i++) {
		fake_set(rings[i] + SMNC_RING_LEN, 64);
		KUNIT_EXPECT_EQ(test, smnc_rings_check(&fake->pf), i + 1);
	}
	fake->pf.state = SMNC_PF_DEAD;
	KUNIT_EXPECT_EQ(test, smnc_rings_check(&fake->pf), 0);
	fake->pf.state = SMNC_PF_UP;
	stop(test);
}

/* Fewer vectors: roles meet, none is lost. */
static void demux_few_vectors(struct kunit *test)
{
	unsigned int nr, i;

	for (nr = 1; nr <= 3; nr++) {
		u8 roles = 0;

		smnc_causes_init(&fake->pf);
		start(test, nr);
		KUNIT_EXPECT_EQ(test, fake->pf.nr_ctl, nr);
		KUNIT_EXPECT_EQ(test, fake->pf.net_vecs, 0);
		for (i = 0; i < nr; i++) {
			KUNIT_EXPECT_EQ(test, roles & fake->pf.ctl[i].roles, 0);
			roles |= fake->pf.ctl[i].roles;
		}
		KUNIT_EXPECT_EQ(test, roles, SMNC_ROLE_MISC | SMNC_ROLE_MBX | SMNC_ROLE_FAULT |
				SMNC_ROLE_CAUSE);
		KUNIT_EXPECT_EQ(test, fake_reg(SMNC_INTVEC_CAUSE), SMNC_INTVEC_VALID | (nr - 1));
		stop(test);
	}
	fake->nr_alloc = 0;
	KUNIT_EXPECT_EQ(test, smnc_vectors_init(&fake->pf, 2), -ENOSPC);
}

/* An irq that cannot be requested: the first vector takes its roles over. */
static void demux_irq_refused(struct kunit *test)
{
	fake->irq_error = 1;
	start(test, FAKE_VECS);
	KUNIT_EXPECT_EQ(test, fake_reg(SMNC_INTVEC_FAULT), SMNC_INTVEC_VALID | 0);
	KUNIT_EXPECT_EQ(test, fire(0), IRQ_WAKE_THREAD);
	KUNIT_EXPECT_EQ(test, fake->polls, 1);
	stop(test);
	fake->irq_error = 0;
	smnc_causes_init(&fake->pf);
	KUNIT_EXPECT_EQ(test, smnc_vectors_init(&fake->pf, 2), 0);
	KUNIT_EXPECT_EQ(test, smnc_vectors_start(&fake->pf), -EBUSY);
	smnc_vectors_exit(&fake->pf);
}

static void demux_causes(struct kunit *test)
{
	unsigned int i;

	start(test, FAKE_VECS);
	for (i = 0; i < VECS; i++)
		post(FAKE_FUNC, i);
	post(0, 2);
	/* Of nobody, and of vectors that are not there. */
	post(FAKE_FUNC, VECS);
	post(FAKE_FUNC, 0xffff);
	post(FAKE_FUNC + 1, 0);
	post(fake->pf.num_adis, 0);
	post(fake->pf.num_adis + 1, 0);
	post(0xffff, 0);
	fire(2);
	for (i = 0; i < SMNC_FUNC_VECS; i++) {
		KUNIT_EXPECT_EQ(test, fake->signals[i], i < VECS);
		KUNIT_EXPECT_EQ(test, fake->net_signals[i], i == 2);
	}
	/* The device learns that all of it was read, and nothing is read twice. */
	KUNIT_EXPECT_EQ(test, fake_reg(SMNC_CAUSE_RING + SMNC_RING_HEAD), fake->tail);
	fire(2);
	KUNIT_EXPECT_EQ(test, fake->signals[0], 1);
	stop(test);
}

static void demux_wraps(struct kunit *test)
{
	unsigned int i, len = fake->pf.causes.len;

	start(test, FAKE_VECS);
	for (i = 0; i < 3 * len; i++) {
		post(FAKE_FUNC, 1);
		if (i % 100 == 0)
			fire(2);
	}
	fire(2);
	KUNIT_EXPECT_EQ(test, fake->signals[1], 3 * len);
	KUNIT_EXPECT_EQ(test, fake_reg(SMNC_CAUSE_RING + SMNC_RING_HEAD), fake->tail);
	/* An index that cannot be: nothing is read. */
	fake->tail = len;
	fire(2);
	fake->tail = ~0U;
	fire(2);
	KUNIT_EXPECT_EQ(test, fake->signals[1], 3 * len);
	stop(test);
}

static u32 vecmap(unsigned int vec)
{
	return fake_reg(SMNC_FUNC(FAKE_FUNC) + SMNC_FUNC_VECMAP(vec));
}

/* Vectors of its own, each of which leads to the framework. */
static void demux_adi_vectors(struct kunit *test)
{
	unsigned int i;

	start(test, FAKE_VECS);
	smnc_adi_vectors_open(&fake->adi, FAKE_FUNC);
	KUNIT_EXPECT_EQ(test, fake->pf.adi_vecs, VECS);
	for (i = 0; i < VECS; i++) {
		unsigned int entry = fake->adi.vecs[i].index;

		KUNIT_EXPECT_EQ(test, entry, 5 + i);
		KUNIT_EXPECT_EQ(test, fake->adi.vecs[i].irq, FAKE_IRQ + entry);
		KUNIT_EXPECT_EQ(test, vecmap(i), SMNC_INTVEC_VALID | entry);
		fire(entry);
		KUNIT_EXPECT_EQ(test, fake->signals[i], 1);
	}
	KUNIT_EXPECT_EQ(test, vecmap(VECS), 0);
	smnc_adi_vectors_close(&fake->adi, FAKE_FUNC);
	KUNIT_EXPECT_EQ(test, fake->pf.adi_vecs, 0);
	for (i = 0; i < VECS; i++) {
		KUNIT_EXPECT_EQ(test, vecmap(i), 0);
		KUNIT_EXPECT_FALSE(test, fake->irqs[5 + i].allocated);
	}
	KUNIT_EXPECT_EQ(test, bitmap_weight(fake->pf.vec_map, fake->pf.nr_entries), 5);
	stop(test);
}

/* As many as there are; the rest goes through the cause ring. */
static void demux_adi_shared(struct kunit *test)
{
	unsigned int i;

	start(test, 7);
	smnc_adi_vectors_open(&fake->adi, FAKE_FUNC);
	KUNIT_EXPECT_EQ(test, fake->pf.adi_vecs, 2);
	for (i = 0; i < VECS; i++)
		KUNIT_EXPECT_EQ(test, vecmap(i), SMNC_INTVEC_VALID |
				(i < 2 ? 5 + i : SMNC_INTVEC_SHARED));
	KUNIT_EXPECT_EQ(test, fake->adi.vecs[2].irq, 0);
	smnc_adi_vectors_close(&fake->adi, FAKE_FUNC);
	stop(test);
}

/* After a reset of the device: everything goes where it went before. */
static void demux_reset(struct kunit *test)
{
	static const u32 ctl[] = {
		SMNC_INTVEC_MISC, SMNC_INTVEC_MBX, SMNC_INTVEC_FAULT, SMNC_INTVEC_CAUSE,
		SMNC_ICR_MASK,
	};
	u32 before[ARRAY_SIZE(ctl)];
	unsigned int i;

	start(test, 7);
	smnc_adi_vectors_open(&fake->adi, FAKE_FUNC);
	for (i = 0; i < ARRAY_SIZE(ctl); i++) {
		before[i] = fake_reg(ctl[i]);
		KUNIT_EXPECT_NE(test, before[i], 0);
		fake_set(ctl[i], 0);
	}
	for (i = 0; i < SMNC_FUNC_VECS; i++)
		smnc_func_map_vector(&fake->pf, FAKE_FUNC, i, 0);
	smnc_vectors_route(&fake->pf);
	smnc_adi_vectors_route(&fake->adi, FAKE_FUNC);
	for (i = 0; i < ARRAY_SIZE(ctl); i++)
		KUNIT_EXPECT_EQ(test, fake_reg(ctl[i]), before[i]);
	for (i = 0; i < VECS; i++)
		KUNIT_EXPECT_EQ(test, vecmap(i), SMNC_INTVEC_VALID |
				(i < 2 ? 5 + i : SMNC_INTVEC_SHARED));
	KUNIT_EXPECT_EQ(test, vecmap(VECS), 0);
	KUNIT_EXPECT_EQ(test, fake->pf.adi_vecs, 2);
	smnc_adi_vectors_close(&fake->adi, FAKE_FUNC);
	stop(test);
}

/* Without dynamic allocation: from what was allocated at the start. */
static void demux_adi_static(struct kunit *test)
{
	unsigned int i, n;

	fake->dyn = false;
	start(test, 9);
	for (n = 0; n < 3; n++) {
		smnc_adi_vectors_open(&fake->adi, FAKE_FUNC);
		KUNIT_EXPECT_EQ(test, fake->pf.adi_vecs, 4);
		for (i = 0; i < VECS; i++)
			KUNIT_EXPECT_EQ(test, vecmap(i), SMNC_INTVEC_VALID |
					(i < 4 ? 5 + i : SMNC_INTVEC_SHARED));
		smnc_adi_vectors_close(&fake->adi, FAKE_FUNC);
	}
	stop(test);
}

/* Its irq cannot be requested: shared, and the entry is free again. */
static void demux_adi_refused(struct kunit *test)
{
	start(test, FAKE_VECS);
	fake->irq_error = 6;
	smnc_adi_vectors_open(&fake->adi, FAKE_FUNC);
	KUNIT_EXPECT_EQ(test, fake->pf.adi_vecs, 1);
	KUNIT_EXPECT_EQ(test, vecmap(1), SMNC_INTVEC_VALID | SMNC_INTVEC_SHARED);
	KUNIT_EXPECT_FALSE(test, fake->irqs[6].allocated);
	smnc_adi_vectors_close(&fake->adi, FAKE_FUNC);
	stop(test);
}

static void demux_net(struct kunit *test)
{
	unsigned int index = 99;

	start(test, FAKE_VECS);
	KUNIT_EXPECT_EQ(test, smnc_net_vector(&fake->pf, 1, &index), FAKE_IRQ + 4);
	KUNIT_EXPECT_EQ(test, index, 4);
	KUNIT_EXPECT_EQ(test, smnc_net_vector(&fake->pf, 2, &index), -ENOSPC);
	stop(test);
}

/* What reaches an ADI that is open, and none that is closed. */
static void demux_clients(struct kunit *test)
{
	static const u32 version[] = { 1, 1 };
	const struct smnc_client *c = fake->pf.adi_client;
	struct smnc_pf *pf = &fake->pf;
	struct vdcm_fault fault = {};
	unsigned int func;

	smnc_msgs_open(&fake->adi);
	fake->fault_error = -EFAULT;
	for (func = FAKE_FUNC; func <= FAKE_FUNC + 1; func++) {
		bool open = func == FAKE_FUNC;

		fake->nr_sent = 0;
		c->message(pf, func, VIRTCHNL_OP_VERSION, version, sizeof(version));
		flush_work(&fake->adi.work);
		KUNIT_EXPECT_EQ(test, fake->nr_sent, open);
		c->undelivered(pf, func, 1);
		KUNIT_EXPECT_EQ(test, c->fault(pf, func, 2, &fault), open ? -EFAULT : 0);
		KUNIT_EXPECT_EQ(test, fake->faults, 1);
	}
	KUNIT_EXPECT_EQ(test, fake->fault_token, smnc_adi_token(&fake->adi, 2));
	/* The link: of one that has queues. */
	fake->avf->enabled_tx = 1;
	fake->nr_sent = 0;
	c->link(pf);
	flush_work(&fake->adi.work);
	KUNIT_EXPECT_EQ(test, fake->nr_sent, 1);
	KUNIT_EXPECT_EQ(test, fake->op, VIRTCHNL_OP_EVENT);
}

static struct kunit_case demux_cases[] = {
	KUNIT_CASE(demux_roles),
	KUNIT_CASE(demux_sync),
	KUNIT_CASE(demux_error),
	KUNIT_CASE(demux_few_vectors),
	KUNIT_CASE(demux_irq_refused),
	KUNIT_CASE(demux_causes),
	KUNIT_CASE(demux_wraps),
	KUNIT_CASE(demux_adi_vectors),
	KUNIT_CASE(demux_adi_shared),
	KUNIT_CASE(demux_reset),
	KUNIT_CASE(demux_adi_static),
	KUNIT_CASE(demux_adi_refused),
	KUNIT_CASE(demux_net),
	KUNIT_CASE(demux_clients),
	{ }
};

static struct kunit_suite demux_suite = {
	.name = "interrupts",
	.init = demux_init,
	.exit = fake_nic_exit,
	.test_cases = demux_cases,
};

kunit_test_suites(&demux_suite);
