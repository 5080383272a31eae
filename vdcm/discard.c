// SPDX-License-Identifier: GPL-2.0-only
/*
 * User space discards memory that it has mapped for the device: a balloon, free page
 * reporting, madvise(), a hole in a file, munmap().
 *
 * VFIO does not report a discard: the mapping stays, and with it the pin. The device would go on
 * with pages that the guest no longer has. So an mmu notifier of the user's memory takes the
 * pages out of the translation before the kernel discards them; the device's next access faults,
 * and vdcm pins the pages that are there then.
 *
 * The kernel may call the notifier during reclaim, which leaves pinned pages alone: then the
 * notifier takes no lock. Else it waits for a work item that takes pin_lock. The caller
 * holds locks that reclaim takes (i_mmap_rwsem): so pin_lock is never held over an allocation
 * that waits for reclaim, nor a lock inside it. The notifier does not wait for the unpin, which
 * waits for user space.
 */
#include <linux/completion.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "watch.h"

/**
 * struct vdcm_discard - a range that is being discarded
 * @entry: in the list of waiting discards
 * @done: completed when no page of the range is mapped for the device
 * @live: open state; vdcm_discard_start() holds it
 * @first: first page
 * @last: last page
 */
struct vdcm_discard {
	struct list_head entry;
	struct completion done;
	struct vdcm_live *live;
	unsigned long first;
	unsigned long last;
};

/* The device's addresses of the first spot in a range, and of the pages that may follow. */
static bool vdcm_discard_next(struct vdcm_watch *w, const struct vdcm_discard *d, u64 *first,
			      u64 *last)
{
	struct interval_tree_node *node;
	struct vdcm_spot *spot;

	spin_lock_irq(&w->adi->fault_lock);
	node = interval_tree_iter_first(&w->by_va, d->first, d->last);
	if (node) {
		spot = container_of(node, struct vdcm_spot, va);
		*first = spot->iova.start;
		*last = spot->iova.start + (d->last - spot->va.start);
	}
	spin_unlock_irq(&w->adi->fault_lock);
	return node;
}

static void vdcm_discard_work(struct work_struct *work)
{
	struct vdcm_watch *w = container_of(work, struct vdcm_watch, work);
	struct vdcm_adi *adi = w->adi;
	struct vdcm_discard *d;
	u64 first, last;

	for (;;) {
		spin_lock_irq(&adi->fault_lock);
		d = list_first_entry_or_null(&w->waiting, struct vdcm_discard, entry);
		if (d)
			list_del(&d->entry);
		spin_unlock_irq(&adi->fault_lock);
		if (!d)
			return;
		vdcm_inc(adi, VDCM_CNT_DISCARDS);
		/*
		 * Not adi->live: the ADI may be closed by now. After each call the spot is gone:
		 * this task or another one has dropped its pages.
		 */
		while (vdcm_discard_next(w, d, &first, &last))
			vdcm_drop_range(d->live, first, last);
		complete(&d->done);
	}
}

/*
 * Does the range lose pages that may be pinned? Reclaim takes none of those; nor do the kernel's
 * own threads, which may move other pages.
 */
static bool vdcm_discard_counts(const struct mmu_notifier_range *range)
{
	return (range->event == MMU_NOTIFY_UNMAP || range->event == MMU_NOTIFY_CLEAR) &&
	       mmu_notifier_range_blockable(range) &&
	       !(current->flags & (PF_MEMALLOC | PF_KTHREAD));
}

static int vdcm_discard_start(struct mmu_notifier *notifier, const struct mmu_notifier_range *range)
{
	struct vdcm_watch *w = container_of(notifier, struct vdcm_watch, notifier);
	struct vdcm_discard d = {
		.first = range->start >> PAGE_SHIFT,
		.last = (range->end - 1) >> PAGE_SHIFT,
	};
	struct vdcm_adi *adi = w->adi;
	struct vdcm_live *live = NULL;
	unsigned long flags;

	if (!vdcm_discard_counts(range))
		return 0;
	init_completion(&d.done);
	spin_lock_irqsave(&adi->fault_lock, flags);
	w->clearing++;
	w->first = min(w->first, d.first);
	w->last = max(w->last, d.last);
	if (interval_tree_iter_first(&w->by_va, d.first, d.last))
		live = adi->live;
	if (live) {
		live->dma.users++;
		d.live = live;
		list_add_tail(&d.entry, &w->waiting);
	}
	spin_unlock_irqrestore(&adi->fault_lock, flags);
	if (!live)
		return 0;
	queue_work(vdcm_wq_of(adi, VDCM_QUEUE_REVOKE), &w->work);
	wait_for_completion(&d.done);
	vdcm_unmap_end(live);
	return 0;
}

static void vdcm_discard_end(struct mmu_notifier *notifier, const struct mmu_notifier_range *range)
{
	struct vdcm_watch *w = container_of(notifier, struct vdcm_watch, notifier);
	unsigned long flags;

	if (!vdcm_discard_counts(range))
		return;
	spin_lock_irqsave(&w->adi->fault_lock, flags);
	w->clearing--;
	spin_unlock_irqrestore(&w->adi->fault_lock, flags);
}

static const struct mmu_notifier_ops vdcm_discard_ops = {
	.invalidate_range_start = vdcm_discard_start,
	.invalidate_range_end = vdcm_discard_end,
};

/* --- life ---------------------------------------------------------------------------- */

static void vdcm_watch_free(struct vdcm_watch *w)
{
	kfree(w->pages);
	kfree(w);
}

/* Lockdep does not see that a discard waits for pin_lock inside locks that reclaim takes. */
static void vdcm_discard_teach_lockdep(struct vdcm_adi *adi)
{
	fs_reclaim_acquire(GFP_KERNEL);
	might_lock(&adi->pin_lock);
	fs_reclaim_release(GFP_KERNEL);
}

/**
 * vdcm_watch_begin() - watch the memory of the process that opens an ADI
 * @adi: closed ADI
 *
 * Context: process; waits for mmap_lock, so no lock is held that others need.
 * Return: 0, -ENOMEM, or the errno of mmu_notifier_register().
 */
int vdcm_watch_begin(struct vdcm_adi *adi)
{
	struct vdcm_watch *w;
	int ret = -ENOMEM;

	/* The back end of this PF never pins a page. */
	if (!adi->parent->backend->ops)
		return 0;
	vdcm_discard_teach_lockdep(adi);
	w = kzalloc(sizeof(*w), GFP_KERNEL_ACCOUNT);
	if (!w)
		return -ENOMEM;
	w->pages = kcalloc(VDCM_PIN_BATCH, sizeof(*w->pages), GFP_KERNEL_ACCOUNT);
	if (!w->pages)
		goto free;
	w->adi = adi;
	w->notifier.ops = &vdcm_discard_ops;
	w->by_iova = RB_ROOT_CACHED;
	w->by_va = RB_ROOT_CACHED;
	w->first = ULONG_MAX;
	INIT_LIST_HEAD(&w->waiting);
	INIT_WORK(&w->work, vdcm_discard_work);
	ret = mmu_notifier_register(&w->notifier, current->mm);
	if (ret)
		goto free;
	adi->watch = w;
	return 0;

free:
	vdcm_watch_free(w);
	return ret;
}

/**
 * vdcm_watch_end() - undo vdcm_watch_begin()
 * @adi: ADI that is closed, or could not be opened
 *
 * Context: process. Waits for discards under way.
 */
void vdcm_watch_end(struct vdcm_adi *adi)
{
	struct vdcm_watch *w = adi->watch;

	if (!w)
		return;
	mmu_notifier_unregister(&w->notifier, w->notifier.mm);
	cancel_work_sync(&w->work);
	WARN_ON(!RB_EMPTY_ROOT(&w->by_iova.rb_root));
	adi->watch = NULL;
	vdcm_watch_free(w);
}
