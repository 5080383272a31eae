// SPDX-License-Identifier: GPL-2.0-only
/* Counters by what happens to device, function and guest: none runs backwards. */
#include "fake_nic.h"

#define VC_STATS	12

static void count(void)
{
	unsigned int i;

	for (i = 0; i < SMNC_STAT_COUNT; i++)
		fake->stats[i] += 1000 + i;
}

/* --- what happens ----------------------------------------------------------------- */

static void nothing(void)
{
}

/* As adi.c does: the function off, then everything at 0. */
static void pf_reset(void)
{
	smnc_stats_keep(&fake->adi);
	memset(fake->stats, 0, sizeof(fake->stats));
	smnc_stats_resume(&fake->adi);
	fake->adi.kind->reset(&fake->adi);
}

/* It could not be asked any more, and is asked all the same meanwhile. */
static void pf_lost(void)
{
	fake->pf.state = SMNC_PF_QUIESCED;
	smnc_stats_read(&fake->adi, 0);
	smnc_stats_keep(&fake->adi);
	smnc_stats_read(&fake->adi, 0);
	memset(fake->stats, 0, sizeof(fake->stats));
	fake->pf.state = SMNC_PF_UP;
	smnc_stats_resume(&fake->adi);
	fake->adi.kind->reset(&fake->adi);
}

/* The guest changes its rings or MTU, or the VMM resets the function. */
static void function_reset(void)
{
	fake->adi.kind->reset(&fake->adi);
}

static void ask_version(void)
{
	static const struct virtchnl_version_info version = { 1, 1 };

	KUNIT_EXPECT_EQ(fake->test, fake_guest(VIRTCHNL_OP_VERSION, &version, sizeof(version)), 0);
}

static void ask_resources(void)
{
	static const u32 caps = ~0U;

	KUNIT_EXPECT_EQ(fake->test,
			fake_guest(VIRTCHNL_OP_GET_VF_RESOURCES, &caps, sizeof(caps)), 0);
}

static void recovers(void)
{
	function_reset();
	ask_resources();
}

static void pf_reset_recovers(void)
{
	pf_reset();
	ask_resources();
}

/* A driver pings with VERSION, and is reset later on. */
static void pings_then_reset(void)
{
	ask_version();
	pf_reset();
	ask_resources();
}

static void starts(void)
{
	function_reset();
	ask_version();
	ask_resources();
}

/* Without a reset: a kernel that crashed left its driver's device behind. */
static void crashes(void)
{
	ask_version();
	ask_resources();
}

static void opened(void)
{
	smnc_stats_keep(&fake->adi);
	memset(fake->stats, 0, sizeof(fake->stats));
	smnc_stats_start(&fake->adi);
	starts();
}

static const struct {
	const char *what;
	void (*happens)(void);
	bool new_life;		/* of the guest's driver: its counters are 0 */
	bool opened;		/* the operator's are, too */
} events[] = {
	{ "nothing", nothing },
	{ "a reset of the PF", pf_reset_recovers },
	{ "a reset of the PF, the guest not back yet", pf_reset },
	{ "an error of the link", pf_lost },
	{ "a reset by the guest's driver", recovers },
	{ "a reset of the function, the guest not back yet", function_reset },
	{ "VERSION as a ping", ask_version },
	{ "VERSION as a ping, then a reset", pings_then_reset },
	{ "another driver", starts, true },
	{ "another kernel after a crash", crashes, true },
	{ "closed and opened", opened, true, true },
};

static void counters_case(struct kunit *test, unsigned int e)
{
	u64 shown[SMNC_STAT_COUNT], guest[VC_STATS];
	struct smnc_adi *adi = &fake->adi;
	unsigned int i;

	count();
	for (i = 0; i < SMNC_STAT_COUNT; i++)
		shown[i] = smnc_stats_read(adi, i);
	for (i = 0; i < VC_STATS; i++)
		guest[i] = smnc_stats_guest(adi, i);
	events[e].happens();
	for (i = 0; i < SMNC_STAT_COUNT; i++)
		KUNIT_EXPECT_EQ_MSG(test, smnc_stats_read(adi, i), events[e].opened ? 0 : shown[i],
				    "%s: counter %u", events[e].what, i);
	for (i = 0; i < VC_STATS; i++)
		KUNIT_EXPECT_EQ_MSG(test, smnc_stats_guest(adi, i),
				    events[e].new_life ? 0 : guest[i], "%s: the guest's %u",
				    events[e].what, i);
	/* And it goes on. */
	count();
	for (i = 0; i < VC_STATS; i++)
		KUNIT_EXPECT_EQ_MSG(test, smnc_stats_guest(adi, i),
				    (events[e].new_life ? 0 : guest[i]) + 1000 + i,
				    "after %s: the guest's %u", events[e].what, i);
}

/* Each event, after each other one. */
static void counters_table(struct kunit *test)
{
	unsigned int first, e;

	fake_ready();
	for (first = 0; first < ARRAY_SIZE(events); first++)
		for (e = 0; e < ARRAY_SIZE(events); e++) {
			starts();
			counters_case(test, first);
			counters_case(test, e);
		}
}

/* What the guest is answered is that. */
static void counters_get_stats(struct kunit *test)
{
	const struct virtchnl_queue_select sel = { .vsi_id = SMNC_VC_VSI };
	const u64 *stats = (u64 *)fake->data;
	unsigned int i;

	fake_ready();
	count();
	pf_reset_recovers();
	KUNIT_EXPECT_EQ(test, fake_guest(VIRTCHNL_OP_GET_STATS, &sel, sizeof(sel)), 0);
	for (i = 0; i < VC_STATS; i++)
		KUNIT_EXPECT_EQ(test, stats[i], 1000 + i);
}

/* The netdev's, which are not an ADI's: the same object. */
static void counters_object(struct kunit *test)
{
	struct smnc_counters c = {};

	smnc_counters_go(&c);
	fake->stats[3] = 70;
	KUNIT_EXPECT_EQ(test, smnc_counter(&fake->pf, 0, &c, 3), 70);
	fake->stats[3] = 80;
	smnc_counters_hold(&fake->pf, 0, &c);
	fake->stats[3] = 5;
	KUNIT_EXPECT_EQ(test, smnc_counter(&fake->pf, 0, &c, 3), 80);
	smnc_counters_go(&c);
	KUNIT_EXPECT_EQ(test, smnc_counter(&fake->pf, 0, &c, 3), 85);
}

static struct kunit_case counters_cases[] = {
	KUNIT_CASE(counters_table),
	KUNIT_CASE(counters_get_stats),
	KUNIT_CASE(counters_object),
	{ }
};

static struct kunit_suite counters_suite = {
	.name = "counters",
	.init = fake_nic_init,
	.exit = fake_nic_exit,
	.test_cases = counters_cases,
};

kunit_test_suites(&counters_suite);
