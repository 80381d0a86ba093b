/* SPDX-License-Identifier: GPL-2.0-only */
/* transform.h - stacks trimmed, merged, filtered, grouped: between any reader and any writer */
#ifndef GOBPF_STACK_TRANSFORM_H
#define GOBPF_STACK_TRANSFORM_H

#include "base/buf.h"
#include "stack/profile.h"
#include "stack/resolve.h"

/*
 * In this order: frames are hidden; stacks chosen by focus and ignore; cut by root,
 * leaf and depth; renamed; labels put in front.  So expressions and functions
 * are compared with the names of the input.
 */
struct transform {
	/* keys of labels, blank-separated, to stand as frames at the root, first one outermost; NULL: none */
	const char *by;
	bool keep_labels;	/* else samples that differ in labels only are added up */
	const char *forget;	/* keys of labels that are not kept even so; NULL: none */
	unsigned depth;		/* frames from the root on that are kept; 0: all */
	const char *root;	/* stacks begin at the outermost frame of this function; others go */
	const char *leaf;	/* stacks end at the innermost frame of this function; others go */
	const char *focus;	/* regular expression: only stacks with a frame that matches */
	const char *ignore;	/* regular expression: no stacks with a frame that matches */
	/* Shall f be left out wherever it stands (runtime.goexit), if others stay?  NULL: none. */
	bool (*hide)(void *ctx, const struct frame *f);
	/* Adds f's name, as it shall be, to b.  NULL: names stay. */
	void (*rename)(void *ctx, const struct frame *f, struct buf *b);
	void *ctx;		/* of both */
};

/*
 * Makes `out' (initialised, empty) of `in'.  The outermost frame of a stack is never
 * marked as inlined: where it was cut off from its caller the mark goes.
 * 0, or -errno with words: EINVAL for a regular expression that is none, ENODATA
 * when no stack is left.
 */
int profile_transform(const struct profile *in, const struct transform *t, struct profile *out);

/* The same with the stacks of r->in as they are when resolved. */
int profile_transform_resolved(struct resolved *r, const struct transform *t, struct profile *out);

/* Would anything change? */
bool transform_needed(const struct profile *in, const struct transform *t);

/*
 * Is `func' this frame's function: its whole name, or the part behind the last '/' of its
 * import path, either of them with or without type arguments?
 */
bool transform_is_function(const struct frame *f, const char *func);

#endif
