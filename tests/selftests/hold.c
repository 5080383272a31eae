// SPDX-License-Identifier: GPL-2.0-only
/*
 * hold UUID [group]: have a device open, with queues that receive, or only its
 * group; listen to nothing; say "ready" and stay until killed.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/avf.h"

static int hold_group(const char *uuid)
{
	int nr = vfio_group_number(uuid);
	char path[32];

	snprintf(path, sizeof(path), "/dev/vfio/%d", nr);
	return open(path, O_RDWR | O_CLOEXEC) < 0;
}

static int hold_device(const char *uuid)
{
	static struct avf a;

	return avf_open(&a, uuid, NULL) || avf_init(&a) || avf_queues_up(&a, 1);
}

int main(int argc, char **argv)
{
	int ret;

	if (argc < 2)
		return 2;
	ret = argc > 2 && !strcmp(argv[2], "group") ? hold_group(argv[1]) :
						      hold_device(argv[1]);
	puts(ret ? "failed" : "ready");
	fflush(stdout);
	if (ret)
		return 1;
	for (;;)
		pause();
}
