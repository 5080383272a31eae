/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Operations of an ADI of any kind that the framework calls (struct vdcm_adi_ops). A kind
 * makes its operations of SMNC_ADI_OPS and of how its guests reach its registers.
 */
#ifndef SMARTNIC_ADI_OPS_H
#define SMARTNIC_ADI_OPS_H

#include <vdcm/vdcm.h>

/* ops.c */
int smnc_adi_create(struct vdcm_adi *vadi);
void smnc_adi_destroy(struct vdcm_adi *vadi);
int smnc_adi_open(struct vdcm_adi *vadi);
void smnc_adi_close(struct vdcm_adi *vadi);
void smnc_adi_quiesce(struct vdcm_adi *vadi);
int smnc_adi_resume(struct vdcm_adi *vadi);
void smnc_adi_bus_master(struct vdcm_adi *vadi, bool on);
phys_addr_t smnc_adi_page(struct vdcm_adi *vadi, unsigned int page);
int smnc_adi_vector_irq(struct vdcm_adi *vadi, unsigned int vec);

/* reset.c */
int smnc_adi_reset(struct vdcm_adi *vadi);

/* dma.c */
void smnc_adi_set_pasid(struct vdcm_adi *vadi, u32 pasid);
int smnc_adi_xlat_map(struct vdcm_adi *vadi, u64 iova, dma_addr_t dma,
		      unsigned int nr, u32 prot);
void smnc_adi_xlat_unmap(struct vdcm_adi *vadi, u64 iova, u64 nr);
void smnc_adi_fault_done(struct vdcm_adi *vadi, u32 token, int err);
void smnc_adi_starved(struct vdcm_adi *vadi, bool starved);

/* freeze.c */
int smnc_adi_freeze(struct vdcm_adi *vadi);
int smnc_adi_thaw(struct vdcm_adi *vadi);

/* state.c */
size_t smnc_adi_state_size(struct vdcm_adi *vadi);
ssize_t smnc_adi_save(struct vdcm_adi *vadi, void *buf, size_t len);
int smnc_adi_load(struct vdcm_adi *vadi, const void *buf, size_t len);
void smnc_adi_announce(struct vdcm_adi *vadi);

#define SMNC_ADI_OPS \
	.create = smnc_adi_create, \
	.destroy = smnc_adi_destroy, \
	.open = smnc_adi_open, \
	.close = smnc_adi_close, \
	.reset = smnc_adi_reset, \
	.bus_master = smnc_adi_bus_master, \
	.page = smnc_adi_page, \
	.vector_irq = smnc_adi_vector_irq, \
	.set_pasid = smnc_adi_set_pasid, \
	.xlat_map = smnc_adi_xlat_map, \
	.xlat_unmap = smnc_adi_xlat_unmap, \
	.fault_done = smnc_adi_fault_done, \
	.starved = smnc_adi_starved, \
	.quiesce = smnc_adi_quiesce, \
	.resume = smnc_adi_resume, \
	.freeze = smnc_adi_freeze, \
	.thaw = smnc_adi_thaw, \
	.state_size = smnc_adi_state_size, \
	.save = smnc_adi_save, \
	.load = smnc_adi_load, \
	.announce = smnc_adi_announce

/* ops.c: registers that are those of the window, 4 bytes each */
u64 smnc_adi_win_read(struct vdcm_adi *vadi, u32 offset, unsigned int size);
void smnc_adi_win_write(struct vdcm_adi *vadi, u32 offset, u64 value, unsigned int size);

/* ops.c: for a kind with flr() */
bool smnc_adi_soft_reset(struct vdcm_adi *vadi);

#endif /* SMARTNIC_ADI_OPS_H */
