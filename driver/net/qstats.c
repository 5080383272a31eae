// SPDX-License-Identifier: GPL-2.0-only
/* Counters of each queue, for netlink (qstats), where the kernel has that. */
#include "netdev.h"
#include "qstats.h"

#ifdef HAVE_NETDEV_STAT_OPS
static void smnc_qstats_rx(struct net_device *dev, int index, struct netdev_queue_stats_rx *stats)
{
	struct smnc_net *net = netdev_priv(dev);
	struct smnc_net_queue *q = &net->queue[index];

	stats->packets = READ_ONCE(q->rx_packets);
	stats->bytes = READ_ONCE(q->rx_bytes);
	stats->alloc_fail = READ_ONCE(q->rx_no_memory);
}

static void smnc_qstats_tx(struct net_device *dev, int index, struct netdev_queue_stats_tx *stats)
{
	struct smnc_net *net = netdev_priv(dev);
	struct smnc_net_queue *q = &net->queue[index];

	stats->packets = READ_ONCE(q->tx_packets);
	stats->bytes = READ_ONCE(q->tx_bytes);
	stats->stop = READ_ONCE(q->tx_stops);
}

/* Counts of queues that are not in use now. */
static void smnc_qstats_base(struct net_device *dev, struct netdev_queue_stats_rx *rx,
			     struct netdev_queue_stats_tx *tx)
{
	struct smnc_net *net = netdev_priv(dev);
	unsigned int i;

	/* The driver does not count the other fields: they keep their initial value. */
	rx->packets = 0;
	rx->bytes = 0;
	rx->alloc_fail = 0;
	tx->packets = 0;
	tx->bytes = 0;
	tx->stop = 0;
	for (i = net->nr_queues; i < net->max_queues; i++) {
		struct smnc_net_queue *q = &net->queue[i];

		rx->packets += q->rx_packets;
		rx->bytes += q->rx_bytes;
		rx->alloc_fail += q->rx_no_memory;
		tx->packets += q->tx_packets;
		tx->bytes += q->tx_bytes;
		tx->stop += q->tx_stops;
	}
}

static const struct netdev_stat_ops smnc_stat_ops = {
	.get_queue_stats_rx = smnc_qstats_rx,
	.get_queue_stats_tx = smnc_qstats_tx,
	.get_base_stats = smnc_qstats_base,
};
#endif

void smnc_qstats_init(struct net_device *dev)
{
#ifdef HAVE_NETDEV_STAT_OPS
	dev->stat_ops = &smnc_stat_ops;
#endif
}
