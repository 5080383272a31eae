/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A VFIO device, opened in the way that $VFIO names:
 *	type1	group and container, as QEMU does by default (this is the default)
 *	iommufd	group, with iommufd in the container's place
 *	cdev	the device's own character device, bound to an iommufd
 */
#ifndef SELFTESTS_VFIO_H
#define SELFTESTS_VFIO_H

#include <linux/vfio.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "mdev.h"

struct vfio_dev {
	char uuid[UUID_LEN + 1];
	int container, group, fd;	/* an iommufd may be the container */
	uint32_t ioas;			/* of a cdev's iommufd, else 0 */
	struct vfio_device_info info;
	struct vfio_region_info regions[VFIO_PCI_NUM_REGIONS];
};

/* All functions return 0 (or what they say) or a negative errno. */
int vfio_group_number(const char *uuid);
/* Whether devices are opened through group and type1. */
bool vfio_is_type1(void);
int vfio_open(struct vfio_dev *d, const char *uuid);
/* In the container, or the address space of the iommufd, of @with, which is open. */
int vfio_open_with(struct vfio_dev *d, const char *uuid, const struct vfio_dev *with);
/* The first step of it: the device's file in /dev/vfio, its group's or its own; an fd. */
int vfio_open_node(const char *uuid);
void vfio_close(struct vfio_dev *d);

int vfio_irq_info(struct vfio_dev *d, uint32_t index, struct vfio_irq_info *info);
/* The whole answer with its capability chain; to be freed. NULL on error. */
struct vfio_region_info *vfio_region(struct vfio_dev *d, uint32_t index);
const struct vfio_info_cap_header *vfio_region_cap(const struct vfio_region_info *info,
						   uint16_t id);

int vfio_set_irqs(struct vfio_dev *d, uint32_t index, uint32_t flags, uint32_t start,
		  uint32_t count, const void *data, size_t len);
int vfio_irq_eventfds(struct vfio_dev *d, uint32_t index, uint32_t start,
		      uint32_t count, const int *fds);
int vfio_irq_disable(struct vfio_dev *d, uint32_t index);
int vfio_irq_trigger(struct vfio_dev *d, uint32_t index, uint32_t start, uint32_t count);

ssize_t vfio_pread(struct vfio_dev *d, uint32_t region, uint64_t off, void *buf, size_t len);
ssize_t vfio_pwrite(struct vfio_dev *d, uint32_t region, uint64_t off, const void *buf,
		    size_t len);
/* Register access; the whole length or the case ends. */
uint64_t vfio_rd(struct vfio_dev *d, uint32_t region, uint64_t off, size_t len);
void vfio_wr(struct vfio_dev *d, uint32_t region, uint64_t off, uint64_t val, size_t len);
#define cfg_rd(d, off, len)	vfio_rd(d, VFIO_PCI_CONFIG_REGION_INDEX, off, len)
#define cfg_wr(d, off, val, len) vfio_wr(d, VFIO_PCI_CONFIG_REGION_INDEX, off, val, len)
/* Offset of a PCI capability, 0 if there is none. */
unsigned int cfg_cap(struct vfio_dev *d, uint8_t id);
/* Sets and clears bits of the command register. */
void cfg_command(struct vfio_dev *d, uint16_t set, uint16_t clear);

void *vfio_mmap(struct vfio_dev *d, uint32_t region, uint64_t off, size_t len);

int vfio_map(struct vfio_dev *d, const void *va, uint64_t iova, uint64_t size, uint32_t prot);
int vfio_unmap(struct vfio_dev *d, uint64_t iova, uint64_t size);
#define DMA_RW	(VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE)
#define DMA_RO	VFIO_DMA_MAP_FLAG_READ

int vfio_reset(struct vfio_dev *d);

/* An eventfd, read out: number of signals since the last call; waits up to @ms
 * for the first.
 */
int event_new(void);
uint64_t event_wait(int fd, int ms);

/* Whether touching @p is answered with SIGBUS. */
bool touch_faults(volatile void *p, bool write);

#endif /* SELFTESTS_VFIO_H */
