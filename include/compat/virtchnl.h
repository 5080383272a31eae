/* SPDX-License-Identifier: GPL-2.0-only */
/* The messages between a virtual function and its PF: newer kernels moved them. */
#ifndef COMPAT_VIRTCHNL_H
#define COMPAT_VIRTCHNL_H

/* On older kernels the header relies on its user for these. */
#include <linux/bits.h>
#include <linux/if_ether.h>

#include "vdcm_config.h"

#ifdef HAVE_NET_INTEL_VIRTCHNL_H
#include <linux/net/intel/virtchnl.h>
#else
#include <linux/avf/virtchnl.h>
#endif

#endif /* COMPAT_VIRTCHNL_H */
