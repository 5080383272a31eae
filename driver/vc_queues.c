// SPDX-License-Identifier: GPL-2.0-only
/*
 * virtchnl: queues and their interrupts.
 */
#include "hw.h"
#include "vc.h"

/* A frame a guest may ask for; more than the device's longest is cut to that. */
#define SNIC_VC_FRAME_MIN	64
#define SNIC_VC_FRAME_MAX	0x3fff

#define SNIC_VC_ITR_MAX		3

static u32 snic_vc_txq(const struct snic_adi *adi, unsigned int q)
{
	return SNIC_Q(adi->qp[q], SNIC_QP_TX);
}

static u32 snic_vc_rxq(const struct snic_adi *adi, unsigned int q)
{
	return SNIC_Q(adi->qp[q], SNIC_QP_RX);
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

static bool snic_vc_pair_ok(const struct snic_adi *adi,
			    const struct virtchnl_queue_pair_info *qpi)
{
	unsigned int q = qpi->txq.queue_id;
	struct snic_queue_cfg tx, rx;

	if (!snic_vc_own_vsi(adi, qpi->txq.vsi_id) || !snic_vc_own_vsi(adi, qpi->rxq.vsi_id))
		return false;
	if (q >= adi->nr_queues || qpi->rxq.queue_id != q)
		return false;
	if ((adi->enabled_tx | adi->enabled_rx) & BIT(q))
		return false;
	if (qpi->txq.ring_len > adi->cfg[SNIC_CFG_TX_RING] ||
	    qpi->rxq.ring_len > adi->cfg[SNIC_CFG_RX_RING])
		return false;
	if (qpi->rxq.max_pkt_size < SNIC_VC_FRAME_MIN ||
	    qpi->rxq.max_pkt_size > SNIC_VC_FRAME_MAX)
		return false;
	snic_vc_queue_cfgs(adi, qpi, &tx, &rx);
	return snic_queue_cfg_ok(&tx, SNIC_QP_TX) && snic_queue_cfg_ok(&rx, SNIC_QP_RX);
}

/*
 * RX tails are not touched: a guest writes them before this. A TX tail is one of
 * the life before: of a driver that had not noticed yet that it was reset.
 */
SNIC_VC_HANDLER(snic_vc_config_queues)
{
	const struct virtchnl_vsi_queue_config_info *info = msg;
	const struct virtchnl_queue_pair_info *qpi = info->qpair;
	unsigned int i;

	if (!snic_vc_own_vsi(adi, info->vsi_id) || info->num_queue_pairs > adi->nr_queues)
		return VIRTCHNL_STATUS_ERR_PARAM;
	for (i = 0; i < info->num_queue_pairs; i++)
		if (!snic_vc_pair_ok(adi, &qpi[i]))
			return VIRTCHNL_STATUS_ERR_PARAM;
	for (i = 0; i < info->num_queue_pairs; i++) {
		unsigned int q = qpi[i].txq.queue_id;
		struct snic_queue_cfg tx, rx;

		snic_vc_queue_cfgs(adi, &qpi[i], &tx, &rx);
		snic_queue_setup(adi->pf, snic_vc_txq(adi, q), &tx);
		snic_queue_setup(adi->pf, snic_vc_rxq(adi, q), &rx);
		snic_win_write(adi->pf, adi->func, SNIC_WIN_TX_TAIL(q), 0);
		adi->configured_tx |= BIT(q);
		adi->configured_rx |= BIT(q);
	}
	return VIRTCHNL_STATUS_SUCCESS;
}

/* --- CONFIG_IRQ_MAP --------------------------------------------------------- */

static bool snic_vc_vecmap_ok(const struct snic_adi *adi,
			      const struct virtchnl_vector_map *map)
{
	unsigned long queues = map->rxq_map | map->txq_map;

	return snic_vc_own_vsi(adi, map->vsi_id) &&
	       map->vector_id < snic_adi_nr_vecs(adi) &&
	       !(queues >> adi->nr_queues) &&
	       map->rxitr_idx <= SNIC_VC_ITR_MAX && map->txitr_idx <= SNIC_VC_ITR_MAX;
}

/* Comes before the queues are configured; vector 0 may have queues as well. */
SNIC_VC_HANDLER(snic_vc_config_irq_map)
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

	return snic_vc_own_vsi(adi, sel->vsi_id) && queues &&
	       !(queues >> adi->nr_queues);
}

/* Tell all to stop, then wait: they come to rest side by side. */
static int snic_vc_stop(struct snic_adi *adi, u32 tx, u32 rx)
{
	struct snic_pf *pf = adi->pf;
	int err = 0, one;
	unsigned int q;

	for (q = 0; q < adi->nr_queues; q++) {
		if (tx & BIT(q))
			snic_queue_stop(pf, snic_vc_txq(adi, q));
		if (rx & BIT(q))
			snic_queue_stop(pf, snic_vc_rxq(adi, q));
	}
	for (q = 0; q < adi->nr_queues && !err; q++) {
		one = tx & BIT(q) ? snic_queue_stopped(pf, snic_vc_txq(adi, q)) : 0;
		err = one ?: err;
		one = rx & BIT(q) ? snic_queue_stopped(pf, snic_vc_rxq(adi, q)) : 0;
		err = one ?: err;
	}
	adi->enabled_tx &= ~tx;
	adi->enabled_rx &= ~rx;
	return err;
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

SNIC_VC_HANDLER(snic_vc_enable_queues)
{
	const struct virtchnl_queue_select *sel = msg;
	u16 tx, rx;
	int err;

	if (!snic_vc_select_ok(adi, sel) || sel->tx_queues & ~(u32)adi->configured_tx ||
	    sel->rx_queues & ~(u32)adi->configured_rx)
		return VIRTCHNL_STATUS_ERR_PARAM;
	tx = sel->tx_queues & ~adi->enabled_tx;
	rx = sel->rx_queues & ~adi->enabled_rx;
	err = snic_vc_start(adi, tx, rx);
	if (err) {
		snic_vc_stop(adi, tx, rx);
		return snic_vc_status(err);
	}
	adi->enabled_tx |= tx;
	adi->enabled_rx |= rx;
	/* Goes out after the reply. */
	snic_adi_link_event(adi);
	return VIRTCHNL_STATUS_SUCCESS;
}

/* The guest frees its rings on the reply: none before the DMA has ended. */
SNIC_VC_HANDLER(snic_vc_disable_queues)
{
	const struct virtchnl_queue_select *sel = msg;

	if (!snic_vc_select_ok(adi, sel))
		return VIRTCHNL_STATUS_ERR_PARAM;
	return snic_vc_status(snic_vc_stop(adi, sel->tx_queues, sel->rx_queues));
}
