/* SPDX-License-Identifier: GPL-2.0-only */
/* Totals, orders and sites of a profile. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "stack/idmap.h"
#include "stack/profile.h"

int64_t profile_total(const struct profile *p, unsigned value)
{
	int64_t total = 0;

	for (size_t i = 0; i < p->nsamples; i++)
		total = profile_sum(total, p->samples[i].values[value]);
	return total;
}

static int compare_frames(const struct frame *a, const struct frame *b)
{
	int c = strcmp(a->func, b->func);

	if (!c)
		c = strcmp(a->file ? a->file : "", b->file ? b->file : "");
	if (!c)
		c = a->line < b->line ? -1 : a->line > b->line;
	if (!c)
		c = a->addr < b->addr ? -1 : a->addr > b->addr;
	return c;
}

static int compare_stacks(const struct profile *p, const struct sample *a, const struct sample *b)
{
	for (uint32_t i = 0; i < a->n && i < b->n; i++) {
		uint32_t fa = p->stack_frames[a->first + i], fb = p->stack_frames[b->first + i];
		int c = fa == fb ? 0 : compare_frames(&p->frames[fa], &p->frames[fb]);

		if (c)
			return c;
	}
	return a->n < b->n ? -1 : a->n > b->n;
}

struct order {
	const struct profile *p;
	unsigned value;
};

static int by_value(const void *pa, const void *pb, void *arg)
{
	const struct order *o = arg;
	const struct sample *a = &o->p->samples[*(const uint32_t *)pa];
	const struct sample *b = &o->p->samples[*(const uint32_t *)pb];

	if (a->values[o->value] != b->values[o->value])
		return a->values[o->value] > b->values[o->value] ? -1 : 1;
	return compare_stacks(o->p, a, b);
}

int profile_order(const struct profile *p, unsigned value, uint32_t **ret)
{
	struct order o = { p, value };
	uint32_t *ids = malloc((p->nsamples + 1) * sizeof(*ids));

	if (!ids)
		return -ENOMEM;
	for (size_t i = 0; i < p->nsamples; i++)
		ids[i] = i;
	qsort_r(ids, p->nsamples, sizeof(*ids), by_value, &o);
	*ret = ids;
	return 0;
}

static int site_by_value(const void *pa, const void *pb, void *arg)
{
	const struct order *o = arg;
	const struct site *a = pa, *b = pb;

	if (a->values[o->value] != b->values[o->value])
		return a->values[o->value] > b->values[o->value] ? -1 : 1;
	return compare_frames(&o->p->frames[a->frame], &o->p->frames[b->frame]);
}

static bool same_site(const struct frame *a, const struct frame *b)
{
	return a->func == b->func && a->file == b->file && a->line == b->line;
}

/* The site of frame id in sites[0..*n), made when it is new. NULL: out of memory. */
static struct site *find_site(const struct profile *p, struct idmap *m, struct site *sites,
			      size_t *n, uint32_t frame)
{
	const struct frame *f = &p->frames[frame];
	uint64_t hash = hash_mix(hash_mix((uintptr_t)f->func, (uintptr_t)f->file), f->line);
	size_t at = idmap_at(m, hash);
	uint32_t id;

	while (idmap_next(m, hash, &at, &id))
		if (same_site(f, &p->frames[sites[id].frame]))
			return &sites[id];
	if (!idmap_add(m, hash, *n))
		return NULL;
	sites[*n] = (struct site){ .frame = frame };
	return &sites[(*n)++];
}

static void add_to_site(const struct profile *p, struct site *s, uint32_t id, unsigned value)
{
	const struct sample *new = &p->samples[id], *heaviest = &p->samples[s->sample];
	int64_t d = new->values[value], h = heaviest->values[value];

	if (!s->nstacks || d > h || (d == h && compare_stacks(p, new, heaviest) < 0))
		s->sample = id;
	s->nstacks++;
	for (unsigned i = 0; i < p->ntypes; i++)
		s->values[i] = profile_sum(s->values[i], new->values[i]);
}

int profile_sites(const struct profile *p, unsigned value, struct site **ret, size_t *ret_n)
{
	struct site *sites = malloc((p->nsamples + 1) * sizeof(*sites));
	struct order o = { p, value };
	struct idmap m = { 0 };
	size_t n = 0;
	int err = sites ? 0 : -ENOMEM;

	for (size_t i = 0; !err && i < p->nsamples; i++) {
		uint32_t leaf = p->stack_frames[p->samples[i].first];
		struct site *s = find_site(p, &m, sites, &n, leaf);

		if (s)
			add_to_site(p, s, i, value);
		else
			err = -ENOMEM;
	}
	free(m.slots);
	if (err) {
		free(sites);
		return err;
	}
	qsort_r(sites, n, sizeof(*sites), site_by_value, &o);
	*ret = sites;
	*ret_n = n;
	return 0;
}
