/* SPDX-License-Identifier: GPL-2.0-only */
/* leave.h - where a Go function ends: its returns, and the jumps that leave it */
#ifndef GOBPF_GO_LEAVE_H
#define GOBPF_GO_LEAVE_H

#include <stddef.h>
#include <stdint.h>

#include "go/gofile.h"

/*
 * A uretprobe must never be put on a Go function: stacks move, and the
 * changed return address kills the program.  The end of a call is seen by probes
 * on every instruction that leaves the function:
 *
 *	ret	results are in their registers (args.h), *(rsp) is the return address,
 *		the frame pointer is the caller's again.  The kernel single-steps it.
 *	jump	a tail call, as in the method wrappers that the compiler makes and in
 *		assembly: the target returns to our caller, and no ret of ours is passed
 *		then.  Results are not there yet.
 *
 * A call is left by exactly one of them.  Not by any, when it ends by a panic that a
 * caller recovers, by runtime.Goexit, or with the process; when the function
 * itself recovers, it passes its last ret (deferreturn).  A function that never returns
 * (runtime.gopanic) has none.
 *
 * Verified over every function of programs built by Go 1.19 and 1.21 to 1.27 against
 * `go tool objdump' (tests/probe.bats).  Not readable there: assembly with instructions newer
 * than the disassembler library (AVX-512 in the collector, CLMUL), 2 to 28 functions of 2,000.
 */
enum go_leave_kind {
	LEAVE_RET,
	LEAVE_JUMP,		/* to .target, in another function */
	LEAVE_JUMP_UNKNOWN,	/* through a register: where to is not known */
};

struct go_leave {
	uint64_t addr;		/* the file's own address */
	uint64_t offset;	/* in the file, as uprobes want it */
	enum go_leave_kind kind;
	uint64_t target;	/* of LEAVE_JUMP, the file's own address */
};

struct go_leaves {
	struct go_leave *v;	/* by address */
	size_t n, cap;
};

/* "ret", "jump", "jump?" */
const char *go_leave_kind_name(enum go_leave_kind kind);

/*
 * All of them.  0 (n may be 0), or -errno with words and nothing returned: -ENOEXEC when
 * the code is not in the file or cannot be read to its end, so that one might be missed;
 * -EOPNOTSUPP for other machines than x86-64.  What ret held before is freed.
 */
int go_leaves_of(const struct go_file *g, const struct go_func *f, struct go_leaves *ret);
void go_leaves_free(struct go_leaves *l);

/* The same on bare code; addr is that of its first byte, offsets are not set. No words. */
int go_leaves_in(struct span code, uint64_t addr, struct go_leaves *ret);

#endif
