// SPDX-License-Identifier: GPL-2.0-only
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "avf.h"
#include "frame.h"
#include "ktap.h"
#include "neighbour.h"

#define CANARY_BYTES	65536
#define CANARY_SEED	0xcafe

struct neighbour {
	pid_t pid;
	bool stop;
	unsigned int rounds, errors;
	char a[UUID_LEN + 1], b[UUID_LEN + 1];
};

static bool hop(struct avf *from, struct avf *to, uint32_t seed)
{
	static struct avf_rx rx;
	uint8_t f[300];

	frame_l2(f, sizeof(f), to->res.mac, from->res.mac, seed);
	return avf_tx(from, 0, f, sizeof(f), 0) >= 0 &&
	       avf_rx_from(to, from->res.mac, &rx, AVF_MS) >= 0 &&
	       rx.len == sizeof(f) && !memcmp(rx.data, f, sizeof(f)) &&
	       avf_tx_done(from, 0, AVF_MS) == 0;
}

static void live(struct neighbour *n)
{
	static struct avf a, b;
	static uint8_t good[CANARY_BYTES];
	uint8_t *canary;
	uint32_t seed = 0;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	avf_up(&a, n->a, NULL, 1);
	avf_up(&b, n->b, NULL, 1);
	/* Mapped for the device, but named in no descriptor. */
	canary = avf_alloc(&a, CANARY_BYTES, NULL);
	pattern(canary, CANARY_BYTES, CANARY_SEED);
	pattern(good, CANARY_BYTES, CANARY_SEED);
	while (!__atomic_load_n(&n->stop, __ATOMIC_ACQUIRE)) {
		if (!hop(&a, &b, seed) || !hop(&b, &a, seed + 1) ||
		    (seed % 16 == 0 && memcmp(canary, good, CANARY_BYTES)))
			__atomic_add_fetch(&n->errors, 1, __ATOMIC_RELAXED);
		seed += 2;
		__atomic_add_fetch(&n->rounds, 1, __ATOMIC_RELEASE);
		poll(NULL, 0, 2);
	}
	if (memcmp(canary, good, CANARY_BYTES))
		n->errors++;
	avf_close(&a);
	avf_close(&b);
	fflush(stdout);
	_exit(0);
}

static bool wait_rounds(struct neighbour *n, unsigned int more)
{
	unsigned int target = __atomic_load_n(&n->rounds, __ATOMIC_ACQUIRE) + more;
	uint64_t end = now_ms() + ktap_ms(2 * AVF_MS);

	while ((int)(__atomic_load_n(&n->rounds, __ATOMIC_ACQUIRE) - target) < 0) {
		if (now_ms() >= end || waitpid(n->pid, NULL, WNOHANG) == n->pid)
			return false;
		poll(NULL, 0, 2);
	}
	return true;
}

struct neighbour *neighbour_start(void)
{
	struct neighbour *n = ktap_shared(sizeof(*n));
	pid_t pid;

	mdev_new(1, n->a);
	mdev_new(1, n->b);
	fflush(stdout);
	/* Not into *n at once: the child sees that memory, too. */
	pid = fork();
	if (pid == 0)
		live(n);
	REQUIRE_GT(pid, 0);
	n->pid = pid;
	REQUIRE(wait_rounds(n, 1));
	REQUIRE_EQ(n->errors, 0);
	return n;
}

void neighbour_alive(struct neighbour *n)
{
	bool goes_on = wait_rounds(n, 3);

	EXPECT(goes_on);
	EXPECT_EQ(n->errors, 0);
}

void neighbour_stop(struct neighbour *n)
{
	neighbour_alive(n);
	__atomic_store_n(&n->stop, true, __ATOMIC_RELEASE);
	waitpid(n->pid, NULL, 0);
	EXPECT_EQ(n->errors, 0);
	EXPECT_OK(mdev_remove(n->a));
	EXPECT_OK(mdev_remove(n->b));
}
