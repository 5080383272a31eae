// SPDX-License-Identifier: GPL-2.0-only
/*
 * How far the driver of a virtio device has come: device_status, and its reset.
 *
 * The hardware is given nothing before FEATURES_OK, and no VQ before DRIVER_OK.
 */
#include <linux/etherdevice.h>

#include "virtio.h"

/* Bits of device_status that a driver sets. They stay until it resets the device. */
#define VIRTIO_DRIVERS_BITS	(VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER | \
				 VIRTIO_CONFIG_S_FEATURES_OK | VIRTIO_CONFIG_S_DRIVER_OK | \
				 VIRTIO_CONFIG_S_FAILED)

/* Return: whether the bit may be set. A PF that is being reset is asked later. */
static bool snic_virtio_agree(struct snic_adi *adi)
{
	struct snic_virtio *v = snic_virtio(adi);
	int err;

	if (!snic_virtio_acceptable(adi)) {
		vdcm_limited(adi->vdcm, notice, "features %#llx of the guest refused\n",
			     snic_virtio_accepted(v));
		return false;
	}
	v->used = true;
	v->offloads = snic_virtio_accepted(v) & SNIC_VIRTIO_OFFLOADS;
	if (snic_adi_off(adi))
		return true;
	err = snic_virtio_give_features(adi);
	return !err || snic_adi_off(adi);
}

/**
 * snic_virtio_write_status() - the driver writes device_status
 * @adi: ADI, its lock held
 * @value: what it writes; 0 resets the device
 *
 * Return: what is to be done without the lock.
 */
enum snic_virtio_act snic_virtio_write_status(struct snic_adi *adi, u8 value)
{
	struct snic_virtio *v = snic_virtio(adi);
	u8 added = value & ~v->status & VIRTIO_DRIVERS_BITS;

	if (!value) {
		if (v->used)
			return SNIC_VIRTIO_RESET;
		snic_virtio_forget(adi);
		return SNIC_VIRTIO_DONE;
	}
	if (added & VIRTIO_CONFIG_S_FEATURES_OK && !snic_virtio_agree(adi))
		added &= ~VIRTIO_CONFIG_S_FEATURES_OK;
	if (!((v->status | added) & VIRTIO_CONFIG_S_FEATURES_OK))
		added &= ~VIRTIO_CONFIG_S_DRIVER_OK;
	v->status |= added;
	if (added & VIRTIO_CONFIG_S_DRIVER_OK && snic_virtio_start_vqs(adi))
		snic_virtio_broken(adi, "its queues do not start");
	return SNIC_VIRTIO_DONE;
}

/**
 * snic_virtio_forget() - all that a driver has set is as before it came
 * @adi: ADI, its lock held, the function reset or not there
 */
void snic_virtio_forget(struct snic_adi *adi)
{
	struct snic_virtio *v = snic_virtio(adi);
	unsigned int i;

	v->device_select = 0;
	v->driver_select = 0;
	memset(v->driver, 0, sizeof(v->driver));
	v->status = 0;
	v->isr = 0;
	v->config_vector = SNIC_VQ_NO_VECTOR;
	v->queue_select = 0;
	for (i = 0; i < SNIC_VIRTIO_VQS; i++)
		snic_virtio_vq_forget(adi, i);
	v->used = false;
	v->promisc = false;
	v->allmulti = false;
	v->crowded = false;
	v->pairs = 1;
	v->offloads = 0;
	v->nr_macs = 0;
	snic_adi_clear_wishes(adi);
	ether_addr_copy(adi->guest_mac, adi->addr.mac);
	ether_addr_copy(v->mac, adi->addr.mac);
	v->link = snic_adi_link_up(adi);
	v->changed = true;
}

/**
 * snic_virtio_restart() - the driver resets the device
 * @adi: ADI; its lock is not held
 *
 * When this returns there is no DMA for the driver under way, and device_status reads 0.
 *
 * Context: process; the ADI's worker is waited for.
 */
void snic_virtio_restart(struct snic_adi *adi)
{
	bool off = snic_adi_off(adi);

	if (!off)
		snic_msgs_close(adi);
	mutex_lock(&adi->lock);
	if (off)
		snic_virtio_forget(adi);
	else if (snic_adi_restart(adi, adi->dma_on) && !snic_adi_off(adi))
		vdcm_adi_error(adi->vdcm);
	mutex_unlock(&adi->lock);
}
