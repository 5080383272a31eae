// SPDX-License-Identifier: GPL-2.0-only
/*
 * Taking an open device away. Its user is asked first. Only the user can close
 * it, and removal waits for that; but a user who takes too long loses the
 * hardware: no DMA, no mapping, no pinned memory, no interrupt. What stays is a
 * file descriptor behind which everything but soft pages reads all-ones.
 */
#include <linux/jiffies.h>
#include <linux/moduleparam.h>

#include "internal.h"

/* Time for a user with a request eventfd, seconds. Its guest releases the device when it can. */
static unsigned int release_timeout = 10;
module_param(release_timeout, uint, 0644);
MODULE_PARM_DESC(release_timeout,
		 "seconds that a VMM may take to let go of a device that is being removed, before the device is taken from it (default 10; 0: no limit); one that does not listen has 2 at most");

/* Time for a user without one: it may be exiting. */
#define DEAF_SECONDS	2u

static void vdcm_report_revoked(struct vdcm_adi *adi)
{
	char opener[VDCM_OPENER_LEN];
	unsigned long flags;
	pid_t pid;

	spin_lock_irqsave(&adi->irq_lock, flags);
	pid = adi->opener_pid;
	memcpy(opener, adi->opener, sizeof(opener));
	spin_unlock_irqrestore(&adi->irq_lock, flags);
	dev_warn(vdcm_adi_dev(adi), "not released by %s[%d]: taken from it, removed when it ends\n",
		 opener, pid);
}

/**
 * vdcm_revoke_work() - the time to release the device is over
 * @work: of the ADI
 */
void vdcm_revoke_work(struct work_struct *work)
{
	struct vdcm_adi *adi = container_of(to_delayed_work(work),
					    struct vdcm_adi, revoke_work);

	vdcm_lock_settled(adi);
	if (vdcm_is_held(adi)) {
		if (!vdcm_is_gone(adi))
			vdcm_report_revoked(adi);
		vdcm_shut_begin(adi);
	}
	/* It may have been closed meanwhile; the open state is freed after this item. */
	if (adi->live)
		vdcm_revoke(adi);
	mutex_unlock(&adi->lock);
}

/**
 * vdcm_revoke_after() - take an ADI from its user after a time, unless closed
 * @adi: ADI; nothing happens while it is closed
 * @delay: jiffies; a shorter one replaces a longer one
 *
 * Context: process.
 */
void vdcm_revoke_after(struct vdcm_adi *adi, unsigned long delay)
{
	unsigned long flags;

	/* Under this lock: close cancels the work after the ADI is no longer seen open. */
	spin_lock_irqsave(&adi->irq_lock, flags);
	if (adi->live && delay)
		queue_delayed_work(vdcm_wq_of(adi, VDCM_QUEUE_REVOKE),
				   &adi->revoke_work, delay);
	else if (adi->live)
		mod_delayed_work(vdcm_wq_of(adi, VDCM_QUEUE_REVOKE),
				 &adi->revoke_work, 0);
	spin_unlock_irqrestore(&adi->irq_lock, flags);
}

/**
 * vdcm_adi_lost() - give up one ADI; its PF and the other ADIs go on
 * @adi: ADI; nothing happens if it is not open, or given up already
 * @why: for the log
 *
 * For an ADI whose hardware does not obey. As with an ADI of a dead PF, vdcm signals the error
 * interrupt; from now on reads return all-ones and writes are dropped, but in soft pages. Soon
 * after vdcm revokes the ADI: it calls the driver's close() and gives guest memory back. The file
 * stays open; the user can close it, and the operator can remove the mdev. The PF driver decides
 * whether the next open() works.
 *
 * Context: any, but where close() waits for the caller, as with vdcm_adi_signal().
 */
void vdcm_adi_lost(struct vdcm_adi *adi, const char *why)
{
	if (!vdcm_adi_move(adi, VDCM_ADI_LOST))
		return;
	vdcm_limited(adi, err, "given up: %s\n", why);
	vdcm_adi_error(adi);
	vdcm_revoke_after(adi, 0);
}
EXPORT_SYMBOL_GPL(vdcm_adi_lost);

/**
 * vdcm_request_release() - ask an ADI's user to release it
 * @adi: ADI
 *
 * By the release request interrupt. May be called again and again: the time to
 * react begins with the first.
 *
 * Context: process.
 */
void vdcm_request_release(struct vdcm_adi *adi)
{
	unsigned int seconds = READ_ONCE(release_timeout);

	if (!vdcm_irq_request(adi))
		seconds = min_not_zero(seconds, DEAF_SECONDS);
	if (seconds)
		vdcm_revoke_after(adi, min(seconds, 86400u) * HZ);
}

/**
 * vdcm_request_all() - ask the users of all ADIs of a PF to release them
 * @parent: parent
 *
 * All at once: they are removed one by one, each time waiting for its user.
 *
 * Context: process.
 */
void vdcm_request_all(struct vdcm_parent *parent)
{
	struct vdcm_adi *adi;

	mutex_lock(&parent->list_lock);
	list_for_each_entry(adi, &parent->adis, entry)
		vdcm_request_release(adi);
	mutex_unlock(&parent->list_lock);
}
