/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SmartNIC PF driver: the physical function and what its files share.
 *
 * Locks, outer to inner. A lock may be taken while any lock above it in its
 * column is held, and never the other way round:
 *
 *	rtnl_lock			the PF's netdev
 *	  net->filter_lock (mutex)	VSI 0
 *	vdcm's adi->lock		open, close, reset, bus_master
 *	  adi->lock (mutex)		one ADI: virtchnl state, VSI, FUNC_CTRL
 *	    pf->adis_lock (mutex)	list of ADIs
 *	    pf->macs_lock (mutex)	addresses of functions
 *	    pf->mbx.tx_lock (mutex)	PF mailbox, sending side
 *	    pf->fw_lock (mutex)		one firmware message at a time
 *	    pf->held_lock (mutex)	functions in quarantine; pf->fw_lock inside
 *	    pf->vec_lock (mutex)	MSI-X entries for ADIs
 *	    pf->fault_lock (mutex)	fault ring
 *	    pf->res_lock (spinlock)	bitmaps of windows and queue pairs
 *	vdcm's adi->pin_lock
 *	  adi->dma_lock (mutex)		translation table; is the function open?
 *
 *	adi->msg_lock (spinlock)	messages waiting for the ADI's worker
 *
 * adi->lock may be held when adi->dma_lock is taken. The ADI's worker holds
 * adi->lock while it answers a message, so nothing in it may call into vdcm
 * where vdcm's adi->lock would be taken; close and reset stop the worker before
 * they take adi->lock.
 *
 * pf->func[] has no lock: the readers are the handlers of the control vectors
 * (hard and threaded), the mailbox work, the link work, and pollers of the fault
 * ring, all of it under fault_lock. An ADI is taken out of it first and freed after
 * smnc_sync_events(), which waits for all of them; so none of them may, with what it
 * found there, wait for a lock that is held around open, close or reset.
 *
 * Hard interrupt handlers signal and schedule; they never sleep, allocate, or
 * talk to the firmware.
 */
#ifndef SMARTNIC_PF_H
#define SMARTNIC_PF_H

#include <linux/hashtable.h>
#include <linux/idr.h>
#include <linux/if_ether.h>
#include <linux/ktime.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include <smartnic/messages.h>
#include <smartnic/regs.h>
#include <vdcm/state.h>
#include <vdcm/vdcm.h>

#include "health.h"

#define SMNC_DRV_NAME	"smartnic"

struct dentry;
struct smnc_adi;
struct smnc_client;
struct smnc_devlink;
struct smnc_held;
struct smnc_net;
struct smnc_pf;

/**
 * struct smnc_ring - a ring of the PF in coherent memory
 * @desc: entries
 * @dma: their bus address
 * @reg: offset of the ring's registers in BAR0
 * @len: number of entries
 * @size: bytes of one entry
 * @head: consumer index, as far as it is the driver's
 * @tail: producer index, as far as it is the driver's
 */
struct smnc_ring {
	void *desc;
	dma_addr_t dma;
	u32 reg;
	u32 len;
	u32 size;
	u32 head;
	u32 tail;
};

/* A DMA buffer of a mailbox descriptor. */
struct smnc_buf {
	void *cpu;
	dma_addr_t dma;
};

struct smnc_mailbox {
	struct smnc_ring tx;
	struct smnc_ring rx;
	struct smnc_buf *tx_buf;
	struct smnc_buf *rx_buf;
	struct mutex tx_lock;	/* the TX ring */
	struct work_struct work;
};

/**
 * struct smnc_vsi - one VSI as the switch has it from the driver
 * @id: number, that of its function
 * @flags: SMNC_VSI_*
 * @vlan: port VLAN, SMNC_PORT_*, 0: none
 * @tx_rate: Mb/s, 0: no limit
 * @nr_macs: entries in @macs
 * @macs: address filters
 * @vids: VLAN table
 * @own: VLANs that the VSI's user wants
 * @has: SMNC_VSI_HAS_*
 * @key: key of the hash
 * @lut: queue by hash
 * @hashcfg: types of packets that are hashed, bits of SMNC_HASHCFG
 * @hash_omit: fields that are not hashed, as in struct smnc_fw_hash
 * @hash_sym: kinds of packets with one hash for both directions, likewise
 * @flows: flow table of SMNC_FLOWS rules, unused ones without fields; NULL: the VSI has no table
 * @unknown: a request about it was not answered: see smnc_vsi_settle()
 * @exchanges: requests about it so far; never back
 */
struct smnc_vsi {
	u16 id;
	u16 flags;
	u32 vlan;
	u32 tx_rate;
	unsigned int nr_macs;
	u8 macs[SMNC_FW_MACS_PER_VSI][ETH_ALEN];
	u8 vids[SMNC_VIDS / 8];
	u8 own[SMNC_VIDS / 8];
	u8 has;
	u8 key[SMNC_RSS_KEY_BYTES];
	u8 lut[SMNC_RSS_LUT_ENTRIES];
	u64 hashcfg;
	u32 hash_omit;
	u8 hash_sym;
	struct smnc_flow *flows;
	bool unknown;
	unsigned int exchanges;
};

/* What of its receive side scaling was set. */
#define SMNC_VSI_HAS_KEY	0x1
#define SMNC_VSI_HAS_LUT	0x2
#define SMNC_VSI_HAS_HASH	0x4

/**
 * struct smnc_counters - counters of a function
 * @base: by enum smnc_stat: what they were when the device began at 0 the last time
 * @seen: what they were when they were read the last time
 * @counting: the device counts, from 0 on
 */
struct smnc_counters {
	u64 base[SMNC_STAT_COUNT];
	u64 seen[SMNC_STAT_COUNT];
	bool counting;
};

/**
 * struct smnc_addr - an address that a function has of its own
 * @node: in pf->macs
 * @owner: ADI or netdev
 * @mac: the address; under pf->macs_lock
 * @parked: the owner does not use the address, and others may have it; under pf->macs_lock
 * @kept: parked, and only the operator can give it to others; under pf->macs_lock
 */
struct smnc_addr {
	struct hlist_node node;
	const void *owner;
	u8 mac[ETH_ALEN];
	bool parked;
	bool kept;
};

/* Roles of the control vectors: several may meet on one vector. */
#define SMNC_ROLE_MISC	0x1	/* link, errors */
#define SMNC_ROLE_MBX	0x2
#define SMNC_ROLE_FAULT	0x4
#define SMNC_ROLE_CAUSE	0x8
#define SMNC_CTL_VECS	3

struct smnc_ctl_vec {
	struct smnc_pf *pf;
	int irq;
	u8 roles;
	char name[48];
};

/**
 * enum smnc_pf_state - the state of a device; moves in state.c
 * @SMNC_PF_UP: the device works
 * @SMNC_PF_STOPPING: the driver quiesces the device, which still answers
 * @SMNC_PF_STARTING: the device was reset, and the driver sets it up
 * @SMNC_PF_STUCK: the device answers, but does not obey: the driver resets it
 * @SMNC_PF_LOST: the device does not answer; the kernel may report an error and recover it
 * @SMNC_PF_QUIESCED: the device is in reset, or asleep
 * @SMNC_PF_DEAD: the driver has given the device up
 *
 * From SMNC_PF_STUCK on the driver does not access the device, and its bus mastering is off.
 */
enum smnc_pf_state {
	SMNC_PF_UP,
	SMNC_PF_STOPPING,
	SMNC_PF_STARTING,
	SMNC_PF_STUCK,
	SMNC_PF_LOST,
	SMNC_PF_QUIESCED,
	SMNC_PF_DEAD,
	SMNC_NR_PF_STATES
};

/* Error recovery that takes longer than this has failed; the kernel may not say so. */
#define SMNC_RECOVERY_SECONDS	30

/* Resets that the driver does by itself within a time; then the device is given up. */
#define SMNC_RESCUES		3
#define SMNC_RESCUE_SECONDS	600

/**
 * struct smnc_pf - one SmartNIC
 * @pdev: its PCI function
 * @ctrl: BAR0
 * @windows: BAR2
 * @msix: BAR4
 * @windows_phys: physical address of BAR2
 * @state: enum smnc_pf_state; changed by smnc_pf_move()
 * @num_adis: ADIs of the device
 * @num_qps: queue pairs of the device
 * @num_vecs: MSI-X entries of the device
 * @max_frame: longest frame
 * @can_save: functions can be saved and loaded
 * @places: where the device is in packed rings, SMNC_VQ_PLACES_BYTES of each function by its
 *	number; NULL: packed rings are not offered
 * @places_dma: bus address of @places
 * @serial: serial number of the device
 * @version: of the register interface, major in the upper half
 * @fw_lock: firmware handshake
 * @fw_seq: number of the last firmware message
 * @fw_sent: when it was sent
 * @fw_buf: payload of a request, in memory; under @fw_lock
 * @fw_version: for the log and ethtool
 * @fw_failed: the firmware did not answer the last message as it should
 * @ctl: control vectors
 * @nr_ctl: number of them
 * @nr_vecs: MSI-X entries that were allocated at probe
 * @dyn_msix: further entries can be allocated one by one
 * @vec_lock: vectors of ADIs
 * @nr_entries: MSI-X entries there can be
 * @vec_map: those of them that are taken
 * @adi_vecs: those that ADIs have
 * @max_adi_vecs: most vectors that the PF hands out to ADIs, -1: no limit
 * @mbx: PF mailbox
 * @faults: fault ring
 * @fault_lock: its consumer side
 * @causes: cause ring
 * @ctl_wq: mailbox reception, @link_work, @death_work, the netdev's work
 * @adi_wq: one work per ADI
 * @link_work: a change of the link, or an error
 * @death_work: tells everyone that the device is gone
 * @watch_work: asks the device every second whether it lives
 * @rescue_work: quiesces a device in trouble, and resets one that is stuck
 * @rescues: when it was reset so, in jiffies, the last of them
 * @nr_rescues: how often it was
 * @recovery_work: recovery from an error takes too long
 * @saved: config space as recovery puts it back
 * @removing: @death_work does nothing any more
 * @res_lock: bitmaps
 * @func_map: functions in use; bit 0 is the PF
 * @qp_map: queue pairs in use
 * @func: ADI behind a function number
 * @net_client: owner of function 0
 * @adi_client: owner of all other functions
 * @held_lock: @held
 * @held: functions in quarantine
 * @adis_lock: @adis, @adi_nrs, @adi_serial, @adis_watched
 * @adis: every ADI, open or not
 * @adi_nrs: numbers of ADIs
 * @adi_serial: serial number of the last ADI that was created
 * @adis_watched: @adis_work may be queued
 * @adis_work: an ADI was created or removed, or has another rate
 * @macs_lock: @macs and the addresses in it
 * @macs: struct smnc_addr of every function, by address
 * @types: mdev types of all kinds, each with its kind
 * @parent: registration with the framework
 * @xlat: how ADIs' DMA is translated
 * @debug: its folder in debugfs
 * @health: news of the device's health that are to be reported
 * @devlink: the PF's devlink instance, or NULL
 * @storm: most faults of an ADI in a second that are no storm; 0: no limit
 * @storming: an ADI had more faults than that in the last second
 * @reset_asked: the operator wants a reset
 * @net: the PF's own netdev, or NULL
 * @net_qps: queue pairs set aside for it, the first ones
 * @net_vecs: MSI-X entries set aside for it
 * @link: link state last seen
 */
struct smnc_pf {
	struct pci_dev *pdev;
	void __iomem *ctrl;
	void __iomem *windows;
	void __iomem *msix;
	phys_addr_t windows_phys;
	unsigned int state;
	bool removing;

	u32 num_adis;
	u32 num_qps;
	u32 num_vecs;
	u32 max_frame;
	bool can_save;
	struct smnc_vq_place *places;
	dma_addr_t places_dma;
	u64 serial;
	u32 version;

	struct mutex fw_lock;	/* firmware handshake */
	u16 fw_seq;
	ktime_t fw_sent;
	struct smnc_buf fw_buf;
	char fw_version[24];
	bool fw_failed;

	struct smnc_ctl_vec ctl[SMNC_CTL_VECS];
	unsigned int nr_ctl;
	unsigned int nr_vecs;
	bool dyn_msix;
	struct mutex vec_lock;	/* vec_map, adi_vecs */
	unsigned int nr_entries;
	unsigned long *vec_map;
	unsigned int adi_vecs;
	int max_adi_vecs;

	struct smnc_mailbox mbx;
	struct smnc_ring faults;
	struct mutex fault_lock;	/* consumer side of @faults */
	struct smnc_ring causes;
	struct workqueue_struct *ctl_wq;
	struct workqueue_struct *adi_wq;
	struct work_struct link_work;
	struct work_struct death_work;
	struct delayed_work watch_work;
	struct delayed_work rescue_work;
	unsigned long rescues[SMNC_RESCUES];
	unsigned int nr_rescues;
	struct delayed_work recovery_work;
	struct pci_saved_state *saved;

	spinlock_t res_lock;	/* func_map, qp_map */
	unsigned long *func_map;
	unsigned long *qp_map;
	struct smnc_adi **func;
	const struct smnc_client *net_client;
	const struct smnc_client *adi_client;
	struct mutex held_lock;	/* held */
	struct list_head held;

	struct mutex adis_lock;	/* see above */
	struct list_head adis;
	struct ida adi_nrs;
	bool adis_watched;
	u64 adi_serial;
	struct delayed_work adis_work;
	struct mutex macs_lock;	/* macs */
	DECLARE_HASHTABLE(macs, 8);
	struct vdcm_type *types;
	struct vdcm_parent *parent;
	enum vdcm_xlat xlat;

	struct dentry *debug;
	struct smnc_health health;
	struct smnc_devlink *devlink;
	u32 storm;
	bool storming;
	bool reset_asked;
	struct smnc_net *net;
	unsigned int net_qps;
	unsigned int net_vecs;
	bool link;
};

static inline bool smnc_pf_is(const struct smnc_pf *pf, enum smnc_pf_state state)
{
	return READ_ONCE(pf->state) == state;
}

/* The driver does not access the device: it is dead, asleep or being reset. */
static inline bool smnc_hw_off(const struct smnc_pf *pf)
{
	return READ_ONCE(pf->state) >= SMNC_PF_STUCK;
}

/* state.c */
extern const struct vdcm_states smnc_pf_states;
bool smnc_pf_move(struct smnc_pf *pf, enum smnc_pf_state to);

/* counters.c */
extern const char * const smnc_stat_names[];
u64 smnc_counter(struct smnc_pf *pf, u16 func, struct smnc_counters *c, unsigned int stat);
void smnc_counters_start(struct smnc_counters *c);
void smnc_counters_hold(struct smnc_pf *pf, u16 func, struct smnc_counters *c);
void smnc_counters_go(struct smnc_counters *c);

/* rings.c */
int smnc_ring_alloc(struct smnc_pf *pf, struct smnc_ring *ring, u32 reg,
		    u32 len, u32 size);
void smnc_ring_enable(struct smnc_pf *pf, struct smnc_ring *ring);
void smnc_ring_free(struct smnc_pf *pf, struct smnc_ring *ring);
int smnc_ring_peer(struct smnc_pf *pf, struct smnc_ring *ring, u32 reg, u32 *index);

/* fw.c */
int smnc_fw_exec(struct smnc_pf *pf, enum smnc_fw_op op, const void *req,
		 void *reply);
int smnc_fw_exec_memory(struct smnc_pf *pf, enum smnc_fw_op op, u16 vsi, u16 index,
			const void *data, u16 len);
int smnc_fw_init(struct smnc_pf *pf);

/* mailbox.c */
int smnc_mbx_init(struct smnc_pf *pf);
void smnc_mbx_exit(struct smnc_pf *pf);
void smnc_mbx_start(struct smnc_pf *pf);
void smnc_mbx_kick(struct smnc_pf *pf);
void smnc_mbx_flush(struct smnc_pf *pf);
int smnc_mbx_send(struct smnc_pf *pf, u16 func, u32 op, s32 status,
		  const void *data, u16 len);
int smnc_mbx_tx_drain(struct smnc_pf *pf);

/* death.c */
void smnc_death_init(struct smnc_pf *pf);
void smnc_death_exit(struct smnc_pf *pf);
void smnc_silence(struct smnc_pf *pf);
void smnc_hush(struct smnc_pf *pf, const char *what);
void smnc_hw_dead(struct smnc_pf *pf);
void smnc_hw_stuck(struct smnc_pf *pf, const char *why);
void smnc_hw_lost(struct smnc_pf *pf);
void smnc_recovery_expect(struct smnc_pf *pf);

/* faults.c */
int smnc_faults_init(struct smnc_pf *pf);
void smnc_faults_exit(struct smnc_pf *pf);
void smnc_faults_poll(struct smnc_pf *pf);
void smnc_fault_answer(struct smnc_pf *pf, u16 func, u8 unit, int err);

/* vectors.c */
int smnc_vectors_init(struct smnc_pf *pf, unsigned int net_vecs);
int smnc_vectors_start(struct smnc_pf *pf);
void smnc_vectors_route(struct smnc_pf *pf);
void smnc_vectors_stop(struct smnc_pf *pf);
void smnc_vectors_exit(struct smnc_pf *pf);
void smnc_sync_events(struct smnc_pf *pf);
unsigned int smnc_rings_check(struct smnc_pf *pf);
int smnc_causes_init(struct smnc_pf *pf);
void smnc_causes_exit(struct smnc_pf *pf);
int smnc_net_vector(struct smnc_pf *pf, unsigned int queue, unsigned int *index);
int smnc_vector_get(struct smnc_pf *pf, unsigned int *index);
void smnc_vector_put(struct smnc_pf *pf, unsigned int index, int irq);

/* macs.c */
void smnc_macs_init(struct smnc_pf *pf);
int smnc_mac_taken(struct smnc_pf *pf, const void *owner, const u8 *mac);
int smnc_mac_set(struct smnc_pf *pf, struct smnc_addr *addr, const u8 *mac);
void smnc_mac_drop(struct smnc_pf *pf, struct smnc_addr *addr);
int smnc_mac_bring(struct smnc_pf *pf, struct smnc_addr *addr, const u8 *mac);
void smnc_mac_park(struct smnc_pf *pf, struct smnc_addr *addr, bool kept);
int smnc_mac_claim(struct smnc_pf *pf, struct smnc_addr *addr);
void smnc_mac_get(struct smnc_pf *pf, const struct smnc_addr *addr, u8 *mac);

/* vsi.c */
void smnc_vsi_init(struct smnc_vsi *vsi, u16 id);
int smnc_vsi_set(struct smnc_pf *pf, struct smnc_vsi *vsi, u16 flags, u32 vlan,
		 u32 tx_rate);
int smnc_vsi_set_flags(struct smnc_pf *pf, struct smnc_vsi *vsi, u16 flags);
int smnc_vsi_set_vids(struct smnc_pf *pf, struct smnc_vsi *vsi, const u8 *vids);
int smnc_vsi_set_own(struct smnc_pf *pf, struct smnc_vsi *vsi, const u8 *own);
bool smnc_vsi_has_mac(const struct smnc_vsi *vsi, const u8 *mac);
int smnc_vsi_add_mac(struct smnc_pf *pf, struct smnc_vsi *vsi, const u8 *mac);
int smnc_vsi_del_mac(struct smnc_pf *pf, struct smnc_vsi *vsi, const u8 *gone);
int smnc_vsi_clear(struct smnc_pf *pf, struct smnc_vsi *vsi);
int smnc_vsi_rss_key(struct smnc_pf *pf, struct smnc_vsi *vsi, const u8 *key);
int smnc_vsi_rss_lut(struct smnc_pf *pf, struct smnc_vsi *vsi, const u8 *lut);
int smnc_vsi_rss_hash(struct smnc_pf *pf, struct smnc_vsi *vsi, u64 hashcfg);
int smnc_vsi_rss_fields(struct smnc_pf *pf, struct smnc_vsi *vsi, u64 hashcfg, u32 omit,
			u8 sym);
int smnc_vsi_rss_default(struct smnc_pf *pf, struct smnc_vsi *vsi, const u8 *key,
			 unsigned int nr_queues);
int smnc_vsi_alloc_flows(struct smnc_vsi *vsi);
int smnc_vsi_flow_set(struct smnc_pf *pf, struct smnc_vsi *vsi, unsigned int index,
		      const struct smnc_flow *rule);
int smnc_vsi_flow_del(struct smnc_pf *pf, struct smnc_vsi *vsi, unsigned int index);
void smnc_vsi_free(struct smnc_vsi *vsi);
int smnc_vsi_settle(struct smnc_pf *pf, struct smnc_vsi *vsi);
int smnc_vsi_park(struct smnc_pf *pf, struct smnc_vsi *vsi);
int smnc_vsi_unpark(struct smnc_pf *pf, struct smnc_vsi *vsi);
int smnc_vsi_take_mac(struct smnc_pf *pf, struct smnc_vsi *vsi, const u8 *mac);

/* Areas of a VQ, in the order of SET_VQ_ADDR. */
enum smnc_vq_area {
	SMNC_VQ_DESC,
	SMNC_VQ_DRIVER,	/* available ring */
	SMNC_VQ_DEVICE,	/* used ring */
	SMNC_VQ_AREAS
};

/**
 * struct smnc_vq_cfg - what a VQ is started with
 * @area: IOVAs, by enum smnc_vq_area
 * @size: entries
 * @vector: vector of the function, or SMNC_VQ_NO_VECTOR
 * @packed: its ring is a packed one
 */
struct smnc_vq_cfg {
	u64 area[SMNC_VQ_AREAS];
	u16 size;
	u16 vector;
	bool packed;
};

/**
 * struct smnc_vq_coal - how long an interrupt of a VQ is held
 * @usecs: at most, us
 * @packets: most packets for one interrupt; if this or @usecs is 0, no interrupt is held
 */
struct smnc_vq_coal {
	u32 usecs;
	u32 packets;
};

/**
 * struct smnc_vq_rss - how frames for a virtio function are hashed and spread
 * @key: of the hash
 * @types: VIRTIO_NET_RSS_HASH_TYPE_*, 0: no frame is hashed
 * @entries: in @table, a power of two; 0: the VSI's settings choose queues
 * @other: queue of frames without a hash
 * @table: queue by hash
 */
struct smnc_vq_rss {
	u8 key[SMNC_VQ_KEY_BYTES];
	u32 types;
	u16 entries;
	u16 other;
	u8 table[SMNC_VQ_TABLE_ENTRIES];
};

/* vq.c */
int smnc_vq_resource(struct smnc_pf *pf, struct smnc_vsi *vsi, struct smnc_fw_resource *res);
int smnc_vq_stopped(struct smnc_pf *pf, struct smnc_vsi *vsi, u64 *stopped);
int smnc_vq_features(struct smnc_pf *pf, struct smnc_vsi *vsi, u64 features, u64 offloads);
int smnc_vq_vector(struct smnc_pf *pf, struct smnc_vsi *vsi, u16 vq, u16 vector);
int smnc_vq_set_up(struct smnc_pf *pf, struct smnc_vsi *vsi, u16 vq,
		   const struct smnc_vq_cfg *cfg);
int smnc_vq_start(struct smnc_pf *pf, struct smnc_vsi *vsi, u16 vq, const struct smnc_vq_cfg *cfg,
		  u16 flags);
int smnc_vq_stop(struct smnc_pf *pf, struct smnc_vsi *vsi, u16 vq);
void smnc_vq_places_init(struct smnc_pf *pf);
int smnc_vq_places(struct smnc_pf *pf, struct smnc_vsi *vsi);
int smnc_vq_coal(struct smnc_pf *pf, struct smnc_vsi *vsi, u16 vq,
		 const struct smnc_vq_coal *coal);
int smnc_vq_rss(struct smnc_pf *pf, struct smnc_vsi *vsi, const struct smnc_vq_rss *rss);

/* Packet types whose header fields the device can hash: IPv4 and IPv6, plain. */
#define SMNC_HASHCFG	(BIT_ULL(31) | BIT_ULL(33) | BIT_ULL(34) | BIT_ULL(35) | \
			 BIT_ULL(36) | BIT_ULL(41) | BIT_ULL(43) | BIT_ULL(44) | \
			 BIT_ULL(45) | BIT_ULL(46))

#endif /* SMARTNIC_PF_H */
