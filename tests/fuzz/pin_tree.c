// SPDX-License-Identifier: GPL-2.0-only
/*
 * The pin tree against a plain array: no page is lost, doubled, or given rights
 * nobody asked for, also when memory runs out in the middle of a batch.
 */
#include "fuzz.h"
#include "pin_tree.h"

#define PAGES	2048u

struct page {
	u64 pfn;
	u64 first;
	u32 nr;
	u32 flags;
	bool there;
	bool leaving;	/* or taken */
	bool taken;
};

static struct page model[PAGES];
static u64 base;
static int fail_in;

static bool alloc_fails(void)
{
	return fail_in && !--fail_in;
}

static void same(const struct vdcm_pin *pin, u32 page)
{
	const struct page *p = &model[page];

	must(p->there && pin->pfn == p->pfn);
	must(pin->flags == (p->flags | (p->leaving ? VDCM_PIN_LEAVING : 0)));
	must(pin->nr == p->nr && pin->first == base + p->first);
}

static u32 next_there(u32 page, u32 last)
{
	while (page <= last && !model[page].there)
		page++;
	return page;
}

static u32 next_mapped(u32 page, u32 last)
{
	while (page <= last && !(model[page].there && !model[page].leaving))
		page++;
	return page;
}

static bool waits(u32 page)
{
	return page < PAGES && model[page].there && model[page].leaving && !model[page].taken;
}

static void add(struct vdcm_pin_tree *tree, struct input *in)
{
	u32 first = take16(in) % PAGES, nr = 1 + take_below(in, VDCM_PIN_BATCH), i;
	u64 pfn = take64(in) >> (take8(in) & 31);
	u32 flags = take8(in) & 3;
	int err = 0;

	nr = min(nr, PAGES - first);
	if (next_there(first, first + nr - 1) < first + nr)
		return;
	fail_in = take8(in) & 7 ? 0 : 1 + take_below(in, nr);
	for (i = 0; i < nr && !err; i++) {
		err = vdcm_pin_tree_add(tree, base + first, nr, i, pfn + i, flags);
		if ((pfn + i) >> 40)
			must(err == -EINVAL);
		else
			must(!err || (err == -ENOMEM && !fail_in));
		if (!err)
			model[first + i] = (struct page) {
				.pfn = pfn + i, .first = first, .nr = nr, .flags = flags, .there = true,
			};
	}
	fail_in = 0;
	if (err) {
		vdcm_pin_tree_erase(tree, base + first, nr);
		memset(&model[first], 0, nr * sizeof(*model));
	}
}

static void refuse(struct vdcm_pin_tree *tree, struct input *in)
{
	must(vdcm_pin_tree_add(tree, base, 0, 0, 1, 0) == -EINVAL);
	must(vdcm_pin_tree_add(tree, base, VDCM_PIN_BATCH + 1 + take16(in), 0, 1, 0) == -EINVAL);
	must(vdcm_pin_tree_add(tree, base, 4, 4 + take16(in), 1, 0) == -EINVAL);
}

static void walk(struct vdcm_pin_tree *tree, struct input *in)
{
	u32 first = take16(in) % PAGES, last = take16(in) % PAGES, p;
	struct vdcm_pin pin;

	if (first > last)
		return;
	p = next_there(first, last);
	must(vdcm_pin_tree_any(tree, base + first, base + last) == (p <= last));
	p = next_mapped(first, last);
	must(vdcm_pin_tree_next(tree, base + first, base + last, &pin) == (p <= last));
	if (p <= last)
		same(&pin, p);
}

static void gap(struct vdcm_pin_tree *tree, struct input *in)
{
	u32 page = take16(in) % PAGES, low = page - take_below(in, page + 1);
	u32 high = page + take_below(in, PAGES - page), i;
	u64 first = base + low, last = base + high;

	if (model[page].there)
		return;
	vdcm_pin_tree_gap(tree, base + page, &first, &last);
	must(first >= base + low && first <= base + page && last >= base + page && last <= base + high);
	for (i = first - base; i <= last - base; i++)
		must(!model[i].there);
	must(first == base + low || model[first - base - 1].there);
	must(last == base + high || model[last - base + 1].there);
}

/* The whole batch of a page, if that is still there. */
static bool whole(u32 page, u32 *first, u32 *nr)
{
	u32 i;

	if (!model[page].there)
		return false;
	*first = model[page].first;
	*nr = model[page].nr;
	for (i = 0; i < *nr; i++)
		if (!model[*first + i].there || model[*first + i].first != *first)
			return false;
	return true;
}

static void leave(struct vdcm_pin_tree *tree, struct input *in)
{
	u32 first, nr, i;

	if (!whole(take16(in) % PAGES, &first, &nr) || model[first].leaving)
		return;
	vdcm_pin_tree_leave(tree, base + first, nr);
	for (i = 0; i < nr; i++)
		model[first + i].leaving = true;
}

static void take_some(struct vdcm_pin_tree *tree, struct input *in)
{
	u32 first = take16(in) % PAGES, last = first + take_below(in, PAGES - first), nr, p, i;
	u32 most = take8(in) & 1 ? take16(in) % (2 * VDCM_PIN_BATCH) : 0;
	u64 from;

	for (p = first; p <= last && !waits(p); p++)
		;
	/* Batches of which a part was erased are nothing that anyone would take. */
	for (i = 0; i < PAGES; i++) {
		u32 f, n;

		if (waits(i) && !whole(i, &f, &n))
			return;
	}
	nr = vdcm_pin_tree_take(tree, base + first, base + last, most, &from);
	must(!!nr == (p <= last));
	if (!nr)
		return;
	must(from == base + model[p].first);
	must(nr >= model[p].nr && (nr == model[p].nr || nr <= most));
	for (i = from - base; i < from - base + nr; i++) {
		must(waits(i));
		model[i].taken = true;
	}
	/* It ends where a batch does, and the next one did not fit or does not leave. */
	must(!waits(i) || (model[i].first == i && nr + model[i].nr > most));
}

static void erase(struct vdcm_pin_tree *tree, struct input *in)
{
	u32 first = take16(in) % PAGES, nr = take_below(in, PAGES - first + 1);

	vdcm_pin_tree_erase(tree, base + first, nr);
	memset(&model[first], 0, nr * sizeof(*model));
}

static void change(struct vdcm_pin_tree *tree, struct input *in)
{
	u32 page = take16(in) % PAGES, flags = take8(in) & 3;
	struct vdcm_pin pin;

	vdcm_pin_tree_set_flags(tree, base + page, flags);
	if (model[page].there)
		model[page].flags = flags;
	must(vdcm_pin_tree_find(tree, base + page, &pin) == model[page].there);
	if (model[page].there)
		same(&pin, page);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct input in = { data, size };
	struct vdcm_pin_tree tree;
	struct vdcm_pin pin;
	u64 count = 0;
	u32 i;

	memset(model, 0, sizeof(model));
	fail_in = 0;
	fuzz_alloc_fails = alloc_fails;
	/* Page numbers of 64-bit addresses, up to the last one. */
	base = (take8(&in) & 1 ? BIT_ULL(52) - PAGES : take32(&in));
	vdcm_pin_tree_init(&tree);
	while (in.len) {
		static void (* const op[])(struct vdcm_pin_tree *, struct input *) = {
			add, add, walk, gap, erase, change, refuse, leave, leave, take_some,
		};

		op[take_below(&in, ARRAY_SIZE(op))](&tree, &in);
	}
	for (i = 0; i < PAGES; i++) {
		must(vdcm_pin_tree_find(&tree, base + i, &pin) == model[i].there);
		count += model[i].there;
	}
	must(tree.count == count);
	vdcm_pin_tree_erase(&tree, base, PAGES);
	must(!tree.count && !vdcm_pin_tree_next(&tree, 0, ~0ULL, &pin));
	must(!vdcm_pin_tree_any(&tree, 0, ~0ULL));
	vdcm_pin_tree_destroy(&tree);
	return 0;
}
