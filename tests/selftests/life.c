// SPDX-License-Identifier: GPL-2.0-only
/* Opening, resetting, dying, removing, unloading; and that nothing is left behind. */
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/avf.h"
#include "lib/dmesg.h"
#include "lib/frame.h"
#include "lib/ktap.h"
#include "lib/module.h"

#define KILLS	50
#define SOON	3000

/* What must be the same at the end as at the start. */
struct census {
	int available[MDEV_TYPES_MAX];
	unsigned int irq_lines;
	long mem_kb, slab_kb;
};

static struct mdev_type types[MDEV_TYPES_MAX];
static int nr_types;
static struct census *first;
/* Two readers of the log, at its place when the program began. */
static int log_attach = -1, log_detach = -1;
static struct avf a, b;
static struct avf_rx rx;

static long meminfo(const char *name)
{
	char buf[8192], *p;

	if (read_text("/proc/meminfo", buf, sizeof(buf)) <= 0)
		return 0;
	p = strstr(buf, name);
	return p ? atol(p + strlen(name)) : 0;
}

static unsigned int irq_lines(void)
{
	FILE *f = fopen("/proc/interrupts", "r");
	unsigned int n = 0;
	char line[4096];

	while (f && fgets(line, sizeof(line), f))
		n++;
	if (f)
		fclose(f);
	return n;
}

/* Free pages that processors keep to themselves: up to an eighth of a zone, and neither
 * free nor available in meminfo.
 */
static long cpu_lists_kb(void)
{
	FILE *f = fopen("/proc/zoneinfo", "r");
	char line[256];
	long n, pages = 0;

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, " count: %ld", &n) == 1)
			pages += n;
	if (f)
		fclose(f);
	return pages * (getpagesize() / 1024);
}

static void take_census(struct census *c)
{
	int i;

	for (i = 0; i < nr_types; i++)
		c->available[i] = mdev_available(types[i].id);
	c->irq_lines = irq_lines();
	c->mem_kb = meminfo("MemAvailable:") + cpu_lists_kb();
	c->slab_kb = meminfo("SUnreclaim:");
}

static void setup(void)
{
	mdev_parent();
	mdev_cleanup();
	nr_types = mdev_types(types, MDEV_TYPES_MAX);
	first = ktap_shared(sizeof(*first));
	take_census(first);
	log_attach = dmesg_mark();
	log_detach = dmesg_mark();
}

static bool state_is(const char *uuid, const char *want)
{
	char state[64];

	return mdev_attr(uuid, "state", state, sizeof(state)) > 0 && !strcmp(state, want);
}

/* A process's memory, and with it the device, may be let go of a moment after its
 * end: a page may just be being pinned.
 */
static bool becomes_idle(const char *uuid)
{
	uint64_t end = now_ms() + SOON;

	while (!state_is(uuid, "idle")) {
		if (now_ms() >= end)
			return false;
		poll(NULL, 0, 1);
	}
	return true;
}

/* --- dying ------------------------------------------------------------------------------- */

static void send_for_ever(const char *ua, const char *ub, unsigned int *frames)
{
	const struct avf_opts ob = { .iova = 0x7f40000000 };
	uint8_t f[300];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	avf_succeed(&a, ua, NULL, 1);
	avf_succeed(&b, ub, &ob, 1);
	for (;;) {
		frame_l2(f, sizeof(f), b.res.mac, a.res.mac, 1);
		if (avf_tx(&a, 0, f, sizeof(f), 0) < 0)
			_exit(1);
		if (avf_rx_from(&b, a.res.mac, &rx, 0) >= 0)
			__atomic_add_fetch(frames, 1, __ATOMIC_RELAXED);
	}
}

/* Clause: a process killed in the middle of traffic leaves a closed device, nothing
 * pinned, and a successor that works; fifty times.
 */
static void killed_in_traffic(void)
{
	unsigned int *frames = ktap_shared(sizeof(*frames)), i;
	char ua[UUID_LEN + 1], ub[UUID_LEN + 1];

	mdev_new(1, ua);
	mdev_new(1, ub);
	for (i = 0; i < KILLS; i++) {
		uint64_t end = now_ms() + ktap_ms(SOON);
		pid_t pid;

		*frames = 0;
		fflush(stdout);
		pid = fork();
		if (pid == 0)
			send_for_ever(ua, ub, frames);
		REQUIRE_GT(pid, 0);
		while (__atomic_load_n(frames, __ATOMIC_RELAXED) < 2 + i % 8 && now_ms() < end)
			poll(NULL, 0, 1);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		REQUIRE_GE(*frames, 1);
		if (!EXPECT(becomes_idle(ua) && becomes_idle(ub)))
			break;
		EXPECT_EQ(mdev_attr_num(ua, "pinned_bytes"), 0);
		EXPECT_EQ(mdev_attr_num(ub, "pinned_bytes"), 0);
	}
	EXPECT_OK(mdev_remove(ua));
	EXPECT_OK(mdev_remove(ub));
}

/* Clause: opening and closing in every stage, again and again, each time as new; the
 * PASIDs are given back.
 */
static void open_and_close(void)
{
	char uuid[UUID_LEN + 1], buf[64];
	int64_t pasid, highest = 0;
	unsigned int i;

	mdev_new(4, uuid);
	for (i = 0; i < 32; i++) {
		REQUIRE_OK(avf_open(&a, uuid, NULL));
		EXPECT_EQ(avf_rd(&a, AVF_RX_TAIL(0)), 0);
		EXPECT_EQ(avf_rd(&a, AVF_ATQLEN), 0);
		REQUIRE_GT(mdev_attr(uuid, "pasid", buf, sizeof(buf)), 0);
		pasid = atoi(buf);
		if (pasid > highest)
			highest = pasid;
		if (i % 4 > 0)
			REQUIRE_OK(avf_init(&a));
		if (i % 4 > 1)
			REQUIRE_EQ(avf_queues_up(&a, 4), 0);
		avf_close(&a);
		REQUIRE(state_is(uuid, "idle"));
	}
	ktap_note("highest PASID %lld", (long long)highest);
	EXPECT_LE(highest, 64);
	EXPECT_GT(mdev_attr(uuid, "pasid", buf, sizeof(buf)), 0);
	EXPECT(!strcmp(buf, "none"));
	EXPECT_OK(mdev_remove(uuid));
}

/* Clause: what was closed needs no hardware: one instance is opened more often than the
 * SmartNIC has queues for.
 */
static void hardware_comes_back(void)
{
	char uuid[UUID_LEN + 1];
	struct vfio_dev d;
	unsigned int i;

	mdev_new(16, uuid);
	for (i = 0; i < 80; i++) {
		REQUIRE_OK(vfio_open(&d, uuid));
		vfio_close(&d);
	}
	EXPECT_OK(mdev_remove(uuid));
}

/* --- resets ------------------------------------------------------------------------------- */

/* Clause: reset works in each stage of a driver's life, and the driver can start anew. */
static void reset_in_every_stage(void)
{
	char uuid[UUID_LEN + 1];
	unsigned int stage;

	mdev_new(2, uuid);
	REQUIRE_OK(avf_open(&a, uuid, NULL));
	for (stage = 0; stage < 7; stage++) {
		if (stage > 0)
			REQUIRE_OK(avf_restart(&a));
		if (stage > 1)
			REQUIRE_EQ(avf_queues_up(&a, 2), 0);
		if (stage == 3)		/* a queue stopped by its tail */
			avf_wr(&a, AVF_TX_TAIL(0), 0xffff);
		if (stage == 4)		/* a message under way */
			avf_aq_post(&a, 0x0801, VC_GET_STATS, "", 1);
		if (stage == 5)		/* bus master off */
			cfg_command(&a.dev, 0, PCI_COMMAND_MASTER);
		if (stage == 6)		/* memory off */
			cfg_command(&a.dev, 0, PCI_COMMAND_MEMORY);
		REQUIRE_OK(vfio_reset(&a.dev));
		EXPECT_EQ(cfg_rd(&a.dev, PCI_COMMAND, 2), 0);
	}
	REQUIRE_OK(avf_restart(&a));
	REQUIRE_EQ(avf_queues_up(&a, 2), 0);
	avf_close(&a);
	EXPECT_OK(mdev_remove(uuid));
}

/* Clause: after a reset in the middle of traffic not one more byte is written, and the
 * other side goes on.
 */
static void reset_in_traffic(void)
{
	static uint8_t copy[AVF_RING * 2048];
	uint8_t f[300];
	unsigned int i, k;

	avf_pair(&a, &b, 1);
	for (i = 0; i < 8; i++) {
		avf_pass(&a, &b, 5);
		frame_l2(f, sizeof(f), b.res.mac, a.res.mac, i);
		for (k = 0; k < 20; k++)
			REQUIRE_GE(avf_tx(&a, 0, f, sizeof(f), 0), 0);
		REQUIRE_OK(vfio_reset(&b.dev));
		memcpy(copy, b.q[0].rx_buf, sizeof(copy));
		for (k = 0; k < 10; k++)
			REQUIRE_GE(avf_tx(&a, 0, f, sizeof(f), 0), 0);
		REQUIRE_OK(avf_tx_done(&a, 0, AVF_MS));
		EXPECT_MEM(b.q[0].rx_buf, copy, sizeof(copy));
		REQUIRE_OK(avf_restart(&b));
		REQUIRE_EQ(avf_queues_up(&b, 1), 0);
	}
	avf_pass(&a, &b, 5);
	avf_close(&a);
	avf_close(&b);
	EXPECT_OK(mdev_remove(a.dev.uuid));
	EXPECT_OK(mdev_remove(b.dev.uuid));
}

/* Clause: a device that is reset by one thread's VMM while its neighbours work is reset
 * alone.
 */
static void reset_is_private(void)
{
	static struct avf c;
	char uuid[UUID_LEN + 1];
	unsigned int i;

	avf_pair(&a, &b, 1);
	mdev_new(1, uuid);
	avf_up(&c, uuid, NULL, 1);
	for (i = 0; i < 5; i++) {
		avf_pass(&a, &b, 3);
		REQUIRE_OK(vfio_reset(&c.dev));
	}
	avf_pass(&a, &b, 3);
	avf_close(&c);
	EXPECT_OK(mdev_remove(uuid));
	avf_close(&a);
	avf_close(&b);
	EXPECT_OK(mdev_remove(a.dev.uuid));
	EXPECT_OK(mdev_remove(b.dev.uuid));
}

/* --- removal ------------------------------------------------------------------------------ */

/* Clause: removing an open mdev asks its user by the REQ interrupt, waits, completes
 * when the user lets go, and gives the resources back.
 */
static void remove_while_open(void)
{
	int before = mdev_available("smartnic-1q"), req, status;
	char uuid[UUID_LEN + 1];
	pid_t pid;

	mdev_new(1, uuid);
	avf_up(&a, uuid, NULL, 1);
	req = event_new();
	REQUIRE_OK(vfio_irq_eventfds(&a.dev, VFIO_PCI_REQ_IRQ_INDEX, 0, 1, &req));
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		/* The child must not hold the device open itself. */
		avf_close(&a);
		_exit(mdev_remove(uuid) ? 1 : 0);
	}
	REQUIRE_GT(pid, 0);
	EXPECT_GE(event_wait(req, SOON), 1);
	EXPECT_EQ(waitpid(pid, &status, WNOHANG), 0);
	EXPECT_GE(avf_rd(&a, AVF_RSTAT), 1);	/* still a device until let go */
	avf_close(&a);
	EXPECT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT_EQ(status, 0);
	EXPECT(!mdev_exists(uuid));
	EXPECT_EQ(mdev_available("smartnic-1q"), before);
}

/* Clause: the modules cannot be unloaded while a device is open. */
static void no_unload_while_open(void)
{
	char uuid[UUID_LEN + 1];

	mdev_new(1, uuid);
	avf_up(&a, uuid, NULL, 1);
	EXPECT_ERR(module_unload("smartnic"), EAGAIN);
	EXPECT_ERR(module_unload("vdcm"), ANY_ERROR);
	EXPECT_EQ(avf_queues_select(&a, VC_DISABLE_QUEUES, 1, 1), 0);
	avf_close(&a);
	EXPECT_OK(mdev_remove(uuid));
}

/* --- the bill ------------------------------------------------------------------------------ */

#define SLAB_KB		(6 * 1024)	/* may be more in use */
#define MEM_KB		(24 * 1024)

/* KASAN delays the return of freed memory; kmemleak finds what leaks on that kernel. */
static bool slab_tells(void)
{
	return access("/sys/kernel/debug/kmemleak", F_OK);
}

static bool is_as_before(struct census *now)
{
	take_census(now);
	return now->irq_lines == first->irq_lines && now->mem_kb > first->mem_kb - MEM_KB &&
	       (!slab_tells() || now->slab_kb < first->slab_kb + SLAB_KB);
}

/* Clause: nothing leaked: instances, interrupt lines, memory; and what the log says of
 * PASIDs attached and detached is even.
 */
static void nothing_leaked(void)
{
	struct census now;
	int i;

	mdev_cleanup();
	/* Freeing may be deferred: give it a moment, no more. */
	ktap_until(is_as_before(&now), ktap_ms(2000));
	for (i = 0; i < nr_types; i++)
		EXPECT_EQ(now.available[i], first->available[i]);
	EXPECT_EQ(now.irq_lines, first->irq_lines);
	i = dmesg_count(log_attach, "PASID", " attached", 0);
	ktap_note("%d PASIDs attached", i);
	EXPECT_EQ(dmesg_count(log_detach, "PASID", " detached", 0), i);
	ktap_note("memory that can be had %ld -> %ld kB, SUnreclaim %ld -> %ld kB", first->mem_kb,
		  now.mem_kb, first->slab_kb, now.slab_kb);
	if (slab_tells())
		EXPECT_LT(now.slab_kb, first->slab_kb + SLAB_KB);
	EXPECT_GT(now.mem_kb, first->mem_kb - MEM_KB);
}

/* Clause: when nothing is open the modules unload, although mdevs exist, and load
 * again to a working device.
 */
static void unload_and_load(void)
{
	char vdcm[512], smartnic[512], uuid[UUID_LEN + 1];
	uint64_t end = now_ms() + SOON;

	if (!module_file("smartnic") || !module_file("vdcm"))
		ktap_skip("no module files: set MODULES");
	module_params("vdcm", vdcm, sizeof(vdcm));
	module_params("smartnic", smartnic, sizeof(smartnic));
	mdev_new(1, uuid);
	REQUIRE_OK(modules_unload());
	EXPECT(!mdev_exists(uuid));
	REQUIRE_OK(modules_load(vdcm, smartnic));
	while (mdev_available("smartnic-1q") <= 0 && now_ms() < end)
		poll(NULL, 0, 10);
	avf_pair(&a, &b, 1);
	avf_pass(&a, &b, 3);
	avf_close(&a);
	avf_close(&b);
	EXPECT_OK(mdev_remove(a.dev.uuid));
	EXPECT_OK(mdev_remove(b.dev.uuid));
}

static const struct ktap_case cases[] = {
	CASE_SECONDS_FOR(killed_in_traffic, 40, "libvirt: virsh destroy"),
	CASE_FOR(open_and_close, "Nova: gives a device to the next tenant"),
	CASE_FOR(hardware_comes_back, "Nova: gives a device to the next tenant"),
	CASE_FOR(reset_in_every_stage, "QEMU: a guest's reboot at any time"),
	CASE_FOR(reset_in_traffic, "QEMU: a guest's reboot"),
	CASE_FOR(reset_is_private, "the other guests"),
	CASE_FOR(remove_while_open, "mdevctl stop, Proxmox, QEMU: unplug requests"),
	CASE_FOR(no_unload_while_open, "rmmod"),
	CASE_FOR(nothing_leaked, "Nova, KubeVirt: instances come back"),
	CASE_FOR(unload_and_load, "package upgrades"),
};

KTAP_MAIN("life", cases, setup, mdev_cleanup)
