// SPDX-License-Identifier: GPL-2.0-only
/*
 * Accesses that trap: config space, registers, MSI-X table, and doorbell pages
 * that are not mapped.
 */
#include <linux/bits.h>
#include <linux/sched/signal.h>
#include <linux/uaccess.h>

#include "../trace.h"
#include "exporter.h"

static u64 vdcm_read_msix(struct vdcm_adi *adi, const struct vdcm_hit *hit, unsigned int size)
{
	struct vdcm_msix *msix = &adi->live->msix;
	unsigned long flags;
	u64 value;

	spin_lock_irqsave(&adi->irq_lock, flags);
	value = hit->kind == VDCM_HIT_MSIX_TABLE ?
		vdcm_msix_table_read(msix, hit->target, size) :
		vdcm_msix_pba_read(msix, hit->target, size);
	spin_unlock_irqrestore(&adi->irq_lock, flags);
	return value;
}

static void vdcm_write_msix(struct vdcm_adi *adi, const struct vdcm_hit *hit,
			    unsigned int size, u64 value)
{
	unsigned long flags;

	spin_lock_irqsave(&adi->irq_lock, flags);
	vdcm_msix_table_write(&adi->live->msix, hit->target, size, value);
	spin_unlock_irqrestore(&adi->irq_lock, flags);
	/* An aligned access is within one entry. */
	vdcm_irq_kick(adi, hit->target / VDCM_MSIX_ENTRY_SIZE, 1);
}

/* Hardware that is gone or away reads all-ones. A soft page always answers. */
static u64 vdcm_read_hit(struct vdcm_adi *adi, const struct vdcm_hit *hit, unsigned int size)
{
	if (!hit->soft && vdcm_is_gone(adi))
		return U64_MAX;
	switch (hit->kind) {
	case VDCM_HIT_MSIX_TABLE:
	case VDCM_HIT_MSIX_PBA:
		return vdcm_read_msix(adi, hit, size);
	case VDCM_HIT_REG:
	case VDCM_HIT_PASS:
		if (!hit->soft && vdcm_is_away(adi))
			return U64_MAX;
		return vdcm_ops(adi)->reg_read(adi, hit->target, size);
	case VDCM_HIT_ABSENT:
		break;
	}
	return 0;
}

static void vdcm_write_hit(struct vdcm_adi *adi, const struct vdcm_hit *hit,
			   unsigned int size, u64 value)
{
	if (!hit->soft && vdcm_is_gone(adi))
		return;
	if (hit->kind == VDCM_HIT_MSIX_TABLE) {
		vdcm_write_msix(adi, hit, size, value);
	} else if (!hit->soft && vdcm_is_away(adi)) {
		return;
	} else if (hit->kind == VDCM_HIT_PASS) {
		vdcm_inc(adi, VDCM_CNT_DOORBELL_TRAPS);
		vdcm_ops(adi)->reg_write(adi, hit->target, value, size);
	} else if (hit->kind == VDCM_HIT_REG && hit->wmask && !adi->live->frozen) {
		vdcm_ops(adi)->reg_write(adi, hit->target, value & hit->wmask, size);
	}
}

/* Eight bytes that nothing answers as a whole are two accesses, the low half first. */
static bool vdcm_is_split(const struct vdcm_hit *hit, unsigned int size)
{
	return size == 8 && hit->kind == VDCM_HIT_ABSENT;
}

static u64 vdcm_read_bar(struct vdcm_adi *adi, unsigned int bar, u64 offset,
			 unsigned int size)
{
	struct vdcm_hit hit;
	u64 value;

	vdcm_inc(adi, VDCM_CNT_TRAPS_READ);
	if (!vdcm_config_memory(&adi->live->config))
		return U64_MAX;
	vdcm_regions_find(adi->regions, bar, offset, size, &hit);
	if (!vdcm_is_split(&hit, size))
		return vdcm_read_hit(adi, &hit, size);
	vdcm_regions_find(adi->regions, bar, offset, 4, &hit);
	value = (u32)vdcm_read_hit(adi, &hit, 4);
	vdcm_regions_find(adi->regions, bar, offset + 4, 4, &hit);
	return value | vdcm_read_hit(adi, &hit, 4) << 32;
}

static void vdcm_write_bar(struct vdcm_adi *adi, unsigned int bar, u64 offset,
			   unsigned int size, u64 value)
{
	struct vdcm_hit hit;

	vdcm_inc(adi, VDCM_CNT_TRAPS_WRITE);
	if (!vdcm_config_memory(&adi->live->config))
		return;
	vdcm_regions_find(adi->regions, bar, offset, size, &hit);
	if (!vdcm_is_split(&hit, size)) {
		vdcm_write_hit(adi, &hit, size, value);
		return;
	}
	vdcm_regions_find(adi->regions, bar, offset, 4, &hit);
	vdcm_write_hit(adi, &hit, 4, (u32)value);
	vdcm_regions_find(adi->regions, bar, offset + 4, 4, &hit);
	vdcm_write_hit(adi, &hit, 4, value >> 32);
}

/* The driver answers for hooked capabilities, config space for all else. */
static u64 vdcm_read_config(struct vdcm_adi *adi, u32 offset, unsigned int size)
{
	struct vdcm_config_piece piece;
	unsigned int done;
	u64 value = 0;

	for (done = 0; done < size; done += piece.size) {
		u64 part;

		vdcm_config_piece(adi->type->comp, offset + done, size - done, &piece);
		part = piece.cap ?
		       vdcm_ops(adi)->cap_read(adi, piece.cap, piece.offset, piece.size) &
		       GENMASK_ULL(8 * piece.size - 1, 0) :
		       vdcm_config_read(&adi->live->config, offset + done, piece.size);
		value |= part << 8 * done;
	}
	return value;
}

/* Return: what vdcm_config_write() does. */
static u32 vdcm_write_config(struct vdcm_adi *adi, u32 offset, unsigned int size, u64 value)
{
	struct vdcm_config_piece piece;
	unsigned int done;
	u32 changes = 0;

	for (done = 0; done < size; done += piece.size) {
		u64 part = value >> 8 * done;

		vdcm_config_piece(adi->type->comp, offset + done, size - done, &piece);
		if (piece.cap && adi->live->frozen)
			continue;
		if (piece.cap)
			vdcm_ops(adi)->cap_write(adi, piece.cap, piece.offset, piece.size,
						 part & GENMASK_ULL(8 * piece.size - 1, 0));
		else
			changes |= vdcm_config_write(&adi->live->config, offset + done,
						     piece.size, part);
	}
	return changes;
}

/*
 * Act upon the fields of config space that a write changed; reset comes last. Changes under a
 * quiesced PF take effect when the PF is resumed; DMA of a stopped VM starts when the VM goes
 * on.
 */
static void vdcm_act_on_config(struct vdcm_adi *adi, u32 changes)
{
	struct vdcm_live *live = adi->live;
	bool there = vdcm_is_there(adi);
	unsigned long flags;

	if (changes & VDCM_CFG_MEMORY && there)
		vdcm_set_memory(adi, vdcm_config_memory(&live->config));
	if (changes & VDCM_CFG_BUS_MASTER && there)
		vdcm_set_bus_master(adi, vdcm_wants_dma(live));
	if (changes & VDCM_CFG_MSIX) {
		spin_lock_irqsave(&adi->irq_lock, flags);
		vdcm_msix_ctrl(&live->msix, vdcm_config_msix_ctrl(&live->config));
		spin_unlock_irqrestore(&adi->irq_lock, flags);
		vdcm_irq_kick_all(adi);
	}
	if (changes & VDCM_CFG_FLR)
		vdcm_reset(adi);
}

/* One access of 1, 2, 4 or 8 naturally aligned bytes. */
static u64 vdcm_read_one(struct vdcm_adi *adi, unsigned int index, u64 offset,
			 unsigned int size)
{
	u64 value;

	mutex_lock(&adi->lock);
	if (index != VFIO_PCI_CONFIG_REGION_INDEX)
		value = vdcm_read_bar(adi, index, offset, size);
	else if (vdcm_is_gone(adi))
		value = U64_MAX;
	else
		value = vdcm_read_config(adi, offset, size);
	mutex_unlock(&adi->lock);
	trace_vdcm_trap(adi, index, offset, size, value, false);
	return value;
}

/**
 * vdcm_write_one() - one write, as user space or a guest does it
 * @adi: open ADI; adi->lock not held
 * @index: config space or a BAR
 * @offset: naturally aligned, in the region
 * @size: 1, 2, 4 or 8
 * @value: what to write
 *
 * Context: process.
 */
void vdcm_write_one(struct vdcm_adi *adi, unsigned int index, u64 offset,
		    unsigned int size, u64 value)
{
	trace_vdcm_trap(adi, index, offset, size, value, true);
	mutex_lock(&adi->lock);
	if (index != VFIO_PCI_CONFIG_REGION_INDEX)
		vdcm_write_bar(adi, index, offset, size, value);
	else if (!vdcm_is_gone(adi))
		vdcm_act_on_config(adi, vdcm_write_config(adi, offset, size, value));
	mutex_unlock(&adi->lock);
}

/**
 * vdcm_region_size() - size of a VFIO region
 * @adi: ADI
 * @index: VFIO_PCI_*_REGION_INDEX
 *
 * Return: bytes; 0 = absent.
 */
u64 vdcm_region_size(const struct vdcm_adi *adi, unsigned int index)
{
	if (index < VDCM_NR_BARS)
		return adi->type->comp->bars[index].size;
	return index == VFIO_PCI_CONFIG_REGION_INDEX ? VDCM_CONFIG_SIZE : 0;
}

/* Where a file position leads; false = not a place for @count bytes. */
static bool vdcm_locate(struct vdcm_adi *adi, loff_t pos, size_t count,
			unsigned int *index, u64 *offset)
{
	u64 size;

	if (pos < 0 || (u64)pos >> VDCM_REGION_SHIFT >= VDCM_NR_REGIONS)
		return false;
	*index = (u64)pos >> VDCM_REGION_SHIFT;
	*offset = (u64)pos & VDCM_REGION_MASK;
	size = vdcm_region_size(adi, *index);
	return *offset < size && count <= size - *offset;
}

/* The next piece of an access: as large as alignment and count allow. */
static unsigned int vdcm_piece(u64 offset, size_t count)
{
	unsigned int size = 8;

	while (offset % size || count < size)
		size /= 2;
	return size;
}

/*
 * Between two pieces of a long access: others run, and a process that is killed does not
 * go on. 0 or -EINTR.
 */
static int vdcm_breathe(void)
{
	cond_resched();
	return fatal_signal_pending(current) ? -EINTR : 0;
}

/**
 * vdcm_read() - vfio_device_ops.read
 * @vdev: open VFIO device
 * @buf: where to
 * @count: bytes; all of them are read, or none
 * @ppos: region and offset
 *
 * Return: @count, -EINVAL (not in a region), -EFAULT, -EINTR (the process is killed).
 */
ssize_t vdcm_read(struct vfio_device *vdev, char __user *buf, size_t count,
		  loff_t *ppos)
{
	struct vdcm_adi *adi = vdcm_from_vdev(vdev);
	unsigned int index, size;
	size_t done;
	u64 offset;

	if (!count)
		return 0;
	if (!vdcm_locate(adi, *ppos, count, &index, &offset))
		return -EINVAL;
	for (done = 0; done < count; done += size) {
		__le64 value;

		if (done && vdcm_breathe())
			return -EINTR;
		size = vdcm_piece(offset + done, count - done);
		value = cpu_to_le64(vdcm_read_one(adi, index, offset + done, size));
		if (copy_to_user(buf + done, &value, size))
			return -EFAULT;
	}
	*ppos += count;
	return count;
}

/**
 * vdcm_write() - vfio_device_ops.write
 * @vdev: open VFIO device
 * @buf: where from
 * @count: bytes; all of them are written, unless @buf is not readable
 * @ppos: region and offset
 *
 * Return: @count, -EINVAL (not in a region), -EFAULT, -EINTR (the process is killed).
 */
ssize_t vdcm_write(struct vfio_device *vdev, const char __user *buf,
		   size_t count, loff_t *ppos)
{
	struct vdcm_adi *adi = vdcm_from_vdev(vdev);
	unsigned int index, size;
	size_t done;
	u64 offset;

	if (!count)
		return 0;
	if (!vdcm_locate(adi, *ppos, count, &index, &offset))
		return -EINVAL;
	for (done = 0; done < count; done += size) {
		__le64 value = 0;

		if (done && vdcm_breathe())
			return -EINTR;
		size = vdcm_piece(offset + done, count - done);
		if (copy_from_user(&value, buf + done, size))
			return -EFAULT;
		vdcm_write_one(adi, index, offset + done, size,
			       le64_to_cpu(value));
	}
	*ppos += count;
	return count;
}
