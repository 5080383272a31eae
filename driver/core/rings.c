// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rings of the PF: fault, cause and mailbox rings share their five registers.
 */
#include <linux/dma-mapping.h>

#include "hw.h"
#include "pf.h"

/**
 * smnc_ring_alloc() - memory for a ring; the hardware is not touched
 * @pf: PF
 * @ring: ring
 * @reg: offset of its registers in BAR0
 * @len: entries
 * @size: bytes of an entry
 *
 * Return: 0 or -ENOMEM.
 */
int smnc_ring_alloc(struct smnc_pf *pf, struct smnc_ring *ring, u32 reg,
		    u32 len, u32 size)
{
	ring->desc = dma_alloc_coherent(&pf->pdev->dev, len * size, &ring->dma,
					GFP_KERNEL);
	if (!ring->desc)
		return -ENOMEM;
	ring->reg = reg;
	ring->len = len;
	ring->size = size;
	return 0;
}

void smnc_ring_enable(struct smnc_pf *pf, struct smnc_ring *ring)
{
	ring->head = 0;
	ring->tail = 0;
	smnc_write(pf, ring->reg + SMNC_RING_BASE_LO, lower_32_bits(ring->dma));
	smnc_write(pf, ring->reg + SMNC_RING_BASE_HI, upper_32_bits(ring->dma));
	smnc_write(pf, ring->reg + SMNC_RING_LEN, ring->len | SMNC_RING_LEN_ENABLE);
}

/* Disables the ring in the hardware first. */
void smnc_ring_free(struct smnc_pf *pf, struct smnc_ring *ring)
{
	if (!ring->desc)
		return;
	smnc_write(pf, ring->reg + SMNC_RING_LEN, 0);
	/* Read back: the device has taken note before the memory goes. */
	smnc_read(pf, ring->reg + SMNC_RING_LEN);
	dma_free_coherent(&pf->pdev->dev, ring->len * ring->size, ring->desc,
			  ring->dma);
	ring->desc = NULL;
}

/**
 * smnc_ring_peer() - where the device stands in a ring
 * @pf: PF
 * @ring: ring
 * @reg: SMNC_RING_HEAD or SMNC_RING_TAIL
 * @index: the index
 *
 * Context: any.
 * Return: 0, or -EIO: the device is dead, or names an impossible index and is stuck.
 */
int smnc_ring_peer(struct smnc_pf *pf, struct smnc_ring *ring, u32 reg, u32 *index)
{
	u32 v = smnc_read(pf, ring->reg + reg);

	if (v < ring->len) {
		*index = v;
		return 0;
	}
	/* All-ones are for others to judge: the device may be gone. */
	if (v != U32_MAX && !smnc_hw_off(pf))
		smnc_hw_stuck(pf, "the index of a ring is impossible");
	return -EIO;
}
