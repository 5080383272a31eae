/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The Adaptive Virtual Function, a kind of ADI: what its files share.
 */
#ifndef SMARTNIC_AVF_H
#define SMARTNIC_AVF_H

#include <linux/overflow.h>
#include <linux/types.h>

#include <compat/virtchnl.h>

#include "../adi/adi.h"

/*
 * The kernel's header called these two HENA before it called them HASHCFG; the
 * numbers and the message, one 64-bit mask, are the same.
 */
#define SNIC_VC_OP_GET_HASHCFG	25
#define SNIC_VC_OP_SET_HASHCFG	26

/* Twelve counters of 64 bits: the longest reply. */
#define SNIC_VC_STATS		12
#define SNIC_VC_REPLY_BYTES	(SNIC_VC_STATS * sizeof(u64))

/**
 * struct snic_vc_reply - payload of a reply
 * @len: bytes in @data
 * @reset: there is no reply: the function is to be reset
 * @data: payload
 */
struct snic_vc_reply {
	u16 len;
	bool reset;
	u8 data[SNIC_VC_REPLY_BYTES] __aligned(8);
};

/* How far the guest's driver has come. A message needs a state at least. */
enum snic_vc_state {
	SNIC_VC_NEW,		/* nothing asked yet, or the function was reset */
	SNIC_VC_READY,		/* GET_VF_RESOURCES answered */
};

/**
 * struct snic_avf - what an ADI is as an AVF; under adi->lock
 * @state: see there
 * @fresh: a driver has asked for the version since the last reset
 * @caps: capabilities granted
 * @configured_tx: TX queues that have a valid configuration
 * @configured_rx: likewise
 * @enabled_tx: TX queues enabled
 * @enabled_rx: likewise
 * @legacy_mac: last station's address added without a type, as old drivers do; or zero
 * @uc_promisc_said: refusal of promiscuous mode was logged
 */
struct snic_avf {
	enum snic_vc_state state;
	bool fresh;
	u32 caps;
	u16 configured_tx;
	u16 configured_rx;
	u16 enabled_tx;
	u16 enabled_rx;
	u8 legacy_mac[ETH_ALEN];
	bool uc_promisc_said;
};

static inline struct snic_avf *snic_avf(const struct snic_adi *adi)
{
	return adi->priv;
}

/*
 * A handler gets a message whose length fits its opcode and its own count
 * fields, nothing more is known about it. Returns VIRTCHNL_STATUS_*.
 */
typedef int (*snic_vc_handler)(struct snic_adi *adi, const void *msg, u16 len,
			       struct snic_vc_reply *reply);

/* queues.c */
int snic_vc_config_queues(struct snic_adi *adi, const void *msg, u16 len,
			  struct snic_vc_reply *reply);
int snic_vc_config_irq_map(struct snic_adi *adi, const void *msg, u16 len,
			   struct snic_vc_reply *reply);
int snic_vc_enable_queues(struct snic_adi *adi, const void *msg, u16 len,
			  struct snic_vc_reply *reply);
int snic_vc_disable_queues(struct snic_adi *adi, const void *msg, u16 len,
			   struct snic_vc_reply *reply);

int snic_vc_end_life(struct snic_adi *adi);

/* addrs.c */
int snic_vc_add_addrs(struct snic_adi *adi, const void *msg, u16 len,
		      struct snic_vc_reply *reply);
int snic_vc_del_addrs(struct snic_adi *adi, const void *msg, u16 len,
		      struct snic_vc_reply *reply);

/* filters.c */
int snic_vc_promisc(struct snic_adi *adi, const void *msg, u16 len,
		    struct snic_vc_reply *reply);

/* rss.c */
int snic_vc_rss_key(struct snic_adi *adi, const void *msg, u16 len,
		    struct snic_vc_reply *reply);
int snic_vc_rss_lut(struct snic_adi *adi, const void *msg, u16 len,
		    struct snic_vc_reply *reply);
int snic_vc_get_hashcfg(struct snic_adi *adi, const void *msg, u16 len,
			struct snic_vc_reply *reply);
int snic_vc_set_hashcfg(struct snic_adi *adi, const void *msg, u16 len,
			struct snic_vc_reply *reply);

/* state.c */
int snic_vc_status(int err);
int snic_avf_start(struct snic_adi *adi);
void snic_avf_reset(struct snic_adi *adi);

/* virtchnl.c */
enum snic_verdict snic_vc_handle(struct snic_adi *adi, const struct snic_msg *msg);
void snic_vc_link(struct snic_adi *adi);
int snic_vc_reset_impending(struct snic_adi *adi);

/* kind.c */
extern const struct snic_kind snic_avf_kind;

/*
 * Every guest's name of its own VSI. It is not the function's number, which a guest that is
 * saved and loaded elsewhere would lose, and which is the host's.
 */
#define SNIC_VC_VSI	1

/* The VSI a message names is the sender's own, or the message is refused. */
static inline bool snic_vc_own_vsi(u16 vsi)
{
	return vsi == SNIC_VC_VSI;
}

#endif /* SMARTNIC_AVF_H */
