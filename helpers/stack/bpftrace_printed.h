/* SPDX-License-Identifier: GPL-2.0-only */
/* bpftrace_printed.h - stacks that a script of bpftrace prints by printf("%s", ustack) */
#ifndef GOBPF_STACK_BPFTRACE_PRINTED_H
#define GOBPF_STACK_BPFTRACE_PRINTED_H

#include "stack/bpftrace_gather.h"

/*
 *	bash 9629 				any text of the script's
 *	        syscall_trace_enter+384
 *	        do_syscall_64+506
 *
 *	        __kill+7
 *
 * Each counts 1.  A kernel's stack and the user's behind it are one, with an empty line and nothing else between
 * them, unless the user's come first.  The kernel's is told by its outermost frame, or by addresses.  The text
 * around is not looked at.
 * Frames have 8 blanks before them (4 in maps), those of the mode perf a tab (src/bpftrace.cpp,
 * get_stack, and the callers' indent).
 */
struct printed {
	struct gather *g;
	struct buf kernel;	/* lines of a kernel's stack that the user's may follow */
	struct buf lines;	/* of the stack under way */
	bool empty;		/* the line before was empty */
	bool user_first;	/* in this run of stacks */
};

/* Does the line look like a frame that was printed, and like nothing else? */
bool printed_match(const char *line, size_t len);

/* The next line that is no map's; *ret_taken: it was a frame.  0 or -errno with words. */
int printed_line(struct printed *p, const char *line, size_t len, bool *ret_taken);

/* What is under way is complete: before a map's entry, and at the end. 0 or -errno with words. */
int printed_end(struct printed *p);
void printed_free(struct printed *p);

#endif
