// SPDX-License-Identifier: GPL-2.0-only
/*
 * virtchnl: VLANs of a guest that tags by itself. The guest asks for filters of received
 * frames, for stripping and for insertion of tags. The operator decides on its VLANs.
 */
#include <linux/if_vlan.h>

#include "avf.h"

/* 0 is in none; 4095 is reserved. */
#define SMNC_VC_VID_MAX	(SMNC_VIDS - 2)

/* The device inserts and strips one tag, in L2TAG1 of the descriptor. */
#define SMNC_VC_VLAN_OFFLOAD	(VIRTCHNL_VLAN_ETHERTYPE_8100 | VIRTCHNL_VLAN_TOGGLE | \
				 VIRTCHNL_VLAN_TAG_LOCATION_L2TAG1)

/* A guest in an 802.1Q port VLAN sends and receives no tag. */
static bool smnc_vc_tags(const struct smnc_adi *adi)
{
	return adi->vlan.mode != SMNC_VLAN_PORT || adi->vlan.port & SMNC_PORT_8021AD;
}

/**
 * smnc_vc_vlan_grant() - grant a starting driver the offload of tags, or refuse
 * @adi: ADI
 * @caps: capabilities that the guest's driver asks for
 *
 * The device strips tags from here on if the driver may: drivers expect that after each
 * reset, and send no message for it. A later change of the operator's setting needs no new
 * agreement: the granted offloads still work on the frames that the guest then gets.
 *
 * Return: the one of the two capabilities that the driver gets, or 0.
 */
u32 smnc_vc_vlan_grant(struct smnc_adi *adi, u32 caps)
{
	bool tags = smnc_vc_tags(adi);
	u32 granted = caps & VIRTCHNL_VF_OFFLOAD_VLAN_V2;

	if (!granted && tags)
		granted = caps & VIRTCHNL_VF_OFFLOAD_VLAN;
	smnc_avf(adi)->vlan = granted && tags;
	adi->strip = granted && tags;
	return granted;
}

int smnc_vc_vlan_caps(struct smnc_adi *adi, const void *msg, u16 len,
		      struct smnc_vc_reply *reply)
{
	struct virtchnl_vlan_caps *caps = (void *)reply->data;

	BUILD_BUG_ON(sizeof(*caps) != 40);
	reply->len = sizeof(*caps);
	if (!smnc_avf(adi)->vlan)
		return VIRTCHNL_STATUS_SUCCESS;
	caps->filtering.filtering_support.inner = VIRTCHNL_VLAN_ETHERTYPE_8100;
	caps->filtering.ethertype_init = VIRTCHNL_VLAN_ETHERTYPE_8100;
	caps->filtering.max_filters = SMNC_VC_VID_MAX + 1;
	caps->offloads.stripping_support.inner = SMNC_VC_VLAN_OFFLOAD;
	caps->offloads.insertion_support.inner = SMNC_VC_VLAN_OFFLOAD;
	caps->offloads.ethertype_init = VIRTCHNL_VLAN_ETHERTYPE_8100;
	caps->offloads.ethertype_match = VIRTCHNL_ETHERTYPE_STRIPPING_MATCHES_INSERTION;
	return VIRTCHNL_STATUS_SUCCESS;
}

/* --- filters ---------------------------------------------------------------- */

/* Frames without a tag, and of VLAN 0, are always received. */
static int smnc_vc_vlan_change(struct smnc_adi *adi, const u8 *vids, bool add)
{
	u8 own[SMNC_VIDS / 8];
	unsigned int i;
	int err;

	for (i = 0; i < sizeof(own); i++)
		own[i] = add ? adi->vsi.own[i] | vids[i] : adi->vsi.own[i] & ~vids[i];
	own[0] &= ~BIT(0);
	err = smnc_vsi_set_own(adi->pf, &adi->vsi, own);
	return smnc_vc_status(err ?: smnc_adi_vsi_update(adi));
}

static bool smnc_vc_vid_take(u8 *vids, u16 vid)
{
	if (vid > SMNC_VC_VID_MAX)
		return false;
	vids[vid / 8] |= BIT(vid % 8);
	return true;
}

static int smnc_vc_vlans(struct smnc_adi *adi, const void *msg, bool add)
{
	const struct virtchnl_vlan_filter_list *list = msg;
	u8 vids[SMNC_VIDS / 8] = {};
	unsigned int i;

	if (!smnc_vc_own_vsi(list->vsi_id))
		return VIRTCHNL_STATUS_ERR_PARAM;
	for (i = 0; i < list->num_elements; i++)
		if (!smnc_vc_vid_take(vids, list->vlan_id[i]))
			return VIRTCHNL_STATUS_ERR_PARAM;
	return smnc_vc_vlan_change(adi, vids, add);
}

int smnc_vc_add_vlans(struct smnc_adi *adi, const void *msg, u16 len,
		      struct smnc_vc_reply *reply)
{
	return smnc_vc_vlans(adi, msg, true);
}

int smnc_vc_del_vlans(struct smnc_adi *adi, const void *msg, u16 len,
		      struct smnc_vc_reply *reply)
{
	return smnc_vc_vlans(adi, msg, false);
}

/* Does the filter name one 802.1Q tag, without a mask? */
static bool smnc_vc_vlan_filter_ok(const struct virtchnl_vlan_filter *f)
{
	return f->inner.tpid == ETH_P_8021Q && !f->inner.tci_mask && !f->outer.tpid &&
	       !f->outer.tci && !f->outer.tci_mask;
}

static int smnc_vc_vlans_v2(struct smnc_adi *adi, const void *msg, bool add)
{
	const struct virtchnl_vlan_filter_list_v2 *list = msg;
	const struct virtchnl_vlan_filter *f = list->filters;
	u8 vids[SMNC_VIDS / 8] = {};
	unsigned int i;

	if (!smnc_avf(adi)->vlan)
		return VIRTCHNL_STATUS_ERR_NOT_SUPPORTED;
	if (!smnc_vc_own_vsi(list->vport_id))
		return VIRTCHNL_STATUS_ERR_PARAM;
	for (i = 0; i < list->num_elements; i++)
		if (!smnc_vc_vlan_filter_ok(&f[i]) || !smnc_vc_vid_take(vids, f[i].inner.tci))
			return VIRTCHNL_STATUS_ERR_PARAM;
	return smnc_vc_vlan_change(adi, vids, add);
}

int smnc_vc_add_vlans_v2(struct smnc_adi *adi, const void *msg, u16 len,
			 struct smnc_vc_reply *reply)
{
	return smnc_vc_vlans_v2(adi, msg, true);
}

int smnc_vc_del_vlans_v2(struct smnc_adi *adi, const void *msg, u16 len,
			 struct smnc_vc_reply *reply)
{
	return smnc_vc_vlans_v2(adi, msg, false);
}

/* --- tags in descriptors ---------------------------------------------------- */

static int smnc_vc_set_strip(struct smnc_adi *adi, bool strip)
{
	bool before = adi->strip;
	int err;

	adi->strip = strip;
	err = smnc_adi_vsi_update(adi);
	if (err)
		adi->strip = before;
	return smnc_vc_status(err);
}

int smnc_vc_strip(struct smnc_adi *adi, const void *msg, u16 len,
		  struct smnc_vc_reply *reply)
{
	return smnc_vc_set_strip(adi, true);
}

int smnc_vc_no_strip(struct smnc_adi *adi, const void *msg, u16 len,
		     struct smnc_vc_reply *reply)
{
	return smnc_vc_set_strip(adi, false);
}

/* Drivers accept ERR_NOT_SUPPORTED, and no other error, for a setting that is not offered. */
static int smnc_vc_vlan_setting(const struct smnc_adi *adi, const void *msg)
{
	const struct virtchnl_vlan_setting *set = msg;

	if (!smnc_vc_own_vsi(set->vport_id))
		return VIRTCHNL_STATUS_ERR_PARAM;
	if (!smnc_avf(adi)->vlan || set->outer_ethertype_setting ||
	    set->inner_ethertype_setting != VIRTCHNL_VLAN_ETHERTYPE_8100)
		return VIRTCHNL_STATUS_ERR_NOT_SUPPORTED;
	return VIRTCHNL_STATUS_SUCCESS;
}

int smnc_vc_strip_v2(struct smnc_adi *adi, const void *msg, u16 len,
		     struct smnc_vc_reply *reply)
{
	return smnc_vc_vlan_setting(adi, msg) ?: smnc_vc_set_strip(adi, true);
}

int smnc_vc_no_strip_v2(struct smnc_adi *adi, const void *msg, u16 len,
			struct smnc_vc_reply *reply)
{
	return smnc_vc_vlan_setting(adi, msg) ?: smnc_vc_set_strip(adi, false);
}

int smnc_vc_insert_v2(struct smnc_adi *adi, const void *msg, u16 len,
		      struct smnc_vc_reply *reply)
{
	return smnc_vc_vlan_setting(adi, msg);
}
