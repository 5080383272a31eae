/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The scheduler. All DMA happens here, in a bottom half, never inside a
 * register access. Units take turns. A pass moves a bounded number of frames,
 * whatever the functions ask for, and then lets the vCPUs run. Sending a frame
 * takes a credit, so does each receiver that is offered it and each frame
 * written into memory. After its last credit a pass only completes the current
 * frame's receivers and the current unit's turn.
 */
#include "core.h"
#include "../trace.h"
#include "qemu/main-loop.h"

#define CREDIT_PER_PASS     384
#define UNITS_PER_PASS      64

void smnc_kick_device(SmncState *s)
{
    qemu_bh_schedule(s->bh);
}

static SmncUnitList *smnc_list(SmncFunc *f, enum smnc_wait on)
{
    SmncState *s = f->s;

    switch (on) {
    case SMNC_RUN:
        return &s->run;
    case SMNC_WAIT_ROOM:
        return &s->wait_room;
    case SMNC_WAIT_MBX:
        return &s->wait_mbx;
    case SMNC_WAIT_RATE:
        return &f->rate.wait;
    default:
        return NULL;
    }
}

/* Units that wait for a rate are ordered by the time of their last packet. */
static void smnc_insert_by_turn(SmncUnitList *list, SmncUnit *u)
{
    SmncUnit *at;

    QTAILQ_FOREACH(at, list, link) {
        if (at->served > u->served) {
            QTAILQ_INSERT_BEFORE(at, u, link);
            return;
        }
    }
    QTAILQ_INSERT_TAIL(list, u, link);
}

static void smnc_move(SmncUnit *u, enum smnc_wait on)
{
    if (u->on != SMNC_IDLE) {
        QTAILQ_REMOVE(smnc_list(u->f, u->on), u, link);
    }
    if (on == SMNC_WAIT_RATE) {
        smnc_insert_by_turn(smnc_list(u->f, on), u);
    } else if (on != SMNC_IDLE) {
        QTAILQ_INSERT_TAIL(smnc_list(u->f, on), u, link);
    }
    u->on = on;
}

/* The unit may have work. If it waits, the event it waits for wakes it. */
void smnc_kick(SmncUnit *u)
{
    if (u->on == SMNC_IDLE) {
        smnc_move(u, SMNC_RUN);
    }
    smnc_kick_device(u->f->s);
}

void smnc_unit_wait(SmncUnit *u, enum smnc_wait on)
{
    smnc_move(u, on);
}

static void smnc_wake(SmncState *s, SmncUnitList *list)
{
    if (QTAILQ_EMPTY(list)) {
        return;
    }
    while (!QTAILQ_EMPTY(list)) {
        smnc_move(QTAILQ_FIRST(list), SMNC_RUN);
    }
    smnc_kick_device(s);
}

void smnc_wake_room(SmncState *s)
{
    smnc_wake(s, &s->wait_room);
}

void smnc_wake_mbx(SmncState *s)
{
    smnc_wake(s, &s->wait_mbx);
}

void smnc_wake_rate(SmncFunc *f)
{
    smnc_wake(f->s, &f->rate.wait);
}

/* --- faults of units ------------------------------------------------------------- */

void smnc_fault(SmncUnit *u, uint64_t addr, uint32_t len, uint8_t flags)
{
    SmncState *s = u->f->s;

    u->fault = SMNC_FAULT_QUEUED;
    u->fault_addr = addr;
    u->fault_len = len;
    u->fault_flags = flags;
    QTAILQ_INSERT_TAIL(&s->faults, u, fault_link);
    smnc_count(u->f, SMNC_STAT_FAULTS, 1);
    trace_smnc_fault(u->f->idx, u->idx, addr, len, flags);
}

static void smnc_fault_clear(SmncUnit *u)
{
    if (u->fault == SMNC_FAULT_QUEUED) {
        QTAILQ_REMOVE(&u->f->s->faults, u, fault_link);
    }
    u->fault = SMNC_NO_FAULT;
}

/* Drop the unit's fault and its turn. */
void smnc_unit_cancel(SmncUnit *u)
{
    smnc_fault_clear(u);
    smnc_move(u, SMNC_IDLE);
}

/* Fail the unit permanently: its fault is not repaired. */
void smnc_unit_fail(SmncUnit *u)
{
    trace_smnc_unit_fail(u->f->idx, u->idx);
    smnc_unit_cancel(u);
    u->ops->fail(u);
}

/* The driver's answer to a fault. */
void smnc_fault_resp(SmncState *s, uint32_t val)
{
    unsigned func = val & SMNC_FAULT_RESP_FUNC;
    unsigned unit = (val & SMNC_FAULT_RESP_UNIT) >> SMNC_FAULT_RESP_UNIT_SHIFT;
    unsigned code = val >> SMNC_FAULT_RESP_CODE_SHIFT;
    SmncUnit *u;

    if (func >= smnc_num_funcs(s) || unit >= SMNC_UNITS) {
        return;
    }
    u = &s->func[func].unit[unit];
    if (!u->fault) {
        return;
    }
    trace_smnc_fault_resp(func, unit, code);
    if (code == SMNC_FAULT_RESP_RETRY) {
        smnc_fault_clear(u);
        smnc_count(u->f, SMNC_STAT_FAULT_RETRIES, 1);
        smnc_kick(u);
    } else if (code == SMNC_FAULT_RESP_FAIL) {
        smnc_fault_clear(u);
        smnc_count(u->f, SMNC_STAT_FAULT_FAILS, 1);
        smnc_unit_fail(u);
    }
}

/* --- passes ---------------------------------------------------------------------- */

/* A turn of the unit, unless a fault, its function or the bus stops it. */
void smnc_unit_run(SmncUnit *u)
{
    if (!u->fault && smnc_func_runs(u->f) && u->ops->pending(u)) {
        u->ops->serve(u);
    }
}

static void smnc_pass(void *opaque)
{
    SmncState *s = opaque;
    unsigned n;
    bool more;

    s->running = true;
    s->run_gen++;
    s->credit = CREDIT_PER_PASS;
    more = s->pass->begin(s);
    for (n = 0; n < UNITS_PER_PASS && s->credit > 0; n++) {
        SmncUnit *u = QTAILQ_FIRST(&s->run);

        if (!u) {
            break;
        }
        smnc_move(u, SMNC_IDLE);
        smnc_unit_run(u);
    }
    s->pass->end(s);
    s->running = false;
    if (more || !QTAILQ_EMPTY(&s->run)) {
        smnc_kick_device(s);
    }
}

static void smnc_room_timeout(void *opaque)
{
    smnc_wake_room(opaque);
}

void smnc_sched_init(SmncState *s, const SmncPassOps *pass)
{
    s->pass = pass;
    QTAILQ_INIT(&s->run);
    QTAILQ_INIT(&s->wait_room);
    QTAILQ_INIT(&s->wait_mbx);
    QTAILQ_INIT(&s->faults);
    QTAILQ_INIT(&s->causes);
    QTAILQ_INIT(&s->states);
    s->bh = qemu_bh_new_guarded(smnc_pass, s,
                                &s->parent_obj.qdev.mem_reentrancy_guard);
    s->room_timer = timer_new_ns(QEMU_CLOCK_VIRTUAL, smnc_room_timeout, s);
}

void smnc_sched_exit(SmncState *s)
{
    qemu_bh_delete(s->bh);
    timer_free(s->room_timer);
}
