/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SMARTNIC_DEBUGFS_H
#define SMARTNIC_DEBUGFS_H

struct smnc_pf;

void smnc_debugfs_add(struct smnc_pf *pf);
void smnc_debugfs_remove(struct smnc_pf *pf);
void smnc_debugfs_init(void);
void smnc_debugfs_exit(void);

#endif /* SMARTNIC_DEBUGFS_H */
