// SPDX-License-Identifier: GPL-2.0-only
/* devlink parameters of a PF: docs/devlink.md. */
#include "../adi/adi.h"
#include "internal.h"

enum {
	SMNC_PARAM_BASE = DEVLINK_PARAM_GENERIC_ID_MAX,
	SMNC_PARAM_FAULT_STORM,
};

static VDCM_PARAM_GET(smnc_snapshots_get)
{
	struct smnc_devlink *sd = devlink_priv(dl);

	ctx->val.vbool = READ_ONCE(sd->snapshots);
	return 0;
}

static VDCM_PARAM_SET(smnc_snapshots_set)
{
	struct smnc_devlink *sd = devlink_priv(dl);

	WRITE_ONCE(sd->snapshots, ctx->val.vbool);
	return 0;
}

static VDCM_PARAM_GET(smnc_storm_get)
{
	struct smnc_devlink *sd = devlink_priv(dl);

	ctx->val.vu32 = READ_ONCE(sd->pf->storm);
	return 0;
}

static VDCM_PARAM_SET(smnc_storm_set)
{
	struct smnc_devlink *sd = devlink_priv(dl);

	WRITE_ONCE(sd->pf->storm, ctx->val.vu32);
	return 0;
}

static const struct devlink_param smnc_params[] = {
	DEVLINK_PARAM_GENERIC(REGION_SNAPSHOT, BIT(DEVLINK_PARAM_CMODE_RUNTIME),
			      smnc_snapshots_get, smnc_snapshots_set, NULL),
	DEVLINK_PARAM_DRIVER(SMNC_PARAM_FAULT_STORM, "fault_storm", DEVLINK_PARAM_TYPE_U32,
			     BIT(DEVLINK_PARAM_CMODE_RUNTIME), smnc_storm_get, smnc_storm_set,
			     NULL),
};

int smnc_params_create(struct smnc_devlink *sd)
{
	sd->snapshots = true;
	return devlink_params_register(priv_to_devlink(sd), smnc_params,
				       ARRAY_SIZE(smnc_params));
}

void smnc_params_destroy(struct smnc_devlink *sd)
{
	devlink_params_unregister(priv_to_devlink(sd), smnc_params, ARRAY_SIZE(smnc_params));
}
