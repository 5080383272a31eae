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
static bool snic_vctl_chain(SnicVqView *v, SnicChain *c)
{
    return snic_vq_chain(v, 0, c) &&
           ((c->out >= COMMAND_BYTES && c->in) ||
            snic_vq_bad(v->u, "a command without class, number or answer"));
}

/* The ack byte and what the command returns. False: the unit has to stop. */
static bool snic_vctl_answer(SnicVqView *v, const SnicChain *c, uint8_t ack,
                             const uint8_t *data, uint32_t len)
{
    const SnicBuf *in = c->buf + c->nout;
    SnicUsed used = { .id = c->head };

    len = MIN(len, c->in - 1);
    used.len = 1 + len;
    if (!snic_vq_copy(v->u, in, 0, NULL, used.len, SNIC_PROBE_WRITE) ||
        !snic_vq_copy(v->u, in, 0, &ack, 1, SNIC_WRITE) ||
        !snic_vq_copy(v->u, in, 1, (void *)data, len, SNIC_WRITE) ||
        !snic_vq_probe_used(v, 1) || !snic_vq_use(v, &used, 1)) {
        return false;
    }
    trace_snic_vq_answer(v->u->f->idx, ack, len);
    return true;
}

/* True: the PF has the command, or it is answered. */
static bool snic_vctl_command(SnicVqView *v, const SnicChain *c)
{
    SnicVirtio *vf = &v->u->f->virtio;
    uint8_t data[COMMAND_BYTES + SNIC_AQ_BUF_MAX];
    uint32_t len;

    if (c->out > sizeof(data)) {
        return snic_vctl_answer(v, c, VIRTIO_NET_ERR, NULL, 0);
    }
    len = c->out - COMMAND_BYTES;
    if (!snic_vq_copy(v->u, c->buf, 0, data, c->out, SNIC_READ) ||
        !snic_vq_copy(v->u, c->buf + c->nout, 0, NULL, 1, SNIC_PROBE_WRITE) ||
        !snic_vq_probe_used(v, 1) ||
        !snic_mbx_deliver(v->u, SNIC_MSG_CTRL | data[0] << 8 | data[1],
                          vf->commands, data + COMMAND_BYTES, len)) {
        return false;
    }
    trace_snic_vq_command(v->u->f->idx, data[0], data[1], len);
    vf->commands++;
    vf->outstanding = true;
    return true;
}

/* Does what there is to do. False: the unit has to stop for now. */
static bool snic_vctl_one(SnicVqView *v)
{
    SnicFunc *f = v->u->f;
    SnicMsg *msg = QSIMPLEQ_FIRST(&f->msgs);
    SnicChain c;

    if (!snic_vctl_chain(v, &c)) {
        return false;
    }
    if (!f->virtio.outstanding) {
        return snic_vctl_command(v, &c);
    }
    if (!snic_vctl_answer(v, &c, msg->cookie_low, msg->data, msg->len)) {
        return false;
    }
    snic_mbx_drop_first(f);
    f->virtio.outstanding = false;
    snic_count(f, SNIC_STAT_MBX_REPLIES, 1);
    return true;
}

/* The PF's message is the answer to the command. */
bool snic_vctl_takes(SnicFunc *f, uint32_t cookie_high)
{
    return cookie_high & SNIC_MSG_CTRL && f->virtio.outstanding && !f->nmsgs;
}

/* --- the unit ------------------------------------------------------------------------- */

static bool snic_vctl_pending(SnicUnit *u)
{
    SnicVirtio *vf = &u->f->virtio;

    return snic_queue_active(&vf->ctrl) &&
           (vf->outstanding ? u->f->nmsgs : vf->ctrl.vq.kicked);
}

static void snic_vctl_serve(SnicUnit *u)
{
    SnicQueue *ctrl = &u->f->virtio.ctrl;
    SnicVqView v;
    unsigned n = 0;
    bool more = snic_vq_look(&v, u, ctrl);

    while (more && snic_vctl_pending(u) && n++ < PER_PASS) {
        more = snic_vq_left(&v) ? snic_vctl_one(&v) : snic_vq_ask(&v);
    }
    snic_vq_signal(u, ctrl);
    if (more && snic_vctl_pending(u)) {
        snic_kick(u);
    }
}

static void snic_vctl_fail(SnicUnit *u)
{
    snic_queue_fail(u, SNIC_Q_ERR_FAULT);
}

const SnicUnitOps snic_vctl_ops = {
    .pending = snic_vctl_pending,
    .serve = snic_vctl_serve,
    .fail = snic_vctl_fail,
};
