// SPDX-License-Identifier: GPL-2.0-only
/* The sysfs contract of types and instances: what management tools rely on. */
#include <ctype.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/avf.h"
#include "lib/dmesg.h"
#include "lib/ktap.h"
#include "lib/mdev.h"
#include "lib/subject.h"

#define MAX_OBS		16384
#define MAX_MDEVS	2048
#define IDLE_BYTES_MAX	8192

static struct mdev_type types[MDEV_TYPES_MAX];
static int nr_types;

static void setup(void)
{
	mdev_parent();
	mdev_cleanup();
	nr_types = mdev_types(types, MDEV_TYPES_MAX);
	REQUIRE_GT(nr_types, 0);
}

/* --- the pool rule -------------------------------------------------------------------- */
/*
 * An ADI of a type costs 1 window, n queue pairs and m vectors (mdev_types()), so
 * available = min(A, Q / n, V / m) of what is left of the capacities A, Q and V. The test does not know them: it records every value it has ever
 * read beside what was in use, takes the smallest capacities that allow all of
 * them, and then demands that these explain each value exactly.
 */
struct obs {
	int used_a, used_q, used_v;
	const struct mdev_type *type;
	int avail;
};

static struct obs obs[MAX_OBS];
static int nr_obs;
static char (*made)[UUID_LEN + 1];
static const struct mdev_type **made_of;
static int nr_made;
static int used_a, used_q, used_v;

static void observe(void)
{
	int i;

	for (i = 0; i < nr_types; i++) {
		int v = mdev_available(types[i].id);

		REQUIRE_GE(v, 0);
		if (types[i].queues && nr_obs < MAX_OBS)
			obs[nr_obs++] = (struct obs){ used_a, used_q, used_v,
						      &types[i], v };
	}
}

static void account(const struct mdev_type *type, int sign)
{
	used_a += sign;
	used_q += sign * type->queues;
	used_v += sign * type->vectors;
}

static int make(const struct mdev_type *type)
{
	int ret;

	if (!made) {
		made = calloc(MAX_MDEVS, sizeof(*made));
		made_of = calloc(MAX_MDEVS, sizeof(*made_of));
	}
	REQUIRE(nr_made < MAX_MDEVS);
	mdev_uuid(made[nr_made]);
	ret = mdev_create(type->id, made[nr_made]);
	if (ret)
		return ret;
	made_of[nr_made++] = type;
	account(type, 1);
	return 0;
}

static void unmake(int i)
{
	REQUIRE_OK(mdev_remove(made[i]));
	account(made_of[i], -1);
	nr_made--;
	memmove(made[i], made[nr_made], sizeof(*made));
	made_of[i] = made_of[nr_made];
}

static int max(int a, int b)
{
	return a > b ? a : b;
}

static void explain(void)
{
	int a = 0, q = 0, v = 0, i, odd = 0;

	for (i = 0; i < nr_obs; i++) {
		struct obs *o = &obs[i];

		a = max(a, o->used_a + o->avail);
		q = max(q, o->used_q + o->avail * o->type->queues);
		v = max(v, o->used_v + o->avail * o->type->vectors);
	}
	for (i = 0; i < nr_obs; i++) {
		struct obs *o = &obs[i];
		int fit = a - o->used_a;

		if ((q - o->used_q) / o->type->queues < fit)
			fit = (q - o->used_q) / o->type->queues;
		if ((v - o->used_v) / o->type->vectors < fit)
			fit = (v - o->used_v) / o->type->vectors;
		if (fit != o->avail && odd++ < 5)
			ktap_note("%s: %d available, %d expected with %d ADIs, %d queues, %d vectors in use",
				  o->type->id, o->avail, fit, o->used_a, o->used_q, o->used_v);
	}
	ktap_note("pool: %d ADIs, %d queue pairs, %d vectors or more; %d values read",
		  a, q, v, nr_obs);
	EXPECT_EQ(odd, 0);
}

static const struct mdev_type *type_of(int queues)
{
	int i;

	for (i = 0; i < nr_types; i++)
		if (!strcmp(types[i].id, mdev_type_of(queues)))
			return &types[i];
	ktap_skip("no %s", mdev_type_of(queues));
}

static void fill(const struct mdev_type *type)
{
	int left;

	for (;;) {
		left = mdev_available(type->id);
		REQUIRE_GE(left, 0);
		if (!left)
			break;
		REQUIRE_OK(make(type));
		observe();
	}
	EXPECT_ERR(make(type), ENOSPC);
}

/* Clause: every create and remove moves available_instances of every type as the
 * shared pool demands, down to nothing left and back to the start.
 */
static void pool_is_shared_exactly(void)
{
	int before[MDEV_TYPES_MAX], i;
	const int *q;

	for (i = 0; i < nr_types; i++)
		before[i] = mdev_available(types[i].id);
	observe();
	for (i = 0; i < nr_types; i++) {
		if (!types[i].queues || !mdev_available(types[i].id))
			continue;
		REQUIRE_OK(make(&types[i]));
		observe();
	}
	for (q = subject()->sizes; *q; q++)
		fill(type_of(*q));
	for (i = 0; i < nr_types; i++)
		if (types[i].queues)
			fill(&types[i]);
	while (nr_made) {
		unmake(nr_made / 2);
		if (nr_made % 3 == 0)
			observe();
	}
	observe();
	explain();
	for (i = 0; i < nr_types; i++)
		EXPECT_EQ(mdev_available(types[i].id), before[i]);
}

/* --- the rest -------------------------------------------------------------------------- */

/* Clause: every type directory is complete and machine-readable. */
static void type_directories_are_complete(void)
{
	char buf[512];
	int i, k, av;

	for (i = 0; i < nr_types; i++) {
		const char *id = types[i].id;

		ktap_note("%s: %d", id, mdev_available(id));
		EXPECT(mdev_type_attr(id, "device_api", buf, sizeof(buf)));
		EXPECT_MEM(buf, "vfio-pci\n", 10);
		av = mdev_available(id);
		EXPECT_GE(av, 0);
		EXPECT(mdev_type_attr(id, "name", buf, sizeof(buf)) && strlen(buf) > 1);
		for (k = 0; k < i; k++) {
			char other[512];

			if (mdev_type_attr(types[k].id, "name", other, sizeof(other)))
				EXPECT(strcmp(buf, other) != 0);
		}
		EXPECT(mdev_type_attr(id, "description", buf, sizeof(buf)) && strlen(buf) > 1);
	}
}

/* Clause: the types exist under the names that management tools use. */
static void types_exist(void)
{
	const int *q;

	for (q = subject()->sizes; *q; q++)
		EXPECT_GT(mdev_available(mdev_type_of(*q)), 0);
}

/* Clause: an unknown type is not there, a malformed UUID is refused. */
static void unknown_type_and_bad_uuid(void)
{
	static const char * const bad[] = {
		"", "x", "5e1f7e57", "5e1f7e57-0000-4000-8000-00000000000g",
		"5e1f7e57-0000-4000-8000-00000000000000",
	};
	char uuid[UUID_LEN + 1];
	size_t i;

	mdev_uuid(uuid);
	EXPECT_ERR(mdev_create(mdev_type_of(3), uuid), ENOENT);
	EXPECT_ERR(mdev_create("smartnic-", uuid), ENOENT);
	for (i = 1; i < ARRAY_SIZE(bad); i++)
		EXPECT_ERR(mdev_create(mdev_type_of(1), bad[i]), ANY_ERROR);
	EXPECT(!mdev_exists(uuid));
}

/* Clause: a UUID exists once, and a refused duplicate costs nothing. */
static void duplicate_uuid(void)
{
	char uuid[UUID_LEN + 1];
	int before;

	mdev_new(1, uuid);
	before = mdev_available(mdev_type_of(1));
	EXPECT_ERR(mdev_create(mdev_type_of(1), uuid), EEXIST);
	EXPECT_ERR(mdev_create(mdev_type_of(4), uuid), EEXIST);
	EXPECT_EQ(mdev_available(mdev_type_of(1)), before);
	EXPECT_OK(mdev_remove(uuid));
	EXPECT_EQ(mdev_available(mdev_type_of(1)), before + 1);
	EXPECT(!mdev_exists(uuid));
}

/* Lines of /proc/interrupts, and the interrupts counted on those of the SmartNIC. */
static char *interrupts(void)
{
	char *buf = malloc(1 << 20);
	FILE *f = fopen("/proc/interrupts", "r");
	char line[1024], *p = buf;

	REQUIRE(buf && f);
	*p = 0;
	while (fgets(line, sizeof(line), f)) {
		/* Names and numbers of the lines only, plus the counts of ours. */
		if (strstr(line, "smartnic") || strstr(line, "snic") ||
		    strstr(line, mdev_parent()))
			p += sprintf(p, "%s", line);
		else
			p += sprintf(p, "%.*s\n", (int)strcspn(line, ":"), line);
	}
	fclose(f);
	return buf;
}

/* Clauses: creating all instances touches no hardware (no function and no vector is
 * assigned, interrupt lines and their counts stay as they are) and costs at most 8 KiB each; the one too many is
 * refused with ENOSPC and one line of the log that names it.
 */
static void all_1q_instances_idle(void)
{
	char *before = interrupts(), *after;
	int n = mdev_available(mdev_type_of(1)), mark, again, lines, i;
	int64_t bytes;
	char text[64];

	observe();
	for (i = 0; i < n; i++) {
		REQUIRE_OK(make(type_of(1)));
		if (i % 8 == 0 || i == n - 1)
			observe();
		if (strcmp(subject()->module, "smartnic"))
			continue;
		EXPECT_GT(mdev_attr(made[i], "function", text, sizeof(text)), 0);
		EXPECT(!strcmp(text, "none"));
		EXPECT_EQ(mdev_attr_num(made[i], "vectors/dedicated"), 0);
		EXPECT_EQ(mdev_attr_num(made[i], "vectors/shared"), 0);
	}
	after = interrupts();
	EXPECT(!strcmp(before, after));
	bytes = mdev_counter(made[n - 1], "bytes_idle");
	ktap_note("%d idle instances of %s, %lld bytes each", n, mdev_type_of(1), (long long)bytes);
	EXPECT_GT(bytes, 0);
	EXPECT_LE(bytes, IDLE_BYTES_MAX);

	mark = dmesg_mark();
	again = dmesg_mark();
	EXPECT_EQ(mdev_available(mdev_type_of(1)), 0);
	EXPECT_ERR(make(type_of(1)), ENOSPC);
	/* One of ours; the driver core adds its own "probe ... failed". */
	lines = dmesg_count(mark, made[nr_made], NULL, 500);
	EXPECT_EQ(lines - dmesg_count(again, made[nr_made], "probe ", 0), 1);
	EXPECT(!mdev_exists(made[nr_made]));
	while (nr_made)
		unmake(nr_made - 1);
	observe();
	explain();
	EXPECT_EQ(mdev_available(mdev_type_of(1)), n);
}

static void mac_of(const char *uuid, uint8_t *mac)
{
	static struct avf a;

	REQUIRE_OK(mdev_create(mdev_type_of(1), uuid));
	REQUIRE_OK(avf_open(&a, uuid, NULL));
	REQUIRE_OK(avf_init(&a));
	memcpy(mac, a.res.mac, 6);
	avf_close(&a);
	REQUIRE_OK(mdev_remove(uuid));
}

/* Clause: the MAC address belongs to the UUID. */
static void mac_follows_uuid(void)
{
	uint8_t first[6], again[6], other[6];
	static const int digit[] = { 35, 24, 22, 16, 9 };
	char uuid[UUID_LEN + 1];
	size_t i;

	subject_is_avf();
	mdev_uuid(uuid);
	mac_of(uuid, first);
	ktap_note("%s: %02x:%02x:%02x:%02x:%02x:%02x", uuid, first[0], first[1],
		  first[2], first[3], first[4], first[5]);
	EXPECT_EQ(first[0] & 1, 0);
	mac_of(uuid, again);
	EXPECT_MEM(again, first, 6);
	for (i = 0; i < ARRAY_SIZE(digit); i++) {
		char changed[UUID_LEN + 1];
		int pos = digit[i];

		memcpy(changed, uuid, sizeof(changed));
		changed[pos] = changed[pos] == '7' ? '8' : '7';
		mac_of(changed, other);
		EXPECT(memcmp(other, first, 6) != 0);
	}
}

/* Clause: per-instance attributes are there and machine-readable while idle. */
static void idle_attributes(void)
{
	char uuid[UUID_LEN + 1], buf[256];

	mdev_new(1, uuid);
	EXPECT_GT(mdev_attr(uuid, "state", buf, sizeof(buf)), 0);
	EXPECT(!strcmp(buf, "idle"));
	EXPECT_EQ(mdev_attr_num(uuid, "pinned_bytes"), 0);
	EXPECT_GT(mdev_attr(uuid, "dma_mode", buf, sizeof(buf)), 0);
	EXPECT(!strcmp(buf, "table") || !strcmp(buf, "pasid") || !strcmp(buf, "none"));
	ktap_note("dma_mode %s", buf);
	EXPECT_GT(mdev_attr(uuid, "pasid", buf, sizeof(buf)), 0);
	EXPECT(!strcmp(buf, "none"));
	EXPECT_OK(mdev_remove(uuid));
}

static const struct ktap_case cases[] = {
	CASE_FOR(type_directories_are_complete, "mdevctl, libvirt, Proxmox: reads every description"),
	CASE_FOR(types_exist, "mdevctl, KubeVirt: types by name"),
	CASE_FOR(unknown_type_and_bad_uuid, "mdevctl start"),
	CASE_FOR(duplicate_uuid, "mdevctl start"),
	CASE_FOR(idle_attributes, "mdevctl, the kit"),
	CASE_FOR(mac_follows_uuid, "libvirt, Proxmox: its UUIDs differ in few digits"),
	CASE_SECONDS_FOR(pool_is_shared_exactly, 30, "Nova, KubeVirt: counts what is left of each type"),
	CASE_SECONDS_FOR(all_1q_instances_idle, 30, "KubeVirt: creates all instances at once"),
};

KTAP_MAIN("types", cases, setup, mdev_cleanup)
