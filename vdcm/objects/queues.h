/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Workqueues for what may sleep on behalf of one ADI: a pure object.
 *
 * A work item of an ADI may sleep for as long as that ADI's user likes: a pin waits for
 * the VMM's memory, a lock for the pin. A workqueue runs a limited number of items, so
 * no workqueue serves more ADIs than it can run items at once: an item that sleeps takes
 * the place of no other ADI's. Each kind of item has a workqueue of its own; an ADI has
 * one item of each kind, but for helpers.
 */
#ifndef VDCM_QUEUES_H
#define VDCM_QUEUES_H

#include <linux/list.h>
#include <linux/workqueue.h>

/* Kinds of work items, and so of workqueues; properties in queues.c. */
enum vdcm_queue {
	VDCM_QUEUE_FAULTS,	/* pins pages: waits for the VMM's memory */
	VDCM_QUEUE_UNPIN,	/* unpins pages: waits for VFIO's locks */
	VDCM_QUEUE_HELP,	/* the same; VDCM_QUEUE_HELPERS items of an ADI */
	VDCM_QUEUE_RINGS,	/* writes that eventfds stand for: waits for adi->lock */
	VDCM_QUEUE_REVOKE,	/* takes an ADI from its user: waits for all of these */
	VDCM_NR_QUEUES
};

/* Items of an ADI on VDCM_QUEUE_HELP. */
#define VDCM_QUEUE_HELPERS	15

/*
 * ADIs of one struct vdcm_queues: as many as can have all their helpers run. For the other
 * kinds that leaves room for kernels that divide an unbound workqueue's limit among the
 * NUMA nodes by their processors.
 */
#define VDCM_QUEUES_ADIS \
	((unsigned int)WQ_UNBOUND_MAX_ACTIVE / (VDCM_QUEUE_HELPERS + 1))

/**
 * struct vdcm_queues - the workqueues of up to VDCM_QUEUES_ADIS ADIs
 * @entry: in the list of all
 * @users: ADIs that have it
 * @wq: by enum vdcm_queue
 */
struct vdcm_queues {
	struct list_head entry;
	unsigned int users;
	struct workqueue_struct *wq[VDCM_NR_QUEUES];
};

int vdcm_queues_init(void);
void vdcm_queues_exit(void);
struct vdcm_queues *vdcm_queues_get(void);
void vdcm_queues_put(struct vdcm_queues *queues);

#endif /* VDCM_QUEUES_H */
