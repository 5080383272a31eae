/* SPDX-License-Identifier: GPL-2.0-only */
/* mdevs through sysfs: what mdevctl and libvirt see. */
#ifndef SELFTESTS_MDEV_H
#define SELFTESTS_MDEV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UUID_LEN	36
#define MDEV_TYPES_MAX	32
#define PATH_LEN	512

/* smartnic-4q: 4 queue pairs, 5 vectors; 0 of both when the subject has no such type. */
struct mdev_type {
	char id[64];
	int queues;
	int vectors;
};

/* The parent under test; $MDEV_PARENT picks one. Skips without one. */
const char *mdev_parent(void);
/* Removes what the tests created; a suite's cleanup. */
void mdev_cleanup(void);

int mdev_types(struct mdev_type *types, int max);
const char *mdev_type_attr(const char *type, const char *attr, char *buf, size_t len);
/* available_instances, or a negative errno; -EINVAL if it is no plain decimal. */
int mdev_available(const char *type);
/* "smartnic-<n>q", or the like of another subject (subject.h). */
const char *mdev_type_of(int queues);
/* "smartnic-virtio-<n>q" */
const char *mdev_virtio_type(int queues);

/* A random UUID; all of ours begin alike, so that leftovers can be told. */
void mdev_uuid(char *uuid);
/* 0 or a negative errno. mdev_new() picks the UUID and REQUIREs success. */
int mdev_create(const char *type, const char *uuid);
int mdev_remove(const char *uuid);
void mdev_new(int queues, char *uuid);
bool mdev_exists(const char *uuid);

/* An attribute of the mdev, wherever in its directory the driver put it. */
int mdev_attr(const char *uuid, const char *attr, char *buf, size_t len);
int64_t mdev_attr_num(const char *uuid, const char *attr);
/* One write; 0 or a negative errno. */
int mdev_attr_write(const char *uuid, const char *attr, const void *text, size_t len);
int mdev_attr_set(const char *uuid, const char *attr, const char *text);
/* A line of the counters attribute, or -1. */
int64_t mdev_counter(const char *uuid, const char *name);
/* Accesses to trapped registers, reads and writes. */
int64_t mdev_traps(const char *uuid);

int read_text(const char *path, char *buf, size_t len);
int write_text(const char *path, const char *text);

#endif /* SELFTESTS_MDEV_H */
