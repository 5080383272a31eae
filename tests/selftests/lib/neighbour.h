/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The neighbour: a process of its own with two ADIs that send frames to each
 * other all the time. Whatever a test does to its own ADI, the neighbour must
 * neither stop nor see a byte change.
 */
#ifndef SELFTESTS_NEIGHBOUR_H
#define SELFTESTS_NEIGHBOUR_H

struct neighbour;

struct neighbour *neighbour_start(void);
/* Expects traffic to go on right now (three more rounds) and no error so far. */
void neighbour_alive(struct neighbour *n);
/* A last neighbour_alive(), then the end. */
void neighbour_stop(struct neighbour *n);

#endif /* SELFTESTS_NEIGHBOUR_H */
