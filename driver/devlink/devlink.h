/* SPDX-License-Identifier: GPL-2.0-only */
/* The PF's devlink instance: functions for probe, removal and reset. */
#ifndef SMARTNIC_DEVLINK_H
#define SMARTNIC_DEVLINK_H

struct smnc_pf;

/* devlink.c */
int smnc_devlink_init(struct smnc_pf *pf);
void smnc_devlink_exit(struct smnc_pf *pf);

/* regions.c */
void smnc_devlink_capture(struct smnc_pf *pf);

#endif /* SMARTNIC_DEVLINK_H */
