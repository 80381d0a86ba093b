/* SPDX-License-Identifier: GPL-2.0-only */
/* running.h - stacks of goroutines that are running at the moment */
#ifndef GOBPF_GO_RUNNING_H
#define GOBPF_GO_RUNNING_H

#include "go/goroutines.h"

/*
 * What a running goroutine's g says of its stack is old: it is in its thread's registers.  One interrupt of
 * that thread by a perf event gives registers and stack of the same moment; of a thread that sleeps in
 * a raw system call the kernel knows sp and pc (input/regs.h).  That is believed only if sp is within the
 * goroutine's stack, the g is the same before and after, and the stack's outermost function is the one that the
 * goroutine was started with; a stack deeper than the sample, if g's register says so.  A goroutine
 * whose thread is on another stack (the scheduler's, a signal's, C's) stays without.
 */
struct go_running {
	size_t n;		/* goroutines that were running */
	size_t got;		/* of which there is a stack now */
	int error;		/* why threads could not be sampled: -EPERM, -EOPNOTSUPP; 0: they could */
};

/* Adds stacks to gs; takes 30 ms at most, 0.1 as a rule.  0 or -ENOMEM. */
int go_running_read(struct go_g_reader *r, struct go_goroutines *gs, struct go_running *ret);

#endif
