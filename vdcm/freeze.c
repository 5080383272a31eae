// SPDX-License-Identifier: GPL-2.0-only
/*
 * A VM that is stopped, to be migrated or for a while: in two steps, and back.
 *
 *	paused	no DMA. The device keeps what doorbells ask for
 *	frozen	nothing changes by itself: interrupts become pending, faults wait, and the
 *		driver has carried out what the guest had asked for
 *
 * Config space, the MSI-X table and eventfds change as ever; what that means for DMA and
 * interrupts is done when the VM goes on. A guest's reset, and one of the PF, are no business
 * of the VMM's: after both the ADI is frozen again. An ADI whose hardware is gone takes all
 * steps: it has nothing to stop.
 */
#include "internal.h"

/**
 * vdcm_pause() - no DMA from now on, whatever the guest has enabled
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

/* Faults wait and interrupts become pending, or both go on. */
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
 * vdcm_freeze() - nothing of an ADI changes by itself from now on
 * @adi: open ADI that is paused; adi->lock held; its PF is there, or dead
 *
 * Return: 0, or the driver's error: the ADI is not frozen then.
 */
int vdcm_freeze(struct vdcm_adi *adi)
{
	int ret = 0;

	lockdep_assert_held(&adi->lock);
	/* What is pinned when the VM stops is what the VMM is told last. */
	vdcm_age_stop(adi);
	vdcm_hold(adi, true);
	/* Posted interrupts pass no gate: no more of them. */
	vdcm_irq_kick_all(adi);
	if (!vdcm_is_gone(adi))
		ret = vdcm_ops(adi)->freeze(adi);
	if (ret) {
		vdcm_hold(adi, false);
		vdcm_irq_kick_all(adi);
		vdcm_limited(adi, warn, "cannot be stopped: %d\n", ret);
	}
	return ret;
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
	/* Delivers what is pending. */
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
	/* The reset drops what is pending and what waits: neither is delivered here. */
	vdcm_hold(adi, false);
}
