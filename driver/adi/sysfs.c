// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attributes of an ADI, /sys/bus/mdev/devices/<uuid>/smartnic/, as far as they
 * are no setting (attrs.c) and no counter (stats.c).
 */
#include <linux/if_ether.h>
#include <linux/sysfs.h>

#include "../core/hw.h"
#include "adi.h"

static ssize_t mac_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct smnc_adi *adi = smnc_adi_of(dev);
	u8 mac[ETH_ALEN];

	smnc_mac_get(adi->pf, &adi->addr, mac);
	return sysfs_emit(buf, "%pM\n", mac);
}

static ssize_t mac_store(struct device *dev, struct device_attribute *attr,
			 const char *buf, size_t count)
{
	struct smnc_adi *adi = smnc_adi_of(dev);
	u8 mac[ETH_ALEN] __aligned(2);
	int err;

	err = smnc_parse_mac(buf, count, mac);
	if (err)
		return err;
	err = smnc_adi_mac_set(adi, mac);
	return err ?: count;
}
static DEVICE_ATTR_RW(mac);

static ssize_t function_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct smnc_adi *adi = smnc_adi_of(dev);
	u16 func = READ_ONCE(adi->func);

	return func ? sysfs_emit(buf, "%u\n", func) : sysfs_emit(buf, "none\n");
}
static DEVICE_ATTR_RO(function);

/* The VSI of a function has its number. */
static ssize_t vsi_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return function_show(dev, attr, buf);
}
static DEVICE_ATTR_RO(vsi);

static ssize_t devlink_port_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct smnc_adi *adi = smnc_adi_of(dev);

	return sysfs_emit(buf, "pci/%s/%u\n", pci_name(adi->pf->pdev), adi->nr);
}
static DEVICE_ATTR_RO(devlink_port);

/* Vectors with a Linux irq of their own (@own), or without. */
static ssize_t smnc_vectors_show(struct smnc_adi *adi, bool own, char *buf)
{
	unsigned int i, n = 0;

	mutex_lock(&adi->lock);
	for (i = 0; adi->func && i < smnc_adi_nr_vecs(adi); i++)
		n += !!adi->vecs[i].irq == own;
	mutex_unlock(&adi->lock);
	return sysfs_emit(buf, "%u\n", n);
}

static ssize_t dedicated_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return smnc_vectors_show(smnc_adi_of(dev), true, buf);
}
static DEVICE_ATTR_RO(dedicated);

static ssize_t shared_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return smnc_vectors_show(smnc_adi_of(dev), false, buf);
}
static DEVICE_ATTR_RO(shared);

static struct attribute *smnc_vectors_attrs[] = {
	&dev_attr_dedicated.attr,
	&dev_attr_shared.attr,
	NULL
};

static const struct attribute_group smnc_vectors_group = {
	.name = "vectors",
	.attrs = smnc_vectors_attrs,
};

static struct attribute *smnc_adi_attrs[] = {
	&vdcm_attr_state.attr,
	&vdcm_attr_pinned_bytes.attr,
	&vdcm_attr_dma_mode.attr,
	&vdcm_attr_pasid.attr,
	&dev_attr_mac.attr,
	&dev_attr_function.attr,
	&dev_attr_vsi.attr,
	&dev_attr_devlink_port.attr,
	NULL
};

static const struct attribute_group smnc_adi_group = {
	.attrs = smnc_adi_attrs,
};

static const struct attribute_group smnc_adi_cfg_group = {
	.attrs = smnc_cfg_attrs,
};

const struct attribute_group *smnc_adi_groups[] = {
	&smnc_adi_group,
	&smnc_adi_cfg_group,
	&smnc_vectors_group,
	&vdcm_counters_group,
	&smnc_stats_group,
	NULL
};
