// SPDX-License-Identifier: GPL-2.0-only
/*
 * virtchnl: what is agreed with a guest's driver, and how it is answered.
 */
#include <linux/etherdevice.h>

#include "avf.h"

/* Return: VIRTCHNL_STATUS_* for an errno */
int smnc_vc_status(int err)
{
	switch (err) {
	case 0:
		return VIRTCHNL_STATUS_SUCCESS;
	case -ENOMEM:
	case -ENOSPC:
		return VIRTCHNL_STATUS_ERR_NO_MEMORY;
	case -EINVAL:
	case -EEXIST:
		return VIRTCHNL_STATUS_ERR_PARAM;
	default:
		return VIRTCHNL_STATUS_ERR_ADMIN_QUEUE_ERROR;
	}
}

/* Forget all that a driver had asked for; the VSI is smnc_adi_vsi_start()'s. */
void smnc_avf_reset(struct smnc_adi *adi)
{
	struct smnc_avf *avf = smnc_avf(adi);

	avf->state = SMNC_VC_NEW;
	avf->fresh = false;
	avf->caps = 0;
	avf->vlan = false;
	smnc_adi_clear_wishes(adi);
	eth_zero_addr(avf->legacy_mac);
	avf->configured_tx = 0;
	avf->configured_rx = 0;
	avf->enabled_tx = 0;
	avf->enabled_rx = 0;
}

int smnc_avf_start(struct smnc_adi *adi)
{
	smnc_avf(adi)->uc_promisc_said = false;
	smnc_avf_reset(adi);
	return smnc_vsi_alloc_flows(&adi->vsi);
}
