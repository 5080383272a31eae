// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guest memory on demand: fault -> pin -> map -> answer, and back on unmap.
 *
 * The device reports an access that its translation did not allow; the unit it
 * belongs to has stopped and waits. A work item of the ADI pins the page and its
 * neighbours, maps them and answers. It is the only place that pins.
 *
 * Pages are pinned for writing whenever the VMM's mapping allows it: a read-only
 * long-term pin of memory that was never touched would pin the zero page on
 * older kernels. But they are mapped for the device with the right that was
 * missing, so that the first write to a page shows up as a fault of its own.
 */
#include <linux/iommu.h>
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/string_helpers.h>

#include "internal.h"

/* Addresses that a translation can hold. */
#define IOVA_BITS	48
/* Where the platform looks for interrupt messages: never memory. */
#define MSI_FIRST	(0xfee00000ULL >> PAGE_SHIFT)
#define MSI_LAST	(0xfeefffffULL >> PAGE_SHIFT)

static bool iova_valid(u64 iova, u32 len)
{
	u64 page = iova >> PAGE_SHIFT;

	return iova >> IOVA_BITS == 0 && (page < MSI_FIRST || page > MSI_LAST) &&
	       (iova + len - 1) >> PAGE_SHIFT == page;
}

static bool fault_valid(const struct vdcm_fault *fault)
{
	return fault->len && (fault->prot == VDCM_PROT_READ ||
			      fault->prot == VDCM_PROT_WRITE);
}

/* The queue's place for a token: where it waits already, or the end. */
static unsigned int waiting_slot(const struct vdcm_dma *dma, u32 token)
{
	unsigned int i;

	for (i = 0; i < dma->nr_waiting; i++)
		if (dma->waiting[i].fault.token == token)
			break;
	return i;
}

static int enqueue(struct vdcm_adi *adi, const struct vdcm_fault *fault)
{
	struct vdcm_dma *dma;
	unsigned int i;

	lockdep_assert_held(&adi->fault_lock);
	if (!adi->live || !adi->live->dma.accept)
		return -ENODEV;
	dma = &adi->live->dma;
	i = waiting_slot(dma, fault->token);
	if (i == VDCM_MAX_FAULTS)
		return -ENOSPC;
	if (i == dma->nr_waiting)
		dma->nr_waiting++;
	dma->waiting[i] = (struct vdcm_waiting) { .fault = *fault };
	mod_delayed_work(vdcm_wq, &dma->work, 0);
	return 0;
}

/**
 * vdcm_adi_fault() - the device stopped a unit of an ADI for want of a mapping
 * @adi: ADI
 * @fault: the access; a fault with the token of one that waits replaces it
 *
 * The answer comes by way of the fault_done() operation, unless the ADI is
 * closed, reset, or its PF quiesced before: that undoes the unit's fault as well.
 *
 * Context: any, hard irq included.
 * Return: 0 = fault_done() will be called, maybe already was. Else the caller
 * fails the unit itself: -EINVAL (malformed), -ENODEV (not open, being reset or
 * closed), -ENOSPC (more than VDCM_MAX_FAULTS tokens).
 */
int vdcm_adi_fault(struct vdcm_adi *adi, const struct vdcm_fault *fault)
{
	unsigned long flags;
	int ret;

	if (!fault_valid(fault))
		return -EINVAL;
	vdcm_inc(adi, VDCM_CNT_DMA_FAULTS);
	spin_lock_irqsave(&adi->fault_lock, flags);
	ret = enqueue(adi, fault);
	spin_unlock_irqrestore(&adi->fault_lock, flags);
	return ret;
}
EXPORT_SYMBOL_GPL(vdcm_adi_fault);

/* Nanoseconds until pages @first..@last may be pinned; 0 = now. */
static u64 gate_wait(struct vdcm_adi *adi, u64 first, u64 last)
{
	lockdep_assert_held(&adi->fault_lock);
	return vdcm_holdoff_wait(&adi->live->dma.gate, first << PAGE_SHIFT,
				 (last << PAGE_SHIFT) | ~PAGE_MASK,
				 ktime_get_ns());
}

static bool gate_open(struct vdcm_adi *adi, u64 first, u64 last)
{
	unsigned long flags;
	u64 wait;

	spin_lock_irqsave(&adi->fault_lock, flags);
	wait = gate_wait(adi, first, last);
	spin_unlock_irqrestore(&adi->fault_lock, flags);
	return !wait;
}

/* Must a waiting fault go on waiting? Nanoseconds, 0 = no. */
static u64 hold_back(struct vdcm_adi *adi, struct vdcm_waiting *w)
{
	u64 page = w->fault.iova >> PAGE_SHIFT;
	u64 wait = gate_wait(adi, page, page);

	if (!wait)
		return 0;
	if (!READ_ONCE(vdcm_holdoff_on) &&
	    vdcm_holdoff_pass(&adi->live->dma.gate, w->fault.iova,
			      w->fault.iova, ktime_get_ns())) {
		vdcm_inc(adi, VDCM_CNT_HOLDOFF_WOULD_RETRY);
		return 0;
	}
	if (!w->delayed)
		vdcm_inc(adi, VDCM_CNT_HOLDOFF_DELAYED);
	w->delayed = true;
	return wait;
}

/* Take the first fault that may be served; else *@wait says when to look. */
static bool dequeue(struct vdcm_adi *adi, struct vdcm_fault *fault, u64 *wait)
{
	struct vdcm_dma *dma = &adi->live->dma;
	unsigned long flags;
	bool found = false;
	unsigned int i;

	*wait = U64_MAX;
	spin_lock_irqsave(&adi->fault_lock, flags);
	for (i = 0; dma->accept && i < dma->nr_waiting; i++) {
		u64 w = hold_back(adi, &dma->waiting[i]);

		if (w) {
			*wait = min(*wait, w);
			continue;
		}
		*fault = dma->waiting[i].fault;
		dma->nr_waiting--;
		memmove(&dma->waiting[i], &dma->waiting[i + 1],
			(dma->nr_waiting - i) * sizeof(dma->waiting[0]));
		found = true;
		break;
	}
	spin_unlock_irqrestore(&adi->fault_lock, flags);
	return found;
}

/* Unpin the batches that begin at @page up to @end; they are unmapped. */
static void unpin_run(struct vdcm_adi *adi, u64 page, u64 end)
{
	struct vdcm_dma *dma = &adi->live->dma;
	struct vdcm_pin pin;

	while (page < end && vdcm_pin_tree_find(&dma->tree, page, &pin)) {
		vfio_unpin_pages(&adi->vdev, page << PAGE_SHIFT, pin.nr);
		vdcm_pin_tree_erase(&dma->tree, page, pin.nr);
		vdcm_add(adi, VDCM_CNT_PINNED_PAGES, -(s64)pin.nr);
		page += pin.nr;
	}
}

/* Unmap and unpin all batches with a page in a range, in as long runs as can be. */
static void drop_range(struct vdcm_adi *adi, u64 first, u64 last)
{
	struct vdcm_dma *dma = &adi->live->dma;
	struct vdcm_pin pin;

	lockdep_assert_held(&adi->pin_lock);
	while (vdcm_pin_tree_next(&dma->tree, first, last, &pin)) {
		u64 run = pin.first, end = pin.first + pin.nr;

		while (end <= last && vdcm_pin_tree_find(&dma->tree, end, &pin))
			end += pin.nr;
		dma->ops->unmap(adi, run << PAGE_SHIFT, end - run);
		unpin_run(adi, run, end);
		cond_resched();
	}
}

/* Record a batch that is pinned, and map it. */
static int map_batch(struct vdcm_adi *adi, u64 first, u32 nr, bool writable,
		     bool write)
{
	struct vdcm_dma *dma = &adi->live->dma;
	u32 flags = (writable ? VDCM_PIN_WRITABLE : 0) |
		    (write ? VDCM_PIN_MAPPED_WRITE : 0);
	u32 prot = VDCM_PROT_READ | (write ? VDCM_PROT_WRITE : 0);
	int ret = 0;
	u32 i;

	for (i = 0; !ret && i < nr; i++)
		ret = vdcm_pin_tree_add(&dma->tree, first, nr, i,
					page_to_pfn(dma->pages[i]), flags);
	if (!ret)
		ret = dma->ops->map(adi, first << PAGE_SHIFT, dma->pages, nr,
				    prot, writable);
	if (ret)
		vdcm_pin_tree_erase(&dma->tree, first, nr);
	return ret;
}

static int pin_batch(struct vdcm_adi *adi, u64 first, u32 nr, bool writable,
		     bool write)
{
	int prot = IOMMU_READ | (writable ? IOMMU_WRITE : 0);
	dma_addr_t iova = first << PAGE_SHIFT;
	int ret;

	ret = vfio_pin_pages(&adi->vdev, iova, nr, prot,
			     adi->live->dma.pages);
	if (ret < 0)
		return ret;
	if (ret != nr) {
		if (ret)
			vfio_unpin_pages(&adi->vdev, iova, ret);
		return -EFAULT;
	}
	ret = map_batch(adi, first, nr, writable, write);
	if (ret) {
		vfio_unpin_pages(&adi->vdev, iova, nr);
		return ret;
	}
	vdcm_add(adi, VDCM_CNT_PAGES_PINNED_TOTAL, nr);
	vdcm_add(adi, VDCM_CNT_PINNED_PAGES, nr);
	vdcm_add(adi, VDCM_CNT_FAULT_AROUND_PAGES, nr - 1);
	return 0;
}

/* The pages to pin along with @page: aligned, unpinned, not held off. */
static void around(struct vdcm_adi *adi, u64 page, u64 *first, u64 *last)
{
	u64 nr = READ_ONCE(vdcm_fault_around);

	*first = page & ~(nr - 1);
	*last = *first + nr - 1;
	if (page < MSI_FIRST)
		*last = min(*last, MSI_FIRST - 1);
	else
		*first = max(*first, MSI_LAST + 1);
	vdcm_pin_tree_gap(&adi->live->dma.tree, page, first, last);
	if (!gate_open(adi, *first, *last))
		*first = *last = page;
}

static int pin_fresh(struct vdcm_adi *adi, u64 page, bool write)
{
	u64 first, last;
	int ret;

	around(adi, page, &first, &last);
	ret = pin_batch(adi, first, last - first + 1, true, write);
	if (ret && first != last)
		ret = pin_batch(adi, page, 1, true, write);
	if (ret && !write)
		ret = pin_batch(adi, page, 1, false, false);
	return ret;
}

/* A page that is pinned already gets a right, or has lost its mapping. */
static int remap(struct vdcm_adi *adi, u64 page, const struct vdcm_pin *pin,
		 bool write)
{
	struct vdcm_dma *dma = &adi->live->dma;
	u32 flags = pin->flags | (write ? VDCM_PIN_MAPPED_WRITE : 0);
	u32 prot = VDCM_PROT_READ |
		   (flags & VDCM_PIN_MAPPED_WRITE ? VDCM_PROT_WRITE : 0);
	int ret;

	ret = dma->ops->remap(adi, page << PAGE_SHIFT, pfn_to_page(pin->pfn),
			      prot);
	if (!ret)
		vdcm_pin_tree_set_flags(&dma->tree, page, flags);
	return ret;
}

static int serve(struct vdcm_adi *adi, const struct vdcm_fault *fault)
{
	struct vdcm_dma *dma = &adi->live->dma;
	bool write = fault->prot & VDCM_PROT_WRITE;
	u64 page = fault->iova >> PAGE_SHIFT;
	struct vdcm_pin pin;

	lockdep_assert_held(&adi->pin_lock);
	if (!iova_valid(fault->iova, fault->len))
		return -EFAULT;
	if (vdcm_pin_tree_find(&dma->tree, page, &pin)) {
		if (!write || pin.flags & VDCM_PIN_WRITABLE)
			return remap(adi, page, &pin, write);
		/* Pinned for reading only: perhaps it may be written by now. */
		drop_range(adi, page, page);
	}
	return pin_fresh(adi, page, write);
}

/* Serve one fault. 0 = there may be more, else nanoseconds to wait. */
static u64 serve_next(struct vdcm_adi *adi)
{
	struct vdcm_fault fault;
	u64 wait;
	int ret;

	if (!dequeue(adi, &fault, &wait))
		return wait;
	ret = serve(adi, &fault);
	if (ret) {
		vdcm_inc(adi, VDCM_CNT_PINS_FAILED);
		dev_info_ratelimited(vdcm_adi_dev(adi),
				     "DMA %s of %u bytes at 0x%llx refused: %d\n",
				     str_read_write(!(fault.prot & VDCM_PROT_WRITE)),
				     fault.len, fault.iova, ret);
	}
	vdcm_ops(adi)->fault_done(adi, fault.token, ret ? -EFAULT : 0);
	return 0;
}

static void dma_work(struct work_struct *work)
{
	struct vdcm_live *live = container_of(to_delayed_work(work),
					      struct vdcm_live, dma.work);
	struct vdcm_adi *adi = live->adi;
	u64 wait;

	do {
		mutex_lock(&adi->pin_lock);
		wait = serve_next(adi);
		mutex_unlock(&adi->pin_lock);
		cond_resched();
	} while (!wait);
	/* If a fault arrived meanwhile the work is queued, and sooner. */
	if (wait != U64_MAX)
		queue_delayed_work(vdcm_wq, &live->dma.work,
				   nsecs_to_jiffies(wait) + 1);
}

/**
 * vdcm_dma_accept() - take faults, or stop taking them
 * @adi: open ADI; adi->lock held, adi->pin_lock not
 * @accept: whether to
 *
 * When it returns after stopping, no fault is being served and none waits.
 */
void vdcm_dma_accept(struct vdcm_adi *adi, bool accept)
{
	struct vdcm_dma *dma = &adi->live->dma;
	unsigned long flags;

	lockdep_assert_held(&adi->lock);
	spin_lock_irqsave(&adi->fault_lock, flags);
	dma->accept = accept;
	dma->nr_waiting = 0;
	spin_unlock_irqrestore(&adi->fault_lock, flags);
	if (!accept)
		cancel_delayed_work_sync(&dma->work);
}

/**
 * vdcm_dma_unmap() - user space unmaps memory: vfio_device_ops.dma_unmap
 * @vdev: VFIO device; may be closing, or closed
 * @iova: start of the range
 * @length: its length
 *
 * Context: process; VFIO's own locks held. May run beside everything else.
 */
void vdcm_dma_unmap(struct vfio_device *vdev, u64 iova, u64 length)
{
	struct vdcm_adi *adi = vdcm_from_vdev(vdev);
	struct vdcm_live *live;
	unsigned int slot = 0;
	unsigned long flags;
	u64 last;

	if (!length)
		return;
	if (check_add_overflow(iova, length - 1, &last))
		last = U64_MAX;
	vdcm_inc(adi, VDCM_CNT_UNMAP_CALLBACKS);

	spin_lock_irqsave(&adi->fault_lock, flags);
	live = adi->live;
	if (live)
		slot = vdcm_holdoff_begin(&live->dma.gate, iova, last,
					  ktime_get_ns());
	spin_unlock_irqrestore(&adi->fault_lock, flags);

	mutex_lock(&adi->pin_lock);
	if (adi->live && adi->live->dma.ops)
		drop_range(adi, iova >> PAGE_SHIFT, last >> PAGE_SHIFT);
	mutex_unlock(&adi->pin_lock);

	/* It may have been closed meanwhile, but not opened again. */
	spin_lock_irqsave(&adi->fault_lock, flags);
	if (live && adi->live == live)
		vdcm_holdoff_end(&live->dma.gate, slot, ktime_get_ns());
	spin_unlock_irqrestore(&adi->fault_lock, flags);
}

/**
 * vdcm_dma_open() - set up the part of an ADI's open state that this file uses
 * @live: open state, zeroed
 *
 * Return: 0 or -ENOMEM. Undone by vdcm_dma_free().
 */
int vdcm_dma_open(struct vdcm_live *live)
{
	struct vdcm_dma *dma = &live->dma;

	vdcm_pin_tree_init(&dma->tree);
	xa_init(&dma->dma);
	INIT_DELAYED_WORK(&dma->work, dma_work);
	dma->pages = kcalloc(VDCM_PIN_BATCH, sizeof(*dma->pages),
			     GFP_KERNEL_ACCOUNT);
	return dma->pages ? 0 : -ENOMEM;
}

/**
 * vdcm_dma_free() - undo vdcm_dma_open()
 * @live: open state with nothing attached
 */
void vdcm_dma_free(struct vdcm_live *live)
{
	vdcm_pin_tree_destroy(&live->dma.tree);
	xa_destroy(&live->dma.dma);
	kfree(live->dma.pages);
}

/**
 * vdcm_dma_attach() - give an ADI a translation, empty at first
 * @adi: ADI being opened; adi->lock held
 *
 * Pins nothing: VFIO does not allow it before the device is open.
 *
 * Return: 0 or errno
 */
int vdcm_dma_attach(struct vdcm_adi *adi)
{
	const struct vdcm_xlat_ops *ops =
		adi->parent->xlat == VDCM_XLAT_PASID ? &vdcm_xlat_pasid :
						       &vdcm_xlat_table;
	int ret;

	mutex_lock(&adi->pin_lock);
	ret = ops->attach(adi);
	if (!ret)
		adi->live->dma.ops = ops;
	mutex_unlock(&adi->pin_lock);
	if (!ret)
		vdcm_dma_accept(adi, true);
	return ret;
}

/**
 * vdcm_dma_detach() - unmap and unpin all, take the translation away
 * @adi: ADI being closed, its DMA off; adi->lock held
 */
void vdcm_dma_detach(struct vdcm_adi *adi)
{
	struct vdcm_dma *dma = &adi->live->dma;

	vdcm_dma_accept(adi, false);
	mutex_lock(&adi->pin_lock);
	if (dma->ops) {
		drop_range(adi, 0, ULONG_MAX);
		dma->ops->detach(adi);
		dma->ops = NULL;
	}
	mutex_unlock(&adi->pin_lock);
}
