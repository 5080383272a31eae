// SPDX-License-Identifier: GPL-2.0-only
/*
 * Features of a virtio device: those that it offers, and which sets of them a driver may
 * accept. adi->lock is held.
 */
#include "virtio.h"

/* The driver's own, beside those of the engine. */
#define VIRTIO_ALWAYS	(SMNC_VIRTIO_F(VIRTIO_NET_F_MAC) | \
			 SMNC_VIRTIO_F(VIRTIO_NET_F_STATUS) | \
			 SMNC_VIRTIO_F(VIRTIO_NET_F_MTU) | \
			 SMNC_VIRTIO_F(VIRTIO_NET_F_CTRL_VQ) | \
			 SMNC_VIRTIO_F(VIRTIO_NET_F_CTRL_RX) | \
			 SMNC_VIRTIO_F(VIRTIO_NET_F_CTRL_VLAN) | \
			 SMNC_VIRTIO_F(VIRTIO_NET_F_GUEST_ANNOUNCE) | \
			 SMNC_VIRTIO_F(VIRTIO_NET_F_CTRL_MAC_ADDR) | \
			 SMNC_VIRTIO_F(VIRTIO_NET_F_SPEED_DUPLEX))

#define VIRTIO_REQUIRED	(SMNC_VIRTIO_F(VIRTIO_F_VERSION_1) | \
			 SMNC_VIRTIO_F(VIRTIO_F_ACCESS_PLATFORM))

/* A feature that is accepted needs one of these. */
static const struct {
	u64 feature;
	u64 needs;
} smnc_virtio_needs[] = {
	{ SMNC_VIRTIO_F(VIRTIO_NET_F_HOST_TSO4), SMNC_VIRTIO_F(VIRTIO_NET_F_CSUM) },
	{ SMNC_VIRTIO_F(VIRTIO_NET_F_HOST_TSO6), SMNC_VIRTIO_F(VIRTIO_NET_F_CSUM) },
	{ SMNC_VIRTIO_F(SMNC_VIRTIO_HOST_USO), SMNC_VIRTIO_F(VIRTIO_NET_F_CSUM) },
	{ SMNC_VIRTIO_F(VIRTIO_NET_F_HOST_ECN),
	  SMNC_VIRTIO_F(VIRTIO_NET_F_HOST_TSO4) | SMNC_VIRTIO_F(VIRTIO_NET_F_HOST_TSO6) },
	{ SMNC_VIRTIO_F(VIRTIO_NET_F_GUEST_TSO4), SMNC_VIRTIO_F(VIRTIO_NET_F_GUEST_CSUM) },
	{ SMNC_VIRTIO_F(VIRTIO_NET_F_GUEST_TSO6), SMNC_VIRTIO_F(VIRTIO_NET_F_GUEST_CSUM) },
	{ SMNC_VIRTIO_F(VIRTIO_NET_F_GUEST_ECN),
	  SMNC_VIRTIO_F(VIRTIO_NET_F_GUEST_TSO4) | SMNC_VIRTIO_F(VIRTIO_NET_F_GUEST_TSO6) },
	{ SMNC_VIRTIO_F(VIRTIO_NET_F_CTRL_RX), SMNC_VIRTIO_F(VIRTIO_NET_F_CTRL_VQ) },
	{ SMNC_VIRTIO_F(VIRTIO_NET_F_CTRL_VLAN), SMNC_VIRTIO_F(VIRTIO_NET_F_CTRL_VQ) },
	{ SMNC_VIRTIO_F(VIRTIO_NET_F_GUEST_ANNOUNCE), SMNC_VIRTIO_F(VIRTIO_NET_F_CTRL_VQ) },
	{ SMNC_VIRTIO_F(VIRTIO_NET_F_CTRL_MAC_ADDR), SMNC_VIRTIO_F(VIRTIO_NET_F_CTRL_VQ) },
	{ SMNC_VIRTIO_F(VIRTIO_NET_F_MQ), SMNC_VIRTIO_F(VIRTIO_NET_F_CTRL_VQ) },
	{ SMNC_VIRTIO_F(VIRTIO_NET_F_RSS), SMNC_VIRTIO_F(VIRTIO_NET_F_CTRL_VQ) },
	{ SMNC_VIRTIO_F(VIRTIO_NET_F_NOTF_COAL), SMNC_VIRTIO_F(VIRTIO_NET_F_CTRL_VQ) },
	{ SMNC_VIRTIO_F(SMNC_VIRTIO_VQ_NOTF_COAL), SMNC_VIRTIO_F(VIRTIO_NET_F_CTRL_VQ) },
	{ SMNC_VIRTIO_F(VIRTIO_NET_F_HASH_REPORT), SMNC_VIRTIO_F(VIRTIO_NET_F_CTRL_VQ) },
	{ SMNC_VIRTIO_F(VIRTIO_NET_F_CTRL_GUEST_OFFLOADS),
	  SMNC_VIRTIO_F(VIRTIO_NET_F_CTRL_VQ) },
};

/**
 * smnc_virtio_offered() - features that the device offers
 * @adi: ADI, its lock held
 *
 * Return: feature bits.
 */
u64 smnc_virtio_offered(const struct smnc_adi *adi)
{
	const struct smnc_virtio *v = smnc_virtio(adi);
	u64 offered = v->engine | VIRTIO_ALWAYS;

	if (adi->nr_queues > 1)
		offered |= SMNC_VIRTIO_F(VIRTIO_NET_F_MQ);
	else
		offered &= ~SMNC_VIRTIO_F(VIRTIO_NET_F_RSS);
	if (v->engine & SMNC_VIRTIO_OFFLOADS)
		offered |= SMNC_VIRTIO_F(VIRTIO_NET_F_CTRL_GUEST_OFFLOADS);
	return offered;
}

/* Would the device work with what the driver has accepted? adi->lock is held. */
bool smnc_virtio_acceptable(const struct smnc_adi *adi)
{
	const struct smnc_virtio *v = smnc_virtio(adi);
	u64 accepted = smnc_virtio_accepted(v);
	unsigned int i;

	if (accepted & ~smnc_virtio_offered(adi) || (accepted & VIRTIO_REQUIRED) != VIRTIO_REQUIRED)
		return false;
	for (i = 2; i < SMNC_VIRTIO_WORDS; i++)
		if (v->driver[i])
			return false;
	for (i = 0; i < ARRAY_SIZE(smnc_virtio_needs); i++)
		if (accepted & smnc_virtio_needs[i].feature &&
		    !(accepted & smnc_virtio_needs[i].needs))
			return false;
	return true;
}

/* Give the hardware the accepted features. Return: 0 or errno of smnc_vq_features() */
int smnc_virtio_give_features(struct smnc_adi *adi)
{
	struct smnc_virtio *v = smnc_virtio(adi);
	int err = smnc_vq_features(adi->pf, &adi->vsi, smnc_virtio_accepted(v), v->offloads);

	if (!err && smnc_virtio_packed(v))
		err = smnc_vq_places(adi->pf, &adi->vsi);
	return err;
}
