// SPDX-License-Identifier: GPL-2.0-only
/*
 * virtchnl: queues and their interrupts.
 */
#include <linux/nospec.h>

#include "../core/hw.h"
#include "avf.h"

/* A frame a guest may ask for; more than the device's longest is cut to that. */
#define SMNC_VC_FRAME_MIN	64
#define SMNC_VC_FRAME_MAX	0x3fff

#define SMNC_VC_ITR_MAX		3

/* A queue number of a message, less than adi->nr_queues, as an index. */
static unsigned int smnc_vc_q(const struct smnc_adi *adi, unsigned int q)
{
	return array_index_nospec(q, adi->nr_queues);
}

static u32 smnc_vc_txq(const struct smnc_adi *adi, unsigned int q)
{
	return SMNC_Q(adi->qp[q], SMNC_QP_TX);
}

static u32 smnc_vc_rxq(const struct smnc_adi *adi, unsigned int q)
{
	return SMNC_Q(adi->qp[q], SMNC_QP_RX);
}

/* --- stopping --------------------------------------------------------------- */

static int smnc_vc_stopped(struct smnc_adi *adi, u32 queue, u16 *enabled, unsigned int q)
{
	int err = smnc_queue_stopped(adi->pf, queue);

	if (!err)
		*enabled &= ~BIT(q);
	return err;
}

/*
 * Tell all to stop, then wait: they come to rest side by side.
 * Return: 0, or -ETIMEDOUT or -EIO: a queue that has not stopped stays enabled.
 */
static int smnc_vc_stop(struct smnc_adi *adi, u32 tx, u32 rx)
{
	struct smnc_avf *avf = smnc_avf(adi);
	struct smnc_pf *pf = adi->pf;
	unsigned int q;
	int err = 0;

	for (q = 0; q < adi->nr_queues; q++) {
		if (tx & BIT(q))
			smnc_queue_stop(pf, smnc_vc_txq(adi, q));
		if (rx & BIT(q))
			smnc_queue_stop(pf, smnc_vc_rxq(adi, q));
	}
	for (q = 0; q < adi->nr_queues && !err; q++) {
		if (tx & BIT(q))
			err = smnc_vc_stopped(adi, smnc_vc_txq(adi, q), &avf->enabled_tx, q);
		if (!err && rx & BIT(q))
			err = smnc_vc_stopped(adi, smnc_vc_rxq(adi, q), &avf->enabled_rx, q);
	}
	return err;
}

/*
 * A guest frees its rings on the answer, whatever that says: if queues may still run
 * there is none, and the function is reset. A device that is off does no DMA.
 */
static int smnc_vc_not_stopped(int err, struct smnc_vc_reply *reply)
{
	reply->reset = err == -ETIMEDOUT;
	return smnc_vc_status(err);
}

/**
 * smnc_vc_end_life() - leave nothing of the driver before
 * @adi: ADI
 *
 * A driver may start over without a reset: the one of a crash kernel, or in user
 * space after its predecessor was killed. The device would go on with old rings.
 *
 * Return: 0 or errno: then a reset of the function does the same.
 */
int smnc_vc_end_life(struct smnc_adi *adi)
{
	struct smnc_avf *avf = smnc_avf(adi);
	unsigned int q;
	int err;

	if (avf->state != SMNC_VC_READY)
		return 0;
	err = smnc_vc_stop(adi, avf->enabled_tx, avf->enabled_rx);
	if (err)
		return err;
	for (q = 0; q < adi->nr_queues; q++) {
		smnc_qp_scrub(adi->pf, adi->qp[q]);
		smnc_win_write(adi->pf, adi->func, SMNC_WIN_TX_TAIL(q), 0);
		smnc_win_write(adi->pf, adi->func, SMNC_WIN_RX_TAIL(q), 0);
	}
	smnc_avf_reset(adi);
	return smnc_adi_vsi_start(adi);
}

/* --- CONFIG_VSI_QUEUES ------------------------------------------------------ */

static void smnc_vc_queue_cfgs(const struct smnc_adi *adi,
			       const struct virtchnl_queue_pair_info *qpi,
			       struct smnc_queue_cfg *tx, struct smnc_queue_cfg *rx)
{
	*tx = (struct smnc_queue_cfg) {
		.base = qpi->txq.dma_ring_addr,
		.len = qpi->txq.ring_len,
	};
	*rx = (struct smnc_queue_cfg) {
		.base = qpi->rxq.dma_ring_addr,
		.len = qpi->rxq.ring_len,
		/* Buffers are counted in units of 128 bytes. */
		.bufsz = round_down(qpi->rxq.databuffer_size, 128),
		.max_frame = min(qpi->rxq.max_pkt_size, adi->pf->max_frame),
	};
}

/* A half of a pair without a ring is not meant: drivers may have more of one kind. */
static bool smnc_vc_pair_ok(const struct smnc_adi *adi,
			    const struct virtchnl_queue_pair_info *qpi)
{
	struct smnc_queue_cfg tx, rx;

	if (!smnc_vc_own_vsi(qpi->txq.vsi_id) || !smnc_vc_own_vsi(qpi->rxq.vsi_id))
		return false;
	if (qpi->txq.queue_id >= adi->nr_queues || qpi->rxq.queue_id != qpi->txq.queue_id)
		return false;
	if (qpi->txq.ring_len > adi->cfg[SMNC_CFG_TX_RING] ||
	    qpi->rxq.ring_len > adi->cfg[SMNC_CFG_RX_RING])
		return false;
	smnc_vc_queue_cfgs(adi, qpi, &tx, &rx);
	if (tx.len && !smnc_queue_cfg_ok(&tx, SMNC_QP_TX))
		return false;
	if (!rx.len)
		return tx.len;
	return qpi->rxq.max_pkt_size >= SMNC_VC_FRAME_MIN &&
	       qpi->rxq.max_pkt_size <= SMNC_VC_FRAME_MAX &&
	       smnc_queue_cfg_ok(&rx, SMNC_QP_RX);
}

/* Clear TX tails that a driver has left which missed its reset. */
static void smnc_vc_setup_pair(struct smnc_adi *adi,
			       const struct virtchnl_queue_pair_info *qpi)
{
	unsigned int q = smnc_vc_q(adi, qpi->txq.queue_id);
	struct smnc_avf *avf = smnc_avf(adi);
	struct smnc_queue_cfg tx, rx;

	smnc_vc_queue_cfgs(adi, qpi, &tx, &rx);
	if (tx.len) {
		smnc_queue_setup(adi->pf, smnc_vc_txq(adi, q), &tx);
		smnc_win_write(adi->pf, adi->func, SMNC_WIN_TX_TAIL(q), 0);
		avf->configured_tx |= BIT(q);
	}
	if (rx.len) {
		smnc_queue_setup(adi->pf, smnc_vc_rxq(adi, q), &rx);
		avf->configured_rx |= BIT(q);
	}
}

/*
 * Guests write RX tails before they configure. The stop of a queue clears its tail, so
 * that is put back, if it can be one of the new ring.
 */
static int smnc_vc_stop_pairs(struct smnc_adi *adi,
			      const struct virtchnl_queue_pair_info *qpi, unsigned int nr)
{
	u32 tails[SMNC_FUNC_QPS], tx = 0, rx = 0;
	struct smnc_avf *avf = smnc_avf(adi);
	unsigned int i, q;
	int err;

	for (i = 0; i < nr; i++) {
		q = smnc_vc_q(adi, qpi[i].txq.queue_id);
		tx |= qpi[i].txq.ring_len ? BIT(q) : 0;
		rx |= qpi[i].rxq.ring_len ? BIT(q) : 0;
		tails[i] = smnc_win_read(adi->pf, adi->func, SMNC_WIN_RX_TAIL(q));
	}
	tx &= avf->enabled_tx;
	rx &= avf->enabled_rx;
	err = smnc_vc_stop(adi, tx, rx);
	for (i = 0; i < nr && !err; i++) {
		q = smnc_vc_q(adi, qpi[i].txq.queue_id);
		if (rx & BIT(q) && tails[i] < qpi[i].rxq.ring_len)
			smnc_win_write(adi->pf, adi->func, SMNC_WIN_RX_TAIL(q), tails[i]);
	}
	return err;
}

int smnc_vc_config_queues(struct smnc_adi *adi, const void *msg, u16 len,
			  struct smnc_vc_reply *reply)
{
	const struct virtchnl_vsi_queue_config_info *info = msg;
	const struct virtchnl_queue_pair_info *qpi = info->qpair;
	unsigned int i;
	int err;

	if (!smnc_vc_own_vsi(info->vsi_id) || info->num_queue_pairs > adi->nr_queues)
		return VIRTCHNL_STATUS_ERR_PARAM;
	for (i = 0; i < info->num_queue_pairs; i++)
		if (!smnc_vc_pair_ok(adi, &qpi[i]))
			return VIRTCHNL_STATUS_ERR_PARAM;
	err = smnc_vc_stop_pairs(adi, qpi, info->num_queue_pairs);
	if (err)
		return smnc_vc_not_stopped(err, reply);
	for (i = 0; i < info->num_queue_pairs; i++)
		smnc_vc_setup_pair(adi, &qpi[i]);
	/* Strip tags as agreed in GET_VF_RESOURCES, before the first frame arrives. */
	return smnc_vc_status(smnc_adi_vsi_update(adi));
}

/* --- CONFIG_IRQ_MAP --------------------------------------------------------- */

static bool smnc_vc_vecmap_ok(const struct smnc_adi *adi,
			      const struct virtchnl_vector_map *map)
{
	unsigned long queues = map->rxq_map | map->txq_map;

	return smnc_vc_own_vsi(map->vsi_id) &&
	       map->vector_id < smnc_adi_nr_vecs(adi) &&
	       !(queues >> adi->nr_queues) &&
	       map->rxitr_idx <= SMNC_VC_ITR_MAX && map->txitr_idx <= SMNC_VC_ITR_MAX;
}

/* Comes before the queues are configured; vector 0 may have queues as well. */
int smnc_vc_config_irq_map(struct smnc_adi *adi, const void *msg, u16 len,
			   struct smnc_vc_reply *reply)
{
	const struct virtchnl_irq_map_info *info = msg;
	const struct virtchnl_vector_map *map = info->vecmap;
	unsigned int i, q;

	if (info->num_vectors > smnc_adi_nr_vecs(adi))
		return VIRTCHNL_STATUS_ERR_PARAM;
	for (i = 0; i < info->num_vectors; i++)
		if (!smnc_vc_vecmap_ok(adi, &map[i]))
			return VIRTCHNL_STATUS_ERR_PARAM;
	for (i = 0; i < info->num_vectors; i++) {
		for (q = 0; q < adi->nr_queues; q++) {
			if (map[i].txq_map & BIT(q))
				smnc_queue_irq(adi->pf, smnc_vc_txq(adi, q),
					       map[i].vector_id, map[i].txitr_idx);
			if (map[i].rxq_map & BIT(q))
				smnc_queue_irq(adi->pf, smnc_vc_rxq(adi, q),
					       map[i].vector_id, map[i].rxitr_idx);
		}
	}
	return VIRTCHNL_STATUS_SUCCESS;
}

/* --- ENABLE_QUEUES, DISABLE_QUEUES ------------------------------------------ */

static bool smnc_vc_select_ok(const struct smnc_adi *adi,
			      const struct virtchnl_queue_select *sel)
{
	u32 queues = sel->rx_queues | sel->tx_queues;

	return smnc_vc_own_vsi(sel->vsi_id) && queues &&
	       !(queues >> adi->nr_queues);
}

static int smnc_vc_start(struct smnc_adi *adi, u32 tx, u32 rx)
{
	unsigned int q;
	int err = 0;

	for (q = 0; q < adi->nr_queues && !err; q++) {
		if (tx & BIT(q))
			err = smnc_queue_start(adi->pf, smnc_vc_txq(adi, q));
		if (!err && rx & BIT(q))
			err = smnc_queue_start(adi->pf, smnc_vc_rxq(adi, q));
	}
	return err;
}

int smnc_vc_enable_queues(struct smnc_adi *adi, const void *msg, u16 len,
			  struct smnc_vc_reply *reply)
{
	const struct virtchnl_queue_select *sel = msg;
	struct smnc_avf *avf = smnc_avf(adi);
	u16 tx, rx;
	int err;

	if (!smnc_vc_select_ok(adi, sel) || sel->tx_queues & ~(u32)avf->configured_tx ||
	    sel->rx_queues & ~(u32)avf->configured_rx)
		return VIRTCHNL_STATUS_ERR_PARAM;
	tx = sel->tx_queues & ~avf->enabled_tx;
	rx = sel->rx_queues & ~avf->enabled_rx;
	err = smnc_vc_start(adi, tx, rx);
	if (err) {
		int stopped = smnc_vc_stop(adi, tx, rx);

		return stopped ? smnc_vc_not_stopped(stopped, reply) : smnc_vc_status(err);
	}
	avf->enabled_tx |= tx;
	avf->enabled_rx |= rx;
	/* Goes out after the reply. */
	smnc_adi_link_event(adi);
	return VIRTCHNL_STATUS_SUCCESS;
}

/* The guest frees its rings on the reply: none before the DMA has ended. */
int smnc_vc_disable_queues(struct smnc_adi *adi, const void *msg, u16 len,
			   struct smnc_vc_reply *reply)
{
	const struct virtchnl_queue_select *sel = msg;
	int err;

	if (!smnc_vc_select_ok(adi, sel))
		return VIRTCHNL_STATUS_ERR_PARAM;
	err = smnc_vc_stop(adi, sel->tx_queues, sel->rx_queues);
	return err ? smnc_vc_not_stopped(err, reply) : VIRTCHNL_STATUS_SUCCESS;
}
