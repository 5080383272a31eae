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
 * struct snic_vec - one interrupt vector of an open ADI
 * @adi: ADI
 * @vec: its number in the function
 * @irq: Linux irq, 0 if the vector is demultiplexed from the cause ring
 * @index: MSI-X entry behind @irq
 * @name: name of @irq
 */
struct snic_vec {
	struct snic_adi *adi;
	unsigned int vec;
	int irq;
	unsigned int index;
	char name[48];
};

/* Time for guests to read the announcement of a reset, ms. They notice it anyway. */
#define SNIC_ANNOUNCE_MS	5

/* What an ADI's worker has to do besides messages. The link comes after them. */
#define SNIC_DUE_CHECK	0x1	/* addresses may have become another's */
#define SNIC_DUE_RESET	0x2	/* reset the function, the guest is notified */
#define SNIC_DUE_LINK	0x4	/* send the guest the link's state */
#define SNIC_DUE_VSI	0x8	/* its VSI is unknown: try again */
#define SNIC_DUE_WISHES	0x10	/* what the guest asked for may be given now */

/* Groups beyond the VSI's filters that are remembered; more are not. */
#define SNIC_MORE_GROUPS	192

/* What the operator set (attrs.c). Kept over open, close and reset. */
enum snic_cfg {
	SNIC_CFG_TX_RATE,	/* Mb/s */
	SNIC_CFG_TRUST,
	SNIC_CFG_SPOOFCHK,
	SNIC_CFG_LINK,		/* enum snic_link_state */
	SNIC_CFG_QUEUES,
	SNIC_CFG_RX_RING,	/* most descriptors */
	SNIC_CFG_TX_RING,
	SNIC_CFG_ITR,		/* us */
	SNIC_NR_CFG
};

/**
 * struct snic_adi - one ADI
 * @vdcm: the framework's side
 * @pf: PF
 * @kind: what it is to its guest
 * @priv: the kind's own
 * @list: in pf->adis
 * @addr: the address a guest finds, in pf->macs
 * @lock: everything below but @dma_lock's and @msg_lock's part
 * @func: function number while open, else 0; changes under both mutexes
 * @cfg: by enum snic_cfg
 * @vlan: VLANs that the operator set; kept as @cfg
 * @counters: counters since it was opened
 * @life: likewise when the guest's driver started, as far as that can ask
 * @nr_queues: queue pairs it was opened with
 * @qp: queue pairs
 * @vecs: vectors
 * @away: the device is being reset under it, from quiesce to resume
 * @dma_on: the guest's bus master enable
 * @vsi: the switch's side
 * @guest_mac: address the guest chose as its primary one; that of @addr until it does
 * @nr_more: entries in @more
 * @more: groups the guest joined that have no filter: all multicast instead
 * @more_lost: there were more than fit in @more
 * @promisc: SNIC_VSI_UC_PROMISC, SNIC_VSI_MC_PROMISC: asked for by the guest, granted or not
 * @work: answers messages
 * @later: queues @work when a guest that has kept the firmware busy has waited
 * @msg_lock: @msgs, @gate, @closing and @due
 * @msgs: messages that wait
 * @msg: the one that @work has taken
 * @pace: what the guest has caused at the firmware
 * @gate: messages are accepted
 * @closing: @gate stays shut
 * @due: SNIC_DUE_*
 * @starved: no more of its memory can be pinned
 * @held: what it leaves if its function has to be kept from others, while open
 * @dma_lock: @xlat, @epoch
 * @xlat: translation table (mode table)
 * @epoch: counts resets, part of fault tokens
 */
struct snic_adi {
	struct vdcm_adi *vdcm;
	struct snic_pf *pf;
	const struct snic_kind *kind;
	void *priv;
	struct list_head list;
	struct snic_addr addr;

	struct mutex lock;	/* see above */
	u16 func;
	u32 cfg[SNIC_NR_CFG];
	struct snic_vlan vlan;
	struct snic_counters counters;
	u64 life[SNIC_STAT_TX_ERRORS + 1];
	unsigned int nr_queues;
	u16 qp[SNIC_FUNC_QPS];
	struct snic_vec vecs[SNIC_FUNC_VECS];
	bool away;
	bool dma_on;
	struct snic_vsi vsi;
	u8 guest_mac[ETH_ALEN];
	unsigned int nr_more;
	u8 more[SNIC_MORE_GROUPS][ETH_ALEN];
	bool more_lost;
	u16 promisc;

	struct work_struct work;
	struct delayed_work later;
	spinlock_t msg_lock;	/* see above */
	struct snic_msgq msgs;
	struct snic_msg *msg;
	struct snic_pace pace;
	bool gate;
	bool closing;
	u8 due;
	bool starved;

	struct snic_held *held;

	struct mutex dma_lock;	/* see above */
	struct snic_xlat xlat;
	u32 epoch;
};

static inline unsigned int snic_adi_nr_vecs(const struct snic_adi *adi)
{
	return adi->nr_queues * adi->kind->queue_vecs + 1;
}

/* Its function cannot be asked anything, and is given what is missing when it is back. */
static inline bool snic_adi_off(const struct snic_adi *adi)
{
	return adi->away || snic_hw_off(adi->pf);
}

/* What the guest's driver asked of the VSI ends with that driver. */
static inline void snic_adi_clear_wishes(struct snic_adi *adi)
{
	adi->promisc = 0;
	adi->nr_more = 0;
	adi->more_lost = false;
}

/* Names a stopped unit towards the framework; an old life's tokens don't match. */
static inline u32 snic_adi_token(const struct snic_adi *adi, u8 unit)
{
	return READ_ONCE(adi->epoch) << 8 | unit;
}

/* ops.c */
extern const struct vdcm_adi_ops snic_adi_ops;

/* life.c */
int snic_adi_start(struct snic_adi *adi, u16 func);
void snic_adi_stop(struct snic_adi *adi);
int snic_adi_func_reset(struct snic_adi *adi);
int snic_adi_restart(struct snic_adi *adi, bool dma_on);
int snic_adi_revive(struct snic_adi *adi);

/* quarantine.c */
void snic_held_init(struct snic_pf *pf);
void snic_held_retry(struct snic_pf *pf);
void snic_held_free_all(struct snic_pf *pf);
int snic_held_prepare(struct snic_adi *adi);
void snic_held_drop(struct snic_adi *adi);
void snic_held_stuck(struct snic_adi *adi);
void snic_held_keep_table(struct snic_adi *adi);
void snic_held_release(struct snic_adi *adi, u16 func);

/* vsi_start.c */
int snic_adi_vsi_start(struct snic_adi *adi);
int snic_adi_vsi_again(struct snic_adi *adi);

/* vsi.c, addrs.c */
int snic_adi_vsi_update(struct snic_adi *adi);
int snic_adi_add_addr(struct snic_adi *adi, const u8 *mac);
int snic_adi_del_addr(struct snic_adi *adi, const u8 *mac);
bool snic_adi_may_have(const struct snic_adi *adi, const u8 *mac);
bool snic_adi_may_join(const struct snic_adi *adi, const u8 *mac);
int snic_adi_check_addrs(struct snic_adi *adi);
bool snic_adi_link_up(const struct snic_adi *adi);

/* dma.c */
void snic_adi_set_pasid(struct vdcm_adi *vadi, u32 pasid);
int snic_adi_xlat_map(struct vdcm_adi *vadi, u64 iova, dma_addr_t dma,
		      unsigned int nr, u32 prot);
void snic_adi_xlat_unmap(struct vdcm_adi *vadi, u64 iova, u64 nr);
void snic_adi_fault_done(struct vdcm_adi *vadi, u32 token, int err);
int snic_adi_dma_open(struct snic_adi *adi, u16 func);
void snic_adi_dma_resume(struct snic_adi *adi);
void snic_adi_dma_close(struct snic_adi *adi);
void snic_adi_new_epoch(struct snic_adi *adi);

/* worker.c */
void snic_worker_init(struct snic_adi *adi);
void snic_worker_step(struct snic_adi *adi, unsigned int due, const struct snic_msg *msg);

/* messages.c */
unsigned int snic_msgs_next(struct snic_adi *adi, bool *msg);
int snic_msgs_alloc(struct snic_adi *adi);
void snic_msgs_free(struct snic_adi *adi);
void snic_msgs_open(struct snic_adi *adi);
void snic_msgs_close(struct snic_adi *adi);
void snic_msgs_purge(struct snic_adi *adi);
void snic_msgs_charge(struct snic_adi *adi, unsigned int requests);
u64 snic_msgs_wait(struct snic_adi *adi);
void snic_adi_message(struct snic_adi *adi, u32 op, const void *data, u16 len);
bool snic_adi_due(struct snic_adi *adi, unsigned int what);
void snic_adi_link_event(struct snic_adi *adi);
void snic_adi_starved(struct vdcm_adi *vadi, bool starved);

/* client.c */
extern const struct snic_client snic_adi_client;

/* vectors.c */
void snic_adi_vectors_open(struct snic_adi *adi, u16 func);
void snic_adi_vectors_route(struct snic_adi *adi, u16 func);
void snic_adi_vectors_close(struct snic_adi *adi, u16 func);

/* attrs.c */
extern struct attribute *snic_cfg_attrs[];
void snic_cfg_init(struct snic_adi *adi);
void snic_cfg_apply_itr(struct snic_adi *adi);

/* vlan.c */
extern struct device_attribute snic_attr_vlan;

/* stats.c */
extern const struct attribute_group snic_stats_group;
void snic_stats_init(void);

/* counters.c */
void snic_stats_start(struct snic_adi *adi);
void snic_stats_keep(struct snic_adi *adi);
void snic_stats_resume(struct snic_adi *adi);
u64 snic_stats_read(struct snic_adi *adi, unsigned int stat);
u64 snic_stats_guest(struct snic_adi *adi, unsigned int stat);
void snic_stats_new_life(struct snic_adi *adi);

/* sysfs.c */
extern const struct attribute_group *snic_adi_groups[];

static inline struct snic_adi *snic_adi_of(struct device *dev)
{
	return vdcm_adi_drvdata(vdcm_adi_get(dev));
}

#endif /* SMARTNIC_ADI_H */
