/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The switch between the VSIs and the uplink, and the way into it. */
#ifndef SMNC_SWITCH_H
#define SMNC_SWITCH_H

#include "../smartnic.h"

/* veb.c */
typedef struct SmncPath {
    uint8_t kind;                       /* enum smnc_path_kind */
    bool uplink;                        /* goes out */
    bool local;                         /* VSIs may get the frame */
    int vsi;                            /* unicast: the address's VSI, or -1 */
    const SmncMac *mac;                 /* multicast: the VSIs with the filter */
} SmncPath;

enum smnc_path_kind {
    SMNC_UNICAST, SMNC_MULTICAST, SMNC_BROADCAST,
    SMNC_NOWHERE,                       /* to no VSI */
};

#define SMNC_FROM_UPLINK (-1)

void smnc_veb_path(SmncState *s, int src, const uint8_t *hdr, SmncPath *p);
bool smnc_veb_admit(SmncFunc *f, const SmncFrame *frame);
int64_t smnc_veb_room(SmncUnit *u, const SmncPath *p, SmncFrame *frame,
                      unsigned nframes);
void smnc_veb_whole(SmncFunc *f, const SmncPath *p, uint8_t whole, bool *some,
                    bool *all);
bool smnc_veb_send(SmncState *s, int src, const SmncPath *p, SmncFrame *frame,
                   uint8_t whole);
bool smnc_veb_receive(SmncState *s, const struct iovec *iov, int n);
void smnc_veb_init(SmncState *s);
void smnc_veb_exit(SmncState *s);
void smnc_veb_reset(SmncState *s);
int smnc_veb_set(SmncState *s, unsigned vsi, uint16_t flags, uint32_t port,
                 uint32_t tx_rate);
int smnc_veb_vlans(SmncState *s, unsigned vsi, const struct smnc_fw_vlans *req);
void smnc_veb_clear(SmncState *s, unsigned vsi);
int smnc_mac_add(SmncState *s, unsigned vsi, uint64_t mac);
int smnc_mac_del(SmncState *s, unsigned vsi, uint64_t mac);

/* vlan.c */
typedef struct SmncShapes {
    bool control;                       /* a link control frame */
    int sender;                         /* a reflected frame's VSI, or -1 */
    uint16_t vlan;                      /* the one that it is in */
    uint16_t proto, tci;                /* of a tag still to be made */
    SmncFrame *outer, *inner;           /* with and without; NULL: not made */
    uint8_t whole;                      /* the packet's, SMNC_WHOLE_* */
    bool is_whole;                      /* the frame is all of it */
} SmncShapes;

bool smnc_frame_control(const SmncFrame *frame);
bool smnc_port_valid(uint32_t port);
int smnc_vlan_stage(SmncVsi *v, const struct smnc_fw_vlans *req);
bool smnc_vlan_takes(const SmncVsi *v, uint16_t vlan);
bool smnc_vlan_admit(const SmncVsi *v, const SmncFrame *frame);
uint16_t smnc_vlan_of(const SmncVsi *v, const SmncFrame *frame);
void smnc_shapes_init(SmncShapes *sh, const SmncVsi *v, SmncFrame *frame);
SmncFrame *smnc_shape_outer(SmncShapes *sh);
SmncFrame *smnc_shape_inner(SmncShapes *sh);
void smnc_shapes_put(SmncShapes *sh);

/* uplink.c */
void smnc_uplink_received(SmncState *s, const SmncFrame *frame, bool taken);
bool smnc_uplink_send(SmncState *s, SmncFrame *frame);

/* send.c */
SmncFrame *smnc_send_frame(SmncUnit *u, const SmncPkt *p, unsigned i);
unsigned smnc_send(SmncUnit *u, const SmncPkt *p, SmncFrame *frame,
                   unsigned first);

#endif
