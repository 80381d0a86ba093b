/* SPDX-License-Identifier: GPL-2.0-only */
/* stopped.h - where a goroutine that runs is: by the registers of its thread, which core files have */
#ifndef GOBPF_GO_STOPPED_H
#define GOBPF_GO_STOPPED_H

#include "go/process.h"

/* Offsets in m and g. */
struct go_stopped {
	uint32_t procid, g0;	/* in m */
	uint32_t lo, hi;	/* of the stack, in g */
};

/*
 * The goroutine of m with its stack between lo and hi; *pc, *sp: what its g says.  False when its place is not known:
 * of a running process; of a thread in C code.  True: *pc and *sp are where it is.
 *
 * A thread on its g0 runs something for the goroutine when systemstack or asmcgocall took it there: they leave
 * systemstack_switch as the pc of the goroutine (runtime/asm_amd64.s, gosave_systemstack_switch).
 */
bool go_stopped_at(struct go_process *p, const struct go_stopped *r, uint64_t m, uint64_t lo,
		   uint64_t hi, uint64_t *pc, uint64_t *sp);

#endif
