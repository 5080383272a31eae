// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attributes of an mdev that the framework offers to PF drivers (vdcm_attr_*,
 * vdcm_counters_group).
 */
#include <linux/device.h>
#include <linux/init.h>
#include <linux/sysfs.h>

#include "internal.h"

static const char * const counter_names[VDCM_NR_COUNTERS] = {
#define VDCM_COUNTER_ROW(id, name) \
	[VDCM_CNT_##id] = #name,
#include "counter_rows.h"
#undef VDCM_COUNTER_ROW
};

static ssize_t state_show(struct device *dev, struct device_attribute *attr,
			  char *buf)
{
	/* The operator reads here whether the ADI's user still has the hardware. */
	static const char * const names[VDCM_NR_ADI_STATES] = {
		[VDCM_ADI_OPEN] = "open",
		[VDCM_ADI_AWAY] = "open",
		[VDCM_ADI_LOST] = "revoked",
		[VDCM_ADI_REVOKED] = "revoked",
		[VDCM_ADI_CLOSING] = "revoked",
	};
	struct vdcm_adi *adi = vdcm_adi_get(dev);
	char opener[VDCM_OPENER_LEN];
	unsigned long flags;
	unsigned int state;
	pid_t pid;

	if (vdcm_is_dead(adi))
		return sysfs_emit(buf, "dead\n");
	spin_lock_irqsave(&adi->irq_lock, flags);
	pid = adi->opener_pid;
	state = READ_ONCE(adi->state);
	memcpy(opener, adi->opener, sizeof(opener));
	spin_unlock_irqrestore(&adi->irq_lock, flags);
	if (state == VDCM_ADI_CLOSED)
		return sysfs_emit(buf, "idle\n");
	return sysfs_emit(buf, "%s %d %s\n", names[state], pid, opener);
}

static ssize_t pinned_bytes_show(struct device *dev,
				 struct device_attribute *attr, char *buf)
{
	struct vdcm_adi *adi = vdcm_adi_get(dev);
	s64 pages = atomic64_read(&adi->counters[VDCM_CNT_PINNED_PAGES]);

	return sysfs_emit(buf, "%lld\n", pages << PAGE_SHIFT);
}

static ssize_t dma_mode_show(struct device *dev, struct device_attribute *attr,
			     char *buf)
{
	return sysfs_emit(buf, "%s\n", vdcm_adi_get(dev)->parent->backend->name);
}

static ssize_t pasid_show(struct device *dev, struct device_attribute *attr,
			  char *buf)
{
	u32 pasid = READ_ONCE(vdcm_adi_get(dev)->xlat.pasid);

	if (pasid == VDCM_NO_PASID)
		return sysfs_emit(buf, "none\n");
	return sysfs_emit(buf, "%u\n", pasid);
}

/**
 * struct counter_attr - a counter's file
 * @dattr: its attribute
 * @counter: enum vdcm_counter
 */
struct counter_attr {
	struct device_attribute dattr;
	unsigned int counter;
};

static ssize_t counter_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	const struct counter_attr *a = container_of(attr, struct counter_attr, dattr);
	struct vdcm_adi *adi = vdcm_adi_get(dev);

	return sysfs_emit(buf, "%lld\n", atomic64_read(&adi->counters[a->counter]));
}

/* Memory of an mdev that is not open. */
static ssize_t bytes_idle_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%zu\n",
			  sizeof(struct vdcm_adi) + vdcm_adi_get(dev)->export->bytes);
}
static DEVICE_ATTR_RO(bytes_idle);

static struct counter_attr counters[VDCM_NR_COUNTERS];
static struct attribute *counter_attrs[VDCM_NR_COUNTERS + 2];

const struct attribute_group vdcm_counters_group = {
	.name = "counters",
	.attrs = counter_attrs,
};
EXPORT_SYMBOL_GPL(vdcm_counters_group);

/**
 * vdcm_counters_init() - make the files of vdcm_counters_group
 *
 * Before a driver can be registered. Process context.
 */
void __init vdcm_counters_init(void)
{
	unsigned int i;

	for (i = 0; i < VDCM_NR_COUNTERS; i++) {
		struct device_attribute *dattr = &counters[i].dattr;

		sysfs_attr_init(&dattr->attr);
		dattr->attr.name = counter_names[i];
		dattr->attr.mode = 0444;
		dattr->show = counter_show;
		counters[i].counter = i;
		counter_attrs[i] = &dattr->attr;
	}
	counter_attrs[i] = &dev_attr_bytes_idle.attr;
}

struct device_attribute vdcm_attr_state = __ATTR_RO(state);
EXPORT_SYMBOL_GPL(vdcm_attr_state);

struct device_attribute vdcm_attr_pinned_bytes = __ATTR_RO(pinned_bytes);
EXPORT_SYMBOL_GPL(vdcm_attr_pinned_bytes);

struct device_attribute vdcm_attr_dma_mode = __ATTR_RO(dma_mode);
EXPORT_SYMBOL_GPL(vdcm_attr_dma_mode);

struct device_attribute vdcm_attr_pasid = __ATTR_RO(pasid);
EXPORT_SYMBOL_GPL(vdcm_attr_pasid);
