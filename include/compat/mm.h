/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory of a process: what differs between kernels (see probes). */
#ifndef COMPAT_MM_H
#define COMPAT_MM_H

#include <linux/mm.h>

#include "vdcm_config.h"

/*
 * The pages at an address of a process, with a reference each, if they are there: nothing is
 * waited for. mmap_lock is held. Return: their number, or an errno.
 */
static inline long vdcm_get_pages(struct mm_struct *mm, unsigned long at, unsigned long nr,
				  struct page **pages)
{
#ifdef HAVE_GUP_REMOTE_VMAS
	return get_user_pages_remote(mm, at, nr, FOLL_NOWAIT, pages, NULL, NULL);
#else
	return get_user_pages_remote(mm, at, nr, FOLL_NOWAIT, pages, NULL);
#endif
}

#endif /* COMPAT_MM_H */
