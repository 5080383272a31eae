/* SPDX-License-Identifier: GPL-2.0-only */
/* What the targets share: the input as a stream of numbers, and assertions. */
#ifndef FUZZ_H
#define FUZZ_H

/* A property that does not hold is a finding, as a bad access is. */
#define must(x) \
	do { if (!(x)) { fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #x); abort(); } } while (0)

struct input {
	const u8 *data;
	size_t len;
};

/* After the end everything is 0. */
static inline u64 take(struct input *in, unsigned int bytes)
{
	u64 v = 0;
	unsigned int i;

	for (i = 0; i < bytes && in->len; i++) {
		v |= (u64)*in->data++ << 8 * i;
		in->len--;
	}
	return v;
}

static inline u8 take8(struct input *in) { return take(in, 1); }
static inline u16 take16(struct input *in) { return take(in, 2); }
static inline u32 take32(struct input *in) { return take(in, 4); }
static inline u64 take64(struct input *in) { return take(in, 8); }

/* 0..n-1 */
static inline u32 take_below(struct input *in, u32 n) { return (n > 256 ? take16(in) : take8(in)) % n; }

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

#endif /* FUZZ_H */
