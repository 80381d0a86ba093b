/* SPDX-License-Identifier: GPL-2.0-only */
#include "stack/profile.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "stack/idmap.h"
#include "stack/profile_index.h"

int profile_init(struct profile *p, const struct value_type *types, unsigned ntypes)
{
	*p = (struct profile){ 0 };
	if (ntypes > PROFILE_VALUES)
		ntypes = PROFILE_VALUES;
	if (ntypes)
		memcpy(p->types, types, ntypes * sizeof(*types));
	p->ntypes = ntypes;
	p->index = calloc(1, sizeof(*p->index));
	return p->index ? 0 : -ENOMEM;
}

static void index_free(struct profile_index *x)
{
	if (!x)
		return;
	while (x->chunks) {
		struct chunk *next = x->chunks->next;

		free(x->chunks);
		x->chunks = next;
	}
	free(x->strings);
	free(x->by_string.slots);
	free(x->by_frame.slots);
	free(x->by_stack.slots);
	free(x->by_pc.slots);
	free(x->by_labels.slots);
	free(x->labels);
	free(x->sets);
	free(x->pcs);
	free(x->pc_frames);
	free(x->scratch);
	free(x);
}

void profile_free(struct profile *p)
{
	for (size_t i = 0; i < p->ncomments; i++)
		free(p->comments[i]);
	free(p->comments);
	free(p->mappings);
	free(p->frames);
	free(p->stack_frames);
	free(p->samples);
	index_free(p->index);
	*p = (struct profile){ 0 };
}

int profile_comment(struct profile *p, const char *fmt, ...)
{
	va_list ap;
	char *text;
	int n;

	if (!ARRAY_ROOM(p->comments, p->ncomments, p->comments_cap))
		return -ENOMEM;
	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0)
		return -ENOMEM;
	p->comments[p->ncomments++] = text;
	return 0;
}

/* Strings live in chunks that never move, so frames may point at them. */
static char *chunk_room(struct profile_index *x, size_t len)
{
	size_t size = len > CHUNK_SIZE / 8 ? len : CHUNK_SIZE;
	struct chunk *c = x->chunks;

	if (!c || c->size - c->used < len) {
		c = malloc(sizeof(*c) + size);
		if (!c)
			return NULL;
		c->size = size;
		c->used = 0;
		c->next = x->chunks;
		x->chunks = c;
	}
	c->used += len;
	return c->data + c->used - len;
}

static const char *intern(struct profile_index *x, const char *s)
{
	size_t len = strlen(s), at;
	uint64_t hash = hash_bytes(s, len);
	uint32_t id;
	char *copy;

	at = idmap_at(&x->by_string, hash);
	while (idmap_next(&x->by_string, hash, &at, &id))
		if (!strcmp(x->strings[id], s))
			return x->strings[id];
	if (!ARRAY_ROOM(x->strings, x->nstrings, x->strings_cap))
		return NULL;
	copy = chunk_room(x, len + 1);
	if (!copy || !idmap_add(&x->by_string, hash, x->nstrings))
		return NULL;
	memcpy(copy, s, len + 1);
	x->strings[x->nstrings++] = copy;
	return copy;
}

const char *profile_intern(struct profile_index *x, const char *s)
{
	size_t i = hash_mix(0, (uintptr_t)s) % RECENT;

	if (x->recent[i].from != s || strcmp(x->recent[i].text, s)) {
		const char *text = intern(x, s);

		if (!text)
			return NULL;
		x->recent[i].from = s;
		x->recent[i].text = text;
	}
	return x->recent[i].text;
}

static bool frame_equal(const struct frame *a, const struct frame *b)
{
	return a->func == b->func && a->file == b->file && a->addr == b->addr &&
	       a->line == b->line && a->start_line == b->start_line && a->flags == b->flags &&
	       a->mapping == b->mapping;
}

int profile_frame(struct profile *p, const struct frame *f, uint32_t *ret_id)
{
	struct profile_index *x = p->index;
	struct frame new = *f;
	uint64_t hash;
	uint32_t id;
	size_t at;

	new.func = profile_intern(x, f->func);
	new.file = f->file ? profile_intern(x, f->file) : NULL;
	if (!new.func || (f->file && !new.file))
		return -ENOMEM;
	hash = hash_mix((uintptr_t)new.func, (uintptr_t)new.file);
	hash = hash_mix(hash, f->addr);
	hash = hash_mix(hash, (uint64_t)f->line << 32 | f->start_line);
	hash = hash_mix(hash, (uint64_t)f->mapping << 32 | f->flags);
	at = idmap_at(&x->by_frame, hash);
	while (idmap_next(&x->by_frame, hash, &at, &id)) {
		if (frame_equal(&p->frames[id], &new)) {
			*ret_id = id;
			return 0;
		}
	}
	if (p->nframes >= UINT32_MAX - 1 || !ARRAY_ROOM(p->frames, p->nframes, p->frames_cap) ||
	    !idmap_add(&x->by_frame, hash, p->nframes))
		return -ENOMEM;
	p->frames[p->nframes] = new;
	*ret_id = p->nframes++;
	return 0;
}

int64_t profile_sum(int64_t a, int64_t b)
{
	int64_t sum;

	if (!__builtin_add_overflow(a, b, &sum))
		return sum;
	return a < 0 ? INT64_MIN : INT64_MAX;
}

uint64_t profile_stack_hash(const uint32_t *ids, size_t n, uint32_t labels)
{
	uint64_t hash = hash_mix(hash_bytes(ids, n * sizeof(*ids)), labels);

	return hash ^ hash >> 32;
}

int profile_add_hashed(struct profile *p, uint64_t hash, const uint32_t *ids, size_t n,
		       uint32_t labels, uint32_t *ret)
{
	size_t at = idmap_at(&p->index->by_stack, hash);
	uint32_t id;

	while (idmap_next(&p->index->by_stack, hash, &at, &id)) {
		const struct sample *s = &p->samples[id];

		if (s->n == n && s->labels == labels &&
		    !memcmp(p->stack_frames + s->first, ids, n * sizeof(*ids))) {
			*ret = id;
			return 0;
		}
	}
	if (p->nsamples >= UINT32_MAX - 1 || p->nstack_frames + n > UINT32_MAX ||
	    !ARRAY_ROOM(p->samples, p->nsamples, p->samples_cap) ||
	    !ARRAY_ROOM(p->stack_frames, p->nstack_frames + n, p->stack_frames_cap) ||
	    !idmap_add(&p->index->by_stack, hash, p->nsamples))
		return -ENOMEM;
	memcpy(p->stack_frames + p->nstack_frames, ids, n * sizeof(*ids));
	p->samples[p->nsamples] = (struct sample){ p->nstack_frames, n, labels, { 0 } };
	p->nstack_frames += n;
	*ret = p->nsamples++;
	return 0;
}

void profile_add_values(struct profile *p, uint32_t sample, const int64_t *values)
{
	int64_t *to = p->samples[sample].values;

	for (unsigned i = 0; i < p->ntypes; i++)
		to[i] = profile_sum(to[i], values[i]);
}

int profile_add_labelled(struct profile *p, const uint32_t *ids, size_t n, uint32_t labels,
			 const int64_t *values, uint32_t *ret_sample)
{
	static const struct frame nothing = { .func = "[no stack]", .flags = FRAME_UNKNOWN };
	uint32_t none;
	int ret;

	if (!n) {
		ret = profile_frame(p, &nothing, &none);
		if (ret)
			return ret;
		ids = &none;
		n = 1;
	}
	if (n > STACK_DEPTH) {
		n = STACK_DEPTH;
		p->cut++;
	}
	ret = profile_add_hashed(p, profile_stack_hash(ids, n, labels), ids, n, labels, ret_sample);
	if (!ret)
		profile_add_values(p, *ret_sample, values);
	return ret;
}

int profile_add(struct profile *p, const uint32_t *ids, size_t n, const int64_t *values)
{
	uint32_t sample;

	return profile_add_labelled(p, ids, n, 0, values, &sample);
}
