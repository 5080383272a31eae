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
 * struct snic_range - numbers that an attribute takes
 * @min: least
 * @max: greatest
 * @step: they are multiples of it
 */
struct snic_range {
	u32 min;
	u32 max;
	u32 step;
};

extern const struct snic_range snic_range_tx_rate;	/* Mb/s */
extern const struct snic_range snic_range_ring;		/* descriptors */
extern const struct snic_range snic_range_itr;		/* us */

/* Words of link_state, by enum snic_link_state; those of a switch, by bool. */
extern const char * const snic_link_words[];
extern const char * const snic_switch_words[];

enum snic_link_state {
	SNIC_LINK_AUTO,		/* follows the uplink */
	SNIC_LINK_ENABLE,	/* always up */
	SNIC_LINK_DISABLE,	/* always down, nothing is switched */
	SNIC_LINK_STATES
};

#define SNIC_SWITCH_WORDS	2

/**
 * enum snic_vlan_mode - which VLANs a device reaches
 * @SNIC_VLAN_ALL: every one if it is trusted, else as @SNIC_VLAN_UNTAGGED
 * @SNIC_VLAN_UNTAGGED: none, only frames without a tag
 * @SNIC_VLAN_PORT: one, whose tag it does not see
 * @SNIC_VLAN_TRUNK: those of a table, which it tags itself
 */
enum snic_vlan_mode {
	SNIC_VLAN_ALL,
	SNIC_VLAN_UNTAGGED,
	SNIC_VLAN_PORT,
	SNIC_VLAN_TRUNK,
};

/**
 * struct snic_vlan - value of the attribute vlan
 * @mode: see there
 * @port: SNIC_PORT_*, 0 unless @mode is SNIC_VLAN_PORT
 * @vids: a bit for each VID, empty unless @mode is SNIC_VLAN_TRUNK; bit 0: untagged
 */
struct snic_vlan {
	enum snic_vlan_mode mode;
	u32 port;
	u8 vids[SNIC_VIDS / 8];
};

/* Characters of the longest list: it is read back in one piece. */
#define SNIC_VLAN_TEXT_MAX	1024

int snic_parse_number(const char *buf, size_t count, const struct snic_range *range, u32 *value);
int snic_parse_word(const char *buf, size_t count, const char * const *words,
		    unsigned int nr, u32 *value);
int snic_parse_mac(const char *buf, size_t count, u8 *mac);
int snic_parse_vlan(const char *buf, size_t count, struct snic_vlan *vlan);
size_t snic_print_vlan(const struct snic_vlan *vlan, char *buf, size_t size);

#endif /* SMARTNIC_ATTRS_PARSE_H */
