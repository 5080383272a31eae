// SPDX-License-Identifier: GPL-2.0-only
/*
 * A tenant's memory may be as slow as its file system: a pin of it waits inside the
 * kernel, for as long as the tenant likes. Nothing else waits for it: not the PF, not
 * another tenant, not a tool that creates or removes devices. The tenant is a process of its own,
 * whose address space the pin has locked.
 */
#include <linux/pci_regs.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/avf.h"
#include "lib/frame.h"
#include "lib/ktap.h"
#include "lib/neighbour.h"
#include "lib/slow_file.h"

#define REGION	0x2000000000ull
#define BYTES	(1ull << 20)
#define SOON	ktap_ms(5000)	/* a generous "at once" */

enum order { NOTHING, RESET, PROBE, SEND_AGAIN, UNMAP, LEAVE };

/* What the tenant is asked to do, and what came of it. */
static struct tenant {
	char uuid[UUID_LEN + 1];
	enum order order;
	int ret;
	bool up;
} *tenant;
static pid_t pid;
static struct avf a;

static void setup(void)
{
	mdev_parent();
	mdev_cleanup();
}

/* --- the tenant ------------------------------------------------------------------- */

static int send_one(void)
{
	struct avf_frag frag = { .iova = REGION, .len = 64 };
	int ret = avf_tx_frags(&a, 0, &frag, 1, 0, 0, 0);

	return ret < 0 ? ret : 0;
}

static int send_again(void)
{
	int ret = avf_restart(&a);

	if (!ret)
		ret = avf_queues_up(&a, 1);
	if (!ret)
		ret = send_one();
	return ret ? ret : avf_tx_done(&a, 0, AVF_MS);
}

static int obey(enum order order)
{
	switch (order) {
	case RESET: return vfio_reset(&a.dev);
	case PROBE: return cfg_rd(&a.dev, PCI_VENDOR_ID, 2);
	case SEND_AGAIN: return send_again();
	case UNMAP: return vfio_unmap(&a.dev, REGION, BYTES);
	default: return 0;
	}
}

static void live(void)
{
	enum order order;
	void *slow;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	slow = slow_file_map();
	avf_up(&a, tenant->uuid, NULL, 1);
	if (slow == MAP_FAILED || vfio_map(&a.dev, slow, REGION, BYTES, DMA_RW) || send_one())
		_exit(1);
	__atomic_store_n(&tenant->up, true, __ATOMIC_RELEASE);
	do {
		order = __atomic_load_n(&tenant->order, __ATOMIC_ACQUIRE);
		if (order) {
			tenant->ret = obey(order);
			__atomic_store_n(&tenant->order, NOTHING, __ATOMIC_RELEASE);
		}
		poll(NULL, 0, 5);
	} while (order != LEAVE);
	_exit(0);
}

/* --- seen from outside ------------------------------------------------------------- */

static int ask(enum order order)
{
	uint64_t end = now_ms() + SOON;

	__atomic_store_n(&tenant->order, order, __ATOMIC_RELEASE);
	while (__atomic_load_n(&tenant->order, __ATOMIC_ACQUIRE))
		if (now_ms() >= end)
			return -ETIMEDOUT;
		else
			poll(NULL, 0, 5);
	return tenant->ret;
}

/* A tenant with a queue that faults in slow memory; returns when its pin waits. */
static void start_slow_pin(void)
{
	uint64_t end;

	slow_file_start(BYTES);
	tenant = ktap_shared(sizeof(*tenant));
	mdev_new(1, tenant->uuid);
	fflush(stdout);
	pid = fork();
	if (!pid)
		live();
	REQUIRE_GT(pid, 0);
	end = now_ms() + 2 * SOON;
	while (!(slow_file_wanted() && __atomic_load_n(&tenant->up, __ATOMIC_ACQUIRE)) &&
	       now_ms() < end)
		poll(NULL, 0, 10);
	REQUIRE(slow_file_wanted());
	REQUIRE(__atomic_load_n(&tenant->up, __ATOMIC_ACQUIRE));
}

static void end_tenant(void)
{
	slow_file_end();
	ask(LEAVE);
	waitpid(pid, NULL, 0);
}

static void end_slow_pin(void)
{
	end_tenant();
	/* A pin that ends late holds the tenant's address space, and that its device's file. */
	ktap_until(!mdev_attr_num(tenant->uuid, "pinned_bytes"), SOON);
	EXPECT_EQ(mdev_attr_num(tenant->uuid, "pinned_bytes"), 0);
	EXPECT_OK(mdev_remove(tenant->uuid));
}

/* In a process of its own, so that a hang is noticed. */
static int in_time(int (*fn)(void))
{
	uint64_t end = now_ms() + SOON;
	int status = 0;
	pid_t child;

	fflush(stdout);
	child = fork();
	if (!child) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		_exit(fn() ? 1 : 0);
	}
	while (now_ms() < end) {
		if (waitpid(child, &status, WNOHANG) == child)
			return status ? -EIO : 0;
		poll(NULL, 0, 10);
	}
	return -ETIMEDOUT;
}

static int reset_pf(void)
{
	char path[PATH_LEN];

	snprintf(path, sizeof(path), "/sys/class/mdev_bus/%s/reset", mdev_parent());
	return write_text(path, "1");
}

static int another_comes_and_goes(void)
{
	avf_new(&a, 1, NULL);
	avf_close(&a);
	return mdev_remove(a.dev.uuid);
}

/* Clause: while a pin waits, the driver's other devices come and go and move frames, and
 * the tenant's own device can be reset.
 */
static void only_its_owner_waits_for_a_pin(void)
{
	struct neighbour *n = neighbour_start();

	start_slow_pin();
	neighbour_alive(n);
	EXPECT_OK(in_time(another_comes_and_goes));
	EXPECT_OK(ask(RESET));
	EXPECT_OK(in_time(another_comes_and_goes));
	neighbour_stop(n);
	EXPECT(slow_file_wanted());
	end_slow_pin();
}

/* Clause: while a pin waits, the PF can be reset, and goes on. */
static void pf_is_reset_in_spite_of_a_pin(void)
{
	start_slow_pin();
	EXPECT_OK(in_time(reset_pf));
	EXPECT_OK(in_time(another_comes_and_goes));
	EXPECT(slow_file_wanted());
	end_slow_pin();
}

static int remove_it(void)
{
	return mdev_remove(tenant->uuid);
}

/* Clause: a device whose pin waits is taken from its user like any other, and the removal
 * ends with its user.
 */
static void revoked_in_spite_of_a_pin(void)
{
	uint64_t end;
	pid_t child;

	start_slow_pin();
	fflush(stdout);
	child = fork();
	if (!child)
		_exit(remove_it() ? 1 : 0);
	/* It does not listen to the request to release it: two seconds. */
	for (end = now_ms() + 4 * SOON; ask(PROBE) != 0xffff && now_ms() < end;)
		poll(NULL, 0, 50);
	EXPECT_EQ(ask(PROBE), 0xffff);
	EXPECT_OK(in_time(another_comes_and_goes));
	EXPECT_OK(in_time(reset_pf));
	EXPECT_OK(in_time(another_comes_and_goes));
	end_tenant();
	waitpid(child, NULL, 0);
	EXPECT(!mdev_exists(tenant->uuid));
}

/* Clause: what a late pin brings is given back, and the page can be used afterwards. */
static void late_pin_is_given_back(void)
{
	int64_t own;

	start_slow_pin();
	own = mdev_attr_num(tenant->uuid, "pinned_bytes");
	EXPECT_OK(ask(RESET));
	slow_file_end();
	/* Time for the pin to come; what it brings may just be on its way back. */
	poll(NULL, 0, 500);
	ktap_until(mdev_attr_num(tenant->uuid, "pinned_bytes") == own, SOON);
	EXPECT_EQ(mdev_attr_num(tenant->uuid, "pinned_bytes"), own);
	EXPECT_OK(ask(SEND_AGAIN));
	EXPECT_GT(mdev_attr_num(tenant->uuid, "pinned_bytes"), own);
	EXPECT_OK(ask(UNMAP));
	EXPECT_LE(mdev_attr_num(tenant->uuid, "pinned_bytes"), own + 65536);
	end_slow_pin();
}

static void cleanup(void)
{
	mdev_cleanup();
}

static const struct ktap_case cases[] = {
	CASE_SECONDS(only_its_owner_waits_for_a_pin, 60),
	CASE_SECONDS(pf_is_reset_in_spite_of_a_pin, 60),
	CASE_SECONDS(revoked_in_spite_of_a_pin, 60),
	CASE_SECONDS(late_pin_is_given_back, 30),
};

KTAP_MAIN("slow_pin", cases, setup, cleanup)
