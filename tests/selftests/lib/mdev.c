// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ktap.h"
#include "mdev.h"
#include "subject.h"

#define BUS_DIR		"/sys/class/mdev_bus"
#define MDEV_DIR	"/sys/bus/mdev/devices"
#define UUID_OURS	"5e1f7e57-"

int read_text(const char *path, char *buf, size_t len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	buf[0] = 0;
	if (fd < 0)
		return -errno;
	n = read(fd, buf, len - 1);
	if (n < 0)
		n = -errno;
	close(fd);
	if (n < 0)
		return (int)n;
	buf[n] = 0;
	return (int)n;
}

int write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int ret = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		ret = -errno;
	close(fd);
	return ret;
}

/* Cuts the newline off the end. */
static void chomp(char *s)
{
	size_t n = strlen(s);

	if (n && s[n - 1] == '\n')
		s[n - 1] = 0;
}

/* Calls @fn for the entries of @dir until it returns true. */
static bool for_entries(const char *dir, bool (*fn)(const char *name, void *arg),
			void *arg)
{
	struct dirent *e;
	bool done = false;
	DIR *d = opendir(dir);

	if (!d)
		return false;
	while (!done && (e = readdir(d)))
		if (e->d_name[0] != '.')
			done = fn(e->d_name, arg);
	closedir(d);
	return done;
}

static bool is_parent(const char *name, void *arg)
{
	char path[PATH_LEN];

	snprintf(path, sizeof(path), "%s/%s/mdev_supported_types/%s", BUS_DIR, name,
		 mdev_type_of(1));
	if (access(path, F_OK))
		return false;
	snprintf(arg, 128, "%s", name);
	return true;
}

const char *mdev_parent(void)
{
	static char parent[128];
	const char *env = getenv("MDEV_PARENT");

	if (!parent[0] && env)
		snprintf(parent, sizeof(parent), "%s", env);
	if (!parent[0])
		for_entries(BUS_DIR, is_parent, parent);
	if (!parent[0])
		ktap_skip("no %s in %s", mdev_type_of(1), BUS_DIR);
	return parent;
}

struct type_list {
	struct mdev_type *types;
	int n, max;
};

static bool add_type(const char *name, void *arg)
{
	struct type_list *l = arg;
	struct mdev_type *t = &l->types[l->n];
	const int *q;

	if (l->n == l->max)
		return true;
	*t = (struct mdev_type){ 0 };
	for (q = subject()->sizes; *q; q++) {
		if (!strcmp(name, mdev_type_of(*q)))
			*t = (struct mdev_type){ .queues = *q, .vectors = *q + 1 };
		else if (!strcmp(name, mdev_virtio_type(*q)))
			*t = (struct mdev_type){ .queues = *q, .vectors = 2 * *q + 1 };
	}
	snprintf(t->id, sizeof(t->id), "%.63s", name);
	l->n++;
	return false;
}

int mdev_types(struct mdev_type *types, int max)
{
	struct type_list l = { types, 0, max };
	char path[PATH_LEN];

	snprintf(path, sizeof(path), "%s/%s/mdev_supported_types", BUS_DIR, mdev_parent());
	for_entries(path, add_type, &l);
	return l.n;
}

const char *mdev_type_attr(const char *type, const char *attr, char *buf, size_t len)
{
	char path[PATH_LEN];

	snprintf(path, sizeof(path), "%s/%s/mdev_supported_types/%s/%s", BUS_DIR,
		 mdev_parent(), type, attr);
	if (read_text(path, buf, len) < 0)
		return NULL;
	return buf;
}

int mdev_available(const char *type)
{
	char buf[64];
	size_t n;

	if (!mdev_type_attr(type, "available_instances", buf, sizeof(buf)))
		return -ENOENT;
	n = strspn(buf, "0123456789");
	if (n == 0 || n > 9 || strcmp(buf + n, "\n"))
		return -EINVAL;
	return atoi(buf);
}

const char *mdev_type_of(int queues)
{
	static char id[64];

	snprintf(id, sizeof(id), subject()->type, queues + subject()->type_plus);
	return id;
}

const char *mdev_virtio_type(int queues)
{
	static char id[64];

	snprintf(id, sizeof(id), "smartnic-virtio-%dq", queues);
	return id;
}

void mdev_uuid(char *uuid)
{
	uint8_t r[12];

	/* Need not be secret, and must not wait for a freshly booted kernel. */
	if (getrandom(r, sizeof(r), GRND_INSECURE) != sizeof(r))
		abort();
	snprintf(uuid, UUID_LEN + 1,
		 UUID_OURS "%02x%02x-4%01x%02x-8%01x%02x-%02x%02x%02x%02x%02x%02x",
		 r[0], r[1], r[2] & 15, r[3], r[4] & 15, r[5],
		 r[6], r[7], r[8], r[9], r[10], r[11]);
}

int mdev_create(const char *type, const char *uuid)
{
	char path[PATH_LEN];

	snprintf(path, sizeof(path), "%s/%s/mdev_supported_types/%s/create", BUS_DIR,
		 mdev_parent(), type);
	return write_text(path, uuid);
}

int mdev_remove(const char *uuid)
{
	char path[PATH_LEN];

	snprintf(path, sizeof(path), "%s/%s/remove", MDEV_DIR, uuid);
	return write_text(path, "1");
}

bool mdev_exists(const char *uuid)
{
	char path[PATH_LEN];

	snprintf(path, sizeof(path), "%s/%s", MDEV_DIR, uuid);
	return access(path, F_OK) == 0;
}

void mdev_new(int queues, char *uuid)
{
	mdev_uuid(uuid);
	REQUIRE_OK(mdev_create(mdev_type_of(queues), uuid));
}

static bool remove_ours(const char *name, void *arg)
{
	int ret;

	(void)arg;
	if (strncmp(name, UUID_OURS, strlen(UUID_OURS)))
		return false;
	ret = mdev_remove(name);
	if (ret)
		ktap_note("removing leftover %s: %s", name, strerror(-ret));
	return false;
}

void mdev_cleanup(void)
{
	for_entries(MDEV_DIR, remove_ours, NULL);
}

/* --- attributes ------------------------------------------------------------ */

struct finder {
	const char *dir;
	const char *attr;
	char *found;
};

static bool find_in_group(const char *name, void *arg)
{
	struct finder *f = arg;
	char path[PATH_LEN];
	struct stat st;

	snprintf(path, sizeof(path), "%s/%s", f->dir, name);
	if (lstat(path, &st) || !S_ISDIR(st.st_mode))
		return false;
	if (snprintf(path, sizeof(path), "%s/%s/%s", f->dir, name, f->attr) >= PATH_LEN ||
	    access(path, F_OK))
		return false;
	snprintf(f->found, PATH_LEN, "%s", path);
	return true;
}

/* @path has PATH_LEN bytes. */
static bool attr_path(const char *uuid, const char *attr, char *path)
{
	char dir[PATH_LEN / 2];
	struct finder f = { dir, attr, path };

	snprintf(dir, sizeof(dir), "%s/%s/", MDEV_DIR, uuid);
	snprintf(path, PATH_LEN, "%s%s", dir, attr);
	return !access(path, F_OK) || for_entries(dir, find_in_group, &f);
}

int mdev_attr(const char *uuid, const char *attr, char *buf, size_t len)
{
	char path[PATH_LEN];
	int ret;

	if (!attr_path(uuid, attr, path))
		return -ENOENT;
	ret = read_text(path, buf, len);
	if (ret > 0)
		chomp(buf);
	return ret;
}

int mdev_attr_write(const char *uuid, const char *attr, const void *text, size_t len)
{
	char path[PATH_LEN];
	int fd, ret = 0;

	if (!attr_path(uuid, attr, path))
		return -ENOENT;
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (write(fd, text, len) != (ssize_t)len)
		ret = -errno;
	close(fd);
	return ret;
}

int mdev_attr_set(const char *uuid, const char *attr, const char *text)
{
	return mdev_attr_write(uuid, attr, text, strlen(text));
}

int64_t mdev_attr_num(const char *uuid, const char *attr)
{
	char buf[64];
	int ret = mdev_attr(uuid, attr, buf, sizeof(buf));

	return ret < 0 ? ret : strtoll(buf, NULL, 0);
}

int64_t mdev_counter(const char *uuid, const char *name)
{
	char attr[64];

	snprintf(attr, sizeof(attr), "counters/%s", name);
	return mdev_attr_num(uuid, attr);
}

int64_t mdev_traps(const char *uuid)
{
	int64_t r = mdev_counter(uuid, "traps_read"), w = mdev_counter(uuid, "traps_write");

	return r < 0 || w < 0 ? -1 : r + w;
}
