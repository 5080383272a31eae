/* SPDX-License-Identifier: GPL-2.0-only */
/* Included ahead of vdcm/objects/queues.c: workqueues that run out. */
#ifndef FAKE_WQ_H
#define FAKE_WQ_H

#include <linux/workqueue.h>

/* How many can still be made; below 0: as many as memory allows. */
extern int fake_wq_left;

#undef alloc_workqueue
#define alloc_workqueue(...)						\
	(fake_wq_left-- ? alloc_hooks(alloc_workqueue_noprof(__VA_ARGS__)) : NULL)

#endif /* FAKE_WQ_H */
