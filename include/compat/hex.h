/* SPDX-License-Identifier: GPL-2.0-only */
/* mac_pton() and its like: newer kernels moved them out of linux/kernel.h. */
#ifndef COMPAT_HEX_H
#define COMPAT_HEX_H

#include <linux/kernel.h>

#include "vdcm_config.h"

#ifdef HAVE_HEX_H
#include <linux/hex.h>
#endif

#endif /* COMPAT_HEX_H */
