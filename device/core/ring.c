/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The PF's rings: their registers, and the records of the two event rings,
 * faults and causes. mailbox.c serves the other two.
 */
#include "core.h"

#define POSTS_PER_PASS      256

static bool smnc_event_ring(unsigned ring)
{
    return ring == SMNC_R_FAULT || ring == SMNC_R_CAUSE;
}

static uint32_t smnc_who(const SmncFunc *f, unsigned idx)
{
    return (uint32_t)f->idx << 8 | idx;
}

/* --- records in an event ring -------------------------------------------------- */

/* The driver has consumed the record: its vector may be posted again. */
static void smnc_cause_taken(SmncState *s, uint32_t who)
{
    SmncVector *v = &s->func[who >> 8].vec[who & 0xff];

    if (v->cause == SMNC_CAUSE_AGAIN) {
        v->cause = SMNC_CAUSE_QUEUED;
        QTAILQ_INSERT_TAIL(&s->causes, v, link);
    } else if (v->cause == SMNC_CAUSE_POSTED) {
        v->cause = SMNC_NO_CAUSE;
    }
}

/* The ring is disabled with this record unread: post it again later. */
static void smnc_event_lost(SmncState *s, unsigned ring, uint32_t who)
{
    SmncFunc *f = &s->func[who >> 8];

    if (ring == SMNC_R_CAUSE) {
        f->vec[who & 0xff].cause = SMNC_CAUSE_AGAIN;
        smnc_cause_taken(s, who);
    } else if (f->unit[who & 0xff].fault == SMNC_FAULT_POSTED) {
        f->unit[who & 0xff].fault = SMNC_FAULT_QUEUED;
        QTAILQ_INSERT_TAIL(&s->faults, &f->unit[who & 0xff], fault_link);
    }
}

static void smnc_ring_off(SmncState *s, unsigned ring)
{
    SmncRing *r = &s->ring[ring];

    if (r->on && smnc_event_ring(ring)) {
        while (r->head != r->tail) {
            smnc_event_lost(s, ring, r->shadow[r->head]);
            r->head = (r->head + 1) % r->len;
        }
    }
    r->on = false;
    g_free(r->shadow);
    r->shadow = NULL;
}

void smnc_ring_fail(SmncState *s, unsigned ring)
{
    smnc_guest_error(&s->func[0], "PF ring %u: bad index, length or address\n", ring);
    smnc_ring_off(s, ring);
    smnc_pf_event(s, SMNC_ICR_ERR);
}

/* All functions were reset, so no record is queued. */
void smnc_rings_reset(SmncState *s)
{
    unsigned i;
    SmncVector *v, *next;

    for (i = 0; i < SMNC_RINGS; i++) {
        smnc_ring_off(s, i);
        memset(&s->ring[i], 0, sizeof(s->ring[i]));
    }
    QTAILQ_FOREACH_SAFE(v, &s->causes, link, next) {
        QTAILQ_REMOVE(&s->causes, v, link);
        v->cause = SMNC_NO_CAUSE;
    }
    s->fault_seq = 0;
}

/* --- registers ------------------------------------------------------------------ */

uint32_t smnc_ring_read(SmncState *s, unsigned ring, uint32_t off)
{
    SmncRing *r = &s->ring[ring];

    switch (off) {
    case SMNC_RING_BASE_LO:
        return r->base;
    case SMNC_RING_BASE_HI:
        return r->base >> 32;
    case SMNC_RING_LEN:
        return r->len | (r->on ? SMNC_RING_LEN_ENABLE : 0);
    case SMNC_RING_HEAD:
        return r->head;
    case SMNC_RING_TAIL:
        return r->tail;
    }
    return 0;
}

static void smnc_ring_write_len(SmncState *s, unsigned ring, uint32_t val)
{
    SmncRing *r = &s->ring[ring];
    uint32_t len = val & SMNC_RING_LEN_MASK;
    bool event = smnc_event_ring(ring);

    smnc_ring_off(s, ring);
    r->head = r->tail = 0;
    r->len = len;
    if (!(val & SMNC_RING_LEN_ENABLE)) {
        return;
    }
    if (len < 2 || (event && (len & (len - 1))) ||
        len > (event ? SMNC_EVENT_RING_MAX : SMNC_MBX_RING_MAX)) {
        smnc_ring_fail(s, ring);
        return;
    }
    if (event) {
        r->shadow = g_new0(uint32_t, len);
    }
    r->on = true;
    smnc_kick_device(s);
}

/* The driver has consumed the records before @val. */
static void smnc_ring_write_head(SmncState *s, unsigned ring, uint32_t val)
{
    SmncRing *r = &s->ring[ring];
    uint32_t steps;

    if (!r->on) {
        return;
    }
    steps = (val - r->head) & (r->len - 1);
    if (val >= r->len || steps > smnc_ring_avail(r)) {
        smnc_ring_fail(s, ring);
        return;
    }
    while (r->head != val) {
        /* A fault is outstanding until it is answered, not until it is read. */
        if (ring == SMNC_R_CAUSE) {
            smnc_cause_taken(s, r->shadow[r->head]);
        }
        r->head = (r->head + 1) % r->len;
    }
    smnc_kick_device(s);
}

static void smnc_ring_write_tail(SmncState *s, unsigned ring, uint32_t val)
{
    SmncRing *r = &s->ring[ring];

    if (!r->on) {
        return;
    }
    if (val >= r->len) {
        smnc_ring_fail(s, ring);
        return;
    }
    r->tail = val;
    if (ring == SMNC_R_RX) {
        smnc_wake_mbx(s);
    }
    smnc_kick_device(s);
}

void smnc_ring_write(SmncState *s, unsigned ring, uint32_t off, uint32_t val)
{
    SmncRing *r = &s->ring[ring];

    switch (off) {
    case SMNC_RING_BASE_LO:
        if (!r->on) {
            r->base = deposit64(r->base, 0, 32, val & ~63u);
        }
        break;
    case SMNC_RING_BASE_HI:
        if (!r->on) {
            r->base = deposit64(r->base, 32, 32, val);
        }
        break;
    case SMNC_RING_LEN:
        smnc_ring_write_len(s, ring, val);
        break;
    case SMNC_RING_HEAD:
        if (smnc_event_ring(ring)) {
            smnc_ring_write_head(s, ring, val);
        }
        break;
    case SMNC_RING_TAIL:
        if (!smnc_event_ring(ring)) {
            smnc_ring_write_tail(s, ring, val);
        }
        break;
    }
}

/* --- posting --------------------------------------------------------------------- */

/* True: @rec is in the ring. */
static bool smnc_ring_post(SmncState *s, unsigned ring, const void *rec,
                           size_t size, uint32_t who)
{
    SmncRing *r = &s->ring[ring];
    uint32_t next;

    if (!r->on || !smnc_live(s)) {
        return false;
    }
    next = (r->tail + 1) % r->len;
    if (next == r->head) {
        return false;
    }
    if (!smnc_pf_dma(s, r->base + (uint64_t)r->tail * size, (void *)rec, size,
                     true)) {
        smnc_ring_fail(s, ring);
        return false;
    }
    r->shadow[r->tail] = who;
    r->tail = next;
    return true;
}

static bool smnc_post_fault(SmncState *s, SmncUnit *u)
{
    bool pasid = s->xlat_mode == SMNC_XLAT_MODE_PASID;
    struct smnc_fault_rec rec = {
        .addr = cpu_to_le64(u->fault_addr),
        .len = cpu_to_le32(u->fault_len),
        .func = cpu_to_le16(u->f->idx),
        .unit = u->idx,
        .flags = u->fault_flags,
        .pasid = cpu_to_le32(pasid ? u->f->pasid & SMNC_FUNC_PASID_MASK : 0),
        .seq = cpu_to_le32(s->fault_seq),
    };

    if (!smnc_ring_post(s, SMNC_R_FAULT, &rec, sizeof(rec),
                        smnc_who(u->f, u->idx))) {
        return false;
    }
    s->fault_seq++;
    QTAILQ_REMOVE(&s->faults, u, fault_link);
    u->fault = SMNC_FAULT_POSTED;
    return true;
}

static bool smnc_post_cause(SmncState *s, SmncVector *v)
{
    struct smnc_cause_rec rec = {
        .func = cpu_to_le16(v->f->idx),
        .vec = cpu_to_le16(v->idx),
    };

    if (!smnc_ring_post(s, SMNC_R_CAUSE, &rec, sizeof(rec),
                        smnc_who(v->f, v->idx))) {
        return false;
    }
    QTAILQ_REMOVE(&s->causes, v, link);
    v->cause = SMNC_CAUSE_POSTED;
    return true;
}

/* Posts waiting records while there is room. */
void smnc_post_events(SmncState *s)
{
    bool fault = false, cause = false;
    unsigned n;

    for (n = 0; n < POSTS_PER_PASS && !QTAILQ_EMPTY(&s->faults); n++) {
        if (!smnc_post_fault(s, QTAILQ_FIRST(&s->faults))) {
            break;
        }
        fault = true;
    }
    for (n = 0; n < POSTS_PER_PASS && !QTAILQ_EMPTY(&s->causes); n++) {
        if (!smnc_post_cause(s, QTAILQ_FIRST(&s->causes))) {
            break;
        }
        cause = true;
    }
    if (fault) {
        smnc_pf_event(s, SMNC_ICR_FAULT);
    }
    if (cause) {
        smnc_pf_event(s, SMNC_ICR_CAUSE);
    }
}
