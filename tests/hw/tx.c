/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The transmit half of the queue engine: descriptors into packets, packets
 * into frames with the offloads done. QEMU's own segmentation (net_tx_pkt.c)
 * loses FIN and PSH of a segmented packet, so this is ours.
 */
#include "snic_int.h"
#include "qemu/crc32c.h"
#include "net/checksum.h"
#include "net/eth.h"

#define PER_PASS            32
#define DESC_BYTES          16
#define MIN_FRAME           ETH_HLEN

/* Quad word 1 of a descriptor */
#define TX_DTYPE            0xfull
#define TX_DTYPE_DATA       0x0
#define TX_DTYPE_CTX        0x1
#define TX_DTYPE_DONE       0xfull
#define TX_CMD(qw1)         (((qw1) >> 4) & 0x3ff)
#define TX_OFFSET(qw1)      (((qw1) >> 16) & 0x3ffff)
#define TX_SIZE(qw1)        (((qw1) >> 34) & 0x3fff)
#define TX_CTX_MSS(qw1)     ((qw1) >> 50)

#define CMD_EOP             0x001
#define CMD_RS              0x002
#define CMD_IIPT            0x060
#define  CMD_IPV6           0x020
#define  CMD_IPV4           0x040
#define  CMD_IPV4_CSUM      0x060
#define CMD_L4T             0x300
#define  CMD_TCP            0x100
#define  CMD_SCTP           0x200
#define  CMD_UDP            0x300
#define CTX_TSO             0x01

typedef struct SnicTxDesc {
    uint64_t addr, qw1;
} SnicTxDesc;

/* Descriptors from HEAD on, as far as they were fetched. */
typedef struct SnicTxRing {
    SnicUnit *u;
    SnicQueue *tx;
    uint32_t tail;
    unsigned pos, have;
    bool done;                          /* a DD was written */
    SnicTxDesc d[SNIC_Q_MAX_TX_DESCS];
} SnicTxRing;

typedef struct SnicTxPkt {
    unsigned n, nbufs;                  /* descriptors; those with data */
    uint32_t total;
    uint64_t rs;                        /* by descriptor */
    uint32_t cmd;
    bool tso;
    uint32_t mss;
    uint32_t l2, l3, l4;                /* header lengths */
    uint64_t addr[SNIC_Q_MAX_TX_DESCS]; /* of data, @nbufs of them */
    uint32_t size[SNIC_Q_MAX_TX_DESCS];
} SnicTxPkt;

enum tx_result { TX_GOOD, TX_BAD, TX_MORE };

/* --- descriptors ---------------------------------------------------------------- */

static uint64_t snic_tx_at(const SnicQueue *tx, unsigned i)
{
    return tx->base + (uint64_t)((tx->head + i) % tx->len) * DESC_BYTES;
}

static uint32_t snic_tx_avail(const SnicTxRing *r)
{
    uint32_t head = r->tx->head;

    return r->tail >= head ? r->tail - head : r->tx->len - head + r->tail;
}

static bool snic_tx_fetch(SnicTxRing *r)
{
    unsigned n = MIN(snic_tx_avail(r), SNIC_Q_MAX_TX_DESCS);
    unsigned first = MIN(n, r->tx->len - r->tx->head), i;

    r->pos = r->have = 0;
    if (!snic_dma_probe(r->u, snic_tx_at(r->tx, 0), first * DESC_BYTES, false) ||
        !snic_dma_probe(r->u, r->tx->base, (n - first) * DESC_BYTES, false) ||
        !snic_dma_read(r->u, snic_tx_at(r->tx, 0), r->d, first * DESC_BYTES) ||
        !snic_dma_read(r->u, r->tx->base, r->d + first,
                       (n - first) * DESC_BYTES)) {
        return false;
    }
    for (i = 0; i < n; i++) {
        r->d[i].addr = le64_to_cpu(r->d[i].addr);
        r->d[i].qw1 = le64_to_cpu(r->d[i].qw1);
    }
    r->have = n;
    return true;
}

static bool snic_tx_context(SnicTxPkt *p, const SnicTxDesc *d)
{
    if (p->nbufs) {
        return false;
    }
    p->tso = TX_CMD(d->qw1) & CTX_TSO;
    p->mss = TX_CTX_MSS(d->qw1);
    return true;
}

static bool snic_tx_data(SnicTxPkt *p, const SnicTxDesc *d)
{
    uint32_t size = TX_SIZE(d->qw1), off = TX_OFFSET(d->qw1);

    if (!size || p->total + size > SNIC_TSO_MAX) {
        return false;
    }
    if (!p->nbufs) {
        p->cmd = TX_CMD(d->qw1);
        p->l2 = (off & 0x7f) * 2;
        p->l3 = ((off >> 7) & 0x7f) * 4;
        p->l4 = ((off >> 14) & 0xf) * 4;
    }
    p->addr[p->nbufs] = d->addr;
    p->size[p->nbufs++] = size;
    p->total += size;
    if (TX_CMD(d->qw1) & CMD_RS) {
        p->rs |= 1ull << p->n;
    }
    return true;
}

/* One packet, up to EOP, out of what was fetched. */
static enum tx_result snic_tx_parse(const SnicTxRing *r, SnicTxPkt *p)
{
    memset(p, 0, offsetof(SnicTxPkt, addr));
    while (r->pos + p->n < r->have) {
        const SnicTxDesc *d = &r->d[r->pos + p->n];
        unsigned type = d->qw1 & TX_DTYPE;

        if (type == TX_DTYPE_CTX ? !snic_tx_context(p, d) :
            type == TX_DTYPE_DATA ? !snic_tx_data(p, d) : true) {
            return TX_BAD;
        }
        p->n++;
        if (type == TX_DTYPE_DATA && (TX_CMD(d->qw1) & CMD_EOP)) {
            return TX_GOOD;
        }
    }
    return p->n == SNIC_Q_MAX_TX_DESCS ? TX_BAD : TX_MORE;
}

/* --- may it be sent as it says? ---------------------------------------------------- */

static uint32_t snic_l4_min(uint32_t cmd)
{
    switch (cmd & CMD_L4T) {
    case CMD_TCP:
        return 20;
    case CMD_UDP:
        return 8;
    case CMD_SCTP:
        return 12;
    }
    return 0;
}

static uint32_t snic_l3_min(uint32_t cmd)
{
    switch (cmd & CMD_IIPT) {
    case CMD_IPV4:
    case CMD_IPV4_CSUM:
        return 20;
    case CMD_IPV6:
        return 40;
    }
    return 0;
}

static bool snic_tx_tso_ok(const SnicTxPkt *p)
{
    uint32_t hdr = p->l2 + p->l3 + p->l4;

    return (p->cmd & CMD_L4T) == CMD_TCP && (p->cmd & CMD_IIPT) &&
           p->mss >= SNIC_MSS_MIN && p->mss <= SNIC_MSS_MAX &&
           hdr < p->total && p->total - hdr <= 65536 &&
           hdr + MIN(p->mss, p->total - hdr) <= SNIC_FRAME_MAX;
}

static bool snic_tx_ok(const SnicTxPkt *p)
{
    uint32_t hdr = p->l2 + p->l3 + p->l4;

    if (p->total < MIN_FRAME || (!p->tso && p->total > SNIC_FRAME_MAX)) {
        return false;
    }
    if (((p->cmd & (CMD_L4T | CMD_IIPT)) || p->tso) &&
        (p->l2 < ETH_HLEN || p->l3 < snic_l3_min(p->cmd) || hdr > p->total)) {
        return false;
    }
    if ((p->cmd & CMD_L4T) &&
        p->l2 + p->l3 + snic_l4_min(p->cmd) > p->total) {
        return false;
    }
    return !p->tso || (p->l4 >= 20 && snic_tx_tso_ok(p));
}

/* --- checksums ---------------------------------------------------------------------- */

/* End of the L4 data: the frame's, or the IP packet's if that is shorter. */
static uint32_t snic_l4_end(const SnicFrame *frame, const SnicTxPkt *p)
{
    const uint8_t *ip = frame->data + p->l2;
    uint32_t end = frame->len, said;

    if (!(p->cmd & CMD_IIPT)) {
        return end;
    }
    said = p->l2 + ((p->cmd & CMD_IIPT) == CMD_IPV6 ? 40 + lduw_be_p(ip + 4)
                                                    : lduw_be_p(ip + 2));
    return said < end && said >= p->l2 + p->l3 + snic_l4_min(p->cmd) ? said
                                                                     : end;
}

/* The field holds the pseudo header's sum; @extra is what that leaves out. */
static void snic_inet_csum(uint8_t *l4, uint32_t len, unsigned field,
                           uint32_t extra)
{
    uint32_t sum = net_checksum_add(len, l4);

    stw_be_p(l4 + field,
             net_checksum_finish_nozero((sum & 0xffff) + (sum >> 16) + extra));
}

static void snic_sctp_csum(uint8_t *l4, uint32_t len)
{
    struct iovec iov = { .iov_base = l4, .iov_len = len };

    stl_le_p(l4 + 8, 0);
    stl_le_p(l4 + 8, iov_crc32c(0xffffffff, &iov, 1));
}

static void snic_tx_csum(SnicFrame *frame, const SnicTxPkt *p, uint32_t extra)
{
    uint8_t *l4 = frame->data + p->l2 + p->l3;
    uint32_t len = snic_l4_end(frame, p) - p->l2 - p->l3;

    if ((p->cmd & CMD_IIPT) == CMD_IPV4_CSUM ||
        (p->tso && (p->cmd & CMD_IIPT) == CMD_IPV4)) {
        eth_fix_ip4_checksum(frame->data + p->l2, p->l3);
        frame->l3_made = p->l2;
    }
    switch (p->cmd & CMD_L4T) {
    case CMD_TCP:
        snic_inet_csum(l4, len, 16, extra);
        frame->l4_made_proto = IP_PROTO_TCP;
        break;
    case CMD_UDP:
        snic_inet_csum(l4, len, 6, extra);
        frame->l4_made_proto = IP_PROTO_UDP;
        break;
    case CMD_SCTP:
        snic_sctp_csum(l4, len);
        frame->l4_made_proto = IP_PROTO_SCTP;
        break;
    default:
        return;
    }
    frame->l4_made = p->l2 + p->l3;
}

/* --- packets into frames -------------------------------------------------------------- */

static bool snic_tx_gather(SnicUnit *u, const SnicTxPkt *p, uint8_t *out)
{
    unsigned i;

    for (i = 0; i < p->nbufs; i++) {
        if (!snic_dma_probe(u, p->addr[i], p->size[i], false)) {
            return false;
        }
    }
    for (i = 0; i < p->nbufs; i++) {
        if (!snic_dma_read(u, p->addr[i], out, p->size[i])) {
            return false;
        }
        out += p->size[i];
    }
    return true;
}

static void snic_segment_ip(uint8_t *ip, const SnicTxPkt *p, unsigned i,
                            uint32_t payload)
{
    if ((p->cmd & CMD_IIPT) == CMD_IPV6) {
        stw_be_p(ip + 4, p->l3 - 40 + p->l4 + payload);
        return;
    }
    stw_be_p(ip + 2, p->l3 + p->l4 + payload);
    stw_be_p(ip + 4, lduw_be_p(ip + 4) + i);
}

/* Segment @i of the packet in txbuf. */
static SnicFrame *snic_segment(SnicState *s, const SnicTxPkt *p, unsigned i)
{
    uint32_t hdr = p->l2 + p->l3 + p->l4, off = i * p->mss;
    uint32_t payload = MIN(p->mss, p->total - hdr - off);
    SnicFrame *frame = snic_frame_new(hdr + payload);
    uint8_t *tcp = frame->data + p->l2 + p->l3;

    memcpy(frame->data, s->txbuf, hdr);
    memcpy(frame->data + hdr, s->txbuf + hdr + off, payload);
    snic_segment_ip(frame->data + p->l2, p, i, payload);
    stl_be_p(tcp + 4, ldl_be_p(tcp + 4) + off);
    if (hdr + off + payload < p->total) {
        tcp[13] &= ~(TH_FIN | TH_PUSH);
    }
    if (i) {
        tcp[13] &= ~TH_CWR;
    }
    snic_tx_csum(frame, p, p->l4 + payload);
    return frame;
}

static unsigned snic_segments(const SnicTxPkt *p)
{
    return p->tso ? DIV_ROUND_UP(p->total - p->l2 - p->l3 - p->l4, p->mss) : 1;
}

/* The packet's frame, or its segment @i; NULL: the unit has stopped. */
static SnicFrame *snic_tx_frame(SnicUnit *u, const SnicTxPkt *p, unsigned i)
{
    SnicState *s = u->f->s;
    SnicFrame *frame;

    if (p->tso) {
        return snic_tx_gather(u, p, s->txbuf) ? snic_segment(s, p, i) : NULL;
    }
    frame = snic_frame_new(p->total);
    if (!snic_tx_gather(u, p, frame->data)) {
        snic_frame_put(frame);
        return NULL;
    }
    snic_tx_csum(frame, p, 0);
    return frame;
}

/* What segments @i and up take of the VSI's rate, as the uplink would see them. */
static uint32_t snic_tx_bytes(const SnicTxPkt *p, unsigned i)
{
    uint32_t hdr = p->l2 + p->l3 + p->l4, n = snic_segments(p);
    uint32_t last = p->total - (n - 1) * p->mss;    /* with its headers */

    return i < n ? (n - 1 - i) * (hdr + p->mss) + MAX(last, ETH_ZLEN) : 0;
}

static void snic_tx_count(SnicFunc *f, const SnicPath *path, uint32_t bytes,
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

/*
 * @frame, which is segment @first, and as many behind it as this pass may send.
 * Returns the first one that is left.
 */
static unsigned snic_tx_send(SnicFunc *f, const SnicTxPkt *p,
                             const SnicPath *path, SnicFrame *frame,
                             unsigned first)
{
    SnicState *s = f->s;
    unsigned n = snic_segments(p), i = first;
    uint32_t bytes = 0;

    do {
        if (i != first) {
            frame = snic_segment(s, p, i);
        }
        bytes += frame->len;
        s->credit--;
        snic_veb_send(s, f->idx, path, frame);
        if (i != first) {
            snic_frame_put(frame);
        }
    } while (++i < n && s->credit > 0);
    snic_tx_count(f, path, bytes, i - first);
    if (p->tso && i == n) {
        snic_count(f, SNIC_STAT_TSO_PACKETS, 1);
    }
    return i;
}

/* --- one packet ------------------------------------------------------------------------- */

static bool snic_tx_probe_done(const SnicTxRing *r, const SnicTxPkt *p)
{
    unsigned i;

    for (i = 0; i < p->n; i++) {
        if ((p->rs & (1ull << i)) &&
            !snic_dma_probe(r->u, snic_tx_at(r->tx, i), DESC_BYTES, true)) {
            return false;
        }
    }
    return true;
}

static bool snic_tx_write_done(SnicTxRing *r, const SnicTxPkt *p)
{
    unsigned i;

    for (i = 0; i < p->n; i++) {
        uint64_t qw1 = cpu_to_le64(r->d[r->pos + i].qw1 | TX_DTYPE_DONE);

        if (!(p->rs & (1ull << i))) {
            continue;
        }
        if (!snic_dma_finish(r->u, snic_tx_at(r->tx, i) + 8, &qw1, 8)) {
            return false;
        }
        r->done = true;
    }
    r->tx->seg = 0;
    r->tx->head = (r->tx->head + p->n) % r->tx->len;
    r->pos += p->n;
    return true;
}

static void snic_tx_bad(SnicUnit *u)
{
    snic_count(u->f, SNIC_STAT_TX_ERRORS, 1);
    snic_count(u->f, SNIC_STAT_BAD_DESCRIPTORS, 1);
    snic_guest_error(u->f->s, "function %u queue %u: malformed descriptor\n",
                     u->f->idx, u->idx);
    snic_queue_fail(u, SNIC_Q_ERR_DESC);
}

/* May @n frames like this one be sent? If not the unit waits. */
static bool snic_tx_room(SnicUnit *u, const SnicPath *path, SnicFrame *frame,
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
 * What is left of the packet, of which the memory may say something else than
 * it did when the first segments left: all is looked at again, and HEAD and the
 * write-back come after the last. False: nothing more for now.
 */
static bool snic_tx_packet(SnicTxRing *r, const SnicTxPkt *p)
{
    SnicFunc *f = r->u->f;
    unsigned n = snic_segments(p), first = MIN(r->tx->seg, n - 1), next = n;
    SnicFrame *frame = snic_tx_frame(r->u, p, first);
    SnicPath path;

    if (!frame) {
        return false;
    }
    /* Behind the data, so that the cache still has the ring in the end. */
    if (!snic_tx_probe_done(r, p)) {
        goto not_now;
    }
    if (snic_veb_admit(f, frame)) {
        snic_veb_path(f->s, f->idx, frame->data, &path);
        if (!snic_tx_room(r->u, &path, frame, n - first)) {
            goto not_now;
        }
        next = snic_tx_send(f, p, &path, frame, first);
    } else {
        f->s->credit--;
    }
    snic_frame_put(frame);
    snic_rate_charge(r->u, snic_tx_bytes(p, first) - snic_tx_bytes(p, next));
    if (next < n) {
        r->tx->seg = next;
        return true;
    }
    return snic_tx_write_done(r, p);

not_now:
    snic_frame_put(frame);
    return false;
}

static bool snic_tx_one(SnicTxRing *r)
{
    SnicTxPkt p;
    enum tx_result res = snic_tx_parse(r, &p);

    if (res == TX_MORE && snic_tx_avail(r) > r->have - r->pos) {
        if (!snic_tx_fetch(r)) {
            return false;
        }
        res = snic_tx_parse(r, &p);
    }
    if (res == TX_MORE) {
        return false;       /* the rest of the packet is still to come */
    }
    if (res == TX_BAD || !snic_tx_ok(&p)) {
        snic_tx_bad(r->u);
        return false;
    }
    return snic_tx_packet(r, &p);
}

static bool snic_tx_pending(SnicUnit *u)
{
    SnicQp *qp = snic_func_qp(u->f, u->idx);

    return qp && snic_queue_active(&qp->tx) &&
           qp->tx.head != u->f->tx_tail[u->idx];
}

static void snic_tx_serve(SnicUnit *u)
{
    SnicFunc *f = u->f;
    SnicTxRing r;
    unsigned n = 0;
    bool more = true;

    r.u = u;
    r.tx = &snic_func_qp(f, u->idx)->tx;
    r.tail = f->tx_tail[u->idx];
    r.pos = r.have = 0;
    r.done = false;
    while (more && r.tx->head != r.tail && n++ < PER_PASS && f->s->credit > 0) {
        more = snic_rate_may(u) && snic_tx_one(&r);
    }
    if (r.done) {
        snic_queue_raise(f, r.tx->intr);
    }
    if (more && r.tx->head != r.tail) {
        snic_kick(u);
    }
}

static void snic_tx_fail(SnicUnit *u)
{
    snic_queue_fail(u, SNIC_Q_ERR_FAULT);
}

const SnicUnitOps snic_tx_ops = {
    .pending = snic_tx_pending,
    .serve = snic_tx_serve,
    .fail = snic_tx_fail,
};
