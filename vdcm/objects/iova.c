// SPDX-License-Identifier: GPL-2.0-only
/*
 * The addresses that ADIs of a PF can use: the device can emit them, the IOMMU can translate
 * them, and neither uses them for anything but memory.
 */
#include <linux/errno.h>
#include <linux/minmax.h>

#include "iova.h"

#define PAGE_OF(byte)	((byte) / VDCM_PAGE_SIZE)

/**
 * vdcm_iova_init() - all addresses can be used
 * @v: to be set up
 */
void vdcm_iova_init(struct vdcm_iova *v)
{
	v->first = 0;
	v->last = PAGE_OF(U64_MAX);
	v->nr = 0;
}

/**
 * vdcm_iova_limit() - only addresses from @first to @last, in bytes, can be used
 * @v: addresses
 * @first: the first
 * @last: the last; an incomplete page cannot be used
 */
void vdcm_iova_limit(struct vdcm_iova *v, u64 first, u64 last)
{
	u64 page = PAGE_OF(first) + !!(first % VDCM_PAGE_SIZE);

	v->first = max(v->first, page);
	/* Of the last page all bytes count. */
	page = PAGE_OF(last);
	if (last % VDCM_PAGE_SIZE != VDCM_PAGE_SIZE - 1 && page)
		page--;
	v->last = min(v->last, page);
}

/**
 * vdcm_iova_reserve() - addresses from @first to @last, in bytes, are no memory
 * @v: addresses
 * @first: the first
 * @last: the last; no page that the range touches can be used
 *
 * Return: 0, -EINVAL (the range is none) or -ENOSPC (there are too many).
 */
int vdcm_iova_reserve(struct vdcm_iova *v, u64 first, u64 last)
{
	if (last < first)
		return -EINVAL;
	if (v->nr == VDCM_IOVA_HOLES)
		return -ENOSPC;
	v->holes[v->nr++] = (struct vdcm_range) { PAGE_OF(first), PAGE_OF(last) };
	return 0;
}

/**
 * vdcm_iova_has() - can a page be memory?
 * @v: addresses
 * @page: its number
 *
 * Context: any.
 */
bool vdcm_iova_has(const struct vdcm_iova *v, u64 page)
{
	unsigned int i;

	for (i = 0; i < v->nr; i++)
		if (page >= v->holes[i].first && page <= v->holes[i].last)
			return false;
	return page >= v->first && page <= v->last;
}

/**
 * vdcm_iova_around() - cut a range down to the pages around one page that can be memory
 * @v: addresses
 * @page: page that can be memory
 * @first: first page of the range, at most @page
 * @last: last page of it, at least @page
 *
 * Context: any.
 */
void vdcm_iova_around(const struct vdcm_iova *v, u64 page, u64 *first, u64 *last)
{
	unsigned int i;

	*first = max(*first, v->first);
	*last = min(*last, v->last);
	for (i = 0; i < v->nr; i++) {
		if (v->holes[i].first > page)
			*last = min(*last, v->holes[i].first - 1);
		else
			*first = max(*first, v->holes[i].last + 1);
	}
}
