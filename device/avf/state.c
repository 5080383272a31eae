/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An AVF's part of a state: mailbox queues, queues (docs/hardware.md, 16). */
#include "avf.h"
#include "../core/core.h"
#include "../core/state.h"

#define AQ_LEN_BITS \
    (SMNC_AQ_LEN_MASK | SMNC_AQ_LEN_VFE | SMNC_AQ_LEN_OVFL | \
     SMNC_AQ_LEN_CRIT | SMNC_AQ_LEN_ENABLE)

#define FIELD SMNC_FIELD

static const SmncField smnc_aq_fields[] = {
    FIELD(smnc_state_aq, base, 0),
    FIELD(smnc_state_aq, bal, UINT32_MAX),
    FIELD(smnc_state_aq, bah, UINT32_MAX),
    FIELD(smnc_state_aq, len, AQ_LEN_BITS),
    FIELD(smnc_state_aq, head, SMNC_AQ_IDX_MASK),
    FIELD(smnc_state_aq, tail, SMNC_AQ_IDX_MASK),
    FIELD(smnc_state_aq, armed, 1),
};

static const SmncField smnc_queue_fields[] = {
    FIELD(smnc_state_queue, state, 3),
    FIELD(smnc_state_queue, reason, UINT8_MAX),
    FIELD(smnc_state_queue, reserved, 0),
    FIELD(smnc_state_queue, head, UINT32_MAX),
    FIELD(smnc_state_queue, tail, UINT32_MAX),
    FIELD(smnc_state_queue, seg, UINT32_MAX),
};

/* --- mailbox queues ------------------------------------------------------------------ */

static void smnc_aq_save(const SmncAq *aq, struct smnc_state_aq *to)
{
    *to = (struct smnc_state_aq) {
        .base = aq->base, .bal = aq->bal, .bah = aq->bah, .len = aq->len,
        .head = aq->head, .tail = aq->tail, .armed = aq->armed,
    };
    smnc_state_put(smnc_aq_fields, to);
}

static bool smnc_aq_ok(struct smnc_state_aq *from)
{
    uint32_t len;

    if (!smnc_state_get(smnc_aq_fields, from)) {
        return false;
    }
    len = from->len & SMNC_AQ_LEN_MASK;
    return !from->armed || (from->len & SMNC_AQ_LEN_ENABLE &&
                            from->head < len && from->tail < len);
}

static void smnc_aq_load(SmncAq *aq, const struct smnc_state_aq *from)
{
    *aq = (SmncAq) {
        .base = from->base, .bal = from->bal, .bah = from->bah,
        .len = from->len, .head = from->head, .tail = from->tail,
        .armed = from->armed,
    };
}

/* --- queues --------------------------------------------------------------------------- */

static SmncQueue *smnc_half(SmncQp *qp, bool rx)
{
    return rx ? &qp->rx : &qp->tx;
}

static uint32_t *smnc_half_tail(SmncFunc *f, unsigned q, bool rx)
{
    return rx ? &f->rx_tail[q] : &f->tx_tail[q];
}

static void smnc_queue_save(SmncFunc *f, unsigned q, bool rx,
                            struct smnc_state_queue *to)
{
    SmncQp *qp = smnc_func_qp(f, q);
    const SmncQueue *queue = qp ? smnc_half(qp, rx) : NULL;

    to->tail = *smnc_half_tail(f, q, rx);
    if (queue && queue->ctl & SMNC_Q_CTL_ENABLE) {
        to->state = smnc_queue_active(queue) ? SMNC_STATE_ACTIVE
                                             : SMNC_STATE_STOPPED;
        to->reason = (queue->ctl & SMNC_Q_CTL_REASON) >>
                     SMNC_Q_CTL_REASON_SHIFT;
        to->head = queue->head;
        to->seg = to->state == SMNC_STATE_ACTIVE ? queue->seg : 0;
    }
    smnc_state_put(smnc_queue_fields, to);
}

static bool smnc_queue_ok(SmncFunc *f, unsigned q, bool rx,
                          struct smnc_state_queue *from)
{
    SmncQp *qp = smnc_func_qp(f, q);
    const SmncQueue *queue = qp ? smnc_half(qp, rx) : NULL;

    if (!smnc_state_get(smnc_queue_fields, from)) {
        return false;
    }
    switch (from->state) {
    case SMNC_STATE_OFF:
        return !from->reason && !from->head && !from->seg;
    case SMNC_STATE_ACTIVE:
        return queue && smnc_queue_config_ok(queue, rx) && !from->reason &&
               from->head < queue->len && from->tail < queue->len &&
               from->seg <= (rx ? 0 : SMNC_STATE_SEGS);
    case SMNC_STATE_STOPPED:
        return queue && from->reason >= SMNC_Q_ERR_CONFIG &&
               from->reason <= SMNC_Q_ERR_FAULT && !from->seg &&
               (!from->head || from->head < queue->len);
    default:
        return false;
    }
}

static void smnc_queue_load(SmncFunc *f, unsigned q, bool rx,
                            const struct smnc_state_queue *from)
{
    SmncQp *qp = smnc_func_qp(f, q);
    SmncQueue *queue = qp ? smnc_half(qp, rx) : NULL;

    *smnc_half_tail(f, q, rx) = from->tail;
    if (from->state == SMNC_STATE_OFF) {
        return;
    }
    if (from->state == SMNC_STATE_ACTIVE) {
        smnc_qp_start(qp, rx);
    } else {
        queue->ctl = SMNC_Q_CTL_ENABLE | SMNC_Q_CTL_ERROR |
                     from->reason << SMNC_Q_CTL_REASON_SHIFT;
    }
    queue->head = from->head;
    queue->seg = from->seg;
}

/* --- the whole record ------------------------------------------------------------------- */

static void smnc_avf_save(SmncFunc *f, uint8_t *to)
{
    struct smnc_state_avf *avf = (void *)to;
    unsigned i;

    smnc_state_save_func(f, &avf->func);
    smnc_state_save_vecs(f, avf->vec);
    smnc_aq_save(&f->atq, &avf->aq[0]);
    smnc_aq_save(&f->arq, &avf->aq[1]);
    for (i = 0; i < 2 * SMNC_FUNC_QPS; i++) {
        smnc_queue_save(f, i / 2, i % 2, &avf->queue[i / 2][i % 2]);
    }
}

static bool smnc_avf_ok(SmncFunc *f, uint8_t *from, unsigned msgs)
{
    struct smnc_state_avf *avf = (void *)from;
    unsigned i;

    if (!smnc_state_func_ok(&avf->func) || !smnc_state_vecs_ok(avf->vec) ||
        !smnc_aq_ok(&avf->aq[0]) || !smnc_aq_ok(&avf->aq[1])) {
        return false;
    }
    for (i = 0; i < 2 * SMNC_FUNC_QPS; i++) {
        if (!smnc_queue_ok(f, i / 2, i % 2, &avf->queue[i / 2][i % 2])) {
            return false;
        }
    }
    return true;
}

static void smnc_avf_load(SmncFunc *f, const uint8_t *from)
{
    const struct smnc_state_avf *avf = (const void *)from;
    unsigned i;

    smnc_state_load_func(f, &avf->func);
    smnc_state_load_vecs(f, avf->vec);
    smnc_aq_load(&f->atq, &avf->aq[0]);
    smnc_aq_load(&f->arq, &avf->aq[1]);
    for (i = 0; i < 2 * SMNC_FUNC_QPS; i++) {
        smnc_queue_load(f, i / 2, i % 2, &avf->queue[i / 2][i % 2]);
    }
}

const SmncStateKind smnc_avf_state = {
    .kind = SMNC_STATE_AVF,
    .bytes = sizeof(struct smnc_state_avf),
    .save = smnc_avf_save,
    .ok = smnc_avf_ok,
    .load = smnc_avf_load,
};
