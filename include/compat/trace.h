/* SPDX-License-Identifier: GPL-2.0-only */
/* Tracepoints: what differs between kernels (see probes). */
#ifndef COMPAT_TRACE_H
#define COMPAT_TRACE_H

#include "vdcm_config.h"

/* In TP_fast_assign(): fill the string @field, which __string(field, src) declared. */
#ifdef HAVE_ASSIGN_STR_ONE
#define vdcm_assign_str(field, src)					\
do {									\
	(void)sizeof(src);						\
	__assign_str(field);						\
} while (0)
#else
#define vdcm_assign_str(field, src)	__assign_str(field, src)
#endif

#endif /* COMPAT_TRACE_H */
