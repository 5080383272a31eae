// SPDX-License-Identifier: GPL-2.0-only
/*
 * virtchnl: what is agreed with a guest's driver, and how it is answered.
 */
#include <linux/etherdevice.h>

#include "vc.h"

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

/* All that a driver had asked for; the VSI is snic_adi_vsi_start()'s. */
void snic_vc_reset(struct snic_adi *adi)
{
	adi->state = SNIC_VC_NEW;
	adi->fresh = false;
	adi->caps = 0;
	adi->promisc = 0;
	adi->nr_more = 0;
	adi->more_lost = false;
	eth_zero_addr(adi->legacy_mac);
	adi->configured_tx = 0;
	adi->configured_rx = 0;
	adi->enabled_tx = 0;
	adi->enabled_rx = 0;
}
