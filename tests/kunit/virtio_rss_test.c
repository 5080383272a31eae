// SPDX-License-Identifier: GPL-2.0-only
/*
 * How a virtio device's driver has frames hashed and spread: each part of RSS_CONFIG and
 * HASH_CONFIG at its bounds, what reaches the hardware, and what ends it.
 */
#include "virtio_test.h"

#define RSS	(USUAL | F(VIRTIO_NET_F_RSS) | F(VIRTIO_NET_F_HASH_REPORT))
#define QUEUES	FAKE_QUEUES

/* A command, field by field. */
struct rss_cmd {
	u32 types;
	u16 mask;
	u16 other;
	u16 entries;	/* that follow */
	u16 table[SMNC_VQ_TABLE_ENTRIES + 1];
	u16 pairs;
	u8 key_len;
	u8 key_bytes;	/* that follow */
	s16 more;	/* bytes of junk, or of the end that are missing */
};

static struct rss_cmd *good(struct kunit *test, u16 entries)
{
	struct rss_cmd *c = kunit_kzalloc(test, sizeof(*c), GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, c);
	*c = (struct rss_cmd) {
		.types = 0x3f, .mask = entries - 1, .other = 1, .entries = entries,
		.pairs = QUEUES, .key_len = 40, .key_bytes = 40,
	};
	for (i = 0; i < entries; i++)
		c->table[i] = (i + 1) % QUEUES;
	return c;
}

static u8 *put(u8 *at, u32 value, unsigned int bytes)
{
	for (; bytes--; value >>= 8)
		*at++ = value;
	return at;
}

static int send(struct kunit *test, const struct rss_cmd *c)
{
	u8 *data = kunit_kzalloc(test, 1024, GFP_KERNEL), *at = data;
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, data);
	at = put(put(put(at, c->types, 4), c->mask, 2), c->other, 2);
	for (i = 0; i < c->entries; i++)
		at = put(at, c->table[i], 2);
	at = put(put(at, c->pairs, 2), c->key_len, 1);
	for (i = 0; i < c->key_bytes; i++)
		*at++ = i + 1;
	return control(4, 1, data, at - data + c->more);
}

static void expect_rss(struct kunit *test, const struct rss_cmd *c)
{
	const struct smnc_vq_rss *is = &fake->vq_rss;
	unsigned int i;

	KUNIT_EXPECT_EQ(test, is->types, c->types);
	KUNIT_EXPECT_EQ(test, is->entries, c->entries);
	KUNIT_EXPECT_EQ(test, is->other, c->other);
	for (i = 0; i < c->entries; i++)
		KUNIT_EXPECT_EQ(test, is->table[i], c->table[i]);
	for (i = 0; i < sizeof(is->key); i++)
		KUNIT_EXPECT_EQ(test, is->key[i], i < c->key_bytes ? i + 1 : 0);
}

/* Each size of a table, and a shorter key, reach the hardware as they are. */
static void rss_taken(struct kunit *test)
{
	static const u16 sizes[] = { 1, 2, 4, 64, 128, 2 };
	struct rss_cmd *c;
	unsigned int i;

	drive(RSS);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		c = good(test, sizes[i]);
		KUNIT_EXPECT_EQ_MSG(test, send(test, c), VIRTIO_NET_OK, "%u", sizes[i]);
		expect_rss(test, c);
	}
	c->key_len = 16;
	c->key_bytes = 16;
	c->types = 0;
	KUNIT_EXPECT_EQ(test, send(test, c), VIRTIO_NET_OK);
	expect_rss(test, c);
	KUNIT_EXPECT_EQ(test, smnc_virtio(&fake->adi)->pairs, QUEUES);
}

/* Linux sends one byte of padding behind the key, and so does DPDK. */
static void rss_padded(struct kunit *test)
{
	static const s16 more[] = { 1, 3, 100 };
	struct rss_cmd *c = good(test, 128);
	unsigned int i;

	drive(RSS);
	for (i = 0; i < ARRAY_SIZE(more); i++) {
		c->more = more[i];
		c->table[127] = i;
		KUNIT_EXPECT_EQ_MSG(test, send(test, c), VIRTIO_NET_OK, "%d", more[i]);
		expect_rss(test, c);
	}
}

#define BAD(_name, ...) { _name, __VA_ARGS__ }

static const struct {
	const char *name;
	int at;		/* offset in struct rss_cmd, of 2 bytes */
	u16 value;
	s16 more;
} bads[] = {
	BAD("a type that is not", offsetof(struct rss_cmd, types), 0x40),
	BAD("mask 2", offsetof(struct rss_cmd, mask), 2),
	BAD("mask one more", offsetof(struct rss_cmd, mask), 15),
	BAD("mask of 256", offsetof(struct rss_cmd, mask), 255),
	BAD("mask 65535", offsetof(struct rss_cmd, mask), 0xffff),
	BAD("other", offsetof(struct rss_cmd, other), QUEUES),
	BAD("other 65535", offsetof(struct rss_cmd, other), 0xffff),
	BAD("first entry", offsetof(struct rss_cmd, table[0]), QUEUES),
	BAD("last entry", offsetof(struct rss_cmd, table[7]), QUEUES),
	BAD("entry 256", offsetof(struct rss_cmd, table[3]), 256),
	BAD("no pairs", offsetof(struct rss_cmd, pairs), 0),
	BAD("pairs", offsetof(struct rss_cmd, pairs), QUEUES + 1),
	BAD("a byte less", -1, 0, -1),
	BAD("no key", -1, 0, -40),
	BAD("no length of the key", -1, 0, -41),
	BAD("no pairs there", -1, 0, -43),
	BAD("no last entry", -1, 0, -45),
};

/* What is wrong with a command leaves all as it was. */
static void rss_malformed(struct kunit *test)
{
	struct rss_cmd *had = good(test, 4), *c;
	unsigned int i;

	drive(RSS);
	KUNIT_ASSERT_EQ(test, send(test, had), VIRTIO_NET_OK);
	for (i = 0; i < ARRAY_SIZE(bads); i++) {
		c = good(test, 8);
		if (bads[i].at >= 0)
			memcpy((u8 *)c + bads[i].at, &bads[i].value, 2);
		c->more = bads[i].more;
		KUNIT_EXPECT_EQ_MSG(test, send(test, c), VIRTIO_NET_ERR, "%s", bads[i].name);
	}
	c = good(test, 8);
	c->key_len = 41;
	c->key_bytes = 41;
	KUNIT_EXPECT_EQ(test, send(test, c), VIRTIO_NET_ERR);
	c->key_len = 40;
	c->key_bytes = 39;
	KUNIT_EXPECT_EQ(test, send(test, c), VIRTIO_NET_ERR);
	c = good(test, 128);
	c->entries = 129;
	KUNIT_EXPECT_EQ(test, send(test, c), VIRTIO_NET_ERR);
	expect_rss(test, had);
}

/* HASH_CONFIG: @types, @len bytes of key, and @more of junk. */
static int hash(u32 types, u8 len, s16 more)
{
	u8 data[80] = {}, *at = put(data, types, 4);
	unsigned int i;

	at = put(at + 8, len, 1);
	for (i = 0; i < len; i++)
		*at++ = i + 1;
	return control(4, 2, data, at - data + more);
}

/* Types and key change, and the table stays. */
static void rss_hash_config(struct kunit *test)
{
	struct rss_cmd *c = good(test, 8);

	drive(RSS);
	KUNIT_EXPECT_EQ(test, hash(1, 40, 0), VIRTIO_NET_OK);
	KUNIT_EXPECT_EQ(test, fake->vq_rss.types, 1);
	KUNIT_EXPECT_EQ(test, fake->vq_rss.entries, 0);
	KUNIT_ASSERT_EQ(test, send(test, c), VIRTIO_NET_OK);
	KUNIT_EXPECT_EQ(test, hash(0x40, 40, 0), VIRTIO_NET_ERR);
	KUNIT_EXPECT_EQ(test, hash(0x3f, 41, 0), VIRTIO_NET_ERR);
	KUNIT_EXPECT_EQ(test, hash(0x3f, 40, -1), VIRTIO_NET_ERR);
	KUNIT_EXPECT_EQ(test, hash(0x3f, 0, -1), VIRTIO_NET_ERR);
	expect_rss(test, c);
	KUNIT_EXPECT_EQ(test, hash(0x10, 16, 1), VIRTIO_NET_OK);
	c->types = 0x10;
	c->key_bytes = 16;
	expect_rss(test, c);
}

/* Commands of features that were not accepted. */
static void rss_unaccepted(struct kunit *test)
{
	drive(USUAL | F(VIRTIO_NET_F_RSS));
	KUNIT_EXPECT_EQ(test, hash(0x3f, 40, 0), VIRTIO_NET_ERR);
	KUNIT_EXPECT_EQ(test, send(test, good(test, 8)), VIRTIO_NET_OK);
	set_status(0);
	drive(USUAL | F(VIRTIO_NET_F_HASH_REPORT));
	KUNIT_EXPECT_EQ(test, hash(0x3f, 40, 0), VIRTIO_NET_OK);
	KUNIT_EXPECT_EQ(test, send(test, good(test, 8)), VIRTIO_NET_ERR);
	KUNIT_EXPECT_EQ(test, fake->vq_rss.entries, 0);
}

/* VQ_PAIRS_SET gives the choice back to the device; a reset ends all of it. */
static void rss_ends(struct kunit *test)
{
	struct rss_cmd *c = good(test, 8);
	__le16 two = cpu_to_le16(2);

	drive(RSS);
	KUNIT_ASSERT_EQ(test, send(test, c), VIRTIO_NET_OK);
	KUNIT_EXPECT_EQ(test, control(4, 0, &two, 2), VIRTIO_NET_OK);
	KUNIT_EXPECT_EQ(test, fake->vq_rss.entries, 0);
	KUNIT_EXPECT_EQ(test, fake->vq_rss.types, 0x3f);
	KUNIT_EXPECT_EQ(test, fake->fw_vsi.lut[3], 1);
	set_status(0);
	KUNIT_EXPECT_EQ(test, fake->vq_rss.types, 0);
	drive(RSS);
	KUNIT_EXPECT_EQ(test, hash(1, 0, 0), VIRTIO_NET_OK);
	KUNIT_EXPECT_EQ(test, fake->vq_rss.key[0], 0);
}

/* Hardware that was reset is given it again. */
static void rss_revived(struct kunit *test)
{
	struct rss_cmd *c = good(test, 128);

	drive(RSS);
	KUNIT_ASSERT_EQ(test, send(test, c), VIRTIO_NET_OK);
	smnc_msgs_close(&fake->adi);
	memset(&fake->vq_rss, 0, sizeof(fake->vq_rss));
	memset(fake->vq_stage, 0, sizeof(fake->vq_stage));
	memset(fake->vqs, 0, sizeof(fake->vqs));
	mutex_lock(&fake->adi.lock);
	KUNIT_EXPECT_EQ(test, fake->adi.kind->revive(&fake->adi), 0);
	mutex_unlock(&fake->adi.lock);
	smnc_msgs_open(&fake->adi);
	expect_rss(test, c);
}

/* A firmware that refuses leaves it as it was, to the driver and to itself. */
static void rss_refused(struct kunit *test)
{
	static const enum smnc_fw_op ops[] = {
		SMNC_FW_STAGE_VQ_RSS, SMNC_FW_SET_VQ_RSS, SMNC_FW_RSS_LUT,
	};
	struct rss_cmd *had = good(test, 4), *c = good(test, 8);
	unsigned int i;

	drive(RSS);
	had->pairs = 1;
	KUNIT_ASSERT_EQ(test, send(test, had), VIRTIO_NET_OK);
	for (i = 0; i < ARRAY_SIZE(ops); i++) {
		fake->fw_refused = ops[i];
		fake->fw_refusals = 1;
		KUNIT_EXPECT_EQ_MSG(test, send(test, c), VIRTIO_NET_ERR, "%u", i);
		expect_rss(test, had);
		KUNIT_EXPECT_EQ(test, smnc_virtio(&fake->adi)->rss.entries, 4);
	}
	KUNIT_EXPECT_EQ(test, send(test, c), VIRTIO_NET_OK);
}

static struct kunit_case rss_cases[] = {
	KUNIT_CASE(rss_taken),
	KUNIT_CASE(rss_padded),
	KUNIT_CASE(rss_malformed),
	KUNIT_CASE(rss_hash_config),
	KUNIT_CASE(rss_unaccepted),
	KUNIT_CASE(rss_ends),
	KUNIT_CASE(rss_revived),
	KUNIT_CASE(rss_refused),
	{ }
};

static struct kunit_suite rss_suite = {
	.name = "virtio_rss",
	.init = fake_nic_init_virtio,
	.exit = fake_nic_exit,
	.test_cases = rss_cases,
};

kunit_test_suites(&rss_suite);
