/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The receive half of the queue engine: choice of queue, FIFO, write-back. */
#include "snic_int.h"
#include "net/eth.h"

#define PER_PASS            SNIC_FIFO
#define DESC_BYTES          32

/* Quad word 1 of the write-back */
#define RX_DD               (1ull << 0)
#define RX_EOP              (1ull << 1)
#define RX_L3L4P            (1ull << 3)
#define RX_FLTSTAT_RSS      (3ull << 12)
#define RX_IPE              (1ull << 22)
#define RX_L4E              (1ull << 23)
#define RX_PTYPE_SHIFT      30
#define RX_LENGTH_SHIFT     38

/* --- which queue ------------------------------------------------------------------ */

/* The queue that takes the frame, or NULL. */
SnicQueue *snic_rx_queue(SnicFunc *f, SnicFrame *frame, unsigned *q)
{
    uint32_t hash;
    SnicQp *qp;

    *q = 0;
    if (snic_frame_hash(frame, &f->vsi, &hash)) {
        *q = f->vsi.lut[hash % SNIC_RSS_LUT_ENTRIES] % SNIC_FUNC_QPS;
        qp = snic_func_qp(f, *q);
        if (qp && snic_queue_active(&qp->rx)) {
            return &qp->rx;
        }
        *q = 0;
    }
    qp = snic_func_qp(f, 0);
    return qp && snic_queue_active(&qp->rx) ? &qp->rx : NULL;
}

/* --- write-back ------------------------------------------------------------------- */

static uint64_t snic_rx_status(const SnicFrame *frame, bool hashed)
{
    uint64_t st = (uint64_t)frame->ptype << RX_PTYPE_SHIFT;
    bool l4 = frame->csum & SNIC_CSUM_L4;
    bool l3 = frame->csum & SNIC_CSUM_L3;
    bool has_l4 = frame->rss_len == 12 || frame->rss_len == 36;

    /* Said only when every checksum that the type promises was looked at. */
    if (l4 || (l3 && !has_l4)) {
        st |= RX_L3L4P;
    }
    if (frame->csum & SNIC_CSUM_L3_BAD) {
        st |= RX_IPE;
    }
    if (frame->csum & SNIC_CSUM_L4_BAD) {
        st |= RX_L4E;
    }
    return st | (hashed ? RX_FLTSTAT_RSS : 0);
}

typedef struct SnicRxJob {
    unsigned n;                         /* descriptors */
    uint64_t desc[SNIC_Q_MAX_CHAIN];    /* their addresses */
    uint64_t buf[SNIC_Q_MAX_CHAIN];
    uint32_t len[SNIC_Q_MAX_CHAIN];
} SnicRxJob;

/* Looks at all that the frame will touch. False: not now. */
static bool snic_rx_prepare(SnicUnit *u, SnicQueue *rx, uint32_t tail,
                            const SnicFrame *frame, SnicRxJob *job)
{
    uint32_t left = frame->len, at = rx->head;
    uint32_t avail = tail >= at ? tail - at : rx->len - at + tail;

    job->n = DIV_ROUND_UP(frame->len, rx->bufsz);
    if (job->n > avail) {
        return false;
    }
    for (unsigned i = 0; i < job->n; i++) {
        job->desc[i] = rx->base + (uint64_t)at * DESC_BYTES;
        job->len[i] = MIN(left, rx->bufsz);
        if (!snic_dma_probe(u, job->desc[i], DESC_BYTES, false) ||
            !snic_dma_probe(u, job->desc[i], DESC_BYTES, true) ||
            !snic_dma_read(u, job->desc[i], &job->buf[i], 8)) {
            return false;
        }
        job->buf[i] = le64_to_cpu(job->buf[i]);
        if (!snic_dma_probe(u, job->buf[i], job->len[i], true)) {
            return false;
        }
        left -= job->len[i];
        at = (at + 1) % rx->len;
    }
    return true;
}

/*
 * The descriptors are looked at again behind the data: what they say now, the
 * buffers, is lost with the first write-back, and from then on nothing else of
 * the function's memory is touched.
 */
static bool snic_rx_write_data(SnicUnit *u, const SnicFrame *frame,
                               const SnicRxJob *job)
{
    uint32_t off = 0;
    unsigned i;

    for (i = 0; i < job->n; i++) {
        if (!snic_dma_write(u, job->buf[i], frame->data + off, job->len[i])) {
            return false;
        }
        off += job->len[i];
    }
    for (i = 0; i < job->n; i++) {
        if (!snic_dma_probe(u, job->desc[i], DESC_BYTES, true)) {
            return false;
        }
    }
    return true;
}

static bool snic_rx_write(SnicUnit *u, const SnicFrame *frame,
                          const SnicRxJob *job)
{
    uint32_t hash;
    bool hashed = snic_frame_hash(frame, &u->f->vsi, &hash);
    uint64_t st = snic_rx_status(frame, hashed);
    unsigned i;

    if (!snic_rx_write_data(u, frame, job)) {
        return false;
    }
    for (i = 0; i < job->n; i++) {
        uint64_t qw0 = cpu_to_le64((uint64_t)hash << 32), qw1;

        qw1 = st | RX_DD | (uint64_t)job->len[i] << RX_LENGTH_SHIFT |
              (i == job->n - 1 ? RX_EOP : 0);
        qw1 = cpu_to_le64(qw1);
        if (!snic_dma_finish(u, job->desc[i], &qw0, 8) ||
            !snic_dma_finish(u, job->desc[i] + 8, &qw1, 8)) {
            return false;
        }
    }
    return true;
}

static void snic_rx_count(SnicFunc *f, const SnicFrame *frame)
{
    enum snic_stat kind = SNIC_STAT_RX_UNICAST;

    if (is_broadcast_ether_addr(frame->data)) {
        kind = SNIC_STAT_RX_BROADCAST;
    } else if (is_multicast_ether_addr(frame->data)) {
        kind = SNIC_STAT_RX_MULTICAST;
    }
    snic_count(f, kind, 1);
    snic_count(f, SNIC_STAT_RX_BYTES, frame->len);
}

static void snic_fifo_pop(SnicQueue *rx)
{
    snic_frame_put(rx->fifo[rx->fifo_first]);
    rx->fifo_first = (rx->fifo_first + 1) % SNIC_FIFO;
    rx->fifo_used--;
}

static bool snic_rx_pending(SnicUnit *u)
{
    SnicQp *qp = snic_func_qp(u->f, u->idx - SNIC_UNIT_RXQ(0));

    return qp && snic_queue_active(&qp->rx) && qp->rx.fifo_used;
}

/* Frames that wait go out as far as descriptors and pages are there. */
static void snic_rx_serve(SnicUnit *u)
{
    SnicFunc *f = u->f;
    unsigned q = u->idx - SNIC_UNIT_RXQ(0), n = 0;
    SnicQueue *rx = &snic_func_qp(f, q)->rx;
    SnicRxJob job;

    while (rx->fifo_used && n < PER_PASS) {
        SnicFrame *frame = rx->fifo[rx->fifo_first];

        if (!snic_rx_prepare(u, rx, f->rx_tail[q], frame, &job)) {
            break;
        }
        if (!snic_rx_write(u, frame, &job)) {
            break;      /* a fault, or the queue is stopped and its FIFO gone */
        }
        rx->head = (rx->head + job.n) % rx->len;
        snic_rx_count(f, frame);
        snic_fifo_pop(rx);
        f->s->credit--;
        n++;
    }
    if (n) {
        snic_queue_raise(f, rx->intr);
        snic_patience_end(&f->patience);
        snic_wake_room(f->s);
    }
}

static void snic_rx_fail(SnicUnit *u)
{
    snic_queue_fail(u, SNIC_Q_ERR_FAULT);
}

const SnicUnitOps snic_rx_ops = {
    .pending = snic_rx_pending,
    .serve = snic_rx_serve,
    .fail = snic_rx_fail,
};

/* --- from the switch ---------------------------------------------------------------- */

/* The switch has a frame for this function. */
void snic_rx_push(SnicFunc *f, SnicFrame *frame)
{
    SnicState *s = f->s;
    SnicQueue *rx;
    unsigned q;

    s->credit--;
    snic_frame_parse(s, frame);
    rx = snic_rx_queue(f, frame, &q);
    if (!rx || frame->len > rx->maxframe || rx->fifo_used == SNIC_FIFO ||
        DIV_ROUND_UP(frame->len, rx->bufsz) > SNIC_Q_MAX_CHAIN) {
        snic_count(f, SNIC_STAT_RX_DISCARDS, 1);
        return;
    }
    if (!rx->fifo_used) {
        rx->fifo_since = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
    }
    rx->fifo[(rx->fifo_first + rx->fifo_used++) % SNIC_FIFO] = frame;
    frame->refs++;

    /* Right away if nothing is in the way, so that bursts find room. */
    snic_unit_run(&f->unit[SNIC_UNIT_RXQ(q)]);
}
