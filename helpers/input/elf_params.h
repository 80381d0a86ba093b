/* SPDX-License-Identifier: GPL-2.0-only */
/* elf_params.h - parameters of a function as DWARF has them */
#ifndef GOBPF_INPUT_ELF_PARAMS_H
#define GOBPF_INPUT_ELF_PARAMS_H

#include "input/elf_native.h"

enum { ELF_PARAM_SCALARS = 32 };

/* A number or pointer that a value consists of. */
struct elf_scalar {
	uint32_t offset, size;	/* bytes, in the value */
	bool is_float;
};

struct elf_param {
	const char *name, *type;	/* valid until elf_native_close(); "" when there is none */
	bool result;			/* DW_AT_variable_parameter: Go's mark of results */
	uint32_t size, align;
	/* what it consists of, through structures and arrays of one element */
	struct elf_scalar scalars[ELF_PARAM_SCALARS];
	unsigned nscalars;
	unsigned ntypes;		/* looked at for that */
	bool whole;			/* these are all of it: no longer array, not too many */
};

/*
 * The parameters of the function that begins at addr, in the order of its declaration; at most max.
 * Returns how many, or -ENOENT when no DWARF tells of it (of a method's wrapper it leaves parameters
 * out: DW_AT_trampoline).
 */
int elf_params(struct elf_native *n, uint64_t addr, struct elf_param *ret, int max);

#endif
