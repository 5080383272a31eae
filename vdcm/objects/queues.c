// SPDX-License-Identifier: GPL-2.0-only
/*
 * Workqueues for what may sleep on behalf of one ADI.
 */
#include <linux/errno.h>
#include <linux/mutex.h>
#include <linux/slab.h>

#include "queues.h"

/*
 * None is freezable: a pin may wait for user space that is frozen already, and the sleep
 * of the system would fail. It waits until that is over; nothing waits for it.
 */
static const char * const names[VDCM_NR_QUEUES] = {
	[VDCM_QUEUE_FAULTS] = "vdcm-faults",
	[VDCM_QUEUE_UNPIN] = "vdcm-unpin",
	[VDCM_QUEUE_HELP] = "vdcm-help",
	[VDCM_QUEUE_RINGS] = "vdcm-rings",
	[VDCM_QUEUE_REVOKE] = "vdcm-revoke",
};

static DEFINE_MUTEX(lock);	/* list, users; no lock is taken inside */
static LIST_HEAD(list);

static void queues_free(struct vdcm_queues *q)
{
	unsigned int i;

	for (i = 0; i < VDCM_NR_QUEUES; i++)
		if (q->wq[i])
			destroy_workqueue(q->wq[i]);
	kfree(q);
}

static struct vdcm_queues *queues_alloc(void)
{
	struct vdcm_queues *q = kzalloc(sizeof(*q), GFP_KERNEL);
	unsigned int i;

	if (!q)
		return NULL;
	for (i = 0; i < VDCM_NR_QUEUES; i++) {
		q->wq[i] = alloc_workqueue("%s", WQ_UNBOUND,
					   WQ_UNBOUND_MAX_ACTIVE, names[i]);
		if (!q->wq[i]) {
			queues_free(q);
			return NULL;
		}
	}
	return q;
}

/**
 * vdcm_queues_get() - workqueues for one more ADI
 *
 * Context: process.
 * Return: workqueues, to be handed back to vdcm_queues_put(); NULL without memory.
 */
struct vdcm_queues *vdcm_queues_get(void)
{
	struct vdcm_queues *q;

	mutex_lock(&lock);
	list_for_each_entry(q, &list, entry)
		if (q->users < VDCM_QUEUES_ADIS)
			goto found;
	q = queues_alloc();
	if (!q)
		goto out;
	/* Ahead of the full ones, which need not be looked at then. */
	list_add(&q->entry, &list);
found:
	q->users++;
out:
	mutex_unlock(&lock);
	return q;
}

/**
 * vdcm_queues_put() - an ADI needs its workqueues no more
 * @queues: from vdcm_queues_get(); no item of the ADI is on them
 *
 * Context: process.
 */
void vdcm_queues_put(struct vdcm_queues *queues)
{
	mutex_lock(&lock);
	if (--queues->users)
		queues = NULL;
	else
		list_del(&queues->entry);
	mutex_unlock(&lock);
	if (queues)
		queues_free(queues);
}

/* The first ones stay for as long as the module does: an mdev comes and goes quickly. */
static struct vdcm_queues *first;

/**
 * vdcm_queues_init() - make the first workqueues
 *
 * Return: 0 or -ENOMEM
 */
int vdcm_queues_init(void)
{
	first = vdcm_queues_get();
	return first ? 0 : -ENOMEM;
}

/**
 * vdcm_queues_exit() - undo vdcm_queues_init(); all ADIs are gone
 */
void vdcm_queues_exit(void)
{
	vdcm_queues_put(first);
}
