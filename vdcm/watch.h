/* SPDX-License-Identifier: GPL-2.0-only */
/* State of the memory of the process that has opened an ADI: spots.c, discard.c. */
#ifndef VDCM_WATCH_H
#define VDCM_WATCH_H

#include <linux/interval_tree.h>
#include <linux/mmu_notifier.h>
#include <linux/rbtree.h>

#include "internal.h"

/* Distances between the device's and the user's addresses that are tried before a search. */
#define VDCM_SHIFTS		4

/**
 * struct vdcm_spot - a mapped batch, and its place in the user's memory
 * @iova: its pages by the device's addresses
 * @va: by the user's
 */
struct vdcm_spot {
	struct interval_tree_node iova;
	struct interval_tree_node va;
};

/**
 * struct vdcm_watch - watches the memory of the process that has opened an ADI
 * @notifier: of that memory
 * @adi: ADI
 * @work: carries out the discards in @waiting
 * @waiting: discards; under fault_lock, as the following
 * @by_iova: spots
 * @by_va: spots
 * @clearing: number of discards under way, in all of that memory
 * @first: first page discarded since the pin under way began
 * @last: last one
 * @pages: room for one batch; of the work item for faults, as the following
 * @shift: pages from the user's address to the device's, of the last spots
 * @nr_shifts: how many there were
 * @lost: how often a page was not found
 * @foreign: the pages are another process's
 */
struct vdcm_watch {
	struct mmu_notifier notifier;
	struct vdcm_adi *adi;
	struct work_struct work;
	struct list_head waiting;
	struct rb_root_cached by_iova;
	struct rb_root_cached by_va;
	unsigned int clearing;
	unsigned long first;
	unsigned long last;
	struct page **pages;
	unsigned long shift[VDCM_SHIFTS];
	unsigned int nr_shifts;
	unsigned int lost;
	bool foreign;
};

#endif /* VDCM_WATCH_H */
