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
static uint16_t smnc_proto(const SmncFrame *frame, unsigned tags)
{
    unsigned at = SMNC_TAG_AT + tags * SMNC_TAG_BYTES;

    return at + 2 <= frame->len ? lduw_be_p(frame->data + at) : 0;
}

static bool smnc_is_tag(uint16_t proto)
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
static int smnc_tci(const SmncFrame *frame)
{
    return smnc_is_tag(smnc_proto(frame, 0)) &&
           frame->len >= ETH_HLEN + SMNC_TAG_BYTES ?
           lduw_be_p(frame->data + ETH_HLEN) : -1;
}

/* 0: untagged; a VID; VLAN_OUTER and a VID; or VLAN_NONE */
static uint16_t smnc_frame_vlan(const SmncFrame *frame)
{
    uint16_t proto = smnc_proto(frame, 0);
    int tci = smnc_tci(frame);

    if (!smnc_is_tag(proto)) {
        return 0;
    }
    if (tci < 0) {
        return VLAN_NONE;
    }
    if (proto == ETH_P_VLAN && !(tci & TCI_VID)) {
        return smnc_is_tag(smnc_proto(frame, 1)) ? VLAN_NONE : 0;
    }
    if (proto == ETH_P_VLAN) {
        return tci & TCI_VID;
    }
    return proto == ETH_P_DVLAN && tci & TCI_VID ? VLAN_OUTER | (tci & TCI_VID)
                                                 : VLAN_NONE;
}

/* A link control frame, which only trusted VSIs may send and receive. */
bool smnc_frame_control(const SmncFrame *frame)
{
    unsigned tags = 0;

    if ((smnc_mac_key(frame->data) & ~0xfull) == MAC_LINK_CONTROL) {
        return true;
    }
    while (smnc_is_tag(smnc_proto(frame, tags))) {
        tags++;
    }
    switch (smnc_proto(frame, tags)) {
    case PROTO_PAUSE:
    case PROTO_SLOW:
    case PROTO_LLDP:
        return true;
    }
    return false;
}

/* --- rights of a VSI --------------------------------------------------------------- */

static uint16_t smnc_port_vlan(const SmncVsi *v)
{
    return (v->port & SMNC_PORT_VID) |
           (v->port & SMNC_PORT_8021AD ? VLAN_OUTER : 0);
}

static bool smnc_vid_in(const uint8_t *vids, uint16_t vid)
{
    return vids[vid / 8] & (1 << vid % 8);
}

/* True: the VSI, which has no port VLAN, has a right to @vlan. */
static bool smnc_vlan_member(const SmncVsi *v, uint16_t vlan)
{
    return !(v->flags & SMNC_VSI_VLAN_FILTER) ||
           (vlan < SMNC_VIDS && smnc_vid_in(v->vids, vlan));
}

/* True: the VSI receives frames of @vlan. */
bool smnc_vlan_takes(const SmncVsi *v, uint16_t vlan)
{
    if (v->port) {
        return vlan == smnc_port_vlan(v);
    }
    if (v->flags & SMNC_VSI_VLAN_OWN && vlan && vlan < SMNC_VIDS &&
        !smnc_vid_in(v->own, vlan)) {
        return false;
    }
    return smnc_vlan_member(v, vlan);
}

/* True: the VSI may send a frame with these tags. */
bool smnc_vlan_admit(const SmncVsi *v, const SmncFrame *frame)
{
    uint16_t proto = smnc_proto(frame, 0);

    if (!v->port) {
        return smnc_vlan_member(v, smnc_frame_vlan(frame));
    }
    if (v->port & SMNC_PORT_8021AD) {
        return !smnc_is_tag(proto) ||
               (proto == ETH_P_VLAN && smnc_tci(frame) >= 0);
    }
    return !smnc_frame_vlan(frame);
}

/* The VLAN of a frame that @v sends. */
uint16_t smnc_vlan_of(const SmncVsi *v, const SmncFrame *frame)
{
    return v->port ? smnc_port_vlan(v) : smnc_frame_vlan(frame);
}

bool smnc_port_valid(uint32_t port)
{
    uint32_t vid = port & SMNC_PORT_VID;

    return !port || (vid && vid < SMNC_VIDS - 1 &&
                     !(port & ~(SMNC_PORT_VID | SMNC_PORT_PRIO_SET |
                                SMNC_PORT_PRIO | SMNC_PORT_8021AD)));
}

/* Takes a chunk of the table. Returns 1 if the table changed, 0, or -errno. */
int smnc_vlan_stage(SmncVsi *v, const struct smnc_fw_vlans *req)
{
    unsigned first = le16_to_cpu(req->first), flags = le16_to_cpu(req->flags);
    uint8_t *table = flags & SMNC_VLANS_OWN ? v->own : v->vids;
    bool changed;

    if (first % SMNC_FW_VIDS || first >= SMNC_VIDS ||
        flags & ~(SMNC_VLANS_START | SMNC_VLANS_COMMIT | SMNC_VLANS_OWN) ||
        (first == SMNC_VIDS - SMNC_FW_VIDS &&
         req->vids[sizeof(req->vids) - 1] & 0x80)) {
        return -EINVAL;
    }
    if (flags & SMNC_VLANS_START) {
        memset(v->staged, 0, sizeof(v->staged));
    }
    memcpy(v->staged + first / 8, req->vids, sizeof(req->vids));
    if (!(flags & SMNC_VLANS_COMMIT)) {
        return 0;
    }
    changed = memcmp(table, v->staged, sizeof(v->staged));
    memcpy(table, v->staged, sizeof(v->staged));
    return changed && table == v->vids && v->flags & SMNC_VSI_VLAN_FILTER;
}

/* --- shapes ----------------------------------------------------------------------- */

/* A copy that is @by bytes longer behind the addresses. */
static SmncFrame *smnc_frame_shifted(const SmncFrame *from, int by)
{
    SmncFrame *to = smnc_frame_new(from->len + by);
    unsigned at = SMNC_TAG_AT + MAX(-by, 0);

    memcpy(to->data, from->data, SMNC_TAG_AT);
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
void smnc_shapes_init(SmncShapes *sh, const SmncVsi *v, SmncFrame *frame)
{
    uint32_t port = v ? v->port : 0;
    int tci = smnc_tci(frame);

    *sh = (SmncShapes) { .control = smnc_frame_control(frame) };
    frame->refs++;
    sh->vlan = port ? smnc_port_vlan(v) : smnc_frame_vlan(frame);
    sh->outer = frame;
    if (!port) {
        return;
    }
    sh->proto = port & SMNC_PORT_8021AD ? ETH_P_DVLAN : ETH_P_VLAN;
    sh->tci = port & SMNC_PORT_VID;
    if (port & SMNC_PORT_PRIO_SET) {
        sh->tci |= port & SMNC_PORT_PRIO;
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

SmncFrame *smnc_shape_outer(SmncShapes *sh)
{
    if (!sh->outer) {
        sh->outer = smnc_frame_shifted(sh->inner, SMNC_TAG_BYTES);
        stw_be_p(sh->outer->data + SMNC_TAG_AT, sh->proto);
        stw_be_p(sh->outer->data + ETH_HLEN, sh->tci);
    }
    return sh->outer;
}

/* Only for a frame that is in a VLAN. */
SmncFrame *smnc_shape_inner(SmncShapes *sh)
{
    if (!sh->inner) {
        sh->inner = smnc_frame_shifted(sh->outer, -SMNC_TAG_BYTES);
    }
    return sh->inner;
}

void smnc_shapes_put(SmncShapes *sh)
{
    if (sh->outer) {
        smnc_frame_put(sh->outer);
    }
    if (sh->inner) {
        smnc_frame_put(sh->inner);
    }
}
