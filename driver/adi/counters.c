// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counters of an ADI. adi->lock is held.
 *
 * A guest's driver takes GET_STATS for what its interface has counted: to the guest they
 * begin at 0 with each life of its driver, and go on over every reset that the driver
 * lives through. A new life is a driver that asks for VERSION and then, with no reset in
 * between, for its resources; or an opening.
 */
#include "adi.h"

/* It was opened: its function has been disabled, and enabled. */
void smnc_stats_start(struct smnc_adi *adi)
{
	smnc_counters_start(&adi->counters);
	memset(adi->life, 0, sizeof(adi->life));
}

/* The function is disabled: nothing counts any more. */
void smnc_stats_keep(struct smnc_adi *adi)
{
	if (adi->counters.counting)
		smnc_counters_hold(adi->pf, adi->func, &adi->counters);
}

/* The device was reset. */
void smnc_stats_resume(struct smnc_adi *adi)
{
	smnc_counters_go(&adi->counters);
}

/* What the operator is shown. */
u64 smnc_stats_read(struct smnc_adi *adi, unsigned int stat)
{
	return smnc_counter(adi->pf, adi->func, &adi->counters, stat);
}

/* What the guest is answered; @stat: of those that it can ask for. */
u64 smnc_stats_guest(struct smnc_adi *adi, unsigned int stat)
{
	return smnc_stats_read(adi, stat) - adi->life[stat];
}

/* Another driver has started in the guest. */
void smnc_stats_new_life(struct smnc_adi *adi)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(adi->life); i++)
		adi->life[i] = smnc_stats_read(adi, i);
}
