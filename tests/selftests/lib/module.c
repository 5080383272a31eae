// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "ktap.h"
#include "mdev.h"
#include "module.h"

#define PARAMS_LEN	512

static void module_path(const char *name, char *path, size_t len)
{
	const char *dir = getenv("MODULES");

	if (!dir)
		dir = getenv("LAB_MODULES");
	snprintf(path, len, "%s/%s.ko", dir ? dir : "/lab/modules", name);
}

int module_unload(const char *name)
{
	return syscall(SYS_delete_module, name, O_NONBLOCK) ? -errno : 0;
}

int module_load(const char *name, const char *params)
{
	char path[PATH_LEN];
	int fd, ret;

	module_path(name, path, sizeof(path));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ret = syscall(SYS_finit_module, fd, params, 0) ? -errno : 0;
	close(fd);
	return ret;
}

bool module_file(const char *name)
{
	char path[PATH_LEN];

	module_path(name, path, sizeof(path));
	return access(path, R_OK) == 0;
}

bool module_loaded(const char *name)
{
	char path[PATH_LEN], state[32];

	snprintf(path, sizeof(path), "/sys/module/%s/initstate", name);
	return read_text(path, state, sizeof(state)) > 0;
}

void module_params(const char *name, char *buf, size_t len)
{
	char dir[PATH_LEN / 2], path[PATH_LEN], value[128];
	struct dirent *e;
	DIR *d;

	buf[0] = 0;
	snprintf(dir, sizeof(dir), "/sys/module/%s/parameters", name);
	d = opendir(dir);
	if (!d)
		return;
	while ((e = readdir(d))) {
		size_t used = strlen(buf);

		if (e->d_name[0] == '.' ||
		    snprintf(path, sizeof(path), "%s/%s", dir, e->d_name) >= PATH_LEN ||
		    read_text(path, value, sizeof(value)) <= 0)
			continue;
		value[strcspn(value, "\n")] = 0;
		if (value[0] && strcmp(value, "(null)"))
			snprintf(buf + used, len - used, "%s%s=%s", used ? " " : "",
				 e->d_name, value);
	}
	closedir(d);
}

char *module_params_shared(const char *name)
{
	char *params = ktap_shared(PARAMS_LEN);

	module_params(name, params, PARAMS_LEN);
	return params;
}

int module_reload(const char *name, const char *params)
{
	uint64_t end = now_ms() + 10000;
	int ret;

	while ((ret = module_unload(name)) == -EAGAIN && now_ms() < end)
		poll(NULL, 0, 10);
	return ret ? ret : module_load(name, params);
}

int modules_unload(void)
{
	uint64_t end = now_ms() + 3000;
	int ret;

	/* References of a process that has just ended may linger. */
	while ((ret = module_unload("smartnic")) == -EAGAIN && now_ms() < end)
		poll(NULL, 0, 10);
	if (ret && ret != -ENOENT)
		return ret;
	return module_unload("vdcm");
}

int modules_load(const char *vdcm_params, const char *smartnic_params)
{
	int ret = module_loaded("vdcm") ? 0 : module_load("vdcm", vdcm_params);

	return ret ? ret : module_load("smartnic", smartnic_params);
}
