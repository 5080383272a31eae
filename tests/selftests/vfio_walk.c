// SPDX-License-Identifier: GPL-2.0-only
/* The VFIO device as a VMM walks it when it realises the function. */
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "lib/avf.h"
#include "lib/ktap.h"
#include "lib/mdev.h"
#include "lib/subject.h"
#include "lib/vfio.h"

#define QUEUES		4
#define REGION_SHIFT	40
#define CONFIG_SIZE	4096

static char *uuid;
static struct vfio_dev d;

static void setup(void)
{
	mdev_parent();
	mdev_cleanup();
	uuid = ktap_shared(UUID_LEN + 1);
	mdev_new(QUEUES, uuid);
}

static void open_dev(void)
{
	REQUIRE_OK(vfio_open(&d, uuid));
}

/* Clause: flags PCI and RESET, nine regions, five interrupt indexes. */
static void device_info(void)
{
	struct vfio_device_info info = { .argsz = 4 };

	open_dev();
	EXPECT(d.info.flags & VFIO_DEVICE_FLAGS_PCI);
	EXPECT(d.info.flags & VFIO_DEVICE_FLAGS_RESET);
	EXPECT_EQ(d.info.num_regions, VFIO_PCI_NUM_REGIONS);
	EXPECT_EQ(d.info.num_irqs, VFIO_PCI_NUM_IRQS);
	/* Clause: argsz too small is refused. */
	EXPECT(ioctl(d.fd, VFIO_DEVICE_GET_INFO, &info) < 0 && errno == EINVAL);
}

/* Clause: offset = index << 40, sizes, absent regions have size 0. */
static void region_infos(void)
{
	struct vfio_region_info bad = { .argsz = sizeof(bad), .index = VFIO_PCI_NUM_REGIONS + 20 };
	uint32_t i;

	open_dev();
	for (i = 0; i < VFIO_PCI_NUM_REGIONS; i++) {
		EXPECT_EQ(d.regions[i].offset, (uint64_t)i << REGION_SHIFT);
		if (i < VFIO_PCI_ROM_REGION_INDEX && d.regions[i].size) {
			EXPECT_EQ(d.regions[i].size & (d.regions[i].size - 1), 0);
			EXPECT_EQ(d.regions[i].flags & 3, 3);
		}
		if (i != 0 && i != 3 && i != VFIO_PCI_CONFIG_REGION_INDEX)
			EXPECT_EQ(d.regions[i].size, 0);
		if (i != 0)
			EXPECT_EQ(d.regions[i].flags & VFIO_REGION_INFO_FLAG_MMAP, 0);
	}
	EXPECT_GE(d.regions[0].size, AVF_BAR0_MIN);
	EXPECT_GE(d.regions[3].size, 4096);
	EXPECT_EQ(d.regions[VFIO_PCI_CONFIG_REGION_INDEX].size, CONFIG_SIZE);
	EXPECT(ioctl(d.fd, VFIO_DEVICE_GET_REGION_INFO, &bad) < 0 && errno == EINVAL);
	bad.index = 0;
	bad.argsz = 8;
	EXPECT(ioctl(d.fd, VFIO_DEVICE_GET_REGION_INFO, &bad) < 0 && errno == EINVAL);
}

/* Clauses: the two-call protocol for capabilities; the sparse areas are exactly the
 * passed-through pages.
 */
static void sparse_areas(void)
{
	struct vfio_region_info head = { .argsz = sizeof(head), .index = 0 };
	const struct vfio_region_info_cap_sparse_mmap *s;
	struct vfio_region_info *all;
	uint32_t pages = 0, i;
	uint64_t p;

	open_dev();
	REQUIRE_EQ(ioctl(d.fd, VFIO_DEVICE_GET_REGION_INFO, &head), 0);
	if (!(head.flags & VFIO_REGION_INFO_FLAG_MMAP)) {
		EXPECT_EQ(head.flags & VFIO_REGION_INFO_FLAG_CAPS, 0);
		ktap_skip("this kernel cannot revoke mappings: BARs are not mappable");
	}
	EXPECT(head.flags & VFIO_REGION_INFO_FLAG_CAPS);
	EXPECT_GT(head.argsz, sizeof(head));
	EXPECT_EQ(head.cap_offset, 0);	/* nothing was returned yet */
	all = vfio_region(&d, 0);
	REQUIRE(all);
	s = (const void *)vfio_region_cap(all, VFIO_REGION_INFO_CAP_SPARSE_MMAP);
	REQUIRE(s);
	for (i = 0; i < s->nr_areas; i++) {
		EXPECT_EQ(s->areas[i].offset % 4096, 0);
		EXPECT_EQ(s->areas[i].size % 4096, 0);
		EXPECT_GT(s->areas[i].size, 0);
		for (p = 0; p < s->areas[i].size / 4096; p++) {
			uint64_t nr = s->areas[i].offset / 4096 + p;

			REQUIRE(nr < 32);
			EXPECT_EQ(pages & 1u << nr, 0);
			pages |= 1u << nr;
		}
	}
	EXPECT_EQ(pages, subject()->passed);
	free(all);
}

/* Clause: the identity of the composition, with INTx pin 0. */
static void identity(void)
{
	open_dev();
	EXPECT_EQ(cfg_rd(&d, PCI_VENDOR_ID, 2), subject()->id & 0xffff);
	EXPECT_EQ(cfg_rd(&d, PCI_DEVICE_ID, 2), subject()->id >> 16);
	EXPECT_EQ(cfg_rd(&d, PCI_CLASS_REVISION, 4) >> 8, subject()->class_code);
	EXPECT_EQ(cfg_rd(&d, PCI_HEADER_TYPE, 1), 0);
	EXPECT_EQ(cfg_rd(&d, PCI_INTERRUPT_PIN, 1), 0);
	EXPECT(cfg_rd(&d, PCI_STATUS, 2) & PCI_STATUS_CAP_LIST);
	EXPECT_NE(cfg_rd(&d, PCI_SUBSYSTEM_VENDOR_ID, 2), 0);
	/* Clause: read-only registers stay. */
	cfg_wr(&d, PCI_VENDOR_ID, 0x12345678, 4);
	EXPECT_EQ(cfg_rd(&d, PCI_VENDOR_ID, 4), subject()->id);
	cfg_wr(&d, PCI_STATUS, 0xffff, 2);
	EXPECT(cfg_rd(&d, PCI_STATUS, 2) & PCI_STATUS_CAP_LIST);
}

/* Clause: BARs answer sizing with their region's size; no ROM; absent BARs read 0. */
static void bar_sizing(void)
{
	uint32_t i, rom;

	open_dev();
	for (i = 0; i < 6; i++) {
		unsigned int reg = PCI_BASE_ADDRESS_0 + 4 * i;
		uint32_t old = (uint32_t)cfg_rd(&d, reg, 4), lo, hi = 0xffffffff;
		uint64_t size;

		cfg_wr(&d, reg, 0xffffffff, 4);
		lo = (uint32_t)cfg_rd(&d, reg, 4);
		cfg_wr(&d, reg, old, 4);
		EXPECT_EQ(cfg_rd(&d, reg, 4), old);
		if (!d.regions[i].size) {
			EXPECT_EQ(lo, 0);
			continue;
		}
		EXPECT_EQ(lo & PCI_BASE_ADDRESS_SPACE_IO, 0);
		if (lo & PCI_BASE_ADDRESS_MEM_TYPE_64) {
			uint32_t old_hi = (uint32_t)cfg_rd(&d, reg + 4, 4);

			cfg_wr(&d, reg + 4, 0xffffffff, 4);
			hi = (uint32_t)cfg_rd(&d, reg + 4, 4);
			cfg_wr(&d, reg + 4, old_hi, 4);
			i++;
		}
		size = ~((uint64_t)hi << 32 | (lo & ~0xfu)) + 1;
		EXPECT_EQ(size, d.regions[(reg - PCI_BASE_ADDRESS_0) / 4].size);
	}
	cfg_wr(&d, PCI_ROM_ADDRESS, 0xfffff800, 4);
	rom = (uint32_t)cfg_rd(&d, PCI_ROM_ADDRESS, 4);
	EXPECT_EQ(rom, 0);
}

/* Clause: the capability chain ends, is inside the header, and has MSI-X (table and
 * PBA apart, inside their BAR), PCI Express with FLR, power management with NoSoftRst.
 */
static void capability_chain(void)
{
	unsigned int pos, msix, pcie, pm, hops = 0;
	uint32_t table, pba, ctrl;

	open_dev();
	for (pos = (unsigned int)cfg_rd(&d, PCI_CAPABILITY_LIST, 1); pos; hops++) {
		REQUIRE(pos >= 0x40 && pos % 4 == 0 && hops < 20);
		pos = (unsigned int)cfg_rd(&d, pos + 1, 1);
	}
	msix = cfg_cap(&d, PCI_CAP_ID_MSIX);
	pcie = cfg_cap(&d, PCI_CAP_ID_EXP);
	pm = cfg_cap(&d, PCI_CAP_ID_PM);
	REQUIRE(msix && pcie && pm);

	ctrl = (uint32_t)cfg_rd(&d, msix + PCI_MSIX_FLAGS, 2);
	EXPECT_EQ((ctrl & PCI_MSIX_FLAGS_QSIZE) + 1, QUEUES + 1);
	EXPECT_EQ(ctrl & (PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL), 0);
	table = (uint32_t)cfg_rd(&d, msix + PCI_MSIX_TABLE, 4);
	pba = (uint32_t)cfg_rd(&d, msix + PCI_MSIX_PBA, 4);
	EXPECT_EQ(table & PCI_MSIX_TABLE_BIR, 3);
	EXPECT_EQ(pba & PCI_MSIX_PBA_BIR, 3);
	EXPECT_LE((table & ~7u) + (QUEUES + 1) * 16, d.regions[3].size);
	EXPECT_LE((pba & ~7u) + 8, d.regions[3].size);
	EXPECT_NE(table & ~0xfffu, pba & ~0xfffu);

	EXPECT_EQ((cfg_rd(&d, pcie + PCI_EXP_FLAGS, 2) & PCI_EXP_FLAGS_TYPE) >> 4,
		  PCI_EXP_TYPE_ENDPOINT);
	EXPECT(cfg_rd(&d, pcie + PCI_EXP_DEVCAP, 4) & PCI_EXP_DEVCAP_FLR);
	EXPECT(cfg_rd(&d, pm + PCI_PM_CTRL, 2) & PCI_PM_CTRL_NO_SOFT_RESET);
	EXPECT_EQ(cfg_rd(&d, pm + PCI_PM_CTRL, 2) & PCI_PM_CTRL_STATE_MASK, 0);
	/* The extended space is empty or begins with a sane header. */
	EXPECT_EQ((cfg_rd(&d, 0x100, 4) >> 20) & 3, 0);
}

/* Clause: COMMAND starts 0, bus master and memory enable are writable and survive,
 * there is no I/O space; reset clears it.
 */
static void command_register(void)
{
	open_dev();
	EXPECT_EQ(cfg_rd(&d, PCI_COMMAND, 2), 0);
	cfg_wr(&d, PCI_COMMAND, 0xffff, 2);
	EXPECT_EQ(cfg_rd(&d, PCI_COMMAND, 2) & 7, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	cfg_wr(&d, PCI_COMMAND, PCI_COMMAND_MEMORY, 2);
	EXPECT_EQ(cfg_rd(&d, PCI_COMMAND, 2) & 7, PCI_COMMAND_MEMORY);
	/* one byte of it */
	cfg_wr(&d, PCI_COMMAND, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER, 1);
	EXPECT_EQ(cfg_rd(&d, PCI_COMMAND, 1), PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	EXPECT_OK(vfio_reset(&d));
	EXPECT_EQ(cfg_rd(&d, PCI_COMMAND, 2), 0);
}

/* Clause: FLR through config space is a reset: registers are as after open. */
static void flr_resets(void)
{
	unsigned int pcie;

	open_dev();
	pcie = cfg_cap(&d, PCI_CAP_ID_EXP);
	REQUIRE(pcie);
	cfg_wr(&d, PCI_COMMAND, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER, 2);
	vfio_wr(&d, 0, subject()->reg, 0x12340000, 4);
	EXPECT_EQ(vfio_rd(&d, 0, subject()->reg, 4), 0x12340000);
	cfg_wr(&d, pcie + PCI_EXP_DEVCTL, PCI_EXP_DEVCTL_BCR_FLR, 2);
	EXPECT_EQ(cfg_rd(&d, PCI_COMMAND, 2), 0);
	EXPECT_EQ(cfg_rd(&d, pcie + PCI_EXP_DEVCTL, 2) & PCI_EXP_DEVCTL_BCR_FLR, 0);
	cfg_wr(&d, PCI_COMMAND, PCI_COMMAND_MEMORY, 2);
	EXPECT_EQ(vfio_rd(&d, 0, subject()->reg, 4), 0);
}

/* Clause: config reads of any split give the same bytes; 4096 in one go. */
static void config_splits(void)
{
	static uint8_t whole[CONFIG_SIZE], part[CONFIG_SIZE];
	size_t len, off;

	open_dev();
	REQUIRE_EQ(vfio_pread(&d, VFIO_PCI_CONFIG_REGION_INDEX, 0, whole, CONFIG_SIZE), CONFIG_SIZE);
	for (len = 1; len <= 8; len++) {
		for (off = 0; off + len <= 256; off += len)
			REQUIRE_EQ(vfio_pread(&d, VFIO_PCI_CONFIG_REGION_INDEX, off, part + off, len), len);
		EXPECT_MEM(part, whole, off);
	}
	/* misaligned and across dwords */
	REQUIRE_EQ(vfio_pread(&d, VFIO_PCI_CONFIG_REGION_INDEX, 3, part, 7), 7);
	EXPECT_MEM(part, whole + 3, 7);
}

/* One access; a short count is the one thing that must never be. */
static void access_once(uint32_t region, uint64_t off, size_t len)
{
	uint8_t buf[16] = { 0 };
	ssize_t n = vfio_pread(&d, region, off, buf, len);

	if (off + len > d.regions[region].size)
		EXPECT_LT(n, 0);
	else
		EXPECT_EQ(n, len);
}

/* Clause: accesses of each size anywhere in a region are done in full, aligned or not;
 * one that leaves it is an error.
 */
static void access_sizes(void)
{
	uint32_t r;
	size_t len;

	open_dev();
	cfg_command(&d, PCI_COMMAND_MEMORY, 0);
	for (r = 0; r < VFIO_PCI_NUM_REGIONS; r++) {
		uint64_t size = d.regions[r].size, off;

		for (len = 1; len <= 8; len++) {
			for (off = 0; off < 20; off++)
				access_once(r, off, len);
			for (off = 0; off < size; off += 4096)
				access_once(r, off + len % 4, len);
			for (off = size > 10 ? size - 10 : 0; off < size + 10; off++)
				access_once(r, off, len);
		}
	}
	EXPECT_LT(vfio_pread(&d, VFIO_PCI_CONFIG_REGION_INDEX, 1ull << 39, &len, 4), 0);
	EXPECT_LT(pread(d.fd, &len, 4, (off_t)(9ull << REGION_SHIFT)), 0);
	EXPECT_LT(pread(d.fd, &len, 4, (off_t)(0x7ffull << REGION_SHIFT)), 0);
}

/* Clause: registers are 32 bits wide: less of one reads 0 and changes nothing; eight
 * bytes are two of them.
 */
static void register_width(void)
{
	open_dev();
	cfg_command(&d, PCI_COMMAND_MEMORY, 0);
	vfio_wr(&d, 0, subject()->reg, 0x12345600, 4);
	EXPECT_EQ(vfio_rd(&d, 0, subject()->reg, 1), 0);
	EXPECT_EQ(vfio_rd(&d, 0, subject()->reg + 1, 1), 0);
	EXPECT_EQ(vfio_rd(&d, 0, subject()->reg, 2), 0);
	EXPECT_EQ(vfio_rd(&d, 0, subject()->reg + 2, 2), 0);
	vfio_wr(&d, 0, subject()->reg, 0xaabb, 2);
	vfio_wr(&d, 0, subject()->reg + 3, 0xcc, 1);
	EXPECT_EQ(vfio_rd(&d, 0, subject()->reg, 4), 0x12345600);
	vfio_wr(&d, 0, AVF_TX_TAIL(0), 0x500000003ull, 8);
	EXPECT_EQ(vfio_rd(&d, 0, AVF_TX_TAIL(0), 4), 3);
	EXPECT_EQ(vfio_rd(&d, 0, AVF_TX_TAIL(1), 4), 5);
	EXPECT_EQ(vfio_rd(&d, 0, AVF_TX_TAIL(0), 8), 0x500000003ull);
}

/* Clause: absent pages read 0 and swallow writes. */
static void absent_pages_read_zero(void)
{
	static uint8_t page[4096], zero[4096];
	uint64_t off;

	open_dev();
	cfg_command(&d, PCI_COMMAND_MEMORY, 0);
	for (off = 0x1000; off < d.regions[0].size; off = off == 0x1000 ? 0x9000 : off + 0x1000) {
		vfio_wr(&d, 0, off + 0x10, 0xffffffff, 4);
		if (off == 0xc000 || off == 0xd000)
			continue;	/* RSS registers: may be kept */
		REQUIRE_EQ(vfio_pread(&d, 0, off, page, sizeof(page)), sizeof(page));
		EXPECT_MEM(page, zero, sizeof(page));
	}
}

/* Clause: GET_IRQ_INFO answers for each index; count 0 where there is nothing. */
static void irq_infos(void)
{
	static const uint32_t count[] = { 0, 0, QUEUES + 1, 1, 1 };
	struct vfio_irq_info info;
	uint32_t i;

	open_dev();
	for (i = 0; i < VFIO_PCI_NUM_IRQS; i++) {
		EXPECT_OK(vfio_irq_info(&d, i, &info));
		EXPECT_EQ(info.index, i);
		EXPECT_EQ(info.count, count[i]);
		if (count[i])
			EXPECT(info.flags & VFIO_IRQ_INFO_EVENTFD);
		ktap_note("irq %u: count %u flags %#x", i, info.count, info.flags);
	}
	EXPECT_ERR(vfio_irq_info(&d, VFIO_PCI_NUM_IRQS, &info), EINVAL);
	EXPECT_ERR(vfio_irq_info(&d, ~0u, &info), EINVAL);
	info.argsz = 4;
	EXPECT(ioctl(d.fd, VFIO_DEVICE_GET_IRQ_INFO, &info) < 0 && errno == EINVAL);
}

/* Clause: the group and container flow gives its errors in the right places. */
static void group_flow(void)
{
	int nr = vfio_group_number(uuid), group, second, container, fd;
	struct vfio_group_status st = { .argsz = sizeof(st) };
	char path[64], state[128];

	if (!vfio_is_type1())
		ktap_skip("devices are not opened through group and type1");
	REQUIRE_GT(nr, -1);
	snprintf(path, sizeof(path), "/dev/vfio/%d", nr);
	container = open("/dev/vfio/vfio", O_RDWR);
	REQUIRE_GE(container, 0);
	EXPECT_EQ(ioctl(container, VFIO_GET_API_VERSION), VFIO_API_VERSION);
	EXPECT(ioctl(container, VFIO_CHECK_EXTENSION, VFIO_TYPE1v2_IOMMU) > 0);
	EXPECT(ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU) < 0);
	group = open(path, O_RDWR);
	REQUIRE_GE(group, 0);
	second = open(path, O_RDWR);
	EXPECT(second < 0 && errno == EBUSY);
	EXPECT_EQ(ioctl(group, VFIO_GROUP_GET_STATUS, &st), 0);
	EXPECT(st.flags & VFIO_GROUP_FLAGS_VIABLE);
	EXPECT(ioctl(group, VFIO_GROUP_GET_DEVICE_FD, uuid) < 0);
	REQUIRE_EQ(ioctl(group, VFIO_GROUP_SET_CONTAINER, &container), 0);
	EXPECT(ioctl(group, VFIO_GROUP_GET_DEVICE_FD, uuid) < 0);
	REQUIRE_EQ(ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU), 0);
	EXPECT(ioctl(group, VFIO_GROUP_GET_DEVICE_FD, "no-such-device") < 0);
	fd = ioctl(group, VFIO_GROUP_GET_DEVICE_FD, uuid);
	REQUIRE_GE(fd, 0);
	/* Clause: the state attribute says who has it open. */
	EXPECT_GT(mdev_attr(uuid, "state", state, sizeof(state)), 0);
	EXPECT(!strncmp(state, "open ", 5) && atoi(state + 5) == getpid());
	EXPECT(ioctl(group, VFIO_GROUP_UNSET_CONTAINER) < 0);
	close(fd);
	EXPECT_EQ(ioctl(group, VFIO_GROUP_UNSET_CONTAINER), 0);
	close(group);
	close(container);
	EXPECT_GT(mdev_attr(uuid, "state", state, sizeof(state)), 0);
	EXPECT(!strcmp(state, "idle"));
}

/* Clause: unknown ioctls are refused, reset works from any state, twice. */
static void ioctls_and_reset(void)
{
	struct vfio_device_feature f = {
		.argsz = sizeof(f),
		.flags = VFIO_DEVICE_FEATURE_PROBE | VFIO_DEVICE_FEATURE_GET | 0x7777,
	};

	open_dev();
	EXPECT(ioctl(d.fd, _IO(';', 0xf0), 0) < 0);
	EXPECT(ioctl(d.fd, VFIO_DEVICE_FEATURE, &f) < 0);
	EXPECT_OK(vfio_reset(&d));
	EXPECT_OK(vfio_reset(&d));
	cfg_command(&d, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER, 0);
	EXPECT_OK(vfio_reset(&d));
}

static const struct ktap_case cases[] = {
	CASE_FOR(group_flow, "QEMU, libvirt, KubeVirt: /dev/vfio/GROUP"),
	CASE_FOR(device_info, "QEMU"),
	CASE_FOR(region_infos, "QEMU"),
	CASE_FOR(sparse_areas, "QEMU: what it maps for the guest"),
	CASE_FOR(irq_infos, "QEMU: no error index, no error recovery"),
	CASE_FOR(identity, "the guest's iavf; QEMU: no INTx to set up"),
	CASE_FOR(bar_sizing, "guests; QEMU: reads the ROM register back"),
	CASE_FOR(capability_chain, "QEMU: FLR or NoSoftRst, else it wants a bus reset"),
	CASE_FOR(command_register, "guests; QEMU: clears it before a reset"),
	CASE_FOR(flr_resets, "guests that reset a function"),
	CASE_FOR(config_splits, "QEMU: all 4096 bytes in one read"),
	CASE_FOR(access_sizes, "QEMU with x-no-mmap=on"),
	CASE_FOR(register_width, "QEMU with x-no-mmap=on"),
	CASE_FOR(absent_pages_read_zero, "guests that dump registers"),
	CASE_FOR(ioctls_and_reset, "QEMU: reset at a guest's reboot, feature probes"),
};

KTAP_MAIN("vfio_walk", cases, setup, mdev_cleanup)
