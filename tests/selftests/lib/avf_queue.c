// SPDX-License-Identifier: GPL-2.0-only
/* The data path of the user-space AVF driver. */
#include <poll.h>
#include <stdlib.h>

#include "avf.h"
#include "frame.h"
#include "ktap.h"

#define MAX_PKT	9728

/* --- configuration ----------------------------------------------------------------- */

void avf_queue_fresh(struct avf *a, unsigned int i)
{
	struct avf_queue *q = &a->q[i];
	unsigned int k;

	if (!q->tx) {
		q->tx = avf_alloc(a, AVF_RING * sizeof(*q->tx), &q->tx_iova);
		q->rx = avf_alloc(a, AVF_RING * sizeof(*q->rx), &q->rx_iova);
		q->tx_buf = avf_alloc(a, AVF_RING * a->o.buf_size, &q->tx_buf_iova);
		q->rx_buf = avf_alloc(a, AVF_RING * a->o.buf_size, &q->rx_buf_iova);
	}
	memset(q->tx, 0, AVF_RING * sizeof(*q->tx));
	memset(q->rx, 0, AVF_RING * sizeof(*q->rx));
	memset(q->tx_rs, 0, sizeof(q->tx_rs));
	for (k = 0; k < AVF_RING; k++)
		q->rx[k].qw0 = q->rx_buf_iova + (uint64_t)k * a->o.buf_size;
	q->tx_next = 0;
	q->tx_clean = 0;
	q->rx_next = 0;
}

void avf_queue_config(struct avf *a, struct vc_queue_config *c, unsigned int n)
{
	unsigned int i;

	memset(c, 0, sizeof(*c));
	c->vsi_id = a->res.vsi_id;
	c->num_queue_pairs = (uint16_t)n;
	for (i = 0; i < n; i++) {
		struct vc_qpair *p = &c->qp[i];

		p->tx.vsi_id = a->res.vsi_id;
		p->tx.queue_id = (uint16_t)i;
		p->tx.ring_len = AVF_RING;
		p->tx.ring_addr = a->q[i].tx_iova;
		p->rx.vsi_id = a->res.vsi_id;
		p->rx.queue_id = (uint16_t)i;
		p->rx.ring_len = AVF_RING;
		p->rx.buf_size = a->o.buf_size;
		p->rx.max_pkt_size = MAX_PKT;
		p->rx.ring_addr = a->q[i].rx_iova;
	}
}

/* Queue i's causes go to vector i + 1; the last entry is vector 0's, empty. */
void avf_irq_map(struct avf *a, struct vc_irq_map *m, unsigned int n)
{
	unsigned int i;

	memset(m, 0, sizeof(*m));
	m->num_vectors = (uint16_t)(n + 1);
	for (i = 0; i < n; i++) {
		m->map[i].vsi_id = a->res.vsi_id;
		m->map[i].vector_id = (uint16_t)(i + 1);
		m->map[i].rxq_map = (uint16_t)(1u << i);
		m->map[i].txq_map = (uint16_t)(1u << i);
		m->map[i].rxitr_idx = 0;
		m->map[i].txitr_idx = 1;
	}
	m->map[n].vsi_id = a->res.vsi_id;
}

int avf_queues_select(struct avf *a, uint32_t op, uint32_t rx, uint32_t tx)
{
	const struct vc_queue_select s = { .vsi_id = a->res.vsi_id, .rx = rx, .tx = tx };

	return avf_vc(a, op, &s, sizeof(s), NULL);
}

int avf_mac(struct avf *a, uint32_t op, const uint8_t *mac, uint8_t type)
{
	struct vc_macs m = { .vsi_id = a->res.vsi_id, .num = 1 };

	memcpy(m.mac[0].addr, mac, 6);
	m.mac[0].type = type;
	return avf_vc(a, op, &m, VC_MACS_LEN(1), NULL);
}

int avf_queues_up(struct avf *a, unsigned int n)
{
	struct vc_queue_config c;
	struct vc_irq_map m;
	unsigned int i;
	int ret;

	avf_irq_map(a, &m, n);
	ret = avf_vc(a, VC_CONFIG_IRQ_MAP, &m, VC_IRQ_MAP_LEN(n + 1), NULL);
	if (ret)
		return ret;
	for (i = 0; i < n; i++) {
		avf_queue_fresh(a, i);
		avf_wr(a, AVF_RX_TAIL(i), AVF_RING - 1);
	}
	ret = avf_mac(a, VC_ADD_ETH_ADDR, a->res.mac, 1);
	if (ret)
		return ret;
	avf_queue_config(a, &c, n);
	ret = avf_vc(a, VC_CONFIG_VSI_QUEUES, &c, VC_QUEUE_CONFIG_LEN(n), NULL);
	if (ret)
		return ret;
	a->nr_queues = n;
	for (i = 0; i < n; i++)
		avf_arm(a, i + 1);
	return avf_queues_select(a, VC_ENABLE_QUEUES, (1u << n) - 1, (1u << n) - 1);
}

void avf_queue_aim(struct avf *a, unsigned int q, uint64_t rx, uint64_t stride)
{
	struct vc_queue_config c;
	unsigned int k;

	REQUIRE_EQ(avf_queues_select(a, VC_DISABLE_QUEUES, 1u << q, 1u << q), 0);
	avf_queue_fresh(a, q);
	for (k = 0; rx != AVF_OWN && k < AVF_RING; k++)
		a->q[q].rx[k].qw0 = rx + k * stride;
	avf_wr(a, AVF_RX_TAIL(q), AVF_RING - 1);
	avf_queue_config(a, &c, a->nr_queues);
	c.qp[0] = c.qp[q];
	c.num_queue_pairs = 1;
	REQUIRE_EQ(avf_vc(a, VC_CONFIG_VSI_QUEUES, &c, VC_QUEUE_CONFIG_LEN(1), NULL), 0);
	REQUIRE_EQ(avf_queues_select(a, VC_ENABLE_QUEUES, 1u << q, 1u << q), 0);
}

void avf_queue_again(struct avf *a, unsigned int q)
{
	avf_queue_aim(a, q, AVF_OWN, 0);
}

void avf_arm(struct avf *a, unsigned int vector)
{
	avf_wr(a, vector ? AVF_DYN_CTLN(vector - 1) : AVF_DYN_CTL01,
	       AVF_DYN_INTENA | AVF_DYN_ITR_NONE);
}

void avf_mask(struct avf *a, unsigned int vector)
{
	avf_wr(a, vector ? AVF_DYN_CTLN(vector - 1) : AVF_DYN_CTL01, AVF_DYN_ITR_NONE);
}

/* --- transmit ------------------------------------------------------------------------- */

static bool tx_is_done(const struct avf_tx_desc *d)
{
	return (__atomic_load_n(&d->qw1, __ATOMIC_ACQUIRE) & 0xf) == TXD_DONE;
}

/* Frees the packets whose last descriptor is done; true if all are. */
static bool tx_reap(struct avf *a, unsigned int qi)
{
	struct avf_queue *q = &a->q[qi];
	unsigned int i;

	for (i = q->tx_clean; i != q->tx_next; i = (i + 1) % AVF_RING) {
		if (!q->tx_rs[i])
			continue;
		if (!tx_is_done(&q->tx[i]))
			return false;
		q->tx_rs[i] = false;
		q->tx_clean = (uint16_t)((i + 1) % AVF_RING);
	}
	return true;
}

static unsigned int tx_room(const struct avf_queue *q)
{
	return (q->tx_clean + AVF_RING - q->tx_next - 1u) % AVF_RING;
}

static int tx_wait_room(struct avf *a, unsigned int qi, unsigned int need)
{
	uint64_t end = now_ms() + AVF_MS;

	for (;;) {
		tx_reap(a, qi);
		if (tx_room(&a->q[qi]) >= need)
			return 0;
		if (now_ms() >= end)
			return -ETIMEDOUT;
		poll(NULL, 0, 1);
	}
}

void avf_tx_kick(struct avf *a, unsigned int q)
{
	avf_wr(a, AVF_TX_TAIL(q), a->q[q].tx_next);
}

static unsigned int tx_put(struct avf_queue *q, uint64_t qw0, uint64_t qw1)
{
	unsigned int i = q->tx_next;

	q->tx[i].qw0 = qw0;
	q->tx[i].qw1 = qw1;
	q->tx_rs[i] = (qw1 & 0xf) == 0 && qw1 & TXD_RS;
	q->tx_next = (uint16_t)((i + 1) % AVF_RING);
	return i;
}

int avf_tx_frags(struct avf *a, unsigned int qi, const struct avf_frag *f, unsigned int n,
		 uint64_t cmd, uint64_t ctx, unsigned int flags)
{
	uint64_t last = TXD_EOP | (flags & TX_NO_RS ? 0 : TXD_RS);
	unsigned int i, idx = 0;
	int ret = tx_wait_room(a, qi, n + !!ctx);

	if (ret)
		return ret;
	if (ctx)
		tx_put(&a->q[qi], 0, ctx);
	for (i = 0; i < n; i++)
		idx = tx_put(&a->q[qi], f[i].iova,
			     cmd | TXD_SIZE(f[i].len) | (i + 1 == n ? last : 0));
	if (!(flags & TX_NO_KICK))
		avf_tx_kick(a, qi);
	return (int)idx;
}

int avf_tx(struct avf *a, unsigned int qi, const void *frame, size_t len, uint64_t cmd)
{
	struct avf_queue *q = &a->q[qi];
	struct avf_frag f;
	int ret = tx_wait_room(a, qi, 1);

	if (ret)
		return ret;
	REQUIRE_LE(len, a->o.buf_size);
	memcpy(q->tx_buf + (size_t)q->tx_next * a->o.buf_size, frame, len);
	f.iova = q->tx_buf_iova + (uint64_t)q->tx_next * a->o.buf_size;
	f.len = (uint32_t)len;
	return avf_tx_frags(a, qi, &f, 1, cmd, 0, 0);
}

int avf_tx_done(struct avf *a, unsigned int q, int ms)
{
	uint64_t end = now_ms() + (uint64_t)ms;

	while (!tx_reap(a, q)) {
		if (now_ms() >= end)
			return -ETIMEDOUT;
		poll(NULL, 0, 1);
	}
	return 0;
}

/* --- receive ---------------------------------------------------------------------------- */

static bool rx_ready(struct avf *a, unsigned int qi)
{
	struct avf_queue *q = &a->q[qi];
	unsigned int i = q->rx_next, k;

	for (k = 0; k < AVF_RING; k++, i = (i + 1) % AVF_RING) {
		uint64_t s = __atomic_load_n(&q->rx[i].qw1, __ATOMIC_ACQUIRE);

		if (!(s & RXD_DD))
			return false;
		if (s & RXD_EOP)
			return true;
	}
	return false;
}

static void rx_take(struct avf *a, unsigned int qi, struct avf_rx *rx)
{
	struct avf_queue *q = &a->q[qi];
	unsigned int i;
	uint64_t s;

	rx->len = 0;
	rx->descs = 0;
	do {
		i = q->rx_next;
		s = q->rx[i].qw1;
		if (rx->len + RXD_LEN(s) <= sizeof(rx->data) && RXD_LEN(s) <= a->o.buf_size)
			memcpy(rx->data + rx->len, q->rx_buf + (size_t)i * a->o.buf_size,
			       RXD_LEN(s));
		rx->len += RXD_LEN(s);
		rx->descs++;
		rx->qw1 = s;
		rx->ptype = RXD_PTYPE(s);
		rx->hash = (uint32_t)(q->rx[i].qw0 >> 32);
		q->rx[i].qw0 = q->rx_buf_iova + (uint64_t)i * a->o.buf_size;
		q->rx[i].qw1 = 0;
		q->rx[i].qw2 = 0;
		q->rx_next = (uint16_t)((i + 1) % AVF_RING);
	} while (!(s & RXD_EOP));
	avf_wr(a, AVF_RX_TAIL(qi), i);
}

/* Sleeps until some receive queue may have something, or @ms are over. */
static void rx_sleep(struct avf *a, int ms)
{
	struct pollfd p[AVF_QUEUES];
	unsigned int i;
	int slice = ms < 5 ? ms : 5;

	for (i = 0; i < a->nr_queues; i++) {
		p[i].fd = a->event[i + 1];
		p[i].events = POLLIN;
	}
	if (poll(p, a->nr_queues, slice) <= 0)
		return;
	for (i = 0; i < a->nr_queues; i++) {
		if (!(p[i].revents & POLLIN))
			continue;
		event_wait(a->event[i + 1], 0);
		avf_arm(a, i + 1);
	}
}

int avf_rx(struct avf *a, unsigned int q, struct avf_rx *rx, int ms)
{
	uint64_t end = now_ms() + (uint64_t)ms, t;

	while (!rx_ready(a, q)) {
		t = now_ms();
		if (t >= end)
			return -ETIMEDOUT;
		rx_sleep(a, (int)(end - t));
	}
	rx_take(a, q, rx);
	return 0;
}

int avf_rx_from(struct avf *a, const uint8_t *src, struct avf_rx *rx, int ms)
{
	uint64_t end = now_ms() + (uint64_t)ms, t;
	unsigned int i;

	for (;;) {
		for (i = 0; i < a->nr_queues; i++) {
			while (rx_ready(a, i)) {
				rx_take(a, i, rx);
				if (rx->len >= 14 && !memcmp(rx->data + 6, src, 6))
					return (int)i;
			}
		}
		t = now_ms();
		if (t >= end)
			return -ETIMEDOUT;
		rx_sleep(a, (int)(end - t));
	}
}

void avf_pass(struct avf *from, struct avf *to, unsigned int n)
{
	static struct avf_rx rx;
	uint8_t f[300];
	uint32_t i;

	for (i = 0; i < n; i++) {
		frame_l2(f, sizeof(f), to->res.mac, from->res.mac, i);
		REQUIRE_GE(avf_tx(from, 0, f, sizeof(f), 0), 0);
		REQUIRE_GE(avf_rx_from(to, from->res.mac, &rx, AVF_MS), 0);
		REQUIRE_EQ(rx.len, sizeof(f));
		EXPECT_MEM(rx.data, f, sizeof(f));
	}
}

unsigned int avf_rx_count(struct avf *a, const uint8_t *src, unsigned int want, int ms)
{
	uint64_t end = now_ms() + (uint64_t)ms, t;
	struct avf_rx *rx = malloc(sizeof(*rx));
	unsigned int n = 0;

	while (!want || n < want) {
		t = now_ms();
		if (avf_rx_from(a, src, rx, t < end ? (int)(end - t) : 0) < 0)
			break;
		n++;
	}
	/* What is there already, if it is more than was wanted. */
	while (avf_rx_from(a, src, rx, 0) >= 0)
		n++;
	free(rx);
	return n;
}

void avf_rx_drain(struct avf *a)
{
	struct avf_rx *rx = malloc(sizeof(*rx));
	unsigned int i;

	for (i = 0; i < a->nr_queues; i++)
		while (rx_ready(a, i))
			rx_take(a, i, rx);
	free(rx);
}

#define QUIET	30	/* ms in which an old interrupt would come */

unsigned int avf_interrupts(struct avf *from, struct avf *to, unsigned int *ms, uint32_t itr)
{
	struct pollfd p = { .fd = to->event[1], .events = POLLIN };
	uint64_t start, end;
	unsigned int n = 0;
	uint8_t f[128];

	avf_wr(to, AVF_ITRN(0, 0), itr);
	avf_wr(to, AVF_ITRN(1, 0), itr);
	avf_arm(to, 1);
	event_wait(to->event[1], QUIET);
	start = now_ms();
	end = start + *ms;
	avf_arm(to, 1);
	while (now_ms() < end) {
		frame_l2(f, sizeof(f), to->res.mac, from->res.mac, 1);
		REQUIRE_GE(avf_tx(from, 0, f, sizeof(f), 0), 0);
		poll(&p, 1, 1);
		if (event_wait(to->event[1], 0)) {
			n++;
			avf_rx_drain(to);
			avf_arm(to, 1);
		}
		avf_tx_done(from, 0, 0);
	}
	*ms = (unsigned int)(now_ms() - start);
	avf_rx_drain(to);
	return n;
}

unsigned int avf_interrupts_more(struct avf *from, struct avf *to, unsigned int *ms,
				 unsigned int few)
{
	const unsigned int wanted = *ms;
	unsigned int n = 0, tries;

	for (tries = 0; tries < 10 && n <= few; tries++) {
		*ms = wanted;
		n = avf_interrupts(from, to, ms, 0);
	}
	return n;
}
