// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each ADI's state in debugfs, for a person to read: one file each, named as the mdev. The
 * files are no stable interface: programs read sysfs (docs/observability.md).
 */
#include <linux/debugfs.h>
#include <linux/device.h>
#include <linux/ktime.h>
#include <linux/seq_file.h>

#include "internal.h"

static struct dentry *vdcm_debug_root;

static void show_faults(struct seq_file *s, struct vdcm_live *live)
{
	struct vdcm_dma *dma = &live->dma;
	struct vdcm_adi *adi = live->adi;
	u64 now = ktime_get_ns();
	unsigned long flags;
	unsigned int i;

	spin_lock_irqsave(&adi->fault_lock, flags);
	seq_printf(s, "faults: %s, %u waiting, %u times dropped\n",
		   dma->accept ? "taken" : "refused", dma->nr_waiting, dma->epoch);
	for (i = 0; i < dma->nr_waiting; i++) {
		const struct vdcm_waiting *w = &dma->waiting[i];

		seq_printf(s, "fault: token 0x%x, %u bytes at 0x%llx, prot %u, since %llu us%s\n",
			   w->fault.token, w->fault.len, w->fault.iova, w->fault.prot,
			   div_u64(now - w->since, 1000), w->delayed ? ", at the gate" : "");
	}
	if (dma->pinning.active)
		seq_printf(s, "pin under way: 0x%llx-0x%llx%s\n", dma->pinning.first << PAGE_SHIFT,
			   (dma->pinning.last << PAGE_SHIFT) | ~PAGE_MASK,
			   dma->pinning.spoiled ? ", spoiled" : "");
	if (dma->hunger)
		seq_printf(s, "no memory: pins are tried every %llu ms\n",
			   div_u64(dma->hunger, NSEC_PER_MSEC));
	for (i = 0; i < VDCM_HOLDOFF_RANGES; i++)
		if (dma->gate.range[i].by)
			seq_printf(s, "gate closed: 0x%llx-0x%llx\n", dma->gate.range[i].first,
				   dma->gate.range[i].last);
	spin_unlock_irqrestore(&adi->fault_lock, flags);
}

static void show_vectors(struct seq_file *s, struct vdcm_live *live)
{
	struct vdcm_adi *adi = live->adi;
	unsigned long flags;
	unsigned int vec;

	for (vec = 0; vec < live->msix.nr; vec++) {
		spin_lock_irqsave(&adi->irq_lock, flags);
		seq_printf(s, "vector %u: %s%s%s%s\n", vec,
			   live->vecs[vec].trigger ? "eventfd" : "no eventfd",
			   vdcm_msix_blocked(&live->msix, vec) ? ", blocked" : "",
			   live->msix.pending[vec / 64] & BIT_ULL(vec % 64) ? ", pending" : "",
			   live->vecs[vec].bypass ? ", bypass" : "");
		spin_unlock_irqrestore(&adi->irq_lock, flags);
	}
}

static const char *hardware(const struct vdcm_adi *adi)
{
	if (vdcm_is_dead(adi))
		return "dead";
	if (READ_ONCE(adi->state) >= VDCM_ADI_LOST)
		return READ_ONCE(adi->state) == VDCM_ADI_LOST ? "lost" : "revoked";
	return vdcm_is_away(adi) ? "away" : "there";
}

static void show_open(struct seq_file *s, struct vdcm_live *live)
{
	struct vdcm_adi *adi = live->adi;

	seq_printf(s, "user: %s[%d]\n", adi->opener, adi->opener_pid);
	seq_printf(s, "hardware: %s%s\n", hardware(adi),
		   live->reset_owed ? ", a reset is owed" : "");
	seq_printf(s, "bus master: %s, memory: %s\n", live->bus_master ? "on" : "off",
		   READ_ONCE(adi->mem_on) ? "on" : "off");
	seq_printf(s, "pinned pages: %lld\n",
		   (s64)atomic64_read(&adi->counters[VDCM_CNT_PINNED_PAGES]));
	show_faults(s, live);
	show_vectors(s, live);
}

static int vdcm_adi_show(struct seq_file *s, void *unused)
{
	struct vdcm_adi *adi = s->private;
	int ret = mutex_lock_interruptible(&adi->lock);

	if (ret)
		return ret;
	seq_printf(s, "parent: %s\ntype: %s\n", dev_name(adi->parent->dev), adi->type->name);
	if (adi->live)
		show_open(s, adi->live);
	else
		seq_puts(s, "user: none\n");
	mutex_unlock(&adi->lock);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(vdcm_adi);

/**
 * vdcm_debugfs_add() - make an ADI's file
 * @adi: ADI, created
 *
 * Context: process. Undone by vdcm_debugfs_remove().
 */
void vdcm_debugfs_add(struct vdcm_adi *adi)
{
	adi->debug = debugfs_create_file(dev_name(adi->dev), 0400, vdcm_debug_root, adi,
					 &vdcm_adi_fops);
}

/**
 * vdcm_debugfs_remove() - remove an ADI's file, and wait until no process reads it
 * @adi: ADI; no lock of it is held
 *
 * Context: process.
 */
void vdcm_debugfs_remove(struct vdcm_adi *adi)
{
	debugfs_remove(adi->debug);
	adi->debug = NULL;
}

/**
 * vdcm_debugfs_init() - make the folder
 *
 * A kernel without debugfs has no folder, and the framework works as before. Process context.
 */
void vdcm_debugfs_init(void)
{
	vdcm_debug_root = debugfs_create_dir("vdcm", NULL);
}

/**
 * vdcm_debugfs_exit() - undo vdcm_debugfs_init()
 */
void vdcm_debugfs_exit(void)
{
	debugfs_remove(vdcm_debug_root);
}
