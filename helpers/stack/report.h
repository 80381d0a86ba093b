/* SPDX-License-Identifier: GPL-2.0-only */
/* report.h - a profile as a table of functions */
#ifndef GOBPF_STACK_REPORT_H
#define GOBPF_STACK_REPORT_H

#include <stdio.h>

#include "stack/profile.h"

struct report_options {
	unsigned value;		/* the value that rows are ordered by, with its share */
	bool cum;		/* ordered by cumulative value instead of flat */
	unsigned top;		/* rows; 0: all */
	bool stacks;		/* the heaviest stack under each row */
};

/*
 * One row per function (stack/functions.h), by falling value: flat and cumulative value
 * with their shares, flat ones of the other values that are not internal, the function
 * with its file, and the line if stacks end in one only.  A last line says what the rows
 * left out.
 * 0 or -ENOMEM.
 */
int report_write(FILE *f, const struct profile *p, const struct report_options *o);

#endif
