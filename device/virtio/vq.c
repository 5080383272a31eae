/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Virtqueues of a function: the PF driver's verbs, kicks, errors. */
#include "virtio.h"
#include "../core/core.h"
#include "../trace.h"
#include "net/eth.h"

#define F(name)             (1ull << VIRTIO_ ## name)
#define VQS                 (2 * SMNC_FUNC_QPS)
#define MTU_MAX             (SMNC_FRAME_MAX - ETH_HLEN - 4)     /* with a tag */

/* Features of the engine. */
#define OFFERED \
    (F(F_VERSION_1) | F(F_ACCESS_PLATFORM) | F(F_ORDER_PLATFORM) | \
     F(F_RING_RESET) | F(F_IN_ORDER) | F(F_NOTIFICATION_DATA) | \
     F(F_RING_PACKED) | \
     F(RING_F_INDIRECT_DESC) | F(RING_F_EVENT_IDX) | \
     F(NET_F_CSUM) | F(NET_F_GUEST_CSUM) | F(NET_F_GUEST_TSO4) | \
     F(NET_F_GUEST_TSO6) | F(NET_F_GUEST_ECN) | F(NET_F_HOST_TSO4) | \
     F(NET_F_HOST_TSO6) | F(NET_F_HOST_ECN) | F(NET_F_MRG_RXBUF) | \
     F(NET_F_HOST_USO) | F(NET_F_RSS) | F(NET_F_HASH_REPORT) | F(NET_F_NOTF_COAL) | \
     F(NET_F_VQ_NOTF_COAL))

/* Features of the PF driver, which the engine ignores. */
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
} smnc_vq_needs[] = {
    { F(NET_F_HOST_TSO4) | F(NET_F_HOST_TSO6) | F(NET_F_HOST_USO),
      F(NET_F_CSUM) },
    { F(NET_F_HOST_ECN), F(NET_F_HOST_TSO4) | F(NET_F_HOST_TSO6) },
    { F(NET_F_GUEST_TSO4) | F(NET_F_GUEST_TSO6), F(NET_F_GUEST_CSUM) },
    { F(NET_F_GUEST_ECN), F(NET_F_GUEST_TSO4) | F(NET_F_GUEST_TSO6) },
};

/* --- queues by number ------------------------------------------------------------- */

static SmncUnit *smnc_vq_unit(SmncFunc *f, unsigned vq)
{
    if (f->virtio.has_ctrl && vq == f->virtio.ctrl_vq) {
        return &f->unit[SMNC_UNIT_ATQ];
    }
    return vq >= VQS ? NULL :
           &f->unit[vq % 2 ? SMNC_UNIT_TXQ(vq / 2) : SMNC_UNIT_RXQ(vq / 2)];
}

/* NULL: there is no such VQ. */
SmncQueue *smnc_vq_find(SmncFunc *f, unsigned vq)
{
    SmncQp *qp;

    if (f->virtio.has_ctrl && vq == f->virtio.ctrl_vq) {
        return &f->virtio.ctrl;
    }
    qp = vq < VQS ? smnc_func_qp(f, vq / 2) : NULL;
    if (!qp) {
        return NULL;
    }
    return vq % 2 ? &qp->tx : &qp->rx;
}

static bool smnc_vq_enabled(const SmncQueue *q)
{
    return q && q->ctl & SMNC_Q_CTL_ENABLE;
}

static bool smnc_vq_any_enabled(SmncFunc *f)
{
    unsigned vq;

    for (vq = 0; vq < VQS; vq++) {
        if (smnc_vq_enabled(smnc_vq_find(f, vq))) {
            return true;
        }
    }
    return smnc_vq_enabled(&f->virtio.ctrl);
}

/* The VQs that have stopped with an error: SMNC_FW_GET_STATUS. */
uint64_t smnc_vq_errors(SmncFunc *f)
{
    uint64_t errors = 0;
    unsigned q;

    for (q = 0; q < SMNC_FUNC_QPS; q++) {
        SmncQp *qp = f->kind->virtio ? smnc_func_qp(f, q) : NULL;

        if (qp && qp->rx.ctl & SMNC_Q_CTL_ERROR) {
            errors |= 1ull << SMNC_VQ_RX(q);
        }
        if (qp && qp->tx.ctl & SMNC_Q_CTL_ERROR) {
            errors |= 1ull << SMNC_VQ_TX(q);
        }
    }
    if (f->virtio.ctrl.ctl & SMNC_Q_CTL_ERROR) {
        errors |= 1ull << SMNC_STOPPED_CONTROL;
    }
    return errors;
}

/* --- features ------------------------------------------------------------------------ */

void smnc_vq_resource(struct smnc_fw_resource *out)
{
    out->features = cpu_to_le64(OFFERED);
    out->pairs = cpu_to_le16(SMNC_FUNC_QPS);
    out->vq_size = cpu_to_le16(SMNC_VQ_SIZE_MAX);
    out->mtu = cpu_to_le16(MTU_MAX);
    out->vectors = cpu_to_le16(SMNC_FUNC_VECS);
}

static bool smnc_vq_features_ok(uint64_t features)
{
    unsigned i;

    for (i = 0; i < ARRAY_SIZE(smnc_vq_needs); i++) {
        if (features & smnc_vq_needs[i].feature &&
            !(features & smnc_vq_needs[i].needs)) {
            return false;
        }
    }
    return (features & REQUIRED) == REQUIRED &&
           !(features & ~(OFFERED | NOT_THE_ENGINES));
}

/* The packets that the function takes whole, by the offloads in force. */
static uint8_t smnc_vq_whole(const SmncFunc *f)
{
    uint64_t features = f->virtio.features, offloads = f->virtio.offloads;

    if (!(features & F(NET_F_MRG_RXBUF)) || !(offloads & F(NET_F_GUEST_CSUM))) {
        return 0;
    }
    return (offloads & F(NET_F_GUEST_TSO4) ? SMNC_WHOLE_V4 : 0) |
           (offloads & F(NET_F_GUEST_TSO6) ? SMNC_WHOLE_V6 : 0) |
           (offloads & F(NET_F_GUEST_ECN) ? SMNC_WHOLE_CWR : 0);
}

int smnc_vq_set_features(SmncFunc *f, uint64_t features, uint64_t offloads)
{
    if (!f->kind->virtio || !smnc_vq_features_ok(features) ||
        offloads & ~features) {
        return EINVAL;
    }
    if (features != f->virtio.features && smnc_vq_any_enabled(f)) {
        return EBUSY;
    }
    f->virtio.features = features;
    f->virtio.offloads = offloads;
    f->whole = smnc_vq_whole(f);
    trace_smnc_vq_features(f->idx, features, offloads);
    return 0;
}

/* --- setting up a VQ ----------------------------------------------------------------- */

/* The control queue stops, and its number is any VQ's again. */
static void smnc_vq_forget_control(SmncFunc *f)
{
    SmncVirtio *vf = &f->virtio;

    smnc_unit_cancel(&f->unit[SMNC_UNIT_ATQ]);
    memset(&vf->ctrl, 0, sizeof(vf->ctrl));
    vf->has_ctrl = vf->outstanding = false;
    while (f->nmsgs) {
        smnc_mbx_drop_first(f);
    }
}

/* The VQ of that number is the control queue, or is it no more. */
static void smnc_vq_name_control(SmncFunc *f, unsigned vq, bool control)
{
    bool same = f->virtio.has_ctrl && f->virtio.ctrl_vq == vq;

    if (control ? !same : same) {
        smnc_vq_forget_control(f);
    }
    if (control) {
        f->virtio.has_ctrl = true;
        f->virtio.ctrl_vq = vq;
    }
}

static uint64_t smnc_vq_iova(const uint8_t *at)
{
    return (uint32_t)ldl_le_p(at) | (uint64_t)lduw_le_p(at + 4) << 32;
}

int smnc_vq_set_addr(SmncFunc *f, const struct smnc_fw_vq_addr *req)
{
    unsigned number = le16_to_cpu(req->vq), vq = number & SMNC_VQ_NUMBER;
    bool control = number & SMNC_VQ_CONTROL;
    SmncQueue *q;

    if (!f->kind->virtio) {
        return EINVAL;
    }
    if (smnc_vq_enabled(smnc_vq_find(f, vq)) ||
        (control && smnc_vq_enabled(&f->virtio.ctrl))) {
        return EBUSY;
    }
    smnc_vq_name_control(f, vq, control);
    q = smnc_vq_find(f, vq);
    if (!q) {
        return EINVAL;
    }
    q->vq.size = le16_to_cpu(req->size);
    q->vq.desc = smnc_vq_iova(req->desc);
    q->vq.driver = smnc_vq_iova(req->driver);
    q->vq.device = smnc_vq_iova(req->device);
    return 0;
}

int smnc_vq_set_msix(SmncFunc *f, unsigned vq, unsigned vector)
{
    SmncQueue *q = f->kind->virtio ? smnc_vq_find(f, vq) : NULL;
    bool none = vector == SMNC_VQ_NO_VECTOR;

    if (!q || (!none && vector >= SMNC_FUNC_VECS)) {
        return EINVAL;
    }
    q->vq.intr = none ? 0 : SMNC_Q_INT_VALID | vector | SMNC_Q_INT_ITR;
    return 0;
}

/* The checks of SET_VQ_ENABLE. */
bool smnc_vq_config_ok(const SmncFunc *f, const SmncVq *vq)
{
    bool packed = smnc_vq_packed(f);

    return vq->size && vq->size <= SMNC_VQ_SIZE_MAX &&
           (packed || !(vq->size & (vq->size - 1))) && vq->desc % 16 == 0 &&
           vq->driver % (packed ? 4 : 2) == 0 && vq->device % 4 == 0;
}

/* VQ @vq runs. Its set-up has been checked. */
void smnc_vq_activate(SmncFunc *f, SmncQueue *q, unsigned vq)
{
    if (q == &f->virtio.ctrl) {
        q->ctl = SMNC_Q_CTL_ENABLE | SMNC_Q_CTL_ACTIVE;
        smnc_kick(&f->unit[SMNC_UNIT_ATQ]);
        return;
    }
    f->whole = smnc_vq_whole(f);        /* its rings may have become larger */
    q->bufsz = 0;               /* as the guest posts them */
    q->maxframe = UINT32_MAX;
    smnc_qp_start(smnc_func_qp(f, vq / 2), !(vq % 2));
}

/* Where a packed ring goes on. False: not in the ring. */
static bool smnc_vq_resume_at(SmncVq *vq, const struct smnc_fw_vq_enable *req)
{
    vq->next = le16_to_cpu(req->place);
    vq->after = le16_to_cpu(req->after);
    return smnc_packed_place_ok(vq, vq->next) &&
           smnc_packed_place_ok(vq, vq->after);
}

static int smnc_vq_start(SmncFunc *f, unsigned vq,
                         const struct smnc_fw_vq_enable *req)
{
    bool resume = le16_to_cpu(req->flags) & SMNC_VQ_RESUME;
    SmncQueue *q = smnc_vq_find(f, vq);

    if (smnc_vq_enabled(q)) {
        return EBUSY;
    }
    if (!q || !smnc_vq_config_ok(f, &q->vq)) {
        return EINVAL;
    }
    q->vq.next = smnc_vq_packed(f) ? SMNC_VQ_PLACE_FIRST : 0;
    if (resume && smnc_vq_packed(f) && !smnc_vq_resume_at(&q->vq, req)) {
        return EINVAL;
    }
    q->vq.number = vq;
    q->vq.signalled = q->vq.next;
    q->vq.turn = 0;
    q->vq.resume = resume;
    q->vq.asked = false;
    q->vq.kicked = true;
    trace_smnc_vq_enable(f->idx, vq, q->vq.size, resume);
    if (resume) {
        smnc_queue_raise(f, q->vq.intr);        /* a reset may have lost one */
    }
    smnc_vq_activate(f, q, vq);
    return 0;
}

static void smnc_vq_stop(SmncFunc *f, unsigned vq)
{
    trace_smnc_vq_disable(f->idx, vq);
    if (smnc_vq_find(f, vq) == &f->virtio.ctrl) {
        smnc_vq_forget_control(f);
    } else {
        smnc_qp_disable(smnc_func_qp(f, vq / 2), !(vq % 2));
    }
}

static void smnc_vq_stop_all(SmncFunc *f)
{
    unsigned vq;

    smnc_vq_forget_control(f);
    for (vq = 0; vq < VQS; vq++) {
        if (smnc_vq_find(f, vq)) {
            smnc_vq_stop(f, vq);
        }
    }
}

int smnc_vq_set_enable(SmncFunc *f, const struct smnc_fw_vq_enable *req)
{
    unsigned vq = le16_to_cpu(req->vq), flags = le16_to_cpu(req->flags);

    if (!f->kind->virtio || flags & ~(SMNC_VQ_ON | SMNC_VQ_RESUME)) {
        return EINVAL;
    }
    if (flags & SMNC_VQ_ON) {
        return smnc_vq_start(f, vq, req);
    }
    if (vq != SMNC_VQ_ALL && !smnc_vq_find(f, vq)) {
        return EINVAL;
    }
    if (smnc_ignores(f, SMNC_IGNORES_QUEUES)) {
        return 0;
    }
    if (vq == SMNC_VQ_ALL) {
        smnc_vq_stop_all(f);
    } else {
        smnc_vq_stop(f, vq);
    }
    return 0;
}

/* Until the function is reset. A positive errno or 0 */
int smnc_vq_set_places(SmncFunc *f, uint64_t at)
{
    QEMU_BUILD_BUG_ON(SMNC_VQ_PLACES * sizeof(struct smnc_vq_place) >
                      SMNC_VQ_PLACES_BYTES);
    if (!f->kind->virtio || at % SMNC_VQ_PLACES_BYTES) {
        return EINVAL;
    }
    f->virtio.places = at;
    return 0;
}

/* --- kicks ----------------------------------------------------------------------------- */

void smnc_vq_kick(SmncFunc *f, unsigned vq)
{
    SmncQueue *q = smnc_vq_find(f, vq);

    smnc_count(f, vq % 2 ? SMNC_STAT_TX_DOORBELLS : SMNC_STAT_RX_DOORBELLS, 1);
    trace_smnc_vq_kick(f->idx, vq);
    if (q && smnc_queue_active(q)) {
        q->vq.kicked = true;
        smnc_kick(smnc_vq_unit(f, vq));
    }
}

/* --- errors ---------------------------------------------------------------------------- */

/* A VQ has stopped with an error: the PF gets a message. */
void smnc_vq_stopped(SmncFunc *f)
{
    f->virtio.stops++;
    smnc_kick(&f->unit[SMNC_UNIT_ARQ]);
}

static bool smnc_vevent_pending(SmncUnit *u)
{
    return u->f->virtio.stops;
}

static void smnc_vevent_serve(SmncUnit *u)
{
    while (u->f->virtio.stops &&
           smnc_mbx_deliver(u, SMNC_MSG_VQ_STOPPED, 0, NULL, 0)) {
        u->f->virtio.stops--;
    }
}

/* It touches no memory of the function. */
static void smnc_vevent_fail(SmncUnit *u)
{
}

const SmncUnitOps smnc_vevent_ops = {
    .pending = smnc_vevent_pending,
    .serve = smnc_vevent_serve,
    .fail = smnc_vevent_fail,
};
