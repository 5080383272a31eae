// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a PF driver asks about, or hangs on, an ADI.
 */
#include <linux/device.h>
#include <linux/uuid.h>

#include "internal.h"

/**
 * vdcm_adi_get() - the ADI behind an mdev
 * @mdev_dev: struct device of the mdev, in its attributes' functions
 *
 * Context: any, while the attributes exist.
 * Return: ADI
 */
struct vdcm_adi *vdcm_adi_get(struct device *mdev_dev)
{
	return dev_get_drvdata(mdev_dev);
}
EXPORT_SYMBOL_GPL(vdcm_adi_get);

/**
 * vdcm_adi_set_drvdata() - hang the driver's data on an ADI
 * @adi: ADI
 * @data: data
 *
 * Context: any; in the create() operation.
 */
void vdcm_adi_set_drvdata(struct vdcm_adi *adi, void *data)
{
	adi->drvdata = data;
}
EXPORT_SYMBOL_GPL(vdcm_adi_set_drvdata);

/**
 * vdcm_adi_drvdata() - the driver's data of an ADI
 * @adi: ADI
 *
 * Context: any.
 * Return: the data, or NULL.
 */
void *vdcm_adi_drvdata(const struct vdcm_adi *adi)
{
	return adi->drvdata;
}
EXPORT_SYMBOL_GPL(vdcm_adi_drvdata);

/**
 * vdcm_adi_parent() - the parent of an ADI
 * @adi: ADI
 *
 * Context: any.
 * Return: parent
 */
struct vdcm_parent *vdcm_adi_parent(const struct vdcm_adi *adi)
{
	return adi->parent;
}
EXPORT_SYMBOL_GPL(vdcm_adi_parent);

/**
 * vdcm_adi_type() - the type of an ADI
 * @adi: ADI
 *
 * Context: any.
 * Return: one of the types passed to vdcm_parent_register().
 */
const struct vdcm_type *vdcm_adi_type(const struct vdcm_adi *adi)
{
	return adi->type;
}
EXPORT_SYMBOL_GPL(vdcm_adi_type);

/**
 * vdcm_adi_dev() - the mdev's struct device, for messages
 * @adi: ADI
 *
 * Context: any.
 * Return: device; no reference is taken.
 */
struct device *vdcm_adi_dev(const struct vdcm_adi *adi)
{
	return adi->dev;
}
EXPORT_SYMBOL_GPL(vdcm_adi_dev);

/* A guest that keeps at it costs the log a line a second, whatever its neighbours do. */
#define LOG_INTERVAL	(10 * HZ)
#define LOG_BURST	10

/**
 * vdcm_log_init() - nothing has been logged about an ADI yet
 * @adi: ADI
 */
void vdcm_log_init(struct vdcm_adi *adi)
{
	ratelimit_state_init(&adi->log, LOG_INTERVAL, LOG_BURST);
	/* What it leaves out is counted by no line of its own, which names no ADI. */
	ratelimit_set_flags(&adi->log, RATELIMIT_MSG_ON_RELEASE);
}

/**
 * vdcm_adi_may_log() - may a line about an ADI be logged now? See vdcm_limited()
 * @adi: ADI
 *
 * Context: any.
 * Return: false = there were too many of late.
 */
bool vdcm_adi_may_log(struct vdcm_adi *adi)
{
	return __ratelimit(&adi->log);
}
EXPORT_SYMBOL_GPL(vdcm_adi_may_log);

/**
 * vdcm_adi_uuid() - the UUID an mdev was created with
 * @adi: ADI
 * @uuid: where to
 *
 * Context: any.
 */
void vdcm_adi_uuid(const struct vdcm_adi *adi, uuid_t *uuid)
{
	/* The core keeps a GUID: same digits, other byte order. */
	uuid_parse(dev_name(vdcm_adi_dev(adi)), uuid);
}
EXPORT_SYMBOL_GPL(vdcm_adi_uuid);

/**
 * vdcm_adi_configure_begin() - begin to change what a closed ADI is set up with
 * @adi: ADI
 *
 * If it succeeds, the ADI cannot be opened or removed before
 * vdcm_adi_configure_end().
 *
 * Context: process. Must not be called from an operation.
 * Return: 0, -EBUSY (open), -ENODEV (the device is gone).
 */
int vdcm_adi_configure_begin(struct vdcm_adi *adi)
{
	int ret = 0;

	mutex_lock(&adi->lock);
	if (vdcm_is_dead(adi))
		ret = -ENODEV;
	else if (adi->live)
		ret = -EBUSY;
	if (ret)
		mutex_unlock(&adi->lock);
	return ret;
}
EXPORT_SYMBOL_GPL(vdcm_adi_configure_begin);

/**
 * vdcm_adi_configure_end() - end what vdcm_adi_configure_begin() began
 * @adi: ADI
 *
 * Context: process.
 */
void vdcm_adi_configure_end(struct vdcm_adi *adi)
{
	mutex_unlock(&adi->lock);
}
EXPORT_SYMBOL_GPL(vdcm_adi_configure_end);
