/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel log: what must not be in it, and what must. */
#ifndef SELFTESTS_DMESG_H
#define SELFTESTS_DMESG_H

/* Called by the harness around the cases. dmesg_check() returns the number of
 * warnings, bugs, lockdep reports and DMA faults that no case has announced.
 */
void dmesg_begin(void);
int dmesg_check(void);

/* Announce that a message with @text in it is expected (not a failure). */
void dmesg_allow(const char *text);
/* The same for a whole report, from "cut here" to "end trace", in which each of @texts
 * (separated by tabs) occurs.
 */
void dmesg_allow_report(const char *texts);

/* A place in the log; -1 if there is no log. */
int dmesg_mark(void);
/* Number of records since @mark (consumed) that contain @a and @b (either may
 * be NULL); waits up to @ms for the first.
 */
int dmesg_count(int mark, const char *a, const char *b, int ms);

#endif /* SELFTESTS_DMESG_H */
