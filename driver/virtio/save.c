// SPDX-License-Identifier: GPL-2.0-only
/*
 * Saves a virtio device and loads it into another ADI. A record that is loaded passes the same
 * checks as the registers and commands that a guest uses. adi->lock is held.
 */
#include <linux/etherdevice.h>
#include <linux/log2.h>

#include "../core/hw.h"
#include "record.h"

#define PCI_CFG_REST	offsetof(struct virtio_pci_cfg_cap, cap.offset)

/* Bits of all work that can be put off. */
#define SMNC_VIRTIO_AGAIN	(SMNC_VIRTIO_AGAIN_LOOK | SMNC_VIRTIO_AGAIN_ANSWER | \
				 SMNC_VIRTIO_AGAIN_ANNOUNCE)

/* Bits of device_status. */
#define VIRTIO_STATUS	(VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER | \
			 VIRTIO_CONFIG_S_FEATURES_OK | VIRTIO_CONFIG_S_DRIVER_OK | \
			 VIRTIO_CONFIG_S_NEEDS_RESET | VIRTIO_CONFIG_S_FAILED)

/* With one of these features the guest's driver chooses the frames that are hashed. */
#define VIRTIO_HASHES	(SMNC_VIRTIO_F(VIRTIO_NET_F_RSS) | \
			 SMNC_VIRTIO_F(VIRTIO_NET_F_HASH_REPORT))

/* --- save --------------------------------------------------------------------------- */

static void smnc_virtio_save_coal(const struct smnc_vq_coal *coal, __le32 *to)
{
	to[0] = cpu_to_le32(coal->usecs);
	to[1] = cpu_to_le32(coal->packets);
}

static void smnc_virtio_save_rss(const struct smnc_vq_rss *rss, struct smnc_rec_rss *to)
{
	memcpy(to->key, rss->key, sizeof(to->key));
	to->types = cpu_to_le32(rss->types);
	to->entries = cpu_to_le16(rss->entries);
	to->other = cpu_to_le16(rss->other);
	memcpy(to->table, rss->table, sizeof(to->table));
}

static void smnc_virtio_save_vq(const struct smnc_virtio_vq *vq, struct smnc_rec_vq *to)
{
	unsigned int i;

	for (i = 0; i < SMNC_VQ_AREAS; i++)
		to->area[i] = cpu_to_le64(vq->cfg.area[i]);
	to->size = cpu_to_le16(vq->cfg.size);
	to->vector = cpu_to_le16(vq->cfg.vector);
	to->enabled = vq->enabled;
	smnc_virtio_save_coal(&vq->coal, to->coal);
}

/* The record has no room for the bytes of an answer: its command fails, and returns none. */
static u8 smnc_virtio_ack_to_save(const struct smnc_virtio *v)
{
	return v->result_len ? VIRTIO_NET_ERR : v->ack;
}

static void smnc_virtio_save_bytes(const struct smnc_virtio *v, struct smnc_rec_virtio *rec)
{
	rec->status = v->status;
	rec->isr = v->isr;
	rec->generation = v->generation;
	rec->changed = v->changed;
	rec->link = v->link;
	rec->promisc = v->promisc;
	rec->allmulti = v->allmulti;
	rec->crowded = v->crowded;
	memcpy(rec->mac, v->mac, ETH_ALEN);
	rec->announce = v->announce;
	rec->again = v->again;
	rec->ack = smnc_virtio_ack_to_save(v);
	rec->pci_cfg_bar = v->pci_cfg.cap.bar;
	memcpy(rec->pci_cfg, (const u8 *)&v->pci_cfg + PCI_CFG_REST, sizeof(rec->pci_cfg));
	memcpy(rec->macs, v->macs, v->nr_macs * ETH_ALEN);
	memcpy(rec->vids, v->vids, sizeof(rec->vids));
}

int smnc_virtio_save(struct smnc_adi *adi, void *to)
{
	const struct smnc_virtio *v = smnc_virtio(adi);
	struct smnc_rec_virtio *rec = to;
	unsigned int i;

	BUILD_BUG_ON(sizeof(*rec) % 8);
	BUILD_BUG_ON(sizeof(rec->pci_cfg) != sizeof(v->pci_cfg) - PCI_CFG_REST);
	for (i = 0; i < SMNC_VIRTIO_WORDS; i++)
		rec->driver[i] = cpu_to_le32(v->driver[i]);
	rec->device_select = cpu_to_le32(v->device_select);
	rec->driver_select = cpu_to_le32(v->driver_select);
	rec->offloads = cpu_to_le64(v->offloads);
	rec->config_vector = cpu_to_le16(v->config_vector);
	rec->queue_select = cpu_to_le16(v->queue_select);
	rec->pairs = cpu_to_le16(v->pairs);
	rec->nr_macs = cpu_to_le16(v->nr_macs);
	smnc_virtio_save_bytes(v, rec);
	for (i = 0; i < ARRAY_SIZE(v->coal); i++)
		smnc_virtio_save_coal(&v->coal[i], rec->coal[i]);
	smnc_virtio_save_rss(&v->rss, &rec->rss);
	for (i = 0; i < smnc_virtio_nr_vqs(adi); i++)
		smnc_virtio_save_vq(&v->vqs[i], &rec->vqs[i]);
	return 0;
}

/* --- check ---------------------------------------------------------------------------- */

static bool smnc_virtio_vector_ok(const struct smnc_adi *adi, u16 vector)
{
	return vector == SMNC_VQ_NO_VECTOR || vector < smnc_adi_nr_vecs(adi);
}

static bool smnc_virtio_rec_vq_ok(const struct smnc_adi *adi, unsigned int n,
				  const struct smnc_rec_vq *from, bool packed)
{
	u16 size = le16_to_cpu(from->size);

	if (n >= smnc_virtio_nr_vqs(adi))
		return !memchr_inv(from, 0, sizeof(*from));
	return (is_power_of_2(size) || (packed && size)) &&
	       smnc_virtio_vector_ok(adi, le16_to_cpu(from->vector)) && from->enabled <= 1 &&
	       !memchr_inv(from->reserved, 0, sizeof(from->reserved));
}

/* Checks the fields that hold 0 or 1, the bit masks, and the reserved bytes. */
static bool smnc_virtio_rec_bytes_ok(const struct smnc_rec_virtio *rec)
{
	BUILD_BUG_ON(SMNC_VIRTIO_VID_MAX != 4094);
	return rec->changed <= 1 && rec->link <= 1 && rec->promisc <= 1 && rec->allmulti <= 1 &&
	       rec->crowded <= 1 && rec->announce <= 1 && rec->isr <= 3 &&
	       !(rec->again & ~SMNC_VIRTIO_AGAIN) && !(rec->status & ~VIRTIO_STATUS) &&
	       !(rec->vids[sizeof(rec->vids) - 1] & BIT(7)) &&
	       !memchr_inv(rec->reserved0, 0, sizeof(rec->reserved0)) &&
	       !memchr_inv(rec->reserved1, 0, sizeof(rec->reserved1));
}

/* Could RSS_CONFIG, HASH_CONFIG or VQ_PAIRS_SET have made these settings? */
static bool smnc_virtio_rec_rss_ok(const struct smnc_adi *adi, const struct smnc_rec_rss *rss)
{
	u16 entries = le16_to_cpu(rss->entries);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rss->table); i++)
		if (rss->table[i] >= adi->nr_queues)
			return false;
	return !(le32_to_cpu(rss->types) & ~SMNC_VQ_RSS_TYPES) &&
	       (!entries || is_power_of_2(entries)) && entries <= ARRAY_SIZE(rss->table) &&
	       le16_to_cpu(rss->other) < adi->nr_queues;
}

/* smnc_virtio_load() checks features and offloads, once the device has them. */
int smnc_virtio_check(struct smnc_adi *adi, const void *from)
{
	const struct smnc_rec_virtio *rec = from;
	bool packed = le32_to_cpu(rec->driver[1]) & BIT(VIRTIO_F_RING_PACKED - 32);
	unsigned int i, pairs = le16_to_cpu(rec->pairs);

	if (!smnc_virtio_rec_bytes_ok(rec) || !pairs || pairs > adi->nr_queues ||
	    le16_to_cpu(rec->nr_macs) > SMNC_VIRTIO_MACS || !is_valid_ether_addr(rec->mac) ||
	    !smnc_virtio_vector_ok(adi, le16_to_cpu(rec->config_vector)) ||
	    !smnc_virtio_rec_rss_ok(adi, &rec->rss))
		return -EINVAL;
	for (i = 0; i < SMNC_VIRTIO_VQS; i++)
		if (!smnc_virtio_rec_vq_ok(adi, i, &rec->vqs[i], packed))
			return -EINVAL;
	for (i = 0; i < smnc_virtio_nr_vqs(adi); i++)
		if (le16_to_cpu(rec->vqs[i].size) > smnc_virtio_vq_max(adi, i))
			return -ENOSPC;
	return 0;
}

/* --- load ------------------------------------------------------------------------------ */

static struct smnc_vq_coal smnc_virtio_load_coal(const __le32 *from)
{
	return (struct smnc_vq_coal) {
		.usecs = le32_to_cpu(from[0]), .packets = le32_to_cpu(from[1]),
	};
}

static void smnc_virtio_load_rss(struct smnc_vq_rss *rss, const struct smnc_rec_rss *from)
{
	memcpy(rss->key, from->key, sizeof(rss->key));
	rss->types = le32_to_cpu(from->types);
	rss->entries = le16_to_cpu(from->entries);
	rss->other = le16_to_cpu(from->other);
	memcpy(rss->table, from->table, sizeof(rss->table));
}

static void smnc_virtio_load_vq(struct smnc_virtio_vq *vq, const struct smnc_rec_vq *from)
{
	unsigned int i;

	for (i = 0; i < SMNC_VQ_AREAS; i++)
		vq->cfg.area[i] = le64_to_cpu(from->area[i]);
	vq->cfg.size = le16_to_cpu(from->size);
	vq->cfg.vector = le16_to_cpu(from->vector);
	vq->coal = smnc_virtio_load_coal(from->coal);
}

static void smnc_virtio_load_bytes(struct smnc_virtio *v, const struct smnc_rec_virtio *rec)
{
	v->status = rec->status;
	v->isr = rec->isr;
	v->generation = rec->generation;
	v->changed = rec->changed;
	v->link = rec->link;
	v->promisc = rec->promisc;
	v->allmulti = rec->allmulti;
	v->crowded = rec->crowded;
	memcpy(v->mac, rec->mac, ETH_ALEN);
	v->announce = rec->announce;
	v->again = rec->again;
	v->ack = rec->ack;
	v->result_len = 0;
	v->tries = 0;
	v->pci_cfg.cap.bar = rec->pci_cfg_bar;
	memcpy((u8 *)&v->pci_cfg + PCI_CFG_REST, rec->pci_cfg, sizeof(rec->pci_cfg));
	memcpy(v->macs, rec->macs, v->nr_macs * ETH_ALEN);
	memcpy(v->vids, rec->vids, sizeof(v->vids));
}

static void smnc_virtio_load_fields(struct smnc_adi *adi, const struct smnc_rec_virtio *rec)
{
	struct smnc_virtio *v = smnc_virtio(adi);
	unsigned int i;

	for (i = 0; i < SMNC_VIRTIO_WORDS; i++)
		v->driver[i] = le32_to_cpu(rec->driver[i]);
	v->device_select = le32_to_cpu(rec->device_select);
	v->driver_select = le32_to_cpu(rec->driver_select);
	v->offloads = le64_to_cpu(rec->offloads);
	v->config_vector = le16_to_cpu(rec->config_vector);
	v->queue_select = le16_to_cpu(rec->queue_select);
	v->pairs = le16_to_cpu(rec->pairs);
	v->nr_macs = le16_to_cpu(rec->nr_macs);
	smnc_virtio_load_bytes(v, rec);
	for (i = 0; i < ARRAY_SIZE(v->coal); i++)
		v->coal[i] = smnc_virtio_load_coal(rec->coal[i]);
	smnc_virtio_load_rss(&v->rss, &rec->rss);
	for (i = 0; i < smnc_virtio_nr_vqs(adi); i++)
		smnc_virtio_load_vq(&v->vqs[i], &rec->vqs[i]);
	v->used = true;
}

/* The same checks as for FEATURES_OK, DRIVER_OK and GUEST_OFFLOADS. */
static bool smnc_virtio_agreed_ok(const struct smnc_adi *adi)
{
	const struct smnc_virtio *v = smnc_virtio(adi);
	u64 accepted = smnc_virtio_accepted(v);

	if (memchr_inv(v->vids, 0, sizeof(v->vids)) &&
	    !(accepted & SMNC_VIRTIO_F(VIRTIO_NET_F_CTRL_VLAN)))
		return false;
	if (!(v->status & VIRTIO_CONFIG_S_FEATURES_OK))
		return !(v->status & VIRTIO_CONFIG_S_DRIVER_OK) && !v->offloads &&
		       !v->rss.types && !v->rss.entries;
	return smnc_virtio_acceptable(adi) &&
	       !(v->offloads & ~(accepted & SMNC_VIRTIO_OFFLOADS)) &&
	       (v->pairs == 1 || accepted & SMNC_VIRTIO_SEVERAL) &&
	       (!v->rss.entries || accepted & SMNC_VIRTIO_F(VIRTIO_NET_F_RSS)) &&
	       (!v->rss.types || accepted & VIRTIO_HASHES);
}

/* Sets a VQ up without starting it: the device starts it when it loads its own state. */
static int smnc_virtio_set_up_vq(struct smnc_adi *adi, unsigned int n)
{
	u16 control = n == smnc_virtio_control_vq(adi) ? SMNC_VQ_CONTROL : 0;
	struct smnc_virtio_vq *vq = &smnc_virtio(adi)->vqs[n];
	int err = smnc_vq_set_up(adi->pf, &adi->vsi, n | control, &vq->cfg);

	if (err)
		return err;
	vq->started = true;
	vq->cfg.packed = smnc_virtio_packed(smnc_virtio(adi));
	if (vq->coal.usecs && vq->coal.packets)
		err = smnc_vq_coal(adi->pf, &adi->vsi, n, &vq->coal);
	return err;
}

/* No command gives limits to the control queue, or to a VQ that is not enabled. */
static bool smnc_virtio_coal_ok(const struct smnc_adi *adi, unsigned int n, bool enabled)
{
	const struct smnc_vq_coal *coal = &smnc_virtio(adi)->vqs[n].coal;

	return (enabled && n != smnc_virtio_control_vq(adi)) || !(coal->usecs || coal->packets);
}

/* The same checks as for queue_enable. */
static int smnc_virtio_load_vqs(struct smnc_adi *adi, const struct smnc_rec_virtio *rec)
{
	struct smnc_virtio *v = smnc_virtio(adi);
	unsigned int n;
	int err = 0;

	for (n = 0; n < smnc_virtio_nr_vqs(adi) && !err; n++) {
		if (!smnc_virtio_coal_ok(adi, n, rec->vqs[n].enabled))
			return -EINVAL;
		if (!rec->vqs[n].enabled)
			continue;
		if (!smnc_virtio_vq_may_run(adi, n))
			return -EINVAL;
		v->vqs[n].enabled = true;
		if (v->status & VIRTIO_CONFIG_S_DRIVER_OK)
			err = smnc_virtio_set_up_vq(adi, n);
	}
	return err;
}

int smnc_virtio_load(struct smnc_adi *adi, const void *from)
{
	const struct smnc_rec_virtio *rec = from;
	int err = 0;

	smnc_virtio_load_fields(adi, rec);
	if (!smnc_virtio_agreed_ok(adi))
		return -EINVAL;
	if (smnc_virtio(adi)->status & VIRTIO_CONFIG_S_FEATURES_OK)
		err = smnc_virtio_give_features(adi) ?: smnc_virtio_put_vids(adi);
	if (!err)
		err = smnc_virtio_give_rss(adi);
	if (!err)
		err = smnc_virtio_load_vqs(adi, rec);
	/* The network is another one: ask the guest to announce its addresses, if it can. */
	if (!err)
		smnc_virtio_put_off(adi, SMNC_VIRTIO_AGAIN_ANNOUNCE);
	return err;
}
