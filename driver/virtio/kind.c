// SPDX-License-Identifier: GPL-2.0-only
/*
 * The virtio network device: as a composition, where a guest's virtio driver looks for its
 * registers; and as a kind of ADI.
 */
#include <linux/etherdevice.h>
#include <linux/kernel.h>

#include <uapi/linux/virtio_ring.h>

#include "../core/hw.h"
#include "record.h"
#include "virtio.h"

#define VIRTIO_VENDOR	0x1af4
#define VIRTIO_DEVICE	0x1041	/* network, without a legacy interface */
#define VIRTIO_SUBID	0x0040	/* the least that is no legacy one's */
#define VIRTIO_CLASS	0x020000

/* Offsets in the BAR; the notify page is the hardware's and reaches it without a trap. */
#define VIRTIO_AT_COMMON	0x0000
#define VIRTIO_AT_ISR		0x1000
#define VIRTIO_AT_DEVICE	0x2000
#define VIRTIO_AT_NOTIFY	0x3000

static const struct vdcm_pages virtio_pages[] = {
	{ .first = 0, .count = 3, .kind = VDCM_PAGE_TRAP, .soft = true },
	{ .first = 3, .count = 1, .kind = VDCM_PAGE_PASS, .adi_page = SMNC_VIRTIO_NOTIFY,
	  .widths = 2 | 4 },
};

/* Each access of a width: regs.c and config.c know the registers. */
#define VIRTIO_COMMON(_width, _stride, _count, _wmask) \
	{ .bar = SMNC_VIRTIO_BAR, .width = (_width), .offset = VIRTIO_AT_COMMON, \
	  .count = (_count), .stride = (_stride), .wmask = (_wmask), \
	  .target = SMNC_VIRTIO_WINDOW(SMNC_VIRTIO_COMMON) }

#define VIRTIO_ISR(_width, _stride, _count) \
	{ .bar = SMNC_VIRTIO_BAR, .width = (_width), .offset = VIRTIO_AT_ISR, \
	  .count = (_count), .stride = (_stride), \
	  .target = SMNC_VIRTIO_WINDOW(SMNC_VIRTIO_ISR) }

#define VIRTIO_CONFIG(_width, _stride, _count) \
	{ .bar = SMNC_VIRTIO_BAR, .width = (_width), .offset = VIRTIO_AT_DEVICE, \
	  .count = (_count), .stride = (_stride), \
	  .target = SMNC_VIRTIO_WINDOW(SMNC_VIRTIO_DEVICE) }

static const struct vdcm_reg virtio_regs[] = {
	VIRTIO_COMMON(1, 1, SMNC_VIRTIO_BYTES, U8_MAX),
	VIRTIO_COMMON(2, 2, SMNC_VIRTIO_BYTES / 2, U16_MAX),
	VIRTIO_COMMON(4, 4, SMNC_VIRTIO_BYTES / 4, U32_MAX),
	VIRTIO_ISR(1, 1, SMNC_VIRTIO_ISR_BYTES),
	VIRTIO_ISR(2, 2, SMNC_VIRTIO_ISR_BYTES / 2),
	VIRTIO_ISR(4, 4, SMNC_VIRTIO_ISR_BYTES / 4),
	VIRTIO_CONFIG(1, 1, SMNC_VIRTIO_BYTES),
	VIRTIO_CONFIG(2, 2, SMNC_VIRTIO_BYTES / 2),
	VIRTIO_CONFIG(4, 4, SMNC_VIRTIO_BYTES / 4),
};

static const struct virtio_pci_cap virtio_common = {
	.cap_len = sizeof(struct virtio_pci_cap),
	.cfg_type = VIRTIO_PCI_CAP_COMMON_CFG,
	.bar = SMNC_VIRTIO_BAR,
	.offset = cpu_to_le32(VIRTIO_AT_COMMON),
	.length = cpu_to_le32(SMNC_VIRTIO_BYTES),
};

static const struct virtio_pci_notify_cap virtio_notify = {
	.cap = {
		.cap_len = sizeof(struct virtio_pci_notify_cap),
		.cfg_type = VIRTIO_PCI_CAP_NOTIFY_CFG,
		.bar = SMNC_VIRTIO_BAR,
		.offset = cpu_to_le32(VIRTIO_AT_NOTIFY),
		.length = cpu_to_le32(VDCM_PAGE_SIZE),
	},
	/* Any place of the page will do: the device looks at the value. */
	.notify_off_multiplier = cpu_to_le32(4),
};

static const struct virtio_pci_cap virtio_isr = {
	.cap_len = sizeof(struct virtio_pci_cap),
	.cfg_type = VIRTIO_PCI_CAP_ISR_CFG,
	.bar = SMNC_VIRTIO_BAR,
	.offset = cpu_to_le32(VIRTIO_AT_ISR),
	.length = cpu_to_le32(SMNC_VIRTIO_ISR_BYTES),
};

static const struct virtio_pci_cap virtio_device = {
	.cap_len = sizeof(struct virtio_pci_cap),
	.cfg_type = VIRTIO_PCI_CAP_DEVICE_CFG,
	.bar = SMNC_VIRTIO_BAR,
	.offset = cpu_to_le32(VIRTIO_AT_DEVICE),
	.length = cpu_to_le32(SMNC_VIRTIO_BYTES),
};

static const struct vdcm_cap virtio_caps[] = {
	{
		.id = PCI_CAP_ID_VNDR,
		.len = sizeof(virtio_common),
		.init = (const u8 *)&virtio_common,
	},
	{
		.id = PCI_CAP_ID_VNDR,
		.len = sizeof(virtio_notify),
		.init = (const u8 *)&virtio_notify,
	},
	{
		.id = PCI_CAP_ID_VNDR,
		.len = sizeof(virtio_isr),
		.init = (const u8 *)&virtio_isr,
	},
	{
		.id = PCI_CAP_ID_VNDR,
		.len = sizeof(virtio_device),
		.init = (const u8 *)&virtio_device,
	},
	{
		.id = PCI_CAP_ID_VNDR,
		.len = sizeof(smnc_virtio_pci_cfg),
		.init = smnc_virtio_pci_cfg,
		.hooked = true,
	},
};

/* virtio_pci does not give its device anew after a sleep of the guest if D3hot keeps its state. */
static const struct vdcm_composition virtio_composition = {
	.vendor = VIRTIO_VENDOR,
	.device = VIRTIO_DEVICE,
	.subvendor = SMNC_PCI_SUBVENDOR,
	.subdevice = VIRTIO_SUBID,
	.revision = 1,
	.class_code = VIRTIO_CLASS,
	.bars = {
		[1] = {
			.size = 0x4000,
		},
		[SMNC_VIRTIO_BAR] = {
			.size = 0x4000,
			.flags = VDCM_BAR_64BIT | VDCM_BAR_PREFETCH,
			.pages = virtio_pages,
			.nr_pages = ARRAY_SIZE(virtio_pages),
		},
	},
	.regs = virtio_regs,
	.nr_regs = ARRAY_SIZE(virtio_regs),
	.caps = virtio_caps,
	.nr_caps = ARRAY_SIZE(virtio_caps),
	.msix_bar = 1,
	.msix_table = 0,
	.msix_pba = 0x2000,
	.d3_resets = true,
};

#define VIRTIO_HAS	", 64 MAC addresses, checksums, TSO"

/* A vector for each VQ of the queue pairs and for the configuration. */
static const struct vdcm_type virtio_types[] = {
	SMNC_TYPE("virtio-1q", "virtio 1 queue", "1 queue pair, 3 vectors" VIRTIO_HAS,
		  &virtio_composition, 1, 3),
	SMNC_TYPE("virtio-2q", "virtio 2 queues", "2 queue pairs, 5 vectors" VIRTIO_HAS,
		  &virtio_composition, 2, 5),
	SMNC_TYPE("virtio-4q", "virtio 4 queues", "4 queue pairs, 9 vectors" VIRTIO_HAS,
		  &virtio_composition, 4, 9),
	SMNC_TYPE("virtio-8q", "virtio 8 queues", "8 queue pairs, 17 vectors" VIRTIO_HAS,
		  &virtio_composition, 8, 17),
};

/* Features of the engine that are offered; what else it has the driver knows nothing of. */
#define VIRTIO_ENGINE	(SMNC_VIRTIO_F(VIRTIO_F_VERSION_1) | \
			 SMNC_VIRTIO_F(VIRTIO_F_ACCESS_PLATFORM) | \
			 SMNC_VIRTIO_F(VIRTIO_F_ORDER_PLATFORM) | \
			 SMNC_VIRTIO_F(VIRTIO_F_RING_RESET) | \
			 SMNC_VIRTIO_F(VIRTIO_F_IN_ORDER) | \
			 SMNC_VIRTIO_F(VIRTIO_F_RING_PACKED) | \
			 SMNC_VIRTIO_F(SMNC_VIRTIO_NOTIFICATION_DATA) | \
			 SMNC_VIRTIO_F(VIRTIO_RING_F_INDIRECT_DESC) | \
			 SMNC_VIRTIO_F(VIRTIO_RING_F_EVENT_IDX) | \
			 SMNC_VIRTIO_F(VIRTIO_NET_F_CSUM) | \
			 SMNC_VIRTIO_OFFLOADS | \
			 SMNC_VIRTIO_F(VIRTIO_NET_F_HOST_TSO4) | \
			 SMNC_VIRTIO_F(VIRTIO_NET_F_HOST_TSO6) | \
			 SMNC_VIRTIO_F(VIRTIO_NET_F_HOST_ECN) | \
			 SMNC_VIRTIO_F(SMNC_VIRTIO_HOST_USO) | \
			 SMNC_VIRTIO_F(VIRTIO_NET_F_MRG_RXBUF) | \
			 SMNC_VIRTIO_F(VIRTIO_NET_F_RSS) | \
			 SMNC_VIRTIO_F(VIRTIO_NET_F_HASH_REPORT) | \
			 SMNC_VIRTIO_F(VIRTIO_NET_F_NOTF_COAL) | \
			 SMNC_VIRTIO_F(SMNC_VIRTIO_VQ_NOTF_COAL))

static int smnc_virtio_start(struct smnc_adi *adi)
{
	struct smnc_virtio *v = smnc_virtio(adi);
	struct smnc_fw_resource res;
	int err;

	err = smnc_vq_resource(adi->pf, &adi->vsi, &res);
	if (err)
		return err;
	v->engine = le64_to_cpu(res.features) & VIRTIO_ENGINE;
	if (!adi->pf->places)
		v->engine &= ~SMNC_VIRTIO_F(VIRTIO_F_RING_PACKED);
	v->vq_size = min_t(u16, le16_to_cpu(res.vq_size), SMNC_VIRTIO_VQ_SIZE);
	v->mtu = min_t(u16, le16_to_cpu(res.mtu), SMNC_VIRTIO_MTU);
	v->speed = smnc_read(adi->pf, SMNC_LINK_SPEED);
	if (!v->vq_size)
		return -EIO;
	v->promisc_said = false;
	smnc_virtio_flr(adi);
	smnc_virtio_forget(adi);
	return 0;
}

/* Its driver notices nothing of a reset of the PF. */
static int smnc_virtio_announce_reset(struct smnc_adi *adi)
{
	return 0;
}

/*
 * The guest is not disturbed: its link is down until its driver sets an address that it
 * may have, or starts over.
 */
static unsigned int smnc_virtio_addrs_taken(struct smnc_adi *adi, int taken)
{
	/* Tried again with the VSI. */
	if (taken < 0)
		adi->vsi.unknown = true;
	return SMNC_DUE_LINK;
}

const struct smnc_kind smnc_virtio_kind = {
	.types = virtio_types,
	.nr_types = ARRAY_SIZE(virtio_types),
	.ops = &smnc_virtio_ops,
	.ctrl = SMNC_FUNC_CTRL_VIRTIO,
	.queue_vecs = 2,
	.bytes = sizeof(struct smnc_virtio),
	.start = smnc_virtio_start,
	.reset = smnc_virtio_forget,
	.revive = smnc_virtio_revive,
	.message = smnc_virtio_message,
	.link = smnc_virtio_link,
	.announce_reset = smnc_virtio_announce_reset,
	.addrs_taken = smnc_virtio_addrs_taken,
	.wishes = smnc_virtio_wishes,
	.again = smnc_virtio_again,
	.flr = smnc_virtio_flr,
	.state = SMNC_STATE_VIRTIO,
	.state_bytes = sizeof(struct smnc_rec_virtio),
	.save = smnc_virtio_save,
	.check = smnc_virtio_check,
	.load = smnc_virtio_load,
};
