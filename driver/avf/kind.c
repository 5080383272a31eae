// SPDX-License-Identifier: GPL-2.0-only
/*
 * The Adaptive Virtual Function: as a composition, where a guest's iavf driver looks for
 * registers, and which of the ADI's they are; and as a kind of ADI.
 */
#include <linux/kernel.h>

#include "avf.h"
#include "record.h"

#define AVF_VENDOR	0x8086
#define AVF_DEVICE	0x1889
#define AVF_CLASS	0x020000

/* Doorbells, ITR and vector enables reach the hardware without a trap. */
static const struct vdcm_pages avf_bar0_pages[] = {
	{ .first = 0x0, .count = 1, .kind = VDCM_PAGE_PASS, .adi_page = 0 },
	{ .first = 0x2, .count = 1, .kind = VDCM_PAGE_PASS, .adi_page = 1 },
	{ .first = 0x3, .count = 1, .kind = VDCM_PAGE_PASS, .adi_page = 2 },
	{ .first = 0x4, .count = 5, .kind = VDCM_PAGE_TRAP },
	{ .first = 0xc, .count = 2, .kind = VDCM_PAGE_TRAP },
};

#define AVF_REG(_offset, _target, _wmask) \
	{ .bar = 0, .offset = (_offset), .count = 1, .stride = 4, \
	  .target = (_target), .wmask = (_wmask) }

#define AVF_LEN_BITS	(SMNC_AQ_LEN_MASK | SMNC_AQ_LEN_VFE | SMNC_AQ_LEN_OVFL | \
			 SMNC_AQ_LEN_CRIT | SMNC_AQ_LEN_ENABLE)

/* STAT_CTL01 and the RSS registers of pages 0xC and 0xD read 0: RSS is the PF's. */
static const struct vdcm_reg avf_regs[] = {
	AVF_REG(0x4800, SMNC_WIN_ICR01, 0),
	{ .bar = 0, .offset = 0x4c00, .count = 3, .stride = 4,
	  .target = SMNC_WIN_ITR01(0), .wmask = 0x1fff },
	AVF_REG(0x5000, SMNC_WIN_ICR0_ENA1, ~0u),
	AVF_REG(0x5c00, SMNC_WIN_DYN_CTL01, ~0u),
	AVF_REG(0x6000, SMNC_WIN_ARQBAH, ~0u),
	AVF_REG(0x6400, SMNC_WIN_ATQH, SMNC_AQ_IDX_MASK),
	AVF_REG(0x6800, SMNC_WIN_ATQLEN, AVF_LEN_BITS),
	AVF_REG(0x6c00, SMNC_WIN_ARQBAL, ~0u),
	AVF_REG(0x7000, SMNC_WIN_ARQT, SMNC_AQ_IDX_MASK),
	AVF_REG(0x7400, SMNC_WIN_ARQH, SMNC_AQ_IDX_MASK),
	AVF_REG(0x7800, SMNC_WIN_ATQBAH, ~0u),
	AVF_REG(0x7c00, SMNC_WIN_ATQBAL, ~0u),
	AVF_REG(0x8000, SMNC_WIN_ARQLEN, AVF_LEN_BITS),
	AVF_REG(0x8400, SMNC_WIN_ATQT, SMNC_AQ_IDX_MASK),
	AVF_REG(0x8800, SMNC_WIN_RSTAT, 0),
};

static const struct vdcm_composition avf_composition = {
	.vendor = AVF_VENDOR,
	.device = AVF_DEVICE,
	.subvendor = SMNC_PCI_SUBVENDOR,
	.subdevice = SMNC_PCI_SUBDEVICE,
	.revision = SMNC_PCI_REVISION,
	.class_code = AVF_CLASS,
	.bars = {
		[0] = {
			.size = 0x10000,
			.flags = VDCM_BAR_64BIT,
			.pages = avf_bar0_pages,
			.nr_pages = ARRAY_SIZE(avf_bar0_pages),
		},
		[3] = {
			.size = 0x4000,
			.flags = VDCM_BAR_64BIT,
		},
	},
	.regs = avf_regs,
	.nr_regs = ARRAY_SIZE(avf_regs),
	.msix_bar = 3,
	.msix_table = 0,
	.msix_pba = 0x2000,
};

#define AVF_HAS	", 64 MAC addresses, RSS, TSO"

/* A vector for each queue pair and for the mailbox. */
static const struct vdcm_type avf_types[] = {
	SMNC_TYPE("1q", "AVF 1 queue", "1 queue pair, 2 vectors" AVF_HAS,
		  &avf_composition, 1, 2),
	SMNC_TYPE("2q", "AVF 2 queues", "2 queue pairs, 3 vectors" AVF_HAS,
		  &avf_composition, 2, 3),
	SMNC_TYPE("4q", "AVF 4 queues", "4 queue pairs, 5 vectors" AVF_HAS,
		  &avf_composition, 4, 5),
	SMNC_TYPE("8q", "AVF 8 queues", "8 queue pairs, 9 vectors" AVF_HAS,
		  &avf_composition, 8, 9),
	SMNC_TYPE("16q", "AVF 16 queues", "16 queue pairs, 17 vectors" AVF_HAS,
		  &avf_composition, 16, 17),
};

/* The driver knows it from a physical function: a reset by the PF. Its address stays. */
static int smnc_avf_revive(struct smnc_adi *adi)
{
	smnc_avf_reset(adi);
	return smnc_adi_vsi_again(adi);
}

/* The guest starts over, with its own address. */
static unsigned int smnc_avf_addrs_taken(struct smnc_adi *adi, int taken)
{
	return SMNC_DUE_RESET;
}

const struct smnc_kind smnc_avf_kind = {
	.types = avf_types,
	.nr_types = ARRAY_SIZE(avf_types),
	.ops = &smnc_avf_ops,
	.queue_vecs = 1,
	.spread = true,
	.bytes = sizeof(struct smnc_avf),
	.start = smnc_avf_start,
	.reset = smnc_avf_reset,
	.revive = smnc_avf_revive,
	.message = smnc_vc_handle,
	.link = smnc_vc_link,
	.announce_reset = smnc_vc_reset_impending,
	.addrs_taken = smnc_avf_addrs_taken,
	.state = SMNC_STATE_AVF,
	.state_bytes = sizeof(struct smnc_rec_avf),
	.save = smnc_avf_save,
	.check = smnc_avf_check,
	.load = smnc_avf_load,
	.loaded = smnc_avf_loaded,
};
