/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How the files that know the hardware reach the owner of a function: the netdev has
 * function 0, ADIs have all others. They call no function of an owner by name.
 */
#ifndef SMARTNIC_CLIENT_H
#define SMARTNIC_CLIENT_H

#include "pf.h"

struct vdcm_fault;

/**
 * struct smnc_client - an owner of functions
 * @message: a message of @func has arrived, op and payload as sent. Process context,
 *	the mailbox work: it must not wait for a lock that is held around open, close or
 *	reset of a function. NULL for function 0, which sends none.
 * @undelivered: @func did not take a message; @status is the device's. Process context,
 *	under pf->mbx.tx_lock. NULL for function 0.
 * @vector: vector @vec of @func has fired, and came through the cause ring. Hard irq.
 * @fault: @unit of @func has stopped at @fault, whose token is the client's to set.
 *	Process context, under pf->fault_lock; as @message. Returns 0, or errno: the
 *	unit fails. NULL for function 0, whose DMA is not translated.
 * @link: pf->link has changed. Process context, the link work; as @message.
 * @dead: the device is given up. Process context.
 * @announce: send a frame that tells the network where @mac is now; @port: its port VLAN,
 *	SMNC_PORT_*, or 0. Process context. Returns 0 or errno. NULL for all functions but 0.
 *
 * A @func that is passed on is one that the device has, and may be closed.
 */
struct smnc_client {
	void (*message)(struct smnc_pf *pf, u16 func, u32 op, const void *data, u16 len);
	void (*undelivered)(struct smnc_pf *pf, u16 func, u16 status);
	void (*vector)(struct smnc_pf *pf, u16 func, u16 vec);
	int (*fault)(struct smnc_pf *pf, u16 func, u8 unit, struct vdcm_fault *fault);
	void (*link)(struct smnc_pf *pf);
	void (*dead)(struct smnc_pf *pf);
	int (*announce)(struct smnc_pf *pf, const u8 *mac, u32 port);
};

#endif /* SMARTNIC_CLIENT_H */
