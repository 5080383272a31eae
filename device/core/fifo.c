/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Frames for a function: which of its receive queues takes one, and the frames
 * that wait there for descriptors or pages.
 */
#include "core.h"
#include "../packet/packet.h"
#include "net/eth.h"

#define PER_PASS            SMNC_FIFO

/* The queue that a rule names, or else the function's kind, or else the hash. */
static unsigned smnc_rx_choice(SmncFunc *f, const SmncFrame *frame,
                               const struct smnc_flow *rule)
{
    uint32_t hash;
    unsigned q;

    if (rule) {
        return rule->queue;
    }
    if (f->kind->spread && f->kind->spread(f, frame, &q)) {
        return q;
    }
    return smnc_frame_hash(frame, &f->vsi, &hash) ?
           f->vsi.lut[hash % SMNC_RSS_LUT_ENTRIES] % SMNC_FUNC_QPS : 0;
}

static SmncQueue *smnc_rx_take(SmncFunc *f, const SmncFrame *frame,
                               const struct smnc_flow *rule, unsigned *q)
{
    SmncQp *qp;

    *q = smnc_rx_choice(f, frame, rule);
    qp = smnc_func_qp(f, *q);
    if (qp && smnc_queue_active(&qp->rx)) {
        return &qp->rx;
    }
    *q = 0;
    qp = smnc_func_qp(f, 0);
    return qp && smnc_queue_active(&qp->rx) ? &qp->rx : NULL;
}

static bool smnc_rx_drops(const struct smnc_flow *rule)
{
    return rule && rule->action == SMNC_FLOW_DROP;
}

/* The queue that takes the parsed frame, or NULL. */
SmncQueue *smnc_rx_queue(SmncFunc *f, const SmncFrame *frame)
{
    const struct smnc_flow *rule = smnc_flow_find(&f->vsi, frame);
    unsigned q;

    return smnc_rx_drops(rule) ? NULL : smnc_rx_take(f, frame, rule, &q);
}

static void smnc_rx_count(SmncFunc *f, const SmncFrame *frame)
{
    enum smnc_stat kind = SMNC_STAT_RX_UNICAST;

    if (is_broadcast_ether_addr(frame->data)) {
        kind = SMNC_STAT_RX_BROADCAST;
    } else if (is_multicast_ether_addr(frame->data)) {
        kind = SMNC_STAT_RX_MULTICAST;
    }
    smnc_count(f, kind, frame->segs);
    smnc_count(f, SMNC_STAT_RX_BYTES, smnc_frame_bytes(frame));
}

static void smnc_fifo_pop(SmncQueue *rx)
{
    rx->fifo_segs -= rx->fifo[rx->fifo_first]->segs;
    smnc_frame_put(rx->fifo[rx->fifo_first]);
    rx->fifo_first = (rx->fifo_first + 1) % SMNC_FIFO;
    rx->fifo_used--;
}

static void smnc_fifo_room(SmncFunc *f)
{
    smnc_patience_end(&f->patience);
    smnc_wake_room(f->s);
}

void smnc_fifo_drop(SmncFunc *f, SmncQueue *rx)
{
    while (rx->fifo_used) {
        smnc_drop(f, rx->fifo[rx->fifo_first], SMNC_STAT_RX_DISCARDS,
                  "held by a queue that stops or changes its VLAN");
        smnc_fifo_pop(rx);
    }
    smnc_fifo_room(f);
}

/*
 * Delivers waiting frames until @deliver lacks descriptors or pages. Returns
 * the number of frames that it is done with.
 */
unsigned smnc_fifo_serve(SmncUnit *u, SmncQueue *rx, SmncDeliver *deliver)
{
    SmncFunc *f = u->f;
    unsigned n = 0;

    while (rx->fifo_used && n < PER_PASS) {
        SmncFrame *frame = rx->fifo[rx->fifo_first];
        enum smnc_rx done = deliver(u, rx, frame);

        if (done == SMNC_RX_WAITS) {
            break;      /* a fault, or the queue is stopped and its FIFO gone */
        }
        if (done == SMNC_RX_DONE) {
            smnc_rx_count(f, frame);
        }
        smnc_fifo_pop(rx);
        n++;
        if (--f->s->credit <= 0 && rx->fifo_used) {
            smnc_kick(u);
            break;
        }
    }
    if (n) {
        smnc_fifo_room(f);
    }
    return n;
}

/* Why the queue cannot take the frame, or NULL. */
static const char *smnc_rx_refuses(const SmncQueue *rx, const SmncFrame *frame)
{
    if (!rx) {
        return "no active receive queue";
    }
    if (smnc_frame_longest(frame) > rx->maxframe) {
        return "longer than MAXFRAME";
    }
    if (rx->fifo_used && rx->fifo_segs + frame->segs > SMNC_FIFO) {
        return "too many frames wait for descriptors or pages";
    }
    if (rx->bufsz &&
        DIV_ROUND_UP(smnc_frame_longest(frame), rx->bufsz) > SMNC_Q_MAX_CHAIN) {
        return "needs too many buffers";
    }
    return NULL;
}

/* The switch has a frame for this function. */
void smnc_rx_push(SmncFunc *f, SmncFrame *frame)
{
    const struct smnc_flow *rule;
    SmncState *s = f->s;
    SmncQueue *rx;
    const char *why;
    unsigned q;

    s->credit--;
    if (!f->kind->virtio) {
        smnc_frame_complete(frame);
    }
    smnc_frame_parse(s, frame);
    rule = smnc_flow_find(&f->vsi, frame);
    if (smnc_rx_drops(rule)) {
        smnc_drop(f, frame, SMNC_STAT_FLOW_DROPS, "a rule of the flow table");
        return;
    }
    rx = smnc_rx_take(f, frame, rule, &q);
    why = smnc_rx_refuses(rx, frame);
    if (why) {
        smnc_drop(f, frame, SMNC_STAT_RX_DISCARDS, why);
        return;
    }
    if (!rx->fifo_used) {
        rx->fifo_since = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
    }
    rx->fifo[(rx->fifo_first + rx->fifo_used++) % SMNC_FIFO] = frame;
    rx->fifo_segs += frame->segs;
    frame->refs++;

    /* Deliver at once if possible, so that bursts find room. */
    smnc_unit_run(&f->unit[SMNC_UNIT_RXQ(q)]);
}
