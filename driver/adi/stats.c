// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counters of an ADI: /sys/bus/mdev/devices/<uuid>/smartnic/stats/. They count from
 * each opening on; a closed ADI shows what there was at the last close.
 */
#include <linux/init.h>
#include <linux/sysfs.h>

#include "adi.h"

/**
 * struct snic_stat_attr - a counter
 * @dattr: its attribute
 * @stat: enum snic_stat
 */
struct snic_stat_attr {
	struct device_attribute dattr;
	unsigned int stat;
};

static ssize_t snic_stat_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	const struct snic_stat_attr *a = container_of(attr, struct snic_stat_attr, dattr);
	struct snic_adi *adi = snic_adi_of(dev);
	u64 v;

	mutex_lock(&adi->lock);
	v = snic_stats_read(adi, a->stat);
	mutex_unlock(&adi->lock);
	return sysfs_emit(buf, "%llu\n", v);
}

static struct snic_stat_attr snic_stats[SNIC_STAT_COUNT];
static struct attribute *snic_stat_attrs[SNIC_STAT_COUNT + 1];

const struct attribute_group snic_stats_group = {
	.name = "stats",
	.attrs = snic_stat_attrs,
};

/**
 * snic_stats_init() - make the attributes, one of each counter
 *
 * Before a device can be created. Process context.
 */
void __init snic_stats_init(void)
{
	unsigned int i;

	for (i = 0; i < SNIC_STAT_COUNT; i++) {
		struct snic_stat_attr *a = &snic_stats[i];

		sysfs_attr_init(&a->dattr.attr);
		a->dattr.attr.name = snic_stat_names[i];
		a->dattr.attr.mode = 0444;
		a->dattr.show = snic_stat_show;
		a->stat = i;
		snic_stat_attrs[i] = &a->dattr.attr;
	}
}
