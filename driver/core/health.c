// SPDX-License-Identifier: GPL-2.0-only
/* News of the device's health: code in any context notes them, a work item reports them. */
#include <linux/kernel.h>

#include "health.h"
#include "pf.h"

/**
 * smnc_health_on() - report news from now on
 * @pf: PF, zeroed so far
 * @report: work function, on pf->ctl_wq
 */
void smnc_health_on(struct smnc_pf *pf, work_func_t report)
{
	spin_lock_init(&pf->health.lock);
	INIT_WORK(&pf->health.work, report);
	/* Code that reads health.on as true finds the rest of the struct set up. */
	smp_store_release(&pf->health.on, true);
}

/**
 * smnc_health_off() - report no more news; the work function does not run when this returns
 * @pf: PF
 *
 * Context: process; no lock held that the work function takes.
 */
void smnc_health_off(struct smnc_pf *pf)
{
	unsigned long flags;

	if (!pf->health.on)
		return;
	/* Under the lock: smnc_health_bad() cannot queue the work after it was cancelled. */
	spin_lock_irqsave(&pf->health.lock, flags);
	WRITE_ONCE(pf->health.on, false);
	spin_unlock_irqrestore(&pf->health.lock, flags);
	cancel_work_sync(&pf->health.work);
}

/**
 * smnc_health_bad() - something is wrong
 * @pf: PF
 * @kind: part that has the trouble
 * @fmt: text, and its arguments; the last text before the report counts
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
 * smnc_health_well() - trouble of one kind is over
 * @pf: PF
 * @kind: part that had the trouble
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
 * @kind: kind of news
 * @note: out: copy of the news
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
