// SPDX-License-Identifier: GPL-2.0-only
/* Linked first: where the module's list of counted files begins. See gcov_last.c. */
#include "gcov.h"

const struct gcov_info *smnc_gcov_first[1] GCOV_SECTION;
