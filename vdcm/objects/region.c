// SPDX-License-Identifier: GPL-2.0-only
/*
 * Region table: checks a composition once and then answers, by binary search,
 * what is behind an offset of a BAR.
 */
#include <linux/bits.h>
#include <linux/err.h>
#include <linux/log2.h>
#include <linux/math.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/string.h>

#include "config.h"
#include "msix.h"
#include "region.h"

/* Of accesses and registers, bytes. Each is a bit of its own as well. */
#define WIDTHS	(1u | 2u | 4u | 8u)

static bool bar_valid(const struct vdcm_composition *comp, unsigned int i)
{
	const struct vdcm_bar *bar = &comp->bars[i];
	u64 max = 1ULL << 31;

	if (!bar->size)
		return !bar->nr_pages;
	if (bar->flags & VDCM_BAR_64BIT) {
		if (i + 1 >= VDCM_NR_BARS || comp->bars[i + 1].size)
			return false;
		max = 1ULL << 32;
	}
	return bar->size >= VDCM_PAGE_SIZE && bar->size <= max &&
	       is_power_of_2(bar->size);
}

/* What is said of the kind of a run must fit it. */
static bool run_kind_valid(const struct vdcm_pages *run)
{
	if (run->kind == VDCM_PAGE_PASS)
		return run->adi_page + (u64)run->count - 1 <= U8_MAX &&
		       !(run->widths & ~WIDTHS) && !run->soft;
	return run->kind < VDCM_PAGE_PASS && !run->widths &&
	       (!run->soft || run->kind == VDCM_PAGE_TRAP);
}

static bool pages_valid(const struct vdcm_bar *bar)
{
	u64 nr = bar->size / VDCM_PAGE_SIZE, next = 0;
	unsigned int i;

	for (i = 0; i < bar->nr_pages; i++) {
		const struct vdcm_pages *run = &bar->pages[i];

		if (run->first < next || !run->count || run->first >= nr ||
		    run->count > nr - run->first || !run_kind_valid(run))
			return false;
		next = (u64)run->first + run->count;
	}
	return true;
}

/* The run of pages that contains @page, or NULL. */
static const struct vdcm_pages *find_run(const struct vdcm_bar *bar, u64 page)
{
	unsigned int low = 0, high = bar->nr_pages;

	while (low < high) {
		unsigned int mid = low + (high - low) / 2;
		const struct vdcm_pages *run = &bar->pages[mid];

		if (page < run->first)
			high = mid;
		else if (page - run->first >= run->count)
			low = mid + 1;
		else
			return run;
	}
	return NULL;
}

static unsigned int page_kind(const struct vdcm_bar *bar, u64 offset)
{
	const struct vdcm_pages *run = find_run(bar, offset / VDCM_PAGE_SIZE);

	return run ? run->kind : VDCM_PAGE_ABSENT;
}

/* Has no page of a range a register, or something behind it? */
static bool range_absent(const struct vdcm_bar *bar, u64 from, u64 end)
{
	for (; from < end; from += VDCM_PAGE_SIZE)
		if (page_kind(bar, from) != VDCM_PAGE_ABSENT)
			return false;
	return true;
}

/* Table and PBA have pages of their own, which pass nothing through. */
static bool msix_valid(const struct vdcm_composition *comp,
		       const struct vdcm_regions *regions)
{
	const struct vdcm_bar *bar;
	u32 table = comp->msix_table, pba = comp->msix_pba;

	if (comp->msix_bar >= VDCM_NR_BARS)
		return false;
	bar = &comp->bars[comp->msix_bar];
	if (table % VDCM_PAGE_SIZE || pba % VDCM_PAGE_SIZE)
		return false;
	if (regions->msix_table_end <= table || regions->msix_pba_end <= pba ||
	    regions->msix_table_end > bar->size ||
	    regions->msix_pba_end > bar->size)
		return false;
	/* Both start on a page: where one ends on a page is where the other may start. */
	if (pba < round_up((u64)regions->msix_table_end, VDCM_PAGE_SIZE) &&
	    table < round_up((u64)regions->msix_pba_end, VDCM_PAGE_SIZE))
		return false;
	return range_absent(bar, table, regions->msix_table_end) &&
	       range_absent(bar, pba, regions->msix_pba_end);
}

static unsigned int reg_width(const struct vdcm_reg *reg)
{
	return reg->width ?: 4;
}

static bool reg_valid(const struct vdcm_composition *comp,
		      const struct vdcm_reg *reg)
{
	u64 stride = reg->count > 1 ? reg->stride : 0;
	unsigned int width = reg_width(reg);
	u64 last;

	if (!is_power_of_2(width) || width & ~WIDTHS ||
	    reg->wmask & ~GENMASK_ULL(8 * width - 1, 0))
		return false;
	if (reg->bar >= VDCM_NR_BARS || !reg->count ||
	    reg->count > VDCM_MAX_REGS || reg->offset % width || stride % width ||
	    reg->target % width || (reg->count > 1 && !stride))
		return false;
	last = reg->offset + stride * (reg->count - 1);
	return last < comp->bars[reg->bar].size;
}

static int compare_slots(const void *a, const void *b)
{
	const struct vdcm_reg_slot *x = a, *y = b;

	return x->key < y->key ? -1 : x->key > y->key;
}

/* Index the registers of one BAR; false if two of them collide. */
static bool index_bar(struct vdcm_regions *regions, unsigned int bar)
{
	const struct vdcm_composition *comp = regions->comp;
	unsigned int n = regions->first[bar];
	unsigned int i;
	u32 k;

	for (i = 0; i < comp->nr_regs; i++) {
		const struct vdcm_reg *reg = &comp->regs[i];
		unsigned int width = reg_width(reg);

		for (k = 0; reg->bar == bar && k < reg->count; k++) {
			struct vdcm_reg_slot *slot = &regions->regs[n++];
			u32 offset = reg->offset + k * reg->stride;

			slot->key = VDCM_REG_KEY(offset, width);
			slot->target = reg->target + k * width;
			slot->wmask = reg->wmask;
			if (page_kind(&comp->bars[bar], offset) != VDCM_PAGE_TRAP)
				return false;
		}
	}
	i = regions->first[bar];
	sort(&regions->regs[i], n - i, sizeof(*regions->regs), compare_slots,
	     NULL);
	for (i++; i < n; i++)
		if (regions->regs[i].key == regions->regs[i - 1].key)
			return false;
	regions->first[bar + 1] = n;
	return true;
}

static const char *check_bars(const struct vdcm_composition *comp)
{
	unsigned int i;

	for (i = 0; i < VDCM_NR_BARS; i++) {
		if (!bar_valid(comp, i))
			return "malformed BAR";
		if (!pages_valid(&comp->bars[i]))
			return "malformed page runs";
	}
	return NULL;
}

/* The number of registers, or 0 with *@why set. */
static unsigned int count_regs(const struct vdcm_composition *comp,
			       const char **why)
{
	unsigned int i, nr = 0;

	for (i = 0; i < comp->nr_regs; i++) {
		if (!reg_valid(comp, &comp->regs[i])) {
			*why = "malformed register run";
			return 0;
		}
		nr += comp->regs[i].count;
		if (nr > VDCM_MAX_REGS) {
			*why = "too many registers";
			return 0;
		}
	}
	return nr;
}

/**
 * vdcm_regions_create() - check a composition and index it
 * @comp: composition; must outlive the result
 * @nr_vectors: MSI-X vectors
 * @why: set to the reason if the composition is malformed
 *
 * Context: process.
 * Return: to be freed with vdcm_regions_destroy(), or ERR_PTR: -EINVAL
 * (malformed), -ENOMEM.
 */
struct vdcm_regions *vdcm_regions_create(const struct vdcm_composition *comp,
					 unsigned int nr_vectors,
					 const char **why)
{
	struct vdcm_regions *regions;
	unsigned int i, nr;

	*why = nr_vectors >= 1 && nr_vectors <= VDCM_MAX_VECTORS ?
		check_bars(comp) ?: vdcm_config_check(comp) : "number of vectors";
	if (*why)
		return ERR_PTR(-EINVAL);
	nr = count_regs(comp, why);
	if (*why)
		return ERR_PTR(-EINVAL);

	regions = kvzalloc(struct_size(regions, regs, nr), GFP_KERNEL);
	if (!regions)
		return ERR_PTR(-ENOMEM);
	regions->comp = comp;
	regions->msix_table_end = comp->msix_table +
				  nr_vectors * VDCM_MSIX_ENTRY_SIZE;
	regions->msix_pba_end = comp->msix_pba + VDCM_MSIX_PBA_SIZE(nr_vectors);
	if (!msix_valid(comp, regions))
		*why = "malformed MSI-X location";
	for (i = 0; !*why && i < VDCM_NR_BARS; i++)
		if (!index_bar(regions, i))
			*why = "colliding or untrapped register";
	if (*why) {
		kvfree(regions);
		return ERR_PTR(-EINVAL);
	}
	return regions;
}

/**
 * vdcm_regions_destroy() - free a region table
 * @regions: what vdcm_regions_create() returned, or NULL
 */
void vdcm_regions_destroy(struct vdcm_regions *regions)
{
	kvfree(regions);
}

static void find_reg(const struct vdcm_regions *regions, unsigned int bar,
		     u64 key, struct vdcm_hit *hit)
{
	unsigned int low = regions->first[bar];
	unsigned int high = regions->first[bar + 1];

	while (low < high) {
		unsigned int mid = low + (high - low) / 2;
		const struct vdcm_reg_slot *slot = &regions->regs[mid];

		if (key < slot->key) {
			high = mid;
		} else if (key > slot->key) {
			low = mid + 1;
		} else {
			hit->kind = VDCM_HIT_REG;
			hit->target = slot->target;
			hit->wmask = slot->wmask;
			return;
		}
	}
}

static bool find_msix(const struct vdcm_regions *regions, u64 offset,
		      struct vdcm_hit *hit)
{
	const struct vdcm_composition *comp = regions->comp;

	if (offset >= comp->msix_table && offset < regions->msix_table_end) {
		hit->kind = VDCM_HIT_MSIX_TABLE;
		hit->target = offset - comp->msix_table;
		return true;
	}
	if (offset >= comp->msix_pba && offset < regions->msix_pba_end) {
		hit->kind = VDCM_HIT_MSIX_PBA;
		hit->target = offset - comp->msix_pba;
		return true;
	}
	return false;
}

/**
 * vdcm_regions_run() - the run of pages that contains an offset of a BAR
 * @regions: region table
 * @bar: BAR index
 * @offset: offset in the BAR, bytes
 *
 * Context: any.
 * Return: run, or NULL: none of the composition's.
 */
const struct vdcm_pages *vdcm_regions_run(const struct vdcm_regions *regions,
					  unsigned int bar, u64 offset)
{
	if (bar >= VDCM_NR_BARS)
		return NULL;
	return find_run(&regions->comp->bars[bar], offset / VDCM_PAGE_SIZE);
}

/**
 * vdcm_regions_find() - what answers an access to a BAR?
 * @regions: region table
 * @bar: BAR index
 * @offset: offset in the BAR, bytes, a multiple of @size; beyond its end nothing is found
 * @size: 1, 2, 4 or 8 bytes
 * @hit: the answer
 *
 * A register is found only at its exact offset and width, a page that is passed through
 * only with the sizes it takes; MSI-X structures with any. Any context.
 */
void vdcm_regions_find(const struct vdcm_regions *regions, unsigned int bar,
		       u64 offset, unsigned int size, struct vdcm_hit *hit)
{
	const struct vdcm_composition *comp = regions->comp;
	const struct vdcm_pages *run;

	memset(hit, 0, sizeof(*hit));
	if (bar >= VDCM_NR_BARS || offset >= comp->bars[bar].size)
		return;
	if (bar == comp->msix_bar && find_msix(regions, offset, hit))
		return;
	run = find_run(&comp->bars[bar], offset / VDCM_PAGE_SIZE);
	if (!run || run->kind == VDCM_PAGE_ABSENT)
		return;
	hit->soft = run->soft;
	if (run->kind == VDCM_PAGE_TRAP) {
		find_reg(regions, bar, VDCM_REG_KEY(offset, size), hit);
		return;
	}
	if (!(vdcm_pages_widths(run) & size))
		return;
	hit->kind = VDCM_HIT_PASS;
	hit->target = offset - (u64)run->first * VDCM_PAGE_SIZE +
		      run->adi_page * VDCM_PAGE_SIZE;
}

/**
 * vdcm_regions_area() - next area of a BAR that may be mapped into user space
 * @regions: region table
 * @bar: BAR index
 * @run: where to go on: 0 at first
 * @offset: offset of the area in the BAR, bytes
 * @size: its size, bytes
 *
 * Return: false = no more.
 */
bool vdcm_regions_area(const struct vdcm_regions *regions, unsigned int bar,
		       unsigned int *run, u64 *offset, u64 *size)
{
	const struct vdcm_bar *b = &regions->comp->bars[bar];
	u64 end = 0;

	*size = 0;
	for (; *run < b->nr_pages; ++*run) {
		const struct vdcm_pages *p = &b->pages[*run];

		if (p->kind != VDCM_PAGE_PASS) {
			if (*size)
				break;
			continue;
		}
		if (!*size)
			*offset = (u64)p->first * VDCM_PAGE_SIZE;
		else if (p->first != end)
			break;
		end = (u64)p->first + p->count;
		*size += (u64)p->count * VDCM_PAGE_SIZE;
	}
	return *size;
}
