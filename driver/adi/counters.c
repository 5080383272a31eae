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
