/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Packed virtqueues: one ring of descriptors, which the guest makes available
 * and the unit writes back as used, in the same order. A place in the ring is
 * its index, and in bit 15 the wrap counter of the unit's turn around the ring.
 * The guest may write anything at any time: the unit reads a descriptor once.
 */
#include "virtio.h"
#include "../core/core.h"

#define AVAIL               (1u << VRING_PACKED_DESC_F_AVAIL)
#define USED                (1u << VRING_PACKED_DESC_F_USED)

/* --- places ------------------------------------------------------------------------- */

static unsigned smnc_packed_index(uint16_t place)
{
    return place & ~SMNC_VQ_WRAP;
}

static uint64_t smnc_packed_desc(const SmncVq *vq, uint16_t place)
{
    return vq->desc + 16 * smnc_packed_index(place);
}

/* The place @n further; @n is at most the ring's size. */
static uint16_t smnc_packed_after(const SmncVq *vq, uint16_t place, unsigned n)
{
    unsigned i = smnc_packed_index(place) + n;

    return i < vq->size ? i | (place & SMNC_VQ_WRAP)
                        : (i - vq->size) | (~place & SMNC_VQ_WRAP);
}

/*
 * For the PF, which has nothing else after a reset of the device: the place
 * that is used next, and the one behind it. A write that fails is not repeated.
 */
void smnc_packed_note(SmncFunc *f, const SmncVq *vq, uint16_t after)
{
    struct smnc_vq_place p = {
        .place = cpu_to_le16(vq->next), .after = cpu_to_le16(after),
    };

    if (f->virtio.places && vq->number < SMNC_VQ_PLACES) {
        smnc_pf_dma(f->s, f->virtio.places + vq->number * sizeof(p), &p,
                    sizeof(p), true);
    }
}

/* --- available buffers --------------------------------------------------------------- */

/* One more buffer is left if the descriptor at v->at is available. */
static bool smnc_packed_peek(SmncVqView *v)
{
    uint16_t flags;
    bool wrap = v->at & SMNC_VQ_WRAP;

    if (v->taken >= v->vq->size) {
        return true;
    }
    if (!smnc_vq_read16(v->u, smnc_packed_desc(v->vq, v->at) + 14, &flags)) {
        return false;
    }
    smp_rmb();                          /* read the rest after the flags */
    v->left += !(flags & AVAIL) == !wrap && !(flags & USED) == wrap;
    return true;
}

static bool smnc_packed_write_event(SmncVqView *v, uint16_t place,
                                    uint16_t flags)
{
    struct vring_packed_desc_event e = {
        .off_wrap = cpu_to_le16(place), .flags = cpu_to_le16(flags),
    };

    return smnc_dma_probe(v->u, v->vq->device, sizeof(e), true) &&
           smnc_dma_write(v->u, v->vq->device, &e, sizeof(e));
}

/* Asks for no kicks while the unit has work. A failure changes nothing. */
static bool smnc_packed_hush(SmncVqView *v)
{
    if (!v->vq->asked || !v->left ||
        smnc_vq_has(v->u->f, VIRTIO_RING_F_EVENT_IDX)) {
        return true;
    }
    if (!smnc_packed_write_event(v, 0, VRING_PACKED_EVENT_FLAG_DISABLE)) {
        return false;
    }
    v->vq->asked = false;
    return true;
}

/*
 * The descriptor says whether it was used before the reset; the guest may have
 * made it available again since, with the other wrap counter.
 */
static bool smnc_packed_resume(SmncVqView *v)
{
    SmncVq *vq = v->vq;
    uint16_t flags;

    if (!vq->resume) {
        return true;
    }
    if (!smnc_vq_read16(v->u, smnc_packed_desc(vq, vq->next) + 14, &flags)) {
        return false;
    }
    if (!(flags & USED) == !(vq->next & SMNC_VQ_WRAP)) {
        vq->next = vq->after;
    }
    vq->signalled = vq->next;
    vq->resume = false;
    return true;
}

static bool smnc_packed_look(SmncVqView *v)
{
    if (!smnc_packed_resume(v)) {
        return false;
    }
    v->at = v->vq->next;
    return smnc_packed_peek(v) && smnc_packed_hush(v);
}

static bool smnc_packed_ask(SmncVqView *v)
{
    bool event = smnc_vq_has(v->u->f, VIRTIO_RING_F_EVENT_IDX);
    SmncVq *vq = v->vq;
    unsigned left = v->left;

    if (!vq->asked || (event && vq->ask != v->at)) {
        if (!smnc_packed_write_event(v, v->at, event ?
                                     VRING_PACKED_EVENT_FLAG_DESC :
                                     VRING_PACKED_EVENT_FLAG_ENABLE)) {
            return false;
        }
        vq->asked = true;
        vq->ask = v->at;
    }
    smp_mb();                           /* pairs with the guest's barrier */
    if (!smnc_packed_peek(v)) {
        return false;
    }
    vq->kicked = v->left != left;
    return vq->kicked;
}

static bool smnc_packed_full(const SmncVqView *v)
{
    return v->taken >= v->vq->size;
}

/* --- chains -------------------------------------------------------------------------- */

/* Reads a descriptor, in the form of a split ring's: its ID is in @next. */
static bool smnc_packed_read(SmncUnit *u, uint64_t at, struct vring_desc *d)
{
    struct vring_packed_desc p;

    if (!smnc_dma_probe(u, at, sizeof(p), false) ||
        !smnc_dma_read(u, at, &p, sizeof(p))) {
        return false;
    }
    *d = (struct vring_desc) {
        .addr = le64_to_cpu(p.addr), .len = le32_to_cpu(p.len),
        .flags = le16_to_cpu(p.flags), .next = le16_to_cpu(p.id),
    };
    return true;
}

/* All descriptors of a table; of their flags only WRITE has a meaning. */
static bool smnc_packed_table(SmncVqView *v, SmncChain *c,
                              const struct vring_desc *table)
{
    unsigned i, n = table->len / sizeof(*table);
    struct vring_desc d;

    for (i = 0; i < n; i++) {
        if (!smnc_packed_read(v->u, table->addr + i * sizeof(d), &d)) {
            return false;
        }
        if (!smnc_chain_add(v, c, &d)) {
            return false;
        }
    }
    return true;
}

static bool smnc_packed_link(SmncVqView *v, SmncChain *c,
                             const struct vring_desc *d)
{
    if (!(d->flags & VRING_DESC_F_INDIRECT)) {
        return smnc_chain_add(v, c, d);
    }
    return smnc_chain_table(v, d) && smnc_packed_table(v, c, d);
}

static bool smnc_packed_chain(SmncVqView *v, unsigned i, SmncChain *c)
{
    SmncVq *vq = v->vq;
    struct vring_desc d;

    if (!i) {
        v->at = vq->next;
        v->taken = 0;
    }
    for (c->ring = 0;; ) {
        if (v->taken + c->ring >= vq->size) {
            return smnc_vq_bad(v->u, "a chain longer than the ring");
        }
        if (!smnc_packed_read(v->u,
                              smnc_packed_desc(vq, smnc_packed_after(vq, v->at,
                                                                     c->ring)),
                              &d) ||
            !smnc_packed_link(v, c, &d)) {
            return false;
        }
        c->ring++;
        if (!(d.flags & VRING_DESC_F_NEXT)) {
            break;
        }
    }
    c->head = d.next;
    v->at = smnc_packed_after(vq, v->at, c->ring);
    v->taken += c->ring;
    v->left = i + 1;
    return smnc_packed_peek(v);
}

/* --- used descriptors ----------------------------------------------------------------- */

static bool smnc_packed_probe_used(SmncVqView *v, const SmncUsed *used,
                                   unsigned n)
{
    uint16_t place = v->vq->next;
    unsigned i;

    for (i = 0; i < n; i++) {
        if (!smnc_dma_probe(v->u, smnc_packed_desc(v->vq, place) + 8, 8, true)) {
            return false;
        }
        place = smnc_packed_after(v->vq, place, used[i].ring);
    }
    return smnc_dma_probe(v->u, v->vq->driver, 4, false);
}

/* The flags come last: they give the descriptor to the guest. */
static bool smnc_packed_put(SmncVqView *v, uint16_t place, const SmncUsed *used)
{
    uint64_t at = smnc_packed_desc(v->vq, place);
    uint8_t what[6];
    uint16_t flags = cpu_to_le16((place & SMNC_VQ_WRAP ? AVAIL | USED : 0) |
                                 (used->len ? VRING_DESC_F_WRITE : 0));

    stl_le_p(what, used->len);
    stw_le_p(what + 4, used->id);
    if (!smnc_dma_finish(v->u, at + 8, what, sizeof(what))) {
        return false;
    }
    smp_wmb();
    return smnc_dma_finish(v->u, at + 14, &flags, sizeof(flags));
}

/* Writes the first descriptor last: the guest polls that one only. */
static bool smnc_packed_use(SmncVqView *v, const SmncUsed *used, unsigned n)
{
    uint16_t first = v->vq->next, place = first;
    unsigned i, ring = 0;

    for (i = 0; i < n; i++) {
        if (i && !smnc_packed_put(v, place, &used[i])) {
            return false;
        }
        place = smnc_packed_after(v->vq, place, used[i].ring);
        ring += used[i].ring;
    }
    smnc_packed_note(v->u->f, v->vq, place);
    smp_wmb();                          /* before the guest has the buffers */
    if (!smnc_packed_put(v, first, &used[0])) {
        return false;
    }
    v->vq->next = place;
    v->taken = v->taken > ring ? v->taken - ring : 0;
    return true;
}

/* @place as a number that counts on over the end of the ring. */
static uint16_t smnc_packed_count(const SmncVq *vq, uint16_t place)
{
    return smnc_packed_index(place) -
           ((place ^ vq->next) & SMNC_VQ_WRAP ? vq->size : 0);
}

static bool smnc_packed_wants(SmncUnit *u, const SmncVq *vq, bool *wants)
{
    uint16_t place, flags;

    if (vq->turn >= vq->size) {
        *wants = true;                  /* every place was passed */
        return true;
    }
    if (!smnc_vq_read16(u, vq->driver + 2, &flags) ||
        !smnc_vq_read16(u, vq->driver, &place)) {
        return false;
    }
    if (flags == VRING_PACKED_EVENT_FLAG_DESC &&
        smnc_vq_has(u->f, VIRTIO_RING_F_EVENT_IDX)) {
        *wants = vring_need_event(smnc_packed_count(vq, place),
                                  smnc_packed_index(vq->next),
                                  smnc_packed_count(vq, vq->signalled));
    } else {
        *wants = flags != VRING_PACKED_EVENT_FLAG_DISABLE;
    }
    return true;
}

const SmncRingOps smnc_packed_ring = {
    .look = smnc_packed_look,
    .ask = smnc_packed_ask,
    .chain = smnc_packed_chain,
    .full = smnc_packed_full,
    .probe_used = smnc_packed_probe_used,
    .use = smnc_packed_use,
    .wants = smnc_packed_wants,
};
