/* SPDX-License-Identifier: GPL-2.0-only */
/* live.h - what all commands that read a program's memory have in common: target, output, repeats */
#ifndef GOBPF_LIVE_H
#define GOBPF_LIVE_H

#include "go/process.h"
#include "options.h"

/*
 * A command has one of these, presets out.formats (and what else has a default), makes
 * live_argp a child of its own argp (and live_repeat_argp, if it can look again), then:
 *
 *	err = live_open(&run.live);
 *	do
 *		err = read(&run);
 *	while (!err && live_again(&run.live));
 *	if (!err)
 *		err = live_write(&run.live, print, &run);
 *	return live_close(&run.live, err);
 */
struct live {
	struct opt_output out;
	const char *word;	/* the target as given */
	const char *exe;	/* --exe: of a core file */
	const char *running;	/* preset when it must be a running process: why ("reads twice"); else NULL */
	bool any_program;	/* preset by commands that can do without Go: then process is not opened .. */
	uint64_t interval_ns;	/* -i, preset to the default; 0: look once */
	uint64_t count;		/* -c: how often; 0: until Ctrl-C */
	uint64_t rounds;	/* how often it was looked so far; counted by live_again() */

	struct target target;
	struct go_process process;
	uint64_t next_ns;	/* CLOCK_MONOTONIC, when to look again */
	bool stopped;		/* by Ctrl-C */
	bool opened;		/* process */
};

/* TARGET, -f, -o, --json, -n, -q, -v */
extern const struct argp live_argp;
/* Of what it is made, for the argp of a command that has no options of its own; its input is a struct live. */
extern const struct argp_option live_options[];
error_t live_parse(int key, char *arg, struct argp_state *state);
extern const struct argp_child live_children[];
/* -i/--interval, -c/--count; its input is the same struct */
extern const struct argp live_repeat_argp;

/* Set by `gobpf capture': what the commands that it runs read goes into it, and their failures, too. */
extern struct capture *live_keep;

/* 0 or -errno with words. */
int live_open(struct live *l);

/* Waits until it is time to look again; false: it is over (count, Ctrl-C, or the target has exited). */
bool live_again(struct live *l);

/* The program's name without its path. */
const char *live_name(const struct live *l);

/* Opens the output, lets write() write, closes it: 0 or -errno with words. */
int live_write(const struct live *l, int (*write)(void *run, FILE *f), void *run);

/* Prints the words that go with err (0: none), closes all; the exit status. */
int live_close(struct live *l, int err);

#endif
