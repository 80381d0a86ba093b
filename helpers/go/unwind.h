/* SPDX-License-Identifier: GPL-2.0-only */
/* unwind.h - the callers in a Go stack, found in its bytes as the runtime itself finds them */
#ifndef GOBPF_GO_UNWIND_H
#define GOBPF_GO_UNWIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "go/gofile.h"

/*
 * The pcsp tables say how large each function's frame is at each instruction (runtime/traceback.go,
 * unwinder), so no frame pointer is needed and a function that has not set up its
 * frame yet does not hide its caller.  amd64.  What was learnt of a pc is kept.
 */
struct go_unwinder {
	const struct go_file *go;
	uint64_t bias;			/* run-time address - address in the file */
	struct unwind_cache *cache;
};

enum go_unwind_end {
	GO_UNWIND_TOP,		/* the whole stack */
	GO_UNWIND_SWITCH,	/* at a function that came from another stack (systemstack, a cgo callback) */
	GO_UNWIND_FOREIGN,	/* at a pc that is not Go's: C code, or the bytes are no stack */
	GO_UNWIND_SHORT,	/* the bytes end before the stack does */
	GO_UNWIND_FULL,		/* more frames than there was room for */
};

/* A stack to be walked: its bytes from sp or below on. */
struct go_stack {
	uint64_t pc, sp;
	const uint8_t *bytes;	/* what is at addr */
	uint64_t addr;
	size_t len;
};

struct go_unwound {
	size_t n;
	enum go_unwind_end end;
	uint64_t next_pc, next_sp;	/* with SWITCH, FOREIGN: where it ended */
	/*
	 * Frames whose saved frame pointer is not where their caller's frame has its own, of
	 * all between two Go functions: 0 in a stack that was not changed while it was read.
	 */
	unsigned unchained;
};

/* Is what this function seems to be called by only interrupted by it (isInjectedCall)? */
bool go_is_injected(const char *func);

/* 0 or -ENOMEM. go must outlive it. */
int go_unwinder_open(struct go_unwinder *u, const struct go_file *go, uint64_t bias);
void go_unwinder_close(struct go_unwinder *u);

/*
 * Run-time addresses, leaf first, at most max: pc itself, then return addresses.  Where
 * a signal interrupted a function (runtime.sigpanic, asyncPreempt) its pc is given one
 * too high, as in runtime/pprof, so that all but the first are return addresses.  0 or -ENOMEM.
 */
int go_unwind(struct go_unwinder *u, const struct go_stack *s, uint64_t *pcs, size_t max,
	      struct go_unwound *ret);

#endif
