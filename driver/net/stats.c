// SPDX-License-Identifier: GPL-2.0-only
/* Counters of the PF's netdev. */
#include "netdev.h"

/**
 * snic_net_stat() - one counter of the netdev
 * @net: netdev
 * @stat: enum snic_stat
 *
 * Process context or softirq.
 *
 * Return: its value; while the device is not there the last one seen.
 */
u64 snic_net_stat(struct snic_net *net, unsigned int stat)
{
	u64 v;

	spin_lock_bh(&net->stats_lock);
	v = snic_counter(net->pf, 0, &net->counters, stat);
	spin_unlock_bh(&net->stats_lock);
	return v;
}

/* Function 0 has been enabled: it counts from 0 on. */
void snic_net_stats_go(struct snic_net *net)
{
	spin_lock_bh(&net->stats_lock);
	snic_counters_go(&net->counters);
	spin_unlock_bh(&net->stats_lock);
}

/* The device is going to be reset, or is not there any more. */
void snic_net_stats_hold(struct snic_net *net)
{
	spin_lock_bh(&net->stats_lock);
	snic_counters_hold(net->pf, 0, &net->counters);
	spin_unlock_bh(&net->stats_lock);
}

void snic_net_get_stats64(struct net_device *dev, struct rtnl_link_stats64 *s)
{
	struct snic_net *net = netdev_priv(dev);

	s->rx_bytes = snic_net_stat(net, SNIC_STAT_RX_BYTES);
	s->multicast = snic_net_stat(net, SNIC_STAT_RX_MULTICAST);
	s->rx_packets = snic_net_stat(net, SNIC_STAT_RX_UNICAST) + s->multicast +
			snic_net_stat(net, SNIC_STAT_RX_BROADCAST);
	s->rx_missed_errors = snic_net_stat(net, SNIC_STAT_RX_DISCARDS);
	s->tx_bytes = snic_net_stat(net, SNIC_STAT_TX_BYTES);
	s->tx_packets = snic_net_stat(net, SNIC_STAT_TX_UNICAST) +
			snic_net_stat(net, SNIC_STAT_TX_MULTICAST) +
			snic_net_stat(net, SNIC_STAT_TX_BROADCAST);
	s->tx_errors = snic_net_stat(net, SNIC_STAT_TX_ERRORS);
	s->tx_dropped = snic_net_stat(net, SNIC_STAT_TX_DISCARDS);
}
