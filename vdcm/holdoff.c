// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hold-off gate between unmap callbacks and new pins.
 *
 * While VFIO's type1 back end unmaps a range it calls the devices until none
 * has pages of it pinned, and gives up on the whole machine (BUG_ON) when pages
 * were still pinned after ten calls. A pin that slips in between two calls makes
 * a further one necessary. So a range is closed to pins before its pages are
 * unpinned and opens again a while after the callback ended: 10 ms, and twice as
 * long for each callback that follows closely, up to 4 s.
 *
 * Only the range being unmapped is closed: pins elsewhere cannot cause a retry.
 * Where more ranges are unmapped at a time than there are slots (a guest with an
 * IOMMU of its own does that), neighbours share one, and close too much; such a
 * slot is kept from growing to seconds.
 * Times are nanoseconds of any monotonic clock, passed in by the caller.
 */
#include <linux/build_bug.h>
#include <linux/minmax.h>

#include "holdoff.h"

static bool overlaps(const struct vdcm_closed *r, u64 first, u64 last)
{
	return r->used && first <= r->last && last >= r->first;
}

static bool closed(const struct vdcm_closed *r, u64 now)
{
	return r->callbacks || now < r->opens_at;
}

/* Open, and for so long that the next callback starts a new burst. */
static bool quiet(const struct vdcm_closed *r, u64 now)
{
	return !r->callbacks && now >= r->opens_at + r->hold;
}

/* How much a range would have to grow to take another one in. */
static u64 distance(const struct vdcm_closed *r, u64 first, u64 last)
{
	return first > r->last ? last - r->last : r->first - first;
}

/* The slot for a callback: the one it meets, a free one, or a neighbour's. */
static unsigned int find_slot(const struct vdcm_holdoff *gate, u64 first,
			      u64 last, u64 now)
{
	unsigned int i, best = 0;

	for (i = 0; i < VDCM_HOLDOFF_RANGES; i++)
		if (overlaps(&gate->range[i], first, last))
			return i;
	for (i = 0; i < VDCM_HOLDOFF_RANGES; i++)
		if (!gate->range[i].used || quiet(&gate->range[i], now))
			return i;
	for (i = 1; i < VDCM_HOLDOFF_RANGES; i++)
		if (distance(&gate->range[i], first, last) <
		    distance(&gate->range[best], first, last))
			best = i;
	return best;
}

/* Halve the hold for each such time that passed in quiet. */
static u64 decayed(const struct vdcm_closed *r, u64 now)
{
	u64 at = r->opens_at + r->hold;
	u64 hold = r->hold;

	while (hold > VDCM_HOLDOFF_MIN_NS && now >= at) {
		hold = max(hold / 2, VDCM_HOLDOFF_MIN_NS);
		at += hold;
	}
	return hold;
}

/* A further callback for a range, or for one beside it that found no slot. */
static void join(struct vdcm_closed *r, u64 first, u64 last)
{
	if (overlaps(r, first, last))
		r->hold = min(2 * r->hold, r->merged ? VDCM_HOLDOFF_MERGED_NS :
						       VDCM_HOLDOFF_MAX_NS);
	else
		r->merged = true;
	r->first = min(r->first, first);
	r->last = max(r->last, last);
}

/**
 * vdcm_holdoff_begin() - an unmap callback begins: close its range
 * @gate: gate
 * @first: first address
 * @last: last address
 * @now: time
 *
 * To be called before the lock is taken under which pages are pinned.
 *
 * Return: a number for vdcm_holdoff_end().
 */
unsigned int vdcm_holdoff_begin(struct vdcm_holdoff *gate, u64 first, u64 last,
				u64 now)
{
	unsigned int slot = find_slot(gate, first, last, now);
	struct vdcm_closed *r = &gate->range[slot];

	if (!r->used || (quiet(r, now) && !overlaps(r, first, last)))
		*r = (struct vdcm_closed) { .hold = VDCM_HOLDOFF_MIN_NS };
	if (!r->used || quiet(r, now)) {
		r->hold = decayed(r, now);
		r->first = first;
		r->last = last;
		r->passed = 0;
		r->merged = false;
		r->used = true;
	} else {
		join(r, first, last);
	}
	r->callbacks++;
	return slot;
}

/**
 * vdcm_holdoff_end() - an unmap callback ended: open its range in a while
 * @gate: gate
 * @slot: what vdcm_holdoff_begin() returned
 * @now: time
 */
void vdcm_holdoff_end(struct vdcm_holdoff *gate, unsigned int slot, u64 now)
{
	struct vdcm_closed *r = &gate->range[slot];

	r->callbacks--;
	r->opens_at = now + r->hold;
}

/**
 * vdcm_holdoff_wait() - may pages of a range be pinned now?
 * @gate: gate
 * @first: first address
 * @last: last address
 * @now: time
 *
 * To be called with the lock held under which pages are pinned.
 *
 * Return: 0 = yes, else ask again after so many nanoseconds.
 */
u64 vdcm_holdoff_wait(const struct vdcm_holdoff *gate, u64 first, u64 last,
		      u64 now)
{
	unsigned int i;
	u64 wait = 0;

	for (i = 0; i < VDCM_HOLDOFF_RANGES; i++) {
		const struct vdcm_closed *r = &gate->range[i];

		if (!overlaps(r, first, last) || !closed(r, now))
			continue;
		wait = max(wait, r->callbacks ? r->hold : r->opens_at - now);
	}
	return wait;
}

/**
 * vdcm_holdoff_pass() - observe mode: let a pin through a closed range?
 * @gate: gate
 * @first: first address
 * @last: last address
 * @now: time
 *
 * Lets at most VDCM_HOLDOFF_PASSES pins through per burst of callbacks, so that
 * type1's limit is never reached.
 *
 * Return: true = pin it.
 */
bool vdcm_holdoff_pass(struct vdcm_holdoff *gate, u64 first, u64 last, u64 now)
{
	unsigned int i;

	for (i = 0; i < VDCM_HOLDOFF_RANGES; i++) {
		struct vdcm_closed *r = &gate->range[i];

		if (overlaps(r, first, last) && closed(r, now) &&
		    r->passed >= VDCM_HOLDOFF_PASSES)
			return false;
	}
	for (i = 0; i < VDCM_HOLDOFF_RANGES; i++) {
		struct vdcm_closed *r = &gate->range[i];

		if (overlaps(r, first, last) && closed(r, now))
			r->passed++;
	}
	return true;
}
