/* SPDX-License-Identifier: GPL-2.0-only */
#include "stack/profile_queue.h"

#include <errno.h>

#include "stack/profile_index.h"

enum {
	STEP = 4,		/* stacks between two steps */
	LENGTH = 4 * STEP,	/* a power of two */
	/* stacks begin in different sets of the cache */
	STRIDE = STACK_DEPTH + 32,
};

struct profile_queue {
	struct profile *p;
	size_t first, end;	/* numbers of stacks, modulo LENGTH */
	struct queued {
		uint64_t hash;
		uint32_t n, labels, found;	/* found: a sample that may be it, or NONE */
		int64_t values[PROFILE_VALUES];
	} v[LENGTH];
	uint32_t ids[LENGTH][STRIDE];
};

enum { NONE = UINT32_MAX };

struct profile_queue *profile_queue_new(struct profile *p)
{
	struct profile_queue *q = malloc(sizeof(*q));

	if (!q)
		return NULL;
	q->p = p;
	q->first = q->end = 0;
	return q;
}

void profile_queue_free(struct profile_queue *q)
{
	free(q);
}

static struct queued *at(struct profile_queue *q, size_t number)
{
	return &q->v[number % LENGTH];
}

/* Its place in the index is there: which sample is it about? */
static void look_at_index(struct profile_queue *q, struct queued *s)
{
	const struct idmap *m = &q->p->index->by_stack;
	size_t slot = idmap_at(m, s->hash);

	s->found = NONE;
	if (idmap_next(m, s->hash, &slot, &s->found))
		__builtin_prefetch(&q->p->samples[s->found]);
}

static void look_at_sample(struct profile_queue *q, const struct queued *s)
{
	if (s->found != NONE)
		__builtin_prefetch(&q->p->stack_frames[q->p->samples[s->found].first]);
}

static int add_first(struct profile_queue *q)
{
	const struct queued *s = at(q, q->first);
	uint32_t sample;
	int ret = profile_add_hashed(q->p, s->hash, q->ids[q->first % LENGTH], s->n, s->labels, &sample);

	q->first++;
	if (!ret)
		profile_add_values(q->p, sample, s->values);
	return ret;
}

int profile_queue_add(struct profile_queue *q, const uint32_t *ids, size_t n, uint32_t labels,
		      const int64_t *values)
{
	const struct idmap *m = &q->p->index->by_stack;
	struct queued *s;
	uint32_t sample;
	int ret;

	if (!n || n > STACK_DEPTH) {
		ret = profile_queue_end(q);
		return ret ? ret : profile_add_labelled(q->p, ids, n, labels, values, &sample);
	}
	ret = q->end - q->first == LENGTH ? add_first(q) : 0;
	if (ret)
		return ret;
	s = at(q, q->end);
	memcpy(q->ids[q->end % LENGTH], ids, n * sizeof(*ids));
	s->n = n;
	s->labels = labels;
	s->hash = profile_stack_hash(ids, n, labels);
	memcpy(s->values, values, sizeof(s->values));
	if (m->cap)
		__builtin_prefetch(&m->slots[idmap_at(m, s->hash)]);
	if (q->end - q->first >= STEP)
		look_at_index(q, at(q, q->end - STEP));
	if (q->end - q->first >= 2 * STEP)
		look_at_sample(q, at(q, q->end - 2 * STEP));
	q->end++;
	return 0;
}

int profile_queue_end(struct profile_queue *q)
{
	int ret = 0;

	while (!ret && q->first != q->end)
		ret = add_first(q);
	return ret;
}
