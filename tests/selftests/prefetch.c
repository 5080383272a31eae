// SPDX-License-Identifier: GPL-2.0-only
/*
 * tests/modules/vdcm-test with a translation table: a device that cannot try an access again, and
 * has memory prefetched before it copies.
 */
#include <poll.h>
#include <sys/mman.h>

#include "lib/copier.h"
#include "lib/ktap.h"
#include "lib/migrate.h"
#include "lib/module.h"
#include "lib/slow_file.h"
#include "lib/subject.h"

#define PAGE	4096u
#define DMA_ON	(PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER)

static char *uuid;
static struct vfio_dev d;
static uint8_t *mem;
static int ev;

static void setup(void)
{
	subject_is("vdcm_test");
	REQUIRE_OK(module_reload("vdcm_test", "table=1"));
	uuid = subject_device();
}

static void cleanup(void)
{
	mdev_cleanup();
	if (!strcmp(subject()->module, "vdcm_test") && module_reload("vdcm_test", ""))
		ktap_note("vdcm_test is not loaded again");
}

static void start(void)
{
	mem = copier_memory();
	copier_open(&d, uuid, &ev, mem);
	cfg_command(&d, DMA_ON, 0);
}

static void works(void)
{
	memset(mem, 0x5c, 100);
	memset(mem + HALF, 0, 100);
	copier_go(&d, IOVA, IOVA + HALF, 100);
	EXPECT_EQ(copier_ends(&d, ev), DONE);
	EXPECT_MEM(mem + HALF, mem, 100);
}

/* Clause: memory of any length and alignment is there when the device accesses it: no fault. */
static void ahead(void)
{
	static const uint32_t lens[] = { 1, 4095, 4096, 4097, 100001, HALF - 64 };
	size_t i, k;

	start();
	EXPECT_EQ(mdev_attr_num(uuid, "pinned_bytes"), 0);
	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		for (k = 0; k < HALF; k++)
			mem[k] = (uint8_t)(k * 7 + k / PAGE + i);
		memset(mem + HALF, 0xee, HALF);
		copier_go(&d, IOVA + 3, IOVA + HALF + 5, lens[i]);
		EXPECT_EQ(copier_ends(&d, ev), DONE);
		EXPECT_MEM(mem + HALF + 5, mem + 3, lens[i]);
		EXPECT_EQ(mem[HALF + 5 + lens[i]], 0xee);
	}
	EXPECT_EQ(mdev_counter(uuid, "dma_faults"), 0);
	EXPECT_EQ(mdev_attr_num(uuid, "pinned_bytes"), SIZE);
	vfio_close(&d);
	EXPECT_EQ(mdev_attr_num(uuid, "pinned_bytes"), 0);
}

struct refusal {
	const char *what;
	uint64_t src, dst;
};

/* Clause: memory that is not mapped, or not so, is an error of that range alone. */
static void refuses(void)
{
	static const struct refusal bad[] = {
		{ "source not mapped", IOVA + SIZE, IOVA },
		{ "target not mapped", IOVA, IOVA - PAGE },
		{ "source ends too early", IOVA + SIZE - 32, IOVA },
		{ "the end of the address space", ~0ull - 31, IOVA },
	};
	size_t i;

	start();
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		copier_go(&d, bad[i].src, bad[i].dst, 64);
		if (!EXPECT_EQ(copier_ends(&d, ev), FAILED))
			ktap_note("... %s", bad[i].what);
		works();
	}
	REQUIRE_OK(vfio_unmap(&d, IOVA, SIZE));
	REQUIRE_OK(vfio_map(&d, mem, IOVA, SIZE, DMA_RO));
	copier_go(&d, IOVA, IOVA + HALF, 64);
	EXPECT_EQ(copier_ends(&d, ev), FAILED);
}

/* Clause: a write that the VMM does not allow takes nothing from what is prefetched for reading. */
static void read_only(void)
{
	int64_t pinned;

	start();
	REQUIRE_OK(vfio_unmap(&d, IOVA, SIZE));
	REQUIRE_OK(vfio_map(&d, mem, IOVA, HALF, DMA_RO));
	REQUIRE_OK(vfio_map(&d, mem + HALF, IOVA + HALF, HALF, DMA_RW));
	works();
	pinned = mdev_attr_num(uuid, "pinned_bytes");
	copier_go(&d, IOVA + HALF, IOVA, 64);
	EXPECT_EQ(copier_ends(&d, ev), FAILED);
	EXPECT_EQ(mdev_attr_num(uuid, "pinned_bytes"), pinned);
	works();
}

/* Clause: what is prefetched is unpinned as any page when the VMM unmaps it, and can be had anew. */
static void dropped_when_unmapped(void)
{
	int i;

	start();
	for (i = 0; i < 20; i++) {
		works();
		EXPECT_GT(mdev_attr_num(uuid, "pinned_bytes"), 0);
		REQUIRE_OK(vfio_unmap(&d, IOVA, SIZE));
		EXPECT_EQ(mdev_attr_num(uuid, "pinned_bytes"), 0);
		REQUIRE_OK(vfio_map(&d, mem, IOVA, SIZE, DMA_RW));
	}
}

/* Clause: what is prefetched stays over a reset of the function, of the PF, and without DMA. */
static void stays(void)
{
	char path[PATH_LEN];
	int64_t pinned;

	start();
	works();
	pinned = mdev_attr_num(uuid, "pinned_bytes");
	cfg_command(&d, 0, PCI_COMMAND_MASTER);
	cfg_command(&d, DMA_ON, 0);
	REQUIRE_OK(vfio_reset(&d));
	cfg_command(&d, DMA_ON, 0);
	snprintf(path, sizeof(path), "/sys/class/mdev_bus/%s/hardware", mdev_parent());
	REQUIRE_OK(write_text(path, "off"));
	REQUIRE_OK(write_text(path, "on"));
	EXPECT_EQ(mdev_attr_num(uuid, "pinned_bytes"), pinned);
	works();
	EXPECT_EQ(mdev_attr_num(uuid, "pinned_bytes"), pinned);
}

/* Clause: the log of writes has what is prefetched for writing in each report, for nothing tells
 * when the device writes it; and the device goes on without a fault.
 */
static void logged(void)
{
	uint64_t bitmap[SIZE / PAGE / 64];
	const unsigned int half = HALF / PAGE;
	int i;

	start();
	works();
	if (mig_log_start(&d, IOVA, SIZE) == -ENOTTY)
		ktap_skip("this kernel has no bitmaps for it");
	for (i = 0; i < 3; i++) {
		memset(bitmap, 0, sizeof(bitmap));
		REQUIRE_OK(mig_log_report(&d, IOVA, SIZE, bitmap));
		EXPECT(bitmap[half / 64] >> half % 64 & 1);
		EXPECT_EQ(bitmap[0] & 1, 0);
		works();
	}
	EXPECT_EQ(mdev_counter(uuid, "dma_faults"), 0);
	EXPECT_OK(mig_log_stop(&d));
}

/* Clause: memory that does not answer holds up that copy alone, and only while DMA is on. */
static void stopped(void)
{
	uint64_t begin, end;
	void *slow;

	slow_file_start(SIZE);
	slow = slow_file_map();
	REQUIRE(slow != MAP_FAILED);
	start();
	REQUIRE_OK(vfio_map(&d, slow, IOVA + SIZE, SIZE, DMA_RW));
	copier_go(&d, IOVA + SIZE, IOVA, 64);
	end = now_ms() + SOON;
	while (!slow_file_wanted() && now_ms() < end)
		poll(NULL, 0, 10);
	REQUIRE(slow_file_wanted());
	EXPECT_EQ(vfio_rd(&d, 0, STATUS, 4), BUSY);
	begin = now_ms();
	cfg_command(&d, 0, PCI_COMMAND_MASTER);
	EXPECT_EQ(copier_ends(&d, ev), FAILED);
	REQUIRE_OK(vfio_reset(&d));
	EXPECT_LT(now_ms() - begin, ktap_ms(5000));
	EXPECT(slow_file_wanted());
	slow_file_end();
	cfg_command(&d, DMA_ON, 0);
	works();
}

static const struct ktap_case cases[] = {
	CASE(ahead),
	CASE(refuses),
	CASE(read_only),
	CASE(dropped_when_unmapped),
	CASE(stays),
	CASE(logged),
	CASE(stopped),
};

KTAP_MAIN("prefetch", cases, setup, cleanup)
