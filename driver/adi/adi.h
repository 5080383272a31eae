/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ADIs: what the PF driver keeps about each, whatever its kind, and what its files share.
 */
#ifndef SMARTNIC_ADI_H
#define SMARTNIC_ADI_H

#include <linux/device.h>

#include "../core/pf.h"
#include "attrs_parse.h"
#include "kind.h"
#include "msgq.h"
#include "xlat.h"

/**
 * struct smnc_vec - one interrupt vector of an open ADI
 * @adi: ADI
 * @vec: its number in the function
 * @irq: Linux irq, 0 if the vector is demultiplexed from the cause ring
 * @index: MSI-X entry behind @irq
 * @name: name of @irq
 */
struct smnc_vec {
	struct smnc_adi *adi;
	unsigned int vec;
	int irq;
	unsigned int index;
	char name[48];
};

/* Time for guests to read the announcement of a reset, ms. They notice it anyway. */
#define SMNC_ANNOUNCE_MS	5

/**
 * enum smnc_adi_state - the state of an ADI's function; moves in life.c
 * @SMNC_ADI_CLOSED: the ADI has no function
 * @SMNC_ADI_OPEN: the ADI has a function
 * @SMNC_ADI_AWAY: the driver resets the device, from quiesce to resume
 */
enum smnc_adi_state {
	SMNC_ADI_CLOSED,
	SMNC_ADI_OPEN,
	SMNC_ADI_AWAY,
	SMNC_NR_ADI_STATES
};

/**
 * enum smnc_gate - whether an ADI accepts messages; under msg_lock
 * @SMNC_GATE_SHUT: the ADI drops messages, until smnc_msgs_open()
 * @SMNC_GATE_OPEN: the ADI accepts messages
 * @SMNC_GATE_LOCKED: the ADI drops messages while smnc_msgs_close() waits for the worker's end
 */
enum smnc_gate {
	SMNC_GATE_SHUT,
	SMNC_GATE_OPEN,
	SMNC_GATE_LOCKED,
};

/* What an ADI's worker has to do besides messages. The link comes after them. */
#define SMNC_DUE_CHECK	0x1	/* addresses may have become another's */
#define SMNC_DUE_RESET	0x2	/* reset the function, the guest is notified */
#define SMNC_DUE_LINK	0x4	/* send the guest the link's state */
#define SMNC_DUE_VSI	0x8	/* its VSI is unknown: try again */
#define SMNC_DUE_WISHES	0x10	/* the operator has granted trust */
#define SMNC_DUE_AGAIN	0x20	/* work that the kind has put off */

/* Groups beyond the VSI's filters that are remembered; more are not. */
#define SMNC_MORE_GROUPS	192

/* What the operator set (attrs.c). Kept over open, close and reset. */
enum smnc_cfg {
#define SMNC_CFG_ROW(id, ...)		SMNC_CFG_##id,
#include "cfg_rows.h"
#undef SMNC_CFG_ROW
	SMNC_NR_CFG
};

/* When a guest's own VLAN filter is in force. */
enum smnc_own_vids {
	SMNC_OWN_VIDS_ANY,	/* if there is a VLAN in it */
	SMNC_OWN_VIDS_ALWAYS,
	SMNC_OWN_VIDS_NEVER,
};

/**
 * struct smnc_adi - one ADI
 * @vdcm: the framework's side
 * @pf: PF
 * @kind: what it is to its guest
 * @priv: the kind's own
 * @list: in pf->adis
 * @nr: its number, from 1, while it exists: that of its devlink port
 * @serial: no other ADI of the PF has it, before or after; from 1
 * @addr: the address a guest finds, in pf->macs
 * @mac_set: the operator chose the address; else the driver derives it from the UUID
 * @mac_came: the address came with a guest from another host
 * @lock: everything below but @dma_lock's and @msg_lock's part
 * @func: function number while open, else 0; changes under both mutexes
 * @cfg: by enum smnc_cfg
 * @vlan: VLANs that the operator set; kept as @cfg
 * @counters: counters since it was opened
 * @life: likewise when the guest's driver started, as far as that can ask
 * @nr_queues: queue pairs it was opened with
 * @qp: queue pairs
 * @vecs: vectors
 * @state: enum smnc_adi_state; changed by smnc_adi_move()
 * @frozen: the ADI's VM is stopped
 * @resumed: the PF was reset, and no reset() has come since; under vdcm's lock
 * @dma_on: the guest's bus master enable
 * @vsi: the switch's side
 * @rss_key: key of the hash until the guest sets one; new with each opening
 * @guest_mac: address the guest chose as its primary one; that of @addr until it does
 * @nr_more: entries in @more
 * @more: groups the guest joined that have no filter: all multicast instead
 * @more_lost: there were more than fit in @more
 * @strip: the guest wants the tags of received frames in descriptors
 * @own_vids: when @vsi.own restricts what the guest is given
 * @promisc: SMNC_VSI_UC_PROMISC, SMNC_VSI_MC_PROMISC: asked for by the guest, granted or not
 * @work: answers messages
 * @later: queues @work when a guest that has kept the firmware busy has waited
 * @msg_lock: @msgs, @gate, @hold and @due
 * @msgs: messages that wait
 * @msg: the one that @work has taken
 * @pace: what the guest has caused at the firmware
 * @gate: are messages accepted?
 * @hold: @work takes no message: the VM is stopped
 * @due: SMNC_DUE_*
 * @starved: no more of its memory can be pinned
 * @nr_faults: faults of the ADI's units, since it was created
 * @seen_faults: value of @nr_faults that smnc_adis_look() saw last
 * @again: SMNC_DUE_AGAIN is wanted, within a second; written under @lock
 * @held: what it leaves if its function has to be kept from others, while open
 * @dma_lock: @xlat, @epoch
 * @xlat: translation table (mode table)
 * @epoch: counts resets, part of fault tokens
 */
struct smnc_adi {
	struct vdcm_adi *vdcm;
	struct smnc_pf *pf;
	const struct smnc_kind *kind;
	void *priv;
	struct list_head list;
	u32 nr;
	u64 serial;
	struct smnc_addr addr;
	bool mac_set;
	bool mac_came;

	struct mutex lock;	/* see above */
	u16 func;
	u32 cfg[SMNC_NR_CFG];
	struct smnc_vlan vlan;
	struct smnc_counters counters;
	u64 life[SMNC_STAT_TX_ERRORS + 1];
	unsigned int nr_queues;
	u16 qp[SMNC_FUNC_QPS];
	struct smnc_vec vecs[SMNC_FUNC_VECS];
	unsigned int state;
	bool frozen;
	bool resumed;
	bool dma_on;
	struct smnc_vsi vsi;
	u8 rss_key[SMNC_RSS_KEY_BYTES];
	u8 guest_mac[ETH_ALEN];
	unsigned int nr_more;
	u8 more[SMNC_MORE_GROUPS][ETH_ALEN];
	bool more_lost;
	bool strip;
	enum smnc_own_vids own_vids;
	u16 promisc;

	struct work_struct work;
	struct delayed_work later;
	spinlock_t msg_lock;	/* see above */
	struct smnc_msgq msgs;
	struct smnc_msg *msg;
	struct smnc_pace pace;
	enum smnc_gate gate;
	bool hold;
	u8 due;
	bool starved;
	u32 nr_faults;
	u32 seen_faults;
	bool again;

	struct smnc_held *held;

	struct mutex dma_lock;	/* see above */
	struct smnc_xlat xlat;
	u32 epoch;
};

static inline unsigned int smnc_adi_nr_vecs(const struct smnc_adi *adi)
{
	return adi->nr_queues * adi->kind->queue_vecs + 1;
}

/* The function does not answer now. The kind sets it up again when it is back. */
static inline bool smnc_adi_off(const struct smnc_adi *adi)
{
	return adi->state == SMNC_ADI_AWAY || smnc_hw_off(adi->pf);
}

/* What the guest's driver asked of the VSI ends with that driver. */
static inline void smnc_adi_clear_wishes(struct smnc_adi *adi)
{
	adi->promisc = 0;
	adi->strip = false;
	adi->own_vids = SMNC_OWN_VIDS_ANY;
	adi->nr_more = 0;
	adi->more_lost = false;
}

/* Names a stopped unit towards the framework; an old life's tokens don't match. */
static inline u32 smnc_adi_token(const struct smnc_adi *adi, u8 unit)
{
	return READ_ONCE(adi->epoch) << 8 | unit;
}

/* list.c */
int smnc_adis_add(struct smnc_adi *adi);
void smnc_adis_del(struct smnc_adi *adi);
void smnc_adis_watch(struct smnc_pf *pf, work_func_t look);
void smnc_adis_unwatch(struct smnc_pf *pf);
void smnc_adis_look_again(struct smnc_pf *pf);
void smnc_adi_changed(struct smnc_adi *adi);

/* mac.c */
void smnc_adi_mac_default(struct smnc_adi *adi);
int smnc_adi_mac_set(struct smnc_adi *adi, const u8 *mac);

/* life.c */
extern const struct vdcm_states smnc_adi_states;
bool smnc_adi_move(struct smnc_adi *adi, enum smnc_adi_state to);
int smnc_adi_start(struct smnc_adi *adi, u16 func);
void smnc_adi_stop(struct smnc_adi *adi);
int smnc_adi_func_reset(struct smnc_adi *adi);
int smnc_adi_restart(struct smnc_adi *adi, bool dma_on);
int smnc_adi_revive(struct smnc_adi *adi);

/* quarantine.c */
void smnc_held_init(struct smnc_pf *pf);
void smnc_held_retry(struct smnc_pf *pf);
void smnc_held_free_all(struct smnc_pf *pf);
int smnc_held_prepare(struct smnc_adi *adi);
void smnc_held_drop(struct smnc_adi *adi);
void smnc_held_stuck(struct smnc_adi *adi);
void smnc_held_keep_table(struct smnc_adi *adi);
void smnc_held_release(struct smnc_adi *adi, u16 func);

/* vsi_start.c */
int smnc_adi_vsi_start(struct smnc_adi *adi);
int smnc_adi_vsi_again(struct smnc_adi *adi);
int smnc_adi_unpark(struct smnc_adi *adi);

/* vsi.c, addrs.c */
int smnc_adi_vsi_update(struct smnc_adi *adi);
int smnc_adi_add_addr(struct smnc_adi *adi, const u8 *mac);
int smnc_adi_del_addr(struct smnc_adi *adi, const u8 *mac);
bool smnc_adi_may_have(const struct smnc_adi *adi, const u8 *mac);
bool smnc_adi_may_join(const struct smnc_adi *adi, const u8 *mac);
int smnc_adi_check_addrs(struct smnc_adi *adi);
bool smnc_adi_link_up(const struct smnc_adi *adi);

/* dma.c */
int smnc_adi_dma_open(struct smnc_adi *adi, u16 func);
void smnc_adi_dma_resume(struct smnc_adi *adi);
void smnc_adi_dma_close(struct smnc_adi *adi);
void smnc_adi_new_epoch(struct smnc_adi *adi);

/* reset.c */
void smnc_adi_wait(struct smnc_adi *adi);

/* worker.c */
void smnc_worker_init(struct smnc_adi *adi);
void smnc_worker_step(struct smnc_adi *adi, unsigned int due, struct smnc_msg *msg);

/* messages.c */
unsigned int smnc_msgs_next(struct smnc_adi *adi, bool *msg);
int smnc_msgs_alloc(struct smnc_adi *adi);
void smnc_msgs_free(struct smnc_adi *adi);
void smnc_msgs_open(struct smnc_adi *adi);
void smnc_msgs_close(struct smnc_adi *adi);
void smnc_msgs_purge(struct smnc_adi *adi);
void smnc_msgs_hold(struct smnc_adi *adi);
void smnc_msgs_release(struct smnc_adi *adi);
void smnc_msgs_charge(struct smnc_adi *adi, unsigned int requests);
u64 smnc_msgs_wait(struct smnc_adi *adi);
void smnc_adi_message(struct smnc_adi *adi, u32 op, const void *data, u16 len);
bool smnc_adi_due(struct smnc_adi *adi, unsigned int what);
void smnc_adi_link_event(struct smnc_adi *adi);

/* client.c */
extern const struct smnc_client smnc_adi_client;
void smnc_adis_look(struct smnc_pf *pf);

/* vectors.c */
void smnc_adi_vectors_open(struct smnc_adi *adi, u16 func);
void smnc_adi_vectors_route(struct smnc_adi *adi, u16 func);
void smnc_adi_vectors_close(struct smnc_adi *adi, u16 func);

/* attrs.c */
extern struct attribute *smnc_cfg_attrs[];
void smnc_cfg_init(struct smnc_adi *adi);
int smnc_cfg_set_tx_rate(struct smnc_adi *adi, u64 mbps);
void smnc_cfg_apply_itr(struct smnc_adi *adi);

/* vlan.c */
extern struct device_attribute smnc_attr_vlan;

/* stats.c */
extern const struct attribute_group smnc_stats_group;
void smnc_stats_init(void);

/* counters.c */
void smnc_stats_start(struct smnc_adi *adi);
void smnc_stats_keep(struct smnc_adi *adi);
void smnc_stats_resume(struct smnc_adi *adi);
u64 smnc_stats_read(struct smnc_adi *adi, unsigned int stat);
u64 smnc_stats_guest(struct smnc_adi *adi, unsigned int stat);
void smnc_stats_new_life(struct smnc_adi *adi);

/* sysfs.c */
extern const struct attribute_group *smnc_adi_groups[];

static inline struct smnc_adi *smnc_adi_of(struct device *dev)
{
	return vdcm_adi_drvdata(vdcm_adi_get(dev));
}

#endif /* SMARTNIC_ADI_H */
