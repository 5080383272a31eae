// SPDX-License-Identifier: GPL-2.0-only
/*
 * What happens to a function, on behalf of any caller: opening and closing, DMA and memory
 * on and off, reset, and losing the hardware.
 */
#include <linux/memcontrol.h>
#include <linux/overflow.h>
#include <linux/pid.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/string_helpers.h>

#include "trace.h"

/**
 * vdcm_set_bus_master() - tell the driver whether the ADI may do DMA
 * @adi: open ADI; adi->lock held
 * @on: it may
 */
void vdcm_set_bus_master(struct vdcm_adi *adi, bool on)
{
	lockdep_assert_held(&adi->lock);
	if (adi->live->bus_master == on)
		return;
	adi->live->bus_master = on;
	/* The driver may wait for its work, which may wait for a range. */
	if (!on)
		vdcm_prefetch_allow(adi, false);
	vdcm_ops(adi)->bus_master(adi, on);
	if (on)
		vdcm_prefetch_allow(adi, true);
}

/**
 * vdcm_set_memory() - pages may be mapped from now on, or no longer
 * @adi: ADI
 * @on: which; when switched off, all mappings are gone on return
 *
 * Context: process; no lock held that is taken under mmap_lock.
 */
void vdcm_set_memory(struct vdcm_adi *adi, bool on)
{
	down_write(&adi->mem_lock);
	adi->mem_on = on;
	if (!on)
		adi->export->zap(adi);
	up_write(&adi->mem_lock);
}

/**
 * vdcm_zap() - revoke all mappings; the next touch faults
 * @adi: ADI
 *
 * Context: process; no lock held that is taken under mmap_lock.
 */
void vdcm_zap(struct vdcm_adi *adi)
{
	down_write(&adi->mem_lock);
	adi->export->zap(adi);
	up_write(&adi->mem_lock);
}

/**
 * vdcm_stop() - no DMA, no access to doorbells, no fault of an ADI any more
 * @adi: open ADI; adi->lock held
 *
 * Waits for nothing that a user decides over.
 */
void vdcm_stop(struct vdcm_adi *adi)
{
	vdcm_set_bus_master(adi, false);
	vdcm_set_memory(adi, false);
	vdcm_dma_accept(adi, false);
}

/**
 * vdcm_shut_begin() - the part of vdcm_shut() that takes long for much memory
 * @adi: open ADI; adi->lock held, but given up meanwhile; the PF is there, or dead
 *
 * Unmapping all of a guest takes seconds. Its PF's reset waits for adi->lock, and not for
 * that. What comes back in between is left to vdcm_shut(); the ADI may have been revoked.
 */
void vdcm_shut_begin(struct vdcm_adi *adi)
{
	struct vdcm_live *live = adi->live;

	vdcm_stop(adi);
	mutex_unlock(&adi->lock);
	vdcm_drop_range(live, 0, ULONG_MAX);
	vdcm_lock_settled(adi);
}

/*
 * The part of closing that concerns hardware and translation. DMA off first, then the
 * translation; the driver's part last. Guest memory is unpinned later, by
 * vdcm_dma_drain() or before.
 */
static void vdcm_shut(struct vdcm_adi *adi)
{
	lockdep_assert_held(&adi->lock);
	vdcm_stop(adi);
	vdcm_dma_detach(adi);
	vdcm_irq_disable(adi);
	vdcm_ops(adi)->close(adi);
}

/**
 * vdcm_revoke() - take the hardware from an ADI's user
 * @adi: open ADI; adi->lock held
 *
 * Idempotent. Not while the PF is quiesced, unless it is dead or the ADI was not
 * brought back.
 */
void vdcm_revoke(struct vdcm_adi *adi)
{
	bool told = vdcm_is_gone(adi);

	/* Before the vectors' irqs go: bypass does not ask for them any more. */
	if (!vdcm_adi_move(adi, VDCM_ADI_REVOKED))
		return;
	trace_vdcm_revoke(adi, 0);
	vdcm_shut(adi);
	if (!told)
		vdcm_adi_error(adi);
}

/**
 * vdcm_freeze_again() - freeze an ADI that a reset has thawed, if its VM is stopped
 * @adi: open ADI; adi->lock held; its PF is there
 *
 * An ADI that cannot be frozen is revoked.
 *
 * Return: 0, also if the VM is not stopped, or the driver's error.
 */
int vdcm_freeze_again(struct vdcm_adi *adi)
{
	int ret;

	lockdep_assert_held(&adi->lock);
	if (!adi->live->frozen)
		return 0;
	ret = vdcm_ops(adi)->freeze(adi);
	if (ret) {
		vdcm_limited(adi, err, "cannot be stopped after a reset, taken from its user: %d\n",
			     ret);
		vdcm_revoke(adi);
	}
	return ret;
}

/* The part of a reset that needs no hardware. Return: there is no other part. */
static bool vdcm_soft_reset(struct vdcm_adi *adi)
{
	return vdcm_ops(adi)->soft_reset && vdcm_ops(adi)->soft_reset(adi);
}

/**
 * vdcm_reset() - the one way to reset a function, for any caller
 * @adi: open ADI; adi->lock held
 *
 * Pinned pages stay pinned and mapped: they are the same tenant's. Eventfds
 * stay: they are user space's.
 *
 * While the PF is quiesced, the hardware's part, if there is any, is left to
 * vdcm_parent_resume(). An ADI that cannot be reset is revoked.
 *
 * Return: 0, -EIO on a dead, lost or revoked device, or the driver's error.
 */
int vdcm_reset(struct vdcm_adi *adi)
{
	struct vdcm_live *live = adi->live;
	bool there = vdcm_is_there(adi);
	unsigned long flags;
	int ret = 0;

	lockdep_assert_held(&adi->lock);
	if (vdcm_is_gone(adi))
		return -EIO;
	vdcm_inc(adi, VDCM_CNT_RESETS);
	vdcm_stop(adi);
	if (there)
		ret = vdcm_ops(adi)->reset(adi);
	/* Else a reset that comes later would undo what the guest has set up since. */
	live->reset_owed = !there && !vdcm_soft_reset(adi);
	trace_vdcm_reset(adi, ret);
	/* The last tenant's state may still be there: it stays out of reach. */
	if (ret) {
		vdcm_limited(adi, err, "reset failed, taken from its user: %d\n", ret);
		vdcm_revoke(adi);
		return ret;
	}
	vdcm_config_init(&live->config, adi->type->comp, live->msix.nr);
	spin_lock_irqsave(&adi->irq_lock, flags);
	vdcm_msix_reset(&live->msix);
	spin_unlock_irqrestore(&adi->irq_lock, flags);
	vdcm_irq_kick_all(adi);
	vdcm_dma_accept(adi, there);
	live->announce = false;
	return there ? vdcm_freeze_again(adi) : 0;
}

/* A process may call itself anything: one that parses or prints it must not be misled. */
static void vdcm_get_opener(char *name)
{
	char comm[TASK_COMM_LEN];
	int len;

	get_task_comm(comm, current);
	len = string_escape_str(comm, name, VDCM_OPENER_LEN - 1, ESCAPE_ANY | ESCAPE_NAP,
				NULL);
	name[min(len, VDCM_OPENER_LEN - 1)] = 0;
}

/* Make the open state visible, or invisible, to everyone who looks for it. */
static void vdcm_publish(struct vdcm_adi *adi, struct vdcm_live *live)
{
	char opener[VDCM_OPENER_LEN] = "";
	unsigned long flags;

	lockdep_assert_held(&adi->lock);
	if (live)
		vdcm_get_opener(opener);
	mutex_lock(&adi->pin_lock);
	spin_lock_irqsave(&adi->irq_lock, flags);
	spin_lock(&adi->fault_lock);
	adi->live = live;
	spin_unlock(&adi->fault_lock);
	vdcm_adi_move(adi, live ? VDCM_ADI_OPEN : VDCM_ADI_CLOSED);
	adi->opener_pid = live ? task_tgid_nr(current) : 0;
	memcpy(adi->opener, opener, sizeof(opener));
	spin_unlock_irqrestore(&adi->irq_lock, flags);
	mutex_unlock(&adi->pin_lock);
}

static struct vdcm_live *vdcm_live_alloc(struct vdcm_adi *adi, bool gated)
{
	unsigned int nr = adi->type->nr_vectors;
	struct vdcm_live *live;

	live = kvzalloc(struct_size(live, vecs, nr), GFP_KERNEL_ACCOUNT);
	if (!live)
		return NULL;
	if (vdcm_msix_init(&live->msix, nr))
		goto free;
	if (vdcm_dma_open(live))
		goto msix;
	live->adi = adi;
	live->dma.gated = gated;
	live->memcg = get_mem_cgroup_from_mm(current->mm);
	vdcm_config_init(&live->config, adi->type->comp, nr);
	return live;

msix:
	vdcm_msix_exit(&live->msix);
free:
	kvfree(live);
	return NULL;
}

static void vdcm_live_free(struct vdcm_live *live)
{
	vdcm_dma_free(live);
	vdcm_msix_exit(&live->msix);
	mem_cgroup_put(live->memcg);
	kvfree(live);
}

static int vdcm_open_locked(struct vdcm_adi *adi, bool gated)
{
	struct vdcm_live *live;
	int ret;

	if (vdcm_is_dead(adi))
		return -EIO;
	/* Soon it will be there again; and the caller holds VFIO's locks. */
	if (vdcm_parent_is(adi->parent, VDCM_PARENT_QUIESCED))
		return -EAGAIN;
	live = vdcm_live_alloc(adi, gated);
	if (!live)
		return -ENOMEM;
	/* Before the driver's turn: its vectors may fire as soon as they exist. */
	vdcm_publish(adi, live);
	ret = vdcm_ops(adi)->open(adi);
	if (ret)
		goto free;
	ret = vdcm_dma_attach(adi);
	if (ret)
		goto close;
	return 0;

close:
	vdcm_ops(adi)->close(adi);
free:
	vdcm_publish(adi, NULL);
	/* VFIO calls back for unmaps already. Nothing is pinned: no callback waits for long. */
	vdcm_unmap_leave(live);
	vdcm_live_free(live);
	return ret;
}

/**
 * vdcm_function_open() - open an ADI: hardware, translation
 * @adi: closed ADI
 * @gated: pins are to be held off while user space unmaps memory
 *
 * Context: process; called by the task that opens.
 * Return: 0, -EIO (the device is gone), -EAGAIN (its PF is being reset), -ENOMEM, or the
 * error of the driver or of the translation.
 */
int vdcm_function_open(struct vdcm_adi *adi, bool gated)
{
	int ret = vdcm_watch_begin(adi);

	if (ret)
		return ret;
	mutex_lock(&adi->lock);
	ret = vdcm_open_locked(adi, gated);
	trace_vdcm_open(adi, ret);
	mutex_unlock(&adi->lock);
	/* Revocation may have been scheduled while the open was in progress. */
	if (ret) {
		cancel_delayed_work_sync(&adi->revoke_work);
		vdcm_watch_end(adi);
	}
	/* -EAGAIN is expected while the PF is reset; it is not logged. */
	if (ret && ret != -EAGAIN)
		vdcm_limited(adi, err, "cannot be opened: %d\n", ret);
	return ret;
}

/**
 * vdcm_function_close() - close an ADI
 * @adi: open ADI; nothing of its user's calls into it any more, but unmap callbacks
 *
 * Context: process. Waits until the PF is there, or dead, and for the user's memory.
 */
void vdcm_function_close(struct vdcm_adi *adi)
{
	struct vdcm_live *live = adi->live;

	vdcm_lock_settled(adi);
	trace_vdcm_close(adi, 0);
	if (vdcm_is_held(adi))
		vdcm_shut_begin(adi);
	if (vdcm_is_held(adi))
		vdcm_shut(adi);
	/* There is nothing left to quiesce, resume or revoke. */
	vdcm_adi_move(adi, VDCM_ADI_CLOSING);
	vdcm_irq_release(adi);
	mutex_unlock(&adi->lock);
	/* May take as long as its user's memory likes: without a lock. */
	vdcm_dma_drain(live);
	mutex_lock(&adi->lock);
	vdcm_publish(adi, NULL);
	mutex_unlock(&adi->lock);
	vdcm_unmap_leave(live);
	cancel_delayed_work_sync(&adi->revoke_work);
	vdcm_watch_end(adi);
	/* A callback, or a discard, may have started the work items when all was unpinned. */
	vdcm_unpin_finish(live);
	vdcm_live_free(live);
}
