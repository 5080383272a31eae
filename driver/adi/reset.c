// SPDX-License-Identifier: GPL-2.0-only
/*
 * The reset of a function that its user asks for, by FLR or by an ioctl; and how long a guest
 * waits in its own access when it has kept the firmware busy.
 */
#include <linux/delay.h>
#include <linux/etherdevice.h>

#include "../core/hw.h"
#include "adi.h"
#include "ops.h"

/* The longest that one access waits for what the guest has caused before, ms. */
#define SMNC_ACCESS_WAIT_MS	200

/**
 * smnc_adi_wait() - a guest that keeps the firmware busy waits here
 * @adi: its ADI; adi->lock is not held
 *
 * vdcm's lock of the ADI is held meanwhile, for which a reset of the PF waits: that ends it.
 *
 * Context: process; sleeps for SMNC_ACCESS_WAIT_MS at most.
 */
void smnc_adi_wait(struct smnc_adi *adi)
{
	u64 wait = min_t(u64, smnc_msgs_wait(adi), SMNC_ACCESS_WAIT_MS * NSEC_PER_MSEC);

	for (; wait && smnc_pf_is(adi->pf, SMNC_PF_UP); wait -= min_t(u64, wait, NSEC_PER_MSEC))
		usleep_range(1000, 1200);
}

int smnc_adi_reset(struct vdcm_adi *vadi)
{
	struct smnc_adi *adi = vdcm_adi_drvdata(vadi);
	unsigned int before;
	int err;

	if (!smnc_hw_alive(adi->pf))
		return -EIO;
	/* Others wait for one that is owed since a reset of the PF. */
	if (!adi->resumed)
		smnc_adi_wait(adi);
	adi->resumed = false;
	smnc_msgs_close(adi);
	mutex_lock(&adi->lock);
	before = adi->vsi.exchanges;
	adi->frozen = false;
	ether_addr_copy(adi->guest_mac, adi->addr.mac);
	if (adi->kind->flr)
		adi->kind->flr(adi);
	err = smnc_adi_restart(adi, false);
	smnc_msgs_charge(adi, adi->vsi.exchanges - before);
	mutex_unlock(&adi->lock);
	return err;
}
