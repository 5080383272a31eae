// SPDX-License-Identifier: GPL-2.0-only
/*
 * Giving up pages that a device has not used of late, while its VM is migrated.
 *
 * type1 counts a page as dirty for as long as it is pinned, and once more when it was unpinned.
 * So a VMM sends every pinned page again and again, and ends only if no more pages are pinned
 * than the device works with. There are no accessed bits, so vdcm_age_turn() hides pages: one
 * eighth of them every 100 ms, in turn, loses its translation, not its pin. A page on which the
 * device faults is mapped again at once; a page that is still hidden at its next turn is
 * unpinned. Pages that were pinned together are unpinned, and come back one by one.
 *
 * Prefetched pages keep their translation, and their neighbours in a batch their pin.
 *
 * No write is missed: before a page is unpinned it is out of the translation, and no access to
 * the page is under way.
 */
#include <linux/ktime.h>

#include "internal.h"

#define VDCM_AGE_NS	(100 * NSEC_PER_MSEC)
#define VDCM_AGE_PARTS	8

static void vdcm_age_kick(struct vdcm_live *live)
{
	mod_delayed_work(vdcm_wq_of(live->adi, VDCM_QUEUE_FAULTS), &live->dma.work, 0);
}

/**
 * vdcm_age_start() - begin to give up cold pages
 * @adi: open ADI; adi->lock held; its PF is there, or dead
 */
void vdcm_age_start(struct vdcm_adi *adi)
{
	struct vdcm_dma *dma = &adi->live->dma;

	lockdep_assert_held(&adi->lock);
	mutex_lock(&adi->pin_lock);
	/* A log of writes is exact, and does not depend on pins: no need to give pages up. */
	dma->ageing = dma->ops && !dma->logging;
	dma->age_at = 0;
	dma->age_next = 0;
	if (dma->ageing)
		vdcm_age_kick(adi->live);
	mutex_unlock(&adi->pin_lock);
}

/**
 * vdcm_age_stop() - stop giving up cold pages
 * @adi: open ADI; adi->lock held
 *
 * Hidden pages are still pinned: the device faults on them and gets them back.
 */
void vdcm_age_stop(struct vdcm_adi *adi)
{
	lockdep_assert_held(&adi->lock);
	mutex_lock(&adi->pin_lock);
	adi->live->dma.ageing = false;
	mutex_unlock(&adi->pin_lock);
}

/**
 * vdcm_age_now() - begin a turn at once: the VMM has asked for dirty pages, and will ask again
 * @adi: open ADI
 *
 * Context: process.
 */
void vdcm_age_now(struct vdcm_adi *adi)
{
	struct vdcm_dma *dma = &adi->live->dma;

	mutex_lock(&adi->pin_lock);
	if (dma->ageing) {
		dma->age_at = 0;
		vdcm_age_kick(adi->live);
	}
	mutex_unlock(&adi->pin_lock);
}

/* The pages from @pin on that lie side by side, alone in their batches, and are not hidden. */
static u64 vdcm_age_singles(struct vdcm_pin_tree *tree, const struct vdcm_pin *pin, u64 most)
{
	struct vdcm_pin next;
	u64 nr = 1;

	while (nr < most && vdcm_pin_tree_find(tree, pin->first + nr, &next) && next.nr == 1 &&
	       !(next.flags & (VDCM_PIN_LEAVING | VDCM_PIN_KEPT)) &&
	       !vdcm_pin_tree_hidden(tree, pin->first + nr))
		nr++;
	return nr;
}

/* Hide or unpin about @most pages. Return: their number; 0: all pages have had their turn. */
static u64 vdcm_age_run(struct vdcm_live *live, u64 most)
{
	struct vdcm_dma *dma = &live->dma;
	struct vdcm_pin pin;
	u64 nr;

	lockdep_assert_held(&live->adi->pin_lock);
	if (!dma->ageing || !dma->ops ||
	    !vdcm_pin_tree_next(&dma->tree, dma->age_next, ULONG_MAX, &pin)) {
		dma->age_next = 0;
		return 0;
	}
	nr = pin.nr;
	if (vdcm_pin_tree_kept(&dma->tree, pin.first, nr)) {
		dma->age_next = pin.first + nr;
		return nr;
	}
	if (nr > 1 || vdcm_pin_tree_hidden(&dma->tree, pin.first)) {
		vdcm_unpin_drop(live, pin.first);
		vdcm_add(live->adi, VDCM_CNT_AGED_PAGES, nr);
	} else {
		nr = vdcm_age_singles(&dma->tree, &pin, min_t(u64, most, VDCM_XLAT_RUN));
		dma->ops->hide(&live->adi->xlat, pin.first << PAGE_SHIFT, nr);
		vdcm_pin_tree_hide(&dma->tree, pin.first, nr);
	}
	dma->age_next = pin.first + nr;
	return nr;
}

/* One turn. The work item serves units that fault meanwhile when the turn is over. */
static void vdcm_age_turn(struct vdcm_live *live)
{
	u64 left = live->dma.tree.count / VDCM_AGE_PARTS + 1, nr;

	do {
		mutex_lock(&live->adi->pin_lock);
		nr = vdcm_age_run(live, left);
		mutex_unlock(&live->adi->pin_lock);
		left -= min(nr, left);
		cond_resched();
	} while (nr && left);
}

/**
 * vdcm_age() - give up cold pages, if a turn is due
 * @live: open state
 *
 * Context: the ADI's work item for faults.
 * Return: nanoseconds until the next turn, or VDCM_HOLDOFF_UNKNOWN.
 */
u64 vdcm_age(struct vdcm_live *live)
{
	struct vdcm_dma *dma = &live->dma;
	u64 now = ktime_get_ns(), at;
	bool on;

	mutex_lock(&live->adi->pin_lock);
	on = dma->ageing && !dma->held;
	at = dma->age_at;
	if (on && now >= at)
		dma->age_at = now + VDCM_AGE_NS;
	mutex_unlock(&live->adi->pin_lock);
	if (!on)
		return VDCM_HOLDOFF_UNKNOWN;
	if (now < at)
		return at - now;
	vdcm_age_turn(live);
	return VDCM_AGE_NS;
}
