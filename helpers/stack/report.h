/* SPDX-License-Identifier: GPL-2.0-only */
/* report.h - a profile as a table of sites */
#ifndef GOBPF_STACK_REPORT_H
#define GOBPF_STACK_REPORT_H

#include <stdio.h>

#include "stack/profile.h"

struct report_options {
	unsigned value;		/* the value that rows are ordered by, with its share */
	unsigned top;		/* rows; 0: all */
	bool stacks;		/* the heaviest stack under each row */
};

/*
 * One row per site (profile_sites), by falling value: each value that is not
 * internal, the share, the site.  A last line says what the rows left out.
 * 0 or -ENOMEM.
 */
int report_write(FILE *f, const struct profile *p, const struct report_options *o);

#endif
