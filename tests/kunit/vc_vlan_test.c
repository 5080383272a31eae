// SPDX-License-Identifier: GPL-2.0-only
/* virtchnl: VLANs of a guest that tags by itself, by both sets of messages. */
#include <linux/if_vlan.h>

#include "fake_nic.h"

#define V1	VIRTCHNL_VF_OFFLOAD_VLAN
#define V2	VIRTCHNL_VF_OFFLOAD_VLAN_V2
#define Q	VIRTCHNL_VLAN_ETHERTYPE_8100
#define AD	VIRTCHNL_VLAN_ETHERTYPE_88A8
#define PARAM	VIRTCHNL_STATUS_ERR_PARAM
#define NOT	VIRTCHNL_STATUS_ERR_NOT_SUPPORTED

#define OWN	SMNC_VSI_VLAN_OWN
#define STRIP	SMNC_VSI_VLAN_STRIP

static int ready(u32 caps)
{
	static const struct virtchnl_version_info version = { 1, 1 };

	return fake_guest(VIRTCHNL_OP_VERSION, &version, sizeof(version)) ?:
	       fake_guest(VIRTCHNL_OP_GET_VF_RESOURCES, &caps, sizeof(caps));
}

static int vlans_v1(u32 op, u16 vsi, const u16 *vids, u16 n)
{
	u16 m[8] = { vsi, n };

	memcpy(m + 2, vids, n * sizeof(*vids));
	return fake_guest(op, m, 6 + 2 * n);
}

static int vlans_v2(u32 op, u16 vsi, const struct virtchnl_vlan_filter *f, u16 n)
{
	struct {
		struct virtchnl_vlan_filter_list_v2 list;
		struct virtchnl_vlan_filter room[4];
	} m = { .list = { .vport_id = vsi, .num_elements = n } };

	memcpy(m.list.filters, f, n * sizeof(*f));
	return fake_guest(op, &m, 8 + 32 * n);
}

static int one(u32 op, u16 vid)
{
	const struct virtchnl_vlan_filter f = { .inner = { .tci = vid, .tpid = ETH_P_8021Q } };

	if (op == VIRTCHNL_OP_ADD_VLAN || op == VIRTCHNL_OP_DEL_VLAN)
		return vlans_v1(op, SMNC_VC_VSI, &vid, 1);
	return vlans_v2(op, SMNC_VC_VSI, &f, 1);
}

static int setting(u32 op, u32 outer, u32 inner, u16 vsi)
{
	const struct virtchnl_vlan_setting set = {
		.outer_ethertype_setting = outer,
		.inner_ethertype_setting = inner,
		.vport_id = vsi,
	};

	return fake_guest(op, &set, sizeof(set));
}

static unsigned int vid_count(const u8 *vids)
{
	unsigned int i, n = 0;

	for (i = 0; i < SMNC_VIDS; i++)
		n += vids[i / 8] >> i % 8 & 1;
	return n;
}

static bool wants(u16 vid)
{
	return fake->fw_vsi.own[vid / 8] & BIT(vid % 8);
}

/* The capability that a guest gets, by its request and by the operator's setting. */
static void vcv_grant(struct kunit *test)
{
	static const struct {
		u32 asked;
		enum smnc_vlan_mode mode;
		u32 port;
		u32 granted;
		bool tags;
	} rows[] = {
		{ 0, SMNC_VLAN_UNTAGGED, 0, 0, false },
		{ V1, SMNC_VLAN_UNTAGGED, 0, V1, true },
		{ V2, SMNC_VLAN_UNTAGGED, 0, V2, true },
		{ V1 | V2, SMNC_VLAN_UNTAGGED, 0, V2, true },
		{ V1 | V2, SMNC_VLAN_TRUNK, 0, V2, true },
		{ V1 | V2, SMNC_VLAN_ALL, 0, V2, true },
		{ V1, SMNC_VLAN_PORT, 5, 0, false },
		{ V2, SMNC_VLAN_PORT, 5, V2, false },
		{ V1 | V2, SMNC_VLAN_PORT, 5, V2, false },
		{ V1, SMNC_VLAN_PORT, 5 | SMNC_PORT_8021AD, V1, true },
		{ V1 | V2, SMNC_VLAN_PORT, 5 | SMNC_PORT_8021AD, V2, true },
	};
	static const struct virtchnl_vlan_caps none;
	const struct virtchnl_vf_resource *res = (void *)fake->data;
	const struct virtchnl_vlan_caps *caps = (void *)fake->data;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		fake->adi.vlan.mode = rows[i].mode;
		fake->adi.vlan.port = rows[i].port;
		KUNIT_ASSERT_EQ(test, ready(rows[i].asked), 0);
		KUNIT_EXPECT_EQ_MSG(test, res->vf_cap_flags, VIRTCHNL_VF_OFFLOAD_L2 | rows[i].granted,
				    "row %u", i);
		KUNIT_EXPECT_EQ_MSG(test, fake->adi.strip, rows[i].tags, "row %u", i);
		if (rows[i].granted != V2)
			continue;
		fake->nr_fw = 0;
		KUNIT_EXPECT_EQ(test, fake_guest(VIRTCHNL_OP_GET_OFFLOAD_VLAN_V2_CAPS, NULL, 0), 0);
		KUNIT_EXPECT_EQ(test, fake->len, 40);
		KUNIT_EXPECT_EQ_MSG(test, fake->nr_fw, 0, "drivers wait 1 ms");
		KUNIT_EXPECT_EQ(test, !memcmp(caps, &none, sizeof(none)), !rows[i].tags);
		if (!rows[i].tags)
			continue;
		KUNIT_EXPECT_EQ(test, caps->filtering.filtering_support.outer, 0);
		KUNIT_EXPECT_EQ(test, caps->filtering.filtering_support.inner, Q);
		KUNIT_EXPECT_EQ(test, caps->filtering.max_filters, 4095);
		KUNIT_EXPECT_EQ(test, caps->offloads.ethertype_init, Q);
		KUNIT_EXPECT_EQ(test, caps->offloads.stripping_support.outer, 0);
		KUNIT_EXPECT_EQ(test, caps->offloads.stripping_support.inner,
				caps->offloads.insertion_support.inner);
	}
}

/* Nothing is filtered until the guest wants a VLAN, and after it wants none again. */
static void filters(struct kunit *test, u32 add, u32 del)
{
	struct smnc_vsi *vsi = &fake->adi.vsi;

	KUNIT_EXPECT_EQ(test, one(add, 0), 0);
	KUNIT_EXPECT_EQ(test, vsi->flags & OWN, 0);
	KUNIT_EXPECT_EQ(test, one(add, 5), 0);
	KUNIT_EXPECT_EQ(test, vsi->flags & OWN, OWN);
	KUNIT_EXPECT_EQ(test, one(add, 4094), 0);
	KUNIT_EXPECT_EQ(test, one(add, 5), 0);
	KUNIT_EXPECT_TRUE(test, wants(5) && wants(4094));
	KUNIT_EXPECT_EQ(test, vid_count(fake->fw_vsi.own), 2);
	KUNIT_EXPECT_EQ(test, one(add, 4095), PARAM);
	KUNIT_EXPECT_EQ(test, one(add, 4096), PARAM);
	KUNIT_EXPECT_EQ(test, one(add, 0xffff), PARAM);
	KUNIT_EXPECT_EQ(test, one(del, 77), 0);
	KUNIT_EXPECT_EQ(test, one(del, 0), 0);
	KUNIT_EXPECT_EQ(test, one(del, 5), 0);
	KUNIT_EXPECT_FALSE(test, wants(5));
	KUNIT_EXPECT_EQ(test, vsi->flags & OWN, OWN);
	KUNIT_EXPECT_EQ(test, one(del, 4094), 0);
	KUNIT_EXPECT_EQ(test, vsi->flags & OWN, 0);
	KUNIT_EXPECT_EQ(test, vid_count(fake->fw_vsi.own), 0);
	fake_vsi_expect_known(test);
}

static void vcv_filters(struct kunit *test)
{
	static const u16 vids[] = { 9, 10, 4095 };

	KUNIT_ASSERT_EQ(test, ready(V1), 0);
	filters(test, VIRTCHNL_OP_ADD_VLAN, VIRTCHNL_OP_DEL_VLAN);
	/* One that is wrong: none. */
	KUNIT_EXPECT_EQ(test, vlans_v1(VIRTCHNL_OP_ADD_VLAN, SMNC_VC_VSI, vids, 3), PARAM);
	KUNIT_EXPECT_EQ(test, vid_count(fake->fw_vsi.own), 0);
	KUNIT_EXPECT_EQ(test, vlans_v1(VIRTCHNL_OP_ADD_VLAN, SMNC_VC_VSI + 1, vids, 2), PARAM);
	KUNIT_EXPECT_EQ(test, vlans_v1(VIRTCHNL_OP_ADD_VLAN, SMNC_VC_VSI, vids, 2), 0);
	KUNIT_EXPECT_EQ(test, vid_count(fake->fw_vsi.own), 2);
	KUNIT_ASSERT_EQ(test, ready(V2), 0);
	KUNIT_EXPECT_EQ_MSG(test, vid_count(fake->fw_vsi.own), 0, "another driver");
	filters(test, VIRTCHNL_OP_ADD_VLAN_V2, VIRTCHNL_OP_DEL_VLAN_V2);
}

/* Each field of a filter that has no meaning here. */
static void vcv_bad_filters(struct kunit *test)
{
	static const struct virtchnl_vlan_filter good = {
		.inner = { .tci = 7, .tpid = ETH_P_8021Q },
	}, bad[] = {
		{ .inner = { .tci = 7 } },
		{ .inner = { .tci = 7, .tpid = ETH_P_8021AD } },
		{ .inner = { .tci = 7, .tpid = ETH_P_8021Q, .tci_mask = 0xfff } },
		{ .inner = { .tci = 0x1007, .tpid = ETH_P_8021Q } },
		{ .inner = { .tci = 4095, .tpid = ETH_P_8021Q } },
		{ .outer = { .tci = 7, .tpid = ETH_P_8021Q } },
		{ .inner = { .tci = 7, .tpid = ETH_P_8021Q }, .outer = { .tpid = ETH_P_8021Q } },
		{ .inner = { .tci = 7, .tpid = ETH_P_8021Q }, .outer = { .tci = 1 } },
		{ .inner = { .tci = 7, .tpid = ETH_P_8021Q }, .outer = { .tci_mask = 1 } },
	};
	struct virtchnl_vlan_filter pair[2] = { good };
	unsigned int i;

	KUNIT_ASSERT_EQ(test, ready(V2), 0);
	fake->nr_fw = 0;
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		pair[1] = bad[i];
		KUNIT_EXPECT_EQ_MSG(test, vlans_v2(VIRTCHNL_OP_ADD_VLAN_V2, SMNC_VC_VSI, pair, 2),
				    PARAM, "filter %u", i);
		KUNIT_EXPECT_EQ(test, vlans_v2(VIRTCHNL_OP_DEL_VLAN_V2, SMNC_VC_VSI, pair, 2), PARAM);
	}
	KUNIT_EXPECT_EQ(test, vlans_v2(VIRTCHNL_OP_ADD_VLAN_V2, 0, &good, 1), PARAM);
	KUNIT_EXPECT_EQ(test, fake->nr_fw, 0);
	KUNIT_EXPECT_EQ(test, vlans_v2(VIRTCHNL_OP_ADD_VLAN_V2, SMNC_VC_VSI, &good, 1), 0);
	/* The firmware fails: the guest gets an error, and the driver's mirror stays right. */
	fake->fw_error = -EIO;
	KUNIT_EXPECT_LT(test, one(VIRTCHNL_OP_ADD_VLAN_V2, 8), 0);
	fake->fw_error = 0;
	KUNIT_EXPECT_EQ(test, vid_count(fake->adi.vsi.own), 1);
	fake_vsi_expect_known(test);
}

/* A guest that is given everybody's frames is given all VLANs' as well. */
static void vcv_promisc(struct kunit *test)
{
	const struct virtchnl_promisc_info all = { SMNC_VC_VSI, FLAG_VF_UNICAST_PROMISC };
	struct smnc_vsi *vsi = &fake->adi.vsi;

	KUNIT_ASSERT_EQ(test, ready(V2), 0);
	KUNIT_ASSERT_EQ(test, one(VIRTCHNL_OP_ADD_VLAN_V2, 5), 0);
	KUNIT_EXPECT_EQ(test, fake_guest(VIRTCHNL_OP_CONFIG_PROMISCUOUS_MODE, &all, sizeof(all)), 0);
	KUNIT_EXPECT_EQ(test, vsi->flags & (OWN | SMNC_VSI_UC_PROMISC), SMNC_VSI_UC_PROMISC);
	fake->adi.cfg[SMNC_CFG_TRUST] = false;
	KUNIT_EXPECT_EQ(test, smnc_adi_vsi_update(&fake->adi), 0);
	KUNIT_EXPECT_EQ(test, vsi->flags & (OWN | SMNC_VSI_UC_PROMISC), OWN);
}

static int configure(void)
{
	struct {
		struct virtchnl_vsi_queue_config_info info;
		struct virtchnl_queue_pair_info qpair[2];
	} m = { .info = { .vsi_id = SMNC_VC_VSI, .num_queue_pairs = 1 } };
	struct virtchnl_queue_pair_info *p = m.info.qpair;

	p->txq.vsi_id = SMNC_VC_VSI;
	p->rxq.vsi_id = SMNC_VC_VSI;
	p->txq.ring_len = 128;
	return fake_guest(VIRTCHNL_OP_CONFIG_VSI_QUEUES, &m,
			  virtchnl_struct_size(&m.info, qpair, 1));
}

/* Tags are stripped from the first frame on, until the guest wants it otherwise. */
static void vcv_strip(struct kunit *test)
{
	static const struct {
		u32 outer, inner;
		u16 vsi;
		int status;
	} bad[] = {
		{ 0, Q, SMNC_VC_VSI + 1, PARAM },
		{ 0, 0, SMNC_VC_VSI, NOT },
		{ Q, 0, SMNC_VC_VSI, NOT },
		{ Q, Q, SMNC_VC_VSI, NOT },
		{ 0, AD, SMNC_VC_VSI, NOT },
		{ 0, Q | AD, SMNC_VC_VSI, NOT },
	};
	struct smnc_vsi *vsi = &fake->adi.vsi;
	unsigned int i, op;

	KUNIT_ASSERT_EQ(test, ready(V2), 0);
	KUNIT_EXPECT_EQ(test, configure(), 0);
	KUNIT_EXPECT_EQ(test, vsi->flags & STRIP, STRIP);
	fake->nr_fw = 0;
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		for (op = VIRTCHNL_OP_ENABLE_VLAN_STRIPPING_V2;
		     op <= VIRTCHNL_OP_DISABLE_VLAN_INSERTION_V2; op++)
			KUNIT_EXPECT_EQ_MSG(test, setting(op, bad[i].outer, bad[i].inner, bad[i].vsi),
					    bad[i].status, "op %u, row %u", op, i);
	KUNIT_EXPECT_EQ(test, setting(VIRTCHNL_OP_DISABLE_VLAN_INSERTION_V2, 0, Q, SMNC_VC_VSI), 0);
	KUNIT_EXPECT_EQ(test, setting(VIRTCHNL_OP_ENABLE_VLAN_INSERTION_V2, 0, Q, SMNC_VC_VSI), 0);
	KUNIT_EXPECT_EQ(test, fake->nr_fw, 0);
	fake->fw_error = -EIO;
	KUNIT_EXPECT_LT(test, setting(VIRTCHNL_OP_DISABLE_VLAN_STRIPPING_V2, 0, Q, SMNC_VC_VSI), 0);
	KUNIT_EXPECT_TRUE(test, fake->adi.strip);
	fake->fw_error = 0;
	KUNIT_EXPECT_EQ(test, setting(VIRTCHNL_OP_DISABLE_VLAN_STRIPPING_V2, 0, Q, SMNC_VC_VSI), 0);
	KUNIT_EXPECT_EQ(test, vsi->flags & STRIP, 0);
	KUNIT_EXPECT_EQ(test, setting(VIRTCHNL_OP_ENABLE_VLAN_STRIPPING_V2, 0, Q, SMNC_VC_VSI), 0);
	KUNIT_EXPECT_EQ(test, vsi->flags & STRIP, STRIP);
	/* Off or not: the next driver finds it on again, and one of old off by the old message. */
	KUNIT_EXPECT_EQ(test, setting(VIRTCHNL_OP_DISABLE_VLAN_STRIPPING_V2, 0, Q, SMNC_VC_VSI), 0);
	KUNIT_ASSERT_EQ(test, ready(V1), 0);
	KUNIT_EXPECT_EQ(test, configure(), 0);
	KUNIT_EXPECT_EQ(test, vsi->flags & STRIP, STRIP);
	KUNIT_EXPECT_EQ(test, fake_guest(VIRTCHNL_OP_DISABLE_VLAN_STRIPPING, NULL, 0), 0);
	KUNIT_EXPECT_EQ(test, vsi->flags & STRIP, 0);
	KUNIT_EXPECT_EQ(test, fake_guest(VIRTCHNL_OP_ENABLE_VLAN_STRIPPING, NULL, 0), 0);
	KUNIT_EXPECT_EQ(test, vsi->flags & STRIP, STRIP);
	/* A driver that asks for none sees the tags. */
	KUNIT_ASSERT_EQ(test, ready(0), 0);
	KUNIT_EXPECT_EQ(test, configure(), 0);
	KUNIT_EXPECT_EQ(test, vsi->flags & STRIP, 0);
}

/* In a port VLAN there is nothing to filter or to strip. */
static void vcv_port(struct kunit *test)
{
	fake->adi.vlan.mode = SMNC_VLAN_PORT;
	fake->adi.vlan.port = 5;
	KUNIT_ASSERT_EQ(test, ready(V2), 0);
	KUNIT_EXPECT_EQ(test, one(VIRTCHNL_OP_ADD_VLAN_V2, 7), NOT);
	KUNIT_EXPECT_EQ(test, one(VIRTCHNL_OP_DEL_VLAN_V2, 7), NOT);
	KUNIT_EXPECT_EQ(test, setting(VIRTCHNL_OP_ENABLE_VLAN_STRIPPING_V2, 0, Q, SMNC_VC_VSI), NOT);
	KUNIT_EXPECT_EQ(test, configure(), 0);
	KUNIT_EXPECT_EQ(test, fake->adi.vsi.flags & (STRIP | OWN), 0);
}

/* A firmware that loses an answer: the filter is there when it is known again. */
static void vcv_settle(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, ready(V2), 0);
	KUNIT_ASSERT_EQ(test, one(VIRTCHNL_OP_ADD_VLAN_V2, 300), 0);
	fake->fw_fault = FAKE_FW_LOST;
	KUNIT_EXPECT_LT(test, one(VIRTCHNL_OP_ADD_VLAN_V2, 301), 0);
	KUNIT_EXPECT_TRUE(test, fake->adi.vsi.unknown);
	/* Not by the next filter, which sends the whole table. */
	KUNIT_EXPECT_EQ(test, smnc_vsi_settle(&fake->pf, &fake->adi.vsi), 0);
	KUNIT_EXPECT_TRUE(test, wants(300) && !wants(301));
	KUNIT_EXPECT_EQ(test, one(VIRTCHNL_OP_ADD_VLAN_V2, 302), 0);
	KUNIT_EXPECT_TRUE(test, wants(300) && wants(302) && !wants(301));
	fake_vsi_expect_known(test);
}

static struct kunit_case vcv_cases[] = {
	KUNIT_CASE(vcv_grant),
	KUNIT_CASE(vcv_filters),
	KUNIT_CASE(vcv_bad_filters),
	KUNIT_CASE(vcv_promisc),
	KUNIT_CASE(vcv_strip),
	KUNIT_CASE(vcv_port),
	KUNIT_CASE(vcv_settle),
	{ }
};

static struct kunit_suite vcv_suite = {
	.name = "virtchnl_vlans",
	.init = fake_nic_init,
	.exit = fake_nic_exit,
	.test_cases = vcv_cases,
};

kunit_test_suites(&vcv_suite);
