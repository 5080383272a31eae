// SPDX-License-Identifier: GPL-2.0-only
/*
 * The attribute vlan of an ADI: the VLANs that it reaches. The switch enforces them;
 * the guest is not notified of changes.
 */
#include <linux/slab.h>
#include <linux/sysfs.h>

#include "../core/hw.h"
#include "adi.h"

/* Without trust, every VLAN is none: what is in force is shown. */
static ssize_t snic_vlan_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct snic_adi *adi = snic_adi_of(dev);
	size_t n;

	BUILD_BUG_ON(SNIC_VLAN_TEXT_MAX + 2 > PAGE_SIZE);
	mutex_lock(&adi->lock);
	if (adi->vlan.mode == SNIC_VLAN_ALL && !adi->cfg[SNIC_CFG_TRUST])
		n = scnprintf(buf, PAGE_SIZE, "untagged");
	else
		n = snic_print_vlan(&adi->vlan, buf, PAGE_SIZE - 1);
	mutex_unlock(&adi->lock);
	return n + sysfs_emit_at(buf, n, "\n");
}

/* adi->vlan becomes *@vlan, or stays; *@vlan gets what it was. */
static int snic_vlan_set(struct snic_adi *adi, struct snic_vlan *vlan)
{
	int err = 0;

	mutex_lock(&adi->lock);
	swap(adi->vlan, *vlan);
	/* A device in reset or asleep gets all settings when it is back. */
	if (adi->func && !READ_ONCE(adi->pf->quiet))
		err = snic_adi_vsi_update(adi);
	if (READ_ONCE(adi->pf->dead))
		err = -ENODEV;
	if (err)
		swap(adi->vlan, *vlan);
	mutex_unlock(&adi->lock);
	return err;
}

static ssize_t snic_vlan_store(struct device *dev, struct device_attribute *attr,
			       const char *buf, size_t count)
{
	struct snic_vlan *vlan = kmalloc(sizeof(*vlan), GFP_KERNEL);
	int err;

	if (!vlan)
		return -ENOMEM;
	err = snic_parse_vlan(buf, count, vlan);
	if (!err)
		err = snic_vlan_set(snic_adi_of(dev), vlan);
	kfree(vlan);
	return err ?: count;
}

struct device_attribute snic_attr_vlan = __ATTR(vlan, 0644, snic_vlan_show, snic_vlan_store);
