/* SPDX-License-Identifier: GPL-2.0-only */
/* The addresses that ADIs of a PF can use. */
#ifndef VDCM_IOVA_H
#define VDCM_IOVA_H

#include <linux/types.h>

#include <vdcm/vdcm.h>

#define VDCM_IOVA_HOLES	32

/**
 * struct vdcm_iova - pages that can be used for memory
 * @first: the first
 * @last: the last
 * @nr: entries in @holes
 * @holes: pages in between that cannot, in no order
 */
struct vdcm_iova {
	u64 first;
	u64 last;
	unsigned int nr;
	struct vdcm_range holes[VDCM_IOVA_HOLES];
};

void vdcm_iova_init(struct vdcm_iova *v);
void vdcm_iova_limit(struct vdcm_iova *v, u64 first, u64 last);
int vdcm_iova_reserve(struct vdcm_iova *v, u64 first, u64 last);
bool vdcm_iova_has(const struct vdcm_iova *v, u64 page);
void vdcm_iova_around(const struct vdcm_iova *v, u64 page, u64 *first, u64 *last);

#endif /* VDCM_IOVA_H */
