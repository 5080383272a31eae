// SPDX-License-Identifier: GPL-2.0-only
/*
 * virtchnl: promiscuous modes.
 */
#include "avf.h"

/*
 * A guest may have all multicast, others' unicast with trust only. Drivers take an error for
 * a fault of the PF: report success, and enable the mode when the ADI is trusted.
 */
int smnc_vc_promisc(struct smnc_adi *adi, const void *msg, u16 len,
		    struct smnc_vc_reply *reply)
{
	const struct virtchnl_promisc_info *info = msg;
	struct smnc_avf *avf = smnc_avf(adi);
	u16 before = adi->promisc;
	int err;

	if (!smnc_vc_own_vsi(info->vsi_id) ||
	    info->flags & ~(FLAG_VF_UNICAST_PROMISC | FLAG_VF_MULTICAST_PROMISC))
		return VIRTCHNL_STATUS_ERR_PARAM;
	if (info->flags & FLAG_VF_UNICAST_PROMISC && !adi->cfg[SMNC_CFG_TRUST] &&
	    !avf->uc_promisc_said) {
		vdcm_limited(adi->vdcm, info,
			     "the guest wants all unicast: only with trust on\n");
		avf->uc_promisc_said = true;
	}
	adi->promisc = 0;
	if (info->flags & FLAG_VF_UNICAST_PROMISC)
		adi->promisc |= SMNC_VSI_UC_PROMISC;
	if (info->flags & FLAG_VF_MULTICAST_PROMISC)
		adi->promisc |= SMNC_VSI_MC_PROMISC;
	err = smnc_adi_vsi_update(adi);
	if (err)
		adi->promisc = before;
	return smnc_vc_status(err);
}
