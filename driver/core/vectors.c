// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupts. The PF's own events meet on up to three control vectors; netdev
 * queues and ADIs get MSI-X vectors of their own as long as Linux has some, and
 * else share the cause ring, whose records name function and vector.
 */
#include <linux/bitmap.h>
#include <linux/interrupt.h>
#include <linux/moduleparam.h>

#include <compat/irq.h>

#include "client.h"
#include "hw.h"
#include "pf.h"
#include "trace.h"

#define SMNC_CAUSE_ENTRIES	4096

static int max_adi_vectors = -1;

static int smnc_param_vectors_set(const char *val, const struct kernel_param *kp)
{
	int n, err = kstrtoint(val, 0, &n);

	if (err || n < -1)
		return -EINVAL;
	*(int *)kp->arg = n;
	return 0;
}

static const struct kernel_param_ops smnc_param_vectors = {
	.set = smnc_param_vectors_set,
	.get = param_get_int,
};

module_param_cb(max_adi_vectors, &smnc_param_vectors, &max_adi_vectors, 0444);
MODULE_PARM_DESC(max_adi_vectors,
		 "MSI-X vectors for ADIs of each PF, the rest of theirs are shared (-1: no limit)");

/* --- the cause ring --------------------------------------------------------- */

int smnc_causes_init(struct smnc_pf *pf)
{
	BUILD_BUG_ON(sizeof(struct smnc_cause_rec) != 4);
	return smnc_ring_alloc(pf, &pf->causes, SMNC_CAUSE_RING, SMNC_CAUSE_ENTRIES,
			       sizeof(struct smnc_cause_rec));
}

void smnc_causes_exit(struct smnc_pf *pf)
{
	smnc_ring_free(pf, &pf->causes);
}

static void smnc_cause_one(struct smnc_pf *pf, u16 func, u16 vec)
{
	if (func > pf->num_adis)
		return;
	trace_smnc_cause(pf, func, vec);
	if (func)
		pf->adi_client->vector(pf, func, vec);
	else
		pf->net_client->vector(pf, func, vec);
}

/* Hard interrupt. */
static void smnc_causes_poll(struct smnc_pf *pf)
{
	const struct smnc_cause_rec *ring = pf->causes.desc;
	struct smnc_ring *r = &pf->causes;
	u32 tail;

	if (smnc_ring_peer(pf, r, SMNC_RING_TAIL, &tail) || r->head == tail)
		return;
	dma_rmb();
	while (r->head != tail) {
		u16 func = le16_to_cpu(READ_ONCE(ring[r->head].func));
		u16 vec = le16_to_cpu(READ_ONCE(ring[r->head].vec));

		r->head = (r->head + 1) % r->len;
		/* Passed before it is signalled: what follows posts it again. */
		smnc_write(pf, r->reg + SMNC_RING_HEAD, r->head);
		smnc_cause_one(pf, func, vec);
	}
}

/* --- control vectors -------------------------------------------------------- */

/**
 * smnc_rings_check() - say which rings of the PF the device has disabled
 * @pf: PF
 *
 * It does so to one with a bad index or address, until it is reset.
 *
 * Context: process; the rings are there.
 * Return: how many.
 */
unsigned int smnc_rings_check(struct smnc_pf *pf)
{
	static const struct {
		u32 reg;
		const char *name;
	} rings[] = {
		{ SMNC_FAULT_RING, "fault" },
		{ SMNC_CAUSE_RING, "cause" },
		{ SMNC_MBX_TX, "mailbox transmit" },
		{ SMNC_MBX_RX, "mailbox receive" },
	};
	unsigned int i, off = 0;

	for (i = 0; i < ARRAY_SIZE(rings); i++) {
		/* All-ones of a device that is gone, or not to be asked, say no. */
		if (smnc_read(pf, rings[i].reg + SMNC_RING_LEN) & SMNC_RING_LEN_ENABLE)
			continue;
		dev_err_ratelimited(&pf->pdev->dev,
				    "the device has disabled its %s ring: only a reset of the PF brings it back\n",
				    rings[i].name);
		off++;
	}
	return off;
}

static irqreturn_t smnc_ctl_irq(int irq, void *data)
{
	struct smnc_ctl_vec *ctl = data;
	struct smnc_pf *pf = ctl->pf;

	if (ctl->roles & SMNC_ROLE_CAUSE)
		smnc_causes_poll(pf);
	if (ctl->roles & SMNC_ROLE_MBX)
		smnc_mbx_kick(pf);
	/* Only this role looks at ICR, whose read takes every bit along. */
	if (ctl->roles & SMNC_ROLE_MISC &&
	    smnc_read(pf, SMNC_ICR) & (SMNC_ICR_LINK | SMNC_ICR_ERR))
		queue_work(pf->ctl_wq, &pf->link_work);
	return ctl->roles & SMNC_ROLE_FAULT ? IRQ_WAKE_THREAD : IRQ_HANDLED;
}

static irqreturn_t smnc_ctl_thread(int irq, void *data)
{
	struct smnc_ctl_vec *ctl = data;

	smnc_faults_poll(ctl->pf);
	return IRQ_HANDLED;
}

/* Which roles vector @i of @nr has. */
static u8 smnc_ctl_roles(unsigned int i, unsigned int nr)
{
	static const u8 role[SMNC_CTL_VECS] = {
		SMNC_ROLE_MISC | SMNC_ROLE_MBX, SMNC_ROLE_FAULT, SMNC_ROLE_CAUSE,
	};
	unsigned int r;
	u8 roles = 0;

	for (r = 0; r < SMNC_CTL_VECS; r++)
		if (min(r, nr - 1) == i)
			roles |= role[r];
	return roles;
}

/**
 * smnc_vectors_init() - allocate MSI-X vectors: as many as there are, one at least
 * @pf: PF
 * @net_vecs: vectors the netdev would like
 *
 * Return: 0 or errno.
 */
int smnc_vectors_init(struct smnc_pf *pf, unsigned int net_vecs)
{
	unsigned int want = SMNC_CTL_VECS + net_vecs;
	int n;

	mutex_init(&pf->vec_lock);
	pf->max_adi_vecs = max_adi_vectors;
	pf->dyn_msix = vdcm_msix_can_alloc_dyn(pf->pdev);
	/* Later is too late where entries can't be added. */
	if (!pf->dyn_msix)
		want = pf->num_vecs;
	n = pci_alloc_irq_vectors(pf->pdev, 1, want, PCI_IRQ_MSIX);
	if (n < 0) {
		pci_err(pf->pdev, "no interrupt vector: %d\n", n);
		return n;
	}
	pf->nr_vecs = n;
	pf->nr_ctl = min_t(unsigned int, n, SMNC_CTL_VECS);
	pf->net_vecs = min_t(unsigned int, n - pf->nr_ctl, net_vecs);
	/* Without dynamic allocation there are no more vectors than are allocated now. */
	pf->nr_entries = pf->dyn_msix ? max_t(u32, n, pf->num_vecs) : n;
	pf->vec_map = bitmap_zalloc(pf->nr_entries, GFP_KERNEL);
	if (!pf->vec_map) {
		pci_free_irq_vectors(pf->pdev);
		return -ENOMEM;
	}
	bitmap_set(pf->vec_map, 0, pf->dyn_msix ? n : pf->nr_ctl + pf->net_vecs);
	if (n < SMNC_CTL_VECS + net_vecs)
		pci_info(pf->pdev, "only %d interrupt vectors: events share them\n", n);
	return 0;
}

void smnc_vectors_exit(struct smnc_pf *pf)
{
	bitmap_free(pf->vec_map);
	pf->vec_map = NULL;
	pci_free_irq_vectors(pf->pdev);
}

static void smnc_ctl_route(struct smnc_pf *pf, unsigned int i, u8 roles)
{
	static const struct {
		u8 role;
		u32 reg;
	} intvec[] = {
		{ SMNC_ROLE_MISC, SMNC_INTVEC_MISC },
		{ SMNC_ROLE_MBX, SMNC_INTVEC_MBX },
		{ SMNC_ROLE_FAULT, SMNC_INTVEC_FAULT },
		{ SMNC_ROLE_CAUSE, SMNC_INTVEC_CAUSE },
	};
	unsigned int r;

	for (r = 0; r < ARRAY_SIZE(intvec); r++)
		if (roles & intvec[r].role)
			smnc_write(pf, intvec[r].reg, SMNC_INTVEC_VALID | i);
}

/* Request the control vectors, then let events come. The rings are there. */
int smnc_vectors_start(struct smnc_pf *pf)
{
	unsigned int i;
	int err;

	for (i = 0; i < pf->nr_ctl; i++) {
		struct smnc_ctl_vec *ctl = &pf->ctl[i];

		ctl->pf = pf;
		ctl->roles = smnc_ctl_roles(i, pf->nr_ctl);
		ctl->irq = pci_irq_vector(pf->pdev, i);
		snprintf(ctl->name, sizeof(ctl->name), "%s-ctl%u@%s", SMNC_DRV_NAME, i,
			 pci_name(pf->pdev));
		err = request_threaded_irq(ctl->irq, smnc_ctl_irq, smnc_ctl_thread, 0,
					   ctl->name, ctl);
		if (err) {
			ctl->irq = 0;
			/* The first must be; the others' roles fit on it. */
			if (!i)
				return err;
			pf->ctl[0].roles |= ctl->roles;
		}
	}
	smnc_vectors_route(pf);
	return 0;
}

/* Let events come. The device was reset. */
void smnc_vectors_route(struct smnc_pf *pf)
{
	unsigned int i;

	for (i = 0; i < pf->nr_ctl; i++)
		if (pf->ctl[i].irq)
			smnc_ctl_route(pf, i, pf->ctl[i].roles);
	smnc_ring_enable(pf, &pf->faults);
	smnc_ring_enable(pf, &pf->causes);
	smnc_write(pf, SMNC_ICR_MASK, SMNC_ICR_MBX_RX | SMNC_ICR_FAULT | SMNC_ICR_CAUSE |
		   SMNC_ICR_LINK | SMNC_ICR_ERR);
}

void smnc_vectors_stop(struct smnc_pf *pf)
{
	unsigned int i;

	smnc_write(pf, SMNC_ICR_MASK, 0);
	for (i = 0; i < pf->nr_ctl; i++) {
		if (pf->ctl[i].irq)
			free_irq(pf->ctl[i].irq, &pf->ctl[i]);
		pf->ctl[i].irq = 0;
	}
}

/**
 * smnc_sync_events() - wait until pf->func[] and pf->net have no old readers
 * @pf: PF
 *
 * All readers of either have finished when it returns. Entries that disabled functions
 * have left in the mailbox and the fault ring are taken out: the next user of such a function
 * gets none of them.
 *
 * Context: process; adi->lock may be held, fault_lock not.
 */
void smnc_sync_events(struct smnc_pf *pf)
{
	unsigned int i;

	for (i = 0; i < pf->nr_ctl; i++)
		if (pf->ctl[i].irq)
			synchronize_irq(pf->ctl[i].irq);
	smnc_mbx_flush(pf);
	flush_work(&pf->link_work);
	/* Not only the fault vector's thread polls, but any ADI that restarts. */
	smnc_faults_poll(pf);
}

/**
 * smnc_net_vector() - MSI-X vector of a netdev queue
 * @pf: PF
 * @queue: queue pair
 * @index: MSI-X entry
 *
 * Return: Linux irq, or -ENOSPC: the queue uses the cause ring.
 */
int smnc_net_vector(struct smnc_pf *pf, unsigned int queue, unsigned int *index)
{
	if (queue >= pf->net_vecs)
		return -ENOSPC;
	*index = pf->nr_ctl + queue;
	return pci_irq_vector(pf->pdev, *index);
}

/* --- one by one, for ADIs ---------------------------------------------------- */

/* pf->vec_lock is held. Return: Linux irq or errno */
static int smnc_entry_get(struct smnc_pf *pf, unsigned int *index)
{
	unsigned long i = find_first_zero_bit(pf->vec_map, pf->nr_entries);
	int max = READ_ONCE(pf->max_adi_vecs);
	int irq;

	if (max >= 0 && pf->adi_vecs >= (unsigned int)max)
		return -ENOSPC;
	if (i >= pf->nr_entries)
		return -ENOSPC;
	irq = pf->dyn_msix ? vdcm_msix_alloc_irq_at(pf->pdev, i) :
			     pci_irq_vector(pf->pdev, i);
	if (irq < 0)
		return irq;
	__set_bit(i, pf->vec_map);
	pf->adi_vecs++;
	*index = i;
	return irq;
}

/**
 * smnc_vector_get() - an MSI-X vector for one vector of an ADI
 * @pf: PF
 * @index: MSI-X entry
 *
 * Context: process.
 * Return: Linux irq, not requested, or errno: the vector uses the cause ring.
 */
int smnc_vector_get(struct smnc_pf *pf, unsigned int *index)
{
	int irq;

	mutex_lock(&pf->vec_lock);
	irq = smnc_entry_get(pf, index);
	mutex_unlock(&pf->vec_lock);
	return irq;
}

/* @irq was freed. Process context. */
void smnc_vector_put(struct smnc_pf *pf, unsigned int index, int irq)
{
	mutex_lock(&pf->vec_lock);
	if (pf->dyn_msix)
		vdcm_msix_free_irq(pf->pdev, index, irq);
	__clear_bit(index, pf->vec_map);
	pf->adi_vecs--;
	mutex_unlock(&pf->vec_lock);
}
