// SPDX-License-Identifier: GPL-2.0-only
/*
 * Marks of pages of guest memory that a device has written, or may write from now on; dirty.c
 * reports them.
 */
#include <linux/mm.h>

#include "internal.h"

/* Mark a page. Without memory for a mark every page counts as written until the log ends. */
static void vdcm_log_mark(struct vdcm_dma *dma, u64 page)
{
	if (xa_err(xa_store(&dma->dirty, page, xa_mk_value(1), GFP_KERNEL)))
		WRITE_ONCE(dma->dirty_all, true);
}

/**
 * vdcm_log_pages() - the device may write some pages from now on
 * @dma: translation
 * @first: first page
 * @nr: their number
 *
 * Context: process; pin lock, before the pages are mapped or after it.
 */
void vdcm_log_pages(struct vdcm_dma *dma, u64 first, u32 nr)
{
	if (!READ_ONCE(dma->logging))
		return;
	while (nr--)
		vdcm_log_mark(dma, first + nr);
}

/**
 * vdcm_log_written() - the processor has written guest memory for an ADI
 * @adi: open ADI
 * @iova: first address, bytes
 * @len: their number, not 0
 *
 * Context: process.
 */
void vdcm_log_written(struct vdcm_adi *adi, u64 iova, size_t len)
{
	struct vdcm_dma *dma = &adi->live->dma;
	u64 page = iova >> PAGE_SHIFT, last = (iova + len - 1) >> PAGE_SHIFT;

	if (!READ_ONCE(dma->logging))
		return;
	for (; page <= last; page++)
		vdcm_log_mark(dma, page);
}
