// SPDX-License-Identifier: GPL-2.0-only
/*
 * PF driver of the SmartNIC: probe and removal.
 *
 * What is missing makes the driver do less, not fail: few interrupt vectors are
 * shared, without PASIDs ADIs use the device's own translation tables, and netdev
 * and ADIs work without each other.
 */
#include <linux/dma-mapping.h>
#include <linux/module.h>
#include <linux/slab.h>

#include <vdcm/version.h>

#include "adi/adi.h"
#include "adi/record.h"
#include "avf/avf.h"
#include "core/client.h"
#include "core/hw.h"
#include "core/pf.h"
#include "debugfs.h"
#include "devlink/devlink.h"
#include "net/netdev.h"
#include "params.h"
#include "reset.h"
#include "virtio/virtio.h"

/* What an ADI can be; each has mdev types. */
static const struct smnc_kind * const smnc_kinds[] = {
	&smnc_avf_kind,
	&smnc_virtio_kind,
};

static struct vdcm_driver smnc_vdcm_driver = {
	.name = "smartnic_adi",
	.owner = THIS_MODULE,
	.state_version = SMNC_REC_VERSION,
	.attrs_dir = SMNC_DRV_NAME,
	.groups = smnc_adi_groups,
};

/* Faults of one ADI in a second; a guest's boot makes some hundred. */
#define SMNC_STORM	10000

/* --- work ------------------------------------------------------------------- */

static void smnc_link_work(struct work_struct *work)
{
	struct smnc_pf *pf = container_of(work, struct smnc_pf, link_work);
	bool link = smnc_read(pf, SMNC_STATUS) & SMNC_STATUS_LINK;

	if (smnc_rings_check(pf))
		smnc_hw_stuck(pf, "without a ring of the PF nothing goes on");
	if (smnc_hw_off(pf) || link == pf->link)
		return;
	WRITE_ONCE(pf->link, link);
	pf->net_client->link(pf);
	pf->adi_client->link(pf);
}

/* What the firmware did not answer is asked again. */
static void smnc_settle(struct smnc_pf *pf)
{
	struct smnc_adi *adi;
	unsigned int due;

	smnc_held_retry(pf);
	smnc_net_settle(pf);
	mutex_lock(&pf->adis_lock);
	list_for_each_entry(adi, &pf->adis, list) {
		due = READ_ONCE(adi->vsi.unknown) ? SMNC_DUE_VSI : 0;
		if (READ_ONCE(adi->again))
			due |= SMNC_DUE_AGAIN;
		if (due)
			smnc_adi_due(adi, due);
	}
	mutex_unlock(&pf->adis_lock);
}

/* An idle driver only writes, and would not notice. */
static void smnc_watch_work(struct work_struct *work)
{
	struct smnc_pf *pf = container_of(work, struct smnc_pf, watch_work.work);

	smnc_settle(pf);
	smnc_adis_look(pf);
	if (smnc_hw_alive(pf))
		queue_delayed_work(pf->ctl_wq, &pf->watch_work, round_jiffies_relative(HZ));
}

/* --- translation mode ------------------------------------------------------- */

/* Return: 0, or why PASIDs can't be used */
static int smnc_pasid_usable(struct smnc_pf *pf)
{
	if (!(smnc_read(pf, SMNC_CAPS) & SMNC_CAPS_XLAT_PASID))
		return -EOPNOTSUPP;
	if (!(smnc_read(pf, SMNC_STATUS) & SMNC_STATUS_PASID_EN))
		return -ENODEV;
	return vdcm_pasid_usable(&pf->pdev->dev);
}

static int smnc_choose_xlat(struct smnc_pf *pf)
{
	enum smnc_dma_mode mode = smnc_params_dma_mode(pf);
	int err = mode == SMNC_DMA_TABLE ? -EOPNOTSUPP : smnc_pasid_usable(pf);

	if (!err)
		err = smnc_set_xlat(pf, SMNC_XLAT_MODE_PASID);
	if (!err) {
		pf->xlat = VDCM_XLAT_PASID;
		return 0;
	}
	if (mode == SMNC_DMA_PASID) {
		pci_err(pf->pdev, "dma_mode=pasid: PASIDs can't be used here: %d\n", err);
		return err;
	}
	pf->xlat = VDCM_XLAT_TABLE;
	if (smnc_read(pf, SMNC_CAPS) & SMNC_CAPS_XLAT_TABLE)
		err = smnc_set_xlat(pf, SMNC_XLAT_MODE_TABLE);
	if (err)
		pci_err(pf->pdev, "the device has no translation table: %d\n", err);
	return err;
}

/* --- probe ------------------------------------------------------------------ */

static unsigned int smnc_nr_types(void)
{
	unsigned int i, nr = 0;

	for (i = 0; i < ARRAY_SIZE(smnc_kinds); i++)
		nr += smnc_kinds[i]->nr_types;
	return nr;
}

static void smnc_fill_type(struct vdcm_type *type, const struct smnc_kind *kind, unsigned int i)
{
	*type = kind->types[i];
	type->cost[SMNC_RES_ADIS] = 1;
	type->cost[SMNC_RES_VECTORS] = type->nr_vectors;
	type->ops = kind->ops;
	type->driver_data = (unsigned long)kind;
}

/* The types of all kinds in one list. Return: to be freed, or NULL. */
static struct vdcm_type *smnc_list_types(void)
{
	struct vdcm_type *types = kcalloc(smnc_nr_types(), sizeof(*types), GFP_KERNEL);
	unsigned int i, k, nr = 0;

	for (i = 0; types && i < ARRAY_SIZE(smnc_kinds); i++)
		for (k = 0; k < smnc_kinds[i]->nr_types; k++)
			smnc_fill_type(&types[nr++], smnc_kinds[i], k);
	return types;
}

static int smnc_alloc_maps(struct smnc_pf *pf)
{
	unsigned int funcs = pf->num_adis + 1;

	pf->net_qps = min3(SMNC_NET_QPS, num_online_cpus(), pf->num_qps);
	pf->func_map = bitmap_zalloc(funcs, GFP_KERNEL);
	pf->qp_map = bitmap_zalloc(pf->num_qps, GFP_KERNEL);
	pf->func = kcalloc(funcs, sizeof(*pf->func), GFP_KERNEL);
	pf->types = smnc_list_types();
	if (!pf->func_map || !pf->qp_map || !pf->func || !pf->types)
		return -ENOMEM;
	/* The netdev's queue pairs are the first, whether or not it comes up. */
	bitmap_set(pf->qp_map, 0, pf->net_qps);
	return 0;
}

static void smnc_free_maps(struct smnc_pf *pf)
{
	bitmap_free(pf->func_map);
	bitmap_free(pf->qp_map);
	kfree(pf->func);
	kfree(pf->types);
}

static int smnc_alloc_wqs(struct smnc_pf *pf)
{
	INIT_WORK(&pf->link_work, smnc_link_work);
	INIT_DELAYED_WORK(&pf->watch_work, smnc_watch_work);
	smnc_death_init(pf);
	smnc_recovery_init(pf);
	pf->ctl_wq = alloc_workqueue("%s-ctl-%s", WQ_UNBOUND, 0, SMNC_DRV_NAME,
				     pci_name(pf->pdev));
	pf->adi_wq = alloc_workqueue("%s-adi-%s", WQ_UNBOUND, 0, SMNC_DRV_NAME,
				     pci_name(pf->pdev));
	return pf->ctl_wq && pf->adi_wq ? 0 : -ENOMEM;
}

static void smnc_free_wqs(struct smnc_pf *pf)
{
	if (pf->adi_wq)
		destroy_workqueue(pf->adi_wq);
	if (!pf->ctl_wq)
		return;
	/* The last accesses to the device may have found it in trouble. */
	flush_workqueue(pf->ctl_wq);
	cancel_delayed_work_sync(&pf->rescue_work);
	cancel_delayed_work_sync(&pf->recovery_work);
	destroy_workqueue(pf->ctl_wq);
}

/* Rings, mailbox and interrupts: what every event needs. */
static int smnc_events_init(struct smnc_pf *pf)
{
	int err;

	err = smnc_vectors_init(pf, pf->net_qps);
	if (err)
		return err;
	err = smnc_mbx_init(pf);
	if (err)
		goto vectors;
	err = smnc_faults_init(pf);
	if (err)
		goto mbx;
	err = smnc_causes_init(pf);
	if (err)
		goto faults;
	err = smnc_vectors_start(pf);
	if (err)
		goto causes;
	pf->link = smnc_read(pf, SMNC_STATUS) & SMNC_STATUS_LINK;
	return 0;

causes:
	smnc_causes_exit(pf);
faults:
	smnc_faults_exit(pf);
mbx:
	smnc_mbx_exit(pf);
vectors:
	smnc_vectors_exit(pf);
	return err;
}

static void smnc_events_exit(struct smnc_pf *pf)
{
	smnc_vectors_stop(pf);
	cancel_work_sync(&pf->link_work);
	smnc_causes_exit(pf);
	smnc_faults_exit(pf);
	smnc_mbx_exit(pf);
	smnc_vectors_exit(pf);
}

static const char * const smnc_resources[SMNC_NR_RESOURCES] = {
	[SMNC_RES_ADIS] = "ADIs",
	[SMNC_RES_QUEUES] = "queues",
	[SMNC_RES_VECTORS] = "vectors",
};

/* docs/hardware.md, 9.4: the function itself refuses such accesses. */
static const struct vdcm_range smnc_reserved[] = {
	{ 0xfee00000, 0xfeefffff },
};

static int smnc_offer_adis(struct smnc_pf *pf)
{
	struct vdcm_parent_desc desc = {
		.xlat = pf->xlat,
		.iova_bits = SMNC_XLAT_IOVA_BITS,
		.reserved = smnc_reserved,
		.nr_reserved = ARRAY_SIZE(smnc_reserved),
		.resources = smnc_resources,
		.nr_resources = SMNC_NR_RESOURCES,
		.capacity = {
			[SMNC_RES_ADIS] = pf->num_adis,
			[SMNC_RES_QUEUES] = pf->num_qps -
					    bitmap_weight(pf->qp_map, pf->num_qps),
			[SMNC_RES_VECTORS] = pf->num_adis * SMNC_FUNC_VECS,
		},
	};
	struct vdcm_parent *parent;

	if (!pf->num_adis)
		return -ENODEV;
	smnc_vq_places_init(pf);
	desc.types = pf->types;
	desc.nr_types = smnc_nr_types();
	parent = vdcm_parent_register(&smnc_vdcm_driver, &pf->pdev->dev, &desc, pf);
	if (IS_ERR(parent))
		return PTR_ERR(parent);
	pf->parent = parent;
	return 0;
}

/* Netdev and ADIs, each without the other if need be. */
static int smnc_faces_init(struct smnc_pf *pf)
{
	int net_err, adi_err;

	net_err = smnc_net_init(pf);
	if (net_err)
		pci_warn(pf->pdev, "no network interface: %d\n", net_err);
	adi_err = smnc_offer_adis(pf);
	if (adi_err)
		pci_warn(pf->pdev, "no ADIs: %d\n", adi_err);
	if (net_err && adi_err)
		return adi_err;
	pci_info(pf->pdev, "firmware %s, %u ADIs, %u queue pairs, DMA mode %s\n",
		 pf->fw_version, pf->num_adis, pf->num_qps,
		 pf->xlat == VDCM_XLAT_PASID ? "pasid" : "table");
	return 0;
}

static int smnc_enable_device(struct pci_dev *pdev)
{
	int err = pci_enable_device_mem(pdev);

	if (err)
		return err;
	/* The driver before, or the kernel before this one, may have left it running. */
	pci_clear_master(pdev);
	err = dma_set_mask_and_coherent(&pdev->dev, DMA_BIT_MASK(64));
	if (err) {
		pci_err(pdev, "no DMA: %d\n", err);
		pci_disable_device(pdev);
	}
	return err;
}

static int smnc_hw_init(struct smnc_pf *pf)
{
	int err = smnc_hw_map(pf);

	if (err)
		return err;
	err = smnc_hw_identify(pf);
	if (!err)
		err = smnc_hw_start(pf);
	if (!err)
		err = smnc_fw_init(pf);
	if (!err)
		err = smnc_choose_xlat(pf);
	if (err)
		smnc_hw_unmap(pf);
	return err;
}

static void smnc_hw_exit(struct smnc_pf *pf)
{
	/* Whatever is left running ends here, also in a device that was given up. */
	if (smnc_hw_answers(pf))
		smnc_hw_reset(pf);
	smnc_hw_unmap(pf);
}

static struct smnc_pf *smnc_alloc(struct pci_dev *pdev)
{
	struct smnc_pf *pf = kzalloc(sizeof(*pf), GFP_KERNEL);

	if (!pf)
		return NULL;
	pf->pdev = pdev;
	pf->net_client = &smnc_net_client;
	pf->adi_client = &smnc_adi_client;
	pf->storm = SMNC_STORM;
	mutex_init(&pf->fw_lock);
	mutex_init(&pf->adis_lock);
	spin_lock_init(&pf->res_lock);
	INIT_LIST_HEAD(&pf->adis);
	ida_init(&pf->adi_nrs);
	smnc_macs_init(pf);
	smnc_held_init(pf);
	return pf;
}

static int smnc_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct smnc_pf *pf = smnc_alloc(pdev);
	int err;

	if (!pf)
		return -ENOMEM;
	pci_set_drvdata(pdev, pf);
	err = smnc_alloc_wqs(pf);
	if (err)
		goto wqs;
	err = smnc_enable_device(pdev);
	if (err)
		goto wqs;
	err = smnc_hw_init(pf);
	if (err)
		goto device;
	err = smnc_alloc_maps(pf);
	if (err)
		goto maps;
	err = smnc_events_init(pf);
	if (err)
		goto maps;
	err = smnc_faces_init(pf);
	if (!err) {
		smnc_debugfs_add(pf);
		err = smnc_devlink_init(pf);
		if (err)
			pci_warn(pdev, "no devlink instance: %d\n", err);
		smnc_recovery_ready(pf);
		queue_delayed_work(pf->ctl_wq, &pf->watch_work, HZ);
		return 0;
	}

	smnc_events_exit(pf);
maps:
	smnc_hw_exit(pf);
	smnc_free_maps(pf);
device:
	pci_clear_master(pdev);
	pci_disable_device(pdev);
wqs:
	smnc_death_exit(pf);
	smnc_recovery_exit(pf);
	smnc_free_wqs(pf);
	kfree(pf);
	return err;
}

static void smnc_remove(struct pci_dev *pdev)
{
	struct smnc_pf *pf = pci_get_drvdata(pdev);

	smnc_devlink_exit(pf);
	smnc_debugfs_remove(pf);
	smnc_death_exit(pf);
	smnc_recovery_exit(pf);
	cancel_delayed_work_sync(&pf->watch_work);
	if (!smnc_hw_alive(pf) && pf->parent)
		vdcm_parent_dead(pf->parent);
	/* Blocks until user space has closed every ADI. */
	if (pf->parent)
		vdcm_parent_unregister(pf->parent);
	smnc_net_exit(pf);
	smnc_events_exit(pf);
	smnc_hw_exit(pf);
	smnc_held_free_all(pf);
	smnc_free_maps(pf);
	pci_clear_master(pdev);
	pci_disable_device(pdev);
	smnc_free_wqs(pf);
	mutex_destroy(&pf->held_lock);
	mutex_destroy(&pf->fw_lock);
	mutex_destroy(&pf->adis_lock);
	mutex_destroy(&pf->macs_lock);
	kfree(pf);
}

/* The next kernel must not find the device writing to memory. */
static void smnc_shutdown(struct pci_dev *pdev)
{
	struct smnc_pf *pf = pci_get_drvdata(pdev);

	pci_clear_master(pdev);
	smnc_hw_reset(pf);
}

/* --- the module -------------------------------------------------------------- */

static const struct pci_device_id smnc_ids[] = {
	{ PCI_DEVICE_SUB(SMNC_PCI_VENDOR, SMNC_PCI_DEVICE,
			 SMNC_PCI_SUBVENDOR, SMNC_PCI_SUBDEVICE) },
	{ }
};
MODULE_DEVICE_TABLE(pci, smnc_ids);

/* The name is the first half of the mdev types' names. */
static struct pci_driver smnc_driver = {
	.name = SMNC_DRV_NAME,
	.id_table = smnc_ids,
	.probe = smnc_probe,
	.remove = smnc_remove,
	.shutdown = smnc_shutdown,
	.err_handler = &smnc_err_handlers,
	.dev_groups = smnc_pf_groups,
	.driver.pm = pm_sleep_ptr(&smnc_pm_ops),
};

static int __init smnc_init(void)
{
	int err;

	smnc_stats_init();
	err = vdcm_driver_register(&smnc_vdcm_driver);
	if (err)
		return err;
	smnc_debugfs_init();
	err = pci_register_driver(&smnc_driver);
	if (err) {
		smnc_debugfs_exit();
		vdcm_driver_unregister(&smnc_vdcm_driver);
	}
	return err;
}
module_init(smnc_init);

static void __exit smnc_exit(void)
{
	pci_unregister_driver(&smnc_driver);
	smnc_debugfs_exit();
	vdcm_driver_unregister(&smnc_vdcm_driver);
	smnc_params_exit();
}
module_exit(smnc_exit);

MODULE_DESCRIPTION("SmartNIC PF driver");
MODULE_LICENSE("GPL");
MODULE_VERSION(VDCM_VERSION);
