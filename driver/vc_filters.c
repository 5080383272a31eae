// SPDX-License-Identifier: GPL-2.0-only
/*
 * virtchnl: promiscuous modes, receive side scaling.
 */
#include "vc.h"

/* --- promiscuous modes ------------------------------------------------------- */

/*
 * A guest may have all multicast, others' unicast with trust only. Drivers take
 * an error for a fault of the PF, so it is told yes and gets nothing, until it
 * is trusted.
 */
int snic_vc_promisc(struct snic_adi *adi, const void *msg, u16 len,
		    struct snic_vc_reply *reply)
{
	const struct virtchnl_promisc_info *info = msg;
	struct snic_avf *avf = snic_avf(adi);
	u16 before = adi->promisc;
	int err;

	if (!snic_vc_own_vsi(adi, info->vsi_id) ||
	    info->flags & ~(FLAG_VF_UNICAST_PROMISC | FLAG_VF_MULTICAST_PROMISC))
		return VIRTCHNL_STATUS_ERR_PARAM;
	if (info->flags & FLAG_VF_UNICAST_PROMISC && !adi->cfg[SNIC_CFG_TRUST] &&
	    !avf->uc_promisc_said) {
		vdcm_limited(adi->vdcm, info,
			     "the guest wants all unicast: only with trust on\n");
		avf->uc_promisc_said = true;
	}
	adi->promisc = 0;
	if (info->flags & FLAG_VF_UNICAST_PROMISC)
		adi->promisc |= SNIC_VSI_UC_PROMISC;
	if (info->flags & FLAG_VF_MULTICAST_PROMISC)
		adi->promisc |= SNIC_VSI_MC_PROMISC;
	err = snic_adi_vsi_update(adi);
	if (err)
		adi->promisc = before;
	return snic_vc_status(err);
}

/* --- receive side scaling --------------------------------------------------- */

static bool snic_vc_may_rss(const struct snic_adi *adi)
{
	return snic_avf(adi)->caps & VIRTCHNL_VF_OFFLOAD_RSS_PF;
}

int snic_vc_rss_key(struct snic_adi *adi, const void *msg, u16 len,
		    struct snic_vc_reply *reply)
{
	const struct virtchnl_rss_key *key = msg;

	if (!snic_vc_may_rss(adi) || !snic_vc_own_vsi(adi, key->vsi_id) ||
	    key->key_len != SNIC_RSS_KEY_BYTES)
		return VIRTCHNL_STATUS_ERR_PARAM;
	return snic_vc_status(snic_vsi_rss_key(adi->pf, &adi->vsi, key->key));
}

int snic_vc_rss_lut(struct snic_adi *adi, const void *msg, u16 len,
		    struct snic_vc_reply *reply)
{
	const struct virtchnl_rss_lut *lut = msg;
	unsigned int i;

	if (!snic_vc_may_rss(adi) || !snic_vc_own_vsi(adi, lut->vsi_id) ||
	    lut->lut_entries != SNIC_RSS_LUT_ENTRIES)
		return VIRTCHNL_STATUS_ERR_PARAM;
	for (i = 0; i < SNIC_RSS_LUT_ENTRIES; i++)
		if (lut->lut[i] >= adi->nr_queues)
			return VIRTCHNL_STATUS_ERR_PARAM;
	return snic_vc_status(snic_vsi_rss_lut(adi->pf, &adi->vsi, lut->lut));
}

int snic_vc_get_hashcfg(struct snic_adi *adi, const void *msg, u16 len,
			struct snic_vc_reply *reply)
{
	if (!snic_vc_may_rss(adi))
		return VIRTCHNL_STATUS_ERR_PARAM;
	*(u64 *)reply->data = SNIC_HASHCFG;
	reply->len = sizeof(u64);
	return VIRTCHNL_STATUS_SUCCESS;
}

int snic_vc_set_hashcfg(struct snic_adi *adi, const void *msg, u16 len,
			struct snic_vc_reply *reply)
{
	u64 hashcfg = *(const u64 *)msg;

	if (!snic_vc_may_rss(adi) || hashcfg & ~SNIC_HASHCFG)
		return VIRTCHNL_STATUS_ERR_PARAM;
	return snic_vc_status(snic_vsi_rss_hash(adi->pf, &adi->vsi, hashcfg));
}
