// SPDX-License-Identifier: GPL-2.0-only
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ktap.h"
#include "vfio.h"

static int do_ioctl(int fd, unsigned long req, void *arg)
{
	int ret = ioctl(fd, req, arg);

	return ret < 0 ? -errno : ret;
}

int vfio_irq_info(struct vfio_dev *d, uint32_t index, struct vfio_irq_info *info)
{
	memset(info, 0, sizeof(*info));
	info->argsz = sizeof(*info);
	info->index = index;
	return do_ioctl(d->fd, VFIO_DEVICE_GET_IRQ_INFO, info);
}

struct vfio_region_info *vfio_region(struct vfio_dev *d, uint32_t index)
{
	struct vfio_region_info head = { .argsz = sizeof(head), .index = index };
	struct vfio_region_info *all;

	if (do_ioctl(d->fd, VFIO_DEVICE_GET_REGION_INFO, &head))
		return NULL;
	all = calloc(1, head.argsz);
	if (!all)
		return NULL;
	all->argsz = head.argsz;
	all->index = index;
	if (do_ioctl(d->fd, VFIO_DEVICE_GET_REGION_INFO, all)) {
		free(all);
		return NULL;
	}
	return all;
}

const struct vfio_info_cap_header *vfio_region_cap(const struct vfio_region_info *info,
						   uint16_t id)
{
	uint32_t off = info->flags & VFIO_REGION_INFO_FLAG_CAPS ? info->cap_offset : 0;
	int hops = 0;

	while (off && off + sizeof(struct vfio_info_cap_header) <= info->argsz && hops++ < 16) {
		const struct vfio_info_cap_header *h =
			(const void *)((const char *)info + off);

		if (h->id == id)
			return h;
		off = h->next;
	}
	return NULL;
}

int vfio_set_irqs(struct vfio_dev *d, uint32_t index, uint32_t flags, uint32_t start,
		  uint32_t count, const void *data, size_t len)
{
	struct vfio_irq_set *set = calloc(1, sizeof(*set) + len);
	int ret;

	if (!set)
		return -ENOMEM;
	set->argsz = (uint32_t)(sizeof(*set) + len);
	set->flags = flags;
	set->index = index;
	set->start = start;
	set->count = count;
	if (len)
		memcpy(set->data, data, len);
	ret = do_ioctl(d->fd, VFIO_DEVICE_SET_IRQS, set);
	free(set);
	return ret;
}

int vfio_irq_eventfds(struct vfio_dev *d, uint32_t index, uint32_t start,
		      uint32_t count, const int *fds)
{
	return vfio_set_irqs(d, index,
			     VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER,
			     start, count, fds, count * sizeof(*fds));
}

int vfio_irq_disable(struct vfio_dev *d, uint32_t index)
{
	return vfio_set_irqs(d, index, VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_TRIGGER,
			     0, 0, NULL, 0);
}

int vfio_irq_trigger(struct vfio_dev *d, uint32_t index, uint32_t start, uint32_t count)
{
	return vfio_set_irqs(d, index, VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_TRIGGER,
			     start, count, NULL, 0);
}

ssize_t vfio_pread(struct vfio_dev *d, uint32_t region, uint64_t off, void *buf, size_t len)
{
	ssize_t n = pread(d->fd, buf, len, (off_t)(d->regions[region].offset + off));

	return n < 0 ? -errno : n;
}

ssize_t vfio_pwrite(struct vfio_dev *d, uint32_t region, uint64_t off, const void *buf,
		    size_t len)
{
	ssize_t n = pwrite(d->fd, buf, len, (off_t)(d->regions[region].offset + off));

	return n < 0 ? -errno : n;
}

uint64_t vfio_rd(struct vfio_dev *d, uint32_t region, uint64_t off, size_t len)
{
	uint64_t v = 0;
	ssize_t n = vfio_pread(d, region, off, &v, len);

	if (n != (ssize_t)len)
		ktap_note("read of region %u at %#llx, %zu bytes: %zd", region,
			  (unsigned long long)off, len, n);
	REQUIRE_EQ(n, len);
	return v;
}

void vfio_wr(struct vfio_dev *d, uint32_t region, uint64_t off, uint64_t val, size_t len)
{
	ssize_t n = vfio_pwrite(d, region, off, &val, len);

	if (n != (ssize_t)len)
		ktap_note("write of region %u at %#llx, %zu bytes: %zd", region,
			  (unsigned long long)off, len, n);
	REQUIRE_EQ(n, len);
}

unsigned int cfg_cap(struct vfio_dev *d, uint8_t id)
{
	unsigned int pos = (unsigned int)cfg_rd(d, PCI_CAPABILITY_LIST, 1) & 0xfc;
	int hops;

	for (hops = 0; pos >= 0x40 && hops < 48; hops++) {
		uint16_t head = (uint16_t)cfg_rd(d, pos, 2);

		if ((head & 0xff) == id)
			return pos;
		pos = head >> 8 & 0xfc;
	}
	return 0;
}

void cfg_command(struct vfio_dev *d, uint16_t set, uint16_t clear)
{
	uint16_t v = (uint16_t)cfg_rd(d, PCI_COMMAND, 2);

	cfg_wr(d, PCI_COMMAND, (uint16_t)((v & ~clear) | set), 2);
}

void *vfio_mmap(struct vfio_dev *d, uint32_t region, uint64_t off, size_t len)
{
	return mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, d->fd,
		    (off_t)(d->regions[region].offset + off));
}

int vfio_reset(struct vfio_dev *d)
{
	return do_ioctl(d->fd, VFIO_DEVICE_RESET, NULL);
}

int event_new(void)
{
	int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);

	REQUIRE_GE(fd, 0);
	return fd;
}

uint64_t event_wait(int fd, int ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	uint64_t n = 0;

	if (ms)
		poll(&p, 1, ms);
	if (read(fd, &n, sizeof(n)) != sizeof(n))
		return 0;
	return n;
}

static sigjmp_buf bus_env;

static void on_sigbus(int sig)
{
	(void)sig;
	siglongjmp(bus_env, 1);
}

bool touch_faults(volatile void *p, bool write)
{
	struct sigaction old, sa = { .sa_handler = on_sigbus };
	volatile bool faulted = true;

	sigaction(SIGBUS, &sa, &old);
	if (!sigsetjmp(bus_env, 1)) {
		if (write)
			*(volatile uint32_t *)p = 0;
		else
			(void)*(volatile uint32_t *)p;
		faulted = false;
	}
	sigaction(SIGBUS, &old, NULL);
	return faulted;
}
