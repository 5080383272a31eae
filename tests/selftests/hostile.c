// SPDX-License-Identifier: GPL-2.0-only
/*
 * Accesses no driver would make: every offset, every size, random values. What a
 * device does with them is its own affair; that it, its neighbour and the host live
 * on is not.
 */
#include <linux/pci_regs.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/avf.h"
#include "lib/ktap.h"
#include "lib/neighbour.h"

#define PAGE	4096u

static char *uuid;
static struct avf a;
static struct neighbour *n;

static void setup(void)
{
	mdev_parent();
	mdev_cleanup();
	uuid = ktap_shared(UUID_LEN + 1);
	mdev_new(2, uuid);
}

static void start(void)
{
	n = neighbour_start();
	REQUIRE_OK(avf_open(&a, uuid, NULL));
	srandom(20240601);
}

/* Clause: after all that, a reset makes it a good device again. */
static void recovers(void)
{
	neighbour_alive(n);
	REQUIRE_OK(vfio_reset(&a.dev));
	REQUIRE_OK(avf_restart(&a));
	REQUIRE_EQ(avf_queues_up(&a, 2), 0);
	neighbour_stop(n);
}

static uint64_t random64(void)
{
	return (uint64_t)random() << 42 ^ (uint64_t)random() << 21 ^ (uint64_t)random();
}

/* An access of any length at any place: whole, or an error, never a short one. */
static void poke(uint32_t region, uint64_t off, size_t len, bool write)
{
	uint64_t v = random64();
	ssize_t r = write ? vfio_pwrite(&a.dev, region, off, &v, len) :
			    vfio_pread(&a.dev, region, off, &v, len);

	if (r >= 0)
		EXPECT_EQ(r, len);
}

/* Clause: each aligned word of BAR0, read and written; each offset of the pages with
 * registers read with all sizes and written with one; the rest of the pages in part.
 */
static void bar0_everywhere(void)
{
	static const size_t sizes[] = { 1, 2, 4, 8 };
	uint64_t off, size;
	size_t i;

	start();
	size = a.dev.regions[0].size;
	for (off = 0; off < size; off += 4) {
		poke(0, off, 4, false);
		/* Every register is written; of the pages without any, each 16th word. */
		if (off < 0x9000 || off % 64 == 0)
			poke(0, off, 4, true);
	}
	neighbour_alive(n);
	for (off = 0; off < size; off += off < 0x9000 || off % PAGE < 64 ? 1 : 251)
		for (i = 0; i < ARRAY_SIZE(sizes); i++) {
			poke(0, off, sizes[i], false);
			/* The pages that hold registers: all of them once, in turns. */
			if (off % 4 == i || off % PAGE < 64)
				poke(0, off, sizes[i], true);
		}
	for (i = 0; i < 300; i++) {
		off = size - 16 + (uint64_t)random() % 32;
		poke(0, off, 1 + i % 8, i & 1);
	}
	recovers();
}

/* Clause: registers of the admin queues and the interrupts with random values, many
 * times, with a driver that works in between.
 */
static void registers_at_random(void)
{
	static const uint32_t regs[] = {
		AVF_ICR01, AVF_ITR01(0), AVF_ITR01(2), AVF_ICR0_ENA1, AVF_DYN_CTL01,
		AVF_ARQBAH, AVF_ARQBAL, AVF_ARQLEN, AVF_ARQH, AVF_ARQT, AVF_ATQBAH,
		AVF_ATQBAL, AVF_ATQLEN, AVF_ATQH, AVF_ATQT, AVF_RSTAT, 0x5400, 0xc400, 0xcc00,
		0xd000, AVF_TX_TAIL(0), AVF_TX_TAIL(1), AVF_TX_TAIL(15), AVF_RX_TAIL(0),
		AVF_RX_TAIL(1), AVF_ITRN(0, 0), AVF_ITRN(2, 15), AVF_DYN_CTLN(0),
		AVF_DYN_CTLN(1), AVF_DYN_CTLN(15), AVF_DYN_CTLN(63),
	};
	unsigned int i, k;

	start();
	for (i = 0; i < 12; i++) {
		if (i % 3 == 0) {
			REQUIRE_OK(vfio_reset(&a.dev));
			REQUIRE_OK(avf_restart(&a));
			REQUIRE_EQ(avf_queues_up(&a, 2), 0);
		}
		for (k = 0; k < 150; k++) {
			uint32_t v = (uint32_t)random64();

			avf_wr(&a, regs[(size_t)random() % ARRAY_SIZE(regs)], k & 1 ? v : v & 0x800000ff);
		}
	}
	recovers();
}

/* Clause: the doorbell pages through the mapping: every word, random values, tails far
 * out of range, with queues running.
 */
static void doorbell_pages(void)
{
	static const uint8_t pages[] = { 0, 2, 3 };
	unsigned int round;
	size_t i, w;

	start();
	REQUIRE_OK(avf_init(&a));
	REQUIRE_EQ(avf_queues_up(&a, 2), 0);
	if (!a.page[0])
		ktap_skip("this kernel cannot revoke mappings: BARs are not mappable");
	for (round = 0; round < 2; round++)
		for (i = 0; i < ARRAY_SIZE(pages); i++) {
			volatile uint8_t *p = a.page[pages[i]];

			for (w = 0; w < PAGE; w += 4) {
				*(volatile uint32_t *)(p + w) = (uint32_t)random64();
				(void)*(volatile uint32_t *)(p + w);
			}
			for (w = 0; w < 64; w++) {
				p[w] = (uint8_t)w;
				*(volatile uint16_t *)(p + 2 * w) = 0xffff;
				*(volatile uint64_t *)(p + 8 * w) = ~0ull;
				(void)*(volatile uint64_t *)(p + 8 * w + 3);
			}
		}
	recovers();
}

/* Clause: config space: each offset with each size, written and read, leaves the
 * read-only parts as they were.
 */
static void config_everywhere(void)
{
	static uint8_t before[256], after[256];
	uint64_t off;
	size_t len;

	start();
	REQUIRE_OK(vfio_reset(&a.dev));
	REQUIRE_EQ(vfio_pread(&a.dev, VFIO_PCI_CONFIG_REGION_INDEX, 0, before, 256), 256);
	for (len = 1; len <= 8; len = len == 4 ? 8 : len + 1)
		for (off = 0; off < 4100; off += off < 264 || off > 4090 ? 1 : 37) {
			poke(VFIO_PCI_CONFIG_REGION_INDEX, off, len, true);
			poke(VFIO_PCI_CONFIG_REGION_INDEX, off, len, false);
		}
	REQUIRE_OK(vfio_reset(&a.dev));
	REQUIRE_EQ(vfio_pread(&a.dev, VFIO_PCI_CONFIG_REGION_INDEX, 0, after, 256), 256);
	EXPECT_MEM(after, before, 4);			/* identity */
	EXPECT_MEM(after + 8, before + 8, 4);		/* class */
	EXPECT_MEM(after + 0x2c, before + 0x2c, 9);	/* subsystem, ROM, capability list */
	EXPECT_EQ(after[PCI_INTERRUPT_PIN], 0);
	recovers();
}

/* Clause: the MSI-X BAR likewise, with vectors attached and enabled. */
static void msix_everywhere(void)
{
	uint64_t off, size;
	unsigned int cap;
	size_t i;

	start();
	size = a.dev.regions[3].size;
	cap = cfg_cap(&a.dev, PCI_CAP_ID_MSIX);
	cfg_wr(&a.dev, cap + PCI_MSIX_FLAGS, PCI_MSIX_FLAGS_ENABLE, 2);
	for (off = 0; off < size + 8; off += off < 128 ? 1 : off % PAGE < 32 ? 3 : 61)
		for (i = 1; i <= 8; i *= 2) {
			poke(3, off, i, true);
			poke(3, off, i, false);
		}
	for (i = 0; i < 100; i++) {
		cfg_wr(&a.dev, cap + PCI_MSIX_FLAGS, (uint16_t)random(), 2);
		poke(3, (uint64_t)random() % 64, 4, true);
		vfio_irq_trigger(&a.dev, VFIO_PCI_MSIX_IRQ_INDEX, (uint32_t)random() % 4, 1);
	}
	recovers();
}

/* Clause: regions that do not exist, offsets beyond everything, huge lengths. */
static void absent_regions(void)
{
	static uint8_t buf[1 << 16];
	void *volatile nowhere = (void *)8;
	uint32_t r;
	int i;

	start();
	for (r = 0; r < 16; r++)
		for (i = 0; i < 40; i++) {
			uint64_t off = (uint64_t)r << 40 | (random64() & (i & 1 ? 0xffff : 0xffffffffff));
			ssize_t got = pread(a.dev.fd, buf, 1 + (size_t)i % 9, (off_t)off);

			if (got >= 0)
				EXPECT_EQ(got, 1 + i % 9);
			got = pwrite(a.dev.fd, buf, 1 + (size_t)i % 9, (off_t)off);
			if (got >= 0)
				EXPECT_EQ(got, 1 + i % 9);
		}
	EXPECT(pread(a.dev.fd, buf, 4, -4) < 0);
	EXPECT(pread(a.dev.fd, buf, 4, INT64_MAX - 2) < 0);
	EXPECT_LT(vfio_pread(&a.dev, 0, a.dev.regions[0].size - 4, buf, 8), 0);
	EXPECT_LT(vfio_pread(&a.dev, VFIO_PCI_CONFIG_REGION_INDEX, 0, buf, sizeof(buf)), 0);
	/* A whole BAR in one read: all of it. */
	EXPECT_EQ(vfio_pread(&a.dev, 3, 0, buf, a.dev.regions[3].size), a.dev.regions[3].size);
	/* Memory that is not there. */
	EXPECT(pread(a.dev.fd, nowhere, 4, (off_t)(7ull << 40)) < 0);
	EXPECT(pwrite(a.dev.fd, nowhere, 4, (off_t)(7ull << 40)) < 0);
	recovers();
}

/* Clause: ioctls with random numbers and random contents are refused or harmless. */
static void random_ioctls(void)
{
	uint8_t arg[512];
	size_t i, k;
	int nr;

	start();
	for (i = 0; i < 600; i++) {
		for (k = 0; k < sizeof(arg); k++)
			arg[k] = (uint8_t)(random() & (i & 1 ? 0xff : 0x07));
		/* argsz plausible, so that the contents are looked at */
		*(uint32_t *)(void *)arg = i % 3 ? (uint32_t)(8 + random() % 64) : (uint32_t)random64();
		/* device ioctls 100 + 7..17: not those that would open files */
		nr = 100 + 7 + (int)(random() % 11);
		ioctl(a.dev.fd, _IO(';', nr), i % 7 ? (void *)arg : NULL);
	}
	vfio_irq_disable(&a.dev, VFIO_PCI_MSIX_IRQ_INDEX);
	recovers();
}

static const struct ktap_case cases[] = {
	CASE(bar0_everywhere),
	CASE(registers_at_random),
	CASE(doorbell_pages),
	CASE(config_everywhere),
	CASE(msix_everywhere),
	CASE(absent_regions),
	CASE(random_ioctls),
};

KTAP_MAIN("hostile", cases, setup, mdev_cleanup)
