// SPDX-License-Identifier: GPL-2.0-only
/*
 * The files through which user space reads and writes the state of a device. A file belongs to
 * one session, from the arc that makes the file to the arc that ends the session, or to close().
 * User space may keep the file for longer: then the file answers -ENODEV.
 *
 * The arc into a state makes all bytes that user space can read: read() does not access the
 * device. read() and write() copy user memory under the file's own lock only, which no other path
 * takes: a user whose memory does not answer makes no other process wait.
 */
#include <linux/anon_inodes.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "exporter.h"

/* Bytes that are taken from user space at once. */
#define VDCM_MIG_CHUNK	4096u

/**
 * struct vdcm_mig_file - a session's file
 * @filp: the session's reference
 * @entry: once the session has ended: in the device's list of such files; under adi->lock
 * @v: device; only under @load, and while not @ended
 * @lock: one read or write at a time; held while user memory is copied
 * @load: held while write() or ioctl() accesses the device; outside adi->lock
 * @ended: the session is over
 * @loaded: END has come, and the device has taken the state; under adi->lock
 * @precopy: @out is not complete yet
 * @pos: bytes of @out that were read
 * @ready: bytes of @out that may be read
 * @out: stream that user space reads
 * @in: stream that user space writes
 * @chunk: bytes from user space
 */
struct vdcm_mig_file {
	struct file *filp;
	struct list_head entry;
	struct vdcm_vdev *v;
	struct mutex lock;		/* user memory */
	struct mutex load;		/* the device */
	bool ended;
	bool loaded;
	bool precopy;
	size_t pos;
	size_t ready;
	struct vdcm_stream_out out;
	struct vdcm_stream_in in;
	u8 chunk[VDCM_MIG_CHUNK];
};

static void vdcm_mig_file_free(struct vdcm_mig_file *f)
{
	vdcm_stream_close(&f->in);
	kvfree(f->out.buf);
	kvfree(f);
}

static int vdcm_mig_release(struct inode *inode, struct file *filp)
{
	vdcm_mig_file_free(filp->private_data);
	return 0;
}

/* Bytes that can be read now; or 0 at the end, or -ENOMSG: there will be more. */
static ssize_t vdcm_mig_readable(const struct vdcm_mig_file *f)
{
	/* Pairs with vdcm_mig_file_complete(): a reader of the end sees all bytes before it. */
	bool precopy = smp_load_acquire(&f->precopy);
	/* The same for the bytes themselves. */
	size_t ready = smp_load_acquire(&f->ready);

	if (f->pos < ready)
		return ready - f->pos;
	return precopy ? -ENOMSG : 0;
}

static ssize_t vdcm_mig_read(struct file *filp, char __user *buf, size_t len, loff_t *pos)
{
	struct vdcm_mig_file *f = filp->private_data;
	ssize_t ret;

	if (pos)
		return -ESPIPE;
	if (mutex_lock_interruptible(&f->lock))
		return -EINTR;
	ret = READ_ONCE(f->ended) ? -ENODEV : vdcm_mig_readable(f);
	if (ret > 0) {
		ret = min_t(size_t, ret, len);
		if (copy_to_user(buf, f->out.buf + f->pos, ret))
			ret = -EFAULT;
		else
			f->pos += ret;
	}
	mutex_unlock(&f->lock);
	return ret;
}

/* VFIO_MIG_GET_PRECOPY_INFO: bytes that user space can read before the VM stops. */
static long vdcm_mig_ioctl(struct file *filp, unsigned int cmd, unsigned long arg)
{
	unsigned long minsz = offsetofend(struct vfio_precopy_info, dirty_bytes);
	struct vdcm_mig_file *f = filp->private_data;
	struct vfio_precopy_info info = { };
	ssize_t readable;

	if (cmd != VFIO_MIG_GET_PRECOPY_INFO)
		return -ENOTTY;
	if (copy_from_user(&info, (void __user *)arg, minsz))
		return -EFAULT;
	if (info.argsz < minsz)
		return -EINVAL;
	if (READ_ONCE(f->ended))
		return -ENODEV;
	if (mutex_lock_interruptible(&f->lock))
		return -EINTR;
	readable = vdcm_mig_readable(f);
	mutex_unlock(&f->lock);
	if (!READ_ONCE(f->precopy))
		return -EINVAL;
	mutex_lock(&f->load);
	if (!READ_ONCE(f->ended))
		vdcm_age_now(&f->v->adi);
	mutex_unlock(&f->load);
	info.flags = 0;
	info.initial_bytes = max_t(ssize_t, readable, 0);
	info.dirty_bytes = 0;
	return copy_to_user((void __user *)arg, &info, minsz) ? -EFAULT : 0;
}

static const struct file_operations vdcm_mig_save_fops = {
	.owner = THIS_MODULE,
	.read = vdcm_mig_read,
	.unlocked_ioctl = vdcm_mig_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.release = vdcm_mig_release,
};

/* END has come. */
static int vdcm_mig_load(struct vdcm_mig_file *f)
{
	struct vdcm_vdev *v = f->v;
	int ret = -ENODEV;

	vdcm_lock_settled(&v->adi);
	if (v->mig.file == f) {
		ret = vdcm_state_load(&v->adi, &f->in);
		f->loaded = !ret;
	}
	mutex_unlock(&v->adi.lock);
	return ret;
}

/* A record is complete. 0 or errno */
static int vdcm_mig_act(struct vdcm_mig_file *f, int tag)
{
	int ret = 0;

	mutex_lock(&f->load);
	if (READ_ONCE(f->ended))
		ret = -ENODEV;
	else if (tag == VDCM_TAG_HELLO)
		ret = vdcm_state_compare(&f->v->adi, &f->in);
	else if (tag == VDCM_TAG_END)
		ret = vdcm_mig_load(f);
	mutex_unlock(&f->load);
	/* After an error the file takes no more of the stream. */
	if (ret)
		f->in.err = ret;
	return ret;
}

static int vdcm_mig_take(struct vdcm_mig_file *f, const u8 *data, size_t len)
{
	int tag;

	do {
		int ret;

		tag = vdcm_stream_feed(&f->in, &data, &len);
		if (tag < 0)
			return tag;
		ret = tag ? vdcm_mig_act(f, tag) : 0;
		if (ret)
			return ret;
	} while (tag);
	return 0;
}

static ssize_t vdcm_mig_write_locked(struct vdcm_mig_file *f, const char __user *buf, size_t len)
{
	size_t done, n;
	int ret;

	for (done = 0; done < len; done += n) {
		n = min_t(size_t, len - done, VDCM_MIG_CHUNK);
		if (READ_ONCE(f->ended))
			return -ENODEV;
		if (fatal_signal_pending(current))
			return -EINTR;
		if (copy_from_user(f->chunk, buf + done, n))
			return -EFAULT;
		ret = vdcm_mig_take(f, f->chunk, n);
		if (ret)
			return ret;
		cond_resched();
	}
	return len;
}

static ssize_t vdcm_mig_write(struct file *filp, const char __user *buf, size_t len, loff_t *pos)
{
	struct vdcm_mig_file *f = filp->private_data;
	ssize_t ret;

	if (pos)
		return -ESPIPE;
	if (mutex_lock_interruptible(&f->lock))
		return -EINTR;
	ret = vdcm_mig_write_locked(f, buf, len);
	mutex_unlock(&f->lock);
	return ret;
}

static const struct file_operations vdcm_mig_load_fops = {
	.owner = THIS_MODULE,
	.write = vdcm_mig_write,
	.release = vdcm_mig_release,
};

static struct vdcm_mig_file *vdcm_mig_file_alloc(struct vdcm_vdev *v, size_t room)
{
	struct vdcm_mig_file *f = kvzalloc(sizeof(*f), GFP_KERNEL_ACCOUNT);

	if (!f)
		return ERR_PTR(-ENOMEM);
	f->v = v;
	mutex_init(&f->lock);
	mutex_init(&f->load);
	f->out.room = room;
	f->out.buf = room ? kvzalloc(room, GFP_KERNEL_ACCOUNT) : NULL;
	if (!room || f->out.buf)
		return f;
	vdcm_mig_file_free(f);
	return ERR_PTR(-ENOMEM);
}

/* Begin a session. Its file has two references: the session's, and the caller's. */
static struct file *vdcm_mig_file_publish(struct vdcm_mig_file *f,
					  const struct file_operations *fops, int flags)
{
	struct vdcm_vdev *v = f->v;

	lockdep_assert_held(&v->adi.lock);
	f->filp = anon_inode_getfile("vdcm_mig", fops, f, flags);
	if (IS_ERR(f->filp)) {
		struct file *filp = f->filp;

		vdcm_mig_file_free(f);
		return filp;
	}
	stream_open(file_inode(f->filp), f->filp);
	WARN_ON_ONCE(v->mig.file);
	v->mig.file = f;
	return get_file(f->filp);
}

/**
 * vdcm_mig_file_save() - begin to save a device
 * @v: VFIO device, open, without a session; adi->lock held
 * @precopy: only HELLO for now; vdcm_mig_file_complete() follows. Else the device is frozen,
 *	and all of the stream is made
 *
 * Return: file for user space, or ERR_PTR.
 */
struct file *vdcm_mig_file_save(struct vdcm_vdev *v, bool precopy)
{
	struct vdcm_mig_file *f = vdcm_mig_file_alloc(v, vdcm_state_bound(&v->adi));
	int ret;

	if (IS_ERR(f))
		return ERR_CAST(f);
	ret = vdcm_state_hello(&v->adi, &f->out);
	if (!ret && !precopy)
		ret = vdcm_state_save(&v->adi, &f->out);
	if (ret) {
		vdcm_mig_file_free(f);
		return ERR_PTR(ret);
	}
	f->ready = f->out.len;
	f->precopy = precopy;
	return vdcm_mig_file_publish(f, &vdcm_mig_save_fops, O_RDONLY);
}

/**
 * vdcm_mig_file_complete() - append the state of a stopped device
 * @v: VFIO device, frozen, with a session that vdcm_mig_file_save() began; adi->lock held
 *
 * Return: 0 or errno; then the session is as it was before.
 */
int vdcm_mig_file_complete(struct vdcm_vdev *v)
{
	struct vdcm_mig_file *f = v->mig.file;
	size_t hello = f->out.len;
	int ret;

	lockdep_assert_held(&v->adi.lock);
	ret = vdcm_state_save(&v->adi, &f->out);
	if (ret) {
		f->out.len = hello;
		return ret;
	}
	/* Pairs with vdcm_mig_readable(). */
	smp_store_release(&f->ready, f->out.len);
	/* Last: a reader that sees this sees all bytes. */
	smp_store_release(&f->precopy, false);
	return 0;
}

/**
 * vdcm_mig_file_resume() - begin to take the state of another device
 * @v: VFIO device, frozen, without a session; adi->lock held
 *
 * Return: file for user space, or ERR_PTR.
 */
struct file *vdcm_mig_file_resume(struct vdcm_vdev *v)
{
	struct vdcm_mig_file *f = vdcm_mig_file_alloc(v, 0);

	if (IS_ERR(f))
		return ERR_CAST(f);
	vdcm_state_expect(&v->adi, &f->in);
	return vdcm_mig_file_publish(f, &vdcm_mig_load_fops, O_WRONLY);
}

/**
 * vdcm_mig_file_loaded() - has the device taken a whole state?
 * @v: VFIO device with a session that vdcm_mig_file_resume() began; adi->lock held
 *
 * Return: true = yes.
 */
bool vdcm_mig_file_loaded(const struct vdcm_vdev *v)
{
	lockdep_assert_held(&v->adi.lock);
	return v->mig.file->loaded;
}

/* Put the ended files by which no write or ioctl uses the device any more. */
static void vdcm_mig_files_put(struct vdcm_vdev *v)
{
	struct vdcm_mig_file *f, *next;

	list_for_each_entry_safe(f, next, &v->mig.ended, entry) {
		if (!mutex_trylock(&f->load))
			continue;
		mutex_unlock(&f->load);
		list_del(&f->entry);
		fput(f->filp);
	}
}

/**
 * vdcm_mig_file_end() - end the session, if there is one
 * @v: VFIO device, open; adi->lock held
 *
 * A write or ioctl may still use the device once adi->lock is released, and then finds the
 * session ended. vdcm_mig_files_wait() waits for it: the caller does not, for the write may
 * wait for the PF, which a reset of the device does not.
 */
void vdcm_mig_file_end(struct vdcm_vdev *v)
{
	struct vdcm_mig_file *f = v->mig.file;

	lockdep_assert_held(&v->adi.lock);
	if (f) {
		WRITE_ONCE(f->ended, true);
		list_add_tail(&f->entry, &v->mig.ended);
	}
	v->mig.file = NULL;
	vdcm_mig_files_put(v);
}

/**
 * vdcm_mig_files_wait() - wait until no read, write or ioctl of an ended session uses the device
 * @v: VFIO device that is being closed, without a session; adi->lock not held
 *
 * Context: process. Waits for no user memory.
 */
void vdcm_mig_files_wait(struct vdcm_vdev *v)
{
	struct vdcm_mig_file *f, *next;

	list_for_each_entry_safe(f, next, &v->mig.ended, entry) {
		mutex_lock(&f->load);
		mutex_unlock(&f->load);
		list_del(&f->entry);
		fput(f->filp);
	}
}
