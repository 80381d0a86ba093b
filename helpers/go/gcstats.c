/* SPDX-License-Identifier: GPL-2.0-only */
#include "go/gcstats.h"

#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"

enum {
	NUMGC, NUMFORCEDGC, LAST_GC_UNIX, PAUSE_TOTAL, CPU_FRACTION,
	GC_PERCENT, MEMORY_LIMIT, HEAP_LIVE, HEAP_MARKED, PERCENT_GOAL, SWEEP_TRIGGER, TRIGGERED,
	HEAP_FREE, TOTAL_ALLOC, TOTAL_FREE, MAPPED_READY,
	CYCLES, PHASE, VALUES,
};
_Static_assert(VALUES <= GO_GC_VALUES, "GO_GC_VALUES");

static const struct go_value_want wants[VALUES] = {
	[NUMGC] = { GLOBAL_MEMSTATS, "runtime.mstats", "numgc", 0, false },
	[NUMFORCEDGC] = { GLOBAL_MEMSTATS, "runtime.mstats", "numforcedgc", 0, false },
	[LAST_GC_UNIX] = { GLOBAL_MEMSTATS, "runtime.mstats", "last_gc_unix", 0, false },
	[PAUSE_TOTAL] = { GLOBAL_MEMSTATS, "runtime.mstats", "pause_total_ns", 0, false },
	[CPU_FRACTION] = { GLOBAL_MEMSTATS, "runtime.mstats", "gc_cpu_fraction", 0, false },
	[GC_PERCENT] = { GLOBAL_GCCONTROLLER, "runtime.gcControllerState", "gcPercent", 0, false },
	[MEMORY_LIMIT] = { GLOBAL_GCCONTROLLER, "runtime.gcControllerState", "memoryLimit", 0, false },
	[HEAP_LIVE] = { GLOBAL_GCCONTROLLER, "runtime.gcControllerState", "heapLive", 0, false },
	[HEAP_MARKED] = { GLOBAL_GCCONTROLLER, "runtime.gcControllerState", "heapMarked", 0, false },
	[PERCENT_GOAL] = { GLOBAL_GCCONTROLLER, "runtime.gcControllerState", "gcPercentHeapGoal", 0,
			   false },
	[SWEEP_TRIGGER] = { GLOBAL_GCCONTROLLER, "runtime.gcControllerState", "sweepDistMinTrigger", 0,
			    false },
	[TRIGGERED] = { GLOBAL_GCCONTROLLER, "runtime.gcControllerState", "triggered", 0, false },
	[HEAP_FREE] = { GLOBAL_GCCONTROLLER, "runtime.gcControllerState", "heapFree", 0, false },
	[TOTAL_ALLOC] = { GLOBAL_GCCONTROLLER, "runtime.gcControllerState", "totalAlloc", 0, false },
	[TOTAL_FREE] = { GLOBAL_GCCONTROLLER, "runtime.gcControllerState", "totalFree", 0, false },
	[MAPPED_READY] = { GLOBAL_GCCONTROLLER, "runtime.gcControllerState", "mappedReady", 0, false },
	[CYCLES] = { GLOBAL_WORK, "runtime.workType", "cycles", 0, false },
	[PHASE] = { GLOBAL_GCPHASE, NULL, NULL, 4, false },
};

int go_gc_open(struct go_gc_reader *r, struct go_process *p)
{
	uint32_t ns, end, ns_size, end_size, numgc;
	const struct go_offset_want rings[] = {
		{ "runtime.mstats", "pause_ns", &ns, &ns_size, false },
		{ "runtime.mstats", "pause_end", &end, &end_size, false },
		{ "runtime.mstats", "numgc", &numgc, NULL, false },
	};
	int err;

	*r = (struct go_gc_reader){ .p = p };
	err = go_offsets_find(p, rings, ARRAY_SIZE(rings));
	if (!err)
		err = go_values_find(p, wants, VALUES, r->values);
	if (err)
		return err;
	if (ns_size != GO_PAUSES * sizeof(uint64_t) || end_size != ns_size)
		return err_set(ENOEXEC, "unexpected layout of runtime.mstats");
	r->pause_ns = r->values[NUMGC].addr - numgc + ns;
	r->pause_end = r->values[NUMGC].addr - numgc + end;
	return 0;
}

enum {
	MIB = 1 << 20,
	MIN_RUNWAY = 64 << 10,
	HEADROOM_SINCE = 21,	/* of 3 % of the goal; before, or before some patch release, a MiB */
	TRIES = 100,
};

/* memoryLimitHeapGoal() */
static uint64_t limit_goal(const uint64_t *v, unsigned percent)
{
	uint64_t ready = v[MAPPED_READY], limit = v[MEMORY_LIMIT], marked = v[HEAP_MARKED];
	uint64_t used = v[HEAP_FREE] + (v[TOTAL_ALLOC] - v[TOTAL_FREE]);
	uint64_t other = used < ready ? ready - used : 0, over = ready > limit ? ready - limit : 0;
	uint64_t goal, headroom;

	if (other + over >= limit)
		return marked;
	goal = limit - (other + over);
	headroom = goal / 100 * percent;
	if (headroom < MIB)
		headroom = MIB;
	goal = goal < headroom || goal - headroom < headroom ? headroom : goal - headroom;
	return goal < marked ? marked : goal;
}

/* heapGoalInternal() */
static uint64_t goal(const uint64_t *v, unsigned percent)
{
	uint64_t by_percent = v[PERCENT_GOAL], by_limit = limit_goal(v, percent);

	if (v[MEMORY_LIMIT] != GO_NO_LIMIT && by_limit < by_percent)
		return by_limit;
	if (by_percent == UINT64_MAX)
		return by_percent;
	if (v[SWEEP_TRIGGER] > by_percent)
		by_percent = v[SWEEP_TRIGGER];
	if (v[TRIGGERED] != UINT64_MAX && by_percent < v[TRIGGERED] + MIN_RUNWAY)
		by_percent = v[TRIGGERED] + MIN_RUNWAY;
	return by_percent;
}

static void from_values(const struct go_gc_reader *r, const uint64_t *v, struct go_gcstats *ret)
{
	ret->cycles = v[NUMGC];
	ret->forced = v[NUMFORCEDGC];
	ret->started = v[CYCLES];
	ret->phase = v[PHASE];
	ret->last_gc_unix_ns = v[LAST_GC_UNIX];
	ret->pause_total_ns = v[PAUSE_TOTAL];
	memcpy(&ret->cpu_fraction, &v[CPU_FRACTION], sizeof(ret->cpu_fraction));
	ret->gc_percent = (int32_t)v[GC_PERCENT];
	ret->memory_limit = (int64_t)v[MEMORY_LIMIT];
	ret->heap_live = v[HEAP_LIVE];
	ret->heap_marked = v[HEAP_MARKED];
	ret->heap_goal = goal(v, 3);
	ret->goal_known = r->p->go.version.minor >= HEADROOM_SINCE || ret->heap_goal == goal(v, 0);
}

static int read_rings(struct go_gc_reader *r, struct go_gcstats *ret)
{
	int err = mem_read_now(&r->p->mem, r->pause_ns, ret->pause_ns, sizeof(ret->pause_ns));

	if (!err)
		err = mem_read_now(&r->p->mem, r->pause_end, ret->pause_end_unix_ns,
				   sizeof(ret->pause_end_unix_ns));
	return err ? go_read_failed(r->p, err, "runtime.memstats") : 0;
}

int go_gc_read(struct go_gc_reader *r, struct go_gcstats *ret)
{
	uint64_t v[VALUES], numgc;
	int err;

	for (int i = 0; i < TRIES; i++) {
		err = go_values_read(r->p, r->values, VALUES, v);
		if (!err)
			err = read_rings(r, ret);
		if (!err)
			err = go_values_read(r->p, &r->values[NUMGC], 1, &numgc);
		if (err)
			return err;
		if (numgc != v[NUMGC])
			continue;
		ret->time_ns = target_now_ns(r->p->target);
		from_values(r, v, ret);
		return 0;
	}
	return err_set(EAGAIN, "process %d (%s): a collection ended each time its numbers were read",
		       r->p->target->pid, r->p->target->comm);
}
