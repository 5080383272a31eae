// SPDX-License-Identifier: GPL-2.0-only
/*
 * VFIO's log of a device's writes (VFIO_DEVICE_FEATURE_DMA_LOGGING_*), where the
 * kernel has the bitmaps for it.
 */
#include "exporter.h"

#ifdef HAVE_IOVA_BITMAP
#include <linux/iova_bitmap.h>

/* The log covers all of the device's memory; the VMM's ranges are not used. */
static int vdcm_log_start_op(struct vfio_device *vdev, struct rb_root_cached *ranges, u32 nnodes,
			     u64 *page_size)
{
	*page_size = PAGE_SIZE;
	return vdcm_log_start(vdcm_from_vdev(vdev));
}

static int vdcm_log_stop_op(struct vfio_device *vdev)
{
	return vdcm_log_stop(vdcm_from_vdev(vdev));
}

static void vdcm_log_set(void *bitmap, u64 iova, u64 len)
{
	iova_bitmap_set(bitmap, iova, len);
}

static int vdcm_log_read_op(struct vfio_device *vdev, unsigned long iova, unsigned long length,
			    struct iova_bitmap *dirty)
{
	return vdcm_log_report(vdcm_from_vdev(vdev), iova, length, vdcm_log_set, dirty);
}

static const struct vfio_log_ops vdcm_log_ops = {
	.log_start = vdcm_log_start_op,
	.log_stop = vdcm_log_stop_op,
	.log_read_and_clear = vdcm_log_read_op,
};

VDCM_IMPORT_IOMMUFD;

/**
 * vdcm_dirty_init() - offer the log of a device's writes
 * @v: VFIO device that is not registered and can be migrated
 */
void vdcm_dirty_init(struct vdcm_vdev *v)
{
	v->vdev.log_ops = &vdcm_log_ops;
}

#else

void vdcm_dirty_init(struct vdcm_vdev *v)
{
}

#endif
