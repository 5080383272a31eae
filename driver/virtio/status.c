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
static bool smnc_virtio_agree(struct smnc_adi *adi)
{
	struct smnc_virtio *v = smnc_virtio(adi);
	int err;

	if (!smnc_virtio_acceptable(adi)) {
		vdcm_limited(adi->vdcm, notice, "features %#llx of the guest refused\n",
			     smnc_virtio_accepted(v));
		return false;
	}
	v->used = true;
	v->offloads = smnc_virtio_accepted(v) & SMNC_VIRTIO_OFFLOADS;
	if (smnc_adi_off(adi))
		return true;
	err = smnc_virtio_give_features(adi) ?: smnc_virtio_give_vids(adi);
	return !err || smnc_adi_off(adi);
}

/**
 * smnc_virtio_write_status() - the driver writes device_status
 * @adi: ADI, its lock held
 * @value: what it writes; 0 resets the device
 *
 * Return: the work that the caller does without the lock.
 */
enum smnc_virtio_act smnc_virtio_write_status(struct smnc_adi *adi, u8 value)
{
	struct smnc_virtio *v = smnc_virtio(adi);
	u8 added = value & ~v->status & VIRTIO_DRIVERS_BITS;

	if (!value) {
		if (v->used)
			return SMNC_VIRTIO_RESET;
		smnc_virtio_forget(adi);
		return SMNC_VIRTIO_DONE;
	}
	if (added & VIRTIO_CONFIG_S_FEATURES_OK && !smnc_virtio_agree(adi))
		added &= ~VIRTIO_CONFIG_S_FEATURES_OK;
	if (!((v->status | added) & VIRTIO_CONFIG_S_FEATURES_OK))
		added &= ~VIRTIO_CONFIG_S_DRIVER_OK;
	v->status |= added;
	if (added & VIRTIO_CONFIG_S_DRIVER_OK && smnc_virtio_start_vqs(adi))
		smnc_virtio_broken(adi, "its queues do not start");
	return SMNC_VIRTIO_DONE;
}

/**
 * smnc_virtio_forget() - all that a driver has set is as before it came
 * @adi: ADI, its lock held, the function reset or not there
 */
void smnc_virtio_forget(struct smnc_adi *adi)
{
	struct smnc_virtio *v = smnc_virtio(adi);
	unsigned int i;

	v->device_select = 0;
	v->driver_select = 0;
	memset(v->driver, 0, sizeof(v->driver));
	v->status = 0;
	v->isr = 0;
	v->config_vector = SMNC_VQ_NO_VECTOR;
	v->queue_select = 0;
	for (i = 0; i < SMNC_VIRTIO_VQS; i++)
		smnc_virtio_vq_forget(adi, i);
	v->used = false;
	v->promisc = false;
	v->allmulti = false;
	v->crowded = false;
	v->pairs = 1;
	memset(&v->rss, 0, sizeof(v->rss));
	memset(v->coal, 0, sizeof(v->coal));
	v->offloads = 0;
	v->nr_macs = 0;
	memset(v->vids, 0, sizeof(v->vids));
	smnc_adi_clear_wishes(adi);
	ether_addr_copy(adi->guest_mac, adi->addr.mac);
	ether_addr_copy(v->mac, adi->addr.mac);
	v->link = smnc_adi_link_up(adi);
	v->announce = false;
	v->again = 0;
	memset(v->result, 0, sizeof(v->result));
	v->result_len = 0;
	v->changed = true;
}

/**
 * smnc_virtio_restart() - the driver resets the device
 * @adi: ADI; its lock is not held
 *
 * When this returns there is no DMA for the driver under way, and device_status reads 0.
 *
 * Context: process; the ADI's worker is waited for.
 */
void smnc_virtio_restart(struct smnc_adi *adi)
{
	bool off = smnc_adi_off(adi);

	if (!off)
		smnc_msgs_close(adi);
	mutex_lock(&adi->lock);
	if (off)
		smnc_virtio_forget(adi);
	else if (smnc_adi_restart(adi, adi->dma_on) && !smnc_adi_off(adi))
		vdcm_adi_lost(adi->vdcm, "its function cannot be reset");
	mutex_unlock(&adi->lock);
}
