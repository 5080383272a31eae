// SPDX-License-Identifier: GPL-2.0-only
/* Counters of the PF's netdev. */
#include "netdev.h"

/**
 * smnc_net_stat() - one counter of the netdev
 * @net: netdev
 * @stat: enum smnc_stat
 *
 * Process context or softirq.
 *
 * Return: its value; while the device is not there the last one seen.
 */
u64 smnc_net_stat(struct smnc_net *net, unsigned int stat)
{
	u64 v;

	spin_lock_bh(&net->stats_lock);
	v = smnc_counter(net->pf, 0, &net->counters, stat);
	spin_unlock_bh(&net->stats_lock);
	return v;
}

/* Function 0 has been enabled: it counts from 0 on. */
void smnc_net_stats_go(struct smnc_net *net)
{
	spin_lock_bh(&net->stats_lock);
	smnc_counters_go(&net->counters);
	spin_unlock_bh(&net->stats_lock);
}

/* The device is going to be reset, or is not there any more. */
void smnc_net_stats_hold(struct smnc_net *net)
{
	spin_lock_bh(&net->stats_lock);
	smnc_uplink_hold(net);
	smnc_counters_hold(net->pf, 0, &net->counters);
	spin_unlock_bh(&net->stats_lock);
}

void smnc_net_get_stats64(struct net_device *dev, struct rtnl_link_stats64 *s)
{
	struct smnc_net *net = netdev_priv(dev);

	s->rx_bytes = smnc_net_stat(net, SMNC_STAT_RX_BYTES);
	s->multicast = smnc_net_stat(net, SMNC_STAT_RX_MULTICAST);
	s->rx_packets = smnc_net_stat(net, SMNC_STAT_RX_UNICAST) + s->multicast +
			smnc_net_stat(net, SMNC_STAT_RX_BROADCAST);
	s->rx_missed_errors = smnc_net_stat(net, SMNC_STAT_RX_DISCARDS);
	s->tx_bytes = smnc_net_stat(net, SMNC_STAT_TX_BYTES);
	s->tx_packets = smnc_net_stat(net, SMNC_STAT_TX_UNICAST) +
			smnc_net_stat(net, SMNC_STAT_TX_MULTICAST) +
			smnc_net_stat(net, SMNC_STAT_TX_BROADCAST);
	s->tx_errors = smnc_net_stat(net, SMNC_STAT_TX_ERRORS);
	s->tx_dropped = smnc_net_stat(net, SMNC_STAT_TX_DISCARDS);
}
