/* SPDX-License-Identifier: GPL-2.0-only */
/* histogram.h - the distribution of a number that samples have, as SVG */
#ifndef GOBPF_STACK_HISTOGRAM_H
#define GOBPF_STACK_HISTOGRAM_H

#include <stdio.h>

#include "stack/profile.h"

struct histogram_options {
	const char *title;	/* NULL: "Distribution of LABEL" */
	const char *subtitle;	/* NULL: none */
	const char *label;	/* key of the label whose numbers are shown; NULL: "value" */
	unsigned value;		/* of the profile: how much each number counts */
};

/*
 * The numbers of the label "value" are lower bounds of buckets (stack/readers.h), as
 * bpftrace's hist() and lhist() make them: powers of two, or equally wide; the axis is
 * logarithmic or linear as they are.  Numbers of other labels are themselves, and put into
 * buckets that suit their range.  A percentile is the least number that so many percent are
 * not above: of "value" the bucket that it lies in.
 * Samples of 0 or less are left out; those without the label are counted in a note.
 * 0, -ENOMEM, or -ENODATA with words when no sample has the label; write errors stay in
 * f for its owner.
 */
int histogram_write(FILE *f, const struct profile *p, const struct histogram_options *o);

#endif
