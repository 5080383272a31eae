/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Queues as AVF drivers know them. */
#ifndef SNIC_AVF_H
#define SNIC_AVF_H

#include "../smartnic.h"

/* tx.c, rx.c */
extern const SnicUnitOps snic_avf_tx_ops, snic_avf_rx_ops;

#endif
