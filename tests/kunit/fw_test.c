// SPDX-License-Identifier: GPL-2.0-only
/* The firmware answers late, not at all, or wrong: who asked, and who asks next. */
#include <linux/etherdevice.h>

#include "fake_nic.h"

static const u8 mac_a[ETH_ALEN] = { 0x33, 0x33, 0, 0, 0, 1 };
static const u8 mac_b[ETH_ALEN] = { 0x33, 0x33, 0, 0, 0, 2 };

/* --- who asks ------------------------------------------------------------------- */

static int opens(void)
{
	return smnc_adi_vsi_start(&fake->adi);
}

static int closes(void)
{
	return smnc_vsi_clear(&fake->pf, &fake->adi.vsi);
}

static int sets(void)
{
	return smnc_vsi_set(&fake->pf, &fake->adi.vsi, SMNC_VSI_ACTIVE | SMNC_VSI_ANTISPOOF, 7, 9);
}

static int adds(void)
{
	return smnc_vsi_add_mac(&fake->pf, &fake->adi.vsi, mac_a);
}

static int deletes(void)
{
	return smnc_vsi_del_mac(&fake->pf, &fake->adi.vsi, mac_b);
}

static int keys(void)
{
	static const u8 key[SMNC_RSS_KEY_BYTES] = { 1, [SMNC_RSS_KEY_BYTES - 1] = 2 };

	return smnc_vsi_rss_key(&fake->pf, &fake->adi.vsi, key);
}

static int luts(void)
{
	static const u8 lut[SMNC_RSS_LUT_ENTRIES] = { 1, [SMNC_RSS_LUT_ENTRIES - 1] = 2 };

	return smnc_vsi_rss_lut(&fake->pf, &fake->adi.vsi, lut);
}

static int hashes(void)
{
	return smnc_vsi_rss_hash(&fake->pf, &fake->adi.vsi, 0x55);
}

static int trunks(void)
{
	static const u8 vids[SMNC_VIDS / 8] = { [3] = 4, [SMNC_VIDS / 8 - 2] = 1 };

	return smnc_vsi_set_vids(&fake->pf, &fake->adi.vsi, vids);
}

static int probes(void)
{
	return smnc_fw_init(&fake->pf);
}

/* Every verb, and everyone who has several of them carried out. */
static const struct {
	const char *who;
	int (*ask)(void);
	enum smnc_fw_op op;
	unsigned int skip;
} askers[] = {
	{ "probe, GET_INFO", probes, SMNC_FW_GET_INFO },
	{ "open, VSI_CLEAR", opens, SMNC_FW_VSI_CLEAR },
	{ "open, MAC_ADD", opens, SMNC_FW_MAC_ADD },
	{ "open, RSS_KEY", opens, SMNC_FW_RSS_KEY },
	{ "open, RSS_LUT", opens, SMNC_FW_RSS_LUT },
	{ "open, RSS_HASH", opens, SMNC_FW_RSS_HASH },
	{ "open, VSI_SET", opens, SMNC_FW_VSI_SET },
	{ "close, VSI_CLEAR", closes, SMNC_FW_VSI_CLEAR },
	{ "settings, VSI_SET", sets, SMNC_FW_VSI_SET },
	{ "settings, VSI_VLANS", trunks, SMNC_FW_VSI_VLANS },
	{ "settings, second part of VSI_VLANS", trunks, SMNC_FW_VSI_VLANS, 1 },
	{ "guest, MAC_ADD", adds, SMNC_FW_MAC_ADD },
	{ "guest, MAC_DEL", deletes, SMNC_FW_MAC_DEL },
	{ "guest, RSS_KEY", keys, SMNC_FW_RSS_KEY },
	{ "guest, RSS_LUT", luts, SMNC_FW_RSS_LUT },
	{ "guest, second part of RSS_KEY", keys, SMNC_FW_RSS_KEY, 1 },
	{ "guest, second part of RSS_LUT", luts, SMNC_FW_RSS_LUT, 1 },
	{ "guest, RSS_HASH", hashes, SMNC_FW_RSS_HASH },
};

static const struct {
	const char *what;
	enum fake_fw_fault fault;
	unsigned int late;
	int err;
} faults[] = {
	{ "in time", FAKE_FW_LATE, SMNC_POLL_US / 2, 0 },
	{ "late", FAKE_FW_LATE, SMNC_POLL_US * 3 / 2, -ETIMEDOUT },
	{ "lost", FAKE_FW_LOST, 0, -ETIMEDOUT },
	{ "an old answer", FAKE_FW_STRAY, 0, 0 },
	{ "an error", FAKE_FW_ERROR, 0, -EREMOTEIO },
	{ "to something else", FAKE_FW_OTHER, 0, -EPROTO },
};

static void fw_case(struct kunit *test, unsigned int a, unsigned int f)
{
	struct smnc_adi *adi = &fake->adi;
	struct smnc_pf *pf = &fake->pf;
	static const u8 mac_c[ETH_ALEN] = { 0x33, 0x33, 0, 0, 0, 3 };

	/* A VSI with something of everything. */
	ether_addr_copy(adi->guest_mac, adi->addr.mac);
	KUNIT_ASSERT_EQ(test, opens(), 0);
	KUNIT_ASSERT_EQ(test, smnc_vsi_add_mac(pf, &adi->vsi, mac_b), 0);
	fake_vsi_expect_known(test);
	fake->fw_fault_op = askers[a].op;
	fake->fw_fault = faults[f].fault;
	fake->fw_late = faults[f].late;
	fake->fw_skip = askers[a].skip;
	KUNIT_EXPECT_EQ_MSG(test, askers[a].ask(), faults[f].err, "%s: %s", askers[a].who,
			    faults[f].what);
	KUNIT_EXPECT_EQ(test, fake->fw_fault, FAKE_FW_FINE);
	fake->fw_fault_op = 0;
	/* The next one, whatever it is, succeeds, and all is known. */
	KUNIT_EXPECT_EQ_MSG(test, smnc_vsi_add_mac(pf, &adi->vsi, mac_c), 0, "after %s: %s",
			    askers[a].who, faults[f].what);
	fake_vsi_expect_known(test);
	KUNIT_EXPECT_TRUE(test, smnc_vsi_has_mac(&adi->vsi, mac_c));
	KUNIT_EXPECT_FALSE(test, smnc_pf_is(pf, SMNC_PF_DEAD));
	KUNIT_EXPECT_EQ(test, fake->fw_csr, 0);
}

static void fw_table(struct kunit *test)
{
	unsigned int a, f;

	for (a = 0; a < ARRAY_SIZE(askers); a++)
		for (f = 0; f < ARRAY_SIZE(faults); f++)
			fw_case(test, a, f);
}

/* What was in force before stays in force: it is replayed. */
static void fw_replays(struct kunit *test)
{
	struct smnc_adi *adi = &fake->adi;

	KUNIT_ASSERT_EQ(test, sets(), 0);
	KUNIT_ASSERT_EQ(test, adds(), 0);
	KUNIT_ASSERT_EQ(test, keys(), 0);
	KUNIT_ASSERT_EQ(test, luts(), 0);
	KUNIT_ASSERT_EQ(test, trunks(), 0);
	fake->fw_fault_op = SMNC_FW_RSS_HASH;
	fake->fw_fault = FAKE_FW_LOST;
	KUNIT_EXPECT_EQ(test, hashes(), -ETIMEDOUT);
	KUNIT_EXPECT_TRUE(test, adi->vsi.unknown);
	KUNIT_EXPECT_EQ(test, smnc_vsi_settle(&fake->pf, &adi->vsi), 0);
	fake_vsi_expect_known(test);
	KUNIT_EXPECT_EQ(test, fake->fw_vsi.hashcfg, 0);
	KUNIT_EXPECT_EQ(test, fake->fw_vsi.vlan, 7);
	KUNIT_EXPECT_EQ(test, fake->fw_vsi.nr_macs, 1);
	KUNIT_EXPECT_EQ(test, fake->fw_vsi.key[0], 1);
}

/* An address that has become another's meanwhile does not keep the rest away. */
static void fw_replay_refused(struct kunit *test)
{
	struct smnc_adi *adi = &fake->adi;

	KUNIT_ASSERT_EQ(test, adds(), 0);
	KUNIT_ASSERT_EQ(test, smnc_vsi_add_mac(&fake->pf, &adi->vsi, mac_b), 0);
	adi->vsi.unknown = true;
	fake->fw_refused = SMNC_FW_MAC_ADD;
	fake->fw_refusals = 1;
	KUNIT_EXPECT_EQ(test, smnc_vsi_settle(&fake->pf, &adi->vsi), 0);
	KUNIT_EXPECT_EQ(test, adi->vsi.nr_macs, 1);
	fake_vsi_expect_known(test);
}

/* A close whose VSI_CLEAR is not answered: it is cleared before its next user has it. */
static void fw_not_cleared(struct kunit *test)
{
	struct smnc_adi *adi = &fake->adi;

	KUNIT_ASSERT_EQ(test, adds(), 0);
	fake->fw_fault_op = SMNC_FW_VSI_CLEAR;
	fake->fw_fault = FAKE_FW_ERROR;
	KUNIT_EXPECT_NE(test, closes(), 0);
	KUNIT_EXPECT_TRUE(test, adi->vsi.unknown);
	KUNIT_EXPECT_EQ(test, fake->fw_vsi.nr_macs, 1);
	KUNIT_EXPECT_EQ(test, smnc_vsi_settle(&fake->pf, &adi->vsi), 0);
	KUNIT_EXPECT_EQ(test, fake->fw_vsi.nr_macs, 0);
}

/* It never answers any more: none waits for long, and in the end the device is reset. */
static void fw_hangs(struct kunit *test)
{
	ktime_t t0 = fake->now, before;
	unsigned int sent;

	/* Nothing more is to come of it here. */
	fake->pf.state = SMNC_PF_STOPPING;
	fake->fw_fault = FAKE_FW_HANGS;
	KUNIT_EXPECT_EQ(test, sets(), -ETIMEDOUT);
	sent = fake->nr_fw;
	while (!smnc_hw_off(&fake->pf) && ktime_us_delta(fake->now, t0) < 20 * USEC_PER_SEC) {
		before = fake->now;
		KUNIT_EXPECT_EQ(test, adds(), -EBUSY);
		KUNIT_EXPECT_LE(test, ktime_us_delta(fake->now, before), SMNC_POLL_US + 1000);
	}
	KUNIT_EXPECT_EQ(test, fake->pf.state, SMNC_PF_QUIESCED);
	KUNIT_EXPECT_GE(test, ktime_us_delta(fake->now, t0), 3 * USEC_PER_SEC);
	/* Not one request on top of another. */
	KUNIT_EXPECT_EQ(test, fake->nr_fw, sent);
}

/* One in use is not lost to a fault that passes; nor to one that the reset will end. */
static void fw_again(struct kunit *test)
{
	unsigned int f;

	ether_addr_copy(fake->adi.guest_mac, fake->adi.addr.mac);
	for (f = 0; f < ARRAY_SIZE(faults); f++) {
		fake->fw_fault = faults[f].fault;
		fake->fw_late = faults[f].late;
		fake->fw_skip = 2;
		KUNIT_EXPECT_EQ_MSG(test, smnc_adi_vsi_again(&fake->adi), 0, "%s",
				    faults[f].what);
		KUNIT_EXPECT_EQ(test, fake->fw_fault, FAKE_FW_FINE);
		fake_vsi_expect_known(test);
	}
	fake->fw_refused = SMNC_FW_MAC_ADD;
	fake->fw_refusals = 1;
	KUNIT_EXPECT_EQ(test, smnc_adi_vsi_again(&fake->adi), -EADDRINUSE);
	fake->pf.state = SMNC_PF_STOPPING;
	fake->fw_fault = FAKE_FW_HANGS;
	KUNIT_EXPECT_EQ(test, smnc_adi_vsi_again(&fake->adi), -EIO);
	KUNIT_EXPECT_TRUE(test, smnc_hw_off(&fake->pf));
}

/* Resets without a pause: it waits, and no other ADI does. */
static void fw_paced(struct kunit *test)
{
	struct smnc_adi *adi = &fake->adi;
	unsigned int i, n;

	ether_addr_copy(adi->guest_mac, adi->addr.mac);
	smnc_msgs_open(adi);
	for (i = 0; i < 100; i++) {
		smnc_adi_message(adi, VIRTCHNL_OP_RESET_VF, NULL, 0);
		flush_work(&adi->work);
	}
	n = fake->restarts;
	KUNIT_EXPECT_GE(test, n, 10);
	KUNIT_EXPECT_LE(test, fake->nr_fw, SMNC_PACE_BURST + 20);
	/* What the operator wants does not wait. */
	adi->vsi.unknown = true;
	smnc_adi_due(adi, SMNC_DUE_VSI);
	flush_work(&adi->work);
	KUNIT_EXPECT_FALSE(test, adi->vsi.unknown);
	fake->now = ktime_add_ms(fake->now, 60 * MSEC_PER_SEC);
	flush_delayed_work(&adi->later);
	flush_work(&adi->work);
	KUNIT_EXPECT_GT(test, fake->restarts, n);
	smnc_msgs_close(adi);
	KUNIT_EXPECT_FALSE(test, delayed_work_pending(&adi->later));
}

/* Answers without end to nothing: no wait without end for it. */
static void fw_babbles(struct kunit *test)
{
	ktime_t t0 = fake->now;

	fake->pf.state = SMNC_PF_STOPPING;
	fake->fw_babbles = true;
	KUNIT_EXPECT_EQ(test, sets(), -EBUSY);
	KUNIT_EXPECT_LE(test, ktime_us_delta(fake->now, t0), SMNC_POLL_US + 1000);
}

static void fw_gone(struct kunit *test)
{
	fake->gone = true;
	KUNIT_EXPECT_EQ(test, sets(), -EIO);
	fake->gone = false;
	fake->pf.state = SMNC_PF_QUIESCED;
	KUNIT_EXPECT_EQ(test, sets(), -EIO);
}

static struct kunit_case fw_cases[] = {
	KUNIT_CASE(fw_table),
	KUNIT_CASE(fw_replays),
	KUNIT_CASE(fw_replay_refused),
	KUNIT_CASE(fw_not_cleared),
	KUNIT_CASE(fw_hangs),
	KUNIT_CASE(fw_again),
	KUNIT_CASE(fw_paced),
	KUNIT_CASE(fw_babbles),
	KUNIT_CASE(fw_gone),
	{ }
};

static struct kunit_suite fw_suite = {
	.name = "firmware",
	.init = fake_nic_init,
	.exit = fake_nic_exit,
	.test_cases = fw_cases,
};

kunit_test_suites(&fw_suite);
