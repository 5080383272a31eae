// SPDX-License-Identifier: GPL-2.0-only
/*
 * An ADI whose VM is stopped: its function is quiesced, its guest's messages wait, and its VSI
 * is out of the switch, so that another ADI can have its addresses. The driver applies the
 * operator's new settings when the ADI goes on.
 */
#include <linux/interrupt.h>

#include "../core/hw.h"
#include "adi.h"
#include "ops.h"

/* The framework has got all interrupts that the ADI's vectors sent before. */
static void smnc_adi_sync_vectors(struct smnc_adi *adi)
{
	unsigned int i;

	for (i = 0; i < smnc_adi_nr_vecs(adi); i++)
		if (adi->vecs[i].irq)
			synchronize_irq(adi->vecs[i].irq);
}

/* adi->lock is held. */
static int smnc_adi_rest(struct smnc_adi *adi)
{
	struct smnc_pf *pf = adi->pf;
	int err;

	/* Function 0 is not an ADI's. */
	if (!adi->func)
		return -EIO;
	err = smnc_func_quiesce(pf, adi->func, adi->kind->ctrl);
	/* The function sends no more: the PF's ring has all messages of the guest's. */
	smnc_mbx_flush(pf);
	if (!err)
		err = smnc_mbx_tx_drain(pf);
	if (!err)
		err = smnc_vsi_park(pf, &adi->vsi);
	if (!err) {
		smnc_mac_park(pf, &adi->addr, adi->mac_set);
		adi->frozen = true;
	}
	return err;
}

/**
 * smnc_adi_freeze() - as in struct vdcm_adi_ops
 * @vadi: ADI, its DMA off
 *
 * Return: 0 or errno: then the ADI goes on.
 */
int smnc_adi_freeze(struct vdcm_adi *vadi)
{
	struct smnc_adi *adi = vdcm_adi_drvdata(vadi);
	int err;

	smnc_msgs_hold(adi);
	mutex_lock(&adi->lock);
	err = smnc_adi_rest(adi);
	if (err && adi->func) {
		smnc_vsi_settle(adi->pf, &adi->vsi);
		smnc_func_ctrl(adi->pf, adi->func, adi->kind->ctrl);
	}
	mutex_unlock(&adi->lock);
	if (err)
		smnc_msgs_release(adi);
	else
		smnc_adi_sync_vectors(adi);
	return err;
}

static int smnc_adi_go_vsi(struct smnc_adi *adi)
{
	int taken, err = smnc_mac_claim(adi->pf, &adi->addr);

	if (!err && adi->vsi.unknown)
		err = smnc_adi_unpark(adi);
	if (err)
		return err;
	/* The operator may have withdrawn trust. */
	taken = smnc_adi_check_addrs(adi);
	if (taken)
		smnc_adi_due(adi, adi->kind->addrs_taken(adi, taken));
	return smnc_adi_vsi_update(adi);
}

/* Puts the ADI's addresses and VSI into force again, or leaves none. adi->lock is held. */
static int smnc_adi_thaw_vsi(struct smnc_adi *adi)
{
	int err;

	if (!adi->func)
		return -EIO;
	err = smnc_adi_go_vsi(adi);
	if (err) {
		smnc_vsi_park(adi->pf, &adi->vsi);
		smnc_mac_park(adi->pf, &adi->addr, adi->mac_set);
	}
	return err;
}

/**
 * smnc_adi_thaw() - as in struct vdcm_adi_ops
 * @vadi: frozen ADI
 *
 * Return: 0 or errno: then the ADI is still frozen.
 */
int smnc_adi_thaw(struct vdcm_adi *vadi)
{
	struct smnc_adi *adi = vdcm_adi_drvdata(vadi);
	int err;

	mutex_lock(&adi->lock);
	err = smnc_adi_thaw_vsi(adi);
	if (!err) {
		adi->frozen = false;
		smnc_cfg_apply_itr(adi);
		smnc_func_ctrl(adi->pf, adi->func, adi->kind->ctrl);
	}
	mutex_unlock(&adi->lock);
	if (err == -EEXIST) {
		vdcm_limited(adi->vdcm, err, "another function has an address of the guest now\n");
		return -EADDRINUSE;
	}
	if (err)
		return err;
	/* The link's state or speed may have changed, and a loaded ADI has another link. */
	smnc_adi_due(adi, SMNC_DUE_LINK | SMNC_DUE_WISHES);
	smnc_msgs_release(adi);
	return 0;
}
