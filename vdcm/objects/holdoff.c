// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hold-off gate between unmap operations and new pins.
 *
 * While VFIO's type1 back end unmaps a range it calls the devices, one after the
 * other, until none has pages of it pinned, and gives up on the whole machine
 * (BUG_ON) when pages were still pinned after ten rounds. A pin that slips in
 * before the operation has ended makes a further round necessary. So each ADI's
 * gate is closed for the range from the first callback of an operation until the
 * operation, not the callback, has ended; unmap.c says when that is.
 *
 * Only the range being unmapped is closed: pins elsewhere cannot cause a round.
 * An opened range is remembered for a while: an access to a page that the VMM
 * takes out and puts back must not fail in between.
 * Times are nanoseconds of any monotonic clock, passed in by the caller.
 */
#include <linux/build_bug.h>
#include <linux/errno.h>
#include <linux/minmax.h>

#include "holdoff.h"

static bool vdcm_holdoff_overlaps(const struct vdcm_closed *r, u64 first, u64 last)
{
	return first <= r->last && last >= r->first;
}

static bool vdcm_holdoff_closed(const struct vdcm_closed *r, u64 first, u64 last)
{
	return r->by && vdcm_holdoff_overlaps(r, first, last);
}

/* The slot for an operation: its own, or the open one that is forgotten first. */
static int vdcm_holdoff_find_slot(const struct vdcm_holdoff *gate, const struct vdcm_closer *by)
{
	int i, best = -ENOSPC;

	for (i = 0; i < VDCM_HOLDOFF_RANGES; i++) {
		const struct vdcm_closed *r = &gate->range[i];

		if (by && r->by == by)
			return i;
		if (!r->by && (best < 0 ||
			       r->opened_at < gate->range[best].opened_at))
			best = i;
	}
	return best;
}

/**
 * vdcm_holdoff_close() - an operation unmaps a range: close it
 * @gate: gate
 * @by: the operation; it has one range in a gate, which grows to take this one in
 * @first: first address
 * @last: last address
 * @now: time
 *
 * Without a slot to spare all addresses are closed for VDCM_HOLDOFF_MAX_NS.
 *
 * Return: a number for vdcm_holdoff_open(), the same for all calls with @by until
 * then, or -ENOSPC.
 */
int vdcm_holdoff_close(struct vdcm_holdoff *gate, struct vdcm_closer *by,
		       u64 first, u64 last, u64 now)
{
	int slot = vdcm_holdoff_find_slot(gate, by);
	struct vdcm_closed *r;

	if (slot < 0) {
		vdcm_holdoff_close_all(gate, now + VDCM_HOLDOFF_MAX_NS);
		return slot;
	}
	r = &gate->range[slot];
	if (r->by) {
		first = min(first, r->first);
		last = max(last, r->last);
	}
	*r = (struct vdcm_closed) { .first = first, .last = last, .by = by };
	return slot;
}

/**
 * vdcm_holdoff_open() - an operation has ended
 * @gate: gate
 * @slot: what vdcm_holdoff_close() returned
 * @now: time
 */
void vdcm_holdoff_open(struct vdcm_holdoff *gate, unsigned int slot, u64 now)
{
	gate->range[slot].by = NULL;
	gate->range[slot].opened_at = max(now, 1ULL);
}

/**
 * vdcm_holdoff_close_all() - close all addresses for a time
 * @gate: gate
 * @until: time; an earlier one than at the last call changes nothing
 */
void vdcm_holdoff_close_all(struct vdcm_holdoff *gate, u64 until)
{
	gate->all_until = max(gate->all_until, until);
}

/**
 * vdcm_holdoff_shut() - close all addresses until vdcm_holdoff_unshut()
 * @gate: gate
 *
 * For an operation that vdcm_holdoff_close() had no slot for. Shut twice it is opened by two
 * calls.
 */
void vdcm_holdoff_shut(struct vdcm_holdoff *gate)
{
	gate->shut++;
}

/**
 * vdcm_holdoff_unshut() - undo vdcm_holdoff_shut()
 * @gate: gate
 * @now: time
 *
 * The operation has perhaps not ended: all addresses stay closed for VDCM_HOLDOFF_MAX_NS.
 */
void vdcm_holdoff_unshut(struct vdcm_holdoff *gate, u64 now)
{
	gate->shut--;
	vdcm_holdoff_close_all(gate, now + VDCM_HOLDOFF_MAX_NS);
}

/**
 * vdcm_holdoff_note() - a range was unmapped by someone who needs no gate
 * @gate: gate
 * @first: first address
 * @last: last address
 * @now: time
 *
 * Closes nothing: for vdcm_holdoff_lately().
 */
void vdcm_holdoff_note(struct vdcm_holdoff *gate, u64 first, u64 last, u64 now)
{
	int slot = vdcm_holdoff_find_slot(gate, NULL);

	if (slot < 0)
		return;
	gate->range[slot].first = first;
	gate->range[slot].last = last;
	vdcm_holdoff_open(gate, slot, now);
}

/**
 * vdcm_holdoff_wait() - may pages of a range be pinned now?
 * @gate: gate
 * @first: first address
 * @last: last address
 * @now: time
 *
 * Return: 0 = yes, VDCM_HOLDOFF_UNKNOWN = not before a call of vdcm_holdoff_open() or
 * vdcm_holdoff_unshut(), else ask again after so many nanoseconds.
 */
u64 vdcm_holdoff_wait(const struct vdcm_holdoff *gate, u64 first, u64 last,
		      u64 now)
{
	unsigned int i;

	if (gate->shut)
		return VDCM_HOLDOFF_UNKNOWN;
	for (i = 0; i < VDCM_HOLDOFF_RANGES; i++)
		if (vdcm_holdoff_closed(&gate->range[i], first, last))
			return VDCM_HOLDOFF_UNKNOWN;
	return now < gate->all_until ? gate->all_until - now : 0;
}

/**
 * vdcm_holdoff_lately() - may a page be missing because it was just unmapped?
 * @gate: gate
 * @addr: address
 * @now: time
 *
 * Return: true for VDCM_HOLDOFF_LATELY_NS after the operation.
 */
bool vdcm_holdoff_lately(const struct vdcm_holdoff *gate, u64 addr, u64 now)
{
	unsigned int i;

	for (i = 0; i < VDCM_HOLDOFF_RANGES; i++) {
		const struct vdcm_closed *r = &gate->range[i];

		if (!vdcm_holdoff_overlaps(r, addr, addr))
			continue;
		if (r->by || (r->opened_at &&
			      now < r->opened_at + VDCM_HOLDOFF_LATELY_NS))
			return true;
	}
	return false;
}

/**
 * vdcm_holdoff_pass() - observe mode: let a pin through a closed range?
 * @gate: gate
 * @first: first address
 * @last: last address
 * @now: time
 *
 * Lets at most VDCM_HOLDOFF_PASSES pins through per operation, whichever gate they
 * pass, so that type1's limit is never reached.
 *
 * Return: true = pin it.
 */
bool vdcm_holdoff_pass(struct vdcm_holdoff *gate, u64 first, u64 last, u64 now)
{
	unsigned int i;

	if (gate->shut || now < gate->all_until)
		return false;
	for (i = 0; i < VDCM_HOLDOFF_RANGES; i++) {
		struct vdcm_closed *r = &gate->range[i];

		if (!vdcm_holdoff_closed(r, first, last))
			continue;
		if (atomic_read(&r->by->passed) >= VDCM_HOLDOFF_PASSES ||
		    atomic_inc_return(&r->by->passed) > VDCM_HOLDOFF_PASSES)
			return false;
	}
	return true;
}

/**
 * vdcm_holdoff_hold() - how long to wait for the end of an operation that has no end
 * @callbacks: callbacks of it for one range, so far
 *
 * For kernels that do not say when an operation has ended. Ordinary ones call back
 * once or twice; for those that go on it grows.
 *
 * Return: nanoseconds after the last callback.
 */
u64 vdcm_holdoff_hold(unsigned int callbacks)
{
	u64 hold = VDCM_HOLDOFF_MIN_NS;

	for (; callbacks > 2 && hold < VDCM_HOLDOFF_MAX_NS; callbacks--)
		hold *= 2;
	return min(hold, VDCM_HOLDOFF_MAX_NS);
}
