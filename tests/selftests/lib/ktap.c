// SPDX-License-Identifier: GPL-2.0-only
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "dmesg.h"
#include "ktap.h"

/* What a case tells the parent. */
struct verdict {
	unsigned int failures;
	char skip[200];
};

/* Where there is no case an expectation that must be met ends the program. */
static struct verdict no_case;
static struct verdict *verdict = &no_case;
static volatile sig_atomic_t interrupted;
/* Set while the parent itself runs expectations (a suite's setup). */
static jmp_buf *parent_stop;

/* Ends the case, which is a process; or the setup, which is not. */
static void __attribute__((noreturn)) stop(int code)
{
	fflush(stdout);
	if (parent_stop)
		longjmp(*parent_stop, code);
	if (verdict == &no_case)
		exit(code);
	_exit(code);
}

void *ktap_shared(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED) {
		perror("# mmap");
		exit(KTAP_FAIL);
	}
	return p;
}

uint64_t now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

uint64_t now_ms(void)
{
	return now_us() / 1000;
}

void ktap_note(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	printf("# ");
	vprintf(fmt, ap);
	putchar('\n');
	va_end(ap);
}

void ktap_skip(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(verdict->skip, sizeof(verdict->skip), fmt, ap);
	va_end(ap);
	stop(KTAP_SKIP);
}

static bool failed(bool fatal)
{
	__atomic_add_fetch(&verdict->failures, 1, __ATOMIC_RELAXED);
	if (fatal)
		stop(KTAP_FAIL);
	fflush(stdout);
	return false;
}

/* A loop that goes wrong must not bury the log. */
static bool too_many(void)
{
	return verdict->failures >= 10;
}

bool ktap_true(bool ok, bool fatal, const char *file, int line, const char *expr)
{
	if (ok)
		return true;
	if (!too_many())
		ktap_note("%s:%d: expected %s", file, line, expr);
	return failed(fatal);
}

bool ktap_cmp(long long a, const char *op, long long b, bool ok, bool fatal,
	      const char *file, int line, const char *ea, const char *eb)
{
	if (ok)
		return true;
	if (!too_many())
		ktap_note("%s:%d: expected %s %s %s: %lld (%#llx) against %lld (%#llx)",
			  file, line, ea, op, eb, a, a, b, b);
	return failed(fatal);
}

static const char *errname(int err)
{
	const char *s = err ? strerrorname_np(err) : "success";

	return s ? s : "unknown errno";
}

bool ktap_err(long long ret, int err, bool fatal, const char *file, int line,
	      const char *expr)
{
	int got = ret < 0 ? (int)-ret : 0;

	if (got == err || (err == ANY_ERROR && got))
		return true;
	if (!too_many())
		ktap_note("%s:%d: expected %s from %s, got %s (%lld)", file, line,
			  err == ANY_ERROR ? "an error" : errname(err), expr,
			  errname(got), ret);
	return failed(fatal);
}

bool ktap_mem(const void *a, const void *b, size_t len, bool fatal,
	      const char *file, int line, const char *expr)
{
	const uint8_t *x = a, *y = b;
	size_t i;

	for (i = 0; i < len && x[i] == y[i]; i++)
		;
	if (i == len)
		return true;
	if (!too_many())
		ktap_note("%s:%d: %s differs at byte %zu of %zu: %02x, expected %02x",
			  file, line, expr, i, len, x[i], y[i]);
	return failed(fatal);
}

static void on_signal(int sig)
{
	interrupted = sig;
}

/* How much slower than usual the machine is. */
static int slowness(void)
{
	const char *slow = getenv("SLOW");
	int times = slow ? atoi(slow) : 1;

	return times > 1 ? times : 1;
}

int ktap_ms(int ms)
{
	return ms * slowness();
}

/* Seconds a case may take. */
static unsigned int limit_of(const struct ktap_case *c)
{
	return (c->seconds ? c->seconds : KTAP_SECONDS) * (unsigned int)slowness();
}

/* In the child. */
static void run_case(const struct ktap_case *c)
{
	unsigned int limit = limit_of(c);

	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	signal(SIGPIPE, SIG_IGN);
	alarm(limit);
	c->fn();
	fflush(stdout);
	_exit(verdict->failures ? KTAP_FAIL : KTAP_PASS);
}

/* Waits for the child; returns false if not even SIGKILL ended it. */
static bool reap(pid_t pid, unsigned int seconds, int *status)
{
	uint64_t end = now_ms() + seconds * 1000ull;
	struct pollfd p = { .events = POLLIN };
	bool killed = false;

	p.fd = (int)syscall(SYS_pidfd_open, pid, 0);
	for (;;) {
		uint64_t t = now_ms();

		if (p.fd < 0 || poll(&p, 1, t < end ? (int)(end - t) : 0) > 0)
			break;
		if (now_ms() < end && !interrupted)
			continue;
		if (killed) {
			close(p.fd);
			return false;
		}
		kill(-pid, SIGKILL);
		kill(pid, SIGKILL);
		killed = true;
		end = now_ms() + 10000;
		while (poll(&p, 1, 100) == 0 && now_ms() < end)
			;
	}
	close(p.fd);
	waitpid(pid, status, 0);
	/* The case's processes end, and close their devices, before the next case begins. */
	for (end = now_ms() + 10000; kill(-pid, SIGKILL) == 0 && now_ms() < end;)
		poll(NULL, 0, 5);
	return true;
}

static void print_stack(pid_t pid)
{
	char path[64], line[200];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stack", pid);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f))
		printf("# %s", line);
	if (f)
		fclose(f);
}

/* Ends a result's line with those for whom it matters. */
static void print_users(const struct ktap_case *c)
{
	if (c->users)
		printf(" for %s", c->users);
	putchar('\n');
}

enum result { RES_PASS, RES_FAIL, RES_SKIP, RES_STUCK };

static enum result one(const struct ktap_case *c, unsigned int nr)
{
	unsigned int limit = limit_of(c);
	uint64_t start = now_ms();
	int status = 0;
	pid_t pid;

	memset(verdict, 0, sizeof(*verdict));
	fflush(stdout);
	pid = fork();
	if (pid == 0)
		run_case(c);
	if (pid < 0 || !reap(pid, limit + 2, &status)) {
		if (pid > 0)
			print_stack(pid);
		printf("not ok %u %s\n", nr, c->name);
		printf("Bail out! %s does not end, not even by SIGKILL\n", c->name);
		return RES_STUCK;
	}
	if (WIFEXITED(status) && WEXITSTATUS(status) == KTAP_SKIP && !verdict->failures) {
		printf("ok %u %s # SKIP %s\n", nr, c->name, verdict->skip);
		return RES_SKIP;
	}
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0 && !verdict->failures) {
		printf("ok %u %s # %llu ms%s", nr, c->name,
		       (unsigned long long)(now_ms() - start), c->users ? "," : "");
		print_users(c);
		return RES_PASS;
	}
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
		ktap_note("%s: no end after %u s", c->name, limit);
	else if (WIFSIGNALED(status))
		ktap_note("%s: ended by signal %d", c->name, WTERMSIG(status));
	printf("not ok %u %s%s", nr, c->name, c->users ? " #" : "");
	print_users(c);
	return RES_FAIL;
}

static bool wanted(const struct ktap_case *c, int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++)
		if (strstr(c->name, argv[i]))
			return true;
	return argc < 2;
}

static int setup(const struct ktap_suite *suite)
{
	jmp_buf env;
	int rc;

	if (!suite->setup)
		return KTAP_PASS;
	rc = setjmp(env);
	if (rc == 0) {
		parent_stop = &env;
		suite->setup();
	}
	parent_stop = NULL;
	return rc ? rc : verdict->failures ? KTAP_FAIL : KTAP_PASS;
}

int ktap_main(int argc, char **argv, const struct ktap_suite *suite)
{
	unsigned int n = 0, i, count[RES_STUCK + 1] = { 0 };
	enum result r = RES_PASS;
	int rc;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc > 1 && !strcmp(argv[1], "-l")) {
		for (i = 0; i < suite->nr_cases; i++)
			puts(suite->cases[i].name);
		return 0;
	}
	verdict = ktap_shared(sizeof(*verdict));
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);
	dmesg_begin();
	for (i = 0; i < suite->nr_cases; i++)
		n += wanted(&suite->cases[i], argc, argv);
	puts("KTAP version 1");
	rc = setup(suite);
	if (rc == KTAP_SKIP) {
		if (suite->cleanup)
			suite->cleanup();
		printf("1..0 # SKIP %s\n", verdict->skip);
		return KTAP_SKIP;
	}
	printf("1..%u\n", n + 1);
	if (rc != KTAP_PASS) {
		if (suite->cleanup)
			suite->cleanup();
		printf("Bail out! %s: preparation failed\n", suite->name);
		return KTAP_FAIL;
	}
	for (i = 0, n = 0; i < suite->nr_cases && r != RES_STUCK && !interrupted; i++) {
		if (!wanted(&suite->cases[i], argc, argv))
			continue;
		r = one(&suite->cases[i], ++n);
		count[r]++;
	}
	if (suite->cleanup && r != RES_STUCK)
		suite->cleanup();
	/* The last case of every program: what the kernel said meanwhile. */
	rc = dmesg_check();
	printf("%sok %u kernel_log\n", rc ? "not " : "", ++n);
	count[rc ? RES_FAIL : RES_PASS]++;
	printf("# Totals: pass:%u fail:%u skip:%u\n", count[RES_PASS],
	       count[RES_FAIL] + count[RES_STUCK], count[RES_SKIP]);
	if (count[RES_FAIL] || count[RES_STUCK] || interrupted)
		return KTAP_FAIL;
	return count[RES_PASS] > 1 || !count[RES_SKIP] ? KTAP_PASS : KTAP_SKIP;
}
