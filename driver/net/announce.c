// SPDX-License-Identifier: GPL-2.0-only
/*
 * A frame that tells the network where an address is now: a broadcast RARP, as hypervisors send
 * for a machine that has moved. Switches learn from its source address; no host answers.
 */
#include <linux/etherdevice.h>
#include <linux/if_arp.h>
#include <linux/if_vlan.h>
#include <linux/skbuff.h>

#include "netdev.h"

#define SMNC_RARP_REVERSE_REQUEST	3

struct smnc_rarp {
	__be16 hrd;
	__be16 pro;
	u8 hln;
	u8 pln;
	__be16 op;
	u8 sha[ETH_ALEN];
	__be32 sip;
	u8 tha[ETH_ALEN];
	__be32 tip;
} __packed;

static void smnc_put_rarp(struct sk_buff *skb, const u8 *mac)
{
	struct smnc_rarp *r = skb_put_zero(skb, ETH_ZLEN - ETH_HLEN);

	r->hrd = htons(ARPHRD_ETHER);
	r->pro = htons(ETH_P_IP);
	r->hln = ETH_ALEN;
	r->pln = sizeof(r->sip);
	r->op = htons(SMNC_RARP_REVERSE_REQUEST);
	memcpy(r->sha, mac, ETH_ALEN);
	memcpy(r->tha, mac, ETH_ALEN);
}

static struct sk_buff *smnc_build_rarp(struct net_device *dev, const u8 *mac)
{
	struct sk_buff *skb = netdev_alloc_skb(dev, ETH_ZLEN + VLAN_HLEN);
	struct ethhdr *eth;

	if (!skb)
		return NULL;
	/* Room for a tag. */
	skb_reserve(skb, VLAN_HLEN);
	skb_reset_mac_header(skb);
	eth = skb_put(skb, ETH_HLEN);
	eth_broadcast_addr(eth->h_dest);
	memcpy(eth->h_source, mac, ETH_ALEN);
	eth->h_proto = htons(ETH_P_RARP);
	skb->protocol = eth->h_proto;
	skb_set_network_header(skb, ETH_HLEN);
	smnc_put_rarp(skb, mac);
	return skb;
}

/**
 * smnc_net_announce() - as in struct smnc_client
 * @pf: PF
 * @mac: address of a function
 * @port: its port VLAN, SMNC_PORT_*, or 0
 *
 * Context: process.
 * Return: 0, -ENETDOWN or -ENOMEM: nothing is sent.
 */
int smnc_net_announce(struct smnc_pf *pf, const u8 *mac, u32 port)
{
	struct smnc_net *net = READ_ONCE(pf->net);
	struct sk_buff *skb;

	if (!net || !netif_running(net->dev) || !netif_carrier_ok(net->dev))
		return -ENETDOWN;
	skb = smnc_build_rarp(net->dev, mac);
	if (skb && port)
		skb = vlan_insert_tag_set_proto(skb, htons(port & SMNC_PORT_8021AD ? ETH_P_8021AD :
							   ETH_P_8021Q),
						(port & SMNC_PORT_PRIO) | (port & SMNC_PORT_VID));
	if (!skb)
		return -ENOMEM;
	dev_queue_xmit(skb);
	return 0;
}
