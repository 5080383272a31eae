// SPDX-License-Identifier: GPL-2.0-only
/*
 * Register access, detection of a device that is gone, bounded polls.
 */
#include <linux/delay.h>
#include <linux/io-64-nonatomic-lo-hi.h>
#include <linux/ktime.h>

#include "hw.h"
#include "pf.h"

#define SNIC_GONE	(~0u)

int snic_hw_map(struct snic_pf *pf)
{
	struct pci_dev *pdev = pf->pdev;
	int err;

	if (pci_resource_len(pdev, SNIC_BAR_CTRL) < SNIC_BAR_CTRL_SIZE ||
	    pci_resource_len(pdev, SNIC_BAR_MSIX) < SNIC_BAR_MSIX_SIZE) {
		pci_err(pdev, "BAR0 or BAR4 has no room for the registers\n");
		return -ENODEV;
	}
	err = pci_request_mem_regions(pdev, SNIC_DRV_NAME);
	if (err)
		return err;
	pf->ctrl = pci_iomap(pdev, SNIC_BAR_CTRL, 0);
	pf->windows = pci_iomap(pdev, SNIC_BAR_ADI, 0);
	pf->msix = pci_iomap(pdev, SNIC_BAR_MSIX, 0);
	pf->windows_phys = pci_resource_start(pdev, SNIC_BAR_ADI);
	if (pf->ctrl && pf->msix)
		return 0;
	snic_hw_unmap(pf);
	return -ENOMEM;
}

void snic_hw_unmap(struct snic_pf *pf)
{
	if (pf->msix)
		pci_iounmap(pf->pdev, pf->msix);
	if (pf->windows)
		pci_iounmap(pf->pdev, pf->windows);
	if (pf->ctrl)
		pci_iounmap(pf->pdev, pf->ctrl);
	pci_release_mem_regions(pf->pdev);
}

/**
 * snic_hw_answers() - does the device answer, whatever we think of it?
 * @pf: PF
 *
 * All-ones may be a value; only the identity register tells. Any context.
 */
bool snic_hw_answers(struct snic_pf *pf)
{
	return readl(pf->ctrl + SNIC_ID) == SNIC_ID_MAGIC;
}

static void snic_check_gone(struct snic_pf *pf)
{
	/* A reset may have begun meanwhile: then it says nothing. */
	if (!snic_hw_answers(pf) && !snic_hw_off(pf))
		snic_hw_lost(pf);
}

/* Does it answer, now? */
bool snic_hw_alive(struct snic_pf *pf)
{
	if (!snic_hw_off(pf))
		snic_check_gone(pf);
	return !snic_hw_off(pf);
}

u32 snic_read(struct snic_pf *pf, u32 off)
{
	u32 v;

	if (snic_hw_off(pf))
		return SNIC_GONE;
	v = readl(pf->ctrl + off);
	if (unlikely(v == SNIC_GONE))
		snic_check_gone(pf);
	return v;
}

void snic_write(struct snic_pf *pf, u32 off, u32 value)
{
	if (!snic_hw_off(pf))
		writel(value, pf->ctrl + off);
}

/* Whatever is thought of the device. */
static u32 snic_raw_read(struct snic_pf *pf, u32 off)
{
	return readl(pf->ctrl + off);
}

static int snic_poll_by(struct snic_pf *pf, u32 (*read)(struct snic_pf *pf, u32 off),
			u32 off, u32 mask, u32 want)
{
	ktime_t end = ktime_add_us(ktime_get(), SNIC_POLL_US);
	bool last = false;
	u32 v;

	for (;;) {
		v = read(pf, off);
		if (v == SNIC_GONE && (snic_hw_off(pf) || !snic_hw_answers(pf)))
			return -EIO;
		if ((v & mask) == want)
			return 0;
		if (last)
			return -ETIMEDOUT;
		usleep_range(20, 60);
		last = ktime_after(ktime_get(), end);
	}
}

/**
 * snic_poll() - wait until a register has a value
 * @pf: PF
 * @off: offset in BAR0
 * @mask: bits to look at
 * @want: their value
 *
 * Context: process.
 * Return: 0, -EIO on a dead device, -ETIMEDOUT after SNIC_POLL_US.
 */
int snic_poll(struct snic_pf *pf, u32 off, u32 mask, u32 want)
{
	int err = snic_poll_by(pf, snic_read, off, mask, want);

	return snic_hw_off(pf) ? -EIO : err;
}

/**
 * snic_stat() - one counter of a function
 * @pf: PF
 * @func: function number
 * @stat: enum snic_stat
 *
 * Return: its value, 0 on a dead device.
 */
u64 snic_stat(struct snic_pf *pf, u16 func, unsigned int stat)
{
	u64 v;

	if (snic_hw_off(pf))
		return 0;
	v = readq(pf->ctrl + SNIC_STATS(func) + 8 * stat);
	if (v != ~0ull)
		return v;
	snic_check_gone(pf);
	return snic_hw_off(pf) ? 0 : v;
}

static void __iomem *snic_window(struct snic_pf *pf, u16 func)
{
	if (!func)
		return pf->ctrl + SNIC_PF_WINDOW;
	return pf->windows + (func - 1) * SNIC_WINDOW_SIZE;
}

u32 snic_win_read(struct snic_pf *pf, u16 func, u32 off)
{
	u32 v;

	if (snic_hw_off(pf))
		return SNIC_GONE;
	v = readl(snic_window(pf, func) + off);
	if (unlikely(v == SNIC_GONE))
		snic_check_gone(pf);
	return v;
}

void snic_win_write(struct snic_pf *pf, u16 func, u32 off, u32 value)
{
	if (!snic_hw_off(pf))
		writel(value, snic_window(pf, func) + off);
}

/* @off: in a notify page; @size: 2 or 4 bytes */
void snic_win_kick(struct snic_pf *pf, u16 func, u32 off, u32 value, unsigned int size)
{
	if (snic_hw_off(pf))
		return;
	if (size == 2)
		writew(value, snic_window(pf, func) + off);
	else
		writel(value, snic_window(pf, func) + off);
}

phys_addr_t snic_win_phys(struct snic_pf *pf, u16 func, unsigned int page)
{
	return pf->windows_phys + (func - 1) * SNIC_WINDOW_SIZE + page * VDCM_PAGE_SIZE;
}

u32 snic_fw_read(struct snic_pf *pf, u32 off)
{
	return snic_hw_off(pf) ? SNIC_GONE : readl(pf->msix + off);
}

void snic_fw_write(struct snic_pf *pf, u32 off, u32 value)
{
	if (!snic_hw_off(pf))
		writel(value, pf->msix + off);
}

/**
 * snic_hw_identify() - is this the device of the specification, how large is it?
 * @pf: PF, mapped
 *
 * Return: 0 or -ENODEV.
 */
int snic_hw_identify(struct snic_pf *pf)
{
	u32 version = readl(pf->ctrl + SNIC_VERSION);

	if (readl(pf->ctrl + SNIC_ID) != SNIC_ID_MAGIC) {
		pci_err(pf->pdev, "no SmartNIC answers behind BAR0\n");
		return -ENODEV;
	}
	if (version >> 16 != SNIC_VERSION_1_0 >> 16) {
		pci_err(pf->pdev, "unknown register layout %#x\n", version);
		return -ENODEV;
	}
	pf->num_adis = min_t(u32, snic_read(pf, SNIC_NUM_ADIS), SNIC_MAX_ADIS);
	pf->num_qps = min_t(u32, snic_read(pf, SNIC_NUM_QPS), SNIC_MAX_QPS);
	pf->num_vecs = min_t(u32, snic_read(pf, SNIC_NUM_VECS), SNIC_MAX_VECTORS);
	pf->max_frame = snic_read(pf, SNIC_MAX_FRAME);
	pf->serial = (u64)snic_read(pf, SNIC_SERIAL_HI) << 32 |
		     snic_read(pf, SNIC_SERIAL_LO);
	/* ADIs without a window behind BAR2 can't be used. */
	if (!pf->windows)
		pf->num_adis = 0;
	pf->num_adis = min_t(u32, pf->num_adis,
			     pci_resource_len(pf->pdev, SNIC_BAR_ADI) / SNIC_WINDOW_SIZE);
	if (!pf->num_qps || pf->max_frame < ETH_FRAME_LEN || pf->max_frame > 0xffff) {
		pci_err(pf->pdev, "%u queue pairs, longest frame %u: not usable\n",
			pf->num_qps, pf->max_frame);
		return -ENODEV;
	}
	return 0;
}

/**
 * snic_hw_reset() - reset the device, also one that is given up or silenced
 * @pf: PF, mapped
 *
 * No unit of it runs afterwards, whatever it had been doing. The bus stays as it is.
 *
 * Context: process.
 * Return: 0, -EIO if it is gone, -ETIMEDOUT.
 */
int snic_hw_reset(struct snic_pf *pf)
{
	int err;

	writel(SNIC_CTRL_RESET, pf->ctrl + SNIC_CTRL);
	err = snic_poll_by(pf, snic_raw_read, SNIC_CTRL, SNIC_CTRL_RESET, 0);
	if (!err)
		err = snic_poll_by(pf, snic_raw_read, SNIC_STATUS, SNIC_STATUS_READY,
				   SNIC_STATUS_READY);
	if (err)
		pci_err(pf->pdev, "device reset did not complete: %d\n", err);
	return err;
}

/**
 * snic_set_xlat() - set the translation mode of a device that was reset
 * @pf: PF
 * @mode: SNIC_XLAT_MODE_*
 *
 * Return: 0 or -EIO.
 */
int snic_set_xlat(struct snic_pf *pf, u32 mode)
{
	snic_write(pf, SNIC_XLAT_MODE, mode);
	return snic_read(pf, SNIC_XLAT_MODE) == mode ? 0 : -EIO;
}
