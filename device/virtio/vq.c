/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Virtqueues of a function: what the PF driver's verbs do, kicks, errors. */
#include "virtio.h"
#include "../core/core.h"
#include "../trace.h"
#include "net/eth.h"

#define F(name)             (1ull << VIRTIO_ ## name)
#define VQS                 (2 * SNIC_FUNC_QPS)
#define MTU_MAX             (SNIC_FRAME_MAX - ETH_HLEN - 4)     /* with a tag */

/* What the engine does. */
#define OFFERED \
    (F(F_VERSION_1) | F(F_ACCESS_PLATFORM) | F(F_ORDER_PLATFORM) | \
     F(F_RING_RESET) | F(RING_F_INDIRECT_DESC) | F(RING_F_EVENT_IDX) | \
     F(NET_F_CSUM) | F(NET_F_GUEST_CSUM) | F(NET_F_GUEST_TSO4) | \
     F(NET_F_GUEST_TSO6) | F(NET_F_GUEST_ECN) | F(NET_F_HOST_TSO4) | \
     F(NET_F_HOST_TSO6) | F(NET_F_HOST_ECN) | F(NET_F_MRG_RXBUF))

/* What the driver adds to it, without the engine. */
#define NOT_THE_ENGINES \
    (F(NET_F_CTRL_GUEST_OFFLOADS) | F(NET_F_MTU) | F(NET_F_MAC) | \
     F(NET_F_STATUS) | F(NET_F_CTRL_VQ) | F(NET_F_CTRL_RX) | \
     F(NET_F_CTRL_VLAN) | F(NET_F_CTRL_RX_EXTRA) | \
     F(NET_F_GUEST_ANNOUNCE) | F(NET_F_MQ) | F(NET_F_CTRL_MAC_ADDR) | \
     F(NET_F_DEVICE_STATS) | F(NET_F_STANDBY) | F(NET_F_SPEED_DUPLEX))

#define REQUIRED            (F(F_VERSION_1) | F(F_ACCESS_PLATFORM))

/* A feature, and those of which it needs one. */
static const struct {
    uint64_t feature, needs;
} snic_vq_needs[] = {
    { F(NET_F_HOST_TSO4) | F(NET_F_HOST_TSO6), F(NET_F_CSUM) },
    { F(NET_F_HOST_ECN), F(NET_F_HOST_TSO4) | F(NET_F_HOST_TSO6) },
    { F(NET_F_GUEST_TSO4) | F(NET_F_GUEST_TSO6), F(NET_F_GUEST_CSUM) },
    { F(NET_F_GUEST_ECN), F(NET_F_GUEST_TSO4) | F(NET_F_GUEST_TSO6) },
};

/* --- queues by number ------------------------------------------------------------- */

static SnicUnit *snic_vq_unit(SnicFunc *f, unsigned vq)
{
    if (f->virtio.has_ctrl && vq == f->virtio.ctrl_vq) {
        return &f->unit[SNIC_UNIT_ATQ];
    }
    return vq >= VQS ? NULL :
           &f->unit[vq % 2 ? SNIC_UNIT_TXQ(vq / 2) : SNIC_UNIT_RXQ(vq / 2)];
}

/* NULL: there is no such VQ. */
static SnicQueue *snic_vq_find(SnicFunc *f, unsigned vq)
{
    SnicQp *qp;

    if (f->virtio.has_ctrl && vq == f->virtio.ctrl_vq) {
        return &f->virtio.ctrl;
    }
    qp = vq < VQS ? snic_func_qp(f, vq / 2) : NULL;
    if (!qp) {
        return NULL;
    }
    return vq % 2 ? &qp->tx : &qp->rx;
}

static bool snic_vq_enabled(const SnicQueue *q)
{
    return q && q->ctl & SNIC_Q_CTL_ENABLE;
}

static bool snic_vq_any_enabled(SnicFunc *f)
{
    unsigned vq;

    for (vq = 0; vq < VQS; vq++) {
        if (snic_vq_enabled(snic_vq_find(f, vq))) {
            return true;
        }
    }
    return snic_vq_enabled(&f->virtio.ctrl);
}

/* The VQs that have stopped with an error: SNIC_FW_GET_STATUS. */
uint64_t snic_vq_errors(SnicFunc *f)
{
    uint64_t errors = 0;
    unsigned q;

    for (q = 0; q < SNIC_FUNC_QPS; q++) {
        SnicQp *qp = f->kind->virtio ? snic_func_qp(f, q) : NULL;

        if (qp && qp->rx.ctl & SNIC_Q_CTL_ERROR) {
            errors |= 1ull << SNIC_VQ_RX(q);
        }
        if (qp && qp->tx.ctl & SNIC_Q_CTL_ERROR) {
            errors |= 1ull << SNIC_VQ_TX(q);
        }
    }
    if (f->virtio.ctrl.ctl & SNIC_Q_CTL_ERROR) {
        errors |= 1ull << SNIC_STOPPED_CONTROL;
    }
    return errors;
}

/* --- features ------------------------------------------------------------------------ */

void snic_vq_resource(struct snic_fw_resource *out)
{
    out->features = cpu_to_le64(OFFERED);
    out->pairs = cpu_to_le16(SNIC_FUNC_QPS);
    out->vq_size = cpu_to_le16(SNIC_VQ_SIZE_MAX);
    out->mtu = cpu_to_le16(MTU_MAX);
    out->vectors = cpu_to_le16(SNIC_FUNC_VECS);
}

static bool snic_vq_features_ok(uint64_t features)
{
    unsigned i;

    for (i = 0; i < ARRAY_SIZE(snic_vq_needs); i++) {
        if (features & snic_vq_needs[i].feature &&
            !(features & snic_vq_needs[i].needs)) {
            return false;
        }
    }
    return (features & REQUIRED) == REQUIRED &&
           !(features & ~(OFFERED | NOT_THE_ENGINES));
}

/* The packets that the function takes whole, by what is in force. */
static uint8_t snic_vq_whole(const SnicFunc *f)
{
    uint64_t features = f->virtio.features, offloads = f->virtio.offloads;

    if (!(features & F(NET_F_MRG_RXBUF)) || !(offloads & F(NET_F_GUEST_CSUM))) {
        return 0;
    }
    return (offloads & F(NET_F_GUEST_TSO4) ? SNIC_WHOLE_V4 : 0) |
           (offloads & F(NET_F_GUEST_TSO6) ? SNIC_WHOLE_V6 : 0) |
           (offloads & F(NET_F_GUEST_ECN) ? SNIC_WHOLE_CWR : 0);
}

int snic_vq_set_features(SnicFunc *f, uint64_t features, uint64_t offloads)
{
    if (!f->kind->virtio || !snic_vq_features_ok(features) ||
        offloads & ~features) {
        return EINVAL;
    }
    if (features != f->virtio.features && snic_vq_any_enabled(f)) {
        return EBUSY;
    }
    f->virtio.features = features;
    f->virtio.offloads = offloads;
    f->whole = snic_vq_whole(f);
    trace_snic_vq_features(f->idx, features, offloads);
    return 0;
}

/* --- setting up a VQ ----------------------------------------------------------------- */

/* The control queue stops, and its number is any VQ's again. */
static void snic_vq_forget_control(SnicFunc *f)
{
    SnicVirtio *vf = &f->virtio;

    snic_unit_cancel(&f->unit[SNIC_UNIT_ATQ]);
    memset(&vf->ctrl, 0, sizeof(vf->ctrl));
    vf->has_ctrl = vf->outstanding = false;
    while (f->nmsgs) {
        snic_mbx_drop_first(f);
    }
}

/* The VQ of that number is the control queue, or is it no more. */
static void snic_vq_name_control(SnicFunc *f, unsigned vq, bool control)
{
    bool same = f->virtio.has_ctrl && f->virtio.ctrl_vq == vq;

    if (control ? !same : same) {
        snic_vq_forget_control(f);
    }
    if (control) {
        f->virtio.has_ctrl = true;
        f->virtio.ctrl_vq = vq;
    }
}

static uint64_t snic_vq_iova(const uint8_t *at)
{
    return (uint32_t)ldl_le_p(at) | (uint64_t)lduw_le_p(at + 4) << 32;
}

int snic_vq_set_addr(SnicFunc *f, const struct snic_fw_vq_addr *req)
{
    unsigned number = le16_to_cpu(req->vq), vq = number & SNIC_VQ_NUMBER;
    bool control = number & SNIC_VQ_CONTROL;
    SnicQueue *q;

    if (!f->kind->virtio) {
        return EINVAL;
    }
    if (snic_vq_enabled(snic_vq_find(f, vq)) ||
        (control && snic_vq_enabled(&f->virtio.ctrl))) {
        return EBUSY;
    }
    snic_vq_name_control(f, vq, control);
    q = snic_vq_find(f, vq);
    if (!q) {
        return EINVAL;
    }
    q->vq.size = le16_to_cpu(req->size);
    q->vq.desc = snic_vq_iova(req->desc);
    q->vq.driver = snic_vq_iova(req->driver);
    q->vq.device = snic_vq_iova(req->device);
    return 0;
}

int snic_vq_set_msix(SnicFunc *f, unsigned vq, unsigned vector)
{
    SnicQueue *q = f->kind->virtio ? snic_vq_find(f, vq) : NULL;
    bool none = vector == SNIC_VQ_NO_VECTOR;

    if (!q || (!none && vector >= SNIC_FUNC_VECS)) {
        return EINVAL;
    }
    q->vq.intr = none ? 0 : SNIC_Q_INT_VALID | vector | SNIC_Q_INT_ITR;
    return 0;
}

static bool snic_vq_config_ok(const SnicVq *vq)
{
    return vq->size && vq->size <= SNIC_VQ_SIZE_MAX &&
           !(vq->size & (vq->size - 1)) && vq->desc % 16 == 0 &&
           vq->driver % 2 == 0 && vq->device % 4 == 0;
}

static int snic_vq_start(SnicFunc *f, unsigned vq, bool resume)
{
    SnicQueue *q = snic_vq_find(f, vq);

    if (snic_vq_enabled(q)) {
        return EBUSY;
    }
    if (!q || !snic_vq_config_ok(&q->vq)) {
        return EINVAL;
    }
    q->vq.next = q->vq.signalled = 0;
    q->vq.resume = resume;
    q->vq.asked = false;
    q->vq.kicked = true;
    trace_snic_vq_enable(f->idx, vq, q->vq.size, resume);
    if (resume) {
        snic_queue_raise(f, q->vq.intr);        /* a reset may have lost one */
    }
    if (q == &f->virtio.ctrl) {
        q->ctl = SNIC_Q_CTL_ENABLE | SNIC_Q_CTL_ACTIVE;
        snic_kick(snic_vq_unit(f, vq));
        return 0;
    }
    f->whole = snic_vq_whole(f);        /* its rings may have become larger */
    q->bufsz = 0;               /* as the guest posts them */
    q->maxframe = UINT32_MAX;
    snic_qp_start(snic_func_qp(f, vq / 2), !(vq % 2));
    return 0;
}

static void snic_vq_stop(SnicFunc *f, unsigned vq)
{
    trace_snic_vq_disable(f->idx, vq);
    if (snic_vq_find(f, vq) == &f->virtio.ctrl) {
        snic_vq_forget_control(f);
    } else {
        snic_qp_disable(snic_func_qp(f, vq / 2), !(vq % 2));
    }
}

static void snic_vq_stop_all(SnicFunc *f)
{
    unsigned vq;

    snic_vq_forget_control(f);
    for (vq = 0; vq < VQS; vq++) {
        if (snic_vq_find(f, vq)) {
            snic_vq_stop(f, vq);
        }
    }
}

/* @flags: SNIC_VQ_ON, SNIC_VQ_RESUME */
int snic_vq_set_enable(SnicFunc *f, unsigned vq, unsigned flags)
{
    if (!f->kind->virtio || flags & ~(SNIC_VQ_ON | SNIC_VQ_RESUME)) {
        return EINVAL;
    }
    if (flags & SNIC_VQ_ON) {
        return snic_vq_start(f, vq, flags & SNIC_VQ_RESUME);
    }
    if (vq != SNIC_VQ_ALL && !snic_vq_find(f, vq)) {
        return EINVAL;
    }
    if (snic_ignores(f, SNIC_IGNORES_QUEUES)) {
        return 0;
    }
    if (vq == SNIC_VQ_ALL) {
        snic_vq_stop_all(f);
    } else {
        snic_vq_stop(f, vq);
    }
    return 0;
}

/* --- kicks ----------------------------------------------------------------------------- */

void snic_vq_kick(SnicFunc *f, unsigned vq)
{
    SnicQueue *q = snic_vq_find(f, vq);

    snic_count(f, vq % 2 ? SNIC_STAT_TX_DOORBELLS : SNIC_STAT_RX_DOORBELLS, 1);
    trace_snic_vq_kick(f->idx, vq);
    if (q && snic_queue_active(q)) {
        q->vq.kicked = true;
        snic_kick(snic_vq_unit(f, vq));
    }
}

/* --- errors ---------------------------------------------------------------------------- */

/* A VQ has stopped with an error: the PF gets a message. */
void snic_vq_stopped(SnicFunc *f)
{
    f->virtio.stops++;
    snic_kick(&f->unit[SNIC_UNIT_ARQ]);
}

static bool snic_vevent_pending(SnicUnit *u)
{
    return u->f->virtio.stops;
}

static void snic_vevent_serve(SnicUnit *u)
{
    while (u->f->virtio.stops &&
           snic_mbx_deliver(u, SNIC_MSG_VQ_STOPPED, 0, NULL, 0)) {
        u->f->virtio.stops--;
    }
}

/* It touches no memory of the function. */
static void snic_vevent_fail(SnicUnit *u)
{
}

const SnicUnitOps snic_vevent_ops = {
    .pending = snic_vevent_pending,
    .serve = snic_vevent_serve,
    .fail = snic_vevent_fail,
};
