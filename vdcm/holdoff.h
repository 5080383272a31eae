/* SPDX-License-Identifier: GPL-2.0-only */
/* Hold-off gate: a pure object; its owner serialises all calls. */
#ifndef VDCM_HOLDOFF_H
#define VDCM_HOLDOFF_H

#include <linux/types.h>

#define VDCM_HOLDOFF_MIN_NS	10000000ULL	/* 10 ms */
#define VDCM_HOLDOFF_MAX_NS	4000000000ULL	/* 4 s */
/* What a range comes to that stands for several. */
#define VDCM_HOLDOFF_MERGED_NS	160000000ULL	/* 160 ms */
#define VDCM_HOLDOFF_RANGES	32
/* Pins let through per burst of callbacks in observe mode. */
#define VDCM_HOLDOFF_PASSES	5

/**
 * struct vdcm_closed - a closed range
 * @first: first address
 * @last: last address
 * @hold: nanoseconds that the range stays closed after the last callback
 * @opens_at: when it opens, if no callback is under way
 * @callbacks: callbacks under way
 * @passed: pins let through in this burst
 * @used: this slot holds a range
 * @merged: it stands for ranges that were not unmapped together
 */
struct vdcm_closed {
	u64 first;
	u64 last;
	u64 hold;
	u64 opens_at;
	u16 callbacks;
	u8 passed;
	bool used;
	bool merged;
};

/**
 * struct vdcm_holdoff - the gate; all zeroes is an open one
 * @range: what is closed, or was lately
 */
struct vdcm_holdoff {
	struct vdcm_closed range[VDCM_HOLDOFF_RANGES];
};

unsigned int vdcm_holdoff_begin(struct vdcm_holdoff *gate, u64 first, u64 last,
				u64 now);
void vdcm_holdoff_end(struct vdcm_holdoff *gate, unsigned int slot, u64 now);
u64 vdcm_holdoff_wait(const struct vdcm_holdoff *gate, u64 first, u64 last,
		      u64 now);
bool vdcm_holdoff_pass(struct vdcm_holdoff *gate, u64 first, u64 last, u64 now);

#endif /* VDCM_HOLDOFF_H */
