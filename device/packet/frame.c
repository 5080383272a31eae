/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frames inside the device, and the properties that a receiver reports. */
#include "packet.h"
#include "net/checksum.h"
#include "net/eth.h"
#include "hw/net/net_rx_pkt.h"
#include "standard-headers/linux/virtio_net.h"

#define PTYPE_L2            1
#define PTYPE_V4_FRAG       22
#define PTYPE_V4            23
#define PTYPE_V6_FRAG       88
#define PTYPE_V6            89
/* Added to PTYPE_V4 or PTYPE_V6 */
#define PTYPE_UDP           1
#define PTYPE_TCP           3
#define PTYPE_SCTP          4
#define PTYPE_ICMP          5

#define IP_PROTO_ICMP       1
#define IP_PROTO_ICMPV6     58
#define SCTP_HEADER         12
#define MIN_TOEPLITZ        40          /* key bytes that 36 bytes of input use */

/* virtchnl's HENA bits, for IPv4; the IPv6 ones are ten further up. */
#define HENA_V4_UDP         (7ull << 29)
#define HENA_V4_TCP         (3ull << 32)
#define HENA_V4_SCTP        (1ull << 34)
#define HENA_V4_OTHER       (1ull << 35)
#define HENA_V4_FRAG        (1ull << 36)
#define HENA_V6_SHIFT       10

/* There is room for a tag that smnc_frame_tag() inserts, and for padding. */
SmncFrame *smnc_frame_new(uint32_t len)
{
    SmncFrame *frame = g_malloc(offsetof(SmncFrame, data) +
                                MAX(len + SMNC_TAG_BYTES, ETH_ZLEN));

    QEMU_BUILD_BUG_ON(offsetof(SmncFrame, data) % 2);
    memset(frame, 0, sizeof(*frame));
    frame->refs = 1;
    frame->len = len;
    frame->segs = 1;
    return frame;
}

/* Bytes in front of the network header. 0: the header is not in @head. */
uint32_t smnc_frame_l2(const uint8_t *head, uint32_t len, uint16_t *proto)
{
    uint32_t l2 = ETH_HLEN;

    for (; l2 <= len; l2 += SMNC_TAG_BYTES) {
        *proto = lduw_be_p(head + l2 - 2);
        if (*proto != ETH_P_VLAN && *proto != ETH_P_DVLAN) {
            return l2;
        }
    }
    return 0;
}

/* Inserts one 802.1Q tag. The caller has not given the frame to any VSI yet. */
void smnc_frame_tag(SmncFrame *frame, uint16_t tci)
{
    uint8_t *at = frame->data + SMNC_TAG_AT;

    memmove(at + SMNC_TAG_BYTES, at, frame->len - SMNC_TAG_AT);
    stw_be_p(at, ETH_P_VLAN);
    stw_be_p(at + 2, tci);
    frame->len += SMNC_TAG_BYTES;
    frame->hdr += SMNC_TAG_BYTES;
    frame->sum_from += SMNC_TAG_BYTES;
    frame->l3_made += frame->l3_made ? SMNC_TAG_BYTES : 0;
    frame->l4_made += frame->l4_made ? SMNC_TAG_BYTES : 0;
}

/*
 * Puts the partial checksum of a frame, which many may have, into it. A whole
 * packet is only for those who take it as it is.
 */
void smnc_frame_complete(SmncFrame *frame)
{
    uint8_t *from = frame->data + frame->sum_from;
    uint32_t sum;

    if (!frame->partial || frame->whole) {
        return;
    }
    sum = net_checksum_add(frame->len - frame->sum_from, from);
    stw_be_p(from + frame->sum_at, net_checksum_finish_nozero(sum));
    frame->partial = false;
}

void smnc_frame_put(SmncFrame *frame)
{
    if (!--frame->refs) {
        g_free(frame);
    }
}

/* --- RSS input ------------------------------------------------------------------ */

static void smnc_rss_add(SmncFrame *frame, const void *data, size_t len)
{
    memcpy(frame->rss + frame->rss_len, data, len);
    frame->rss_len += len;
}

static void smnc_parse_rss(SmncFrame *frame, struct NetRxPkt *pkt, bool v4,
                           size_t l4, bool ports)
{
    if (v4) {
        struct ip_header *ip = &net_rx_pkt_get_ip4_info(pkt)->ip4_hdr;

        smnc_rss_add(frame, &ip->ip_src, 4);
        smnc_rss_add(frame, &ip->ip_dst, 4);
    } else {
        struct ip6_header *ip6 = &net_rx_pkt_get_ip6_info(pkt)->ip6_hdr;

        smnc_rss_add(frame, &ip6->ip6_src, 16);
        smnc_rss_add(frame, &ip6->ip6_dst, 16);
    }
    if (ports) {
        smnc_rss_add(frame, frame->data + l4, 4);
    }
}

static uint32_t smnc_toeplitz(uint8_t *in, unsigned len, uint8_t *key)
{
    net_toeplitz_key k;
    uint32_t hash = 0;

    QEMU_BUILD_BUG_ON(SMNC_RSS_KEY_BYTES < MIN_TOEPLITZ);
    QEMU_BUILD_BUG_ON(SMNC_VQ_KEY_BYTES < MIN_TOEPLITZ);
    net_toeplitz_key_init(&k, key);
    net_toeplitz_add(&hash, in, len, &k);
    return hash;
}

/* @key: at least MIN_TOEPLITZ bytes. @ports: hash the ports, too, if the frame has any. */
uint32_t smnc_frame_toeplitz(const SmncFrame *frame, uint8_t *key, bool ports)
{
    unsigned len = ports ? frame->rss_len : frame->rss_len & ~7u;

    return smnc_toeplitz((uint8_t *)frame->rss, len, key);
}

/* Makes the two fields of @n bytes equal: both directions get the same value. */
static void smnc_rss_fold(uint8_t *a, uint8_t *b, unsigned n)
{
    while (n--) {
        a[n] = b[n] = a[n] ^ b[n];
    }
}

/* Collects the fields that the VSI hashes. Returns their length. */
static unsigned smnc_rss_input(const SmncFrame *frame, const SmncVsi *vsi,
                               uint8_t *in)
{
    unsigned omit = vsi->hash_omit >> SMNC_HASH_SHIFT(frame->rss_kind);
    unsigned addr = frame->rss_kind < SMNC_HASH_V6 ? 4 : 16;
    uint8_t all[sizeof(frame->rss)];
    unsigned i, at, n = 0;

    memcpy(all, frame->rss, sizeof(all));
    if (vsi->hash_sym & (1 << frame->rss_kind)) {
        if (!(omit & (SMNC_HASH_SRC | SMNC_HASH_DST))) {
            smnc_rss_fold(all, all + addr, addr);
        }
        if (frame->rss_len > 2 * addr &&
            !(omit & (SMNC_HASH_SPORT | SMNC_HASH_DPORT))) {
            smnc_rss_fold(all + 2 * addr, all + 2 * addr + 2, 2);
        }
    }
    for (i = at = 0; at < frame->rss_len; i++) {
        unsigned size = i < 2 ? addr : 2;

        if (!(omit & (SMNC_HASH_SRC << i))) {
            memcpy(in + n, all + at, size);
            n += size;
        }
        at += size;
    }
    return n;
}

/* False: the VSI's settings exclude the frame from hashing. */
bool smnc_frame_hash(const SmncFrame *frame, SmncVsi *vsi, uint32_t *hash)
{
    uint8_t in[sizeof(frame->rss)];
    unsigned n = frame->pctypes & vsi->hashcfg ?
                 smnc_rss_input(frame, vsi, in) : 0;

    *hash = n ? smnc_toeplitz(in, n, vsi->key) : 0;
    return n != 0;
}

/* The VIRTIO_NET_RSS_HASH_TYPE_* that fit the frame. */
uint32_t smnc_frame_types(const SmncFrame *frame)
{
    bool v6 = frame->ptype >= PTYPE_V6_FRAG;
    uint32_t types = VIRTIO_NET_RSS_HASH_TYPE_IPv4;

    if (frame->ptype < PTYPE_V4_FRAG) {
        return 0;
    }
    switch (frame->ptype - (v6 ? PTYPE_V6 : PTYPE_V4)) {
    case PTYPE_TCP:
        types |= VIRTIO_NET_RSS_HASH_TYPE_TCPv4;
        break;
    case PTYPE_UDP:
        types |= VIRTIO_NET_RSS_HASH_TYPE_UDPv4;
        break;
    }
    return v6 ? types * VIRTIO_NET_RSS_HASH_TYPE_IPv6 : types;
}

/* --- checksums ------------------------------------------------------------------- */

static void smnc_check_l3(SmncFrame *frame, struct NetRxPkt *pkt, size_t l3)
{
    bool good = true;

    if (frame->l3_made != l3 && !net_rx_pkt_validate_l3_csum(pkt, &good)) {
        return;
    }
    frame->csum |= SMNC_CSUM_L3 | (good ? 0 : SMNC_CSUM_L3_BAD);
}

static void smnc_check_l4(SmncFrame *frame, struct NetRxPkt *pkt, size_t l4,
                          uint8_t proto)
{
    bool good = true;

    if (frame->l4_made != l4 || frame->l4_made_proto != proto) {
        if (frame->whole) {
            return;
        }
        smnc_frame_complete(frame);
        if (!net_rx_pkt_validate_l4_csum(pkt, &good)) {
            return;
        }
    }
    frame->csum |= SMNC_CSUM_L4 | (good ? 0 : SMNC_CSUM_L4_BAD);
}

/* --- parsing ---------------------------------------------------------------------- */

typedef struct SmncL4 {
    EthL4HdrProto parsed;
    uint8_t ip_proto, ptype, hash_kind;
    uint64_t hena;
} SmncL4;

static const SmncL4 smnc_l4[] = {
    { ETH_L4_HDR_PROTO_TCP, IP_PROTO_TCP, PTYPE_TCP, SMNC_HASH_TCP, HENA_V4_TCP },
    { ETH_L4_HDR_PROTO_UDP, IP_PROTO_UDP, PTYPE_UDP, SMNC_HASH_UDP, HENA_V4_UDP },
    { ETH_L4_HDR_PROTO_SCTP, IP_PROTO_SCTP, PTYPE_SCTP, SMNC_HASH_SCTP,
      HENA_V4_SCTP },
};

static const SmncL4 *smnc_find_l4(EthL4HdrProto proto)
{
    unsigned i;

    for (i = 0; i < ARRAY_SIZE(smnc_l4); i++) {
        if (smnc_l4[i].parsed == proto) {
            return &smnc_l4[i];
        }
    }
    return NULL;
}

static void smnc_parse_ip(SmncFrame *frame, struct NetRxPkt *pkt, bool v4,
                          EthL4HdrProto proto)
{
    size_t l4 = net_rx_pkt_get_l4_hdr_offset(pkt);
    eth_ip4_hdr_info *ip4 = net_rx_pkt_get_ip4_info(pkt);
    eth_ip6_hdr_info *ip6 = net_rx_pkt_get_ip6_info(pkt);
    bool fragment = v4 ? ip4->fragment : ip6->fragment;
    uint8_t base = v4 ? PTYPE_V4 : PTYPE_V6;
    const SmncL4 *kind = smnc_find_l4(proto);
    uint64_t hena = HENA_V4_OTHER;

    /* QEMU's parser does not check that an SCTP header is there. */
    if (proto == ETH_L4_HDR_PROTO_SCTP && l4 + SCTP_HEADER > frame->len) {
        kind = NULL;
    }
    if (fragment) {
        frame->ptype = v4 ? PTYPE_V4_FRAG : PTYPE_V6_FRAG;
        hena = HENA_V4_FRAG;
        kind = NULL;
    } else if (kind) {
        frame->ptype = base + kind->ptype;
        hena = kind->hena;
        smnc_check_l4(frame, pkt, l4, kind->ip_proto);
    } else if ((v4 ? ip4->ip4_hdr.ip_p == IP_PROTO_ICMP
                   : ip6->l4proto == IP_PROTO_ICMPV6)) {
        frame->ptype = base + PTYPE_ICMP;
    } else {
        frame->ptype = base;
    }
    frame->ip_version = v4 ? 4 : 6;
    frame->ip_proto = v4 ? ip4->ip4_hdr.ip_p : ip6->l4proto;
    frame->ip_tos = v4 ? ip4->ip4_hdr.ip_tos
                       : (be32_to_cpu(ip6->ip6_hdr.ip6_ctlun.ip6_un1.ip6_un1_flow) >> 20);
    frame->pctypes = v4 ? hena : hena << HENA_V6_SHIFT;
    frame->rss_kind = (kind ? kind->hash_kind : SMNC_HASH_OTHER) +
                      (v4 ? 0 : SMNC_HASH_V6);
    smnc_parse_rss(frame, pkt, v4, l4, kind);
}

void smnc_frame_parse(SmncState *s, SmncFrame *frame)
{
    struct iovec iov = { .iov_base = frame->data, .iov_len = frame->len };
    EthL4HdrProto proto;
    bool v4, v6;

    if (frame->parsed) {
        return;
    }
    frame->parsed = true;
    frame->ptype = PTYPE_L2;
    net_rx_pkt_attach_iovec(s->parser, &iov, 1, 0, false);
    net_rx_pkt_get_protocols(s->parser, &v4, &v6, &proto);
    if (v4) {
        smnc_check_l3(frame, s->parser,
                      (uint8_t *)PKT_GET_IP_HDR(frame->data) - frame->data);
    }
    if (v4 || v6) {
        smnc_parse_ip(frame, s->parser, v4, proto);
    }
}

void smnc_packets_init(SmncState *s)
{
    s->txbuf = g_malloc(SMNC_TSO_MAX);
    net_rx_pkt_init(&s->parser);
}

void smnc_packets_exit(SmncState *s)
{
    g_free(s->txbuf);
    net_rx_pkt_uninit(s->parser);
}
