/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the framework share. The lock order is in <vdcm/vdcm.h>;
 * fault_lock is inside all of it.
 *
 * Which lock protects what in struct vdcm_adi:
 *	lock		open and closed, config space, eventfds, reset
 *	pin_lock	pin tree, translation back end
 *	mem_lock	mem_on: whether pages of the ADI may be mapped
 *	irq_lock	MSI-X state, who is signalled, opener
 *	fault_lock	queue of faults, hold-off gate, pin under way (innermost, hard irq)
 * What joins ADIs to unmap operations has a lock of its own (unmap.c), outside fault_lock.
 * @live is written under lock, pin_lock, irq_lock and fault_lock, and read under any
 * of them; while the file is open it stays.
 * @state is read with none of them; states.c says which lock its changes need.
 */
#ifndef VDCM_INTERNAL_H
#define VDCM_INTERNAL_H

#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/rwsem.h>
#include <linux/ratelimit.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include <compat/irq.h>
#include <vdcm/state.h>
#include <vdcm/vdcm.h>

#include "objects/config.h"
#include "objects/holdoff.h"
#include "objects/iova.h"
#include "objects/msix.h"
#include "objects/pin_tree.h"
#include "objects/pool.h"
#include "objects/queues.h"
#include "objects/region.h"
#include "objects/stream.h"
#include "xlat/xlat.h"

/* An escaped character takes up to four. */
#define VDCM_OPENER_LEN		(4 * TASK_COMM_LEN)

/**
 * enum vdcm_parent_state - the state of a PF; moves in states.c
 * @VDCM_PARENT_UP: the PF works
 * @VDCM_PARENT_QUIESCED: the PF is in reset, or asleep
 * @VDCM_PARENT_DEAD: the device is gone
 */
enum vdcm_parent_state {
	VDCM_PARENT_UP,
	VDCM_PARENT_QUIESCED,
	VDCM_PARENT_DEAD,
	VDCM_NR_PARENT_STATES
};

/**
 * enum vdcm_adi_state - the state of an ADI; moves in states.c
 * @VDCM_ADI_CLOSED: no file has the ADI open; in all other states there is @live
 * @VDCM_ADI_OPEN: the PF driver has the ADI open; also while its open() runs
 * @VDCM_ADI_AWAY: the PF is quiesced, and the driver has not brought the ADI back yet
 * @VDCM_ADI_LOST: the PF driver has given the ADI up, and still has it open
 * @VDCM_ADI_REVOKED: vdcm has taken the hardware away: the driver has closed the ADI
 * @VDCM_ADI_CLOSING: likewise, and the user closes the file
 */
enum vdcm_adi_state {
	VDCM_ADI_CLOSED,
	VDCM_ADI_OPEN,
	VDCM_ADI_AWAY,
	VDCM_ADI_LOST,
	VDCM_ADI_REVOKED,
	VDCM_ADI_CLOSING,
	VDCM_NR_ADI_STATES
};

/* Counters of an ADI. */
enum vdcm_counter {
#define VDCM_COUNTER_ROW(id, ...)	VDCM_CNT_##id,
#include "counter_rows.h"
#undef VDCM_COUNTER_ROW
	VDCM_NR_COUNTERS
};

/**
 * struct vdcm_vec - where an MSI-X vector goes
 * @trigger: eventfd, or NULL
 * @producer: offers the vector's Linux irq to KVM
 * @bypass: @producer is registered
 */
struct vdcm_vec {
	struct eventfd_ctx *trigger;
	struct irq_bypass_producer producer;
	bool bypass;
};

/**
 * struct vdcm_waiting - a fault that waits for its turn
 * @fault: the fault
 * @since: when the fault arrived, nanoseconds
 * @not_before: time at which it is tried again, nanoseconds
 * @delayed: it has been counted as delayed by the gate
 * @kept: its page is prefetched (VDCM_PIN_KEPT)
 */
struct vdcm_waiting {
	struct vdcm_fault fault;
	u64 since;
	u64 not_before;
	bool delayed;
	bool kept;
};

/**
 * struct vdcm_serving - a fault being served
 * @w: fault
 * @epoch: that of struct vdcm_dma when it was taken
 */
struct vdcm_serving {
	struct vdcm_waiting w;
	unsigned int epoch;
};

/**
 * struct vdcm_prefetch - a range that is being prefetched
 * @w: the access whose page is next; its token numbers the range
 * @last: last page
 * @prot: VDCM_PROT_*
 * @err: what came of it
 * @done: the caller waits for it
 */
struct vdcm_prefetch {
	struct vdcm_waiting w;
	u64 last;
	u32 prot;
	int err;
	struct completion done;
};

/**
 * struct vdcm_pinning - a call of vfio_pin_pages() that is under way
 * @active: there is one
 * @spoiled: its pages are to be given back: they are being unmapped, or the ADI was
 *	stopped
 * @first: first page
 * @last: last page
 */
struct vdcm_pinning {
	bool active;
	bool spoiled;
	u64 first;
	u64 last;
};

struct dentry;
struct vdcm_unmap;
struct vdcm_watch;
struct vdcm_spot;

/**
 * struct vdcm_joint - what ties an ADI to an unmap operation that has closed its gate
 * @entry: in the operation's list
 * @live: ADI
 * @op: the operation, or NULL
 * @first: first address of the last callback
 * @last: last address of the last callback
 * @callbacks: callbacks for that range, one after the other
 */
struct vdcm_joint {
	struct list_head entry;
	struct vdcm_live *live;
	struct vdcm_unmap *op;
	u64 first;
	u64 last;
	unsigned int callbacks;
};

/* Work items of an ADI that unpin beside the first one when that makes no headway. */
#define VDCM_UNPIN_HELPERS	VDCM_QUEUE_HELPERS

/**
 * struct vdcm_helper - one of them
 * @work: unpins
 * @live: ADI
 */
struct vdcm_helper {
	struct work_struct work;
	struct vdcm_live *live;
};

/**
 * struct vdcm_dma - translation of an open ADI
 * @ops: back end; NULL while nothing is attached
 * @tree: pinned pages
 * @pages: room for one batch
 * @work: serves the faults, one at a time
 * @unpin: unpins what has left the translation
 * @helper: the same
 * @urgent_first: first page of the range that a callback waits for
 * @urgent_last: last page of it
 * @progress: grows with each batch unpinned and each pin ended
 * @wait: for @progress, and for @users to become 0
 * @nr_waiting: faults in @waiting
 * @epoch: how often faults were dropped
 * @users: unmap callbacks under way
 * @accept: faults are taken
 * @gated: pins are held off while memory is unmapped
 * @held: the VM is stopped: faults wait
 * @ageing: cold pages are given up, and pages are pinned one by one; under the pin lock
 * @age_at: when the next turn of ageing begins, nanoseconds
 * @age_next: page with which that turn begins
 * @logging: the log of the device's writes is on; under the pin lock
 * @dirty_all: every page counts as written: there was no memory for a mark
 * @dirty: pages that the device has written, or may write
 * @starved_until: when pins are tried again, nanoseconds; for want of memory
 * @hunger: how long pins were not tried for last, nanoseconds; 0 = there is memory
 * @single_until: until when pages are pinned one by one, nanoseconds
 * @pinning: the pin under way
 * @prefetches: ranges may be prefetched
 * @prefetch: the range, or NULL
 * @prefetch_token: of the last one
 * @gate: hold-off gate
 * @joint: one for each slot of the gate
 * @waiting: queue
 */
struct vdcm_dma {
	const struct vdcm_xlat_ops *ops;
	struct vdcm_pin_tree tree;
	struct page **pages;
	struct delayed_work work;
	struct work_struct unpin;
	struct vdcm_helper helper[VDCM_UNPIN_HELPERS];
	u64 urgent_first;
	u64 urgent_last;
	unsigned long progress;
	wait_queue_head_t wait;
	unsigned int nr_waiting;
	unsigned int epoch;
	unsigned int users;
	bool accept;
	bool gated;
	bool held;
	bool ageing;
	u64 age_at;
	u64 age_next;
	bool logging;
	bool dirty_all;
	struct xarray dirty;
	u64 starved_until;
	u64 hunger;
	u64 single_until;
	struct vdcm_pinning pinning;
	bool prefetches;
	struct vdcm_prefetch *prefetch;
	u32 prefetch_token;
	struct vdcm_holdoff gate;
	struct vdcm_joint joint[VDCM_HOLDOFF_RANGES];
	struct vdcm_waiting waiting[VDCM_MAX_FAULTS];
};

/**
 * struct vdcm_live - state of an open ADI
 * @adi: whose
 * @config: config space
 * @msix: MSI-X state
 * @err: eventfd of the error interrupt, or NULL
 * @req: eventfd of the release request, or NULL
 * @dma: translation
 * @bus_master: as the driver has it
 * @paused: the VM is stopped, or about to be: no DMA, also if the guest has enabled it
 * @frozen: the VM is stopped: the driver has frozen the ADI, or does so when its PF is back
 * @announce: the ADI's state came from elsewhere, and the network does not know yet
 * @reset_owed: it was reset while the PF was quiesced
 * @memcg: memory cgroup of the process that opened it, or NULL
 * @vecs: one for each vector
 */
struct vdcm_live {
	struct vdcm_adi *adi;
	struct vdcm_config config;
	struct vdcm_msix msix;
	struct eventfd_ctx *err;
	struct eventfd_ctx *req;
	struct vdcm_dma dma;
	bool bus_master;
	bool paused;
	bool frozen;
	bool announce;
	bool reset_owed;
	struct mem_cgroup *memcg;
	struct vdcm_vec vecs[];
};

struct vdcm_adi;

/**
 * struct vdcm_export_ops - what the framework asks of an exporter of ADIs
 * @bytes: memory that an ADI takes beside its struct vdcm_adi, for the counter
 * @zap: revoke all mappings of doorbell pages; the next touch faults. Under mem_lock
 * @pin: pin @nr pages of the user's memory from @iova on, to be accessed by @prot. All of
 *	them: 0, or an errno; -ENOMEM = no memory, or none that may be locked. Waits for the
 *	user's memory: no lock is held
 * @unpin: unpin @nr pages. Waits for other users of that memory: no lock is held
 * @dma_rw: vdcm_adi_dma_rw()
 *
 * An exporter hands an ADI to user space. It creates and removes ADIs (create.c), opens
 * and closes them (function.c), reports what user space unmaps (unmap.c) and installs
 * eventfds (irq.c).
 */
struct vdcm_export_ops {
	size_t bytes;
	void (*zap)(struct vdcm_adi *adi);
	int (*pin)(struct vdcm_adi *adi, u64 iova, unsigned int nr, u32 prot,
		   struct page **pages);
	void (*unpin)(struct vdcm_adi *adi, u64 iova, unsigned int nr);
	int (*dma_rw)(struct vdcm_adi *adi, u64 iova, void *data, size_t len,
		      bool write);
};

/**
 * struct vdcm_adi - an assignable device interface
 * @export: its exporter
 * @dev: its device, the mdev's
 * @parent: PF
 * @type: type
 * @ops: operations of the type
 * @regions: region table of the type
 * @drvdata: the PF driver's
 * @attrs: directory of the PF driver's attributes, or NULL
 * @debug: the ADI's file in debugfs, or NULL
 * @entry: in the parent's list
 * @queues: what its work items run on
 * @lock: see above
 * @pin_lock: see above
 * @mem_lock: see above
 * @irq_lock: see above
 * @fault_lock: see above
 * @state: enum vdcm_adi_state; changed by vdcm_adi_move()
 * @live: state of an open ADI, or NULL
 * @watch: watches the memory of the process that has the ADI open, or NULL
 * @mem_on: pages of the ADI may be mapped now
 * @state_size: most bytes of the driver's record; 0: the ADI cannot be migrated
 * @xlat: translation, for its back end
 * @opener_pid: who has it open
 * @opener: its name, printable ASCII: what is not is escaped
 * @revoke_work: revokes it from a user that does not release it
 * @log: limits the lines of the log that its user or guest can cause
 * @counters: by enum vdcm_counter
 */
struct vdcm_adi {
	const struct vdcm_export_ops *export;
	struct device *dev;
	struct vdcm_parent *parent;
	const struct vdcm_type *type;
	const struct vdcm_adi_ops *ops;
	const struct vdcm_regions *regions;
	void *drvdata;
	struct kobject *attrs;
	struct dentry *debug;
	struct list_head entry;
	struct vdcm_queues *queues;
	struct mutex lock;		/* open, config space, reset */
	struct mutex pin_lock;		/* pin tree, translation */
	struct rw_semaphore mem_lock;	/* mem_on */
	spinlock_t irq_lock;		/* MSI-X state, opener */
	spinlock_t fault_lock;		/* queue of faults, gate */
	unsigned int state;
	struct vdcm_live *live;
	struct vdcm_watch *watch;
	bool mem_on;
	size_t state_size;
	struct vdcm_translation xlat;
	pid_t opener_pid;
	char opener[VDCM_OPENER_LEN];
	struct delayed_work revoke_work;
	struct ratelimit_state log;
	atomic64_t counters[VDCM_NR_COUNTERS];
};

/**
 * struct vdcm_parent - a registered PF
 * @dev: the PF
 * @drv: PF driver
 * @resumes: ADIs of all types can be brought back
 * @backend: back end of the translation mode
 * @iova: addresses that its ADIs can use
 * @resources: names of what types are paid with
 * @nr_resources: their number
 * @drvdata: the PF driver's
 * @state: enum vdcm_parent_state; changed by vdcm_parent_move()
 * @wait: for the end of VDCM_PARENT_QUIESCED
 * @list_lock: protects @adis; outside adi->lock
 * @adis: all ADIs
 * @pool: what is left to create ADIs from
 */
struct vdcm_parent {
	struct device *dev;
	const struct vdcm_driver *drv;
	bool resumes;
	const struct vdcm_backend *backend;
	struct vdcm_iova iova;
	const char * const *resources;
	unsigned int nr_resources;
	void *drvdata;
	unsigned int state;
	wait_queue_head_t wait;
	struct mutex list_lock;		/* adis */
	struct list_head adis;
	struct vdcm_pool pool;
};

extern struct workqueue_struct *vdcm_wq;
extern unsigned int vdcm_fault_around;
extern bool vdcm_holdoff_on;

static inline const struct vdcm_adi_ops *vdcm_ops(const struct vdcm_adi *adi)
{
	return adi->ops;
}

/* Where work items of an ADI run: never on a queue that others share without a bound. */
static inline struct workqueue_struct *vdcm_wq_of(const struct vdcm_adi *adi,
						  enum vdcm_queue queue)
{
	return adi->queues->wq[queue];
}

/*
 * Between the two, what is allocated with __GFP_ACCOUNT is charged to the opener's memory
 * cgroup: for work items that allocate on behalf of an open ADI. What begin returns is
 * handed to end.
 */
static inline struct mem_cgroup *vdcm_charge_begin(const struct vdcm_live *live)
{
	return set_active_memcg(live->memcg);
}

static inline void vdcm_charge_end(struct mem_cgroup *old)
{
	set_active_memcg(old);
}

static inline bool vdcm_parent_is(const struct vdcm_parent *parent,
				  enum vdcm_parent_state state)
{
	return READ_ONCE(parent->state) == state;
}

static inline bool vdcm_is_dead(const struct vdcm_adi *adi)
{
	return vdcm_parent_is(adi->parent, VDCM_PARENT_DEAD);
}

/*
 * Is the PF quiesced, and an open ADI not yet brought back? One that is goes on
 * while others still wait for their turn. Under adi->lock.
 */
static inline bool vdcm_is_away(const struct vdcm_adi *adi)
{
	return READ_ONCE(adi->state) == VDCM_ADI_AWAY;
}

/* The PF driver has the ADI open: there is something to stop, to quiesce or to revoke. */
static inline bool vdcm_is_held(const struct vdcm_adi *adi)
{
	unsigned int state = READ_ONCE(adi->state);

	return state >= VDCM_ADI_OPEN && state <= VDCM_ADI_LOST;
}

/* Has the user of an open ADI lost the hardware for good? */
static inline bool vdcm_is_gone(const struct vdcm_adi *adi)
{
	return vdcm_is_dead(adi) || READ_ONCE(adi->state) >= VDCM_ADI_LOST;
}

/* May operations of an open ADI reach for the hardware? Under adi->lock. */
static inline bool vdcm_is_there(const struct vdcm_adi *adi)
{
	return !vdcm_is_gone(adi) && !vdcm_is_away(adi);
}

/* May the ADI do DMA, as far as guest and VMM have a say? Under adi->lock. */
static inline bool vdcm_wants_dma(const struct vdcm_live *live)
{
	return !live->paused && vdcm_config_bus_master(&live->config);
}

static inline void vdcm_add(struct vdcm_adi *adi, enum vdcm_counter counter,
			    s64 n)
{
	atomic64_add(n, &adi->counters[counter]);
}

static inline void vdcm_inc(struct vdcm_adi *adi, enum vdcm_counter counter)
{
	atomic64_inc(&adi->counters[counter]);
}

/* states.c */
extern const struct vdcm_states vdcm_parent_states;
extern const struct vdcm_states vdcm_adi_states;
bool vdcm_parent_move(struct vdcm_parent *parent, enum vdcm_parent_state to);
bool vdcm_adi_move(struct vdcm_adi *adi, enum vdcm_adi_state to);

/* parent.c */
void vdcm_lock_settled(struct vdcm_adi *adi);
void vdcm_wait_settled(struct vdcm_parent *parent);
struct vdcm_regions *vdcm_parent_regions(struct vdcm_parent *parent, unsigned int i,
					 const struct vdcm_type *type);
const struct vdcm_adi_ops *vdcm_parent_ops(const struct vdcm_parent *parent,
					   const struct vdcm_type *type);
bool vdcm_ops_complete(const struct vdcm_adi_ops *ops);
int vdcm_parent_init(struct vdcm_parent *parent, const struct vdcm_driver *drv,
		     struct device *dev, const struct vdcm_parent_desc *desc,
		     void *drvdata);
void vdcm_parent_exit(struct vdcm_parent *parent);
int vdcm_parent_take(struct vdcm_parent *parent, const struct vdcm_type *type,
		     const char *name);
unsigned int vdcm_parent_available(struct vdcm_parent *parent,
				   const struct vdcm_type *type);

/* function.c */
int vdcm_function_open(struct vdcm_adi *adi, bool gated);
void vdcm_function_close(struct vdcm_adi *adi);
int vdcm_freeze_again(struct vdcm_adi *adi);
int vdcm_reset(struct vdcm_adi *adi);
void vdcm_set_bus_master(struct vdcm_adi *adi, bool on);
void vdcm_set_memory(struct vdcm_adi *adi, bool on);
void vdcm_zap(struct vdcm_adi *adi);
void vdcm_stop(struct vdcm_adi *adi);
void vdcm_shut_begin(struct vdcm_adi *adi);
void vdcm_revoke(struct vdcm_adi *adi);

/* freeze.c */
void vdcm_pause(struct vdcm_adi *adi);
void vdcm_unpause(struct vdcm_adi *adi);
int vdcm_freeze(struct vdcm_adi *adi);
int vdcm_thaw(struct vdcm_adi *adi);
void vdcm_let_go(struct vdcm_adi *adi);

/* ageing.c */
void vdcm_age_start(struct vdcm_adi *adi);
void vdcm_age_stop(struct vdcm_adi *adi);
void vdcm_age_now(struct vdcm_adi *adi);
u64 vdcm_age(struct vdcm_live *live);

/* marks.c */
void vdcm_log_lost(struct vdcm_dma *dma);
int vdcm_log_pages(struct vdcm_dma *dma, u64 first, u32 nr);
void vdcm_log_written(struct vdcm_adi *adi, u64 iova, size_t len);

/* dirty.c */
int vdcm_log_start(struct vdcm_adi *adi);
int vdcm_log_stop(struct vdcm_adi *adi);
int vdcm_log_report(struct vdcm_adi *adi, u64 iova, u64 len,
		    void (*report)(void *opaque, u64 iova, u64 len), void *opaque);

/* state.c */
size_t vdcm_state_bound(const struct vdcm_adi *adi);
int vdcm_state_hello(struct vdcm_adi *adi, struct vdcm_stream_out *out);
int vdcm_state_compare(struct vdcm_adi *adi, const struct vdcm_stream_in *in);
void vdcm_state_expect(const struct vdcm_adi *adi, struct vdcm_stream_in *in);
int vdcm_state_save(struct vdcm_adi *adi, struct vdcm_stream_out *out);
int vdcm_state_load(struct vdcm_adi *adi, const struct vdcm_stream_in *in);

/* revoke.c */
void vdcm_revoke_work(struct work_struct *work);
void vdcm_revoke_after(struct vdcm_adi *adi, unsigned long delay);
void vdcm_request_release(struct vdcm_adi *adi);
void vdcm_request_all(struct vdcm_parent *parent);

/* create.c */
int vdcm_adi_init(struct vdcm_adi *adi, const struct vdcm_export_ops *export,
		  struct device *dev, struct vdcm_parent *parent,
		  const struct vdcm_type *type, const struct vdcm_regions *regions);
void vdcm_adi_exit(struct vdcm_adi *adi);
int vdcm_adi_create(struct vdcm_adi *adi);
void vdcm_adi_destroy(struct vdcm_adi *adi);

/* adi.c */
void vdcm_log_init(struct vdcm_adi *adi);

/* attrs.c */
int vdcm_attrs_add(struct vdcm_adi *adi);
void vdcm_attrs_remove(struct vdcm_adi *adi);

/* debugfs.c */
void vdcm_debugfs_init(void);
void vdcm_debugfs_exit(void);
void vdcm_debugfs_add(struct vdcm_adi *adi);
void vdcm_debugfs_remove(struct vdcm_adi *adi);

/* irq.c */
void vdcm_irq_set_trigger(struct vdcm_adi *adi, unsigned int vec,
			  struct eventfd_ctx *ctx);
void vdcm_irq_set_single(struct vdcm_adi *adi, struct eventfd_ctx **slot,
			 struct eventfd_ctx *ctx);
bool vdcm_irq_signal_single(struct vdcm_adi *adi, struct eventfd_ctx **slot);
void vdcm_irq_loopback(struct vdcm_adi *adi, unsigned int vec);
void vdcm_irq_hold(struct vdcm_adi *adi, unsigned int vec, bool held);
void vdcm_irq_kick(struct vdcm_adi *adi, unsigned int first, unsigned int nr);
void vdcm_irq_kick_all(struct vdcm_adi *adi);
void vdcm_irq_disable(struct vdcm_adi *adi);
void vdcm_irq_release(struct vdcm_adi *adi);
bool vdcm_irq_request(struct vdcm_adi *adi);

/* faults.c */
bool vdcm_iova_valid(const struct vdcm_adi *adi, u64 iova, u32 len);
void vdcm_faults_kick(struct vdcm_live *live);
bool vdcm_fault_take(struct vdcm_adi *adi, struct vdcm_serving *s, u64 *wait);
bool vdcm_fault_stale(struct vdcm_adi *adi, const struct vdcm_serving *s);
u64 vdcm_fault_must_wait(struct vdcm_adi *adi, struct vdcm_waiting *w);
int vdcm_fault_requeue(struct vdcm_adi *adi, struct vdcm_serving *s, u64 delay);
bool vdcm_fault_may_come_back(struct vdcm_adi *adi, const struct vdcm_serving *s);

/* dma.c */
int vdcm_dma_open(struct vdcm_live *live);
int vdcm_dma_attach(struct vdcm_adi *adi);
void vdcm_dma_detach(struct vdcm_adi *adi);
void vdcm_dma_resume(struct vdcm_adi *adi);
void vdcm_dma_drain(struct vdcm_live *live);
void vdcm_dma_free(struct vdcm_live *live);
void vdcm_prefetch_allow(struct vdcm_adi *adi, bool on);
bool vdcm_prefetch_take(struct vdcm_adi *adi, struct vdcm_serving *s, u64 *wait);
void vdcm_prefetch_step(struct vdcm_adi *adi, const struct vdcm_serving *s, int err);
void vdcm_dma_accept(struct vdcm_adi *adi, bool accept);
void vdcm_dma_hold(struct vdcm_adi *adi, bool hold);

/* pin.c */
int vdcm_pin(struct vdcm_adi *adi, const struct vdcm_serving *s);
bool vdcm_pin_room(unsigned int *tries);
void vdcm_pin_starved(struct vdcm_adi *adi);
void vdcm_pin_fed(struct vdcm_adi *adi);
u64 vdcm_gate_wait(struct vdcm_adi *adi, u64 first, u64 last);

/* Of a page's VDCM_PIN_*: mapped for writing and yet not "writable" = it may not be read. */
static inline bool vdcm_pin_write_only(u32 flags)
{
	return (flags & (VDCM_PIN_WRITABLE | VDCM_PIN_MAPPED_WRITE)) ==
	       VDCM_PIN_MAPPED_WRITE;
}

/* unpin.c */
void vdcm_unpin_init(struct vdcm_live *live);
bool vdcm_drop_range(struct vdcm_live *live, u64 first, u64 last);
void vdcm_unpin_drop(struct vdcm_live *live, u64 page);
bool vdcm_unpin_wait(struct vdcm_live *live, u64 first, u64 last,
		     unsigned long patience);
void vdcm_unpin_finish(struct vdcm_live *live);

/* unmap.c */
void vdcm_unmap(struct vdcm_adi *adi, u64 iova, u64 length, bool gated);
void vdcm_unmap_join(struct vdcm_live *live);
void vdcm_unmap_leave(struct vdcm_live *live);
void vdcm_unmap_end(struct vdcm_live *live);
void vdcm_unmap_exit(void);

/* discard.c */
int vdcm_watch_begin(struct vdcm_adi *adi);
void vdcm_watch_end(struct vdcm_adi *adi);

/* spots.c */
int vdcm_spot_find(struct vdcm_adi *adi, u64 first, u32 nr, struct vdcm_spot **spot);
bool vdcm_spot_settle(struct vdcm_adi *adi, struct vdcm_spot *spot);
void vdcm_spots_forget(struct vdcm_adi *adi, u64 first, u64 nr);
void vdcm_spots_begin(struct vdcm_adi *adi);

/* sysfs.c */
void vdcm_counters_init(void);

#endif /* VDCM_INTERNAL_H */
