/* SPDX-License-Identifier: GPL-2.0-only */
/* rss_gap_run.h - what the files of gobpf rss-gap share */
#ifndef GOBPF_CMD_RSS_GAP_RUN_H
#define GOBPF_CMD_RSS_GAP_RUN_H

#include "input/smaps.h"
#include "live.h"

/* What a mapping is. Of the first two the runtime says something, too. */
enum rss_kind {
	RSS_HEAP,	/* in the arenas of Go's heap: objects, goroutine stacks, free spans */
	RSS_RUNTIME,	/* memory of the runtime outside them, by the name it gave it */
	RSS_ANON,	/* any other memory without a file */
	RSS_STACKS,	/* threads' */
	RSS_C_HEAP,	/* brk */
	RSS_DATA,	/* the program's variables */
	RSS_CODE,	/* and code */
	RSS_LIBS,
	RSS_FILES,
	RSS_SHARED,
	RSS_KERNEL,	/* vdso and such */
	RSS_KINDS,
};

/* What the runtime says, bytes; the same words as in runtime.MemStats. */
struct rss_go {
	uint64_t sys, heap_inuse, heap_idle, heap_released;
	uint64_t stack_inuse, stack_sys, mspan_sys, mcache_sys, buckhash_sys, gc_sys, other_sys;
	uint64_t in_heap;	/* of the arenas: in use for anything, or free and not given back */
	uint64_t outside;	/* mapped elsewhere: sys = in_heap + heap_released + outside */
};

struct rss_sum {
	uint64_t mappings, rss, swap, anon_huge, lazy_free, hugetlb;
};

struct rss_cgroup {
	const char *unknown;	/* why nothing is known; NULL */
	char words[256];	/* of unknown */
	char path[256];
	uint64_t current;
	bool have_stat;
	uint64_t anon, file, kernel;	/* kernel: UINT64_MAX when it isn't told */
};

struct rss_run {
	struct live live;
	struct rss_values *values;
	struct rss_go go;
	uint64_t moved;		/* by how much Go's numbers changed while the mappings were read */
	struct smaps smaps;
	uint8_t *kind_of;	/* of smaps.v[i] */
	struct rss_sum sums[RSS_KINDS], total;
	uint64_t vm_rss;	/* as the kernel counts it, UINT64_MAX: not told */
	struct rss_cgroup cgroup;
};

/* Looks up the runtime's variables; frees them. 0 or -errno with words. */
int rss_go_open(struct rss_run *run);
void rss_go_close(struct rss_run *run);
int rss_go_read(struct rss_run *run, struct rss_go *ret);

/* Sorts smaps by kind: 0 or -errno with words. */
int rss_sort(struct rss_run *run);

/* "Go heap"; "go_heap" for JSON */
const char *rss_kind_name(enum rss_kind kind);
const char *rss_kind_key(enum rss_kind kind);

/* What Go says of memory of that kind; false: nothing. */
bool rss_go_says(const struct rss_run *run, enum rss_kind kind, uint64_t *ret);

/* The smallest amount of other memory (RSS_ANON) that can't be the runtime's. */
uint64_t rss_not_go(const struct rss_run *run);

/* The writers: 0 or -errno with words. */
int rss_write(void *run, FILE *f);
int rss_write_json(struct rss_run *run, FILE *f);

#endif
