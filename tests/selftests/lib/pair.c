// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>

#include "ktap.h"
#include "pair.h"
#include "subject.h"

char *uuid_a, *uuid_b, *uuid_other;
struct vfio_dev a, b;
int ev_a, ev_b;
uint8_t *mem;

void pair_setup(void)
{
	subject_is("vdcm_test");
	uuid_a = subject_device();
	uuid_b = ktap_shared(UUID_LEN + 1);
	uuid_other = ktap_shared(UUID_LEN + 1);
	mdev_new(1, uuid_b);
	mdev_new(2, uuid_other);
}

void pair_hardware(const char *to)
{
	char path[PATH_LEN];

	snprintf(path, sizeof(path), "/sys/class/mdev_bus/%s/hardware", mdev_parent());
	REQUIRE_OK(write_text(path, to));
}

void pair_needs_source(void)
{
	if (!mig_leaves(&a))
		ktap_skip("opened by iommufd, and without a log of what it writes, no state leaves it");
}

void pair_start(void)
{
	mem = copier_memory();
	copier_open(&a, uuid_a, &ev_a, mem);
	copier_open(&b, uuid_b, &ev_b, mem);
	cfg_command(&a, MEMORY | MASTER, 0);
}

void pair_works(struct vfio_dev *d, int ev)
{
	memset(mem, 0x5c, 100);
	memset(mem + HALF, 0, 100);
	vfio_wr(d, 0, KEY, 0, 1);
	copier_go(d, IOVA, IOVA + HALF, 100);
	EXPECT_EQ(copier_ends(d, ev), DONE);
	EXPECT_MEM(mem + HALF, mem, 100);
}

void pair_fill(struct vfio_dev *d)
{
	unsigned int i;

	for (i = 0; i < 4096; i += 4)
		vfio_wr(d, 0, PASSED + i, i * 3 + 1, 4);
	vfio_wr(d, 0, SRC, 0x123456789a, 8);
	vfio_wr(d, 0, KEY, 0xc3, 1);
	vfio_wr(d, 0, NOTE16, 0xabcd, 2);
	vfio_wr(d, 0, NOTE64, 0x0123456789abcdef, 8);
	cfg_wr(d, PCI_BASE_ADDRESS_0, 0xe0000000, 4);
	cfg_wr(d, PCI_INTERRUPT_LINE, 0x55, 1);
	for (i = 0; i < 2; i++) {
		vfio_wr(d, 3, 16 * i, 0xfee00000 + 0x1000 * i, 8);
		vfio_wr(d, 3, 16 * i + 8, 0x4000 + i, 4);
		vfio_wr(d, 3, 16 * i + 12, i, 4);
	}
	cfg_wr(d, cfg_cap(d, PCI_CAP_ID_MSIX) + PCI_MSIX_FLAGS, PCI_MSIX_FLAGS_ENABLE, 2);
}

void pair_check(struct vfio_dev *d)
{
	unsigned int i, bad = 0;

	for (i = 0; i < 4096; i += 4)
		bad += vfio_rd(d, 0, PASSED + i, 4) != i * 3 + 1;
	EXPECT_EQ(bad, 0);
	EXPECT_EQ(vfio_rd(d, 0, SRC, 8), 0x123456789a);
	EXPECT_EQ(vfio_rd(d, 0, KEY, 1), 0xc3);
	EXPECT_EQ(vfio_rd(d, 0, NOTE16, 2), 0xabcd);
	EXPECT_EQ(vfio_rd(d, 0, NOTE64, 8), 0x0123456789abcdef);
	EXPECT_EQ(cfg_rd(d, PCI_BASE_ADDRESS_0, 4) & ~0xful, 0xe0000000);
	EXPECT_EQ(cfg_rd(d, PCI_INTERRUPT_LINE, 1), 0x55);
	for (i = 0; i < 2; i++) {
		EXPECT_EQ(vfio_rd(d, 3, 16 * i, 8), 0xfee00000 + 0x1000 * i);
		EXPECT_EQ(vfio_rd(d, 3, 16 * i + 8, 4), 0x4000 + i);
		EXPECT_EQ(vfio_rd(d, 3, 16 * i + 12, 4), i);
	}
	EXPECT_EQ(cfg_rd(d, cfg_cap(d, PCI_CAP_ID_MSIX) + PCI_MSIX_FLAGS, 2) & 0xc000,
		  PCI_MSIX_FLAGS_ENABLE);
	EXPECT_EQ(cfg_rd(d, PCI_COMMAND, 2) & (MEMORY | MASTER), MEMORY | MASTER);
}

uint8_t *pair_recorded(size_t *len)
{
	uint8_t *s;

	pair_start();
	pair_needs_source();
	pair_fill(&a);
	s = mig_save(&a, len);
	REQUIRE_OK(mig_set(&a, RUNNING, NULL));
	return s;
}
