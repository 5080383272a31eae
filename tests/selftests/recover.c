// SPDX-License-Identifier: GPL-2.0-only
/*
 * The PF is reset, sleeps, or is taken away under devices that are open: what their
 * users see meanwhile, and that they carry on, or lose the hardware.
 */
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../include/smartnic/messages.h"
#include "lib/avf.h"
#include "lib/dmesg.h"
#include "lib/ktap.h"

#define EVENT_RESET_IMPENDING	2
#define SOON			3000
/* A user who does not listen loses the hardware after two seconds. */
#define REVOKED_MS		4000
#define RELEASE_TIMEOUT		"/sys/module/vdcm/parameters/release_timeout"

static struct avf a, b;

static void setup(void)
{
	mdev_parent();
	mdev_cleanup();
}

static int pf_write(const char *file, const char *text)
{
	char path[PATH_LEN];

	snprintf(path, sizeof(path), "/sys/class/mdev_bus/%s/%s", mdev_parent(), file);
	return write_text(path, text);
}

static void attr(const char *uuid, const char *name, char *buf, size_t len)
{
	REQUIRE_GT(mdev_attr(uuid, name, buf, len), 0);
}

static bool attr_is(const char *uuid, const char *name, const char *want)
{
	char buf[128];

	attr(uuid, name, buf, sizeof(buf));
	return !strcmp(buf, want);
}

static bool becomes(const char *uuid, const char *name, const char *want, int ms)
{
	return ktap_until(attr_is(uuid, name, want), ktap_ms(ms));
}

/* As a guest's driver after a reset by the PF: no VFIO reset, no new version. */
static void driver_again(struct avf *x)
{
	REQUIRE_EQ(avf_rd(x, AVF_ATQLEN) & AVF_AQ_LEN_ENABLE, 0);
	REQUIRE_EQ(avf_rd(x, AVF_ARQLEN) & AVF_AQ_LEN_ENABLE, 0);
	/* It had not noticed at once, and went on sending. */
	avf_wr(x, AVF_TX_TAIL(0), 5);
	/* Memory that the device has not touched before. */
	x->used = x->o.memory / 2;
	x->aq = NULL;
	x->nr_events = 0;
	memset(x->q, 0, sizeof(x->q));
	REQUIRE_OK(avf_init(x));
	REQUIRE_EQ(avf_queues_up(x, 1), 0);
}

static void end_pair(void)
{
	avf_end(&a);
	avf_end(&b);
}

/* --- reset ------------------------------------------------------------------------------- */

/* Clause: resetting the PF leaves idle devices alone; they open afterwards.
 * Relied on by: an administrator's "echo 1 > reset" on a host with mdevs defined.
 */
static void reset_with_idle(void)
{
	char uuid[UUID_LEN + 1];
	int before = mdev_available("smartnic-1q");

	mdev_new(1, uuid);
	REQUIRE_OK(pf_write("reset", "1"));
	EXPECT(attr_is(uuid, "state", "idle"));
	EXPECT_EQ(mdev_available("smartnic-1q"), before - 1);
	avf_up(&a, uuid, NULL, 1);
	avf_close(&a);
	EXPECT_OK(mdev_remove(uuid));
}

/* The driver was told, before its queue went. */
static bool was_told(struct avf *x)
{
	struct avf_msg msg;

	while (!avf_aq_recv(x, &msg, 0))
		if (msg.op == VC_EVENT &&
		    *(uint32_t *)(void *)msg.data == EVENT_RESET_IMPENDING)
			return true;
	return false;
}

static void reset_open(const char *method)
{
	char function[16], pasid[16];
	int64_t resumes, received;
	int ret;

	if (pf_write("reset_method", method))
		ktap_skip("the PF has no reset method %s", method);
	avf_pair(&a, &b, 1);
	avf_pass(&a, &b, 5);
	attr(a.dev.uuid, "function", function, sizeof(function));
	attr(a.dev.uuid, "pasid", pasid, sizeof(pasid));
	resumes = mdev_counter(a.dev.uuid, "resumes");
	received = mdev_attr_num(b.dev.uuid, "stats/rx_unicast");
	EXPECT_GE(received, 5);
	ret = pf_write("reset", "1");
	pf_write("reset_method", "flr");
	/* The port may not tell that its link came back; the device is reset. */
	if (ret != -ENOTTY)
		REQUIRE_OK(ret);
	EXPECT(was_told(&a));
	EXPECT(was_told(&b));
	EXPECT_EQ(mdev_counter(a.dev.uuid, "resumes"), resumes + 1);
	EXPECT_EQ(mdev_attr_num(b.dev.uuid, "stats/rx_unicast"), received);
	EXPECT(attr_is(a.dev.uuid, "function", function));
	EXPECT(attr_is(a.dev.uuid, "pasid", pasid));
	EXPECT_EQ(cfg_rd(&a.dev, PCI_COMMAND, 2) & (PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER),
		  PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	driver_again(&a);
	driver_again(&b);
	avf_pass(&a, &b, 5);
	EXPECT_EQ(mdev_attr_num(b.dev.uuid, "stats/rx_unicast"), received + 5);
	end_pair();
}

/* Clause: after a function level reset of the PF open devices are what they were, and
 * their drivers recover by themselves. Relied on by: iavf in a guest of QEMU's.
 */
static void reset_flr(void)
{
	reset_open("flr");
}

/* Clause: likewise a reset of its bus. */
static void reset_bus(void)
{
	reset_open("bus");
}

static struct vc_stats guest_stats(struct avf *x)
{
	const struct vc_queue_select sel = { .vsi_id = x->res.vsi_id };
	static struct avf_msg reply;
	struct vc_stats s;

	REQUIRE_EQ(avf_vc(x, VC_GET_STATS, &sel, sizeof(sel), &reply), 0);
	REQUIRE_EQ(reply.len, sizeof(s));
	memcpy(&s, reply.data, sizeof(s));
	return s;
}

static void none_fell(const struct vc_stats *before, const struct vc_stats *after)
{
	const uint64_t *b = (const void *)before, *a2 = (const void *)after;
	unsigned int i;

	for (i = 0; i < sizeof(*before) / sizeof(*b); i++)
		EXPECT_GE(a2[i], b[i]);
}

/* Clause: what GET_STATS says never becomes less while a driver lives, whatever is reset
 * under it, and begins at 0 with the next driver. Relied on by: iavf, which shows it as
 * its interface's counters, and the monitoring that reads these.
 */
static void counters_go_on(void)
{
	struct vc_stats before, after;
	int i;

	avf_pair(&a, &b, 1);
	avf_pass(&a, &b, 5);
	before = guest_stats(&b);
	EXPECT_GE(before.rx_unicast, 5);
	b.same_driver = true;
	a.same_driver = true;
	for (i = 0; i < 2; i++) {
		REQUIRE_OK(pf_write("reset", "1"));
		driver_again(&a);
		driver_again(&b);
		after = guest_stats(&b);
		none_fell(&before, &after);
		avf_pass(&a, &b, 5);
		after = guest_stats(&b);
		EXPECT_GE(after.rx_unicast, before.rx_unicast + 5);
		none_fell(&before, &after);
		before = after;
	}
	/* By the guest's driver itself: other rings, another MTU. */
	avf_aq_post(&b, SMNC_AQ_OP_TO_PF, VC_RESET_VF, NULL, 0);
	while (avf_rd(&b, AVF_ARQLEN) & AVF_AQ_LEN_ENABLE)
		usleep(500);
	driver_again(&b);
	after = guest_stats(&b);
	none_fell(&before, &after);
	/* Another driver. */
	b.same_driver = false;
	REQUIRE_OK(avf_restart(&b));
	after = guest_stats(&b);
	EXPECT_EQ(after.rx_unicast, 0);
	EXPECT_EQ(after.tx_bytes, 0);
	end_pair();
}

/* What a device does not let through while it is reset: kept or refused, not lost.
 * Clause: config space written meanwhile holds afterwards; a touch of a doorbell page
 * waits; nothing else blocks for longer than the reset. Relied on by: QEMU, whose
 * processors run on while the host resets a PF.
 */
static void busy_reset(void)
{
	unsigned int *stop = ktap_shared(sizeof(*stop)), rounds = 0;
	char uuid[UUID_LEN + 1];
	uint64_t longest = 0;
	int status;
	pid_t pid;

	mdev_new(1, uuid);
	avf_up(&a, uuid, NULL, 1);
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		int i, ret = 0;

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (i = 0; i < 3 && !ret; i++)
			ret = pf_write("reset", "1");
		__atomic_store_n(stop, 1, __ATOMIC_RELEASE);
		_exit(ret ? 1 : 0);
	}
	while (!__atomic_load_n(stop, __ATOMIC_ACQUIRE)) {
		uint64_t t0 = now_ms();

		avf_wr(&a, AVF_TX_TAIL(0), 0);
		avf_rd(&a, AVF_RSTAT);
		cfg_wr(&a.dev, PCI_INTERRUPT_LINE, rounds & 0xff, 1);
		EXPECT_EQ(cfg_rd(&a.dev, PCI_INTERRUPT_LINE, 1), rounds & 0xff);
		cfg_command(&a.dev, rounds & 1 ? PCI_COMMAND_MASTER : 0,
			    rounds & 1 ? 0 : PCI_COMMAND_MASTER);
		if (now_ms() - t0 > longest)
			longest = now_ms() - t0;
		rounds++;
	}
	REQUIRE_EQ(waitpid(pid, &status, 0), pid);
	EXPECT_EQ(status, 0);
	ktap_note("%u rounds, the longest %llu ms", rounds, (unsigned long long)longest);
	EXPECT_LT(longest, ktap_ms(SOON));
	REQUIRE_OK(vfio_reset(&a.dev));
	REQUIRE_OK(avf_restart(&a));
	avf_close(&a);
	EXPECT_OK(mdev_remove(uuid));
}

/* Clause: opening, closing and resetting a device while the PF is reset ends each
 * time at once, opening with EAGAIN at worst. Relied on by: libvirt starting a domain.
 */
static void open_in_reset(void)
{
	unsigned int opened = 0, again = 0, i;
	char uuid[UUID_LEN + 1];
	int status, ret;
	pid_t pid;

	mdev_new(1, uuid);
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (i = 0; i < 4; i++) {
			if (pf_write("reset", "1"))
				_exit(1);
			/* Long enough to open it in between. */
			poll(NULL, 0, ktap_ms(100));
		}
		_exit(0);
	}
	while (waitpid(pid, &status, WNOHANG) == 0) {
		uint64_t t0 = now_ms();

		ret = avf_open(&a, uuid, NULL);
		if (ret == -EAGAIN) {
			again++;
		} else if (EXPECT_OK(ret)) {
			opened++;
			vfio_reset(&a.dev);
			avf_close(&a);
		}
		EXPECT_LT(now_ms() - t0, ktap_ms(SOON));
	}
	EXPECT_EQ(status, 0);
	ktap_note("opened %u times, refused %u times", opened, again);
	EXPECT_GE(opened, 1);
	avf_up(&a, uuid, NULL, 1);
	avf_close(&a);
	EXPECT_OK(mdev_remove(uuid));
}

/* Clause: a user killed while the PF is reset leaves nothing behind. */
static void killed_in_reset(void)
{
	char uuid[UUID_LEN + 1];
	unsigned int i;
	pid_t pid;

	mdev_new(1, uuid);
	for (i = 0; i < 4; i++) {
		unsigned int *up = ktap_shared(sizeof(*up));

		fflush(stdout);
		pid = fork();
		if (pid == 0) {
			avf_succeed(&a, uuid, NULL, 1);
			__atomic_store_n(up, 1, __ATOMIC_RELEASE);
			for (;;)
				avf_wr(&a, AVF_TX_TAIL(0), 0);
		}
		while (!__atomic_load_n(up, __ATOMIC_ACQUIRE))
			poll(NULL, 0, 1);
		if (i & 1) {
			kill(pid, SIGKILL);
			REQUIRE_OK(pf_write("reset", "1"));
		} else {
			REQUIRE_OK(pf_write("reset", "1"));
			kill(pid, SIGKILL);
		}
		waitpid(pid, NULL, 0);
		REQUIRE(becomes(uuid, "state", "idle", SOON));
		EXPECT(attr_is(uuid, "function", "none"));
		EXPECT_EQ(mdev_attr_num(uuid, "pinned_bytes"), 0);
	}
	EXPECT_OK(mdev_remove(uuid));
}

/* --- sleep ------------------------------------------------------------------------------- */

/* Clause: the host suspends and resumes; open devices are what they were. Relied on
 * by: a laptop with a guest on it. The kernel's test mode stops short of sleeping.
 */
static void suspend_and_resume(void)
{
	char mounts[8192];

	if (read_text("/proc/mounts", mounts, sizeof(mounts)) > 0 && strstr(mounts, " 9p "))
		ktap_skip("a file system that does not survive sleep is mounted");
	if (write_text("/sys/power/pm_test", "devices"))
		ktap_skip("this kernel has no /sys/power/pm_test");
	write_text("/sys/module/suspend/parameters/pm_test_delay", "1");
	avf_pair(&a, &b, 1);
	avf_pass(&a, &b, 3);
	REQUIRE_OK(write_text("/sys/power/state", "freeze"));
	write_text("/sys/power/pm_test", "none");
	driver_again(&a);
	driver_again(&b);
	avf_pass(&a, &b, 3);
	end_pair();
}

/* --- removal ------------------------------------------------------------------------------- */

/* What a user of devices and its test tell each other. @listens: it has heard. */
struct deaf {
	unsigned int up, stop, revoked;
	bool listens;
};

/* Memory that a process has pinned, kB; type1 counts it as locked, iommufd as pinned. */
static long locked_kb(void)
{
	const char *key = vfio_is_type1() ? "VmLck:" : "VmPin:";
	char buf[4096], *p;

	if (read_text("/proc/self/status", buf, sizeof(buf)) <= 0)
		return -1;
	p = strstr(buf, key);
	return p ? atol(p + 6) : -1;
}

static void nothing_left(struct avf *x)
{
	int fd = event_new();
	uint32_t v = 0;

	EXPECT_EQ(vfio_rd(&x->dev, 0, AVF_RSTAT, 4), ~0u);
	EXPECT_EQ(vfio_pwrite(&x->dev, 0, AVF_ATQT, &v, 4), 4);
	EXPECT_ERR(vfio_reset(&x->dev), EIO);
	EXPECT_OK(vfio_irq_eventfds(&x->dev, VFIO_PCI_MSIX_IRQ_INDEX, 0, 1, &fd));
	if (x->page[0])
		EXPECT(touch_faults(x->page[0], true));
	EXPECT_OK(vfio_unmap(&x->dev, x->o.iova, x->o.memory));
}

/* Opens @n devices, uses them, does not let go; sees them taken away. */
static pid_t deaf_user(char uuid[][UUID_LEN + 1], unsigned int n, struct deaf *d)
{
	static struct avf x[2];
	unsigned int i;
	pid_t pid;
	int req;

	fflush(stdout);
	pid = fork();
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (i = 0; i < n; i++)
		avf_up(&x[i], uuid[i], NULL, 1);
	EXPECT_GT(locked_kb(), 0);
	req = d->listens ? event_new() : -1;
	if (d->listens)
		REQUIRE_OK(vfio_irq_eventfds(&x[0].dev, VFIO_PCI_REQ_IRQ_INDEX, 0, 1, &req));
	__atomic_store_n(&d->up, 1, __ATOMIC_RELEASE);
	for (i = 0; i < n; i++)
		while (cfg_rd(&x[i].dev, PCI_VENDOR_ID, 4) != ~0u)
			poll(NULL, 0, 5);
	/* Pages leave after the hardware: work items unpin them. */
	ktap_until(!locked_kb(), ktap_ms(SOON));
	EXPECT_EQ(locked_kb(), 0);
	if (d->listens)
		EXPECT_GE(event_wait(req, 0), 1);
	for (i = 0; i < n; i++)
		nothing_left(&x[i]);
	__atomic_store_n(&d->revoked, 1, __ATOMIC_RELEASE);
	while (!__atomic_load_n(&d->stop, __ATOMIC_ACQUIRE))
		poll(NULL, 0, 1);
	_exit(0);
}

static bool told_by(unsigned int *flag, int ms)
{
	return ktap_until(__atomic_load_n(flag, __ATOMIC_ACQUIRE), ktap_ms(ms));
}

/* Interrupt lines that devices have. */
static int adi_irqs(void)
{
	FILE *f = fopen("/proc/interrupts", "r");
	char line[4096];
	int n = 0;

	while (f && fgets(line, sizeof(line), f))
		n += !!strstr(line, "smartnic-adi");
	if (f)
		fclose(f);
	return n;
}

static void end_of(pid_t pid)
{
	int status;

	REQUIRE_EQ(waitpid(pid, &status, 0), pid);
	EXPECT_EQ(status, 0);
}

/* A device is removed under a user who does not let go of it. */
static void is_revoked(bool listens, int ms)
{
	int before = mdev_available("smartnic-1q"), mark = dmesg_mark(), status;
	struct deaf *d = ktap_shared(sizeof(*d));
	char uuid[1][UUID_LEN + 1], want[64];
	uint64_t t0;
	pid_t user, remover;

	d->listens = listens;
	mdev_new(1, uuid[0]);
	user = deaf_user(uuid, 1, d);
	REQUIRE(told_by(&d->up, SOON));
	snprintf(want, sizeof(want), "open %d recover", user);
	EXPECT(attr_is(uuid[0], "state", want));
	EXPECT_GT(mdev_attr_num(uuid[0], "pinned_bytes"), 0);
	t0 = now_ms();
	remover = fork();
	if (remover == 0)
		_exit(mdev_remove(uuid[0]) ? 1 : 0);
	EXPECT(told_by(&d->revoked, ms));
	ktap_note("revoked after %llu ms", (unsigned long long)(now_ms() - t0));
	EXPECT_EQ(adi_irqs(), 0);
	EXPECT_EQ(waitpid(remover, &status, WNOHANG), 0);
	snprintf(want, sizeof(want), "recover[%d]", user);
	EXPECT_EQ(dmesg_count(mark, uuid[0], want, SOON), 1);
	__atomic_store_n(&d->stop, 1, __ATOMIC_RELEASE);
	end_of(user);
	end_of(remover);
	EXPECT(!mdev_exists(uuid[0]));
	EXPECT_EQ(mdev_available("smartnic-1q"), before);
}

/* Clause: a user who does not listen to the release request is reported once, and loses
 * the hardware although it keeps the file; removal completes when it closes. Relied on
 * by: mdevctl stop while SPDK or a script of one's own has the device.
 */
static void user_without_req_eventfd_is_revoked(void)
{
	is_revoked(false, REVOKED_MS);
}

/* Clause: likewise one who hears the request and ignores it, after vdcm.release_timeout.
 * Relied on by: mdevctl stop while a guest that hangs has the device.
 */
static void unresponsive_user_is_revoked(void)
{
	char was[16];

	REQUIRE_GT(read_text(RELEASE_TIMEOUT, was, sizeof(was)), 0);
	REQUIRE_OK(write_text(RELEASE_TIMEOUT, "3"));
	is_revoked(true, 3000 + REVOKED_MS);
	EXPECT_OK(write_text(RELEASE_TIMEOUT, was));
}

/* Clause: a listener that takes its time keeps the device meanwhile: it is a guest that
 * is asked. Relied on by: QEMU, whose guest ejects the device.
 */
static void listener_is_waited_for(void)
{
	char uuid[UUID_LEN + 1];
	pid_t pid;
	int req;

	mdev_new(1, uuid);
	avf_up(&a, uuid, NULL, 1);
	req = event_new();
	REQUIRE_OK(vfio_irq_eventfds(&a.dev, VFIO_PCI_REQ_IRQ_INDEX, 0, 1, &req));
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		avf_close(&a);
		_exit(mdev_remove(uuid) ? 1 : 0);
	}
	EXPECT_GE(event_wait(req, SOON), 1);
	poll(NULL, 0, REVOKED_MS);
	EXPECT_EQ(avf_rd(&a, AVF_RSTAT), 2);
	avf_close(&a);
	end_of(pid);
}

/* Clause: unbinding the PF asks all users at once, takes the hardware from all that do
 * not listen at once, and completes when the last closes. Binding again works.
 * Relied on by: driverctl, rmmod after the guests, PCI hot-unplug.
 */
static void unbind_while_open(void)
{
	struct deaf *d = ktap_shared(sizeof(*d));
	char uuid[2][UUID_LEN + 1], bdf[64];
	pid_t user, unbinder;
	uint64_t t0, end;
	int status;

	snprintf(bdf, sizeof(bdf), "%s", mdev_parent());
	mdev_new(1, uuid[0]);
	mdev_new(1, uuid[1]);
	user = deaf_user(uuid, 2, d);
	REQUIRE(told_by(&d->up, SOON));
	t0 = now_ms();
	unbinder = fork();
	if (unbinder == 0)
		_exit(write_text("/sys/bus/pci/drivers/smartnic/unbind", bdf) ? 1 : 0);
	EXPECT(told_by(&d->revoked, REVOKED_MS));
	ktap_note("both revoked after %llu ms", (unsigned long long)(now_ms() - t0));
	EXPECT_EQ(adi_irqs(), 0);
	EXPECT_EQ(waitpid(unbinder, &status, WNOHANG), 0);
	__atomic_store_n(&d->stop, 1, __ATOMIC_RELEASE);
	end_of(user);
	end_of(unbinder);
	EXPECT(!mdev_exists(uuid[0]) && !mdev_exists(uuid[1]));
	REQUIRE_OK(write_text("/sys/bus/pci/drivers/smartnic/bind", bdf));
	end = now_ms() + SOON;
	while (mdev_available("smartnic-1q") <= 0 && now_ms() < end)
		poll(NULL, 0, 10);
	avf_pair(&a, &b, 1);
	avf_pass(&a, &b, 3);
	end_pair();
}

static const struct ktap_case cases[] = {
	CASE_FOR(reset_with_idle, "an administrator's reset of the PF"),
	CASE_FOR(reset_flr, "QEMU: the guest's iavf recovers by itself"),
	CASE_FOR(reset_bus, "QEMU: the guest's iavf recovers by itself"),
	CASE_FOR(counters_go_on, "iavf: counters of its interface"),
	CASE_SECONDS_FOR(busy_reset, 40, "QEMU: its processors run on meanwhile"),
	CASE_SECONDS_FOR(open_in_reset, 40, "libvirt: starts a domain meanwhile"),
	CASE_FOR(killed_in_reset, "libvirt: virsh destroy meanwhile"),
	CASE_SECONDS_FOR(suspend_and_resume, 40, "a laptop with a guest on it"),
	CASE_FOR(user_without_req_eventfd_is_revoked, "mdevctl stop beside a user who does not listen"),
	CASE_FOR(unresponsive_user_is_revoked, "mdevctl stop beside a guest that ignores it"),
	CASE_FOR(listener_is_waited_for, "QEMU: its guest ejects the device"),
	CASE_FOR(unbind_while_open, "driverctl, PCI hot-unplug"),
};

KTAP_MAIN("recover", cases, setup, mdev_cleanup)
