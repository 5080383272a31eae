// SPDX-License-Identifier: GPL-2.0-only
/* News of the device's health: noted anywhere, reported by a work item. */
#include <linux/kernel.h>

#include "health.h"
#include "pf.h"

/**
 * smnc_health_on() - news are reported from now on
 * @pf: PF, zeroed so far
 * @report: work function, on pf->ctl_wq
 */
void smnc_health_on(struct smnc_pf *pf, work_func_t report)
{
	spin_lock_init(&pf->health.lock);
	INIT_WORK(&pf->health.work, report);
	/* Who sees it set finds the rest set up. */
	smp_store_release(&pf->health.on, true);
}

/**
 * smnc_health_off() - no news are reported any more, or being reported
 * @pf: PF
 *
 * Context: process; no lock held that the work function takes.
 */
void smnc_health_off(struct smnc_pf *pf)
{
	unsigned long flags;

	if (!pf->health.on)
		return;
	/* Under the lock: nobody queues the work after it was cancelled. */
	spin_lock_irqsave(&pf->health.lock, flags);
	WRITE_ONCE(pf->health.on, false);
	spin_unlock_irqrestore(&pf->health.lock, flags);
	cancel_work_sync(&pf->health.work);
}

/**
 * smnc_health_bad() - something is wrong
 * @pf: PF
 * @kind: with what
 * @fmt: what, and its arguments; the last one before the report counts
 *
 * Context: any.
 */
void smnc_health_bad(struct smnc_pf *pf, enum smnc_health_kind kind, const char *fmt, ...)
{
	struct smnc_health_note *note = &pf->health.note[kind];
	unsigned long flags;
	va_list args;

	/* Set up: see smnc_health_on(). */
	if (!smp_load_acquire(&pf->health.on))
		return;
	spin_lock_irqsave(&pf->health.lock, flags);
	va_start(args, fmt);
	vscnprintf(note->text, sizeof(note->text), fmt, args);
	va_end(args);
	note->bad = true;
	note->well = false;
	note->events++;
	if (pf->health.on)
		queue_work(pf->ctl_wq, &pf->health.work);
	spin_unlock_irqrestore(&pf->health.lock, flags);
}

/**
 * smnc_health_well() - it is over
 * @pf: PF
 * @kind: what
 *
 * Context: any.
 */
void smnc_health_well(struct smnc_pf *pf, enum smnc_health_kind kind)
{
	unsigned long flags;

	/* Set up: see smnc_health_on(). */
	if (!smp_load_acquire(&pf->health.on))
		return;
	spin_lock_irqsave(&pf->health.lock, flags);
	pf->health.note[kind].well = true;
	if (pf->health.on)
		queue_work(pf->ctl_wq, &pf->health.work);
	spin_unlock_irqrestore(&pf->health.lock, flags);
}

/**
 * smnc_health_take() - take the news of a kind
 * @pf: PF
 * @kind: which
 * @note: where to
 *
 * Return: false = there are none.
 */
bool smnc_health_take(struct smnc_pf *pf, enum smnc_health_kind kind,
		      struct smnc_health_note *note)
{
	struct smnc_health_note *from = &pf->health.note[kind];
	unsigned long flags;

	spin_lock_irqsave(&pf->health.lock, flags);
	*note = *from;
	from->bad = false;
	from->well = false;
	spin_unlock_irqrestore(&pf->health.lock, flags);
	return note->bad || note->well;
}
