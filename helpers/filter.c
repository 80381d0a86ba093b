/* SPDX-License-Identifier: GPL-2.0-only */
#include "filter.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
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

static void show_notes(const char *line)
{
	while (line && *line) {
		size_t n = strcspn(line, "\n");

		fprintf(stderr, "%s: %.*s\n", program_invocation_name, (int)n, line);
		line += n + (line[n] != '\0');
	}
}

/* What the files are read into. */
struct loading {
	const struct opt_filter *filter;
	struct profile *profile;
	struct buf by;		/* keys that stand at the root, as the readers or --by have them */
	struct go_recorded *recorded;
};

static void add_key(struct buf *keys, const char *list)
{
	for (const char *at = list ? list : ""; *at; at += strspn(at, " ")) {
		size_t n = strcspn(at, " ");
		const char *known = keys->data;

		while (known && *known && (strcspn(known, " ") != n || memcmp(known, at, n))) {
			known += strcspn(known, " ");
			known += strspn(known, " ");
		}
		if (!known || !*known) {
			if (keys->len)
				buf_char(keys, ' ');
			buf_add(keys, at, n);
		}
		at += n;
	}
}

/* The labels that the reader shall keep: those for the root and those that will be written. */
static int wanted_labels(struct loading *l, struct reading *r, struct buf *ret)
{
	const struct opt_filter *filter = l->filter;
	const struct writer *w = writer_find(filter->out.format);
	const struct reader *reader = readers_find(r);

	if (!reader)
		return r->from ? -EINVAL : -EBADMSG;
	add_key(&l->by, filter->transform.by ? filter->transform.by : reader->by);
	add_key(ret, l->by.data);
	add_key(ret, w ? w->labels : NULL);
	r->labels = ret->data;
	r->addresses = (w && w->addresses) || filter->resolve.symbols == SYMBOLS_ALWAYS;
	return l->by.failed || ret->failed ? err_sys(ENOMEM, "%s", r->lines->name) : 0;
}

static int read_lines(struct loading *l, struct lines *lines, struct watched *w)
{
	const struct opt_filter *filter = l->filter;
	struct reading r = { .lines = lines, .profile = l->profile, .unit = filter->unit,
			     .from = filter->from, .strict = filter->strict,
			     .classic = filter->classic, .caller = filter->resolve.caller,
			     .unwind = l->recorded ? go_recorded_unwind : NULL, .unwind_ctx = l->recorded };
	struct buf labels = { 0 };
	int ret;

	progress_begin(&w->progress, lines->name, filter->out.quiet || !w->size);
	lines->on_read = show_progress;
	lines->arg = w;
	ret = wanted_labels(l, &r, &labels);
	if (!ret)
		ret = readers_read(&r);
	progress_clear(&w->progress);
	if (!ret && !filter->out.quiet)
		show_notes(r.notes.data);
	buf_free(&r.notes);
	buf_free(&labels);
	if (!ret && r.bad && !filter->out.quiet)
		fprintf(stderr, "%s: %s (%llu left out of %llu; --strict refuses)\n",
			program_invocation_name, r.first_bad, (unsigned long long)r.bad,
			(unsigned long long)(r.bad + r.samples));
	return ret;
}

static int read_one(struct loading *l, const char *file)
{
	const struct opt_filter *filter = l->filter;
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
	ret = read_lines(l, &lines, &w);
	lines_close(&lines);
	if (!is_stdin)
		close(fd);
	return ret;
}

int filter_load(const struct opt_filter *f, char **files, int n, struct profile *p)
{
	struct loading l = { .filter = f, .profile = p };
	const struct writer *w = writer_find(f->out.format);
	struct resolving resolving;
	int ret = profile_init(p, NULL, 0);

	if (ret)
		return err_sys(-ret, "can't begin");
	ret = resolving_open(&f->resolve, &resolving);
	l.recorded = resolving.recorded;
	for (int i = 0; !ret && i < (n ? n : 1); i++)
		ret = read_one(&l, n ? files[i] : "-");
	if (!ret && !f->transform.as_is)
		ret = resolving_apply(&resolving, w && w->addresses, f->out.quiet, p);
	resolving_close(&resolving);
	if (!ret)
		ret = opt_transform_apply(&f->transform, l.by.data, w && w->labels, p);
	buf_free(&l.by);
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
	{ &opt_output_argp }, { &opt_report_argp }, { &opt_resolve_argp }, { &opt_transform_argp },
	{ &filter_picture_argp }, { 0 },
};

error_t filter_parse(int key, char *arg, struct argp_state *state)
{
	struct opt_filter *f = state->input;

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
	const struct writer *w = f->write.diff_of ? writer_find_diff(f->out.format) :
						    writer_find(f->out.format);
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
