/* SPDX-License-Identifier: GPL-2.0-only */
/* Included ahead of vdcm/marks.c: no memory for a mark. */
#ifndef FAKE_XA_H
#define FAKE_XA_H

#include <linux/xarray.h>

extern bool fake_xa_full;

#define xa_store(...)	(fake_xa_full ? XA_ERROR(-ENOMEM) : (xa_store)(__VA_ARGS__))

#endif /* FAKE_XA_H */
