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

#define SNIC_VC_CAPS	(VIRTCHNL_VF_OFFLOAD_L2 | VIRTCHNL_VF_OFFLOAD_RSS_PF | \
			 VIRTCHNL_VF_CAP_ADV_LINK_SPEED)

/* GET_VF_RESOURCES with one VSI; the header's own size differs by kernel. */
#define SNIC_VC_RES_BYTES	(offsetof(struct virtchnl_vf_resource, vsi_res) + \
				 sizeof(struct virtchnl_vsi_resource))

/* --- version, resources, reset ---------------------------------------------- */

/* May come at any time, also as a ping, or never: nothing depends on it. */
static int snic_vc_version(struct snic_adi *adi, const void *msg, u16 len,
			   struct snic_vc_reply *reply)
{
	const struct virtchnl_version_info *guest = msg;
	struct virtchnl_version_info *ours = (void *)reply->data;
	struct snic_avf *avf = snic_avf(adi);

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
static int snic_vc_get_resources(struct snic_adi *adi, const void *msg, u16 len,
				 struct snic_vc_reply *reply)
{
	struct virtchnl_vf_resource *res = (void *)reply->data;
	struct virtchnl_vsi_resource *vsi = res->vsi_res;
	struct snic_avf *avf = snic_avf(adi);
	/* Version 1.0 asks for nothing. */
	u32 caps = len ? *(const u32 *)msg : 0;

	BUILD_BUG_ON(SNIC_VC_RES_BYTES != 36);
	/* One that only was reset does not ask for the version again. */
	if (avf->fresh)
		snic_stats_new_life(adi);
	avf->fresh = false;
	if (snic_vc_end_life(adi)) {
		reply->reset = true;
		return VIRTCHNL_STATUS_SUCCESS;
	}
	avf->caps = VIRTCHNL_VF_OFFLOAD_L2 | (caps & SNIC_VC_CAPS);
	res->num_vsis = 1;
	res->num_queue_pairs = adi->nr_queues;
	res->max_vectors = snic_adi_nr_vecs(adi);
	res->max_mtu = adi->pf->max_frame;
	res->vf_cap_flags = avf->caps;
	res->rss_key_size = SNIC_RSS_KEY_BYTES;
	res->rss_lut_size = SNIC_RSS_LUT_ENTRIES;
	vsi->vsi_id = SNIC_VC_VSI;
	vsi->num_queue_pairs = adi->nr_queues;
	vsi->vsi_type = VIRTCHNL_VSI_SRIOV;
	ether_addr_copy(vsi->default_mac_addr, adi->guest_mac);
	reply->len = SNIC_VC_RES_BYTES;
	avf->state = SNIC_VC_READY;
	return VIRTCHNL_STATUS_SUCCESS;
}

static int snic_vc_reset_vf(struct snic_adi *adi, const void *msg, u16 len,
			    struct snic_vc_reply *reply)
{
	reply->reset = true;
	return VIRTCHNL_STATUS_SUCCESS;
}

/* --- counters and link ------------------------------------------------------ */

static int snic_vc_get_stats(struct snic_adi *adi, const void *msg, u16 len,
			     struct snic_vc_reply *reply)
{
	const struct virtchnl_queue_select *sel = msg;
	u64 *stats = (u64 *)reply->data;
	unsigned int i;

	/* The device counts in the order of the reply. */
	BUILD_BUG_ON(SNIC_STAT_TX_ERRORS + 1 != SNIC_VC_STATS);
	if (!snic_vc_own_vsi(sel->vsi_id))
		return VIRTCHNL_STATUS_ERR_PARAM;
	for (i = 0; i < SNIC_VC_STATS; i++)
		stats[i] = snic_stats_guest(adi, i);
	reply->len = SNIC_VC_REPLY_BYTES;
	return VIRTCHNL_STATUS_SUCCESS;
}

/* The speed for drivers that know only a few. */
static enum virtchnl_link_speed snic_vc_speed(u32 mbps)
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
 * snic_vc_link() - tell the guest about the link
 * @adi: ADI, its lock held
 *
 * Only while it has queues enabled: a driver ignores what comes earlier, and
 * enabling queues is answered with the state then.
 */
void snic_vc_link(struct snic_adi *adi)
{
	struct virtchnl_pf_event event = {
		.event = VIRTCHNL_EVENT_LINK_CHANGE,
		.severity = PF_EVENT_SEVERITY_INFO,
	};
	struct snic_avf *avf = snic_avf(adi);
	u32 mbps = snic_read(adi->pf, SNIC_LINK_SPEED);
	bool up = snic_adi_link_up(adi);

	if (!adi->func || !(avf->enabled_tx | avf->enabled_rx) || snic_hw_off(adi->pf))
		return;
	if (avf->caps & VIRTCHNL_VF_CAP_ADV_LINK_SPEED) {
		event.event_data.link_event_adv.link_speed = mbps;
		event.event_data.link_event_adv.link_status = up;
	} else {
		event.event_data.link_event.link_speed = snic_vc_speed(mbps);
		event.event_data.link_event.link_status = up;
	}
	snic_mbx_send(adi->pf, adi->func, VIRTCHNL_OP_EVENT, VIRTCHNL_STATUS_SUCCESS,
		      &event, sizeof(event));
}

/**
 * snic_vc_reset_impending() - tell the guest that its function will be reset
 * @adi: ADI; its lock need not be held
 *
 * Nothing is sent before the driver has asked for its resources.
 *
 * Return: 1 if a message is on its way, 0 if not, or errno of snic_mbx_send().
 */
int snic_vc_reset_impending(struct snic_adi *adi)
{
	struct virtchnl_pf_event event = {
		.event = VIRTCHNL_EVENT_RESET_IMPENDING,
		.severity = PF_EVENT_SEVERITY_CERTAIN_DOOM,
	};
	struct snic_avf *avf = snic_avf(adi);
	u16 func = READ_ONCE(adi->func);
	int err;

	if (!func || READ_ONCE(avf->state) != SNIC_VC_READY)
		return 0;
	err = snic_mbx_send(adi->pf, func, VIRTCHNL_OP_EVENT, VIRTCHNL_STATUS_SUCCESS,
			    &event, sizeof(event));
	return err ?: 1;
}

/* --- dispatch --------------------------------------------------------------- */

static const struct snic_vc_op {
	snic_vc_handler handle;
	u8 state;
} snic_vc_ops[] = {
	[VIRTCHNL_OP_VERSION] = { snic_vc_version, SNIC_VC_NEW },
	[VIRTCHNL_OP_RESET_VF] = { snic_vc_reset_vf, SNIC_VC_NEW },
	[VIRTCHNL_OP_GET_VF_RESOURCES] = { snic_vc_get_resources, SNIC_VC_NEW },
	[VIRTCHNL_OP_CONFIG_VSI_QUEUES] = { snic_vc_config_queues, SNIC_VC_READY },
	[VIRTCHNL_OP_CONFIG_IRQ_MAP] = { snic_vc_config_irq_map, SNIC_VC_READY },
	[VIRTCHNL_OP_ENABLE_QUEUES] = { snic_vc_enable_queues, SNIC_VC_READY },
	[VIRTCHNL_OP_DISABLE_QUEUES] = { snic_vc_disable_queues, SNIC_VC_READY },
	[VIRTCHNL_OP_ADD_ETH_ADDR] = { snic_vc_add_addrs, SNIC_VC_READY },
	[VIRTCHNL_OP_DEL_ETH_ADDR] = { snic_vc_del_addrs, SNIC_VC_READY },
	[VIRTCHNL_OP_CONFIG_PROMISCUOUS_MODE] = { snic_vc_promisc, SNIC_VC_READY },
	[VIRTCHNL_OP_GET_STATS] = { snic_vc_get_stats, SNIC_VC_READY },
	[VIRTCHNL_OP_CONFIG_RSS_KEY] = { snic_vc_rss_key, SNIC_VC_READY },
	[VIRTCHNL_OP_CONFIG_RSS_LUT] = { snic_vc_rss_lut, SNIC_VC_READY },
	[SNIC_VC_OP_GET_HASHCFG] = { snic_vc_get_hashcfg, SNIC_VC_READY },
	[SNIC_VC_OP_SET_HASHCFG] = { snic_vc_set_hashcfg, SNIC_VC_READY },
};

static int snic_vc_dispatch(struct snic_adi *adi, const struct snic_msg *msg,
			    struct snic_vc_reply *reply)
{
	/*
	 * Only GET_VF_RESOURCES differs: before 1.1 it has no argument. Its length says
	 * which it is: the version agreed may be that of a driver that is gone.
	 */
	struct virtchnl_version_info ver = {
		.major = VIRTCHNL_VERSION_MAJOR,
		.minor = msg->len ? VIRTCHNL_VERSION_MINOR : VIRTCHNL_VERSION_MINOR_NO_VF_CAPS,
	};
	struct snic_avf *avf = snic_avf(adi);
	const struct snic_vc_op *op;
	int status;

	if (msg->op >= ARRAY_SIZE(snic_vc_ops))
		return VIRTCHNL_STATUS_ERR_NOT_SUPPORTED;
	op = &snic_vc_ops[array_index_nospec(msg->op, ARRAY_SIZE(snic_vc_ops))];
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
 * snic_vc_handle() - answer one message
 * @adi: its sender, lock held
 * @msg: message
 *
 * Return: verdict. There is no reply before a reset: none could arrive, and the next
 * driver has no use for it.
 */
enum snic_verdict snic_vc_handle(struct snic_adi *adi, const struct snic_msg *msg)
{
	struct snic_vc_reply reply = {};
	int status;

	status = snic_vc_dispatch(adi, msg, &reply);
	if (reply.reset)
		return SNIC_RESTART;
	if (status) {
		reply.len = 0;
		vdcm_limited(adi->vdcm, notice,
			     "virtchnl message %u, %u bytes: refused with %d\n",
			     msg->op, msg->len, status);
	}
	snic_mbx_send(adi->pf, adi->func, msg->op, status, reply.data, reply.len);
	return SNIC_DONE;
}
