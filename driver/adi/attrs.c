// SPDX-License-Identifier: GPL-2.0-only
/*
 * Settings of an ADI: attributes that the operator writes, in any order, and that
 * stay until the mdev is removed.
 */
#include <linux/sysfs.h>

#include "../core/hw.h"
#include "adi.h"

/**
 * struct smnc_cfg_attr - a setting; all of it in cfg_rows.h
 * @dattr: its attribute
 * @cfg: what it sets
 * @live: may change while the ADI is open
 * @usual: value of a new ADI; all queues of the type if there is no @range and no @words
 * @range: numbers it takes; NULL: 1 to the queues of the type, unless it has @words
 * @words: words it takes instead, or NULL
 * @nr_words: their number
 */
struct smnc_cfg_attr {
	struct device_attribute dattr;
	enum smnc_cfg cfg;
	bool live;
	u32 usual;
	const struct smnc_range *range;
	const char * const *words;
	unsigned int nr_words;
};

static unsigned int smnc_type_queues(const struct smnc_adi *adi)
{
	return vdcm_adi_type(adi->vdcm)->cost[SMNC_RES_QUEUES];
}

/* The device keeps it over function reset. adi->func is set. */
void smnc_cfg_apply_itr(struct smnc_adi *adi)
{
	smnc_write(adi->pf, SMNC_FUNC(adi->func) + SMNC_FUNC_ITR_MIN,
		   adi->cfg[SMNC_CFG_ITR] / 2);
}

static int smnc_cfg_parse(const struct smnc_adi *adi, const struct smnc_cfg_attr *a,
			  const char *buf, size_t count, u32 *value)
{
	const struct smnc_range queues = { 1, smnc_type_queues(adi), 1 };

	if (a->words)
		return smnc_parse_word(buf, count, a->words, a->nr_words, value);
	return smnc_parse_number(buf, count, a->range ?: &queues, value);
}

/* Apply a setting to an open ADI; adi->lock held. */
static int smnc_cfg_apply(struct smnc_adi *adi, enum smnc_cfg cfg)
{
	int err;

	/* In reset, asleep, or with a stopped VM: the driver applies settings when it goes on. */
	if (smnc_hw_off(adi->pf) || adi->frozen)
		return 0;
	if (cfg == SMNC_CFG_ITR) {
		smnc_cfg_apply_itr(adi);
		return 0;
	}
	if (cfg == SMNC_CFG_TRUST && !adi->cfg[cfg]) {
		err = smnc_adi_check_addrs(adi);
		if (err)
			smnc_adi_due(adi, adi->kind->addrs_taken(adi, err));
		if (err < 0)
			return err;
	}
	err = smnc_adi_vsi_update(adi);
	if (!err && cfg == SMNC_CFG_TRUST)
		smnc_adi_due(adi, SMNC_DUE_WISHES);
	if (!err && cfg == SMNC_CFG_LINK)
		smnc_adi_link_event(adi);
	return err;
}

static int smnc_cfg_set_live(struct smnc_adi *adi, enum smnc_cfg cfg, u32 value)
{
	u32 before;
	int err = 0;

	mutex_lock(&adi->lock);
	before = adi->cfg[cfg];
	adi->cfg[cfg] = value;
	if (adi->func && before != value)
		err = smnc_cfg_apply(adi, cfg);
	if (smnc_pf_is(adi->pf, SMNC_PF_DEAD))
		err = -ENODEV;
	if (err)
		adi->cfg[cfg] = before;
	/* The work may have read a value that is refused. */
	if (cfg == SMNC_CFG_TX_RATE)
		smnc_adi_changed(adi);
	mutex_unlock(&adi->lock);
	return err;
}

/**
 * smnc_cfg_set_tx_rate() - limit what an ADI sends
 * @adi: ADI
 * @mbps: Mb/s, or 0: no limit
 *
 * Context: process, the mdev stays.
 * Return: 0, -ERANGE, or another errno.
 */
int smnc_cfg_set_tx_rate(struct smnc_adi *adi, u64 mbps)
{
	return mbps <= smnc_range_tx_rate.max ? smnc_cfg_set_live(adi, SMNC_CFG_TX_RATE, mbps) :
	       -ERANGE;
}

/* Writing the current value succeeds even while the ADI is open. */
static int smnc_cfg_set_closed(struct smnc_adi *adi, enum smnc_cfg cfg, u32 value)
{
	int err = vdcm_adi_configure_begin(adi->vdcm);

	if (err)
		return err == -EBUSY && READ_ONCE(adi->cfg[cfg]) == value ? 0 : err;
	mutex_lock(&adi->lock);
	adi->cfg[cfg] = value;
	mutex_unlock(&adi->lock);
	vdcm_adi_configure_end(adi->vdcm);
	return 0;
}

static struct smnc_cfg_attr *to_cfg_attr(struct device_attribute *attr)
{
	return container_of(attr, struct smnc_cfg_attr, dattr);
}

static ssize_t smnc_cfg_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	const struct smnc_cfg_attr *a = to_cfg_attr(attr);
	u32 value = READ_ONCE(smnc_adi_of(dev)->cfg[a->cfg]);

	if (a->words)
		return sysfs_emit(buf, "%s\n", a->words[value]);
	return sysfs_emit(buf, "%u\n", value);
}

static ssize_t smnc_cfg_store(struct device *dev, struct device_attribute *attr,
			      const char *buf, size_t count)
{
	const struct smnc_cfg_attr *a = to_cfg_attr(attr);
	struct smnc_adi *adi = smnc_adi_of(dev);
	u32 value;
	int err;

	err = smnc_cfg_parse(adi, a, buf, count, &value);
	if (err)
		return err;
	if (a->live)
		err = smnc_cfg_set_live(adi, a->cfg, value);
	else
		err = smnc_cfg_set_closed(adi, a->cfg, value);
	return err ?: count;
}

#define SMNC_SWITCH	.words = smnc_switch_words, .nr_words = SMNC_SWITCH_WORDS

static struct smnc_cfg_attr smnc_cfgs[SMNC_NR_CFG] = {
#define SMNC_CFG_ROW(_id, _name, _live, _usual, ...) \
	[SMNC_CFG_##_id] = { \
		.dattr = __ATTR(_name, 0644, smnc_cfg_show, smnc_cfg_store), \
		.cfg = SMNC_CFG_##_id, \
		.live = (_live), \
		.usual = (_usual), \
		__VA_ARGS__ \
	},
#include "cfg_rows.h"
#undef SMNC_CFG_ROW
};

struct attribute *smnc_cfg_attrs[] = {
#define SMNC_CFG_ROW(id, ...) \
	[SMNC_CFG_##id] = &smnc_cfgs[SMNC_CFG_##id].dattr.attr,
#include "cfg_rows.h"
#undef SMNC_CFG_ROW
	&smnc_attr_vlan.attr,
	NULL
};

/* Default settings. */
void smnc_cfg_init(struct smnc_adi *adi)
{
	unsigned int i;

	for (i = 0; i < SMNC_NR_CFG; i++)
		adi->cfg[i] = smnc_cfgs[i].range || smnc_cfgs[i].words ? smnc_cfgs[i].usual :
			      smnc_type_queues(adi);
}
