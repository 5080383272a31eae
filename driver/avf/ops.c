// SPDX-License-Identifier: GPL-2.0-only
/*
 * Operations of an AVF that the framework calls: its registers are those of the window.
 */
#include "../adi/ops.h"
#include "avf.h"

const struct vdcm_adi_ops smnc_avf_ops = {
	SMNC_ADI_OPS,
	.reg_read = smnc_adi_win_read,
	.reg_write = smnc_adi_win_write,
};
