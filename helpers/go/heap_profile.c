/* SPDX-License-Identifier: GPL-2.0-only */
#include "go/heap_profile.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "go/globals.h"
#include "go/layout.h"

const struct value_type go_heap_types[MEM_VALUES] = {
	[MEM_ALLOC_OBJECTS] = { "alloc_objects", "count", false },
	[MEM_ALLOC_SPACE] = { "alloc_space", "bytes", false },
	[MEM_INUSE_OBJECTS] = { "inuse_objects", "count", false },
	[MEM_INUSE_SPACE] = { "inuse_space", "bytes", false },
};

/* Go's math.Exp goes by these on amd64, too (math/exp_amd64.go). */
static bool has_fma(void)
{
	static int known;

	if (!known)
		known = __builtin_cpu_supports("avx") && __builtin_cpu_supports("fma") ? 1 : -1;
	return known > 0;
}

static double times_plus(double a, double b, double c)
{
	return has_fma() ? fma(a, b, c) : a * b + c;
}

/* After Shibata, "Efficient evaluation methods of elementary functions suitable for SIMD computation". */
double go_exp(double x)
{
	static const double high = 0.69314718055966295651160180568695068359375;	/* of ln 2 */
	static const double low = 0.28235290563031577122588448175013436025525412068e-12;
	static const double factorials[] = {	/* 1/n! of n = 8 down to 1 */
		2.4801587301587301587e-5, 1.9841269841269841270e-4, 1.3888888888888888889e-3,
		8.3333333333333333333e-3, 4.1666666666666666667e-2, 1.6666666666666666667e-1, 0.5, 1.0,
	};
	double twos = rint(x * M_LOG2E), r, sum = factorials[0];

	if (twos < -1000)
		return 0;
	if (!(twos < 1000))
		return INFINITY;
	r = times_plus(-low, twos, times_plus(-high, twos, x)) / 16;
	for (unsigned i = 1; i < ARRAY_SIZE(factorials); i++)
		sum = times_plus(sum, r, factorials[i]);
	sum *= r;	/* e^r - 1; squared four times: (e^r - 1) (e^r + 1) = e^2r - 1 */
	for (int i = 0; i < 3; i++)
		sum *= sum + 2;
	return ldexp(times_plus(sum, sum + 2, 1), (int)twos);
}

/* As Go converts where the number fits; saturating where not. */
static int64_t whole(double v)
{
	return v >= 0x1p63 ? INT64_MAX : v < -0x1p63 ? INT64_MIN : (int64_t)v;
}

/* runtime/pprof/protomem.go, scaleHeapSample */
static void scale(uint64_t objects, uint64_t bytes, uint64_t rate, int64_t *ret_objects,
		  int64_t *ret_bytes)
{
	double n = (double)(int64_t)objects, size = (double)(int64_t)bytes, factor;

	*ret_objects = *ret_bytes = 0;
	if (!objects || !bytes)
		return;
	*ret_objects = (int64_t)objects;
	*ret_bytes = (int64_t)bytes;
	if (rate <= 1)
		return;
	factor = 1 / (1 - go_exp(-(size / n) / (double)rate));
	*ret_objects = whole(n * factor);
	*ret_bytes = whole(size * factor);
}

void go_heap_values(const struct go_buckets *b, const struct go_bucket *k, int64_t ret[MEM_VALUES])
{
	struct go_mem_cycle c = go_bucket_published(b, k);

	scale(c.allocs, c.alloc_bytes, b->rate, &ret[MEM_ALLOC_OBJECTS], &ret[MEM_ALLOC_SPACE]);
	scale(c.allocs - c.frees, c.alloc_bytes - c.free_bytes, b->rate, &ret[MEM_INUSE_OBJECTS],
	      &ret[MEM_INUSE_SPACE]);
}

/*
 * runtime/pprof/protomem.go, writeHeapProto: the allocator's own frames are left out by the name that
 * runtime.FuncForPC() has for the return address itself.  Behind the last call of what was inlined
 * that is another function's.
 */
static bool is_allocator(const struct go_heap_symbols *s, uint64_t pc)
{
	enum { DEEP = 128, INTERNAL_SINCE = 24 };
	struct frame at[DEEP];

	if (s->all.frames(s->p, pc, 0, at, DEEP) <= 0)
		return false;
	return !strncmp(at[0].func, "runtime.", 8) ||
	       (s->p->go.version.minor >= INTERNAL_SINCE && !strncmp(at[0].func, "internal/runtime/", 17));
}

static bool hide_leaf(void *ctx, const struct frame *f)
{
	const struct go_heap_symbols *s = ctx;

	(void)f;
	return s->allocator;
}

/* runtime/pprof/proto.go, appendLocsForStack: runtime.Frame.PC of a return address is one less. */
static int heap_frames(void *ctx, uint64_t pc, unsigned flags, struct frame *out, int max)
{
	struct go_heap_symbols *s = ctx;
	int n;

	s->allocator = is_allocator(s, pc);
	n = s->all.frames(s->p, pc, flags, out, max);
	for (int i = 0; i < n; i++)
		out[i].addr -= (flags & PC_RETURN) && out[i].addr;
	return n;
}

struct symboliser go_heap_symboliser(struct go_process *p, struct go_heap_symbols *s)
{
	*s = (struct go_heap_symbols){ .p = p, .all = go_process_symboliser(p) };
	return (struct symboliser){ heap_frames, hide_leaf, s->all.hide, s };
}

/* Before 1.27 the size is what the counts say: of none there is none. */
static int size_label(const struct go_buckets *b, const struct go_bucket *k, struct profile *prof,
		      uint32_t *ret)
{
	struct go_mem_cycle c = go_bucket_published(b, k);
	struct label l = { .key = "bytes", .num = (int64_t)k->size };

	if (b->own_bytes)
		l.num = c.allocs ? (int64_t)(c.alloc_bytes / c.allocs) : 0;
	*ret = 0;
	return b->own_bytes && !l.num ? 0 : profile_labels(prof, &l, 1, ret);
}

int go_heap_sample(const struct go_buckets *b, const struct go_bucket *k,
		   const struct symboliser *sym, bool sizes, struct profile *prof, uint32_t *ret)
{
	static const int64_t none[PROFILE_VALUES];
	uint32_t labels = 0;
	int err = sizes ? size_label(b, k, prof, &labels) : 0;

	if (err)
		return err;
	if (!k->npcs)
		return profile_add_labelled(prof, NULL, 0, labels, none, ret);
	return profile_add_pcs_labelled(prof, sym, b->pcs + k->first_pc, k->npcs, PC_RETURN | PC_LOGICAL,
					labels, none, ret);
}

int go_heap_mapping(const struct go_process *p, struct profile *prof)
{
	int err = 0;

	for (unsigned i = 0; !err && i < p->elf.nsegments; i++) {
		const struct elf_segment *s = &p->elf.segments[i];
		uint64_t start = s->addr + p->bias;
		uint32_t id;

		if (s->exec)
			err = profile_mapping(prof, &(struct profile_mapping){
				.start = start, .limit = start + s->memsz, .offset = s->offset,
				.path = p->target->exe_path, .build_id = elf_build_id(&p->elf) }, &id);
	}
	return err;
}

int go_heap_profile(const struct go_process *p, const struct go_buckets *b,
		    const struct symboliser *sym, struct profile *prof)
{
	int err = profile_init(prof, go_heap_types, MEM_VALUES);

	prof->main_value = MEM_INUSE_SPACE;
	prof->period_type = (struct value_type){ "space", "bytes", false };
	prof->period = (int64_t)b->rate;
	if (!err)
		err = go_heap_mapping(p, prof);
	for (size_t i = 0; !err && i < b->n; i++) {
		int64_t values[MEM_VALUES];
		uint32_t sample;

		err = go_heap_sample(b, &b->v[i], sym, true, prof, &sample);
		if (err)
			break;
		go_heap_values(b, &b->v[i], values);
		profile_add_values(prof, sample, values);
	}
	return err ? err_sys(-err, "adding up the memory profile") : 0;
}

uint64_t go_heap_published_at(struct go_process *p, const struct go_buckets *b)
{
	enum { RING = 256 };	/* runtime/mstats.go: mstats.pause_end, by numgc */
	uint64_t memstats, at = 0;
	struct layout_field count, ends;
	const struct layout_want want[] = {
		{ "runtime.mstats", "numgc", &count },
		{ "runtime.mstats", "pause_end", &ends },
	};
	uint32_t back = b->newest ? 1 : 2, numgc;

	if (!b->published || b->mixed || global_find(&p->go, GLOBAL_MEMSTATS, &memstats, NULL) ||
	    layout_fields(&p->go, want, ARRAY_SIZE(want)) || ends.size != RING * sizeof(at))
		return 0;
	memstats += p->bias;
	/* another collection has ended since, or C counts otherwise (GODEBUG=gcstoptheworld=2) */
	if (mem_read_now(&p->mem, memstats + count.offset, &numgc, sizeof(numgc)) || numgc < back ||
	    numgc != b->cycle ||
	    mem_read_now(&p->mem, memstats + ends.offset + 8 * ((numgc - back) % RING), &at, sizeof(at)))
		return 0;
	return at;
}
