// SPDX-License-Identifier: GPL-2.0-only
/*
 * virtchnl: any driver at any point of another one's life. Whatever the one before
 * left behind, the next comes up in its own way, and nothing but its own is in force.
 */
#include <linux/etherdevice.h>

#include "fake_nic.h"

#define TXQ(q)	SMNC_Q(FAKE_QP + (q), SMNC_QP_TX)
#define RXQ(q)	SMNC_Q(FAKE_QP + (q), SMNC_QP_RX)

#define OLD_RING	0x11000000
#define NEW_RING	0x22000000
#define NEW_TAIL	127	/* RX descriptors posted */

static const u8 group[ETH_ALEN] = { 0x33, 0x33, 0, 0, 0, 0x77 };

/* --- what a driver sends ------------------------------------------------------ */

static int version(void)
{
	static const struct virtchnl_version_info v = { 1, 1 };

	return fake_guest(VIRTCHNL_OP_VERSION, &v, sizeof(v));
}

static int resources(void)
{
	static const u32 caps = ~0U;

	return fake_guest(VIRTCHNL_OP_GET_VF_RESOURCES, &caps, sizeof(caps));
}

static int resources_1_0(void)
{
	return fake_guest(VIRTCHNL_OP_GET_VF_RESOURCES, NULL, 0);
}

static int reset_vf(void)
{
	return fake_guest(VIRTCHNL_OP_RESET_VF, NULL, 0) == 1 ? 0 : -1;
}

static int config(u64 ring, unsigned int nr)
{
	struct {
		struct virtchnl_vsi_queue_config_info info;
		struct virtchnl_queue_pair_info qpair[FAKE_QUEUES];
	} m = { .info = { .vsi_id = SMNC_VC_VSI, .num_queue_pairs = nr } };
	struct virtchnl_queue_pair_info *p = m.info.qpair;
	unsigned int q;

	for (q = 0; q < nr; q++) {
		p[q].txq.vsi_id = SMNC_VC_VSI;
		p[q].rxq.vsi_id = SMNC_VC_VSI;
		p[q].txq.queue_id = q;
		p[q].rxq.queue_id = q;
		p[q].txq.ring_len = 128;
		p[q].rxq.ring_len = 128;
		p[q].txq.dma_ring_addr = ring + q * 0x10000;
		p[q].rxq.dma_ring_addr = ring + q * 0x10000 + 0x8000;
		p[q].rxq.databuffer_size = 2048;
		p[q].rxq.max_pkt_size = 1522;
	}
	return fake_guest(VIRTCHNL_OP_CONFIG_VSI_QUEUES, &m,
			  virtchnl_struct_size(&m.info, qpair, nr));
}

static int irq_map(unsigned int vec, unsigned int nr)
{
	struct {
		struct virtchnl_irq_map_info info;
		struct virtchnl_vector_map vecmap[1];
	} m = { .info = { .num_vectors = 1 } };

	m.info.vecmap[0] = (struct virtchnl_vector_map) {
		SMNC_VC_VSI, vec, BIT(nr) - 1, BIT(nr) - 1, 0, 1
	};
	return fake_guest(VIRTCHNL_OP_CONFIG_IRQ_MAP, &m,
			  virtchnl_struct_size(&m.info, vecmap, 1));
}

static int enable(u32 tx, u32 rx)
{
	const struct virtchnl_queue_select sel = {
		.vsi_id = SMNC_VC_VSI, .tx_queues = tx, .rx_queues = rx,
	};

	return fake_guest(VIRTCHNL_OP_ENABLE_QUEUES, &sel, sizeof(sel));
}

static int promisc(u16 flags)
{
	const struct virtchnl_promisc_info info = { .vsi_id = SMNC_VC_VSI, .flags = flags };

	return fake_guest(VIRTCHNL_OP_CONFIG_PROMISCUOUS_MODE, &info, sizeof(info));
}

static int add(const u8 *mac)
{
	struct {
		struct virtchnl_ether_addr_list info;
		struct virtchnl_ether_addr addr[1];
	} m = { .info = { .vsi_id = SMNC_VC_VSI, .num_elements = 1 } };

	ether_addr_copy(m.info.list[0].addr, mac);
	m.info.list[0].type = VIRTCHNL_ETHER_ADDR_EXTRA;
	return fake_guest(VIRTCHNL_OP_ADD_ETH_ADDR, &m,
			  virtchnl_struct_size(&m.info, list, 1));
}

static void write_tails(unsigned int nr)
{
	unsigned int q;

	for (q = 0; q < nr; q++)
		fake_set(FAKE_WIN(FAKE_FUNC) + SMNC_WIN_RX_TAIL(q), NEW_TAIL);
}

/* --- the life before ------------------------------------------------------------ */

static int live_clean(void)
{
	return 0;
}

static int live_greeted(void)
{
	return version();
}

static int live_negotiated(void)
{
	return version() ?: resources();
}

static int live_configured(void)
{
	return live_negotiated() ?: irq_map(2, FAKE_QUEUES) ?: add(group) ?:
	       promisc(FLAG_VF_MULTICAST_PROMISC | FLAG_VF_UNICAST_PROMISC) ?:
	       config(OLD_RING, FAKE_QUEUES);
}

static int live_enabled(void)
{
	return live_configured() ?: enable(0xf, 0xf);
}

static int live_in_traffic(void)
{
	unsigned int q;
	int err = live_enabled();

	for (q = 0; q < FAKE_QUEUES; q++) {
		fake_set(FAKE_WIN(FAKE_FUNC) + SMNC_WIN_TX_TAIL(q), 99);
		fake_set(FAKE_WIN(FAKE_FUNC) + SMNC_WIN_RX_TAIL(q), 77);
	}
	return err;
}

/* The PF was reset under it: what it sent meanwhile is dropped. */
static int live_quiesced(void)
{
	int err = live_in_traffic();

	smnc_msgs_open(&fake->adi);
	smnc_msgs_close(&fake->adi);
	smnc_adi_message(&fake->adi, VIRTCHNL_OP_RESET_VF, NULL, 0);
	mutex_lock(&fake->adi.lock);
	err = err ?: smnc_adi_restart(&fake->adi, true);
	mutex_unlock(&fake->adi.lock);
	return err;
}

static int live_reset(void)
{
	return live_in_traffic() ?: reset_vf();
}

/* A queue does not stop: the function is reset instead, and the driver tries again. */
static int live_stuck(void)
{
	int err = live_in_traffic();

	fake->stuck = RXQ(2);
	err = err ?: resources() == 1 ? 0 : -1;
	fake->stuck = 0;
	return err ?: fake->restarts == 1 ? 0 : -1;
}

/* --- the driver that starts -------------------------------------------------------- */

static int start_iavf(void)
{
	int err = version() ?: resources() ?: irq_map(1, FAKE_QUEUES);

	write_tails(FAKE_QUEUES);
	return err ?: add(fake->adi.addr.mac) ?: config(NEW_RING, FAKE_QUEUES) ?: enable(0xf, 0xf);
}

/* Queue by queue, RX first, and tails once more after they run. */
static int start_dpdk(void)
{
	int err = version() ?: resources();
	unsigned int q;

	write_tails(FAKE_QUEUES);
	err = err ?: config(NEW_RING, FAKE_QUEUES) ?: irq_map(1, FAKE_QUEUES) ?:
		     add(fake->adi.addr.mac);
	for (q = 0; q < FAKE_QUEUES && !err; q++)
		err = enable(0, BIT(q)) ?: enable(BIT(q), 0);
	write_tails(FAKE_QUEUES);
	return err;
}

/* No version, no capabilities, one queue, no address; receives once it runs. */
static int start_ipxe(void)
{
	int err = resources_1_0() ?: config(NEW_RING, 1) ?: irq_map(1, 1) ?: enable(1, 1) ?:
		  promisc(FLAG_VF_MULTICAST_PROMISC);

	write_tails(1);
	return err;
}

/* Resets first, and takes nothing for granted. */
static int start_careful(void)
{
	return reset_vf() ?: start_iavf();
}

/* Starts where the last one stopped: no greeting at all. */
static int start_again(void)
{
	int err;

	write_tails(FAKE_QUEUES);
	err = config(NEW_RING, FAKE_QUEUES) ?: irq_map(1, FAKE_QUEUES);
	return err ?: enable(0xf, 0xf);
}

struct start {
	const char *name;
	int (*start)(void);
	unsigned int queues;
	u16 promisc;
	bool greets;
};

static const struct start iavf = { "iavf", start_iavf, FAKE_QUEUES, 0, true };
static const struct start dpdk = { "dpdk", start_dpdk, FAKE_QUEUES, 0, true };
static const struct start ipxe = { "ipxe", start_ipxe, 1, SMNC_VSI_MC_PROMISC, true };
static const struct start careful = { "careful", start_careful, FAKE_QUEUES, 0, true };
static const struct start again = { "again", start_again, FAKE_QUEUES, 0, false };

/* Without a greeting only where the last one had got through it. */
#define ALL_AFTER(state) \
	{ #state, live_##state, &iavf }, { #state, live_##state, &dpdk }, \
	{ #state, live_##state, &ipxe }, { #state, live_##state, &careful }

static const struct pairing {
	const char *name;
	int (*live)(void);
	const struct start *start;
} pairings[] = {
	ALL_AFTER(clean),
	ALL_AFTER(greeted),
	ALL_AFTER(negotiated), { "negotiated", live_negotiated, &again },
	ALL_AFTER(configured), { "configured", live_configured, &again },
	ALL_AFTER(enabled), { "enabled", live_enabled, &again },
	ALL_AFTER(in_traffic), { "in_traffic", live_in_traffic, &again },
	ALL_AFTER(quiesced),
	ALL_AFTER(reset),
	ALL_AFTER(stuck),
};

static void pairing_name(const struct pairing *p, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%s_after_%s", p->start->name, p->name);
}

KUNIT_ARRAY_PARAM(pairing, pairings, pairing_name);

static void queue_is(struct kunit *test, unsigned int q, bool runs)
{
	u32 ring = runs ? NEW_RING + q * 0x10000 : 0;

	KUNIT_EXPECT_EQ_MSG(test, !!(fake_reg(TXQ(q) + SMNC_Q_CTL) & SMNC_Q_CTL_ENABLE), runs,
			    "TX %u", q);
	KUNIT_EXPECT_EQ_MSG(test, !!(fake_reg(RXQ(q) + SMNC_Q_CTL) & SMNC_Q_CTL_ENABLE), runs,
			    "RX %u", q);
	KUNIT_EXPECT_EQ(test, fake_reg(TXQ(q) + SMNC_Q_BASE_LO), ring);
	KUNIT_EXPECT_EQ(test, fake_reg(RXQ(q) + SMNC_Q_BASE_LO), runs ? ring + 0x8000 : 0);
	KUNIT_EXPECT_EQ(test, fake_reg(RXQ(q) + SMNC_Q_INT), runs ? SMNC_Q_INT_VALID | 1 : 0);
	KUNIT_EXPECT_EQ(test, fake_reg(FAKE_WIN(FAKE_FUNC) + SMNC_WIN_TX_TAIL(q)), 0);
	KUNIT_EXPECT_EQ(test, fake_reg(FAKE_WIN(FAKE_FUNC) + SMNC_WIN_RX_TAIL(q)),
			runs ? NEW_TAIL : 0);
}

static void vcl_starts(struct kunit *test)
{
	const struct pairing *p = test->param_value;
	unsigned int q, all = BIT(p->start->queues) - 1;

	ether_addr_copy(fake->adi.guest_mac, fake->adi.addr.mac);
	KUNIT_ASSERT_EQ(test, p->live(), 0);
	KUNIT_ASSERT_EQ(test, p->start->start(), 0);
	for (q = 0; q < FAKE_QUEUES; q++)
		queue_is(test, q, q < p->start->queues);
	KUNIT_EXPECT_EQ(test, fake->avf->enabled_tx, all);
	KUNIT_EXPECT_EQ(test, fake->avf->enabled_rx, all);
	if (!p->start->greets)
		return;
	KUNIT_EXPECT_EQ(test, fake->avf->configured_tx, all);
	KUNIT_EXPECT_EQ(test, fake->adi.promisc, p->start->promisc);
	KUNIT_EXPECT_EQ(test, fake->adi.vsi.flags & (SMNC_VSI_UC_PROMISC | SMNC_VSI_MC_PROMISC),
			p->start->promisc);
	KUNIT_EXPECT_FALSE(test, smnc_vsi_has_mac(&fake->adi.vsi, group));
	KUNIT_EXPECT_LE(test, fake->adi.vsi.nr_macs, 1);
}

/* A live driver's pings leave all of it as it is. */
static void vcl_version_is_harmless(struct kunit *test)
{
	unsigned int writes, fw;

	KUNIT_ASSERT_EQ(test, start_iavf(), 0);
	writes = fake->nr_writes;
	fw = fake->nr_fw;
	KUNIT_EXPECT_EQ(test, version(), 0);
	KUNIT_EXPECT_EQ(test, fake->nr_writes, writes);
	KUNIT_EXPECT_EQ(test, fake->nr_fw, fw);
	KUNIT_EXPECT_EQ(test, fake->avf->enabled_rx, 0xf);
	KUNIT_EXPECT_EQ(test, fake->avf->state, SMNC_VC_READY);
}

/* RSS is spread over all queues again, with another key. */
static void vcl_rss_is_anew(struct kunit *test)
{
	unsigned int fw;

	KUNIT_ASSERT_EQ(test, live_enabled(), 0);
	fw = fake->nr_fw;
	KUNIT_ASSERT_EQ(test, resources(), 0);
	KUNIT_EXPECT_GT(test, fake->nr_fw, fw + 8);
	/* The firmware fails: a reset of the function does it. */
	KUNIT_ASSERT_EQ(test, fake->restarts, 0);
	fake->fw_error = -EIO;
	KUNIT_EXPECT_EQ(test, resources(), 1);
	KUNIT_EXPECT_EQ(test, fake->restarts, 1);
	KUNIT_EXPECT_EQ(test, fake->errors, 1);
}

/* The tail of a queue that is configured while it runs is the guest's of now. */
static void vcl_tail_kept(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, start_iavf(), 0);
	fake_set(FAKE_WIN(FAKE_FUNC) + SMNC_WIN_RX_TAIL(0), 5);
	fake_set(FAKE_WIN(FAKE_FUNC) + SMNC_WIN_RX_TAIL(1), 128);
	KUNIT_ASSERT_EQ(test, config(NEW_RING, 2), 0);
	KUNIT_EXPECT_EQ(test, fake_reg(FAKE_WIN(FAKE_FUNC) + SMNC_WIN_RX_TAIL(0)), 5);
	/* Not one of the new ring. */
	KUNIT_EXPECT_EQ(test, fake_reg(FAKE_WIN(FAKE_FUNC) + SMNC_WIN_RX_TAIL(1)), 0);
	KUNIT_EXPECT_EQ(test, fake->avf->enabled_rx, 0xc);
	KUNIT_EXPECT_EQ(test, fake->avf->enabled_tx, 0xc);
	fake->stuck = TXQ(2);
	KUNIT_EXPECT_EQ(test, config(NEW_RING, 3), 1);
	KUNIT_EXPECT_EQ(test, fake->restarts, 1);
}

static struct kunit_case vcl_cases[] = {
	KUNIT_CASE_PARAM(vcl_starts, pairing_gen_params),
	KUNIT_CASE(vcl_version_is_harmless),
	KUNIT_CASE(vcl_rss_is_anew),
	KUNIT_CASE(vcl_tail_kept),
	{ }
};

static struct kunit_suite vcl_suite = {
	.name = "virtchnl_lives",
	.init = fake_nic_init,
	.exit = fake_nic_exit,
	.test_cases = vcl_cases,
};

kunit_test_suites(&vcl_suite);
