/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The TX rate of a VSI. Each packet moves the time at which the next one of
 * the VSI may leave; its queues wait until then.
 */
#include "core.h"
#include "net/eth.h"

/* Unused time that may be made up for, since timers fire late. */
#define SLACK_MS        10
/* Bytes into time: bits of 1 us / Mb/s in ns. */
#define NS_PER_BYTE     (8 * 1000)

static void smnc_rate_wake(void *opaque)
{
    smnc_wake_rate(opaque);
}

static void smnc_rate_wait(SmncUnit *u)
{
    SmncRate *rate = &u->f->rate;

    if (!rate->timer) {
        rate->timer = timer_new_ns(QEMU_CLOCK_VIRTUAL, smnc_rate_wake, u->f);
    }
    if (!u->rate_waited) {
        u->rate_waited = true;
        smnc_count(u->f, SMNC_STAT_RATE_WAITS, 1);
    }
    smnc_unit_wait(u, SMNC_WAIT_RATE);
    timer_mod(rate->timer, rate->free);
}

/* True: the unit may send a packet. False: it waits. */
bool smnc_rate_may(SmncUnit *u)
{
    SmncFunc *f = u->f;

    if (!f->vsi.tx_rate ||
        f->rate.free <= qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL)) {
        return true;
    }
    smnc_rate_wait(u);
    return false;
}

/* The unit has sent @bytes, padding included. */
void smnc_rate_charge(SmncUnit *u, uint32_t bytes)
{
    SmncFunc *f = u->f;
    SmncRate *rate = &f->rate;
    uint64_t cost;
    int64_t since;

    u->served = ++rate->serial;
    u->rate_waited = false;
    if (!f->vsi.tx_rate) {
        return;
    }
    since = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) - SLACK_MS * SCALE_MS;
    cost = (uint64_t)bytes * NS_PER_BYTE + rate->rest;
    rate->rest = cost % f->vsi.tx_rate;
    rate->free = MAX(rate->free, since) + cost / f->vsi.tx_rate;
}

/*
 * A debt under the old rate is kept under the new one, also when there is none
 * for a while: a guest can have its VSI cleared.
 */
void smnc_rate_set(SmncFunc *f, uint32_t mbps)
{
    SmncRate *rate = &f->rate;
    uint32_t old = f->vsi.tx_rate;
    int64_t now = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);

    if (mbps == old) {
        return;
    }
    rate->was = old ? old : rate->was;
    if (mbps) {
        rate->free = rate->was && rate->free > now ?
                     now + (rate->free - now) * rate->was / mbps : now;
    }
    rate->rest = 0;
    f->vsi.tx_rate = mbps;
    smnc_wake_rate(f);
}

void smnc_rate_init(SmncFunc *f)
{
    QTAILQ_INIT(&f->rate.wait);
}

/* The units were cancelled before. */
void smnc_rate_reset(SmncFunc *f)
{
    f->rate.free = 0;
    f->rate.rest = f->rate.was = 0;
    if (f->rate.timer) {
        timer_del(f->rate.timer);
    }
}

void smnc_rate_exit(SmncFunc *f)
{
    timer_free(f->rate.timer);
}
