/* SPDX-License-Identifier: GPL-2.0-only */
/* recorded.h - callers in stacks recorded as registers and bytes (perf record --call-graph dwarf) */
#ifndef GOBPF_GO_RECORDED_H
#define GOBPF_GO_RECORDED_H

#include "go/resolver.h"
#include "stack/readers.h"

/*
 * Go code is walked by its own tables (unwind.h): no frame is missing, neither in a function's
 * first instructions nor in one without a frame, and no DWARF is needed.  C code by .eh_frame as
 * far as that goes (elf_cfi.h).  A walk ends where the goroutine's stack was left
 * (runtime.systemstack, a call of C): the other stack is not in the recording.
 */
struct go_recorded;

/* Files are found as the resolver finds them, which outlives it. 0 or -ENOMEM. */
int go_recorded_open(struct go_resolver *r, struct go_recorded **ret);
void go_recorded_close(struct go_recorded *w);

/* What struct reading's unwind has; ctx is a struct go_recorded. */
int go_recorded_unwind(void *ctx, const struct unwind_input *in, uint64_t *pcs, size_t max,
		       bool *ret_cut);

#endif
