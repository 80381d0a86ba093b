/* SPDX-License-Identifier: GPL-2.0-only */
/* perf_data_stacks.h - the samples of a recording into a profile: their addresses become frames */
#ifndef GOBPF_STACK_PERF_DATA_STACKS_H
#define GOBPF_STACK_PERF_DATA_STACKS_H

#include "stack/perf_data_threads.h"
#include "stack/readers.h"

/*
 * Most samples have a stack that was there before: so stacks are remembered as they stand in
 * the record, with the sample of the profile that they count for.
 */
struct pdata_stacks {
	struct reading *r;
	struct pdata_place {			/* an address and what it became, at its hash */
		uint64_t generation, addr;
		uint32_t flags, frame;		/* flags 0: none */
	} *places;
	struct pdata_threads *threads;
	const bool *other_arch;			/* registers are not those of x86-64 */
	struct pdata_seen {
		uint64_t generations[2]; /* of the address spaces: the process's, the kernel's */
		size_t at;			/* in chains */
		uint32_t len, labels, mode, sample;
	} *seen;
	size_t nseen, seen_cap;
	struct idmap by_chain, by_frame;
	struct buf chains;
	uint32_t *ids;			/* the stack being made */
	size_t nids, ids_cap;
	const struct pdata_space *user;	/* of the sample being made */
	uint64_t cut;			/* stacks whose callers are not all known */
};

void pdata_stacks_free(struct pdata_stacks *s);

/* Adds the values to the sample's stack with that set of labels. 0 or -errno. */
int pdata_stacks_add(struct pdata_stacks *s, const struct pdata_sample *sample, uint32_t labels,
		    const int64_t *values);

#endif
