// SPDX-License-Identifier: GPL-2.0-only
/* Resources of the SmartNIC that ADIs share, and how much is taken: devlink resources. */
#include "../adi/kind.h"
#include "internal.h"

static u64 smnc_used(void *priv, unsigned int resource)
{
	struct smnc_devlink *sd = priv;

	return sd->pf->parent ? vdcm_parent_used(sd->pf->parent, resource) : 0;
}

static u64 smnc_used_adis(void *priv)
{
	return smnc_used(priv, SMNC_RES_ADIS);
}

/* The netdev has its queue pairs also while it is down. */
static u64 smnc_used_queues(void *priv)
{
	struct smnc_devlink *sd = priv;

	return sd->pf->net_qps + smnc_used(priv, SMNC_RES_QUEUES);
}

static u64 smnc_used_vectors(void *priv)
{
	return smnc_used(priv, SMNC_RES_VECTORS);
}

static u64 smnc_used_msix(void *priv)
{
	struct smnc_devlink *sd = priv;

	return sd->pf->nr_ctl + sd->pf->net_vecs + READ_ONCE(sd->pf->adi_vecs);
}

static const struct {
	const char *name;
	devlink_resource_occ_get_t *used;
} smnc_rows[] = {
	{ "adis", smnc_used_adis },
	{ "queue_pairs", smnc_used_queues },
	{ "vectors", smnc_used_vectors },
	{ "msix_entries", smnc_used_msix },
};

void smnc_resources_create(struct smnc_devlink *sd)
{
	struct smnc_pf *pf = sd->pf;
	const u64 sizes[] = {
		pf->num_adis, pf->num_qps, (u64)pf->num_adis * SMNC_FUNC_VECS, pf->nr_entries,
	};
	struct devlink *dl = priv_to_devlink(sd);
	struct devlink_resource_size_params params;
	unsigned int i;

	BUILD_BUG_ON(ARRAY_SIZE(sizes) != ARRAY_SIZE(smnc_rows));
	devl_lock(dl);
	for (i = 0; i < ARRAY_SIZE(smnc_rows); i++) {
		devlink_resource_size_params_init(&params, sizes[i], sizes[i], 1,
						  DEVLINK_RESOURCE_UNIT_ENTRY);
		if (!devl_resource_register(dl, smnc_rows[i].name, sizes[i], i + 1,
					    DEVLINK_RESOURCE_ID_PARENT_TOP, &params))
			devl_resource_occ_get_register(dl, i + 1, smnc_rows[i].used, sd);
	}
	devl_unlock(dl);
}

void smnc_resources_destroy(struct smnc_devlink *sd)
{
	struct devlink *dl = priv_to_devlink(sd);

	devl_lock(dl);
	devl_resources_unregister(dl);
	devl_unlock(dl);
}
