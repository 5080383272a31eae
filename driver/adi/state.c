// SPDX-License-Identifier: GPL-2.0-only
/*
 * The driver saves an ADI and loads its state into another one. The target's operator decides
 * on policy: the driver takes no settings from a record.
 */
#include <linux/etherdevice.h>
#include <linux/moduleparam.h>
#include <linux/slab.h>

#include "../core/client.h"
#include "../core/hw.h"
#include "adi.h"
#include "ops.h"
#include "record.h"

static bool migration;
module_param(migration, bool, 0444);
MODULE_PARM_DESC(migration, "offer migration of ADIs to VMMs (default: off)");

/* --- settings ---------------------------------------------------------------- */

static const struct smnc_rec_cfg {
	enum smnc_rec_setting at;
	enum smnc_cfg cfg;
	const char *name;
} smnc_rec_cfgs[] = {
	{ SMNC_REC_TX_RATE, SMNC_CFG_TX_RATE, "tx_rate" },
	{ SMNC_REC_TRUST, SMNC_CFG_TRUST, "trust" },
	{ SMNC_REC_SPOOFCHK, SMNC_CFG_SPOOFCHK, "spoofchk" },
	{ SMNC_REC_LINK, SMNC_CFG_LINK, "link_state" },
	{ SMNC_REC_RX_RING, SMNC_CFG_RX_RING, "rx_ring_size" },
	{ SMNC_REC_TX_RING, SMNC_CFG_TX_RING, "tx_ring_size" },
	{ SMNC_REC_ITR, SMNC_CFG_ITR, "itr" },
};

static void smnc_rec_put_settings(const struct smnc_adi *adi, struct smnc_rec_adi *to)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(smnc_rec_cfgs); i++)
		to->settings[smnc_rec_cfgs[i].at] = cpu_to_le32(adi->cfg[smnc_rec_cfgs[i].cfg]);
	to->settings[SMNC_REC_VLAN_MODE] = cpu_to_le32(adi->vlan.mode);
	to->settings[SMNC_REC_VLAN_PORT] = cpu_to_le32(adi->vlan.port);
}

/* Logs the settings that differ from the source's, in one line. */
static void smnc_rec_compare(const struct smnc_adi *adi, const struct smnc_rec_adi *from)
{
	unsigned int i, n = 0;
	char names[96] = "";

	for (i = 0; i < ARRAY_SIZE(smnc_rec_cfgs); i++)
		if (le32_to_cpu(from->settings[smnc_rec_cfgs[i].at]) !=
		    adi->cfg[smnc_rec_cfgs[i].cfg])
			n += scnprintf(names + n, sizeof(names) - n, " %s", smnc_rec_cfgs[i].name);
	if (le32_to_cpu(from->settings[SMNC_REC_VLAN_MODE]) != adi->vlan.mode ||
	    le32_to_cpu(from->settings[SMNC_REC_VLAN_PORT]) != adi->vlan.port)
		n += scnprintf(names + n, sizeof(names) - n, " vlan");
	if (n)
		vdcm_limited(adi->vdcm, notice,
			     "the guest comes from a device with other settings:%s\n", names);
}

/* --- save --------------------------------------------------------------------- */

static size_t smnc_state_max(const struct smnc_adi *adi)
{
	return smnc_rec_bytes(adi->kind->state_bytes, SMNC_REC_MSGS_MAX, SMNC_FUNC_STATE_MAX);
}

/**
 * smnc_adi_state_size() - as in struct vdcm_adi_ops
 * @vadi: ADI
 */
size_t smnc_adi_state_size(struct vdcm_adi *vadi)
{
	struct smnc_adi *adi = vdcm_adi_drvdata(vadi);

	return migration && adi->pf->can_save && adi->kind->save ? smnc_state_max(adi) : 0;
}

static void smnc_rec_put_adi(struct smnc_adi *adi, struct smnc_rec_adi *to)
{
	const struct smnc_vsi *vsi = &adi->vsi;
	unsigned int i;

	BUILD_BUG_ON(SMNC_REC_GROUPS != SMNC_MORE_GROUPS);
	BUILD_BUG_ON(ARRAY_SIZE(adi->life) != SMNC_REC_STATS);
	smnc_rec_put_settings(adi, to);
	to->nr_queues = cpu_to_le16(adi->nr_queues);
	to->nr_vecs = cpu_to_le16(smnc_adi_nr_vecs(adi));
	to->max_frame = cpu_to_le32(adi->pf->max_frame);
	for (i = 0; i < SMNC_REC_STATS; i++)
		to->stats[i] = cpu_to_le64(smnc_stats_guest(adi, i));
	ether_addr_copy(to->mac, adi->addr.mac);
	ether_addr_copy(to->guest_mac, adi->guest_mac);
	to->promisc = cpu_to_le16(adi->promisc);
	to->more_lost = adi->more_lost;
	to->nr_more = cpu_to_le16(adi->nr_more);
	memcpy(to->more, adi->more, adi->nr_more * ETH_ALEN);
	to->nr_macs = cpu_to_le16(vsi->nr_macs);
	memcpy(to->macs, vsi->macs, vsi->nr_macs * ETH_ALEN);
	to->has = vsi->has;
	memcpy(to->key, vsi->key, sizeof(to->key));
	memcpy(to->lut, vsi->lut, sizeof(to->lut));
	to->hashcfg = cpu_to_le64(vsi->hashcfg);
	memcpy(to->rss_key, adi->rss_key, sizeof(to->rss_key));
}

/* @buf: zeroed, with room for smnc_state_max(). adi->lock is held. Return: bytes or errno */
static ssize_t smnc_rec_put(struct smnc_adi *adi, void *buf)
{
	u32 msgs, dev = SMNC_FUNC_STATE_MAX, kind = adi->kind->state_bytes;
	struct smnc_rec_head *head = buf;
	u8 *at = buf + sizeof(*head);
	int err;

	smnc_rec_put_adi(adi, (void *)at);
	at += sizeof(struct smnc_rec_adi);
	err = adi->kind->save(adi, at);
	if (err)
		return err;
	at += kind;
	/* The ADI's worker is at rest, and does not need adi->msg. */
	spin_lock(&adi->msg_lock);
	msgs = smnc_rec_put_msgs(&adi->msgs, adi->msg, at);
	spin_unlock(&adi->msg_lock);
	err = smnc_func_save(adi->pf, adi->func, at + msgs, &dev);
	if (err)
		return err;
	*head = (struct smnc_rec_head) {
		.magic = cpu_to_le32(SMNC_REC_MAGIC),
		.version = cpu_to_le16(SMNC_REC_VERSION),
		.kind = cpu_to_le16(adi->kind->state),
		.kind_len = cpu_to_le32(kind),
		.msgs_len = cpu_to_le32(msgs),
		.dev_len = cpu_to_le32(dev),
	};
	return smnc_rec_bytes(kind, msgs, dev);
}

/**
 * smnc_adi_save() - as in struct vdcm_adi_ops
 * @vadi: frozen ADI
 * @buf: room, 8-byte aligned
 * @len: at least smnc_adi_state_size()
 *
 * Return: bytes or errno.
 */
ssize_t smnc_adi_save(struct vdcm_adi *vadi, void *buf, size_t len)
{
	struct smnc_adi *adi = vdcm_adi_drvdata(vadi);
	ssize_t ret;

	if (len < smnc_state_max(adi))
		return -ENOSPC;
	memset(buf, 0, smnc_state_max(adi));
	mutex_lock(&adi->lock);
	ret = adi->func ? smnc_rec_put(adi, buf) : -EIO;
	mutex_unlock(&adi->lock);
	return ret;
}

/* --- load: does the record fit this ADI? --------------------------------------- */

/* Tells the target's operator why, in one line. */
static __printf(3, 4) void smnc_rec_refuse(const struct smnc_adi *adi, struct smnc_rec *rec,
					   const char *fmt, ...)
{
	struct va_format why = { .fmt = fmt };
	va_list args;

	va_start(args, fmt);
	why.va = &args;
	vdcm_limited(adi->vdcm, err, "state of another device refused: %pV\n", &why);
	va_end(args);
	rec->told = true;
}

/* Refuses addresses that a guest with this one cannot have here. */
static bool smnc_rec_mac_ok(const struct smnc_adi *adi, const u8 *mac)
{
	if (is_zero_ether_addr(mac) || is_broadcast_ether_addr(mac))
		return false;
	return is_multicast_ether_addr(mac) ? smnc_adi_may_join(adi, mac) :
					      smnc_adi_may_have(adi, mac);
}

static bool smnc_rec_macs_ok(const struct smnc_adi *adi, const struct smnc_rec_adi *from)
{
	unsigned int i, nr_macs = le16_to_cpu(from->nr_macs), nr_more = le16_to_cpu(from->nr_more);

	if (!is_valid_ether_addr(from->guest_mac) || !smnc_adi_may_have(adi, from->guest_mac))
		return false;
	for (i = 0; i < nr_macs; i++)
		if (!smnc_rec_mac_ok(adi, from->macs[i]))
			return false;
	for (i = 0; i < nr_more; i++)
		if (!is_multicast_ether_addr(from->more[i]) ||
		    !smnc_rec_mac_ok(adi, from->more[i]))
			return false;
	return true;
}

static bool smnc_rec_rss_ok(const struct smnc_adi *adi, const struct smnc_rec_adi *from)
{
	unsigned int i;

	for (i = 0; i < SMNC_RSS_LUT_ENTRIES; i++)
		if (from->lut[i] >= adi->nr_queues)
			return false;
	return !(from->has & ~(SMNC_VSI_HAS_KEY | SMNC_VSI_HAS_LUT | SMNC_VSI_HAS_HASH)) &&
	       !(le64_to_cpu(from->hashcfg) & ~SMNC_HASHCFG);
}

/* Checks the fields whose limits do not depend on the operator's settings. */
static bool smnc_rec_adi_ok(const struct smnc_adi *adi, const struct smnc_rec_adi *from)
{
	return le16_to_cpu(from->nr_macs) <= SMNC_FW_MACS_PER_VSI &&
	       le16_to_cpu(from->nr_more) <= SMNC_MORE_GROUPS && from->more_lost <= 1 &&
	       !(le16_to_cpu(from->promisc) & ~(SMNC_VSI_UC_PROMISC | SMNC_VSI_MC_PROMISC)) &&
	       !from->settings[SMNC_REC_RESERVED] &&
	       !memchr_inv(from->reserved, 0, sizeof(from->reserved)) &&
	       is_valid_ether_addr(from->mac) &&
	       smnc_rec_rss_ok(adi, from);
}

/* Return: NULL, or the name of the property of the device that does not fit */
static const char *smnc_rec_misfit(const struct smnc_adi *adi, const struct smnc_rec_adi *from)
{
	if (le16_to_cpu(from->nr_queues) != adi->nr_queues)
		return "number of queues";
	if (le16_to_cpu(from->nr_vecs) != smnc_adi_nr_vecs(adi))
		return "number of vectors";
	if (le32_to_cpu(from->max_frame) > adi->pf->max_frame)
		return "longest frame";
	return NULL;
}

static int smnc_rec_check(struct smnc_adi *adi, struct smnc_rec *rec)
{
	const char *misfit = smnc_rec_misfit(adi, rec->adi);
	int err;

	if (misfit) {
		smnc_rec_refuse(adi, rec, "its %s is not this device's", misfit);
		return -EINVAL;
	}
	if (!smnc_rec_adi_ok(adi, rec->adi))
		return -EINVAL;
	err = adi->kind->check(adi, rec->kind);
	if (err == -EPERM)
		smnc_rec_refuse(adi, rec,
				"the guest has offloads that are not granted here: see guest_offloads");
	if (err == -ENOSPC)
		smnc_rec_refuse(adi, rec,
				"its rings are longer than rx_ring_size and tx_ring_size allow");
	return err;
}

/* --- load: the address ----------------------------------------------------------- */

/*
 * The guest has an address already. If the operator gave this ADI a different one, that is
 * another guest's.
 */
static int smnc_rec_take_mac(struct smnc_adi *adi, struct smnc_rec *rec)
{
	const u8 *mac = rec->adi->mac;
	int err;

	if (ether_addr_equal_unaligned(mac, adi->addr.mac))
		return 0;
	if (adi->mac_set) {
		smnc_rec_refuse(adi, rec, "mac is set to %pM here, and the guest's address is %pM",
				adi->addr.mac, mac);
		return -EINVAL;
	}
	err = smnc_mac_bring(adi->pf, &adi->addr, mac);
	if (err)
		smnc_rec_refuse(adi, rec, "another function has the address %pM", mac);
	return err ? -EADDRINUSE : 0;
}

/* --- load ------------------------------------------------------------------------- */

/* The VSI gets its filters, but stays inactive: an address of another VSI is an error here. */
static int smnc_rec_get_vsi(struct smnc_adi *adi, struct smnc_rec *rec)
{
	const struct smnc_rec_adi *from = rec->adi;
	struct smnc_vsi *vsi = &adi->vsi;
	int err;

	if (!smnc_rec_macs_ok(adi, from)) {
		smnc_rec_refuse(adi, rec,
				"the guest has addresses that it may not have here: see trust");
		return -EPERM;
	}
	ether_addr_copy(adi->guest_mac, from->guest_mac);
	adi->promisc = le16_to_cpu(from->promisc);
	adi->more_lost = from->more_lost;
	adi->nr_more = le16_to_cpu(from->nr_more);
	memcpy(adi->more, from->more, adi->nr_more * ETH_ALEN);
	vsi->nr_macs = le16_to_cpu(from->nr_macs);
	memcpy(vsi->macs, from->macs, vsi->nr_macs * ETH_ALEN);
	vsi->has = from->has;
	memcpy(vsi->key, from->key, sizeof(vsi->key));
	memcpy(vsi->lut, from->lut, sizeof(vsi->lut));
	vsi->hashcfg = le64_to_cpu(from->hashcfg);
	memcpy(adi->rss_key, from->rss_key, sizeof(adi->rss_key));
	err = smnc_adi_unpark(adi);
	if (err != -EEXIST)
		return err;
	smnc_rec_refuse(adi, rec, "another function has an address of the guest");
	return -EADDRINUSE;
}

/* The guest's counters go on from the source's values. */
static void smnc_rec_get_stats(struct smnc_adi *adi, const struct smnc_rec_adi *from)
{
	unsigned int i;

	for (i = 0; i < SMNC_REC_STATS; i++)
		adi->life[i] = smnc_stats_read(adi, i) - le64_to_cpu(from->stats[i]);
}

/* adi->lock is held. Return: 0 or errno: then a reset is due */
static int smnc_rec_get(struct smnc_adi *adi, struct smnc_rec *rec)
{
	int err = smnc_rec_get_vsi(adi, rec);

	if (!err)
		err = adi->kind->load(adi, rec->kind);
	if (!err)
		err = smnc_func_load(adi->pf, adi->func, rec->dev, rec->dev_len);
	if (!err && adi->kind->loaded)
		err = adi->kind->loaded(adi);
	if (err)
		return err;
	smnc_rec_get_stats(adi, rec->adi);
	spin_lock(&adi->msg_lock);
	smnc_rec_get_msgs(&adi->msgs, rec);
	spin_unlock(&adi->msg_lock);
	smnc_rec_compare(adi, rec->adi);
	return 0;
}

static int smnc_state_load(struct smnc_adi *adi, struct smnc_rec *rec)
{
	u8 mac[ETH_ALEN] __aligned(2);
	bool came;
	int err;

	if (!adi->func)
		return -EIO;
	err = smnc_rec_check(adi, rec);
	if (err)
		return err;
	ether_addr_copy(mac, adi->addr.mac);
	err = smnc_rec_take_mac(adi, rec);
	if (err)
		return err;
	came = adi->mac_came || !ether_addr_equal(mac, adi->addr.mac);
	err = smnc_rec_get(adi, rec);
	if (!err)
		adi->mac_came = came;
	else if (smnc_mac_set(adi->pf, &adi->addr, mac))
		smnc_adi_mac_default(adi);
	return err;
}

/**
 * smnc_adi_load() - as in struct vdcm_adi_ops
 * @vadi: frozen ADI that was reset
 * @buf: bytes that should be from smnc_adi_save() of another ADI; a VMM may have forged them
 * @len: its bytes
 *
 * Return: 0 or errno: one line of the log says why, and a reset is due.
 */
int smnc_adi_load(struct vdcm_adi *vadi, const void *buf, size_t len)
{
	struct smnc_adi *adi = vdcm_adi_drvdata(vadi);
	struct smnc_rec rec = { };
	void *copy;
	int err;

	/* The framework takes no more than that. */
	if (len > smnc_state_max(adi))
		return -EINVAL;
	copy = kvmalloc(len, GFP_KERNEL_ACCOUNT);
	if (!copy)
		return -ENOMEM;
	/* The copy is aligned, and the VMM cannot change it. */
	memcpy(copy, buf, len);
	err = smnc_rec_parse(&rec, copy, len, adi->kind->state, adi->kind->state_bytes);
	mutex_lock(&adi->lock);
	if (!err)
		err = smnc_state_load(adi, &rec);
	if (err && !rec.told)
		smnc_rec_refuse(adi, &rec, "malformed, or refused by the SmartNIC: %d", err);
	mutex_unlock(&adi->lock);
	kvfree(copy);
	return err;
}

/* Most VLANs of a table that the driver announces: each costs the network a broadcast. */
#define SMNC_ANNOUNCE_VLANS	64

/* Announces in each VLAN of the operator's; the driver does not know a guest's own tags. */
static int smnc_announce_vlans(struct smnc_adi *adi)
{
	const struct smnc_client *net = adi->pf->net_client;
	unsigned int vid, n = 0;
	int err = 0;

	if (adi->vlan.mode != SMNC_VLAN_TRUNK)
		return net->announce(adi->pf, adi->guest_mac, adi->vlan.port);
	for (vid = 0; vid < SMNC_VIDS && n < SMNC_ANNOUNCE_VLANS && !err; vid++)
		if (adi->vlan.vids[vid / 8] & BIT(vid % 8)) {
			err = net->announce(adi->pf, adi->guest_mac, vid);
			n++;
		}
	return err;
}

/**
 * smnc_adi_announce() - as in struct vdcm_adi_ops
 * @vadi: ADI that was loaded and goes on
 */
void smnc_adi_announce(struct vdcm_adi *vadi)
{
	struct smnc_adi *adi = vdcm_adi_drvdata(vadi);
	int err = 0;

	mutex_lock(&adi->lock);
	if (adi->func && adi->vsi.flags & SMNC_VSI_ACTIVE)
		err = smnc_announce_vlans(adi);
	mutex_unlock(&adi->lock);
	if (err)
		vdcm_limited(adi->vdcm, notice,
			     "not announced (%d): the network learns of the guest when it sends\n",
			     err);
}
