// SPDX-License-Identifier: GPL-2.0-only
/*
 * samples/vdcm-null, tests/modules/vdcm-test: memory copied through the framework, without a
 * device.
 */
#include <errno.h>
#include <sys/mman.h>

#include "lib/copier.h"
#include "lib/ktap.h"
#include "lib/module.h"
#include "lib/subject.h"

#define QUIET	50

static char *uuid;
static struct vfio_dev d;
static uint8_t *mem;
static int ev;

static void setup(void)
{
	uuid = subject_device();
}

static void start(void)
{
	mem = copier_memory();
	copier_open(&d, uuid, &ev, mem);
	cfg_command(&d, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER, 0);
}

/* Clause: what is copied is what is there, of any length and alignment, and no more. */
static void copies(void)
{
	static const uint32_t lens[] = { 0, 1, 4095, 4096, 4097, 100001, HALF - 64 };
	size_t i, k;

	start();
	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		for (k = 0; k < HALF; k++)
			mem[k] = (uint8_t)(k * 7 + k / 4096 + i);
		memset(mem + HALF, 0xee, HALF);
		copier_go(&d, IOVA + 3, IOVA + HALF + 5, lens[i]);
		EXPECT_EQ(copier_ends(&d, ev), DONE);
		EXPECT_MEM(mem + HALF + 5, mem + 3, lens[i]);
		EXPECT_EQ(mem[HALF + 4], 0xee);
		EXPECT_EQ(mem[HALF + 5 + lens[i]], 0xee);
	}
	EXPECT_EQ(mdev_attr_num(uuid, "pinned_bytes"), 0);
}

/* Clause: KEY, a register of one byte, changes what is copied, until a reset. */
static void keyed(void)
{
	size_t k;

	subject_is("vdcm_test");
	start();
	for (k = 0; k < HALF; k++)
		mem[k] = (uint8_t)k;
	vfio_wr(&d, 0, KEY, 0xa5, 1);
	EXPECT_EQ(vfio_rd(&d, 0, KEY, 1), 0xa5);
	copier_go(&d, IOVA, IOVA + HALF, 5000);
	EXPECT_EQ(copier_ends(&d, ev), DONE);
	for (k = 0; k < 5000 && mem[HALF + k] == (uint8_t)(k ^ 0xa5); k++)
		;
	EXPECT_EQ(k, 5000);
	EXPECT_EQ(mem[HALF + 5000], 0);
	REQUIRE_OK(vfio_reset(&d));
	cfg_command(&d, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER, 0);
	EXPECT_EQ(vfio_rd(&d, 0, KEY, 1), 0);
}

struct refusal {
	const char *what;
	uint64_t src, dst;
	uint32_t len;
};

/* Clause: memory that is not mapped is an error of that copy alone. */
static void refuses(void)
{
	static const struct refusal bad[] = {
		{ "source not mapped", IOVA + SIZE, IOVA, 64 },
		{ "target not mapped", IOVA, IOVA - 4096, 64 },
		{ "source ends too early", IOVA + SIZE - 32, IOVA, 64 },
		{ "the end of the address space", ~0ull - 31, IOVA, 64 },
		{ "too long", IOVA, IOVA + HALF, 0x100001 },
	};
	size_t i;

	start();
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		copier_go(&d, bad[i].src, bad[i].dst, bad[i].len);
		if (!EXPECT_EQ(copier_ends(&d, ev), FAILED))
			ktap_note("... %s", bad[i].what);
		copier_go(&d, IOVA, IOVA + HALF, 64);
		EXPECT_EQ(copier_ends(&d, ev), DONE);
	}
}

/* Clause: memory that the VMM maps to be read is not written. */
static void read_only(void)
{
	start();
	memset(mem, 0x11, SIZE);
	REQUIRE_OK(vfio_unmap(&d, IOVA, SIZE));
	REQUIRE_OK(vfio_map(&d, mem, IOVA, SIZE, DMA_RO));
	memset(mem, 0x22, 64);
	copier_go(&d, IOVA, IOVA + HALF, 64);
	EXPECT_EQ(copier_ends(&d, ev), FAILED);
	EXPECT_EQ(mem[HALF], 0x11);
}

/* Clause: a guest that has not enabled bus mastering has nothing copied. */
static void without_bus_master(void)
{
	start();
	memset(mem, 0x33, 64);
	cfg_command(&d, 0, PCI_COMMAND_MASTER);
	copier_go(&d, IOVA, IOVA + HALF, 64);
	EXPECT_EQ(copier_ends(&d, ev), FAILED);
	EXPECT_EQ(mem[HALF], 0);
	cfg_command(&d, PCI_COMMAND_MASTER, 0);
	copier_go(&d, IOVA, IOVA + HALF, 64);
	EXPECT_EQ(copier_ends(&d, ev), DONE);
	EXPECT_EQ(mem[HALF], 0x33);
}

/* Clause: a vector that the function does not have is no vector. */
static void odd_vectors(void)
{
	static const uint32_t odd[] = { 2, 64, 0x10000, ~0u };
	size_t i;

	start();
	for (i = 0; i < ARRAY_SIZE(odd); i++)
		vfio_wr(&d, 0, RAISE, odd[i], 4);
	EXPECT_EQ(event_wait(ev, QUIET), 0);
	vfio_wr(&d, 0, RAISE, 0, 4);
	EXPECT_EQ(event_wait(ev, SOON), 1);
}

/* Clause: a reset or an end amid a copy leaves a function that works. */
static void reset_amid(void)
{
	int i;

	start();
	for (i = 0; i < 50; i++) {
		copier_go(&d, IOVA, IOVA + HALF, HALF);
		REQUIRE_OK(vfio_reset(&d));
		cfg_command(&d, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER, 0);
		EXPECT_EQ(vfio_rd(&d, 0, SRC, 8), 0);
	}
	for (i = 0; i < 50; i++) {
		copier_go(&d, IOVA, IOVA + HALF, HALF);
		vfio_close(&d);
		munmap(mem, SIZE);
		start();
	}
	event_wait(ev, QUIET);
	copier_go(&d, IOVA, IOVA + HALF, 64);
	EXPECT_EQ(copier_ends(&d, ev), DONE);
}

static void hardware(const char *to)
{
	char path[PATH_LEN];

	snprintf(path, sizeof(path), "/sys/class/mdev_bus/%s/hardware", mdev_parent());
	REQUIRE_OK(write_text(path, to));
}

/* Clause: a reset of the PF amid a copy leaves a function as after its opening, which works. */
static void pf_reset_amid(void)
{
	int i;

	start();
	for (i = 0; i < 20; i++) {
		copier_go(&d, IOVA, IOVA + HALF, HALF);
		hardware("off");
		EXPECT_EQ(vfio_rd(&d, 0, SRC, 4), 0xffffffff);
		hardware("on");
		EXPECT_EQ(vfio_rd(&d, 0, SRC, 8), 0);
	}
	event_wait(ev, QUIET);
	memset(mem, 0x44, 64);
	copier_go(&d, IOVA, IOVA + HALF, 64);
	EXPECT_EQ(copier_ends(&d, ev), DONE);
	EXPECT_EQ(mem[HALF + 63], 0x44);
}

static void reload(void)
{
	uint64_t end = now_ms() + SOON;

	while (module_unload(subject()->module) && now_ms() < end)
		;
	EXPECT(!mdev_exists(uuid));
	REQUIRE_OK(module_load(subject()->module, ""));
	REQUIRE_OK(mdev_create(mdev_type_of(1), uuid));
}

/* Clause: the driver stays while a device is open, goes while mdevs exist, also while its hardware
 * is away, and comes back.
 */
static void unload_and_load(void)
{
	char other[UUID_LEN + 1];

	start();
	EXPECT_ERR(module_unload(subject()->module), EAGAIN);
	vfio_close(&d);
	reload();
	hardware("off");
	reload();
	start();
	copier_go(&d, IOVA, IOVA + HALF, 64);
	EXPECT_EQ(copier_ends(&d, ev), DONE);
	vfio_close(&d);
	mdev_new(4, other);
	EXPECT_OK(mdev_remove(other));
}

static const struct ktap_case cases[] = {
	CASE(copies),
	CASE(keyed),
	CASE(refuses),
	CASE(read_only),
	CASE(without_bus_master),
	CASE(odd_vectors),
	CASE(reset_amid),
	CASE(pf_reset_amid),
	CASE(unload_and_load),
};

KTAP_MAIN("copy", cases, setup, mdev_cleanup)
