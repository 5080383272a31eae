// SPDX-License-Identifier: GPL-2.0-only
/*
 * ioctls, mappings and accesses at random on devices that several processes open,
 * use, reset and close at the same time: every one ends with a plain errno, and
 * afterwards the devices work. SEED=n replays a run, ROUNDS=n makes it longer.
 *
 * Relied on by every host that gives a device to a user it does not trust: a VMM
 * that was taken over has this interface in its hands.
 */
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/avf.h"
#include "lib/ktap.h"
#include "lib/neighbour.h"

#define PROCESSES	4
#define DEVICES		2
#define PAGE		4096u
#define ROUNDS		1500

static char (*uuid)[UUID_LEN + 1];
static unsigned int rounds;
static uint64_t seed;

static void setup(void)
{
	const char *s = getenv("SEED"), *r = getenv("ROUNDS");
	int i;

	mdev_parent();
	mdev_cleanup();
	seed = s ? strtoull(s, NULL, 0) : 20240601;
	rounds = r ? (unsigned int)atoi(r) : ROUNDS;
	uuid = ktap_shared(DEVICES * sizeof(*uuid));
	for (i = 0; i < DEVICES; i++)
		mdev_new(2, uuid[i]);
	ktap_note("SEED=%llu ROUNDS=%u", (unsigned long long)seed, rounds);
}

/* --- numbers ------------------------------------------------------------------------------ */

/* One stream for each process: what one does is the same in each run. */
struct rng {
	uint64_t s;
};

static uint64_t rnd(struct rng *r)
{
	r->s ^= r->s << 13;
	r->s ^= r->s >> 7;
	r->s ^= r->s << 17;
	return r->s * 0x2545f4914f6cdd1dull;
}

static uint32_t below(struct rng *r, uint32_t n)
{
	return (uint32_t)(rnd(r) >> 32) % n;
}

/* Small, near a power of two, near 2^32, or anything. */
static uint32_t nasty(struct rng *r)
{
	switch (below(r, 5)) {
	case 0:
		return below(r, 5);
	case 1:
		return (1u << below(r, 32)) - 1 + below(r, 3);
	case 2:
		return ~0u - below(r, 5);
	case 3:
		return 0x80000000u - 2 + below(r, 4);
	default:
		return (uint32_t)rnd(r);
	}
}

static uint64_t nasty64(struct rng *r)
{
	return below(r, 2) ? nasty(r) : (uint64_t)nasty(r) << 32 | nasty(r);
}

/* --- one process --------------------------------------------------------------------------- */

struct user {
	struct rng r;
	struct vfio_dev d;
	int fds[5];	/* an eventfd, and what is none */
	void *mapped;
	size_t len;
};

static int any_fd(struct user *u)
{
	uint32_t i = below(&u->r, 8);

	if (i < ARRAY_SIZE(u->fds))
		return u->fds[i];
	return i == 5 ? -1 : i == 6 ? u->d.fd : (int)nasty(&u->r);
}

/* A plain result: done, or one of the errors that the interface knows. */
static void plain(long ret, const char *what)
{
	static const int known[] = { EINVAL, ENOTTY, EFAULT, EBADF, ENOSPC, EEXIST, ENODEV,
				     ENOMEM, EIO, EPERM, EBUSY, EAGAIN, E2BIG, EOVERFLOW,
				     EACCES, ENOENT };
	int err = errno;
	size_t i;

	if (ret >= 0)
		return;
	for (i = 0; i < ARRAY_SIZE(known); i++)
		if (err == known[i])
			return;
	ktap_note("%s: errno %d", what, err);
	EXPECT(err == 0);
}

static void do_set_irqs(struct user *u)
{
	static const uint32_t flags[] = {
		VFIO_IRQ_SET_DATA_NONE, VFIO_IRQ_SET_DATA_BOOL, VFIO_IRQ_SET_DATA_EVENTFD,
	};
	static const uint32_t actions[] = {
		VFIO_IRQ_SET_ACTION_MASK, VFIO_IRQ_SET_ACTION_UNMASK,
		VFIO_IRQ_SET_ACTION_TRIGGER,
	};
	uint32_t buf[8 + 32] = { 0 }, i;
	struct vfio_irq_set *set = (void *)buf;

	for (i = 0; i < 32; i++)
		buf[5 + i] = (uint32_t)any_fd(u);
	set->argsz = below(&u->r, 4) ? (uint32_t)sizeof(*set) + below(&u->r, 33) * 4 :
				       nasty(&u->r);
	set->flags = flags[below(&u->r, 3)] | actions[below(&u->r, 3)];
	if (!below(&u->r, 6))
		set->flags ^= nasty(&u->r);
	set->index = below(&u->r, 4) ? below(&u->r, 6) : nasty(&u->r);
	set->start = below(&u->r, 3) ? below(&u->r, 4) : nasty(&u->r);
	set->count = below(&u->r, 3) ? below(&u->r, 5) : nasty(&u->r);
	plain(ioctl(u->d.fd, VFIO_DEVICE_SET_IRQS, set), "SET_IRQS");
}

static void do_ioevent(struct user *u)
{
	struct vfio_device_ioeventfd io = {
		.argsz = below(&u->r, 4) ? (uint32_t)sizeof(io) : nasty(&u->r),
		.flags = below(&u->r, 4) ? 1u << below(&u->r, 4) : nasty(&u->r),
		.offset = below(&u->r, 4) ? below(&u->r, 4 * PAGE) : nasty64(&u->r),
		.data = below(&u->r, 4) ? below(&u->r, 64) : nasty64(&u->r),
		.fd = any_fd(u),
	};

	plain(ioctl(u->d.fd, VFIO_DEVICE_IOEVENTFD, &io), "IOEVENTFD");
}

static void do_info(struct user *u)
{
	static const unsigned long reqs[] = {
		VFIO_DEVICE_GET_INFO, VFIO_DEVICE_GET_REGION_INFO, VFIO_DEVICE_GET_IRQ_INFO,
		VFIO_DEVICE_FEATURE, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO,
		VFIO_DEVICE_PCI_HOT_RESET, VFIO_DEVICE_QUERY_GFX_PLANE,
	};
	uint32_t buf[64] = { 0 };

	buf[0] = below(&u->r, 2) ? (uint32_t)sizeof(buf) : nasty(&u->r) % sizeof(buf);
	buf[1] = nasty(&u->r);
	buf[2] = below(&u->r, 3) ? below(&u->r, 12) : nasty(&u->r);
	buf[3] = nasty(&u->r);
	plain(ioctl(u->d.fd, reqs[below(&u->r, ARRAY_SIZE(reqs))],
		    below(&u->r, 10) ? (void *)buf : (void *)8), "info");
}

static void do_access(struct user *u)
{
	static const uint32_t regions[] = { 0, 3, 7, 7, 8 };
	uint32_t region = below(&u->r, 6) ? regions[below(&u->r, 5)] : below(&u->r, 20);
	uint64_t off = below(&u->r, 4) ? below(&u->r, 0x9000) : nasty64(&u->r), v = rnd(&u->r);
	size_t len = 1 + below(&u->r, 8);
	off_t pos = (off_t)((uint64_t)region << 40 | (off & 0xffffffffffull));

	if (below(&u->r, 2))
		plain(pread(u->d.fd, &v, len, pos), "read");
	else
		plain(pwrite(u->d.fd, &v, len, pos), "write");
}

static void do_mmap(struct user *u)
{
	size_t len = (1 + below(&u->r, 18)) * (size_t)PAGE;
	off_t pos = (off_t)((uint64_t)below(&u->r, 10) << 40 | below(&u->r, 20) * PAGE);
	void *p;

	if (u->mapped) {
		/* A mapping may outlive what is behind it. */
		touch_faults((volatile uint8_t *)u->mapped + below(&u->r, (uint32_t)u->len & ~3u),
			     below(&u->r, 2));
		if (below(&u->r, 2))
			return;
		munmap(u->mapped, u->len);
		u->mapped = NULL;
	}
	p = mmap(NULL, len, PROT_READ | PROT_WRITE, below(&u->r, 8) ? MAP_SHARED : MAP_PRIVATE,
		 u->d.fd, pos);
	plain(p == MAP_FAILED ? -1 : 0, "mmap");
	if (p == MAP_FAILED)
		return;
	u->mapped = p;
	u->len = len;
}

static void do_reset(struct user *u)
{
	plain(ioctl(u->d.fd, VFIO_DEVICE_RESET, below(&u->r, 2)), "RESET");
}

static void do_enable(struct user *u)
{
	uint16_t v = (uint16_t)below(&u->r, 8);

	plain(vfio_pwrite(&u->d, VFIO_PCI_CONFIG_REGION_INDEX, PCI_COMMAND, &v, 2), "command");
}

/* Memory comes and goes; ranges overlap, wrap, and are nobody's. */
static void do_dma(struct user *u)
{
	static uint8_t mem[16 * PAGE] __attribute__((aligned(PAGE)));
	uint64_t size = (1 + below(&u->r, 8)) * PAGE, iova = below(&u->r, 32) * PAGE;
	const void *va = mem + below(&u->r, 8) * PAGE;
	int ret;

	if (!below(&u->r, 4))
		iova = nasty64(&u->r) & ~0xfffull;
	if (below(&u->r, 2)) {
		ret = vfio_map(&u->d, va, iova, size, 1 + below(&u->r, 3));
	} else {
		if (!below(&u->r, 4))
			size = nasty64(&u->r) & ~0xfffull;
		ret = vfio_unmap(&u->d, iova, size);
	}
	errno = -ret;
	plain(ret, "map, unmap");
}

static void leave(struct user *u)
{
	if (u->mapped)
		munmap(u->mapped, u->len);
	u->mapped = NULL;
	vfio_close(&u->d);
}

static void (*const acts[])(struct user *) = {
	do_set_irqs, do_set_irqs, do_set_irqs, do_ioevent, do_info, do_info, do_access, do_access,
	do_access, do_mmap, do_mmap, do_reset, do_enable, do_dma,
};

static void user_init(struct user *u, unsigned int nr)
{
	memset(u, 0, sizeof(*u));
	u->r.s = (seed + 1) * 0x9e3779b97f4a7c15ull + nr + 1;
	u->fds[0] = event_new();
	u->fds[1] = event_new();
	u->fds[2] = open("/dev/null", O_RDWR | O_CLOEXEC);
	u->fds[3] = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
	u->fds[4] = 0;
	u->d.fd = -1;
}

/* --- cases ---------------------------------------------------------------------------------- */

/* Clause: all of it on one device, one process; nothing but plain errnos. */
static void alone(void)
{
	struct neighbour *n = neighbour_start();
	struct user u;
	unsigned int i;

	user_init(&u, 0);
	REQUIRE_OK(vfio_open(&u.d, uuid[0]));
	for (i = 0; i < rounds; i++)
		acts[below(&u.r, ARRAY_SIZE(acts))](&u);
	leave(&u);
	neighbour_stop(n);
}

/* A group has one user at a time: the others find it busy, and try again. */
static void user_process(unsigned int nr)
{
	struct user u;
	unsigned int i;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	user_init(&u, nr);
	for (i = 0; i < rounds / 2; i++) {
		if (u.d.fd < 0) {
			int ret = vfio_open(&u.d, uuid[below(&u.r, DEVICES)]);

			if (ret && ret != -EBUSY)
				EXPECT_OK(ret);
			if (ret) {
				poll(NULL, 0, 1);
				continue;
			}
		}
		acts[below(&u.r, ARRAY_SIZE(acts))](&u);
		if (!below(&u.r, 40))
			leave(&u);
	}
	/* Half of them end as a VMM that was killed does. */
	if (nr & 1)
		kill(getpid(), SIGKILL);
	leave(&u);
	_exit(0);
}

/* The same device, from several processes that share its files. */
static void sharer(struct user *u, unsigned int nr)
{
	unsigned int i;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	u->r.s ^= (nr + 1) * 0x9e3779b97f4a7c15ull;
	for (i = 0; i < rounds / 2; i++)
		acts[below(&u->r, ARRAY_SIZE(acts))](u);
	_exit(0);
}

static void reap(const pid_t *pid)
{
	int i, status;

	for (i = 0; i < PROCESSES; i++) {
		REQUIRE_EQ(waitpid(pid[i], &status, 0), pid[i]);
		EXPECT((WIFEXITED(status) && !WEXITSTATUS(status)) ||
		       (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL));
	}
}

static void works(const char *id)
{
	static struct avf a;

	avf_succeed(&a, id, NULL, 2);
	avf_close(&a);
	EXPECT_EQ(mdev_attr_num(id, "pinned_bytes"), 0);
}

/* Clause: processes that open, abuse and close the devices in turns, or are killed. */
static void in_turns(void)
{
	pid_t pid[PROCESSES];
	unsigned int i;

	fflush(stdout);
	for (i = 0; i < PROCESSES; i++) {
		pid[i] = fork();
		if (!pid[i])
			user_process(i + 1);
	}
	reap(pid);
	for (i = 0; i < DEVICES; i++)
		works(uuid[i]);
}

/* Clause: processes that share one open device and do it all at the same time. */
static void at_once(void)
{
	pid_t pid[PROCESSES];
	struct user u;
	unsigned int i;

	user_init(&u, 99);
	REQUIRE_OK(vfio_open(&u.d, uuid[0]));
	fflush(stdout);
	for (i = 0; i < PROCESSES; i++) {
		pid[i] = fork();
		if (!pid[i])
			sharer(&u, i);
	}
	reap(pid);
	leave(&u);
	works(uuid[0]);
}

static const struct ktap_case cases[] = {
	CASE_SECONDS_FOR(alone, 120, "everyone beside a hostile VMM"),
	CASE_SECONDS_FOR(in_turns, 120, "everyone beside a hostile VMM"),
	CASE_SECONDS_FOR(at_once, 120, "everyone beside a hostile VMM"),
};

KTAP_MAIN("fuzz_ioctl", cases, setup, mdev_cleanup)
