/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Messages of one guest that wait, in memory set aside for them, and how long a guest
 * waits that has kept the firmware busy. Pure objects: the caller locks, and brings the
 * time.
 */
#ifndef SMARTNIC_MSGQ_H
#define SMARTNIC_MSGQ_H

#include <linux/types.h>

/* Messages of one ADI that wait for its worker; a driver sends one at a time. */
#define SMNC_MSG_MAX	64

/* All of them together, with their heads: four of the longest. */
#define SMNC_MSGQ_BYTES	(4 * 4096 + 256)

/**
 * struct smnc_msg - a message on its way to the worker
 * @op: virtchnl opcode
 * @len: bytes in @data
 * @data: payload
 */
struct smnc_msg {
	u32 op;
	u16 len;
	u8 data[] __aligned(8);
};

/**
 * struct smnc_msgq - messages in the order of their arrival
 * @buf: SMNC_MSGQ_BYTES, or NULL: it takes none
 * @first: where the oldest begins
 * @used: bytes in use
 * @nr: messages
 */
struct smnc_msgq {
	u8 *buf;
	u32 first;
	u32 used;
	unsigned int nr;
};

int smnc_msgq_alloc(struct smnc_msgq *q);
void smnc_msgq_free(struct smnc_msgq *q);
bool smnc_msgq_put(struct smnc_msgq *q, u32 op, const void *data, u16 len);
bool smnc_msgq_get(struct smnc_msgq *q, struct smnc_msg *msg);
void smnc_msgq_clear(struct smnc_msgq *q);

/*
 * Requests to the firmware that a guest may cause in a second, over any longer time, and
 * at once. A driver's start needs a dozen, all its addresses 64; one takes the firmware
 * some 50 us.
 */
#define SMNC_PACE_RATE	128
#define SMNC_PACE_BURST	256

/**
 * struct smnc_pace - a guest's account with the firmware
 * @paid: when what it has caused is paid, ns
 */
struct smnc_pace {
	u64 paid;
};

void smnc_pace_charge(struct smnc_pace *p, unsigned int requests, u64 now);
u64 smnc_pace_wait(const struct smnc_pace *p, u64 now);

#endif /* SMARTNIC_MSGQ_H */
