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

extern const struct snic_range snic_range_vlan;
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

int snic_parse_number(const char *buf, size_t count, const struct snic_range *range, u32 *value);
int snic_parse_word(const char *buf, size_t count, const char * const *words,
		    unsigned int nr, u32 *value);
int snic_parse_mac(const char *buf, size_t count, u8 *mac);

#endif /* SMARTNIC_ATTRS_PARSE_H */
