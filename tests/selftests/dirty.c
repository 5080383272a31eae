// SPDX-License-Identifier: GPL-2.0-only
/*
 * No page that the device has written is missing from the list that a VMM asks for. A thread does
 * what a VMM does with this list, without a pause: it copies the pages of the list. Frames arrive
 * meanwhile; whenever none is under way, the copy must be what the memory is.
 *
 * The list is type1's, of pages that were pinned, while vdcm gives up cold pages; or the device's
 * own log, where the kernel has it.
 */
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "lib/avf.h"
#include "lib/frame.h"
#include "lib/ktap.h"
#include "lib/migrate.h"

#define PAGE		4096u
#define MEMORY		(4u << 20)
#define PAGES		(MEMORY / PAGE)
#define BUFS		AVF_RING	/* receive buffers, a page each */
#define ROUNDS		8
#define BURSTS		24		/* of a round */
#define MOST		40		/* frames of a burst: fewer than buffers */
#define COLD_MS		10000		/* in which an idle device's pages are given up */

static struct avf a, peer;
static uint8_t copy[BUFS * PAGE];
static unsigned int rounds, frames;

/* --- the list of written pages ------------------------------------------------------------- */

struct tracker {
	const char *name;
	int (*start)(void);
	int (*report)(uint64_t *bitmap);
	int (*stop)(void);
};

static int log_start(void)
{
	return mig_log_start(&a.dev, a.o.iova, MEMORY);
}

static int log_report(uint64_t *bitmap)
{
	return mig_log_report(&a.dev, a.o.iova, MEMORY, bitmap);
}

static int log_stop(void)
{
	return mig_log_stop(&a.dev);
}

struct dirty_request {
	struct vfio_iommu_type1_dirty_bitmap head;
	struct vfio_iommu_type1_dirty_bitmap_get get;
};

static int type1(uint32_t flag, uint64_t *bitmap)
{
	struct dirty_request r = {
		.head = { .argsz = sizeof(r), .flags = flag },
		.get = {
			.iova = a.o.iova, .size = MEMORY,
			.bitmap = { .pgsize = PAGE, .size = PAGES / 8, .data = (void *)bitmap },
		},
	};

	if (!bitmap)
		r.head.argsz = sizeof(r.head);
	return ioctl(a.dev.container, VFIO_IOMMU_DIRTY_PAGES, &r) < 0 ? -errno : 0;
}

/* Cold pages are given up from PRE_COPY on. */
static int precopy = -1;

static int pins_start(void)
{
	int ret = type1(VFIO_IOMMU_DIRTY_PAGES_FLAG_START, NULL);

	return ret ? ret : mig_set(&a.dev, VFIO_DEVICE_STATE_PRE_COPY, &precopy);
}

/* The request for the bytes that are left follows on the list, as QEMU does it. */
static int pins_report(uint64_t *bitmap)
{
	int ret = type1(VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP, bitmap);

	if (!ret && rand() % 4 == 0 && mig_initial_bytes(precopy) < 0)
		ret = -EIO;
	return ret;
}

static int pins_stop(void)
{
	close(precopy);
	precopy = -1;
	REQUIRE_OK(mig_set(&a.dev, VFIO_DEVICE_STATE_RUNNING, NULL));
	return type1(VFIO_IOMMU_DIRTY_PAGES_FLAG_STOP, NULL);
}

static const struct tracker by_log = { "log", log_start, log_report, log_stop };
static const struct tracker by_pins = { "pins", pins_start, pins_report, pins_stop };
static const struct tracker *by;

/* --- the VMM --------------------------------------------------------------------------------- */

static pthread_mutex_t vmm_lock = PTHREAD_MUTEX_INITIALIZER;
static bool vmm_stop;

static unsigned int buf_page(void)
{
	return (unsigned int)((a.q[0].rx_buf_iova - a.o.iova) / PAGE);
}

/* Copies what the list names. Return: pages of receive buffers in it */
static unsigned int sync_copy(void)
{
	uint64_t bitmap[PAGES / 64] = { 0 };
	unsigned int i, n = 0, page;

	EXPECT_OK(by->report(bitmap));
	for (i = 0; i < BUFS; i++) {
		page = buf_page() + i;
		if (!(bitmap[page / 64] >> page % 64 & 1))
			continue;
		memcpy(copy + i * PAGE, a.q[0].rx_buf + i * PAGE, PAGE);
		n++;
	}
	rounds++;
	return n;
}

static void *vmm(void *arg)
{
	while (!__atomic_load_n(&vmm_stop, __ATOMIC_ACQUIRE)) {
		pthread_mutex_lock(&vmm_lock);
		sync_copy();
		pthread_mutex_unlock(&vmm_lock);
		if (rand() % 8 == 0)
			poll(NULL, 0, 1);
	}
	return arg;
}

/* No frame is under way. */
static void check_copy(void)
{
	unsigned int i;

	pthread_mutex_lock(&vmm_lock);
	sync_copy();
	for (i = 0; i < BUFS; i++)
		if (memcmp(copy + i * PAGE, a.q[0].rx_buf + i * PAGE, PAGE)) {
			ktap_note("buffer %u was written and is in no list; list %u, frame %u", i,
				  rounds, frames);
			EXPECT(!"a page is missing");
		}
	pthread_mutex_unlock(&vmm_lock);
}

/* --- traffic -------------------------------------------------------------------------------- */

static void take(unsigned int *left)
{
	static struct avf_rx rx;

	REQUIRE_GE(avf_rx_from(&a, peer.res.mac, &rx, AVF_MS), 0);
	(*left)--;
}

/* @n frames, of which some are taken while others still arrive. */
static void burst(unsigned int n)
{
	unsigned int i, left = n;
	uint8_t f[1500];

	for (i = 0; i < n; i++) {
		size_t len = 60 + (size_t)rand() % (sizeof(f) - 60);

		frame_l2(f, len, a.res.mac, peer.res.mac, ++frames);
		REQUIRE_GE(avf_tx(&peer, 0, f, len, 0), 0);
		if (rand() % 4 == 0)
			take(&left);
	}
	while (left)
		take(&left);
}

/* --- cases ------------------------------------------------------------------------------------ */

static void start(const struct tracker *tracker)
{
	const struct avf_opts o = { .buf_size = PAGE, .memory = MEMORY };

	by = tracker;
	avf_new(&a, 1, &o);
	avf_new(&peer, 1, NULL);
	if (!mig_flags(&a.dev))
		ktap_skip("this device cannot be migrated");
}

/* Pages are pinned with their neighbours again, as in a VM that has run for long. */
static void pin_anew(void)
{
	REQUIRE_OK(vfio_unmap(&a.dev, a.o.iova, MEMORY));
	REQUIRE_OK(vfio_map(&a.dev, a.mem, a.o.iova, MEMORY, DMA_RW));
	burst(MOST);
	burst(MOST);
}

static void one_round(void)
{
	pthread_t thread;
	unsigned int i;

	pin_anew();
	REQUIRE_OK(by->start());
	memcpy(copy, a.q[0].rx_buf, sizeof(copy));
	vmm_stop = false;
	REQUIRE_OK(pthread_create(&thread, NULL, vmm, NULL));
	for (i = 0; i < BURSTS; i++) {
		burst(1 + (unsigned int)rand() % MOST);
		check_copy();
		if (rand() % 4 == 0)
			poll(NULL, 0, rand() % 60);
	}
	__atomic_store_n(&vmm_stop, true, __ATOMIC_RELEASE);
	pthread_join(thread, NULL);
}

static void every_write(void)
{
	unsigned int i;

	for (i = 0; i < ROUNDS; i++) {
		one_round();
		REQUIRE_OK(by->stop());
	}
	ktap_note("%s: %u frames, %u lists", by->name, frames, rounds);
}

static void ends(void)
{
	avf_end(&a);
	avf_end(&peer);
}

/* Clause: each write is in type1's list, while pages are given up and come back. */
static void pins(void)
{
	int64_t aged;

	if (!vfio_is_type1())
		ktap_skip("no type1");
	start(&by_pins);
	if (!mig_has(&a.dev, VFIO_DEVICE_STATE_PRE_COPY))
		ktap_skip("no PRE_COPY on this kernel");
	aged = mdev_counter(a.dev.uuid, "aged_pages");
	every_write();
	EXPECT_GT(mdev_counter(a.dev.uuid, "aged_pages"), aged);
	EXPECT_GT(mdev_counter(a.dev.uuid, "age_faults"), 0);
	ends();
}

/* Clause: the list of an idle device ends, though its pages were written before. */
static void cold_pages(void)
{
	uint64_t end;

	if (!vfio_is_type1())
		ktap_skip("no type1");
	start(&by_pins);
	if (!mig_has(&a.dev, VFIO_DEVICE_STATE_PRE_COPY))
		ktap_skip("no PRE_COPY on this kernel");
	pin_anew();
	REQUIRE_OK(by->start());
	EXPECT_GE(sync_copy(), MOST);
	for (end = now_ms() + COLD_MS; now_ms() < end && sync_copy();)
		poll(NULL, 0, 50);
	EXPECT_EQ(sync_copy(), 0);
	memcpy(copy, a.q[0].rx_buf, sizeof(copy));
	burst(10);
	check_copy();
	REQUIRE_OK(by->stop());
	ends();
}

/* Clause: the device's own log has each page that the device writes, and no other page. */
static void logs(void)
{
	start(&by_log);
	if (by->start() == -ENOTTY)
		ktap_skip("this kernel has no bitmaps for it");
	REQUIRE_OK(by->stop());
	every_write();
	REQUIRE_OK(by->start());
	EXPECT_EQ(sync_copy(), 0);
	burst(5);
	EXPECT_EQ(sync_copy(), 5);
	EXPECT_EQ(sync_copy(), 0);
	REQUIRE_OK(by->stop());
	ends();
}

#define BY	"QEMU: memory on the target is what it was on the source"

static const struct ktap_case cases[] = {
	CASE_SECONDS_FOR(pins, 120, BY),
	CASE_SECONDS(cold_pages, 30),
	CASE_SECONDS_FOR(logs, 120, BY),
};

KTAP_MAIN("dirty", cases, mig_nic_setup, mig_nic_cleanup)
