// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guest memory on demand: fault -> pin -> map -> answer, and back on unmap.
 *
 * The device reports an access that its translation did not allow; the unit it
 * belongs to has stopped and waits. A work item of the ADI pins the page and its
 * neighbours, maps them and answers. It is the only place that pins.
 *
 * A pin may take as long as the VMM's memory likes. It is made without a lock of ours,
 * and only the ADI's own closing waits for it: a task that stops the ADI or unmaps the
 * range spoils it, and its pages are given back.
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

#include "trace.h"

/* A page that is pinned already gets a right, or has lost its mapping. */
static int vdcm_fault_remap(struct vdcm_adi *adi, const struct vdcm_serving *s,
			    const struct vdcm_pin *pin)
{
	struct vdcm_dma *dma = &adi->live->dma;
	u64 page = s->w.fault.iova >> PAGE_SHIFT;
	u32 flags = pin->flags | (s->w.kept ? VDCM_PIN_KEPT : 0) |
		    (s->w.fault.prot & VDCM_PROT_WRITE ? VDCM_PIN_MAPPED_WRITE : 0);
	u32 prot = (vdcm_pin_write_only(pin->flags) ? 0 : VDCM_PROT_READ) |
		   (flags & VDCM_PIN_MAPPED_WRITE ? VDCM_PROT_WRITE : 0);
	int ret;

	ret = prot & VDCM_PROT_WRITE ? vdcm_log_pages(dma, page, 1) : 0;
	if (ret)
		return ret;
	ret = dma->ops->remap(&adi->xlat, page << PAGE_SHIFT, pfn_to_page(pin->pfn),
			      prot);
	if (ret) {
		/* It may have lost its mapping: the next fault is not in vain. */
		vdcm_pin_tree_set_flags(&dma->tree, page, pin->flags & ~VDCM_PIN_KEPT);
		return ret;
	}
	vdcm_pin_tree_set_flags(&dma->tree, page, flags);
	if (vdcm_pin_tree_hidden(&dma->tree, page)) {
		vdcm_pin_tree_show(&dma->tree, page);
		vdcm_inc(adi, VDCM_CNT_AGE_FAULTS);
	}
	return 0;
}

/* The page is pinned: 0 or errno. 1: it is not. -EAGAIN: it leaves, or the fault is stale. */
static int vdcm_fault_serve_pinned(struct vdcm_adi *adi, const struct vdcm_serving *s, bool write)
{
	struct vdcm_dma *dma = &adi->live->dma;
	u64 page = s->w.fault.iova >> PAGE_SHIFT;
	struct vdcm_pin pin;

	lockdep_assert_held(&adi->pin_lock);
	if (!dma->ops || vdcm_fault_stale(adi, s))
		return -EAGAIN;
	if (!vdcm_pin_tree_find(&dma->tree, page, &pin))
		return 1;
	if (pin.flags & VDCM_PIN_LEAVING)
		return -EAGAIN;
	if (!write && vdcm_pin_write_only(pin.flags))
		return -EFAULT;
	/*
	 * A unit that cannot fault may use a prefetched page, so that it is not remapped in vain:
	 * the fault is older than the prefetch.
	 */
	if (pin.flags & VDCM_PIN_KEPT && (!write || pin.flags & VDCM_PIN_MAPPED_WRITE))
		return 0;
	if (!write || pin.flags & (VDCM_PIN_WRITABLE | VDCM_PIN_MAPPED_WRITE))
		return vdcm_fault_remap(adi, s, &pin);
	if (pin.flags & VDCM_PIN_KEPT)
		return -EFAULT;
	/* Pinned for reading only: perhaps it may be written by now. */
	vdcm_unpin_drop(adi->live, page);
	return -EAGAIN;
}

static int vdcm_fault_serve(struct vdcm_adi *adi, const struct vdcm_serving *s)
{
	bool write = s->w.fault.prot & VDCM_PROT_WRITE;
	unsigned int tries = 0;
	int ret;

	if (!vdcm_iova_valid(adi, s->w.fault.iova, s->w.fault.len))
		return -EFAULT;
	do {
		mutex_lock(&adi->pin_lock);
		ret = vdcm_fault_serve_pinned(adi, s, write);
		mutex_unlock(&adi->pin_lock);
	} while (ret == -ENOMEM && vdcm_pin_room(&tries));
	return ret == 1 ? vdcm_pin(adi, s) : ret;
}

/* The fault waits for memory instead of failing. */
static int vdcm_fault_starve(struct vdcm_adi *adi, struct vdcm_serving *s)
{
	vdcm_inc(adi, VDCM_CNT_PINS_FAILED);
	vdcm_pin_starved(adi);
	return vdcm_fault_requeue(adi, s, 0) ?: -EAGAIN;
}

static void vdcm_fault_answer(struct vdcm_adi *adi, const struct vdcm_waiting *w, int err)
{
	const struct vdcm_fault *fault = &w->fault;

	if (err) {
		vdcm_inc(adi, VDCM_CNT_PINS_FAILED);
		vdcm_limited(adi, info, "DMA %s of %u bytes at 0x%llx refused: %d\n",
			     str_read_write(!(fault->prot & VDCM_PROT_WRITE)),
			     fault->len, fault->iova, err);
	}
	trace_vdcm_fault_done(adi, fault, ktime_get_ns() - w->since, err);
	vdcm_ops(adi)->fault_done(adi, fault->token, err ? -EFAULT : 0);
}

/* Serve one fault, or a page of a range. 0 = there may be more, else nanoseconds to wait. */
static u64 vdcm_fault_serve_next(struct vdcm_adi *adi)
{
	const struct vdcm_dma *dma = &adi->live->dma;
	struct vdcm_serving s;
	u64 wait;
	int ret;

	if (!vdcm_fault_take(adi, &s, &wait)) {
		if (!vdcm_prefetch_take(adi, &s, &wait))
			return wait;
		vdcm_prefetch_step(adi, &s, vdcm_fault_serve(adi, &s));
		return 0;
	}
	ret = vdcm_fault_serve(adi, &s);
	mutex_lock(&adi->pin_lock);
	if (!vdcm_fault_stale(adi, &s)) {
		/* No answer while the VM is stopped, although the page may be mapped by now. */
		if (ret == -EAGAIN || dma->held)
			ret = vdcm_fault_requeue(adi, &s, 0) ?: -EAGAIN;
		else if (ret == -ENOMEM)
			ret = vdcm_fault_starve(adi, &s);
		else if (ret && vdcm_fault_may_come_back(adi, &s))
			ret = vdcm_fault_requeue(adi, &s, VDCM_HOLDOFF_MIN_NS) ?: -EAGAIN;
		if (ret != -EAGAIN)
			vdcm_fault_answer(adi, &s.w, ret);
	}
	mutex_unlock(&adi->pin_lock);
	return 0;
}

static void vdcm_fault_work(struct work_struct *work)
{
	struct vdcm_live *live = container_of(to_delayed_work(work),
					      struct vdcm_live, dma.work);
	struct mem_cgroup *old = vdcm_charge_begin(live);
	u64 wait;

	do {
		wait = vdcm_fault_serve_next(live->adi);
		cond_resched();
	} while (!wait);
	wait = min(wait, vdcm_age(live));
	vdcm_charge_end(old);
	/* If a fault arrived meanwhile the work is queued, and sooner. */
	if (wait != VDCM_HOLDOFF_UNKNOWN)
		queue_delayed_work(vdcm_wq_of(live->adi, VDCM_QUEUE_FAULTS),
				   &live->dma.work, nsecs_to_jiffies(wait) + 1);
}

/**
 * vdcm_dma_accept() - take faults, or stop taking them
 * @adi: open ADI; adi->lock held, adi->pin_lock not
 * @accept: whether to
 *
 * When it returns after stopping, none waits, and no operation is called on behalf of
 * one that was being served: its pin may still be under way, but comes to nothing.
 */
void vdcm_dma_accept(struct vdcm_adi *adi, bool accept)
{
	struct vdcm_dma *dma = &adi->live->dma;
	unsigned long flags;

	lockdep_assert_held(&adi->lock);
	spin_lock_irqsave(&adi->fault_lock, flags);
	dma->accept = accept && dma->ops;
	dma->nr_waiting = 0;
	dma->epoch++;
	dma->pinning.spoiled = true;
	spin_unlock_irqrestore(&adi->fault_lock, flags);
	/* A worker that saw it set before calls no operation from here on. */
	mutex_lock(&adi->pin_lock);
	vdcm_pin_fed(adi);
	mutex_unlock(&adi->pin_lock);
}

/**
 * vdcm_dma_hold() - let faults wait while the VM is stopped, or serve them again
 * @adi: open ADI; adi->lock held, adi->pin_lock not
 * @hold: let them wait
 *
 * After a hold the framework answers no fault; a pin may still be under way.
 */
void vdcm_dma_hold(struct vdcm_adi *adi, bool hold)
{
	lockdep_assert_held(&adi->lock);
	mutex_lock(&adi->pin_lock);
	spin_lock_irq(&adi->fault_lock);
	adi->live->dma.held = hold;
	spin_unlock_irq(&adi->fault_lock);
	mutex_unlock(&adi->pin_lock);
	if (!hold)
		vdcm_faults_kick(adi->live);
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
	xa_init_flags(&dma->dirty, XA_FLAGS_ACCOUNT);
	INIT_DELAYED_WORK(&dma->work, vdcm_fault_work);
	vdcm_unpin_init(live);
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
	xa_destroy(&live->dma.dirty);
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
	const struct vdcm_xlat_ops *ops = adi->parent->backend->ops;
	int ret;

	if (!ops)
		return 0;
	/* Not under the pin lock: the IOMMU allocates. */
	ret = ops->attach(&adi->xlat);
	if (ret)
		return ret;
	mutex_lock(&adi->pin_lock);
	adi->live->dma.ops = ops;
	mutex_unlock(&adi->pin_lock);
	vdcm_unmap_join(adi->live);
	vdcm_dma_accept(adi, true);
	return 0;
}

/**
 * vdcm_dma_detach() - unmap all, take the translation away
 * @adi: ADI being closed or revoked, stopped; adi->lock held
 *
 * The pages are still pinned when it returns, but on their way.
 */
void vdcm_dma_detach(struct vdcm_adi *adi)
{
	struct vdcm_dma *dma = &adi->live->dma;
	const struct vdcm_xlat_ops *ops;

	vdcm_drop_range(adi->live, 0, ULONG_MAX);
	mutex_lock(&adi->pin_lock);
	ops = dma->ops;
	dma->ops = NULL;
	mutex_unlock(&adi->pin_lock);
	/* Not under the pin lock: the IOMMU's own locks are held over allocations. */
	if (ops)
		ops->detach(&adi->xlat);
}

/**
 * vdcm_dma_resume() - the PF was reset: the translation goes on
 * @adi: ADI that its driver has brought back; adi->lock held
 */
void vdcm_dma_resume(struct vdcm_adi *adi)
{
	const struct vdcm_xlat_ops *ops = adi->live->dma.ops;

	if (!ops || !ops->resume)
		return;
	mutex_lock(&adi->pin_lock);
	ops->resume(&adi->xlat);
	mutex_unlock(&adi->pin_lock);
}

/**
 * vdcm_adi_dma_rw() - read or write guest memory by the processor
 * @adi: ADI, not closed before this returns
 * @iova: address as the guest's driver gave it to the function, bytes
 * @data: kernel memory
 * @len: bytes; 0 does nothing
 * @write: write @data to the guest, else read into it
 *
 * For rings and messages that software serves. Nothing stays pinned. It may wait for the
 * VMM's memory and for VFIO's locks of its container, like a fault's pin; the driver calls it
 * only while the guest allows DMA (bus_master()).
 *
 * Context: process, no locks that an operation takes.
 * Return: 0, or -EFAULT, -EPERM, -EINVAL for memory that is not mapped so; part of it may have
 * been written.
 */
int vdcm_adi_dma_rw(struct vdcm_adi *adi, u64 iova, void *data, size_t len,
		    bool write)
{
	int ret;

	if (!len)
		return 0;
	ret = adi->export->dma_rw(adi, iova, data, len, write);
	/* A copy that failed may have written a part. */
	if (write)
		vdcm_log_written(adi, iova, len);
	return ret;
}
EXPORT_SYMBOL_GPL(vdcm_adi_dma_rw);

/**
 * vdcm_dma_drain() - wait until nothing is pinned, and nothing being pinned
 * @live: open state, detached
 *
 * For as long as the user's own memory and VFIO's locks of its container take.
 *
 * Context: process; no lock that another ADI, the PF or a removal needs.
 */
void vdcm_dma_drain(struct vdcm_live *live)
{
	cancel_delayed_work_sync(&live->dma.work);
	vdcm_unpin_finish(live);
}
