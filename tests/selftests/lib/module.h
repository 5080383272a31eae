/* SPDX-License-Identifier: GPL-2.0-only */
/* The product's modules: unloaded and loaded again by the tests. */
#ifndef SELFTESTS_MODULE_H
#define SELFTESTS_MODULE_H

#include <stdbool.h>
#include <stddef.h>

/* 0 or a negative errno. Never waits for the module to become free. */
int module_unload(const char *name);
/* Loads NAME.ko from $MODULES (or $LAB_MODULES) with @params. -ENOENT: no such file. */
int module_load(const char *name, const char *params);
/* Unloads it, once nothing uses it any more, and loads it with @params. 0 or a negative errno */
int module_reload(const char *name, const char *params);
bool module_loaded(const char *name);
bool module_file(const char *name);

/* Parameters as insmod would be given them to get the present state. */
void module_params(const char *name, char *buf, size_t len);
/* The same, shared by all cases. */
char *module_params_shared(const char *name);

/* Both modules: out in the right order, in with what module_params() said before. */
int modules_unload(void);
int modules_load(const char *vdcm_params, const char *smartnic_params);

#endif /* SELFTESTS_MODULE_H */
