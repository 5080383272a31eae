/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The PCI device: configuration space, BARs, reset, properties. */
#ifndef SMNC_PCI_H
#define SMNC_PCI_H

#include "../smartnic.h"

/* reset.c */
void smnc_device_reset(SmncState *s);
void smnc_kick_all(SmncState *s);

/* remove.c */
void smnc_remove_init(SmncState *s);
void smnc_remove_class_init(ObjectClass *class);
void smnc_set_silent(SmncState *s, bool silent);

/* inject.c */
void smnc_inject_class_init(ObjectClass *class);

/* vpd.c */
int smnc_vpd_init(SmncState *s, Error **errp);
void smnc_vpd_write_config(SmncState *s, uint32_t addr, int len);

/* regs.c */
extern const MemoryRegionOps smnc_ctrl_ops, smnc_adi_ops;

/* window.c */
uint32_t smnc_window_read(SmncFunc *f, uint32_t off);
void smnc_window_write(SmncFunc *f, uint32_t off, uint32_t val, unsigned size);

/* fw.c */
extern const MemoryRegionOps smnc_fw_ops;
void smnc_fw_init(SmncState *s);
void smnc_fw_exit(SmncState *s);
void smnc_fw_reset(SmncState *s);

#endif
