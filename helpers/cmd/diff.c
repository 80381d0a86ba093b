/* SPDX-License-Identifier: GPL-2.0-only */
/* gobpf diff - what changed between two recordings */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/num.h"
#include "command.h"
#include "filter.h"
#include "stack/diff.h"
#include "stack/value.h"

struct diff {
	struct opt_filter filter;
	bool normalise, by_before;
	char subtitle[256];
};

enum { OPT_NORMALISE = OPT_OWN + 0x200, OPT_WIDTH };

static const struct argp_option options[] = {
	{ "normalise", OPT_NORMALISE, NULL, 0, "Scale BEFORE to the total of AFTER: compare shares", 5 },
	{ "width", OPT_WIDTH, "SIDE", 0, "Flame graph: what frames are as wide as: after (default), before", 20 },
	{ 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct diff *d = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &d->filter;
		return 0;
	case OPT_NORMALISE:
		d->normalise = true;
		return 0;
	case OPT_WIDTH:
		if (strcmp(arg, "before") && strcmp(arg, "after"))
			argp_error(state, "--width: '%s' is none of before, after", arg);
		d->by_before = *arg == 'b';
		return 0;
	case ARGP_KEY_SUCCESS:
		if (d->filter.nfiles != 2)
			argp_error(state, "needs two inputs: BEFORE AFTER");
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp filter_argp = { filter_options, filter_parse, .children = filter_children };
static const struct argp_child children[] = { { &filter_argp }, { 0 } };

static const struct argp argp = {
	options, parse, "BEFORE AFTER",
	"Read stacks from two files and show what changed: a table of functions, a flame graph whose "
	"colours are the change, folded stacks with two counts, JSON, or a profile for go tool pprof.\v"
	"Formats that are read: see 'gobpf help fold'. One of the two may be - for stdin.",
	children,
};

/* What pictures show under their title; the page lets its reader choose the width. */
static void describe(struct diff *d, const struct profile *p)
{
	bool page = !strcmp(d->filter.out.format, "html");
	struct value_type type = p->types[DIFF_AFTER];
	struct buf b = { 0 };

	snprintf(type.name, sizeof(type.name), "%s", d->filter.write.diff_of);
	diff_words(&b, &type, profile_total(p, DIFF_BEFORE), profile_total(p, DIFF_AFTER));
	snprintf(d->subtitle, sizeof(d->subtitle), "%s%s. Red grew, blue shrank%s%s.",
		 b.data ? b.data : "", d->normalise ? "; before scaled to the total of after" : "",
		 page ? "" : "; frames are as wide as ",
		 page ? "" : d->by_before ? "before" : "after");
	buf_free(&b);
	if (!d->filter.write.subtitle)
		d->filter.write.subtitle = d->subtitle;
}

/* sides[0 .. 1] were read. */
static int compare(struct diff *d, const struct profile *sides)
{
	struct opt_filter *f = &d->filter;
	struct profile p = { 0 };
	unsigned before;
	int ret = filter_choose_value(f, &sides[DIFF_BEFORE]);

	before = f->write.value;
	if (ret)
		return err_in(ret, "%s", f->files[DIFF_BEFORE]);
	ret = filter_choose_value(f, &sides[DIFF_AFTER]);
	if (ret)
		return err_in(ret, "%s", f->files[DIFF_AFTER]);
	ret = profile_diff(&sides[DIFF_BEFORE], before, &sides[DIFF_AFTER], f->write.value,
			   d->normalise, &p);
	if (!ret) {
		f->write.diff_of = sides[DIFF_AFTER].types[f->write.value].name;
		f->write.value = d->by_before ? DIFF_BEFORE : DIFF_AFTER;
		describe(d, &p);
		ret = filter_write(f, &p);
	}
	profile_free(&p);
	return ret;
}

static int run(int argc, char **argv)
{
	struct diff d = { .filter.out.formats = "table svg html folded json pprof" };
	struct profile sides[2] = { 0 };
	int ret = 0;

	options_parse(&argp, argc, argv, &d);
	for (int i = 0; !ret && i < 2; i++)
		ret = filter_load(&d.filter, &d.filter.files[i], 1, &sides[i]);
	if (!ret)
		ret = compare(&d, sides);
	if (ret)
		fprintf(stderr, "%s: %s\n", program_invocation_name, err_text());
	profile_free(&sides[0]);
	profile_free(&sides[1]);
	return err_status(ret);
}

const struct command cmd_diff = {
	.name = "diff",
	.group = "Stacks",
	.summary = "what changed between two recordings of stacks",
	.run = run,
};
