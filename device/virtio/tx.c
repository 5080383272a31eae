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

/* --- the header in front of a packet ----------------------------------------------- */

/* The length of what is before the network header; 0: that is not in @head. */
static uint32_t snic_vtx_l2(const uint8_t *head, uint32_t len, uint16_t *proto)
{
    uint32_t l2 = ETH_HLEN;

    for (; l2 <= len; l2 += 4) {
        *proto = lduw_be_p(head + l2 - 2);
        if (*proto != ETH_P_VLAN && *proto != ETH_P_DVLAN) {
            return l2;
        }
    }
    return 0;
}

static bool snic_vtx_gso_accepted(const SnicFunc *f, uint8_t type)
{
    if (type & VIRTIO_NET_HDR_GSO_ECN &&
        !snic_vq_has(f, VIRTIO_NET_F_HOST_ECN)) {
        return false;
    }
    switch (type & ~VIRTIO_NET_HDR_GSO_ECN) {
    case VIRTIO_NET_HDR_GSO_TCPV4:
        return snic_vq_has(f, VIRTIO_NET_F_HOST_TSO4);
    case VIRTIO_NET_HDR_GSO_TCPV6:
        return snic_vq_has(f, VIRTIO_NET_F_HOST_TSO6);
    }
    return false;
}

/*
 * Header lengths of a packet to be segmented, found in its first @len bytes:
 * it is IP of the version that @hdr says, and TCP where the checksum starts.
 */
static bool snic_vtx_headers(SnicPkt *p, const struct virtio_net_hdr_v1 *hdr,
                             const uint8_t *head, uint32_t len)
{
    uint32_t l4 = le16_to_cpu(hdr->csum_start);
    const uint8_t *ip;
    uint16_t proto = 0;

    p->l2 = snic_vtx_l2(head, len, &proto);
    if (!p->l2 || l4 < p->l2 + 20 || l4 + 20 > len ||
        le16_to_cpu(hdr->csum_offset) != TCP_CSUM_AT) {
        return false;
    }
    ip = head + p->l2;
    p->l3 = l4 - p->l2;
    p->l4 = (head[l4 + 12] >> 4) * 4;
    p->l4_kind = SNIC_L4_TCP;
    if ((hdr->gso_type & ~VIRTIO_NET_HDR_GSO_ECN) == VIRTIO_NET_HDR_GSO_TCPV4) {
        p->l3_kind = SNIC_L3_IPV4;
        return proto == ETH_P_IP && ip[0] >> 4 == 4 &&
               (ip[0] & 15) * 4 == p->l3 && ip[9] == IP_PROTO_TCP;
    }
    p->l3_kind = SNIC_L3_IPV6;
    return proto == ETH_P_IPV6 && ip[0] >> 4 == 6 &&
           (p->l3 > 40 || (p->l3 == 40 && ip[6] == IP_PROTO_TCP));
}

/* Ones' complement: adding it subtracts @len. */
static uint32_t snic_vtx_unsum(uint32_t len)
{
    return 0xffff - (len % 0xffff);
}

static bool snic_vtx_gso(const SnicFunc *f, SnicPkt *p,
                         const struct virtio_net_hdr_v1 *hdr,
                         const uint8_t *head, uint32_t len)
{
    if (!(hdr->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) ||
        !snic_vtx_gso_accepted(f, hdr->gso_type) ||
        !snic_vtx_headers(p, hdr, head, len)) {
        return false;
    }
    p->tso = true;
    p->mss = le16_to_cpu(hdr->gso_size);
    /* The checksum field holds the sum of the pseudo header, length and all. */
    p->unsum = snic_vtx_unsum(p->total - p->l2 - p->l3);
    return true;
}

/* What @hdr asks for. False: it makes no sense for this packet. */
static bool snic_vtx_offloads(const SnicFunc *f, SnicPkt *p,
                              const struct virtio_net_hdr_v1 *hdr,
                              const uint8_t *head, uint32_t len)
{
    if (hdr->gso_type != VIRTIO_NET_HDR_GSO_NONE) {
        return snic_vtx_gso(f, p, hdr, head, len) && snic_pkt_ok(p);
    }
    if (hdr->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) {
        if (!snic_vq_has(f, VIRTIO_NET_F_CSUM)) {
            return false;
        }
        p->l4_kind = SNIC_L4_SUM;
        p->l2 = le16_to_cpu(hdr->csum_start);
        p->sum_at = le16_to_cpu(hdr->csum_offset);
    }
    return snic_pkt_ok(p);
}

/* --- one packet ---------------------------------------------------------------------- */

/* The packet is what is behind the chain's first bytes, the header. */
static void snic_vtx_strip(SnicPkt *p, SnicChain *c)
{
    uint32_t left = SNIC_VHDR_BYTES;
    unsigned i = 0;

    while (left >= c->buf[i].len) {
        left -= c->buf[i++].len;
    }
    c->buf[i].addr += left;
    c->buf[i].len -= left;
    p->buf = c->buf + i;
    p->nbufs = c->n - i;
    p->total = c->out - SNIC_VHDR_BYTES;
}

/* @ok: the packet may be sent as its header asks. False: the unit has stopped. */
static bool snic_vtx_parse(SnicVqView *v, SnicChain *c, SnicPkt *p, bool *ok)
{
    struct virtio_net_hdr_v1 hdr;
    uint8_t head[HEAD_BYTES];
    uint32_t len;

    QEMU_BUILD_BUG_ON(sizeof(hdr) != SNIC_VHDR_BYTES);
    if (c->nout != c->n) {
        return snic_vq_bad(v->u, "a writable buffer to be sent");
    }
    if (c->out < SNIC_VHDR_BYTES + ETH_HLEN ||
        c->out > SNIC_VHDR_BYTES + SNIC_TSO_MAX) {
        return snic_vq_bad(v->u, "a packet too short or too long");
    }
    if (!snic_vq_copy(v->u, c->buf, 0, &hdr, sizeof(hdr), SNIC_READ)) {
        return false;
    }
    memset(p, 0, sizeof(*p));
    snic_vtx_strip(p, c);
    len = hdr.gso_type ? MIN(p->total, sizeof(head)) : 0;
    if (!snic_vq_copy(v->u, p->buf, 0, head, len, SNIC_READ)) {
        return false;
    }
    *ok = snic_vtx_offloads(v->u->f, p, &hdr, head, len);
    return true;
}

static bool snic_vtx_done(SnicVqView *v, const SnicChain *c)
{
    SnicUsed used = { .id = c->head };

    v->q->seg = 0;
    return snic_vq_use(v, &used, 1);
}

static bool snic_vtx_drop(SnicVqView *v, const SnicChain *c)
{
    SnicFunc *f = v->u->f;

    if (!snic_vq_probe_used(v, 1)) {
        return false;
    }
    f->s->credit--;
    snic_count(f, SNIC_STAT_TX_ERRORS, 1);
    trace_snic_drop(f->idx, "offloads that it cannot have", c->out);
    return snic_vtx_done(v, c);
}

/*
 * Sends the segments of the packet that are left, as of the first: the guest
 * may have changed it since. It is used when the last is gone. False: the unit
 * has to stop for now.
 */
static bool snic_vtx_send(SnicVqView *v, const SnicChain *c, const SnicPkt *p)
{
    unsigned n = snic_pkt_segments(p), first = MIN(v->q->seg, n - 1);
    unsigned next = first;
    SnicFrame *frame = snic_send_frame(v->u, p, first);

    if (!frame) {
        return false;
    }
    /* After the data, so that the ring's translations are cached at the end. */
    if (snic_vq_probe_used(v, 1)) {
        next = snic_send(v->u, p, frame, first);
    }
    snic_frame_put(frame);
    if (next == first) {
        return false;
    }
    if (next < n) {
        v->q->seg = next;
        return true;
    }
    return snic_vtx_done(v, c);
}

static bool snic_vtx_one(SnicVqView *v)
{
    SnicChain c;
    SnicPkt p;
    bool ok = false;

    if (!snic_vq_chain(v, 0, &c) || !snic_vtx_parse(v, &c, &p, &ok)) {
        return false;
    }
    return ok ? snic_vtx_send(v, &c, &p) : snic_vtx_drop(v, &c);
}

/* --- the unit ------------------------------------------------------------------------- */

static bool snic_vtx_pending(SnicUnit *u)
{
    SnicQp *qp = snic_func_qp(u->f, u->idx);

    return qp && snic_queue_active(&qp->tx) && qp->tx.vq.kicked;
}

static void snic_vtx_serve(SnicUnit *u)
{
    SnicQueue *tx = &snic_func_qp(u->f, u->idx)->tx;
    SnicVqView v;
    unsigned n = 0;
    bool more = snic_vq_look(&v, u, tx);

    while (more && n++ < PER_PASS && u->f->s->credit > 0) {
        more = snic_vq_left(&v) ? snic_rate_may(u) && snic_vtx_one(&v)
                                : snic_vq_ask(&v);
    }
    snic_vq_signal(u, tx);
    if (more && !u->fault) {
        snic_kick(u);
    }
}

static void snic_vtx_fail(SnicUnit *u)
{
    snic_queue_fail(u, SNIC_Q_ERR_FAULT);
}

const SnicUnitOps snic_vtx_ops = {
    .pending = snic_vtx_pending,
    .serve = snic_vtx_serve,
    .fail = snic_vtx_fail,
};
