/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Saving and loading a function: records as tables of fields (docs/hardware.md, 16). */
#ifndef SMNC_CORE_STATE_H
#define SMNC_CORE_STATE_H

#include "../smartnic.h"

/* Most segments of an unfinished packet that the unit has sent. */
#define SMNC_STATE_SEGS     SMNC_TSO_SEGS

/* A field of a record in a state: @bytes at @at, with no bit but those of @mask. */
typedef struct SmncField {
    uint8_t at, bytes;
    uint32_t mask;                      /* of 64-bit fields: all bits are fine */
} SmncField;

#define SMNC_FIELD(record, field, bits) \
    { offsetof(struct record, field), sizeof(((struct record *)0)->field), \
      bits }

void smnc_state_swap(const SmncField *fields, unsigned n, void *record);
bool smnc_state_fields_ok(const SmncField *fields, unsigned n, void *record);

/* Converts a record of @n fields to the device's byte order, or from it. */
#define smnc_state_put(fields, record) \
    smnc_state_swap(fields, ARRAY_SIZE(fields), record)

/* False: a field has a bit outside its mask. */
#define smnc_state_get(fields, record) \
    smnc_state_fields_ok(fields, ARRAY_SIZE(fields), record)

void smnc_state_save_func(SmncFunc *f, struct smnc_state_func *to);
bool smnc_state_func_ok(struct smnc_state_func *from);
void smnc_state_load_func(SmncFunc *f, const struct smnc_state_func *from);
void smnc_state_save_vecs(SmncFunc *f, struct smnc_state_vec *to);
bool smnc_state_vecs_ok(struct smnc_state_vec *from);
void smnc_state_load_vecs(SmncFunc *f, const struct smnc_state_vec *from);

#endif
