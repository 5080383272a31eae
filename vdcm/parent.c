// SPDX-License-Identifier: GPL-2.0-only
/*
 * A PF as its ADIs see it: whether it is there.
 */
#include <linux/sched/signal.h>
#include <linux/wait.h>

#include "internal.h"

static bool settled(const struct vdcm_parent *parent)
{
	return !READ_ONCE(parent->quiesced) || READ_ONCE(parent->dead);
}

/**
 * vdcm_lock_settled() - take adi->lock once the PF is there, or dead
 * @adi: ADI
 *
 * For closing: its way to the hardware must not meet a reset.
 *
 * Context: process. Takes adi->lock.
 */
void vdcm_lock_settled(struct vdcm_adi *adi)
{
	mutex_lock(&adi->lock);
	while (!settled(adi->parent)) {
		mutex_unlock(&adi->lock);
		wait_event(adi->parent->wait, settled(adi->parent));
		mutex_lock(&adi->lock);
	}
}

/**
 * vdcm_wait_settled() - wait a second at most until the PF is there, or dead
 * @parent: parent
 *
 * Context: process; returns early for a process that is being killed.
 */
void vdcm_wait_settled(struct vdcm_parent *parent)
{
	wait_event_killable_timeout(parent->wait, settled(parent), HZ);
}
