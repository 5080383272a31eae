/* SPDX-License-Identifier: GPL-2.0-only */
/* tests/modules/vdcm-test: two devices of it, one for each end of a migration. */
#ifndef SELFTESTS_PAIR_H
#define SELFTESTS_PAIR_H

#include "copier.h"
#include "migrate.h"

#define PASSED	0x0000		/* pages of BAR 0: memory */
#define NOTE16	0x5002
#define NOTE64	0x5008
#define QUIET	50

#define MEMORY		PCI_COMMAND_MEMORY
#define MASTER		PCI_COMMAND_MASTER
#define RUNNING		VFIO_DEVICE_STATE_RUNNING
#define P2P		VFIO_DEVICE_STATE_RUNNING_P2P
#define STOP		VFIO_DEVICE_STATE_STOP
#define STOP_COPY	VFIO_DEVICE_STATE_STOP_COPY
#define RESUMING	VFIO_DEVICE_STATE_RESUMING
#define PRE_COPY	VFIO_DEVICE_STATE_PRE_COPY
#define PRE_COPY_P2P	VFIO_DEVICE_STATE_PRE_COPY_P2P

#define HEAD		16		/* bytes of a record's header (docs/migration.md) */
#define HELLO_LEN	88

extern char *uuid_a, *uuid_b, *uuid_other;	/* two of one type, one of another */
extern struct vfio_dev a, b;
extern int ev_a, ev_b;				/* their vectors 0 */
extern uint8_t *mem;				/* at IOVA, for all of them */

/* For ktap_suite.setup; skips the program where the subject is another one. */
void pair_setup(void);
/* Opens A and B, and A may do DMA. */
void pair_start(void);
void pair_hardware(const char *to);
/* Skips the case where no state leaves A, which is open. */
void pair_needs_source(void);

void pair_works(struct vfio_dev *d, int ev);
/* Gives a device something of all that a guest can; whether a device has it. */
void pair_fill(struct vfio_dev *d);
void pair_check(struct vfio_dev *d);
/* Both started, A filled and running: its stream; to be freed. */
uint8_t *pair_recorded(size_t *len);

#endif /* SELFTESTS_PAIR_H */
