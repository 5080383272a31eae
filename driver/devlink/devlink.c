// SPDX-License-Identifier: GPL-2.0-only
/*
 * The PF's devlink instance: information, and reload, which is a reset under open ADIs.
 */
#include <linux/slab.h>

#include "../core/hw.h"
#include "../reset.h"
#include "internal.h"

/* The part number is read from the device once, by the kernel, and cached there. */
static void smnc_info_board(struct smnc_pf *pf, struct devlink_info_req *req)
{
	unsigned int len, size;
	char name[32];
	u8 *vpd = pci_vpd_alloc(pf->pdev, &len);
	int at;

	if (IS_ERR(vpd))
		return;
	at = pci_vpd_find_ro_info_keyword(vpd, len, PCI_VPD_RO_KEYWORD_PARTNO, &size);
	if (at >= 0 && size < sizeof(name)) {
		memcpy(name, vpd + at, size);
		name[size] = 0;
		devlink_info_version_fixed_put(req, DEVLINK_INFO_VERSION_GENERIC_BOARD_ID, name);
	}
	kfree(vpd);
}

static int smnc_info_get(struct devlink *dl, struct devlink_info_req *req,
			 struct netlink_ext_ack *extack)
{
	struct smnc_devlink *sd = devlink_priv(dl);
	struct smnc_pf *pf = sd->pf;
	char text[24];
	int err;

	snprintf(text, sizeof(text), "%016llx", pf->serial);
	err = devlink_info_serial_number_put(req, text);
	if (err)
		return err;
	smnc_info_board(pf, req);
	snprintf(text, sizeof(text), "%x", pf->pdev->revision);
	err = devlink_info_version_fixed_put(req, DEVLINK_INFO_VERSION_GENERIC_ASIC_REV, text);
	if (!err)
		err = devlink_info_version_running_put(req, DEVLINK_INFO_VERSION_GENERIC_FW,
						       pf->fw_version);
	if (!err)
		err = devlink_info_version_stored_put(req, DEVLINK_INFO_VERSION_GENERIC_FW,
						      pf->fw_version);
	if (err)
		return err;
	snprintf(text, sizeof(text), "%u.%u", pf->version >> 16, pf->version & 0xffff);
	return devlink_info_version_running_put(req, DEVLINK_INFO_VERSION_GENERIC_FW_MGMT_API,
						text);
}

static int smnc_reload_down(struct devlink *dl, bool netns_change,
			    enum devlink_reload_action action, enum devlink_reload_limit limit,
			    struct netlink_ext_ack *extack)
{
	struct smnc_devlink *sd = devlink_priv(dl);
	struct device *dev = &sd->pf->pdev->dev;
	bool mine = vdcm_device_lock_mine(dev);
	int err;

	if (netns_change) {
		NL_SET_ERR_MSG(extack, "A SmartNIC cannot change its network namespace");
		return -EOPNOTSUPP;
	}
	if (!mine && !device_trylock(dev)) {
		NL_SET_ERR_MSG(extack, "The device is reset, removed or put to sleep: try again");
		return -EBUSY;
	}
	sd->device_locked = !mine;
	err = smnc_reload_prepare(sd->pf);
	if (!err) {
		smnc_ports_down(sd);
		return 0;
	}
	if (err == -EIO)
		NL_SET_ERR_MSG(extack, "The device is dead: remove it and rescan the PCI bus");
	else
		NL_SET_ERR_MSG(extack, "The device is being reset: try again");
	if (sd->device_locked)
		device_unlock(dev);
	return err;
}

static int smnc_reload_up(struct devlink *dl, enum devlink_reload_action action,
			  enum devlink_reload_limit limit, u32 *actions_performed,
			  struct netlink_ext_ack *extack)
{
	struct smnc_devlink *sd = devlink_priv(dl);
	int err = smnc_reload_done(sd->pf);

	smnc_ports_up(sd);
	if (sd->device_locked)
		device_unlock(&sd->pf->pdev->dev);
	if (err && smnc_pf_is(sd->pf, SMNC_PF_DEAD))
		NL_SET_ERR_MSG(extack, "The device is dead: see the kernel log");
	else if (err)
		NL_SET_ERR_MSG(extack, "The device is not back yet: see the kernel log");
	if (err)
		return err;
	*actions_performed = BIT(DEVLINK_RELOAD_ACTION_DRIVER_REINIT);
	return 0;
}

static const struct devlink_ops smnc_devlink_ops = {
	.info_get = smnc_info_get,
	.reload_actions = BIT(DEVLINK_RELOAD_ACTION_DRIVER_REINIT),
	.reload_down = smnc_reload_down,
	.reload_up = smnc_reload_up,
	.rate_leaf_tx_max_set = smnc_port_rate_set,
	VDCM_INSTANCE_PORT_OPS(SMNC_PORT_OPS)
};

/**
 * smnc_devlink_init() - make the devlink instance of a PF
 * @pf: PF, set up, with its ADIs and netdev
 *
 * The PF works also without a reporter, region or resource that devlink cannot make.
 *
 * Context: process, the device lock held.
 * Return: 0 or errno; the PF works without.
 */
int smnc_devlink_init(struct smnc_pf *pf)
{
	struct devlink *dl = devlink_alloc(&smnc_devlink_ops, sizeof(struct smnc_devlink),
					   &pf->pdev->dev);
	struct smnc_devlink *sd;
	int err;

	if (!dl)
		return -ENOMEM;
	sd = devlink_priv(dl);
	sd->pf = pf;
	err = smnc_params_create(sd);
	if (err) {
		devlink_free(dl);
		return err;
	}
	smnc_resources_create(sd);
	smnc_regions_create(sd);
	smnc_reporters_create(sd);
	pf->devlink = sd;
	devlink_register(dl);
	smnc_health_on(pf, smnc_health_report_work);
	smnc_ports_create(sd);
	return 0;
}

/**
 * smnc_devlink_exit() - undo smnc_devlink_init()
 * @pf: PF; also one without devlink instance
 *
 * Context: process, the device lock held.
 */
void smnc_devlink_exit(struct smnc_pf *pf)
{
	struct smnc_devlink *sd = pf->devlink;
	struct devlink *dl;

	if (!sd)
		return;
	dl = priv_to_devlink(sd);
	smnc_health_off(pf);
	smnc_ports_destroy(sd);
	devlink_unregister(dl);
	pf->devlink = NULL;
	smnc_reporters_destroy(sd);
	smnc_regions_destroy(sd);
	smnc_resources_destroy(sd);
	smnc_params_destroy(sd);
	devlink_free(dl);
}
