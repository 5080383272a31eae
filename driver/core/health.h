/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * News of the hardware's health: the files that know the hardware note them in any context,
 * and a work item (driver/devlink) reports them.
 */
#ifndef SMARTNIC_HEALTH_H
#define SMARTNIC_HEALTH_H

#include <linux/spinlock.h>
#include <linux/workqueue.h>

struct smnc_pf;

enum smnc_health_kind {
	SMNC_HEALTH_FW,		/* the firmware does not answer, or answers nonsense */
	SMNC_HEALTH_FATAL,	/* the device is stuck, lost or given up */
	SMNC_HEALTH_TX,		/* a queue of the netdev does not go on */
	SMNC_HEALTH_STORM,	/* an ADI faults more often than guests do */
	SMNC_NR_HEALTH
};

#define SMNC_HEALTH_TEXT	112

/**
 * struct smnc_health_note - the last news of one kind
 * @text: description of the error
 * @bad: the error has not been reported yet
 * @well: the end of the error has not been reported yet
 * @events: number of errors
 */
struct smnc_health_note {
	char text[SMNC_HEALTH_TEXT];
	bool bad;
	bool well;
	u64 events;
};

/**
 * struct smnc_health - news of a PF's health
 * @lock: protects the other fields; taken in hard interrupts
 * @on: @work may be queued
 * @work: reports @note
 * @note: by enum smnc_health_kind
 */
struct smnc_health {
	spinlock_t lock;	/* see above */
	bool on;
	struct work_struct work;
	struct smnc_health_note note[SMNC_NR_HEALTH];
};

void smnc_health_on(struct smnc_pf *pf, work_func_t report);
void smnc_health_off(struct smnc_pf *pf);
__printf(3, 4)
void smnc_health_bad(struct smnc_pf *pf, enum smnc_health_kind kind, const char *fmt, ...);
void smnc_health_well(struct smnc_pf *pf, enum smnc_health_kind kind);
bool smnc_health_take(struct smnc_pf *pf, enum smnc_health_kind kind,
		      struct smnc_health_note *note);

#endif /* SMARTNIC_HEALTH_H */
