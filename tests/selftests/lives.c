// SPDX-License-Identifier: GPL-2.0-only
/* Any driver at any point of another one's life: it comes up, in its own memory only. */
#include <linux/pci_regs.h>
#include <unistd.h>

#include "../../include/smartnic/messages.h"
#include "lib/avf.h"
#include "lib/frame.h"
#include "lib/ktap.h"

#define QUEUES	2
#define SETTLE	20	/* ms in which a frame that must not come would come */
#define ROOM	(16 << 20)

static struct avf a, b;
static struct avf_rx rx;
static struct avf_msg reply;

static void setup(void)
{
	mdev_parent();
	mdev_cleanup();
}

/* B sends; A lives and dies. */
static void both(void)
{
	const struct avf_opts oa = { .memory = ROOM }, ob = { .iova = 0x7f40000000 };
	char uuid[UUID_LEN + 1];

	avf_new(&b, 1, &ob);
	mdev_new(QUEUES, uuid);
	REQUIRE_OK(avf_open(&a, uuid, &oa));
}

static void done(void)
{
	avf_end(&a);
	avf_end(&b);
}

static void send_to_a(unsigned int n)
{
	uint8_t f[200];

	while (n--) {
		frame_l2(f, sizeof(f), a.res.mac, b.res.mac, n);
		REQUIRE_GE(avf_tx(&b, 0, f, sizeof(f), 0), 0);
	}
	REQUIRE_OK(avf_tx_done(&b, 0, AVF_MS));
}

/* --- the life before ----------------------------------------------------------------- */

static void live_clean(void)
{
}

static void live_mailbox(void)
{
	REQUIRE_OK(avf_aq_up(&a));
}

static void live_negotiated(void)
{
	REQUIRE_OK(avf_init(&a));
}

static void live_enabled(void)
{
	static const uint8_t group[6] = { 0x33, 0x33, 0, 0, 0, 9 };
	struct vc_promisc p = { .flags = VC_PROMISC_MC };

	live_negotiated();
	REQUIRE_EQ(avf_queues_up(&a, QUEUES), 0);
	p.vsi_id = a.res.vsi_id;
	REQUIRE_EQ(avf_vc(&a, VC_PROMISC, &p, sizeof(p), NULL), 0);
	REQUIRE_EQ(avf_mac(&a, VC_ADD_ETH_ADDR, group, 2), 0);
}

/* Frames have come, more are on their way, and its own are not all done. */
static void live_in_traffic(void)
{
	uint8_t f[200];
	unsigned int i;

	live_enabled();
	send_to_a(5);
	EXPECT_EQ(avf_rx_count(&a, b.res.mac, 5, AVF_MS), 5);
	send_to_a(20);
	frame_l2(f, sizeof(f), b.res.mac, a.res.mac, 1);
	for (i = 0; i < 20; i++)
		REQUIRE_GE(avf_tx(&a, i % QUEUES, f, sizeof(f), 0), 0);
}

static void live_no_memory(void)
{
	live_in_traffic();
	cfg_command(&a.dev, 0, PCI_COMMAND_MASTER);
}

static void live_vfio_reset(void)
{
	live_in_traffic();
	REQUIRE_OK(vfio_reset(&a.dev));
}

/* It does not wait for the end of it, only for its begin. */
static void live_reset_vf(void)
{
	live_in_traffic();
	avf_aq_post(&a, SMNC_AQ_OP_TO_PF, VC_RESET_VF, NULL, 0);
	while (avf_rd(&a, AVF_ARQLEN) & AVF_AQ_LEN_ENABLE)
		usleep(100);
}

struct life {
	const char *name;
	void (*live)(void);
};

static const struct life lives[] = {
	{ "nothing", live_clean },
	{ "a mailbox", live_mailbox },
	{ "negotiation", live_negotiated },
	{ "enabled queues", live_enabled },
	{ "traffic", live_in_traffic },
	{ "bus mastering off", live_no_memory },
	{ "a VFIO reset", live_vfio_reset },
	{ "RESET_VF", live_reset_vf },
};

/* --- the driver that starts ------------------------------------------------------------- */

/* What every driver waits for: the function is no longer being reset. */
static void wait_active(void)
{
	uint64_t end = now_ms() + AVF_MS;

	cfg_command(&a.dev, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER, 0);
	while (avf_rd(&a, AVF_RSTAT) != 2 && now_ms() < end)
		usleep(500);
	EXPECT_EQ(avf_rd(&a, AVF_RSTAT), 2);
}

static void start_iavf(void)
{
	REQUIRE_OK(avf_init(&a));
	REQUIRE_EQ(avf_queues_up(&a, QUEUES), 0);
}

/* Queue by queue. */
static void start_dpdk(void)
{
	unsigned int q;

	start_iavf();
	for (q = 0; q < QUEUES; q++)
		avf_queue_again(&a, q);
}

/* No VERSION, no capabilities; one queue. */
static void start_ipxe(void)
{
	REQUIRE_OK(avf_aq_up(&a));
	REQUIRE_EQ(avf_vc(&a, VC_GET_VF_RESOURCES, NULL, 0, &reply), 0);
	REQUIRE_EQ(reply.len, sizeof(a.res));
	memcpy(&a.res, reply.data, sizeof(a.res));
	EXPECT_EQ(a.res.caps, VC_CAP_L2);
	REQUIRE_EQ(avf_queues_up(&a, 1), 0);
}

/* Resets before it asks, as one that trusts no former life. */
static void start_careful(void)
{
	REQUIRE_OK(avf_aq_up(&a));
	avf_aq_post(&a, SMNC_AQ_OP_TO_PF, VC_RESET_VF, NULL, 0);
	avf_wait_reset(&a);
	start_iavf();
}

static const struct life starts[] = {
	{ "iavf", start_iavf },
	{ "DPDK", start_dpdk },
	{ "iPXE", start_ipxe },
	{ "a careful driver", start_careful },
};

/* The queues of a driver that is gone. */
static struct avf_queue old[QUEUES];

/* Its rings and buffers, as it left them. */
static struct {
	const void *at;
	size_t len;
	uint8_t copy[AVF_RING * 2048];
} was[3 * QUEUES];
static unsigned int nr_was;

static void forget(void)
{
	memcpy(old, a.q, sizeof(old));
	memset(a.q, 0, sizeof(a.q));
	a.aq = NULL;
	a.nr_queues = 0;
	a.nr_events = 0;
}

static void keep(const void *at, size_t len)
{
	was[nr_was].at = at;
	was[nr_was].len = len;
	memcpy(was[nr_was++].copy, at, len);
}

static void remember(void)
{
	unsigned int q;

	nr_was = 0;
	for (q = 0; q < QUEUES && old[q].rx; q++) {
		keep(old[q].rx, AVF_RING * 32);
		keep(old[q].tx, AVF_RING * 16);
		keep(old[q].rx_buf, AVF_RING * 2048);
	}
}

static void untouched(void)
{
	unsigned int i;

	for (i = 0; i < nr_was; i++)
		EXPECT_MEM(was[i].at, was[i].copy, was[i].len);
}

/* Frames get to A, into its memory of now and no other, and from A. */
static void works(void)
{
	uint8_t f[200];
	unsigned int q;

	/* What the life before had sent, or was sent: some of it may still be on its way. */
	while (avf_rx_count(&a, b.res.mac, 0, SETTLE) + avf_rx_count(&b, a.res.mac, 0, SETTLE))
		;
	remember();
	send_to_a(10);
	EXPECT_EQ(avf_rx_count(&a, b.res.mac, 10, AVF_MS), 10);
	for (q = 0; q < a.nr_queues; q++) {
		frame_l2(f, sizeof(f), b.res.mac, a.res.mac, q);
		REQUIRE_GE(avf_tx(&a, q, f, sizeof(f), 0), 0);
		EXPECT_OK(avf_tx_done(&a, q, AVF_MS));
		REQUIRE_GE(avf_rx_from(&b, a.res.mac, &rx, AVF_MS), 0);
		EXPECT_MEM(rx.data, f, sizeof(f));
	}
	untouched();
}

/* Clause: whatever the driver before left, the next comes up, without a reset if it does
 * without; nothing goes to the memory of the one before, and its wishes are forgotten.
 */
static void starts_after_any_life(void)
{
	static const uint8_t group[6] = { 0x33, 0x33, 0, 0, 0, 9 };
	uint8_t f[200];
	size_t l, s;

	for (l = 0; l < ARRAY_SIZE(lives); l++) {
		for (s = 0; s < ARRAY_SIZE(starts); s++) {
			ktap_note("%s after %s", starts[s].name, lives[l].name);
			both();
			lives[l].live();
			forget();
			wait_active();
			starts[s].live();
			works();
			frame_l2(f, sizeof(f), group, b.res.mac, 1);
			REQUIRE_GE(avf_tx(&b, 0, f, sizeof(f), 0), 0);
			EXPECT_EQ(avf_rx_count(&a, b.res.mac, 0, SETTLE), 0);
			done();
		}
	}
}

/* Clause: queues that run are stopped by their configuration; those it does not name, or
 * of which it names one half only, go on.
 */
static void configured_while_running(void)
{
	struct vc_queue_config c;
	struct avf_queue second;

	both();
	live_in_traffic();
	avf_rx_drain(&a);
	/* Only the first pair, with new rings: no mailbox anew, no greeting. */
	second = a.q[1];
	old[0] = a.q[0];
	memset(a.q, 0, sizeof(a.q));
	avf_queue_fresh(&a, 0);
	avf_wr(&a, AVF_RX_TAIL(0), AVF_RING - 1);
	avf_queue_config(&a, &c, 1);
	REQUIRE_EQ(avf_vc(&a, VC_CONFIG_VSI_QUEUES, &c, VC_QUEUE_CONFIG_LEN(1), NULL), 0);
	REQUIRE_EQ(avf_queues_select(&a, VC_ENABLE_QUEUES, 1, 1), 0);
	a.q[1] = second;
	works();
	/* The second pair's TX half alone: its RX half does not move. */
	avf_queue_config(&a, &c, QUEUES);
	c.qp[0] = c.qp[1];
	c.num_queue_pairs = 1;
	c.qp[0].rx.ring_len = 0;
	c.qp[0].rx.ring_addr = 1;
	c.qp[0].rx.buf_size = 0;
	c.qp[0].rx.max_pkt_size = 0;
	REQUIRE_EQ(avf_vc(&a, VC_CONFIG_VSI_QUEUES, &c, VC_QUEUE_CONFIG_LEN(1), NULL), 0);
	a.q[1].tx_next = 0;
	a.q[1].tx_clean = 0;
	memset(a.q[1].tx_rs, 0, sizeof(a.q[1].tx_rs));
	REQUIRE_EQ(avf_queues_select(&a, VC_ENABLE_QUEUES, 0, 2), 0);
	works();
	done();
}

/* Clause: more queues of one kind than of the other. */
static void uneven_queues(void)
{
	struct vc_queue_config c;
	struct vc_irq_map m;
	unsigned int q;

	both();
	REQUIRE_OK(avf_init(&a));
	avf_irq_map(&a, &m, QUEUES);
	REQUIRE_EQ(avf_vc(&a, VC_CONFIG_IRQ_MAP, &m, VC_IRQ_MAP_LEN(QUEUES + 1), NULL), 0);
	for (q = 0; q < QUEUES; q++) {
		avf_queue_fresh(&a, q);
		avf_wr(&a, AVF_RX_TAIL(q), AVF_RING - 1);
	}
	avf_queue_config(&a, &c, QUEUES);
	memset(&c.qp[1].tx.ring_len, 0, sizeof(c.qp[1].tx) - 4);
	REQUIRE_EQ(avf_vc(&a, VC_CONFIG_VSI_QUEUES, &c, VC_QUEUE_CONFIG_LEN(QUEUES), NULL), 0);
	EXPECT_NE(avf_queues_select(&a, VC_ENABLE_QUEUES, 0x3, 0x3), 0);
	REQUIRE_EQ(avf_queues_select(&a, VC_ENABLE_QUEUES, 0x3, 0x1), 0);
	a.nr_queues = 1;
	works();
	/* And the other way round, after a new greeting. */
	REQUIRE_OK(avf_init(&a));
	avf_queue_config(&a, &c, QUEUES);
	c.qp[0].rx.ring_len = 0;
	for (q = 0; q < QUEUES; q++) {
		avf_queue_fresh(&a, q);
		avf_wr(&a, AVF_RX_TAIL(q), AVF_RING - 1);
	}
	REQUIRE_EQ(avf_vc(&a, VC_CONFIG_VSI_QUEUES, &c, VC_QUEUE_CONFIG_LEN(QUEUES), NULL), 0);
	EXPECT_NE(avf_queues_select(&a, VC_ENABLE_QUEUES, 0x3, 0x3), 0);
	REQUIRE_EQ(avf_queues_select(&a, VC_ENABLE_QUEUES, 0x2, 0x3), 0);
	c.qp[1].tx.ring_len = 0;
	c.qp[1].rx.ring_len = 0;
	EXPECT_NE(avf_vc(&a, VC_CONFIG_VSI_QUEUES, &c, VC_QUEUE_CONFIG_LEN(QUEUES), NULL), 0);
	done();
}

/* Clause: buffers from 128 bytes up: five hold a frame of 640, which arrives whole. */
static void small_buffers(void)
{
	static const uint32_t sizes[] = { 128, 256, 384, 896, 1024 };
	static uint8_t f[5 * 1024 + 1];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		const struct avf_opts oa = { .memory = ROOM, .buf_size = sizes[i] };
		const struct avf_opts ob = { .iova = 0x7f40000000, .buf_size = 8192 };
		uint32_t most = 5 * sizes[i];

		avf_new(&b, 1, &ob);
		avf_new(&a, 1, &oa);
		frame_l2(f, most, a.res.mac, b.res.mac, 1);
		REQUIRE_GE(avf_tx(&b, 0, f, most, 0), 0);
		REQUIRE_GE(avf_rx_from(&a, b.res.mac, &rx, AVF_MS), 0);
		EXPECT_EQ(rx.len, most);
		EXPECT_MEM(rx.data, f, most);
		EXPECT_EQ(rx.descs, 5);
		frame_l2(f, most + 1, a.res.mac, b.res.mac, 1);
		REQUIRE_GE(avf_tx(&b, 0, f, most + 1, 0), 0);
		EXPECT_EQ(avf_rx_count(&a, b.res.mac, 0, SETTLE), 0);
		done();
	}
}

static const struct ktap_case cases[] = {
	CASE_SECONDS_FOR(starts_after_any_life, 120, "guests: crash kernels, killed drivers, boot firmware"),
	CASE_FOR(configured_while_running, "guests' drivers that do not stop first"),
	CASE_FOR(uneven_queues, "DPDK's net_iavf: more queues of one kind"),
	CASE_FOR(small_buffers, "iavf with a small MTU"),
};

KTAP_MAIN("lives", cases, setup, mdev_cleanup)
