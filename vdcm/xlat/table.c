// SPDX-License-Identifier: GPL-2.0-only
/*
 * Translation by the device's own table: pages are mapped for DMA of the PF and
 * the bus addresses handed to the PF driver.
 */
#include <linux/dma-direct.h>
#include <linux/dma-mapping.h>
#include <linux/iommu.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/xarray.h>

#include "xlat.h"

/* What is kept of a page: bus page number, and whether it was mapped for writing. */
static void *table_value(dma_addr_t addr, bool writable)
{
	return xa_mk_value((addr >> PAGE_SHIFT) << 1 | writable);
}

static dma_addr_t table_value_addr(void *value)
{
	return (dma_addr_t)(xa_to_value(value) >> 1) << PAGE_SHIFT;
}

/*
 * As for VFIO's own mappings, guest memory is coherent to the device: no cache is written back.
 * So several ADIs may map one page, which mappings that own its cache lines could not.
 */
#define TABLE_ATTRS	DMA_ATTR_SKIP_CPU_SYNC

static enum dma_data_direction table_direction(bool writable)
{
	return writable ? DMA_BIDIRECTIONAL : DMA_TO_DEVICE;
}

/* The bus address of each page. */
static struct xarray *table_pages(struct vdcm_translation *x)
{
	return x->priv;
}

static int table_attach(struct vdcm_translation *x)
{
	struct xarray *pages = kmalloc(sizeof(*pages), GFP_KERNEL_ACCOUNT);

	if (!pages)
		return -ENOMEM;
	xa_init_flags(pages, XA_FLAGS_ACCOUNT);
	x->priv = pages;
	return 0;
}

static void table_detach(struct vdcm_translation *x)
{
	xa_destroy(table_pages(x));
	kfree(x->priv);
	x->priv = NULL;
}

/*
 * Does a bus address lead to the page itself? A bounce buffer would
 * never be copied.
 */
static bool table_is_direct(struct device *dev, dma_addr_t addr, struct page *page)
{
	struct iommu_domain *domain = iommu_get_domain_for_dev(dev);
	phys_addr_t phys;

	if (domain && domain->type & __IOMMU_DOMAIN_PAGING)
		phys = iommu_iova_to_phys(domain, addr);
	else
		phys = dma_to_phys(dev, addr);
	return phys == page_to_phys(page);
}

static int table_map_page(struct vdcm_translation *x, u64 index, struct page *page,
			  bool writable)
{
	struct device *dev = x->dev;
	dma_addr_t addr;
	int ret;

	addr = dma_map_page_attrs(dev, page, 0, PAGE_SIZE, table_direction(writable),
				  TABLE_ATTRS);
	if (dma_mapping_error(dev, addr))
		return -ENOMEM;
	if (!table_is_direct(dev, addr, page))
		ret = -EIO;
	else
		ret = xa_err(xa_store(table_pages(x), index,
				      table_value(addr, writable), VDCM_GFP_MAP));
	/* Nothing was written: a bounce buffer does not overwrite the page. */
	if (ret)
		dma_unmap_page_attrs(dev, addr, PAGE_SIZE, table_direction(writable),
				     TABLE_ATTRS);
	return ret;
}

static void table_unmap_pages(struct vdcm_translation *x, u64 index, u64 nr)
{
	u64 i;

	for (i = 0; i < nr; i++) {
		void *value = xa_erase(table_pages(x), index + i);

		if (value)
			dma_unmap_page_attrs(x->dev, table_value_addr(value),
					     PAGE_SIZE,
					     table_direction(xa_to_value(value) & 1),
					     TABLE_ATTRS);
		if (i % 1024 == 1023)
			cond_resched();
	}
}

/* The number of pages from @index on, at most @nr, at consecutive bus addresses. */
static unsigned int table_consecutive(struct vdcm_translation *x, u64 index,
				      unsigned int nr, dma_addr_t *addr)
{
	struct xarray *xa = table_pages(x);
	unsigned int i;

	*addr = table_value_addr(xa_load(xa, index));
	for (i = 1; i < nr; i++)
		if (table_value_addr(xa_load(xa, index + i)) !=
		    *addr + (dma_addr_t)i * PAGE_SIZE)
			break;
	return i;
}

static int table_fill(struct vdcm_translation *x, u64 index, unsigned int nr,
		      u32 prot)
{
	unsigned int i, n;
	dma_addr_t addr;
	int ret;

	for (i = 0; i < nr; i += n) {
		n = table_consecutive(x, index + i, nr - i, &addr);
		ret = x->ops->xlat_map(x->adi, (index + i) << PAGE_SHIFT, addr, n,
				    prot);
		if (ret)
			goto undo;
	}
	return 0;
undo:
	if (i)
		x->ops->xlat_unmap(x->adi, index << PAGE_SHIFT, i);
	return ret;
}

static int table_map(struct vdcm_translation *x, u64 iova, struct page **pages,
		     unsigned int nr, u32 prot, bool writable)
{
	u64 index = iova >> PAGE_SHIFT;
	unsigned int i;
	int ret = 0;

	for (i = 0; i < nr; i++) {
		ret = table_map_page(x, index + i, pages[i], writable);
		if (ret)
			break;
	}
	if (!ret)
		ret = table_fill(x, index, nr, prot);
	if (ret)
		table_unmap_pages(x, index, i);
	return ret;
}

static int table_remap(struct vdcm_translation *x, u64 iova, struct page *page,
		       u32 prot)
{
	return table_fill(x, iova >> PAGE_SHIFT, 1, prot);
}

static void table_hide(struct vdcm_translation *x, u64 iova, u64 nr)
{
	x->ops->xlat_unmap(x->adi, iova, nr);
}

static void table_unmap(struct vdcm_translation *x, u64 iova, u64 nr)
{
	x->ops->xlat_unmap(x->adi, iova, nr);
	table_unmap_pages(x, iova >> PAGE_SHIFT, nr);
}

const struct vdcm_xlat_ops vdcm_xlat_table = {
	.attach = table_attach,
	.detach = table_detach,
	.map = table_map,
	.remap = table_remap,
	.unmap = table_unmap,
	.hide = table_hide,
};
