/* SPDX-License-Identifier: GPL-2.0-only */
/* The function under test, where it makes a difference to tests of the framework. */
#ifndef SELFTESTS_SUBJECT_H
#define SELFTESTS_SUBJECT_H

#include "vfio.h"

/**
 * struct subject - a function that a PF driver composes
 * @module: its PF driver, as $SUBJECT names it
 * @type: format of a type's name; its number is that of queue pairs plus @type_plus
 * @type_plus: see @type
 * @sizes: queue pairs of the types, descending, 0 at the end
 * @id: vendor and device id, as config space has them
 * @class_code: class code
 * @passed: bit map of the pages of BAR 0 that user space maps; 0, 2 and 3 are among them
 * @memory: those pages are memory, else registers
 * @reg: a trapped register of BAR 0 that keeps what is written, and is 0 after a reset
 * @raise: make a vector fire
 */
struct subject {
	const char *module;
	const char *type;
	int type_plus;
	const int *sizes;
	uint32_t id;
	uint32_t class_code;
	uint32_t passed;
	bool memory;
	uint32_t reg;
	void (*raise)(struct vfio_dev *d, unsigned int vec);
};

/* What $SUBJECT names, or the SmartNIC's AVF. */
const struct subject *subject(void);
/* Ends the case as skipped where it is another one. */
void subject_is_avf(void);
/* Ends the case, or in a setup the program, as skipped where it is not that of @module. */
void subject_is(const char *module);
/* For a program about drivers without hardware: one device, and no other. Its UUID is shared by
 * all cases. Skips the program where the subject is hardware.
 */
char *subject_device(void);

#endif /* SELFTESTS_SUBJECT_H */
