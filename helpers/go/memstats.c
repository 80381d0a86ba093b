/* SPDX-License-Identifier: GPL-2.0-only */
#include "go/memstats.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "go/memstats_layout.h"
#include "go/sched.h"

enum {
	STACK_ORDERS = 4,	/* runtime/stack.go: caches of 2, 4, 8, 16 KiB stacks, .. */
	STACK_SPAN = 32 << 10,	/* .. cut from spans of that size */
	TRIES = 64, TRIES_MOVED = 1000,
};

/* The counters, with what was added up so far. */
struct delta {
	uint64_t in_stacks, in_workbufs, in_scalar, tiny, large_alloc, large_allocs, large_free,
		large_frees, small_allocs[LAYOUT_CLASSES], small_frees[LAYOUT_CLASSES];
};

/* Scratch of a reading. */
struct reading {
	struct go_memstats_reader *r;
	const struct go_memstats_layout *l;
	struct go_ps ps;
	uint32_t seq[GO_P_MAX], seq_after[GO_P_MAX];
	uint64_t mcache[GO_P_MAX], tiny[GO_P_MAX];
	struct mem_piece *pieces;	/* room for one per P and span class */
	uint8_t before[GENERATIONS * DELTA_MAX + 64], after[GENERATIONS * DELTA_MAX + 64];
	uint32_t sweepgen;
	bool same_cycle;		/* of the collector, and the same Ps, all the time */
	bool stopped;			/* the world, or was about to be */
	size_t nspans;
	struct delta cached;		/* in the caches of Ps */
	/* Of it: what may be counted already, and what may be nowhere; the same if the world is being stopped. */
	struct delta unsure, unsure_stopped;
	uint64_t stack_cached;
};

int go_memstats_open(struct go_memstats_reader *r, struct go_process *p)
{
	int err;

	*r = (struct go_memstats_reader){ .p = p, .layout = calloc(1, sizeof(*r->layout)) };
	if (!r->layout)
		return err_sys(ENOMEM, "reading memory statistics");
	err = go_memstats_layout(p, r->layout);
	if (err)
		go_memstats_close(r);
	return err;
}

void go_memstats_close(struct go_memstats_reader *r)
{
	free(r->layout);
	*r = (struct go_memstats_reader){ 0 };
}

static int got_p(void *ctx, const struct mem_piece *piece, const uint8_t *bytes)
{
	struct reading *rd = ctx;

	if (!bytes)
		return -EFAULT;
	if (piece->len == sizeof(uint64_t))
		memcpy(&rd->mcache[piece->id], bytes, sizeof(uint64_t));
	else
		memcpy(&rd->seq_after[piece->id], bytes, sizeof(uint32_t));
	return 0;
}

/* Into seq_after, and with_caches into mcache. */
static int read_ps(struct reading *rd, bool with_caches)
{
	size_t n = 0;
	int err;

	for (uint32_t i = 0; i < rd->ps.n; i++) {
		rd->pieces[n++] = (struct mem_piece){ rd->ps.addr[i] + rd->l->p_seq, 4, i };
		if (with_caches)
			rd->pieces[n++] = (struct mem_piece){ rd->ps.addr[i] + rd->l->p_mcache, 8, i };
	}
	err = mem_each(&rd->r->p->mem, rd->pieces, n, got_p, rd);
	return err ? go_read_failed(rd->r->p, err, "the runtime's processors") : 0;
}

static int got_mcache(void *ctx, const struct mem_piece *piece, const uint8_t *bytes)
{
	struct reading *rd = ctx;
	struct span b = { bytes, piece->len, false };

	if (!bytes)
		return -EFAULT;
	rd->tiny[piece->id] = span_u64(&b, rd->l->mcache_tiny);
	rd->cached.tiny += rd->tiny[piece->id];
	for (unsigned i = 0; i < STACK_ORDERS; i++) {
		uint64_t bytes_of = span_u64(&b, rd->l->mcache_stacks + 16 * i + 8);

		/* each stack may be the last of its span */
		rd->stack_cached += (bytes_of >> (11 + i)) * STACK_SPAN;
	}
	for (uint32_t i = 0; i < SPAN_CLASSES; i++) {
		uint64_t span = span_u64(&b, rd->l->mcache_alloc + 8 * i);

		if (span)
			rd->pieces[rd->nspans++] = (struct mem_piece){
				span + rd->l->span_first, rd->l->span_len, i };
	}
	return 0;
}

static int got_span(void *ctx, const struct mem_piece *piece, const uint8_t *bytes)
{
	struct reading *rd = ctx;
	struct span b = { bytes, piece->len, false };
	uint32_t gen, since;
	uint16_t allocs, before;

	if (!bytes)
		return -EFAULT;
	gen = span_u32(&b, rd->l->span_gen - rd->l->span_first);
	allocs = span_uint(&b, rd->l->span_allocs - rd->l->span_first, 2);
	before = span_uint(&b, rd->l->span_before - rd->l->span_first, 2);
	since = gen - rd->sweepgen;
	if (allocs <= before)
		return 0;
	/* cached before or after sweeping began; else it was given back */
	if (since == 1 || since == 3)
		rd->cached.small_allocs[piece->id / 2] += allocs - before;
	/*
	 * refill() gives a span back before it counts it.  releaseAll(), after sweeping began or when the
	 * world is stopped, counts it first, and before that sets allocCountBeforeCache to 0.
	 */
	if (since != 3 && (since != 1 || !before))
		rd->unsure.small_allocs[piece->id / 2] += allocs - before;
	else if (!before)
		rd->unsure_stopped.small_allocs[piece->id / 2] += allocs;
	return 0;
}

/* What the Ps have in their caches. */
static int read_caches(struct reading *rd)
{
	struct mem_piece *mcaches = rd->pieces + rd->ps.n * SPAN_CLASSES;
	size_t n = 0;
	int err;

	rd->nspans = 0;
	rd->stack_cached = 0;
	memset(&rd->cached, 0, sizeof(rd->cached));
	memset(&rd->unsure, 0, sizeof(rd->unsure));
	memset(&rd->unsure_stopped, 0, sizeof(rd->unsure_stopped));
	for (uint32_t i = 0; i < rd->ps.n; i++)
		if (rd->mcache[i])
			mcaches[n++] = (struct mem_piece){ rd->mcache[i], rd->l->mcache_size, i };
	err = mem_each(&rd->r->p->mem, mcaches, n, got_mcache, rd);
	if (!err)
		err = mem_each(&rd->r->p->mem, rd->pieces, rd->nspans, got_span, rd);
	return err ? go_read_failed(rd->r->p, err, "the caches of the runtime's processors") : 0;
}

static int read_stats(struct reading *rd, uint8_t *to)
{
	int err = mem_read_now(&rd->r->p->mem, rd->l->heap_stats, to, rd->l->gen + 4);

	return err ? go_read_failed(rd->r->p, err, "runtime.memstats") : 0;
}

static uint32_t gen_of(const struct reading *rd, const uint8_t *stats)
{
	uint32_t gen;

	memcpy(&gen, stats + rd->l->gen, sizeof(gen));
	return gen % GENERATIONS;
}

/*
 * A reader inside the program moves to the next generation, adds the one before the last to the last and
 * zeroes it.  That did not happen between or during both readings if the generation is
 * the same, the two that are not written to, too, and the one after it is zero.
 */
static bool held_still(const struct reading *rd)
{
	static const uint8_t zero[DELTA_MAX];
	uint32_t gen = gen_of(rd, rd->before), size = rd->l->delta_size;

	if (!rd->same_cycle || gen != gen_of(rd, rd->after) || memcmp(rd->before + (gen + 1) % GENERATIONS * size, zero, size))
		return false;
	for (uint32_t i = 1; i < GENERATIONS; i++) {
		uint32_t at = (gen + i) % GENERATIONS * size;

		if (memcmp(rd->before + at, rd->after + at, size))
			return false;
	}
	return true;
}

/* A P that moves what it has in its cache into the counters, or did so meanwhile? */
static bool counts_now(const struct reading *rd, unsigned i)
{
	return rd->seq[i] != rd->seq_after[i] || rd->seq[i] % 2;
}

static bool is_exact(const struct reading *rd)
{
	if (memcmp(rd->before, rd->after, rd->l->gen + 4))
		return false;
	for (unsigned i = 0; i < rd->ps.n; i++)
		if (counts_now(rd, i))
			return false;
	return true;
}

static void add_delta(const struct go_memstats_layout *l, const uint8_t *bytes, struct delta *d)
{
	struct span b = { bytes, l->delta_size, false };

	d->in_stacks += span_u64(&b, l->in_stacks);
	d->in_workbufs += span_u64(&b, l->in_workbufs);
	d->in_scalar += l->in_scalar ? span_u64(&b, l->in_scalar) : 0;
	d->tiny += span_u64(&b, l->tiny);
	d->large_alloc += span_u64(&b, l->large_alloc);
	d->large_allocs += span_u64(&b, l->large_allocs);
	d->large_free += span_u64(&b, l->large_free);
	d->large_frees += span_u64(&b, l->large_frees);
	for (unsigned i = 0; i < LAYOUT_CLASSES; i++) {
		d->small_allocs[i] += span_u64(&b, l->small_allocs + 8 * i);
		d->small_frees[i] += span_u64(&b, l->small_frees + 8 * i);
	}
}

/* Allocated and freed so far, as readmemstats_m() adds it up. */
static void add_up(const struct go_memstats_layout *l, const struct delta *d, struct go_memstats *ret)
{
	uint64_t freed = d->large_free;

	ret->total_alloc = d->large_alloc;
	ret->mallocs = d->large_allocs + d->tiny;
	ret->frees = d->large_frees + d->tiny;
	for (unsigned i = 0; i < LAYOUT_CLASSES; i++) {
		ret->total_alloc += d->small_allocs[i] * l->classes[i].size;
		freed += d->small_frees[i] * l->classes[i].size;
		ret->mallocs += d->small_allocs[i];
		ret->frees += d->small_frees[i];
	}
	ret->alloc = ret->total_alloc - freed;
}

static void sum_stats(const struct reading *rd, const uint8_t *stats, struct delta *d)
{
	for (unsigned i = 0; i < GENERATIONS; i++)
		add_delta(rd->l, stats + i * rd->l->delta_size, d);
}

static void from_values(const uint64_t *v, const struct delta *d, struct go_memstats *ret)
{
	ret->heap_inuse = v[HEAP_IN_USE];
	ret->heap_released = v[HEAP_RELEASED];
	ret->heap_idle = v[HEAP_FREE] + v[HEAP_RELEASED];
	ret->heap_sys = ret->heap_inuse + ret->heap_idle;
	ret->stack_inuse = d->in_stacks;
	ret->stack_sys = d->in_stacks + v[STACKS_SYS];
	ret->mspan_inuse = v[SPAN_INUSE];
	ret->mspan_sys = v[MSPAN_SYS];
	ret->mcache_inuse = v[CACHE_INUSE];
	ret->mcache_sys = v[MCACHE_SYS];
	ret->buckhash_sys = v[BUCKHASH_SYS];
	ret->gc_sys = v[GC_MISC_SYS] + d->in_workbufs + d->in_scalar;
	ret->other_sys = v[OTHER_SYS];
	ret->sys = ret->heap_sys + ret->stack_sys + ret->mspan_sys + ret->mcache_sys +
		   ret->buckhash_sys + ret->gc_sys + ret->other_sys;
}

/* How far from the sum what is moving may put it, in either direction. */
static void add_unsure(const struct reading *rd, struct go_memstats *ret)
{
	struct delta d = rd->unsure;
	struct go_memstats sum = { 0 };

	for (unsigned i = 0; i < LAYOUT_CLASSES && rd->stopped; i++)
		d.small_allocs[i] += rd->unsure_stopped.small_allocs[i];
	for (unsigned i = 0; i < rd->ps.n; i++)
		d.tiny += counts_now(rd, i) ? rd->tiny[i] : 0;
	add_up(rd->l, &d, &sum);
	ret->exact = ret->exact && !sum.mallocs;
	ret->lag_bytes += sum.total_alloc;
	ret->lag_objects += sum.mallocs;
}

static void finish(struct reading *rd, const uint64_t *v, struct go_memstats *ret)
{
	struct delta d = rd->cached, later = { 0 }, earlier = { 0 };
	const struct target *t = rd->r->p->target;
	bool capture = t->core && t->core->is_capture;
	struct go_memstats a, b;

	sum_stats(rd, rd->before, &d);
	*ret = (struct go_memstats){ .exact = !capture && is_exact(rd), .lag_known = !capture, .time_ns = target_now_ns(t) };
	add_up(rd->l, &d, ret);
	from_values(v, &d, ret);
	ret->stack_cached = rd->stack_cached < ret->stack_inuse ? rd->stack_cached : ret->stack_inuse;
	if (capture)
		return;
	sum_stats(rd, rd->before, &earlier);
	sum_stats(rd, rd->after, &later);
	add_up(rd->l, &earlier, &a);
	add_up(rd->l, &later, &b);
	ret->lag_bytes = b.total_alloc - a.total_alloc;
	ret->lag_objects = b.mallocs - a.mallocs;
	add_unsure(rd, ret);
}

/* The Ps, and room for pieces: mcaches behind the spans, as both are there at the same time; Ps by two each. */
static int find_ps(struct reading *rd)
{
	unsigned room = rd->ps.n;
	struct mem_piece *pieces;
	int err = go_ps_read(rd->r->p, rd->l->allp, &rd->ps);

	if (err || rd->ps.n == room)
		return err;
	pieces = realloc(rd->pieces, (size_t)rd->ps.n * (SPAN_CLASSES + 2) * sizeof(*pieces));
	if (!pieces)
		return err_sys(ENOMEM, "reading memory statistics");
	rd->pieces = pieces;
	return 0;
}

static int read_once(struct reading *rd, uint64_t v[VALUES])
{
	struct go_process *p = rd->r->p;
	uint64_t after[VALUES - SWEEPGEN];
	int err = find_ps(rd);

	if (!err)
		err = read_ps(rd, true);
	if (err)
		return err;
	memcpy(rd->seq, rd->seq_after, rd->ps.n * sizeof(*rd->seq));
	err = read_stats(rd, rd->before);
	if (!err)
		err = go_values_read(p, rd->l->values, VALUES, v);
	rd->sweepgen = v[SWEEPGEN];
	if (!err)
		err = read_caches(rd);
	if (!err)
		err = go_values_read(p, rd->l->values + SWEEPGEN, VALUES - SWEEPGEN, after);
	if (!err)
		err = read_stats(rd, rd->after);
	if (!err)
		err = read_ps(rd, false);
	if (err)
		return err;
	rd->same_cycle = after[0] == v[SWEEPGEN] && v[PROCS] == rd->ps.n && after[PROCS - SWEEPGEN] == rd->ps.n;
	rd->stopped = v[GC_WAITING] || after[GC_WAITING - SWEEPGEN];
	return 0;
}

static int read_exactly(struct reading *rd, struct go_memstats *ret)
{
	uint64_t v[VALUES] = { 0 };
	struct go_memstats now;
	bool any = false;
	int err;

	for (int i = 0; i < (any ? TRIES : TRIES_MOVED); i++) {
		err = read_once(rd, v);
		if (err)
			return err;
		if (!held_still(rd))
			continue;
		finish(rd, v, &now);
		/* the last of those that are equally good: it is the newest */
		if (!any || now.exact || now.lag_bytes <= ret->lag_bytes)
			*ret = now;
		any = true;
		if (ret->exact || !ret->lag_known)
			return 0;
	}
	if (any)
		return 0;
	return err_set(EAGAIN, "process %d (%s): its memory statistics did not hold still",
		       rd->r->p->target->pid, rd->r->p->target->comm);
}

int go_memstats_read(struct go_memstats_reader *r, struct go_memstats *ret)
{
	struct reading *rd = calloc(1, sizeof(*rd));
	int err;

	if (!rd)
		return err_sys(ENOMEM, "reading memory statistics");
	rd->r = r;
	rd->l = r->layout;
	err = read_exactly(rd, ret);
	free(rd->pieces);
	free(rd);
	return err;
}
