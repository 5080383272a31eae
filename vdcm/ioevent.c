// SPDX-License-Identifier: GPL-2.0-only
/*
 * VFIO_DEVICE_IOEVENTFD: a write to a doorbell that user space asks for by
 * signalling an eventfd. KVM signals it when a guest writes, and the VMM is not
 * woken up: of use where doorbells are not mapped.
 */
#include <linux/list.h>
#include <linux/slab.h>

#include "internal.h"

#ifdef HAVE_VFIO_VIRQFD

/**
 * struct vdcm_ioevent - an eventfd that stands for a write
 * @entry: in the ADI's list
 * @adi: ADI
 * @virqfd: the core's part, NULL once the eventfd is closed
 * @bar: BAR
 * @size: bytes to write
 * @offset: where
 * @value: what
 */
struct vdcm_ioevent {
	struct list_head entry;
	struct vdcm_adi *adi;
	struct virqfd *virqfd;
	unsigned int bar;
	unsigned int size;
	u64 offset;
	u64 value;
};

/* From a workqueue. Whether the device takes it is decided as for any write. */
static void ring(void *opaque, void *data)
{
	struct vdcm_ioevent *ev = opaque;

	vdcm_write_one(ev->adi, ev->bar, ev->offset, ev->size, ev->value);
}

/* Waits for a write under way, so without adi->lock. */
static void ioevent_stop(struct vdcm_ioevent *ev)
{
	lockdep_assert_held(&ev->adi->ioevent_lock);
	vfio_virqfd_disable(&ev->virqfd);
	list_del(&ev->entry);
	ev->adi->live->nr_ioevents--;
	kfree(ev);
}

static struct vdcm_ioevent *find(struct vdcm_live *live, unsigned int bar,
				 u64 offset, unsigned int size, u64 value)
{
	struct vdcm_ioevent *ev;

	list_for_each_entry(ev, &live->ioevents, entry)
		if (ev->bar == bar && ev->offset == offset && ev->size == size &&
		    ev->value == value)
			return ev;
	return NULL;
}

static int add(struct vdcm_adi *adi, unsigned int bar, u64 offset,
	       unsigned int size, u64 value, int fd)
{
	struct vdcm_live *live = adi->live;
	struct vdcm_ioevent *ev;
	int ret;

	if (live->nr_ioevents >= VDCM_MAX_IOEVENTS)
		return -ENOSPC;
	ev = kzalloc(sizeof(*ev), GFP_KERNEL_ACCOUNT);
	if (!ev)
		return -ENOMEM;
	ev->adi = adi;
	ev->bar = bar;
	ev->offset = offset;
	ev->size = size;
	ev->value = value;
	ret = vfio_virqfd_enable(ev, NULL, ring, NULL, &ev->virqfd, fd);
	if (ret) {
		kfree(ev);
		return ret;
	}
	list_add(&ev->entry, &live->ioevents);
	live->nr_ioevents++;
	return 0;
}

static int set(struct vdcm_adi *adi, unsigned int bar, u64 offset,
	       unsigned int size, u64 value, int fd)
{
	struct vdcm_ioevent *ev;

	lockdep_assert_held(&adi->ioevent_lock);
	ev = find(adi->live, bar, offset, size, value);
	/* Its eventfd is closed: it stands for nothing any more. */
	if (ev && fd >= 0 && !READ_ONCE(ev->virqfd)) {
		ioevent_stop(ev);
		ev = NULL;
	}
	if (fd >= 0)
		return ev ? -EEXIST : add(adi, bar, offset, size, value, fd);
	if (!ev)
		return -ENODEV;
	ioevent_stop(ev);
	return 0;
}

/* The size of the write, or 0: flags must name exactly one, and nothing else. */
static unsigned int width(u32 flags)
{
	switch (flags) {
	case VFIO_DEVICE_IOEVENTFD_8:
		return 1;
	case VFIO_DEVICE_IOEVENTFD_16:
		return 2;
	case VFIO_DEVICE_IOEVENTFD_32:
		return 4;
	default:
		return 0;
	}
}

/**
 * vdcm_ioevent() - VFIO_DEVICE_IOEVENTFD
 * @adi: open ADI
 * @offset: as of the device's file: region and offset in it
 * @flags: VFIO_DEVICE_IOEVENTFD_*
 * @value: what to write; no larger than the size in @flags
 * @fd: eventfd, or -1: no more
 *
 * Offset must be a doorbell: naturally aligned in a page that is passed through
 * to the ADI. Registers of a control path are not to be written behind the VMM's
 * back. 64-bit writes are not offered; 8 and 16 bits are, and do what such a write does:
 * nothing (registers take 32 bits). They stay over a reset, until closing.
 *
 * Context: process.
 * Return: 0, -EINVAL (malformed, or not a doorbell), -ENOTTY (64 bits),
 * -ENOSPC (VDCM_MAX_IOEVENTS), -EEXIST (there already), -ENODEV (none there to
 * be removed), or the error of @fd.
 */
int vdcm_ioevent(struct vdcm_adi *adi, u64 offset, u32 flags, u64 value, int fd)
{
	unsigned int bar = offset >> VDCM_REGION_SHIFT;
	unsigned int size = width(flags);
	struct vdcm_hit hit;
	int ret;

	if (flags == VFIO_DEVICE_IOEVENTFD_64)
		return -ENOTTY;
	offset &= VDCM_REGION_MASK;
	if (!size || fd < -1 || bar >= VDCM_NR_BARS || offset % size ||
	    offset >= vdcm_region_size(adi, bar) || value >> 8 * size)
		return -EINVAL;
	vdcm_regions_find(adi->regions, bar, offset & ~3ULL, &hit);
	if (hit.kind != VDCM_HIT_PASS)
		return -EINVAL;
	mutex_lock(&adi->ioevent_lock);
	ret = set(adi, bar, offset, size, value, fd);
	mutex_unlock(&adi->ioevent_lock);
	return ret;
}

/**
 * vdcm_ioevents_release() - drop all of a closing ADI
 * @adi: ADI, still open; adi->lock not held
 */
void vdcm_ioevents_release(struct vdcm_adi *adi)
{
	struct vdcm_ioevent *ev, *next;

	mutex_lock(&adi->ioevent_lock);
	list_for_each_entry_safe(ev, next, &adi->live->ioevents, entry)
		ioevent_stop(ev);
	mutex_unlock(&adi->ioevent_lock);
}

#else /* the kernel's VFIO was built without it */

int vdcm_ioevent(struct vdcm_adi *adi, u64 offset, u32 flags, u64 value, int fd)
{
	return -ENOTTY;
}

void vdcm_ioevents_release(struct vdcm_adi *adi)
{
}

#endif
