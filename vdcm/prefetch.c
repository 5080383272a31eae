// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guest memory that must not fault later: a PF driver names a range, and the ADI's work item for
 * faults, which is the only one that pins, pins and maps it page after page.
 *
 * Faults come first: a unit that has stopped does not wait for a range. The caller waits, and no
 * longer than the guest may do DMA: what stops the ADI ends the wait, whatever the user's memory
 * does. So an operation that is called with DMA off may wait for the caller.
 */
#include <linux/ktime.h>
#include <linux/minmax.h>
#include <linux/mm.h>

#include "internal.h"

#define RW	(VDCM_PROT_READ | VDCM_PROT_WRITE)

/* The right to ask for first: what is pinned for writing may be read, mostly. */
static u32 vdcm_prefetch_first(u32 prot)
{
	return prot & VDCM_PROT_WRITE ?: VDCM_PROT_READ;
}

/* The access whose page comes next; false = that was the last one. */
static bool vdcm_prefetch_advance(struct vdcm_prefetch *p)
{
	struct vdcm_fault *f = &p->w.fault;

	p->w.not_before = 0;
	if (p->prot == RW && f->prot == VDCM_PROT_WRITE) {
		f->prot = VDCM_PROT_READ;
		return true;
	}
	f->prot = vdcm_prefetch_first(p->prot);
	if (f->iova >> PAGE_SHIFT == p->last)
		return false;
	f->iova = (f->iova & PAGE_MASK) + PAGE_SIZE;
	return true;
}

static void vdcm_prefetch_done(struct vdcm_dma *dma, int err)
{
	struct vdcm_prefetch *p = dma->prefetch;

	if (!p)
		return;
	dma->prefetch = NULL;
	p->err = err;
	/* The caller's stack: not touched after this. */
	complete(&p->done);
}

/**
 * vdcm_prefetch_allow() - ranges may be prefetched, or no longer
 * @adi: open ADI; adi->lock held
 * @on: which; when switched off, the call under way returns -ECANCELED
 */
void vdcm_prefetch_allow(struct vdcm_adi *adi, bool on)
{
	struct vdcm_dma *dma = &adi->live->dma;

	lockdep_assert_held(&adi->lock);
	spin_lock_irq(&adi->fault_lock);
	dma->prefetches = on;
	if (!on)
		vdcm_prefetch_done(dma, -ECANCELED);
	spin_unlock_irq(&adi->fault_lock);
}

/* No pin is tried for want of memory: the caller need not wait for that, as units have to. */
static bool vdcm_prefetch_starves(struct vdcm_dma *dma)
{
	struct vdcm_pin pin;

	return dma->prefetch && ktime_get_ns() < dma->starved_until &&
	       !vdcm_pin_tree_find(&dma->tree, dma->prefetch->w.fault.iova >> PAGE_SHIFT, &pin);
}

/**
 * vdcm_prefetch_take() - take the page that is to be prefetched next
 * @adi: open ADI
 * @s: where to
 * @wait: if there is none: shortened to the nanoseconds until it is time to look again
 *
 * Context: the ADI's work item for faults.
 * Return: false = there is none.
 */
bool vdcm_prefetch_take(struct vdcm_adi *adi, struct vdcm_serving *s, u64 *wait)
{
	struct vdcm_dma *dma = &adi->live->dma;
	struct vdcm_prefetch *p;
	u64 w = 0;

	spin_lock_irq(&adi->fault_lock);
	if (vdcm_prefetch_starves(dma))
		vdcm_prefetch_done(dma, -ENOMEM);
	p = dma->prefetch;
	if (p) {
		w = vdcm_fault_must_wait(adi, &p->w);
		*s = (struct vdcm_serving) { .w = p->w, .epoch = dma->epoch };
	}
	spin_unlock_irq(&adi->fault_lock);
	if (w)
		*wait = min(*wait, w);
	return p && !w;
}

/**
 * vdcm_prefetch_step() - a page of a range was served, or not
 * @adi: open ADI
 * @s: its access, from vdcm_prefetch_take()
 * @err: 0; -EAGAIN (not now); -ENOMEM, or the errno of refusal
 *
 * Context: the ADI's work item for faults.
 */
void vdcm_prefetch_step(struct vdcm_adi *adi, const struct vdcm_serving *s, int err)
{
	struct vdcm_dma *dma = &adi->live->dma;
	bool back = err && err != -EAGAIN && err != -ENOMEM && vdcm_fault_may_come_back(adi, s);

	if (err && err != -EAGAIN && !back)
		vdcm_inc(adi, VDCM_CNT_PINS_FAILED);
	spin_lock_irq(&adi->fault_lock);
	/* A range that came after the one that was served differs in its token. */
	if (dma->prefetch && dma->prefetch->w.fault.token == s->w.fault.token) {
		if (back)
			dma->prefetch->w.not_before = ktime_get_ns() + VDCM_HOLDOFF_MIN_NS;
		else if (err && err != -EAGAIN)
			vdcm_prefetch_done(dma, err == -ENOMEM ? err : -EFAULT);
		else if (!err && !vdcm_prefetch_advance(dma->prefetch))
			vdcm_prefetch_done(dma, 0);
	}
	spin_unlock_irq(&adi->fault_lock);
}

/* Return: 0: the work item begins; or errno. */
static int vdcm_prefetch_begin(struct vdcm_adi *adi, struct vdcm_prefetch *p)
{
	struct vdcm_dma *dma;
	unsigned long flags;
	int ret = 0;

	spin_lock_irqsave(&adi->fault_lock, flags);
	dma = adi->live ? &adi->live->dma : NULL;
	if (!dma || !dma->accept || !dma->prefetches)
		ret = -ENODEV;
	else if (dma->prefetch)
		ret = -EBUSY;
	if (!ret) {
		p->w.fault.token = ++dma->prefetch_token;
		dma->prefetch = p;
		mod_delayed_work(vdcm_wq_of(adi, VDCM_QUEUE_FAULTS), &dma->work, 0);
	}
	spin_unlock_irqrestore(&adi->fault_lock, flags);
	return ret;
}

/**
 * vdcm_adi_prefetch() - pin and map guest memory that must not fault later
 * @adi: ADI, not closed before this returns
 * @iova: first address, bytes
 * @len: number of bytes, 1..VDCM_MAX_PREFETCH
 * @prot: VDCM_PROT_READ, VDCM_PROT_WRITE or both: rights that the device has afterwards
 *
 * For rings, and for hardware that cannot try an access again. The pages count as any others that
 * are pinned, and are unpinned as they are: when the VMM unmaps or discards them, or the ADI is
 * closed. Until then the device does not fault on them, not even while its VM is migrated: vdcm
 * reports those that it may write as written each time. They stay over a reset, and over a reset
 * of the PF. The VMM may unmap a page before this returns: a device that cannot try again fails
 * that access as one of memory that never was there. A page that has only the right to be read
 * may be away for a moment while another access to it gets the right to write: a range that the
 * device also writes is to be prefetched for both.
 *
 * It waits for the user's memory, but not longer than the ADI may do DMA: bus_master(off) follows
 * the end of the wait, and so do reset(), quiesce(), freeze() and close(). These operations may
 * wait for the caller; others may not. One range at a time for each ADI.
 *
 * Context: process, no locks that an operation takes.
 * Return: 0. Otherwise a part may be mapped, and is as if the device had accessed it: -EINVAL
 * (no length, too much, no right, a wrap), -EOPNOTSUPP (mode none), -ENODEV (not open, or no DMA
 * allowed), -EBUSY (another range), -EFAULT (not mapped by the VMM, or not so; beyond what ADIs of
 * the PF can use), -ENOMEM (no memory, or none that may be locked), -ECANCELED (DMA was turned off
 * meanwhile).
 */
int vdcm_adi_prefetch(struct vdcm_adi *adi, u64 iova, u64 len, u32 prot)
{
	struct vdcm_prefetch p = {
		.w.kept = true,
		.w.fault = { .iova = iova, .len = 1, .prot = vdcm_prefetch_first(prot) },
		.last = (iova + len - 1) >> PAGE_SHIFT,
		.prot = prot,
	};
	int ret;

	if (!len || len > VDCM_MAX_PREFETCH || iova + len - 1 < iova || !prot || prot & ~RW)
		return -EINVAL;
	if (!adi->parent->backend->ops)
		return -EOPNOTSUPP;
	init_completion(&p.done);
	ret = vdcm_prefetch_begin(adi, &p);
	if (ret)
		return ret;
	wait_for_completion(&p.done);
	return p.err;
}
EXPORT_SYMBOL_GPL(vdcm_adi_prefetch);
