// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where the pins of an ADI are in its user's memory.
 *
 * A discard has addresses of the user's memory, and pins have addresses of the device. VFIO does
 * not tell how the two relate, so vdcm_spot_find() looks each batch up in the user's memory when
 * it has been pinned: a "spot". A page that is not found there was discarded after it was pinned,
 * by this ADI or by another one of the container, whose pin VFIO hands out again. vdcm unpins
 * such a page, and pins it anew. vdcm does not follow pages of another process than the one that
 * opened the ADI.
 */
#include <linux/delay.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include <compat/mm.h>

#include "watch.h"

/* How often vdcm pins a page anew that is not found. */
#define LOST_TRIES	1000u

/* Is a batch in the user's memory from @va on? Under mmap_lock. */
static bool vdcm_spot_fits(struct vdcm_watch *w, unsigned long va, u32 nr)
{
	struct page **pages = w->adi->live->dma.pages;
	long i, got = vdcm_get_pages(w->notifier.mm, va << PAGE_SHIFT, nr, w->pages);
	bool fits = got == nr && !memcmp(pages, w->pages, nr * sizeof(*pages));

	for (i = 0; i < got; i++)
		put_page(w->pages[i]);
	return fits;
}

/* May a page that is at @index of its file, or of its first user's memory, be in @vma? */
static bool vdcm_spot_in_vma(struct vm_area_struct *vma, struct folio *folio,
			     unsigned long index)
{
	if (index < vma->vm_pgoff || index - vma->vm_pgoff >= vma_pages(vma))
		return false;
	if (folio_test_anon(folio))
		return vma->anon_vma;
	return vma->vm_file && vma->vm_file->f_mapping == folio->mapping;
}

/* Look for a batch all over the user's memory. Under mmap_lock. Return: page, 0 = nowhere. */
static unsigned long vdcm_spot_search(struct vdcm_watch *w, u32 nr)
{
	struct page *page = w->adi->live->dma.pages[0];
	struct folio *folio = page_folio(page);
	/* Kernels count the pages of huge files in small or in huge pages. */
	unsigned long index[] = {
		folio->index + folio_page_idx(folio, page),
		(folio->index << folio_order(folio)) + folio_page_idx(folio, page),
	};
	struct mm_struct *mm = w->notifier.mm;
	struct vm_area_struct *vma;
	unsigned long va;
	unsigned int i;

	for (vma = find_vma(mm, 0); vma; vma = find_vma(mm, vma->vm_end)) {
		for (i = 0; i < (folio_order(folio) ? 2 : 1); i++) {
			if (!vdcm_spot_in_vma(vma, folio, index[i]))
				continue;
			va = (vma->vm_start >> PAGE_SHIFT) + index[i] - vma->vm_pgoff;
			if (vdcm_spot_fits(w, va, nr))
				return va;
		}
		cond_resched();
	}
	return 0;
}

/* Where a batch is in the user's memory. Under mmap_lock. Return: page, 0 = nowhere. */
static unsigned long vdcm_spot_place(struct vdcm_watch *w, u64 first, u32 nr)
{
	unsigned int i, known = min_t(unsigned int, w->nr_shifts, VDCM_SHIFTS);
	unsigned long va;

	for (i = 0; i < known; i++) {
		va = first - w->shift[i];
		if (va && va < TASK_SIZE >> PAGE_SHIFT && vdcm_spot_fits(w, va, nr))
			return va;
	}
	va = vdcm_spot_search(w, nr);
	if (va)
		w->shift[w->nr_shifts++ % VDCM_SHIFTS] = first - va;
	return va;
}

/* A batch was not found in the user's memory. Return: as vdcm_spot_find() */
static int vdcm_spot_lost(struct vdcm_watch *w, u32 nr)
{
	/* Some pages of the batch may be there: the caller tries them one by one. */
	if (nr > 1)
		return -EXDEV;
	/* The user has never written the page: there is nothing to discard. */
	if (w->adi->live->dma.pages[0] == ZERO_PAGE(0))
		return 0;
	if (++w->lost % LOST_TRIES)
		return -ESTALE;
	w->foreign = !w->nr_shifts;
	return 0;
}

/**
 * vdcm_spot_find() - find pinned pages in the user's memory
 * @adi: open ADI; the pages are in its @pages
 * @first: first page
 * @nr: number of pages
 * @spot: out: for vdcm_spot_settle(); NULL = the pages are not followed
 *
 * Context: process, from the ADI's work item for faults; no lock held. Waits for mmap_lock.
 * Return: 0; -ESTALE (the page was discarded), -EXDEV (try the pages one by one), -ENOMEM.
 */
int vdcm_spot_find(struct vdcm_adi *adi, u64 first, u32 nr, struct vdcm_spot **spot)
{
	struct vdcm_watch *w = adi->watch;
	struct mm_struct *mm = w->notifier.mm;
	unsigned long va;

	*spot = NULL;
	if (w->foreign || !mmget_not_zero(mm))
		return 0;
	/* The discard under way may be of these pages: wait, or the pin is in vain. */
	if (READ_ONCE(w->clearing))
		usleep_range(50, 100);
	mmap_read_lock(mm);
	va = vdcm_spot_place(w, first, nr);
	mmap_read_unlock(mm);
	mmput(mm);
	if (!va)
		return vdcm_spot_lost(w, nr);
	*spot = kmalloc(sizeof(**spot), GFP_KERNEL_ACCOUNT);
	if (!*spot)
		return -ENOMEM;
	(*spot)->iova.start = first;
	(*spot)->iova.last = first + nr - 1;
	(*spot)->va.start = va;
	(*spot)->va.last = va + nr - 1;
	return 0;
}

/**
 * vdcm_spot_settle() - watch a batch that is about to be mapped
 * @adi: open ADI; fault_lock held
 * @spot: from vdcm_spot_find(), or NULL; freed by vdcm_spots_forget() once settled
 *
 * Return: false = the batch has been discarded meanwhile.
 */
bool vdcm_spot_settle(struct vdcm_adi *adi, struct vdcm_spot *spot)
{
	struct vdcm_watch *w = adi->watch;

	lockdep_assert_held(&adi->fault_lock);
	if (!spot)
		return true;
	if (spot->va.start <= w->last && spot->va.last >= w->first)
		return false;
	interval_tree_insert(&spot->iova, &w->by_iova);
	interval_tree_insert(&spot->va, &w->by_va);
	return true;
}

/* Take one spot of a range of the device's addresses away. NULL = there is none. */
static struct vdcm_spot *vdcm_spot_take(struct vdcm_watch *w, u64 first, u64 last)
{
	struct interval_tree_node *node;
	struct vdcm_spot *spot = NULL;

	spin_lock_irq(&w->adi->fault_lock);
	node = interval_tree_iter_first(&w->by_iova, first, last);
	if (node) {
		spot = container_of(node, struct vdcm_spot, iova);
		interval_tree_remove(&spot->iova, &w->by_iova);
		interval_tree_remove(&spot->va, &w->by_va);
	}
	spin_unlock_irq(&w->adi->fault_lock);
	return spot;
}

/**
 * vdcm_spots_forget() - watch batches no longer, which are not mapped any more
 * @adi: open ADI; pin lock held
 * @first: first page of the first batch
 * @nr: pages of all of them
 */
void vdcm_spots_forget(struct vdcm_adi *adi, u64 first, u64 nr)
{
	struct vdcm_spot *spot;

	lockdep_assert_held(&adi->pin_lock);
	while (adi->watch && (spot = vdcm_spot_take(adi->watch, first, first + nr - 1)))
		kfree(spot);
}

/**
 * vdcm_spots_begin() - a pin begins: record discards from now on, which may hit its pages
 * @adi: open ADI; fault_lock held
 */
void vdcm_spots_begin(struct vdcm_adi *adi)
{
	struct vdcm_watch *w = adi->watch;

	lockdep_assert_held(&adi->fault_lock);
	/* Pages of a discard under way may still be pinned: keep its range. */
	if (w->clearing)
		return;
	w->first = ULONG_MAX;
	w->last = 0;
}
