/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Virtqueues: what is behind a virtio function (docs/hardware.md, 14). */
#ifndef SNIC_VIRTIO_H
#define SNIC_VIRTIO_H

#include "../smartnic.h"
#include "standard-headers/linux/virtio_config.h"
#include "standard-headers/linux/virtio_net.h"
#include "standard-headers/linux/virtio_ring.h"

#define SNIC_VHDR_BYTES     12          /* struct virtio_net_hdr_v1 */

/* ring.c */

/* A chain of descriptors, read once: the first @nout buffers are readable. */
typedef struct SnicChain {
    uint16_t head;
    unsigned n, nout;
    uint64_t out, in;                   /* bytes of both kinds */
    SnicBuf buf[SNIC_VQ_SIZE_MAX];
} SnicChain;

/* What a unit has seen of its ring. */
typedef struct SnicVqView {
    SnicUnit *u;
    SnicQueue *q;
    SnicVq *vq;
    uint16_t seen;                      /* index of the available ring */
} SnicVqView;

typedef struct vring_used_elem SnicUsed;        /* in the host's byte order */

enum snic_copy { SNIC_PROBE_READ, SNIC_PROBE_WRITE, SNIC_READ, SNIC_WRITE };

static inline bool snic_vq_has(const SnicFunc *f, unsigned feature)
{
    return f->virtio.features >> feature & 1;
}

/* Entries that are available and not used. */
static inline unsigned snic_vq_left(const SnicVqView *v)
{
    return (uint16_t)(v->seen - v->vq->next);
}

bool snic_vq_look(SnicVqView *v, SnicUnit *u, SnicQueue *q);
bool snic_vq_ask(SnicVqView *v);
bool snic_vq_chain(SnicVqView *v, unsigned i, SnicChain *c);
bool snic_vq_probe_used(SnicVqView *v, unsigned n);
bool snic_vq_use(SnicVqView *v, const SnicUsed *used, unsigned n);
void snic_vq_signal(SnicUnit *u, SnicQueue *q);
bool snic_vq_bad(SnicUnit *u, const char *why);
bool snic_vq_copy(SnicUnit *u, const SnicBuf *buf, uint64_t off, void *data,
                  uint32_t len, enum snic_copy how);

/* vq.c: the verbs return a positive errno or 0 */
void snic_vq_resource(struct snic_fw_resource *out);
uint64_t snic_vq_errors(SnicFunc *f);
int snic_vq_set_features(SnicFunc *f, uint64_t features, uint64_t offloads);
int snic_vq_set_addr(SnicFunc *f, const struct snic_fw_vq_addr *req);
int snic_vq_set_msix(SnicFunc *f, unsigned vq, unsigned vector);
int snic_vq_set_enable(SnicFunc *f, unsigned vq, unsigned flags);
void snic_vq_kick(SnicFunc *f, unsigned vq);
void snic_vq_stopped(SnicFunc *f);
extern const SnicUnitOps snic_vevent_ops;

/* tx.c, rx.c, ctrl.c */
extern const SnicUnitOps snic_vtx_ops, snic_vrx_ops, snic_vctl_ops;
bool snic_vctl_takes(SnicFunc *f, uint32_t cookie_high);

#endif
