// SPDX-License-Identifier: GPL-2.0-only
/*
 * The device configuration of a virtio device, its changes, and the interrupt for them and
 * for a device that needs a reset. adi->lock is held.
 */
#include <linux/etherdevice.h>

#include "virtio.h"

#define VIRTIO_ISR_CONFIG	0x2

/* Of a device without a legacy interface. */
#define cpu_to_virtio16(_v)	((__force __virtio16)cpu_to_le16(_v))

/* Read-only to the drivers of today, and a change of a field is seen as a whole. */
static void smnc_virtio_config(const struct smnc_adi *adi, struct virtio_net_config *config)
{
	const struct smnc_virtio *v = smnc_virtio(adi);

	memcpy(config->mac, v->mac, sizeof(config->mac));
	config->status = cpu_to_virtio16((v->link ? VIRTIO_NET_S_LINK_UP : 0) |
					 (v->announce ? VIRTIO_NET_S_ANNOUNCE : 0));
	config->max_virtqueue_pairs = cpu_to_virtio16(adi->nr_queues);
	config->mtu = cpu_to_virtio16(v->mtu);
	config->speed = cpu_to_le32(v->speed);
	config->duplex = 1;
	config->rss_max_key_size = SMNC_VQ_KEY_BYTES;
	config->rss_max_indirection_table_length = cpu_to_le16(SMNC_VQ_TABLE_ENTRIES);
	config->supported_hash_types = cpu_to_le32(SMNC_VQ_RSS_TYPES);
}

/* @offset: in the device configuration; @size: 1, 2 or 4 */
u64 smnc_virtio_config_read(struct smnc_adi *adi, u32 offset, unsigned int size)
{
	union {
		struct virtio_net_config config;
		u8 bytes[SMNC_VIRTIO_BYTES];
	} u = {};

	BUILD_BUG_ON(sizeof(u) != SMNC_VIRTIO_BYTES);
	if (offset >= sizeof(u) || size > sizeof(u) - offset)
		return 0;
	smnc_virtio_config(adi, &u.config);
	return smnc_virtio_le(u.bytes + offset, size);
}

/* Reading clears it. */
u64 smnc_virtio_isr_read(struct smnc_adi *adi)
{
	struct smnc_virtio *v = smnc_virtio(adi);
	u8 isr = v->isr;

	v->isr = 0;
	return isr;
}

/* It differs from the last one if the driver may have read half of a change since. */
u8 smnc_virtio_read_generation(struct smnc_virtio *v)
{
	v->generation += v->changed;
	v->changed = false;
	return v->generation;
}

/* The driver, if it is there, is to look at the configuration and the status. */
void smnc_virtio_changed(struct smnc_adi *adi)
{
	struct smnc_virtio *v = smnc_virtio(adi);

	v->changed = true;
	if (!(v->status & VIRTIO_CONFIG_S_DRIVER_OK))
		return;
	v->isr |= VIRTIO_ISR_CONFIG;
	if (v->config_vector != SMNC_VQ_NO_VECTOR)
		vdcm_adi_signal(adi->vdcm, v->config_vector);
}

/* Does the guest's driver run, know the feature, and have a link to announce on? */
static bool smnc_virtio_may_announce(const struct smnc_virtio *v)
{
	return v->link && v->status & VIRTIO_CONFIG_S_DRIVER_OK &&
	       smnc_virtio_accepted(v) & SMNC_VIRTIO_F(VIRTIO_NET_F_GUEST_ANNOUNCE);
}

/**
 * smnc_virtio_ask_announce() - ask the guest to announce its addresses
 * @adi: ADI, its lock held
 *
 * Switches may have forgotten the addresses. The guest's driver acknowledges the request.
 */
void smnc_virtio_ask_announce(struct smnc_adi *adi)
{
	struct smnc_virtio *v = smnc_virtio(adi);

	if (!smnc_virtio_may_announce(v))
		return;
	v->announce = true;
	smnc_virtio_changed(adi);
}

/**
 * smnc_virtio_link() - bring the guest's link up to date
 * @adi: ADI, its lock held
 *
 * It is down as long as the guest uses an address that was taken away.
 */
void smnc_virtio_link(struct smnc_adi *adi)
{
	struct smnc_virtio *v = smnc_virtio(adi);
	bool up = smnc_adi_link_up(adi) && ether_addr_equal_unaligned(v->mac, adi->guest_mac);

	if (up == v->link)
		return;
	v->link = up;
	smnc_virtio_changed(adi);
	/* Later: frames that a driver sends before it has a link are lost. */
	if (up)
		smnc_virtio_put_off(adi, SMNC_VIRTIO_AGAIN_ANNOUNCE);
}

/**
 * smnc_virtio_broken() - the device needs a reset by its driver
 * @adi: ADI, its lock held
 * @why: for the log
 */
void smnc_virtio_broken(struct smnc_adi *adi, const char *why)
{
	struct smnc_virtio *v = smnc_virtio(adi);

	vdcm_limited(adi->vdcm, notice, "the guest's device needs a reset: %s\n", why);
	if (v->status & VIRTIO_CONFIG_S_NEEDS_RESET)
		return;
	v->status |= VIRTIO_CONFIG_S_NEEDS_RESET;
	smnc_virtio_changed(adi);
}
