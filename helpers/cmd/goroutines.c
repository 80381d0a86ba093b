/* SPDX-License-Identifier: GPL-2.0-only */
/* gobpf goroutines - what every goroutine is doing */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/num.h"
#include "cmd/goroutines_run.h"
#include "command.h"
#include "go/running.h"
#include "go/tidy.h"
#include "go/traceback.h"
#include "stack/transform.h"
#include "stack/writers.h"

enum { OPT_STATE = OPT_OWN, OPT_REASON, OPT_MATCH, OPT_GOID, OPT_SYSTEM, OPT_FULL, OPT_LABEL, OPT_BY,
       OPT_NO_SAMPLE };

static const struct argp_option options[] = {
	{ "full", OPT_FULL, NULL, 0, "Each goroutine with its stack, as Go's crash dumps have them", 10 },
	{ "state", OPT_STATE, "STATE", 0, "Only those: waiting, runnable, running, syscall, …", 10 },
	{ "reason", OPT_REASON, "TEXT", 0, "Only those whose wait reason has this text in it", 10 },
	{ "match", OPT_MATCH, "REGEX", 0, "Only those with such a function in their stack", 10 },
	{ "goid", OPT_GOID, "N", 0, "Only this one", 10 },
	{ "label", OPT_LABEL, "KEY[=VALUE]", 0, "Only those with this pprof label; with all when given more than once", 10 },
	{ "by", OPT_BY, "label:KEY", 0, "Groups for each value of this pprof label", 10 },
	{ "no-sample", OPT_NO_SAMPLE, NULL, 0, "No perf event on threads that run: only read", 10 },
	{ "system", OPT_SYSTEM, NULL, 0, "The runtime's own goroutines, too", 10 },
	{ 0 },
};

static void parse_match(struct g_run *run, char *arg, struct argp_state *state)
{
	char words[128];
	int err = regcomp(&run->match_regex, arg, REG_EXTENDED | REG_NOSUB);

	if (!err) {
		run->match = arg;
		return;
	}
	regerror(err, &run->match_regex, words, sizeof(words));
	argp_error(state, "--match: '%s': %s", arg, words);
}

/* Goroutines that are idle or dead are never shown. */
static bool is_state(const char *word)
{
	for (unsigned s = G_RUNNABLE; s < G_STATUSES; s++)
		if (s != G_DEAD && !strcmp(word, go_status_name(s)) && word[0] != '?')
			return true;
	return false;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct g_run *run = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = state->child_inputs[1] = &run->live;
		return 0;
	case OPT_FULL:
		run->full = true;
		return 0;
	case OPT_STATE:
		if (!is_state(arg))
			argp_error(state, "--state: no state '%s' (one of: waiting runnable running "
					  "syscall preempted copystack)", arg);
		run->state = arg;
		return 0;
	case OPT_REASON:
		run->reason = arg;
		return 0;
	case OPT_MATCH:
		parse_match(run, arg, state);
		return 0;
	case OPT_GOID:
		if (num_parse_u64(arg, UINT64_MAX, &run->goid) || !run->goid)
			argp_error(state, "--goid: '%s' is no goroutine's number", arg);
		return 0;
	case OPT_NO_SAMPLE:
		run->no_sample = true;
		return 0;
	case OPT_LABEL:
		if (!*arg || *arg == '=')
			argp_error(state, "--label: '%s' has no key", arg);
		if (run->nlabels == LABELS_ASKED)
			argp_error(state, "--label: %d are enough", LABELS_ASKED);
		run->labels[run->nlabels++] = arg;
		return 0;
	case OPT_BY:
		if (strncmp(arg, "label:", 6) != 0 || !arg[6] || strchr(arg, ' '))
			argp_error(state, "--by: '%s' is not label:KEY", arg);
		run->by = arg + 6;
		return 0;
	case ARGP_KEY_SUCCESS:
		if (run->live.interval_ns && strcmp(run->live.out.format, "table") != 0 &&
		    strcmp(run->live.out.format, "json") != 0)
			argp_error(state, "-i: %s is of one reading; table and json are of many",
				   run->live.out.format);
		return 0;
	case OPT_SYSTEM:
		run->system = true;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp_child children[] = {
	{ &live_argp, 0, NULL, 0 },
	{ &live_repeat_argp, 0, NULL, 0 },
	{ 0 },
};
static const struct argp argp = {
	options, parse, "PID|NAME|CORE",
	"Show what every goroutine of a running Go program is doing: its state, for how long, its "
	"stack, and what made it. Nothing is stopped and nothing is probed: it is all read from "
	"the program's memory, or from a core file or capture of it.\v"
	"Goroutines in the same state with the same stack are one row; -v shows the stacks, --full "
	"each goroutine by itself. The runtime notes since when a goroutine waits only when a "
	"garbage collection finds it waiting, so times are at least (≥) what is shown. With -i it "
	"looks again and again: then waits that began in between are known from both sides, and the "
	"groups' changes are shown.\n"
	"\n"
	"Examples:\n"
	"  gobpf goroutines 4242\n"
	"  gobpf goroutines --reason 'chan receive' -v server\n"
	"  gobpf goroutines --full 4242 >dump.txt\n"
	"  gobpf goroutines -i 10s -c 6 4242\n"
	"  gobpf goroutines -o goroutines.svg 4242",
	children, NULL, NULL,
};

static bool hide(void *ctx, const struct frame *f)
{
	(void)ctx;
	return go_frame_hidden(f);
}

static int open_target(struct g_run *run)
{
	int err = live_open(&run->live);

	if (!err)
		err = go_g_reader_open(&run->reader, &run->live.process);
	if (err)
		return err;
	run->symboliser = go_process_symboliser(&run->live.process);
	/* a goroutine's leaf frames are the runtime's as a rule: they say what it waits for */
	run->symboliser.hide_leaf = NULL;
	run->symboliser.hide = hide;
	return 0;
}

static int write_profile(struct g_run *run, FILE *f)
{
	const char *format = run->live.out.format;
	const struct transform by = { .by = run->by };
	const struct profile *p = &run->profile;
	struct profile split = { 0 };
	char title[96];
	int err = 0;

	if (run->by && !run->by_labels) {
		err = profile_init(&split, NULL, 0);
		if (!err)
			err = profile_transform(p, &by, &split);
		p = &split;
	}
	snprintf(title, sizeof(title), "%s: goroutines", live_name(&run->live));
	if (!err)
		err = writer_write(writer_find(format), f, p, &(struct write_options){
			.title = title, .module = run->live.process.go.module });
	profile_free(&split);
	return err;
}

static int write_as(struct g_run *run, FILE *f)
{
	const char *format = run->live.out.format;

	if (run->full && !strcmp(format, "table"))
		return g_print_full(run, f);
	if (!strcmp(format, "table"))
		return g_print_table(run, f);
	if (!strcmp(format, "json"))
		return g_print_json(run, f);
	return write_profile(run, f);
}

static int look_at_running(struct g_run *run)
{
	struct go_running running;

	if (go_running_read(&run->reader, &run->gs, &running))
		return err_sys(ENOMEM, "reading running goroutines");
	if (running.error && running.got < running.n && !run->live.out.quiet && !run->live.rounds)
		fprintf(stderr, "%s: goroutines that run have no stack: perf events are %s\n",
			program_invocation_name, running.error == -EPERM ?
			"not permitted (kernel.perf_event_paranoid above 2 without CAP_PERFMON)" :
			"not possible here");
	return 0;
}

static int look(struct g_run *run)
{
	/* ages are as of the beginning */
	uint64_t now = target_unix_ns(&run->live.target);
	int err;

	go_goroutines_free(&run->gs);
	err = go_goroutines_read(&run->reader, &run->gs);
	if (!err && go_waits_update(&run->waits, &run->reader, &run->gs))
		err = err_sys(ENOMEM, "reading goroutines");
	/* nothing runs in a core file; there registers are in it */
	if (!err && !run->no_sample && !run->live.target.core)
		err = look_at_running(run);
	if (!err)
		err = g_group(run);
	run->profile.time_unix_ns = now;
	return err;
}

/* The first reading is there when the output is opened. */
static int write_all(void *ctx, FILE *f)
{
	struct g_run *run = ctx;
	int err = write_as(run, f);

	while (!err && run->live.interval_ns) {
		err = -output_flush(f);
		if (err)
			return err_sys(-err, "writing");
		if (!live_again(&run->live))
			break;
		err = look(run);
		if (!err && !strcmp(run->live.out.format, "table"))
			fputc('\n', f);
		if (!err)
			err = write_as(run, f);
	}
	return err;
}

static void free_all(struct g_run *run)
{
	free(run->groups);
	free(run->group_of);
	free(run->members);
	free(run->kinds);
	free(run->by_kind.slots);
	profile_free(&run->profile);
	go_waits_free(&run->waits);
	go_goroutines_free(&run->gs);
	go_g_reader_close(&run->reader);
	if (run->match)
		regfree(&run->match_regex);
}

static int run(int argc, char **argv)
{
	struct g_run run = {
		.live.out = { .formats = "table json folded svg html pprof speedscope", .top = 40 },
	};
	const struct writer *w;
	int err;

	options_parse(&argp, argc, argv, &run);
	/* more than the stack tells groups apart only where that can be seen */
	w = writer_find(run.live.out.format);
	run.by_labels = !strcmp(run.live.out.format, "json") || (w && w->labels && !run.by);
	err = open_target(&run);
	if (!err && run.full)
		run.labels_in_dumps = go_traceback_has_labels(&run.live.process);
	if (!err)
		err = look(&run);
	if (!err)
		err = live_write(&run.live, write_all, &run);
	free_all(&run);
	return live_close(&run.live, err);
}

const struct command cmd_goroutines = {
	.name = "goroutines",
	.group = "Goroutines",
	.summary = "what every goroutine is doing",
	.run = run,
	.capture = "--full --system",
};
