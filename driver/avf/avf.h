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
#define SMNC_VC_OP_GET_HASHCFG	25
#define SMNC_VC_OP_SET_HASHCFG	26

/* An opcode that some kernels' headers lack. */
#define SMNC_VC_OP_RSS_HFUNC	18

/* Twelve counters of 64 bits: the longest reply that is not made in the message. */
#define SMNC_VC_STATS		12
#define SMNC_VC_REPLY_BYTES	(SMNC_VC_STATS * sizeof(u64))

/**
 * struct smnc_vc_reply - payload of a reply
 * @len: bytes in @data
 * @reset: there is no reply: the function is to be reset
 * @data: payload: @room, or @msg
 * @msg: the message's own payload: the reply to a message that is answered with itself
 * @room: payload of all other replies
 */
struct smnc_vc_reply {
	u16 len;
	bool reset;
	void *data;
	void *msg;
	u8 room[SMNC_VC_REPLY_BYTES] __aligned(8);
};

/* Capabilities that a guest can be granted. */
#define SMNC_VC_CAPS	(VIRTCHNL_VF_OFFLOAD_L2 | VIRTCHNL_VF_OFFLOAD_RSS_PF | \
			 VIRTCHNL_VF_CAP_ADV_LINK_SPEED)

/* How far the guest's driver has come. A message needs a state at least. */
enum smnc_vc_state {
	SMNC_VC_NEW,		/* nothing asked yet, or the function was reset */
	SMNC_VC_READY,		/* GET_VF_RESOURCES answered */
};

/**
 * struct smnc_avf - what an ADI is as an AVF; under adi->lock
 * @state: see there
 * @fresh: a driver has asked for the version since the last reset
 * @caps: capabilities granted
 * @vlan: the guest may filter, insert and strip tags
 * @configured_tx: TX queues that have a valid configuration
 * @configured_rx: likewise
 * @enabled_tx: TX queues enabled
 * @enabled_rx: likewise
 * @legacy_mac: last station's address added without a type, as old drivers do; or zero
 * @uc_promisc_said: refusal of promiscuous mode was logged
 */
struct smnc_avf {
	enum smnc_vc_state state;
	bool fresh;
	u32 caps;
	bool vlan;
	u16 configured_tx;
	u16 configured_rx;
	u16 enabled_tx;
	u16 enabled_rx;
	u8 legacy_mac[ETH_ALEN];
	bool uc_promisc_said;
};

static inline struct smnc_avf *smnc_avf(const struct smnc_adi *adi)
{
	return adi->priv;
}

/*
 * A handler gets a message whose length fits its opcode and its own count
 * fields, nothing more is known about it. Returns VIRTCHNL_STATUS_*.
 */
typedef int (*smnc_vc_handler)(struct smnc_adi *adi, const void *msg, u16 len,
			       struct smnc_vc_reply *reply);

/* queues.c */
int smnc_vc_config_queues(struct smnc_adi *adi, const void *msg, u16 len,
			  struct smnc_vc_reply *reply);
int smnc_vc_config_irq_map(struct smnc_adi *adi, const void *msg, u16 len,
			   struct smnc_vc_reply *reply);
int smnc_vc_enable_queues(struct smnc_adi *adi, const void *msg, u16 len,
			  struct smnc_vc_reply *reply);
int smnc_vc_disable_queues(struct smnc_adi *adi, const void *msg, u16 len,
			   struct smnc_vc_reply *reply);

int smnc_vc_end_life(struct smnc_adi *adi);

/* addrs.c */
int smnc_vc_add_addrs(struct smnc_adi *adi, const void *msg, u16 len,
		      struct smnc_vc_reply *reply);
int smnc_vc_del_addrs(struct smnc_adi *adi, const void *msg, u16 len,
		      struct smnc_vc_reply *reply);

/* filters.c */
int smnc_vc_promisc(struct smnc_adi *adi, const void *msg, u16 len,
		    struct smnc_vc_reply *reply);

/* rss.c */
int smnc_vc_rss_key(struct smnc_adi *adi, const void *msg, u16 len,
		    struct smnc_vc_reply *reply);
int smnc_vc_rss_lut(struct smnc_adi *adi, const void *msg, u16 len,
		    struct smnc_vc_reply *reply);
int smnc_vc_get_hashcfg(struct smnc_adi *adi, const void *msg, u16 len,
			struct smnc_vc_reply *reply);
int smnc_vc_set_hashcfg(struct smnc_adi *adi, const void *msg, u16 len,
			struct smnc_vc_reply *reply);
int smnc_vc_rss_hfunc(struct smnc_adi *adi, const void *msg, u16 len,
		      struct smnc_vc_reply *reply);
int smnc_vc_add_rss_cfg(struct smnc_adi *adi, const void *msg, u16 len,
			struct smnc_vc_reply *reply);
int smnc_vc_del_rss_cfg(struct smnc_adi *adi, const void *msg, u16 len,
			struct smnc_vc_reply *reply);

/* flows.c */
int smnc_vc_add_flow(struct smnc_adi *adi, const void *msg, u16 len,
		     struct smnc_vc_reply *reply);
int smnc_vc_del_flow(struct smnc_adi *adi, const void *msg, u16 len,
		     struct smnc_vc_reply *reply);
bool smnc_vc_flow_ok(const struct smnc_adi *adi, const struct smnc_flow *rule);

/* vlan.c */
u32 smnc_vc_vlan_grant(struct smnc_adi *adi, u32 caps);
int smnc_vc_vlan_caps(struct smnc_adi *adi, const void *msg, u16 len,
		      struct smnc_vc_reply *reply);
int smnc_vc_add_vlans(struct smnc_adi *adi, const void *msg, u16 len,
		      struct smnc_vc_reply *reply);
int smnc_vc_del_vlans(struct smnc_adi *adi, const void *msg, u16 len,
		      struct smnc_vc_reply *reply);
int smnc_vc_add_vlans_v2(struct smnc_adi *adi, const void *msg, u16 len,
			 struct smnc_vc_reply *reply);
int smnc_vc_del_vlans_v2(struct smnc_adi *adi, const void *msg, u16 len,
			 struct smnc_vc_reply *reply);
int smnc_vc_strip(struct smnc_adi *adi, const void *msg, u16 len,
		  struct smnc_vc_reply *reply);
int smnc_vc_no_strip(struct smnc_adi *adi, const void *msg, u16 len,
		     struct smnc_vc_reply *reply);
int smnc_vc_strip_v2(struct smnc_adi *adi, const void *msg, u16 len,
		     struct smnc_vc_reply *reply);
int smnc_vc_no_strip_v2(struct smnc_adi *adi, const void *msg, u16 len,
			struct smnc_vc_reply *reply);
int smnc_vc_insert_v2(struct smnc_adi *adi, const void *msg, u16 len,
		      struct smnc_vc_reply *reply);

/* state.c */
int smnc_vc_status(int err);
int smnc_avf_start(struct smnc_adi *adi);
void smnc_avf_reset(struct smnc_adi *adi);

/* save.c */
int smnc_avf_save(struct smnc_adi *adi, void *to);
int smnc_avf_check(struct smnc_adi *adi, const void *from);
int smnc_avf_load(struct smnc_adi *adi, const void *from);
int smnc_avf_loaded(struct smnc_adi *adi);

/* virtchnl.c */
extern bool smnc_vc_offloads;
u32 smnc_vc_grantable(void);
int smnc_vc_version(struct smnc_adi *adi, const void *msg, u16 len,
		    struct smnc_vc_reply *reply);
int smnc_vc_get_resources(struct smnc_adi *adi, const void *msg, u16 len,
			  struct smnc_vc_reply *reply);
int smnc_vc_reset_vf(struct smnc_adi *adi, const void *msg, u16 len,
		     struct smnc_vc_reply *reply);
int smnc_vc_get_stats(struct smnc_adi *adi, const void *msg, u16 len,
		      struct smnc_vc_reply *reply);
void smnc_vc_link(struct smnc_adi *adi);
int smnc_vc_reset_impending(struct smnc_adi *adi);

/* dispatch.c */
enum smnc_verdict smnc_vc_handle(struct smnc_adi *adi, struct smnc_msg *msg);

/* kind.c */
extern const struct smnc_kind smnc_avf_kind;

/* ops.c */
extern const struct vdcm_adi_ops smnc_avf_ops;

/*
 * Every guest's name of its own VSI. It is not the function's number, which a guest that is
 * saved and loaded elsewhere would lose, and which is the host's.
 */
#define SMNC_VC_VSI	1

/* The VSI a message names is the sender's own, or the message is refused. */
static inline bool smnc_vc_own_vsi(u16 vsi)
{
	return vsi == SMNC_VC_VSI;
}

#endif /* SMARTNIC_AVF_H */
