/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Function blocks, and the life of a function: enable, pause, reset. */
#include "core.h"
#include "../trace.h"

/* From now on the function is of that kind. Its units are idle. */
static void snic_func_become(SnicFunc *f, unsigned kind)
{
    const SnicUnitKind *k;
    unsigned i;

    f->kind = &f->s->kinds[kind];
    for (k = f->kind->units; k < f->kind->units + f->kind->nunits; k++) {
        for (i = 0; i < k->n; i++) {
            f->unit[k->first + i].ops = k->ops;
        }
    }
}

void snic_func_init(SnicState *s, unsigned idx)
{
    SnicFunc *f = &s->func[idx];
    unsigned i;

    f->s = s;
    f->idx = idx;
    f->tlb_gen = 1;
    snic_func_become(f, SNIC_KIND_AVF);
    QSIMPLEQ_INIT(&f->msgs);
    snic_rate_init(f);
    for (i = 0; i < SNIC_UNITS; i++) {
        f->unit[i].f = f;
        f->unit[i].idx = i;
    }
    for (i = 0; i < SNIC_FUNC_VECS; i++) {
        f->vec[i].f = f;
        f->vec[i].idx = i;
    }
}

void snic_func_exit(SnicFunc *f)
{
    unsigned i;

    for (i = 0; i < SNIC_FUNC_VECS; i++) {
        timer_free(f->vec[i].timer);
    }
    snic_rate_exit(f);
}

/* Schedules every unit of the function. */
void snic_func_kick(SnicFunc *f)
{
    unsigned i;

    for (i = 0; i < SNIC_UNITS; i++) {
        snic_kick(&f->unit[i]);
    }
}

/* Clears all state that a guest can leave in the device. */
void snic_func_reset(SnicFunc *f)
{
    unsigned i;

    for (i = 0; i < SNIC_FUNC_QPS; i++) {
        SnicQp *qp = snic_func_qp(f, i);

        if (qp) {
            snic_qp_disable(qp, false);
            snic_qp_disable(qp, true);
        }
        f->tx_tail[i] = f->rx_tail[i] = 0;
    }
    snic_aq_reset(f);
    memset(&f->virtio, 0, sizeof(f->virtio));
    f->whole = 0;
    for (i = 0; i < SNIC_UNITS; i++) {
        snic_unit_cancel(&f->unit[i]);
    }
    for (i = 0; i < SNIC_FUNC_VECS; i++) {
        snic_vec_reset(&f->vec[i]);
    }
    f->icr01 = f->ena1 = 0;
    f->rstat = SNIC_RSTAT_INPROGRESS;
    snic_tlb_flush(f);
}

/* Device reset: clears what the PF driver has set, too. */
void snic_func_wipe(SnicFunc *f)
{
    unsigned i;

    snic_func_reset(f);
    for (i = 0; i < SNIC_FUNC_QPS; i++) {
        snic_qp_map(f, i, 0);
    }
    for (i = 0; i < SNIC_FUNC_VECS; i++) {
        f->vec[i].map = 0;
        f->vec[i].sent = -NANOSECONDS_PER_SECOND;
    }
    snic_rate_reset(f);
    snic_func_become(f, SNIC_KIND_AVF);
    f->ctrl = 0;
    f->pasid = 0;
    f->itr_min = 0;
    f->xlat = f->inval = 0;
    memset(f->stats, 0, sizeof(f->stats));
}

static void snic_func_enable(SnicFunc *f, bool virtio)
{
    snic_func_become(f, virtio && f->idx ? SNIC_KIND_VIRTIO : SNIC_KIND_AVF);
    memset(f->stats, 0, sizeof(f->stats));
    f->itr_min = 0;
    f->s->adis_enabled += f->idx > 0;
}

static void snic_func_disable(SnicFunc *f)
{
    snic_func_reset(f);
    snic_func_become(f, SNIC_KIND_AVF);
    f->s->adis_enabled -= f->idx > 0;
}

static void snic_func_write_ctrl(SnicFunc *f, uint32_t val)
{
    const uint32_t keep = SNIC_FUNC_CTRL_ENABLE | SNIC_FUNC_CTRL_DMA |
                          SNIC_FUNC_CTRL_QUIESCE;
    bool was = f->ctrl & SNIC_FUNC_CTRL_ENABLE;
    bool ran = snic_func_runs(f), is;
    uint32_t before = f->ctrl;

    if (was && snic_ignores(f, SNIC_IGNORES_DISABLE)) {
        val |= SNIC_FUNC_CTRL_ENABLE;
    }
    is = val & SNIC_FUNC_CTRL_ENABLE;
    f->ctrl = val & keep;
    trace_snic_func_ctrl(f->idx, before, val);
    if ((before ^ f->ctrl) & SNIC_FUNC_CTRL_QUIESCE) {
        trace_snic_quiesce(f->idx, f->ctrl & SNIC_FUNC_CTRL_QUIESCE);
    }
    if (was && !is) {
        snic_func_disable(f);
    } else if (!was && is) {
        snic_func_enable(f, val & SNIC_FUNC_CTRL_VIRTIO);
    }
    if (val & SNIC_FUNC_CTRL_RESET && snic_ignores(f, SNIC_IGNORES_RESET)) {
        f->ctrl |= SNIC_FUNC_CTRL_RESET;
    } else if (val & SNIC_FUNC_CTRL_RESET) {
        trace_snic_func_reset(f->idx);
        snic_func_reset(f);
    }
    if (!ran && snic_func_runs(f)) {
        snic_func_kick(f);
    }
}

/* Pending vectors are looked at again with the new interval. */
static void snic_func_write_itr_min(SnicFunc *f, uint32_t val)
{
    unsigned i;

    f->itr_min = val & SNIC_FUNC_ITR_MIN_MASK;
    for (i = 0; i < SNIC_FUNC_VECS; i++) {
        snic_vec_try(&f->vec[i]);
    }
}

/*
 * DMA runs in bottom halves only, under the lock that a register access takes,
 * so no DMA is in progress during an access. QUIESCED and the end of a reset
 * or an invalidation are immediate.
 */
static uint32_t snic_func_status(SnicFunc *f)
{
    bool quiesced = f->ctrl & SNIC_FUNC_CTRL_QUIESCE &&
                    !snic_ignores(f, SNIC_IGNORES_QUIESCE);

    return (f->ctrl & SNIC_FUNC_CTRL_ENABLE ? SNIC_FUNC_STATUS_ENABLED : 0) |
           (quiesced ? SNIC_FUNC_STATUS_QUIESCED : 0) |
           (f->kind->virtio ? SNIC_FUNC_STATUS_VIRTIO : 0);
}

uint32_t snic_func_read(SnicFunc *f, uint32_t off)
{
    switch (off) {
    case SNIC_FUNC_CTRL:
        return f->ctrl;
    case SNIC_FUNC_STATUS:
        return snic_func_status(f);
    case SNIC_FUNC_PASID:
        return f->pasid;
    case SNIC_FUNC_XLAT_LO:
        return f->xlat;
    case SNIC_FUNC_XLAT_HI:
        return f->xlat >> 32;
    case SNIC_FUNC_INVAL_LO:
        return f->inval;
    case SNIC_FUNC_INVAL_HI:
        return f->inval >> 32;
    case SNIC_FUNC_RSTAT:
        return f->rstat;
    case SNIC_FUNC_ITR_MIN:
        return f->itr_min;
    case SNIC_FUNC_VECMAP(0) ... SNIC_FUNC_VECMAP(SNIC_FUNC_VECS - 1):
        return f->vec[(off - SNIC_FUNC_VECMAP(0)) / 4].map;
    case SNIC_FUNC_QMAP(0) ... SNIC_FUNC_QMAP(SNIC_FUNC_QPS - 1):
        return f->qmap[(off - SNIC_FUNC_QMAP(0)) / 4];
    }
    return 0;
}

void snic_func_write(SnicFunc *f, uint32_t off, uint32_t val)
{
    SnicVector *v;

    switch (off) {
    case SNIC_FUNC_CTRL:
        snic_func_write_ctrl(f, val);
        break;
    case SNIC_FUNC_PASID:
        f->pasid = val & (SNIC_FUNC_PASID_VALID | SNIC_FUNC_PASID_MASK);
        snic_tlb_flush(f);
        break;
    case SNIC_FUNC_XLAT_LO:
        f->xlat = deposit64(f->xlat, 0, 32,
                            val & (SNIC_XLAT_ADDR | SNIC_FUNC_XLAT_VALID));
        snic_tlb_flush(f);
        break;
    case SNIC_FUNC_XLAT_HI:
        f->xlat = deposit64(f->xlat, 32, 32, val & (SNIC_XLAT_ADDR >> 32));
        snic_tlb_flush(f);
        break;
    case SNIC_FUNC_INVAL_LO:
        f->inval = deposit64(f->inval, 0, 32, val);
        break;
    case SNIC_FUNC_INVAL_HI:
        f->inval = deposit64(f->inval, 32, 32, val);
        break;
    case SNIC_FUNC_INVAL_CTL:
        snic_tlb_inval(f, f->inval, val & SNIC_FUNC_INVAL_PAGES);
        break;
    case SNIC_FUNC_RSTAT:
        f->rstat = val & 3;
        break;
    case SNIC_FUNC_ITR_MIN:
        snic_func_write_itr_min(f, val);
        break;
    case SNIC_FUNC_VECMAP(0) ... SNIC_FUNC_VECMAP(SNIC_FUNC_VECS - 1):
        v = &f->vec[(off - SNIC_FUNC_VECMAP(0)) / 4];
        v->map = val & (SNIC_INTVEC_VALID | SNIC_INTVEC_SHARED |
                        SNIC_INTVEC_VEC);
        snic_vec_try(v);
        break;
    case SNIC_FUNC_QMAP(0) ... SNIC_FUNC_QMAP(SNIC_FUNC_QPS - 1):
        snic_qp_map(f, (off - SNIC_FUNC_QMAP(0)) / 4, val);
        break;
    }
}
