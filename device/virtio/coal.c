/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Interrupts of VQs. To send fewer of them the unit holds an interrupt until a
 * time has passed or the VQ has used a number of packets
 * (docs/hardware.md, 14.15).
 */
#include "virtio.h"
#include "../core/core.h"

/* Sends the interrupt that the VQ holds, if there is one. */
static void smnc_vq_release(SmncFunc *f, SmncVq *vq)
{
    if (vq->held) {
        vq->held = false;
        vq->fresh = 0;
        smnc_vq_signalled(vq);
        smnc_queue_raise(f, vq->intr);
    }
}

static void smnc_vq_expire(void *opaque)
{
    SmncUnit *u = opaque;
    SmncQueue *q = smnc_unit_queue(u);
    int64_t now = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);

    if (!u->f->kind->virtio || !q || !q->vq.held) {
        return;
    }
    if (now < q->vq.until) {
        timer_mod(u->timer, q->vq.until);       /* the timer is an earlier hold's */
    } else {
        smnc_vq_release(u->f, &q->vq);
    }
}

static void smnc_vq_hold(SmncUnit *u, SmncVq *vq)
{
    if (!u->timer) {
        u->timer = timer_new_ns(QEMU_CLOCK_VIRTUAL, smnc_vq_expire, u);
    }
    vq->held = true;
    vq->until = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) +
                (int64_t)vq->usecs * SCALE_US;
    timer_mod(u->timer, vq->until);
}

/* The guest wants an interrupt for used buffers: sends it now, or holds it. */
void smnc_vq_interrupt(SmncUnit *u, SmncQueue *q)
{
    SmncVq *vq = &q->vq;

    if (!vq->held && vq->usecs && vq->packets) {
        smnc_vq_hold(u, vq);
    }
    if (!vq->held) {
        vq->fresh = 0;
        smnc_queue_raise(u->f, vq->intr);
    } else if (vq->fresh >= vq->packets || !smnc_queue_active(q)) {
        smnc_vq_release(u->f, vq);
    }
}

/* Before a save: a state has no timers, so interrupts on hold are sent. */
void smnc_vq_release_all(SmncFunc *f)
{
    unsigned n;

    for (n = 0; n < 2 * SMNC_FUNC_QPS; n++) {
        SmncQueue *q = smnc_vq_find(f, n);

        if (q) {
            smnc_vq_release(f, &q->vq);
        }
    }
}

/* A positive errno or 0 */
int smnc_vq_set_coal(SmncFunc *f, unsigned n, uint32_t usecs, uint32_t packets)
{
    SmncQueue *q = f->kind->virtio ? smnc_vq_find(f, n) : NULL;

    if (!q || q == &f->virtio.ctrl) {
        return EINVAL;
    }
    smnc_vq_release(f, &q->vq);         /* by the limits that it began with */
    q->vq.usecs = usecs;
    q->vq.packets = packets;
    return 0;
}
