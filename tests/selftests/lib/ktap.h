/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A small KTAP harness. Each case runs in a child process of its own with a
 * time limit, so that a crash, a hang or a leaked file descriptor is the
 * case's own failure and nobody else's.
 */
#ifndef SELFTESTS_KTAP_H
#define SELFTESTS_KTAP_H

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define KTAP_PASS	0
#define KTAP_FAIL	1
#define KTAP_SKIP	4
#define KTAP_SECONDS	20	/* time limit of a case that names none */

struct ktap_case {
	const char *name;
	void (*fn)(void);
	unsigned int seconds;
	const char *users;	/* who relies on what the case states; may be NULL */
};

#define CASE(fn)			{ #fn, fn, 0, NULL }
#define CASE_SECONDS(fn, s)		{ #fn, fn, s, NULL }
#define CASE_FOR(fn, users)		{ #fn, fn, 0, users }
#define CASE_SECONDS_FOR(fn, s, users)	{ #fn, fn, s, users }

/**
 * struct ktap_suite - one test program
 * @name: the program's name
 * @cases: the table of cases
 * @nr_cases: number of entries in @cases
 * @setup: runs once, in the parent, before the first case; may KTAP_SKIP_ALL
 * @cleanup: runs once, in the parent, after the last, also when interrupted
 */
struct ktap_suite {
	const char *name;
	const struct ktap_case *cases;
	unsigned int nr_cases;
	void (*setup)(void);
	void (*cleanup)(void);
};

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* Runs the cases whose names contain one of the arguments; all without any. */
int ktap_main(int argc, char **argv, const struct ktap_suite *suite);

#define KTAP_MAIN(label, table, set_up, clean_up)			\
	int main(int argc, char **argv)					\
	{								\
		static const struct ktap_suite suite = {		\
			.name = label,					\
			.cases = table,					\
			.nr_cases = ARRAY_SIZE(table),			\
			.setup = set_up,				\
			.cleanup = clean_up,				\
		};							\
									\
		return ktap_main(argc, argv, &suite);			\
	}

void ktap_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void ktap_skip(const char *fmt, ...)
	__attribute__((noreturn, format(printf, 1, 2)));
/* A time value that does not jump. */
uint64_t now_ms(void);
uint64_t now_us(void);

/* A limit of @ms milliseconds, times $SLOW: for what depends on how fast the machine is. */
int ktap_ms(int ms);
/* Waits until @cond holds, for up to @ms; whether it does. */
#define ktap_until(cond, ms) ({						\
	uint64_t _end = now_ms() + (uint64_t)(ms);			\
	bool _holds;							\
									\
	while (!(_holds = (cond)) && now_ms() < _end)			\
		poll(NULL, 0, 5);					\
	_holds; })

/* Memory that the parent and all children see. */
void *ktap_shared(size_t size);

/*
 * Expectations. EXPECT_* records a failure and goes on, REQUIRE_* ends the
 * case. _ERR is for functions that return 0 (or more) or a negative errno.
 */
bool ktap_true(bool ok, bool fatal, const char *file, int line, const char *expr);
bool ktap_cmp(long long a, const char *op, long long b, bool ok, bool fatal,
	      const char *file, int line, const char *ea, const char *eb);
bool ktap_err(long long ret, int err, bool fatal, const char *file, int line,
	      const char *expr);
bool ktap_mem(const void *a, const void *b, size_t len, bool fatal,
	      const char *file, int line, const char *expr);

#define KTAP_CMP(a, op, b, fatal) ({					\
	long long _a = (long long)(a), _b = (long long)(b);		\
	ktap_cmp(_a, #op, _b, _a op _b, fatal, __FILE__, __LINE__, #a, #b); })

#define EXPECT(c)	ktap_true(!!(c), false, __FILE__, __LINE__, #c)
#define REQUIRE(c)	ktap_true(!!(c), true, __FILE__, __LINE__, #c)
#define EXPECT_EQ(a, b)	KTAP_CMP(a, ==, b, false)
#define EXPECT_NE(a, b)	KTAP_CMP(a, !=, b, false)
#define EXPECT_LE(a, b)	KTAP_CMP(a, <=, b, false)
#define EXPECT_GE(a, b)	KTAP_CMP(a, >=, b, false)
#define EXPECT_GT(a, b)	KTAP_CMP(a, >, b, false)
#define EXPECT_LT(a, b)	KTAP_CMP(a, <, b, false)
#define REQUIRE_EQ(a, b)	KTAP_CMP(a, ==, b, true)
#define REQUIRE_NE(a, b)	KTAP_CMP(a, !=, b, true)
#define REQUIRE_GE(a, b)	KTAP_CMP(a, >=, b, true)
#define REQUIRE_GT(a, b)	KTAP_CMP(a, >, b, true)
#define REQUIRE_LE(a, b)	KTAP_CMP(a, <=, b, true)
#define EXPECT_OK(e)	ktap_err(e, 0, false, __FILE__, __LINE__, #e)
#define REQUIRE_OK(e)	ktap_err(e, 0, true, __FILE__, __LINE__, #e)
/* Fails with exactly @err, or with any error when @err is -1. */
#define EXPECT_ERR(e, err)	ktap_err(e, err, false, __FILE__, __LINE__, #e)
#define EXPECT_MEM(a, b, n)	ktap_mem(a, b, n, false, __FILE__, __LINE__, #a)
#define REQUIRE_MEM(a, b, n)	ktap_mem(a, b, n, true, __FILE__, __LINE__, #a)

#define ANY_ERROR	(-1)

#endif /* SELFTESTS_KTAP_H */
