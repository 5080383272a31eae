// SPDX-License-Identifier: GPL-2.0-only
/*
 * The state of an ADI as a stream, and back: the framework's state (record VDCM) and the
 * driver's (record DRIVER). docs/migration.md has the format.
 *
 * A VMM may have forged a stream that comes in. Of config space and the MSI-X table the framework
 * takes only fields that a guest can write; the driver checks its own record.
 */
#include <linux/slab.h>
#include <linux/string.h>

#include "internal.h"

#define VDCM_RECORD_VERSION	1

/**
 * struct vdcm_record - first part of record VDCM; the bytes of vdcm_msix_save() follow
 * @version: VDCM_RECORD_VERSION
 * @reserved: 0
 * @config: config space
 */
struct vdcm_record {
	__le32 version;
	__le32 reserved;
	u8 config[VDCM_CONFIG_STORED];
};

static size_t vdcm_record_size(const struct vdcm_adi *adi)
{
	return sizeof(struct vdcm_record) + vdcm_msix_state_size(adi->type->nr_vectors);
}

/**
 * vdcm_state_bound() - bytes of an ADI's stream, at most
 * @adi: ADI that can be migrated
 *
 * Return: bytes.
 */
size_t vdcm_state_bound(const struct vdcm_adi *adi)
{
	return vdcm_stream_size(vdcm_record_size(adi), adi->state_size);
}

static u32 vdcm_sum_regs(u32 crc, const struct vdcm_composition *comp)
{
	unsigned int i;

	for (i = 0; i < comp->nr_regs; i++) {
		const struct vdcm_reg *reg = &comp->regs[i];
		__le64 row[] = {
			cpu_to_le64(reg->offset), cpu_to_le64(reg->count),
			cpu_to_le64(reg->stride), cpu_to_le64(reg->width),
			cpu_to_le64(reg->wmask),
		};

		crc = vdcm_crc32(crc, row, sizeof(row));
	}
	return crc;
}

static u32 vdcm_sum_bars(u32 crc, const struct vdcm_composition *comp)
{
	unsigned int bar, i;

	for (bar = 0; bar < VDCM_NR_BARS; bar++) {
		const struct vdcm_bar *b = &comp->bars[bar];
		__le64 size = cpu_to_le64(b->size);

		crc = vdcm_crc32(crc, &size, sizeof(size));
		for (i = 0; i < b->nr_pages; i++) {
			__le64 run[] = {
				cpu_to_le64(b->pages[i].first), cpu_to_le64(b->pages[i].count),
				cpu_to_le64(b->pages[i].kind), cpu_to_le64(b->pages[i].soft),
			};

			crc = vdcm_crc32(crc, run, sizeof(run));
		}
	}
	return crc;
}

/* A checksum of all that a guest can see of the function. @config: room for a config space */
static u32 vdcm_composition_sum(const struct vdcm_type *type, struct vdcm_config *config)
{
	u32 crc;

	vdcm_config_init(config, type->comp, type->nr_vectors);
	crc = vdcm_crc32(0, config, sizeof(*config));
	return vdcm_sum_bars(vdcm_sum_regs(crc, type->comp), type->comp);
}

static int vdcm_fill_hello(struct vdcm_adi *adi, struct vdcm_hello *hello)
{
	const struct vdcm_driver *drv = adi->parent->drv;
	struct vdcm_config *config = kzalloc(sizeof(*config), GFP_KERNEL_ACCOUNT);

	if (!config)
		return -ENOMEM;
	memset(hello, 0, sizeof(*hello));
	memcpy(hello->magic, VDCM_STREAM_MAGIC, sizeof(hello->magic));
	hello->major = cpu_to_le16(VDCM_STREAM_MAJOR);
	hello->minor = cpu_to_le16(VDCM_STREAM_MINOR);
	hello->state_version = cpu_to_le32(drv->state_version);
	hello->composition = cpu_to_le32(vdcm_composition_sum(adi->type, config));
	hello->nr_vectors = cpu_to_le16(adi->type->nr_vectors);
	vdcm_hello_name(hello->driver, drv->name);
	vdcm_hello_name(hello->type, adi->type->name);
	kfree(config);
	return 0;
}

/**
 * vdcm_state_hello() - begin a stream
 * @adi: ADI that can be migrated
 * @out: stream, empty, with room for vdcm_state_bound() bytes
 *
 * Context: process.
 * Return: 0 or -ENOMEM.
 */
int vdcm_state_hello(struct vdcm_adi *adi, struct vdcm_stream_out *out)
{
	struct vdcm_hello hello;
	size_t room;
	void *p = vdcm_stream_begin(out, VDCM_TAG_HELLO, &room);
	int ret = vdcm_fill_hello(adi, &hello);

	if (ret)
		return ret;
	memcpy(p, &hello, sizeof(hello));
	vdcm_stream_commit(out, sizeof(hello));
	return 0;
}

/**
 * vdcm_state_compare() - HELLO has come: can this ADI take the state of its sender?
 * @adi: ADI that can be migrated
 * @in: stream whose HELLO is complete
 *
 * Context: process.
 * Return: 0, -EINVAL, -EOPNOTSUPP: one line in the log says what differs; -ENOMEM.
 */
int vdcm_state_compare(struct vdcm_adi *adi, const struct vdcm_stream_in *in)
{
	struct vdcm_hello mine;
	const char *why;
	int ret = vdcm_fill_hello(adi, &mine);

	if (ret)
		return ret;
	ret = vdcm_hello_check(&mine, in->data[VDCM_TAG_HELLO], in->len[VDCM_TAG_HELLO], &why);
	if (ret)
		vdcm_limited(adi, err, "state of another device refused: its %s differs\n", why);
	return ret;
}

/**
 * vdcm_state_expect() - begin to read a stream
 * @adi: ADI that can be migrated
 * @in: stream
 */
void vdcm_state_expect(const struct vdcm_adi *adi, struct vdcm_stream_in *in)
{
	vdcm_stream_open(in, vdcm_record_size(adi), adi->state_size);
}

static int vdcm_save_record(struct vdcm_adi *adi, struct vdcm_stream_out *out)
{
	struct vdcm_live *live = adi->live;
	struct vdcm_record record = { .version = cpu_to_le32(VDCM_RECORD_VERSION) };
	size_t room;
	u8 *p = vdcm_stream_begin(out, VDCM_TAG_VDCM, &room);
	unsigned long flags;

	if (!p || room < vdcm_record_size(adi))
		return -ENOSPC;
	memcpy(record.config, live->config.data, sizeof(record.config));
	memcpy(p, &record, sizeof(record));
	spin_lock_irqsave(&adi->irq_lock, flags);
	vdcm_msix_save(&live->msix, p + sizeof(record));
	spin_unlock_irqrestore(&adi->irq_lock, flags);
	vdcm_stream_commit(out, vdcm_record_size(adi));
	return 0;
}

static int vdcm_save_driver(struct vdcm_adi *adi, struct vdcm_stream_out *out)
{
	size_t room;
	void *p = vdcm_stream_begin(out, VDCM_TAG_DRIVER, &room);
	ssize_t len;

	if (!p || room < adi->state_size)
		return -ENOSPC;
	len = vdcm_ops(adi)->save(adi, p, adi->state_size);
	if (len < 0)
		return len;
	if (WARN_ON_ONCE(!len || len > adi->state_size))
		return -EIO;
	vdcm_stream_commit(out, len);
	return 0;
}

/**
 * vdcm_state_save() - write the state of an ADI into a stream
 * @adi: frozen ADI; adi->lock held; its PF is there, or dead
 * @out: stream behind HELLO; undefined in case of an error
 *
 * Return: 0, -EIO (the hardware is gone), or the driver's error.
 */
int vdcm_state_save(struct vdcm_adi *adi, struct vdcm_stream_out *out)
{
	int ret;

	lockdep_assert_held(&adi->lock);
	if (vdcm_is_gone(adi))
		return -EIO;
	ret = vdcm_save_record(adi, out) ?: vdcm_save_driver(adi, out) ?: vdcm_stream_end(out);
	if (ret)
		vdcm_limited(adi, err, "state not saved: %d\n", ret);
	return ret;
}

static int vdcm_load_record(struct vdcm_adi *adi, const struct vdcm_stream_in *in)
{
	const u8 *data = in->data[VDCM_TAG_VDCM];
	const struct vdcm_record *record = (const void *)data;
	struct vdcm_live *live = adi->live;
	unsigned long flags;
	int ret;

	if (in->len[VDCM_TAG_VDCM] != vdcm_record_size(adi) ||
	    le32_to_cpu(record->version) != VDCM_RECORD_VERSION || record->reserved)
		return -EINVAL;
	vdcm_config_load(&live->config, record->config);
	spin_lock_irqsave(&adi->irq_lock, flags);
	ret = vdcm_msix_load(&live->msix, data + sizeof(*record),
			     vdcm_config_msix_ctrl(&live->config));
	spin_unlock_irqrestore(&adi->irq_lock, flags);
	return ret;
}

/**
 * vdcm_state_load() - load the state of another ADI
 * @adi: frozen ADI; adi->lock held; its PF is there, or dead
 * @in: stream that is complete
 *
 * vdcm resets the ADI before, and once more if the state is refused; the ADI stays frozen.
 *
 * Return: 0, -EIO (the hardware is gone), -EINVAL, or the driver's error; one line in the log
 * says why the state is refused.
 */
int vdcm_state_load(struct vdcm_adi *adi, const struct vdcm_stream_in *in)
{
	struct vdcm_live *live = adi->live;
	int ret;

	lockdep_assert_held(&adi->lock);
	ret = vdcm_reset(adi);
	if (ret)
		return ret;
	ret = vdcm_load_record(adi, in);
	if (ret)
		vdcm_limited(adi, err,
			     "state of another device refused: its config space or MSI-X\n");
	else
		ret = vdcm_ops(adi)->load(adi, in->data[VDCM_TAG_DRIVER],
					  in->len[VDCM_TAG_DRIVER]);
	if (ret) {
		vdcm_reset(adi);
		return ret;
	}
	live->announce = true;
	vdcm_set_memory(adi, vdcm_config_memory(&live->config));
	return 0;
}
