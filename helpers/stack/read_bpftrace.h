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
 *
 * Each map is a value of the profile ("@" is "samples"); the other keys are
 * frames at the root, the first key outermost.  Entries without a stack among
 * their keys, and other text, are skipped.
 */
bool bpftrace_match(const char *head, size_t len);
int bpftrace_read(struct reading *r);

#endif
