/* SPDX-License-Identifier: GPL-2.0-only */
/* The books of the soak: what each process has, and what must follow from it. */
#ifndef SOAK_BOOKS_H
#define SOAK_BOOKS_H

#include <pthread.h>

#include "../selftests/lib/mdev.h"

#define WORKERS		4
#define SLOTS		4
#define FUNCS_MAX	1024
#define DIGEST_OPS	50	/* operations of the digest that replays are compared by */

enum entry_state { ABSENT, CLOSED, OPEN };

struct entry {
	enum entry_state state;
	int queues;		/* of the type */
	int granted;		/* of these, the guest's */
	pid_t pid;		/* who has it open */
	int64_t function, pasid;	/* before the PF was reset */
	char uuid[UUID_LEN + 1];
};

/* Shared by all processes. Who works holds the lock for reading, who checks for
 * writing.
 */
struct books {
	pthread_rwlock_t lock;
	bool stop;
	unsigned int resets;	/* of the PF */
	unsigned int ops[WORKERS], last[WORKERS], digest[WORKERS];
	struct entry entry[WORKERS][SLOTS];
	/* when it began */
	int adis_left, queues_left;
	bool others[FUNCS_MAX];	/* functions with interrupts that are not ours */
	bool irqs[FUNCS_MAX];	/* all that had any, before the PF was reset */
	int log;
};

struct books *books_new(void);
/* What there is before the first process begins. */
void books_open(struct books *b);
/* The kernel agrees with the books. */
void books_check(struct books *b);
/* The device has become idle; false if it does not within three seconds. */
bool books_idle(const char *uuid);
/* What a reset of the PF must not change, and that it did not. */
void books_remember(struct books *b);
void books_compare(struct books *b);
/* Functions that have come since books_remember() are others'. */
void books_newcomers(struct books *b);

/* Numbers that follow from a seed and who asks. */
uint64_t books_seed(uint64_t seed, unsigned int who);
uint32_t books_random(uint64_t *state, uint32_t below);

/* One of the processes; does not return. */
void work(struct books *shared, uint64_t seed, unsigned int number) __attribute__((noreturn));
const char *op_name(unsigned int op);

#endif /* SOAK_BOOKS_H */
