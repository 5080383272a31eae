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
static bool smnc_msg_take(struct smnc_adi *adi)
{
	u64 wait = smnc_pace_wait(&adi->pace, ktime_get_ns());

	if (!adi->msgs.nr)
		return false;
	if (!wait)
		return smnc_msgq_get(&adi->msgs, adi->msg);
	queue_delayed_work(adi->pf->adi_wq, &adi->later, nsecs_to_jiffies(wait) + 1);
	return false;
}

/*
 * The operator's wishes come before the guest's messages, so that a flood of these
 * does not delay them; the link comes after: it follows the reply it belongs to.
 * Return: SMNC_DUE_*, or 0 and whether there is a message in adi->msg. Process context.
 */
unsigned int smnc_msgs_next(struct smnc_adi *adi, bool *msg)
{
	unsigned int due = 0;

	*msg = false;
	spin_lock(&adi->msg_lock);
	if (adi->gate == SMNC_GATE_OPEN && !adi->hold) {
		due = adi->due & ~SMNC_DUE_LINK;
		if (!due)
			*msg = smnc_msg_take(adi);
		if (!due && !*msg)
			due = adi->due;
		adi->due &= ~due;
	}
	spin_unlock(&adi->msg_lock);
	return due;
}

/* Charge the guest for requests to the firmware: those of messages, and those of traps. */
void smnc_msgs_charge(struct smnc_adi *adi, unsigned int requests)
{
	spin_lock(&adi->msg_lock);
	smnc_pace_charge(&adi->pace, requests, ktime_get_ns());
	spin_unlock(&adi->msg_lock);
}

/* How long the guest's next request has to wait, ns. Process context. */
u64 smnc_msgs_wait(struct smnc_adi *adi)
{
	u64 wait;

	spin_lock(&adi->msg_lock);
	wait = smnc_pace_wait(&adi->pace, ktime_get_ns());
	spin_unlock(&adi->msg_lock);
	return wait;
}

/* Before it is opened: memory for its messages, paid by who opens it. */
int smnc_msgs_alloc(struct smnc_adi *adi)
{
	int err = smnc_msgq_alloc(&adi->msgs);

	if (err)
		return err;
	adi->msg = kmalloc(struct_size(adi->msg, data, SMNC_AQ_BUF_MAX), GFP_KERNEL_ACCOUNT);
	if (!adi->msg)
		smnc_msgq_free(&adi->msgs);
	return adi->msg ? 0 : -ENOMEM;
}

/* It is closed: none arrives any more. */
void smnc_msgs_free(struct smnc_adi *adi)
{
	smnc_msgq_free(&adi->msgs);
	kfree(adi->msg);
	adi->msg = NULL;
}

void smnc_msgs_open(struct smnc_adi *adi)
{
	spin_lock(&adi->msg_lock);
	if (adi->gate == SMNC_GATE_SHUT)
		adi->gate = SMNC_GATE_OPEN;
	spin_unlock(&adi->msg_lock);
}

/*
 * Drop what waits and shut the gate. Called by the worker as well, whose end smnc_msgs_hold() may
 * be waiting for: messages of a VM that is being stopped still wait.
 */
void smnc_msgs_purge(struct smnc_adi *adi)
{
	spin_lock(&adi->msg_lock);
	if (adi->gate == SMNC_GATE_OPEN)
		adi->gate = SMNC_GATE_SHUT;
	adi->due = 0;
	smnc_msgq_clear(&adi->msgs);
	spin_unlock(&adi->msg_lock);
}

/*
 * As smnc_msgs_purge(), and the worker has come to rest: it is not queued again
 * before smnc_msgs_open(). Without adi->lock.
 */
void smnc_msgs_close(struct smnc_adi *adi)
{
	spin_lock(&adi->msg_lock);
	adi->gate = SMNC_GATE_LOCKED;
	spin_unlock(&adi->msg_lock);
	smnc_msgs_purge(adi);
	cancel_delayed_work_sync(&adi->later);
	cancel_work_sync(&adi->work);
	spin_lock(&adi->msg_lock);
	adi->gate = SMNC_GATE_SHUT;
	adi->hold = false;
	spin_unlock(&adi->msg_lock);
}

/*
 * Stops the worker. Messages that arrive from now on wait until smnc_msgs_release() or
 * smnc_msgs_close(). Without adi->lock.
 */
void smnc_msgs_hold(struct smnc_adi *adi)
{
	spin_lock(&adi->msg_lock);
	adi->hold = true;
	spin_unlock(&adi->msg_lock);
	cancel_delayed_work_sync(&adi->later);
	cancel_work_sync(&adi->work);
}

void smnc_msgs_release(struct smnc_adi *adi)
{
	spin_lock(&adi->msg_lock);
	adi->hold = false;
	if (adi->gate == SMNC_GATE_OPEN)
		queue_work(adi->pf->adi_wq, &adi->work);
	spin_unlock(&adi->msg_lock);
}

/**
 * smnc_adi_message() - a message has arrived
 * @adi: its sender
 * @op: virtchnl opcode
 * @data: payload
 * @len: its length, at most SMNC_AQ_BUF_MAX
 *
 * Sleeps for nothing: its caller serves all ADIs.
 *
 * Context: process; the ADI can't be freed meanwhile.
 */
void smnc_adi_message(struct smnc_adi *adi, u32 op, const void *data, u16 len)
{
	bool flood = false;

	spin_lock(&adi->msg_lock);
	if (adi->gate == SMNC_GATE_OPEN) {
		flood = !smnc_msgq_put(&adi->msgs, op, data, len);
		queue_work(adi->pf->adi_wq, &adi->work);
	}
	spin_unlock(&adi->msg_lock);
	if (flood)
		vdcm_limited(adi->vdcm, warn, "too many messages at once: dropped\n");
}

/**
 * smnc_adi_due() - give the worker something to do
 * @adi: ADI; it can't be freed meanwhile
 * @what: SMNC_DUE_*
 *
 * Context: any but hard interrupts.
 * Return: false if the gate is shut: the ADI is closed, or its function is being
 * reset, after which it has everything anew.
 */
bool smnc_adi_due(struct smnc_adi *adi, unsigned int what)
{
	bool open;

	spin_lock(&adi->msg_lock);
	open = adi->gate == SMNC_GATE_OPEN;
	if (open) {
		adi->due |= what;
		queue_work(adi->pf->adi_wq, &adi->work);
	}
	spin_unlock(&adi->msg_lock);
	return open;
}

/* The link has changed. The ADI can't be freed meanwhile. */
void smnc_adi_link_event(struct smnc_adi *adi)
{
	smnc_adi_due(adi, SMNC_DUE_LINK);
}
