// SPDX-License-Identifier: GPL-2.0-only
/*
 * ethtool on the PF's netdev. Counters have the names of a device's stats/ (stats.c).
 */
#include <linux/ethtool.h>

#include "../core/hw.h"
#include "netdev.h"

static const char snic_stat_names[SNIC_STAT_COUNT][ETH_GSTRING_LEN] = {
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

static void snic_get_drvinfo(struct net_device *dev, struct ethtool_drvinfo *info)
{
	struct snic_net *net = netdev_priv(dev);

	strscpy(info->driver, SNIC_DRV_NAME, sizeof(info->driver));
	strscpy(info->fw_version, net->pf->fw_version, sizeof(info->fw_version));
	strscpy(info->bus_info, pci_name(net->pf->pdev), sizeof(info->bus_info));
}

static int snic_get_link_ksettings(struct net_device *dev,
				   struct ethtool_link_ksettings *cmd)
{
	struct snic_net *net = netdev_priv(dev);
	bool up = netif_carrier_ok(dev);

	ethtool_link_ksettings_zero_link_mode(cmd, supported);
	ethtool_link_ksettings_zero_link_mode(cmd, advertising);
	cmd->base.speed = up ? snic_read(net->pf, SNIC_LINK_SPEED) : SPEED_UNKNOWN;
	cmd->base.duplex = up ? DUPLEX_FULL : DUPLEX_UNKNOWN;
	cmd->base.port = PORT_OTHER;
	cmd->base.autoneg = AUTONEG_DISABLE;
	return 0;
}

static void snic_get_strings(struct net_device *dev, u32 set, u8 *data)
{
	if (set == ETH_SS_STATS)
		memcpy(data, snic_stat_names, sizeof(snic_stat_names));
}

static int snic_get_sset_count(struct net_device *dev, int set)
{
	return set == ETH_SS_STATS ? SNIC_STAT_COUNT : -EOPNOTSUPP;
}

static void snic_get_stats(struct net_device *dev, struct ethtool_stats *stats, u64 *data)
{
	struct snic_net *net = netdev_priv(dev);
	unsigned int i;

	for (i = 0; i < SNIC_STAT_COUNT; i++)
		data[i] = snic_net_stat(net, i);
}

static void snic_get_ringparam(struct net_device *dev, struct ethtool_ringparam *ring,
			       struct kernel_ethtool_ringparam *kernel_ring,
			       struct netlink_ext_ack *extack)
{
	ring->rx_max_pending = SNIC_NET_RING;
	ring->tx_max_pending = SNIC_NET_RING;
	ring->rx_pending = SNIC_NET_RING;
	ring->tx_pending = SNIC_NET_RING;
}

static void snic_get_channels(struct net_device *dev, struct ethtool_channels *ch)
{
	struct snic_net *net = netdev_priv(dev);

	ch->max_combined = net->nr_queues;
	ch->combined_count = net->nr_queues;
}

const struct ethtool_ops snic_ethtool_ops = {
	.get_drvinfo = snic_get_drvinfo,
	.get_link = ethtool_op_get_link,
	.get_ts_info = ethtool_op_get_ts_info,
	.get_link_ksettings = snic_get_link_ksettings,
	.get_strings = snic_get_strings,
	.get_sset_count = snic_get_sset_count,
	.get_ethtool_stats = snic_get_stats,
	.get_ringparam = snic_get_ringparam,
	.get_channels = snic_get_channels,
};
