// SPDX-License-Identifier: GPL-2.0-only
/*
 * The capability through which firmware reaches a virtio device's BAR from config space.
 * Accesses to its data are accesses to the registers it names. vdcm's adi->lock is held.
 */
#include <linux/string.h>

#include "virtio.h"

#define PCI_CFG_DATA	offsetof(struct virtio_pci_cfg_cap, pci_cfg_data)

const u8 smnc_virtio_pci_cfg[sizeof(struct virtio_pci_cfg_cap)] = {
	[VIRTIO_PCI_CAP_LEN] = sizeof(struct virtio_pci_cfg_cap),
	[VIRTIO_PCI_CAP_CFG_TYPE] = VIRTIO_PCI_CAP_PCI_CFG,
};

/* As it is after a reset of the function. */
void smnc_virtio_flr(struct smnc_adi *adi)
{
	memcpy(&smnc_virtio(adi)->pci_cfg, smnc_virtio_pci_cfg, sizeof(smnc_virtio_pci_cfg));
}

/* Where in the window the capability points to, and how much. Return: false: nowhere. */
static bool smnc_virtio_pci_target(const struct smnc_virtio *v, u32 *offset, unsigned int *size)
{
	u32 at = le32_to_cpu(v->pci_cfg.cap.offset), len = le32_to_cpu(v->pci_cfg.cap.length);

	if (v->pci_cfg.cap.bar != SMNC_VIRTIO_BAR || at >= SMNC_WINDOW_SIZE ||
	    (len != 1 && len != 2 && len != 4) || at % len)
		return false;
	/* The notify page is the last of the BAR, and the first of the window. */
	*offset = (at + SMNC_VIRTIO_WINDOW(SMNC_VIRTIO_COMMON)) % SMNC_WINDOW_SIZE;
	*size = len;
	return true;
}

/**
 * smnc_virtio_cap_read() - the guest reads the body of the capability
 * @adi: ADI; its lock is not held
 * @cap: the one that is hooked
 * @offset: in it, header included
 * @size: 1, 2 or 4
 *
 * Context: process.
 * Return: the bytes.
 */
u32 smnc_virtio_cap_read(struct smnc_adi *adi, const struct vdcm_cap *cap, unsigned int offset,
			 unsigned int size)
{
	struct smnc_virtio *v = smnc_virtio(adi);
	unsigned int i, width;
	u32 target, value;

	if (offset + size > sizeof(v->pci_cfg))
		return 0;
	if (offset == PCI_CFG_DATA && smnc_virtio_pci_target(v, &target, &width)) {
		value = smnc_virtio_reg_read(adi, target, width);
		for (i = 0; i < sizeof(v->pci_cfg.pci_cfg_data); i++)
			v->pci_cfg.pci_cfg_data[i] = value >> 8 * i;
	}
	return smnc_virtio_le((u8 *)&v->pci_cfg + offset, size);
}

static bool smnc_virtio_pci_writable(unsigned int at)
{
	return at == VIRTIO_PCI_CAP_BAR || at >= VIRTIO_PCI_CAP_OFFSET;
}

/**
 * smnc_virtio_cap_write() - the guest writes the body of the capability
 * @adi: ADI; its lock is not held
 * @cap: the one that is hooked
 * @offset: in it, header included
 * @size: 1, 2 or 4
 * @value: the bytes
 *
 * Context: process.
 */
void smnc_virtio_cap_write(struct smnc_adi *adi, const struct vdcm_cap *cap,
			   unsigned int offset, unsigned int size, u32 value)
{
	struct smnc_virtio *v = smnc_virtio(adi);
	unsigned int i, width;
	u32 target;

	if (offset + size > sizeof(v->pci_cfg))
		return;
	for (i = 0; i < size; i++)
		if (smnc_virtio_pci_writable(offset + i))
			((u8 *)&v->pci_cfg)[offset + i] = value >> 8 * i;
	if (offset == PCI_CFG_DATA && smnc_virtio_pci_target(v, &target, &width) && size >= width)
		smnc_virtio_reg_write(adi, target, value & GENMASK(8 * width - 1, 0), width);
}
