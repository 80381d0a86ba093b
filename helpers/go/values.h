/* SPDX-License-Identifier: GPL-2.0-only */
/* values.h - numbers that the runtime keeps in its variables, read from a process */
#ifndef GOBPF_GO_VALUES_H
#define GOBPF_GO_VALUES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "go/globals.h"
#include "go/process.h"

/*
 * A number of up to 8 bytes: a variable of its own (strct NULL, size given), or a field of a
 * structure that stands in place: { GLOBAL_MEMSTATS, "runtime.mstats", "numgc" }.
 */
struct go_value_want {
	enum go_global base;
	const char *strct, *field;
	uint32_t size;		/* of a variable of its own */
	bool may_lack;		/* versions without it are no failure */
};

struct go_value {
	uint64_t addr;		/* run-time address; 0: this version doesn't have it */
	uint32_t size;
};

/* All n, or -errno with words: ENOEXEC when one can't be found for certain. */
int go_values_find(const struct go_process *p, const struct go_value_want *want, size_t n,
		   struct go_value *ret);

/*
 * All n as of nearly one moment (one or few system calls, not from the cache), zero-extended;
 * those that this version lacks are 0.  0 or -errno with words: ESRCH, EPERM, EIO.
 */
int go_values_read(struct go_process *p, const struct go_value *v, size_t n, uint64_t *ret);

/* The words for what mem_read_now() or mem_each() returned when `what' was to be read; returns -errno. */
int go_read_failed(const struct go_process *p, int err, const char *what);

/* Where fields are in their structures, sizes when asked for; the field "sizeof" has offset 0. */
struct go_offset_want {
	const char *strct, *field;
	uint32_t *offset, *size;	/* either may be NULL; untouched when lacking */
	bool may_lack;
};

/* 0, or -errno with words: ENOEXEC when one isn't known for certain. */
int go_offsets_find(const struct go_process *p, const struct go_offset_want *want, size_t n);

#endif
