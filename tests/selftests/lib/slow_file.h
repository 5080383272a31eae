/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A file whose contents do not come: a process that touches memory mapping it waits, in the
 * kernel and holding the lock of its address space, until slow_file_end(). A process of
 * its own is the file system (FUSE).
 */
#ifndef SELFTESTS_SLOW_FILE_H
#define SELFTESTS_SLOW_FILE_H

#include <stdbool.h>
#include <stddef.h>

/* Makes one of @size bytes; skips the case where the kernel has no FUSE. */
void slow_file_start(size_t size);
/* Maps it, privately; once, by this process or a child. MAP_FAILED on error. */
void *slow_file_map(void);
/* Whether its contents are waited for by now. */
bool slow_file_wanted(void);
/* A process that waits gets zeroes. */
void slow_file_end(void);

#endif /* SELFTESTS_SLOW_FILE_H */
