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
	free(p->mapping.path);
	free(p->mapping.build_id);
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

int profile_set_mapping(struct profile *p, uint64_t start, uint64_t limit, uint64_t offset,
			const char *path, const char *build_id)
{
	char *new_path = strdup(path ? path : "");
	char *new_id = strdup(build_id ? build_id : "");

	if (!new_path || !new_id) {
		free(new_path);
		free(new_id);
		return -ENOMEM;
	}
	free(p->mapping.path);
	free(p->mapping.build_id);
	p->mapping.start = start;
	p->mapping.limit = limit;
	p->mapping.offset = offset;
	p->mapping.path = new_path;
	p->mapping.build_id = new_id;
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

/* The same text gives the same pointer. */
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

static bool frame_equal(const struct frame *a, const struct frame *b)
{
	return a->func == b->func && a->file == b->file && a->addr == b->addr &&
	       a->line == b->line && a->start_line == b->start_line && a->flags == b->flags;
}

int profile_frame(struct profile *p, const struct frame *f, uint32_t *ret_id)
{
	struct profile_index *x = p->index;
	struct frame new = *f;
	uint64_t hash;
	uint32_t id;
	size_t at;

	new.func = intern(x, f->func);
	new.file = f->file ? intern(x, f->file) : NULL;
	if (!new.func || (f->file && !new.file))
		return -ENOMEM;
	hash = hash_mix((uintptr_t)new.func, (uintptr_t)new.file);
	hash = hash_mix(hash, f->addr);
	hash = hash_mix(hash, (uint64_t)f->line << 32 | f->start_line);
	hash = hash_mix(hash, f->flags);
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

static int add_stack(struct profile *p, const uint32_t *ids, size_t n, uint32_t *ret)
{
	uint64_t hash = hash_bytes(ids, n * sizeof(*ids));
	size_t at = idmap_at(&p->index->by_stack, hash);
	uint32_t id;

	while (idmap_next(&p->index->by_stack, hash, &at, &id)) {
		const struct sample *s = &p->samples[id];

		if (s->n == n && !memcmp(p->stack_frames + s->first, ids, n * sizeof(*ids))) {
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
	p->samples[p->nsamples] = (struct sample){ .first = p->nstack_frames, .n = n };
	p->nstack_frames += n;
	*ret = p->nsamples++;
	return 0;
}

int profile_add(struct profile *p, const uint32_t *ids, size_t n, const int64_t *values)
{
	static const struct frame nothing = { .func = "[no stack]", .flags = FRAME_UNKNOWN };
	uint32_t none, id;
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
	ret = add_stack(p, ids, n, &id);
	if (ret)
		return ret;
	for (unsigned i = 0; i < p->ntypes; i++) {
		int64_t *v = &p->samples[id].values[i];

		*v = profile_sum(*v, values[i]);
	}
	return 0;
}
