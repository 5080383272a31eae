// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stopping an ADI for a migration or a pause of its VM: in two steps, and back.
 *
 *	paused	no DMA. The device keeps doorbells for later
 *	frozen	nothing changes by itself: interrupts become pending, faults wait, and the
 *		driver has carried out the guest's earlier requests
 *
 * The VMM can still change config space, the MSI-X table and eventfds; DMA and interrupts follow
 * when the VM goes on. After a reset by the guest or of the PF vdcm freezes the ADI again, for
 * the VMM need not know of such resets. An ADI whose hardware is gone takes all steps: there is
 * nothing to stop.
 */
#include "internal.h"

/**
 * vdcm_pause() - turn DMA off, also if the guest has enabled it
 * @adi: open ADI; adi->lock held; its PF is there, or dead
 */
void vdcm_pause(struct vdcm_adi *adi)
{
	lockdep_assert_held(&adi->lock);
	adi->live->paused = true;
	if (!vdcm_is_gone(adi))
		vdcm_set_bus_master(adi, false);
}

/**
 * vdcm_unpause() - undo vdcm_pause()
 * @adi: open ADI that is not frozen; adi->lock held; its PF is there, or dead
 */
void vdcm_unpause(struct vdcm_adi *adi)
{
	struct vdcm_live *live = adi->live;

	lockdep_assert_held(&adi->lock);
	live->paused = false;
	if (vdcm_is_gone(adi))
		return;
	vdcm_set_bus_master(adi, vdcm_wants_dma(live));
	if (live->announce && live->bus_master && vdcm_ops(adi)->announce)
		vdcm_ops(adi)->announce(adi);
	live->announce = false;
}

/* Hold faults and interrupts back, or let both go on. */
static void vdcm_hold(struct vdcm_adi *adi, bool hold)
{
	struct vdcm_live *live = adi->live;
	unsigned long flags;

	live->frozen = hold;
	spin_lock_irqsave(&adi->irq_lock, flags);
	live->msix.stopped = hold;
	spin_unlock_irqrestore(&adi->irq_lock, flags);
	vdcm_dma_hold(adi, hold);
}

/**
 * vdcm_freeze() - stop all that changes an ADI by itself
 * @adi: open ADI that is paused; adi->lock held; its PF is there, or dead
 *
 * Return: 0, or the driver's error: the ADI is not frozen then.
 */
int vdcm_freeze(struct vdcm_adi *adi)
{
	int ret = 0;

	lockdep_assert_held(&adi->lock);
	vdcm_hold(adi, true);
	/* Turn posted interrupts off: the stop of the VM cannot hold them back. */
	vdcm_irq_kick_all(adi);
	if (!vdcm_is_gone(adi))
		ret = vdcm_ops(adi)->freeze(adi);
	if (ret) {
		vdcm_hold(adi, false);
		vdcm_irq_kick_all(adi);
		vdcm_limited(adi, warn, "cannot be stopped: %d\n", ret);
		return ret;
	}
	/* The VMM's last list of dirty pages has all pages that are pinned now. */
	vdcm_age_stop(adi);
	return 0;
}

/**
 * vdcm_thaw() - undo vdcm_freeze()
 * @adi: frozen ADI; adi->lock held; its PF is there, or dead
 *
 * Return: 0, or the driver's error: the ADI is still frozen then.
 */
int vdcm_thaw(struct vdcm_adi *adi)
{
	int ret = 0;

	lockdep_assert_held(&adi->lock);
	if (!vdcm_is_gone(adi))
		ret = vdcm_ops(adi)->thaw(adi);
	if (ret) {
		vdcm_limited(adi, warn, "cannot go on: %d\n", ret);
		return ret;
	}
	vdcm_hold(adi, false);
	/* Delivers pending interrupts. */
	vdcm_irq_kick_all(adi);
	return 0;
}

/**
 * vdcm_let_go() - the VMM resets the device: its VM counts as running
 * @adi: open ADI; adi->lock held; vdcm_reset() follows, which thaws the driver
 */
void vdcm_let_go(struct vdcm_adi *adi)
{
	lockdep_assert_held(&adi->lock);
	adi->live->paused = false;
	vdcm_age_stop(adi);
	/* The reset drops pending interrupts and waiting faults: nothing is delivered here. */
	vdcm_hold(adi, false);
}
