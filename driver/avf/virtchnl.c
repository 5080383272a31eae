// SPDX-License-Identifier: GPL-2.0-only
/*
 * The virtchnl responder: what a guest's AVF driver asks of its PF.
 *
 * Runs in the ADI's worker with adi->lock held. The guest is hostile: a message
 * is looked at once its length has been found to fit, every number in it is
 * checked, and whatever is wrong with it costs its sender an error reply.
 */
#include <linux/etherdevice.h>
#include <linux/nospec.h>

#include "../core/hw.h"
#include "avf.h"

#define SMNC_VC_CAPS	(VIRTCHNL_VF_OFFLOAD_L2 | VIRTCHNL_VF_OFFLOAD_RSS_PF | \
			 VIRTCHNL_VF_CAP_ADV_LINK_SPEED)

/* GET_VF_RESOURCES with one VSI; the header's own size differs by kernel. */
#define SMNC_VC_RES_BYTES	(offsetof(struct virtchnl_vf_resource, vsi_res) + \
				 sizeof(struct virtchnl_vsi_resource))

/* --- version, resources, reset ---------------------------------------------- */

/* May come at any time, also as a ping, or never: nothing depends on it. */
static int smnc_vc_version(struct smnc_adi *adi, const void *msg, u16 len,
			   struct smnc_vc_reply *reply)
{
	const struct virtchnl_version_info *guest = msg;
	struct virtchnl_version_info *ours = (void *)reply->data;
	struct smnc_avf *avf = smnc_avf(adi);

	ours->major = VIRTCHNL_VERSION_MAJOR;
	ours->minor = VIRTCHNL_VERSION_MINOR;
	reply->len = sizeof(*ours);
	avf->fresh = true;
	if (guest->major != VIRTCHNL_VERSION_MAJOR)
		return VIRTCHNL_STATUS_SUCCESS;
	ours->minor = min_t(u32, guest->minor, VIRTCHNL_VERSION_MINOR);
	return VIRTCHNL_STATUS_SUCCESS;
}

/* A driver starts. What its predecessor left running, if any, ends here. */
static int smnc_vc_get_resources(struct smnc_adi *adi, const void *msg, u16 len,
				 struct smnc_vc_reply *reply)
{
	struct virtchnl_vf_resource *res = (void *)reply->data;
	struct virtchnl_vsi_resource *vsi = res->vsi_res;
	struct smnc_avf *avf = smnc_avf(adi);
	/* Version 1.0 asks for nothing. */
	u32 caps = len ? *(const u32 *)msg : 0;

	BUILD_BUG_ON(SMNC_VC_RES_BYTES != 36);
	/* One that only was reset does not ask for the version again. */
	if (avf->fresh)
		smnc_stats_new_life(adi);
	avf->fresh = false;
	if (smnc_vc_end_life(adi)) {
		reply->reset = true;
		return VIRTCHNL_STATUS_SUCCESS;
	}
	avf->caps = VIRTCHNL_VF_OFFLOAD_L2 | (caps & SMNC_VC_CAPS);
	res->num_vsis = 1;
	res->num_queue_pairs = adi->nr_queues;
	res->max_vectors = smnc_adi_nr_vecs(adi);
	res->max_mtu = adi->pf->max_frame;
	res->vf_cap_flags = avf->caps;
	res->rss_key_size = SMNC_RSS_KEY_BYTES;
	res->rss_lut_size = SMNC_RSS_LUT_ENTRIES;
	vsi->vsi_id = SMNC_VC_VSI;
	vsi->num_queue_pairs = adi->nr_queues;
	vsi->vsi_type = VIRTCHNL_VSI_SRIOV;
	ether_addr_copy(vsi->default_mac_addr, adi->guest_mac);
	reply->len = SMNC_VC_RES_BYTES;
	avf->state = SMNC_VC_READY;
	return VIRTCHNL_STATUS_SUCCESS;
}

static int smnc_vc_reset_vf(struct smnc_adi *adi, const void *msg, u16 len,
			    struct smnc_vc_reply *reply)
{
	reply->reset = true;
	return VIRTCHNL_STATUS_SUCCESS;
}

/* --- counters and link ------------------------------------------------------ */

static int smnc_vc_get_stats(struct smnc_adi *adi, const void *msg, u16 len,
			     struct smnc_vc_reply *reply)
{
	const struct virtchnl_queue_select *sel = msg;
	u64 *stats = (u64 *)reply->data;
	unsigned int i;

	/* The device counts in the order of the reply. */
	BUILD_BUG_ON(SMNC_STAT_TX_ERRORS + 1 != SMNC_VC_STATS);
	if (!smnc_vc_own_vsi(sel->vsi_id))
		return VIRTCHNL_STATUS_ERR_PARAM;
	for (i = 0; i < SMNC_VC_STATS; i++)
		stats[i] = smnc_stats_guest(adi, i);
	reply->len = SMNC_VC_REPLY_BYTES;
	return VIRTCHNL_STATUS_SUCCESS;
}

/* The speed for drivers that know only a few. */
static enum virtchnl_link_speed smnc_vc_speed(u32 mbps)
{
	static const struct {
		u32 mbps;
		enum virtchnl_link_speed speed;
	} speeds[] = {
		{ 40000, VIRTCHNL_LINK_SPEED_40GB },
		{ 25000, VIRTCHNL_LINK_SPEED_25GB },
		{ 20000, VIRTCHNL_LINK_SPEED_20GB },
		{ 10000, VIRTCHNL_LINK_SPEED_10GB },
		{ 5000, VIRTCHNL_LINK_SPEED_5GB },
		{ 2500, VIRTCHNL_LINK_SPEED_2_5GB },
		{ 1000, VIRTCHNL_LINK_SPEED_1GB },
		{ 100, VIRTCHNL_LINK_SPEED_100MB },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(speeds); i++)
		if (mbps >= speeds[i].mbps)
			return speeds[i].speed;
	return VIRTCHNL_LINK_SPEED_UNKNOWN;
}

/**
 * smnc_vc_link() - tell the guest about the link
 * @adi: ADI, its lock held
 *
 * Only while it has queues enabled: a driver ignores what comes earlier, and
 * enabling queues is answered with the state then.
 */
void smnc_vc_link(struct smnc_adi *adi)
{
	struct virtchnl_pf_event event = {
		.event = VIRTCHNL_EVENT_LINK_CHANGE,
		.severity = PF_EVENT_SEVERITY_INFO,
	};
	struct smnc_avf *avf = smnc_avf(adi);
	u32 mbps = smnc_read(adi->pf, SMNC_LINK_SPEED);
	bool up = smnc_adi_link_up(adi);

	if (!adi->func || !(avf->enabled_tx | avf->enabled_rx) || smnc_hw_off(adi->pf))
		return;
	if (avf->caps & VIRTCHNL_VF_CAP_ADV_LINK_SPEED) {
		event.event_data.link_event_adv.link_speed = mbps;
		event.event_data.link_event_adv.link_status = up;
	} else {
		event.event_data.link_event.link_speed = smnc_vc_speed(mbps);
		event.event_data.link_event.link_status = up;
	}
	smnc_mbx_send(adi->pf, adi->func, VIRTCHNL_OP_EVENT, VIRTCHNL_STATUS_SUCCESS,
		      &event, sizeof(event));
}

/**
 * smnc_vc_reset_impending() - tell the guest that its function will be reset
 * @adi: ADI; its lock need not be held
 *
 * Nothing is sent before the driver has asked for its resources.
 *
 * Return: 1 if a message is on its way, 0 if not, or errno of smnc_mbx_send().
 */
int smnc_vc_reset_impending(struct smnc_adi *adi)
{
	struct virtchnl_pf_event event = {
		.event = VIRTCHNL_EVENT_RESET_IMPENDING,
		.severity = PF_EVENT_SEVERITY_CERTAIN_DOOM,
	};
	struct smnc_avf *avf = smnc_avf(adi);
	u16 func = READ_ONCE(adi->func);
	int err;

	if (!func || READ_ONCE(avf->state) != SMNC_VC_READY)
		return 0;
	err = smnc_mbx_send(adi->pf, func, VIRTCHNL_OP_EVENT, VIRTCHNL_STATUS_SUCCESS,
			    &event, sizeof(event));
	return err ?: 1;
}

/* --- dispatch --------------------------------------------------------------- */

static const struct smnc_vc_op {
	smnc_vc_handler handle;
	u8 state;
} smnc_vc_ops[] = {
	[VIRTCHNL_OP_VERSION] = { smnc_vc_version, SMNC_VC_NEW },
	[VIRTCHNL_OP_RESET_VF] = { smnc_vc_reset_vf, SMNC_VC_NEW },
	[VIRTCHNL_OP_GET_VF_RESOURCES] = { smnc_vc_get_resources, SMNC_VC_NEW },
	[VIRTCHNL_OP_CONFIG_VSI_QUEUES] = { smnc_vc_config_queues, SMNC_VC_READY },
	[VIRTCHNL_OP_CONFIG_IRQ_MAP] = { smnc_vc_config_irq_map, SMNC_VC_READY },
	[VIRTCHNL_OP_ENABLE_QUEUES] = { smnc_vc_enable_queues, SMNC_VC_READY },
	[VIRTCHNL_OP_DISABLE_QUEUES] = { smnc_vc_disable_queues, SMNC_VC_READY },
	[VIRTCHNL_OP_ADD_ETH_ADDR] = { smnc_vc_add_addrs, SMNC_VC_READY },
	[VIRTCHNL_OP_DEL_ETH_ADDR] = { smnc_vc_del_addrs, SMNC_VC_READY },
	[VIRTCHNL_OP_CONFIG_PROMISCUOUS_MODE] = { smnc_vc_promisc, SMNC_VC_READY },
	[VIRTCHNL_OP_GET_STATS] = { smnc_vc_get_stats, SMNC_VC_READY },
	[VIRTCHNL_OP_CONFIG_RSS_KEY] = { smnc_vc_rss_key, SMNC_VC_READY },
	[VIRTCHNL_OP_CONFIG_RSS_LUT] = { smnc_vc_rss_lut, SMNC_VC_READY },
	[SMNC_VC_OP_GET_HASHCFG] = { smnc_vc_get_hashcfg, SMNC_VC_READY },
	[SMNC_VC_OP_SET_HASHCFG] = { smnc_vc_set_hashcfg, SMNC_VC_READY },
};

static int smnc_vc_dispatch(struct smnc_adi *adi, const struct smnc_msg *msg,
			    struct smnc_vc_reply *reply)
{
	/*
	 * Only GET_VF_RESOURCES differs: before 1.1 it has no argument. Its length says
	 * which it is: the version agreed may be that of a driver that is gone.
	 */
	struct virtchnl_version_info ver = {
		.major = VIRTCHNL_VERSION_MAJOR,
		.minor = msg->len ? VIRTCHNL_VERSION_MINOR : VIRTCHNL_VERSION_MINOR_NO_VF_CAPS,
	};
	struct smnc_avf *avf = smnc_avf(adi);
	const struct smnc_vc_op *op;
	int status;

	if (msg->op >= ARRAY_SIZE(smnc_vc_ops))
		return VIRTCHNL_STATUS_ERR_NOT_SUPPORTED;
	op = &smnc_vc_ops[array_index_nospec(msg->op, ARRAY_SIZE(smnc_vc_ops))];
	if (!op->handle)
		return VIRTCHNL_STATUS_ERR_NOT_SUPPORTED;
	if (avf->state < op->state)
		return VIRTCHNL_STATUS_ERR_PARAM;
	status = virtchnl_vc_validate_vf_msg(&ver, msg->op, (u8 *)msg->data, msg->len);
	if (status)
		return status;
	return op->handle(adi, msg->data, msg->len, reply);
}

/**
 * smnc_vc_handle() - answer one message
 * @adi: its sender, lock held
 * @msg: message
 *
 * Return: verdict. There is no reply before a reset: none could arrive, and the next
 * driver has no use for it.
 */
enum smnc_verdict smnc_vc_handle(struct smnc_adi *adi, const struct smnc_msg *msg)
{
	struct smnc_vc_reply reply = {};
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
