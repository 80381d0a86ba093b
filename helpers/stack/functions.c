/* SPDX-License-Identifier: GPL-2.0-only */
#include "stack/functions.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "stack/idmap.h"

struct functions {
	const struct profile *p;
	unsigned value;
	struct function *list;
	size_t n;
	uint32_t *of_frame;	/* frame number: function number */
	size_t *seen;		/* function number: the last sample that it was met in, + 1 */
};

static bool same_function(const struct frame *a, const struct frame *b)
{
	return a->func == b->func && (a->flags & FRAME_KERNEL) == (b->flags & FRAME_KERNEL);
}

static int number_frames(struct functions *fs)
{
	const struct profile *p = fs->p;
	struct idmap m = { 0 };
	int ret = 0;

	for (size_t i = 0; !ret && i < p->nframes; i++) {
		const struct frame *f = &p->frames[i];
		uint64_t hash = hash_mix((uintptr_t)f->func, f->flags & FRAME_KERNEL);
		bool known = false;
		size_t at;
		uint32_t id;

		hash ^= hash >> 32;
		at = idmap_at(&m, hash);
		while (!known && idmap_next(&m, hash, &at, &id))
			known = same_function(f, &p->frames[fs->list[id].frame]);
		if (!known) {
			id = fs->n++;
			fs->list[id] = (struct function){ .frame = i };
			if (!idmap_add(&m, hash, id))
				ret = -ENOMEM;
		}
		fs->of_frame[i] = id;
	}
	free(m.slots);
	return ret;
}

static void add_values(const struct profile *p, int64_t *sum, const int64_t *values)
{
	for (unsigned i = 0; i < p->ntypes; i++)
		sum[i] = profile_sum(sum[i], values[i]);
}

static void add_leaf(struct functions *fs, struct function *fn, uint32_t id)
{
	const struct profile *p = fs->p;
	const struct sample *s = &p->samples[id];
	uint32_t leaf = p->stack_frames[s->first];
	const struct frame *f = &p->frames[leaf], *known = &p->frames[fn->frame];

	if (!fn->nstacks++) {
		fn->frame = leaf;
		fn->one_place = true;
		fn->sample = id;
	} else if (f->file != known->file || f->line != known->line) {
		fn->one_place = false;
	}
	if (s->values[fs->value] > p->samples[fn->sample].values[fs->value])
		fn->sample = id;
	add_values(p, fn->flat, s->values);
}

static void add_sample(struct functions *fs, uint32_t id)
{
	const struct sample *s = &fs->p->samples[id];
	const uint32_t *frames = fs->p->stack_frames + s->first;

	add_leaf(fs, &fs->list[fs->of_frame[frames[0]]], id);
	for (uint32_t i = 0; i < s->n; i++) {
		uint32_t fn = fs->of_frame[frames[i]];

		if (fs->seen[fn] == (size_t)id + 1)
			continue;
		fs->seen[fn] = (size_t)id + 1;
		add_values(fs->p, fs->list[fn].cum, s->values);
	}
}

static int falling(int64_t a, int64_t b)
{
	return a > b ? -1 : a < b;
}

static int by_flat(const void *pa, const void *pb, void *arg)
{
	const struct functions *fs = arg;
	const struct function *a = pa, *b = pb;
	int c = falling(a->flat[fs->value], b->flat[fs->value]);

	if (!c)
		c = falling(a->cum[fs->value], b->cum[fs->value]);
	return c ? c : strcmp(fs->p->frames[a->frame].func, fs->p->frames[b->frame].func);
}

static int by_cum(const void *pa, const void *pb, void *arg)
{
	const struct functions *fs = arg;
	const struct function *a = pa, *b = pb;
	int c = falling(a->cum[fs->value], b->cum[fs->value]);

	return c ? c : by_flat(pa, pb, arg);
}

/* Frames that stand in no stack (hidden ones) make no function. */
static void drop_unseen(struct functions *fs)
{
	size_t n = 0;

	for (size_t i = 0; i < fs->n; i++)
		if (fs->seen[i])
			fs->list[n++] = fs->list[i];
	fs->n = n;
}

int profile_functions(const struct profile *p, unsigned value, bool cum, struct function **ret,
		      size_t *ret_n)
{
	struct functions fs = {
		.p = p,
		.value = value,
		.list = calloc(p->nframes + 1, sizeof(*fs.list)),
		.of_frame = calloc(p->nframes + 1, sizeof(*fs.of_frame)),
		.seen = calloc(p->nframes + 1, sizeof(*fs.seen)),
	};
	int err = fs.list && fs.of_frame && fs.seen ? number_frames(&fs) : -ENOMEM;

	for (size_t i = 0; !err && i < p->nsamples; i++)
		add_sample(&fs, i);
	if (!err)
		drop_unseen(&fs);
	free(fs.of_frame);
	free(fs.seen);
	if (err) {
		free(fs.list);
		return err;
	}
	qsort_r(fs.list, fs.n, sizeof(*fs.list), cum ? by_cum : by_flat, &fs);
	*ret = fs.list;
	*ret_n = fs.n;
	return 0;
}
