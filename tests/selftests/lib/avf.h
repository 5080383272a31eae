/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A user-space driver for the Adaptive Virtual Function behind a VFIO device:
 * what a guest's driver does, with every step open to abuse.
 */
#ifndef SELFTESTS_AVF_H
#define SELFTESTS_AVF_H

#include "vfio.h"
#include "virtchnl.h"

#define AVF_QUEUES	16
#define AVF_VECTORS	17
#define AVF_RING	64	/* descriptors of each ring */
#define AVF_AQ_RING	32
#define AVF_AQ_BUF	4096
#define AVF_MS		3000	/* limit of one step of the device */

struct avf_queue {
	struct avf_tx_desc *tx;
	struct avf_rx_desc *rx;
	uint64_t tx_iova, rx_iova;
	uint8_t *tx_buf, *rx_buf;	/* AVF_RING buffers each */
	uint64_t tx_buf_iova, rx_buf_iova;
	uint16_t tx_next, tx_clean, rx_next;
	bool tx_rs[AVF_RING];
};

/* What avf_open() may be told; zero means the usual. */
struct avf_opts {
	uint64_t iova;		/* where the driver's memory is mapped (0x10000000) */
	size_t memory;		/* its size (4 MiB) */
	bool no_mmap;		/* every register access through read() and write() */
	uint32_t buf_size;	/* of RX and TX buffers (2048) */
	uint32_t caps;		/* capabilities to ask for beside the usual ones */
	const struct vfio_dev *with;	/* whose container it shares (none) */
};

struct avf {
	struct vfio_dev dev;
	struct avf_opts o;
	uint8_t *mem;
	size_t used;
	volatile uint8_t *page[16];	/* mapped pages of BAR0 */
	int event[AVF_VECTORS];
	unsigned int nr_vectors;	/* of the function */
	/* admin queues */
	uint8_t *aq;
	uint64_t aq_iova;
	uint16_t atq_tail, arq_next;
	bool same_driver;		/* it only was reset: it does not ask for VERSION */
	struct vc_event last_event;
	unsigned int nr_events;
	/* what the PF granted */
	struct vc_resources res;
	unsigned int nr_queues;		/* configured */
	struct avf_queue q[AVF_QUEUES];
};

/* A message from the PF. */
struct avf_msg {
	uint32_t op;
	int32_t status;
	uint16_t len;
	uint8_t data[AVF_AQ_BUF];
};

/* --- life (0 or negative errno; the r* forms end the case on failure) ---------- */
int avf_open(struct avf *a, const char *uuid, const struct avf_opts *o);
void avf_close(struct avf *a);
/* Admin queues, VERSION (but see same_driver), GET_VF_RESOURCES. */
int avf_init(struct avf *a);
/* Open, init, @queues queue pairs up (all granted ones if 0). */
void avf_up(struct avf *a, const char *uuid, const struct avf_opts *o, unsigned int queues);
/* The same after a process that was killed. Its device is closed before its group file is: while
 * a page of its was being pinned, the kernel gives its files back behind its end.
 */
void avf_succeed(struct avf *a, const char *uuid, const struct avf_opts *o, unsigned int queues);
/* After a VFIO reset: forget everything and start again up to avf_init(). */
int avf_restart(struct avf *a);
/* Waits until the PF has announced a reset of the function and done it; then starts
 * again up to @queues queue pairs.
 */
void avf_follow_reset(struct avf *a, unsigned int queues);
/* Waits until the function has been reset, by whomever. */
void avf_wait_reset(struct avf *a);

/* Memory the device may reach: page-aligned, zeroed. */
void *avf_alloc(struct avf *a, size_t len, uint64_t *iova);
uint64_t avf_iova(const struct avf *a, const void *p);

uint32_t avf_rd(struct avf *a, uint32_t reg);
void avf_wr(struct avf *a, uint32_t reg, uint32_t val);

/* --- admin queue ------------------------------------------------------------------ */
int avf_aq_up(struct avf *a);
/* Posts one descriptor; the doorbell rings. Returns its index. */
int avf_aq_post(struct avf *a, uint16_t opcode, uint32_t op, const void *msg, size_t len);
/* Waits until the device has taken everything posted. */
int avf_aq_drain(struct avf *a, int ms);
/* The next message, events included. -ETIMEDOUT if none comes. */
int avf_aq_recv(struct avf *a, struct avf_msg *m, int ms);
/* Sends @op and waits for its reply: the virtchnl status, or a negative errno
 * of the transport as AVF_NO_REPLY. Events that come in between are kept.
 */
#define AVF_NO_REPLY	(-100000)
int avf_vc(struct avf *a, uint32_t op, const void *msg, size_t len, struct avf_msg *reply);

/* --- queues ------------------------------------------------------------------------ */
void avf_queue_config(struct avf *a, struct vc_queue_config *c, unsigned int n);
void avf_irq_map(struct avf *a, struct vc_irq_map *m, unsigned int n);
/* Rings, buffers, IRQ map, CONFIG, ENABLE; 0 or the virtchnl status. */
int avf_queues_up(struct avf *a, unsigned int n);
/* Queue pair @q's rings as before its first use; in new memory if it has none. */
void avf_queue_fresh(struct avf *a, unsigned int q);
/* Takes queue pair @q down, empties its rings, and brings it up again. */
void avf_queue_again(struct avf *a, unsigned int q);
/* The same with receive buffers at @rx, @stride bytes apart. */
#define AVF_OWN	(~0ull)
void avf_queue_aim(struct avf *a, unsigned int q, uint64_t rx, uint64_t stride);
int avf_queues_select(struct avf *a, uint32_t op, uint32_t rx, uint32_t tx);
/* @type: AVF_MAC_*; only to a legacy address is each refusal an error. */
#define AVF_MAC_LEGACY	0
#define AVF_MAC_PRIMARY	1
#define AVF_MAC_EXTRA	2
int avf_mac(struct avf *a, uint32_t op, const uint8_t *mac, uint8_t type);

/* A piece of a packet, in memory the device may reach. */
struct avf_frag {
	uint64_t iova;
	uint32_t len;
};

/* One packet: optional context descriptor, the pieces, EOP and RS on the last
 * one unless @flags says otherwise. Returns the index of the last descriptor.
 */
#define TX_NO_RS	1
#define TX_NO_KICK	2
int avf_tx_frags(struct avf *a, unsigned int q, const struct avf_frag *f, unsigned int n,
		 uint64_t cmd, uint64_t ctx, unsigned int flags);
/* Copies a frame into a buffer of the ring and sends it. */
int avf_tx(struct avf *a, unsigned int q, const void *frame, size_t len, uint64_t cmd);
void avf_tx_kick(struct avf *a, unsigned int q);
/* Waits until every descriptor with RS is done. */
int avf_tx_done(struct avf *a, unsigned int q, int ms);

struct avf_rx {
	unsigned int len, descs, ptype;
	uint64_t qw1;
	uint32_t hash;
	uint8_t data[16384];
};

/* The next frame of queue @q, or -ETIMEDOUT. */
int avf_rx(struct avf *a, unsigned int q, struct avf_rx *rx, int ms);
/* The next frame whose source address is @src, from any queue; returns the queue. */
int avf_rx_from(struct avf *a, const uint8_t *src, struct avf_rx *rx, int ms);
/* @n frames get from @from to @to, each as it was sent; else the case ends. */
void avf_pass(struct avf *from, struct avf *to, unsigned int n);
/* Frames that come from @src within @ms; does not wait on when @want have come
 * (0: waits until the end).
 */
unsigned int avf_rx_count(struct avf *a, const uint8_t *src, unsigned int want, int ms);
/* Takes everything that waits, of whomever. */
void avf_rx_drain(struct avf *a);

void avf_arm(struct avf *a, unsigned int vector);
void avf_mask(struct avf *a, unsigned int vector);

/* Interrupts of @to's queue vector, at @itr, while frames from @from come every
 * millisecond for *@ms, or what became of it.
 */
unsigned int avf_interrupts(struct avf *from, struct avf *to, unsigned int *ms, uint32_t itr);
/* The same, without a limit, again and again until it is more than @few: of a machine that is busy
 * elsewhere there are few without a limit, too.
 */
unsigned int avf_interrupts_more(struct avf *from, struct avf *to, unsigned int *ms,
				 unsigned int few);

/* A fresh ADI with @queues queue pairs, all of them up. */
void avf_new(struct avf *a, unsigned int queues, const struct avf_opts *o);
/* A connected pair of fresh ADIs with @queues queue pairs each; three with one. */
void avf_pair(struct avf *a, struct avf *b, unsigned int queues);
void avf_three(struct avf *a, struct avf *b, struct avf *c);
/* Closes one and removes its mdev. */
void avf_end(struct avf *a);

#endif /* SELFTESTS_AVF_H */
