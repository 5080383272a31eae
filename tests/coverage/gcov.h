/* SPDX-License-Identifier: GPL-2.0-only */
/* Counters as gcc-14 lays them out, and the ends of a module's list of them. */
#ifndef TESTS_COVERAGE_GCOV_H
#define TESTS_COVERAGE_GCOV_H

#include <linux/compiler_attributes.h>
#include <linux/types.h>

#define GCOV_COUNTERS		9
#define GCOV_MAGIC		0x67636461	/* "gcda" */
#define GCOV_TAG_FUNCTION	0x01000000
#define GCOV_TAG_COUNTER(i)	(0x01a10000 + ((u32)(i) << 17))
#define GCOV_SECTION		__section(".gcov_info")

/**
 * struct gcov_counters - counters of one kind of one function
 * @num: how many
 * @values: they
 */
struct gcov_counters {
	u32 num;
	s64 *values;
};

/**
 * struct gcov_function - a function
 * @key: the file's struct gcov_info, or another if the function is not counted here
 * @ident: its number in the .gcno file
 * @lineno_checksum: of its place
 * @cfg_checksum: of its flow graph
 * @counters: one for each kind that the file counts
 */
struct gcov_function {
	const void *key;
	u32 ident;
	u32 lineno_checksum;
	u32 cfg_checksum;
	struct gcov_counters counters[];
};

typedef void (*gcov_merge)(s64 *counters, u32 num);

/**
 * struct gcov_info - a source file
 * @version: of the format
 * @next: unused here
 * @stamp: ties it to its .gcno file
 * @checksum: of the whole
 * @filename: where the compiler would have the .gcda file
 * @merge: for each kind of counter, what adds two up; NULL: the file has none
 * @nr_functions: how many
 * @functions: they; NULL where the linker dropped one
 */
struct gcov_info {
	u32 version;
	struct gcov_info *next;
	u32 stamp;
	u32 checksum;
	const char *filename;
	gcov_merge merge[GCOV_COUNTERS];
	u32 nr_functions;
	struct gcov_function **functions;
};

extern const struct gcov_info *smnc_gcov_first[];
extern const struct gcov_info *smnc_gcov_last[];

void __gcov_merge_add(s64 *counters, u32 num);

#endif /* TESTS_COVERAGE_GCOV_H */
