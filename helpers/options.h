/* SPDX-License-Identifier: GPL-2.0-only */
/* options.h - options that mean the same in every command; glibc argp does the parsing */
#ifndef GOBPF_OPTIONS_H
#define GOBPF_OPTIONS_H

#include <argp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/*
 * A command puts the parts it wants into its own argp as children and hands
 * each its struct through state->child_inputs[] at ARGP_KEY_INIT.
 * Every key from 0x100 on that a part uses is below OPT_OWN; a command's own
 * long-only options count up from OPT_OWN.
 */
enum { OPT_OWN = 0x400 };

/*
 * opt_output_argp: -f/--format, -o/--output.
 * opt_json_argp: the same and --json, of commands that write it.
 * opt_report_argp: -n/--top, -q/--quiet, -v/--verbose, of commands that have rows and remarks.
 */
struct opt_output {
	const char *formats;	/* in: what the command can write: "table json folded svg pprof" */
	const char *fallback;	/* in: the default of these; NULL: the first */
	char format[16];	/* out: one of them; by -f, else by the ending of -o (an unknown one is refused),
				 * else the default */
	const char *path;	/* NULL or "-": stdout */
	unsigned top;		/* -n: rows; 0: all */
	bool quiet;
	int verbose;
	bool format_given;
};
extern const struct argp opt_output_argp, opt_json_argp, opt_report_argp;

/* As -f FORMAT: for options of a command that are short for one. */
void opt_output_format(struct opt_output *o, const char *format);

/* -d/--duration */
struct opt_window {
	uint64_t duration_ns;	/* preset to the command's default; 0: until Ctrl-C */
};
extern const struct argp opt_window_argp;

/*
 * argp_parse() with this project's rules: exit 2 on usage errors, "gobpf NAME"
 * as the program's name, words after "--" left alone.  Options may stand
 * behind arguments.
 */
int options_parse(const struct argp *argp, int argc, char **argv, void *input);

/*
 * The output file: opens o->path (stdout if none), checks that it is not a
 * terminal for binary formats.  Closing reports a full disk or closed pipe
 * with words: -errno.  A file that could not be written whole is removed.
 */
/* Could output_open() work?  For commands that look long before they print; leaves no file behind. */
int output_check(const struct opt_output *o);
int output_open(const struct opt_output *o, FILE **ret);
/* Flushes; 0 or the (positive) errno of what could not be written, now or before. */
int output_flush(FILE *f);
int output_close(const struct opt_output *o, FILE *f);
/* Closes what nothing of use was written to. */
void output_discard(const struct opt_output *o, FILE *f);

#endif
