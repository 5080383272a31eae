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
static ssize_t smnc_vlan_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct smnc_adi *adi = smnc_adi_of(dev);
	size_t n;

	BUILD_BUG_ON(SMNC_VLAN_TEXT_MAX + 2 > PAGE_SIZE);
	mutex_lock(&adi->lock);
	if (adi->vlan.mode == SMNC_VLAN_ALL && !adi->cfg[SMNC_CFG_TRUST])
		n = scnprintf(buf, PAGE_SIZE, "untagged");
	else
		n = smnc_print_vlan(&adi->vlan, buf, PAGE_SIZE - 1);
	mutex_unlock(&adi->lock);
	return n + sysfs_emit_at(buf, n, "\n");
}

/* adi->vlan becomes *@vlan, or stays; *@vlan gets what it was. */
static int smnc_vlan_set(struct smnc_adi *adi, struct smnc_vlan *vlan)
{
	int err = 0;

	mutex_lock(&adi->lock);
	swap(adi->vlan, *vlan);
	/* A device in reset, asleep or stopped gets all settings when it goes on. */
	if (adi->func && !smnc_hw_off(adi->pf) && !adi->frozen)
		err = smnc_adi_vsi_update(adi);
	if (smnc_pf_is(adi->pf, SMNC_PF_DEAD))
		err = -ENODEV;
	if (err)
		swap(adi->vlan, *vlan);
	mutex_unlock(&adi->lock);
	return err;
}

static ssize_t smnc_vlan_store(struct device *dev, struct device_attribute *attr,
			       const char *buf, size_t count)
{
	struct smnc_vlan *vlan = kmalloc(sizeof(*vlan), GFP_KERNEL);
	int err;

	if (!vlan)
		return -ENOMEM;
	err = smnc_parse_vlan(buf, count, vlan);
	if (!err)
		err = smnc_vlan_set(smnc_adi_of(dev), vlan);
	kfree(vlan);
	return err ?: count;
}

struct device_attribute smnc_attr_vlan = __ATTR(vlan, 0644, smnc_vlan_show, smnc_vlan_store);
