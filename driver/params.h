/* SPDX-License-Identifier: GPL-2.0-only */
/* The operator's settings of a PF: attributes of its PCI device, and their defaults. */
#ifndef SMARTNIC_PARAMS_H
#define SMARTNIC_PARAMS_H

struct attribute_group;
struct smnc_pf;

enum smnc_dma_mode {
	SMNC_DMA_AUTO,
	SMNC_DMA_TABLE,
	SMNC_DMA_PASID,
};

extern const struct attribute_group *smnc_pf_groups[];
enum smnc_dma_mode smnc_params_dma_mode(struct smnc_pf *pf);
void smnc_params_exit(void);

#endif /* SMARTNIC_PARAMS_H */
