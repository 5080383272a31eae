// SPDX-License-Identifier: GPL-2.0-only
/* The list of addresses: each is one owner's, whatever is set and dropped in which order. */
#include <linux/etherdevice.h>
#include <linux/prandom.h>

#include "fake_nic.h"

#define ENTRIES	6
#define MACS	5

static struct smnc_addr *entries;

static int macs_init(struct kunit *test)
{
	unsigned int i;
	int err = fake_nic_init(test);

	if (err)
		return err;
	entries = kunit_kcalloc(test, ENTRIES, sizeof(*entries), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, entries);
	/* Two of the first, as a netdev has while its address changes. */
	for (i = 0; i < ENTRIES; i++)
		entries[i].owner = &entries[i ?: 1];
	return 0;
}

static const u8 *mac(unsigned int i)
{
	static u8 mac[ETH_ALEN] = { 2 };

	mac[5] = i;
	return mac;
}

/* An address changes hands only by way of its owner. */
static void macs_owners(struct kunit *test)
{
	struct smnc_pf *pf = &fake->pf;
	u8 is[ETH_ALEN];

	KUNIT_EXPECT_EQ(test, smnc_mac_set(pf, &entries[2], mac(1)), 0);
	KUNIT_EXPECT_EQ(test, smnc_mac_set(pf, &entries[3], mac(1)), -EEXIST);
	KUNIT_EXPECT_EQ(test, smnc_mac_taken(pf, entries[3].owner, mac(1)), -EEXIST);
	KUNIT_EXPECT_EQ(test, smnc_mac_taken(pf, entries[2].owner, mac(1)), 0);
	KUNIT_EXPECT_EQ(test, smnc_mac_taken(pf, entries[3].owner, mac(2)), 0);
	/* Refused: what it has stays. */
	KUNIT_EXPECT_EQ(test, smnc_mac_set(pf, &entries[3], mac(2)), 0);
	KUNIT_EXPECT_EQ(test, smnc_mac_set(pf, &entries[3], mac(1)), -EEXIST);
	smnc_mac_get(pf, &entries[3], is);
	KUNIT_EXPECT_MEMEQ(test, is, mac(2), ETH_ALEN);
	/* Its old one is free as soon as it has another. */
	KUNIT_EXPECT_EQ(test, smnc_mac_set(pf, &entries[2], mac(3)), 0);
	KUNIT_EXPECT_EQ(test, smnc_mac_set(pf, &entries[3], mac(1)), 0);
	/* Two entries of one owner: the address is its own all the time. */
	KUNIT_EXPECT_EQ(test, smnc_mac_set(pf, &entries[0], mac(4)), 0);
	KUNIT_EXPECT_EQ(test, smnc_mac_set(pf, &entries[1], mac(4)), 0);
	smnc_mac_drop(pf, &entries[0]);
	KUNIT_EXPECT_EQ(test, smnc_mac_set(pf, &entries[2], mac(4)), -EEXIST);
	smnc_mac_drop(pf, &entries[1]);
	KUNIT_EXPECT_EQ(test, smnc_mac_set(pf, &entries[2], mac(4)), 0);
	/* Of one that is not listed. */
	smnc_mac_drop(pf, &entries[5]);
}

/* Random steps on the list and on a model of it; both name the same owners. */
static void macs_random(struct kunit *test)
{
	struct smnc_pf *pf = &fake->pf;
	int has[ENTRIES], want;
	struct rnd_state rnd;
	unsigned int step, e, m, i;

	memset(has, 0xff, sizeof(has));
	prandom_seed_state(&rnd, 7);
	for (step = 0; step < 20000; step++) {
		e = prandom_u32_state(&rnd) % ENTRIES;
		m = prandom_u32_state(&rnd) % (MACS + 1);
		if (m == MACS) {
			smnc_mac_drop(pf, &entries[e]);
			has[e] = -1;
			continue;
		}
		for (i = 0, want = 0; i < ENTRIES; i++)
			if (has[i] == (int)m && entries[i].owner != entries[e].owner)
				want = -EEXIST;
		KUNIT_ASSERT_EQ(test, smnc_mac_taken(pf, entries[e].owner, mac(m)), want);
		KUNIT_ASSERT_EQ(test, smnc_mac_set(pf, &entries[e], mac(m)), want);
		if (!want)
			has[e] = m;
	}
}

static struct kunit_case macs_cases[] = {
	KUNIT_CASE(macs_owners),
	KUNIT_CASE(macs_random),
	{ }
};

static struct kunit_suite macs_suite = {
	.name = "addresses",
	.init = macs_init,
	.exit = fake_nic_exit,
	.test_cases = macs_cases,
};

kunit_test_suites(&macs_suite);
