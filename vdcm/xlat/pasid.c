// SPDX-License-Identifier: GPL-2.0-only
/*
 * Translation by the platform IOMMU: each open ADI has a PASID of the PF and a
 * page table of its own behind it.
 */
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/preempt.h>

#include <compat/iommu.h>

#include "xlat.h"

static int pasid_prot(u32 prot)
{
	return IOMMU_CACHE | (prot & VDCM_PROT_READ ? IOMMU_READ : 0) |
	       (prot & VDCM_PROT_WRITE ? IOMMU_WRITE : 0);
}

/* A page table attached to a new PASID of @dev. */
static struct iommu_domain *pasid_attach_new(struct device *dev, u32 *pasid)
{
	struct iommu_domain *domain;
	int ret;

	domain = vdcm_iommu_domain_alloc(dev);
	if (IS_ERR(domain))
		return domain;
	ret = vdcm_iommu_pasid_alloc(dev, pasid);
	if (ret)
		goto free_domain;
	ret = vdcm_iommu_attach(domain, dev, *pasid);
	if (ret)
		goto free_pasid;
	return domain;

free_pasid:
	vdcm_iommu_pasid_free(*pasid);
free_domain:
	iommu_domain_free(domain);
	return ERR_PTR(ret);
}

static void pasid_detach_free(struct iommu_domain *domain, struct device *dev,
			      u32 pasid)
{
	vdcm_iommu_detach(domain, dev, pasid);
	vdcm_iommu_pasid_free(pasid);
	iommu_domain_free(domain);
}

/**
 * vdcm_pasid_usable() - can ADIs of this device be translated by PASID?
 * @dev: PF, bound to its driver
 *
 * Attaches and detaches a PASID to find out. Attaching alone proves nothing (it
 * can succeed with PASIDs switched off); a device whose PASIDs are enabled has
 * PASID numbers to allocate.
 *
 * Context: process.
 * Return: 0, -EOPNOTSUPP (not with this IOMMU), -ENODEV (not with this kernel, no
 * IOMMU, or PASIDs not enabled for the device), or what attaching returned.
 */
int vdcm_pasid_usable(struct device *dev)
{
	struct iommu_domain *domain;
	u32 pasid;

	if (!vdcm_iommu_has_pasids(dev))
		return -ENODEV;
	domain = pasid_attach_new(dev, &pasid);
	if (IS_ERR(domain))
		return PTR_ERR(domain);
	pasid_detach_free(domain, dev, pasid);
	return 0;
}
EXPORT_SYMBOL_GPL(vdcm_pasid_usable);

/* Reserves ranges that the IOMMU, or the platform behind it, does not use for memory. */
static int pasid_reserve(struct device *dev, struct vdcm_iova *iova)
{
	struct iommu_resv_region *region;
	LIST_HEAD(regions);
	int ret = 0;

	vdcm_iommu_resv_regions(dev, &regions);
	list_for_each_entry(region, &regions, list)
		if (!ret && region->type != IOMMU_RESV_DIRECT_RELAXABLE && region->length)
			ret = vdcm_iova_reserve(iova, region->start,
						region->start + region->length - 1);
	iommu_put_resv_regions(dev, &regions);
	return ret;
}

static int pasid_limits(struct device *dev, struct vdcm_iova *iova)
{
	struct iommu_domain *domain = vdcm_iommu_domain_alloc(dev);

	if (IS_ERR(domain))
		return PTR_ERR(domain);
	vdcm_iova_limit(iova, domain->geometry.aperture_start, domain->geometry.aperture_end);
	iommu_domain_free(domain);
	return pasid_reserve(dev, iova);
}

static int pasid_attach(struct vdcm_translation *x)
{
	struct iommu_domain *domain;
	u32 pasid;

	if (!vdcm_iommu_has_pasids(x->dev))
		return -ENODEV;
	domain = pasid_attach_new(x->dev, &pasid);
	if (IS_ERR(domain))
		return PTR_ERR(domain);
	x->priv = domain;
	WRITE_ONCE(x->pasid, pasid);
	x->ops->set_pasid(x->adi, pasid);
	dev_dbg(vdcm_adi_dev(x->adi), "PASID %u attached\n", pasid);
	return 0;
}

static void pasid_detach(struct vdcm_translation *x)
{
	u32 pasid = x->pasid;

	x->ops->set_pasid(x->adi, VDCM_NO_PASID);
	pasid_detach_free(x->priv, x->dev, pasid);
	x->priv = NULL;
	WRITE_ONCE(x->pasid, VDCM_NO_PASID);
	dev_dbg(vdcm_adi_dev(x->adi), "PASID %u detached\n", pasid);
}

/* Unmaps pages, of which some may be hidden. */
static void pasid_unmap(struct vdcm_translation *x, u64 iova, u64 nr)
{
	size_t done = 0, size = nr * PAGE_SIZE;

	/* iommu_unmap() stops at a hidden page. */
	while (done < size)
		done += iommu_unmap(x->priv, iova + done, size - done) ?: PAGE_SIZE;
	if (x->ops->invalidate)
		x->ops->invalidate(x->adi, iova, nr);
}

/* Tables that a batch may need: two at each level below the root. */
#define PASID_TABLES	8

/*
 * Is there memory for the tables? When a map fails, the kernel undoes it with an invalidation
 * of no page, which Intel's hardware refuses with a report in the log: a map does not begin
 * without memory. The pages that are freed here are the next that are allocated.
 */
static bool pasid_room(void)
{
	unsigned long page[PASID_TABLES];
	unsigned int n = 0;
	bool room;

	while (n < PASID_TABLES && (page[n] = __get_free_page(VDCM_GFP_MAP)))
		n++;
	room = n == PASID_TABLES;
	while (n)
		free_page(page[--n]);
	return room;
}

/*
 * Page by page: a larger piece could become a large page of the table, which
 * cannot be taken apart when a part of it is unmapped or gets other rights.
 */
static int pasid_map(struct vdcm_translation *x, u64 iova, struct page **pages,
		     unsigned int nr, u32 prot, bool writable)
{
	int ret = -ENOMEM;
	unsigned int i;

	/* On the processor that has the freed pages. */
	migrate_disable();
	if (!pasid_room())
		nr = 0;
	for (i = 0; i < nr; i++) {
		ret = vdcm_iommu_map(x->priv,
				     iova + (u64)i * PAGE_SIZE,
				     page_to_phys(pages[i]), PAGE_SIZE,
				     pasid_prot(prot), VDCM_GFP_MAP);
		if (ret)
			break;
	}
	migrate_enable();
	if (ret && i)
		pasid_unmap(x, iova, i);
	return ret;
}

/* Between the two the page is missing: that is one more fault, nothing worse. */
static int pasid_remap(struct vdcm_translation *x, u64 iova, struct page *page,
		       u32 prot)
{
	pasid_unmap(x, iova, 1);
	return pasid_map(x, iova, &page, 1, prot, true);
}

static void pasid_resume(struct vdcm_translation *x)
{
	x->ops->set_pasid(x->adi, x->pasid);
}

const struct vdcm_xlat_ops vdcm_xlat_pasid = {
	.limits = pasid_limits,
	.attach = pasid_attach,
	.detach = pasid_detach,
	.map = pasid_map,
	.remap = pasid_remap,
	.unmap = pasid_unmap,
	.resume = pasid_resume,
	.hide = pasid_unmap,
};
