// SPDX-License-Identifier: GPL-2.0-only
/*
 * The PF is reset under many open devices: they are stopped one after the other, and
 * brought back one after the other. What one of them does in between.
 */
#include <linux/pci_regs.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/avf.h"
#include "lib/ktap.h"

#define EVENT_RESET_IMPENDING	2
#define MAC_PRIMARY		1
#define PAGE			4096u
#define CROWD			48	/* devices between the first and the last */
#define DOORBELLS		0x7000000000ull
#define SOON			ktap_ms(10000)

static struct avf first, last;
static struct vfio_dev crowd[CROWD];

static void setup(void)
{
	mdev_parent();
	mdev_cleanup();
}

/* The order of their creation is that of every reset. */
static void open_all(int queues)
{
	const struct avf_opts roomy = { .memory = 16 << 20 };
	char uuid[UUID_LEN + 1];
	unsigned int i;

	avf_new(&first, 1, NULL);
	for (i = 0; i < CROWD; i++) {
		mdev_new(1, uuid);
		REQUIRE_OK(vfio_open(&crowd[i], uuid));
	}
	avf_new(&last, queues, &roomy);
}

static void close_all(void)
{
	unsigned int i;

	avf_end(&first);
	for (i = 0; i < CROWD; i++) {
		vfio_close(&crowd[i]);
		EXPECT_OK(mdev_remove(crowd[i].uuid));
	}
	avf_end(&last);
}

static pid_t reset_pf(void)
{
	char path[PATH_LEN];
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	snprintf(path, sizeof(path), "/sys/class/mdev_bus/%s/reset", mdev_parent());
	_exit(write_text(path, "1") ? 1 : 0);
}

/* The reset is over, and was one. */
static void over(pid_t pid)
{
	uint64_t end = now_ms() + SOON;
	int status;
	pid_t ret;

	do {
		poll(NULL, 0, 5);
		ret = waitpid(pid, &status, WNOHANG);
	} while (!ret && now_ms() < end);
	REQUIRE_EQ(ret, pid);
	REQUIRE_EQ(status, 0);
}

/* A device is away, or its admin queues are gone: the reset has got to it. */
static bool is_reset(struct avf *x)
{
	return avf_rd(x, AVF_RSTAT) == UINT32_MAX || !(avf_rd(x, AVF_ARQLEN) & AVF_AQ_LEN_ENABLE);
}

/*
 * Waits until the driver gets the notice of the reset, or the device is away. A notice whose page
 * is not pinned in time is lost.
 */
static void begins(struct avf *x)
{
	uint64_t end = now_ms() + SOON;
	struct avf_msg msg;

	while (now_ms() < end && !is_reset(x))
		if (!avf_aq_recv(x, &msg, 20) && msg.op == VC_EVENT &&
		    *(uint32_t *)(void *)msg.data == EVENT_RESET_IMPENDING)
			return;
	REQUIRE(is_reset(x));
}

/* Clause: a device's DMA to doorbell pages of another, mapped for it like any memory,
 * is refused, and keeps no reset waiting. Relied on by: an administrator who resets the
 * PF under a guest that does not wish it; QEMU maps all BARs for DMA.
 */
static void doorbells_as_memory(void)
{
	const struct avf_frag aim = { .iova = DOORBELLS, .len = 64 };
	unsigned int q;
	pid_t pid;

	open_all(16);
	if (!first.page[0]) {
		close_all();
		ktap_skip("no doorbell page can be mapped on this kernel");
	}
	if (vfio_map(&last.dev, (const void *)first.page[0], DOORBELLS, PAGE, DMA_RW)) {
		close_all();
		ktap_skip("device memory is no memory for this container");
	}
	pid = reset_pf();
	begins(&last);
	for (q = 0; q < last.nr_queues; q++) {
		avf_tx_frags(&last, q, &aim, 1, 0, 0, 0);
		poll(NULL, 0, 1);
	}
	over(pid);
	REQUIRE_OK(vfio_reset(&last.dev));
	REQUIRE_OK(avf_restart(&last));
	close_all();
}

/* Resets the PF; @in_between runs once the last device is away. */
static void reset_and(void (*in_between)(void))
{
	int64_t was = mdev_counter(last.dev.uuid, "resumes");
	uint64_t end = now_ms() + SOON;
	bool late;
	pid_t pid;

	pid = reset_pf();
	while (avf_rd(&last, AVF_RSTAT) != UINT32_MAX && now_ms() < end)
		;
	/* What it leads to is decided when it begins. */
	late = mdev_counter(last.dev.uuid, "resumes") != was;
	in_between();
	over(pid);
	if (late) {
		close_all();
		ktap_skip("the last device was back before it could be reset");
	}
	REQUIRE_EQ(mdev_counter(last.dev.uuid, "resumes"), was + 1);
}

static void reset_last(void)
{
	REQUIRE_OK(vfio_reset(&last.dev));
}

/* Clause: a device that is reset while it waits to be brought back forgets what its
 * guest had chosen. Relied on by: QEMU, whose guest reboots when it likes.
 */
static void stale_state_is_dropped(void)
{
	static const uint8_t chosen[6] = { 0x02, 0x5e, 0x1f, 0, 0, 9 };
	uint8_t given[6];

	open_all(1);
	memcpy(given, last.res.mac, sizeof(given));
	REQUIRE_OK(mdev_attr_set(last.dev.uuid, "trust", "on"));
	REQUIRE_EQ(avf_mac(&last, VC_ADD_ETH_ADDR, chosen, MAC_PRIMARY), 0);
	reset_and(reset_last);
	REQUIRE_OK(avf_restart(&last));
	EXPECT(!memcmp(last.res.mac, given, sizeof(given)));
	close_all();
}

static const struct ktap_case cases[] = {
	CASE_SECONDS_FOR(doorbells_as_memory, 40, "an administrator's reset under a hostile guest"),
	CASE_SECONDS_FOR(stale_state_is_dropped, 40, "QEMU: a guest that reboots meanwhile"),
};

KTAP_MAIN("reset_many", cases, setup, mdev_cleanup)
