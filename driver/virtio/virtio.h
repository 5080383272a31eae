/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A virtio network device, a kind of ADI: what its files share. What a guest reads and
 * writes is kept here; the hardware is given it when the driver is ready, and again after
 * each reset of the PF, of which the guest notices a pause.
 */
#ifndef SMARTNIC_VIRTIO_H
#define SMARTNIC_VIRTIO_H

#include <linux/if_ether.h>
#include <linux/types.h>

#include <uapi/linux/virtio_config.h>
#include <uapi/linux/virtio_net.h>
#include <uapi/linux/virtio_pci.h>

#include "../adi/adi.h"

/* Pages of the ADI's window: the hardware has the first, the others are registers of ours. */
#define SMNC_VIRTIO_NOTIFY	0
#define SMNC_VIRTIO_COMMON	1
#define SMNC_VIRTIO_ISR		2
#define SMNC_VIRTIO_DEVICE	3
#define SMNC_VIRTIO_WINDOW(page)	((page) * VDCM_PAGE_SIZE)

#define SMNC_VIRTIO_BAR		4	/* all of them, the notify page last */
#define SMNC_VIRTIO_BYTES	64	/* of the common and of the device configuration */
#define SMNC_VIRTIO_ISR_BYTES	4

#define SMNC_VIRTIO_PAIRS	((SMNC_FUNC_VECS - 1) / 2)
#define SMNC_VIRTIO_VQS		(2 * SMNC_VIRTIO_PAIRS + 1)
#define SMNC_VIRTIO_VQ_SIZE	256	/* most entries of a VQ */
#define SMNC_VIRTIO_MTU		1500
#define SMNC_VIRTIO_VID_MAX	(SMNC_VIDS - 2)	/* 4095 is reserved */

#define SMNC_VIRTIO_F(name)	BIT_ULL(name)

/* Of the specification; not all kernels' headers have them. */
#define SMNC_VIRTIO_NOTIFICATION_DATA	38
#define SMNC_VIRTIO_VQ_NOTF_COAL	52
#define SMNC_VIRTIO_HOST_USO		56
#define SMNC_VIRTIO_COAL_VQ_SET		2	/* commands of VIRTIO_NET_CTRL_NOTF_COAL */
#define SMNC_VIRTIO_COAL_VQ_GET		3

/* Feature words of 32 bits that a driver may write; those beyond the second must be 0. */
#define SMNC_VIRTIO_WORDS	4

/* Receive offloads: what CTRL_GUEST_OFFLOADS may switch. */
#define SMNC_VIRTIO_OFFLOADS	(SMNC_VIRTIO_F(VIRTIO_NET_F_GUEST_CSUM) | \
				 SMNC_VIRTIO_F(VIRTIO_NET_F_GUEST_TSO4) | \
				 SMNC_VIRTIO_F(VIRTIO_NET_F_GUEST_TSO6) | \
				 SMNC_VIRTIO_F(VIRTIO_NET_F_GUEST_ECN))

/* With one of these there are as many queue pairs as the device has. */
#define SMNC_VIRTIO_SEVERAL	(SMNC_VIRTIO_F(VIRTIO_NET_F_MQ) | \
				 SMNC_VIRTIO_F(VIRTIO_NET_F_RSS))

/* Bytes of RSS_CONFIG with a table of one entry and of HASH_CONFIG, without the key. */
#define SMNC_VIRTIO_RSS_LEAST	13
#define SMNC_VIRTIO_HASH_LEAST	13

/* Most addresses of one MAC_TABLE_SET: a command's data without the two counts. */
#define SMNC_VIRTIO_MACS	((SMNC_AQ_BUF_MAX - 2 * sizeof(u32)) / ETH_ALEN)

/**
 * struct smnc_virtio_vq - a VQ as the guest's driver has set it up
 * @cfg: areas, size and vector
 * @coal: limits of holding an interrupt, while it is enabled
 * @enabled: queue_enable
 * @started: the hardware was given it; over a reset of the PF it stays so
 */
struct smnc_virtio_vq {
	struct smnc_vq_cfg cfg;
	struct smnc_vq_coal coal;
	bool enabled;
	bool started;
};

/**
 * struct smnc_virtio - what an ADI is as a virtio device; under adi->lock
 * @engine: features that the hardware has, of those the driver knows
 * @vq_size: most entries of a VQ that the hardware takes
 * @mtu: in the device configuration
 * @speed: likewise, Mb/s
 * @pci_cfg: capability that gives access to the BAR from config space; under vdcm's lock
 * @device_select: which word of the features device_feature shows
 * @driver_select: likewise driver_feature
 * @driver: features that the driver has written
 * @status: device_status
 * @isr: ISR status
 * @generation: config_generation
 * @changed: it counts up when it is read next
 * @config_vector: vector of changes of the configuration, or SMNC_VQ_NO_VECTOR
 * @queue_select: VQ that the registers of a VQ are about, of any number
 * @vqs: VQs
 * @used: something was agreed on or started: a reset has to reach the hardware
 * @link: the link is up, to the guest
 * @announce: the device asks the guest to announce its addresses
 * @again: SMNC_VIRTIO_AGAIN_*
 * @ack: answer to a control command
 * @result: bytes that the command returns
 * @result_len: bytes of it
 * @tries: how often sending the answer has failed
 * @mac: the address in the device configuration. adi->guest_mac differs if it may not be
 *	had any more; then the link is down.
 * @promisc: the driver asks for all frames
 * @allmulti: the driver asks for all groups
 * @crowded: some stations of @macs have no filter
 * @pairs: queue pairs that are in use
 * @rss: how frames are hashed, and spread if the guest's driver has set a table
 * @coal: limits that receiveqs and transmitqs begin with
 * @offloads: receive offloads in force
 * @nr_macs: entries in @macs
 * @macs: the driver's table of further addresses, granted or not
 * @vids: the driver's table of VLANs, a bit for each VID
 * @promisc_said: refusal of promiscuous mode was logged
 */
struct smnc_virtio {
	u64 engine;
	u16 vq_size;
	u16 mtu;
	u32 speed;
	struct virtio_pci_cfg_cap pci_cfg;

	u32 device_select;
	u32 driver_select;
	u32 driver[SMNC_VIRTIO_WORDS];
	u8 status;
	u8 isr;
	u8 generation;
	bool changed;
	u16 config_vector;
	u16 queue_select;
	struct smnc_virtio_vq vqs[SMNC_VIRTIO_VQS];
	bool used;
	bool link;
	bool announce;
	u8 again;
	u8 ack;
	u8 result[8];
	u8 result_len;
	u8 tries;

	u8 mac[ETH_ALEN];
	bool promisc;
	bool allmulti;
	bool crowded;
	u16 pairs;
	struct smnc_vq_rss rss;
	struct smnc_vq_coal coal[2];
	u64 offloads;
	unsigned int nr_macs;
	u8 macs[SMNC_VIRTIO_MACS][ETH_ALEN];
	u8 vids[SMNC_VIDS / 8];
	bool promisc_said;
};

static inline struct smnc_virtio *smnc_virtio(const struct smnc_adi *adi)
{
	return adi->priv;
}

/* Put work off, for a second at most. adi->lock is held. @what: SMNC_VIRTIO_AGAIN_* */
static inline void smnc_virtio_put_off(struct smnc_adi *adi, u8 what)
{
	smnc_virtio(adi)->again |= what;
	WRITE_ONCE(adi->again, true);
}

/* @bytes little-endian bytes, at most 8, at any address. */
static inline u64 smnc_virtio_le(const void *at, unsigned int bytes)
{
	const u8 *b = at;
	u64 value = 0;

	while (bytes--)
		value = value << 8 | b[bytes];
	return value;
}

/* Work to be done, or tried again, within a second. */
#define SMNC_VIRTIO_AGAIN_LOOK		0x1	/* has the device stopped a VQ? */
#define SMNC_VIRTIO_AGAIN_ANSWER	0x2	/* answer a control command */
#define SMNC_VIRTIO_AGAIN_ANNOUNCE	0x4	/* ask the guest to announce itself */

/* Neither closed nor taken away, and the device is not given up. */
static inline bool smnc_virtio_there(const struct smnc_adi *adi)
{
	return adi->func && !smnc_pf_is(adi->pf, SMNC_PF_DEAD);
}

static inline unsigned int smnc_virtio_nr_vqs(const struct smnc_adi *adi)
{
	return 2 * adi->nr_queues + 1;
}

/* What the driver has accepted, as far as there are such features. */
static inline u64 smnc_virtio_accepted(const struct smnc_virtio *v)
{
	return v->driver[0] | (u64)v->driver[1] << 32;
}

static inline bool smnc_virtio_packed(const struct smnc_virtio *v)
{
	return smnc_virtio_accepted(v) & SMNC_VIRTIO_F(VIRTIO_F_RING_PACKED);
}

/* What a write to a register asks for beyond it, without adi->lock. */
enum smnc_virtio_act {
	SMNC_VIRTIO_DONE,
	SMNC_VIRTIO_RESET,		/* reset the function */
	SMNC_VIRTIO_STOP_CONTROL,	/* reset the control queue, its commands with it */
	SMNC_VIRTIO_START_OVER,		/* reset the function, unnoticed by the driver */
};

/* regs.c */
u64 smnc_virtio_reg_read(struct smnc_adi *adi, u32 offset, unsigned int size);
void smnc_virtio_reg_write(struct smnc_adi *adi, u32 offset, u64 value, unsigned int size);

/* config.c */
u64 smnc_virtio_config_read(struct smnc_adi *adi, u32 offset, unsigned int size);
u64 smnc_virtio_isr_read(struct smnc_adi *adi);
u8 smnc_virtio_read_generation(struct smnc_virtio *v);
void smnc_virtio_changed(struct smnc_adi *adi);
void smnc_virtio_link(struct smnc_adi *adi);
void smnc_virtio_ask_announce(struct smnc_adi *adi);
void smnc_virtio_broken(struct smnc_adi *adi, const char *why);

/* features.c */
u64 smnc_virtio_offered(const struct smnc_adi *adi);
bool smnc_virtio_acceptable(const struct smnc_adi *adi);
int smnc_virtio_give_features(struct smnc_adi *adi);

/* again.c */
void smnc_virtio_again(struct smnc_adi *adi);

/* pci_cfg.c */
extern const u8 smnc_virtio_pci_cfg[sizeof(struct virtio_pci_cfg_cap)];
u32 smnc_virtio_cap_read(struct smnc_adi *adi, const struct vdcm_cap *cap, unsigned int offset,
			 unsigned int size);
void smnc_virtio_cap_write(struct smnc_adi *adi, const struct vdcm_cap *cap,
			   unsigned int offset, unsigned int size, u32 value);
void smnc_virtio_flr(struct smnc_adi *adi);

/* status.c */
enum smnc_virtio_act smnc_virtio_write_status(struct smnc_adi *adi, u8 value);
void smnc_virtio_forget(struct smnc_adi *adi);
void smnc_virtio_restart(struct smnc_adi *adi);

/* queues.c */
unsigned int smnc_virtio_control_vq(const struct smnc_adi *adi);
u16 smnc_virtio_vq_max(const struct smnc_adi *adi, unsigned int n);
bool smnc_virtio_size_ok(const struct smnc_adi *adi, unsigned int n, u16 size);
void smnc_virtio_vq_forget(struct smnc_adi *adi, unsigned int n);
void smnc_virtio_vq_enable(struct smnc_adi *adi, unsigned int n);
void smnc_virtio_vq_set_vector(struct smnc_adi *adi, unsigned int n, u16 vector);
enum smnc_virtio_act smnc_virtio_vq_reset(struct smnc_adi *adi, unsigned int n);
void smnc_virtio_start_over(struct smnc_adi *adi);
void smnc_virtio_control_reset(struct smnc_adi *adi);
bool smnc_virtio_vq_may_run(const struct smnc_adi *adi, unsigned int n);
int smnc_virtio_start_vqs(struct smnc_adi *adi);
int smnc_virtio_replay(struct smnc_adi *adi);
void smnc_virtio_look_stopped(struct smnc_adi *adi);

/* filters.c */
int smnc_virtio_set_promisc(struct smnc_adi *adi, bool promisc, bool allmulti);
int smnc_virtio_set_own(struct smnc_adi *adi, const u8 *mac);
int smnc_virtio_set_pairs(struct smnc_adi *adi, unsigned int pairs);
int smnc_virtio_apply_macs(struct smnc_adi *adi);
int smnc_virtio_set_vid(struct smnc_adi *adi, u16 vid, bool add);
int smnc_virtio_put_vids(struct smnc_adi *adi);
int smnc_virtio_give_vids(struct smnc_adi *adi);
void smnc_virtio_wishes(struct smnc_adi *adi);

/* rss.c */
int smnc_virtio_ctrl_rss(struct smnc_adi *adi, const u8 *data, u16 len);
int smnc_virtio_ctrl_hash(struct smnc_adi *adi, const u8 *data, u16 len);
int smnc_virtio_ctrl_pairs(struct smnc_adi *adi, const u8 *data, u16 len);
int smnc_virtio_give_rss(struct smnc_adi *adi);

/* coal.c */
int smnc_virtio_ctrl_coal_tx(struct smnc_adi *adi, const u8 *data, u16 len);
int smnc_virtio_ctrl_coal_rx(struct smnc_adi *adi, const u8 *data, u16 len);
int smnc_virtio_ctrl_coal_vq(struct smnc_adi *adi, const u8 *data, u16 len);
int smnc_virtio_ctrl_coal_get(struct smnc_adi *adi, const u8 *data, u16 len);

/* ctrl.c */
void smnc_virtio_answer(struct smnc_adi *adi);
enum smnc_verdict smnc_virtio_message(struct smnc_adi *adi, struct smnc_msg *msg);

/* revive.c */
int smnc_virtio_revive(struct smnc_adi *adi);

/* save.c */
int smnc_virtio_save(struct smnc_adi *adi, void *to);
int smnc_virtio_check(struct smnc_adi *adi, const void *from);
int smnc_virtio_load(struct smnc_adi *adi, const void *from);

/* kind.c */
extern const struct smnc_kind smnc_virtio_kind;

/* ops.c */
extern const struct vdcm_adi_ops smnc_virtio_ops;

#endif /* SMARTNIC_VIRTIO_H */
