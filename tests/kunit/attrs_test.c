// SPDX-License-Identifier: GPL-2.0-only
/* What is written to an attribute, byte by byte. */
#include <kunit/test.h>
#include <linux/etherdevice.h>

#include "../../driver/attrs_parse.h"

#define UNTOUCHED	0xdeadbeef

struct sample {
	const char *text;
	size_t len;
	int ret;
	u32 value;
};

#define GOOD(_text, _value)	{ _text, sizeof(_text) - 1, 0, _value }
#define BAD(_text, _ret)	{ _text, sizeof(_text) - 1, _ret, UNTOUCHED }

static void attrs_number(struct kunit *test)
{
	static const struct snic_range range = { 10, 100, 5 };
	static const struct sample samples[] = {
		GOOD("10", 10), GOOD("10\n", 10), GOOD("100", 100), GOOD("15\n", 15),
		BAD("", -EINVAL), BAD("\n", -EINVAL), BAD("\n\n", -EINVAL), BAD("10\n\n", -EINVAL),
		BAD(" 10", -EINVAL), BAD("10 ", -EINVAL), BAD("+10", -EINVAL), BAD("-10", -EINVAL),
		BAD("010", -EINVAL), BAD("00", -EINVAL), BAD("0x10", -EINVAL), BAD("1O", -EINVAL),
		BAD("10\0", -EINVAL), BAD("\00010", -EINVAL), BAD("10/", -EINVAL),
		BAD("10:", -EINVAL), BAD("10\r\n", -EINVAL), BAD("10.0", -EINVAL),
		BAD("9", -ERANGE), BAD("5", -ERANGE), BAD("0", -ERANGE), BAD("11", -ERANGE),
		BAD("101", -ERANGE), BAD("105", -ERANGE), BAD("4294967296", -ERANGE),
		BAD("4294967306", -ERANGE), BAD("18446744073709551626", -ERANGE),
		BAD("99999999999999999999999999999999999999999990", -ERANGE),
		BAD("99999999999999999999999999999999999999999990x", -EINVAL),
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(samples); i++) {
		u32 value = UNTOUCHED;

		KUNIT_EXPECT_EQ_MSG(test, snic_parse_number(samples[i].text, samples[i].len, &range,
							    &value), samples[i].ret,
				    "\"%s\"", samples[i].text);
		KUNIT_EXPECT_EQ_MSG(test, value, samples[i].value, "\"%s\"", samples[i].text);
	}
}

/* The ranges, at and beyond both ends. */
static void attrs_ranges(struct kunit *test)
{
	static const struct {
		const struct snic_range *range;
		u32 good[4];
		u32 bad[4];
	} ranges[] = {
		{ &snic_range_vlan, { 0, 1, 4093, 4094 }, { 4095, 4096, 65536, 65537 } },
		{ &snic_range_tx_rate, { 0, 1, 99999, 100000 }, { 100001, ~0U, 200000, 1 << 20 } },
		{ &snic_range_ring, { 64, 96, 4064, 4096 }, { 0, 32, 65, 4128 } },
		{ &snic_range_itr, { 0, 2, 8188, 8190 }, { 1, 8189, 8191, 8192 } },
	};
	unsigned int i, k;
	char text[16];
	u32 value;

	for (i = 0; i < ARRAY_SIZE(ranges); i++) {
		for (k = 0; k < 4; k++) {
			int n = snprintf(text, sizeof(text), "%u\n", ranges[i].good[k]);

			KUNIT_EXPECT_EQ(test, snic_parse_number(text, n, ranges[i].range, &value),
					0);
			KUNIT_EXPECT_EQ(test, value, ranges[i].good[k]);
			n = snprintf(text, sizeof(text), "%u\n", ranges[i].bad[k]);
			KUNIT_EXPECT_EQ_MSG(test, snic_parse_number(text, n, ranges[i].range,
								    &value), -ERANGE, "%s", text);
		}
	}
}

static void attrs_words(struct kunit *test)
{
	static const struct sample samples[] = {
		GOOD("auto", SNIC_LINK_AUTO), GOOD("enable\n", SNIC_LINK_ENABLE),
		GOOD("disable", SNIC_LINK_DISABLE),
		BAD("", -EINVAL), BAD("\n", -EINVAL), BAD("aut", -EINVAL), BAD("autos", -EINVAL),
		BAD("Auto", -EINVAL), BAD(" auto", -EINVAL), BAD("auto ", -EINVAL),
		BAD("auto\n\n", -EINVAL), BAD("auto\0", -EINVAL), BAD("on", -EINVAL),
	};
	unsigned int i;
	u32 value;

	for (i = 0; i < ARRAY_SIZE(samples); i++) {
		value = UNTOUCHED;
		KUNIT_EXPECT_EQ_MSG(test, snic_parse_word(samples[i].text, samples[i].len,
							  snic_link_words, SNIC_LINK_STATES,
							  &value), samples[i].ret,
				    "\"%s\"", samples[i].text);
		KUNIT_EXPECT_EQ(test, value, samples[i].value);
	}
	KUNIT_EXPECT_EQ(test, snic_parse_word("on\n", 3, snic_switch_words, 2, &value), 0);
	KUNIT_EXPECT_EQ(test, value, 1);
	KUNIT_EXPECT_EQ(test, snic_parse_word("off", 3, snic_switch_words, 2, &value), 0);
	KUNIT_EXPECT_EQ(test, value, 0);
	KUNIT_EXPECT_EQ(test, snic_parse_word("1", 1, snic_switch_words, 2, &value), -EINVAL);
}

static void attrs_mac(struct kunit *test)
{
	static const struct sample samples[] = {
		GOOD("02:00:00:aB:cD:ef", 0), GOOD("02:00:00:ab:cd:ef\n", 0),
		BAD("", -EINVAL),
		BAD("02:00:00:ab:cd:e", -EINVAL), BAD("02:00:00:ab:cd:eff", -EINVAL),
		BAD("02-00-00-ab-cd-ef", -EINVAL), BAD("02:00:00:ab:cd:eg", -EINVAL),
		BAD("02:00:00:ab:cd:ef ", -EINVAL), BAD("02:00:00:ab:cd:ef\n\n", -EINVAL),
		BAD("00:00:00:00:00:00", -EINVAL), BAD("03:00:00:ab:cd:ef", -EINVAL),
		BAD("ff:ff:ff:ff:ff:ff", -EINVAL), BAD("02:00:00:ab:cd\0:e", -EINVAL),
	};
	static const u8 good[ETH_ALEN] = { 2, 0, 0, 0xab, 0xcd, 0xef };
	u8 mac[ETH_ALEN] __aligned(2);
	static const u8 none[ETH_ALEN];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(samples); i++) {
		eth_zero_addr(mac);
		KUNIT_EXPECT_EQ_MSG(test, snic_parse_mac(samples[i].text, samples[i].len, mac),
				    samples[i].ret, "\"%s\"", samples[i].text);
		KUNIT_EXPECT_MEMEQ(test, mac, samples[i].ret ? none : good, ETH_ALEN);
	}
}

static struct kunit_case attrs_cases[] = {
	KUNIT_CASE(attrs_number),
	KUNIT_CASE(attrs_ranges),
	KUNIT_CASE(attrs_words),
	KUNIT_CASE(attrs_mac),
	{ }
};

static struct kunit_suite attrs_suite = {
	.name = "attributes",
	.test_cases = attrs_cases,
};

kunit_test_suites(&attrs_suite);
