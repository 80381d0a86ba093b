/* SPDX-License-Identifier: GPL-2.0-only */
/* forest.h - a tree for each of several values, walked together */
#ifndef GOBPF_STACK_FOREST_H
#define GOBPF_STACK_FOREST_H

#include "stack/tree.h"

struct forest {
	struct tree trees[PROFILE_VALUES];
	unsigned n;
};

/* tree_build() for each of the n values, of all nodes.  0 or -ENOMEM. */
int forest_build(struct forest *f, const struct profile *p, const unsigned *values, unsigned n,
		 bool negative, label_fn *label);
void forest_free(struct forest *f);

struct forest_node {
	uint32_t nodes[PROFILE_VALUES];	/* the same place in each tree; TREE_NONE: it is not in there */
	uint32_t label;			/* of all of them, in any tree's labels; TREE_NONE: the root */
	unsigned depth;			/* 0: the root */
};

/*
 * Calls visit for the root and then for every node, parents first and children in order of
 * their names, until it gives anything but 0, which is the result.
 */
int forest_walk(const struct forest *f, int (*visit)(void *ctx, const struct forest_node *at),
		void *ctx);

/*
 * For walks through two trees of a profile, whose names have the same numbers: the node of that
 * name among the siblings from *at on, which moves on; TREE_NONE: there is none.
 */
uint32_t forest_match(const struct tree *t, uint32_t *at, uint32_t label);

/* What ends in the node in tree i; 0 if it isn't in there. */
int64_t forest_self(const struct forest *f, const struct forest_node *at, unsigned i);

#endif
