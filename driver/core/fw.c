// SPDX-License-Identifier: GPL-2.0-only
/*
 * Firmware messages: 28 bytes through the handshake in BAR4, and a payload in memory.
 */
#include <linux/delay.h>
#include <linux/dma-mapping.h>
#include <linux/ktime.h>

#include "hw.h"
#include "pf.h"
#include "trace.h"

#define SMNC_FW_DWORDS	(SMNC_FW_MSG_BYTES / 4)

/* A request that is not answered for so long will not be. */
#define SMNC_FW_STUCK_US	5000000

/* What the firmware may answer, as the kernel's errno. */
static int smnc_fw_errno(u8 status)
{
	switch (status) {
	case 0:
		return 0;
	case 2:
		return -ENOENT;
	case 14:
		return -EFAULT;
	case 16:
		return -EBUSY;
	case 17:
		return -EEXIST;
	case 22:
		return -EINVAL;
	case 28:
		return -ENOSPC;
	default:
		return -EREMOTEIO;
	}
}

static void smnc_fw_put(struct smnc_pf *pf, const struct smnc_fw_msg *msg)
{
	__le32 dword[SMNC_FW_DWORDS];
	unsigned int i;

	memcpy(dword, msg, sizeof(dword));
	for (i = 0; i < SMNC_FW_DWORDS; i++)
		smnc_fw_write(pf, SMNC_FW_REQUEST + 4 * i, le32_to_cpu(dword[i]));
	smnc_fw_write(pf, SMNC_FW_CSR, SMNC_FW_CSR2_READY);
}

/* Take the reply that is there. */
static void smnc_fw_take(struct smnc_pf *pf, struct smnc_fw_msg *msg)
{
	__le32 dword[SMNC_FW_DWORDS];
	unsigned int i;

	for (i = 0; i < SMNC_FW_DWORDS; i++)
		dword[i] = cpu_to_le32(smnc_fw_read(pf, SMNC_FW_REPLY + 4 * i));
	memcpy(msg, dword, sizeof(*msg));
	smnc_fw_write(pf, SMNC_FW_CSR, SMNC_FW_CSR3_READY);
}

/*
 * Look at the handshake until @sent is answered, or, without, until the firmware is
 * ready for a request. What else it answers is to a request that was given up: it is
 * taken, or it would stand in the way of this one and the next.
 */
static int smnc_fw_wait(struct smnc_pf *pf, const struct smnc_fw_msg *sent,
			struct smnc_fw_msg *reply)
{
	ktime_t end = ktime_add_us(ktime_get(), SMNC_POLL_US);
	bool last = false;
	u32 csr;

	for (;;) {
		csr = smnc_fw_read(pf, SMNC_FW_CSR);
		if (!smnc_hw_alive(pf))
			return -EIO;
		if (csr & SMNC_FW_CSR3_READY) {
			smnc_fw_take(pf, reply);
			if (sent && reply->seq == sent->seq)
				return 0;
		} else if (!sent && !(csr & SMNC_FW_CSR2_READY)) {
			return 0;
		}
		if (last)
			return -ETIMEDOUT;
		usleep_range(20, 60);
		last = ktime_after(ktime_get(), end);
	}
}

/*
 * It has had a request for too long. One more is not put on top: the device is reset
 * once nothing else is to be hoped for.
 */
static int smnc_fw_busy(struct smnc_pf *pf)
{
	if (ktime_after(ktime_get(), ktime_add_us(pf->fw_sent, SMNC_FW_STUCK_US)))
		smnc_hw_stuck(pf, "the firmware is stuck");
	return -EBUSY;
}

/* Writes the payload only after the previous request has ended, which might read the buffer. */
static int smnc_fw_exchange(struct smnc_pf *pf, struct smnc_fw_msg *msg, const void *data,
			    u16 len)
{
	struct smnc_fw_msg reply;
	int err;

	err = smnc_fw_wait(pf, NULL, &reply);
	if (err)
		return err == -ETIMEDOUT ? smnc_fw_busy(pf) : err;
	pf->fw_sent = ktime_get();
	if (len) {
		memcpy(pf->fw_buf.cpu, data, len);
		dma_wmb();
	}
	smnc_fw_put(pf, msg);
	err = smnc_fw_wait(pf, msg, &reply);
	if (err)
		return err;
	if (smnc_hw_off(pf))
		return -EIO;
	if (reply.op != msg->op)
		return -EPROTO;
	*msg = reply;
	return 0;
}

/* Reports the first of several failures, and the first success after them. */
static void smnc_fw_health(struct smnc_pf *pf, enum smnc_fw_op op, int err, bool failed)
{
	if (failed && !xchg(&pf->fw_failed, true))
		smnc_health_bad(pf, SMNC_HEALTH_FW, "firmware message %d: %d", op, err);
	else if (!failed && xchg(&pf->fw_failed, false))
		smnc_health_well(pf, SMNC_HEALTH_FW);
}

/* One exchange. @reply: 24 bytes for the answer's payload, or NULL. */
static int smnc_fw_do(struct smnc_pf *pf, struct smnc_fw_msg *msg, const void *data, u16 len,
		      void *reply)
{
	enum smnc_fw_op op = msg->op;
	u64 start = ktime_get_ns();
	int err;

	BUILD_BUG_ON(sizeof(*msg) != SMNC_FW_MSG_BYTES);
	mutex_lock(&pf->fw_lock);
	msg->seq = cpu_to_le16(++pf->fw_seq);
	err = smnc_fw_exchange(pf, msg, data, len);
	mutex_unlock(&pf->fw_lock);
	trace_smnc_fw(pf, op, le16_to_cpu(msg->seq), err ? 0 : msg->status,
		      ktime_get_ns() - start, err);
	if (err) {
		if (!smnc_hw_off(pf))
			dev_err_ratelimited(&pf->pdev->dev,
					    "firmware message %d failed: %d\n", op, err);
		smnc_fw_health(pf, op, err, !smnc_hw_off(pf));
		return err;
	}
	if (reply)
		memcpy(reply, msg->payload, sizeof(msg->payload));
	err = smnc_fw_errno(msg->status);
	smnc_fw_health(pf, op, err, err == -EREMOTEIO);
	return err;
}

/**
 * smnc_fw_exec() - one request to the firmware
 * @pf: PF
 * @op: enum smnc_fw_op
 * @req: 24 bytes of payload, or NULL for none
 * @reply: 24 bytes for the reply's payload, or NULL
 *
 * Context: process.
 * Return: 0 or errno: -EINVAL, -ENOSPC, -EEXIST, -ENOENT, -EBUSY (a VQ is enabled), -EFAULT
 * (memory), -EREMOTEIO (anything else) from the firmware, which has done nothing then; -EBUSY
 * also if the driver did not send the request; -ETIMEDOUT, -EPROTO: the firmware may have
 * carried out the request, or may do so later; -EIO: the device is gone, or is about to be reset.
 */
int smnc_fw_exec(struct smnc_pf *pf, enum smnc_fw_op op, const void *req,
		 void *reply)
{
	struct smnc_fw_msg msg = { .op = op };

	if (req)
		memcpy(msg.payload, req, sizeof(msg.payload));
	return smnc_fw_do(pf, &msg, NULL, 0, reply);
}

/**
 * smnc_fw_exec_memory() - one request whose payload lies in memory
 * @pf: PF
 * @op: enum smnc_fw_op
 * @vsi: VSI of the request
 * @index: index of the request
 * @data: payload
 * @len: its bytes, at most SMNC_FW_MEMORY_MAX; 0: none
 *
 * Context: process.
 * Return: as smnc_fw_exec().
 */
int smnc_fw_exec_memory(struct smnc_pf *pf, enum smnc_fw_op op, u16 vsi, u16 index,
			const void *data, u16 len)
{
	struct smnc_fw_memory mem = {
		.vsi = cpu_to_le16(vsi),
		.index = cpu_to_le16(index),
		.len = cpu_to_le16(len),
		.addr = cpu_to_le64(pf->fw_buf.dma),
	};
	struct smnc_fw_msg msg = { .op = op };

	BUILD_BUG_ON(sizeof(mem) != sizeof(msg.payload));
	if (WARN_ON_ONCE(len > SMNC_FW_MEMORY_MAX))
		return -EMSGSIZE;
	memcpy(msg.payload, &mem, sizeof(mem));
	return smnc_fw_do(pf, &msg, data, len, NULL);
}

int smnc_fw_init(struct smnc_pf *pf)
{
	struct smnc_fw_info info;
	int err;

	BUILD_BUG_ON(sizeof(info) != sizeof_field(struct smnc_fw_msg, payload));
	if (!pf->fw_buf.cpu)
		pf->fw_buf.cpu = dmam_alloc_coherent(&pf->pdev->dev, SMNC_FW_MEMORY_MAX,
						     &pf->fw_buf.dma, GFP_KERNEL);
	if (!pf->fw_buf.cpu)
		return -ENOMEM;
	err = smnc_fw_exec(pf, SMNC_FW_GET_INFO, NULL, &info);
	if (err)
		return err;
	snprintf(pf->fw_version, sizeof(pf->fw_version), "%u.%u.%u",
		 le16_to_cpu(info.major), le16_to_cpu(info.minor),
		 le16_to_cpu(info.patch));
	return 0;
}
