// SPDX-License-Identifier: GPL-2.0-only
/*
 * virtchnl: version, resources, reset, counters and the link.
 */
#include <linux/etherdevice.h>
#include <linux/moduleparam.h>

#include "../core/hw.h"
#include "avf.h"

/* With the parameter guest_offloads; beside them one of those of VLANs. */
#define SMNC_VC_OFFLOADS (VIRTCHNL_VF_OFFLOAD_USO | VIRTCHNL_VF_OFFLOAD_ADV_RSS_PF | \
			  VIRTCHNL_VF_OFFLOAD_FDIR_PF)

bool smnc_vc_offloads = true;
module_param_named(guest_offloads, smnc_vc_offloads, bool, 0444);
MODULE_PARM_DESC(guest_offloads, "grant guests VLANs, USO, hash fields and rules (default: on)");

/* GET_VF_RESOURCES with one VSI; the header's own size differs by kernel. */
#define SMNC_VC_RES_BYTES	(offsetof(struct virtchnl_vf_resource, vsi_res) + \
				 sizeof(struct virtchnl_vsi_resource))

/* --- version, resources, reset ---------------------------------------------- */

/* May come at any time, also as a ping, or never: nothing depends on it. */
int smnc_vc_version(struct smnc_adi *adi, const void *msg, u16 len,
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

/* Return: capabilities that a guest may have */
u32 smnc_vc_grantable(void)
{
	return SMNC_VC_CAPS | (smnc_vc_offloads ? SMNC_VC_OFFLOADS | VIRTCHNL_VF_OFFLOAD_VLAN |
						  VIRTCHNL_VF_OFFLOAD_VLAN_V2 : 0);
}

static u32 smnc_vc_grant(struct smnc_adi *adi, u32 asked)
{
	u32 caps = VIRTCHNL_VF_OFFLOAD_L2 | (asked & SMNC_VC_CAPS);

	if (smnc_vc_offloads)
		caps |= (asked & SMNC_VC_OFFLOADS) | smnc_vc_vlan_grant(adi, asked);
	return caps;
}

/* A driver starts. What its predecessor left running, if any, ends here. */
int smnc_vc_get_resources(struct smnc_adi *adi, const void *msg, u16 len,
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
	avf->caps = smnc_vc_grant(adi, caps);
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

int smnc_vc_reset_vf(struct smnc_adi *adi, const void *msg, u16 len,
		     struct smnc_vc_reply *reply)
{
	reply->reset = true;
	return VIRTCHNL_STATUS_SUCCESS;
}

/* --- counters and link ------------------------------------------------------ */

int smnc_vc_get_stats(struct smnc_adi *adi, const void *msg, u16 len,
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
