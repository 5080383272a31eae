/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Register access. A dead device reads all-ones and swallows writes; the first
 * access that notices silences the PF (death.c), and no later one touches the bus.
 */
#ifndef SMARTNIC_HW_H
#define SMARTNIC_HW_H

#include <linux/types.h>

#include "pf.h"

/* A register that stays busy longer than this means a broken device. */
#define SMNC_POLL_US	1000000

int smnc_hw_map(struct smnc_pf *pf);
void smnc_hw_unmap(struct smnc_pf *pf);
int smnc_hw_identify(struct smnc_pf *pf);
int smnc_hw_reset(struct smnc_pf *pf);
int smnc_set_xlat(struct smnc_pf *pf, u32 mode);
bool smnc_hw_answers(struct smnc_pf *pf);
bool smnc_hw_alive(struct smnc_pf *pf);

u32 smnc_read(struct smnc_pf *pf, u32 off);
void smnc_write(struct smnc_pf *pf, u32 off, u32 value);
int smnc_poll(struct smnc_pf *pf, u32 off, u32 mask, u32 want);
u64 smnc_stat(struct smnc_pf *pf, u16 func, unsigned int stat);
u64 smnc_uplink_stat(struct smnc_pf *pf, unsigned int stat);

u32 smnc_win_read(struct smnc_pf *pf, u16 func, u32 off);
void smnc_win_write(struct smnc_pf *pf, u16 func, u32 off, u32 value);
phys_addr_t smnc_win_phys(struct smnc_pf *pf, u16 func, unsigned int page);

void smnc_win_kick(struct smnc_pf *pf, u16 func, u32 off, u32 value, unsigned int size);

u32 smnc_fw_read(struct smnc_pf *pf, u32 off);
void smnc_fw_write(struct smnc_pf *pf, u32 off, u32 value);

/* queues.c: queue pairs and vectors behind a function's own numbers */
void smnc_qp_scrub(struct smnc_pf *pf, u16 qp);
void smnc_func_ctrl(struct smnc_pf *pf, u16 func, u32 ctrl);
int smnc_func_reset(struct smnc_pf *pf, u16 func, u32 ctrl);
int smnc_func_off(struct smnc_pf *pf, u16 func);
int smnc_func_park(struct smnc_pf *pf, u16 func);
void smnc_func_map_queue(struct smnc_pf *pf, u16 func, unsigned int q, int qp);
void smnc_func_map_vector(struct smnc_pf *pf, u16 func, unsigned int v, u32 map);
int smnc_res_alloc(struct smnc_pf *pf, u16 *func, u16 *qp, unsigned int nr_qps);
void smnc_res_free(struct smnc_pf *pf, u16 func, const u16 *qp, unsigned int nr_qps);

/**
 * struct smnc_queue_cfg - configuration of one TX or RX queue
 * @base: ring address, in the function's own address space
 * @len: descriptors
 * @bufsz: RX: bytes of a buffer
 * @max_frame: RX: longest frame to deliver
 */
struct smnc_queue_cfg {
	u64 base;
	u32 len;
	u32 bufsz;
	u32 max_frame;
};

#define SMNC_Q(qp, dir)	(SMNC_QP(qp) + (dir))	/* dir: SMNC_QP_TX or SMNC_QP_RX */

bool smnc_queue_cfg_ok(const struct smnc_queue_cfg *cfg, u32 dir);
void smnc_queue_setup(struct smnc_pf *pf, u32 queue, const struct smnc_queue_cfg *cfg);
void smnc_queue_irq(struct smnc_pf *pf, u32 queue, unsigned int vec, unsigned int itr);
int smnc_queue_start(struct smnc_pf *pf, u32 queue);
void smnc_queue_stop(struct smnc_pf *pf, u32 queue);
int smnc_queue_stopped(struct smnc_pf *pf, u32 queue);

/* save.c */
#define SMNC_FUNC_STATE_MAX	(264u << 10)	/* bytes of a function's state */
int smnc_func_quiesce(struct smnc_pf *pf, u16 func, u32 ctrl);
int smnc_func_save(struct smnc_pf *pf, u16 func, void *buf, u32 *len);
int smnc_func_load(struct smnc_pf *pf, u16 func, const void *buf, u32 len);

#endif /* SMARTNIC_HW_H */
