/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The PF's devlink instance. Lock order: the PF's device lock, devlink's instance lock,
 * vdcm's locks. devlink calls all of this with its instance lock held, so nothing here waits
 * for the device lock: work that needs it is queued (smnc_reset_request()).
 */
#ifndef SMARTNIC_DEVLINK_INTERNAL_H
#define SMARTNIC_DEVLINK_INTERNAL_H

#include <compat/devlink.h>

#include "../core/health.h"
#include "../core/pf.h"
#include "devlink.h"

struct smnc_port;

enum smnc_region_kind {
	SMNC_REGION_REGISTERS,
	SMNC_REGION_WINDOWS,
	SMNC_NR_REGIONS
};

/**
 * struct smnc_devlink - the driver's data in its devlink instance
 * @pf: PF
 * @reporters: by enum smnc_health_kind, or NULL
 * @regions: by enum smnc_region_kind, or NULL
 * @snapshots: an error takes snapshots of the regions
 * @device_locked: a reload has taken the device lock, which devlink had not
 * @last: the last error that each reporter got
 * @bad: the reporter has not got the end of that error yet
 * @ports: by the number of the ADI less 1, or NULL
 * @no_ports: a reload is under way
 */
struct smnc_devlink {
	struct smnc_pf *pf;
	struct devlink_health_reporter *reporters[SMNC_NR_HEALTH];
	struct devlink_region *regions[SMNC_NR_REGIONS];
	bool snapshots;
	bool device_locked;
	struct smnc_health_note last[SMNC_NR_HEALTH];
	bool bad[SMNC_NR_HEALTH];
	struct smnc_port **ports;
	bool no_ports;
};

/* health.c */
void smnc_reporters_create(struct smnc_devlink *sd);
void smnc_reporters_destroy(struct smnc_devlink *sd);
void smnc_health_report_work(struct work_struct *work);

/* regions.c */
void smnc_regions_create(struct smnc_devlink *sd);
void smnc_regions_destroy(struct smnc_devlink *sd);
void smnc_regions_capture(struct smnc_devlink *sd);

/* resources.c */
void smnc_resources_create(struct smnc_devlink *sd);
void smnc_resources_destroy(struct smnc_devlink *sd);

/* ports.c */
void smnc_ports_create(struct smnc_devlink *sd);
void smnc_ports_destroy(struct smnc_devlink *sd);
void smnc_ports_down(struct smnc_devlink *sd);
void smnc_ports_up(struct smnc_devlink *sd);
int smnc_port_mac_get(struct devlink_port *port, u8 *mac, int *len,
		      struct netlink_ext_ack *extack);
int smnc_port_mac_set(struct devlink_port *port, const u8 *mac, int len,
		      struct netlink_ext_ack *extack);
int smnc_port_state_get(struct devlink_port *port, enum devlink_port_fn_state *state,
			enum devlink_port_fn_opstate *opstate, struct netlink_ext_ack *extack);
#define SMNC_PORT_OPS \
	.port_fn_hw_addr_get = smnc_port_mac_get, \
	.port_fn_hw_addr_set = smnc_port_mac_set, \
	.port_fn_state_get = smnc_port_state_get
int smnc_port_rate_set(struct devlink_rate *rate, void *priv, u64 tx_max,
		       struct netlink_ext_ack *extack);

/* params.c */
int smnc_params_create(struct smnc_devlink *sd);
void smnc_params_destroy(struct smnc_devlink *sd);

#endif /* SMARTNIC_DEVLINK_INTERNAL_H */
