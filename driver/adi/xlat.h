/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The device's translation table of one ADI (docs/hardware.md, 10).
 */
#ifndef SMARTNIC_XLAT_H
#define SMARTNIC_XLAT_H

#include <linux/types.h>

struct device;
struct snic_xlat_page;

/**
 * struct snic_xlat - a table
 * @dev: device that reads it
 * @root: its top level, NULL while the ADI is closed
 */
struct snic_xlat {
	struct device *dev;
	struct snic_xlat_page *root;
};

int snic_xlat_init(struct snic_xlat *x, struct device *dev);
void snic_xlat_free(struct snic_xlat *x);
dma_addr_t snic_xlat_root(const struct snic_xlat *x);
int snic_xlat_set(struct snic_xlat *x, u64 iova, dma_addr_t dma, unsigned int nr,
		  u64 rights, bool *stale);
bool snic_xlat_clear(struct snic_xlat *x, u64 iova, u64 nr,
		     struct snic_xlat_page **unused);
void snic_xlat_free_pages(struct snic_xlat *x, struct snic_xlat_page *unused);

#endif /* SMARTNIC_XLAT_H */
