/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Failures on demand, on a kernel with fault injection: of allocations and user
 * copies below vdcm and smartnic. Without such a kernel fail_setup() skips.
 */
#ifndef SELFTESTS_FAIL_H
#define SELFTESTS_FAIL_H

#include <stdbool.h>

/* To be called again after the modules were loaded anew. */
void fail_setup(void);
/* What the kernel's functions named @prefix... need does not fail; one prefix at a time. */
void fail_spare(const char *prefix);
/* The @nth thing that this thread does and that can fail does. */
void fail_arm(unsigned int nth);
/* Off again. Whether it has happened. */
bool fail_disarm(void);
/* Every @nth allocation fails, whoever makes it (work items, for instance); 0: none. */
void fail_everywhere(unsigned int nth);

#endif /* SELFTESTS_FAIL_H */
