/* SPDX-License-Identifier: GPL-2.0-only */
/* functions.h - flat and cumulative values per function */
#ifndef GOBPF_STACK_FUNCTIONS_H
#define GOBPF_STACK_FUNCTIONS_H

#include "stack/profile.h"

/*
 * A function is a name, as for `go tool pprof -top': its lines and files are one; the
 * kernel's are apart.  flat is of the stacks that end in it, cum of those that it stands
 * in: once per stack, however often it calls itself.
 */
struct function {
	uint32_t frame;		/* a frame of it: profile->frames[frame]; a leaf one where there is one */
	uint32_t sample;	/* the heaviest sample that ends in it, if nstacks */
	uint32_t nstacks;	/* how many different samples end in it */
	bool one_place;		/* all leaf frames of it have the same file and line */
	int64_t flat[PROFILE_VALUES], cum[PROFILE_VALUES];
};

/*
 * By falling flat[value], or cum[value], then by the other, then by name; "heaviest" is by
 * that value, too.  Caller frees.  0 or -ENOMEM.
 */
int profile_functions(const struct profile *p, unsigned value, bool by_cum, struct function **ret,
		      size_t *ret_n);

#endif
