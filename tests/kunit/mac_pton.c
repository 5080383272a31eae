// SPDX-License-Identifier: GPL-2.0-only
/* The kernel's own, which an UML kernel without networking leaves out. */
#include <../lib/net_utils.c>
