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

static const struct smnc_range smnc_range_vid = { 1, SMNC_VIDS - 2, 1 };
static const struct smnc_range smnc_range_prio = { 0, 7, 1 };
const struct smnc_range smnc_range_tx_rate = { 0, 100000, 1 };
/* Guests' drivers take no fewer than 64. */
const struct smnc_range smnc_range_ring = { 64, SMNC_Q_LEN_MAX, 32 };
const struct smnc_range smnc_range_itr = { 0, 2 * SMNC_FUNC_ITR_MIN_MASK, 2 };

const char * const smnc_link_words[] = {
	[SMNC_LINK_AUTO] = "auto",
	[SMNC_LINK_ENABLE] = "enable",
	[SMNC_LINK_DISABLE] = "disable",
};

const char * const smnc_switch_words[] = {
	[false] = "off",
	[true] = "on",
};

/* Length of the value: a NUL among the bytes never fits. */
static size_t smnc_value_len(const char *buf, size_t count)
{
	return count && buf[count - 1] == '\n' ? count - 1 : count;
}

/**
 * smnc_parse_number() - a decimal number without sign, blanks and leading zeros
 * @buf: text
 * @count: its length, bytes
 * @range: what is taken
 * @value: the number
 *
 * Return: 0, -EINVAL or -ERANGE.
 */
int smnc_parse_number(const char *buf, size_t count, const struct smnc_range *range, u32 *value)
{
	size_t len = smnc_value_len(buf, count), i;
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
 * smnc_parse_word() - one of a few words
 * @buf: text
 * @count: its length, bytes
 * @words: what is taken
 * @nr: their number
 * @value: index of the word
 *
 * Return: 0 or -EINVAL.
 */
int smnc_parse_word(const char *buf, size_t count, const char * const *words,
		    unsigned int nr, u32 *value)
{
	size_t len = smnc_value_len(buf, count);
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
 * smnc_parse_mac() - six pairs of digits with colons between them
 * @buf: text, NUL-terminated behind @count bytes
 * @count: its length, bytes
 * @mac: the address, 2-byte aligned
 *
 * Return: 0 or -EINVAL, also for a multicast address and for zero.
 */
int smnc_parse_mac(const char *buf, size_t count, u8 *mac)
{
	u8 addr[ETH_ALEN] __aligned(2);

	if (smnc_value_len(buf, count) != 3 * ETH_ALEN - 1 || !mac_pton(buf, addr) ||
	    !is_valid_ether_addr(addr))
		return -EINVAL;
	ether_addr_copy(mac, addr);
	return 0;
}

/* --- VLANs ------------------------------------------------------------------ */

/* What is left of a value. */
struct smnc_text {
	const char *at;
	const char *end;
};

static bool smnc_take(struct smnc_text *t, const char *word)
{
	size_t len = strlen(word);

	if (t->end - t->at < len || memcmp(t->at, word, len))
		return false;
	t->at += len;
	return true;
}

/* A number that is out of range is taken, too: what is behind it may be no form at all. */
static int smnc_take_number(struct smnc_text *t, const struct smnc_range *range, u32 *value)
{
	const char *from = t->at;

	while (t->at < t->end && *t->at >= '0' && *t->at <= '9')
		t->at++;
	return smnc_parse_number(from, t->at - from, range, value);
}

/* [802.1ad:]VID[:pPRIORITY] */
static int smnc_parse_port(struct smnc_text *t, struct smnc_vlan *vlan)
{
	u32 vid = 0, prio = 0;
	int err, prio_err = 0;

	vlan->mode = SMNC_VLAN_PORT;
	if (smnc_take(t, "802.1ad:"))
		vlan->port |= SMNC_PORT_8021AD;
	err = smnc_take_number(t, &smnc_range_vid, &vid);
	if (smnc_take(t, ":p")) {
		prio_err = smnc_take_number(t, &smnc_range_prio, &prio);
		vlan->port |= SMNC_PORT_PRIO_SET | prio << SMNC_PORT_PRIO_SHIFT;
	}
	vlan->port |= vid;
	if (t->at != t->end || prio_err == -EINVAL)
		return -EINVAL;
	return err ?: prio_err;
}

/* VID or VID-VID, at least 2 above @last, the VID taken last. */
static int smnc_parse_vids(struct smnc_text *t, u32 *last, bool alone, struct smnc_vlan *vlan)
{
	u32 vid, to;
	int err;

	err = smnc_take_number(t, &smnc_range_vid, &vid);
	if (err)
		return err;
	to = vid;
	if (smnc_take(t, "-")) {
		err = smnc_take_number(t, &smnc_range_vid, &to);
		if (err)
			return err;
		/* A list of one is written as a range of one: a number alone is a port VLAN. */
		if (to < vid || (to == vid && !(alone && t->at == t->end)))
			return -EINVAL;
	}
	if (*last && vid < *last + 2)
		return -EINVAL;
	*last = to;
	for (; vid <= to; vid++)
		vlan->vids[vid / 8] |= BIT(vid % 8);
	return 0;
}

/* Items with commas between them. Each list has one spelling: the one it is read in. */
static int smnc_parse_trunk(struct smnc_text *t, struct smnc_vlan *vlan)
{
	bool alone = true;
	u32 last = 0;
	int err;

	vlan->mode = SMNC_VLAN_TRUNK;
	if (smnc_take(t, "untagged,")) {
		vlan->vids[0] |= BIT(0);
		alone = false;
	}
	do {
		err = smnc_parse_vids(t, &last, alone, vlan);
		if (err)
			return err;
		alone = false;
	} while (smnc_take(t, ","));
	return t->at == t->end ? 0 : -EINVAL;
}

static int smnc_parse_vlan_text(struct smnc_text *t, struct smnc_vlan *vlan)
{
	size_t len = t->end - t->at;

	memset(vlan, 0, sizeof(*vlan));
	/* 0 is how "none" was spelled before there were other values. */
	if ((smnc_take(t, "all") || smnc_take(t, "0")) && t->at == t->end)
		return 0;
	t->at = t->end - len;
	if (smnc_take(t, "untagged") && t->at == t->end) {
		vlan->mode = SMNC_VLAN_UNTAGGED;
		return 0;
	}
	t->at = t->end - len;
	if (memchr(t->at, ',', len) || memchr(t->at, '-', len))
		return len > SMNC_VLAN_TEXT_MAX ? -EINVAL : smnc_parse_trunk(t, vlan);
	return smnc_parse_port(t, vlan);
}

/**
 * smnc_parse_vlan() - the VLANs of a device
 * @buf: text
 * @count: its length, bytes
 * @vlan: what it says; not valid on error
 *
 * Return: 0, -EINVAL, or -ERANGE for a VID or a priority there is not.
 */
int smnc_parse_vlan(const char *buf, size_t count, struct smnc_vlan *vlan)
{
	struct smnc_text t = { buf, buf + smnc_value_len(buf, count) };

	return smnc_parse_vlan_text(&t, vlan);
}

static bool smnc_vlan_has(const struct smnc_vlan *vlan, unsigned int vid)
{
	return vid < SMNC_VIDS && vlan->vids[vid / 8] & BIT(vid % 8);
}

static size_t smnc_print_port(u32 port, char *buf, size_t size)
{
	size_t n;

	n = scnprintf(buf, size, "%s%u", port & SMNC_PORT_8021AD ? "802.1ad:" : "",
		      port & SMNC_PORT_VID);
	if (port & SMNC_PORT_PRIO_SET)
		n += scnprintf(buf + n, size - n, ":p%u",
			       (port & SMNC_PORT_PRIO) >> SMNC_PORT_PRIO_SHIFT);
	return n;
}

static size_t smnc_print_trunk(const struct smnc_vlan *vlan, char *buf, size_t size)
{
	unsigned int vid, to, items = 0, single = 0;
	size_t n = 0;

	if (smnc_vlan_has(vlan, 0))
		n = scnprintf(buf, size, "untagged");
	for (vid = 1; vid < SMNC_VIDS; vid = to + 1) {
		to = vid;
		if (!smnc_vlan_has(vlan, vid))
			continue;
		while (smnc_vlan_has(vlan, to + 1))
			to++;
		n += scnprintf(buf + n, size - n, "%s%u", n ? "," : "", vid);
		if (to > vid)
			n += scnprintf(buf + n, size - n, "-%u", to);
		else
			single = vid;
		items++;
	}
	if (items == 1 && single && !smnc_vlan_has(vlan, 0))
		n += scnprintf(buf + n, size - n, "-%u", single);
	return n;
}

/**
 * smnc_print_vlan() - as smnc_parse_vlan() takes it
 * @vlan: valid value
 * @buf: where it goes, with a NUL behind it
 * @size: room, more than SMNC_VLAN_TEXT_MAX
 *
 * Return: number of characters.
 */
size_t smnc_print_vlan(const struct smnc_vlan *vlan, char *buf, size_t size)
{
	switch (vlan->mode) {
	case SMNC_VLAN_PORT:
		return smnc_print_port(vlan->port, buf, size);
	case SMNC_VLAN_TRUNK:
		return smnc_print_trunk(vlan, buf, size);
	case SMNC_VLAN_UNTAGGED:
		return scnprintf(buf, size, "untagged");
	default:
		return scnprintf(buf, size, "all");
	}
}
