// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guest memory by way of VFIO: pins, unpins, and its notice of unmaps.
 */
#include <linux/iommu.h>
#include <linux/mm.h>

#include "exporter.h"

/**
 * vdcm_vdev_pin() - struct vdcm_export_ops.pin
 * @adi: open ADI
 * @iova: first address, page aligned
 * @nr: number of pages
 * @prot: VDCM_PROT_*
 * @pages: where to
 *
 * Context: process; no lock held. VFIO waits for the user's memory.
 * Return: 0, or an errno with nothing pinned.
 */
int vdcm_vdev_pin(struct vdcm_adi *adi, u64 iova, unsigned int nr, u32 prot,
		  struct page **pages)
{
	struct vfio_device *vdev = &vdcm_vdev_of(adi)->vdev;
	int rights = (prot & VDCM_PROT_READ ? IOMMU_READ : 0) |
		     (prot & VDCM_PROT_WRITE ? IOMMU_WRITE : 0);
	int ret = vfio_pin_pages(vdev, iova, nr, rights, pages);

	if (ret == nr)
		return 0;
	if (ret > 0)
		vfio_unpin_pages(vdev, iova, ret);
	return ret < 0 ? ret : -EFAULT;
}

/**
 * vdcm_vdev_unpin() - struct vdcm_export_ops.unpin
 * @adi: open ADI
 * @iova: first address, page aligned
 * @nr: number of pages
 *
 * Context: process; no lock held.
 */
void vdcm_vdev_unpin(struct vdcm_adi *adi, u64 iova, unsigned int nr)
{
	vfio_unpin_pages(&vdcm_vdev_of(adi)->vdev, iova, nr);
}

/**
 * vdcm_vdev_dma_rw() - struct vdcm_export_ops.dma_rw
 * @adi: ADI
 * @iova: address in the user's memory, bytes
 * @data: kernel memory
 * @len: bytes
 * @write: write @data there, else read into it
 *
 * Return: see vdcm_adi_dma_rw().
 */
int vdcm_vdev_dma_rw(struct vdcm_adi *adi, u64 iova, void *data, size_t len,
		     bool write)
{
	return vfio_dma_rw(&vdcm_vdev_of(adi)->vdev, iova, data, len, write);
}

/**
 * vdcm_vdev_unmap() - user space unmaps memory: vfio_device_ops.dma_unmap
 * @vdev: VFIO device; may be closing, or closed
 * @iova: start of the range
 * @length: its length
 *
 * iommufd refuses pins in what it unmaps by itself: no gate is closed there.
 *
 * Context: process; VFIO's own locks held. May run beside everything else.
 */
void vdcm_vdev_unmap(struct vfio_device *vdev, u64 iova, u64 length)
{
	vdcm_unmap(vdcm_from_vdev(vdev), iova, length, !vdcm_vfio_by_iommufd(vdev));
}
