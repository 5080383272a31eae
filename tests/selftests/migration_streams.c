// SPDX-License-Identifier: GPL-2.0-only
/*
 * Streams of a migration that anybody may have written, on tests/modules/vdcm-test: cut, flipped,
 * forged, with records that are unknown, of another type; in pieces of any size.
 */
#include <stdlib.h>
#include <unistd.h>

#include "lib/ktap.h"
#include "lib/pair.h"

#define HELLO	1
#define END	4

struct head {
	uint64_t size;
	uint32_t flags, tag;
};

/* The first error of a whole stream on B, which is as new afterwards. */
static int offer(const uint8_t *s, size_t len)
{
	int ret = mig_load(&b, s, len);

	REQUIRE_OK(vfio_reset(&b));
	return ret;
}

static void put_crc(uint8_t *s, size_t len)
{
	uint32_t crc = mig_crc32(s, len - 4);

	memcpy(s + len - 4, &crc, 4);
}

static struct head *record(uint8_t *s, uint32_t tag)
{
	struct head *h = (struct head *)s;

	while (h->tag != tag)
		h = (struct head *)((uint8_t *)h + HEAD + h->size);
	return h;
}

/* Clause: in pieces of any size, one byte as well. */
static void any_pieces(void)
{
	static const size_t steps[] = { 1, 7, 4095, 4097 };
	uint8_t *s, *t = malloc(MIG_ROOM);
	size_t len, i;
	int fd;

	s = pair_recorded(&len);
	for (i = 0; i < ARRAY_SIZE(steps); i++) {
		REQUIRE_OK(mig_set(&a, STOP_COPY, &fd));
		REQUIRE_EQ(mig_read(fd, t, steps[i]), len);
		EXPECT_MEM(t, s, len);
		REQUIRE_OK(mig_set(&a, RUNNING, NULL));
		close(fd);
		REQUIRE_OK(mig_set(&b, RESUMING, &fd));
		REQUIRE_EQ(mig_write(fd, t, len, steps[i]), len);
		REQUIRE_OK(mig_set(&b, RUNNING, NULL));
		close(fd);
		pair_check(&b);
		REQUIRE_OK(vfio_reset(&b));
	}
	free(s);
	free(t);
}

/* Clause: a stream that ends too early, anywhere, is none. */
static void truncated(void)
{
	size_t len, n;
	uint8_t *s = pair_recorded(&len);

	for (n = 0; n < len; n += n < 700 || len - n < 60 ? 1 : 241)
		if (!EXPECT_ERR(offer(s, n), EINVAL))
			ktap_note("... of %zu bytes %zu", len, n);
	EXPECT_OK(offer(s, len));
	free(s);
}

/* Clause: a bit that is another one, anywhere, and nothing is taken. */
static void flipped(void)
{
	size_t len, bit;
	uint8_t *s = pair_recorded(&len);

	for (bit = 0; bit < 8 * len; bit += bit < 8 * 200 || 8 * len - bit < 8 * 24 ? 1 : 1009) {
		s[bit / 8] ^= 1 << bit % 8;
		if (!EXPECT_ERR(offer(s, len), ANY_ERROR))
			ktap_note("... bit %zu", bit);
		s[bit / 8] ^= 1 << bit % 8;
	}
	EXPECT_OK(offer(s, len));
	free(s);
}

/* Put a record of @size bytes before that of @tag. Return: bytes of the stream. */
static size_t insert(uint8_t *to, uint8_t *s, size_t len, uint32_t tag, struct head h)
{
	size_t at = (size_t)((uint8_t *)record(s, tag) - s);

	memcpy(to, s, at);
	memcpy(to + at, &h, HEAD);
	memset(to + at + HEAD, 0x99, h.size);
	memcpy(to + at + HEAD + h.size, s + at, len - at);
	len += HEAD + h.size;
	put_crc(to, len);
	return len;
}

/* Clause: records of a later version: skipped if they may be, else refused. */
static void unknown_records(void)
{
	static const struct { struct head h; uint32_t before; int err; } made[] = {
		{ { 100, 1, 99 }, 2, 0 }, { { 0, 1, 99 }, 3, 0 }, { { 70000, 1, 5 }, END, 0 },
		{ { 100, 0, 99 }, 2, EOPNOTSUPP }, { { 100, 3, 99 }, 3, EOPNOTSUPP },
		{ { 100, 1, 99 }, HELLO, EINVAL }, { { 100, 0, 2 }, 2, EINVAL },
		{ { 1, 1, 0 }, 2, 0 },
	};
	uint8_t *s, *t = malloc(MIG_ROOM);
	size_t len, i;

	s = pair_recorded(&len);
	for (i = 0; i < ARRAY_SIZE(made); i++) {
		size_t n = insert(t, s, len, made[i].before, made[i].h);

		if (!EXPECT_EQ(offer(t, n), -made[i].err))
			ktap_note("... row %zu", i);
	}
	free(s);
	free(t);
}

/* Clause: a well-formed stream can have bad values: the target checks each record. */
static void forged(void)
{
	/* Offset in VDCM or DRIVER, and a value that is none. */
	static const struct { uint32_t tag, at, value; } bad[] = {
		{ 2, 0, 2 }, { 2, 4, 1 },	/* version, reserved */
		{ 2, 520, 2 },			/* MSI-X was used: 0 or 1 */
		{ 2, 553, 4 }, { 2, 560, 0x80 }, /* pending vectors that there are not */
		{ 2, 561, 4 },			/* the same of those written */
		{ 3, 16 + 0x301c, 1 }, { 3, 16 + 0x301c, 3 },	/* the sample's STATUS */
	};
	size_t len, i;
	uint8_t *s = pair_recorded(&len), *byte, old;

	EXPECT_EQ(record(s, 2)->size, 569);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		byte = (uint8_t *)record(s, bad[i].tag) + HEAD + bad[i].at;
		old = *byte;
		*byte = bad[i].value;
		put_crc(s, len);
		if (!EXPECT_ERR(offer(s, len), EINVAL))
			ktap_note("... row %zu", i);
		*byte = old;
	}
	/* Bits of config space that no guest can write are nothing, nor are those of the table. */
	memset((uint8_t *)record(s, 2) + HEAD + 8, 0xff, 512);
	memset((uint8_t *)record(s, 2) + HEAD + 521, 0xff, 32);
	put_crc(s, len);
	REQUIRE_OK(mig_load(&b, s, len));
	EXPECT_EQ(cfg_rd(&b, PCI_VENDOR_ID, 4), 0x0d021234);
	EXPECT_EQ(cfg_rd(&b, PCI_BASE_ADDRESS_0, 4), 0xffff0004);
	EXPECT_EQ(cfg_rd(&b, PCI_STATUS, 2), PCI_STATUS_CAP_LIST);
	REQUIRE_OK(vfio_reset(&b));
	free(s);
}

/* Clause: the state of a device of another type is refused by its first record. */
static void another_type(void)
{
	struct vfio_dev other;
	uint8_t *s;
	size_t len;
	int fd, ev;

	s = pair_recorded(&len);
	copier_open(&other, uuid_other, &ev, mem);
	REQUIRE_OK(mig_set(&other, RESUMING, &fd));
	EXPECT_ERR(mig_write(fd, s, HEAD + HELLO_LEN, HEAD + HELLO_LEN), EOPNOTSUPP);
	/* For good. */
	EXPECT_ERR(mig_write(fd, s + HEAD + HELLO_LEN, 1, 1), EOPNOTSUPP);
	EXPECT_ERR(mig_set(&other, STOP, NULL), EINVAL);
	EXPECT_EQ(mig_get(&other), RESUMING);
	REQUIRE_OK(vfio_reset(&other));
	cfg_command(&other, MEMORY | MASTER, 0);
	pair_works(&other, ev);
	close(fd);
	free(s);
}

static const struct ktap_case cases[] = {
	CASE(any_pieces),
	CASE_SECONDS(truncated, 60),
	CASE_SECONDS(flipped, 120),
	CASE(unknown_records),
	CASE(forged),
	CASE(another_type),
};

KTAP_MAIN("migration_streams", cases, pair_setup, mdev_cleanup)
