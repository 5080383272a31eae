// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counters of an ADI: /sys/bus/mdev/devices/<uuid>/smartnic/stats/. They count from
 * each opening on; a closed ADI shows what there was at the last close.
 */
#include <linux/init.h>
#include <linux/sysfs.h>

#include "adi.h"

/**
 * struct smnc_stat_attr - a counter
 * @dattr: its attribute
 * @stat: enum smnc_stat
 */
struct smnc_stat_attr {
	struct device_attribute dattr;
	unsigned int stat;
};

static ssize_t smnc_stat_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	const struct smnc_stat_attr *a = container_of(attr, struct smnc_stat_attr, dattr);
	struct smnc_adi *adi = smnc_adi_of(dev);
	u64 v;

	mutex_lock(&adi->lock);
	v = smnc_stats_read(adi, a->stat);
	mutex_unlock(&adi->lock);
	return sysfs_emit(buf, "%llu\n", v);
}

static struct smnc_stat_attr smnc_stats[SMNC_STAT_COUNT];
static struct attribute *smnc_stat_attrs[SMNC_STAT_COUNT + 1];

const struct attribute_group smnc_stats_group = {
	.name = "stats",
	.attrs = smnc_stat_attrs,
};

/**
 * smnc_stats_init() - make the attributes, one of each counter
 *
 * Before a device can be created. Process context.
 */
void __init smnc_stats_init(void)
{
	unsigned int i;

	for (i = 0; i < SMNC_STAT_COUNT; i++) {
		struct smnc_stat_attr *a = &smnc_stats[i];

		sysfs_attr_init(&a->dattr.attr);
		a->dattr.attr.name = smnc_stat_names[i];
		a->dattr.attr.mode = 0444;
		a->dattr.show = smnc_stat_show;
		a->stat = i;
		smnc_stat_attrs[i] = &a->dattr.attr;
	}
}
