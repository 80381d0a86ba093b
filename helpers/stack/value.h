/* SPDX-License-Identifier: GPL-2.0-only */
/* value.h - a sample's value as people read it */
#ifndef GOBPF_STACK_VALUE_H
#define GOBPF_STACK_VALUE_H

#include "base/num.h"
#include "stack/profile.h"

/* By unit: "1.20 MiB", "3.40 s", "12.3k" (a count: exact below 10,000). */
const char *value_text(char out[NUM_LEN], const struct value_type *t, double v);

/* As value_text(), a count always exact with its name: "1,234,567 samples". */
const char *value_words(char out[2 * NUM_LEN], const struct value_type *t, int64_t v);

/* What a column of such values is headed by: "bytes", "time", else the value's name. */
const char *value_head(const struct value_type *t);

/* The value of that name, or the unit if one has it; -1: none. Internal values have no name to users. */
int value_find(const struct profile *p, const char *name);

/* The value to show when none was asked for: main_value unless it is internal. */
unsigned value_default(const struct profile *p);

#endif
