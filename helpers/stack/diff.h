/* SPDX-License-Identifier: GPL-2.0-only */
/* diff.h - two profiles compared */
#ifndef GOBPF_STACK_DIFF_H
#define GOBPF_STACK_DIFF_H

#include <stdbool.h>
#include <stdio.h>

#include "base/buf.h"
#include "stack/profile.h"

/* The values of a diff. */
enum { DIFF_BEFORE, DIFF_AFTER };

/*
 * Makes `out' (not initialised; profile_free() it after failures, too) of one value of each:
 * its values are "before" and "after", in the unit of both.  With `normalise' those of
 * before are scaled to the total of after, which they then have, to the last bit.
 * 0, or -errno with words: EINVAL when units differ, ENODATA when there is no total to scale.
 */
int profile_diff(const struct profile *before, unsigned before_value, const struct profile *after,
		 unsigned after_value, bool normalise, struct profile *out);

struct diff_options {
	const char *of;		/* the name of the value that was compared */
	unsigned top;		/* rows of the table; 0: all */
	bool cum;		/* the table by cumulative value */
};

/*
 * A row for everything, then one per function whose values changed, by falling size of
 * the change, then one that says what is left out.  "new" and "gone" are those that stand
 * in no stack on the other side.  0 or -ENOMEM.
 */
int diff_write_table(FILE *f, const struct profile *p, const struct diff_options *o);

/* "STACK BEFORE AFTER": folded stacks with two counts, as difffolded.pl of FlameGraph writes them. */
int diff_write_folded(FILE *f, const struct profile *p);

/*
 * What `go tool pprof -diff_base before after' makes: samples of after, and those of before
 * negative with the label "pprof::base", by which pprof computes shares
 * (github.com/google/pprof: internal/driver/fetch.go, internal/report/report.go, computeTotal).
 */
int diff_write_pprof(FILE *f, const struct profile *p, const struct diff_options *o);

/* after - before, saturating */
int64_t diff_change(int64_t before, int64_t after);

/*
 * How a frame is shown that went from before to after: its CSS class ("new", "gone", "same", "up1"
 * to "up5", "down1" to "down5" by the change's share of the larger of the two), and words.
 */
const char *diff_class(int64_t before, int64_t after);
void diff_words(struct buf *b, const struct value_type *t, int64_t before, int64_t after);

#endif
