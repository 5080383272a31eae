// SPDX-License-Identifier: GPL-2.0-only
/* The stream in which the state of an ADI travels: reading of valid and of broken streams. */
#include <kunit/test.h>
#include <linux/unaligned.h>

#include "../../vdcm/objects/stream.h"

#define VDCM_LEN	40
#define DRIVER_LEN	100
#define HEAD		sizeof(struct vdcm_stream_head)
#define ROOM		4096

/* A stream as it is sent: HELLO, VDCM, DRIVER, END. */
struct sample {
	u8 bytes[ROOM];
	size_t len;
};

static void put(struct sample *s, u32 tag, u32 flags, u64 size, u8 fill, size_t there)
{
	put_unaligned_le64(size, s->bytes + s->len);
	put_unaligned_le32(flags, s->bytes + s->len + 8);
	put_unaligned_le32(tag, s->bytes + s->len + 12);
	memset(s->bytes + s->len + HEAD, fill, there);
	s->len += HEAD + there;
}

static void put_end(struct sample *s)
{
	put(s, VDCM_TAG_END, 0, 4, 0, 4);
	put_unaligned_le32(vdcm_crc32(0, s->bytes, s->len - 4), s->bytes + s->len - 4);
}

static struct sample *empty(struct kunit *test)
{
	struct sample *s = kunit_kzalloc(test, sizeof(*s), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, s);
	return s;
}

static struct sample *good(struct kunit *test)
{
	struct sample *s = empty(test);
	struct vdcm_stream_out out = { .buf = s->bytes, .room = ROOM };
	static const size_t lens[] = { sizeof(struct vdcm_hello), VDCM_LEN, DRIVER_LEN };
	unsigned int i;
	size_t room;

	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		u8 *p = vdcm_stream_begin(&out, VDCM_TAG_HELLO + i, &room);

		KUNIT_ASSERT_NOT_NULL(test, p);
		KUNIT_ASSERT_EQ(test, room, ROOM - out.len - HEAD);
		memset(p, i + 1, lens[i]);
		vdcm_stream_commit(&out, lens[i]);
	}
	KUNIT_ASSERT_EQ(test, vdcm_stream_end(&out), 0);
	KUNIT_ASSERT_EQ(test, out.len, vdcm_stream_size(VDCM_LEN, DRIVER_LEN));
	s->len = out.len;
	return s;
}

/* Feed @step bytes at a time. Return: what the last one returned; @tags: what came, by bit */
static int feed(const struct sample *s, size_t step, u32 *tags)
{
	struct vdcm_stream_in in;
	size_t done, n;
	int ret = 0;

	*tags = 0;
	vdcm_stream_open(&in, VDCM_LEN, DRIVER_LEN);
	for (done = 0; done < s->len && ret >= 0; done += n) {
		const u8 *data = s->bytes + done;
		size_t left;

		n = min(step, s->len - done);
		left = n;
		do {
			ret = vdcm_stream_feed(&in, &data, &left);
			if (ret > 0)
				*tags |= BIT(ret);
		} while (ret > 0 && left);
	}
	if (ret < 0) {
		/* For good. */
		const u8 *data = s->bytes;
		size_t left = 1;

		if (vdcm_stream_feed(&in, &data, &left) != ret || left != 1)
			ret = 1;
	}
	vdcm_stream_close(&in);
	return ret;
}

#define ALL (BIT(VDCM_TAG_HELLO) | BIT(VDCM_TAG_VDCM) | BIT(VDCM_TAG_DRIVER) | BIT(VDCM_TAG_END))

/* The check value of CRC-32/ISO-HDLC. */
static void stream_crc(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, vdcm_crc32(0, "123456789", 9), 0xcbf43926);
	KUNIT_EXPECT_EQ(test, vdcm_crc32(vdcm_crc32(0, "1234", 4), "56789", 5), 0xcbf43926);
	KUNIT_EXPECT_EQ(test, vdcm_crc32(0, NULL, 0), 0);
}

static void stream_in_any_pieces(struct kunit *test)
{
	struct sample *s = good(test);
	size_t step;
	u32 tags;

	for (step = 1; step <= s->len; step++) {
		KUNIT_EXPECT_GE(test, feed(s, step, &tags), 0);
		KUNIT_EXPECT_EQ(test, tags, ALL);
	}
}

/* The receiver gets the same bytes that the sender sent. */
static void stream_contents(struct kunit *test)
{
	struct sample *s = good(test);
	struct vdcm_stream_in in;
	const u8 *data = s->bytes;
	size_t left = s->len;
	int tag;

	vdcm_stream_open(&in, VDCM_LEN, DRIVER_LEN);
	for (tag = VDCM_TAG_HELLO; tag <= VDCM_TAG_END; tag++)
		KUNIT_ASSERT_EQ(test, vdcm_stream_feed(&in, &data, &left), tag);
	KUNIT_EXPECT_EQ(test, left, 0);
	KUNIT_EXPECT_EQ(test, in.len[VDCM_TAG_VDCM], VDCM_LEN);
	KUNIT_EXPECT_EQ(test, in.len[VDCM_TAG_DRIVER], DRIVER_LEN);
	KUNIT_EXPECT_TRUE(test, !memchr_inv(in.data[VDCM_TAG_VDCM], 2, VDCM_LEN));
	KUNIT_EXPECT_TRUE(test, !memchr_inv(in.data[VDCM_TAG_DRIVER], 3, DRIVER_LEN));
	vdcm_stream_close(&in);
}

static void stream_truncated(struct kunit *test)
{
	struct sample *s = good(test);
	u32 tags;

	while (s->len--) {
		KUNIT_EXPECT_GE(test, feed(s, ROOM, &tags), 0);
		KUNIT_EXPECT_FALSE(test, tags & BIT(VDCM_TAG_END));
	}
}

/* One bit, wherever it is: refused, or the stream never ends. */
static void stream_flipped(struct kunit *test)
{
	struct sample *s = good(test);
	unsigned int bit;
	u32 tags;

	for (bit = 0; bit < 8 * s->len; bit++) {
		s->bytes[bit / 8] ^= BIT(bit % 8);
		feed(s, ROOM, &tags);
		if (tags & BIT(VDCM_TAG_END))
			KUNIT_FAIL(test, "bit %u", bit);
		s->bytes[bit / 8] ^= BIT(bit % 8);
	}
}

#define HELLO	{ VDCM_TAG_HELLO, 0, sizeof(struct vdcm_hello) }
#define VDCM	{ VDCM_TAG_VDCM, 0, VDCM_LEN }
#define DRIVER	{ VDCM_TAG_DRIVER, 0, DRIVER_LEN }
#define OPTION	{ 77, VDCM_STREAM_OPTIONAL, 9 }

/* Records, their header alone if the size is too large, and END. Its result. */
static const struct {
	const char *name;
	struct { u32 tag, flags; u64 size; } records[6];
	int ret;
} made[] = {
	{ "as it should be", { HELLO, VDCM, DRIVER }, VDCM_TAG_END },
	{ "less than may be", { HELLO, { VDCM_TAG_VDCM, 0, 1 }, { VDCM_TAG_DRIVER, 0, 1 } },
	  VDCM_TAG_END },
	{ "longer hello", { { VDCM_TAG_HELLO, 0, 256 }, VDCM, DRIVER }, VDCM_TAG_END },
	{ "optional ones", { HELLO, OPTION, VDCM, OPTION, DRIVER, OPTION }, VDCM_TAG_END },
	{ "optional, empty", { HELLO, { 78, VDCM_STREAM_OPTIONAL, 0 }, VDCM, DRIVER },
	  VDCM_TAG_END },
	{ "known and optional", { HELLO, { VDCM_TAG_VDCM, 1, VDCM_LEN }, DRIVER }, VDCM_TAG_END },
	{ "no hello", { VDCM, DRIVER }, -EINVAL },
	{ "optional before hello", { OPTION, HELLO, VDCM, DRIVER }, -EINVAL },
	{ "hello twice", { HELLO, HELLO, VDCM, DRIVER }, -EINVAL },
	{ "out of order", { HELLO, DRIVER, VDCM }, -EINVAL },
	{ "twice", { HELLO, VDCM, VDCM, DRIVER }, -EINVAL },
	{ "none of the driver", { HELLO, VDCM }, -EINVAL },
	{ "none at all", { HELLO }, -EINVAL },
	{ "empty", { HELLO, { VDCM_TAG_VDCM, 0, 0 }, DRIVER }, -EINVAL },
	{ "unknown, mandatory", { HELLO, { 77, 0, 9 }, VDCM, DRIVER }, -EOPNOTSUPP },
	{ "tag 0", { HELLO, { 0, 0, 9 }, VDCM, DRIVER }, -EOPNOTSUPP },
	{ "unknown flag", { HELLO, { 77, 3, 9 }, VDCM, DRIVER }, -EOPNOTSUPP },
	{ "hello too long", { { VDCM_TAG_HELLO, 0, 257 } }, -E2BIG },
	{ "too long", { HELLO, { VDCM_TAG_VDCM, 0, VDCM_LEN + 1 } }, -E2BIG },
	{ "driver's too long", { HELLO, VDCM, { VDCM_TAG_DRIVER, 0, DRIVER_LEN + 1 } }, -E2BIG },
	{ "much too long", { HELLO, { VDCM_TAG_VDCM, 0, ~0ULL } }, -E2BIG },
	{ "skips too much", { HELLO, { 77, 1, VDCM_STREAM_SKIP + 1 } }, -E2BIG },
	{ "skips for ever", { HELLO, OPTION, { 77, 1, VDCM_STREAM_SKIP - 8 } }, -E2BIG },
	{ "skips all of memory", { HELLO, OPTION, { 77, 1, ~0ULL } }, -E2BIG },
};

static void stream_made(struct kunit *test)
{
	unsigned int i, k;
	u32 tags;

	for (i = 0; i < ARRAY_SIZE(made); i++) {
		struct sample *s = empty(test);
		int ret;

		for (k = 0; k < ARRAY_SIZE(made[i].records) && made[i].records[k].size | made[i].records[k].tag; k++)
			put(s, made[i].records[k].tag, made[i].records[k].flags,
			    made[i].records[k].size, k, min(made[i].records[k].size, 300ULL));
		put_end(s);
		ret = feed(s, ROOM, &tags);
		KUNIT_EXPECT_EQ_MSG(test, ret, made[i].ret, "%s", made[i].name);
	}
}

static void stream_bytes_behind_end(struct kunit *test)
{
	struct sample *s = good(test);
	u32 tags;

	put(s, 77, VDCM_STREAM_OPTIONAL, 0, 0, 0);
	KUNIT_EXPECT_EQ(test, feed(s, ROOM, &tags), -EINVAL);
	KUNIT_EXPECT_EQ(test, tags, ALL);
	s = good(test);
	s->bytes[s->len++] = 0;
	KUNIT_EXPECT_EQ(test, feed(s, ROOM, &tags), -EINVAL);
	KUNIT_EXPECT_EQ(test, tags, ALL);
}

static void stream_wrong_sum(struct kunit *test)
{
	struct sample *s = good(test);
	u32 tags;

	s->bytes[s->len - 1] ^= 0x80;
	KUNIT_EXPECT_EQ(test, feed(s, 1, &tags), -EBADMSG);
	/* END of another size. */
	s = good(test);
	put_unaligned_le64(3, s->bytes + s->len - 20);
	KUNIT_EXPECT_EQ(test, feed(s, 1, &tags), -EINVAL);
}

static void stream_no_room(struct kunit *test)
{
	u8 buf[64];
	struct vdcm_stream_out out = { .buf = buf, .room = 15 };
	size_t room;

	KUNIT_EXPECT_NULL(test, vdcm_stream_begin(&out, 1, &room));
	KUNIT_EXPECT_EQ(test, vdcm_stream_end(&out), -ENOSPC);
	out.room = 16;
	KUNIT_EXPECT_NOT_NULL(test, vdcm_stream_begin(&out, 1, &room));
	KUNIT_EXPECT_EQ(test, room, 0);
	out.room = 19;
	KUNIT_EXPECT_EQ(test, vdcm_stream_end(&out), -ENOSPC);
	out.room = 20;
	KUNIT_EXPECT_EQ(test, vdcm_stream_end(&out), 0);
}

static void stream_hello(struct kunit *test)
{
	/* A byte of each field, and what comes of another value there. */
	static const struct { size_t at; int ret; } other[] = {
		{ 0, -EINVAL }, { 7, -EINVAL },
		{ offsetof(struct vdcm_hello, major), -EOPNOTSUPP },
		{ offsetof(struct vdcm_hello, minor), 0 },
		{ offsetof(struct vdcm_hello, state_version) + 3, -EOPNOTSUPP },
		{ offsetof(struct vdcm_hello, composition), -EOPNOTSUPP },
		{ offsetof(struct vdcm_hello, nr_vectors) + 1, -EOPNOTSUPP },
		{ offsetof(struct vdcm_hello, reserved), 0 },
		{ offsetof(struct vdcm_hello, driver), -EOPNOTSUPP },
		{ offsetof(struct vdcm_hello, driver) + 31, -EOPNOTSUPP },
		{ offsetof(struct vdcm_hello, type) + 2, -EOPNOTSUPP },
	};
	struct vdcm_hello mine = { .magic = VDCM_STREAM_MAGIC };
	u8 theirs[sizeof(mine) + 8] = { };
	const char *why;
	unsigned int i;

	vdcm_hello_name(mine.driver, "a driver whose name is longer than the field");
	vdcm_hello_name(mine.type, "1q");
	KUNIT_EXPECT_EQ(test, mine.driver[31], 0);
	KUNIT_EXPECT_EQ(test, mine.driver[30], "a driver whose name is longer than the field"[30]);
	memcpy(theirs, &mine, sizeof(mine));
	KUNIT_EXPECT_EQ(test, vdcm_hello_check(&mine, theirs, sizeof(mine), &why), 0);
	KUNIT_EXPECT_EQ(test, vdcm_hello_check(&mine, theirs, sizeof(theirs), &why), 0);
	KUNIT_EXPECT_EQ(test, vdcm_hello_check(&mine, theirs, sizeof(mine) - 1, &why), -EINVAL);
	for (i = 0; i < ARRAY_SIZE(other); i++) {
		theirs[other[i].at] ^= 1;
		KUNIT_EXPECT_EQ_MSG(test, vdcm_hello_check(&mine, theirs, sizeof(mine), &why),
				    other[i].ret, "byte %zu", other[i].at);
		theirs[other[i].at] ^= 1;
	}
}

static struct kunit_case stream_cases[] = {
	KUNIT_CASE(stream_crc),
	KUNIT_CASE(stream_in_any_pieces),
	KUNIT_CASE(stream_contents),
	KUNIT_CASE(stream_truncated),
	KUNIT_CASE(stream_flipped),
	KUNIT_CASE(stream_made),
	KUNIT_CASE(stream_bytes_behind_end),
	KUNIT_CASE(stream_wrong_sum),
	KUNIT_CASE(stream_no_room),
	KUNIT_CASE(stream_hello),
	{ }
};

static struct kunit_suite stream_suite = {
	.name = "stream",
	.test_cases = stream_cases,
};

kunit_test_suites(&stream_suite);
