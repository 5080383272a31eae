/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The stream in which the state of an ADI travels: a pure object, no locking of its own.
 *
 * Records of { u64 size, u32 flags, u32 tag } and @size bytes, all little endian: HELLO, VDCM,
 * DRIVER, END in this order, once each. Between HELLO and END there may be records of other
 * tags: a target skips those with VDCM_STREAM_OPTIONAL, and refuses others. END has the CRC32 of
 * all bytes before it. docs/migration.md has the contents.
 */
#ifndef VDCM_STREAM_H
#define VDCM_STREAM_H

#include <linux/types.h>

#define VDCM_STREAM_MAGIC	"VDCM-ADI"
#define VDCM_STREAM_MAJOR	1
#define VDCM_STREAM_MINOR	0
#define VDCM_STREAM_NAME	32
#define VDCM_STREAM_OPTIONAL	0x1u
/* Bytes of records that are skipped, at most, in one stream. */
#define VDCM_STREAM_SKIP	0x100000u

enum vdcm_tag {
	VDCM_TAG_NONE,
	VDCM_TAG_HELLO,
	VDCM_TAG_VDCM,
	VDCM_TAG_DRIVER,
	VDCM_TAG_END,
	VDCM_NR_TAGS
};

/**
 * struct vdcm_stream_head - header of a record
 * @size: bytes that follow
 * @flags: VDCM_STREAM_OPTIONAL or 0
 * @tag: enum vdcm_tag, or one that this version does not know
 */
struct vdcm_stream_head {
	__le64 size;
	__le32 flags;
	__le32 tag;
};

/**
 * struct vdcm_hello - the contents of HELLO: the properties that a target must have
 * @magic: VDCM_STREAM_MAGIC
 * @major: VDCM_STREAM_MAJOR: a target refuses another number
 * @minor: VDCM_STREAM_MINOR: a higher one may append to HELLO, and add optional records
 * @state_version: the PF driver's version: a target refuses another number
 * @composition: of the function that the guest sees, a CRC32
 * @nr_vectors: its MSI-X vectors
 * @reserved: 0
 * @driver: name of the PF driver, 0 behind it
 * @type: name of the type, 0 behind it
 */
struct vdcm_hello {
	u8 magic[8];
	__le16 major;
	__le16 minor;
	__le32 state_version;
	__le32 composition;
	__le16 nr_vectors;
	__le16 reserved;
	u8 driver[VDCM_STREAM_NAME];
	u8 type[VDCM_STREAM_NAME];
};

/**
 * struct vdcm_stream_out - a stream being written
 * @buf: buffer for the whole stream
 * @room: bytes of @buf
 * @len: bytes written
 */
struct vdcm_stream_out {
	u8 *buf;
	size_t room;
	size_t len;
};

/**
 * struct vdcm_stream_in - a stream being read
 * @max: bytes that VDCM and DRIVER may have, by tag
 * @data: bytes of each record that were read, by tag; NULL = not begun, or no bytes
 * @len: bytes of @data, by tag
 * @head: header of the record at hand
 * @have: bytes of @head that were read
 * @tag: of the record at hand, VDCM_TAG_NONE for one that is skipped
 * @done: bytes of that record that were read
 * @size: bytes that the record has
 * @next: tag of the record that is awaited
 * @skipped: bytes of records skipped
 * @crc: CRC32 of all bytes that were read, without the contents of END
 * @err: why the stream was refused, or 0
 */
struct vdcm_stream_in {
	size_t max[VDCM_NR_TAGS];
	u8 *data[VDCM_NR_TAGS];
	size_t len[VDCM_NR_TAGS];
	struct vdcm_stream_head head;
	size_t have;
	u32 tag;
	size_t done;
	size_t size;
	u32 next;
	size_t skipped;
	u32 crc;
	int err;
};

u32 vdcm_crc32(u32 crc, const void *data, size_t len);

size_t vdcm_stream_size(size_t vdcm, size_t driver);
size_t vdcm_hello_size(void);
void vdcm_hello_name(u8 *field, const char *name);
int vdcm_hello_check(const struct vdcm_hello *mine, const void *data, size_t len,
		     const char **why);

void *vdcm_stream_begin(struct vdcm_stream_out *out, u32 tag, size_t *room);
void vdcm_stream_commit(struct vdcm_stream_out *out, size_t len);
int vdcm_stream_end(struct vdcm_stream_out *out);

void vdcm_stream_open(struct vdcm_stream_in *in, size_t vdcm, size_t driver);
void vdcm_stream_close(struct vdcm_stream_in *in);
int vdcm_stream_feed(struct vdcm_stream_in *in, const u8 **data, size_t *len);

#endif /* VDCM_STREAM_H */
