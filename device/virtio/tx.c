/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Transmit virtqueues: chains into packets. */
#include "virtio.h"
#include "../core/core.h"
#include "../packet/packet.h"
#include "../switch/switch.h"
#include "net/eth.h"

#define PER_PASS            32
#define HEAD_BYTES          256         /* of a packet, where its headers are */
#define TCP_CSUM_AT         16
#define UDP_CSUM_AT         6
#define TCP_LEAST           20
#define UDP_BYTES           8

/* --- the header in front of a packet ----------------------------------------------- */

static bool smnc_vtx_gso_accepted(const SmncFunc *f, uint8_t type)
{
    if (type & VIRTIO_NET_HDR_GSO_ECN &&
        !smnc_vq_has(f, VIRTIO_NET_F_HOST_ECN)) {
        return false;
    }
    switch (type & ~VIRTIO_NET_HDR_GSO_ECN) {
    case VIRTIO_NET_HDR_GSO_TCPV4:
        return smnc_vq_has(f, VIRTIO_NET_F_HOST_TSO4);
    case VIRTIO_NET_HDR_GSO_TCPV6:
        return smnc_vq_has(f, VIRTIO_NET_F_HOST_TSO6);
    case VIRTIO_NET_HDR_GSO_UDP_L4:
        return smnc_vq_has(f, VIRTIO_NET_F_HOST_USO) &&
               !(type & VIRTIO_NET_HDR_GSO_ECN);
    }
    return false;
}

/* The packet is IP of version 4 or 6, with @l4 behind its headers. */
static bool smnc_vtx_l3(SmncPkt *p, const uint8_t *ip, bool v6, uint8_t l4)
{
    p->l3_kind = v6 ? SMNC_L3_IPV6 : SMNC_L3_IPV4;
    if (v6) {
        return ip[0] >> 4 == 6 &&
               (p->l3 > 40 || (p->l3 == 40 && ip[6] == l4));
    }
    return ip[0] >> 4 == 4 && (ip[0] & 15) * 4 == p->l3 && ip[9] == l4;
}

/*
 * Header lengths of a packet to be segmented, found in its first @len bytes:
 * it is IP of the version that @hdr says, and TCP, or UDP over either version,
 * where the checksum starts.
 */
static bool smnc_vtx_headers(SmncPkt *p, const struct virtio_net_hdr_v1 *hdr,
                             const uint8_t *head, uint32_t len)
{
    uint8_t type = hdr->gso_type & ~VIRTIO_NET_HDR_GSO_ECN;
    bool udp = type == VIRTIO_NET_HDR_GSO_UDP_L4, v6;
    uint32_t l4 = le16_to_cpu(hdr->csum_start);
    uint16_t proto = 0;

    p->l2 = smnc_frame_l2(head, len, &proto);
    v6 = proto == ETH_P_IPV6;
    if (!p->l2 || l4 < p->l2 + 20 ||
        l4 + (udp ? UDP_BYTES : TCP_LEAST) > len ||
        le16_to_cpu(hdr->csum_offset) != (udp ? UDP_CSUM_AT : TCP_CSUM_AT) ||
        (!v6 && proto != ETH_P_IP) ||
        (!udp && v6 != (type == VIRTIO_NET_HDR_GSO_TCPV6))) {
        return false;
    }
    p->l3 = l4 - p->l2;
    p->l4 = udp ? UDP_BYTES : (head[l4 + 12] >> 4) * 4;
    p->l4_kind = udp ? SMNC_L4_UDP : SMNC_L4_TCP;
    return smnc_vtx_l3(p, head + p->l2, v6, udp ? IP_PROTO_UDP : IP_PROTO_TCP);
}

/* Ones' complement: adding it subtracts @len. */
static uint32_t smnc_vtx_unsum(uint32_t len)
{
    return 0xffff - (len % 0xffff);
}

static bool smnc_vtx_gso(const SmncFunc *f, SmncPkt *p,
                         const struct virtio_net_hdr_v1 *hdr,
                         const uint8_t *head, uint32_t len)
{
    if (!(hdr->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) ||
        !smnc_vtx_gso_accepted(f, hdr->gso_type) ||
        !smnc_vtx_headers(p, hdr, head, len)) {
        return false;
    }
    p->tso = true;
    p->mss = le16_to_cpu(hdr->gso_size);
    /* The checksum field holds the sum of the pseudo header, length and all. */
    p->unsum = smnc_vtx_unsum(p->total - p->l2 - p->l3);
    return true;
}

/* Sets the offloads of @hdr. False: they do not fit the packet. */
static bool smnc_vtx_offloads(const SmncFunc *f, SmncPkt *p,
                              const struct virtio_net_hdr_v1 *hdr,
                              const uint8_t *head, uint32_t len)
{
    if (hdr->gso_type != VIRTIO_NET_HDR_GSO_NONE) {
        return smnc_vtx_gso(f, p, hdr, head, len) && smnc_pkt_ok(p);
    }
    if (hdr->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) {
        if (!smnc_vq_has(f, VIRTIO_NET_F_CSUM)) {
            return false;
        }
        p->l4_kind = SMNC_L4_SUM;
        p->l2 = le16_to_cpu(hdr->csum_start);
        p->sum_at = le16_to_cpu(hdr->csum_offset);
    }
    return smnc_pkt_ok(p);
}

/* --- one packet ---------------------------------------------------------------------- */

/* Takes the header off: the rest of the chain is the packet. */
static void smnc_vtx_strip(SmncPkt *p, SmncChain *c, uint32_t left)
{
    unsigned i = 0;

    p->total = c->out - left;
    while (left >= c->buf[i].len) {
        left -= c->buf[i++].len;
    }
    c->buf[i].addr += left;
    c->buf[i].len -= left;
    p->buf = c->buf + i;
    p->nbufs = c->n - i;
}

/* @ok: the packet may be sent as its header asks. False: the unit has stopped. */
static bool smnc_vtx_parse(SmncVqView *v, SmncChain *c, SmncPkt *p, bool *ok)
{
    struct virtio_net_hdr_v1 hdr;
    uint8_t head[HEAD_BYTES];
    uint32_t len, bytes = smnc_vhdr_bytes(v->u->f);

    QEMU_BUILD_BUG_ON(sizeof(hdr) != 12);
    QEMU_BUILD_BUG_ON(sizeof(SmncVhdr) != 20);
    if (c->nout != c->n) {
        return smnc_vq_bad(v->u, "a writable buffer to be sent");
    }
    if (c->out < bytes + ETH_HLEN || c->out > bytes + SMNC_TSO_MAX) {
        return smnc_vq_bad(v->u, "a packet too short or too long");
    }
    if (!smnc_vq_copy(v->u, c->buf, 0, &hdr, sizeof(hdr), SMNC_READ)) {
        return false;
    }
    memset(p, 0, sizeof(*p));
    smnc_vtx_strip(p, c, bytes);
    len = hdr.gso_type ? MIN(p->total, sizeof(head)) : 0;
    if (!smnc_vq_copy(v->u, p->buf, 0, head, len, SMNC_READ)) {
        return false;
    }
    *ok = smnc_vtx_offloads(v->u->f, p, &hdr, head, len);
    return true;
}

static bool smnc_vtx_done(SmncVqView *v, const SmncChain *c)
{
    SmncUsed used = smnc_vq_used(c, 0);

    v->q->seg = 0;
    return smnc_vq_use(v, &used, 1);
}

static bool smnc_vtx_drop(SmncVqView *v, const SmncChain *c)
{
    SmncUsed used = smnc_vq_used(c, 0);
    SmncFunc *f = v->u->f;

    if (!smnc_vq_probe_used(v, &used, 1)) {
        return false;
    }
    f->s->credit--;
    smnc_count(f, SMNC_STAT_TX_ERRORS, 1);
    trace_smnc_drop(f->idx, "offloads that it cannot have", c->out);
    return smnc_vtx_done(v, c);
}

/*
 * Sends the remaining segments of the packet. The guest may have changed the
 * packet since the first turn, so it is parsed anew. The buffer is used after
 * the last segment. False: the unit has to stop for now.
 */
static bool smnc_vtx_send(SmncVqView *v, const SmncChain *c, const SmncPkt *p)
{
    unsigned n = smnc_pkt_segments(p), first = MIN(v->q->seg, n - 1);
    unsigned next = first;
    SmncFrame *frame = smnc_send_frame(v->u, p, first);
    SmncUsed used = smnc_vq_used(c, 0);

    if (!frame) {
        return false;
    }
    /* After the data, so that the ring's translations are cached at the end. */
    if (smnc_vq_probe_used(v, &used, 1)) {
        next = smnc_send(v->u, p, frame, first);
    }
    smnc_frame_put(frame);
    if (next == first) {
        return false;
    }
    if (next < n) {
        v->q->seg = next;
        return true;
    }
    return smnc_vtx_done(v, c);
}

static bool smnc_vtx_one(SmncVqView *v)
{
    SmncChain c;
    SmncPkt p;
    bool ok = false;

    if (!smnc_vq_chain(v, 0, &c) || !smnc_vtx_parse(v, &c, &p, &ok)) {
        return false;
    }
    return ok ? smnc_vtx_send(v, &c, &p) : smnc_vtx_drop(v, &c);
}

/* --- the unit ------------------------------------------------------------------------- */

static bool smnc_vtx_pending(SmncUnit *u)
{
    SmncQp *qp = smnc_func_qp(u->f, u->idx);

    return qp && smnc_queue_active(&qp->tx) && qp->tx.vq.kicked;
}

static void smnc_vtx_serve(SmncUnit *u)
{
    SmncQueue *tx = &smnc_func_qp(u->f, u->idx)->tx;
    SmncVqView v;
    unsigned n = 0;
    bool more = smnc_vq_look(&v, u, tx);

    while (more && n++ < PER_PASS && u->f->s->credit > 0) {
        more = v.left ? smnc_rate_may(u) && smnc_vtx_one(&v)
                                : smnc_vq_ask(&v);
    }
    smnc_vq_signal(u, tx);
    if (more && !u->fault) {
        smnc_kick(u);
    }
}

const SmncUnitOps smnc_vtx_ops = {
    .pending = smnc_vtx_pending,
    .serve = smnc_vtx_serve,
    .fail = smnc_queue_fault,
};
