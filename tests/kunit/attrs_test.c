// SPDX-License-Identifier: GPL-2.0-only
/* What is written to an attribute, byte by byte. */
#include <kunit/test.h>
#include <linux/etherdevice.h>

#include "../../driver/adi/attrs_parse.h"

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
	static const struct smnc_range range = { 10, 100, 5 };
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

		KUNIT_EXPECT_EQ_MSG(test, smnc_parse_number(samples[i].text, samples[i].len, &range,
							    &value), samples[i].ret,
				    "\"%s\"", samples[i].text);
		KUNIT_EXPECT_EQ_MSG(test, value, samples[i].value, "\"%s\"", samples[i].text);
	}
}

/* The ranges, at and beyond both ends. */
static void attrs_ranges(struct kunit *test)
{
	static const struct {
		const struct smnc_range *range;
		u32 good[4];
		u32 bad[4];
	} ranges[] = {
		{ &smnc_range_tx_rate, { 0, 1, 99999, 100000 }, { 100001, ~0U, 200000, 1 << 20 } },
		{ &smnc_range_ring, { 64, 96, 4064, 4096 }, { 0, 32, 65, 4128 } },
		{ &smnc_range_itr, { 0, 2, 8188, 8190 }, { 1, 8189, 8191, 8192 } },
	};
	unsigned int i, k;
	char text[16];
	u32 value;

	for (i = 0; i < ARRAY_SIZE(ranges); i++) {
		for (k = 0; k < 4; k++) {
			int n = snprintf(text, sizeof(text), "%u\n", ranges[i].good[k]);

			KUNIT_EXPECT_EQ(test, smnc_parse_number(text, n, ranges[i].range, &value),
					0);
			KUNIT_EXPECT_EQ(test, value, ranges[i].good[k]);
			n = snprintf(text, sizeof(text), "%u\n", ranges[i].bad[k]);
			KUNIT_EXPECT_EQ_MSG(test, smnc_parse_number(text, n, ranges[i].range,
								    &value), -ERANGE, "%s", text);
		}
	}
}

static void attrs_words(struct kunit *test)
{
	static const struct sample samples[] = {
		GOOD("auto", SMNC_LINK_AUTO), GOOD("enable\n", SMNC_LINK_ENABLE),
		GOOD("disable", SMNC_LINK_DISABLE),
		BAD("", -EINVAL), BAD("\n", -EINVAL), BAD("aut", -EINVAL), BAD("autos", -EINVAL),
		BAD("Auto", -EINVAL), BAD(" auto", -EINVAL), BAD("auto ", -EINVAL),
		BAD("auto\n\n", -EINVAL), BAD("auto\0", -EINVAL), BAD("on", -EINVAL),
	};
	unsigned int i;
	u32 value;

	for (i = 0; i < ARRAY_SIZE(samples); i++) {
		value = UNTOUCHED;
		KUNIT_EXPECT_EQ_MSG(test, smnc_parse_word(samples[i].text, samples[i].len,
							  smnc_link_words, SMNC_LINK_STATES,
							  &value), samples[i].ret,
				    "\"%s\"", samples[i].text);
		KUNIT_EXPECT_EQ(test, value, samples[i].value);
	}
	KUNIT_EXPECT_EQ(test, smnc_parse_word("on\n", 3, smnc_switch_words, 2, &value), 0);
	KUNIT_EXPECT_EQ(test, value, 1);
	KUNIT_EXPECT_EQ(test, smnc_parse_word("off", 3, smnc_switch_words, 2, &value), 0);
	KUNIT_EXPECT_EQ(test, value, 0);
	KUNIT_EXPECT_EQ(test, smnc_parse_word("1", 1, smnc_switch_words, 2, &value), -EINVAL);
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
		KUNIT_EXPECT_EQ_MSG(test, smnc_parse_mac(samples[i].text, samples[i].len, mac),
				    samples[i].ret, "\"%s\"", samples[i].text);
		KUNIT_EXPECT_MEMEQ(test, mac, samples[i].ret ? none : good, ETH_ALEN);
	}
}

/* Each is read back as it was written; as a port or as a list of VIDs. */
static void attrs_vlan_taken(struct kunit *test)
{
	static const struct {
		const char *text;
		enum smnc_vlan_mode mode;
		u32 port;
		u16 has[4], hasnt[4];	/* 0xffff: no more */
	} good[] = {
		{ "all", SMNC_VLAN_ALL }, { "untagged", SMNC_VLAN_UNTAGGED },
		{ "1", SMNC_VLAN_PORT, 1 }, { "100", SMNC_VLAN_PORT, 100 },
		{ "4094", SMNC_VLAN_PORT, 4094 },
		{ "100:p0", SMNC_VLAN_PORT, 100 | SMNC_PORT_PRIO_SET },
		{ "100:p7", SMNC_VLAN_PORT, 100 | SMNC_PORT_PRIO_SET | 7 << 13 },
		{ "802.1ad:100", SMNC_VLAN_PORT, 100 | SMNC_PORT_8021AD },
		{ "802.1ad:4094:p3", SMNC_VLAN_PORT,
		  4094 | SMNC_PORT_8021AD | SMNC_PORT_PRIO_SET | 3 << 13 },
		{ "100-100", SMNC_VLAN_TRUNK, 0, { 100 }, { 0, 99, 101, 1 } },
		{ "untagged,100", SMNC_VLAN_TRUNK, 0, { 0, 100 }, { 1, 99, 101, 4094 } },
		{ "100,200-210", SMNC_VLAN_TRUNK, 0, { 100, 200, 205, 210 },
		  { 0, 101, 199, 211 } },
		{ "untagged,1,3-4094", SMNC_VLAN_TRUNK, 0, { 0, 1, 3, 4094 }, { 2, 4095 } },
		{ "1-4094", SMNC_VLAN_TRUNK, 0, { 1, 2, 128, 4094 }, { 0, 4095 } },
		{ "1,3,5,7,9", SMNC_VLAN_TRUNK, 0, { 1, 9 }, { 0, 2, 8, 10 } },
	};
	struct smnc_vlan *vlan = kunit_kmalloc(test, sizeof(*vlan), GFP_KERNEL);
	char *text = kunit_kmalloc(test, PAGE_SIZE, GFP_KERNEL);
	unsigned int i, k, n;

	KUNIT_ASSERT_NOT_NULL(test, vlan);
	KUNIT_ASSERT_NOT_NULL(test, text);
	for (i = 0; i < ARRAY_SIZE(good); i++) {
		n = strlen(good[i].text);
		KUNIT_EXPECT_EQ_MSG(test, smnc_parse_vlan(good[i].text, n, vlan), 0, "%s",
				    good[i].text);
		KUNIT_EXPECT_EQ_MSG(test, vlan->mode, good[i].mode, "%s", good[i].text);
		KUNIT_EXPECT_EQ_MSG(test, vlan->port, good[i].port, "%s", good[i].text);
		for (k = 0; k < 4 && good[i].mode == SMNC_VLAN_TRUNK; k++) {
			u16 has = good[i].has[k], hasnt = good[i].hasnt[k];

			if (has || !k)
				KUNIT_EXPECT_TRUE_MSG(test, vlan->vids[has / 8] & BIT(has % 8),
						      "%s: %u", good[i].text, has);
			if (hasnt || !k)
				KUNIT_EXPECT_FALSE_MSG(test,
						       vlan->vids[hasnt / 8] & BIT(hasnt % 8) &&
						       hasnt, "%s: %u", good[i].text, hasnt);
		}
		KUNIT_EXPECT_EQ(test, smnc_print_vlan(vlan, text, PAGE_SIZE), n);
		KUNIT_EXPECT_STREQ(test, text, good[i].text);
		text[n] = '\n';
		KUNIT_EXPECT_EQ(test, smnc_parse_vlan(text, n + 1, vlan), 0);
	}
	KUNIT_EXPECT_EQ(test, smnc_parse_vlan("0", 1, vlan), 0);
	KUNIT_EXPECT_EQ(test, vlan->mode, SMNC_VLAN_ALL);
}

static void attrs_vlan_refused(struct kunit *test)
{
	static const struct sample samples[] = {
		BAD("", -EINVAL), BAD("\n", -EINVAL), BAD("ALL", -EINVAL), BAD("all,1", -EINVAL),
		BAD("all ", -EINVAL), BAD("alle", -EINVAL), BAD("none", -EINVAL),
		BAD("untag", -EINVAL), BAD("untagged,", -EINVAL), BAD("1,untagged", -EINVAL),
		BAD("untagged,untagged", -EINVAL), BAD("untagged,all", -EINVAL),
		BAD("untagged-5", -EINVAL), BAD("00", -EINVAL), BAD("01", -EINVAL),
		BAD("0x10", -EINVAL), BAD("-1", -EINVAL), BAD("+1", -EINVAL), BAD("1 ", -EINVAL),
		BAD(" 1", -EINVAL), BAD("1\n\n", -EINVAL), BAD("1\0", -EINVAL), BAD("0\0", -EINVAL),
		BAD("4095", -ERANGE), BAD("4294967297", -ERANGE), BAD("0:p1", -ERANGE),
		BAD("100:p8", -ERANGE), BAD("100:p", -EINVAL), BAD("100:p07", -EINVAL),
		BAD("100:3", -EINVAL), BAD("100:", -EINVAL), BAD("100:p3:p3", -EINVAL),
		BAD("802.1ad", -EINVAL), BAD("802.1ad:", -EINVAL), BAD("802.1ad:0", -ERANGE),
		BAD("802.1q:5", -EINVAL), BAD("802.1ad:802.1ad:5", -EINVAL),
		BAD("100:802.1ad", -EINVAL), BAD("802.1ad:1,2", -EINVAL), BAD("1-5:p3", -EINVAL),
		BAD("1,", -EINVAL), BAD(",1", -EINVAL), BAD("1,,3", -EINVAL), BAD("1-", -EINVAL),
		BAD("-", -EINVAL), BAD(",", -EINVAL), BAD("1-2-3", -EINVAL), BAD("5-4", -EINVAL),
		BAD("1,3-3", -EINVAL), BAD("3-3,5", -EINVAL), BAD("untagged,3-3", -EINVAL),
		/* each list has one spelling */
		BAD("1,2", -EINVAL), BAD("1-2,3", -EINVAL), BAD("1,2-3", -EINVAL),
		BAD("2,1", -EINVAL), BAD("1,1", -EINVAL), BAD("1-5,3", -EINVAL),
		BAD("0,1", -ERANGE), BAD("0-5", -ERANGE), BAD("1-4095", -ERANGE),
		BAD("1,4095", -ERANGE),
	};
	struct smnc_vlan *vlan = kunit_kmalloc(test, sizeof(*vlan), GFP_KERNEL);
	char *text = kunit_kmalloc(test, PAGE_SIZE, GFP_KERNEL);
	unsigned int i, vid, n = 0;

	KUNIT_ASSERT_NOT_NULL(test, vlan);
	KUNIT_ASSERT_NOT_NULL(test, text);
	for (i = 0; i < ARRAY_SIZE(samples); i++)
		KUNIT_EXPECT_EQ_MSG(test, smnc_parse_vlan(samples[i].text, samples[i].len, vlan),
				    samples[i].ret, "\"%s\"", samples[i].text);
	/* The longest list, and one item more. */
	for (vid = 1000; n <= SMNC_VLAN_TEXT_MAX - 5; vid += 2)
		n += sprintf(text + n, "%s%u", n ? "," : "", vid);
	KUNIT_EXPECT_EQ(test, smnc_parse_vlan(text, n, vlan), 0);
	n += sprintf(text + n, ",%u", vid);
	KUNIT_EXPECT_GT(test, n, SMNC_VLAN_TEXT_MAX);
	KUNIT_EXPECT_EQ(test, smnc_parse_vlan(text, n, vlan), -EINVAL);
}

static struct kunit_case attrs_cases[] = {
	KUNIT_CASE(attrs_number),
	KUNIT_CASE(attrs_ranges),
	KUNIT_CASE(attrs_words),
	KUNIT_CASE(attrs_mac),
	KUNIT_CASE(attrs_vlan_taken),
	KUNIT_CASE(attrs_vlan_refused),
	{ }
};

static struct kunit_suite attrs_suite = {
	.name = "attributes",
	.test_cases = attrs_cases,
};

kunit_test_suites(&attrs_suite);
