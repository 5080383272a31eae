// SPDX-License-Identifier: GPL-2.0-only
/*
 * The PF netdev's rings: transmission, reception, NAPI.
 */
#include <linux/bitfield.h>
#include <linux/dma-mapping.h>
#include <linux/etherdevice.h>
#include <linux/skbuff.h>
#include <linux/slab.h>

#include "../core/hw.h"
#include "avf_desc.h"
#include "netdev.h"

/* A piece of an skb that needs more than one descriptor is cut here. */
#define SMNC_TX_CUT	(AVF_TX_SIZE_MAX & ~255u)

/* Free descriptors below which the queue stops: the most an skb may take, + context. */
#define SMNC_TX_RESERVE	(SMNC_Q_MAX_TX_DESCS + 1)

/* RX fragment: headroom, what the device may write, and the skb's tail. */
#define SMNC_RX_FRAG	(SKB_DATA_ALIGN(NET_SKB_PAD + SMNC_RX_BUFSZ) + \
			 SKB_DATA_ALIGN(sizeof(struct skb_shared_info)))

/* Frames up to this length are copied, bytes. */
#define SMNC_RX_COPY	256

static u16 smnc_next(const struct smnc_net_ring *ring, u16 i)
{
	return i + 1 < ring->len ? i + 1 : 0;
}

static unsigned int smnc_tx_free_descs(const struct smnc_net_queue *q)
{
	/* One stays free: a tail that meets the head means empty. */
	return (READ_ONCE(q->tx.clean) + q->tx.len - READ_ONCE(q->tx.next) - 1) % q->tx.len;
}

/* --- memory ----------------------------------------------------------------- */

static int smnc_ring_init(struct smnc_net_queue *q, struct smnc_net_ring *ring, size_t desc)
{
	ring->desc = dma_alloc_coherent(&q->net->pf->pdev->dev, ring->len * desc, &ring->dma,
					GFP_KERNEL);
	ring->next = 0;
	ring->clean = 0;
	return ring->desc ? 0 : -ENOMEM;
}

static void smnc_ring_exit(struct smnc_net_queue *q, struct smnc_net_ring *ring, size_t desc)
{
	if (ring->desc)
		dma_free_coherent(&q->net->pf->pdev->dev, ring->len * desc, ring->desc, ring->dma);
	ring->desc = NULL;
}

int smnc_rings_alloc(struct smnc_net_queue *q)
{
	int err;

	q->tx.len = q->net->cfg.tx_len;
	q->rx.len = q->net->cfg.rx_len;
	err = smnc_ring_init(q, &q->tx, sizeof(struct avf_tx_desc));
	if (!err)
		err = smnc_ring_init(q, &q->rx, sizeof(struct avf_rx_desc));
	q->tx_buf = kvcalloc(q->tx.len, sizeof(*q->tx_buf), GFP_KERNEL);
	q->rx_buf = kvcalloc(q->rx.len, sizeof(*q->rx_buf), GFP_KERNEL);
	if (err || !q->tx_buf || !q->rx_buf) {
		smnc_rings_free(q);
		return -ENOMEM;
	}
	q->rx_skb = NULL;
	q->rx_drop = false;
	return 0;
}

static void smnc_tx_unmap(struct device *dev, struct smnc_tx_buf *buf)
{
	if (!buf->len)
		return;
	if (buf->page)
		dma_unmap_page(dev, buf->dma, buf->len, DMA_TO_DEVICE);
	else
		dma_unmap_single(dev, buf->dma, buf->len, DMA_TO_DEVICE);
	buf->len = 0;
}

static void smnc_rx_unmap(struct device *dev, struct smnc_rx_buf *buf)
{
	dma_unmap_single(dev, buf->dma, SMNC_RX_BUFSZ, DMA_FROM_DEVICE);
}

/* The queues are stopped. */
void smnc_rings_free(struct smnc_net_queue *q)
{
	struct device *dev = &q->net->pf->pdev->dev;
	unsigned int i;

	for (i = 0; q->tx_buf && i < q->tx.len; i++) {
		smnc_tx_unmap(dev, &q->tx_buf[i]);
		dev_kfree_skb_any(q->tx_buf[i].skb);
	}
	for (i = 0; q->rx_buf && i < q->rx.len; i++) {
		if (!q->rx_buf[i].data)
			continue;
		smnc_rx_unmap(dev, &q->rx_buf[i]);
		skb_free_frag(q->rx_buf[i].data);
	}
	dev_kfree_skb_any(q->rx_skb);
	q->rx_skb = NULL;
	kvfree(q->tx_buf);
	kvfree(q->rx_buf);
	q->tx_buf = NULL;
	q->rx_buf = NULL;
	smnc_ring_exit(q, &q->tx, sizeof(struct avf_tx_desc));
	smnc_ring_exit(q, &q->rx, sizeof(struct avf_rx_desc));
}

/* --- reception -------------------------------------------------------------- */

/* Post buffers; returns false if memory ran out before the ring was full. */
static bool smnc_rx_fill(struct smnc_net_queue *q)
{
	struct device *dev = &q->net->pf->pdev->dev;
	struct avf_rx_desc *ring = q->rx.desc;
	u16 start = q->rx.next;
	bool full = true;

	while (smnc_next(&q->rx, q->rx.next) != q->rx.clean) {
		struct smnc_rx_buf *buf = &q->rx_buf[q->rx.next];
		void *data = netdev_alloc_frag(SMNC_RX_FRAG);

		full = false;
		if (!data) {
			WRITE_ONCE(q->rx_no_memory, q->rx_no_memory + 1);
			break;
		}
		buf->dma = dma_map_single(dev, data + NET_SKB_PAD, SMNC_RX_BUFSZ,
					  DMA_FROM_DEVICE);
		if (dma_mapping_error(dev, buf->dma)) {
			skb_free_frag(data);
			break;
		}
		buf->data = data;
		ring[q->rx.next].qw0 = cpu_to_le64(buf->dma);
		ring[q->rx.next].qw1 = 0;
		q->rx.next = smnc_next(&q->rx, q->rx.next);
		full = true;
	}
	if (q->rx.next != start) {
		dma_wmb();
		smnc_win_write(q->net->pf, 0, SMNC_WIN_RX_TAIL(q->index), q->rx.next);
	}
	return full;
}

void smnc_rings_fill(struct smnc_net_queue *q)
{
	smnc_rx_fill(q);
}

/* Return: 0 or errno: the descriptor does not fit the headers of a whole packet. */
static int smnc_rx_offloads(struct net_device *dev, struct sk_buff *skb, u64 qw0, u64 qw1,
			    u64 qw2)
{
	bool checked = qw1 & AVF_RX_L3L4P && !(qw1 & (AVF_RX_IPE | AVF_RX_L4E));
	enum pkt_hash_types type = PKT_HASH_TYPE_L3;

	switch (FIELD_GET(AVF_RX_PTYPE, qw1)) {
	case AVF_PTYPE_V4_UDP:
	case AVF_PTYPE_V4_TCP:
	case AVF_PTYPE_V4_SCTP:
	case AVF_PTYPE_V6_UDP:
	case AVF_PTYPE_V6_TCP:
	case AVF_PTYPE_V6_SCTP:
		type = PKT_HASH_TYPE_L4;
		if (checked && dev->features & NETIF_F_RXCSUM)
			skb->ip_summed = CHECKSUM_UNNECESSARY;
		break;
	}
	if (FIELD_GET(AVF_RX_FLTSTAT, qw1) == AVF_RX_FLTSTAT_RSS &&
	    dev->features & NETIF_F_RXHASH)
		skb_set_hash(skb, upper_32_bits(qw0), type);
	return qw1 & AVF_RX_WHOLE ? smnc_rx_whole(skb, qw2) : 0;
}

/* Copies a short frame that is alone in its buffer, whose page stays. False: another frame */
static bool smnc_rx_copy(struct smnc_net_queue *q, void *data, unsigned int len)
{
	struct sk_buff *skb;

	if (q->rx_skb || len > SMNC_RX_COPY)
		return false;
	skb = napi_alloc_skb(&q->napi, SMNC_RX_COPY);
	if (!skb)
		return false;
	skb_put_data(skb, data + NET_SKB_PAD, len);
	skb_free_frag(data);
	q->rx_skb = skb;
	return true;
}

/* Put @len bytes of a fragment into the frame being assembled; takes @data. */
static void smnc_rx_add(struct smnc_net_queue *q, void *data, unsigned int len)
{
	struct sk_buff *skb = q->rx_skb;
	struct page *page;

	if (!skb) {
		skb = napi_build_skb(data, SMNC_RX_FRAG);
		if (!skb)
			goto drop;
		skb_reserve(skb, NET_SKB_PAD);
		skb_put(skb, len);
		q->rx_skb = skb;
		return;
	}
	if (skb_shinfo(skb)->nr_frags >= MAX_SKB_FRAGS)
		goto drop;
	page = virt_to_head_page(data);
	skb_add_rx_frag(skb, skb_shinfo(skb)->nr_frags, page,
			data + NET_SKB_PAD - page_address(page), len, SMNC_RX_FRAG);
	return;
drop:
	skb_free_frag(data);
	dev_kfree_skb_any(skb);
	q->rx_skb = NULL;
	q->rx_drop = true;
}

/* The last buffer of a frame has been added. */
static void smnc_rx_finish(struct smnc_net_queue *q, u64 qw0, u64 qw1, u64 qw2)
{
	struct net_device *dev = q->net->dev;
	struct sk_buff *skb = q->rx_skb;

	q->rx_skb = NULL;
	if (q->rx_drop || !skb || qw1 & AVF_RX_RXE || skb_headlen(skb) < ETH_HLEN ||
	    smnc_rx_offloads(dev, skb, qw0, qw1, qw2)) {
		dev_kfree_skb_any(skb);
		dev_core_stats_rx_dropped_inc(dev);
		q->rx_drop = false;
		return;
	}
	WRITE_ONCE(q->rx_packets, q->rx_packets + max_t(u16, skb_shinfo(skb)->gso_segs, 1));
	WRITE_ONCE(q->rx_bytes, q->rx_bytes + skb->len);
	skb_record_rx_queue(skb, q->index);
	skb->protocol = eth_type_trans(skb, dev);
	napi_gro_receive(&q->napi, skb);
}

/* Return: frames handled */
static int smnc_rx_poll(struct smnc_net_queue *q, int budget)
{
	struct device *dev = &q->net->pf->pdev->dev;
	struct avf_rx_desc *ring = q->rx.desc;
	int done = 0;

	while (done < budget && q->rx.clean != q->rx.next) {
		struct smnc_rx_buf *buf = &q->rx_buf[q->rx.clean];
		u64 qw1 = le64_to_cpu(READ_ONCE(ring[q->rx.clean].qw1));
		unsigned int len = FIELD_GET(AVF_RX_LENGTH, qw1);
		void *data = buf->data;
		u64 qw0, qw2;

		if (!(qw1 & AVF_RX_DD))
			break;
		/* DD is written last: the rest of the descriptor is there. */
		dma_rmb();
		qw0 = le64_to_cpu(ring[q->rx.clean].qw0);
		qw2 = le64_to_cpu(ring[q->rx.clean].qw2);
		smnc_rx_unmap(dev, buf);
		buf->data = NULL;
		q->rx.clean = smnc_next(&q->rx, q->rx.clean);
		if (q->rx_drop || len > SMNC_RX_BUFSZ) {
			q->rx_drop = true;
			skb_free_frag(data);
		} else if (!(qw1 & AVF_RX_EOP) || !smnc_rx_copy(q, data, len)) {
			smnc_rx_add(q, data, len);
		}
		if (qw1 & AVF_RX_EOP) {
			smnc_rx_finish(q, qw0, qw1, qw2);
			done++;
		}
	}
	return done;
}

/* --- transmission ----------------------------------------------------------- */

static void smnc_tx_poll(struct smnc_net_queue *q, int budget)
{
	struct netdev_queue *txq = netdev_get_tx_queue(q->net->dev, q->index);
	struct device *dev = &q->net->pf->pdev->dev;
	struct avf_tx_desc *ring = q->tx.desc;
	unsigned int bytes = 0, packets = 0;
	u16 i = q->tx.clean, last = i;

	/* Look for the next last descriptor that is done; then free up to it. */
	while (last != READ_ONCE(q->tx.next)) {
		struct sk_buff *skb;

		smp_rmb(); /* descriptors are filled before next moves past them */
		skb = q->tx_buf[last].skb;
		if (!skb) {
			last = smnc_next(&q->tx, last);
			continue;
		}
		if ((le64_to_cpu(READ_ONCE(ring[last].cmd)) & AVF_TX_DTYPE) != AVF_TX_DONE)
			break;
		for (; i != last; i = smnc_next(&q->tx, i))
			smnc_tx_unmap(dev, &q->tx_buf[i]);
		smnc_tx_unmap(dev, &q->tx_buf[i]);
		q->tx_buf[i].skb = NULL;
		bytes += skb->len;
		packets++;
		napi_consume_skb(skb, budget);
		i = smnc_next(&q->tx, i);
		last = i;
	}
	smp_store_release(&q->tx.clean, i); /* the slots before it are empty */
	netdev_tx_completed_queue(txq, packets, bytes);
	/* The room is visible before the queue's state is read: see smnc_tx_room(). */
	smp_mb();
	if (netif_tx_queue_stopped(txq) && smnc_tx_free_descs(q) >= 2 * SMNC_TX_RESERVE)
		netif_tx_wake_queue(txq);
}

/* Stop the queue when the next skb might not fit. */
static void smnc_tx_room(struct smnc_net_queue *q, struct netdev_queue *txq)
{
	if (smnc_tx_free_descs(q) >= SMNC_TX_RESERVE)
		return;
	netif_tx_stop_queue(txq);
	WRITE_ONCE(q->tx_stops, q->tx_stops + 1);
	smp_mb(); /* either the completion sees the queue stopped, or this its room */
	if (smnc_tx_free_descs(q) >= SMNC_TX_RESERVE)
		netif_tx_start_queue(txq);
}

static unsigned int smnc_tx_descs(const struct sk_buff *skb)
{
	unsigned int i, n = DIV_ROUND_UP(skb_headlen(skb), SMNC_TX_CUT);

	for (i = 0; i < skb_shinfo(skb)->nr_frags; i++)
		n += DIV_ROUND_UP(skb_frag_size(&skb_shinfo(skb)->frags[i]), SMNC_TX_CUT);
	return n;
}

/* Descriptors for one mapped piece, from @next on. Returns the last one used. */
static u16 smnc_tx_piece(struct smnc_net_queue *q, u16 *next, dma_addr_t dma,
			 unsigned int len, bool page, u64 cmd)
{
	struct avf_tx_desc *ring = q->tx.desc;
	struct smnc_tx_buf *buf = &q->tx_buf[*next];
	u16 last;

	buf->dma = dma;
	buf->len = len;
	buf->page = page;
	do {
		unsigned int n = len > AVF_TX_SIZE_MAX ? SMNC_TX_CUT : len;

		last = *next;
		ring[last].addr = cpu_to_le64(dma);
		ring[last].cmd = cpu_to_le64(AVF_TX_DATA | cmd |
					     AVF_TX_ICRC << AVF_TX_CMD_SHIFT |
					     (u64)n << AVF_TX_SIZE_SHIFT);
		dma += n;
		len -= n;
		*next = smnc_next(&q->tx, last);
	} while (len);
	return last;
}

/* Undo what smnc_tx_map() did between tx.next and @end. */
static void smnc_tx_undo(struct smnc_net_queue *q, u16 end)
{
	u16 i;

	for (i = q->tx.next; i != end; i = smnc_next(&q->tx, i))
		smnc_tx_unmap(&q->net->pf->pdev->dev, &q->tx_buf[i]);
}

/* Map an skb into descriptors from tx.next on. Return: the place behind them, or errno. */
static int smnc_tx_map(struct smnc_net_queue *q, struct sk_buff *skb, u64 ctx, u64 cmd)
{
	struct device *dev = &q->net->pf->pdev->dev;
	struct avf_tx_desc *ring = q->tx.desc;
	u16 next = q->tx.next, last = next;
	unsigned int i, len = skb_headlen(skb);
	dma_addr_t dma;

	if (ctx) {
		ring[next].addr = 0;
		ring[next].cmd = cpu_to_le64(ctx);
		next = smnc_next(&q->tx, next);
	}
	if (len) {
		dma = dma_map_single(dev, skb->data, len, DMA_TO_DEVICE);
		if (dma_mapping_error(dev, dma))
			goto fail;
		last = smnc_tx_piece(q, &next, dma, len, false, cmd);
	}
	for (i = 0; i < skb_shinfo(skb)->nr_frags; i++) {
		const skb_frag_t *frag = &skb_shinfo(skb)->frags[i];

		len = skb_frag_size(frag);
		dma = skb_frag_dma_map(dev, frag, 0, len, DMA_TO_DEVICE);
		if (dma_mapping_error(dev, dma))
			goto fail;
		last = smnc_tx_piece(q, &next, dma, len, true, cmd);
	}
	ring[last].cmd |= cpu_to_le64((AVF_TX_EOP | AVF_TX_RS) << AVF_TX_CMD_SHIFT);
	q->tx_buf[last].skb = skb;
	return next;
fail:
	smnc_tx_undo(q, next);
	return -ENOMEM;
}

netdev_tx_t smnc_net_xmit(struct sk_buff *skb, struct net_device *dev)
{
	struct smnc_net *net = netdev_priv(dev);
	struct smnc_net_queue *q = &net->queue[skb_get_queue_mapping(skb)];
	struct netdev_queue *txq = netdev_get_tx_queue(dev, q->index);
	unsigned int len, packets;
	u64 ctx, cmd;
	bool ring;
	int next;

	if (smnc_tx_free_descs(q) < SMNC_TX_RESERVE) {
		netif_tx_stop_queue(txq);
		return NETDEV_TX_BUSY;
	}
	if (skb_put_padto(skb, ETH_ZLEN))
		goto dropped;
	if (smnc_tx_descs(skb) > SMNC_Q_MAX_TX_DESCS - 1 && skb_linearize(skb))
		goto drop;
	if (smnc_tx_offload(net->pf, skb, &ctx, &cmd))
		goto drop;
	skb_tx_timestamp(skb);
	len = skb->len;
	packets = skb_is_gso(skb) ? skb_shinfo(skb)->gso_segs : 1;
	next = smnc_tx_map(q, skb, ctx, cmd);
	if (next < 0)
		goto drop;
	WRITE_ONCE(q->tx_packets, q->tx_packets + packets);
	WRITE_ONCE(q->tx_bytes, q->tx_bytes + len);
	/* A device that completes unasked finds what is accounted: dql has a BUG_ON() for less. */
	ring = __netdev_tx_sent_queue(txq, len, netdev_xmit_more());
	/* The completion may look once next has moved. */
	smp_store_release(&q->tx.next, next);
	smnc_tx_room(q, txq);
	if (ring || netif_xmit_stopped(txq))
		smnc_win_write(net->pf, 0, SMNC_WIN_TX_TAIL(q->index), q->tx.next);
	return NETDEV_TX_OK;
drop:
	dev_kfree_skb_any(skb);
dropped:
	dev_core_stats_tx_dropped_inc(dev);
	/* Frames that wait for this doorbell must not wait for ever. */
	if (!netdev_xmit_more())
		smnc_win_write(net->pf, 0, SMNC_WIN_TX_TAIL(q->index), q->tx.next);
	return NETDEV_TX_OK;
}

/* --- NAPI ------------------------------------------------------------------- */

int smnc_net_poll(struct napi_struct *napi, int budget)
{
	struct smnc_net_queue *q = container_of(napi, struct smnc_net_queue, napi);
	int done;

	smnc_tx_poll(q, budget);
	done = smnc_rx_poll(q, budget);
	/* Without buffers nothing would ever wake this up again. */
	if (budget && !smnc_rx_fill(q))
		done = budget;
	if (done == budget)
		return done;
	/* While the poll is under way: napi_disable() waits for it, and another one cannot run. */
	smnc_net_measure(q);
	if (!napi_complete_done(napi, done))
		return done;
	smnc_win_write(q->net->pf, 0, SMNC_WIN_DYN_CTLN(q->index),
		       SMNC_DYN_INTENA | SMNC_DYN_ITR_INDX);
	return done;
}
