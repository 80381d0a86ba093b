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
	l->v[l->n++] = (struct label_text){ (const char *)start, l->texts.len - start, frame };
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

/*
 * A sample on its way to its place, with what is asked for at each depth: its key is the number of its
 * name there, from 1.
 */
struct item {
	uint32_t key;		/* 0: the stack ended before */
	uint32_t n, end;	/* stack_frames[end - n .. end), the root last */
	int64_t value;
};

static const uint32_t *frame_at(const struct walk *w, const struct item *v, unsigned depth)
{
	return &w->p->stack_frames[(size_t)v->end - 1 - depth];
}

static uint32_t key_at(const struct walk *w, const struct item *v, unsigned depth)
{
	const uint32_t *of_frame = w->labels->of_frame;

	if (depth >= v->n)
		return 0;
	if (depth + 1 == v->n && w->labels->of_leaf)
		of_frame = w->labels->of_leaf;
	return of_frame[*frame_at(w, v, depth)] + 1;
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
	enum { AHEAD = 12 };	/* items whose memory is on its way */
	bool sorted = true;

	for (size_t i = 0; i < n; i++) {
		if (i + AHEAD < n && depth < v[i + AHEAD].n)
			__builtin_prefetch(frame_at(w, &v[i + AHEAD], depth));
		v[i].key = key_at(w, &v[i], depth);
		sorted &= !i || v[i - 1].key <= v[i].key;
	}
	if (!sorted)
		sort(v, n);
}

static int64_t sum(int64_t a, int64_t b)
{
	int64_t s;

	return __builtin_add_overflow(a, b, &s) ? profile_sum(a, b) : s;
}

static bool wide_enough(const struct walk *w, int64_t total)
{
	return (double)total >= w->min_share * (double)w->total;
}

/* A stack that shares nothing from depth on. */
static int visit_alone(const struct walk *w, const struct item *v, unsigned depth)
{
	int ret = 0;

	while (!ret && depth < v->n && wide_enough(w, v->value)) {
		uint32_t label = key_at(w, v, depth++) - 1;

		ret = w->enter(w->ctx, depth, label, v->value, depth == v->n ? v->value : 0);
	}
	return ret;
}

/* What the items v[0 .. n) have behind their first `depth' frames, which they share. */
static int visit(const struct walk *w, struct item *v, size_t n, unsigned depth)
{
	size_t i = 0;
	int ret = 0;

	if (n == 1)
		return visit_alone(w, v, depth);
	order(w, v, n, depth);
	while (i < n && !v[i].key)
		i++;
	for (size_t end; !ret && i < n; i = end) {
		int64_t total = 0, self = 0;

		for (end = i; end < n && v[end].key == v[i].key; end++) {
			total = sum(total, v[end].value);
			if (v[end].n == depth + 1)
				self = sum(self, v[end].value);
		}
		ret = w->enter(w->ctx, depth + 1, v[i].key - 1, total, self);
		if (!ret && wide_enough(w, total))
			ret = visit(w, v + i, end - i, depth + 1);
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
		const struct sample *s = &w->p->samples[i];
		int64_t value = s->values[w->value];

		if (!value || (value < 0 && w->positive))
			continue;
		items[n++] = (struct item){ 0, s->n, s->first + s->n, value };
		w->total = profile_sum(w->total, value);
	}
	ret = wide_enough(w, w->total) ? visit(w, items, n, 0) : 0;
	free(items);
	return ret;
}
