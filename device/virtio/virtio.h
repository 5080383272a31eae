/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Virtqueues of a virtio function (docs/hardware.md, 14). */
#ifndef SMNC_VIRTIO_H
#define SMNC_VIRTIO_H

#include "../smartnic.h"
#include "standard-headers/linux/virtio_config.h"
#include "standard-headers/linux/virtio_net.h"
#include "standard-headers/linux/virtio_ring.h"

/* In front of a packet. The last part is there with HASH_REPORT only. */
typedef struct SmncVhdr {
    struct virtio_net_hdr_v1 v1;
    uint32_t hash;
    uint16_t report, padding;
} SmncVhdr;

/* ring.c */

/* A chain of descriptors, read once: the first @nout buffers are readable. */
typedef struct SmncChain {
    uint16_t head;                      /* or the buffer's ID */
    uint16_t ring;                      /* descriptors in the ring itself */
    unsigned n, nout;
    uint64_t out, in;                   /* bytes of both kinds */
    SmncBuf buf[SMNC_VQ_SIZE_MAX];
} SmncChain;

/* A buffer that goes back to the guest. */
typedef struct SmncUsed {
    uint32_t id, len;
    uint16_t ring;                      /* SmncChain.ring */
} SmncUsed;

typedef struct SmncRingOps SmncRingOps;

/* A unit's view of its ring. */
typedef struct SmncVqView {
    const SmncRingOps *ring;
    SmncUnit *u;
    SmncQueue *q;
    SmncVq *vq;
    unsigned left;                      /* buffers known to be available */
    uint16_t seen;                      /* split: index of the available ring */
    uint16_t at;                        /* packed: next place */
    uint32_t taken;                     /* entries of the ring in the chains so far */
} SmncVqView;

/* A layout of rings. Functions return false where the unit has stopped. */
struct SmncRingOps {
    bool (*look)(SmncVqView *v);        /* counts available buffers */
    /* Asks for a kick. True: there is more; false: also if there is not. */
    bool (*ask)(SmncVqView *v);
    bool (*chain)(SmncVqView *v, unsigned i, SmncChain *c); /* @i: after 0.. */
    bool (*full)(const SmncVqView *v);  /* all of the ring is available */
    bool (*probe_used)(SmncVqView *v, const SmncUsed *used, unsigned n);
    bool (*use)(SmncVqView *v, const SmncUsed *used, unsigned n);
    bool (*wants)(SmncUnit *u, const SmncVq *vq, bool *wants);  /* an interrupt */
};

extern const SmncRingOps smnc_split_ring, smnc_packed_ring;

enum smnc_copy { SMNC_PROBE_READ, SMNC_PROBE_WRITE, SMNC_READ, SMNC_WRITE };

static inline bool smnc_vq_has(const SmncFunc *f, unsigned feature)
{
    return f->virtio.features >> feature & 1;
}

static inline unsigned smnc_vhdr_bytes(const SmncFunc *f)
{
    return smnc_vq_has(f, VIRTIO_NET_F_HASH_REPORT) ?
           sizeof(SmncVhdr) : sizeof(struct virtio_net_hdr_v1);
}

/* The wrap counter in a place of a packed ring; the bits below are the index. */
#define SMNC_VQ_WRAP        SMNC_VQ_PLACE_WRAP

static inline bool smnc_vq_packed(const SmncFunc *f)
{
    return smnc_vq_has(f, VIRTIO_F_RING_PACKED);
}

static inline SmncUsed smnc_vq_used(const SmncChain *c, uint32_t len)
{
    return (SmncUsed) { .id = c->head, .len = len, .ring = c->ring };
}

/* The guest wants interrupts for what is used from now on. */
static inline void smnc_vq_signalled(SmncVq *vq)
{
    vq->signalled = vq->next;
    vq->turn = 0;
}

bool smnc_vq_look(SmncVqView *v, SmncUnit *u, SmncQueue *q);
bool smnc_vq_ask(SmncVqView *v);
bool smnc_vq_chain(SmncVqView *v, unsigned i, SmncChain *c);
bool smnc_vq_probe_used(SmncVqView *v, const SmncUsed *used, unsigned n);
bool smnc_vq_use(SmncVqView *v, const SmncUsed *used, unsigned n);
void smnc_vq_signal(SmncUnit *u, SmncQueue *q);
bool smnc_vq_read16(SmncUnit *u, uint64_t at, uint16_t *val);
bool smnc_chain_add(SmncVqView *v, SmncChain *c, const struct vring_desc *d);
bool smnc_chain_table(SmncVqView *v, const struct vring_desc *d);
bool smnc_vq_bad(SmncUnit *u, const char *why);
bool smnc_vq_copy(SmncUnit *u, const SmncBuf *buf, uint64_t off, void *data,
                  uint32_t len, enum smnc_copy how);

/* vq.c: the verbs return a positive errno or 0 */
void smnc_vq_resource(struct smnc_fw_resource *out);
uint64_t smnc_vq_errors(SmncFunc *f);
int smnc_vq_set_features(SmncFunc *f, uint64_t features, uint64_t offloads);
int smnc_vq_set_addr(SmncFunc *f, const struct smnc_fw_vq_addr *req);
int smnc_vq_set_msix(SmncFunc *f, unsigned vq, unsigned vector);
int smnc_vq_set_enable(SmncFunc *f, const struct smnc_fw_vq_enable *req);
int smnc_vq_set_places(SmncFunc *f, uint64_t at);
void smnc_vq_kick(SmncFunc *f, unsigned vq);
void smnc_vq_stopped(SmncFunc *f);
SmncQueue *smnc_vq_find(SmncFunc *f, unsigned vq);
bool smnc_vq_config_ok(const SmncFunc *f, const SmncVq *vq);
void smnc_vq_activate(SmncFunc *f, SmncQueue *q, unsigned vq);
extern const SmncUnitOps smnc_vevent_ops;

/* packed.c */
static inline bool smnc_packed_place_ok(const SmncVq *vq, uint16_t place)
{
    return (place & ~SMNC_VQ_WRAP) < vq->size;
}

void smnc_packed_note(SmncFunc *f, const SmncVq *vq, uint16_t after);

/* rss.c */
int smnc_vq_stage_rss(SmncFunc *f, const struct smnc_fw_chunk *req);
int smnc_vq_set_rss(SmncFunc *f, const struct smnc_fw_vq_rss *req);
uint16_t smnc_vq_hash(SmncFunc *f, const SmncFrame *frame, uint32_t *hash);
bool smnc_vq_spread(SmncFunc *f, const SmncFrame *frame, unsigned *q);

/* coal.c */
void smnc_vq_interrupt(SmncUnit *u, SmncQueue *q);
void smnc_vq_release_all(SmncFunc *f);
int smnc_vq_set_coal(SmncFunc *f, unsigned n, uint32_t usecs, uint32_t packets);

/* tx.c, rx.c, ctrl.c */
extern const SmncUnitOps smnc_vtx_ops, smnc_vrx_ops, smnc_vctl_ops;
bool smnc_vctl_takes(SmncFunc *f, uint32_t cookie_high);

/* state.c */
extern const SmncStateKind smnc_virtio_state;

#endif
