/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reset, sleep and recovery of the PF, for probe and removal.
 */
#ifndef SMARTNIC_RESET_H
#define SMARTNIC_RESET_H

#include "core/pf.h"

extern const struct pci_error_handlers snic_err_handlers;
extern const struct dev_pm_ops snic_pm_ops;
void snic_recovery_init(struct snic_pf *pf);
void snic_recovery_ready(struct snic_pf *pf);
void snic_recovery_exit(struct snic_pf *pf);
int snic_hw_start(struct snic_pf *pf);

#endif /* SMARTNIC_RESET_H */
