// SPDX-License-Identifier: GPL-2.0-only
/*
 * hold UUID [node]: have a device open, with queues that receive, or only its file in
 * /dev/vfio, its group's or its own ($VFIO); say "ready", then "error" at each error
 * interrupt; leave release requests alone and stay until killed.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "lib/avf.h"
#include "lib/virtio.h"

static bool is_virtio(const char *uuid)
{
	char link[PATH_LEN], type[PATH_LEN] = "";

	snprintf(link, sizeof(link), "/sys/bus/mdev/devices/%s/mdev_type", uuid);
	return readlink(link, type, sizeof(type) - 1) > 0 && strstr(type, "-virtio-");
}

static int hold_avf(const char *uuid, int *error)
{
	static struct avf a;

	return avf_open(&a, uuid, NULL) || avf_init(&a) || avf_queues_up(&a, 1) ||
	       vfio_irq_eventfds(&a.dev, VFIO_PCI_ERR_IRQ_INDEX, 0, 1, error);
}

/* A step that fails prints the expected result, and ends the program. */
static int hold_virtio(const char *uuid, int *error)
{
	static struct virtio v;

	virtio_open(&v, uuid);
	virtio_up(&v, 1, VF_LEAST | VF_MAC);
	return vfio_irq_eventfds(&v.dev, VFIO_PCI_ERR_IRQ_INDEX, 0, 1, error);
}

static int hold_device(const char *uuid, int *error)
{
	*error = eventfd(0, EFD_CLOEXEC);
	return is_virtio(uuid) ? hold_virtio(uuid, error) : hold_avf(uuid, error);
}

static bool held;

static void say_failed(void)
{
	if (!held)
		puts("failed");
}

int main(int argc, char **argv)
{
	int error = -1;
	uint64_t count;

	if (argc < 2)
		return 2;
	atexit(say_failed);
	if (argc > 2 && !strcmp(argv[2], "node") ? vfio_open_node(argv[1]) < 0 :
						   hold_device(argv[1], &error))
		return 1;
	held = true;
	puts("ready");
	fflush(stdout);
	while (read(error, &count, sizeof(count)) == sizeof(count)) {
		puts("error");
		fflush(stdout);
	}
	for (;;)
		pause();
}
