// SPDX-License-Identifier: GPL-2.0-only
/*
 * One process of the soak: operations on its own devices, in an order that follows
 * from the seed alone. What is allowed depends on what it did itself, never on the
 * others.
 */
#include <linux/pci_regs.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../selftests/lib/avf.h"
#include "../selftests/lib/frame.h"
#include "../selftests/lib/ktap.h"
#include "../selftests/lib/migrate.h"
#include "../selftests/lib/virtio.h"
#include "books.h"

#define REGION		0x2000000000ull
#define REGION_BYTES	(1u << 20)
#define VIRTIO_FEATURES	(VF_LEAST | VF_MAC | VF_CTRL_VQ | VF_CTRL_RX)
#define CTRL_RX		0
#define CTRL_RX_PROMISC	0

static struct books *books;

/* Every second device is a virtio one. */
static struct {
	struct avf a;
	struct virtio v;
} dev[SLOTS];
static struct entry *mine;
static uint64_t state;
static unsigned int me, resets_seen;

static uint32_t rnd(uint32_t below)
{
	return books_random(&state, below);
}

static bool is_virtio(unsigned int s)
{
	return s % 2;
}

static unsigned int queues_of(const struct entry *e)
{
	return e->granted < 2 ? 1 : 2;
}

/* The child of op_kill() must not get copies of what devices reach. */
static void up(unsigned int s)
{
	const struct entry *e = &mine[s];
	struct avf *a = &dev[s].a;
	struct virtio *v = &dev[s].v;

	if (is_virtio(s)) {
		virtio_open(v, e->uuid);
		virtio_up(v, 1, VIRTIO_FEATURES);
		REQUIRE_EQ(virtio_cfg(v, VN_PAIRS, 2), e->granted);
		madvise(v->mem, VIRTIO_MEMORY, MADV_DONTFORK);
		return;
	}
	avf_up(a, e->uuid, NULL, queues_of(e));
	REQUIRE_EQ(a->res.num_queue_pairs, e->granted);
	madvise(a->mem, a->o.memory, MADV_DONTFORK);
}

static struct vfio_dev *vfio_of(unsigned int s)
{
	return is_virtio(s) ? &dev[s].v.dev : &dev[s].a.dev;
}

static const uint8_t *mac_of(unsigned int s)
{
	return is_virtio(s) ? dev[s].v.mac : dev[s].a.res.mac;
}

static void op_create(unsigned int s)
{
	struct entry *e = &mine[s];

	e->queues = 1 << rnd(is_virtio(s) ? 4 : 5);
	e->granted = e->queues;
	mdev_uuid(e->uuid);
	REQUIRE_OK(mdev_create(is_virtio(s) ? mdev_virtio_type(e->queues) : mdev_type_of(e->queues),
			       e->uuid));
	e->state = CLOSED;
}

static void op_remove(unsigned int s)
{
	REQUIRE_OK(mdev_remove(mine[s].uuid));
	EXPECT(!mdev_exists(mine[s].uuid));
	mine[s].state = ABSENT;
}

static void op_open(unsigned int s)
{
	up(s);
	mine[s].pid = getpid();
	mine[s].state = OPEN;
}

static void op_close(unsigned int s)
{
	if (is_virtio(s))
		virtio_close(&dev[s].v);
	else
		avf_close(&dev[s].a);
	EXPECT(books_idle(mine[s].uuid));
	mine[s].state = CLOSED;
}

static void op_attr(unsigned int s)
{
	struct entry *e = &mine[s];
	char text[32];

	snprintf(text, sizeof(text), "02:50:%02x:%02x:%02x:%02x", me, s, rnd(256), rnd(256));
	REQUIRE_OK(mdev_attr_set(e->uuid, "mac", text));
	e->granted = 1 + rnd(e->queues);
	snprintf(text, sizeof(text), "%d", e->granted);
	REQUIRE_OK(mdev_attr_set(e->uuid, "queues", text));
	REQUIRE_OK(mdev_attr_set(e->uuid, "trust", rnd(2) ? "on" : "off"));
}

static void op_live_attr(unsigned int s)
{
	char text[32];

	snprintf(text, sizeof(text), "%u", 2 * rnd(50));
	REQUIRE_OK(mdev_attr_set(mine[s].uuid, "itr", text));
	REQUIRE_OK(mdev_attr_set(mine[s].uuid, "link_state", rnd(2) ? "auto" : "enable"));
}

static void send_frame(unsigned int s, const uint8_t *f, unsigned int len)
{
	if (is_virtio(s)) {
		virtio_tx(&dev[s].v, 0, f, len);
		return;
	}
	REQUIRE_GE(avf_tx(&dev[s].a, 0, f, len, 0), 0);
	REQUIRE_OK(avf_tx_done(&dev[s].a, 0, AVF_MS));
}

/* The next frame from @src, which is not one to everybody; returns its length. */
static unsigned int take_frame(unsigned int s, const uint8_t *src, uint8_t *f)
{
	static struct avf_rx rx;
	int len;

	do {
		if (is_virtio(s)) {
			len = virtio_rx(&dev[s].v, 0, f, VIRTIO_MS);
			REQUIRE_GE(len, ETH_HLEN);
			continue;
		}
		REQUIRE_GE(avf_rx_from(&dev[s].a, src, &rx, AVF_MS), 0);
		len = (int)rx.len;
		REQUIRE_LE(len, VIRTIO_BUF);
		memcpy(f, rx.data, (size_t)len);
	} while (memcmp(f + 6, src, 6) || !memcmp(f, mac_broadcast, sizeof(mac_broadcast)));
	return (unsigned int)len;
}

/* Others' broadcasts must not fill its ring. */
static void drain(unsigned int s)
{
	uint8_t f[VIRTIO_BUF];

	if (!is_virtio(s))
		avf_rx_drain(&dev[s].a);
	else
		while (virtio_rx(&dev[s].v, 0, f, 0) >= 0)
			;
}

/* To another device of ours if one is open, else to nobody in particular. */
static void op_traffic(unsigned int s)
{
	unsigned int i, to = s, n = 1 + rnd(8), len = 60 + rnd(1400);
	uint8_t f[1500], got[VIRTIO_BUF];

	for (i = 1; i < SLOTS && to == s; i++)
		if (mine[(s + i) % SLOTS].state == OPEN)
			to = (s + i) % SLOTS;
	if (to != s)
		drain(to);
	for (i = 0; i < n; i++) {
		frame_l2(f, len, to == s ? mac_broadcast : mac_of(to), mac_of(s), i);
		send_frame(s, f, len);
		if (to == s)
			continue;
		REQUIRE_EQ(take_frame(to, mac_of(s), got), len);
		EXPECT_MEM(got, f, len);
	}
}

static void again(unsigned int s)
{
	if (is_virtio(s)) {
		virtio_restart(&dev[s].v, 1, VIRTIO_FEATURES);
		return;
	}
	REQUIRE_OK(avf_restart(&dev[s].a));
	REQUIRE_EQ(avf_queues_up(&dev[s].a, queues_of(&mine[s])), 0);
}

static void op_reset(unsigned int s)
{
	REQUIRE_OK(vfio_reset(vfio_of(s)));
	again(s);
}

static void op_flr(unsigned int s)
{
	unsigned int cap = cfg_cap(vfio_of(s), PCI_CAP_ID_EXP);

	cfg_wr(vfio_of(s), cap + PCI_EXP_DEVCTL, PCI_EXP_DEVCTL_BCR_FLR, 2);
	again(s);
}

static void op_queue(unsigned int s)
{
	const uint8_t on = 0;

	if (is_virtio(s))
		EXPECT_EQ(virtio_command(&dev[s].v, CTRL_RX, CTRL_RX_PROMISC, &on, 1), 0);
	else
		avf_queue_again(&dev[s].a, 0);
}

static void send_at(unsigned int s, uint64_t iova, unsigned int len)
{
	struct avf_frag frag = { .iova = iova, .len = len };

	if (is_virtio(s)) {
		virtio_tx_at(&dev[s].v, 0, iova, len);
		return;
	}
	REQUIRE_GE(avf_tx_frags(&dev[s].a, 0, &frag, 1, 0, 0, 0), 0);
	/* The same gate as in virtio_tx_at(). */
	EXPECT_OK(avf_tx_done(&dev[s].a, 0, 3 * AVF_MS));
}

/* Memory that comes and goes below a device that has used it. */
static void op_remap(unsigned int s)
{
	uint64_t iova = REGION + rnd(REGION_BYTES / 64) * 64;
	uint8_t *p = mmap(NULL, REGION_BYTES, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	REQUIRE(p != MAP_FAILED);
	frame_l2(p + (iova - REGION), 64, mac_broadcast, mac_of(s), 1);
	REQUIRE_OK(vfio_map(vfio_of(s), p, REGION, REGION_BYTES, DMA_RW));
	send_at(s, iova, 64);
	REQUIRE_OK(vfio_unmap(vfio_of(s), REGION, REGION_BYTES));
	munmap(p, REGION_BYTES);
}

static void op_pause(unsigned int s)
{
	REQUIRE_OK(mig_set(vfio_of(s), VFIO_DEVICE_STATE_STOP, NULL));
	REQUIRE_OK(mig_set(vfio_of(s), VFIO_DEVICE_STATE_RUNNING, NULL));
}

/* Its state leaves it, and comes back; the guest's driver notices nothing. */
static void op_move(unsigned int s)
{
	size_t len;
	uint8_t *stream = mig_save(vfio_of(s), &len);

	REQUIRE_OK(mig_load(vfio_of(s), stream, len));
	free(stream);
}

/* A VMM that is killed while it has the device. */
static void op_kill(unsigned int s)
{
	int fds[2];
	char c = 0;
	pid_t pid;

	REQUIRE_OK(pipe(fds));
	fflush(stdout);
	pid = fork();
	REQUIRE_GE(pid, 0);
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(fds[0]);
		up(s);
		if (write(fds[1], &c, 1) == 1)
			pause();
		_exit(1);
	}
	close(fds[1]);
	EXPECT_EQ(read(fds[0], &c, 1), 1);
	close(fds[0]);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	EXPECT(books_idle(mine[s].uuid));
}

/* What is allowed in a state, and how often it is chosen. */
static const struct {
	enum entry_state in;
	unsigned int weight;
	void (*fn)(unsigned int s);
	const char *name;
} ops[] = {
#define OP(in, weight, name) { in, weight, op_##name, #name }
	OP(ABSENT, 1, create),
	OP(CLOSED, 10, open), OP(CLOSED, 3, attr), OP(CLOSED, 2, kill), OP(CLOSED, 2, remove),
	OP(OPEN, 8, traffic), OP(OPEN, 2, reset), OP(OPEN, 1, flr), OP(OPEN, 2, queue),
	OP(OPEN, 3, remap), OP(OPEN, 2, live_attr), OP(OPEN, 1, pause), OP(OPEN, 2, move),
	OP(OPEN, 3, close),
};

static unsigned int choose(enum entry_state in)
{
	unsigned int i, sum = 0, n;

	for (i = 0; i < ARRAY_SIZE(ops); i++)
		sum += ops[i].in == in ? ops[i].weight : 0;
	n = rnd(sum);
	for (i = 0; ops[i].in != in || n >= ops[i].weight; i++)
		n -= ops[i].in == in ? ops[i].weight : 0;
	return i;
}

const char *op_name(unsigned int op)
{
	return ops[op].name;
}

/* The PF was reset while all stood still: what a guest's driver does then. A virtio one has
 * noticed nothing.
 */
static void after_reset(unsigned int s)
{
	struct avf *a = &dev[s].a;

	if (is_virtio(s))
		return;
	EXPECT_EQ(avf_rd(a, AVF_ATQLEN) & AVF_AQ_LEN_ENABLE, 0);
	EXPECT_EQ(avf_rd(a, AVF_ARQLEN) & AVF_AQ_LEN_ENABLE, 0);
	a->used = 0;
	a->aq = NULL;
	a->nr_events = 0;
	memset(a->q, 0, sizeof(a->q));
	REQUIRE_OK(avf_init(a));
	REQUIRE_EQ(avf_queues_up(a, queues_of(&mine[s])), 0);
}

static void step(void)
{
	unsigned int s, op;

	for (s = 0; s < SLOTS && resets_seen != books->resets; s++)
		if (mine[s].state == OPEN)
			after_reset(s);
	resets_seen = books->resets;
	s = rnd(SLOTS);
	op = choose(mine[s].state);
	books->last[me] = op << 8 | s;
	ops[op].fn(s);
	if (books->ops[me]++ < DIGEST_OPS)
		books->digest[me] = books->digest[me] * 31 + (op << 8 | s);
}

void work(struct books *shared, uint64_t seed, unsigned int number)
{
	unsigned int s;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	books = shared;
	me = number;
	mine = books->entry[me];
	state = books_seed(seed, me);
	while (!__atomic_load_n(&books->stop, __ATOMIC_ACQUIRE)) {
		pthread_rwlock_rdlock(&books->lock);
		step();
		pthread_rwlock_unlock(&books->lock);
	}
	for (s = 0; s < SLOTS; s++) {
		if (mine[s].state == OPEN)
			op_close(s);
		if (mine[s].state == CLOSED)
			op_remove(s);
	}
	fflush(stdout);
	_exit(0);
}
