// SPDX-License-Identifier: GPL-2.0-only
/* Which addresses of a guest can be memory to the device. */
#include <kunit/test.h>

#include "../../vdcm/objects/iova.h"

static void around(struct kunit *test, const struct vdcm_iova *v, u64 page, u64 first, u64 last)
{
	u64 f = page & ~15ull, l = f + 15;

	KUNIT_ASSERT_TRUE(test, vdcm_iova_has(v, page));
	vdcm_iova_around(v, page, &f, &l);
	KUNIT_EXPECT_EQ(test, f, first);
	KUNIT_EXPECT_EQ(test, l, last);
}

static void iova_all(struct kunit *test)
{
	struct vdcm_iova v;

	vdcm_iova_init(&v);
	KUNIT_EXPECT_TRUE(test, vdcm_iova_has(&v, 0));
	KUNIT_EXPECT_TRUE(test, vdcm_iova_has(&v, U64_MAX / 4096));
	around(test, &v, 5, 0, 15);
}

/* The smaller limit of two; of a page all bytes or none. */
static void iova_limits(struct kunit *test)
{
	struct vdcm_iova v;

	vdcm_iova_init(&v);
	vdcm_iova_limit(&v, 0, (1ull << 48) - 1);
	KUNIT_EXPECT_TRUE(test, vdcm_iova_has(&v, (1ull << 36) - 1));
	KUNIT_EXPECT_FALSE(test, vdcm_iova_has(&v, 1ull << 36));
	vdcm_iova_limit(&v, 0, U64_MAX);
	KUNIT_EXPECT_EQ(test, v.last, (1ull << 36) - 1);
	vdcm_iova_limit(&v, 0x2001, 0x1dffe);
	KUNIT_EXPECT_FALSE(test, vdcm_iova_has(&v, 2));
	KUNIT_EXPECT_TRUE(test, vdcm_iova_has(&v, 3));
	KUNIT_EXPECT_TRUE(test, vdcm_iova_has(&v, 0x1c));
	KUNIT_EXPECT_FALSE(test, vdcm_iova_has(&v, 0x1d));
	around(test, &v, 5, 3, 15);
	around(test, &v, 0x11, 0x10, 0x1c);
}

static void iova_holes(struct kunit *test)
{
	struct vdcm_iova v;
	unsigned int i;

	vdcm_iova_init(&v);
	KUNIT_EXPECT_EQ(test, vdcm_iova_reserve(&v, 0xfee00000, 0xfeefffff), 0);
	KUNIT_EXPECT_EQ(test, vdcm_iova_reserve(&v, 0x3fff, 0x5000), 0);
	KUNIT_EXPECT_TRUE(test, vdcm_iova_has(&v, 0xfedff));
	KUNIT_EXPECT_FALSE(test, vdcm_iova_has(&v, 0xfee00));
	KUNIT_EXPECT_FALSE(test, vdcm_iova_has(&v, 0xfeeff));
	KUNIT_EXPECT_TRUE(test, vdcm_iova_has(&v, 0xfef00));
	around(test, &v, 0xfedf3, 0xfedf0, 0xfedff);
	around(test, &v, 0xfef0f, 0xfef00, 0xfef0f);
	around(test, &v, 2, 0, 2);
	around(test, &v, 6, 6, 15);
	KUNIT_EXPECT_EQ(test, vdcm_iova_reserve(&v, 2, 1), -EINVAL);
	for (i = v.nr; i < VDCM_IOVA_HOLES; i++)
		KUNIT_EXPECT_EQ(test, vdcm_iova_reserve(&v, 1ull << 40, 1ull << 40), 0);
	KUNIT_EXPECT_EQ(test, vdcm_iova_reserve(&v, 0, 0), -ENOSPC);
	KUNIT_EXPECT_TRUE(test, vdcm_iova_has(&v, 0));
}

static struct kunit_case iova_cases[] = {
	KUNIT_CASE(iova_all),
	KUNIT_CASE(iova_limits),
	KUNIT_CASE(iova_holes),
	{ }
};

static struct kunit_suite iova_suite = {
	.name = "iova",
	.test_cases = iova_cases,
};

kunit_test_suites(&iova_suite);
