// SPDX-License-Identifier: GPL-2.0-only
/*
 * Features of a virtio device: those that it offers, and which sets of them a driver may
 * accept. adi->lock is held.
 */
#include "virtio.h"

/* The driver's own, beside those of the engine. */
#define VIRTIO_ALWAYS	(SNIC_VIRTIO_F(VIRTIO_NET_F_MAC) | \
			 SNIC_VIRTIO_F(VIRTIO_NET_F_STATUS) | \
			 SNIC_VIRTIO_F(VIRTIO_NET_F_MTU) | \
			 SNIC_VIRTIO_F(VIRTIO_NET_F_CTRL_VQ) | \
			 SNIC_VIRTIO_F(VIRTIO_NET_F_CTRL_RX) | \
			 SNIC_VIRTIO_F(VIRTIO_NET_F_CTRL_MAC_ADDR) | \
			 SNIC_VIRTIO_F(VIRTIO_NET_F_SPEED_DUPLEX))

#define VIRTIO_REQUIRED	(SNIC_VIRTIO_F(VIRTIO_F_VERSION_1) | \
			 SNIC_VIRTIO_F(VIRTIO_F_ACCESS_PLATFORM))

/* A feature that is accepted needs one of these. */
static const struct {
	u64 feature;
	u64 needs;
} snic_virtio_needs[] = {
	{ SNIC_VIRTIO_F(VIRTIO_NET_F_HOST_TSO4), SNIC_VIRTIO_F(VIRTIO_NET_F_CSUM) },
	{ SNIC_VIRTIO_F(VIRTIO_NET_F_HOST_TSO6), SNIC_VIRTIO_F(VIRTIO_NET_F_CSUM) },
	{ SNIC_VIRTIO_F(VIRTIO_NET_F_HOST_ECN),
	  SNIC_VIRTIO_F(VIRTIO_NET_F_HOST_TSO4) | SNIC_VIRTIO_F(VIRTIO_NET_F_HOST_TSO6) },
	{ SNIC_VIRTIO_F(VIRTIO_NET_F_GUEST_TSO4), SNIC_VIRTIO_F(VIRTIO_NET_F_GUEST_CSUM) },
	{ SNIC_VIRTIO_F(VIRTIO_NET_F_GUEST_TSO6), SNIC_VIRTIO_F(VIRTIO_NET_F_GUEST_CSUM) },
	{ SNIC_VIRTIO_F(VIRTIO_NET_F_GUEST_ECN),
	  SNIC_VIRTIO_F(VIRTIO_NET_F_GUEST_TSO4) | SNIC_VIRTIO_F(VIRTIO_NET_F_GUEST_TSO6) },
	{ SNIC_VIRTIO_F(VIRTIO_NET_F_CTRL_RX), SNIC_VIRTIO_F(VIRTIO_NET_F_CTRL_VQ) },
	{ SNIC_VIRTIO_F(VIRTIO_NET_F_CTRL_MAC_ADDR), SNIC_VIRTIO_F(VIRTIO_NET_F_CTRL_VQ) },
	{ SNIC_VIRTIO_F(VIRTIO_NET_F_MQ), SNIC_VIRTIO_F(VIRTIO_NET_F_CTRL_VQ) },
	{ SNIC_VIRTIO_F(VIRTIO_NET_F_CTRL_GUEST_OFFLOADS),
	  SNIC_VIRTIO_F(VIRTIO_NET_F_CTRL_VQ) },
};

/**
 * snic_virtio_offered() - features that the device offers
 * @adi: ADI, its lock held
 *
 * Return: feature bits.
 */
u64 snic_virtio_offered(const struct snic_adi *adi)
{
	const struct snic_virtio *v = snic_virtio(adi);
	u64 offered = v->engine | VIRTIO_ALWAYS;

	if (adi->nr_queues > 1)
		offered |= SNIC_VIRTIO_F(VIRTIO_NET_F_MQ);
	if (v->engine & SNIC_VIRTIO_OFFLOADS)
		offered |= SNIC_VIRTIO_F(VIRTIO_NET_F_CTRL_GUEST_OFFLOADS);
	return offered;
}

/* Would the device work with what the driver has accepted? adi->lock is held. */
bool snic_virtio_acceptable(const struct snic_adi *adi)
{
	const struct snic_virtio *v = snic_virtio(adi);
	u64 accepted = snic_virtio_accepted(v);
	unsigned int i;

	if (accepted & ~snic_virtio_offered(adi) || (accepted & VIRTIO_REQUIRED) != VIRTIO_REQUIRED)
		return false;
	for (i = 2; i < SNIC_VIRTIO_WORDS; i++)
		if (v->driver[i])
			return false;
	for (i = 0; i < ARRAY_SIZE(snic_virtio_needs); i++)
		if (accepted & snic_virtio_needs[i].feature &&
		    !(accepted & snic_virtio_needs[i].needs))
			return false;
	return true;
}

/* Give the hardware what was agreed on. Return: 0 or errno of snic_vq_features() */
int snic_virtio_give_features(struct snic_adi *adi)
{
	struct snic_virtio *v = snic_virtio(adi);

	return snic_vq_features(adi->pf, &adi->vsi, snic_virtio_accepted(v), v->offloads);
}
