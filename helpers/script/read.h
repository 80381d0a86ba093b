/* SPDX-License-Identifier: GPL-2.0-only */
/* read.h - what a script printed, as raw stacks again */
#ifndef GOBPF_SCRIPT_READ_H
#define GOBPF_SCRIPT_READ_H

#include <stddef.h>
#include <stdint.h>

#include "script/text.h"

#define SCRIPT_STACK_MAX 256	/* frames; bpftrace's own limit is 127 */

/*
 * One entry of a map whose key begins with a stack, as bpftrace prints it from
 * a script resolved with raw_stacks:
 *
 *	@bytes[
 *	    0x47a3b1			one address a line, leaf first; in other
 *	    47a3b1 main.f+12 (/exe)	versions without 0x, or with a name behind
 *	, 4312254]: 8192
 *
 * A number right behind the stack is the return address of the probed
 * function's caller, which ustack misses where no frame pointer is set up yet.
 * It becomes the second frame, unless the kernel had put it there itself
 * (6.11 and later, at a `push %rbp').
 */
struct script_stack {
	const char *map;		/* "bytes", NUL-terminated */
	const uint64_t *pcs;		/* leaf first */
	size_t n;
	int64_t value;
};

/*
 * Calls fn for each entry; what isn't one (other lines, other maps) is passed
 * over.  bpftrace 0.17 prints a stack once for each thread: add up what is
 * equal.  0; what fn returned, if not 0; or -EINVAL with words: an entry
 * that is cut off or broken.
 */
int script_read(struct part output, int (*fn)(void *ctx, const struct script_stack *s), void *ctx);

#endif
