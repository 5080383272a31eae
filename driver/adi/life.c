// SPDX-License-Identifier: GPL-2.0-only
/*
 * The function behind an open ADI: started, stopped, reset, and brought back after a
 * reset of the device.
 */
#include <linux/etherdevice.h>

#include "../core/hw.h"
#include "adi.h"

static void snic_adi_scrub_queues(struct snic_adi *adi)
{
	unsigned int i;

	for (i = 0; i < adi->nr_queues; i++)
		snic_qp_scrub(adi->pf, adi->qp[i]);
}

static void snic_adi_rstat(struct snic_adi *adi, u32 rstat)
{
	snic_write(adi->pf, SNIC_FUNC(adi->func) + SNIC_FUNC_RSTAT, rstat);
}

/*
 * A function that does not stop is kept from doing DMA, and from others. Only if that
 * is not possible, either, the device as a whole is reset.
 */
static void snic_adi_func_off(struct snic_adi *adi, u16 func)
{
	if (snic_func_off(adi->pf, func) != -ETIMEDOUT)
		return;
	snic_held_stuck(adi);
	if (snic_func_park(adi->pf, func) == -ETIMEDOUT)
		snic_hw_stuck(adi->pf, "a function does not stop");
}

/* Undo snic_adi_start(), also half of it, also on a dead device. adi->lock is held. */
void snic_adi_stop(struct snic_adi *adi)
{
	struct snic_pf *pf = adi->pf;
	u16 func = adi->func;
	unsigned int i;

	WRITE_ONCE(pf->func[func], NULL);
	snic_mbx_tx_drain(pf);
	snic_adi_func_off(adi, func);
	snic_adi_vectors_close(adi, func);
	snic_sync_events(pf);
	snic_stats_keep(adi);
	snic_vsi_clear(pf, &adi->vsi);
	snic_adi_scrub_queues(adi);
	for (i = 0; i < adi->nr_queues; i++)
		snic_func_map_queue(pf, func, i, -1);
	snic_adi_dma_close(adi);
}

static void snic_adi_map_queues(struct snic_adi *adi, u16 func)
{
	unsigned int i;

	snic_adi_scrub_queues(adi);
	for (i = 0; i < SNIC_FUNC_QPS; i++)
		snic_func_map_queue(adi->pf, func, i,
				    i < adi->nr_queues ? adi->qp[i] : -1);
}

/**
 * snic_adi_start() - a function for an ADI, as a guest's driver expects it
 * @adi: ADI, its lock held
 * @func: function number, taken
 *
 * Context: process.
 * Return: 0, or errno: if @adi has a function then, snic_adi_stop() is due.
 */
int snic_adi_start(struct snic_adi *adi, u16 func)
{
	struct snic_pf *pf = adi->pf;
	int err;

	snic_vsi_init(&adi->vsi, func);
	err = snic_func_reset(pf, func, adi->kind->ctrl);
	if (err == -ETIMEDOUT)
		snic_held_stuck(adi);
	if (!err)
		err = snic_adi_dma_open(adi, func);
	if (err) {
		snic_func_off(pf, func);
		return err;
	}
	snic_stats_start(adi);
	snic_cfg_apply_itr(adi);
	snic_adi_map_queues(adi, func);
	snic_adi_vectors_open(adi, func);
	adi->away = false;
	adi->dma_on = false;
	WRITE_ONCE(adi->starved, false);
	ether_addr_copy(adi->guest_mac, adi->addr.mac);
	err = adi->kind->start(adi);
	if (!err)
		err = snic_adi_vsi_start(adi);
	if (err)
		return err;
	WRITE_ONCE(pf->func[func], adi);
	snic_msgs_open(adi);
	snic_adi_rstat(adi, SNIC_RSTAT_VFACTIVE);
	return snic_hw_off(pf) ? -EIO : 0;
}

/**
 * snic_adi_func_reset() - function reset
 * @adi: open ADI, its lock held
 *
 * Messages in either direction and answers to faults that are queued before the reset are
 * discarded. Its DMA is off, and its messages wait for snic_msgs_open(). The VSI stays.
 *
 * Context: process; the ADI's worker may call it.
 * Return: 0 or errno.
 */
int snic_adi_func_reset(struct snic_adi *adi)
{
	struct snic_pf *pf = adi->pf;
	int err;

	snic_msgs_purge(adi);
	snic_mbx_tx_drain(pf);
	err = snic_func_reset(pf, adi->func, adi->kind->ctrl);
	snic_mbx_flush(pf);
	snic_faults_poll(pf);
	snic_adi_new_epoch(adi);
	snic_adi_scrub_queues(adi);
	return err;
}

/**
 * snic_adi_restart() - function reset and a fresh start
 * @adi: open ADI, its lock held
 * @dma_on: whether its DMA is allowed afterwards
 *
 * Context: process; the ADI's worker may call it.
 * Return: 0 or errno.
 */
int snic_adi_restart(struct snic_adi *adi, bool dma_on)
{
	struct snic_pf *pf = adi->pf;
	int err = snic_adi_func_reset(adi), vsi_err;

	adi->kind->reset(adi);
	vsi_err = snic_adi_vsi_again(adi);
	if (!err)
		err = vsi_err;
	adi->dma_on = dma_on;
	if (dma_on)
		snic_func_ctrl(pf, adi->func, adi->kind->ctrl | SNIC_FUNC_CTRL_DMA);
	if (err) {
		vdcm_limited(adi->vdcm, err, "function reset failed: %d\n", err);
		return err;
	}
	snic_msgs_open(adi);
	snic_adi_rstat(adi, SNIC_RSTAT_VFACTIVE);
	return 0;
}

/**
 * snic_adi_revive() - the same function again, in a device that was reset
 * @adi: ADI that was open, its lock held
 *
 * What the guest notices of it is its kind's: see struct snic_kind.
 *
 * Context: process.
 * Return: 0 or errno.
 */
int snic_adi_revive(struct snic_adi *adi)
{
	int err = snic_func_reset(adi->pf, adi->func, adi->kind->ctrl);

	snic_stats_resume(adi);
	snic_adi_dma_resume(adi);
	snic_cfg_apply_itr(adi);
	snic_adi_map_queues(adi, adi->func);
	snic_adi_vectors_route(adi, adi->func);
	adi->dma_on = false;
	if (!err)
		err = adi->kind->revive(adi);
	if (!err) {
		snic_msgs_open(adi);
		snic_adi_rstat(adi, SNIC_RSTAT_VFACTIVE);
	}
	return err;
}
