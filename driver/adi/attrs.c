// SPDX-License-Identifier: GPL-2.0-only
/*
 * Settings of an ADI: attributes that the operator writes, in any order, and that
 * stay until the mdev is removed.
 */
#include <linux/sysfs.h>

#include "../core/hw.h"
#include "adi.h"

/**
 * struct smnc_cfg_attr - a setting
 * @dattr: its attribute
 * @cfg: what it sets
 * @live: may change while the ADI is open
 * @range: numbers it takes; NULL: 1 to the queues of the type, unless it has @words
 * @words: words it takes instead, or NULL
 * @nr_words: their number
 */
struct smnc_cfg_attr {
	struct device_attribute dattr;
	enum smnc_cfg cfg;
	bool live;
	const struct smnc_range *range;
	const char * const *words;
	unsigned int nr_words;
};

static unsigned int smnc_type_queues(const struct smnc_adi *adi)
{
	return vdcm_adi_type(adi->vdcm)->cost[SMNC_RES_QUEUES];
}

/* Default settings. */
void smnc_cfg_init(struct smnc_adi *adi)
{
	adi->cfg[SMNC_CFG_SPOOFCHK] = true;
	adi->cfg[SMNC_CFG_LINK] = SMNC_LINK_AUTO;
	adi->cfg[SMNC_CFG_QUEUES] = smnc_type_queues(adi);
	adi->cfg[SMNC_CFG_RX_RING] = smnc_range_ring.max;
	adi->cfg[SMNC_CFG_TX_RING] = smnc_range_ring.max;
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

	/* It is being reset, or asleep: all settings are applied when it is back. */
	if (smnc_hw_off(adi->pf))
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
	mutex_unlock(&adi->lock);
	return err;
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

#define SMNC_CFG_ATTR(_name, _cfg, _live, ...) \
	static struct smnc_cfg_attr smnc_cfg_##_name = { \
		.dattr = __ATTR(_name, 0644, smnc_cfg_show, smnc_cfg_store), \
		.cfg = (_cfg), \
		.live = (_live), \
		__VA_ARGS__ \
	}

#define SMNC_SWITCH	.words = smnc_switch_words, .nr_words = SMNC_SWITCH_WORDS

SMNC_CFG_ATTR(tx_rate, SMNC_CFG_TX_RATE, true, .range = &smnc_range_tx_rate);
SMNC_CFG_ATTR(trust, SMNC_CFG_TRUST, true, SMNC_SWITCH);
SMNC_CFG_ATTR(spoofchk, SMNC_CFG_SPOOFCHK, true, SMNC_SWITCH);
SMNC_CFG_ATTR(link_state, SMNC_CFG_LINK, true, .words = smnc_link_words,
	      .nr_words = SMNC_LINK_STATES);
SMNC_CFG_ATTR(queues, SMNC_CFG_QUEUES, false);
SMNC_CFG_ATTR(rx_ring_size, SMNC_CFG_RX_RING, false, .range = &smnc_range_ring);
SMNC_CFG_ATTR(tx_ring_size, SMNC_CFG_TX_RING, false, .range = &smnc_range_ring);
SMNC_CFG_ATTR(itr, SMNC_CFG_ITR, true, .range = &smnc_range_itr);

struct attribute *smnc_cfg_attrs[] = {
	&smnc_attr_vlan.attr,
	&smnc_cfg_tx_rate.dattr.attr,
	&smnc_cfg_trust.dattr.attr,
	&smnc_cfg_spoofchk.dattr.attr,
	&smnc_cfg_link_state.dattr.attr,
	&smnc_cfg_queues.dattr.attr,
	&smnc_cfg_rx_ring_size.dattr.attr,
	&smnc_cfg_tx_ring_size.dattr.attr,
	&smnc_cfg_itr.dattr.attr,
	NULL
};
