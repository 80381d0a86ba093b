/* SPDX-License-Identifier: GPL-2.0-only */
#include "filter_transform.h"

#include <errno.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/num.h"
#include "go/tidy.h"
#include "options.h"
#include "stack/transform.h"

enum {
	OPT_BY = OPT_OWN + 0x100,
	OPT_DEPTH,
	OPT_ROOT,
	OPT_LEAF,
	OPT_FOCUS,
	OPT_IGNORE,
	OPT_SHORT,
	OPT_MERGE,
	OPT_AS_IS
};

static const struct argp_option options[] = {
	{ "by", OPT_BY, "KEY[,KEY...]", 0, "Labels (comm, goid, ...) as frames at the root; none: no labels", 12 },
	{ "focus", OPT_FOCUS, "REGEX", 0, "Only stacks with a frame that matches", 12 },
	{ "ignore", OPT_IGNORE, "REGEX", 0, "No stacks with a frame that matches", 12 },
	{ "root", OPT_ROOT, "FUNC", 0, "Stacks begin at the outermost FUNC; those without it go", 12 },
	{ "leaf", OPT_LEAF, "FUNC", 0, "Stacks end at the innermost FUNC; those without it go", 12 },
	{ "depth", OPT_DEPTH, "N", 0, "Keep N frames from the root on", 12 },
	{ "short", OPT_SHORT, NULL, 0, "Names without import paths and type arguments", 12 },
	{ "merge-goroutines", OPT_MERGE, NULL, 0, "Forget what tells goroutines apart: IDs, numbers of closures", 12 },
	{ "as-is", OPT_AS_IS, NULL, 0, "Leave all frames as the input has them", 12 },
	{ 0 },
};

static void parse_by(struct argp_state *state, const char *arg, struct opt_transform *o)
{
	free(o->by);
	o->by = strdup(strcmp(arg, "none") ? arg : "");
	if (!o->by)
		argp_failure(state, EXIT_FAILED, ENOMEM, "--by");
	for (char *c = o->by; *c; c++)
		if (*c == ',')
			*c = ' ';
	if (strcmp(arg, "none") && !o->by[strspn(o->by, " ")])
		argp_error(state, "--by: no key of a label (comm, pid, goid, ...; none)");
}

/* A mistake in it shall be said before anything is read. */
static const char *checked_regex(struct argp_state *state, const char *option, const char *arg)
{
	char why[128];
	regex_t re;
	int err = regcomp(&re, arg, REG_EXTENDED | REG_NOSUB);

	if (err) {
		regerror(err, &re, why, sizeof(why));
		argp_error(state, "%s: '%s' is no regular expression: %s", option, arg, why);
		return NULL;
	}
	regfree(&re);
	return arg;
}

static void parse_depth(struct argp_state *state, const char *arg, struct opt_transform *o)
{
	uint64_t n;

	if (num_parse_u64(arg, STACK_DEPTH, &n) || !n)
		argp_error(state, "--depth: '%s' is no number from 1 to %d", arg, STACK_DEPTH);
	else
		o->depth = n;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct opt_transform *o = state->input;

	switch (key) {
	case OPT_BY:
		parse_by(state, arg, o);
		return 0;
	case OPT_DEPTH:
		parse_depth(state, arg, o);
		return 0;
	case OPT_ROOT:
		o->root = arg;
		return 0;
	case OPT_LEAF:
		o->leaf = arg;
		return 0;
	case OPT_FOCUS:
		o->focus = checked_regex(state, "--focus", arg);
		return 0;
	case OPT_IGNORE:
		o->ignore = checked_regex(state, "--ignore", arg);
		return 0;
	case OPT_SHORT:
		o->short_names = true;
		return 0;
	case OPT_MERGE:
		o->merge_goroutines = true;
		return 0;
	case OPT_AS_IS:
		o->as_is = true;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

const struct argp opt_transform_argp = { options, parse };

static bool hide(void *ctx, const struct frame *f)
{
	const struct opt_transform *o = ctx;

	return (!o->as_is && go_frame_hidden(f)) || (o->merge_goroutines && go_frame_goroutine(f));
}

static void rename_frame(void *ctx, const struct frame *f, struct buf *b)
{
	const struct opt_transform *o = ctx;
	struct buf merged = { 0 };

	if (f->flags & (FRAME_KERNEL | FRAME_UNKNOWN))
		return;
	if (o->merge_goroutines)
		go_name_merged(&merged, f->func);
	if (!o->short_names)
		buf_add(b, merged.data, merged.len);
	else if (!merged.failed)
		go_name_short(b, merged.data ? merged.data : f->func);
	b->failed |= merged.failed;
	buf_free(&merged);
}

int opt_transform_apply(const struct opt_transform *o, const char *default_by, bool keep_labels,
			struct resolved *resolved, struct profile *in, struct profile *out)
{
	struct transform t = {
		.by = o->by ? o->by : default_by,
		.keep_labels = keep_labels,
		.depth = o->depth,
		.root = o->root,
		.leaf = o->leaf,
		.focus = o->focus,
		.ignore = o->ignore,
		.hide = o->as_is && !o->merge_goroutines ? NULL : hide,
		.rename = o->short_names || o->merge_goroutines ? rename_frame : NULL,
		.forget = o->merge_goroutines ? "goid wait" : NULL,
		.ctx = (void *)o,
	};

	if (!resolved && !transform_needed(in, &t)) {
		*out = *in;
		*in = (struct profile){ 0 };
		return 0;
	}
	if (profile_init(out, NULL, 0))
		return err_sys(ENOMEM, "can't change the stacks");
	return resolved ? profile_transform_resolved(resolved, &t, out) : profile_transform(in, &t, out);
}
