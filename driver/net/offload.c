// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the PF's netdev leaves to the device: checksums and segmentation. The device
 * stops the queue of a packet that it can't make sense of. Packets also come from
 * guests and packet sockets, whose headers say what they like: what does not fit into
 * the descriptors is done in software, or the packet is dropped.
 */
#include <linux/if_vlan.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/skbuff.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/ip6_checksum.h>

#include "avf_desc.h"
#include "netdev.h"

static bool smnc_tx_v6(const struct sk_buff *skb)
{
	return vlan_get_protocol(skb) == htons(ETH_P_IPV6);
}

/* Can a descriptor say where the L4 header of @l4len bytes is, and is it there? */
static bool smnc_tx_headers_ok(const struct sk_buff *skb, unsigned int l4len)
{
	/* Offsets below 0 become too large. */
	unsigned int maclen = skb_network_offset(skb);
	unsigned int iplen = skb_network_header_len(skb);
	unsigned int ipmin = smnc_tx_v6(skb) ? sizeof(struct ipv6hdr) : sizeof(struct iphdr);

	return maclen >= ETH_HLEN && maclen <= AVF_TX_MACLEN_MAX && !(maclen % 2) &&
	       iplen >= ipmin && iplen <= AVF_TX_IPLEN_MAX && !(iplen % 4) &&
	       maclen + iplen + l4len <= skb->len;
}

/* Header lengths in a data descriptor; smnc_tx_headers_ok() has seen them. */
static u64 smnc_tx_offsets(const struct sk_buff *skb, unsigned int l4len)
{
	u64 maclen = skb_network_offset(skb);
	u64 iplen = skb_network_header_len(skb);

	return maclen / 2 << AVF_TX_MACLEN_SHIFT | iplen / 4 << AVF_TX_IPLEN_SHIFT |
	       (u64)l4len / 4 << AVF_TX_L4LEN_SHIFT;
}

/* Commands for checksums; software does what the device can't. */
static int smnc_tx_csum(struct sk_buff *skb, u64 *cmd)
{
	u64 l4, l4len;

	*cmd = 0;
	if (skb->ip_summed != CHECKSUM_PARTIAL)
		return 0;
	/* Options are data to a checksum: what the header says of its length is not asked. */
	if (skb->csum_offset == offsetof(struct tcphdr, check)) {
		l4 = AVF_TX_L4_TCP;
		l4len = sizeof(struct tcphdr);
	} else if (skb->csum_offset == offsetof(struct udphdr, check)) {
		l4 = AVF_TX_L4_UDP;
		l4len = sizeof(struct udphdr);
	} else {
		return skb_checksum_help(skb);
	}
	if (!smnc_tx_headers_ok(skb, l4len))
		return skb_checksum_help(skb);
	*cmd = (smnc_tx_v6(skb) ? AVF_TX_IPV6 : AVF_TX_IPV4) << AVF_TX_CMD_SHIFT |
	       l4 << AVF_TX_CMD_SHIFT | smnc_tx_offsets(skb, l4len);
	return 0;
}

/* Will the device segment this? @max_frame: longest frame, bytes */
static bool smnc_tso_ok(const struct sk_buff *skb, unsigned int max_frame)
{
	unsigned int mss = skb_shinfo(skb)->gso_size, hdr;

	if (!skb_is_gso_tcp(skb) || mss < AVF_TX_MSS_MIN || mss > AVF_TX_MSS_MAX ||
	    !skb_transport_header_was_set(skb) ||
	    !smnc_tx_headers_ok(skb, sizeof(struct tcphdr)) ||
	    skb_transport_offset(skb) + sizeof(struct tcphdr) > skb_headlen(skb) ||
	    tcp_hdrlen(skb) < sizeof(struct tcphdr))
		return false;
	hdr = skb_tcp_all_headers(skb);
	return hdr <= skb_headlen(skb) && hdr < skb->len &&
	       skb->len - hdr <= AVF_TX_TSO_MAX && hdr + mss <= max_frame;
}

/* Prepare an skb for segmentation; @ctx becomes its context descriptor's commands. */
static int smnc_tx_tso(struct sk_buff *skb, u64 *ctx, u64 *cmd)
{
	unsigned int hdr = skb_tcp_all_headers(skb);
	u64 ip = AVF_TX_IPV6;
	int err = skb_cow_head(skb, 0);

	if (err)
		return err;
	if (smnc_tx_v6(skb)) {
		tcp_v6_gso_csum_prep(skb);
	} else {
		struct iphdr *iph = ip_hdr(skb);

		ip = AVF_TX_IPV4_CSUM;
		iph->tot_len = 0;
		iph->check = 0;
		tcp_hdr(skb)->check = ~csum_tcpudp_magic(iph->saddr, iph->daddr, 0,
							 IPPROTO_TCP, 0);
	}
	*cmd = (ip | AVF_TX_L4_TCP) << AVF_TX_CMD_SHIFT |
	       smnc_tx_offsets(skb, tcp_hdrlen(skb));
	*ctx = AVF_TX_CONTEXT | AVF_TX_CTX_TSO << AVF_TX_CMD_SHIFT |
	       (u64)(skb->len - hdr) << AVF_TX_TSOLEN_SHIFT |
	       (u64)skb_shinfo(skb)->gso_size << AVF_TX_MSS_SHIFT;
	return 0;
}

/**
 * smnc_tx_offload() - what the device is to do to a packet
 * @pf: PF
 * @skb: packet
 * @ctx: its context descriptor, 0: none
 * @cmd: commands and header lengths of its data descriptors
 *
 * Softirq.
 *
 * Return: 0, or errno: the packet can't be sent.
 */
int smnc_tx_offload(const struct smnc_pf *pf, struct sk_buff *skb, u64 *ctx, u64 *cmd)
{
	*ctx = 0;
	/* Of an untrusted packet smnc_tx_features() saw what the sender says of its headers. */
	if (skb_is_gso(skb))
		return smnc_tso_ok(skb, pf->max_frame) ? smnc_tx_tso(skb, ctx, cmd) : -EINVAL;
	if (skb->len > pf->max_frame)
		return -EMSGSIZE;
	return smnc_tx_csum(skb, cmd);
}

/* What may be left to the device of this packet. */
netdev_features_t smnc_tx_features(struct sk_buff *skb, struct net_device *dev,
				   netdev_features_t features)
{
	struct smnc_net *net = netdev_priv(dev);

	if (skb_is_gso(skb) && !smnc_tso_ok(skb, net->pf->max_frame))
		features &= ~NETIF_F_GSO_MASK;
	return vlan_features_check(skb, features);
}
