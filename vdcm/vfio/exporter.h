/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the VFIO exporter share. An ADI is an mdev with a VFIO device: nothing
 * outside this folder knows either.
 */
#ifndef VDCM_VFIO_EXPORTER_H
#define VDCM_VFIO_EXPORTER_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include <compat/vfio.h>

#include "../internal.h"

/* A position in the device's file: region, and offset in it. */
#define VDCM_REGION_SHIFT	40
#define VDCM_REGION_MASK	((1ULL << VDCM_REGION_SHIFT) - 1)
#define VDCM_NR_REGIONS		VFIO_PCI_NUM_REGIONS
#define VDCM_NR_IRQS		VFIO_PCI_NUM_IRQS
#define VDCM_MAX_IOEVENTS	256u

/**
 * struct vdcm_ioevents - eventfds that stand for writes to an open ADI
 * @lock: protects @list; outside adi->lock
 * @list: all of them
 * @nr: their number
 * @rung: those that were signalled, in that order
 * @rung_lock: protects @rung; taken inside an eventfd's lock, takes none
 * @work: makes their writes
 */
struct vdcm_ioevents {
	struct mutex lock;		/* list */
	struct list_head list;
	unsigned int nr;
	struct list_head rung;
	spinlock_t rung_lock;		/* rung */
	struct work_struct work;
};

struct vdcm_mig_file;

/**
 * struct vdcm_migration - a device's state of migration; under adi->lock
 * @state: the state that the device has reached
 * @file: file of the session, or NULL
 * @ended: files of sessions that have ended, by which a write or ioctl may still use the device
 */
struct vdcm_migration {
	enum vfio_device_mig_state state;
	struct vdcm_mig_file *file;
	struct list_head ended;
};

/**
 * struct vdcm_vdev - an ADI and its VFIO device
 * @vdev: must be first; its release frees this structure
 * @adi: ADI
 * @ioevents: eventfds that stand for writes; none while it is closed
 * @mig: migration; RUNNING without a file while the device is closed
 */
struct vdcm_vdev {
	struct vfio_device vdev;
	struct vdcm_adi adi;
	struct vdcm_ioevents ioevents;
	struct vdcm_migration mig;
};

static inline struct vdcm_vdev *vdcm_vdev_of(struct vdcm_adi *adi)
{
	return container_of(adi, struct vdcm_vdev, adi);
}

static inline struct vdcm_adi *vdcm_from_vdev(struct vfio_device *vdev)
{
	return &container_of(vdev, struct vdcm_vdev, vdev)->adi;
}

/* vdev.c */
extern const struct vfio_device_ops vdcm_vfio_ops;
extern const struct vdcm_export_ops vdcm_vfio_export;

/* access.c */
u64 vdcm_region_size(const struct vdcm_adi *adi, unsigned int index);
ssize_t vdcm_read(struct vfio_device *vdev, char __user *buf, size_t count,
		  loff_t *ppos);
ssize_t vdcm_write(struct vfio_device *vdev, const char __user *buf,
		   size_t count, loff_t *ppos);
void vdcm_write_one(struct vdcm_adi *adi, unsigned int index, u64 offset,
		    unsigned int size, u64 value);

/* mmap.c */
bool vdcm_can_mmap(void);
int vdcm_mmap(struct vfio_device *vdev, struct vm_area_struct *vma);
void vdcm_vdev_zap(struct vdcm_adi *adi);

/* irq.c */
unsigned int vdcm_irq_count(const struct vdcm_adi *adi, unsigned int index);
int vdcm_irq_set(struct vdcm_adi *adi, const struct vfio_irq_set *hdr,
		 const void *data);

/* ioevent.c */
void vdcm_ioevents_init(struct vdcm_vdev *v);
int vdcm_ioevent(struct vdcm_adi *adi, u64 offset, u32 flags, u64 value,
		 int fd);
void vdcm_ioevents_flush(struct vdcm_vdev *v);
void vdcm_ioevents_release(struct vdcm_vdev *v);

/* migration.c */
void vdcm_mig_init(struct vdcm_vdev *v);
void vdcm_mig_reset(struct vdcm_vdev *v);
void vdcm_mig_close(struct vdcm_vdev *v);
int vdcm_mig_feature(struct vfio_device *vdev, u32 flags, void __user *arg, size_t argsz);

/* dirty.c */
void vdcm_dirty_init(struct vdcm_vdev *v);

/* mig_file.c */
struct file *vdcm_mig_file_save(struct vdcm_vdev *v, bool precopy);
int vdcm_mig_file_complete(struct vdcm_vdev *v);
struct file *vdcm_mig_file_resume(struct vdcm_vdev *v);
bool vdcm_mig_file_loaded(const struct vdcm_vdev *v);
void vdcm_mig_file_end(struct vdcm_vdev *v);
void vdcm_mig_files_wait(struct vdcm_vdev *v);

/* dma.c */
int vdcm_vdev_pin(struct vdcm_adi *adi, u64 iova, unsigned int nr, u32 prot,
		  struct page **pages);
void vdcm_vdev_unpin(struct vdcm_adi *adi, u64 iova, unsigned int nr);
int vdcm_vdev_dma_rw(struct vdcm_adi *adi, u64 iova, void *data, size_t len,
		     bool write);
void vdcm_vdev_unmap(struct vfio_device *vdev, u64 iova, u64 length);

#endif /* VDCM_VFIO_EXPORTER_H */
