/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How long a sending queue may wait for receivers without room. Waiting uses
 * up the patience of the queue and of the receiver's VSI. Both recover slowly,
 * so that a receiver that is full again and again delays a sender only
 * briefly.
 */
#include "core.h"

#define MOST                (100 * SCALE_MS)
#define LEAST               (2 * SCALE_MS)  /* needed to start a pause */
/* Time without a pause that earns a nanosecond of it. */
#define VSI_EARNS           40
#define QUEUE_EARNS         20

static void smnc_patience_update(SmncPatience *p, int64_t now, unsigned earns)
{
    int64_t since = now - p->at;

    p->at = now;
    if (p->held) {
        /* A pause is never longer; its end may have been missed. */
        p->used = MIN(p->used + MIN(since, SMNC_FIFO_PATIENCE), MOST);
    } else {
        p->used = MAX(p->used - since / earns, 0);
    }
}

static bool smnc_patience_left(const SmncPatience *p)
{
    return p->used < (p->held ? MOST : MOST - LEAST);
}

/*
 * The queue @own has to wait for the VSI @to. Returns the latest time of the
 * next attempt, not after @until, or 0 if the queue may not wait.
 */
int64_t smnc_patience_wait(SmncPatience *own, SmncPatience *to, int64_t until)
{
    int64_t now = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);

    smnc_patience_update(own, now, QUEUE_EARNS);
    smnc_patience_update(to, now, VSI_EARNS);
    if (until <= now || !smnc_patience_left(to)) {
        own->held = to->held = false;
        return 0;
    }
    if (!smnc_patience_left(own)) {
        own->held = false;
        return 0;
    }
    own->held = to->held = true;
    return MIN(until, now + MOST - MAX(own->used, to->used));
}

void smnc_patience_own_end(SmncPatience *own)
{
    smnc_patience_update(own, qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL), QUEUE_EARNS);
    own->held = false;
}

/* There is room at the VSI. */
void smnc_patience_end(SmncPatience *to)
{
    smnc_patience_update(to, qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL), VSI_EARNS);
    to->held = false;
}
