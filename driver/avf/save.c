// SPDX-License-Identifier: GPL-2.0-only
/*
 * Saves an AVF and loads it into another ADI. A record that is loaded passes the same checks
 * as the messages with which a guest sets up an AVF. adi->lock is held.
 */
#include <linux/etherdevice.h>

#include "../core/hw.h"
#include "avf.h"
#include "record.h"

static const u32 smnc_avf_dirs[] = { SMNC_QP_TX, SMNC_QP_RX };

static u32 smnc_avf_queue(const struct smnc_adi *adi, unsigned int q, unsigned int rx)
{
	return SMNC_Q(adi->qp[q], smnc_avf_dirs[rx]);
}

/* --- save ----------------------------------------------------------------------- */

/* The queue's registers still hold the configuration that the driver wrote. */
static void smnc_avf_save_queue(struct smnc_adi *adi, unsigned int q, unsigned int rx,
				bool configured, struct smnc_rec_queue *to)
{
	u32 reg = smnc_avf_queue(adi, q, rx);
	struct smnc_pf *pf = adi->pf;

	to->intr = cpu_to_le32(smnc_read(pf, reg + SMNC_Q_INT));
	if (!configured)
		return;
	to->base = cpu_to_le64(smnc_read(pf, reg + SMNC_Q_BASE_LO) |
			       (u64)smnc_read(pf, reg + SMNC_Q_BASE_HI) << 32);
	to->len = cpu_to_le32(smnc_read(pf, reg + SMNC_Q_LEN));
	if (rx) {
		to->bufsz = cpu_to_le32(smnc_read(pf, reg + SMNC_Q_BUFSZ));
		to->max_frame = cpu_to_le32(smnc_read(pf, reg + SMNC_Q_MAXFRAME));
	}
}

static void smnc_avf_save_offloads(const struct smnc_adi *adi, struct smnc_rec_avf *rec)
{
	const struct smnc_vsi *vsi = &adi->vsi;
	unsigned int i;

	rec->hash_omit = cpu_to_le32(vsi->hash_omit);
	rec->hash_sym = vsi->hash_sym;
	rec->vlan = smnc_avf(adi)->vlan;
	rec->strip = adi->strip;
	memcpy(rec->own, vsi->own, sizeof(rec->own));
	for (i = 0; vsi->flows && i < SMNC_FLOWS; i++)
		if (vsi->flows[i].fields)
			rec->flows[i] = vsi->flows[i];
}

int smnc_avf_save(struct smnc_adi *adi, void *to)
{
	struct smnc_avf *avf = smnc_avf(adi);
	struct smnc_rec_avf *rec = to;
	unsigned int q;

	BUILD_BUG_ON(sizeof(*rec) % 8);
	rec->caps = cpu_to_le32(avf->caps);
	rec->configured[0] = cpu_to_le16(avf->configured_tx);
	rec->configured[1] = cpu_to_le16(avf->configured_rx);
	ether_addr_copy(rec->legacy_mac, avf->legacy_mac);
	rec->state = avf->state;
	rec->fresh = avf->fresh;
	smnc_avf_save_offloads(adi, rec);
	for (q = 0; q < adi->nr_queues; q++) {
		smnc_avf_save_queue(adi, q, 0, avf->configured_tx & BIT(q), &rec->queues[q][0]);
		smnc_avf_save_queue(adi, q, 1, avf->configured_rx & BIT(q), &rec->queues[q][1]);
	}
	return smnc_hw_off(adi->pf) ? -EIO : 0;
}

/* --- check ------------------------------------------------------------------------ */

/* The same checks as for CONFIG_IRQ_MAP. */
static bool smnc_avf_intr_ok(const struct smnc_adi *adi, u32 intr)
{
	if (!intr)
		return true;
	return intr & SMNC_Q_INT_VALID &&
	       !(intr & ~(SMNC_Q_INT_VALID | SMNC_Q_INT_VEC | SMNC_Q_INT_ITR)) &&
	       (intr & SMNC_Q_INT_VEC) < smnc_adi_nr_vecs(adi);
}

static struct smnc_queue_cfg smnc_avf_cfg(const struct smnc_rec_queue *from)
{
	return (struct smnc_queue_cfg) {
		.base = le64_to_cpu(from->base),
		.len = le32_to_cpu(from->len),
		.bufsz = le32_to_cpu(from->bufsz),
		.max_frame = le32_to_cpu(from->max_frame),
	};
}

/* The same checks as for CONFIG_VSI_QUEUES. */
static bool smnc_avf_queue_ok(const struct smnc_adi *adi, unsigned int rx, bool configured,
			      const struct smnc_rec_queue *from)
{
	const struct smnc_queue_cfg cfg = smnc_avf_cfg(from);

	if (!smnc_avf_intr_ok(adi, le32_to_cpu(from->intr)))
		return false;
	if (!configured)
		return !cfg.base && !cfg.len && !cfg.bufsz && !cfg.max_frame;
	if (!smnc_queue_cfg_ok(&cfg, smnc_avf_dirs[rx]))
		return false;
	if (!rx)
		return !cfg.bufsz && !cfg.max_frame;
	return cfg.max_frame <= adi->pf->max_frame;
}

static bool smnc_avf_queues_ok(const struct smnc_adi *adi, const struct smnc_rec_avf *rec)
{
	unsigned int i;

	for (i = 0; i < 2 * SMNC_FUNC_QPS; i++) {
		const struct smnc_rec_queue *queue = &rec->queues[i / 2][i % 2];
		bool configured = le16_to_cpu(rec->configured[i % 2]) & BIT(i / 2);

		if (i / 2 >= adi->nr_queues) {
			if (configured || memchr_inv(queue, 0, sizeof(*queue)))
				return false;
		} else if (!smnc_avf_queue_ok(adi, i % 2, configured, queue)) {
			return false;
		}
	}
	return true;
}

/* The guest has one of the two sets of messages about VLANs, or none; the first needs tags. */
static bool smnc_avf_vlans_ok(const struct smnc_rec_avf *rec, u32 caps)
{
	const u32 v1 = VIRTCHNL_VF_OFFLOAD_VLAN, v2 = VIRTCHNL_VF_OFFLOAD_VLAN_V2;

	if (rec->vlan > 1 || rec->strip > 1 || (caps & v1 && caps & v2))
		return false;
	if (!rec->vlan)
		return !(caps & v1) && !rec->strip && !memchr_inv(rec->own, 0, sizeof(rec->own));
	/* VLAN 0 is always received; 4095 is reserved. */
	return caps & (v1 | v2) && !(rec->own[0] & BIT(0)) &&
	       !(rec->own[SMNC_VIDS / 8 - 1] & BIT(7));
}

/* The same checks as for ADD_RSS_CFG: some field of each kind is hashed. */
static bool smnc_avf_hash_ok(const struct smnc_rec_avf *rec, u32 caps)
{
	u32 omit = le32_to_cpu(rec->hash_omit);
	unsigned int kind;

	if (!(caps & VIRTCHNL_VF_OFFLOAD_ADV_RSS_PF))
		return !omit && !rec->hash_sym;
	for (kind = 0; kind < SMNC_HASH_KINDS; kind++)
		if ((omit >> SMNC_HASH_SHIFT(kind) & SMNC_HASH_FIELDS) == SMNC_HASH_FIELDS)
			return false;
	return true;
}

static bool smnc_avf_flows_ok(const struct smnc_adi *adi, const struct smnc_rec_avf *rec, u32 caps)
{
	unsigned int i;

	if (!(caps & VIRTCHNL_VF_OFFLOAD_FDIR_PF))
		return !memchr_inv(rec->flows, 0, sizeof(rec->flows));
	for (i = 0; i < SMNC_FLOWS; i++)
		if (memchr_inv(&rec->flows[i], 0, sizeof(rec->flows[i])) &&
		    !smnc_vc_flow_ok(adi, &rec->flows[i]))
			return false;
	return true;
}

/* Does the operator allow rings as long as those? */
static bool smnc_avf_rings_fit(const struct smnc_adi *adi, const struct smnc_rec_avf *rec)
{
	unsigned int q;

	for (q = 0; q < adi->nr_queues; q++)
		if (le32_to_cpu(rec->queues[q][0].len) > adi->cfg[SMNC_CFG_TX_RING] ||
		    le32_to_cpu(rec->queues[q][1].len) > adi->cfg[SMNC_CFG_RX_RING])
			return false;
	return true;
}

int smnc_avf_check(struct smnc_adi *adi, const void *from)
{
	const struct smnc_rec_avf *rec = from;
	u32 caps = le32_to_cpu(rec->caps);

	/* As smnc_vc_note_own() has stored it, or none. */
	if (!is_zero_ether_addr(rec->legacy_mac) && !is_valid_ether_addr(rec->legacy_mac))
		return -EINVAL;
	if (rec->state > SMNC_VC_READY || rec->fresh > 1 || rec->reserved ||
	    !smnc_avf_queues_ok(adi, rec))
		return -EINVAL;
	if (caps & ~smnc_vc_grantable())
		return -EPERM;
	if (!smnc_avf_vlans_ok(rec, caps) || !smnc_avf_hash_ok(rec, caps) ||
	    !smnc_avf_flows_ok(adi, rec, caps))
		return -EINVAL;
	/* Before GET_VF_RESOURCES a guest has no capabilities. */
	if (rec->state == SMNC_VC_NEW && (caps || rec->configured[0] || rec->configured[1]))
		return -EINVAL;
	return smnc_avf_rings_fit(adi, rec) ? 0 : -ENOSPC;
}

/* --- load --------------------------------------------------------------------------- */

static void smnc_avf_load_queue(struct smnc_adi *adi, unsigned int q, unsigned int rx,
				const struct smnc_rec_queue *from)
{
	const struct smnc_queue_cfg cfg = smnc_avf_cfg(from);
	u32 reg = smnc_avf_queue(adi, q, rx), intr = le32_to_cpu(from->intr);

	if (cfg.len)
		smnc_queue_setup(adi->pf, reg, &cfg);
	if (intr)
		smnc_queue_irq(adi->pf, reg, intr & SMNC_Q_INT_VEC,
			       (intr & SMNC_Q_INT_ITR) >> SMNC_Q_INT_ITR_SHIFT);
}

/* The VSI has its filters, and is not active. */
static int smnc_avf_load_offloads(struct smnc_adi *adi, const struct smnc_rec_avf *rec)
{
	u32 omit = le32_to_cpu(rec->hash_omit);
	struct smnc_vsi *vsi = &adi->vsi;
	unsigned int i;
	int err;

	smnc_avf(adi)->vlan = rec->vlan;
	adi->strip = rec->strip;
	err = smnc_vsi_set_own(adi->pf, vsi, rec->own);
	if (!err && (omit || rec->hash_sym))
		err = smnc_vsi_rss_fields(adi->pf, vsi, vsi->hashcfg, omit, rec->hash_sym);
	for (i = 0; i < SMNC_FLOWS && !err; i++)
		if (rec->flows[i].fields)
			err = smnc_vsi_flow_set(adi->pf, vsi, i, &rec->flows[i]);
	return err;
}

int smnc_avf_load(struct smnc_adi *adi, const void *from)
{
	struct smnc_avf *avf = smnc_avf(adi);
	const struct smnc_rec_avf *rec = from;
	unsigned int i;

	for (i = 0; i < 2 * adi->nr_queues; i++)
		smnc_avf_load_queue(adi, i / 2, i % 2, &rec->queues[i / 2][i % 2]);
	avf->caps = le32_to_cpu(rec->caps);
	avf->configured_tx = le16_to_cpu(rec->configured[0]);
	avf->configured_rx = le16_to_cpu(rec->configured[1]);
	ether_addr_copy(avf->legacy_mac, rec->legacy_mac);
	avf->state = rec->state;
	avf->fresh = rec->fresh;
	return smnc_avf_load_offloads(adi, rec);
}

static bool smnc_avf_enabled(struct smnc_adi *adi, unsigned int q, unsigned int rx)
{
	return smnc_read(adi->pf, smnc_avf_queue(adi, q, rx) + SMNC_Q_CTL) & SMNC_Q_CTL_ENABLE;
}

/* The driver reads from the device which queues are enabled; the record may be forged. */
int smnc_avf_loaded(struct smnc_adi *adi)
{
	struct smnc_avf *avf = smnc_avf(adi);
	unsigned int q;

	for (q = 0; q < adi->nr_queues; q++) {
		avf->enabled_tx |= smnc_avf_enabled(adi, q, 0) ? BIT(q) : 0;
		avf->enabled_rx |= smnc_avf_enabled(adi, q, 1) ? BIT(q) : 0;
	}
	return smnc_hw_off(adi->pf) ? -EIO : 0;
}
