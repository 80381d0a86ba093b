/* SPDX-License-Identifier: GPL-2.0-only */
/* walk.h - the stacks of a profile from the root on, merged by name of function, in the order of names */
#ifndef GOBPF_STACK_WALK_H
#define GOBPF_STACK_WALK_H

#include "base/buf.h"
#include "stack/profile.h"

/* Adds a frame's name to the buffer: what frames are merged by. */
typedef void label_fn(struct buf *b, const struct frame *f);

/* The names of a profile's frames, sorted. */
struct labels {
	struct label_text {
		const char *text;
		uint32_t len;
		uint32_t frame;		/* the first frame of that name: profile->frames[frame] */
	} *v;
	size_t n, cap;
	uint32_t *of_frame;		/* frame's number: its name's */
	uint32_t *of_leaf;		/* the same where it is innermost, if that has a place of its own; NULL */
	struct buf texts;
};

/* 0 or -ENOMEM; free in either case. */
int labels_build(struct labels *l, const struct profile *p, label_fn *label);
void labels_free(struct labels *l);

struct walk {
	const struct profile *p;
	const struct labels *labels;
	unsigned value;
	bool positive;		/* only samples above 0; else all but 0 */
	/* below what part of the whole (0 .. 1) a frame's callees are passed over */
	double min_share;
	/*
	 * A frame, depth 1 at the root, with what it and all below it sum up to; self is what ends
	 * in it.  Callers come before their callees, sums saturate.  0, or a negative number
	 * that ends the walk and is what walk_stacks() returns.
	 */
	int (*enter)(void *ctx, unsigned depth, uint32_t label, int64_t total, int64_t self);
	void *ctx;
	int64_t total;		/* of the whole, known from the first frame on */
};

/* 0, -ENOMEM, or what enter() returned. */
int walk_stacks(struct walk *w);

#endif
