// SPDX-License-Identifier: GPL-2.0-only
/* A guest's messages that wait, against a model; and how long one waits that asks a lot. */
#include <kunit/test.h>
#include <linux/prandom.h>
#include <linux/random.h>
#include <linux/slab.h>

#include "../../driver/adi/msgq.h"

#define LONGEST	4096

static struct smnc_msgq q;
static struct smnc_msg *out;
static u8 *data;

static int msgq_init(struct kunit *test)
{
	out = kunit_kzalloc(test, sizeof(*out) + LONGEST, GFP_KERNEL);
	data = kunit_kzalloc(test, LONGEST, GFP_KERNEL);
	if (!out || !data)
		return -ENOMEM;
	return smnc_msgq_alloc(&q);
}

static void msgq_exit(struct kunit *test)
{
	smnc_msgq_free(&q);
}

static bool put(u32 op, u16 len)
{
	memset(data, op, len);
	return smnc_msgq_put(&q, op, data, len);
}

static void got(struct kunit *test, u32 op, u16 len)
{
	KUNIT_ASSERT_TRUE(test, smnc_msgq_get(&q, out));
	KUNIT_EXPECT_EQ(test, out->op, op);
	KUNIT_ASSERT_EQ(test, out->len, len);
	memset(data, op, len);
	KUNIT_EXPECT_MEMEQ(test, out->data, data, len);
}

/* So many, or so long together, and no more. */
static void msgq_limits(struct kunit *test)
{
	unsigned int i;

	KUNIT_EXPECT_FALSE(test, smnc_msgq_get(&q, out));
	for (i = 0; i < SMNC_MSG_MAX; i++)
		KUNIT_EXPECT_TRUE(test, put(i, i % 3));
	KUNIT_EXPECT_FALSE(test, put(i, 0));
	for (i = 0; i < SMNC_MSG_MAX; i++)
		got(test, i, i % 3);
	KUNIT_EXPECT_FALSE(test, smnc_msgq_get(&q, out));
	for (i = 0; i < 4; i++)
		KUNIT_EXPECT_TRUE(test, put(i, LONGEST));
	KUNIT_EXPECT_FALSE(test, put(i, LONGEST));
	smnc_msgq_clear(&q);
	KUNIT_EXPECT_FALSE(test, smnc_msgq_get(&q, out));
	KUNIT_EXPECT_TRUE(test, put(7, LONGEST));
	got(test, 7, LONGEST);
	smnc_msgq_free(&q);
	KUNIT_EXPECT_FALSE(test, put(7, 0));
}

static void msgq_random(struct kunit *test)
{
	u64 seed = get_random_u64();
	u16 len[SMNC_MSG_MAX];
	unsigned int i, nr = 0, first = 0, last = 0, bytes = 0;
	struct rnd_state rnd;

	kunit_info(test, "seed %#llx", seed);
	prandom_seed_state(&rnd, seed);
	for (i = 0; i < 20000; i++) {
		u32 r = prandom_u32_state(&rnd);
		u16 n = r & 1 ? r >> 8 & 31 : (r >> 8) % (LONGEST + 1);

		if (r & 2 || !nr) {
			bool room = nr < SMNC_MSG_MAX &&
				    bytes + sizeof(struct smnc_msg) + n <= SMNC_MSGQ_BYTES;

			KUNIT_ASSERT_EQ(test, put(last, n), room);
			if (!room)
				continue;
			len[last++ % SMNC_MSG_MAX] = n;
			bytes += sizeof(struct smnc_msg) + n;
			nr++;
		} else {
			n = len[first % SMNC_MSG_MAX];
			got(test, first++, n);
			bytes -= sizeof(struct smnc_msg) + n;
			nr--;
		}
	}
}

/* Over a long time no more than the rate; at once as much as a driver needs. */
static void msgq_pace(struct kunit *test)
{
	u64 now = 5ull * NSEC_PER_SEC, end = now + 100ull * NSEC_PER_SEC, wait;
	struct smnc_pace p = {};
	unsigned int sum = 0;

	while (now < end) {
		wait = smnc_pace_wait(&p, now);
		if (wait) {
			/* Not a moment less, and then it goes on. */
			KUNIT_EXPECT_NE(test, smnc_pace_wait(&p, now + wait - 1), 0);
			now += wait;
			KUNIT_ASSERT_EQ(test, smnc_pace_wait(&p, now), 0);
		}
		smnc_pace_charge(&p, 12, now);
		sum += 12;
		now += 1000;
	}
	KUNIT_EXPECT_LE(test, sum, 100 * SMNC_PACE_RATE + SMNC_PACE_BURST + 24);
	KUNIT_EXPECT_GE(test, sum, 100 * SMNC_PACE_RATE);
	/* What it did is forgiven in time, and a rest is not saved up. */
	now += 1000ull * NSEC_PER_SEC;
	smnc_pace_charge(&p, SMNC_PACE_BURST, now);
	KUNIT_EXPECT_EQ(test, smnc_pace_wait(&p, now), 0);
	smnc_pace_charge(&p, 1, now);
	KUNIT_EXPECT_NE(test, smnc_pace_wait(&p, now), 0);
}

static struct kunit_case msgq_cases[] = {
	KUNIT_CASE(msgq_limits),
	KUNIT_CASE(msgq_random),
	KUNIT_CASE(msgq_pace),
	{ }
};

static struct kunit_suite msgq_suite = {
	.name = "messages",
	.init = msgq_init,
	.exit = msgq_exit,
	.test_cases = msgq_cases,
};

kunit_test_suites(&msgq_suite);
