/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "stack/fold.h"
#include "stack/walk.h"

static void name_as_is(struct buf *b, const struct frame *f)
{
	buf_str(b, f->func);
}

/* A name where it is innermost, or followed by ';'. */
struct place {
	const char *text;
	uint32_t label;		/* in the old order */
	bool leaf;
};

static int compare(const void *pa, const void *pb)
{
	const struct place *a = pa, *b = pb;
	const unsigned char *s = (const unsigned char *)a->text, *t = (const unsigned char *)b->text;
	int c, d;

	while (*s && *s == *t) {
		s++;
		t++;
	}
	c = *s ? *s : a->leaf ? -1 : ';';
	d = *t ? *t : b->leaf ? -1 : ';';
	return c - d;
}

/* Gives each name two places in the order: as the end of a line's stack, and before a ';'. */
static int order_as_lines(struct labels *l, const struct profile *p)
{
	size_t n = l->n;
	struct place *places = malloc((2 * n + 1) * sizeof(*places));
	struct label_text *v = malloc((2 * n + 1) * sizeof(*v));
	uint32_t *rank = malloc((2 * n + 1) * sizeof(*rank));

	l->of_leaf = malloc((p->nframes + 1) * sizeof(*l->of_leaf));
	if (!places || !v || !rank || !l->of_leaf) {
		free(places);
		free(v);
		free(rank);
		return -ENOMEM;
	}
	for (size_t i = 0; i < 2 * n; i++)
		places[i] = (struct place){ l->v[i / 2].text, i / 2, i % 2 };
	qsort(places, 2 * n, sizeof(*places), compare);
	for (size_t i = 0; i < 2 * n; i++) {
		v[i] = l->v[places[i].label];
		rank[2 * places[i].label + places[i].leaf] = i;
	}
	for (size_t i = 0; i < p->nframes; i++) {
		uint32_t label = l->of_frame[i];

		l->of_frame[i] = rank[2 * label];
		l->of_leaf[i] = rank[2 * label + 1];
	}
	free(l->v);
	free(places);
	free(rank);
	l->v = v;
	l->n = l->cap = 2 * n;
	return 0;
}

int fold_write_classic(FILE *f, const struct profile *p, unsigned value)
{
	struct labels labels;
	int ret = labels_build(&labels, p, name_as_is);

	if (!ret)
		ret = order_as_lines(&labels, p);
	if (!ret)
		ret = fold_write_by(f, p, value, &labels);
	labels_free(&labels);
	return ret;
}
