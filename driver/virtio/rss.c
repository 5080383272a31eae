// SPDX-License-Identifier: GPL-2.0-only
/*
 * RSS of a virtio device: the guest's driver sets by VQ_PAIRS_SET, RSS_CONFIG or HASH_CONFIG
 * which queue pairs are used, and how the device hashes frames and spreads them over the pairs.
 * adi->lock is held.
 */
#include <linux/log2.h>

#include "virtio.h"

/* Fields in front of the table, and fields between the table and the key. */
struct rss_head {
	__le32 types;
	__le16 mask;
	__le16 other;
} __packed;

struct rss_tail {
	__le16 pairs;
	u8 key_len;
} __packed;

static unsigned int smnc_virtio_most_pairs(const struct smnc_adi *adi)
{
	return smnc_virtio_accepted(smnc_virtio(adi)) & SMNC_VIRTIO_SEVERAL ? adi->nr_queues : 1;
}

/*
 * Give the hardware @rss and @pairs: with a table of the guest's driver the hardware does not
 * use the VSI's. Return: 0 or errno: then the old or the new settings are in force.
 */
static int smnc_virtio_spread(struct smnc_adi *adi, const struct smnc_vq_rss *rss,
			      unsigned int pairs)
{
	struct smnc_virtio *v = smnc_virtio(adi);
	int err = 0;

	if (memcmp(rss, &v->rss, sizeof(*rss)))
		err = smnc_vq_rss(adi->pf, &adi->vsi, rss);
	if (!err)
		err = smnc_virtio_set_pairs(adi, pairs);
	if (!err)
		v->rss = *rss;
	else if (!smnc_adi_off(adi))
		smnc_vq_rss(adi->pf, &adi->vsi, &v->rss);
	return err;
}

/*
 * Takes the settings of the hash that both commands have: types and key. Drivers send the
 * padding of their structures behind the key, so more than the key may follow: @left bytes.
 */
static int rss_hash(struct smnc_vq_rss *rss, u32 types, const u8 *key, unsigned int left,
		    unsigned int key_len)
{
	if (types & ~SMNC_VQ_RSS_TYPES || key_len > sizeof(rss->key) || key_len > left)
		return -EINVAL;
	rss->types = types;
	memset(rss->key, 0, sizeof(rss->key));
	memcpy(rss->key, key, key_len);
	return 0;
}

/**
 * smnc_virtio_ctrl_rss() - command RSS_CONFIG
 * @adi: ADI
 * @data: struct virtio_net_rss_config
 * @len: bytes of it, all of those of fixed size with one entry at least
 *
 * Return: 0 or errno.
 */
int smnc_virtio_ctrl_rss(struct smnc_adi *adi, const u8 *data, u16 len)
{
	struct smnc_vq_rss rss = smnc_virtio(adi)->rss;
	unsigned int i, most = smnc_virtio_most_pairs(adi), entries, pairs;
	const struct rss_head *head = (const void *)data;
	const u8 *table = data + sizeof(*head);
	const struct rss_tail *tail;
	unsigned int left = len - sizeof(*head) - sizeof(*tail);

	BUILD_BUG_ON(sizeof(*head) + sizeof(u16) + sizeof(*tail) != SMNC_VIRTIO_RSS_LEAST);
	if (!(smnc_virtio_accepted(smnc_virtio(adi)) & SMNC_VIRTIO_F(VIRTIO_NET_F_RSS)))
		return -EOPNOTSUPP;
	entries = smnc_virtio_le(&head->mask, sizeof(u16)) + 1;
	rss.other = smnc_virtio_le(&head->other, sizeof(u16));
	if (!is_power_of_2(entries) || entries > SMNC_VQ_TABLE_ENTRIES ||
	    entries * sizeof(u16) > left || rss.other >= most)
		return -EINVAL;
	for (i = 0; i < entries; i++) {
		u16 queue = smnc_virtio_le(table + i * sizeof(u16), sizeof(u16));

		if (queue >= most)
			return -EINVAL;
		rss.table[i] = queue;
	}
	rss.entries = entries;
	tail = (const void *)(table + entries * sizeof(u16));
	pairs = smnc_virtio_le(&tail->pairs, sizeof(u16));
	if (!pairs || pairs > most)
		return -EINVAL;
	return rss_hash(&rss, smnc_virtio_le(&head->types, sizeof(u32)), (const u8 *)(tail + 1),
			left - entries * sizeof(u16), tail->key_len) ?:
	       smnc_virtio_spread(adi, &rss, pairs);
}

/**
 * smnc_virtio_ctrl_hash() - command HASH_CONFIG: types of frames whose hash is reported
 * @adi: ADI
 * @data: struct virtio_net_hash_config
 * @len: bytes of it, all of those of fixed size
 *
 * Return: 0 or errno.
 */
int smnc_virtio_ctrl_hash(struct smnc_adi *adi, const u8 *data, u16 len)
{
	struct smnc_virtio *v = smnc_virtio(adi);
	struct smnc_vq_rss rss = v->rss;
	int err;

	if (!(smnc_virtio_accepted(v) & SMNC_VIRTIO_F(VIRTIO_NET_F_HASH_REPORT)))
		return -EOPNOTSUPP;
	err = rss_hash(&rss, smnc_virtio_le(data, sizeof(u32)), data + SMNC_VIRTIO_HASH_LEAST,
		       len - SMNC_VIRTIO_HASH_LEAST, data[SMNC_VIRTIO_HASH_LEAST - 1]);
	return err ?: smnc_virtio_spread(adi, &rss, v->pairs);
}

/**
 * smnc_virtio_ctrl_pairs() - command VQ_PAIRS_SET: the device chooses how to spread frames
 * @adi: ADI
 * @data: number of queue pairs
 * @len: bytes of it
 *
 * Return: 0 or errno.
 */
int smnc_virtio_ctrl_pairs(struct smnc_adi *adi, const u8 *data, u16 len)
{
	struct smnc_vq_rss rss = smnc_virtio(adi)->rss;
	u16 pairs = smnc_virtio_le(data, sizeof(u16));

	if (!pairs || pairs > smnc_virtio_most_pairs(adi))
		return -EINVAL;
	rss.entries = 0;
	return smnc_virtio_spread(adi, &rss, pairs);
}

/* Give a function that was reset its RSS settings again. Return: 0 or errno */
int smnc_virtio_give_rss(struct smnc_adi *adi)
{
	static const struct smnc_vq_rss none;
	const struct smnc_vq_rss *rss = &smnc_virtio(adi)->rss;

	return memcmp(rss, &none, sizeof(none)) ? smnc_vq_rss(adi->pf, &adi->vsi, rss) : 0;
}
