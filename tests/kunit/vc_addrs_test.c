// SPDX-License-Identifier: GPL-2.0-only
/* virtchnl: addresses, judged one by one, and what stands for those without a filter. */
#include <linux/etherdevice.h>
#include <linux/prandom.h>

#include "fake_nic.h"

#define PARAM	VIRTCHNL_STATUS_ERR_PARAM
#define ADDRS	(SMNC_FW_MACS_PER_VSI + SMNC_MORE_GROUPS + 4)

/* Types of an address; old drivers send none. */
#define PRIMARY	VIRTCHNL_ETHER_ADDR_PRIMARY
#define EXTRA	VIRTCHNL_ETHER_ADDR_EXTRA
#define LEGACY	VIRTCHNL_ETHER_ADDR_LEGACY

struct addrs_msg {
	struct virtchnl_ether_addr_list info;
	struct virtchnl_ether_addr addr[ADDRS];
};

static struct addrs_msg *m;

static int vca_init(struct kunit *test)
{
	int err = fake_nic_init(test);

	if (err)
		return err;
	m = kunit_kzalloc(test, sizeof(*m), GFP_KERNEL);
	if (!m)
		return -ENOMEM;
	ether_addr_copy(fake->adi.guest_mac, fake->adi.addr.mac);
	fake_ready();
	err = smnc_adi_vsi_update(&fake->adi);
	fake->nr_fw = 0;
	return err;
}

static void begin(void)
{
	memset(m, 0, sizeof(*m));
	m->info.vsi_id = SMNC_VC_VSI;
}

static void put(const u8 *mac, u8 type)
{
	ether_addr_copy(m->info.list[m->info.num_elements].addr, mac);
	m->info.list[m->info.num_elements++].type = type;
}

/* Station or group number @n. */
static const u8 *station(unsigned int n)
{
	static u8 mac[ETH_ALEN];

	memcpy(mac, (u8[]){ 2, 0x11, 0, 0, n >> 8, n }, ETH_ALEN);
	return mac;
}

static const u8 *group(unsigned int n)
{
	static u8 mac[ETH_ALEN];

	memcpy(mac, (u8[]){ 0x33, 0x33, 0, 0, n >> 8, n }, ETH_ALEN);
	return mac;
}

static int send(u32 op)
{
	return fake_guest(op, m, virtchnl_struct_size(&m->info, list, m->info.num_elements));
}

static int add(void)
{
	return send(VIRTCHNL_OP_ADD_ETH_ADDR);
}

static int del(void)
{
	return send(VIRTCHNL_OP_DEL_ETH_ADDR);
}

static int one(u32 op, const u8 *mac, u8 type)
{
	begin();
	put(mac, type);
	return send(op);
}

static int add_one(const u8 *mac, u8 type)
{
	return one(VIRTCHNL_OP_ADD_ETH_ADDR, mac, type);
}

static int del_one(const u8 *mac, u8 type)
{
	return one(VIRTCHNL_OP_DEL_ETH_ADDR, mac, type);
}

static bool has(const u8 *mac)
{
	return smnc_vsi_has_mac(&fake->adi.vsi, mac);
}

static bool all_multicast(void)
{
	return fake->adi.vsi.flags & SMNC_VSI_MC_PROMISC;
}

static void vca_add(struct kunit *test)
{
	const struct smnc_fw_mac *fw = (void *)fake->fw_payload;

	begin();
	put(station(1), EXTRA);
	put(group(2), EXTRA);
	KUNIT_EXPECT_EQ(test, add(), 0);
	KUNIT_EXPECT_EQ(test, fake->adi.vsi.nr_macs, 2);
	KUNIT_EXPECT_EQ(test, fake->fw_op, SMNC_FW_MAC_ADD);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(fw->vsi), FAKE_FUNC);
	KUNIT_EXPECT_MEMEQ(test, fw->mac, group(2), ETH_ALEN);
	KUNIT_EXPECT_TRUE(test, has(station(1)));
	/* Again: nothing to do. */
	KUNIT_EXPECT_EQ(test, add(), 0);
	KUNIT_EXPECT_EQ(test, fake->nr_fw, 2);
	KUNIT_EXPECT_EQ(test, del(), 0);
	KUNIT_EXPECT_EQ(test, fake->fw_op, SMNC_FW_MAC_DEL);
	KUNIT_EXPECT_EQ(test, fake->adi.vsi.nr_macs, 0);
	/* Not there: deleting it succeeds. */
	KUNIT_EXPECT_EQ(test, del(), 0);
	KUNIT_EXPECT_EQ(test, fake->nr_fw, 4);
	begin();
	put(station(1), EXTRA);
	m->info.vsi_id--;
	KUNIT_EXPECT_EQ(test, add(), PARAM);
	KUNIT_EXPECT_EQ(test, del(), PARAM);
	KUNIT_EXPECT_EQ(test, fake->nr_fw, 4);
}

enum who { OWN, STATION, TAKEN, GROUP, BRIDGES, ZERO, BROADCAST };

/*
 * One entry among good ones: whether it gets a filter, and what the reply is. To iavf an
 * error takes away all that is new to it, so it is kept for where the driver would
 * take a refused address for its own.
 */
static const struct entry {
	const char *name;
	enum who who;
	u8 type;
	bool trust, added;
	int status;
} entries[] = {
	{ "own", OWN, PRIMARY, false, true, 0 },
	{ "own_extra", OWN, EXTRA, false, true, 0 },
	{ "own_legacy", OWN, LEGACY, false, true, 0 },
	{ "foreign_extra", STATION, EXTRA, false, false, 0 },
	{ "foreign_primary", STATION, PRIMARY, false, false, PARAM },
	{ "foreign_legacy", STATION, LEGACY, false, false, PARAM },
	{ "trusted_extra", STATION, EXTRA, true, true, 0 },
	{ "trusted_primary", STATION, PRIMARY, true, true, 0 },
	{ "trusted_legacy", STATION, LEGACY, true, true, 0 },
	{ "taken_extra", TAKEN, EXTRA, true, false, 0 },
	{ "taken_primary", TAKEN, PRIMARY, true, false, PARAM },
	{ "taken_legacy", TAKEN, LEGACY, true, false, PARAM },
	{ "group", GROUP, EXTRA, false, true, 0 },
	{ "group_legacy", GROUP, LEGACY, false, true, 0 },
	{ "bridges", BRIDGES, EXTRA, false, false, 0 },
	{ "bridges_trusted", BRIDGES, EXTRA, true, true, 0 },
	{ "zero", ZERO, EXTRA, true, false, 0 },
	{ "zero_primary", ZERO, PRIMARY, false, false, 0 },
	{ "broadcast", BROADCAST, EXTRA, true, false, 0 },
	{ "broadcast_legacy", BROADCAST, LEGACY, false, false, 0 },
};

static void entry_name(const struct entry *e, char *desc)
{
	strscpy(desc, e->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(entry, entries, entry_name);

static void who_is(const struct entry *e, u8 *mac)
{
	switch (e->who) {
	case OWN:
		ether_addr_copy(mac, fake->adi.addr.mac);
		break;
	case TAKEN:
		KUNIT_ASSERT_EQ(fake->test, smnc_mac_set(&fake->pf, &fake->other, station(9)), 0);
		fallthrough;
	case STATION:
		ether_addr_copy(mac, station(9));
		break;
	case GROUP:
		ether_addr_copy(mac, group(9));
		break;
	case BRIDGES:
		memcpy(mac, (u8[]){ 1, 0x80, 0xc2, 0, 0, 0x0e }, ETH_ALEN);
		break;
	case ZERO:
		eth_zero_addr(mac);
		break;
	case BROADCAST:
		eth_broadcast_addr(mac);
		break;
	}
}

static void vca_entry(struct kunit *test)
{
	const struct entry *e = test->param_value;
	unsigned int place;
	u8 mac[ETH_ALEN];

	who_is(e, mac);
	fake->adi.cfg[SMNC_CFG_TRUST] = e->trust;
	/* First, amid and last in its list. */
	for (place = 0; place < 3; place++) {
		begin();
		put(place == 0 ? mac : group(1), place == 0 ? e->type : EXTRA);
		put(place == 1 ? mac : group(2), place == 1 ? e->type : EXTRA);
		put(place == 2 ? mac : group(3), place == 2 ? e->type : EXTRA);
		KUNIT_EXPECT_EQ(test, add(), e->status);
		KUNIT_EXPECT_EQ(test, has(mac), e->added);
		KUNIT_EXPECT_EQ(test, has(group(1)), place != 0);
		KUNIT_EXPECT_EQ(test, has(group(2)), place != 1);
		KUNIT_EXPECT_EQ(test, has(group(3)), place != 2);
		KUNIT_EXPECT_EQ(test, del(), 0);
		KUNIT_EXPECT_EQ(test, fake->adi.vsi.nr_macs, 0);
	}
	/* The same by itself. */
	KUNIT_EXPECT_EQ(test, add_one(mac, e->type), e->status);
	KUNIT_EXPECT_EQ(test, fake->fw_macs, e->added);
	if (!e->added)
		KUNIT_EXPECT_MEMEQ(test, fake->adi.guest_mac, fake->adi.addr.mac, ETH_ALEN);
}

static void vca_firmware_refuses(struct kunit *test)
{
	fake->fw_error = -EEXIST;
	KUNIT_EXPECT_EQ(test, add_one(station(1), PRIMARY), PARAM);
	KUNIT_EXPECT_EQ(test, add_one(station(1), EXTRA), 0);
	fake->fw_error = -EIO;
	KUNIT_EXPECT_EQ(test, add_one(station(1), EXTRA), VIRTCHNL_STATUS_ERR_ADMIN_QUEUE_ERROR);
	KUNIT_EXPECT_EQ(test, fake->adi.vsi.nr_macs, 0);
	fake->fw_error = 0;
	KUNIT_EXPECT_EQ(test, add_one(station(1), EXTRA), 0);
	fake->fw_error = -EIO;
	KUNIT_EXPECT_EQ(test, del_one(station(1), EXTRA), VIRTCHNL_STATUS_ERR_ADMIN_QUEUE_ERROR);
	KUNIT_EXPECT_EQ(test, fake->adi.vsi.nr_macs, 1);
	/* Forgotten all the same: the function is going. */
	KUNIT_EXPECT_EQ(test, smnc_vsi_clear(&fake->pf, &fake->adi.vsi), -EREMOTEIO);
	KUNIT_EXPECT_EQ(test, fake->adi.vsi.nr_macs, 0);
	KUNIT_EXPECT_EQ(test, fake->adi.vsi.flags, 0);
	KUNIT_EXPECT_EQ(test, fake->adi.vsi.id, FAKE_FUNC);
}

/* The guest names its primary address; a multicast one is not. */
static void vca_primary(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, add_one(station(1), EXTRA), 0);
	KUNIT_EXPECT_EQ(test, add_one(group(2), PRIMARY), 0);
	KUNIT_EXPECT_MEMEQ(test, fake->adi.guest_mac, fake->adi.addr.mac, ETH_ALEN);
	KUNIT_EXPECT_EQ(test, add_one(station(3), PRIMARY | 0xfc), 0);
	KUNIT_EXPECT_MEMEQ(test, fake->adi.guest_mac, station(3), ETH_ALEN);
}

/* What a driver without address types did, and the address it then has as its own. */
static const struct legacy {
	const char *name;
	char steps[12];	/* pairs: + or - and a digit; commas part lists; 0 is its own */
	unsigned int own;
} legacies[] = {
	{ "up", "+0", 0 },
	{ "changes", "+0,+1,-0", 1 },
	{ "deletes_first", "+0,-0,+1", 1 },
	{ "extra_stays_extra", "+0,+1", 0 },
	{ "down_and_up", "+0+1,-0-1,+0", 0 },
	{ "down", "+0+1,-0-1", 0 },
	{ "back_again", "+1-0,+0,-1", 0 },
};

static void legacy_name(const struct legacy *l, char *desc)
{
	strscpy(desc, l->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(legacy, legacies, legacy_name);

static void vca_legacy(struct kunit *test)
{
	const struct legacy *l = test->param_value;
	const char *s = l->steps;
	u8 own[ETH_ALEN];

	while (*s) {
		char op = *s;

		begin();
		for (; *s == op; s += 2)
			put(s[1] == '0' ? fake->adi.addr.mac : station(s[1] - '0'), LEGACY);
		KUNIT_ASSERT_EQ(test, op == '+' ? add() : del(), 0);
		s += *s == ',';
	}
	ether_addr_copy(own, l->own ? station(l->own) : fake->adi.addr.mac);
	KUNIT_EXPECT_MEMEQ(test, fake->adi.guest_mac, own, ETH_ALEN);
	/* A reset of its function leaves it that. */
	mutex_lock(&fake->adi.lock);
	KUNIT_EXPECT_EQ(test, smnc_adi_restart(&fake->adi, false), 0);
	mutex_unlock(&fake->adi.lock);
	KUNIT_EXPECT_MEMEQ(test, fake->adi.guest_mac, own, ETH_ALEN);
	KUNIT_EXPECT_TRUE(test, has(own));
}

/* --- more addresses than filters ---------------------------------------------------- */

static void add_groups(struct kunit *test, unsigned int first, unsigned int nr)
{
	unsigned int i;

	begin();
	for (i = 0; i < nr; i++)
		put(group(first + i), EXTRA);
	KUNIT_EXPECT_EQ(test, add(), 0);
}

static void vca_groups_overflow(struct kunit *test)
{
	unsigned int i;

	add_groups(test, 0, SMNC_FW_MACS_PER_VSI);
	KUNIT_EXPECT_FALSE(test, all_multicast());
	add_groups(test, SMNC_FW_MACS_PER_VSI, 3);
	KUNIT_EXPECT_TRUE(test, all_multicast());
	KUNIT_EXPECT_EQ(test, fake->adi.nr_more, 3);
	/* Joined once more: the same. */
	add_groups(test, SMNC_FW_MACS_PER_VSI, 3);
	KUNIT_EXPECT_EQ(test, fake->adi.nr_more, 3);
	/* The guest's own wish for all of them comes and goes. */
	for (i = 0; i < 3; i++) {
		KUNIT_EXPECT_TRUE(test, all_multicast());
		KUNIT_EXPECT_EQ(test, del_one(group(7 + i), EXTRA), 0);
	}
	KUNIT_EXPECT_FALSE(test, all_multicast());
	KUNIT_EXPECT_EQ(test, fake->fw_macs, SMNC_FW_MACS_PER_VSI);
	for (i = 0; i < SMNC_FW_MACS_PER_VSI + 3; i++)
		KUNIT_EXPECT_EQ(test, has(group(i)), i < 7 || i > 9);
	/* One of those without a filter goes: so does all multicast. */
	add_groups(test, 300, 1);
	KUNIT_EXPECT_TRUE(test, all_multicast());
	KUNIT_EXPECT_EQ(test, del_one(group(300), EXTRA), 0);
	KUNIT_EXPECT_FALSE(test, all_multicast());
}

/* A station's address takes the place of a group; beyond that it is refused. */
static void vca_stations_first(struct kunit *test)
{
	unsigned int i;

	add_groups(test, 0, SMNC_FW_MACS_PER_VSI);
	for (i = 0; i < SMNC_FW_MACS_PER_VSI; i++) {
		KUNIT_EXPECT_EQ(test, add_one(station(i), LEGACY), 0);
		KUNIT_EXPECT_TRUE(test, has(station(i)));
		KUNIT_EXPECT_TRUE(test, all_multicast());
	}
	KUNIT_EXPECT_EQ(test, fake->adi.nr_more, SMNC_FW_MACS_PER_VSI);
	KUNIT_EXPECT_EQ(test, add_one(station(200), LEGACY), VIRTCHNL_STATUS_ERR_NO_MEMORY);
	KUNIT_EXPECT_EQ(test, add_one(station(200), EXTRA), 0);
	KUNIT_EXPECT_FALSE(test, has(station(200)));
	for (i = 0; i < SMNC_FW_MACS_PER_VSI; i++)
		KUNIT_EXPECT_EQ(test, del_one(station(i), LEGACY), 0);
	KUNIT_EXPECT_FALSE(test, all_multicast());
	KUNIT_EXPECT_EQ(test, fake->fw_macs, SMNC_FW_MACS_PER_VSI);
	for (i = 0; i < SMNC_FW_MACS_PER_VSI; i++)
		KUNIT_EXPECT_TRUE(test, has(group(i)));
}

/* More than are remembered: all multicast until the function is reset. */
static void vca_groups_lost(struct kunit *test)
{
	unsigned int i, all = SMNC_FW_MACS_PER_VSI + SMNC_MORE_GROUPS;

	add_groups(test, 0, all);
	KUNIT_EXPECT_FALSE(test, fake->adi.more_lost);
	add_groups(test, all, 2);
	KUNIT_EXPECT_TRUE(test, fake->adi.more_lost);
	for (i = 0; i < all + 2; i++)
		KUNIT_EXPECT_EQ(test, del_one(group(i), EXTRA), 0);
	KUNIT_EXPECT_EQ(test, fake->fw_macs, 0);
	KUNIT_EXPECT_TRUE(test, all_multicast());
	mutex_lock(&fake->adi.lock);
	KUNIT_EXPECT_EQ(test, smnc_adi_restart(&fake->adi, false), 0);
	mutex_unlock(&fake->adi.lock);
	KUNIT_EXPECT_FALSE(test, all_multicast());
}

static void vca_overflow_fails(struct kunit *test)
{
	add_groups(test, 0, SMNC_FW_MACS_PER_VSI);
	fake->fw_error = -EIO;
	KUNIT_EXPECT_LT(test, add_one(group(100), EXTRA), 0);
	KUNIT_EXPECT_EQ(test, fake->adi.nr_more, 0);
	KUNIT_EXPECT_LT(test, add_one(station(1), EXTRA), 0);
	KUNIT_EXPECT_EQ(test, fake->adi.nr_more, 0);
	fake->fw_error = 0;
	KUNIT_EXPECT_EQ(test, fake->fw_macs, SMNC_FW_MACS_PER_VSI);
	/* The device itself may have none left. */
	KUNIT_EXPECT_EQ(test, del_one(group(1), EXTRA), 0);
	fake->fw_error = -ENOSPC;
	KUNIT_EXPECT_LT(test, add_one(group(101), EXTRA), 0);
	KUNIT_EXPECT_EQ(test, fake->adi.nr_more, 0);
}

/*
 * Ten thousand steps of a guest that joins and leaves at random: the filters are those
 * of the addresses it has, none leaks, and all multicast is on when it has to be.
 */
static void vca_random(struct kunit *test)
{
	enum { STATIONS = 40, GROUPS = 150, STEPS = 10000 };
	bool joined[STATIONS + GROUPS] = {}, add;
	struct smnc_adi *adi = &fake->adi;
	unsigned int step, i, k, nr = 0;
	struct rnd_state rnd;

	prandom_seed_state(&rnd, 4711);
	for (step = 0; step < STEPS; step++) {
		/* It joins for a while, then it leaves for a while. */
		add = prandom_u32_state(&rnd) % 8 < (step / 500 % 2 ? 6 : 2);
		begin();
		for (k = 1 + prandom_u32_state(&rnd) % 3; k; k--) {
			i = prandom_u32_state(&rnd) % ARRAY_SIZE(joined);
			put(i < STATIONS ? station(i) : group(i), LEGACY);
			nr += add - joined[i];
			joined[i] = add;
		}
		KUNIT_ASSERT_EQ(test, send(add ? VIRTCHNL_OP_ADD_ETH_ADDR :
					   VIRTCHNL_OP_DEL_ETH_ADDR), 0);
		KUNIT_ASSERT_EQ(test, adi->vsi.nr_macs, min_t(unsigned int, nr,
							      SMNC_FW_MACS_PER_VSI));
		KUNIT_ASSERT_EQ(test, fake->fw_macs, adi->vsi.nr_macs);
		KUNIT_ASSERT_EQ(test, adi->nr_more, nr - adi->vsi.nr_macs);
		KUNIT_ASSERT_EQ(test, all_multicast(), adi->nr_more > 0);
		for (i = 0; i < STATIONS; i++)
			KUNIT_ASSERT_EQ(test, has(station(i)), joined[i]);
	}
	for (i = STATIONS; i < ARRAY_SIZE(joined); i++)
		if (!adi->nr_more)
			KUNIT_EXPECT_EQ(test, has(group(i)), joined[i]);
}

/* --- what the guest may not have any more ------------------------------------------------ */

static const u8 bridges[ETH_ALEN] = { 1, 0x80, 0xc2, 0, 0, 0 };

/* Trust goes: the addresses that only a trusted guest may have go with it. */
static void vca_untrust(struct kunit *test)
{
	struct smnc_adi *adi = &fake->adi;

	begin();
	put(station(1), EXTRA);
	put(group(1), EXTRA);
	put(bridges, EXTRA);
	put(station(2), PRIMARY);
	put(station(3), EXTRA);
	KUNIT_EXPECT_EQ(test, add(), 0);
	adi->cfg[SMNC_CFG_TRUST] = false;
	fake->fw_error = -EIO;
	KUNIT_EXPECT_EQ(test, smnc_adi_check_addrs(adi), -EREMOTEIO);
	fake->fw_error = 0;
	KUNIT_EXPECT_EQ(test, smnc_adi_check_addrs(adi), 3);
	KUNIT_EXPECT_EQ(test, adi->vsi.nr_macs, 2);
	KUNIT_EXPECT_TRUE(test, has(group(1)));
	/* Its own works at once. */
	KUNIT_EXPECT_TRUE(test, has(adi->addr.mac));
	KUNIT_EXPECT_MEMEQ(test, adi->guest_mac, adi->addr.mac, ETH_ALEN);
	KUNIT_EXPECT_EQ(test, smnc_adi_check_addrs(adi), 0);
}

/* Room that is made by it goes to groups, but not to those of bridges. */
static void vca_untrust_makes_room(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < SMNC_FW_MACS_PER_VSI; i++)
		KUNIT_EXPECT_EQ(test, add_one(station(i), EXTRA), 0);
	KUNIT_EXPECT_EQ(test, add_one(bridges, EXTRA), 0);
	add_groups(test, 0, 5);
	KUNIT_EXPECT_EQ(test, fake->adi.nr_more, 6);
	KUNIT_EXPECT_TRUE(test, all_multicast());
	fake->adi.cfg[SMNC_CFG_TRUST] = false;
	KUNIT_EXPECT_EQ(test, smnc_adi_check_addrs(&fake->adi), SMNC_FW_MACS_PER_VSI);
	KUNIT_EXPECT_EQ(test, fake->fw_macs, 6);
	KUNIT_EXPECT_FALSE(test, has(bridges));
	KUNIT_EXPECT_FALSE(test, all_multicast());
}

static void check_due(void)
{
	smnc_msgs_open(&fake->adi);
	smnc_adi_due(&fake->adi, SMNC_DUE_CHECK);
	flush_work(&fake->adi.work);
}

/* The operator gave a device the address that a trusted guest uses: that loses it. */
static void vca_operator_wins(struct kunit *test)
{
	struct smnc_adi *adi = &fake->adi;
	unsigned int sent;

	begin();
	put(station(1), PRIMARY);
	put(station(2), EXTRA);
	KUNIT_EXPECT_EQ(test, add(), 0);
	sent = fake->nr_sent;
	check_due();
	KUNIT_EXPECT_EQ(test, fake->restarts, 0);
	KUNIT_EXPECT_EQ(test, fake->nr_sent, sent);
	KUNIT_ASSERT_EQ(test, smnc_mac_set(&fake->pf, &fake->other, station(1)), 0);
	check_due();
	/* Notified, reset, and on its own address again. */
	KUNIT_EXPECT_EQ(test, fake->op, VIRTCHNL_OP_EVENT);
	KUNIT_EXPECT_EQ(test, fake->nr_sent, sent + 1);
	KUNIT_EXPECT_EQ(test, fake->restarts, 1);
	KUNIT_EXPECT_MEMEQ(test, adi->guest_mac, adi->addr.mac, ETH_ALEN);
	KUNIT_EXPECT_TRUE(test, has(adi->addr.mac));
	KUNIT_EXPECT_FALSE(test, has(station(1)));
}

/* Of an address that is taken away a guest learns by a reset of its function, that alone. */
static void vca_taken(struct kunit *test)
{
	struct smnc_adi *adi = &fake->adi;
	unsigned int sent;

	begin();
	put(station(1), EXTRA);
	KUNIT_EXPECT_EQ(test, add(), 0);
	sent = fake->nr_sent;
	smnc_msgs_open(adi);
	smnc_adi_due(adi, adi->kind->addrs_taken(adi, 1));
	flush_work(&adi->work);
	KUNIT_EXPECT_EQ(test, fake->restarts, 1);
	KUNIT_EXPECT_EQ(test, fake->op, VIRTCHNL_OP_EVENT);
	KUNIT_EXPECT_EQ(test, fake->nr_sent, sent + 1);
	KUNIT_EXPECT_FALSE(test, has(station(1)));
	KUNIT_EXPECT_TRUE(test, has(adi->guest_mac));
}

/* A reset of the PF is one of the function: the driver starts over, its own address stays. */
static void vca_revived(struct kunit *test)
{
	struct smnc_adi *adi = &fake->adi;

	KUNIT_EXPECT_EQ(test, add_one(station(1), EXTRA), 0);
	memset(&fake->fw_vsi, 0, sizeof(fake->fw_vsi));
	fake->fw_macs = 0;
	mutex_lock(&adi->lock);
	KUNIT_EXPECT_EQ(test, adi->kind->revive(adi), 0);
	mutex_unlock(&adi->lock);
	KUNIT_EXPECT_EQ(test, fake->avf->state, SMNC_VC_NEW);
	KUNIT_EXPECT_TRUE(test, fake->fw_vsi.flags & SMNC_VSI_ACTIVE);
	KUNIT_EXPECT_TRUE(test, has(adi->guest_mac));
	KUNIT_EXPECT_FALSE(test, has(station(1)));
	KUNIT_EXPECT_EQ(test, fake->fw_macs, 1);
}

/* Likewise while its function is being reset: it is not given it back. */
static void vca_operator_wins_in_reset(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, add_one(station(1), PRIMARY), 0);
	KUNIT_ASSERT_EQ(test, smnc_mac_set(&fake->pf, &fake->other, station(1)), 0);
	mutex_lock(&fake->adi.lock);
	KUNIT_EXPECT_EQ(test, smnc_adi_restart(&fake->adi, false), 0);
	mutex_unlock(&fake->adi.lock);
	KUNIT_EXPECT_MEMEQ(test, fake->adi.guest_mac, fake->adi.addr.mac, ETH_ALEN);
	KUNIT_EXPECT_FALSE(test, has(station(1)));
}

/* A device that is opened asks for its address, and waits until it is given up. */
static void vca_claim(struct kunit *test)
{
	struct smnc_adi *other = kunit_kzalloc(test, sizeof(*other), GFP_KERNEL);
	struct smnc_adi *adi = &fake->adi;

	KUNIT_ASSERT_NOT_NULL(test, other);
	other->pf = &fake->pf;
	mutex_init(&other->lock);
	smnc_worker_init(other);
	smnc_msgs_open(other);
	list_add(&other->list, &fake->pf.adis);
	fake->fw_refused = SMNC_FW_MAC_ADD;
	/* No driver to ask: at once. */
	fake->fw_refusals = 1;
	KUNIT_EXPECT_EQ(test, smnc_adi_vsi_start(adi), -EADDRINUSE);
	KUNIT_EXPECT_EQ(test, fake->fw_refusals, 0);
	other->cfg[SMNC_CFG_TRUST] = true;
	fake->fw_refusals = 3;
	KUNIT_EXPECT_EQ(test, smnc_adi_vsi_start(adi), 0);
	KUNIT_EXPECT_TRUE(test, has(adi->addr.mac));
	/* It waits, but not for ever. */
	fake->fw_refusals = 100000;
	KUNIT_EXPECT_EQ(test, smnc_adi_vsi_start(adi), -EADDRINUSE);
	smnc_msgs_close(other);
}

static struct kunit_case vca_cases[] = {
	KUNIT_CASE(vca_add),
	KUNIT_CASE_PARAM(vca_entry, entry_gen_params),
	KUNIT_CASE(vca_firmware_refuses),
	KUNIT_CASE(vca_primary),
	KUNIT_CASE_PARAM(vca_legacy, legacy_gen_params),
	KUNIT_CASE(vca_groups_overflow),
	KUNIT_CASE(vca_stations_first),
	KUNIT_CASE(vca_groups_lost),
	KUNIT_CASE(vca_overflow_fails),
	KUNIT_CASE(vca_random),
	KUNIT_CASE(vca_untrust),
	KUNIT_CASE(vca_untrust_makes_room),
	KUNIT_CASE(vca_operator_wins),
	KUNIT_CASE(vca_taken),
	KUNIT_CASE(vca_revived),
	KUNIT_CASE(vca_operator_wins_in_reset),
	KUNIT_CASE(vca_claim),
	{ }
};

static struct kunit_suite vca_suite = {
	.name = "virtchnl_addresses",
	.init = vca_init,
	.exit = fake_nic_exit,
	.test_cases = vca_cases,
};

kunit_test_suites(&vca_suite);
