/* SPDX-License-Identifier: GPL-2.0-only */
/* Hold-off gate of one ADI: a pure object; its owner serialises all calls. */
#ifndef VDCM_HOLDOFF_H
#define VDCM_HOLDOFF_H

#include <linux/atomic.h>
#include <linux/types.h>

#define VDCM_HOLDOFF_MIN_NS	10000000ULL	/* 10 ms */
#define VDCM_HOLDOFF_MAX_NS	4000000000ULL	/* 4 s */
/* How long a page that was unmapped may be missing before an access to it fails. */
#define VDCM_HOLDOFF_LATELY_NS	500000000ULL	/* 500 ms */
#define VDCM_HOLDOFF_RANGES	32
/* Pins let through per unmap operation in observe mode. */
#define VDCM_HOLDOFF_PASSES	5
/* Closed until vdcm_holdoff_open(), whenever that is. */
#define VDCM_HOLDOFF_UNKNOWN	(~0ULL)

/**
 * struct vdcm_closer - an unmap operation, as the gates that it closes see it
 * @passed: pins let through in observe mode, by all of the gates
 */
struct vdcm_closer {
	atomic_t passed;
};

/**
 * struct vdcm_closed - a range
 * @first: first address
 * @last: last address
 * @by: what keeps it closed; NULL: it is open
 * @opened_at: when it was opened; 0: never used
 */
struct vdcm_closed {
	u64 first;
	u64 last;
	struct vdcm_closer *by;
	u64 opened_at;
};

/**
 * struct vdcm_holdoff - the gate; all zeroes is an open one
 * @all_until: all addresses are closed until then
 * @shut: while it is not 0 all addresses are closed
 * @range: what is closed, or was lately
 */
struct vdcm_holdoff {
	u64 all_until;
	unsigned int shut;
	struct vdcm_closed range[VDCM_HOLDOFF_RANGES];
};

int vdcm_holdoff_close(struct vdcm_holdoff *gate, struct vdcm_closer *by,
		       u64 first, u64 last, u64 now);
void vdcm_holdoff_open(struct vdcm_holdoff *gate, unsigned int slot, u64 now);
void vdcm_holdoff_close_all(struct vdcm_holdoff *gate, u64 until);
void vdcm_holdoff_shut(struct vdcm_holdoff *gate);
void vdcm_holdoff_unshut(struct vdcm_holdoff *gate, u64 now);
void vdcm_holdoff_note(struct vdcm_holdoff *gate, u64 first, u64 last, u64 now);
u64 vdcm_holdoff_wait(const struct vdcm_holdoff *gate, u64 first, u64 last,
		      u64 now);
bool vdcm_holdoff_lately(const struct vdcm_holdoff *gate, u64 addr, u64 now);
bool vdcm_holdoff_pass(struct vdcm_holdoff *gate, u64 first, u64 last, u64 now);
u64 vdcm_holdoff_hold(unsigned int callbacks);

#endif /* VDCM_HOLDOFF_H */
