/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Frames for a function: which of its receive queues takes one, and the frames
 * that wait there for descriptors or pages.
 */
#include "core.h"
#include "../packet/packet.h"
#include "net/eth.h"

#define PER_PASS            SNIC_FIFO

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

static void snic_rx_count(SnicFunc *f, const SnicFrame *frame)
{
    enum snic_stat kind = SNIC_STAT_RX_UNICAST;

    if (is_broadcast_ether_addr(frame->data)) {
        kind = SNIC_STAT_RX_BROADCAST;
    } else if (is_multicast_ether_addr(frame->data)) {
        kind = SNIC_STAT_RX_MULTICAST;
    }
    snic_count(f, kind, frame->segs);
    snic_count(f, SNIC_STAT_RX_BYTES, snic_frame_bytes(frame));
}

static void snic_fifo_pop(SnicQueue *rx)
{
    rx->fifo_segs -= rx->fifo[rx->fifo_first]->segs;
    snic_frame_put(rx->fifo[rx->fifo_first]);
    rx->fifo_first = (rx->fifo_first + 1) % SNIC_FIFO;
    rx->fifo_used--;
}

static void snic_fifo_room(SnicFunc *f)
{
    snic_patience_end(&f->patience);
    snic_wake_room(f->s);
}

void snic_fifo_drop(SnicFunc *f, SnicQueue *rx)
{
    while (rx->fifo_used) {
        snic_drop(f, rx->fifo[rx->fifo_first], SNIC_STAT_RX_DISCARDS,
                  "held by a queue that stops or changes its VLAN");
        snic_fifo_pop(rx);
    }
    snic_fifo_room(f);
}

/*
 * Delivers waiting frames until @deliver lacks descriptors or pages. Returns
 * the number of frames that it is done with.
 */
unsigned snic_fifo_serve(SnicUnit *u, SnicQueue *rx, SnicDeliver *deliver)
{
    SnicFunc *f = u->f;
    unsigned n = 0;

    while (rx->fifo_used && n < PER_PASS) {
        SnicFrame *frame = rx->fifo[rx->fifo_first];
        enum snic_rx done = deliver(u, rx, frame);

        if (done == SNIC_RX_WAITS) {
            break;      /* a fault, or the queue is stopped and its FIFO gone */
        }
        if (done == SNIC_RX_DONE) {
            snic_rx_count(f, frame);
        }
        snic_fifo_pop(rx);
        n++;
        if (--f->s->credit <= 0 && rx->fifo_used) {
            snic_kick(u);
            break;
        }
    }
    if (n) {
        snic_fifo_room(f);
    }
    return n;
}

/* Why the queue cannot take the frame, or NULL. */
static const char *snic_rx_refuses(const SnicQueue *rx, const SnicFrame *frame)
{
    if (!rx) {
        return "no active receive queue";
    }
    if (frame->len > rx->maxframe) {
        return "longer than MAXFRAME";
    }
    if (rx->fifo_used && rx->fifo_segs + frame->segs > SNIC_FIFO) {
        return "too many frames wait for descriptors or pages";
    }
    if (rx->bufsz && DIV_ROUND_UP(frame->len, rx->bufsz) > SNIC_Q_MAX_CHAIN) {
        return "needs too many buffers";
    }
    return NULL;
}

/* The switch has a frame for this function. */
void snic_rx_push(SnicFunc *f, SnicFrame *frame)
{
    SnicState *s = f->s;
    SnicQueue *rx;
    const char *why;
    unsigned q;

    s->credit--;
    if (!f->kind->virtio) {
        snic_frame_complete(frame);
    }
    snic_frame_parse(s, frame);
    rx = snic_rx_queue(f, frame, &q);
    why = snic_rx_refuses(rx, frame);
    if (why) {
        snic_drop(f, frame, SNIC_STAT_RX_DISCARDS, why);
        return;
    }
    if (!rx->fifo_used) {
        rx->fifo_since = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
    }
    rx->fifo[(rx->fifo_first + rx->fifo_used++) % SNIC_FIFO] = frame;
    rx->fifo_segs += frame->segs;
    frame->refs++;

    /* Deliver at once if possible, so that bursts find room. */
    snic_unit_run(&f->unit[SNIC_UNIT_RXQ(q)]);
}
