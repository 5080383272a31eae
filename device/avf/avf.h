/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Queues as AVF drivers know them. */
#ifndef SMNC_AVF_H
#define SMNC_AVF_H

#include "../smartnic.h"

/* tx.c, rx.c */
extern const SmncUnitOps smnc_avf_tx_ops, smnc_avf_rx_ops;

/* state.c */
extern const SmncStateKind smnc_avf_state;

#endif
