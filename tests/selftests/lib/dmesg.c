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
#define REPORT_MAX	32768
#define ALLOW_MAX	16
#define REPORT_BEGIN	"[ cut here ]"
#define REPORT_END	"[ end trace "

static const char * const bad[] = {
	"WARNING:", "BUG:", "kernel BUG", "Oops", "general protection", "Call Trace",
	"KASAN", "KFENCE", "UBSAN", "DMA-API:", "Disabling lock debugging",
	"INFO: possible", "INFO: suspicious", "INFO: inconsistent", "INFO: rcu_",
	"INFO: task ", "INFO: trying to register", "possible circular",
	"refcount_t:", "soft lockup", "hard LOCKUP", "detected stall",
	"scheduling while atomic", "sleeping function", "bad page state",
	"unregister_netdevice: waiting", "blocked for more than", "kmemleak:",
};

/* Announced: texts of single messages, and of whole reports (separated by tabs). */
static struct announced {
	char text[ALLOW_MAX][80], report[ALLOW_MAX][80];
} *allowed;
static int begin = -1, hits;

int dmesg_mark(void)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd >= 0)
		lseek(fd, 0, SEEK_END);
	return fd;
}

void dmesg_begin(void)
{
	allowed = ktap_shared(sizeof(*allowed));
	begin = dmesg_mark();
}

/* A runner that scans the whole log is told, too. */
static void tell_runner(const char *file, const char *text)
{
	const char *dir = getenv("LAB_OUT");
	char path[512];
	FILE *f;

	if (!dir)
		return;
	snprintf(path, sizeof(path), "%s/%s", dir, file);
	f = fopen(path, "a");
	if (!f)
		return;
	fprintf(f, "%s\n", text);
	fclose(f);
}

static void allow(char (*list)[80], const char *file, const char *text)
{
	int i;

	for (i = 0; i < ALLOW_MAX && strcmp(list[i], text); i++) {
		if (list[i][0])
			continue;
		tell_runner(file, text);
		snprintf(list[i], sizeof(list[i]), "%s", text);
		return;
	}
}

void dmesg_allow(const char *text)
{
	allow(allowed->text, "allow-dmesg", text);
}

void dmesg_allow_report(const char *texts)
{
	allow(allowed->report, "allow-reports", texts);
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

	for (i = 0; i < ALLOW_MAX && allowed->text[i][0]; i++)
		if (strstr(text, allowed->text[i]))
			return true;
	return false;
}

static void judge(const char *text)
{
	if (is_bad(text) && !is_allowed(text) && hits++ < 20)
		ktap_note("kernel: %s", text);
}

/* How many of @texts are in @where; @all: how many there are. */
static int texts_in(const char *where, const char *texts, int *all)
{
	char list[80], *next = list, *text;
	int found = 0;

	snprintf(list, sizeof(list), "%s", texts);
	for (*all = 0; (text = strsep(&next, "\t")); ++*all)
		found += !!strstr(where, text);
	return found;
}

/* The announcement that a whole report fulfils, or NULL. */
static const char *report_allowed(const char *report)
{
	int i, all;

	for (i = 0; i < ALLOW_MAX && allowed->report[i][0]; i++)
		if (texts_in(report, allowed->report[i], &all) == all)
			return allowed->report[i];
	return NULL;
}

/* What another processor said meanwhile is in there, too, and counts. */
static void judge_report(char *report)
{
	const char *why = strstr(report, REPORT_END) ? report_allowed(report) : NULL;
	char *line;
	int all;

	while ((line = strsep(&report, "\n")))
		if (!why || (!strstr(line, "Call Trace:") && !texts_in(line, why, &all)))
			judge(line);
}

int dmesg_check(void)
{
	static char report[REPORT_MAX];
	char buf[RECORD_MAX], *text;
	size_t len = 0;

	if (begin < 0) {
		ktap_note("no /dev/kmsg: the kernel's messages were not checked");
		return 0;
	}
	while ((text = next_record(begin, buf))) {
		if (strstr(text, REPORT_BEGIN) || len + strlen(text) + 2 > sizeof(report)) {
			judge_report(report);
			len = 0;
		}
		len += (size_t)snprintf(report + len, sizeof(report) - len, "%s\n", text);
		if (strstr(text, REPORT_END)) {
			judge_report(report);
			report[0] = 0;
			len = 0;
		}
	}
	judge_report(report);
	close(begin);
	return hits;
}

int dmesg_count(int mark, const char *a, const char *b, int ms)
{
	struct pollfd p = { .fd = mark, .events = POLLIN };
	char buf[RECORD_MAX], *text;
	uint64_t end = now_ms() + (uint64_t)ms, t;
	int hits = 0;

	if (mark < 0)
		return -1;
	for (;;) {
		while ((text = next_record(mark, buf)))
			hits += (!a || strstr(text, a)) && (!b || strstr(text, b));
		t = now_ms();
		if (hits || t >= end)
			return hits;
		poll(&p, 1, (int)(end - t));
	}
}
