// SPDX-License-Identifier: GPL-2.0-only
/* The addresses a guest asks for: judged one by one, and never fewer frames than asked for. */
#include "../../include/smartnic/messages.h"
#include "lib/avf.h"
#include "lib/frame.h"
#include "lib/ktap.h"

#define SETTLE	20	/* ms in which a frame that must not come would come */

static const uint8_t foreign[6] = { 0x02, 0x5e, 0x1f, 0, 2, 9 };
static const uint8_t zero[6];
static const uint8_t bridges[6] = { 0x01, 0x80, 0xc2, 0, 0, 0x0e };

static struct avf a, b;

static void setup(void)
{
	mdev_parent();
	mdev_cleanup();
}

static void done(void)
{
	avf_end(&a);
	avf_end(&b);
}

static const uint8_t *numbered(uint8_t first, unsigned int n)
{
	static uint8_t mac[6];

	memcpy(mac, (uint8_t[]){ first, 0x33, 0x1f, 0, (uint8_t)(n >> 8), (uint8_t)n }, 6);
	return mac;
}

static const uint8_t *group(unsigned int n)
{
	return numbered(0x33, n);
}

static const uint8_t *station(unsigned int n)
{
	return numbered(0x02, n);
}

/* --- lists ------------------------------------------------------------------------------ */

static struct vc_macs list;

static void put(const uint8_t *mac, uint8_t type)
{
	memcpy(list.mac[list.num].addr, mac, 6);
	list.mac[list.num++].type = type;
}

static int send(uint32_t op)
{
	int status;

	list.vsi_id = a.res.vsi_id;
	status = avf_vc(&a, op, &list, VC_MACS_LEN(list.num), NULL);
	memset(&list, 0, sizeof(list));
	return status;
}

/* B sends one frame to @mac; does A get it? */
static bool gets(const uint8_t *mac, bool expected)
{
	uint8_t f[100];

	frame_l2(f, sizeof(f), mac, b.res.mac, 1);
	REQUIRE_GE(avf_tx(&b, 0, f, sizeof(f), 0), 0);
	REQUIRE_OK(avf_tx_done(&b, 0, AVF_MS));
	return avf_rx_count(&a, b.res.mac, expected, expected ? AVF_MS : SETTLE) == 1;
}

/* Clause: what is wrong with one entry of a list costs nothing else in it. An address that
 * the driver would take for its own is refused with an error, a further one is not: the
 * driver would forget all that is new to it.
 */
static void lists_entry_by_entry(void)
{
	static const struct {
		const uint8_t *mac;
		uint8_t type;
		bool refused;
	} bad[] = {
		{ foreign, AVF_MAC_EXTRA, false },
		{ foreign, AVF_MAC_PRIMARY, true },
		{ foreign, AVF_MAC_LEGACY, true },
		{ zero, AVF_MAC_EXTRA, false },
		{ mac_broadcast, AVF_MAC_EXTRA, false },
		{ bridges, AVF_MAC_EXTRA, false },
	};
	unsigned int i, k;

	avf_pair(&a, &b, 1);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		put(group(1), AVF_MAC_EXTRA);
		put(bad[i].mac, bad[i].type);
		put(group(2), AVF_MAC_EXTRA);
		EXPECT_EQ(send(VC_ADD_ETH_ADDR) != 0, bad[i].refused);
		for (k = 1; k <= 3; k++)
			EXPECT_EQ(gets(group(k), k < 3), k < 3);
		EXPECT(!gets(foreign, false));
		EXPECT(!gets(bridges, false));
		EXPECT(gets(a.res.mac, true));
		put(group(1), AVF_MAC_EXTRA);
		put(bad[i].mac, bad[i].type);
		put(group(2), AVF_MAC_EXTRA);
		EXPECT_EQ(send(VC_DEL_ETH_ADDR), 0);
		EXPECT(!gets(group(1), false));
	}
	done();
}

/* Clause: more groups than filters: all of them arrive, and when they are fewer again, no
 * others. No filter is lost on the way.
 */
static void more_groups_than_filters(void)
{
	enum { GROUPS = 100, KEPT = 50 };
	unsigned int round, i;

	avf_pair(&a, &b, 1);
	for (round = 0; round < 4; round++) {
		for (i = 0; i < GROUPS; i++) {
			put(group(i), AVF_MAC_EXTRA);
			if (i % 50 == 49)
				REQUIRE_EQ(send(VC_ADD_ETH_ADDR), 0);
		}
		for (i = 0; i < GROUPS; i += 7)
			EXPECT(gets(group(i), true));
		EXPECT(gets(a.res.mac, true));
		EXPECT(gets(group(1000), true));
		/* Others' frames are still others'. */
		EXPECT(!gets(foreign, false));
		for (i = 0; i < GROUPS - KEPT; i++)
			put(group((i + 17 * round) % GROUPS), AVF_MAC_EXTRA);
		REQUIRE_EQ(send(VC_DEL_ETH_ADDR), 0);
		EXPECT(!gets(group(1000), false));
		for (i = 0; i < GROUPS; i += 7) {
			bool left = (i + GROUPS - 17 * round % GROUPS) % GROUPS < GROUPS - KEPT;

			EXPECT_EQ(gets(group(i), !left), !left);
		}
	}
	done();
}

/* Clause: filters of a trusted guest: 64 of one's own, none of another VSI's. Deleting
 * gives the room back.
 */
static void stations(void)
{
	unsigned int i, ok = 0;

	avf_pair(&a, &b, 1);
	REQUIRE_OK(mdev_attr_set(a.dev.uuid, "trust", "on"));
	REQUIRE_OK(mdev_attr_set(b.dev.uuid, "trust", "on"));
	EXPECT_NE(avf_mac(&a, VC_ADD_ETH_ADDR, b.res.mac, AVF_MAC_LEGACY), 0);
	EXPECT(!gets(bridges, false));
	/* Groups make room. */
	for (i = 0; i < 60; i++)
		put(group(i), AVF_MAC_EXTRA);
	REQUIRE_EQ(send(VC_ADD_ETH_ADDR), 0);
	for (i = 0; i < 80; i++)
		ok += avf_mac(&a, VC_ADD_ETH_ADDR, station(i), AVF_MAC_LEGACY) == 0;
	EXPECT_EQ(ok, 63);
	EXPECT(gets(station(62), true));
	EXPECT(gets(group(59), true));
	EXPECT_NE(avf_mac(&b, VC_ADD_ETH_ADDR, station(0), AVF_MAC_LEGACY), 0);
	EXPECT_EQ(avf_mac(&a, VC_DEL_ETH_ADDR, station(0), AVF_MAC_LEGACY), 0);
	EXPECT_EQ(avf_mac(&b, VC_ADD_ETH_ADDR, station(0), AVF_MAC_LEGACY), 0);
	done();
}

/* Clause: the address a guest has chosen outlives a reset of its function, also where its
 * driver is too old to say which it is.
 */
static void chosen_address_stays(void)
{
	static const uint8_t types[] = { AVF_MAC_PRIMARY, AVF_MAC_LEGACY };
	static uint8_t own[6];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		avf_pair(&a, &b, 1);
		REQUIRE_OK(mdev_attr_set(a.dev.uuid, "trust", "on"));
		memcpy(own, a.res.mac, 6);
		EXPECT_EQ(avf_mac(&a, VC_ADD_ETH_ADDR, foreign, types[i]), 0);
		EXPECT_EQ(avf_mac(&a, VC_DEL_ETH_ADDR, own, types[i]), 0);
		avf_aq_post(&a, SMNC_AQ_OP_TO_PF, VC_RESET_VF, NULL, 0);
		avf_wait_reset(&a);
		REQUIRE_OK(avf_restart(&a));
		EXPECT_MEM(a.res.mac, foreign, 6);
		REQUIRE_EQ(avf_queues_up(&a, 1), 0);
		EXPECT(gets(foreign, true));
		EXPECT(!gets(own, false));
		done();
	}
}

static const struct ktap_case cases[] = {
	CASE_FOR(lists_entry_by_entry, "the guest's iavf: its groups, IPv6"),
	CASE_FOR(more_groups_than_filters, "guests with many addresses"),
	CASE_FOR(stations, "bridges and bonds in a guest"),
	CASE_FOR(chosen_address_stays, "bonds in a guest, old drivers"),
};

KTAP_MAIN("filters", cases, setup, mdev_cleanup)
