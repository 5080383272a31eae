// SPDX-License-Identifier: GPL-2.0-only
/*
 * Translation faults: from the fault ring to the owner of the function, and answers
 * back to the device.
 */
#include "client.h"
#include "hw.h"
#include "pf.h"
#include "trace.h"

#define SMNC_FAULT_ENTRIES	1024

int smnc_faults_init(struct smnc_pf *pf)
{
	BUILD_BUG_ON(sizeof(struct smnc_fault_rec) != 32);
	mutex_init(&pf->fault_lock);
	return smnc_ring_alloc(pf, &pf->faults, SMNC_FAULT_RING,
			       SMNC_FAULT_ENTRIES, sizeof(struct smnc_fault_rec));
}

void smnc_faults_exit(struct smnc_pf *pf)
{
	smnc_ring_free(pf, &pf->faults);
}

/**
 * smnc_fault_answer() - tell a stopped unit how to go on
 * @pf: PF
 * @func: function number
 * @unit: SMNC_UNIT_*
 * @err: 0: try again, else: stop
 */
void smnc_fault_answer(struct smnc_pf *pf, u16 func, u8 unit, int err)
{
	u32 code = err ? SMNC_FAULT_RESP_FAIL : SMNC_FAULT_RESP_RETRY;

	trace_smnc_fault_answer(pf, func, unit, err);
	smnc_write(pf, SMNC_FAULT_RESP, code << SMNC_FAULT_RESP_CODE_SHIFT |
		   unit << SMNC_FAULT_RESP_UNIT_SHIFT | func);
}

static void smnc_fault_one(struct smnc_pf *pf, const struct smnc_fault_rec *rec)
{
	u16 func = le16_to_cpu(rec->func);
	struct vdcm_fault fault = {
		.iova = le64_to_cpu(rec->addr),
		.len = le32_to_cpu(rec->len),
		.prot = rec->flags & SMNC_FAULT_WRITE ? VDCM_PROT_WRITE : VDCM_PROT_READ,
	};

	trace_smnc_fault(pf, func, rec->unit, fault.iova, fault.len, rec->flags,
			 le32_to_cpu(rec->seq));
	if (!func || func > pf->num_adis || rec->unit >= SMNC_UNITS) {
		dev_warn_ratelimited(&pf->pdev->dev, "fault of function %u, unit %u?\n",
				     func, rec->unit);
		return;
	}
	if (pf->adi_client->fault(pf, func, rec->unit, &fault))
		smnc_fault_answer(pf, func, rec->unit, -EFAULT);
}

/**
 * smnc_faults_poll() - take what the fault ring holds
 * @pf: PF
 *
 * When it returns the owners have all faults up to now. Context: process, the fault
 * vector's thread among others.
 */
void smnc_faults_poll(struct smnc_pf *pf)
{
	const struct smnc_fault_rec *ring = pf->faults.desc;
	struct smnc_ring *r = &pf->faults;
	u32 tail;

	mutex_lock(&pf->fault_lock);
	/* Records posted while these are handled raise an interrupt of their own. */
	if (smnc_ring_peer(pf, r, SMNC_RING_TAIL, &tail))
		goto out;
	/* The records are as new as the tail that announced them. */
	dma_rmb();
	while (r->head != tail) {
		struct smnc_fault_rec rec = ring[r->head];

		r->head = (r->head + 1) % r->len;
		smnc_write(pf, r->reg + SMNC_RING_HEAD, r->head);
		smnc_fault_one(pf, &rec);
	}
out:
	mutex_unlock(&pf->fault_lock);
}
