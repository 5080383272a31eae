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
#define SNIC_POLL_US	1000000

int snic_hw_map(struct snic_pf *pf);
void snic_hw_unmap(struct snic_pf *pf);
int snic_hw_identify(struct snic_pf *pf);
int snic_hw_reset(struct snic_pf *pf);
int snic_set_xlat(struct snic_pf *pf, u32 mode);
bool snic_hw_answers(struct snic_pf *pf);
bool snic_hw_alive(struct snic_pf *pf);

u32 snic_read(struct snic_pf *pf, u32 off);
void snic_write(struct snic_pf *pf, u32 off, u32 value);
int snic_poll(struct snic_pf *pf, u32 off, u32 mask, u32 want);
u64 snic_stat(struct snic_pf *pf, u16 func, unsigned int stat);

u32 snic_win_read(struct snic_pf *pf, u16 func, u32 off);
void snic_win_write(struct snic_pf *pf, u16 func, u32 off, u32 value);
phys_addr_t snic_win_phys(struct snic_pf *pf, u16 func, unsigned int page);

void snic_win_kick(struct snic_pf *pf, u16 func, u32 off, u32 value, unsigned int size);

u32 snic_fw_read(struct snic_pf *pf, u32 off);
void snic_fw_write(struct snic_pf *pf, u32 off, u32 value);

/* queues.c: queue pairs and vectors behind a function's own numbers */
void snic_qp_scrub(struct snic_pf *pf, u16 qp);
void snic_func_ctrl(struct snic_pf *pf, u16 func, u32 ctrl);
int snic_func_reset(struct snic_pf *pf, u16 func, u32 ctrl);
int snic_func_off(struct snic_pf *pf, u16 func);
int snic_func_park(struct snic_pf *pf, u16 func);
void snic_func_map_queue(struct snic_pf *pf, u16 func, unsigned int q, int qp);
void snic_func_map_vector(struct snic_pf *pf, u16 func, unsigned int v, u32 map);
int snic_res_alloc(struct snic_pf *pf, u16 *func, u16 *qp, unsigned int nr_qps);
void snic_res_free(struct snic_pf *pf, u16 func, const u16 *qp, unsigned int nr_qps);

/**
 * struct snic_queue_cfg - configuration of one TX or RX queue
 * @base: ring address, in the function's own address space
 * @len: descriptors
 * @bufsz: RX: bytes of a buffer
 * @max_frame: RX: longest frame to deliver
 */
struct snic_queue_cfg {
	u64 base;
	u32 len;
	u32 bufsz;
	u32 max_frame;
};

#define SNIC_Q(qp, dir)	(SNIC_QP(qp) + (dir))	/* dir: SNIC_QP_TX or SNIC_QP_RX */

bool snic_queue_cfg_ok(const struct snic_queue_cfg *cfg, u32 dir);
void snic_queue_setup(struct snic_pf *pf, u32 queue, const struct snic_queue_cfg *cfg);
void snic_queue_irq(struct snic_pf *pf, u32 queue, unsigned int vec, unsigned int itr);
int snic_queue_start(struct snic_pf *pf, u32 queue);
void snic_queue_stop(struct snic_pf *pf, u32 queue);
int snic_queue_stopped(struct snic_pf *pf, u32 queue);

#endif /* SMARTNIC_HW_H */
