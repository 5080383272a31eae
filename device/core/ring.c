/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The PF's rings: their registers, and the records of the two event rings,
 * faults and causes. mailbox.c serves the other two.
 */
#include "core.h"

#define POSTS_PER_PASS      256

static bool snic_event_ring(unsigned ring)
{
    return ring == SNIC_R_FAULT || ring == SNIC_R_CAUSE;
}

static uint32_t snic_who(const SnicFunc *f, unsigned idx)
{
    return (uint32_t)f->idx << 8 | idx;
}

/* --- what stands in an event ring ---------------------------------------------- */

/* The driver has consumed the record: its vector may be posted again. */
static void snic_cause_taken(SnicState *s, uint32_t who)
{
    SnicVector *v = &s->func[who >> 8].vec[who & 0xff];

    if (v->cause == SNIC_CAUSE_AGAIN) {
        v->cause = SNIC_CAUSE_QUEUED;
        QTAILQ_INSERT_TAIL(&s->causes, v, link);
    } else if (v->cause == SNIC_CAUSE_POSTED) {
        v->cause = SNIC_NO_CAUSE;
    }
}

/* The ring is disabled with this record unread: post it again later. */
static void snic_event_lost(SnicState *s, unsigned ring, uint32_t who)
{
    SnicFunc *f = &s->func[who >> 8];

    if (ring == SNIC_R_CAUSE) {
        f->vec[who & 0xff].cause = SNIC_CAUSE_AGAIN;
        snic_cause_taken(s, who);
    } else if (f->unit[who & 0xff].fault == SNIC_FAULT_POSTED) {
        f->unit[who & 0xff].fault = SNIC_FAULT_QUEUED;
        QTAILQ_INSERT_TAIL(&s->faults, &f->unit[who & 0xff], fault_link);
    }
}

static void snic_ring_off(SnicState *s, unsigned ring)
{
    SnicRing *r = &s->ring[ring];

    if (r->on && snic_event_ring(ring)) {
        while (r->head != r->tail) {
            snic_event_lost(s, ring, r->shadow[r->head]);
            r->head = (r->head + 1) % r->len;
        }
    }
    r->on = false;
    g_free(r->shadow);
    r->shadow = NULL;
}

void snic_ring_fail(SnicState *s, unsigned ring)
{
    snic_guest_error(s, "PF ring %u: bad index, length or address\n", ring);
    snic_ring_off(s, ring);
    snic_pf_event(s, SNIC_ICR_ERR);
}

/* All functions were reset, so no record is queued. */
void snic_rings_reset(SnicState *s)
{
    unsigned i;
    SnicVector *v, *next;

    for (i = 0; i < SNIC_RINGS; i++) {
        snic_ring_off(s, i);
        memset(&s->ring[i], 0, sizeof(s->ring[i]));
    }
    QTAILQ_FOREACH_SAFE(v, &s->causes, link, next) {
        QTAILQ_REMOVE(&s->causes, v, link);
        v->cause = SNIC_NO_CAUSE;
    }
    s->fault_seq = 0;
}

/* --- registers ------------------------------------------------------------------ */

uint32_t snic_ring_read(SnicState *s, unsigned ring, uint32_t off)
{
    SnicRing *r = &s->ring[ring];

    switch (off) {
    case SNIC_RING_BASE_LO:
        return r->base;
    case SNIC_RING_BASE_HI:
        return r->base >> 32;
    case SNIC_RING_LEN:
        return r->len | (r->on ? SNIC_RING_LEN_ENABLE : 0);
    case SNIC_RING_HEAD:
        return r->head;
    case SNIC_RING_TAIL:
        return r->tail;
    }
    return 0;
}

static void snic_ring_write_len(SnicState *s, unsigned ring, uint32_t val)
{
    SnicRing *r = &s->ring[ring];
    uint32_t len = val & SNIC_RING_LEN_MASK;
    bool event = snic_event_ring(ring);

    snic_ring_off(s, ring);
    r->head = r->tail = 0;
    r->len = len;
    if (!(val & SNIC_RING_LEN_ENABLE)) {
        return;
    }
    if (len < 2 || (event && (len & (len - 1))) ||
        len > (event ? SNIC_EVENT_RING_MAX : SNIC_MBX_RING_MAX)) {
        snic_ring_fail(s, ring);
        return;
    }
    if (event) {
        r->shadow = g_new0(uint32_t, len);
    }
    r->on = true;
    snic_kick_device(s);
}

/* The driver has consumed the records before @val. */
static void snic_ring_write_head(SnicState *s, unsigned ring, uint32_t val)
{
    SnicRing *r = &s->ring[ring];
    uint32_t steps;

    if (!r->on) {
        return;
    }
    steps = (val - r->head) & (r->len - 1);
    if (val >= r->len || steps > snic_ring_avail(r)) {
        snic_ring_fail(s, ring);
        return;
    }
    while (r->head != val) {
        /* A fault is outstanding until it is answered, not until it is read. */
        if (ring == SNIC_R_CAUSE) {
            snic_cause_taken(s, r->shadow[r->head]);
        }
        r->head = (r->head + 1) % r->len;
    }
    snic_kick_device(s);
}

static void snic_ring_write_tail(SnicState *s, unsigned ring, uint32_t val)
{
    SnicRing *r = &s->ring[ring];

    if (!r->on) {
        return;
    }
    if (val >= r->len) {
        snic_ring_fail(s, ring);
        return;
    }
    r->tail = val;
    if (ring == SNIC_R_RX) {
        snic_wake_mbx(s);
    }
    snic_kick_device(s);
}

void snic_ring_write(SnicState *s, unsigned ring, uint32_t off, uint32_t val)
{
    SnicRing *r = &s->ring[ring];

    switch (off) {
    case SNIC_RING_BASE_LO:
        if (!r->on) {
            r->base = deposit64(r->base, 0, 32, val & ~63u);
        }
        break;
    case SNIC_RING_BASE_HI:
        if (!r->on) {
            r->base = deposit64(r->base, 32, 32, val);
        }
        break;
    case SNIC_RING_LEN:
        snic_ring_write_len(s, ring, val);
        break;
    case SNIC_RING_HEAD:
        if (snic_event_ring(ring)) {
            snic_ring_write_head(s, ring, val);
        }
        break;
    case SNIC_RING_TAIL:
        if (!snic_event_ring(ring)) {
            snic_ring_write_tail(s, ring, val);
        }
        break;
    }
}

/* --- posting --------------------------------------------------------------------- */

/* True: @rec is in the ring. */
static bool snic_ring_post(SnicState *s, unsigned ring, const void *rec,
                           size_t size, uint32_t who)
{
    SnicRing *r = &s->ring[ring];
    uint32_t next;

    if (!r->on || !snic_live(s)) {
        return false;
    }
    next = (r->tail + 1) % r->len;
    if (next == r->head) {
        return false;
    }
    if (!snic_pf_dma(s, r->base + (uint64_t)r->tail * size, (void *)rec, size,
                     true)) {
        snic_ring_fail(s, ring);
        return false;
    }
    r->shadow[r->tail] = who;
    r->tail = next;
    return true;
}

static bool snic_post_fault(SnicState *s, SnicUnit *u)
{
    bool pasid = s->xlat_mode == SNIC_XLAT_MODE_PASID;
    struct snic_fault_rec rec = {
        .addr = cpu_to_le64(u->fault_addr),
        .len = cpu_to_le32(u->fault_len),
        .func = cpu_to_le16(u->f->idx),
        .unit = u->idx,
        .flags = u->fault_flags,
        .pasid = cpu_to_le32(pasid ? u->f->pasid & SNIC_FUNC_PASID_MASK : 0),
        .seq = cpu_to_le32(s->fault_seq),
    };

    if (!snic_ring_post(s, SNIC_R_FAULT, &rec, sizeof(rec),
                        snic_who(u->f, u->idx))) {
        return false;
    }
    s->fault_seq++;
    QTAILQ_REMOVE(&s->faults, u, fault_link);
    u->fault = SNIC_FAULT_POSTED;
    return true;
}

static bool snic_post_cause(SnicState *s, SnicVector *v)
{
    struct snic_cause_rec rec = {
        .func = cpu_to_le16(v->f->idx),
        .vec = cpu_to_le16(v->idx),
    };

    if (!snic_ring_post(s, SNIC_R_CAUSE, &rec, sizeof(rec),
                        snic_who(v->f, v->idx))) {
        return false;
    }
    QTAILQ_REMOVE(&s->causes, v, link);
    v->cause = SNIC_CAUSE_POSTED;
    return true;
}

/* Posts waiting records while there is room. */
void snic_post_events(SnicState *s)
{
    bool fault = false, cause = false;
    unsigned n;

    for (n = 0; n < POSTS_PER_PASS && !QTAILQ_EMPTY(&s->faults); n++) {
        if (!snic_post_fault(s, QTAILQ_FIRST(&s->faults))) {
            break;
        }
        fault = true;
    }
    for (n = 0; n < POSTS_PER_PASS && !QTAILQ_EMPTY(&s->causes); n++) {
        if (!snic_post_cause(s, QTAILQ_FIRST(&s->causes))) {
            break;
        }
        cause = true;
    }
    if (fault) {
        snic_pf_event(s, SNIC_ICR_FAULT);
    }
    if (cause) {
        snic_pf_event(s, SNIC_ICR_CAUSE);
    }
}
