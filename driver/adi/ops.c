// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the framework asks of the PF driver for an ADI: its life from creation
 * to destruction, and access to its window.
 */
#include <linux/slab.h>

#include "../core/hw.h"
#include "adi.h"
#include "ops.h"

/* Pages of a window that may be mapped into a guest: all but the mailbox. */
#define SMNC_USER_PAGES	(SMNC_WIN_MBX / VDCM_PAGE_SIZE)

/* --- life without hardware -------------------------------------------------- */

static void smnc_adi_free(struct smnc_adi *adi)
{
	smnc_mac_drop(adi->pf, &adi->addr);
	vdcm_adi_set_drvdata(adi->vdcm, NULL);
	mutex_destroy(&adi->lock);
	mutex_destroy(&adi->dma_lock);
	kfree(adi->priv);
	kfree(adi);
}

int smnc_adi_create(struct vdcm_adi *vadi)
{
	struct smnc_pf *pf = vdcm_parent_drvdata(vdcm_adi_parent(vadi));
	struct smnc_adi *adi = kzalloc(sizeof(*adi), GFP_KERNEL_ACCOUNT);
	int err;

	if (!adi)
		return -ENOMEM;
	adi->vdcm = vadi;
	adi->pf = pf;
	adi->kind = (const struct smnc_kind *)vdcm_adi_type(vadi)->driver_data;
	adi->addr.owner = adi;
	adi->priv = kzalloc(adi->kind->bytes, GFP_KERNEL_ACCOUNT);
	if (!adi->priv) {
		kfree(adi);
		return -ENOMEM;
	}
	smnc_cfg_init(adi);
	mutex_init(&adi->lock);
	mutex_init(&adi->dma_lock);
	smnc_worker_init(adi);
	smnc_adi_mac_default(adi);
	vdcm_adi_set_drvdata(vadi, adi);
	err = smnc_adis_add(adi);
	if (err)
		smnc_adi_free(adi);
	return err;
}

void smnc_adi_destroy(struct vdcm_adi *vadi)
{
	struct smnc_adi *adi = vdcm_adi_drvdata(vadi);

	smnc_adis_del(adi);
	smnc_adi_free(adi);
}

/* --- life with hardware ----------------------------------------------------- */

/* Memory that an open ADI needs. */
static int smnc_adi_prepare(struct smnc_adi *adi)
{
	int err = smnc_held_prepare(adi);

	if (err)
		return err;
	err = smnc_msgs_alloc(adi);
	if (err)
		smnc_held_drop(adi);
	return err;
}

static int smnc_adi_open_once(struct smnc_adi *adi)
{
	struct smnc_pf *pf = adi->pf;
	u16 func;
	int err;

	err = smnc_adi_prepare(adi);
	if (err)
		return err;
	err = smnc_res_alloc(pf, &func, adi->qp, adi->nr_queues);
	if (err) {
		smnc_msgs_free(adi);
		smnc_held_drop(adi);
		return err;
	}
	mutex_lock(&adi->lock);
	err = smnc_adi_start(adi, func);
	mutex_unlock(&adi->lock);
	if (!err)
		return 0;
	smnc_msgs_close(adi);
	mutex_lock(&adi->lock);
	if (adi->func)
		smnc_adi_stop(adi);
	mutex_unlock(&adi->lock);
	smnc_msgs_free(adi);
	smnc_held_release(adi, func);
	return err;
}

int smnc_adi_open(struct vdcm_adi *vadi)
{
	struct smnc_adi *adi = vdcm_adi_drvdata(vadi);
	int err;

	if (!smnc_hw_alive(adi->pf))
		return -EIO;
	/* The framework refuses to configure an ADI that is being opened. */
	adi->nr_queues = adi->cfg[SMNC_CFG_QUEUES];
	err = smnc_adi_open_once(adi);
	/* Another function may do what this one did not, and one in quarantine have the address. */
	if ((err == -ETIMEDOUT || err == -EADDRINUSE) && !smnc_hw_off(adi->pf)) {
		smnc_held_retry(adi->pf);
		err = smnc_adi_open_once(adi);
	}
	/* To the user EBUSY were a device that someone else has. */
	return err == -EBUSY ? -ETIMEDOUT : err;
}

void smnc_adi_close(struct vdcm_adi *vadi)
{
	struct smnc_adi *adi = vdcm_adi_drvdata(vadi);
	u16 func = adi->func;

	if (!func)
		return;
	smnc_msgs_close(adi);
	mutex_lock(&adi->lock);
	smnc_adi_stop(adi);
	/* The address belongs to a guest that is gone, perhaps to another host. */
	if (adi->mac_came)
		smnc_adi_mac_default(adi);
	else
		smnc_mac_claim(adi->pf, &adi->addr);
	mutex_unlock(&adi->lock);
	smnc_msgs_free(adi);
	smnc_held_release(adi, func);
}

/* The device is being reset: for a kind with flr(), whose registers answer meanwhile. */
bool smnc_adi_soft_reset(struct vdcm_adi *vadi)
{
	struct smnc_adi *adi = vdcm_adi_drvdata(vadi);

	mutex_lock(&adi->lock);
	adi->kind->flr(adi);
	adi->kind->reset(adi);
	mutex_unlock(&adi->lock);
	return true;
}

/* --- the device is reset under it ------------------------------------------- */

void smnc_adi_quiesce(struct vdcm_adi *vadi)
{
	struct smnc_adi *adi = vdcm_adi_drvdata(vadi);

	smnc_msgs_close(adi);
	mutex_lock(&adi->lock);
	if (smnc_func_off(adi->pf, adi->func) == -ETIMEDOUT)
		smnc_hush(adi->pf, "a function");
	smnc_stats_keep(adi);
	smnc_adi_move(adi, SMNC_ADI_AWAY);
	mutex_unlock(&adi->lock);
}

int smnc_adi_resume(struct vdcm_adi *vadi)
{
	struct smnc_adi *adi = vdcm_adi_drvdata(vadi);
	int err;

	mutex_lock(&adi->lock);
	smnc_adi_move(adi, SMNC_ADI_OPEN);
	adi->frozen = false;
	adi->resumed = true;
	err = smnc_adi_revive(adi);
	mutex_unlock(&adi->lock);
	return err;
}

void smnc_adi_bus_master(struct vdcm_adi *vadi, bool on)
{
	struct smnc_adi *adi = vdcm_adi_drvdata(vadi);

	mutex_lock(&adi->lock);
	adi->dma_on = on;
	if (adi->func) {
		smnc_func_ctrl(adi->pf, adi->func,
			       adi->kind->ctrl | (on ? SMNC_FUNC_CTRL_DMA : 0));
		/* Read back: when this returns the device knows. */
		smnc_read(adi->pf, SMNC_FUNC(adi->func) + SMNC_FUNC_CTRL);
	}
	mutex_unlock(&adi->lock);
}

/* --- the window ------------------------------------------------------------- */

phys_addr_t smnc_adi_page(struct vdcm_adi *vadi, unsigned int page)
{
	struct smnc_adi *adi = vdcm_adi_drvdata(vadi);
	u16 func = READ_ONCE(adi->func);

	if (!func || page >= SMNC_USER_PAGES || smnc_hw_off(adi->pf))
		return 0;
	return smnc_win_phys(adi->pf, func, page);
}

static bool smnc_adi_reg_ok(const struct smnc_adi *adi, u32 offset, unsigned int size)
{
	return adi->func && offset < SMNC_WINDOW_SIZE && offset % 4 == 0 && size == 4;
}

u64 smnc_adi_win_read(struct vdcm_adi *vadi, u32 offset, unsigned int size)
{
	struct smnc_adi *adi = vdcm_adi_drvdata(vadi);

	return smnc_adi_reg_ok(adi, offset, size) ? smnc_win_read(adi->pf, adi->func, offset) : 0;
}

void smnc_adi_win_write(struct vdcm_adi *vadi, u32 offset, u64 value, unsigned int size)
{
	struct smnc_adi *adi = vdcm_adi_drvdata(vadi);

	if (smnc_adi_reg_ok(adi, offset, size))
		smnc_win_write(adi->pf, adi->func, offset, value);
}

int smnc_adi_vector_irq(struct vdcm_adi *vadi, unsigned int vec)
{
	struct smnc_adi *adi = vdcm_adi_drvdata(vadi);

	if (!adi->func || vec >= smnc_adi_nr_vecs(adi) || !adi->vecs[vec].irq)
		return -ENXIO;
	return adi->vecs[vec].irq;
}
