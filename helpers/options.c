/* SPDX-License-Identifier: GPL-2.0-only */
#include "options.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/num.h"

/* Is word one of the blank-separated words of list? */
static bool in_list(const char *list, const char *word)
{
	size_t n = strlen(word);

	for (const char *p = list; n && (p = strstr(p, word)); p += n)
		if ((p == list || p[-1] == ' ') && (p[n] == ' ' || !p[n]))
			return true;
	return false;
}

static const struct {
	const char *ending, *format;
} endings[] = {
	/* the first that fits */
	{ ".speedscope.json", "speedscope" },
	{ ".txt", "table" }, { ".json", "json" },   { ".folded", "folded" }, { ".svg", "svg" },
	{ ".html", "html" }, { ".pb.gz", "pprof" }, { ".pprof", "pprof" },
};

static const char *format_of_ending(const char *path)
{
	size_t n = strlen(path);

	for (size_t i = 0; i < ARRAY_SIZE(endings); i++) {
		size_t e = strlen(endings[i].ending);

		if (n > e && !strcmp(path + n - e, endings[i].ending))
			return endings[i].format;
	}
	return NULL;
}

/* The ".xyz" of a file that is or will be a regular one; NULL: there is none. */
static const char *ending_of(const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	const char *dot = strrchr(name, '.');
	struct stat st;

	if (!dot || dot == name || !dot[1] || (!stat(path, &st) && !S_ISREG(st.st_mode)))
		return NULL;
	return dot;
}

static void unknown_ending(struct argp_state *state, const struct opt_output *o, const char *ending)
{
	char known[160] = "";

	for (size_t i = 0; i < ARRAY_SIZE(endings); i++) {
		size_t n = strlen(known);

		if (in_list(o->formats, endings[i].format))
			snprintf(known + n, sizeof(known) - n, "%s%s", n ? " " : "", endings[i].ending);
	}
	argp_error(state, "%s: the ending %s chooses no format (these do: %s); --format chooses for "
		   "any name", o->path, ending, known);
}

static void format_by_name(struct argp_state *state, struct opt_output *o)
{
	const char *format = o->path ? format_of_ending(o->path) : NULL;
	const char *ending = o->path && !format ? ending_of(o->path) : NULL;

	if (ending)
		unknown_ending(state, o, ending);
	if (format && !in_list(o->formats, format))
		argp_error(state, "%s: no %s here (one of: %s); --format chooses for any name",
			   o->path, format, o->formats);
	if (!format)
		format = o->fallback;
	if (format)
		snprintf(o->format, sizeof(o->format), "%s", format);
	else
		snprintf(o->format, sizeof(o->format), "%.*s", (int)strcspn(o->formats, " "),
			 o->formats);
}

static void choose_format(struct argp_state *state, struct opt_output *o)
{
	if (!o->format_given)
		format_by_name(state, o);
	if (!in_list(o->formats, o->format))
		argp_error(state, "unknown format '%s' (one of: %s)", o->format, o->formats);
}

static const struct argp_option output_options[] = {
	{ "format", 'f', "FORMAT", 0, "Write FORMAT", 50 },
	{ "output", 'o', "FILE", 0, "Write to FILE; its ending chooses the format", 50 },
	{ 0 },
};

static const struct argp_option report_options[] = {
	{ "top", 'n', "N", 0, "Show the first N rows (0: all)", 50 },
	{ "quiet", 'q', NULL, 0, "No progress and no remarks on stderr", 50 },
	{ "verbose", 'v', NULL, 0, "More detail", 50 },
	{ 0 },
};

enum { KEY_JSON = 0x100 };
static const struct argp_option json_options[] = {
	{ "json", KEY_JSON, NULL, 0, "The same as --format=json", 50 },
	{ 0 },
};

void opt_output_format(struct opt_output *o, const char *format)
{
	snprintf(o->format, sizeof(o->format), "%s", format);
	o->format_given = true;
}

static error_t parse_output(int key, char *arg, struct argp_state *state)
{
	struct opt_output *o = state->input;

	switch (key) {
	case 'f':
		opt_output_format(o, arg);
		return 0;
	case 'o':
		if (!arg[0])
			argp_error(state, "--output: an empty word names no file");
		o->path = strcmp(arg, "-") ? arg : NULL;
		return 0;
	case ARGP_KEY_END:
		choose_format(state, o);
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static error_t parse_json(int key, char *arg, struct argp_state *state)
{
	(void)arg;
	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = state->input;
		return 0;
	case KEY_JSON:
		opt_output_format(state->input, "json");
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static error_t parse_report(int key, char *arg, struct argp_state *state)
{
	struct opt_output *o = state->input;
	uint64_t v;

	switch (key) {
	case 'n':
		if (num_parse_u64(arg, 1000000, &v))
			argp_error(state, "--top: %s", err_text());
		o->top = v;
		return 0;
	case 'q':
		o->quiet = true;
		return 0;
	case 'v':
		o->verbose++;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

/* Names the formats that this command has, as in "Write FORMAT: table (default), json". */
static char *output_help(int key, const char *text, void *input)
{
	const struct opt_output *o = input;
	const char *p, *fallback;
	char *help = NULL;
	size_t n;
	FILE *f;

	if (key != 'f' || !o || !o->formats || !(f = open_memstream(&help, &n)))
		return (char *)text;
	fallback = o->fallback ? o->fallback : o->formats;
	fprintf(f, "%s:", text);
	for (p = o->formats; *p; p += strspn(p, " ")) {
		n = strcspn(p, " ");
		fprintf(f, "%s %.*s%s", p == o->formats ? "" : ",", (int)n, p,
			strncmp(p, fallback, n) || (fallback[n] && fallback[n] != ' ') ? "" : " (default)");
		p += n;
	}
	return fclose(f) ? (char *)text : help;
}

const struct argp opt_output_argp = { output_options, parse_output, .help_filter = output_help };
static const struct argp_child json_children[] = { { &opt_output_argp, 0, NULL, 0 }, { 0 } };
const struct argp opt_json_argp = { json_options, parse_json, NULL, NULL, json_children };
const struct argp opt_report_argp = { report_options, parse_report };

static const struct argp_option window_options[] = {
	{ "duration", 'd', "TIME", 0, "How long to look: 30s, 500ms, 2m; 0: until Ctrl-C", 40 },
	{ 0 },
};

static error_t parse_window(int key, char *arg, struct argp_state *state)
{
	struct opt_window *w = state->input;

	if (key != 'd')
		return ARGP_ERR_UNKNOWN;
	if (num_parse_duration(arg, &w->duration_ns))
		argp_error(state, "--duration: %s", err_text());
	return 0;
}

const struct argp opt_window_argp = { window_options, parse_window };

int options_parse(const struct argp *argp, int argc, char **argv, void *input)
{
	argp_err_exit_status = EXIT_USAGE;
	return argp_parse(argp, argc, argv, 0, NULL, input);
}

int output_check(const struct opt_output *o)
{
	struct stat st;
	bool there;
	int fd;

	if (!o->path) {
		if (!strcmp(o->format, "pprof") && isatty(STDOUT_FILENO))
			return err_set(EINVAL, "pprof output is binary: name a file with -o FILE.pb.gz "
					       "or redirect stdout");
		return 0;
	}
	there = !stat(o->path, &st);
	/* to open and close a named pipe would be the end of it for its reader */
	if (there && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
		return 0;
	fd = open(o->path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
	if (fd < 0)
		return err_sys(errno, "can't write %s", o->path);
	close(fd);
	if (!there)
		unlink(o->path);
	return 0;
}

int output_open(const struct opt_output *o, FILE **ret)
{
	FILE *f;
	int err = output_check(o);

	if (err)
		return err;
	if (!o->path) {
		*ret = stdout;
		return 0;
	}
	f = fopen(o->path, "we");
	if (!f)
		return err_sys(errno, "can't write %s", o->path);
	*ret = f;
	return 0;
}

int output_flush(FILE *f)
{
	errno = 0;
	if (!fflush(f) && !ferror(f))
		return 0;
	/* the write that failed was an earlier one: what fails now is the same */
	if (!errno && write(fileno(f), "", 1) == 1)
		return EIO;
	return errno ? errno : EIO;
}

/* /dev/full and named pipes are not ours to remove. */
static bool is_ours(const struct opt_output *o, FILE *f)
{
	struct stat st;

	return o->path && !fstat(fileno(f), &st) && S_ISREG(st.st_mode);
}

void output_discard(const struct opt_output *o, FILE *f)
{
	bool ours = is_ours(o, f);

	if (f != stdout)
		fclose(f);
	if (ours)
		unlink(o->path);
}

int output_close(const struct opt_output *o, FILE *f)
{
	const char *name = o->path ? o->path : "stdout";
	bool ours = is_ours(o, f);
	int err = output_flush(f);

	if (f != stdout && fclose(f) && !err)
		err = errno;
	if (!err)
		return 0;
	if (ours)
		unlink(o->path);
	if (err == EPIPE)
		return err_set(EPIPE, "%s: the reader closed the pipe before everything was written",
			       name);
	return err_sys(err, "can't write %s", name);
}
