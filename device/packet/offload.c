/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Makes frames of packets and does the offloads that the sender asks for:
 * checksums and segmentation of TCP and UDP. QEMU's segmentation
 * (net_tx_pkt.c) is not used because it loses FIN and PSH.
 */
#include "packet.h"
#include "qemu/crc32c.h"
#include "net/checksum.h"
#include "net/eth.h"

#define MIN_FRAME           ETH_HLEN
#define TCP_HEADER          20
#define UDP_HEADER          8

/* --- may it be sent as it says? ---------------------------------------------------- */

static const uint8_t smnc_l3_min[] = {
    [SMNC_L3_IPV4] = 20, [SMNC_L3_IPV4_CSUM] = 20, [SMNC_L3_IPV6] = 40,
};

static const uint8_t smnc_l4_min[] = {
    [SMNC_L4_TCP] = TCP_HEADER, [SMNC_L4_UDP] = UDP_HEADER, [SMNC_L4_SCTP] = 12,
};

static bool smnc_pkt_tso_ok(const SmncPkt *p)
{
    uint32_t hdr = p->l2 + p->l3 + p->l4;
    bool l4 = p->l4_kind == SMNC_L4_UDP ? p->l4 == UDP_HEADER
              : p->l4_kind == SMNC_L4_TCP && p->l4 >= TCP_HEADER;

    return l4 && p->l3_kind != SMNC_L3_NONE && p->mss &&
           p->mss <= SMNC_MSS_MAX && hdr < p->total && p->total - hdr <= 65536 &&
           smnc_pkt_segments(p) <= SMNC_TSO_SEGS &&
           hdr + MIN(p->mss, p->total - hdr) <= SMNC_FRAME_MAX;
}

bool smnc_pkt_ok(const SmncPkt *p)
{
    uint32_t hdr = p->l2 + p->l3 + p->l4;

    if (p->total < MIN_FRAME || (!p->tso && p->total > SMNC_FRAME_MAX)) {
        return false;
    }
    if ((p->l3_kind || p->l4_kind || p->tso) &&
        (p->l2 < ETH_HLEN || p->l3 < smnc_l3_min[p->l3_kind] ||
         hdr > p->total)) {
        return false;
    }
    if (p->l4_kind == SMNC_L4_SUM) {
        return p->l2 + p->sum_at + 2 <= p->total;
    }
    if (p->l4_kind &&
        p->l2 + p->l3 + smnc_l4_min[p->l4_kind] > p->total) {
        return false;
    }
    return !p->tso || smnc_pkt_tso_ok(p);
}

/* --- checksums ---------------------------------------------------------------------- */

/* End of the L4 data: the frame's, or the IP packet's if that is shorter. */
static uint32_t smnc_l4_end(const SmncFrame *frame, const SmncPkt *p)
{
    const uint8_t *ip = frame->data + p->l2;
    uint32_t end = frame->len, said;

    if (p->l3_kind == SMNC_L3_NONE) {
        return end;
    }
    said = p->l2 + (p->l3_kind == SMNC_L3_IPV6 ? 40 + lduw_be_p(ip + 4)
                                               : lduw_be_p(ip + 2));
    return said < end &&
           said >= p->l2 + p->l3 + smnc_l4_min[p->l4_kind] ? said : end;
}

/* The field holds the pseudo header's sum, to which @extra is added. */
static void smnc_inet_csum(uint8_t *l4, uint32_t len, unsigned field,
                           uint32_t extra)
{
    uint32_t sum = net_checksum_add(len, l4);

    stw_be_p(l4 + field,
             net_checksum_finish_nozero((sum & 0xffff) + (sum >> 16) + extra));
}

static void smnc_sctp_csum(uint8_t *l4, uint32_t len)
{
    struct iovec iov = { .iov_base = l4, .iov_len = len };

    stl_le_p(l4 + 8, 0);
    stl_le_p(l4 + 8, iov_crc32c(0xffffffff, &iov, 1));
}

/* The protocol that has its checksum there, as far as it matters. */
static uint8_t smnc_sum_proto(uint32_t at)
{
    return at == 16 ? IP_PROTO_TCP : at == 6 ? IP_PROTO_UDP : 0;
}

/* Where the headers of the packet lead to that of @proto, TCP or UDP. 0: nowhere. */
static uint32_t smnc_l4_at(const uint8_t *data, uint32_t len, uint8_t proto,
                           uint32_t *l2)
{
    uint16_t type = 0;
    const uint8_t *ip;

    *l2 = smnc_frame_l2(data, len, &type);
    ip = data + *l2;
    if (!*l2 || *l2 + (type == ETH_P_IPV6 ? 40 : 20) > len) {
        return 0;
    }
    if (type == ETH_P_IPV6) {
        return ip[6] == proto ? *l2 + 40 : 0;
    }
    return type == ETH_P_IP && ip[0] >> 4 == 4 && (ip[0] & 15) >= 5 &&
           ip[9] == proto && !(lduw_be_p(ip + 6) & 0x3fff) ?
           *l2 + (ip[0] & 15) * 4 : 0;
}

/*
 * The sum is that of the packet's own TCP or UDP header. Its field is then none
 * that the switch, a rule or a hash looks at.
 */
static bool smnc_sum_is_l4(const SmncFrame *frame)
{
    uint32_t l2;

    return frame->l4_made_proto &&
           smnc_l4_at(frame->data, frame->len, frame->l4_made_proto, &l2) ==
           frame->sum_from;
}

/* @extra: a part of the pseudo header that the packet's sum lacks */
static void smnc_pkt_csum(const SmncPkt *p, SmncFrame *frame, uint32_t extra)
{
    uint8_t *l4 = frame->data + p->l2 + p->l3;
    uint32_t len = smnc_l4_end(frame, p) - p->l2 - p->l3;

    if (p->l3_kind == SMNC_L3_IPV4_CSUM ||
        (p->tso && p->l3_kind == SMNC_L3_IPV4)) {
        eth_fix_ip4_checksum(frame->data + p->l2, p->l3);
        frame->l3_made = p->l2;
    }
    switch (p->l4_kind) {
    case SMNC_L4_TCP:
        smnc_inet_csum(l4, len, 16, extra);
        frame->l4_made_proto = IP_PROTO_TCP;
        break;
    case SMNC_L4_UDP:
        smnc_inet_csum(l4, len, 6, extra);
        frame->l4_made_proto = IP_PROTO_UDP;
        break;
    case SMNC_L4_SCTP:
        smnc_sctp_csum(l4, len);
        frame->l4_made_proto = IP_PROTO_SCTP;
        break;
    case SMNC_L4_SUM:
        frame->partial = true;
        frame->sum_from = p->l2;
        frame->sum_at = p->sum_at;
        frame->l4_made_proto = smnc_sum_proto(p->sum_at);
        if (!smnc_sum_is_l4(frame)) {
            smnc_frame_complete(frame);
        }
        break;
    default:
        return;
    }
    frame->l4_made = p->l2 + p->l3;
}

/* Checksums and the tag of a frame that is the packet, or a segment of it. */
void smnc_pkt_finish(const SmncPkt *p, SmncFrame *frame, uint32_t extra)
{
    smnc_pkt_csum(p, frame, extra);
    if (p->tagged) {
        smnc_frame_tag(frame, p->tci);
    }
}

/* --- segments ------------------------------------------------------------------------ */

static void smnc_segment_ip(uint8_t *ip, const SmncPkt *p, unsigned i,
                            uint32_t payload)
{
    if (p->l3_kind == SMNC_L3_IPV6) {
        stw_be_p(ip + 4, p->l3 - 40 + p->l4 + payload);
        return;
    }
    stw_be_p(ip + 2, p->l3 + p->l4 + payload);
    stw_be_p(ip + 4, lduw_be_p(ip + 4) + i);
}

static void smnc_segment_tcp(uint8_t *tcp, uint32_t off, bool first, bool last)
{
    stl_be_p(tcp + 4, ldl_be_p(tcp + 4) + off);
    if (!last) {
        tcp[13] &= ~(TH_FIN | TH_PUSH);
    }
    if (!first) {
        tcp[13] &= ~TH_CWR;
    }
}

/* Segment @i of the packet, which is @data. */
SmncFrame *smnc_pkt_segment(const SmncPkt *p, const uint8_t *data, unsigned i)
{
    uint32_t hdr = p->l2 + p->l3 + p->l4, off = i * p->mss;
    uint32_t payload = MIN(p->mss, p->total - hdr - off);
    SmncFrame *frame = smnc_frame_new(hdr + payload);
    uint8_t *l4 = frame->data + p->l2 + p->l3;

    memcpy(frame->data, data, hdr);
    memcpy(frame->data + hdr, data + hdr + off, payload);
    smnc_segment_ip(frame->data + p->l2, p, i, payload);
    if (p->l4_kind == SMNC_L4_UDP) {
        stw_be_p(l4 + 4, p->l4 + payload);
    } else {
        smnc_segment_tcp(l4, off, !i, hdr + off + payload == p->total);
    }
    smnc_pkt_finish(p, frame, p->l4 + payload + p->unsum);
    return frame;
}

/* --- whole packets ------------------------------------------------------------------- */

/* What a receiver has to take: SMNC_WHOLE_*. 0: it can only be cut. */
uint8_t smnc_pkt_whole(const SmncPkt *p, const uint8_t *data)
{
    bool v6 = p->l3_kind == SMNC_L3_IPV6;
    uint32_t said = p->total - p->l2 - (v6 ? 40 : 0), l2;

    /* Nor where the sender says other header lengths than the headers do. */
    if (smnc_pkt_segments(p) == 1 || said > UINT16_MAX ||
        p->l4_kind != SMNC_L4_TCP ||
        smnc_l4_at(data, p->total, IP_PROTO_TCP, &l2) != p->l2 + p->l3 ||
        l2 != p->l2) {
        return 0;
    }
    return (v6 ? SMNC_WHOLE_V6 : SMNC_WHOLE_V4) |
           (data[p->l2 + p->l3 + 13] & TH_CWR ? SMNC_WHOLE_CWR : 0);
}

/* The packet, which is @data, whole: the L4 checksum of it is partial. */
SmncFrame *smnc_pkt_frame(const SmncPkt *p, const uint8_t *data)
{
    SmncFrame *frame = smnc_frame_new(p->total);
    uint8_t *l4 = frame->data + p->l2 + p->l3;
    uint32_t len = p->total - p->l2 - p->l3, seed;

    memcpy(frame->data, data, p->total);
    smnc_segment_ip(frame->data + p->l2, p, 0, len - p->l4);
    if (p->l3_kind != SMNC_L3_IPV6) {
        eth_fix_ip4_checksum(frame->data + p->l2, p->l3);
        frame->l3_made = p->l2;
    }
    seed = lduw_be_p(l4 + 16) + p->unsum + len;
    stw_be_p(l4 + 16, ~net_checksum_finish(seed));
    frame->l4_made = frame->sum_from = p->l2 + p->l3;
    frame->l4_made_proto = IP_PROTO_TCP;
    frame->sum_at = 16;
    frame->partial = true;
    frame->whole = smnc_pkt_whole(p, data);
    frame->segs = smnc_pkt_segments(p);
    frame->mss = p->mss;
    frame->hdr = p->l2 + p->l3 + p->l4;
    if (p->tagged) {
        smnc_frame_tag(frame, p->tci);
    }
    return frame;
}

unsigned smnc_pkt_segments(const SmncPkt *p)
{
    return p->tso ? DIV_ROUND_UP(p->total - p->l2 - p->l3 - p->l4, p->mss) : 1;
}

/* Bytes of segments @i and up, padding included. */
uint32_t smnc_pkt_bytes(const SmncPkt *p, unsigned i)
{
    uint32_t tag = p->tagged ? SMNC_TAG_BYTES : 0;
    uint32_t hdr = p->l2 + p->l3 + p->l4 + tag, n = smnc_pkt_segments(p);
    uint32_t last = p->total + tag - (n - 1) * p->mss;  /* with its headers */

    return i < n ? (n - 1 - i) * MAX(hdr + p->mss, ETH_ZLEN) + MAX(last, ETH_ZLEN) : 0;
}
