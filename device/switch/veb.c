/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The switch between the VSIs and the uplink. */
#include "switch.h"
#include "../core/core.h"
#include "../packet/packet.h"
#include "../trace.h"
#include "qemu/iov.h"
#include "net/eth.h"

#define MAC_GROUP           (1ull << 40)
#define RATE_MAX            100000  /* Mb/s */
#define TAG_BYTES           4
#define MAC_BROADCAST       0xffffffffffffull

static bool snic_vsi_active(SnicState *s, unsigned vsi)
{
    return s->func[vsi].vsi.flags & SNIC_VSI_ACTIVE;
}

/* True: the VSI may send and receive link control frames. */
static bool snic_vsi_control(SnicState *s, unsigned vsi)
{
    return !vsi || s->func[vsi].vsi.flags & SNIC_VSI_CONTROL;
}

/* True: the VSI receives frames of @vlan. */
static bool snic_vsi_takes(SnicState *s, unsigned vsi, uint16_t vlan,
                           bool control)
{
    return snic_vsi_active(s, vsi) &&
           (!control || snic_vsi_control(s, vsi)) &&
           snic_vlan_takes(&s->func[vsi].vsi, vlan);
}

/* --- address filters -------------------------------------------------------------- */

static void snic_mac_free(void *p)
{
    SnicMac *m = p;

    g_array_free(m->vsis, true);
    g_free(m);
}

static int snic_mac_find(const SnicMac *m, unsigned vsi)
{
    unsigned i;

    for (i = 0; m && i < m->vsis->len; i++) {
        if (g_array_index(m->vsis, uint16_t, i) == vsi) {
            return i;
        }
    }
    return -1;
}

/* A positive errno or 0. A group address may be any number of VSIs'. */
int snic_mac_add(SnicState *s, unsigned vsi, uint64_t mac)
{
    SnicVsi *v = &s->func[vsi].vsi;
    SnicMac *m = g_hash_table_lookup(s->macs, &mac);
    uint16_t who = vsi;

    if (!mac) {
        return EINVAL;
    }
    if (snic_mac_find(m, vsi) >= 0) {
        return 0;
    }
    if (m && !(mac & MAC_GROUP)) {
        return EEXIST;
    }
    if (v->nmacs == SNIC_FW_MACS_PER_VSI) {
        return ENOSPC;
    }
    if (!m) {
        m = g_new0(SnicMac, 1);
        m->mac = mac;
        m->vsis = g_array_new(false, false, sizeof(uint16_t));
        g_hash_table_insert(s->macs, &m->mac, m);
    }
    g_array_append_val(m->vsis, who);
    v->macs[v->nmacs++] = mac;
    return 0;
}

int snic_mac_del(SnicState *s, unsigned vsi, uint64_t mac)
{
    SnicVsi *v = &s->func[vsi].vsi;
    SnicMac *m = g_hash_table_lookup(s->macs, &mac);
    int at = snic_mac_find(m, vsi);
    unsigned i;

    if (at < 0) {
        return ENOENT;
    }
    g_array_remove_index_fast(m->vsis, at);
    if (!m->vsis->len) {
        g_hash_table_remove(s->macs, &mac);
    }
    for (i = 0; v->macs[i] != mac; i++) {
    }
    v->macs[i] = v->macs[--v->nmacs];
    return 0;
}

/* --- VSIs ------------------------------------------------------------------------- */

static void snic_veb_lists(SnicState *s)
{
    uint16_t i;

    g_array_set_size(s->active, 0);
    g_array_set_size(s->uc_promisc, 0);
    g_array_set_size(s->mc_promisc, 0);
    for (i = 0; i < snic_num_funcs(s); i++) {
        uint16_t flags = s->func[i].vsi.flags;

        if (!(flags & SNIC_VSI_ACTIVE)) {
            continue;
        }
        g_array_append_val(s->active, i);
        if (flags & SNIC_VSI_UC_PROMISC) {
            g_array_append_val(s->uc_promisc, i);
        }
        if (flags & SNIC_VSI_MC_PROMISC) {
            g_array_append_val(s->mc_promisc, i);
        }
    }
}

/* Drops held frames, which belong to the VSI's old VLAN. */
static void snic_veb_drop_held(SnicFunc *f)
{
    unsigned q;

    for (q = 0; q < SNIC_FUNC_QPS; q++) {
        SnicQp *qp = snic_func_qp(f, q);

        if (qp) {
            snic_fifo_drop(f, &qp->rx);
        }
    }
}

/* At most one VSI is the default: the last one that was set. */
int snic_veb_set(SnicState *s, unsigned vsi, uint16_t flags, uint32_t port,
                 uint32_t tx_rate)
{
    SnicVsi *v = &s->func[vsi].vsi;
    bool drop;

    if (flags & ~(SNIC_VSI_ACTIVE | SNIC_VSI_UC_PROMISC | SNIC_VSI_MC_PROMISC |
                  SNIC_VSI_ANTISPOOF | SNIC_VSI_DEFAULT | SNIC_VSI_CONTROL |
                  SNIC_VSI_VLAN_FILTER) ||
        !snic_port_valid(port) || tx_rate > RATE_MAX ||
        (port && flags & SNIC_VSI_VLAN_FILTER)) {
        return EINVAL;
    }
    if (s->default_vsi == vsi) {
        s->default_vsi = -1;
    }
    if (flags & SNIC_VSI_DEFAULT) {
        if (s->default_vsi >= 0) {
            s->func[s->default_vsi].vsi.flags &= ~SNIC_VSI_DEFAULT;
        }
        s->default_vsi = vsi;
    }
    drop = port != v->port || (flags ^ v->flags) & SNIC_VSI_VLAN_FILTER ||
           v->flags & ~flags & SNIC_VSI_CONTROL;
    v->flags = flags;
    v->port = port;
    if (drop) {
        snic_veb_drop_held(&s->func[vsi]);
    }
    snic_rate_set(&s->func[vsi], tx_rate);
    snic_veb_lists(s);
    return 0;
}

/* A chunk of the VSI's VLAN table. */
int snic_veb_vlans(SnicState *s, unsigned vsi, const struct snic_fw_vlans *req)
{
    int rc = snic_vlan_stage(&s->func[vsi].vsi, req);

    if (rc > 0) {
        snic_veb_drop_held(&s->func[vsi]);
    }
    return rc < 0 ? -rc : 0;
}

/* As after device reset: its table has untagged frames only. */
static void snic_vsi_wipe(SnicVsi *v)
{
    memset(v, 0, sizeof(*v));
    v->vids[0] = 1;
}

void snic_veb_clear(SnicState *s, unsigned vsi)
{
    SnicVsi *v = &s->func[vsi].vsi;

    while (v->nmacs) {
        snic_mac_del(s, vsi, v->macs[0]);
    }
    snic_veb_set(s, vsi, 0, 0, 0);
    snic_vsi_wipe(v);
}

void snic_veb_reset(SnicState *s)
{
    unsigned i;

    g_hash_table_remove_all(s->macs);
    for (i = 0; i < snic_num_funcs(s); i++) {
        snic_vsi_wipe(&s->func[i].vsi);
        s->func[i].patience = (SnicPatience) { 0 };
    }
    s->default_vsi = -1;
    snic_veb_lists(s);
}

void snic_veb_init(SnicState *s)
{
    s->macs = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL,
                                    snic_mac_free);
    s->active = g_array_new(false, false, sizeof(uint16_t));
    s->uc_promisc = g_array_new(false, false, sizeof(uint16_t));
    s->mc_promisc = g_array_new(false, false, sizeof(uint16_t));
    s->default_vsi = -1;
}

void snic_veb_exit(SnicState *s)
{
    g_hash_table_destroy(s->macs);
    g_array_free(s->active, true);
    g_array_free(s->uc_promisc, true);
    g_array_free(s->mc_promisc, true);
}

/* --- forwarding -------------------------------------------------------------------- */

static bool snic_veb_spoofed(SnicFunc *f, const SnicFrame *frame)
{
    uint64_t src = snic_mac_key(frame->data + ETH_ALEN);
    SnicMac *m;

    if (!(f->vsi.flags & SNIC_VSI_ANTISPOOF)) {
        return false;
    }
    m = src & MAC_GROUP ? NULL : g_hash_table_lookup(f->s->macs, &src);
    return snic_mac_find(m, f->idx) < 0;
}

/* False: the VSI may not send the frame, which is counted. */
bool snic_veb_admit(SnicFunc *f, const SnicFrame *frame)
{
    if (!(f->vsi.flags & SNIC_VSI_ACTIVE)) {
        snic_drop(f, frame, SNIC_STAT_TX_DISCARDS, "VSI is not active");
        return false;
    }
    if (snic_veb_spoofed(f, frame)) {
        snic_drop(f, frame, SNIC_STAT_SPOOFED, "spoofed source address");
        return false;
    }
    if (!snic_vsi_control(f->s, f->idx) && snic_frame_control(frame)) {
        snic_drop(f, frame, SNIC_STAT_CONTROL_DROPS, "link control");
        return false;
    }
    if (!snic_vlan_admit(&f->vsi, frame)) {
        snic_drop(f, frame, SNIC_STAT_VLAN_DROPS, "VLAN");
        return false;
    }
    return true;
}

void snic_veb_path(SnicState *s, int src, const uint8_t *hdr, SnicPath *p)
{
    uint64_t dst = snic_mac_key(hdr);
    SnicMac *m = g_hash_table_lookup(s->macs, &dst);

    p->vsi = -1;
    p->mac = NULL;
    p->uplink = src != SNIC_FROM_UPLINK;
    if (dst == MAC_BROADCAST) {
        p->kind = SNIC_BROADCAST;
        return;
    }
    if (dst & MAC_GROUP) {
        p->kind = SNIC_MULTICAST;
        p->mac = m;
        return;
    }
    p->kind = SNIC_UNICAST;
    if (m) {
        p->vsi = g_array_index(m->vsis, uint16_t, 0);
        p->uplink = false;
    } else if (src == SNIC_FROM_UPLINK) {
        p->vsi = s->default_vsi;
    }
}

/*
 * Returns 0 if @nframes frames like this one may be sent now, or the latest
 * time of the next attempt: a receiver that is slow, or waits for a page,
 * slows a local sender down before frames are lost.
 */
int64_t snic_veb_room(SnicUnit *u, const SnicPath *p, SnicFrame *frame,
                      unsigned nframes)
{
    SnicState *s = u->f->s;
    SnicPatience *own = &snic_func_qp(u->f, u->idx)->tx.patience;
    SnicQueue *rx;
    unsigned q;

    snic_patience_own_end(own);
    if (p->kind != SNIC_UNICAST || p->vsi < 0 ||
        !snic_vsi_takes(s, p->vsi, snic_vlan_of(&u->f->vsi, frame),
                        snic_frame_control(frame))) {
        return 0;
    }
    snic_frame_parse(s, frame);
    rx = snic_rx_queue(&s->func[p->vsi], frame, &q);
    if (!rx || !rx->fifo_used || rx->fifo_segs + nframes <= SNIC_FIFO) {
        return 0;
    }
    return snic_patience_wait(own, &s->func[p->vsi].patience,
                              rx->fifo_since + SNIC_FIFO_PATIENCE);
}

/* The function takes packets with these properties whole. */
static bool snic_takes_whole(const SnicFunc *f, uint8_t whole)
{
    return whole && !(whole & ~f->whole);
}

/*
 * Of a packet with the properties @whole some receivers, or all of them, take
 * it whole.
 */
void snic_veb_whole(SnicFunc *f, const SnicPath *p, uint8_t whole, bool *some,
                    bool *all)
{
    SnicState *s = f->s;
    unsigned i;

    *some = p->vsi >= 0 && snic_takes_whole(&s->func[p->vsi], whole);
    *all = *some && !p->uplink;
    for (i = 0; p->kind == SNIC_UNICAST && i < s->uc_promisc->len; i++) {
        unsigned vsi = g_array_index(s->uc_promisc, uint16_t, i);
        bool takes = snic_takes_whole(&s->func[vsi], whole);

        if (vsi != f->idx) {
            *some |= takes;
            *all &= takes;
        }
    }
}

static bool snic_veb_local(SnicState *s, int src, unsigned vsi, SnicShapes *sh)
{
    SnicFunc *f = &s->func[vsi];

    if (vsi == src || !snic_vsi_takes(s, vsi, sh->vlan, sh->control)) {
        return false;
    }
    if (sh->whole && snic_takes_whole(f, sh->whole) != sh->is_whole) {
        return !sh->is_whole;           /* it has the whole packet */
    }
    snic_rx_push(f, f->vsi.port ? snic_shape_inner(sh) : snic_shape_outer(sh));
    return true;
}

/* To every VSI of the list that is neither @but nor in @has. */
static bool snic_veb_list(SnicState *s, int src, const GArray *list, int but,
                          const SnicMac *has, SnicShapes *sh)
{
    bool taken = false;
    unsigned i;

    for (i = 0; i < list->len; i++) {
        unsigned vsi = g_array_index(list, uint16_t, i);

        if (vsi != but && snic_mac_find(has, vsi) < 0) {
            taken |= snic_veb_local(s, src, vsi, sh);
        }
    }
    return taken;
}

static bool snic_veb_uplink(SnicState *s, SnicFrame *frame)
{
    uint32_t len = frame->len;

    if (!snic_link_up(s)) {
        return false;
    }
    snic_frame_complete(frame);
    if (len < ETH_ZLEN) {
        memset(frame->data + len, 0, ETH_ZLEN - len);
        len = ETH_ZLEN;
    }
    qemu_send_packet(qemu_get_queue(s->nic), frame->data, len);
    return true;
}

/*
 * The caller has the only reference to @frame, and keeps it. @whole: properties
 * of the packet that @frame is a segment of, or is; receivers that take it
 * whole are given it whole, and no segment. False: there is no receiver.
 */
bool snic_veb_send(SnicState *s, int src, const SnicPath *p, SnicFrame *frame,
                   uint8_t whole)
{
    bool taken = false;
    SnicShapes sh;

    snic_shapes_init(&sh, src == SNIC_FROM_UPLINK ? NULL : &s->func[src].vsi,
                     frame);
    sh.whole = whole;
    sh.is_whole = frame->whole;
    switch (p->kind) {
    case SNIC_UNICAST:
        if (p->vsi >= 0) {
            taken = snic_veb_local(s, src, p->vsi, &sh);
        }
        taken |= snic_veb_list(s, src, s->uc_promisc, p->vsi, NULL, &sh);
        break;
    case SNIC_MULTICAST:
        if (p->mac) {
            taken = snic_veb_list(s, src, p->mac->vsis, -1, NULL, &sh);
        }
        taken |= snic_veb_list(s, src, s->mc_promisc, -1, p->mac, &sh);
        break;
    case SNIC_BROADCAST:
        taken = snic_veb_list(s, src, s->active, -1, NULL, &sh);
        break;
    }
    if (p->uplink && !sh.is_whole) {
        taken |= snic_veb_uplink(s, snic_shape_outer(&sh));
    }
    snic_shapes_put(&sh);
    return taken;
}

/* A frame from the uplink, possibly during a transmission to it. */
bool snic_veb_receive(SnicState *s, const struct iovec *iov, int n)
{
    size_t len = iov_size(iov, n);
    SnicFrame *frame;
    SnicPath path;

    /* A port VLAN's tag may come on top. */
    if (len < ETH_HLEN || len > SNIC_FRAME_MAX + TAG_BYTES) {
        trace_snic_drop_uplink("length", len);
        return false;
    }
    if (!s->running) {
        s->run_gen++;   /* a pass of its own */
    }
    frame = snic_frame_new(len);
    iov_to_buf(iov, n, 0, frame->data, len);
    snic_veb_path(s, SNIC_FROM_UPLINK, frame->data, &path);
    if (!snic_veb_send(s, SNIC_FROM_UPLINK, &path, frame, 0)) {
        trace_snic_drop_uplink("no receiver", frame->len);
    }
    snic_frame_put(frame);
    snic_kick_device(s);
    return true;
}
