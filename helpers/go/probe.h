/* SPDX-License-Identifier: GPL-2.0-only */
/* probe.h - where in a Go function a uprobe is cheap and safe */
#ifndef GOBPF_GO_PROBE_H
#define GOBPF_GO_PROBE_H

#include <stdbool.h>
#include <stdint.h>

#include "go/gofile.h"

/*
 * A uprobe is a trap.  If the kernel emulates the probed instruction that is
 * all (0.5 us on a virtual machine); else the instruction is single-stepped out
 * of line, a second trap (9 us).  The first instruction of almost every Go
 * function is of the expensive sort, so the place is looked for behind it:
 *
 *	cmp 0x10(%r14),%rsp ; jbe more ; push %rbp ; ...	Go >= 1.21: the push
 *	cmp 0x10(%r14),%rsp ; jbe more ; sub $N,%rsp ; ...	Go < 1.21: the jbe
 *	lea -N(%rsp),%r12 ; cmp 0x10(%r14),%r12 ; jbe more	larger frames: likewise
 *	mov %rsp,%r12 ; sub $N,%r12 ; jb more ; cmp ; jbe more	huge frames: likewise
 *
 * (cmd/internal/obj/x86/obj6.go, stacksplit() and preprocess()).  When the
 * stack grows, "more" ends in a jump to the function's beginning: what stands
 * behind the jbe runs once per call all the same, the jbe itself runs twice,
 * and the first time with CF or ZF set.
 *
 * At every place of probe_place() the argument registers (rax rbx rcx rdi rsi
 * r8-r11, X0-X14), rdx (the closure), r14 (g), rsp and *(rsp), the return
 * address, are still as at the function's entry, and it is passed exactly once
 * per call, unless a flag below says otherwise.  The frame pointer is still the
 * caller's: a walk by frame pointers misses the immediate caller, which is *(rsp).
 * (Assembly that is jumped into from elsewhere, as duffzero is, is not counted whole.)
 *
 * Verified over every function of programs built by Go 1.19 and 1.21 to 1.27,
 * static and cgo PIE, against `go tool objdump' (tests/golib.bats).  Of the
 * functions of a small program 80-85 % have the push (1.19: 72 % the check), 2 % a
 * branch; the rest, leaves and assembly, has the entry.
 */
enum probe_kind {
	PROBE_PUSH,		/* push, usually of rbp behind the stack check: emulated */
	PROBE_BRANCH,		/* jcc, jmp, call or nop: emulated */
	PROBE_CHECK,		/* the jbe of the stack check: emulated */
	PROBE_ENTRY,		/* nothing better: single-stepped, expensive */
};

struct probe_place {
	uint64_t addr;		/* the file's own address */
	uint64_t offset;	/* in the file, as uprobes want it */
	enum probe_kind kind;
	bool skip_if_cf_or_zf;	/* leave out hits with CF (bit 0) or ZF (bit 6) in the saved flags */
	bool repeats;		/* the function jumps back to here: more hits than calls */
};

/* "push", "branch", "check", "entry" */
const char *probe_kind_name(enum probe_kind kind);

/*
 * The cheapest place of f.  0, or -errno with words: -ENOEXEC when its code is
 * not in the file, -EOPNOTSUPP for other machines than x86-64.
 */
int probe_place(const struct go_file *g, const struct go_func *f, struct probe_place *ret);

/*
 * The places in f right behind its direct calls of callee, one for each call,
 * where rax still is callee's first result and f's frame is complete: a walk by
 * frame pointers gives f's callers without a gap.  The kind is never
 * PROBE_ENTRY.  0, or -ENOEXEC with words, nothing returned, when there is no call, when there
 * are more than max, or when one of them has no such place (no instruction
 * near it that the kernel emulates, or a jump leads in between).
 */
int probe_after_calls(const struct go_file *g, const struct go_func *f,
		      const struct go_func *callee, struct probe_place *ret, unsigned max, unsigned *ret_n);

/*
 * The direct calls of callee in f themselves: emulated, PROBE_BRANCH, with the arguments of
 * callee in their registers.  0, or -ENOEXEC with words as above.
 */
int probe_calls(const struct go_file *g, const struct go_func *f, const struct go_func *callee,
		struct probe_place *ret, unsigned max, unsigned *ret_n);

/*
 * The first two on bare code; addr is that of its first byte.  offset is not
 * set.  0 or -errno without words.
 */
int probe_place_in(struct span code, uint64_t addr, struct probe_place *ret);
int probe_after_calls_in(struct span code, uint64_t addr, uint64_t callee, struct probe_place *ret,
			 unsigned max, unsigned *ret_n);

#endif
