// SPDX-License-Identifier: GPL-2.0-only
/*
 * Giving guest memory back: first out of the translation, then unpinned.
 *
 * vfio_unpin_pages() takes locks of VFIO that user space decides over: a pin by
 * another device may hold them while it waits for slow memory, and type1 takes them
 * in two orders, so that two threads that unmap wait for each other as long as a
 * callback waits for an unpin (docs/upstream.md). So it is called from work items
 * only, without a lock of ours, and is waited for with a limit.
 *
 * While one thread is in a callback, another may hold the lock that unpinning needs
 * until the callback returns. What gets done in each such exchange is what waits for
 * the lock already: therefore the helpers.
 */
#include <linux/jiffies.h>
#include <linux/sched.h>

#include "internal.h"

/* Without headway for so long the helpers join in. */
#define HELP_AFTER	(msecs_to_jiffies(20) + 1)

static bool vdcm_unpin_gone(struct vdcm_live *live, u64 first, u64 last)
{
	struct vdcm_dma *dma = &live->dma;
	unsigned long flags;
	bool pinning;

	spin_lock_irqsave(&live->adi->fault_lock, flags);
	pinning = dma->pinning.active && dma->pinning.first <= last &&
		  dma->pinning.last >= first;
	spin_unlock_irqrestore(&live->adi->fault_lock, flags);
	return !pinning && !vdcm_pin_tree_any(&dma->tree, first, last);
}

/* Take what leaves: of the range that a callback waits for, if there is any. */
static u32 vdcm_unpin_take(struct vdcm_live *live, u64 *first)
{
	struct vdcm_dma *dma = &live->dma;
	/* iommufd wants the pieces that were pinned, type1 any. */
	u32 nr, most = dma->gated ? VDCM_PIN_BATCH : 0;

	lockdep_assert_held(&live->adi->pin_lock);
	nr = vdcm_pin_tree_take(&dma->tree, dma->urgent_first,
				dma->urgent_last, most, first);
	return nr ?: vdcm_pin_tree_take(&dma->tree, 0, ULONG_MAX, most, first);
}

/* Unpin one run. False = nothing leaves. */
static bool vdcm_unpin_run(struct vdcm_live *live)
{
	struct vdcm_adi *adi = live->adi;
	u64 first;
	u32 nr;

	mutex_lock(&adi->pin_lock);
	nr = vdcm_unpin_take(live, &first);
	mutex_unlock(&adi->pin_lock);
	if (!nr)
		return false;
	adi->export->unpin(adi, first << PAGE_SHIFT, nr);
	mutex_lock(&adi->pin_lock);
	vdcm_pin_tree_erase(&live->dma.tree, first, nr);
	vdcm_add(adi, VDCM_CNT_PINNED_PAGES, -(s64)nr);
	WRITE_ONCE(live->dma.progress, live->dma.progress + 1);
	mutex_unlock(&adi->pin_lock);
	return true;
}

static void vdcm_unpin_all(struct vdcm_live *live)
{
	while (vdcm_unpin_run(live))
		cond_resched();
	wake_up_all(&live->dma.wait);
	/* A fault that met a page on its way out. */
	vdcm_faults_kick(live);
}

static void vdcm_unpin_work(struct work_struct *work)
{
	vdcm_unpin_all(container_of(work, struct vdcm_live, dma.unpin));
}

static void vdcm_unpin_helper_work(struct work_struct *work)
{
	vdcm_unpin_all(container_of(work, struct vdcm_helper, work)->live);
}

static void vdcm_unpin_help(struct vdcm_live *live)
{
	unsigned int i;

	for (i = 0; i < VDCM_UNPIN_HELPERS; i++)
		queue_work(vdcm_wq_of(live->adi, VDCM_QUEUE_HELP),
			   &live->dma.helper[i].work);
}

static void vdcm_unpin_start(struct vdcm_live *live)
{
	queue_work(vdcm_wq_of(live->adi, VDCM_QUEUE_UNPIN), &live->dma.unpin);
}

/**
 * vdcm_unpin_init() - nothing leaves
 * @live: open state, zeroed
 */
void vdcm_unpin_init(struct vdcm_live *live)
{
	unsigned int i;

	INIT_WORK(&live->dma.unpin, vdcm_unpin_work);
	init_waitqueue_head(&live->dma.wait);
	for (i = 0; i < VDCM_UNPIN_HELPERS; i++) {
		live->dma.helper[i].live = live;
		INIT_WORK(&live->dma.helper[i].work, vdcm_unpin_helper_work);
	}
}

/* Unmap one run of mapped batches with a page in a range. False = there is none. */
static bool vdcm_drop_run(struct vdcm_live *live, u64 first, u64 last)
{
	struct vdcm_dma *dma = &live->dma;
	struct vdcm_pin pin;
	u64 run, end;

	lockdep_assert_held(&live->adi->pin_lock);
	if (!dma->ops || !vdcm_pin_tree_next(&dma->tree, first, last, &pin))
		return false;
	run = pin.first;
	end = run + pin.nr;
	while (end <= last && vdcm_pin_tree_find(&dma->tree, end, &pin) &&
	       !(pin.flags & VDCM_PIN_LEAVING) &&
	       end + pin.nr - run <= VDCM_XLAT_RUN)
		end += pin.nr;
	dma->ops->unmap(&live->adi->xlat, run << PAGE_SHIFT, end - run);
	vdcm_spots_forget(live->adi, run, end - run);
	vdcm_pin_tree_leave(&dma->tree, run, end - run);
	return true;
}

/**
 * vdcm_drop_range() - unmap all batches with a page in a range; they leave
 * @live: open state
 * @first: first page
 * @last: last page
 *
 * The pin lock is given up between runs: a task that stops the ADI does not wait for all
 * of a guest's memory.
 *
 * Context: process.
 * Return: false = there was none.
 */
bool vdcm_drop_range(struct vdcm_live *live, u64 first, u64 last)
{
	struct mutex *lock = &live->adi->pin_lock;
	bool any = false, more;

	do {
		mutex_lock(lock);
		more = vdcm_drop_run(live, first, last);
		mutex_unlock(lock);
		any |= more;
		cond_resched();
	} while (more);
	if (any)
		vdcm_unpin_start(live);
	return any;
}

/**
 * vdcm_unpin_drop() - unmap the batch of one page; it leaves
 * @live: open state; pin lock held
 * @page: page
 */
void vdcm_unpin_drop(struct vdcm_live *live, u64 page)
{
	vdcm_drop_run(live, page, page);
	vdcm_unpin_start(live);
}

/**
 * vdcm_unpin_wait() - wait until no page of a range is pinned or being pinned
 * @live: open state
 * @first: first page
 * @last: last page
 * @patience: jiffies to wait without any headway, or MAX_SCHEDULE_TIMEOUT
 *
 * Context: process; locks of VFIO held, none of ours.
 * Return: false = given up.
 */
bool vdcm_unpin_wait(struct vdcm_live *live, u64 first, u64 last,
		     unsigned long patience)
{
	struct vdcm_dma *dma = &live->dma;
	unsigned long seen, waited = 0;

	mutex_lock(&live->adi->pin_lock);
	dma->urgent_first = first;
	dma->urgent_last = last;
	mutex_unlock(&live->adi->pin_lock);
	while (waited < patience) {
		seen = READ_ONCE(dma->progress);
		if (wait_event_timeout(dma->wait, vdcm_unpin_gone(live, first, last),
				       HELP_AFTER))
			return true;
		if (READ_ONCE(dma->progress) != seen) {
			waited = 0;
			continue;
		}
		vdcm_unpin_help(live);
		if (patience != MAX_SCHEDULE_TIMEOUT)
			waited += HELP_AFTER;
	}
	return false;
}

/**
 * vdcm_unpin_finish() - wait until nothing is pinned any more
 * @live: open state; all of it has been dropped, and no fault is taken
 *
 * Context: process; no lock that another ADI needs.
 */
void vdcm_unpin_finish(struct vdcm_live *live)
{
	unsigned int i;

	vdcm_unpin_start(live);
	flush_work(&live->dma.unpin);
	for (i = 0; i < VDCM_UNPIN_HELPERS; i++)
		cancel_work_sync(&live->dma.helper[i].work);
	WARN_ON(live->dma.tree.count);
}
