// SPDX-License-Identifier: GPL-2.0-only
/* What read() and write() of the device's file come to. */
#include <kunit/test.h>
#include <linux/mman.h>
#include <linux/pci_regs.h>
#include <linux/sched/signal.h>
#include <linux/uaccess.h>

#include "../../vdcm/vfio/exporter.h"
#include "fake_vfio.h"

#define BAR_BYTES	0x10000
#define POS(region, off) ((loff_t)(region) << VDCM_REGION_SHIFT | (off))
#define CONFIG(off)	POS(VFIO_PCI_CONFIG_REGION_INDEX, off)
#define VECS		4

static const struct vdcm_pages pages[] = {
	{ .first = 0, .count = 7, .kind = VDCM_PAGE_PASS, .adi_page = 0 },
	{ .first = 7, .count = 1, .kind = VDCM_PAGE_PASS, .adi_page = 7, .widths = 1 | 2 | 8 },
	{ .first = 8, .count = 4, .kind = VDCM_PAGE_TRAP },
	{ .first = 12, .count = 1, .kind = VDCM_PAGE_TRAP, .soft = true },
	{ .first = 13, .count = 3, .kind = VDCM_PAGE_ABSENT },
};

/* In a hard page and a soft one: one of each width, and a place with two. */
#define REGS(page, to)									\
	{ .offset = (page) + 0x10, .count = 2, .stride = 1, .width = 1, .target = (to) + 0x10,	\
	  .wmask = 0xf0 },								\
	{ .offset = (page) + 0x12, .count = 1, .width = 2, .target = (to) + 0x12,	\
	  .wmask = 0xfff0 },								\
	{ .offset = (page) + 0x18, .count = 2, .stride = 8, .width = 8, .target = (to) + 0x18,	\
	  .wmask = ~0xfULL },								\
	{ .offset = (page) + 0x20, .count = 1, .width = 4, .target = (to) + 0x20,	\
	  .wmask = 0xfffffff0 },							\
	{ .offset = (page) + 0x28, .count = 2, .stride = 4, .target = (to) + 0x28,	\
	  .wmask = 0xfffffff0 }

static const struct vdcm_reg regs[] = {
	{ .bar = 0, .offset = 0x8000, .count = 1, .target = 0x100, .wmask = 0xff00 },
	{ .bar = 0, .offset = 0x8004, .count = 1, .target = 0x104 },
	REGS(0x9000, 0x1000),
	REGS(0xc000, 0x2000),
};

static const u8 hooked_init[16] = { 0, 0, 16, 5 };
static const u8 plain_init[8] = { 0, 0, 8, 1, 0x11, 0x22, 0x33, 0x44 };

/* At 0xa0, 0xa8 and 0x100. */
static const struct vdcm_cap caps[] = {
	{ .id = PCI_CAP_ID_VNDR, .len = 8, .init = plain_init },
	{ .id = PCI_CAP_ID_VNDR, .len = 16, .init = hooked_init, .hooked = true },
	{ .id = PCI_EXT_CAP_ID_VNDR, .version = 1, .len = 12, .init = hooked_init,
	  .hooked = true },
};

static const struct vdcm_composition comp = {
	.bars = {
		[0] = { .size = BAR_BYTES, .flags = VDCM_BAR_64BIT, .pages = pages,
			.nr_pages = ARRAY_SIZE(pages) },
		[3] = { .size = 0x4000 },
	},
	.regs = regs,
	.nr_regs = ARRAY_SIZE(regs),
	.caps = caps,
	.nr_caps = ARRAY_SIZE(caps),
	.msix_bar = 3,
	.msix_table = 0x1000,
	.msix_pba = 0x3000,
};

struct open_adi {
	struct vdcm_vdev v;
	struct vdcm_parent parent;
	struct vdcm_adi_ops ops;
	struct vdcm_type type;
	struct vdcm_live *live;
	u8 __user *buf;
	unsigned int accesses;	/* of the ADI's registers */
	unsigned int kill_after;
	u32 offset;		/* of the last one */
	u64 value;
	unsigned int size;
	const struct vdcm_cap *cap;
	bool wide;		/* one had bits beyond its size */
	unsigned int memory, bus_master, resets;	/* calls */
};

static struct open_adi *open_of(struct vdcm_adi *adi)
{
	return container_of(adi, struct open_adi, v.adi);
}

/* --- the rest of the framework -------------------------------------------------- */

void vdcm_set_memory(struct vdcm_adi *adi, bool on)
{
	open_of(adi)->memory++;
}

void vdcm_set_bus_master(struct vdcm_adi *adi, bool on)
{
	open_of(adi)->bus_master++;
}

int vdcm_reset(struct vdcm_adi *adi)
{
	open_of(adi)->resets++;
	return 0;
}

/* --- the PF driver --------------------------------------------------------------- */

static void kill_current(void)
{
	spin_lock_irq(&current->sighand->siglock);
	sigaddset(&current->pending.signal, SIGKILL);
	set_tsk_thread_flag(current, TIF_SIGPENDING);
	spin_unlock_irq(&current->sighand->siglock);
}

static void seen(struct open_adi *o, u32 offset, u64 value, unsigned int size)
{
	o->offset = offset;
	o->value = value;
	o->size = size;
	o->wide |= size < 8 && value >> 8 * size;
	if (++o->accesses == o->kill_after)
		kill_current();
}

/* Bits beyond the size as well: they are not to be seen. */
static u64 reg_read(struct vdcm_adi *adi, u32 offset, unsigned int size)
{
	seen(open_of(adi), offset, 0, size);
	return 0xb0c0d0e0a0000000 | offset;
}

static void reg_write(struct vdcm_adi *adi, u32 offset, u64 value, unsigned int size)
{
	seen(open_of(adi), offset, value, size);
}

static u32 cap_read(struct vdcm_adi *adi, const struct vdcm_cap *cap, unsigned int offset,
		    unsigned int size)
{
	seen(open_of(adi), offset, 0, size);
	open_of(adi)->cap = cap;
	return 0xd3d2d100 | (0xc0 + offset);
}

static void cap_write(struct vdcm_adi *adi, const struct vdcm_cap *cap, unsigned int offset,
		      unsigned int size, u32 value)
{
	seen(open_of(adi), offset, value, size);
	open_of(adi)->cap = cap;
}

static int no_irq(struct vdcm_adi *adi, unsigned int vec)
{
	return -ENXIO;
}

/* ---------------------------------------------------------------------------------- */

static int access_init(struct kunit *test)
{
	struct open_adi *o = kunit_kzalloc(test, sizeof(*o), GFP_KERNEL);
	const char *why;

	KUNIT_ASSERT_NOT_NULL(test, o);
	test->priv = o;
	o->live = kunit_kzalloc(test, struct_size(o->live, vecs, VECS), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, o->live);
	o->buf = (u8 __user *)kunit_vm_mmap(test, NULL, 0, BAR_BYTES, PROT_READ | PROT_WRITE,
					     MAP_ANONYMOUS | MAP_PRIVATE, 0);
	KUNIT_ASSERT_NOT_NULL(test, (void __force *)o->buf);
	o->ops = (struct vdcm_adi_ops) {
		.reg_read = reg_read, .reg_write = reg_write, .vector_irq = no_irq,
		.cap_read = cap_read, .cap_write = cap_write,
	};
	o->v.adi.ops = &o->ops;
	o->type.comp = &comp;
	o->type.nr_vectors = VECS;
	o->v.adi.parent = &o->parent;
	o->v.adi.type = &o->type;
	o->v.adi.regions = vdcm_regions_create(&comp, VECS, &why);
	KUNIT_ASSERT_FALSE(test, IS_ERR(o->v.adi.regions));
	o->v.adi.live = o->live;
	o->v.adi.state = VDCM_ADI_OPEN;
	o->live->adi = &o->v.adi;
	mutex_init(&o->v.adi.lock);
	spin_lock_init(&o->v.adi.irq_lock);
	vdcm_config_init(&o->live->config, &comp, VECS);
	KUNIT_ASSERT_EQ(test, vdcm_msix_init(&o->live->msix, VECS), 0);
	return 0;
}

static void access_exit(struct kunit *test)
{
	struct open_adi *o = test->priv;

	if (o)
		vdcm_regions_destroy((struct vdcm_regions *)o->v.adi.regions);
	if (o && o->live)
		vdcm_msix_exit(&o->live->msix);
	flush_signals(current);
}

static ssize_t rd(struct open_adi *o, loff_t pos, size_t count)
{
	return vdcm_read(&o->v.vdev, o->buf, count, &pos);
}

static ssize_t wr(struct open_adi *o, loff_t pos, size_t count)
{
	return vdcm_write(&o->v.vdev, o->buf, count, &pos);
}

static u64 rd_value(struct kunit *test, loff_t pos, size_t count)
{
	struct open_adi *o = test->priv;
	__le64 value = 0;

	KUNIT_EXPECT_EQ(test, rd(o, pos, count), count);
	KUNIT_EXPECT_EQ(test, copy_from_user(&value, o->buf, count), 0);
	return le64_to_cpu(value);
}

static void wr_value(struct kunit *test, loff_t pos, size_t count, u64 v)
{
	struct open_adi *o = test->priv;
	__le64 value = cpu_to_le64(v);

	KUNIT_EXPECT_EQ(test, copy_to_user(o->buf, &value, count), 0);
	KUNIT_EXPECT_EQ(test, wr(o, pos, count), count);
}

static void memory_on(struct kunit *test)
{
	wr_value(test, CONFIG(PCI_COMMAND), 2, PCI_COMMAND_MEMORY);
}

/* A process that is killed ends its access, however long, with the piece it is at. */
static void access_killed(struct kunit *test)
{
	struct open_adi *o = test->priv;

	memory_on(test);
	o->kill_after = 10;
	KUNIT_EXPECT_EQ(test, rd(o, POS(0, 0), BAR_BYTES), -EINTR);
	KUNIT_EXPECT_EQ(test, o->accesses, 10);
	flush_signals(current);
	o->accesses = 0;
	KUNIT_EXPECT_EQ(test, wr(o, POS(0, 0), BAR_BYTES), -EINTR);
	KUNIT_EXPECT_EQ(test, o->accesses, 10);
	/* One piece is as it ever was. */
	KUNIT_EXPECT_EQ(test, rd(o, POS(0, 0), 4), 4);
	flush_signals(current);
	KUNIT_EXPECT_EQ(test, rd(o, POS(0, 0), BAR_BYTES), BAR_BYTES);
}

static void access_places(struct kunit *test)
{
	struct open_adi *o = test->priv;
	static const struct {
		loff_t pos;
		size_t count;
		ssize_t ret;
	} rows[] = {
		{ CONFIG(0), 0, 0 }, { CONFIG(0), VDCM_CONFIG_SIZE, VDCM_CONFIG_SIZE },
		{ CONFIG(1), VDCM_CONFIG_SIZE, -EINVAL }, { CONFIG(VDCM_CONFIG_SIZE), 1, -EINVAL },
		{ POS(0, BAR_BYTES - 1), 1, 1 }, { POS(0, BAR_BYTES - 1), 2, -EINVAL },
		{ POS(1, 0), 1, -EINVAL }, { POS(6, 0), 4, -EINVAL }, { POS(8, 0), 1, -EINVAL },
		{ POS(VDCM_NR_REGIONS, 0), 1, -EINVAL }, { -1, 1, -EINVAL },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		KUNIT_EXPECT_EQ(test, rd(o, rows[i].pos, rows[i].count), rows[i].ret);
		KUNIT_EXPECT_EQ(test, wr(o, rows[i].pos, rows[i].count), rows[i].ret);
	}
	o->buf = NULL;
	KUNIT_EXPECT_EQ(test, rd(o, CONFIG(0), 4), -EFAULT);
	KUNIT_EXPECT_EQ(test, wr(o, CONFIG(0), 4), -EFAULT);
}

static void access_registers(struct kunit *test)
{
	struct open_adi *o = test->priv;

	KUNIT_EXPECT_EQ(test, rd_value(test, POS(0, 0), 4), U32_MAX);
	wr_value(test, POS(0, 0), 4, 1);
	KUNIT_EXPECT_EQ(test, o->accesses, 0);
	memory_on(test);
	KUNIT_EXPECT_EQ(test, o->memory, 1);
	KUNIT_EXPECT_EQ(test, rd_value(test, POS(0, 0x6ff8), 8), 0xa0006ffca0006ff8);
	KUNIT_EXPECT_EQ(test, rd_value(test, POS(0, 0x10), 2), 0);
	KUNIT_EXPECT_EQ(test, rd_value(test, POS(0, 0xd000), 4), 0);
	KUNIT_EXPECT_EQ(test, o->accesses, 2);
	wr_value(test, POS(0, 0x20), 4, 7);
	KUNIT_EXPECT_EQ(test, o->offset, 0x20);
	KUNIT_EXPECT_EQ(test, o->value, 7);
	wr_value(test, POS(0, 0x20), 8, 7ULL << 32);
	KUNIT_EXPECT_EQ(test, o->offset, 0x24);
	KUNIT_EXPECT_EQ(test, o->value, 7);
	wr_value(test, POS(0, 0x8000), 4, U32_MAX);
	KUNIT_EXPECT_EQ(test, o->offset, 0x100);
	KUNIT_EXPECT_EQ(test, o->value, 0xff00);
	o->accesses = 0;
	wr_value(test, POS(0, 0x8004), 4, U32_MAX);
	wr_value(test, POS(0, 0x20), 2, U16_MAX);
	wr_value(test, POS(0, 0xd000), 4, U32_MAX);
	KUNIT_EXPECT_EQ(test, o->accesses, 0);
}

/* The accesses that REGS() answers: offset in its page, size, and what a write leaves. */
static const struct {
	u32 offset;
	unsigned int size;
	u64 written;		/* of all ones */
} answered[] = {
	{ 0x10, 1, 0xf0 }, { 0x11, 1, 0xf0 }, { 0x12, 2, 0xfff0 },
	{ 0x18, 8, ~0xfULL }, { 0x20, 8, ~0xfULL }, { 0x20, 4, 0xfffffff0 },
	{ 0x28, 4, 0xfffffff0 }, { 0x2c, 4, 0xfffffff0 },
};

static int answers(u32 offset, unsigned int size)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(answered); i++)
		if (answered[i].offset == offset && answered[i].size == size)
			return i;
	return -1;
}

/* One access to a page of REGS() at @page, whose registers are at @target; 8 bytes may split. */
static void check_access(struct kunit *test, u32 page, u32 target, u32 offset, unsigned int size)
{
	struct open_adi *o = test->priv;
	u64 reads = 0xb0c0d0e0a0000000 | target | offset, ones = GENMASK_ULL(8 * size - 1, 0);
	int row = answers(offset, size);

	o->accesses = 0;
	if (row < 0) {
		KUNIT_EXPECT_EQ_MSG(test, rd_value(test, POS(0, page + offset), size), 0,
				    "%#x, %u bytes", offset, size);
		wr_value(test, POS(0, page + offset), size, ones);
		KUNIT_EXPECT_EQ_MSG(test, o->accesses, 0, "%#x, %u bytes", offset, size);
		return;
	}
	KUNIT_EXPECT_EQ_MSG(test, rd_value(test, POS(0, page + offset), size), reads & ones,
			    "%#x, %u bytes", offset, size);
	wr_value(test, POS(0, page + offset), size, ones);
	KUNIT_EXPECT_EQ_MSG(test, o->accesses, 2, "%#x, %u bytes", offset, size);
	KUNIT_EXPECT_EQ_MSG(test, o->offset, target + offset, "%#x, %u bytes", offset, size);
	KUNIT_EXPECT_EQ_MSG(test, o->size, size, "%#x, %u bytes", offset, size);
	KUNIT_EXPECT_EQ_MSG(test, o->value, answered[row].written, "%#x, %u bytes", offset, size);
}

/* Every size at every place of a page: registers answer theirs, and nothing else does. */
static void check_page(struct kunit *test, u32 page, u32 target)
{
	u32 offset, size;

	for (offset = 0; offset < VDCM_PAGE_SIZE; offset++)
		for (size = 1; size <= 8 && offset % size == 0; size *= 2)
			if (size < 8 || offset != 0x28)
				check_access(test, page, target, offset, size);
}

static void access_widths(struct kunit *test)
{
	struct open_adi *o = test->priv;

	memory_on(test);
	check_page(test, 0x9000, 0x1000);
	check_page(test, 0xc000, 0x2000);
	/* Eight bytes where two registers of four are. */
	KUNIT_EXPECT_EQ(test, rd_value(test, POS(0, 0x9028), 8), 0xa000102ca0001028);
	wr_value(test, POS(0, 0x9028), 8, 0x1122334455667788);
	KUNIT_EXPECT_EQ(test, o->offset, 0x102c);
	KUNIT_EXPECT_EQ(test, o->value, 0x11223340);
	/* Doorbells: sizes as declared; eight bytes at once where they are. */
	o->accesses = 0;
	KUNIT_EXPECT_EQ(test, rd_value(test, POS(0, 0x7001), 1), 0x01);
	KUNIT_EXPECT_EQ(test, rd_value(test, POS(0, 0x7002), 2), 0x7002);
	KUNIT_EXPECT_EQ(test, rd_value(test, POS(0, 0x7008), 8), 0xb0c0d0e0a0007008);
	KUNIT_EXPECT_EQ(test, o->accesses, 3);
	KUNIT_EXPECT_EQ(test, rd_value(test, POS(0, 0x7004), 4), 0);
	wr_value(test, POS(0, 0x7004), 4, U32_MAX);
	KUNIT_EXPECT_EQ(test, o->accesses, 3);
	wr_value(test, POS(0, 0x7ffe), 2, 0xbeef);
	KUNIT_EXPECT_EQ(test, o->offset, 0x7ffe);
	KUNIT_EXPECT_EQ(test, o->value, 0xbeef);
	KUNIT_EXPECT_EQ(test, o->size, 2);
	wr_value(test, POS(0, 0x7ff8), 8, 0x1122334455667788);
	KUNIT_EXPECT_EQ(test, o->value, 0x1122334455667788);
	KUNIT_EXPECT_EQ(test, atomic64_read(&o->v.adi.counters[VDCM_CNT_DOORBELL_TRAPS]), 2);
	KUNIT_EXPECT_FALSE(test, o->wide);
}

/* A function that was brought back is there, although others still wait for their turn. */
static void access_back_before_others(struct kunit *test)
{
	struct open_adi *o = test->priv;

	memory_on(test);
	o->parent.state = VDCM_PARENT_QUIESCED;
	o->v.adi.state = VDCM_ADI_AWAY;
	KUNIT_EXPECT_EQ(test, rd_value(test, POS(0, 0x9020), 4), U32_MAX);
	o->v.adi.state = VDCM_ADI_OPEN;
	KUNIT_EXPECT_EQ(test, rd_value(test, POS(0, 0x9020), 4), 0xa0001020);
}

/* What the PF's absence changes: nothing of a soft page, everything else. */
static void access_soft(struct kunit *test)
{
	struct open_adi *o = test->priv;
	static const struct {
		unsigned int parent, adi;
		u64 table;	/* 4 bytes of the MSI-X table, of an absent page, of a register */
		u64 absent, reg;
	} states[] = {
		{ VDCM_PARENT_UP, VDCM_ADI_OPEN, 0x1234, 0, 0xa0001020 },
		{ VDCM_PARENT_QUIESCED, VDCM_ADI_AWAY, 0x1234, 0, U32_MAX },
		{ VDCM_PARENT_DEAD, VDCM_ADI_OPEN, U32_MAX, U32_MAX, U32_MAX },
		{ VDCM_PARENT_DEAD, VDCM_ADI_AWAY, U32_MAX, U32_MAX, U32_MAX },
		{ VDCM_PARENT_UP, VDCM_ADI_LOST, U32_MAX, U32_MAX, U32_MAX },
		{ VDCM_PARENT_UP, VDCM_ADI_REVOKED, U32_MAX, U32_MAX, U32_MAX },
		{ VDCM_PARENT_DEAD, VDCM_ADI_REVOKED, U32_MAX, U32_MAX, U32_MAX },
	};
	unsigned int i;

	memory_on(test);
	wr_value(test, POS(3, 0x1008), 4, 0x1234);
	for (i = 0; i < ARRAY_SIZE(states); i++) {
		o->parent.state = states[i].parent;
		o->v.adi.state = states[i].adi;
		check_page(test, 0xc000, 0x2000);
		KUNIT_EXPECT_EQ(test, rd_value(test, POS(0, 0xc028), 8), 0xa000202ca0002028);
		KUNIT_EXPECT_EQ(test, rd_value(test, POS(3, 0x1008), 4), states[i].table);
		KUNIT_EXPECT_EQ(test, rd_value(test, POS(0, 0xd000), 4), states[i].absent);
		KUNIT_EXPECT_EQ(test, rd_value(test, POS(0, 0x9020), 4), states[i].reg);
		o->accesses = 0;
		if (i) {
			wr_value(test, POS(0, 0x9020), 4, 0x11);
			wr_value(test, POS(0, 0x20), 8, 0x11);
			KUNIT_EXPECT_EQ(test, rd_value(test, POS(0, 0x20), 8), U64_MAX);
			KUNIT_EXPECT_EQ(test, rd_value(test, POS(0, 0x7002), 2), U16_MAX);
		}
		KUNIT_EXPECT_EQ(test, o->accesses, 0);
	}
	/* No memory space, no register of any kind. */
	o->parent.state = VDCM_PARENT_UP;
	o->v.adi.state = VDCM_ADI_OPEN;
	wr_value(test, CONFIG(PCI_COMMAND), 2, 0);
	KUNIT_EXPECT_EQ(test, rd_value(test, POS(0, 0xc020), 8), U64_MAX);
	wr_value(test, POS(0, 0xc020), 4, 1);
	KUNIT_EXPECT_EQ(test, o->accesses, 0);
}

/* A hooked capability: header and neighbours are config space, the rest is the driver's. */
static void access_hooked(struct kunit *test)
{
	struct open_adi *o = test->priv;

	KUNIT_EXPECT_EQ(test, rd_value(test, CONFIG(0xa0), 8), 0x443322110108a809);
	KUNIT_EXPECT_EQ(test, o->accesses, 0);
	KUNIT_EXPECT_EQ(test, rd_value(test, CONFIG(0xa8), 4), 0xd1c20009);
	KUNIT_EXPECT_PTR_EQ(test, o->cap, &caps[1]);
	KUNIT_EXPECT_EQ(test, o->offset, 2);
	KUNIT_EXPECT_EQ(test, o->size, 2);
	KUNIT_EXPECT_EQ(test, rd_value(test, CONFIG(0xb5), 1), 0xcd);
	KUNIT_EXPECT_EQ(test, rd_value(test, CONFIG(0xa8), 8), 0xd3d2d1c4d1c20009);
	KUNIT_EXPECT_EQ(test, rd_value(test, CONFIG(0x100), 8), 0xd3d2d1c40001000b);
	KUNIT_EXPECT_PTR_EQ(test, o->cap, &caps[2]);
	o->accesses = 0;
	wr_value(test, CONFIG(0xac), 8, 0x1122334455667788);
	KUNIT_EXPECT_EQ(test, o->accesses, 2);
	KUNIT_EXPECT_EQ(test, o->offset, 8);
	KUNIT_EXPECT_EQ(test, o->value, 0x11223344);
	wr_value(test, CONFIG(0xa8), 4, U32_MAX);
	KUNIT_EXPECT_EQ(test, o->accesses, 3);
	KUNIT_EXPECT_EQ(test, o->value, U16_MAX);
	KUNIT_EXPECT_EQ(test, rd_value(test, CONFIG(0xa8), 2), 0x0009);
	wr_value(test, CONFIG(0xa8), 8, U64_MAX);
	KUNIT_EXPECT_EQ(test, o->accesses, 5);
	KUNIT_EXPECT_FALSE(test, o->wide);
	/* Also while the PF is quiesced; not once it is gone. */
	o->parent.state = VDCM_PARENT_QUIESCED;
	o->v.adi.state = VDCM_ADI_AWAY;
	KUNIT_EXPECT_EQ(test, rd_value(test, CONFIG(0xb4), 4), 0xd3d2d1cc);
	o->accesses = 0;
	o->v.adi.state = VDCM_ADI_REVOKED;
	KUNIT_EXPECT_EQ(test, rd_value(test, CONFIG(0xb4), 4), U32_MAX);
	wr_value(test, CONFIG(0xb4), 4, 0);
	KUNIT_EXPECT_EQ(test, o->accesses, 0);
}

static void access_msix(struct kunit *test)
{
	memory_on(test);
	wr_value(test, POS(3, 0x1008), 4, 0x1234);
	KUNIT_EXPECT_EQ(test, rd_value(test, POS(3, 0x1008), 2), 0x1234);
	wr_value(test, POS(3, 0x3000), 8, U64_MAX);
	KUNIT_EXPECT_EQ(test, rd_value(test, POS(3, 0x3000), 8), 0);
}

static int some_irq(struct vdcm_adi *adi, unsigned int vec)
{
	return 30 + vec;
}

/* A write to an entry of the table concerns irq bypass of that vector, and of no other. */
static void access_msix_bypass(struct kunit *test)
{
	static const s32 fds[VECS] = { FAKE_FD, FAKE_FD + 1, FAKE_FD + 2, FAKE_FD + 3 };
	const struct vfio_irq_set hdr = {
		.flags = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER,
		.index = VFIO_PCI_MSIX_IRQ_INDEX, .count = VECS,
	};
	struct open_adi *o = test->priv;
	unsigned int vec, k;

	fake_vfio_init(test, &o->v.adi.irq_lock);
	o->ops.vector_irq = some_irq;
	memory_on(test);
	mutex_lock(&o->v.adi.lock);
	KUNIT_EXPECT_EQ(test, vdcm_irq_set(&o->v.adi, &hdr, fds), 0);
	mutex_unlock(&o->v.adi.lock);
	KUNIT_EXPECT_EQ(test, fake_vfio.producers, VECS);
	for (vec = 0; vec < VECS; vec++) {
		wr_value(test, POS(3, 0x1000 + vec * 16 + 12), 4, PCI_MSIX_ENTRY_CTRL_MASKBIT);
		KUNIT_EXPECT_EQ(test, fake_vfio.producers, VECS - 1);
		for (k = 0; k < VECS; k++)
			KUNIT_EXPECT_EQ(test, o->live->vecs[k].bypass, k != vec);
		wr_value(test, POS(3, 0x1000 + vec * 16 + 8), 8, 0);
		KUNIT_EXPECT_EQ(test, fake_vfio.producers, VECS);
	}
	mutex_lock(&o->v.adi.lock);
	vdcm_irq_release(&o->v.adi);
	mutex_unlock(&o->v.adi.lock);
	KUNIT_EXPECT_EQ(test, fake_vfio.producers, 0);
}

/* What a write to config space sets off. */
static void access_config(struct kunit *test)
{
	struct open_adi *o = test->priv;

	wr_value(test, CONFIG(PCI_COMMAND), 2, PCI_COMMAND_MASTER);
	KUNIT_EXPECT_EQ(test, o->bus_master, 1);
	KUNIT_EXPECT_EQ(test, o->memory, 0);
	wr_value(test, CONFIG(VDCM_CAP_MSIX + PCI_MSIX_FLAGS), 2, PCI_MSIX_FLAGS_ENABLE);
	KUNIT_EXPECT_EQ(test, o->live->msix.ctrl, PCI_MSIX_FLAGS_ENABLE | (VECS - 1));
	wr_value(test, CONFIG(VDCM_CAP_PCIE + PCI_EXP_DEVCTL), 2, PCI_EXP_DEVCTL_BCR_FLR);
	KUNIT_EXPECT_EQ(test, o->resets, 1);
	/* Away: what concerns the hardware is left for later. */
	o->parent.state = VDCM_PARENT_QUIESCED;
	o->v.adi.state = VDCM_ADI_AWAY;
	wr_value(test, CONFIG(PCI_COMMAND), 2, PCI_COMMAND_MEMORY);
	KUNIT_EXPECT_EQ(test, o->bus_master, 1);
	KUNIT_EXPECT_EQ(test, o->memory, 0);
	KUNIT_EXPECT_EQ(test, rd_value(test, POS(0, 0), 4), U32_MAX);
	wr_value(test, POS(0, 0), 4, 1);
	KUNIT_EXPECT_EQ(test, o->accesses, 0);
}

static void access_gone(struct kunit *test)
{
	struct open_adi *o = test->priv;

	memory_on(test);
	o->v.adi.state = VDCM_ADI_REVOKED;
	KUNIT_EXPECT_EQ(test, rd_value(test, CONFIG(0), 4), U32_MAX);
	wr_value(test, POS(0, 0), 4, 1);
	o->v.adi.state = VDCM_ADI_LOST;
	KUNIT_EXPECT_EQ(test, rd_value(test, CONFIG(0), 4), U32_MAX);
	wr_value(test, POS(0, 0), 4, 1);
	wr_value(test, CONFIG(PCI_COMMAND), 2, 0);
	o->v.adi.state = VDCM_ADI_OPEN;
	o->parent.state = VDCM_PARENT_DEAD;
	KUNIT_EXPECT_EQ(test, rd_value(test, POS(0, 0), 8), U64_MAX);
	wr_value(test, CONFIG(PCI_COMMAND), 2, 0);
	KUNIT_EXPECT_EQ(test, o->accesses, 0);
	KUNIT_EXPECT_EQ(test, o->memory, 1);
}

static struct kunit_case access_cases[] = {
	KUNIT_CASE(access_killed),
	KUNIT_CASE(access_places),
	KUNIT_CASE(access_registers),
	KUNIT_CASE(access_widths),
	KUNIT_CASE(access_back_before_others),
	KUNIT_CASE(access_soft),
	KUNIT_CASE(access_hooked),
	KUNIT_CASE(access_msix),
	KUNIT_CASE(access_msix_bypass),
	KUNIT_CASE(access_config),
	KUNIT_CASE(access_gone),
	{}
};

static struct kunit_suite access_suite = {
	.name = "access",
	.init = access_init,
	.exit = access_exit,
	.test_cases = access_cases,
};
kunit_test_suite(access_suite);
