/* SPDX-License-Identifier: GPL-2.0-only */
/* heatmap.h - which functions when: rows of them, columns of time, as SVG */
#ifndef GOBPF_STACK_HEATMAP_H
#define GOBPF_STACK_HEATMAP_H

#include <stdint.h>
#include <stdio.h>

#include "stack/profile.h"

struct heatmap_options {
	const char *title;	/* NULL: "Functions over time" */
	const char *subtitle;	/* NULL: none */
	unsigned value;		/* of the profile */
	unsigned rows;		/* the heaviest so many, the others together; 0: 30 */
	/*
	 * What a row is: "leaf" (default): the function that stacks end in; "root": that they begin
	 * with; "stack": the whole of them; else the function called by this one where it
	 * stands outermost, or itself where it is the leaf; stacks without it are the row of others.
	 */
	const char *level;
	uint64_t interval_ns;	/* width of a column; 0: for at most 120 columns */
};

enum { HEATMAP_COLUMNS = 2000 };	/* at most */

/*
 * When is the label "time" (stack/readers.h); columns begin with the first.  Samples of 0 or
 * less are left out; those without a time are counted in a note.  0, -ENOMEM, or with
 * words -ENODATA when no sample has a time, -EINVAL when interval_ns makes too many columns.
 * Write errors stay in f for its owner.
 */
int heatmap_write(FILE *f, const struct profile *p, const struct heatmap_options *o);

#endif
