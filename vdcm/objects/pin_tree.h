/* SPDX-License-Identifier: GPL-2.0-only */
/* Pages pinned by one ADI: a pure object; its owner serialises all calls. */
#ifndef VDCM_PIN_TREE_H
#define VDCM_PIN_TREE_H

#include <linux/types.h>
#include <linux/xarray.h>

/* Pages of one batch: pinned by one call and unpinned by one. */
#define VDCM_PIN_BATCH		512u

#define VDCM_PIN_WRITABLE	0x1	/* pinned for writing */
#define VDCM_PIN_MAPPED_WRITE	0x2	/* the device may write */
#define VDCM_PIN_KEPT		0x4	/* prefetched: a migration leaves its mapping alone */
#define VDCM_PIN_LEAVING	0x8	/* unmapped, not yet unpinned; never stored */

/**
 * struct vdcm_pin_tree - pinned pages
 * @xa: by page number of the device's address
 * @count: number of pages
 */
struct vdcm_pin_tree {
	struct xarray xa;
	u64 count;
};

/**
 * struct vdcm_pin - a pinned page
 * @pfn: host page
 * @flags: VDCM_PIN_*
 * @first: first page of its batch
 * @nr: pages in its batch
 */
struct vdcm_pin {
	u64 pfn;
	u32 flags;
	u64 first;
	u32 nr;
};

void vdcm_pin_tree_init(struct vdcm_pin_tree *tree);
void vdcm_pin_tree_destroy(struct vdcm_pin_tree *tree);
int vdcm_pin_tree_add(struct vdcm_pin_tree *tree, u64 first, u32 nr, u32 i,
		      u64 pfn, u32 flags);
bool vdcm_pin_tree_find(struct vdcm_pin_tree *tree, u64 page,
			struct vdcm_pin *pin);
bool vdcm_pin_tree_next(struct vdcm_pin_tree *tree, u64 first, u64 last,
			struct vdcm_pin *pin);
bool vdcm_pin_tree_any(struct vdcm_pin_tree *tree, u64 first, u64 last);
void vdcm_pin_tree_leave(struct vdcm_pin_tree *tree, u64 first, u32 nr);
u32 vdcm_pin_tree_take(struct vdcm_pin_tree *tree, u64 first, u64 last,
		       u32 most, u64 *from);
void vdcm_pin_tree_set_flags(struct vdcm_pin_tree *tree, u64 page, u32 flags);
void vdcm_pin_tree_hide(struct vdcm_pin_tree *tree, u64 first, u64 nr);
void vdcm_pin_tree_show(struct vdcm_pin_tree *tree, u64 page);
bool vdcm_pin_tree_kept(struct vdcm_pin_tree *tree, u64 first, u64 nr);
bool vdcm_pin_tree_hidden(struct vdcm_pin_tree *tree, u64 page);
void vdcm_pin_tree_erase(struct vdcm_pin_tree *tree, u64 first, u32 nr);
void vdcm_pin_tree_gap(struct vdcm_pin_tree *tree, u64 page, u64 *first,
		       u64 *last);

#endif /* VDCM_PIN_TREE_H */
