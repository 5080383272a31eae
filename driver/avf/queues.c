// SPDX-License-Identifier: GPL-2.0-only
/*
 * virtchnl: queues and their interrupts.
 */
#include <linux/nospec.h>

#include "../core/hw.h"
#include "avf.h"

/* A frame a guest may ask for; more than the device's longest is cut to that. */
#define SNIC_VC_FRAME_MIN	64
#define SNIC_VC_FRAME_MAX	0x3fff

#define SNIC_VC_ITR_MAX		3

/* A queue number of a message, less than adi->nr_queues, as an index. */
static unsigned int snic_vc_q(const struct snic_adi *adi, unsigned int q)
{
	return array_index_nospec(q, adi->nr_queues);
}

static u32 snic_vc_txq(const struct snic_adi *adi, unsigned int q)
{
	return SNIC_Q(adi->qp[q], SNIC_QP_TX);
}

static u32 snic_vc_rxq(const struct snic_adi *adi, unsigned int q)
{
	return SNIC_Q(adi->qp[q], SNIC_QP_RX);
}

/* --- stopping --------------------------------------------------------------- */

static int snic_vc_stopped(struct snic_adi *adi, u32 queue, u16 *enabled, unsigned int q)
{
	int err = snic_queue_stopped(adi->pf, queue);

	if (!err)
		*enabled &= ~BIT(q);
	return err;
}

/*
 * Tell all to stop, then wait: they come to rest side by side.
 * Return: 0, or -ETIMEDOUT or -EIO: a queue that has not stopped stays enabled.
 */
static int snic_vc_stop(struct snic_adi *adi, u32 tx, u32 rx)
{
	struct snic_avf *avf = snic_avf(adi);
	struct snic_pf *pf = adi->pf;
	unsigned int q;
	int err = 0;

	for (q = 0; q < adi->nr_queues; q++) {
		if (tx & BIT(q))
			snic_queue_stop(pf, snic_vc_txq(adi, q));
		if (rx & BIT(q))
			snic_queue_stop(pf, snic_vc_rxq(adi, q));
	}
	for (q = 0; q < adi->nr_queues && !err; q++) {
		if (tx & BIT(q))
			err = snic_vc_stopped(adi, snic_vc_txq(adi, q), &avf->enabled_tx, q);
		if (!err && rx & BIT(q))
			err = snic_vc_stopped(adi, snic_vc_rxq(adi, q), &avf->enabled_rx, q);
	}
	return err;
}

/*
 * A guest frees its rings on the answer, whatever that says: if queues may still run
 * there is none, and the function is reset. A device that is off does no DMA.
 */
static int snic_vc_not_stopped(int err, struct snic_vc_reply *reply)
{
	reply->reset = err == -ETIMEDOUT;
	return snic_vc_status(err);
}

/**
 * snic_vc_end_life() - leave nothing of the driver before
 * @adi: ADI
 *
 * A driver may start over without a reset: the one of a crash kernel, or in user
 * space after its predecessor was killed. The device would go on with old rings.
 *
 * Return: 0 or errno: then a reset of the function does the same.
 */
int snic_vc_end_life(struct snic_adi *adi)
{
	struct snic_avf *avf = snic_avf(adi);
	unsigned int q;
	int err;

	if (avf->state != SNIC_VC_READY)
		return 0;
	err = snic_vc_stop(adi, avf->enabled_tx, avf->enabled_rx);
	if (err)
		return err;
	for (q = 0; q < adi->nr_queues; q++) {
		snic_qp_scrub(adi->pf, adi->qp[q]);
		snic_win_write(adi->pf, adi->func, SNIC_WIN_TX_TAIL(q), 0);
		snic_win_write(adi->pf, adi->func, SNIC_WIN_RX_TAIL(q), 0);
	}
	snic_avf_reset(adi);
	return snic_adi_vsi_start(adi);
}

/* --- CONFIG_VSI_QUEUES ------------------------------------------------------ */

static void snic_vc_queue_cfgs(const struct snic_adi *adi,
			       const struct virtchnl_queue_pair_info *qpi,
			       struct snic_queue_cfg *tx, struct snic_queue_cfg *rx)
{
	*tx = (struct snic_queue_cfg) {
		.base = qpi->txq.dma_ring_addr,
		.len = qpi->txq.ring_len,
	};
	*rx = (struct snic_queue_cfg) {
		.base = qpi->rxq.dma_ring_addr,
		.len = qpi->rxq.ring_len,
		/* Buffers are counted in units of 128 bytes. */
		.bufsz = round_down(qpi->rxq.databuffer_size, 128),
		.max_frame = min(qpi->rxq.max_pkt_size, adi->pf->max_frame),
	};
}

/* A half of a pair without a ring is not meant: drivers may have more of one kind. */
static bool snic_vc_pair_ok(const struct snic_adi *adi,
			    const struct virtchnl_queue_pair_info *qpi)
{
	struct snic_queue_cfg tx, rx;

	if (!snic_vc_own_vsi(qpi->txq.vsi_id) || !snic_vc_own_vsi(qpi->rxq.vsi_id))
		return false;
	if (qpi->txq.queue_id >= adi->nr_queues || qpi->rxq.queue_id != qpi->txq.queue_id)
		return false;
	if (qpi->txq.ring_len > adi->cfg[SNIC_CFG_TX_RING] ||
	    qpi->rxq.ring_len > adi->cfg[SNIC_CFG_RX_RING])
		return false;
	snic_vc_queue_cfgs(adi, qpi, &tx, &rx);
	if (tx.len && !snic_queue_cfg_ok(&tx, SNIC_QP_TX))
		return false;
	if (!rx.len)
		return tx.len;
	return qpi->rxq.max_pkt_size >= SNIC_VC_FRAME_MIN &&
	       qpi->rxq.max_pkt_size <= SNIC_VC_FRAME_MAX &&
	       snic_queue_cfg_ok(&rx, SNIC_QP_RX);
}

/* Clear TX tails that a driver has left which missed its reset. */
static void snic_vc_setup_pair(struct snic_adi *adi,
			       const struct virtchnl_queue_pair_info *qpi)
{
	unsigned int q = snic_vc_q(adi, qpi->txq.queue_id);
	struct snic_avf *avf = snic_avf(adi);
	struct snic_queue_cfg tx, rx;

	snic_vc_queue_cfgs(adi, qpi, &tx, &rx);
	if (tx.len) {
		snic_queue_setup(adi->pf, snic_vc_txq(adi, q), &tx);
		snic_win_write(adi->pf, adi->func, SNIC_WIN_TX_TAIL(q), 0);
		avf->configured_tx |= BIT(q);
	}
	if (rx.len) {
		snic_queue_setup(adi->pf, snic_vc_rxq(adi, q), &rx);
		avf->configured_rx |= BIT(q);
	}
}

/*
 * Guests write RX tails before they configure. The stop of a queue clears its tail, so
 * that is put back, if it can be one of the new ring.
 */
static int snic_vc_stop_pairs(struct snic_adi *adi,
			      const struct virtchnl_queue_pair_info *qpi, unsigned int nr)
{
	u32 tails[SNIC_FUNC_QPS], tx = 0, rx = 0;
	struct snic_avf *avf = snic_avf(adi);
	unsigned int i, q;
	int err;

	for (i = 0; i < nr; i++) {
		q = snic_vc_q(adi, qpi[i].txq.queue_id);
		tx |= qpi[i].txq.ring_len ? BIT(q) : 0;
		rx |= qpi[i].rxq.ring_len ? BIT(q) : 0;
		tails[i] = snic_win_read(adi->pf, adi->func, SNIC_WIN_RX_TAIL(q));
	}
	tx &= avf->enabled_tx;
	rx &= avf->enabled_rx;
	err = snic_vc_stop(adi, tx, rx);
	for (i = 0; i < nr && !err; i++) {
		q = snic_vc_q(adi, qpi[i].txq.queue_id);
		if (rx & BIT(q) && tails[i] < qpi[i].rxq.ring_len)
			snic_win_write(adi->pf, adi->func, SNIC_WIN_RX_TAIL(q), tails[i]);
	}
	return err;
}

int snic_vc_config_queues(struct snic_adi *adi, const void *msg, u16 len,
			  struct snic_vc_reply *reply)
{
	const struct virtchnl_vsi_queue_config_info *info = msg;
	const struct virtchnl_queue_pair_info *qpi = info->qpair;
	unsigned int i;
	int err;

	if (!snic_vc_own_vsi(info->vsi_id) || info->num_queue_pairs > adi->nr_queues)
		return VIRTCHNL_STATUS_ERR_PARAM;
	for (i = 0; i < info->num_queue_pairs; i++)
		if (!snic_vc_pair_ok(adi, &qpi[i]))
			return VIRTCHNL_STATUS_ERR_PARAM;
	err = snic_vc_stop_pairs(adi, qpi, info->num_queue_pairs);
	if (err)
		return snic_vc_not_stopped(err, reply);
	for (i = 0; i < info->num_queue_pairs; i++)
		snic_vc_setup_pair(adi, &qpi[i]);
	return VIRTCHNL_STATUS_SUCCESS;
}

/* --- CONFIG_IRQ_MAP --------------------------------------------------------- */

static bool snic_vc_vecmap_ok(const struct snic_adi *adi,
			      const struct virtchnl_vector_map *map)
{
	unsigned long queues = map->rxq_map | map->txq_map;

	return snic_vc_own_vsi(map->vsi_id) &&
	       map->vector_id < snic_adi_nr_vecs(adi) &&
	       !(queues >> adi->nr_queues) &&
	       map->rxitr_idx <= SNIC_VC_ITR_MAX && map->txitr_idx <= SNIC_VC_ITR_MAX;
}

/* Comes before the queues are configured; vector 0 may have queues as well. */
int snic_vc_config_irq_map(struct snic_adi *adi, const void *msg, u16 len,
			   struct snic_vc_reply *reply)
{
	const struct virtchnl_irq_map_info *info = msg;
	const struct virtchnl_vector_map *map = info->vecmap;
	unsigned int i, q;

	if (info->num_vectors > snic_adi_nr_vecs(adi))
		return VIRTCHNL_STATUS_ERR_PARAM;
	for (i = 0; i < info->num_vectors; i++)
		if (!snic_vc_vecmap_ok(adi, &map[i]))
			return VIRTCHNL_STATUS_ERR_PARAM;
	for (i = 0; i < info->num_vectors; i++) {
		for (q = 0; q < adi->nr_queues; q++) {
			if (map[i].txq_map & BIT(q))
				snic_queue_irq(adi->pf, snic_vc_txq(adi, q),
					       map[i].vector_id, map[i].txitr_idx);
			if (map[i].rxq_map & BIT(q))
				snic_queue_irq(adi->pf, snic_vc_rxq(adi, q),
					       map[i].vector_id, map[i].rxitr_idx);
		}
	}
	return VIRTCHNL_STATUS_SUCCESS;
}

/* --- ENABLE_QUEUES, DISABLE_QUEUES ------------------------------------------ */

static bool snic_vc_select_ok(const struct snic_adi *adi,
			      const struct virtchnl_queue_select *sel)
{
	u32 queues = sel->rx_queues | sel->tx_queues;

	return snic_vc_own_vsi(sel->vsi_id) && queues &&
	       !(queues >> adi->nr_queues);
}

static int snic_vc_start(struct snic_adi *adi, u32 tx, u32 rx)
{
	unsigned int q;
	int err = 0;

	for (q = 0; q < adi->nr_queues && !err; q++) {
		if (tx & BIT(q))
			err = snic_queue_start(adi->pf, snic_vc_txq(adi, q));
		if (!err && rx & BIT(q))
			err = snic_queue_start(adi->pf, snic_vc_rxq(adi, q));
	}
	return err;
}

int snic_vc_enable_queues(struct snic_adi *adi, const void *msg, u16 len,
			  struct snic_vc_reply *reply)
{
	const struct virtchnl_queue_select *sel = msg;
	struct snic_avf *avf = snic_avf(adi);
	u16 tx, rx;
	int err;

	if (!snic_vc_select_ok(adi, sel) || sel->tx_queues & ~(u32)avf->configured_tx ||
	    sel->rx_queues & ~(u32)avf->configured_rx)
		return VIRTCHNL_STATUS_ERR_PARAM;
	tx = sel->tx_queues & ~avf->enabled_tx;
	rx = sel->rx_queues & ~avf->enabled_rx;
	err = snic_vc_start(adi, tx, rx);
	if (err) {
		int stopped = snic_vc_stop(adi, tx, rx);

		return stopped ? snic_vc_not_stopped(stopped, reply) : snic_vc_status(err);
	}
	avf->enabled_tx |= tx;
	avf->enabled_rx |= rx;
	/* Goes out after the reply. */
	snic_adi_link_event(adi);
	return VIRTCHNL_STATUS_SUCCESS;
}

/* The guest frees its rings on the reply: none before the DMA has ended. */
int snic_vc_disable_queues(struct snic_adi *adi, const void *msg, u16 len,
			   struct snic_vc_reply *reply)
{
	const struct virtchnl_queue_select *sel = msg;
	int err;

	if (!snic_vc_select_ok(adi, sel))
		return VIRTCHNL_STATUS_ERR_PARAM;
	err = snic_vc_stop(adi, sel->tx_queues, sel->rx_queues);
	return err ? snic_vc_not_stopped(err, reply) : VIRTCHNL_STATUS_SUCCESS;
}
