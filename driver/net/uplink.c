// SPDX-License-Identifier: GPL-2.0-only
/*
 * The uplink: its counters as ethtool's standard groups, VEB or VEPA for "bridge link", and
 * the card's lamp.
 */
#include <linux/if_bridge.h>
#include <linux/rtnetlink.h>
#include <net/netlink.h>

#include "../core/hw.h"
#include "netdev.h"
#include "settings.h"

#define SMNC_FCS_BYTES	4

/* --- counters -------------------------------------------------------------------- */

/* Under stats_lock. While the device does not count, the result is the last value read. */
static u64 smnc_uplink_look(struct smnc_net *net, unsigned int stat)
{
	struct smnc_uplink *up = &net->uplink;

	if (net->counters.counting)
		up->seen[stat] = max(up->seen[stat],
				     up->base[stat] + smnc_uplink_stat(net->pf, stat));
	return up->seen[stat];
}

static void smnc_uplink_all(struct smnc_net *net, u64 *values)
{
	unsigned int i;

	spin_lock_bh(&net->stats_lock);
	for (i = 0; i < SMNC_UPLINK_COUNT; i++)
		values[i] = smnc_uplink_look(net, i);
	spin_unlock_bh(&net->stats_lock);
}

/**
 * smnc_uplink_hold() - keep the device's counts before the driver resets it
 * @net: netdev; stats_lock held, before its counters are held
 */
void smnc_uplink_hold(struct smnc_net *net)
{
	unsigned int i;

	for (i = 0; i < SMNC_UPLINK_COUNT; i++)
		smnc_uplink_look(net, i);
	memcpy(net->uplink.base, net->uplink.seen, sizeof(net->uplink.base));
}

void smnc_get_eth_mac_stats(struct net_device *dev, struct ethtool_eth_mac_stats *stats)
{
	struct smnc_net *net = netdev_priv(dev);
	u64 v[SMNC_UPLINK_COUNT];

	smnc_uplink_all(net, v);
	stats->FramesTransmittedOK = v[SMNC_UPLINK_TX_FRAMES];
	stats->OctetsTransmittedOK = v[SMNC_UPLINK_TX_BYTES] +
				     v[SMNC_UPLINK_TX_FRAMES] * SMNC_FCS_BYTES;
	stats->MulticastFramesXmittedOK = v[SMNC_UPLINK_TX_MULTICAST];
	stats->BroadcastFramesXmittedOK = v[SMNC_UPLINK_TX_BROADCAST];
	stats->FramesReceivedOK = v[SMNC_UPLINK_RX_FRAMES];
	stats->OctetsReceivedOK = v[SMNC_UPLINK_RX_BYTES] +
				  v[SMNC_UPLINK_RX_FRAMES] * SMNC_FCS_BYTES;
	stats->MulticastFramesReceivedOK = v[SMNC_UPLINK_RX_MULTICAST];
	stats->BroadcastFramesReceivedOK = v[SMNC_UPLINK_RX_BROADCAST];
}

static const struct ethtool_rmon_hist_range smnc_ranges[] = {
	{ 0, 64 }, { 65, 127 }, { 128, 255 }, { 256, 511 }, { 512, 1023 }, { 1024, 1518 },
	{ 1519, 9732 }, { }
};

void smnc_get_rmon_stats(struct net_device *dev, struct ethtool_rmon_stats *stats,
			 const struct ethtool_rmon_hist_range **ranges)
{
	struct smnc_net *net = netdev_priv(dev);
	u64 v[SMNC_UPLINK_COUNT];
	unsigned int i;

	BUILD_BUG_ON(ARRAY_SIZE(smnc_ranges) != SMNC_UPLINK_SIZES + 1);
	smnc_uplink_all(net, v);
	*ranges = smnc_ranges;
	for (i = 0; i < SMNC_UPLINK_SIZES; i++) {
		stats->hist[i] = v[SMNC_UPLINK_RX_SIZE + i];
		stats->hist_tx[i] = v[SMNC_UPLINK_TX_SIZE + i];
	}
}

/* --- VEB or VEPA ------------------------------------------------------------------- */

/**
 * smnc_net_switch_mode() - tell the device how to switch
 * @net: netdev; under rtnl, or before it is registered
 *
 * Return: 0, or -EOPNOTSUPP: the device does not know the mode.
 */
int smnc_net_switch_mode(struct smnc_net *net)
{
	u32 mode = net->vepa ? SMNC_SWITCH_VEPA : 0;

	smnc_write(net->pf, SMNC_SWITCH_MODE, mode);
	return smnc_read(net->pf, SMNC_SWITCH_MODE) == mode ? 0 : -EOPNOTSUPP;
}

/* The mode that a request names, or an errno. */
static int smnc_bridge_mode(struct nlmsghdr *nlh, struct netlink_ext_ack *extack)
{
	struct nlattr *spec = nlmsg_find_attr(nlh, sizeof(struct ifinfomsg), IFLA_AF_SPEC);
	struct nlattr *attr;
	int rem, mode = -EOPNOTSUPP;

	if (!spec)
		return -EINVAL;
	nla_for_each_nested(attr, spec, rem) {
		if (nla_type(attr) != IFLA_BRIDGE_MODE || nla_len(attr) < sizeof(u16))
			continue;
		mode = nla_get_u16(attr);
	}
	if (mode > BRIDGE_MODE_VEPA) {
		NL_SET_ERR_MSG(extack, "The SmartNIC is a VEB or a VEPA");
		return -EINVAL;
	}
	return mode;
}

int smnc_bridge_setlink(struct net_device *dev, struct nlmsghdr *nlh, u16 flags,
			struct netlink_ext_ack *extack)
{
	struct smnc_net *net = netdev_priv(dev);
	int mode = smnc_bridge_mode(nlh, extack), err;
	bool was = net->vepa;

	if (mode < 0)
		return mode;
	if (smnc_hw_off(net->pf))
		return -ENODEV;
	net->vepa = mode == BRIDGE_MODE_VEPA;
	err = smnc_net_switch_mode(net);
	if (err)
		net->vepa = was;
	return err;
}

int smnc_bridge_getlink(struct sk_buff *skb, u32 pid, u32 seq, struct net_device *dev,
			u32 filter_mask, int nlflags)
{
	struct smnc_net *net = netdev_priv(dev);

	return ndo_dflt_bridge_getlink(skb, pid, seq, dev,
				       net->vepa ? BRIDGE_MODE_VEPA : BRIDGE_MODE_VEB, 0, 0,
				       nlflags, filter_mask, NULL);
}

/* --- the lamp ------------------------------------------------------------------------ */

int smnc_set_phys_id(struct net_device *dev, enum ethtool_phys_id_state state)
{
	struct smnc_net *net = netdev_priv(dev);

	switch (state) {
	case ETHTOOL_ID_ACTIVE:
		smnc_write(net->pf, SMNC_IDENTIFY, SMNC_IDENTIFY_ON);
		return smnc_read(net->pf, SMNC_IDENTIFY) == SMNC_IDENTIFY_ON ? 0 : -EOPNOTSUPP;
	case ETHTOOL_ID_INACTIVE:
		smnc_write(net->pf, SMNC_IDENTIFY, 0);
		return 0;
	default:
		return -EINVAL;
	}
}
