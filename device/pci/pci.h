/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The PCI device: configuration space, BARs, reset, properties. */
#ifndef SNIC_PCI_H
#define SNIC_PCI_H

#include "../smartnic.h"

/* reset.c */
void snic_device_reset(SnicState *s);
void snic_kick_all(SnicState *s);

/* remove.c */
void snic_remove_init(SnicState *s);
void snic_remove_class_init(ObjectClass *class);
void snic_set_silent(SnicState *s, bool silent);

/* inject.c */
void snic_inject_class_init(ObjectClass *class);

/* vpd.c */
int snic_vpd_init(SnicState *s, Error **errp);
void snic_vpd_write_config(SnicState *s, uint32_t addr, int len);

/* regs.c */
extern const MemoryRegionOps snic_ctrl_ops, snic_adi_ops;

/* window.c */
uint32_t snic_window_read(SnicFunc *f, uint32_t off);
void snic_window_write(SnicFunc *f, uint32_t off, uint32_t val, unsigned size);

/* fw.c */
extern const MemoryRegionOps snic_fw_ops;
void snic_fw_init(SnicState *s);
void snic_fw_exit(SnicState *s);
void snic_fw_reset(SnicState *s);

#endif
