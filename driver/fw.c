// SPDX-License-Identifier: GPL-2.0-only
/*
 * Firmware messages: 28 bytes through the handshake in BAR4.
 */
#include <linux/delay.h>
#include <linux/ktime.h>

#include "hw.h"
#include "smartnic.h"

#define SNIC_FW_DWORDS	(SNIC_FW_MSG_BYTES / 4)

/* What the firmware may answer, as the kernel's errno. */
static int snic_fw_errno(u8 status)
{
	switch (status) {
	case 0:
		return 0;
	case 2:
		return -ENOENT;
	case 17:
		return -EEXIST;
	case 22:
		return -EINVAL;
	case 28:
		return -ENOSPC;
	default:
		return -EIO;
	}
}

/* Wait for bits of the handshake register. */
static int snic_fw_poll(struct snic_pf *pf, u32 mask, u32 want)
{
	ktime_t end = ktime_add_us(ktime_get(), SNIC_POLL_US);
	bool last = false;

	while ((snic_fw_read(pf, SNIC_FW_CSR) & mask) != want) {
		if (!snic_hw_alive(pf))
			return -EIO;
		if (last)
			return -ETIMEDOUT;
		usleep_range(20, 60);
		last = ktime_after(ktime_get(), end);
	}
	return snic_hw_off(pf) ? -EIO : 0;
}

static int snic_fw_exchange(struct snic_pf *pf, struct snic_fw_msg *msg)
{
	__le32 dword[SNIC_FW_DWORDS];
	unsigned int i;
	int err;

	/* A reply nobody fetched, after a time-out, would block this request. */
	snic_fw_write(pf, SNIC_FW_CSR, SNIC_FW_CSR3_READY);
	err = snic_fw_poll(pf, SNIC_FW_CSR2_READY | SNIC_FW_CSR3_READY, 0);
	if (err)
		return err;
	memcpy(dword, msg, sizeof(dword));
	for (i = 0; i < SNIC_FW_DWORDS; i++)
		snic_fw_write(pf, SNIC_FW_REQUEST + 4 * i, le32_to_cpu(dword[i]));
	snic_fw_write(pf, SNIC_FW_CSR, SNIC_FW_CSR2_READY);
	err = snic_fw_poll(pf, SNIC_FW_CSR3_READY, SNIC_FW_CSR3_READY);
	if (err)
		return err;
	for (i = 0; i < SNIC_FW_DWORDS; i++)
		dword[i] = cpu_to_le32(snic_fw_read(pf, SNIC_FW_REPLY + 4 * i));
	memcpy(msg, dword, sizeof(*msg));
	snic_fw_write(pf, SNIC_FW_CSR, SNIC_FW_CSR3_READY);
	return snic_hw_off(pf) ? -EIO : 0;
}

/**
 * snic_fw_exec() - one request to the firmware
 * @pf: PF
 * @op: enum snic_fw_op
 * @req: 24 bytes of payload, or NULL for none
 * @reply: 24 bytes for the reply's payload, or NULL
 *
 * Context: process.
 * Return: 0 or errno: -EINVAL, -ENOSPC, -EEXIST, -ENOENT from the firmware,
 * -EIO from a dead device or a wrong reply, -ETIMEDOUT.
 */
int snic_fw_exec(struct snic_pf *pf, enum snic_fw_op op, const void *req,
		 void *reply)
{
	struct snic_fw_msg msg = { .op = op };
	int err;

	BUILD_BUG_ON(sizeof(msg) != SNIC_FW_MSG_BYTES);
	if (req)
		memcpy(msg.payload, req, sizeof(msg.payload));
	mutex_lock(&pf->fw_lock);
	msg.seq = cpu_to_le16(++pf->fw_seq);
	err = snic_fw_exchange(pf, &msg);
	if (!err && (msg.op != op || le16_to_cpu(msg.seq) != pf->fw_seq))
		err = -EIO;
	mutex_unlock(&pf->fw_lock);
	if (err) {
		if (!snic_hw_off(pf))
			dev_err_ratelimited(&pf->pdev->dev,
					    "firmware message %d failed: %d\n", op, err);
		return err;
	}
	if (reply)
		memcpy(reply, msg.payload, sizeof(msg.payload));
	return snic_fw_errno(msg.status);
}

int snic_fw_init(struct snic_pf *pf)
{
	struct snic_fw_info info;
	int err;

	BUILD_BUG_ON(sizeof(info) != sizeof_field(struct snic_fw_msg, payload));
	err = snic_fw_exec(pf, SNIC_FW_GET_INFO, NULL, &info);
	if (err)
		return err;
	snprintf(pf->fw_version, sizeof(pf->fw_version), "%u.%u.%u",
		 le16_to_cpu(info.major), le16_to_cpu(info.minor),
		 le16_to_cpu(info.patch));
	return 0;
}
