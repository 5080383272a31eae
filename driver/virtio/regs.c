// SPDX-License-Identifier: GPL-2.0-only
/*
 * The registers of a virtio device: the common configuration as a table, and the ways to
 * the device configuration, the ISR status and the notify page.
 *
 * A register answers its own offset and width; whatever else is accessed reads 0. While the
 * PF is being reset they are read and written as ever, and the hardware learns of it later.
 * Of a device that is taken away, device_status reads 0: drivers wait for that.
 */
#include <linux/delay.h>
#include <linux/log2.h>
#include <linux/nospec.h>

#include "../core/hw.h"
#include "virtio.h"

/* The longest that one access waits for what the guest has caused before, ms. */
#define SNIC_VIRTIO_WAIT_MS	200

/**
 * struct snic_virtio_reg - a register of the common configuration
 * @offset: in it, bytes
 * @width: bytes
 * @arg: argument of @read and @write
 * @asks: a write may make the driver ask the firmware
 * @read: its value; adi->lock is held
 * @write: NULL: read-only
 */
struct snic_virtio_reg {
	u8 offset;
	u8 width;
	u8 arg;
	bool asks;
	u64 (*read)(struct snic_adi *adi, unsigned int arg);
	enum snic_virtio_act (*write)(struct snic_adi *adi, unsigned int arg, u32 value);
};

/* The VQ that registers of a VQ are about, or NULL. */
static struct snic_virtio_vq *snic_virtio_selected(struct snic_adi *adi, unsigned int *n)
{
	struct snic_virtio *v = snic_virtio(adi);

	if (v->queue_select >= snic_virtio_nr_vqs(adi))
		return NULL;
	*n = array_index_nospec(v->queue_select, SNIC_VIRTIO_VQS);
	return &v->vqs[*n];
}

/* --- features ----------------------------------------------------------------- */

static u64 read_device_select(struct snic_adi *adi, unsigned int arg)
{
	return snic_virtio(adi)->device_select;
}

static enum snic_virtio_act write_device_select(struct snic_adi *adi, unsigned int arg, u32 value)
{
	snic_virtio(adi)->device_select = value;
	return SNIC_VIRTIO_DONE;
}

static u64 read_device_feature(struct snic_adi *adi, unsigned int arg)
{
	u32 word = snic_virtio(adi)->device_select;

	return word < 2 ? (u32)(snic_virtio_offered(adi) >> 32 * word) : 0;
}

static u64 read_driver_select(struct snic_adi *adi, unsigned int arg)
{
	return snic_virtio(adi)->driver_select;
}

static enum snic_virtio_act write_driver_select(struct snic_adi *adi, unsigned int arg, u32 value)
{
	snic_virtio(adi)->driver_select = value;
	return SNIC_VIRTIO_DONE;
}

static u64 read_driver_feature(struct snic_adi *adi, unsigned int arg)
{
	struct snic_virtio *v = snic_virtio(adi);

	if (v->driver_select >= SNIC_VIRTIO_WORDS)
		return 0;
	return v->driver[array_index_nospec(v->driver_select, SNIC_VIRTIO_WORDS)];
}

/* What was agreed on stays so. */
static enum snic_virtio_act write_driver_feature(struct snic_adi *adi, unsigned int arg, u32 value)
{
	struct snic_virtio *v = snic_virtio(adi);

	if (v->driver_select < SNIC_VIRTIO_WORDS && !(v->status & VIRTIO_CONFIG_S_FEATURES_OK))
		v->driver[array_index_nospec(v->driver_select, SNIC_VIRTIO_WORDS)] = value;
	return SNIC_VIRTIO_DONE;
}

/* --- the device ----------------------------------------------------------------- */

static u16 vector_of(const struct snic_adi *adi, u32 value)
{
	return value < snic_adi_nr_vecs(adi) ? value : SNIC_VQ_NO_VECTOR;
}

static u64 read_config_vector(struct snic_adi *adi, unsigned int arg)
{
	return snic_virtio(adi)->config_vector;
}

static enum snic_virtio_act write_config_vector(struct snic_adi *adi, unsigned int arg, u32 value)
{
	snic_virtio(adi)->config_vector = vector_of(adi, value);
	return SNIC_VIRTIO_DONE;
}

static u64 read_num_queues(struct snic_adi *adi, unsigned int arg)
{
	return snic_virtio_nr_vqs(adi);
}

static u64 read_status(struct snic_adi *adi, unsigned int arg)
{
	return snic_virtio_there(adi) ? snic_virtio(adi)->status : 0;
}

static enum snic_virtio_act write_status(struct snic_adi *adi, unsigned int arg, u32 value)
{
	return snic_virtio_write_status(adi, value);
}

static u64 read_generation(struct snic_adi *adi, unsigned int arg)
{
	return snic_virtio_read_generation(snic_virtio(adi));
}

/* --- the selected VQ -------------------------------------------------------------- */

static u64 read_queue_select(struct snic_adi *adi, unsigned int arg)
{
	return snic_virtio(adi)->queue_select;
}

static enum snic_virtio_act write_queue_select(struct snic_adi *adi, unsigned int arg, u32 value)
{
	snic_virtio(adi)->queue_select = value;
	return SNIC_VIRTIO_DONE;
}

static u64 read_queue_size(struct snic_adi *adi, unsigned int arg)
{
	unsigned int n;
	struct snic_virtio_vq *vq = snic_virtio_selected(adi, &n);

	return vq ? vq->cfg.size : 0;
}

static enum snic_virtio_act write_queue_size(struct snic_adi *adi, unsigned int arg, u32 value)
{
	unsigned int n;
	struct snic_virtio_vq *vq = snic_virtio_selected(adi, &n);

	if (vq && !vq->enabled && is_power_of_2(value) && value <= snic_virtio_vq_max(adi, n))
		vq->cfg.size = value;
	return SNIC_VIRTIO_DONE;
}

static u64 read_queue_vector(struct snic_adi *adi, unsigned int arg)
{
	unsigned int n;
	struct snic_virtio_vq *vq = snic_virtio_selected(adi, &n);

	return vq ? vq->cfg.vector : SNIC_VQ_NO_VECTOR;
}

static enum snic_virtio_act write_queue_vector(struct snic_adi *adi, unsigned int arg, u32 value)
{
	unsigned int n;

	if (snic_virtio_selected(adi, &n))
		snic_virtio_vq_set_vector(adi, n, vector_of(adi, value));
	return SNIC_VIRTIO_DONE;
}

static u64 read_queue_enable(struct snic_adi *adi, unsigned int arg)
{
	unsigned int n;
	struct snic_virtio_vq *vq = snic_virtio_selected(adi, &n);

	return vq && vq->enabled;
}

/* Drivers do not write 0. */
static enum snic_virtio_act write_queue_enable(struct snic_adi *adi, unsigned int arg, u32 value)
{
	unsigned int n;

	if (value == 1 && snic_virtio_selected(adi, &n))
		snic_virtio_vq_enable(adi, n);
	return SNIC_VIRTIO_DONE;
}

static u64 read_notify_off(struct snic_adi *adi, unsigned int arg)
{
	unsigned int n;

	return snic_virtio_selected(adi, &n) ? n : 0;
}

/* @arg: area, | 1 << 7: its upper half */
#define AREA_HIGH	0x80

static u64 read_queue_area(struct snic_adi *adi, unsigned int arg)
{
	unsigned int n;
	struct snic_virtio_vq *vq = snic_virtio_selected(adi, &n);
	u64 area = vq ? vq->cfg.area[arg & ~AREA_HIGH] : 0;

	return arg & AREA_HIGH ? upper_32_bits(area) : lower_32_bits(area);
}

static enum snic_virtio_act write_queue_area(struct snic_adi *adi, unsigned int arg, u32 value)
{
	unsigned int n;
	struct snic_virtio_vq *vq = snic_virtio_selected(adi, &n);
	u64 *area;

	if (!vq || vq->enabled)
		return SNIC_VIRTIO_DONE;
	area = &vq->cfg.area[arg & ~AREA_HIGH];
	if (arg & AREA_HIGH)
		*area = lower_32_bits(*area) | (u64)value << 32;
	else
		*area = (*area & ~(u64)U32_MAX) | value;
	return SNIC_VIRTIO_DONE;
}

/* A reset of a VQ is over when the write is. */
static u64 read_zero(struct snic_adi *adi, unsigned int arg)
{
	return 0;
}

static enum snic_virtio_act write_queue_reset(struct snic_adi *adi, unsigned int arg, u32 value)
{
	struct snic_virtio *v = snic_virtio(adi);
	unsigned int n;
	struct snic_virtio_vq *vq = snic_virtio_selected(adi, &n);

	if (!vq || value != 1 || !vq->enabled ||
	    !(snic_virtio_accepted(v) & SNIC_VIRTIO_F(VIRTIO_F_RING_RESET)))
		return SNIC_VIRTIO_DONE;
	if (n == snic_virtio_control_vq(adi))
		return SNIC_VIRTIO_STOP_CONTROL;
	snic_virtio_vq_reset(adi, n);
	return SNIC_VIRTIO_DONE;
}

/* --- dispatch ----------------------------------------------------------------------- */

#define REG(_offset, _width, _read, ...) \
	{ .offset = (_offset), .width = (_width), .read = (_read), __VA_ARGS__ }
#define AREA_REG(_offset, _arg) \
	REG(_offset, 4, read_queue_area, .write = write_queue_area, .arg = (_arg))

static const struct snic_virtio_reg snic_virtio_regs[] = {
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
	AREA_REG(VIRTIO_PCI_COMMON_Q_DESCLO, SNIC_VQ_DESC),
	AREA_REG(VIRTIO_PCI_COMMON_Q_DESCHI, SNIC_VQ_DESC | AREA_HIGH),
	AREA_REG(VIRTIO_PCI_COMMON_Q_AVAILLO, SNIC_VQ_DRIVER),
	AREA_REG(VIRTIO_PCI_COMMON_Q_AVAILHI, SNIC_VQ_DRIVER | AREA_HIGH),
	AREA_REG(VIRTIO_PCI_COMMON_Q_USEDLO, SNIC_VQ_DEVICE),
	AREA_REG(VIRTIO_PCI_COMMON_Q_USEDHI, SNIC_VQ_DEVICE | AREA_HIGH),
	REG(VIRTIO_PCI_COMMON_Q_RESET, 2, read_zero, .write = write_queue_reset, .asks = true),
};

static const struct snic_virtio_reg *snic_virtio_find(u32 offset, unsigned int size)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(snic_virtio_regs); i++)
		if (snic_virtio_regs[i].offset == offset && snic_virtio_regs[i].width == size)
			return &snic_virtio_regs[i];
	return NULL;
}

/**
 * snic_virtio_reg_read() - the guest reads a register
 * @adi: ADI, also one that is closed
 * @offset: in the window, SNIC_VIRTIO_WINDOW()
 * @size: 1, 2 or 4
 *
 * Context: process; adi->lock is not held.
 * Return: its value.
 */
u64 snic_virtio_reg_read(struct snic_adi *adi, u32 offset, unsigned int size)
{
	u32 at = offset % VDCM_PAGE_SIZE;
	const struct snic_virtio_reg *reg;
	u64 value = 0;

	mutex_lock(&adi->lock);
	switch (offset / VDCM_PAGE_SIZE) {
	case SNIC_VIRTIO_COMMON:
		reg = snic_virtio_find(at, size);
		if (reg)
			value = reg->read(adi, reg->arg);
		break;
	case SNIC_VIRTIO_ISR:
		if (!at)
			value = snic_virtio_isr_read(adi);
		break;
	case SNIC_VIRTIO_DEVICE:
		value = snic_virtio_config_read(adi, at, size);
		break;
	}
	mutex_unlock(&adi->lock);
	return value;
}

/*
 * A guest that keeps the firmware busy waits here, with what only it needs: its next
 * message waits all the longer.
 */
static void snic_virtio_wait(struct snic_adi *adi)
{
	u64 wait = snic_msgs_wait(adi);

	wait = min_t(u64, wait, SNIC_VIRTIO_WAIT_MS * NSEC_PER_MSEC);
	if (wait)
		usleep_range(wait / NSEC_PER_USEC + 1, wait / NSEC_PER_USEC + 1000);
}

static void snic_virtio_common_write(struct snic_adi *adi, const struct snic_virtio_reg *reg,
				     u32 value)
{
	enum snic_virtio_act act = SNIC_VIRTIO_DONE;
	unsigned int before;

	if (reg->asks)
		snic_virtio_wait(adi);
	before = adi->vsi.exchanges;
	mutex_lock(&adi->lock);
	if (snic_virtio_there(adi))
		act = reg->write(adi, reg->arg, value);
	mutex_unlock(&adi->lock);
	if (act == SNIC_VIRTIO_RESET)
		snic_virtio_restart(adi);
	else if (act == SNIC_VIRTIO_STOP_CONTROL)
		snic_virtio_control_reset(adi);
	if (reg->asks)
		snic_msgs_charge(adi, adi->vsi.exchanges - before);
}

/**
 * snic_virtio_reg_write() - the guest writes a register
 * @adi: ADI, also one that is closed
 * @offset: in the window, SNIC_VIRTIO_WINDOW()
 * @value: what it writes
 * @size: 1, 2 or 4
 *
 * Context: process; adi->lock is not held. It may wait, for a bounded time.
 */
void snic_virtio_reg_write(struct snic_adi *adi, u32 offset, u64 value, unsigned int size)
{
	u32 at = offset % VDCM_PAGE_SIZE;
	const struct snic_virtio_reg *reg;

	switch (offset / VDCM_PAGE_SIZE) {
	case SNIC_VIRTIO_NOTIFY:
		if (adi->func && (size == 2 || size == 4))
			snic_win_kick(adi->pf, adi->func, at, value, size);
		break;
	case SNIC_VIRTIO_COMMON:
		reg = snic_virtio_find(at, size);
		if (reg && reg->write)
			snic_virtio_common_write(adi, reg, value);
		break;
	}
}
