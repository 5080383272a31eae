// SPDX-License-Identifier: GPL-2.0-only
/*
 * What one ADI can do to another: nothing. A is the attacker, B the victim, C looks
 * on and is the attacker's accomplice. The cases whose names begin with "foreign"
 * must fail on a device whose translation is broken: see isolation_control.
 */
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/avf.h"
#include "lib/frame.h"
#include "lib/ktap.h"

#define IOVA_A	0x10000000ull
#define IOVA_B	0x7f40000000ull
#define IOVA_C	0x300000000ull
#define NOBODY	0x5500000000ull		/* nobody's mapping */
#define SECRET	0x5ec4e7u
#define QUIET	30	/* ms in which nothing must come */

static struct avf a, b, c;
static struct avf_rx rx;

static void setup(void)
{
	mdev_parent();
	mdev_cleanup();
}

static void start(void)
{
	const struct avf_opts oa = { .iova = IOVA_A }, ob = { .iova = IOVA_B },
			      oc = { .iova = IOVA_C };

	avf_new(&a, 1, &oa);
	avf_new(&b, 1, &ob);
	avf_new(&c, 1, &oc);
}

static void send_frame(struct avf *from, struct avf *to, uint32_t seed)
{
	uint8_t f[200];

	frame_l2(f, sizeof(f), to->res.mac, from->res.mac, seed);
	REQUIRE_GE(avf_tx(from, 0, f, sizeof(f), 0), 0);
	REQUIRE_GE(avf_rx_from(to, from->res.mac, &rx, AVF_MS), 0);
	EXPECT_EQ(rx.len, sizeof(f));
	EXPECT_MEM(rx.data, f, sizeof(f));
	REQUIRE_OK(avf_tx_done(from, 0, AVF_MS));
}

/* A frame that must not arrive. */
static void send_blind(struct avf *from, struct avf *to)
{
	uint8_t f[500];

	frame_l2(f, sizeof(f), to->res.mac, from->res.mac, 0xbad);
	REQUIRE_GE(avf_tx(from, 0, f, sizeof(f), 0), 0);
	REQUIRE_OK(avf_tx_done(from, 0, AVF_MS));
}

/* Clause: the victim's traffic goes on, both ways. */
static void victim_lives(void)
{
	send_frame(&b, &c, 1);
	send_frame(&c, &b, 2);
}

/* The attacker's queue is dead by its own doing; a new one works. */
static void attacker_recovers(void)
{
	avf_queue_again(&a, 0);
	send_frame(&a, &c, 3);
	send_frame(&c, &a, 4);
}

static void finish(void)
{
	struct avf *all[] = { &a, &b, &c };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(all); i++) {
		avf_close(all[i]);
		EXPECT_OK(mdev_remove(all[i]->dev.uuid));
	}
}

/* Clause: a transmit buffer at an address that only B has mapped is never read. */
static void foreign_read(void)
{
	struct avf_frag f[2];
	uint8_t *secret, *head;

	start();
	/* B uses the page for DMA, so that the device has a translation for it. */
	secret = b.q[0].tx_buf;
	frame_l2(secret, 1000, c.res.mac, b.res.mac, SECRET);
	f[0] = (struct avf_frag){ avf_iova(&b, secret), 1000 };
	REQUIRE_GE(avf_tx_frags(&b, 0, f, 1, 0, 0, 0), 0);
	REQUIRE_GE(avf_rx_from(&c, b.res.mac, &rx, AVF_MS), 0);
	/* A's frame: a header of its own, B's page as payload. */
	head = avf_alloc(&a, 4096, &f[0].iova);
	frame_l2(head, 60, c.res.mac, a.res.mac, 1);
	f[0].len = 60;
	f[1] = (struct avf_frag){ avf_iova(&b, secret), 900 };
	REQUIRE_GE(avf_tx_frags(&a, 0, f, 2, 0, 0, 0), 0);
	if (!EXPECT_ERR(avf_rx_from(&c, a.res.mac, &rx, QUIET), ETIMEDOUT))
		ktap_note("the accomplice has %u bytes of B's", rx.len - 60);
	EXPECT_ERR(avf_tx_done(&a, 0, 0), ETIMEDOUT);
	victim_lives();
	attacker_recovers();
	finish();
}

/* Clause: a receive buffer at B's address is never written. */
static void foreign_write(void)
{
	static uint8_t before[AVF_RING * 2048];

	start();
	send_frame(&c, &b, 9);	/* B's buffers have translations */
	memcpy(before, b.q[0].rx_buf, sizeof(before));
	avf_queue_aim(&a, 0, b.q[0].rx_buf_iova, 2048);
	send_blind(&c, &a);
	EXPECT_ERR(avf_rx_from(&a, c.res.mac, &rx, QUIET), ETIMEDOUT);
	EXPECT_MEM(b.q[0].rx_buf, before, sizeof(before));
	victim_lives();
	attacker_recovers();
	finish();
}

/* Configures A's queue 0 with these rings, everything else as usual. */
static void aim_rings(uint64_t tx, uint64_t rxr)
{
	struct vc_queue_config q;

	REQUIRE_EQ(avf_queues_select(&a, VC_DISABLE_QUEUES, 1, 1), 0);
	avf_wr(&a, AVF_RX_TAIL(0), AVF_RING - 1);
	avf_queue_config(&a, &q, 1);
	if (tx)
		q.qp[0].tx.ring_addr = tx;
	if (rxr)
		q.qp[0].rx.ring_addr = rxr;
	REQUIRE_EQ(avf_vc(&a, VC_CONFIG_VSI_QUEUES, &q, VC_QUEUE_CONFIG_LEN(1), NULL), 0);
	REQUIRE_EQ(avf_queues_select(&a, VC_ENABLE_QUEUES, 1, 1), 0);
}

/* Clause: a descriptor ring at B's address is neither fetched nor written back. */
static void foreign_rings(void)
{
	static uint8_t tx_before[AVF_RING * 16], rx_before[AVF_RING * 32];
	uint8_t f[100];
	unsigned int i;

	start();
	victim_lives();
	/* What B's ring holds would be a packet if A's queue fetched it. */
	for (i = 0; i < AVF_RING; i++) {
		b.q[0].tx[i].qw0 = IOVA_A;
		b.q[0].tx[i].qw1 = TXD_EOP | TXD_RS | TXD_SIZE(100);
	}
	frame_l2(a.mem, 100, c.res.mac, a.res.mac, 5);
	memcpy(tx_before, b.q[0].tx, sizeof(tx_before));
	memcpy(rx_before, b.q[0].rx, sizeof(rx_before));
	aim_rings(b.q[0].tx_iova, b.q[0].rx_iova);
	avf_wr(&a, AVF_TX_TAIL(0), AVF_RING - 1);
	frame_l2(f, sizeof(f), a.res.mac, c.res.mac, 6);
	REQUIRE_GE(avf_tx(&c, 0, f, sizeof(f), 0), 0);
	EXPECT_EQ(avf_rx_count(&c, a.res.mac, 0, QUIET), 0);
	EXPECT_MEM(b.q[0].tx, tx_before, sizeof(tx_before));
	EXPECT_MEM(b.q[0].rx, rx_before, sizeof(rx_before));
	REQUIRE_OK(avf_tx_done(&c, 0, AVF_MS));
	victim_lives();
	attacker_recovers();
	finish();
}

/* CRIT set and ENABLE clear, which is how a guest is told. */
static bool admin_queue_stops(uint32_t reg)
{
	uint64_t end = now_ms() + AVF_MS;

	while (!(avf_rd(&a, reg) & AVF_AQ_LEN_CRIT) && now_ms() < end)
		poll(NULL, 0, 1);
	return (avf_rd(&a, reg) & (AVF_AQ_LEN_CRIT | AVF_AQ_LEN_ENABLE)) == AVF_AQ_LEN_CRIT;
}

/* Clause: admin queues at B's addresses do not reach B: nothing is fetched, and no
 * reply of the PF is written there.
 */
static void foreign_admin_queues(void)
{
	static uint8_t before[8192];
	uint8_t *target;
	uint64_t iova;

	start();
	target = b.aq;
	iova = b.aq_iova;
	memcpy(before, target, sizeof(before));
	REQUIRE_OK(vfio_reset(&a.dev));
	REQUIRE_OK(avf_restart(&a));
	avf_wr(&a, AVF_ARQLEN, 0);
	avf_wr(&a, AVF_ARQH, 0);
	avf_wr(&a, AVF_ARQBAL, (uint32_t)(iova + 4096));
	avf_wr(&a, AVF_ARQBAH, (uint32_t)(iova >> 32));
	avf_wr(&a, AVF_ARQT, 0);
	avf_wr(&a, AVF_ARQLEN, AVF_AQ_RING | AVF_AQ_LEN_ENABLE);
	avf_wr(&a, AVF_ARQT, AVF_AQ_RING - 1);
	avf_aq_post(&a, 0x0801, VC_GET_VF_RESOURCES, &iova, 4);
	EXPECT(admin_queue_stops(AVF_ARQLEN));
	EXPECT_MEM(target, before, sizeof(before));
	avf_wr(&a, AVF_ATQLEN, 0);
	avf_wr(&a, AVF_ATQH, 0);
	avf_wr(&a, AVF_ATQBAL, (uint32_t)iova);
	avf_wr(&a, AVF_ATQBAH, (uint32_t)(iova >> 32));
	avf_wr(&a, AVF_ATQT, 0);
	avf_wr(&a, AVF_ATQLEN, AVF_AQ_RING | AVF_AQ_LEN_ENABLE);
	avf_wr(&a, AVF_ATQT, 3);
	EXPECT(admin_queue_stops(AVF_ATQLEN));
	EXPECT_MEM(target, before, sizeof(before));
	victim_lives();
	REQUIRE_OK(vfio_reset(&a.dev));
	REQUIRE_OK(avf_restart(&a));
	REQUIRE_EQ(avf_queues_up(&a, 1), 0);
	send_frame(&a, &c, 3);
	finish();
}

/* Addresses that are nobody's, that wrap, that reach over the last mapped page, that
 * are wider than an address space, and the interrupt range.
 */
static const uint64_t odd_addresses[] = {
	NOBODY, 0, 0x1000, 0xfee00000, 0xfeefff80, IOVA_A - 4096, IOVA_A - 128,
	IOVA_A + (4 << 20) - 128, (1ull << 47) - 128, 1ull << 48,
	1ull << 52 | IOVA_A, 1ull << 63 | IOVA_A, 0xfffffffffffff000, 0xffffffffffffff80,
};

/* Clause: addresses that the device's 48 bits can name and the platform's first stage
 * cannot (bit 47 set) stop the queue, too, and never reach the platform: a guest
 * cannot fill the host's log (kernel_log).
 */
static void non_canonical_addresses(void)
{
	static const uint64_t addr[] = { 1ull << 47, (1ull << 48) - 4096 };
	struct avf_frag f = { .len = 60 };
	size_t i;

	start();
	for (i = 0; i < ARRAY_SIZE(addr); i++) {
		f.iova = addr[i];
		REQUIRE_GE(avf_tx_frags(&a, 0, &f, 1, 0, 0, 0), 0);
		EXPECT_ERR(avf_tx_done(&a, 0, QUIET), ETIMEDOUT);
		avf_queue_aim(&a, 0, addr[i], 0);
		send_blind(&c, &a);
		EXPECT_ERR(avf_rx_from(&a, c.res.mac, &rx, QUIET), ETIMEDOUT);
		attacker_recovers();
	}
	victim_lives();
	finish();
}

/* Clause: transmit buffers at odd addresses stop the queue; nothing is sent. */
static void odd_transmit_buffers(void)
{
	struct avf_frag f[2];
	uint8_t *head;
	size_t i;

	start();
	head = avf_alloc(&a, 4096, &f[0].iova);
	frame_l2(head, 60, c.res.mac, a.res.mac, 1);
	f[0].len = 60;
	for (i = 0; i < ARRAY_SIZE(odd_addresses); i++) {
		f[1] = (struct avf_frag){ odd_addresses[i], 1000 };
		REQUIRE_GE(avf_tx_frags(&a, 0, f, 2, 0, 0, 0), 0);
		if (!EXPECT_ERR(avf_rx_from(&c, a.res.mac, &rx, 8), ETIMEDOUT) ||
		    !EXPECT_ERR(avf_tx_done(&a, 0, 0), ETIMEDOUT))
			ktap_note("... at %#llx", (unsigned long long)odd_addresses[i]);
		attacker_recovers();
	}
	victim_lives();
	finish();
}

/* Clause: a receive buffer at an odd address stops the queue, and the mapped part of a
 * buffer that is only half mapped stays as it is.
 */
static void odd_receive_buffers(void)
{
	static uint8_t edge[4096];
	size_t i;

	start();
	memset(a.mem + (4 << 20) - 4096, 0x77, 4096);
	memset(edge, 0x77, sizeof(edge));
	for (i = 0; i < ARRAY_SIZE(odd_addresses); i++) {
		avf_queue_aim(&a, 0, odd_addresses[i], 0);
		send_blind(&c, &a);
		if (!EXPECT_ERR(avf_rx_from(&a, c.res.mac, &rx, 8), ETIMEDOUT))
			ktap_note("... at %#llx", (unsigned long long)odd_addresses[i]);
		EXPECT_MEM(a.mem + (4 << 20) - 4096, edge, sizeof(edge));
		avf_queue_again(&a, 0);
		avf_rx_drain(&a);
	}
	attacker_recovers();
	victim_lives();
	finish();
}

/* Clause: rings at odd addresses: the PF refuses them or the queue stops; either way
 * it works again with good ones.
 */
static void odd_rings(void)
{
	size_t i;

	start();
	for (i = 0; i < ARRAY_SIZE(odd_addresses); i++) {
		struct vc_queue_config q;

		REQUIRE_EQ(avf_queues_select(&a, VC_DISABLE_QUEUES, 1, 1), 0);
		avf_wr(&a, AVF_RX_TAIL(0), AVF_RING - 1);
		avf_queue_config(&a, &q, 1);
		q.qp[0].tx.ring_addr = odd_addresses[i];
		q.qp[0].rx.ring_addr = odd_addresses[i];
		if (!avf_vc(&a, VC_CONFIG_VSI_QUEUES, &q, VC_QUEUE_CONFIG_LEN(1), NULL) &&
		    !avf_queues_select(&a, VC_ENABLE_QUEUES, 1, 1)) {
			avf_wr(&a, AVF_TX_TAIL(0), AVF_RING - 1);
			poll(NULL, 0, 2);
		}
		EXPECT_EQ(avf_rx_count(&c, a.res.mac, 0, 1), 0);
		avf_queue_again(&a, 0);
	}
	attacker_recovers();
	victim_lives();
	finish();
}

/* Clause: admin queues at odd addresses stop with CRIT set; a reset brings them back. */
static void odd_admin_queues(void)
{
	size_t i;

	start();
	for (i = 0; i < ARRAY_SIZE(odd_addresses); i++) {
		REQUIRE_OK(vfio_reset(&a.dev));
		REQUIRE_OK(avf_restart(&a));
		avf_wr(&a, AVF_ATQLEN, 0);
		avf_wr(&a, AVF_ATQH, 0);
		avf_wr(&a, AVF_ATQBAL, (uint32_t)odd_addresses[i]);
		avf_wr(&a, AVF_ATQBAH, (uint32_t)(odd_addresses[i] >> 32));
		avf_wr(&a, AVF_ATQT, 0);
		avf_wr(&a, AVF_ATQLEN, AVF_AQ_RING | AVF_AQ_LEN_ENABLE);
		avf_wr(&a, AVF_ATQT, AVF_AQ_RING - 1);
		/* The last mapped page is mapped: what it holds is bad descriptors. */
		if (odd_addresses[i] == IOVA_A + (4 << 20) - 128)
			continue;
		if (!EXPECT(admin_queue_stops(AVF_ATQLEN)))
			ktap_note("... at %#llx", (unsigned long long)odd_addresses[i]);
	}
	victim_lives();
	finish();
}

/* Clause: the same address in two ADIs is two different pages. */
static void same_address_different_memory(void)
{
	const struct avf_opts same = { .iova = IOVA_A };
	unsigned int i;

	avf_new(&a, 1, &same);
	avf_new(&b, 1, &same);
	avf_new(&c, 1, &same);
	for (i = 0; i < 10; i++) {
		send_frame(&a, &c, 100 + i);
		send_frame(&b, &c, 200 + i);
		send_frame(&c, &a, 300 + i);
		send_frame(&c, &b, 400 + i);
	}
	finish();
}

static const struct ktap_case cases[] = {
	CASE(foreign_read),
	CASE(foreign_write),
	CASE(foreign_rings),
	CASE(foreign_admin_queues),
	CASE(non_canonical_addresses),
	CASE(odd_transmit_buffers),
	CASE(odd_receive_buffers),
	CASE(odd_rings),
	CASE(odd_admin_queues),
	CASE(same_address_different_memory),
};

KTAP_MAIN("isolation", cases, setup, mdev_cleanup)
