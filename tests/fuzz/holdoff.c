// SPDX-License-Identifier: GPL-2.0-only
/*
 * The hold-off gate: a range is closed while it is unmapped and at least 10 ms
 * longer, time alone opens it and never closes it, four seconds suffice, and what
 * nobody unmaps stays open as long as there is a slot for everyone.
 */
#include "fuzz.h"
#include "holdoff.h"

/* More than there are slots. */
#define UNDER_WAY	40

static struct {
	u64 first, last;
	unsigned int slot;
} call[UNDER_WAY];
static unsigned int nr;
static u64 now;

static void range(struct input *in, u64 *first, u64 *last)
{
	u32 len = take8(in);

	*first = (u64)take8(in) << 16;
	if (len & 0x80) {
		/* The end of the address space is an address as well. */
		*first = ~0ULL - (*first | 0xffff);
		len &= 0x7f;
	}
	*last = *first + ((u64)len << 14) + 0xfff;
	if (*last < *first)
		*last = ~0ULL;
}

static bool meets_call(u64 first, u64 last)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		if (first <= call[i].last && last >= call[i].first)
			return true;
	return false;
}

static void begin_range(struct vdcm_holdoff *g, u64 first, u64 last)
{
	if (nr == UNDER_WAY)
		return;
	call[nr].first = first;
	call[nr].last = last;
	call[nr].slot = vdcm_holdoff_begin(g, first, last, now);
	must(call[nr].slot < VDCM_HOLDOFF_RANGES);
	nr++;
	must(vdcm_holdoff_wait(g, first, last, now));
}

static void begin(struct vdcm_holdoff *g, struct input *in)
{
	u64 first, last;

	range(in, &first, &last);
	begin_range(g, first, last);
}

/* A guest with an IOMMU of its own: many small ranges at a time. */
static void storm(struct vdcm_holdoff *g, struct input *in)
{
	u64 step = (u64)take8(in) << 12, i, n = take_below(in, UNDER_WAY);

	for (i = 0; i < n; i++)
		begin_range(g, i * step, i * step + 0xfff);
}

static void end(struct vdcm_holdoff *g, struct input *in)
{
	unsigned int i;

	if (!nr)
		return;
	i = take_below(in, nr);
	vdcm_holdoff_end(g, call[i].slot, now);
	must(vdcm_holdoff_wait(g, call[i].first, call[i].last, now) >= VDCM_HOLDOFF_MIN_NS);
	call[i] = call[--nr];
}

static void ask(struct vdcm_holdoff *g, struct input *in)
{
	u64 first, last, wait, later;
	unsigned int i, passed = 0;

	range(in, &first, &last);
	wait = vdcm_holdoff_wait(g, first, last, now);
	must(wait <= VDCM_HOLDOFF_MAX_NS);
	if (meets_call(first, last)) {
		must(wait);
	} else if (wait) {
		/* As it said, unless a callback that shares the slot is under way. */
		later = vdcm_holdoff_wait(g, first, last, now + wait);
		must(later <= VDCM_HOLDOFF_MAX_NS);
		must(!later || nr);
		must(vdcm_holdoff_wait(g, first, last, now + wait - 1) || nr);
	} else if (!nr) {
		must(!vdcm_holdoff_wait(g, first, last, now + take32(in)));
	}
	if (take8(in) & 1)
		return;
	for (i = 0; i < 2 * VDCM_HOLDOFF_PASSES; i++)
		passed += vdcm_holdoff_pass(g, first, last, now);
	must(wait ? passed <= VDCM_HOLDOFF_PASSES : passed == 2 * VDCM_HOLDOFF_PASSES);
}

/* With one callback after the other there is room for all: nobody else is closed. */
static void lonely(struct input *in)
{
	struct vdcm_holdoff g = {};
	u64 first, last, f, l;
	unsigned int slot;

	range(in, &first, &last);
	range(in, &f, &l);
	slot = vdcm_holdoff_begin(&g, first, last, now);
	must(!!vdcm_holdoff_wait(&g, f, l, now) == (f <= last && l >= first));
	vdcm_holdoff_end(&g, slot, now);
	must(!!vdcm_holdoff_wait(&g, f, l, now) == (f <= last && l >= first));
	must(vdcm_holdoff_wait(&g, first, last, now + VDCM_HOLDOFF_MIN_NS - 1));
	must(!vdcm_holdoff_wait(&g, first, last, now + VDCM_HOLDOFF_MIN_NS));
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct input in = { data, size };
	struct vdcm_holdoff g = {};
	unsigned int i;

	nr = 0;
	now = take32(&in);
	lonely(&in);
	while (in.len) {
		u8 what = take8(&in);

		now += (u64)take8(&in) << (what >> 3);
		switch (what & 3) {
		case 0: begin(&g, &in); break;
		case 1: end(&g, &in); break;
		case 2:
			if (what & 4)
				storm(&g, &in);
			else
				ask(&g, &in);
			break;
		default: ask(&g, &in); break;
		}
	}
	while (nr)
		end(&g, &in);
	/* Whatever happened: it opens. */
	must(!vdcm_holdoff_wait(&g, 0, ~0ULL, now + VDCM_HOLDOFF_MAX_NS));
	for (i = 0; i < VDCM_HOLDOFF_RANGES; i++)
		must(!g.range[i].callbacks && g.range[i].hold <= VDCM_HOLDOFF_MAX_NS);
	return 0;
}
