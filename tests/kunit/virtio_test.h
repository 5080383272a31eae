/* SPDX-License-Identifier: GPL-2.0-only */
/* What a driver of a virtio device does, for the tests of it. */
#ifndef VIRTIO_TEST_H
#define VIRTIO_TEST_H

#include <uapi/linux/virtio_ring.h>

#include "fake_nic.h"

#define F(name)		SMNC_VIRTIO_F(name)
#define CONTROL		(2 * FAKE_QUEUES)	/* number of the control queue, with MQ */

#define S_ACK		VIRTIO_CONFIG_S_ACKNOWLEDGE
#define S_DRIVER	VIRTIO_CONFIG_S_DRIVER
#define S_FEATURES	VIRTIO_CONFIG_S_FEATURES_OK
#define S_DRIVER_OK	VIRTIO_CONFIG_S_DRIVER_OK
#define S_FAILED	VIRTIO_CONFIG_S_FAILED
#define S_BROKEN	VIRTIO_CONFIG_S_NEEDS_RESET

#define LEAST	(F(VIRTIO_F_VERSION_1) | F(VIRTIO_F_ACCESS_PLATFORM))
#define USUAL	(LEAST | F(VIRTIO_NET_F_MAC) | F(VIRTIO_NET_F_STATUS) | F(VIRTIO_NET_F_CTRL_VQ) | \
		 F(VIRTIO_NET_F_CTRL_RX) | F(VIRTIO_NET_F_CTRL_MAC_ADDR) | F(VIRTIO_NET_F_MQ) | \
		 F(VIRTIO_NET_F_GUEST_CSUM) | F(VIRTIO_NET_F_CTRL_GUEST_OFFLOADS) | \
		 F(VIRTIO_F_RING_RESET))

static inline u64 rd(u32 reg, unsigned int size)
{
	return smnc_virtio_reg_read(&fake->adi, SMNC_VIRTIO_WINDOW(SMNC_VIRTIO_COMMON) + reg,
				    size);
}

static inline void wr(u32 reg, unsigned int size, u64 value)
{
	smnc_virtio_reg_write(&fake->adi, SMNC_VIRTIO_WINDOW(SMNC_VIRTIO_COMMON) + reg, value,
			      size);
}

static inline u64 config(u32 offset, unsigned int size)
{
	return smnc_virtio_reg_read(&fake->adi, SMNC_VIRTIO_WINDOW(SMNC_VIRTIO_DEVICE) + offset,
				    size);
}

static inline u8 isr(void)
{
	return smnc_virtio_reg_read(&fake->adi, SMNC_VIRTIO_WINDOW(SMNC_VIRTIO_ISR), 1);
}

static inline u8 status(void)
{
	return rd(VIRTIO_PCI_COMMON_STATUS, 1);
}

static inline void set_status(u8 value)
{
	wr(VIRTIO_PCI_COMMON_STATUS, 1, value);
}

static inline void add_status(u8 bits)
{
	set_status(status() | bits);
}

static inline u64 offered(void)
{
	u64 low;

	wr(VIRTIO_PCI_COMMON_DFSELECT, 4, 0);
	low = rd(VIRTIO_PCI_COMMON_DF, 4);
	wr(VIRTIO_PCI_COMMON_DFSELECT, 4, 1);
	return low | rd(VIRTIO_PCI_COMMON_DF, 4) << 32;
}

static inline void write_features(u32 word, u32 value)
{
	wr(VIRTIO_PCI_COMMON_GFSELECT, 4, word);
	wr(VIRTIO_PCI_COMMON_GF, 4, value);
}

static inline void accept(u64 features)
{
	set_status(S_ACK);
	set_status(S_ACK | S_DRIVER);
	write_features(0, lower_32_bits(features));
	write_features(1, upper_32_bits(features));
	set_status(S_ACK | S_DRIVER | S_FEATURES);
}

static inline void choose(u16 n)
{
	wr(VIRTIO_PCI_COMMON_Q_SELECT, 2, n);
}

/* Areas that tell which VQ they are of. */
static inline u64 area(unsigned int n, enum smnc_vq_area a)
{
	return 0x123400000000ULL | n << 16 | a << 12;
}

static inline void setup_vq(u16 n)
{
	unsigned int a;

	choose(n);
	wr(VIRTIO_PCI_COMMON_Q_MSIX, 2, n < CONTROL ? 1 + n : SMNC_VQ_NO_VECTOR);
	for (a = 0; a < SMNC_VQ_AREAS; a++) {
		wr(VIRTIO_PCI_COMMON_Q_DESCLO + 8 * a, 4, lower_32_bits(area(n, a)));
		wr(VIRTIO_PCI_COMMON_Q_DESCHI + 8 * a, 4, upper_32_bits(area(n, a)));
	}
}

static inline void enable_vq(u16 n)
{
	setup_vq(n);
	wr(VIRTIO_PCI_COMMON_Q_ENABLE, 2, 1);
}

/* A driver as Linux has it: all VQs, then DRIVER_OK. */
static inline void drive(u64 features)
{
	unsigned int n;

	accept(features);
	KUNIT_ASSERT_EQ(fake->test, status(), S_ACK | S_DRIVER | S_FEATURES);
	wr(VIRTIO_PCI_COMMON_MSIX, 2, 0);
	for (n = 0; n <= CONTROL; n++)
		enable_vq(n);
	add_status(S_DRIVER_OK);
	KUNIT_ASSERT_EQ(fake->test, status(), S_ACK | S_DRIVER | S_FEATURES | S_DRIVER_OK);
}

/* A command of the control queue. Return: ack, or -1: it was not answered, once. */
static inline int control(u8 class, u8 command, const void *data, u16 len)
{
	struct smnc_msg *msg = kzalloc(struct_size(msg, data, len), GFP_KERNEL);
	unsigned int sent = fake->nr_sent;

	KUNIT_ASSERT_NOT_NULL(fake->test, msg);
	msg->op = SMNC_MSG_CTRL | class << 8 | command;
	msg->len = len;
	if (len)
		memcpy(msg->data, data, len);
	mutex_lock(&fake->adi.lock);
	smnc_worker_step(&fake->adi, 0, msg);
	mutex_unlock(&fake->adi.lock);
	kfree(msg);
	if (fake->nr_sent != sent + 1 || fake->op != SMNC_MSG_CTRL || fake->func != FAKE_FUNC)
		return -1;
	return fake->status;
}

/* The worker has something to do. */
static inline void worker(unsigned int due)
{
	mutex_lock(&fake->adi.lock);
	smnc_worker_step(&fake->adi, due, NULL);
	mutex_unlock(&fake->adi.lock);
}

static inline void stopped(u64 vqs)
{
	struct smnc_msg msg = { .op = SMNC_MSG_VQ_STOPPED };

	fake->vq_stopped = vqs;
	mutex_lock(&fake->adi.lock);
	smnc_worker_step(&fake->adi, 0, &msg);
	mutex_unlock(&fake->adi.lock);
}

#endif /* VIRTIO_TEST_H */
