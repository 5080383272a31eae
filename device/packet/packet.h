/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Frames and packets: what they are made of, and their offloads. No DMA here.
 */
#ifndef SMNC_PACKET_H
#define SMNC_PACKET_H

#include "../smartnic.h"
#include "../trace.h"

/* frame.c */
SmncFrame *smnc_frame_new(uint32_t len);
void smnc_frame_put(SmncFrame *frame);
uint32_t smnc_frame_l2(const uint8_t *head, uint32_t len, uint16_t *proto);
void smnc_frame_tag(SmncFrame *frame, uint16_t tci);
void smnc_frame_complete(SmncFrame *frame);
void smnc_frame_parse(SmncState *s, SmncFrame *frame);
bool smnc_frame_hash(const SmncFrame *frame, SmncVsi *vsi, uint32_t *hash);
uint32_t smnc_frame_types(const SmncFrame *frame);
uint32_t smnc_frame_toeplitz(const SmncFrame *frame, uint8_t *key, bool ports);
void smnc_packets_init(SmncState *s);
void smnc_packets_exit(SmncState *s);

/* Bytes of the frames that it stands for. */
static inline uint32_t smnc_frame_bytes(const SmncFrame *frame)
{
    return frame->len + (frame->segs - 1) * frame->hdr;
}

/* Bytes of the longest frame that the packet is, or stands for. */
static inline uint32_t smnc_frame_longest(const SmncFrame *frame)
{
    return frame->whole ? frame->hdr + frame->mss : frame->len;
}

/* Drops a frame from or for the function and counts it as @stat. */
static inline void smnc_drop(SmncFunc *f, const SmncFrame *frame,
                             enum smnc_stat stat, const char *why)
{
    smnc_count(f, stat, frame->segs);
    trace_smnc_drop(f->idx, why, frame->len);
}

/* flow.c */
int smnc_flow_set(SmncVsi *v, unsigned index, const struct smnc_flow *rule);
int smnc_flow_del(SmncVsi *v, unsigned index);
void smnc_flow_clear(SmncVsi *v);
const struct smnc_flow *smnc_flow_find(const SmncVsi *v,
                                       const SmncFrame *frame);

/* offload.c */
bool smnc_pkt_ok(const SmncPkt *p);
unsigned smnc_pkt_segments(const SmncPkt *p);
uint32_t smnc_pkt_bytes(const SmncPkt *p, unsigned i);
uint8_t smnc_pkt_whole(const SmncPkt *p, const uint8_t *data);
SmncFrame *smnc_pkt_frame(const SmncPkt *p, const uint8_t *data);
SmncFrame *smnc_pkt_segment(const SmncPkt *p, const uint8_t *data, unsigned i);
void smnc_pkt_finish(const SmncPkt *p, SmncFrame *frame, uint32_t extra);

#endif
