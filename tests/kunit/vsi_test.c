// SPDX-License-Identifier: GPL-2.0-only
/* The VSI of an ADI: settings and wishes put together. */
#include <linux/etherdevice.h>

#include "fake_nic.h"

static const struct smnc_fw_vsi *sent(void)
{
	return (void *)fake->fw_payload;
}

static void vsi_update(struct kunit *test)
{
	static const struct {
		enum smnc_cfg cfg;
		u32 value;
		u16 flags;
		u32 tx_rate;
	} steps[] = {
		{ SMNC_CFG_SPOOFCHK, 1, SMNC_VSI_ACTIVE | SMNC_VSI_ANTISPOOF, 0 },
		{ SMNC_CFG_TX_RATE, 100000, SMNC_VSI_ACTIVE | SMNC_VSI_ANTISPOOF, 100000 },
		{ SMNC_CFG_LINK, SMNC_LINK_DISABLE, SMNC_VSI_ANTISPOOF, 100000 },
		{ SMNC_CFG_SPOOFCHK, 0, 0, 100000 },
		{ SMNC_CFG_LINK, SMNC_LINK_ENABLE, SMNC_VSI_ACTIVE, 100000 },
		{ SMNC_CFG_TX_RATE, 0, SMNC_VSI_ACTIVE, 0 },
	};
	struct smnc_adi *adi = &fake->adi;
	unsigned int i;

	adi->cfg[SMNC_CFG_TRUST] = false;
	adi->vlan.mode = SMNC_VLAN_PORT;
	adi->vlan.port = 4094;
	KUNIT_EXPECT_EQ(test, smnc_adi_vsi_update(adi), 0);
	fake->nr_fw = 0;
	KUNIT_EXPECT_EQ(test, smnc_adi_vsi_update(adi), 0);
	KUNIT_EXPECT_EQ(test, fake->nr_fw, 0);
	for (i = 0; i < ARRAY_SIZE(steps); i++) {
		adi->cfg[steps[i].cfg] = steps[i].value;
		KUNIT_EXPECT_EQ(test, smnc_adi_vsi_update(adi), 0);
		KUNIT_EXPECT_EQ(test, fake->nr_fw, i + 1);
		KUNIT_EXPECT_EQ(test, fake->fw_op, SMNC_FW_VSI_SET);
		KUNIT_EXPECT_EQ(test, le16_to_cpu(sent()->vsi), FAKE_FUNC);
		KUNIT_EXPECT_EQ(test, le16_to_cpu(sent()->flags), steps[i].flags);
		KUNIT_EXPECT_EQ(test, le32_to_cpu(sent()->vlan), 4094);
		KUNIT_EXPECT_EQ(test, le32_to_cpu(sent()->tx_rate), steps[i].tx_rate);
	}
	/* Refused: what is known of the switch is what it does. */
	fake->fw_error = -EINVAL;
	adi->vlan.port = 7;
	KUNIT_EXPECT_EQ(test, smnc_adi_vsi_update(adi), -EINVAL);
	KUNIT_EXPECT_EQ(test, adi->vsi.vlan, 4094);
	fake->fw_error = 0;
	KUNIT_EXPECT_EQ(test, smnc_vsi_set_flags(&fake->pf, &adi->vsi, 0), 0);
	KUNIT_EXPECT_EQ(test, adi->vsi.flags, 0);
}

/* Modes and trust: what is in force, and that nothing is sent for what is so already. */
static void vsi_vlan(struct kunit *test)
{
	static const struct {
		enum smnc_vlan_mode mode;
		u32 port;
		bool trust;
		u16 flags;		/* beside ACTIVE */
		unsigned int msgs;	/* VLAN table and all */
	} steps[] = {
		{ SMNC_VLAN_ALL, 0, false, SMNC_VSI_VLAN_FILTER, 1 },
		{ SMNC_VLAN_UNTAGGED, 0, false, SMNC_VSI_VLAN_FILTER, 0 },
		{ SMNC_VLAN_UNTAGGED, 0, true, SMNC_VSI_VLAN_FILTER | SMNC_VSI_CONTROL, 1 },
		{ SMNC_VLAN_ALL, 0, true, SMNC_VSI_CONTROL, 1 },
		{ SMNC_VLAN_TRUNK, 0, true, SMNC_VSI_VLAN_FILTER | SMNC_VSI_CONTROL, 4 },
		{ SMNC_VLAN_TRUNK, 0, false, SMNC_VSI_VLAN_FILTER, 1 },
		{ SMNC_VLAN_PORT, 5 | SMNC_PORT_8021AD, false, 0, 1 },
		{ SMNC_VLAN_TRUNK, 0, false, SMNC_VSI_VLAN_FILTER, 1 },
		{ SMNC_VLAN_ALL, 0, true, SMNC_VSI_CONTROL, 1 },
		{ SMNC_VLAN_ALL, 0, false, SMNC_VSI_VLAN_FILTER, 2 },
	};
	static const u16 vids[] = { 0, 127, 128, 4094 };
	struct smnc_adi *adi = &fake->adi;
	unsigned int i, k;

	for (i = 0; i < ARRAY_SIZE(steps); i++) {
		memset(&adi->vlan, 0, sizeof(adi->vlan));
		adi->vlan.mode = steps[i].mode;
		adi->vlan.port = steps[i].port;
		for (k = 0; k < ARRAY_SIZE(vids) && steps[i].mode == SMNC_VLAN_TRUNK; k++)
			adi->vlan.vids[vids[k] / 8] |= BIT(vids[k] % 8);
		adi->cfg[SMNC_CFG_TRUST] = steps[i].trust;
		fake->nr_fw = 0;
		KUNIT_EXPECT_EQ(test, smnc_adi_vsi_update(adi), 0);
		KUNIT_EXPECT_EQ_MSG(test, fake->nr_fw, steps[i].msgs, "step %u", i);
		KUNIT_EXPECT_EQ_MSG(test, adi->vsi.flags, SMNC_VSI_ACTIVE | steps[i].flags,
				    "step %u", i);
		KUNIT_EXPECT_EQ(test, adi->vsi.vlan, steps[i].port);
		if (steps[i].mode == SMNC_VLAN_TRUNK)
			KUNIT_EXPECT_MEMEQ(test, adi->vsi.vids, adi->vlan.vids,
					   sizeof(adi->vsi.vids));
	}
}

/* A table: only chunks with a VID, the first and the last of them marked. */
static void vsi_vids(struct kunit *test)
{
	const struct smnc_fw_vlans *msg = (void *)fake->fw_payload;
	struct smnc_vsi *vsi = &fake->adi.vsi;
	u8 *vids = kunit_kzalloc(test, SMNC_VIDS / 8, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, vids);
	vids[0] = 1;
	KUNIT_EXPECT_EQ(test, smnc_vsi_set_vids(&fake->pf, vsi, vids), 0);
	KUNIT_EXPECT_EQ_MSG(test, fake->nr_fw, 0, "as after the VSI was cleared");
	vids[0] = 0;
	vids[300 / 8] = BIT(300 % 8);
	KUNIT_EXPECT_EQ(test, smnc_vsi_set_vids(&fake->pf, vsi, vids), 0);
	KUNIT_EXPECT_EQ(test, fake->nr_fw, 1);
	KUNIT_EXPECT_EQ(test, fake->fw_op, SMNC_FW_VSI_VLANS);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(msg->vsi), FAKE_FUNC);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(msg->first), 256);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(msg->flags), SMNC_VLANS_START | SMNC_VLANS_COMMIT);
	KUNIT_EXPECT_EQ(test, msg->vids[(300 - 256) / 8], BIT(300 % 8));
	vids[4094 / 8] = BIT(4094 % 8);
	fake->fw_error = -EIO;
	KUNIT_EXPECT_EQ(test, smnc_vsi_set_vids(&fake->pf, vsi, vids), -EREMOTEIO);
	fake->fw_error = 0;
	fake->nr_fw = 0;
	KUNIT_EXPECT_EQ(test, smnc_vsi_set_vids(&fake->pf, vsi, vids), 0);
	KUNIT_EXPECT_EQ(test, fake->nr_fw, 2);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(msg->first), 3968);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(msg->flags), SMNC_VLANS_COMMIT);
	KUNIT_EXPECT_EQ(test, smnc_vsi_set_vids(&fake->pf, vsi, vids), 0);
	KUNIT_EXPECT_EQ(test, fake->nr_fw, 2);
	memset(vids, 0, SMNC_VIDS / 8);
	KUNIT_EXPECT_EQ(test, smnc_vsi_set_vids(&fake->pf, vsi, vids), 0);
	KUNIT_EXPECT_EQ_MSG(test, le16_to_cpu(msg->flags), SMNC_VLANS_START | SMNC_VLANS_COMMIT,
			    "an empty one");
}

static void vsi_start(struct kunit *test)
{
	struct smnc_adi *adi = &fake->adi;
	unsigned int full;

	adi->vlan.mode = SMNC_VLAN_PORT;
	adi->vlan.port = 5;
	ether_addr_copy(adi->guest_mac, adi->addr.mac);
	smnc_vsi_add_mac(&fake->pf, &adi->vsi, fake->other.mac);
	fake->nr_fw = 0;
	KUNIT_EXPECT_EQ(test, smnc_adi_vsi_start(adi), 0);
	/* Nothing of before, its own address, and what the operator set. */
	KUNIT_EXPECT_EQ(test, adi->vsi.nr_macs, 1);
	KUNIT_EXPECT_TRUE(test, smnc_vsi_has_mac(&adi->vsi, adi->addr.mac));
	KUNIT_EXPECT_EQ(test, adi->vsi.flags, SMNC_VSI_ACTIVE | SMNC_VSI_CONTROL);
	KUNIT_EXPECT_EQ(test, adi->vsi.vlan, 5);
	full = fake->nr_fw;
	KUNIT_EXPECT_GT(test, full, 4);
	fake->fw_error = -EIO;
	KUNIT_EXPECT_EQ(test, smnc_adi_vsi_start(adi), -EREMOTEIO);
	fake->fw_error = 0;
	/* The guest's own choice has become a neighbour's: back to the first. */
	fake->fw_refused = SMNC_FW_MAC_ADD;
	fake->fw_refusals = 1;
	adi->guest_mac[5] = 0x55;
	KUNIT_EXPECT_EQ(test, smnc_adi_vsi_start(adi), 0);
	KUNIT_EXPECT_MEMEQ(test, adi->guest_mac, adi->addr.mac, ETH_ALEN);
	KUNIT_EXPECT_TRUE(test, smnc_vsi_has_mac(&adi->vsi, adi->addr.mac));
	fake->fw_refusals = 1;
	KUNIT_EXPECT_EQ(test, smnc_adi_vsi_start(adi), -EADDRINUSE);
}

static void vsi_link(struct kunit *test)
{
	struct smnc_adi *adi = &fake->adi;

	KUNIT_EXPECT_FALSE(test, smnc_adi_link_up(adi));
	adi->cfg[SMNC_CFG_LINK] = SMNC_LINK_ENABLE;
	KUNIT_EXPECT_TRUE(test, smnc_adi_link_up(adi));
	fake_set(SMNC_STATUS, SMNC_STATUS_LINK);
	adi->cfg[SMNC_CFG_LINK] = SMNC_LINK_DISABLE;
	KUNIT_EXPECT_FALSE(test, smnc_adi_link_up(adi));
	adi->cfg[SMNC_CFG_LINK] = SMNC_LINK_AUTO;
	KUNIT_EXPECT_TRUE(test, smnc_adi_link_up(adi));
	/* No memory to put frames in: down, even if the operator wants it up. */
	adi->starved = true;
	KUNIT_EXPECT_FALSE(test, smnc_adi_link_up(adi));
	adi->cfg[SMNC_CFG_LINK] = SMNC_LINK_ENABLE;
	KUNIT_EXPECT_FALSE(test, smnc_adi_link_up(adi));
}

static struct kunit_case vsi_cases[] = {
	KUNIT_CASE(vsi_update),
	KUNIT_CASE(vsi_vlan),
	KUNIT_CASE(vsi_vids),
	KUNIT_CASE(vsi_start),
	KUNIT_CASE(vsi_link),
	{ }
};

static struct kunit_suite vsi_suite = {
	.name = "vsi",
	.init = fake_nic_init,
	.exit = fake_nic_exit,
	.test_cases = vsi_cases,
};

kunit_test_suites(&vsi_suite);
