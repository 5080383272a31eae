// SPDX-License-Identifier: GPL-2.0-only
/*
 * The stream in which the state of an ADI travels: any bytes, fed in pieces of any size.
 * expect(), a plain reader of the whole stream, has the expected results.
 */
#include "fuzz.h"
#include "stream.h"

#define VDCM_MAX	300
#define DRIVER_MAX	1000
#define HEAD		sizeof(struct vdcm_stream_head)

static u8 bytes[1 << 16];
static size_t len;

static bool alloc_fails(void)
{
	return false;
}

/* The expected results for @bytes: the last complete record's tag, and an error behind it. */
static int expect(u32 *last)
{
	static const size_t max[] = { 0, 256, VDCM_MAX, DRIVER_MAX, 4 };
	size_t at = 0, skipped = 0;

	*last = 0;
	for (;;) {
		struct vdcm_stream_head h;
		u32 crc;

		if (*last == VDCM_TAG_END && at < len)
			return -EINVAL;
		if (len - at < HEAD)
			return 0;
		memcpy(&h, bytes + at, HEAD);
		at += HEAD;
		if (h.flags & ~1u)
			return -EOPNOTSUPP;
		if (!*last && h.tag != VDCM_TAG_HELLO)
			return -EINVAL;
		if (!h.tag || h.tag > VDCM_TAG_END) {
			if (!h.flags)
				return -EOPNOTSUPP;
			if (h.size > VDCM_STREAM_SKIP - skipped)
				return -E2BIG;
			skipped += h.size;
			if (h.size > len - at)
				return 0;
			at += h.size;
			continue;
		}
		if (h.tag != *last + 1)
			return -EINVAL;
		if (h.size > max[h.tag])
			return -E2BIG;
		if (!h.size || (h.tag == VDCM_TAG_END && h.size != 4))
			return -EINVAL;
		if (h.size > len - at)
			return 0;
		memcpy(&crc, bytes + at, 4);
		if (h.tag == VDCM_TAG_END && crc != vdcm_crc32(0, bytes, at))
			return -EBADMSG;
		at += h.size;
		*last = h.tag;
	}
}

static void put(const void *data, size_t n)
{
	if (n > sizeof(bytes) - len)
		n = sizeof(bytes) - len;
	memcpy(bytes + len, data, n);
	len += n;
}

/* A record, most of them nearly right. */
static void make_record(struct input *in, u32 tag)
{
	static const u8 zeroes[2000];
	u8 how = take8(in);
	struct vdcm_stream_head h = { .tag = how & 1 ? take8(in) % 8 : tag, .flags = how & 2 ? take8(in) & 3 : 0 };
	size_t n = how & 4 ? take16(in) % sizeof(zeroes) : 100;

	if (tag == VDCM_TAG_END && !(how & 8)) {
		u32 crc;

		h.size = 4;
		put(&h, HEAD);
		crc = vdcm_crc32(0, bytes, len);
		put(&crc, 4);
		return;
	}
	h.size = how & 16 ? take64(in) >> (take8(in) & 63) : n;
	put(&h, HEAD);
	put(zeroes, n);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct input in = { data, size };
	struct vdcm_stream_in s;
	u32 last, seen = 0, tag, step;
	size_t done, n;
	int want, ret = 0;

	len = 0;
	fuzz_alloc_fails = alloc_fails;
	if (take8(&in) & 1) {
		step = 1 + take8(&in);
		put(in.data, in.len);
	} else {
		step = 1 + take16(&in) % 5000;
		for (tag = 1; in.len && tag < 40; tag++)
			make_record(&in, tag);
	}
	want = expect(&last);
	vdcm_stream_open(&s, VDCM_MAX, DRIVER_MAX);
	for (done = 0; done < len && ret >= 0; done += n) {
		const u8 *p = bytes + done;
		size_t left;

		n = step < len - done ? step : len - done;
		left = n;
		do {
			ret = vdcm_stream_feed(&s, &p, &left);
			must(p + left == bytes + done + n);
			if (ret > 0)
				must(ret == (int)++seen);
		} while (ret > 0);
	}
	must((ret < 0 ? ret : 0) == want);
	must(seen == last);
	for (tag = 1; tag < VDCM_NR_TAGS; tag++)
		must(!s.data[tag] || s.len[tag] <= s.max[tag]);
	vdcm_stream_close(&s);
	return 0;
}
