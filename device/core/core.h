/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Functions and the units that work for them: queues, mailboxes, interrupts,
 * translated DMA, rings of the PF, and the scheduler.
 */
#ifndef SNIC_CORE_H
#define SNIC_CORE_H

#include "../smartnic.h"

/* sched.c */
void snic_sched_init(SnicState *s, const SnicPassOps *pass);
void snic_sched_exit(SnicState *s);
void snic_kick(SnicUnit *u);
void snic_kick_device(SnicState *s);
void snic_wake_room(SnicState *s);
void snic_wake_mbx(SnicState *s);
void snic_wake_rate(SnicFunc *f);
void snic_unit_cancel(SnicUnit *u);
void snic_unit_wait(SnicUnit *u, enum snic_wait on);
void snic_unit_fail(SnicUnit *u);
void snic_unit_run(SnicUnit *u);
void snic_fault(SnicUnit *u, uint64_t addr, uint32_t len, uint8_t flags);
void snic_fault_resp(SnicState *s, uint32_t val);

/* dma.c: snic_dma_*() return false when the unit has to stop */
bool snic_pf_dma(SnicState *s, uint64_t addr, void *buf, uint64_t len,
                 bool write);
bool snic_dma_probe(SnicUnit *u, uint64_t iova, uint64_t len, bool write);
bool snic_dma_read(SnicUnit *u, uint64_t iova, void *buf, uint64_t len);
bool snic_dma_write(SnicUnit *u, uint64_t iova, const void *buf, uint64_t len);
bool snic_dma_finish(SnicUnit *u, uint64_t iova, const void *buf, uint64_t len);
bool snic_dma_gather(SnicUnit *u, const SnicBuf *buf, unsigned n, uint8_t *out);
void snic_tlb_flush(SnicFunc *f);
void snic_tlb_inval(SnicFunc *f, uint64_t iova, uint32_t pages);

/* intr.c */
void snic_vec_raise(SnicFunc *f, unsigned vec, unsigned itr);
void snic_queue_raise(SnicFunc *f, uint32_t intr);
void snic_vec_try(SnicVector *v);
void snic_vec_write_ctl(SnicVector *v, uint32_t val);
uint32_t snic_vec_read_ctl(SnicVector *v);
void snic_vec_reset(SnicVector *v);
void snic_mbx_event(SnicFunc *f);
uint32_t snic_icr01_read(SnicFunc *f);
void snic_ena1_write(SnicFunc *f, uint32_t val);
void snic_pf_event(SnicState *s, uint32_t icr);
void snic_signal_all(SnicState *s);

/* ring.c */
uint32_t snic_ring_read(SnicState *s, unsigned ring, uint32_t off);
void snic_ring_write(SnicState *s, unsigned ring, uint32_t off, uint32_t val);
void snic_ring_fail(SnicState *s, unsigned ring);
void snic_rings_reset(SnicState *s);
void snic_post_events(SnicState *s);

/* mailbox.c */
uint32_t snic_aq_read(SnicFunc *f, uint32_t off);
void snic_aq_write(SnicFunc *f, uint32_t off, uint32_t val);
void snic_aq_reset(SnicFunc *f);
extern const SnicUnitOps snic_atq_ops, snic_arq_ops;
bool snic_mbx_deliver(SnicUnit *u, uint32_t high, uint32_t low,
                      const uint8_t *data, uint16_t len);
void snic_mbx_drop_first(SnicFunc *f);
bool snic_mbx_tx_run(SnicState *s);

/* queue.c */
uint32_t snic_qp_read(SnicState *s, uint32_t off);
void snic_qp_write(SnicState *s, uint32_t off, uint32_t val);
void snic_qp_clear(SnicQp *qp);
void snic_qp_start(SnicQp *qp, bool rx);
void snic_qp_disable(SnicQp *qp, bool rx);
void snic_qp_map(SnicFunc *f, unsigned q, uint32_t val);
void snic_tail_write(SnicFunc *f, unsigned q, bool rx, uint32_t val);
void snic_queue_fail(SnicUnit *u, unsigned reason);

/* fifo.c */

enum snic_rx { SNIC_RX_WAITS, SNIC_RX_DONE, SNIC_RX_LOST };

/* Writes the frame into the function's memory, if it can now. */
typedef enum snic_rx SnicDeliver(SnicUnit *u, SnicQueue *rx,
                                 SnicFrame *frame);

SnicQueue *snic_rx_queue(SnicFunc *f, SnicFrame *frame, unsigned *q);
void snic_rx_push(SnicFunc *f, SnicFrame *frame);
unsigned snic_fifo_serve(SnicUnit *u, SnicQueue *rx, SnicDeliver *deliver);
void snic_fifo_drop(SnicFunc *f, SnicQueue *rx);

/* rate.c */
bool snic_rate_may(SnicUnit *u);
void snic_rate_charge(SnicUnit *u, uint32_t bytes);
void snic_rate_set(SnicFunc *f, uint32_t mbps);
void snic_rate_init(SnicFunc *f);
void snic_rate_reset(SnicFunc *f);
void snic_rate_exit(SnicFunc *f);

/* patience.c */
int64_t snic_patience_wait(SnicPatience *own, SnicPatience *to, int64_t until);
void snic_patience_own_end(SnicPatience *own);
void snic_patience_end(SnicPatience *to);

/* func.c */
void snic_func_init(SnicState *s, unsigned idx);
void snic_func_exit(SnicFunc *f);
void snic_func_reset(SnicFunc *f);
void snic_func_wipe(SnicFunc *f);
void snic_func_kick(SnicFunc *f);
uint32_t snic_func_read(SnicFunc *f, uint32_t off);
void snic_func_write(SnicFunc *f, uint32_t off, uint32_t val);

#endif
