// SPDX-License-Identifier: GPL-2.0-only
/* virtchnl: opcodes, lengths, order, version, resources, link. */
#include <linux/delay.h>
#include <linux/etherdevice.h>

#include "fake_nic.h"

/* Large enough for any message, and for one byte too many. */
union any_msg {
	struct virtchnl_vsi_queue_config_info queues;
	struct virtchnl_irq_map_info map;
	struct virtchnl_queue_select select;
	struct virtchnl_ether_addr_list addrs;
	struct virtchnl_promisc_info promisc;
	struct virtchnl_rss_key key;
	struct virtchnl_rss_lut lut;
	struct virtchnl_version_info version;
	u64 hashcfg;
	struct virtchnl_vlan_filter_list vlans;
	struct virtchnl_vlan_filter_list_v2 vlans_v2;
	struct virtchnl_vlan_setting vlan;
	struct virtchnl_rss_cfg rss_cfg;
	u16 hfunc[4];
	struct virtchnl_fdir_add add_flow;
	struct virtchnl_fdir_del del_flow;
	u8 bytes[4096];
};

static u16 fill_version(union any_msg *m)
{
	m->version.major = 1;
	m->version.minor = 1;
	return sizeof(m->version);
}

static u16 fill_none(union any_msg *m)
{
	return 0;
}

static u16 fill_caps(union any_msg *m)
{
	return 4;
}

static u16 fill_queues(union any_msg *m)
{
	struct virtchnl_queue_pair_info *p = m->queues.qpair;

	m->queues.vsi_id = SMNC_VC_VSI;
	m->queues.num_queue_pairs = 1;
	p->txq.vsi_id = SMNC_VC_VSI;
	p->txq.ring_len = 512;
	p->rxq.vsi_id = SMNC_VC_VSI;
	p->rxq.ring_len = 512;
	p->rxq.databuffer_size = 2048;
	p->rxq.max_pkt_size = 1518;
	return virtchnl_struct_size(&m->queues, qpair, 1);
}

static u16 fill_map(union any_msg *m)
{
	m->map.num_vectors = 2;
	m->map.vecmap[0].vsi_id = SMNC_VC_VSI;
	m->map.vecmap[1].vsi_id = SMNC_VC_VSI;
	m->map.vecmap[1].vector_id = 1;
	return virtchnl_struct_size(&m->map, vecmap, 2);
}

static u16 fill_select(union any_msg *m)
{
	m->select.vsi_id = SMNC_VC_VSI;
	m->select.rx_queues = 1;
	m->select.tx_queues = 1;
	return sizeof(m->select);
}

static u16 fill_addrs(union any_msg *m)
{
	m->addrs.vsi_id = SMNC_VC_VSI;
	m->addrs.num_elements = 2;
	m->addrs.list[0].addr[5] = 7;
	m->addrs.list[1].addr[5] = 8;
	return virtchnl_struct_size(&m->addrs, list, 2);
}

static u16 fill_promisc(union any_msg *m)
{
	m->promisc.vsi_id = SMNC_VC_VSI;
	return sizeof(m->promisc);
}

static u16 fill_key(union any_msg *m)
{
	m->key.vsi_id = SMNC_VC_VSI;
	m->key.key_len = SMNC_RSS_KEY_BYTES;
	return virtchnl_struct_size(&m->key, key, SMNC_RSS_KEY_BYTES);
}

static u16 fill_lut(union any_msg *m)
{
	m->lut.vsi_id = SMNC_VC_VSI;
	m->lut.lut_entries = SMNC_RSS_LUT_ENTRIES;
	return virtchnl_struct_size(&m->lut, lut, SMNC_RSS_LUT_ENTRIES);
}

static u16 fill_hashcfg(union any_msg *m)
{
	m->hashcfg = SMNC_HASHCFG;
	return sizeof(m->hashcfg);
}

static u16 fill_vlans(union any_msg *m)
{
	m->vlans.vsi_id = SMNC_VC_VSI;
	m->vlans.num_elements = 3;
	m->vlans.vlan_id[0] = 5;
	m->vlans.vlan_id[1] = 6;
	return virtchnl_struct_size(&m->vlans, vlan_id, 3);
}

static u16 fill_vlans_v2(union any_msg *m)
{
	m->vlans_v2.vport_id = SMNC_VC_VSI;
	m->vlans_v2.num_elements = 2;
	m->vlans_v2.filters[0].inner.tpid = ETH_P_8021Q;
	m->vlans_v2.filters[0].inner.tci = 5;
	m->vlans_v2.filters[1].inner.tpid = ETH_P_8021Q;
	return virtchnl_struct_size(&m->vlans_v2, filters, 2);
}

static u16 fill_vlan(union any_msg *m)
{
	m->vlan.vport_id = SMNC_VC_VSI;
	m->vlan.inner_ethertype_setting = VIRTCHNL_VLAN_ETHERTYPE_8100;
	return sizeof(m->vlan);
}

static u16 fill_rss_cfg(union any_msg *m)
{
	m->rss_cfg.proto_hdrs.count = 1;
	m->rss_cfg.proto_hdrs.proto_hdr[0].type = VIRTCHNL_PROTO_HDR_IPV4;
	m->rss_cfg.proto_hdrs.proto_hdr[0].field_selector = 1;
	return sizeof(m->rss_cfg);
}

static u16 fill_hfunc(union any_msg *m)
{
	m->hfunc[0] = SMNC_VC_VSI;
	return sizeof(m->hfunc);
}

static u16 fill_add_flow(union any_msg *m)
{
	m->add_flow.vsi_id = SMNC_VC_VSI;
	return sizeof(m->add_flow);
}

static u16 fill_del_flow(union any_msg *m)
{
	m->del_flow.vsi_id = SMNC_VC_VSI;
	return sizeof(m->del_flow);
}

#define NO_LIST	-1
#define RSS	VIRTCHNL_VF_OFFLOAD_RSS_PF
#define ADV_RSS	VIRTCHNL_VF_OFFLOAD_ADV_RSS_PF
#define FDIR	VIRTCHNL_VF_OFFLOAD_FDIR_PF
#define VLAN	VIRTCHNL_VF_OFFLOAD_VLAN
#define VLAN_V2	VIRTCHNL_VF_OFFLOAD_VLAN_V2

static const struct op {
	const char *name;
	u32 op;
	u16 (*fill)(union any_msg *m);
	enum smnc_vc_state state;
	u32 cap;		/* without which it is refused */
	int list;		/* where the number of elements stands, or NO_LIST */
	u16 elem;		/* their length */
} ops[] = {
	{ "version", VIRTCHNL_OP_VERSION, fill_version, SMNC_VC_NEW, 0, NO_LIST },
	{ "reset_vf", VIRTCHNL_OP_RESET_VF, fill_none, SMNC_VC_NEW, 0, NO_LIST },
	{ "get_vf_resources", VIRTCHNL_OP_GET_VF_RESOURCES, fill_caps, SMNC_VC_NEW, 0, NO_LIST },
	{ "config_vsi_queues", VIRTCHNL_OP_CONFIG_VSI_QUEUES, fill_queues, SMNC_VC_READY, 0, 2, 64 },
	{ "config_irq_map", VIRTCHNL_OP_CONFIG_IRQ_MAP, fill_map, SMNC_VC_READY, 0, 0, 12 },
	{ "enable_queues", VIRTCHNL_OP_ENABLE_QUEUES, fill_select, SMNC_VC_READY, 0, NO_LIST },
	{ "disable_queues", VIRTCHNL_OP_DISABLE_QUEUES, fill_select, SMNC_VC_READY, 0, NO_LIST },
	{ "add_eth_addr", VIRTCHNL_OP_ADD_ETH_ADDR, fill_addrs, SMNC_VC_READY, 0, 2, 8 },
	{ "del_eth_addr", VIRTCHNL_OP_DEL_ETH_ADDR, fill_addrs, SMNC_VC_READY, 0, 2, 8 },
	{ "promiscuous", VIRTCHNL_OP_CONFIG_PROMISCUOUS_MODE, fill_promisc, SMNC_VC_READY, 0, NO_LIST },
	{ "get_stats", VIRTCHNL_OP_GET_STATS, fill_select, SMNC_VC_READY, 0, NO_LIST },
	{ "rss_key", VIRTCHNL_OP_CONFIG_RSS_KEY, fill_key, SMNC_VC_READY, RSS, 2, 1 },
	{ "rss_lut", VIRTCHNL_OP_CONFIG_RSS_LUT, fill_lut, SMNC_VC_READY, RSS, 2, 1 },
	{ "get_hashcfg", SMNC_VC_OP_GET_HASHCFG, fill_none, SMNC_VC_READY, RSS, NO_LIST },
	{ "set_hashcfg", SMNC_VC_OP_SET_HASHCFG, fill_hashcfg, SMNC_VC_READY, RSS, NO_LIST },
	{ "hfunc", SMNC_VC_OP_RSS_HFUNC, fill_hfunc, SMNC_VC_READY, ADV_RSS, NO_LIST },
	{ "add_rss_cfg", VIRTCHNL_OP_ADD_RSS_CFG, fill_rss_cfg, SMNC_VC_READY, ADV_RSS, NO_LIST },
	{ "del_rss_cfg", VIRTCHNL_OP_DEL_RSS_CFG, fill_rss_cfg, SMNC_VC_READY, ADV_RSS, NO_LIST },
	{ "add_flow", VIRTCHNL_OP_ADD_FDIR_FILTER, fill_add_flow, SMNC_VC_READY, FDIR, NO_LIST },
	{ "del_flow", VIRTCHNL_OP_DEL_FDIR_FILTER, fill_del_flow, SMNC_VC_READY, FDIR, NO_LIST },
	{ "add_vlan", VIRTCHNL_OP_ADD_VLAN, fill_vlans, SMNC_VC_READY, VLAN, 2, 2 },
	{ "del_vlan", VIRTCHNL_OP_DEL_VLAN, fill_vlans, SMNC_VC_READY, VLAN, 2, 2 },
	{ "strip", VIRTCHNL_OP_ENABLE_VLAN_STRIPPING, fill_none, SMNC_VC_READY, VLAN, NO_LIST },
	{ "no_strip", VIRTCHNL_OP_DISABLE_VLAN_STRIPPING, fill_none, SMNC_VC_READY, VLAN, NO_LIST },
	{ "vlan_v2_caps", VIRTCHNL_OP_GET_OFFLOAD_VLAN_V2_CAPS, fill_none, SMNC_VC_READY, VLAN_V2,
	  NO_LIST },
	{ "add_vlan_v2", VIRTCHNL_OP_ADD_VLAN_V2, fill_vlans_v2, SMNC_VC_READY, VLAN_V2, 2, 32 },
	{ "del_vlan_v2", VIRTCHNL_OP_DEL_VLAN_V2, fill_vlans_v2, SMNC_VC_READY, VLAN_V2, 2, 32 },
	{ "strip_v2", VIRTCHNL_OP_ENABLE_VLAN_STRIPPING_V2, fill_vlan, SMNC_VC_READY, VLAN_V2,
	  NO_LIST },
	{ "no_strip_v2", VIRTCHNL_OP_DISABLE_VLAN_STRIPPING_V2, fill_vlan, SMNC_VC_READY, VLAN_V2,
	  NO_LIST },
	{ "insert_v2", VIRTCHNL_OP_ENABLE_VLAN_INSERTION_V2, fill_vlan, SMNC_VC_READY, VLAN_V2,
	  NO_LIST },
	{ "no_insert_v2", VIRTCHNL_OP_DISABLE_VLAN_INSERTION_V2, fill_vlan, SMNC_VC_READY, VLAN_V2,
	  NO_LIST },
};

static void op_name(const struct op *op, char *desc)
{
	strscpy(desc, op->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(op, ops, op_name);

/* A driver that has all that it needs for @op, also what it would have asked for instead. */
static void ready_for(const struct op *op)
{
	fake_ready();
	fake->avf->caps |= op->cap;
}

/* Only the right length is looked at: the wrong ones change nothing. */
static void vc_length(struct kunit *test)
{
	const struct op *op = test->param_value;
	union any_msg *m = kunit_kzalloc(test, sizeof(*m), GFP_KERNEL);
	unsigned int fw, writes, len;
	u16 good;

	KUNIT_ASSERT_NOT_NULL(test, m);
	good = op->fill(m);
	ready_for(op);
	fake->avf->configured_tx = 1;
	fake->avf->configured_rx = 1;
	fw = fake->nr_fw;
	writes = fake->nr_writes;
	for (len = good > 2 ? good - 2 : 0; len <= good + 2u; len++) {
		if (len == good)
			continue;
		KUNIT_EXPECT_NE_MSG(test, fake_guest(op->op, m, len), 0, "%u bytes", len);
		KUNIT_EXPECT_GT_MSG(test, 0, fake->status, "%u bytes", len);
	}
	/* A driver of version 1.0 has no capabilities to ask for. */
	if (good && op->op != VIRTCHNL_OP_GET_VF_RESOURCES)
		KUNIT_EXPECT_LT(test, fake_guest(op->op, m, 0), 0);
	KUNIT_EXPECT_EQ(test, fake->nr_fw, fw);
	KUNIT_EXPECT_EQ(test, fake->nr_writes, writes);
	KUNIT_EXPECT_EQ(test, fake->restarts, 0);
	KUNIT_EXPECT_EQ(test, fake_guest(op->op, m, good), op->op == VIRTCHNL_OP_RESET_VF ? 1 : 0);
}

/* The number of elements and the length agree, and there is one. */
static void vc_list(struct kunit *test)
{
	const struct op *op = test->param_value;
	union any_msg *m = kunit_kzalloc(test, sizeof(*m), GFP_KERNEL);
	unsigned int fw, writes, i;
	u16 good, *n;

	if (op->list == NO_LIST)
		return;
	KUNIT_ASSERT_NOT_NULL(test, m);
	good = op->fill(m);
	n = (u16 *)&m->bytes[op->list];
	ready_for(op);
	fw = fake->nr_fw;
	writes = fake->nr_writes;
	for (i = 0; i < 3; i++) {
		static const int by[] = { 1, -1, 0x7000 };

		*n += by[i];
		KUNIT_EXPECT_EQ_MSG(test, fake_guest(op->op, m, good),
				    VIRTCHNL_STATUS_ERR_OPCODE_MISMATCH, "%u elements", *n);
		*n -= by[i];
	}
	good -= *n * op->elem;
	*n = 0;
	KUNIT_EXPECT_EQ_MSG(test, fake_guest(op->op, m, good),
			    VIRTCHNL_STATUS_ERR_OPCODE_MISMATCH, "none");
	KUNIT_EXPECT_EQ(test, fake->nr_fw, fw);
	KUNIT_EXPECT_EQ(test, fake->nr_writes, writes);
}

/* A message is refused if its capability is not granted, also if its length is wrong. */
static void vc_capability(struct kunit *test)
{
	const struct op *op = test->param_value;
	union any_msg *m = kunit_kzalloc(test, sizeof(*m), GFP_KERNEL);
	unsigned int fw, writes;
	u16 good;

	KUNIT_ASSERT_NOT_NULL(test, m);
	good = op->fill(m);
	fake_ready();
	if (!op->cap)
		return;
	fake->avf->caps &= ~op->cap;
	fw = fake->nr_fw;
	writes = fake->nr_writes;
	KUNIT_EXPECT_EQ(test, fake_guest(op->op, m, good), VIRTCHNL_STATUS_ERR_NOT_SUPPORTED);
	KUNIT_EXPECT_EQ(test, fake_guest(op->op, m, good + 1), VIRTCHNL_STATUS_ERR_NOT_SUPPORTED);
	KUNIT_EXPECT_EQ(test, fake->nr_fw, fw);
	KUNIT_EXPECT_EQ(test, fake->nr_writes, writes);
}

/* A message that comes too early is refused. */
static void vc_order(struct kunit *test)
{
	const struct op *op = test->param_value;
	union any_msg *m = kunit_kzalloc(test, sizeof(*m), GFP_KERNEL);
	u16 len;
	int state;

	KUNIT_ASSERT_NOT_NULL(test, m);
	len = op->fill(m);
	for (state = SMNC_VC_NEW; state < (int)op->state; state++) {
		fake->avf->state = state;
		KUNIT_EXPECT_EQ(test, fake_guest(op->op, m, len), VIRTCHNL_STATUS_ERR_PARAM);
		KUNIT_EXPECT_EQ(test, fake->avf->state, state);
	}
	KUNIT_EXPECT_EQ(test, fake->nr_fw, 0);
	KUNIT_EXPECT_EQ(test, fake->nr_writes, 0);
}

/* Every other opcode there is, and a few there are not. */
static void vc_unknown(struct kunit *test)
{
	static const u32 far[] = { 1000, 0x10000, 0x80000000, ~0U };
	static const u8 bytes[64];
	unsigned int i, op;

	fake_ready();
	for (op = 0; op < 200 + ARRAY_SIZE(far); op++) {
		u32 n = op < 200 ? op : far[op - 200];

		for (i = 0; i < ARRAY_SIZE(ops) && ops[i].op != n; i++)
			;
		if (i == ARRAY_SIZE(ops))
			KUNIT_EXPECT_EQ_MSG(test, fake_guest(n, bytes, sizeof(bytes)),
					    VIRTCHNL_STATUS_ERR_NOT_SUPPORTED, "opcode %u", n);
	}
}

static int version(struct kunit *test, u32 major, u32 minor)
{
	const struct virtchnl_version_info v = { major, minor }, *reply = (void *)fake->data;

	KUNIT_EXPECT_EQ(test, fake_guest(VIRTCHNL_OP_VERSION, &v, sizeof(v)), 0);
	KUNIT_EXPECT_EQ(test, fake->len, sizeof(v));
	KUNIT_EXPECT_EQ(test, reply->major, 1);
	return reply->minor;
}

static void vc_version(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, version(test, 2, 0), 1);
	KUNIT_EXPECT_EQ(test, version(test, 0, 9), 1);
	KUNIT_EXPECT_EQ(test, fake->avf->state, SMNC_VC_NEW);
	KUNIT_EXPECT_EQ(test, version(test, 1, 0), 0);
	KUNIT_EXPECT_EQ(test, version(test, 1, 7), 1);
	KUNIT_EXPECT_EQ(test, fake->avf->state, SMNC_VC_NEW);
	/* Also as a ping later on: nothing that is agreed changes. */
	fake->avf->state = SMNC_VC_READY;
	KUNIT_EXPECT_EQ(test, version(test, 1, 1), 1);
	KUNIT_EXPECT_EQ(test, version(test, 3, 1), 1);
	KUNIT_EXPECT_EQ(test, fake->avf->state, SMNC_VC_READY);
}

static void vc_resources(struct kunit *test)
{
	const struct virtchnl_vf_resource *res = (void *)fake->data;
	const u32 caps = VIRTCHNL_VF_OFFLOAD_RSS_PF | VIRTCHNL_VF_OFFLOAD_CRC |
			 VIRTCHNL_VF_OFFLOAD_REQ_QUEUES;
	static const u8 mac[ETH_ALEN] = { 2, 1, 2, 3, 4, 5 };

	ether_addr_copy(fake->adi.guest_mac, mac);
	version(test, 1, 1);
	KUNIT_EXPECT_EQ(test, fake_guest(VIRTCHNL_OP_GET_VF_RESOURCES, &caps, 4), 0);
	KUNIT_EXPECT_EQ(test, fake->len, 36);
	KUNIT_EXPECT_EQ(test, res->num_vsis, 1);
	KUNIT_EXPECT_EQ(test, res->num_queue_pairs, FAKE_QUEUES);
	KUNIT_EXPECT_EQ(test, res->max_vectors, FAKE_QUEUES + 1);
	KUNIT_EXPECT_EQ(test, res->max_mtu, 9728);
	/* Nothing that was not asked for or is not there. */
	KUNIT_EXPECT_EQ(test, res->vf_cap_flags,
			VIRTCHNL_VF_OFFLOAD_L2 | VIRTCHNL_VF_OFFLOAD_RSS_PF);
	KUNIT_EXPECT_EQ(test, res->rss_key_size, SMNC_RSS_KEY_BYTES);
	KUNIT_EXPECT_EQ(test, res->rss_lut_size, SMNC_RSS_LUT_ENTRIES);
	KUNIT_EXPECT_EQ(test, res->vsi_res[0].vsi_id, SMNC_VC_VSI);
	KUNIT_EXPECT_EQ(test, res->vsi_res[0].num_queue_pairs, FAKE_QUEUES);
	KUNIT_EXPECT_EQ(test, res->vsi_res[0].vsi_type, VIRTCHNL_VSI_SRIOV);
	KUNIT_EXPECT_MEMEQ(test, res->vsi_res[0].default_mac_addr, mac, ETH_ALEN);
	/* Version 1.0 sends no capabilities, and gets the least. */
	version(test, 1, 0);
	KUNIT_EXPECT_EQ(test, fake_guest(VIRTCHNL_OP_GET_VF_RESOURCES, NULL, 0), 0);
	KUNIT_EXPECT_EQ(test, res->vf_cap_flags, VIRTCHNL_VF_OFFLOAD_L2);
}

/* With the parameter off a guest that asks for all capabilities gets no further offloads. */
static void vc_offloads_off(struct kunit *test)
{
	const struct virtchnl_vf_resource *res = (void *)fake->data;
	const u32 caps = ~0U;

	smnc_vc_offloads = false;
	KUNIT_EXPECT_EQ(test, fake_guest(VIRTCHNL_OP_GET_VF_RESOURCES, &caps, 4), 0);
	KUNIT_EXPECT_EQ(test, res->vf_cap_flags, VIRTCHNL_VF_OFFLOAD_L2 | RSS |
			VIRTCHNL_VF_CAP_ADV_LINK_SPEED);
	KUNIT_EXPECT_FALSE(test, fake->adi.strip);
}

static void vc_reset_vf(struct kunit *test)
{
	fake_ready();
	fake->adi.dma_on = true;
	fake->avf->configured_tx = 1;
	fake->avf->enabled_tx = 1;
	fake->avf->enabled_rx = 1;
	KUNIT_EXPECT_EQ(test, fake_guest(VIRTCHNL_OP_RESET_VF, NULL, 0), 1);
	KUNIT_EXPECT_EQ(test, fake->restarts, 1);
	KUNIT_EXPECT_TRUE(test, fake->restart_dma);
	KUNIT_EXPECT_EQ(test, fake->errors, 0);
	KUNIT_EXPECT_EQ(test, fake->avf->state, SMNC_VC_NEW);
	KUNIT_EXPECT_EQ(test, fake->avf->caps, 0);
	KUNIT_EXPECT_EQ(test, fake->avf->configured_tx | fake->avf->configured_rx |
			fake->avf->enabled_tx | fake->avf->enabled_rx, 0);
	/* One that fails is the end of the device. */
	fake->restart_error = -ETIMEDOUT;
	KUNIT_EXPECT_EQ(test, fake_guest(VIRTCHNL_OP_RESET_VF, NULL, 0), 1);
	KUNIT_EXPECT_EQ(test, fake->errors, 1);
	/* But not while the device is being brought back, which may well succeed. */
	fake->restart_error = -EIO;
	fake->pf.state = SMNC_PF_QUIESCED;
	KUNIT_EXPECT_EQ(test, fake_guest(VIRTCHNL_OP_RESET_VF, NULL, 0), 1);
	KUNIT_EXPECT_EQ(test, fake->restarts, 3);
	KUNIT_EXPECT_EQ(test, fake->errors, 1);
	fake->pf.state = SMNC_PF_UP;
}

static void vc_stats(struct kunit *test)
{
	struct virtchnl_queue_select sel = { .vsi_id = SMNC_VC_VSI };
	u64 *stats = (u64 *)fake->data;
	unsigned int i;

	fake_ready();
	for (i = 0; i < SMNC_STAT_COUNT; i++)
		fake->stats[i] = 1ull << 32 | (i + 1);
	KUNIT_EXPECT_EQ(test, fake_guest(VIRTCHNL_OP_GET_STATS, &sel, sizeof(sel)), 0);
	KUNIT_EXPECT_EQ(test, fake->len, 12 * 8);
	for (i = 0; i < 12; i++)
		KUNIT_EXPECT_EQ(test, stats[i], 1ull << 32 | (i + 1));
	sel.vsi_id = SMNC_VC_VSI + 1;
	KUNIT_EXPECT_EQ(test, fake_guest(VIRTCHNL_OP_GET_STATS, &sel, sizeof(sel)),
			VIRTCHNL_STATUS_ERR_PARAM);
}

static void vc_link(struct kunit *test)
{
	static const struct {
		u32 mbps;
		u32 speed;
	} speeds[] = {
		{ 100000, VIRTCHNL_LINK_SPEED_40GB }, { 40000, VIRTCHNL_LINK_SPEED_40GB },
		{ 39999, VIRTCHNL_LINK_SPEED_25GB }, { 20000, VIRTCHNL_LINK_SPEED_20GB },
		{ 10000, VIRTCHNL_LINK_SPEED_10GB }, { 5000, VIRTCHNL_LINK_SPEED_5GB },
		{ 2500, VIRTCHNL_LINK_SPEED_2_5GB }, { 1000, VIRTCHNL_LINK_SPEED_1GB },
		{ 100, VIRTCHNL_LINK_SPEED_100MB }, { 99, VIRTCHNL_LINK_SPEED_UNKNOWN },
	};
	const struct virtchnl_pf_event *event = (void *)fake->data;
	unsigned int i;

	smnc_vc_link(&fake->adi);
	KUNIT_EXPECT_EQ(test, fake->nr_sent, 0);
	fake->avf->enabled_rx = 1;
	fake_set(SMNC_STATUS, SMNC_STATUS_LINK);
	for (i = 0; i < ARRAY_SIZE(speeds); i++) {
		fake_set(SMNC_LINK_SPEED, speeds[i].mbps);
		smnc_vc_link(&fake->adi);
		KUNIT_EXPECT_EQ(test, fake->nr_sent, i + 1);
		KUNIT_EXPECT_EQ(test, fake->op, VIRTCHNL_OP_EVENT);
		KUNIT_EXPECT_EQ(test, event->event, VIRTCHNL_EVENT_LINK_CHANGE);
		KUNIT_EXPECT_EQ(test, event->event_data.link_event.link_speed, speeds[i].speed);
		KUNIT_EXPECT_TRUE(test, event->event_data.link_event.link_status);
	}
	fake->avf->caps = VIRTCHNL_VF_CAP_ADV_LINK_SPEED;
	fake_set(SMNC_STATUS, 0);
	smnc_vc_link(&fake->adi);
	KUNIT_EXPECT_EQ(test, event->event_data.link_event_adv.link_speed, 99);
	KUNIT_EXPECT_FALSE(test, event->event_data.link_event_adv.link_status);
	/* Nobody to tell. */
	i = fake->nr_sent;
	fake->adi.func = 0;
	smnc_vc_link(&fake->adi);
	fake->adi.func = FAKE_FUNC;
	fake->pf.state = SMNC_PF_DEAD;
	smnc_vc_link(&fake->adi);
	KUNIT_EXPECT_EQ(test, fake->nr_sent, i);
}

/* A driver that listens is told that its function will be reset. */
static void vc_reset_impending(struct kunit *test)
{
	const struct virtchnl_pf_event *event = (void *)fake->data;
	unsigned int before;

	KUNIT_EXPECT_EQ(test, smnc_vc_reset_impending(&fake->adi), 0);
	KUNIT_EXPECT_EQ(test, fake->nr_sent, 0);
	fake_ready();
	before = fake->nr_sent;
	KUNIT_EXPECT_EQ(test, smnc_vc_reset_impending(&fake->adi), 1);
	KUNIT_EXPECT_EQ(test, fake->nr_sent, before + 1);
	KUNIT_EXPECT_EQ(test, fake->op, VIRTCHNL_OP_EVENT);
	KUNIT_EXPECT_EQ(test, fake->func, FAKE_FUNC);
	KUNIT_EXPECT_EQ(test, fake->len, sizeof(*event));
	KUNIT_EXPECT_EQ(test, event->event, VIRTCHNL_EVENT_RESET_IMPENDING);
	KUNIT_EXPECT_EQ(test, event->severity, PF_EVENT_SEVERITY_CERTAIN_DOOM);
	fake->send_error = -ETIMEDOUT;
	KUNIT_EXPECT_EQ(test, smnc_vc_reset_impending(&fake->adi), -ETIMEDOUT);
	fake->adi.func = 0;
	KUNIT_EXPECT_EQ(test, smnc_vc_reset_impending(&fake->adi), 0);
	KUNIT_EXPECT_EQ(test, fake->nr_sent, before + 2);
}

static void vc_closed(struct kunit *test)
{
	fake->adi.func = 0;
	KUNIT_EXPECT_EQ(test, fake_guest(VIRTCHNL_OP_RESET_VF, NULL, 0), 1);
	KUNIT_EXPECT_EQ(test, fake->restarts, 0);
}

static void vc_status(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, smnc_vc_status(0), VIRTCHNL_STATUS_SUCCESS);
	KUNIT_EXPECT_EQ(test, smnc_vc_status(-ENOSPC), VIRTCHNL_STATUS_ERR_NO_MEMORY);
	KUNIT_EXPECT_EQ(test, smnc_vc_status(-ENOMEM), VIRTCHNL_STATUS_ERR_NO_MEMORY);
	KUNIT_EXPECT_EQ(test, smnc_vc_status(-EINVAL), VIRTCHNL_STATUS_ERR_PARAM);
	KUNIT_EXPECT_EQ(test, smnc_vc_status(-EEXIST), VIRTCHNL_STATUS_ERR_PARAM);
	KUNIT_EXPECT_EQ(test, smnc_vc_status(-EIO), VIRTCHNL_STATUS_ERR_ADMIN_QUEUE_ERROR);
}

/* Messages wait in order, up to a limit; a shut gate drops them. */
static void vc_queueing(struct kunit *test)
{
	static const struct virtchnl_version_info v = { 1, 1 };
	unsigned int i;

	smnc_adi_message(&fake->adi, VIRTCHNL_OP_VERSION, &v, sizeof(v));
	smnc_adi_link_event(&fake->adi);
	flush_work(&fake->adi.work);
	KUNIT_EXPECT_EQ(test, fake->nr_sent, 0);
	smnc_msgs_open(&fake->adi);
	/* The worker waits for this lock. */
	mutex_lock(&fake->adi.lock);
	for (i = 0; i < 2 * SMNC_MSG_MAX; i++)
		smnc_adi_message(&fake->adi, VIRTCHNL_OP_VERSION, &v, sizeof(v));
	mutex_unlock(&fake->adi.lock);
	flush_work(&fake->adi.work);
	KUNIT_EXPECT_GE(test, fake->nr_sent, SMNC_MSG_MAX);
	KUNIT_EXPECT_LE(test, fake->nr_sent, SMNC_MSG_MAX + 1);
	/* The link comes after the replies. */
	fake->avf->enabled_tx = 1;
	mutex_lock(&fake->adi.lock);
	smnc_adi_message(&fake->adi, VIRTCHNL_OP_VERSION, &v, sizeof(v));
	smnc_adi_link_event(&fake->adi);
	smnc_adi_message(&fake->adi, VIRTCHNL_OP_VERSION, &v, sizeof(v));
	mutex_unlock(&fake->adi.lock);
	flush_work(&fake->adi.work);
	KUNIT_EXPECT_EQ(test, fake->op, VIRTCHNL_OP_EVENT);
	i = fake->nr_sent;
	mutex_lock(&fake->adi.lock);
	smnc_adi_message(&fake->adi, VIRTCHNL_OP_VERSION, &v, sizeof(v));
	smnc_msgs_purge(&fake->adi);
	smnc_adi_message(&fake->adi, VIRTCHNL_OP_VERSION, &v, sizeof(v));
	mutex_unlock(&fake->adi.lock);
	smnc_msgs_close(&fake->adi);
	/* At most the one that the worker had taken. */
	KUNIT_EXPECT_LE(test, fake->nr_sent, i + 1);
	KUNIT_EXPECT_TRUE(test, !fake->adi.msgs.nr);
}

static void close_work(struct work_struct *work)
{
	smnc_msgs_close(&fake->adi);
}

static bool gate_open(void)
{
	bool open;

	spin_lock(&fake->adi.msg_lock);
	open = fake->adi.gate == SMNC_GATE_OPEN;
	spin_unlock(&fake->adi.msg_lock);
	return open;
}

/* Closed while the worker resets the function: the worker is not seen again. */
static void vc_close_in_reset(struct kunit *test)
{
	struct work_struct close;
	unsigned int ms;

	INIT_WORK_ONSTACK(&close, close_work);
	fake->restart_held = true;
	smnc_msgs_open(&fake->adi);
	smnc_adi_message(&fake->adi, VIRTCHNL_OP_RESET_VF, NULL, 0);
	for (ms = 0; ms < 10000 && !READ_ONCE(fake->restarts); ms++)
		usleep_range(1000, 2000);
	KUNIT_EXPECT_EQ(test, fake->restarts, 1);
	schedule_work(&close);
	for (ms = 0; ms < 10000 && gate_open(); ms++)
		usleep_range(1000, 2000);
	WRITE_ONCE(fake->restart_held, false);
	flush_work(&close);
	destroy_work_on_stack(&close);
	KUNIT_EXPECT_FALSE(test, gate_open());
	smnc_adi_link_event(&fake->adi);
	KUNIT_EXPECT_FALSE(test, work_busy(&fake->adi.work));
	/* Opened anew it takes messages as ever. */
	smnc_msgs_open(&fake->adi);
	KUNIT_EXPECT_TRUE(test, gate_open());
}

static struct kunit_case vc_cases[] = {
	KUNIT_CASE_PARAM(vc_length, op_gen_params),
	KUNIT_CASE_PARAM(vc_list, op_gen_params),
	KUNIT_CASE_PARAM(vc_capability, op_gen_params),
	KUNIT_CASE_PARAM(vc_order, op_gen_params),
	KUNIT_CASE(vc_unknown),
	KUNIT_CASE(vc_version),
	KUNIT_CASE(vc_resources),
	KUNIT_CASE(vc_offloads_off),
	KUNIT_CASE(vc_reset_vf),
	KUNIT_CASE(vc_stats),
	KUNIT_CASE(vc_link),
	KUNIT_CASE(vc_reset_impending),
	KUNIT_CASE(vc_closed),
	KUNIT_CASE(vc_status),
	KUNIT_CASE(vc_queueing),
	KUNIT_CASE(vc_close_in_reset),
	{ }
};

static struct kunit_suite vc_suite = {
	.name = "virtchnl",
	.init = fake_nic_init,
	.exit = fake_nic_exit,
	.test_cases = vc_cases,
};

kunit_test_suites(&vc_suite);
