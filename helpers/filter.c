/* SPDX-License-Identifier: GPL-2.0-only */
#include "filter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/num.h"
#include "filter_read.h"
#include "stack/value.h"

int filter_load_by(const struct opt_filter *f, struct resolving *r, char **files, int n, struct profile *p)
{
	char dash[] = "-", *stdin_only[] = { dash };
	struct buf by = { 0 };
	const struct writer *w = writer_find(f->out.format);
	struct resolved *resolved = NULL;
	struct profile read;
	int ret = profile_init(&read, NULL, 0);

	*p = (struct profile){ 0 };
	if (ret)
		return err_sys(-ret, "can't begin");
	ret = filter_read(f, n ? files : stdin_only, n ? n : 1, r->recorded, &read, &by);
	if (!ret && !f->transform.as_is)
		ret = resolving_begin(r, w && w->addresses, &read, &resolved);
	if (!ret)
		ret = opt_transform_apply(&f->transform, by.data, w && w->labels, resolved, &read, p);
	if (resolved && !f->out.quiet)
		resolving_remarks(r);
	profile_free(&read);
	buf_free(&by);
	return ret;
}

int filter_load(const struct opt_filter *f, char **files, int n, struct profile *p)
{
	struct resolving resolving;
	int ret = resolving_open(&f->resolve, &resolving);

	*p = (struct profile){ 0 };
	if (!ret)
		ret = filter_load_by(f, &resolving, files, n, p);
	resolving_close(&resolving);
	return ret;
}

enum { OPT_JOBS = 'j', OPT_UNIT = OPT_OWN, OPT_FROM, OPT_VALUE, OPT_STRICT, OPT_TITLE, OPT_SUBTITLE, OPT_ICICLE, OPT_MODULE };

const struct argp_option filter_options[] = {
	{ "from", OPT_FROM, "FORMAT", 0, "The format of the input, where its content doesn't show it", 10 },
	{ "unit", OPT_UNIT, "UNIT", 0, "What is counted: bytes, nanoseconds, count", 10 },
	{ "value", OPT_VALUE, "NAME", 0, "Show the value NAME of several (a map's name, a unit)", 10 },
	{ "jobs", OPT_JOBS, "N", 0, "Read N files at the same time (1)", 10 },
	{ "strict", OPT_STRICT, NULL, 0, "Refuse input with mistakes instead of leaving them out", 10 },
	{ "title", OPT_TITLE, "TEXT", 0, "Flame graph: its title", 20 },
	{ "subtitle", OPT_SUBTITLE, "TEXT", 0, "Flame graph: the line under the title", 20 },
	{ "icicle", OPT_ICICLE, NULL, 0, "Flame graph: the root at the top", 20 },
	{ "module", OPT_MODULE, "PATH", 0, "Flame graph: module coloured as the main one", 20 },
	{ 0 },
};

const struct argp_child filter_children[] = {
	{ &opt_output_argp }, { &opt_report_argp }, { &opt_resolve_argp }, { &opt_transform_argp },
	{ &filter_picture_argp }, { 0 },
};

error_t filter_parse(int key, char *arg, struct argp_state *state)
{
	struct opt_filter *f = state->input;
	uint64_t jobs;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = state->child_inputs[1] = &f->out;
		state->child_inputs[2] = &f->resolve;
		state->child_inputs[3] = &f->transform;
		state->child_inputs[4] = &f->write;
		return 0;
	case OPT_UNIT:
		if (strcmp(arg, "bytes") && strcmp(arg, "nanoseconds") && strcmp(arg, "count"))
			argp_error(state, "--unit: '%s' is none of bytes, nanoseconds, count", arg);
		f->unit = arg;
		return 0;
	case OPT_JOBS:
		if (num_parse_u64(arg, FILTER_JOBS_MAX, &jobs) || !jobs)
			argp_error(state, "--jobs: '%s' is no number from 1 to %d", arg, FILTER_JOBS_MAX);
		f->jobs = jobs;
		return 0;
	case OPT_FROM:
		f->from = arg;
		return 0;
	case OPT_VALUE:
		f->value = arg;
		return 0;
	case OPT_STRICT:
		f->strict = true;
		return 0;
	case OPT_TITLE:
		f->write.title = arg;
		return 0;
	case OPT_SUBTITLE:
		f->write.subtitle = arg;
		return 0;
	case OPT_ICICLE:
		f->write.icicle = true;
		return 0;
	case OPT_MODULE:
		f->write.module = arg;
		return 0;
	case ARGP_KEY_ARGS:
		f->files = state->argv + state->next;
		f->nfiles = state->argc - state->next;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

int filter_choose_value(struct opt_filter *f, const struct profile *p)
{
	char names[PROFILE_VALUES * 32] = "";
	int value = f->value ? value_find(p, f->value) : (int)value_default(p);

	if (value >= 0) {
		f->write.value = value;
		return 0;
	}
	for (unsigned i = 0; i < p->ntypes; i++) {
		size_t n = strlen(names);

		snprintf(names + n, sizeof(names) - n, "%s%s", n ? ", " : "", p->types[i].name);
	}
	return err_set(EINVAL, "--value: no '%s' in the input; it has: %s", f->value, names);
}

int filter_write(const struct opt_filter *f, const struct profile *p)
{
	/* stdio's own has 4 KiB; in use until the program ends, as stdout is */
	static char buffer[128 << 10];
	const struct writer *w = f->write.diff_of ? writer_find_diff(f->out.format) :
						    writer_find(f->out.format);
	struct write_options o = f->write;
	FILE *out;
	int ret;

	o.top = f->out.top;
	o.stacks = f->out.verbose > 0;
	ret = writer_check(w, p, &o);
	if (ret)
		return ret;
	ret = output_open(&f->out, &out);
	if (ret)
		return ret;
	setvbuf(out, buffer, _IOFBF, sizeof(buffer));
	ret = writer_write(w, out, p, &o);
	if (!ret)
		return output_close(&f->out, out);
	output_discard(&f->out, out);
	return ret;
}

int filter_run(struct opt_filter *f)
{
	struct profile p;
	int ret = filter_load(f, f->files, f->nfiles, &p);

	if (!ret)
		ret = filter_choose_value(f, &p);
	if (!ret)
		ret = filter_write(f, &p);
	if (ret)
		fprintf(stderr, "%s: %s\n", program_invocation_name, err_text());
	profile_free(&p);
	return err_status(ret);
}
