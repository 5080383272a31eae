/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Queue pair blocks: configuration, mapping, start and stop of queues. */
#include "core.h"
#include "../trace.h"

static SnicUnit *snic_qp_unit(SnicQp *qp, bool rx)
{
    return &qp->f->unit[rx ? SNIC_UNIT_RXQ(qp->q) : SNIC_UNIT_TXQ(qp->q)];
}

static SnicQueue *snic_unit_queue(SnicUnit *u)
{
    SnicQp *qp;

    if (u->idx == SNIC_UNIT_ATQ) {
        return &u->f->virtio.ctrl;
    }
    qp = snic_func_qp(u->f, u->idx % SNIC_FUNC_QPS);
    if (!qp) {
        return NULL;
    }
    return u->idx >= SNIC_UNIT_RXQ(0) ? &qp->rx : &qp->tx;
}

static void snic_queue_stop(SnicQueue *queue, SnicFunc *f)
{
    queue->ctl &= ~SNIC_Q_CTL_ACTIVE;
    if (queue->fifo) {
        snic_fifo_drop(f, queue);
    }
}

/* The queue stops until it is disabled and enabled again. */
void snic_queue_fail(SnicUnit *u, unsigned reason)
{
    static const char *const halves[] = { "tx", "rx", "control" };
    SnicQueue *queue = snic_unit_queue(u);

    if (!queue) {
        return;
    }
    trace_snic_queue_error(u->f->idx, halves[u->idx / SNIC_FUNC_QPS],
                           u->idx % SNIC_FUNC_QPS, reason);
    snic_queue_stop(queue, u->f);
    queue->ctl &= ~SNIC_Q_CTL_REASON;
    queue->ctl |= SNIC_Q_CTL_ERROR | reason << SNIC_Q_CTL_REASON_SHIFT;
    snic_unit_cancel(u);
    if (u->f->kind->stopped) {
        u->f->kind->stopped(u->f);
    }
}

static bool snic_queue_config_ok(const SnicQueue *queue, bool rx)
{
    return queue->len >= SNIC_Q_LEN_MIN && queue->len <= SNIC_Q_LEN_MAX &&
           queue->len % 32 == 0 && queue->base % 128 == 0 &&
           (!rx || (queue->bufsz >= SNIC_Q_BUFSZ_MIN &&
                    queue->bufsz <= SNIC_Q_BUFSZ_MAX &&
                    queue->bufsz % 128 == 0));
}

static void snic_tail_error(SnicQp *qp, bool rx)
{
    snic_count(qp->f, SNIC_STAT_BAD_TAILS, 1);
    snic_guest_error(qp->f->s, "function %u queue %u: tail out of range\n",
                     qp->f->idx, qp->q);
    snic_queue_fail(snic_qp_unit(qp, rx), SNIC_Q_ERR_TAIL);
}

static uint32_t *snic_qp_tail(SnicQp *qp, bool rx)
{
    return rx ? &qp->f->rx_tail[qp->q] : &qp->f->tx_tail[qp->q];
}

/* The queue is active, with what was checked before. */
void snic_qp_start(SnicQp *qp, bool rx)
{
    SnicQueue *queue = rx ? &qp->rx : &qp->tx;

    queue->head = queue->seg = 0;
    if (rx && !queue->fifo) {
        queue->fifo = g_new0(SnicFrame *, SNIC_FIFO);
    }
    queue->ctl = SNIC_Q_CTL_ENABLE | SNIC_Q_CTL_ACTIVE;
    snic_kick(snic_qp_unit(qp, rx));
}

static void snic_qp_enable(SnicQp *qp, bool rx)
{
    SnicQueue *queue = rx ? &qp->rx : &qp->tx;

    queue->head = queue->seg = 0;
    queue->ctl = SNIC_Q_CTL_ENABLE;
    if (!snic_queue_config_ok(queue, rx)) {
        snic_queue_fail(snic_qp_unit(qp, rx), SNIC_Q_ERR_CONFIG);
        return;
    }
    if (*snic_qp_tail(qp, rx) >= queue->len) {
        snic_tail_error(qp, rx);
        return;
    }
    snic_qp_start(qp, rx);
}

/* Registers of AVF queues, of which virtqueues have none. */
static void snic_queue_forget(SnicQueue *queue)
{
    queue->base = 0;
    queue->len = queue->intr = queue->bufsz = queue->maxframe = 0;
    memset(&queue->vq, 0, sizeof(queue->vq));
}

void snic_qp_disable(SnicQp *qp, bool rx)
{
    SnicQueue *queue = rx ? &qp->rx : &qp->tx;

    if (queue->ctl & SNIC_Q_CTL_ENABLE) {
        snic_queue_stop(queue, qp->f);
        snic_unit_cancel(snic_qp_unit(qp, rx));
        queue->ctl = 0;
        queue->head = 0;
        *snic_qp_tail(qp, rx) = 0;
    }
    if (qp->f->kind->virtio) {
        snic_queue_forget(queue);
    }
}

/* Disabled and without configuration. */
void snic_qp_clear(SnicQp *qp)
{
    if (qp->f) {
        snic_qp_disable(qp, false);
        snic_qp_disable(qp, true);
    }
    g_free(qp->rx.fifo);
    memset(&qp->tx, 0, sizeof(qp->tx));
    memset(&qp->rx, 0, sizeof(qp->rx));
}

/*
 * Queue @q of the function becomes @val's queue pair, or none. A queue pair
 * that another function or queue has is not taken from it.
 */
void snic_qp_map(SnicFunc *f, unsigned q, uint32_t val)
{
    SnicState *s = f->s;
    SnicQp *qp = snic_func_qp(f, q), *want;
    unsigned n = val & SNIC_QMAP_QP;

    if (val & SNIC_QMAP_VALID && n >= s->num_qps) {
        return;
    }
    want = val & SNIC_QMAP_VALID ? &s->qp[n] : NULL;
    if (want && want == qp) {
        return;
    }
    if (qp) {
        snic_qp_disable(qp, false);
        snic_qp_disable(qp, true);
        qp->f = NULL;
    }
    f->qmap[q] = 0;
    if (want && !want->f) {
        want->f = f;
        want->q = q;
        f->qmap[q] = SNIC_QMAP_VALID | n;
    }
}

/* --- doorbells ---------------------------------------------------------------- */

void snic_tail_write(SnicFunc *f, unsigned q, bool rx, uint32_t val)
{
    SnicQp *qp = snic_func_qp(f, q);
    SnicQueue *queue;

    snic_count(f, rx ? SNIC_STAT_RX_DOORBELLS : SNIC_STAT_TX_DOORBELLS, 1);
    trace_snic_doorbell(f->idx, rx ? "rx" : "tx", q, val);
    *(rx ? &f->rx_tail[q] : &f->tx_tail[q]) = val;
    if (!qp) {
        return;
    }
    queue = rx ? &qp->rx : &qp->tx;
    if (!snic_queue_active(queue)) {
        return;
    }
    if (val >= queue->len) {
        snic_tail_error(qp, rx);
        return;
    }
    snic_kick(snic_qp_unit(qp, rx));
}

/* --- registers ---------------------------------------------------------------- */

static uint32_t snic_queue_ctl(SnicQp *qp, bool rx)
{
    SnicQueue *queue = rx ? &qp->rx : &qp->tx;
    uint32_t ctl = queue->ctl;

    if (qp->f && snic_qp_unit(qp, rx)->fault) {
        ctl |= SNIC_Q_CTL_FAULT;
    }
    return ctl;
}

/* Half a queue pair that a virtio function has. */
static uint32_t snic_vq_read(SnicQp *qp, bool rx, uint32_t off)
{
    if (off == SNIC_Q_CTL) {
        return snic_queue_ctl(qp, rx);
    }
    return off == SNIC_Q_INT ? (rx ? &qp->rx : &qp->tx)->vq.intr : 0;
}

static bool snic_qp_virtio(const SnicQp *qp)
{
    return qp->f && qp->f->kind->virtio;
}

uint32_t snic_qp_read(SnicState *s, uint32_t off)
{
    SnicQp *qp = &s->qp[off / 0x40];
    bool rx = off & SNIC_QP_RX;
    SnicQueue *queue = rx ? &qp->rx : &qp->tx;

    if (snic_qp_virtio(qp)) {
        return snic_vq_read(qp, rx, off % 0x20);
    }
    switch (off % 0x20) {
    case SNIC_Q_BASE_LO:
        return queue->base;
    case SNIC_Q_BASE_HI:
        return queue->base >> 32;
    case SNIC_Q_LEN:
        return queue->len;
    case SNIC_Q_CTL:
        return snic_queue_ctl(qp, rx);
    case SNIC_Q_INT:
        return queue->intr;
    case SNIC_Q_HEAD:
        return queue->head;
    case SNIC_Q_BUFSZ:
        return queue->bufsz;
    case SNIC_Q_MAXFRAME:
        return queue->maxframe;
    }
    return 0;
}

static void snic_qp_write_ctl(SnicQp *qp, bool rx, uint32_t val)
{
    SnicQueue *queue = rx ? &qp->rx : &qp->tx;
    bool on = queue->ctl & SNIC_Q_CTL_ENABLE;

    if (!qp->f) {
        return;
    }
    if (!on && (val & SNIC_Q_CTL_ENABLE)) {
        snic_qp_enable(qp, rx);
    } else if (on && !(val & SNIC_Q_CTL_ENABLE) &&
               !snic_ignores(qp->f, SNIC_IGNORES_QUEUES)) {
        snic_qp_disable(qp, rx);
    }
}

void snic_qp_write(SnicState *s, uint32_t off, uint32_t val)
{
    SnicQp *qp = &s->qp[off / 0x40];
    bool rx = off & SNIC_QP_RX;
    SnicQueue *queue = rx ? &qp->rx : &qp->tx;

    off %= 0x20;
    if (snic_qp_virtio(qp)) {
        return;
    }
    if (off == SNIC_Q_CTL) {
        snic_qp_write_ctl(qp, rx, val);
        return;
    }
    if (off == SNIC_Q_INT) {
        queue->intr = val & (SNIC_Q_INT_VALID | SNIC_Q_INT_VEC |
                             SNIC_Q_INT_ITR);
        return;
    }
    if (queue->ctl & SNIC_Q_CTL_ENABLE) {
        return;
    }
    switch (off) {
    case SNIC_Q_BASE_LO:
        queue->base = deposit64(queue->base, 0, 32, val);
        break;
    case SNIC_Q_BASE_HI:
        queue->base = deposit64(queue->base, 32, 32, val);
        break;
    case SNIC_Q_LEN:
        queue->len = val;
        break;
    case SNIC_Q_BUFSZ:
        queue->bufsz = rx ? val : 0;
        break;
    case SNIC_Q_MAXFRAME:
        queue->maxframe = rx ? val : 0;
        break;
    }
}
