// SPDX-License-Identifier: GPL-2.0-only
/*
 * VFIO_DEVICE_SET_IRQS: what user space asks of interrupts.
 */
#include <linux/bitops.h>
#include <linux/err.h>
#include <linux/eventfd.h>
#include <linux/slab.h>

#include "exporter.h"

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

static void vdcm_eventfds_put(struct eventfd_ctx **ctx, unsigned int nr)
{
	while (nr--)
		if (ctx[nr])
			eventfd_ctx_put(ctx[nr]);
}

/* References for @nr file descriptors, NULL for -1; all of them or an errno. */
static int vdcm_eventfds_get(struct eventfd_ctx **ctx, const s32 *fds, unsigned int nr)
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

			vdcm_eventfds_put(ctx, i);
			return ret;
		}
	}
	return 0;
}

/* Does data of type BOOL, or NONE for all, name interrupt @i of a call? */
static bool named(const struct vfio_irq_set *hdr, const void *data,
		  unsigned int i)
{
	return hdr->flags & VFIO_IRQ_SET_DATA_NONE || ((const u8 *)data)[i];
}

static int vdcm_irq_set_eventfds(struct vdcm_adi *adi,
				 const struct vfio_irq_set *hdr, const void *data)
{
	struct eventfd_ctx **ctx;
	unsigned int i;
	int ret;

	ctx = kvmalloc_array(hdr->count, sizeof(*ctx), GFP_KERNEL_ACCOUNT);
	if (!ctx)
		return -ENOMEM;
	ret = vdcm_eventfds_get(ctx, data, hdr->count);
	for (i = 0; !ret && i < hdr->count; i++)
		vdcm_irq_set_trigger(adi, hdr->start + i, ctx[i]);
	kvfree(ctx);
	return ret;
}

static int vdcm_irq_set_msix(struct vdcm_adi *adi, const struct vfio_irq_set *hdr,
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
		ret = vdcm_irq_set_eventfds(adi, hdr, data);
	} else {
		for (i = 0; i < hdr->count; i++) {
			if (!named(hdr, data, i))
				continue;
			if (action == VFIO_IRQ_SET_ACTION_TRIGGER)
				vdcm_irq_loopback(adi, hdr->start + i);
			else
				vdcm_irq_hold(adi, hdr->start + i,
					      action == VFIO_IRQ_SET_ACTION_MASK);
		}
	}
	vdcm_irq_kick(adi, hdr->start, hdr->count);
	return ret;
}

static int vdcm_irq_set_one(struct vdcm_adi *adi, struct eventfd_ctx **slot,
			    const struct vfio_irq_set *hdr, const void *data)
{
	struct eventfd_ctx *ctx;
	int ret;

	if ((hdr->flags & VFIO_IRQ_SET_ACTION_TYPE_MASK) !=
	    VFIO_IRQ_SET_ACTION_TRIGGER)
		return -ENOTTY;
	if (!hdr->count) {
		if (hdr->flags & VFIO_IRQ_SET_DATA_NONE)
			vdcm_irq_set_single(adi, slot, NULL);
		return 0;
	}
	if (hdr->flags & VFIO_IRQ_SET_DATA_EVENTFD) {
		ret = vdcm_eventfds_get(&ctx, data, 1);
		if (!ret)
			vdcm_irq_set_single(adi, slot, ctx);
		return ret;
	}
	if (named(hdr, data, 0))
		vdcm_irq_signal_single(adi, slot);
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
 * Return: 0, -EINVAL, -ENOTTY (no such action for this interrupt), -ENOMEM, or the error
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
		return vdcm_irq_set_msix(adi, hdr, data);
	case VFIO_PCI_ERR_IRQ_INDEX:
		return vdcm_irq_set_one(adi, &adi->live->err, hdr, data);
	case VFIO_PCI_REQ_IRQ_INDEX:
		return vdcm_irq_set_one(adi, &adi->live->req, hdr, data);
	default:
		return -EINVAL;
	}
}
