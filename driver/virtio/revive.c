// SPDX-License-Identifier: GPL-2.0-only
/*
 * A virtio device in hardware that was reset under it: it is given again what the driver
 * has agreed on and set up. adi->lock is held.
 *
 * Split rings are used in order, so the used index in the guest's memory is the state of a
 * VQ: the device goes on from there. Of packed rings the device has written the place to memory
 * of the PF. A frame may be sent twice, none that was used is lost.
 */
#include <linux/etherdevice.h>

#include "virtio.h"

/* The VSI as the driver has it: its own address, its table, its queues. */
static int smnc_virtio_revive_vsi(struct smnc_adi *adi)
{
	struct smnc_virtio *v = smnc_virtio(adi);
	int err;

	/* The table brings them anew. */
	adi->nr_more = 0;
	adi->more_lost = false;
	err = smnc_adi_vsi_again(adi);
	if (!err && v->nr_macs)
		err = smnc_virtio_apply_macs(adi);
	if (!err)
		err = smnc_virtio_set_pairs(adi, v->pairs);
	return err;
}

/**
 * smnc_virtio_revive() - the device was reset, and the function is enabled again
 * @adi: ADI, its lock held, DMA off
 *
 * Return: 0 or errno: the ADI is lost.
 */
int smnc_virtio_revive(struct smnc_adi *adi)
{
	int err = smnc_virtio_revive_vsi(adi);

	/* The device delivers the command again. */
	smnc_virtio(adi)->again &= ~SMNC_VIRTIO_AGAIN_ANSWER;
	if (err)
		return err;
	err = smnc_virtio_replay(adi);
	if (smnc_adi_off(adi))
		return -EIO;
	if (err)
		smnc_virtio_broken(adi, "it was not brought back");
	smnc_virtio_link(adi);
	/* Later: neither its DMA nor the PF's netdev is back. */
	smnc_virtio_put_off(adi, SMNC_VIRTIO_AGAIN_ANNOUNCE);
	return 0;
}
