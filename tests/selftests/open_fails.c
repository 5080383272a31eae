// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices that fail to open while memory of their container is unmapped: VFIO calls them back for
 * the unmap while they are being opened.
 */
#include <pthread.h>

#include "lib/copier.h"
#include "lib/ktap.h"
#include "lib/module.h"
#include "lib/subject.h"

#define PAGE	4096u
#define PAGES	(SIZE / PAGE)
#define ROUNDS	5
#define FAIL	"/sys/module/vdcm_test/parameters/fail_open"

static char *uuid, *other;
static struct vfio_dev d;
static uint8_t *mem;
static int ev;
static bool enough;

static void setup(void)
{
	subject_is("vdcm_test");
	REQUIRE_OK(module_reload("vdcm_test", "table=1"));
	uuid = subject_device();
	other = ktap_shared(UUID_LEN + 1);
	mdev_new(1, other);
}

static void cleanup(void)
{
	mdev_cleanup();
	if (!strcmp(subject()->module, "vdcm_test") && module_reload("vdcm_test", ""))
		ktap_note("vdcm_test is not loaded again");
}

/* Return: number of times that the device failed to open. */
static void *keep_opening(void *arg)
{
	unsigned int *fails = arg;
	struct vfio_dev b;

	while (!__atomic_load_n(&enough, __ATOMIC_RELAXED)) {
		if (!EXPECT_EQ(vfio_open_with(&b, other, &d), -ENOSPC))
			break;
		++*fails;
	}
	return NULL;
}

/* A mapping for each page, so that one unmap calls back often. */
static void map_and_use(void)
{
	unsigned int i;

	for (i = 0; i < PAGES; i++)
		REQUIRE_OK(vfio_map(&d, mem + i * PAGE, IOVA + i * PAGE, PAGE, DMA_RW));
	memset(mem, 0x5c, HALF);
	copier_go(&d, IOVA, IOVA + HALF, HALF);
	EXPECT_EQ(copier_ends(&d, ev), DONE);
	EXPECT_MEM(mem + HALF, mem, HALF);
}

/* Clause: the unmap ends, the device that is open goes on, and the other one can be opened. */
static void in_an_unmap(void)
{
	unsigned int i, fails = 0;
	struct vfio_dev b;
	pthread_t thread;

	mem = copier_memory();
	copier_open(&d, uuid, &ev, mem);
	cfg_command(&d, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER, 0);
	REQUIRE_OK(vfio_unmap(&d, IOVA, SIZE));
	REQUIRE_OK(write_text(FAIL, "1"));
	REQUIRE_OK(pthread_create(&thread, NULL, keep_opening, &fails));
	for (i = 0; i < ROUNDS; i++) {
		map_and_use();
		REQUIRE_OK(vfio_unmap(&d, IOVA, SIZE));
		EXPECT_EQ(mdev_attr_num(uuid, "pinned_bytes"), 0);
	}
	__atomic_store_n(&enough, true, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	ktap_note("%u failed to open", fails);
	EXPECT_GT(fails, 0);
	REQUIRE_OK(write_text(FAIL, "0"));
	REQUIRE_OK(vfio_open_with(&b, other, &d));
	map_and_use();
	vfio_close(&b);
	vfio_close(&d);
}

static const struct ktap_case cases[] = {
	CASE(in_an_unmap),
};

KTAP_MAIN("open_fails", cases, setup, cleanup)
