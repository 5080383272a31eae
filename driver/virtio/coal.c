// SPDX-License-Identifier: GPL-2.0-only
/*
 * How long the device holds interrupts of VQs, to send fewer of them: the guest's driver sets
 * limits for all VQs of a kind, or for one. adi->lock is held.
 */
#include "virtio.h"

static bool coal_accepted(const struct smnc_adi *adi, unsigned int feature)
{
	return smnc_virtio_accepted(smnc_virtio(adi)) & BIT_ULL(feature);
}

static struct smnc_vq_coal coal_of(const u8 *data)
{
	return (struct smnc_vq_coal) {
		.packets = smnc_virtio_le(data, sizeof(u32)),
		.usecs = smnc_virtio_le(data + sizeof(u32), sizeof(u32)),
	};
}

/* Return: 0 or errno: then the old or the new limits are in force. */
static int coal_set(struct smnc_adi *adi, unsigned int n, const struct smnc_vq_coal *coal)
{
	struct smnc_virtio_vq *vq = &smnc_virtio(adi)->vqs[n];
	int err = vq->started ? smnc_vq_coal(adi->pf, &adi->vsi, n, coal) : 0;

	if (!err)
		vq->coal = *coal;
	return err;
}

/* Sets the limits of all VQs that are @half of a pair, now and when they are enabled later. */
static int coal_set_all(struct smnc_adi *adi, unsigned int half, const u8 *data)
{
	struct smnc_virtio *v = smnc_virtio(adi);
	const struct smnc_vq_coal coal = coal_of(data);
	unsigned int n, control = smnc_virtio_control_vq(adi);
	int err = 0;

	if (!coal_accepted(adi, VIRTIO_NET_F_NOTF_COAL))
		return -EOPNOTSUPP;
	for (n = half; n < 2 * adi->nr_queues && !err; n += 2)
		if (v->vqs[n].enabled && n != control)
			err = coal_set(adi, n, &coal);
	if (!err)
		v->coal[half] = coal;
	return err;
}

/**
 * smnc_virtio_ctrl_coal_tx() - command TX_SET: limits of all transmitqs
 * @adi: ADI
 * @data: packets and microseconds, 32 bits each
 * @len: bytes of it
 *
 * Return: 0 or errno.
 */
int smnc_virtio_ctrl_coal_tx(struct smnc_adi *adi, const u8 *data, u16 len)
{
	return coal_set_all(adi, 1, data);
}

/* As smnc_virtio_ctrl_coal_tx(), of all receiveqs. */
int smnc_virtio_ctrl_coal_rx(struct smnc_adi *adi, const u8 *data, u16 len)
{
	return coal_set_all(adi, 0, data);
}

/* The data VQ that a command names, which is enabled. Return: its number or errno */
static int coal_vq(struct smnc_adi *adi, const u8 *data)
{
	unsigned int n = smnc_virtio_le(data, sizeof(u16));

	if (!coal_accepted(adi, SMNC_VIRTIO_VQ_NOTF_COAL))
		return -EOPNOTSUPP;
	if (n >= 2 * adi->nr_queues || n == smnc_virtio_control_vq(adi) ||
	    !smnc_virtio(adi)->vqs[n].enabled)
		return -EINVAL;
	return n;
}

/**
 * smnc_virtio_ctrl_coal_vq() - command VQ_SET: limits of one VQ
 * @adi: ADI
 * @data: its number and two bytes, then as for TX_SET
 * @len: bytes of it
 *
 * Return: 0 or errno.
 */
int smnc_virtio_ctrl_coal_vq(struct smnc_adi *adi, const u8 *data, u16 len)
{
	const struct smnc_vq_coal coal = coal_of(data + 2 * sizeof(u16));
	int n = coal_vq(adi, data);

	return n < 0 ? n : coal_set(adi, n, &coal);
}

/**
 * smnc_virtio_ctrl_coal_get() - command VQ_GET: read the limits of one VQ
 * @adi: ADI
 * @data: its number and two bytes
 * @len: bytes of it
 *
 * Return: 0, and packets and microseconds as the command's result; or errno.
 */
int smnc_virtio_ctrl_coal_get(struct smnc_adi *adi, const u8 *data, u16 len)
{
	struct smnc_virtio *v = smnc_virtio(adi);
	int n = coal_vq(adi, data);
	__le32 result[2];

	BUILD_BUG_ON(sizeof(v->result) != sizeof(result));
	if (n < 0)
		return n;
	result[0] = cpu_to_le32(v->vqs[n].coal.packets);
	result[1] = cpu_to_le32(v->vqs[n].coal.usecs);
	memcpy(v->result, result, sizeof(result));
	v->result_len = sizeof(result);
	return 0;
}
