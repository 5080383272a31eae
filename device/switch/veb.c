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
#define MAC_BROADCAST       0xffffffffffffull

static bool smnc_vsi_active(SmncState *s, unsigned vsi)
{
    return s->func[vsi].vsi.flags & SMNC_VSI_ACTIVE;
}

/* True: the VSI may send and receive link control frames. */
static bool smnc_vsi_control(SmncState *s, unsigned vsi)
{
    return !vsi || s->func[vsi].vsi.flags & SMNC_VSI_CONTROL;
}

/* True: the VSI receives frames of @vlan. */
static bool smnc_vsi_takes(SmncState *s, unsigned vsi, uint16_t vlan,
                           bool control)
{
    return smnc_vsi_active(s, vsi) &&
           (!control || smnc_vsi_control(s, vsi)) &&
           smnc_vlan_takes(&s->func[vsi].vsi, vlan);
}

/* --- address filters -------------------------------------------------------------- */

static void smnc_mac_free(void *p)
{
    SmncMac *m = p;

    g_array_free(m->vsis, true);
    g_free(m);
}

static int smnc_mac_find(const SmncMac *m, unsigned vsi)
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
int smnc_mac_add(SmncState *s, unsigned vsi, uint64_t mac)
{
    SmncVsi *v = &s->func[vsi].vsi;
    SmncMac *m = g_hash_table_lookup(s->macs, &mac);
    uint16_t who = vsi;

    if (!mac) {
        return EINVAL;
    }
    if (smnc_mac_find(m, vsi) >= 0) {
        return 0;
    }
    if (m && !(mac & MAC_GROUP)) {
        return EEXIST;
    }
    if (v->nmacs == SMNC_FW_MACS_PER_VSI) {
        return ENOSPC;
    }
    if (!m) {
        m = g_new0(SmncMac, 1);
        m->mac = mac;
        m->vsis = g_array_new(false, false, sizeof(uint16_t));
        g_hash_table_insert(s->macs, &m->mac, m);
    }
    g_array_append_val(m->vsis, who);
    v->macs[v->nmacs++] = mac;
    return 0;
}

int smnc_mac_del(SmncState *s, unsigned vsi, uint64_t mac)
{
    SmncVsi *v = &s->func[vsi].vsi;
    SmncMac *m = g_hash_table_lookup(s->macs, &mac);
    int at = smnc_mac_find(m, vsi);
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

static void smnc_veb_lists(SmncState *s)
{
    uint16_t i;

    g_array_set_size(s->active, 0);
    g_array_set_size(s->uc_promisc, 0);
    g_array_set_size(s->mc_promisc, 0);
    for (i = 0; i < smnc_num_funcs(s); i++) {
        uint16_t flags = s->func[i].vsi.flags;

        if (!(flags & SMNC_VSI_ACTIVE)) {
            continue;
        }
        g_array_append_val(s->active, i);
        if (flags & SMNC_VSI_UC_PROMISC) {
            g_array_append_val(s->uc_promisc, i);
        }
        if (flags & SMNC_VSI_MC_PROMISC) {
            g_array_append_val(s->mc_promisc, i);
        }
    }
}

/* Drops held frames, which the VSI would not be given any more. */
static void smnc_veb_drop_held(SmncFunc *f)
{
    unsigned q;

    for (q = 0; q < SMNC_FUNC_QPS; q++) {
        SmncQp *qp = smnc_func_qp(f, q);

        if (qp) {
            smnc_fifo_drop(f, &qp->rx);
        }
    }
}

/* At most one VSI is the default: the last one that was set. */
int smnc_veb_set(SmncState *s, unsigned vsi, uint16_t flags, uint32_t port,
                 uint32_t tx_rate)
{
    SmncVsi *v = &s->func[vsi].vsi;
    bool drop;

    if (flags & ~(SMNC_VSI_ACTIVE | SMNC_VSI_UC_PROMISC | SMNC_VSI_MC_PROMISC |
                  SMNC_VSI_ANTISPOOF | SMNC_VSI_DEFAULT | SMNC_VSI_CONTROL |
                  SMNC_VSI_VLAN_FILTER | SMNC_VSI_VLAN_OWN |
                  SMNC_VSI_VLAN_STRIP) ||
        !smnc_port_valid(port) || tx_rate > RATE_MAX ||
        (port && flags & SMNC_VSI_VLAN_FILTER)) {
        return EINVAL;
    }
    if (s->default_vsi == vsi) {
        s->default_vsi = -1;
    }
    if (flags & SMNC_VSI_DEFAULT) {
        if (s->default_vsi >= 0) {
            s->func[s->default_vsi].vsi.flags &= ~SMNC_VSI_DEFAULT;
        }
        s->default_vsi = vsi;
    }
    drop = port != v->port || (flags ^ v->flags) & SMNC_VSI_VLAN_FILTER ||
           v->flags & ~flags & (SMNC_VSI_CONTROL | SMNC_VSI_ACTIVE);
    v->flags = flags;
    v->port = port;
    if (drop) {
        smnc_veb_drop_held(&s->func[vsi]);
    }
    smnc_rate_set(&s->func[vsi], tx_rate);
    smnc_veb_lists(s);
    return 0;
}

/* A chunk of the VSI's VLAN table. */
int smnc_veb_vlans(SmncState *s, unsigned vsi, const struct smnc_fw_vlans *req)
{
    int rc = smnc_vlan_stage(&s->func[vsi].vsi, req);

    if (rc > 0) {
        smnc_veb_drop_held(&s->func[vsi]);
    }
    return rc < 0 ? -rc : 0;
}

/* As after device reset: its table has untagged frames only. */
static void smnc_vsi_wipe(SmncVsi *v)
{
    smnc_flow_clear(v);
    memset(v, 0, sizeof(*v));
    v->vids[0] = 1;
}

void smnc_veb_clear(SmncState *s, unsigned vsi)
{
    SmncVsi *v = &s->func[vsi].vsi;

    while (v->nmacs) {
        smnc_mac_del(s, vsi, v->macs[0]);
    }
    smnc_veb_set(s, vsi, 0, 0, 0);
    smnc_vsi_wipe(v);
}

void smnc_veb_reset(SmncState *s)
{
    unsigned i;

    g_hash_table_remove_all(s->macs);
    for (i = 0; i < smnc_num_funcs(s); i++) {
        smnc_vsi_wipe(&s->func[i].vsi);
        s->func[i].patience = (SmncPatience) { 0 };
    }
    s->default_vsi = -1;
    s->switch_mode = 0;
    memset(s->uplink, 0, sizeof(s->uplink));
    smnc_veb_lists(s);
}

void smnc_veb_init(SmncState *s)
{
    s->macs = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL,
                                    smnc_mac_free);
    s->active = g_array_new(false, false, sizeof(uint16_t));
    s->uc_promisc = g_array_new(false, false, sizeof(uint16_t));
    s->mc_promisc = g_array_new(false, false, sizeof(uint16_t));
    s->default_vsi = -1;
}

void smnc_veb_exit(SmncState *s)
{
    unsigned i;

    for (i = 0; i < smnc_num_funcs(s); i++) {
        smnc_flow_clear(&s->func[i].vsi);
    }
    g_hash_table_destroy(s->macs);
    g_array_free(s->active, true);
    g_array_free(s->uc_promisc, true);
    g_array_free(s->mc_promisc, true);
}

/* --- forwarding -------------------------------------------------------------------- */

static bool smnc_veb_spoofed(SmncFunc *f, const SmncFrame *frame)
{
    uint64_t src = smnc_mac_key(frame->data + ETH_ALEN);
    SmncMac *m;

    if (!(f->vsi.flags & SMNC_VSI_ANTISPOOF)) {
        return false;
    }
    m = src & MAC_GROUP ? NULL : g_hash_table_lookup(f->s->macs, &src);
    return smnc_mac_find(m, f->idx) < 0;
}

/* False: the VSI may not send the frame, which is counted. */
bool smnc_veb_admit(SmncFunc *f, const SmncFrame *frame)
{
    if (!(f->vsi.flags & SMNC_VSI_ACTIVE)) {
        smnc_drop(f, frame, SMNC_STAT_TX_DISCARDS, "VSI is not active");
        return false;
    }
    if (smnc_veb_spoofed(f, frame)) {
        smnc_drop(f, frame, SMNC_STAT_SPOOFED, "spoofed source address");
        return false;
    }
    if (!smnc_vsi_control(f->s, f->idx) && smnc_frame_control(frame)) {
        smnc_drop(f, frame, SMNC_STAT_CONTROL_DROPS, "link control");
        return false;
    }
    if (!smnc_vlan_admit(&f->vsi, frame)) {
        smnc_drop(f, frame, SMNC_STAT_VLAN_DROPS, "VLAN");
        return false;
    }
    return true;
}

void smnc_veb_path(SmncState *s, int src, const uint8_t *hdr, SmncPath *p)
{
    uint64_t dst = smnc_mac_key(hdr);
    SmncMac *m = g_hash_table_lookup(s->macs, &dst);

    p->vsi = -1;
    p->mac = NULL;
    p->uplink = src != SMNC_FROM_UPLINK;
    p->local = !p->uplink || !(s->switch_mode & SMNC_SWITCH_VEPA);
    if (dst == MAC_BROADCAST) {
        p->kind = SMNC_BROADCAST;
        return;
    }
    if (dst & MAC_GROUP) {
        p->kind = SMNC_MULTICAST;
        p->mac = m;
        return;
    }
    p->kind = SMNC_UNICAST;
    if (m && p->local) {
        p->vsi = g_array_index(m->vsis, uint16_t, 0);
        p->uplink = false;
    } else if (src == SMNC_FROM_UPLINK) {
        p->vsi = s->default_vsi;
    }
}

/*
 * Returns 0 if @nframes frames like this one may be sent now, or the latest
 * time of the next attempt: a receiver that is slow, or waits for a page,
 * slows a local sender down before frames are lost.
 */
int64_t smnc_veb_room(SmncUnit *u, const SmncPath *p, SmncFrame *frame,
                      unsigned nframes)
{
    SmncState *s = u->f->s;
    SmncPatience *own = &smnc_func_qp(u->f, u->idx)->tx.patience;
    SmncQueue *rx;

    smnc_patience_own_end(own);
    if (p->kind != SMNC_UNICAST || p->vsi < 0 ||
        !smnc_vsi_takes(s, p->vsi, smnc_vlan_of(&u->f->vsi, frame),
                        smnc_frame_control(frame))) {
        return 0;
    }
    smnc_frame_parse(s, frame);
    rx = smnc_rx_queue(&s->func[p->vsi], frame);
    if (!rx || !rx->fifo_used || rx->fifo_segs + nframes <= SMNC_FIFO) {
        return 0;
    }
    return smnc_patience_wait(own, &s->func[p->vsi].patience,
                              rx->fifo_since + SMNC_FIFO_PATIENCE);
}

/* The function takes packets with these properties whole. */
static bool smnc_takes_whole(const SmncFunc *f, uint8_t whole)
{
    return whole && !(whole & ~f->whole);
}

/*
 * Of a packet with the properties @whole some receivers, or all of them, take
 * it whole.
 */
void smnc_veb_whole(SmncFunc *f, const SmncPath *p, uint8_t whole, bool *some,
                    bool *all)
{
    SmncState *s = f->s;
    unsigned i;

    *some = p->vsi >= 0 && smnc_takes_whole(&s->func[p->vsi], whole);
    *all = *some && !p->uplink;
    for (i = 0; p->local && p->kind == SMNC_UNICAST && i < s->uc_promisc->len;
         i++) {
        unsigned vsi = g_array_index(s->uc_promisc, uint16_t, i);
        bool takes = smnc_takes_whole(&s->func[vsi], whole);

        if (vsi != f->idx) {
            *some |= takes;
            *all &= takes;
        }
    }
}

static bool smnc_veb_local(SmncState *s, int src, unsigned vsi, SmncShapes *sh)
{
    SmncFunc *f = &s->func[vsi];

    if (vsi == src || vsi == sh->sender || !smnc_vsi_takes(s, vsi, sh->vlan, sh->control)) {
        return false;
    }
    if (sh->whole && smnc_takes_whole(f, sh->whole) != sh->is_whole) {
        return !sh->is_whole;           /* it has the whole packet */
    }
    smnc_rx_push(f, f->vsi.port ? smnc_shape_inner(sh) : smnc_shape_outer(sh));
    return true;
}

/* To every VSI of the list that is neither @but nor in @has. */
static bool smnc_veb_list(SmncState *s, int src, const GArray *list, int but,
                          const SmncMac *has, SmncShapes *sh)
{
    bool taken = false;
    unsigned i;

    for (i = 0; i < list->len; i++) {
        unsigned vsi = g_array_index(list, uint16_t, i);

        if (vsi != but && smnc_mac_find(has, vsi) < 0) {
            taken |= smnc_veb_local(s, src, vsi, sh);
        }
    }
    return taken;
}

/* In VEPA mode: the VSI whose frame the network's switch has sent back, or -1. */
static int smnc_veb_sender(SmncState *s, int src, const SmncFrame *frame)
{
    uint64_t from = smnc_mac_key(frame->data + ETH_ALEN);
    SmncMac *m;

    if (src != SMNC_FROM_UPLINK || !(s->switch_mode & SMNC_SWITCH_VEPA) ||
        from & MAC_GROUP) {
        return -1;
    }
    m = g_hash_table_lookup(s->macs, &from);
    return m ? g_array_index(m->vsis, uint16_t, 0) : -1;
}

/*
 * The caller has the only reference to @frame, and keeps it. @whole: properties
 * of the packet that @frame is a segment of, or is; receivers that take it
 * whole are given it whole, and no segment. False: there is no receiver.
 */
bool smnc_veb_send(SmncState *s, int src, const SmncPath *p, SmncFrame *frame,
                   uint8_t whole)
{
    bool taken = false;
    SmncShapes sh;

    smnc_shapes_init(&sh, src == SMNC_FROM_UPLINK ? NULL : &s->func[src].vsi,
                     frame);
    sh.whole = whole;
    sh.is_whole = frame->whole;
    sh.sender = smnc_veb_sender(s, src, frame);
    switch (p->local ? p->kind : SMNC_NOWHERE) {
    case SMNC_NOWHERE:
        break;
    case SMNC_UNICAST:
        if (p->vsi >= 0) {
            taken = smnc_veb_local(s, src, p->vsi, &sh);
        }
        taken |= smnc_veb_list(s, src, s->uc_promisc, p->vsi, NULL, &sh);
        break;
    case SMNC_MULTICAST:
        if (p->mac) {
            taken = smnc_veb_list(s, src, p->mac->vsis, -1, NULL, &sh);
        }
        taken |= smnc_veb_list(s, src, s->mc_promisc, -1, p->mac, &sh);
        break;
    case SMNC_BROADCAST:
        taken = smnc_veb_list(s, src, s->active, -1, NULL, &sh);
        break;
    }
    if (p->uplink && !sh.is_whole) {
        taken |= smnc_uplink_send(s, smnc_shape_outer(&sh));
    }
    smnc_shapes_put(&sh);
    return taken;
}

/* A frame from the uplink, possibly during a transmission to it. */
bool smnc_veb_receive(SmncState *s, const struct iovec *iov, int n)
{
    size_t len = iov_size(iov, n);
    SmncFrame *frame;
    SmncPath path;
    bool taken;

    /* A port VLAN's tag may come on top. */
    if (len < ETH_HLEN || len > SMNC_FRAME_MAX + SMNC_TAG_BYTES) {
        trace_smnc_drop_uplink("length", len);
        s->uplink[SMNC_UPLINK_RX_LOST]++;
        return false;
    }
    if (!s->running) {
        s->run_gen++;   /* a pass of its own */
    }
    frame = smnc_frame_new(len);
    iov_to_buf(iov, n, 0, frame->data, len);
    smnc_veb_path(s, SMNC_FROM_UPLINK, frame->data, &path);
    taken = smnc_veb_send(s, SMNC_FROM_UPLINK, &path, frame, 0);
    smnc_uplink_received(s, frame, taken);
    if (!taken) {
        trace_smnc_drop_uplink("no receiver", frame->len);
    }
    smnc_frame_put(frame);
    smnc_kick_device(s);
    return true;
}
