/* SPDX-License-Identifier: GPL-2.0-only */
/* alloc.h - which stacks allocate in a live Go program, counted in the kernel */
#ifndef GOBPF_COLLECT_ALLOC_H
#define GOBPF_COLLECT_ALLOC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "collect/alloc_bpf.h"
#include "collect/duty.h"

/*
 * This knows file offsets, struct offsets and size tables, nothing of Go
 * executables: the caller finds those.
 *
 * Refill mode (REFILL_SPAN, LARGE, and RETURN where found):
 * a span is taken for the next few hundred objects of one size class by
 * whoever allocates first when the last one is used up.  Within a class that
 * is a fair draw among the callers, weighted by what the span hands out.
 * Exact mode (EXACT places): each object once.  The two don't mix.
 */
struct alloc_place {
	uint64_t offset;	/* in the file */
	enum alloc_kind kind;
	bool skip_if_cf_zf;	/* a jbe: a hit counts only when it isn't taken */
	bool caller_at_rsp;	/* the frame is not set up: *(rsp) is the return address */
};

#define ALLOC_MAX_PLACES 1024

struct alloc_config {
	pid_t pid;
	const char *exe;	/* opened at once and held: /proc/PID/exe */
	const struct alloc_place *places;
	unsigned nplaces;

	/* runtime.mspan: for REFILL_SPAN and RETURN */
	struct alloc_field nelems, alloc_count, elem_size, span_class;
	/* abi.Type.PtrBytes, for EXACT */
	struct alloc_field ptr_bytes;
	/* runtime/sizeclasses.go: class_to_size, class_to_allocnpages; class 0 is for large ones */
	unsigned nclasses;
	uint32_t class_size[ALLOC_CLASSES], class_pages[ALLOC_CLASSES];
	/* Go >= 1.22: pointerful objects above 512 bytes have 8 more, spans of others heap bits */
	bool malloc_header;
	/* run-time addresses [start, end): EXACT hits whose caller lies there are left out */
	struct alloc_range skip[ALLOC_SKIPS];
	unsigned nskip;
	unsigned max_stacks;	/* different stacks per burst; 0: 8192 */
	bool no_multi;		/* perf events even where the kernel has better, for tests */
};

/* A stack and what it allocated. Valid until alloc_close(). */
struct alloc_stack {
	const uint64_t *frames;	/* run-time addresses, leaf first: the place, then return addresses */
	unsigned nframes;
	double objects, bytes;	/* in the window; whole numbers in exact mode */
	uint64_t hits;
};

/* How good the numbers are. Hits are of breakpoints. */
struct alloc_report {
	uint64_t start_ns;	/* CLOCK_MONOTONIC: the window began */
	uint64_t window_ns, on_ns, bursts;
	uint64_t hits, counted, skipped, returned;
	uint64_t closed;	/* hits before and after the bursts */
	uint64_t torn;		/* not counted: memory unreadable or implausible */
	uint64_t full;		/* not counted: more stacks than max_stacks */
	uint64_t busy;		/* not counted: preempted in the program */
	uint64_t no_stack;	/* not counted: no stack at all */
	uint64_t cut_short;	/* counted, but the kernel could not follow the stack */
	uint64_t too_deep;	/* counted, but deeper than the kernel follows: the root is missing */
	double trap_ns, run_ns;	/* cost of a hit: breakpoint, our program; 0: not measured */
	/* fraction of the target's CPU time, estimated; < 0: not measured, or it used next to none */
	double overhead;
	bool multi;		/* attached by one link, not by perf events */
	int stopped;		/* what wait() returned */
};

struct alloc;

/*
 * Loads the program; nothing is attached yet.  0, or -errno with words: EPERM
 * names the missing capability, EOPNOTSUPP an old kernel, EINVAL what the
 * config contradicts itself in.
 */
int alloc_open(const struct alloc_config *c, struct alloc **ret);

/* What being attached all the time would cost: duty_measure(). Before alloc_run(), if at all. */
int alloc_measure(struct alloc *a, const struct duty_clock *clock, double *ret_slowdown);

/* One window, see duty_run(). Once per alloc_open(). */
int alloc_run(struct alloc *a, const struct duty_clock *clock, double max_overhead,
	      uint64_t window_ns);

/* After alloc_run(), in no order. Sorted out by the caller. */
const struct alloc_stack *alloc_results(const struct alloc *a, size_t *ret_n);
void alloc_report(const struct alloc *a, struct alloc_report *ret);

/*
 * Takes the breakpoints out: up to 50 ms, by perf events 100 ms for each place.
 * Use the results before.
 */
void alloc_close(struct alloc *a);

#endif
