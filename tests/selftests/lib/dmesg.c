// SPDX-License-Identifier: GPL-2.0-only
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dmesg.h"
#include "ktap.h"

#define RECORD_MAX	8192
#define ALLOW_MAX	16

static const char * const bad[] = {
	"WARNING:", "BUG:", "kernel BUG", "Oops", "general protection", "Call Trace",
	"KASAN", "KFENCE", "UBSAN", "DMA-API:", "Disabling lock debugging",
	"INFO: possible", "INFO: suspicious", "INFO: inconsistent", "INFO: rcu_",
	"INFO: task ", "INFO: trying to register", "possible circular",
	"refcount_t:", "soft lockup", "hard LOCKUP", "detected stall",
	"scheduling while atomic", "sleeping function", "bad page state",
	"unregister_netdevice: waiting", "blocked for more than", "kmemleak:",
};

static char (*allowed)[80];
static int begin = -1;

int dmesg_mark(void)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd >= 0)
		lseek(fd, 0, SEEK_END);
	return fd;
}

void dmesg_begin(void)
{
	allowed = ktap_shared(ALLOW_MAX * sizeof(*allowed));
	begin = dmesg_mark();
}

/* A runner that scans the whole log is told, too. */
static void tell_runner(const char *text)
{
	const char *dir = getenv("LAB_OUT");
	char path[512];
	FILE *f;

	if (!dir)
		return;
	snprintf(path, sizeof(path), "%s/allow-dmesg", dir);
	f = fopen(path, "a");
	if (!f)
		return;
	fprintf(f, "%s\n", text);
	fclose(f);
}

void dmesg_allow(const char *text)
{
	int i;

	tell_runner(text);
	for (i = 0; i < ALLOW_MAX; i++) {
		if (!strcmp(allowed[i], text))
			return;
		if (!allowed[i][0]) {
			snprintf(allowed[i], sizeof(allowed[i]), "%s", text);
			return;
		}
	}
}

/* The next record's text; NULL at the end of the log. */
static char *next_record(int fd, char *buf)
{
	char *text;
	ssize_t n;

	do {
		n = read(fd, buf, RECORD_MAX - 1);
	} while (n < 0 && errno == EPIPE);	/* overwritten meanwhile */
	if (n <= 0)
		return NULL;
	buf[n] = 0;
	text = strchr(buf, ';');
	if (!text)
		return buf;
	text[1 + strcspn(text + 1, "\n")] = 0;
	return text + 1;
}

static bool is_bad(const char *text)
{
	size_t i;

	if (strstr(text, "DMAR:") && (strstr(text, "fault") || strstr(text, "Fault")))
		return true;
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		if (strstr(text, bad[i]))
			return true;
	return false;
}

static bool is_allowed(const char *text)
{
	int i;

	for (i = 0; i < ALLOW_MAX && allowed[i][0]; i++)
		if (strstr(text, allowed[i]))
			return true;
	return false;
}

int dmesg_check(void)
{
	char buf[RECORD_MAX], *text;
	int hits = 0;

	if (begin < 0) {
		ktap_note("no /dev/kmsg: the kernel's messages were not checked");
		return 0;
	}
	while ((text = next_record(begin, buf)))
		if (is_bad(text) && !is_allowed(text) && hits++ < 20)
			ktap_note("kernel: %s", text);
	close(begin);
	return hits;
}

int dmesg_count(int mark, const char *a, const char *b, int ms)
{
	struct pollfd p = { .fd = mark, .events = POLLIN };
	char buf[RECORD_MAX], *text;
	uint64_t end = now_ms() + (uint64_t)ms;
	int hits = 0;

	if (mark < 0)
		return -1;
	for (;;) {
		while ((text = next_record(mark, buf)))
			hits += (!a || strstr(text, a)) && (!b || strstr(text, b));
		if (hits || now_ms() >= end)
			return hits;
		poll(&p, 1, (int)(end - now_ms()));
	}
}
