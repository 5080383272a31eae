// SPDX-License-Identifier: GPL-2.0-only
/* The mailbox: what a guest's driver asks, and what a hostile one sends. */
#include <stdlib.h>
#include <unistd.h>

#include "../../include/smartnic/messages.h"
#include "lib/avf.h"
#include "lib/frame.h"
#include "lib/ktap.h"
#include "lib/neighbour.h"

#define QUEUES	4
#define QUIET	20	/* ms in which nothing must come */
#define LATE	200	/* ms in which an interrupt that is on its way comes */

static char *uuid;
static struct avf a;
static struct avf_msg reply;

static void setup(void)
{
	mdev_parent();
	mdev_cleanup();
	uuid = ktap_shared(UUID_LEN + 1);
	mdev_new(QUEUES, uuid);
}

static void up(void)
{
	avf_up(&a, uuid, NULL, QUEUES);
}

static void still_serves(void)
{
	const struct vc_version v = { 1, 1 };

	EXPECT_EQ(avf_vc(&a, VC_VERSION, &v, sizeof(v), NULL), 0);
}

/* --- what a driver does ------------------------------------------------------------------ */

/* Clause: the first messages of a driver get the answers that it checks. */
static void negotiation(void)
{
	const uint32_t all = 0xffffffff, none = 0;
	const struct vc_version v = { 1, 1 };
	struct vc_resources r;

	REQUIRE_OK(avf_open(&a, uuid, NULL));
	EXPECT(avf_rd(&a, AVF_RSTAT) == 1 || avf_rd(&a, AVF_RSTAT) == 2);
	REQUIRE_OK(avf_aq_up(&a));
	REQUIRE_EQ(avf_vc(&a, VC_VERSION, &v, sizeof(v), &reply), 0);
	EXPECT_EQ(reply.len, 8);
	EXPECT_MEM(reply.data, &v, sizeof(v));
	/* The transport's view: completed by head, not by status. */
	EXPECT_OK(avf_aq_drain(&a, 0));
	REQUIRE_EQ(avf_vc(&a, VC_GET_VF_RESOURCES, &all, 4, &reply), 0);
	EXPECT_EQ(reply.len, sizeof(r));
	memcpy(&r, reply.data, sizeof(r));
	EXPECT_EQ(r.num_vsis, 1);
	EXPECT_EQ(r.num_queue_pairs, QUEUES);
	EXPECT_EQ(r.vsi_queue_pairs, QUEUES);
	EXPECT_EQ(r.max_vectors, QUEUES + 1);
	EXPECT_EQ(r.vsi_type, VC_VSI_SRIOV);
	EXPECT(r.caps & VC_CAP_L2);
	ktap_note("caps %#x, max_mtu %u, rss key %u lut %u", r.caps, r.max_mtu,
		  r.rss_key_size, r.rss_lut_size);
	EXPECT_EQ(r.mac[0] & 1, 0);
	EXPECT(r.mac[0] | r.mac[1] | r.mac[2] | r.mac[3] | r.mac[4] | r.mac[5]);
	/* Clause: never more than was asked for. */
	REQUIRE_EQ(avf_vc(&a, VC_GET_VF_RESOURCES, &none, 4, &reply), 0);
	memcpy(&r, reply.data, sizeof(r));
	EXPECT_EQ(r.caps & ~(VC_CAP_L2), 0);
}

/* Clause: VERSION may come at any time and changes nothing. */
static void version_any_time(void)
{
	const struct vc_version v = { 1, 1 }, old = { 1, 0 }, odd = { 7, 9 };
	unsigned int i;

	up();
	for (i = 0; i < 5; i++)
		EXPECT_EQ(avf_vc(&a, VC_VERSION, &v, sizeof(v), &reply), 0);
	avf_vc(&a, VC_VERSION, &old, sizeof(old), NULL);
	avf_vc(&a, VC_VERSION, &odd, sizeof(odd), NULL);
	EXPECT_EQ(avf_vc(&a, VC_VERSION, &v, sizeof(v), &reply), 0);
	EXPECT_EQ(avf_rd(&a, AVF_RX_TAIL(0)), AVF_RING - 1);
	EXPECT_EQ(avf_queues_select(&a, VC_DISABLE_QUEUES, 1, 1), 0);
}

/* Clause: link up is told after ENABLE_QUEUES. */
static void link_event(void)
{
	uint64_t end = now_ms() + AVF_MS;

	up();
	while (!a.nr_events && now_ms() < end) {
		if (avf_aq_recv(&a, &reply, 100))
			continue;
		EXPECT_EQ(reply.op, VC_EVENT);
		EXPECT_EQ(reply.len, sizeof(a.last_event));
		memcpy(&a.last_event, reply.data, sizeof(a.last_event));
		a.nr_events++;
	}
	REQUIRE_GE(a.nr_events, 1);
	EXPECT_EQ(a.last_event.event, 1);
	EXPECT_EQ(a.last_event.link_up, 1);
	EXPECT_GT(a.last_event.link_speed, 0);
}

/* Clause: vector 0 tells of a reply; the cause is latched whether enabled or not,
 * and reading it clears it.
 */
static void mailbox_interrupt(void)
{
	const struct vc_version v = { 1, 1 };

	REQUIRE_OK(avf_open(&a, uuid, NULL));
	REQUIRE_OK(avf_init(&a));
	/* that of the last reply may still be on its way */
	event_wait(a.event[0], LATE);
	avf_rd(&a, AVF_ICR01);
	avf_arm(&a, 0);
	avf_aq_post(&a, SMNC_AQ_OP_TO_PF, VC_VERSION, &v, sizeof(v));
	EXPECT_EQ(event_wait(a.event[0], AVF_MS), 1);
	EXPECT(avf_rd(&a, AVF_ICR01) & AVF_ICR_ADMINQ);
	EXPECT_EQ(avf_rd(&a, AVF_ICR01) & AVF_ICR_ADMINQ, 0);
	EXPECT_OK(avf_aq_recv(&a, &reply, AVF_MS));
	/* the cause disabled: latched, but silent */
	avf_wr(&a, AVF_ICR0_ENA1, 0);
	avf_arm(&a, 0);
	event_wait(a.event[0], LATE);
	avf_aq_post(&a, SMNC_AQ_OP_TO_PF, VC_VERSION, &v, sizeof(v));
	EXPECT_OK(avf_aq_recv(&a, &reply, AVF_MS));
	EXPECT_EQ(event_wait(a.event[0], QUIET), 0);
	EXPECT(avf_rd(&a, AVF_ICR01) & AVF_ICR_ADMINQ);
	avf_wr(&a, AVF_ICR0_ENA1, AVF_ICR_ADMINQ);
}

/* Clause: RESET_VF is not answered; the function comes back empty and active, and a
 * driver goes on with GET_VF_RESOURCES without a new VERSION.
 */
static void reset_vf(void)
{
	const uint32_t caps = VC_CAP_L2;
	uint64_t end;

	up();
	avf_aq_post(&a, SMNC_AQ_OP_TO_PF, VC_RESET_VF, NULL, 0);
	end = now_ms() + AVF_MS;
	while (avf_rd(&a, AVF_ARQLEN) & AVF_AQ_LEN_ENABLE && now_ms() < end)
		usleep(500);
	EXPECT_EQ(avf_rd(&a, AVF_ARQLEN) & AVF_AQ_LEN_ENABLE, 0);
	while (avf_rd(&a, AVF_RSTAT) != 2 && now_ms() < end)
		usleep(500);
	EXPECT_EQ(avf_rd(&a, AVF_RSTAT), 2);
	EXPECT_EQ(avf_rd(&a, AVF_ATQLEN) & AVF_AQ_LEN_ENABLE, 0);
	EXPECT_EQ(avf_rd(&a, AVF_RX_TAIL(0)), 0);
	EXPECT_EQ(avf_rd(&a, AVF_TX_TAIL(0)), 0);
	REQUIRE_OK(avf_aq_up(&a));
	REQUIRE_EQ(avf_vc(&a, VC_GET_VF_RESOURCES, &caps, 4, &reply), 0);
	EXPECT_EQ(reply.len, sizeof(struct vc_resources));
	REQUIRE_EQ(avf_queues_up(&a, QUEUES), 0);
}

/* Clause: queues can be enabled and disabled one by one and in one direction only. */
static void partial_queue_masks(void)
{
	up();
	EXPECT_EQ(avf_queues_select(&a, VC_DISABLE_QUEUES, 0xf, 0), 0);
	EXPECT_EQ(avf_queues_select(&a, VC_DISABLE_QUEUES, 0, 0x2), 0);
	EXPECT_EQ(avf_queues_select(&a, VC_ENABLE_QUEUES, 0, 0x2), 0);
	EXPECT_EQ(avf_queues_select(&a, VC_ENABLE_QUEUES, 0x8, 0), 0);
	EXPECT_EQ(avf_queues_select(&a, VC_DISABLE_QUEUES, 0x8, 0xf), 0);
}

/* Clause: GET_STATS counts this function's frames. */
static void stats_count(void)
{
	const struct vc_queue_select s = { .vsi_id = 0 };
	static struct avf b;
	struct vc_queue_select sel = s;
	struct vc_stats before, after;
	char other[UUID_LEN + 1];
	uint8_t f[500];
	int i;

	up();
	mdev_new(1, other);
	avf_up(&b, other, NULL, 1);
	sel.vsi_id = a.res.vsi_id;
	REQUIRE_EQ(avf_vc(&a, VC_GET_STATS, &sel, sizeof(sel), &reply), 0);
	REQUIRE_EQ(reply.len, sizeof(before));
	memcpy(&before, reply.data, sizeof(before));
	frame_l2(f, sizeof(f), b.res.mac, a.res.mac, 1);
	for (i = 0; i < 10; i++)
		REQUIRE_GE(avf_tx(&a, 0, f, sizeof(f), 0), 0);
	REQUIRE_OK(avf_tx_done(&a, 0, AVF_MS));
	EXPECT_EQ(avf_rx_count(&b, a.res.mac, 10, AVF_MS), 10);
	REQUIRE_EQ(avf_vc(&a, VC_GET_STATS, &sel, sizeof(sel), &reply), 0);
	memcpy(&after, reply.data, sizeof(after));
	EXPECT_EQ(after.tx_unicast - before.tx_unicast, 10);
	EXPECT_GE(after.tx_bytes - before.tx_bytes, 10 * sizeof(f));
	EXPECT_EQ(after.tx_errors, before.tx_errors);
	sel.vsi_id = b.res.vsi_id;
	REQUIRE_EQ(avf_vc(&b, VC_GET_STATS, &sel, sizeof(sel), &reply), 0);
	memcpy(&after, reply.data, sizeof(after));
	EXPECT_EQ(after.rx_unicast, 10);
	avf_close(&b);
	EXPECT_OK(mdev_remove(other));
}

/* --- what a hostile one sends --------------------------------------------------------------- */

/* A valid message for @op; its length, or -1 if the op is not for the tables. */
static int valid(uint32_t op, void *buf)
{
	struct vc_queue_select *s = buf;
	struct vc_promisc *p = buf;
	struct vc_macs *m = buf;
	struct vc_rss *r = buf;
	uint32_t *w = buf;

	memset(buf, 0, AVF_AQ_BUF);
	switch (op) {
	case VC_VERSION:
		w[0] = 1;
		w[1] = 1;
		return 8;
	case VC_RESET_VF:
		return 0;
	case VC_GET_VF_RESOURCES:
		w[0] = VC_CAP_L2 | VC_CAP_RSS_PF;
		return 4;
	case VC_CONFIG_VSI_QUEUES:
		avf_queue_config(&a, buf, QUEUES);
		return VC_QUEUE_CONFIG_LEN(QUEUES);
	case VC_CONFIG_IRQ_MAP:
		avf_irq_map(&a, buf, QUEUES);
		return VC_IRQ_MAP_LEN(QUEUES + 1);
	case VC_ENABLE_QUEUES:
	case VC_DISABLE_QUEUES:
	case VC_GET_STATS:
		s->vsi_id = a.res.vsi_id;
		s->rx = 1;
		s->tx = 1;
		return sizeof(*s);
	case VC_ADD_ETH_ADDR:
	case VC_DEL_ETH_ADDR:
		m->vsi_id = a.res.vsi_id;
		m->num = 1;
		memcpy(m->mac[0].addr, a.res.mac, 6);
		m->mac[0].type = 2;
		return VC_MACS_LEN(1);
	case VC_PROMISC:
		p->vsi_id = a.res.vsi_id;
		return sizeof(*p);
	case VC_RSS_KEY:
		r->vsi_id = a.res.vsi_id;
		r->len = (uint16_t)a.res.rss_key_size;
		return VC_RSS_LEN(r->len);
	case VC_RSS_LUT:
		r->vsi_id = a.res.vsi_id;
		r->len = (uint16_t)a.res.rss_lut_size;
		return VC_RSS_LEN(r->len);
	case VC_RSS_HASHCFG_CAPS:
		return 0;
	case VC_RSS_HASHCFG:
		return 8;
	}
	return -1;
}

static const uint32_t known_ops[] = {
	VC_VERSION, VC_RESET_VF, VC_GET_VF_RESOURCES, VC_CONFIG_VSI_QUEUES, VC_CONFIG_IRQ_MAP,
	VC_ENABLE_QUEUES, VC_DISABLE_QUEUES, VC_ADD_ETH_ADDR, VC_DEL_ETH_ADDR, VC_PROMISC,
	VC_GET_STATS, VC_RSS_KEY, VC_RSS_LUT, VC_RSS_HASHCFG_CAPS, VC_RSS_HASHCFG,
};

/* Queues down, so that configuration is not refused for that reason alone. */
static void up_idle(void)
{
	up();
	REQUIRE_EQ(avf_queues_select(&a, VC_DISABLE_QUEUES, 0xf, 0xf), 0);
}

static void refused(uint32_t op, const void *msg, int len, const char *what, long val)
{
	int status = avf_vc(&a, op, msg, (size_t)len, NULL);

	if (status == 0 || status == AVF_NO_REPLY) {
		ktap_note("op %u, %s %ld (length %d): %s", op, what, val, len,
			  status ? "no reply" : "accepted");
		EXPECT_EQ(status, -5);
	}
}

/* Clause: each opcode with a length that is not exactly its own is refused. */
static void wrong_lengths(void)
{
	static uint8_t msg[AVF_AQ_BUF];
	static const int delta[] = { -1, 1, 4 };
	struct neighbour *n = neighbour_start();
	size_t i, k;

	up_idle();
	for (i = 0; i < ARRAY_SIZE(known_ops); i++) {
		uint32_t op = known_ops[i];
		int len = valid(op, msg);

		/* The builder is right: the valid message is accepted. */
		if (op != VC_RESET_VF && op != VC_ENABLE_QUEUES)
			EXPECT_EQ(avf_vc(&a, op, msg, (size_t)len, NULL), 0);
		len = valid(op, msg);
		for (k = 0; k < ARRAY_SIZE(delta); k++)
			if (len + delta[k] >= 0)
				refused(op, msg, len + delta[k], "length off by", delta[k]);
		refused(op, msg, AVF_AQ_BUF, "length", AVF_AQ_BUF);
		if (len > 4)
			refused(op, msg, 0, "length", 0);
	}
	still_serves();
	neighbour_stop(n);
}

struct spoil {
	uint32_t op;
	const char *field;
	uint32_t off;
	uint8_t size;
	uint64_t value;
};

#define QC(f)	offsetof(struct vc_queue_config, f)
#define IM(f)	offsetof(struct vc_irq_map, f)
#define QS(f)	offsetof(struct vc_queue_select, f)
#define MA(f)	offsetof(struct vc_macs, f)

/* Clause: queue, vector and VSI numbers, ring lengths, bases and buffer sizes out of
 * range are refused, one field at a time.
 */
static const struct spoil spoils[] = {
	{ VC_CONFIG_VSI_QUEUES, "vsi", QC(vsi_id), 2, 0xffff },
	{ VC_CONFIG_VSI_QUEUES, "vsi", QC(vsi_id), 2, 0x1000 },
	{ VC_CONFIG_VSI_QUEUES, "pairs", QC(num_queue_pairs), 2, 0 },
	{ VC_CONFIG_VSI_QUEUES, "pairs", QC(num_queue_pairs), 2, QUEUES + 1 },
	{ VC_CONFIG_VSI_QUEUES, "pairs", QC(num_queue_pairs), 2, 0xffff },
	{ VC_CONFIG_VSI_QUEUES, "tx vsi", QC(qp[0].tx.vsi_id), 2, 0xfffe },
	{ VC_CONFIG_VSI_QUEUES, "rx vsi", QC(qp[1].rx.vsi_id), 2, 0xfffe },
	{ VC_CONFIG_VSI_QUEUES, "tx queue", QC(qp[0].tx.queue_id), 2, QUEUES },
	{ VC_CONFIG_VSI_QUEUES, "tx queue", QC(qp[3].tx.queue_id), 2, 0xffff },
	{ VC_CONFIG_VSI_QUEUES, "rx queue", QC(qp[0].rx.queue_id), 2, QUEUES },
	{ VC_CONFIG_VSI_QUEUES, "rx queue", QC(qp[3].rx.queue_id), 2, 0x8000 },
	{ VC_CONFIG_VSI_QUEUES, "tx length", QC(qp[0].tx.ring_len), 2, 33 },
	{ VC_CONFIG_VSI_QUEUES, "tx length", QC(qp[0].tx.ring_len), 2, 4128 },
	{ VC_CONFIG_VSI_QUEUES, "tx length", QC(qp[2].tx.ring_len), 2, 0xffe0 },
	{ VC_CONFIG_VSI_QUEUES, "rx length", QC(qp[0].rx.ring_len), 4, 65 },
	{ VC_CONFIG_VSI_QUEUES, "rx length", QC(qp[0].rx.ring_len), 4, 4128 },
	{ VC_CONFIG_VSI_QUEUES, "rx length", QC(qp[0].rx.ring_len), 4, 0x10040 },
	{ VC_CONFIG_VSI_QUEUES, "tx base", QC(qp[0].tx.ring_addr), 8, 0x10000001 },
	{ VC_CONFIG_VSI_QUEUES, "rx base", QC(qp[0].rx.ring_addr), 8, 0x10000010 },
	{ VC_CONFIG_VSI_QUEUES, "buffer", QC(qp[0].rx.buf_size), 4, 0 },
	{ VC_CONFIG_VSI_QUEUES, "buffer", QC(qp[0].rx.buf_size), 4, 127 },
	{ VC_CONFIG_VSI_QUEUES, "buffer", QC(qp[0].rx.buf_size), 4, 16384 },
	{ VC_CONFIG_VSI_QUEUES, "buffer", QC(qp[0].rx.buf_size), 4, 0xffffff80 },
	{ VC_CONFIG_IRQ_MAP, "vectors", IM(num_vectors), 2, 0 },
	{ VC_CONFIG_IRQ_MAP, "vectors", IM(num_vectors), 2, QUEUES + 2 },
	{ VC_CONFIG_IRQ_MAP, "vectors", IM(num_vectors), 2, 0xffff },
	{ VC_CONFIG_IRQ_MAP, "vsi", IM(map[0].vsi_id), 2, 0xffff },
	{ VC_CONFIG_IRQ_MAP, "vector", IM(map[0].vector_id), 2, QUEUES + 1 },
	{ VC_CONFIG_IRQ_MAP, "vector", IM(map[2].vector_id), 2, 0xffff },
	{ VC_CONFIG_IRQ_MAP, "rx queues", IM(map[0].rxq_map), 2, 1 << QUEUES },
	{ VC_CONFIG_IRQ_MAP, "tx queues", IM(map[0].txq_map), 2, 0x8000 },
	{ VC_CONFIG_IRQ_MAP, "rx itr", IM(map[0].rxitr_idx), 2, 4 },
	{ VC_CONFIG_IRQ_MAP, "tx itr", IM(map[0].txitr_idx), 2, 0xffff },
	{ VC_ENABLE_QUEUES, "vsi", QS(vsi_id), 2, 0xffff },
	{ VC_ENABLE_QUEUES, "rx", QS(rx), 4, 1u << QUEUES },
	{ VC_ENABLE_QUEUES, "tx", QS(tx), 4, 0xffff0001 },
	{ VC_ENABLE_QUEUES, "rx and tx", QS(rx), 8, 0 },
	{ VC_DISABLE_QUEUES, "vsi", QS(vsi_id), 2, 0xffff },
	{ VC_DISABLE_QUEUES, "rx", QS(rx), 4, 0x80000000 },
	{ VC_DISABLE_QUEUES, "tx", QS(tx), 4, 1u << QUEUES },
	{ VC_ADD_ETH_ADDR, "vsi", MA(vsi_id), 2, 0xffff },
	{ VC_ADD_ETH_ADDR, "number", MA(num), 2, 0 },
	{ VC_ADD_ETH_ADDR, "number", MA(num), 2, 2 },
	{ VC_ADD_ETH_ADDR, "number", MA(num), 2, 0xffff },
	{ VC_DEL_ETH_ADDR, "vsi", MA(vsi_id), 2, 0xffff },
	{ VC_DEL_ETH_ADDR, "number", MA(num), 2, 0xffff },
	{ VC_PROMISC, "vsi", 0, 2, 0xffff },
	{ VC_PROMISC, "flags", 2, 2, 0x8000 },
	{ VC_GET_STATS, "vsi", 0, 2, 0xffff },
	{ VC_RSS_KEY, "vsi", 0, 2, 0xffff },
	{ VC_RSS_KEY, "length", 2, 2, 0 },
	{ VC_RSS_KEY, "length", 2, 2, 0xffff },
	{ VC_RSS_HASHCFG, "bits", 0, 8, ~0ull },
	{ VC_RSS_LUT, "vsi", 0, 2, 0xffff },
	{ VC_RSS_LUT, "length", 2, 2, 0 },
	{ VC_RSS_LUT, "length", 2, 2, 0xffff },
	{ VC_RSS_LUT, "entry", 4, 1, QUEUES },
	{ VC_RSS_LUT, "entry", 10, 1, 0xff },
};

static void wrong_values(void)
{
	static uint8_t msg[AVF_AQ_BUF];
	struct neighbour *n = neighbour_start();
	size_t i;

	up_idle();
	for (i = 0; i < ARRAY_SIZE(spoils); i++) {
		const struct spoil *s = &spoils[i];
		int len = valid(s->op, msg);

		memcpy(msg + s->off, &s->value, s->size);
		refused(s->op, msg, len, s->field, (long)s->value);
	}
	still_serves();
	/* Nothing of it stuck: the good configuration still works. */
	memset(a.q, 0, sizeof(a.q));
	EXPECT_EQ(avf_queues_up(&a, QUEUES), 0);
	neighbour_stop(n);
}

/* Clause: unknown opcodes are answered NOT_SUPPORTED, ones that were not granted
 * with an error.
 */
static void unknown_opcodes(void)
{
	static const uint32_t unknown[] = { 200, 255, 500, 0x7fffffff, 0x80000000, 0xffffffff };
	static const uint32_t not_granted[] = { 0, 4, 5, 12, 13, 16, 18, 19, 20, 21, 22, 27, 28, 29,
		30, 31, 34, 44, 45, 47, 51, 52, 57, 60, 66, 107, 112 };
	static uint8_t msg[64];
	size_t i;

	REQUIRE_OK(avf_open(&a, uuid, NULL));
	REQUIRE_OK(avf_init(&a));
	for (i = 0; i < ARRAY_SIZE(unknown); i++) {
		EXPECT_EQ(avf_vc(&a, unknown[i], NULL, 0, NULL), VC_NOT_SUPPORTED);
		EXPECT_EQ(avf_vc(&a, unknown[i], msg, sizeof(msg), NULL), VC_NOT_SUPPORTED);
	}
	for (i = 0; i < ARRAY_SIZE(not_granted); i++)
		refused(not_granted[i], msg, 8, "not granted", 0);
	still_serves();
}

/* Clause: messages out of order (before GET_VF_RESOURCES, ENABLE before CONFIG) get a
 * reply, and nothing is enabled that was not configured.
 */
static void out_of_order(void)
{
	static uint8_t msg[AVF_AQ_BUF];
	size_t i;

	REQUIRE_OK(avf_open(&a, uuid, NULL));
	REQUIRE_OK(avf_aq_up(&a));
	a.res.vsi_id = 1;
	for (i = 1; i < ARRAY_SIZE(known_ops); i++) {
		int len = valid(known_ops[i], msg);

		/* These two need nothing before them. */
		if (known_ops[i] == VC_RESET_VF || known_ops[i] == VC_GET_VF_RESOURCES)
			continue;
		EXPECT_NE(avf_vc(&a, known_ops[i], msg, (size_t)len, NULL), AVF_NO_REPLY);
	}
	REQUIRE_OK(avf_init(&a));
	EXPECT_NE(avf_queues_select(&a, VC_ENABLE_QUEUES, 1, 1), 0);
	EXPECT_EQ(avf_queues_up(&a, QUEUES), 0);
	/* reconfiguring a running queue */
	valid(VC_CONFIG_VSI_QUEUES, msg);
	EXPECT_NE(avf_vc(&a, VC_CONFIG_VSI_QUEUES, msg, VC_QUEUE_CONFIG_LEN(QUEUES), NULL),
		  AVF_NO_REPLY);
	still_serves();
}

/* Clause: a flood of messages whose replies nobody fetches stops nobody else, and the
 * function serves again when it fetches them.
 */
static void flood(void)
{
	const struct vc_version v = { 1, 1 };
	struct neighbour *n = neighbour_start();
	unsigned int i, k, replies = 0;

	REQUIRE_OK(avf_open(&a, uuid, NULL));
	REQUIRE_OK(avf_init(&a));
	for (i = 0; i < 12; i++) {
		for (k = 0; k < AVF_AQ_RING - 1; k++)
			avf_aq_post(&a, SMNC_AQ_OP_TO_PF, i & 1 ? 0x999 : VC_VERSION, &v, 8);
		if (avf_aq_drain(&a, 500))
			break;
	}
	ktap_note("%u messages sent without fetching a reply", i * (AVF_AQ_RING - 1));
	neighbour_alive(n);
	/* As many as the ring holds are there, or come; of more it is not known when. */
	while (!avf_aq_recv(&a, &reply, replies < AVF_AQ_RING - 1 ? AVF_MS : 200))
		replies++;
	ktap_note("%u replies", replies);
	EXPECT_GE(replies, AVF_AQ_RING - 1);
	EXPECT_OK(avf_aq_drain(&a, AVF_MS));
	while (!avf_aq_recv(&a, &reply, 50))
		;
	still_serves();
	neighbour_stop(n);
}

/* The device has stopped the queue of requests. */
static bool atq_stopped(void)
{
	uint32_t len = avf_rd(&a, AVF_ATQLEN);

	return len & AVF_AQ_LEN_CRIT || !(len & AVF_AQ_LEN_ENABLE);
}

/* Clause: admin queue registers and descriptors of any content stop this queue at
 * most; VFIO reset brings it back.
 */
static void admin_queue_abuse(void)
{
	static const uint32_t tails[] = { AVF_AQ_RING, 0x3ff, 0xffffffff };
	struct neighbour *n = neighbour_start();
	volatile struct smnc_aq_desc *d;
	size_t i;

	REQUIRE_OK(avf_open(&a, uuid, NULL));
	REQUIRE_OK(avf_init(&a));
	/* unknown admin command: an error in the descriptor */
	i = (size_t)avf_aq_post(&a, 0x0b02, 0, NULL, 0);
	EXPECT_OK(avf_aq_drain(&a, AVF_MS));
	d = (volatile struct smnc_aq_desc *)a.aq + i;
	EXPECT_EQ(d->flags & (SMNC_AQ_DD | SMNC_AQ_ERR), SMNC_AQ_DD | SMNC_AQ_ERR);
	EXPECT_EQ(d->retval, 22);
	/* payload too long: likewise */
	i = (size_t)avf_aq_post(&a, SMNC_AQ_OP_TO_PF, VC_VERSION, NULL, 4097);
	EXPECT_OK(avf_aq_drain(&a, AVF_MS));
	d = (volatile struct smnc_aq_desc *)a.aq + i;
	EXPECT_EQ(d->flags & (SMNC_AQ_DD | SMNC_AQ_ERR), SMNC_AQ_DD | SMNC_AQ_ERR);
	still_serves();
	/* queue shutdown completes with 0 */
	i = (size_t)avf_aq_post(&a, SMNC_AQ_OP_SHUTDOWN, 0, NULL, 0);
	EXPECT_OK(avf_aq_drain(&a, AVF_MS));
	d = (volatile struct smnc_aq_desc *)a.aq + i;
	EXPECT_EQ(d->retval, 0);
	EXPECT_EQ(d->flags & (SMNC_AQ_DD | SMNC_AQ_ERR), SMNC_AQ_DD);
	for (i = 0; i < ARRAY_SIZE(tails); i++) {
		REQUIRE_OK(vfio_reset(&a.dev));
		REQUIRE_OK(avf_restart(&a));
		avf_wr(&a, AVF_ATQT, tails[i]);
		avf_wr(&a, AVF_ARQT, tails[i]);
		EXPECT(ktap_until(atq_stopped(), AVF_MS));
	}
	REQUIRE_OK(vfio_reset(&a.dev));
	REQUIRE_OK(avf_restart(&a));
	/* a ring of length 0, then the largest, over memory that is not there */
	avf_wr(&a, AVF_ATQLEN, AVF_AQ_LEN_ENABLE);
	avf_wr(&a, AVF_ATQT, 1);
	avf_wr(&a, AVF_ATQLEN, 0);
	avf_wr(&a, AVF_ATQBAH, 0x1234);
	avf_wr(&a, AVF_ATQLEN, AVF_AQ_LEN_ENABLE | 1023);
	avf_wr(&a, AVF_ATQT, 5);
	neighbour_alive(n);
	REQUIRE_OK(vfio_reset(&a.dev));
	REQUIRE_OK(avf_restart(&a));
	still_serves();
	neighbour_stop(n);
}

static const struct ktap_case cases[] = {
	CASE(negotiation),
	CASE(version_any_time),
	CASE(link_event),
	CASE(mailbox_interrupt),
	CASE(reset_vf),
	CASE(partial_queue_masks),
	CASE(stats_count),
	CASE(wrong_lengths),
	CASE(wrong_values),
	CASE(unknown_opcodes),
	CASE(out_of_order),
	CASE(flood),
	CASE(admin_queue_abuse),
};

KTAP_MAIN("virtchnl", cases, setup, mdev_cleanup)
