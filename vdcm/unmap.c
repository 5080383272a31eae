// SPDX-License-Identifier: GPL-2.0-only
/*
 * User space unmaps memory.
 *
 * One unmap operation of type1 calls back each device of the container, in turn, for
 * each mapping it removes, and begins again if pages are still pinned (holdoff.c).
 * So what closes the gates is the operation, not a callback. It is known by its
 * task: the first callback makes a record, every ADI that is called back joins it,
 * as does every ADI that the same process opens meanwhile, and its end opens all
 * their gates at once. Where the kernel exports it, a task work tells the end
 * exactly: it runs when the task returns to user space. Elsewhere, and for tasks
 * that do not return, a while without a callback is taken for the end.
 *
 * iommufd refuses pins in what it unmaps by itself: no gate is closed there.
 */
#include <linux/hash.h>
#include <linux/hashtable.h>
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/overflow.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#include <compat/task.h>

#include "trace.h"

/*
 * type1 gives up on the machine when it finds pages pinned after the 11th callback
 * for one mapping. From this one on a callback does not return before they are gone.
 */
#define LAST_RESORT	9
/* An operation that came so far is called back too often. */
#define TOO_OFTEN	5

/**
 * struct vdcm_unmap - an unmap operation
 * @closer: for the gates
 * @entry: in @ops
 * @joints: ADIs whose gates it keeps closed
 * @work: runs when the task returns to user space
 * @timer: otherwise: runs when there was no callback for a while
 * @task: who unmaps; never followed, may be gone
 * @mm: its memory, likewise
 * @first: first address that was called back for
 * @last: last address
 * @at_first: first address of the last callback
 * @at_last: last address of the last callback
 * @callbacks: callbacks for that range, of the ADI that had most
 * @running: callbacks under way
 * @stalled: whose callback gave up waiting, if the last one did; never followed
 * @slotless: counts for the ADIs whose gates have no slot for the operation; its @live is the
 *	one whose callbacks are counted
 * @timed: ends by @timer
 */
struct vdcm_unmap {
	struct vdcm_closer closer;
	struct hlist_node entry;
	struct list_head joints;
	struct callback_head work;
	struct delayed_work timer;
	const struct task_struct *task;
	const struct mm_struct *mm;
	u64 first;
	u64 last;
	u64 at_first;
	u64 at_last;
	unsigned int callbacks;
	unsigned int running;
	const struct vdcm_live *stalled;
	struct vdcm_joint slotless;
	bool timed;
};

/* Operations under way and who has joined them; outside fault_lock. */
static DEFINE_SPINLOCK(ops_lock);
static DEFINE_HASHTABLE(ops, 6);

static struct vdcm_unmap *vdcm_unmap_find(void)
{
	struct vdcm_unmap *op;

	lockdep_assert_held(&ops_lock);
	hash_for_each_possible(ops, op, entry, (unsigned long)current)
		if (op->task == current)
			return op;
	return NULL;
}

/* Close an ADI's gate for as long as an operation lasts. NULL = it has no slot left. */
static struct vdcm_joint *vdcm_gate_join(struct vdcm_unmap *op, struct vdcm_live *live)
{
	struct vdcm_adi *adi = live->adi;
	struct vdcm_joint *joint;
	unsigned long flags;
	int slot;

	lockdep_assert_held(&ops_lock);
	spin_lock_irqsave(&adi->fault_lock, flags);
	slot = vdcm_holdoff_close(&live->dma.gate, &op->closer, op->first,
				  op->last, ktime_get_ns());
	trace_vdcm_gate(adi, op->first, op->last, true);
	spin_unlock_irqrestore(&adi->fault_lock, flags);
	if (slot < 0)
		return NULL;
	joint = &live->dma.joint[slot];
	if (!joint->op) {
		*joint = (struct vdcm_joint) { .live = live, .op = op };
		list_add_tail(&joint->entry, &op->joints);
	}
	return joint;
}

static void vdcm_gate_part(struct vdcm_joint *joint)
{
	struct vdcm_live *live = joint->live;
	unsigned long flags;

	lockdep_assert_held(&ops_lock);
	spin_lock_irqsave(&live->adi->fault_lock, flags);
	vdcm_holdoff_open(&live->dma.gate, joint - live->dma.joint,
			  ktime_get_ns());
	trace_vdcm_gate(live->adi, joint->op->first, joint->op->last, false);
	spin_unlock_irqrestore(&live->adi->fault_lock, flags);
	list_del(&joint->entry);
	joint->op = NULL;
	vdcm_faults_kick(live);
}

/* The operation has ended: what waits for it goes on. */
static void vdcm_unmap_finish(struct vdcm_unmap *op)
{
	struct vdcm_joint *joint, *next;

	lockdep_assert_held(&ops_lock);
	hash_del(&op->entry);
	list_for_each_entry_safe(joint, next, &op->joints, entry)
		vdcm_gate_part(joint);
}

static void vdcm_unmap_task_returns(struct callback_head *work)
{
	struct vdcm_unmap *op = container_of(work, struct vdcm_unmap, work);

	spin_lock(&ops_lock);
	vdcm_unmap_finish(op);
	spin_unlock(&ops_lock);
	kfree(op);
	module_put(THIS_MODULE);
}

static void vdcm_unmap_time_is_over(struct work_struct *work)
{
	struct vdcm_unmap *op = container_of(to_delayed_work(work),
					     struct vdcm_unmap, timer);
	bool over;

	spin_lock(&ops_lock);
	/* A callback that is under way sets the timer again. */
	over = !op->running && !delayed_work_pending(&op->timer);
	if (over)
		vdcm_unmap_finish(op);
	spin_unlock(&ops_lock);
	if (over)
		kfree(op);
}

static struct vdcm_unmap *vdcm_unmap_new(u64 first, u64 last)
{
	struct vdcm_unmap *op;

	/* Without a record nothing would limit the time that a callback waits. */
	op = kzalloc(sizeof(*op), GFP_KERNEL_ACCOUNT | __GFP_NOFAIL);
	INIT_LIST_HEAD(&op->joints);
	INIT_DELAYED_WORK(&op->timer, vdcm_unmap_time_is_over);
	op->task = current;
	op->mm = current->mm;
	op->first = first;
	op->last = last;
	op->running = 1;
	op->timed = vdcm_task_work(&op->work, vdcm_unmap_task_returns);
	if (!op->timed)
		__module_get(THIS_MODULE);
	return op;
}

/* The operation of this task, until vdcm_unmap_put(). */
static struct vdcm_unmap *vdcm_unmap_get(u64 first, u64 last)
{
	struct vdcm_unmap *op;

	spin_lock(&ops_lock);
	op = vdcm_unmap_find();
	if (op)
		op->running++;
	spin_unlock(&ops_lock);
	if (op)
		return op;
	/* No other task makes one for this one. */
	op = vdcm_unmap_new(first, last);
	spin_lock(&ops_lock);
	hash_add(ops, &op->entry, (unsigned long)op->task);
	spin_unlock(&ops_lock);
	return op;
}

static void vdcm_unmap_put(struct vdcm_unmap *op)
{
	spin_lock(&ops_lock);
	op->running--;
	if (op->timed)
		mod_delayed_work(vdcm_wq, &op->timer,
				 nsecs_to_jiffies(vdcm_holdoff_hold(op->callbacks)) + 1);
	spin_unlock(&ops_lock);
}

/* One more range: closed in all gates of the operation. */
static void vdcm_gate_widen(struct vdcm_unmap *op, u64 first, u64 last)
{
	struct vdcm_joint *joint;

	lockdep_assert_held(&ops_lock);
	if (first >= op->first && last <= op->last)
		return;
	op->first = min(op->first, first);
	op->last = max(op->last, last);
	list_for_each_entry(joint, &op->joints, entry)
		vdcm_gate_join(op, joint->live);
}

/*
 * Count the callbacks for the range that the operation is at now. An ADI that joins in a later
 * round starts at the number of the round.
 */
static void vdcm_unmap_count(struct vdcm_unmap *op, struct vdcm_joint *joint, u64 first, u64 last)
{
	lockdep_assert_held(&ops_lock);
	if (op->at_first != first || op->at_last != last)
		op->callbacks = 0;
	op->at_first = first;
	op->at_last = last;
	if (joint->first != first || joint->last != last)
		joint->callbacks = max(op->callbacks, 1U) - 1;
	joint->first = first;
	joint->last = last;
	joint->callbacks++;
	op->callbacks = max(op->callbacks, joint->callbacks);
}

/*
 * One ADI counts for all whose gates have no slot. When it is closed, another one goes on from
 * its number, which may then be one too high.
 */
static void vdcm_unmap_count_slotless(struct vdcm_unmap *op, struct vdcm_live *live,
				      u64 first, u64 last)
{
	lockdep_assert_held(&ops_lock);
	if (!op->slotless.live)
		op->slotless.live = live;
	if (op->slotless.live == live)
		vdcm_unmap_count(op, &op->slotless, first, last);
}

/* Close the gate of an ADI that is called back. False = it has no slot left. */
static bool vdcm_gate_close(struct vdcm_unmap *op, struct vdcm_live *live, u64 first, u64 last)
{
	struct vdcm_joint *joint;

	spin_lock(&ops_lock);
	vdcm_gate_widen(op, first, last);
	joint = vdcm_gate_join(op, live);
	if (joint)
		vdcm_unmap_count(op, joint, first, last);
	else
		vdcm_unmap_count_slotless(op, live, first, last);
	spin_unlock(&ops_lock);
	return joint;
}

/* Without a slot nothing at all is pinned while the callback runs, and for a time after it. */
static void vdcm_gate_shut(struct vdcm_live *live, bool shut)
{
	unsigned long flags;

	spin_lock_irqsave(&live->adi->fault_lock, flags);
	if (shut)
		vdcm_holdoff_shut(&live->dma.gate);
	else
		vdcm_holdoff_unshut(&live->dma.gate, ktime_get_ns());
	spin_unlock_irqrestore(&live->adi->fault_lock, flags);
	if (!shut)
		vdcm_faults_kick(live);
}

/*
 * How long a callback may wait without headway. Returning early costs one of type1's
 * retries, but it is what lets another thread of type1 go on, if that is what the
 * headway waits for.
 */
static unsigned long vdcm_unmap_patience(const struct vdcm_unmap *op,
					 const struct vdcm_live *live)
{
	unsigned long ms = 200;

	if (!op || op->callbacks >= LAST_RESORT)
		return MAX_SCHEDULE_TIMEOUT;
	/* The same lock as at the device before: it is not going to come free. */
	if (op->stalled && op->stalled != live)
		ms = 20;
	if (op->callbacks > 3)
		ms <<= op->callbacks - 3;
	return msecs_to_jiffies(ms);
}

/* The open state, which stays until vdcm_unmap_end(); NULL = closed. */
static struct vdcm_live *vdcm_unmap_begin(struct vdcm_adi *adi)
{
	struct vdcm_live *live;
	unsigned long flags;

	spin_lock_irqsave(&adi->fault_lock, flags);
	live = adi->live;
	if (live)
		live->dma.users++;
	spin_unlock_irqrestore(&adi->fault_lock, flags);
	return live;
}

/**
 * vdcm_unmap_end() - a callback does not need the open state any more
 * @live: open state, of which struct vdcm_dma has counted the user
 *
 * Context: any.
 */
void vdcm_unmap_end(struct vdcm_live *live)
{
	struct vdcm_adi *adi = live->adi;
	unsigned long flags;

	/* Under the lock: it is freed soon after. */
	spin_lock_irqsave(&adi->fault_lock, flags);
	WRITE_ONCE(live->dma.users, live->dma.users - 1);
	wake_up_all(&live->dma.wait);
	spin_unlock_irqrestore(&adi->fault_lock, flags);
}

/* A pin of the range that began before the gate was closed is given back. */
static void vdcm_pin_spoil(struct vdcm_live *live, u64 first, u64 last)
{
	struct vdcm_pinning *pinning = &live->dma.pinning;
	unsigned long flags;

	spin_lock_irqsave(&live->adi->fault_lock, flags);
	if (pinning->first <= last && pinning->last >= first)
		pinning->spoiled = true;
	spin_unlock_irqrestore(&live->adi->fault_lock, flags);
}

static void vdcm_unmap_range(struct vdcm_live *live, struct vdcm_unmap *op, u64 iova, u64 end)
{
	u64 first = iova >> PAGE_SHIFT, last = end >> PAGE_SHIFT;
	u64 start = ktime_get_ns();
	bool done;

	vdcm_pin_spoil(live, first, last);
	vdcm_drop_range(live, first, last);
	done = vdcm_unpin_wait(live, first, last, vdcm_unmap_patience(op, live));
	trace_vdcm_unmap(live->adi, iova, end, op ? op->callbacks : 0, ktime_get_ns() - start,
			 done);
	/* Callbacks of one operation are made one after the other. */
	if (op)
		op->stalled = done ? NULL : live;
}

static void vdcm_unmap_gated(struct vdcm_live *live, struct vdcm_unmap *op, u64 iova, u64 end)
{
	bool slotless = !vdcm_gate_close(op, live, iova, end);

	if (slotless)
		vdcm_gate_shut(live, true);
	vdcm_unmap_range(live, op, iova, end);
	if (slotless)
		vdcm_gate_shut(live, false);
}

/* The back end refuses pins in the range by itself. */
static void vdcm_unmap_ungated(struct vdcm_live *live, u64 iova, u64 end)
{
	unsigned long flags;

	spin_lock_irqsave(&live->adi->fault_lock, flags);
	vdcm_holdoff_note(&live->dma.gate, iova, end, ktime_get_ns());
	spin_unlock_irqrestore(&live->adi->fault_lock, flags);
	vdcm_unmap_range(live, NULL, iova, end);
}

/**
 * vdcm_unmap() - user space unmaps memory
 * @adi: ADI; may be closing, or closed
 * @iova: start of the range
 * @length: its length
 * @gated: the caller calls again while pages are pinned: pins are to be held off
 *
 * May return before all of the range is unpinned; VFIO then calls again.
 *
 * Context: process; VFIO's own locks held. May run beside everything else.
 */
void vdcm_unmap(struct vdcm_adi *adi, u64 iova, u64 length, bool gated)
{
	struct vdcm_unmap *op = NULL;
	struct vdcm_live *live;
	u64 last;

	if (!length)
		return;
	if (check_add_overflow(iova, length - 1, &last))
		last = U64_MAX;
	vdcm_inc(adi, VDCM_CNT_UNMAP_CALLBACKS);
	if (gated)
		op = vdcm_unmap_get(iova, last);
	live = vdcm_unmap_begin(adi);
	if (live && op)
		vdcm_unmap_gated(live, op, iova, last);
	else if (live)
		vdcm_unmap_ungated(live, iova, last);
	if (live)
		vdcm_unmap_end(live);
	if (op)
		vdcm_unmap_put(op);
}

/**
 * vdcm_unmap_join() - an ADI is opened: what its process unmaps is closed to it
 * @live: its open state; no fault is taken yet
 *
 * Context: process; called by the task that opens.
 */
void vdcm_unmap_join(struct vdcm_live *live)
{
	struct vdcm_adi *adi = live->adi;
	struct vdcm_unmap *op;
	unsigned long flags;
	bool hot = false;
	unsigned int i;

	if (!live->dma.gated)
		return;
	spin_lock(&ops_lock);
	hash_for_each(ops, i, op, entry) {
		if (op->mm == current->mm)
			vdcm_gate_join(op, live);
		hot |= op->callbacks >= TOO_OFTEN;
	}
	spin_unlock(&ops_lock);
	if (!hot)
		return;
	/* Perhaps it is for the same container, whose ADI another process opens. */
	spin_lock_irqsave(&adi->fault_lock, flags);
	vdcm_holdoff_close_all(&live->dma.gate,
			       ktime_get_ns() + NSEC_PER_SEC);
	spin_unlock_irqrestore(&adi->fault_lock, flags);
}

/**
 * vdcm_unmap_leave() - an ADI is closed: no operation and no callback knows it any more
 * @live: its open state; no longer to be found
 *
 * Context: process. Waits for callbacks under way.
 */
void vdcm_unmap_leave(struct vdcm_live *live)
{
	struct vdcm_unmap *op;
	unsigned int i;

	wait_event(live->dma.wait, !READ_ONCE(live->dma.users));
	/* The last one may still hold the lock. */
	spin_lock_irq(&live->adi->fault_lock);
	spin_unlock_irq(&live->adi->fault_lock);
	spin_lock(&ops_lock);
	for (i = 0; i < VDCM_HOLDOFF_RANGES; i++)
		if (live->dma.joint[i].op)
			vdcm_gate_part(&live->dma.joint[i]);
	hash_for_each(ops, i, op, entry)
		if (op->slotless.live == live)
			op->slotless.live = NULL;
	spin_unlock(&ops_lock);
}

/**
 * vdcm_unmap_exit() - the module goes: end what waits for a time to be over
 *
 * On return nothing is left but work items on vdcm_wq.
 */
void vdcm_unmap_exit(void)
{
	struct vdcm_unmap *op;
	unsigned int i;

	spin_lock(&ops_lock);
	hash_for_each(ops, i, op, entry)
		mod_delayed_work(vdcm_wq, &op->timer, 0);
	spin_unlock(&ops_lock);
	/* A task that gave its reference back may still be in vdcm_unmap_task_returns(). */
	synchronize_rcu_tasks();
}
