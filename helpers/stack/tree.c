/* SPDX-License-Identifier: GPL-2.0-only */
#include "stack/tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "stack/idmap.h"

void tree_free(struct tree *t)
{
	free(t->nodes);
	free(t->labels);
	buf_free(&t->texts);
	*t = (struct tree){ 0 };
}

/* Finds or adds the label in text[start..]; takes the text back out when it was known. */
static int find_label(struct tree *t, struct idmap *m, size_t start, uint32_t frame, uint32_t *ret)
{
	uint64_t hash = hash_bytes(t->texts.data + start, t->texts.len - start);
	size_t at = idmap_at(m, hash);

	while (idmap_next(m, hash, &at, ret)) {
		size_t known = (size_t)t->labels[*ret].text;

		if (!strcmp(t->texts.data + known, t->texts.data + start)) {
			t->texts.len = start;
			return 0;
		}
	}
	if (!ARRAY_ROOM(t->labels, t->nlabels, t->labels_cap) || !idmap_add(m, hash, t->nlabels))
		return -ENOMEM;
	*ret = t->nlabels;
	/* an offset until texts no longer moves */
	t->labels[t->nlabels++] = (struct tree_label){ (const char *)start, frame, 0 };
	buf_add(&t->texts, "", 1);
	return t->texts.failed ? -ENOMEM : 0;
}

static int by_text(const void *a, const void *b, void *arg)
{
	const struct tree_label *labels = arg;

	return strcmp(labels[*(const uint32_t *)a].text, labels[*(const uint32_t *)b].text);
}

static int rank_labels(struct tree *t)
{
	uint32_t *order = malloc((t->nlabels + 1) * sizeof(*order));

	if (!order)
		return -ENOMEM;
	for (size_t i = 0; i < t->nlabels; i++)
		order[i] = i;
	qsort_r(order, t->nlabels, sizeof(*order), by_text, t->labels);
	for (size_t i = 0; i < t->nlabels; i++)
		t->labels[order[i]].rank = i;
	free(order);
	return 0;
}

/* of_frame[frame] is its label. */
static int build_labels(struct tree *t, const struct profile *p,
			void (*label)(struct buf *b, const struct frame *f), uint32_t *of_frame)
{
	struct idmap m = { 0 };
	int ret = 0;

	for (size_t i = 0; !ret && i < p->nframes; i++) {
		size_t start = t->texts.len;

		label(&t->texts, &p->frames[i]);
		buf_add(&t->texts, "", 0);
		ret = t->texts.failed ? -ENOMEM : find_label(t, &m, start, i, &of_frame[i]);
	}
	free(m.slots);
	for (size_t i = 0; i < t->nlabels; i++)
		t->labels[i].text = t->texts.data + (size_t)t->labels[i].text;
	return ret ? ret : rank_labels(t);
}

static int find_child(struct tree *t, struct idmap *m, uint32_t parent, uint32_t label,
		      uint32_t *ret)
{
	uint64_t hash = hash_mix(parent, label);
	size_t at;
	uint32_t id;

	hash ^= hash >> 32;
	at = idmap_at(m, hash);
	while (idmap_next(m, hash, &at, &id)) {
		if (t->nodes[id].parent == parent && t->nodes[id].label == label) {
			*ret = id;
			return 0;
		}
	}
	if (t->nnodes >= TREE_NONE - 1 || !ARRAY_ROOM(t->nodes, t->nnodes, t->nodes_cap) ||
	    !idmap_add(m, hash, t->nnodes))
		return -ENOMEM;
	id = t->nnodes++;
	t->nodes[id] = (struct tree_node){ label, parent, TREE_NONE, t->nodes[parent].child };
	t->nodes[parent].child = id;
	*ret = id;
	return 0;
}

/* The way to the sample before: stacks that follow each other often share their root end. */
struct path {
	uint32_t *frames, *nodes;	/* [0] is the outermost frame; STACK_DEPTH of them */
	uint32_t n;
};

static int add_sample(struct tree *t, struct idmap *m, const struct profile *p, struct path *path,
		      const struct sample *s, int64_t value, const uint32_t *of_frame)
{
	const uint32_t *frames = p->stack_frames + s->first;
	uint32_t node = 0, i = 0;

	for (; i < s->n && i < path->n && path->frames[i] == frames[s->n - 1 - i]; i++)
		node = path->nodes[i];
	for (; i < s->n; i++) {
		uint32_t frame = frames[s->n - 1 - i];
		int ret = find_child(t, m, node, of_frame[frame], &node);

		if (ret)
			return ret;
		path->frames[i] = frame;
		path->nodes[i] = node;
	}
	path->n = s->n;
	t->nodes[node].self = profile_sum(t->nodes[node].self, value);
	if (s->n > t->depth)
		t->depth = s->n;
	return 0;
}

/* Children were put in front one by one; a merge sort of the list, few are long. */
static uint32_t sort_children(struct tree *t, uint32_t list)
{
	uint32_t slow = list, fast, right, *tail, head = TREE_NONE;

	if (list == TREE_NONE || t->nodes[list].sibling == TREE_NONE)
		return list;
	fast = t->nodes[list].sibling;
	while (fast != TREE_NONE && t->nodes[fast].sibling != TREE_NONE) {
		slow = t->nodes[slow].sibling;
		fast = t->nodes[t->nodes[fast].sibling].sibling;
	}
	right = t->nodes[slow].sibling;
	t->nodes[slow].sibling = TREE_NONE;
	list = sort_children(t, list);
	right = sort_children(t, right);
	tail = &head;
	while (list != TREE_NONE || right != TREE_NONE) {
		uint32_t *from = &list;

		if (list == TREE_NONE ||
		    (right != TREE_NONE && t->labels[t->nodes[right].label].rank <
						   t->labels[t->nodes[list].label].rank))
			from = &right;
		*tail = *from;
		tail = &t->nodes[*from].sibling;
		*from = *tail;
		*tail = TREE_NONE;
	}
	return head;
}

/* A child's number is above its parent's, so one pass from the end sums everything up. */
static void sum_up(struct tree *t)
{
	for (size_t i = t->nnodes; i--;) {
		struct tree_node *n = &t->nodes[i];

		n->child = sort_children(t, n->child);
		n->total = profile_sum(n->total, n->self);
		if (i)
			t->nodes[n->parent].total =
				profile_sum(t->nodes[n->parent].total, n->total);
	}
}

int tree_build(struct tree *t, const struct profile *p, unsigned value, bool positive,
	       void (*label)(struct buf *b, const struct frame *f))
{
	uint32_t *of_frame = malloc((p->nframes + 1) * sizeof(*of_frame));
	struct path path = {
		.frames = malloc(STACK_DEPTH * sizeof(*path.frames)),
		.nodes = malloc(STACK_DEPTH * sizeof(*path.nodes)),
	};
	struct idmap m = { 0 };
	int ret = -ENOMEM;

	*t = (struct tree){ 0 };
	if (!of_frame || !path.frames || !path.nodes || !ARRAY_ROOM(t->nodes, 0, t->nodes_cap))
		goto out;
	t->nodes[t->nnodes++] = (struct tree_node){ TREE_NONE, TREE_NONE, TREE_NONE, TREE_NONE };
	ret = build_labels(t, p, label, of_frame);
	for (size_t i = 0; !ret && i < p->nsamples; i++) {
		const struct sample *s = &p->samples[i];

		if (s->values[value] > 0 || (s->values[value] && !positive))
			ret = add_sample(t, &m, p, &path, s, s->values[value], of_frame);
	}
	if (!ret)
		sum_up(t);
out:
	free(path.frames);
	free(path.nodes);
	free(m.slots);
	free(of_frame);
	if (ret)
		tree_free(t);
	return ret;
}
