/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What vdcm/irq.c and vdcm/vfio/irq.c ask of the kernel: eventfds, which count, and the irq bypass
 * manager, which remembers. They replace the kernel's own in vdcm_kunit.ko.
 */
#ifndef FAKE_VFIO_H
#define FAKE_VFIO_H

#include <kunit/test.h>
#include <linux/spinlock.h>

#define FAKE_FD		100	/* file descriptors of the eventfds, from here on */
#define FAKE_FDS	16

/**
 * struct fake_vfio - what was seen
 * @test: the running test
 * @lock: held whenever an eventfd is signalled
 * @signals: how often each eventfd was signalled
 * @refs: references to each
 * @producers: producers registered
 * @bypass_error: what registering one returns
 */
struct fake_vfio {
	struct kunit *test;
	spinlock_t *lock; /* the device's: see above */
	int signals[FAKE_FDS];
	int refs[FAKE_FDS];
	int producers;
	int bypass_error;
};

extern struct fake_vfio fake_vfio;

void fake_vfio_init(struct kunit *test, spinlock_t *lock);

#endif /* FAKE_VFIO_H */
