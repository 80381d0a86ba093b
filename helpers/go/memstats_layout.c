/* SPDX-License-Identifier: GPL-2.0-only */
#include "go/memstats_layout.h"

#include <errno.h>

#include "base/buf.h"
#include "base/err.h"

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
	[GC_WAITING] = { GLOBAL_SCHED, "runtime.schedt", "gcwaiting", 0, false },
	[PROCS] = { GLOBAL_GOMAXPROCS, NULL, NULL, 4, false },
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
int go_memstats_layout(const struct go_process *p, struct go_memstats_layout *ret)
{
	int err = find_offsets(ret, p);

	if (!err)
		err = layout_classes(p->go.version.minor, ret->classes);
	if (!err)
		err = find_stats(ret, p);
	return err ? err : go_values_find(p, wants, VALUES, ret->values);
}
