// SPDX-License-Identifier: GPL-2.0-only
/*
 * Marks of pages of guest memory that a device has written, or may write from now on; dirty.c
 * reports them.
 */
#include <linux/mm.h>

#include "internal.h"

/**
 * vdcm_log_lost() - there is no memory for a mark: every page counts as written until the log ends
 * @dma: translation
 */
void vdcm_log_lost(struct vdcm_dma *dma)
{
	WRITE_ONCE(dma->dirty_all, true);
}

static int vdcm_log_mark(struct vdcm_dma *dma, u64 page, gfp_t gfp)
{
	return xa_err(xa_store(&dma->dirty, page, xa_mk_value(1), gfp));
}

/**
 * vdcm_log_pages() - the device may write some pages from now on
 * @dma: translation
 * @first: first page
 * @nr: their number
 *
 * Context: process; pin lock, before the pages are mapped.
 * Return: 0, or -ENOMEM: they are not mapped, or vdcm_log_lost() is called.
 */
int vdcm_log_pages(struct vdcm_dma *dma, u64 first, u32 nr)
{
	int ret = 0;

	if (!READ_ONCE(dma->logging))
		return 0;
	while (!ret && nr--)
		ret = vdcm_log_mark(dma, first + nr, GFP_NOWAIT);
	return ret;
}

/**
 * vdcm_log_written() - the processor has written guest memory for an ADI
 * @adi: open ADI
 * @iova: first address, bytes
 * @len: their number, not 0
 *
 * Context: process; pin lock not held.
 */
void vdcm_log_written(struct vdcm_adi *adi, u64 iova, size_t len)
{
	struct vdcm_dma *dma = &adi->live->dma;
	u64 page = iova >> PAGE_SHIFT, last = (iova + len - 1) >> PAGE_SHIFT;

	if (!READ_ONCE(dma->logging))
		return;
	for (; page <= last; page++)
		if (vdcm_log_mark(dma, page, GFP_KERNEL))
			vdcm_log_lost(dma);
}
