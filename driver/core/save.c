// SPDX-License-Identifier: GPL-2.0-only
/*
 * State of a function that only the device has: the driver quiesces the function, saves the
 * state to memory and loads it from there (docs/hardware.md, 16). Callers serialise per
 * function.
 */
#include <linux/dma-mapping.h>

#include "hw.h"
#include "pf.h"

/* Errors that the device may answer, as the kernel's errno. */
static int smnc_state_errno(u32 ctl)
{
	if (!(ctl & SMNC_STATE_ERR))
		return 0;
	switch ((ctl & SMNC_STATE_ERRNO) >> SMNC_STATE_ERRNO_SHIFT) {
	case 16:
		return -EBUSY;
	case 22:
		return -EINVAL;
	case 28:
		return -ENOSPC;
	default:
		return -EREMOTEIO;
	}
}

static u32 smnc_state_reg(u16 func, u32 reg)
{
	return SMNC_FUNC(func) + reg;
}

/*
 * The device may use the memory until it has answered. A device that does not answer forgets
 * the command when the driver resets the function.
 */
static int smnc_state_command(struct smnc_pf *pf, u16 func, u32 command, dma_addr_t dma, u32 *len)
{
	int err;

	smnc_write(pf, smnc_state_reg(func, SMNC_FUNC_STATE_LO), lower_32_bits(dma));
	smnc_write(pf, smnc_state_reg(func, SMNC_FUNC_STATE_HI), upper_32_bits(dma));
	smnc_write(pf, smnc_state_reg(func, SMNC_FUNC_STATE_LEN), *len);
	smnc_write(pf, smnc_state_reg(func, SMNC_FUNC_STATE_CTL), command);
	err = smnc_poll(pf, smnc_state_reg(func, SMNC_FUNC_STATE_CTL), SMNC_STATE_BUSY, 0);
	if (err)
		return err;
	err = smnc_state_errno(smnc_read(pf, smnc_state_reg(func, SMNC_FUNC_STATE_CTL)));
	*len = smnc_read(pf, smnc_state_reg(func, SMNC_FUNC_STATE_LEN));
	return smnc_hw_off(pf) ? -EIO : err;
}

/* Leaks memory of a command without an answer: the device may still use it. */
static void smnc_state_free(struct smnc_pf *pf, void *cpu, dma_addr_t dma, size_t len, int err)
{
	if (err == -ETIMEDOUT)
		smnc_hw_stuck(pf, "a state was not saved or loaded");
	else
		dma_free_coherent(&pf->pdev->dev, len, cpu, dma);
}

/**
 * smnc_func_quiesce() - keep a function from any access, and from interrupts
 * @pf: PF
 * @func: function number
 * @ctrl: SMNC_FUNC_CTRL_* that the function has beside ENABLE
 *
 * Doorbells are kept. Context: process.
 *
 * Return: 0: no access of the function is under way; -EIO or -ETIMEDOUT.
 */
int smnc_func_quiesce(struct smnc_pf *pf, u16 func, u32 ctrl)
{
	smnc_func_ctrl(pf, func, ctrl | SMNC_FUNC_CTRL_QUIESCE);
	return smnc_poll(pf, SMNC_FUNC(func) + SMNC_FUNC_STATUS, SMNC_FUNC_STATUS_QUIESCED,
			 SMNC_FUNC_STATUS_QUIESCED);
}

/**
 * smnc_func_save() - save the state that only the device has
 * @pf: PF
 * @func: function, quiesced
 * @buf: room for the state
 * @len: in: bytes of @buf; out: bytes of the state
 *
 * Context: process.
 * Return: 0, -ENOSPC, -ENOMEM, -EIO, -ETIMEDOUT or another errno of the device.
 */
int smnc_func_save(struct smnc_pf *pf, u16 func, void *buf, u32 *len)
{
	u32 size = 0, done;
	dma_addr_t dma;
	void *cpu;
	int err = smnc_state_command(pf, func, SMNC_STATE_SIZE, 0, &size);

	if (err)
		return err;
	if (size > *len || !size)
		return -ENOSPC;
	cpu = dma_alloc_coherent(&pf->pdev->dev, size, &dma, GFP_KERNEL_ACCOUNT);
	if (!cpu)
		return -ENOMEM;
	done = size;
	err = smnc_state_command(pf, func, SMNC_STATE_SAVE, dma, &done);
	if (!err && done > size)
		err = -EREMOTEIO;
	if (!err) {
		memcpy(buf, cpu, done);
		*len = done;
	}
	smnc_state_free(pf, cpu, dma, size, err);
	return err;
}

/**
 * smnc_func_load() - give the device a state
 * @pf: PF
 * @func: function, quiesced, with no queue enabled
 * @buf: state, not checked yet
 * @len: its bytes
 *
 * Context: process.
 * Return: 0; -EINVAL: the state is not valid, and not loaded; -ENOMEM, -EIO, -ETIMEDOUT or
 * another errno of the device.
 */
int smnc_func_load(struct smnc_pf *pf, u16 func, const void *buf, u32 len)
{
	dma_addr_t dma;
	u32 n = len;
	void *cpu;
	int err;

	if (!len)
		return -EINVAL;
	cpu = dma_alloc_coherent(&pf->pdev->dev, len, &dma, GFP_KERNEL_ACCOUNT);
	if (!cpu)
		return -ENOMEM;
	memcpy(cpu, buf, len);
	err = smnc_state_command(pf, func, SMNC_STATE_LOAD, dma, &n);
	smnc_state_free(pf, cpu, dma, len, err);
	return err;
}
