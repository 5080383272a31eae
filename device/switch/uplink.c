/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The uplink: sends frames to the network, and counts frames of both directions. */
#include "switch.h"
#include "../packet/packet.h"
#include "net/eth.h"

#define FCS_BYTES           4

/* Which class of lengths a frame of @len bytes without FCS is in. */
static unsigned smnc_size_class(uint32_t len)
{
    static const uint16_t upto[SMNC_UPLINK_SIZES - 1] = {
        64, 127, 255, 511, 1023, 1518,
    };
    unsigned i;

    for (i = 0; i < ARRAY_SIZE(upto) && len + FCS_BYTES > upto[i]; i++) {
    }
    return i;
}

/* Counters of one direction begin at @first, its classes at @size. */
static void smnc_uplink_count(SmncState *s, const uint8_t *hdr, uint32_t len,
                              unsigned first, unsigned size)
{
    enum { FRAMES, BYTES, MULTICAST, BROADCAST };

    s->uplink[first + FRAMES]++;
    s->uplink[first + BYTES] += len;
    if (is_broadcast_ether_addr(hdr)) {
        s->uplink[first + BROADCAST]++;
    } else if (is_multicast_ether_addr(hdr)) {
        s->uplink[first + MULTICAST]++;
    }
    s->uplink[size + smnc_size_class(len)]++;
}

/* Counts a received frame; @taken: a VSI got it. */
void smnc_uplink_received(SmncState *s, const SmncFrame *frame, bool taken)
{
    smnc_uplink_count(s, frame->data, frame->len, SMNC_UPLINK_RX_FRAMES,
                      SMNC_UPLINK_RX_SIZE);
    if (!taken) {
        s->uplink[SMNC_UPLINK_RX_LOST]++;
    }
}

/* False: there is no link. */
bool smnc_uplink_send(SmncState *s, SmncFrame *frame)
{
    uint32_t len = frame->len;

    if (!smnc_link_up(s)) {
        return false;
    }
    smnc_frame_complete(frame);
    if (len < ETH_ZLEN) {
        memset(frame->data + len, 0, ETH_ZLEN - len);
        len = ETH_ZLEN;
    }
    smnc_uplink_count(s, frame->data, len, SMNC_UPLINK_TX_FRAMES,
                      SMNC_UPLINK_TX_SIZE);
    qemu_send_packet(qemu_get_queue(s->nic), frame->data, len);
    return true;
}
