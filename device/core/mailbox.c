/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The mailbox: a function's ATQ and ARQ on one side, the PF's MBX_RX and
 * MBX_TX rings on the other. The hardware writes the sender's number into a
 * message.
 */
#include "core.h"
#include "../trace.h"

#define PER_PASS            16
#define AQ_BYTES            sizeof(struct snic_aq_desc)

/* --- registers of a function ----------------------------------------------------- */

static SnicAq *snic_aq(SnicFunc *f, uint32_t off, unsigned *unit)
{
    bool arq = off & 0x20;

    *unit = arq ? SNIC_UNIT_ARQ : SNIC_UNIT_ATQ;
    return arq ? &f->arq : &f->atq;
}

uint32_t snic_aq_read(SnicFunc *f, uint32_t off)
{
    unsigned unit;
    SnicAq *aq = snic_aq(f, off, &unit);

    switch (off & ~0x20) {
    case SNIC_WIN_ATQBAL:
        return aq->bal;
    case SNIC_WIN_ATQBAH:
        return aq->bah;
    case SNIC_WIN_ATQLEN:
        return aq->len;
    case SNIC_WIN_ATQH:
        return aq->head;
    case SNIC_WIN_ATQT:
        return aq->tail;
    }
    return 0;
}

static void snic_aq_crit(SnicAq *aq)
{
    aq->len |= SNIC_AQ_LEN_CRIT;
    aq->len &= ~SNIC_AQ_LEN_ENABLE;
    aq->armed = false;
}

static void snic_aq_write_tail(SnicFunc *f, SnicAq *aq, unsigned unit,
                               uint32_t val)
{
    uint32_t len = aq->len & SNIC_AQ_LEN_MASK;

    aq->tail = val & SNIC_AQ_IDX_MASK;
    if (!(aq->len & SNIC_AQ_LEN_ENABLE)) {
        return;
    }
    if (val >= len || aq->head >= len) {
        snic_count(f, SNIC_STAT_BAD_TAILS, 1);
        snic_unit_cancel(&f->unit[unit]);
        snic_aq_crit(aq);
        return;
    }
    aq->base = (uint64_t)aq->bah << 32 | aq->bal;
    aq->armed = true;
    snic_kick(&f->unit[unit]);
}

void snic_aq_write(SnicFunc *f, uint32_t off, uint32_t val)
{
    unsigned unit;
    SnicAq *aq = snic_aq(f, off, &unit);

    switch (off & ~0x20) {
    case SNIC_WIN_ATQBAL:
        aq->bal = val;
        break;
    case SNIC_WIN_ATQBAH:
        aq->bah = val;
        break;
    case SNIC_WIN_ATQLEN:
        aq->len = val & (SNIC_AQ_LEN_MASK | SNIC_AQ_LEN_VFE |
                         SNIC_AQ_LEN_OVFL | SNIC_AQ_LEN_CRIT |
                         SNIC_AQ_LEN_ENABLE);
        aq->armed = false;
        snic_unit_cancel(&f->unit[unit]);
        break;
    case SNIC_WIN_ATQH:
        /*
         * Drivers shut a queue down by writing HEAD, then TAIL, then LEN:
         * in between it must not look like a ring full of descriptors.
         */
        if (!val) {
            aq->head = 0;
            aq->armed = false;
            snic_unit_cancel(&f->unit[unit]);
        }
        break;
    case SNIC_WIN_ATQT:
        snic_aq_write_tail(f, aq, unit, val);
        break;
    }
}

/* The function is done with the first of the PF's messages. */
void snic_mbx_drop_first(SnicFunc *f)
{
    SnicMsg *msg = QSIMPLEQ_FIRST(&f->msgs);

    QSIMPLEQ_REMOVE_HEAD(&f->msgs, next);
    g_free(msg);
    f->nmsgs--;
}

void snic_aq_reset(SnicFunc *f)
{
    memset(&f->atq, 0, sizeof(f->atq));
    memset(&f->arq, 0, sizeof(f->arq));
    while (f->nmsgs) {
        snic_mbx_drop_first(f);
    }
}

/* The driver answered a fault with FAIL, or DMA failed. */
static void snic_aq_fail(SnicUnit *u)
{
    snic_aq_crit(u->idx == SNIC_UNIT_ARQ ? &u->f->arq : &u->f->atq);
}

static bool snic_aq_has_work(const SnicAq *aq)
{
    return (aq->len & SNIC_AQ_LEN_ENABLE) && aq->armed && aq->head != aq->tail;
}

static void snic_aq_advance(SnicAq *aq)
{
    aq->head = (aq->head + 1) % (aq->len & SNIC_AQ_LEN_MASK);
}

static uint64_t snic_desc_addr(const struct snic_aq_desc *d)
{
    return (uint64_t)le32_to_cpu(d->addr_high) << 32 | le32_to_cpu(d->addr_low);
}

/* --- function -> PF --------------------------------------------------------------- */

/*
 * The message goes into the PF's next buffer. The PF posts buffers of
 * SNIC_AQ_BUF_MAX bytes.
 */
static bool snic_mbx_rx_put(SnicFunc *f, uint32_t high, uint32_t low,
                            const uint8_t *data, uint16_t len)
{
    SnicState *s = f->s;
    SnicRing *r = &s->ring[SNIC_R_RX];
    uint64_t at = r->base + (uint64_t)r->head * AQ_BYTES;
    struct snic_aq_desc d;

    if (!snic_pf_dma(s, at, &d, sizeof(d), false) ||
        (len && !snic_pf_dma(s, snic_desc_addr(&d), (void *)data, len, true))) {
        return false;
    }
    d.flags = cpu_to_le16(SNIC_AQ_DD | (len ? SNIC_AQ_BUF : 0));
    d.opcode = cpu_to_le16(SNIC_AQ_OP_TO_PF);
    d.datalen = cpu_to_le16(len);
    d.retval = 0;
    d.cookie_high = cpu_to_le32(high);
    d.cookie_low = cpu_to_le32(low);
    d.param0 = cpu_to_le32(f->idx);
    d.param1 = 0;
    if (!snic_pf_dma(s, at, &d, sizeof(d), true)) {
        return false;
    }
    r->head = (r->head + 1) % r->len;
    snic_count(f, SNIC_STAT_MBX_REQUESTS, 1);
    trace_snic_mbx_to_pf(f->idx, high, low, len);
    snic_pf_event(s, SNIC_ICR_MBX_RX);
    return true;
}

static bool snic_mbx_rx_ready(SnicState *s)
{
    SnicRing *r = &s->ring[SNIC_R_RX];

    return r->on && r->head != r->tail && snic_live(s);
}

/* A message of the unit's function to the PF. False: the unit waits. */
bool snic_mbx_deliver(SnicUnit *u, uint32_t high, uint32_t low,
                      const uint8_t *data, uint16_t len)
{
    SnicState *s = u->f->s;

    if (snic_mbx_rx_ready(s)) {
        if (snic_mbx_rx_put(u->f, high, low, data, len)) {
            return true;
        }
        snic_ring_fail(s, SNIC_R_RX);
    }
    snic_unit_wait(u, SNIC_WAIT_MBX);
    return false;
}

/* Decodes an ATQ descriptor. False: it is malformed. */
static bool snic_atq_parse(const struct snic_aq_desc *d, bool *send,
                           uint16_t *len)
{
    uint16_t op = le16_to_cpu(d->opcode);
    uint16_t flags = le16_to_cpu(d->flags);
    bool buf = (flags & SNIC_AQ_BUF) && (flags & SNIC_AQ_RD);

    *send = op == SNIC_AQ_OP_TO_PF;
    *len = *send && buf ? le16_to_cpu(d->datalen) : 0;
    return (*send || op == SNIC_AQ_OP_SHUTDOWN) &&
           le16_to_cpu(d->datalen) <= SNIC_AQ_BUF_MAX;
}

/* One descriptor. False: the unit has to stop for now. */
static bool snic_atq_one(SnicUnit *u)
{
    SnicFunc *f = u->f;
    uint64_t at = f->atq.base + (uint64_t)f->atq.head * AQ_BYTES;
    struct snic_aq_desc d;
    uint8_t data[SNIC_AQ_BUF_MAX];
    uint16_t len, flags;
    bool ok, send;

    if (!snic_dma_probe(u, at, sizeof(d), false) ||
        !snic_dma_probe(u, at, sizeof(d), true) ||
        !snic_dma_read(u, at, &d, sizeof(d))) {
        return false;
    }
    ok = snic_atq_parse(&d, &send, &len);
    if (ok && send) {
        if (!snic_mbx_rx_ready(f->s)) {
            snic_unit_wait(u, SNIC_WAIT_MBX);
            return false;
        }
        /* Probe the descriptor again: its translation may have left the cache. */
        if (!snic_dma_probe(u, snic_desc_addr(&d), len, false) ||
            !snic_dma_read(u, snic_desc_addr(&d), data, len) ||
            !snic_dma_probe(u, at, sizeof(d), true)) {
            return false;
        }
        if (!snic_mbx_deliver(u, le32_to_cpu(d.cookie_high),
                              le32_to_cpu(d.cookie_low), data, len)) {
            return false;
        }
    }
    flags = le16_to_cpu(d.flags) | SNIC_AQ_DD | SNIC_AQ_CMP;
    d.flags = cpu_to_le16(ok ? flags & ~SNIC_AQ_ERR : flags | SNIC_AQ_ERR);
    d.retval = cpu_to_le16(ok ? 0 : EINVAL);
    if (!ok) {
        snic_count(f, SNIC_STAT_BAD_DESCRIPTORS, 1);
    }
    if (!snic_dma_finish(u, at, &d, sizeof(d))) {
        return false;
    }
    snic_aq_advance(&f->atq);
    return true;
}

static bool snic_atq_pending(SnicUnit *u)
{
    return snic_aq_has_work(&u->f->atq);
}

static void snic_atq_serve(SnicUnit *u)
{
    unsigned n;

    for (n = 0; n < PER_PASS; n++) {
        if (!snic_atq_pending(u) || !snic_atq_one(u)) {
            return;
        }
    }
    snic_kick(u);
}

const SnicUnitOps snic_atq_ops = {
    .pending = snic_atq_pending,
    .serve = snic_atq_serve,
    .fail = snic_aq_fail,
};

/* --- PF -> function --------------------------------------------------------------- */

static bool snic_arq_one(SnicUnit *u)
{
    SnicFunc *f = u->f;
    uint64_t at = f->arq.base + (uint64_t)f->arq.head * AQ_BYTES;
    SnicMsg *msg = QSIMPLEQ_FIRST(&f->msgs);
    struct snic_aq_desc d;
    uint16_t len;

    if (!snic_dma_probe(u, at, sizeof(d), false) ||
        !snic_dma_probe(u, at, sizeof(d), true) ||
        !snic_dma_read(u, at, &d, sizeof(d))) {
        return false;
    }
    len = MIN(msg->len, le16_to_cpu(d.datalen));
    if (!snic_dma_probe(u, snic_desc_addr(&d), len, true) ||
        !snic_dma_write(u, snic_desc_addr(&d), msg->data, len) ||
        !snic_dma_probe(u, at, sizeof(d), true)) {
        return false;
    }
    d.flags = cpu_to_le16(SNIC_AQ_DD | (len ? SNIC_AQ_BUF : 0));
    d.opcode = cpu_to_le16(SNIC_AQ_OP_TO_FUNC);
    d.datalen = cpu_to_le16(len);
    d.retval = 0;
    d.cookie_high = cpu_to_le32(msg->cookie_high);
    d.cookie_low = cpu_to_le32(msg->cookie_low);
    d.param0 = d.param1 = 0;
    if (!snic_dma_finish(u, at, &d, sizeof(d))) {
        return false;
    }
    snic_aq_advance(&f->arq);
    trace_snic_mbx_to_func(f->idx, msg->cookie_high, msg->cookie_low, len);
    snic_mbx_drop_first(f);
    snic_count(f, SNIC_STAT_MBX_REPLIES, 1);
    return true;
}

static bool snic_arq_pending(SnicUnit *u)
{
    return u->f->nmsgs && snic_aq_has_work(&u->f->arq);
}

static void snic_arq_serve(SnicUnit *u)
{
    bool any = false;

    while (snic_arq_pending(u) && snic_arq_one(u)) {
        any = true;
    }
    if (any) {
        snic_mbx_event(u->f);
    }
}

const SnicUnitOps snic_arq_ops = {
    .pending = snic_arq_pending,
    .serve = snic_arq_serve,
    .fail = snic_aq_fail,
};

/* A positive errno, or 0 with the message taken over. */
static int snic_mbx_take(SnicState *s, const struct snic_aq_desc *d)
{
    uint32_t idx = le32_to_cpu(d->param0);
    uint16_t len = le16_to_cpu(d->datalen);
    SnicFunc *f;
    SnicMsg *msg;

    if (idx >= snic_num_funcs(s) || len > SNIC_AQ_BUF_MAX ||
        le16_to_cpu(d->opcode) != SNIC_AQ_OP_TO_FUNC) {
        return EINVAL;
    }
    f = &s->func[idx];
    if (!(f->ctrl & SNIC_FUNC_CTRL_ENABLE)) {
        return EINVAL;
    }
    if (f->kind->takes && !f->kind->takes(f, le32_to_cpu(d->cookie_high))) {
        return 0;
    }
    if (f->nmsgs == SNIC_FUNC_MSGS) {
        return ENOBUFS;
    }
    msg = g_malloc(sizeof(*msg) + len);
    if (len && !snic_pf_dma(s, snic_desc_addr(d), msg->data, len, false)) {
        g_free(msg);
        return EINVAL;
    }
    msg->len = len;
    msg->cookie_high = le32_to_cpu(d->cookie_high);
    msg->cookie_low = le32_to_cpu(d->cookie_low);
    QSIMPLEQ_INSERT_TAIL(&f->msgs, msg, next);
    f->nmsgs++;
    snic_kick(&f->unit[f->kind->msg_unit]);
    return 0;
}

/* The PF's transmit ring; true if there is more to do. */
bool snic_mbx_tx_run(SnicState *s)
{
    SnicRing *r = &s->ring[SNIC_R_TX];
    struct snic_aq_desc d;
    unsigned n;
    int err;

    for (n = 0; r->on && r->head != r->tail && snic_live(s); n++) {
        uint64_t at = r->base + (uint64_t)r->head * AQ_BYTES;

        if (n == PER_PASS) {
            snic_pf_event(s, SNIC_ICR_MBX_TX);
            return true;
        }
        if (!snic_pf_dma(s, at, &d, sizeof(d), false)) {
            snic_ring_fail(s, SNIC_R_TX);
            return false;
        }
        err = snic_mbx_take(s, &d);
        d.flags = cpu_to_le16(le16_to_cpu(d.flags) | SNIC_AQ_DD | SNIC_AQ_CMP |
                              (err ? SNIC_AQ_ERR : 0));
        d.retval = cpu_to_le16(err);
        if (!snic_pf_dma(s, at, &d, sizeof(d), true)) {
            snic_ring_fail(s, SNIC_R_TX);
            return false;
        }
        r->head = (r->head + 1) % r->len;
    }
    if (n) {
        snic_pf_event(s, SNIC_ICR_MBX_TX);
    }
    return false;
}
