/* SPDX-License-Identifier: GPL-2.0-only */
/* memstats_layout.h - where a Go's counters of memory are; of go/memstats.c alone */
#ifndef GOBPF_GO_MEMSTATS_LAYOUT_H
#define GOBPF_GO_MEMSTATS_LAYOUT_H

#include <stdint.h>

#include "go/layout.h"
#include "go/process.h"
#include "go/values.h"

enum {
	GENERATIONS = 3,
	DELTA_MAX = 2048, MCACHE_MAX = 8192, SPAN_PART_MAX = 128,
	SPAN_CLASSES = 2 * LAYOUT_CLASSES,
};

enum {
	STACKS_SYS, MSPAN_SYS, MCACHE_SYS, BUCKHASH_SYS, GC_MISC_SYS, OTHER_SYS,
	HEAP_IN_USE, HEAP_FREE, HEAP_RELEASED, SPAN_INUSE, CACHE_INUSE,
	/* also after the caches were read */
	SWEEPGEN, GC_WAITING, PROCS, VALUES,
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

/* 0, or -errno with words: ENOEXEC when this Go's structures are not known (before 1.19). */
int go_memstats_layout(const struct go_process *p, struct go_memstats_layout *ret);

#endif
