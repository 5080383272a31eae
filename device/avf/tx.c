/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Transmit queues as AVF drivers know them: descriptors into packets. */
#include "avf.h"
#include "../core/core.h"
#include "../packet/packet.h"
#include "../switch/switch.h"

#define PER_PASS            32
#define DESC_BYTES          16

/* Quad word 1 of a descriptor */
#define TX_DTYPE            0xfull
#define TX_DTYPE_DATA       0x0
#define TX_DTYPE_CTX        0x1
#define TX_DTYPE_DONE       0xfull
#define TX_CMD(qw1)         (((qw1) >> 4) & 0x3ff)
#define TX_OFFSET(qw1)      (((qw1) >> 16) & 0x3ffff)
#define TX_SIZE(qw1)        (((qw1) >> 34) & 0x3fff)
#define TX_L2TAG1(qw1)      ((qw1) >> 48)
#define TX_CTX_MSS(qw1)     ((qw1) >> 50)

#define CMD_EOP             0x001
#define CMD_RS              0x002
#define CMD_IL2TAG1         0x008
#define CMD_IIPT(cmd)       (((cmd) >> 5) & 3)
#define CMD_L4T(cmd)        (((cmd) >> 8) & 3)
#define CTX_TSO             0x01

typedef struct SmncTxDesc {
    uint64_t addr, qw1;
} SmncTxDesc;

/* The descriptors from HEAD on that were fetched. */
typedef struct SmncTxRing {
    SmncUnit *u;
    SmncQueue *tx;
    uint32_t tail;
    unsigned pos, have;
    bool done;                          /* a DD was written */
    SmncTxDesc d[SMNC_Q_MAX_TX_DESCS];
} SmncTxRing;

/* A packet and its descriptors */
typedef struct SmncTxJob {
    unsigned n;                         /* descriptors */
    uint64_t rs;                        /* by descriptor: report it */
    SmncPkt pkt;
    SmncBuf buf[SMNC_Q_MAX_TX_DESCS];
} SmncTxJob;

static const uint8_t smnc_iipt[] = {
    SMNC_L3_NONE, SMNC_L3_IPV6, SMNC_L3_IPV4, SMNC_L3_IPV4_CSUM,
};
static const uint8_t smnc_l4t[] = {
    SMNC_L4_NONE, SMNC_L4_TCP, SMNC_L4_SCTP, SMNC_L4_UDP,
};

enum tx_result { TX_GOOD, TX_BAD, TX_MORE };

/* --- descriptors ---------------------------------------------------------------- */

static uint64_t smnc_tx_at(const SmncQueue *tx, unsigned i)
{
    return tx->base + (uint64_t)((tx->head + i) % tx->len) * DESC_BYTES;
}

static uint32_t smnc_tx_avail(const SmncTxRing *r)
{
    uint32_t head = r->tx->head;

    return r->tail >= head ? r->tail - head : r->tx->len - head + r->tail;
}

static bool smnc_tx_fetch(SmncTxRing *r)
{
    unsigned n = MIN(smnc_tx_avail(r), SMNC_Q_MAX_TX_DESCS);
    unsigned first = MIN(n, r->tx->len - r->tx->head), i;

    r->pos = r->have = 0;
    if (!smnc_dma_probe(r->u, smnc_tx_at(r->tx, 0), first * DESC_BYTES, false) ||
        !smnc_dma_probe(r->u, r->tx->base, (n - first) * DESC_BYTES, false) ||
        !smnc_dma_read(r->u, smnc_tx_at(r->tx, 0), r->d, first * DESC_BYTES) ||
        !smnc_dma_read(r->u, r->tx->base, r->d + first,
                       (n - first) * DESC_BYTES)) {
        return false;
    }
    for (i = 0; i < n; i++) {
        r->d[i].addr = le64_to_cpu(r->d[i].addr);
        r->d[i].qw1 = le64_to_cpu(r->d[i].qw1);
    }
    r->have = n;
    return true;
}

static bool smnc_tx_context(SmncTxJob *job, const SmncTxDesc *d)
{
    if (job->pkt.nbufs) {
        return false;
    }
    job->pkt.tso = TX_CMD(d->qw1) & CTX_TSO;
    job->pkt.mss = TX_CTX_MSS(d->qw1);
    return !job->pkt.tso || job->pkt.mss >= SMNC_MSS_MIN;
}

/* What the first descriptor with data says of the whole packet. */
static void smnc_tx_headers(SmncPkt *p, uint64_t qw1)
{
    uint32_t cmd = TX_CMD(qw1), off = TX_OFFSET(qw1);

    p->l3_kind = smnc_iipt[CMD_IIPT(cmd)];
    p->l4_kind = smnc_l4t[CMD_L4T(cmd)];
    p->l2 = (off & 0x7f) * 2;
    p->l3 = ((off >> 7) & 0x7f) * 4;
    p->l4 = ((off >> 14) & 0xf) * 4;
    p->tagged = cmd & CMD_IL2TAG1;
    p->tci = TX_L2TAG1(qw1);
}

static bool smnc_tx_data(SmncTxJob *job, const SmncTxDesc *d)
{
    SmncPkt *p = &job->pkt;
    uint32_t size = TX_SIZE(d->qw1);

    if (!size || p->total + size > SMNC_TSO_MAX) {
        return false;
    }
    if (!p->nbufs) {
        smnc_tx_headers(p, d->qw1);
    }
    job->buf[p->nbufs++] = (SmncBuf) { .addr = d->addr, .len = size };
    p->total += size;
    if (TX_CMD(d->qw1) & CMD_RS) {
        job->rs |= 1ull << job->n;
    }
    return true;
}

/* Take one packet, up to EOP, from the fetched descriptors. */
static enum tx_result smnc_tx_parse(const SmncTxRing *r, SmncTxJob *job)
{
    memset(job, 0, offsetof(SmncTxJob, buf));
    job->pkt.buf = job->buf;
    while (r->pos + job->n < r->have) {
        const SmncTxDesc *d = &r->d[r->pos + job->n];
        unsigned type = d->qw1 & TX_DTYPE;

        if (type == TX_DTYPE_CTX ? !smnc_tx_context(job, d) :
            type == TX_DTYPE_DATA ? !smnc_tx_data(job, d) : true) {
            return TX_BAD;
        }
        job->n++;
        if (type == TX_DTYPE_DATA && (TX_CMD(d->qw1) & CMD_EOP)) {
            return TX_GOOD;
        }
    }
    return job->n == SMNC_Q_MAX_TX_DESCS ? TX_BAD : TX_MORE;
}

/* --- one packet ------------------------------------------------------------------------- */

static bool smnc_tx_probe_done(const SmncTxRing *r, const SmncTxJob *job)
{
    unsigned i;

    for (i = 0; i < job->n; i++) {
        if ((job->rs & (1ull << i)) &&
            !smnc_dma_probe(r->u, smnc_tx_at(r->tx, i), DESC_BYTES, true)) {
            return false;
        }
    }
    return true;
}

static bool smnc_tx_write_done(SmncTxRing *r, const SmncTxJob *job)
{
    unsigned i;

    for (i = 0; i < job->n; i++) {
        uint64_t qw1 = cpu_to_le64(r->d[r->pos + i].qw1 | TX_DTYPE_DONE);

        if (!(job->rs & (1ull << i))) {
            continue;
        }
        if (!smnc_dma_finish(r->u, smnc_tx_at(r->tx, i) + 8, &qw1, 8)) {
            return false;
        }
        r->done = true;
    }
    r->tx->seg = 0;
    r->tx->head = (r->tx->head + job->n) % r->tx->len;
    r->pos += job->n;
    return true;
}

static void smnc_tx_bad(SmncUnit *u)
{
    smnc_count(u->f, SMNC_STAT_TX_ERRORS, 1);
    smnc_count(u->f, SMNC_STAT_BAD_DESCRIPTORS, 1);
    smnc_guest_error(u->f, "function %u queue %u: malformed descriptor\n",
                     u->f->idx, u->idx);
    smnc_queue_fail(u, SMNC_Q_ERR_DESC);
}

/*
 * Sends the remaining segments of the packet. The guest may have changed it
 * since the first segments left, so it is checked again. HEAD moves and DD is
 * written after the last segment. False: the queue has to stop for now.
 */
static bool smnc_tx_packet(SmncTxRing *r, const SmncTxJob *job)
{
    unsigned n = smnc_pkt_segments(&job->pkt), first = MIN(r->tx->seg, n - 1);
    unsigned next = first;
    SmncFrame *frame = smnc_send_frame(r->u, &job->pkt, first);

    if (!frame) {
        return false;
    }
    /*
     * After the data, so that the ring's translation is still cached at the
     * end.
     */
    if (smnc_tx_probe_done(r, job)) {
        next = smnc_send(r->u, &job->pkt, frame, first);
    }
    smnc_frame_put(frame);
    if (next == first) {
        return false;
    }
    if (next < n) {
        r->tx->seg = next;
        return true;
    }
    return smnc_tx_write_done(r, job);
}

static bool smnc_tx_one(SmncTxRing *r)
{
    SmncTxJob job;
    enum tx_result res = smnc_tx_parse(r, &job);

    if (res == TX_MORE && smnc_tx_avail(r) > r->have - r->pos) {
        if (!smnc_tx_fetch(r)) {
            return false;
        }
        res = smnc_tx_parse(r, &job);
    }
    if (res == TX_MORE) {
        return false;       /* the rest of the packet is still to come */
    }
    if (res == TX_BAD || !smnc_pkt_ok(&job.pkt)) {
        smnc_tx_bad(r->u);
        return false;
    }
    return smnc_tx_packet(r, &job);
}

static bool smnc_tx_pending(SmncUnit *u)
{
    SmncQp *qp = smnc_func_qp(u->f, u->idx);

    return qp && smnc_queue_active(&qp->tx) &&
           qp->tx.head != u->f->tx_tail[u->idx];
}

static void smnc_tx_serve(SmncUnit *u)
{
    SmncFunc *f = u->f;
    SmncTxRing r;
    unsigned n = 0;
    bool more = true;

    r.u = u;
    r.tx = &smnc_func_qp(f, u->idx)->tx;
    r.tail = f->tx_tail[u->idx];
    r.pos = r.have = 0;
    r.done = false;
    while (more && r.tx->head != r.tail && n++ < PER_PASS && f->s->credit > 0) {
        more = smnc_rate_may(u) && smnc_tx_one(&r);
    }
    if (r.done) {
        smnc_queue_raise(f, r.tx->intr);
    }
    if (more && r.tx->head != r.tail) {
        smnc_kick(u);
    }
}

const SmncUnitOps smnc_avf_tx_ops = {
    .pending = smnc_tx_pending,
    .serve = smnc_tx_serve,
    .fail = smnc_queue_fault,
};
