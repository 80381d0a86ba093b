/* SPDX-License-Identifier: GPL-2.0-only */
/* read_pproftext.h - the profiles of net/http/pprof as text, ?debug=1 */
#ifndef GOBPF_STACK_READ_PPROFTEXT_H
#define GOBPF_STACK_READ_PPROFTEXT_H

#include "stack/readers.h"

/*
 *	goroutine profile: total 24
 *	23 @ 0x47e20a 0x41512e 0x414c72 0x4e4691 0x484101
 *	# labels: {"kind":"waiter"}
 *	#	0x4e4690	main.wait+0x30	/src/main.go:39
 *
 * Of goroutine, threadcreate and the program's own profiles; heap and allocs, whose records
 * are "1: 2 [3: 4] @ …" (in use, allocated) and scaled as runtime/pprof/protomem.go does; mutex and
 * block ("cycles count @ …").  Values are named as in a pprof profile of that kind.  Source:
 * runtime/pprof/pprof.go, printCountProfile, writeHeapInternal, writeProfileInternal,
 * printStackRecord, Go 1.15 to 1.27.
 *
 * The text lacks the runtime's frames at the leaf, but for stacks that have no others.  A
 * mutex profile of one in N says N but not whether N is in its numbers (since Go 1.21 it is): they
 * are taken as they stand, and that is noted.
 */
bool pproftext_match(const char *head, size_t len);
int pproftext_read(struct reading *r);

#endif
