/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The PF's own network interface: function 0, through its window in BAR0.
 */
#ifndef SMARTNIC_NETDEV_H
#define SMARTNIC_NETDEV_H

#include <compat/netdev.h>

#include "../core/pf.h"

#define SMNC_NET_QPS		4u	/* queue pairs at most */
#define SMNC_NET_RX_RING	2048	/* descriptors of a ring, unless set */
#define SMNC_NET_TX_RING	256
#define SMNC_NET_RING_MIN	256	/* room for the largest packets, to stop and wake */

/* Interrupt moderation: which ITR of a vector RX and TX have, and their unit. */
#define SMNC_NET_ITR_RX		0
#define SMNC_NET_ITR_TX		1
#define SMNC_ITR_USECS		2u
#define SMNC_COAL_USECS		50u	/* unless set */
#define SMNC_COAL_MAX		8190u

/* Bytes of an RX buffer: it shares a page with an skb's head and tail. */
#define SMNC_RX_BUFSZ		3712

struct smnc_net_queue;

/**
 * struct smnc_tx_buf - what belongs to one TX descriptor
 * @skb: with the last descriptor of a packet
 * @dma: mapped piece, @len bytes
 * @len: 0: nothing is mapped
 * @page: mapped as a page
 */
struct smnc_tx_buf {
	struct sk_buff *skb;
	dma_addr_t dma;
	u32 len;
	bool page;
};

/**
 * struct smnc_rx_buf - a posted RX buffer
 * @data: page fragment, NULL: nothing is posted
 * @dma: its mapping
 */
struct smnc_rx_buf {
	void *data;
	dma_addr_t dma;
};

/**
 * struct smnc_net_ring - one ring of the netdev
 * @desc: descriptors
 * @dma: their bus address
 * @len: their number, while there are any
 * @next: where the driver adds
 * @clean: where it takes away
 */
struct smnc_net_ring {
	void *desc;
	dma_addr_t dma;
	u16 len;
	u16 next;
	u16 clean;
};

/**
 * struct smnc_net_queue - a queue pair of the netdev
 * @net: netdev
 * @index: number; its interrupt is vector @index + 1 of function 0
 * @qp: queue pair of the device
 * @irq: Linux irq, 0: through the cause ring
 * @entry: MSI-X entry behind @irq
 * @irq_name: name of @irq
 * @napi: NAPI
 * @tx: TX ring
 * @tx_buf: its buffers
 * @rx: RX ring
 * @rx_buf: its buffers
 * @rx_skb: frame of which parts have arrived
 * @rx_drop: the rest of the frame is dropped: its start could not be kept
 * @events: interrupts
 * @rx_packets: frames received; as all below by its NAPI or, for TX, under the queue's lock
 * @rx_bytes: their bytes
 * @rx_no_memory: buffers that could not be allocated
 * @tx_packets: packets handed to the device
 * @tx_bytes: their bytes
 * @tx_stops: how often the TX ring was full
 * @dim: adapts the interval of RX interrupts
 */
struct smnc_net_queue {
	struct smnc_net *net;
	unsigned int index;
	u16 qp;
	int irq;
	unsigned int entry;
	char irq_name[IFNAMSIZ + 40];
	struct napi_struct napi;
	struct smnc_net_ring tx;
	struct smnc_tx_buf *tx_buf;
	struct smnc_net_ring rx;
	struct smnc_rx_buf *rx_buf;
	struct sk_buff *rx_skb;
	bool rx_drop;
	u16 events;
	u64 rx_packets;
	u64 rx_bytes;
	u64 rx_no_memory;
	u64 tx_packets;
	u64 tx_bytes;
	u64 tx_stops;
	struct dim dim;
};

/**
 * struct smnc_net_cfg - sizes that take effect when the netdev is opened
 * @nr_queues: queue pairs in use
 * @rx_len: descriptors of an RX ring
 * @tx_len: of a TX ring
 */
struct smnc_net_cfg {
	unsigned int nr_queues;
	u16 rx_len;
	u16 tx_len;
};

/**
 * struct smnc_net_coal - interrupt moderation, in microseconds
 * @rx_usecs: least interval of RX interrupts, unless @adaptive
 * @tx_usecs: of TX interrupts
 * @min_usecs: of any two interrupts of a vector
 * @adaptive: that of RX follows the traffic
 */
struct smnc_net_coal {
	u32 rx_usecs;
	u32 tx_usecs;
	u32 min_usecs;
	bool adaptive;
};

/**
 * struct smnc_uplink - counters of the uplink
 * @base: by enum smnc_uplink_stat: values when the device last began at 0
 * @seen: values at the last read
 */
struct smnc_uplink {
	u64 base[SMNC_UPLINK_COUNT];
	u64 seen[SMNC_UPLINK_COUNT];
};

/**
 * struct smnc_net - the netdev's private part
 * @pf: PF
 * @dev: netdev
 * @nr_queues: entries of @queue that are in use
 * @max_queues: entries of @queue
 * @cfg: as set, of which @nr_queues is a part
 * @coal: interrupt moderation
 * @rss_lut: queue by hash, if the operator has set one
 * @queue: queue pairs
 * @addr: its address; @next: the one it is about to take; both in pf->macs
 * @filter_lock: @vsi
 * @vsi: VSI 0
 * @rss_key: key of the hash
 * @rx_mode: brings @vsi in line with what the stack wants
 * @restart: down and up again, after a queue got stuck
 * @up: queues run; under rtnl
 * @resync: the switch lacks something that the firmware may do the next time
 * @stats_lock: @counters
 * @counters: of function 0
 * @uplink: counters of the uplink; they go on and stop with @counters
 * @vepa: the SmartNIC is a VEPA, else a VEB; under rtnl
 */
struct smnc_net {
	struct smnc_pf *pf;
	struct net_device *dev;
	unsigned int nr_queues;
	unsigned int max_queues;
	struct smnc_net_cfg cfg;
	struct smnc_net_coal coal;
	u8 rss_lut[SMNC_RSS_LUT_ENTRIES];
	struct smnc_net_queue queue[SMNC_NET_QPS];
	struct smnc_addr addr;
	struct smnc_addr next;
	struct mutex filter_lock;	/* vsi */
	struct smnc_vsi vsi;
	u8 rss_key[SMNC_RSS_KEY_BYTES];
	struct work_struct rx_mode;
	struct work_struct restart;
	bool up;
	bool resync;
	spinlock_t stats_lock;	/* counters */
	struct smnc_counters counters;
	struct smnc_uplink uplink;
	bool vepa;
};

/* netdev.c */
extern const struct smnc_client smnc_net_client;
int smnc_net_init(struct smnc_pf *pf);
void smnc_net_exit(struct smnc_pf *pf);
void smnc_net_detach(struct smnc_pf *pf);
int smnc_net_restore(struct smnc_pf *pf);
void smnc_net_attach(struct smnc_pf *pf);
void smnc_net_restart(struct smnc_pf *pf);
int smnc_net_open(struct net_device *dev);
int smnc_net_stop(struct net_device *dev);
void smnc_net_reopen(struct smnc_net *net);

/* uplink.c */
void smnc_uplink_hold(struct smnc_net *net);
int smnc_net_switch_mode(struct smnc_net *net);
int smnc_bridge_setlink(struct net_device *dev, struct nlmsghdr *nlh, u16 flags,
			struct netlink_ext_ack *extack);
int smnc_bridge_getlink(struct sk_buff *skb, u32 pid, u32 seq, struct net_device *dev,
			u32 filter_mask, int nlflags);

/* rss.c */
int smnc_net_rss_on(struct smnc_net *net);

/* moderate.c */
void smnc_net_moderate(struct smnc_net_queue *q);
void smnc_net_limit(struct smnc_net *net);
void smnc_net_measure(struct smnc_net_queue *q);
void smnc_net_measure_start(struct smnc_net_queue *q);
void smnc_net_measure_stop(struct smnc_net_queue *q);

/* txrx.c */
int smnc_rings_alloc(struct smnc_net_queue *q);
void smnc_rings_free(struct smnc_net_queue *q);
void smnc_rings_fill(struct smnc_net_queue *q);
int smnc_net_poll(struct napi_struct *napi, int budget);
netdev_tx_t smnc_net_xmit(struct sk_buff *skb, struct net_device *dev);

/* offload.c */
int smnc_tx_offload(const struct smnc_pf *pf, struct sk_buff *skb, u64 *ctx, u64 *cmd);
netdev_features_t smnc_tx_features(struct sk_buff *skb, struct net_device *dev,
				   netdev_features_t features);

/* whole.c */
int smnc_rx_whole(struct sk_buff *skb, u64 qw2);
void smnc_net_take_whole(struct smnc_net *net, netdev_features_t features);
int smnc_net_new_features(struct net_device *dev, netdev_features_t features);

/* stats.c */
u64 smnc_net_stat(struct smnc_net *net, unsigned int stat);
void smnc_net_stats_go(struct smnc_net *net);
void smnc_net_stats_hold(struct smnc_net *net);
void smnc_net_get_stats64(struct net_device *dev, struct rtnl_link_stats64 *s);

/* filters.c */
void smnc_net_rx_mode_work(struct work_struct *work);
void smnc_net_settle(struct smnc_pf *pf);
int smnc_net_filters_on(struct smnc_net *net);
void smnc_net_filters_off(struct smnc_net *net);
int smnc_net_move_mac(struct smnc_net *net, const u8 *mac);

/* announce.c */
int smnc_net_announce(struct smnc_pf *pf, const u8 *mac, u32 port);

/* ethtool.c */
extern const struct ethtool_ops smnc_ethtool_ops;

#endif /* SMARTNIC_NETDEV_H */
