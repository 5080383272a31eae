// SPDX-License-Identifier: GPL-2.0-only
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "../selftests/lib/dmesg.h"
#include "../selftests/lib/ktap.h"
#include "books.h"

#define SOON	3000

struct books *books_new(void)
{
	struct books *b = ktap_shared(sizeof(*b));
	pthread_rwlockattr_t attr;

	pthread_rwlockattr_init(&attr);
	pthread_rwlockattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	pthread_rwlockattr_setkind_np(&attr, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
	pthread_rwlock_init(&b->lock, &attr);
	return b;
}

static bool attr_is(const char *uuid, const char *attr, const char *want)
{
	char text[64];

	return mdev_attr(uuid, attr, text, sizeof(text)) > 0 && !strcmp(text, want);
}

bool books_idle(const char *uuid)
{
	uint64_t end = now_ms() + SOON;

	while (!attr_is(uuid, "state", "idle")) {
		if (now_ms() >= end)
			return false;
		poll(NULL, 0, 1);
	}
	return true;
}

/* --- interrupts -------------------------------------------------------------------- */

/* Functions with interrupt lines of their own: the lines are named after them. */
static void irq_functions(bool *has)
{
	FILE *f = fopen("/proc/interrupts", "r");
	char line[4096], *p;

	memset(has, 0, FUNCS_MAX * sizeof(*has));
	while (f && fgets(line, sizeof(line), f)) {
		p = strstr(line, "smartnic-adi");
		if (!p)
			continue;
		p += strlen("smartnic-adi");
		if (strtoul(p, NULL, 10) + 1 < FUNCS_MAX)
			has[strtoul(p, NULL, 10) + 1] = true;
	}
	if (f)
		fclose(f);
}

/* --- the log ------------------------------------------------------------------------- */

/* Nothing that is allowed is worth a warning of ours. */
static void check_log(int fd)
{
	char rec[8192], *text;
	ssize_t n;

	while ((n = read(fd, rec, sizeof(rec) - 1)) > 0) {
		rec[n] = 0;
		text = strchr(rec, ';');
		if ((atoi(rec) & 7) > 4 || !text ||
		    (!strstr(text, "smartnic") && !strstr(text, "vdcm")))
			continue;
		ktap_note("the kernel: %.120s", text + 1);
		EXPECT(!"a warning of the drivers");
	}
}

/* --- the pool -------------------------------------------------------------------------- */

/*
 * What is left of devices and queues. That of queues shows only in multiples of 16,
 * so single ones are taken until the number of sixteens drops.
 */
void books_open(struct books *b)
{
	int sixteens = mdev_available(mdev_type_of(16)), n = 0;
	char uuid[17][UUID_LEN + 1];

	b->adis_left = mdev_available(mdev_type_of(1));
	REQUIRE_GE(sixteens, WORKERS * SLOTS);
	while (mdev_available(mdev_type_of(16)) == sixteens) {
		REQUIRE_LE(n, 16);
		mdev_new(1, uuid[n++]);
	}
	b->queues_left = 16 * sixteens + n - 1;
	while (n)
		REQUIRE_OK(mdev_remove(uuid[--n]));
	/* Else they do not tell of devices. */
	REQUIRE_LE(b->adis_left, b->queues_left);
	irq_functions(b->others);
	b->log = dmesg_mark();
}

static void check_pool(const struct books *b)
{
	int adis = b->adis_left, queues = b->queues_left, q, i;

	for (i = 0; i < WORKERS * SLOTS; i++) {
		const struct entry *e = &b->entry[i / SLOTS][i % SLOTS];

		if (e->state == ABSENT)
			continue;
		adis--;
		queues -= e->queues;
	}
	for (q = 1; q <= 16; q *= 2)
		EXPECT_EQ(mdev_available(mdev_type_of(q)), adis < queues / q ? adis : queues / q);
}

/* --- one device ------------------------------------------------------------------------ */

/* Its function number if it is open, else 0. */
static unsigned int check_entry(const struct entry *e)
{
	char want[32], text[64];
	int64_t pinned;

	if (e->state == ABSENT)
		return 0;
	EXPECT(mdev_exists(e->uuid));
	pinned = mdev_attr_num(e->uuid, "pinned_bytes");
	if (e->state == CLOSED) {
		EXPECT(attr_is(e->uuid, "state", "idle"));
		EXPECT(attr_is(e->uuid, "function", "none"));
		EXPECT(attr_is(e->uuid, "pasid", "none"));
		EXPECT_EQ(pinned, 0);
		return 0;
	}
	snprintf(want, sizeof(want), "open %d ", e->pid);
	EXPECT(mdev_attr(e->uuid, "state", text, sizeof(text)) > 0);
	EXPECT(!strncmp(text, want, strlen(want)));
	/* Its rings at least, and never more than it was given. */
	EXPECT_GT(pinned, 0);
	EXPECT_LE(pinned, 4 << 20);
	return (unsigned int)mdev_attr_num(e->uuid, "function");
}

void books_check(struct books *b)
{
	bool irqs[FUNCS_MAX], ours[FUNCS_MAX] = {};
	int64_t pasid[WORKERS * SLOTS], p;
	unsigned int i, k, func, n = 0;

	for (i = 0; i < WORKERS * SLOTS; i++) {
		const struct entry *e = &b->entry[i / SLOTS][i % SLOTS];

		func = check_entry(e);
		if (!func)
			continue;
		EXPECT(func < FUNCS_MAX && !ours[func]);
		ours[func % FUNCS_MAX] = true;
		if (!attr_is(e->uuid, "dma_mode", "pasid"))
			continue;
		p = mdev_attr_num(e->uuid, "pasid");
		EXPECT_GT(p, 0);
		for (k = 0; k < n; k++)
			EXPECT_NE(pasid[k], p);
		pasid[n++] = p;
	}
	irq_functions(irqs);
	for (i = 0; i < FUNCS_MAX; i++)
		if (irqs[i])
			EXPECT(ours[i] || b->others[i]);
	check_pool(b);
	check_log(b->log);
}

/* --- a reset of the PF ------------------------------------------------------------------ */

void books_remember(struct books *b)
{
	unsigned int i;

	irq_functions(b->irqs);
	for (i = 0; i < WORKERS * SLOTS; i++) {
		struct entry *e = &b->entry[i / SLOTS][i % SLOTS];

		if (e->state != OPEN)
			continue;
		e->function = mdev_attr_num(e->uuid, "function");
		e->pasid = mdev_attr_num(e->uuid, "pasid");
	}
}

void books_compare(struct books *b)
{
	unsigned int i;

	for (i = 0; i < WORKERS * SLOTS; i++) {
		const struct entry *e = &b->entry[i / SLOTS][i % SLOTS];

		if (e->state != OPEN)
			continue;
		EXPECT_EQ(mdev_attr_num(e->uuid, "function"), e->function);
		EXPECT_EQ(mdev_attr_num(e->uuid, "pasid"), e->pasid);
	}
}

void books_newcomers(struct books *b)
{
	bool now[FUNCS_MAX];
	unsigned int i;

	irq_functions(now);
	for (i = 0; i < FUNCS_MAX; i++)
		b->others[i] = b->irqs[i] ? b->others[i] : now[i];
}

/* --- numbers ------------------------------------------------------------------------------ */

uint32_t books_random(uint64_t *state, uint32_t below)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return (uint32_t)(*state >> 32) % below;
}

uint64_t books_seed(uint64_t seed, unsigned int who)
{
	uint64_t state = seed * 0x9e3779b97f4a7c15ull + who + 1;
	unsigned int i;

	/* Neighbouring seeds begin alike. */
	for (i = 0; i < 8; i++)
		books_random(&state, 2);
	return state ? state : 1;
}
