/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Settings of an ADI that are a number or a word: a row is SMNC_CFG_*, its attribute, whether it
 * changes while the ADI is open, its usual value, and its valid values (struct smnc_cfg_attr;
 * nothing: 1 to the queues of the type, which are the usual value). No guard: included where
 * SMNC_CFG_ROW() is defined. mdevctl/smartnic.sh has a row of each, docs/abi describes it.
 */
SMNC_CFG_ROW(TX_RATE, tx_rate, true, 0, .range = &smnc_range_tx_rate)	/* Mb/s */
SMNC_CFG_ROW(TRUST, trust, true, false, SMNC_SWITCH)
SMNC_CFG_ROW(SPOOFCHK, spoofchk, true, true, SMNC_SWITCH)
SMNC_CFG_ROW(LINK, link_state, true, SMNC_LINK_AUTO, .words = smnc_link_words,
	     .nr_words = SMNC_LINK_STATES)
SMNC_CFG_ROW(QUEUES, queues, false, 0)
SMNC_CFG_ROW(RX_RING, rx_ring_size, false, SMNC_Q_LEN_MAX, .range = &smnc_range_ring)
SMNC_CFG_ROW(TX_RING, tx_ring_size, false, SMNC_Q_LEN_MAX, .range = &smnc_range_ring)
SMNC_CFG_ROW(ITR, itr, true, 0, .range = &smnc_range_itr)	/* us */
