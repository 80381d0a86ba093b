/* SPDX-License-Identifier: GPL-2.0-only */
#include "stack/perf_cache.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

struct perf_key perf_key_of(const void *data, size_t len)
{
	XXH128_hash_t h = XXH3_128bits(data, len);

	return (struct perf_key){ h.low64, h.high64 };
}
