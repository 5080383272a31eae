/* SPDX-License-Identifier: GPL-2.0-only */
/* devlink: what differs between kernels (see probes). */
#ifndef COMPAT_DEVLINK_H
#define COMPAT_DEVLINK_H

#include <linux/device.h>
#include <net/devlink.h>

#include "vdcm_config.h"

/* Heads of a parameter's functions. */
#ifdef HAVE_DEVLINK_PARAM_GET_EXTACK
#define VDCM_PARAM_GET(name) \
	int name(struct devlink *dl, u32 id, struct devlink_param_gset_ctx *ctx, \
		 struct netlink_ext_ack *extack)
#else
#define VDCM_PARAM_GET(name) \
	int name(struct devlink *dl, u32 id, struct devlink_param_gset_ctx *ctx)
#endif
#ifdef HAVE_DEVLINK_PARAM_SET_EXTACK
#define VDCM_PARAM_SET(name) \
	int name(struct devlink *dl, u32 id, struct devlink_param_gset_ctx *ctx, \
		 struct netlink_ext_ack *extack)
#else
#define VDCM_PARAM_SET(name) \
	int name(struct devlink *dl, u32 id, struct devlink_param_gset_ctx *ctx)
#endif

/* Time between two recoveries by themselves: none. */
static inline struct devlink_health_reporter *
vdcm_health_create(struct devlink *dl, const struct devlink_health_reporter_ops *ops, void *priv)
{
#ifdef HAVE_DEVLINK_HEALTH_OPS_PERIOD
	return devlink_health_reporter_create(dl, ops, priv);
#else
	return devlink_health_reporter_create(dl, ops, 0, priv);
#endif
}

/*
 * A port's functions: a struct of their own, or, in older kernels, part of the instance's, where
 * two have other names. VDCM_INSTANCE_PORT_OPS() of a list of initializers is the list there.
 */
#ifdef HAVE_DEVLINK_PORT_OPS
#define vdcm_port_ops devlink_port_ops
#define VDCM_INSTANCE_PORT_OPS(...)
#else
#define vdcm_port_ops devlink_ops
#define port_fn_hw_addr_get port_function_hw_addr_get
#define port_fn_hw_addr_set port_function_hw_addr_set
#define VDCM_INSTANCE_PORT_OPS(...) __VA_ARGS__
#endif

static inline int vdcm_port_register(struct devlink *dl, struct devlink_port *port,
				     unsigned int index, const struct vdcm_port_ops *ops)
{
#ifdef HAVE_DEVLINK_PORT_OPS
	return devl_port_register_with_ops(dl, port, index, ops);
#else
	return devl_port_register(dl, port, index);
#endif
}

/* A rate without a parent. */
static inline int vdcm_rate_create(struct devlink_port *port, void *priv)
{
#ifdef HAVE_DEVLINK_RATE_LEAF_PARENT
	return devl_rate_leaf_create(port, priv, NULL);
#else
	return devl_rate_leaf_create(port, priv);
#endif
}

/*
 * The device lock in a reload: newer kernels hold it over the driver's functions, older ones
 * do not, and no header tells. So the lock itself is asked whether this task has it. A task
 * that has not, and cannot have it at once, must not wait: who has it may wait for devlink.
 */
static inline bool vdcm_device_lock_mine(struct device *dev)
{
#ifdef CONFIG_PREEMPT_RT
	unsigned long owner = (unsigned long)READ_ONCE(dev->mutex.rtmutex.owner) & ~1UL;
#else
	unsigned long owner = atomic_long_read(&dev->mutex.owner) & ~7UL;
#endif

	return owner == (unsigned long)current;
}

#endif /* COMPAT_DEVLINK_H */
