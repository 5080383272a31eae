// SPDX-License-Identifier: GPL-2.0-only
/* News of the device's health: noted, reported, and dropped while reports are off. */
#include "fake_nic.h"
#include "../../driver/core/client.h"
#include "../../driver/core/health.h"

static unsigned int reports;

static void report(struct work_struct *work)
{
	reports++;
}

static int on(struct kunit *test)
{
	int err = fake_nic_init(test);

	reports = 0;
	if (!err)
		smnc_health_on(&fake->pf, report);
	return err;
}

static void off(struct kunit *test)
{
	smnc_health_off(&fake->pf);
	fake_nic_exit(test);
}

static bool take(enum smnc_health_kind kind, struct smnc_health_note *note)
{
	flush_work(&fake->pf.health.work);
	return smnc_health_take(&fake->pf, kind, note);
}

static void the_last_news_count(struct kunit *test)
{
	struct smnc_health_note note;

	smnc_health_bad(&fake->pf, SMNC_HEALTH_TX, "queue %u", 1);
	smnc_health_bad(&fake->pf, SMNC_HEALTH_TX, "queue %u", 2);
	KUNIT_EXPECT_FALSE(test, take(SMNC_HEALTH_FW, &note));
	KUNIT_EXPECT_TRUE(test, take(SMNC_HEALTH_TX, &note));
	KUNIT_EXPECT_STREQ(test, note.text, "queue 2");
	KUNIT_EXPECT_EQ(test, note.events, 2);
	KUNIT_EXPECT_TRUE(test, note.bad);
	KUNIT_EXPECT_GE(test, reports, 1);
	KUNIT_EXPECT_FALSE(test, take(SMNC_HEALTH_TX, &note));
}

static void text_is_cut(struct kunit *test)
{
	struct smnc_health_note note;

	smnc_health_bad(&fake->pf, SMNC_HEALTH_FATAL, "%*s", 500, "x");
	KUNIT_EXPECT_TRUE(test, take(SMNC_HEALTH_FATAL, &note));
	KUNIT_EXPECT_EQ(test, strlen(note.text), SMNC_HEALTH_TEXT - 1);
}

/* Bad news after good ones: it is not over. */
static void bad_takes_well_back(struct kunit *test)
{
	struct smnc_health_note note;

	smnc_health_well(&fake->pf, SMNC_HEALTH_FW);
	smnc_health_bad(&fake->pf, SMNC_HEALTH_FW, "again");
	KUNIT_EXPECT_TRUE(test, take(SMNC_HEALTH_FW, &note));
	KUNIT_EXPECT_TRUE(test, note.bad);
	KUNIT_EXPECT_FALSE(test, note.well);
}

static void nothing_is_noted_when_off(struct kunit *test)
{
	struct smnc_health_note note;

	smnc_health_off(&fake->pf);
	smnc_health_bad(&fake->pf, SMNC_HEALTH_FW, "late");
	smnc_health_well(&fake->pf, SMNC_HEALTH_FW);
	KUNIT_EXPECT_FALSE(test, smnc_health_take(&fake->pf, SMNC_HEALTH_FW, &note));
	KUNIT_EXPECT_EQ(test, reports, 0);
}

/* One failure after the other is one piece of news, and so is the success that ends them. */
static void firmware_fails_once(struct kunit *test)
{
	static const struct {
		u8 status;
		bool bad;
		bool well;
	} answers[] = {
		{ 28, false, false },	/* no room is no failure */
		{ 5, true, false },
		{ 5, false, false },
		{ 0, false, true },
		{ 0, false, false },
	};
	struct smnc_health_note note;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(answers); i++) {
		fake->fw_error = -answers[i].status;
		smnc_fw_exec(&fake->pf, SMNC_FW_GET_INFO, NULL, NULL);
		KUNIT_EXPECT_EQ_MSG(test, take(SMNC_HEALTH_FW, &note),
				    answers[i].bad || answers[i].well, "answer %u", i);
		KUNIT_EXPECT_EQ_MSG(test, note.bad, answers[i].bad, "answer %u", i);
		KUNIT_EXPECT_EQ_MSG(test, note.well, answers[i].well, "answer %u", i);
	}
}

/* A second with more faults of one ADI than the limit is news, and so is the one without. */
static void storm(struct kunit *test)
{
	static const struct {
		u32 faults, limit;
		bool bad, well;
	} seconds[] = {
		{ 5, 5, false, false }, { 6, 5, true, false }, { 7, 5, true, false },
		{ 5, 5, false, true }, { 0, 5, false, false }, { 100, 0, false, false },
	};
	const struct smnc_client *c = fake->pf.adi_client;
	struct vdcm_fault fault = { .iova = 0x1000, .len = 1, .prot = VDCM_PROT_READ };
	struct smnc_health_note note;
	unsigned int i, k;

	for (i = 0; i < ARRAY_SIZE(seconds); i++) {
		fake->pf.storm = seconds[i].limit;
		for (k = 0; k < seconds[i].faults; k++)
			KUNIT_EXPECT_EQ(test, c->fault(&fake->pf, FAKE_FUNC, 1, &fault), 0);
		smnc_adis_look(&fake->pf);
		KUNIT_EXPECT_EQ_MSG(test, take(SMNC_HEALTH_STORM, &note),
				    seconds[i].bad || seconds[i].well, "second %u", i);
		KUNIT_EXPECT_EQ_MSG(test, note.bad, seconds[i].bad, "second %u", i);
		KUNIT_EXPECT_EQ_MSG(test, note.well, seconds[i].well, "second %u", i);
	}
	/* A fault of a function that no ADI has is not counted. */
	KUNIT_EXPECT_EQ(test, c->fault(&fake->pf, FAKE_FUNC + 1, 1, &fault), 0);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(the_last_news_count),
	KUNIT_CASE(text_is_cut),
	KUNIT_CASE(bad_takes_well_back),
	KUNIT_CASE(nothing_is_noted_when_off),
	KUNIT_CASE(firmware_fails_once),
	KUNIT_CASE(storm),
	{}
};

static struct kunit_suite suite = {
	.name = "health",
	.init = on,
	.exit = off,
	.test_cases = cases,
};
kunit_test_suites(&suite);
