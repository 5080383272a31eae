// SPDX-License-Identifier: GPL-2.0-only
/*
 * A device in trouble: it does not answer, or does not obey. The driver is silent then,
 * until the device is reset (reset.c), or given up: once, for good, and all its users
 * are notified.
 */
#include "client.h"
#include "pf.h"
#include "trace.h"

static void smnc_death_work(struct work_struct *work)
{
	struct smnc_pf *pf = container_of(work, struct smnc_pf, death_work);

	/* Queued at the last moment, it may run when what it needs is gone. */
	if (READ_ONCE(pf->removing))
		return;
	pf->net_client->dead(pf);
	pf->adi_client->dead(pf);
}

void smnc_death_init(struct smnc_pf *pf)
{
	INIT_WORK(&pf->death_work, smnc_death_work);
}

/* From here on the caller alone tells the framework of a death. Process context. */
void smnc_death_exit(struct smnc_pf *pf)
{
	WRITE_ONCE(pf->removing, true);
	cancel_work_sync(&pf->death_work);
}

/* Stop DMA and register access until the device is reset. */
void smnc_silence(struct smnc_pf *pf)
{
	pci_clear_master(pf->pdev);
	smnc_pf_move(pf, SMNC_PF_QUIESCED);
}

/**
 * smnc_hush() - silence a device that is about to be reset, and is stuck
 * @pf: PF, being quiesced
 * @what: the part that does not answer in time, for the log
 *
 * So that it is waited for once, not once for every ADI it has.
 */
void smnc_hush(struct smnc_pf *pf, const char *what)
{
	pci_err(pf->pdev, "%s is stuck: the reset waits for nothing else\n", what);
	smnc_silence(pf);
}

static bool smnc_gone_for_good(const struct smnc_pf *pf)
{
	return READ_ONCE(pf->pdev->error_state) == pci_channel_io_perm_failure;
}

/**
 * smnc_hw_dead() - no access to the device from now on
 * @pf: PF
 *
 * When this returns the device has lost the bus. Any context.
 */
void smnc_hw_dead(struct smnc_pf *pf)
{
	if (smnc_pf_is(pf, SMNC_PF_DEAD))
		return;
	/*
	 * Should it be there all the same: no DMA into what is given back as soon
	 * as a reader sees it dead. Several may do this at once.
	 */
	pci_clear_master(pf->pdev);
	if (!smnc_pf_move(pf, SMNC_PF_DEAD))
		return;
	trace_smnc_trouble(pf, "given up", -EIO);
	smnc_health_bad(pf, SMNC_HEALTH_FATAL, "the device is given up");
	pci_err(pf->pdev, "the device is given up\n");
	queue_work(pf->ctl_wq, &pf->death_work);
}

/*
 * Silent at once; the rest of the way down needs the device lock. Return: false if it
 * was off, or in trouble, already.
 */
static bool smnc_in_trouble(struct smnc_pf *pf, enum smnc_pf_state trouble, const char *why)
{
	enum smnc_pf_state to;

	if (smnc_hw_off(pf))
		return false;
	/* As above: bus mastering is off before a reader sees the device as off. */
	pci_clear_master(pf->pdev);
	do {
		if (smnc_hw_off(pf))
			return false;
		to = smnc_pf_is(pf, SMNC_PF_STOPPING) ? SMNC_PF_QUIESCED : trouble;
	} while (!smnc_pf_move(pf, to));
	trace_smnc_trouble(pf, why, -EIO);
	smnc_health_bad(pf, SMNC_HEALTH_FATAL, "%s", why);
	pci_err(pf->pdev, "%s\n", why);
	queue_delayed_work(pf->ctl_wq, &pf->rescue_work, 0);
	return true;
}

/**
 * smnc_hw_stuck() - the device answers, but does not do as asked
 * @pf: PF
 * @why: for the log
 *
 * It has lost the bus when this returns: memory it might still write may be given back.
 * It is reset, with all who use it taken along as in any reset of the PF, or given up
 * if that was tried too often. Any context.
 */
void smnc_hw_stuck(struct smnc_pf *pf, const char *why)
{
	smnc_in_trouble(pf, SMNC_PF_STUCK, why);
}

/* It is brought back within a time, or given up. Any context. */
void smnc_recovery_expect(struct smnc_pf *pf)
{
	queue_delayed_work(pf->ctl_wq, &pf->recovery_work, SMNC_RECOVERY_SECONDS * HZ);
}

/**
 * smnc_hw_lost() - the device does not answer
 * @pf: PF
 *
 * Where the kernel knows that it was taken out it is given up. Else its link may be
 * down, and the kernel is about to say so: as if it had, who uses the device waits for
 * recovery, for the time that this may take. Any context.
 */
void smnc_hw_lost(struct smnc_pf *pf)
{
	static const char why[] = "the device does not answer any more";

	if (smnc_gone_for_good(pf)) {
		pci_err(pf->pdev, "%s\n", why);
		smnc_hw_dead(pf);
		return;
	}
	if (smnc_in_trouble(pf, SMNC_PF_LOST, why))
		smnc_recovery_expect(pf);
}
