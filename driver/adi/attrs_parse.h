/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is written to an attribute of an ADI, understood. Pure: needs nothing of
 * a device.
 *
 * All take the bytes of one write, @count of them, with at most one newline at
 * the end and nothing else around the value. They change *@value only if they
 * return 0. -EINVAL: not of the form; -ERANGE: a number that the attribute does
 * not take.
 */
#ifndef SMARTNIC_ATTRS_PARSE_H
#define SMARTNIC_ATTRS_PARSE_H

#include <linux/types.h>

#include <smartnic/messages.h>

/**
 * struct smnc_range - numbers that an attribute takes
 * @min: least
 * @max: greatest
 * @step: they are multiples of it
 */
struct smnc_range {
	u32 min;
	u32 max;
	u32 step;
};

extern const struct smnc_range smnc_range_tx_rate;	/* Mb/s */
extern const struct smnc_range smnc_range_ring;		/* descriptors */
extern const struct smnc_range smnc_range_itr;		/* us */

/* Words of link_state, by enum smnc_link_state; those of a switch, by bool. */
extern const char * const smnc_link_words[];
extern const char * const smnc_switch_words[];

enum smnc_link_state {
	SMNC_LINK_AUTO,		/* follows the uplink */
	SMNC_LINK_ENABLE,	/* always up */
	SMNC_LINK_DISABLE,	/* always down, nothing is switched */
	SMNC_LINK_STATES
};

#define SMNC_SWITCH_WORDS	2

/**
 * enum smnc_vlan_mode - which VLANs a device reaches
 * @SMNC_VLAN_ALL: every one if it is trusted, else as @SMNC_VLAN_UNTAGGED
 * @SMNC_VLAN_UNTAGGED: none, only frames without a tag
 * @SMNC_VLAN_PORT: one, whose tag it does not see
 * @SMNC_VLAN_TRUNK: those of a table, which it tags itself
 */
enum smnc_vlan_mode {
	SMNC_VLAN_ALL,
	SMNC_VLAN_UNTAGGED,
	SMNC_VLAN_PORT,
	SMNC_VLAN_TRUNK,
};

/**
 * struct smnc_vlan - value of the attribute vlan
 * @mode: see there
 * @port: SMNC_PORT_*, 0 unless @mode is SMNC_VLAN_PORT
 * @vids: a bit for each VID, empty unless @mode is SMNC_VLAN_TRUNK; bit 0: untagged
 */
struct smnc_vlan {
	enum smnc_vlan_mode mode;
	u32 port;
	u8 vids[SMNC_VIDS / 8];
};

/* Characters of the longest list: it is read back in one piece. */
#define SMNC_VLAN_TEXT_MAX	1024

int smnc_parse_number(const char *buf, size_t count, const struct smnc_range *range, u32 *value);
int smnc_parse_word(const char *buf, size_t count, const char * const *words,
		    unsigned int nr, u32 *value);
int smnc_parse_mac(const char *buf, size_t count, u8 *mac);
int smnc_parse_vlan(const char *buf, size_t count, struct smnc_vlan *vlan);
size_t smnc_print_vlan(const struct smnc_vlan *vlan, char *buf, size_t size);

#endif /* SMARTNIC_ATTRS_PARSE_H */
