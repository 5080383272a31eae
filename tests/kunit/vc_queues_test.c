// SPDX-License-Identifier: GPL-2.0-only
/* virtchnl: queues and their interrupts, and what reaches the registers. */
#include "fake_nic.h"

#define TXQ(q)	SMNC_Q(FAKE_QP + (q), SMNC_QP_TX)
#define RXQ(q)	SMNC_Q(FAKE_QP + (q), SMNC_QP_RX)
#define PARAM	VIRTCHNL_STATUS_ERR_PARAM

struct queues_msg {
	struct virtchnl_vsi_queue_config_info info;
	struct virtchnl_queue_pair_info qpair[SMNC_FUNC_QPS];
};

struct map_msg {
	struct virtchnl_irq_map_info info;
	struct virtchnl_vector_map map[SMNC_FUNC_VECS + 1];
};

static void fill_queues(struct queues_msg *m, unsigned int nr)
{
	struct virtchnl_queue_pair_info *p = m->info.qpair;
	unsigned int q;

	memset(m, 0, sizeof(*m));
	m->info.vsi_id = SMNC_VC_VSI;
	m->info.num_queue_pairs = nr;
	for (q = 0; q < nr; q++) {
		p[q].txq.vsi_id = SMNC_VC_VSI;
		p[q].txq.queue_id = q;
		p[q].txq.ring_len = 512;
		p[q].txq.dma_ring_addr = 0x1234567000 + q * 0x10000;
		p[q].rxq.vsi_id = SMNC_VC_VSI;
		p[q].rxq.queue_id = q;
		p[q].rxq.ring_len = 1024;
		p[q].rxq.databuffer_size = 2048;
		p[q].rxq.max_pkt_size = 1522;
		p[q].rxq.dma_ring_addr = 0x7654321000 + q * 0x10000;
	}
}

static int send_queues(struct queues_msg *m)
{
	return fake_guest(VIRTCHNL_OP_CONFIG_VSI_QUEUES, m,
			  virtchnl_struct_size(&m->info, qpair, m->info.num_queue_pairs));
}

static int select_queues(u32 op, u16 vsi, u32 tx, u32 rx)
{
	const struct virtchnl_queue_select sel = {
		.vsi_id = vsi,
		.tx_queues = tx,
		.rx_queues = rx,
	};

	return fake_guest(op, &sel, sizeof(sel));
}

static int enable(u32 tx, u32 rx)
{
	return select_queues(VIRTCHNL_OP_ENABLE_QUEUES, SMNC_VC_VSI, tx, rx);
}

static int disable(u32 tx, u32 rx)
{
	return select_queues(VIRTCHNL_OP_DISABLE_QUEUES, SMNC_VC_VSI, tx, rx);
}

static bool runs(u32 queue)
{
	return fake_reg(queue + SMNC_Q_CTL) & SMNC_Q_CTL_ENABLE;
}

static void vcq_config(struct kunit *test)
{
	struct queues_msg *m = kunit_kzalloc(test, sizeof(*m), GFP_KERNEL);
	unsigned int q;

	fake_ready();
	for (q = 0; q <= FAKE_QUEUES; q++) {
		fake_set(FAKE_WIN(FAKE_FUNC) + SMNC_WIN_TX_TAIL(q), 7);
		fake_set(FAKE_WIN(FAKE_FUNC) + SMNC_WIN_RX_TAIL(q), 8);
	}
	fill_queues(m, FAKE_QUEUES);
	m->info.qpair[1].rxq.databuffer_size = 2047;
	m->info.qpair[2].rxq.max_pkt_size = 0x3fff;
	KUNIT_EXPECT_EQ(test, send_queues(m), 0);
	KUNIT_EXPECT_EQ(test, fake->avf->configured_tx, 0xf);
	KUNIT_EXPECT_EQ(test, fake->avf->configured_rx, 0xf);
	for (q = 0; q < FAKE_QUEUES; q++) {
		KUNIT_EXPECT_EQ(test, fake_reg(TXQ(q) + SMNC_Q_BASE_LO), 0x34567000 + q * 0x10000);
		KUNIT_EXPECT_EQ(test, fake_reg(TXQ(q) + SMNC_Q_BASE_HI), 0x12);
		KUNIT_EXPECT_EQ(test, fake_reg(TXQ(q) + SMNC_Q_LEN), 512);
		KUNIT_EXPECT_EQ(test, fake_reg(RXQ(q) + SMNC_Q_BASE_LO), 0x54321000 + q * 0x10000);
		KUNIT_EXPECT_EQ(test, fake_reg(RXQ(q) + SMNC_Q_BASE_HI), 0x76);
		KUNIT_EXPECT_EQ(test, fake_reg(RXQ(q) + SMNC_Q_LEN), 1024);
		KUNIT_EXPECT_EQ(test, fake_reg(RXQ(q) + SMNC_Q_BUFSZ), q == 1 ? 1920 : 2048);
		/* Cut to what the device can do. */
		KUNIT_EXPECT_EQ(test, fake_reg(RXQ(q) + SMNC_Q_MAXFRAME), q == 2 ? 9728 : 1522);
		/* Not enabled by it. */
		KUNIT_EXPECT_EQ(test, fake_reg(TXQ(q) + SMNC_Q_CTL), 0);
		/* Of the life before; the guest writes the others before it enables. */
		KUNIT_EXPECT_EQ(test, fake_reg(FAKE_WIN(FAKE_FUNC) + SMNC_WIN_TX_TAIL(q)), 0);
		KUNIT_EXPECT_EQ(test, fake_reg(FAKE_WIN(FAKE_FUNC) + SMNC_WIN_RX_TAIL(q)), 8);
	}
	KUNIT_EXPECT_EQ(test, fake_reg(FAKE_WIN(FAKE_FUNC) + SMNC_WIN_TX_TAIL(FAKE_QUEUES)), 7);
	/* The neighbour's queue pairs are untouched. */
	KUNIT_EXPECT_EQ(test, fake_reg(SMNC_Q(FAKE_QP - 1, SMNC_QP_TX) + SMNC_Q_LEN), 0);
	KUNIT_EXPECT_EQ(test, fake_reg(SMNC_Q(FAKE_QP + FAKE_QUEUES, SMNC_QP_TX) + SMNC_Q_LEN), 0);
}

/* One field of the second pair out of bounds: all of the message is refused. */
#define SPOIL(name, statement)							\
	static void spoil_##name(struct queues_msg *m)				\
	{									\
		struct virtchnl_queue_pair_info *p __maybe_unused = &m->info.qpair[1]; \
										\
		statement;							\
	}

SPOIL(vsi, m->info.vsi_id++)
SPOIL(tx_vsi, p->txq.vsi_id = 0)
SPOIL(rx_vsi, p->rxq.vsi_id++)
SPOIL(queue_beyond, p->txq.queue_id = FAKE_QUEUES; p->rxq.queue_id = FAKE_QUEUES)
SPOIL(queue_far, p->txq.queue_id = 0xffff; p->rxq.queue_id = 0xffff)
SPOIL(queue_differs, p->rxq.queue_id = 2)
SPOIL(frame_short, p->rxq.max_pkt_size = 63)
SPOIL(frame_long, p->rxq.max_pkt_size = 0x4000)
SPOIL(no_half, p->txq.ring_len = 0; p->rxq.ring_len = 0)
SPOIL(tx_len_odd, p->txq.ring_len = 513)
SPOIL(tx_len_long, p->txq.ring_len = 4128)
SPOIL(tx_len_least, p->txq.ring_len = 31)
SPOIL(rx_len_least, p->rxq.ring_len = 1)
SPOIL(rx_len_odd, p->rxq.ring_len = 40)
SPOIL(rx_len_long, p->rxq.ring_len = 0x10020)
SPOIL(tx_base_odd, p->txq.dma_ring_addr += 64)
SPOIL(tx_base_far, p->txq.dma_ring_addr = 1ULL << 48)
SPOIL(rx_base_odd, p->rxq.dma_ring_addr += 127)
SPOIL(rx_base_far, p->rxq.dma_ring_addr = 1ULL << 63)
SPOIL(buffer_none, p->rxq.databuffer_size = 0)
SPOIL(buffer_small, p->rxq.databuffer_size = 127)
SPOIL(buffer_large, p->rxq.databuffer_size = 16384)
SPOIL(buffer_huge, p->rxq.databuffer_size = ~0U)

#define SPOILED(name)	{ #name, spoil_##name }

static const struct spoiled {
	const char *name;
	void (*spoil)(struct queues_msg *m);
} spoiled[] = {
	SPOILED(vsi), SPOILED(tx_vsi), SPOILED(rx_vsi), SPOILED(queue_beyond),
	SPOILED(queue_far), SPOILED(queue_differs), SPOILED(frame_short),
	SPOILED(frame_long), SPOILED(no_half), SPOILED(tx_len_odd),
	SPOILED(tx_len_long), SPOILED(tx_len_least), SPOILED(rx_len_odd),
	SPOILED(rx_len_least), SPOILED(rx_len_long), SPOILED(tx_base_odd),
	SPOILED(tx_base_far), SPOILED(rx_base_odd), SPOILED(rx_base_far),
	SPOILED(buffer_none), SPOILED(buffer_small), SPOILED(buffer_large), SPOILED(buffer_huge),
};

static void spoiled_name(const struct spoiled *s, char *desc)
{
	strscpy(desc, s->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(spoiled, spoiled, spoiled_name);

static void vcq_malformed(struct kunit *test)
{
	struct queues_msg *m = kunit_kzalloc(test, sizeof(*m), GFP_KERNEL);
	const struct spoiled *param = test->param_value;

	fake_ready();
	fill_queues(m, 3);
	param->spoil(m);
	KUNIT_EXPECT_EQ(test, send_queues(m), PARAM);
	KUNIT_EXPECT_EQ(test, fake->nr_writes, 0);
	KUNIT_EXPECT_EQ(test, fake->avf->configured_tx | fake->avf->configured_rx, 0);
}

/* What is at the limits is taken. */
static void vcq_limits(struct kunit *test)
{
	struct queues_msg *m = kunit_kzalloc(test, sizeof(*m), GFP_KERNEL);
	struct virtchnl_queue_pair_info *p = m->info.qpair;

	fake_ready();
	fill_queues(m, 2);
	p[0].txq.ring_len = 32;
	p[0].rxq.ring_len = 32;
	p[0].rxq.max_pkt_size = 64;
	p[0].rxq.databuffer_size = 128;
	p[1].txq.ring_len = 4096;
	p[1].rxq.ring_len = 4096;
	p[1].rxq.databuffer_size = 16383;
	p[1].txq.dma_ring_addr = (1ULL << 48) - 128;
	KUNIT_EXPECT_EQ(test, send_queues(m), 0);
	KUNIT_EXPECT_EQ(test, fake_reg(RXQ(1) + SMNC_Q_BUFSZ), 16256);
	/* The operator may have set less. */
	fake->adi.cfg[SMNC_CFG_TX_RING] = 2048;
	KUNIT_EXPECT_EQ(test, send_queues(m), PARAM);
	p[1].txq.ring_len = 2048;
	KUNIT_EXPECT_EQ(test, send_queues(m), 0);
	fake->adi.cfg[SMNC_CFG_RX_RING] = 4064;
	KUNIT_EXPECT_EQ(test, send_queues(m), PARAM);
	fake->adi.cfg[SMNC_CFG_RX_RING] = 4096;
	fake->adi.cfg[SMNC_CFG_TX_RING] = 4096;
	fill_queues(m, FAKE_QUEUES + 1);
	m->info.qpair[FAKE_QUEUES].txq.queue_id = 0;
	m->info.qpair[FAKE_QUEUES].rxq.queue_id = 0;
	KUNIT_EXPECT_EQ(test, send_queues(m), PARAM);
}

/*
 * A half of a pair without a ring, and whatever else is in it, is not meant: it stays
 * as it is, and cannot be enabled by it.
 */
static void vcq_half_pairs(struct kunit *test)
{
	static const struct {
		u16 tx_len, rx_len;
	} pairs[FAKE_QUEUES] = { { 512, 1024 }, { 512, 0 }, { 0, 1024 }, { 64, 64 } };
	struct queues_msg *m = kunit_kzalloc(test, sizeof(*m), GFP_KERNEL);
	struct virtchnl_queue_pair_info *p = m->info.qpair;
	unsigned int q;

	fake_ready();
	fill_queues(m, FAKE_QUEUES);
	for (q = 0; q < FAKE_QUEUES; q++) {
		p[q].txq.ring_len = pairs[q].tx_len;
		p[q].rxq.ring_len = pairs[q].rx_len;
		if (!pairs[q].tx_len)
			p[q].txq.dma_ring_addr = 1;
		if (!pairs[q].rx_len) {
			p[q].rxq.databuffer_size = 0;
			p[q].rxq.max_pkt_size = 0;
			p[q].rxq.dma_ring_addr = 0;
		}
	}
	KUNIT_EXPECT_EQ(test, send_queues(m), 0);
	KUNIT_EXPECT_EQ(test, fake->avf->configured_tx, 0xb);
	KUNIT_EXPECT_EQ(test, fake->avf->configured_rx, 0xd);
	for (q = 0; q < FAKE_QUEUES; q++) {
		KUNIT_EXPECT_EQ(test, fake_reg(TXQ(q) + SMNC_Q_LEN), pairs[q].tx_len);
		KUNIT_EXPECT_EQ(test, fake_reg(RXQ(q) + SMNC_Q_LEN), pairs[q].rx_len);
	}
}

/* Queues that run are stopped first, those that are meant and no others. */
static void vcq_running(struct kunit *test)
{
	struct queues_msg *m = kunit_kzalloc(test, sizeof(*m), GFP_KERNEL);

	fake_ready();
	fill_queues(m, FAKE_QUEUES);
	KUNIT_EXPECT_EQ(test, send_queues(m), 0);
	KUNIT_EXPECT_EQ(test, enable(0xf, 0xf), 0);
	fill_queues(m, 2);
	m->info.qpair[0].txq.ring_len = 0;
	m->info.qpair[1].rxq.ring_len = 0;
	m->info.qpair[1].txq.dma_ring_addr += 0x1000;
	KUNIT_EXPECT_EQ(test, send_queues(m), 0);
	KUNIT_EXPECT_EQ(test, fake->avf->enabled_tx, 0xd);
	KUNIT_EXPECT_EQ(test, fake->avf->enabled_rx, 0xe);
	KUNIT_EXPECT_FALSE(test, runs(RXQ(0)) || runs(TXQ(1)));
	KUNIT_EXPECT_TRUE(test, runs(TXQ(0)) && runs(RXQ(1)) && runs(TXQ(2)) && runs(RXQ(3)));
	KUNIT_EXPECT_EQ(test, fake_reg(TXQ(1) + SMNC_Q_BASE_LO), 0x34578000);
	/* A message that is refused stops none. */
	m->info.qpair[1].txq.queue_id = FAKE_QUEUES;
	m->info.qpair[0].txq.ring_len = 512;
	KUNIT_EXPECT_EQ(test, send_queues(m), PARAM);
	KUNIT_EXPECT_TRUE(test, runs(TXQ(0)));
}

static void fill_map(struct map_msg *m, unsigned int nr)
{
	unsigned int i;

	memset(m, 0, sizeof(*m));
	m->info.num_vectors = nr;
	for (i = 0; i < nr; i++) {
		m->info.vecmap[i].vsi_id = SMNC_VC_VSI;
		m->info.vecmap[i].vector_id = i;
		m->info.vecmap[i].rxq_map = i ? BIT(i - 1) : 0;
		m->info.vecmap[i].txq_map = i ? BIT(i - 1) : 0;
		m->info.vecmap[i].txitr_idx = 1;
	}
}

static int send_map(struct map_msg *m)
{
	return fake_guest(VIRTCHNL_OP_CONFIG_IRQ_MAP, m,
			  virtchnl_struct_size(&m->info, vecmap, m->info.num_vectors));
}

static void vcq_irq_map(struct kunit *test)
{
	struct map_msg *m = kunit_kzalloc(test, sizeof(*m), GFP_KERNEL);
	unsigned int q;

	fake_ready();
	fill_map(m, FAKE_QUEUES + 1);
	KUNIT_EXPECT_EQ(test, send_map(m), 0);
	for (q = 0; q < FAKE_QUEUES; q++) {
		KUNIT_EXPECT_EQ(test, fake_reg(RXQ(q) + SMNC_Q_INT),
				SMNC_Q_INT_VALID | (q + 1));
		KUNIT_EXPECT_EQ(test, fake_reg(TXQ(q) + SMNC_Q_INT),
				SMNC_Q_INT_VALID | 1 << SMNC_Q_INT_ITR_SHIFT | (q + 1));
	}
	/* Vector 0 may have queues as well; others stay where they were. */
	fill_map(m, 1);
	m->info.vecmap[0].txq_map = BIT(1);
	m->info.vecmap[0].txitr_idx = 3;
	KUNIT_EXPECT_EQ(test, send_map(m), 0);
	KUNIT_EXPECT_EQ(test, fake_reg(TXQ(1) + SMNC_Q_INT), SMNC_Q_INT_VALID | 0x300);
	KUNIT_EXPECT_EQ(test, fake_reg(RXQ(1) + SMNC_Q_INT), SMNC_Q_INT_VALID | 2);
}

static void vcq_irq_map_malformed(struct kunit *test)
{
	struct map_msg *m = kunit_kzalloc(test, sizeof(*m), GFP_KERNEL);
	struct virtchnl_vector_map *v = &m->info.vecmap[1];

	fake_ready();
	fill_map(m, 2);
	v->vsi_id++;
	KUNIT_EXPECT_EQ(test, send_map(m), PARAM);
	fill_map(m, 2);
	v->vector_id = FAKE_QUEUES + 1;
	KUNIT_EXPECT_EQ(test, send_map(m), PARAM);
	fill_map(m, 2);
	v->rxq_map = BIT(FAKE_QUEUES);
	KUNIT_EXPECT_EQ(test, send_map(m), PARAM);
	fill_map(m, 2);
	v->txq_map = 0x8000;
	KUNIT_EXPECT_EQ(test, send_map(m), PARAM);
	fill_map(m, 2);
	v->rxitr_idx = 4;
	KUNIT_EXPECT_EQ(test, send_map(m), PARAM);
	fill_map(m, 2);
	v->txitr_idx = 4;
	KUNIT_EXPECT_EQ(test, send_map(m), PARAM);
	fill_map(m, FAKE_QUEUES + 2);
	m->info.vecmap[FAKE_QUEUES + 1].vector_id = 0;
	m->info.vecmap[FAKE_QUEUES + 1].rxq_map = 0;
	m->info.vecmap[FAKE_QUEUES + 1].txq_map = 0;
	KUNIT_EXPECT_EQ(test, send_map(m), PARAM);
	KUNIT_EXPECT_EQ(test, fake->nr_writes, 0);
}

static void vcq_enable(struct kunit *test)
{
	fake_ready();
	fake->avf->configured_tx = 0x3;
	fake->avf->configured_rx = 0x7;
	smnc_msgs_open(&fake->adi);
	KUNIT_EXPECT_EQ(test, enable(0x1, 0x3), 0);
	KUNIT_EXPECT_TRUE(test, runs(TXQ(0)) && runs(RXQ(0)) && runs(RXQ(1)));
	KUNIT_EXPECT_FALSE(test, runs(TXQ(1)) || runs(RXQ(2)));
	KUNIT_EXPECT_EQ(test, fake->avf->enabled_tx, 0x1);
	KUNIT_EXPECT_EQ(test, fake->avf->enabled_rx, 0x3);
	/* The link's state follows the reply. */
	flush_work(&fake->adi.work);
	KUNIT_EXPECT_EQ(test, fake->op, VIRTCHNL_OP_EVENT);
	/* Those that run already are fine. */
	KUNIT_EXPECT_EQ(test, enable(0x3, 0x7), 0);
	KUNIT_EXPECT_EQ(test, fake->avf->enabled_tx, 0x3);
	KUNIT_EXPECT_EQ(test, fake->avf->enabled_rx, 0x7);
	KUNIT_EXPECT_EQ(test, disable(0x1, 0x6), 0);
	KUNIT_EXPECT_FALSE(test, runs(TXQ(0)) || runs(RXQ(1)) || runs(RXQ(2)));
	KUNIT_EXPECT_TRUE(test, runs(TXQ(1)) && runs(RXQ(0)));
	KUNIT_EXPECT_EQ(test, fake->avf->enabled_tx, 0x2);
	KUNIT_EXPECT_EQ(test, fake->avf->enabled_rx, 0x1);
	flush_work(&fake->adi.work);
}

static void vcq_enable_refused(struct kunit *test)
{
	static const u32 both[] = { VIRTCHNL_OP_ENABLE_QUEUES, VIRTCHNL_OP_DISABLE_QUEUES };
	unsigned int i;

	fake_ready();
	fake->avf->configured_tx = 0x3;
	fake->avf->configured_rx = 0x3;
	for (i = 0; i < ARRAY_SIZE(both); i++) {
		KUNIT_EXPECT_EQ(test, select_queues(both[i], SMNC_VC_VSI + 1, 1, 1), PARAM);
		KUNIT_EXPECT_EQ(test, select_queues(both[i], 0, 1, 1), PARAM);
		KUNIT_EXPECT_EQ(test, select_queues(both[i], SMNC_VC_VSI, 0, 0), PARAM);
		KUNIT_EXPECT_EQ(test, select_queues(both[i], SMNC_VC_VSI, 0x10, 0), PARAM);
		KUNIT_EXPECT_EQ(test, select_queues(both[i], SMNC_VC_VSI, 0, 0x80000000), PARAM);
	}
	/* Without a configuration. */
	KUNIT_EXPECT_EQ(test, enable(0x4, 0), PARAM);
	KUNIT_EXPECT_EQ(test, enable(0, 0x4), PARAM);
	fake->avf->configured_rx = 0x1;
	KUNIT_EXPECT_EQ(test, enable(0, 0x2), PARAM);
	fake->avf->configured_tx = 0x1;
	fake->avf->configured_rx = 0x3;
	KUNIT_EXPECT_EQ(test, enable(0x2, 0), PARAM);
	KUNIT_EXPECT_EQ(test, fake->nr_writes, 0);
	KUNIT_EXPECT_EQ(test, fake->avf->enabled_tx | fake->avf->enabled_rx, 0);
}

/* The device refuses one: those started for the same message stop again. */
static void vcq_enable_fails(struct kunit *test)
{
	fake_ready();
	fake->avf->configured_tx = 0xf;
	fake->avf->configured_rx = 0xf;
	KUNIT_EXPECT_EQ(test, enable(0x1, 0x1), 0);
	fake->refused = RXQ(2);
	KUNIT_EXPECT_EQ(test, enable(0xf, 0xf), PARAM);
	KUNIT_EXPECT_EQ(test, fake->avf->enabled_tx, 0x1);
	KUNIT_EXPECT_EQ(test, fake->avf->enabled_rx, 0x1);
	KUNIT_EXPECT_TRUE(test, runs(TXQ(0)) && runs(RXQ(0)));
	KUNIT_EXPECT_FALSE(test, runs(TXQ(1)) || runs(RXQ(1)) || runs(TXQ(2)) || runs(RXQ(2)) ||
			   runs(TXQ(3)));
	KUNIT_EXPECT_EQ(test, fake_reg(RXQ(2) + SMNC_Q_CTL), 0);
}

static void vcq_dead(struct kunit *test)
{
	fake_ready();
	fake->avf->configured_tx = 0x1;
	fake->pf.state = SMNC_PF_DEAD;
	KUNIT_EXPECT_EQ(test, enable(0x1, 0), VIRTCHNL_STATUS_ERR_ADMIN_QUEUE_ERROR);
	KUNIT_EXPECT_EQ(test, fake->avf->enabled_tx, 0);
	KUNIT_EXPECT_EQ(test, smnc_queue_start(&fake->pf, TXQ(0)), -EIO);
	KUNIT_EXPECT_EQ(test, smnc_func_off(&fake->pf, FAKE_FUNC), -EIO);
}

/*
 * The guest frees its rings on the reply to DISABLE, whatever that says. So there is
 * none if the DMA does not end: the function is reset.
 */
static void vcq_stuck(struct kunit *test)
{
	static const u32 stuck[] = { TXQ(0), RXQ(0), TXQ(1), RXQ(1) };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(stuck); i++) {
		fake_ready();
		fake->avf->configured_tx = 0x3;
		fake->avf->configured_rx = 0x3;
		fake->stuck = 0;
		KUNIT_EXPECT_EQ(test, enable(0x3, 0x3), 0);
		fake->stuck = stuck[i];
		KUNIT_EXPECT_EQ(test, disable(0x3, 0x3), 1);
		KUNIT_EXPECT_EQ(test, fake->restarts, i + 1);
		KUNIT_EXPECT_EQ(test, fake->avf->enabled_tx | fake->avf->enabled_rx, 0);
	}
	/* Nor when those that were started for one message have to stop again. */
	fake_ready();
	fake->avf->configured_tx = 0x3;
	fake->avf->configured_rx = 0x3;
	fake->stuck = TXQ(0);
	fake->refused = RXQ(1);
	KUNIT_EXPECT_EQ(test, enable(0x3, 0x3), 1);
	KUNIT_EXPECT_EQ(test, fake->restarts, i + 1);
}

/* What was not seen to stop is not taken for stopped, should the reset fail as well. */
static void vcq_stuck_for_good(struct kunit *test)
{
	fake_ready();
	fake->avf->configured_rx = 0x1;
	KUNIT_EXPECT_EQ(test, enable(0, 0x1), 0);
	fake->stuck = RXQ(0);
	fake->restart_error = -ETIMEDOUT;
	KUNIT_EXPECT_EQ(test, disable(0, 0x1), 1);
	KUNIT_EXPECT_EQ(test, fake->errors, 1);
}

/* Functions and queue pairs: taken as a whole or not at all, and scrubbed. */
static void vcq_resources(struct kunit *test)
{
	struct smnc_pf *pf = &fake->pf;
	u16 func[9], qp[9][SMNC_FUNC_QPS], f, q[SMNC_FUNC_QPS];
	unsigned int i;

	spin_lock_init(&pf->res_lock);
	pf->func_map = kunit_kcalloc(test, BITS_TO_LONGS(9), sizeof(long), GFP_KERNEL);
	pf->qp_map = kunit_kcalloc(test, BITS_TO_LONGS(64), sizeof(long), GFP_KERNEL);
	__set_bit(0, pf->func_map);
	for (i = 0; i < 8; i++) {
		KUNIT_EXPECT_EQ(test, smnc_res_alloc(pf, &func[i], qp[i], 7), 0);
		KUNIT_EXPECT_EQ(test, func[i], i + 1);
		KUNIT_EXPECT_EQ(test, qp[i][6], i * 7 + 6);
	}
	KUNIT_EXPECT_EQ(test, smnc_res_alloc(pf, &f, q, 1), -ENOSPC);
	smnc_res_free(pf, func[3], qp[3], 7);
	KUNIT_EXPECT_EQ(test, smnc_res_alloc(pf, &f, q, 16), -ENOSPC);
	KUNIT_EXPECT_EQ(test, smnc_res_alloc(pf, &f, q, 15), 0);
	KUNIT_EXPECT_EQ(test, f, 4);
	KUNIT_EXPECT_EQ(test, q[6], 27);
	KUNIT_EXPECT_EQ(test, q[7], 56);
	KUNIT_EXPECT_EQ(test, q[14], 63);

	for (i = 0; i < 0x40; i += 4)
		fake_set(SMNC_QP(FAKE_QP) + i, ~0U);
	smnc_qp_scrub(pf, FAKE_QP);
	for (i = 0; i < 0x40; i += 4)
		if (i % 0x20 != SMNC_Q_HEAD && i != SMNC_Q_BUFSZ && i != SMNC_Q_MAXFRAME)
			KUNIT_EXPECT_EQ_MSG(test, fake_reg(SMNC_QP(FAKE_QP) + i), 0, "%#x", i);
	smnc_func_map_queue(pf, FAKE_FUNC, 2, 33);
	KUNIT_EXPECT_EQ(test, fake_reg(SMNC_FUNC(FAKE_FUNC) + SMNC_FUNC_QMAP(2)),
			SMNC_QMAP_VALID | 33);
	smnc_func_map_queue(pf, FAKE_FUNC, 2, -1);
	KUNIT_EXPECT_EQ(test, fake_reg(SMNC_FUNC(FAKE_FUNC) + SMNC_FUNC_QMAP(2)), 0);
	KUNIT_EXPECT_EQ(test, smnc_func_reset(pf, FAKE_FUNC, SMNC_FUNC_CTRL_DMA), 0);
	KUNIT_EXPECT_EQ(test, fake_reg(SMNC_FUNC(FAKE_FUNC) + SMNC_FUNC_CTRL),
			SMNC_FUNC_CTRL_ENABLE | SMNC_FUNC_CTRL_DMA);
	fake_set(SMNC_FUNC(FAKE_FUNC) + SMNC_FUNC_STATUS, SMNC_FUNC_STATUS_ENABLED);
	KUNIT_EXPECT_EQ(test, smnc_func_off(pf, FAKE_FUNC), -ETIMEDOUT);
	KUNIT_EXPECT_EQ(test, fake_reg(SMNC_FUNC(FAKE_FUNC) + SMNC_FUNC_CTRL), 0);
}

static struct kunit_case vcq_cases[] = {
	KUNIT_CASE(vcq_config),
	KUNIT_CASE_PARAM(vcq_malformed, spoiled_gen_params),
	KUNIT_CASE(vcq_limits),
	KUNIT_CASE(vcq_half_pairs),
	KUNIT_CASE(vcq_running),
	KUNIT_CASE(vcq_irq_map),
	KUNIT_CASE(vcq_irq_map_malformed),
	KUNIT_CASE(vcq_enable),
	KUNIT_CASE(vcq_enable_refused),
	KUNIT_CASE(vcq_enable_fails),
	KUNIT_CASE(vcq_dead),
	KUNIT_CASE(vcq_stuck),
	KUNIT_CASE(vcq_stuck_for_good),
	KUNIT_CASE(vcq_resources),
	{ }
};

static struct kunit_suite vcq_suite = {
	.name = "virtchnl_queues",
	.init = fake_nic_init,
	.exit = fake_nic_exit,
	.test_cases = vcq_cases,
};

kunit_test_suites(&vcq_suite);
