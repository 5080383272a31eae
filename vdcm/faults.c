// SPDX-License-Identifier: GPL-2.0-only
/*
 * Faults of an ADI that wait for their answer, and what each of them waits for.
 */
#include <linux/ktime.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include "trace.h"

/**
 * vdcm_iova_valid() - can an access of the device be translated at all?
 * @adi: ADI
 * @iova: its address, bytes
 * @len: its length
 *
 * Return: false = beyond the addresses that ADIs of the PF can use, or in two pages.
 */
bool vdcm_iova_valid(const struct vdcm_adi *adi, u64 iova, u32 len)
{
	u64 page = iova >> PAGE_SHIFT;

	return vdcm_iova_has(&adi->parent->iova, page) &&
	       (iova + len - 1) >> PAGE_SHIFT == page;
}

static bool fault_valid(const struct vdcm_fault *fault)
{
	return fault->len && (fault->prot == VDCM_PROT_READ ||
			      fault->prot == VDCM_PROT_WRITE);
}

/* The queue's place for a token: where it waits already, or the end. */
static unsigned int vdcm_fault_slot(const struct vdcm_dma *dma, u32 token)
{
	unsigned int i;

	for (i = 0; i < dma->nr_waiting; i++)
		if (dma->waiting[i].fault.token == token)
			break;
	return i;
}

static int vdcm_fault_enqueue(struct vdcm_adi *adi, const struct vdcm_fault *fault)
{
	struct vdcm_dma *dma;
	unsigned int i;

	lockdep_assert_held(&adi->fault_lock);
	if (!adi->live || !adi->live->dma.accept)
		return -ENODEV;
	dma = &adi->live->dma;
	i = vdcm_fault_slot(dma, fault->token);
	if (i == VDCM_MAX_FAULTS)
		return -ENOSPC;
	if (i == dma->nr_waiting)
		dma->nr_waiting++;
	dma->waiting[i] = (struct vdcm_waiting) { .fault = *fault, .since = ktime_get_ns() };
	mod_delayed_work(vdcm_wq_of(adi, VDCM_QUEUE_FAULTS), &dma->work, 0);
	return 0;
}

/**
 * vdcm_faults_kick() - look at the faults that wait: something they may wait for is over
 * @live: open state
 *
 * Context: any.
 */
void vdcm_faults_kick(struct vdcm_live *live)
{
	struct vdcm_dma *dma = &live->dma;
	unsigned long flags;

	spin_lock_irqsave(&live->adi->fault_lock, flags);
	if (dma->accept && (dma->nr_waiting || dma->prefetch))
		mod_delayed_work(vdcm_wq_of(live->adi, VDCM_QUEUE_FAULTS),
				 &dma->work, 0);
	spin_unlock_irqrestore(&live->adi->fault_lock, flags);
}

/**
 * vdcm_adi_fault() - the device stopped a unit of an ADI for want of a mapping
 * @adi: ADI
 * @fault: the access; a fault with the token of one that waits replaces it
 *
 * The answer comes by way of the fault_done() operation, unless the ADI is
 * closed, reset, or its PF quiesced before: that undoes the unit's fault as well.
 *
 * Context: any, hard irq included.
 * Return: 0 = fault_done() will be called, maybe already was. Else the caller
 * fails the unit itself: -EINVAL (malformed), -ENODEV (not open, being reset or
 * closed), -ENOSPC (more than VDCM_MAX_FAULTS tokens).
 */
int vdcm_adi_fault(struct vdcm_adi *adi, const struct vdcm_fault *fault)
{
	unsigned long flags;
	int ret;

	if (!fault_valid(fault))
		return -EINVAL;
	vdcm_inc(adi, VDCM_CNT_DMA_FAULTS);
	spin_lock_irqsave(&adi->fault_lock, flags);
	ret = vdcm_fault_enqueue(adi, fault);
	trace_vdcm_fault(adi, fault, ret);
	spin_unlock_irqrestore(&adi->fault_lock, flags);
	return ret;
}
EXPORT_SYMBOL_GPL(vdcm_adi_fault);

/* Must a waiting fault go on waiting for the gate? Nanoseconds, 0 = no. */
static u64 vdcm_fault_hold_back(struct vdcm_adi *adi, struct vdcm_waiting *w)
{
	u64 page = w->fault.iova >> PAGE_SHIFT;
	u64 wait = vdcm_gate_wait(adi, page, page);

	if (!wait)
		return 0;
	if (!READ_ONCE(vdcm_holdoff_on) &&
	    vdcm_holdoff_pass(&adi->live->dma.gate, w->fault.iova,
			      w->fault.iova, ktime_get_ns())) {
		vdcm_inc(adi, VDCM_CNT_HOLDOFF_WOULD_RETRY);
		return 0;
	}
	if (!w->delayed)
		vdcm_inc(adi, VDCM_CNT_HOLDOFF_DELAYED);
	w->delayed = true;
	return wait;
}

/**
 * vdcm_fault_must_wait() - does an access have to wait?
 * @adi: open ADI; fault_lock held
 * @w: access
 *
 * Return: nanoseconds until it is time to look again, 0 = no.
 */
u64 vdcm_fault_must_wait(struct vdcm_adi *adi, struct vdcm_waiting *w)
{
	struct vdcm_dma *dma = &adi->live->dma;
	u64 now = ktime_get_ns();
	struct vdcm_pin pin;

	if (now < w->not_before)
		return w->not_before - now;
	if (!vdcm_pin_tree_find(&dma->tree, w->fault.iova >> PAGE_SHIFT, &pin))
		return now < dma->starved_until ? dma->starved_until - now :
						  vdcm_fault_hold_back(adi, w);
	/* On its way out: it comes in again when it is gone. */
	return pin.flags & VDCM_PIN_LEAVING ? VDCM_HOLDOFF_UNKNOWN : vdcm_fault_hold_back(adi, w);
}

/**
 * vdcm_fault_take() - take the first fault that may be served
 * @adi: open ADI
 * @s: where to
 * @wait: if there is none: nanoseconds until it is time to look again
 *
 * Context: the ADI's work item for faults.
 * Return: false = there is none.
 */
bool vdcm_fault_take(struct vdcm_adi *adi, struct vdcm_serving *s, u64 *wait)
{
	struct vdcm_dma *dma = &adi->live->dma;
	unsigned long flags;
	bool found = false;
	unsigned int i;

	*wait = U64_MAX;
	spin_lock_irqsave(&adi->fault_lock, flags);
	for (i = 0; dma->accept && !dma->held && i < dma->nr_waiting; i++) {
		u64 w = vdcm_fault_must_wait(adi, &dma->waiting[i]);

		if (w) {
			*wait = min(*wait, w);
			continue;
		}
		s->w = dma->waiting[i];
		s->epoch = dma->epoch;
		dma->nr_waiting--;
		memmove(&dma->waiting[i], &dma->waiting[i + 1],
			(dma->nr_waiting - i) * sizeof(dma->waiting[0]));
		found = true;
		break;
	}
	spin_unlock_irqrestore(&adi->fault_lock, flags);
	return found;
}

/**
 * vdcm_fault_stale() - was the ADI stopped after a fault had been taken?
 * @adi: open ADI; pin lock held, under which it stays so
 * @s: the fault
 *
 * Return: true = nothing is done about the fault any more, and it gets no answer.
 */
bool vdcm_fault_stale(struct vdcm_adi *adi, const struct vdcm_serving *s)
{
	struct vdcm_dma *dma = &adi->live->dma;
	unsigned long flags;
	bool ret;

	lockdep_assert_held(&adi->pin_lock);
	spin_lock_irqsave(&adi->fault_lock, flags);
	ret = !dma->accept || dma->epoch != s->epoch;
	spin_unlock_irqrestore(&adi->fault_lock, flags);
	return ret;
}

/**
 * vdcm_fault_requeue() - a fault that was taken waits again
 * @adi: open ADI
 * @s: the fault; dropped if its unit has reported another one meanwhile
 * @delay: nanoseconds before it is taken again
 *
 * Return: 0 or -ENOSPC.
 */
int vdcm_fault_requeue(struct vdcm_adi *adi, struct vdcm_serving *s, u64 delay)
{
	struct vdcm_dma *dma = &adi->live->dma;
	unsigned int i;
	int ret = 0;

	spin_lock_irq(&adi->fault_lock);
	i = vdcm_fault_slot(dma, s->w.fault.token);
	if (i == VDCM_MAX_FAULTS) {
		ret = -ENOSPC;
	} else if (i == dma->nr_waiting && dma->accept) {
		s->w.not_before = delay ? ktime_get_ns() + delay : 0;
		dma->waiting[dma->nr_waiting++] = s->w;
	}
	spin_unlock_irq(&adi->fault_lock);
	return ret;
}

/**
 * vdcm_fault_may_come_back() - a page that the VMM has just unmapped may be mapped again
 * @adi: open ADI
 * @s: fault whose page is missing
 *
 * Return: true = the fault is to wait instead of failing.
 */
bool vdcm_fault_may_come_back(struct vdcm_adi *adi, const struct vdcm_serving *s)
{
	bool ret;

	spin_lock_irq(&adi->fault_lock);
	ret = vdcm_holdoff_lately(&adi->live->dma.gate, s->w.fault.iova,
				  ktime_get_ns());
	spin_unlock_irq(&adi->fault_lock);
	return ret && vdcm_iova_valid(adi, s->w.fault.iova, s->w.fault.len);
}
