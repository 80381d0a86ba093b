/* SPDX-License-Identifier: GPL-2.0-only */
/* memstats.h - what a Go process would find in its runtime.MemStats, read from its memory while it runs */
#ifndef GOBPF_GO_MEMSTATS_H
#define GOBPF_GO_MEMSTATS_H

#include <stdbool.h>
#include <stdint.h>

#include "go/process.h"

/*
 * ReadMemStats() stops the world, empties the caches of all Ps and adds up counters.  Here the
 * same counters are added up, and what is still in the caches is counted there, so that
 * nothing has to stop.  Sources: runtime/mstats.go (readmemstats_m, heapStatsDelta,
 * consistentHeapStats), runtime/mcache.go (refill, releaseAll), the same in Go 1.19 to 1.27.
 *
 * Counters of allocated memory are three sets (generations) that make the total together; a
 * P's statsSeq is odd while it writes to them and grows with each time it does.  So a reading is of
 * one moment (exact) when the counters and each statsSeq are the same before and after it, and no
 * span can be one that its P has given back and not counted yet, or counted and not given
 * back.  On a process that allocates without a pause there may be no such reading among many: then
 * what was counted twice or not at all is at most what was added meanwhile and what is in
 * those spans, lag_*.
 */
struct go_memstats {
	/* as in runtime.MemStats, bytes unless said otherwise */
	uint64_t alloc, total_alloc;
	uint64_t mallocs, frees;	/* objects */
	uint64_t sys;
	uint64_t heap_sys, heap_idle, heap_inuse, heap_released;
	uint64_t stack_inuse, stack_sys;
	uint64_t mspan_inuse, mspan_sys, mcache_inuse, mcache_sys;
	uint64_t buckhash_sys, gc_sys, other_sys;

	/*
	 * Emptying the caches of stacks can give whole spans back to the heap: up to so much that
	 * is stack_inuse and stack_sys here would then be heap_idle and heap_sys.
	 */
	uint64_t stack_cached;
	bool exact;
	bool lag_known;			/* false: of a capture, whose memory is from moments that nobody knows */
	uint64_t lag_bytes, lag_objects;
	uint64_t time_ns;		/* CLOCK_MONOTONIC; 0: a core file that does not say when it was made */
};

struct go_memstats_reader {
	struct go_process *p;
	struct go_memstats_layout *layout;
};

/* 0, or -errno with words: ENOEXEC when this Go's structures are not known (before 1.19). */
int go_memstats_open(struct go_memstats_reader *r, struct go_process *p);
void go_memstats_close(struct go_memstats_reader *r);

/* 0, or -errno with words: ESRCH, EPERM, EIO, EAGAIN: the counters were being moved all the time. */
int go_memstats_read(struct go_memstats_reader *r, struct go_memstats *ret);

#endif
