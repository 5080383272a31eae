// SPDX-License-Identifier: GPL-2.0-only
/* The pool: any sequence of takes and gives conserves it, and it never lies. */
#include "fuzz.h"
#include "pool.h"

#define HELD	64

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct input in = { data, size };
	u32 capacity[VDCM_MAX_RESOURCES], sum[VDCM_MAX_RESOURCES] = {};
	u32 held[HELD][VDCM_MAX_RESOURCES];
	struct vdcm_pool pool;
	unsigned int n = 0, i, k;

	for (i = 0; i < VDCM_MAX_RESOURCES; i++)
		capacity[i] = take8(&in) & 1 ? take32(&in) : take8(&in);
	vdcm_pool_init(&pool, capacity);
	while (in.len) {
		u32 cost[VDCM_MAX_RESOURCES];
		int lacks = -1, ret;

		if (take8(&in) & 1 && n) {
			k = take_below(&in, n);
			vdcm_pool_give(&pool, held[k]);
			for (i = 0; i < VDCM_MAX_RESOURCES; i++)
				sum[i] -= held[k][i];
			memmove(held[k], held[--n], sizeof(held[k]));
		} else {
			for (i = 0; i < VDCM_MAX_RESOURCES; i++)
				cost[i] = take8(&in) & 1 ? take32(&in) : take8(&in) >> 4;
			cost[0] |= 1;
			for (i = VDCM_MAX_RESOURCES; i--; )
				if ((u64)sum[i] + cost[i] > capacity[i])
					lacks = i;
			k = vdcm_pool_available(&pool, cost);
			must(k <= INT_MAX);
			must((k > 0) == (lacks < 0));
			for (i = 0; i < VDCM_MAX_RESOURCES; i++)
				must((u64)sum[i] + (u64)k * cost[i] <= capacity[i]);
			if (n == HELD)
				continue;
			ret = vdcm_pool_take(&pool, cost);
			must(ret == lacks);
			if (ret < 0) {
				for (i = 0; i < VDCM_MAX_RESOURCES; i++)
					sum[i] += cost[i];
				memcpy(held[n++], cost, sizeof(cost));
			}
		}
		must(!memcmp(pool.used, sum, sizeof(sum)));
		must(!memcmp(pool.capacity, capacity, sizeof(capacity)));
		must(!pool.lock.held);
	}
	return 0;
}
