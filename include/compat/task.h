/* SPDX-License-Identifier: GPL-2.0-only */
/* Task work: what differs between kernels (see probes). */
#ifndef COMPAT_TASK_H
#define COMPAT_TASK_H

#include <linux/errno.h>
#include <linux/sched.h>
#include <linux/task_work.h>

#include "vdcm_config.h"

/*
 * Have a function called when the current task returns to user space. 0, or an errno:
 * it will not be, since the kernel does not export the means or the task does not return.
 */
static inline int vdcm_task_work(struct callback_head *work, task_work_func_t func)
{
#ifdef HAVE_TASK_WORK_ADD
	if (current->flags & PF_KTHREAD)
		return -ESRCH;
	init_task_work(work, func);
	return task_work_add(current, work, TWA_RESUME);
#else
	return -EOPNOTSUPP;
#endif
}

#endif /* COMPAT_TASK_H */
