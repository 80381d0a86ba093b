/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * rss_gap_go.c - what the runtime says of its memory
 *
 * As readmemstats_m() in runtime/mstats.go adds it up, the same since Go 1.19: counters of
 * gcController and memstats, and of heapStats, whose three parts together are the present.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/err.h"
#include "cmd/rss_gap_run.h"
#include "go/values.h"

enum {
	IN_USE, FREE, RELEASED, STACKS_SYS, MSPAN, MCACHE, BUCKHASH, GC_MISC, OTHER,
	COUNTERS,
	PARTS = 3,		/* of heapStats */
	IN_STACKS = COUNTERS, IN_WORKBUFS = IN_STACKS + PARTS, IN_PTRBITS = IN_WORKBUFS + PARTS,
	VALUES = IN_PTRBITS + PARTS,
};

struct rss_values {
	struct go_value v[VALUES];
};

static const struct go_value_want wants[COUNTERS] = {
	[IN_USE] = { GLOBAL_GCCONTROLLER, "runtime.gcControllerState", "heapInUse" },
	[FREE] = { GLOBAL_GCCONTROLLER, "runtime.gcControllerState", "heapFree" },
	[RELEASED] = { GLOBAL_GCCONTROLLER, "runtime.gcControllerState", "heapReleased" },
	[STACKS_SYS] = { GLOBAL_MEMSTATS, "runtime.mstats", "stacks_sys" },
	[MSPAN] = { GLOBAL_MEMSTATS, "runtime.mstats", "mspan_sys" },
	[MCACHE] = { GLOBAL_MEMSTATS, "runtime.mstats", "mcache_sys" },
	[BUCKHASH] = { GLOBAL_MEMSTATS, "runtime.mstats", "buckhash_sys" },
	[GC_MISC] = { GLOBAL_MEMSTATS, "runtime.mstats", "gcMiscSys" },
	[OTHER] = { GLOBAL_MEMSTATS, "runtime.mstats", "other_sys" },
};

/* Places of the parts of heapStats, from that of a field beside it. */
static int find_parts(const struct go_process *p, struct go_value *v)
{
	uint32_t beside, stats, parts, part, stacks, bufs, bits = UINT32_MAX;
	const struct go_offset_want offsets[] = {
		{ "runtime.mstats", "stacks_sys", &beside, NULL, false },
		{ "runtime.mstats", "heapStats", &stats, NULL, false },
		{ "runtime.consistentHeapStats", "stats", &parts, NULL, false },
		{ "runtime.heapStatsDelta", "sizeof", NULL, &part, false },
		{ "runtime.heapStatsDelta", "inStacks", &stacks, NULL, false },
		{ "runtime.heapStatsDelta", "inWorkBufs", &bufs, NULL, false },
		{ "runtime.heapStatsDelta", "inPtrScalarBits", &bits, NULL, true },
	};
	int err = go_offsets_find(p, offsets, ARRAY_SIZE(offsets));
	uint64_t first;

	if (err)
		return err;
	first = v[STACKS_SYS].addr - beside + stats + parts;
	for (unsigned i = 0; i < PARTS; i++, first += part) {
		v[IN_STACKS + i] = (struct go_value){ first + stacks, 8 };
		v[IN_WORKBUFS + i] = (struct go_value){ first + bufs, 8 };
		v[IN_PTRBITS + i] = (struct go_value){ bits == UINT32_MAX ? 0 : first + bits, 8 };
	}
	return 0;
}

int rss_go_open(struct rss_run *run)
{
	int err;

	run->values = calloc(1, sizeof(*run->values));
	if (!run->values)
		return err_sys(ENOMEM, "reading the runtime's variables");
	err = go_values_find(&run->live.process, wants, COUNTERS, run->values->v);
	return err ? err : find_parts(&run->live.process, run->values->v);
}

void rss_go_close(struct rss_run *run)
{
	free(run->values);
}

static uint64_t sum(const uint64_t *v)
{
	return v[0] + v[1] + v[2];
}

int rss_go_read(struct rss_run *run, struct rss_go *ret)
{
	uint64_t v[VALUES], stacks, bufs;
	int err = go_values_read(&run->live.process, run->values->v, VALUES, v);

	if (err)
		return err;
	stacks = sum(v + IN_STACKS);
	bufs = sum(v + IN_WORKBUFS) + sum(v + IN_PTRBITS);
	*ret = (struct rss_go){
		.heap_inuse = v[IN_USE],
		.heap_idle = v[FREE] + v[RELEASED],
		.heap_released = v[RELEASED],
		.stack_inuse = stacks,
		.stack_sys = stacks + v[STACKS_SYS],
		.mspan_sys = v[MSPAN],
		.mcache_sys = v[MCACHE],
		.buckhash_sys = v[BUCKHASH],
		.gc_sys = v[GC_MISC] + bufs,
		.other_sys = v[OTHER],
		.in_heap = v[IN_USE] + v[FREE] + stacks + bufs,
		.outside = v[STACKS_SYS] + v[MSPAN] + v[MCACHE] + v[BUCKHASH] + v[GC_MISC] + v[OTHER],
	};
	ret->sys = ret->in_heap + ret->heap_released + ret->outside;
	return 0;
}
