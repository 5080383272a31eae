// SPDX-License-Identifier: GPL-2.0-only
/*
 * Functions, queue pairs and windows in the hardware: who has which, what is
 * behind a function's own numbers, and a queue's life from set-up to stop.
 */
#include <linux/bitmap.h>

#include "hw.h"
#include "pf.h"

/**
 * smnc_res_alloc() - take a function (window) and queue pairs
 * @pf: PF
 * @func: function number, 1 and up
 * @qp: queue pair numbers
 * @nr_qps: how many
 *
 * Return: 0 or -ENOSPC, then nothing is taken.
 */
int smnc_res_alloc(struct smnc_pf *pf, u16 *func, u16 *qp, unsigned int nr_qps)
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

void smnc_res_free(struct smnc_pf *pf, u16 func, const u16 *qp, unsigned int nr_qps)
{
	unsigned int i;

	spin_lock(&pf->res_lock);
	for (i = 0; i < nr_qps; i++)
		__clear_bit(qp[i], pf->qp_map);
	__clear_bit(func, pf->func_map);
	spin_unlock(&pf->res_lock);
}

/* @ctrl: SMNC_FUNC_CTRL_* of a function that is enabled, beside ENABLE */
void smnc_func_ctrl(struct smnc_pf *pf, u16 func, u32 ctrl)
{
	smnc_write(pf, SMNC_FUNC(func) + SMNC_FUNC_CTRL, SMNC_FUNC_CTRL_ENABLE | ctrl);
}

/**
 * smnc_func_reset() - enable and reset a function
 * @pf: PF
 * @func: function number
 * @ctrl: SMNC_FUNC_CTRL_* it has afterwards, beside ENABLE; DMA only then
 *
 * Return: 0, -EIO or -ETIMEDOUT.
 */
int smnc_func_reset(struct smnc_pf *pf, u16 func, u32 ctrl)
{
	u32 reg = SMNC_FUNC(func) + SMNC_FUNC_CTRL;
	int err;

	smnc_write(pf, reg, SMNC_FUNC_CTRL_ENABLE | SMNC_FUNC_CTRL_RESET |
		   (ctrl & ~SMNC_FUNC_CTRL_DMA));
	err = smnc_poll(pf, reg, SMNC_FUNC_CTRL_RESET, 0);
	smnc_func_ctrl(pf, func, ctrl);
	return err;
}

/**
 * smnc_func_off() - disable a function: no DMA and no interrupt of it any more
 * @pf: PF
 * @func: function number
 *
 * Return: 0, -EIO or -ETIMEDOUT.
 */
int smnc_func_off(struct smnc_pf *pf, u16 func)
{
	smnc_write(pf, SMNC_FUNC(func) + SMNC_FUNC_CTRL, 0);
	return smnc_poll(pf, SMNC_FUNC(func) + SMNC_FUNC_STATUS,
			 SMNC_FUNC_STATUS_ENABLED, 0);
}

/**
 * smnc_func_park() - keep a function that does not stop from doing DMA
 * @pf: PF
 * @func: function number
 *
 * Return: 0: no access of it is under way, and none will be; -EIO or -ETIMEDOUT.
 */
int smnc_func_park(struct smnc_pf *pf, u16 func)
{
	smnc_write(pf, SMNC_FUNC(func) + SMNC_FUNC_CTRL, SMNC_FUNC_CTRL_QUIESCE);
	return smnc_poll(pf, SMNC_FUNC(func) + SMNC_FUNC_STATUS, SMNC_FUNC_STATUS_QUIESCED,
			 SMNC_FUNC_STATUS_QUIESCED);
}

/* @qp: queue pair, or negative for none */
void smnc_func_map_queue(struct smnc_pf *pf, u16 func, unsigned int q, int qp)
{
	smnc_write(pf, SMNC_FUNC(func) + SMNC_FUNC_QMAP(q),
		   qp < 0 ? 0 : SMNC_QMAP_VALID | qp);
}

/* @map: SMNC_INTVEC_* */
void smnc_func_map_vector(struct smnc_pf *pf, u16 func, unsigned int v, u32 map)
{
	smnc_write(pf, SMNC_FUNC(func) + SMNC_FUNC_VECMAP(v), map);
}

/* Nothing of its last user stays in a queue pair; both queues are disabled. */
void smnc_qp_scrub(struct smnc_pf *pf, u16 qp)
{
	static const u32 dirs[] = { SMNC_QP_TX, SMNC_QP_RX };
	static const struct smnc_queue_cfg none;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(dirs); i++) {
		smnc_write(pf, SMNC_Q(qp, dirs[i]) + SMNC_Q_CTL, 0);
		smnc_write(pf, SMNC_Q(qp, dirs[i]) + SMNC_Q_INT, 0);
		smnc_queue_setup(pf, SMNC_Q(qp, dirs[i]), &none);
	}
}

/**
 * smnc_queue_cfg_ok() - would the device take this configuration?
 * @cfg: configuration
 * @dir: SMNC_QP_TX or SMNC_QP_RX
 */
bool smnc_queue_cfg_ok(const struct smnc_queue_cfg *cfg, u32 dir)
{
	if (cfg->len < SMNC_Q_LEN_MIN || cfg->len > SMNC_Q_LEN_MAX || cfg->len % 32)
		return false;
	if (cfg->base % 128 || cfg->base >> SMNC_XLAT_IOVA_BITS)
		return false;
	if (dir == SMNC_QP_TX)
		return true;
	return cfg->bufsz >= SMNC_Q_BUFSZ_MIN && cfg->bufsz <= SMNC_Q_BUFSZ_MAX &&
	       cfg->bufsz % 128 == 0 && cfg->max_frame >= ETH_ZLEN;
}

/* @queue: SMNC_Q(); the queue is disabled */
void smnc_queue_setup(struct smnc_pf *pf, u32 queue, const struct smnc_queue_cfg *cfg)
{
	smnc_write(pf, queue + SMNC_Q_BASE_LO, lower_32_bits(cfg->base));
	smnc_write(pf, queue + SMNC_Q_BASE_HI, upper_32_bits(cfg->base));
	smnc_write(pf, queue + SMNC_Q_LEN, cfg->len);
	if ((queue & SMNC_QP_RX) == SMNC_QP_RX) {
		smnc_write(pf, queue + SMNC_Q_BUFSZ, cfg->bufsz);
		smnc_write(pf, queue + SMNC_Q_MAXFRAME, cfg->max_frame);
	}
}

void smnc_queue_irq(struct smnc_pf *pf, u32 queue, unsigned int vec, unsigned int itr)
{
	smnc_write(pf, queue + SMNC_Q_INT,
		   SMNC_Q_INT_VALID | vec | itr << SMNC_Q_INT_ITR_SHIFT);
}

/* Return: 0, -EINVAL when the device refuses the configuration, -EIO */
int smnc_queue_start(struct smnc_pf *pf, u32 queue)
{
	u32 ctl;

	if (smnc_read(pf, queue + SMNC_Q_CTL) & SMNC_Q_CTL_ENABLE)
		return smnc_hw_off(pf) ? -EIO : 0;
	smnc_write(pf, queue + SMNC_Q_CTL, SMNC_Q_CTL_ENABLE);
	ctl = smnc_read(pf, queue + SMNC_Q_CTL);
	if (smnc_hw_off(pf))
		return -EIO;
	/* An error later on is the queue's user's; a bad set-up shows at once. */
	if (ctl & SMNC_Q_CTL_ERROR &&
	    (ctl & SMNC_Q_CTL_REASON) >> SMNC_Q_CTL_REASON_SHIFT == SMNC_Q_ERR_CONFIG) {
		smnc_write(pf, queue + SMNC_Q_CTL, 0);
		return -EINVAL;
	}
	return 0;
}

/* Tell it to stop; smnc_queue_stopped() waits. */
void smnc_queue_stop(struct smnc_pf *pf, u32 queue)
{
	smnc_write(pf, queue + SMNC_Q_CTL, 0);
}

int smnc_queue_stopped(struct smnc_pf *pf, u32 queue)
{
	return smnc_poll(pf, queue + SMNC_Q_CTL, SMNC_Q_CTL_ACTIVE, 0);
}
