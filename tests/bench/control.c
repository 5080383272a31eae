// SPDX-License-Identifier: GPL-2.0-only
/*
 * The control path by the clock: creating and removing mdevs, opening a VFIO
 * device, reading its regions. What a device is does not matter: ours, a sample,
 * or a PCI function on vfio-pci. Prints numbers; control.sh compares them.
 *
 *   bench-control life TYPE-DIRECTORY N	create and remove N mdevs
 *   bench-control open DEVICE TIMES		open to ready
 *   bench-control read DEVICE REGION OFFSET WIDTH TIMES	and the value
 *
 * DEVICE is a directory of sysfs.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define BLOCK		64	/* devices that are compared, first and last */
#define BATCH		100	/* reads between two looks at the clock */
#define GUEST_BYTES	(64ul << 20)

struct dev {
	int container, group, fd;
};

static void die(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	exit(1);
}

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* The median, which an interrupt of the emulated machine does not move. */
static uint64_t median(const uint64_t *v, size_t n)
{
	uint64_t *s = malloc(n * sizeof(*s)), m;

	if (!s)
		die("malloc");
	memcpy(s, v, n * sizeof(*s));
	qsort(s, n, sizeof(*s), by_value);
	m = s[n / 2];
	free(s);
	return m;
}

static uint64_t mean(const uint64_t *v, size_t n)
{
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < n; i++)
		sum += v[i];
	return sum / n;
}

/* --- life --------------------------------------------------------------------- */

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		die(path);
	close(fd);
}

/* NAME: mean of all, then the medians of the blocks with few and with many others present. */
static void report(const char *name, const uint64_t *v, size_t n, size_t few, size_t many)
{
	size_t len = n < BLOCK ? n : BLOCK;

	printf("%s %zu %llu %llu %llu\n", name, n, (unsigned long long)mean(v, n),
	       (unsigned long long)median(v + few, len),
	       (unsigned long long)median(v + many, len));
}

static void uuid_of(size_t i, char *buf, size_t len)
{
	snprintf(buf, len, "be9c0de0-0000-4000-8000-%012zx", i);
}

static int life(const char *type, size_t n)
{
	uint64_t *t = calloc(n, sizeof(*t)), t0;
	size_t i, last = n < BLOCK ? 0 : n - BLOCK;
	char path[512], uuid[64];

	if (!t || !n)
		die("life");
	for (i = 0; i < n; i++) {
		uuid_of(i, uuid, sizeof(uuid));
		snprintf(path, sizeof(path), "%s/create", type);
		t0 = now_ns();
		write_file(path, uuid);
		t[i] = now_ns() - t0;
	}
	report("create", t, n, 0, last);
	/* The oldest goes first: with all the others present. */
	for (i = 0; i < n; i++) {
		uuid_of(i, uuid, sizeof(uuid));
		snprintf(path, sizeof(path), "/sys/bus/mdev/devices/%s/remove", uuid);
		t0 = now_ns();
		write_file(path, "1");
		t[i] = now_ns() - t0;
	}
	report("remove", t, n, last, 0);
	free(t);
	return 0;
}

/* --- a VFIO device ---------------------------------------------------------------- */

static int group_of(const char *device)
{
	char path[512], target[512];
	const char *base;
	ssize_t n;

	snprintf(path, sizeof(path), "%s/iommu_group", device);
	n = readlink(path, target, sizeof(target) - 1);
	if (n < 0)
		die(path);
	target[n] = 0;
	base = strrchr(target, '/');
	return atoi(base ? base + 1 : target);
}

/* The device's descriptor. vfio-pci resets the function when it is opened. */
static void dev_open(struct dev *d, const char *device)
{
	const char *name = strrchr(device, '/') + 1;
	char path[64];

	snprintf(path, sizeof(path), "/dev/vfio/%d", group_of(device));
	d->container = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC);
	d->group = open(path, O_RDWR | O_CLOEXEC);
	if (d->container < 0 || d->group < 0)
		die(path);
	if (ioctl(d->group, VFIO_GROUP_SET_CONTAINER, &d->container) ||
	    ioctl(d->container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU))
		die("container");
	d->fd = ioctl(d->group, VFIO_GROUP_GET_DEVICE_FD, name);
	if (d->fd < 0)
		die(device);
}

static void dev_close(struct dev *d)
{
	close(d->fd);
	close(d->group);
	close(d->container);
}

static void region_info(struct dev *d, unsigned int index, struct vfio_region_info *info)
{
	memset(info, 0, sizeof(*info));
	info->argsz = sizeof(*info);
	info->index = index;
	if (ioctl(d->fd, VFIO_DEVICE_GET_REGION_INFO, info))
		die("region");
}

/* What a VMM does until a guest could use the device: its regions, the guest's
 * memory, an interrupt, bus mastering.
 */
static void dev_ready(struct dev *d, void *mem, int event)
{
	struct {
		struct vfio_irq_set set;
		int fd;
	} irq = {
		.set = {
			.argsz = sizeof(irq),
			.flags = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER,
			.index = VFIO_PCI_MSIX_IRQ_INDEX,
			.count = 1,
		},
		.fd = event,
	};
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map),
		.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
		.vaddr = (uintptr_t)mem,
		.size = GUEST_BYTES,
	};
	struct vfio_device_info info = { .argsz = sizeof(info) };
	struct vfio_region_info r;
	uint16_t cmd = PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER;
	uint8_t config[256];
	unsigned int i;

	if (ioctl(d->fd, VFIO_DEVICE_GET_INFO, &info))
		die("info");
	for (i = 0; i <= VFIO_PCI_CONFIG_REGION_INDEX; i++)
		region_info(d, i, &r);
	if (pread(d->fd, config, sizeof(config), (off_t)r.offset) != sizeof(config))
		die("configuration space");
	if (ioctl(d->container, VFIO_IOMMU_MAP_DMA, &map))
		die("map");
	if (pwrite(d->fd, &cmd, sizeof(cmd), (off_t)(r.offset + PCI_COMMAND)) != sizeof(cmd))
		die("command");
	if (ioctl(d->fd, VFIO_DEVICE_SET_IRQS, &irq))
		die("interrupt");
}

static int open_to_ready(const char *device, size_t times)
{
	uint64_t *opened = calloc(times, sizeof(*opened)), *ready = calloc(times, sizeof(*ready));
	uint64_t *closed = calloc(times, sizeof(*closed)), t[4];
	int event = eventfd(0, EFD_CLOEXEC);
	struct dev d;
	size_t i;
	void *mem;

	mem = mmap(NULL, GUEST_BYTES, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (mem == MAP_FAILED || !opened || !ready || !closed || event < 0)
		die("open");
	for (i = 0; i < times; i++) {
		t[0] = now_ns();
		dev_open(&d, device);
		t[1] = now_ns();
		dev_ready(&d, mem, event);
		t[2] = now_ns();
		dev_close(&d);
		t[3] = now_ns();
		opened[i] = t[1] - t[0];
		ready[i] = t[2] - t[0];
		closed[i] = t[3] - t[2];
	}
	printf("open %llu ready %llu close %llu\n", (unsigned long long)median(opened, times),
	       (unsigned long long)median(ready, times), (unsigned long long)median(closed, times));
	return 0;
}

static int read_region(const char *device, unsigned int index, uint64_t offset, size_t width,
		       size_t times)
{
	uint64_t *t = calloc(times, sizeof(*t)), t0, v;
	uint16_t cmd = PCI_COMMAND_MEMORY | PCI_COMMAND_IO;
	struct vfio_region_info r;
	struct dev d;
	size_t i, j;

	if (!t || !times || !width || width > sizeof(v))
		die("read");
	dev_open(&d, device);
	region_info(&d, VFIO_PCI_CONFIG_REGION_INDEX, &r);
	/* Without it a BAR need not lead to the device. */
	if (pwrite(d.fd, &cmd, sizeof(cmd), (off_t)(r.offset + PCI_COMMAND)) != sizeof(cmd))
		die("command");
	region_info(&d, index, &r);
	v = 0;
	for (i = 0; i < times; i++) {
		t0 = now_ns();
		for (j = 0; j < BATCH; j++)
			if (pread(d.fd, &v, width, (off_t)(r.offset + offset)) != (ssize_t)width)
				die("read");
		t[i] = (now_ns() - t0) / BATCH;
	}
	printf("read %llu 0x%llx\n", (unsigned long long)median(t, times), (unsigned long long)v);
	dev_close(&d);
	return 0;
}

static uint64_t number(const char *s)
{
	return strtoull(s, NULL, 0);
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "life"))
		return life(argv[2], number(argv[3]));
	if (argc == 4 && !strcmp(argv[1], "open"))
		return open_to_ready(argv[2], number(argv[3]));
	if (argc == 7 && !strcmp(argv[1], "read"))
		return read_region(argv[2], (unsigned int)number(argv[3]), number(argv[4]),
				   number(argv[5]), number(argv[6]));
	fprintf(stderr, "bench-control life|open|read: see control.c\n");
	return 2;
}
