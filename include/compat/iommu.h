/* SPDX-License-Identifier: GPL-2.0-only */
/* IOMMU domains for PASIDs: what differs between kernels (see probes). */
#ifndef COMPAT_IOMMU_H
#define COMPAT_IOMMU_H

#include <linux/err.h>
#include <linux/iommu.h>

#include "vdcm_config.h"

#if defined(HAVE_IOMMU_HWPT_ALLOC_PASID) && \
	defined(HAVE_IOMMU_PAGING_DOMAIN_ALLOC_FLAGS)
#include <uapi/linux/iommufd.h>
#endif

#if defined(HAVE_IOMMU_ATTACH_PASID) && defined(HAVE_IOMMU_GLOBAL_PASID) && \
	defined(HAVE_IOMMU_PAGING_DOMAIN_ALLOC) && defined(HAVE_IOMMU_MAP_GFP)
#define VDCM_PASID_API	1
#endif

#ifdef VDCM_PASID_API

static inline bool vdcm_iommu_has_pasids(struct device *dev)
{
	return dev->iommu && dev->iommu->max_pasids;
}

static inline struct iommu_domain *vdcm_iommu_domain_alloc(struct device *dev)
{
#if defined(HAVE_IOMMU_HWPT_ALLOC_PASID) && \
	defined(HAVE_IOMMU_PAGING_DOMAIN_ALLOC_FLAGS)
	struct iommu_domain *domain;

	/* Some drivers attach to PASIDs only domains that were made for it. */
	domain = iommu_paging_domain_alloc_flags(dev, IOMMU_HWPT_ALLOC_PASID);
	if (PTR_ERR_OR_ZERO(domain) != -EOPNOTSUPP)
		return domain;
#endif
	return iommu_paging_domain_alloc(dev);
}

/* The global number space: not shared with SVA. 0 or -ENOSPC. */
static inline int vdcm_iommu_pasid_alloc(struct device *dev, u32 *pasid)
{
	*pasid = iommu_alloc_global_pasid(dev);
	return *pasid == IOMMU_PASID_INVALID ? -ENOSPC : 0;
}

static inline void vdcm_iommu_pasid_free(u32 pasid)
{
	iommu_free_global_pasid(pasid);
}

static inline int vdcm_iommu_attach(struct iommu_domain *domain,
				    struct device *dev, u32 pasid)
{
#ifdef HAVE_IOMMU_ATTACH_PASID_HANDLE
	return iommu_attach_device_pasid(domain, dev, pasid, NULL);
#else
	return iommu_attach_device_pasid(domain, dev, pasid);
#endif
}

static inline void vdcm_iommu_detach(struct iommu_domain *domain,
				     struct device *dev, u32 pasid)
{
	iommu_detach_device_pasid(domain, dev, pasid);
}

/* To be given back by iommu_put_resv_regions(). */
static inline void vdcm_iommu_resv_regions(struct device *dev, struct list_head *list)
{
	iommu_get_resv_regions(dev, list);
}

static inline int vdcm_iommu_map(struct iommu_domain *domain, u64 iova,
				 phys_addr_t phys, size_t size, int prot, gfp_t gfp)
{
	return iommu_map(domain, iova, phys, size, prot, gfp);
}

#else /* no attachment of domains to PASIDs: nothing below is ever reached */

static inline void vdcm_iommu_resv_regions(struct device *dev, struct list_head *list)
{
}

static inline bool vdcm_iommu_has_pasids(struct device *dev)
{
	return false;
}

static inline struct iommu_domain *vdcm_iommu_domain_alloc(struct device *dev)
{
	return ERR_PTR(-EOPNOTSUPP);
}

static inline int vdcm_iommu_pasid_alloc(struct device *dev, u32 *pasid)
{
	return -EOPNOTSUPP;
}

static inline void vdcm_iommu_pasid_free(u32 pasid)
{
}

static inline int vdcm_iommu_attach(struct iommu_domain *domain,
				    struct device *dev, u32 pasid)
{
	return -EOPNOTSUPP;
}

static inline void vdcm_iommu_detach(struct iommu_domain *domain,
				     struct device *dev, u32 pasid)
{
}

static inline int vdcm_iommu_map(struct iommu_domain *domain, u64 iova,
				 phys_addr_t phys, size_t size, int prot, gfp_t gfp)
{
	return -EOPNOTSUPP;
}

#endif /* VDCM_PASID_API */

#endif /* COMPAT_IOMMU_H */
