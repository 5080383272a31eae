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

static void snic_patience_update(SnicPatience *p, int64_t now, unsigned earns)
{
    int64_t since = now - p->at;

    p->at = now;
    if (p->held) {
        /* A pause is never longer; its end may have been missed. */
        p->used = MIN(p->used + MIN(since, SNIC_FIFO_PATIENCE), MOST);
    } else {
        p->used = MAX(p->used - since / earns, 0);
    }
}

static bool snic_patience_left(const SnicPatience *p)
{
    return p->used < (p->held ? MOST : MOST - LEAST);
}

/*
 * The queue @own has to wait for the VSI @to. Returns the latest time of the
 * next attempt, not after @until, or 0 if the queue may not wait.
 */
int64_t snic_patience_wait(SnicPatience *own, SnicPatience *to, int64_t until)
{
    int64_t now = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);

    snic_patience_update(own, now, QUEUE_EARNS);
    snic_patience_update(to, now, VSI_EARNS);
    if (until <= now || !snic_patience_left(to)) {
        own->held = to->held = false;
        return 0;
    }
    if (!snic_patience_left(own)) {
        own->held = false;
        return 0;
    }
    own->held = to->held = true;
    return MIN(until, now + MOST - MAX(own->used, to->used));
}

void snic_patience_own_end(SnicPatience *own)
{
    snic_patience_update(own, qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL), QUEUE_EARNS);
    own->held = false;
}

/* There is room at the VSI. */
void snic_patience_end(SnicPatience *to)
{
    snic_patience_update(to, qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL), VSI_EARNS);
    to->held = false;
}
