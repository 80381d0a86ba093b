/* SPDX-License-Identifier: GPL-2.0-only */
/* calls.h - who calls a Go function directly */
#ifndef GOBPF_GO_CALLS_H
#define GOBPF_GO_CALLS_H

#include "go/gofile.h"

/*
 * Inlining moves calls: in programs built with -pgo even the runtime's own
 * functions are inlined into their callers, and a function may be there and
 * still not be passed.  So whoever relies on a function being passed looks up
 * who calls what stands behind it.
 *
 * The calls are looked for in all of the code (x86-64, call rel32), and each
 * is confirmed by reading its function's instructions from the beginning.  Calls
 * through pointers are not seen.  Cost: about 10 ms for 20 MB of code.
 */
#define GO_CALLS 192
#define GO_CALLEES 16

struct go_call {
	struct go_func caller;
	unsigned callee;	/* number in callees[] */
	unsigned n;		/* calls of it in this caller */
};

struct go_calls {
	struct go_call v[GO_CALLS];
	unsigned n;
};

/* 0, or -errno with words: ENOEXEC (more than GO_CALLS pairs), EOPNOTSUPP (not x86-64). */
int go_calls_of(const struct go_file *g, const struct go_func *callees, unsigned n,
		struct go_calls *ret);

#endif
