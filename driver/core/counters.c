// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counters that never run backwards. The device begins at 0 whenever it is reset, and reads 0
 * while it is away. The sum of earlier counts is kept here; of a device that does not answer
 * it is the last value read.
 */
#include <linux/build_bug.h>

#include "hw.h"

/* As sysfs (stats/ of a device) and ethtool (the PF's netdev) have them. */
const char * const smnc_stat_names[] = {
#define SMNC_STAT_ROW(id, name) \
	[SMNC_STAT_##id] = #name,
#include <smartnic/stat_rows.h>
#undef SMNC_STAT_ROW
};

static_assert(ARRAY_SIZE(smnc_stat_names) == SMNC_STAT_COUNT);

/**
 * smnc_counter() - one counter
 * @pf: PF
 * @func: whose
 * @c: counters; callers serialise
 * @stat: enum smnc_stat
 *
 * Return: its value; while the device does not count the last one seen.
 */
u64 smnc_counter(struct smnc_pf *pf, u16 func, struct smnc_counters *c, unsigned int stat)
{
	if (c->counting)
		/* A device that is gone reads 0. */
		c->seen[stat] = max(c->seen[stat], c->base[stat] + smnc_stat(pf, func, stat));
	return c->seen[stat];
}

/* From 0 on: the device does, too. */
void smnc_counters_start(struct smnc_counters *c)
{
	memset(c, 0, sizeof(*c));
	c->counting = true;
}

/* The device is going to be reset, or is not there any more. */
void smnc_counters_hold(struct smnc_pf *pf, u16 func, struct smnc_counters *c)
{
	unsigned int i;

	for (i = 0; i < SMNC_STAT_COUNT; i++)
		smnc_counter(pf, func, c, i);
	c->counting = false;
}

/* The device counts from 0 on. */
void smnc_counters_go(struct smnc_counters *c)
{
	memcpy(c->base, c->seen, sizeof(c->base));
	c->counting = true;
}
