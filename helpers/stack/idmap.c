/* SPDX-License-Identifier: GPL-2.0-only */
#include "stack/idmap.h"

static void put(uint64_t *slots, size_t cap, uint64_t slot)
{
	size_t at = (slot >> 32) & (cap - 1);

	while (slots[at])
		at = (at + 1) & (cap - 1);
	slots[at] = slot;
}

static bool grow(struct idmap *m)
{
	size_t cap = m->cap ? m->cap * 2 : 64;
	uint64_t *slots = calloc(cap, sizeof(*slots));

	if (!slots)
		return false;
	for (size_t i = 0; i < m->cap; i++)
		if (m->slots[i])
			put(slots, cap, m->slots[i]);
	free(m->slots);
	m->slots = slots;
	m->cap = cap;
	return true;
}

bool idmap_add(struct idmap *m, uint64_t hash, uint32_t id)
{
	if (m->n >= m->cap / 2 && !grow(m))
		return false;
	put(m->slots, m->cap, hash << 32 | (uint64_t)(id + 1));
	m->n++;
	return true;
}
