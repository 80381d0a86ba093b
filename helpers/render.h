/* SPDX-License-Identifier: GPL-2.0-only */
/* render.h - what commands that end in stacks do with them: read from files, write in a format */
#ifndef GOBPF_RENDER_H
#define GOBPF_RENDER_H

#include "options.h"
#include "stack/profile.h"

struct render_options {
	const char *title, *subtitle;	/* of the flame graph; NULL: the default, none */
	const char *module;		/* path of the main module, NULL: unknown */
	unsigned value;			/* of the profile: what folded, svg and table show */
	bool icicle;
};

/*
 * Writes p to f as o->format says: folded, svg, pprof, json, else a table with
 * o->top rows, and stacks under them with o->verbose.  0 or -errno with words.
 */
int render_write(FILE *f, const struct opt_output *o, const struct profile *p,
		 const struct render_options *r);

/*
 * A filter is a command that reads stacks from files (stdin without one, or for
 * "-") and writes them.  Its argp is made of the three parts below and gets a
 * struct opt_filter as its input, with out.formats set.
 */
struct opt_filter {
	struct opt_output out;
	struct render_options render;
	char **files;
	int nfiles;
	const char *value;	/* name or unit of the value to show; NULL: the main one */
	const char *unit;	/* of counts, NULL: as the format says */
	bool strict;
};
extern const struct argp_option render_filter_options[];
extern const struct argp_child render_filter_children[];
error_t render_filter_parse(int key, char *arg, struct argp_state *state);

/* The whole of it: reads, chooses the value, writes. Returns the exit status. */
int render_filter(struct opt_filter *f);

#endif
