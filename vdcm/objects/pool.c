// SPDX-License-Identifier: GPL-2.0-only
/*
 * Shared resource pool: creating an instance of one type lowers what is
 * available of all others, at once and exactly.
 */
#include <linux/bug.h>
#include <linux/errno.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include "pool.h"

/**
 * vdcm_pool_init() - fill a pool
 * @pool: pool
 * @capacity: VDCM_MAX_RESOURCES numbers
 */
void vdcm_pool_init(struct vdcm_pool *pool, const u32 *capacity)
{
	spin_lock_init(&pool->lock);
	memcpy(pool->capacity, capacity, sizeof(pool->capacity));
	memset(pool->used, 0, sizeof(pool->used));
}

/**
 * vdcm_pool_take() - take all of a cost or nothing
 * @pool: pool
 * @cost: VDCM_MAX_RESOURCES numbers
 *
 * Context: any but hard irq.
 * Return: -1 = taken, else the first resource, by its index, that does not suffice.
 */
int vdcm_pool_take(struct vdcm_pool *pool, const u32 *cost)
{
	int i, ret = -1;

	spin_lock(&pool->lock);
	for (i = 0; i < VDCM_MAX_RESOURCES; i++)
		if (cost[i] > pool->capacity[i] - pool->used[i]) {
			ret = i;
			goto out;
		}
	for (i = 0; i < VDCM_MAX_RESOURCES; i++)
		pool->used[i] += cost[i];
out:
	spin_unlock(&pool->lock);
	return ret;
}

/**
 * vdcm_pool_give() - give back what vdcm_pool_take() took
 * @pool: pool
 * @cost: VDCM_MAX_RESOURCES numbers
 *
 * Context: any but hard irq.
 */
void vdcm_pool_give(struct vdcm_pool *pool, const u32 *cost)
{
	int i;

	spin_lock(&pool->lock);
	for (i = 0; i < VDCM_MAX_RESOURCES; i++) {
		WARN_ON_ONCE(cost[i] > pool->used[i]);
		pool->used[i] -= min(cost[i], pool->used[i]);
	}
	spin_unlock(&pool->lock);
}

/**
 * vdcm_pool_used() - how much of a resource is taken
 * @pool: pool
 * @resource: below VDCM_MAX_RESOURCES
 *
 * Context: any but hard irq.
 * Return: 0..its capacity
 */
u32 vdcm_pool_used(struct vdcm_pool *pool, unsigned int resource)
{
	u32 used;

	spin_lock(&pool->lock);
	used = pool->used[resource];
	spin_unlock(&pool->lock);
	return used;
}

/**
 * vdcm_pool_available() - how often could a cost be taken now?
 * @pool: pool
 * @cost: VDCM_MAX_RESOURCES numbers, not all 0
 *
 * Context: any but hard irq.
 * Return: 0..INT_MAX
 */
unsigned int vdcm_pool_available(struct vdcm_pool *pool, const u32 *cost)
{
	u32 n = INT_MAX;
	int i;

	spin_lock(&pool->lock);
	for (i = 0; i < VDCM_MAX_RESOURCES; i++)
		if (cost[i])
			n = min(n, (pool->capacity[i] - pool->used[i]) / cost[i]);
	spin_unlock(&pool->lock);
	return n;
}
