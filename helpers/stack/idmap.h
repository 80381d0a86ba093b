/* SPDX-License-Identifier: GPL-2.0-only */
/* idmap.h - hash index from "what it says" to the number of an array element */
#ifndef GOBPF_STACK_IDMAP_H
#define GOBPF_STACK_IDMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/*
 * Open addressing; a slot keeps 32 bits of the hash and the number, so most
 * misses never touch the element.  Zero-initialise, free(m.slots) at the end.
 *
 *	size_t at = idmap_at(&m, hash);
 *	uint32_t id;
 *
 *	while (idmap_next(&m, hash, &at, &id))
 *		if (element `id' is what is wanted)
 *			return id;
 *	idmap_add(&m, hash, new_id);
 */
struct idmap {
	uint64_t *slots;	/* hash << 32 | id + 1; 0: free */
	size_t n, cap;		/* cap is a power of two, at most half full */
};

static inline uint64_t hash_mix(uint64_t h, uint64_t v)
{
	h = (h ^ v) * 0x9e3779b97f4a7c15;
	return h ^ (h >> 29);
}

static inline uint64_t hash_bytes(const void *p, size_t len)
{
	const char *s = p;
	uint64_t h = len, v;

	for (; len >= 8; s += 8, len -= 8) {
		memcpy(&v, s, 8);
		h = hash_mix(h, v);
	}
	v = 0;
	memcpy(&v, s, len);
	h = hash_mix(h, v);
	return h ^ (h >> 32);
}

static inline size_t idmap_at(const struct idmap *m, uint64_t hash)
{
	return m->cap ? (uint32_t)hash & (m->cap - 1) : 0;
}

static inline bool idmap_next(const struct idmap *m, uint64_t hash, size_t *at, uint32_t *ret_id)
{
	if (!m->cap)
		return false;
	for (;;) {
		uint64_t slot = m->slots[*at];

		if (!slot)
			return false;
		*at = (*at + 1) & (m->cap - 1);
		if (slot >> 32 == (uint32_t)hash) {
			*ret_id = (uint32_t)slot - 1;
			return true;
		}
	}
}

/* False when out of memory. */
bool idmap_add(struct idmap *m, uint64_t hash, uint32_t id);

#endif
