/* SPDX-License-Identifier: GPL-2.0-only */
/* params.h - where each parameter and result of a Go function is, by its types */
#ifndef GOBPF_GO_PARAMS_H
#define GOBPF_GO_PARAMS_H

#include "go/args.h"
#include "input/elf_params.h"

/* The place of a parameter at a function's entry, of a result at its rets. */
struct go_param {
	struct elf_param p;
	bool on_stack;
	uint32_t stack;		/* bytes above the stack pointer there */
	const char *registers[ELF_PARAM_SCALARS]; /* else: of each of p.scalars */
};

/*
 * Gives each of the n parameters its place: by the convention a (args.h), which must not be
 * GO_ABI_UNKNOWN.  p of each is filled in, in the order of the declaration.
 */
void go_params_place(const struct go_args *a, struct go_param *v, unsigned n);

#endif
