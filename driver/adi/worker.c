// SPDX-License-Identifier: GPL-2.0-only
/*
 * The worker of one ADI: answers its guest, and does what others ask of it. It holds
 * adi->lock, so it must not call into the framework where vdcm's own is taken.
 */
#include <linux/delay.h>

#include "adi.h"

/* The PF going down for a reset is no error: that resets the function as well. */
static void smnc_adi_reset_func(struct smnc_adi *adi)
{
	if (smnc_adi_restart(adi, adi->dma_on) && !smnc_hw_off(adi->pf))
		vdcm_adi_lost(adi->vdcm, "its function cannot be reset");
}

/**
 * smnc_worker_step() - one step of the worker
 * @adi: ADI, its lock held
 * @due: SMNC_DUE_*
 * @msg: message, or NULL
 *
 * A reset that one of them asks for is carried out here, when nothing else of the
 * step is under way.
 */
void smnc_worker_step(struct smnc_adi *adi, unsigned int due, struct smnc_msg *msg)
{
	bool reset = false;
	int taken = 0;

	if (!adi->func)
		return;
	/* With the VSI: so that what could not be taken away is. */
	if (due & (SMNC_DUE_CHECK | SMNC_DUE_VSI))
		taken = smnc_adi_check_addrs(adi);
	if (taken)
		due |= adi->kind->addrs_taken(adi, taken);
	if (due & SMNC_DUE_RESET) {
		if (adi->kind->announce_reset(adi) > 0 && !smnc_mbx_tx_drain(adi->pf))
			msleep(SMNC_ANNOUNCE_MS);
		reset = true;
	}
	if (due & SMNC_DUE_VSI)
		smnc_vsi_settle(adi->pf, &adi->vsi);
	if (due & SMNC_DUE_WISHES && adi->kind->wishes)
		adi->kind->wishes(adi);
	if (due & SMNC_DUE_LINK)
		adi->kind->link(adi);
	if (due & SMNC_DUE_AGAIN && adi->again) {
		WRITE_ONCE(adi->again, false);
		adi->kind->again(adi);
	}
	if (msg && adi->kind->message(adi, msg) == SMNC_RESTART)
		reset = true;
	if (reset)
		smnc_adi_reset_func(adi);
}

static void smnc_adi_work(struct work_struct *work)
{
	struct smnc_adi *adi = container_of(work, struct smnc_adi, work);
	unsigned int due, before;
	bool msg;

	while ((due = smnc_msgs_next(adi, &msg)) || msg) {
		mutex_lock(&adi->lock);
		before = adi->vsi.exchanges;
		smnc_worker_step(adi, due, msg ? adi->msg : NULL);
		if (msg)
			smnc_msgs_charge(adi, adi->vsi.exchanges - before);
		mutex_unlock(&adi->lock);
		cond_resched();
	}
}

static void smnc_adi_later(struct work_struct *work)
{
	struct smnc_adi *adi = container_of(work, struct smnc_adi, later.work);

	queue_work(adi->pf->adi_wq, &adi->work);
}

void smnc_worker_init(struct smnc_adi *adi)
{
	spin_lock_init(&adi->msg_lock);
	INIT_WORK(&adi->work, smnc_adi_work);
	INIT_DELAYED_WORK(&adi->later, smnc_adi_later);
}

