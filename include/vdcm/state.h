/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The state of an object as one number: which moves there are is a table, and each move is
 * atomic, so that a failure may be reported from any context.
 */
#ifndef VDCM_STATE_H
#define VDCM_STATE_H

#include <linux/atomic.h>
#include <linux/types.h>

/**
 * struct vdcm_states - the states of a kind of object
 * @names: by state, for messages
 * @next: by state: a bit for each state that may follow
 */
struct vdcm_states {
	const char * const *names;
	const u32 *next;
};

/**
 * vdcm_state_move() - move an object to another state, if the table has that move
 * @states: the table
 * @state: state of the object
 * @to: new state
 * @from: gets the state before, also if that stays
 *
 * A full barrier if it moves. What else protects @state is its owner's.
 *
 * Context: any.
 * Return: it has moved.
 */
static inline bool vdcm_state_move(const struct vdcm_states *states, unsigned int *state,
				   unsigned int to, unsigned int *from)
{
	unsigned int now = READ_ONCE(*state);

	do {
		*from = now;
		if (!(states->next[now] & 1u << to))
			return false;
	} while (!try_cmpxchg(state, &now, to));
	return true;
}

#endif /* VDCM_STATE_H */
