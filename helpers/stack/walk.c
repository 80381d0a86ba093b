/* SPDX-License-Identifier: GPL-2.0-only */
#include "stack/walk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "stack/idmap.h"

void labels_free(struct labels *l)
{
	free(l->v);
	free(l->of_frame);
	free(l->of_leaf);
	buf_free(&l->texts);
	*l = (struct labels){ 0 };
}

/* Finds or adds the name in texts[start..]; takes the text back out when it was known. */
static int find_label(struct labels *l, struct idmap *m, size_t start, uint32_t frame, uint32_t *ret)
{
	const char *text = l->texts.data + start;
	uint64_t hash = hash_bytes(text, l->texts.len - start);
	size_t at = idmap_at(m, hash);

	while (idmap_next(m, hash, &at, ret)) {
		if (!strcmp(l->texts.data + (size_t)l->v[*ret].text, text)) {
			l->texts.len = start;
			return 0;
		}
	}
	if (!ARRAY_ROOM(l->v, l->n, l->cap) || !idmap_add(m, hash, l->n))
		return -ENOMEM;
	*ret = l->n;
	/* an offset until texts no longer moves */
	l->v[l->n++] = (struct label_text){ (const char *)start, frame };
	buf_add(&l->texts, "", 1);
	return l->texts.failed ? -ENOMEM : 0;
}

static int by_text(const void *pa, const void *pb)
{
	const struct label_text *a = pa, *b = pb;

	return strcmp(a->text, b->text);
}

/* Puts the names in order; of_frame goes by the old numbers, whose texts are at the same place. */
static int sort_labels(struct labels *l, const struct profile *p)
{
	const char **text_of = malloc((l->n + 1) * sizeof(*text_of));
	uint32_t *rank = malloc((l->n + 1) * sizeof(*rank));
	struct idmap m = { 0 };
	int ret = text_of && rank ? 0 : -ENOMEM;

	for (size_t i = 0; !ret && i < l->n; i++)
		text_of[i] = l->v[i].text;
	if (!ret)
		qsort(l->v, l->n, sizeof(*l->v), by_text);
	for (size_t i = 0; !ret && i < l->n; i++)
		if (!idmap_add(&m, hash_mix(0, (uintptr_t)l->v[i].text), i))
			ret = -ENOMEM;
	for (size_t i = 0; !ret && i < l->n; i++) {
		uint64_t hash = hash_mix(0, (uintptr_t)text_of[i]);
		size_t at = idmap_at(&m, hash);

		while (idmap_next(&m, hash, &at, &rank[i]) && l->v[rank[i]].text != text_of[i])
			;
	}
	for (size_t i = 0; !ret && i < p->nframes; i++)
		l->of_frame[i] = rank[l->of_frame[i]];
	free(m.slots);
	free(text_of);
	free(rank);
	return ret;
}

int labels_build(struct labels *l, const struct profile *p, label_fn *label)
{
	struct idmap m = { 0 };
	int ret = 0;

	*l = (struct labels){ .of_frame = malloc((p->nframes + 1) * sizeof(*l->of_frame)) };
	if (!l->of_frame)
		return -ENOMEM;
	for (size_t i = 0; !ret && i < p->nframes; i++) {
		size_t start = l->texts.len;

		label(&l->texts, &p->frames[i]);
		buf_add(&l->texts, "", 0);
		ret = l->texts.failed ? -ENOMEM : find_label(l, &m, start, i, &l->of_frame[i]);
	}
	free(m.slots);
	for (size_t i = 0; i < l->n; i++)
		l->v[i].text = l->texts.data + (size_t)l->v[i].text;
	return ret ? ret : sort_labels(l, p);
}

/* A sample on its way to its place: the number of its name at some depth, and its own. */
struct item {
	uint32_t key;		/* 0: the stack ended before */
	uint32_t sample;
};

static uint32_t key_at(const struct walk *w, uint32_t sample, unsigned depth)
{
	const struct sample *s = &w->p->samples[sample];
	const uint32_t *of_frame = w->labels->of_frame;

	if (depth >= s->n)
		return 0;
	if (depth + 1 == s->n && w->labels->of_leaf)
		of_frame = w->labels->of_leaf;
	return of_frame[w->p->stack_frames[s->first + s->n - 1 - depth]] + 1;
}

static void swap(struct item *a, struct item *b)
{
	struct item c = *a;

	*a = *b;
	*b = c;
}

static void insertion_sort(struct item *v, size_t n)
{
	for (size_t i = 1; i < n; i++)
		for (size_t k = i; k && v[k].key < v[k - 1].key; k--)
			swap(&v[k], &v[k - 1]);
}

/* Quicksort in three parts: as a rule many keys are equal. */
static void sort(struct item *v, size_t n)
{
	while (n > 24) {
		uint32_t a = v[n / 4].key, b = v[n / 2].key, c = v[n - 1 - n / 4].key;
		uint32_t pivot = a < b ? (b < c ? b : a < c ? c : a) : (a < c ? a : b < c ? c : b);
		size_t low = 0, high = n;

		for (size_t i = 0; i < high;) {
			if (v[i].key < pivot)
				swap(&v[low++], &v[i++]);
			else if (v[i].key > pivot)
				swap(&v[i], &v[--high]);
			else
				i++;
		}
		/* the smaller part by itself, so that the depth stays within log2(n) */
		if (low < n - high) {
			sort(v, low);
			v += high;
			n -= high;
		} else {
			sort(v + high, n - high);
			n = low;
		}
	}
	insertion_sort(v, n);
}

/* Gives the items their keys at depth, and their order by them. */
static void order(const struct walk *w, struct item *v, size_t n, unsigned depth)
{
	bool sorted = true;

	for (size_t i = 0; i < n; i++) {
		v[i].key = key_at(w, v[i].sample, depth);
		sorted &= !i || v[i - 1].key <= v[i].key;
	}
	if (!sorted)
		sort(v, n);
}

static int64_t value_of(const struct walk *w, const struct item *v)
{
	return w->p->samples[v->sample].values[w->value];
}

/* The items v[0 .. n) share their frames up to and with depth, which has the name of label. */
static int visit(const struct walk *w, struct item *v, size_t n, unsigned depth, uint32_t label)
{
	int64_t total = 0, self = 0;
	size_t ended = 0;
	int ret;

	for (size_t i = 0; i < n; i++) {
		total = profile_sum(total, value_of(w, &v[i]));
		if (w->p->samples[v[i].sample].n == depth)
			self = profile_sum(self, value_of(w, &v[i]));
	}
	ret = label == UINT32_MAX ? 0 : w->enter(w->ctx, depth, label, total, self);
	if (ret || (double)total < w->min_share * (double)w->total)
		return ret;
	order(w, v, n, depth);
	while (ended < n && !v[ended].key)
		ended++;
	for (size_t i = ended, end; !ret && i < n; i = end) {
		uint32_t key = v[i].key;

		for (end = i + 1; end < n && v[end].key == key; end++)
			;
		ret = visit(w, v + i, end - i, depth + 1, key - 1);
	}
	return ret;
}

int walk_stacks(struct walk *w)
{
	struct item *items = malloc((w->p->nsamples + 1) * sizeof(*items));
	size_t n = 0;
	int ret;

	if (!items)
		return -ENOMEM;
	w->total = 0;
	for (size_t i = 0; i < w->p->nsamples; i++) {
		int64_t value = w->p->samples[i].values[w->value];

		if (!value || (value < 0 && w->positive))
			continue;
		items[n++].sample = i;
		w->total = profile_sum(w->total, value);
	}
	ret = visit(w, items, n, 0, UINT32_MAX);
	free(items);
	return ret;
}
