// SPDX-License-Identifier: GPL-2.0-only
/*
 * The states of a device, and the moves between them.
 */
#include <linux/bits.h>

#include "pf.h"

static const char * const smnc_pf_names[SMNC_NR_PF_STATES] = {
	[SMNC_PF_UP] = "up",
	[SMNC_PF_STOPPING] = "stopping",
	[SMNC_PF_STARTING] = "starting",
	[SMNC_PF_STUCK] = "stuck",
	[SMNC_PF_LOST] = "lost",
	[SMNC_PF_QUIESCED] = "quiesced",
	[SMNC_PF_DEAD] = "dead",
};

/* Trouble in SMNC_PF_STOPPING is SMNC_PF_QUIESCED at once: the way up resets the device. */
static const u32 smnc_pf_next[SMNC_NR_PF_STATES] = {
	[SMNC_PF_UP] = BIT(SMNC_PF_STOPPING) | BIT(SMNC_PF_STUCK) | BIT(SMNC_PF_LOST) |
		       BIT(SMNC_PF_QUIESCED) | BIT(SMNC_PF_DEAD),
	[SMNC_PF_STOPPING] = BIT(SMNC_PF_QUIESCED) | BIT(SMNC_PF_DEAD),
	[SMNC_PF_STARTING] = BIT(SMNC_PF_UP) | BIT(SMNC_PF_STUCK) | BIT(SMNC_PF_LOST) |
			     BIT(SMNC_PF_DEAD),
	[SMNC_PF_STUCK] = BIT(SMNC_PF_QUIESCED) | BIT(SMNC_PF_DEAD),
	[SMNC_PF_LOST] = BIT(SMNC_PF_QUIESCED) | BIT(SMNC_PF_DEAD),
	[SMNC_PF_QUIESCED] = BIT(SMNC_PF_STARTING) | BIT(SMNC_PF_DEAD),
	[SMNC_PF_DEAD] = 0,
};

const struct vdcm_states smnc_pf_states = { smnc_pf_names, smnc_pf_next };

/**
 * smnc_pf_move() - move a device to another state
 * @pf: PF; its device lock is held, unless @to is one of trouble: any context then. Before a
 *	state without access to the device the caller has turned bus mastering off
 * @to: new state
 *
 * Return: false if @to cannot follow the device's state.
 */
bool smnc_pf_move(struct smnc_pf *pf, enum smnc_pf_state to)
{
	unsigned int from;

	if (!vdcm_state_move(&smnc_pf_states, &pf->state, to, &from))
		return false;
	pci_dbg(pf->pdev, "%s -> %s\n", smnc_pf_names[from], smnc_pf_names[to]);
	return true;
}
