// SPDX-License-Identifier: GPL-2.0-only
/*
 * The registers of a virtio device: the common configuration as a table, and the ways to
 * the device configuration, the ISR status and the notify page.
 *
 * A register answers its own offset and width; whatever else is accessed reads 0. While the
 * PF is being reset they are read and written as ever, and the hardware learns of it later.
 * Of a device that is taken away, device_status reads 0: drivers wait for that.
 */
#include <linux/log2.h>
#include <linux/nospec.h>

#include "../core/hw.h"
#include "virtio.h"

/**
 * struct smnc_virtio_reg - a register of the common configuration
 * @offset: in it, bytes
 * @width: bytes
 * @arg: argument of @read and @write
 * @asks: a write may make the driver ask the firmware
 * @read: its value; adi->lock is held
 * @write: NULL: read-only
 */
struct smnc_virtio_reg {
	u8 offset;
	u8 width;
	u8 arg;
	bool asks;
	u64 (*read)(struct smnc_adi *adi, unsigned int arg);
	enum smnc_virtio_act (*write)(struct smnc_adi *adi, unsigned int arg, u32 value);
};

/* The VQ that registers of a VQ are about, or NULL. */
static struct smnc_virtio_vq *smnc_virtio_selected(struct smnc_adi *adi, unsigned int *n)
{
	struct smnc_virtio *v = smnc_virtio(adi);

	if (v->queue_select >= smnc_virtio_nr_vqs(adi))
		return NULL;
	*n = array_index_nospec(v->queue_select, SMNC_VIRTIO_VQS);
	return &v->vqs[*n];
}

/* --- features ----------------------------------------------------------------- */

static u64 read_device_select(struct smnc_adi *adi, unsigned int arg)
{
	return smnc_virtio(adi)->device_select;
}

static enum smnc_virtio_act write_device_select(struct smnc_adi *adi, unsigned int arg, u32 value)
{
	smnc_virtio(adi)->device_select = value;
	return SMNC_VIRTIO_DONE;
}

static u64 read_device_feature(struct smnc_adi *adi, unsigned int arg)
{
	u32 word = smnc_virtio(adi)->device_select;

	return word < 2 ? (u32)(smnc_virtio_offered(adi) >> 32 * word) : 0;
}

static u64 read_driver_select(struct smnc_adi *adi, unsigned int arg)
{
	return smnc_virtio(adi)->driver_select;
}

static enum smnc_virtio_act write_driver_select(struct smnc_adi *adi, unsigned int arg, u32 value)
{
	smnc_virtio(adi)->driver_select = value;
	return SMNC_VIRTIO_DONE;
}

static u64 read_driver_feature(struct smnc_adi *adi, unsigned int arg)
{
	struct smnc_virtio *v = smnc_virtio(adi);

	if (v->driver_select >= SMNC_VIRTIO_WORDS)
		return 0;
	return v->driver[array_index_nospec(v->driver_select, SMNC_VIRTIO_WORDS)];
}

/* What was agreed on stays so. */
static enum smnc_virtio_act write_driver_feature(struct smnc_adi *adi, unsigned int arg, u32 value)
{
	struct smnc_virtio *v = smnc_virtio(adi);

	if (v->driver_select < SMNC_VIRTIO_WORDS && !(v->status & VIRTIO_CONFIG_S_FEATURES_OK))
		v->driver[array_index_nospec(v->driver_select, SMNC_VIRTIO_WORDS)] = value;
	return SMNC_VIRTIO_DONE;
}

/* --- the device ----------------------------------------------------------------- */

static u16 vector_of(const struct smnc_adi *adi, u32 value)
{
	return value < smnc_adi_nr_vecs(adi) ? value : SMNC_VQ_NO_VECTOR;
}

static u64 read_config_vector(struct smnc_adi *adi, unsigned int arg)
{
	return smnc_virtio(adi)->config_vector;
}

static enum smnc_virtio_act write_config_vector(struct smnc_adi *adi, unsigned int arg, u32 value)
{
	smnc_virtio(adi)->config_vector = vector_of(adi, value);
	return SMNC_VIRTIO_DONE;
}

static u64 read_num_queues(struct smnc_adi *adi, unsigned int arg)
{
	return smnc_virtio_nr_vqs(adi);
}

static u64 read_status(struct smnc_adi *adi, unsigned int arg)
{
	return smnc_virtio_there(adi) ? smnc_virtio(adi)->status : 0;
}

static enum smnc_virtio_act write_status(struct smnc_adi *adi, unsigned int arg, u32 value)
{
	return smnc_virtio_write_status(adi, value);
}

static u64 read_generation(struct smnc_adi *adi, unsigned int arg)
{
	return smnc_virtio_read_generation(smnc_virtio(adi));
}

/* --- the selected VQ -------------------------------------------------------------- */

static u64 read_queue_select(struct smnc_adi *adi, unsigned int arg)
{
	return smnc_virtio(adi)->queue_select;
}

static enum smnc_virtio_act write_queue_select(struct smnc_adi *adi, unsigned int arg, u32 value)
{
	smnc_virtio(adi)->queue_select = value;
	return SMNC_VIRTIO_DONE;
}

static u64 read_queue_size(struct smnc_adi *adi, unsigned int arg)
{
	unsigned int n;
	struct smnc_virtio_vq *vq = smnc_virtio_selected(adi, &n);

	return vq ? vq->cfg.size : 0;
}

static enum smnc_virtio_act write_queue_size(struct smnc_adi *adi, unsigned int arg, u32 value)
{
	unsigned int n;
	struct smnc_virtio_vq *vq = smnc_virtio_selected(adi, &n);

	if (vq && !vq->enabled && value <= U16_MAX && smnc_virtio_size_ok(adi, n, value))
		vq->cfg.size = value;
	return SMNC_VIRTIO_DONE;
}

static u64 read_queue_vector(struct smnc_adi *adi, unsigned int arg)
{
	unsigned int n;
	struct smnc_virtio_vq *vq = smnc_virtio_selected(adi, &n);

	return vq ? vq->cfg.vector : SMNC_VQ_NO_VECTOR;
}

static enum smnc_virtio_act write_queue_vector(struct smnc_adi *adi, unsigned int arg, u32 value)
{
	unsigned int n;

	if (smnc_virtio_selected(adi, &n))
		smnc_virtio_vq_set_vector(adi, n, vector_of(adi, value));
	return SMNC_VIRTIO_DONE;
}

static u64 read_queue_enable(struct smnc_adi *adi, unsigned int arg)
{
	unsigned int n;
	struct smnc_virtio_vq *vq = smnc_virtio_selected(adi, &n);

	return vq && vq->enabled;
}

/* Drivers do not write 0. */
static enum smnc_virtio_act write_queue_enable(struct smnc_adi *adi, unsigned int arg, u32 value)
{
	unsigned int n;

	if (value == 1 && smnc_virtio_selected(adi, &n))
		smnc_virtio_vq_enable(adi, n);
	return SMNC_VIRTIO_DONE;
}

static u64 read_notify_off(struct smnc_adi *adi, unsigned int arg)
{
	unsigned int n;

	return smnc_virtio_selected(adi, &n) ? n : 0;
}

/* @arg: area, | 1 << 7: its upper half */
#define AREA_HIGH	0x80

static u64 read_queue_area(struct smnc_adi *adi, unsigned int arg)
{
	unsigned int n;
	struct smnc_virtio_vq *vq = smnc_virtio_selected(adi, &n);
	u64 area = vq ? vq->cfg.area[arg & ~AREA_HIGH] : 0;

	return arg & AREA_HIGH ? upper_32_bits(area) : lower_32_bits(area);
}

static enum smnc_virtio_act write_queue_area(struct smnc_adi *adi, unsigned int arg, u32 value)
{
	unsigned int n;
	struct smnc_virtio_vq *vq = smnc_virtio_selected(adi, &n);
	u64 *area;

	if (!vq || vq->enabled)
		return SMNC_VIRTIO_DONE;
	area = &vq->cfg.area[arg & ~AREA_HIGH];
	if (arg & AREA_HIGH)
		*area = lower_32_bits(*area) | (u64)value << 32;
	else
		*area = (*area & ~(u64)U32_MAX) | value;
	return SMNC_VIRTIO_DONE;
}

/* A reset of a VQ is over when the write is. */
static u64 read_zero(struct smnc_adi *adi, unsigned int arg)
{
	return 0;
}

static enum smnc_virtio_act write_queue_reset(struct smnc_adi *adi, unsigned int arg, u32 value)
{
	struct smnc_virtio *v = smnc_virtio(adi);
	unsigned int n;
	struct smnc_virtio_vq *vq = smnc_virtio_selected(adi, &n);

	if (!vq || value != 1 || !vq->enabled ||
	    !(smnc_virtio_accepted(v) & SMNC_VIRTIO_F(VIRTIO_F_RING_RESET)))
		return SMNC_VIRTIO_DONE;
	if (n == smnc_virtio_control_vq(adi))
		return SMNC_VIRTIO_STOP_CONTROL;
	return smnc_virtio_vq_reset(adi, n);
}

/* --- dispatch ----------------------------------------------------------------------- */

#define REG(_offset, _width, _read, ...) \
	{ .offset = (_offset), .width = (_width), .read = (_read), __VA_ARGS__ }
#define AREA_REG(_offset, _arg) \
	REG(_offset, 4, read_queue_area, .write = write_queue_area, .arg = (_arg))

static const struct smnc_virtio_reg smnc_virtio_regs[] = {
	REG(VIRTIO_PCI_COMMON_DFSELECT, 4, read_device_select, .write = write_device_select),
	REG(VIRTIO_PCI_COMMON_DF, 4, read_device_feature),
	REG(VIRTIO_PCI_COMMON_GFSELECT, 4, read_driver_select, .write = write_driver_select),
	REG(VIRTIO_PCI_COMMON_GF, 4, read_driver_feature, .write = write_driver_feature),
	REG(VIRTIO_PCI_COMMON_MSIX, 2, read_config_vector, .write = write_config_vector),
	REG(VIRTIO_PCI_COMMON_NUMQ, 2, read_num_queues),
	REG(VIRTIO_PCI_COMMON_STATUS, 1, read_status, .write = write_status, .asks = true),
	REG(VIRTIO_PCI_COMMON_CFGGENERATION, 1, read_generation),
	REG(VIRTIO_PCI_COMMON_Q_SELECT, 2, read_queue_select, .write = write_queue_select),
	REG(VIRTIO_PCI_COMMON_Q_SIZE, 2, read_queue_size, .write = write_queue_size),
	REG(VIRTIO_PCI_COMMON_Q_MSIX, 2, read_queue_vector, .write = write_queue_vector,
	    .asks = true),
	REG(VIRTIO_PCI_COMMON_Q_ENABLE, 2, read_queue_enable, .write = write_queue_enable,
	    .asks = true),
	REG(VIRTIO_PCI_COMMON_Q_NOFF, 2, read_notify_off),
	AREA_REG(VIRTIO_PCI_COMMON_Q_DESCLO, SMNC_VQ_DESC),
	AREA_REG(VIRTIO_PCI_COMMON_Q_DESCHI, SMNC_VQ_DESC | AREA_HIGH),
	AREA_REG(VIRTIO_PCI_COMMON_Q_AVAILLO, SMNC_VQ_DRIVER),
	AREA_REG(VIRTIO_PCI_COMMON_Q_AVAILHI, SMNC_VQ_DRIVER | AREA_HIGH),
	AREA_REG(VIRTIO_PCI_COMMON_Q_USEDLO, SMNC_VQ_DEVICE),
	AREA_REG(VIRTIO_PCI_COMMON_Q_USEDHI, SMNC_VQ_DEVICE | AREA_HIGH),
	REG(VIRTIO_PCI_COMMON_Q_RESET, 2, read_zero, .write = write_queue_reset, .asks = true),
};

static const struct smnc_virtio_reg *smnc_virtio_find(u32 offset, unsigned int size)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(smnc_virtio_regs); i++)
		if (smnc_virtio_regs[i].offset == offset && smnc_virtio_regs[i].width == size)
			return &smnc_virtio_regs[i];
	return NULL;
}

/**
 * smnc_virtio_reg_read() - the guest reads a register
 * @adi: ADI, also one that is closed
 * @offset: in the window, SMNC_VIRTIO_WINDOW()
 * @size: 1, 2 or 4
 *
 * Context: process; adi->lock is not held.
 * Return: its value.
 */
u64 smnc_virtio_reg_read(struct smnc_adi *adi, u32 offset, unsigned int size)
{
	u32 at = offset % VDCM_PAGE_SIZE;
	const struct smnc_virtio_reg *reg;
	u64 value = 0;

	mutex_lock(&adi->lock);
	switch (offset / VDCM_PAGE_SIZE) {
	case SMNC_VIRTIO_COMMON:
		reg = smnc_virtio_find(at, size);
		if (reg)
			value = reg->read(adi, reg->arg);
		break;
	case SMNC_VIRTIO_ISR:
		if (!at)
			value = smnc_virtio_isr_read(adi);
		break;
	case SMNC_VIRTIO_DEVICE:
		value = smnc_virtio_config_read(adi, at, size);
		break;
	}
	mutex_unlock(&adi->lock);
	return value;
}

static void smnc_virtio_common_write(struct smnc_adi *adi, const struct smnc_virtio_reg *reg,
				     u32 value)
{
	enum smnc_virtio_act act = SMNC_VIRTIO_DONE;
	unsigned int before;

	if (reg->asks)
		smnc_adi_wait(adi);
	before = adi->vsi.exchanges;
	mutex_lock(&adi->lock);
	if (smnc_virtio_there(adi))
		act = reg->write(adi, reg->arg, value);
	mutex_unlock(&adi->lock);
	if (act == SMNC_VIRTIO_RESET)
		smnc_virtio_restart(adi);
	else if (act == SMNC_VIRTIO_STOP_CONTROL)
		smnc_virtio_control_reset(adi);
	else if (act == SMNC_VIRTIO_START_OVER)
		smnc_virtio_start_over(adi);
	if (reg->asks)
		smnc_msgs_charge(adi, adi->vsi.exchanges - before);
}

/**
 * smnc_virtio_reg_write() - the guest writes a register
 * @adi: ADI, also one that is closed
 * @offset: in the window, SMNC_VIRTIO_WINDOW()
 * @value: what it writes
 * @size: 1, 2 or 4
 *
 * Context: process; adi->lock is not held. It may wait, for a bounded time.
 */
void smnc_virtio_reg_write(struct smnc_adi *adi, u32 offset, u64 value, unsigned int size)
{
	u32 at = offset % VDCM_PAGE_SIZE;
	const struct smnc_virtio_reg *reg;

	switch (offset / VDCM_PAGE_SIZE) {
	case SMNC_VIRTIO_NOTIFY:
		if (adi->func && (size == 2 || size == 4))
			smnc_win_kick(adi->pf, adi->func, at, value, size);
		break;
	case SMNC_VIRTIO_COMMON:
		reg = smnc_virtio_find(at, size);
		if (reg && reg->write)
			smnc_virtio_common_write(adi, reg, value);
		break;
	}
}
