// SPDX-License-Identifier: GPL-2.0-only
/*
 * The VFIO device: opening and closing, ioctls, reset.
 */
#include <linux/memcontrol.h>
#include <linux/overflow.h>
#include <linux/pid.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/string_helpers.h>
#include <linux/uaccess.h>

#include "internal.h"

/* A process may call itself anything: one that parses or prints it must not be misled. */
static void get_opener(char *name)
{
	char comm[TASK_COMM_LEN];
	int len;

	get_task_comm(comm, current);
	len = string_escape_str(comm, name, VDCM_OPENER_LEN - 1, ESCAPE_ANY | ESCAPE_NAP,
				NULL);
	name[min(len, VDCM_OPENER_LEN - 1)] = 0;
}

/* Make the open state visible, or invisible, to everyone who looks for it. */
static void publish(struct vdcm_adi *adi, struct vdcm_live *live)
{
	char opener[VDCM_OPENER_LEN] = "";
	unsigned long flags;

	lockdep_assert_held(&adi->lock);
	if (live)
		get_opener(opener);
	mutex_lock(&adi->pin_lock);
	spin_lock_irqsave(&adi->irq_lock, flags);
	spin_lock(&adi->fault_lock);
	adi->live = live;
	spin_unlock(&adi->fault_lock);
	adi->opener_pid = live ? task_tgid_nr(current) : 0;
	memcpy(adi->opener, opener, sizeof(opener));
	spin_unlock_irqrestore(&adi->irq_lock, flags);
	mutex_unlock(&adi->pin_lock);
}

static struct vdcm_live *live_alloc(struct vdcm_adi *adi)
{
	unsigned int nr = adi->type->nr_vectors;
	struct vdcm_live *live;

	live = kzalloc(struct_size(live, vecs, nr), GFP_KERNEL_ACCOUNT);
	if (!live)
		return NULL;
	if (vdcm_dma_open(live)) {
		kfree(live);
		return NULL;
	}
	live->adi = adi;
	vdcm_ioevents_init(live);
	live->memcg = get_mem_cgroup_from_mm(current->mm);
	vdcm_config_init(&live->config, adi->type->comp, nr);
	vdcm_msix_init(&live->msix, nr);
	return live;
}

static void live_free(struct vdcm_live *live)
{
	vdcm_dma_free(live);
	mem_cgroup_put(live->memcg);
	kfree(live);
}

static int open_locked(struct vdcm_adi *adi)
{
	struct vdcm_live *live;
	int ret;

	if (vdcm_is_dead(adi))
		return -EIO;
	/* Soon it will be there again; and the caller holds VFIO's locks. */
	if (READ_ONCE(adi->parent->quiesced))
		return -EAGAIN;
	live = live_alloc(adi);
	if (!live)
		return -ENOMEM;
	/* Before the driver's turn: its vectors may fire as soon as they exist. */
	publish(adi, live);
	ret = vdcm_ops(adi)->open(adi);
	if (ret)
		goto free;
	ret = vdcm_dma_attach(adi);
	if (ret)
		goto close;
	return 0;

close:
	vdcm_ops(adi)->close(adi);
free:
	publish(adi, NULL);
	live_free(live);
	return ret;
}

static int vdcm_open_device(struct vfio_device *vdev)
{
	struct vdcm_adi *adi = vdcm_from_vdev(vdev);
	int ret;

	mutex_lock(&adi->lock);
	ret = open_locked(adi);
	mutex_unlock(&adi->lock);
	/* Somebody may have seen it open, and want it back. */
	if (ret)
		cancel_delayed_work_sync(&adi->revoke_work);
	/* One that is to come back later is told so, not the log. */
	if (ret && ret != -EAGAIN)
		vdcm_limited(adi, err, "cannot be opened: %d\n", ret);
	return ret;
}

static void vdcm_close_device(struct vfio_device *vdev)
{
	struct vdcm_adi *adi = vdcm_from_vdev(vdev);
	struct vdcm_live *live = adi->live;

	vdcm_ioevents_release(adi);
	vdcm_lock_settled(adi);
	if (!live->revoked)
		vdcm_shut_begin(adi);
	if (!live->revoked)
		vdcm_shut(adi);
	/* There is nothing left to quiesce, resume or revoke. */
	WRITE_ONCE(live->revoked, true);
	vdcm_irq_release(adi);
	mutex_unlock(&adi->lock);
	/* May take as long as its user's memory likes: without a lock. */
	vdcm_dma_drain(live);
	mutex_lock(&adi->lock);
	publish(adi, NULL);
	mutex_unlock(&adi->lock);
	vdcm_unmap_leave(live);
	cancel_delayed_work_sync(&adi->revoke_work);
	live_free(live);
}

/**
 * vdcm_set_bus_master() - tell the driver whether the ADI may do DMA
 * @adi: open ADI; adi->lock held
 * @on: it may
 */
void vdcm_set_bus_master(struct vdcm_adi *adi, bool on)
{
	lockdep_assert_held(&adi->lock);
	if (adi->live->bus_master == on)
		return;
	adi->live->bus_master = on;
	vdcm_ops(adi)->bus_master(adi, on);
}

/**
 * vdcm_reset() - the one way to reset a function, whoever asks for it
 * @adi: open ADI; adi->lock held
 *
 * Pinned pages stay pinned and mapped: they are the same tenant's. Eventfds
 * stay: they are user space's.
 *
 * While the PF is quiesced, the hardware's part is left to vdcm_parent_resume(). An ADI
 * that cannot be reset is revoked.
 *
 * Return: 0, -EIO on a dead or revoked device, or the driver's error.
 */
int vdcm_reset(struct vdcm_adi *adi)
{
	struct vdcm_live *live = adi->live;
	bool there = vdcm_is_there(adi);
	unsigned long flags;
	int ret = 0;

	lockdep_assert_held(&adi->lock);
	if (vdcm_is_dead(adi) || live->revoked)
		return -EIO;
	vdcm_inc(adi, VDCM_CNT_RESETS);
	vdcm_set_bus_master(adi, false);
	vdcm_set_memory(adi, false);
	vdcm_dma_accept(adi, false);
	live->reset_owed = !there;
	if (there)
		ret = vdcm_ops(adi)->reset(adi);
	/* The last tenant's state may still be there: it stays out of reach. */
	if (ret) {
		vdcm_limited(adi, err, "reset failed, taken from its user: %d\n", ret);
		vdcm_revoke(adi);
		return ret;
	}
	vdcm_config_init(&live->config, adi->type->comp, live->msix.nr);
	spin_lock_irqsave(&adi->irq_lock, flags);
	vdcm_msix_reset(&live->msix);
	spin_unlock_irqrestore(&adi->irq_lock, flags);
	vdcm_irq_kick(adi);
	vdcm_dma_accept(adi, there);
	return ret;
}

static long get_info(struct vdcm_adi *adi, void __user *arg)
{
	unsigned long minsz = offsetofend(struct vfio_device_info, num_irqs);
	struct vfio_device_info info;

	if (copy_from_user(&info, arg, minsz))
		return -EFAULT;
	if (info.argsz < minsz)
		return -EINVAL;
	info.flags = VFIO_DEVICE_FLAGS_PCI | VFIO_DEVICE_FLAGS_RESET;
	info.num_regions = VDCM_NR_REGIONS;
	info.num_irqs = VDCM_NR_IRQS;
	return copy_to_user(arg, &info, minsz) ? -EFAULT : 0;
}

static int add_sparse_areas(struct vdcm_adi *adi, unsigned int bar,
			    struct vfio_info_cap *caps)
{
	struct vfio_region_info_cap_sparse_mmap *sparse;
	unsigned int run, nr = 0;
	u64 offset, size;
	size_t len;
	int ret;

	for (run = 0; vdcm_regions_area(adi->regions, bar, &run, &offset, &size);)
		nr++;
	if (!nr)
		return 0;
	len = struct_size(sparse, areas, nr);
	sparse = kzalloc(len, GFP_KERNEL);
	if (!sparse)
		return -ENOMEM;
	sparse->header.id = VFIO_REGION_INFO_CAP_SPARSE_MMAP;
	sparse->header.version = 1;
	nr = 0;
	for (run = 0; vdcm_regions_area(adi->regions, bar, &run, &offset, &size);) {
		sparse->areas[nr].offset = offset;
		sparse->areas[nr++].size = size;
	}
	sparse->nr_areas = nr;
	ret = vfio_info_add_capability(caps, &sparse->header, len);
	kfree(sparse);
	return ret ?: nr;
}

static int get_region_info(struct vfio_device *vdev,
			   struct vfio_region_info *info,
			   struct vfio_info_cap *caps)
{
	struct vdcm_adi *adi = vdcm_from_vdev(vdev);
	int ret;

	if (info->index >= VDCM_NR_REGIONS)
		return -EINVAL;
	info->offset = (u64)info->index << VDCM_REGION_SHIFT;
	info->size = vdcm_region_size(adi, info->index);
	info->flags = info->size ? VFIO_REGION_INFO_FLAG_READ |
				   VFIO_REGION_INFO_FLAG_WRITE : 0;
	if (info->index >= VDCM_NR_BARS || !vdcm_can_mmap())
		return 0;
	ret = add_sparse_areas(adi, info->index, caps);
	if (ret < 0)
		return ret;
	if (ret)
		info->flags |= VFIO_REGION_INFO_FLAG_MMAP;
	return 0;
}

static long get_irq_info(struct vdcm_adi *adi, void __user *arg)
{
	unsigned long minsz = offsetofend(struct vfio_irq_info, count);
	struct vfio_irq_info info;

	if (copy_from_user(&info, arg, minsz))
		return -EFAULT;
	if (info.argsz < minsz || info.index >= VDCM_NR_IRQS)
		return -EINVAL;
	info.count = vdcm_irq_count(adi, info.index);
	info.flags = info.count ? VFIO_IRQ_INFO_EVENTFD : 0;
	if (info.index == VFIO_PCI_MSIX_IRQ_INDEX)
		info.flags |= VFIO_IRQ_INFO_MASKABLE;
	else if (info.count)
		info.flags |= VFIO_IRQ_INFO_NORESIZE;
	return copy_to_user(arg, &info, minsz) ? -EFAULT : 0;
}

static long set_irqs(struct vdcm_adi *adi, void __user *arg)
{
	unsigned long minsz = offsetofend(struct vfio_irq_set, count);
	struct vfio_irq_set hdr;
	void *data = NULL;
	size_t size;
	int ret;

	if (copy_from_user(&hdr, arg, minsz))
		return -EFAULT;
	ret = vfio_set_irqs_validate_and_prepare(&hdr,
						 vdcm_irq_count(adi, hdr.index),
						 VDCM_NR_IRQS, &size);
	if (ret)
		return ret;
	if (size) {
		data = memdup_user(arg + minsz, size);
		if (IS_ERR(data))
			return PTR_ERR(data);
	}
	mutex_lock(&adi->lock);
	ret = vdcm_irq_set(adi, &hdr, data);
	mutex_unlock(&adi->lock);
	kfree(data);
	return ret;
}

static long reset(struct vdcm_adi *adi)
{
	int ret;

	mutex_lock(&adi->lock);
	ret = vdcm_reset(adi);
	mutex_unlock(&adi->lock);
	return ret;
}

static long ioeventfd(struct vdcm_adi *adi, void __user *arg)
{
	unsigned long minsz = offsetofend(struct vfio_device_ioeventfd, fd);
	struct vfio_device_ioeventfd io;

	if (copy_from_user(&io, arg, minsz))
		return -EFAULT;
	if (io.argsz < minsz)
		return -EINVAL;
	return vdcm_ioevent(adi, io.offset, io.flags, io.data, io.fd);
}

static long vdcm_ioctl(struct vfio_device *vdev, unsigned int cmd,
		       unsigned long arg)
{
	struct vdcm_adi *adi = vdcm_from_vdev(vdev);
	void __user *uarg = (void __user *)arg;

	switch (cmd) {
	case VFIO_DEVICE_GET_INFO:
		return get_info(adi, uarg);
	case VFIO_DEVICE_GET_REGION_INFO:
		return vdcm_vfio_region_info(vdev, uarg, get_region_info);
	case VFIO_DEVICE_GET_IRQ_INFO:
		return get_irq_info(adi, uarg);
	case VFIO_DEVICE_SET_IRQS:
		return set_irqs(adi, uarg);
	case VFIO_DEVICE_RESET:
		return reset(adi);
	case VFIO_DEVICE_IOEVENTFD:
		return ioeventfd(adi, uarg);
	default:
		return -ENOTTY;
	}
}

/* Someone wants the mdev gone while it is open; called again every 10 s. */
static void vdcm_request(struct vfio_device *vdev, unsigned int count)
{
	vdcm_request_release(vdcm_from_vdev(vdev));
}

static void vdcm_release(struct vfio_device *vdev)
{
	struct vdcm_adi *adi = vdcm_from_vdev(vdev);

	if (adi->queues)
		vdcm_queues_put(adi->queues);
	vdcm_vfio_free(vdev);
}

const struct vfio_device_ops vdcm_vfio_ops = {
	.name = "vdcm",
	.release = vdcm_release,
	VDCM_VFIO_IOMMUFD_OPS
	VDCM_VFIO_REGION_INFO_OP(get_region_info)
	.open_device = vdcm_open_device,
	.close_device = vdcm_close_device,
	.read = vdcm_read,
	.write = vdcm_write,
	.ioctl = vdcm_ioctl,
	.mmap = vdcm_mmap,
	.request = vdcm_request,
	.dma_unmap = vdcm_dma_unmap,
};
