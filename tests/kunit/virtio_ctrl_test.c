// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commands of a virtio device's control queue: each is answered once, whatever is wrong with
 * it, and does what a guest may have done.
 */
#include <linux/etherdevice.h>

#include "virtio_test.h"

static const u8 other[ETH_ALEN] __aligned(2) = { 2, 0, 0, 0, 9, 9 };
static const u8 third[ETH_ALEN] __aligned(2) = { 2, 0, 0, 0, 9, 7 };
static const u8 group[ETH_ALEN] __aligned(2) = { 0x33, 0x33, 0, 0, 0, 0x77 };

static int init(struct kunit *test)
{
	int err = fake_nic_init_virtio(test);

	drive(USUAL);
	return err;
}

/* --- lengths -------------------------------------------------------------------- */

static const struct {
	const char *name;
	u8 class;
	u8 command;
	u16 len;	/* the only one that fits; one of zeros */
	bool ok;	/* with zeros */
} cmds[] = {
	{ "PROMISC", 0, 0, 1, true },
	{ "ALLMULTI", 0, 1, 1, true },
	{ "ALLUNI", 0, 2, 1, true },
	{ "NOMULTI", 0, 3, 1, true },
	{ "NOUNI", 0, 4, 1, true },
	{ "NOBCAST", 0, 5, 1, true },
	{ "TABLE_SET", 1, 0, 8, true },
	{ "ADDR_SET", 1, 1, 6, false },
	{ "VLAN_ADD", 2, 0, 2, true },
	{ "VLAN_DEL", 2, 1, 2, true },
	{ "ANNOUNCE_ACK", 3, 0, 0, true },
	{ "PAIRS_SET", 4, 0, 2, false },
	{ "OFFLOADS_SET", 5, 0, 8, true },
	{ "no RX", 0, 6, 1, false },
	{ "no MAC", 1, 2, 6, false },
	{ "RSS_CONFIG", 4, 1, 8, false },
	{ "HASH_CONFIG", 4, 2, 8, false },
	{ "COAL_TX unaccepted", 6, 0, 8, false },
	{ "no class", 7, 0, 1, false },
	{ "last class", 255, 255, 1, false },
};

static void ctrl_lengths(struct kunit *test)
{
	static const u16 lens[] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 13, 255, 4095, 4096 };
	u8 *zeros = kunit_kzalloc(test, SMNC_AQ_BUF_MAX, GFP_KERNEL);
	unsigned int i, k;

	KUNIT_ASSERT_NOT_NULL(test, zeros);
	for (i = 0; i < ARRAY_SIZE(cmds); i++) {
		for (k = 0; k < ARRAY_SIZE(lens); k++)
			if (lens[k] != cmds[i].len)
				KUNIT_EXPECT_EQ_MSG(test, control(cmds[i].class, cmds[i].command,
								  zeros, lens[k]),
						    VIRTIO_NET_ERR, "%s: %u bytes", cmds[i].name,
						    lens[k]);
		KUNIT_EXPECT_EQ_MSG(test, control(cmds[i].class, cmds[i].command, zeros,
						  cmds[i].len),
				    cmds[i].ok ? VIRTIO_NET_OK : VIRTIO_NET_ERR, "%s",
				    cmds[i].name);
	}
	KUNIT_EXPECT_EQ(test, fake->restarts, 0);
	KUNIT_EXPECT_EQ(test, status() & S_BROKEN, 0);
}

/* --- addresses ------------------------------------------------------------------------ */

struct table {
	u8 data[SMNC_AQ_BUF_MAX];
	u16 len;
};

static void put32(struct table *t, u32 value)
{
	__le32 v = cpu_to_le32(value);

	memcpy(t->data + t->len, &v, sizeof(v));
	t->len += sizeof(v);
}

static void put_mac(struct table *t, const u8 *mac)
{
	memcpy(t->data + t->len, mac, ETH_ALEN);
	t->len += ETH_ALEN;
}

static int set_table(struct kunit *test, unsigned int uc, const u8 *first, unsigned int mc)
{
	struct table *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);
	u8 mac[ETH_ALEN];
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, t);
	put32(t, uc);
	for (i = 0; i < uc; i++) {
		memcpy(mac, first, ETH_ALEN);
		mac[3] += i;
		put_mac(t, mac);
	}
	put32(t, mc);
	for (i = 0; i < mc; i++) {
		memcpy(mac, group, ETH_ALEN);
		mac[3] = i;
		mac[4] = i >> 8;
		put_mac(t, mac);
	}
	return control(1, 0, t->data, t->len);
}

/* Counts that are not those of the data. */
static void ctrl_table_counts(struct kunit *test)
{
	static const struct { u32 uc, mc; unsigned int macs; } bad[] = {
		{ 1, 0, 0 }, { 0, 1, 0 }, { 0, 0, 1 }, { 2, 0, 1 }, { 0, 2, 1 }, { 1, 1, 1 },
		{ ~0U, 0, 1 }, { 0, ~0U, 1 }, { 0x2aaaaaab, 0, 1 }, { 0xaaaaaaab, 0, 2 },
		{ 0x80000000, 0x80000000, 2 }, { 1, ~0U, 2 },
	};
	struct table *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);
	unsigned int i, k;

	KUNIT_ASSERT_NOT_NULL(test, t);
	KUNIT_EXPECT_EQ(test, set_table(test, 1, other, 1), VIRTIO_NET_OK);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		t->len = 0;
		put32(t, bad[i].uc);
		for (k = 0; k < bad[i].macs; k++)
			put_mac(t, third);
		put32(t, bad[i].mc);
		KUNIT_EXPECT_EQ_MSG(test, control(1, 0, t->data, t->len), VIRTIO_NET_ERR, "%u", i);
	}
	/* Counts that are those of the data if products and their sum are cut to 32 bits. */
	t->len = 0;
	put32(t, 0x2aaaaaab);
	t->len += 2;
	put32(t, 0xd5555556);
	t->len += 4;
	KUNIT_EXPECT_EQ(test, control(1, 0, t->data, t->len), VIRTIO_NET_ERR);
	/* The table is the last one that was right. */
	KUNIT_EXPECT_TRUE(test, smnc_vsi_has_mac(&fake->adi.vsi, other));
	KUNIT_EXPECT_FALSE(test, smnc_vsi_has_mac(&fake->adi.vsi, third));
	KUNIT_EXPECT_EQ(test, set_table(test, 0, other, 681), VIRTIO_NET_OK);
	KUNIT_EXPECT_EQ(test, set_table(test, 681, other, 0), VIRTIO_NET_OK);
	fake_vsi_expect_known(test);
}

/* A table replaces the one before; its own address stays. */
static void ctrl_table_replaces(struct kunit *test)
{
	const struct smnc_vsi *vsi = &fake->adi.vsi;

	KUNIT_EXPECT_EQ(test, set_table(test, 2, other, 3), VIRTIO_NET_OK);
	KUNIT_EXPECT_EQ(test, vsi->nr_macs, 6);
	KUNIT_EXPECT_EQ(test, set_table(test, 1, third, 1), VIRTIO_NET_OK);
	KUNIT_EXPECT_EQ(test, vsi->nr_macs, 3);
	KUNIT_EXPECT_TRUE(test, smnc_vsi_has_mac(vsi, third));
	KUNIT_EXPECT_TRUE(test, smnc_vsi_has_mac(vsi, fake->adi.addr.mac));
	KUNIT_EXPECT_EQ(test, set_table(test, 0, other, 0), VIRTIO_NET_OK);
	KUNIT_EXPECT_EQ(test, vsi->nr_macs, 1);
	fake_vsi_expect_known(test);
}

/* More than there are filters for: all of the kind instead, until there are fewer. */
static void ctrl_table_overflow(struct kunit *test)
{
	const struct smnc_vsi *vsi = &fake->adi.vsi;

	KUNIT_EXPECT_EQ(test, set_table(test, 3, other, 600), VIRTIO_NET_OK);
	KUNIT_EXPECT_EQ(test, vsi->flags & (SMNC_VSI_UC_PROMISC | SMNC_VSI_MC_PROMISC),
			SMNC_VSI_MC_PROMISC);
	KUNIT_EXPECT_TRUE(test, smnc_vsi_has_mac(vsi, other));
	KUNIT_EXPECT_EQ(test, set_table(test, 100, other, 0), VIRTIO_NET_OK);
	KUNIT_EXPECT_EQ(test, vsi->flags & (SMNC_VSI_UC_PROMISC | SMNC_VSI_MC_PROMISC),
			SMNC_VSI_UC_PROMISC);
	KUNIT_EXPECT_EQ(test, set_table(test, 1, other, 1), VIRTIO_NET_OK);
	KUNIT_EXPECT_EQ(test, vsi->flags & (SMNC_VSI_UC_PROMISC | SMNC_VSI_MC_PROMISC), 0);
	KUNIT_EXPECT_EQ(test, vsi->nr_macs, 3);
	fake_vsi_expect_known(test);
}

/* Answered as if they were granted, and granted with trust. */
static void ctrl_untrusted_wishes(struct kunit *test)
{
	static const u8 on = 1;
	const struct smnc_vsi *vsi = &fake->adi.vsi;

	fake->adi.cfg[SMNC_CFG_TRUST] = false;
	KUNIT_EXPECT_EQ(test, set_table(test, 1, other, 1), VIRTIO_NET_OK);
	KUNIT_EXPECT_EQ(test, control(0, 0, &on, 1), VIRTIO_NET_OK);
	KUNIT_EXPECT_FALSE(test, smnc_vsi_has_mac(vsi, other));
	KUNIT_EXPECT_TRUE(test, smnc_vsi_has_mac(vsi, (u8[]){ 0x33, 0x33, 0, 0, 0, 0x77 }));
	KUNIT_EXPECT_FALSE(test, vsi->flags & SMNC_VSI_UC_PROMISC);
	KUNIT_EXPECT_EQ(test, control(1, 1, other, ETH_ALEN), VIRTIO_NET_ERR);
	KUNIT_EXPECT_EQ(test, config(5, 1), fake->adi.addr.mac[5]);
	fake->adi.cfg[SMNC_CFG_TRUST] = true;
	worker(SMNC_DUE_WISHES);
	KUNIT_EXPECT_TRUE(test, smnc_vsi_has_mac(vsi, other));
	KUNIT_EXPECT_TRUE(test, vsi->flags & SMNC_VSI_UC_PROMISC);
	fake_vsi_expect_known(test);
}

static void ctrl_modes(struct kunit *test)
{
	static const struct { u8 command, on; u16 flags; } steps[] = {
		{ 1, 1, SMNC_VSI_MC_PROMISC },
		{ 0, 1, SMNC_VSI_MC_PROMISC | SMNC_VSI_UC_PROMISC },
		{ 1, 0, SMNC_VSI_MC_PROMISC | SMNC_VSI_UC_PROMISC },
		{ 0, 0, 0 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(steps); i++) {
		KUNIT_EXPECT_EQ(test, control(0, steps[i].command, &steps[i].on, 1), VIRTIO_NET_OK);
		KUNIT_EXPECT_EQ_MSG(test, fake->fw_vsi.flags & (SMNC_VSI_MC_PROMISC |
				    SMNC_VSI_UC_PROMISC), steps[i].flags, "%u", i);
	}
}

/* Its own address: in the configuration before the answer, and the old one gone. */
static void ctrl_own_address(struct kunit *test)
{
	const struct smnc_vsi *vsi = &fake->adi.vsi;
	u8 generation = rd(VIRTIO_PCI_COMMON_CFGGENERATION, 1);

	KUNIT_EXPECT_EQ(test, control(1, 1, other, ETH_ALEN), VIRTIO_NET_OK);
	KUNIT_EXPECT_EQ(test, config(5, 1), other[5]);
	KUNIT_EXPECT_NE(test, rd(VIRTIO_PCI_COMMON_CFGGENERATION, 1), generation);
	KUNIT_EXPECT_EQ(test, vsi->nr_macs, 1);
	KUNIT_EXPECT_TRUE(test, smnc_vsi_has_mac(vsi, other));
	KUNIT_EXPECT_EQ(test, control(1, 1, group, ETH_ALEN), VIRTIO_NET_ERR);
	KUNIT_EXPECT_EQ(test, control(1, 1, other, ETH_ALEN), VIRTIO_NET_OK);
	KUNIT_EXPECT_EQ(test, vsi->nr_macs, 1);
	/* Another device's. */
	KUNIT_EXPECT_EQ(test, smnc_mac_set(&fake->pf, &fake->other, third), 0);
	KUNIT_EXPECT_EQ(test, control(1, 1, third, ETH_ALEN), VIRTIO_NET_ERR);
	KUNIT_EXPECT_EQ(test, config(5, 1), other[5]);
	/* The default one is back with a reset. */
	set_status(0);
	KUNIT_EXPECT_EQ(test, config(5, 1), fake->adi.addr.mac[5]);
	KUNIT_EXPECT_FALSE(test, smnc_vsi_has_mac(vsi, other));
	smnc_mac_drop(&fake->pf, &fake->other);
}

/* Taken away: no reset; the link is down until it has one that it may have. */
static void ctrl_address_taken(struct kunit *test)
{
	const u32 link = offsetof(struct virtio_net_config, status);
	unsigned int signals;

	fake->adi.cfg[SMNC_CFG_LINK] = SMNC_LINK_ENABLE;
	worker(SMNC_DUE_LINK);
	KUNIT_EXPECT_EQ(test, control(1, 1, other, ETH_ALEN), VIRTIO_NET_OK);
	KUNIT_EXPECT_EQ(test, config(link, 2), 1);
	signals = fake->signals[0];
	fake->adi.cfg[SMNC_CFG_TRUST] = false;
	worker(SMNC_DUE_CHECK);
	KUNIT_EXPECT_EQ(test, config(link, 2), 0);
	KUNIT_EXPECT_EQ(test, fake->signals[0], signals + 1);
	KUNIT_EXPECT_EQ(test, fake->restarts, 0);
	KUNIT_EXPECT_FALSE(test, smnc_vsi_has_mac(&fake->adi.vsi, other));
	KUNIT_EXPECT_EQ(test, config(5, 1), other[5]);
	KUNIT_EXPECT_EQ(test, control(1, 1, fake->adi.addr.mac, ETH_ALEN), VIRTIO_NET_OK);
	KUNIT_EXPECT_EQ(test, config(link, 2), 1);
	KUNIT_EXPECT_EQ(test, fake->signals[0], signals + 2);
	fake_vsi_expect_known(test);
}

/* The firmware does not take it away at first. */
static void ctrl_address_taken_late(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, control(1, 1, other, ETH_ALEN), VIRTIO_NET_OK);
	fake->adi.cfg[SMNC_CFG_TRUST] = false;
	fake->fw_fault = FAKE_FW_ERROR;
	fake->fw_fault_op = SMNC_FW_MAC_DEL;
	worker(SMNC_DUE_CHECK);
	KUNIT_EXPECT_TRUE(test, fake->adi.vsi.unknown);
	worker(SMNC_DUE_VSI);
	KUNIT_EXPECT_FALSE(test, smnc_vsi_has_mac(&fake->adi.vsi, other));
	KUNIT_EXPECT_EQ(test, fake->restarts, 0);
	fake_vsi_expect_known(test);
}

/* --- VLANs ---------------------------------------------------------------------------------- */

#define VLANS	(USUAL | F(VIRTIO_NET_F_CTRL_VLAN))

static int vlan(u16 vid, bool add)
{
	__le16 v = cpu_to_le16(vid);

	return control(2, add ? 0 : 1, &v, sizeof(v));
}

static bool filtered(void)
{
	return fake->fw_vsi.flags & SMNC_VSI_VLAN_OWN;
}

static void expect_vids(struct kunit *test, unsigned int nr, const u16 *vids)
{
	u8 own[SMNC_VIDS / 8] = {};
	unsigned int i;

	for (i = 0; i < nr; i++)
		own[vids[i] / 8] |= BIT(vids[i] % 8);
	KUNIT_EXPECT_MEMEQ(test, fake->fw_vsi.own, own, sizeof(own));
	fake_vsi_expect_known(test);
}

/* The table is empty from FEATURES_OK on, and no tagged frame passes it. */
static void ctrl_vlan_table(struct kunit *test)
{
	static const u16 vids[] = { 1, 5, 127, 128, 4094 }, bad[] = { 4095, 4096, 0x8005, 0xffff };
	unsigned int i;

	KUNIT_EXPECT_FALSE(test, filtered());
	set_status(0);
	accept(VLANS);
	KUNIT_EXPECT_TRUE(test, filtered());
	expect_vids(test, 0, vids);
	set_status(0);
	KUNIT_EXPECT_FALSE(test, filtered());
	drive(VLANS);
	for (i = 0; i < ARRAY_SIZE(vids); i++) {
		KUNIT_EXPECT_EQ(test, vlan(vids[i], true), VIRTIO_NET_OK);
		KUNIT_EXPECT_EQ(test, vlan(vids[i], true), VIRTIO_NET_OK);
		expect_vids(test, i + 1, vids);
	}
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		KUNIT_EXPECT_EQ_MSG(test, vlan(bad[i], true), VIRTIO_NET_ERR, "%u", bad[i]);
		KUNIT_EXPECT_EQ_MSG(test, vlan(bad[i], false), VIRTIO_NET_ERR, "%u", bad[i]);
	}
	expect_vids(test, ARRAY_SIZE(vids), vids);
	for (i = ARRAY_SIZE(vids); i--; ) {
		KUNIT_EXPECT_EQ(test, vlan(vids[i], false), VIRTIO_NET_OK);
		KUNIT_EXPECT_EQ(test, vlan(3, false), VIRTIO_NET_OK);
		expect_vids(test, i, vids);
	}
	KUNIT_EXPECT_TRUE(test, filtered());
	KUNIT_EXPECT_EQ(test, vlan(5, true), VIRTIO_NET_OK);
	set_status(0);
	KUNIT_EXPECT_FALSE(test, filtered());
	expect_vids(test, 0, vids);
}

/* Promiscuous, the driver gets the VLANs that it has not asked for as well. */
static void ctrl_vlan_promiscuous(struct kunit *test)
{
	static const u16 vids[] = { 5 };
	unsigned int trust;
	u8 on;

	set_status(0);
	drive(VLANS);
	KUNIT_EXPECT_EQ(test, vlan(5, true), VIRTIO_NET_OK);
	for (trust = 0; trust < 2; trust++) {
		fake->adi.cfg[SMNC_CFG_TRUST] = trust;
		on = 1;
		KUNIT_EXPECT_EQ(test, control(0, 0, &on, 1), VIRTIO_NET_OK);
		KUNIT_EXPECT_FALSE(test, filtered());
		on = 0;
		KUNIT_EXPECT_EQ(test, control(0, 0, &on, 1), VIRTIO_NET_OK);
		KUNIT_EXPECT_TRUE(test, filtered());
		expect_vids(test, 1, vids);
	}
}

/* Without the feature the commands change nothing. */
static void ctrl_vlan_unaccepted(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, vlan(5, true), VIRTIO_NET_OK);
	KUNIT_EXPECT_EQ(test, vlan(4095, true), VIRTIO_NET_OK);
	KUNIT_EXPECT_FALSE(test, filtered());
	expect_vids(test, 0, NULL);
}

/* The firmware fails: the table is what it was. */
static void ctrl_vlan_fails(struct kunit *test)
{
	static const u16 vids[] = { 7 };

	set_status(0);
	drive(VLANS);
	KUNIT_EXPECT_EQ(test, vlan(7, true), VIRTIO_NET_OK);
	fake->fw_error = -EIO;
	KUNIT_EXPECT_EQ(test, vlan(5, true), VIRTIO_NET_ERR);
	KUNIT_EXPECT_EQ(test, vlan(7, false), VIRTIO_NET_ERR);
	fake->fw_error = 0;
	expect_vids(test, 1, vids);
	KUNIT_EXPECT_EQ(test, smnc_virtio(&fake->adi)->vids[0], BIT(7));
}

/* --- queues, offloads --------------------------------------------------------------------- */

static int pairs(u16 nr)
{
	__le16 v = cpu_to_le16(nr);

	return control(4, 0, &v, sizeof(v));
}

static void expect_spread(struct kunit *test, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < SMNC_RSS_LUT_ENTRIES; i++)
		KUNIT_EXPECT_EQ(test, fake->fw_vsi.lut[i], i % nr);
}

static void ctrl_set_pairs(struct kunit *test)
{
	static const u16 bad[] = { 0, FAKE_QUEUES + 1, 0x7fff, 0x8000, 0xffff };
	unsigned int i;

	expect_spread(test, 1);
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		KUNIT_EXPECT_EQ_MSG(test, pairs(bad[i]), VIRTIO_NET_ERR, "%u", bad[i]);
	expect_spread(test, 1);
	KUNIT_EXPECT_EQ(test, pairs(FAKE_QUEUES), VIRTIO_NET_OK);
	expect_spread(test, FAKE_QUEUES);
	KUNIT_EXPECT_EQ(test, pairs(2), VIRTIO_NET_OK);
	expect_spread(test, 2);
	set_status(0);
	expect_spread(test, 1);
	/* Without MQ there is one. */
	accept(LEAST | F(VIRTIO_NET_F_CTRL_VQ));
	add_status(S_DRIVER_OK);
	KUNIT_EXPECT_EQ(test, pairs(2), VIRTIO_NET_ERR);
	KUNIT_EXPECT_EQ(test, pairs(1), VIRTIO_NET_OK);
}

static int offloads(u64 set)
{
	__le64 v = cpu_to_le64(set);

	return control(5, 0, &v, sizeof(v));
}

static void ctrl_set_offloads(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, fake->vq_offloads, F(VIRTIO_NET_F_GUEST_CSUM));
	KUNIT_EXPECT_EQ(test, offloads(0), VIRTIO_NET_OK);
	KUNIT_EXPECT_EQ(test, fake->vq_offloads, 0);
	KUNIT_EXPECT_EQ(test, fake->vq_features, USUAL);
	KUNIT_EXPECT_EQ(test, offloads(F(VIRTIO_NET_F_GUEST_TSO4)), VIRTIO_NET_ERR);
	KUNIT_EXPECT_EQ(test, offloads(F(VIRTIO_NET_F_CSUM)), VIRTIO_NET_ERR);
	KUNIT_EXPECT_EQ(test, offloads(~0ULL), VIRTIO_NET_ERR);
	KUNIT_EXPECT_EQ(test, fake->vq_offloads, 0);
	KUNIT_EXPECT_EQ(test, offloads(F(VIRTIO_NET_F_GUEST_CSUM)), VIRTIO_NET_OK);
	KUNIT_EXPECT_EQ(test, fake->vq_offloads, F(VIRTIO_NET_F_GUEST_CSUM));
	/* Not accepted: none may be in force. */
	set_status(0);
	accept(LEAST | F(VIRTIO_NET_F_CTRL_VQ));
	add_status(S_DRIVER_OK);
	KUNIT_EXPECT_EQ(test, offloads(F(VIRTIO_NET_F_GUEST_CSUM)), VIRTIO_NET_ERR);
	KUNIT_EXPECT_EQ(test, offloads(0), VIRTIO_NET_OK);
}

/* The firmware fails: an answer all the same, and the state as before. */
static void ctrl_firmware_fails(struct kunit *test)
{
	static const u8 on = 1;

	fake->fw_error = -EIO;
	KUNIT_EXPECT_EQ(test, control(0, 0, &on, 1), VIRTIO_NET_ERR);
	KUNIT_EXPECT_EQ(test, pairs(2), VIRTIO_NET_ERR);
	KUNIT_EXPECT_EQ(test, offloads(0), VIRTIO_NET_ERR);
	KUNIT_EXPECT_EQ(test, control(1, 1, other, ETH_ALEN), VIRTIO_NET_ERR);
	fake->fw_error = 0;
	KUNIT_EXPECT_EQ(test, config(5, 1), fake->adi.addr.mac[5]);
	KUNIT_EXPECT_EQ(test, fake->vq_offloads, F(VIRTIO_NET_F_GUEST_CSUM));
	fake_vsi_expect_known(test);
}

/* Before DRIVER_OK there is no control queue. */
static void ctrl_early(struct kunit *test)
{
	set_status(0);
	KUNIT_EXPECT_EQ(test, offloads(0), VIRTIO_NET_ERR);
	accept(USUAL);
	KUNIT_EXPECT_EQ(test, pairs(2), VIRTIO_NET_ERR);
	expect_spread(test, 1);
}

/* What is no message of a virtio device is none. */
static void ctrl_strangers(struct kunit *test)
{
	static const u32 ops[] = { 0, 1, 0xffff, 0x30000, 0x10000 << 4, ~0U };
	struct smnc_msg msg = {};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ops); i++) {
		msg.op = ops[i];
		mutex_lock(&fake->adi.lock);
		smnc_worker_step(&fake->adi, 0, &msg);
		mutex_unlock(&fake->adi.lock);
	}
	KUNIT_EXPECT_EQ(test, fake->nr_sent, 0);
}

static struct kunit_case ctrl_cases[] = {
	KUNIT_CASE(ctrl_lengths),
	KUNIT_CASE(ctrl_table_counts),
	KUNIT_CASE(ctrl_table_replaces),
	KUNIT_CASE(ctrl_table_overflow),
	KUNIT_CASE(ctrl_untrusted_wishes),
	KUNIT_CASE(ctrl_modes),
	KUNIT_CASE(ctrl_own_address),
	KUNIT_CASE(ctrl_address_taken),
	KUNIT_CASE(ctrl_address_taken_late),
	KUNIT_CASE(ctrl_vlan_table),
	KUNIT_CASE(ctrl_vlan_promiscuous),
	KUNIT_CASE(ctrl_vlan_unaccepted),
	KUNIT_CASE(ctrl_vlan_fails),
	KUNIT_CASE(ctrl_set_pairs),
	KUNIT_CASE(ctrl_set_offloads),
	KUNIT_CASE(ctrl_firmware_fails),
	KUNIT_CASE(ctrl_early),
	KUNIT_CASE(ctrl_strangers),
	{ }
};

static struct kunit_suite ctrl_suite = {
	.name = "virtio_ctrl",
	.init = init,
	.exit = fake_nic_exit,
	.test_cases = ctrl_cases,
};

kunit_test_suites(&ctrl_suite);
