// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupt vectors of ADIs: an MSI-X vector each as long as there are some, and the
 * cause ring for the rest.
 */
#include <linux/interrupt.h>

#include "../core/hw.h"
#include "adi.h"

static irqreturn_t smnc_adi_irq(int irq, void *data)
{
	struct smnc_vec *v = data;

	vdcm_adi_signal(v->adi->vdcm, v->vec);
	return IRQ_HANDLED;
}

/* A vector of its own for @v, or none. */
static void smnc_vec_request(struct smnc_pf *pf, struct smnc_vec *v, u16 func)
{
	unsigned int index;
	int irq = smnc_vector_get(pf, &index);

	if (irq < 0)
		return;
	snprintf(v->name, sizeof(v->name), "%s-adi%u-%u@%s", SMNC_DRV_NAME, func - 1,
		 v->vec, pci_name(pf->pdev));
	if (request_irq(irq, smnc_adi_irq, 0, v->name, v)) {
		smnc_vector_put(pf, index, irq);
		return;
	}
	v->irq = irq;
	v->index = index;
}

/**
 * smnc_adi_vectors_open() - give each vector of an ADI a way to the framework
 * @adi: ADI
 * @func: its function
 */
void smnc_adi_vectors_open(struct smnc_adi *adi, u16 func)
{
	struct smnc_pf *pf = adi->pf;
	unsigned int i;

	for (i = 0; i < SMNC_FUNC_VECS; i++) {
		struct smnc_vec *v = &adi->vecs[i];

		v->adi = adi;
		v->vec = i;
		v->irq = 0;
		if (i < smnc_adi_nr_vecs(adi))
			smnc_vec_request(pf, v, func);
	}
	smnc_adi_vectors_route(adi, func);
}

/* Tell the device where the vectors go. */
void smnc_adi_vectors_route(struct smnc_adi *adi, u16 func)
{
	unsigned int i;

	for (i = 0; i < SMNC_FUNC_VECS; i++) {
		struct smnc_vec *v = &adi->vecs[i];
		u32 map = SMNC_INTVEC_VALID | SMNC_INTVEC_SHARED;

		if (i >= smnc_adi_nr_vecs(adi))
			map = 0;
		else if (v->irq)
			map = SMNC_INTVEC_VALID | v->index;
		smnc_func_map_vector(adi->pf, func, i, map);
	}
}

/* The function is disabled: none of its vectors is sent any more. */
void smnc_adi_vectors_close(struct smnc_adi *adi, u16 func)
{
	struct smnc_pf *pf = adi->pf;
	unsigned int i;

	for (i = 0; i < smnc_adi_nr_vecs(adi); i++) {
		struct smnc_vec *v = &adi->vecs[i];

		smnc_func_map_vector(pf, func, i, 0);
		if (!v->irq)
			continue;
		free_irq(v->irq, v);
		smnc_vector_put(pf, v->index, v->irq);
		v->irq = 0;
	}
}
