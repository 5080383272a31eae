// SPDX-License-Identifier: GPL-2.0-only
/*
 * Register access, detection of a device that is gone, bounded polls.
 */
#include <linux/delay.h>
#include <linux/io-64-nonatomic-lo-hi.h>
#include <linux/ktime.h>

#include "hw.h"
#include "pf.h"

#define SMNC_GONE	(~0u)

int smnc_hw_map(struct smnc_pf *pf)
{
	struct pci_dev *pdev = pf->pdev;
	int err;

	if (pci_resource_len(pdev, SMNC_BAR_CTRL) < SMNC_BAR_CTRL_SIZE ||
	    pci_resource_len(pdev, SMNC_BAR_MSIX) < SMNC_BAR_MSIX_SIZE) {
		pci_err(pdev, "BAR0 or BAR4 has no room for the registers\n");
		return -ENODEV;
	}
	err = pci_request_mem_regions(pdev, SMNC_DRV_NAME);
	if (err)
		return err;
	pf->ctrl = pci_iomap(pdev, SMNC_BAR_CTRL, 0);
	pf->windows = pci_iomap(pdev, SMNC_BAR_ADI, 0);
	pf->msix = pci_iomap(pdev, SMNC_BAR_MSIX, 0);
	pf->windows_phys = pci_resource_start(pdev, SMNC_BAR_ADI);
	if (pf->ctrl && pf->msix)
		return 0;
	smnc_hw_unmap(pf);
	return -ENOMEM;
}

void smnc_hw_unmap(struct smnc_pf *pf)
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
 * smnc_hw_answers() - does the device answer, whatever we think of it?
 * @pf: PF
 *
 * All-ones may be a value; only the identity register tells. Any context.
 */
bool smnc_hw_answers(struct smnc_pf *pf)
{
	return readl(pf->ctrl + SMNC_ID) == SMNC_ID_MAGIC;
}

static void smnc_check_gone(struct smnc_pf *pf)
{
	/* A reset may have begun meanwhile: then it says nothing. */
	if (!smnc_hw_answers(pf) && !smnc_hw_off(pf))
		smnc_hw_lost(pf);
}

/* Does it answer, now? */
bool smnc_hw_alive(struct smnc_pf *pf)
{
	if (!smnc_hw_off(pf))
		smnc_check_gone(pf);
	return !smnc_hw_off(pf);
}

u32 smnc_read(struct smnc_pf *pf, u32 off)
{
	u32 v;

	if (smnc_hw_off(pf))
		return SMNC_GONE;
	v = readl(pf->ctrl + off);
	if (unlikely(v == SMNC_GONE))
		smnc_check_gone(pf);
	return v;
}

void smnc_write(struct smnc_pf *pf, u32 off, u32 value)
{
	if (!smnc_hw_off(pf))
		writel(value, pf->ctrl + off);
}

/* Whatever is thought of the device. */
static u32 smnc_raw_read(struct smnc_pf *pf, u32 off)
{
	return readl(pf->ctrl + off);
}

static int smnc_poll_by(struct smnc_pf *pf, u32 (*read)(struct smnc_pf *pf, u32 off),
			u32 off, u32 mask, u32 want)
{
	ktime_t end = ktime_add_us(ktime_get(), SMNC_POLL_US);
	bool last = false;
	u32 v;

	for (;;) {
		v = read(pf, off);
		if (v == SMNC_GONE && (smnc_hw_off(pf) || !smnc_hw_answers(pf)))
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
 * smnc_poll() - wait until a register has a value
 * @pf: PF
 * @off: offset in BAR0
 * @mask: bits to look at
 * @want: their value
 *
 * Context: process.
 * Return: 0, -EIO on a dead device, -ETIMEDOUT after SMNC_POLL_US.
 */
int smnc_poll(struct smnc_pf *pf, u32 off, u32 mask, u32 want)
{
	int err = smnc_poll_by(pf, smnc_read, off, mask, want);

	return smnc_hw_off(pf) ? -EIO : err;
}

/* A 64-bit counter; 0 on a dead device. */
static u64 smnc_read_counter(struct smnc_pf *pf, u32 off)
{
	u64 v;

	if (smnc_hw_off(pf))
		return 0;
	v = readq(pf->ctrl + off);
	if (v != ~0ull)
		return v;
	smnc_check_gone(pf);
	return smnc_hw_off(pf) ? 0 : v;
}

/**
 * smnc_stat() - one counter of a function
 * @pf: PF
 * @func: function number
 * @stat: enum smnc_stat
 *
 * Return: its value, 0 on a dead device.
 */
u64 smnc_stat(struct smnc_pf *pf, u16 func, unsigned int stat)
{
	return smnc_read_counter(pf, SMNC_STATS(func) + 8 * stat);
}

/**
 * smnc_uplink_stat() - one counter of the uplink, as the device has it
 * @pf: PF
 * @stat: enum smnc_uplink_stat
 *
 * Return: its value, 0 on a dead device.
 */
u64 smnc_uplink_stat(struct smnc_pf *pf, unsigned int stat)
{
	return smnc_read_counter(pf, SMNC_UPLINK_STATS + 8 * stat);
}

static void __iomem *smnc_window(struct smnc_pf *pf, u16 func)
{
	if (!func)
		return pf->ctrl + SMNC_PF_WINDOW;
	return pf->windows + (func - 1) * SMNC_WINDOW_SIZE;
}

u32 smnc_win_read(struct smnc_pf *pf, u16 func, u32 off)
{
	u32 v;

	if (smnc_hw_off(pf))
		return SMNC_GONE;
	v = readl(smnc_window(pf, func) + off);
	if (unlikely(v == SMNC_GONE))
		smnc_check_gone(pf);
	return v;
}

void smnc_win_write(struct smnc_pf *pf, u16 func, u32 off, u32 value)
{
	if (!smnc_hw_off(pf))
		writel(value, smnc_window(pf, func) + off);
}

/* @off: in a notify page; @size: 2 or 4 bytes */
void smnc_win_kick(struct smnc_pf *pf, u16 func, u32 off, u32 value, unsigned int size)
{
	if (smnc_hw_off(pf))
		return;
	if (size == 2)
		writew(value, smnc_window(pf, func) + off);
	else
		writel(value, smnc_window(pf, func) + off);
}

phys_addr_t smnc_win_phys(struct smnc_pf *pf, u16 func, unsigned int page)
{
	return pf->windows_phys + (func - 1) * SMNC_WINDOW_SIZE + page * VDCM_PAGE_SIZE;
}

u32 smnc_fw_read(struct smnc_pf *pf, u32 off)
{
	return smnc_hw_off(pf) ? SMNC_GONE : readl(pf->msix + off);
}

void smnc_fw_write(struct smnc_pf *pf, u32 off, u32 value)
{
	if (!smnc_hw_off(pf))
		writel(value, pf->msix + off);
}

/**
 * smnc_hw_identify() - is this the device of the specification, how large is it?
 * @pf: PF, mapped
 *
 * Return: 0 or -ENODEV.
 */
int smnc_hw_identify(struct smnc_pf *pf)
{
	u32 version = readl(pf->ctrl + SMNC_VERSION);

	if (readl(pf->ctrl + SMNC_ID) != SMNC_ID_MAGIC) {
		pci_err(pf->pdev, "no SmartNIC answers behind BAR0\n");
		return -ENODEV;
	}
	if (version >> 16 != SMNC_VERSION_1_0 >> 16) {
		pci_err(pf->pdev, "unknown register layout %#x\n", version);
		return -ENODEV;
	}
	pf->num_adis = min_t(u32, smnc_read(pf, SMNC_NUM_ADIS), SMNC_MAX_ADIS);
	pf->num_qps = min_t(u32, smnc_read(pf, SMNC_NUM_QPS), SMNC_MAX_QPS);
	pf->num_vecs = min_t(u32, smnc_read(pf, SMNC_NUM_VECS), SMNC_MAX_VECTORS);
	pf->max_frame = smnc_read(pf, SMNC_MAX_FRAME);
	pf->can_save = smnc_read(pf, SMNC_CAPS) & SMNC_CAPS_STATE;
	pf->version = version;
	pf->serial = (u64)smnc_read(pf, SMNC_SERIAL_HI) << 32 |
		     smnc_read(pf, SMNC_SERIAL_LO);
	/* ADIs without a window behind BAR2 can't be used. */
	if (!pf->windows)
		pf->num_adis = 0;
	pf->num_adis = min_t(u32, pf->num_adis,
			     pci_resource_len(pf->pdev, SMNC_BAR_ADI) / SMNC_WINDOW_SIZE);
	if (!pf->num_qps || pf->max_frame < ETH_FRAME_LEN || pf->max_frame > 0xffff) {
		pci_err(pf->pdev, "%u queue pairs, longest frame %u: not usable\n",
			pf->num_qps, pf->max_frame);
		return -ENODEV;
	}
	return 0;
}

/**
 * smnc_hw_reset() - reset the device, also one that is given up or silenced
 * @pf: PF, mapped
 *
 * No unit of it runs afterwards, whatever it had been doing. The bus stays as it is.
 *
 * Context: process.
 * Return: 0, -EIO if it is gone, -ETIMEDOUT.
 */
int smnc_hw_reset(struct smnc_pf *pf)
{
	int err;

	writel(SMNC_CTRL_RESET, pf->ctrl + SMNC_CTRL);
	err = smnc_poll_by(pf, smnc_raw_read, SMNC_CTRL, SMNC_CTRL_RESET, 0);
	if (!err)
		err = smnc_poll_by(pf, smnc_raw_read, SMNC_STATUS, SMNC_STATUS_READY,
				   SMNC_STATUS_READY);
	if (err)
		pci_err(pf->pdev, "device reset did not complete: %d\n", err);
	return err;
}

/**
 * smnc_set_xlat() - set the translation mode of a device that was reset
 * @pf: PF
 * @mode: SMNC_XLAT_MODE_*
 *
 * Return: 0 or -EIO.
 */
int smnc_set_xlat(struct smnc_pf *pf, u32 mode)
{
	smnc_write(pf, SMNC_XLAT_MODE, mode);
	return smnc_read(pf, SMNC_XLAT_MODE) == mode ? 0 : -EIO;
}
