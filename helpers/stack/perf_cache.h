/* SPDX-License-Identifier: GPL-2.0-only */
/* perf_cache.h - what a piece of text turned into when it was met before; of bounded size */
#ifndef GOBPF_STACK_PERF_CACHE_H
#define GOBPF_STACK_PERF_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Texts are known by 96 bits of a hash, and by the place that 16 more give: equal hashes
 * are taken for equal texts.  A slot has two places; what was put in last stays, so that
 * the cache only ever forgets.
 */
struct perf_key {
	uint64_t lo, hi;
};

/* Of a text or any other bytes. */
struct perf_key perf_key_of(const void *data, size_t len);

struct perf_slot {
	uint64_t hi;
	uint32_t id, lo;
};

struct perf_cache {
	struct perf_slot *slots;
	size_t mask;
};

/* size: a power of two. False when out of memory. */
bool perf_cache_init(struct perf_cache *c, size_t size);
void perf_cache_free(struct perf_cache *c);

static inline bool perf_slot_is(const struct perf_slot *s, struct perf_key key)
{
	return s->hi == key.hi && s->lo == key.lo >> 32;
}

/* at: any number that the same key comes with; its lower bits choose the place. */
static inline const struct perf_slot *perf_cache_find(const struct perf_cache *c, uint64_t at,
						      struct perf_key key)
{
	const struct perf_slot *s = &c->slots[at & c->mask];

	if (perf_slot_is(s, key))
		return s;
	s = &c->slots[(at & c->mask) ^ 1];
	return perf_slot_is(s, key) ? s : NULL;
}

static inline void perf_cache_put(struct perf_cache *c, uint64_t at, struct perf_key key, uint32_t id)
{
	struct perf_slot *s = &c->slots[at & c->mask];

	c->slots[(at & c->mask) ^ 1] = *s;
	*s = (struct perf_slot){ key.hi, id, key.lo >> 32 };
}

/* A find() at that place will come. */
static inline void perf_cache_fetch(const struct perf_cache *c, uint64_t at)
{
	__builtin_prefetch(&c->slots[at & c->mask]);
}

/* The same text in another context: another key.  One context inside another is not the same as the other way round. */
static inline struct perf_key perf_key_in(struct perf_key key, uint64_t context)
{
	key.lo = ((key.lo << 23 | key.lo >> 41) ^ context) * 0x9e3779b97f4a7c15;
	key.hi = ((key.hi << 41 | key.hi >> 23) ^ context) * 0xc2b2ae3d27d4eb4f;
	key.lo ^= key.lo >> 32;
	return key;
}

/* One text behind another */
static inline struct perf_key perf_key_join(struct perf_key first, struct perf_key rest)
{
	rest.lo ^= (first.lo << 19 | first.lo >> 45) * 0x9e3779b97f4a7c15;
	rest.hi ^= (first.hi << 37 | first.hi >> 27) * 0xc2b2ae3d27d4eb4f;
	return rest;
}

#endif
