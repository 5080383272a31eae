/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VLANs: the one that a frame is in, and which of them a VSI sends to and is
 * given. A frame in the switch has two shapes: with the tag of its VLAN, for
 * the uplink and VSIs that see tags, and without, for VSIs that have it as
 * port VLAN.
 */
#include "switch.h"
#include "../packet/packet.h"
#include "net/eth.h"

#define TAG_BYTES           4
#define TAG_AT              (2 * ETH_ALEN)
#define TCI_VID             0x0fff
#define TCI_PRIORITY        0xf000
#define VLAN_OUTER          0x1000  /* | VID: an 802.1ad VLAN */
#define VLAN_NONE           0x2000  /* tagged, but in no VLAN */

#define PROTO_PAUSE         0x8808
#define PROTO_SLOW          0x8809
#define PROTO_LLDP          0x88cc
#define MAC_LINK_CONTROL    0x0180c2000000ull   /* to ..0f */

/* --- tags ------------------------------------------------------------------------- */

/* The type behind @tags tags, 0: the frame ends before. */
static uint16_t snic_proto(const SnicFrame *frame, unsigned tags)
{
    unsigned at = TAG_AT + tags * TAG_BYTES;

    return at + 2 <= frame->len ? lduw_be_p(frame->data + at) : 0;
}

static bool snic_is_tag(uint16_t proto)
{
    switch (proto) {
    case ETH_P_VLAN:
    case ETH_P_DVLAN:
    case 0x9100:
    case 0x9200:
    case 0x9300:
        return true;
    }
    return false;
}

/* Tag control information of the first tag, -1: none, or truncated. */
static int snic_tci(const SnicFrame *frame)
{
    return snic_is_tag(snic_proto(frame, 0)) &&
           frame->len >= ETH_HLEN + TAG_BYTES ?
           lduw_be_p(frame->data + ETH_HLEN) : -1;
}

/* 0: untagged; a VID; VLAN_OUTER and a VID; or VLAN_NONE */
static uint16_t snic_frame_vlan(const SnicFrame *frame)
{
    uint16_t proto = snic_proto(frame, 0);
    int tci = snic_tci(frame);

    if (!snic_is_tag(proto)) {
        return 0;
    }
    if (tci < 0) {
        return VLAN_NONE;
    }
    if (proto == ETH_P_VLAN && !(tci & TCI_VID)) {
        return snic_is_tag(snic_proto(frame, 1)) ? VLAN_NONE : 0;
    }
    if (proto == ETH_P_VLAN) {
        return tci & TCI_VID;
    }
    return proto == ETH_P_DVLAN && tci & TCI_VID ? VLAN_OUTER | (tci & TCI_VID)
                                                 : VLAN_NONE;
}

/* A link control frame, which only trusted VSIs may send and receive. */
bool snic_frame_control(const SnicFrame *frame)
{
    unsigned tags = 0;

    if ((snic_mac_key(frame->data) & ~0xfull) == MAC_LINK_CONTROL) {
        return true;
    }
    while (snic_is_tag(snic_proto(frame, tags))) {
        tags++;
    }
    switch (snic_proto(frame, tags)) {
    case PROTO_PAUSE:
    case PROTO_SLOW:
    case PROTO_LLDP:
        return true;
    }
    return false;
}

/* --- what a VSI may --------------------------------------------------------------- */

static uint16_t snic_port_vlan(const SnicVsi *v)
{
    return (v->port & SNIC_PORT_VID) |
           (v->port & SNIC_PORT_8021AD ? VLAN_OUTER : 0);
}

/* True: the VSI receives frames of @vlan. */
bool snic_vlan_takes(const SnicVsi *v, uint16_t vlan)
{
    if (v->port) {
        return vlan == snic_port_vlan(v);
    }
    return !(v->flags & SNIC_VSI_VLAN_FILTER) ||
           (vlan < SNIC_VIDS && v->vids[vlan / 8] & (1 << vlan % 8));
}

/* True: the VSI may send a frame with these tags. */
bool snic_vlan_admit(const SnicVsi *v, const SnicFrame *frame)
{
    uint16_t proto = snic_proto(frame, 0);

    if (!v->port) {
        return snic_vlan_takes(v, snic_frame_vlan(frame));
    }
    if (v->port & SNIC_PORT_8021AD) {
        return !snic_is_tag(proto) ||
               (proto == ETH_P_VLAN && snic_tci(frame) >= 0);
    }
    return !snic_frame_vlan(frame);
}

/* The VLAN of a frame that @v sends. */
uint16_t snic_vlan_of(const SnicVsi *v, const SnicFrame *frame)
{
    return v->port ? snic_port_vlan(v) : snic_frame_vlan(frame);
}

bool snic_port_valid(uint32_t port)
{
    uint32_t vid = port & SNIC_PORT_VID;

    return !port || (vid && vid < SNIC_VIDS - 1 &&
                     !(port & ~(SNIC_PORT_VID | SNIC_PORT_PRIO_SET |
                                SNIC_PORT_PRIO | SNIC_PORT_8021AD)));
}

/* Takes a chunk of the table. Returns 1 if the table changed, 0, or -errno. */
int snic_vlan_stage(SnicVsi *v, const struct snic_fw_vlans *req)
{
    unsigned first = le16_to_cpu(req->first), flags = le16_to_cpu(req->flags);
    bool changed;

    if (first % SNIC_FW_VIDS || first >= SNIC_VIDS ||
        flags & ~(SNIC_VLANS_START | SNIC_VLANS_COMMIT) ||
        (first == SNIC_VIDS - SNIC_FW_VIDS &&
         req->vids[sizeof(req->vids) - 1] & 0x80)) {
        return -EINVAL;
    }
    if (flags & SNIC_VLANS_START) {
        memset(v->staged, 0, sizeof(v->staged));
    }
    memcpy(v->staged + first / 8, req->vids, sizeof(req->vids));
    if (!(flags & SNIC_VLANS_COMMIT)) {
        return 0;
    }
    changed = memcmp(v->vids, v->staged, sizeof(v->vids));
    memcpy(v->vids, v->staged, sizeof(v->vids));
    return changed && v->flags & SNIC_VSI_VLAN_FILTER;
}

/* --- shapes ----------------------------------------------------------------------- */

/* A copy that is @by bytes longer behind the addresses. */
static SnicFrame *snic_frame_shifted(const SnicFrame *from, int by)
{
    SnicFrame *to = snic_frame_new(from->len + by);
    unsigned at = TAG_AT + MAX(-by, 0);

    memcpy(to->data, from->data, TAG_AT);
    memcpy(to->data + at + by, from->data + at, from->len - at);
    to->l3_made = from->l3_made ? from->l3_made + by : 0;
    to->l4_made = from->l4_made ? from->l4_made + by : 0;
    to->l4_made_proto = from->l4_made_proto;
    to->whole = from->whole;
    to->segs = from->segs;
    to->mss = from->mss;
    to->hdr = from->hdr + by;
    to->partial = from->partial;
    to->sum_from = from->sum_from + by;
    to->sum_at = from->sum_at;
    return to;
}

/* @v: the VSI that sends @frame, NULL: the uplink. The caller keeps @frame. */
void snic_shapes_init(SnicShapes *sh, const SnicVsi *v, SnicFrame *frame)
{
    uint32_t port = v ? v->port : 0;
    int tci = snic_tci(frame);

    *sh = (SnicShapes) { .control = snic_frame_control(frame) };
    frame->refs++;
    sh->vlan = port ? snic_port_vlan(v) : snic_frame_vlan(frame);
    sh->outer = frame;
    if (!port) {
        return;
    }
    sh->proto = port & SNIC_PORT_8021AD ? ETH_P_DVLAN : ETH_P_VLAN;
    sh->tci = port & SNIC_PORT_VID;
    if (port & SNIC_PORT_PRIO_SET) {
        sh->tci |= port & SNIC_PORT_PRIO;
    } else if (tci >= 0) {
        sh->tci |= tci & TCI_PRIORITY;
    }
    if (tci >= 0 && sh->proto == ETH_P_VLAN) {
        /* A priority tag, rewritten before any receiver has the frame. */
        stw_be_p(frame->data + ETH_HLEN, sh->tci);
        return;
    }
    sh->inner = frame;
    sh->outer = NULL;
}

SnicFrame *snic_shape_outer(SnicShapes *sh)
{
    if (!sh->outer) {
        sh->outer = snic_frame_shifted(sh->inner, TAG_BYTES);
        stw_be_p(sh->outer->data + TAG_AT, sh->proto);
        stw_be_p(sh->outer->data + ETH_HLEN, sh->tci);
    }
    return sh->outer;
}

/* Only for a frame that is in a VLAN. */
SnicFrame *snic_shape_inner(SnicShapes *sh)
{
    if (!sh->inner) {
        sh->inner = snic_frame_shifted(sh->outer, -TAG_BYTES);
    }
    return sh->inner;
}

void snic_shapes_put(SnicShapes *sh)
{
    if (sh->outer) {
        snic_frame_put(sh->outer);
    }
    if (sh->inner) {
        snic_frame_put(sh->inner);
    }
}
