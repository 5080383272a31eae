// SPDX-License-Identifier: GPL-2.0-only
/* Interrupt moderation of the PF's netdev: the operator sets intervals, or the driver adapts. */
#include "../core/hw.h"
#include "netdev.h"
#include "settings.h"

static void smnc_net_itr(struct smnc_net_queue *q, unsigned int index, u32 usecs)
{
	smnc_win_write(q->net->pf, 0, SMNC_WIN_ITR(index, q->index), usecs / SMNC_ITR_USECS);
}

/**
 * smnc_net_moderate() - write the operator's intervals of a queue's interrupts
 * @q: queue
 */
void smnc_net_moderate(struct smnc_net_queue *q)
{
	smnc_net_itr(q, SMNC_NET_ITR_RX, q->net->coal.rx_usecs);
	smnc_net_itr(q, SMNC_NET_ITR_TX, q->net->coal.tx_usecs);
}

/**
 * smnc_net_limit() - write function 0's least interval, which all its vectors keep
 * @net: netdev
 */
void smnc_net_limit(struct smnc_net *net)
{
	smnc_write(net->pf, SMNC_FUNC(0) + SMNC_FUNC_ITR_MIN,
		   net->coal.min_usecs / SMNC_ITR_USECS);
}

static void smnc_dim_work(struct work_struct *work)
{
	struct dim *dim = container_of(work, struct dim, work);
	struct smnc_net_queue *q = container_of(dim, struct smnc_net_queue, dim);
	struct dim_cq_moder moder = net_dim_get_rx_moderation(dim->mode, dim->profile_ix);

	/* Switched off meanwhile, the interval is the operator's. */
	if (READ_ONCE(q->net->coal.adaptive))
		smnc_net_itr(q, SMNC_NET_ITR_RX, min_t(u32, moder.usec, SMNC_COAL_MAX));
	dim->state = DIM_START_MEASURE;
}

/* A poll is over: DIM may choose another interval. Softirq. */
void smnc_net_measure(struct smnc_net_queue *q)
{
	struct dim_sample sample = {};

	if (!READ_ONCE(q->net->coal.adaptive))
		return;
	dim_update_sample(READ_ONCE(q->events), q->rx_packets, q->rx_bytes, &sample);
	vdcm_net_dim(&q->dim, &sample);
}

/* The queue starts, its NAPI is not enabled yet. */
void smnc_net_measure_start(struct smnc_net_queue *q)
{
	memset(&q->dim, 0, sizeof(q->dim));
	q->dim.mode = DIM_CQ_PERIOD_MODE_START_FROM_EQE;
	INIT_WORK(&q->dim.work, smnc_dim_work);
}

/* Its NAPI is disabled. */
void smnc_net_measure_stop(struct smnc_net_queue *q)
{
	cancel_work_sync(&q->dim.work);
}

int smnc_get_coalesce(struct net_device *dev, struct ethtool_coalesce *ec,
		      struct kernel_ethtool_coalesce *kernel_ec,
		      struct netlink_ext_ack *extack)
{
	struct smnc_net *net = netdev_priv(dev);

	ec->rx_coalesce_usecs = net->coal.rx_usecs;
	ec->tx_coalesce_usecs = net->coal.tx_usecs;
	ec->rx_coalesce_usecs_high = net->coal.min_usecs;
	ec->use_adaptive_rx_coalesce = net->coal.adaptive;
	return 0;
}

int smnc_set_coalesce(struct net_device *dev, struct ethtool_coalesce *ec,
		      struct kernel_ethtool_coalesce *kernel_ec,
		      struct netlink_ext_ack *extack)
{
	struct smnc_net *net = netdev_priv(dev);
	unsigned int i;

	if (max3(ec->rx_coalesce_usecs, ec->tx_coalesce_usecs, ec->rx_coalesce_usecs_high) >
	    SMNC_COAL_MAX) {
		NL_SET_ERR_MSG(extack, "An interval is 0 to 8190 us");
		return -ERANGE;
	}
	/* The device counts in units of 2 us: ethtool shows the rounded value. */
	net->coal.rx_usecs = ec->rx_coalesce_usecs / SMNC_ITR_USECS * SMNC_ITR_USECS;
	net->coal.tx_usecs = ec->tx_coalesce_usecs / SMNC_ITR_USECS * SMNC_ITR_USECS;
	net->coal.min_usecs = ec->rx_coalesce_usecs_high / SMNC_ITR_USECS * SMNC_ITR_USECS;
	WRITE_ONCE(net->coal.adaptive, ec->use_adaptive_rx_coalesce);
	smnc_net_limit(net);
	for (i = 0; net->up && i < net->nr_queues; i++) {
		/* What DIM has chosen before must not be written afterwards. */
		flush_work(&net->queue[i].dim.work);
		smnc_net_moderate(&net->queue[i]);
	}
	return 0;
}
