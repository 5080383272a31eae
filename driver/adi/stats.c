// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counters of an ADI: /sys/bus/mdev/devices/<uuid>/smartnic/stats/. They count from
 * each opening on; a closed ADI shows what there was at the last close.
 */
#include <linux/sysfs.h>

#include "adi.h"

/**
 * struct snic_stat_attr - a counter
 * @dattr: its attribute
 * @stat: enum snic_stat
 */
struct snic_stat_attr {
	struct device_attribute dattr;
	unsigned int stat;
};

static ssize_t snic_stat_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	const struct snic_stat_attr *a = container_of(attr, struct snic_stat_attr, dattr);
	struct snic_adi *adi = snic_adi_of(dev);
	u64 v;

	mutex_lock(&adi->lock);
	v = snic_stats_read(adi, a->stat);
	mutex_unlock(&adi->lock);
	return sysfs_emit(buf, "%llu\n", v);
}

#define SNIC_STAT_ATTR(_name, _stat) \
	static struct snic_stat_attr snic_stat_##_name = { \
		.dattr = __ATTR(_name, 0444, snic_stat_show, NULL), \
		.stat = SNIC_STAT_##_stat, \
	}

SNIC_STAT_ATTR(rx_bytes, RX_BYTES);
SNIC_STAT_ATTR(rx_unicast, RX_UNICAST);
SNIC_STAT_ATTR(rx_multicast, RX_MULTICAST);
SNIC_STAT_ATTR(rx_broadcast, RX_BROADCAST);
SNIC_STAT_ATTR(rx_discards, RX_DISCARDS);
SNIC_STAT_ATTR(rx_unknown_protocol, RX_UNKNOWN_PROTOCOL);
SNIC_STAT_ATTR(tx_bytes, TX_BYTES);
SNIC_STAT_ATTR(tx_unicast, TX_UNICAST);
SNIC_STAT_ATTR(tx_multicast, TX_MULTICAST);
SNIC_STAT_ATTR(tx_broadcast, TX_BROADCAST);
SNIC_STAT_ATTR(tx_discards, TX_DISCARDS);
SNIC_STAT_ATTR(tx_errors, TX_ERRORS);
SNIC_STAT_ATTR(spoofed, SPOOFED);
SNIC_STAT_ATTR(vlan_drops, VLAN_DROPS);
SNIC_STAT_ATTR(control_drops, CONTROL_DROPS);
SNIC_STAT_ATTR(rate_waits, RATE_WAITS);
SNIC_STAT_ATTR(tx_doorbells, TX_DOORBELLS);
SNIC_STAT_ATTR(rx_doorbells, RX_DOORBELLS);
SNIC_STAT_ATTR(itr_writes, ITR_WRITES);
SNIC_STAT_ATTR(rearms, REARMS);
SNIC_STAT_ATTR(interrupts, INTERRUPTS);
SNIC_STAT_ATTR(shared_causes, SHARED_CAUSES);
SNIC_STAT_ATTR(dma_faults, FAULTS);
SNIC_STAT_ATTR(dma_fault_retries, FAULT_RETRIES);
SNIC_STAT_ATTR(dma_fault_fails, FAULT_FAILS);
SNIC_STAT_ATTR(dma_refused, DMA_REFUSED);
SNIC_STAT_ATTR(mbx_requests, MBX_REQUESTS);
SNIC_STAT_ATTR(mbx_replies, MBX_REPLIES);
SNIC_STAT_ATTR(bad_descriptors, BAD_DESCRIPTORS);
SNIC_STAT_ATTR(bad_tails, BAD_TAILS);
SNIC_STAT_ATTR(tso_packets, TSO_PACKETS);

static struct attribute *snic_stat_attrs[] = {
	&snic_stat_rx_bytes.dattr.attr,
	&snic_stat_rx_unicast.dattr.attr,
	&snic_stat_rx_multicast.dattr.attr,
	&snic_stat_rx_broadcast.dattr.attr,
	&snic_stat_rx_discards.dattr.attr,
	&snic_stat_rx_unknown_protocol.dattr.attr,
	&snic_stat_tx_bytes.dattr.attr,
	&snic_stat_tx_unicast.dattr.attr,
	&snic_stat_tx_multicast.dattr.attr,
	&snic_stat_tx_broadcast.dattr.attr,
	&snic_stat_tx_discards.dattr.attr,
	&snic_stat_tx_errors.dattr.attr,
	&snic_stat_spoofed.dattr.attr,
	&snic_stat_vlan_drops.dattr.attr,
	&snic_stat_control_drops.dattr.attr,
	&snic_stat_rate_waits.dattr.attr,
	&snic_stat_tx_doorbells.dattr.attr,
	&snic_stat_rx_doorbells.dattr.attr,
	&snic_stat_itr_writes.dattr.attr,
	&snic_stat_rearms.dattr.attr,
	&snic_stat_interrupts.dattr.attr,
	&snic_stat_shared_causes.dattr.attr,
	&snic_stat_dma_faults.dattr.attr,
	&snic_stat_dma_fault_retries.dattr.attr,
	&snic_stat_dma_fault_fails.dattr.attr,
	&snic_stat_dma_refused.dattr.attr,
	&snic_stat_mbx_requests.dattr.attr,
	&snic_stat_mbx_replies.dattr.attr,
	&snic_stat_bad_descriptors.dattr.attr,
	&snic_stat_bad_tails.dattr.attr,
	&snic_stat_tso_packets.dattr.attr,
	NULL
};

const struct attribute_group snic_stats_group = {
	.name = "stats",
	.attrs = snic_stat_attrs,
};
