// SPDX-License-Identifier: GPL-2.0-only
/*
 * The VFIO device: its operations and ioctls.
 */
#include <linux/mdev.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "exporter.h"

static int vdcm_open_device(struct vfio_device *vdev)
{
	return vdcm_function_open(vdcm_from_vdev(vdev), !vdcm_vfio_by_iommufd(vdev));
}

static void vdcm_close_device(struct vfio_device *vdev)
{
	struct vdcm_adi *adi = vdcm_from_vdev(vdev);

	vdcm_mig_close(vdcm_vdev_of(adi));
	vdcm_ioevents_release(vdcm_vdev_of(adi));
	vdcm_function_close(adi);
}

static long vdcm_ioctl_info(struct vdcm_adi *adi, void __user *arg)
{
	unsigned long minsz = offsetofend(struct vfio_device_info, num_irqs);
	struct vfio_device_info info;

	if (copy_from_user(&info, arg, minsz))
		return -EFAULT;
	if (info.argsz < minsz)
		return -EINVAL;
	info.flags = VFIO_DEVICE_FLAGS_PCI | VFIO_DEVICE_FLAGS_RESET;
	info.num_regions = VDCM_NR_REGIONS;
	info.num_irqs = VDCM_NR_IRQS;
	return copy_to_user(arg, &info, minsz) ? -EFAULT : 0;
}

static int vdcm_add_sparse_areas(struct vdcm_adi *adi, unsigned int bar,
				 struct vfio_info_cap *caps)
{
	struct vfio_region_info_cap_sparse_mmap *sparse;
	unsigned int run, nr = 0;
	u64 offset, size;
	size_t len;
	int ret;

	for (run = 0; vdcm_regions_area(adi->regions, bar, &run, &offset, &size);)
		nr++;
	if (!nr)
		return 0;
	len = struct_size(sparse, areas, nr);
	sparse = kzalloc(len, GFP_KERNEL);
	if (!sparse)
		return -ENOMEM;
	sparse->header.id = VFIO_REGION_INFO_CAP_SPARSE_MMAP;
	sparse->header.version = 1;
	nr = 0;
	for (run = 0; vdcm_regions_area(adi->regions, bar, &run, &offset, &size);) {
		sparse->areas[nr].offset = offset;
		sparse->areas[nr++].size = size;
	}
	sparse->nr_areas = nr;
	ret = vfio_info_add_capability(caps, &sparse->header, len);
	kfree(sparse);
	return ret ?: nr;
}

static int vdcm_region_info(struct vfio_device *vdev,
			    struct vfio_region_info *info,
			    struct vfio_info_cap *caps)
{
	struct vdcm_adi *adi = vdcm_from_vdev(vdev);
	int ret;

	if (info->index >= VDCM_NR_REGIONS)
		return -EINVAL;
	info->offset = (u64)info->index << VDCM_REGION_SHIFT;
	info->size = vdcm_region_size(adi, info->index);
	info->flags = info->size ? VFIO_REGION_INFO_FLAG_READ |
				   VFIO_REGION_INFO_FLAG_WRITE : 0;
	if (info->index >= VDCM_NR_BARS || !vdcm_can_mmap())
		return 0;
	ret = vdcm_add_sparse_areas(adi, info->index, caps);
	if (ret < 0)
		return ret;
	if (ret)
		info->flags |= VFIO_REGION_INFO_FLAG_MMAP;
	return 0;
}

static long vdcm_ioctl_irq_info(struct vdcm_adi *adi, void __user *arg)
{
	unsigned long minsz = offsetofend(struct vfio_irq_info, count);
	struct vfio_irq_info info;

	if (copy_from_user(&info, arg, minsz))
		return -EFAULT;
	if (info.argsz < minsz || info.index >= VDCM_NR_IRQS)
		return -EINVAL;
	info.count = vdcm_irq_count(adi, info.index);
	info.flags = info.count ? VFIO_IRQ_INFO_EVENTFD : 0;
	if (info.index == VFIO_PCI_MSIX_IRQ_INDEX)
		info.flags |= VFIO_IRQ_INFO_MASKABLE;
	else if (info.count)
		info.flags |= VFIO_IRQ_INFO_NORESIZE;
	return copy_to_user(arg, &info, minsz) ? -EFAULT : 0;
}

static long vdcm_ioctl_set_irqs(struct vdcm_adi *adi, void __user *arg)
{
	unsigned long minsz = offsetofend(struct vfio_irq_set, count);
	struct vfio_irq_set hdr;
	void *data = NULL;
	size_t size;
	int ret;

	if (copy_from_user(&hdr, arg, minsz))
		return -EFAULT;
	ret = vfio_set_irqs_validate_and_prepare(&hdr,
						 vdcm_irq_count(adi, hdr.index),
						 VDCM_NR_IRQS, &size);
	if (ret)
		return ret;
	if (size) {
		data = memdup_user(arg + minsz, size);
		if (IS_ERR(data))
			return PTR_ERR(data);
	}
	mutex_lock(&adi->lock);
	ret = vdcm_irq_set(adi, &hdr, data);
	mutex_unlock(&adi->lock);
	kfree(data);
	return ret;
}

static long vdcm_ioctl_reset(struct vdcm_adi *adi)
{
	int ret;

	mutex_lock(&adi->lock);
	vdcm_mig_reset(vdcm_vdev_of(adi));
	ret = vdcm_reset(adi);
	mutex_unlock(&adi->lock);
	return ret;
}

static long vdcm_ioctl_ioeventfd(struct vdcm_adi *adi, void __user *arg)
{
	unsigned long minsz = offsetofend(struct vfio_device_ioeventfd, fd);
	struct vfio_device_ioeventfd io;

	if (copy_from_user(&io, arg, minsz))
		return -EFAULT;
	if (io.argsz < minsz)
		return -EINVAL;
	return vdcm_ioevent(adi, io.offset, io.flags, io.data, io.fd);
}

static long vdcm_ioctl(struct vfio_device *vdev, unsigned int cmd,
		       unsigned long arg)
{
	struct vdcm_adi *adi = vdcm_from_vdev(vdev);
	void __user *uarg = (void __user *)arg;

	switch (cmd) {
	case VFIO_DEVICE_GET_INFO:
		return vdcm_ioctl_info(adi, uarg);
	case VFIO_DEVICE_GET_REGION_INFO:
		return vdcm_vfio_region_info(vdev, uarg, vdcm_region_info);
	case VFIO_DEVICE_GET_IRQ_INFO:
		return vdcm_ioctl_irq_info(adi, uarg);
	case VFIO_DEVICE_SET_IRQS:
		return vdcm_ioctl_set_irqs(adi, uarg);
	case VFIO_DEVICE_RESET:
		return vdcm_ioctl_reset(adi);
	case VFIO_DEVICE_IOEVENTFD:
		return vdcm_ioctl_ioeventfd(adi, uarg);
	default:
		return -ENOTTY;
	}
}

/* Someone wants the mdev gone while it is open; called again every 10 s. */
static void vdcm_request(struct vfio_device *vdev, unsigned int count)
{
	vdcm_request_release(vdcm_from_vdev(vdev));
}

static void vdcm_release(struct vfio_device *vdev)
{
	vdcm_adi_exit(vdcm_from_vdev(vdev));
	vdcm_vfio_free(vdev);
}

const struct vfio_device_ops vdcm_vfio_ops = {
	.name = "vdcm",
	.release = vdcm_release,
	VDCM_VFIO_IOMMUFD_OPS
	VDCM_VFIO_REGION_INFO_OP(vdcm_region_info)
	VDCM_VFIO_FEATURE_OP(vdcm_mig_feature)
	.open_device = vdcm_open_device,
	.close_device = vdcm_close_device,
	.read = vdcm_read,
	.write = vdcm_write,
	.ioctl = vdcm_ioctl,
	.mmap = vdcm_mmap,
	.request = vdcm_request,
	.dma_unmap = vdcm_vdev_unmap,
};

const struct vdcm_export_ops vdcm_vfio_export = {
	.bytes = sizeof(struct vdcm_vdev) - sizeof(struct vdcm_adi) +
		 sizeof(struct mdev_device),
	.zap = vdcm_vdev_zap,
	.pin = vdcm_vdev_pin,
	.unpin = vdcm_vdev_unpin,
	.dma_rw = vdcm_vdev_dma_rw,
};
