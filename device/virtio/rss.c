/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How the device hashes the frames for a virtio function and spreads them over
 * its queues (docs/hardware.md, 14.14): the guest's driver chooses.
 */
#include "virtio.h"
#include "../packet/packet.h"

#define IP_TYPES            (VIRTIO_NET_RSS_HASH_TYPE_IPv4 | \
                             VIRTIO_NET_RSS_HASH_TYPE_IPv6)

/* Prepares a part of key and table. A positive errno or 0 */
int smnc_vq_stage_rss(SmncFunc *f, const struct smnc_fw_chunk *req)
{
    if (!f->kind->virtio || !req->len || req->len > sizeof(req->data) ||
        req->offset + req->len > SMNC_VQ_STAGE_BYTES) {
        return EINVAL;
    }
    memcpy(f->virtio.rss.staged + req->offset, req->data, req->len);
    return 0;
}

static bool smnc_vq_table_ok(const uint8_t *table, unsigned entries)
{
    unsigned i;

    for (i = 0; i < entries; i++) {
        if (table[i] >= SMNC_FUNC_QPS) {
            return false;
        }
    }
    return is_power_of_2(entries);
}

/* Puts the prepared key and table into force together. A positive errno or 0 */
int smnc_vq_set_rss(SmncFunc *f, const struct smnc_fw_vq_rss *req)
{
    SmncVqRss *rss = &f->virtio.rss;
    unsigned flags = le16_to_cpu(req->flags), other = le16_to_cpu(req->other);
    unsigned entries = le16_to_cpu(req->entries);
    uint32_t types = le32_to_cpu(req->types);
    const uint8_t *table = rss->staged + SMNC_VQ_STAGE_TABLE;

    if (!f->kind->virtio || flags & ~SMNC_VQ_RSS_SPREAD ||
        types & ~SMNC_VQ_RSS_TYPES) {
        return EINVAL;
    }
    if (flags & SMNC_VQ_RSS_SPREAD) {
        if (other >= SMNC_FUNC_QPS || entries > SMNC_VQ_TABLE_ENTRIES ||
            !smnc_vq_table_ok(table, entries)) {
            return EINVAL;
        }
        memcpy(rss->table, table, entries);
        rss->entries = entries;
        rss->other = other;
    }
    memcpy(rss->key, rss->staged, sizeof(rss->key));
    rss->spread = flags & SMNC_VQ_RSS_SPREAD;
    rss->types = types;
    return 0;
}

/* VIRTIO_NET_HASH_REPORT_*, NONE: the frame has no hash */
uint16_t smnc_vq_hash(SmncFunc *f, const SmncFrame *frame, uint32_t *hash)
{
    SmncVqRss *rss = &f->virtio.rss;
    uint32_t types = smnc_frame_types(frame) & rss->types;
    bool ports = types & ~IP_TYPES;

    *hash = 0;
    if (!types) {
        return VIRTIO_NET_HASH_REPORT_NONE;
    }
    *hash = smnc_frame_toeplitz(frame, rss->key, ports);
    /* Types and reports are numbered alike; ports go before addresses alone. */
    return 1 + ctz32(ports ? types & ~IP_TYPES : types);
}

bool smnc_vq_spread(SmncFunc *f, const SmncFrame *frame, unsigned *q)
{
    const SmncVqRss *rss = &f->virtio.rss;
    uint32_t hash;

    if (!rss->spread) {
        return false;
    }
    *q = smnc_vq_hash(f, frame, &hash) ? rss->table[hash % rss->entries]
                                       : rss->other;
    return true;
}
