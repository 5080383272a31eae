/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What an ADI is to its guest: how the files that serve every ADI reach those that know
 * the guest's kind of driver.
 */
#ifndef SMARTNIC_KIND_H
#define SMARTNIC_KIND_H

#include <linux/types.h>

struct snic_adi;
struct snic_msg;
struct vdcm_type;

/**
 * enum snic_verdict - what a message of a guest leads to
 * @SNIC_DONE: nothing else; it was answered
 * @SNIC_RESTART: the function is to be reset; it was not answered
 */
enum snic_verdict {
	SNIC_DONE,
	SNIC_RESTART,
};

/**
 * struct snic_kind - a kind of function
 * @types: mdev types, each with its composition
 * @nr_types: their number
 * @create: memory for an ADI in adi->priv; returns 0 or errno. It is in no list yet.
 * @destroy: the end of that; the ADI is in no list any more
 * @start: the ADI was opened: nothing of an earlier session is left
 * @reset: its function was reset: what the guest's driver had asked for is forgotten, the
 *	wishes in struct snic_adi included
 * @message: answer a message, which is @msg until this returns. Called by the worker.
 * @link: tell the guest the state of its link, if its driver is ready for that
 * @announce_reset: tell the guest that its function will be reset. adi->lock need not be
 *	held, and the ADI may be closed. Returns 1 if a message is on its way, 0 if not,
 *	or errno.
 *
 * Process context; adi->lock is held but where it says otherwise, and in create and
 * destroy. None of them may restart the function.
 */
struct snic_kind {
	const struct vdcm_type *types;
	unsigned int nr_types;
	int (*create)(struct snic_adi *adi);
	void (*destroy)(struct snic_adi *adi);
	void (*start)(struct snic_adi *adi);
	void (*reset)(struct snic_adi *adi);
	enum snic_verdict (*message)(struct snic_adi *adi, const struct snic_msg *msg);
	void (*link)(struct snic_adi *adi);
	int (*announce_reset)(struct snic_adi *adi);
};

#endif /* SMARTNIC_KIND_H */
