/* SPDX-License-Identifier: GPL-2.0-only */
#include "stack/perf_cache.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

/* As a rule most of a cache is in use soon; in one huge page it costs one page fault, and one entry of the TLB. */
enum { HUGE = 2 << 20 };

struct perf_key perf_key_of(const void *data, size_t len)
{
	XXH128_hash_t h = XXH3_128bits(data, len);

	return (struct perf_key){ h.low64, h.high64 };
}

bool perf_cache_init(struct perf_cache *c, size_t size)
{
	size_t bytes = size * sizeof(*c->slots);

	c->mask = size - 1;
	c->slots = aligned_alloc(bytes < HUGE ? 64 : HUGE, bytes);
	if (!c->slots)
		return false;
	if (bytes >= HUGE)
		madvise(c->slots, bytes, MADV_HUGEPAGE);
	memset(c->slots, 0, bytes);
	return true;
}

void perf_cache_free(struct perf_cache *c)
{
	free(c->slots);
	c->slots = NULL;
}
