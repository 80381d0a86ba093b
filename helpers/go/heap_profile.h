/* SPDX-License-Identifier: GPL-2.0-only */
/* heap_profile.h - a reading of the memory profile's buckets as runtime/pprof would write it */
#ifndef GOBPF_GO_HEAP_PROFILE_H
#define GOBPF_GO_HEAP_PROFILE_H

#include "go/buckets.h"

/* The values, in pprof's order (runtime/pprof/protomem.go, writeHeapProto). */
enum { MEM_ALLOC_OBJECTS, MEM_ALLOC_SPACE, MEM_INUSE_OBJECTS, MEM_INUSE_SPACE, MEM_VALUES };
extern const struct value_type go_heap_types[MEM_VALUES];

/*
 * go_process_symboliser() as pprof's heap profile has it: addresses are of the call's last byte, and what
 * is hidden at the leaf end goes by the return address itself.  *s must stay as long as it is used.
 */
struct go_heap_symbols {
	struct go_process *p;
	struct symboliser all;
	bool allocator;		/* the pc that was looked up last is */
};
struct symboliser go_heap_symboliser(struct go_process *p, struct go_heap_symbols *s);

/* What pprof's heap profile says of a bucket, to the last bit: published, scaled with the rate. */
void go_heap_values(const struct go_buckets *b, const struct go_bucket *k, int64_t ret[MEM_VALUES]);

/*
 * The sample of prof (of any types) that the bucket belongs to, made if need be, with nothing added.
 * With `sizes' stacks of different sizes are apart, by the label "bytes", as pprof has them.
 * 0 or -ENOMEM.
 */
int go_heap_sample(const struct go_buckets *b, const struct go_bucket *k,
		   const struct symboliser *sym, bool sizes, struct profile *prof, uint32_t *ret);

/*
 * All of it into prof, not initialised before: free it after failures, too.  Frames, values, labels,
 * mapping and period are those of the program's own profile; period is 0 when the rate is.
 * 0 or -errno with words.
 */
int go_heap_profile(const struct go_process *p, const struct go_buckets *b,
		    const struct symboliser *sym, struct profile *prof);

/*
 * e^x as Go's math.Exp computes it on amd64 (math/exp_amd64.s), to the bit: libm's differs in the last one now and
 * then, which sums of gigabytes show.  What is no normal number any more is 0, or infinite.
 */
double go_exp(double x);

/* The executable's code as the profile's mapping; 0 or -ENOMEM. */
int go_heap_mapping(const struct go_process *p, struct profile *prof);

/*
 * When what is published was so: Unix time of the end of that marking, ns; 0: not known.
 */
uint64_t go_heap_published_at(struct go_process *p, const struct go_buckets *b);

#endif
