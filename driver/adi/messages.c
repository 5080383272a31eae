// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages of one ADI between reception and its worker.
 *
 * The gate is shut while the ADI is closed or being reset: what arrives then
 * belongs to an ended session and is dropped. A worker that resets its
 * function opens it again, unless close waits for the worker's end.
 */
#include <linux/slab.h>

#include "adi.h"

/* The next message, unless its guest has kept the firmware busy: then some time later. */
static bool snic_msg_take(struct snic_adi *adi)
{
	u64 wait = snic_pace_wait(&adi->pace, ktime_get_ns());

	if (!adi->msgs.nr)
		return false;
	if (!wait)
		return snic_msgq_get(&adi->msgs, adi->msg);
	queue_delayed_work(adi->pf->adi_wq, &adi->later, nsecs_to_jiffies(wait) + 1);
	return false;
}

/*
 * The operator's wishes come before the guest's messages, so that a flood of these
 * does not delay them; the link comes after: it follows the reply it belongs to.
 * Return: SNIC_DUE_*, or 0 and whether there is a message in adi->msg. Process context.
 */
unsigned int snic_msgs_next(struct snic_adi *adi, bool *msg)
{
	unsigned int due = 0;

	*msg = false;
	spin_lock(&adi->msg_lock);
	if (adi->gate) {
		due = adi->due & ~SNIC_DUE_LINK;
		if (!due)
			*msg = snic_msg_take(adi);
		if (!due && !*msg)
			due = adi->due;
		adi->due &= ~due;
	}
	spin_unlock(&adi->msg_lock);
	return due;
}

/* What its guest has caused at the firmware, beside the messages of snic_msgs_next(), too. */
void snic_msgs_charge(struct snic_adi *adi, unsigned int requests)
{
	spin_lock(&adi->msg_lock);
	snic_pace_charge(&adi->pace, requests, ktime_get_ns());
	spin_unlock(&adi->msg_lock);
}

/* How long the guest's next request has to wait, ns. Process context. */
u64 snic_msgs_wait(struct snic_adi *adi)
{
	u64 wait;

	spin_lock(&adi->msg_lock);
	wait = snic_pace_wait(&adi->pace, ktime_get_ns());
	spin_unlock(&adi->msg_lock);
	return wait;
}

/* Before it is opened: memory for its messages, paid by who opens it. */
int snic_msgs_alloc(struct snic_adi *adi)
{
	int err = snic_msgq_alloc(&adi->msgs);

	if (err)
		return err;
	adi->msg = kmalloc(struct_size(adi->msg, data, SNIC_AQ_BUF_MAX), GFP_KERNEL_ACCOUNT);
	if (!adi->msg)
		snic_msgq_free(&adi->msgs);
	return adi->msg ? 0 : -ENOMEM;
}

/* It is closed: none arrives any more. */
void snic_msgs_free(struct snic_adi *adi)
{
	snic_msgq_free(&adi->msgs);
	kfree(adi->msg);
	adi->msg = NULL;
}

void snic_msgs_open(struct snic_adi *adi)
{
	spin_lock(&adi->msg_lock);
	adi->gate = !adi->closing;
	spin_unlock(&adi->msg_lock);
}

/* Drop what waits and shut the gate. Called by the worker as well. */
void snic_msgs_purge(struct snic_adi *adi)
{
	spin_lock(&adi->msg_lock);
	adi->gate = false;
	adi->due = 0;
	snic_msgq_clear(&adi->msgs);
	spin_unlock(&adi->msg_lock);
}

static void snic_msgs_closing(struct snic_adi *adi, bool closing)
{
	spin_lock(&adi->msg_lock);
	adi->closing = closing;
	spin_unlock(&adi->msg_lock);
}

/*
 * As snic_msgs_purge(), and the worker has come to rest: it is not queued again
 * before snic_msgs_open(). Without adi->lock.
 */
void snic_msgs_close(struct snic_adi *adi)
{
	snic_msgs_closing(adi, true);
	snic_msgs_purge(adi);
	cancel_delayed_work_sync(&adi->later);
	cancel_work_sync(&adi->work);
	snic_msgs_closing(adi, false);
}

/**
 * snic_adi_message() - a message has arrived
 * @adi: its sender
 * @op: virtchnl opcode
 * @data: payload
 * @len: its length, at most SNIC_AQ_BUF_MAX
 *
 * Sleeps for nothing: its caller serves all ADIs.
 *
 * Context: process; the ADI can't be freed meanwhile.
 */
void snic_adi_message(struct snic_adi *adi, u32 op, const void *data, u16 len)
{
	bool flood = false;

	spin_lock(&adi->msg_lock);
	if (adi->gate) {
		flood = !snic_msgq_put(&adi->msgs, op, data, len);
		queue_work(adi->pf->adi_wq, &adi->work);
	}
	spin_unlock(&adi->msg_lock);
	if (flood)
		vdcm_limited(adi->vdcm, warn, "too many messages at once: dropped\n");
}

/**
 * snic_adi_due() - give the worker something to do
 * @adi: ADI; it can't be freed meanwhile
 * @what: SNIC_DUE_*
 *
 * Context: any but hard interrupts.
 * Return: false if the gate is shut: the ADI is closed, or its function is being
 * reset, after which it has everything anew.
 */
bool snic_adi_due(struct snic_adi *adi, unsigned int what)
{
	bool open;

	spin_lock(&adi->msg_lock);
	open = adi->gate;
	if (open) {
		adi->due |= what;
		queue_work(adi->pf->adi_wq, &adi->work);
	}
	spin_unlock(&adi->msg_lock);
	return open;
}

/* The link has changed. The ADI can't be freed meanwhile. */
void snic_adi_link_event(struct snic_adi *adi)
{
	snic_adi_due(adi, SNIC_DUE_LINK);
}
