// SPDX-License-Identifier: GPL-2.0-only
/*
 * The device is reset, sleeps, or failed and is brought back: PCI resets through
 * sysfs, error recovery, system sleep. All take one way down and one way up.
 *
 * Down: guests are notified, ADIs and the netdev stop, the driver accesses the device no
 * more. Up: hardware as in probe, then all that was open. Nothing is registered anew, and
 * every ADI keeps its function, queues and vectors. If that fails the device is dead.
 *
 * The PCI core holds the device lock in all these callbacks.
 */
#include <linux/delay.h>
#include <linux/pm.h>
#include <linux/slab.h>

#include "adi/adi.h"
#include "core/hw.h"
#include "core/pf.h"
#include "core/trace.h"
#include "devlink/devlink.h"
#include "net/netdev.h"
#include "reset.h"

/* When to look again whether the device lock is free. */
#define SMNC_RESCUE_RETRY	max(HZ / 50, 1)

/* Return: the number of guests that are notified, or errno: the others cannot be either */
static int smnc_announce_all(struct smnc_pf *pf)
{
	struct smnc_adi *adi;
	int told = 0, err = 0;

	mutex_lock(&pf->adis_lock);
	list_for_each_entry(adi, &pf->adis, list) {
		err = adi->kind->announce_reset(adi);
		if (err < 0)
			break;
		told += err;
	}
	mutex_unlock(&pf->adis_lock);
	return err < 0 ? err : told;
}

static void smnc_announce(struct smnc_pf *pf)
{
	int told = smnc_announce_all(pf);
	int err = told > 0 ? smnc_mbx_tx_drain(pf) : told;

	if (err == -ETIMEDOUT)
		smnc_hush(pf, "the mailbox");
	else if (told > 0)
		msleep(SMNC_ANNOUNCE_MS);
}

/* @there: the device still answers, for all that is known */
static void smnc_quiesce(struct smnc_pf *pf, bool there)
{
	if (smnc_pf_is(pf, SMNC_PF_DEAD) || smnc_pf_is(pf, SMNC_PF_QUIESCED))
		return;
	if (there && smnc_pf_move(pf, SMNC_PF_STOPPING))
		smnc_announce(pf);
	else
		smnc_silence(pf);
	cancel_delayed_work_sync(&pf->watch_work);
	if (pf->parent)
		vdcm_parent_quiesce(pf->parent);
	smnc_net_detach(pf);
	smnc_write(pf, SMNC_ICR_MASK, 0);
	smnc_read(pf, SMNC_ICR_MASK);
	smnc_pf_move(pf, SMNC_PF_QUIESCED);
	smnc_sync_events(pf);
	trace_smnc_quiesce(pf, there ? "in order" : "silent", 0);
}

/**
 * smnc_hw_start() - reset the device, and only then let it do DMA
 * @pf: PF, mapped
 *
 * What ran in it before may still know memory that has been given back.
 *
 * Context: process.
 * Return: 0 or errno of smnc_hw_reset().
 */
int smnc_hw_start(struct smnc_pf *pf)
{
	int err = smnc_hw_reset(pf);

	if (!err)
		pci_set_master(pf->pdev);
	return err;
}

/* The device as probe left it, but for what had been registered. */
static int smnc_restart(struct smnc_pf *pf)
{
	int err;

	if (!smnc_hw_answers(pf))
		return -EIO;
	err = smnc_hw_start(pf);
	if (err)
		return err;
	smnc_held_free_all(pf);
	/* Only now: a setting that is written meanwhile must not meet the reset. */
	smnc_pf_move(pf, SMNC_PF_STARTING);
	err = smnc_set_xlat(pf, pf->xlat == VDCM_XLAT_PASID ?
			    SMNC_XLAT_MODE_PASID : SMNC_XLAT_MODE_TABLE);
	if (err)
		return err;
	smnc_mbx_start(pf);
	smnc_vectors_route(pf);
	return smnc_net_restore(pf);
}

static void smnc_resume(struct smnc_pf *pf)
{
	int err;

	if (!smnc_pf_is(pf, SMNC_PF_QUIESCED))
		return;
	/* A reset through sysfs amid error recovery: another one follows. */
	if (delayed_work_pending(&pf->recovery_work))
		return;
	err = smnc_restart(pf);
	trace_smnc_resume(pf, err ? "given up" : "reset", err);
	if (err) {
		pci_err(pf->pdev, "not brought back: %d\n", err);
		smnc_hw_dead(pf);
		return;
	}
	smnc_pf_move(pf, SMNC_PF_UP);
	/* An ADI that fails is lost by itself. */
	if (pf->parent)
		vdcm_parent_resume(pf->parent);
	smnc_net_attach(pf);
	queue_work(pf->ctl_wq, &pf->link_work);
	queue_delayed_work(pf->ctl_wq, &pf->watch_work, HZ);
	pci_info(pf->pdev, "back again\n");
	smnc_health_well(pf, SMNC_HEALTH_FATAL);
}

/* --- resets through sysfs, of the function or its bus -------------------------- */

static void smnc_reset_prepare(struct pci_dev *pdev)
{
	smnc_quiesce(pci_get_drvdata(pdev), true);
}

static void smnc_reset_done(struct pci_dev *pdev)
{
	smnc_resume(pci_get_drvdata(pdev));
}

/* --- resets of the driver's own accord ------------------------------------------- */

static bool smnc_rescue_allowed(struct smnc_pf *pf)
{
	unsigned long *oldest = &pf->rescues[pf->nr_rescues % SMNC_RESCUES];

	if (pf->nr_rescues >= SMNC_RESCUES &&
	    time_before(jiffies, *oldest + SMNC_RESCUE_SECONDS * HZ))
		return false;
	*oldest = jiffies;
	pf->nr_rescues++;
	return true;
}

static void smnc_rescue(struct smnc_pf *pf)
{
	bool lost = smnc_pf_is(pf, SMNC_PF_LOST), trouble = lost || smnc_pf_is(pf, SMNC_PF_STUCK);
	bool asked = xchg(&pf->reset_asked, false);

	/* A reset or sleep that has quiesced it meanwhile brings it back. */
	if (!trouble && !(asked && smnc_pf_is(pf, SMNC_PF_UP)))
		return;
	if (trouble)
		smnc_devlink_capture(pf);
	smnc_quiesce(pf, !trouble);
	/* Link errors are the kernel's; smnc_recovery_work() waits for it. */
	if (lost)
		return;
	if (asked || smnc_rescue_allowed(pf)) {
		smnc_resume(pf);
		return;
	}
	pci_err(pf->pdev, "reset %d times within %d s, in vain\n", SMNC_RESCUES,
		SMNC_RESCUE_SECONDS);
	smnc_hw_dead(pf);
}

static void smnc_rescue_work(struct work_struct *work)
{
	struct smnc_pf *pf = container_of(work, struct smnc_pf, rescue_work.work);

	/* Removal has the lock, and waits for the end of this work. */
	if (device_trylock(&pf->pdev->dev)) {
		smnc_rescue(pf);
		device_unlock(&pf->pdev->dev);
	} else {
		queue_delayed_work(pf->ctl_wq, &pf->rescue_work, SMNC_RESCUE_RETRY);
	}
}

/**
 * smnc_reset_request() - reset the device soon, as the operator asks for
 * @pf: PF
 *
 * Context: process; any lock but the device lock may be held.
 * Return: 0 = it is queued, -ENODEV = the device is dead.
 */
int smnc_reset_request(struct smnc_pf *pf)
{
	if (smnc_pf_is(pf, SMNC_PF_DEAD))
		return -ENODEV;
	WRITE_ONCE(pf->reset_asked, true);
	mod_delayed_work(pf->ctl_wq, &pf->rescue_work, 0);
	return 0;
}

/**
 * smnc_reload_prepare() - the way down of a reload
 * @pf: PF, its device lock held until after smnc_reload_done()
 *
 * Return: 0, -EIO (dead), -EBUSY (the device is being reset).
 */
int smnc_reload_prepare(struct smnc_pf *pf)
{
	device_lock_assert(&pf->pdev->dev);
	if (smnc_pf_is(pf, SMNC_PF_DEAD))
		return -EIO;
	if (!smnc_pf_is(pf, SMNC_PF_UP))
		return -EBUSY;
	smnc_quiesce(pf, true);
	return 0;
}

/**
 * smnc_reload_done() - the way up of a reload
 * @pf: PF
 *
 * Return: 0, or -EIO: the device is not back.
 */
int smnc_reload_done(struct smnc_pf *pf)
{
	device_lock_assert(&pf->pdev->dev);
	smnc_resume(pf);
	return smnc_hw_off(pf) ? -EIO : 0;
}

/* --- recovery from errors of the link or the device ---------------------------- */

static void smnc_recovery_work(struct work_struct *work)
{
	struct smnc_pf *pf = container_of(work, struct smnc_pf, recovery_work.work);

	pci_err(pf->pdev, "no recovery after %u s\n", SMNC_RECOVERY_SECONDS);
	smnc_hw_dead(pf);
}

void smnc_recovery_init(struct smnc_pf *pf)
{
	INIT_DELAYED_WORK(&pf->recovery_work, smnc_recovery_work);
	INIT_DELAYED_WORK(&pf->rescue_work, smnc_rescue_work);
}

/**
 * smnc_recovery_ready() - keep what recovery puts back into config space
 * @pf: PF, set up
 *
 * A copy of our own: each reset through sysfs saves and uses up the PCI core's.
 * Without memory for it there is that one.
 */
void smnc_recovery_ready(struct smnc_pf *pf)
{
	pci_save_state(pf->pdev);
	pf->saved = pci_store_saved_state(pf->pdev);
}

/* Whatever was going on, the device is being removed. */
void smnc_recovery_exit(struct smnc_pf *pf)
{
	cancel_delayed_work_sync(&pf->rescue_work);
	cancel_delayed_work_sync(&pf->recovery_work);
	kfree(pf->saved);
	pf->saved = NULL;
	if (smnc_hw_off(pf))
		smnc_hw_dead(pf);
}

static pci_ers_result_t smnc_refuse(struct smnc_pf *pf)
{
	cancel_delayed_work_sync(&pf->recovery_work);
	smnc_hw_dead(pf);
	return PCI_ERS_RESULT_DISCONNECT;
}

/* The device fell silent before the kernel reported it, or a reset is queued already. */
static bool smnc_recovering(struct smnc_pf *pf)
{
	return smnc_pf_is(pf, SMNC_PF_LOST) || delayed_work_pending(&pf->recovery_work);
}

static pci_ers_result_t smnc_error_detected(struct pci_dev *pdev, pci_channel_state_t state)
{
	struct smnc_pf *pf = pci_get_drvdata(pdev);

	if (smnc_pf_is(pf, SMNC_PF_DEAD) || state == pci_channel_io_perm_failure)
		return smnc_refuse(pf);
	if (state == pci_channel_io_normal && !smnc_recovering(pf))
		return PCI_ERS_RESULT_CAN_RECOVER;
	smnc_quiesce(pf, false);
	smnc_recovery_expect(pf);
	return PCI_ERS_RESULT_NEED_RESET;
}

static pci_ers_result_t smnc_slot_reset(struct pci_dev *pdev)
{
	struct smnc_pf *pf = pci_get_drvdata(pdev);

	/* Given up meanwhile, or not: it must not be while it gets the bus back. */
	cancel_delayed_work_sync(&pf->recovery_work);
	if (smnc_pf_is(pf, SMNC_PF_DEAD))
		return PCI_ERS_RESULT_DISCONNECT;
	/* The reset took config space along. */
	if (pf->saved)
		pci_load_saved_state(pdev, pf->saved);
	pci_restore_state(pdev);
	/* Nor the bus before smnc_hw_start(). */
	pci_clear_master(pdev);
	if (!smnc_hw_answers(pf))
		return smnc_refuse(pf);
	/* Others behind the same port may still refuse; then no resume follows. */
	smnc_recovery_expect(pf);
	return PCI_ERS_RESULT_RECOVERED;
}

static void smnc_error_resume(struct pci_dev *pdev)
{
	struct smnc_pf *pf = pci_get_drvdata(pdev);

	cancel_delayed_work_sync(&pf->recovery_work);
	smnc_resume(pf);
}

const struct pci_error_handlers smnc_err_handlers = {
	.error_detected = smnc_error_detected,
	.slot_reset = smnc_slot_reset,
	.resume = smnc_error_resume,
	.reset_prepare = smnc_reset_prepare,
	.reset_done = smnc_reset_done,
};

/* --- system sleep --------------------------------------------------------------- */

static int smnc_pm_suspend(struct device *dev)
{
	smnc_quiesce(dev_get_drvdata(dev), true);
	return 0;
}

static int smnc_pm_resume(struct device *dev)
{
	smnc_resume(dev_get_drvdata(dev));
	return 0;
}

DEFINE_SIMPLE_DEV_PM_OPS(smnc_pm_ops, smnc_pm_suspend, smnc_pm_resume);
