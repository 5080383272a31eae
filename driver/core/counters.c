// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counters that never run backwards. The device begins at 0 whenever it is reset, and
 * reads 0 while it is away; what was counted before is kept here, as far as anybody
 * has seen it if the device cannot be asked any more.
 */
#include "hw.h"

/**
 * snic_counter() - one counter
 * @pf: PF
 * @func: whose
 * @c: counters; callers serialise
 * @stat: enum snic_stat
 *
 * Return: its value; while the device does not count the last one seen.
 */
u64 snic_counter(struct snic_pf *pf, u16 func, struct snic_counters *c, unsigned int stat)
{
	if (c->counting)
		/* A device that is gone reads 0. */
		c->seen[stat] = max(c->seen[stat], c->base[stat] + snic_stat(pf, func, stat));
	return c->seen[stat];
}

/* From 0 on: the device does, too. */
void snic_counters_start(struct snic_counters *c)
{
	memset(c, 0, sizeof(*c));
	c->counting = true;
}

/* The device is going to be reset, or is not there any more. */
void snic_counters_hold(struct snic_pf *pf, u16 func, struct snic_counters *c)
{
	unsigned int i;

	for (i = 0; i < SNIC_STAT_COUNT; i++)
		snic_counter(pf, func, c, i);
	c->counting = false;
}

/* The device counts from 0 on. */
void snic_counters_go(struct snic_counters *c)
{
	memcpy(c->base, c->seen, sizeof(c->base));
	c->counting = true;
}
