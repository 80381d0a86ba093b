/* SPDX-License-Identifier: GPL-2.0-only */
/* tally.c - stacks by their 64-bit hash, summed over bursts */
#include "collect/tally.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

static size_t slot_of(const struct tally *t, uint64_t key)
{
	size_t i = key & (t->nslots - 1);

	while (t->slots[i] && t->v[t->slots[i] - 1].key != key)
		i = (i + 1) & (t->nslots - 1);
	return i;
}

/* Never more than half full. */
static int grow(struct tally *t)
{
	size_t n = t->nslots ? 2 * t->nslots : 256;
	uint32_t *slots = calloc(n, sizeof(*slots));

	if (!slots)
		return -1;
	free(t->slots);
	t->slots = slots;
	t->nslots = n;
	for (size_t i = 0; i < t->n; i++)
		t->slots[slot_of(t, t->v[i].key)] = (uint32_t)i + 1;
	return 0;
}

struct tally_stack *tally_at(struct tally *t, uint64_t key, const uint64_t *frames,
			     unsigned nframes)
{
	struct tally_stack *s;
	size_t slot;

	if (2 * (t->n + 1) > t->nslots && grow(t))
		return NULL;
	slot = slot_of(t, key);
	if (t->slots[slot])
		return &t->v[t->slots[slot] - 1];
	if (!ARRAY_ROOM(t->v, t->n, t->cap))
		return NULL;
	s = &t->v[t->n];
	*s = (struct tally_stack){ .key = key, .nframes = nframes };
	s->frames = malloc((nframes ? nframes : 1) * sizeof(*s->frames));
	if (!s->frames)
		return NULL;
	memcpy(s->frames, frames, nframes * sizeof(*s->frames));
	t->slots[slot] = (uint32_t) ++t->n;
	return s;
}

void tally_free(struct tally *t)
{
	for (size_t i = 0; i < t->n; i++)
		free(t->v[i].frames);
	free(t->v);
	free(t->slots);
	*t = (struct tally){ 0 };
}
