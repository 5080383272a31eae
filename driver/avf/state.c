// SPDX-License-Identifier: GPL-2.0-only
/*
 * virtchnl: what is agreed with a guest's driver, and how it is answered.
 */
#include <linux/etherdevice.h>

#include "avf.h"

/* Return: VIRTCHNL_STATUS_* for an errno */
int snic_vc_status(int err)
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

/* Forget all that a driver had asked for; the VSI is snic_adi_vsi_start()'s. */
void snic_avf_reset(struct snic_adi *adi)
{
	struct snic_avf *avf = snic_avf(adi);

	avf->state = SNIC_VC_NEW;
	avf->fresh = false;
	avf->caps = 0;
	snic_adi_clear_wishes(adi);
	eth_zero_addr(avf->legacy_mac);
	avf->configured_tx = 0;
	avf->configured_rx = 0;
	avf->enabled_tx = 0;
	avf->enabled_rx = 0;
}

int snic_avf_start(struct snic_adi *adi)
{
	snic_avf(adi)->uc_promisc_said = false;
	snic_avf_reset(adi);
	return 0;
}
