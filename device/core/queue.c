/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Queue pair blocks: configuration, mapping, start and stop of queues. */
#include "core.h"
#include "../trace.h"

static SmncUnit *smnc_qp_unit(SmncQp *qp, bool rx)
{
    return &qp->f->unit[rx ? SMNC_UNIT_RXQ(qp->q) : SMNC_UNIT_TXQ(qp->q)];
}

/* The queue that the unit serves; NULL: the unit has none now. */
SmncQueue *smnc_unit_queue(SmncUnit *u)
{
    SmncQp *qp;

    if (u->idx == SMNC_UNIT_ATQ) {
        return &u->f->virtio.ctrl;
    }
    qp = smnc_func_qp(u->f, u->idx % SMNC_FUNC_QPS);
    if (!qp) {
        return NULL;
    }
    return u->idx >= SMNC_UNIT_RXQ(0) ? &qp->rx : &qp->tx;
}

static void smnc_queue_stop(SmncQueue *queue, SmncFunc *f)
{
    queue->ctl &= ~SMNC_Q_CTL_ACTIVE;
    if (queue->fifo) {
        smnc_fifo_drop(f, queue);
    }
}

/* The queue stops until it is disabled and enabled again. */
void smnc_queue_fail(SmncUnit *u, unsigned reason)
{
    static const char *const halves[] = { "tx", "rx", "control" };
    SmncQueue *queue = smnc_unit_queue(u);

    if (!queue) {
        return;
    }
    trace_smnc_queue_error(u->f->idx, halves[u->idx / SMNC_FUNC_QPS],
                           u->idx % SMNC_FUNC_QPS, reason);
    smnc_queue_stop(queue, u->f);
    queue->ctl &= ~SMNC_Q_CTL_REASON;
    queue->ctl |= SMNC_Q_CTL_ERROR | reason << SMNC_Q_CTL_REASON_SHIFT;
    smnc_unit_cancel(u);
    if (u->f->kind->stopped) {
        u->f->kind->stopped(u->f);
    }
}

/* The PF answered a fault of the queue with FAIL, or DMA failed. */
void smnc_queue_fault(SmncUnit *u)
{
    smnc_queue_fail(u, SMNC_Q_ERR_FAULT);
}

/* The checks of ENABLE. */
bool smnc_queue_config_ok(const SmncQueue *queue, bool rx)
{
    return queue->len >= SMNC_Q_LEN_MIN && queue->len <= SMNC_Q_LEN_MAX &&
           queue->len % 32 == 0 && queue->base % 128 == 0 &&
           (!rx || (queue->bufsz >= SMNC_Q_BUFSZ_MIN &&
                    queue->bufsz <= SMNC_Q_BUFSZ_MAX &&
                    queue->bufsz % 128 == 0));
}

static void smnc_tail_error(SmncQp *qp, bool rx)
{
    smnc_count(qp->f, SMNC_STAT_BAD_TAILS, 1);
    smnc_guest_error(qp->f, "function %u queue %u: tail out of range\n",
                     qp->f->idx, qp->q);
    smnc_queue_fail(smnc_qp_unit(qp, rx), SMNC_Q_ERR_TAIL);
}

static uint32_t *smnc_qp_tail(SmncQp *qp, bool rx)
{
    return rx ? &qp->f->rx_tail[qp->q] : &qp->f->tx_tail[qp->q];
}

/* Makes the queue active. The caller has checked its configuration. */
void smnc_qp_start(SmncQp *qp, bool rx)
{
    SmncQueue *queue = rx ? &qp->rx : &qp->tx;

    queue->head = queue->seg = 0;
    if (rx && !queue->fifo) {
        queue->fifo = g_new0(SmncFrame *, SMNC_FIFO);
    }
    queue->ctl = SMNC_Q_CTL_ENABLE | SMNC_Q_CTL_ACTIVE;
    smnc_kick(smnc_qp_unit(qp, rx));
}

static void smnc_qp_enable(SmncQp *qp, bool rx)
{
    SmncQueue *queue = rx ? &qp->rx : &qp->tx;

    queue->head = queue->seg = 0;
    queue->ctl = SMNC_Q_CTL_ENABLE;
    if (!smnc_queue_config_ok(queue, rx)) {
        smnc_queue_fail(smnc_qp_unit(qp, rx), SMNC_Q_ERR_CONFIG);
        return;
    }
    if (*smnc_qp_tail(qp, rx) >= queue->len) {
        smnc_tail_error(qp, rx);
        return;
    }
    smnc_qp_start(qp, rx);
}

/* Registers of AVF queues, of which virtqueues have none. */
static void smnc_queue_forget(SmncQueue *queue)
{
    queue->base = 0;
    queue->len = queue->intr = queue->bufsz = queue->maxframe = 0;
    memset(&queue->vq, 0, sizeof(queue->vq));
}

void smnc_qp_disable(SmncQp *qp, bool rx)
{
    SmncQueue *queue = rx ? &qp->rx : &qp->tx;

    if (queue->ctl & SMNC_Q_CTL_ENABLE) {
        smnc_queue_stop(queue, qp->f);
        smnc_unit_cancel(smnc_qp_unit(qp, rx));
        queue->ctl = 0;
        queue->head = 0;
        *smnc_qp_tail(qp, rx) = 0;
    }
    if (qp->f->kind->virtio) {
        smnc_queue_forget(queue);
    }
}

/* Disabled and without configuration. */
void smnc_qp_clear(SmncQp *qp)
{
    if (qp->f) {
        smnc_qp_disable(qp, false);
        smnc_qp_disable(qp, true);
    }
    g_free(qp->rx.fifo);
    memset(&qp->tx, 0, sizeof(qp->tx));
    memset(&qp->rx, 0, sizeof(qp->rx));
}

/*
 * Queue @q of the function becomes @val's queue pair, or none. A queue pair
 * that another function or queue has is not taken from it.
 */
void smnc_qp_map(SmncFunc *f, unsigned q, uint32_t val)
{
    SmncState *s = f->s;
    SmncQp *qp = smnc_func_qp(f, q), *want;
    unsigned n = val & SMNC_QMAP_QP;

    if (val & SMNC_QMAP_VALID && n >= s->num_qps) {
        return;
    }
    want = val & SMNC_QMAP_VALID ? &s->qp[n] : NULL;
    if (want && want == qp) {
        return;
    }
    if (qp) {
        smnc_qp_disable(qp, false);
        smnc_qp_disable(qp, true);
        qp->f = NULL;
    }
    f->qmap[q] = 0;
    if (want && !want->f) {
        want->f = f;
        want->q = q;
        want->tx.patience = (SmncPatience) {};
        f->qmap[q] = SMNC_QMAP_VALID | n;
    }
}

/* --- doorbells ---------------------------------------------------------------- */

void smnc_tail_write(SmncFunc *f, unsigned q, bool rx, uint32_t val)
{
    SmncQp *qp = smnc_func_qp(f, q);
    SmncQueue *queue;

    smnc_count(f, rx ? SMNC_STAT_RX_DOORBELLS : SMNC_STAT_TX_DOORBELLS, 1);
    trace_smnc_doorbell(f->idx, rx ? "rx" : "tx", q, val);
    *(rx ? &f->rx_tail[q] : &f->tx_tail[q]) = val;
    if (!qp) {
        return;
    }
    queue = rx ? &qp->rx : &qp->tx;
    if (!smnc_queue_active(queue)) {
        return;
    }
    if (val >= queue->len) {
        smnc_tail_error(qp, rx);
        return;
    }
    smnc_kick(smnc_qp_unit(qp, rx));
}

/* --- registers ---------------------------------------------------------------- */

static uint32_t smnc_queue_ctl(SmncQp *qp, bool rx)
{
    SmncQueue *queue = rx ? &qp->rx : &qp->tx;
    uint32_t ctl = queue->ctl;

    if (qp->f && smnc_qp_unit(qp, rx)->fault) {
        ctl |= SMNC_Q_CTL_FAULT;
    }
    return ctl;
}

/* Half a queue pair that a virtio function has. */
static uint32_t smnc_vq_read(SmncQp *qp, bool rx, uint32_t off)
{
    if (off == SMNC_Q_CTL) {
        return smnc_queue_ctl(qp, rx);
    }
    return off == SMNC_Q_INT ? (rx ? &qp->rx : &qp->tx)->vq.intr : 0;
}

static bool smnc_qp_virtio(const SmncQp *qp)
{
    return qp->f && qp->f->kind->virtio;
}

uint32_t smnc_qp_read(SmncState *s, uint32_t off)
{
    SmncQp *qp = &s->qp[off / 0x40];
    bool rx = off & SMNC_QP_RX;
    SmncQueue *queue = rx ? &qp->rx : &qp->tx;

    if (smnc_qp_virtio(qp)) {
        return smnc_vq_read(qp, rx, off % 0x20);
    }
    switch (off % 0x20) {
    case SMNC_Q_BASE_LO:
        return queue->base;
    case SMNC_Q_BASE_HI:
        return queue->base >> 32;
    case SMNC_Q_LEN:
        return queue->len;
    case SMNC_Q_CTL:
        return smnc_queue_ctl(qp, rx);
    case SMNC_Q_INT:
        return queue->intr;
    case SMNC_Q_HEAD:
        return queue->head;
    case SMNC_Q_BUFSZ:
        return queue->bufsz;
    case SMNC_Q_MAXFRAME:
        return queue->maxframe;
    }
    return 0;
}

static void smnc_qp_write_ctl(SmncQp *qp, bool rx, uint32_t val)
{
    SmncQueue *queue = rx ? &qp->rx : &qp->tx;
    bool on = queue->ctl & SMNC_Q_CTL_ENABLE;

    if (!qp->f) {
        return;
    }
    if (!on && (val & SMNC_Q_CTL_ENABLE)) {
        smnc_qp_enable(qp, rx);
    } else if (on && !(val & SMNC_Q_CTL_ENABLE) &&
               !smnc_ignores(qp->f, SMNC_IGNORES_QUEUES)) {
        smnc_qp_disable(qp, rx);
    }
}

void smnc_qp_write(SmncState *s, uint32_t off, uint32_t val)
{
    SmncQp *qp = &s->qp[off / 0x40];
    bool rx = off & SMNC_QP_RX;
    SmncQueue *queue = rx ? &qp->rx : &qp->tx;

    off %= 0x20;
    if (smnc_qp_virtio(qp)) {
        return;
    }
    if (off == SMNC_Q_CTL) {
        smnc_qp_write_ctl(qp, rx, val);
        return;
    }
    if (off == SMNC_Q_INT) {
        queue->intr = val & (SMNC_Q_INT_VALID | SMNC_Q_INT_VEC |
                             SMNC_Q_INT_ITR);
        return;
    }
    if (queue->ctl & SMNC_Q_CTL_ENABLE) {
        return;
    }
    switch (off) {
    case SMNC_Q_BASE_LO:
        queue->base = deposit64(queue->base, 0, 32, val);
        break;
    case SMNC_Q_BASE_HI:
        queue->base = deposit64(queue->base, 32, 32, val);
        break;
    case SMNC_Q_LEN:
        queue->len = val;
        break;
    case SMNC_Q_BUFSZ:
        queue->bufsz = rx ? val : 0;
        break;
    case SMNC_Q_MAXFRAME:
        queue->maxframe = rx ? val : 0;
        break;
    }
}
