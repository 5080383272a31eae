// SPDX-License-Identifier: GPL-2.0-only
/*
 * Operations of a virtio function that the framework calls: the driver emulates the registers,
 * and writes to the hardware where it must.
 */
#include "../adi/ops.h"
#include "virtio.h"

static u64 smnc_virtio_op_reg_read(struct vdcm_adi *vadi, u32 offset, unsigned int size)
{
	return smnc_virtio_reg_read(vdcm_adi_drvdata(vadi), offset, size);
}

static void smnc_virtio_op_reg_write(struct vdcm_adi *vadi, u32 offset, u64 value,
				     unsigned int size)
{
	smnc_virtio_reg_write(vdcm_adi_drvdata(vadi), offset, value, size);
}

static u32 smnc_virtio_op_cap_read(struct vdcm_adi *vadi, const struct vdcm_cap *cap,
				   unsigned int offset, unsigned int size)
{
	return smnc_virtio_cap_read(vdcm_adi_drvdata(vadi), cap, offset, size);
}

static void smnc_virtio_op_cap_write(struct vdcm_adi *vadi, const struct vdcm_cap *cap,
				     unsigned int offset, unsigned int size, u32 value)
{
	smnc_virtio_cap_write(vdcm_adi_drvdata(vadi), cap, offset, size, value);
}

const struct vdcm_adi_ops smnc_virtio_ops = {
	SMNC_ADI_OPS,
	.soft_reset = smnc_adi_soft_reset,
	.reg_read = smnc_virtio_op_reg_read,
	.reg_write = smnc_virtio_op_reg_write,
	.cap_read = smnc_virtio_op_cap_read,
	.cap_write = smnc_virtio_op_cap_write,
};
