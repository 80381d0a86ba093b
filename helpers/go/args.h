/* SPDX-License-Identifier: GPL-2.0-only */
/* args.h - how arguments arrive at a Go function, and results leave it */
#ifndef GOBPF_GO_ARGS_H
#define GOBPF_GO_ARGS_H

#include <stdint.h>

#include "go/gofile.h"

/*
 * Go has two calling conventions (src/cmd/compile/abi-internal.md;
 * internal/abi/abi_amd64.go, abi_arm64.go):
 *
 * ABIInternal, code by the Go compiler: since 1.17 on amd64 and 1.18 on arm64 in
 * registers; before, on the stack like ABI0.
 * ABI0, assembly: on the stack, results behind the arguments.  Assembly
 * written for ABIInternal (memmove, memequal) takes registers.  Which it is the symbol table says,
 * by the suffix ".abi0", for functions that Go code calls, too; the function table does
 * not.  So assembly without that is GO_ABI_UNKNOWN from 1.17 on: the registers are given, but
 * don't rely on them.
 *
 * Receiver, then parameters, each flattened into its words, take the next free registers
 * in order, integers and pointers from ints[], floats from floats[].  A parameter that does not
 * fit as a whole, or holds an array of more than one element, goes to the stack as a whole,
 * and later ones may still get registers.  A string is pointer and length, a
 * slice pointer, length and capacity, an interface type and data.  Results likewise,
 * beginning with the first registers anew.
 */
enum go_abi {
	GO_ABI_STACK,
	GO_ABI_REGISTERS,
	GO_ABI_UNKNOWN,
};

struct go_args {
	enum go_abi abi;
	/* names as in bpftrace's reg() (which has no floats), each list ends in NULL */
	const char *const *ints, *const *floats;
	unsigned nints, nfloats;
	const char *sp;		/* the stack pointer */
	const char *g;		/* the register that holds the *g, NULL: thread-local storage only */
	const char *closure;	/* of a closure its context, at entry */
	/*
	 * What lies on the stack begins this many bytes above the stack pointer: at the
	 * function's entry, places of probe.h and rets of leave.h alike (amd64: the return address).
	 */
	unsigned stack;
};

/* 0, or -ENOEXEC with words for a machine that is not read. */
int go_args_of(const struct go_file *g, const struct go_func *f, struct go_args *ret);

#endif
