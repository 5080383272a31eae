/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Receive queues as AVF drivers know them: frames into buffers, write-back. */
#include "avf.h"
#include "../core/core.h"
#include "../packet/packet.h"
#include "net/eth.h"

#define DESC_BYTES          32

/* Quad word 1 of the write-back */
#define RX_DD               (1ull << 0)
#define RX_EOP              (1ull << 1)
#define RX_L2TAG1P          (1ull << 2)
#define RX_L3L4P            (1ull << 3)
#define RX_WHOLE            (1ull << 16)
#define RX_FLTSTAT_RSS      (3ull << 12)
#define RX_IPE              (1ull << 22)
#define RX_L4E              (1ull << 23)
#define RX_PTYPE_SHIFT      30
#define RX_LENGTH_SHIFT     38

/* Quad word 2 of the write-back of a whole packet */
#define RX_L4_SHIFT         16
#define RX_HEADERS_SHIFT    32
#define RX_KIND_SHIFT       48

/* Quad word 0 */
#define RX_L2TAG1_SHIFT     16
#define RX_HASH_SHIFT       32

/* --- write-back ------------------------------------------------------------------- */

static uint64_t smnc_rx_status(const SmncFrame *frame, bool hashed)
{
    uint64_t st = (uint64_t)frame->ptype << RX_PTYPE_SHIFT;
    bool l4 = frame->csum & SMNC_CSUM_L4;
    bool l3 = frame->csum & SMNC_CSUM_L3;
    bool has_l4 = frame->rss_len == 12 || frame->rss_len == 36;

    /* Set only if every checksum that the type implies was verified. */
    if (l4 || (l3 && !has_l4)) {
        st |= RX_L3L4P;
    }
    if (frame->csum & SMNC_CSUM_L3_BAD) {
        st |= RX_IPE;
    }
    if (frame->csum & SMNC_CSUM_L4_BAD) {
        st |= RX_L4E;
    }
    return st | (hashed ? RX_FLTSTAT_RSS : 0) | (frame->whole ? RX_WHOLE : 0);
}

/* The fields of a descriptor that let a driver segment a whole packet. */
static uint64_t smnc_rx_whole(const SmncFrame *frame)
{
    return frame->mss | (uint64_t)frame->sum_from << RX_L4_SHIFT |
           (uint64_t)frame->hdr << RX_HEADERS_SHIFT |
           (uint64_t)frame->whole << RX_KIND_SHIFT;
}

typedef struct SmncRxJob {
    unsigned n;                         /* descriptors */
    uint32_t strip;                     /* bytes of the tag in descriptors */
    uint64_t desc[SMNC_Q_MAX_WHOLE];    /* their addresses */
    uint64_t buf[SMNC_Q_MAX_WHOLE];
    uint32_t len[SMNC_Q_MAX_WHOLE];
} SmncRxJob;

/* Bytes of the tag that goes into the descriptor instead of the buffer. */
static uint32_t smnc_rx_strips(const SmncFunc *f, const SmncFrame *frame)
{
    return f->vsi.flags & SMNC_VSI_VLAN_STRIP && !frame->whole &&
           frame->len >= ETH_HLEN + SMNC_TAG_BYTES &&
           lduw_be_p(frame->data + SMNC_TAG_AT) == ETH_P_VLAN ?
           SMNC_TAG_BYTES : 0;
}

/* Probes all memory that the frame needs. False: it cannot be written now. */
static bool smnc_rx_prepare(SmncUnit *u, SmncQueue *rx, uint32_t tail,
                            const SmncFrame *frame, SmncRxJob *job)
{
    uint32_t left = frame->len - job->strip, at = rx->head;
    uint32_t avail = tail >= at ? tail - at : rx->len - at + tail;

    if (job->n > avail) {
        return false;
    }
    for (unsigned i = 0; i < job->n; i++) {
        job->desc[i] = rx->base + (uint64_t)at * DESC_BYTES;
        job->len[i] = MIN(left, rx->bufsz);
        if (!smnc_dma_probe(u, job->desc[i], DESC_BYTES, false) ||
            !smnc_dma_probe(u, job->desc[i], DESC_BYTES, true) ||
            !smnc_dma_read(u, job->desc[i], &job->buf[i], 8)) {
            return false;
        }
        job->buf[i] = le64_to_cpu(job->buf[i]);
        if (!smnc_dma_probe(u, job->buf[i], job->len[i], true)) {
            return false;
        }
        left -= job->len[i];
        at = (at + 1) % rx->len;
    }
    return true;
}

/* Writes @len bytes from @off on of the frame without the tag that is stripped. */
static bool smnc_rx_write_part(SmncUnit *u, const SmncFrame *frame,
                               const SmncRxJob *job, uint64_t to, uint32_t off,
                               uint32_t len)
{
    uint32_t first = off < SMNC_TAG_AT ? MIN(len, SMNC_TAG_AT - off) : 0;

    if (!job->strip) {
        return smnc_dma_write(u, to, frame->data + off, len);
    }
    return (!first || smnc_dma_write(u, to, frame->data + off, first)) &&
           smnc_dma_write(u, to + first, frame->data + off + first + job->strip,
                          len - first);
}

/*
 * The descriptors are probed again after the data is written: a write-back
 * overwrites the buffer's address, so a fault after the first one could not be
 * retried.
 */
static bool smnc_rx_write_data(SmncUnit *u, const SmncFrame *frame,
                               const SmncRxJob *job)
{
    uint32_t off = 0;
    unsigned i;

    for (i = 0; i < job->n; i++) {
        if (!smnc_rx_write_part(u, frame, job, job->buf[i], off, job->len[i])) {
            return false;
        }
        off += job->len[i];
    }
    for (i = 0; i < job->n; i++) {
        if (!smnc_dma_probe(u, job->desc[i], DESC_BYTES, true)) {
            return false;
        }
    }
    return true;
}

static bool smnc_rx_write(SmncUnit *u, const SmncFrame *frame,
                          const SmncRxJob *job)
{
    uint32_t hash;
    bool hashed = smnc_frame_hash(frame, &u->f->vsi, &hash);
    uint64_t st = smnc_rx_status(frame, hashed), tag = 0;
    unsigned i;

    if (job->strip) {
        tag = lduw_be_p(frame->data + ETH_HLEN);
        st |= RX_L2TAG1P;
    }
    if (!smnc_rx_write_data(u, frame, job)) {
        return false;
    }
    for (i = 0; i < job->n; i++) {
        uint64_t qw0 = (uint64_t)hash << RX_HASH_SHIFT | tag << RX_L2TAG1_SHIFT;
        uint64_t qw1, qw2 = cpu_to_le64(smnc_rx_whole(frame));

        qw0 = cpu_to_le64(qw0);
        qw1 = st | RX_DD | (uint64_t)job->len[i] << RX_LENGTH_SHIFT |
              (i == job->n - 1 ? RX_EOP : 0);
        qw1 = cpu_to_le64(qw1);
        if (!smnc_dma_finish(u, job->desc[i], &qw0, 8) ||
            (frame->whole &&
             !smnc_dma_finish(u, job->desc[i] + 16, &qw2, 8)) ||
            !smnc_dma_finish(u, job->desc[i] + 8, &qw1, 8)) {
            return false;
        }
    }
    return true;
}

/* True: the function does not take the whole packet any more, or never can. */
static bool smnc_rx_hopeless(SmncFunc *f, const SmncFrame *frame,
                             const SmncRxJob *job)
{
    if (!frame->whole) {
        return false;
    }
    if (frame->whole & ~f->whole) {
        return true;
    }
    if (job->n <= SMNC_Q_MAX_WHOLE) {
        return false;
    }
    f->whole = 0;
    return true;
}

static enum smnc_rx smnc_rx_deliver(SmncUnit *u, SmncQueue *rx,
                                    SmncFrame *frame)
{
    uint32_t tail = u->f->rx_tail[u->idx - SMNC_UNIT_RXQ(0)];
    SmncRxJob job = { .strip = smnc_rx_strips(u->f, frame) };

    job.n = DIV_ROUND_UP(frame->len - job.strip, rx->bufsz);
    if (smnc_rx_hopeless(u->f, frame, &job)) {
        smnc_drop(u->f, frame, SMNC_STAT_RX_DISCARDS, "buffers cannot hold it");
        return SMNC_RX_LOST;
    }
    if (!smnc_rx_prepare(u, rx, tail, frame, &job) ||
        !smnc_rx_write(u, frame, &job)) {
        return SMNC_RX_WAITS;
    }
    rx->head = (rx->head + job.n) % rx->len;
    return SMNC_RX_DONE;
}

/* --- the unit ----------------------------------------------------------------------- */

static bool smnc_rx_pending(SmncUnit *u)
{
    SmncQp *qp = smnc_func_qp(u->f, u->idx - SMNC_UNIT_RXQ(0));

    return qp && smnc_queue_active(&qp->rx) && qp->rx.fifo_used;
}

static void smnc_rx_serve(SmncUnit *u)
{
    SmncQp *qp = smnc_func_qp(u->f, u->idx - SMNC_UNIT_RXQ(0));

    if (smnc_fifo_serve(u, &qp->rx, smnc_rx_deliver)) {
        smnc_queue_raise(u->f, qp->rx.intr);
    }
}

const SmncUnitOps smnc_avf_rx_ops = {
    .pending = smnc_rx_pending,
    .serve = smnc_rx_serve,
    .fail = smnc_queue_fault,
};
