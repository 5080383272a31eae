// SPDX-License-Identifier: GPL-2.0-only
/*
 * The DMA side of an ADI: identity, translation table, answers to faults.
 *
 * The framework calls these under its pin lock, also while another thread
 * closes the ADI: dma_lock keeps the function number and the table valid.
 */
#include "../core/hw.h"
#include "adi.h"
#include "ops.h"

static u32 smnc_adi_reg(const struct smnc_adi *adi, u32 reg)
{
	return SMNC_FUNC(adi->func) + reg;
}

/* @nr: 4 KiB pages; the device waits for accesses that are under way. */
static int smnc_adi_forget(struct smnc_adi *adi, u64 iova, u64 nr)
{
	struct smnc_pf *pf = adi->pf;

	smnc_write(pf, smnc_adi_reg(adi, SMNC_FUNC_INVAL_LO), lower_32_bits(iova));
	smnc_write(pf, smnc_adi_reg(adi, SMNC_FUNC_INVAL_HI), upper_32_bits(iova));
	smnc_write(pf, smnc_adi_reg(adi, SMNC_FUNC_INVAL_CTL),
		   nr > SMNC_FUNC_INVAL_PAGES ? 0 : nr);
	return smnc_poll(pf, smnc_adi_reg(adi, SMNC_FUNC_INVAL_CTL),
			 SMNC_FUNC_INVAL_BUSY, 0);
}

/* As smnc_adi_forget(), of a device that must forget: one that does not is stuck. */
static void smnc_adi_forget_now(struct smnc_adi *adi, u64 iova, u64 nr)
{
	int err = smnc_adi_forget(adi, iova, nr);

	/* A device that is reset, or dead, does no DMA and forgets. */
	if (err && err != -EIO)
		smnc_hw_stuck(adi->pf, "an invalidation did not complete");
}

void smnc_adi_set_pasid(struct vdcm_adi *vadi, u32 pasid)
{
	struct smnc_adi *adi = vdcm_adi_drvdata(vadi);
	u32 reg = 0;

	if (pasid != VDCM_NO_PASID)
		reg = SMNC_FUNC_PASID_VALID | (pasid & SMNC_FUNC_PASID_MASK);
	mutex_lock(&adi->dma_lock);
	if (adi->func) {
		smnc_write(adi->pf, smnc_adi_reg(adi, SMNC_FUNC_PASID), reg);
		/* Read back: accesses under the old identity are over. */
		smnc_read(adi->pf, smnc_adi_reg(adi, SMNC_FUNC_PASID));
	}
	mutex_unlock(&adi->dma_lock);
}

int smnc_adi_xlat_map(struct vdcm_adi *vadi, u64 iova, dma_addr_t dma,
		      unsigned int nr, u32 prot)
{
	struct smnc_adi *adi = vdcm_adi_drvdata(vadi);
	u64 rights = 0;
	bool stale;
	int err = -EIO;

	if (prot & VDCM_PROT_READ)
		rights |= SMNC_XLAT_READ;
	if (prot & VDCM_PROT_WRITE)
		rights |= SMNC_XLAT_WRITE;
	mutex_lock(&adi->dma_lock);
	if (adi->func && adi->xlat.root) {
		err = smnc_xlat_set(&adi->xlat, iova, dma, nr, rights, &stale);
		if (!err && stale)
			smnc_adi_forget_now(adi, iova, nr);
	}
	mutex_unlock(&adi->dma_lock);
	return err;
}

void smnc_adi_xlat_unmap(struct vdcm_adi *vadi, u64 iova, u64 nr)
{
	struct smnc_adi *adi = vdcm_adi_drvdata(vadi);
	struct smnc_xlat_page *unused;

	mutex_lock(&adi->dma_lock);
	if (adi->func && adi->xlat.root &&
	    smnc_xlat_clear(&adi->xlat, iova, nr, &unused)) {
		smnc_adi_forget_now(adi, iova, nr);
		smnc_xlat_free_pages(&adi->xlat, unused);
	}
	mutex_unlock(&adi->dma_lock);
}

void smnc_adi_fault_done(struct vdcm_adi *vadi, u32 token, int err)
{
	struct smnc_adi *adi = vdcm_adi_drvdata(vadi);
	u8 unit = token;

	mutex_lock(&adi->dma_lock);
	/* A reset took the fault along; the unit may have another by now. */
	if (adi->func && token == smnc_adi_token(adi, unit))
		smnc_fault_answer(adi->pf, adi->func, unit, err);
	mutex_unlock(&adi->dma_lock);
}

/* Its link goes down, and comes back when its queues go on. */
void smnc_adi_starved(struct vdcm_adi *vadi, bool starved)
{
	struct smnc_adi *adi = vdcm_adi_drvdata(vadi);

	WRITE_ONCE(adi->starved, starved);
	smnc_adi_link_event(adi);
}

/* Tokens of faults before this do not count any more. */
void smnc_adi_new_epoch(struct smnc_adi *adi)
{
	mutex_lock(&adi->dma_lock);
	WRITE_ONCE(adi->epoch, adi->epoch + 1);
	mutex_unlock(&adi->dma_lock);
}

/* No PASID; the table, if there is one. */
static void smnc_adi_dma_identity(struct smnc_adi *adi)
{
	struct smnc_pf *pf = adi->pf;
	dma_addr_t root = 0;

	if (adi->xlat.root)
		root = smnc_xlat_root(&adi->xlat) | SMNC_FUNC_XLAT_VALID;
	smnc_write(pf, smnc_adi_reg(adi, SMNC_FUNC_PASID), 0);
	smnc_write(pf, smnc_adi_reg(adi, SMNC_FUNC_XLAT_HI), upper_32_bits(root));
	smnc_write(pf, smnc_adi_reg(adi, SMNC_FUNC_XLAT_LO), lower_32_bits(root));
}

/* Translation refuses everything until the framework sets it up. */
int smnc_adi_dma_open(struct smnc_adi *adi, u16 func)
{
	struct smnc_pf *pf = adi->pf;
	int err;

	/* Not under dma_lock, which is inside the framework's pin lock. */
	if (pf->xlat == VDCM_XLAT_TABLE) {
		err = smnc_xlat_init(&adi->xlat, &pf->pdev->dev);
		if (err)
			return err;
	}
	mutex_lock(&adi->dma_lock);
	adi->func = func;
	smnc_adi_dma_identity(adi);
	mutex_unlock(&adi->dma_lock);
	return 0;
}

/* The device was reset: it gets the table that it had. */
void smnc_adi_dma_resume(struct smnc_adi *adi)
{
	mutex_lock(&adi->dma_lock);
	WRITE_ONCE(adi->epoch, adi->epoch + 1);
	smnc_adi_dma_identity(adi);
	mutex_unlock(&adi->dma_lock);
}

/* The function is disabled, or in quarantine. */
void smnc_adi_dma_close(struct smnc_adi *adi)
{
	struct smnc_pf *pf = adi->pf;

	mutex_lock(&adi->dma_lock);
	smnc_write(pf, smnc_adi_reg(adi, SMNC_FUNC_PASID), 0);
	smnc_write(pf, smnc_adi_reg(adi, SMNC_FUNC_XLAT_LO), 0);
	smnc_write(pf, smnc_adi_reg(adi, SMNC_FUNC_XLAT_HI), 0);
	smnc_read(pf, smnc_adi_reg(adi, SMNC_FUNC_XLAT_HI));
	smnc_held_keep_table(adi);
	smnc_xlat_free(&adi->xlat);
	adi->func = 0;
	WRITE_ONCE(adi->epoch, adi->epoch + 1);
	mutex_unlock(&adi->dma_lock);
}
