// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sixteen devices for MINUTES: four processes, each with four of them, do whatever
 * is allowed in an order that follows from SEED, and every few seconds all stop
 * while the books are checked and, now and then, the PF is reset.
 */
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../selftests/lib/ktap.h"
#include "../selftests/lib/neighbour.h"
#include "books.h"

#define CHECK_SECONDS	5
#define STUCK_SECONDS	60	/* longest that the others may need to finish an operation */

static struct books *books;
static unsigned int minutes = 2;
static uint64_t seed;

/* Nobody is in the middle of an operation; false: somebody does not come out of it. */
static bool halt(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	t.tv_sec += STUCK_SECONDS;
	return !pthread_rwlock_timedwrlock(&books->lock, &t);
}

static void tell(unsigned int w, const char *what)
{
	ktap_note("process %u %s operation %u, %s of its device %u", w, what, books->ops[w],
		  op_name(books->last[w] >> 8), books->last[w] & 0xff);
}

static bool all_alive(const pid_t *pid)
{
	unsigned int w;

	for (w = 0; w < WORKERS; w++)
		if (waitpid(pid[w], NULL, WNOHANG) == pid[w]) {
			tell(w, "ended in");
			return false;
		}
	return true;
}

/* All stand still; what they have open goes on afterwards. */
static void reset_pf(struct neighbour **n)
{
	char path[PATH_LEN];

	/* It would take a lost frame for an error. */
	neighbour_stop(*n);
	books_remember(books);
	snprintf(path, sizeof(path), "/sys/class/mdev_bus/%s/reset", mdev_parent());
	REQUIRE_OK(write_text(path, "1"));
	books->resets++;
	books_compare(books);
	*n = neighbour_start();
	books_newcomers(books);
	books_check(books);
}

/* Until the time is over or somebody fails; tells which. */
static bool watch(const pid_t *pid, struct neighbour **n)
{
	uint64_t end = now_ms() + minutes * 60000ull, state = books_seed(seed, WORKERS);
	unsigned int checks = 0, next = 3 + books_random(&state, 4), w;

	while (now_ms() < end) {
		sleep(CHECK_SECONDS);
		if (!all_alive(pid))
			return false;
		if (!halt()) {
			for (w = 0; w < WORKERS; w++)
				tell(w, "was in");
			return false;
		}
		books_check(books);
		neighbour_alive(*n);
		if (++checks == next) {
			reset_pf(n);
			next += 3 + books_random(&state, 10);
		}
		pthread_rwlock_unlock(&books->lock);
	}
	ktap_note("%u checks of the books, %u resets of the PF", checks, books->resets);
	return true;
}

static void soak(void)
{
	struct neighbour *n = neighbour_start();
	pid_t pid[WORKERS];
	unsigned int w;
	bool fine;

	books_open(books);
	ktap_note("SEED=%llu MINUTES=%u, %d processes with %d devices each",
		  (unsigned long long)seed, minutes, WORKERS, SLOTS);
	fflush(stdout);
	for (w = 0; w < WORKERS; w++) {
		pid[w] = fork();
		if (!pid[w])
			work(books, seed, w);
		REQUIRE_GT(pid[w], 0);
	}
	fine = watch(pid, &n);
	EXPECT(fine);
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
