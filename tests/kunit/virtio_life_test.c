// SPDX-License-Identifier: GPL-2.0-only
/*
 * A virtio device whose hardware is reset, fails, or is taken away: the driver notices
 * nothing of the first, and never waits without an end.
 */
#include <linux/etherdevice.h>

#include "virtio_test.h"
#include "../../driver/adi/ops.h"

#define RUNS	(S_ACK | S_DRIVER | S_FEATURES | S_DRIVER_OK)

static const u8 other[ETH_ALEN] __aligned(2) = { 2, 0, 0, 0, 9, 9 };

/* --- the PF is reset -------------------------------------------------------------- */

static void quiesce(void)
{
	smnc_msgs_close(&fake->adi);
	WRITE_ONCE(fake->pf.state, SMNC_PF_QUIESCED);
}

/* The PF does not rest yet, or is back already, and the function is not. */
static void quiesce_alone(void)
{
	smnc_msgs_close(&fake->adi);
	fake->adi.state = SMNC_ADI_AWAY;
}

/* The hardware is as new. */
static void revive(struct kunit *test)
{
	unsigned int i;

	memset(&fake->fw_vsi, 0, sizeof(fake->fw_vsi));
	fake->fw_vsi.vids[0] = BIT(0);
	for (i = 0; i < SMNC_VIRTIO_VQS; i++)
		fake->vqs[i] = (struct fake_vq) {};
	fake->vq_features = 0;
	fake->vq_offloads = 0;
	WRITE_ONCE(fake->pf.state, SMNC_PF_UP);
	mutex_lock(&fake->adi.lock);
	fake->adi.state = SMNC_ADI_OPEN;
	KUNIT_EXPECT_EQ(test, fake->adi.kind->revive(&fake->adi), 0);
	mutex_unlock(&fake->adi.lock);
	smnc_msgs_open(&fake->adi);
}

/* All that was agreed on, set up and asked for is there again, and no one is notified. */
static void life_transparent(struct kunit *test)
{
	static const u8 on = 1;
	__le16 two = cpu_to_le16(2);
	__le64 none = 0;
	unsigned int n, a;

	drive(USUAL);
	KUNIT_EXPECT_EQ(test, control(1, 1, other, ETH_ALEN), VIRTIO_NET_OK);
	KUNIT_EXPECT_EQ(test, control(0, 0, &on, 1), VIRTIO_NET_OK);
	KUNIT_EXPECT_EQ(test, control(4, 0, &two, 2), VIRTIO_NET_OK);
	KUNIT_EXPECT_EQ(test, control(5, 0, &none, 8), VIRTIO_NET_OK);
	isr();
	memset(fake->signals, 0, sizeof(fake->signals));
	quiesce();
	revive(test);
	KUNIT_EXPECT_EQ(test, status(), RUNS);
	KUNIT_EXPECT_EQ(test, fake->vq_features, USUAL);
	KUNIT_EXPECT_EQ(test, fake->vq_offloads, 0);
	for (n = 0; n <= CONTROL; n++) {
		KUNIT_EXPECT_TRUE(test, fake->vqs[n].on);
		KUNIT_EXPECT_TRUE(test, fake->vqs[n].resumed);
		KUNIT_EXPECT_EQ(test, fake->vqs[n].control, n == CONTROL);
		for (a = 0; a < SMNC_VQ_AREAS; a++)
			KUNIT_EXPECT_EQ(test, fake->vqs[n].cfg.area[a], area(n, a));
	}
	KUNIT_EXPECT_EQ(test, fake->vqs[2].cfg.vector, 3);
	KUNIT_EXPECT_TRUE(test, smnc_vsi_has_mac(&fake->adi.vsi, other));
	KUNIT_EXPECT_EQ(test, fake->fw_macs, 1);
	KUNIT_EXPECT_TRUE(test, fake->fw_vsi.flags & SMNC_VSI_UC_PROMISC);
	KUNIT_EXPECT_EQ(test, fake->fw_vsi.lut[1], 1);
	KUNIT_EXPECT_EQ(test, fake->fw_vsi.lut[2], 0);
	KUNIT_EXPECT_EQ(test, fake->signals[0], 0);
	KUNIT_EXPECT_EQ(test, isr(), 0);
	KUNIT_EXPECT_MEMEQ(test, fake->fw_vsi.key, fake->adi.rss_key, SMNC_RSS_KEY_BYTES);
	fake_vsi_expect_known(test);
}

/* A reset of the PF without a notice to the driver leaves the table of addresses in force. */
static void life_table(struct kunit *test)
{
	static const u8 table[] = {
		2, 0, 0, 0, 2, 0, 0, 0, 8, 1, 2, 0, 0, 0, 8, 2,
		1, 0, 0, 0, 0x33, 0x33, 0, 0, 0, 5,
	};
	unsigned int sent;

	drive(USUAL);
	KUNIT_EXPECT_EQ(test, control(1, 0, table, sizeof(table)), VIRTIO_NET_OK);
	KUNIT_EXPECT_EQ(test, fake->fw_macs, 4);
	isr();
	sent = fake->nr_sent;
	mutex_lock(&fake->adi.lock);
	KUNIT_EXPECT_EQ(test, fake->adi.kind->announce_reset(&fake->adi), 0);
	mutex_unlock(&fake->adi.lock);
	KUNIT_EXPECT_EQ(test, fake->nr_sent, sent);
	KUNIT_EXPECT_EQ(test, isr(), 0);
	quiesce();
	fake->fw_macs = 0;
	revive(test);
	KUNIT_EXPECT_EQ(test, fake->fw_macs, 4);
	KUNIT_EXPECT_TRUE(test, smnc_vsi_has_mac(&fake->adi.vsi, table + 4));
	KUNIT_EXPECT_TRUE(test, smnc_vsi_has_mac(&fake->adi.vsi, table + 10));
	KUNIT_EXPECT_TRUE(test, smnc_vsi_has_mac(&fake->adi.vsi, table + 20));
	fake_vsi_expect_known(test);
}

/* The table of VLANs is there again, and in force. */
static void life_vlans(struct kunit *test)
{
	__le16 vid = cpu_to_le16(5);

	drive(USUAL | F(VIRTIO_NET_F_CTRL_VLAN));
	KUNIT_EXPECT_EQ(test, control(2, 0, &vid, 2), VIRTIO_NET_OK);
	quiesce();
	revive(test);
	KUNIT_EXPECT_EQ(test, fake->fw_vsi.own[0], BIT(5));
	KUNIT_EXPECT_TRUE(test, fake->fw_vsi.flags & SMNC_VSI_VLAN_OWN);
	fake_vsi_expect_known(test);
}

#define ANNOUNCE	(USUAL | F(VIRTIO_NET_F_GUEST_ANNOUNCE))

static u16 config_status(void)
{
	return config(offsetof(struct virtio_net_config, status), 2);
}

/* A driver that knows how to announces its addresses after it, once. */
static void life_announced(struct kunit *test)
{
	fake->adi.cfg[SMNC_CFG_LINK] = SMNC_LINK_ENABLE;
	worker(SMNC_DUE_LINK);
	drive(ANNOUNCE);
	KUNIT_EXPECT_EQ(test, config_status(), VIRTIO_NET_S_LINK_UP);
	isr();
	quiesce();
	revive(test);
	KUNIT_EXPECT_EQ(test, config_status(), VIRTIO_NET_S_LINK_UP);
	KUNIT_EXPECT_TRUE(test, fake->adi.again);
	worker(SMNC_DUE_AGAIN);
	KUNIT_EXPECT_EQ(test, config_status(), VIRTIO_NET_S_LINK_UP | VIRTIO_NET_S_ANNOUNCE);
	KUNIT_EXPECT_EQ(test, isr(), 2);
	KUNIT_EXPECT_EQ(test, control(3, 0, NULL, 0), VIRTIO_NET_OK);
	KUNIT_EXPECT_EQ(test, config_status(), VIRTIO_NET_S_LINK_UP);
	KUNIT_EXPECT_EQ(test, isr(), 0);
}

/* A link that returns is announced, too, when the driver has seen it. */
static void life_announced_with_link(struct kunit *test)
{
	fake->adi.cfg[SMNC_CFG_LINK] = SMNC_LINK_DISABLE;
	worker(SMNC_DUE_LINK);
	drive(ANNOUNCE);
	fake->adi.cfg[SMNC_CFG_LINK] = SMNC_LINK_ENABLE;
	worker(SMNC_DUE_LINK);
	KUNIT_EXPECT_EQ(test, config_status(), VIRTIO_NET_S_LINK_UP);
	KUNIT_EXPECT_TRUE(test, fake->adi.again);
	isr();
	worker(SMNC_DUE_AGAIN);
	KUNIT_EXPECT_FALSE(test, fake->adi.again);
	KUNIT_EXPECT_EQ(test, config_status(), VIRTIO_NET_S_LINK_UP | VIRTIO_NET_S_ANNOUNCE);
	KUNIT_EXPECT_EQ(test, isr(), 2);
	/* Nothing is left of it for the next driver. */
	set_status(0);
	KUNIT_EXPECT_EQ(test, config_status(), VIRTIO_NET_S_LINK_UP);
	drive(USUAL);
	fake->adi.again = true;
	worker(SMNC_DUE_AGAIN);
	KUNIT_EXPECT_EQ(test, config_status(), VIRTIO_NET_S_LINK_UP);
}

/* A driver that starts while there is no hardware starts with it. */
static void driver_while(struct kunit *test, void (*quiet)(void))
{
	unsigned int fw;

	drive(USUAL);
	quiet();
	fw = fake->nr_fw;
	set_status(0);
	KUNIT_EXPECT_EQ(test, status(), 0);
	drive(LEAST | F(VIRTIO_NET_F_CTRL_VQ) | F(VIRTIO_F_RING_RESET));
	choose(1);
	wr(VIRTIO_PCI_COMMON_Q_MSIX, 2, 5);
	choose(0);
	wr(VIRTIO_PCI_COMMON_Q_RESET, 2, 1);
	KUNIT_EXPECT_EQ(test, rd(VIRTIO_PCI_COMMON_Q_ENABLE, 2), 0);
	choose(2);
	wr(VIRTIO_PCI_COMMON_Q_RESET, 2, 1);
	KUNIT_EXPECT_EQ(test, rd(VIRTIO_PCI_COMMON_Q_ENABLE, 2), 0);
	enable_vq(2);
	KUNIT_EXPECT_EQ(test, fake->nr_fw, fw);
	KUNIT_EXPECT_EQ(test, status(), RUNS);
	revive(test);
	KUNIT_EXPECT_FALSE(test, fake->vqs[0].on);
	KUNIT_EXPECT_TRUE(test, fake->vqs[1].on);
	KUNIT_EXPECT_FALSE(test, fake->vqs[1].resumed);
	KUNIT_EXPECT_EQ(test, fake->vqs[1].cfg.vector, 5);
	KUNIT_EXPECT_TRUE(test, fake->vqs[2].control);
	KUNIT_EXPECT_FALSE(test, fake->vqs[2].resumed);
}

static void life_driver_while_quiet(struct kunit *test)
{
	driver_while(test, quiesce);
}

static void life_driver_while_away(struct kunit *test)
{
	driver_while(test, quiesce_alone);
}

/* ms that a write of device_status takes from a guest that has kept the firmware busy */
static s64 ms_of_a_write(bool quiesced)
{
	ktime_t from = ktime_get();

	WRITE_ONCE(fake->pf.state, quiesced ? SMNC_PF_STOPPING : SMNC_PF_UP);
	set_status(S_ACK);
	WRITE_ONCE(fake->pf.state, SMNC_PF_UP);
	return ktime_ms_delta(ktime_get(), from);
}

/* A guest that waits in a trap keeps no reset of the PF waiting. */
static void life_busy_guest(struct kunit *test)
{
	smnc_msgs_charge(&fake->adi, 10 * SMNC_PACE_BURST);
	KUNIT_EXPECT_GE(test, ms_of_a_write(false), 100);
	KUNIT_EXPECT_LT(test, ms_of_a_write(true), 100);
}

/* ms that a reset of the function takes */
static s64 ms_of_a_reset(struct kunit *test)
{
	ktime_t from = ktime_get();

	KUNIT_EXPECT_EQ(test, smnc_adi_reset(NULL), 0);
	return ktime_ms_delta(ktime_get(), from);
}

/* A guest that resets its function pays for it; others do not wait for one that is owed. */
static void life_reset_pays(struct kunit *test)
{
	drive(USUAL);
	KUNIT_EXPECT_LT(test, ms_of_a_reset(test), 50);
	KUNIT_EXPECT_EQ(test, smnc_msgs_wait(&fake->adi), 0);
	smnc_msgs_charge(&fake->adi, SMNC_PACE_BURST);
	KUNIT_EXPECT_GT(test, smnc_msgs_wait(&fake->adi), 0);
	smnc_msgs_charge(&fake->adi, 10 * SMNC_PACE_BURST);
	KUNIT_EXPECT_GE(test, ms_of_a_reset(test), 100);
	KUNIT_EXPECT_LT(test, ms_of_a_reset(test), 400);
	fake->adi.resumed = true;
	KUNIT_EXPECT_LT(test, ms_of_a_reset(test), 100);
	KUNIT_EXPECT_GE(test, ms_of_a_reset(test), 100);
}

/* A driver that was loaded again and again: only resets without end wait. */
static void life_reset_loop(struct kunit *test)
{
	s64 ms = 0;
	unsigned int i;

	for (i = 0; i < 10; i++)
		ms += ms_of_a_reset(test);
	KUNIT_EXPECT_LT(test, ms, 200);
	for (i = 0; i < 200 && !smnc_msgs_wait(&fake->adi); i++)
		ms_of_a_reset(test);
	KUNIT_EXPECT_GT(test, smnc_msgs_wait(&fake->adi), 0);
}

/* One that leaves has left when it is back. */
static void life_reset_while_quiet(struct kunit *test)
{
	unsigned int i;

	drive(USUAL);
	KUNIT_EXPECT_EQ(test, control(1, 1, other, ETH_ALEN), VIRTIO_NET_OK);
	quiesce();
	set_status(0);
	revive(test);
	for (i = 0; i <= CONTROL; i++)
		KUNIT_EXPECT_FALSE(test, fake->vqs[i].on);
	KUNIT_EXPECT_EQ(test, fake->vq_features, 0);
	KUNIT_EXPECT_FALSE(test, smnc_vsi_has_mac(&fake->adi.vsi, other));
	KUNIT_EXPECT_EQ(test, status(), 0);
	KUNIT_EXPECT_EQ(test, config(5, 1), fake->adi.addr.mac[5]);
}

/* What the operator took meanwhile is not given again. */
static void life_trust_taken_while_quiet(struct kunit *test)
{
	drive(USUAL);
	fake->adi.cfg[SMNC_CFG_LINK] = SMNC_LINK_ENABLE;
	worker(SMNC_DUE_LINK);
	KUNIT_EXPECT_EQ(test, control(1, 1, other, ETH_ALEN), VIRTIO_NET_OK);
	quiesce();
	fake->adi.cfg[SMNC_CFG_TRUST] = false;
	revive(test);
	KUNIT_EXPECT_FALSE(test, smnc_vsi_has_mac(&fake->adi.vsi, other));
	KUNIT_EXPECT_TRUE(test, smnc_vsi_has_mac(&fake->adi.vsi, fake->adi.addr.mac));
	KUNIT_EXPECT_EQ(test, config(offsetof(struct virtio_net_config, status), 2), 0);
	KUNIT_EXPECT_EQ(test, status(), RUNS);
}

/* A VQ whose start was the device's last act may have used buffers: it goes on there. */
static void life_off_after_start(struct kunit *test)
{
	drive(USUAL);
	choose(1);
	wr(VIRTIO_PCI_COMMON_Q_RESET, 2, 1);
	KUNIT_EXPECT_FALSE(test, fake->vqs[1].on);
	fake->fw_off = SMNC_FW_SET_VQ_ENABLE;
	enable_vq(1);
	fake->fw_off = 0;
	KUNIT_EXPECT_TRUE(test, fake->vqs[1].on);
	quiesce();
	revive(test);
	KUNIT_EXPECT_TRUE(test, fake->vqs[1].on);
	KUNIT_EXPECT_TRUE(test, fake->vqs[1].resumed);
	KUNIT_EXPECT_EQ(test, status(), RUNS);
}

/* The new hardware refuses it: the driver is notified, the device is not lost. */
static void life_revive_refused(struct kunit *test)
{
	drive(USUAL);
	quiesce();
	fake->fw_refused = SMNC_FW_SET_DRV_FEATURE;
	fake->fw_refusals = 1;
	revive(test);
	KUNIT_EXPECT_EQ(test, status(), RUNS | S_BROKEN);
	set_status(0);
	drive(USUAL);
}

/* --- it is taken away ------------------------------------------------------------------ */

/* Drivers wait without an end for a status of 0. */
static void life_gone(struct kunit *test)
{
	unsigned int fw;

	drive(USUAL);
	fw = fake->nr_fw;
	fake->adi.func = 0;
	KUNIT_EXPECT_EQ(test, status(), 0);
	set_status(0);
	set_status(S_ACK);
	KUNIT_EXPECT_EQ(test, status(), 0);
	KUNIT_EXPECT_EQ(test, rd(VIRTIO_PCI_COMMON_Q_RESET, 2), 0);
	config(0, 4);
	fake->adi.func = FAKE_FUNC;
	KUNIT_EXPECT_EQ(test, status(), RUNS);
	fake->pf.state = SMNC_PF_DEAD;
	KUNIT_EXPECT_EQ(test, status(), 0);
	set_status(0);
	enable_vq(0);
	KUNIT_EXPECT_EQ(test, status(), 0);
	fake->pf.state = SMNC_PF_UP;
	KUNIT_EXPECT_EQ(test, fake->nr_fw, fw);
	KUNIT_EXPECT_EQ(test, fake->restarts, 0);
}

/* --- VQs that stop ---------------------------------------------------------------------- */

static void life_vq_stopped(struct kunit *test)
{
	drive(USUAL);
	stopped(0);
	KUNIT_EXPECT_EQ(test, status(), RUNS);
	stopped(BIT(1));
	KUNIT_EXPECT_EQ(test, status(), RUNS | S_BROKEN);
	KUNIT_EXPECT_EQ(test, fake->signals[0], 1);
	KUNIT_EXPECT_EQ(test, isr(), 2);
	/* Once. */
	stopped(BIT(1) | BIT(2));
	KUNIT_EXPECT_EQ(test, fake->signals[0], 1);
	set_status(0);
	KUNIT_EXPECT_EQ(test, status(), 0);
	drive(USUAL);
	stopped(BIT_ULL(SMNC_STOPPED_CONTROL));
	KUNIT_EXPECT_EQ(test, status(), RUNS | S_BROKEN);
}

/* The firmware does not say which, three times: the queue pair does, or it is asked later. */
static void life_vq_stopped_unsaid(struct kunit *test)
{
	drive(USUAL);
	fake->fw_error = -EIO;
	stopped(0);
	KUNIT_EXPECT_EQ(test, status(), RUNS);
	fake_set(SMNC_Q(FAKE_QP, SMNC_QP_TX) + SMNC_Q_CTL, SMNC_Q_CTL_ENABLE | SMNC_Q_CTL_ERROR);
	stopped(BIT(1));
	KUNIT_EXPECT_EQ(test, status(), RUNS | S_BROKEN);
	fake->fw_error = 0;
	set_status(0);
	fake_set(SMNC_Q(FAKE_QP, SMNC_QP_TX) + SMNC_Q_CTL, 0);
	drive(USUAL);
	fake->fw_error = -EIO;
	stopped(BIT_ULL(SMNC_STOPPED_CONTROL));
	KUNIT_EXPECT_EQ(test, status(), RUNS);
	worker(SMNC_DUE_AGAIN);
	KUNIT_EXPECT_TRUE(test, fake->adi.again);
	fake->fw_error = 0;
	worker(SMNC_DUE_AGAIN);
	KUNIT_EXPECT_EQ(test, status(), RUNS | S_BROKEN);
	KUNIT_EXPECT_FALSE(test, fake->adi.again);
}

/* An answer that the mailbox does not take is sent later. */
static void life_answer_later(struct kunit *test)
{
	static const u8 on = 1;
	unsigned int sent;

	drive(USUAL);
	fake->send_error = -ETIMEDOUT;
	KUNIT_EXPECT_EQ(test, control(0, 9, &on, 1), VIRTIO_NET_ERR);
	fake->send_error = 0;
	sent = fake->nr_sent;
	worker(SMNC_DUE_AGAIN);
	KUNIT_EXPECT_EQ(test, fake->nr_sent, sent + 1);
	KUNIT_EXPECT_EQ(test, fake->op, SMNC_MSG_CTRL);
	KUNIT_EXPECT_EQ(test, fake->status, VIRTIO_NET_ERR);
	worker(SMNC_DUE_AGAIN);
	KUNIT_EXPECT_EQ(test, fake->nr_sent, sent + 1);
	/* Not into a ring that is another one by then. */
	fake->send_error = -ETIMEDOUT;
	control(0, 0, &on, 1);
	choose(CONTROL);
	wr(VIRTIO_PCI_COMMON_Q_RESET, 2, 1);
	enable_vq(CONTROL);
	fake->send_error = 0;
	sent = fake->nr_sent;
	worker(SMNC_DUE_AGAIN);
	KUNIT_EXPECT_EQ(test, fake->nr_sent, sent);
	fake->send_error = -ETIMEDOUT;
	control(0, 0, &on, 1);
	quiesce();
	revive(test);
	sent = fake->nr_sent;
	worker(SMNC_DUE_AGAIN);
	KUNIT_EXPECT_EQ(test, fake->nr_sent, sent);
	KUNIT_EXPECT_EQ(test, fake->pf.state, SMNC_PF_UP);
}

/* One that takes none is reset with its device, which has the command again then. */
static void life_answer_never(struct kunit *test)
{
	static const u8 on = 1;

	drive(USUAL);
	/* Nothing more is to come of it here. */
	fake->pf.state = SMNC_PF_STOPPING;
	fake->send_error = -ETIMEDOUT;
	control(0, 0, &on, 1);
	worker(SMNC_DUE_AGAIN);
	KUNIT_EXPECT_EQ(test, fake->pf.state, SMNC_PF_STOPPING);
	worker(SMNC_DUE_AGAIN);
	KUNIT_EXPECT_EQ(test, fake->pf.state, SMNC_PF_QUIESCED);
	KUNIT_EXPECT_FALSE(test, fake->adi.again);
}

/* It was of a VQ that the driver has reset meanwhile. */
static void life_vq_stopped_and_reset(struct kunit *test)
{
	drive(USUAL);
	choose(1);
	wr(VIRTIO_PCI_COMMON_Q_RESET, 2, 1);
	stopped(BIT(1));
	KUNIT_EXPECT_EQ(test, status(), RUNS);
}

/* The hardware does not take a VQ. */
static void life_vq_refused(struct kunit *test)
{
	accept(USUAL);
	wr(VIRTIO_PCI_COMMON_MSIX, 2, 0);
	enable_vq(0);
	enable_vq(1);
	fake->fw_refused = SMNC_FW_SET_VQ_ENABLE;
	fake->fw_refusals = 1;
	add_status(S_DRIVER_OK);
	KUNIT_EXPECT_EQ(test, status(), RUNS | S_BROKEN);
	KUNIT_EXPECT_FALSE(test, fake->vqs[0].on);
	KUNIT_EXPECT_TRUE(test, fake->vqs[1].on);
}

/* A VQ whose start the device did not confirm may run: it is stopped, or goes on where it is. */
static void life_start_unconfirmed(struct kunit *test)
{
	drive(USUAL);
	choose(1);
	wr(VIRTIO_PCI_COMMON_Q_RESET, 2, 1);
	fake->fw_refused = SMNC_FW_SET_VQ_ENABLE;
	fake->fw_refusals = 1;
	enable_vq(1);
	KUNIT_EXPECT_TRUE(test, smnc_virtio(&fake->adi)->vqs[1].started);
	fake->vqs[1].on = true;
	choose(1);
	wr(VIRTIO_PCI_COMMON_Q_RESET, 2, 1);
	KUNIT_EXPECT_FALSE(test, fake->vqs[1].on);
}

/* --- a firmware that fails ------------------------------------------------------------------ */

static const struct {
	enum fake_fw_fault fault;
	enum smnc_fw_op op;
} faults[] = {
	{ FAKE_FW_LOST, SMNC_FW_SET_DRV_FEATURE },
	{ FAKE_FW_LOST, SMNC_FW_SET_VQ_ADDR },
	{ FAKE_FW_LOST, SMNC_FW_SET_VQ_MSIX },
	{ FAKE_FW_LOST, SMNC_FW_SET_VQ_ENABLE },
	{ FAKE_FW_OTHER, SMNC_FW_SET_VQ_ENABLE },
	{ FAKE_FW_STRAY, SMNC_FW_SET_VQ_ENABLE },
	{ FAKE_FW_ERROR, SMNC_FW_SET_DRV_FEATURE },
	{ FAKE_FW_ERROR, SMNC_FW_SET_VQ_ADDR },
	{ FAKE_FW_ERROR, SMNC_FW_SET_VQ_MSIX },
	{ FAKE_FW_ERROR, SMNC_FW_SET_VQ_ENABLE },
};

/* One answer that is wrong is asked for again. */
static void life_firmware_faults(struct kunit *test)
{
	unsigned int i, n;

	for (i = 0; i < ARRAY_SIZE(faults); i++) {
		fake->fw_fault = faults[i].fault;
		fake->fw_fault_op = faults[i].op;
		drive(USUAL);
		KUNIT_EXPECT_EQ(test, fake->fw_fault, FAKE_FW_FINE);
		for (n = 0; n <= CONTROL; n++)
			KUNIT_EXPECT_TRUE_MSG(test, fake->vqs[n].on, "%u: %u", i, n);
		set_status(0);
	}
}

/* A VQ that does not confirm its stop takes the function along, and only itself. */
static void life_stop_unconfirmed(struct kunit *test)
{
	drive(USUAL);
	choose(1);
	fake->fw_refused = SMNC_FW_SET_VQ_ENABLE;
	fake->fw_refusals = 1;
	wr(VIRTIO_PCI_COMMON_Q_RESET, 2, 1);
	KUNIT_EXPECT_EQ(test, rd(VIRTIO_PCI_COMMON_Q_ENABLE, 2), 0);
	KUNIT_EXPECT_FALSE(test, fake->vqs[1].on);
	KUNIT_EXPECT_TRUE(test, fake->vqs[0].on);
	KUNIT_EXPECT_TRUE(test, fake->vqs[0].resumed);
	KUNIT_EXPECT_EQ(test, fake->vq_features, USUAL);
	KUNIT_EXPECT_EQ(test, status(), RUNS);
}

/* Nor is a firmware believed that confirms what the queue pair does not show. */
static void life_stop_claimed(struct kunit *test)
{
	drive(USUAL);
	fake_set(SMNC_Q(FAKE_QP, SMNC_QP_TX) + SMNC_Q_CTL, SMNC_Q_CTL_ENABLE | SMNC_Q_CTL_ACTIVE);
	choose(0);
	wr(VIRTIO_PCI_COMMON_Q_RESET, 2, 1);
	KUNIT_EXPECT_FALSE(test, fake->vqs[1].resumed);
	choose(1);
	wr(VIRTIO_PCI_COMMON_Q_RESET, 2, 1);
	KUNIT_EXPECT_FALSE(test, fake->vqs[1].on);
	KUNIT_EXPECT_TRUE(test, fake->vqs[2].resumed);
	KUNIT_EXPECT_EQ(test, status(), RUNS);
}

/* Reset of the control queue: a command that waits is not answered into the next one. */
static void life_control_reset(struct kunit *test)
{
	static const u8 on = 1;

	drive(USUAL);
	mutex_lock(&fake->adi.lock);
	smnc_adi_message(&fake->adi, SMNC_MSG_CTRL, &on, 1);
	/* Its worker waits for the lock. */
	mutex_unlock(&fake->adi.lock);
	choose(CONTROL);
	wr(VIRTIO_PCI_COMMON_Q_RESET, 2, 1);
	KUNIT_EXPECT_FALSE(test, fake->vqs[CONTROL].on);
	KUNIT_EXPECT_EQ(test, rd(VIRTIO_PCI_COMMON_Q_ENABLE, 2), 0);
	KUNIT_EXPECT_GT(test, fake->flushes, 0);
	enable_vq(CONTROL);
	KUNIT_EXPECT_TRUE(test, fake->vqs[CONTROL].control);
	flush_work(&fake->adi.work);
	KUNIT_EXPECT_EQ(test, control(0, 0, &on, 1), VIRTIO_NET_OK);
}

/* The reset of VQ 1, whose stop the firmware does not confirm. VQ 1 is selected. */
static void reset_unconfirmed(void)
{
	fake->fw_refused = SMNC_FW_SET_VQ_ENABLE;
	fake->fw_refusals = 1;
	wr(VIRTIO_PCI_COMMON_Q_RESET, 2, 1);
	KUNIT_EXPECT_TRUE(fake->test, fake->vqs[0].resumed);
}

/* The device delivers the command again: an answer that was put off is not sent. */
static void life_stop_unconfirmed_answer(struct kunit *test)
{
	static const u8 on = 1;
	unsigned int sent;

	drive(USUAL);
	fake->send_error = -ETIMEDOUT;
	control(0, 0, &on, 1);
	fake->send_error = 0;
	choose(1);
	reset_unconfirmed();
	sent = fake->nr_sent;
	worker(SMNC_DUE_AGAIN);
	KUNIT_EXPECT_EQ(test, fake->nr_sent, sent);
}

/* Nor does a worker that has taken the command answer it after the reset. */
static void life_stop_unconfirmed_worker(struct kunit *test)
{
	static const u8 on = 1;
	unsigned int sent;

	drive(USUAL);
	choose(1);
	fake->reset_late = true;
	reset_unconfirmed();
	sent = fake->nr_sent;
	flush_work(&fake->adi.work);
	KUNIT_EXPECT_EQ(test, fake->nr_sent, sent);
	KUNIT_EXPECT_EQ(test, control(0, 0, &on, 1), VIRTIO_NET_OK);
}

/* What the operator has asked of the worker is done after the reset. */
static void life_stop_unconfirmed_dues(struct kunit *test)
{
	u8 mac[ETH_ALEN] __aligned(2);
	static const u8 on = 1;

	drive(USUAL);
	choose(1);
	fake->adi.cfg[SMNC_CFG_LINK] = SMNC_LINK_ENABLE;
	KUNIT_EXPECT_EQ(test, control(1, 1, other, ETH_ALEN), VIRTIO_NET_OK);
	ether_addr_copy(mac, other);
	fake->adi.cfg[SMNC_CFG_TRUST] = false;
	KUNIT_EXPECT_EQ(test, control(0, 0, &on, 1), VIRTIO_NET_OK);
	KUNIT_EXPECT_FALSE(test, fake->fw_vsi.flags & SMNC_VSI_UC_PROMISC);
	fake->adi.cfg[SMNC_CFG_TRUST] = true;
	KUNIT_ASSERT_EQ(test, smnc_mac_set(&fake->pf, &fake->other, mac), 0);
	smnc_msgs_hold(&fake->adi);
	smnc_adi_due(&fake->adi, SMNC_DUE_CHECK | SMNC_DUE_LINK | SMNC_DUE_WISHES);
	reset_unconfirmed();
	flush_work(&fake->adi.work);
	KUNIT_EXPECT_FALSE(test, smnc_vsi_has_mac(&fake->adi.vsi, other));
	KUNIT_EXPECT_TRUE(test, fake->fw_vsi.flags & SMNC_VSI_UC_PROMISC);
	KUNIT_EXPECT_EQ(test, config(offsetof(struct virtio_net_config, status), 2), 0);
}

static struct kunit_case life_cases[] = {
	KUNIT_CASE(life_transparent),
	KUNIT_CASE(life_table),
	KUNIT_CASE(life_vlans),
	KUNIT_CASE(life_announced),
	KUNIT_CASE(life_announced_with_link),
	KUNIT_CASE(life_driver_while_quiet),
	KUNIT_CASE(life_driver_while_away),
	KUNIT_CASE(life_busy_guest),
	KUNIT_CASE(life_reset_pays),
	KUNIT_CASE(life_reset_loop),
	KUNIT_CASE(life_reset_while_quiet),
	KUNIT_CASE(life_trust_taken_while_quiet),
	KUNIT_CASE(life_off_after_start),
	KUNIT_CASE(life_revive_refused),
	KUNIT_CASE(life_gone),
	KUNIT_CASE(life_vq_stopped),
	KUNIT_CASE(life_vq_stopped_unsaid),
	KUNIT_CASE(life_answer_later),
	KUNIT_CASE(life_answer_never),
	KUNIT_CASE(life_vq_stopped_and_reset),
	KUNIT_CASE(life_vq_refused),
	KUNIT_CASE(life_start_unconfirmed),
	KUNIT_CASE(life_firmware_faults),
	KUNIT_CASE(life_stop_unconfirmed),
	KUNIT_CASE(life_stop_unconfirmed_answer),
	KUNIT_CASE(life_stop_unconfirmed_worker),
	KUNIT_CASE(life_stop_unconfirmed_dues),
	KUNIT_CASE(life_stop_claimed),
	KUNIT_CASE(life_control_reset),
	{ }
};

static struct kunit_suite life_suite = {
	.name = "virtio_life",
	.init = fake_nic_init_virtio,
	.exit = fake_nic_exit,
	.test_cases = life_cases,
};

kunit_test_suites(&life_suite);
