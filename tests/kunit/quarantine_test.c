// SPDX-License-Identifier: GPL-2.0-only
/* What a closed ADI leaves: given back at once, kept until the firmware or a reset frees it. */
#include <linux/bitmap.h>

#include "fake_nic.h"

/* The ADI opens: it has its function and queue pairs. */
static void held_opens(struct kunit *test)
{
	struct smnc_adi *adi = &fake->adi;
	unsigned int i;

	KUNIT_ASSERT_EQ(test, smnc_held_prepare(adi), 0);
	__set_bit(FAKE_FUNC, fake->pf.func_map);
	for (i = 0; i < adi->nr_queues; i++)
		__set_bit(adi->qp[i], fake->pf.qp_map);
}

/* Are they taken still, all or none? */
static bool held_taken(struct kunit *test)
{
	struct smnc_adi *adi = &fake->adi;
	bool taken = test_bit(FAKE_FUNC, fake->pf.func_map);
	unsigned int i;

	for (i = 0; i < adi->nr_queues; i++)
		KUNIT_EXPECT_EQ(test, test_bit(adi->qp[i], fake->pf.qp_map), taken);
	KUNIT_EXPECT_EQ(test, list_empty(&fake->pf.held), !taken);
	return taken;
}

static int held_init(struct kunit *test)
{
	int ret = fake_nic_init(test);

	if (ret)
		return ret;
	fake->pf.func_map = kunit_kzalloc(test, BITS_TO_LONGS(64) * sizeof(long), GFP_KERNEL);
	fake->pf.qp_map = kunit_kzalloc(test, BITS_TO_LONGS(64) * sizeof(long), GFP_KERNEL);
	if (!fake->pf.func_map || !fake->pf.qp_map)
		return -ENOMEM;
	spin_lock_init(&fake->pf.res_lock);
	smnc_held_init(&fake->pf);
	return 0;
}

static void held_not_needed(struct kunit *test)
{
	held_opens(test);
	smnc_held_release(&fake->adi, FAKE_FUNC);
	KUNIT_EXPECT_FALSE(test, held_taken(test));
	KUNIT_EXPECT_PTR_EQ(test, fake->adi.held, NULL);
}

/* It does not stop: no firmware's answer frees it, and nothing is asked about it. */
static void held_until_reset(struct kunit *test)
{
	unsigned int asked;

	held_opens(test);
	smnc_held_stuck(&fake->adi);
	smnc_held_release(&fake->adi, FAKE_FUNC);
	KUNIT_EXPECT_TRUE(test, held_taken(test));
	asked = fake->nr_fw;
	smnc_held_retry(&fake->pf);
	KUNIT_EXPECT_EQ(test, fake->nr_fw, asked);
	KUNIT_EXPECT_TRUE(test, held_taken(test));
	smnc_held_free_all(&fake->pf);
	KUNIT_EXPECT_FALSE(test, held_taken(test));
}

/* The switch may know it still: kept until the firmware has cleared it. */
static void held_until_cleared(struct kunit *test)
{
	held_opens(test);
	fake->adi.vsi.unknown = true;
	smnc_held_release(&fake->adi, FAKE_FUNC);
	KUNIT_EXPECT_TRUE(test, held_taken(test));
	fake->fw_error = -EIO;
	smnc_held_retry(&fake->pf);
	KUNIT_EXPECT_TRUE(test, held_taken(test));
	fake->fw_error = 0;
	smnc_held_retry(&fake->pf);
	KUNIT_EXPECT_FALSE(test, held_taken(test));
}

/* Of a function that does not stop the switch is settled, too: its address is another's then. */
static void held_stuck_unknown(struct kunit *test)
{
	unsigned int asked;

	held_opens(test);
	smnc_held_stuck(&fake->adi);
	fake->adi.vsi.unknown = true;
	smnc_held_release(&fake->adi, FAKE_FUNC);
	asked = fake->nr_fw;
	smnc_held_retry(&fake->pf);
	KUNIT_EXPECT_GT(test, fake->nr_fw, asked);
	KUNIT_EXPECT_TRUE(test, held_taken(test));
	/* Once. */
	asked = fake->nr_fw;
	smnc_held_retry(&fake->pf);
	KUNIT_EXPECT_EQ(test, fake->nr_fw, asked);
	smnc_held_free_all(&fake->pf);
	KUNIT_EXPECT_FALSE(test, held_taken(test));
}

/* A firmware that is slow is asked about one of them at a time. */
static void held_asked_once(struct kunit *test)
{
	unsigned int asked;

	held_opens(test);
	fake->adi.vsi.unknown = true;
	smnc_held_release(&fake->adi, FAKE_FUNC);
	KUNIT_ASSERT_EQ(test, smnc_held_prepare(&fake->adi), 0);
	smnc_held_release(&fake->adi, FAKE_FUNC + 1);
	fake->fw_error = -EIO;
	asked = fake->nr_fw;
	smnc_held_retry(&fake->pf);
	KUNIT_EXPECT_EQ(test, fake->nr_fw, asked + 1);
	fake->fw_error = 0;
	smnc_held_retry(&fake->pf);
	KUNIT_EXPECT_FALSE(test, held_taken(test));
}

/* The table of a function that does not stop is not freed under it. */
static void held_with_table(struct kunit *test)
{
	struct smnc_xlat_page *table = (void *)test;
	struct smnc_adi *adi = &fake->adi;

	held_opens(test);
	adi->xlat.root = table;
	smnc_held_keep_table(adi);
	KUNIT_EXPECT_PTR_EQ(test, adi->xlat.root, table);
	smnc_held_stuck(adi);
	smnc_held_keep_table(adi);
	KUNIT_EXPECT_PTR_EQ(test, adi->xlat.root, NULL);
	/* Once more gives it back. */
	smnc_held_keep_table(adi);
	KUNIT_EXPECT_PTR_EQ(test, adi->xlat.root, table);
	adi->xlat.root = NULL;
	smnc_held_drop(adi);
}

static struct kunit_case held_cases[] = {
	KUNIT_CASE(held_not_needed),
	KUNIT_CASE(held_until_reset),
	KUNIT_CASE(held_until_cleared),
	KUNIT_CASE(held_stuck_unknown),
	KUNIT_CASE(held_asked_once),
	KUNIT_CASE(held_with_table),
	{ }
};

static struct kunit_suite held_suite = {
	.name = "quarantine",
	.init = held_init,
	.exit = fake_nic_exit,
	.test_cases = held_cases,
};

kunit_test_suites(&held_suite);
