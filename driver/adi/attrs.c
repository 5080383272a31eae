// SPDX-License-Identifier: GPL-2.0-only
/*
 * Settings of an ADI: attributes that the operator writes, in any order, and that
 * stay until the mdev is removed.
 */
#include <linux/sysfs.h>

#include "../core/hw.h"
#include "adi.h"

/**
 * struct snic_cfg_attr - a setting
 * @dattr: its attribute
 * @cfg: what it sets
 * @live: may change while the ADI is open
 * @range: numbers it takes; NULL: 1 to the queues of the type, unless it has @words
 * @words: words it takes instead, or NULL
 * @nr_words: their number
 */
struct snic_cfg_attr {
	struct device_attribute dattr;
	enum snic_cfg cfg;
	bool live;
	const struct snic_range *range;
	const char * const *words;
	unsigned int nr_words;
};

static unsigned int snic_type_queues(const struct snic_adi *adi)
{
	return vdcm_adi_type(adi->vdcm)->cost[SNIC_RES_QUEUES];
}

/* Default settings. */
void snic_cfg_init(struct snic_adi *adi)
{
	adi->cfg[SNIC_CFG_SPOOFCHK] = true;
	adi->cfg[SNIC_CFG_LINK] = SNIC_LINK_AUTO;
	adi->cfg[SNIC_CFG_QUEUES] = snic_type_queues(adi);
	adi->cfg[SNIC_CFG_RX_RING] = snic_range_ring.max;
	adi->cfg[SNIC_CFG_TX_RING] = snic_range_ring.max;
}

/* The device keeps it over function reset. adi->func is set. */
void snic_cfg_apply_itr(struct snic_adi *adi)
{
	snic_write(adi->pf, SNIC_FUNC(adi->func) + SNIC_FUNC_ITR_MIN,
		   adi->cfg[SNIC_CFG_ITR] / 2);
}

static int snic_cfg_parse(const struct snic_adi *adi, const struct snic_cfg_attr *a,
			  const char *buf, size_t count, u32 *value)
{
	const struct snic_range queues = { 1, snic_type_queues(adi), 1 };

	if (a->words)
		return snic_parse_word(buf, count, a->words, a->nr_words, value);
	return snic_parse_number(buf, count, a->range ?: &queues, value);
}

/* Apply a setting to an open ADI; adi->lock held. */
static int snic_cfg_apply(struct snic_adi *adi, enum snic_cfg cfg)
{
	int err;

	/* It is being reset, or asleep: all settings are applied when it is back. */
	if (READ_ONCE(adi->pf->quiet))
		return 0;
	if (cfg == SNIC_CFG_ITR) {
		snic_cfg_apply_itr(adi);
		return 0;
	}
	if (cfg == SNIC_CFG_TRUST && !adi->cfg[cfg]) {
		err = snic_adi_check_addrs(adi);
		if (err)
			snic_adi_due(adi, adi->kind->addrs_taken(adi, err));
		if (err < 0)
			return err;
	}
	err = snic_adi_vsi_update(adi);
	if (!err && cfg == SNIC_CFG_TRUST)
		snic_adi_due(adi, SNIC_DUE_WISHES);
	if (!err && cfg == SNIC_CFG_LINK)
		snic_adi_link_event(adi);
	return err;
}

static int snic_cfg_set_live(struct snic_adi *adi, enum snic_cfg cfg, u32 value)
{
	u32 before;
	int err = 0;

	mutex_lock(&adi->lock);
	before = adi->cfg[cfg];
	adi->cfg[cfg] = value;
	if (adi->func && before != value)
		err = snic_cfg_apply(adi, cfg);
	if (READ_ONCE(adi->pf->dead))
		err = -ENODEV;
	if (err)
		adi->cfg[cfg] = before;
	mutex_unlock(&adi->lock);
	return err;
}

/* Writing the current value succeeds even while the ADI is open. */
static int snic_cfg_set_closed(struct snic_adi *adi, enum snic_cfg cfg, u32 value)
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

static struct snic_cfg_attr *to_cfg_attr(struct device_attribute *attr)
{
	return container_of(attr, struct snic_cfg_attr, dattr);
}

static ssize_t snic_cfg_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	const struct snic_cfg_attr *a = to_cfg_attr(attr);
	u32 value = READ_ONCE(snic_adi_of(dev)->cfg[a->cfg]);

	if (a->words)
		return sysfs_emit(buf, "%s\n", a->words[value]);
	return sysfs_emit(buf, "%u\n", value);
}

static ssize_t snic_cfg_store(struct device *dev, struct device_attribute *attr,
			      const char *buf, size_t count)
{
	const struct snic_cfg_attr *a = to_cfg_attr(attr);
	struct snic_adi *adi = snic_adi_of(dev);
	u32 value;
	int err;

	err = snic_cfg_parse(adi, a, buf, count, &value);
	if (err)
		return err;
	if (a->live)
		err = snic_cfg_set_live(adi, a->cfg, value);
	else
		err = snic_cfg_set_closed(adi, a->cfg, value);
	return err ?: count;
}

#define SNIC_CFG_ATTR(_name, _cfg, _live, ...) \
	static struct snic_cfg_attr snic_cfg_##_name = { \
		.dattr = __ATTR(_name, 0644, snic_cfg_show, snic_cfg_store), \
		.cfg = (_cfg), \
		.live = (_live), \
		__VA_ARGS__ \
	}

#define SNIC_SWITCH	.words = snic_switch_words, .nr_words = SNIC_SWITCH_WORDS

SNIC_CFG_ATTR(tx_rate, SNIC_CFG_TX_RATE, true, .range = &snic_range_tx_rate);
SNIC_CFG_ATTR(trust, SNIC_CFG_TRUST, true, SNIC_SWITCH);
SNIC_CFG_ATTR(spoofchk, SNIC_CFG_SPOOFCHK, true, SNIC_SWITCH);
SNIC_CFG_ATTR(link_state, SNIC_CFG_LINK, true, .words = snic_link_words,
	      .nr_words = SNIC_LINK_STATES);
SNIC_CFG_ATTR(queues, SNIC_CFG_QUEUES, false);
SNIC_CFG_ATTR(rx_ring_size, SNIC_CFG_RX_RING, false, .range = &snic_range_ring);
SNIC_CFG_ATTR(tx_ring_size, SNIC_CFG_TX_RING, false, .range = &snic_range_ring);
SNIC_CFG_ATTR(itr, SNIC_CFG_ITR, true, .range = &snic_range_itr);

struct attribute *snic_cfg_attrs[] = {
	&snic_attr_vlan.attr,
	&snic_cfg_tx_rate.dattr.attr,
	&snic_cfg_trust.dattr.attr,
	&snic_cfg_spoofchk.dattr.attr,
	&snic_cfg_link_state.dattr.attr,
	&snic_cfg_queues.dattr.attr,
	&snic_cfg_rx_ring_size.dattr.attr,
	&snic_cfg_tx_ring_size.dattr.attr,
	&snic_cfg_itr.dattr.attr,
	NULL
};
