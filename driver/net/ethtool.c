// SPDX-License-Identifier: GPL-2.0-only
/*
 * ethtool on the PF's netdev. Counters have the names that they have in a device's stats/.
 */
#include <linux/ethtool.h>

#include "../core/hw.h"
#include "netdev.h"
#include "settings.h"

static void smnc_get_drvinfo(struct net_device *dev, struct ethtool_drvinfo *info)
{
	struct smnc_net *net = netdev_priv(dev);

	strscpy(info->driver, SMNC_DRV_NAME, sizeof(info->driver));
	strscpy(info->fw_version, net->pf->fw_version, sizeof(info->fw_version));
	strscpy(info->bus_info, pci_name(net->pf->pdev), sizeof(info->bus_info));
}

static int smnc_get_link_ksettings(struct net_device *dev,
				   struct ethtool_link_ksettings *cmd)
{
	struct smnc_net *net = netdev_priv(dev);
	bool up = netif_carrier_ok(dev);

	ethtool_link_ksettings_zero_link_mode(cmd, supported);
	ethtool_link_ksettings_zero_link_mode(cmd, advertising);
	cmd->base.speed = up ? smnc_read(net->pf, SMNC_LINK_SPEED) : SPEED_UNKNOWN;
	cmd->base.duplex = up ? DUPLEX_FULL : DUPLEX_UNKNOWN;
	cmd->base.port = PORT_OTHER;
	cmd->base.autoneg = AUTONEG_DISABLE;
	return 0;
}

static void smnc_get_strings(struct net_device *dev, u32 set, u8 *data)
{
	unsigned int i;

	if (set == ETH_SS_TEST)
		smnc_test_strings(data);
	for (i = 0; set == ETH_SS_STATS && i < SMNC_STAT_COUNT; i++)
		strscpy(data + i * ETH_GSTRING_LEN, smnc_stat_names[i], ETH_GSTRING_LEN);
}

static int smnc_get_sset_count(struct net_device *dev, int set)
{
	if (set == ETH_SS_TEST)
		return smnc_test_count();
	return set == ETH_SS_STATS ? SMNC_STAT_COUNT : -EOPNOTSUPP;
}

static void smnc_get_stats(struct net_device *dev, struct ethtool_stats *stats, u64 *data)
{
	struct smnc_net *net = netdev_priv(dev);
	unsigned int i;

	for (i = 0; i < SMNC_STAT_COUNT; i++)
		data[i] = smnc_net_stat(net, i);
}

VDCM_RXFH_OPS(smnc_rxfh_get, smnc_rxfh_set)

const struct ethtool_ops smnc_ethtool_ops = {
	.supported_coalesce_params = ETHTOOL_COALESCE_USECS | ETHTOOL_COALESCE_RX_USECS_HIGH |
				     ETHTOOL_COALESCE_USE_ADAPTIVE_RX,
	.get_drvinfo = smnc_get_drvinfo,
	.get_link = ethtool_op_get_link,
	.get_ts_info = ethtool_op_get_ts_info,
	.get_link_ksettings = smnc_get_link_ksettings,
	.get_strings = smnc_get_strings,
	.get_sset_count = smnc_get_sset_count,
	.get_ethtool_stats = smnc_get_stats,
	.get_ringparam = smnc_get_ringparam,
	.set_ringparam = smnc_set_ringparam,
	.get_channels = smnc_get_channels,
	.set_channels = smnc_set_channels,
	VDCM_RX_RING_COUNT(smnc_get_rx_ring_count)
	.get_rxfh_key_size = smnc_get_rxfh_key_size,
	.get_rxfh_indir_size = smnc_get_rxfh_indir_size,
	.get_rxfh = vdcm_get_rxfh,
	.set_rxfh = vdcm_set_rxfh,
	.get_coalesce = smnc_get_coalesce,
	.set_coalesce = smnc_set_coalesce,
	.get_regs_len = smnc_get_regs_len,
	.get_regs = smnc_get_regs,
	.self_test = smnc_self_test,
	.set_phys_id = smnc_set_phys_id,
	.get_eth_mac_stats = smnc_get_eth_mac_stats,
	.get_rmon_stats = smnc_get_rmon_stats,
};
