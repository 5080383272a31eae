/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The device's translation table of one ADI (docs/hardware.md, 10).
 */
#ifndef SMARTNIC_XLAT_H
#define SMARTNIC_XLAT_H

#include <linux/types.h>

struct device;
struct smnc_xlat_page;

/**
 * struct smnc_xlat - a table
 * @dev: device that reads it
 * @root: its top level, NULL while the ADI is closed
 */
struct smnc_xlat {
	struct device *dev;
	struct smnc_xlat_page *root;
};

int smnc_xlat_init(struct smnc_xlat *x, struct device *dev);
void smnc_xlat_free(struct smnc_xlat *x);
dma_addr_t smnc_xlat_root(const struct smnc_xlat *x);
int smnc_xlat_set(struct smnc_xlat *x, u64 iova, dma_addr_t dma, unsigned int nr,
		  u64 rights, bool *stale);
bool smnc_xlat_clear(struct smnc_xlat *x, u64 iova, u64 nr,
		     struct smnc_xlat_page **unused);
void smnc_xlat_free_pages(struct smnc_xlat *x, struct smnc_xlat_page *unused);

#endif /* SMARTNIC_XLAT_H */
