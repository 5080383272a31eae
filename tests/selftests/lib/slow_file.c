// SPDX-License-Identifier: GPL-2.0-only
#include <fcntl.h>
#include <linux/fuse.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "ktap.h"
#include "slow_file.h"

#define NODE	2
#define NAME	"slow"
#define ROOM	(FUSE_MIN_READ_BUFFER + (1 << 17))
#define WAITING	32
#define SECONDS	50	/* times $SLOW; then it ends by itself: no test hangs for ever */

static struct shared {
	bool wanted, end;
} *shared;
static int dev = -1;
static char dir[] = "/tmp/slow-XXXXXX";
static struct fuse_in_header waiting[WAITING];
static unsigned int sizes[WAITING], nr;
static size_t length;

static void reply(const struct fuse_in_header *in, int err, const void *data, size_t len)
{
	struct fuse_out_header out = {
		.len = sizeof(out) + (err ? 0 : len), .error = -err, .unique = in->unique,
	};
	char *msg = malloc(out.len);

	memcpy(msg, &out, sizeof(out));
	if (!err && len)
		memcpy(msg + sizeof(out), data, len);
	/* The process that asked may be gone. */
	if (write(dev, msg, out.len) < 0)
		ktap_note("FUSE: no reply to %u: %d", in->opcode, errno);
	free(msg);
}

static void reply_zeroes(const struct fuse_in_header *in, size_t len)
{
	void *zeroes = calloc(1, len);

	reply(in, 0, zeroes, len);
	free(zeroes);
}

static void fill(struct fuse_attr *attr, uint64_t node)
{
	attr->ino = node;
	attr->mode = node == NODE ? S_IFREG | 0600 : S_IFDIR | 0700;
	attr->nlink = 1;
	attr->size = node == NODE ? length : 0;
}

static void init(const struct fuse_in_header *in, const struct fuse_init_in *arg)
{
	struct fuse_init_out out = {
		.major = FUSE_KERNEL_VERSION, .minor = FUSE_KERNEL_MINOR_VERSION,
		.max_readahead = arg->max_readahead, .max_write = 4096,
		.max_background = WAITING, .congestion_threshold = WAITING,
	};

	reply(in, 0, &out, sizeof(out));
}

static void lookup(const struct fuse_in_header *in, const char *name)
{
	struct fuse_entry_out out = { .nodeid = NODE, .entry_valid = 60, .attr_valid = 60 };

	fill(&out.attr, NODE);
	reply(in, strcmp(name, NAME) ? ENOENT : 0, &out, sizeof(out));
}

static void getattr(const struct fuse_in_header *in)
{
	struct fuse_attr_out out = { .attr_valid = 60 };

	fill(&out.attr, in->nodeid);
	reply(in, 0, &out, sizeof(out));
}

static void read_file(const struct fuse_in_header *in, const struct fuse_read_in *arg)
{
	if (shared->end || nr == WAITING) {
		reply_zeroes(in, arg->size);
		return;
	}
	waiting[nr] = *in;
	sizes[nr++] = arg->size;
	__atomic_store_n(&shared->wanted, true, __ATOMIC_RELEASE);
}

static void answer(const struct fuse_in_header *in, const void *body)
{
	struct fuse_open_out opened = { .fh = 1 };

	switch (in->opcode) {
	case FUSE_INIT: init(in, body); break;
	case FUSE_LOOKUP: lookup(in, body); break;
	case FUSE_GETATTR: getattr(in); break;
	case FUSE_OPEN: reply(in, 0, &opened, sizeof(opened)); break;
	case FUSE_READ: read_file(in, body); break;
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
	case FUSE_INTERRUPT: break;
	case FUSE_FLUSH:
	case FUSE_RELEASE: reply(in, 0, NULL, 0); break;
	default: reply(in, ENOSYS, NULL, 0);
	}
}

/* A process of its own: one that waits for the file holds locks of its memory. It ends with
 * @program, a pidfd: a case that is killed closes its device first, which waits for the file.
 */
static void serve(int program)
{
	struct pollfd p[] = { { .fd = dev, .events = POLLIN }, { .fd = program, .events = POLLIN } };
	static char msg[ROOM];
	unsigned int i;

	alarm((unsigned int)ktap_ms(1000 * SECONDS) / 1000);
	for (;;) {
		if (poll(p, 2, 20) > 0 && p[0].revents && read(dev, msg, ROOM) > 0)
			answer((void *)msg, msg + sizeof(struct fuse_in_header));
		if (p[0].revents & POLLERR || p[1].revents)
			_exit(0);
		if (!__atomic_load_n(&shared->end, __ATOMIC_ACQUIRE))
			continue;
		for (i = 0; i < nr; i++)
			reply_zeroes(&waiting[i], sizes[i]);
		nr = 0;
	}
}

void slow_file_start(size_t size)
{
	char options[96];
	int program;
	pid_t pid;

	length = size;
	shared = ktap_shared(sizeof(*shared));
	/* Its node may be made by loading it only. */
	if (access("/dev/fuse", F_OK) && system("modprobe -q fuse"))
		ktap_note("no module fuse");
	dev = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	if (dev < 0)
		ktap_skip("/dev/fuse: %s", strerror(errno));
	REQUIRE(mkdtemp(dir));
	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0", dev);
	REQUIRE_OK(mount("slow", dir, "fuse", MS_NOSUID | MS_NODEV, options) ? -errno : 0);
	program = (int)syscall(SYS_pidfd_open, getppid(), 0);
	REQUIRE_GE(program, 0);
	fflush(stdout);
	pid = fork();
	if (!pid)
		serve(program);
	REQUIRE_GT(pid, 0);
	close(program);
	close(dev);
}

void *slow_file_map(void)
{
	char path[64];
	void *p;
	int fd;

	snprintf(path, sizeof(path), "%s/" NAME, dir);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	/* Gone from the name space: unmounted when the last user is. */
	umount2(dir, MNT_DETACH);
	rmdir(dir);
	if (fd < 0)
		return MAP_FAILED;
	p = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	close(fd);
	return p;
}

bool slow_file_wanted(void)
{
	return __atomic_load_n(&shared->wanted, __ATOMIC_ACQUIRE);
}

void slow_file_end(void)
{
	__atomic_store_n(&shared->end, true, __ATOMIC_RELEASE);
}
