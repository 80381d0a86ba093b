/* SPDX-License-Identifier: GPL-2.0-only */
/* golang.h - Go's own words in a bpftrace program, made plain bpftrace for one target */
#ifndef GOBPF_SCRIPT_GOLANG_H
#define GOBPF_SCRIPT_GOLANG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "script/resolve.h"

/*
 * The words, and all of them; anything else is bpftrace's:
 *
 *	go:NAME		a probe at the cheap place of each function of that name, of the target's process
 *			only.  NAME may be quoted, and a pattern: * ? [a-z]; a star in "(*" is Go's own, a
 *			bracket with a dot in it ([...], [go.shape.int]) type arguments.
 *	goreturn:NAME	a probe at each return of them
 *	goid		the goroutine's number; 0: none
 *	goarg0 ..	the words of the arguments at a go: probe, by the function's calling convention
 *	gostr(P, N)	the text of a Go string of N bytes at P; gostr(P): whose header is at P
 *	goslice(P, N)	N bytes at P, as bpftrace's buf()
 *	gostack(N)	a map's key: the stack, its caller repaired, of N frames at most; without (N): 127
 *	label("KEY")	the goroutine's pprof label; "": it has none
 *
 * A word with $ or @ before it, or behind . and ->, is the program's own.
 *
 * The kinds of a g's fields, of maps and slices: go/layout.h, go/labels.c.  reg("r14") is g at a Go
 * function's beginning and returns on amd64 (go/current.h); elsewhere it is looked for in thread-local
 * storage, by task_struct.thread.fsbase (arch/x86/include/asm/processor.h), which needs BTF.  On system
 * stacks that g is m.g0: so the goroutine is g.m.curg always.
 */
struct golang_args {
	bool known;			/* else: assembly whose convention the file doesn't say */
	const char *const *regs;	/* as reg() calls them */
	unsigned nregs;			/* 0: all lie on the stack, .. */
	unsigned stack;			/* .. so many bytes above the stack pointer */
};

/* A function, or one of its returns. */
struct golang_place {
	const char *name;
	const char *symbol;	/* that bpftrace finds the function, and no other one, by; NULL: none */
	struct script_place at;
	bool returns;
	struct golang_args args;
};

struct golang_facts {
	const char *g_reg;		/* NULL: in no register */
	bool tls;
	int64_t tls_offset;		/* from the thread pointer */
	uint32_t m, curg, goid, labels;	/* of g.m, m.curg, g.goid, g.labels */
	bool has_labels;		/* that is known .. */
	bool labels_are_map;		/* .. a map[string]string, before Go 1.24 */
};

#define GOLANG_PLACES_MAX 512

/* The target. The functions return 0 or -errno with words. */
struct golang {
	int pid;
	void *ctx;
	/*
	 * Calls each() for the places of the functions of that name, or that match it when none has it;
	 * -ENOENT: there is none.  Remarks: a line each.
	 */
	int (*places)(void *ctx, const char *name, bool returns,
		      int (*each)(void *arg, const struct golang_place *p), void *arg,
		      struct buf *remarks);
	int (*facts)(void *ctx, struct golang_facts *ret);
	/* May a uretprobe be there?  path as written. */
	int (*uretprobe)(void *ctx, struct part path, struct part name);
};

/* Where a block runs: what its words mean. */
enum golang_where {
	GOLANG_ELSEWHERE,	/* in the kernel, or in any process */
	GOLANG_USER,		/* at some instruction of a process */
	GOLANG_FUNCTION,	/* at a Go function's beginning or return */
};

struct golang_site {
	enum golang_where where;
	bool mixed;		/* different ones: the least of them */
	bool returns;		/* at least one is a return */
	bool guarded;		/* of the target's process only, by its predicate */
	bool any;		/* there is one */
	struct golang_args args;
	bool args_differ;
};

void golang_site_add(struct golang_site *s, enum golang_where where, const struct golang_args *args);

/* Does the text use any of the words? For commands that need a target then. */
bool golang_used(struct part text);

#endif
