// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pin tree: which pages are pinned, and with which rights.
 *
 * Each page is one xarray value that holds the host page, the rights and the
 * place in its batch: VFIO on iommufd wants pages unpinned in exactly the pieces
 * in which they were pinned. Walking or erasing a range costs by the pages in
 * the tree, not by the length of the range: callers pass ranges of gigabytes.
 *
 * A batch is mapped, then leaving (unmapped, still pinned), then taken by the work
 * item that unpins it, then erased. The state is in the xarray's marks: changing it
 * needs no memory, and each state is found without a walk over the others. A mapped page
 * may be hidden: the device faults when it accesses it.
 */
#include <linux/bits.h>
#include <linux/build_bug.h>
#include <linux/errno.h>
#include <linux/xarray.h>

#include "pin_tree.h"

/*
 * An entry, from bit 0: flags, place in the batch, batch length - 1, host page.
 * 63 bits can be stored; a host page number has no more than 40.
 */
#define FLAG_BITS	3
#define PLACE_BITS	9
#define PLACE_SHIFT	FLAG_BITS
#define LENGTH_SHIFT	(PLACE_SHIFT + PLACE_BITS)
#define PFN_SHIFT	(LENGTH_SHIFT + PLACE_BITS)
#define PFN_BITS	40

#define MAPPED		XA_MARK_0
#define LEAVING		XA_MARK_1
#define HIDDEN		XA_MARK_2

static void *vdcm_pin_make_entry(u64 pfn, u32 nr, u32 i, u32 flags)
{
	BUILD_BUG_ON(BITS_PER_LONG < 64);
	BUILD_BUG_ON(VDCM_PIN_BATCH != 1 << PLACE_BITS);
	BUILD_BUG_ON(PFN_SHIFT + PFN_BITS > 63);
	return xa_mk_value(pfn << PFN_SHIFT | (u64)(nr - 1) << LENGTH_SHIFT |
			   (u64)i << PLACE_SHIFT | flags);
}

static void vdcm_pin_decode(void *entry, u64 page, struct vdcm_pin *pin)
{
	u64 value = xa_to_value(entry);

	pin->flags = value & (BIT(FLAG_BITS) - 1);
	pin->first = page - (value >> PLACE_SHIFT & (BIT(PLACE_BITS) - 1));
	pin->nr = (value >> LENGTH_SHIFT & (BIT(PLACE_BITS) - 1)) + 1;
	pin->pfn = value >> PFN_SHIFT;
}

/**
 * vdcm_pin_tree_init() - make an empty tree
 * @tree: tree
 */
void vdcm_pin_tree_init(struct vdcm_pin_tree *tree)
{
	xa_init_flags(&tree->xa, XA_FLAGS_ACCOUNT);
	tree->count = 0;
}

/**
 * vdcm_pin_tree_destroy() - free the memory of a tree
 * @tree: tree; empty afterwards
 */
void vdcm_pin_tree_destroy(struct vdcm_pin_tree *tree)
{
	xa_destroy(&tree->xa);
	tree->count = 0;
}

/**
 * vdcm_pin_tree_add() - record a page of a batch, mapped
 * @tree: tree
 * @first: first page of the batch; none of the batch is in the tree
 * @nr: pages of the batch, at most VDCM_PIN_BATCH
 * @i: place of the page in the batch
 * @pfn: host page
 * @flags: VDCM_PIN_*
 *
 * All pages of a batch have to be added, or erased if one cannot be added.
 *
 * Context: any that excludes other changes; does not wait for memory.
 * Return: 0, -ENOMEM, or -EINVAL for a host page that cannot be.
 */
int vdcm_pin_tree_add(struct vdcm_pin_tree *tree, u64 first, u32 nr, u32 i,
		      u64 pfn, u32 flags)
{
	int ret;

	if (pfn >> PFN_BITS || !nr || nr > VDCM_PIN_BATCH || i >= nr)
		return -EINVAL;
	ret = xa_err(xa_store(&tree->xa, first + i,
			      vdcm_pin_make_entry(pfn, nr, i, flags), GFP_NOWAIT));
	if (ret)
		return ret;
	xa_set_mark(&tree->xa, first + i, MAPPED);
	tree->count++;
	return 0;
}

/**
 * vdcm_pin_tree_find() - look a page up
 * @tree: tree
 * @page: page number of the device's address
 * @pin: what is known of it
 *
 * May run beside a change of the tree: it sees it done or not.
 *
 * Return: false = not pinned.
 */
bool vdcm_pin_tree_find(struct vdcm_pin_tree *tree, u64 page,
			struct vdcm_pin *pin)
{
	void *entry = xa_load(&tree->xa, page);

	if (!entry)
		return false;
	vdcm_pin_decode(entry, page, pin);
	if (!xa_get_mark(&tree->xa, page, MAPPED))
		pin->flags |= VDCM_PIN_LEAVING;
	return true;
}

/**
 * vdcm_pin_tree_next() - the first mapped batch with a page in a range
 * @tree: tree
 * @first: first page of the range
 * @last: last page of the range
 * @pin: the first page found and its batch, which may begin before @first
 *
 * Return: false = none.
 */
bool vdcm_pin_tree_next(struct vdcm_pin_tree *tree, u64 first, u64 last,
			struct vdcm_pin *pin)
{
	unsigned long index = first;
	void *entry = xa_find(&tree->xa, &index, last, MAPPED);

	if (!entry)
		return false;
	vdcm_pin_decode(entry, index, pin);
	return true;
}

/**
 * vdcm_pin_tree_any() - is a page of a range pinned, mapped or not?
 * @tree: tree
 * @first: first page of the range
 * @last: last page of the range
 *
 * May run beside a change of the tree: it sees it done or not.
 *
 * Return: true = at least one.
 */
bool vdcm_pin_tree_any(struct vdcm_pin_tree *tree, u64 first, u64 last)
{
	unsigned long index = first;

	return xa_find(&tree->xa, &index, last, XA_PRESENT);
}

/**
 * vdcm_pin_tree_leave() - batches are unmapped: they are to be unpinned
 * @tree: tree
 * @first: first page of the first batch
 * @nr: pages of all of them; each is in the tree, and mapped
 */
void vdcm_pin_tree_leave(struct vdcm_pin_tree *tree, u64 first, u32 nr)
{
	u32 i;

	for (i = 0; i < nr; i++) {
		xa_clear_mark(&tree->xa, first + i, MAPPED);
		xa_set_mark(&tree->xa, first + i, LEAVING);
	}
}

static void vdcm_pin_clear_leaving(struct vdcm_pin_tree *tree, const struct vdcm_pin *pin)
{
	u32 i;

	for (i = 0; i < pin->nr; i++)
		xa_clear_mark(&tree->xa, pin->first + i, LEAVING);
}

/**
 * vdcm_pin_tree_take() - take batches that leave, to unpin and then erase them
 * @tree: tree
 * @first: first page of a range
 * @last: last page of the range
 * @most: take those that follow the first one without a gap, up to so many pages
 *	together; 0 = the first one alone
 * @from: out: first page of the batch
 *
 * They stay in the tree, and are not given to another caller.
 *
 * Return: number of pages from @from on; 0 = no batch with a page in the range leaves.
 */
u32 vdcm_pin_tree_take(struct vdcm_pin_tree *tree, u64 first, u64 last,
		       u32 most, u64 *from)
{
	unsigned long index = first;
	void *entry = xa_find(&tree->xa, &index, last, LEAVING);
	struct vdcm_pin pin;
	u32 nr;

	if (!entry)
		return 0;
	vdcm_pin_decode(entry, index, &pin);
	*from = pin.first;
	nr = pin.nr;
	vdcm_pin_clear_leaving(tree, &pin);
	while (xa_get_mark(&tree->xa, *from + nr, LEAVING)) {
		vdcm_pin_decode(xa_load(&tree->xa, *from + nr), *from + nr, &pin);
		if (nr + pin.nr > most)
			break;
		vdcm_pin_clear_leaving(tree, &pin);
		nr += pin.nr;
	}
	return nr;
}

/**
 * vdcm_pin_tree_set_flags() - change the rights of a page
 * @tree: tree
 * @page: page in the tree
 * @flags: VDCM_PIN_*
 */
void vdcm_pin_tree_set_flags(struct vdcm_pin_tree *tree, u64 page, u32 flags)
{
	struct vdcm_pin pin;

	/* Replaces an entry: needs no memory, cannot fail, leaves the marks. */
	if (vdcm_pin_tree_find(tree, page, &pin))
		xa_store(&tree->xa, page, vdcm_pin_make_entry(pin.pfn, pin.nr,
							      page - pin.first,
							      flags & ~VDCM_PIN_LEAVING),
			 GFP_NOWAIT);
}

/**
 * vdcm_pin_tree_hide() - pages are out of the translation, and pinned still
 * @tree: tree
 * @first: first page
 * @nr: number of pages; each is in the tree, and mapped
 */
void vdcm_pin_tree_hide(struct vdcm_pin_tree *tree, u64 first, u64 nr)
{
	u64 i;

	for (i = 0; i < nr; i++)
		xa_set_mark(&tree->xa, first + i, HIDDEN);
}

/**
 * vdcm_pin_tree_show() - a page is in the translation again
 * @tree: tree
 * @page: page in the tree
 */
void vdcm_pin_tree_show(struct vdcm_pin_tree *tree, u64 page)
{
	xa_clear_mark(&tree->xa, page, HIDDEN);
}

/**
 * vdcm_pin_tree_hidden() - is a page out of the translation, by vdcm_pin_tree_hide()?
 * @tree: tree
 * @page: page
 *
 * Return: true = yes.
 */
bool vdcm_pin_tree_hidden(struct vdcm_pin_tree *tree, u64 page)
{
	return xa_get_mark(&tree->xa, page, HIDDEN);
}

/**
 * vdcm_pin_tree_kept() - is a page of a range kept, by VDCM_PIN_KEPT?
 * @tree: tree
 * @first: first page of the range
 * @nr: number of pages
 *
 * Return: true = at least one.
 */
bool vdcm_pin_tree_kept(struct vdcm_pin_tree *tree, u64 first, u64 nr)
{
	struct vdcm_pin pin;
	u64 i;

	for (i = 0; i < nr; i++)
		if (vdcm_pin_tree_find(tree, first + i, &pin) && pin.flags & VDCM_PIN_KEPT)
			return true;
	return false;
}

/**
 * vdcm_pin_tree_erase() - forget pages
 * @tree: tree
 * @first: first page
 * @nr: number of pages; those not in the tree are skipped
 */
void vdcm_pin_tree_erase(struct vdcm_pin_tree *tree, u64 first, u32 nr)
{
	u32 i;

	for (i = 0; i < nr; i++)
		if (xa_erase(&tree->xa, first + i))
			tree->count--;
}

/**
 * vdcm_pin_tree_gap() - shrink a range to the unpinned pages around one
 * @tree: tree
 * @page: page that is not in the tree
 * @first: in: first page of the range; out: of the gap
 * @last: in: last page of the range; out: of the gap
 */
void vdcm_pin_tree_gap(struct vdcm_pin_tree *tree, u64 page, u64 *first,
		       u64 *last)
{
	unsigned long index = page;
	u64 p;

	if (xa_find(&tree->xa, &index, *last, XA_PRESENT))
		*last = index - 1;
	for (p = page; p > *first; p--)
		if (xa_load(&tree->xa, p - 1))
			break;
	*first = p;
}
