// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "ktap.h"
#include "migrate.h"
#include "module.h"

#define SET	VFIO_DEVICE_FEATURE_SET
#define GET	VFIO_DEVICE_FEATURE_GET

const char * const mig_names[MIG_STATES] = {
	"ERROR", "STOP", "RUNNING", "STOP_COPY", "RESUMING", "RUNNING_P2P", "PRE_COPY",
	"PRE_COPY_P2P",
};

int mig_feature(struct vfio_dev *d, uint32_t flags, void *data, size_t len)
{
	uint64_t buf[16] = { 0 };
	struct vfio_device_feature *f = (void *)buf;
	int ret;

	f->argsz = (uint32_t)(sizeof(*f) + len);
	f->flags = flags;
	if (len)
		memcpy(f->data, data, len);
	ret = ioctl(d->fd, VFIO_DEVICE_FEATURE, f);
	if (ret < 0)
		return -errno;
	if (len)
		memcpy(data, f->data, len);
	return ret;
}

uint64_t mig_flags(struct vfio_dev *d)
{
	struct vfio_device_feature_migration m = { 0 };

	return mig_feature(d, GET | VFIO_DEVICE_FEATURE_MIGRATION, &m, sizeof(m)) ? 0 : m.flags;
}

bool mig_has(struct vfio_dev *d, int state)
{
	if (state == VFIO_DEVICE_STATE_PRE_COPY || state == VFIO_DEVICE_STATE_PRE_COPY_P2P)
		return mig_flags(d) & VFIO_MIGRATION_PRE_COPY;
	return state != VFIO_DEVICE_STATE_ERROR;
}

int mig_set(struct vfio_dev *d, int state, int *fd)
{
	struct vfio_device_feature_mig_state s = { .device_state = (uint32_t)state, .data_fd = -1 };
	int ret = mig_feature(d, SET | VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE, &s, sizeof(s));

	if (fd)
		*fd = ret ? -1 : s.data_fd;
	else if (!ret)
		EXPECT_EQ(s.data_fd, -1);
	return ret;
}

int mig_get(struct vfio_dev *d)
{
	struct vfio_device_feature_mig_state s = { 0 };
	int ret = mig_feature(d, GET | VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE, &s, sizeof(s));

	return ret ? ret : (int)s.device_state;
}

int64_t mig_size(struct vfio_dev *d)
{
	struct vfio_device_feature_mig_data_size s = { 0 };
	int ret = mig_feature(d, GET | VFIO_DEVICE_FEATURE_MIG_DATA_SIZE, &s, sizeof(s));

	return ret ? ret : (int64_t)s.stop_copy_length;
}

ssize_t mig_read(int fd, void *buf, size_t step)
{
	size_t done = 0;
	ssize_t n;

	while (done < MIG_ROOM) {
		n = read(fd, (char *)buf + done, step < MIG_ROOM - done ? step : MIG_ROOM - done);
		if (n < 0)
			return errno == ENOMSG ? (ssize_t)done : -errno;
		if (!n)
			break;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

ssize_t mig_write(int fd, const void *buf, size_t len, size_t step)
{
	size_t done = 0;
	ssize_t n;

	while (done < len) {
		n = write(fd, (const char *)buf + done, step < len - done ? step : len - done);
		if (n <= 0)
			return n ? -errno : -EIO;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

int64_t mig_initial_bytes(int fd)
{
	struct vfio_precopy_info info = { .argsz = sizeof(info) };

	if (ioctl(fd, VFIO_MIG_GET_PRECOPY_INFO, &info) < 0)
		return -errno;
	EXPECT_EQ(info.dirty_bytes, 0);
	EXPECT_EQ(info.flags, 0);
	return (int64_t)info.initial_bytes;
}

int mig_log_start(struct vfio_dev *d, uint64_t iova, uint64_t size)
{
	struct vfio_device_feature_dma_logging_range range = { .iova = iova, .length = size };
	struct vfio_device_feature_dma_logging_control c = {
		.page_size = 4096, .num_ranges = 1, .ranges = (uintptr_t)&range,
	};

	return mig_feature(d, SET | VFIO_DEVICE_FEATURE_DMA_LOGGING_START, &c, sizeof(c));
}

int mig_log_stop(struct vfio_dev *d)
{
	return mig_feature(d, SET | VFIO_DEVICE_FEATURE_DMA_LOGGING_STOP, NULL, 0);
}

int mig_log_report(struct vfio_dev *d, uint64_t iova, uint64_t size, uint64_t *bitmap)
{
	struct vfio_device_feature_dma_logging_report r = {
		.iova = iova, .length = size, .page_size = 4096, .bitmap = (uintptr_t)bitmap,
	};

	return mig_feature(d, GET | VFIO_DEVICE_FEATURE_DMA_LOGGING_REPORT, &r, sizeof(r));
}

bool mig_leaves(struct vfio_dev *d)
{
	uint32_t probe = VFIO_DEVICE_FEATURE_PROBE | SET | VFIO_DEVICE_FEATURE_DMA_LOGGING_START;

	return vfio_is_type1() || !mig_feature(d, probe, NULL, 0);
}

uint8_t *mig_save(struct vfio_dev *d, size_t *len)
{
	uint8_t *buf = malloc(MIG_ROOM);
	ssize_t n;
	int fd;

	REQUIRE(buf != NULL);
	REQUIRE_OK(mig_set(d, VFIO_DEVICE_STATE_STOP_COPY, &fd));
	REQUIRE_GE(fd, 0);
	n = mig_read(fd, buf, MIG_ROOM);
	REQUIRE_GT(n, 0);
	EXPECT_LE(n, mig_size(d));
	close(fd);
	*len = (size_t)n;
	return buf;
}

int mig_load(struct vfio_dev *d, const void *stream, size_t len)
{
	ssize_t n;
	int fd, ret;

	ret = mig_set(d, VFIO_DEVICE_STATE_RESUMING, &fd);
	if (ret)
		return ret;
	n = mig_write(fd, stream, len, len);
	close(fd);
	if (n < 0)
		return (int)n;
	return mig_set(d, VFIO_DEVICE_STATE_RUNNING, NULL);
}

uint32_t mig_crc32(const void *data, size_t len)
{
	const uint8_t *p = data;
	uint32_t crc = ~0u;
	int i;

	while (len--) {
		crc ^= *p++;
		for (i = 0; i < 8; i++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
	}
	return ~crc;
}

/* --- the SmartNIC's module --------------------------------------------------------------- */

static char *vdcm_before, *smartnic_before;

void mig_nic_setup(void)
{
	char params[600];

	mdev_parent();
	mdev_cleanup();
	vdcm_before = module_params_shared("vdcm");
	smartnic_before = module_params_shared("smartnic");
	if (strstr(smartnic_before, "migration=Y"))
		return;
	snprintf(params, sizeof(params), "%s migration=1", smartnic_before);
	if (modules_unload() || modules_load(vdcm_before, params))
		ktap_skip("the modules cannot be loaded with migration=1");
}

void mig_nic_cleanup(void)
{
	mdev_cleanup();
	if (strstr(smartnic_before, "migration=Y") || !module_file("smartnic"))
		return;
	modules_unload();
	modules_load(vdcm_before, smartnic_before);
}
