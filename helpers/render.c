/* SPDX-License-Identifier: GPL-2.0-only */
#include "render.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "stack/flame.h"
#include "stack/fold.h"
#include "stack/json.h"
#include "stack/pprof.h"
#include "stack/readers.h"
#include "stack/report.h"
#include "stack/value.h"

static int write_as(FILE *f, const struct opt_output *o, const struct profile *p, unsigned value,
		    const struct render_options *r)
{
	if (!strcmp(o->format, "folded"))
		return fold_write(f, p, value);
	if (!strcmp(o->format, "pprof"))
		return pprof_write(f, p);
	if (!strcmp(o->format, "json"))
		return json_write(f, p);
	if (!strcmp(o->format, "svg"))
		return flame_write(f, p, &(struct flame_options){
			.title = r->title, .subtitle = r->subtitle, .module = r->module,
			.value = value, .icicle = r->icicle });
	return report_write(f, p, &(struct report_options){
		.value = value, .top = o->top, .seconds = r->seconds, .stacks = o->verbose > 0 });
}

/* Negative ones are drawn no more than zeroes. */
static bool has_values(const struct profile *p, unsigned value)
{
	for (size_t i = 0; i < p->nsamples; i++)
		if (p->samples[i].values[value] > 0)
			return true;
	return false;
}

int render_profile(const struct opt_output *o, const struct profile *p,
		   const struct render_options *r)
{
	FILE *f;
	unsigned value = r->value >= 0 ? (unsigned)r->value : value_default(p);
	int ret, closed;

	if (!strcmp(o->format, "svg") && !has_values(p, value))
		return err_set(ENODATA, "%s: nothing to draw: all its values are 0",
			       p->types[value].name);
	ret = output_open(o, &f);
	if (ret)
		return ret;
	ret = write_as(f, o, p, value, r);
	closed = output_close(o, f);
	if (ret)
		return err_sys(-ret, "can't write %s", o->format);
	return closed;
}

static int read_one(const struct render_input *in, const char *file, struct profile *p)
{
	bool is_stdin = !strcmp(file, "-");
	const char *name = is_stdin ? "stdin" : file;
	struct reading r = { .profile = p, .unit = in->unit, .strict = in->strict };
	struct lines lines;
	struct stat st;
	int fd = is_stdin ? STDIN_FILENO : open(file, O_RDONLY | O_CLOEXEC);
	int ret;

	if (fd < 0)
		return err_sys(errno, "can't open %s", file);
	if (!fstat(fd, &st) && S_ISDIR(st.st_mode)) {
		close(fd);
		return err_sys(EISDIR, "can't read %s", file);
	}
	if (is_stdin && isatty(fd) && !in->quiet)
		fprintf(stderr, "%s: reading stacks from the terminal; end with Ctrl-D\n",
			program_invocation_name);
	lines_open(&lines, fd, name);
	r.lines = &lines;
	ret = readers_read(&r);
	if (!ret && r.bad && !in->quiet)
		fprintf(stderr, "%s: %s (%llu left out of %llu; --strict refuses)\n",
			program_invocation_name, r.first_bad, (unsigned long long)r.bad,
			(unsigned long long)(r.bad + r.samples));
	lines_close(&lines);
	if (!is_stdin)
		close(fd);
	return ret;
}

int render_read(const struct render_input *in, struct profile *p)
{
	int ret = 0;

	if (!in->nfiles)
		return read_one(in, "-", p);
	for (int i = 0; !ret && i < in->nfiles; i++)
		ret = read_one(in, in->files[i], p);
	return ret;
}

enum { OPT_UNIT = OPT_OWN, OPT_VALUE, OPT_STRICT, OPT_TITLE, OPT_SUBTITLE, OPT_ICICLE, OPT_MODULE };

static const struct argp_option filter_options[] = {
	{ "unit", OPT_UNIT, "UNIT", 0, "What is counted: bytes, nanoseconds, count", 10 },
	{ "value", OPT_VALUE, "NAME", 0, "Show the value NAME of several (a map's name, a unit)", 10 },
	{ "strict", OPT_STRICT, NULL, 0, "Refuse input with mistakes instead of leaving them out", 10 },
	{ "title", OPT_TITLE, "TEXT", 0, "Flame graph: its title", 20 },
	{ "subtitle", OPT_SUBTITLE, "TEXT", 0, "Flame graph: the line under the title", 20 },
	{ "icicle", OPT_ICICLE, NULL, 0, "Flame graph: the root at the top", 20 },
	{ "module", OPT_MODULE, "PATH", 0, "Flame graph: module coloured as the main one", 20 },
	{ 0 },
};

static error_t parse_filter(int key, char *arg, struct argp_state *state)
{
	struct opt_filter *f = state->input;

	switch (key) {
	case OPT_UNIT:
		if (strcmp(arg, "bytes") && strcmp(arg, "nanoseconds") && strcmp(arg, "count"))
			argp_error(state, "--unit: '%s' is none of bytes, nanoseconds, count", arg);
		f->in.unit = arg;
		return 0;
	case OPT_VALUE:
		f->value = arg;
		return 0;
	case OPT_STRICT:
		f->in.strict = true;
		return 0;
	case OPT_TITLE:
		f->render.title = arg;
		return 0;
	case OPT_SUBTITLE:
		f->render.subtitle = arg;
		return 0;
	case OPT_ICICLE:
		f->render.icicle = true;
		return 0;
	case OPT_MODULE:
		f->render.module = arg;
		return 0;
	case ARGP_KEY_ARGS:
		f->in.files = state->argv + state->next;
		f->in.nfiles = state->argc - state->next;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

const struct argp opt_filter_argp = { filter_options, parse_filter };

static int choose_value(const struct profile *p, struct opt_filter *f)
{
	char names[PROFILE_VALUES * 32] = "";

	f->render.value = -1;
	if (!f->value)
		return 0;
	f->render.value = value_find(p, f->value);
	if (f->render.value >= 0)
		return 0;
	for (unsigned i = 0; i < p->ntypes; i++) {
		size_t n = strlen(names);

		snprintf(names + n, sizeof(names) - n, "%s%s", n ? ", " : "", p->types[i].name);
	}
	return err_set(EINVAL, "--value: no '%s' in the input; it has: %s", f->value, names);
}

int render_filter(const struct opt_output *o, struct opt_filter *f)
{
	struct profile p;
	int ret = profile_init(&p, NULL, 0);

	f->in.quiet = o->quiet;
	if (ret)
		err_sys(-ret, "can't begin");
	if (!ret)
		ret = render_read(&f->in, &p);
	if (!ret)
		ret = choose_value(&p, f);
	if (!ret)
		ret = render_profile(o, &p, &f->render);
	if (ret)
		fprintf(stderr, "%s: %s\n", program_invocation_name, err_text());
	profile_free(&p);
	return err_status(ret);
}
