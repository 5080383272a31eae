/* SPDX-License-Identifier: GPL-2.0-only */
/* ethtool on the PF's netdev: functions of other files that ethtool.c uses. */
#ifndef SMARTNIC_NET_SETTINGS_H
#define SMARTNIC_NET_SETTINGS_H

#include <compat/netdev.h>

/* Operations, as struct ethtool_ops has them. */
void smnc_get_ringparam(struct net_device *dev, struct ethtool_ringparam *ring,
			struct kernel_ethtool_ringparam *kernel_ring,
			struct netlink_ext_ack *extack);
int smnc_set_ringparam(struct net_device *dev, struct ethtool_ringparam *ring,
		       struct kernel_ethtool_ringparam *kernel_ring,
		       struct netlink_ext_ack *extack);
void smnc_get_channels(struct net_device *dev, struct ethtool_channels *ch);
int smnc_set_channels(struct net_device *dev, struct ethtool_channels *ch);
u32 smnc_get_rxfh_key_size(struct net_device *dev);
u32 smnc_get_rxfh_indir_size(struct net_device *dev);
int smnc_rxfh_get(struct net_device *dev, u32 *indir, u8 *key, u8 *hfunc);
int smnc_rxfh_set(struct net_device *dev, const u32 *indir, const u8 *key, u8 hfunc,
		  struct netlink_ext_ack *extack);
u32 smnc_get_rx_ring_count(struct net_device *dev);
int smnc_get_rx_ring_count_nfc(struct net_device *dev, struct ethtool_rxnfc *info, u32 *rules);
int smnc_get_coalesce(struct net_device *dev, struct ethtool_coalesce *ec,
		      struct kernel_ethtool_coalesce *kernel_ec,
		      struct netlink_ext_ack *extack);
int smnc_set_coalesce(struct net_device *dev, struct ethtool_coalesce *ec,
		      struct kernel_ethtool_coalesce *kernel_ec,
		      struct netlink_ext_ack *extack);

/* uplink.c */
void smnc_get_eth_mac_stats(struct net_device *dev, struct ethtool_eth_mac_stats *stats);
void smnc_get_rmon_stats(struct net_device *dev, struct ethtool_rmon_stats *stats,
			 const struct ethtool_rmon_hist_range **ranges);
int smnc_set_phys_id(struct net_device *dev, enum ethtool_phys_id_state state);

/* inspect.c */
int smnc_get_regs_len(struct net_device *dev);
void smnc_get_regs(struct net_device *dev, struct ethtool_regs *regs, void *data);
int smnc_test_count(void);
void smnc_test_strings(u8 *data);
void smnc_self_test(struct net_device *dev, struct ethtool_test *test, u64 *results);

#endif /* SMARTNIC_NET_SETTINGS_H */
