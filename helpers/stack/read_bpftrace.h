/* SPDX-License-Identifier: GPL-2.0-only */
/* read_bpftrace.h - maps as bpftrace prints them */
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
 * whole-number values, of stats() the total; each bucket of hist() and lhist() as a sample with
 * the label "value": its lower bound, of the bucket below all others its last value.  The text
 * and the JSON (-f json) of bpftrace 0.17, 0.23 and 0.27, read off their output (src/output.cpp,
 * TextOutput and JsonOutput; bpftrace.cpp, get_stack).
 *
 * Each map is a value of the profile ("@" is "samples"); the other keys are
 * frames at the root, the first key outermost.  Entries without a stack among
 * their keys are skipped; when there are no others their keys stand for the stack, and
 * of a histogram without keys the map's name: that is noted.  So are events that bpftrace lost.
 * Stacks that were printed by themselves count where no map has any (bpftrace_printed.h); other text is skipped.  Averages can't be told from counts in the text; in JSON they are left out.
 *
 * JSON has its oddities: keys are escaped twice in 0.18 to 0.23; 0.27 leaves out the blanks
 * in them, which makes frames of the mode perf illegible (left out); 0.17 has no lhist().
 */
bool bpftrace_match(const char *head, size_t len);
int bpftrace_read(struct reading *r);

#endif
