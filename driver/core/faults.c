// SPDX-License-Identifier: GPL-2.0-only
/*
 * Translation faults: from the fault ring to the owner of the function, and answers
 * back to the device.
 */
#include "client.h"
#include "hw.h"
#include "pf.h"

#define SNIC_FAULT_ENTRIES	1024

int snic_faults_init(struct snic_pf *pf)
{
	BUILD_BUG_ON(sizeof(struct snic_fault_rec) != 32);
	mutex_init(&pf->fault_lock);
	return snic_ring_alloc(pf, &pf->faults, SNIC_FAULT_RING,
			       SNIC_FAULT_ENTRIES, sizeof(struct snic_fault_rec));
}

void snic_faults_exit(struct snic_pf *pf)
{
	snic_ring_free(pf, &pf->faults);
}

/**
 * snic_fault_answer() - tell a stopped unit how to go on
 * @pf: PF
 * @func: function number
 * @unit: SNIC_UNIT_*
 * @err: 0: try again, else: stop
 */
void snic_fault_answer(struct snic_pf *pf, u16 func, u8 unit, int err)
{
	u32 code = err ? SNIC_FAULT_RESP_FAIL : SNIC_FAULT_RESP_RETRY;

	snic_write(pf, SNIC_FAULT_RESP, code << SNIC_FAULT_RESP_CODE_SHIFT |
		   unit << SNIC_FAULT_RESP_UNIT_SHIFT | func);
}

static void snic_fault_one(struct snic_pf *pf, const struct snic_fault_rec *rec)
{
	u16 func = le16_to_cpu(rec->func);
	struct vdcm_fault fault = {
		.iova = le64_to_cpu(rec->addr),
		.len = le32_to_cpu(rec->len),
		.prot = rec->flags & SNIC_FAULT_WRITE ? VDCM_PROT_WRITE : VDCM_PROT_READ,
	};

	if (!func || func > pf->num_adis || rec->unit >= SNIC_UNITS) {
		dev_warn_ratelimited(&pf->pdev->dev, "fault of function %u, unit %u?\n",
				     func, rec->unit);
		return;
	}
	if (pf->adi_client->fault(pf, func, rec->unit, &fault))
		snic_fault_answer(pf, func, rec->unit, -EFAULT);
}

/**
 * snic_faults_poll() - take what the fault ring holds
 * @pf: PF
 *
 * When it returns the owners have all faults up to now. Context: process, the fault
 * vector's thread among others.
 */
void snic_faults_poll(struct snic_pf *pf)
{
	const struct snic_fault_rec *ring = pf->faults.desc;
	struct snic_ring *r = &pf->faults;
	u32 tail;

	mutex_lock(&pf->fault_lock);
	/* Records posted while these are handled raise an interrupt of their own. */
	if (snic_ring_peer(pf, r, SNIC_RING_TAIL, &tail))
		goto out;
	/* The records are as new as the tail that announced them. */
	dma_rmb();
	while (r->head != tail) {
		struct snic_fault_rec rec = ring[r->head];

		r->head = (r->head + 1) % r->len;
		snic_write(pf, r->reg + SNIC_RING_HEAD, r->head);
		snic_fault_one(pf, &rec);
	}
out:
	mutex_unlock(&pf->fault_lock);
}
