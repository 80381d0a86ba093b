/* SPDX-License-Identifier: GPL-2.0-only */
/* perf_data_stacks.h - the samples of a recording into a profile: their addresses become frames */
#ifndef GOBPF_STACK_PERF_DATA_STACKS_H
#define GOBPF_STACK_PERF_DATA_STACKS_H

#include "stack/perf_data_frames.h"
#include "stack/perf_data_threads.h"
#include "stack/profile_queue.h"
#include "stack/readers.h"

/*
 * Stacks that follow one another have most of their callers in common, so the one before is kept
 * as it stands in the record: what is equal has the frames that it had.
 */
struct pdata_stacks {
	struct reading *r;
	struct pdata_threads *threads;
	const bool *other_arch;			/* registers are not those of x86-64 */
	struct pdata_frames frames;
	struct profile_queue *queue;		/* to r->profile */
	struct pdata_stack {
		uint32_t *ids;			/* frames, leaf first */
		size_t n, cap;
	} stack, before;			/* the one being made, the one before */
	struct buf chain;			/* of the one before, empty: has none to be used again */
	unsigned mode;				/* of its outermost part: PERF_RECORD_MISC_… */
	uint64_t generation;
	const struct pdata_space *user;	/* of the sample being made */
	uint64_t cut;			/* stacks whose callers are not all known */
};

void pdata_stacks_free(struct pdata_stacks *s);

/* Adds the values (PROFILE_VALUES of them) to the sample's stack with that set of labels. 0 or -errno. */
int pdata_stacks_add(struct pdata_stacks *s, const struct pdata_sample *sample, uint32_t labels,
		    const int64_t *values);
/* All samples are in the profile only now. */
int pdata_stacks_end(struct pdata_stacks *s);

#endif
