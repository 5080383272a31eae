// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupts towards the user of an ADI: MSI-X vectors, the error interrupt and the
 * release request, all of them eventfds; and irq bypass for vectors that have a
 * Linux irq of their own.
 *
 * An eventfd is signalled under irq_lock only. So it is not used any more once
 * it has been replaced under that lock, and its reference can be dropped.
 */
#include <linux/slab.h>

#include "trace.h"

/* Eventfds that are signalled without a break for interrupts. */
#define VDCM_DELIVER	64

/* Let go of MSI-X causes that nothing blocks any more. */
static void vdcm_irq_deliver(struct vdcm_adi *adi)
{
	struct vdcm_live *live = adi->live;
	unsigned long flags;
	unsigned int n;
	int vec = 0;

	lockdep_assert_held(&adi->lock);
	while (vec >= 0) {
		spin_lock_irqsave(&adi->irq_lock, flags);
		for (n = 0; n < VDCM_DELIVER; n++) {
			vec = vdcm_msix_take_ready(&live->msix, vec);
			if (vec < 0)
				break;
			vdcm_inc(adi, VDCM_CNT_IRQS_SIGNALLED);
			vdcm_eventfd_signal(live->vecs[vec].trigger);
			trace_vdcm_irq(adi, vec, true);
		}
		spin_unlock_irqrestore(&adi->irq_lock, flags);
	}
}

static void vdcm_stop_bypass(struct vdcm_vec *v)
{
	if (!v->bypass)
		return;
	irq_bypass_unregister_producer(&v->producer);
	v->bypass = false;
}

/* A posted interrupt passes no gate: it is offered only while the gate is open. */
static void vdcm_update_bypass(struct vdcm_adi *adi, unsigned int vec)
{
	struct vdcm_vec *v = &adi->live->vecs[vec];
	unsigned long flags;
	bool open;
	int irq;

	spin_lock_irqsave(&adi->irq_lock, flags);
	open = !vdcm_msix_blocked(&adi->live->msix, vec) && vdcm_is_held(adi);
	spin_unlock_irqrestore(&adi->irq_lock, flags);
	if (!open) {
		vdcm_stop_bypass(v);
		return;
	}
	if (v->bypass || !vdcm_ops(adi)->vector_irq)
		return;
	irq = vdcm_ops(adi)->vector_irq(adi, vec);
	if (irq <= 0)
		return;
	memset(&v->producer, 0, sizeof(v->producer));
	/* Fails where two vectors share an eventfd; then it is just not posted. */
	v->bypass = !vdcm_irq_bypass_register(&v->producer, v->trigger, irq);
}

/**
 * vdcm_irq_kick() - the MSI-X state of some vectors changed: catch up with it
 * @adi: open ADI; adi->lock held
 * @first: first of them
 * @nr: so many
 */
void vdcm_irq_kick(struct vdcm_adi *adi, unsigned int first, unsigned int nr)
{
	unsigned int vec;

	vdcm_irq_deliver(adi);
	for (vec = first; vec < first + nr; vec++)
		vdcm_update_bypass(adi, vec);
}

/**
 * vdcm_irq_kick_all() - the MSI-X state of all vectors changed: catch up with it
 * @adi: open ADI; adi->lock held
 */
void vdcm_irq_kick_all(struct vdcm_adi *adi)
{
	vdcm_irq_kick(adi, 0, adi->live->msix.nr);
}

/**
 * vdcm_adi_signal() - an interrupt vector of an ADI fired
 * @adi: ADI; signals while it is not open are dropped
 * @vec: vector, 0..nr_vectors - 1; others are dropped
 *
 * Signals the eventfd that user space installed, or makes the vector pending
 * while it is masked or has no eventfd.
 *
 * Context: any, hard irq included.
 */
void vdcm_adi_signal(struct vdcm_adi *adi, unsigned int vec)
{
	struct vdcm_live *live;
	unsigned long flags;
	bool signal;

	spin_lock_irqsave(&adi->irq_lock, flags);
	live = adi->live;
	signal = live && vdcm_msix_signal(&live->msix, vec);
	if (signal) {
		vdcm_inc(adi, VDCM_CNT_IRQS_SIGNALLED);
		vdcm_eventfd_signal(live->vecs[vec].trigger);
	}
	trace_vdcm_irq(adi, vec, signal);
	spin_unlock_irqrestore(&adi->irq_lock, flags);
}
EXPORT_SYMBOL_GPL(vdcm_adi_signal);

/**
 * vdcm_adi_error() - tell user space that an ADI failed for good
 * @adi: ADI
 *
 * Signals the error interrupt; a VMM stops the guest.
 *
 * Context: any, hard irq included.
 */
void vdcm_adi_error(struct vdcm_adi *adi)
{
	unsigned long flags;

	spin_lock_irqsave(&adi->irq_lock, flags);
	if (adi->live && adi->live->err)
		vdcm_eventfd_signal(adi->live->err);
	spin_unlock_irqrestore(&adi->irq_lock, flags);
}
EXPORT_SYMBOL_GPL(vdcm_adi_error);

/**
 * vdcm_irq_request() - ask user space to release the device
 * @adi: ADI
 *
 * Return: false = there is no eventfd.
 */
bool vdcm_irq_request(struct vdcm_adi *adi)
{
	unsigned long flags;
	bool told;

	spin_lock_irqsave(&adi->irq_lock, flags);
	told = adi->live && adi->live->req;
	if (told)
		vdcm_eventfd_signal(adi->live->req);
	spin_unlock_irqrestore(&adi->irq_lock, flags);
	return told;
}

/**
 * vdcm_irq_set_trigger() - install an eventfd for a vector
 * @adi: open ADI; adi->lock held; vdcm_irq_kick() follows
 * @vec: vector, 0..nr_vectors - 1
 * @ctx: eventfd, whose reference is taken over, or NULL
 */
void vdcm_irq_set_trigger(struct vdcm_adi *adi, unsigned int vec,
			  struct eventfd_ctx *ctx)
{
	struct vdcm_vec *v = &adi->live->vecs[vec];
	struct eventfd_ctx *old;
	unsigned long flags;

	vdcm_stop_bypass(v);
	spin_lock_irqsave(&adi->irq_lock, flags);
	old = v->trigger;
	v->trigger = ctx;
	vdcm_msix_arm(&adi->live->msix, vec, ctx);
	trace_vdcm_irq_set(adi, vec, ctx);
	spin_unlock_irqrestore(&adi->irq_lock, flags);
	if (old)
		eventfd_ctx_put(old);
}

/**
 * vdcm_irq_set_single() - install an eventfd for one of the single interrupts
 * @adi: open ADI; adi->lock held
 * @slot: &live->err or &live->req
 * @ctx: eventfd, whose reference is taken over, or NULL
 */
void vdcm_irq_set_single(struct vdcm_adi *adi, struct eventfd_ctx **slot,
			 struct eventfd_ctx *ctx)
{
	struct eventfd_ctx *old;
	unsigned long flags;

	spin_lock_irqsave(&adi->irq_lock, flags);
	old = *slot;
	*slot = ctx;
	spin_unlock_irqrestore(&adi->irq_lock, flags);
	if (old)
		eventfd_ctx_put(old);
}

/**
 * vdcm_irq_signal_single() - signal one of the single interrupts
 * @adi: open ADI
 * @slot: &live->err or &live->req
 *
 * Context: any, hard irq included.
 * Return: false = no eventfd is installed.
 */
bool vdcm_irq_signal_single(struct vdcm_adi *adi, struct eventfd_ctx **slot)
{
	unsigned long flags;
	bool told;

	spin_lock_irqsave(&adi->irq_lock, flags);
	told = *slot;
	if (told)
		vdcm_eventfd_signal(*slot);
	spin_unlock_irqrestore(&adi->irq_lock, flags);
	return told;
}

/**
 * vdcm_irq_loopback() - as if the device had raised a vector
 * @adi: open ADI; adi->lock held
 * @vec: vector, 0..nr_vectors - 1
 *
 * For tests of the path to the guest.
 */
void vdcm_irq_loopback(struct vdcm_adi *adi, unsigned int vec)
{
	struct vdcm_live *live = adi->live;
	unsigned long flags;

	spin_lock_irqsave(&adi->irq_lock, flags);
	if (vdcm_msix_loopback(&live->msix, vec)) {
		vdcm_inc(adi, VDCM_CNT_IRQS_SIGNALLED);
		vdcm_eventfd_signal(live->vecs[vec].trigger);
	}
	spin_unlock_irqrestore(&adi->irq_lock, flags);
}

/**
 * vdcm_irq_hold() - mask a vector on behalf of user space, or unmask it
 * @adi: open ADI; adi->lock held; vdcm_irq_kick() follows
 * @vec: vector, 0..nr_vectors - 1
 * @held: mask
 */
void vdcm_irq_hold(struct vdcm_adi *adi, unsigned int vec, bool held)
{
	unsigned long flags;

	spin_lock_irqsave(&adi->irq_lock, flags);
	vdcm_msix_hold(&adi->live->msix, vec, held);
	spin_unlock_irqrestore(&adi->irq_lock, flags);
}

/**
 * vdcm_irq_disable() - drop the eventfds of all MSI-X vectors
 * @adi: open ADI; adi->lock held
 *
 * To be called before the driver frees the Linux irqs behind the vectors.
 */
void vdcm_irq_disable(struct vdcm_adi *adi)
{
	unsigned long flags;
	unsigned int vec;

	for (vec = 0; vec < adi->live->msix.nr; vec++)
		vdcm_irq_set_trigger(adi, vec, NULL);
	spin_lock_irqsave(&adi->irq_lock, flags);
	vdcm_msix_forget(&adi->live->msix);
	spin_unlock_irqrestore(&adi->irq_lock, flags);
}

/**
 * vdcm_irq_release() - drop all eventfds of a closing ADI
 * @adi: ADI, still open; adi->lock held
 */
void vdcm_irq_release(struct vdcm_adi *adi)
{
	lockdep_assert_held(&adi->lock);
	vdcm_irq_disable(adi);
	vdcm_irq_set_single(adi, &adi->live->err, NULL);
	vdcm_irq_set_single(adi, &adi->live->req, NULL);
}
