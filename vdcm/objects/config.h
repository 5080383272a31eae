/* SPDX-License-Identifier: GPL-2.0-only */
/* Emulated PCI config space: a pure object, no locking of its own. */
#ifndef VDCM_CONFIG_SPACE_H
#define VDCM_CONFIG_SPACE_H

#include <vdcm/composition.h>

/* What is stored: the conventional part, and of the extended one as much again. The rest is 0. */
#define VDCM_CONFIG_STORED	512

#define VDCM_CAP_MSIX		0x40
#define VDCM_CAP_PCIE		0x50
#define VDCM_CAP_PM		0x90
#define VDCM_CAP_OTHERS		0xa0	/* the composition's, to the end of the conventional part */
#define VDCM_CAP_EXT		0x100	/* the composition's extended ones */

/* What a write did that its owner has to act upon. */
#define VDCM_CFG_MEMORY		0x1	/* vdcm_config_memory() changed */
#define VDCM_CFG_BUS_MASTER	0x2	/* vdcm_config_bus_master() changed */
#define VDCM_CFG_MSIX		0x4	/* MSI-X message control was written */
#define VDCM_CFG_FLR		0x8	/* function level reset initiated */

/**
 * struct vdcm_config - config space of one function
 * @data: contents
 * @wmask: bits that a write changes
 * @w1c: bits that a written 1 clears
 */
struct vdcm_config {
	u8 data[VDCM_CONFIG_STORED];
	u8 wmask[VDCM_CONFIG_STORED];
	u8 w1c[VDCM_CONFIG_STORED];
};

/**
 * struct vdcm_config_piece - a piece of an access to config space, from its start on
 * @cap: the hooked capability that answers it, or NULL: config space does
 * @offset: of the piece in @cap, bytes
 * @size: bytes; with @cap 1, 2 or 4, and @offset a multiple of it
 */
struct vdcm_config_piece {
	const struct vdcm_cap *cap;
	unsigned int offset;
	unsigned int size;
};

const char *vdcm_config_check(const struct vdcm_composition *comp);
u32 vdcm_config_cap(const struct vdcm_composition *comp, unsigned int nr);
void vdcm_config_init(struct vdcm_config *cfg,
		      const struct vdcm_composition *comp,
		      unsigned int nr_vectors);
void vdcm_config_piece(const struct vdcm_composition *comp, u32 offset, unsigned int size,
		       struct vdcm_config_piece *piece);
u64 vdcm_config_read(const struct vdcm_config *cfg, u32 offset,
		     unsigned int size);
u32 vdcm_config_write(struct vdcm_config *cfg, u32 offset, unsigned int size,
		      u64 value);
void vdcm_config_load(struct vdcm_config *cfg, const u8 *image);
bool vdcm_config_memory(const struct vdcm_config *cfg);
bool vdcm_config_bus_master(const struct vdcm_config *cfg);
u16 vdcm_config_msix_ctrl(const struct vdcm_config *cfg);

#endif /* VDCM_CONFIG_SPACE_H */
