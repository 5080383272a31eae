// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pinning guest memory and mapping it for the device, with which rights, and what happens
 * while there is no memory that may be locked.
 */
#include <linux/delay.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "trace.h"

/*
 * How long pins are not tried after one failed for want of memory: doubles up to the
 * maximum. VFIO logs a line for each that fails for RLIMIT_MEMLOCK.
 */
#define STARVED_MIN_NS	(100 * NSEC_PER_MSEC)
#define STARVED_MAX_NS	(5 * NSEC_PER_SEC)
/* How long pages are pinned one by one then: at the limit, sixteen fail where one does not. */
#define SINGLE_NS	(10 * NSEC_PER_SEC)

/**
 * vdcm_gate_wait() - how long the gate is closed
 * @adi: open ADI; fault_lock held
 * @first: first page
 * @last: last page
 *
 * Return: nanoseconds until they may be pinned; 0 = now.
 */
u64 vdcm_gate_wait(struct vdcm_adi *adi, u64 first, u64 last)
{
	lockdep_assert_held(&adi->fault_lock);
	return vdcm_holdoff_wait(&adi->live->dma.gate, first << PAGE_SHIFT,
				 (last << PAGE_SHIFT) | ~PAGE_MASK,
				 ktime_get_ns());
}

/* How often memory is made available for one batch, and how much each time, bytes. */
#define ROOM_TRIES	8
#define ROOM_BYTES	(8 * PAGE_SIZE)

/**
 * vdcm_pin_room() - an allocation under the pin lock failed: reclaim memory for the next try
 * @tries: number of calls for this batch; incremented
 *
 * An allocation that waits reclaims memory of the host and of the opener's memory cgroup, to
 * which the fault work is charged; VDCM_GFP_MAP does neither.
 *
 * Context: process; the pin lock is not held.
 * Return: false = there is none.
 */
bool vdcm_pin_room(unsigned int *tries)
{
	void *room;
	bool got;

	if (++*tries > ROOM_TRIES)
		return false;
	room = kmalloc(ROOM_BYTES, GFP_KERNEL_ACCOUNT);
	got = room;
	kfree(room);
	return got;
}

/* VDCM_PROT_*: of a batch's pin, and of its mapping. */
struct rights {
	u32 pin;
	u32 map;
};

/* VDCM_PIN_* of a page; mapped for writing but not "writable" = it may not be read. */
static u32 vdcm_pin_flags(const struct rights *r)
{
	return (r->pin == (VDCM_PROT_READ | VDCM_PROT_WRITE) ? VDCM_PIN_WRITABLE : 0) |
	       (r->map & VDCM_PROT_WRITE ? VDCM_PIN_MAPPED_WRITE : 0);
}

/* Record a batch that is pinned, and map it. */
static int vdcm_pin_map(struct vdcm_adi *adi, u64 first, u32 nr,
			const struct rights *r)
{
	struct vdcm_dma *dma = &adi->live->dma;
	u64 start = ktime_get_ns();
	int ret = 0;
	u32 i;

	for (i = 0; !ret && i < nr; i++)
		ret = vdcm_pin_tree_add(&dma->tree, first, nr, i,
					page_to_pfn(dma->pages[i]),
					vdcm_pin_flags(r));
	if (!ret && r->map & VDCM_PROT_WRITE)
		ret = vdcm_log_pages(dma, first, nr);
	if (!ret)
		ret = dma->ops->map(&adi->xlat, first << PAGE_SHIFT, dma->pages, nr,
				    r->map, r->pin & VDCM_PROT_WRITE);
	if (ret)
		vdcm_pin_tree_erase(&dma->tree, first, nr);
	trace_vdcm_map(adi, first, nr, r->map, ktime_get_ns() - start, ret);
	return ret;
}

/* The pages to pin along with @page: aligned, unpinned, not held off. */
static void vdcm_pin_around(struct vdcm_adi *adi, u64 page, u64 *first, u64 *last)
{
	u64 nr = READ_ONCE(vdcm_fault_around);

	lockdep_assert_held(&adi->fault_lock);
	*first = page & ~(nr - 1);
	*last = *first + nr - 1;
	vdcm_iova_around(&adi->parent->iova, page, first, last);
	vdcm_pin_tree_gap(&adi->live->dma.tree, page, first, last);
	if (vdcm_gate_wait(adi, *first, *last))
		*first = *last = page;
}

/*
 * Make known which pages are about to be pinned.
 * Return: their number; 0 = not now.
 */
static u32 vdcm_pin_begin(struct vdcm_adi *adi, const struct vdcm_serving *s, bool many,
			  u64 *first)
{
	struct vdcm_dma *dma = &adi->live->dma;
	u64 page = s->w.fault.iova >> PAGE_SHIFT;
	u64 last = page;
	u32 nr = 0;

	*first = page;
	mutex_lock(&adi->pin_lock);
	spin_lock_irq(&adi->fault_lock);
	if (many)
		vdcm_pin_around(adi, page, first, &last);
	if (dma->accept && dma->epoch == s->epoch &&
	    (!vdcm_gate_wait(adi, page, page) || !READ_ONCE(vdcm_holdoff_on))) {
		nr = last - *first + 1;
		dma->pinning = (struct vdcm_pinning) {
			.active = true, .first = *first, .last = last,
		};
		vdcm_spots_begin(adi);
	}
	spin_unlock_irq(&adi->fault_lock);
	mutex_unlock(&adi->pin_lock);
	return nr;
}

/* The pages are recorded or given back: an unmap that waits for that goes on. */
static void vdcm_pin_end(struct vdcm_adi *adi)
{
	struct vdcm_dma *dma = &adi->live->dma;

	spin_lock_irq(&adi->fault_lock);
	dma->pinning.active = false;
	WRITE_ONCE(dma->progress, dma->progress + 1);
	spin_unlock_irq(&adi->fault_lock);
	wake_up_all(&dma->wait);
}

/**
 * vdcm_pin_fed() - a pin came off, or is not wanted any more: there is memory
 * @adi: open ADI; pin lock held
 */
void vdcm_pin_fed(struct vdcm_adi *adi)
{
	struct vdcm_dma *dma = &adi->live->dma;
	bool starved;

	lockdep_assert_held(&adi->pin_lock);
	spin_lock_irq(&adi->fault_lock);
	starved = dma->hunger;
	dma->hunger = 0;
	dma->starved_until = 0;
	spin_unlock_irq(&adi->fault_lock);
	if (starved && vdcm_ops(adi)->starved)
		vdcm_ops(adi)->starved(adi, false);
}

/* Map pinned pages, unless an unmap or a discard has spoiled the pin. Takes the spot. */
static int vdcm_pin_settle(struct vdcm_adi *adi, const struct vdcm_serving *s, u64 first, u32 nr,
			   const struct rights *r, struct vdcm_spot *spot)
{
	struct vdcm_dma *dma = &adi->live->dma;
	int ret = -EAGAIN;
	bool spoiled;

	mutex_lock(&adi->pin_lock);
	spin_lock_irq(&adi->fault_lock);
	spoiled = dma->pinning.spoiled || !vdcm_spot_settle(adi, spot);
	spin_unlock_irq(&adi->fault_lock);
	if (!spoiled)
		ret = vdcm_pin_map(adi, first, nr, r);
	if (!ret && s->w.kept)
		vdcm_pin_tree_set_flags(&dma->tree, s->w.fault.iova >> PAGE_SHIFT,
					vdcm_pin_flags(r) | VDCM_PIN_KEPT);
	if (spoiled)
		kfree(spot);
	else if (ret)
		vdcm_spots_forget(adi, first, nr);
	if (!ret) {
		vdcm_add(adi, VDCM_CNT_PAGES_PINNED_TOTAL, nr);
		vdcm_add(adi, VDCM_CNT_PINNED_PAGES, nr);
		vdcm_add(adi, VDCM_CNT_FAULT_AROUND_PAGES, nr - 1);
		vdcm_pin_fed(adi);
	}
	mutex_unlock(&adi->pin_lock);
	return ret;
}

/* Find pinned pages in the user's memory, and map them. */
static int vdcm_pin_place(struct vdcm_adi *adi, const struct vdcm_serving *s, u64 first, u32 nr,
			  const struct rights *r)
{
	struct vdcm_spot *spot;
	unsigned int tries = 0;
	int ret;

	do {
		ret = vdcm_spot_find(adi, first, nr, &spot);
		if (!ret)
			ret = vdcm_pin_settle(adi, s, first, nr, r, spot);
	} while (ret == -ENOMEM && vdcm_pin_room(&tries));
	return ret;
}

/* Reserved pages are no memory of a VMM's: they are the kernel's, or a device's. */
static bool vdcm_pin_all_memory(struct page **pages, u32 nr)
{
	u32 i;

	for (i = 0; i < nr; i++)
		if (PageReserved(pages[i]) && pages[i] != ZERO_PAGE(0))
			return false;
	return true;
}

/* Pin the page of a fault, with neighbours if @many. -EAGAIN = not now. */
static int vdcm_pin_batch(struct vdcm_adi *adi, const struct vdcm_serving *s, bool many,
			  const struct rights *r)
{
	struct page **pages = adi->live->dma.pages;
	u64 first, start;
	u32 nr = vdcm_pin_begin(adi, s, many, &first);
	int ret;

	if (!nr)
		return -EAGAIN;
	start = ktime_get_ns();
	ret = adi->export->pin(adi, first << PAGE_SHIFT, nr, r->pin, pages);
	trace_vdcm_pin(adi, first, nr, r->pin, ktime_get_ns() - start, ret);
	if (!ret) {
		ret = vdcm_pin_all_memory(pages, nr) ? vdcm_pin_place(adi, s, first, nr, r) :
						       -EFAULT;
		if (ret)
			adi->export->unpin(adi, first << PAGE_SHIFT, nr);
	}
	vdcm_pin_end(adi);
	if (ret != -ESTALE)
		return ret;
	/*
	 * Some ADI of the container has yet to unpin the discarded page. The pause is without a
	 * pin: ADIs that wait with one would hand the page to each other for ever.
	 */
	usleep_range(1000, 2000);
	return -EAGAIN;
}

/**
 * vdcm_pin() - pin the page of a fault and its neighbours, and map them
 * @adi: open ADI; pin lock not held
 * @s: the fault; its page is not pinned
 *
 * All get the right that the access needs: a guest's receive buffers lie side by side,
 * and a fault for each page of them would cost each transfer. VFIO refuses what the
 * VMM's mapping does not allow, so the access alone is tried last.
 *
 * Context: process; from the ADI's one work item.
 * Return: 0, -EAGAIN (not now), -ENOMEM (vdcm_pin_starved()), or the errno of refusal.
 */
int vdcm_pin(struct vdcm_adi *adi, const struct vdcm_serving *s)
{
#define R VDCM_PROT_READ
#define W VDCM_PROT_WRITE
	static const struct rights usual[] = { { R | W, R }, { R | W, R | W } };
	static const struct rights alone[] = { { R, R }, { W, W } };
#undef R
#undef W
	struct vdcm_dma *dma = &adi->live->dma;
	bool write = s->w.fault.prot & VDCM_PROT_WRITE;
	/* One page at a time while the VM is migrated: the VMM sends every pinned page. */
	bool many = ktime_get_ns() >= dma->single_until && !READ_ONCE(dma->ageing) &&
		    !READ_ONCE(dma->logging);
	int ret = vdcm_pin_batch(adi, s, many, &usual[write]);

	/* Only this work item looks at it. */
	if (ret == -ENOMEM)
		dma->single_until = ktime_get_ns() + SINGLE_NS;
	if (ret && ret != -EAGAIN && many)
		ret = vdcm_pin_batch(adi, s, false, &usual[write]);
	if (ret && ret != -EAGAIN && ret != -ENOMEM)
		ret = vdcm_pin_batch(adi, s, false, &alone[write]);
	return ret;
}

/**
 * vdcm_pin_starved() - there was no memory, or none that may be locked
 * @adi: open ADI; pin lock held
 *
 * No fault is served that needs a pin until it is time to try again: by then the limit
 * may be another.
 */
void vdcm_pin_starved(struct vdcm_adi *adi)
{
	struct vdcm_dma *dma = &adi->live->dma;
	bool before;

	lockdep_assert_held(&adi->pin_lock);
	spin_lock_irq(&adi->fault_lock);
	before = dma->hunger;
	dma->hunger = clamp_t(u64, 2 * dma->hunger, STARVED_MIN_NS, STARVED_MAX_NS);
	dma->starved_until = ktime_get_ns() + dma->hunger;
	spin_unlock_irq(&adi->fault_lock);
	if (!before) {
		vdcm_inc(adi, VDCM_CNT_STARVED);
		vdcm_limited(adi, warn,
			     "no more memory can be pinned for %s[%d]: its RLIMIT_MEMLOCK has to be that of all guest memory and more, as has its memory cgroup's limit\n",
			     adi->opener, adi->opener_pid);
		if (vdcm_ops(adi)->starved)
			vdcm_ops(adi)->starved(adi, true);
	}
}
