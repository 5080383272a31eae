/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A user-space driver for a virtio network function behind a VFIO device, as far as
 * tests need one: the part of the virtio specification 1.3 that they speak.
 */
#ifndef SELFTESTS_VIRTIO_H
#define SELFTESTS_VIRTIO_H

#include "vfio.h"

#define VIRTIO_ID		0x10411af4u

/* --- capabilities ------------------------------------------------------------------ */

enum { VCAP_COMMON = 1, VCAP_NOTIFY, VCAP_ISR, VCAP_DEVICE, VCAP_PCI, VCAP_NR };

#define VCAP_LEN		2
#define VCAP_TYPE		3
#define VCAP_BAR		4
#define VCAP_OFFSET		8
#define VCAP_LENGTH		12
#define VCAP_MULTIPLIER		16	/* of VCAP_NOTIFY */
#define VCAP_DATA		16	/* of VCAP_PCI */

struct virtio_cap {
	unsigned int at;	/* in config space, 0: there is none */
	uint32_t bar, offset, length;
};

/* --- common configuration ----------------------------------------------------------- */

/* Offset and width of a field. */
struct virtio_field {
	unsigned int off, size;
};

/* In the order of their offsets; an address is two fields, as drivers access it. */
enum virtio_common {
	CC_DEV_SELECT, CC_DEV_FEATURE, CC_DRV_SELECT, CC_DRV_FEATURE, CC_CONFIG_VECTOR,
	CC_NUM_QUEUES, CC_STATUS, CC_GENERATION, CC_Q_SELECT, CC_Q_SIZE, CC_Q_VECTOR,
	CC_Q_ENABLE, CC_Q_NOTIFY_OFF, CC_Q_DESC_LO, CC_Q_DESC_HI, CC_Q_AVAIL_LO,
	CC_Q_AVAIL_HI, CC_Q_USED_LO, CC_Q_USED_HI, CC_Q_NOTIFY_DATA, CC_Q_RESET,
	CC_ADMIN_INDEX, CC_ADMIN_NUM, CC_NR
};

extern const struct virtio_field virtio_common[CC_NR];

#define VS_ACKNOWLEDGE		0x01
#define VS_DRIVER		0x02
#define VS_DRIVER_OK		0x04
#define VS_FEATURES_OK		0x08
#define VS_NEEDS_RESET		0x40
#define VS_FAILED		0x80

#define VIRTIO_NO_VECTOR	0xffff

#define VF(bit)			(1ull << (bit))
#define VF_CSUM			VF(0)
#define VF_GUEST_CSUM		VF(1)
#define VF_GUEST_OFFLOADS	VF(2)
#define VF_MTU			VF(3)
#define VF_MAC			VF(5)
#define VF_GUEST_TSO4		VF(7)
#define VF_HOST_TSO4		VF(11)
#define VF_HOST_TSO6		VF(12)
#define VF_HOST_ECN		VF(13)
#define VF_MRG_RXBUF		VF(15)
#define VF_STATUS		VF(16)
#define VF_CTRL_VQ		VF(17)
#define VF_CTRL_RX		VF(18)
#define VF_CTRL_VLAN		VF(19)
#define VF_MQ			VF(22)
#define VF_CTRL_MAC_ADDR	VF(23)
#define VF_VERSION_1		VF(32)
#define VF_ACCESS_PLATFORM	VF(33)
#define VF_RING_RESET		VF(40)

/* What every driver accepts. */
#define VF_LEAST		(VF_VERSION_1 | VF_ACCESS_PLATFORM)

/* --- device configuration -------------------------------------------------------------- */

#define VN_MAC			0
#define VN_STATUS		6
#define VN_PAIRS		8
#define VN_MTU			10

/* --- the driver ------------------------------------------------------------------------- */

#define VIRTIO_QUEUES		17	/* of 8 pairs, with the control queue */
#define VIRTIO_RING		64
#define VIRTIO_BUF		2048
#define VIRTIO_HDR		12
#define VIRTIO_IOVA		0x20000000ull
#define VIRTIO_MEMORY		(4u << 20)	/* at VIRTIO_IOVA, once it is up */
#define VIRTIO_MS		3000	/* limit of one step of the device */

struct virtio_desc {
	uint64_t addr;
	uint32_t len;
	uint16_t flags, next;
#define VD_NEXT		1
#define VD_WRITE	2
};

struct virtio_queue {
	struct virtio_desc *desc;
	volatile uint16_t *avail;	/* flags, idx, ring[] */
	volatile uint16_t *used;	/* flags, idx, then { u32 id, u32 len }[] */
	uint8_t *buf;			/* VIRTIO_RING buffers */
	uint64_t buf_iova;
	uint16_t next, seen;
};

struct virtio {
	struct vfio_dev dev;
	struct virtio_cap cap[VCAP_NR];
	unsigned int multiplier;	/* of the notify page */
	unsigned int pairs, ctrl;	/* ctrl: index of the control queue */
	uint64_t features;		/* accepted */
	uint8_t mac[6];
	uint8_t *mem;
	size_t used;
	struct virtio_queue q[VIRTIO_QUEUES];
};

/* Opens the mdev and finds its capabilities; memory space on, bus master off. */
void virtio_open(struct virtio *v, const char *uuid);
void virtio_close(struct virtio *v);
/* A fresh mdev of @pairs queue pairs, open; and its end. */
void virtio_new(struct virtio *v, int pairs);
void virtio_end(struct virtio *v);

uint64_t virtio_rd(struct virtio *v, enum virtio_common field);
void virtio_wr(struct virtio *v, enum virtio_common field, uint64_t value);
/* Of the device configuration. */
uint64_t virtio_cfg(struct virtio *v, unsigned int off, unsigned int size);

uint64_t virtio_offered(struct virtio *v);
void virtio_accept(struct virtio *v, uint64_t features);
/* Writes 0 to the status and waits until it reads 0. */
void virtio_reset(struct virtio *v);
/* ACKNOWLEDGE, DRIVER, @features, FEATURES_OK: whether that bit stayed. */
bool virtio_negotiate(struct virtio *v, uint64_t features);
/* Negotiates @features and enables @pairs pairs of queues, with receive buffers, and the
 * control queue if @features have it; in fresh memory.
 */
void virtio_queues(struct virtio *v, unsigned int pairs, uint64_t features);
/* One queue, in fresh memory. */
void virtio_queue_up(struct virtio *v, unsigned int nr);
/* All of it from a reset to DRIVER_OK, in memory that is mapped first. */
void virtio_up(struct virtio *v, unsigned int pairs, uint64_t features);
/* The same after a reset of the function, in the memory that is mapped already. */
void virtio_restart(struct virtio *v, unsigned int pairs, uint64_t features);

void virtio_kick(struct virtio *v, unsigned int queue);
/* Makes a frame available to be sent. */
void virtio_post(struct virtio *v, unsigned int pair, const void *frame, size_t len);
/* Sends a frame and waits until it was used. */
void virtio_tx(struct virtio *v, unsigned int pair, const void *frame, size_t len);
/* The same of a frame in the guest's memory at @iova. */
void virtio_tx_at(struct virtio *v, unsigned int pair, uint64_t iova, size_t len);
/* The next frame of a pair: its length, or -ETIMEDOUT. The buffer is given back. */
int virtio_rx(struct virtio *v, unsigned int pair, void *frame, int ms);
/* One control command; its answer (0 OK, 1 ERR), or -ETIMEDOUT. */
int virtio_command(struct virtio *v, uint8_t class, uint8_t command, const void *data, size_t len);

#endif /* SELFTESTS_VIRTIO_H */
