// SPDX-License-Identifier: GPL-2.0-only
/*
 * The registers of a virtio function, as a guest's driver and its firmware walk them,
 * and as none of them should. No guest, and hardly a queue.
 */
#include <linux/pci_regs.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/ktap.h"
#include "lib/mdev.h"
#include "lib/virtio.h"

#define PAIRS		4
#define QUEUES		(2 * PAIRS + 1)
#define VECTORS		(2 * PAIRS + 1)
#define BAR		4
#define BAR_SIZE	0x4000
#define PAGE		0x1000
#define REVOKED_MS	4000	/* who does not listen loses the hardware after 2000 */

static struct virtio v;

static void setup(void)
{
	mdev_parent();
	mdev_cleanup();
	if (mdev_available(mdev_virtio_type(PAIRS)) < 0)
		ktap_skip("no %s", mdev_virtio_type(PAIRS));
}

static void fresh(void)
{
	virtio_new(&v, PAIRS);
}

static uint64_t bar_rd(uint64_t off, size_t size)
{
	uint64_t value = 0;

	REQUIRE_EQ(vfio_pread(&v.dev, BAR, off, &value, size), size);
	return value;
}

static void bar_wr(uint64_t off, uint64_t value, size_t size)
{
	REQUIRE_EQ(vfio_pwrite(&v.dev, BAR, off, &value, size), size);
}

/* --- the PCI function ------------------------------------------------------------------ */

/* Clause: a virtio 1.x network function, and not one that another driver claims. */
static void identity(void)
{
	fresh();
	EXPECT_EQ(cfg_rd(&v.dev, PCI_VENDOR_ID, 4), VIRTIO_ID);
	EXPECT_GE(cfg_rd(&v.dev, PCI_REVISION_ID, 1), 1);
	EXPECT_EQ(cfg_rd(&v.dev, PCI_CLASS_REVISION, 4) >> 8, 0x020000);
	EXPECT_EQ(cfg_rd(&v.dev, PCI_SUBSYSTEM_VENDOR_ID, 2), 0x1af4);
	EXPECT_GE(cfg_rd(&v.dev, PCI_SUBSYSTEM_ID, 2), 0x40);
	EXPECT_EQ(cfg_rd(&v.dev, PCI_INTERRUPT_PIN, 1), 0);
	virtio_end(&v);
}

/* Clause: one capability of each kind, in a BAR, with what drivers demand of it. */
static void capabilities(void)
{
	static const struct { uint32_t offset, least; } want[VCAP_NR] = {
		[VCAP_COMMON] = { 0, 60 }, [VCAP_ISR] = { PAGE, 1 },
		[VCAP_DEVICE] = { 2 * PAGE, 12 }, [VCAP_NOTIFY] = { 3 * PAGE, 4 * QUEUES },
	};
	unsigned int pos, nr[VCAP_NR] = { 0 }, type;
	uint32_t mult;

	fresh();
	for (pos = (unsigned int)cfg_rd(&v.dev, PCI_CAPABILITY_LIST, 1); pos;
	     pos = (unsigned int)cfg_rd(&v.dev, pos + 1, 1)) {
		if (cfg_rd(&v.dev, pos, 1) != PCI_CAP_ID_VNDR)
			continue;
		type = (unsigned int)cfg_rd(&v.dev, pos + VCAP_TYPE, 1);
		EXPECT_GE(cfg_rd(&v.dev, pos + VCAP_LEN, 1),
			  type == VCAP_NOTIFY || type == VCAP_PCI ? 20 : 16);
		if (type < VCAP_NR)
			nr[type]++;
	}
	for (type = VCAP_COMMON; type < VCAP_NR; type++) {
		EXPECT_EQ(nr[type], 1);
		if (type == VCAP_PCI)
			continue;
		EXPECT_EQ(v.cap[type].bar, BAR);
		EXPECT_EQ(v.cap[type].offset, want[type].offset);
		EXPECT_GE(v.cap[type].length, want[type].least);
		EXPECT_LE(v.cap[type].length, PAGE);
	}
	mult = (uint32_t)cfg_rd(&v.dev, v.cap[VCAP_NOTIFY].at + VCAP_MULTIPLIER, 4);
	EXPECT_EQ(mult, 4);
	/* They are no memory. */
	cfg_wr(&v.dev, v.cap[VCAP_COMMON].at + VCAP_OFFSET, 0xffffffff, 4);
	EXPECT_EQ(cfg_rd(&v.dev, v.cap[VCAP_COMMON].at + VCAP_OFFSET, 4), 0);
	virtio_end(&v);
}

/* Clause: one BAR of four pages, of which user space maps the notify page alone; a vector
 * for changes of the configuration and one for each queue of packets.
 */
static void regions(void)
{
	const struct vfio_region_info_cap_sparse_mmap *s;
	struct vfio_region_info *info;
	struct vfio_irq_info irq;
	unsigned int msix;

	fresh();
	EXPECT_EQ(v.dev.regions[BAR].size, BAR_SIZE);
	EXPECT_EQ(cfg_rd(&v.dev, PCI_BASE_ADDRESS_4, 4) & 0xf,
		  PCI_BASE_ADDRESS_MEM_TYPE_64 | PCI_BASE_ADDRESS_MEM_PREFETCH);
	msix = cfg_cap(&v.dev, PCI_CAP_ID_MSIX);
	REQUIRE(msix);
	EXPECT_EQ((cfg_rd(&v.dev, msix + PCI_MSIX_FLAGS, 2) & PCI_MSIX_FLAGS_QSIZE) + 1, VECTORS);
	EXPECT_OK(vfio_irq_info(&v.dev, VFIO_PCI_MSIX_IRQ_INDEX, &irq));
	EXPECT_EQ(irq.count, VECTORS);
	info = vfio_region(&v.dev, BAR);
	REQUIRE(info);
	if (info->flags & VFIO_REGION_INFO_FLAG_MMAP) {
		s = (const void *)vfio_region_cap(info, VFIO_REGION_INFO_CAP_SPARSE_MMAP);
		REQUIRE(s && s->nr_areas == 1);
		EXPECT_EQ(s->areas[0].offset, 3 * PAGE);
		EXPECT_EQ(s->areas[0].size, PAGE);
	}
	free(info);
	virtio_end(&v);
}

/* --- widths ------------------------------------------------------------------------------ */

static int field_at(unsigned int off, unsigned int size)
{
	int i;

	for (i = 0; i < CC_NR; i++)
		if (virtio_common[i].off == off && virtio_common[i].size == size)
			return i;
	return -1;
}

/* What an access is made of: pieces as large as alignment allows, eight bytes being two of
 * four. Calls @fn for each piece that is exactly a field.
 */
static void pieces(unsigned int off, unsigned int len, void (*fn)(int field, unsigned int shift, void *arg), void *arg)
{
	unsigned int done = 0, size;
	int field;

	while (done < len) {
		for (size = 4; size > len - done || (off + done) % size; size /= 2)
			;
		field = field_at(off + done, size);
		if (field >= 0)
			fn(field, 8 * done, arg);
		done += size;
	}
}

static uint64_t values[CC_NR];

static void add_value(int field, unsigned int shift, void *arg)
{
	*(uint64_t *)arg |= values[field] << shift;
}

static void found(int field, unsigned int shift, void *arg)
{
	(void)field;
	(void)shift;
	*(bool *)arg = true;
}

/* A state in which few fields read 0. */
static void colour(void)
{
	int i;

	virtio_wr(&v, CC_STATUS, VS_ACKNOWLEDGE);
	virtio_wr(&v, CC_STATUS, VS_ACKNOWLEDGE | VS_DRIVER);
	virtio_accept(&v, VF_LEAST);
	virtio_wr(&v, CC_DEV_SELECT, 1);
	virtio_wr(&v, CC_CONFIG_VECTOR, 2);
	virtio_wr(&v, CC_Q_SELECT, 3);
	virtio_wr(&v, CC_Q_SIZE, 64);
	virtio_wr(&v, CC_Q_VECTOR, 4);
	for (i = CC_Q_DESC_LO; i <= CC_Q_USED_HI; i += 2) {
		virtio_wr(&v, i, 0x11223340 + 0x1010000u * (unsigned int)i);
		virtio_wr(&v, i + 1, 0x5600u + (unsigned int)i);
	}
	for (i = 0; i < CC_NR; i++)
		values[i] = virtio_rd(&v, i);
	EXPECT_EQ(values[CC_DEV_SELECT], 1);
	EXPECT_EQ(values[CC_DEV_FEATURE] & 3, 3);
	EXPECT_EQ(values[CC_CONFIG_VECTOR], 2);
	EXPECT_EQ(values[CC_NUM_QUEUES], QUEUES);
	EXPECT_EQ(values[CC_STATUS], 3);
	EXPECT_EQ(values[CC_Q_SIZE], 64);
	EXPECT_EQ(values[CC_Q_NOTIFY_OFF], 3);
	EXPECT_EQ(values[CC_Q_DESC_HI], 0x5600 + CC_Q_DESC_LO);
}

/* Clause: a field answers accesses of its offset and width, and no others. */
static void reads_by_width(void)
{
	unsigned int len, off, bad = 0;

	fresh();
	colour();
	for (len = 1; len <= 8; len++)
		for (off = 0; off + len <= 72; off++) {
			uint64_t want = 0, is = bar_rd(off, len);

			pieces(off, len, add_value, &want);
			if (is != want && bad++ < 5)
				ktap_note("%u bytes at %u: %#llx, not %#llx", len, off,
					  (unsigned long long)is, (unsigned long long)want);
		}
	EXPECT_EQ(bad, 0);
	virtio_end(&v);
}

/* Clause: what is no field's offset and width changes none. */
static void writes_by_width(void)
{
	unsigned int len, off;
	bool hit;
	int i;

	fresh();
	colour();
	for (len = 1; len <= 8; len++)
		for (off = 0; off + len <= PAGE; off += off < 72 ? 1 : 61) {
			hit = false;
			pieces(off, len, found, &hit);
			if (!hit)
				bar_wr(off, ~0ull, len);
		}
	for (i = 0; i < CC_NR; i++)
		EXPECT_EQ(virtio_rd(&v, i), values[i]);
	virtio_end(&v);
}

/* Clause: what a driver may only read stays. */
static void read_only_fields(void)
{
	static const int fields[] = {
		CC_DEV_FEATURE, CC_NUM_QUEUES, CC_GENERATION, CC_Q_NOTIFY_OFF, CC_Q_NOTIFY_DATA,
		CC_ADMIN_INDEX, CC_ADMIN_NUM,
	};
	uint64_t before;
	size_t i;

	fresh();
	colour();
	for (i = 0; i < ARRAY_SIZE(fields); i++) {
		before = virtio_rd(&v, fields[i]);
		virtio_wr(&v, fields[i], ~before);
		EXPECT_EQ(virtio_rd(&v, fields[i]), before);
	}
	virtio_end(&v);
}

/* --- status and features ------------------------------------------------------------------ */

/* Clause: bits of the status are added; only 0 takes them away; those of the device's own
 * are not for the driver.
 */
static void status_is_added_to(void)
{
	static const struct { uint8_t write, read; } step[] = {
		{ 0, 0 }, { VS_ACKNOWLEDGE, 1 }, { VS_ACKNOWLEDGE | VS_DRIVER, 3 },
		{ VS_DRIVER, 3 }, { VS_ACKNOWLEDGE, 3 },
		{ VS_NEEDS_RESET | VS_ACKNOWLEDGE | VS_DRIVER, 3 },
		{ VS_FAILED | 3, VS_FAILED | 3 }, { 3, VS_FAILED | 3 }, { 0, 0 }, { 0, 0 },
	};
	size_t i;

	fresh();
	for (i = 0; i < ARRAY_SIZE(step); i++) {
		virtio_wr(&v, CC_STATUS, step[i].write);
		EXPECT_EQ(virtio_rd(&v, CC_STATUS), step[i].read);
	}
	virtio_end(&v);
}

/* Clause: each select has an answer, and those beyond the features 0. */
static void features_by_select(void)
{
	static const uint32_t beyond[] = { 2, 3, 4, 32, 0x7fffffff, 0x80000000, 0xffffffff };
	uint64_t offered;
	size_t i;

	fresh();
	offered = virtio_offered(&v);
	ktap_note("offered: %#llx", (unsigned long long)offered);
	EXPECT_EQ(offered & VF_LEAST, VF_LEAST);
	EXPECT_EQ(offered & (VF_MAC | VF_STATUS | VF_MTU | VF_CTRL_VQ | VF_MQ),
		  VF_MAC | VF_STATUS | VF_MTU | VF_CTRL_VQ | VF_MQ);
	for (i = 0; i < ARRAY_SIZE(beyond); i++) {
		virtio_wr(&v, CC_DEV_SELECT, beyond[i]);
		EXPECT_EQ(virtio_rd(&v, CC_DEV_SELECT), beyond[i]);
		EXPECT_EQ(virtio_rd(&v, CC_DEV_FEATURE), 0);
		virtio_wr(&v, CC_DRV_SELECT, beyond[i]);
		virtio_wr(&v, CC_DRV_FEATURE, 0);
		EXPECT_EQ(virtio_rd(&v, CC_DRV_FEATURE), 0);
	}
	virtio_wr(&v, CC_STATUS, 1);
	virtio_wr(&v, CC_STATUS, 3);
	virtio_accept(&v, offered);
	EXPECT_EQ(virtio_rd(&v, CC_DRV_FEATURE), offered >> 32);
	virtio_wr(&v, CC_DRV_SELECT, 0);
	EXPECT_EQ(virtio_rd(&v, CC_DRV_FEATURE), offered & 0xffffffff);
	virtio_end(&v);
}

/* Clause: FEATURES_OK stays only with a set that the function can work with. */
static void features_refused(void)
{
	static const struct { uint64_t features; bool ok; } sets[] = {
		{ 0, false },
		{ VF_VERSION_1, false },
		{ VF_ACCESS_PLATFORM, false },
		{ VF_LEAST, true },
		{ VF_LEAST | VF_CTRL_RX, false },
		{ VF_LEAST | VF_MQ, false },
		{ VF_LEAST | VF_CTRL_MAC_ADDR, false },
		{ VF_LEAST | VF_HOST_TSO4, false },
		{ VF_LEAST | VF_HOST_TSO6, false },
		{ VF_LEAST | VF_CSUM | VF_HOST_ECN, false },
		{ VF_LEAST | VF_GUEST_CSUM | VF_GUEST_OFFLOADS, false },
		{ VF_LEAST | VF_GUEST_TSO4, false },
		{ VF_LEAST | VF_GUEST_CSUM | VF_GUEST_TSO4, true },
		{ VF_LEAST | VF_CSUM | VF_HOST_TSO4 | VF_HOST_ECN, true },
		{ VF_LEAST | VF_CTRL_VQ | VF_CTRL_RX | VF_CTRL_MAC_ADDR | VF_MQ, true },
	};
	uint64_t offered;
	size_t i;

	fresh();
	offered = virtio_offered(&v);
	for (i = 0; i < ARRAY_SIZE(sets); i++) {
		bool ok = virtio_negotiate(&v, sets[i].features & offered);

		if (ok != sets[i].ok)
			ktap_note("%#llx", (unsigned long long)sets[i].features);
		EXPECT_EQ(ok, sets[i].ok);
		/* A driver that was refused may try again. */
		if (!ok) {
			virtio_accept(&v, VF_LEAST);
			virtio_wr(&v, CC_STATUS, 3 | VS_FEATURES_OK);
			EXPECT(virtio_rd(&v, CC_STATUS) & VS_FEATURES_OK);
		}
		virtio_reset(&v);
	}
	EXPECT(virtio_negotiate(&v, offered));
	virtio_end(&v);
}

/* Clause: a feature that is not offered is refused, each of them, also beyond 64. */
static void features_not_offered(void)
{
	unsigned int bit;
	uint64_t offered;

	fresh();
	offered = virtio_offered(&v);
	for (bit = 0; bit < 64; bit++) {
		if (offered & VF(bit))
			continue;
		EXPECT(!virtio_negotiate(&v, VF_LEAST | VF(bit)));
		virtio_reset(&v);
	}
	virtio_wr(&v, CC_STATUS, 3);
	virtio_wr(&v, CC_DRV_SELECT, 2);
	virtio_wr(&v, CC_DRV_FEATURE, 1);
	EXPECT(!virtio_negotiate(&v, VF_LEAST));
	virtio_end(&v);
}

/* Clause: once FEATURES_OK stays, the set does. */
static void features_are_kept(void)
{
	fresh();
	REQUIRE(virtio_negotiate(&v, VF_LEAST | VF_CTRL_VQ));
	virtio_accept(&v, VF_LEAST | VF_CSUM);
	virtio_wr(&v, CC_DRV_SELECT, 0);
	EXPECT_EQ(virtio_rd(&v, CC_DRV_FEATURE), VF_CTRL_VQ);
	virtio_end(&v);
}

/* --- queues -------------------------------------------------------------------------------- */

/* Clause: a queue that there is none of has size 0, and cannot be enabled. */
static void queue_select(void)
{
	static const uint16_t none[] = { QUEUES, QUEUES + 1, 16, 33, 0x7fff, 0x8000, 0xffff };
	unsigned int i;

	fresh();
	REQUIRE(virtio_negotiate(&v, VF_LEAST | VF_CTRL_VQ | VF_MQ));
	for (i = 0; i < QUEUES; i++) {
		virtio_wr(&v, CC_Q_SELECT, i);
		EXPECT_GE(virtio_rd(&v, CC_Q_SIZE), 64);
		EXPECT_EQ(virtio_rd(&v, CC_Q_SIZE) & (virtio_rd(&v, CC_Q_SIZE) - 1), 0);
		EXPECT_EQ(virtio_rd(&v, CC_Q_NOTIFY_OFF), i);
		EXPECT_EQ(virtio_rd(&v, CC_Q_VECTOR), VIRTIO_NO_VECTOR);
		EXPECT_EQ(virtio_rd(&v, CC_Q_ENABLE), 0);
		EXPECT_EQ(virtio_rd(&v, CC_Q_RESET), 0);
	}
	for (i = 0; i < ARRAY_SIZE(none); i++) {
		virtio_wr(&v, CC_Q_SELECT, none[i]);
		EXPECT_EQ(virtio_rd(&v, CC_Q_SELECT), none[i]);
		EXPECT_EQ(virtio_rd(&v, CC_Q_SIZE), 0);
		virtio_wr(&v, CC_Q_SIZE, 64);
		EXPECT_EQ(virtio_rd(&v, CC_Q_SIZE), 0);
		virtio_wr(&v, CC_Q_DESC_LO, 0x1000);
		virtio_wr(&v, CC_Q_ENABLE, 1);
		EXPECT_EQ(virtio_rd(&v, CC_Q_ENABLE), 0);
		virtio_wr(&v, CC_Q_RESET, 1);
		EXPECT_EQ(virtio_rd(&v, CC_Q_RESET), 0);
	}
	virtio_end(&v);
}

/* Clause: sizes and vectors that there are not are refused, and read so. */
static void queue_values(void)
{
	static const uint16_t sizes[] = { 0, 3, 63, 65, 100, 257, 512, 1024, 0x8000, 0xffff };
	static const uint16_t vectors[] = { VECTORS, VECTORS + 1, 0x100, 0x7ff, 0xfffe };
	static const int fields[] = { CC_CONFIG_VECTOR, CC_Q_VECTOR };
	uint64_t most;
	size_t i, k;

	fresh();
	REQUIRE(virtio_negotiate(&v, VF_LEAST));
	most = virtio_rd(&v, CC_Q_SIZE);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		virtio_wr(&v, CC_Q_SIZE, sizes[i]);
		EXPECT_EQ(virtio_rd(&v, CC_Q_SIZE), most);
	}
	for (; most; most /= 2) {
		virtio_wr(&v, CC_Q_SIZE, most);
		EXPECT_EQ(virtio_rd(&v, CC_Q_SIZE), most);
	}
	for (k = 0; k < ARRAY_SIZE(fields); k++) {
		for (i = 0; i < VECTORS; i++) {
			virtio_wr(&v, fields[k], i);
			EXPECT_EQ(virtio_rd(&v, fields[k]), i);
		}
		for (i = 0; i < ARRAY_SIZE(vectors); i++) {
			virtio_wr(&v, fields[k], vectors[i]);
			EXPECT_EQ(virtio_rd(&v, fields[k]), VIRTIO_NO_VECTOR);
		}
	}
	virtio_end(&v);
}

/* Clause: each queue has fields of its own; an enabled one keeps them, and 0 does not stop
 * it.
 */
static void queue_fields(void)
{
	unsigned int i;

	fresh();
	REQUIRE(virtio_negotiate(&v, VF_LEAST | VF_CTRL_VQ | VF_MQ));
	for (i = 0; i < QUEUES; i++) {
		virtio_wr(&v, CC_Q_SELECT, i);
		virtio_wr(&v, CC_Q_SIZE, i & 1 ? 64 : 32);
		virtio_wr(&v, CC_Q_VECTOR, i);
		/* 8 bytes are two fields. */
		bar_wr(virtio_common[CC_Q_DESC_LO].off, 0x100001000ull * (i + 1), 8);
		virtio_wr(&v, CC_Q_AVAIL_LO, 0x2000 * (i + 1));
		virtio_wr(&v, CC_Q_USED_LO, 0x4000 * (i + 1));
		virtio_wr(&v, CC_Q_ENABLE, 1);
	}
	for (i = 0; i < QUEUES; i++) {
		virtio_wr(&v, CC_Q_SELECT, i);
		virtio_wr(&v, CC_Q_ENABLE, 0);
		virtio_wr(&v, CC_Q_SIZE, 128);
		virtio_wr(&v, CC_Q_DESC_HI, 77);
		virtio_wr(&v, CC_Q_AVAIL_LO, 0x77000);
		EXPECT_EQ(virtio_rd(&v, CC_Q_ENABLE), 1);
		EXPECT_EQ(virtio_rd(&v, CC_Q_SIZE), i & 1 ? 64 : 32);
		EXPECT_EQ(virtio_rd(&v, CC_Q_VECTOR), i);
		EXPECT_EQ(bar_rd(virtio_common[CC_Q_DESC_LO].off, 8), 0x100001000ull * (i + 1));
		EXPECT_EQ(virtio_rd(&v, CC_Q_AVAIL_LO), 0x2000 * (i + 1));
		EXPECT_EQ(virtio_rd(&v, CC_Q_USED_LO), 0x4000 * (i + 1));
	}
	virtio_end(&v);
}

/* --- resets --------------------------------------------------------------------------------- */

static void expect_fresh(void)
{
	unsigned int i;

	EXPECT_EQ(virtio_rd(&v, CC_STATUS), 0);
	EXPECT_EQ(virtio_rd(&v, CC_CONFIG_VECTOR), VIRTIO_NO_VECTOR);
	for (i = 0; i < 2; i++) {
		virtio_wr(&v, CC_DRV_SELECT, i);
		EXPECT_EQ(virtio_rd(&v, CC_DRV_FEATURE), 0);
	}
	for (i = 0; i < QUEUES; i++) {
		virtio_wr(&v, CC_Q_SELECT, i);
		EXPECT_EQ(virtio_rd(&v, CC_Q_ENABLE), 0);
		EXPECT_GE(virtio_rd(&v, CC_Q_SIZE), 64);
		EXPECT_EQ(virtio_rd(&v, CC_Q_VECTOR), VIRTIO_NO_VECTOR);
		EXPECT_EQ(virtio_rd(&v, CC_Q_DESC_LO), 0);
		EXPECT_EQ(virtio_rd(&v, CC_Q_USED_HI), 0);
	}
}

static void negotiate_and_enable(void)
{
	colour();
	virtio_wr(&v, CC_STATUS, 3 | VS_FEATURES_OK);
	EXPECT_EQ(virtio_rd(&v, CC_STATUS), 3 | VS_FEATURES_OK);
	virtio_wr(&v, CC_Q_ENABLE, 1);
}

static void by_status(void)
{
	virtio_reset(&v);
}

static void by_vfio(void)
{
	REQUIRE_OK(vfio_reset(&v.dev));
	EXPECT_EQ(cfg_rd(&v.dev, PCI_COMMAND, 2), 0);
	cfg_command(&v.dev, PCI_COMMAND_MEMORY, 0);
}

static void by_flr(void)
{
	cfg_wr(&v.dev, cfg_cap(&v.dev, PCI_CAP_ID_EXP) + PCI_EXP_DEVCTL, PCI_EXP_DEVCTL_BCR_FLR, 2);
	cfg_command(&v.dev, PCI_COMMAND_MEMORY, 0);
}

/* Clause: after each kind of reset the function is as after its opening, also with queues
 * at work.
 */
static void resets(void)
{
	static void (*const how[])(void) = { by_status, by_vfio, by_flr };
	size_t i;

	fresh();
	for (i = 0; i < ARRAY_SIZE(how); i++) {
		negotiate_and_enable();
		how[i]();
		expect_fresh();
	}
	virtio_end(&v);
	for (i = 0; i < ARRAY_SIZE(how); i++) {
		fresh();
		virtio_up(&v, PAIRS, virtio_offered(&v));
		how[i]();
		expect_fresh();
		virtio_end(&v);
	}
}

/* Clause: without memory space there are no registers; bus mastering stays over a reset by
 * the driver.
 */
static void command_register(void)
{
	fresh();
	REQUIRE(virtio_negotiate(&v, VF_LEAST));
	cfg_command(&v.dev, 0, PCI_COMMAND_MEMORY);
	EXPECT_EQ(bar_rd(20, 1), 0xff);
	bar_wr(20, 0, 1);
	cfg_command(&v.dev, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER, 0);
	EXPECT_EQ(virtio_rd(&v, CC_STATUS), 3 | VS_FEATURES_OK);
	virtio_reset(&v);
	EXPECT_EQ(cfg_rd(&v.dev, PCI_COMMAND, 2), PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	virtio_end(&v);
}

/* --- the other pages -------------------------------------------------------------------------- */

/* Clause: address, link, number of pairs and MTU are there before features are accepted, at
 * their widths, and are not written.
 */
static void device_configuration(void)
{
	char text[32], mac[32] = "";
	unsigned int i;

	fresh();
	REQUIRE_GT(mdev_attr(v.dev.uuid, "mac", text, sizeof(text)), 0);
	for (i = 0; i < 6; i++)
		sprintf(mac + strlen(mac), "%s%02x", i ? ":" : "", (unsigned int)virtio_cfg(&v, VN_MAC + i, 1));
	EXPECT(!strcmp(mac, text));
	EXPECT_LE(virtio_cfg(&v, VN_STATUS, 2), 1);
	EXPECT_EQ(virtio_cfg(&v, VN_PAIRS, 2), PAIRS);
	EXPECT_EQ(virtio_cfg(&v, VN_MTU, 2), 1500);
	for (i = 0; i < 64; i += 4)
		bar_wr(2 * PAGE + i, ~0ull, 4);
	bar_wr(2 * PAGE, 0x77, 1);
	bar_wr(2 * PAGE + VN_PAIRS, 0x7777, 2);
	EXPECT_EQ(virtio_cfg(&v, VN_PAIRS, 2), PAIRS);
	EXPECT_EQ(virtio_cfg(&v, VN_MAC, 1), strtoul(text, NULL, 16));
	virtio_end(&v);
}

/* Clause: the link of the configuration is the operator's; a change is a new generation,
 * and the cause is read once.
 */
static void link_and_isr(void)
{
	uint64_t generation, end;

	fresh();
	virtio_up(&v, 1, VF_LEAST | VF_STATUS | VF_MAC);
	REQUIRE_OK(mdev_attr_set(v.dev.uuid, "link_state", "enable"));
	for (end = now_ms() + VIRTIO_MS; !(virtio_cfg(&v, VN_STATUS, 2) & 1) && now_ms() < end; )
		poll(NULL, 0, 5);
	EXPECT_EQ(virtio_cfg(&v, VN_STATUS, 2), 1);
	bar_rd(PAGE, 1);
	EXPECT_EQ(bar_rd(PAGE, 1), 0);
	generation = virtio_rd(&v, CC_GENERATION);
	EXPECT_EQ(virtio_rd(&v, CC_GENERATION), generation);
	REQUIRE_OK(mdev_attr_set(v.dev.uuid, "link_state", "disable"));
	for (end = now_ms() + VIRTIO_MS; virtio_cfg(&v, VN_STATUS, 2) & 1 && now_ms() < end; )
		poll(NULL, 0, 5);
	EXPECT_EQ(virtio_cfg(&v, VN_STATUS, 2), 0);
	EXPECT_NE(virtio_rd(&v, CC_GENERATION), generation);
	EXPECT_EQ(bar_rd(PAGE, 1), 2);
	EXPECT_EQ(bar_rd(PAGE, 1), 0);
	virtio_end(&v);
}

/* One access by the PCI configuration capability. */
static void window(uint8_t bar, uint32_t off, uint32_t len)
{
	unsigned int at = v.cap[VCAP_PCI].at;

	cfg_wr(&v.dev, at + VCAP_BAR, bar, 1);
	cfg_wr(&v.dev, at + VCAP_OFFSET, off, 4);
	cfg_wr(&v.dev, at + VCAP_LENGTH, len, 4);
}

/* Clause: firmware reaches the registers by config space, and nothing else by it. */
static void pci_capability(void)
{
	static const struct { uint8_t bar; uint32_t off, len; } none[] = {
		{ 0, 0, 4 }, { 5, 0, 4 }, { 6, 0, 4 }, { 0xff, 0, 4 },
		{ BAR, 0, 0 }, { BAR, 0, 3 }, { BAR, 0, 8 }, { BAR, 0, 0xffffffff },
		{ BAR, 18, 4 }, { BAR, BAR_SIZE, 4 }, { BAR, BAR_SIZE - 2, 4 },
		{ BAR, 0xfffffffc, 4 }, { BAR, 0x80000000, 4 },
	};
	unsigned int at;
	size_t i;

	fresh();
	at = v.cap[VCAP_PCI].at;
	REQUIRE(at);
	window(BAR, virtio_common[CC_STATUS].off, 1);
	cfg_wr(&v.dev, at + VCAP_DATA, VS_ACKNOWLEDGE, 1);
	EXPECT_EQ(virtio_rd(&v, CC_STATUS), VS_ACKNOWLEDGE);
	EXPECT_EQ(cfg_rd(&v.dev, at + VCAP_DATA, 1), VS_ACKNOWLEDGE);
	window(BAR, virtio_common[CC_DEV_SELECT].off, 4);
	cfg_wr(&v.dev, at + VCAP_DATA, 1, 4);
	EXPECT_EQ(virtio_rd(&v, CC_DEV_SELECT), 1);
	window(BAR, virtio_common[CC_DEV_FEATURE].off, 4);
	EXPECT_EQ(cfg_rd(&v.dev, at + VCAP_DATA, 4), virtio_rd(&v, CC_DEV_FEATURE));
	window(BAR, virtio_common[CC_NUM_QUEUES].off, 2);
	EXPECT_EQ(cfg_rd(&v.dev, at + VCAP_DATA, 2), QUEUES);
	for (i = 0; i < ARRAY_SIZE(none); i++) {
		window(none[i].bar, none[i].off, none[i].len);
		cfg_wr(&v.dev, at + VCAP_DATA, 0x5a5a5a5a, 4);
		cfg_rd(&v.dev, at + VCAP_DATA, 4);
		EXPECT_EQ(virtio_rd(&v, CC_DEV_SELECT), 1);
		EXPECT_EQ(virtio_rd(&v, CC_STATUS), VS_ACKNOWLEDGE);
	}
	/* All of the configuration in one read, as QEMU does it, has no effect. */
	window(BAR, PAGE, 1);
	REQUIRE_EQ(vfio_pread(&v.dev, VFIO_PCI_CONFIG_REGION_INDEX, 0, (uint8_t[4096]){ 0 }, 4096), 4096);
	EXPECT_EQ(virtio_rd(&v, CC_STATUS), VS_ACKNOWLEDGE);
	virtio_end(&v);
}

/* Clause: the notify page reads 0 and takes any write; only kicks of a queue have a
 * meaning.
 */
static void notify_page(void)
{
	unsigned int len, off;

	fresh();
	virtio_up(&v, 1, VF_LEAST);
	for (len = 1; len <= 8; len++)
		for (off = 0; off + len <= PAGE; off += off < 16 ? 1 : 509) {
			bar_wr(3 * PAGE + off, off % 3 ? ~0ull : 0x0001000100010001ull, len);
			EXPECT_EQ(bar_rd(3 * PAGE + off, len), 0);
		}
	EXPECT_EQ(virtio_rd(&v, CC_STATUS), 0xf);
	virtio_end(&v);
}

/* --- the PF goes, and comes back ---------------------------------------------------------------- */

static int pf_write(const char *path, const char *text)
{
	char full[PATH_LEN];

	snprintf(full, sizeof(full), "/sys/class/mdev_bus/%s/%s", mdev_parent(), path);
	return write_text(full, text);
}

/* Clause: a reset of the PF is none of the function. */
static void pf_reset_is_not_seen(void)
{
	int i;

	fresh();
	negotiate_and_enable();
	for (i = 0; i < CC_NR; i++)
		values[i] = virtio_rd(&v, i);
	REQUIRE_OK(pf_write("reset", "1"));
	for (i = 0; i < CC_NR; i++)
		if (i != CC_GENERATION)
			EXPECT_EQ(virtio_rd(&v, i), values[i]);
	virtio_end(&v);
}

/* Clause: a function that is taken away reads status 0: drivers wait for it without end
 * when they let go of it.
 */
static void taken_away_reads_reset(void)
{
	pid_t pid;
	int i;

	fresh();
	virtio_up(&v, 1, VF_LEAST);
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		virtio_close(&v);
		_exit(mdev_remove(v.dev.uuid) ? 1 : 0);
	}
	ktap_until(cfg_rd(&v.dev, PCI_VENDOR_ID, 4) == ~0u, ktap_ms(REVOKED_MS));
	EXPECT_EQ(cfg_rd(&v.dev, PCI_VENDOR_ID, 4), ~0u);
	EXPECT_EQ(virtio_rd(&v, CC_STATUS), 0);
	virtio_wr(&v, CC_STATUS, 0);
	EXPECT_EQ(virtio_rd(&v, CC_STATUS), 0);
	for (i = 0; i < CC_NR; i++) {
		virtio_wr(&v, i, 1);
		virtio_rd(&v, i);
	}
	virtio_cfg(&v, VN_STATUS, 2);
	virtio_kick(&v, 1);
	virtio_wr(&v, CC_STATUS, 0);
	EXPECT_EQ(virtio_rd(&v, CC_STATUS), 0);
	virtio_close(&v);
	REQUIRE_EQ(waitpid(pid, &i, 0), pid);
	EXPECT_EQ(i, 0);
}

static const struct ktap_case cases[] = {
	CASE_FOR(identity, "virtio_pci; not ifcvf"),
	CASE_FOR(capabilities, "virtio_pci, DPDK: all four; firmware: the fifth"),
	CASE_FOR(regions, "QEMU: what it maps for the guest"),
	CASE_FOR(reads_by_width, "guests, each field at its width"),
	CASE(writes_by_width),
	CASE(read_only_fields),
	CASE_FOR(status_is_added_to, "virtio_pci"),
	CASE_FOR(features_by_select, "virtio_pci of 7.x: selects 2 and 3 too"),
	CASE_FOR(features_refused, "virtio_pci: reads FEATURES_OK back"),
	CASE(features_not_offered),
	CASE(features_are_kept),
	CASE_FOR(queue_select, "virtio_pci: size 0 is no queue"),
	CASE_FOR(queue_values, "virtio_pci: a vector that reads back is taken"),
	CASE(queue_fields),
	CASE_FOR(resets, "virtio_pci, QEMU: waits for status 0"),
	CASE(command_register),
	CASE_FOR(device_configuration, "virtio_net before it accepts features"),
	CASE_FOR(link_and_isr, "virtio_net; DPDK looks at the cause"),
	CASE_FOR(pci_capability, "firmware"),
	CASE_FOR(notify_page, "a VMM that does not map"),
	CASE_FOR(pf_reset_is_not_seen, "virtio_net: it recovers from nothing"),
	CASE_FOR(taken_away_reads_reset, "virtio_pci: waits for status 0 without end"),
};

KTAP_MAIN("virtio_regs", cases, setup, mdev_cleanup)
