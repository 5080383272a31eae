/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Frames and packets: what they are made of, and their offloads. No DMA here.
 */
#ifndef SNIC_PACKET_H
#define SNIC_PACKET_H

#include "../smartnic.h"
#include "../trace.h"

/* frame.c */
SnicFrame *snic_frame_new(uint32_t len);
void snic_frame_put(SnicFrame *frame);
void snic_frame_complete(SnicFrame *frame);
void snic_frame_parse(SnicState *s, SnicFrame *frame);
bool snic_frame_hash(const SnicFrame *frame, SnicVsi *vsi, uint32_t *hash);
void snic_packets_init(SnicState *s);
void snic_packets_exit(SnicState *s);

/* Bytes of the frames that it stands for. */
static inline uint32_t snic_frame_bytes(const SnicFrame *frame)
{
    return frame->len + (frame->segs - 1) * frame->hdr;
}

/* Drops a frame from or for the function and counts it as @stat. */
static inline void snic_drop(SnicFunc *f, const SnicFrame *frame,
                             enum snic_stat stat, const char *why)
{
    snic_count(f, stat, frame->segs);
    trace_snic_drop(f->idx, why, frame->len);
}

/* offload.c */
bool snic_pkt_ok(const SnicPkt *p);
unsigned snic_pkt_segments(const SnicPkt *p);
uint32_t snic_pkt_bytes(const SnicPkt *p, unsigned i);
uint8_t snic_pkt_whole(const SnicPkt *p, const uint8_t *data);
SnicFrame *snic_pkt_frame(const SnicPkt *p, const uint8_t *data);
SnicFrame *snic_pkt_segment(const SnicPkt *p, const uint8_t *data, unsigned i);
void snic_pkt_csum(const SnicPkt *p, SnicFrame *frame, uint32_t extra);

#endif
