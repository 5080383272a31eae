/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Interrupts: a function's vectors with their ITRs, and the PF's own events.
 */
#include "core.h"
#include "../trace.h"
#include "hw/pci/msix.h"

/* --- vectors of a function ---------------------------------------------------- */

/* The shortest interval of the pending causes, at least ITR_MIN. */
static int64_t snic_vec_interval(const SnicVector *v)
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

static void snic_vec_timer(void *opaque)
{
    snic_vec_try(opaque);
}

static void snic_vec_later(SnicVector *v, int64_t when)
{
    if (!v->timer) {
        v->timer = timer_new_ns(QEMU_CLOCK_VIRTUAL, snic_vec_timer, v);
    }
    timer_mod_anticipate(v->timer, when);
}

static void snic_vec_post(SnicVector *v)
{
    SnicState *s = v->f->s;

    snic_count(v->f, SNIC_STAT_SHARED_CAUSES, 1);
    if (v->cause == SNIC_NO_CAUSE) {
        v->cause = SNIC_CAUSE_QUEUED;
        QTAILQ_INSERT_TAIL(&s->causes, v, link);
        snic_kick_device(s);
    } else if (v->cause == SNIC_CAUSE_POSTED) {
        v->cause = SNIC_CAUSE_AGAIN;
    }
}

/* Send what is pending, if it may be sent now. */
void snic_vec_try(SnicVector *v)
{
    SnicState *s = v->f->s;
    unsigned vec = v->map & SNIC_INTVEC_VEC;
    bool shared = v->map & SNIC_INTVEC_SHARED;
    int64_t now, due;

    if (!v->pending || !(v->enabled || v->f->kind->virtio) ||
        !(v->map & SNIC_INTVEC_VALID) || (!shared && vec >= s->num_vecs) ||
        !snic_live(s)) {
        return;
    }
    now = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
    due = v->sent + snic_vec_interval(v);
    if (now < due) {
        snic_vec_later(v, due);
        return;
    }
    v->pending = false;
    v->enabled = false;
    v->itrs = 0;
    v->sent = now;
    snic_count(v->f, SNIC_STAT_INTERRUPTS, 1);
    trace_snic_interrupt(v->f->idx, v->idx, shared ? "cause ring, vector" :
                                                     "MSI-X", vec);
    if (shared) {
        snic_vec_post(v);
    } else {
        msix_notify(&s->parent_obj, vec);
    }
}

void snic_vec_raise(SnicFunc *f, unsigned vec, unsigned itr)
{
    SnicVector *v = &f->vec[vec];

    v->pending = true;
    v->itrs |= 1 << itr;
    snic_vec_try(v);
}

void snic_queue_raise(SnicFunc *f, uint32_t intr)
{
    unsigned vec = intr & SNIC_Q_INT_VEC;

    if ((intr & SNIC_Q_INT_VALID) && vec < SNIC_FUNC_VECS) {
        snic_vec_raise(f, vec,
                       (intr & SNIC_Q_INT_ITR) >> SNIC_Q_INT_ITR_SHIFT);
    }
}

uint32_t snic_vec_read_ctl(SnicVector *v)
{
    return v->dyn | (v->enabled ? SNIC_DYN_INTENA : 0);
}

static unsigned snic_dyn_itr(uint32_t val)
{
    return (val & SNIC_DYN_ITR_INDX) >> SNIC_DYN_ITR_INDX_SHIFT;
}

void snic_vec_write_ctl(SnicVector *v, uint32_t val)
{
    unsigned itr = snic_dyn_itr(val);

    v->dyn = val & (SNIC_DYN_ITR_INDX | SNIC_DYN_INTERVAL |
                    SNIC_DYN_WB_ON_ITR);
    if (itr < 3) {
        v->itr[itr] = (val & SNIC_DYN_INTERVAL) >> SNIC_DYN_INTERVAL_SHIFT;
    }
    if (val & SNIC_DYN_CLEARPBA) {
        v->pending = false;
        v->itrs = 0;
    }
    if (!(val & SNIC_DYN_INTENA_MSK)) {
        v->enabled = val & SNIC_DYN_INTENA;
        if (v->enabled) {
            snic_count(v->f, SNIC_STAT_REARMS, 1);
        }
    }
    if (val & SNIC_DYN_SWINT_TRIG) {
        v->pending = true;
        v->itrs |= 1 << (val & SNIC_DYN_SW_ITR_ENA ?
                         (val & SNIC_DYN_SW_ITR_INDX) >> 25 : 3);
    }
    snic_vec_try(v);
}

/*
 * A cause that was posted to the ring stays there until the driver has read
 * it. The function's minimum interval holds across a reset.
 */
void snic_vec_reset(SnicVector *v)
{
    if (v->cause == SNIC_CAUSE_QUEUED) {
        QTAILQ_REMOVE(&v->f->s->causes, v, link);
        v->cause = SNIC_NO_CAUSE;
    } else if (v->cause == SNIC_CAUSE_AGAIN) {
        v->cause = SNIC_CAUSE_POSTED;
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

void snic_mbx_event(SnicFunc *f)
{
    f->icr01 |= SNIC_ICR0_ADMINQ | SNIC_ICR0_INTEVENT;
    if (f->ena1 & SNIC_ICR0_ADMINQ) {
        snic_vec_raise(f, 0, 3);
    }
}

uint32_t snic_icr01_read(SnicFunc *f)
{
    uint32_t val = f->icr01;

    f->icr01 = 0;
    return val;
}

void snic_ena1_write(SnicFunc *f, uint32_t val)
{
    f->ena1 = val;
    if (val & f->icr01 & SNIC_ICR0_ADMINQ) {
        snic_vec_raise(f, 0, 3);
    }
}

/* --- the PF's events ---------------------------------------------------------- */

static uint32_t snic_pf_vector(SnicState *s, uint32_t icr)
{
    if (icr & (SNIC_ICR_MBX_RX | SNIC_ICR_MBX_TX)) {
        return s->intvec[0];
    } else if (icr & SNIC_ICR_FAULT) {
        return s->intvec[1];
    } else if (icr & SNIC_ICR_CAUSE) {
        return s->intvec[2];
    }
    return s->intvec[3];
}

/* @icr is one bit. */
void snic_pf_event(SnicState *s, uint32_t icr)
{
    uint32_t to = snic_pf_vector(s, icr);

    s->icr |= icr;
    trace_snic_pf_event(icr, snic_live(s));
    if (!snic_live(s)) {
        s->icr_unsent |= icr;
        return;
    }
    if ((s->icr_mask & icr) && (to & SNIC_INTVEC_VALID) &&
        (to & SNIC_INTVEC_VEC) < s->num_vecs) {
        msix_notify(&s->parent_obj, to & SNIC_INTVEC_VEC);
    }
}

/* Send the interrupts that are held while the device cannot signal. */
void snic_signal_all(SnicState *s)
{
    uint32_t unsent = s->icr_unsent;
    unsigned i;

    s->icr_unsent = 0;
    for (i = 0; i < snic_num_funcs(s) * SNIC_FUNC_VECS; i++) {
        snic_vec_try(&s->func[i / SNIC_FUNC_VECS].vec[i % SNIC_FUNC_VECS]);
    }
    for (; unsent; unsent &= unsent - 1) {
        snic_pf_event(s, 1u << ctz32(unsent));
    }
}
