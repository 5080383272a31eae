// SPDX-License-Identifier: GPL-2.0-only
/*
 * The states of a PF and of an ADI, and the moves between them.
 */
#include <linux/bits.h>
#include <linux/device.h>

#include "internal.h"

static const char * const parent_names[VDCM_NR_PARENT_STATES] = {
	[VDCM_PARENT_UP] = "up",
	[VDCM_PARENT_QUIESCED] = "quiesced",
	[VDCM_PARENT_DEAD] = "dead",
};

static const u32 parent_next[VDCM_NR_PARENT_STATES] = {
	[VDCM_PARENT_UP] = BIT(VDCM_PARENT_QUIESCED) | BIT(VDCM_PARENT_DEAD),
	[VDCM_PARENT_QUIESCED] = BIT(VDCM_PARENT_UP) | BIT(VDCM_PARENT_DEAD),
	[VDCM_PARENT_DEAD] = 0,
};

const struct vdcm_states vdcm_parent_states = { parent_names, parent_next };

static const char * const adi_names[VDCM_NR_ADI_STATES] = {
	[VDCM_ADI_CLOSED] = "closed",
	[VDCM_ADI_OPEN] = "open",
	[VDCM_ADI_AWAY] = "away",
	[VDCM_ADI_LOST] = "lost",
	[VDCM_ADI_REVOKED] = "revoked",
	[VDCM_ADI_CLOSING] = "closing",
};

/* An open that fails ends in VDCM_ADI_CLOSED at once. */
static const u32 adi_next[VDCM_NR_ADI_STATES] = {
	[VDCM_ADI_CLOSED] = BIT(VDCM_ADI_OPEN),
	[VDCM_ADI_OPEN] = BIT(VDCM_ADI_AWAY) | BIT(VDCM_ADI_LOST) | BIT(VDCM_ADI_REVOKED) |
			  BIT(VDCM_ADI_CLOSING) | BIT(VDCM_ADI_CLOSED),
	[VDCM_ADI_AWAY] = BIT(VDCM_ADI_OPEN) | BIT(VDCM_ADI_LOST) | BIT(VDCM_ADI_REVOKED) |
			  BIT(VDCM_ADI_CLOSING),
	[VDCM_ADI_LOST] = BIT(VDCM_ADI_REVOKED) | BIT(VDCM_ADI_CLOSING) | BIT(VDCM_ADI_CLOSED),
	[VDCM_ADI_REVOKED] = BIT(VDCM_ADI_CLOSING),
	[VDCM_ADI_CLOSING] = BIT(VDCM_ADI_CLOSED),
};

const struct vdcm_states vdcm_adi_states = { adi_names, adi_next };

/**
 * vdcm_parent_move() - move a PF to another state
 * @parent: parent; its list_lock is held, unless @to is VDCM_PARENT_DEAD
 * @to: new state
 *
 * Return: false if @to cannot follow the PF's state: a dead PF stays dead.
 */
bool vdcm_parent_move(struct vdcm_parent *parent, enum vdcm_parent_state to)
{
	unsigned int from;

	if (to != VDCM_PARENT_DEAD)
		lockdep_assert_held(&parent->list_lock);
	if (!vdcm_state_move(&vdcm_parent_states, &parent->state, to, &from))
		return false;
	dev_dbg(parent->dev, "vdcm: %s -> %s\n", parent_names[from], parent_names[to]);
	return true;
}

/**
 * vdcm_adi_move() - move an ADI to another state
 * @adi: ADI; adi->lock is held, unless @to is VDCM_ADI_LOST
 * @to: new state
 *
 * Return: false if @to cannot follow the ADI's state.
 */
bool vdcm_adi_move(struct vdcm_adi *adi, enum vdcm_adi_state to)
{
	unsigned int from;

	if (to != VDCM_ADI_LOST)
		lockdep_assert_held(&adi->lock);
	if (!vdcm_state_move(&vdcm_adi_states, &adi->state, to, &from))
		return false;
	dev_dbg(adi->dev, "%s -> %s\n", adi_names[from], adi_names[to]);
	return true;
}
