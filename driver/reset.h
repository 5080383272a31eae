/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reset, sleep and recovery of the PF, for probe and removal.
 */
#ifndef SMARTNIC_RESET_H
#define SMARTNIC_RESET_H

#include "core/pf.h"

extern const struct pci_error_handlers smnc_err_handlers;
extern const struct dev_pm_ops smnc_pm_ops;
void smnc_recovery_init(struct smnc_pf *pf);
void smnc_recovery_ready(struct smnc_pf *pf);
void smnc_recovery_exit(struct smnc_pf *pf);
int smnc_hw_start(struct smnc_pf *pf);
int smnc_reset_request(struct smnc_pf *pf);
int smnc_reload_prepare(struct smnc_pf *pf);
int smnc_reload_done(struct smnc_pf *pf);

#endif /* SMARTNIC_RESET_H */
