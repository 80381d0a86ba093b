/* SPDX-License-Identifier: GPL-2.0-only */
#include "go/memstats.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "go/layout.h"
#include "go/sched.h"
#include "go/values.h"

enum {
	GENERATIONS = 3,
	DELTA_MAX = 2048, MCACHE_MAX = 8192, SPAN_PART_MAX = 128,
	SPAN_CLASSES = 2 * LAYOUT_CLASSES,
	STACK_ORDERS = 4,	/* runtime/stack.go: caches of 2, 4, 8, 16 KiB stacks, .. */
	STACK_SPAN = 32 << 10,	/* .. cut from spans of that size */
	TRIES = 64, TRIES_MOVED = 1000,
};

enum {
	STACKS_SYS, MSPAN_SYS, MCACHE_SYS, BUCKHASH_SYS, GC_MISC_SYS, OTHER_SYS,
	HEAP_IN_USE, HEAP_FREE, HEAP_RELEASED, SPAN_INUSE, CACHE_INUSE, SWEEPGEN, VALUES,
};

static const struct go_value_want wants[VALUES] = {
	[STACKS_SYS] = { GLOBAL_MEMSTATS, "runtime.mstats", "stacks_sys", 0, false },
	[MSPAN_SYS] = { GLOBAL_MEMSTATS, "runtime.mstats", "mspan_sys", 0, false },
	[MCACHE_SYS] = { GLOBAL_MEMSTATS, "runtime.mstats", "mcache_sys", 0, false },
	[BUCKHASH_SYS] = { GLOBAL_MEMSTATS, "runtime.mstats", "buckhash_sys", 0, false },
	[GC_MISC_SYS] = { GLOBAL_MEMSTATS, "runtime.mstats", "gcMiscSys", 0, false },
	[OTHER_SYS] = { GLOBAL_MEMSTATS, "runtime.mstats", "other_sys", 0, false },
	[HEAP_IN_USE] = { GLOBAL_GCCONTROLLER, "runtime.gcControllerState", "heapInUse", 0, false },
	[HEAP_FREE] = { GLOBAL_GCCONTROLLER, "runtime.gcControllerState", "heapFree", 0, false },
	[HEAP_RELEASED] = { GLOBAL_GCCONTROLLER, "runtime.gcControllerState", "heapReleased", 0, false },
	[SPAN_INUSE] = { GLOBAL_MHEAP, "runtime.mheap", "spanalloc.inuse", 0, false },
	[CACHE_INUSE] = { GLOBAL_MHEAP, "runtime.mheap", "cachealloc.inuse", 0, false },
	[SWEEPGEN] = { GLOBAL_MHEAP, "runtime.mheap", "sweepgen", 0, false },
};

struct go_memstats_layout {
	struct go_value values[VALUES];
	uint64_t allp, heap_stats;	/* run-time addresses */
	struct layout_class classes[LAYOUT_CLASSES];
	uint32_t gen;			/* in consistentHeapStats */
	/* in heapStatsDelta; scalar: 0 where this version doesn't have it */
	uint32_t delta_size, in_stacks, in_workbufs, in_scalar, tiny, large_alloc, large_allocs,
		large_free, large_frees, small_allocs, small_frees;
	uint32_t p_mcache, p_seq;
	uint32_t mcache_size, mcache_tiny, mcache_alloc, mcache_stacks;
	/* in mspan, of which the part from span_first on is read */
	uint32_t span_first, span_len, span_allocs, span_before, span_gen;
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
	uint64_t mcache[GO_P_MAX];
	struct mem_piece *pieces;	/* room for one per P and span class */
	uint8_t before[GENERATIONS * DELTA_MAX + 64], after[GENERATIONS * DELTA_MAX + 64];
	uint32_t sweepgen;
	size_t nspans;
	struct delta cached;		/* in the caches of Ps */
	uint64_t stack_cached;
};

static int find_offsets(struct go_memstats_layout *l, const struct go_process *p)
{
	uint32_t stats, small, elem;
	const struct go_offset_want offsets[] = {
		{ "runtime.consistentHeapStats", "stats", &stats, NULL, false },
		{ "runtime.consistentHeapStats", "gen", &l->gen, NULL, false },
		{ "runtime.heapStatsDelta", "sizeof", NULL, &l->delta_size, false },
		{ "runtime.heapStatsDelta", "inStacks", &l->in_stacks, NULL, false },
		{ "runtime.heapStatsDelta", "inWorkBufs", &l->in_workbufs, NULL, false },
		{ "runtime.heapStatsDelta", "inPtrScalarBits", &l->in_scalar, NULL, true },
		{ "runtime.heapStatsDelta", "tinyAllocCount", &l->tiny, NULL, false },
		{ "runtime.heapStatsDelta", "largeAlloc", &l->large_alloc, NULL, false },
		{ "runtime.heapStatsDelta", "largeAllocCount", &l->large_allocs, NULL, false },
		{ "runtime.heapStatsDelta", "largeFree", &l->large_free, NULL, false },
		{ "runtime.heapStatsDelta", "largeFreeCount", &l->large_frees, NULL, false },
		{ "runtime.heapStatsDelta", "smallAllocCount", &l->small_allocs, &small, false },
		{ "runtime.heapStatsDelta", "smallFreeCount", &l->small_frees, NULL, false },
		{ "runtime.p", "mcache", &l->p_mcache, NULL, false },
		{ "runtime.p", "statsSeq", &l->p_seq, NULL, false },
		{ "runtime.mcache", "sizeof", NULL, &l->mcache_size, false },
		{ "runtime.mcache", "tinyAllocs", &l->mcache_tiny, NULL, false },
		{ "runtime.mcache", "alloc", &l->mcache_alloc, &elem, false },
		{ "runtime.mcache", "stackcache", &l->mcache_stacks, NULL, false },
		{ "runtime.mspan", "allocCount", &l->span_allocs, NULL, false },
		{ "runtime.mspan", "allocCountBeforeCache", &l->span_before, NULL, false },
		{ "runtime.mspan", "sweepgen", &l->span_gen, NULL, false },
	};
	int err = go_offsets_find(p, offsets, ARRAY_SIZE(offsets));

	if (err)
		return err;
	l->span_first = l->span_gen < l->span_allocs ? l->span_gen : l->span_allocs;
	l->span_len = l->span_before + 2 - l->span_first;
	if (stats || l->delta_size > DELTA_MAX || l->gen > GENERATIONS * DELTA_MAX ||
	    l->gen < GENERATIONS * l->delta_size || small != LAYOUT_CLASSES * 8 ||
	    elem != SPAN_CLASSES * 8 || l->mcache_size > MCACHE_MAX ||
	    l->span_before < l->span_allocs || l->span_len > SPAN_PART_MAX)
		return err_set(ENOEXEC, "unexpected layout of runtime.mstats, mcache or mspan");
	return 0;
}

static int find_stats(struct go_memstats_layout *l, const struct go_process *p)
{
	const struct go_value_want stats = { GLOBAL_MEMSTATS, NULL, NULL, 8, false };
	const struct go_value_want allp = { GLOBAL_ALLP, NULL, NULL, 8, false };
	struct go_value at;
	uint32_t offset;
	const struct go_offset_want in_memstats = { "runtime.mstats", "heapStats", &offset, NULL, false };
	int err = go_offsets_find(p, &in_memstats, 1);

	if (!err)
		err = go_values_find(p, &stats, 1, &at);
	if (err)
		return err;
	l->heap_stats = at.addr + offset;
	err = go_values_find(p, &allp, 1, &at);
	l->allp = at.addr;
	return err;
}

int go_memstats_open(struct go_memstats_reader *r, struct go_process *p)
{
	int err;

	*r = (struct go_memstats_reader){ .p = p, .layout = calloc(1, sizeof(*r->layout)) };
	if (!r->layout)
		return err_sys(ENOMEM, "reading memory statistics");
	err = find_offsets(r->layout, p);
	if (!err)
		err = layout_classes(p->go.version.minor, r->layout->classes);
	if (!err)
		err = find_stats(r->layout, p);
	if (!err)
		err = go_values_find(p, wants, VALUES, r->layout->values);
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
	rd->cached.tiny += span_u64(&b, rd->l->mcache_tiny);
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
	/* cached before or after sweeping began; else it was given back and counted, or is the empty one */
	if ((since == 1 || since == 3) && allocs >= before)
		rd->cached.small_allocs[piece->id / 2] += allocs - before;
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

	if (gen != gen_of(rd, rd->after) || memcmp(rd->before + (gen + 1) % GENERATIONS * size, zero, size))
		return false;
	for (uint32_t i = 1; i < GENERATIONS; i++) {
		uint32_t at = (gen + i) % GENERATIONS * size;

		if (memcmp(rd->before + at, rd->after + at, size))
			return false;
	}
	return true;
}

static bool is_exact(const struct reading *rd)
{
	if (memcmp(rd->before, rd->after, rd->l->gen + 4))
		return false;
	for (unsigned i = 0; i < rd->ps.n; i++)
		if (rd->seq[i] != rd->seq_after[i] || rd->seq[i] % 2)
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
	if (ret->exact)
		return;
	sum_stats(rd, rd->before, &earlier);
	sum_stats(rd, rd->after, &later);
	add_up(rd->l, &earlier, &a);
	add_up(rd->l, &later, &b);
	ret->lag_bytes = b.total_alloc - a.total_alloc;
	ret->lag_objects = b.mallocs - a.mallocs;
}

static int read_once(struct reading *rd, uint64_t v[VALUES])
{
	struct go_process *p = rd->r->p;
	int err = read_ps(rd, true);

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
		err = read_stats(rd, rd->after);
	return err ? err : read_ps(rd, false);
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
	err = go_ps_read(r->p, rd->l->allp, &rd->ps);
	if (!err) {
		/* mcaches behind the spans: both are there at the same time; Ps by two pieces each */
		rd->pieces = malloc((size_t)rd->ps.n * (SPAN_CLASSES + 2) * sizeof(*rd->pieces));
		err = rd->pieces ? read_exactly(rd, ret) : err_sys(ENOMEM, "reading memory statistics");
	}
	free(rd->pieces);
	free(rd);
	return err;
}
