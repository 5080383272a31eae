// SPDX-License-Identifier: GPL-2.0-only
/* Queues and their interrupts: completions, holds, stops, rates, and no traps. */
#include <linux/pci_regs.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/avf.h"
#include "lib/frame.h"
#include "lib/ktap.h"
#include "lib/neighbour.h"

#define QUIET	20	/* ms in which nothing must come */
#define HELD	64	/* frames the device holds for a queue that waits */

static struct avf a, b;
static struct avf_rx rx;

static void setup(void)
{
	mdev_parent();
	mdev_cleanup();
}

static void done(void)
{
	avf_end(&a);
	avf_end(&b);
}

static void send_one(unsigned int q, uint32_t seed)
{
	uint8_t f[128];

	frame_l2(f, sizeof(f), b.res.mac, a.res.mac, seed);
	REQUIRE_GE(avf_tx(&a, q, f, sizeof(f), 0), 0);
}

static void arrives(uint32_t seed)
{
	uint8_t f[128];

	frame_l2(f, sizeof(f), b.res.mac, a.res.mac, seed);
	REQUIRE_GE(avf_rx_from(&b, a.res.mac, &rx, AVF_MS), 0);
	EXPECT_EQ(rx.len, sizeof(f));
	EXPECT_MEM(rx.data, f, sizeof(f));
}

/* Clause: DD is written where RS was asked for and nowhere else, and in order. */
static void completion_where_asked(void)
{
	uint8_t f[128], *buf;
	struct avf_frag frag;
	uint64_t iova;
	unsigned int i;

	avf_pair(&a, &b, 1);
	buf = avf_alloc(&a, 4096, &iova);
	frame_l2(f, sizeof(f), b.res.mac, a.res.mac, 1);
	memcpy(buf, f, sizeof(f));
	frag = (struct avf_frag){ iova, sizeof(f) };
	for (i = 0; i < 32; i++)
		REQUIRE_GE(avf_tx_frags(&a, 0, &frag, 1, 0, 0,
					TX_NO_KICK | (i % 8 == 7 ? 0 : TX_NO_RS)), 0);
	avf_tx_kick(&a, 0);
	EXPECT_EQ(avf_rx_count(&b, a.res.mac, 32, AVF_MS), 32);
	EXPECT_OK(avf_tx_done(&a, 0, AVF_MS));
	for (i = 0; i < 32; i++)
		EXPECT_EQ(a.q[0].tx[i].qw1 & 0xf, i % 8 == 7 ? TXD_DONE : 0);
	done();
}

/* Clause: the ring goes round many times without losing or doubling a frame, and in
 * steady state not one access traps: a thousand packets, zero traps.
 */
static void thousand_packets_no_trap(void)
{
	int64_t traps_a, traps_b, bells_a, bells_b;
	uint32_t i, sent = 0;

	avf_pair(&a, &b, 1);
	if (!a.page[0])
		ktap_skip("this kernel cannot revoke mappings: BARs are not mappable");
	send_one(0, 0);
	arrives(0);
	REQUIRE_OK(avf_tx_done(&a, 0, AVF_MS));
	traps_a = mdev_traps(a.dev.uuid);
	traps_b = mdev_traps(b.dev.uuid);
	bells_a = mdev_counter(a.dev.uuid, "doorbell_traps");
	bells_b = mdev_counter(b.dev.uuid, "doorbell_traps");
	EXPECT_GE(traps_a, 1);
	EXPECT_GE(bells_a, 0);
	for (i = 0; i < 1000; i++) {
		while (sent < 1000 && sent < i + 16)
			send_one(0, sent++);
		arrives(i);
	}
	REQUIRE_OK(avf_tx_done(&a, 0, AVF_MS));
	EXPECT_EQ(mdev_traps(a.dev.uuid), traps_a);
	EXPECT_EQ(mdev_traps(b.dev.uuid), traps_b);
	EXPECT_EQ(mdev_counter(a.dev.uuid, "doorbell_traps"), bells_a);
	EXPECT_EQ(mdev_counter(b.dev.uuid, "doorbell_traps"), bells_b);
	done();
}

/* --- interrupts ----------------------------------------------------------------------------- */

/* Clauses: one interrupt per arming; a frame that arrives while the vector is masked
 * fires when it is armed again; nothing comes without a cause.
 */
static void automask_and_rearm(void)
{
	unsigned int i;

	avf_pair(&a, &b, 1);
	avf_mask(&b, 1);
	event_wait(b.event[1], QUIET);
	for (i = 0; i < 5; i++) {
		send_one(0, i);
		REQUIRE_OK(avf_tx_done(&a, 0, AVF_MS));
		EXPECT_EQ(event_wait(b.event[1], i ? 0 : QUIET), 0);
		avf_arm(&b, 1);
		EXPECT_EQ(event_wait(b.event[1], AVF_MS), 1);	/* pending fires */
		send_one(0, i);
		REQUIRE_OK(avf_tx_done(&a, 0, AVF_MS));
		EXPECT_EQ(event_wait(b.event[1], i ? 0 : QUIET), 0);	/* masked itself */
		avf_arm(&b, 1);
		EXPECT_EQ(event_wait(b.event[1], AVF_MS), 1);
	}
	/* nothing arrived since */
	avf_arm(&b, 1);
	EXPECT_EQ(event_wait(b.event[1], QUIET), 0);
	/* the sender's vector tells of completions */
	event_wait(a.event[1], 0);
	avf_arm(&a, 1);
	event_wait(a.event[1], QUIET);
	avf_arm(&a, 1);
	send_one(0, 99);
	EXPECT_EQ(event_wait(a.event[1], AVF_MS), 1);
	done();
}

/* Clause: each queue's frames raise its own vector. */
static void vector_per_queue(void)
{
	struct vc_irq_map m;
	unsigned int q, v;

	avf_pair(&a, &b, 4);
	for (q = 0; q < 4; q++) {
		for (v = 1; v <= 4; v++) {
			avf_arm(&a, v);
			event_wait(a.event[v], q || v > 1 ? 0 : QUIET);
			avf_arm(&a, v);
		}
		send_one(q, q);
		arrives(q);
		EXPECT_EQ(event_wait(a.event[q + 1], AVF_MS), 1);
		for (v = 1; v <= 4; v++)
			if (v != q + 1)
				EXPECT_EQ(event_wait(a.event[v], 0), 0);
	}
	/* all queues on one vector */
	avf_irq_map(&a, &m, 1);
	m.map[0].rxq_map = 0xf;
	m.map[0].txq_map = 0xf;
	REQUIRE_EQ(avf_vc(&a, VC_CONFIG_IRQ_MAP, &m, VC_IRQ_MAP_LEN(2), NULL), 0);
	for (q = 0; q < 4; q++) {
		avf_arm(&a, 1);
		send_one(q, q);
		EXPECT_GE(event_wait(a.event[1], AVF_MS), 1);
	}
	done();
}

/* Clause: two interrupts of a vector are at least its ITR apart. */
static void itr_limits_the_rate(void)
{
	unsigned int slow, fast, ms = 300, slow_ms = 300;

	avf_pair(&a, &b, 1);
	slow = avf_interrupts(&a, &b, &slow_ms, 4000);	/* 8 ms */
	fast = avf_interrupts_more(&a, &b, &ms, 3 * slow / 2);
	ktap_note("%u interrupts in %u ms without limit, %u in %u ms with 8 ms", fast, ms, slow,
		  slow_ms);
	EXPECT_GE(slow, 3);
	EXPECT_LE(slow, slow_ms / 8 + 2);
	EXPECT_GT(2 * fast, 3 * slow);
	done();
}

/* --- waiting and stopping ---------------------------------------------------------------------- */

/* Clause: frames for a queue without descriptors are held, 64 of them, in order; the
 * rest is lost and counted.
 */
static void held_without_buffers(void)
{
	const unsigned int room = AVF_RING - 1, more = 20;
	struct vc_queue_select sel = { 0 };
	struct vc_stats before, after;
	struct avf_msg reply;
	unsigned int i;

	avf_pair(&a, &b, 1);
	/* Once round: a buffer that still has to be pinned would hold frames, too. */
	for (i = 0; i < AVF_RING; i++) {
		send_one(0, i);
		arrives(i);
	}
	avf_rx_drain(&b);
	sel.vsi_id = b.res.vsi_id;
	REQUIRE_EQ(avf_vc(&b, VC_GET_STATS, &sel, sizeof(sel), &reply), 0);
	memcpy(&before, reply.data, sizeof(before));
	for (i = 0; i < room + HELD + more; i++)
		send_one(0, i);
	REQUIRE_OK(avf_tx_done(&a, 0, AVF_MS));
	for (i = 0; i < room + HELD; i++)
		arrives(i);
	EXPECT_EQ(avf_rx_count(&b, a.res.mac, 0, QUIET), 0);
	REQUIRE_EQ(avf_vc(&b, VC_GET_STATS, &sel, sizeof(sel), &reply), 0);
	memcpy(&after, reply.data, sizeof(after));
	EXPECT_EQ(after.rx_discards - before.rx_discards, more);
	send_one(0, 9999);
	arrives(9999);
	done();
}

/* Clause: after the reply to DISABLE_QUEUES nothing of the rings and buffers changes,
 * and heads and tails start at 0 again.
 */
static void disable_stops_dma(void)
{
	static uint8_t ring[AVF_RING * 32], bufs[AVF_RING * 2048];
	unsigned int i;

	avf_pair(&a, &b, 1);
	send_one(0, 1);
	arrives(1);
	for (i = 0; i < 20; i++)
		send_one(0, i);
	REQUIRE_EQ(avf_queues_select(&b, VC_DISABLE_QUEUES, 1, 1), 0);
	memcpy(ring, b.q[0].rx, sizeof(ring));
	memcpy(bufs, b.q[0].rx_buf, sizeof(bufs));
	for (i = 0; i < 20; i++)
		send_one(0, 100 + i);
	REQUIRE_OK(avf_tx_done(&a, 0, AVF_MS));
	poll(NULL, 0, QUIET);
	EXPECT_MEM(b.q[0].rx, ring, sizeof(ring));
	EXPECT_MEM(b.q[0].rx_buf, bufs, sizeof(bufs));
	EXPECT_EQ(avf_rd(&b, AVF_RX_TAIL(0)), 0);
	EXPECT_EQ(avf_rd(&b, AVF_TX_TAIL(0)), 0);
	avf_queue_again(&b, 0);
	avf_rx_drain(&b);
	send_one(0, 7);
	arrives(7);
	done();
}

/* Clause: with bus master off the device neither reads nor writes, and nothing is lost
 * when it is switched on again.
 */
static void bus_master_pauses(void)
{
	static uint8_t ring[AVF_RING * 32];
	unsigned int i;

	avf_pair(&a, &b, 1);
	send_one(0, 1);
	arrives(1);
	cfg_command(&b.dev, 0, PCI_COMMAND_MASTER);
	memcpy(ring, b.q[0].rx, sizeof(ring));
	for (i = 0; i < 30; i++)
		send_one(0, i);
	REQUIRE_OK(avf_tx_done(&a, 0, AVF_MS));
	poll(NULL, 0, QUIET);
	EXPECT_MEM(b.q[0].rx, ring, sizeof(ring));
	cfg_command(&b.dev, PCI_COMMAND_MASTER, 0);
	for (i = 0; i < 30; i++)
		arrives(i);
	/* and the sending side */
	cfg_command(&a.dev, 0, PCI_COMMAND_MASTER);
	for (i = 0; i < 5; i++)
		send_one(0, 50 + i);
	EXPECT_ERR(avf_tx_done(&a, 0, QUIET), ETIMEDOUT);
	cfg_command(&a.dev, PCI_COMMAND_MASTER, 0);
	for (i = 0; i < 5; i++)
		arrives(50 + i);
	done();
}

/* Clause: a tail outside the ring stops that queue and no other. */
static void tail_outside_the_ring(void)
{
	static const uint32_t tails[] = { AVF_RING, 0x1fff, 0xffffffff };
	size_t i;

	avf_pair(&a, &b, 2);
	for (i = 0; i < ARRAY_SIZE(tails); i++) {
		avf_wr(&a, AVF_TX_TAIL(0), tails[i]);
		send_one(1, 10);
		arrives(10);
		send_one(0, 11);
		EXPECT_ERR(avf_tx_done(&a, 0, QUIET), ETIMEDOUT);
		avf_queue_again(&a, 0);
		send_one(0, 12);
		arrives(12);
	}
	avf_wr(&b, AVF_RX_TAIL(0), AVF_RING);
	avf_wr(&b, AVF_RX_TAIL(1), 0xffffffff);
	send_one(0, 13);
	EXPECT_EQ(avf_rx_count(&b, a.res.mac, 0, QUIET), 0);
	done();
}

struct bad_desc {
	const char *what;
	unsigned int count;	/* descriptors that belong to it */
	uint64_t first, rest;	/* qw1 of the first and of the others */
};

/* Clause: malformed descriptors stop the queue, nothing leaves it, the other queue and
 * the neighbour go on, and it starts again when configured anew.
 */
static void malformed_descriptors(void)
{
	static const struct bad_desc bad[] = {
		{ "unknown type", 1, 5 | TXD_EOP | TXD_RS | TXD_SIZE(64), 0 },
		{ "done type", 1, 0xf | TXD_EOP | TXD_RS | TXD_SIZE(64), 0 },
		{ "no length", 1, TXD_EOP | TXD_RS, 0 },
		{ "a header of 1 byte", 1, TXD_EOP | TXD_RS | TXD_SIZE(1), 0 },
		{ "no end", 63, TXD_SIZE(64), TXD_SIZE(64) },
		{ "two contexts", 3, TXD_CTX_TSO(100, 100), TXD_CTX_TSO(100, 100) },
		{ "context only", 1, TXD_CTX_TSO(100, 100) | TXD_EOP | TXD_RS, 0 },
		{ "segment size 0", 2, TXD_CTX_TSO(1000, 0), TXD_EOP | TXD_RS | TXD_SIZE(1054) |
		  TXD_IPV4_CSUM | TXD_L4_TCP | TXD_OFFSET(14, 20, 20) },
		{ "segment size 1", 2, TXD_CTX_TSO(1000, 1), TXD_EOP | TXD_RS | TXD_SIZE(1054) |
		  TXD_IPV4_CSUM | TXD_L4_TCP | TXD_OFFSET(14, 20, 20) },
		{ "headers outside the packet", 1, TXD_EOP | TXD_RS | TXD_SIZE(64) | TXD_IPV4_CSUM |
		  TXD_L4_TCP | TXD_OFFSET(254, 508, 60), 0 },
		{ "headers beyond the TSO packet", 2, TXD_CTX_TSO(10, 100), TXD_EOP | TXD_RS |
		  TXD_SIZE(64) | TXD_IPV4_CSUM | TXD_L4_TCP | TXD_OFFSET(254, 508, 60) },
	};
	struct neighbour *n = neighbour_start();
	unsigned int k;
	uint64_t iova;
	uint8_t *buf;
	size_t i;

	avf_pair(&a, &b, 2);
	buf = avf_alloc(&a, 16384, &iova);
	frame_l2(buf, 16384, b.res.mac, a.res.mac, 3);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		unsigned int arrived;

		for (k = 0; k < bad[i].count; k++) {
			a.q[0].tx[k].qw0 = iova;
			a.q[0].tx[k].qw1 = k ? bad[i].rest : bad[i].first;
		}
		avf_wr(&a, AVF_TX_TAIL(0), bad[i].count);
		send_one(1, (uint32_t)i);
		arrives((uint32_t)i);
		arrived = avf_rx_count(&b, a.res.mac, 0, 5);
		if (!EXPECT_EQ(arrived, 0))
			ktap_note("... %s", bad[i].what);
		avf_queue_again(&a, 0);
		send_one(0, 1000 + (uint32_t)i);
		arrives(1000 + (uint32_t)i);
		avf_queue_again(&a, 0);
	}
	neighbour_stop(n);
	done();
}

/* Clause: random descriptors (reproducible) harm nobody. */
static void random_descriptors(void)
{
	struct neighbour *n = neighbour_start();
	unsigned int round, k;
	uint64_t iova, r;

	avf_pair(&a, &b, 1);
	avf_alloc(&a, 65536, &iova);
	srandom(4711);
	for (round = 0; round < 40; round++) {
		for (k = 0; k < AVF_RING; k++) {
			r = (uint64_t)random() << 33 ^ (uint64_t)random() << 11 ^ (uint64_t)random();
			a.q[0].tx[k].qw0 = iova + (r & 0xffff);
			a.q[0].tx[k].qw1 = round & 1 ? r : (r & ~0xeull) | TXD_EOP | TXD_RS;
		}
		avf_wr(&a, AVF_TX_TAIL(0), AVF_RING - 1);
		poll(NULL, 0, 1);
		avf_queue_again(&a, 0);
	}
	avf_rx_drain(&b);
	send_one(0, 5);
	EXPECT_GE(avf_rx_from(&b, a.res.mac, &rx, AVF_MS), 0);
	neighbour_stop(n);
	done();
}

static const struct ktap_case cases[] = {
	CASE(completion_where_asked),
	CASE(thousand_packets_no_trap),
	CASE(automask_and_rearm),
	CASE(vector_per_queue),
	CASE(itr_limits_the_rate),
	CASE(held_without_buffers),
	CASE(disable_stops_dma),
	CASE(bus_master_pauses),
	CASE(tail_outside_the_ring),
	CASE(malformed_descriptors),
	CASE(random_descriptors),
};

KTAP_MAIN("queues", cases, setup, mdev_cleanup)
