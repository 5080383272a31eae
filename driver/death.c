// SPDX-License-Identifier: GPL-2.0-only
/*
 * The end of a device: gone, or not doing what it is told. It is given up once,
 * for good, and everyone who uses it is told.
 */
#include "hw.h"
#include "netdev.h"
#include "smartnic.h"

static void snic_death_work(struct work_struct *work)
{
	struct snic_pf *pf = container_of(work, struct snic_pf, death_work);

	/* Queued at the last moment, it may run when what it needs is gone. */
	if (READ_ONCE(pf->removing))
		return;
	snic_net_carrier(pf);
	if (pf->parent)
		vdcm_parent_dead(pf->parent);
}

void snic_death_init(struct snic_pf *pf)
{
	INIT_WORK(&pf->death_work, snic_death_work);
}

/* From here on the caller alone tells the framework of a death. Process context. */
void snic_death_exit(struct snic_pf *pf)
{
	WRITE_ONCE(pf->removing, true);
	cancel_work_sync(&pf->death_work);
}

static void snic_give_up(struct snic_pf *pf, const char *why)
{
	if (READ_ONCE(pf->dead))
		return;
	/*
	 * Should it be there all the same: no DMA into what is given back as soon
	 * as anybody sees it dead. Several may do this at once.
	 */
	pci_clear_master(pf->pdev);
	if (xchg(&pf->dead, true))
		return;
	if (why)
		pci_err(pf->pdev, "%s\n", why);
	pci_err(pf->pdev, "the device is given up\n");
	queue_work(pf->ctl_wq, &pf->death_work);
}

/**
 * snic_hw_dead() - no access to the device from now on
 * @pf: PF
 *
 * When this returns the device has lost the bus, whoever took it. Any context.
 */
void snic_hw_dead(struct snic_pf *pf)
{
	snic_give_up(pf, NULL);
}

/**
 * snic_hw_fatal() - the device answers, but does not stop what it was told to stop
 * @pf: PF
 * @why: for people
 *
 * It loses the bus before memory it might still write is given back. Any context.
 */
void snic_hw_fatal(struct snic_pf *pf, const char *why)
{
	snic_give_up(pf, why);
}
