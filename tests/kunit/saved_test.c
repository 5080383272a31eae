// SPDX-License-Identifier: GPL-2.0-only
/*
 * An ADI is stopped, saved and loaded: what goes along, what a hostile record meets, and who
 * has an address meanwhile.
 */
#include <linux/etherdevice.h>
#include <linux/if_vlan.h>
#include <linux/in.h>

#include "fake_nic.h"
#include "../../driver/adi/ops.h"
#include "../../driver/adi/record.h"
#include "../../driver/avf/record.h"

#define ROOM	(512u << 10)
#define RING	0x11000000
#define REC_AVF	(sizeof(struct smnc_rec_head) + sizeof(struct smnc_rec_adi))

static const u8 group[ETH_ALEN] = { 0x33, 0x33, 0, 0, 0, 0x77 };
static const u8 station[ETH_ALEN] = { 2, 0, 0, 0, 7, 7 };
static const u8 newcomer[ETH_ALEN] = { 2, 0, 0, 0, 9, 9 };
static u8 *saved, *bad;
static ssize_t saved_len;

static void no_work(struct work_struct *work)
{
}

static int saved_init(struct kunit *test)
{
	struct smnc_adi *adi;
	u8 mac[ETH_ALEN];

	fake_nic_init(test);
	adi = &fake->adi;
	INIT_WORK(&fake->pf.mbx.work, no_work);
	ether_addr_copy(mac, adi->addr.mac);
	KUNIT_ASSERT_EQ(test, smnc_mac_set(&fake->pf, &adi->addr, mac), 0);
	ether_addr_copy(adi->guest_mac, mac);
	KUNIT_ASSERT_EQ(test, smnc_adi_vsi_start(adi), 0);
	smnc_msgs_open(adi);
	saved = kunit_kzalloc(test, ROOM, GFP_KERNEL);
	bad = kunit_kzalloc(test, ROOM, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, saved);
	KUNIT_ASSERT_NOT_NULL(test, bad);
	return 0;
}

/* --- a guest ---------------------------------------------------------------------- */

static void guest_queues(struct kunit *test)
{
	struct {
		struct virtchnl_vsi_queue_config_info info;
		struct virtchnl_queue_pair_info qpair[3];
	} m = { .info = { .vsi_id = SMNC_VC_VSI, .num_queue_pairs = 2 } };
	struct {
		struct virtchnl_irq_map_info info;
		struct virtchnl_vector_map more[2];
	} irq = { .info = { .num_vectors = 1 } };
	struct virtchnl_queue_select sel = {
		.vsi_id = SMNC_VC_VSI, .rx_queues = 1, .tx_queues = 3,
	};
	struct virtchnl_queue_pair_info *p = m.info.qpair;
	unsigned int q;

	irq.info.vecmap[0] = (struct virtchnl_vector_map) {
		.vsi_id = SMNC_VC_VSI, .vector_id = 2, .rxq_map = 3, .txq_map = 1, .rxitr_idx = 1,
	};
	for (q = 0; q < 2; q++) {
		p[q].txq.vsi_id = SMNC_VC_VSI;
		p[q].rxq.vsi_id = SMNC_VC_VSI;
		p[q].txq.queue_id = q;
		p[q].rxq.queue_id = q;
		p[q].txq.ring_len = 128;
		p[q].txq.dma_ring_addr = RING + q * 0x10000;
		p[q].rxq.ring_len = 256;
		p[q].rxq.dma_ring_addr = RING + q * 0x10000 + 0x8000;
		p[q].rxq.databuffer_size = 2048;
		p[q].rxq.max_pkt_size = 1522;
	}
	KUNIT_ASSERT_EQ(test, fake_guest(VIRTCHNL_OP_CONFIG_VSI_QUEUES, &m,
					 virtchnl_struct_size(&m.info, qpair, 2)), 0);
	KUNIT_ASSERT_EQ(test, fake_guest(VIRTCHNL_OP_CONFIG_IRQ_MAP, &irq,
					 virtchnl_struct_size(&irq.info, vecmap, 1)), 0);
	KUNIT_ASSERT_EQ(test, fake_guest(VIRTCHNL_OP_ENABLE_QUEUES, &sel, sizeof(sel)), 0);
}

static void guest_address(struct kunit *test, const u8 *mac)
{
	struct {
		struct virtchnl_ether_addr_list list;
		struct virtchnl_ether_addr more[2];
	} m = { .list = { .vsi_id = SMNC_VC_VSI, .num_elements = 1 } };

	ether_addr_copy(m.list.list[0].addr, mac);
	m.list.list[0].type = VIRTCHNL_ETHER_ADDR_EXTRA;
	KUNIT_ASSERT_EQ(test, fake_guest(VIRTCHNL_OP_ADD_ETH_ADDR, &m,
					 virtchnl_struct_size(&m.list, list, 1)), 0);
}

static void guest_vlans(struct kunit *test)
{
	struct {
		struct virtchnl_vlan_filter_list_v2 list;
		struct virtchnl_vlan_filter room[2];
	} m = { .list = { .vport_id = SMNC_VC_VSI, .num_elements = 2 } };

	m.list.filters[0].inner = (struct virtchnl_vlan) { .tci = 5, .tpid = ETH_P_8021Q };
	m.list.filters[1].inner = (struct virtchnl_vlan) { .tci = 4094, .tpid = ETH_P_8021Q };
	KUNIT_ASSERT_EQ(test, fake_guest(VIRTCHNL_OP_ADD_VLAN_V2, &m, 8 + 2 * 32), 0);
}

/* Rules for datagrams to one port, at most two headers each. */
static void guest_rule(struct kunit *test, u32 src, u32 dport, int action, u16 queue)
{
	struct virtchnl_fdir_add *add = kunit_kzalloc(test, sizeof(*add), GFP_KERNEL);
	struct virtchnl_proto_hdr *h;

	KUNIT_ASSERT_NOT_NULL(test, add);
	h = add->rule_cfg.proto_hdrs.proto_hdr;
	add->vsi_id = SMNC_VC_VSI;
	add->rule_cfg.proto_hdrs.count = dport ? 2 : 1;
	h[0].type = VIRTCHNL_PROTO_HDR_IPV4;
	h[0].field_selector = src ? BIT(0) : 0;
	h[0].buffer[12] = src;
	h[1].type = VIRTCHNL_PROTO_HDR_UDP;
	h[1].field_selector = BIT(1);
	h[1].buffer[3] = dport;
	add->rule_cfg.action_set.count = 1;
	add->rule_cfg.action_set.actions[0].type = action;
	add->rule_cfg.action_set.actions[0].act_conf.queue.index = queue;
	KUNIT_ASSERT_EQ(test, fake_guest(VIRTCHNL_OP_ADD_FDIR_FILTER, add, sizeof(*add)), 0);
	KUNIT_ASSERT_EQ(test, ((struct virtchnl_fdir_add *)fake->data)->status,
			VIRTCHNL_FDIR_SUCCESS);
}

/* Rules 1 and 2: the first one is deleted, and the others keep their numbers. */
static void guest_rules(struct kunit *test)
{
	const struct virtchnl_fdir_del del = { .vsi_id = SMNC_VC_VSI };

	guest_rule(test, 0, 1, VIRTCHNL_ACTION_DROP, 0);
	guest_rule(test, 0, 2, VIRTCHNL_ACTION_QUEUE, 2);
	guest_rule(test, 10, 0, VIRTCHNL_ACTION_DROP, 0);
	KUNIT_ASSERT_EQ(test, fake_guest(VIRTCHNL_OP_DEL_FDIR_FILTER, &del, sizeof(del)), 0);
}

/* One hash for both directions, over the addresses of TCP alone. */
static void guest_hash(struct kunit *test)
{
	struct virtchnl_rss_cfg *cfg = kunit_kzalloc(test, sizeof(*cfg), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, cfg);
	cfg->proto_hdrs.count = 2;
	cfg->proto_hdrs.proto_hdr[0].type = VIRTCHNL_PROTO_HDR_IPV4;
	cfg->proto_hdrs.proto_hdr[0].field_selector = 3;
	cfg->proto_hdrs.proto_hdr[1].type = VIRTCHNL_PROTO_HDR_TCP;
	cfg->rss_algorithm = VIRTCHNL_RSS_ALG_TOEPLITZ_SYMMETRIC;
	KUNIT_ASSERT_EQ(test, fake_guest(VIRTCHNL_OP_ADD_RSS_CFG, cfg, sizeof(*cfg)), 0);
}

/* A guest that has asked for some of everything, frozen, with two messages that wait. */
static void guest(struct kunit *test)
{
	struct virtchnl_promisc_info promisc = { SMNC_VC_VSI, FLAG_VF_MULTICAST_PROMISC };

	fake_ready();
	guest_queues(test);
	guest_address(test, group);
	guest_address(test, station);
	guest_vlans(test);
	guest_rules(test);
	guest_hash(test);
	KUNIT_ASSERT_EQ(test, fake_guest(VIRTCHNL_OP_CONFIG_PROMISCUOUS_MODE, &promisc,
					 sizeof(promisc)), 0);
	fake->stats[SMNC_STAT_RX_BYTES] = 1000;
	smnc_msgs_hold(&fake->adi);
	smnc_adi_message(&fake->adi, 77, "hello", 5);
	smnc_adi_message(&fake->adi, 78, NULL, 0);
	KUNIT_ASSERT_EQ(test, smnc_adi_freeze(NULL), 0);
}

/* The worker may reset the function while the VM is being stopped: messages wait all the same. */
static void frozen_though_the_worker_resets(struct kunit *test)
{
	fake_ready();
	smnc_msgs_hold(&fake->adi);
	/* As smnc_adi_func_reset() does. */
	smnc_msgs_purge(&fake->adi);
	smnc_msgs_open(&fake->adi);
	KUNIT_EXPECT_TRUE(test, fake->adi.hold);
	KUNIT_ASSERT_EQ(test, smnc_adi_freeze(NULL), 0);
	smnc_msgs_close(&fake->adi);
	KUNIT_EXPECT_FALSE(test, fake->adi.hold);
}

/* Migration is off unless the operator has asked for it. */
static void saved_off(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, smnc_adi_state_size(NULL), 0);
	fake->pf.can_save = true;
	KUNIT_EXPECT_EQ(test, smnc_adi_state_size(NULL), 0);
}

static void save(struct kunit *test)
{
	saved_len = smnc_adi_save(NULL, saved, ROOM);
	KUNIT_ASSERT_GT(test, saved_len, 0);
}

/* As the framework does before it loads. */
static void fresh(struct kunit *test)
{
	smnc_msgs_close(&fake->adi);
	fake->adi.frozen = false;
	ether_addr_copy(fake->adi.guest_mac, fake->adi.addr.mac);
	KUNIT_ASSERT_EQ(test, smnc_adi_restart(&fake->adi, false), 0);
	KUNIT_ASSERT_EQ(test, smnc_adi_freeze(NULL), 0);
}

static struct smnc_rec_adi *bad_adi(void)
{
	return (void *)(bad + sizeof(struct smnc_rec_head));
}

static struct smnc_rec_avf *bad_avf(void)
{
	return (void *)(bad + REC_AVF);
}

/* --- stop and go --------------------------------------------------------------------- */

static void frozen_vsi_is_parked(struct kunit *test)
{
	struct smnc_adi *adi = &fake->adi;
	struct smnc_vsi before;

	guest(test);
	before = adi->vsi;
	KUNIT_EXPECT_EQ(test, fake->fw_vsi.nr_macs, 0);
	KUNIT_EXPECT_EQ(test, fake->fw_vsi.flags, 0);
	KUNIT_EXPECT_TRUE(test, fake_reg(SMNC_FUNC(FAKE_FUNC) + SMNC_FUNC_CTRL) &
				SMNC_FUNC_CTRL_QUIESCE);
	/* Its address is anybody's. */
	KUNIT_EXPECT_EQ(test, smnc_mac_taken(&fake->pf, NULL, adi->addr.mac), 0);
	KUNIT_EXPECT_EQ(test, smnc_adi_thaw(NULL), 0);
	fake_vsi_expect_known(test);
	KUNIT_EXPECT_EQ(test, adi->vsi.flags, before.flags);
	KUNIT_EXPECT_EQ(test, adi->vsi.nr_macs, before.nr_macs);
	KUNIT_EXPECT_MEMEQ(test, adi->vsi.key, before.key, sizeof(before.key));
	KUNIT_EXPECT_EQ(test, smnc_mac_taken(&fake->pf, NULL, adi->addr.mac), -EEXIST);
	KUNIT_EXPECT_FALSE(test, fake_reg(SMNC_FUNC(FAKE_FUNC) + SMNC_FUNC_CTRL) &
				 SMNC_FUNC_CTRL_QUIESCE);
}

/* What arrives while the VM is stopped is answered when it goes on. */
static void frozen_messages_wait(struct kunit *test)
{
	unsigned int sent;

	guest(test);
	sent = fake->nr_sent;
	smnc_adi_link_event(&fake->adi);
	flush_work(&fake->adi.work);
	KUNIT_EXPECT_EQ(test, fake->nr_sent, sent);
	KUNIT_EXPECT_EQ(test, fake->adi.msgs.nr, 2);
	KUNIT_EXPECT_EQ(test, smnc_adi_thaw(NULL), 0);
	flush_work(&fake->adi.work);
	/* Two refusals and the link. */
	KUNIT_EXPECT_EQ(test, fake->nr_sent, sent + 3);
	KUNIT_EXPECT_EQ(test, fake->adi.msgs.nr, 0);
}

/* Another ADI has the address that the operator gave, or the guest's. */
static void address_is_lost_while_frozen(struct kunit *test)
{
	struct smnc_adi *adi = &fake->adi;
	unsigned int macs;

	guest(test);
	macs = adi->vsi.nr_macs;
	KUNIT_ASSERT_EQ(test, smnc_mac_set(&fake->pf, &fake->other, adi->addr.mac), 0);
	KUNIT_EXPECT_EQ(test, smnc_adi_thaw(NULL), -EADDRINUSE);
	smnc_mac_drop(&fake->pf, &fake->other);
	fake->fw_refused = SMNC_FW_MAC_ADD;
	fake->fw_refusals = 2;
	KUNIT_EXPECT_EQ(test, smnc_adi_thaw(NULL), -EADDRINUSE);
	KUNIT_EXPECT_TRUE(test, adi->frozen);
	KUNIT_EXPECT_EQ(test, fake->fw_vsi.nr_macs, 0);
	KUNIT_EXPECT_EQ(test, smnc_mac_taken(&fake->pf, NULL, adi->addr.mac), 0);
	/* It is free again, and none was forgotten. */
	KUNIT_EXPECT_EQ(test, smnc_adi_thaw(NULL), 0);
	KUNIT_EXPECT_EQ(test, adi->vsi.nr_macs, macs);
	fake_vsi_expect_known(test);
}

/* A VM that does not go on leaves no address in use. */
static void thaw_that_fails_parks(struct kunit *test)
{
	struct smnc_adi *adi = &fake->adi;
	unsigned int skip;

	guest(test);
	for (skip = 0; skip < 2; skip++) {
		fake->fw_fault = FAKE_FW_ERROR;
		fake->fw_fault_op = SMNC_FW_VSI_SET;
		fake->fw_skip = skip;
		KUNIT_EXPECT_LT(test, smnc_adi_thaw(NULL), 0);
		KUNIT_EXPECT_EQ(test, fake->fw_fault, FAKE_FW_FINE);
		KUNIT_EXPECT_TRUE(test, adi->frozen && adi->addr.parked);
		KUNIT_EXPECT_EQ(test, fake->fw_vsi.nr_macs, 0);
	}
	KUNIT_EXPECT_EQ(test, smnc_adi_thaw(NULL), 0);
	KUNIT_EXPECT_FALSE(test, adi->addr.parked);
	fake_vsi_expect_known(test);
}

/* A reset of the source when the target has its address, which only the operator can insist on. */
static void reset_takes_another_address(struct kunit *test)
{
	struct smnc_adi *adi = &fake->adi;
	u8 before[ETH_ALEN];

	ether_addr_copy(before, adi->addr.mac);
	guest(test);
	KUNIT_ASSERT_EQ(test, smnc_mac_set(&fake->pf, &fake->other, before), 0);
	adi->mac_set = true;
	smnc_msgs_close(adi);
	KUNIT_EXPECT_EQ(test, smnc_adi_restart(adi, false), -EADDRINUSE);
	adi->mac_set = false;
	KUNIT_EXPECT_EQ(test, smnc_adi_restart(adi, false), 0);
	KUNIT_EXPECT_FALSE(test, ether_addr_equal(before, adi->addr.mac));
	KUNIT_EXPECT_MEMEQ(test, adi->guest_mac, adi->addr.mac, ETH_ALEN);
	KUNIT_EXPECT_TRUE(test, smnc_vsi_has_mac(&adi->vsi, adi->addr.mac));
	smnc_mac_drop(&fake->pf, &fake->other);
}

static void function_that_does_not_quiesce_goes_on(struct kunit *test)
{
	fake_ready();
	fake->quiesce_error = -ETIMEDOUT;
	KUNIT_EXPECT_EQ(test, smnc_adi_freeze(NULL), -ETIMEDOUT);
	KUNIT_EXPECT_FALSE(test, fake->adi.frozen);
	KUNIT_EXPECT_FALSE(test, fake->adi.hold);
	fake_vsi_expect_known(test);
}

/* --- there and back ------------------------------------------------------------------- */

static void everything_goes_along(struct kunit *test)
{
	struct smnc_adi *adi = &fake->adi;
	struct smnc_vsi vsi;
	struct smnc_avf avf;

	guest(test);
	vsi = adi->vsi;
	avf = *fake->avf;
	save(test);
	fresh(test);
	KUNIT_EXPECT_EQ(test, adi->msgs.nr, 0);
	fake->stats[SMNC_STAT_RX_BYTES] = 5;
	fake->load_enables = SMNC_Q(FAKE_QP, SMNC_QP_TX);
	KUNIT_ASSERT_EQ(test, smnc_adi_load(NULL, saved, saved_len), 0);
	KUNIT_EXPECT_EQ(test, fake->avf->caps, avf.caps);
	KUNIT_EXPECT_EQ(test, fake->avf->state, SMNC_VC_READY);
	KUNIT_EXPECT_EQ(test, fake->avf->configured_tx, 3);
	KUNIT_EXPECT_EQ(test, fake->avf->configured_rx, 3);
	/* The driver takes the enabled queues from the device, and not from the record. */
	KUNIT_EXPECT_EQ(test, fake->avf->enabled_tx, 1);
	KUNIT_EXPECT_EQ(test, fake->avf->enabled_rx, 0);
	KUNIT_EXPECT_EQ(test, fake_reg(SMNC_Q(FAKE_QP + 1, SMNC_QP_RX) + SMNC_Q_BASE_LO),
			RING + 0x18000);
	KUNIT_EXPECT_EQ(test, fake_reg(SMNC_Q(FAKE_QP + 1, SMNC_QP_RX) + SMNC_Q_LEN), 256);
	KUNIT_EXPECT_EQ(test, fake_reg(SMNC_Q(FAKE_QP, SMNC_QP_RX) + SMNC_Q_INT),
			SMNC_Q_INT_VALID | 2 | 1 << SMNC_Q_INT_ITR_SHIFT);
	/* Reserved, not active before the VM goes on. */
	KUNIT_EXPECT_EQ(test, fake->fw_vsi.nr_macs, vsi.nr_macs);
	KUNIT_EXPECT_EQ(test, fake->fw_vsi.flags, 0);
	KUNIT_EXPECT_EQ(test, smnc_stats_guest(adi, SMNC_STAT_RX_BYTES), 1000);
	KUNIT_EXPECT_EQ(test, adi->msgs.nr, 2);
	KUNIT_EXPECT_EQ(test, smnc_adi_thaw(NULL), 0);
	fake_vsi_expect_known(test);
	KUNIT_EXPECT_EQ(test, adi->vsi.flags, vsi.flags);
	KUNIT_EXPECT_TRUE(test, smnc_vsi_has_mac(&adi->vsi, station));
	KUNIT_EXPECT_MEMEQ(test, adi->vsi.key, vsi.key, sizeof(vsi.key));
	KUNIT_EXPECT_MEMEQ(test, adi->vsi.lut, vsi.lut, sizeof(vsi.lut));
}

/* A guest's VLANs, fields of the hash and rules, each under its number. */
static void offloads_go_along(struct kunit *test)
{
	static const struct smnc_flow to_queue = {
		.fields = cpu_to_le16(SMNC_FLOW_VERSION | SMNC_FLOW_PROTO | SMNC_FLOW_DPORT),
		.action = SMNC_FLOW_TO_QUEUE, .queue = 2, .version = 4, .proto = IPPROTO_UDP,
		.dport = { 0, 2 },
	};
	const u32 omit = (SMNC_HASH_SPORT | SMNC_HASH_DPORT) << SMNC_HASH_SHIFT(SMNC_HASH_TCP);
	const u16 flags = SMNC_VSI_VLAN_OWN | SMNC_VSI_VLAN_STRIP;
	struct smnc_adi *adi = &fake->adi;
	struct smnc_vsi *vsi = &adi->vsi;

	guest(test);
	save(test);
	fresh(test);
	KUNIT_EXPECT_FALSE(test, adi->strip || fake->avf->vlan || vsi->hash_omit || vsi->hash_sym);
	KUNIT_EXPECT_EQ(test, vsi->flows[1].fields, 0);
	KUNIT_ASSERT_EQ(test, smnc_adi_load(NULL, saved, saved_len), 0);
	KUNIT_EXPECT_TRUE(test, adi->strip && fake->avf->vlan);
	KUNIT_EXPECT_EQ(test, vsi->own[0], BIT(5));
	KUNIT_EXPECT_EQ(test, vsi->own[511], BIT(6));
	KUNIT_EXPECT_EQ(test, vsi->hash_omit, omit);
	KUNIT_EXPECT_EQ(test, vsi->hash_sym, BIT(SMNC_HASH_TCP));
	KUNIT_EXPECT_EQ(test, vsi->flows[0].fields, 0);
	KUNIT_EXPECT_MEMEQ(test, &vsi->flows[1], &to_queue, sizeof(to_queue));
	KUNIT_EXPECT_EQ(test, vsi->flows[2].fields,
			cpu_to_le16(SMNC_FLOW_VERSION | SMNC_FLOW_SRC));
	KUNIT_EXPECT_EQ(test, smnc_adi_thaw(NULL), 0);
	fake_vsi_expect_known(test);
	KUNIT_EXPECT_EQ(test, fake->fw_vsi.flags & flags, flags);
	KUNIT_EXPECT_MEMEQ(test, &fake->fw_flows[1], &to_queue, sizeof(to_queue));
	/* The firmware refuses one: the load fails, and a reset leaves nothing. */
	fresh(test);
	fake->fw_fault = FAKE_FW_ERROR;
	fake->fw_fault_op = SMNC_FW_FLOW_SET;
	KUNIT_EXPECT_LT(test, smnc_adi_load(NULL, saved, saved_len), 0);
	KUNIT_EXPECT_EQ(test, fake->nr_loads, 1);
	fresh(test);
	KUNIT_EXPECT_EQ(test, vsi->flows[1].fields, 0);
}

/* The guest keeps its address, unless the operator has decided on one. */
static void address_goes_along(struct kunit *test)
{
	struct smnc_adi *adi = &fake->adi;
	u8 before[ETH_ALEN];

	ether_addr_copy(before, adi->addr.mac);
	guest(test);
	save(test);
	KUNIT_ASSERT_EQ(test, smnc_mac_set(&fake->pf, &adi->addr, newcomer), 0);
	fresh(test);
	adi->mac_set = true;
	KUNIT_EXPECT_EQ(test, smnc_adi_load(NULL, saved, saved_len), -EINVAL);
	adi->mac_set = false;
	KUNIT_ASSERT_EQ(test, smnc_mac_set(&fake->pf, &fake->other, before), 0);
	KUNIT_EXPECT_EQ(test, smnc_adi_load(NULL, saved, saved_len), -EADDRINUSE);
	KUNIT_EXPECT_MEMEQ(test, adi->addr.mac, newcomer, ETH_ALEN);
	/* Its owner is stopped, and the operator chose the address. */
	smnc_mac_park(&fake->pf, &fake->other, true);
	KUNIT_EXPECT_EQ(test, smnc_adi_load(NULL, saved, saved_len), -EADDRINUSE);
	KUNIT_EXPECT_EQ(test, smnc_mac_taken(&fake->pf, adi, before), -EEXIST);
	/* Its owner is stopped, too: the source. */
	smnc_mac_park(&fake->pf, &fake->other, false);
	KUNIT_EXPECT_EQ(test, smnc_mac_taken(&fake->pf, adi, before), 0);
	fake->fw_refused = SMNC_FW_MAC_ADD;
	fake->fw_refusals = 2;
	KUNIT_EXPECT_EQ(test, smnc_adi_load(NULL, saved, saved_len), -EADDRINUSE);
	KUNIT_EXPECT_MEMEQ(test, adi->addr.mac, newcomer, ETH_ALEN);
	fresh(test);
	KUNIT_EXPECT_EQ(test, smnc_adi_load(NULL, saved, saved_len), 0);
	KUNIT_EXPECT_MEMEQ(test, adi->addr.mac, before, ETH_ALEN);
	KUNIT_EXPECT_EQ(test, smnc_adi_thaw(NULL), 0);
	KUNIT_EXPECT_TRUE(test, adi->mac_came);
	KUNIT_EXPECT_EQ(test, smnc_mac_claim(&fake->pf, &fake->other), -EEXIST);
	smnc_mac_drop(&fake->pf, &fake->other);
}

/* The target's operator has the last word. */
static void trust_is_the_targets(struct kunit *test)
{
	guest(test);
	save(test);
	fresh(test);
	fake->adi.cfg[SMNC_CFG_TRUST] = false;
	KUNIT_EXPECT_EQ(test, smnc_adi_load(NULL, saved, saved_len), -EPERM);
}

/* --- hostile records -------------------------------------------------------------------- */

struct row {
	unsigned int at;
	unsigned int bytes;
	u64 values[3];
};

#define HEAD(_field, ...) \
	{ offsetof(struct smnc_rec_head, _field), \
	  sizeof_field(struct smnc_rec_head, _field), { __VA_ARGS__ } }
#define ADI(_field, ...) \
	{ sizeof(struct smnc_rec_head) + offsetof(struct smnc_rec_adi, _field), \
	  sizeof_field(struct smnc_rec_adi, _field), { __VA_ARGS__ } }
#define AVF(_field, ...) \
	{ REC_AVF + offsetof(struct smnc_rec_avf, _field), \
	  sizeof_field(struct smnc_rec_avf, _field), { __VA_ARGS__ } }

/* Values that no guest could have brought about; 0: no further one. */
static const struct row rows[] = {
	HEAD(magic, 1), HEAD(kind, 1, 2), HEAD(kind_len, 8, ~0u), HEAD(msgs_len, 4, 8, ~0u),
	HEAD(dev_len, 1, ~0u), HEAD(reserved, 1),
	ADI(settings[SMNC_REC_RESERVED], 1), ADI(nr_queues, 1, 3, 16), ADI(nr_vecs, 1, 4, 17),
	ADI(max_frame, 9729, ~0u), ADI(hashcfg, 1, ~0ull), ADI(has, 8, 255), ADI(more_lost, 2),
	ADI(promisc, SMNC_VSI_ACTIVE, 8, 0xffff), ADI(nr_macs, 65, 0xffff),
	ADI(nr_more, 193, 0xffff), ADI(lut[63], FAKE_QUEUES, 255), ADI(mac[0], 1, 255),
	ADI(guest_mac[0], 1, 255), ADI(reserved[0], 1), ADI(reserved[3], 1),
	AVF(caps, VIRTCHNL_VF_OFFLOAD_VLAN << 8, ~0u), AVF(configured[0], 7, 0x8003),
	AVF(configured[1], 1, 7), AVF(state, 2, 255), AVF(fresh, 2),
	AVF(queues[0][0].base, 64, 1ull << 48, ~0ull), AVF(queues[0][0].len, 31, 33, 4128),
	AVF(queues[0][0].bufsz, 128), AVF(queues[0][0].max_frame, 64),
	AVF(queues[0][0].intr, 2, SMNC_Q_INT_VALID | 5, SMNC_Q_INT_VALID | 1 << 5),
	AVF(queues[0][1].bufsz, 64, 2049, 16384), AVF(queues[0][1].max_frame, 1, 9729),
	AVF(queues[2][0].len, 64), AVF(queues[2][1].base, 128), AVF(queues[2][1].bufsz, 128),
	AVF(queues[4][0].intr, SMNC_Q_INT_VALID), AVF(queues[15][1].len, 64),
	AVF(hash_omit, 0xf, 0xfc0, 0xf0000000), AVF(vlan, 2, 255), AVF(strip, 2, 255),
	AVF(reserved, 1), AVF(own[0], 1, 0x21), AVF(own[511], 0x80, 0xc0),
	/* Rule 0 is unused, 1 gives datagrams to a queue, 2 drops those of an address. */
	AVF(flows[0].fields, 0x100, SMNC_FLOW_PROTO, SMNC_FLOW_VERSION), AVF(flows[0].queue, 1),
	AVF(flows[0].action, 1), AVF(flows[0].dport[1], 5), AVF(flows[127].version, 4),
	AVF(flows[1].fields, 0x186, 0x84, 0x82), AVF(flows[1].fields, 0x8086, 0x06, 0x02),
	AVF(flows[1].action, 2, 255), AVF(flows[1].queue, FAKE_QUEUES, 16, 255),
	AVF(flows[1].version, 1, 5, 255), AVF(flows[1].proto, IPPROTO_ICMP, 255),
	AVF(flows[1].tos, 1), AVF(flows[1].reserved, 1), AVF(flows[1].ethertype[0], 8),
	AVF(flows[1].reserved1[0], 1), AVF(flows[1].reserved1[1], 1), AVF(flows[1].src[0], 10),
	AVF(flows[1].dst[15], 1), AVF(flows[1].sport[1], 1), AVF(flows[2].queue, 1),
	AVF(flows[2].src[4], 1), AVF(flows[2].src[15], 1),
};

static void put_le(u8 *at, unsigned int bytes, u64 value)
{
	for (; bytes--; value >>= 8)
		*at++ = value;
}

static void hostile_values(struct kunit *test)
{
	struct smnc_adi *adi = &fake->adi;
	unsigned int i, k;

	guest(test);
	save(test);
	fresh(test);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		for (k = 0; k < 3 && rows[i].values[k]; k++) {
			memcpy(bad, saved, saved_len);
			put_le(bad + rows[i].at, rows[i].bytes, rows[i].values[k]);
			KUNIT_EXPECT_LT_MSG(test, smnc_adi_load(NULL, bad, saved_len), 0,
					    "row %u, value %llx", i, rows[i].values[k]);
			/* The addresses come last. */
			KUNIT_EXPECT_EQ(test, fake->avf->configured_tx, 0);
			KUNIT_EXPECT_EQ(test, adi->msgs.nr, 0);
			KUNIT_EXPECT_EQ(test, fake->nr_loads, 0);
		}
	}
	memcpy(bad, saved, saved_len);
	((struct smnc_rec_head *)bad)->version = cpu_to_le16(1);
	KUNIT_EXPECT_EQ(test, smnc_adi_load(NULL, bad, saved_len), -EOPNOTSUPP);
	fresh(test);
	KUNIT_EXPECT_EQ(test, smnc_adi_load(NULL, saved, saved_len), 0);
}

/* Of a guest that has agreed on nothing, and limits that the operator has set. */
static void hostile_agreements(struct kunit *test)
{
	struct smnc_adi *adi = &fake->adi;

	guest(test);
	save(test);
	fresh(test);
	memcpy(bad, saved, saved_len);
	bad_avf()->state = SMNC_VC_NEW;
	KUNIT_EXPECT_EQ(test, smnc_adi_load(NULL, bad, saved_len), -EINVAL);
	adi->cfg[SMNC_CFG_TX_RING] = 64;
	KUNIT_EXPECT_EQ(test, smnc_adi_load(NULL, saved, saved_len), -ENOSPC);
	adi->cfg[SMNC_CFG_TX_RING] = 4096;
	adi->cfg[SMNC_CFG_RX_RING] = 128;
	KUNIT_EXPECT_EQ(test, smnc_adi_load(NULL, saved, saved_len), -ENOSPC);
	adi->cfg[SMNC_CFG_RX_RING] = 4096;
	memcpy(bad, saved, saved_len);
	bad_adi()->nr_more = cpu_to_le16(1);
	memcpy(bad_adi()->more[0], station, ETH_ALEN);
	KUNIT_EXPECT_EQ(test, smnc_adi_load(NULL, bad, saved_len), -EPERM);
	memcpy(bad, saved, saved_len);
	eth_zero_addr(bad_adi()->macs[0]);
	KUNIT_EXPECT_EQ(test, smnc_adi_load(NULL, bad, saved_len), -EPERM);
	fresh(test);
	fake->load_error = -EINVAL;
	KUNIT_EXPECT_EQ(test, smnc_adi_load(NULL, saved, saved_len), -EINVAL);
}

/* What a guest has of an offload that it was not granted, or that this host does not grant. */
static void hostile_offloads(struct kunit *test)
{
	static const struct {
		u32 take, give;
		u8 vlan, strip;
		bool own;
	} wrong[] = {
		{ VIRTCHNL_VF_OFFLOAD_VLAN_V2, 0, 1, 1, true },
		{ 0, VIRTCHNL_VF_OFFLOAD_VLAN, 1, 1, true },
		{ VIRTCHNL_VF_OFFLOAD_VLAN_V2, VIRTCHNL_VF_OFFLOAD_VLAN, 0, 0, false },
		{ 0, 0, 0, 1, false },
		{ 0, 0, 0, 0, true },
		{ VIRTCHNL_VF_OFFLOAD_ADV_RSS_PF, 0, 1, 1, true },
		{ VIRTCHNL_VF_OFFLOAD_FDIR_PF, 0, 1, 1, true },
	};
	unsigned int i;

	guest(test);
	save(test);
	fresh(test);
	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		struct smnc_rec_avf *rec = bad_avf();

		memcpy(bad, saved, saved_len);
		rec->caps &= cpu_to_le32(~wrong[i].take);
		rec->caps |= cpu_to_le32(wrong[i].give);
		rec->vlan = wrong[i].vlan;
		rec->strip = wrong[i].strip;
		if (!wrong[i].own)
			memset(rec->own, 0, sizeof(rec->own));
		KUNIT_EXPECT_EQ_MSG(test, smnc_adi_load(NULL, bad, saved_len), -EINVAL, "row %u", i);
	}
	memcpy(bad, saved, saved_len);
	bad_avf()->hash_omit = 0;
	bad_avf()->caps &= cpu_to_le32(~VIRTCHNL_VF_OFFLOAD_ADV_RSS_PF);
	KUNIT_EXPECT_EQ(test, smnc_adi_load(NULL, bad, saved_len), -EINVAL);
	smnc_vc_offloads = false;
	KUNIT_EXPECT_EQ(test, smnc_adi_load(NULL, saved, saved_len), -EPERM);
	smnc_vc_offloads = true;
	KUNIT_EXPECT_EQ(test, fake->nr_loads, 0);
	KUNIT_EXPECT_EQ(test, smnc_adi_load(NULL, saved, saved_len), 0);
}

static void hostile_lengths(struct kunit *test)
{
	ssize_t n;

	guest(test);
	save(test);
	fresh(test);
	for (n = 0; n < saved_len + 9; n++)
		if (n != saved_len)
			KUNIT_EXPECT_LT(test, smnc_adi_load(NULL, saved, n), 0);
	KUNIT_EXPECT_EQ(test, fake->nr_loads, 0);
}

/* --- messages ----------------------------------------------------------------------------- */

/* A record with @nr messages of @len bytes each. Return: what becomes of it */
static int parse_msgs(unsigned int nr, u16 len, u16 reserved, u8 pad)
{
	const u32 bytes = sizeof(struct smnc_rec_msg) + ALIGN(len, 8);
	struct smnc_rec_head *head = (void *)bad;
	u8 *at = bad + REC_AVF;
	struct smnc_rec rec;
	unsigned int i;

	memset(bad, 0, ROOM);
	*head = (struct smnc_rec_head) {
		.magic = cpu_to_le32(SMNC_REC_MAGIC), .version = cpu_to_le16(SMNC_REC_VERSION),
		.msgs_len = cpu_to_le32(nr * bytes),
	};
	for (i = 0; i < nr; i++, at += bytes) {
		struct smnc_rec_msg *msg = (void *)at;

		msg->len = cpu_to_le16(len);
		msg->reserved = cpu_to_le16(reserved);
		at[sizeof(*msg) + len] = pad;
	}
	return smnc_rec_parse(&rec, bad, smnc_rec_bytes(0, nr * bytes, 0), 0, 0);
}

static void hostile_messages(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, parse_msgs(SMNC_MSG_MAX, 3, 0, 0), 0);
	KUNIT_EXPECT_EQ(test, parse_msgs(SMNC_MSG_MAX + 1, 3, 0, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, parse_msgs(4, SMNC_AQ_BUF_MAX, 0, 0), 0);
	KUNIT_EXPECT_EQ(test, parse_msgs(1, SMNC_AQ_BUF_MAX + 1, 0, 0), -EINVAL);
	/* Fewer than that, but more than the queue holds. */
	KUNIT_EXPECT_EQ(test, parse_msgs(9, 2048, 0, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, parse_msgs(1, 3, 1, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, parse_msgs(1, 3, 0, 1), -EINVAL);
}

static void saved_messages_are_kept(struct kunit *test)
{
	struct smnc_msgq *q = &fake->adi.msgs;
	struct smnc_msg *msg = fake->adi.msg;

	guest(test);
	save(test);
	save(test);
	fresh(test);
	KUNIT_ASSERT_EQ(test, smnc_adi_load(NULL, saved, saved_len), 0);
	KUNIT_ASSERT_TRUE(test, smnc_msgq_get(q, msg));
	KUNIT_EXPECT_EQ(test, msg->op, 77);
	KUNIT_EXPECT_EQ(test, msg->len, 5);
	KUNIT_EXPECT_MEMEQ(test, msg->data, "hello", 5);
	KUNIT_ASSERT_TRUE(test, smnc_msgq_get(q, msg));
	KUNIT_EXPECT_EQ(test, msg->op, 78);
	KUNIT_EXPECT_FALSE(test, smnc_msgq_get(q, msg));
}

/* --- the announcement ------------------------------------------------------------------------ */

static void announced_in_its_vlans(struct kunit *test)
{
	struct smnc_adi *adi = &fake->adi;
	unsigned int vid;

	smnc_adi_announce(NULL);
	KUNIT_EXPECT_EQ(test, fake->announced, 1);
	KUNIT_EXPECT_EQ(test, fake->announced_port, 0);
	adi->vlan.mode = SMNC_VLAN_PORT;
	adi->vlan.port = 5 | SMNC_PORT_8021AD;
	smnc_adi_announce(NULL);
	KUNIT_EXPECT_EQ(test, fake->announced, 2);
	KUNIT_EXPECT_EQ(test, fake->announced_port, 5 | SMNC_PORT_8021AD);
	adi->vlan.mode = SMNC_VLAN_TRUNK;
	for (vid = 0; vid < 100; vid++)
		adi->vlan.vids[vid / 8] |= BIT(vid % 8);
	smnc_adi_announce(NULL);
	KUNIT_EXPECT_EQ(test, fake->announced, 2 + 64);
	/* One that is out of the switch is nowhere. */
	adi->vsi.flags = 0;
	smnc_adi_announce(NULL);
	KUNIT_EXPECT_EQ(test, fake->announced, 2 + 64);
}

static struct kunit_case saved_cases[] = {
	KUNIT_CASE(saved_off),
	KUNIT_CASE(frozen_vsi_is_parked),
	KUNIT_CASE(frozen_messages_wait),
	KUNIT_CASE(frozen_though_the_worker_resets),
	KUNIT_CASE(address_is_lost_while_frozen),
	KUNIT_CASE(thaw_that_fails_parks),
	KUNIT_CASE(reset_takes_another_address),
	KUNIT_CASE(function_that_does_not_quiesce_goes_on),
	KUNIT_CASE(everything_goes_along),
	KUNIT_CASE(offloads_go_along),
	KUNIT_CASE(address_goes_along),
	KUNIT_CASE(trust_is_the_targets),
	KUNIT_CASE(hostile_values),
	KUNIT_CASE(hostile_agreements),
	KUNIT_CASE(hostile_offloads),
	KUNIT_CASE(hostile_lengths),
	KUNIT_CASE(hostile_messages),
	KUNIT_CASE(saved_messages_are_kept),
	KUNIT_CASE(announced_in_its_vlans),
	{ }
};

static struct kunit_suite saved_suite = {
	.name = "saved",
	.init = saved_init,
	.exit = fake_nic_exit,
	.test_cases = saved_cases,
};

kunit_test_suites(&saved_suite);
