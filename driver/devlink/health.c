// SPDX-License-Identifier: GPL-2.0-only
/*
 * Health reporters: one for each kind of news (core/health.h). A report is made by a work
 * item, which holds no lock; recovery of the device is queued, never inline.
 */
#include "../adi/adi.h"
#include "../core/hw.h"
#include "../net/netdev.h"
#include "../reset.h"
#include "internal.h"

static struct smnc_devlink *smnc_sd(struct devlink_health_reporter *reporter)
{
	return devlink_health_reporter_priv(reporter);
}

static const char *smnc_state(const struct smnc_pf *pf)
{
	return smnc_pf_states.names[READ_ONCE(pf->state)];
}

static void smnc_put_last(struct smnc_devlink *sd, enum smnc_health_kind kind,
			  struct devlink_fmsg *fmsg)
{
	devlink_fmsg_string_pair_put(fmsg, "last", sd->last[kind].events ? sd->last[kind].text :
							   "nothing");
	devlink_fmsg_u64_pair_put(fmsg, "events", sd->last[kind].events);
}

/* --- firmware ----------------------------------------------------------------- */

static int smnc_fw_diagnose(struct devlink_health_reporter *reporter,
			    struct devlink_fmsg *fmsg, struct netlink_ext_ack *extack)
{
	struct smnc_devlink *sd = smnc_sd(reporter);
	struct smnc_pf *pf = sd->pf;

	devlink_fmsg_string_pair_put(fmsg, "version", pf->fw_version);
	devlink_fmsg_u32_pair_put(fmsg, "last_message", READ_ONCE(pf->fw_seq));
	devlink_fmsg_string_pair_put(fmsg, "answers", READ_ONCE(pf->fw_failed) ? "no" : "yes");
	smnc_put_last(sd, SMNC_HEALTH_FW, fmsg);
	return 0;
}

static int smnc_fw_dump(struct devlink_health_reporter *reporter, struct devlink_fmsg *fmsg,
			void *ctx, struct netlink_ext_ack *extack)
{
	struct smnc_devlink *sd = smnc_sd(reporter);
	__le32 words[SMNC_FW_MSG_BYTES / 4];
	struct smnc_pf *pf = sd->pf;
	unsigned int i;

	smnc_put_last(sd, SMNC_HEALTH_FW, fmsg);
	devlink_fmsg_u32_pair_put(fmsg, "csr", smnc_fw_read(pf, SMNC_FW_CSR));
	for (i = 0; i < ARRAY_SIZE(words); i++)
		words[i] = cpu_to_le32(smnc_fw_read(pf, SMNC_FW_REQUEST + 4 * i));
	devlink_fmsg_binary_pair_put(fmsg, "request", words, sizeof(words));
	for (i = 0; i < ARRAY_SIZE(words); i++)
		words[i] = cpu_to_le32(smnc_fw_read(pf, SMNC_FW_REPLY + 4 * i));
	devlink_fmsg_binary_pair_put(fmsg, "reply", words, sizeof(words));
	return 0;
}

/* The driver asks the firmware again, for a second at most; the operator resets the device. */
static int smnc_fw_recover(struct devlink_health_reporter *reporter, void *ctx,
			   struct netlink_ext_ack *extack)
{
	struct smnc_pf *pf = smnc_sd(reporter)->pf;

	if (ctx)
		return smnc_fw_exec(pf, SMNC_FW_GET_INFO, NULL, NULL);
	return smnc_reset_request(pf);
}

/* --- the device ---------------------------------------------------------------- */

static int smnc_fatal_diagnose(struct devlink_health_reporter *reporter,
			       struct devlink_fmsg *fmsg, struct netlink_ext_ack *extack)
{
	struct smnc_devlink *sd = smnc_sd(reporter);
	struct smnc_pf *pf = sd->pf;

	devlink_fmsg_string_pair_put(fmsg, "state", smnc_state(pf));
	devlink_fmsg_u32_pair_put(fmsg, "rescues", READ_ONCE(pf->nr_rescues));
	smnc_put_last(sd, SMNC_HEALTH_FATAL, fmsg);
	return 0;
}

static void smnc_dump_ring(struct smnc_pf *pf, const char *name, const struct smnc_ring *r,
			   struct devlink_fmsg *fmsg)
{
	devlink_fmsg_pair_nest_start(fmsg, name);
	devlink_fmsg_obj_nest_start(fmsg);
	devlink_fmsg_bool_pair_put(fmsg, "enabled", smnc_read(pf, r->reg + SMNC_RING_LEN) &
						    SMNC_RING_LEN_ENABLE);
	devlink_fmsg_u32_pair_put(fmsg, "head", smnc_read(pf, r->reg + SMNC_RING_HEAD));
	devlink_fmsg_u32_pair_put(fmsg, "tail", smnc_read(pf, r->reg + SMNC_RING_TAIL));
	devlink_fmsg_u32_pair_put(fmsg, "driver_head", READ_ONCE(r->head));
	devlink_fmsg_u32_pair_put(fmsg, "driver_tail", READ_ONCE(r->tail));
	devlink_fmsg_obj_nest_end(fmsg);
	devlink_fmsg_pair_nest_end(fmsg);
}

static int smnc_fatal_dump(struct devlink_health_reporter *reporter, struct devlink_fmsg *fmsg,
			   void *ctx, struct netlink_ext_ack *extack)
{
	struct smnc_devlink *sd = smnc_sd(reporter);
	struct smnc_pf *pf = sd->pf;

	smnc_put_last(sd, SMNC_HEALTH_FATAL, fmsg);
	devlink_fmsg_string_pair_put(fmsg, "state", smnc_state(pf));
	devlink_fmsg_u32_pair_put(fmsg, "status", smnc_read(pf, SMNC_STATUS));
	smnc_dump_ring(pf, "fault_ring", &pf->faults, fmsg);
	smnc_dump_ring(pf, "cause_ring", &pf->causes, fmsg);
	smnc_dump_ring(pf, "mailbox_transmit", &pf->mbx.tx, fmsg);
	smnc_dump_ring(pf, "mailbox_receive", &pf->mbx.rx, fmsg);
	return 0;
}

/* The driver resets a stuck device by itself; smnc_resume() reports the end of the trouble. */
static int smnc_fatal_recover(struct devlink_health_reporter *reporter, void *ctx,
			      struct netlink_ext_ack *extack)
{
	return ctx ? -EINPROGRESS : smnc_reset_request(smnc_sd(reporter)->pf);
}

/* --- the netdev ------------------------------------------------------------------ */

static void smnc_put_queue(struct smnc_pf *pf, const struct smnc_net_queue *q,
			   struct devlink_fmsg *fmsg)
{
	u32 tx = SMNC_Q(q->qp, SMNC_QP_TX);

	devlink_fmsg_obj_nest_start(fmsg);
	devlink_fmsg_u32_pair_put(fmsg, "queue", q->index);
	devlink_fmsg_u32_pair_put(fmsg, "control", smnc_read(pf, tx + SMNC_Q_CTL));
	devlink_fmsg_u32_pair_put(fmsg, "head", smnc_read(pf, tx + SMNC_Q_HEAD));
	devlink_fmsg_u32_pair_put(fmsg, "next", READ_ONCE(q->tx.next));
	devlink_fmsg_u32_pair_put(fmsg, "clean", READ_ONCE(q->tx.clean));
	devlink_fmsg_bool_pair_put(fmsg, "stopped",
				   netif_tx_queue_stopped(netdev_get_tx_queue(q->net->dev,
									      q->index)));
	devlink_fmsg_obj_nest_end(fmsg);
}

static void smnc_put_queues(struct smnc_pf *pf, struct devlink_fmsg *fmsg)
{
	struct smnc_net *net = READ_ONCE(pf->net);
	unsigned int i;

	if (!net)
		return;
	devlink_fmsg_arr_pair_nest_start(fmsg, "queues");
	for (i = 0; i < net->nr_queues; i++)
		smnc_put_queue(pf, &net->queue[i], fmsg);
	devlink_fmsg_arr_pair_nest_end(fmsg);
}

static int smnc_tx_diagnose(struct devlink_health_reporter *reporter, struct devlink_fmsg *fmsg,
			    struct netlink_ext_ack *extack)
{
	struct smnc_devlink *sd = smnc_sd(reporter);

	smnc_put_queues(sd->pf, fmsg);
	smnc_put_last(sd, SMNC_HEALTH_TX, fmsg);
	return 0;
}

static int smnc_tx_dump(struct devlink_health_reporter *reporter, struct devlink_fmsg *fmsg,
			void *ctx, struct netlink_ext_ack *extack)
{
	return smnc_tx_diagnose(reporter, fmsg, extack);
}

/* With @ctx the driver has reported the error itself, and has queued the restart. */
static int smnc_tx_recover(struct devlink_health_reporter *reporter, void *ctx,
			   struct netlink_ext_ack *extack)
{
	if (!ctx)
		smnc_net_restart(smnc_sd(reporter)->pf);
	return 0;
}

/* --- fault storms ------------------------------------------------------------------ */

static int smnc_storm_diagnose(struct devlink_health_reporter *reporter,
			       struct devlink_fmsg *fmsg, struct netlink_ext_ack *extack)
{
	struct smnc_devlink *sd = smnc_sd(reporter);

	devlink_fmsg_u32_pair_put(fmsg, "faults_per_second_allowed", READ_ONCE(sd->pf->storm));
	smnc_put_last(sd, SMNC_HEALTH_STORM, fmsg);
	return 0;
}

static int smnc_storm_dump(struct devlink_health_reporter *reporter, struct devlink_fmsg *fmsg,
			   void *ctx, struct netlink_ext_ack *extack)
{
	struct smnc_devlink *sd = smnc_sd(reporter);
	struct smnc_adi *adi;

	smnc_put_last(sd, SMNC_HEALTH_STORM, fmsg);
	devlink_fmsg_arr_pair_nest_start(fmsg, "adis");
	mutex_lock(&sd->pf->adis_lock);
	list_for_each_entry(adi, &sd->pf->adis, list) {
		if (!READ_ONCE(adi->nr_faults))
			continue;
		devlink_fmsg_obj_nest_start(fmsg);
		devlink_fmsg_string_pair_put(fmsg, "uuid", dev_name(vdcm_adi_dev(adi->vdcm)));
		devlink_fmsg_u32_pair_put(fmsg, "function", READ_ONCE(adi->func));
		devlink_fmsg_u32_pair_put(fmsg, "faults", READ_ONCE(adi->nr_faults));
		devlink_fmsg_obj_nest_end(fmsg);
	}
	mutex_unlock(&sd->pf->adis_lock);
	devlink_fmsg_arr_pair_nest_end(fmsg);
	return 0;
}

/* --- all of them --------------------------------------------------------------------- */

static const struct devlink_health_reporter_ops smnc_reporters[SMNC_NR_HEALTH] = {
	[SMNC_HEALTH_FW] = {
		.name = "fw",
		.diagnose = smnc_fw_diagnose,
		.dump = smnc_fw_dump,
		.recover = smnc_fw_recover,
	},
	[SMNC_HEALTH_FATAL] = {
		.name = "hw_fatal",
		.diagnose = smnc_fatal_diagnose,
		.dump = smnc_fatal_dump,
		.recover = smnc_fatal_recover,
	},
	[SMNC_HEALTH_TX] = {
		.name = "tx",
		.diagnose = smnc_tx_diagnose,
		.dump = smnc_tx_dump,
		.recover = smnc_tx_recover,
	},
	/* No recovery: the driver does nothing to a tenant for its faults. */
	[SMNC_HEALTH_STORM] = {
		.name = "fault_storm",
		.diagnose = smnc_storm_diagnose,
		.dump = smnc_storm_dump,
	},
};

static void smnc_report(struct smnc_devlink *sd, enum smnc_health_kind kind,
			const struct smnc_health_note *note)
{
	struct devlink_health_reporter *reporter = sd->reporters[kind];
	bool first = !sd->bad[kind];

	if (note->bad) {
		sd->last[kind] = *note;
		sd->bad[kind] = true;
		/* smnc_rescue() takes the snapshots of a device in trouble, before its reset. */
		if (first && kind == SMNC_HEALTH_FW)
			smnc_regions_capture(sd);
		devlink_health_report(reporter, note->text, sd);
	}
	if (note->well && sd->bad[kind]) {
		sd->bad[kind] = false;
		if (kind == SMNC_HEALTH_FATAL)
			devlink_health_reporter_recovery_done(reporter);
		devlink_health_reporter_state_update(reporter,
						     DEVLINK_HEALTH_REPORTER_STATE_HEALTHY);
	}
}

/**
 * smnc_health_report_work() - report the news of a PF's health
 * @work: of the PF
 */
void smnc_health_report_work(struct work_struct *work)
{
	struct smnc_pf *pf = container_of(work, struct smnc_pf, health.work);
	struct smnc_devlink *sd = pf->devlink;
	struct smnc_health_note note;
	unsigned int i;

	for (i = 0; i < SMNC_NR_HEALTH; i++)
		if (smnc_health_take(pf, i, &note) && sd->reporters[i])
			smnc_report(sd, i, &note);
}

void smnc_reporters_create(struct smnc_devlink *sd)
{
	struct devlink *dl = priv_to_devlink(sd);
	struct devlink_health_reporter *reporter;
	unsigned int i;

	for (i = 0; i < SMNC_NR_HEALTH; i++) {
		reporter = vdcm_health_create(dl, &smnc_reporters[i], sd);
		if (IS_ERR(reporter))
			pci_warn(sd->pf->pdev, "no devlink reporter %s: %ld\n",
				 smnc_reporters[i].name, PTR_ERR(reporter));
		else
			sd->reporters[i] = reporter;
	}
}

void smnc_reporters_destroy(struct smnc_devlink *sd)
{
	unsigned int i;

	for (i = 0; i < SMNC_NR_HEALTH; i++)
		if (sd->reporters[i])
			devlink_health_reporter_destroy(sd->reporters[i]);
}
