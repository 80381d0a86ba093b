/* SPDX-License-Identifier: GPL-2.0-only */
/* What a profile knows besides frames and values: labels, mappings; and one profile added to another. */
#include <errno.h>

#include "base/buf.h"
#include "stack/profile_index.h"

static bool same_mapping(const struct profile_mapping *a, const struct profile_mapping *b)
{
	return a->start == b->start && a->limit == b->limit && a->offset == b->offset &&
	       a->path == b->path && a->build_id == b->build_id &&
	       a->anchor_name == b->anchor_name && a->anchor_addr == b->anchor_addr &&
	       a->pid == b->pid && a->kernel == b->kernel;
}

int profile_mapping(struct profile *p, const struct profile_mapping *m, uint32_t *ret_id)
{
	struct profile_mapping new = *m;

	new.path = profile_intern(p->index, m->path ? m->path : "");
	new.build_id = profile_intern(p->index, m->build_id ? m->build_id : "");
	new.anchor_name = m->anchor_name ? profile_intern(p->index, m->anchor_name) : NULL;
	if (!new.path || !new.build_id || (m->anchor_name && !new.anchor_name))
		return -ENOMEM;
	/* the newest first: readers ask for the same one again and again */
	for (size_t i = p->nmappings; i--;) {
		if (same_mapping(&p->mappings[i], &new)) {
			*ret_id = i + 1;
			return 0;
		}
	}
	if (p->nmappings >= UINT32_MAX - 1 ||
	    !ARRAY_ROOM(p->mappings, p->nmappings, p->mappings_cap))
		return -ENOMEM;
	p->mappings[p->nmappings++] = new;
	*ret_id = p->nmappings;
	return 0;
}

static int compare_labels(const struct label *a, const struct label *b)
{
	int c = strcmp(a->key, b->key);

	if (!c && !a->str != !b->str)
		c = a->str ? 1 : -1;
	if (!c && a->str)
		c = strcmp(a->str, b->str);
	if (!c && a->num != b->num)
		c = a->num < b->num ? -1 : 1;
	return c ? c : strcmp(a->unit ? a->unit : "", b->unit ? b->unit : "");
}

static int intern_label(struct profile_index *x, const struct label *l, struct label *ret)
{
	*ret = (struct label){ .key = profile_intern(x, l->key), .num = l->str ? 0 : l->num };
	if (l->str)
		ret->str = profile_intern(x, l->str);
	if (l->unit)
		ret->unit = profile_intern(x, l->unit);
	return !ret->key || (l->str && !ret->str) || (l->unit && !ret->unit) ? -ENOMEM : 0;
}

/* Puts the labels, sorted, behind all others, where they stay if the set is new. */
static int put_labels(struct profile_index *x, const struct label *labels, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct label *all, new;
		size_t at = x->nlabels + i;
		int ret = intern_label(x, &labels[i], &new);

		if (ret || !ARRAY_ROOM(x->labels, at, x->labels_cap))
			return -ENOMEM;
		for (all = x->labels; at > x->nlabels && compare_labels(&all[at - 1], &new) > 0; at--)
			all[at] = all[at - 1];
		all[at] = new;
	}
	return 0;
}

static uint64_t hash_labels(const struct label *labels, size_t n)
{
	uint64_t hash = n;

	for (size_t i = 0; i < n; i++) {
		hash = hash_mix(hash, (uintptr_t)labels[i].key);
		hash = hash_mix(hash, (uintptr_t)labels[i].str);
		hash = hash_mix(hash, labels[i].num);
	}
	return hash ^ hash >> 32;
}

int profile_labels(struct profile *p, const struct label *labels, size_t n, uint32_t *ret_id)
{
	struct profile_index *x = p->index;
	const struct label *new;
	uint64_t hash;
	size_t at;
	uint32_t id;

	*ret_id = 0;
	if (!n)
		return 0;
	if (put_labels(x, labels, n))
		return -ENOMEM;
	new = x->labels + x->nlabels;
	hash = hash_labels(new, n);
	at = idmap_at(&x->by_labels, hash);
	while (idmap_next(&x->by_labels, hash, &at, &id)) {
		struct label_set set = x->sets[id];
		size_t same = 0;

		while (set.n == n && same < n && !compare_labels(&x->labels[set.first + same], &new[same]))
			same++;
		if (same == n) {
			*ret_id = id + 1;
			return 0;
		}
	}
	if (x->nsets >= UINT32_MAX - 1 || x->nlabels + n > UINT32_MAX ||
	    !ARRAY_ROOM(x->sets, x->nsets, x->sets_cap) || !idmap_add(&x->by_labels, hash, x->nsets))
		return -ENOMEM;
	x->sets[x->nsets++] = (struct label_set){ x->nlabels, n };
	x->nlabels += n;
	*ret_id = x->nsets;
	return 0;
}

const struct label *profile_labels_of(const struct profile *p, uint32_t id, size_t *ret_n)
{
	const struct profile_index *x = p->index;

	*ret_n = id ? x->sets[id - 1].n : 0;
	return id ? x->labels + x->sets[id - 1].first : NULL;
}

/* types[i] of `from' is value value_of[i] of p. */
static int merge_types(struct profile *p, const struct profile *from, unsigned *value_of)
{
	for (unsigned i = 0; i < from->ntypes; i++) {
		unsigned v = 0;

		while (v < p->ntypes && strcmp(p->types[v].name, from->types[i].name))
			v++;
		if (v == PROFILE_VALUES)
			return -E2BIG;
		if (v == p->ntypes)
			p->types[p->ntypes++] = from->types[i];
		value_of[i] = v;
	}
	return 0;
}

static int merge_frames(struct profile *p, const struct profile *from, uint32_t *frame_of)
{
	uint32_t *mapping_of = calloc(from->nmappings + 1, sizeof(*mapping_of));
	int ret = mapping_of ? 0 : -ENOMEM;

	for (size_t i = 0; !ret && i < from->nmappings; i++)
		ret = profile_mapping(p, &from->mappings[i], &mapping_of[i + 1]);
	for (size_t i = 0; !ret && i < from->nframes; i++) {
		struct frame f = from->frames[i];

		f.mapping = mapping_of[f.mapping];
		ret = profile_frame(p, &f, &frame_of[i]);
	}
	free(mapping_of);
	return ret;
}

static int merge_sample(struct profile *p, const struct profile *from, const struct sample *s,
			const unsigned *value_of, const uint32_t *frame_of)
{
	struct profile_index *x = p->index;
	int64_t values[PROFILE_VALUES] = { 0 };
	const struct label *labels;
	uint32_t set, sample;
	size_t n;
	int ret;

	if (!ARRAY_ROOM(x->scratch, s->n, x->scratch_cap))
		return -ENOMEM;
	for (uint32_t i = 0; i < s->n; i++)
		x->scratch[i] = frame_of[from->stack_frames[s->first + i]];
	for (unsigned i = 0; i < from->ntypes; i++)
		values[value_of[i]] = s->values[i];
	labels = profile_labels_of(from, s->labels, &n);
	ret = profile_labels(p, labels, n, &set);
	return ret ? ret : profile_add_labelled(p, x->scratch, s->n, set, values, &sample);
}

static int merge_about(struct profile *p, const struct profile *from)
{
	int ret = 0;

	if (!p->time_unix_ns)
		p->time_unix_ns = from->time_unix_ns;
	if (!p->duration_ns)
		p->duration_ns = from->duration_ns;
	if (!p->period) {
		p->period = from->period;
		p->period_type = from->period_type;
	}
	p->cut += from->cut;
	for (size_t i = 0; !ret && i < from->ncomments; i++)
		ret = profile_comment(p, "%s", from->comments[i]);
	return ret;
}

int profile_merge(struct profile *p, const struct profile *from)
{
	uint32_t *frame_of = malloc((from->nframes + 1) * sizeof(*frame_of));
	unsigned value_of[PROFILE_VALUES];
	bool first = !p->ntypes;
	int ret = frame_of ? merge_types(p, from, value_of) : -ENOMEM;

	if (!ret)
		ret = merge_frames(p, from, frame_of);
	for (size_t i = 0; !ret && i < from->nsamples; i++)
		ret = merge_sample(p, from, &from->samples[i], value_of, frame_of);
	if (!ret)
		ret = merge_about(p, from);
	if (!ret && first && from->ntypes)
		p->main_value = value_of[from->main_value < from->ntypes ? from->main_value : 0];
	free(frame_of);
	return ret;
}

int profile_begin_as(struct profile *p, const struct profile *from)
{
	struct profile about = *from;

	about.nframes = about.nsamples = 0;
	memcpy(p->types, from->types, sizeof(p->types));
	p->ntypes = from->ntypes;
	p->main_value = from->main_value;
	/* no two mappings are equal, so these are numbered as those */
	return profile_merge(p, &about);
}
