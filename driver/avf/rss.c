// SPDX-License-Identifier: GPL-2.0-only
/*
 * virtchnl: receive side scaling.
 */
#include "avf.h"

int smnc_vc_rss_key(struct smnc_adi *adi, const void *msg, u16 len,
		    struct smnc_vc_reply *reply)
{
	const struct virtchnl_rss_key *key = msg;

	if (!smnc_vc_own_vsi(key->vsi_id) || key->key_len != SMNC_RSS_KEY_BYTES)
		return VIRTCHNL_STATUS_ERR_PARAM;
	return smnc_vc_status(smnc_vsi_rss_key(adi->pf, &adi->vsi, key->key));
}

int smnc_vc_rss_lut(struct smnc_adi *adi, const void *msg, u16 len,
		    struct smnc_vc_reply *reply)
{
	const struct virtchnl_rss_lut *lut = msg;
	unsigned int i;

	if (!smnc_vc_own_vsi(lut->vsi_id) || lut->lut_entries != SMNC_RSS_LUT_ENTRIES)
		return VIRTCHNL_STATUS_ERR_PARAM;
	for (i = 0; i < SMNC_RSS_LUT_ENTRIES; i++)
		if (lut->lut[i] >= adi->nr_queues)
			return VIRTCHNL_STATUS_ERR_PARAM;
	return smnc_vc_status(smnc_vsi_rss_lut(adi->pf, &adi->vsi, lut->lut));
}

int smnc_vc_get_hashcfg(struct smnc_adi *adi, const void *msg, u16 len,
			struct smnc_vc_reply *reply)
{
	*(u64 *)reply->data = SMNC_HASHCFG;
	reply->len = sizeof(u64);
	return VIRTCHNL_STATUS_SUCCESS;
}

int smnc_vc_set_hashcfg(struct smnc_adi *adi, const void *msg, u16 len,
			struct smnc_vc_reply *reply)
{
	u64 hashcfg = *(const u64 *)msg;

	if (hashcfg & ~SMNC_HASHCFG)
		return VIRTCHNL_STATUS_ERR_PARAM;
	return smnc_vc_status(smnc_vsi_rss_hash(adi->pf, &adi->vsi, hashcfg));
}
