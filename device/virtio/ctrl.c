/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The control virtqueue: the PF answers its commands, one at a time. A command
 * stays in the ring until its answer is there.
 */
#include "virtio.h"
#include "../core/core.h"
#include "../trace.h"

#define PER_PASS            16
#define COMMAND_BYTES       2           /* class, command */

/* --- commands ------------------------------------------------------------------------ */

/* The command's buffers. False: the unit has stopped. */
static bool smnc_vctl_chain(SmncVqView *v, SmncChain *c)
{
    return smnc_vq_chain(v, 0, c) &&
           ((c->out >= COMMAND_BYTES && c->in) ||
            smnc_vq_bad(v->u, "a command without class, number or answer"));
}

/* The ack byte and what the command returns. False: the unit has to stop. */
static bool smnc_vctl_answer(SmncVqView *v, const SmncChain *c, uint8_t ack,
                             const uint8_t *data, uint32_t len)
{
    const SmncBuf *in = c->buf + c->nout;
    SmncUsed used = smnc_vq_used(c, 1 + MIN(len, c->in - 1));

    len = used.len - 1;
    if (!smnc_vq_copy(v->u, in, 0, NULL, used.len, SMNC_PROBE_WRITE) ||
        !smnc_vq_copy(v->u, in, 0, &ack, 1, SMNC_WRITE) ||
        !smnc_vq_copy(v->u, in, 1, (void *)data, len, SMNC_WRITE) ||
        !smnc_vq_probe_used(v, &used, 1) || !smnc_vq_use(v, &used, 1)) {
        return false;
    }
    trace_smnc_vq_answer(v->u->f->idx, ack, len);
    return true;
}

/* True: the PF has the command, or it is answered. */
static bool smnc_vctl_command(SmncVqView *v, const SmncChain *c)
{
    SmncVirtio *vf = &v->u->f->virtio;
    uint8_t data[COMMAND_BYTES + SMNC_AQ_BUF_MAX];
    SmncUsed used = smnc_vq_used(c, 0);
    uint32_t len;

    if (c->out > sizeof(data)) {
        return smnc_vctl_answer(v, c, VIRTIO_NET_ERR, NULL, 0);
    }
    len = c->out - COMMAND_BYTES;
    if (!smnc_vq_copy(v->u, c->buf, 0, data, c->out, SMNC_READ) ||
        !smnc_vq_copy(v->u, c->buf + c->nout, 0, NULL, 1, SMNC_PROBE_WRITE) ||
        !smnc_vq_probe_used(v, &used, 1) ||
        !smnc_mbx_deliver(v->u, SMNC_MSG_CTRL | data[0] << 8 | data[1],
                          vf->commands, data + COMMAND_BYTES, len)) {
        return false;
    }
    trace_smnc_vq_command(v->u->f->idx, data[0], data[1], len);
    vf->commands++;
    vf->outstanding = true;
    return true;
}

/* Delivers the next command, or its answer. False: the unit has to stop for now. */
static bool smnc_vctl_one(SmncVqView *v)
{
    SmncFunc *f = v->u->f;
    SmncMsg *msg = QSIMPLEQ_FIRST(&f->msgs);
    SmncChain c;

    if (!smnc_vctl_chain(v, &c)) {
        return false;
    }
    if (!f->virtio.outstanding) {
        return smnc_vctl_command(v, &c);
    }
    if (!smnc_vctl_answer(v, &c, msg->cookie_low, msg->data, msg->len)) {
        return false;
    }
    smnc_mbx_drop_first(f);
    f->virtio.outstanding = false;
    smnc_count(f, SMNC_STAT_MBX_REPLIES, 1);
    return true;
}

/* The PF's message is the answer to the command. */
bool smnc_vctl_takes(SmncFunc *f, uint32_t cookie_high)
{
    return cookie_high & SMNC_MSG_CTRL && f->virtio.outstanding && !f->nmsgs;
}

/* --- the unit ------------------------------------------------------------------------- */

static bool smnc_vctl_pending(SmncUnit *u)
{
    SmncVirtio *vf = &u->f->virtio;

    return smnc_queue_active(&vf->ctrl) &&
           (vf->outstanding ? u->f->nmsgs : vf->ctrl.vq.kicked);
}

static void smnc_vctl_serve(SmncUnit *u)
{
    SmncQueue *ctrl = &u->f->virtio.ctrl;
    SmncVqView v;
    unsigned n = 0;
    bool more = smnc_vq_look(&v, u, ctrl);

    while (more && smnc_vctl_pending(u) && n++ < PER_PASS) {
        more = v.left ? smnc_vctl_one(&v) : smnc_vq_ask(&v);
    }
    smnc_vq_signal(u, ctrl);
    if (more && smnc_vctl_pending(u)) {
        smnc_kick(u);
    }
}

const SmncUnitOps smnc_vctl_ops = {
    .pending = smnc_vctl_pending,
    .serve = smnc_vctl_serve,
    .fail = smnc_queue_fault,
};
