/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Takes a packet from a VSI's queue into the switch, whatever kind of queue it
 * is: reads it from memory, waits for room at the receivers, charges the rate.
 */
#include "switch.h"
#include "../core/core.h"
#include "../packet/packet.h"

/* The packet's frame, or its segment @i; NULL: the unit has stopped. */
SmncFrame *smnc_send_frame(SmncUnit *u, const SmncPkt *p, unsigned i)
{
    SmncState *s = u->f->s;
    SmncFrame *frame;

    if (p->tso) {
        return smnc_dma_gather(u, p->buf, p->nbufs, s->txbuf) ?
               smnc_pkt_segment(p, s->txbuf, i) : NULL;
    }
    frame = smnc_frame_new(p->total);
    if (!smnc_dma_gather(u, p->buf, p->nbufs, frame->data)) {
        smnc_frame_put(frame);
        return NULL;
    }
    smnc_pkt_finish(p, frame, 0);
    return frame;
}

static void smnc_send_count(SmncFunc *f, const SmncPath *path, uint32_t bytes,
                            unsigned n)
{
    static const enum smnc_stat kind[] = {
        [SMNC_UNICAST] = SMNC_STAT_TX_UNICAST,
        [SMNC_MULTICAST] = SMNC_STAT_TX_MULTICAST,
        [SMNC_BROADCAST] = SMNC_STAT_TX_BROADCAST,
    };

    smnc_count(f, kind[path->kind], n);
    smnc_count(f, SMNC_STAT_TX_BYTES, bytes);
}

static void smnc_send_one(SmncFunc *f, const SmncPath *path, SmncFrame *frame,
                          uint8_t whole)
{
    f->s->credit--;
    if (!smnc_veb_send(f->s, f->idx, path, frame, whole)) {
        smnc_drop(f, frame, SMNC_STAT_TX_DISCARDS, "no receiver");
    }
}

/*
 * Sends @frame, which is segment @first, and the next ones while the pass has
 * credit. Returns the first segment that is left.
 */
static unsigned smnc_send_pass(SmncFunc *f, const SmncPkt *p,
                               const SmncPath *path, SmncFrame *frame,
                               unsigned first, uint8_t whole)
{
    SmncState *s = f->s;
    unsigned n = smnc_pkt_segments(p), i = first, sent = 0;
    uint32_t bytes = 0;

    do {
        if (i != first) {
            frame = smnc_pkt_segment(p, s->txbuf, i);
        }
        /* Segmentation may have changed what the first one was admitted by. */
        if (i == first || smnc_veb_admit(f, frame)) {
            bytes += frame->len;
            sent++;
            smnc_send_one(f, path, frame, whole);
        } else {
            s->credit--;
        }
        if (i != first) {
            smnc_frame_put(frame);
        }
    } while (++i < n && s->credit > 0);
    smnc_send_count(f, path, bytes, sent);
    return i;
}

/*
 * Gives the packet to the receivers that take it whole. True: it is for no
 * other one. @whole: its properties, as far as any receiver takes it whole.
 */
static bool smnc_send_whole(SmncFunc *f, const SmncPkt *p, const SmncPath *path,
                            unsigned first, uint8_t *whole)
{
    SmncFrame *frame;
    bool some, all;

    /* Within a rate, segments leave one by one: TCP measures their pace. */
    *whole = p->tso && !f->vsi.tx_rate ? smnc_pkt_whole(p, f->s->txbuf) : 0;
    if (!*whole) {
        return false;
    }
    smnc_veb_whole(f, path, *whole, &some, &all);
    if (!some) {
        *whole = 0;
        return false;
    }
    if (first) {
        return false;       /* they have it since the first segment's turn */
    }
    frame = smnc_pkt_frame(p, f->s->txbuf);
    f->s->credit -= frame->len / SMNC_FRAME_MAX;
    if (all) {
        smnc_send_one(f, path, frame, *whole);
        smnc_send_count(f, path, smnc_frame_bytes(frame), frame->segs);
    } else {
        smnc_veb_send(f->s, f->idx, path, frame, *whole);
    }
    smnc_frame_put(frame);
    return all;
}

/* True: there is room for @n frames like this one. False: the unit waits. */
static bool smnc_send_room(SmncUnit *u, const SmncPath *path, SmncFrame *frame,
                           unsigned n)
{
    SmncState *s = u->f->s;
    int64_t wait = smnc_veb_room(u, path, frame, n);

    if (wait) {
        timer_mod_anticipate(s->room_timer, wait);
        smnc_unit_wait(u, SMNC_WAIT_ROOM);
    }
    return !wait;
}

/*
 * Sends @frame, made by smnc_send_frame() as segment @first, and what follows
 * it. Returns the first segment that is left: @first if the unit has to wait.
 */
unsigned smnc_send(SmncUnit *u, const SmncPkt *p, SmncFrame *frame,
                   unsigned first)
{
    SmncFunc *f = u->f;
    unsigned n = smnc_pkt_segments(p), next = n;
    uint8_t whole;
    SmncPath path;

    if (smnc_veb_admit(f, frame)) {
        smnc_veb_path(f->s, f->idx, frame->data, &path);
        if (!smnc_send_room(u, &path, frame, n - first)) {
            return first;
        }
        if (!smnc_send_whole(f, p, &path, first, &whole)) {
            next = smnc_send_pass(f, p, &path, frame, first, whole);
        }
        if (p->tso && next == n) {
            smnc_count(f, SMNC_STAT_TSO_PACKETS, 1);
        }
    } else {
        f->s->credit--;
    }
    smnc_rate_charge(u, smnc_pkt_bytes(p, first) - smnc_pkt_bytes(p, next));
    return next;
}
