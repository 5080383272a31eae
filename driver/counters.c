// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counters that never run backwards. The device begins at 0 whenever it is reset, and
 * reads 0 while it is away; what was counted before is kept here, as far as anybody
 * has seen it if the device cannot be asked any more.
 *
 * A guest's driver takes GET_STATS for what its interface has counted: to the guest they
 * begin at 0 with each life of its driver, and go on over every reset that the driver
 * lives through. A new life is a driver that asks for VERSION and then, with no reset in
 * between, for its resources; or an opening.
 */
#include "adi.h"
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

/* --- an ADI's; adi->lock is held ---------------------------------------------- */

/* It was opened: its function has been disabled, and enabled. */
void snic_stats_start(struct snic_adi *adi)
{
	snic_counters_start(&adi->counters);
	memset(adi->life, 0, sizeof(adi->life));
}

/* The function is disabled: nothing counts any more. */
void snic_stats_keep(struct snic_adi *adi)
{
	if (adi->counters.counting)
		snic_counters_hold(adi->pf, adi->func, &adi->counters);
}

/* The device was reset. */
void snic_stats_resume(struct snic_adi *adi)
{
	snic_counters_go(&adi->counters);
}

/* What the operator is shown. */
u64 snic_stats_read(struct snic_adi *adi, unsigned int stat)
{
	return snic_counter(adi->pf, adi->func, &adi->counters, stat);
}

/* What the guest is answered; @stat: of those that it can ask for. */
u64 snic_stats_guest(struct snic_adi *adi, unsigned int stat)
{
	return snic_stats_read(adi, stat) - adi->life[stat];
}

/* Another driver has started in the guest. */
void snic_stats_new_life(struct snic_adi *adi)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(adi->life); i++)
		adi->life[i] = snic_stats_read(adi, i);
}
