// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counters that never run backwards. The device begins at 0 whenever it is reset, and reads 0
 * while it is away. The sum of earlier counts is kept here; of a device that does not answer
 * it is the last value read.
 */
#include <linux/build_bug.h>

#include "hw.h"

/* As sysfs (stats/ of a device) and ethtool (the PF's netdev) have them. */
const char * const snic_stat_names[] = {
	[SNIC_STAT_RX_BYTES] = "rx_bytes",
	[SNIC_STAT_RX_UNICAST] = "rx_unicast",
	[SNIC_STAT_RX_MULTICAST] = "rx_multicast",
	[SNIC_STAT_RX_BROADCAST] = "rx_broadcast",
	[SNIC_STAT_RX_DISCARDS] = "rx_discards",
	[SNIC_STAT_RX_UNKNOWN_PROTOCOL] = "rx_unknown_protocol",
	[SNIC_STAT_TX_BYTES] = "tx_bytes",
	[SNIC_STAT_TX_UNICAST] = "tx_unicast",
	[SNIC_STAT_TX_MULTICAST] = "tx_multicast",
	[SNIC_STAT_TX_BROADCAST] = "tx_broadcast",
	[SNIC_STAT_TX_DISCARDS] = "tx_discards",
	[SNIC_STAT_TX_ERRORS] = "tx_errors",
	[SNIC_STAT_SPOOFED] = "spoofed",
	[SNIC_STAT_TX_DOORBELLS] = "tx_doorbells",
	[SNIC_STAT_RX_DOORBELLS] = "rx_doorbells",
	[SNIC_STAT_ITR_WRITES] = "itr_writes",
	[SNIC_STAT_REARMS] = "rearms",
	[SNIC_STAT_INTERRUPTS] = "interrupts",
	[SNIC_STAT_SHARED_CAUSES] = "shared_causes",
	[SNIC_STAT_FAULTS] = "dma_faults",
	[SNIC_STAT_FAULT_RETRIES] = "dma_fault_retries",
	[SNIC_STAT_FAULT_FAILS] = "dma_fault_fails",
	[SNIC_STAT_MBX_REQUESTS] = "mbx_requests",
	[SNIC_STAT_MBX_REPLIES] = "mbx_replies",
	[SNIC_STAT_BAD_DESCRIPTORS] = "bad_descriptors",
	[SNIC_STAT_BAD_TAILS] = "bad_tails",
	[SNIC_STAT_DMA_REFUSED] = "dma_refused",
	[SNIC_STAT_TSO_PACKETS] = "tso_packets",
	[SNIC_STAT_VLAN_DROPS] = "vlan_drops",
	[SNIC_STAT_RATE_WAITS] = "rate_waits",
	[SNIC_STAT_CONTROL_DROPS] = "control_drops",
};

static_assert(ARRAY_SIZE(snic_stat_names) == SNIC_STAT_COUNT);

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
