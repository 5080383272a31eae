// SPDX-License-Identifier: GPL-2.0-only
/* See record.h. */
#include <linux/align.h>
#include <linux/build_bug.h>
#include <linux/errno.h>
#include <linux/string.h>

#include "record.h"

static_assert(sizeof(struct smnc_rec_head) % 8 == 0);
static_assert(sizeof(struct smnc_rec_adi) % 8 == 0);
static_assert(sizeof(struct smnc_rec_msg) == sizeof(struct smnc_msg));

/* Bytes of a message of @len bytes, its head included. */
static u32 smnc_rec_msg_bytes(u16 len)
{
	return sizeof(struct smnc_rec_msg) + ALIGN(len, 8);
}

/* True: the messages are well-formed, and an empty queue has room for all of them. */
static bool smnc_rec_msgs_ok(const u8 *at, u32 left)
{
	u32 bytes, used = 0;
	unsigned int nr = 0;

	for (; left; at += bytes, left -= bytes) {
		const struct smnc_rec_msg *head = (const void *)at;
		u16 len;

		if (left < sizeof(*head))
			return false;
		len = le16_to_cpu(head->len);
		bytes = smnc_rec_msg_bytes(len);
		if (bytes > left || len > SMNC_AQ_BUF_MAX || head->reserved ||
		    memchr_inv(at + sizeof(*head) + len, 0, bytes - sizeof(*head) - len))
			return false;
		used += sizeof(*head) + len;
		if (++nr > SMNC_MSG_MAX || used > SMNC_MSGQ_BYTES)
			return false;
	}
	return true;
}

static bool smnc_rec_head_ok(const struct smnc_rec_head *head, size_t len, u16 kind, u32 kind_len)
{
	u32 msgs = le32_to_cpu(head->msgs_len), dev = le32_to_cpu(head->dev_len);

	return !head->reserved && le16_to_cpu(head->kind) == kind &&
	       le32_to_cpu(head->kind_len) == kind_len && msgs % 8 == 0 &&
	       msgs <= SMNC_REC_MSGS_MAX && dev <= len &&
	       len == smnc_rec_bytes(kind_len, msgs, dev);
}

/**
 * smnc_rec_parse() - take a record apart
 * @rec: its parts, in @buf
 * @buf: record, 8-byte aligned; a VMM may have forged it
 * @len: its bytes
 * @kind: the kind that the record must have
 * @kind_len: bytes of that kind's record
 *
 * Return: 0; -EOPNOTSUPP: a version that is not known; -EINVAL: malformed.
 */
int smnc_rec_parse(struct smnc_rec *rec, const void *buf, size_t len, u16 kind, u32 kind_len)
{
	const struct smnc_rec_head *head = buf;
	const u8 *at = buf;

	if (len < sizeof(*head) || le32_to_cpu(head->magic) != SMNC_REC_MAGIC)
		return -EINVAL;
	if (le16_to_cpu(head->version) != SMNC_REC_VERSION)
		return -EOPNOTSUPP;
	if (!smnc_rec_head_ok(head, len, kind, kind_len))
		return -EINVAL;
	rec->adi = (const void *)(at + sizeof(*head));
	rec->kind = at + sizeof(*head) + sizeof(*rec->adi);
	rec->kind_len = kind_len;
	rec->msgs = rec->kind + kind_len;
	rec->msgs_len = le32_to_cpu(head->msgs_len);
	rec->dev = rec->msgs + rec->msgs_len;
	rec->dev_len = le32_to_cpu(head->dev_len);
	return smnc_rec_msgs_ok(rec->msgs, rec->msgs_len) ? 0 : -EINVAL;
}

/**
 * smnc_rec_put_msgs() - write down the messages of a queue, which keeps them
 * @q: queue
 * @msg: room for the longest
 * @buf: room for SMNC_REC_MSGS_MAX bytes, zeroed
 *
 * Return: bytes written.
 */
u32 smnc_rec_put_msgs(struct smnc_msgq *q, struct smnc_msg *msg, void *buf)
{
	unsigned int n = q->nr;
	u8 *at = buf;

	while (n-- && smnc_msgq_get(q, msg)) {
		struct smnc_rec_msg *head = (void *)at;

		head->op = cpu_to_le32(msg->op);
		head->len = cpu_to_le16(msg->len);
		memcpy(at + sizeof(*head), msg->data, msg->len);
		at += smnc_rec_msg_bytes(msg->len);
		smnc_msgq_put(q, msg->op, msg->data, msg->len);
	}
	return at - (u8 *)buf;
}

/**
 * smnc_rec_get_msgs() - replace the messages of a queue by those of a record
 * @q: queue; its own messages are dropped
 * @rec: record
 */
void smnc_rec_get_msgs(struct smnc_msgq *q, const struct smnc_rec *rec)
{
	const u8 *at = rec->msgs, *end = at + rec->msgs_len;

	smnc_msgq_clear(q);
	while (at != end) {
		const struct smnc_rec_msg *head = (const void *)at;
		u16 len = le16_to_cpu(head->len);

		smnc_msgq_put(q, le32_to_cpu(head->op), at + sizeof(*head), len);
		at += smnc_rec_msg_bytes(len);
	}
}
