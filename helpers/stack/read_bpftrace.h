/* SPDX-License-Identifier: GPL-2.0-only */
/* read_bpftrace.h - maps with stack keys as bpftrace prints them */
#ifndef GOBPF_STACK_READ_BPFTRACE_H
#define GOBPF_STACK_READ_BPFTRACE_H

#include "stack/readers.h"

/*
 *	@bytes[comm,
 *	    main.work+18
 *	    runtime.main+530
 *	, 4242]: 23
 *
 * ustack and kstack in their modes bpftrace, perf and raw; any number of keys;
 * whole-number values, of stats() the total.  Read off bpftrace 0.17's output
 * (its src/output.cpp: TextOutput::map, and bpftrace.cpp: get_stack).
 */
struct bpftrace_entry {
	const char *map;		/* "@bytes", "@" */
	const struct frame *frames;	/* of all stacks among the keys, as printed: leaf first */
	size_t nframes;
	const char *const *keys;	/* the other keys, in order */
	size_t nkeys;
	int64_t value;
};

/*
 * Calls fn for each entry with a stack among its keys.  Other text is
 * skipped.  fn returns 0 or -errno, which ends the reading.  Returns 0 or
 * -errno with words (strict: EBADMSG).
 */
int bpftrace_each(struct reading *r, int (*fn)(const struct bpftrace_entry *e, void *arg),
		  void *arg);

/*
 * As a profile: each map is a value ("@" is "samples"), the other keys are
 * frames at the root, the first key outermost.
 */
bool bpftrace_match(const char *head, size_t len);
int bpftrace_read(struct reading *r);

#endif
