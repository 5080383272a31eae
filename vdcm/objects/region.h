/* SPDX-License-Identifier: GPL-2.0-only */
/* Region table: what is behind an offset of a BAR. A pure, constant object. */
#ifndef VDCM_REGION_H
#define VDCM_REGION_H

#include <vdcm/composition.h>

/* What an access meets. */
enum vdcm_hit_kind {
	VDCM_HIT_ABSENT,
	VDCM_HIT_REG,		/* target: offset in the ADI window */
	VDCM_HIT_PASS,		/* target: offset in the ADI window */
	VDCM_HIT_MSIX_TABLE,	/* target: offset in the table */
	VDCM_HIT_MSIX_PBA,	/* target: offset in the pending bit array */
};

/**
 * struct vdcm_hit - answer of vdcm_regions_find()
 * @kind: what answers
 * @soft: the page is soft: see struct vdcm_pages
 * @target: see enum vdcm_hit_kind
 * @wmask: VDCM_HIT_REG: bits a guest may write
 */
struct vdcm_hit {
	enum vdcm_hit_kind kind;
	bool soft;
	u32 target;
	u64 wmask;
};

/**
 * struct vdcm_reg_slot - a register in the search index
 * @key: offset in the BAR and width: VDCM_REG_KEY()
 * @wmask: bits a guest may write
 * @target: offset in the ADI window
 */
struct vdcm_reg_slot {
	u64 key;
	u64 wmask;
	u32 target;
};

#define VDCM_REG_KEY(_offset, _width)	((u64)(_offset) << 4 | (_width))

/* Sizes of accesses that a page which is passed through takes. */
static inline u8 vdcm_pages_widths(const struct vdcm_pages *run)
{
	return run->widths ?: 4;
}

/**
 * struct vdcm_regions - region table of one type
 * @comp: the composition it was made from
 * @msix_table_end: end of the MSI-X table in its BAR
 * @msix_pba_end: end of the pending bit array in its BAR
 * @first: index of a BAR's first register in @regs; [VDCM_NR_BARS]: their number
 * @regs: registers, sorted by BAR, offset and width
 */
struct vdcm_regions {
	const struct vdcm_composition *comp;
	u32 msix_table_end;
	u32 msix_pba_end;
	unsigned int first[VDCM_NR_BARS + 1];
	struct vdcm_reg_slot regs[];
};

#define VDCM_MAX_REGS	4096u

struct vdcm_regions *vdcm_regions_create(const struct vdcm_composition *comp,
					 unsigned int nr_vectors,
					 const char **why);
void vdcm_regions_destroy(struct vdcm_regions *regions);
void vdcm_regions_find(const struct vdcm_regions *regions, unsigned int bar,
		       u64 offset, unsigned int size, struct vdcm_hit *hit);
const struct vdcm_pages *vdcm_regions_run(const struct vdcm_regions *regions,
					  unsigned int bar, u64 offset);
bool vdcm_regions_area(const struct vdcm_regions *regions, unsigned int bar,
		       unsigned int *run, u64 *offset, u64 *size);

#endif /* VDCM_REGION_H */
