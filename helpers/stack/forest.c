/* SPDX-License-Identifier: GPL-2.0-only */
#include "stack/forest.h"

#include <errno.h>

int forest_build(struct forest *f, const struct profile *p, const unsigned *values, unsigned n,
		 bool negative, label_fn *label)
{
	*f = (struct forest){ 0 };
	while (f->n < n) {
		int ret = tree_build(&f->trees[f->n], p, values[f->n], negative, 0, label);

		if (ret) {
			forest_free(f);
			return ret;
		}
		f->n++;
	}
	return 0;
}

void forest_free(struct forest *f)
{
	while (f->n)
		tree_free(&f->trees[--f->n]);
}

static uint32_t label_of(const struct tree *t, uint32_t node)
{
	return node == TREE_NONE ? TREE_NONE : t->nodes[node].label;
}

uint32_t forest_match(const struct tree *t, uint32_t *at, uint32_t label)
{
	while (*at != TREE_NONE && t->nodes[*at].label < label)
		*at = t->nodes[*at].sibling;
	return label_of(t, *at) == label ? *at : TREE_NONE;
}

static int walk(const struct forest *f, const struct forest_node *node,
		int (*visit)(void *ctx, const struct forest_node *at), void *ctx)
{
	uint32_t next[PROFILE_VALUES];
	int ret = visit(ctx, node);

	for (unsigned i = 0; i < f->n; i++)
		next[i] = node->nodes[i] == TREE_NONE ? TREE_NONE :
							f->trees[i].nodes[node->nodes[i]].child;
	while (!ret) {
		struct forest_node child = { .label = TREE_NONE, .depth = node->depth + 1 };

		/* labels are numbered in the order of their names */
		for (unsigned i = 0; i < f->n; i++)
			if (label_of(&f->trees[i], next[i]) < child.label)
				child.label = label_of(&f->trees[i], next[i]);
		if (child.label == TREE_NONE)
			break;
		for (unsigned i = 0; i < f->n; i++) {
			child.nodes[i] = forest_match(&f->trees[i], &next[i], child.label);
			if (child.nodes[i] != TREE_NONE)
				next[i] = f->trees[i].nodes[next[i]].sibling;
		}
		ret = walk(f, &child, visit, ctx);
	}
	return ret;
}

int forest_walk(const struct forest *f, int (*visit)(void *ctx, const struct forest_node *at),
		void *ctx)
{
	return walk(f, &(struct forest_node){ .label = TREE_NONE }, visit, ctx);
}

int64_t forest_self(const struct forest *f, const struct forest_node *at, unsigned i)
{
	return at->nodes[i] == TREE_NONE ? 0 : f->trees[i].nodes[at->nodes[i]].self;
}
