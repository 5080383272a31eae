/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Interrupts: a function's vectors with their ITRs, and the PF's own events.
 */
#include "core.h"
#include "../trace.h"
#include "hw/pci/msix.h"

/* --- vectors of a function ---------------------------------------------------- */

/* The shortest interval of the pending causes, at least ITR_MIN. */
static int64_t smnc_vec_interval(const SmncVector *v)
{
    int64_t best = INT64_MAX;
    unsigned i;

    for (i = 0; i < 4; i++) {
        if (v->itrs & (1 << i)) {
            best = MIN(best, i == 3 ? 0 : v->itr[i] * 2 * SCALE_US);
        }
    }
    return MAX(best, v->f->itr_min * 2 * SCALE_US);
}

static void smnc_vec_timer(void *opaque)
{
    smnc_vec_try(opaque);
}

static void smnc_vec_later(SmncVector *v, int64_t when)
{
    if (!v->timer) {
        v->timer = timer_new_ns(QEMU_CLOCK_VIRTUAL, smnc_vec_timer, v);
    }
    timer_mod_anticipate(v->timer, when);
}

static void smnc_vec_post(SmncVector *v)
{
    SmncState *s = v->f->s;

    smnc_count(v->f, SMNC_STAT_SHARED_CAUSES, 1);
    if (v->cause == SMNC_NO_CAUSE) {
        v->cause = SMNC_CAUSE_QUEUED;
        QTAILQ_INSERT_TAIL(&s->causes, v, link);
        smnc_kick_device(s);
    } else if (v->cause == SMNC_CAUSE_POSTED) {
        v->cause = SMNC_CAUSE_AGAIN;
    }
}

/* Send what is pending, if it may be sent now. */
void smnc_vec_try(SmncVector *v)
{
    SmncState *s = v->f->s;
    unsigned vec = v->map & SMNC_INTVEC_VEC;
    bool shared = v->map & SMNC_INTVEC_SHARED;
    int64_t now, due;

    if (!v->pending || !(v->enabled || v->f->kind->virtio) ||
        v->f->ctrl & SMNC_FUNC_CTRL_QUIESCE ||
        !(v->map & SMNC_INTVEC_VALID) || (!shared && vec >= s->num_vecs) ||
        !smnc_live(s)) {
        return;
    }
    now = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
    due = v->sent + smnc_vec_interval(v);
    if (now < due) {
        smnc_vec_later(v, due);
        return;
    }
    v->pending = false;
    v->enabled = false;
    v->itrs = 0;
    v->sent = now;
    smnc_count(v->f, SMNC_STAT_INTERRUPTS, 1);
    trace_smnc_interrupt(v->f->idx, v->idx, shared ? "cause ring, vector" :
                                                     "MSI-X", vec);
    if (shared) {
        smnc_vec_post(v);
    } else {
        msix_notify(&s->parent_obj, vec);
    }
}

void smnc_vec_raise(SmncFunc *f, unsigned vec, unsigned itr)
{
    SmncVector *v = &f->vec[vec];

    v->pending = true;
    v->itrs |= 1 << itr;
    smnc_vec_try(v);
}

void smnc_queue_raise(SmncFunc *f, uint32_t intr)
{
    unsigned vec = intr & SMNC_Q_INT_VEC;

    if ((intr & SMNC_Q_INT_VALID) && vec < SMNC_FUNC_VECS) {
        smnc_vec_raise(f, vec,
                       (intr & SMNC_Q_INT_ITR) >> SMNC_Q_INT_ITR_SHIFT);
    }
}

uint32_t smnc_vec_read_ctl(SmncVector *v)
{
    return v->dyn | (v->enabled ? SMNC_DYN_INTENA : 0);
}

static unsigned smnc_dyn_itr(uint32_t val)
{
    return (val & SMNC_DYN_ITR_INDX) >> SMNC_DYN_ITR_INDX_SHIFT;
}

void smnc_vec_write_ctl(SmncVector *v, uint32_t val)
{
    unsigned itr = smnc_dyn_itr(val);

    v->dyn = val & SMNC_DYN_STORED;
    if (itr < 3) {
        v->itr[itr] = (val & SMNC_DYN_INTERVAL) >> SMNC_DYN_INTERVAL_SHIFT;
    }
    if (val & SMNC_DYN_CLEARPBA) {
        v->pending = false;
        v->itrs = 0;
    }
    if (!(val & SMNC_DYN_INTENA_MSK)) {
        v->enabled = val & SMNC_DYN_INTENA;
        if (v->enabled) {
            smnc_count(v->f, SMNC_STAT_REARMS, 1);
        }
    }
    if (val & SMNC_DYN_SWINT_TRIG) {
        v->pending = true;
        v->itrs |= 1 << (val & SMNC_DYN_SW_ITR_ENA ?
                         (val & SMNC_DYN_SW_ITR_INDX) >> 25 : 3);
    }
    smnc_vec_try(v);
}

/*
 * A cause that was posted to the ring stays there until the driver has read
 * it. The function's minimum interval holds across a reset.
 */
void smnc_vec_reset(SmncVector *v)
{
    if (v->cause == SMNC_CAUSE_QUEUED) {
        QTAILQ_REMOVE(&v->f->s->causes, v, link);
        v->cause = SMNC_NO_CAUSE;
    } else if (v->cause == SMNC_CAUSE_AGAIN) {
        v->cause = SMNC_CAUSE_POSTED;
    }
    if (v->timer) {
        timer_del(v->timer);
    }
    v->enabled = v->pending = false;
    v->itrs = 0;
    v->dyn = 0;
    memset(v->itr, 0, sizeof(v->itr));
}

/* --- vector 0 ----------------------------------------------------------------- */

void smnc_mbx_event(SmncFunc *f)
{
    f->icr01 |= SMNC_ICR0_ADMINQ | SMNC_ICR0_INTEVENT;
    if (f->ena1 & SMNC_ICR0_ADMINQ) {
        smnc_vec_raise(f, 0, 3);
    }
}

uint32_t smnc_icr01_read(SmncFunc *f)
{
    uint32_t val = f->icr01;

    f->icr01 = 0;
    return val;
}

void smnc_ena1_write(SmncFunc *f, uint32_t val)
{
    f->ena1 = val;
    if (val & f->icr01 & SMNC_ICR0_ADMINQ) {
        smnc_vec_raise(f, 0, 3);
    }
}

/* --- the PF's events ---------------------------------------------------------- */

static uint32_t smnc_pf_vector(SmncState *s, uint32_t icr)
{
    if (icr & (SMNC_ICR_MBX_RX | SMNC_ICR_MBX_TX)) {
        return s->intvec[0];
    } else if (icr & SMNC_ICR_FAULT) {
        return s->intvec[1];
    } else if (icr & SMNC_ICR_CAUSE) {
        return s->intvec[2];
    }
    return s->intvec[3];
}

/* @icr is one bit. */
void smnc_pf_event(SmncState *s, uint32_t icr)
{
    uint32_t to = smnc_pf_vector(s, icr);

    s->icr |= icr;
    trace_smnc_pf_event(icr, smnc_live(s));
    if (!smnc_live(s)) {
        s->icr_unsent |= icr;
        return;
    }
    if ((s->icr_mask & icr) && (to & SMNC_INTVEC_VALID) &&
        (to & SMNC_INTVEC_VEC) < s->num_vecs) {
        msix_notify(&s->parent_obj, to & SMNC_INTVEC_VEC);
    }
}

/* Send the interrupts that are held while the device cannot signal. */
void smnc_signal_all(SmncState *s)
{
    uint32_t unsent = s->icr_unsent;
    unsigned i;

    s->icr_unsent = 0;
    for (i = 0; i < smnc_num_funcs(s) * SMNC_FUNC_VECS; i++) {
        smnc_vec_try(&s->func[i / SMNC_FUNC_VECS].vec[i % SMNC_FUNC_VECS]);
    }
    for (; unsent; unsent &= unsent - 1) {
        smnc_pf_event(s, 1u << ctz32(unsent));
    }
}
