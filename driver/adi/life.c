// SPDX-License-Identifier: GPL-2.0-only
/*
 * The function behind an open ADI: started, stopped, reset, and brought back after a
 * reset of the device.
 */
#include <linux/bits.h>
#include <linux/etherdevice.h>
#include <linux/random.h>

#include "../core/hw.h"
#include "../core/trace.h"
#include "adi.h"

static const char * const smnc_adi_names[SMNC_NR_ADI_STATES] = {
	[SMNC_ADI_CLOSED] = "closed",
	[SMNC_ADI_OPEN] = "open",
	[SMNC_ADI_AWAY] = "away",
};

static const u32 smnc_adi_next[SMNC_NR_ADI_STATES] = {
	[SMNC_ADI_CLOSED] = BIT(SMNC_ADI_OPEN),
	[SMNC_ADI_OPEN] = BIT(SMNC_ADI_AWAY) | BIT(SMNC_ADI_CLOSED),
	[SMNC_ADI_AWAY] = BIT(SMNC_ADI_OPEN) | BIT(SMNC_ADI_CLOSED),
};

const struct vdcm_states smnc_adi_states = { smnc_adi_names, smnc_adi_next };

/**
 * smnc_adi_move() - move the function of an ADI to another state
 * @adi: ADI, its lock held
 * @to: new state
 *
 * Return: false if @to cannot follow the function's state.
 */
bool smnc_adi_move(struct smnc_adi *adi, enum smnc_adi_state to)
{
	unsigned int from;

	lockdep_assert_held(&adi->lock);
	if (!vdcm_state_move(&smnc_adi_states, &adi->state, to, &from))
		return false;
	dev_dbg(vdcm_adi_dev(adi->vdcm), "function %u: %s -> %s\n", adi->func,
		smnc_adi_names[from], smnc_adi_names[to]);
	return true;
}

static void smnc_adi_scrub_queues(struct smnc_adi *adi)
{
	unsigned int i;

	for (i = 0; i < adi->nr_queues; i++)
		smnc_qp_scrub(adi->pf, adi->qp[i]);
}

static void smnc_adi_rstat(struct smnc_adi *adi, u32 rstat)
{
	smnc_write(adi->pf, SMNC_FUNC(adi->func) + SMNC_FUNC_RSTAT, rstat);
}

/*
 * A function that does not stop is kept from doing DMA, and from others. Only if that
 * is not possible, either, the device as a whole is reset.
 */
static void smnc_adi_func_off(struct smnc_adi *adi, u16 func)
{
	if (smnc_func_off(adi->pf, func) != -ETIMEDOUT)
		return;
	smnc_held_stuck(adi);
	if (smnc_func_park(adi->pf, func) == -ETIMEDOUT)
		smnc_hw_stuck(adi->pf, "a function does not stop");
}

/* Undo smnc_adi_start(), also half of it, also on a dead device. adi->lock is held. */
void smnc_adi_stop(struct smnc_adi *adi)
{
	struct smnc_pf *pf = adi->pf;
	u16 func = adi->func;
	unsigned int i;

	smnc_adi_move(adi, SMNC_ADI_CLOSED);
	WRITE_ONCE(pf->func[func], NULL);
	smnc_mbx_tx_drain(pf);
	smnc_adi_func_off(adi, func);
	smnc_adi_vectors_close(adi, func);
	smnc_sync_events(pf);
	smnc_stats_keep(adi);
	smnc_vsi_clear(pf, &adi->vsi);
	smnc_vsi_free(&adi->vsi);
	smnc_adi_scrub_queues(adi);
	for (i = 0; i < adi->nr_queues; i++)
		smnc_func_map_queue(pf, func, i, -1);
	smnc_adi_dma_close(adi);
}

static void smnc_adi_map_queues(struct smnc_adi *adi, u16 func)
{
	unsigned int i;

	smnc_adi_scrub_queues(adi);
	for (i = 0; i < SMNC_FUNC_QPS; i++)
		smnc_func_map_queue(adi->pf, func, i,
				    i < adi->nr_queues ? adi->qp[i] : -1);
}

/**
 * smnc_adi_start() - a function for an ADI, as a guest's driver expects it
 * @adi: ADI, its lock held
 * @func: function number, taken
 *
 * Context: process.
 * Return: 0, or errno: if @adi has a function then, smnc_adi_stop() is due.
 */
int smnc_adi_start(struct smnc_adi *adi, u16 func)
{
	struct smnc_pf *pf = adi->pf;
	int err;

	smnc_vsi_init(&adi->vsi, func);
	err = smnc_func_reset(pf, func, adi->kind->ctrl);
	if (err == -ETIMEDOUT)
		smnc_held_stuck(adi);
	if (!err)
		err = smnc_adi_dma_open(adi, func);
	if (err) {
		smnc_func_off(pf, func);
		return err;
	}
	smnc_stats_start(adi);
	smnc_cfg_apply_itr(adi);
	smnc_adi_map_queues(adi, func);
	smnc_adi_vectors_open(adi, func);
	smnc_adi_move(adi, SMNC_ADI_OPEN);
	adi->frozen = false;
	adi->dma_on = false;
	WRITE_ONCE(adi->starved, false);
	ether_addr_copy(adi->guest_mac, adi->addr.mac);
	get_random_bytes(adi->rss_key, sizeof(adi->rss_key));
	WRITE_ONCE(adi->again, false);
	err = adi->kind->start(adi);
	if (!err)
		err = smnc_adi_vsi_start(adi);
	if (err)
		return err;
	WRITE_ONCE(pf->func[func], adi);
	smnc_msgs_open(adi);
	smnc_adi_rstat(adi, SMNC_RSTAT_VFACTIVE);
	return smnc_hw_off(pf) ? -EIO : 0;
}

/**
 * smnc_adi_func_reset() - function reset
 * @adi: open ADI, its lock held
 *
 * Messages in either direction and answers to faults that are queued before the reset are
 * discarded. Its DMA is off, and its messages wait for smnc_msgs_open(). The VSI stays.
 *
 * Context: process; the ADI's worker may call it.
 * Return: 0 or errno.
 */
int smnc_adi_func_reset(struct smnc_adi *adi)
{
	struct smnc_pf *pf = adi->pf;
	int err;

	smnc_msgs_purge(adi);
	smnc_mbx_tx_drain(pf);
	err = smnc_func_reset(pf, adi->func, adi->kind->ctrl);
	smnc_mbx_flush(pf);
	smnc_faults_poll(pf);
	smnc_adi_new_epoch(adi);
	smnc_adi_scrub_queues(adi);
	trace_smnc_func_reset(pf, adi->func, err);
	return err;
}

/**
 * smnc_adi_restart() - function reset and a fresh start
 * @adi: open ADI, its lock held
 * @dma_on: whether its DMA is allowed afterwards
 *
 * Context: process; the ADI's worker may call it.
 * Return: 0 or errno.
 */
int smnc_adi_restart(struct smnc_adi *adi, bool dma_on)
{
	struct smnc_pf *pf = adi->pf;
	int err = smnc_adi_func_reset(adi), vsi_err;

	adi->kind->reset(adi);
	vsi_err = smnc_adi_vsi_again(adi);
	if (!err)
		err = vsi_err;
	adi->dma_on = dma_on;
	if (dma_on)
		smnc_func_ctrl(pf, adi->func, adi->kind->ctrl | SMNC_FUNC_CTRL_DMA);
	if (err) {
		vdcm_limited(adi->vdcm, err, "function reset failed: %d\n", err);
		return err;
	}
	smnc_msgs_open(adi);
	smnc_adi_rstat(adi, SMNC_RSTAT_VFACTIVE);
	return 0;
}

/**
 * smnc_adi_revive() - the same function again, in a device that was reset
 * @adi: ADI that was open, its lock held
 *
 * What the guest notices of it is its kind's: see struct smnc_kind.
 *
 * Context: process.
 * Return: 0 or errno.
 */
int smnc_adi_revive(struct smnc_adi *adi)
{
	int err = smnc_func_reset(adi->pf, adi->func, adi->kind->ctrl);

	smnc_stats_resume(adi);
	smnc_adi_dma_resume(adi);
	smnc_cfg_apply_itr(adi);
	smnc_adi_map_queues(adi, adi->func);
	smnc_adi_vectors_route(adi, adi->func);
	adi->dma_on = false;
	if (!err)
		err = adi->kind->revive(adi);
	if (!err) {
		smnc_msgs_open(adi);
		smnc_adi_rstat(adi, SMNC_RSTAT_VFACTIVE);
	}
	return err;
}
