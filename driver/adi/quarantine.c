// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a closed ADI had and must not be used again yet: its function did not stop, or
 * the switch may still know it. Other ADIs are not concerned: they open on other functions.
 *
 * A VSI that could not be cleared is, as soon as the firmware does it: its address is free
 * then. A function that did not stop, or start, waits for a reset of the device, for any
 * reason.
 */
#include <linux/slab.h>

#include "../core/hw.h"
#include "adi.h"

/**
 * struct smnc_held - one function in quarantine
 * @list: in pf->held
 * @func: its number, still taken in pf->func_map
 * @nr_qps: queue pairs in @qp
 * @qp: its queue pairs, still taken in pf->qp_map
 * @stuck: it does not obey
 * @vsi: its VSI, unknown
 * @xlat: translation table that it may still know (mode table), or none
 */
struct smnc_held {
	struct list_head list;
	u16 func;
	u16 nr_qps;
	u16 qp[SMNC_FUNC_QPS];
	bool stuck;
	struct smnc_vsi vsi;
	struct smnc_xlat xlat;
};

void smnc_held_init(struct smnc_pf *pf)
{
	mutex_init(&pf->held_lock);
	INIT_LIST_HEAD(&pf->held);
}

/*
 * Before an ADI is opened: what closing it may need, paid by who opens it. Return: 0
 * or -ENOMEM
 */
int smnc_held_prepare(struct smnc_adi *adi)
{
	adi->held = kzalloc(sizeof(*adi->held), GFP_KERNEL_ACCOUNT);
	return adi->held ? 0 : -ENOMEM;
}

/* It was not needed. */
void smnc_held_drop(struct smnc_adi *adi)
{
	kfree(adi->held);
	adi->held = NULL;
}

/* Its function did not obey. adi->lock is held. */
void smnc_held_stuck(struct smnc_adi *adi)
{
	adi->held->stuck = true;
	dev_err(vdcm_adi_dev(adi->vdcm), "its function does not stop, or start: not used again before a reset of the PF\n");
}

/* The function may still read its translation table. dma_lock is held. */
void smnc_held_keep_table(struct smnc_adi *adi)
{
	if (!adi->held->stuck)
		return;
	swap(adi->held->xlat, adi->xlat);
}

/**
 * smnc_held_release() - give back, or keep, what an ADI had
 * @adi: ADI, closed
 * @func: its function
 *
 * Context: process; nothing of it runs any more.
 */
void smnc_held_release(struct smnc_adi *adi, u16 func)
{
	struct smnc_held *held = adi->held;
	struct smnc_pf *pf = adi->pf;

	adi->held = NULL;
	if (!held->stuck && !adi->vsi.unknown) {
		smnc_res_free(pf, func, adi->qp, adi->nr_queues);
		kfree(held);
		return;
	}
	held->func = func;
	held->nr_qps = adi->nr_queues;
	memcpy(held->qp, adi->qp, sizeof(held->qp));
	held->vsi = adi->vsi;
	mutex_lock(&pf->held_lock);
	list_add_tail(&held->list, &pf->held);
	mutex_unlock(&pf->held_lock);
}

static void smnc_held_free(struct smnc_pf *pf, struct smnc_held *held)
{
	list_del(&held->list);
	smnc_xlat_free(&held->xlat);
	smnc_res_free(pf, held->func, held->qp, held->nr_qps);
	kfree(held);
}

/* Time has passed: what only waits for the firmware is asked for again. */
void smnc_held_retry(struct smnc_pf *pf)
{
	struct smnc_held *held, *tmp;

	mutex_lock(&pf->held_lock);
	list_for_each_entry_safe(held, tmp, &pf->held, list) {
		/* It is slow: not once more for each of them. */
		if (smnc_vsi_settle(pf, &held->vsi))
			break;
		if (!held->stuck)
			smnc_held_free(pf, held);
	}
	mutex_unlock(&pf->held_lock);
}

/* The device was reset: every function is as new. */
void smnc_held_free_all(struct smnc_pf *pf)
{
	struct smnc_held *held, *tmp;

	mutex_lock(&pf->held_lock);
	list_for_each_entry_safe(held, tmp, &pf->held, list)
		smnc_held_free(pf, held);
	mutex_unlock(&pf->held_lock);
}
