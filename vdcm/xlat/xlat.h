/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The door between the framework and its translation back ends. A back end includes this and
 * nothing else of the framework; docs/porting.md says how one is added.
 */
#ifndef VDCM_XLAT_H
#define VDCM_XLAT_H

#include <vdcm/vdcm.h>

#include "../objects/iova.h"

struct page;

/**
 * struct vdcm_translation - the translation of an ADI, as its back end sees it
 * @adi: whose: for operations of the PF driver, and messages
 * @ops: operations of the PF driver
 * @dev: the PF
 * @pasid: PASID of the ADI, or VDCM_NO_PASID; read without a lock
 * @priv: the back end's own, from @attach to @detach
 */
struct vdcm_translation {
	struct vdcm_adi *adi;
	const struct vdcm_adi_ops *ops;
	struct device *dev;
	u32 pasid;
	void *priv;
};

/**
 * struct vdcm_xlat_ops - a translation back end; called under the pin lock, but @attach and
 *	@detach under adi->lock without it. Addresses are in bytes, of whole pages
 * @limits: remove from *@iova the addresses that ADIs of @dev cannot use; no pin lock; when the PF
 *	is registered. 0 or errno. Optional
 * @attach: begin: nothing is mapped. 0 or errno
 * @detach: end: nothing is mapped any more
 * @map: map a batch with rights @prot; @writable: the pages are pinned for writing. 0 or errno
 *	(then nothing of it is mapped)
 * @remap: replace the mapping of one page with rights @prot. 0 or errno
 * @unmap: remove @nr mapped pages, at most VDCM_XLAT_RUN; no access is under way when it
 *	returns. Never fails
 * @hide: as @unmap, but only for the device: @remap or @unmap of the pages follows
 * @resume: the PF was reset, and the framework has called the PF driver's resume(): set up
 *	again the state that the hardware has lost. Optional
 */
struct vdcm_xlat_ops {
	int (*limits)(struct device *dev, struct vdcm_iova *iova);
	int (*attach)(struct vdcm_translation *x);
	void (*detach)(struct vdcm_translation *x);
	int (*map)(struct vdcm_translation *x, u64 iova, struct page **pages, unsigned int nr,
		   u32 prot, bool writable);
	int (*remap)(struct vdcm_translation *x, u64 iova, struct page *page, u32 prot);
	void (*unmap)(struct vdcm_translation *x, u64 iova, u64 nr);
	void (*hide)(struct vdcm_translation *x, u64 iova, u64 nr);
	void (*resume)(struct vdcm_translation *x);
};

extern const struct vdcm_xlat_ops vdcm_xlat_table;
extern const struct vdcm_xlat_ops vdcm_xlat_pasid;

/**
 * struct vdcm_backend - a row of the table of back ends, by enum vdcm_xlat
 * @name: for sysfs
 * @ops: operations, or NULL: nothing is translated
 * @suits: are there the operations of a PF driver that it calls?
 */
struct vdcm_backend {
	const char *name;
	const struct vdcm_xlat_ops *ops;
	bool (*suits)(const struct vdcm_adi_ops *ops);
};

/* backends.c */
const struct vdcm_backend *vdcm_backend(enum vdcm_xlat xlat);

#endif /* VDCM_XLAT_H */
