// SPDX-License-Identifier: GPL-2.0-only
/* What one tenant can make the host do on its behalf: lines of the log, names shown, memory. */
#include <ctype.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/avf.h"
#include "lib/dmesg.h"
#include "lib/frame.h"
#include "lib/ktap.h"
#include "lib/neighbour.h"

#define NO_OPCODE	999
#define PROVOCATIONS	1000
/* Of one device in so many milliseconds; what is under way at both ends counts as well. */
#define LINES(ms)	(10 * (2 + (int)(ms) / 10000))

static struct avf a, b;

static void setup(void)
{
	mdev_parent();
	mdev_cleanup();
}

/* Clause: a guest that does what is logged a thousand times costs the log a few lines, and
 * what its neighbour does meanwhile is still in it.
 */
static void log_is_limited(void)
{
	int mark, mark_b, i;
	uint64_t start;

	avf_pair(&a, &b, 1);
	mark = dmesg_mark();
	if (mark < 0)
		ktap_skip("no /dev/kmsg");
	start = now_ms();
	for (i = 0; i < PROVOCATIONS; i++)
		REQUIRE_NE(avf_vc(&a, NO_OPCODE, NULL, 0, NULL), 0);
	mark_b = dmesg_mark();
	i = dmesg_count(mark, a.dev.uuid, "refused", 1000);
	ktap_note("%d lines in %llu ms", i, (unsigned long long)(now_ms() - start));
	EXPECT_GT(i, 0);
	EXPECT_LE(i, LINES(now_ms() - start));
	REQUIRE_NE(avf_vc(&b, NO_OPCODE, NULL, 0, NULL), 0);
	EXPECT_GT(dmesg_count(mark_b, b.dev.uuid, "refused", 1000), 0);
	avf_end(&a);
	avf_end(&b);
}

/* Clause: whatever a process calls itself, "state" stays one line of printable ASCII. */
static void name_is_escaped(void)
{
	static const struct {
		const char *name, *shown;
	} names[] = {
		{ "x\nidle", "x\\nidle" },
		{ "\x1b[2J\x7f\xc3\xa4", "\\e[2J\\177\\303\\244" },
		{ "\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n", "\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n" },
		{ "CPU 0/KVM", "CPU 0/KVM" },
	};
	char uuid[UUID_LEN + 1], state[128], right[128], *p;
	size_t i;

	mdev_new(1, uuid);
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		REQUIRE_EQ(prctl(PR_SET_NAME, names[i].name), 0);
		REQUIRE_OK(avf_open(&a, uuid, NULL));
		REQUIRE_GT(mdev_attr(uuid, "state", state, sizeof(state)), 0);
		snprintf(right, sizeof(right), "open %d %s", getpid(), names[i].shown);
		if (!EXPECT_OK(strcmp(state, right)))
			for (p = state; *p; p++)
				ktap_note("%c %#x", isprint(*p) ? *p : ' ', (uint8_t)*p);
		avf_close(&a);
	}
	EXPECT_OK(mdev_remove(uuid));
}

/* --- memory that may be locked --------------------------------------------------------------- */

#define REGION	0x2000000000ull
#define BYTES	(1ull << 20)
#define GIB	(1ull << 30)
#define SOON	8000

static struct avf_rx rx;

/* Root may lock what it likes. */
static void drop_ipc_lock(void)
{
	struct __user_cap_header_struct h = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct d[2];

	REQUIRE_EQ(syscall(SYS_capget, &h, d), 0);
	d[0].effective &= ~(1u << CAP_IPC_LOCK);
	REQUIRE_EQ(syscall(SYS_capset, &h, d), 0);
}

static void may_lock(rlim_t bytes)
{
	struct rlimit limit = { bytes, RLIM_INFINITY };

	REQUIRE_EQ(setrlimit(RLIMIT_MEMLOCK, &limit), 0);
}

static bool link_goes(struct avf *x, bool up)
{
	uint64_t end = now_ms() + SOON;
	struct avf_msg m;

	while (now_ms() < end) {
		if (avf_aq_recv(x, &m, 100) || m.op != VC_EVENT ||
		    m.len != sizeof(x->last_event))
			continue;
		memcpy(&x->last_event, m.data, sizeof(x->last_event));
		if (x->last_event.event == 1 && x->last_event.link_up == up)
			return true;
	}
	return false;
}

/* Clause: at RLIMIT_MEMLOCK the log has one line that names it and the process, the link of
 * the guest goes down, and no one else's; it comes back with the frame that waited when the
 * limit is raised. Meanwhile the log is not filled.
 */
static void memlock(void)
{
	struct avf_frag f = { .iova = REGION, .len = 200 };
	struct neighbour *n = neighbour_start();
	char who[32];
	uint8_t *mem;
	int mark, all;

	drop_ipc_lock();
	may_lock(RLIM_INFINITY);
	avf_pair(&a, &b, 1);
	avf_pass(&a, &b, 3);
	avf_pass(&b, &a, 3);
	mem = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	REQUIRE(mem != MAP_FAILED);
	REQUIRE_OK(vfio_map(&a.dev, mem, REGION, BYTES, DMA_RW));
	frame_l2(mem, 200, b.res.mac, a.res.mac, 9);
	mark = dmesg_mark();
	all = dmesg_mark();
	may_lock((rlim_t)(mdev_attr_num(a.dev.uuid, "pinned_bytes") +
			  mdev_attr_num(b.dev.uuid, "pinned_bytes")));
	REQUIRE_GE(avf_tx_frags(&a, 0, &f, 1, 0, 0, 0), 0);
	EXPECT(link_goes(&a, false));
	snprintf(who, sizeof(who), "[%d]: its RLIMIT_MEMLOCK", getpid());
	neighbour_alive(n);
	poll(NULL, 0, 3000);
	EXPECT_EQ(dmesg_count(mark, a.dev.uuid, who, 1000), 1);
	EXPECT_LE(dmesg_count(all, "RLIMIT_MEMLOCK", "exceeded", 0), 10);
	EXPECT_EQ(mdev_counter(a.dev.uuid, "starved"), 1);
	EXPECT_EQ(mdev_counter(b.dev.uuid, "starved"), 0);
	EXPECT_ERR(avf_tx_done(&a, 0, 0), ETIMEDOUT);
	may_lock(RLIM_INFINITY);
	EXPECT(link_goes(&a, true));
	EXPECT_OK(avf_tx_done(&a, 0, SOON));
	EXPECT_GE(avf_rx_from(&b, a.res.mac, &rx, SOON), 0);
	avf_pass(&a, &b, 3);
	neighbour_stop(n);
	avf_end(&a);
	avf_end(&b);
}

/* --- kernel memory ----------------------------------------------------------------------------- */

#define SPOTS	256

/* The number behind a name in a file of a cgroup; -1 = there is none. */
static int64_t cgroup_num(const char *cgroup, const char *file, const char *name)
{
	char path[PATH_LEN], text[8192], *p;

	snprintf(path, sizeof(path), "%s/%s", cgroup, file);
	if (read_text(path, text, sizeof(text)) <= 0)
		return -1;
	p = strstr(text, name);
	return p ? strtoll(p + strlen(name), NULL, 10) : -1;
}

static int64_t kernel_memory(const char *cgroup)
{
	return cgroup_num(cgroup, "memory.stat", "\nkernel ");
}

/* The same once it is in a range; or late enough, for memory.stat is up to date every 2 s. */
static int64_t kernel_memory_within(const char *cgroup, int64_t least, int64_t most)
{
	int64_t now;

	ktap_until((now = kernel_memory(cgroup)) >= least && now <= most, SOON);
	return now;
}

/* This process, in a cgroup of its own: its directory. */
static const char *own_cgroup(void)
{
	static char root[] = "/tmp/cgroup-XXXXXX", own[PATH_LEN / 2];
	char path[PATH_LEN], pid[16];

	REQUIRE(mkdtemp(root));
	if (mount("none", root, "cgroup2", 0, NULL))
		ktap_skip("no cgroup2: %s", strerror(errno));
	snprintf(path, sizeof(path), "%s/cgroup.subtree_control", root);
	if (write_text(path, "+memory"))
		ktap_skip("no memory controller in cgroup2");
	snprintf(own, sizeof(own), "%s/tenants-%d", root, getpid());
	REQUIRE_EQ(mkdir(own, 0700), 0);
	snprintf(path, sizeof(path), "%s/cgroup.procs", own);
	snprintf(pid, sizeof(pid), "%d", getpid());
	REQUIRE_OK(write_text(path, pid));
	return own;
}

/* A pair, of which A has one page of memory at SPOTS places, far from each other. */
static void spots_pair(void)
{
	uint8_t *mem;
	int i;

	avf_pair(&a, &b, 1);
	mem = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	REQUIRE(mem != MAP_FAILED);
	frame_l2(mem, 200, b.res.mac, a.res.mac, 9);
	for (i = 0; i < SPOTS; i++)
		REQUIRE_OK(vfio_map(&a.dev, mem, REGION + (uint64_t)i * GIB, 4096, DMA_RW));
}

/* The guest of A touches each spot. */
static void spots_touch(void)
{
	int i;

	for (i = 0; i < SPOTS; i++) {
		struct avf_frag f = { .iova = REGION + (uint64_t)i * GIB, .len = 200 };

		REQUIRE_GE(avf_tx_frags(&a, 0, &f, 1, 0, 0, 0), 0);
		REQUIRE_OK(avf_tx_done(&a, 0, AVF_MS));
	}
}

/* Clause: the kernel memory that a guest makes the host spend by touching its memory far and
 * wide is its VMM's cgroup's.
 */
static void charged(void)
{
	const char *cgroup = own_cgroup();
	int64_t before, after, most;

	before = kernel_memory(cgroup);
	if (before < 0)
		ktap_skip("memory.stat has no \"kernel\"");
	spots_pair();
	before = kernel_memory(cgroup);
	spots_touch();
	after = kernel_memory_within(cgroup, before + SPOTS * 4096, INT64_MAX);
	ktap_note("%lld bytes for each of %d pages", (long long)(after - before) / SPOTS, SPOTS);
	/* Two tables at least, of which memory.stat may not show 64 pages of each CPU yet. */
	EXPECT_GE(after - before, SPOTS * 4096);
	avf_end(&a);
	avf_end(&b);
	/* The allocators keep some. */
	most = before + SPOTS * 4096 - 1;
	EXPECT_LE(kernel_memory_within(cgroup, 0, most), most);
}

#define ROOM	(16ll << 20)

/* The cgroup's memory is at its limit, with the cache of a disk that can be reclaimed. */
static void fill_cgroup(const char *cgroup)
{
	char path[PATH_LEN], limit[32];
	int disk = open("/dev/vdb", O_RDONLY);
	static char buf[1 << 20];

	if (disk < 0)
		ktap_skip("no /dev/vdb");
	snprintf(path, sizeof(path), "%s/memory.max", cgroup);
	snprintf(limit, sizeof(limit), "%lld",
		 (long long)cgroup_num(cgroup, "memory.current", "") + ROOM);
	REQUIRE_OK(write_text(path, limit));
	while (read(disk, buf, sizeof(buf)) > 0)
		;
	close(disk);
	if (cgroup_num(cgroup, "memory.events", "\nmax ") <= 0)
		ktap_skip("the disk's cache is charged to others");
}

/* Clause: where memory has to be reclaimed first, a guest's memory is mapped all the same. */
static void at_the_limit(void)
{
	const char *cgroup = own_cgroup();

	spots_pair();
	fill_cgroup(cgroup);
	spots_touch();
	EXPECT_EQ(mdev_counter(a.dev.uuid, "starved"), 0);
	EXPECT_EQ(mdev_counter(a.dev.uuid, "pins_failed"), 0);
	avf_end(&a);
	avf_end(&b);
}

static const struct ktap_case cases[] = {
	CASE_SECONDS(log_is_limited, 60),
	CASE(name_is_escaped),
	CASE_SECONDS(memlock, 90),
	CASE_SECONDS(charged, 60),
	CASE_SECONDS(at_the_limit, 60),
};

KTAP_MAIN("tenants", cases, setup, mdev_cleanup)
