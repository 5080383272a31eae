/* SPDX-License-Identifier: GPL-2.0-only */
/* VFIO's migration interface (v2), as a VMM uses it. */
#ifndef SELFTESTS_MIGRATE_H
#define SELFTESTS_MIGRATE_H

#include <stdio.h>

#include "vfio.h"

#define MIG_STATES	8	/* enum vfio_device_mig_state: ERROR .. PRE_COPY_P2P */
#define MIG_ROOM	(1u << 20)

extern const char * const mig_names[MIG_STATES];

/* All functions return 0 (or what they say) or a negative errno. */

/* VFIO_DEVICE_FEATURE with @len bytes of data, GET and SET. */
int mig_feature(struct vfio_dev *d, uint32_t flags, void *data, size_t len);
/* VFIO_MIGRATION_*, 0 if the device cannot be migrated. */
uint64_t mig_flags(struct vfio_dev *d);
/* Is there such a state on this kernel? */
bool mig_has(struct vfio_dev *d, int state);
/* @fd: the file that came with it, or -1; NULL if none is expected. */
int mig_set(struct vfio_dev *d, int state, int *fd);
int mig_get(struct vfio_dev *d);
/* Bytes of the state, at most. */
int64_t mig_size(struct vfio_dev *d);

/* All that is there to be read, @step bytes at a time, up to MIG_ROOM. Return: bytes. */
ssize_t mig_read(int fd, void *buf, size_t step);
ssize_t mig_write(int fd, const void *buf, size_t len, size_t step);
/* Bytes of VFIO_MIG_GET_PRECOPY_INFO. */
int64_t mig_initial_bytes(int fd);

/* Log what the device writes, from @iova on; -ENOTTY where it cannot. */
int mig_log_start(struct vfio_dev *d, uint64_t iova, uint64_t size);
int mig_log_stop(struct vfio_dev *d);
/* The pages of 4 KiB that were written since, a bit each. */
int mig_log_report(struct vfio_dev *d, uint64_t iova, uint64_t size, uint64_t *bitmap);
/* Does its state leave a device that is opened as this one is? */
bool mig_leaves(struct vfio_dev *d);

/* From RUNNING: the state of a device, as one stream of @len bytes; to be freed. */
uint8_t *mig_save(struct vfio_dev *d, size_t *len);
/* To RUNNING: a device goes on with such a stream. The first error. */
int mig_load(struct vfio_dev *d, const void *stream, size_t len);

/* For KTAP_MAIN(): the SmartNIC's module with migration=1, and afterwards as it was. */
void mig_nic_setup(void);
void mig_nic_cleanup(void);

uint32_t mig_crc32(const void *data, size_t len);

#endif /* SELFTESTS_MIGRATE_H */
