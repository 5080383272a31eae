/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Split virtqueues: what is available, chains of descriptors, what was used,
 * and the notifications of both sides. Buffers are used in the order in which
 * they became available, so one index stands for both rings. The guest may
 * write anything at any time: what is read is read once.
 */
#include "virtio.h"
#include "../core/core.h"
#include "../trace.h"

#define CHAIN_PER_CREDIT    16          /* descriptors */

/* --- the three areas ---------------------------------------------------------------- */

static uint64_t snic_vq_avail_entry(const SnicVq *vq, unsigned i)
{
    return vq->driver + 4 + 2 * ((vq->next + i) % vq->size);
}

static uint64_t snic_vq_used_event(const SnicVq *vq)
{
    return vq->driver + 4 + 2 * vq->size;
}

static uint64_t snic_vq_used_entry(const SnicVq *vq, unsigned i)
{
    return vq->device + 4 + 8 * ((vq->next + i) % vq->size);
}

static uint64_t snic_vq_avail_event(const SnicVq *vq)
{
    return vq->device + 4 + 8 * vq->size;
}

static bool snic_vq_read16(SnicUnit *u, uint64_t at, uint16_t *val)
{
    if (!snic_dma_probe(u, at, sizeof(*val), false) ||
        !snic_dma_read(u, at, val, sizeof(*val))) {
        return false;
    }
    *val = le16_to_cpu(*val);
    return true;
}

static bool snic_vq_write16(SnicUnit *u, uint64_t at, uint16_t val)
{
    val = cpu_to_le16(val);
    return snic_dma_probe(u, at, sizeof(val), true) &&
           snic_dma_write(u, at, &val, sizeof(val));
}

/* The queue stops. Always false. */
bool snic_vq_bad(SnicUnit *u, const char *why)
{
    trace_snic_vq_malformed(u->f->idx, u->idx, why);
    snic_guest_error(u->f->s, "function %u unit %u: %s\n", u->f->idx, u->idx,
                     why);
    snic_count(u->f, SNIC_STAT_BAD_DESCRIPTORS, 1);
    snic_queue_fail(u, SNIC_Q_ERR_DESC);
    return false;
}

/* --- what is available, and when the guest says so --------------------------------- */

/* Buffers are used in order: the used index is the whole state of a ring. */
static bool snic_vq_resume(SnicUnit *u, SnicVq *vq)
{
    if (vq->resume) {
        if (!snic_vq_read16(u, vq->device + 2, &vq->next)) {
            return false;
        }
        vq->signalled = vq->next;
        vq->resume = false;
    }
    return true;
}

static bool snic_vq_update(SnicVqView *v)
{
    return snic_vq_read16(v->u, v->vq->driver + 2, &v->seen) &&
           (snic_vq_left(v) <= v->vq->size ||
            snic_vq_bad(v->u, "more available than the ring has"));
}

/* While there is work, kicks are not needed. A failure changes nothing. */
static bool snic_vq_hush(SnicVqView *v)
{
    if (!v->vq->asked || !snic_vq_left(v) ||
        snic_vq_has(v->u->f, VIRTIO_RING_F_EVENT_IDX)) {
        return true;
    }
    if (!snic_vq_write16(v->u, v->vq->device, VRING_USED_F_NO_NOTIFY)) {
        return false;
    }
    v->vq->asked = false;
    return true;
}

/* What is there? False: the unit has stopped. */
bool snic_vq_look(SnicVqView *v, SnicUnit *u, SnicQueue *q)
{
    *v = (SnicVqView) { .u = u, .q = q, .vq = &q->vq };
    return snic_vq_resume(u, v->vq) && snic_vq_update(v) && snic_vq_hush(v);
}

static bool snic_vq_ask_kick(SnicVqView *v)
{
    SnicVq *vq = v->vq;
    bool event = snic_vq_has(v->u->f, VIRTIO_RING_F_EVENT_IDX);

    if (vq->asked && (!event || vq->ask == v->seen)) {
        return true;
    }
    if (!(event ? snic_vq_write16(v->u, snic_vq_avail_event(vq), v->seen) :
                  snic_vq_write16(v->u, vq->device, 0))) {
        return false;
    }
    vq->asked = true;
    vq->ask = v->seen;
    return true;
}

/*
 * What is there is not enough: the guest is asked to kick when there is more.
 * True: there is more already. False: the unit waits for a kick, or has
 * stopped.
 */
bool snic_vq_ask(SnicVqView *v)
{
    uint16_t seen = v->seen;

    if (!snic_vq_ask_kick(v) || !snic_vq_update(v)) {
        return false;
    }
    v->vq->kicked = v->seen != seen;
    return v->vq->kicked;
}

/* --- chains --------------------------------------------------------------------------- */

static bool snic_chain_add(SnicVqView *v, SnicChain *c,
                           const struct vring_desc *d)
{
    if (!d->len) {
        return snic_vq_bad(v->u, "a buffer of no length");
    }
    if (c->n == ARRAY_SIZE(c->buf)) {
        return snic_vq_bad(v->u, "a chain of too many descriptors");
    }
    if (d->flags & VRING_DESC_F_WRITE) {
        c->in += d->len;
    } else if (c->in) {
        return snic_vq_bad(v->u, "a readable buffer behind a writable one");
    } else {
        c->out += d->len;
        c->nout++;
    }
    c->buf[c->n++] = (SnicBuf) { .addr = d->addr, .len = d->len };
    return true;
}

static bool snic_desc_read(SnicUnit *u, uint64_t at, struct vring_desc *d)
{
    if (!snic_dma_probe(u, at, sizeof(*d), false) ||
        !snic_dma_read(u, at, d, sizeof(*d))) {
        return false;
    }
    d->addr = le64_to_cpu(d->addr);
    d->len = le32_to_cpu(d->len);
    d->flags = le16_to_cpu(d->flags);
    d->next = le16_to_cpu(d->next);
    return true;
}

/* The end of a chain in the ring's table is a table of its own. */
static bool snic_chain_indirect(SnicVqView *v, const struct vring_desc *d)
{
    if (!snic_vq_has(v->u->f, VIRTIO_RING_F_INDIRECT_DESC)) {
        return snic_vq_bad(v->u, "an indirect table without the feature");
    }
    if (d->flags & VRING_DESC_F_NEXT) {
        return snic_vq_bad(v->u, "an indirect table with a next descriptor");
    }
    if (!d->len || d->len % sizeof(*d)) {
        return snic_vq_bad(v->u, "an indirect table of a wrong length");
    }
    return true;
}

/*
 * Adds the buffers from descriptor @i on of a table at @base of @size
 * descriptors. @last: receives an indirect descriptor; NULL: there may be none.
 */
static bool snic_chain_walk(SnicVqView *v, SnicChain *c, uint64_t base,
                            uint32_t size, unsigned i, struct vring_desc *last)
{
    struct vring_desc d;
    unsigned n;

    for (n = 0; n < size; n++, i = d.next) {
        if (i >= size) {
            return snic_vq_bad(v->u, "a descriptor beyond its table");
        }
        if (!snic_desc_read(v->u, base + (uint64_t)i * sizeof(d), &d)) {
            return false;
        }
        if (d.flags & VRING_DESC_F_INDIRECT) {
            if (!last) {
                return snic_vq_bad(v->u, "an indirect table in another one");
            }
            *last = d;
            return snic_chain_indirect(v, &d);
        }
        if (!snic_chain_add(v, c, &d)) {
            return false;
        }
        if (!(d.flags & VRING_DESC_F_NEXT)) {
            return true;
        }
    }
    return snic_vq_bad(v->u, "a chain longer than its table");
}

/* The chain that is @i entries further. False: the unit has stopped. */
bool snic_vq_chain(SnicVqView *v, unsigned i, SnicChain *c)
{
    SnicVq *vq = v->vq;
    struct vring_desc table = { 0 };

    c->n = c->nout = 0;
    c->out = c->in = 0;
    if (!snic_vq_read16(v->u, snic_vq_avail_entry(vq, i), &c->head) ||
        !snic_chain_walk(v, c, vq->desc, vq->size, c->head, &table)) {
        return false;
    }
    if (table.len &&
        !snic_chain_walk(v, c, table.addr, table.len / sizeof(table), 0, NULL)) {
        return false;
    }
    v->u->f->s->credit -= c->n / CHAIN_PER_CREDIT;
    return true;
}

static bool snic_vq_piece(SnicUnit *u, uint64_t addr, void *data, uint32_t len,
                          enum snic_copy how)
{
    switch (how) {
    case SNIC_PROBE_READ:
        return snic_dma_probe(u, addr, len, false);
    case SNIC_PROBE_WRITE:
        return snic_dma_probe(u, addr, len, true);
    case SNIC_READ:
        return snic_dma_probe(u, addr, len, false) &&
               snic_dma_read(u, addr, data, len);
    default:
        return snic_dma_write(u, addr, data, len);
    }
}

/*
 * Bytes @off and up of what is in the buffers, which hold so many. @data is
 * not used for a probe; what is written was probed before.
 */
bool snic_vq_copy(SnicUnit *u, const SnicBuf *buf, uint64_t off, void *data,
                  uint32_t len, enum snic_copy how)
{
    uint8_t *at = data;

    for (; len; buf++) {
        uint32_t n;

        if (off >= buf->len) {
            off -= buf->len;
            continue;
        }
        n = MIN(len, buf->len - off);
        if (!snic_vq_piece(u, buf->addr + off, at, n, how)) {
            return false;
        }
        at = at ? at + n : NULL;
        len -= n;
        off = 0;
    }
    return true;
}

/* --- what was used -------------------------------------------------------------------- */

/* Where the guest says whether it wants an interrupt. */
static uint64_t snic_vq_wish(SnicUnit *u, const SnicVq *vq)
{
    return snic_vq_has(u->f, VIRTIO_RING_F_EVENT_IDX) ? snic_vq_used_event(vq)
                                                      : vq->driver;
}

/* All that the next @n used entries need. */
bool snic_vq_probe_used(SnicVqView *v, unsigned n)
{
    unsigned i;

    for (i = 0; i < n; i++) {
        if (!snic_dma_probe(v->u, snic_vq_used_entry(v->vq, i), 8, true)) {
            return false;
        }
    }
    return snic_dma_probe(v->u, v->vq->device + 2, 2, true) &&
           snic_dma_probe(v->u, snic_vq_wish(v->u, v->vq), 2, false);
}

/* They are the guest's again, all at once. False: the unit has failed. */
bool snic_vq_use(SnicVqView *v, const SnicUsed *used, unsigned n)
{
    SnicVq *vq = v->vq;
    uint16_t index = cpu_to_le16(vq->next + n);
    unsigned i;

    for (i = 0; i < n; i++) {
        SnicUsed e = {
            .id = cpu_to_le32(used[i].id), .len = cpu_to_le32(used[i].len),
        };

        if (!snic_dma_finish(v->u, snic_vq_used_entry(vq, i), &e, sizeof(e))) {
            return false;
        }
    }
    if (!snic_dma_finish(v->u, vq->device + 2, &index, sizeof(index))) {
        return false;
    }
    vq->next += n;
    return true;
}

static bool snic_vq_wants(SnicUnit *u, const SnicVq *vq, uint16_t wish)
{
    return snic_vq_has(u->f, VIRTIO_RING_F_EVENT_IDX) ?
           vring_need_event(wish, vq->next, vq->signalled) :
           !(wish & VRING_AVAIL_F_NO_INTERRUPT);
}

/* The end of a turn: an interrupt for what it used, if the guest wants one. */
void snic_vq_signal(SnicUnit *u, SnicQueue *q)
{
    SnicVq *vq = &q->vq;
    uint16_t wish;

    if (vq->next == vq->signalled) {
        return;
    }
    /* Where the wish cannot be read, the interrupt is the safe answer. */
    if (u->fault || !snic_queue_active(q) ||
        !snic_vq_read16(u, snic_vq_wish(u, vq), &wish) ||
        snic_vq_wants(u, vq, wish)) {
        snic_queue_raise(u->f, vq->intr);
    }
    vq->signalled = vq->next;
}
