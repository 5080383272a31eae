// SPDX-License-Identifier: GPL-2.0-only
/* What one tenant can make the host do on its behalf: lines of the log, names shown, memory. */
#include <ctype.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "lib/avf.h"
#include "lib/dmesg.h"
#include "lib/ktap.h"

#define NO_OPCODE	999
#define PROVOCATIONS	1000
/* Of one device in so many milliseconds; what is under way at both ends counts as well. */
#define LINES(ms)	(10 * (2 + (int)(ms) / 10000))

static struct avf a, b;

static void setup(void)
{
	mdev_parent();
	mdev_cleanup();
}

/* Clause: a guest that does what is logged a thousand times costs the log a few lines, and
 * what its neighbour does meanwhile is still in it.
 */
static void log_is_limited(void)
{
	int mark, mark_b, i;
	uint64_t start;

	avf_pair(&a, &b, 1);
	mark = dmesg_mark();
	if (mark < 0)
		ktap_skip("no /dev/kmsg");
	start = now_ms();
	for (i = 0; i < PROVOCATIONS; i++)
		REQUIRE_NE(avf_vc(&a, NO_OPCODE, NULL, 0, NULL), 0);
	mark_b = dmesg_mark();
	i = dmesg_count(mark, a.dev.uuid, "refused", 1000);
	ktap_note("%d lines in %llu ms", i, (unsigned long long)(now_ms() - start));
	EXPECT_GT(i, 0);
	EXPECT_LE(i, LINES(now_ms() - start));
	REQUIRE_NE(avf_vc(&b, NO_OPCODE, NULL, 0, NULL), 0);
	EXPECT_GT(dmesg_count(mark_b, b.dev.uuid, "refused", 1000), 0);
	avf_end(&a);
	avf_end(&b);
}

/* Clause: whatever a process calls itself, "state" stays one line of printable ASCII. */
static void name_is_escaped(void)
{
	static const struct {
		const char *name, *shown;
	} names[] = {
		{ "x\nidle", "x\\nidle" },
		{ "\x1b[2J\x7f\xc3\xa4", "\\e[2J\\177\\303\\244" },
		{ "\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n", "\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n" },
		{ "CPU 0/KVM", "CPU 0/KVM" },
	};
	char uuid[UUID_LEN + 1], state[128], right[128], *p;
	size_t i;

	mdev_new(1, uuid);
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		REQUIRE_EQ(prctl(PR_SET_NAME, names[i].name), 0);
		REQUIRE_OK(avf_open(&a, uuid, NULL));
		REQUIRE_GT(mdev_attr(uuid, "state", state, sizeof(state)), 0);
		snprintf(right, sizeof(right), "open %d %s", getpid(), names[i].shown);
		if (!EXPECT_OK(strcmp(state, right)))
			for (p = state; *p; p++)
				ktap_note("%c %#x", isprint(*p) ? *p : ' ', (uint8_t)*p);
		avf_close(&a);
	}
	EXPECT_OK(mdev_remove(uuid));
}

static const struct ktap_case cases[] = {
	CASE_SECONDS(log_is_limited, 60),
	CASE(name_is_escaped),
};

KTAP_MAIN("tenants", cases, setup, mdev_cleanup)
