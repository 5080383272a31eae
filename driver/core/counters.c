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
	[SMNC_STAT_RX_BYTES] = "rx_bytes",
	[SMNC_STAT_RX_UNICAST] = "rx_unicast",
	[SMNC_STAT_RX_MULTICAST] = "rx_multicast",
	[SMNC_STAT_RX_BROADCAST] = "rx_broadcast",
	[SMNC_STAT_RX_DISCARDS] = "rx_discards",
	[SMNC_STAT_RX_UNKNOWN_PROTOCOL] = "rx_unknown_protocol",
	[SMNC_STAT_TX_BYTES] = "tx_bytes",
	[SMNC_STAT_TX_UNICAST] = "tx_unicast",
	[SMNC_STAT_TX_MULTICAST] = "tx_multicast",
	[SMNC_STAT_TX_BROADCAST] = "tx_broadcast",
	[SMNC_STAT_TX_DISCARDS] = "tx_discards",
	[SMNC_STAT_TX_ERRORS] = "tx_errors",
	[SMNC_STAT_SPOOFED] = "spoofed",
	[SMNC_STAT_TX_DOORBELLS] = "tx_doorbells",
	[SMNC_STAT_RX_DOORBELLS] = "rx_doorbells",
	[SMNC_STAT_ITR_WRITES] = "itr_writes",
	[SMNC_STAT_REARMS] = "rearms",
	[SMNC_STAT_INTERRUPTS] = "interrupts",
	[SMNC_STAT_SHARED_CAUSES] = "shared_causes",
	[SMNC_STAT_FAULTS] = "dma_faults",
	[SMNC_STAT_FAULT_RETRIES] = "dma_fault_retries",
	[SMNC_STAT_FAULT_FAILS] = "dma_fault_fails",
	[SMNC_STAT_MBX_REQUESTS] = "mbx_requests",
	[SMNC_STAT_MBX_REPLIES] = "mbx_replies",
	[SMNC_STAT_BAD_DESCRIPTORS] = "bad_descriptors",
	[SMNC_STAT_BAD_TAILS] = "bad_tails",
	[SMNC_STAT_DMA_REFUSED] = "dma_refused",
	[SMNC_STAT_TSO_PACKETS] = "tso_packets",
	[SMNC_STAT_VLAN_DROPS] = "vlan_drops",
	[SMNC_STAT_RATE_WAITS] = "rate_waits",
	[SMNC_STAT_CONTROL_DROPS] = "control_drops",
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
