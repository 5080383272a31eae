// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages of one ADI between reception and its worker.
 *
 * The gate is shut while the ADI is closed or being reset: what arrives then
 * belongs to the life that has ended and is dropped. A worker that resets its
 * function opens it again, but not while somebody waits for the worker's end.
 */
#include <linux/slab.h>

#include "adi.h"

static struct snic_msg *snic_msg_next(struct snic_adi *adi, bool *link)
{
	struct snic_msg *msg = NULL;

	spin_lock(&adi->msg_lock);
	if (adi->gate) {
		msg = list_first_entry_or_null(&adi->msgs, struct snic_msg, list);
		*link = adi->link_event && !msg;
		if (*link)
			adi->link_event = false;
	}
	if (msg) {
		list_del(&msg->list);
		adi->nr_msgs--;
	}
	spin_unlock(&adi->msg_lock);
	return msg;
}

static void snic_adi_work(struct work_struct *work)
{
	struct snic_adi *adi = container_of(work, struct snic_adi, work);
	struct snic_msg *msg;
	bool link = false;

	while ((msg = snic_msg_next(adi, &link)) || link) {
		mutex_lock(&adi->lock);
		if (msg)
			snic_vc_handle(adi, msg);
		else
			snic_vc_link(adi);
		mutex_unlock(&adi->lock);
		kfree(msg);
		link = false;
		cond_resched();
	}
}

void snic_msgs_init(struct snic_adi *adi)
{
	spin_lock_init(&adi->msg_lock);
	INIT_LIST_HEAD(&adi->msgs);
	INIT_WORK(&adi->work, snic_adi_work);
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
	struct snic_msg *msg, *tmp;
	LIST_HEAD(old);

	spin_lock(&adi->msg_lock);
	adi->gate = false;
	adi->link_event = false;
	list_splice_init(&adi->msgs, &old);
	adi->nr_msgs = 0;
	spin_unlock(&adi->msg_lock);
	list_for_each_entry_safe(msg, tmp, &old, list)
		kfree(msg);
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
 * Context: process; the ADI can't be freed meanwhile.
 */
void snic_adi_message(struct snic_adi *adi, u32 op, const void *data, u16 len)
{
	struct snic_msg *msg = kmalloc(struct_size(msg, data, len), GFP_KERNEL);
	bool taken = false, flood = false;

	if (!msg)
		return;
	msg->op = op;
	msg->len = len;
	memcpy(msg->data, data, len);
	spin_lock(&adi->msg_lock);
	if (adi->gate) {
		taken = adi->nr_msgs < SNIC_MSG_MAX;
		flood = !taken;
	}
	if (taken) {
		list_add_tail(&msg->list, &adi->msgs);
		adi->nr_msgs++;
		queue_work(adi->pf->adi_wq, &adi->work);
	}
	spin_unlock(&adi->msg_lock);
	if (taken)
		return;
	kfree(msg);
	if (flood)
		vdcm_limited(adi->vdcm, warn, "too many messages at once: dropped\n");
}

/* The link has changed. The ADI can't be freed meanwhile. */
void snic_adi_link_event(struct snic_adi *adi)
{
	spin_lock(&adi->msg_lock);
	if (adi->gate) {
		adi->link_event = true;
		queue_work(adi->pf->adi_wq, &adi->work);
	}
	spin_unlock(&adi->msg_lock);
}
