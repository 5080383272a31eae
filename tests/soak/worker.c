// SPDX-License-Identifier: GPL-2.0-only
/*
 * One process of the soak: operations on its own devices, in an order that follows
 * from the seed alone. What is allowed depends on what it did itself, never on the
 * others.
 */
#include <linux/pci_regs.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../selftests/lib/avf.h"
#include "../selftests/lib/frame.h"
#include "../selftests/lib/ktap.h"
#include "books.h"

#define REGION		0x2000000000ull
#define REGION_BYTES	(1u << 20)

static struct books *books;

static struct avf dev[SLOTS];
static struct entry *mine;
static uint64_t state;
static unsigned int me, resets_seen;

static uint32_t rnd(uint32_t below)
{
	return books_random(&state, below);
}

static unsigned int queues_of(const struct entry *e)
{
	return e->granted < 2 ? 1 : 2;
}

/* The child of op_kill() must not get copies of what devices reach. */
static void up(struct avf *a, const struct entry *e)
{
	avf_up(a, e->uuid, NULL, queues_of(e));
	REQUIRE_EQ(a->res.num_queue_pairs, e->granted);
	madvise(a->mem, a->o.memory, MADV_DONTFORK);
}

static void op_create(unsigned int s)
{
	struct entry *e = &mine[s];

	e->queues = 1 << rnd(5);
	e->granted = e->queues;
	mdev_new(e->queues, e->uuid);
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
	up(&dev[s], &mine[s]);
	mine[s].pid = getpid();
	mine[s].state = OPEN;
}

static void op_close(unsigned int s)
{
	avf_close(&dev[s]);
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

/* To another device of ours if one is open, else to nobody in particular. */
static void op_traffic(unsigned int s)
{
	static struct avf_rx rx;
	struct avf *a = &dev[s], *b = NULL;
	unsigned int i, n = 1 + rnd(8), len = 60 + rnd(1400);
	uint8_t f[1500];

	for (i = 1; i < SLOTS && !b; i++)
		if (mine[(s + i) % SLOTS].state == OPEN)
			b = &dev[(s + i) % SLOTS];
	/* Others' broadcasts must not fill its ring. */
	if (b)
		avf_rx_drain(b);
	for (i = 0; i < n; i++) {
		frame_l2(f, len, b ? b->res.mac : mac_broadcast, a->res.mac, i);
		REQUIRE_GE(avf_tx(a, 0, f, len, 0), 0);
		REQUIRE_OK(avf_tx_done(a, 0, AVF_MS));
		if (!b)
			continue;
		/* What it once sent to everybody may still come before. */
		do {
			REQUIRE_GE(avf_rx_from(b, a->res.mac, &rx, AVF_MS), 0);
		} while (!memcmp(rx.data, mac_broadcast, sizeof(mac_broadcast)));
		REQUIRE_EQ(rx.len, len);
		EXPECT_MEM(rx.data, f, len);
	}
}

static void again(unsigned int s)
{
	REQUIRE_OK(avf_restart(&dev[s]));
	REQUIRE_EQ(avf_queues_up(&dev[s], queues_of(&mine[s])), 0);
}

static void op_reset(unsigned int s)
{
	REQUIRE_OK(vfio_reset(&dev[s].dev));
	again(s);
}

static void op_flr(unsigned int s)
{
	unsigned int cap = cfg_cap(&dev[s].dev, PCI_CAP_ID_EXP);

	cfg_wr(&dev[s].dev, cap + PCI_EXP_DEVCTL, PCI_EXP_DEVCTL_BCR_FLR, 2);
	again(s);
}

static void op_queue(unsigned int s)
{
	avf_queue_again(&dev[s], 0);
}

/* Memory that comes and goes below a device that has used it. */
static void op_remap(unsigned int s)
{
	struct avf_frag frag = { .len = 64 };
	struct avf *a = &dev[s];
	uint8_t *p = mmap(NULL, REGION_BYTES, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	REQUIRE(p != MAP_FAILED);
	frag.iova = REGION + rnd(REGION_BYTES / 64) * 64;
	frame_l2(p + (frag.iova - REGION), 64, mac_broadcast, a->res.mac, 1);
	REQUIRE_OK(vfio_map(&a->dev, p, REGION, REGION_BYTES, DMA_RW));
	REQUIRE_GE(avf_tx_frags(a, 0, &frag, 1, 0, 0, 0), 0);
	/* The gate of an unmap just before may hold the page back for a while. */
	EXPECT_OK(avf_tx_done(a, 0, 3 * AVF_MS));
	REQUIRE_OK(vfio_unmap(&a->dev, REGION, REGION_BYTES));
	munmap(p, REGION_BYTES);
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
		up(&dev[s], &mine[s]);
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
	OP(OPEN, 3, remap), OP(OPEN, 2, live_attr), OP(OPEN, 3, close),
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

/* The PF was reset while all stood still: what a guest's driver does then. */
static void after_reset(unsigned int s)
{
	struct avf *a = &dev[s];

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
