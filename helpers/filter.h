/* SPDX-License-Identifier: GPL-2.0-only */
/* filter.h - commands that read stacks from files, change them, and write them in a format */
#ifndef GOBPF_FILTER_H
#define GOBPF_FILTER_H

#include "filter_resolve.h"
#include "filter_transform.h"
#include "options.h"
#include "stack/profile.h"
#include "stack/writers.h"

/* What every filter can write. */
#define FILTER_FORMATS "folded table svg html pprof json speedscope histogram heatmap"

/*
 * A filter reads stacks from files (stdin without one, or for "-") and writes
 * them.  Its argp is made of the three parts below and gets a struct opt_filter
 * as its input, with out.formats set.
 */
struct opt_filter {
	struct opt_output out;
	struct write_options write;
	struct opt_resolve resolve;
	struct opt_transform transform;
	char **files;
	int nfiles;
	const char *value;	/* name or unit of the value to show; NULL: the main one */
	const char *unit;	/* of counts, NULL: as the format says */
	const char *from;	/* the inputs' format; NULL: as their content shows */
	unsigned jobs;		/* files read at the same time; 0: one */
	bool strict;
	const struct perf_classic *classic;	/* perf script text is read by these rules; NULL: by our own */
};
extern const struct argp_option filter_options[];
extern const struct argp_child filter_children[];
/* How tables and pictures look; its input is a struct write_options. */
extern const struct argp filter_picture_argp;
error_t filter_parse(int key, char *arg, struct argp_state *state);

/*
 * The parts: everything that comes in, as the options want it (profile_free(p) also after a
 * failure); the value to show, into f->write.value; the output.  0 or -errno with words.
 */
int filter_load(const struct opt_filter *f, char **files, int n, struct profile *p);
/* The same by what was opened before, since a process may end; it is open until the profile was written. */
int filter_load_by(const struct opt_filter *f, struct resolving *r, char **files, int n, struct profile *p);
int filter_choose_value(struct opt_filter *f, const struct profile *p);
int filter_write(const struct opt_filter *f, const struct profile *p);

/* The whole of it: reads, chooses the value, writes. Returns the exit status. */
int filter_run(struct opt_filter *f);

#endif
