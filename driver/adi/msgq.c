// SPDX-License-Identifier: GPL-2.0-only
/* See msgq.h. */
#include <linux/minmax.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/time64.h>

#include "msgq.h"

/**
 * smnc_msgq_alloc() - memory for a guest's messages, charged to the process that opens its device
 * @q: queue without memory
 *
 * So that none has to be found when a message arrives: the one that would wait for it
 * serves all guests.
 *
 * Context: process.
 * Return: 0 or -ENOMEM.
 */
int smnc_msgq_alloc(struct smnc_msgq *q)
{
	*q = (struct smnc_msgq) { .buf = kvmalloc(SMNC_MSGQ_BYTES, GFP_KERNEL_ACCOUNT) };
	return q->buf ? 0 : -ENOMEM;
}

/* The caller has stopped all that put or get. */
void smnc_msgq_free(struct smnc_msgq *q)
{
	kvfree(q->buf);
	q->buf = NULL;
}

static void smnc_msgq_copy_in(struct smnc_msgq *q, const void *data, u32 len)
{
	u32 at = (q->first + q->used) % SMNC_MSGQ_BYTES;
	u32 n = min_t(u32, len, SMNC_MSGQ_BYTES - at);

	memcpy(q->buf + at, data, n);
	memcpy(q->buf, data + n, len - n);
	q->used += len;
}

static void smnc_msgq_copy_out(struct smnc_msgq *q, void *data, u32 len)
{
	u32 n = min_t(u32, len, SMNC_MSGQ_BYTES - q->first);

	memcpy(data, q->buf + q->first, n);
	memcpy(data + n, q->buf, len - n);
	q->first = (q->first + len) % SMNC_MSGQ_BYTES;
	q->used -= len;
}

/**
 * smnc_msgq_put() - a message has arrived
 * @q: queue
 * @op: virtchnl opcode
 * @data: payload
 * @len: its length
 *
 * Context: any.
 * Return: false if there is no room, or no queue.
 */
bool smnc_msgq_put(struct smnc_msgq *q, u32 op, const void *data, u16 len)
{
	const struct smnc_msg head = { .op = op, .len = len };

	if (!q->buf || q->nr == SMNC_MSG_MAX || q->used + sizeof(head) + len > SMNC_MSGQ_BYTES)
		return false;
	smnc_msgq_copy_in(q, &head, sizeof(head));
	smnc_msgq_copy_in(q, data, len);
	q->nr++;
	return true;
}

/**
 * smnc_msgq_get() - take the oldest message
 * @q: queue
 * @msg: room for the longest that was put
 *
 * Context: any.
 * Return: false if there is none.
 */
bool smnc_msgq_get(struct smnc_msgq *q, struct smnc_msg *msg)
{
	if (!q->nr)
		return false;
	smnc_msgq_copy_out(q, msg, sizeof(*msg));
	smnc_msgq_copy_out(q, msg->data, msg->len);
	q->nr--;
	return true;
}

void smnc_msgq_clear(struct smnc_msgq *q)
{
	q->first = 0;
	q->used = 0;
	q->nr = 0;
}

#define SMNC_PACE_NS	(NSEC_PER_SEC / SMNC_PACE_RATE)

/**
 * smnc_pace_charge() - a guest has caused requests to the firmware
 * @p: its account
 * @requests: how many
 * @now: time, ns
 */
void smnc_pace_charge(struct smnc_pace *p, unsigned int requests, u64 now)
{
	p->paid = max(p->paid, now) + (u64)requests * SMNC_PACE_NS;
}

/**
 * smnc_pace_wait() - how long its next message waits
 * @p: its account
 * @now: time, ns
 *
 * Return: ns, 0: it does not.
 */
u64 smnc_pace_wait(const struct smnc_pace *p, u64 now)
{
	u64 free = now + (u64)SMNC_PACE_BURST * SMNC_PACE_NS;

	return p->paid > free ? p->paid - free : 0;
}
