// SPDX-License-Identifier: GPL-2.0-only
/*
 * One container, many devices, many threads. An unmap of a container calls back every
 * device in it, one after the other, until none has a page of the range pinned; one
 * device that pins again in between costs a further round, and after ten of them type1
 * gives up on the machine.
 *
 * CONTAINERS=DEVICESxMIB in the environment: one case more, of that size.
 */
#include <linux/pci_regs.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/avf.h"
#include "lib/frame.h"
#include "lib/ktap.h"

#define MOST	64
#define QUEUES	4
#define FRAMES	60
#define STRIDE	65536ull	/* a frame in each batch of neighbours */
#define REGION	0x2000000000ull
#define REGION2	0x3000000000ull
#define SPARSE	256		/* pages in 1 TiB that are there */
#define LOOPS(n)	((n) > 16 ? 1u : 3u)
#define SETTLE_MS	60000

static struct avf a[MOST];
static unsigned int queues;
static uint8_t *region;
static uint64_t bytes;
static bool stop;

static void setup(void)
{
	mdev_parent();
	mdev_cleanup();
}

static uint8_t *memory(uint64_t size)
{
	uint8_t *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	REQUIRE(p != MAP_FAILED);
	memset(p, 1, size);
	return p;
}

/* All queues down and up again, each with frames in parts of the regions of its own. */
static bool again(struct avf *v, unsigned int round, uint64_t second)
{
	uint32_t mask = (1u << queues) - 1;
	struct vc_queue_config c;
	unsigned int q, k;

	if (avf_queues_select(v, VC_DISABLE_QUEUES, mask, mask))
		return false;
	for (q = 0; q < queues; q++) {
		uint64_t base = second && q & 1 ? second : REGION;

		v->q[q].tx_next = v->q[q].tx_clean = 0;
		for (k = 0; k < FRAMES; k++) {
			uint64_t n = ((uint64_t)round * queues + q) * FRAMES + k;

			v->q[q].tx[k].qw0 = base + n * STRIDE % bytes;
			v->q[q].tx[k].qw1 = TXD_EOP | TXD_RS | TXD_SIZE(64);
		}
	}
	avf_queue_config(v, &c, queues);
	if (avf_vc(v, VC_CONFIG_VSI_QUEUES, &c, VC_QUEUE_CONFIG_LEN(queues), NULL) ||
	    avf_queues_select(v, VC_ENABLE_QUEUES, mask, mask))
		return false;
	for (q = 0; q < queues; q++)
		avf_wr(v, AVF_TX_TAIL(q), FRAMES);
	return true;
}

struct storm {
	pthread_t thread;
	struct avf *v;
	uint64_t second;
};

static void *keep_faulting(void *arg)
{
	struct storm *s = arg;
	unsigned int round = 0;

	while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE)) {
		if (!again(s->v, round++, s->second)) {
			EXPECT(!"the PF refused to configure the queues");
			break;
		}
		poll(NULL, 0, 1);
	}
	return NULL;
}

static struct storm storms[MOST];

static void start_storms(unsigned int n, uint64_t second)
{
	unsigned int i;

	stop = false;
	for (i = 0; i < n; i++) {
		storms[i].v = &a[i];
		storms[i].second = second;
		REQUIRE_OK(pthread_create(&storms[i].thread, NULL, keep_faulting, &storms[i]));
	}
}

static void end_storms(unsigned int n)
{
	unsigned int i;

	__atomic_store_n(&stop, true, __ATOMIC_RELEASE);
	for (i = 0; i < n; i++)
		pthread_join(storms[i].thread, NULL);
}

static int64_t count(unsigned int i, const char *name)
{
	return mdev_counter(a[i].dev.uuid, name);
}

static void open_all(unsigned int n)
{
	unsigned int i;

	queues = n > 16 ? 1 : QUEUES;
	for (i = 0; i < n; i++) {
		struct avf_opts o = {
			.memory = 8 << 20,
			.iova = 0x10000000 + ((uint64_t)i << 28),
			.with = i ? &a[0].dev : NULL,
		};

		avf_new(&a[i], queues, &o);
	}
}

static void close_all(unsigned int n)
{
	while (n--) {
		avf_close(&a[n]);
		EXPECT_EQ(mdev_attr_num(a[n].dev.uuid, "pinned_bytes"), 0);
		EXPECT_OK(mdev_remove(a[n].dev.uuid));
	}
}

/* Until most of the region is pinned by all, or no more comes. */
static void pinned_by_all(unsigned int n)
{
	uint64_t end = now_ms() + SETTLE_MS;
	int64_t sum = 0, before;
	unsigned int i;

	do {
		poll(NULL, 0, 500);
		before = sum;
		for (sum = 0, i = 0; i < n; i++)
			sum += mdev_attr_num(a[i].dev.uuid, "pinned_bytes");
	} while (sum < (int64_t)(n * bytes * 8 / 10) && sum > before && now_ms() < end);
	ktap_note("%lld MiB pinned", (long long)(sum >> 20));
	EXPECT_GT(sum, (int64_t)n * STRIDE);
}

/* @n devices fault in a region all the time while it is unmapped: each is called back
 * exactly once, and has nothing of it pinned afterwards.
 */
static void storm(unsigned int n, unsigned int mib)
{
	int64_t before[MOST], own[MOST];
	unsigned int loop, i;
	uint64_t t;

	bytes = (uint64_t)mib << 20;
	region = memory(bytes);
	open_all(n);
	for (i = 0; i < n; i++)
		own[i] = mdev_attr_num(a[i].dev.uuid, "pinned_bytes");
	for (loop = 0; loop < LOOPS(n); loop++) {
		REQUIRE_OK(vfio_map(&a[0].dev, region, REGION, bytes, DMA_RW));
		start_storms(n, 0);
		pinned_by_all(n);
		for (i = 0; i < n; i++)
			before[i] = count(i, "unmap_callbacks");
		t = now_ms();
		REQUIRE_OK(vfio_unmap(&a[0].dev, REGION, bytes));
		t = now_ms() - t;
		end_storms(n);
		ktap_note("%u devices, %u MiB: unmapped in %llu ms", n, mib,
			  (unsigned long long)t);
		for (i = 0; i < n; i++)
			EXPECT_EQ(count(i, "unmap_callbacks") - before[i], 1);
	}
	for (i = 0; i < n; i++)
		EXPECT_LE(mdev_attr_num(a[i].dev.uuid, "pinned_bytes"), own[i] + (1 << 20));
	close_all(n);
}

static void two_devices_one_callback_each(void)
{
	storm(2, 32);
}

static void eight_devices_one_callback_each(void)
{
	storm(8, 24);
}

static void devices_of_the_environment(void)
{
	const char *env = getenv("CONTAINERS");
	unsigned int n, mib;

	if (!env)
		ktap_skip("CONTAINERS=DEVICESxMIB is not set");
	REQUIRE_EQ(sscanf(env, "%ux%u", &n, &mib), 2);
	REQUIRE(n && n <= MOST && mib);
	storm(n, mib);
}

struct unmapper {
	pthread_t thread;
	uint64_t at;
	uint64_t size;
	unsigned int loops;
	bool failed;
};

static void *map_and_unmap(void *arg)
{
	struct unmapper *u = arg;
	unsigned int i;

	for (i = 0; i < u->loops && !u->failed; i++) {
		u->failed = vfio_map(&a[0].dev, region, u->at, u->size, DMA_RW);
		usleep(3000 + i % 7 * 2000);
		u->failed |= !!vfio_unmap(&a[0].dev, u->at, u->size);
	}
	return NULL;
}

/* The threads, side by side until all have ended. */
static void unmappers_run(struct unmapper *u, unsigned int n, void *(*run)(void *))
{
	unsigned int i;

	for (i = 0; i < n; i++)
		REQUIRE_OK(pthread_create(&u[i].thread, NULL, run, &u[i]));
	for (i = 0; i < n; i++) {
		pthread_join(u[i].thread, NULL);
		EXPECT(!u[i].failed);
	}
}

/* One of the machine's mdevs, and the PF's reset, do not wait for anything of it. */
static void pf_goes_on(void)
{
	char path[PATH_LEN], uuid[UUID_LEN + 1];

	snprintf(path, sizeof(path), "/sys/class/mdev_bus/%s/reset", mdev_parent());
	EXPECT_OK(write_text(path, "1"));
	mdev_new(1, uuid);
	EXPECT_OK(mdev_remove(uuid));
}

static void unmap_in_two_threads(unsigned int loops)
{
	struct unmapper u[2] = {
		{ .at = REGION, .loops = loops }, { .at = REGION2, .loops = loops },
	};

	bytes = 16 << 20;
	u[0].size = u[1].size = bytes;
	region = memory(bytes);
	open_all(1);
	start_storms(1, REGION2);
	unmappers_run(u, ARRAY_SIZE(u), map_and_unmap);
	end_storms(1);
	ktap_note("%lld callbacks, %lld faults", (long long)count(0, "unmap_callbacks"),
		  (long long)count(0, "dma_faults"));
	EXPECT_GT(count(0, "unmap_callbacks"), 0);
}

/* Clause: two threads unmap two ranges of one container at once, while a device faults in
 * both: type1 takes its locks in two orders there, and each lets the other go on.
 */
static void two_threads_unmap_at_once(void)
{
	unmap_in_two_threads(100);
	close_all(1);
}

static pthread_barrier_t all_mapped;

static void *unmap_with_others(void *arg)
{
	struct unmapper *u = arg;
	unsigned int i;

	for (i = 0; i < u->loops; i++) {
		u->failed |= !!vfio_map(&a[0].dev, region, u->at, u->size, DMA_RW);
		pthread_barrier_wait(&all_mapped);
		/* Until the device has faulted in some of it. */
		usleep(2000000);
		pthread_barrier_wait(&all_mapped);
		u->failed |= !!vfio_unmap(&a[0].dev, u->at, u->size);
	}
	return NULL;
}

/* Clause: more threads than a gate has slots for unmap a range each: all of them return. */
static void forty_threads_unmap_at_once(void)
{
	static struct unmapper u[40];
	uint64_t t = now_ms();
	unsigned int i;

	bytes = ARRAY_SIZE(u) << 20;
	region = memory(1 << 20);
	open_all(1);
	start_storms(1, 0);
	REQUIRE_OK(pthread_barrier_init(&all_mapped, NULL, ARRAY_SIZE(u)));
	for (i = 0; i < ARRAY_SIZE(u); i++)
		u[i] = (struct unmapper) { .at = REGION + ((uint64_t)i << 20),
					   .size = 1 << 20, .loops = 2 };
	unmappers_run(u, ARRAY_SIZE(u), unmap_with_others);
	end_storms(1);
	ktap_note("%lld callbacks in %llu ms", (long long)count(0, "unmap_callbacks"),
		  (unsigned long long)(now_ms() - t));
	EXPECT_GT(count(0, "unmap_callbacks"), 32);
	pf_goes_on();
	close_all(1);
}

/* Clause: after that, and with the device still open, the PF is reset, and devices come and go. */
static void pf_goes_on_after_two_unmaps(void)
{
	unmap_in_two_threads(20);
	pf_goes_on();
	close_all(1);
}

/* A device, and a frame at REGION, which is not mapped. */
static void open_one_frame(void)
{
	bytes = 1 << 16;
	region = memory(bytes);
	open_all(1);
	frame_l2(region, 64, a[0].res.mac, a[0].res.mac, 1);
}

static void send(void)
{
	struct avf_frag frag = { .iova = REGION, .len = 64 };

	REQUIRE_GE(avf_tx_frags(&a[0], 0, &frag, 1, 0, 0, 0), 0);
}

/* {map, send the frame, unmap} */
static void send_mapped(int ms)
{
	REQUIRE_OK(vfio_map(&a[0].dev, region, REGION, bytes, DMA_RW));
	send();
	REQUIRE_OK(avf_tx_done(&a[0], 0, ms));
	REQUIRE_OK(vfio_unmap(&a[0].dev, REGION, bytes));
}

/* A guest with an IOMMU of its own uses an address again and again: {map, one frame,
 * unmap} costs the same each time, and no fault is held off.
 */
static void address_used_again(void)
{
	const unsigned int uses = 12;
	int64_t delayed, callbacks;
	unsigned int i;
	uint64_t t;

	open_one_frame();
	/* All of the driver's own memory that a frame needs has been touched. */
	send_mapped(AVF_MS);
	delayed = count(0, "holdoff_delayed");
	callbacks = count(0, "unmap_callbacks");
	t = now_ms();
	for (i = 0; i < uses; i++)
		send_mapped(5 * AVF_MS);
	t = now_ms() - t;
	ktap_note("%u uses in %llu ms, %lld delayed", uses, (unsigned long long)t,
		  (long long)(count(0, "holdoff_delayed") - delayed));
	EXPECT_EQ(count(0, "holdoff_delayed"), delayed);
	EXPECT_EQ(count(0, "unmap_callbacks") - callbacks, uses);
	EXPECT_LT(t, uses * ktap_ms(200));
	close_all(1);
}

/* A page that the VMM takes out and puts back, as for a change of its memory map, is not
 * missed by an access in between.
 */
static void page_taken_out_and_put_back(void)
{
	int64_t failed;

	open_one_frame();
	send_mapped(AVF_MS);
	failed = count(0, "pins_failed");
	send();
	poll(NULL, 0, 100);
	REQUIRE_OK(vfio_map(&a[0].dev, region, REGION, bytes, DMA_RW));
	EXPECT_OK(avf_tx_done(&a[0], 0, AVF_MS));
	EXPECT_EQ(count(0, "pins_failed"), failed);
	close_all(1);
}

/* Frames from places all over a guest of 1 TiB, of which hardly any page is there. */
static void fault_all_over(void)
{
	struct avf_frag frag = { .len = 64 };
	uint64_t at;

	for (at = 0; at < bytes; at += bytes / SPARSE) {
		frame_l2(region + at, 64, a[0].res.mac, a[0].res.mac, 1);
		frag.iova = REGION + at;
		REQUIRE_GE(avf_tx_frags(&a[0], 0, &frag, 1, 0, 0, 0), 0);
		REQUIRE_OK(avf_tx_done(&a[0], 0, AVF_MS));
	}
}

/* Clause: a region of 1 TiB is unmapped, and closed while it is mapped, at a cost that goes by
 * what is pinned, not by its size. The kernel's log has no stall.
 */
static void tebibyte(void)
{
	int64_t own;
	uint64_t t;

	bytes = 1ull << 40;
	region = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	REQUIRE(region != MAP_FAILED);
	/* A page for each frame, not 2 MiB. */
	REQUIRE_OK(madvise(region, bytes, MADV_NOHUGEPAGE));
	open_all(1);
	own = mdev_attr_num(a[0].dev.uuid, "pinned_bytes");
	REQUIRE_OK(vfio_map(&a[0].dev, region, REGION, bytes, DMA_RW));
	fault_all_over();
	EXPECT_GE(mdev_attr_num(a[0].dev.uuid, "pinned_bytes"), own + SPARSE * 4096);
	t = now_ms();
	REQUIRE_OK(vfio_unmap(&a[0].dev, REGION, bytes));
	ktap_note("unmapped in %llu ms", (unsigned long long)(now_ms() - t));
	EXPECT_LE(mdev_attr_num(a[0].dev.uuid, "pinned_bytes"), own + (1 << 20));
	REQUIRE_OK(vfio_map(&a[0].dev, region, REGION, bytes, DMA_RW));
	fault_all_over();
	t = now_ms();
	close_all(1);
	ktap_note("closed in %llu ms", (unsigned long long)(now_ms() - t));
}

static void cleanup(void)
{
	mdev_cleanup();
}

static const struct ktap_case cases[] = {
	CASE(address_used_again),
	CASE(page_taken_out_and_put_back),
	CASE_SECONDS(tebibyte, 60),
	CASE_SECONDS(two_devices_one_callback_each, 90),
	CASE_SECONDS(eight_devices_one_callback_each, 180),
	CASE_SECONDS(devices_of_the_environment, 600),
	CASE_SECONDS(two_threads_unmap_at_once, 60),
	CASE_SECONDS(pf_goes_on_after_two_unmaps, 60),
	CASE_SECONDS(forty_threads_unmap_at_once, 120),
};

KTAP_MAIN("containers", cases, setup, cleanup)
