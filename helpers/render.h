/* SPDX-License-Identifier: GPL-2.0-only */
/* render.h - what all commands that end in stacks do with them: read from files, write in a format */
#ifndef GOBPF_RENDER_H
#define GOBPF_RENDER_H

#include "options.h"
#include "stack/profile.h"

/* For opt_output.formats: all that render_profile() writes. */
#define RENDER_FORMATS "table folded svg pprof json"

struct render_options {
	const char *title, *subtitle;	/* of the flame graph; NULL: the default, none */
	const char *module;		/* path of the main module, NULL: unknown */
	int value;			/* -1: the profile's main value */
	double seconds;			/* > 0: tables show values per second of this many */
	bool icicle;
};

/* Writes p as o says: format, file, rows, -v for stacks under a table's rows. 0 or -errno with words. */
int render_profile(const struct opt_output *o, const struct profile *p,
		   const struct render_options *r);

/*
 * Reads all files ("-": stdin; none at all: stdin) into p, which must be
 * initialised; what was left out of them is said on stderr unless quiet.
 * 0 or -errno with words.
 */
struct render_input {
	char **files;
	int nfiles;
	const char *unit;	/* of counts, NULL: as the format says */
	bool strict, quiet;
};
int render_read(const struct render_input *in, struct profile *p);

/* The options of the commands that are filters: what to read, what to show of it. */
struct opt_filter {
	struct render_input in;
	struct render_options render;
	const char *value;	/* --value; render_value() finds it in the profile */
};
extern const struct argp opt_filter_argp;

/* A whole filter command: reads, chooses the value, writes. Returns its exit status. */
int render_filter(const struct opt_output *o, struct opt_filter *f);

#endif
