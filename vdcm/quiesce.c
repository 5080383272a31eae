// SPDX-License-Identifier: GPL-2.0-only
/*
 * A PF that is not there for a while (reset, suspend), or for good.
 *
 * While it is quiesced, open ADIs stay open. Config space and MSI-X state are emulated and
 * keep working; registers read all-ones and writes are dropped, but those of soft pages; an
 * access to a doorbell page waits; DMA is off and faults are refused; opening returns
 * -EAGAIN; closing waits. Guest memory stays pinned and mapped: vdcm_parent_resume() finds
 * the translations unchanged.
 */
#include <linux/device.h>
#include <linux/ktime.h>
#include <linux/sched/signal.h>
#include <linux/wait.h>

#include "trace.h"

/* After this the ADI's operations do not access the hardware. */
static void vdcm_stop_adi(struct vdcm_adi *adi)
{
	vdcm_stop(adi);
	vdcm_adi_move(adi, VDCM_ADI_AWAY);
}

static void vdcm_quiesce_adi(struct vdcm_adi *adi)
{
	if (vdcm_ops(adi)->quiesce)
		vdcm_ops(adi)->quiesce(adi);
}

static void vdcm_call_each_open(struct vdcm_parent *parent,
				void (*fn)(struct vdcm_adi *adi))
{
	struct vdcm_adi *adi;

	lockdep_assert_held(&parent->list_lock);
	list_for_each_entry(adi, &parent->adis, entry) {
		mutex_lock(&adi->lock);
		if (vdcm_is_held(adi))
			fn(adi);
		mutex_unlock(&adi->lock);
	}
}

/**
 * vdcm_parent_quiesce() - the PF is about to be reset, or put to sleep
 * @parent: parent; its types have the resume() operation
 *
 * On return no operation of an ADI that needs the hardware is running or will be
 * called before vdcm_parent_resume() or vdcm_parent_dead(), but for xlat_unmap()
 * and invalidate(): user space may take its memory back at any time, and a
 * device that does no DMA has nothing to forget.
 *
 * All ADIs are stopped before the first quiesce() is called. A pin under way is not
 * waited for.
 *
 * Context: process, with the PF's device lock held, as it is in the PCI core's
 * callbacks for resets, error recovery and power management. Must not hold a
 * lock that an operation takes.
 */
void vdcm_parent_quiesce(struct vdcm_parent *parent)
{
	u64 start = ktime_get_ns();

	device_lock_assert(parent->dev);
	if (WARN_ON(!parent->resumes))
		return;
	mutex_lock(&parent->list_lock);
	/* Before the ADIs' locks: a later open() then finds this state. A dead PF stays dead. */
	vdcm_parent_move(parent, VDCM_PARENT_QUIESCED);
	vdcm_call_each_open(parent, vdcm_stop_adi);
	vdcm_call_each_open(parent, vdcm_quiesce_adi);
	mutex_unlock(&parent->list_lock);
	trace_vdcm_quiesce(parent->dev, ktime_get_ns() - start, 0);
}
EXPORT_SYMBOL_GPL(vdcm_parent_quiesce);

/* Revokes an ADI that its driver could not resume. Return: @err */
static int vdcm_resumed(struct vdcm_adi *adi, int err)
{
	if (err) {
		dev_err(vdcm_adi_dev(adi), "not brought back: %d\n", err);
		vdcm_revoke(adi);
	}
	return err;
}

/* First pass: the hardware has the ADI again, and it does no DMA. */
static int vdcm_resume_hardware(struct vdcm_adi *adi)
{
	int ret = vdcm_resumed(adi, vdcm_ops(adi)->resume(adi));

	if (!ret)
		vdcm_dma_resume(adi);
	return ret;
}

/* Second pass: what the guest had set up in config space holds. */
static int vdcm_resume_guest(struct vdcm_adi *adi)
{
	struct vdcm_live *live = adi->live;
	int ret;

	/* resume() kept the state from before the reset that is owed. */
	if (live->reset_owed) {
		ret = vdcm_resumed(adi, vdcm_ops(adi)->reset(adi));
		if (ret)
			return ret;
	}
	live->reset_owed = false;
	/* The driver has given the ADI up meanwhile: DMA stays off. */
	if (!vdcm_adi_move(adi, VDCM_ADI_OPEN))
		return 0;
	vdcm_inc(adi, VDCM_CNT_RESUMES);
	ret = vdcm_freeze_again(adi);
	if (ret)
		return ret;
	vdcm_dma_accept(adi, true);
	vdcm_set_bus_master(adi, vdcm_wants_dma(live));
	vdcm_set_memory(adi, vdcm_config_memory(&live->config));
	return 0;
}

/* Runs @pass on an ADI that is away, and revokes one that the driver has given up. */
static int vdcm_resume_adi(struct vdcm_adi *adi, int (*pass)(struct vdcm_adi *adi))
{
	if (vdcm_is_away(adi))
		return pass(adi);
	if (vdcm_is_held(adi))
		vdcm_revoke(adi);
	return 0;
}

/* Return: 0, or the error of the last open ADI for which @pass failed. */
static int vdcm_resume_pass(struct vdcm_parent *parent, int (*pass)(struct vdcm_adi *adi))
{
	struct vdcm_adi *adi;
	int ret = 0, err;

	lockdep_assert_held(&parent->list_lock);
	list_for_each_entry(adi, &parent->adis, entry) {
		mutex_lock(&adi->lock);
		err = vdcm_resume_adi(adi, pass);
		ret = err ?: ret;
		mutex_unlock(&adi->lock);
	}
	return ret;
}

/**
 * vdcm_parent_resume() - the PF is back, as new
 * @parent: quiesced parent
 *
 * Brings every open ADI back by its resume() operation, and allows DMA only when all are
 * back: none meets hardware that does not know its neighbour yet. One that cannot be brought
 * back is revoked: its user finds it dead, the others go on.
 *
 * Context: as vdcm_parent_quiesce().
 * Return: 0, or the error of the last ADI that could not be brought back.
 */
int vdcm_parent_resume(struct vdcm_parent *parent)
{
	u64 start = ktime_get_ns();
	int ret, err;

	device_lock_assert(parent->dev);
	mutex_lock(&parent->list_lock);
	ret = vdcm_resume_pass(parent, vdcm_resume_hardware);
	err = vdcm_resume_pass(parent, vdcm_resume_guest);
	ret = err ?: ret;
	vdcm_parent_move(parent, VDCM_PARENT_UP);
	mutex_unlock(&parent->list_lock);
	wake_up_all(&parent->wait);
	trace_vdcm_resume(parent->dev, ktime_get_ns() - start, ret);
	return ret;
}
EXPORT_SYMBOL_GPL(vdcm_parent_resume);

/**
 * vdcm_parent_dead() - the PF is gone, or broken for good
 * @parent: parent; quiesced or not
 *
 * From now on reads return all-ones and writes are dropped, but in soft pages. Touching a
 * doorbell page raises SIGBUS, and nothing is opened, reset or created. Open ADIs get the error
 * interrupt, and soon after are revoked: guest memory is given back although they
 * stay open. Closing works as ever.
 *
 * Context: process. Must not hold a lock that an operation takes.
 */
void vdcm_parent_dead(struct vdcm_parent *parent)
{
	struct vdcm_adi *adi;

	vdcm_parent_move(parent, VDCM_PARENT_DEAD);
	wake_up_all(&parent->wait);
	mutex_lock(&parent->list_lock);
	list_for_each_entry(adi, &parent->adis, entry) {
		vdcm_zap(adi);
		vdcm_adi_error(adi);
		vdcm_revoke_after(adi, 0);
	}
	mutex_unlock(&parent->list_lock);
}
EXPORT_SYMBOL_GPL(vdcm_parent_dead);
