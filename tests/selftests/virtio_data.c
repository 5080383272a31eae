// SPDX-License-Identifier: GPL-2.0-only
/*
 * A virtio function at work: frames to and from an AVF one, control commands, resets of
 * queues, of the function and of the PF, and rings that are malformed.
 */
#include <linux/pci_regs.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/avf.h"
#include "lib/frame.h"
#include "lib/ktap.h"
#include "lib/mdev.h"
#include "lib/neighbour.h"
#include "lib/virtio.h"

#define SOON		3000
#define CONFIG_VECTOR	0
#define USUAL		(VF_LEAST | VF_MAC | VF_STATUS | VF_CTRL_VQ | VF_CTRL_RX | VF_CTRL_MAC_ADDR)

#define CTRL_RX		0
#define CTRL_RX_PROMISC	0
#define CTRL_MAC	1
#define CTRL_MAC_ADDR	1
#define CTRL_MQ		4
#define CTRL_MQ_PAIRS	0

static struct virtio v;
static struct avf a;
static struct avf_rx rx;

static void setup(void)
{
	mdev_parent();
	mdev_cleanup();
	if (mdev_available(mdev_virtio_type(1)) < 0)
		ktap_skip("no %s", mdev_virtio_type(1));
}

static void start(int pairs, uint64_t features)
{
	avf_new(&a, 1, NULL);
	virtio_new(&v, pairs);
	virtio_up(&v, (unsigned int)pairs, features);
}

static void end(void)
{
	virtio_end(&v);
	avf_end(&a);
}

/* The next frame of pair @pair that is @f; others are not the test's. */
static void expect_frame(unsigned int pair, const uint8_t *f, size_t len)
{
	uint8_t got[VIRTIO_BUF];
	int n;

	do {
		n = virtio_rx(&v, pair, got, SOON);
		REQUIRE_GE(n, 0);
	} while (memcmp(got, f, 12));
	EXPECT_EQ(n, len);
	EXPECT_MEM(got, f, len);
}

static void pass(unsigned int pair, unsigned int frames)
{
	uint8_t f[1514];
	unsigned int i;
	size_t len;

	for (i = 0; i < frames; i++) {
		len = 60 + i * 97 % 1454;
		frame_l2(f, len, a.res.mac, v.mac, i);
		virtio_tx(&v, pair, f, len);
		REQUIRE_GE(avf_rx_from(&a, v.mac, &rx, SOON), 0);
		EXPECT_EQ(rx.len, len);
		EXPECT_MEM(rx.data, f, len);
	}
}

static void pass_back(unsigned int frames)
{
	uint8_t f[1514];
	unsigned int i;
	size_t len;

	for (i = 0; i < frames; i++) {
		len = 60 + i * 89 % 1454;
		frame_l2(f, len, v.mac, a.res.mac, i);
		REQUIRE_GE(avf_tx(&a, 0, f, len, 0), 0);
		avf_tx_kick(&a, 0);
		expect_frame(0, f, len);
	}
}

/* Clause: frames arrive as they were sent, more of them than a ring holds. */
static void frames_both_ways(void)
{
	start(1, USUAL);
	pass(0, 100);
	pass_back(100);
	EXPECT_GE(mdev_attr_num(v.dev.uuid, "stats/tx_unicast"), 100);
	EXPECT_GE(mdev_attr_num(v.dev.uuid, "stats/rx_unicast"), 100);
	EXPECT_EQ(mdev_attr_num(v.dev.uuid, "stats/bad_descriptors"), 0);
	end();
}

/* Clause: each pair sends. */
static void every_pair(void)
{
	unsigned int pair;

	start(8, USUAL | VF_MQ);
	for (pair = 0; pair < 8; pair++)
		pass(pair, 5);
	end();
}

/* Clause: a buffer that was used raises the vector of its queue, without a register to
 * arm it again.
 */
static void interrupts(void)
{
	int fd = event_new(), i;

	start(1, USUAL);
	REQUIRE_OK(vfio_irq_eventfds(&v.dev, VFIO_PCI_MSIX_IRQ_INDEX, 1, 1, &fd));
	for (i = 0; i < 5; i++) {
		pass_back(1);
		EXPECT_GE(event_wait(fd, SOON), 1);
	}
	end();
}

/* Clause: no buffer is used before DRIVER_OK, kicked or not; then all that is there is. */
static void nothing_before_driver_ok(void)
{
	uint8_t f[100];

	start(1, USUAL);
	frame_l2(f, sizeof(f), a.res.mac, v.mac, 7);
	virtio_reset(&v);
	virtio_queues(&v, 1, USUAL);
	virtio_post(&v, 0, f, sizeof(f));
	virtio_kick(&v, 1);
	EXPECT_EQ(avf_rx_count(&a, v.mac, 1, 200), 0);
	EXPECT_EQ(v.q[1].used[1], 0);
	virtio_wr(&v, CC_STATUS, virtio_rd(&v, CC_STATUS) | VS_DRIVER_OK);
	REQUIRE_GE(avf_rx_from(&a, v.mac, &rx, SOON), 0);
	EXPECT_MEM(rx.data, f, sizeof(f));
	end();
}

/* Clause: once the status reads 0 no memory of the driver is touched. */
static void reset_in_traffic(void)
{
	uint8_t f[1514];
	unsigned int i, round;

	start(1, USUAL);
	frame_l2(f, sizeof(f), v.mac, a.res.mac, 1);
	for (round = 0; round < 10; round++) {
		for (i = 0; i < 32; i++)
			REQUIRE_GE(avf_tx(&a, 0, f, sizeof(f), 0), 0);
		avf_tx_kick(&a, 0);
		virtio_reset(&v);
		memset(v.mem, 0x5a, v.used);
		poll(NULL, 0, 20);
		for (i = 0; i < v.used && v.mem[i] == 0x5a; i++)
			;
		EXPECT_EQ(i, v.used);
		REQUIRE_OK(avf_tx_done(&a, 0, SOON));
		virtio_queues(&v, 1, USUAL);
		virtio_wr(&v, CC_STATUS, virtio_rd(&v, CC_STATUS) | VS_DRIVER_OK);
	}
	pass(0, 3);
	end();
}

/* Clause: one queue is reset, and set up again, beside the others. */
static void queue_reset(void)
{
	uint64_t end_at = now_ms() + SOON;

	start(2, USUAL | VF_MQ | VF_RING_RESET);
	pass(1, 2);
	virtio_wr(&v, CC_Q_SELECT, 3);
	virtio_wr(&v, CC_Q_RESET, 1);
	while (virtio_rd(&v, CC_Q_RESET) && now_ms() < end_at)
		poll(NULL, 0, 1);
	EXPECT_EQ(virtio_rd(&v, CC_Q_RESET), 0);
	EXPECT_EQ(virtio_rd(&v, CC_Q_ENABLE), 0);
	pass(0, 2);
	virtio_queue_up(&v, 3);
	pass(1, 2);
	EXPECT_EQ(virtio_rd(&v, CC_STATUS), 0xf);
	end();
}

/* Clause: a reset of the PF is none of the guest's driver: it does nothing, and what it
 * had made available before, amid and after is done once, in order.
 */
static void pf_reset_is_transparent(void)
{
	char path[PATH_LEN];
	uint8_t f[200];
	unsigned int i;

	start(1, USUAL);
	pass(0, 3);
	pass_back(3);
	snprintf(path, sizeof(path), "/sys/class/mdev_bus/%s/reset", mdev_parent());
	REQUIRE_OK(write_text(path, "1"));
	EXPECT_EQ(virtio_rd(&v, CC_STATUS), 0xf);
	avf_follow_reset(&a, 1);
	for (i = 0; i < 5; i++) {
		frame_l2(f, sizeof(f), a.res.mac, v.mac, i);
		virtio_tx(&v, 0, f, sizeof(f));
		REQUIRE_GE(avf_rx_from(&a, v.mac, &rx, SOON), 0);
		EXPECT_MEM(rx.data, f, sizeof(f));
	}
	pass_back(5);
	EXPECT_EQ(virtio_command(&v, CTRL_RX, CTRL_RX_PROMISC, "\0", 1), 0);
	end();
}

/* --- control commands ------------------------------------------------------------------- */

/* Clause: whatever is asked, there is an answer: drivers wait for it without end. */
static void every_command_is_answered(void)
{
	static const uint8_t classes[] = { 0, 1, 2, 3, 4, 5, 6, 7, 64, 255 };
	static const uint8_t commands[] = { 0, 1, 2, 3, 4, 5, 128, 255 };
	static const size_t lengths[] = { 0, 1, 2, 4, 6, 8, 12, 100, 1500 };
	static const uint8_t zero[1500];
	size_t i, k, n;
	int answer;

	start(1, USUAL);
	for (i = 0; i < ARRAY_SIZE(classes); i++)
		for (k = 0; k < ARRAY_SIZE(commands); k++)
			for (n = 0; n < ARRAY_SIZE(lengths); n += 1 + (i > 4)) {
				answer = virtio_command(&v, classes[i], commands[k], zero, lengths[n]);
				if (answer != 0 && answer != 1)
					ktap_note("class %u command %u, %zu bytes: %d", classes[i],
						  commands[k], lengths[n], answer);
				REQUIRE(answer == 0 || answer == 1);
			}
	EXPECT_EQ(virtio_rd(&v, CC_STATUS), 0xf);
	pass(0, 2);
	end();
}

/* Clause: an address that the guest may not have is refused, and costs it nothing; with
 * trust it is the guest's at once.
 */
static void address(void)
{
	static const uint8_t other[6] = { 0x02, 0, 0, 0, 0x99, 0x31 };
	uint8_t own[6];
	int i;

	start(1, USUAL);
	memcpy(own, v.mac, 6);
	EXPECT_EQ(virtio_command(&v, CTRL_MAC, CTRL_MAC_ADDR, own, 6), 0);
	EXPECT_EQ(virtio_command(&v, CTRL_MAC, CTRL_MAC_ADDR, other, 6), 1);
	EXPECT_EQ(virtio_command(&v, CTRL_MAC, CTRL_MAC_ADDR, a.res.mac, 6), 1);
	EXPECT_EQ(virtio_command(&v, CTRL_MAC, CTRL_MAC_ADDR, "\xff\xff\xff\xff\xff\xff", 6), 1);
	EXPECT_EQ(virtio_cfg(&v, VN_MAC + 4, 1), own[4]);
	pass(0, 1);
	pass_back(1);
	REQUIRE_OK(mdev_attr_set(v.dev.uuid, "trust", "on"));
	EXPECT_EQ(virtio_command(&v, CTRL_MAC, CTRL_MAC_ADDR, other, 6), 0);
	for (i = 0; i < 6; i++)
		EXPECT_EQ(virtio_cfg(&v, VN_MAC + (unsigned int)i, 1), other[i]);
	memcpy(v.mac, other, 6);
	pass(0, 1);
	pass_back(1);
	end();
}

/* Clause: as many pairs as there are, no fewer than one. */
static void pairs(void)
{
	uint16_t n;

	start(4, USUAL | VF_MQ);
	for (n = 1; n <= 4; n++)
		EXPECT_EQ(virtio_command(&v, CTRL_MQ, CTRL_MQ_PAIRS, &n, 2), 0);
	for (n = 5; n; n = (uint16_t)(n << 1))
		EXPECT_EQ(virtio_command(&v, CTRL_MQ, CTRL_MQ_PAIRS, &n, 2), 1);
	EXPECT_EQ(virtio_command(&v, CTRL_MQ, CTRL_MQ_PAIRS, &n, 2), 1);
	pass(0, 2);
	end();
}

/* --- malformed rings ------------------------------------------------------------------------ */

struct malformed {
	const char *name;
	struct virtio_desc desc[2];
	uint16_t head, ahead;	/* ahead: how far the available index is */
};

static const struct malformed chains[] = {
	{ "a head beyond the ring", { { 0 } }, VIRTIO_RING, 1 },
	{ "more than the ring has", { { 0 } }, 0, VIRTIO_RING + 1 },
	{ "a chain that never ends", { { VIRTIO_IOVA, 64, VD_NEXT, 1 }, { VIRTIO_IOVA, 64, VD_NEXT, 0 } }, 0, 1 },
	{ "a next beyond the ring", { { VIRTIO_IOVA, 64, VD_NEXT, 0xffff } }, 0, 1 },
	{ "a zero length", { { VIRTIO_IOVA, 0, 0, 0 } }, 0, 1 },
	{ "a writable part", { { VIRTIO_IOVA, 64, VD_WRITE, 0 } }, 0, 1 },
	{ "a packet without a header", { { VIRTIO_IOVA, 11, 0, 0 } }, 0, 1 },
	{ "memory that is not the guest's", { { 0x7000000000ull, 200, 0, 0 } }, 0, 1 },
};

static void set_up_malformed(const struct malformed *m)
{
	struct virtio_queue *q = &v.q[1];

	memcpy(q->desc, m->desc, sizeof(m->desc));
	q->avail[2] = m->head;
	__sync_synchronize();
	q->avail[1] = m->ahead;
}

/* Clause: a malformed ring stops its queue; the driver is notified once, and a reset mends
 * it. Its neighbours do not notice.
 */
static void malformed_rings(void)
{
	struct neighbour *n = neighbour_start();
	int fd = event_new();
	uint64_t end_at;
	size_t i;

	start(1, USUAL);
	for (i = 0; i < ARRAY_SIZE(chains); i++) {
		ktap_note("%s", chains[i].name);
		REQUIRE_OK(vfio_irq_eventfds(&v.dev, VFIO_PCI_MSIX_IRQ_INDEX, CONFIG_VECTOR, 1, &fd));
		virtio_wr(&v, CC_CONFIG_VECTOR, CONFIG_VECTOR);
		event_wait(fd, 0);
		set_up_malformed(&chains[i]);
		virtio_kick(&v, 1);
		for (end_at = now_ms() + SOON; !(virtio_rd(&v, CC_STATUS) & VS_NEEDS_RESET) && now_ms() < end_at; )
			poll(NULL, 0, 2);
		EXPECT(virtio_rd(&v, CC_STATUS) & VS_NEEDS_RESET);
		EXPECT_GE(event_wait(fd, SOON), 1);
		EXPECT_EQ(v.q[1].used[1], 0);
		virtio_reset(&v);
		virtio_queues(&v, 1, USUAL);
		virtio_wr(&v, CC_STATUS, virtio_rd(&v, CC_STATUS) | VS_DRIVER_OK);
		EXPECT_EQ(virtio_rd(&v, CC_STATUS), 0xf);
	}
	pass(0, 3);
	pass_back(3);
	neighbour_stop(n);
	end();
}

/* Clause: what was malformed in the queue to send leaves the one to receive at work. */
static void other_queues_go_on(void)
{
	uint64_t end_at = now_ms() + SOON;

	start(1, USUAL);
	set_up_malformed(&chains[3]);
	virtio_kick(&v, 1);
	while (!(virtio_rd(&v, CC_STATUS) & VS_NEEDS_RESET) && now_ms() < end_at)
		poll(NULL, 0, 2);
	EXPECT(virtio_rd(&v, CC_STATUS) & VS_NEEDS_RESET);
	pass_back(3);
	EXPECT_GE(mdev_attr_num(v.dev.uuid, "stats/bad_descriptors"), 1);
	end();
}

/* --- anything at all ---------------------------------------------------------------------- */

/* Clause: whatever is written where, the function is as new after a reset by VFIO, and its
 * neighbours do not notice.
 */
static void random_writes(void)
{
	static const uint8_t values[] = { 0, 1, 2, 3, 7, 8, 15, 64, 128, 255 };
	unsigned int seed = (unsigned int)now_us(), i, len;
	struct neighbour *n = neighbour_start();
	uint64_t value, off, got;

	start(1, USUAL);
	ktap_note("seed %u", seed);
	for (i = 0; i < 3000; i++) {
		len = 1u << rand_r(&seed) % 4;
		off = (uint64_t)(rand_r(&seed) % 4) << 12 | (rand_r(&seed) % 72);
		value = values[(unsigned int)rand_r(&seed) % ARRAY_SIZE(values)];
		if (!(rand_r(&seed) % 4))
			value = (uint64_t)rand_r(&seed) << 32 | (unsigned int)rand_r(&seed);
		REQUIRE_EQ(vfio_pwrite(&v.dev, 4, off, &value, len), len);
		REQUIRE_EQ(vfio_pread(&v.dev, 4, off, &got, len), len);
		if (i % 500 == 499)
			neighbour_alive(n);
	}
	REQUIRE_OK(vfio_reset(&v.dev));
	cfg_command(&v.dev, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER, 0);
	virtio_queues(&v, 1, USUAL);
	virtio_wr(&v, CC_STATUS, virtio_rd(&v, CC_STATUS) | VS_DRIVER_OK);
	pass(0, 3);
	pass_back(3);
	neighbour_stop(n);
	end();
}

static const struct ktap_case cases[] = {
	CASE_FOR(frames_both_ways, "virtio_net"),
	CASE(every_pair),
	CASE_FOR(interrupts, "virtio_net: there is no register to arm a vector"),
	CASE_FOR(nothing_before_driver_ok, "virtio_net of 5.10: kicks before DRIVER_OK"),
	CASE_FOR(reset_in_traffic, "virtio_net: frees its buffers when the status reads 0"),
	CASE_FOR(queue_reset, "ethtool -G"),
	CASE_FOR(pf_reset_is_transparent, "virtio_net: it recovers from nothing"),
	CASE_SECONDS_FOR(every_command_is_answered, 60, "virtio_net: polls for the answer without end"),
	CASE_FOR(address, "ip link set address"),
	CASE_FOR(pairs, "ethtool -L"),
	CASE_SECONDS_FOR(malformed_rings, 40, "everyone beside a hostile guest"),
	CASE(other_queues_go_on),
	CASE_SECONDS_FOR(random_writes, 90, "everyone beside a hostile guest"),
};

KTAP_MAIN("virtio_data", cases, setup, mdev_cleanup)
