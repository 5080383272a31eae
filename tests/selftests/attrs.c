// SPDX-License-Identifier: GPL-2.0-only
/* Settings of an instance: what is taken, what is refused, what stays. */
#include <dirent.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/avf.h"
#include "lib/frame.h"
#include "lib/ktap.h"

#define QUEUES	4
#define OWN_MAC	"02:5e:1f:00:00:01"

static char uuid[UUID_LEN + 1];
static struct avf a;

static void setup(void)
{
	mdev_parent();
	mdev_cleanup();
}

static void fresh(void)
{
	mdev_new(QUEUES, uuid);
}

static void gone(void)
{
	EXPECT_OK(mdev_remove(uuid));
}

static void holds(const char *attr, const char *want)
{
	char buf[64];

	EXPECT_GT(mdev_attr(uuid, attr, buf, sizeof(buf)), 0);
	if (strcmp(buf, want)) {
		ktap_note("%s is '%s', not '%s'", attr, buf, want);
		EXPECT(!strcmp(buf, want));
	}
}

struct setting {
	const char *attr, *usual, *other;
	bool live;
};

/* @other is neither the usual nor what any other case leaves behind. */
static const struct setting settings[] = {
	{ "vlan", "untagged", "4094", true },
	{ "tx_rate", "0", "100000", true },
	{ "trust", "off", "on", true },
	{ "spoofchk", "on", "off", true },
	{ "link_state", "auto", "enable", true },
	{ "itr", "0", "8190", true },
	{ "queues", "4", "1", false },
	{ "rx_ring_size", "4096", "64", false },
	{ "tx_ring_size", "4096", "96", false },
};

/* Clause (mdevctl, libvirt): a fresh instance has the documented settings. */
static void defaults(void)
{
	size_t i;

	fresh();
	for (i = 0; i < ARRAY_SIZE(settings); i++)
		holds(settings[i].attr, settings[i].usual);
	gone();
}

struct form {
	const char *attr, *text;
	int err;
};

/* Clause (mdevctl: the errno is all that an operator sees): EINVAL is not of the
 * form, ERANGE a number that is not taken.
 */
static const struct form refused[] = {
	{ "vlan", " 1", EINVAL },
	{ "vlan", "1 ", EINVAL },
	{ "vlan", "\n", EINVAL },
	{ "vlan", "1\n\n", EINVAL },
	{ "vlan", "\n1", EINVAL },
	{ "vlan", "+1", EINVAL },
	{ "vlan", "-1", EINVAL },
	{ "vlan", "01", EINVAL },
	{ "vlan", "00", EINVAL },
	{ "vlan", "0x10", EINVAL },
	{ "vlan", "1.0", EINVAL },
	{ "vlan", "1e2", EINVAL },
	{ "vlan", "ten", EINVAL },
	{ "vlan", "12 34", EINVAL },
	{ "vlan", "all,1", EINVAL },
	{ "vlan", "1,2", EINVAL },
	{ "vlan", "2,1", EINVAL },
	{ "vlan", "5-4", EINVAL },
	{ "vlan", "1,3-3", EINVAL },
	{ "vlan", "100:3", EINVAL },
	{ "vlan", "100:p8", ERANGE },
	{ "vlan", "802.1q:100", EINVAL },
	{ "vlan", "802.1ad:0", ERANGE },
	{ "vlan", "1-4095", ERANGE },
	{ "vlan", "4095", ERANGE },
	{ "vlan", "65536", ERANGE },
	{ "vlan", "4294967296", ERANGE },
	{ "vlan", "4294967297", ERANGE },
	{ "vlan", "18446744073709551617", ERANGE },
	{ "vlan", "340282366920938463463374607431768211457", ERANGE },
	{ "tx_rate", "100001", ERANGE },
	{ "tx_rate", "10Mbit", EINVAL },
	{ "tx_rate", "1,000", EINVAL },
	{ "tx_rate", "none", EINVAL },
	{ "trust", "1", EINVAL },
	{ "trust", "ON", EINVAL },
	{ "trust", "o", EINVAL },
	{ "trust", "of", EINVAL },
	{ "trust", "offf", EINVAL },
	{ "trust", "on off", EINVAL },
	{ "trust", " on", EINVAL },
	{ "trust", "yes", EINVAL },
	{ "spoofchk", "true", EINVAL },
	{ "spoofchk", "\n", EINVAL },
	{ "spoofchk", "on\n\n", EINVAL },
	{ "link_state", "up", EINVAL },
	{ "link_state", "enabled", EINVAL },
	{ "link_state", "Auto", EINVAL },
	{ "link_state", "0", EINVAL },
	{ "queues", "0", ERANGE },
	{ "queues", "5", ERANGE },
	{ "queues", "4294967297", ERANGE },
	{ "queues", "-1", EINVAL },
	{ "queues", "4q", EINVAL },
	{ "rx_ring_size", "0", ERANGE },
	{ "rx_ring_size", "32", ERANGE },
	{ "rx_ring_size", "65", ERANGE },
	{ "rx_ring_size", "4128", ERANGE },
	{ "rx_ring_size", "0100", EINVAL },
	{ "tx_ring_size", "63", ERANGE },
	{ "tx_ring_size", "100", ERANGE },
	{ "tx_ring_size", "4097", ERANGE },
	{ "tx_ring_size", "64k", EINVAL },
	{ "itr", "1", ERANGE },
	{ "itr", "8191", ERANGE },
	{ "itr", "8192", ERANGE },
	{ "itr", "10us", EINVAL },
	{ "mac", "02:5e:1f:00:00", EINVAL },
	{ "mac", "02:5e:1f:00:00:01:02", EINVAL },
	{ "mac", "02-5e-1f-00-00-01", EINVAL },
	{ "mac", "025e1f000001", EINVAL },
	{ "mac", "2:5e:1f:0:0:1", EINVAL },
	{ "mac", "02:5e:1f:00:00:0g", EINVAL },
	{ "mac", " " OWN_MAC, EINVAL },
	{ "mac", OWN_MAC " ", EINVAL },
	{ "mac", OWN_MAC "\n\n", EINVAL },
	{ "mac", "00:00:00:00:00:00", EINVAL },
	{ "mac", "ff:ff:ff:ff:ff:ff", EINVAL },
	{ "mac", "01:00:5e:00:00:01", EINVAL },
};

static void malformed_is_refused(void)
{
	char before[64], *longest;
	size_t i;

	fresh();
	REQUIRE_OK(mdev_attr_set(uuid, "mac", OWN_MAC));
	for (i = 0; i < ARRAY_SIZE(settings); i++)
		REQUIRE_OK(mdev_attr_set(uuid, settings[i].attr, settings[i].other));
	for (i = 0; i < ARRAY_SIZE(refused); i++) {
		const struct form *f = &refused[i];
		int err;

		REQUIRE_GT(mdev_attr(uuid, f->attr, before, sizeof(before)), 0);
		err = mdev_attr_set(uuid, f->attr, f->text);
		if (err != -f->err) {
			ktap_note("%s <- '%s': %d", f->attr, f->text, err);
			EXPECT_ERR(err, f->err);
		}
		holds(f->attr, before);
	}
	/* a NUL among the bytes, at the end and before it; a page of digits */
	longest = malloc(4096);
	REQUIRE(longest);
	memset(longest, '1', 4096);
	for (i = 0; i < ARRAY_SIZE(settings); i++) {
		const char *attr = settings[i].attr, *v = settings[i].other;

		EXPECT_ERR(mdev_attr_write(uuid, attr, v, strlen(v) + 1), EINVAL);
		EXPECT_ERR(mdev_attr_write(uuid, attr, "\0\0\0", 3), EINVAL);
		EXPECT_ERR(mdev_attr_write(uuid, attr, longest, 4096), ANY_ERROR);
		holds(attr, v);
	}
	EXPECT_ERR(mdev_attr_write(uuid, "mac", OWN_MAC, sizeof(OWN_MAC)), EINVAL);
	gone();
}

/* Clause (mdevctl writes without, echo with a newline): both are taken. */
static void taken_with_and_without_newline(void)
{
	static const struct form taken[] = {
		{ "vlan", "1", 0 }, { "vlan", "4094", 0 }, { "vlan", "100:p0", 0 },
		{ "vlan", "802.1ad:100", 0 }, { "vlan", "802.1ad:100:p7", 0 },
		{ "vlan", "100-100", 0 }, { "vlan", "100,200-210", 0 },
		{ "vlan", "untagged,1,3-4094", 0 }, { "vlan", "untagged", 0 },
		{ "tx_rate", "1", 0 }, { "tx_rate", "100000", 0 }, { "tx_rate", "0", 0 },
		{ "trust", "on", 0 }, { "trust", "off", 0 },
		{ "spoofchk", "off", 0 }, { "spoofchk", "on", 0 },
		{ "link_state", "enable", 0 }, { "link_state", "disable", 0 },
		{ "link_state", "auto", 0 },
		{ "queues", "1", 0 }, { "queues", "3", 0 }, { "queues", "4", 0 },
		{ "rx_ring_size", "64", 0 }, { "rx_ring_size", "96", 0 },
		{ "rx_ring_size", "4096", 0 },
		{ "tx_ring_size", "64", 0 }, { "tx_ring_size", "4096", 0 },
		{ "itr", "2", 0 }, { "itr", "8190", 0 }, { "itr", "0", 0 },
		{ "mac", OWN_MAC, 0 }, { "mac", "02:5e:1f:aa:bb:cc", 0 },
	};
	char line[64];
	size_t i;

	fresh();
	for (i = 0; i < ARRAY_SIZE(taken); i++) {
		EXPECT_OK(mdev_attr_set(uuid, taken[i].attr, taken[i].text));
		holds(taken[i].attr, taken[i].text);
		snprintf(line, sizeof(line), "%s\n", taken[i].text);
		EXPECT_OK(mdev_attr_set(uuid, taken[i].attr, line));
		holds(taken[i].attr, taken[i].text);
	}
	EXPECT_OK(mdev_attr_set(uuid, "mac", "02:5E:1F:AA:BB:CD"));
	holds("mac", "02:5e:1f:aa:bb:cd");
	gone();
}

/* Clause (definitions from before there were other values say 0): `all`, and 0, are in
 * force with trust only, whichever is written first, and fall back without it.
 */
static void all_vlans_with_trust(void)
{
	static const char * const all[] = { "all", "0" };
	size_t i;

	fresh();
	holds("vlan", "untagged");
	for (i = 0; i < ARRAY_SIZE(all); i++) {
		EXPECT_OK(mdev_attr_set(uuid, "vlan", "untagged"));
		EXPECT_OK(mdev_attr_set(uuid, "vlan", all[i]));
		holds("vlan", "untagged");
		EXPECT_OK(mdev_attr_set(uuid, "trust", "on"));
		holds("vlan", "all");
		EXPECT_OK(mdev_attr_set(uuid, "vlan", "untagged"));
		holds("vlan", "untagged");
		EXPECT_OK(mdev_attr_set(uuid, "vlan", all[i]));
		holds("vlan", "all");
		EXPECT_OK(mdev_attr_set(uuid, "trust", "off"));
		holds("vlan", "untagged");
	}
	gone();
}

/* Clause (mdevctl writes in the order of its list): no order matters, and no
 * setting changes another.
 */
static void any_order(void)
{
	const size_t n = ARRAY_SIZE(settings);
	size_t i, k, round;

	fresh();
	for (round = 0; round < n; round++) {
		for (i = 0; i < n; i++) {
			const struct setting *s = &settings[(i * 2 + round) % n];

			EXPECT_OK(mdev_attr_set(uuid, s->attr, s->other));
			EXPECT_OK(mdev_attr_set(uuid, s->attr, s->other));
		}
		for (k = 0; k < n; k++)
			holds(settings[k].attr, settings[k].other);
		for (i = n; i--; ) {
			const struct setting *s = &settings[(i + round) % n];

			EXPECT_OK(mdev_attr_set(uuid, s->attr, s->usual));
			holds(s->attr, s->usual);
		}
	}
	gone();
}

/* Clause: what is not live is refused with EBUSY while open, unless it is so
 * already; what is live is taken.
 */
static void open_and_closed(void)
{
	char mac[32];
	size_t i;

	fresh();
	REQUIRE_GT(mdev_attr(uuid, "mac", mac, sizeof(mac)), 0);
	avf_up(&a, uuid, NULL, QUEUES);
	for (i = 0; i < ARRAY_SIZE(settings); i++) {
		const struct setting *s = &settings[i];

		EXPECT_OK(mdev_attr_set(uuid, s->attr, s->usual));
		EXPECT_ERR(mdev_attr_set(uuid, s->attr, s->other), s->live ? 0 : EBUSY);
		holds(s->attr, s->live ? s->other : s->usual);
		EXPECT_OK(mdev_attr_set(uuid, s->attr, s->usual));
		EXPECT_ERR(mdev_attr_set(uuid, s->attr, "nonsense"), EINVAL);
	}
	EXPECT_ERR(mdev_attr_set(uuid, "mac", OWN_MAC), EBUSY);
	EXPECT_OK(mdev_attr_set(uuid, "mac", mac));
	holds("mac", mac);
	avf_close(&a);
	EXPECT_OK(mdev_attr_set(uuid, "mac", OWN_MAC));
	EXPECT_OK(mdev_attr_set(uuid, "queues", "1"));
	gone();
}

/* Clause: settings outlive open, reset, a guest's reset, and close. */
static void settings_persist(void)
{
	unsigned int round;
	size_t i;

	fresh();
	REQUIRE_OK(mdev_attr_set(uuid, "mac", OWN_MAC));
	for (i = 0; i < ARRAY_SIZE(settings); i++)
		REQUIRE_OK(mdev_attr_set(uuid, settings[i].attr, settings[i].other));
	for (round = 0; round < 3; round++) {
		avf_up(&a, uuid, NULL, 1);
		REQUIRE_OK(vfio_reset(&a.dev));
		REQUIRE_OK(avf_restart(&a));
		REQUIRE_EQ(avf_queues_up(&a, 1), 0);
		for (i = 0; i < ARRAY_SIZE(settings); i++)
			holds(settings[i].attr, settings[i].other);
		avf_close(&a);
		for (i = 0; i < ARRAY_SIZE(settings); i++)
			holds(settings[i].attr, settings[i].other);
		holds("mac", OWN_MAC);
	}
	gone();
}

/* Clause: `queues` is what a guest is granted, and no more; the pool does not change. */
static void queues_are_granted(void)
{
	struct vc_queue_config c;
	int before;

	fresh();
	before = mdev_available("smartnic-1q");
	REQUIRE_OK(mdev_attr_set(uuid, "queues", "2"));
	EXPECT_EQ(mdev_available("smartnic-1q"), before);
	avf_up(&a, uuid, NULL, 2);
	EXPECT_EQ(a.res.num_queue_pairs, 2);
	EXPECT_EQ(a.res.vsi_queue_pairs, 2);
	EXPECT_EQ(a.res.max_vectors, 3);
	REQUIRE_EQ(avf_queues_select(&a, VC_DISABLE_QUEUES, 3, 3), 0);
	EXPECT_NE(avf_queues_select(&a, VC_ENABLE_QUEUES, 4, 4), 0);
	avf_queue_config(&a, &c, 2);
	c.qp[1].tx.queue_id = 2;
	c.qp[1].rx.queue_id = 2;
	EXPECT_NE(avf_vc(&a, VC_CONFIG_VSI_QUEUES, &c, VC_QUEUE_CONFIG_LEN(2), NULL), 0);
	avf_close(&a);
	REQUIRE_OK(mdev_attr_set(uuid, "queues", "4"));
	avf_up(&a, uuid, NULL, QUEUES);
	EXPECT_EQ(a.res.num_queue_pairs, QUEUES);
	EXPECT_EQ(a.res.max_vectors, QUEUES + 1);
	avf_close(&a);
	gone();
}

static int ring_of(unsigned int rx, unsigned int tx)
{
	struct vc_queue_config c;

	avf_queue_config(&a, &c, 1);
	c.qp[0].rx.ring_len = rx;
	c.qp[0].tx.ring_len = (uint16_t)tx;
	return avf_vc(&a, VC_CONFIG_VSI_QUEUES, &c, VC_QUEUE_CONFIG_LEN(1), NULL);
}

/* Clause: a guest's rings are at most as long as the limits, and may be shorter. */
static void rings_are_limited(void)
{
	fresh();
	REQUIRE_OK(mdev_attr_set(uuid, "queues", "1"));
	REQUIRE_OK(mdev_attr_set(uuid, "rx_ring_size", "512"));
	REQUIRE_OK(mdev_attr_set(uuid, "tx_ring_size", "128"));
	avf_up(&a, uuid, NULL, 1);
	REQUIRE_EQ(avf_queues_select(&a, VC_DISABLE_QUEUES, 1, 1), 0);
	EXPECT_EQ(ring_of(512, 128), 0);
	EXPECT_EQ(ring_of(64, 64), 0);
	EXPECT_NE(ring_of(544, 128), 0);
	EXPECT_NE(ring_of(512, 160), 0);
	EXPECT_NE(ring_of(4096, 4096), 0);
	EXPECT_EQ(ring_of(AVF_RING, AVF_RING), 0);
	avf_close(&a);
	REQUIRE_OK(mdev_attr_set(uuid, "rx_ring_size", "4096"));
	REQUIRE_OK(mdev_attr_set(uuid, "tx_ring_size", "4096"));
	avf_up(&a, uuid, NULL, 1);
	REQUIRE_EQ(avf_queues_select(&a, VC_DISABLE_QUEUES, 1, 1), 0);
	EXPECT_EQ(ring_of(4096, 4096), 0);
	avf_close(&a);
	gone();
}

/* Clause: no two instances, nor one and the PF, have the same address. */
static void addresses_are_unique(void)
{
	char other[UUID_LEN + 1], mac[32], path[PATH_LEN];
	struct dirent *e;
	DIR *d;

	fresh();
	mdev_new(1, other);
	REQUIRE_GT(mdev_attr(other, "mac", mac, sizeof(mac)), 0);
	EXPECT_ERR(mdev_attr_set(uuid, "mac", mac), EEXIST);
	EXPECT_OK(mdev_attr_set(uuid, "mac", OWN_MAC));
	EXPECT_ERR(mdev_attr_set(other, "mac", OWN_MAC), EEXIST);
	EXPECT_OK(mdev_attr_set(uuid, "mac", OWN_MAC));
	EXPECT_OK(mdev_attr_set(uuid, "mac", "02:5e:1f:00:00:02"));
	EXPECT_OK(mdev_attr_set(other, "mac", OWN_MAC));
	snprintf(path, sizeof(path), "/sys/class/mdev_bus/%s/net", mdev_parent());
	d = opendir(path);
	while (d && (e = readdir(d)))
		if (e->d_name[0] != '.') {
			snprintf(path, sizeof(path), "/sys/class/net/%s/address", e->d_name);
			REQUIRE_GT(read_text(path, mac, sizeof(mac)), 0);
			EXPECT_ERR(mdev_attr_set(uuid, "mac", mac), EEXIST);
		}
	EXPECT_OK(mdev_remove(other));
	gone();
}

/* Clause: a guest that is not trusted has its own address, and all multicast; a
 * trusted one any that is free.
 */
static void trust_and_addresses(void)
{
	static const uint8_t extra[6] = { 0x02, 0x5e, 0x1f, 0, 0, 7 };
	static const uint8_t group[6] = { 0x33, 0x33, 0, 0, 0, 7 };
	static struct avf b;
	char other[UUID_LEN + 1];

	fresh();
	mdev_new(1, other);
	avf_up(&a, uuid, NULL, 1);
	avf_up(&b, other, NULL, 1);
	EXPECT_NE(avf_mac(&a, VC_ADD_ETH_ADDR, extra, AVF_MAC_LEGACY), 0);
	EXPECT_NE(avf_mac(&a, VC_ADD_ETH_ADDR, extra, AVF_MAC_PRIMARY), 0);
	EXPECT_EQ(avf_mac(&a, VC_ADD_ETH_ADDR, group, 2), 0);
	EXPECT_EQ(avf_mac(&a, VC_DEL_ETH_ADDR, a.res.mac, 1), 0);
	EXPECT_EQ(avf_mac(&a, VC_ADD_ETH_ADDR, a.res.mac, 1), 0);
	REQUIRE_OK(mdev_attr_set(uuid, "trust", "on"));
	EXPECT_EQ(avf_mac(&a, VC_ADD_ETH_ADDR, extra, 2), 0);
	EXPECT_NE(avf_mac(&a, VC_ADD_ETH_ADDR, b.res.mac, AVF_MAC_LEGACY), 0);
	REQUIRE_OK(mdev_attr_set(other, "trust", "on"));
	EXPECT_NE(avf_mac(&b, VC_ADD_ETH_ADDR, extra, AVF_MAC_LEGACY), 0);
	/* Trust withdrawn: the address is free again. */
	REQUIRE_OK(mdev_attr_set(uuid, "trust", "off"));
	EXPECT_EQ(avf_mac(&b, VC_ADD_ETH_ADDR, extra, AVF_MAC_LEGACY), 0);
	avf_follow_reset(&a, 1);
	EXPECT_NE(avf_mac(&a, VC_ADD_ETH_ADDR, extra, AVF_MAC_LEGACY), 0);
	avf_close(&b);
	avf_close(&a);
	EXPECT_OK(mdev_remove(other));
	gone();
}

/* Clause: each counter is a file with a decimal number; they begin at each opening,
 * and stay readable after the close.
 */
static void counters(void)
{
	static const char * const some[] = {
		"rx_bytes", "tx_errors", "spoofed", "vlan_drops", "rate_waits", "dma_faults",
		"interrupts",
	};
	char path[PATH_LEN], buf[64];
	unsigned int n = 0, i;
	int64_t requests;
	struct dirent *e;
	DIR *d;

	fresh();
	snprintf(path, sizeof(path), "/sys/bus/mdev/devices/%s/smartnic/stats", uuid);
	d = opendir(path);
	REQUIRE(d);
	while ((e = readdir(d))) {
		char file[2 * PATH_LEN];

		if (e->d_name[0] == '.')
			continue;
		snprintf(file, sizeof(file), "%s/%s", path, e->d_name);
		EXPECT_GT(read_text(file, buf, sizeof(buf)), 0);
		EXPECT(!strcmp(buf, "0\n"));
		EXPECT_ERR(write_text(file, "0"), ANY_ERROR);
		n++;
	}
	closedir(d);
	ktap_note("%u counters", n);
	EXPECT_GE(n, 15);
	for (i = 0; i < ARRAY_SIZE(some); i++) {
		snprintf(path, sizeof(path), "stats/%s", some[i]);
		EXPECT_EQ(mdev_attr_num(uuid, path), 0);
	}
	avf_up(&a, uuid, NULL, QUEUES);
	requests = mdev_attr_num(uuid, "stats/mbx_requests");
	EXPECT_GE(requests, 5);
	EXPECT_GT(mdev_attr_num(uuid, "stats/dma_faults"), 0);
	EXPECT_EQ(avf_mac(&a, VC_ADD_ETH_ADDR, a.res.mac, 1), 0);
	EXPECT_EQ(mdev_attr_num(uuid, "stats/mbx_requests"), requests + 1);
	avf_close(&a);
	EXPECT_EQ(mdev_attr_num(uuid, "stats/mbx_requests"), requests + 1);
	REQUIRE_OK(avf_open(&a, uuid, NULL));
	EXPECT_EQ(mdev_attr_num(uuid, "stats/mbx_requests"), 0);
	avf_close(&a);
	gone();
}

/* Clause (mdevctl stop): removal waits for nobody who writes or reads a setting. */
static void removed_while_written(void)
{
	static const char * const attrs[] = {
		"mac", "vlan", "trust", "queues", "link_state", "stats/rx_bytes", "state",
	};
	uint64_t longest = 0;
	unsigned int round;
	size_t i;

	for (round = 0; round < 20; round++) {
		pid_t child[ARRAY_SIZE(attrs)];
		uint64_t t0;

		fresh();
		for (i = 0; i < ARRAY_SIZE(attrs); i++) {
			child[i] = fork();
			if (child[i])
				continue;
			for (;;) {
				char buf[64];

				mdev_attr(uuid, attrs[i], buf, sizeof(buf));
				mdev_attr_set(uuid, attrs[i], buf);
			}
		}
		usleep(2000 + 500 * round);
		t0 = now_ms();
		EXPECT_OK(mdev_remove(uuid));
		if (now_ms() - t0 > longest)
			longest = now_ms() - t0;
		for (i = 0; i < ARRAY_SIZE(attrs); i++) {
			kill(child[i], SIGKILL);
			waitpid(child[i], NULL, 0);
		}
		EXPECT(!mdev_exists(uuid));
	}
	ktap_note("longest removal %llu ms", (unsigned long long)longest);
}

/* Clause (the callout's sum of rates): the PF tells its speed, up or down. */
static void link_speed(void)
{
	char path[PATH_LEN], buf[64];

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/smartnic/link_speed", mdev_parent());
	REQUIRE_GT(read_text(path, buf, sizeof(buf)), 0);
	EXPECT_GT(atoi(buf), 0);
	ktap_note("%d Mb/s", atoi(buf));
}

/* Clause: whoever lists the settings finds exactly these writable. */
static void writable_are_the_settings(void)
{
	char path[PATH_LEN];
	struct dirent *e;
	unsigned int n = 0;
	size_t i;
	DIR *d;

	fresh();
	snprintf(path, sizeof(path), "/sys/bus/mdev/devices/%s/smartnic", uuid);
	d = opendir(path);
	REQUIRE(d);
	while ((e = readdir(d))) {
		char file[2 * PATH_LEN];
		int err;

		if (e->d_name[0] == '.' || !strcmp(e->d_name, "stats"))
			continue;
		snprintf(file, sizeof(file), "%s/%s", path, e->d_name);
		/* Root may open anything: what has no store function says EIO. */
		err = write_text(file, "nonsense");
		for (i = 0; i < ARRAY_SIZE(settings); i++)
			if (!strcmp(settings[i].attr, e->d_name))
				break;
		if (i < ARRAY_SIZE(settings) || !strcmp(e->d_name, "mac")) {
			EXPECT_ERR(err, EINVAL);
			n++;
		} else {
			EXPECT_ERR(err, ANY_ERROR);
			EXPECT_NE(err, -EINVAL);
		}
	}
	closedir(d);
	EXPECT_EQ(n, ARRAY_SIZE(settings) + 1);
	gone();
}

static const struct ktap_case cases[] = {
	CASE_FOR(defaults, "mdevctl, libvirt"),
	CASE_FOR(malformed_is_refused, "mdevctl: the errno is all an operator sees"),
	CASE_FOR(taken_with_and_without_newline, "mdevctl writes without, echo with"),
	CASE_FOR(all_vlans_with_trust, "stored definitions"),
	CASE_FOR(any_order, "mdevctl: the order of its list"),
	CASE_FOR(writable_are_the_settings, "mdevctl define: keeps settings only"),
	CASE_FOR(open_and_closed, "mdevctl modify --live, virsh nodedev-update"),
	CASE_FOR(settings_persist, "libvirt, Nova"),
	CASE_FOR(queues_are_granted, "the guest's iavf"),
	CASE_FOR(rings_are_limited, "the guest's iavf"),
	CASE_FOR(addresses_are_unique, "mdevctl start"),
	CASE_FOR(trust_and_addresses, "bridges and bonds in a guest"),
	CASE_FOR(counters, "collectors of statistics"),
	CASE_FOR(removed_while_written, "mdevctl stop"),
	CASE_FOR(link_speed, "the guest's iavf"),
};

KTAP_MAIN("attrs", cases, setup, mdev_cleanup)
