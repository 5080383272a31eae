// SPDX-License-Identifier: GPL-2.0-only
/*
 * Doorbell pages in user space: nothing is mapped up front; the first touch of
 * a page faults it in, and revoking the mappings makes the next touch fault again.
 */
#include <linux/file.h>
#include <linux/mm.h>
#include <linux/pgtable.h>

#include "../trace.h"
#include "exporter.h"

/**
 * vdcm_can_mmap() - are BARs mappable at all?
 *
 * Return: false where every access has to trap.
 */
bool vdcm_can_mmap(void)
{
	return vdcm_vfio_can_zap();
}

/* The physical page behind a page of a BAR, or 0. */
static phys_addr_t vdcm_find_page(struct vdcm_adi *adi, unsigned long pgoff)
{
	u64 offset = (u64)pgoff << PAGE_SHIFT;
	const struct vdcm_pages *run;

	lockdep_assert_held(&adi->mem_lock);
	if (!adi->mem_on || vdcm_is_gone(adi))
		return 0;
	run = vdcm_regions_run(adi->regions, offset >> VDCM_REGION_SHIFT,
			       offset & VDCM_REGION_MASK);
	if (!run || run->kind != VDCM_PAGE_PASS)
		return 0;
	offset = (offset & VDCM_REGION_MASK) / VDCM_PAGE_SIZE;
	return vdcm_ops(adi)->page(adi, run->adi_page + (offset - run->first));
}

/*
 * The PF is being reset: the access waits for its end, without mmap_lock, and is
 * tried again. The file keeps the device open meanwhile. Only a process's own
 * access waits: one on behalf of another process may be a pin for another ADI, with
 * VFIO's locks of its container held.
 */
static vm_fault_t vdcm_wait_for_page(struct vm_fault *vmf)
{
	struct vdcm_adi *adi = vmf->vma->vm_private_data;
	struct file *file = vmf->vma->vm_file;

	if (!(vmf->flags & FAULT_FLAG_ALLOW_RETRY) ||
	    vmf->flags & FAULT_FLAG_REMOTE)
		return VM_FAULT_SIGBUS;
	if (vmf->flags & FAULT_FLAG_RETRY_NOWAIT)
		return VM_FAULT_RETRY;
	get_file(file);
	mmap_read_unlock(vmf->vma->vm_mm);
	vdcm_wait_settled(adi->parent);
	fput(file);
	return VM_FAULT_RETRY;
}

static vm_fault_t vdcm_vm_fault(struct vm_fault *vmf)
{
	struct vdcm_adi *adi = vmf->vma->vm_private_data;
	vm_fault_t ret = VM_FAULT_SIGBUS;
	phys_addr_t phys;
	bool wait;

	vdcm_inc(adi, VDCM_CNT_MMAP_FAULTS);
	down_read(&adi->mem_lock);
	phys = vdcm_find_page(adi, vmf->pgoff);
	if (phys)
		ret = vmf_insert_pfn(vmf->vma, vmf->address,
				     phys >> PAGE_SHIFT);
	/* Under the lock: it ends after the pages have come back. */
	wait = !phys && vdcm_parent_is(adi->parent, VDCM_PARENT_QUIESCED) && !vdcm_is_gone(adi);
	up_read(&adi->mem_lock);
	trace_vdcm_mmap_fault(adi, vmf->pgoff >> (VDCM_REGION_SHIFT - PAGE_SHIFT),
			      (u64)vmf->pgoff << PAGE_SHIFT & VDCM_REGION_MASK,
			      wait ? 2 : !!phys);
	return wait ? vdcm_wait_for_page(vmf) : ret;
}

static const struct vm_operations_struct vdcm_vm_ops = {
	.fault = vdcm_vm_fault,
};

/**
 * vdcm_vdev_zap() - struct vdcm_export_ops.zap
 * @adi: ADI; mem_lock held for writing
 */
void vdcm_vdev_zap(struct vdcm_adi *adi)
{
	vdcm_vfio_zap(&vdcm_vdev_of(adi)->vdev);
}

/**
 * vdcm_mmap() - vfio_device_ops.mmap
 * @vdev: open VFIO device
 * @vma: any part of a BAR that has pages to map; other pages of it raise SIGBUS
 *
 * Return: 0 or -EINVAL.
 */
int vdcm_mmap(struct vfio_device *vdev, struct vm_area_struct *vma)
{
	struct vdcm_adi *adi = vdcm_from_vdev(vdev);
	u64 start = (u64)vma->vm_pgoff << PAGE_SHIFT;
	unsigned int index = start >> VDCM_REGION_SHIFT, run = 0;
	u64 len = vma->vm_end - vma->vm_start;
	u64 offset, size;

	start &= VDCM_REGION_MASK;
	if (!vdcm_can_mmap() || index >= VDCM_NR_BARS ||
	    !(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	size = vdcm_region_size(adi, index);
	if (start >= size || len > size - start ||
	    !vdcm_regions_area(adi->regions, index, &run, &offset, &size))
		return -EINVAL;

	vma->vm_private_data = adi;
	vma->vm_page_prot = pgprot_noncached(vma->vm_page_prot);
	vma->vm_page_prot = pgprot_decrypted(vma->vm_page_prot);
	vdcm_vm_flags_set(vma, VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP);
	vma->vm_ops = &vdcm_vm_ops;
	return 0;
}
