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
 * runs.  A bucket's counts stand in `active' (published) and in three `future'
 * cycles; their sum is what happened until now and only grows.
 *
 * mProfCycle counts the ends of marking.  While it is C, allocations are booked in cycle C+2,
 * frees, which sweeping finds, in C+1, each in future[cycle % 3].  When C has begun, future[C % 3] is
 * added to `active' (mProf_Flush), where that has not been done yet by whoever reads the
 * profile; runtime.GC() does the same with C+1 as soon as it has swept (mProf_PostSweep).  So what
 * is published is `active' and future[C % 3], as of the end of marking C-1, or C when
 * nothing is left in C+1.
 *
 * What is read while the runtime moves a cycle to `active' (mProf_FlushLocked: adds
 * it there, then clears it) counts that cycle twice or not at all.  So each record is
 * read until `active' was the same two times and no cycle had fallen in between.  If that was so of
 * all of them in the same two readings, and C was the same, they had these values at the moment
 * between the two; it is tried some times.
 */
#define GO_BUCKET_CYCLES 4	/* active and the futures */

struct go_mem_cycle {
	uint64_t allocs, frees;		/* sampled objects, unscaled */
	uint64_t alloc_bytes, free_bytes;
};

struct go_bucket {
	uint64_t addr;		/* of the bucket: its identity */
	uint64_t size;		/* bytes of each object (its size class) */
	uint64_t allocs;	/* since the start, unscaled: the sum of all cycles */
	uint32_t cycle;		/* C when they were read */
	struct go_mem_cycle cycles[GO_BUCKET_CYCLES];
	uint32_t first_pc, npcs; /* go_buckets.pcs[first_pc ..), return addresses, leaf first, logical */
};

struct go_buckets {
	uint64_t rate;		/* MemProfileRate when read; 0: profiling is off or compiled out */
	uint64_t time_ns;	/* CLOCK_MONOTONIC */
	uint32_t cycle;		/* C, when read last */
	bool published;		/* something is: else runtime.MemProfile() takes all that happened until now */
	bool newest;		/* what is published is of the end of marking C, not C-1 */
	bool mixed;		/* not all are of one moment: cycles were moved each time they were read */
	bool own_bytes;		/* records have bytes of their own (before 1.27) */
	struct go_bucket *v;
	size_t n, cap;
	uint64_t *pcs;
	size_t npcs, pcs_cap;
};

/* What of the runtime is needed, found once. */
struct go_bucket_layout {
	uint64_t mbuckets, rate, profcycle;	/* run-time addresses of the variables */
	uint32_t allnext, typ, size, nstk, header; /* offsets in bucket; size of its fixed part */
	uint32_t cycle;			/* size of a memRecordCycle, and offsets in it: */
	uint32_t allocs, frees, alloc_bytes, free_bytes;
	uint32_t cycles;		/* how many: active and the futures */
	bool own_bytes;			/* there are alloc_bytes and free_bytes */
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

/* What runtime.MemProfile() would say of a bucket. */
struct go_mem_cycle go_bucket_published(const struct go_buckets *b, const struct go_bucket *k);

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
