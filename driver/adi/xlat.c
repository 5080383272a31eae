// SPDX-License-Identifier: GPL-2.0-only
/*
 * The device's translation table of one ADI: four levels of 512 entries, each
 * table a page of coherent memory. Tables are allocated as entries need them
 * and given back when their last entry goes; the caller invalidates in between.
 * Callers serialise. Entries are set under the framework's pin lock: their tables are
 * allocated without waiting.
 */
#include <linux/dma-mapping.h>
#include <linux/slab.h>

#include <vdcm/vdcm.h>

#include <smartnic/regs.h>

#include "xlat.h"

#define XLAT_PAGE_SHIFT	12
#define XLAT_BITS	9
#define XLAT_TOP	(SMNC_XLAT_LEVELS - 1)
#define XLAT_PFNS	(1ull << (SMNC_XLAT_IOVA_BITS - XLAT_PAGE_SHIFT))

/**
 * struct smnc_xlat_page - one table
 * @entry: what the device reads
 * @dma: its bus address
 * @used: entries that are not 0
 * @next: in a list of tables to be freed
 * @child: next lower tables, absent in leaf tables
 */
struct smnc_xlat_page {
	__le64 *entry;
	dma_addr_t dma;
	unsigned int used;
	struct smnc_xlat_page *next;
	struct smnc_xlat_page *child[];
};

static void xlat_page_free(struct device *dev, struct smnc_xlat_page *p)
{
	dma_free_coherent(dev, 1u << XLAT_PAGE_SHIFT, p->entry, p->dma);
	kfree(p);
}

static struct smnc_xlat_page *xlat_page_alloc(struct device *dev, unsigned int level, gfp_t gfp)
{
	struct smnc_xlat_page *p;

	p = kzalloc(struct_size(p, child, level ? SMNC_XLAT_ENTRIES : 0), gfp);
	if (!p)
		return NULL;
	/* dma_alloc_coherent() memory is zeroed: no entry is valid. */
	p->entry = dma_alloc_coherent(dev, 1u << XLAT_PAGE_SHIFT, &p->dma, gfp);
	if (!p->entry) {
		kfree(p);
		return NULL;
	}
	return p;
}

static unsigned int xlat_index(u64 pfn, unsigned int level)
{
	return (pfn >> (level * XLAT_BITS)) & (SMNC_XLAT_ENTRIES - 1);
}

int smnc_xlat_init(struct smnc_xlat *x, struct device *dev)
{
	x->dev = dev;
	x->root = xlat_page_alloc(dev, XLAT_TOP, GFP_KERNEL_ACCOUNT);
	return x->root ? 0 : -ENOMEM;
}

dma_addr_t smnc_xlat_root(const struct smnc_xlat *x)
{
	return x->root->dma;
}

static void xlat_free_tree(struct smnc_xlat *x, struct smnc_xlat_page *p,
			   unsigned int level)
{
	unsigned int i;

	for (i = 0; level && i < SMNC_XLAT_ENTRIES; i++)
		if (p->child[i])
			xlat_free_tree(x, p->child[i], level - 1);
	xlat_page_free(x->dev, p);
}

/* The device no longer reads the table. */
void smnc_xlat_free(struct smnc_xlat *x)
{
	if (x->root)
		xlat_free_tree(x, x->root, XLAT_TOP);
	x->root = NULL;
}

/* The leaf table for @pfn, made if need be. */
static struct smnc_xlat_page *xlat_leaf(struct smnc_xlat *x, u64 pfn)
{
	struct smnc_xlat_page *p = x->root;
	unsigned int level;

	for (level = XLAT_TOP; level; level--) {
		unsigned int i = xlat_index(pfn, level);

		if (!p->child[i]) {
			struct smnc_xlat_page *c = xlat_page_alloc(x->dev, level - 1,
							      VDCM_GFP_MAP);

			if (!c)
				return NULL;
			p->child[i] = c;
			p->used++;
			/* An access needs its right at every level: leaves decide. */
			WRITE_ONCE(p->entry[i],
				   cpu_to_le64(c->dma | SMNC_XLAT_READ | SMNC_XLAT_WRITE));
		}
		p = p->child[i];
	}
	return p;
}

static bool xlat_range_ok(u64 iova, u64 nr)
{
	u64 pfn = iova >> XLAT_PAGE_SHIFT;

	return pfn < XLAT_PFNS && nr <= XLAT_PFNS - pfn;
}

/**
 * smnc_xlat_set() - enter pages
 * @x: table
 * @iova: first address
 * @dma: bus address of the first page, the others follow it
 * @nr: number of pages
 * @rights: SMNC_XLAT_READ, SMNC_XLAT_WRITE
 * @stale: set if an entry was replaced, so that the device has to forget it
 *
 * Return: 0, -EINVAL or -ENOMEM; then no entry has changed.
 */
int smnc_xlat_set(struct smnc_xlat *x, u64 iova, dma_addr_t dma, unsigned int nr,
		  u64 rights, bool *stale)
{
	u64 pfn = iova >> XLAT_PAGE_SHIFT;
	unsigned int i;

	*stale = false;
	if (!xlat_range_ok(iova, nr) || dma & ~SMNC_XLAT_ADDR)
		return -EINVAL;
	/* All tables first: empty ones do no harm if memory runs out. */
	for (i = 0; i < nr; i++)
		if (!i || !xlat_index(pfn + i, 0))
			if (!xlat_leaf(x, pfn + i))
				return -ENOMEM;
	for (i = 0; i < nr; i++) {
		struct smnc_xlat_page *p = xlat_leaf(x, pfn + i);
		unsigned int n = xlat_index(pfn + i, 0);
		__le64 new = cpu_to_le64((dma + ((u64)i << XLAT_PAGE_SHIFT)) | rights);

		if (!p->entry[n])
			p->used++;
		else if (p->entry[n] != new)
			*stale = true;
		WRITE_ONCE(p->entry[n], new);
	}
	/* Entries must be visible before the fault is answered. */
	dma_wmb();
	return 0;
}

/*
 * Clear [first, last] below @p; tables that become empty go to @unused.
 * Returns whether an entry was cleared.
 */
static bool xlat_clear_level(struct smnc_xlat_page *p, unsigned int level, u64 first,
			     u64 last, struct smnc_xlat_page **unused)
{
	unsigned int shift = level * XLAT_BITS;
	unsigned int i = first >> shift & (SMNC_XLAT_ENTRIES - 1);
	unsigned int end = last >> shift & (SMNC_XLAT_ENTRIES - 1);
	u64 below = (1ull << shift) - 1;
	bool cleared = false;

	for (; i <= end; i++, first = (first | below) + 1) {
		if (!p->entry[i])
			continue;
		if (level) {
			struct smnc_xlat_page *c = p->child[i];
			u64 until = min(last, first | below);

			cleared |= xlat_clear_level(c, level - 1, first, until, unused);
			if (c->used)
				continue;
			p->child[i] = NULL;
			c->next = *unused;
			*unused = c;
		}
		WRITE_ONCE(p->entry[i], 0);
		p->used--;
		cleared = true;
	}
	return cleared;
}

/**
 * smnc_xlat_clear() - remove pages; holes in the range are fine
 * @x: table
 * @iova: first address
 * @nr: number of pages
 * @unused: tables that are unlinked; to be freed after the invalidation
 *
 * Return: whether there is anything the device has to forget.
 */
bool smnc_xlat_clear(struct smnc_xlat *x, u64 iova, u64 nr,
		     struct smnc_xlat_page **unused)
{
	u64 pfn = iova >> XLAT_PAGE_SHIFT;

	*unused = NULL;
	if (!nr || pfn >= XLAT_PFNS)
		return false;
	nr = min(nr, XLAT_PFNS - pfn);
	return xlat_clear_level(x->root, XLAT_TOP, pfn, pfn + nr - 1, unused);
}

void smnc_xlat_free_pages(struct smnc_xlat *x, struct smnc_xlat_page *unused)
{
	while (unused) {
		struct smnc_xlat_page *next = unused->next;

		xlat_page_free(x->dev, unused);
		unused = next;
	}
}
