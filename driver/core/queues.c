// SPDX-License-Identifier: GPL-2.0-only
/*
 * Functions, queue pairs and windows in the hardware: who has which, what is
 * behind a function's own numbers, and a queue's life from set-up to stop.
 */
#include <linux/bitmap.h>

#include "hw.h"
#include "pf.h"

/**
 * snic_res_alloc() - take a function (window) and queue pairs
 * @pf: PF
 * @func: function number, 1 and up
 * @qp: queue pair numbers
 * @nr_qps: how many
 *
 * Return: 0 or -ENOSPC, then nothing is taken.
 */
int snic_res_alloc(struct snic_pf *pf, u16 *func, u16 *qp, unsigned int nr_qps)
{
	unsigned long f, q = 0;
	unsigned int i;
	int err = -ENOSPC;

	spin_lock(&pf->res_lock);
	f = find_next_zero_bit(pf->func_map, pf->num_adis + 1, 1);
	if (f > pf->num_adis)
		goto out;
	for (i = 0; i < nr_qps; i++, q++) {
		q = find_next_zero_bit(pf->qp_map, pf->num_qps, q);
		if (q >= pf->num_qps)
			goto out;
		qp[i] = q;
	}
	for (i = 0; i < nr_qps; i++)
		__set_bit(qp[i], pf->qp_map);
	__set_bit(f, pf->func_map);
	*func = f;
	err = 0;
out:
	spin_unlock(&pf->res_lock);
	return err;
}

void snic_res_free(struct snic_pf *pf, u16 func, const u16 *qp, unsigned int nr_qps)
{
	unsigned int i;

	spin_lock(&pf->res_lock);
	for (i = 0; i < nr_qps; i++)
		__clear_bit(qp[i], pf->qp_map);
	__clear_bit(func, pf->func_map);
	spin_unlock(&pf->res_lock);
}

/* @ctrl: SNIC_FUNC_CTRL_* of a function that is enabled, beside ENABLE */
void snic_func_ctrl(struct snic_pf *pf, u16 func, u32 ctrl)
{
	snic_write(pf, SNIC_FUNC(func) + SNIC_FUNC_CTRL, SNIC_FUNC_CTRL_ENABLE | ctrl);
}

/**
 * snic_func_reset() - enable and reset a function
 * @pf: PF
 * @func: function number
 * @ctrl: SNIC_FUNC_CTRL_* it has afterwards, beside ENABLE; DMA only then
 *
 * Return: 0, -EIO or -ETIMEDOUT.
 */
int snic_func_reset(struct snic_pf *pf, u16 func, u32 ctrl)
{
	u32 reg = SNIC_FUNC(func) + SNIC_FUNC_CTRL;
	int err;

	snic_write(pf, reg, SNIC_FUNC_CTRL_ENABLE | SNIC_FUNC_CTRL_RESET |
		   (ctrl & ~SNIC_FUNC_CTRL_DMA));
	err = snic_poll(pf, reg, SNIC_FUNC_CTRL_RESET, 0);
	snic_func_ctrl(pf, func, ctrl);
	return err;
}

/**
 * snic_func_off() - disable a function: no DMA and no interrupt of it any more
 * @pf: PF
 * @func: function number
 *
 * Return: 0, -EIO or -ETIMEDOUT.
 */
int snic_func_off(struct snic_pf *pf, u16 func)
{
	snic_write(pf, SNIC_FUNC(func) + SNIC_FUNC_CTRL, 0);
	return snic_poll(pf, SNIC_FUNC(func) + SNIC_FUNC_STATUS,
			 SNIC_FUNC_STATUS_ENABLED, 0);
}

/**
 * snic_func_park() - keep a function that does not stop from doing DMA
 * @pf: PF
 * @func: function number
 *
 * Return: 0: no access of it is under way, and none will be; -EIO or -ETIMEDOUT.
 */
int snic_func_park(struct snic_pf *pf, u16 func)
{
	snic_write(pf, SNIC_FUNC(func) + SNIC_FUNC_CTRL, SNIC_FUNC_CTRL_QUIESCE);
	return snic_poll(pf, SNIC_FUNC(func) + SNIC_FUNC_STATUS, SNIC_FUNC_STATUS_QUIESCED,
			 SNIC_FUNC_STATUS_QUIESCED);
}

/* @qp: queue pair, or negative for none */
void snic_func_map_queue(struct snic_pf *pf, u16 func, unsigned int q, int qp)
{
	snic_write(pf, SNIC_FUNC(func) + SNIC_FUNC_QMAP(q),
		   qp < 0 ? 0 : SNIC_QMAP_VALID | qp);
}

/* @map: SNIC_INTVEC_* */
void snic_func_map_vector(struct snic_pf *pf, u16 func, unsigned int v, u32 map)
{
	snic_write(pf, SNIC_FUNC(func) + SNIC_FUNC_VECMAP(v), map);
}

/* Nothing of its last user stays in a queue pair; both queues are disabled. */
void snic_qp_scrub(struct snic_pf *pf, u16 qp)
{
	static const u32 dirs[] = { SNIC_QP_TX, SNIC_QP_RX };
	static const struct snic_queue_cfg none;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(dirs); i++) {
		snic_write(pf, SNIC_Q(qp, dirs[i]) + SNIC_Q_CTL, 0);
		snic_write(pf, SNIC_Q(qp, dirs[i]) + SNIC_Q_INT, 0);
		snic_queue_setup(pf, SNIC_Q(qp, dirs[i]), &none);
	}
}

/**
 * snic_queue_cfg_ok() - would the device take this configuration?
 * @cfg: configuration
 * @dir: SNIC_QP_TX or SNIC_QP_RX
 */
bool snic_queue_cfg_ok(const struct snic_queue_cfg *cfg, u32 dir)
{
	if (cfg->len < SNIC_Q_LEN_MIN || cfg->len > SNIC_Q_LEN_MAX || cfg->len % 32)
		return false;
	if (cfg->base % 128 || cfg->base >> SNIC_XLAT_IOVA_BITS)
		return false;
	if (dir == SNIC_QP_TX)
		return true;
	return cfg->bufsz >= SNIC_Q_BUFSZ_MIN && cfg->bufsz <= SNIC_Q_BUFSZ_MAX &&
	       cfg->bufsz % 128 == 0 && cfg->max_frame >= ETH_ZLEN;
}

/* @queue: SNIC_Q(); the queue is disabled */
void snic_queue_setup(struct snic_pf *pf, u32 queue, const struct snic_queue_cfg *cfg)
{
	snic_write(pf, queue + SNIC_Q_BASE_LO, lower_32_bits(cfg->base));
	snic_write(pf, queue + SNIC_Q_BASE_HI, upper_32_bits(cfg->base));
	snic_write(pf, queue + SNIC_Q_LEN, cfg->len);
	if ((queue & SNIC_QP_RX) == SNIC_QP_RX) {
		snic_write(pf, queue + SNIC_Q_BUFSZ, cfg->bufsz);
		snic_write(pf, queue + SNIC_Q_MAXFRAME, cfg->max_frame);
	}
}

void snic_queue_irq(struct snic_pf *pf, u32 queue, unsigned int vec, unsigned int itr)
{
	snic_write(pf, queue + SNIC_Q_INT,
		   SNIC_Q_INT_VALID | vec | itr << SNIC_Q_INT_ITR_SHIFT);
}

/* Return: 0, -EINVAL when the device refuses the configuration, -EIO */
int snic_queue_start(struct snic_pf *pf, u32 queue)
{
	u32 ctl;

	if (snic_read(pf, queue + SNIC_Q_CTL) & SNIC_Q_CTL_ENABLE)
		return snic_hw_off(pf) ? -EIO : 0;
	snic_write(pf, queue + SNIC_Q_CTL, SNIC_Q_CTL_ENABLE);
	ctl = snic_read(pf, queue + SNIC_Q_CTL);
	if (snic_hw_off(pf))
		return -EIO;
	/* An error later on is the queue's user's; a bad set-up shows at once. */
	if (ctl & SNIC_Q_CTL_ERROR &&
	    (ctl & SNIC_Q_CTL_REASON) >> SNIC_Q_CTL_REASON_SHIFT == SNIC_Q_ERR_CONFIG) {
		snic_write(pf, queue + SNIC_Q_CTL, 0);
		return -EINVAL;
	}
	return 0;
}

/* Tell it to stop; snic_queue_stopped() waits. */
void snic_queue_stop(struct snic_pf *pf, u32 queue)
{
	snic_write(pf, queue + SNIC_Q_CTL, 0);
}

int snic_queue_stopped(struct snic_pf *pf, u32 queue)
{
	return snic_poll(pf, queue + SNIC_Q_CTL, SNIC_Q_CTL_ACTIVE, 0);
}
