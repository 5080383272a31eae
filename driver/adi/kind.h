/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What an ADI is to its guest: how the files that serve every ADI reach those that know
 * the guest's kind of driver. An mdev type names its kind in driver_data.
 */
#ifndef SMARTNIC_KIND_H
#define SMARTNIC_KIND_H

#include <linux/types.h>

struct smnc_adi;
struct smnc_msg;
struct vdcm_adi_ops;
struct vdcm_type;

/* What types are paid with; names in main.c. */
enum smnc_resource {
	SMNC_RES_ADIS,
	SMNC_RES_QUEUES,	/* pairs */
	SMNC_RES_VECTORS,	/* of the functions, not of MSI-X: those can be shared */
	SMNC_NR_RESOURCES
};

/**
 * enum smnc_verdict - what a message of a guest leads to
 * @SMNC_DONE: nothing else; it was answered
 * @SMNC_RESTART: the function is to be reset; it was not answered
 */
enum smnc_verdict {
	SMNC_DONE,
	SMNC_RESTART,
};

/**
 * struct smnc_kind - a kind of function
 * @types: mdev types, each with its composition
 * @nr_types: their number
 * @ops: operations of its ADIs towards the framework, made of SMNC_ADI_OPS
 * @ctrl: SMNC_FUNC_CTRL_* that its function is enabled with, beside ENABLE
 * @queue_vecs: vectors of a queue pair; there is one more, vector 0
 * @spread: a fresh guest's frames are spread over all RX queues, else they go to queue 0
 * @bytes: memory of each ADI in adi->priv, zeroed when it is created
 * @start: the ADI was opened, its function enabled: nothing of an earlier session is left.
 *	Returns 0 or errno
 * @reset: its function was reset: what the guest's driver had asked for is forgotten, the
 *	wishes in struct smnc_adi included
 * @revive: its function is enabled again, in a device that was reset: give it its VSI and
 *	whatever a guest of this kind expects after that. Returns 0 or errno
 * @message: answer a message, which is @msg until this returns; the answer may be made in it.
 *	Called by the worker
 * @link: tell the guest the state of its link, if its driver is ready for that
 * @announce_reset: tell the guest that its function will be reset. adi->lock need not be
 *	held, and the ADI may be closed. Returns 1 if a message is on its way, 0 if not,
 *	or errno.
 * @addrs_taken: addresses of the guest were taken away, or that failed: @taken is what
 *	smnc_adi_check_addrs() returned. Returns the SMNC_DUE_* that this leads to
 * @wishes: the operator has granted trust: what the guest asked for before may be given.
 *	NULL: guests ask again
 * @again: adi->again was set: do the work that was put off. NULL: the kind never sets it
 * @flr: a reset of the PCI function begins: what is not the guest's network driver's.
 *	@reset follows; also while the device is being reset, and @revive brings back what the
 *	guest sets up from then on. NULL: there is nothing, and both wait for the device
 * @state: SMNC_STATE_*: the device's number for a function of this kind
 * @state_bytes: of the kind's record, a multiple of 8
 * @save: the ADI is frozen: write its record to @to, which is zeroed. Returns 0 or errno
 * @check: can this ADI have such a record? A VMM may have forged it. The ADI does not change.
 *	Returns 0, -EINVAL, -EPERM (offloads that are not granted here) or -ENOSPC (rings that
 *	are longer than the operator allows)
 * @load: the function was reset, and @check took the record: set the function up as the
 *	guest's driver had, before the device loads its own state. Returns 0 or errno
 * @loaded: the device has loaded its state: read from it which queues run, for example.
 *	Returns 0 or errno. Optional
 *
 * Process context; adi->lock is held but where it says otherwise. None of them may restart
 * the function.
 */
struct smnc_kind {
	const struct vdcm_type *types;
	unsigned int nr_types;
	const struct vdcm_adi_ops *ops;
	u32 ctrl;
	unsigned int queue_vecs;
	bool spread;
	size_t bytes;
	int (*start)(struct smnc_adi *adi);
	void (*reset)(struct smnc_adi *adi);
	int (*revive)(struct smnc_adi *adi);
	enum smnc_verdict (*message)(struct smnc_adi *adi, struct smnc_msg *msg);
	void (*link)(struct smnc_adi *adi);
	int (*announce_reset)(struct smnc_adi *adi);
	unsigned int (*addrs_taken)(struct smnc_adi *adi, int taken);
	void (*wishes)(struct smnc_adi *adi);
	void (*again)(struct smnc_adi *adi);
	void (*flr)(struct smnc_adi *adi);
	u16 state;
	size_t state_bytes;
	int (*save)(struct smnc_adi *adi, void *to);
	int (*check)(struct smnc_adi *adi, const void *from);
	int (*load)(struct smnc_adi *adi, const void *from);
	int (*loaded)(struct smnc_adi *adi);
};

/* A row of a kind's types. What one takes from the pool beside queues follows from it. */
#define SMNC_TYPE(_name, _pretty, _has, _comp, _queues, _vectors) { \
		.name = _name, \
		.pretty_name = "SmartNIC " _pretty, \
		.description = _has, \
		.comp = _comp, \
		.nr_vectors = _vectors, \
		.cost = { [SMNC_RES_QUEUES] = _queues }, \
	}

#endif /* SMARTNIC_KIND_H */
