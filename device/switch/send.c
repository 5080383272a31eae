/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Takes a packet from a VSI's queue into the switch, whatever kind of queue it
 * is: reads it from memory, waits for room at the receivers, charges the rate.
 */
#include "switch.h"
#include "../core/core.h"
#include "../packet/packet.h"

/* The packet's frame, or its segment @i; NULL: the unit has stopped. */
SnicFrame *snic_send_frame(SnicUnit *u, const SnicPkt *p, unsigned i)
{
    SnicState *s = u->f->s;
    SnicFrame *frame;

    if (p->tso) {
        return snic_dma_gather(u, p->buf, p->nbufs, s->txbuf) ?
               snic_pkt_segment(p, s->txbuf, i) : NULL;
    }
    frame = snic_frame_new(p->total);
    if (!snic_dma_gather(u, p->buf, p->nbufs, frame->data)) {
        snic_frame_put(frame);
        return NULL;
    }
    snic_pkt_csum(p, frame, 0);
    return frame;
}

static void snic_send_count(SnicFunc *f, const SnicPath *path, uint32_t bytes,
                            unsigned n)
{
    static const enum snic_stat kind[] = {
        [SNIC_UNICAST] = SNIC_STAT_TX_UNICAST,
        [SNIC_MULTICAST] = SNIC_STAT_TX_MULTICAST,
        [SNIC_BROADCAST] = SNIC_STAT_TX_BROADCAST,
    };

    snic_count(f, kind[path->kind], n);
    snic_count(f, SNIC_STAT_TX_BYTES, bytes);
}

static void snic_send_one(SnicFunc *f, const SnicPath *path, SnicFrame *frame,
                          uint8_t whole)
{
    f->s->credit--;
    if (!snic_veb_send(f->s, f->idx, path, frame, whole)) {
        snic_drop(f, frame, SNIC_STAT_TX_DISCARDS, "no receiver");
    }
}

/*
 * Sends @frame, which is segment @first, and the next ones while the pass has
 * credit. Returns the first segment that is left.
 */
static unsigned snic_send_pass(SnicFunc *f, const SnicPkt *p,
                               const SnicPath *path, SnicFrame *frame,
                               unsigned first, uint8_t whole)
{
    SnicState *s = f->s;
    unsigned n = snic_pkt_segments(p), i = first;
    uint32_t bytes = 0;

    do {
        if (i != first) {
            frame = snic_pkt_segment(p, s->txbuf, i);
        }
        bytes += frame->len;
        snic_send_one(f, path, frame, whole);
        if (i != first) {
            snic_frame_put(frame);
        }
    } while (++i < n && s->credit > 0);
    snic_send_count(f, path, bytes, i - first);
    return i;
}

/*
 * Gives the packet to the receivers that take it whole. True: it is for no
 * other one. @whole: its properties, as far as any receiver takes it whole.
 */
static bool snic_send_whole(SnicFunc *f, const SnicPkt *p, const SnicPath *path,
                            unsigned first, uint8_t *whole)
{
    SnicFrame *frame;
    bool some, all;

    *whole = p->tso ? snic_pkt_whole(p, f->s->txbuf) : 0;
    if (!*whole) {
        return false;
    }
    snic_veb_whole(f, path, *whole, &some, &all);
    if (!some) {
        *whole = 0;
        return false;
    }
    if (first) {
        return false;       /* they have it since the first segment's turn */
    }
    frame = snic_pkt_frame(p, f->s->txbuf);
    f->s->credit -= frame->len / SNIC_FRAME_MAX;
    if (all) {
        snic_send_one(f, path, frame, *whole);
        snic_send_count(f, path, snic_frame_bytes(frame), frame->segs);
    } else {
        snic_veb_send(f->s, f->idx, path, frame, *whole);
    }
    snic_frame_put(frame);
    return all;
}

/* True: there is room for @n frames like this one. False: the unit waits. */
static bool snic_send_room(SnicUnit *u, const SnicPath *path, SnicFrame *frame,
                           unsigned n)
{
    SnicState *s = u->f->s;
    int64_t wait = snic_veb_room(u, path, frame, n);

    if (wait) {
        timer_mod_anticipate(s->room_timer, wait);
        snic_unit_wait(u, SNIC_WAIT_ROOM);
    }
    return !wait;
}

/*
 * Sends @frame, made by snic_send_frame() as segment @first, and what follows
 * it. Returns the first segment that is left: @first if the unit has to wait.
 */
unsigned snic_send(SnicUnit *u, const SnicPkt *p, SnicFrame *frame,
                   unsigned first)
{
    SnicFunc *f = u->f;
    unsigned n = snic_pkt_segments(p), next = n;
    uint8_t whole;
    SnicPath path;

    if (snic_veb_admit(f, frame)) {
        snic_veb_path(f->s, f->idx, frame->data, &path);
        if (!snic_send_room(u, &path, frame, n - first)) {
            return first;
        }
        if (!snic_send_whole(f, p, &path, first, &whole)) {
            next = snic_send_pass(f, p, &path, frame, first, whole);
        }
        if (p->tso && next == n) {
            snic_count(f, SNIC_STAT_TSO_PACKETS, 1);
        }
    } else {
        f->s->credit--;
    }
    snic_rate_charge(u, snic_pkt_bytes(p, first) - snic_pkt_bytes(p, next));
    return next;
}
