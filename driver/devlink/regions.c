// SPDX-License-Identifier: GPL-2.0-only
/*
 * The device's registers as regions; the driver takes snapshots of them at errors. No register
 * that is read here changes when it is read (docs/devlink.md has the layout).
 */
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/vmalloc.h>

#include "../adi/adi.h"
#include "../core/hw.h"
#include "internal.h"

#define SMNC_SNAPSHOTS		8
#define SMNC_GLOBAL_BYTES	0x100	/* of BAR0 */
#define SMNC_FUNC_BYTES		0x100
#define SMNC_QP_BYTES		0x40
#define SMNC_WINDOW_BYTES	0x200	/* of an ADI's record */

/* Registers of an ADI's window that the region has: first one, number. */
static const struct {
	u16 from;
	u16 nr;
} smnc_window_parts[] = {
	{ SMNC_WIN_TX_TAIL(0), SMNC_FUNC_QPS },
	{ SMNC_WIN_RX_TAIL(0), SMNC_FUNC_QPS },
	{ SMNC_WIN_DYN_CTLN(0), SMNC_FUNC_QPS },
	{ SMNC_WIN_ITR(0, 0), SMNC_FUNC_QPS },
	{ SMNC_WIN_MBX, 18 },	/* up to ICR01, which a read clears */
	{ SMNC_WIN_ICR0_ENA1, 2 },
};

static size_t smnc_registers_size(const struct smnc_pf *pf)
{
	return SMNC_GLOBAL_BYTES + (size_t)(pf->num_adis + 1) * SMNC_FUNC_BYTES +
	       (size_t)pf->num_qps * SMNC_QP_BYTES;
}

static size_t smnc_windows_size(const struct smnc_pf *pf)
{
	return (size_t)pf->num_adis * SMNC_WINDOW_BYTES;
}

/*
 * Not by smnc_read(), which does not access a device that the driver has silenced: a region
 * shows that device, too. A device that is away reads all-ones.
 */
static void smnc_copy(struct smnc_pf *pf, __le32 *to, u32 from, size_t bytes)
{
	size_t i;

	for (i = 0; i < bytes / 4; i++)
		if (from + 4 * i != SMNC_ICR)
			to[i] = cpu_to_le32(readl(pf->ctrl + from + 4 * i));
}

static void smnc_read_registers(struct smnc_pf *pf, __le32 *to)
{
	unsigned int i;

	smnc_copy(pf, to, 0, SMNC_GLOBAL_BYTES);
	to += SMNC_GLOBAL_BYTES / 4;
	for (i = 0; i <= pf->num_adis; i++, to += SMNC_FUNC_BYTES / 4) {
		smnc_copy(pf, to, SMNC_FUNC(i), SMNC_FUNC_BYTES);
		cond_resched();
	}
	for (i = 0; i < pf->num_qps; i++, to += SMNC_QP_BYTES / 4) {
		smnc_copy(pf, to, SMNC_QP(i), SMNC_QP_BYTES);
		cond_resched();
	}
}

static void smnc_read_window(struct smnc_pf *pf, unsigned int adi, __le32 *to)
{
	unsigned int i, k;

	for (i = 0; i < ARRAY_SIZE(smnc_window_parts); i++)
		for (k = 0; k < smnc_window_parts[i].nr; k++)
			*to++ = cpu_to_le32(readl(pf->windows + (size_t)adi * SMNC_WINDOW_SIZE +
						  smnc_window_parts[i].from + 4 * k));
}

/* Reads the windows of open ADIs; the records of others are 0. */
static void smnc_read_windows(struct smnc_pf *pf, __le32 *to)
{
	unsigned int i;

	for (i = 0; i < pf->num_adis; i++, to += SMNC_WINDOW_BYTES / 4) {
		if (READ_ONCE(pf->func[i + 1]))
			smnc_read_window(pf, i, to);
		cond_resched();
	}
}

static const struct {
	size_t (*size)(const struct smnc_pf *pf);
	void (*read)(struct smnc_pf *pf, __le32 *to);
} smnc_region_kinds[SMNC_NR_REGIONS] = {
	[SMNC_REGION_REGISTERS] = { smnc_registers_size, smnc_read_registers },
	[SMNC_REGION_WINDOWS] = { smnc_windows_size, smnc_read_windows },
};

/* Can the device be read? A sleeping device cannot. */
static bool smnc_readable(struct smnc_pf *pf)
{
	return !pci_channel_offline(pf->pdev) && pf->pdev->current_state == PCI_D0 &&
	       !smnc_pf_is(pf, SMNC_PF_LOST) && !smnc_pf_is(pf, SMNC_PF_DEAD) &&
	       readl(pf->ctrl + SMNC_ID) == SMNC_ID_MAGIC;
}

static u8 *smnc_region_take(struct smnc_pf *pf, enum smnc_region_kind kind)
{
	void *data = vzalloc(smnc_region_kinds[kind].size(pf));

	if (data)
		smnc_region_kinds[kind].read(pf, data);
	return data;
}

static int smnc_region_snapshot(struct devlink *dl, const struct devlink_region_ops *ops,
				struct netlink_ext_ack *extack, u8 **data)
{
	struct smnc_devlink *sd = devlink_priv(dl);

	if (!smnc_readable(sd->pf)) {
		NL_SET_ERR_MSG(extack, "The device does not answer");
		return -EIO;
	}
	*data = smnc_region_take(sd->pf, (unsigned long)ops->priv);
	return *data ? 0 : -ENOMEM;
}

static const struct devlink_region_ops smnc_region_ops[SMNC_NR_REGIONS] = {
	[SMNC_REGION_REGISTERS] = {
		.name = "registers",
		.destructor = vfree,
		.snapshot = smnc_region_snapshot,
		.priv = (void *)SMNC_REGION_REGISTERS,
	},
	[SMNC_REGION_WINDOWS] = {
		.name = "adi-windows",
		.destructor = vfree,
		.snapshot = smnc_region_snapshot,
		.priv = (void *)SMNC_REGION_WINDOWS,
	},
};

void smnc_regions_create(struct smnc_devlink *sd)
{
	struct devlink *dl = priv_to_devlink(sd);
	struct devlink_region *region;
	unsigned int i;

	BUILD_BUG_ON(SMNC_WINDOW_BYTES < 4 * (4 * SMNC_FUNC_QPS + 18 + 2));
	for (i = 0; i < SMNC_NR_REGIONS; i++) {
		region = devlink_region_create(dl, &smnc_region_ops[i], SMNC_SNAPSHOTS,
					       smnc_region_kinds[i].size(sd->pf));
		if (IS_ERR(region))
			pci_warn(sd->pf->pdev, "no devlink region %s: %ld\n",
				 smnc_region_ops[i].name, PTR_ERR(region));
		else
			sd->regions[i] = region;
	}
}

void smnc_regions_destroy(struct smnc_devlink *sd)
{
	unsigned int i;

	for (i = 0; i < SMNC_NR_REGIONS; i++)
		if (sd->regions[i])
			devlink_region_destroy(sd->regions[i]);
}

/**
 * smnc_regions_capture() - take a snapshot of each region, with one number
 * @sd: devlink instance
 *
 * None if the regions are full, the operator wants none, or the device cannot be read.
 *
 * Context: process; devlink's instance lock need not be held.
 */
void smnc_regions_capture(struct smnc_devlink *sd)
{
	struct devlink *dl = priv_to_devlink(sd);
	unsigned int i;
	u8 *data;
	u32 id;

	if (!READ_ONCE(sd->snapshots) || !smnc_readable(sd->pf) ||
	    devlink_region_snapshot_id_get(dl, &id))
		return;
	for (i = 0; i < SMNC_NR_REGIONS; i++) {
		data = sd->regions[i] ? smnc_region_take(sd->pf, i) : NULL;
		if (data && devlink_region_snapshot_create(sd->regions[i], data, id))
			vfree(data);
	}
	devlink_region_snapshot_id_put(dl, id);
}

/**
 * smnc_devlink_capture() - a device that is in trouble is about to be reset
 * @pf: PF; the device lock is held
 *
 * Context: process.
 */
void smnc_devlink_capture(struct smnc_pf *pf)
{
	if (pf->devlink)
		smnc_regions_capture(pf->devlink);
}
