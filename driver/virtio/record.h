/* SPDX-License-Identifier: GPL-2.0-only */
/* The virtio device's part of the record of an ADI. Little-endian; see ../adi/record.h. */
#ifndef SMARTNIC_VIRTIO_RECORD_H
#define SMARTNIC_VIRTIO_RECORD_H

#include "virtio.h"

/* A VQ as the guest's driver has set it up; coal: microseconds, packets. */
struct smnc_rec_vq {
	__le64 area[SMNC_VQ_AREAS];
	__le16 size;
	__le16 vector;
	u8 enabled;
	u8 reserved[3];
	__le32 coal[2];
};

/* Fields of struct smnc_vq_rss. */
struct smnc_rec_rss {
	u8 key[SMNC_VQ_KEY_BYTES];
	__le32 types;
	__le16 entries;
	__le16 other;
	u8 table[SMNC_VQ_TABLE_ENTRIES];
};

/**
 * struct smnc_rec_virtio - a virtio device; fields as of struct smnc_virtio
 * @driver: features that the driver has written
 * @device_select: which word device_feature shows
 * @driver_select: likewise driver_feature
 * @offloads: receive offloads in force
 * @config_vector: vector of changes of the configuration
 * @queue_select: VQ that the registers of a VQ are about
 * @pairs: queue pairs that frames are spread over
 * @nr_macs: entries in @macs
 * @status: device_status
 * @isr: ISR status
 * @generation: config_generation
 * @changed: the next read of config_generation counts it up
 * @link: the guest sees the link up
 * @promisc: the driver asks for all frames
 * @allmulti: the driver asks for all groups
 * @crowded: some stations of @macs have no filter
 * @mac: the address in the device configuration
 * @pci_cfg_bar: field that the driver wrote in the capability that gives access to the BAR
 * @announce: the device asks the guest to announce its addresses
 * @again: SMNC_VIRTIO_AGAIN_*
 * @ack: answer to a control command that could not be sent; an error if it returns bytes
 * @reserved0: 0
 * @pci_cfg: from its offset on
 * @coal: limits that receiveqs and transmitqs begin with: microseconds, packets of each
 * @rss: how frames are hashed and spread
 * @vqs: VQs
 * @macs: the driver's table of further addresses
 * @vids: the driver's table of VLANs
 * @reserved1: 0
 */
struct smnc_rec_virtio {
	__le32 driver[SMNC_VIRTIO_WORDS];
	__le32 device_select;
	__le32 driver_select;
	__le64 offloads;
	__le16 config_vector;
	__le16 queue_select;
	__le16 pairs;
	__le16 nr_macs;
	u8 status;
	u8 isr;
	u8 generation;
	u8 changed;
	u8 link;
	u8 promisc;
	u8 allmulti;
	u8 crowded;
	u8 mac[ETH_ALEN];
	u8 pci_cfg_bar;
	u8 announce;
	u8 again;
	u8 ack;
	u8 reserved0[2];
	u8 pci_cfg[12];
	__le32 coal[2][2];
	struct smnc_rec_rss rss;
	struct smnc_rec_vq vqs[SMNC_VIRTIO_VQS];
	u8 macs[SMNC_VIRTIO_MACS][ETH_ALEN];
	u8 reserved1[2];
	u8 vids[SMNC_VIDS / 8];
};

#endif /* SMARTNIC_VIRTIO_RECORD_H */
