/* SPDX-License-Identifier: GPL-2.0-only */
#include "stack/tree.h"

#include <errno.h>
#include <stdlib.h>

struct growth {
	struct tree *t;
	uint32_t *path;		/* [depth]: the newest node there */
	size_t path_cap;
};

void tree_free(struct tree *t)
{
	free(t->nodes);
	labels_free(&t->labels);
	*t = (struct tree){ 0 };
}

/* Nodes come callers first, siblings in their order. */
static int add_node(void *ctx, unsigned depth, uint32_t label, int64_t total, int64_t self)
{
	struct growth *g = ctx;
	struct tree *t = g->t;
	uint32_t id = t->nnodes, before;

	if (t->nnodes >= TREE_NONE - 1 || !ARRAY_ROOM(t->nodes, id, t->nodes_cap) ||
	    !ARRAY_ROOM(g->path, depth, g->path_cap))
		return -ENOMEM;
	t->nodes[id] = (struct tree_node){ label, TREE_NONE, TREE_NONE, TREE_NONE, self, total };
	t->nnodes++;
	if (depth) {
		uint32_t parent = g->path[depth - 1];

		/* what stands in path[depth] is the sibling before if it has the same parent */
		before = depth <= t->depth ? g->path[depth] : TREE_NONE;
		t->nodes[id].parent = parent;
		if (t->nodes[parent].child == TREE_NONE)
			t->nodes[parent].child = id;
		else
			t->nodes[before].sibling = id;
	}
	g->path[depth] = id;
	if (depth > t->depth)
		t->depth = depth;
	return 0;
}

int tree_build(struct tree *t, const struct profile *p, unsigned value, bool negative,
	       double min_share, label_fn *label)
{
	struct growth g = { .t = t };
	struct walk w = { .p = p, .labels = &t->labels, .value = value, .positive = !negative,
			  .min_share = min_share, .enter = add_node, .ctx = &g };
	int ret;

	*t = (struct tree){ 0 };
	ret = labels_build(&t->labels, p, label);
	if (!ret)
		ret = add_node(&g, 0, TREE_NONE, 0, 0);
	if (!ret)
		ret = walk_stacks(&w);
	if (!ret)
		t->nodes[0].total = w.total;
	free(g.path);
	if (ret)
		tree_free(t);
	return ret;
}
