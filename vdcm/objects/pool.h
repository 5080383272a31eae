/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared resources of a PF: a pure object with a lock of its own. */
#ifndef VDCM_POOL_H
#define VDCM_POOL_H

#include <linux/spinlock.h>
#include <vdcm/vdcm.h>

/**
 * struct vdcm_pool - what the types of one parent are paid with
 * @lock: protects @used
 * @capacity: by resource
 * @used: by resource; never above @capacity
 */
struct vdcm_pool {
	spinlock_t lock;	/* used */
	u32 capacity[VDCM_MAX_RESOURCES];
	u32 used[VDCM_MAX_RESOURCES];
};

void vdcm_pool_init(struct vdcm_pool *pool, const u32 *capacity);
int vdcm_pool_take(struct vdcm_pool *pool, const u32 *cost);
void vdcm_pool_give(struct vdcm_pool *pool, const u32 *cost);
u32 vdcm_pool_used(struct vdcm_pool *pool, unsigned int resource);
unsigned int vdcm_pool_available(struct vdcm_pool *pool, const u32 *cost);

#endif /* VDCM_POOL_H */
