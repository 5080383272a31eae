// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sixteen devices for MINUTES: four processes, each with four of them, do whatever
 * is allowed in an order that follows from SEED, and every few seconds all stop
 * while the books are checked. The same seed gives each process the same
 * operations: what is allowed depends on what it did itself, never on the others.
 */
#include <linux/pci_regs.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../selftests/lib/avf.h"
#include "../selftests/lib/frame.h"
#include "../selftests/lib/ktap.h"
#include "../selftests/lib/neighbour.h"
#include "books.h"

#define REGION		0x2000000000ull
#define REGION_BYTES	(1u << 20)
#define DIGEST_OPS	50	/* operations of the digest that replays are compared by */
#define CHECK_SECONDS	5
#define STUCK_SECONDS	60	/* longest that the others may need to finish an operation */

static struct books *books;
static unsigned int minutes = 2;
static uint64_t seed;

/* --- one process ------------------------------------------------------------------ */

static struct avf dev[SLOTS];
static struct entry *mine;
static uint64_t state;
static unsigned int me;

static uint32_t rnd(uint32_t below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 32) % below;
}

/* The child of op_kill() must not get copies of what devices reach. */
static void up(struct avf *a, const struct entry *e)
{
	avf_up(a, e->uuid, NULL, e->granted < 2 ? 1 : 2);
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
	for (i = 0; i < n; i++) {
		frame_l2(f, len, b ? b->res.mac : mac_broadcast, a->res.mac, i);
		REQUIRE_GE(avf_tx(a, 0, f, len, 0), 0);
		REQUIRE_OK(avf_tx_done(a, 0, AVF_MS));
		if (!b)
			continue;
		REQUIRE_GE(avf_rx_from(b, a->res.mac, &rx, AVF_MS), 0);
		REQUIRE_EQ(rx.len, len);
		EXPECT_MEM(rx.data, f, len);
	}
}

static void again(unsigned int s)
{
	REQUIRE_OK(avf_restart(&dev[s]));
	REQUIRE_EQ(avf_queues_up(&dev[s], mine[s].granted < 2 ? 1 : 2), 0);
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
} ops[] = {
	{ ABSENT, 1, op_create },
	{ CLOSED, 10, op_open }, { CLOSED, 3, op_attr }, { CLOSED, 2, op_kill }, { CLOSED, 2, op_remove },
	{ OPEN, 8, op_traffic }, { OPEN, 2, op_reset }, { OPEN, 1, op_flr }, { OPEN, 2, op_queue },
	{ OPEN, 3, op_remap }, { OPEN, 2, op_live_attr }, { OPEN, 3, op_close },
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

static void step(void)
{
	unsigned int s = rnd(SLOTS), op = choose(mine[s].state);

	books->last[me] = op << 8 | s;
	ops[op].fn(s);
	if (books->ops[me]++ < DIGEST_OPS)
		books->digest[me] = books->digest[me] * 31 + (op << 8 | s);
}

static void work(unsigned int number)
{
	unsigned int s;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	me = number;
	mine = books->entry[me];
	state = seed * 0x9e3779b97f4a7c15ull + me + 1;
	for (s = 0; s < 8; s++)
		rnd(2);
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

/* --- all of them ---------------------------------------------------------------------- */

/* Nobody is in the middle of an operation; false: somebody does not come out of it. */
static bool halt(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	t.tv_sec += STUCK_SECONDS;
	return !pthread_rwlock_timedwrlock(&books->lock, &t);
}

static bool all_alive(const pid_t *pid)
{
	unsigned int w;

	for (w = 0; w < WORKERS; w++)
		if (waitpid(pid[w], NULL, WNOHANG) == pid[w]) {
			ktap_note("process %u ended in operation %u of device %u, its number %u", w,
				  books->last[w] >> 8, books->last[w] & 0xff, books->ops[w]);
			return false;
		}
	return true;
}

static void soak(void)
{
	uint64_t end = now_ms() + minutes * 60000ull;
	struct neighbour *n = neighbour_start();
	unsigned int checks = 0, w;
	pid_t pid[WORKERS];
	bool fine = true;

	books_open(books);
	ktap_note("SEED=%llu MINUTES=%u, %d processes with %d devices each",
		  (unsigned long long)seed, minutes, WORKERS, SLOTS);
	fflush(stdout);
	for (w = 0; w < WORKERS; w++) {
		pid[w] = fork();
		if (!pid[w])
			work(w);
		REQUIRE_GT(pid[w], 0);
	}
	while (fine && now_ms() < end) {
		sleep(CHECK_SECONDS);
		fine = all_alive(pid) && halt();
		EXPECT(fine);
		if (!fine)
			break;
		books_check(books);
		neighbour_alive(n);
		checks++;
		pthread_rwlock_unlock(&books->lock);
	}
	__atomic_store_n(&books->stop, true, __ATOMIC_RELEASE);
	for (w = 0; w < WORKERS; w++) {
		int status = 0;

		if (!fine)
			kill(pid[w], SIGKILL);
		if (waitpid(pid[w], &status, 0) == pid[w])
			EXPECT_EQ(status, 0);
		ktap_note("process %u: %u operations, digest of the first %d: %08x", w,
			  books->ops[w], DIGEST_OPS, books->digest[w]);
		EXPECT_GT(books->ops[w], DIGEST_OPS);
	}
	if (fine)
		books_check(books);
	ktap_note("%u checks of the books", checks);
	EXPECT_GT(checks, 0);
	neighbour_stop(n);
}

static void setup(void)
{
	mdev_parent();
	mdev_cleanup();
	books = books_new();
}

int main(int argc, char **argv)
{
	struct ktap_case cases[] = { CASE(soak) };
	const struct ktap_suite suite = {
		.name = "soak", .cases = cases, .nr_cases = 1,
		.setup = setup, .cleanup = mdev_cleanup,
	};

	if (getenv("MINUTES"))
		minutes = (unsigned int)atoi(getenv("MINUTES"));
	seed = getenv("SEED") ? strtoull(getenv("SEED"), NULL, 0) : now_us();
	cases[0].seconds = minutes * 60 + 4 * STUCK_SECONDS;
	return ktap_main(argc, argv, &suite);
}
