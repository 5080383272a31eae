/* SPDX-License-Identifier: GPL-2.0-only */
/* Interrupts: what differs between kernels (see probes). */
#ifndef COMPAT_IRQ_H
#define COMPAT_IRQ_H

#include <linux/eventfd.h>
#include <linux/irqbypass.h>
#include <linux/msi.h>
#include <linux/pci.h>

#include "vdcm_config.h"

/* Any context. */
static inline void vdcm_eventfd_signal(struct eventfd_ctx *ctx)
{
#ifdef HAVE_EVENTFD_SIGNAL_COUNT
	eventfd_signal(ctx, 1);
#else
	eventfd_signal(ctx);
#endif
}

/* May sleep. @prod must be zeroed but for its callbacks. */
static inline int vdcm_irq_bypass_register(struct irq_bypass_producer *prod,
					   struct eventfd_ctx *ctx, int irq)
{
#ifdef HAVE_IRQ_BYPASS_EVENTFD
	return irq_bypass_register_producer(prod, ctx, irq);
#else
	prod->token = ctx;
	prod->irq = irq;
	return irq_bypass_register_producer(prod);
#endif
}

/*
 * MSI-X vectors one by one after pci_alloc_irq_vectors(). Without support by
 * the kernel or the platform all vectors have to be allocated at the start.
 */
static inline bool vdcm_msix_can_alloc_dyn(struct pci_dev *pdev)
{
#ifdef HAVE_MSIX_ALLOC_IRQ_AT
	return pci_msix_can_alloc_dyn(pdev);
#else
	return false;
#endif
}

/* Linux irq number of table entry @index, now allocated, or a negative errno. */
static inline int vdcm_msix_alloc_irq_at(struct pci_dev *pdev,
					 unsigned int index)
{
#ifdef HAVE_MSIX_ALLOC_IRQ_AT
	struct msi_map map = pci_msix_alloc_irq_at(pdev, index, NULL);

	return map.index < 0 ? map.index : map.virq;
#else
	return -EOPNOTSUPP;
#endif
}

static inline void vdcm_msix_free_irq(struct pci_dev *pdev, unsigned int index,
				      int irq)
{
#ifdef HAVE_MSIX_ALLOC_IRQ_AT
	struct msi_map map = { .index = index, .virq = irq };

	pci_msix_free_irq(pdev, map);
#endif
}

#endif /* COMPAT_IRQ_H */
