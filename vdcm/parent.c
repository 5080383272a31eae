// SPDX-License-Identifier: GPL-2.0-only
/*
 * A PF: what it offers, its ADIs, and whether it is there.
 */
#include <linux/bits.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/sched/signal.h>
#include <linux/string.h>
#include <linux/wait.h>

#include "internal.h"

static bool vdcm_settled(const struct vdcm_parent *parent)
{
	return !vdcm_parent_is(parent, VDCM_PARENT_QUIESCED);
}

/**
 * vdcm_lock_settled() - take adi->lock once the PF is there, or dead
 * @adi: ADI
 *
 * For closing: its way to the hardware must not meet a reset.
 *
 * Context: process. Takes adi->lock.
 */
void vdcm_lock_settled(struct vdcm_adi *adi)
{
	mutex_lock(&adi->lock);
	while (!vdcm_settled(adi->parent)) {
		mutex_unlock(&adi->lock);
		wait_event(adi->parent->wait, vdcm_settled(adi->parent));
		mutex_lock(&adi->lock);
	}
}

/**
 * vdcm_wait_settled() - wait a second at most until the PF is there, or dead
 * @parent: parent
 *
 * Context: process; returns early for a process that is being killed.
 */
void vdcm_wait_settled(struct vdcm_parent *parent)
{
	wait_event_killable_timeout(parent->wait, vdcm_settled(parent), HZ);
}

static bool resources_valid(const struct vdcm_parent_desc *desc)
{
	unsigned int i;

	if (!desc->nr_resources || desc->nr_resources > VDCM_MAX_RESOURCES || !desc->resources)
		return false;
	for (i = 0; i < desc->nr_resources; i++)
		if (!desc->resources[i])
			return false;
	for (; i < VDCM_MAX_RESOURCES; i++)
		if (desc->capacity[i])
			return false;
	return true;
}

/* A resource without a name has no capacity: a type that costs one is malformed. */
static bool type_valid(const struct vdcm_parent *parent, const struct vdcm_type *type)
{
	bool costs = false;
	unsigned int i;

	if (!type->name || !type->pretty_name || !type->description ||
	    !type->comp || strlen(type->pretty_name) > 39)
		return false;
	for (i = 0; i < parent->nr_resources; i++)
		costs |= type->cost[i];
	for (; i < VDCM_MAX_RESOURCES; i++)
		if (type->cost[i])
			return false;
	return costs;
}

static bool has_hook(const struct vdcm_composition *comp)
{
	unsigned int i;

	for (i = 0; i < comp->nr_caps; i++)
		if (comp->caps[i].hooked)
			return true;
	return false;
}

static bool has_soft_page(const struct vdcm_composition *comp)
{
	unsigned int i, k;

	for (i = 0; i < VDCM_NR_BARS; i++)
		for (k = 0; k < comp->bars[i].nr_pages; k++)
			if (comp->bars[i].pages[k].soft)
				return true;
	return false;
}

/* A driver has all operations of a migration, or none. */
static bool migration_valid(const struct vdcm_adi_ops *ops)
{
	unsigned int nr = !!ops->freeze + !!ops->thaw + !!ops->state_size + !!ops->save +
			  !!ops->load;

	return !nr || nr == 5;
}

/* Does the type have the operations that its composition, which is well-formed, needs? */
static bool comp_valid(const struct vdcm_adi_ops *ops, const struct vdcm_composition *comp)
{
	bool hook = has_hook(comp);

	if (hook && (!ops->cap_read || !ops->cap_write))
		return false;
	/* A guest sees them while the PF is quiesced. */
	return ops->soft_reset || !ops->resume || !(hook || has_soft_page(comp));
}

/* Return: text about operations that a type lacks, or NULL. The driver's own are complete. */
static const char *ops_lack(const struct vdcm_parent *parent, const struct vdcm_type *type)
{
	const struct vdcm_adi_ops *ops = vdcm_parent_ops(parent, type);

	if (!ops || (type->ops && !vdcm_ops_complete(ops)))
		return "operations are missing";
	if (!parent->backend->suits(ops))
		return "operations for the translation mode are missing";
	if (!migration_valid(ops))
		return "operations for migration are missing";
	if (!comp_valid(ops, type->comp))
		return "operations for its soft pages or hooked capabilities are missing";
	return NULL;
}

/**
 * vdcm_ops_complete() - are there all operations that are not optional?
 * @ops: operations
 *
 * Context: any.
 */
bool vdcm_ops_complete(const struct vdcm_adi_ops *ops)
{
	return ops->create && ops->destroy && ops->open && ops->close && ops->reset &&
	       ops->bus_master && ops->page && ops->reg_read && ops->reg_write;
}

/**
 * vdcm_parent_ops() - the operations of a type
 * @parent: PF
 * @type: one of its types
 *
 * Context: any.
 * Return: operations, or NULL if the PF driver gave none.
 */
const struct vdcm_adi_ops *vdcm_parent_ops(const struct vdcm_parent *parent,
					   const struct vdcm_type *type)
{
	return type->ops ?: parent->drv->ops;
}

/**
 * vdcm_parent_regions() - look at a type of a PF driver, and make its region table
 * @parent: PF
 * @i: number of the type
 * @type: type
 *
 * Context: process.
 * Return: table, for vdcm_regions_destroy(), or ERR_PTR: -EINVAL (malformed, operations are
 * missing; one line in the log says why), -ENOMEM.
 */
struct vdcm_regions *vdcm_parent_regions(struct vdcm_parent *parent, unsigned int i,
					 const struct vdcm_type *type)
{
	struct vdcm_regions *regions = ERR_PTR(-EINVAL);
	const char *why = "malformed type";

	if (type_valid(parent, type))
		regions = vdcm_regions_create(type->comp, type->nr_vectors, &why);
	if (!IS_ERR(regions)) {
		why = ops_lack(parent, type);
		if (why) {
			vdcm_regions_destroy(regions);
			regions = ERR_PTR(-EINVAL);
		}
	}
	if (!IS_ERR(regions))
		parent->resumes &= !!vdcm_parent_ops(parent, type)->resume;
	if (regions == ERR_PTR(-EINVAL))
		dev_err(parent->dev, "mdev type %u (%s): %s\n", i, type->name ?: "no name", why);
	return regions;
}

/* Find the addresses that ADIs of the PF can use. 0 or errno */
static int iova_init(struct vdcm_parent *parent, struct device *dev,
		     const struct vdcm_parent_desc *desc)
{
	const struct vdcm_xlat_ops *ops = parent->backend->ops;
	unsigned int i;
	int ret = 0;

	vdcm_iova_init(&parent->iova);
	if (desc->iova_bits && (desc->iova_bits < PAGE_SHIFT || desc->iova_bits > 64))
		return -EINVAL;
	if (desc->iova_bits)
		vdcm_iova_limit(&parent->iova, 0, GENMASK_ULL(desc->iova_bits - 1, 0));
	for (i = 0; !ret && i < desc->nr_reserved; i++)
		ret = vdcm_iova_reserve(&parent->iova, desc->reserved[i].first,
					desc->reserved[i].last);
	if (!ret && ops && ops->limits)
		ret = ops->limits(dev, &parent->iova);
	return ret;
}

/**
 * vdcm_parent_init() - set up a PF without types and ADIs
 * @parent: parent, zeroed
 * @drv: registered PF driver
 * @dev: PF
 * @desc: what it offers
 * @drvdata: the PF driver's
 *
 * Return: 0, -EINVAL (malformed resources or addresses, unknown translation mode), -ENOSPC (too
 * many reserved ranges), or an error of the IOMMU. Undone by
 * vdcm_parent_exit().
 */
int vdcm_parent_init(struct vdcm_parent *parent, const struct vdcm_driver *drv,
		     struct device *dev, const struct vdcm_parent_desc *desc,
		     void *drvdata)
{
	int ret;

	parent->backend = vdcm_backend(desc->xlat);
	if (!parent->backend) {
		dev_err(dev, "unknown translation mode\n");
		return -EINVAL;
	}
	if (!resources_valid(desc)) {
		dev_err(dev, "malformed resources\n");
		return -EINVAL;
	}
	ret = iova_init(parent, dev, desc);
	if (ret) {
		dev_err(dev, "malformed limits of addresses, or none from the IOMMU: %d\n", ret);
		return ret;
	}
	parent->dev = get_device(dev);
	parent->drv = drv;
	parent->resumes = true;
	parent->resources = desc->resources;
	parent->nr_resources = desc->nr_resources;
	parent->drvdata = drvdata;
	mutex_init(&parent->list_lock);
	INIT_LIST_HEAD(&parent->adis);
	init_waitqueue_head(&parent->wait);
	vdcm_pool_init(&parent->pool, desc->capacity);
	return 0;
}

/**
 * vdcm_parent_exit() - undo vdcm_parent_init()
 * @parent: parent without ADIs
 */
void vdcm_parent_exit(struct vdcm_parent *parent)
{
	put_device(parent->dev);
}

/**
 * vdcm_parent_take() - take the cost of an ADI from a PF's pool
 * @parent: parent
 * @type: type of the ADI
 * @name: its name, for the log
 *
 * Context: process.
 * Return: 0, -ENODEV (the device is gone), -ENOSPC; one line in the log says why.
 */
int vdcm_parent_take(struct vdcm_parent *parent, const struct vdcm_type *type,
		     const char *name)
{
	int lacking;

	if (vdcm_parent_is(parent, VDCM_PARENT_DEAD)) {
		dev_err(parent->dev, "%s not created: device is gone\n", name);
		return -ENODEV;
	}
	lacking = vdcm_pool_take(&parent->pool, type->cost);
	if (lacking >= 0) {
		dev_err(parent->dev, "%s not created: %s needs %u %s, fewer are left\n",
			name, type->name, type->cost[lacking], parent->resources[lacking]);
		return -ENOSPC;
	}
	return 0;
}

/**
 * vdcm_parent_available() - how many ADIs of a type can be created
 * @parent: parent
 * @type: type
 *
 * Context: any.
 * Return: their number; 0 on a dead device.
 */
unsigned int vdcm_parent_available(struct vdcm_parent *parent,
				   const struct vdcm_type *type)
{
	if (vdcm_parent_is(parent, VDCM_PARENT_DEAD))
		return 0;
	return vdcm_pool_available(&parent->pool, type->cost);
}

/**
 * vdcm_parent_used() - how much of a resource a PF's ADIs have taken
 * @parent: parent
 * @resource: index in the description; an index that does not exist returns 0
 *
 * Context: any but hard irq.
 * Return: 0..its capacity
 */
u32 vdcm_parent_used(struct vdcm_parent *parent, unsigned int resource)
{
	return resource < parent->nr_resources ? vdcm_pool_used(&parent->pool, resource) : 0;
}
EXPORT_SYMBOL_GPL(vdcm_parent_used);

/**
 * vdcm_parent_drvdata() - the PF driver's data of a parent
 * @parent: parent
 *
 * Context: any.
 * Return: the argument of vdcm_parent_register().
 */
void *vdcm_parent_drvdata(const struct vdcm_parent *parent)
{
	return parent->drvdata;
}
EXPORT_SYMBOL_GPL(vdcm_parent_drvdata);
