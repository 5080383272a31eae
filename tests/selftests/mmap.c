// SPDX-License-Identifier: GPL-2.0-only
/* Doorbell pages in user space: mapped, revoked, and given back. */
#include <linux/pci_regs.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/avf.h"
#include "lib/ktap.h"
#include "lib/subject.h"

#define QUEUES	2
#define PAGE	4096u

static char *uuid;
static struct vfio_dev d;
static volatile uint32_t *tx, *rx, *ctl;	/* the three passed-through pages */

static void setup(void)
{
	bool no_mmap;

	mdev_parent();
	mdev_cleanup();
	uuid = ktap_shared(UUID_LEN + 1);
	mdev_new(QUEUES, uuid);
	REQUIRE_OK(vfio_open(&d, uuid));
	no_mmap = !(d.regions[0].flags & VFIO_REGION_INFO_FLAG_MMAP);
	vfio_close(&d);
	if (no_mmap)
		ktap_skip("this kernel cannot revoke mappings: BARs are not mappable");
}

static volatile uint32_t *map_page(uint32_t off)
{
	void *p = vfio_mmap(&d, 0, off, PAGE);

	REQUIRE(p != MAP_FAILED);
	return p;
}

static void open_and_map(void)
{
	REQUIRE_OK(vfio_open(&d, uuid));
	cfg_command(&d, PCI_COMMAND_MEMORY, 0);
	tx = map_page(AVF_TX_TAIL(0));
	rx = map_page(AVF_RX_TAIL(0));
	ctl = map_page(0x3000);
}

/* Clause: a mapped page is the register: what is written through the mapping is
 * read by read(), and the other way round.
 */
static void mapping_is_the_register(void)
{
	unsigned int q;

	open_and_map();
	for (q = 0; q < QUEUES; q++) {
		tx[q] = 3 + q;
		rx[q] = 11 + q;
		EXPECT_EQ(tx[q], 3 + q);
		EXPECT_EQ(vfio_rd(&d, 0, AVF_TX_TAIL(q), 4), 3 + q);
		EXPECT_EQ(vfio_rd(&d, 0, AVF_RX_TAIL(q), 4), 11 + q);
		vfio_wr(&d, 0, AVF_TX_TAIL(q), 21 + q, 4);
		EXPECT_EQ(tx[q], 21 + q);
	}
	rx[(AVF_ITRN(0, 0) & 0xfff) / 4] = 25;
	EXPECT_EQ(vfio_rd(&d, 0, AVF_ITRN(0, 0), 4), 25);
	/* What does not exist in the page reads 0. */
	tx[64] = 1;
	EXPECT_EQ(tx[64], subject()->memory);
}

/* Clause: a touch of a mapped page is no trap. */
static void mapping_traps_nothing(void)
{
	int64_t traps, doorbells;
	unsigned int i;

	open_and_map();
	tx[0] = 0;	/* the page fault */
	rx[0] = 0;
	traps = mdev_traps(uuid);
	doorbells = mdev_counter(uuid, "doorbell_traps");
	EXPECT_GE(traps, 0);
	EXPECT_GE(doorbells, 0);
	for (i = 0; i < 1000; i++) {
		tx[0] = i & 31;
		rx[0] = i & 31;
	}
	EXPECT_EQ(mdev_traps(uuid), traps);
	EXPECT_EQ(mdev_counter(uuid, "doorbell_traps"), doorbells);
	/* and through read and write they are, so that the counter is known to count */
	vfio_wr(&d, 0, AVF_TX_TAIL(0), 1, 4);
	EXPECT_GT(mdev_counter(uuid, "doorbell_traps"), doorbells);
	doorbells = mdev_traps(uuid);
	vfio_rd(&d, 0, subject()->reg, 4);
	EXPECT_GT(mdev_traps(uuid), doorbells);
}

/* Clauses: the whole BAR may be mapped in one go; its trapped and absent pages
 * answer with SIGBUS, its doorbell pages work.
 */
static void whole_bar(void)
{
	static const uint32_t trapped[] = { 0x1000, 0x4000, 0x5000, 0x8000, 0xc000, 0xf000 };
	uint64_t size;
	uint8_t *bar;
	size_t i;

	REQUIRE_OK(vfio_open(&d, uuid));
	cfg_command(&d, PCI_COMMAND_MEMORY, 0);
	size = d.regions[0].size;
	bar = vfio_mmap(&d, 0, 0, size);
	REQUIRE(bar != MAP_FAILED);
	EXPECT(!touch_faults(bar, false));
	EXPECT(!touch_faults(bar + 0x2000, true));
	EXPECT(!touch_faults(bar + 0x3800, false));
	for (i = 0; i < ARRAY_SIZE(trapped); i++) {
		EXPECT(touch_faults(bar + trapped[i], false));
		EXPECT(touch_faults(bar + trapped[i], true));
	}
	EXPECT(touch_faults(bar + size - 4, false));
}

/* Clause: with memory space off the pages are gone (SIGBUS), read() answers all
 * ones or an error; switched on again, the next touch maps them.
 */
static void memory_enable(void)
{
	uint32_t v = 0;
	ssize_t n;

	open_and_map();
	tx[0] = 5;
	rx[0] = 6;
	(void)ctl[0x800 / 4];
	cfg_command(&d, 0, PCI_COMMAND_MEMORY);
	EXPECT(touch_faults(tx, false));
	EXPECT(touch_faults(rx, true));
	EXPECT(touch_faults(ctl, false));
	n = vfio_pread(&d, 0, subject()->reg, &v, 4);
	EXPECT(n < 0 || (n == 4 && v == 0xffffffff));
	n = vfio_pread(&d, 0, 0, &v, 4);
	EXPECT(n < 0 || (n == 4 && v == 0xffffffff));
	cfg_command(&d, PCI_COMMAND_MEMORY, 0);
	EXPECT(!touch_faults(tx, false));
	EXPECT_EQ(tx[0], 5);
}

/* Clause: reset switches memory space off and clears the doorbell pages in the
 * hardware, and an old mapping shows the cleared page, not a stale one.
 */
static void reset_clears(void)
{
	unsigned int i;

	open_and_map();
	for (i = 0; i < 16; i++) {
		tx[i] = 7;
		rx[i] = 8;
	}
	rx[(AVF_ITRN(0, 0) & 0xfff) / 4] = 25;
	EXPECT_OK(vfio_reset(&d));
	EXPECT(touch_faults(tx, false));
	EXPECT_EQ(vfio_rd(&d, 0, AVF_TX_TAIL(0), 4), 0xffffffff);
	cfg_command(&d, PCI_COMMAND_MEMORY, 0);
	for (i = 0; i < 16; i++) {
		EXPECT_EQ(tx[i], 0);
		EXPECT_EQ(rx[i], 0);
	}
	EXPECT_EQ(rx[(AVF_ITRN(0, 0) & 0xfff) / 4], 0);
	tx[0] = 9;
	EXPECT_EQ(vfio_rd(&d, 0, AVF_TX_TAIL(0), 4), 9);
}

/* Clause: the next tenant finds nothing of the last one. */
static void close_clears(void)
{
	open_and_map();
	tx[0] = 7;
	rx[0] = 8;
	munmap((void *)tx, PAGE);
	munmap((void *)rx, PAGE);
	munmap((void *)ctl, PAGE);
	vfio_close(&d);
	open_and_map();
	EXPECT_EQ(tx[0], 0);
	EXPECT_EQ(rx[0], 0);
}

/* Clause: config space, the MSI-X BAR, absent BARs, private mappings, and ranges
 * beyond the end cannot be mapped.
 */
static void refused_mappings(void)
{
	uint64_t size;
	uint32_t i;
	void *p;

	REQUIRE_OK(vfio_open(&d, uuid));
	cfg_command(&d, PCI_COMMAND_MEMORY, 0);
	size = d.regions[0].size;
	for (i = 1; i < VFIO_PCI_NUM_REGIONS + 2; i++) {
		p = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, d.fd, (off_t)((uint64_t)i << 40));
		if (!EXPECT(p == MAP_FAILED))
			ktap_note("... region %u", i);
	}
	EXPECT(vfio_mmap(&d, 0, size, PAGE) == MAP_FAILED);
	EXPECT(vfio_mmap(&d, 0, 0, size + PAGE) == MAP_FAILED);
	EXPECT(vfio_mmap(&d, 0, size - PAGE, 2 * PAGE) == MAP_FAILED);
	EXPECT(vfio_mmap(&d, 0, (1ull << 40) - PAGE, PAGE) == MAP_FAILED);
	p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, d.fd, 0);
	EXPECT(p == MAP_FAILED);
	/* A page that no VMM may map: either refused at once or a fault. */
	p = vfio_mmap(&d, 0, 0x8000, PAGE);
	EXPECT(p == MAP_FAILED || touch_faults(p, false));
}

/* Clause: a mapping may outlive the device's file; it then answers SIGBUS or is
 * still this ADI's page, and never another's.
 */
static void mapping_outlives_fd(void)
{
	static struct vfio_dev b;
	char other[UUID_LEN + 1];
	volatile uint32_t *p;

	open_and_map();
	tx[0] = 1;
	p = tx;
	vfio_close(&d);
	mdev_new(QUEUES, other);
	REQUIRE_OK(vfio_open(&b, other));
	cfg_command(&b, PCI_COMMAND_MEMORY, 0);
	vfio_wr(&b, 0, AVF_TX_TAIL(0), 2, 4);
	if (!touch_faults(p, true))
		*p = 19;
	EXPECT_EQ(vfio_rd(&b, 0, AVF_TX_TAIL(0), 4), 2);
	vfio_close(&b);
	munmap((void *)tx, PAGE);
	EXPECT_OK(mdev_remove(other));
}

static const struct ktap_case cases[] = {
	CASE_FOR(mapping_is_the_register, "QEMU; with x-no-mmap=on, too"),
	CASE_FOR(mapping_traps_nothing, "QEMU: doorbells without exits"),
	CASE_FOR(whole_bar, "VMMs that do not read sparse areas"),
	CASE_FOR(memory_enable, "guests' firmware, which moves BARs"),
	CASE_FOR(reset_clears, "QEMU: a guest's reboot"),
	CASE_FOR(close_clears, "Nova: gives a device to the next tenant"),
	CASE_FOR(refused_mappings, "everyone beside a hostile VMM"),
	CASE_FOR(mapping_outlives_fd, "everyone beside a hostile VMM"),
};

KTAP_MAIN("mmap", cases, setup, mdev_cleanup)
