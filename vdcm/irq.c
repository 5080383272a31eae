// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupts towards user space: MSI-X vectors, the error interrupt and the
 * release request, all of them eventfds; and irq bypass for vectors that have a
 * Linux irq of their own.
 *
 * An eventfd is signalled under irq_lock only. So nobody uses it any more once
 * it has been replaced under that lock, and its reference can be dropped.
 */
#include <linux/bitops.h>
#include <linux/slab.h>

#include "internal.h"

/* Let go of MSI-X causes that nothing blocks any more. */
static void deliver_ready(struct vdcm_adi *adi)
{
	struct vdcm_live *live = adi->live;
	unsigned long flags;
	u64 ready;

	spin_lock_irqsave(&adi->irq_lock, flags);
	ready = vdcm_msix_take_ready(&live->msix);
	while (ready) {
		unsigned int vec = __ffs64(ready);

		ready &= ready - 1;
		vdcm_inc(adi, VDCM_CNT_IRQS_SIGNALLED);
		vdcm_eventfd_signal(live->vecs[vec].trigger);
	}
	spin_unlock_irqrestore(&adi->irq_lock, flags);
}

static void stop_bypass(struct vdcm_vec *v)
{
	if (!v->bypass)
		return;
	irq_bypass_unregister_producer(&v->producer);
	v->bypass = false;
}

/* A posted interrupt passes no gate: it is offered only while the gate is open. */
static void update_bypass(struct vdcm_adi *adi, unsigned int vec)
{
	struct vdcm_vec *v = &adi->live->vecs[vec];
	unsigned long flags;
	bool open;
	int irq;

	spin_lock_irqsave(&adi->irq_lock, flags);
	open = !vdcm_msix_blocked(&adi->live->msix, vec) && !adi->live->revoked;
	spin_unlock_irqrestore(&adi->irq_lock, flags);
	if (!open) {
		stop_bypass(v);
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
 * vdcm_irq_kick() - the MSI-X state changed: catch up with it
 * @adi: open ADI; adi->lock held
 */
void vdcm_irq_kick(struct vdcm_adi *adi)
{
	unsigned int vec;

	lockdep_assert_held(&adi->lock);
	deliver_ready(adi);
	for (vec = 0; vec < adi->live->msix.nr; vec++)
		update_bypass(adi, vec);
}

/**
 * vdcm_adi_signal() - an interrupt vector of an ADI fired
 * @adi: ADI; signals while it is not open are dropped
 * @vec: vector, 0..nr_vectors - 1; others are dropped
 *
 * Signals the eventfd that user space installed, or makes the vector pending
 * while it is masked or nobody listens.
 *
 * Context: any, hard irq included.
 */
void vdcm_adi_signal(struct vdcm_adi *adi, unsigned int vec)
{
	struct vdcm_live *live;
	unsigned long flags;

	spin_lock_irqsave(&adi->irq_lock, flags);
	live = adi->live;
	if (live && vdcm_msix_signal(&live->msix, vec)) {
		vdcm_inc(adi, VDCM_CNT_IRQS_SIGNALLED);
		vdcm_eventfd_signal(live->vecs[vec].trigger);
	}
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
 * Return: false = nobody listens.
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
 * vdcm_irq_count() - number of interrupts behind an index
 * @adi: ADI
 * @index: VFIO_PCI_*_IRQ_INDEX
 *
 * Return: their number; 0 = not supported.
 */
unsigned int vdcm_irq_count(const struct vdcm_adi *adi, unsigned int index)
{
	switch (index) {
	case VFIO_PCI_MSIX_IRQ_INDEX:
		return adi->type->nr_vectors;
	case VFIO_PCI_ERR_IRQ_INDEX:
	case VFIO_PCI_REQ_IRQ_INDEX:
		return 1;
	default:
		return 0;
	}
}

/* Install an eventfd (or NULL) for a vector; takes over the reference. */
static void set_trigger(struct vdcm_adi *adi, unsigned int vec,
			struct eventfd_ctx *ctx)
{
	struct vdcm_vec *v = &adi->live->vecs[vec];
	struct eventfd_ctx *old;
	unsigned long flags;

	stop_bypass(v);
	spin_lock_irqsave(&adi->irq_lock, flags);
	old = v->trigger;
	v->trigger = ctx;
	vdcm_msix_arm(&adi->live->msix, vec, ctx);
	spin_unlock_irqrestore(&adi->irq_lock, flags);
	if (old)
		eventfd_ctx_put(old);
}

/* Likewise for one of the single interrupts. */
static void set_single(struct vdcm_adi *adi, struct eventfd_ctx **slot,
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

static void put_all(struct eventfd_ctx **ctx, unsigned int nr)
{
	while (nr--)
		if (ctx[nr])
			eventfd_ctx_put(ctx[nr]);
}

/* References for @nr file descriptors, NULL for -1; all of them or an errno. */
static int get_all(struct eventfd_ctx **ctx, const s32 *fds, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		ctx[i] = NULL;
		if (fds[i] == -1)
			continue;
		ctx[i] = fds[i] < 0 ? ERR_PTR(-EINVAL) :
				      eventfd_ctx_fdget(fds[i]);
		if (IS_ERR(ctx[i])) {
			int ret = PTR_ERR(ctx[i]);

			put_all(ctx, i);
			return ret;
		}
	}
	return 0;
}

/* As if the device had raised the vector, for tests of the path to the guest. */
static void loopback(struct vdcm_adi *adi, unsigned int vec)
{
	struct vdcm_live *live = adi->live;
	unsigned long flags;

	spin_lock_irqsave(&adi->irq_lock, flags);
	if (live->vecs[vec].trigger) {
		if (live->msix.held & BIT_ULL(vec)) {
			live->msix.pending |= BIT_ULL(vec);
		} else {
			vdcm_inc(adi, VDCM_CNT_IRQS_SIGNALLED);
			vdcm_eventfd_signal(live->vecs[vec].trigger);
		}
	}
	spin_unlock_irqrestore(&adi->irq_lock, flags);
}

static void hold(struct vdcm_adi *adi, unsigned int vec, bool held)
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
		set_trigger(adi, vec, NULL);
	spin_lock_irqsave(&adi->irq_lock, flags);
	vdcm_msix_forget(&adi->live->msix);
	spin_unlock_irqrestore(&adi->irq_lock, flags);
}

/* Does data of type BOOL, or NONE for all, name interrupt @i of a call? */
static bool named(const struct vfio_irq_set *hdr, const void *data,
		  unsigned int i)
{
	return hdr->flags & VFIO_IRQ_SET_DATA_NONE || ((const u8 *)data)[i];
}

static int set_msix_eventfds(struct vdcm_adi *adi,
			     const struct vfio_irq_set *hdr, const void *data)
{
	struct eventfd_ctx *ctx[VDCM_MAX_VECTORS];
	unsigned int i;
	int ret;

	ret = get_all(ctx, data, hdr->count);
	if (ret)
		return ret;
	for (i = 0; i < hdr->count; i++)
		set_trigger(adi, hdr->start + i, ctx[i]);
	return 0;
}

static int set_msix(struct vdcm_adi *adi, const struct vfio_irq_set *hdr,
		    const void *data)
{
	u32 action = hdr->flags & VFIO_IRQ_SET_ACTION_TYPE_MASK;
	unsigned int i;
	int ret = 0;

	if (action == VFIO_IRQ_SET_ACTION_TRIGGER && !hdr->count) {
		if (hdr->flags & VFIO_IRQ_SET_DATA_NONE)
			vdcm_irq_disable(adi);
		return 0;
	}
	if (hdr->flags & VFIO_IRQ_SET_DATA_EVENTFD) {
		if (action != VFIO_IRQ_SET_ACTION_TRIGGER)
			return -ENOTTY;
		ret = set_msix_eventfds(adi, hdr, data);
	} else {
		for (i = 0; i < hdr->count; i++) {
			if (!named(hdr, data, i))
				continue;
			if (action == VFIO_IRQ_SET_ACTION_TRIGGER)
				loopback(adi, hdr->start + i);
			else
				hold(adi, hdr->start + i, action ==
				     VFIO_IRQ_SET_ACTION_MASK);
		}
	}
	vdcm_irq_kick(adi);
	return ret;
}

static int set_one(struct vdcm_adi *adi, struct eventfd_ctx **slot,
		   const struct vfio_irq_set *hdr, const void *data)
{
	struct eventfd_ctx *ctx;
	unsigned long flags;
	int ret;

	if ((hdr->flags & VFIO_IRQ_SET_ACTION_TYPE_MASK) !=
	    VFIO_IRQ_SET_ACTION_TRIGGER)
		return -ENOTTY;
	if (!hdr->count) {
		if (hdr->flags & VFIO_IRQ_SET_DATA_NONE)
			set_single(adi, slot, NULL);
		return 0;
	}
	if (hdr->flags & VFIO_IRQ_SET_DATA_EVENTFD) {
		ret = get_all(&ctx, data, 1);
		if (!ret)
			set_single(adi, slot, ctx);
		return ret;
	}
	if (!named(hdr, data, 0))
		return 0;
	spin_lock_irqsave(&adi->irq_lock, flags);
	if (*slot)
		vdcm_eventfd_signal(*slot);
	spin_unlock_irqrestore(&adi->irq_lock, flags);
	return 0;
}

/* Exactly one action; vfio_set_irqs_validate_and_prepare() checked the rest. */
static bool one_action(const struct vfio_irq_set *hdr)
{
	return hweight32(hdr->flags & VFIO_IRQ_SET_ACTION_TYPE_MASK) == 1;
}

/**
 * vdcm_irq_set() - VFIO_DEVICE_SET_IRQS
 * @adi: open ADI; adi->lock held
 * @hdr: arguments, checked by vfio_set_irqs_validate_and_prepare()
 * @data: the data they announce, in kernel memory, or NULL
 *
 * Return: 0, -EINVAL, -ENOTTY (no such action for this interrupt), or the error
 * of a file descriptor, in which case nothing was changed.
 */
int vdcm_irq_set(struct vdcm_adi *adi, const struct vfio_irq_set *hdr,
		 const void *data)
{
	lockdep_assert_held(&adi->lock);
	if (!one_action(hdr))
		return -EINVAL;
	switch (hdr->index) {
	case VFIO_PCI_MSIX_IRQ_INDEX:
		return set_msix(adi, hdr, data);
	case VFIO_PCI_ERR_IRQ_INDEX:
		return set_one(adi, &adi->live->err, hdr, data);
	case VFIO_PCI_REQ_IRQ_INDEX:
		return set_one(adi, &adi->live->req, hdr, data);
	default:
		return -EINVAL;
	}
}

/**
 * vdcm_irq_release() - drop all eventfds of a closing ADI
 * @adi: ADI, still open; adi->lock held
 */
void vdcm_irq_release(struct vdcm_adi *adi)
{
	lockdep_assert_held(&adi->lock);
	vdcm_irq_disable(adi);
	set_single(adi, &adi->live->err, NULL);
	set_single(adi, &adi->live->req, NULL);
}
