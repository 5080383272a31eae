/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A virtio function's part of a state: VQs, the control queue (docs/hardware.md, 16). */
#include "virtio.h"
#include "../core/core.h"
#include "../core/state.h"
#include "qemu/cutils.h"

#define VQS         (2 * SMNC_FUNC_QPS)
#define CONTROL     VQS                 /* the control queue's place in a state */
#define STOPS_MAX   (VQS + 1)

QEMU_BUILD_BUG_ON(sizeof_field(struct smnc_state_virtio, vq) !=
                  (VQS + 1) * sizeof(struct smnc_state_vq));

#define FIELD SMNC_FIELD

static const SmncField smnc_vctl_fields[] = {
    FIELD(smnc_state_vctl, commands, UINT32_MAX),
    FIELD(smnc_state_vctl, stops, UINT32_MAX),
    FIELD(smnc_state_vctl, outstanding, 1),
    FIELD(smnc_state_vctl, reserved0, 0),
    FIELD(smnc_state_vctl, reserved1, 0),
    FIELD(smnc_state_vctl, reserved2, 0),
};

static const SmncField smnc_vq_fields[] = {
    FIELD(smnc_state_vq, last_avail, UINT16_MAX),
    FIELD(smnc_state_vq, last_used, UINT16_MAX),
    FIELD(smnc_state_vq, signalled, UINT16_MAX),
    FIELD(smnc_state_vq, ask, UINT16_MAX),
    FIELD(smnc_state_vq, state, 3),
    FIELD(smnc_state_vq, reason, UINT8_MAX),
    FIELD(smnc_state_vq, flags, SMNC_STATE_VQ_KICKED | SMNC_STATE_VQ_ASKED |
                                SMNC_STATE_VQ_RESUME),
    FIELD(smnc_state_vq, reserved, 0),
    FIELD(smnc_state_vq, seg, UINT32_MAX),
};

/* The VQ in place @n, or NULL. */
static SmncQueue *smnc_vq_at(SmncFunc *f, unsigned n)
{
    if (n == CONTROL) {
        return f->virtio.has_ctrl ? &f->virtio.ctrl : NULL;
    }
    return f->virtio.has_ctrl && n == f->virtio.ctrl_vq ? NULL :
           smnc_vq_find(f, n);
}

/* --- VQs ------------------------------------------------------------------------------- */

static uint8_t smnc_vq_flags(const SmncVq *vq)
{
    return (vq->kicked ? SMNC_STATE_VQ_KICKED : 0) |
           (vq->asked ? SMNC_STATE_VQ_ASKED : 0) |
           (vq->resume ? SMNC_STATE_VQ_RESUME : 0);
}

/* Where a packed ring that was not looked at yet goes on, if @next was used. */
static uint16_t smnc_vq_after(const SmncFunc *f, const SmncQueue *q)
{
    const SmncVq *vq = &q->vq;

    return smnc_vq_packed(f) && vq->resume && smnc_queue_active(q) ? vq->after
                                                                   : vq->next;
}

static void smnc_vq_save(const SmncFunc *f, const SmncQueue *q,
                         struct smnc_state_vq *to)
{
    if (!q || !(q->ctl & SMNC_Q_CTL_ENABLE)) {
        return;
    }
    *to = (struct smnc_state_vq) {
        .last_avail = smnc_vq_after(f, q), .last_used = q->vq.next,
        .signalled = q->vq.signalled, .ask = q->vq.ask,
        .state = smnc_queue_active(q) ? SMNC_STATE_ACTIVE : SMNC_STATE_STOPPED,
        .reason = (q->ctl & SMNC_Q_CTL_REASON) >> SMNC_Q_CTL_REASON_SHIFT,
        .flags = smnc_vq_flags(&q->vq),
        .seg = smnc_queue_active(q) ? q->seg : 0,
    };
    smnc_state_put(smnc_vq_fields, to);
}

/* Packed rings have places, none of them beyond the end of the ring. */
static bool smnc_vq_place_ok(const SmncFunc *f, const SmncVq *vq,
                             const struct smnc_state_vq *from)
{
    return !smnc_vq_packed(f) ||
           (smnc_packed_place_ok(vq, from->last_used) &&
            smnc_packed_place_ok(vq, from->last_avail) &&
            smnc_packed_place_ok(vq, from->signalled));
}

/* They differ for a packed ring that was not looked at yet. */
static bool smnc_vq_indices_ok(const SmncFunc *f,
                               const struct smnc_state_vq *from)
{
    return from->last_avail == from->last_used ||
           (smnc_vq_packed(f) && from->flags & SMNC_STATE_VQ_RESUME);
}

static bool smnc_vq_ok(SmncFunc *f, unsigned n, struct smnc_state_vq *from)
{
    const SmncQueue *q = smnc_vq_at(f, n);

    if (!smnc_state_get(smnc_vq_fields, from)) {
        return false;
    }
    switch (from->state) {
    case SMNC_STATE_OFF:
        return buffer_is_zero(from, sizeof(*from));
    case SMNC_STATE_ACTIVE:
        return q && smnc_vq_config_ok(f, &q->vq) && !from->reason &&
               smnc_vq_indices_ok(f, from) &&
               smnc_vq_place_ok(f, &q->vq, from) &&
               from->seg <= (n % 2 ? SMNC_STATE_SEGS : 0);
    case SMNC_STATE_STOPPED:
        return q && from->reason >= SMNC_Q_ERR_CONFIG &&
               from->reason <= SMNC_Q_ERR_FAULT && !from->seg &&
               from->last_avail == from->last_used;
    default:
        return false;
    }
}

static void smnc_vq_load(SmncFunc *f, unsigned n,
                         const struct smnc_state_vq *from)
{
    SmncQueue *q = smnc_vq_at(f, n);

    if (from->state == SMNC_STATE_OFF) {
        return;
    }
    if (from->state == SMNC_STATE_ACTIVE) {
        smnc_vq_activate(f, q, n);
    } else {
        q->ctl = SMNC_Q_CTL_ENABLE | SMNC_Q_CTL_ERROR |
                 from->reason << SMNC_Q_CTL_REASON_SHIFT;
    }
    q->seg = from->seg;
    q->vq.number = n == CONTROL ? f->virtio.ctrl_vq : n;
    q->vq.next = from->last_used;
    q->vq.after = from->last_avail;
    q->vq.signalled = from->signalled;
    q->vq.ask = from->ask;
    q->vq.kicked = from->flags & SMNC_STATE_VQ_KICKED;
    q->vq.asked = from->flags & SMNC_STATE_VQ_ASKED;
    q->vq.resume = from->flags & SMNC_STATE_VQ_RESUME;
    if (smnc_vq_packed(f)) {
        smnc_packed_note(f, &q->vq, q->vq.after);
    }
}

/* --- the whole record -------------------------------------------------------------------- */

static void smnc_virtio_save(SmncFunc *f, uint8_t *to)
{
    struct smnc_state_virtio *v = (void *)to;
    unsigned n;

    smnc_vq_release_all(f);
    smnc_state_save_func(f, &v->func);
    smnc_state_save_vecs(f, v->vec);
    v->ctrl = (struct smnc_state_vctl) {
        .commands = f->virtio.commands,
        .stops = MIN(f->virtio.stops, STOPS_MAX),
        .outstanding = f->virtio.outstanding,
    };
    smnc_state_put(smnc_vctl_fields, &v->ctrl);
    for (n = 0; n <= CONTROL; n++) {
        smnc_vq_save(f, smnc_vq_at(f, n), &v->vq[n]);
    }
}

/* Messages are answers: the control queue, if it runs, has one command at a time. */
static bool smnc_vctl_ok(struct smnc_state_virtio *v, unsigned msgs)
{
    return smnc_state_get(smnc_vctl_fields, &v->ctrl) &&
           v->ctrl.stops <= STOPS_MAX && msgs <= v->ctrl.outstanding &&
           (!v->ctrl.outstanding || v->vq[CONTROL].state != SMNC_STATE_OFF);
}

static bool smnc_virtio_ok(SmncFunc *f, uint8_t *from, unsigned msgs)
{
    struct smnc_state_virtio *v = (void *)from;
    unsigned n;

    if (!smnc_state_func_ok(&v->func) || !smnc_state_vecs_ok(v->vec)) {
        return false;
    }
    for (n = 0; n <= CONTROL; n++) {
        if (!smnc_vq_ok(f, n, &v->vq[n])) {
            return false;
        }
    }
    return smnc_vctl_ok(v, msgs);
}

static void smnc_virtio_load(SmncFunc *f, const uint8_t *from)
{
    const struct smnc_state_virtio *v = (const void *)from;
    unsigned n;

    smnc_state_load_func(f, &v->func);
    smnc_state_load_vecs(f, v->vec);
    f->virtio.commands = v->ctrl.commands;
    f->virtio.stops = v->ctrl.stops;
    f->virtio.outstanding = v->ctrl.outstanding;
    for (n = 0; n <= CONTROL; n++) {
        smnc_vq_load(f, n, &v->vq[n]);
    }
}

const SmncStateKind smnc_virtio_state = {
    .kind = SMNC_STATE_VIRTIO,
    .bytes = sizeof(struct smnc_state_virtio),
    .save = smnc_virtio_save,
    .ok = smnc_virtio_ok,
    .load = smnc_virtio_load,
};
