// SPDX-License-Identifier: GPL-2.0-only
/*
 * An ADI from its creation to its removal.
 *
 * Creating one takes its cost from the parent's pool and touches no hardware:
 * orchestrators create all instances up front.
 */
#include <linux/device.h>
#include <linux/err.h>
#include <linux/minmax.h>

#include "internal.h"

/**
 * vdcm_adi_init() - set up the framework's part of an ADI
 * @adi: ADI, zeroed
 * @export: its exporter
 * @dev: its device
 * @parent: its PF
 * @type: its type
 * @regions: region table of the type
 *
 * Context: process.
 * Return: 0 or -ENOMEM. Undone by vdcm_adi_exit().
 */
int vdcm_adi_init(struct vdcm_adi *adi, const struct vdcm_export_ops *export,
		  struct device *dev, struct vdcm_parent *parent,
		  const struct vdcm_type *type, const struct vdcm_regions *regions)
{
	adi->queues = vdcm_queues_get();
	if (!adi->queues)
		return -ENOMEM;
	adi->export = export;
	adi->dev = dev;
	adi->parent = parent;
	adi->type = type;
	adi->ops = vdcm_parent_ops(parent, type);
	adi->regions = regions;
	adi->xlat = (struct vdcm_translation) {
		.adi = adi, .ops = adi->ops, .dev = parent->dev, .pasid = VDCM_NO_PASID,
	};
	INIT_LIST_HEAD(&adi->entry);
	mutex_init(&adi->lock);
	mutex_init(&adi->pin_lock);
	init_rwsem(&adi->mem_lock);
	spin_lock_init(&adi->irq_lock);
	spin_lock_init(&adi->fault_lock);
	vdcm_log_init(adi);
	INIT_DELAYED_WORK(&adi->revoke_work, vdcm_revoke_work);
	return 0;
}

/**
 * vdcm_adi_exit() - undo vdcm_adi_init()
 * @adi: ADI; also one whose vdcm_adi_init() failed, or was not called
 */
void vdcm_adi_exit(struct vdcm_adi *adi)
{
	if (adi->queues)
		vdcm_queues_put(adi->queues);
}

static int vdcm_call_create(struct vdcm_adi *adi)
{
	int ret;

	mutex_lock(&adi->lock);
	ret = vdcm_ops(adi)->create(adi);
	if (!ret && vdcm_ops(adi)->state_size)
		adi->state_size = min_t(size_t, vdcm_ops(adi)->state_size(adi), VDCM_MAX_STATE);
	mutex_unlock(&adi->lock);
	return ret;
}

/**
 * vdcm_adi_create() - create an ADI: the driver's part, and its attributes
 * @adi: ADI after vdcm_adi_init()
 *
 * Context: process.
 * Return: 0 or errno. Undone by vdcm_attrs_remove() and vdcm_adi_destroy().
 */
int vdcm_adi_create(struct vdcm_adi *adi)
{
	int ret = vdcm_call_create(adi);

	if (ret)
		return ret;
	dev_set_drvdata(vdcm_adi_dev(adi), adi);
	mutex_lock(&adi->parent->list_lock);
	list_add_tail(&adi->entry, &adi->parent->adis);
	mutex_unlock(&adi->parent->list_lock);
	vdcm_debugfs_add(adi);
	ret = vdcm_attrs_add(adi);
	if (ret)
		vdcm_adi_destroy(adi);
	return ret;
}

/**
 * vdcm_adi_destroy() - undo vdcm_adi_create()
 * @adi: ADI that is closed and stays closed; its attributes are gone
 *
 * Context: process.
 */
void vdcm_adi_destroy(struct vdcm_adi *adi)
{
	vdcm_debugfs_remove(adi);
	mutex_lock(&adi->parent->list_lock);
	list_del(&adi->entry);
	mutex_unlock(&adi->parent->list_lock);
	mutex_lock(&adi->lock);
	vdcm_ops(adi)->destroy(adi);
	mutex_unlock(&adi->lock);
	dev_set_drvdata(vdcm_adi_dev(adi), NULL);
}
