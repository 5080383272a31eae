// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is written to an attribute of an ADI, understood. See attrs_parse.h.
 */
#include <linux/errno.h>
#include <linux/etherdevice.h>
#include <linux/limits.h>
#include <linux/string.h>

#include <compat/hex.h>
#include <smartnic/regs.h>

#include "attrs_parse.h"

const struct snic_range snic_range_vlan = { 0, 4094, 1 };
const struct snic_range snic_range_tx_rate = { 0, 100000, 1 };
/* Guests' drivers take no fewer than 64. */
const struct snic_range snic_range_ring = { 64, SNIC_Q_LEN_MAX, 32 };
const struct snic_range snic_range_itr = { 0, 2 * SNIC_FUNC_ITR_MIN_MASK, 2 };

const char * const snic_link_words[] = {
	[SNIC_LINK_AUTO] = "auto",
	[SNIC_LINK_ENABLE] = "enable",
	[SNIC_LINK_DISABLE] = "disable",
};

const char * const snic_switch_words[] = {
	[false] = "off",
	[true] = "on",
};

/* Length of the value: a NUL among the bytes never fits. */
static size_t snic_value_len(const char *buf, size_t count)
{
	return count && buf[count - 1] == '\n' ? count - 1 : count;
}

/**
 * snic_parse_number() - a decimal number without sign, blanks and leading zeros
 * @buf: what was written
 * @count: its length, bytes
 * @range: what is taken
 * @value: the number
 *
 * Return: 0, -EINVAL or -ERANGE.
 */
int snic_parse_number(const char *buf, size_t count, const struct snic_range *range, u32 *value)
{
	size_t len = snic_value_len(buf, count), i;
	u64 v = 0;

	if (!len || (len > 1 && buf[0] == '0'))
		return -EINVAL;
	for (i = 0; i < len; i++) {
		if (buf[i] < '0' || buf[i] > '9')
			return -EINVAL;
		/* However long it is: beyond 32 bits it is out of range. */
		if (v <= U32_MAX)
			v = v * 10 + (buf[i] - '0');
	}
	if (v < range->min || v > range->max || (u32)v % range->step)
		return -ERANGE;
	*value = v;
	return 0;
}

/**
 * snic_parse_word() - one of a few words
 * @buf: what was written
 * @count: its length, bytes
 * @words: what is taken
 * @nr: their number
 * @value: index of the word
 *
 * Return: 0 or -EINVAL.
 */
int snic_parse_word(const char *buf, size_t count, const char * const *words,
		    unsigned int nr, u32 *value)
{
	size_t len = snic_value_len(buf, count);
	unsigned int i;

	for (i = 0; i < nr; i++) {
		if (strlen(words[i]) == len && !memcmp(words[i], buf, len)) {
			*value = i;
			return 0;
		}
	}
	return -EINVAL;
}

/**
 * snic_parse_mac() - six pairs of digits with colons between them
 * @buf: what was written, NUL-terminated behind @count bytes
 * @count: its length, bytes
 * @mac: the address, 2-byte aligned
 *
 * Return: 0 or -EINVAL, also for a multicast address and for zero.
 */
int snic_parse_mac(const char *buf, size_t count, u8 *mac)
{
	u8 addr[ETH_ALEN] __aligned(2);

	if (snic_value_len(buf, count) != 3 * ETH_ALEN - 1 || !mac_pton(buf, addr) ||
	    !is_valid_ether_addr(addr))
		return -EINVAL;
	ether_addr_copy(mac, addr);
	return 0;
}
