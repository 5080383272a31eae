/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Receive virtqueues: frames into buffers. */
#include "virtio.h"
#include "../core/core.h"
#include "../packet/packet.h"

/* The entries of the ring and the parts of buffers that a frame takes. */
typedef struct SmncVrxJob {
    uint32_t need, room;                /* bytes, header and all */
    unsigned nused, nbufs, descs;
    SmncUsed used[SMNC_VQ_SIZE_MAX];
    SmncBuf buf[SMNC_VQ_SIZE_MAX];
} SmncVrxJob;

static bool smnc_vrx_sums(const SmncFunc *f)
{
    return f->virtio.offloads >> VIRTIO_NET_F_GUEST_CSUM & 1;
}

/* Every checksum that there is was checked and is good. */
static bool smnc_vrx_valid(const SmncFunc *f, const SmncFrame *frame)
{
    return smnc_vrx_sums(f) && frame->csum & SMNC_CSUM_L4 &&
           !(frame->csum & (SMNC_CSUM_L3_BAD | SMNC_CSUM_L4_BAD));
}

static bool smnc_vrx_mergeable(const SmncVqView *v)
{
    return smnc_vq_has(v->u->f, VIRTIO_NET_F_MRG_RXBUF);
}

/* --- room for a frame -------------------------------------------------------------- */

/* As much of the chain as the frame needs. */
static void smnc_vrx_add(SmncVrxJob *job, const SmncChain *c)
{
    uint32_t before = job->room;
    unsigned i;

    for (i = 0; i < c->n && job->room < job->need; i++) {
        SmncBuf *b = &job->buf[job->nbufs++];

        *b = c->buf[i];
        b->len = MIN(b->len, job->need - job->room);
        job->room += b->len;
    }
    job->used[job->nused++] = smnc_vq_used(c, job->room - before);
    job->descs += c->n;
}

/* The next chain. False: the unit has stopped. */
static bool smnc_vrx_chain(SmncVqView *v, SmncVrxJob *job)
{
    SmncChain c;

    if (!smnc_vq_chain(v, job->nused, &c)) {
        return false;
    }
    if (c.nout) {
        return smnc_vq_bad(v->u, "a readable buffer to be filled");
    }
    if (!job->nused && c.in < smnc_vhdr_bytes(v->u->f)) {
        return smnc_vq_bad(v->u, "a buffer shorter than the header");
    }
    if (job->descs + c.n > SMNC_VQ_SIZE_MAX) {
        job->descs += c.n;
        return true;
    }
    smnc_vrx_add(job, &c);
    return true;
}

/*
 * Collects buffers for the frame. SMNC_RX_LOST: the ring cannot hold it; the
 * entries that the unit uses then are empty.
 */
static enum smnc_rx smnc_vrx_room(SmncVqView *v, SmncVrxJob *job)
{
    bool mergeable = smnc_vrx_mergeable(v);

    while (job->room < job->need) {
        if (job->nused == v->left) {
            if (v->ring->full(v)) {
                job->nused = 0;
                return SMNC_RX_LOST;
            }
            if (!smnc_vq_ask(v)) {
                return SMNC_RX_WAITS;
            }
        }
        if (!smnc_vrx_chain(v, job)) {
            return SMNC_RX_WAITS;
        }
        if (job->descs > SMNC_VQ_SIZE_MAX) {
            job->nused = 0;
            return SMNC_RX_LOST;
        }
        if (!mergeable && job->room < job->need) {
            job->used[0].len = 0;
            return SMNC_RX_LOST;
        }
    }
    return SMNC_RX_DONE;
}

/* --- one frame ------------------------------------------------------------------------ */

static void smnc_vrx_hash(SmncFunc *f, const SmncFrame *frame, SmncVhdr *hdr)
{
    uint32_t hash;

    hdr->report = cpu_to_le16(smnc_vq_hash(f, frame, &hash));
    hdr->hash = cpu_to_le32(hash);
}

static void smnc_vrx_header(const SmncFunc *f, const SmncFrame *frame,
                            struct virtio_net_hdr_v1 *hdr)
{
    if (frame->partial) {
        hdr->flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
        hdr->csum_start = cpu_to_le16(frame->sum_from);
        hdr->csum_offset = cpu_to_le16(frame->sum_at);
    } else if (smnc_vrx_valid(f, frame)) {
        hdr->flags = VIRTIO_NET_HDR_F_DATA_VALID;
    }
    if (frame->whole) {
        hdr->gso_type = frame->whole & SMNC_WHOLE_V6 ? VIRTIO_NET_HDR_GSO_TCPV6
                                                     : VIRTIO_NET_HDR_GSO_TCPV4;
        if (frame->whole & SMNC_WHOLE_CWR) {
            hdr->gso_type |= VIRTIO_NET_HDR_GSO_ECN;
        }
        hdr->hdr_len = cpu_to_le16(frame->hdr);
        hdr->gso_size = cpu_to_le16(frame->mss);
    }
}

static bool smnc_vrx_write(SmncVqView *v, const SmncVrxJob *job,
                           const SmncFrame *frame)
{
    SmncVhdr hdr = { .v1.num_buffers = cpu_to_le16(job->nused) };
    uint32_t bytes = smnc_vhdr_bytes(v->u->f);

    smnc_vrx_header(v->u->f, frame, &hdr.v1);
    if (bytes == sizeof(hdr)) {
        smnc_vrx_hash(v->u->f, frame, &hdr);
    }
    return smnc_vq_copy(v->u, job->buf, 0, NULL, job->need, SMNC_PROBE_WRITE) &&
           smnc_vq_copy(v->u, job->buf, 0, &hdr, bytes, SMNC_WRITE) &&
           smnc_vq_copy(v->u, job->buf, bytes, (void *)frame->data,
                        frame->len, SMNC_WRITE);
}

/*
 * Used entries are probed again after the data is written: no fault may come
 * between the first of them and the index.
 */
static enum smnc_rx smnc_vrx_deliver(SmncUnit *u, SmncQueue *rx,
                                     SmncFrame *frame)
{
    enum smnc_rx done = SMNC_RX_LOST;
    SmncVrxJob job;
    SmncVqView v;

    job.need = smnc_vhdr_bytes(u->f) + frame->len;
    job.room = job.nused = job.nbufs = job.descs = 0;
    if (!smnc_vrx_sums(u->f)) {
        smnc_frame_complete(frame);
    }
    if (!smnc_vq_look(&v, u, rx)) {
        return SMNC_RX_WAITS;
    }
    /* The driver may have changed its offloads since the frame was held. */
    if (!(frame->whole & ~u->f->whole)) {
        done = smnc_vrx_room(&v, &job);
    }
    if (done == SMNC_RX_WAITS ||
        !smnc_vq_probe_used(&v, job.used, job.nused) ||
        (done == SMNC_RX_DONE && (!smnc_vrx_write(&v, &job, frame) ||
                                  !smnc_vq_probe_used(&v, job.used,
                                                      job.nused))) ||
        (job.nused && !smnc_vq_use(&v, job.used, job.nused))) {
        return SMNC_RX_WAITS;
    }
    if (done == SMNC_RX_LOST) {
        if (frame->whole && !(frame->whole & ~u->f->whole)) {
            u->f->whole = 0;
        }
        smnc_drop(u->f, frame, SMNC_STAT_RX_DISCARDS, "buffers cannot hold it");
    }
    return done;
}

/* --- the unit ------------------------------------------------------------------------- */

static bool smnc_vrx_pending(SmncUnit *u)
{
    SmncQp *qp = smnc_func_qp(u->f, u->idx - SMNC_UNIT_RXQ(0));

    return qp && smnc_queue_active(&qp->rx) && qp->rx.fifo_used;
}

static void smnc_vrx_serve(SmncUnit *u)
{
    SmncQueue *rx = &smnc_func_qp(u->f, u->idx - SMNC_UNIT_RXQ(0))->rx;

    smnc_fifo_serve(u, rx, smnc_vrx_deliver);
    smnc_vq_signal(u, rx);
}

const SmncUnitOps smnc_vrx_ops = {
    .pending = smnc_vrx_pending,
    .serve = smnc_vrx_serve,
    .fail = smnc_queue_fault,
};
