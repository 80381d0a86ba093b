/* SPDX-License-Identifier: GPL-2.0-only */
/* perf_cache.h - what a piece of text turned into when it was met before; of bounded size */
#ifndef GOBPF_STACK_PERF_CACHE_H
#define GOBPF_STACK_PERF_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/*
 * Texts are known by 128 bits of hash only: equal hashes are taken for equal
 * texts.  A slot has two places; what was put in last stays, so that the cache
 * only ever forgets.
 */
struct perf_key {
	uint64_t lo, hi;
};

/* Of a text or any other bytes. */
struct perf_key perf_key_of(const void *data, size_t len);

struct perf_slot {
	struct perf_key key;
	uint32_t id, extra;
};

struct perf_cache {
	struct perf_slot *slots;
	size_t mask;
};

/* size: a power of two. False when out of memory. Pages that nothing was put into take none. */
static inline bool perf_cache_init(struct perf_cache *c, size_t size)
{
	c->slots = calloc(size, sizeof(*c->slots));
	c->mask = size - 1;
	return c->slots;
}

static inline void perf_cache_free(struct perf_cache *c)
{
	free(c->slots);
	c->slots = NULL;
}

static inline bool perf_slot_is(const struct perf_slot *s, struct perf_key key)
{
	return s->key.lo == key.lo && s->key.hi == key.hi;
}

static inline const struct perf_slot *perf_cache_find(const struct perf_cache *c, struct perf_key key)
{
	const struct perf_slot *s = &c->slots[key.lo & c->mask];

	if (perf_slot_is(s, key))
		return s;
	s = &c->slots[(key.lo & c->mask) ^ 1];
	return perf_slot_is(s, key) ? s : NULL;
}

static inline void perf_cache_put(struct perf_cache *c, struct perf_key key, uint32_t id, uint32_t extra)
{
	size_t at = key.lo & c->mask;

	c->slots[at ^ 1] = c->slots[at];
	c->slots[at] = (struct perf_slot){ key, id, extra };
}

/* The same text in another context: another key.  One context inside another is not the same as the other way round. */
static inline struct perf_key perf_key_in(struct perf_key key, uint64_t context)
{
	key.lo = ((key.lo << 23 | key.lo >> 41) ^ context) * 0x9e3779b97f4a7c15;
	key.hi = ((key.hi << 41 | key.hi >> 23) ^ context) * 0xc2b2ae3d27d4eb4f;
	key.lo ^= key.lo >> 32;
	return key;
}

#endif
