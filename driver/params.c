// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attributes of a PF, /sys/bus/pci/devices/<BDF>/smartnic/. Module parameters of the same name
 * hold for a PF until the operator writes its attribute.
 */
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/sysfs.h>

#include "core/hw.h"
#include "core/pf.h"
#include "params.h"

static const char * const smnc_dma_names[] = {
	[SMNC_DMA_AUTO] = "auto",
	[SMNC_DMA_TABLE] = "table",
	[SMNC_DMA_PASID] = "pasid",
};

static int dma_mode = SMNC_DMA_AUTO;

static int smnc_param_dma_set(const char *val, const struct kernel_param *kp)
{
	int i = sysfs_match_string(smnc_dma_names, val);

	if (i < 0)
		return -EINVAL;
	*(int *)kp->arg = i;
	return 0;
}

static int smnc_param_dma_get(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%s\n", smnc_dma_names[*(int *)kp->arg]);
}

static const struct kernel_param_ops smnc_param_dma = {
	.set = smnc_param_dma_set,
	.get = smnc_param_dma_get,
};

module_param_cb(dma_mode, &smnc_param_dma, &dma_mode, 0444);
MODULE_PARM_DESC(dma_mode,
		 "translation of ADIs' DMA: pasid (platform IOMMU), table (the device's own), auto (default): pasid where it can be used");

/* --- settings that stay while the driver is not bound ----------------------------- */

/**
 * struct smnc_params - settings of a PF for which an operator has written dma_mode
 * @list: in the list of all
 * @name: the PF's PCI address
 * @dma_mode: mode that the operator has written
 */
struct smnc_params {
	struct list_head list;
	char name[20];
	enum smnc_dma_mode dma_mode;
};

static DEFINE_MUTEX(smnc_params_lock);
static LIST_HEAD(smnc_params);

static struct smnc_params *smnc_params_find(const char *name)
{
	struct smnc_params *p;

	lockdep_assert_held(&smnc_params_lock);
	list_for_each_entry(p, &smnc_params, list)
		if (!strcmp(p->name, name))
			return p;
	return NULL;
}

/**
 * smnc_params_dma_mode() - how the DMA of a PF's ADIs shall be translated
 * @pf: PF
 *
 * Context: process.
 */
enum smnc_dma_mode smnc_params_dma_mode(struct smnc_pf *pf)
{
	const struct smnc_params *p;
	enum smnc_dma_mode mode;

	mutex_lock(&smnc_params_lock);
	p = smnc_params_find(pci_name(pf->pdev));
	mode = p ? p->dma_mode : dma_mode;
	mutex_unlock(&smnc_params_lock);
	return mode;
}

/* 0 or -ENOMEM */
static int smnc_params_set(const char *name, enum smnc_dma_mode mode)
{
	struct smnc_params *p = smnc_params_find(name);

	if (!p) {
		p = kzalloc(sizeof(*p), GFP_KERNEL);
		if (!p)
			return -ENOMEM;
		strscpy(p->name, name, sizeof(p->name));
		list_add(&p->list, &smnc_params);
	}
	p->dma_mode = mode;
	return 0;
}

/* The module is unloaded, no PF is bound. */
void smnc_params_exit(void)
{
	struct smnc_params *p, *next;

	list_for_each_entry_safe(p, next, &smnc_params, list)
		kfree(p);
}

/* --- attributes ------------------------------------------------------------------- */

/* Works also while the PF's network interface is down, or does not exist. */
static ssize_t link_speed_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct smnc_pf *pf = dev_get_drvdata(dev);

	if (smnc_hw_off(pf))
		return -ENODEV;
	return sysfs_emit(buf, "%u\n", smnc_read(pf, SMNC_LINK_SPEED));
}
static DEVICE_ATTR_RO(link_speed);

static ssize_t dma_mode_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%s\n",
			  smnc_dma_names[smnc_params_dma_mode(dev_get_drvdata(dev))]);
}

static ssize_t dma_mode_store(struct device *dev, struct device_attribute *attr,
			      const char *buf, size_t count)
{
	int i = sysfs_match_string(smnc_dma_names, buf), err;

	if (i < 0)
		return -EINVAL;
	mutex_lock(&smnc_params_lock);
	err = smnc_params_set(dev_name(dev), i);
	mutex_unlock(&smnc_params_lock);
	return err ?: count;
}
static DEVICE_ATTR_RW(dma_mode);

static ssize_t max_adi_vectors_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct smnc_pf *pf = dev_get_drvdata(dev);

	return sysfs_emit(buf, "%d\n", READ_ONCE(pf->max_adi_vecs));
}

static ssize_t max_adi_vectors_store(struct device *dev, struct device_attribute *attr,
				     const char *buf, size_t count)
{
	struct smnc_pf *pf = dev_get_drvdata(dev);
	int n, err = kstrtoint(buf, 0, &n);

	if (err || n < -1)
		return -EINVAL;
	WRITE_ONCE(pf->max_adi_vecs, n);
	return count;
}
static DEVICE_ATTR_RW(max_adi_vectors);

static struct attribute *smnc_pf_attrs[] = {
	&dev_attr_link_speed.attr,
	&dev_attr_dma_mode.attr,
	&dev_attr_max_adi_vectors.attr,
	NULL
};

static const struct attribute_group smnc_pf_group = {
	.name = SMNC_DRV_NAME,
	.attrs = smnc_pf_attrs,
};

const struct attribute_group *smnc_pf_groups[] = {
	&smnc_pf_group,
	NULL
};
