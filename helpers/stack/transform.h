/* SPDX-License-Identifier: GPL-2.0-only */
/* transform.h - stacks trimmed, merged, filtered, grouped: between any reader and any writer */
#ifndef GOBPF_STACK_TRANSFORM_H
#define GOBPF_STACK_TRANSFORM_H

#include "stack/profile.h"

struct transform {
	/* keys of labels, blank-separated, to stand as frames at the root, first one outermost; NULL: none */
	const char *by;
	bool keep_labels;	/* else samples that differ in labels only are added up */
	unsigned depth;		/* frames from the root on that are kept; 0: all */
	const char *root;	/* stacks begin at the outermost frame of this function; others go */
	const char *leaf;	/* stacks end at the innermost frame of this function; others go */
	const char *focus;	/* regular expression: only stacks with a frame that matches */
	const char *ignore;	/* regular expression: no stacks with a frame that matches */
	bool short_names;	/* "http.(*conn).serve" for "net/http.(*conn).serve", … */
	bool merge_goroutines;	/* what tells goroutines apart goes: goid, numbers of closures, … */
	/* Shall f be left out wherever it stands (runtime.goexit)?  NULL: none. */
	bool (*hide)(const struct frame *f);
};

/*
 * Makes `out' (initialised, empty) of `in'.  A frame that inlined ones are part of
 * stays with them or goes with them.  0, or -errno with words: EINVAL for a regular
 * expression that is none.
 */
int profile_transform(const struct profile *in, const struct transform *t, struct profile *out);

#endif
