/* SPDX-License-Identifier: GPL-2.0-only */
/* names.h - functions of the runtime and the standard library that were renamed or moved */
#ifndef GOBPF_GO_NAMES_H
#define GOBPF_GO_NAMES_H

#include <stdbool.h>
#include <stdint.h>

#include "go/gofile.h"

/*
 * What stands under one number is one function through all versions: it is called at
 * the same moments, with the same leading arguments.  Functions that were split or merged
 * (mallocgc, panicIndex, gentraceback) are not here.  (tests/probe.bats compares with programs
 * of the toolchains at hand: each has the name of its version, and none of the others.)
 */
struct go_name {
	uint8_t function;	/* a number */
	uint8_t from, to;	/* go1.from .. go1.to; 255: the newest */
	const char *name;
};

/* All rows, those of one function together, oldest name first. */
const struct go_name *go_names(unsigned *ret_n);

/* The rows of the function that has or had this name; NULL when it never moved. */
const struct go_name *go_names_of(const char *name, unsigned *ret_n);

/*
 * As go_func_named(); when there is no such function, by the name that it has in this
 * version. ret->name is the one found.
 */
bool go_func_named_ever(const struct go_file *g, const char *name, struct go_func *ret);

#endif
