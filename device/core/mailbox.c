/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The mailbox: a function's ATQ and ARQ on one side, the PF's MBX_RX and
 * MBX_TX rings on the other. The hardware writes the sender's number into a
 * message.
 */
#include "core.h"
#include "../trace.h"

#define PER_PASS            16
#define AQ_BYTES            sizeof(struct smnc_aq_desc)

/* --- registers of a function ----------------------------------------------------- */

static SmncAq *smnc_aq(SmncFunc *f, uint32_t off, unsigned *unit)
{
    bool arq = off & 0x20;

    *unit = arq ? SMNC_UNIT_ARQ : SMNC_UNIT_ATQ;
    return arq ? &f->arq : &f->atq;
}

uint32_t smnc_aq_read(SmncFunc *f, uint32_t off)
{
    unsigned unit;
    SmncAq *aq = smnc_aq(f, off, &unit);

    switch (off & ~0x20) {
    case SMNC_WIN_ATQBAL:
        return aq->bal;
    case SMNC_WIN_ATQBAH:
        return aq->bah;
    case SMNC_WIN_ATQLEN:
        return aq->len;
    case SMNC_WIN_ATQH:
        return aq->head;
    case SMNC_WIN_ATQT:
        return aq->tail;
    }
    return 0;
}

static void smnc_aq_crit(SmncAq *aq)
{
    aq->len |= SMNC_AQ_LEN_CRIT;
    aq->len &= ~SMNC_AQ_LEN_ENABLE;
    aq->armed = false;
}

static void smnc_aq_write_tail(SmncFunc *f, SmncAq *aq, unsigned unit,
                               uint32_t val)
{
    uint32_t len = aq->len & SMNC_AQ_LEN_MASK;

    aq->tail = val & SMNC_AQ_IDX_MASK;
    if (!(aq->len & SMNC_AQ_LEN_ENABLE)) {
        return;
    }
    if (val >= len || aq->head >= len) {
        smnc_count(f, SMNC_STAT_BAD_TAILS, 1);
        smnc_unit_cancel(&f->unit[unit]);
        smnc_aq_crit(aq);
        return;
    }
    aq->base = (uint64_t)aq->bah << 32 | aq->bal;
    aq->armed = true;
    smnc_kick(&f->unit[unit]);
}

void smnc_aq_write(SmncFunc *f, uint32_t off, uint32_t val)
{
    unsigned unit;
    SmncAq *aq = smnc_aq(f, off, &unit);

    switch (off & ~0x20) {
    case SMNC_WIN_ATQBAL:
        aq->bal = val;
        break;
    case SMNC_WIN_ATQBAH:
        aq->bah = val;
        break;
    case SMNC_WIN_ATQLEN:
        aq->len = val & (SMNC_AQ_LEN_MASK | SMNC_AQ_LEN_VFE |
                         SMNC_AQ_LEN_OVFL | SMNC_AQ_LEN_CRIT |
                         SMNC_AQ_LEN_ENABLE);
        aq->armed = false;
        smnc_unit_cancel(&f->unit[unit]);
        break;
    case SMNC_WIN_ATQH:
        /*
         * Drivers shut a queue down by writing HEAD, then TAIL, then LEN:
         * in between it must not look like a ring full of descriptors.
         */
        if (!val) {
            aq->head = 0;
            aq->armed = false;
            smnc_unit_cancel(&f->unit[unit]);
        }
        break;
    case SMNC_WIN_ATQT:
        smnc_aq_write_tail(f, aq, unit, val);
        break;
    }
}

/* Adds a message of the PF; the caller has checked that there is room. */
void smnc_mbx_queue(SmncFunc *f, uint32_t high, uint32_t low,
                    const uint8_t *data, uint16_t len)
{
    SmncMsg *msg = g_malloc(sizeof(*msg) + len);

    msg->cookie_high = high;
    msg->cookie_low = low;
    msg->len = len;
    memcpy(msg->data, data, len);
    QSIMPLEQ_INSERT_TAIL(&f->msgs, msg, next);
    f->nmsgs++;
    smnc_kick(&f->unit[f->kind->msg_unit]);
}

/* The function is done with the first of the PF's messages. */
void smnc_mbx_drop_first(SmncFunc *f)
{
    SmncMsg *msg = QSIMPLEQ_FIRST(&f->msgs);

    QSIMPLEQ_REMOVE_HEAD(&f->msgs, next);
    g_free(msg);
    f->nmsgs--;
}

void smnc_aq_reset(SmncFunc *f)
{
    memset(&f->atq, 0, sizeof(f->atq));
    memset(&f->arq, 0, sizeof(f->arq));
    while (f->nmsgs) {
        smnc_mbx_drop_first(f);
    }
}

/* The driver answered a fault with FAIL, or DMA failed. */
static void smnc_aq_fail(SmncUnit *u)
{
    smnc_aq_crit(u->idx == SMNC_UNIT_ARQ ? &u->f->arq : &u->f->atq);
}

static bool smnc_aq_has_work(const SmncAq *aq)
{
    return (aq->len & SMNC_AQ_LEN_ENABLE) && aq->armed && aq->head != aq->tail;
}

static void smnc_aq_advance(SmncAq *aq)
{
    aq->head = (aq->head + 1) % (aq->len & SMNC_AQ_LEN_MASK);
}

static uint64_t smnc_desc_addr(const struct smnc_aq_desc *d)
{
    return (uint64_t)le32_to_cpu(d->addr_high) << 32 | le32_to_cpu(d->addr_low);
}

/* Writes the bytes that hold DD last, for who polls it reads the others then. */
static bool smnc_aq_desc_put(SmncUnit *u, uint64_t at,
                             const struct smnc_aq_desc *d)
{
    const uint8_t *bytes = (const uint8_t *)d;

    if (!smnc_dma_finish(u, at + 8, bytes + 8, sizeof(*d) - 8)) {
        return false;
    }
    smp_wmb();
    return smnc_dma_finish(u, at, bytes, 8);
}

/* As smnc_aq_desc_put(), in a ring of the PF. */
static bool smnc_pf_desc_put(SmncState *s, uint64_t at, struct smnc_aq_desc *d)
{
    uint8_t *bytes = (uint8_t *)d;

    if (!smnc_pf_dma(s, at + 8, bytes + 8, sizeof(*d) - 8, true)) {
        return false;
    }
    smp_wmb();
    return smnc_pf_dma(s, at, bytes, 8, true);
}

/* --- function -> PF --------------------------------------------------------------- */

/*
 * The message goes into the PF's next buffer. The PF posts buffers of
 * SMNC_AQ_BUF_MAX bytes.
 */
static bool smnc_mbx_rx_put(SmncFunc *f, uint32_t high, uint32_t low,
                            const uint8_t *data, uint16_t len)
{
    SmncState *s = f->s;
    SmncRing *r = &s->ring[SMNC_R_RX];
    uint64_t at = r->base + (uint64_t)r->head * AQ_BYTES;
    struct smnc_aq_desc d;

    if (!smnc_pf_dma(s, at, &d, sizeof(d), false) ||
        (len && !smnc_pf_dma(s, smnc_desc_addr(&d), (void *)data, len, true))) {
        return false;
    }
    d.flags = cpu_to_le16(SMNC_AQ_DD | (len ? SMNC_AQ_BUF : 0));
    d.opcode = cpu_to_le16(SMNC_AQ_OP_TO_PF);
    d.datalen = cpu_to_le16(len);
    d.retval = 0;
    d.cookie_high = cpu_to_le32(high);
    d.cookie_low = cpu_to_le32(low);
    d.param0 = cpu_to_le32(f->idx);
    d.param1 = 0;
    if (!smnc_pf_desc_put(s, at, &d)) {
        return false;
    }
    r->head = (r->head + 1) % r->len;
    smnc_count(f, SMNC_STAT_MBX_REQUESTS, 1);
    trace_smnc_mbx_to_pf(f->idx, high, low, len);
    smnc_pf_event(s, SMNC_ICR_MBX_RX);
    return true;
}

static bool smnc_mbx_rx_ready(SmncState *s)
{
    SmncRing *r = &s->ring[SMNC_R_RX];

    return r->on && r->head != r->tail && smnc_live(s);
}

/* A message of the unit's function to the PF. False: the unit waits. */
bool smnc_mbx_deliver(SmncUnit *u, uint32_t high, uint32_t low,
                      const uint8_t *data, uint16_t len)
{
    SmncState *s = u->f->s;

    if (smnc_mbx_rx_ready(s)) {
        if (smnc_mbx_rx_put(u->f, high, low, data, len)) {
            return true;
        }
        smnc_ring_fail(s, SMNC_R_RX);
    }
    smnc_unit_wait(u, SMNC_WAIT_MBX);
    return false;
}

/* Decodes an ATQ descriptor. False: it is malformed. */
static bool smnc_atq_parse(const struct smnc_aq_desc *d, bool *send,
                           uint16_t *len)
{
    uint16_t op = le16_to_cpu(d->opcode);
    uint16_t flags = le16_to_cpu(d->flags);
    bool buf = (flags & SMNC_AQ_BUF) && (flags & SMNC_AQ_RD);

    *send = op == SMNC_AQ_OP_TO_PF;
    *len = *send && buf ? le16_to_cpu(d->datalen) : 0;
    return (*send || op == SMNC_AQ_OP_SHUTDOWN) &&
           le16_to_cpu(d->datalen) <= SMNC_AQ_BUF_MAX;
}

/* One descriptor. False: the unit has to stop for now. */
static bool smnc_atq_one(SmncUnit *u)
{
    SmncFunc *f = u->f;
    uint64_t at = f->atq.base + (uint64_t)f->atq.head * AQ_BYTES;
    struct smnc_aq_desc d;
    uint8_t data[SMNC_AQ_BUF_MAX];
    uint16_t len, flags;
    bool ok, send;

    if (!smnc_dma_probe(u, at, sizeof(d), false) ||
        !smnc_dma_probe(u, at, sizeof(d), true) ||
        !smnc_dma_read(u, at, &d, sizeof(d))) {
        return false;
    }
    ok = smnc_atq_parse(&d, &send, &len);
    if (ok && send) {
        if (!smnc_mbx_rx_ready(f->s)) {
            smnc_unit_wait(u, SMNC_WAIT_MBX);
            return false;
        }
        /* Probe the descriptor again: its translation may have left the cache. */
        if (!smnc_dma_probe(u, smnc_desc_addr(&d), len, false) ||
            !smnc_dma_read(u, smnc_desc_addr(&d), data, len) ||
            !smnc_dma_probe(u, at, sizeof(d), true)) {
            return false;
        }
        if (!smnc_mbx_deliver(u, le32_to_cpu(d.cookie_high),
                              le32_to_cpu(d.cookie_low), data, len)) {
            return false;
        }
    }
    flags = le16_to_cpu(d.flags) | SMNC_AQ_DD | SMNC_AQ_CMP;
    d.flags = cpu_to_le16(ok ? flags & ~SMNC_AQ_ERR : flags | SMNC_AQ_ERR);
    d.retval = cpu_to_le16(ok ? 0 : EINVAL);
    if (!ok) {
        smnc_count(f, SMNC_STAT_BAD_DESCRIPTORS, 1);
    }
    if (!smnc_aq_desc_put(u, at, &d)) {
        return false;
    }
    smnc_aq_advance(&f->atq);
    return true;
}

static bool smnc_atq_pending(SmncUnit *u)
{
    return smnc_aq_has_work(&u->f->atq);
}

static void smnc_atq_serve(SmncUnit *u)
{
    unsigned n;

    for (n = 0; n < PER_PASS; n++) {
        if (!smnc_atq_pending(u) || !smnc_atq_one(u)) {
            return;
        }
    }
    smnc_kick(u);
}

const SmncUnitOps smnc_atq_ops = {
    .pending = smnc_atq_pending,
    .serve = smnc_atq_serve,
    .fail = smnc_aq_fail,
};

/* --- PF -> function --------------------------------------------------------------- */

static bool smnc_arq_one(SmncUnit *u)
{
    SmncFunc *f = u->f;
    uint64_t at = f->arq.base + (uint64_t)f->arq.head * AQ_BYTES;
    SmncMsg *msg = QSIMPLEQ_FIRST(&f->msgs);
    struct smnc_aq_desc d;
    uint16_t len;

    if (!smnc_dma_probe(u, at, sizeof(d), false) ||
        !smnc_dma_probe(u, at, sizeof(d), true) ||
        !smnc_dma_read(u, at, &d, sizeof(d))) {
        return false;
    }
    len = MIN(msg->len, le16_to_cpu(d.datalen));
    if (!smnc_dma_probe(u, smnc_desc_addr(&d), len, true) ||
        !smnc_dma_write(u, smnc_desc_addr(&d), msg->data, len) ||
        !smnc_dma_probe(u, at, sizeof(d), true)) {
        return false;
    }
    d.flags = cpu_to_le16(SMNC_AQ_DD | (len ? SMNC_AQ_BUF : 0));
    d.opcode = cpu_to_le16(SMNC_AQ_OP_TO_FUNC);
    d.datalen = cpu_to_le16(len);
    d.retval = 0;
    d.cookie_high = cpu_to_le32(msg->cookie_high);
    d.cookie_low = cpu_to_le32(msg->cookie_low);
    d.param0 = d.param1 = 0;
    if (!smnc_aq_desc_put(u, at, &d)) {
        return false;
    }
    smnc_aq_advance(&f->arq);
    trace_smnc_mbx_to_func(f->idx, msg->cookie_high, msg->cookie_low, len);
    smnc_mbx_drop_first(f);
    smnc_count(f, SMNC_STAT_MBX_REPLIES, 1);
    return true;
}

static bool smnc_arq_pending(SmncUnit *u)
{
    return u->f->nmsgs && smnc_aq_has_work(&u->f->arq);
}

static void smnc_arq_serve(SmncUnit *u)
{
    bool any = false;

    while (smnc_arq_pending(u) && smnc_arq_one(u)) {
        any = true;
    }
    if (any) {
        smnc_mbx_event(u->f);
    }
}

const SmncUnitOps smnc_arq_ops = {
    .pending = smnc_arq_pending,
    .serve = smnc_arq_serve,
    .fail = smnc_aq_fail,
};

/* A positive errno, or 0 with the message taken over. */
static int smnc_mbx_take(SmncState *s, const struct smnc_aq_desc *d)
{
    uint32_t idx = le32_to_cpu(d->param0);
    uint16_t len = le16_to_cpu(d->datalen);
    uint8_t data[SMNC_AQ_BUF_MAX];
    SmncFunc *f;

    if (idx >= smnc_num_funcs(s) || len > SMNC_AQ_BUF_MAX ||
        le16_to_cpu(d->opcode) != SMNC_AQ_OP_TO_FUNC) {
        return EINVAL;
    }
    f = &s->func[idx];
    if (!(f->ctrl & SMNC_FUNC_CTRL_ENABLE)) {
        return EINVAL;
    }
    if (f->kind->takes && !f->kind->takes(f, le32_to_cpu(d->cookie_high))) {
        return 0;
    }
    if (f->nmsgs == SMNC_FUNC_MSGS) {
        return ENOBUFS;
    }
    if (len && !smnc_pf_dma(s, smnc_desc_addr(d), data, len, false)) {
        return EINVAL;
    }
    smnc_mbx_queue(f, le32_to_cpu(d->cookie_high), le32_to_cpu(d->cookie_low),
                   data, len);
    return 0;
}

/* The PF's transmit ring; true if there is more to do. */
bool smnc_mbx_tx_run(SmncState *s)
{
    SmncRing *r = &s->ring[SMNC_R_TX];
    struct smnc_aq_desc d;
    unsigned n;
    int err;

    for (n = 0; r->on && r->head != r->tail && smnc_live(s); n++) {
        uint64_t at = r->base + (uint64_t)r->head * AQ_BYTES;

        if (n == PER_PASS) {
            smnc_pf_event(s, SMNC_ICR_MBX_TX);
            return true;
        }
        if (!smnc_pf_dma(s, at, &d, sizeof(d), false)) {
            smnc_ring_fail(s, SMNC_R_TX);
            return false;
        }
        err = smnc_mbx_take(s, &d);
        d.flags = cpu_to_le16(le16_to_cpu(d.flags) | SMNC_AQ_DD | SMNC_AQ_CMP |
                              (err ? SMNC_AQ_ERR : 0));
        d.retval = cpu_to_le16(err);
        if (!smnc_pf_desc_put(s, at, &d)) {
            smnc_ring_fail(s, SMNC_R_TX);
            return false;
        }
        r->head = (r->head + 1) % r->len;
    }
    if (n) {
        smnc_pf_event(s, SMNC_ICR_MBX_TX);
    }
    return false;
}
