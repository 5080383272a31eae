// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sizes of the PF's netdev, as an operator sets them with ethtool: rings and channels. Under
 * rtnl.
 */
#include <linux/rtnetlink.h>

#include "../core/hw.h"
#include "netdev.h"
#include "settings.h"

static int smnc_net_use(struct smnc_net *net, const struct smnc_net_cfg *cfg)
{
	int err = netif_set_real_num_queues(net->dev, cfg->nr_queues, cfg->nr_queues);

	if (err)
		return err;
	net->cfg = *cfg;
	net->nr_queues = cfg->nr_queues;
	return 0;
}

/* Restarts the netdev with other sizes; with the old ones if that fails. */
static int smnc_net_apply(struct smnc_net *net, const struct smnc_net_cfg *cfg)
{
	struct smnc_net_cfg old = net->cfg;
	bool up = net->up;
	int err;

	if (up)
		smnc_net_stop(net->dev);
	err = smnc_net_use(net, cfg);
	if (!err && up) {
		err = smnc_net_open(net->dev);
		if (err)
			smnc_net_use(net, &old);
	}
	if (err && up)
		smnc_net_reopen(net);
	return err;
}

static bool smnc_ring_ok(u32 len)
{
	return len >= SMNC_NET_RING_MIN && len <= SMNC_Q_LEN_MAX && len % SMNC_Q_LEN_MIN == 0;
}

void smnc_get_ringparam(struct net_device *dev, struct ethtool_ringparam *ring,
			struct kernel_ethtool_ringparam *kernel_ring,
			struct netlink_ext_ack *extack)
{
	struct smnc_net *net = netdev_priv(dev);

	ring->rx_max_pending = SMNC_Q_LEN_MAX;
	ring->tx_max_pending = SMNC_Q_LEN_MAX;
	ring->rx_pending = net->cfg.rx_len;
	ring->tx_pending = net->cfg.tx_len;
}

int smnc_set_ringparam(struct net_device *dev, struct ethtool_ringparam *ring,
		       struct kernel_ethtool_ringparam *kernel_ring,
		       struct netlink_ext_ack *extack)
{
	struct smnc_net *net = netdev_priv(dev);
	struct smnc_net_cfg cfg = net->cfg;

	if (ring->rx_mini_pending || ring->rx_jumbo_pending ||
	    !smnc_ring_ok(ring->rx_pending) || !smnc_ring_ok(ring->tx_pending)) {
		NL_SET_ERR_MSG(extack, "A ring has 256 to 4096 descriptors, a multiple of 32");
		return -EINVAL;
	}
	cfg.rx_len = ring->rx_pending;
	cfg.tx_len = ring->tx_pending;
	return smnc_net_apply(net, &cfg);
}

void smnc_get_channels(struct net_device *dev, struct ethtool_channels *ch)
{
	struct smnc_net *net = netdev_priv(dev);

	ch->max_combined = net->max_queues;
	ch->combined_count = net->nr_queues;
}

/* The core has checked the numbers, and that the table names no queue that goes. */
int smnc_set_channels(struct net_device *dev, struct ethtool_channels *ch)
{
	struct smnc_net *net = netdev_priv(dev);
	struct smnc_net_cfg cfg = net->cfg;

	if (!ch->combined_count || ch->combined_count > net->max_queues)
		return -EINVAL;
	cfg.nr_queues = ch->combined_count;
	return smnc_net_apply(net, &cfg);
}
