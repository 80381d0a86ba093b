/* SPDX-License-Identifier: GPL-2.0-only */
/* waitfor_refs.c - whose stacks refer to what others wait for, and who is stuck because of it */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "go/waitfor.h"

enum {
	STACK_READ = 64 << 10,	/* of a stack, at most: references further out are missed */
	BATCH = 256,
	REFS_MAX = 1 << 24,
};

struct range {
	uint64_t lo, hi, below;	/* below: the highest hi of all ranges up to this */
	uint32_t object;
};

struct scan {
	struct go_goroutines *gs;
	struct go_wait_graph *w;
	struct range *ranges;	/* by lo */
	size_t n;
};

static int by_lo(const void *pa, const void *pb)
{
	const struct range *a = pa, *b = pb;

	return a->lo < b->lo ? -1 : a->lo > b->lo;
}

static bool waits_for(const struct go_wait_graph *w, uint32_t g, uint32_t object)
{
	const struct go_wait_object *o = &w->objects[object];
	uint32_t lo = o->first, hi = o->first + o->n;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (w->waiters[mid].g == g)
			return true;
		if (w->waiters[mid].g < g)
			lo = mid + 1;
		else
			hi = mid;
	}
	return false;
}

static int add_ref(struct go_wait_graph *w, uint32_t g, uint32_t object, size_t from)
{
	if (w->nrefs >= REFS_MAX || waits_for(w, g, object))
		return 0;
	for (size_t i = w->nrefs; i > from; i--)
		if (w->refs[i - 1].object == object)
			return 0;
	if (!ARRAY_ROOM(w->refs, w->nrefs, w->refs_cap))
		return -ENOMEM;
	w->refs[w->nrefs++] = (struct go_waiter){ object, g };
	return 0;
}

/* All objects in whose range the word is. */
static int look_up(struct scan *s, uint32_t g, uint64_t word, size_t from)
{
	size_t lo = 0, hi = s->n;
	int err = 0;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (s->ranges[mid].lo <= word)
			lo = mid + 1;
		else
			hi = mid;
	}
	while (lo-- && !err && s->ranges[lo].below > word)
		if (word < s->ranges[lo].hi)
			err = add_ref(s->w, g, s->ranges[lo].object, from);
	return err;
}

static int got_stack(void *ctx, const struct mem_piece *piece, const uint8_t *bytes)
{
	struct scan *s = ctx;
	struct span b = { bytes, piece->len, false };
	size_t from = s->w->nrefs;
	int err = 0;

	for (uint32_t i = 0; bytes && i + 8 <= piece->len && !err; i += 8) {
		uint64_t word = span_u64(&b, i);

		if (word >= s->ranges[0].lo && word < s->ranges[s->n - 1].below)
			err = look_up(s, piece->id, word, from);
	}
	return err;
}

static int scan_stacks(struct scan *s, struct mem *m)
{
	struct mem_piece pieces[BATCH];
	size_t n = 0;
	int err = 0;

	for (size_t i = 0; i < s->gs->n && !err; i++) {
		const struct goroutine *g = &s->gs->v[i];
		/* what runs may be anywhere in it */
		uint64_t sp = g->status == G_RUNNING || g->sp < g->lo || g->sp >= g->hi ? g->lo : g->sp;
		uint64_t len = g->hi - sp;

		if (g->hi <= g->lo)
			continue;
		if (len > STACK_READ) {
			sp = g->status == G_RUNNING ? g->hi - STACK_READ : sp;
			len = STACK_READ;
		}
		pieces[n++] = (struct mem_piece){ sp & ~7ull, len, i };
		if (n == BATCH || i + 1 == s->gs->n) {
			err = mem_each(m, pieces, n, got_stack, s);
			n = 0;
		}
	}
	return err || !n ? err : mem_each(m, pieces, n, got_stack, s);
}

static bool can_be_woken(const struct go_wait_graph *w, const struct go_wait_object *o)
{
	if (!o->nrefs || o->closed || o->timer)
		return true;
	for (uint32_t i = 0; i < o->nrefs; i++)
		if (!w->v[w->refs[o->first_ref + i].g].waits)
			return true;
	return false;
}

static int by_goroutine(const void *pa, const void *pb)
{
	const struct go_waiter *a = pa, *b = pb;

	return a->g < b->g ? -1 : a->g > b->g;
}

/* Those that wait for o are not stuck; who was let go just now comes behind the others in go. */
static size_t let_go(struct go_wait_graph *w, const struct go_wait_object *o, uint32_t *go, size_t n)
{
	for (uint32_t i = 0; i < o->n; i++) {
		uint32_t g = w->waiters[o->first + i].g;

		if (w->v[g].stuck)
			go[n++] = g;
		w->v[g].stuck = false;
	}
	return n;
}

/* All that wait are taken to be stuck, then those are let go that somebody could wake, until that's all. */
static int find_stuck(struct go_wait_graph *w)
{
	struct go_waiter *refs = malloc((w->nrefs + 1) * sizeof(*refs));
	uint32_t *go = malloc((w->n + 1) * sizeof(*go));
	size_t n = 0;

	if (!refs || !go) {
		free(refs);
		free(go);
		return -ENOMEM;
	}
	if (w->nrefs)
		memcpy(refs, w->refs, w->nrefs * sizeof(*refs));
	qsort(refs, w->nrefs, sizeof(*refs), by_goroutine);
	for (size_t i = 0; i < w->n; i++)
		w->v[i].stuck = w->v[i].waits;
	for (size_t i = 0; i < w->nobjects; i++)
		if (can_be_woken(w, &w->objects[i]))
			n = let_go(w, &w->objects[i], go, n);
	for (size_t i = 0; i < n; i++) {
		size_t lo = 0, hi = w->nrefs;

		while (lo < hi) {
			size_t mid = lo + (hi - lo) / 2;

			if (refs[mid].g < go[i])
				lo = mid + 1;
			else
				hi = mid;
		}
		for (; lo < w->nrefs && refs[lo].g == go[i]; lo++)
			n = let_go(w, &w->objects[refs[lo].object], go, n);
	}
	free(refs);
	free(go);
	return 0;
}

static uint32_t root_of(uint32_t *parent, uint32_t i)
{
	while (parent[i] != i) {
		parent[i] = parent[parent[i]];
		i = parent[i];
	}
	return i;
}

/* Those that are stuck because of each other get the same number. */
static int number_cycles(struct go_wait_graph *w)
{
	uint32_t *parent = malloc((w->n + 1) * sizeof(*parent)), root;

	if (!parent)
		return -ENOMEM;
	for (size_t i = 0; i < w->n; i++)
		parent[i] = i;
	for (size_t i = 0; i < w->nobjects; i++) {
		const struct go_wait_object *o = &w->objects[i];

		for (uint32_t k = 0; k < o->n; k++) {
			uint32_t g = w->waiters[o->first + k].g;

			for (uint32_t j = 0; w->v[g].stuck && j < o->nrefs; j++)
				parent[root_of(parent, g)] = root_of(parent, w->refs[o->first_ref + j].g);
		}
	}
	for (size_t i = 0; i < w->n; i++) {
		if (!w->v[i].stuck)
			continue;
		root = root_of(parent, i);
		if (!w->v[root].cycle)
			w->v[root].cycle = ++w->ncycles;
		w->v[i].cycle = w->v[root].cycle;
	}
	free(parent);
	return 0;
}

int go_wait_refs(struct go_g_reader *r, struct go_goroutines *gs, struct go_wait_graph *w)
{
	struct scan s = { .gs = gs, .w = w, .n = w->nobjects };
	int err;

	if (!s.n)
		return 0;
	s.ranges = calloc(s.n, sizeof(*s.ranges));
	if (!s.ranges)
		return -ENOMEM;
	for (size_t i = 0; i < s.n; i++)
		s.ranges[i] = (struct range){ w->objects[i].lo, w->objects[i].hi, 0, i };
	qsort(s.ranges, s.n, sizeof(*s.ranges), by_lo);
	for (size_t i = 0; i < s.n; i++) {
		uint64_t before = i ? s.ranges[i - 1].below : 0;

		s.ranges[i].below = s.ranges[i].hi > before ? s.ranges[i].hi : before;
	}
	err = scan_stacks(&s, &r->p->mem);
	free(s.ranges);
	if (err)
		return err;
	if (w->nrefs)
		qsort(w->refs, w->nrefs, sizeof(*w->refs), go_waiter_order);
	for (size_t i = w->nrefs; i--;) {
		w->objects[w->refs[i].object].first_ref = i;
		w->objects[w->refs[i].object].nrefs++;
	}
	err = find_stuck(w);
	return err ? err : number_cycles(w);
}
