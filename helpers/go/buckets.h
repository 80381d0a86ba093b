/* SPDX-License-Identifier: GPL-2.0-only */
/* buckets.h - the runtime's own memory profile, read from outside */
#ifndef GOBPF_GO_BUCKETS_H
#define GOBPF_GO_BUCKETS_H

#include "go/process.h"

/*
 * The runtime samples one allocation per MemProfileRate bytes on average and
 * keeps, per (stack, object size), a bucket with counts (runtime/mprof.go:
 * bucket, memRecord, memRecordCycle).  The buckets hang on runtime.mbuckets
 * by allnext and are never freed, so they can be walked while the program
 * runs.  A bucket's counts stand in `active' (published by a GC) and in three
 * `future' cycles; their sum is what happened until now and only grows.
 *
 * What is read while the runtime moves a cycle to `active' (mProf_FlushLocked: adds
 * it there, then clears it) counts that cycle twice or not at all.  So each record is
 * read until `active' was the same two times and no cycle had fallen in between.
 */
#define GO_BUCKET_CYCLES 4	/* active and the futures */
struct go_bucket {
	uint64_t addr;		/* of the bucket: its identity */
	uint64_t size;		/* bytes of each object (its size class) */
	uint64_t allocs;	/* sampled allocations since the start, unscaled: the sum of .. */
	uint64_t cycles[GO_BUCKET_CYCLES];
	uint32_t first_pc, npcs; /* go_buckets.pcs[first_pc ..), return addresses, leaf first, logical */
};

struct go_buckets {
	uint64_t rate;		/* MemProfileRate when read; 0: profiling is off or compiled out */
	uint64_t time_ns;	/* CLOCK_MONOTONIC */
	struct go_bucket *v;
	size_t n, cap;
	uint64_t *pcs;
	size_t npcs, pcs_cap;
};

/* What of the runtime is needed, found once. */
struct go_bucket_layout {
	uint64_t mbuckets, rate;	/* run-time addresses of the variables */
	uint32_t allnext, typ, size, nstk, header; /* offsets in bucket; size of its fixed part */
	uint32_t cycle, allocs;		/* size of a memRecordCycle; offset of allocs in it */
	uint32_t cycles;		/* how many: active and the futures */
};

/* 0, or -errno with words: ENOEXEC when this Go's layout or the variables are not known. */
int go_bucket_layout(const struct go_process *p, struct go_bucket_layout *ret);

/* The present MemProfileRate; 0 or -errno with words. */
int go_memprofile_rate(struct go_process *p, const struct go_bucket_layout *l, uint64_t *ret);

/*
 * Reads all buckets. 0, or -errno with words: ESRCH (gone), EPERM, ENOEXEC
 * (what stands there can't be buckets).  A second call on the same struct
 * reads anew and frees the old.
 */
int go_buckets_read(struct go_process *p, const struct go_bucket_layout *l, struct go_buckets *ret);
void go_buckets_free(struct go_buckets *b);

/*
 * The rate that stands for what was sampled between two readings: the second's, but
 * when profiling was turned off in between, the first's; 0: it was off both times.
 */
uint64_t go_buckets_rate(const struct go_buckets *old, const struct go_buckets *new);

/*
 * Adds what was allocated between two readings to a profile whose values are
 * {objects, bytes, samples}, scaled.  0, or -errno with words: ENOEXEC when the
 * readings don't belong together (a count fell), ENOMEM.
 */
int go_buckets_diff(const struct go_buckets *old, const struct go_buckets *new,
		    const struct symboliser *sym, struct profile *prof);

#endif
