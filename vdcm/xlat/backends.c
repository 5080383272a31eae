// SPDX-License-Identifier: GPL-2.0-only
/*
 * The translation back ends there are: one is added here and in enum vdcm_xlat.
 */
#include <linux/kernel.h>

#include "xlat.h"

static bool suits_table(const struct vdcm_adi_ops *ops)
{
	return ops->xlat_map && ops->xlat_unmap && ops->fault_done;
}

static bool suits_pasid(const struct vdcm_adi_ops *ops)
{
	return ops->set_pasid && ops->fault_done;
}

static bool suits_none(const struct vdcm_adi_ops *ops)
{
	return true;
}

static const struct vdcm_backend backends[] = {
	[VDCM_XLAT_TABLE] = { "table", &vdcm_xlat_table, suits_table },
	[VDCM_XLAT_PASID] = { "pasid", &vdcm_xlat_pasid, suits_pasid },
	[VDCM_XLAT_NONE] = { "none", NULL, suits_none },
};

/**
 * vdcm_backend() - the back end of a translation mode
 * @xlat: mode, as a PF driver gives it
 *
 * Context: any.
 * Return: back end, or NULL: there is no such mode.
 */
const struct vdcm_backend *vdcm_backend(enum vdcm_xlat xlat)
{
	return (unsigned int)xlat < ARRAY_SIZE(backends) ? &backends[xlat] : NULL;
}
