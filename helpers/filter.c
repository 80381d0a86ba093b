/* SPDX-License-Identifier: GPL-2.0-only */
#include "filter.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/progress.h"
#include "stack/readers.h"
#include "stack/value.h"

/* How far the reading of a file is. */
struct watched {
	struct progress progress;
	uint64_t size;
};

static void show_progress(void *arg, uint64_t bytes)
{
	struct watched *w = arg;

	progress_show(&w->progress, bytes, w->size, NULL);
}

static int read_lines(const struct opt_filter *filter, struct lines *lines, struct watched *w,
		      struct profile *p)
{
	struct reading r = { .lines = lines, .profile = p, .unit = filter->unit,
			     .from = filter->from, .strict = filter->strict };
	int ret;

	progress_begin(&w->progress, lines->name, filter->out.quiet || !w->size);
	lines->on_read = show_progress;
	lines->arg = w;
	ret = readers_read(&r);
	progress_clear(&w->progress);
	if (!ret && r.bad && !filter->out.quiet)
		fprintf(stderr, "%s: %s (%llu left out of %llu; --strict refuses)\n",
			program_invocation_name, r.first_bad, (unsigned long long)r.bad,
			(unsigned long long)(r.bad + r.samples));
	if (!ret && *r.remark && !filter->out.quiet)
		fprintf(stderr, "%s: %s\n", program_invocation_name, r.remark);
	return ret;
}

static int read_one(const struct opt_filter *filter, const char *file, struct profile *p)
{
	bool is_stdin = !strcmp(file, "-");
	struct watched w = { .size = 0 };
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
	if (is_stdin && isatty(fd) && !filter->out.quiet)
		fprintf(stderr, "%s: reading stacks from the terminal; end with Ctrl-D\n",
			program_invocation_name);
	if (!is_stdin && S_ISREG(st.st_mode))
		w.size = st.st_size;
	lines_open(&lines, fd, is_stdin ? "stdin" : file);
	ret = read_lines(filter, &lines, &w, p);
	lines_close(&lines);
	if (!is_stdin)
		close(fd);
	return ret;
}

int filter_load(const struct opt_filter *f, char **files, int n, struct profile *p)
{
	int ret = profile_init(p, NULL, 0);

	if (ret)
		return err_sys(-ret, "can't begin");
	if (!n)
		return read_one(f, "-", p);
	for (int i = 0; !ret && i < n; i++)
		ret = read_one(f, files[i], p);
	return ret;
}

enum { OPT_UNIT = OPT_OWN, OPT_FROM, OPT_VALUE, OPT_STRICT, OPT_TITLE, OPT_SUBTITLE, OPT_ICICLE, OPT_MODULE };

const struct argp_option filter_options[] = {
	{ "from", OPT_FROM, "FORMAT", 0, "The format of the input, where its content doesn't show it", 10 },
	{ "unit", OPT_UNIT, "UNIT", 0, "What is counted: bytes, nanoseconds, count", 10 },
	{ "value", OPT_VALUE, "NAME", 0, "Show the value NAME of several (a map's name, a unit)", 10 },
	{ "strict", OPT_STRICT, NULL, 0, "Refuse input with mistakes instead of leaving them out", 10 },
	{ "title", OPT_TITLE, "TEXT", 0, "Flame graph: its title", 20 },
	{ "subtitle", OPT_SUBTITLE, "TEXT", 0, "Flame graph: the line under the title", 20 },
	{ "icicle", OPT_ICICLE, NULL, 0, "Flame graph: the root at the top", 20 },
	{ "module", OPT_MODULE, "PATH", 0, "Flame graph: module coloured as the main one", 20 },
	{ 0 },
};

const struct argp_child filter_children[] = {
	{ &opt_output_argp }, { &opt_report_argp }, { 0 },
};

error_t filter_parse(int key, char *arg, struct argp_state *state)
{
	struct opt_filter *f = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = state->child_inputs[1] = &f->out;
		return 0;
	case OPT_UNIT:
		if (strcmp(arg, "bytes") && strcmp(arg, "nanoseconds") && strcmp(arg, "count"))
			argp_error(state, "--unit: '%s' is none of bytes, nanoseconds, count", arg);
		f->unit = arg;
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
	const struct writer *w = writer_find(f->out.format);
	struct write_options o = f->write;
	FILE *out;
	int ret, closed;

	o.top = f->out.top;
	o.stacks = f->out.verbose > 0;
	ret = writer_check(w, p, &o);
	if (ret)
		return ret;
	ret = output_open(&f->out, &out);
	if (ret)
		return ret;
	ret = writer_write(w, out, p, &o);
	closed = output_close(&f->out, out);
	return ret ? ret : closed;
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
