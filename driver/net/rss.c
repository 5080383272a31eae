// SPDX-License-Identifier: GPL-2.0-only
/* How the PF's netdev spreads received frames over its queues: key and table. Under rtnl. */
#include "../core/hw.h"
#include "netdev.h"
#include "settings.h"

/* The table of VSI 0: the operator's, or all queues in turn. */
static void smnc_net_rss_table(struct smnc_net *net, u8 *lut)
{
	unsigned int i;

	for (i = 0; i < SMNC_RSS_LUT_ENTRIES; i++)
		lut[i] = netif_is_rxfh_configured(net->dev) ? net->rss_lut[i] :
							       i % net->nr_queues;
}

/**
 * smnc_net_rss_on() - give VSI 0, which was cleared, its hash, key and table
 * @net: netdev, being opened
 *
 * Return: 0 or errno.
 */
int smnc_net_rss_on(struct smnc_net *net)
{
	u8 lut[SMNC_RSS_LUT_ENTRIES];
	int err;

	smnc_net_rss_table(net, lut);
	mutex_lock(&net->filter_lock);
	err = smnc_vsi_rss_key(net->pf, &net->vsi, net->rss_key);
	if (!err)
		err = smnc_vsi_rss_lut(net->pf, &net->vsi, lut);
	if (!err)
		err = smnc_vsi_rss_hash(net->pf, &net->vsi, SMNC_HASHCFG);
	mutex_unlock(&net->filter_lock);
	return err;
}

u32 smnc_get_rxfh_key_size(struct net_device *dev)
{
	return SMNC_RSS_KEY_BYTES;
}

u32 smnc_get_rxfh_indir_size(struct net_device *dev)
{
	return SMNC_RSS_LUT_ENTRIES;
}

int smnc_rxfh_get(struct net_device *dev, u32 *indir, u8 *key, u8 *hfunc)
{
	struct smnc_net *net = netdev_priv(dev);
	u8 lut[SMNC_RSS_LUT_ENTRIES];
	unsigned int i;

	if (hfunc)
		*hfunc = ETH_RSS_HASH_TOP;
	smnc_net_rss_table(net, lut);
	for (i = 0; indir && i < SMNC_RSS_LUT_ENTRIES; i++)
		indir[i] = lut[i];
	if (key)
		memcpy(key, net->rss_key, SMNC_RSS_KEY_BYTES);
	return 0;
}

/* The netdev remembers what the firmware has taken, also if the firmware refuses the rest. */
static int smnc_rss_set(struct smnc_net *net, const u8 *key, const u8 *lut)
{
	int err = 0;

	mutex_lock(&net->filter_lock);
	if (net->up && key)
		err = smnc_vsi_rss_key(net->pf, &net->vsi, key);
	if (key && !err)
		memcpy(net->rss_key, key, SMNC_RSS_KEY_BYTES);
	if (net->up && lut && !err)
		err = smnc_vsi_rss_lut(net->pf, &net->vsi, lut);
	if (lut && !err)
		memcpy(net->rss_lut, lut, SMNC_RSS_LUT_ENTRIES);
	mutex_unlock(&net->filter_lock);
	return err;
}

int smnc_rxfh_set(struct net_device *dev, const u32 *indir, const u8 *key, u8 hfunc,
		  struct netlink_ext_ack *extack)
{
	struct smnc_net *net = netdev_priv(dev);
	u8 lut[SMNC_RSS_LUT_ENTRIES];
	unsigned int i;

	if (hfunc != ETH_RSS_HASH_NO_CHANGE && hfunc != ETH_RSS_HASH_TOP) {
		NL_SET_ERR_MSG(extack, "The device has no other hash than Toeplitz");
		return -EOPNOTSUPP;
	}
	for (i = 0; indir && i < SMNC_RSS_LUT_ENTRIES; i++) {
		if (indir[i] >= net->nr_queues)
			return -EINVAL;
		lut[i] = indir[i];
	}
	return smnc_rss_set(net, key, indir ? lut : NULL);
}

u32 smnc_get_rx_ring_count(struct net_device *dev)
{
	struct smnc_net *net = netdev_priv(dev);

	return net->nr_queues;
}

int smnc_get_rx_ring_count_nfc(struct net_device *dev, struct ethtool_rxnfc *info, u32 *rules)
{
	if (info->cmd != ETHTOOL_GRXRINGS)
		return -EOPNOTSUPP;
	info->data = smnc_get_rx_ring_count(dev);
	return 0;
}
