/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Port VLANs. A frame in the switch has two shapes: with its tag, for the
 * uplink and VSIs without a port VLAN, and without, for VSIs of its VLAN.
 */
#include "snic_int.h"
#include "net/eth.h"

#define TAG_BYTES           4
#define TAG_AT              (2 * ETH_ALEN)
#define TCI_VID             0x0fff
#define TCI_PRIORITY        0xf000

static uint16_t snic_proto(const SnicFrame *frame, unsigned tags)
{
    return lduw_be_p(frame->data + TAG_AT + tags * TAG_BYTES);
}

static bool snic_tag_proto(uint16_t proto)
{
    return proto == ETH_P_VLAN || proto == ETH_P_DVLAN;
}

/* Tag control information of an 802.1Q frame, or -1. */
static int snic_tci(const SnicFrame *frame)
{
    return snic_proto(frame, 0) == ETH_P_VLAN &&
           frame->len >= ETH_HLEN + TAG_BYTES ?
           lduw_be_p(frame->data + ETH_HLEN) : -1;
}

/* May a VSI with a port VLAN send it: untagged, or with a priority only? */
bool snic_vlan_admit(const SnicFrame *frame)
{
    int tci = snic_tci(frame);

    if (tci < 0) {
        return !snic_tag_proto(snic_proto(frame, 0));
    }
    return !(tci & TCI_VID) && !snic_tag_proto(snic_proto(frame, 1));
}

/* The VLAN that a frame sent by @f is in, 0: none. */
uint16_t snic_vlan_of(SnicFunc *f, const SnicFrame *frame)
{
    int tci = snic_tci(frame);

    return f->vsi.vlan ? f->vsi.vlan : tci < 0 ? 0 : tci & TCI_VID;
}

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
    return to;
}

/* The caller keeps @frame; one of a VSI with a port VLAN was admitted. */
void snic_shapes_init(SnicShapes *sh, SnicState *s, int src, SnicFrame *frame)
{
    uint16_t port = src == SNIC_FROM_UPLINK ? 0 : s->func[src].vsi.vlan;
    int tci = snic_tci(frame);

    *sh = (SnicShapes) { 0 };
    frame->refs++;
    if (port && tci < 0) {
        sh->vid = sh->tci = port;
        sh->inner = frame;
        return;
    }
    if (port) {
        /* Nobody else has the frame yet. */
        tci = (tci & TCI_PRIORITY) | port;
        stw_be_p(frame->data + ETH_HLEN, tci);
    }
    sh->vid = tci < 0 ? 0 : tci & TCI_VID;
    sh->outer = frame;
}

SnicFrame *snic_shape_outer(SnicShapes *sh)
{
    if (!sh->outer) {
        sh->outer = snic_frame_shifted(sh->inner, TAG_BYTES);
        stw_be_p(sh->outer->data + TAG_AT, ETH_P_VLAN);
        stw_be_p(sh->outer->data + ETH_HLEN, sh->tci);
    }
    return sh->outer;
}

/* Only of a frame that is in a VLAN. */
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
