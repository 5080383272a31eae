// SPDX-License-Identifier: GPL-2.0-only
/*
 * VQs of a virtio device: as the driver sets them up, and in the hardware. adi->lock is
 * held. In a device that is being reset nothing runs; what is to run is started after that.
 */
#include <linux/log2.h>

#include "../core/hw.h"
#include "virtio.h"

#define VIRTIO_CONTROL_SIZE	64

/* The number of the control queue as the driver knows it, or one that is no VQ's. */
unsigned int snic_virtio_control_vq(const struct snic_adi *adi)
{
	u64 accepted = snic_virtio_accepted(snic_virtio(adi));

	if (!(accepted & SNIC_VIRTIO_F(VIRTIO_NET_F_CTRL_VQ)))
		return SNIC_VIRTIO_VQS;
	return accepted & SNIC_VIRTIO_F(VIRTIO_NET_F_MQ) ? 2 * adi->nr_queues : 2;
}

/* Is there such a VQ, with the features that were accepted? */
static bool snic_virtio_vq_exists(const struct snic_adi *adi, unsigned int n)
{
	u64 accepted = snic_virtio_accepted(snic_virtio(adi));
	unsigned int pairs = accepted & SNIC_VIRTIO_F(VIRTIO_NET_F_MQ) ? adi->nr_queues : 1;

	return n < 2 * pairs || n == snic_virtio_control_vq(adi);
}

/* Most entries of VQ @n: those that the operator allows its half of a pair. */
u16 snic_virtio_vq_max(const struct snic_adi *adi, unsigned int n)
{
	u32 ring = adi->cfg[n % 2 ? SNIC_CFG_TX_RING : SNIC_CFG_RX_RING];

	if (n >= 2 * adi->nr_queues)
		ring = VIRTIO_CONTROL_SIZE;
	return rounddown_pow_of_two(min_t(u32, ring, snic_virtio(adi)->vq_size));
}

void snic_virtio_vq_forget(struct snic_adi *adi, unsigned int n)
{
	snic_virtio(adi)->vqs[n] = (struct snic_virtio_vq) {
		.cfg.size = snic_virtio_vq_max(adi, n),
		.cfg.vector = SNIC_VQ_NO_VECTOR,
	};
}

/* Where rings begin. */
static const u8 snic_virtio_align[SNIC_VQ_AREAS] = {
	[SNIC_VQ_DESC] = 16,
	[SNIC_VQ_DRIVER] = 2,
	[SNIC_VQ_DEVICE] = 4,
};

static bool snic_virtio_vq_ok(const struct snic_virtio_vq *vq)
{
	unsigned int i;

	for (i = 0; i < SNIC_VQ_AREAS; i++)
		if (vq->cfg.area[i] % snic_virtio_align[i] ||
		    vq->cfg.area[i] >> SNIC_XLAT_IOVA_BITS)
			return false;
	return true;
}

/* Return: 0, also if it is started when the device is back; or errno. */
static int snic_virtio_vq_start(struct snic_adi *adi, unsigned int n)
{
	u16 control = n == snic_virtio_control_vq(adi) ? SNIC_VQ_CONTROL : 0;
	struct snic_virtio_vq *vq = &snic_virtio(adi)->vqs[n];
	int err;

	if (snic_adi_off(adi))
		return 0;
	err = snic_vq_start(adi->pf, &adi->vsi, n | control, &vq->cfg,
			    vq->started ? SNIC_VQ_RESUME : 0);
	if (snic_adi_off(adi))
		return 0;
	if (!err)
		vq->started = true;
	return err;
}

/**
 * snic_virtio_start_vqs() - start all VQs that are enabled
 * @adi: ADI; none of them runs
 *
 * Those that have run before go on where they were.
 *
 * Return: 0 or errno: one of them does not start.
 */
int snic_virtio_start_vqs(struct snic_adi *adi)
{
	struct snic_virtio *v = snic_virtio(adi);
	unsigned int n;
	int err = 0, one;

	for (n = 0; n < snic_virtio_nr_vqs(adi); n++) {
		if (!v->vqs[n].enabled)
			continue;
		one = snic_virtio_vq_start(adi, n);
		err = err ?: one;
	}
	return err;
}

/* The driver enables VQ @n: it runs from DRIVER_OK on. */
void snic_virtio_vq_enable(struct snic_adi *adi, unsigned int n)
{
	struct snic_virtio *v = snic_virtio(adi);
	struct snic_virtio_vq *vq = &v->vqs[n];

	if (vq->enabled || !snic_virtio_vq_exists(adi, n))
		return;
	if (!snic_virtio_vq_ok(vq)) {
		vdcm_limited(adi->vdcm, notice, "VQ %u of the guest has no valid set-up\n", n);
		return;
	}
	vq->enabled = true;
	if (v->status & VIRTIO_CONFIG_S_DRIVER_OK && snic_virtio_vq_start(adi, n))
		snic_virtio_broken(adi, "a queue does not start");
}

/* A vector that the device refuses is none. */
void snic_virtio_vq_set_vector(struct snic_adi *adi, unsigned int n, u16 vector)
{
	struct snic_virtio_vq *vq = &snic_virtio(adi)->vqs[n];
	u16 before = vq->cfg.vector;
	int err;

	vq->cfg.vector = vector;
	if (!vq->started || vector == before || snic_adi_off(adi))
		return;
	err = snic_vq_vector(adi->pf, &adi->vsi, n, vector);
	if (err && !snic_adi_off(adi))
		vq->cfg.vector = SNIC_VQ_NO_VECTOR;
}

/**
 * snic_virtio_replay() - give hardware that was reset what the driver has set up
 * @adi: ADI
 *
 * Return: 0 or errno.
 */
int snic_virtio_replay(struct snic_adi *adi)
{
	struct snic_virtio *v = snic_virtio(adi);
	int err = 0;

	if (v->status & VIRTIO_CONFIG_S_FEATURES_OK)
		err = snic_virtio_give_features(adi);
	if (!err && v->status & VIRTIO_CONFIG_S_DRIVER_OK)
		err = snic_virtio_start_vqs(adi);
	return err;
}

/*
 * Reset the function, unnoticed by the driver: the hardware did not confirm that a VQ has
 * stopped.
 */
static void snic_virtio_again(struct snic_adi *adi)
{
	int err = snic_adi_func_reset(adi);

	if (!err)
		err = snic_virtio_replay(adi);
	if (adi->dma_on)
		snic_func_ctrl(adi->pf, adi->func, adi->kind->ctrl | SNIC_FUNC_CTRL_DMA);
	snic_msgs_open(adi);
	if (err && !snic_adi_off(adi)) {
		snic_virtio_broken(adi, "its hardware does not obey");
		vdcm_adi_error(adi->vdcm);
	}
}

/* The queue pair block says so, too; the control queue has none. Return: 0 or errno. */
static int snic_virtio_vq_stop(struct snic_adi *adi, unsigned int n)
{
	int err = snic_vq_stop(adi->pf, &adi->vsi, n);

	if (err || n >= 2 * adi->nr_queues || n == snic_virtio_control_vq(adi))
		return err;
	return snic_queue_stopped(adi->pf, SNIC_Q(adi->qp[n / 2], n % 2 ? SNIC_QP_TX : SNIC_QP_RX));
}

/**
 * snic_virtio_vq_reset() - the driver resets one VQ
 * @adi: ADI
 * @n: its number
 *
 * All others go on. The driver frees the ring as soon as this returns: where the device
 * does not confirm that the VQ has stopped, the function is reset, and the others are
 * started where they were.
 */
void snic_virtio_vq_reset(struct snic_adi *adi, unsigned int n)
{
	bool started = snic_virtio(adi)->vqs[n].started;

	snic_virtio_vq_forget(adi, n);
	if (!started || snic_adi_off(adi))
		return;
	if (snic_virtio_vq_stop(adi, n) && !snic_adi_off(adi))
		snic_virtio_again(adi);
}

/**
 * snic_virtio_control_reset() - the driver resets the control queue
 * @adi: ADI; its lock is not held
 *
 * A command that is under way has no answer: none may come to a later one.
 *
 * Context: process; the ADI's worker is waited for.
 */
void snic_virtio_control_reset(struct snic_adi *adi)
{
	bool off = snic_adi_off(adi);
	unsigned int n;

	if (!off)
		snic_msgs_close(adi);
	mutex_lock(&adi->lock);
	n = snic_virtio_control_vq(adi);
	if (n < snic_virtio_nr_vqs(adi))
		snic_virtio_vq_reset(adi, n);
	if (!off && !snic_adi_off(adi)) {
		snic_mbx_tx_drain(adi->pf);
		snic_mbx_flush(adi->pf);
		snic_msgs_open(adi);
		/* Of what waited for the worker the commands alone are gone. */
		snic_adi_due(adi, SNIC_DUE_CHECK | SNIC_DUE_LINK | SNIC_DUE_WISHES);
		snic_virtio_look_stopped(adi);
	}
	mutex_unlock(&adi->lock);
}

/**
 * snic_virtio_look_stopped() - has the device stopped a VQ for an error?
 * @adi: ADI, its lock held
 */
void snic_virtio_look_stopped(struct snic_adi *adi)
{
	struct snic_virtio *v = snic_virtio(adi);
	unsigned int n, control = snic_virtio_control_vq(adi);
	u64 stopped;

	if (snic_adi_off(adi) || snic_vq_stopped(adi->pf, &adi->vsi, &stopped))
		return;
	for (n = 0; n < snic_virtio_nr_vqs(adi); n++) {
		unsigned int bit = n == control ? SNIC_STOPPED_CONTROL : n;

		if (v->vqs[n].started && stopped & BIT_ULL(bit)) {
			snic_virtio_broken(adi, "the hardware has stopped a queue");
			return;
		}
	}
}
