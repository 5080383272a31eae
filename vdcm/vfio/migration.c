// SPDX-License-Identifier: GPL-2.0-only
/*
 * The states of a VFIO migration. The VFIO core finds the arcs from one state to another;
 * each arc is a row of a table here.
 *
 *	RUNNING <-> RUNNING_P2P <-> STOP <-> STOP_COPY	a pause, or the source of a migration
 *	PRE_COPY <-> PRE_COPY_P2P --------> STOP_COPY	a source that sends HELLO before it stops
 *	STOP <-> RESUMING				the target
 *
 * An arc that fails leaves the last state that was reached: a VMM then resets the device, or
 * goes on. A guest's reset and one of the PF are no arcs: the state stays. Only
 * VFIO_DEVICE_RESET leads to RUNNING from anywhere.
 */
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/uaccess.h>

#include "exporter.h"

/* An arc returns 0, an errno, or a file for user space. */
struct vdcm_arc {
	u8 from;
	u8 to;
	struct file *(*go)(struct vdcm_vdev *v);
};

static struct file *vdcm_go_pause(struct vdcm_vdev *v)
{
	vdcm_pause(&v->adi);
	return NULL;
}

static struct file *vdcm_go_unpause(struct vdcm_vdev *v)
{
	vdcm_unpause(&v->adi);
	return NULL;
}

static struct file *vdcm_go_freeze(struct vdcm_vdev *v)
{
	return ERR_PTR(vdcm_freeze(&v->adi));
}

static struct file *vdcm_go_thaw(struct vdcm_vdev *v)
{
	return ERR_PTR(vdcm_thaw(&v->adi));
}

/*
 * iommufd reports no page that the device has written, and QEMU does not ask. Without a log of
 * the device itself a migrated guest would go on with old contents of such pages.
 */
static int vdcm_mig_may_save(struct vdcm_vdev *v)
{
	if (vdcm_vfio_by_iommufd(&v->vdev) && !v->vdev.log_ops)
		return -EOPNOTSUPP;
	return vdcm_is_gone(&v->adi) ? -EIO : 0;
}

static struct file *vdcm_go_precopy(struct vdcm_vdev *v)
{
	int ret = vdcm_mig_may_save(v);
	struct file *file;

	if (ret)
		return ERR_PTR(ret);
	file = vdcm_mig_file_save(v, true);
	if (!IS_ERR(file))
		vdcm_age_start(&v->adi);
	return file;
}

static struct file *vdcm_go_save(struct vdcm_vdev *v)
{
	int ret = vdcm_mig_may_save(v);

	return ret ? ERR_PTR(ret) : vdcm_mig_file_save(v, false);
}

/* Freezes the ADI, and appends its state to the file of PRE_COPY. */
static struct file *vdcm_go_complete(struct vdcm_vdev *v)
{
	int ret = vdcm_freeze(&v->adi);

	if (ret)
		return ERR_PTR(ret);
	ret = vdcm_mig_file_complete(v);
	if (!ret)
		return NULL;
	/* An ADI in PRE_COPY_P2P is not frozen: if it cannot be thawed, the state is ERROR. */
	if (vdcm_thaw(&v->adi))
		v->mig.state = VFIO_DEVICE_STATE_ERROR;
	else
		vdcm_age_start(&v->adi);
	return ERR_PTR(ret);
}

static struct file *vdcm_go_resume(struct vdcm_vdev *v)
{
	return vdcm_mig_file_resume(v);
}

static struct file *vdcm_go_end(struct vdcm_vdev *v)
{
	vdcm_age_stop(&v->adi);
	vdcm_mig_file_end(v);
	return NULL;
}

/* Refuses to leave RESUMING before the device has taken a complete state. */
static struct file *vdcm_go_loaded(struct vdcm_vdev *v)
{
	if (!vdcm_mig_file_loaded(v))
		return ERR_PTR(-EINVAL);
	return vdcm_go_end(v);
}

static const struct vdcm_arc vdcm_arcs[] = {
#define ARC(_from, _to, _go) \
	{ VFIO_DEVICE_STATE_##_from, VFIO_DEVICE_STATE_##_to, vdcm_go_##_go }
	ARC(RUNNING, RUNNING_P2P, pause),
	ARC(RUNNING_P2P, RUNNING, unpause),
	ARC(RUNNING_P2P, STOP, freeze),
	ARC(STOP, RUNNING_P2P, thaw),
	ARC(STOP, STOP_COPY, save),
	ARC(STOP_COPY, STOP, end),
	ARC(STOP, RESUMING, resume),
	ARC(RESUMING, STOP, loaded),
	ARC(RUNNING, PRE_COPY, precopy),
	ARC(RUNNING_P2P, PRE_COPY_P2P, precopy),
	ARC(PRE_COPY, RUNNING, end),
	ARC(PRE_COPY_P2P, RUNNING_P2P, end),
	ARC(PRE_COPY, PRE_COPY_P2P, pause),
	ARC(PRE_COPY_P2P, PRE_COPY, unpause),
	ARC(PRE_COPY_P2P, STOP_COPY, complete),
#undef ARC
};

static struct file *vdcm_mig_go(struct vdcm_vdev *v, enum vfio_device_mig_state to)
{
	struct file *file;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(vdcm_arcs); i++) {
		if (vdcm_arcs[i].from != v->mig.state || vdcm_arcs[i].to != to)
			continue;
		file = vdcm_arcs[i].go(v);
		if (!IS_ERR(file))
			v->mig.state = to;
		return file;
	}
	return ERR_PTR(-EINVAL);
}

static struct file *vdcm_mig_set_locked(struct vdcm_vdev *v, enum vfio_device_mig_state to)
{
	enum vfio_device_mig_state next;
	struct file *file = NULL;
	int ret;

	lockdep_assert_held(&v->adi.lock);
	while (!IS_ERR(file) && v->mig.state != to) {
		/* The VFIO core warns when a VMM asks for an arc out of ERROR. */
		if (v->mig.state == VFIO_DEVICE_STATE_ERROR)
			return ERR_PTR(-EIO);
		ret = vfio_mig_get_next_state(&v->vdev, v->mig.state, to, &next);
		if (ret)
			return ERR_PTR(ret);
		file = vdcm_mig_go(v, next);
	}
	return file;
}

/* Waits for a PF in reset: an error would make the VMM reset the device. */
static struct file *vdcm_mig_set_state(struct vfio_device *vdev, enum vfio_device_mig_state to)
{
	struct vdcm_vdev *v = vdcm_vdev_of(vdcm_from_vdev(vdev));
	struct file *file;

	/* Writes that were signalled before the request come before the new state. */
	vdcm_ioevents_flush(v);
	vdcm_lock_settled(&v->adi);
	file = vdcm_mig_set_locked(v, to);
	mutex_unlock(&v->adi.lock);
	return file;
}

static int vdcm_mig_get_state(struct vfio_device *vdev, enum vfio_device_mig_state *state)
{
	struct vdcm_vdev *v = vdcm_vdev_of(vdcm_from_vdev(vdev));

	mutex_lock(&v->adi.lock);
	*state = v->mig.state;
	mutex_unlock(&v->adi.lock);
	return 0;
}

/* VMMs ask in every state, and take the result for the size of a buffer: it is never 0. */
static int vdcm_mig_get_size(struct vfio_device *vdev, unsigned long *bytes)
{
	*bytes = vdcm_state_bound(vdcm_from_vdev(vdev));
	return 0;
}

static const struct vfio_migration_ops vdcm_mig_ops = {
	.migration_set_state = vdcm_mig_set_state,
	.migration_get_state = vdcm_mig_get_state,
	VDCM_VFIO_MIG_SIZE_OP(vdcm_mig_get_size)
};

/**
 * vdcm_mig_feature() - vfio_device_ops.device_feature
 * @vdev: open VFIO device
 * @flags: VFIO_DEVICE_FEATURE_*
 * @arg: data, in user memory
 * @argsz: its bytes
 *
 * For kernels that do not know how to ask for the size of the state.
 *
 * Return: 0, -ENOTTY (no such feature), -EINVAL, -EFAULT.
 */
int vdcm_mig_feature(struct vfio_device *vdev, u32 flags, void __user *arg, size_t argsz)
{
	unsigned long bytes;
	u64 size;
	int ret;

	if ((flags & VFIO_DEVICE_FEATURE_MASK) != VFIO_DEVICE_FEATURE_MIG_DATA_SIZE ||
	    !vdev->mig_ops)
		return -ENOTTY;
	ret = vfio_check_feature(flags, argsz, VFIO_DEVICE_FEATURE_GET, sizeof(size));
	if (ret != 1)
		return ret;
	vdcm_mig_get_size(vdev, &bytes);
	size = bytes;
	return copy_to_user(arg, &size, sizeof(size)) ? -EFAULT : 0;
}

/**
 * vdcm_mig_init() - tell the core whether a device can be migrated
 * @v: VFIO device that is not registered; its ADI was created
 */
void vdcm_mig_init(struct vdcm_vdev *v)
{
	v->mig.state = VFIO_DEVICE_STATE_RUNNING;
	INIT_LIST_HEAD(&v->mig.ended);
	if (!v->adi.state_size)
		return;
	v->vdev.migration_flags = VDCM_VFIO_MIG_FLAGS;
	v->vdev.mig_ops = &vdcm_mig_ops;
	vdcm_dirty_init(v);
}

/**
 * vdcm_mig_reset() - VFIO_DEVICE_RESET: RUNNING, from any state
 * @v: VFIO device, open; adi->lock held; vdcm_reset() follows
 */
void vdcm_mig_reset(struct vdcm_vdev *v)
{
	vdcm_mig_file_end(v);
	vdcm_let_go(&v->adi);
	v->mig.state = VFIO_DEVICE_STATE_RUNNING;
}

/**
 * vdcm_mig_close() - end the session of a closing device, if there is one
 * @v: VFIO device, open; adi->lock not held
 *
 * On return no read, write or ioctl of a file of migration uses the device.
 */
void vdcm_mig_close(struct vdcm_vdev *v)
{
	mutex_lock(&v->adi.lock);
	vdcm_mig_file_end(v);
	v->mig.state = VFIO_DEVICE_STATE_RUNNING;
	mutex_unlock(&v->adi.lock);
	vdcm_mig_files_wait(v);
}
