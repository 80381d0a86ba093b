/* SPDX-License-Identifier: GPL-2.0-only */
/* tree.h - the stacks of a profile merged from the root on, by name of function */
#ifndef GOBPF_STACK_TREE_H
#define GOBPF_STACK_TREE_H

#include "stack/walk.h"

#define TREE_NONE UINT32_MAX

struct tree_node {
	uint32_t label;	/* labels.v[label] */
	uint32_t parent, child, sibling;	/* TREE_NONE: none; children sorted by name */
	int64_t self, total;			/* total holds self and all below; both saturate */
};

/* Node 0 is the root of all; it has no label. */
struct tree {
	struct tree_node *nodes;
	size_t nnodes, nodes_cap;
	struct labels labels;
	unsigned depth;			/* of the deepest node; the root's is 0 */
};

/*
 * Merges the samples whose value is above 0, or is not 0 with `negative'.  Nodes below min_share
 * (0 .. 1) of the whole have no children.  0 or -ENOMEM.
 */
int tree_build(struct tree *t, const struct profile *p, unsigned value, bool negative,
	       double min_share, label_fn *label);
void tree_free(struct tree *t);

#endif
