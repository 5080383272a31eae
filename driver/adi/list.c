// SPDX-License-Identifier: GPL-2.0-only
/* The list of ADIs, and the one who watches it. */
#include <linux/idr.h>
#include <linux/minmax.h>

#include "adi.h"

/**
 * smnc_adis_watch() - look at the list of ADIs now, and whenever it changes
 * @pf: PF
 * @look: work function, on pf->ctl_wq
 *
 * Context: process.
 */
void smnc_adis_watch(struct smnc_pf *pf, work_func_t look)
{
	mutex_lock(&pf->adis_lock);
	INIT_DELAYED_WORK(&pf->adis_work, look);
	pf->adis_watched = true;
	queue_delayed_work(pf->ctl_wq, &pf->adis_work, 0);
	mutex_unlock(&pf->adis_lock);
}

/**
 * smnc_adis_unwatch() - undo smnc_adis_watch(); the work function does not run afterwards
 * @pf: PF
 *
 * Context: process; no lock held that the work function takes.
 */
void smnc_adis_unwatch(struct smnc_pf *pf)
{
	mutex_lock(&pf->adis_lock);
	pf->adis_watched = false;
	mutex_unlock(&pf->adis_lock);
	cancel_delayed_work_sync(&pf->adis_work);
}

static void smnc_adis_changed(struct smnc_pf *pf)
{
	lockdep_assert_held(&pf->adis_lock);
	if (pf->adis_watched)
		mod_delayed_work(pf->ctl_wq, &pf->adis_work, 0);
}

/* Look once more in a second, if the list does not change before. Process context. */
void smnc_adis_look_again(struct smnc_pf *pf)
{
	mutex_lock(&pf->adis_lock);
	if (pf->adis_watched)
		queue_delayed_work(pf->ctl_wq, &pf->adis_work, HZ);
	mutex_unlock(&pf->adis_lock);
}

/* What watchers see of an ADI has changed. Process context, adi->lock may be held. */
void smnc_adi_changed(struct smnc_adi *adi)
{
	mutex_lock(&adi->pf->adis_lock);
	smnc_adis_changed(adi->pf);
	mutex_unlock(&adi->pf->adis_lock);
}

/**
 * smnc_adis_add() - list a new ADI
 * @adi: ADI
 *
 * Context: process.
 * Return: 0 or errno.
 */
int smnc_adis_add(struct smnc_adi *adi)
{
	struct smnc_pf *pf = adi->pf;
	int nr;

	mutex_lock(&pf->adis_lock);
	nr = ida_alloc_range(&pf->adi_nrs, 1, pf->num_adis, GFP_KERNEL);
	if (nr > 0) {
		adi->nr = nr;
		adi->serial = ++pf->adi_serial;
		list_add_tail(&adi->list, &pf->adis);
		smnc_adis_changed(pf);
	}
	mutex_unlock(&pf->adis_lock);
	return min(nr, 0);
}

/* Undo smnc_adis_add(). */
void smnc_adis_del(struct smnc_adi *adi)
{
	struct smnc_pf *pf = adi->pf;

	mutex_lock(&pf->adis_lock);
	list_del(&adi->list);
	ida_free(&pf->adi_nrs, adi->nr);
	smnc_adis_changed(pf);
	mutex_unlock(&pf->adis_lock);
}
