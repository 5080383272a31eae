/* SPDX-License-Identifier: GPL-2.0-only */
/* VFIO: what differs between kernels (see probes). */
#ifndef COMPAT_VFIO_H
#define COMPAT_VFIO_H

#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/vfio.h>

#include "vdcm_config.h"

/* The last reference is gone: older cores leave the memory to the driver. */
static inline void vdcm_vfio_free(struct vfio_device *vdev)
{
#ifdef HAVE_VFIO_FREE_DEVICE
	vfio_free_device(vdev);
#endif
}

/* Operations of a device without an IOMMU of its own, for the ops table. */
#if defined(HAVE_VFIO_EMULATED_IOMMUFD) && defined(HAVE_VFIO_DETACH_IOAS)
#define VDCM_VFIO_IOMMUFD_OPS						\
	.bind_iommufd = vfio_iommufd_emulated_bind,			\
	.unbind_iommufd = vfio_iommufd_emulated_unbind,			\
	.attach_ioas = vfio_iommufd_emulated_attach_ioas,		\
	.detach_ioas = vfio_iommufd_emulated_detach_ioas,
#elif defined(HAVE_VFIO_EMULATED_IOMMUFD)
#define VDCM_VFIO_IOMMUFD_OPS						\
	.bind_iommufd = vfio_iommufd_emulated_bind,			\
	.unbind_iommufd = vfio_iommufd_emulated_unbind,			\
	.attach_ioas = vfio_iommufd_emulated_attach_ioas,
#else
#define VDCM_VFIO_IOMMUFD_OPS
#endif

/* Is an open device's memory mapped by iommufd, not by type1? */
static inline bool vdcm_vfio_by_iommufd(const struct vfio_device *vdev)
{
#ifdef HAVE_VFIO_IOMMUFD_ACCESS
	return vdev->iommufd_access;
#else
	return false;
#endif
}

/* Migration: what older kernels' headers do not have, and their cores do not lead to. */
#ifdef HAVE_VFIO_MIG_PRE_COPY
#define VDCM_VFIO_MIG_FLAGS \
	(VFIO_MIGRATION_STOP_COPY | VFIO_MIGRATION_P2P | VFIO_MIGRATION_PRE_COPY)
#else
#define VDCM_VFIO_MIG_FLAGS	(VFIO_MIGRATION_STOP_COPY | VFIO_MIGRATION_P2P)
#define VFIO_DEVICE_STATE_PRE_COPY	6
#define VFIO_DEVICE_STATE_PRE_COPY_P2P	7
#define VFIO_MIG_GET_PRECOPY_INFO	_IO(VFIO_TYPE, VFIO_BASE + 21)

struct vfio_precopy_info {
	__u32 argsz;
	__u32 flags;
	__aligned_u64 initial_bytes;
	__aligned_u64 dirty_bytes;
};
#endif

/* The bitmaps of dirty pages are in a namespace where they belong to iommufd. */
#ifdef HAVE_IMPORT_NS_STRING
#define VDCM_IMPORT_IOMMUFD	MODULE_IMPORT_NS("IOMMUFD")
#else
#define VDCM_IMPORT_IOMMUFD	MODULE_IMPORT_NS(IOMMUFD)
#endif

/* The bytes of a state: an op of its own, or a feature that is left to the driver. */
#ifdef HAVE_VFIO_MIG_DATA_SIZE
#define VDCM_VFIO_MIG_SIZE_OP(fn)	.migration_get_data_size = fn,
#define VDCM_VFIO_FEATURE_OP(...)
#else
#define VDCM_VFIO_MIG_SIZE_OP(...)
#define VDCM_VFIO_FEATURE_OP(fn)	.device_feature = fn,
#define VFIO_DEVICE_FEATURE_MIG_DATA_SIZE	9
#endif

/*
 * Region information: newer cores do the copying and call an op of its own,
 * older ones leave VFIO_DEVICE_GET_REGION_INFO to the driver's ioctl op.
 */
typedef int (*vdcm_region_info_fn)(struct vfio_device *vdev,
				   struct vfio_region_info *info,
				   struct vfio_info_cap *caps);

#ifdef HAVE_VFIO_REGION_INFO_CAPS_OP
#define VDCM_VFIO_REGION_INFO_OP(fn)	.get_region_info_caps = fn,

static inline long vdcm_vfio_region_info(struct vfio_device *vdev,
					 void __user *arg,
					 vdcm_region_info_fn fn)
{
	return -ENOTTY;
}
#else
/* The function is named in the ioctl op instead. */
#define VDCM_VFIO_REGION_INFO_OP(...)

static inline long vdcm_vfio_region_info(struct vfio_device *vdev,
					 void __user *arg,
					 vdcm_region_info_fn fn)
{
	unsigned long minsz = offsetofend(struct vfio_region_info, offset);
	struct vfio_info_cap caps = { };
	struct vfio_region_info info;
	long ret;

	if (copy_from_user(&info, arg, minsz))
		return -EFAULT;
	if (info.argsz < minsz)
		return -EINVAL;

	ret = fn(vdev, &info, &caps);
	if (ret)
		goto out;
	if (caps.size) {
		info.flags |= VFIO_REGION_INFO_FLAG_CAPS;
		if (info.argsz < sizeof(info) + caps.size) {
			info.argsz = sizeof(info) + caps.size;
			info.cap_offset = 0;
		} else {
			vfio_info_cap_shift(&caps, sizeof(info));
			if (copy_to_user(arg + sizeof(info), caps.buf,
					 caps.size)) {
				ret = -EFAULT;
				goto out;
			}
			info.cap_offset = sizeof(info);
		}
		minsz = sizeof(info);
	}
	if (copy_to_user(arg, &info, min_t(unsigned long, minsz, info.argsz)))
		ret = -EFAULT;
out:
	kfree(caps.buf);
	return ret;
}
#endif

/*
 * Mappings of a device can be found, and so revoked, only where the core gives
 * each device an inode. Elsewhere BARs are not mapped: every access traps.
 */
static inline bool vdcm_vfio_can_zap(void)
{
#ifdef HAVE_VFIO_DEVICE_INODE
	return true;
#else
	return false;
#endif
}

static inline void vdcm_vfio_zap(struct vfio_device *vdev)
{
#ifdef HAVE_VFIO_DEVICE_INODE
	unmap_mapping_range(vdev->inode->i_mapping, 0, 0, true);
#endif
}

static inline void vdcm_vm_flags_set(struct vm_area_struct *vma,
				     unsigned long flags)
{
#ifdef HAVE_VM_FLAGS_SET
	vm_flags_set(vma, flags);
#else
	vma->vm_flags |= flags;
#endif
}

#endif /* COMPAT_VFIO_H */
