// SPDX-License-Identifier: GPL-2.0-only
/*
 * A virtio device in hardware that was reset under it: it is given again what the driver
 * has agreed on and set up. adi->lock is held.
 *
 * Split rings are used in order, so the used index in the guest's memory is the state of a
 * VQ: the device goes on from there. A frame may be sent twice, none that was used is lost.
 */
#include <linux/etherdevice.h>

#include "virtio.h"

/* The VSI as the driver has it: its own address, its table, its queues. */
static int snic_virtio_revive_vsi(struct snic_adi *adi)
{
	struct snic_virtio *v = snic_virtio(adi);
	int err;

	/* The table brings them anew. */
	adi->nr_more = 0;
	adi->more_lost = false;
	err = snic_adi_vsi_again(adi);
	if (!err && v->nr_macs)
		err = snic_virtio_apply_macs(adi);
	if (!err)
		err = snic_virtio_set_pairs(adi, v->pairs);
	return err;
}

/**
 * snic_virtio_revive() - the device was reset, and the function is enabled again
 * @adi: ADI, its lock held, DMA off
 *
 * Return: 0 or errno: the ADI is lost.
 */
int snic_virtio_revive(struct snic_adi *adi)
{
	int err = snic_virtio_revive_vsi(adi);

	if (err)
		return err;
	err = snic_virtio_replay(adi);
	if (snic_adi_off(adi))
		return -EIO;
	if (err)
		snic_virtio_broken(adi, "it was not brought back");
	snic_virtio_link(adi);
	return 0;
}
