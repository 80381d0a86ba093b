/* SPDX-License-Identifier: GPL-2.0-only */
/* writers.h - the formats that a profile can be written in */
#ifndef GOBPF_STACK_WRITERS_H
#define GOBPF_STACK_WRITERS_H

#include <stdbool.h>
#include <stdio.h>

#include "stack/profile.h"

/* Each writer takes of these what it can show. */
struct write_options {
	unsigned value;			/* of the profile: what formats with one value show */
	unsigned top;			/* rows of the table, 0: all */
	bool stacks;			/* the table with a stack under each row */
	bool cum;			/* the table by cumulative value */
	const char *title, *subtitle;	/* of pictures; NULL: the default, none */
	const char *module;		/* path of the main module, for its colour; NULL: unknown */
	bool icicle;			/* the root at the top */
	/* of the histogram and the heat map: */
	const char *label;		/* whose numbers are shown; NULL: "value" */
	unsigned rows;			/* of the heat map; 0: the default */
	const char *level;		/* what its rows are; NULL: "leaf" */
	uint64_t interval_ns;		/* width of its columns; 0: as fits */
	/* the profile is a diff (stack/diff.h) of the value of this name; NULL: it is none */
	const char *diff_of;
};

/* How to add a format: a file NAME.c, its row in writers.c, its ending in options.c, its test. */
struct writer {
	const char *name;		/* as --format has it */
	const char *labels;		/* which labels it can show, as in struct reading, or needs; NULL: none */
	bool addresses;			/* does it show them? */
	bool picture;			/* has nothing to show without a value above 0 */
	/* 0 or -errno, with words or without; write errors stay in f for its owner */
	int (*write)(FILE *f, const struct profile *p, const struct write_options *o);
};

/* Ends in a row without name. */
extern const struct writer writers[];

/* The writer of that name or NULL. */
const struct writer *writer_find(const char *name);
/* The writer of that name for diffs, with o->diff_of. */
const struct writer *writer_find_diff(const char *name);

/* Is there anything to show?  0, or -ENODATA with words. */
int writer_check(const struct writer *w, const struct profile *p, const struct write_options *o);

/* 0, or -errno with words. */
int writer_write(const struct writer *w, FILE *f, const struct profile *p,
		 const struct write_options *o);

#endif
