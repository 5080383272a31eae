// SPDX-License-Identifier: GPL-2.0-only
/* What a PF driver offers: its operations, its types, and the pool they draw on. */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/err.h>

#include "../../vdcm/internal.h"

static const struct vdcm_pages pages[] = {
	{ .first = 0, .count = 1, .kind = VDCM_PAGE_TRAP },
	{ .first = 1, .count = 1, .kind = VDCM_PAGE_TRAP, .soft = true },
};

static const u8 init[8];

enum { QUEUES, VECTORS };

static const char * const names[] = { "queues", "vectors" };

static const struct vdcm_cap plain = { .id = 0x09, .len = 8, .init = init };
static const struct vdcm_cap hooked = { .id = 0x09, .len = 8, .init = init, .hooked = true };

/* Never called. */
const struct vdcm_xlat_ops vdcm_xlat_table;
const struct vdcm_xlat_ops vdcm_xlat_pasid;

struct offer {
	struct device *dev;
	struct vdcm_parent parent;
	struct vdcm_driver drv;
	struct vdcm_adi_ops ops;
	struct vdcm_composition comp;
	struct vdcm_type type;
	struct vdcm_parent_desc desc;
};

static void fill(struct offer *o)
{
	o->drv = (struct vdcm_driver) { .name = "test", .ops = &o->ops };
	o->comp = (struct vdcm_composition) {
		.bars = {
			[0] = { .size = 0x2000, .pages = pages, .nr_pages = 1 },
			[3] = { .size = 0x4000 },
		},
		.caps = &plain,
		.nr_caps = 1,
		.msix_bar = 3,
		.msix_pba = 0x2000,
	};
	o->type = (struct vdcm_type) {
		.name = "t", .pretty_name = "T", .description = "a type", .comp = &o->comp,
		.nr_vectors = 1, .cost = { [QUEUES] = 2 },
	};
	o->desc = (struct vdcm_parent_desc) {
		.types = &o->type, .nr_types = 1, .resources = names,
		.nr_resources = ARRAY_SIZE(names), .capacity = { [QUEUES] = 5, [VECTORS] = 9 },
		.xlat = VDCM_XLAT_NONE,
	};
}

static int parent_init(struct kunit *test)
{
	struct offer *o = kunit_kzalloc(test, sizeof(*o), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, o);
	o->dev = root_device_register("vdcm_parent_test");
	KUNIT_ASSERT_FALSE(test, IS_ERR(o->dev));
	fill(o);
	test->priv = o;
	return 0;
}

static void parent_exit(struct kunit *test)
{
	struct offer *o = test->priv;

	if (o)
		root_device_unregister(o->dev);
}

/* --- operations, which are never called ------------------------------------------- */

static int map(struct vdcm_adi *adi, u64 iova, dma_addr_t dma, unsigned int nr, u32 prot)
{
	return 0;
}

static void unmap(struct vdcm_adi *adi, u64 iova, u64 nr)
{
}

static void done(struct vdcm_adi *adi, u32 token, int err)
{
}

static void set_pasid(struct vdcm_adi *adi, u32 pasid)
{
}

static int resume(struct vdcm_adi *adi)
{
	return 0;
}

static bool soft_reset(struct vdcm_adi *adi)
{
	return true;
}

static void nothing(struct vdcm_adi *adi)
{
}

static void bus_master(struct vdcm_adi *adi, bool on)
{
}

static phys_addr_t page(struct vdcm_adi *adi, unsigned int page)
{
	return 0;
}

static u64 reg_read(struct vdcm_adi *adi, u32 offset, unsigned int size)
{
	return 0;
}

static void reg_write(struct vdcm_adi *adi, u32 offset, u64 value, unsigned int size)
{
}

static u32 cap_read(struct vdcm_adi *adi, const struct vdcm_cap *cap, unsigned int offset,
		    unsigned int size)
{
	return 0;
}

static void cap_write(struct vdcm_adi *adi, const struct vdcm_cap *cap, unsigned int offset,
		      unsigned int size, u32 value)
{
}

/* ------------------------------------------------------------------------------------ */

static int init_parent(struct offer *o)
{
	return vdcm_parent_init(&o->parent, &o->drv, o->dev, &o->desc, o);
}

/* 0 or an errno. */
static int regions_of(struct offer *o)
{
	struct vdcm_regions *regions = vdcm_parent_regions(&o->parent, 0, &o->type);
	int ret = PTR_ERR_OR_ZERO(regions);

	if (!ret)
		vdcm_regions_destroy(regions);
	return ret;
}

static void parent_translation(struct kunit *test)
{
	struct offer *o = test->priv;
	static const struct {
		unsigned int xlat;
		struct vdcm_adi_ops ops;
		int ret;
	} rows[] = {
		{ VDCM_XLAT_NONE, { }, 0 },
		{ VDCM_XLAT_TABLE, { .xlat_map = map, .xlat_unmap = unmap, .fault_done = done }, 0 },
		{ VDCM_XLAT_TABLE, { .xlat_unmap = unmap, .fault_done = done }, -EINVAL },
		{ VDCM_XLAT_TABLE, { .xlat_map = map, .fault_done = done }, -EINVAL },
		{ VDCM_XLAT_TABLE, { .xlat_map = map, .xlat_unmap = unmap }, -EINVAL },
		{ VDCM_XLAT_PASID, { .set_pasid = set_pasid, .fault_done = done }, 0 },
		{ VDCM_XLAT_PASID, { .set_pasid = set_pasid }, -EINVAL },
		{ VDCM_XLAT_PASID, { .fault_done = done }, -EINVAL },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		o->ops = rows[i].ops;
		o->desc.xlat = rows[i].xlat;
		KUNIT_ASSERT_EQ(test, init_parent(o), 0);
		KUNIT_EXPECT_PTR_EQ(test, vdcm_parent_drvdata(&o->parent), o);
		KUNIT_EXPECT_EQ_MSG(test, regions_of(o), rows[i].ret, "row %u", i);
		vdcm_parent_exit(&o->parent);
	}
	o->desc.xlat = VDCM_XLAT_NONE + 1;
	KUNIT_EXPECT_EQ(test, init_parent(o), -EINVAL);
}

/* A type has operations of its own, or the driver's; all that every driver has. */
static void parent_type_ops(struct kunit *test)
{
	static const struct vdcm_adi_ops whole = {
		.create = resume, .destroy = nothing, .open = resume, .close = nothing,
		.reset = resume, .bus_master = bus_master, .page = page, .reg_read = reg_read,
		.reg_write = reg_write, .resume = resume,
	};
	struct offer *o = test->priv;
	struct vdcm_adi_ops own;
	size_t at;

	KUNIT_ASSERT_EQ(test, init_parent(o), 0);
	KUNIT_EXPECT_PTR_EQ(test, vdcm_parent_ops(&o->parent, &o->type), &o->ops);
	o->drv.ops = NULL;
	KUNIT_EXPECT_EQ(test, regions_of(o), -EINVAL);
	o->type.ops = &own;
	own = whole;
	KUNIT_EXPECT_EQ(test, regions_of(o), 0);
	KUNIT_EXPECT_PTR_EQ(test, vdcm_parent_ops(&o->parent, &o->type), &own);
	KUNIT_EXPECT_TRUE(test, o->parent.resumes);
	for (at = 0; at < sizeof(own); at += sizeof(void *)) {
		own = whole;
		if (!*(void **)((u8 *)&own + at))
			continue;
		*(void **)((u8 *)&own + at) = NULL;
		KUNIT_EXPECT_EQ_MSG(test, regions_of(o), own.resume ? -EINVAL : 0, "%zu", at);
	}
	/* One type that cannot be brought back is enough. */
	KUNIT_EXPECT_FALSE(test, o->parent.resumes);
	/* All operations of a migration, or none. */
	own = whole;
	own.freeze = resume;
	KUNIT_EXPECT_EQ(test, regions_of(o), -EINVAL);
	vdcm_parent_exit(&o->parent);
}

/* --- waiting for the PF ---------------------------------------------------------------------- */

static struct {
	struct vdcm_adi adi;
	struct work_struct work;
	bool locked;
} closer;

static void closes(struct work_struct *work)
{
	vdcm_lock_settled(&closer.adi);
	WRITE_ONCE(closer.locked, true);
	mutex_unlock(&closer.adi.lock);
}

/* The close of an ADI waits for the end of a reset of its PF, without the ADI's lock. It does not
 * wait for a dead PF.
 */
static void parent_settles(struct kunit *test)
{
	static const enum vdcm_parent_state ends[] = { VDCM_PARENT_UP, VDCM_PARENT_DEAD };
	struct offer *o = test->priv;
	unsigned int i;

	KUNIT_ASSERT_EQ(test, init_parent(o), 0);
	closer.adi.parent = &o->parent;
	mutex_init(&closer.adi.lock);
	INIT_WORK(&closer.work, closes);
	for (i = 0; i < ARRAY_SIZE(ends); i++) {
		closer.locked = false;
		WRITE_ONCE(o->parent.state, VDCM_PARENT_QUIESCED);
		schedule_work(&closer.work);
		msleep(50);
		KUNIT_EXPECT_FALSE(test, READ_ONCE(closer.locked));
		mutex_lock(&closer.adi.lock);
		WRITE_ONCE(o->parent.state, ends[i]);
		mutex_unlock(&closer.adi.lock);
		wake_up_all(&o->parent.wait);
		flush_work(&closer.work);
		KUNIT_EXPECT_TRUE(test, closer.locked);
	}
	vdcm_parent_exit(&o->parent);
}

/* What a PF driver reads of the pool: what there is of each resource, and 0 of one that is none. */
static void parent_counts(struct kunit *test)
{
	struct offer *o = test->priv;

	KUNIT_ASSERT_EQ(test, init_parent(o), 0);
	KUNIT_EXPECT_EQ(test, vdcm_pool_take(&o->parent.pool, o->type.cost), -1);
	KUNIT_EXPECT_EQ(test, vdcm_parent_used(&o->parent, QUEUES), 2);
	KUNIT_EXPECT_EQ(test, vdcm_parent_used(&o->parent, VECTORS), 0);
	KUNIT_EXPECT_EQ(test, vdcm_parent_used(&o->parent, ARRAY_SIZE(names)), 0);
	KUNIT_EXPECT_EQ(test, vdcm_parent_used(&o->parent, ~0u), 0);
	vdcm_parent_exit(&o->parent);
}

/* What a composition asks for beside what every driver has. */
static void parent_operations(struct kunit *test)
{
	struct offer *o = test->priv;
	static const struct {
		bool soft;
		const struct vdcm_cap *cap;
		struct vdcm_adi_ops ops;
		int ret;
	} rows[] = {
		{ false, &plain, { }, 0 },
		{ false, &plain, { .resume = resume }, 0 },
		{ true, &plain, { }, 0 },
		{ true, &plain, { .resume = resume }, -EINVAL },
		{ true, &plain, { .resume = resume, .soft_reset = soft_reset }, 0 },
		{ false, &hooked, { }, -EINVAL },
		{ false, &hooked, { .cap_read = cap_read }, -EINVAL },
		{ false, &hooked, { .cap_write = cap_write }, -EINVAL },
		{ false, &hooked, { .cap_read = cap_read, .cap_write = cap_write }, 0 },
		{ false, &hooked, { .cap_read = cap_read, .cap_write = cap_write,
				    .resume = resume }, -EINVAL },
		{ false, &hooked, { .cap_read = cap_read, .cap_write = cap_write,
				    .resume = resume, .soft_reset = soft_reset }, 0 },
		{ true, &hooked, { .resume = resume, .soft_reset = soft_reset }, -EINVAL },
	};
	unsigned int i;

	KUNIT_ASSERT_EQ(test, init_parent(o), 0);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		o->ops = rows[i].ops;
		o->comp.bars[0].nr_pages = rows[i].soft ? 2 : 1;
		o->comp.caps = rows[i].cap;
		KUNIT_EXPECT_EQ_MSG(test, regions_of(o), rows[i].ret, "row %u", i);
	}
	vdcm_parent_exit(&o->parent);
}

static void parent_types(struct kunit *test)
{
	struct offer *o = test->priv;
	static const struct vdcm_type good = {
		.name = "t", .pretty_name = "T", .description = "a type", .nr_vectors = 1,
		.cost = { [VECTORS] = 1 },
	};
	static const char longest[] = "123456789 123456789 123456789 123456789";
	static const char too_long[] = "123456789 123456789 123456789 1234567890";

	KUNIT_ASSERT_EQ(test, init_parent(o), 0);
#define EXPECT_TYPE(ret, change) do {				\
		o->type = good;					\
		o->type.comp = &o->comp;			\
		change;						\
		KUNIT_EXPECT_EQ(test, regions_of(o), ret);	\
	} while (0)
	EXPECT_TYPE(0, (void)0);
	EXPECT_TYPE(0, o->type.pretty_name = longest);
	EXPECT_TYPE(-EINVAL, o->type.pretty_name = too_long);
	EXPECT_TYPE(-EINVAL, o->type.pretty_name = NULL);
	EXPECT_TYPE(-EINVAL, o->type.name = NULL);
	EXPECT_TYPE(-EINVAL, o->type.description = NULL);
	EXPECT_TYPE(-EINVAL, o->type.comp = NULL);
	EXPECT_TYPE(-EINVAL, o->type.cost[VECTORS] = 0);
	EXPECT_TYPE(-EINVAL, o->type.cost[VECTORS + 1] = 1);
	EXPECT_TYPE(-EINVAL, o->type.cost[VDCM_MAX_RESOURCES - 1] = 1);
	EXPECT_TYPE(-EINVAL, o->type.nr_vectors = 0);
	EXPECT_TYPE(-EINVAL, o->comp.msix_pba = 0);
	vdcm_parent_exit(&o->parent);
}

static void parent_resources(struct kunit *test)
{
	static const char * const many[VDCM_MAX_RESOURCES + 1] = {
		"a", "b", "c", "d", "e", "f", "g", "h", "i",
	};
	static const char * const hole[] = { "a", NULL };
	struct offer *o = test->priv;

#define EXPECT_DESC(ret, change) do {					\
		fill(o);						\
		change;							\
		KUNIT_EXPECT_EQ(test, init_parent(o), ret);		\
		if (!(ret))						\
			vdcm_parent_exit(&o->parent);			\
	} while (0)
	EXPECT_DESC(0, (void)0);
	EXPECT_DESC(0, o->desc.resources = many; o->desc.nr_resources = VDCM_MAX_RESOURCES);
	EXPECT_DESC(-EINVAL, o->desc.resources = many; o->desc.nr_resources = VDCM_MAX_RESOURCES + 1);
	EXPECT_DESC(-EINVAL, o->desc.nr_resources = 0);
	EXPECT_DESC(-EINVAL, o->desc.resources = NULL);
	EXPECT_DESC(-EINVAL, o->desc.resources = hole);
	/* Capacity of what has no name. */
	EXPECT_DESC(-EINVAL, o->desc.nr_resources = 1);
	EXPECT_DESC(-EINVAL, o->desc.capacity[VDCM_MAX_RESOURCES - 1] = 1);
}

static void parent_addresses(struct kunit *test)
{
	static const struct vdcm_range some[] = { { 0x2000, 0x2fff }, { 0x8000, 0x7fff } };
	struct offer *o = test->priv;

	EXPECT_DESC(0, o->desc.iova_bits = 64);
	EXPECT_DESC(0, o->desc.iova_bits = 12);
	EXPECT_DESC(-EINVAL, o->desc.iova_bits = 11);
	EXPECT_DESC(-EINVAL, o->desc.iova_bits = 65);
	EXPECT_DESC(-EINVAL, o->desc.reserved = some; o->desc.nr_reserved = 2);
	EXPECT_DESC(0, o->desc.reserved = some; o->desc.nr_reserved = 1; o->desc.iova_bits = 15);
	KUNIT_EXPECT_FALSE(test, vdcm_iova_has(&o->parent.iova, 2));
	KUNIT_EXPECT_TRUE(test, vdcm_iova_has(&o->parent.iova, 7));
	KUNIT_EXPECT_FALSE(test, vdcm_iova_has(&o->parent.iova, 8));
}

static void parent_pool(struct kunit *test)
{
	struct offer *o = test->priv;

	KUNIT_ASSERT_EQ(test, init_parent(o), 0);
	KUNIT_EXPECT_EQ(test, vdcm_parent_available(&o->parent, &o->type), 2);
	KUNIT_EXPECT_EQ(test, vdcm_parent_take(&o->parent, &o->type, "a"), 0);
	KUNIT_EXPECT_EQ(test, vdcm_parent_take(&o->parent, &o->type, "b"), 0);
	KUNIT_EXPECT_EQ(test, vdcm_parent_take(&o->parent, &o->type, "c"), -ENOSPC);
	vdcm_pool_give(&o->parent.pool, o->type.cost);
	KUNIT_EXPECT_EQ(test, vdcm_parent_available(&o->parent, &o->type), 1);
	/* Nothing is to be had of a device that is gone. */
	o->parent.state = VDCM_PARENT_DEAD;
	KUNIT_EXPECT_EQ(test, vdcm_parent_available(&o->parent, &o->type), 0);
	KUNIT_EXPECT_EQ(test, vdcm_parent_take(&o->parent, &o->type, "d"), -ENODEV);
	vdcm_parent_exit(&o->parent);
}

/* The lock of an ADI, once its PF is there, or dead. */
static void parent_settled(struct kunit *test)
{
	struct offer *o = test->priv;
	struct vdcm_adi *adi = kunit_kzalloc(test, sizeof(*adi), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, adi);
	KUNIT_ASSERT_EQ(test, init_parent(o), 0);
	adi->parent = &o->parent;
	mutex_init(&adi->lock);
	vdcm_lock_settled(adi);
	mutex_unlock(&adi->lock);
	o->parent.state = VDCM_PARENT_DEAD;
	vdcm_wait_settled(&o->parent);
	vdcm_lock_settled(adi);
	mutex_unlock(&adi->lock);
	vdcm_parent_exit(&o->parent);
}

static struct kunit_case parent_cases[] = {
	KUNIT_CASE(parent_settles),
	KUNIT_CASE(parent_counts),
	KUNIT_CASE(parent_translation),
	KUNIT_CASE(parent_addresses),
	KUNIT_CASE(parent_type_ops),
	KUNIT_CASE(parent_operations),
	KUNIT_CASE(parent_types),
	KUNIT_CASE(parent_resources),
	KUNIT_CASE(parent_pool),
	KUNIT_CASE(parent_settled),
	{}
};

static struct kunit_suite parent_suite = {
	.name = "parent",
	.init = parent_init,
	.exit = parent_exit,
	.test_cases = parent_cases,
};
kunit_test_suite(parent_suite);
