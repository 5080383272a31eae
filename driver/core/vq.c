// SPDX-License-Identifier: GPL-2.0-only
/*
 * Virtqueues of a virtio function: the firmware's verbs about them (docs/hardware.md, 14).
 * Callers serialise per VSI.
 *
 * A request that is not answered may have been carried out, or not. It is made again: but
 * for a start, after which the VQ is stopped first, none does harm twice.
 */
#include <linux/dma-mapping.h>
#include <linux/moduleparam.h>

#include "pf.h"

static bool virtio_packed;
module_param(virtio_packed, bool, 0444);
MODULE_PARM_DESC(virtio_packed, "offer packed rings to guests of virtio devices (default: off)");

/* A firmware that hangs is found to be stuck within these. */
#define SMNC_VQ_TRIES	3

static bool smnc_vq_again(int err)
{
	return err == -ETIMEDOUT || err == -EPROTO || err == -EREMOTEIO;
}

static int smnc_vq_ask_once(struct smnc_pf *pf, struct smnc_vsi *vsi, enum smnc_fw_op op,
			    const void *req, void *reply)
{
	vsi->exchanges++;
	return smnc_fw_exec(pf, op, req, reply);
}

static int smnc_vq_ask(struct smnc_pf *pf, struct smnc_vsi *vsi, enum smnc_fw_op op,
		       const void *req, void *reply)
{
	unsigned int tries = SMNC_VQ_TRIES;
	int err;

	do {
		err = smnc_vq_ask_once(pf, vsi, op, req, reply);
	} while (smnc_vq_again(err) && --tries);
	return err;
}

/**
 * smnc_vq_resource() - what the engine can do for a function
 * @pf: PF
 * @vsi: its VSI
 * @res: features and limits
 *
 * Context: process.
 * Return: 0 or errno of smnc_fw_exec().
 */
int smnc_vq_resource(struct smnc_pf *pf, struct smnc_vsi *vsi, struct smnc_fw_resource *res)
{
	const struct smnc_fw_vsi req = { .vsi = cpu_to_le16(vsi->id) };

	BUILD_BUG_ON(sizeof(*res) != sizeof_field(struct smnc_fw_msg, payload));
	return smnc_vq_ask(pf, vsi, SMNC_FW_GET_PF_RESOURCE, &req, res);
}

/**
 * smnc_vq_stopped() - which VQs have stopped with an error?
 * @pf: PF
 * @vsi: VSI of their function
 * @stopped: bit n for VQ n, SMNC_STOPPED_CONTROL for the control queue
 *
 * Context: process.
 * Return: 0 or errno of smnc_fw_exec().
 */
int smnc_vq_stopped(struct smnc_pf *pf, struct smnc_vsi *vsi, u64 *stopped)
{
	const struct smnc_fw_vsi req = { .vsi = cpu_to_le16(vsi->id) };
	struct smnc_fw_status status;
	int err;

	BUILD_BUG_ON(sizeof(status) != sizeof_field(struct smnc_fw_msg, payload));
	err = smnc_vq_ask(pf, vsi, SMNC_FW_GET_STATUS, &req, &status);
	if (!err)
		*stopped = le64_to_cpu(status.stopped);
	return err;
}

/**
 * smnc_vq_features() - what the guest's driver has accepted
 * @pf: PF
 * @vsi: VSI of its function
 * @features: feature bits
 * @offloads: receive offloads of them that are in force
 *
 * Context: process.
 * Return: 0, -EINVAL: the engine cannot do that, -EBUSY: a VQ is enabled and the set has
 * changed, or another errno of smnc_fw_exec().
 */
int smnc_vq_features(struct smnc_pf *pf, struct smnc_vsi *vsi, u64 features, u64 offloads)
{
	const struct smnc_fw_feature req = {
		.vsi = cpu_to_le16(vsi->id),
		.features = cpu_to_le64(features),
		.offloads = cpu_to_le64(offloads),
	};

	BUILD_BUG_ON(sizeof(req) != sizeof_field(struct smnc_fw_msg, payload));
	return smnc_vq_ask(pf, vsi, SMNC_FW_SET_DRV_FEATURE, &req, NULL);
}

/**
 * smnc_vq_vector() - where the interrupts of a VQ go
 * @pf: PF
 * @vsi: VSI of its function
 * @vq: number, without flags
 * @vector: vector of the function, or SMNC_VQ_NO_VECTOR
 *
 * Context: process.
 * Return: 0 or errno of smnc_fw_exec().
 */
int smnc_vq_vector(struct smnc_pf *pf, struct smnc_vsi *vsi, u16 vq, u16 vector)
{
	const struct smnc_fw_vq_msix req = {
		.vsi = cpu_to_le16(vsi->id),
		.vq = cpu_to_le16(vq),
		.vector = cpu_to_le16(vector),
	};

	BUILD_BUG_ON(sizeof(req) != sizeof_field(struct smnc_fw_msg, payload));
	return smnc_vq_ask(pf, vsi, SMNC_FW_SET_VQ_MSIX, &req, NULL);
}

static void smnc_vq_put48(u8 *to, u64 iova)
{
	unsigned int i;

	for (i = 0; i < 6; i++)
		to[i] = iova >> 8 * i;
}

static int smnc_vq_addr(struct smnc_pf *pf, struct smnc_vsi *vsi, u16 vq,
			const struct smnc_vq_cfg *cfg)
{
	struct smnc_fw_vq_addr req = {
		.vsi = cpu_to_le16(vsi->id),
		.vq = cpu_to_le16(vq),
		.size = cpu_to_le16(cfg->size),
	};

	BUILD_BUG_ON(sizeof(req) != sizeof_field(struct smnc_fw_msg, payload));
	smnc_vq_put48(req.desc, cfg->area[SMNC_VQ_DESC]);
	smnc_vq_put48(req.driver, cfg->area[SMNC_VQ_DRIVER]);
	smnc_vq_put48(req.device, cfg->area[SMNC_VQ_DEVICE]);
	return smnc_vq_ask(pf, vsi, SMNC_FW_SET_VQ_ADDR, &req, NULL);
}

static struct smnc_fw_vq_enable smnc_vq_enable(const struct smnc_vsi *vsi, u16 vq, u16 flags)
{
	return (struct smnc_fw_vq_enable) {
		.vsi = cpu_to_le16(vsi->id),
		.vq = cpu_to_le16(vq & SMNC_VQ_NUMBER),
		.flags = cpu_to_le16(flags),
	};
}

/**
 * smnc_vq_set_up() - give a VQ that does not run its areas, size and vector
 * @pf: PF
 * @vsi: VSI of its function
 * @vq: number, with SMNC_VQ_CONTROL if it is the control queue
 * @cfg: its set-up
 *
 * Context: process.
 * Return: 0 or errno of smnc_fw_exec().
 */
int smnc_vq_set_up(struct smnc_pf *pf, struct smnc_vsi *vsi, u16 vq,
		   const struct smnc_vq_cfg *cfg)
{
	int err = smnc_vq_addr(pf, vsi, vq, cfg);

	if (!err && cfg->vector != SMNC_VQ_NO_VECTOR)
		err = smnc_vq_vector(pf, vsi, vq & SMNC_VQ_NUMBER, cfg->vector);
	return err;
}

/* --- places in packed rings ----------------------------------------------------- */

/**
 * smnc_vq_places_init() - memory for the places in packed rings
 * @pf: PF that is being probed
 *
 * Without the parameter virtio_packed, or without memory, there is none. It is freed when the
 * driver has left the device.
 */
void smnc_vq_places_init(struct smnc_pf *pf)
{
	size_t bytes = (size_t)(pf->num_adis + 1) * SMNC_VQ_PLACES_BYTES;

	BUILD_BUG_ON(SMNC_VQ_PLACES * sizeof(*pf->places) > SMNC_VQ_PLACES_BYTES);
	if (!virtio_packed)
		return;
	pf->places = dmam_alloc_coherent(&pf->pdev->dev, bytes, &pf->places_dma, GFP_KERNEL);
	if (!pf->places)
		pci_warn(pf->pdev, "no memory for packed rings: guests are offered none\n");
}

/**
 * smnc_vq_places() - tell the device where to write the places in a function's packed rings
 * @pf: PF that has memory for them
 * @vsi: VSI of the function
 *
 * Until the function is reset. Context: process.
 *
 * Return: 0 or errno of smnc_fw_exec().
 */
int smnc_vq_places(struct smnc_pf *pf, struct smnc_vsi *vsi)
{
	const struct smnc_fw_vq_places req = {
		.vsi = cpu_to_le16(vsi->id),
		.at = cpu_to_le64(pf->places_dma + vsi->id * SMNC_VQ_PLACES_BYTES),
	};

	BUILD_BUG_ON(sizeof(req) != sizeof_field(struct smnc_fw_msg, payload));
	return smnc_vq_ask(pf, vsi, SMNC_FW_SET_VQ_PLACES, &req, NULL);
}

/*
 * A packed ring begins at its start, or goes on where the device has written that it was. The
 * device checks what it has written itself, in case of a reset long ago.
 */
static void smnc_vq_put_place(struct smnc_pf *pf, const struct smnc_vsi *vsi,
			      struct smnc_fw_vq_enable *req)
{
	size_t each = SMNC_VQ_PLACES_BYTES / sizeof(*pf->places);
	struct smnc_vq_place *p = pf->places + vsi->id * each + le16_to_cpu(req->vq);

	if (!(le16_to_cpu(req->flags) & SMNC_VQ_RESUME)) {
		WRITE_ONCE(p->place, cpu_to_le16(SMNC_VQ_PLACE_FIRST));
		WRITE_ONCE(p->after, cpu_to_le16(SMNC_VQ_PLACE_FIRST));
	}
	req->place = READ_ONCE(p->place);
	req->after = READ_ONCE(p->after);
}

/* --- start and stop ------------------------------------------------------------- */

/* Return: errno of smnc_vq_start() */
static int smnc_vq_start_once(struct smnc_pf *pf, struct smnc_vsi *vsi, u16 vq,
			      const struct smnc_vq_cfg *cfg, u16 flags)
{
	struct smnc_fw_vq_enable req = smnc_vq_enable(vsi, vq, SMNC_VQ_ON | flags);
	int err = smnc_vq_set_up(pf, vsi, vq, cfg);

	BUILD_BUG_ON(sizeof(req) != sizeof_field(struct smnc_fw_msg, payload));
	if (cfg->packed)
		smnc_vq_put_place(pf, vsi, &req);
	return err ?: smnc_vq_ask_once(pf, vsi, SMNC_FW_SET_VQ_ENABLE, &req, NULL);
}

/**
 * smnc_vq_start() - start a VQ
 * @pf: PF
 * @vsi: VSI of its function
 * @vq: number, with SMNC_VQ_CONTROL if it is the control queue
 * @cfg: its set-up
 * @flags: SMNC_VQ_RESUME, or 0
 *
 * Context: process.
 * Return: 0, -EINVAL: the device refuses the set-up, -EBUSY: it runs already, or another
 * errno of smnc_fw_exec(); then it may run: smnc_vq_stop() is due.
 */
int smnc_vq_start(struct smnc_pf *pf, struct smnc_vsi *vsi, u16 vq, const struct smnc_vq_cfg *cfg,
		  u16 flags)
{
	unsigned int tries = SMNC_VQ_TRIES;
	int err;

	for (;;) {
		err = smnc_vq_start_once(pf, vsi, vq, cfg, flags);
		if (!smnc_vq_again(err) || !--tries)
			return err;
		err = smnc_vq_stop(pf, vsi, vq);
		if (err)
			return err;
		/* It may have used something: it begins where it is. */
		flags |= SMNC_VQ_RESUME;
	}
}

/**
 * smnc_vq_stop() - stop a VQ, which may be stopped already
 * @pf: PF
 * @vsi: VSI of its function
 * @vq: number
 *
 * Context: process.
 * Return: 0: no DMA of it is under way, or will be; or errno of smnc_fw_exec(): it may run.
 */
int smnc_vq_stop(struct smnc_pf *pf, struct smnc_vsi *vsi, u16 vq)
{
	const struct smnc_fw_vq_enable req = smnc_vq_enable(vsi, vq, 0);

	int err = smnc_vq_ask(pf, vsi, SMNC_FW_SET_VQ_ENABLE, &req, NULL);

	/* One that the device does not know: a control queue that was stopped already. */
	return err == -EINVAL ? 0 : err;
}

static int smnc_vq_stage(struct smnc_pf *pf, struct smnc_vsi *vsi, unsigned int at, const u8 *data,
			 unsigned int len)
{
	unsigned int off, n;
	int err = 0;

	for (off = 0; off < len && !err; off += n) {
		struct smnc_fw_chunk msg = {
			.vsi = cpu_to_le16(vsi->id),
			.offset = at + off,
		};

		n = min_t(unsigned int, len - off, sizeof(msg.data));
		msg.len = n;
		memcpy(msg.data, data + off, n);
		err = smnc_vq_ask(pf, vsi, SMNC_FW_STAGE_VQ_RSS, &msg, NULL);
	}
	return err;
}

/**
 * smnc_vq_rss() - tell the device how to hash and spread frames for a virtio function
 * @pf: PF
 * @vsi: its VSI
 * @rss: settings, until the function is reset
 *
 * Context: process.
 * Return: 0 or errno of smnc_fw_exec(): then the old or the new settings are in force.
 */
int smnc_vq_rss(struct smnc_pf *pf, struct smnc_vsi *vsi, const struct smnc_vq_rss *rss)
{
	const struct smnc_fw_vq_rss req = {
		.vsi = cpu_to_le16(vsi->id),
		.flags = cpu_to_le16(rss->entries ? SMNC_VQ_RSS_SPREAD : 0),
		.types = cpu_to_le32(rss->types),
		.entries = cpu_to_le16(rss->entries),
		.other = cpu_to_le16(rss->other),
	};
	int err;

	BUILD_BUG_ON(sizeof(req) != sizeof_field(struct smnc_fw_msg, payload));
	err = smnc_vq_stage(pf, vsi, 0, rss->key, sizeof(rss->key));
	if (!err)
		err = smnc_vq_stage(pf, vsi, SMNC_VQ_STAGE_TABLE, rss->table, rss->entries);
	return err ?: smnc_vq_ask(pf, vsi, SMNC_FW_SET_VQ_RSS, &req, NULL);
}

/**
 * smnc_vq_coal() - tell the device how long to hold interrupts of a VQ, until it is stopped
 * @pf: PF
 * @vsi: VSI of its function
 * @vq: number
 * @coal: limits
 *
 * Context: process.
 * Return: 0 or errno of smnc_fw_exec().
 */
int smnc_vq_coal(struct smnc_pf *pf, struct smnc_vsi *vsi, u16 vq,
		 const struct smnc_vq_coal *coal)
{
	const struct smnc_fw_vq_coal req = {
		.vsi = cpu_to_le16(vsi->id),
		.vq = cpu_to_le16(vq),
		.usecs = cpu_to_le32(coal->usecs),
		.packets = cpu_to_le32(coal->packets),
	};

	BUILD_BUG_ON(sizeof(req) != sizeof_field(struct smnc_fw_msg, payload));
	return smnc_vq_ask(pf, vsi, SMNC_FW_SET_VQ_COAL, &req, NULL);
}
