// SPDX-License-Identifier: GPL-2.0-only
/*
 * hold UUID [node]: have a device open, with queues that receive, or only its file in
 * /dev/vfio, its group's or its own ($VFIO); say "ready", then "error" at each error
 * interrupt; leave release requests alone and stay until killed.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "lib/avf.h"

static int hold_device(const char *uuid, int *error)
{
	static struct avf a;

	*error = eventfd(0, EFD_CLOEXEC);
	return avf_open(&a, uuid, NULL) || avf_init(&a) || avf_queues_up(&a, 1) ||
	       vfio_irq_eventfds(&a.dev, VFIO_PCI_ERR_IRQ_INDEX, 0, 1, error);
}

int main(int argc, char **argv)
{
	int ret, error = -1;
	uint64_t count;

	if (argc < 2)
		return 2;
	ret = argc > 2 && !strcmp(argv[2], "node") ? vfio_open_node(argv[1]) < 0 :
						     hold_device(argv[1], &error);
	puts(ret ? "failed" : "ready");
	fflush(stdout);
	if (ret)
		return 1;
	while (read(error, &count, sizeof(count)) == sizeof(count)) {
		puts("error");
		fflush(stdout);
	}
	for (;;)
		pause();
}
