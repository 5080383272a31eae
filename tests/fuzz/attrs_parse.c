// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attributes: what is taken, printed again, is what was written; what is refused
 * changes nothing.
 */
#include "adi/attrs_parse.h"
#include "fuzz.h"

static void number(const char *s, size_t len, size_t bare, const struct smnc_range *range)
{
	u32 v = 0xdeadbeef;
	char again[16];
	int err = smnc_parse_number(s, len, range, &v);

	must(err == 0 || err == -EINVAL || err == -ERANGE);
	if (err) {
		must(v == 0xdeadbeef);
		return;
	}
	must(v >= range->min && v <= range->max && !(v % range->step));
	snprintf(again, sizeof(again), "%u", v);
	must(strlen(again) == bare && !memcmp(again, s, bare));
}

static void word(const char *s, size_t len, size_t bare, const char * const *words, unsigned int nr)
{
	u32 v = 0xdeadbeef;

	if (smnc_parse_word(s, len, words, nr, &v))
		must(v == 0xdeadbeef);
	else
		must(v < nr && strlen(words[v]) == bare && !memcmp(words[v], s, bare));
}

static void mac(const char *s, size_t len, size_t bare)
{
	u8 m[ETH_ALEN] __aligned(2) = { 9, 9, 9, 9, 9, 9 };
	char again[20];

	if (smnc_parse_mac(s, len, m)) {
		must(!memcmp(m, "\t\t\t\t\t\t", sizeof(m)));
		return;
	}
	must(is_valid_ether_addr(m));
	snprintf(again, sizeof(again), "%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3], m[4], m[5]);
	must(bare == 17 && !strncasecmp(again, s, 17));
}

static void vlan(const char *s, size_t len, size_t bare)
{
	/* Neither a page less nor more than sysfs has. */
	char *again = malloc(4096);
	struct smnc_vlan v, w;
	int err = smnc_parse_vlan(s, len, &v);
	size_t n;

	must(err == 0 || err == -EINVAL || err == -ERANGE);
	if (!err) {
		must(v.port == (v.mode == SMNC_VLAN_PORT ? v.port : 0));
		must(!(v.vids[SMNC_VIDS / 8 - 1] & 0x80));
		n = smnc_print_vlan(&v, again, 4096);
		must(n == strlen(again) && n <= SMNC_VLAN_TEXT_MAX);
		must((bare == 1 && s[0] == '0' && v.mode == SMNC_VLAN_ALL) ||
		     (n == bare && !memcmp(again, s, bare)));
		must(!smnc_parse_vlan(again, n, &w) && !memcmp(&v, &w, sizeof(v)));
	}
	free(again);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	size_t bare = size && data[size - 1] == '\n' ? size - 1 : size;
	/* As sysfs hands it over: a NUL behind it, and not a byte more. */
	char *s = malloc(size + 1);

	memcpy(s, data, size);
	s[size] = 0;
	vlan(s, size, bare);
	number(s, size, bare, &smnc_range_tx_rate);
	number(s, size, bare, &smnc_range_ring);
	number(s, size, bare, &smnc_range_itr);
	word(s, size, bare, smnc_link_words, SMNC_LINK_STATES);
	word(s, size, bare, smnc_switch_words, SMNC_SWITCH_WORDS);
	mac(s, size, bare);
	free(s);
	return 0;
}
