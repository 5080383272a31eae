// SPDX-License-Identifier: GPL-2.0-only
/*
 * The virtchnl responder: which messages of a guest's AVF driver reach their handlers.
 *
 * Runs in the ADI's worker with adi->lock held. The guest is hostile: the responder checks the
 * length of a message before it reads the contents, and the handlers check every number. The
 * sender of a bad message gets an error reply.
 */
#include <linux/nospec.h>

#include "avf.h"

/**
 * struct smnc_vc_len - bytes that a message has
 * @base: bytes without its list
 * @elem: bytes of an element of the list, which has at least one; 0: the message has no list
 * @at: where the 16-bit number of elements stands
 * @or_none: the message may also be empty
 *
 * The kernel's header has such lengths, too, but of fewer messages on older kernels.
 */
struct smnc_vc_len {
	u16 base;
	u16 elem;
	u8 at;
	bool or_none;
};

/**
 * struct smnc_vc_op - a message that is answered
 * @handle: function that answers the message
 * @state: least enum smnc_vc_state that the message needs
 * @cap: capability that has to be granted, 0: none
 * @len: its length
 */
struct smnc_vc_op {
	smnc_vc_handler handle;
	u8 state;
	u32 cap;
	struct smnc_vc_len len;
};

#define BYTES(_n)			.len = { .base = (_n) }
#define BYTES_OR_NONE(_n)		.len = { .base = (_n), .or_none = true }
#define LIST(_base, _elem, _at)		.len = { .base = (_base), .elem = (_elem), .at = (_at) }
#define RSS	VIRTCHNL_VF_OFFLOAD_RSS_PF
#define ADV_RSS	VIRTCHNL_VF_OFFLOAD_ADV_RSS_PF
#define FDIR	VIRTCHNL_VF_OFFLOAD_FDIR_PF
#define VLAN	VIRTCHNL_VF_OFFLOAD_VLAN
#define VLAN_V2	VIRTCHNL_VF_OFFLOAD_VLAN_V2

/* Lengths that drivers send: some messages have room for one element more than they count. */
static const struct smnc_vc_op smnc_vc_ops[] = {
	[VIRTCHNL_OP_VERSION] = { smnc_vc_version, SMNC_VC_NEW, 0, BYTES(8) },
	[VIRTCHNL_OP_RESET_VF] = { smnc_vc_reset_vf, SMNC_VC_NEW, 0, BYTES(0) },
	/* Version 1.0 asks for no capabilities. */
	[VIRTCHNL_OP_GET_VF_RESOURCES] = {
		smnc_vc_get_resources, SMNC_VC_NEW, 0, BYTES_OR_NONE(4)
	},
	[VIRTCHNL_OP_CONFIG_VSI_QUEUES] = {
		smnc_vc_config_queues, SMNC_VC_READY, 0, LIST(72, 64, 2)
	},
	[VIRTCHNL_OP_CONFIG_IRQ_MAP] = {
		smnc_vc_config_irq_map, SMNC_VC_READY, 0, LIST(14, 12, 0)
	},
	[VIRTCHNL_OP_ENABLE_QUEUES] = { smnc_vc_enable_queues, SMNC_VC_READY, 0, BYTES(12) },
	[VIRTCHNL_OP_DISABLE_QUEUES] = { smnc_vc_disable_queues, SMNC_VC_READY, 0, BYTES(12) },
	[VIRTCHNL_OP_ADD_ETH_ADDR] = { smnc_vc_add_addrs, SMNC_VC_READY, 0, LIST(12, 8, 2) },
	[VIRTCHNL_OP_DEL_ETH_ADDR] = { smnc_vc_del_addrs, SMNC_VC_READY, 0, LIST(12, 8, 2) },
	[VIRTCHNL_OP_CONFIG_PROMISCUOUS_MODE] = { smnc_vc_promisc, SMNC_VC_READY, 0, BYTES(4) },
	[VIRTCHNL_OP_GET_STATS] = { smnc_vc_get_stats, SMNC_VC_READY, 0, BYTES(12) },
	[VIRTCHNL_OP_CONFIG_RSS_KEY] = { smnc_vc_rss_key, SMNC_VC_READY, RSS, LIST(5, 1, 2) },
	[VIRTCHNL_OP_CONFIG_RSS_LUT] = { smnc_vc_rss_lut, SMNC_VC_READY, RSS, LIST(5, 1, 2) },
	[SMNC_VC_OP_GET_HASHCFG] = { smnc_vc_get_hashcfg, SMNC_VC_READY, RSS, BYTES(0) },
	[SMNC_VC_OP_SET_HASHCFG] = { smnc_vc_set_hashcfg, SMNC_VC_READY, RSS, BYTES(8) },
	[SMNC_VC_OP_RSS_HFUNC] = { smnc_vc_rss_hfunc, SMNC_VC_READY, ADV_RSS, BYTES(8) },
	[VIRTCHNL_OP_ADD_RSS_CFG] = {
		smnc_vc_add_rss_cfg, SMNC_VC_READY, ADV_RSS, BYTES(2444)
	},
	[VIRTCHNL_OP_DEL_RSS_CFG] = {
		smnc_vc_del_rss_cfg, SMNC_VC_READY, ADV_RSS, BYTES(2444)
	},
	[VIRTCHNL_OP_ADD_FDIR_FILTER] = { smnc_vc_add_flow, SMNC_VC_READY, FDIR, BYTES(2616) },
	[VIRTCHNL_OP_DEL_FDIR_FILTER] = { smnc_vc_del_flow, SMNC_VC_READY, FDIR, BYTES(12) },
	[VIRTCHNL_OP_ADD_VLAN] = { smnc_vc_add_vlans, SMNC_VC_READY, VLAN, LIST(6, 2, 2) },
	[VIRTCHNL_OP_DEL_VLAN] = { smnc_vc_del_vlans, SMNC_VC_READY, VLAN, LIST(6, 2, 2) },
	[VIRTCHNL_OP_ENABLE_VLAN_STRIPPING] = { smnc_vc_strip, SMNC_VC_READY, VLAN, BYTES(0) },
	[VIRTCHNL_OP_DISABLE_VLAN_STRIPPING] = {
		smnc_vc_no_strip, SMNC_VC_READY, VLAN, BYTES(0)
	},
	[VIRTCHNL_OP_GET_OFFLOAD_VLAN_V2_CAPS] = {
		smnc_vc_vlan_caps, SMNC_VC_READY, VLAN_V2, BYTES(0)
	},
	[VIRTCHNL_OP_ADD_VLAN_V2] = {
		smnc_vc_add_vlans_v2, SMNC_VC_READY, VLAN_V2, LIST(8, 32, 2)
	},
	[VIRTCHNL_OP_DEL_VLAN_V2] = {
		smnc_vc_del_vlans_v2, SMNC_VC_READY, VLAN_V2, LIST(8, 32, 2)
	},
	[VIRTCHNL_OP_ENABLE_VLAN_STRIPPING_V2] = {
		smnc_vc_strip_v2, SMNC_VC_READY, VLAN_V2, BYTES(16)
	},
	[VIRTCHNL_OP_DISABLE_VLAN_STRIPPING_V2] = {
		smnc_vc_no_strip_v2, SMNC_VC_READY, VLAN_V2, BYTES(16)
	},
	/* A descriptor says whether a tag is inserted: both switches change nothing. */
	[VIRTCHNL_OP_ENABLE_VLAN_INSERTION_V2] = {
		smnc_vc_insert_v2, SMNC_VC_READY, VLAN_V2, BYTES(16)
	},
	[VIRTCHNL_OP_DISABLE_VLAN_INSERTION_V2] = {
		smnc_vc_insert_v2, SMNC_VC_READY, VLAN_V2, BYTES(16)
	},
};

static bool smnc_vc_fits(const struct smnc_vc_len *len, const struct smnc_msg *msg)
{
	u32 n;

	if (!len->elem)
		return msg->len == len->base || (len->or_none && !msg->len);
	if (msg->len < len->base)
		return false;
	n = *(const u16 *)(msg->data + len->at);
	return n && msg->len == len->base + n * len->elem;
}

static int smnc_vc_dispatch(struct smnc_adi *adi, const struct smnc_msg *msg,
			    struct smnc_vc_reply *reply)
{
	struct smnc_avf *avf = smnc_avf(adi);
	const struct smnc_vc_op *op;

	if (msg->op >= ARRAY_SIZE(smnc_vc_ops))
		return VIRTCHNL_STATUS_ERR_NOT_SUPPORTED;
	op = &smnc_vc_ops[array_index_nospec(msg->op, ARRAY_SIZE(smnc_vc_ops))];
	if (!op->handle)
		return VIRTCHNL_STATUS_ERR_NOT_SUPPORTED;
	if (avf->state < op->state)
		return VIRTCHNL_STATUS_ERR_PARAM;
	if (op->cap & ~avf->caps)
		return VIRTCHNL_STATUS_ERR_NOT_SUPPORTED;
	if (!smnc_vc_fits(&op->len, msg))
		return VIRTCHNL_STATUS_ERR_OPCODE_MISMATCH;
	return op->handle(adi, msg->data, msg->len, reply);
}

/**
 * smnc_vc_handle() - answer one message
 * @adi: its sender, lock held
 * @msg: message
 *
 * Return: verdict. There is no reply before a reset: none could arrive, and the next
 * driver has no use for one.
 */
enum smnc_verdict smnc_vc_handle(struct smnc_adi *adi, struct smnc_msg *msg)
{
	struct smnc_vc_reply reply = { .data = reply.room, .msg = msg->data };
	int status;

	status = smnc_vc_dispatch(adi, msg, &reply);
	if (reply.reset)
		return SMNC_RESTART;
	if (status) {
		reply.len = 0;
		vdcm_limited(adi->vdcm, notice,
			     "virtchnl message %u, %u bytes: refused with %d\n",
			     msg->op, msg->len, status);
	}
	smnc_mbx_send(adi->pf, adi->func, msg->op, status, reply.data, reply.len);
	return SMNC_DONE;
}
