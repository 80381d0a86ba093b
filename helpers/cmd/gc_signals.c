/* SPDX-License-Identifier: GPL-2.0-only */
/* gobpf gc-signals - do the three leak signals show */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/num.h"
#include "base/progress.h"
#include "cmd/gc_signals_run.h"
#include "command.h"

enum { OPT_TREND = OPT_OWN, OPT_JUMP, OPT_PAUSE, OPT_PAUSE_RATE, OPT_FAIL_ON };

static const struct argp_option options[] = {
	{ "trend", OPT_TREND, "PERCENT", 0, "Growth of the live heap a minute that is a signal (5)", 10 },
	{ "goal-jump", OPT_JUMP, "FACTOR", 0, "Rise of the goal at once that is a signal (2)", 10 },
	{ "pause", OPT_PAUSE, "TIME", 0, "A pause longer than this is long (10ms)", 10 },
	{ "pause-rate", OPT_PAUSE_RATE, "N", 0, "Long pauses a minute that are a signal (3)", 10 },
	{ "fail-on", OPT_FAIL_ON, "LEVEL", 0,
	  "Exit with 5 when as many signals show: low (one), medium (two), high (three)", 10 },
	{ 0 },
};

static const char *const levels[GCS_SIGNALS + 1] = { "none", "low", "medium", "high" };

const char *gcs_level(unsigned signals)
{
	return levels[signals];
}

static void parse_number(const char *name, const char *arg, double least, double *ret,
			 struct argp_state *state)
{
	char *end;
	double v = strtod(arg, &end);

	if (end == arg || *end || !(v >= least) || v > 1e9)
		argp_error(state, "--%s: '%s' is not a number of at least %g", name, arg, least);
	*ret = v;
}

static void parse_level(struct gcs_run *run, const char *arg, struct argp_state *state)
{
	for (unsigned i = 1; i < ARRAY_SIZE(levels); i++)
		if (!strcmp(arg, levels[i]))
			run->fail_on = i;
	if (!run->fail_on || strcmp(arg, levels[run->fail_on]) != 0)
		argp_error(state, "--fail-on: no level '%s' (one of: low medium high)", arg);
}

/* -c says how often, else -d. */
static void count_looks(struct gcs_run *run)
{
	if (!run->live.count && run->window.duration_ns) {
		run->live.count = run->window.duration_ns / run->live.interval_ns + 1;
		if (run->live.count < 2)
			run->live.count = 2;
	}
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct gcs_run *run = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = state->child_inputs[1] = &run->live;
		state->child_inputs[2] = &run->window;
		return 0;
	case OPT_TREND:
		parse_number("trend", arg, 0, &run->trend, state);
		return 0;
	case OPT_JUMP:
		parse_number("goal-jump", arg, 1, &run->jump, state);
		return 0;
	case OPT_PAUSE:
		if (num_parse_duration(arg, &run->pause_ns))
			argp_error(state, "--pause: %s", err_text());
		return 0;
	case OPT_PAUSE_RATE:
		parse_number("pause-rate", arg, 0, &run->pause_rate, state);
		return 0;
	case OPT_FAIL_ON:
		parse_level(run, arg, state);
		return 0;
	case ARGP_KEY_END:
		count_looks(run);
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp_child children[] = {
	{ &live_argp, 0, NULL, 0 },
	{ &live_repeat_argp, 0, NULL, 0 },
	{ &opt_window_argp, 0, NULL, 0 },
	{ 0 },
};
static const struct argp argp = {
	options, parse, "PID|NAME",
	"Look for three signals of a memory leak in what the garbage collector of a running Go program "
	"notes: what each cycle finds alive grows and doesn't level off; the size at which the next "
	"cycle begins jumps up; long stops of the world are frequent. Nothing is stopped and nothing "
	"is probed: it is all read from the program's memory.\v"
	"No pause is missed: the runtime keeps the last 256. -v says on standard error what each look finds.\n"
	"\n"
	"Examples:\n"
	"  gobpf gc-signals 4242\n"
	"  gobpf gc-signals -d 10m -i 5s server\n"
	"  gobpf gc-signals --fail-on medium --pause 5ms 4242",
	children, NULL, NULL,
};

static struct gcs_look look_of(const struct gcs_run *run)
{
	const struct go_gcstats *gc = &run->now;

	return (struct gcs_look){
		.unix_ns = target_unix_ns(&run->live.target), .time_ns = gc->time_ns,
		.marked_unix_ns = gc->last_gc_unix_ns, .marked = gc->heap_marked, .live = gc->heap_live,
		.goal = gc->heap_goal, .goal_known = gc->goal_known, .cycles = gc->cycles,
		.forced = gc->forced, .marking = gc->started != gc->cycles || gc->phase != GO_GC_OFF,
	};
}

/* Those of cycles from number since on that the ring still has. */
static int add_pauses(struct gcs_run *run, uint32_t since)
{
	const struct go_gcstats *gc = &run->now;

	for (uint32_t i = since; i != gc->cycles; i++) {
		if (!ARRAY_ROOM(run->pauses, run->npauses, run->pauses_cap))
			return err_sys(ENOMEM, "reading pauses");
		run->pauses[run->npauses++] = (struct gcs_pause){
			i + 1, gc->pause_end_unix_ns[i % GO_PAUSES], gc->pause_ns[i % GO_PAUSES] };
	}
	return 0;
}

static int add_new_pauses(struct gcs_run *run)
{
	uint32_t cycles = run->now.cycles, since = 0, oldest = cycles > GO_PAUSES ? cycles - GO_PAUSES : 0;

	if (!run->nlooks) {
		run->forgotten = oldest > 0;
		return add_pauses(run, oldest);
	}
	since = run->looks[run->nlooks - 1].cycles;
	if (oldest > since) {
		run->lost += oldest - since;
		since = oldest;
	}
	return add_pauses(run, since);
}

static void say_look(const struct gcs_run *run, const struct gcs_look *l)
{
	char a[NUM_LEN], b[NUM_LEN] = "?";

	if (!run->live.out.verbose)
		return;
	if (l->goal_known)
		num_bytes(b, (double)l->goal);
	fprintf(stderr, "look %zu: cycle %u, alive %s, goal %s\n", run->nlooks, l->cycles,
		num_bytes(a, (double)l->marked), l->goal == UINT64_MAX ? "never" : b);
}

static int look(struct gcs_run *run)
{
	struct gcs_look l;
	int err = go_gc_read(&run->reader, &run->now);

	if (err)
		return err;
	l = look_of(run);
	if (!ARRAY_ROOM(run->looks, run->nlooks, run->looks_cap))
		return err_sys(ENOMEM, "looking");
	err = add_new_pauses(run);
	run->looks[run->nlooks++] = l;
	say_look(run, &l);
	return err;
}

static int look_on(struct gcs_run *run)
{
	struct progress progress;
	int err;

	progress_begin(&progress, run->live.target.comm, run->live.out.quiet || run->live.out.verbose);
	do {
		err = look(run);
		progress_show(&progress, run->live.rounds, run->live.count ? run->live.count - 1 : 0, NULL);
	} while (!err && live_again(&run->live));
	progress_clear(&progress);
	/* it may end while it is watched: what was seen counts */
	if (err == -ESRCH && run->nlooks > 1)
		err = 0;
	return err;
}

static int write_as(void *ctx, FILE *f)
{
	struct gcs_run *run = ctx;

	return strcmp(run->live.out.format, "json") ? gcs_print_table(run, f) : gcs_print_json(run, f);
}

static int watch(struct gcs_run *run)
{
	int err = output_check(&run->live.out);

	if (!err)
		err = live_open(&run->live);
	if (!err)
		err = go_gc_open(&run->reader, &run->live.process);
	if (!err)
		err = look_on(run);
	if (!err && gcs_judge(run, &run->verdict))
		err = err_sys(ENOMEM, "judging");
	return err ? err : live_write(&run->live, write_as, run);
}

static int run(int argc, char **argv)
{
	struct gcs_run run = {
		.live = { .out = { .formats = "table json" }, .interval_ns = 1000000000,
			  .running = "compares several looks" },
		.window = { .duration_ns = 30000000000 },
		.trend = 5, .jump = 2, .pause_ns = 10000000, .pause_rate = 3,
	};
	int err, status;

	options_parse(&argp, argc, argv, &run);
	err = watch(&run);
	free(run.looks);
	free(run.pauses);
	status = live_close(&run.live, err);
	return !err && run.fail_on && run.verdict.n >= run.fail_on ? EXIT_FINDINGS : status;
}

const struct command cmd_gc_signals = {
	.name = "gc-signals",
	.group = "Garbage collector",
	.summary = "do the three leak signals show",
	.run = run,
};
