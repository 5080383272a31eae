// SPDX-License-Identifier: GPL-2.0-only
/*
 * VFIO_DEVICE_IOEVENTFD: a write to a doorbell that user space asks for by
 * signalling an eventfd. KVM signals it when a guest writes, and the VMM is not
 * woken up: of use where doorbells are not mapped.
 */
#include <linux/bits.h>
#include <linux/list.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "exporter.h"

#ifdef HAVE_VFIO_VIRQFD

/**
 * struct vdcm_ring - a write to a doorbell
 * @bar: BAR
 * @size: 1, 2, 4 or 8 bytes
 * @offset: where
 * @value: what
 */
struct vdcm_ring {
	unsigned int bar;
	unsigned int size;
	u64 offset;
	u64 value;
};

/**
 * struct vdcm_ioevent - an eventfd that stands for a write
 * @entry: in the ADI's list
 * @rung: in the ADI's list of those that were signalled, empty when in none
 * @vdev: whose
 * @virqfd: the core's part, NULL once the eventfd is closed
 * @ring: the write
 */
struct vdcm_ioevent {
	struct list_head entry;
	struct list_head rung;
	struct vdcm_vdev *vdev;
	struct virqfd *virqfd;
	struct vdcm_ring ring;
};

/*
 * The eventfd was signalled: its lock is held, interrupts are off. Signals until the
 * write come to one write, and VFIO's own work item, which all of the kernel would wait
 * for, is not used.
 * Return: 0: VFIO has nothing to do.
 */
static int vdcm_ioevent_signalled(void *opaque, void *data)
{
	struct vdcm_ioevent *ev = opaque;
	struct vdcm_ioevents *evs = &ev->vdev->ioevents;
	unsigned long flags;

	spin_lock_irqsave(&evs->rung_lock, flags);
	if (list_empty(&ev->rung))
		list_add_tail(&ev->rung, &evs->rung);
	spin_unlock_irqrestore(&evs->rung_lock, flags);
	queue_work(vdcm_wq_of(&ev->vdev->adi, VDCM_QUEUE_RINGS), &evs->work);
	return 0;
}

static struct vdcm_ioevent *vdcm_ioevent_first(struct vdcm_ioevents *evs, struct list_head *list)
{
	struct vdcm_ioevent *ev;
	unsigned long flags;

	spin_lock_irqsave(&evs->rung_lock, flags);
	ev = list_first_entry_or_null(list, struct vdcm_ioevent, rung);
	/* Before the write: a signal during it is one more. */
	if (ev)
		list_del_init(&ev->rung);
	spin_unlock_irqrestore(&evs->rung_lock, flags);
	return ev;
}

/*
 * Writes in the order of the signals. What is signalled meanwhile is left to the next
 * run: who waits for this one does not wait for the guest.
 */
static void vdcm_ioevent_work(struct work_struct *work)
{
	struct vdcm_ioevents *evs = container_of(work, struct vdcm_ioevents, work);
	struct vdcm_ioevent *ev;
	unsigned long flags;
	LIST_HEAD(list);

	spin_lock_irqsave(&evs->rung_lock, flags);
	list_splice_init(&evs->rung, &list);
	spin_unlock_irqrestore(&evs->rung_lock, flags);
	while ((ev = vdcm_ioevent_first(evs, &list))) {
		/* Whether the device takes it is decided as for any write. */
		vdcm_write_one(&ev->vdev->adi, ev->ring.bar, ev->ring.offset, ev->ring.size,
			       ev->ring.value);
		cond_resched();
	}
}

/* Waits for a write under way, so without adi->lock; for no other ADI's. */
static void vdcm_ioevent_stop(struct vdcm_ioevent *ev)
{
	struct vdcm_ioevents *evs = &ev->vdev->ioevents;
	unsigned long flags;
	bool others;

	lockdep_assert_held(&evs->lock);
	vfio_virqfd_disable(&ev->virqfd);
	cancel_work_sync(&evs->work);
	spin_lock_irqsave(&evs->rung_lock, flags);
	list_del(&ev->rung);
	others = !list_empty(&evs->rung);
	spin_unlock_irqrestore(&evs->rung_lock, flags);
	if (others)
		queue_work(vdcm_wq_of(&ev->vdev->adi, VDCM_QUEUE_RINGS), &evs->work);
	list_del(&ev->entry);
	evs->nr--;
	kfree(ev);
}

static struct vdcm_ioevent *vdcm_ioevent_find(struct vdcm_ioevents *evs,
					      const struct vdcm_ring *ring)
{
	struct vdcm_ioevent *ev;

	list_for_each_entry(ev, &evs->list, entry)
		if (ev->ring.bar == ring->bar && ev->ring.offset == ring->offset &&
		    ev->ring.size == ring->size && ev->ring.value == ring->value)
			return ev;
	return NULL;
}

static int vdcm_ioevent_add(struct vdcm_vdev *v, const struct vdcm_ring *ring, int fd)
{
	struct vdcm_ioevents *evs = &v->ioevents;
	struct vdcm_ioevent *ev;
	int ret;

	if (evs->nr >= VDCM_MAX_IOEVENTS)
		return -ENOSPC;
	ev = kzalloc(sizeof(*ev), GFP_KERNEL_ACCOUNT);
	if (!ev)
		return -ENOMEM;
	INIT_LIST_HEAD(&ev->rung);
	ev->vdev = v;
	ev->ring = *ring;
	ret = vfio_virqfd_enable(ev, vdcm_ioevent_signalled, NULL, NULL, &ev->virqfd, fd);
	if (ret) {
		kfree(ev);
		return ret;
	}
	list_add(&ev->entry, &evs->list);
	evs->nr++;
	return 0;
}

static int vdcm_ioevent_set(struct vdcm_vdev *v, const struct vdcm_ring *ring, int fd)
{
	struct vdcm_ioevent *ev;

	lockdep_assert_held(&v->ioevents.lock);
	ev = vdcm_ioevent_find(&v->ioevents, ring);
	/* Its eventfd is closed: it stands for nothing any more. */
	if (ev && fd >= 0 && !READ_ONCE(ev->virqfd)) {
		vdcm_ioevent_stop(ev);
		ev = NULL;
	}
	if (fd >= 0)
		return ev ? -EEXIST : vdcm_ioevent_add(v, ring, fd);
	if (!ev)
		return -ENODEV;
	vdcm_ioevent_stop(ev);
	return 0;
}

/* The bytes that are asked for, or 0. */
static unsigned int vdcm_ioevent_size(u32 flags)
{
	switch (flags) {
	case VFIO_DEVICE_IOEVENTFD_8:
		return 1;
	case VFIO_DEVICE_IOEVENTFD_16:
		return 2;
	case VFIO_DEVICE_IOEVENTFD_32:
		return 4;
	case VFIO_DEVICE_IOEVENTFD_64:
		return 8;
	default:
		return 0;
	}
}

/* May an eventfd stand for it? 0 or errno. */
static int vdcm_ring_valid(struct vdcm_adi *adi, const struct vdcm_ring *ring)
{
	const struct vdcm_pages *run;

	if (!ring->size || ring->offset % ring->size || ring->bar >= VDCM_NR_BARS ||
	    ring->offset >= vdcm_region_size(adi, ring->bar) ||
	    ring->value & ~GENMASK_ULL(8 * ring->size - 1, 0))
		return -EINVAL;
	run = vdcm_regions_run(adi->regions, ring->bar, ring->offset);
	if (!run || run->kind != VDCM_PAGE_PASS)
		return -EINVAL;
	return vdcm_pages_widths(run) & ring->size ? 0 : -ENOTTY;
}

/**
 * vdcm_ioevents_init() - no eventfd stands for a write yet
 * @v: VFIO device, zeroed
 */
void vdcm_ioevents_init(struct vdcm_vdev *v)
{
	struct vdcm_ioevents *evs = &v->ioevents;

	mutex_init(&evs->lock);
	INIT_LIST_HEAD(&evs->list);
	INIT_LIST_HEAD(&evs->rung);
	spin_lock_init(&evs->rung_lock);
	INIT_WORK(&evs->work, vdcm_ioevent_work);
}

/**
 * vdcm_ioevent() - VFIO_DEVICE_IOEVENTFD
 * @adi: open ADI
 * @offset: as of the device's file: region and offset in it
 * @flags: VFIO_DEVICE_IOEVENTFD_*
 * @value: what to write; no bit beyond the size
 * @fd: eventfd, or -1: no more
 *
 * Offset must be a doorbell: naturally aligned in a page that is passed through
 * to the ADI. Registers of a control path are not to be written behind the VMM's
 * back. Only sizes that the page takes are offered: a VMM that is refused makes the write
 * itself. They stay over a reset, until closing.
 *
 * Context: process.
 * Return: 0, -EINVAL (malformed, or not a doorbell), -ENOTTY (a size that the doorbell does
 * not take), -ENOSPC (VDCM_MAX_IOEVENTS), -EEXIST (there already), -ENODEV (none there to
 * be removed), or the error of @fd.
 */
int vdcm_ioevent(struct vdcm_adi *adi, u64 offset, u32 flags, u64 value, int fd)
{
	struct vdcm_vdev *v = vdcm_vdev_of(adi);
	const struct vdcm_ring ring = {
		.bar = offset >> VDCM_REGION_SHIFT,
		.size = vdcm_ioevent_size(flags),
		.offset = offset & VDCM_REGION_MASK,
		.value = value,
	};
	int ret = fd < -1 ? -EINVAL : vdcm_ring_valid(adi, &ring);

	if (ret)
		return ret;
	mutex_lock(&v->ioevents.lock);
	ret = vdcm_ioevent_set(v, &ring, fd);
	mutex_unlock(&v->ioevents.lock);
	return ret;
}

/**
 * vdcm_ioevents_flush() - carry out the writes whose eventfds were signalled before
 * @v: its VFIO device, open; adi->lock not held
 */
void vdcm_ioevents_flush(struct vdcm_vdev *v)
{
	flush_work(&v->ioevents.work);
}

/**
 * vdcm_ioevents_release() - drop all of a closing ADI
 * @v: its VFIO device, still open; adi->lock not held
 */
void vdcm_ioevents_release(struct vdcm_vdev *v)
{
	struct vdcm_ioevent *ev, *next;

	mutex_lock(&v->ioevents.lock);
	list_for_each_entry_safe(ev, next, &v->ioevents.list, entry)
		vdcm_ioevent_stop(ev);
	mutex_unlock(&v->ioevents.lock);
}

#else /* the kernel's VFIO was built without it */

void vdcm_ioevents_init(struct vdcm_vdev *v)
{
}

int vdcm_ioevent(struct vdcm_adi *adi, u64 offset, u32 flags, u64 value, int fd)
{
	return -ENOTTY;
}

void vdcm_ioevents_flush(struct vdcm_vdev *v)
{
}

void vdcm_ioevents_release(struct vdcm_vdev *v)
{
}

#endif
