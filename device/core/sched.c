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

void snic_kick_device(SnicState *s)
{
    qemu_bh_schedule(s->bh);
}

static SnicUnitList *snic_list(SnicFunc *f, enum snic_wait on)
{
    SnicState *s = f->s;

    switch (on) {
    case SNIC_RUN:
        return &s->run;
    case SNIC_WAIT_ROOM:
        return &s->wait_room;
    case SNIC_WAIT_MBX:
        return &s->wait_mbx;
    case SNIC_WAIT_RATE:
        return &f->rate.wait;
    default:
        return NULL;
    }
}

/* Units that wait for a rate are ordered by the time of their last packet. */
static void snic_insert_by_turn(SnicUnitList *list, SnicUnit *u)
{
    SnicUnit *at;

    QTAILQ_FOREACH(at, list, link) {
        if (at->served > u->served) {
            QTAILQ_INSERT_BEFORE(at, u, link);
            return;
        }
    }
    QTAILQ_INSERT_TAIL(list, u, link);
}

static void snic_move(SnicUnit *u, enum snic_wait on)
{
    if (u->on != SNIC_IDLE) {
        QTAILQ_REMOVE(snic_list(u->f, u->on), u, link);
    }
    if (on == SNIC_WAIT_RATE) {
        snic_insert_by_turn(snic_list(u->f, on), u);
    } else if (on != SNIC_IDLE) {
        QTAILQ_INSERT_TAIL(snic_list(u->f, on), u, link);
    }
    u->on = on;
}

/* The unit may have work. If it waits, the event it waits for wakes it. */
void snic_kick(SnicUnit *u)
{
    if (u->on == SNIC_IDLE) {
        snic_move(u, SNIC_RUN);
    }
    snic_kick_device(u->f->s);
}

void snic_unit_wait(SnicUnit *u, enum snic_wait on)
{
    snic_move(u, on);
}

static void snic_wake(SnicState *s, SnicUnitList *list)
{
    if (QTAILQ_EMPTY(list)) {
        return;
    }
    while (!QTAILQ_EMPTY(list)) {
        snic_move(QTAILQ_FIRST(list), SNIC_RUN);
    }
    snic_kick_device(s);
}

void snic_wake_room(SnicState *s)
{
    snic_wake(s, &s->wait_room);
}

void snic_wake_mbx(SnicState *s)
{
    snic_wake(s, &s->wait_mbx);
}

void snic_wake_rate(SnicFunc *f)
{
    snic_wake(f->s, &f->rate.wait);
}

/* --- faults of units ------------------------------------------------------------- */

void snic_fault(SnicUnit *u, uint64_t addr, uint32_t len, uint8_t flags)
{
    SnicState *s = u->f->s;

    u->fault = SNIC_FAULT_QUEUED;
    u->fault_addr = addr;
    u->fault_len = len;
    u->fault_flags = flags;
    QTAILQ_INSERT_TAIL(&s->faults, u, fault_link);
    snic_count(u->f, SNIC_STAT_FAULTS, 1);
    trace_snic_fault(u->f->idx, u->idx, addr, len, flags);
}

static void snic_fault_clear(SnicUnit *u)
{
    if (u->fault == SNIC_FAULT_QUEUED) {
        QTAILQ_REMOVE(&u->f->s->faults, u, fault_link);
    }
    u->fault = SNIC_NO_FAULT;
}

/* Drop the unit's fault and its turn. */
void snic_unit_cancel(SnicUnit *u)
{
    snic_fault_clear(u);
    snic_move(u, SNIC_IDLE);
}

/* Fail the unit permanently: its fault is not repaired. */
void snic_unit_fail(SnicUnit *u)
{
    trace_snic_unit_fail(u->f->idx, u->idx);
    snic_unit_cancel(u);
    u->ops->fail(u);
}

/* The driver's answer to a fault. */
void snic_fault_resp(SnicState *s, uint32_t val)
{
    unsigned func = val & SNIC_FAULT_RESP_FUNC;
    unsigned unit = (val & SNIC_FAULT_RESP_UNIT) >> SNIC_FAULT_RESP_UNIT_SHIFT;
    unsigned code = val >> SNIC_FAULT_RESP_CODE_SHIFT;
    SnicUnit *u;

    if (func >= snic_num_funcs(s) || unit >= SNIC_UNITS) {
        return;
    }
    u = &s->func[func].unit[unit];
    if (!u->fault) {
        return;
    }
    trace_snic_fault_resp(func, unit, code);
    if (code == SNIC_FAULT_RESP_RETRY) {
        snic_fault_clear(u);
        snic_count(u->f, SNIC_STAT_FAULT_RETRIES, 1);
        snic_kick(u);
    } else if (code == SNIC_FAULT_RESP_FAIL) {
        snic_fault_clear(u);
        snic_count(u->f, SNIC_STAT_FAULT_FAILS, 1);
        snic_unit_fail(u);
    }
}

/* --- passes ---------------------------------------------------------------------- */

/* A turn of the unit, unless a fault, its function or the bus stops it. */
void snic_unit_run(SnicUnit *u)
{
    if (!u->fault && snic_func_runs(u->f) && u->ops->pending(u)) {
        u->ops->serve(u);
    }
}

static void snic_pass(void *opaque)
{
    SnicState *s = opaque;
    unsigned n;
    bool more;

    s->running = true;
    s->run_gen++;
    s->credit = CREDIT_PER_PASS;
    more = s->pass->begin(s);
    for (n = 0; n < UNITS_PER_PASS && s->credit > 0; n++) {
        SnicUnit *u = QTAILQ_FIRST(&s->run);

        if (!u) {
            break;
        }
        snic_move(u, SNIC_IDLE);
        snic_unit_run(u);
    }
    s->pass->end(s);
    s->running = false;
    if (more || !QTAILQ_EMPTY(&s->run)) {
        snic_kick_device(s);
    }
}

static void snic_room_timeout(void *opaque)
{
    snic_wake_room(opaque);
}

void snic_sched_init(SnicState *s, const SnicPassOps *pass)
{
    s->pass = pass;
    QTAILQ_INIT(&s->run);
    QTAILQ_INIT(&s->wait_room);
    QTAILQ_INIT(&s->wait_mbx);
    QTAILQ_INIT(&s->faults);
    QTAILQ_INIT(&s->causes);
    s->bh = qemu_bh_new_guarded(snic_pass, s,
                                &s->parent_obj.qdev.mem_reentrancy_guard);
    s->room_timer = timer_new_ns(QEMU_CLOCK_VIRTUAL, snic_room_timeout, s);
}

void snic_sched_exit(SnicState *s)
{
    qemu_bh_delete(s->bh);
    timer_free(s->room_timer);
}
