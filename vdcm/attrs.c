// SPDX-License-Identifier: GPL-2.0-only
/*
 * The directory of an mdev that holds the PF driver's attributes. It is an
 * object of its own, as a group of a device's attributes can have no directory
 * in it.
 */
#include <linux/device.h>
#include <linux/slab.h>
#include <linux/sysfs.h>

#include "internal.h"

static ssize_t vdcm_attrs_show(struct kobject *kobj, struct attribute *attr, char *buf)
{
	struct device_attribute *dattr = container_of(attr, struct device_attribute, attr);

	return dattr->show ? dattr->show(kobj_to_dev(kobj->parent), dattr, buf) : -EIO;
}

static ssize_t vdcm_attrs_store(struct kobject *kobj, struct attribute *attr,
				const char *buf, size_t count)
{
	struct device_attribute *dattr = container_of(attr, struct device_attribute, attr);

	return dattr->store ? dattr->store(kobj_to_dev(kobj->parent), dattr, buf, count) : -EIO;
}

static const struct sysfs_ops vdcm_attrs_ops = {
	.show = vdcm_attrs_show,
	.store = vdcm_attrs_store,
};

static void vdcm_attrs_release(struct kobject *kobj)
{
	kfree(kobj);
}

static const struct kobj_type vdcm_attrs_type = {
	.release = vdcm_attrs_release,
	.sysfs_ops = &vdcm_attrs_ops,
};

/* Without the ADI's locks: the attributes' functions take them. 0 or errno. */
int vdcm_attrs_add(struct vdcm_adi *adi)
{
	const struct vdcm_driver *drv = adi->parent->drv;
	struct kobject *kobj;
	int ret;

	if (!drv->groups)
		return 0;
	kobj = kzalloc(sizeof(*kobj), GFP_KERNEL_ACCOUNT);
	if (!kobj)
		return -ENOMEM;
	ret = kobject_init_and_add(kobj, &vdcm_attrs_type, &adi->dev->kobj,
				   "%s", drv->attrs_dir);
	if (!ret)
		ret = sysfs_create_groups(kobj, drv->groups);
	if (ret) {
		kobject_put(kobj);
		return ret;
	}
	adi->attrs = kobj;
	return 0;
}

/* No attribute's function runs when it returns. Called without the ADI's locks. */
void vdcm_attrs_remove(struct vdcm_adi *adi)
{
	if (!adi->attrs)
		return;
	kobject_del(adi->attrs);
	kobject_put(adi->attrs);
	adi->attrs = NULL;
}
