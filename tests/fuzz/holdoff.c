// SPDX-License-Identifier: GPL-2.0-only
/*
 * The hold-off gate: what an operation unmaps is closed until it ends and open from
 * then on, what none unmaps stays open as long as there is a slot for each, and observe
 * mode lets five pins through per operation.
 */
#include "fuzz.h"
#include "holdoff.h"

/* More than there are slots. */
#define OPS	40

static struct {
	struct vdcm_closer closer;
	u64 first, last;
	int slot;
	bool on;
} op[OPS];
static u64 now, all_until;

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

static bool meets(u32 i, u64 first, u64 last)
{
	return op[i].on && op[i].slot >= 0 && first <= op[i].last && last >= op[i].first;
}

static bool meets_any(u64 first, u64 last)
{
	unsigned int i;

	for (i = 0; i < OPS; i++)
		if (meets(i, first, last))
			return true;
	return false;
}

static void close_one(struct vdcm_holdoff *g, u32 i, u64 first, u64 last)
{
	unsigned int k, used = 0;
	int slot;

	for (k = 0; k < OPS; k++)
		used += op[k].on && op[k].slot >= 0;
	slot = vdcm_holdoff_close(g, &op[i].closer, first, last, now);
	must(slot < VDCM_HOLDOFF_RANGES);
	if (op[i].on && op[i].slot >= 0) {
		must(slot == op[i].slot);
		op[i].first = min(first, op[i].first);
		op[i].last = max(last, op[i].last);
	} else if (slot >= 0) {
		must(used < VDCM_HOLDOFF_RANGES);
		op[i].first = first;
		op[i].last = last;
	} else {
		must(used == VDCM_HOLDOFF_RANGES);
		all_until = max(all_until, now + VDCM_HOLDOFF_MAX_NS);
	}
	op[i].on = true;
	op[i].slot = slot;
	must(vdcm_holdoff_wait(g, first, last, now));
}

static void close_range(struct vdcm_holdoff *g, struct input *in)
{
	u64 first, last;

	range(in, &first, &last);
	close_one(g, take_below(in, OPS), first, last);
}

/* A guest with an IOMMU of its own and many threads. */
static void storm(struct vdcm_holdoff *g, struct input *in)
{
	u64 step = (u64)take8(in) << 12, i, n = take_below(in, OPS);

	for (i = 0; i < n; i++)
		close_one(g, i, i * step, i * step + 0xfff);
}

static void open_one(struct vdcm_holdoff *g, u32 i)
{
	u64 at = op[i].first;

	if (!op[i].on)
		return;
	op[i].on = false;
	op[i].closer.passed.v = 0;
	if (op[i].slot < 0)
		return;
	vdcm_holdoff_open(g, op[i].slot, now);
	must(vdcm_holdoff_lately(g, at, now));
	must(vdcm_holdoff_lately(g, op[i].last, now + VDCM_HOLDOFF_LATELY_NS - 1));
}

static void note(struct vdcm_holdoff *g, struct input *in)
{
	u64 first, last;

	range(in, &first, &last);
	vdcm_holdoff_note(g, first, last, now);
}

static void ask(struct vdcm_holdoff *g, struct input *in)
{
	u64 first, last, wait;
	unsigned int i, passed = 0;

	range(in, &first, &last);
	wait = vdcm_holdoff_wait(g, first, last, now);
	if (meets_any(first, last))
		must(wait == VDCM_HOLDOFF_UNKNOWN);
	else
		must(wait == (now < all_until ? all_until - now : 0));
	if (take8(in) & 1)
		return;
	for (i = 0; i < 2 * VDCM_HOLDOFF_PASSES; i++)
		passed += vdcm_holdoff_pass(g, first, last, now);
	if (now < all_until)
		must(!passed);
	else
		must(wait ? passed <= VDCM_HOLDOFF_PASSES : passed == i);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct input in = { data, size };
	struct vdcm_holdoff g = {};
	u32 i;

	memset(op, 0, sizeof(op));
	all_until = 0;
	now = 1 + (u64)take32(&in);
	while (in.len) {
		u8 what = take8(&in);

		now += (u64)take8(&in) << (what >> 3);
		switch (what & 7) {
		case 0: case 1: close_range(&g, &in); break;
		case 2: storm(&g, &in); break;
		case 3: case 4: open_one(&g, take_below(&in, OPS)); break;
		case 5: note(&g, &in); break;
		default: ask(&g, &in); break;
		}
	}
	for (i = 0; i < OPS; i++)
		open_one(&g, i);
	/* Whatever happened: it opens, and forgets. */
	now = max(now, all_until);
	must(!vdcm_holdoff_wait(&g, 0, ~0ULL, now));
	must(!vdcm_holdoff_lately(&g, take64(&in), now + VDCM_HOLDOFF_LATELY_NS));
	return 0;
}
