/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The virtchnl responder: what its files share.
 */
#ifndef SMARTNIC_VC_H
#define SMARTNIC_VC_H

#include <linux/overflow.h>
#include <linux/types.h>

#include <compat/virtchnl.h>

#include "adi.h"

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

/*
 * A handler gets a message whose length fits its opcode and its own count
 * fields, nothing more is known about it. Returns VIRTCHNL_STATUS_*.
 */
typedef int (*snic_vc_handler)(struct snic_adi *adi, const void *msg, u16 len,
			       struct snic_vc_reply *reply);

#define SNIC_VC_HANDLER(name) \
	int name(struct snic_adi *adi, const void *msg, u16 len, \
		 struct snic_vc_reply *reply)

/* vc_queues.c */
SNIC_VC_HANDLER(snic_vc_config_queues);
SNIC_VC_HANDLER(snic_vc_config_irq_map);
SNIC_VC_HANDLER(snic_vc_enable_queues);
SNIC_VC_HANDLER(snic_vc_disable_queues);

int snic_vc_end_life(struct snic_adi *adi);

/* vc_addrs.c */
SNIC_VC_HANDLER(snic_vc_add_addrs);
SNIC_VC_HANDLER(snic_vc_del_addrs);

/* vc_filters.c */
SNIC_VC_HANDLER(snic_vc_promisc);
SNIC_VC_HANDLER(snic_vc_rss_key);
SNIC_VC_HANDLER(snic_vc_rss_lut);
SNIC_VC_HANDLER(snic_vc_get_hashcfg);
SNIC_VC_HANDLER(snic_vc_set_hashcfg);

/* vc_state.c */
int snic_vc_status(int err);

/* The VSI a message names is the sender's own, or the message is refused. */
static inline bool snic_vc_own_vsi(const struct snic_adi *adi, u16 vsi)
{
	return vsi == adi->func;
}

#endif /* SMARTNIC_VC_H */
