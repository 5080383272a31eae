// SPDX-License-Identifier: GPL-2.0-only
/* Settings of an instance, as they are seen on the wire. */
#include <stdlib.h>
#include <unistd.h>

#include "lib/avf.h"
#include "lib/frame.h"
#include "lib/ktap.h"

#define SETTLE	30	/* ms in which a frame that must not come would come */
#define LEN	200

static struct avf a, b, c;
static struct avf_rx rx;

static void setup(void)
{
	mdev_parent();
	mdev_cleanup();
}

static void done(void)
{
	avf_end(&a);
	avf_end(&b);
	avf_end(&c);
}

static void set(const struct avf *f, const char *attr, const char *value)
{
	REQUIRE_OK(mdev_attr_set(f->dev.uuid, attr, value));
}

static int64_t stat_of(const struct avf *f, const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "stats/%s", name);
	return mdev_attr_num(f->dev.uuid, path);
}

/* A frame of LEN bytes; with a tag of @tpid if that is not 0. */
static void make(uint8_t *f, const uint8_t *dst, const uint8_t *src, uint16_t tpid, uint16_t tci)
{
	frame_l2(f, LEN, dst, src, 3);
	if (!tpid)
		return;
	memmove(f + 16, f + 12, LEN - 16);
	f[12] = (uint8_t)(tpid >> 8);
	f[13] = (uint8_t)tpid;
	f[14] = (uint8_t)(tci >> 8);
	f[15] = (uint8_t)tci;
}

static void send_as(struct avf *from, const uint8_t *dst, const uint8_t *src,
		    uint16_t tpid, uint16_t tci)
{
	uint8_t f[LEN];

	make(f, dst, src, tpid, tci);
	REQUIRE_GE(avf_tx(from, 0, f, LEN, 0), 0);
	REQUIRE_OK(avf_tx_done(from, 0, AVF_MS));
}

static void send_plain(struct avf *from, const uint8_t *dst)
{
	send_as(from, dst, from->res.mac, 0, 0);
}

static void nothing(struct avf *at, const uint8_t *src)
{
	EXPECT_EQ(avf_rx_count(at, src, 0, SETTLE), 0);
}

static void something(struct avf *at, const uint8_t *src)
{
	EXPECT_EQ(avf_rx_count(at, src, 1, AVF_MS), 1);
}

/* --- VLAN --------------------------------------------------------------------------------- */

/* @at gets exactly one frame of @from, to everyone, with the given tag or none; what
 * the port VLAN adds comes on top of LEN.
 */
static void gets(struct avf *at, const struct avf *from, uint16_t tci)
{
	uint8_t want[LEN + 4];
	size_t len = LEN;

	make(want, mac_broadcast, from->res.mac, 0, 0);
	if (tci) {
		memmove(want + 16, want + 12, LEN - 12);
		memcpy(want + 12, "\x81\x00", 2);
		want[14] = (uint8_t)(tci >> 8);
		want[15] = (uint8_t)tci;
		len += 4;
	}
	REQUIRE_GE(avf_rx_from(at, from->res.mac, &rx, AVF_MS), 0);
	EXPECT_EQ(rx.len, len);
	EXPECT_MEM(rx.data, want, len);
}

/* Clause: with `vlan` a device's frames bear that tag on the switch, its own VLAN gets
 * them without, others do not get them at all; changes act at once.
 */
static void vlan_on_the_wire(void)
{
	avf_three(&a, &b, &c);
	set(&a, "vlan", "100");
	set(&b, "trust", "on");
	set(&c, "vlan", "100");
	send_plain(&a, mac_broadcast);
	gets(&c, &a, 0);
	gets(&b, &a, 100);		/* all VLANs: sees the tag */
	set(&c, "vlan", "101");
	send_plain(&a, mac_broadcast);
	gets(&b, &a, 100);
	nothing(&c, a.res.mac);
	send_plain(&a, c.res.mac);
	nothing(&c, a.res.mac);
	set(&c, "vlan", "untagged");
	send_plain(&a, mac_broadcast);
	nothing(&c, a.res.mac);
	gets(&b, &a, 100);
	set(&a, "vlan", "0");
	send_plain(&a, mac_broadcast);
	gets(&b, &a, 0);
	gets(&c, &a, 0);
	EXPECT_EQ(stat_of(&a, "vlan_drops"), 0);
	done();
}

/* Clause: a device with a VLAN sends into no other: tagged frames are dropped and
 * counted, a priority tag is replaced; it is given none of other VLANs' frames.
 */
static void wrong_vlan(void)
{
	avf_three(&a, &b, &c);
	set(&b, "trust", "on");
	set(&a, "vlan", "100");
	send_as(&a, mac_broadcast, a.res.mac, 0x8100, 5);
	send_as(&a, mac_broadcast, a.res.mac, 0x8100, 101);
	send_as(&a, mac_broadcast, a.res.mac, 0x88a8, 100);
	nothing(&b, a.res.mac);
	nothing(&c, a.res.mac);
	EXPECT_EQ(stat_of(&a, "vlan_drops"), 3);
	send_as(&a, b.res.mac, a.res.mac, 0x8100, 3 << 13);
	REQUIRE_GE(avf_rx_from(&b, a.res.mac, &rx, AVF_MS), 0);
	EXPECT_EQ(rx.data[12] << 8 | rx.data[13], 0x8100);
	EXPECT_EQ((rx.data[14] << 8 | rx.data[15]) & 0xfff, 100);
	EXPECT_EQ(stat_of(&a, "vlan_drops"), 3);
	/* a device with all VLANs reaches it with the right tag only */
	send_plain(&b, a.res.mac);
	send_as(&b, a.res.mac, b.res.mac, 0x8100, 99);
	nothing(&a, b.res.mac);
	send_as(&b, a.res.mac, b.res.mac, 0x8100, 100);
	REQUIRE_GE(avf_rx_from(&a, b.res.mac, &rx, AVF_MS), 0);
	EXPECT_EQ(rx.data[12] << 8 | rx.data[13], ETHERTYPE_TEST);
	done();
}

/* Clause: neither reset nor the guest takes the VLAN away. */
static void vlan_stays(void)
{
	avf_three(&a, &b, &c);
	set(&b, "trust", "on");
	set(&a, "vlan", "7");
	REQUIRE_OK(vfio_reset(&a.dev));
	REQUIRE_OK(avf_restart(&a));
	REQUIRE_EQ(avf_queues_up(&a, 1), 0);
	send_plain(&a, mac_broadcast);
	gets(&b, &a, 7);
	done();
}

struct tagging {
	uint16_t tpid, tci;
	bool untagged, trunk;	/* passes with vlan untagged, and with vlan 100,200-210 */
};

/* The first tag decides; priority tags count as none. */
static const struct tagging taggings[] = {
	{ 0, 0, true, false },
	{ 0x8100, 0, true, false },
	{ 0x8100, 5 << 13, true, false },
	{ 0x8100, 1, false, false },
	{ 0x8100, 99, false, false },
	{ 0x8100, 100, false, true },
	{ 0x8100, 3 << 13 | 100, false, true },
	{ 0x8100, 101, false, false },
	{ 0x8100, 199, false, false },
	{ 0x8100, 200, false, true },
	{ 0x8100, 210, false, true },
	{ 0x8100, 211, false, false },
	{ 0x8100, 4095, false, false },
	{ 0x88a8, 0, false, false },
	{ 0x88a8, 100, false, false },
	{ 0x9100, 100, false, false },
};

/* A sends each to a trusted B, and B to A: both ways the same pass. */
static void both_ways(bool trunk)
{
	int64_t drops = stat_of(&a, "vlan_drops");
	size_t i;

	for (i = 0; i < ARRAY_SIZE(taggings); i++) {
		const struct tagging *t = &taggings[i];
		bool pass = trunk ? t->trunk : t->untagged;
		unsigned int to, from;

		send_as(&a, mac_broadcast, a.res.mac, t->tpid, t->tci);
		to = avf_rx_count(&b, a.res.mac, pass, pass ? AVF_MS : SETTLE);
		send_as(&b, mac_broadcast, b.res.mac, t->tpid, t->tci);
		from = avf_rx_count(&a, b.res.mac, pass, pass ? AVF_MS : SETTLE);
		drops += !pass;
		if (to != pass || from != pass || stat_of(&a, "vlan_drops") != drops)
			ktap_note("tag %04x %04x: %u sent, %u received", t->tpid, t->tci, to, from);
		EXPECT_EQ(to, pass);
		EXPECT_EQ(from, pass);
		EXPECT_EQ(stat_of(&a, "vlan_drops"), drops);
	}
}

/* Clause: a device that has no `vlan` and no trust reaches no other tenant's VLAN, in
 * neither direction; nor does one whose trust is withdrawn, which goes on untagged.
 */
static void untagged_by_default(void)
{
	avf_three(&a, &b, &c);
	set(&b, "trust", "on");
	both_ways(false);
	/* nor the VLAN of a neighbour */
	set(&c, "vlan", "100");
	avf_rx_drain(&c);
	send_plain(&c, mac_broadcast);
	gets(&b, &c, 100);
	nothing(&a, c.res.mac);
	send_as(&a, c.res.mac, a.res.mac, 0x8100, 100);
	nothing(&c, a.res.mac);
	set(&a, "vlan", "all");
	set(&a, "trust", "on");
	send_as(&a, c.res.mac, a.res.mac, 0x8100, 100);
	something(&c, a.res.mac);
	set(&a, "trust", "off");
	send_as(&a, c.res.mac, a.res.mac, 0x8100, 100);
	nothing(&c, a.res.mac);
	both_ways(false);
	done();
}

/* Clause: a device with a list of VLANs tags its frames itself, and passes those and no
 * others, both ways; over its reset, too.
 */
static void trunk(void)
{
	avf_three(&a, &b, &c);
	set(&b, "trust", "on");
	set(&a, "vlan", "100,200-210");
	both_ways(true);
	REQUIRE_OK(vfio_reset(&a.dev));
	REQUIRE_OK(avf_restart(&a));
	REQUIRE_EQ(avf_queues_up(&a, 1), 0);
	both_ways(true);
	set(&c, "vlan", "210");
	send_plain(&c, mac_broadcast);
	gets(&a, &c, 210);
	send_as(&a, c.res.mac, a.res.mac, 0x8100, 210);
	something(&c, a.res.mac);
	set(&a, "vlan", "untagged,100");
	send_as(&a, c.res.mac, a.res.mac, 0x8100, 210);
	nothing(&c, a.res.mac);
	send_plain(&a, b.res.mac);
	something(&b, a.res.mac);
	set(&a, "vlan", "untagged");
	both_ways(false);
	done();
}

/* Clause: `802.1ad:100:p3` puts that tag outside the tenant's own; `100:p3` replaces the
 * priority that the guest chose.
 */
static void outer_tag_and_priority(void)
{
	avf_three(&a, &b, &c);
	set(&a, "vlan", "802.1ad:100:p3");
	set(&b, "trust", "on");
	set(&c, "vlan", "802.1ad:100");
	send_as(&a, mac_broadcast, a.res.mac, 0x8100, 5);
	REQUIRE_GE(avf_rx_from(&b, a.res.mac, &rx, AVF_MS), 0);
	EXPECT_EQ(rx.len, LEN + 4);
	EXPECT_MEM(rx.data + 12, "\x88\xa8\x60\x64\x81\x00\x00\x05", 8);
	REQUIRE_GE(avf_rx_from(&c, a.res.mac, &rx, AVF_MS), 0);
	EXPECT_EQ(rx.len, LEN);
	EXPECT_MEM(rx.data + 12, "\x81\x00\x00\x05", 4);
	send_as(&a, mac_broadcast, a.res.mac, 0x88a8, 100);
	nothing(&b, a.res.mac);
	nothing(&c, a.res.mac);
	EXPECT_EQ(stat_of(&a, "vlan_drops"), 1);
	set(&a, "vlan", "100:p3");
	send_as(&a, b.res.mac, a.res.mac, 0x8100, 5 << 13);
	REQUIRE_GE(avf_rx_from(&b, a.res.mac, &rx, AVF_MS), 0);
	EXPECT_MEM(rx.data + 12, "\x81\x00\x60\x64", 4);
	done();
}

/* --- link control frames --------------------------------------------------------- */

struct control {
	const char *dst;	/* NULL: b's address */
	uint16_t proto;
	const char *what;
};

static const struct control controls[] = {
	{ "\x01\x80\xc2\x00\x00\x01", 0x8808, "PAUSE or PFC" },
	{ NULL, 0x8808, "PAUSE to one" },
	{ "\x01\x80\xc2\x00\x00\x0e", 0x88cc, "LLDP" },
	{ NULL, 0x88cc, "LLDP to one" },
	{ "\x01\x80\xc2\x00\x00\x02", 0x8809, "LACP" },
	{ NULL, 0x8809, "LACP to one" },
	{ "\x01\x80\xc2\x00\x00\x00", 0x0026, "STP" },
	{ "\x01\x80\xc2\x00\x00\x03", 0x888e, "802.1X" },
	{ "\x01\x80\xc2\x00\x00\x0f", 0x88b5, "the last group" },
};

static const uint16_t control_tags[] = { 0, 0x8100, 0x88a8 };

static void send_control(struct avf *from, const struct control *k, uint16_t tpid)
{
	uint8_t f[LEN];
	size_t at = tpid ? 16 : 12;

	make(f, k->dst ? (const uint8_t *)k->dst : b.res.mac, from->res.mac, tpid, 0);
	f[at] = (uint8_t)(k->proto >> 8);
	f[at + 1] = (uint8_t)k->proto;
	REQUIRE_GE(avf_tx(from, 0, f, LEN, 0), 0);
	REQUIRE_OK(avf_tx_done(from, 0, AVF_MS));
}

static void all_multicast(struct avf *f)
{
	struct vc_promisc p = { .vsi_id = f->res.vsi_id, .flags = VC_PROMISC_MC };

	EXPECT_EQ(avf_vc(f, VC_PROMISC, &p, sizeof(p), NULL), 0);
}

/* Clause: what stations keep to their link is no guest's to send or to see without
 * trust, tagged or not, with a VLAN or without; it is counted.
 */
static void link_control(void)
{
	/* As it is by default, and within one VLAN. */
	static const char * const vlans[] = { NULL, "100" };
	int64_t drops = 0;
	size_t i, k, v;

	avf_three(&a, &b, &c);
	set(&b, "trust", "on");
	all_multicast(&b);
	all_multicast(&c);
	for (v = 0; v < ARRAY_SIZE(vlans); v++) {
		if (vlans[v])
			set(&a, "vlan", vlans[v]);
		for (i = 0; i < ARRAY_SIZE(controls); i++)
			for (k = 0; k < ARRAY_SIZE(control_tags); k++) {
				send_control(&a, &controls[i], control_tags[k]);
				if (stat_of(&a, "control_drops") != ++drops)
					ktap_note("%s, tag %04x", controls[i].what, control_tags[k]);
				EXPECT_EQ(stat_of(&a, "control_drops"), drops);
			}
	}
	nothing(&b, a.res.mac);
	nothing(&c, a.res.mac);
	EXPECT_EQ(stat_of(&a, "vlan_drops"), 0);
	/* with trust they pass, to those who have it */
	set(&a, "vlan", "all");
	set(&a, "trust", "on");
	for (i = 0; i < ARRAY_SIZE(controls); i++) {
		send_control(&a, &controls[i], 0);
		something(&b, a.res.mac);
	}
	nothing(&c, a.res.mac);
	EXPECT_EQ(stat_of(&a, "control_drops"), drops);
	set(&a, "trust", "off");
	send_control(&a, &controls[0], 0);
	nothing(&b, a.res.mac);
	EXPECT_EQ(stat_of(&a, "control_drops"), drops + 1);
	send_plain(&a, b.res.mac);
	something(&b, a.res.mac);
	done();
}

/* --- addresses ---------------------------------------------------------------------------- */

/* Clause: spoofed frames are dropped and counted; with `spoofchk` off they pass. */
static void spoofing(void)
{
	uint8_t fake[6];

	avf_three(&a, &b, &c);
	memcpy(fake, a.res.mac, 6);
	fake[5] ^= 0x5a;
	send_as(&a, b.res.mac, fake, 0, 0);
	send_as(&a, b.res.mac, c.res.mac, 0, 0);
	nothing(&b, fake);
	nothing(&b, c.res.mac);
	EXPECT_EQ(stat_of(&a, "spoofed"), 2);
	set(&a, "spoofchk", "off");
	send_as(&a, b.res.mac, fake, 0, 0);
	something(&b, fake);
	EXPECT_EQ(stat_of(&a, "spoofed"), 2);
	set(&a, "spoofchk", "on");
	send_as(&a, b.res.mac, fake, 0, 0);
	nothing(&b, fake);
	EXPECT_EQ(stat_of(&a, "spoofed"), 3);
	send_plain(&a, b.res.mac);
	something(&b, a.res.mac);
	done();
}

/* Clause: a guest that asked for all unicast gets it when it is trusted, and no longer. */
static void promiscuous_with_trust(void)
{
	struct vc_promisc p = { .flags = VC_PROMISC_UC | VC_PROMISC_MC };

	avf_three(&a, &b, &c);
	p.vsi_id = b.res.vsi_id;
	EXPECT_EQ(avf_vc(&b, VC_PROMISC, &p, sizeof(p), NULL), 0);
	send_plain(&a, c.res.mac);
	something(&c, a.res.mac);
	nothing(&b, a.res.mac);
	set(&b, "trust", "on");
	send_plain(&a, c.res.mac);
	something(&c, a.res.mac);
	something(&b, a.res.mac);
	set(&b, "trust", "off");
	send_plain(&a, c.res.mac);
	something(&c, a.res.mac);
	nothing(&b, a.res.mac);
	/* the multicast half never needed trust */
	send_plain(&a, (const uint8_t *)"\x33\x33\x00\x00\x00\x09");
	something(&b, a.res.mac);
	done();
}

/* Clause: with trust a guest's further addresses work, both ways; withdrawn, they end. The
 * guest is notified and reset, and goes on with its own.
 */
static void addresses_with_trust(void)
{
	static const uint8_t extra[6] = { 0x02, 0x5e, 0x1f, 0, 1, 7 };

	avf_three(&a, &b, &c);
	set(&a, "trust", "on");
	REQUIRE_EQ(avf_mac(&a, VC_ADD_ETH_ADDR, extra, 2), 0);
	send_plain(&b, extra);
	something(&a, b.res.mac);
	send_as(&a, b.res.mac, extra, 0, 0);
	something(&b, extra);
	set(&a, "trust", "off");
	avf_follow_reset(&a, 1);
	send_plain(&b, extra);
	nothing(&a, b.res.mac);
	send_as(&a, b.res.mac, extra, 0, 0);
	nothing(&b, extra);
	EXPECT_EQ(stat_of(&a, "spoofed"), 1);
	send_plain(&b, a.res.mac);
	something(&a, b.res.mac);
	done();
}

/* Clause: a guest that changed its address with trust has its own again without. */
static void own_address_without_trust(void)
{
	static const uint8_t chosen[6] = { 0x02, 0x5e, 0x1f, 0, 1, 8 };
	uint8_t own[6];

	avf_three(&a, &b, &c);
	memcpy(own, a.res.mac, 6);
	set(&a, "trust", "on");
	REQUIRE_EQ(avf_mac(&a, VC_ADD_ETH_ADDR, chosen, AVF_MAC_PRIMARY), 0);
	REQUIRE_EQ(avf_mac(&a, VC_DEL_ETH_ADDR, own, AVF_MAC_EXTRA), 0);
	send_plain(&b, chosen);
	something(&a, b.res.mac);
	set(&a, "trust", "off");
	avf_follow_reset(&a, 1);
	EXPECT_MEM(a.res.mac, own, 6);
	send_plain(&b, own);
	something(&a, b.res.mac);
	send_plain(&a, b.res.mac);
	something(&b, own);
	EXPECT_EQ(stat_of(&a, "spoofed"), 0);
	/* Nothing was taken: nothing to learn. */
	set(&a, "trust", "on");
	set(&a, "trust", "off");
	send_plain(&b, own);
	something(&a, b.res.mac);
	done();
}

/* Clause: the operator gives a device an address that a trusted guest uses: from its opening
 * on it is the device's; the guest is notified and reset.
 */
static void operators_address_wins(void)
{
	static const char text[] = "02:5e:1f:00:01:09";
	static const uint8_t mac[6] = { 0x02, 0x5e, 0x1f, 0, 1, 9 };
	char uuid[UUID_LEN + 1];

	avf_pair(&a, &b, 1);
	set(&a, "trust", "on");
	REQUIRE_EQ(avf_mac(&a, VC_ADD_ETH_ADDR, mac, AVF_MAC_EXTRA), 0);
	mdev_new(1, uuid);
	REQUIRE_OK(mdev_attr_set(uuid, "mac", text));
	avf_up(&c, uuid, &(struct avf_opts){ .iova = 0x300000000 }, 0);
	EXPECT_MEM(c.res.mac, mac, 6);
	avf_follow_reset(&a, 1);
	EXPECT_NE(avf_mac(&a, VC_ADD_ETH_ADDR, mac, AVF_MAC_LEGACY), 0);
	send_plain(&b, mac);
	something(&c, b.res.mac);
	nothing(&a, b.res.mac);
	send_plain(&b, a.res.mac);
	something(&a, b.res.mac);
	done();
}

/* --- changes under traffic ----------------------------------------------------------------- */

static void exchange(void)
{
	avf_pass(&a, &b, 5);
	avf_pass(&b, &a, 5);
}

/* Clause: each setting that may change while the device is open acts in traffic, and the
 * guest goes on; the others are refused, EBUSY, and change nothing.
 */
static void changed_in_traffic(void)
{
	static const struct {
		const char *attr, *value;
		int err;
	} steps[] = {
		{ "tx_rate", "50", 0 }, { "tx_rate", "0", 0 },
		{ "spoofchk", "off", 0 }, { "spoofchk", "on", 0 },
		{ "trust", "on", 0 }, { "trust", "off", 0 },
		{ "itr", "100", 0 }, { "itr", "0", 0 },
		{ "link_state", "enable", 0 }, { "link_state", "auto", 0 },
		{ "queues", "1", 0 }, { "queues", "2", EBUSY },
		{ "rx_ring_size", "64", EBUSY }, { "tx_ring_size", "64", EBUSY },
		{ "mac", "02:5e:1f:00:01:0a", EBUSY },
	};
	char uuid[UUID_LEN + 1];
	size_t i;

	mdev_new(2, uuid);
	REQUIRE_OK(mdev_attr_set(uuid, "queues", "1"));
	avf_up(&a, uuid, NULL, 0);
	avf_new(&b, 1, &(struct avf_opts){ .iova = 0x300000000 });
	for (i = 0; i < ARRAY_SIZE(steps); i++) {
		exchange();
		EXPECT_EQ(mdev_attr_set(a.dev.uuid, steps[i].attr, steps[i].value),
			  -steps[i].err);
		exchange();
	}
	/* Both, or they would not reach each other. */
	set(&a, "vlan", "12");
	set(&b, "vlan", "12");
	exchange();
	avf_end(&a);
	avf_end(&b);
}

/* --- link --------------------------------------------------------------------------------- */

/* The next link event of @f. */
static void told(struct avf *f, int up)
{
	static struct avf_msg m;

	REQUIRE_OK(avf_aq_recv(f, &m, AVF_MS));
	EXPECT_EQ(m.op, VC_EVENT);
	REQUIRE_EQ(m.len, sizeof(f->last_event));
	memcpy(&f->last_event, m.data, sizeof(f->last_event));
	EXPECT_EQ(f->last_event.event, 1);
	EXPECT_EQ(f->last_event.link_up, up);
}

/* Clause: `link_state` tells the guest, and disable cuts it off. */
static void link_state(void)
{
	avf_three(&a, &b, &c);
	told(&a, 1);
	set(&a, "link_state", "disable");
	told(&a, 0);
	send_plain(&a, b.res.mac);
	nothing(&b, a.res.mac);
	send_plain(&b, a.res.mac);
	send_plain(&b, mac_broadcast);
	nothing(&a, b.res.mac);
	something(&c, b.res.mac);
	set(&a, "link_state", "enable");
	told(&a, 1);
	send_plain(&a, b.res.mac);
	something(&b, a.res.mac);
	set(&a, "link_state", "disable");
	told(&a, 0);
	/* the guest's reset does not get round it */
	REQUIRE_OK(vfio_reset(&a.dev));
	REQUIRE_OK(avf_restart(&a));
	REQUIRE_EQ(avf_queues_up(&a, 1), 0);
	told(&a, 0);
	send_plain(&a, b.res.mac);
	nothing(&b, a.res.mac);
	set(&a, "link_state", "auto");
	told(&a, 1);
	send_plain(&a, b.res.mac);
	something(&b, a.res.mac);
	done();
}

/* Clause: a device that is opened with its link disabled starts cut off. */
static void opened_disabled(void)
{
	char uuid[UUID_LEN + 1];

	avf_pair(&a, &b, 1);
	mdev_new(1, uuid);
	REQUIRE_OK(mdev_attr_set(uuid, "link_state", "disable"));
	avf_up(&c, uuid, &(struct avf_opts){ .iova = 0x300000000 }, 0);
	told(&c, 0);
	send_plain(&c, a.res.mac);
	nothing(&a, c.res.mac);
	set(&c, "link_state", "auto");
	told(&c, 1);
	send_plain(&c, a.res.mac);
	something(&a, c.res.mac);
	done();
}

/* --- rate --------------------------------------------------------------------------------- */

/* A sends as fast as it may to B for @ms; Mb/s of what came, in thousandths. */
static unsigned int kbps(unsigned int ms)
{
	static uint8_t f[1514];
	uint64_t start, end, bytes = 0;

	frame_l2(f, sizeof(f), b.res.mac, a.res.mac, 1);
	avf_rx_drain(&b);
	start = now_us();
	end = start + ms * 1000ull;
	while (now_us() < end) {
		REQUIRE_GE(avf_tx(&a, 0, f, sizeof(f), 0), 0);
		while (!avf_rx(&b, 0, &rx, 0))
			bytes += rx.len;
	}
	end = now_us();
	return (unsigned int)(bytes * 8000 / (end - start));
}

/* What A sends at a rate of @mbps, in Mb/s thousandths. It is never more than a tenth
 * above it. A machine that is busy elsewhere for longer than the rate makes up for
 * may send less: then once more.
 */
static unsigned int at_rate(unsigned int mbps)
{
	unsigned int got = 0, tries;

	for (tries = 0; tries < 10 && got < mbps * 900; tries++) {
		got = kbps(1000);
		EXPECT_LE(got, mbps * 1100);
	}
	EXPECT_GE(got, mbps * 900);
	return got;
}

/* Clause: a device sends at `tx_rate`, whatever the guest does, within 10 %; a change
 * acts at once; nothing is lost; its neighbour is not slowed down.
 */
static void rate(void)
{
	unsigned int slow, faster, none = 0, tries;
	int64_t lost;

	avf_three(&a, &b, &c);
	kbps(100);		/* pins what it needs */
	set(&a, "tx_rate", "5");
	kbps(300);		/* what the bucket held */
	/* Without a limit a receiver that is late loses frames, with one it does not. */
	lost = stat_of(&b, "rx_discards");
	slow = at_rate(5);
	set(&a, "tx_rate", "10");
	kbps(100);
	faster = at_rate(10);
	EXPECT_GT(stat_of(&a, "rate_waits"), 0);
	send_plain(&c, b.res.mac);
	something(&b, c.res.mac);
	EXPECT_EQ(stat_of(&b, "rx_discards"), lost);
	set(&a, "tx_rate", "0");
	kbps(100);
	for (tries = 0; tries < 10 && none <= 12000; tries++)
		none = kbps(500);
	ktap_note("5 Mb/s: %u, 10 Mb/s: %u, none: %u kb/s", slow, faster, none);
	EXPECT_GT(none, 12000);
	done();
}

/* --- interrupts --------------------------------------------------------------------------- */

#define FLOOR_MOST	(300 / 8 + 2)	/* interrupts in 300 ms that are 8 ms apart */

/* Interrupts of B in 300 ms, its driver asking for none to be left out. */
static unsigned int interrupts(void)
{
	unsigned int ms = 300;

	return avf_interrupts(&a, &b, &ms, 0);
}

/* The same where no floor keeps it from being more than @few. */
static unsigned int interrupts_more(unsigned int few)
{
	unsigned int ms = 300;

	return avf_interrupts_more(&a, &b, &ms, few);
}

/* Clause: with `itr` interrupts of a vector are that far apart, whatever the guest
 * programs; over its reset, too.
 */
static void itr_floor(void)
{
	unsigned int before, with, again, after;

	avf_three(&a, &b, &c);
	before = interrupts_more(3 * FLOOR_MOST / 2);
	set(&b, "itr", "8000");
	with = interrupts();
	REQUIRE_OK(vfio_reset(&b.dev));
	REQUIRE_OK(avf_restart(&b));
	REQUIRE_EQ(avf_queues_up(&b, 1), 0);
	again = interrupts();
	set(&b, "itr", "0");
	after = interrupts_more(3 * with / 2);
	ktap_note("300 ms: %u interrupts, %u and %u with 8 ms, %u", before, with, again, after);
	EXPECT_GE(with, 3);
	EXPECT_LE(with, FLOOR_MOST);
	EXPECT_GE(again, 3);
	EXPECT_LE(again, FLOOR_MOST);
	EXPECT_GT(2 * before, 3 * with);
	EXPECT_GT(2 * after, 3 * with);
	done();
}

static const struct ktap_case cases[] = {
	CASE_FOR(vlan_on_the_wire, "operators: tenant networks"),
	CASE_FOR(wrong_vlan, "the other tenants"),
	CASE_FOR(vlan_stays, "the other tenants"),
	CASE_FOR(untagged_by_default, "the other tenants"),
	CASE_FOR(trunk, "routers in a guest"),
	CASE_FOR(outer_tag_and_priority, "operators: tenants with VLANs of their own"),
	CASE_FOR(link_control, "the network that the host is in"),
	CASE_FOR(spoofing, "the other tenants"),
	CASE_FOR(promiscuous_with_trust, "bridges in a guest"),
	CASE_FOR(addresses_with_trust, "bridges and bonds in a guest"),
	CASE_FOR(own_address_without_trust, "bonds in a guest"),
	CASE_FOR(operators_address_wins, "operators"),
	CASE_FOR(changed_in_traffic, "mdevctl modify --live"),
	CASE_FOR(link_state, "operators"),
	CASE_FOR(opened_disabled, "operators"),
	CASE_FOR(rate, "operators: what a tenant pays for"),
	CASE_FOR(itr_floor, "operators: load of the host"),
};

KTAP_MAIN("attrs_wire", cases, setup, mdev_cleanup)
