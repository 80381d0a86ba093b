/* SPDX-License-Identifier: GPL-2.0-only */
/* tree.h - the stacks of a profile merged from the root on, by name of function */
#ifndef GOBPF_STACK_TREE_H
#define GOBPF_STACK_TREE_H

#include "base/buf.h"
#include "stack/profile.h"

/* A name that frames are merged by. */
struct tree_label {
	const char *text;
	uint32_t frame;		/* the first frame of that name: profile->frames[frame] */
	uint32_t rank;		/* place among the sorted labels */
};

#define TREE_NONE UINT32_MAX

struct tree_node {
	uint32_t label;
	uint32_t parent, child, sibling;	/* TREE_NONE: none; children sorted by name */
	int64_t self, total;			/* total holds self and all below; both saturate */
};

/* Node 0 is the root of all; it has no label. */
struct tree {
	struct tree_node *nodes;
	size_t nnodes, nodes_cap;
	struct tree_label *labels;
	size_t nlabels, labels_cap;
	unsigned depth;			/* of the deepest node; the root's is 0 */
	struct buf texts;
};

/*
 * Merges the samples whose value is not 0, or is above 0 if `positive`.  label
 * adds a frame's name to the buffer.  0 or -ENOMEM.
 */
int tree_build(struct tree *t, const struct profile *p, unsigned value, bool positive,
	       void (*label)(struct buf *b, const struct frame *f));
void tree_free(struct tree *t);

#endif
