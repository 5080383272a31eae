// SPDX-License-Identifier: GPL-2.0-only
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fail.h"
#include "ktap.h"
#include "mdev.h"

#define DEBUGFS	"/sys/kernel/debug"

static const char * const kinds[] = { "failslab", "fail_page_alloc", "fail_usercopy" };
static int nth_fd = -1;

static int set(const char *kind, const char *knob, const char *value)
{
	char path[PATH_LEN];

	snprintf(path, sizeof(path), DEBUGFS "/%s/%s", kind, knob);
	return write_text(path, value);
}

static void set_number(const char *kind, const char *knob, unsigned long long value)
{
	char text[32];

	snprintf(text, sizeof(text), "%llu", value);
	REQUIRE_OK(set(kind, knob, text));
}

static unsigned long long module_number(const char *module, const char *file)
{
	char path[PATH_LEN], buf[64];

	snprintf(path, sizeof(path), "/sys/module/%s/%s", module, file);
	if (read_text(path, buf, sizeof(buf)) <= 0)
		ktap_skip("no %s: the place of failures cannot be told", path);
	return strtoull(buf, NULL, 0);
}

/* Where the kernel's functions begin whose names begin with @prefix, and what follows them. */
static void function_range(const char *prefix, unsigned long long *first,
			   unsigned long long *end)
{
	unsigned long long at, last = 0;
	char line[512], type, name[256];
	unsigned int pass;
	FILE *f;

	*first = *end = ~0ull;
	for (pass = 0; pass < 2; pass++) {
		f = fopen("/proc/kallsyms", "re");
		REQUIRE(f);
		while (fgets(line, sizeof(line), f)) {
			if (sscanf(line, "%llx %c %255s", &at, &type, name) != 3 ||
			    !strchr("tT", type))
				continue;
			if (pass && at > last && at < *end)
				*end = at;
			if (pass || strncmp(name, prefix, strlen(prefix)) || strchr(name, '.'))
				continue;
			*first = at < *first ? at : *first;
			last = at > last ? at : last;
		}
		fclose(f);
	}
	REQUIRE(last != 0);
	REQUIRE_LE(*end - *first, 0x10000);
}

void fail_spare(const char *prefix)
{
	unsigned long long first, end;
	unsigned int i;

	function_range(prefix, &first, &end);
	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		set_number(kinds[i], "reject-start", first);
		set_number(kinds[i], "reject-end", end);
	}
}

void fail_setup(void)
{
	static const char * const modules[] = { "vdcm", "smartnic" };
	unsigned long long first = ~0ull, last = 0;
	unsigned int i;

	if (nth_fd < 0)
		nth_fd = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	if (nth_fd < 0 || access(DEBUGFS "/fail_usercopy/require-start", W_OK))
		ktap_skip("a kernel without fault injection");
	for (i = 0; i < ARRAY_SIZE(modules); i++) {
		unsigned long long text = module_number(modules[i], "sections/.text");
		unsigned long long end = text + module_number(modules[i], "coresize");

		first = text < first ? text : first;
		last = end > last ? end : last;
	}
	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		set_number(kinds[i], "require-start", first);
		set_number(kinds[i], "require-end", last);
		set_number(kinds[i], "probability", 0);
		/* Each would print a stack. */
		set_number(kinds[i], "verbose", 0);
	}
	/* By default only atomic and large allocations fail. */
	REQUIRE_OK(set("failslab", "ignore-gfp-wait", "N"));
	REQUIRE_OK(set("fail_page_alloc", "ignore-gfp-wait", "N"));
	set_number("fail_page_alloc", "min-order", 0);
	/* The check of DMA gives up for good when it lacks memory. */
	fail_spare("debug_dma_");
}

static void write_nth(unsigned int nth)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%u", nth);

	/* The write itself may be what fails. */
	if (pwrite(nth_fd, text, (size_t)len, 0) != len)
		REQUIRE_EQ(pwrite(nth_fd, text, (size_t)len, 0), len);
}

void fail_arm(unsigned int nth)
{
	write_nth(nth);
}

bool fail_disarm(void)
{
	char text[16] = "";
	bool done;

	/* Reading it counts, too: what it hits was not the test's. */
	done = pread(nth_fd, text, sizeof(text) - 1, 0) > 0 && atoi(text) == 0;
	write_nth(0);
	return done;
}

void fail_everywhere(unsigned int nth)
{
	unsigned int i;

	/* User copies are left alone: they would be the test's own. */
	for (i = 0; i < 2; i++) {
		set_number(kinds[i], "interval", nth);
		REQUIRE_OK(set(kinds[i], "times", "-1"));
		set_number(kinds[i], "probability", nth ? 100 : 0);
	}
}
