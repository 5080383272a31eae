// SPDX-License-Identifier: GPL-2.0-only
/* The ways to open a VFIO device and to map memory for it; see vfio.h. */
#include <dirent.h>
#include <fcntl.h>
#include <linux/iommufd.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "ktap.h"
#include "vfio.h"

enum vfio_way { WAY_TYPE1, WAY_IOMMUFD, WAY_CDEV };

static const char * const way_names[] = { "type1", "iommufd", "cdev" };

static int do_ioctl(int fd, unsigned long req, void *arg)
{
	int ret = ioctl(fd, req, arg);

	return ret < 0 ? -errno : ret;
}

static enum vfio_way way(void)
{
	const char *env = getenv("VFIO");
	unsigned int i;

	if (!env || !env[0])
		return WAY_TYPE1;
	for (i = 0; i < ARRAY_SIZE(way_names); i++)
		if (!strcmp(env, way_names[i]))
			return (enum vfio_way)i;
	ktap_note("VFIO=%s: type1, iommufd or cdev", env);
	exit(KTAP_FAIL);
}

bool vfio_is_type1(void)
{
	return way() == WAY_TYPE1;
}

int vfio_group_number(const char *uuid)
{
	char path[PATH_LEN], target[PATH_LEN];
	const char *base;
	ssize_t n;

	snprintf(path, sizeof(path), "/sys/bus/mdev/devices/%s/iommu_group", uuid);
	n = readlink(path, target, sizeof(target) - 1);
	if (n < 0)
		return -errno;
	target[n] = 0;
	base = strrchr(target, '/');
	return base ? atoi(base + 1) : -EINVAL;
}

/* "vfio3", the name of the device's character device. */
static int cdev_name(const char *uuid, char *name, size_t len)
{
	char path[PATH_LEN];
	struct dirent *e;
	int ret = -ENOENT;
	DIR *dir;

	snprintf(path, sizeof(path), "/sys/bus/mdev/devices/%s/vfio-dev", uuid);
	dir = opendir(path);
	if (!dir)
		return -errno;
	while (ret && (e = readdir(dir)))
		if (e->d_name[0] != '.')
			ret = snprintf(name, len, "%s", e->d_name) < (int)len ? 0 : -EINVAL;
	closedir(dir);
	return ret;
}

int vfio_open_node(const char *uuid)
{
	char name[32] = "", path[64];
	int nr, fd;

	if (way() == WAY_CDEV) {
		nr = cdev_name(uuid, name, sizeof(name));
		snprintf(path, sizeof(path), "/dev/vfio/devices/%s", name);
	} else {
		nr = vfio_group_number(uuid);
		snprintf(path, sizeof(path), "/dev/vfio/%d", nr);
	}
	if (nr < 0)
		return nr;
	fd = open(path, O_RDWR | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* The container of a device that is open is set up already. */
static int open_group(struct vfio_dev *d, enum vfio_way w, const struct vfio_dev *with)
{
	struct vfio_group_status st = { .argsz = sizeof(st) };
	int ret;

	d->group = vfio_open_node(d->uuid);
	if (d->group < 0)
		return d->group;
	ret = do_ioctl(d->group, VFIO_GROUP_GET_STATUS, &st);
	if (ret)
		return ret;
	if (!(st.flags & VFIO_GROUP_FLAGS_VIABLE))
		return -EPERM;
	ret = do_ioctl(d->group, VFIO_GROUP_SET_CONTAINER, &d->container);
	if (!ret && w == WAY_TYPE1 && !with)
		ret = do_ioctl(d->container, VFIO_SET_IOMMU, (void *)VFIO_TYPE1v2_IOMMU);
	if (ret)
		return ret;
	d->fd = ioctl(d->group, VFIO_GROUP_GET_DEVICE_FD, d->uuid);
	return d->fd < 0 ? -errno : 0;
}

static int open_cdev(struct vfio_dev *d, const struct vfio_dev *with)
{
	struct vfio_device_bind_iommufd bind = { .argsz = sizeof(bind) };
	struct vfio_device_attach_iommufd_pt attach = { .argsz = sizeof(attach) };
	struct iommu_ioas_alloc alloc = { .size = sizeof(alloc) };
	int ret;

	d->fd = vfio_open_node(d->uuid);
	if (d->fd < 0)
		return d->fd;
	bind.iommufd = d->container;
	ret = do_ioctl(d->fd, VFIO_DEVICE_BIND_IOMMUFD, &bind);
	/* So it answers the second user, whom a group refuses as busy. */
	if (ret == -EINVAL)
		return -EBUSY;
	if (!ret && !with)
		ret = do_ioctl(d->container, IOMMU_IOAS_ALLOC, &alloc);
	if (ret)
		return ret;
	d->ioas = with ? with->ioas : alloc.out_ioas_id;
	attach.pt_id = d->ioas;
	return do_ioctl(d->fd, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &attach);
}

static int read_infos(struct vfio_dev *d)
{
	uint32_t i;
	int ret;

	d->info.argsz = sizeof(d->info);
	ret = do_ioctl(d->fd, VFIO_DEVICE_GET_INFO, &d->info);
	for (i = 0; !ret && i < d->info.num_regions && i < VFIO_PCI_NUM_REGIONS; i++) {
		d->regions[i].argsz = sizeof(d->regions[i]);
		d->regions[i].index = i;
		ret = do_ioctl(d->fd, VFIO_DEVICE_GET_REGION_INFO, &d->regions[i]);
	}
	return ret;
}

int vfio_open(struct vfio_dev *d, const char *uuid)
{
	return vfio_open_with(d, uuid, NULL);
}

int vfio_open_with(struct vfio_dev *d, const char *uuid, const struct vfio_dev *with)
{
	enum vfio_way w = way();
	int ret;

	memset(d, 0, sizeof(*d));
	snprintf(d->uuid, sizeof(d->uuid), "%s", uuid);
	d->group = -1;
	d->fd = -1;
	d->container = with ? fcntl(with->container, F_DUPFD_CLOEXEC, 0) :
			      open(w == WAY_TYPE1 ? "/dev/vfio/vfio" : "/dev/iommu",
				   O_RDWR | O_CLOEXEC);
	if (d->container < 0)
		return -errno;
	ret = w == WAY_CDEV ? open_cdev(d, with) : open_group(d, w, with);
	if (!ret)
		ret = read_infos(d);
	if (ret)
		vfio_close(d);
	return ret;
}

void vfio_close(struct vfio_dev *d)
{
	if (d->fd >= 0)
		close(d->fd);
	if (d->group >= 0)
		close(d->group);
	if (d->container >= 0)
		close(d->container);
	d->fd = -1;
	d->group = -1;
	d->container = -1;
}

static int ioas_map(struct vfio_dev *d, const void *va, uint64_t iova, uint64_t size,
		    uint32_t prot)
{
	struct iommu_ioas_map m = {
		.size = sizeof(m),
		.flags = IOMMU_IOAS_MAP_FIXED_IOVA,
		.ioas_id = d->ioas,
		.user_va = (uintptr_t)va,
		.length = size,
		.iova = iova,
	};

	if (prot & VFIO_DMA_MAP_FLAG_READ)
		m.flags |= IOMMU_IOAS_MAP_READABLE;
	if (prot & VFIO_DMA_MAP_FLAG_WRITE)
		m.flags |= IOMMU_IOAS_MAP_WRITEABLE;
	return do_ioctl(d->container, IOMMU_IOAS_MAP, &m);
}

int vfio_map(struct vfio_dev *d, const void *va, uint64_t iova, uint64_t size, uint32_t prot)
{
	struct vfio_iommu_type1_dma_map m = {
		.argsz = sizeof(m),
		.flags = prot,
		.vaddr = (uintptr_t)va,
		.iova = iova,
		.size = size,
	};

	if (d->ioas)
		return ioas_map(d, va, iova, size, prot);
	return do_ioctl(d->container, VFIO_IOMMU_MAP_DMA, &m);
}

static int ioas_unmap(struct vfio_dev *d, uint64_t iova, uint64_t size)
{
	struct iommu_ioas_unmap u = {
		.size = sizeof(u),
		.ioas_id = d->ioas,
		.iova = iova,
		.length = size,
	};
	int ret = do_ioctl(d->container, IOMMU_IOAS_UNMAP, &u);

	return ret ? ret : u.length == size ? 0 : -ENOENT;
}

int vfio_unmap(struct vfio_dev *d, uint64_t iova, uint64_t size)
{
	struct vfio_iommu_type1_dma_unmap u = {
		.argsz = sizeof(u),
		.iova = iova,
		.size = size,
	};
	int ret;

	if (d->ioas)
		return ioas_unmap(d, iova, size);
	ret = do_ioctl(d->container, VFIO_IOMMU_UNMAP_DMA, &u);
	return ret ? ret : u.size == size ? 0 : -ENOENT;
}
