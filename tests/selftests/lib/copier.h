/* SPDX-License-Identifier: GPL-2.0-only */
/* A device that copies memory: of samples/vdcm-null or tests/modules/vdcm-test. */
#ifndef SELFTESTS_COPIER_H
#define SELFTESTS_COPIER_H

#include <linux/pci_regs.h>

#include "vfio.h"

#define MSIX	VFIO_PCI_MSIX_IRQ_INDEX
#define SRC	0x4000		/* registers in BAR 0 */
#define DST	0x4008
#define LEN	0x4010
#define GO	0x4014
#define RAISE	0x4018
#define STATUS	0x401c
#define KEY	0x4020		/* vdcm-test only */
#define DONE	0		/* values of STATUS */
#define BUSY	1
#define FAILED	2
#define SOON	10000		/* ms */

#define IOVA	0x100000000ull	/* of the memory that is copied */
#define SIZE	0x200000u
#define HALF	(SIZE / 2)

/* SIZE bytes of zeroed memory. */
uint8_t *copier_memory(void);
/* Opens a device that has @mem at IOVA and signals @ev for a copy; DMA is off. */
void copier_open(struct vfio_dev *d, const char *uuid, int *ev, uint8_t *mem);
void copier_go(struct vfio_dev *d, uint64_t src, uint64_t dst, uint32_t len);
/* Waits for the interrupt. Return: STATUS */
uint64_t copier_ends(struct vfio_dev *d, int ev);

#endif /* SELFTESTS_COPIER_H */
