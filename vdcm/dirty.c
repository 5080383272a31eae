// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which pages of guest memory a device has written: exactly, page by page.
 *
 * While the log is on, the device can write a page only after a fault, which marks the page.
 * vdcm_log_report() takes a page out of the translation, waits for accesses under way, and clears
 * the mark, in this order: a write comes before the report, or marks the page again. An unmapped
 * page keeps its mark until it is reported. A page that was prefetched stays in the translation,
 * and keeps its mark as well: the device may write it at any time.
 *
 * When the processor writes for a device, the mark follows the write. That is early enough: the
 * VMM's last request comes when the VM is stopped and no write is under way.
 */
#include <linux/mm.h>
#include <linux/sched/signal.h>

#include "internal.h"

/* Pages from @page on, before @end, that the device may write. */
static u64 vdcm_log_writable(struct vdcm_pin_tree *tree, u64 page, u64 end)
{
	struct vdcm_pin pin;
	u64 nr = 0;

	while (page + nr < end && vdcm_pin_tree_find(tree, page + nr, &pin) &&
	       pin.flags & VDCM_PIN_MAPPED_WRITE &&
	       !(pin.flags & (VDCM_PIN_LEAVING | VDCM_PIN_KEPT)))
		nr++;
	return nr;
}

/* Take the right to write a page. A write-only page is unpinned instead, and pinned anew. */
static void vdcm_log_take_right(struct vdcm_live *live, u64 page)
{
	struct vdcm_pin pin;

	if (!vdcm_pin_tree_find(&live->dma.tree, page, &pin))
		return;
	if (vdcm_pin_write_only(pin.flags))
		vdcm_unpin_drop(live, page);
	else
		vdcm_pin_tree_set_flags(&live->dma.tree, page, pin.flags & ~VDCM_PIN_MAPPED_WRITE);
}

/* May the device write a page at any time, without a fault? */
static bool vdcm_log_kept(struct vdcm_dma *dma, u64 page)
{
	struct vdcm_pin pin;

	return vdcm_pin_tree_find(&dma->tree, page, &pin) && pin.flags & VDCM_PIN_KEPT &&
	       pin.flags & VDCM_PIN_MAPPED_WRITE && !(pin.flags & VDCM_PIN_LEAVING);
}

/* Take the right to write pages: the next access faults, and gets the right that it needs. */
static void vdcm_log_protect(struct vdcm_live *live, u64 first, u64 nr)
{
	struct vdcm_dma *dma = &live->dma;
	u64 page, end = first + nr, run, i;

	lockdep_assert_held(&live->adi->pin_lock);
	for (page = first; dma->ops && page < end; page += run ?: 1) {
		run = vdcm_log_writable(&dma->tree, page, end);
		if (run)
			dma->ops->hide(&live->adi->xlat, page << PAGE_SHIFT, run);
		for (i = 0; i < run; i++)
			vdcm_log_take_right(live, page + i);
	}
}

/* A prefetched page keeps the right to be written, and is reported each time. */
static void vdcm_log_mark_kept(struct vdcm_dma *dma, u64 first, u32 nr)
{
	u32 i;

	for (i = 0; i < nr; i++)
		if (vdcm_log_kept(dma, first + i) && vdcm_log_pages(dma, first + i, 1))
			vdcm_log_lost(dma);
}

/**
 * vdcm_log_start() - begin to log a device's writes
 * @adi: open ADI
 *
 * The log has no writes that the device has made before.
 *
 * Context: process.
 * Return: 0, or -EINVAL: the log is on already.
 */
int vdcm_log_start(struct vdcm_adi *adi)
{
	struct vdcm_dma *dma = &adi->live->dma;
	u64 next = 0;
	struct vdcm_pin pin;
	bool more = true;

	mutex_lock(&adi->pin_lock);
	if (dma->logging) {
		mutex_unlock(&adi->pin_lock);
		return -EINVAL;
	}
	/* Before the walk: a page that is pinned during the walk gets its mark. */
	WRITE_ONCE(dma->logging, true);
	mutex_unlock(&adi->pin_lock);
	while (more) {
		mutex_lock(&adi->pin_lock);
		more = dma->logging && vdcm_pin_tree_next(&dma->tree, next, ULONG_MAX, &pin);
		if (more) {
			vdcm_log_protect(adi->live, pin.first, pin.nr);
			vdcm_log_mark_kept(dma, pin.first, pin.nr);
			next = pin.first + pin.nr;
		}
		mutex_unlock(&adi->pin_lock);
		cond_resched();
	}
	return 0;
}

/**
 * vdcm_log_stop() - end the log
 * @adi: open ADI
 *
 * Context: process.
 * Return: 0, or -EINVAL: the log is off.
 */
int vdcm_log_stop(struct vdcm_adi *adi)
{
	struct vdcm_dma *dma = &adi->live->dma;
	int ret = 0;

	mutex_lock(&adi->pin_lock);
	if (!dma->logging)
		ret = -EINVAL;
	WRITE_ONCE(dma->logging, false);
	dma->dirty_all = false;
	xa_destroy(&dma->dirty);
	mutex_unlock(&adi->pin_lock);
	return ret;
}

/* Marked pages side by side, from the first one of a range on. Return: their number */
static u64 vdcm_log_take(struct vdcm_live *live, u64 *first, u64 last)
{
	struct vdcm_dma *dma = &live->dma;
	unsigned long index = *first;
	u64 nr = 1, i;

	lockdep_assert_held(&live->adi->pin_lock);
	if (!xa_find(&dma->dirty, &index, last, XA_PRESENT))
		return 0;
	*first = index;
	while (index + nr <= last && nr < VDCM_XLAT_RUN && xa_load(&dma->dirty, index + nr))
		nr++;
	vdcm_log_protect(live, index, nr);
	for (i = 0; i < nr; i++)
		if (!vdcm_log_kept(dma, index + i))
			xa_erase(&dma->dirty, index + i);
	return nr;
}

/**
 * vdcm_log_report() - report the pages of a range that the device has written, and clear marks
 * @adi: open ADI
 * @iova: first address, bytes
 * @len: length of the range, bytes
 * @report: called for each run of pages; no lock is held
 * @opaque: its first argument
 *
 * Context: process.
 * Return: 0, -EINVAL (the log is off, or no range), -EINTR (the process is killed).
 */
int vdcm_log_report(struct vdcm_adi *adi, u64 iova, u64 len,
		    void (*report)(void *opaque, u64 iova, u64 len), void *opaque)
{
	struct vdcm_dma *dma = &adi->live->dma;
	u64 page = iova >> PAGE_SHIFT, last = (iova + len - 1) >> PAGE_SHIFT, nr;
	bool all;

	if (!READ_ONCE(dma->logging) || !len || iova + len - 1 < iova)
		return -EINVAL;
	do {
		mutex_lock(&adi->pin_lock);
		nr = dma->logging ? vdcm_log_take(adi->live, &page, last) : 0;
		all = dma->dirty_all;
		mutex_unlock(&adi->pin_lock);
		if (nr)
			report(opaque, page << PAGE_SHIFT, nr << PAGE_SHIFT);
		page += nr;
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	} while (nr && page <= last);
	if (all)
		report(opaque, iova, len);
	return 0;
}
