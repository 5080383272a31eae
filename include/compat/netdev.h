/* SPDX-License-Identifier: GPL-2.0-only */
/* Network devices: what differs between kernels (see probes). */
#ifndef COMPAT_NETDEV_H
#define COMPAT_NETDEV_H

#include <linux/dim.h>
#include <linux/ethtool.h>
#include <linux/netdevice.h>

#include "vdcm_config.h"

#ifdef HAVE_NETDEV_STAT_OPS
#include <net/netdev_queues.h>
#endif

/*
 * Defines the operations vdcm_get_rxfh() and vdcm_set_rxfh() by what does their work:
 * get(dev, indir, key, hfunc) and set(dev, indir, key, hfunc, extack); either may be NULL of
 * indir and key.
 */
#ifdef HAVE_RXFH_PARAM
#define VDCM_RXFH_OPS(get, set)						\
static int vdcm_get_rxfh(struct net_device *dev, struct ethtool_rxfh_param *rxfh) \
{									\
	return get(dev, rxfh->indir, rxfh->key, &rxfh->hfunc);		\
}									\
									\
static int vdcm_set_rxfh(struct net_device *dev, struct ethtool_rxfh_param *rxfh, \
			 struct netlink_ext_ack *extack)		\
{									\
	return set(dev, rxfh->indir, rxfh->key, rxfh->hfunc, extack);	\
}
#else
#define VDCM_RXFH_OPS(get, set)						\
static int vdcm_get_rxfh(struct net_device *dev, u32 *indir, u8 *key, u8 *hfunc) \
{									\
	return get(dev, indir, key, hfunc);				\
}									\
									\
static int vdcm_set_rxfh(struct net_device *dev, const u32 *indir, const u8 *key, \
			 const u8 hfunc)				\
{									\
	return set(dev, indir, key, hfunc, NULL);			\
}
#endif

/* The row of struct ethtool_ops that tells the number of RX rings; name_nfc() is get_rxnfc(). */
#ifdef HAVE_RX_RING_COUNT
#define VDCM_RX_RING_COUNT(name)	.get_rx_ring_count = name,
#else
#define VDCM_RX_RING_COUNT(name)	.get_rxnfc = name##_nfc,
#endif

static inline void vdcm_net_dim(struct dim *dim, const struct dim_sample *sample)
{
#ifdef HAVE_NET_DIM_POINTER
	net_dim(dim, sample);
#else
	net_dim(dim, *sample);
#endif
}

/* Which NAPI serves a queue pair, for netlink; NULL: none. Under rtnl. */
static inline void vdcm_net_queue_napi(struct net_device *dev, unsigned int queue,
				       struct napi_struct *napi)
{
#ifdef HAVE_NETIF_QUEUE_SET_NAPI
	netif_queue_set_napi(dev, queue, NETDEV_QUEUE_TYPE_RX, napi);
	netif_queue_set_napi(dev, queue, NETDEV_QUEUE_TYPE_TX, napi);
#endif
}

/* Which Linux irq drives a NAPI. It is not enabled. */
static inline void vdcm_net_napi_irq(struct napi_struct *napi, int irq)
{
#ifdef HAVE_NETIF_QUEUE_SET_NAPI
	netif_napi_set_irq(napi, irq);
#endif
}

#endif /* COMPAT_NETDEV_H */
