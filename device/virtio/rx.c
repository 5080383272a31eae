/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Receive virtqueues: frames into buffers. */
#include "virtio.h"
#include "../core/core.h"
#include "../packet/packet.h"

/* What a frame takes: entries of the ring, and parts of buffers. */
typedef struct SnicVrxJob {
    uint32_t need, room;                /* bytes, header and all */
    unsigned nused, nbufs, descs;
    SnicUsed used[SNIC_VQ_SIZE_MAX];
    SnicBuf buf[SNIC_VQ_SIZE_MAX];
} SnicVrxJob;

static bool snic_vrx_sums(const SnicFunc *f)
{
    return f->virtio.offloads >> VIRTIO_NET_F_GUEST_CSUM & 1;
}

/* Every checksum that there is was checked and is good. */
static bool snic_vrx_valid(const SnicFunc *f, const SnicFrame *frame)
{
    return snic_vrx_sums(f) && frame->csum & SNIC_CSUM_L4 &&
           !(frame->csum & (SNIC_CSUM_L3_BAD | SNIC_CSUM_L4_BAD));
}

static bool snic_vrx_mergeable(const SnicVqView *v)
{
    return snic_vq_has(v->u->f, VIRTIO_NET_F_MRG_RXBUF);
}

/* --- room for a frame -------------------------------------------------------------- */

/* As much of the chain as the frame needs. */
static void snic_vrx_add(SnicVrxJob *job, const SnicChain *c)
{
    uint32_t before = job->room;
    unsigned i;

    for (i = 0; i < c->n && job->room < job->need; i++) {
        SnicBuf *b = &job->buf[job->nbufs++];

        *b = c->buf[i];
        b->len = MIN(b->len, job->need - job->room);
        job->room += b->len;
    }
    job->used[job->nused++] = (SnicUsed) {
        .id = c->head, .len = job->room - before,
    };
    job->descs += c->n;
}

/* The next chain. False: the unit has stopped. */
static bool snic_vrx_chain(SnicVqView *v, SnicVrxJob *job)
{
    SnicChain c;

    if (!snic_vq_chain(v, job->nused, &c)) {
        return false;
    }
    if (c.nout) {
        return snic_vq_bad(v->u, "a readable buffer to be filled");
    }
    if (!job->nused && c.in < SNIC_VHDR_BYTES) {
        return snic_vq_bad(v->u, "a buffer shorter than the header");
    }
    if (job->descs + c.n > SNIC_VQ_SIZE_MAX) {
        job->descs += c.n;
        return true;
    }
    snic_vrx_add(job, &c);
    return true;
}

/*
 * Room for the frame, of what is available. SNIC_RX_LOST: there can be none;
 * then the entries that it uses are empty ones.
 */
static enum snic_rx snic_vrx_room(SnicVqView *v, SnicVrxJob *job)
{
    bool mergeable = snic_vrx_mergeable(v);

    while (job->room < job->need) {
        if (job->nused == snic_vq_left(v)) {
            if (job->nused == v->vq->size) {
                job->nused = 0;
                return SNIC_RX_LOST;
            }
            if (!snic_vq_ask(v)) {
                return SNIC_RX_WAITS;
            }
        }
        if (!snic_vrx_chain(v, job)) {
            return SNIC_RX_WAITS;
        }
        if (job->descs > SNIC_VQ_SIZE_MAX) {
            job->nused = 0;
            return SNIC_RX_LOST;
        }
        if (!mergeable && job->room < job->need) {
            job->used[0].len = 0;
            return SNIC_RX_LOST;
        }
    }
    return SNIC_RX_DONE;
}

/* --- one frame ------------------------------------------------------------------------ */

static void snic_vrx_header(const SnicFunc *f, const SnicFrame *frame,
                            struct virtio_net_hdr_v1 *hdr)
{
    if (frame->partial) {
        hdr->flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
        hdr->csum_start = cpu_to_le16(frame->sum_from);
        hdr->csum_offset = cpu_to_le16(frame->sum_at);
    } else if (snic_vrx_valid(f, frame)) {
        hdr->flags = VIRTIO_NET_HDR_F_DATA_VALID;
    }
    if (frame->whole) {
        hdr->gso_type = frame->whole & SNIC_WHOLE_V6 ? VIRTIO_NET_HDR_GSO_TCPV6
                                                     : VIRTIO_NET_HDR_GSO_TCPV4;
        if (frame->whole & SNIC_WHOLE_CWR) {
            hdr->gso_type |= VIRTIO_NET_HDR_GSO_ECN;
        }
        hdr->hdr_len = cpu_to_le16(frame->hdr);
        hdr->gso_size = cpu_to_le16(frame->mss);
    }
}

static bool snic_vrx_write(SnicVqView *v, const SnicVrxJob *job,
                           const SnicFrame *frame)
{
    struct virtio_net_hdr_v1 hdr = { .num_buffers = cpu_to_le16(job->nused) };

    snic_vrx_header(v->u->f, frame, &hdr);
    return snic_vq_copy(v->u, job->buf, 0, NULL, job->need, SNIC_PROBE_WRITE) &&
           snic_vq_copy(v->u, job->buf, 0, &hdr, sizeof(hdr), SNIC_WRITE) &&
           snic_vq_copy(v->u, job->buf, sizeof(hdr), (void *)frame->data,
                        frame->len, SNIC_WRITE);
}

/*
 * Used entries are probed again after the data is written: no fault may come
 * between the first of them and the index.
 */
static enum snic_rx snic_vrx_deliver(SnicUnit *u, SnicQueue *rx,
                                     SnicFrame *frame)
{
    enum snic_rx done = SNIC_RX_LOST;
    SnicVrxJob job;
    SnicVqView v;

    job.need = SNIC_VHDR_BYTES + frame->len;
    job.room = job.nused = job.nbufs = job.descs = 0;
    if (!snic_vrx_sums(u->f)) {
        snic_frame_complete(frame);
    }
    if (!snic_vq_look(&v, u, rx)) {
        return SNIC_RX_WAITS;
    }
    /* What it takes whole may have changed since. */
    if (!(frame->whole & ~u->f->whole)) {
        done = snic_vrx_room(&v, &job);
    }
    if (done == SNIC_RX_WAITS || !snic_vq_probe_used(&v, job.nused) ||
        (done == SNIC_RX_DONE && (!snic_vrx_write(&v, &job, frame) ||
                                  !snic_vq_probe_used(&v, job.nused))) ||
        (job.nused && !snic_vq_use(&v, job.used, job.nused))) {
        return SNIC_RX_WAITS;
    }
    if (done == SNIC_RX_LOST) {
        if (frame->whole) {
            u->f->whole = 0;
        }
        snic_drop(u->f, frame, SNIC_STAT_RX_DISCARDS, "buffers cannot hold it");
    }
    return done;
}

/* --- the unit ------------------------------------------------------------------------- */

static bool snic_vrx_pending(SnicUnit *u)
{
    SnicQp *qp = snic_func_qp(u->f, u->idx - SNIC_UNIT_RXQ(0));

    return qp && snic_queue_active(&qp->rx) && qp->rx.fifo_used;
}

static void snic_vrx_serve(SnicUnit *u)
{
    SnicQueue *rx = &snic_func_qp(u->f, u->idx - SNIC_UNIT_RXQ(0))->rx;

    snic_fifo_serve(u, rx, snic_vrx_deliver);
    snic_vq_signal(u, rx);
}

static void snic_vrx_fail(SnicUnit *u)
{
    snic_queue_fail(u, SNIC_Q_ERR_FAULT);
}

const SnicUnitOps snic_vrx_ops = {
    .pending = snic_vrx_pending,
    .serve = snic_vrx_serve,
    .fail = snic_vrx_fail,
};
