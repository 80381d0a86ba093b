/* SPDX-License-Identifier: GPL-2.0-only */
/* flame_diff.h - what a flame graph of a diff has that others don't */
#ifndef GOBPF_STACK_FLAME_DIFF_H
#define GOBPF_STACK_FLAME_DIFF_H

#include "base/buf.h"
#include "stack/profile.h"

/* The classes that a legend shows, with their names; ends in one without. */
struct flame_diff_legend {
	const char *css, *name;
};
extern const struct flame_diff_legend flame_diff_legend[];

/*
 * Adds a sentence on the functions that are only on one side, the heaviest first; those
 * that are gone have no frame in a picture that is as wide as after.  0 or -ENOMEM.
 */
int flame_diff_describe(struct buf *b, const struct profile *p, const struct value_type *type);

#endif
