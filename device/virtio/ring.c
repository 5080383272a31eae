/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Split virtqueues: the available ring, chains of descriptors, the used ring,
 * and the notifications of both sides. The unit uses buffers in the order in
 * which the guest makes them available, so one index stands for both rings.
 * The guest may write anything at any time: the unit reads each word once.
 */
#include "virtio.h"
#include "../core/core.h"
#include "../trace.h"

#define CHAIN_PER_CREDIT    16          /* descriptors */

/* --- the three areas ---------------------------------------------------------------- */

static uint64_t smnc_vq_avail_entry(const SmncVq *vq, unsigned i)
{
    return vq->driver + 4 + 2 * ((vq->next + i) % vq->size);
}

static uint64_t smnc_vq_used_event(const SmncVq *vq)
{
    return vq->driver + 4 + 2 * vq->size;
}

static uint64_t smnc_vq_used_entry(const SmncVq *vq, unsigned i)
{
    return vq->device + 4 + 8 * ((vq->next + i) % vq->size);
}

static uint64_t smnc_vq_avail_event(const SmncVq *vq)
{
    return vq->device + 4 + 8 * vq->size;
}

bool smnc_vq_read16(SmncUnit *u, uint64_t at, uint16_t *val)
{
    if (!smnc_dma_probe(u, at, sizeof(*val), false) ||
        !smnc_dma_read(u, at, val, sizeof(*val))) {
        return false;
    }
    *val = le16_to_cpu(*val);
    return true;
}

static bool smnc_vq_write16(SmncUnit *u, uint64_t at, uint16_t val)
{
    val = cpu_to_le16(val);
    return smnc_dma_probe(u, at, sizeof(val), true) &&
           smnc_dma_write(u, at, &val, sizeof(val));
}

/* The queue stops. Always false. */
bool smnc_vq_bad(SmncUnit *u, const char *why)
{
    trace_smnc_vq_malformed(u->f->idx, u->idx, why);
    smnc_guest_error(u->f, "function %u unit %u: %s\n", u->f->idx, u->idx,
                     why);
    smnc_count(u->f, SMNC_STAT_BAD_DESCRIPTORS, 1);
    smnc_queue_fail(u, SMNC_Q_ERR_DESC);
    return false;
}

/* --- the available ring, and kicks --------------------------------------------------- */

/* Buffers are used in order: the used index is the whole state of a ring. */
static bool smnc_vq_resume(SmncUnit *u, SmncVq *vq)
{
    if (vq->resume) {
        if (!smnc_vq_read16(u, vq->device + 2, &vq->next)) {
            return false;
        }
        vq->signalled = vq->next;
        vq->resume = false;
    }
    return true;
}

static bool smnc_vq_update(SmncVqView *v)
{
    if (!smnc_vq_read16(v->u, v->vq->driver + 2, &v->seen)) {
        return false;
    }
    v->left = (uint16_t)(v->seen - v->vq->next);
    return v->left <= v->vq->size ||
           smnc_vq_bad(v->u, "more available than the ring has");
}

/* While there is work, kicks are not needed. A failure changes nothing. */
static bool smnc_vq_hush(SmncVqView *v)
{
    if (!v->vq->asked || !v->left ||
        smnc_vq_has(v->u->f, VIRTIO_RING_F_EVENT_IDX)) {
        return true;
    }
    if (!smnc_vq_write16(v->u, v->vq->device, VRING_USED_F_NO_NOTIFY)) {
        return false;
    }
    v->vq->asked = false;
    return true;
}

static bool smnc_split_look(SmncVqView *v)
{
    return smnc_vq_resume(v->u, v->vq) && smnc_vq_update(v) && smnc_vq_hush(v);
}

static bool smnc_vq_ask_kick(SmncVqView *v)
{
    SmncVq *vq = v->vq;
    bool event = smnc_vq_has(v->u->f, VIRTIO_RING_F_EVENT_IDX);

    if (vq->asked && (!event || vq->ask == v->seen)) {
        return true;
    }
    if (!(event ? smnc_vq_write16(v->u, smnc_vq_avail_event(vq), v->seen) :
                  smnc_vq_write16(v->u, vq->device, 0))) {
        return false;
    }
    vq->asked = true;
    vq->ask = v->seen;
    return true;
}

static bool smnc_split_ask(SmncVqView *v)
{
    uint16_t seen = v->seen;

    if (!smnc_vq_ask_kick(v) || !smnc_vq_update(v)) {
        return false;
    }
    v->vq->kicked = v->seen != seen;
    return v->vq->kicked;
}

/* --- chains --------------------------------------------------------------------------- */

bool smnc_chain_add(SmncVqView *v, SmncChain *c, const struct vring_desc *d)
{
    if (!d->len) {
        return smnc_vq_bad(v->u, "a buffer of no length");
    }
    if (c->n == ARRAY_SIZE(c->buf)) {
        return smnc_vq_bad(v->u, "a chain of too many descriptors");
    }
    if (d->flags & VRING_DESC_F_WRITE) {
        c->in += d->len;
    } else if (c->in) {
        return smnc_vq_bad(v->u, "a readable buffer behind a writable one");
    } else {
        c->out += d->len;
        c->nout++;
    }
    c->buf[c->n++] = (SmncBuf) { .addr = d->addr, .len = d->len };
    return true;
}

static bool smnc_desc_read(SmncUnit *u, uint64_t at, struct vring_desc *d)
{
    if (!smnc_dma_probe(u, at, sizeof(*d), false) ||
        !smnc_dma_read(u, at, d, sizeof(*d))) {
        return false;
    }
    d->addr = le64_to_cpu(d->addr);
    d->len = le32_to_cpu(d->len);
    d->flags = le16_to_cpu(d->flags);
    d->next = le16_to_cpu(d->next);
    return true;
}

/* Checks the indirect table that ends a chain in the ring. False: it is not valid. */
bool smnc_chain_table(SmncVqView *v, const struct vring_desc *d)
{
    if (!smnc_vq_has(v->u->f, VIRTIO_RING_F_INDIRECT_DESC)) {
        return smnc_vq_bad(v->u, "an indirect table without the feature");
    }
    if (d->flags & VRING_DESC_F_NEXT) {
        return smnc_vq_bad(v->u, "an indirect table with a next descriptor");
    }
    if (!d->len || d->len % sizeof(*d)) {
        return smnc_vq_bad(v->u, "an indirect table of a wrong length");
    }
    return true;
}

/*
 * Adds the buffers from descriptor @i on of a table at @base of @size
 * descriptors. @last: receives an indirect descriptor; NULL: there may be none.
 */
static bool smnc_chain_walk(SmncVqView *v, SmncChain *c, uint64_t base,
                            uint32_t size, unsigned i, struct vring_desc *last)
{
    struct vring_desc d;
    unsigned n;

    for (n = 0; n < size; n++, i = d.next) {
        if (i >= size) {
            return smnc_vq_bad(v->u, "a descriptor beyond its table");
        }
        if (!smnc_desc_read(v->u, base + (uint64_t)i * sizeof(d), &d)) {
            return false;
        }
        if (d.flags & VRING_DESC_F_INDIRECT) {
            if (!last) {
                return smnc_vq_bad(v->u, "an indirect table in another one");
            }
            *last = d;
            return smnc_chain_table(v, &d);
        }
        if (!smnc_chain_add(v, c, &d)) {
            return false;
        }
        if (!(d.flags & VRING_DESC_F_NEXT)) {
            return true;
        }
    }
    return smnc_vq_bad(v->u, "a chain longer than its table");
}

static bool smnc_split_chain(SmncVqView *v, unsigned i, SmncChain *c)
{
    SmncVq *vq = v->vq;
    struct vring_desc table = { 0 };

    if (!smnc_vq_read16(v->u, smnc_vq_avail_entry(vq, i), &c->head) ||
        !smnc_chain_walk(v, c, vq->desc, vq->size, c->head, &table)) {
        return false;
    }
    v->taken = (i ? v->taken : 0) + c->n + !!table.len;
    if (table.len &&
        !smnc_chain_walk(v, c, table.addr, table.len / sizeof(table), 0, NULL)) {
        return false;
    }
    return true;
}

static bool smnc_split_full(const SmncVqView *v)
{
    return v->left == v->vq->size || v->taken >= v->vq->size;
}

static bool smnc_vq_piece(SmncUnit *u, uint64_t addr, void *data, uint32_t len,
                          enum smnc_copy how)
{
    switch (how) {
    case SMNC_PROBE_READ:
        return smnc_dma_probe(u, addr, len, false);
    case SMNC_PROBE_WRITE:
        return smnc_dma_probe(u, addr, len, true);
    case SMNC_READ:
        return smnc_dma_probe(u, addr, len, false) &&
               smnc_dma_read(u, addr, data, len);
    default:
        return smnc_dma_write(u, addr, data, len);
    }
}

/*
 * Copies @len bytes between @data and the buffers, from byte @off of the
 * buffers on. The buffers hold that many. A probe takes no @data. The caller
 * probes before it writes.
 */
bool smnc_vq_copy(SmncUnit *u, const SmncBuf *buf, uint64_t off, void *data,
                  uint32_t len, enum smnc_copy how)
{
    uint8_t *at = data;

    for (; len; buf++) {
        uint32_t n;

        if (off >= buf->len) {
            off -= buf->len;
            continue;
        }
        n = MIN(len, buf->len - off);
        if (!smnc_vq_piece(u, buf->addr + off, at, n, how)) {
            return false;
        }
        at = at ? at + n : NULL;
        len -= n;
        off = 0;
    }
    return true;
}

/* --- the used ring -------------------------------------------------------------------- */

/* Where the guest says whether it wants an interrupt. */
static uint64_t smnc_vq_wish(SmncUnit *u, const SmncVq *vq)
{
    return smnc_vq_has(u->f, VIRTIO_RING_F_EVENT_IDX) ? smnc_vq_used_event(vq)
                                                      : vq->driver;
}

static bool smnc_split_probe_used(SmncVqView *v, const SmncUsed *used, unsigned n)
{
    unsigned i;

    for (i = 0; i < n; i++) {
        if (!smnc_dma_probe(v->u, smnc_vq_used_entry(v->vq, i), 8, true)) {
            return false;
        }
    }
    return smnc_dma_probe(v->u, v->vq->device + 2, 2, true) &&
           smnc_dma_probe(v->u, smnc_vq_wish(v->u, v->vq), 2, false);
}

static bool smnc_split_use(SmncVqView *v, const SmncUsed *used, unsigned n)
{
    SmncVq *vq = v->vq;
    uint16_t index = cpu_to_le16(vq->next + n);
    unsigned i;

    for (i = 0; i < n; i++) {
        struct vring_used_elem e = {
            .id = cpu_to_le32(used[i].id), .len = cpu_to_le32(used[i].len),
        };

        if (!smnc_dma_finish(v->u, smnc_vq_used_entry(vq, i), &e, sizeof(e))) {
            return false;
        }
    }
    if (!smnc_dma_finish(v->u, vq->device + 2, &index, sizeof(index))) {
        return false;
    }
    vq->next += n;
    return true;
}

static bool smnc_split_wants(SmncUnit *u, const SmncVq *vq, bool *wants)
{
    uint16_t wish;

    if (!smnc_vq_read16(u, smnc_vq_wish(u, vq), &wish)) {
        return false;
    }
    if (vq->turn > INT16_MAX) {
        *wants = true;                  /* @signalled says nothing any more */
        return true;
    }
    *wants = smnc_vq_has(u->f, VIRTIO_RING_F_EVENT_IDX) ?
             vring_need_event(wish, vq->next, vq->signalled) :
             !(wish & VRING_AVAIL_F_NO_INTERRUPT);
    return true;
}

const SmncRingOps smnc_split_ring = {
    .look = smnc_split_look,
    .ask = smnc_split_ask,
    .chain = smnc_split_chain,
    .full = smnc_split_full,
    .probe_used = smnc_split_probe_used,
    .use = smnc_split_use,
    .wants = smnc_split_wants,
};

/* --- rings of either layout --------------------------------------------------------- */

static const SmncRingOps *smnc_vq_ring(const SmncFunc *f)
{
    return smnc_vq_packed(f) ? &smnc_packed_ring : &smnc_split_ring;
}

/* Counts the available buffers. False: the unit has stopped. */
bool smnc_vq_look(SmncVqView *v, SmncUnit *u, SmncQueue *q)
{
    *v = (SmncVqView) {
        .ring = smnc_vq_ring(u->f), .u = u, .q = q, .vq = &q->vq,
    };
    return v->ring->look(v);
}

/*
 * Asks the guest to kick when it makes the next buffer available. True: there
 * are new buffers already. False: the unit waits for a kick, or has stopped.
 */
bool smnc_vq_ask(SmncVqView *v)
{
    return v->ring->ask(v);
}

/*
 * Reads the chain that is @i further; the caller has read those before it.
 * False: the unit has stopped.
 */
bool smnc_vq_chain(SmncVqView *v, unsigned i, SmncChain *c)
{
    c->n = c->nout = 0;
    c->out = c->in = 0;
    c->ring = 1;
    if (!v->ring->chain(v, i, c)) {
        return false;
    }
    v->u->f->s->credit -= c->n / CHAIN_PER_CREDIT;
    return true;
}

/* Probes all memory that smnc_vq_use() writes. False: the unit has stopped. */
bool smnc_vq_probe_used(SmncVqView *v, const SmncUsed *used, unsigned n)
{
    return v->ring->probe_used(v, used, n);
}

/* Gives @n buffers back to the guest, all at once. False: the unit has failed. */
bool smnc_vq_use(SmncVqView *v, const SmncUsed *used, unsigned n)
{
    unsigned i;

    if (!v->ring->use(v, used, n)) {
        return false;
    }
    for (i = 0; i < n; i++) {
        v->vq->turn += used[i].ring;
    }
    v->left -= n;
    v->vq->fresh++;
    return true;
}

/* The end of a turn: an interrupt for what it used, if the guest wants one. */
void smnc_vq_signal(SmncUnit *u, SmncQueue *q)
{
    SmncVq *vq = &q->vq;
    bool wants;

    if (!vq->turn) {
        return;
    }
    /* Where the wish cannot be read, the interrupt is the safe answer. */
    if (u->fault || !smnc_queue_active(q) ||
        !smnc_vq_ring(u->f)->wants(u, vq, &wants) || wants) {
        smnc_vq_interrupt(u, q);
    } else if (!vq->held) {
        vq->fresh = 0;
    }
    /* One that is held is still wanted, and each packet counts. */
    if (!vq->held) {
        smnc_vq_signalled(vq);
    }
}
