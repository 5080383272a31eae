/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Saving and loading a function: the command, and the records that functions of
 * all kinds have. A state may be hostile: the device copies it, checks the whole
 * copy, and then uses the same copy.
 */
#include "core.h"
#include "state.h"
#include "../trace.h"
#include "qemu/cutils.h"
#include "qemu/units.h"

#define HEAD        sizeof(struct smnc_state_head)
#define MSG         sizeof(struct smnc_state_msg)
#define STATE_MAX   (264 * KiB)

QEMU_BUILD_BUG_ON(sizeof_field(struct smnc_state_avf, vec) !=
                  SMNC_FUNC_VECS * sizeof(struct smnc_state_vec));
QEMU_BUILD_BUG_ON(sizeof_field(struct smnc_state_avf, queue) !=
                  2 * SMNC_FUNC_QPS * sizeof(struct smnc_state_queue));
QEMU_BUILD_BUG_ON(SMNC_STATE_MSGS != SMNC_FUNC_MSGS);

#define FIELD SMNC_FIELD

/* --- fields ------------------------------------------------------------------------ */

/* Converts a record between the host's byte order and the device's, in place. */
void smnc_state_swap(const SmncField *fields, unsigned n, void *record)
{
    for (; n--; fields++) {
        void *at = (uint8_t *)record + fields->at;

        switch (fields->bytes) {
        case 2:
            stw_le_p(at, lduw_he_p(at));
            break;
        case 4:
            stl_le_p(at, ldl_he_p(at));
            break;
        case 8:
            stq_le_p(at, ldq_he_p(at));
            break;
        }
    }
}

static uint32_t smnc_state_field(const SmncField *field, const void *record)
{
    const void *at = (const uint8_t *)record + field->at;

    switch (field->bytes) {
    case 1:
        return ldub_p(at);
    case 2:
        return lduw_he_p(at);
    case 4:
        return ldl_he_p(at);
    default:
        return 0;
    }
}

/* The record is in the host's byte order afterwards. */
bool smnc_state_fields_ok(const SmncField *fields, unsigned n, void *record)
{
    unsigned i;

    smnc_state_swap(fields, n, record);
    for (i = 0; i < n; i++) {
        if (smnc_state_field(&fields[i], record) & ~fields[i].mask) {
            return false;
        }
    }
    return true;
}

static const SmncField smnc_head_fields[] = {
    FIELD(smnc_state_head, magic, UINT32_MAX),
    FIELD(smnc_state_head, version, UINT16_MAX),
    FIELD(smnc_state_head, kind, UINT16_MAX),
    FIELD(smnc_state_head, len, UINT32_MAX),
    FIELD(smnc_state_head, msgs, UINT16_MAX),
    FIELD(smnc_state_head, reserved, 0),
};

static const SmncField smnc_func_fields[] = {
    FIELD(smnc_state_func, rstat, 3),
    FIELD(smnc_state_func, icr01, SMNC_ICR0_ADMINQ | SMNC_ICR0_INTEVENT),
    FIELD(smnc_state_func, ena1, UINT32_MAX),
    FIELD(smnc_state_func, reserved, 0),
};

static const SmncField smnc_vec_fields[] = {
    FIELD(smnc_state_vec, dyn, SMNC_DYN_STORED),
    FIELD(smnc_state_vec, enabled, 1),
    FIELD(smnc_state_vec, pending, 1),
    FIELD(smnc_state_vec, itrs, 0xf),
    FIELD(smnc_state_vec, reserved0, 0),
    FIELD(smnc_state_vec, itr[0], SMNC_ITR_MASK),
    FIELD(smnc_state_vec, itr[1], SMNC_ITR_MASK),
    FIELD(smnc_state_vec, itr[2], SMNC_ITR_MASK),
    FIELD(smnc_state_vec, reserved1, 0),
};

static const SmncField smnc_msg_fields[] = {
    FIELD(smnc_state_msg, cookie_high, UINT32_MAX),
    FIELD(smnc_state_msg, cookie_low, UINT32_MAX),
    FIELD(smnc_state_msg, len, UINT16_MAX),
    FIELD(smnc_state_msg, reserved, 0),
};

/* --- records of functions of all kinds ---------------------------------------------- */

void smnc_state_save_func(SmncFunc *f, struct smnc_state_func *to)
{
    *to = (struct smnc_state_func) {
        .rstat = f->rstat, .icr01 = f->icr01, .ena1 = f->ena1,
    };
    smnc_state_put(smnc_func_fields, to);
}

bool smnc_state_func_ok(struct smnc_state_func *from)
{
    return smnc_state_get(smnc_func_fields, from);
}

void smnc_state_load_func(SmncFunc *f, const struct smnc_state_func *from)
{
    f->rstat = from->rstat;
    f->icr01 = from->icr01;
    f->ena1 = from->ena1;
}

/* The driver has not got the cause record yet: the loaded function sends it again. */
static bool smnc_vec_unsent(const SmncVector *v)
{
    return v->cause == SMNC_CAUSE_QUEUED || v->cause == SMNC_CAUSE_AGAIN;
}

void smnc_state_save_vecs(SmncFunc *f, struct smnc_state_vec *to)
{
    unsigned i;

    for (i = 0; i < SMNC_FUNC_VECS; i++) {
        const SmncVector *v = &f->vec[i];
        bool again = smnc_vec_unsent(v);

        to[i] = (struct smnc_state_vec) {
            .dyn = v->dyn,
            .enabled = v->enabled || again,
            .pending = v->pending || again,
            .itrs = v->itrs | again << 3,
            .itr = { v->itr[0], v->itr[1], v->itr[2] },
        };
        smnc_state_put(smnc_vec_fields, &to[i]);
    }
}

bool smnc_state_vecs_ok(struct smnc_state_vec *from)
{
    unsigned i;

    for (i = 0; i < SMNC_FUNC_VECS; i++) {
        if (!smnc_state_get(smnc_vec_fields, &from[i]) ||
            from[i].pending != !!from[i].itrs) {
            return false;
        }
    }
    return true;
}

void smnc_state_load_vecs(SmncFunc *f, const struct smnc_state_vec *from)
{
    unsigned i;

    for (i = 0; i < SMNC_FUNC_VECS; i++) {
        SmncVector *v = &f->vec[i];

        smnc_vec_reset(v);
        v->dyn = from[i].dyn;
        v->enabled = from[i].enabled;
        v->pending = from[i].pending;
        v->itrs = from[i].itrs;
        memcpy(v->itr, from[i].itr, sizeof(v->itr));
    }
}

/* --- messages ------------------------------------------------------------------------ */

static uint32_t smnc_state_msg_bytes(uint16_t len)
{
    return MSG + ROUND_UP(len, 4);
}

static void smnc_state_save_msgs(SmncFunc *f, uint8_t *to)
{
    const SmncMsg *msg;

    QSIMPLEQ_FOREACH(msg, &f->msgs, next) {
        struct smnc_state_msg head = {
            .cookie_high = msg->cookie_high, .cookie_low = msg->cookie_low,
            .len = msg->len,
        };

        smnc_state_put(smnc_msg_fields, &head);
        memcpy(to, &head, MSG);
        memcpy(to + MSG, msg->data, msg->len);
        to += smnc_state_msg_bytes(msg->len);
    }
}

/* True: @n messages fill the bytes from @at to @end. */
static bool smnc_state_msgs_ok(uint8_t *at, uint8_t *end, unsigned n)
{
    for (; n; n--) {
        struct smnc_state_msg *head = (void *)at;
        uint32_t bytes;

        if (end - at < MSG || !smnc_state_get(smnc_msg_fields, head) ||
            head->len > SMNC_AQ_BUF_MAX) {
            return false;
        }
        bytes = smnc_state_msg_bytes(head->len);
        if (end - at < bytes ||
            !buffer_is_zero(at + MSG + head->len, bytes - MSG - head->len)) {
            return false;
        }
        at += bytes;
    }
    return at == end;
}

static void smnc_state_load_msgs(SmncFunc *f, const uint8_t *at, unsigned n)
{
    while (f->nmsgs) {
        smnc_mbx_drop_first(f);
    }
    for (; n; n--) {
        const struct smnc_state_msg *head = (const void *)at;

        smnc_mbx_queue(f, head->cookie_high, head->cookie_low, at + MSG,
                       head->len);
        at += smnc_state_msg_bytes(head->len);
    }
}

/* --- a state --------------------------------------------------------------------------- */

static uint32_t smnc_state_bytes(SmncFunc *f)
{
    uint32_t bytes = HEAD + f->kind->state->bytes;
    const SmncMsg *msg;

    QSIMPLEQ_FOREACH(msg, &f->msgs, next) {
        bytes += smnc_state_msg_bytes(msg->len);
    }
    return bytes;
}

static int smnc_state_save(SmncFunc *f)
{
    const SmncStateKind *kind = f->kind->state;
    uint32_t len = smnc_state_bytes(f);
    struct smnc_state_head head = {
        .magic = SMNC_STATE_MAGIC, .version = SMNC_STATE_VERSION,
        .kind = kind->kind, .len = len, .msgs = f->nmsgs,
    };
    g_autofree uint8_t *buf = NULL;

    if (len > f->state_len) {
        return ENOSPC;
    }
    buf = g_malloc0(len);
    smnc_state_put(smnc_head_fields, &head);
    memcpy(buf, &head, HEAD);
    kind->save(f, buf + HEAD);
    smnc_state_save_msgs(f, buf + HEAD + kind->bytes);
    if (!smnc_pf_dma(f->s, f->state_at, buf, len, true)) {
        return EIO;
    }
    f->state_len = len;
    return 0;
}

static bool smnc_state_ok(SmncFunc *f, uint8_t *buf, uint32_t len)
{
    const SmncStateKind *kind = f->kind->state;
    struct smnc_state_head *head = (void *)buf;

    return smnc_state_get(smnc_head_fields, head) &&
           head->magic == SMNC_STATE_MAGIC &&
           head->version == SMNC_STATE_VERSION && head->kind == kind->kind &&
           head->len == len && head->msgs <= SMNC_FUNC_MSGS &&
           kind->ok(f, buf + HEAD, head->msgs) &&
           smnc_state_msgs_ok(buf + HEAD + kind->bytes, buf + len, head->msgs);
}

static bool smnc_state_busy(SmncFunc *f)
{
    unsigned q;

    for (q = 0; q < SMNC_FUNC_QPS; q++) {
        SmncQp *qp = smnc_func_qp(f, q);

        if (qp && (qp->tx.ctl | qp->rx.ctl) & SMNC_Q_CTL_ENABLE) {
            return true;
        }
    }
    return f->virtio.ctrl.ctl & SMNC_Q_CTL_ENABLE;
}

/* No queue is enabled; the mailbox queues may have been, up to now. */
static void smnc_state_rest(SmncFunc *f)
{
    unsigned i;

    for (i = 0; i < SMNC_UNITS; i++) {
        smnc_unit_cancel(&f->unit[i]);
    }
}

static int smnc_state_load(SmncFunc *f)
{
    const SmncStateKind *kind = f->kind->state;
    uint32_t len = f->state_len;
    g_autofree uint8_t *buf = NULL;

    if (smnc_state_busy(f)) {
        return EBUSY;
    }
    if (len < HEAD + kind->bytes || len > STATE_MAX) {
        return EINVAL;
    }
    buf = g_malloc(len);
    if (!smnc_pf_dma(f->s, f->state_at, buf, len, false)) {
        return EIO;
    }
    if (!smnc_state_ok(f, buf, len)) {
        return EINVAL;
    }
    smnc_state_rest(f);
    smnc_state_load_msgs(f, buf + HEAD + kind->bytes,
                         ((struct smnc_state_head *)buf)->msgs);
    kind->load(f, buf + HEAD);
    return 0;
}

/* --- the command ------------------------------------------------------------------------ */

/* Return: a positive errno, or 0 */
static int smnc_state_command(SmncFunc *f)
{
    if (!f->idx || !(f->ctrl & SMNC_FUNC_CTRL_ENABLE)) {
        return EINVAL;
    }
    if (!smnc_func_quiesced(f)) {
        return EBUSY;
    }
    switch (f->state_ctl & SMNC_STATE_COMMAND) {
    case SMNC_STATE_SIZE:
        f->state_len = smnc_state_bytes(f);
        return 0;
    case SMNC_STATE_SAVE:
        return smnc_state_save(f);
    case SMNC_STATE_LOAD:
        return smnc_state_load(f);
    default:
        return EINVAL;
    }
}

/* Runs the commands that wait, while the device may use the bus. */
void smnc_state_run(SmncState *s)
{
    SmncFunc *f, *next;
    int err;

    if (!smnc_live(s)) {
        return;
    }
    QTAILQ_FOREACH_SAFE(f, &s->states, state_link, next) {
        if (smnc_ignores(f, SMNC_IGNORES_STATE)) {
            continue;
        }
        err = smnc_state_command(f);
        trace_smnc_state(f->idx, f->state_ctl & SMNC_STATE_COMMAND,
                         f->state_len, err);
        QTAILQ_REMOVE(&s->states, f, state_link);
        f->state_ctl = err ? SMNC_STATE_ERR | err << SMNC_STATE_ERRNO_SHIFT : 0;
    }
}

void smnc_state_cancel(SmncFunc *f)
{
    if (f->state_ctl & SMNC_STATE_BUSY) {
        QTAILQ_REMOVE(&f->s->states, f, state_link);
    }
    f->state_ctl = 0;
}

uint32_t smnc_state_read(SmncFunc *f, uint32_t off)
{
    switch (off) {
    case SMNC_FUNC_STATE_LO:
        return f->state_at;
    case SMNC_FUNC_STATE_HI:
        return f->state_at >> 32;
    case SMNC_FUNC_STATE_LEN:
        return f->state_len;
    default:
        return f->state_ctl & ~SMNC_STATE_COMMAND;
    }
}

void smnc_state_write(SmncFunc *f, uint32_t off, uint32_t val)
{
    if (f->state_ctl & SMNC_STATE_BUSY) {
        return;
    }
    switch (off) {
    case SMNC_FUNC_STATE_LO:
        f->state_at = deposit64(f->state_at, 0, 32, val & ~63u);
        break;
    case SMNC_FUNC_STATE_HI:
        f->state_at = deposit64(f->state_at, 32, 32, val);
        break;
    case SMNC_FUNC_STATE_LEN:
        f->state_len = val;
        break;
    default:
        /* 0 is no command, either. */
        f->state_ctl = SMNC_STATE_BUSY | (val & ~SMNC_STATE_COMMAND ? 0 : val);
        QTAILQ_INSERT_TAIL(&f->s->states, f, state_link);
        smnc_kick_device(f->s);
    }
}
