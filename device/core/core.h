/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Functions and the units that work for them: queues, mailboxes, interrupts,
 * translated DMA, rings of the PF, and the scheduler.
 */
#ifndef SMNC_CORE_H
#define SMNC_CORE_H

#include "../smartnic.h"

/* sched.c */
void smnc_sched_init(SmncState *s, const SmncPassOps *pass);
void smnc_sched_exit(SmncState *s);
void smnc_kick(SmncUnit *u);
void smnc_kick_device(SmncState *s);
void smnc_wake_room(SmncState *s);
void smnc_wake_mbx(SmncState *s);
void smnc_wake_rate(SmncFunc *f);
void smnc_unit_cancel(SmncUnit *u);
void smnc_unit_wait(SmncUnit *u, enum smnc_wait on);
void smnc_unit_fail(SmncUnit *u);
void smnc_unit_run(SmncUnit *u);
void smnc_fault(SmncUnit *u, uint64_t addr, uint32_t len, uint8_t flags);
void smnc_fault_resp(SmncState *s, uint32_t val);

/* dma.c: smnc_dma_*() return false when the unit has to stop */
bool smnc_pf_dma(SmncState *s, uint64_t addr, void *buf, uint64_t len,
                 bool write);
bool smnc_dma_probe(SmncUnit *u, uint64_t iova, uint64_t len, bool write);
bool smnc_dma_read(SmncUnit *u, uint64_t iova, void *buf, uint64_t len);
bool smnc_dma_write(SmncUnit *u, uint64_t iova, const void *buf, uint64_t len);
bool smnc_dma_finish(SmncUnit *u, uint64_t iova, const void *buf, uint64_t len);
bool smnc_dma_gather(SmncUnit *u, const SmncBuf *buf, unsigned n, uint8_t *out);
void smnc_tlb_flush(SmncFunc *f);
void smnc_tlb_inval(SmncFunc *f, uint64_t iova, uint32_t pages);

/* intr.c */
void smnc_vec_raise(SmncFunc *f, unsigned vec, unsigned itr);
void smnc_queue_raise(SmncFunc *f, uint32_t intr);
void smnc_vec_try(SmncVector *v);
void smnc_vec_write_ctl(SmncVector *v, uint32_t val);
uint32_t smnc_vec_read_ctl(SmncVector *v);
void smnc_vec_reset(SmncVector *v);
void smnc_mbx_event(SmncFunc *f);
uint32_t smnc_icr01_read(SmncFunc *f);
void smnc_ena1_write(SmncFunc *f, uint32_t val);
void smnc_pf_event(SmncState *s, uint32_t icr);
void smnc_signal_all(SmncState *s);

/* ring.c */
uint32_t smnc_ring_read(SmncState *s, unsigned ring, uint32_t off);
void smnc_ring_write(SmncState *s, unsigned ring, uint32_t off, uint32_t val);
void smnc_ring_fail(SmncState *s, unsigned ring);
void smnc_rings_reset(SmncState *s);
void smnc_post_events(SmncState *s);

/* mailbox.c */
uint32_t smnc_aq_read(SmncFunc *f, uint32_t off);
void smnc_aq_write(SmncFunc *f, uint32_t off, uint32_t val);
void smnc_aq_reset(SmncFunc *f);
extern const SmncUnitOps smnc_atq_ops, smnc_arq_ops;
bool smnc_mbx_deliver(SmncUnit *u, uint32_t high, uint32_t low,
                      const uint8_t *data, uint16_t len);
void smnc_mbx_queue(SmncFunc *f, uint32_t high, uint32_t low,
                    const uint8_t *data, uint16_t len);
void smnc_mbx_drop_first(SmncFunc *f);
bool smnc_mbx_tx_run(SmncState *s);

/* queue.c */
uint32_t smnc_qp_read(SmncState *s, uint32_t off);
void smnc_qp_write(SmncState *s, uint32_t off, uint32_t val);
void smnc_qp_clear(SmncQp *qp);
bool smnc_queue_config_ok(const SmncQueue *queue, bool rx);
void smnc_qp_start(SmncQp *qp, bool rx);
void smnc_qp_disable(SmncQp *qp, bool rx);
void smnc_qp_map(SmncFunc *f, unsigned q, uint32_t val);
void smnc_tail_write(SmncFunc *f, unsigned q, bool rx, uint32_t val);
SmncQueue *smnc_unit_queue(SmncUnit *u);
void smnc_queue_fail(SmncUnit *u, unsigned reason);
void smnc_queue_fault(SmncUnit *u);

/* fifo.c */

enum smnc_rx { SMNC_RX_WAITS, SMNC_RX_DONE, SMNC_RX_LOST };

/* Writes the frame into the function's memory, if it can now. */
typedef enum smnc_rx SmncDeliver(SmncUnit *u, SmncQueue *rx,
                                 SmncFrame *frame);

SmncQueue *smnc_rx_queue(SmncFunc *f, const SmncFrame *frame);
void smnc_rx_push(SmncFunc *f, SmncFrame *frame);
unsigned smnc_fifo_serve(SmncUnit *u, SmncQueue *rx, SmncDeliver *deliver);
void smnc_fifo_drop(SmncFunc *f, SmncQueue *rx);

/* rate.c */
bool smnc_rate_may(SmncUnit *u);
void smnc_rate_charge(SmncUnit *u, uint32_t bytes);
void smnc_rate_set(SmncFunc *f, uint32_t mbps);
void smnc_rate_init(SmncFunc *f);
void smnc_rate_reset(SmncFunc *f);
void smnc_rate_exit(SmncFunc *f);

/* patience.c */
int64_t smnc_patience_wait(SmncPatience *own, SmncPatience *to, int64_t until);
void smnc_patience_own_end(SmncPatience *own);
void smnc_patience_end(SmncPatience *to);

/* state.c */
void smnc_state_run(SmncState *s);
void smnc_state_cancel(SmncFunc *f);
uint32_t smnc_state_read(SmncFunc *f, uint32_t off);
void smnc_state_write(SmncFunc *f, uint32_t off, uint32_t val);

/* func.c */
void smnc_func_init(SmncState *s, unsigned idx);
void smnc_func_exit(SmncFunc *f);
void smnc_func_reset(SmncFunc *f);
void smnc_func_wipe(SmncFunc *f);
void smnc_func_kick(SmncFunc *f);
uint32_t smnc_func_read(SmncFunc *f, uint32_t off);
void smnc_func_write(SmncFunc *f, uint32_t off, uint32_t val);

#endif
