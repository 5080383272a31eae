/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Function blocks, and the life of a function: enable, pause, reset. */
#include "core.h"
#include "../trace.h"

/* From now on the function is of that kind. Its units are idle. */
static void smnc_func_become(SmncFunc *f, unsigned kind)
{
    const SmncUnitKind *k;
    unsigned i;

    f->kind = &f->s->kinds[kind];
    for (k = f->kind->units; k < f->kind->units + f->kind->nunits; k++) {
        for (i = 0; i < k->n; i++) {
            f->unit[k->first + i].ops = k->ops;
        }
    }
}

void smnc_func_init(SmncState *s, unsigned idx)
{
    SmncFunc *f = &s->func[idx];
    unsigned i;

    f->s = s;
    f->idx = idx;
    f->tlb_gen = 1;
    smnc_func_become(f, SMNC_KIND_AVF);
    QSIMPLEQ_INIT(&f->msgs);
    smnc_rate_init(f);
    for (i = 0; i < SMNC_UNITS; i++) {
        f->unit[i].f = f;
        f->unit[i].idx = i;
    }
    for (i = 0; i < SMNC_FUNC_VECS; i++) {
        f->vec[i].f = f;
        f->vec[i].idx = i;
    }
}

void smnc_func_exit(SmncFunc *f)
{
    unsigned i;

    for (i = 0; i < SMNC_FUNC_VECS; i++) {
        timer_free(f->vec[i].timer);
    }
    for (i = 0; i < SMNC_UNITS; i++) {
        timer_free(f->unit[i].timer);
    }
    smnc_rate_exit(f);
}

/* Schedules every unit of the function. */
void smnc_func_kick(SmncFunc *f)
{
    unsigned i;

    for (i = 0; i < SMNC_UNITS; i++) {
        smnc_kick(&f->unit[i]);
    }
}

/* Clears all state that a guest can leave in the device. */
void smnc_func_reset(SmncFunc *f)
{
    unsigned i;

    for (i = 0; i < SMNC_FUNC_QPS; i++) {
        SmncQp *qp = smnc_func_qp(f, i);

        if (qp) {
            smnc_qp_disable(qp, false);
            smnc_qp_disable(qp, true);
        }
        f->tx_tail[i] = f->rx_tail[i] = 0;
    }
    smnc_aq_reset(f);
    memset(&f->virtio, 0, sizeof(f->virtio));
    f->whole = 0;
    for (i = 0; i < SMNC_UNITS; i++) {
        smnc_unit_cancel(&f->unit[i]);
    }
    for (i = 0; i < SMNC_FUNC_VECS; i++) {
        smnc_vec_reset(&f->vec[i]);
    }
    f->icr01 = f->ena1 = 0;
    f->rstat = SMNC_RSTAT_INPROGRESS;
    smnc_tlb_flush(f);
    smnc_state_cancel(f);
}

/* Device reset: clears what the PF driver has set, too. */
void smnc_func_wipe(SmncFunc *f)
{
    unsigned i;

    smnc_func_reset(f);
    for (i = 0; i < SMNC_FUNC_QPS; i++) {
        smnc_qp_map(f, i, 0);
    }
    for (i = 0; i < SMNC_FUNC_VECS; i++) {
        f->vec[i].map = 0;
        f->vec[i].sent = -NANOSECONDS_PER_SECOND;
    }
    smnc_rate_reset(f);
    smnc_func_become(f, SMNC_KIND_AVF);
    f->ctrl = 0;
    f->pasid = 0;
    f->itr_min = 0;
    f->xlat = f->inval = 0;
    f->state_at = f->state_len = 0;
    memset(f->stats, 0, sizeof(f->stats));
}

static void smnc_func_enable(SmncFunc *f, bool virtio)
{
    smnc_func_become(f, virtio && f->idx ? SMNC_KIND_VIRTIO : SMNC_KIND_AVF);
    memset(f->stats, 0, sizeof(f->stats));
    f->patience = (SmncPatience) {};
    smnc_rate_reset(f);
    f->itr_min = 0;
    f->s->adis_enabled += f->idx > 0;
}

static void smnc_func_disable(SmncFunc *f)
{
    smnc_func_reset(f);
    smnc_func_become(f, SMNC_KIND_AVF);
    f->s->adis_enabled -= f->idx > 0;
}

/* Vectors whose causes were held may be sent. */
static void smnc_func_send(SmncFunc *f)
{
    unsigned i;

    for (i = 0; i < SMNC_FUNC_VECS; i++) {
        smnc_vec_try(&f->vec[i]);
    }
}

static void smnc_func_write_ctrl(SmncFunc *f, uint32_t val)
{
    const uint32_t keep = SMNC_FUNC_CTRL_ENABLE | SMNC_FUNC_CTRL_DMA |
                          SMNC_FUNC_CTRL_QUIESCE;
    bool was = f->ctrl & SMNC_FUNC_CTRL_ENABLE;
    bool ran = smnc_func_runs(f), is;
    uint32_t before = f->ctrl;

    if (was && smnc_ignores(f, SMNC_IGNORES_DISABLE)) {
        val |= SMNC_FUNC_CTRL_ENABLE;
    }
    is = val & SMNC_FUNC_CTRL_ENABLE;
    f->ctrl = val & keep;
    trace_smnc_func_ctrl(f->idx, before, val);
    if ((before ^ f->ctrl) & SMNC_FUNC_CTRL_QUIESCE) {
        trace_smnc_quiesce(f->idx, f->ctrl & SMNC_FUNC_CTRL_QUIESCE);
    }
    if (was && !is) {
        smnc_func_disable(f);
    } else if (!was && is) {
        smnc_func_enable(f, val & SMNC_FUNC_CTRL_VIRTIO);
    }
    if (val & SMNC_FUNC_CTRL_RESET && smnc_ignores(f, SMNC_IGNORES_RESET)) {
        f->ctrl |= SMNC_FUNC_CTRL_RESET;
    } else if (val & SMNC_FUNC_CTRL_RESET) {
        trace_smnc_func_reset(f->idx);
        smnc_func_reset(f);
    }
    if (!ran && smnc_func_runs(f)) {
        smnc_func_kick(f);
    }
    if (before & ~f->ctrl & SMNC_FUNC_CTRL_QUIESCE) {
        smnc_func_send(f);
    }
}

/* No effect on virtio functions: their guests negotiate features instead. */
static void smnc_func_write_whole(SmncFunc *f, uint32_t val)
{
    if (f->ctrl & SMNC_FUNC_CTRL_ENABLE && !f->kind->virtio) {
        f->whole = val & (SMNC_WHOLE_V4 | SMNC_WHOLE_V6 | SMNC_WHOLE_CWR);
    }
}

/*
 * DMA runs in bottom halves only, under the lock that a register access takes,
 * so no DMA is in progress during an access. QUIESCED and the end of a reset
 * or an invalidation are immediate.
 */
static uint32_t smnc_func_status(SmncFunc *f)
{
    return (f->ctrl & SMNC_FUNC_CTRL_ENABLE ? SMNC_FUNC_STATUS_ENABLED : 0) |
           (smnc_func_quiesced(f) ? SMNC_FUNC_STATUS_QUIESCED : 0) |
           (f->kind->virtio ? SMNC_FUNC_STATUS_VIRTIO : 0);
}

uint32_t smnc_func_read(SmncFunc *f, uint32_t off)
{
    switch (off) {
    case SMNC_FUNC_CTRL:
        return f->ctrl;
    case SMNC_FUNC_STATUS:
        return smnc_func_status(f);
    case SMNC_FUNC_PASID:
        return f->pasid;
    case SMNC_FUNC_XLAT_LO:
        return f->xlat;
    case SMNC_FUNC_XLAT_HI:
        return f->xlat >> 32;
    case SMNC_FUNC_INVAL_LO:
        return f->inval;
    case SMNC_FUNC_INVAL_HI:
        return f->inval >> 32;
    case SMNC_FUNC_RSTAT:
        return f->rstat;
    case SMNC_FUNC_ITR_MIN:
        return f->itr_min;
    case SMNC_FUNC_STATE_LO ... SMNC_FUNC_STATE_CTL:
        return smnc_state_read(f, off);
    case SMNC_FUNC_WHOLE:
        return f->kind->virtio ? 0 : f->whole;
    case SMNC_FUNC_VECMAP(0) ... SMNC_FUNC_VECMAP(SMNC_FUNC_VECS - 1):
        return f->vec[(off - SMNC_FUNC_VECMAP(0)) / 4].map;
    case SMNC_FUNC_QMAP(0) ... SMNC_FUNC_QMAP(SMNC_FUNC_QPS - 1):
        return f->qmap[(off - SMNC_FUNC_QMAP(0)) / 4];
    }
    return 0;
}

static void smnc_func_write_vecmap(SmncVector *v, uint32_t val)
{
    v->map = val & (SMNC_INTVEC_VALID | SMNC_INTVEC_SHARED | SMNC_INTVEC_VEC);
    smnc_vec_try(v);
}

void smnc_func_write(SmncFunc *f, uint32_t off, uint32_t val)
{
    switch (off) {
    case SMNC_FUNC_CTRL:
        smnc_func_write_ctrl(f, val);
        break;
    case SMNC_FUNC_PASID:
        f->pasid = val & (SMNC_FUNC_PASID_VALID | SMNC_FUNC_PASID_MASK);
        smnc_tlb_flush(f);
        break;
    case SMNC_FUNC_XLAT_LO:
        f->xlat = deposit64(f->xlat, 0, 32,
                            val & (SMNC_XLAT_ADDR | SMNC_FUNC_XLAT_VALID));
        smnc_tlb_flush(f);
        break;
    case SMNC_FUNC_XLAT_HI:
        f->xlat = deposit64(f->xlat, 32, 32, val & (SMNC_XLAT_ADDR >> 32));
        smnc_tlb_flush(f);
        break;
    case SMNC_FUNC_INVAL_LO:
        f->inval = deposit64(f->inval, 0, 32, val);
        break;
    case SMNC_FUNC_INVAL_HI:
        f->inval = deposit64(f->inval, 32, 32, val);
        break;
    case SMNC_FUNC_INVAL_CTL:
        smnc_tlb_inval(f, f->inval, val & SMNC_FUNC_INVAL_PAGES);
        break;
    case SMNC_FUNC_RSTAT:
        f->rstat = val & 3;
        break;
    case SMNC_FUNC_ITR_MIN:
        f->itr_min = val & SMNC_FUNC_ITR_MIN_MASK;
        smnc_func_send(f);      /* the interval has changed */
        break;
    case SMNC_FUNC_STATE_LO ... SMNC_FUNC_STATE_CTL:
        smnc_state_write(f, off, val);
        break;
    case SMNC_FUNC_WHOLE:
        smnc_func_write_whole(f, val);
        break;
    case SMNC_FUNC_VECMAP(0) ... SMNC_FUNC_VECMAP(SMNC_FUNC_VECS - 1):
        smnc_func_write_vecmap(&f->vec[(off - SMNC_FUNC_VECMAP(0)) / 4], val);
        break;
    case SMNC_FUNC_QMAP(0) ... SMNC_FUNC_QMAP(SMNC_FUNC_QPS - 1):
        smnc_qp_map(f, (off - SMNC_FUNC_QMAP(0)) / 4, val);
        break;
    }
}
