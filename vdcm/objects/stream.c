// SPDX-License-Identifier: GPL-2.0-only
/*
 * The stream in which the state of an ADI travels: the source writes it in one piece, and the
 * target reads it in pieces of any size.
 *
 * A VMM can forge a stream. Before END with the right CRC32 the target only compares HELLO, and
 * uses no other record. The CRC32 protects from accidents, not from malice: the code that uses a
 * record checks each value.
 */
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "stream.h"

/* Bytes by which HELLO of a later minor version may be longer. */
#define HELLO_MAX	256

static_assert(sizeof(struct vdcm_stream_head) == 16, "padding");
static_assert(sizeof(struct vdcm_hello) == 88, "padding");

/**
 * vdcm_crc32() - CRC32 of Ethernet and zlib
 * @crc: of the bytes before, 0 at first
 * @data: bytes
 * @len: their number
 *
 * Return: CRC of all bytes.
 */
u32 vdcm_crc32(u32 crc, const void *data, size_t len)
{
	/* Of each value of 4 bits. */
	static const u32 table[16] = {
		0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac,
		0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
		0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
		0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
	};
	const u8 *p = data;

	crc = ~crc;
	while (len--) {
		crc ^= *p++;
		crc = crc >> 4 ^ table[crc & 15];
		crc = crc >> 4 ^ table[crc & 15];
	}
	return ~crc;
}

/**
 * vdcm_stream_size() - bytes of a stream
 * @vdcm: bytes of VDCM
 * @driver: bytes of DRIVER
 *
 * Return: all bytes, HELLO and END included.
 */
size_t vdcm_stream_size(size_t vdcm, size_t driver)
{
	return vdcm_hello_size() + 3 * sizeof(struct vdcm_stream_head) + vdcm + driver +
	       sizeof(__le32);
}

/**
 * vdcm_hello_size() - bytes of HELLO
 *
 * Return: bytes, with those of its header.
 */
size_t vdcm_hello_size(void)
{
	return sizeof(struct vdcm_stream_head) + sizeof(struct vdcm_hello);
}

/**
 * vdcm_hello_name() - fill in a name of HELLO
 * @field: VDCM_STREAM_NAME bytes
 * @name: name; cut off if longer than the field
 */
void vdcm_hello_name(u8 *field, const char *name)
{
	memset(field, 0, VDCM_STREAM_NAME);
	memcpy(field, name, min_t(size_t, strlen(name), VDCM_STREAM_NAME - 1));
}

/**
 * vdcm_hello_check() - can this ADI take the state of the sender's ADI?
 * @mine: HELLO as this side would send it
 * @data: HELLO that was received
 * @len: its bytes
 * @why: out: name of the field that differs, in case of an error; for the log
 *
 * Return: 0, -EINVAL (no HELLO at all), -EOPNOTSUPP (other version, type or function).
 */
int vdcm_hello_check(const struct vdcm_hello *mine, const void *data, size_t len,
		     const char **why)
{
	static const struct {
		size_t offset;
		size_t size;
		const char *name;
	} fields[] = {
		{ offsetof(struct vdcm_hello, magic), sizeof(mine->magic), "magic" },
		{ offsetof(struct vdcm_hello, major), sizeof(mine->major), "major" },
		{ offsetof(struct vdcm_hello, driver), sizeof(mine->driver), "driver" },
		{ offsetof(struct vdcm_hello, type), sizeof(mine->type), "type" },
		{ offsetof(struct vdcm_hello, state_version), sizeof(mine->state_version),
		  "state_version" },
		{ offsetof(struct vdcm_hello, nr_vectors), sizeof(mine->nr_vectors), "nr_vectors" },
		{ offsetof(struct vdcm_hello, composition), sizeof(mine->composition),
		  "composition" },
	};
	unsigned int i;

	*why = "size";
	if (len < sizeof(*mine))
		return -EINVAL;
	for (i = 0; i < ARRAY_SIZE(fields); i++) {
		*why = fields[i].name;
		if (memcmp((const u8 *)mine + fields[i].offset,
			   (const u8 *)data + fields[i].offset, fields[i].size))
			return i ? -EOPNOTSUPP : -EINVAL;
	}
	return 0;
}

/**
 * vdcm_stream_begin() - begin a record
 * @out: stream
 * @tag: its tag
 * @room: out: most bytes that the record may have
 *
 * Return: room for the bytes, of any alignment, or NULL: too little. vdcm_stream_commit() ends
 * the record; without that call the stream does not get the record.
 */
void *vdcm_stream_begin(struct vdcm_stream_out *out, u32 tag, size_t *room)
{
	struct vdcm_stream_head head = { .tag = cpu_to_le32(tag) };

	if (out->room - out->len < sizeof(head))
		return NULL;
	memcpy(out->buf + out->len, &head, sizeof(head));
	*room = out->room - out->len - sizeof(head);
	return out->buf + out->len + sizeof(head);
}

/**
 * vdcm_stream_commit() - end a record
 * @out: stream
 * @len: bytes that the record has, at most the room of vdcm_stream_begin()
 */
void vdcm_stream_commit(struct vdcm_stream_out *out, size_t len)
{
	__le64 size = cpu_to_le64(len);

	memcpy(out->buf + out->len, &size, sizeof(size));
	out->len += sizeof(struct vdcm_stream_head) + len;
}

/**
 * vdcm_stream_end() - write END
 * @out: stream
 *
 * Return: 0 or -ENOSPC.
 */
int vdcm_stream_end(struct vdcm_stream_out *out)
{
	size_t room;
	void *p = vdcm_stream_begin(out, VDCM_TAG_END, &room);
	__le64 size = cpu_to_le64(sizeof(__le32));
	__le32 crc;

	if (!p || room < sizeof(crc))
		return -ENOSPC;
	memcpy(out->buf + out->len, &size, sizeof(size));
	crc = cpu_to_le32(vdcm_crc32(0, out->buf, out->len + sizeof(struct vdcm_stream_head)));
	memcpy(p, &crc, sizeof(crc));
	vdcm_stream_commit(out, sizeof(crc));
	return 0;
}

/**
 * vdcm_stream_open() - begin to read a stream
 * @in: stream
 * @vdcm: bytes that VDCM may have
 * @driver: bytes that DRIVER may have
 */
void vdcm_stream_open(struct vdcm_stream_in *in, size_t vdcm, size_t driver)
{
	memset(in, 0, sizeof(*in));
	in->max[VDCM_TAG_HELLO] = HELLO_MAX;
	in->max[VDCM_TAG_VDCM] = vdcm;
	in->max[VDCM_TAG_DRIVER] = driver;
	in->max[VDCM_TAG_END] = sizeof(__le32);
	in->next = VDCM_TAG_HELLO;
}

/**
 * vdcm_stream_close() - free the records that were read
 * @in: stream; the caller feeds no more bytes
 */
void vdcm_stream_close(struct vdcm_stream_in *in)
{
	unsigned int tag;

	for (tag = 0; tag < VDCM_NR_TAGS; tag++) {
		kvfree(in->data[tag]);
		in->data[tag] = NULL;
	}
}

static int begin_unknown(struct vdcm_stream_in *in, u64 size)
{
	if (!(le32_to_cpu(in->head.flags) & VDCM_STREAM_OPTIONAL))
		return -EOPNOTSUPP;
	if (size > VDCM_STREAM_SKIP - in->skipped)
		return -E2BIG;
	in->skipped += size;
	in->tag = VDCM_TAG_NONE;
	return 0;
}

static int begin_known(struct vdcm_stream_in *in, u32 tag, u64 size)
{
	if (tag != in->next)
		return -EINVAL;
	if (size > in->max[tag])
		return -E2BIG;
	if (!size || (tag == VDCM_TAG_END && size != sizeof(__le32)))
		return -EINVAL;
	in->data[tag] = kvzalloc(size, GFP_KERNEL_ACCOUNT);
	if (!in->data[tag])
		return -ENOMEM;
	in->len[tag] = size;
	in->tag = tag;
	return 0;
}

/* A header is complete. */
static int begin_record(struct vdcm_stream_in *in)
{
	u64 size = le64_to_cpu(in->head.size);
	u32 tag = le32_to_cpu(in->head.tag);
	int ret;

	if (le32_to_cpu(in->head.flags) & ~VDCM_STREAM_OPTIONAL)
		return -EOPNOTSUPP;
	if (in->next == VDCM_TAG_HELLO && tag != in->next)
		return -EINVAL;
	if (tag == VDCM_TAG_NONE || tag >= VDCM_NR_TAGS)
		ret = begin_unknown(in, size);
	else
		ret = begin_known(in, tag, size);
	in->size = size;
	in->done = 0;
	return ret;
}

/* A record is complete. Return: its tag, or errno */
static int end_record(struct vdcm_stream_in *in)
{
	__le32 crc;

	in->have = 0;
	if (in->tag == VDCM_TAG_NONE)
		return 0;
	in->next = in->tag + 1;
	if (in->tag != VDCM_TAG_END)
		return in->tag;
	memcpy(&crc, in->data[VDCM_TAG_END], sizeof(crc));
	return le32_to_cpu(crc) == in->crc ? VDCM_TAG_END : -EBADMSG;
}

/* Take @n bytes at most for the header or the contents of a record. Return: bytes taken. */
static size_t take(struct vdcm_stream_in *in, const u8 *data, size_t len)
{
	size_t n;

	if (in->have < sizeof(in->head)) {
		n = min(len, sizeof(in->head) - in->have);
		memcpy((u8 *)&in->head + in->have, data, n);
		in->have += n;
	} else {
		n = min(len, in->size - in->done);
		if (in->tag != VDCM_TAG_NONE)
			memcpy(in->data[in->tag] + in->done, data, n);
		in->done += n;
		if (in->tag == VDCM_TAG_END)
			return n;
	}
	in->crc = vdcm_crc32(in->crc, data, n);
	return n;
}

/**
 * vdcm_stream_feed() - read on
 * @in: stream
 * @data: bytes; moved on behind the bytes that were read
 * @len: their number; lowered by the number of bytes that were read
 *
 * Reads up to the end of HELLO, VDCM, DRIVER or END, or all bytes. Memory is taken for a
 * record of the size in its header, within the limits of vdcm_stream_open(). After an error
 * the stream takes no more bytes.
 *
 * Context: process.
 * Return: tag of the record that is complete now; 0: none is complete, and no byte is left;
 * -EINVAL (order, size, bytes behind END), -EOPNOTSUPP (unknown flag or mandatory record),
 * -E2BIG, -EBADMSG (CRC32), -ENOMEM.
 */
int vdcm_stream_feed(struct vdcm_stream_in *in, const u8 **data, size_t *len)
{
	int ret = in->err;

	while (!ret && *len) {
		bool header = in->have < sizeof(in->head);
		size_t n;

		if (in->next == VDCM_NR_TAGS) {
			ret = -EINVAL;
			break;
		}
		n = take(in, *data, *len);
		*data += n;
		*len -= n;
		if (in->have < sizeof(in->head))
			break;
		if (header)
			ret = begin_record(in);
		if (!ret && in->done == in->size)
			ret = end_record(in);
	}
	if (ret < 0)
		in->err = ret;
	return ret;
}
