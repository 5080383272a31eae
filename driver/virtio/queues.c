// SPDX-License-Identifier: GPL-2.0-only
/*
 * VQs of a virtio device: as the driver sets them up, and in the hardware. adi->lock is
 * held. In a device that is being reset no VQ runs; enabled VQs start after the reset.
 */
#include <linux/log2.h>

#include "../core/hw.h"
#include "virtio.h"

#define VIRTIO_CONTROL_SIZE	64

/* The number of the control queue as the driver knows it, or one that is no VQ's. */
unsigned int smnc_virtio_control_vq(const struct smnc_adi *adi)
{
	u64 accepted = smnc_virtio_accepted(smnc_virtio(adi));

	if (!(accepted & SMNC_VIRTIO_F(VIRTIO_NET_F_CTRL_VQ)))
		return SMNC_VIRTIO_VQS;
	return accepted & SMNC_VIRTIO_SEVERAL ? 2 * adi->nr_queues : 2;
}

/* Is there such a VQ, with the features that were accepted? */
static bool smnc_virtio_vq_exists(const struct smnc_adi *adi, unsigned int n)
{
	u64 accepted = smnc_virtio_accepted(smnc_virtio(adi));
	unsigned int pairs = accepted & SMNC_VIRTIO_SEVERAL ? adi->nr_queues : 1;

	return n < 2 * pairs || n == smnc_virtio_control_vq(adi);
}

/* Most entries of VQ @n: those that the operator allows its half of a pair. */
u16 smnc_virtio_vq_max(const struct smnc_adi *adi, unsigned int n)
{
	u32 ring = adi->cfg[n % 2 ? SMNC_CFG_TX_RING : SMNC_CFG_RX_RING];

	if (n >= 2 * adi->nr_queues)
		ring = VIRTIO_CONTROL_SIZE;
	return rounddown_pow_of_two(min_t(u32, ring, smnc_virtio(adi)->vq_size));
}

void smnc_virtio_vq_forget(struct smnc_adi *adi, unsigned int n)
{
	smnc_virtio(adi)->vqs[n] = (struct smnc_virtio_vq) {
		.cfg.size = smnc_virtio_vq_max(adi, n),
		.cfg.vector = SMNC_VQ_NO_VECTOR,
	};
}

/* Where rings begin. */
static const u8 smnc_virtio_align[SMNC_VQ_AREAS] = {
	[SMNC_VQ_DESC] = 16,
	[SMNC_VQ_DRIVER] = 2,
	[SMNC_VQ_DEVICE] = 4,
};

/* Those of a packed ring behind the descriptors are event suppression structures. */
static const u8 smnc_virtio_packed_align[SMNC_VQ_AREAS] = {
	[SMNC_VQ_DESC] = 16,
	[SMNC_VQ_DRIVER] = 4,
	[SMNC_VQ_DEVICE] = 4,
};

/* May VQ @n have so many entries, with the features that were accepted? */
bool smnc_virtio_size_ok(const struct smnc_adi *adi, unsigned int n, u16 size)
{
	return size && size <= smnc_virtio_vq_max(adi, n) &&
	       (is_power_of_2(size) || smnc_virtio_packed(smnc_virtio(adi)));
}

static bool smnc_virtio_vq_ok(const struct smnc_adi *adi, unsigned int n)
{
	const struct smnc_virtio *v = smnc_virtio(adi);
	const u8 *align = smnc_virtio_packed(v) ? smnc_virtio_packed_align : smnc_virtio_align;
	const struct smnc_vq_cfg *cfg = &v->vqs[n].cfg;
	unsigned int i;

	for (i = 0; i < SMNC_VQ_AREAS; i++)
		if (cfg->area[i] % align[i] || cfg->area[i] >> SMNC_XLAT_IOVA_BITS)
			return false;
	return smnc_virtio_size_ok(adi, n, cfg->size);
}

/* Return: 0, also if it is started when the device is back; or errno. */
static int smnc_virtio_vq_start(struct smnc_adi *adi, unsigned int n)
{
	u16 control = n == smnc_virtio_control_vq(adi) ? SMNC_VQ_CONTROL : 0;
	struct smnc_virtio_vq *vq = &smnc_virtio(adi)->vqs[n];
	int err;

	if (smnc_adi_off(adi))
		return 0;
	vq->cfg.packed = smnc_virtio_packed(smnc_virtio(adi));
	err = smnc_vq_start(adi->pf, &adi->vsi, n | control, &vq->cfg,
			    vq->started ? SMNC_VQ_RESUME : 0);
	/*
	 * The VQ may have run before the device went off, or run later. A start that is taken for
	 * a second one is harmless: it begins where the ring, or its place, says.
	 */
	vq->started |= err != -EINVAL || smnc_adi_off(adi);
	if (smnc_adi_off(adi))
		return 0;
	if (err)
		return err;
	if (vq->coal.usecs && vq->coal.packets)
		err = smnc_vq_coal(adi->pf, &adi->vsi, n, &vq->coal);
	return smnc_adi_off(adi) ? 0 : err;
}

/* May the driver enable VQ @n with its present set-up? */
bool smnc_virtio_vq_may_run(const struct smnc_adi *adi, unsigned int n)
{
	return smnc_virtio_vq_exists(adi, n) && smnc_virtio_vq_ok(adi, n);
}

/**
 * smnc_virtio_start_vqs() - start all VQs that are enabled
 * @adi: ADI; none of them runs
 *
 * Those that have run before go on where they were.
 *
 * Return: 0 or errno: one of them does not start.
 */
int smnc_virtio_start_vqs(struct smnc_adi *adi)
{
	struct smnc_virtio *v = smnc_virtio(adi);
	unsigned int n;
	int err = 0, one;

	for (n = 0; n < smnc_virtio_nr_vqs(adi); n++) {
		if (!v->vqs[n].enabled)
			continue;
		one = smnc_virtio_vq_start(adi, n);
		err = err ?: one;
	}
	return err;
}

/* The driver enables VQ @n: it runs from DRIVER_OK on. */
void smnc_virtio_vq_enable(struct smnc_adi *adi, unsigned int n)
{
	struct smnc_virtio *v = smnc_virtio(adi);
	struct smnc_virtio_vq *vq = &v->vqs[n];

	if (vq->enabled || !smnc_virtio_vq_exists(adi, n))
		return;
	if (!smnc_virtio_vq_ok(adi, n)) {
		vdcm_limited(adi->vdcm, notice, "VQ %u of the guest has no valid set-up\n", n);
		return;
	}
	vq->enabled = true;
	if (n != smnc_virtio_control_vq(adi))
		vq->coal = v->coal[n % 2];
	if (v->status & VIRTIO_CONFIG_S_DRIVER_OK && smnc_virtio_vq_start(adi, n))
		smnc_virtio_broken(adi, "a queue does not start");
}

/* A vector that the device refuses is none. */
void smnc_virtio_vq_set_vector(struct smnc_adi *adi, unsigned int n, u16 vector)
{
	struct smnc_virtio_vq *vq = &smnc_virtio(adi)->vqs[n];
	u16 before = vq->cfg.vector;
	int err;

	vq->cfg.vector = vector;
	if (!vq->started || vector == before || smnc_adi_off(adi))
		return;
	err = smnc_vq_vector(adi->pf, &adi->vsi, n, vector);
	if (err && !smnc_adi_off(adi))
		vq->cfg.vector = SMNC_VQ_NO_VECTOR;
}

/**
 * smnc_virtio_replay() - give hardware that was reset what the driver has set up
 * @adi: ADI
 *
 * Return: 0 or errno.
 */
int smnc_virtio_replay(struct smnc_adi *adi)
{
	struct smnc_virtio *v = smnc_virtio(adi);
	int err = 0;

	if (v->status & VIRTIO_CONFIG_S_FEATURES_OK)
		err = smnc_virtio_give_features(adi) ?: smnc_virtio_give_vids(adi);
	if (!err)
		err = smnc_virtio_give_rss(adi);
	if (!err && v->status & VIRTIO_CONFIG_S_DRIVER_OK)
		err = smnc_virtio_start_vqs(adi);
	return err;
}

/*
 * Reset the function and give it again what the driver has set up. The gate is shut and the
 * worker rests: the device delivers a command that has no answer again.
 */
static void smnc_virtio_renew(struct smnc_adi *adi)
{
	int err = smnc_adi_func_reset(adi);

	if (!err)
		err = smnc_virtio_replay(adi);
	/* Before it can fetch a command: the gate drops it otherwise. */
	smnc_msgs_open(adi);
	if (adi->dma_on)
		smnc_func_ctrl(adi->pf, adi->func, adi->kind->ctrl | SMNC_FUNC_CTRL_DMA);
	if (err && !smnc_adi_off(adi)) {
		smnc_virtio_broken(adi, "its hardware does not obey");
		vdcm_adi_lost(adi->vdcm, "its queues do not stop");
	}
}

/* The queue pair block says so, too; the control queue has none. Return: 0 or errno. */
static int smnc_virtio_vq_stop(struct smnc_adi *adi, unsigned int n)
{
	int err = smnc_vq_stop(adi->pf, &adi->vsi, n);

	if (err || n >= 2 * adi->nr_queues || n == smnc_virtio_control_vq(adi))
		return err;
	return smnc_queue_stopped(adi->pf, SMNC_Q(adi->qp[n / 2], n % 2 ? SMNC_QP_TX : SMNC_QP_RX));
}

/**
 * smnc_virtio_vq_reset() - the driver resets one VQ
 * @adi: ADI
 * @n: its number
 *
 * All others go on. The driver frees the ring as soon as its write returns: where the device
 * does not confirm that the VQ has stopped, the function is reset, and the others are
 * started where they were.
 *
 * Return: the work that the caller does without the lock.
 */
enum smnc_virtio_act smnc_virtio_vq_reset(struct smnc_adi *adi, unsigned int n)
{
	bool started = smnc_virtio(adi)->vqs[n].started;

	smnc_virtio_vq_forget(adi, n);
	if (!started || smnc_adi_off(adi))
		return SMNC_VIRTIO_DONE;
	if (smnc_virtio_vq_stop(adi, n) && !smnc_adi_off(adi))
		return SMNC_VIRTIO_START_OVER;
	return SMNC_VIRTIO_DONE;
}

/* The gate opens. Of what waited for the worker the commands alone are gone. */
static void smnc_virtio_go_on(struct smnc_adi *adi)
{
	smnc_msgs_open(adi);
	smnc_adi_due(adi, SMNC_DUE_CHECK | SMNC_DUE_LINK | SMNC_DUE_WISHES);
}

/**
 * smnc_virtio_start_over() - reset the function, unnoticed by the driver
 * @adi: ADI; its lock is not held
 *
 * The hardware did not confirm that a VQ has stopped. A command that is under way is answered
 * before the reset, or when the device delivers it again, not twice.
 *
 * Context: process; the ADI's worker is waited for.
 */
void smnc_virtio_start_over(struct smnc_adi *adi)
{
	/* A reset of the PF does the same. */
	if (smnc_adi_off(adi))
		return;
	smnc_msgs_close(adi);
	mutex_lock(&adi->lock);
	smnc_virtio(adi)->again &= ~SMNC_VIRTIO_AGAIN_ANSWER;
	if (!smnc_adi_off(adi)) {
		smnc_virtio_renew(adi);
		smnc_virtio_go_on(adi);
	}
	mutex_unlock(&adi->lock);
}

/**
 * smnc_virtio_control_reset() - the driver resets the control queue
 * @adi: ADI; its lock is not held
 *
 * A command that is under way has no answer: none may come to a later one.
 *
 * Context: process; the ADI's worker is waited for.
 */
void smnc_virtio_control_reset(struct smnc_adi *adi)
{
	bool off = smnc_adi_off(adi);
	unsigned int n;

	if (!off)
		smnc_msgs_close(adi);
	mutex_lock(&adi->lock);
	n = smnc_virtio_control_vq(adi);
	if (n < smnc_virtio_nr_vqs(adi) &&
	    smnc_virtio_vq_reset(adi, n) == SMNC_VIRTIO_START_OVER)
		smnc_virtio_renew(adi);
	smnc_virtio(adi)->again &= ~SMNC_VIRTIO_AGAIN_ANSWER;
	if (!off && !smnc_adi_off(adi)) {
		smnc_mbx_tx_drain(adi->pf);
		smnc_mbx_flush(adi->pf);
		smnc_virtio_go_on(adi);
		smnc_virtio_look_stopped(adi);
	}
	mutex_unlock(&adi->lock);
}

/* As smnc_vq_stopped(), from the queue pair blocks, which the control queue is not in. */
static u64 smnc_virtio_blocks(struct smnc_adi *adi)
{
	unsigned int n;
	u64 stopped = 0;

	for (n = 0; n < 2 * adi->nr_queues; n++) {
		u32 queue = SMNC_Q(adi->qp[n / 2], n % 2 ? SMNC_QP_TX : SMNC_QP_RX);

		if (smnc_read(adi->pf, queue + SMNC_Q_CTL) & SMNC_Q_CTL_ERROR)
			stopped |= BIT_ULL(n);
	}
	return stopped;
}

/**
 * smnc_virtio_look_stopped() - has the device stopped a VQ for an error?
 * @adi: ADI, its lock held
 *
 * The driver asks a firmware that does not answer again later.
 */
void smnc_virtio_look_stopped(struct smnc_adi *adi)
{
	struct smnc_virtio *v = smnc_virtio(adi);
	unsigned int n, control = smnc_virtio_control_vq(adi);
	u64 stopped;

	if (smnc_adi_off(adi))
		return;
	if (smnc_vq_stopped(adi->pf, &adi->vsi, &stopped)) {
		smnc_virtio_put_off(adi, SMNC_VIRTIO_AGAIN_LOOK);
		stopped = smnc_virtio_blocks(adi);
	}
	for (n = 0; n < smnc_virtio_nr_vqs(adi); n++) {
		unsigned int bit = n == control ? SMNC_STOPPED_CONTROL : n;

		if (v->vqs[n].started && stopped & BIT_ULL(bit)) {
			smnc_virtio_broken(adi, "the hardware has stopped a queue");
			return;
		}
	}
}
