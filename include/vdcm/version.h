/* SPDX-License-Identifier: GPL-2.0-only */
/* The version of both modules and of the package; CHANGELOG.md tells what is in it. */
#ifndef VDCM_VERSION_H
#define VDCM_VERSION_H

#define VDCM_VERSION	"0.1.0"

#endif /* VDCM_VERSION_H */
