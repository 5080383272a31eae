// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whole packets: a packet that a local sender left to the device to segment reaches the netdev
 * in one piece (docs/hardware.md, 13.4). ethtool's rx-gro-hw switches that. Such an skb is like
 * one that GRO has made: the stack segments it again where it leaves the host.
 */
#include <linux/bitfield.h>
#include <linux/tcp.h>
#include <linux/virtio_net.h>

#include "../core/hw.h"
#include "avf_desc.h"
#include "netdev.h"

/**
 * smnc_rx_whole() - give an skb the fields by which the stack segments a whole packet
 * @skb: the packet, its Ethernet header first
 * @qw2: quad word 2 of its last descriptor
 *
 * A guest may have sent the packet, with wrong headers: the skb is marked as untrusted, and the
 * stack checks the headers again before it segments the packet.
 *
 * Context: softirq.
 * Return: 0 or errno: the skb is no whole packet.
 */
int smnc_rx_whole(struct sk_buff *skb, u64 qw2)
{
	u64 kind = FIELD_GET(AVF_WHOLE_KIND, qw2);
	struct virtio_net_hdr hdr = {
		.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
		.gso_type = kind & SMNC_WHOLE_V6 ? VIRTIO_NET_HDR_GSO_TCPV6 :
						   VIRTIO_NET_HDR_GSO_TCPV4,
		.hdr_len = __cpu_to_virtio16(true, FIELD_GET(AVF_WHOLE_HEADERS, qw2)),
		.gso_size = __cpu_to_virtio16(true, FIELD_GET(AVF_WHOLE_MSS, qw2)),
		.csum_start = __cpu_to_virtio16(true, FIELD_GET(AVF_WHOLE_L4, qw2)),
		.csum_offset = __cpu_to_virtio16(true, offsetof(struct tcphdr, check)),
	};

	if (kind & SMNC_WHOLE_CWR)
		hdr.gso_type |= VIRTIO_NET_HDR_GSO_ECN;
	return virtio_net_hdr_to_skb(skb, &hdr, true);
}

/**
 * smnc_net_take_whole() - tell the device which packets the netdev takes whole
 * @net: netdev; function 0 is enabled
 * @features: features in force
 *
 * After a reset of the function such packets come as segments until this is called again.
 */
void smnc_net_take_whole(struct smnc_net *net, netdev_features_t features)
{
	smnc_write(net->pf, SMNC_FUNC(0) + SMNC_FUNC_WHOLE,
		   features & NETIF_F_GRO_HW ?
		   SMNC_WHOLE_V4 | SMNC_WHOLE_V6 | SMNC_WHOLE_CWR : 0);
}

/* Under rtnl. The device needs to know of this feature only. */
int smnc_net_new_features(struct net_device *dev, netdev_features_t features)
{
	if ((dev->features ^ features) & NETIF_F_GRO_HW)
		smnc_net_take_whole(netdev_priv(dev), features);
	return 0;
}
