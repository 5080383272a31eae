// SPDX-License-Identifier: GPL-2.0-only
/*
 * The Virtual Device Composition Module: module and parameters.
 */
#include <linux/log2.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/sysfs.h>

#include <vdcm/version.h>

#include "internal.h"

/* For what never sleeps on behalf of an ADI; else vdcm_wq_of(). */
struct workqueue_struct *vdcm_wq;

unsigned int vdcm_fault_around = 16;
bool vdcm_holdoff_on = true;

static int set_fault_around(const char *val, const struct kernel_param *kp)
{
	unsigned int n;
	int ret;

	ret = kstrtouint(val, 0, &n);
	if (!ret && (n > VDCM_PIN_BATCH || !is_power_of_2(n)))
		ret = -EINVAL;
	if (ret) {
		pr_err("vdcm: fault_around must be a power of two, 1..%u\n",
		       VDCM_PIN_BATCH);
		return ret;
	}
	WRITE_ONCE(vdcm_fault_around, n);
	return 0;
}

static const struct kernel_param_ops fault_around_ops = {
	.set = set_fault_around,
	.get = param_get_uint,
};

module_param_cb(fault_around, &fault_around_ops, &vdcm_fault_around, 0644);
MODULE_PARM_DESC(fault_around,
		 "pages pinned at once, aligned, when one of them is accessed (1..512, a power of two; default 16)");

static int set_holdoff(const char *val, const struct kernel_param *kp)
{
	unsigned int on;

	/* Strict: kstrtobool() would take "nonsense" for "no". */
	if (kstrtouint(val, 0, &on) || on > 1) {
		pr_err("vdcm: holdoff must be 0 or 1\n");
		return -EINVAL;
	}
	WRITE_ONCE(vdcm_holdoff_on, on);
	return 0;
}

static int get_holdoff(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%d\n", READ_ONCE(vdcm_holdoff_on));
}

static const struct kernel_param_ops holdoff_ops = {
	.set = set_holdoff,
	.get = get_holdoff,
};

module_param_cb(holdoff, &holdoff_ops, &vdcm_holdoff_on, 0644);
MODULE_PARM_DESC(holdoff,
		 "hold pins off while memory is being unmapped (default 1); 0, for tests only: observe and count");

static int __init vdcm_init(void)
{
	int ret;

	/* Pages of a function, of its translation and of the host are the same. */
	BUILD_BUG_ON(PAGE_SIZE != VDCM_PAGE_SIZE);
	vdcm_counters_init();
	vdcm_wq = alloc_workqueue("vdcm", WQ_UNBOUND, 0);
	if (!vdcm_wq)
		return -ENOMEM;
	ret = vdcm_queues_init();
	if (ret)
		destroy_workqueue(vdcm_wq);
	else
		vdcm_debugfs_init();
	return ret;
}
module_init(vdcm_init);

static void __exit vdcm_exit(void)
{
	vdcm_debugfs_exit();
	vdcm_unmap_exit();
	vdcm_queues_exit();
	destroy_workqueue(vdcm_wq);
}
module_exit(vdcm_exit);

MODULE_DESCRIPTION("Virtual Device Composition Module");
MODULE_LICENSE("GPL");
MODULE_VERSION(VDCM_VERSION);
MODULE_SOFTDEP("pre: mdev vfio_iommu_type1");
