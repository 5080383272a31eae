// SPDX-License-Identifier: GPL-2.0-only
/*
 * mdev life cycle: drivers, parents, types, and mdevs, which are ADIs.
 */
#include <linux/err.h>
#include <linux/mdev.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/sysfs.h>
#include <linux/wait.h>

#include "exporter.h"

/**
 * struct vdcm_mtype - an mdev type of one parent
 * @mtype: the mdev core's
 * @type: the PF driver's
 * @regions: region table
 */
struct vdcm_mtype {
	struct mdev_type mtype;
	const struct vdcm_type *type;
	struct vdcm_regions *regions;
};

/**
 * struct vdcm_mparent - a PF whose ADIs are mdevs
 * @parent: PF
 * @mdev: the mdev core's
 * @ktype: the mdev core's type of the type objects, with our release
 * @core_release: the mdev core's release
 * @nr_held: type objects that are still referenced
 * @released: completed when @nr_held has become 0
 * @mtypes: pointers to @types for the mdev core
 * @nr_types: number of types
 * @types: types
 */
struct vdcm_mparent {
	struct vdcm_parent parent;
	struct mdev_parent mdev;
	const struct kobj_type *ktype;
	void (*core_release)(struct kobject *kobj);
	atomic_t nr_held;
	struct completion released;
	struct mdev_type **mtypes;
	unsigned int nr_types;
	struct vdcm_mtype types[];
};

static struct vdcm_mparent *to_mparent(struct mdev_type *mtype)
{
	return container_of(mtype->parent, struct vdcm_mparent, mdev);
}

static struct vdcm_mtype *to_mtype(struct mdev_type *mtype)
{
	return container_of(mtype, struct vdcm_mtype, mtype);
}

/* What orchestrators may count on: docs/orchestrators.md. */
static_assert(sizeof(struct vdcm_vdev) + sizeof(struct mdev_device) <= 8192);

static struct vdcm_vdev *vdcm_vdev_alloc(struct mdev_device *mdev)
{
	struct vdcm_mtype *type = to_mtype(mdev->type);
	struct vdcm_vdev *v;
	int ret;

	v = vfio_alloc_device(vdcm_vdev, vdev, mdev_dev(mdev), &vdcm_vfio_ops);
	if (IS_ERR(v))
		return v;
	vdcm_ioevents_init(v);
	ret = vdcm_adi_init(&v->adi, &vdcm_vfio_export, mdev_dev(mdev),
			    &to_mparent(mdev->type)->parent, type->type, type->regions);
	if (ret) {
		vfio_put_device(&v->vdev);
		return ERR_PTR(ret);
	}
	return v;
}

static int vdcm_vdev_add(struct mdev_device *mdev)
{
	struct vdcm_vdev *v;
	int ret;

	v = vdcm_vdev_alloc(mdev);
	if (IS_ERR(v))
		return PTR_ERR(v);
	ret = vdcm_adi_create(&v->adi);
	if (ret)
		goto put;
	vdcm_mig_init(v);
	ret = vfio_register_emulated_iommu_dev(&v->vdev);
	if (ret)
		goto destroy;
	return 0;

destroy:
	vdcm_attrs_remove(&v->adi);
	vdcm_adi_destroy(&v->adi);
put:
	vfio_put_device(&v->vdev);
	return ret;
}

static int vdcm_mdev_probe(struct mdev_device *mdev)
{
	struct vdcm_parent *parent = &to_mparent(mdev->type)->parent;
	const struct vdcm_type *type = to_mtype(mdev->type)->type;
	const char *name = dev_name(mdev_dev(mdev));
	int ret;

	ret = vdcm_parent_take(parent, type, name);
	if (ret)
		return ret;
	ret = vdcm_vdev_add(mdev);
	if (ret) {
		dev_err(parent->dev, "%s not created: error %d\n", name, ret);
		vdcm_pool_give(&parent->pool, type->cost);
	}
	return ret;
}

/* Waits until user space has closed the device, asking it to by vdcm_request(). */
static void vdcm_mdev_remove(struct mdev_device *mdev)
{
	struct vdcm_adi *adi = vdcm_adi_get(mdev_dev(mdev));
	struct vfio_device *vdev = &vdcm_vdev_of(adi)->vdev;
	const struct vdcm_type *type = adi->type;
	struct vdcm_parent *parent = adi->parent;

	vdcm_attrs_remove(adi);
	vfio_unregister_group_dev(vdev);
	vdcm_adi_destroy(adi);
	vfio_put_device(vdev);
	vdcm_pool_give(&parent->pool, type->cost);
}

static unsigned int vdcm_get_available(struct mdev_type *mtype)
{
	return vdcm_parent_available(&to_mparent(mtype)->parent, to_mtype(mtype)->type);
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
	struct mdev_driver *mdrv;
	int ret;

	if (!drv->name || (drv->ops && !vdcm_ops_complete(drv->ops)) ||
	    (drv->groups && !drv->attrs_dir))
		return -EINVAL;
	mdrv = kzalloc(sizeof(*mdrv), GFP_KERNEL);
	if (!mdrv)
		return -ENOMEM;
	mdrv->device_api = VFIO_DEVICE_API_PCI_STRING;
	mdrv->probe = vdcm_mdev_probe;
	mdrv->remove = vdcm_mdev_remove;
	mdrv->get_available = vdcm_get_available;
	mdrv->show_description = vdcm_show_description;
	mdrv->driver.name = drv->name;
	mdrv->driver.owner = drv->owner;
	mdrv->driver.mod_name = module_name(drv->owner);
	mdrv->driver.suppress_bind_attrs = true;
	ret = mdev_register_driver(mdrv);
	if (ret) {
		kfree(mdrv);
		return ret;
	}
	drv->private = mdrv;
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
	struct mdev_driver *mdrv = drv->private;

	mdev_unregister_driver(mdrv);
	drv->private = NULL;
	kfree(mdrv);
}
EXPORT_SYMBOL_GPL(vdcm_driver_unregister);

/*
 * The mdev core looks into type and parent even when the last reference to an
 * mdev is dropped, which need not be when the mdev is removed. Each mdev holds a
 * reference to its type's object; so when all these objects are released, the mdev core
 * does not look into the parent any more. Their release is the mdev core's: it is called
 * first, then ours counts.
 *
 * From 6.1 to 7.3 there is no cleaner way. mdev_unregister_parent() waits for no reference;
 * mdev_device_release() reads mdev->type->parent->mdev_driver all the same; it drops the type's
 * object without a call into the mdev driver; the release of the mdev's device is the core's as
 * well. To free the parent later, at the module's end, is no end either: an open file in sysfs
 * may keep an mdev beyond that. The core would have to wait, or to count references of the
 * parent.
 */
static void vdcm_type_released(struct kobject *kobj)
{
	struct mdev_type *mtype = container_of(kobj, struct mdev_type, kobj);
	struct vdcm_mparent *parent = to_mparent(mtype);

	parent->core_release(kobj);
	if (atomic_dec_and_test(&parent->nr_held))
		complete(&parent->released);
}

/* The types may be in use already: must not fail. */
static void vdcm_watch_types(struct vdcm_mparent *parent)
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

static int vdcm_mdev_add_type(struct vdcm_mparent *parent, unsigned int i,
			      const struct vdcm_type *type)
{
	struct vdcm_mtype *t = &parent->types[i];
	struct vdcm_regions *regions;

	regions = vdcm_parent_regions(&parent->parent, i, type);
	if (IS_ERR(regions))
		return PTR_ERR(regions);
	t->regions = regions;
	t->type = type;
	t->mtype.sysfs_name = type->name;
	t->mtype.pretty_name = type->pretty_name;
	parent->mtypes[i] = &t->mtype;
	return 0;
}

static void vdcm_mparent_free(struct vdcm_mparent *parent)
{
	unsigned int i;

	for (i = 0; i < parent->nr_types; i++)
		vdcm_regions_destroy(parent->types[i].regions);
	kfree(parent->ktype);
	kfree(parent->mtypes);
	kfree(parent);
}

static struct vdcm_mparent *vdcm_mparent_alloc(unsigned int nr_types)
{
	struct vdcm_mparent *parent;

	parent = kzalloc(struct_size(parent, types, nr_types), GFP_KERNEL);
	if (!parent)
		return NULL;
	parent->nr_types = nr_types;
	init_completion(&parent->released);
	parent->mtypes = kcalloc(nr_types, sizeof(*parent->mtypes), GFP_KERNEL);
	parent->ktype = kzalloc(sizeof(*parent->ktype), GFP_KERNEL);
	if (!parent->mtypes || !parent->ktype) {
		vdcm_mparent_free(parent);
		return NULL;
	}
	return parent;
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
	struct vdcm_mparent *parent;
	unsigned int i;
	int ret;

	if (!drv->private || !desc->nr_types)
		return ERR_PTR(-EINVAL);
	parent = vdcm_mparent_alloc(desc->nr_types);
	if (!parent)
		return ERR_PTR(-ENOMEM);
	ret = vdcm_parent_init(&parent->parent, drv, dev, desc, drvdata);
	if (ret)
		goto free;
	for (i = 0; i < desc->nr_types; i++) {
		ret = vdcm_mdev_add_type(parent, i, &desc->types[i]);
		if (ret)
			goto exit;
	}
	ret = mdev_register_parent(&parent->mdev, dev, drv->private,
				   parent->mtypes, parent->nr_types);
	if (ret)
		goto exit;
	vdcm_watch_types(parent);
	return &parent->parent;

exit:
	vdcm_parent_exit(&parent->parent);
free:
	vdcm_mparent_free(parent);
	return ERR_PTR(ret);
}
EXPORT_SYMBOL_GPL(vdcm_parent_register);

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
	struct vdcm_mparent *mparent = container_of(parent, struct vdcm_mparent, parent);

	vdcm_request_all(parent);
	mdev_unregister_parent(&mparent->mdev);
	wait_for_completion(&mparent->released);
	vdcm_parent_exit(parent);
	vdcm_mparent_free(mparent);
}
EXPORT_SYMBOL_GPL(vdcm_parent_unregister);
