/* SPDX-License-Identifier: GPL-2.0-only */
/* gcstats.h - what a Go process's garbage collector knows of itself, read from its memory while it runs */
#ifndef GOBPF_GO_GCSTATS_H
#define GOBPF_GO_GCSTATS_H

#include <stdbool.h>
#include <stdint.h>

#include "go/process.h"
#include "go/values.h"

#define GO_PAUSES 256
#define GO_NO_LIMIT INT64_MAX

enum go_gc_phase { GO_GC_OFF = 0, GO_GC_MARK = 1, GO_GC_MARK_TERMINATION = 2 };

/*
 * All as of one cycle: read anew when one ended meanwhile.  Sources: runtime/mgc.go (gcMarkTermination),
 * runtime/mgcpacer.go (gcControllerState, heapGoalInternal, memoryLimitHeapGoal), runtime/mstats.go (mstats).
 */
struct go_gcstats {
	uint32_t cycles, forced;	/* complete ones; by runtime.GC() and debug.FreeOSMemory() */
	uint32_t started;		/* cycles + 1 while one is under way */
	uint32_t phase;			/* enum go_gc_phase */
	uint64_t last_gc_unix_ns;	/* end of the last one; 0: none yet */
	uint64_t pause_total_ns;
	double cpu_fraction;		/* of the CPU time that the program could have had since its start */

	int32_t gc_percent;		/* GOGC; -1: off */
	int64_t memory_limit;		/* GOMEMLIMIT, bytes; GO_NO_LIMIT */
	uint64_t heap_live;		/* bytes; counts spans in caches as full: what the pacer goes by */
	uint64_t heap_marked;		/* bytes that the last cycle found alive */
	uint64_t heap_goal;		/* as MemStats.NextGC; UINT64_MAX: GOGC=off and no limit .. */
	bool goal_known;		/* .. false: a limit counts, and how this version reckons is not known */

	/* one for each cycle, all its stops together; of cycle i (from 0) at [i % GO_PAUSES] */
	uint64_t pause_ns[GO_PAUSES];
	uint64_t pause_end_unix_ns[GO_PAUSES];
	uint64_t time_ns;		/* CLOCK_MONOTONIC; 0: a core file that does not say when it was made */
};

#define GO_GC_VALUES 24
struct go_gc_reader {
	struct go_process *p;
	struct go_value values[GO_GC_VALUES];
	uint64_t pause_ns, pause_end;	/* where the rings are */
};

/* 0, or -errno with words: ENOEXEC when this Go's structures are not known (before 1.19). */
int go_gc_open(struct go_gc_reader *r, struct go_process *p);

/* 0, or -errno with words: ESRCH, EPERM, EIO. */
int go_gc_read(struct go_gc_reader *r, struct go_gcstats *ret);

#endif
