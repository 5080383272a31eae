// SPDX-License-Identifier: GPL-2.0-only
/*
 * VFIO_DEVICE_IOEVENTFD: an eventfd that stands for a write to a doorbell. Relied on by
 * QEMU and rust-vmm's VMMs, which hand the eventfd to KVM.
 */
#include <linux/pci_regs.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/avf.h"
#include "lib/frame.h"
#include "lib/ktap.h"
#include "lib/slow_file.h"

#define OFFSET(region, off)	((uint64_t)(region) << 40 | (off))
#define MANY			256
#define SOON			3000
#define SLOW_MS			ktap_ms(4 * SOON)	/* memory is slow, at most */

static struct avf a, b;
static struct avf_rx rx;

static void setup(void)
{
	mdev_parent();
	mdev_cleanup();
}

static int ioevent_raw(struct avf *x, uint32_t argsz, uint32_t flags, uint64_t offset,
		       uint64_t data, int fd)
{
	struct vfio_device_ioeventfd io = {
		.argsz = argsz, .flags = flags, .offset = offset, .data = data, .fd = fd,
	};

	return ioctl(x->dev.fd, VFIO_DEVICE_IOEVENTFD, &io) ? -errno : 0;
}

static int ioevent(struct avf *x, uint32_t flags, uint64_t offset, uint64_t data, int fd)
{
	return ioevent_raw(x, sizeof(struct vfio_device_ioeventfd), flags, offset, data, fd);
}

static int tail_event(struct avf *x, uint32_t value, int fd)
{
	return ioevent(x, VFIO_DEVICE_IOEVENTFD_32, OFFSET(0, AVF_TX_TAIL(0)), value, fd);
}

static void signal_event(int fd)
{
	const uint64_t one = 1;

	REQUIRE_EQ(write(fd, &one, sizeof(one)), sizeof(one));
}

static void start(void)
{
	static const struct avf_opts ob = { .iova = 0x7f40000000 };

	avf_new(&a, 1, NULL);
	avf_new(&b, 1, &ob);
	if (tail_event(&a, 0, -1) == -ENOTTY)
		ktap_skip("this kernel's VFIO has no virqfd");
}

static void end(void)
{
	avf_close(&a);
	avf_close(&b);
	EXPECT_OK(mdev_remove(a.dev.uuid));
	EXPECT_OK(mdev_remove(b.dev.uuid));
}

/* One frame whose doorbell nobody rings; returns the tail to be written. */
static uint32_t post(uint32_t i)
{
	uint8_t f[300], *copy;
	struct avf_frag frag = { .len = sizeof(f) };

	frame_l2(f, sizeof(f), b.res.mac, a.res.mac, i);
	copy = avf_alloc(&a, sizeof(f), &frag.iova);
	memcpy(copy, f, sizeof(f));
	REQUIRE_GE(avf_tx_frags(&a, 0, &frag, 1, 0, 0, TX_NO_KICK), 0);
	return a.q[0].tx_next;
}

/* Clause: signalling the eventfd rings the doorbell, each time; no longer once it is taken
 * back; and a VFIO reset leaves it where it is.
 */
static void rings(void)
{
	int fd = event_new();
	uint32_t tail, i;

	start();
	for (i = 0; i < 3; i++) {
		tail = post(i);
		REQUIRE_OK(tail_event(&a, tail, fd));
		EXPECT_EQ(avf_rx_count(&b, a.res.mac, 1, 50), 0);
		signal_event(fd);
		REQUIRE_GE(avf_rx_from(&b, a.res.mac, &rx, SOON), 0);
		EXPECT_EQ(rx.len, 300);
		REQUIRE_OK(tail_event(&a, tail, -1));
	}
	post(i);
	signal_event(fd);
	EXPECT_EQ(avf_rx_count(&b, a.res.mac, 1, 100), 0);
	REQUIRE_OK(tail_event(&a, 7, fd));
	REQUIRE_OK(vfio_reset(&a.dev));
	/* Memory space is off: nothing to write to. A late write would find it on again. */
	signal_event(fd);
	poll(NULL, 0, 500);
	cfg_command(&a.dev, PCI_COMMAND_MEMORY, 0);
	EXPECT_EQ(avf_rd(&a, AVF_TX_TAIL(0)), 0);
	signal_event(fd);
	ktap_until(avf_rd(&a, AVF_TX_TAIL(0)) == 7, SOON);
	EXPECT_EQ(avf_rd(&a, AVF_TX_TAIL(0)), 7);
	end();
}

/* Clause: what is malformed, or no doorbell, is refused; nothing is half-done. */
static void refused(void)
{
	const uint64_t tail = OFFSET(0, AVF_TX_TAIL(0));
	const uint32_t w = VFIO_DEVICE_IOEVENTFD_32;
	const struct {
		uint32_t argsz, flags;
		uint64_t offset, data;
		int fd, err;
	} bad[] = {
		{ 0, w, tail, 0, 0, EINVAL },
		{ 27, w, tail, 0, 0, EINVAL },
		{ 32, 0, tail, 0, 0, EINVAL },
		{ 32, w | VFIO_DEVICE_IOEVENTFD_16, tail, 0, 0, EINVAL },
		{ 32, w | 0x10, tail, 0, 0, EINVAL },
		{ 32, VFIO_DEVICE_IOEVENTFD_64, tail, 0, 0, ENOTTY },
		{ 32, w, tail + 1, 0, 0, EINVAL },
		{ 32, w, tail + 2, 0, 0, EINVAL },
		{ 32, VFIO_DEVICE_IOEVENTFD_16, tail, 0, 0, ENOTTY },
		{ 32, w, tail, 1ull << 32, 0, EINVAL },
		{ 32, VFIO_DEVICE_IOEVENTFD_8, tail, 0, 0, ENOTTY },
		{ 32, w, OFFSET(0, AVF_ATQT), 0, 0, EINVAL },		/* trapped */
		{ 32, w, OFFSET(0, 0x1000), 0, 0, EINVAL },		/* nothing */
		{ 32, w, OFFSET(3, 0), 0, 0, EINVAL },			/* MSI-X table */
		{ 32, w, OFFSET(0, 1u << 30), 0, 0, EINVAL },
		{ 32, w, OFFSET(VFIO_PCI_CONFIG_REGION_INDEX, 4), 0, 0, EINVAL },
		{ 32, w, OFFSET(200, 0), 0, 0, EINVAL },
		{ 32, w, ~0ull & ~3ull, 0, 0, EINVAL },
		{ 32, w, tail, 0, -2, EINVAL },
		{ 32, w, tail, 0, 1, ANY_ERROR },			/* no eventfd */
		{ 32, w, tail, 0, 900, EBADF },
		{ 32, w, tail, 0, -1, ENODEV },
	};
	int fd = event_new(), i;
	size_t k;

	start();
	for (k = 0; k < ARRAY_SIZE(bad); k++)
		if (!EXPECT_ERR(ioevent_raw(&a, bad[k].argsz, bad[k].flags, bad[k].offset,
					    bad[k].data, bad[k].fd ? bad[k].fd : fd),
				bad[k].err))
			ktap_note("that was row %zu", k);
	EXPECT_OK(tail_event(&a, 1, fd));
	EXPECT_ERR(tail_event(&a, 1, fd), EEXIST);
	EXPECT_OK(tail_event(&a, 1, -1));
	for (i = 0; i < MANY; i++)
		REQUIRE_OK(tail_event(&a, (uint32_t)i, fd));
	EXPECT_ERR(tail_event(&a, MANY, fd), ENOSPC);
	EXPECT_OK(tail_event(&a, 5, -1));
	EXPECT_OK(tail_event(&a, MANY, fd));
	end();
}

/* Clause: an eventfd that is closed is gone from the device as well; and closing the
 * device with some left leaves the eventfd nobody's.
 */
static void closed(void)
{
	char uuid[UUID_LEN + 1];
	int fd = event_new();

	start();
	EXPECT_OK(tail_event(&a, 3, fd));
	close(fd);
	fd = event_new();
	EXPECT_OK(tail_event(&a, 3, fd));
	snprintf(uuid, sizeof(uuid), "%s", a.dev.uuid);
	avf_close(&a);
	signal_event(fd);
	avf_up(&a, uuid, NULL, 1);
	signal_event(fd);
	poll(NULL, 0, 50);
	EXPECT_EQ(avf_rd(&a, AVF_TX_TAIL(0)), 0);
	EXPECT_ERR(tail_event(&a, 3, -1), ENODEV);
	end();
}

/* Clause: of eventfds that are signalled one after the other the last one's write is the
 * last, also while some of them are taken back.
 */
static void in_order(void)
{
	int fd[16], i, k;

	start();
	for (i = 0; i < (int)ARRAY_SIZE(fd); i++) {
		fd[i] = event_new();
		REQUIRE_OK(tail_event(&a, (uint32_t)i, fd[i]));
	}
	for (k = 0; k < 100; k++) {
		for (i = 0; i < (int)ARRAY_SIZE(fd); i++)
			signal_event(fd[i]);
		REQUIRE_OK(tail_event(&a, 3, -1));
		REQUIRE_OK(tail_event(&a, 3, fd[3]));
	}
	/* The last one may be late, and no other one comes after it. */
	ktap_until(avf_rd(&a, AVF_TX_TAIL(0)) == ARRAY_SIZE(fd) - 1, SOON);
	poll(NULL, 0, 200);
	EXPECT_EQ(avf_rd(&a, AVF_TX_TAIL(0)), ARRAY_SIZE(fd) - 1);
	end();
}

/* One process's eventfds and resets, which keep its device busy, until it is killed. */
static void busy(struct avf *x, int ready)
{
	int fd, i;

	signal_event(ready);
	for (;;) {
		fd = event_new();
		for (i = 0; i < MANY; i++)
			REQUIRE_OK(tail_event(x, (uint32_t)i, fd));
		cfg_command(&x->dev, PCI_COMMAND_MEMORY, 0);
		signal_event(fd);
		/* All of them end at once, each with a write under way. */
		close(fd);
		vfio_reset(&x->dev);
	}
}

/* Clause: a device whose reset waits for slow memory keeps no other one waiting, however many
 * of its eventfds are signalled and closed meanwhile.
 */
static int go, measured;

static void *reset_a(void *arg)
{
	if (event_wait(go, SLOW_MS))
		vfio_reset(&a.dev);
	return arg;
}

/* In the end without being told: one who waits for it is seen to have waited. */
static void *end_slowness(void *arg)
{
	event_wait(measured, SLOW_MS);
	slow_file_end();
	return arg;
}

static void slow_neighbour(void)
{
	struct avf_frag frag = { .iova = 0x2000000000, .len = 64 };
	int fd, i;
	pthread_t t[2];
	uint64_t begin;
	void *slow;

	slow_file_start(1 << 20);
	slow = slow_file_map();
	REQUIRE(slow != MAP_FAILED);
	start();
	/* Not the file system's as well: closing it has to end it. */
	fd = event_new();
	go = event_new();
	measured = event_new();
	/* No thread can be made while the address space is locked. */
	REQUIRE_OK(pthread_create(&t[0], NULL, reset_a, NULL));
	REQUIRE_OK(pthread_create(&t[1], NULL, end_slowness, NULL));
	for (i = 0; i < MANY; i++)
		REQUIRE_OK(tail_event(&a, (uint32_t)i, fd));
	REQUIRE_OK(vfio_map(&a.dev, slow, frag.iova, 1 << 20, DMA_RW));
	REQUIRE_GE(avf_tx_frags(&a, 0, &frag, 1, 0, 0, 0), 0);
	REQUIRE(ktap_until(slow_file_wanted(), SOON));
	signal_event(go);
	poll(NULL, 0, 100);
	signal_event(fd);
	close(fd);
	fd = event_new();
	begin = now_ms();
	REQUIRE_OK(tail_event(&b, 1, fd));
	REQUIRE_OK(tail_event(&b, 1, -1));
	EXPECT_LT(now_ms() - begin, ktap_ms(2000));
	signal_event(measured);
	pthread_join(t[0], NULL);
	pthread_join(t[1], NULL);
	end();
}

/* Clause: a device that is busy with its eventfds keeps no other one waiting. */
static void neighbour(void)
{
	int ready = event_new(), fd = event_new(), i;
	uint64_t t, longest = 0;
	pid_t pid[2];

	start();
	for (i = 0; i < 2; i++) {
		fflush(stdout);
		pid[i] = fork();
		REQUIRE_GE(pid[i], 0);
		if (pid[i])
			continue;
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (!i)
			busy(&a, ready);
		for (;;)
			vfio_reset(&a.dev);
	}
	REQUIRE_GT(event_wait(ready, SOON), 0);
	for (i = 0; i < 50; i++) {
		t = now_ms();
		REQUIRE_OK(tail_event(&b, 1, fd));
		REQUIRE_OK(tail_event(&b, 1, -1));
		if (now_ms() - t > longest)
			longest = now_ms() - t;
		poll(NULL, 0, 10);
	}
	ktap_note("longest %llu ms", (unsigned long long)longest);
	EXPECT_LT(longest, ktap_ms(1000));
	for (i = 0; i < 2; i++) {
		kill(pid[i], SIGKILL);
		waitpid(pid[i], NULL, 0);
	}
	end();
}

static const struct ktap_case cases[] = {
	CASE_FOR(rings, "QEMU, rust-vmm's VMMs: doorbells through KVM"),
	CASE(in_order),
	CASE_SECONDS(slow_neighbour, 60),
	CASE_SECONDS_FOR(neighbour, 60, "everyone beside a hostile VMM"),
	CASE_FOR(refused, "everyone beside a hostile VMM"),
	CASE_FOR(closed, "everyone beside a hostile VMM"),
};

KTAP_MAIN("ioevent", cases, setup, mdev_cleanup)
