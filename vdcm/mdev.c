// SPDX-License-Identifier: GPL-2.0-only
/*
 * mdev life cycle: drivers, parents, types, and mdevs, which are ADIs.
 *
 * Creating an mdev takes its cost from the parent's pool and touches no hardware:
 * orchestrators create all instances up front.
 */
#include <linux/err.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/sysfs.h>
#include <linux/wait.h>

#include "internal.h"

static const char * const resource_names[VDCM_NR_RESOURCES] = {
	[VDCM_RES_ADIS] = "ADIs",
	[VDCM_RES_QUEUES] = "queues",
	[VDCM_RES_VECTORS] = "vectors",
};

static struct vdcm_parent *to_parent(struct mdev_type *mtype)
{
	return container_of(mtype->parent, struct vdcm_parent, mdev);
}

static struct vdcm_mtype *to_mtype(struct mdev_type *mtype)
{
	return container_of(mtype, struct vdcm_mtype, mtype);
}

static struct vdcm_adi *adi_alloc(struct mdev_device *mdev)
{
	struct vdcm_mtype *type = to_mtype(mdev->type);
	struct vdcm_adi *adi;

	adi = vfio_alloc_device(vdcm_adi, vdev, mdev_dev(mdev), &vdcm_vfio_ops);
	if (IS_ERR(adi))
		return adi;
	adi->queues = vdcm_queues_get();
	if (!adi->queues) {
		vfio_put_device(&adi->vdev);
		return ERR_PTR(-ENOMEM);
	}
	adi->mdev = mdev;
	adi->parent = to_parent(mdev->type);
	adi->type = type->type;
	adi->regions = type->regions;
	adi->pasid = VDCM_NO_PASID;
	INIT_LIST_HEAD(&adi->entry);
	mutex_init(&adi->lock);
	mutex_init(&adi->pin_lock);
	init_rwsem(&adi->mem_lock);
	spin_lock_init(&adi->irq_lock);
	spin_lock_init(&adi->fault_lock);
	vdcm_log_init(adi);
	vdcm_ioevents_init(adi);
	INIT_DELAYED_WORK(&adi->revoke_work, vdcm_revoke_work);
	return adi;
}

static void list_adi(struct vdcm_adi *adi)
{
	mutex_lock(&adi->parent->list_lock);
	list_add_tail(&adi->entry, &adi->parent->adis);
	mutex_unlock(&adi->parent->list_lock);
}

static void unlist_adi(struct vdcm_adi *adi)
{
	mutex_lock(&adi->parent->list_lock);
	list_del(&adi->entry);
	mutex_unlock(&adi->parent->list_lock);
}

static int adi_create(struct vdcm_adi *adi)
{
	int ret;

	mutex_lock(&adi->lock);
	ret = vdcm_ops(adi)->create(adi);
	mutex_unlock(&adi->lock);
	return ret;
}

static void adi_destroy(struct vdcm_adi *adi)
{
	mutex_lock(&adi->lock);
	vdcm_ops(adi)->destroy(adi);
	mutex_unlock(&adi->lock);
}

static int add_adi(struct mdev_device *mdev)
{
	struct vdcm_adi *adi;
	int ret;

	adi = adi_alloc(mdev);
	if (IS_ERR(adi))
		return PTR_ERR(adi);
	ret = adi_create(adi);
	if (ret)
		goto put;
	dev_set_drvdata(mdev_dev(mdev), adi);
	list_adi(adi);
	ret = vdcm_attrs_add(adi);
	if (ret)
		goto destroy;
	ret = vfio_register_emulated_iommu_dev(&adi->vdev);
	if (ret)
		goto attrs;
	return 0;

attrs:
	vdcm_attrs_remove(adi);
destroy:
	unlist_adi(adi);
	dev_set_drvdata(mdev_dev(mdev), NULL);
	adi_destroy(adi);
put:
	vfio_put_device(&adi->vdev);
	return ret;
}

static int vdcm_mdev_probe(struct mdev_device *mdev)
{
	struct vdcm_parent *parent = to_parent(mdev->type);
	const struct vdcm_type *type = to_mtype(mdev->type)->type;
	int ret, lacking;

	if (READ_ONCE(parent->dead)) {
		dev_err(parent->dev, "%s not created: device is gone\n",
			dev_name(mdev_dev(mdev)));
		return -ENODEV;
	}
	lacking = vdcm_pool_take(&parent->pool, type->cost);
	if (lacking >= 0) {
		dev_err(parent->dev, "%s not created: %s needs %u %s, fewer are left\n",
			dev_name(mdev_dev(mdev)), type->name,
			type->cost[lacking], resource_names[lacking]);
		return -ENOSPC;
	}
	ret = add_adi(mdev);
	if (ret) {
		dev_err(parent->dev, "%s not created: error %d\n",
			dev_name(mdev_dev(mdev)), ret);
		vdcm_pool_give(&parent->pool, type->cost);
	}
	return ret;
}

/* Waits until user space has closed the device, asking it to by vdcm_request(). */
static void vdcm_mdev_remove(struct mdev_device *mdev)
{
	struct vdcm_adi *adi = vdcm_adi_get(mdev_dev(mdev));
	const struct vdcm_type *type = adi->type;
	struct vdcm_parent *parent = adi->parent;

	vdcm_attrs_remove(adi);
	vfio_unregister_group_dev(&adi->vdev);
	unlist_adi(adi);
	adi_destroy(adi);
	dev_set_drvdata(mdev_dev(mdev), NULL);
	vfio_put_device(&adi->vdev);
	vdcm_pool_give(&parent->pool, type->cost);
}

static unsigned int vdcm_get_available(struct mdev_type *mtype)
{
	struct vdcm_parent *parent = to_parent(mtype);

	if (READ_ONCE(parent->dead))
		return 0;
	return vdcm_pool_available(&parent->pool, to_mtype(mtype)->type->cost);
}

static ssize_t vdcm_show_description(struct mdev_type *mtype, char *buf)
{
	return sysfs_emit(buf, "%s\n", to_mtype(mtype)->type->description);
}

/**
 * vdcm_driver_register() - register a PF driver with the framework
 * @drv: PF driver; must live until vdcm_driver_unregister()
 *
 * Once per module, from its init function, before any parent.
 *
 * Context: process.
 * Return: 0, -EINVAL (an operation or a name is missing), -ENOMEM, or the driver core's
 * error.
 */
int vdcm_driver_register(struct vdcm_driver *drv)
{
	const struct vdcm_adi_ops *ops = drv->ops;
	struct vdcm_mdev_driver *m;
	int ret;

	if (!drv->name || !ops || !ops->create || !ops->destroy || !ops->open ||
	    !ops->close || !ops->reset || !ops->bus_master || !ops->page ||
	    !ops->reg_read || !ops->reg_write || (drv->groups && !drv->attrs_dir))
		return -EINVAL;
	m = kzalloc(sizeof(*m), GFP_KERNEL);
	if (!m)
		return -ENOMEM;
	m->drv = drv;
	m->mdrv.device_api = VFIO_DEVICE_API_PCI_STRING;
	m->mdrv.probe = vdcm_mdev_probe;
	m->mdrv.remove = vdcm_mdev_remove;
	m->mdrv.get_available = vdcm_get_available;
	m->mdrv.show_description = vdcm_show_description;
	m->mdrv.driver.name = drv->name;
	m->mdrv.driver.owner = drv->owner;
	m->mdrv.driver.mod_name = module_name(drv->owner);
	m->mdrv.driver.suppress_bind_attrs = true;
	ret = mdev_register_driver(&m->mdrv);
	if (ret) {
		kfree(m);
		return ret;
	}
	drv->private = m;
	return 0;
}
EXPORT_SYMBOL_GPL(vdcm_driver_register);

/**
 * vdcm_driver_unregister() - undo vdcm_driver_register()
 * @drv: PF driver; all its parents are unregistered
 *
 * Context: process.
 */
void vdcm_driver_unregister(struct vdcm_driver *drv)
{
	struct vdcm_mdev_driver *m = drv->private;

	mdev_unregister_driver(&m->mdrv);
	drv->private = NULL;
	kfree(m);
}
EXPORT_SYMBOL_GPL(vdcm_driver_unregister);

/*
 * The mdev core looks into type and parent even when the last reference to an
 * mdev is dropped, which need not be when the mdev is removed. Each mdev holds a
 * reference to its type's object; so when all these objects are released, nobody
 * looks into the parent any more. Their release is the mdev core's: it is called
 * first, then ours counts.
 */
static void vdcm_type_released(struct kobject *kobj)
{
	struct mdev_type *mtype = container_of(kobj, struct mdev_type, kobj);
	struct vdcm_parent *parent = to_parent(mtype);

	parent->core_release(kobj);
	if (atomic_dec_and_test(&parent->nr_held))
		complete(&parent->released);
}

/* The types may be in use already: must not fail. */
static void watch_types(struct vdcm_parent *parent)
{
	const struct kobj_type *core = get_ktype(&parent->types[0].mtype.kobj);
	const struct kobj_type ours = {
		.release = vdcm_type_released,
		.sysfs_ops = core->sysfs_ops,
		.default_groups = core->default_groups,
	};
	unsigned int i;

	/* Made before the core's was known; no kobject has it yet. */
	memcpy((void *)parent->ktype, &ours, sizeof(ours));
	parent->core_release = core->release;
	atomic_set(&parent->nr_held, parent->nr_types);
	for (i = 0; i < parent->nr_types; i++)
		parent->types[i].mtype.kobj.ktype = parent->ktype;
}

static bool type_valid(const struct vdcm_type *type)
{
	unsigned int i;

	if (!type->name || !type->pretty_name || !type->description ||
	    !type->comp || strlen(type->pretty_name) > 39)
		return false;
	for (i = 0; i < VDCM_NR_RESOURCES; i++)
		if (type->cost[i])
			return true;
	return false;
}

static int add_type(struct vdcm_parent *parent, unsigned int i,
		    const struct vdcm_type *type)
{
	struct vdcm_mtype *t = &parent->types[i];
	const char *why = "malformed type";

	if (!type_valid(type))
		goto invalid;
	t->regions = vdcm_regions_create(type->comp, type->nr_vectors, &why);
	if (IS_ERR(t->regions)) {
		int ret = PTR_ERR(t->regions);

		t->regions = NULL;
		if (ret == -EINVAL)
			goto invalid;
		return ret;
	}
	t->type = type;
	t->mtype.sysfs_name = type->name;
	t->mtype.pretty_name = type->pretty_name;
	parent->mtypes[i] = &t->mtype;
	return 0;

invalid:
	dev_err(parent->dev, "mdev type %u (%s): %s\n", i,
		type->name ?: "no name", why);
	return -EINVAL;
}

static void parent_free(struct vdcm_parent *parent)
{
	unsigned int i;

	for (i = 0; i < parent->nr_types; i++)
		vdcm_regions_destroy(parent->types[i].regions);
	put_device(parent->dev);
	kfree(parent->ktype);
	kfree(parent->mtypes);
	kfree(parent);
}

static struct vdcm_parent *parent_alloc(struct vdcm_driver *drv,
					struct device *dev,
					const struct vdcm_parent_desc *desc,
					void *drvdata)
{
	struct vdcm_parent *parent;

	parent = kzalloc(struct_size(parent, types, desc->nr_types),
			 GFP_KERNEL);
	if (!parent)
		return NULL;
	parent->mtypes = kcalloc(desc->nr_types, sizeof(*parent->mtypes),
				 GFP_KERNEL);
	parent->ktype = kzalloc(sizeof(*parent->ktype), GFP_KERNEL);
	if (!parent->mtypes || !parent->ktype) {
		kfree(parent->ktype);
		kfree(parent->mtypes);
		kfree(parent);
		return NULL;
	}
	parent->dev = get_device(dev);
	parent->driver = drv->private;
	parent->ops = drv->ops;
	parent->xlat = desc->xlat;
	parent->drvdata = drvdata;
	parent->nr_types = desc->nr_types;
	mutex_init(&parent->list_lock);
	INIT_LIST_HEAD(&parent->adis);
	init_waitqueue_head(&parent->wait);
	init_completion(&parent->released);
	vdcm_pool_init(&parent->pool, desc->capacity);
	return parent;
}

static bool xlat_valid(const struct vdcm_adi_ops *ops, enum vdcm_xlat xlat)
{
	switch (xlat) {
	case VDCM_XLAT_TABLE:
		return ops->xlat_map && ops->xlat_unmap && ops->fault_done;
	case VDCM_XLAT_PASID:
		return ops->set_pasid && ops->fault_done;
	case VDCM_XLAT_NONE:
		return true;
	}
	return false;
}

/**
 * vdcm_parent_register() - offer the mdev types of a PF
 * @drv: registered PF driver
 * @dev: the PF; bound to its driver, ready to create ADIs
 * @desc: what it offers; copied but for the types
 * @drvdata: for vdcm_parent_drvdata()
 *
 * mdevs may be created, and their operations called, before it returns.
 *
 * Context: process.
 * Return: parent, or ERR_PTR: -EINVAL (malformed type or composition, missing
 * operation: one line in the log says which), -ENOMEM, or the mdev core's error.
 */
struct vdcm_parent *vdcm_parent_register(struct vdcm_driver *drv,
					 struct device *dev,
					 const struct vdcm_parent_desc *desc,
					 void *drvdata)
{
	struct vdcm_parent *parent;
	unsigned int i;
	int ret;

	if (!drv->private || !desc->nr_types)
		return ERR_PTR(-EINVAL);
	if (!xlat_valid(drv->ops, desc->xlat)) {
		dev_err(dev, "operations for the translation mode are missing\n");
		return ERR_PTR(-EINVAL);
	}
	parent = parent_alloc(drv, dev, desc, drvdata);
	if (!parent)
		return ERR_PTR(-ENOMEM);
	for (i = 0; i < desc->nr_types; i++) {
		ret = add_type(parent, i, &desc->types[i]);
		if (ret)
			goto free;
	}
	ret = mdev_register_parent(&parent->mdev, dev, &parent->driver->mdrv,
				   parent->mtypes, parent->nr_types);
	if (ret)
		goto free;
	watch_types(parent);
	return parent;

free:
	parent_free(parent);
	return ERR_PTR(ret);
}
EXPORT_SYMBOL_GPL(vdcm_parent_register);

/* All at once: the core removes mdev by mdev, each time waiting for its user. */
static void request_all(struct vdcm_parent *parent)
{
	struct vdcm_adi *adi;

	mutex_lock(&parent->list_lock);
	list_for_each_entry(adi, &parent->adis, entry)
		vdcm_request_release(adi);
	mutex_unlock(&parent->list_lock);
}

/**
 * vdcm_parent_unregister() - remove all mdevs of a PF and take its types away
 * @parent: parent; gone when it returns
 *
 * Blocks until user space has closed every mdev; it is asked to by their release
 * request interrupts, and loses the hardware if it does not in time. On return no
 * operation of an ADI is running or will be called.
 *
 * Context: process. Must not hold a lock that an operation takes. Not while the
 * parent is quiesced, unless it is dead.
 */
void vdcm_parent_unregister(struct vdcm_parent *parent)
{
	request_all(parent);
	mdev_unregister_parent(&parent->mdev);
	wait_for_completion(&parent->released);
	parent_free(parent);
}
EXPORT_SYMBOL_GPL(vdcm_parent_unregister);

/**
 * vdcm_parent_drvdata() - the PF driver's data of a parent
 * @parent: parent
 *
 * Context: any.
 * Return: what was passed to vdcm_parent_register().
 */
void *vdcm_parent_drvdata(const struct vdcm_parent *parent)
{
	return parent->drvdata;
}
EXPORT_SYMBOL_GPL(vdcm_parent_drvdata);
