/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The switch between the VSIs and the uplink, and the way into it. */
#ifndef SNIC_SWITCH_H
#define SNIC_SWITCH_H

#include "../smartnic.h"

/* veb.c */
typedef struct SnicPath {
    uint8_t kind;                       /* enum snic_path_kind */
    bool uplink;                        /* goes out */
    int vsi;                            /* unicast: the address's VSI, or -1 */
    const SnicMac *mac;                 /* multicast: the VSIs with the filter */
} SnicPath;

enum snic_path_kind { SNIC_UNICAST, SNIC_MULTICAST, SNIC_BROADCAST };

#define SNIC_FROM_UPLINK (-1)

void snic_veb_path(SnicState *s, int src, const uint8_t *hdr, SnicPath *p);
bool snic_veb_admit(SnicFunc *f, const SnicFrame *frame);
int64_t snic_veb_room(SnicUnit *u, const SnicPath *p, SnicFrame *frame,
                      unsigned nframes);
void snic_veb_whole(SnicFunc *f, const SnicPath *p, uint8_t whole, bool *some,
                    bool *all);
bool snic_veb_send(SnicState *s, int src, const SnicPath *p, SnicFrame *frame,
                   uint8_t whole);
bool snic_veb_receive(SnicState *s, const struct iovec *iov, int n);
void snic_veb_init(SnicState *s);
void snic_veb_exit(SnicState *s);
void snic_veb_reset(SnicState *s);
int snic_veb_set(SnicState *s, unsigned vsi, uint16_t flags, uint32_t port,
                 uint32_t tx_rate);
int snic_veb_vlans(SnicState *s, unsigned vsi, const struct snic_fw_vlans *req);
void snic_veb_clear(SnicState *s, unsigned vsi);
int snic_mac_add(SnicState *s, unsigned vsi, uint64_t mac);
int snic_mac_del(SnicState *s, unsigned vsi, uint64_t mac);

/* vlan.c */
typedef struct SnicShapes {
    bool control;                       /* a link control frame */
    uint16_t vlan;                      /* the one that it is in */
    uint16_t proto, tci;                /* of a tag still to be made */
    SnicFrame *outer, *inner;           /* with and without; NULL: not made */
    uint8_t whole;                      /* the packet's, SNIC_WHOLE_* */
    bool is_whole;                      /* the frame is all of it */
} SnicShapes;

bool snic_frame_control(const SnicFrame *frame);
bool snic_port_valid(uint32_t port);
int snic_vlan_stage(SnicVsi *v, const struct snic_fw_vlans *req);
bool snic_vlan_takes(const SnicVsi *v, uint16_t vlan);
bool snic_vlan_admit(const SnicVsi *v, const SnicFrame *frame);
uint16_t snic_vlan_of(const SnicVsi *v, const SnicFrame *frame);
void snic_shapes_init(SnicShapes *sh, const SnicVsi *v, SnicFrame *frame);
SnicFrame *snic_shape_outer(SnicShapes *sh);
SnicFrame *snic_shape_inner(SnicShapes *sh);
void snic_shapes_put(SnicShapes *sh);

/* send.c */
SnicFrame *snic_send_frame(SnicUnit *u, const SnicPkt *p, unsigned i);
unsigned snic_send(SnicUnit *u, const SnicPkt *p, SnicFrame *frame,
                   unsigned first);

#endif
