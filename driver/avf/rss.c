// SPDX-License-Identifier: GPL-2.0-only
/*
 * virtchnl: receive side scaling.
 */
#include "avf.h"

static bool snic_vc_may_rss(const struct snic_adi *adi)
{
	return snic_avf(adi)->caps & VIRTCHNL_VF_OFFLOAD_RSS_PF;
}

int snic_vc_rss_key(struct snic_adi *adi, const void *msg, u16 len,
		    struct snic_vc_reply *reply)
{
	const struct virtchnl_rss_key *key = msg;

	if (!snic_vc_may_rss(adi) || !snic_vc_own_vsi(key->vsi_id) ||
	    key->key_len != SNIC_RSS_KEY_BYTES)
		return VIRTCHNL_STATUS_ERR_PARAM;
	return snic_vc_status(snic_vsi_rss_key(adi->pf, &adi->vsi, key->key));
}

int snic_vc_rss_lut(struct snic_adi *adi, const void *msg, u16 len,
		    struct snic_vc_reply *reply)
{
	const struct virtchnl_rss_lut *lut = msg;
	unsigned int i;

	if (!snic_vc_may_rss(adi) || !snic_vc_own_vsi(lut->vsi_id) ||
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
