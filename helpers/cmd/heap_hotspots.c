/* SPDX-License-Identifier: GPL-2.0-only */
/* gobpf heap-hotspots - which call sites allocate, now */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/err.h"
#include "base/num.h"
#include "cmd/heap_run.h"
#include "command.h"
#include "go/heap_profile.h"

enum { OPT_ENGINE = OPT_OWN, OPT_EXACT, OPT_FORCE, OPT_MAX_OVERHEAD, OPT_BPFTRACE };

/* From the gentlest on; `auto' takes the first of the first two that can work. */
static const struct heap_engine *const engines[] = { &heap_buckets, &heap_refill, &heap_exact,
						     &heap_bpftrace };
enum { AUTO_ENGINES = 2 };

static const struct argp_option options[] = {
	{ "engine", OPT_ENGINE, "NAME", 0,
	  "How to look: auto (default), buckets, refill, exact, bpftrace", 10 },
	{ "exact", OPT_EXACT, NULL, 0, "Count every allocation; the same as --engine=exact", 10 },
	{ "force", OPT_FORCE, NULL, 0, "Let --exact slow the target by more than 20 %", 10 },
	{ "max-overhead", OPT_MAX_OVERHEAD, "PERCENT", 0,
	  "What refill may cost the target, of its CPU time (default 1 %)", 10 },
	{ "bpftrace", OPT_BPFTRACE, "PATH", 0, "The bpftrace to use with --engine=bpftrace", 10 },
	{ 0 },
};

static bool known_engine(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(engines); i++)
		if (!strcmp(engines[i]->name, name))
			return true;
	return !strcmp(name, "auto");
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct heap_run *run = state->input;
	double percent;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &run->out;
		state->child_inputs[1] = &run->out;
		state->child_inputs[2] = &run->window;
		return 0;
	case OPT_ENGINE:
		if (!known_engine(arg))
			argp_error(state, "unknown engine '%s' (one of: auto buckets refill exact "
					  "bpftrace)", arg);
		run->engine_name = arg;
		return 0;
	case OPT_EXACT:
		run->exact = true;
		return 0;
	case OPT_FORCE:
		run->force = true;
		return 0;
	case OPT_MAX_OVERHEAD:
		if (num_parse_percent(arg, &percent))
			argp_error(state, "--max-overhead: %s", err_text());
		if (percent <= 0)
			argp_error(state, "--max-overhead must be above 0");
		run->max_overhead = percent / 100;
		return 0;
	case OPT_BPFTRACE:
		run->bpftrace = arg;
		return 0;
	case ARGP_KEY_ARG:
		if (run->target_word)
			argp_error(state, "one target at a time, not '%s' too", arg);
		run->target_word = arg;
		return 0;
	case ARGP_KEY_END:
		if (run->exact && strcmp(run->engine_name, "auto") != 0 &&
		    strcmp(run->engine_name, "exact") != 0)
			argp_error(state, "--exact and --engine=%s contradict each other",
				   run->engine_name);
		if (run->exact)
			run->engine_name = "exact";
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "which process? Give a PID or a unique process name");
		return EINVAL;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp_child children[] = {
	{ &opt_json_argp, 0, NULL, 0 },
	{ &opt_report_argp, 0, NULL, 0 },
	{ &opt_window_argp, 0, NULL, 0 },
	{ 0 },
};
static const struct argp argp = {
	options, parse, "PID|NAME",
	"Show which call sites of a running Go program allocate, in bytes and objects per second.\v"
	"Engines, gentlest first; auto takes the first of buckets and refill that can work:\n"
	"  buckets   the runtime's own memory profile, read twice: no probe, no cost\n"
	"  refill    samples where the allocator fetches fresh memory, within --max-overhead\n"
	"  exact     every allocation; says first what that costs\n"
	"  bpftrace  scripts/heap-hotspots.bt, the runbook edition\n"
	"\n"
	"Examples:\n"
	"  gobpf heap-hotspots 4242\n"
	"  gobpf heap-hotspots -d 30s -v server\n"
	"  gobpf heap-hotspots -o hot.svg 4242\n"
	"  gobpf heap-hotspots -o hot.pb.gz 4242 && go tool pprof -http : hot.pb.gz",
	children, NULL, NULL,
};

uint64_t heap_window_end(const struct heap_run *run)
{
	return run->window.duration_ns ? run->start_ns + run->window.duration_ns : 0;
}

enum wait_result heap_wait(struct heap_run *run, uint64_t until_ns)
{
	enum { STEP = 100000000 };

	for (;;) {
		uint64_t now = num_now_ns(), next = until_ns;
		enum wait_result r;

		progress_show(&run->progress, now - run->start_ns, run->window.duration_ns, NULL);
		if (!next || next > now + STEP)
			next = now + STEP;
		r = target_wait(&run->target, next);
		if (r != WAIT_TIME || (until_ns && num_now_ns() >= until_ns))
			return r;
	}
}

/* The engine asked for, or the first gentle one that works here. */
static int choose_engine(struct heap_run *run)
{
	bool any = !strcmp(run->engine_name, "auto");
	char why[512] = "";
	int err = 0;

	for (size_t i = 0; i < ARRAY_SIZE(engines); i++) {
		if (any ? i >= AUTO_ENGINES : strcmp(engines[i]->name, run->engine_name) != 0)
			continue;
		err = engines[i]->usable(run);
		if (!err) {
			run->engine = engines[i];
			return 0;
		}
		if (!any || err == -ESRCH || i + 1 == AUTO_ENGINES)
			break;
		snprintf(why, sizeof(why), "%s", err_text());
	}
	if (why[0])
		err_in(err, "no engine works here: buckets: %s; refill", why);
	return err;
}

static int init_profile(struct heap_run *run)
{
	static const struct value_type types[] = {
		[HEAP_OBJECTS] = { "alloc_objects", "count", false },
		[HEAP_BYTES] = { "alloc_space", "bytes", false },
		[HEAP_SAMPLES] = { "samples", "count", true },
	};
	struct timespec now;

	if (profile_init(&run->profile, types, HEAP_NVALUES))
		return err_sys(ENOMEM, "starting");
	clock_gettime(CLOCK_REALTIME, &now);
	run->profile.main_value = HEAP_BYTES;
	run->profile.time_unix_ns = (uint64_t)now.tv_sec * 1000000000 + now.tv_nsec;
	run->profile.period_type = (struct value_type){ "space", "bytes", false };
	return 0;
}

static int open_target(struct heap_run *run)
{
	int err = target_open(run->target_word, &run->target);

	if (!err)
		err = go_process_open(&run->target, &run->process);
	if (err)
		return err;
	run->symboliser = go_process_symboliser(&run->process);
	err = init_profile(run);
	if (!err && go_heap_mapping(&run->process, &run->profile))
		err = err_sys(ENOMEM, "starting");
	return err;
}

static int look(struct heap_run *run)
{
	int err = choose_engine(run);
	uint64_t cpu_ns;

	if (err)
		return err;
	cpu_ns = target_cpu_ns(&run->target);
	progress_begin(&run->progress, run->target.comm, run->out.quiet);
	run->start_ns = num_now_ns();
	err = run->engine->run(run);
	progress_clear(&run->progress);
	run->profile.duration_ns = run->end_ns - run->start_ns;
	if (!err && cpu_ns && target_cpu_ns(&run->target) == cpu_ns)
		buf_line(&run->notes, "process %d (%s) used no CPU time in this window: it is idle or stopped",
			  run->target.pid, run->target.comm);
	return err;
}

/* Everything that was gathered is printed, however the window ended. */
static int finish(struct heap_run *run)
{
	FILE *f;
	int err = output_open(&run->out, &f), write_err;

	if (err)
		return err;
	err = heap_print(run, f);
	write_err = output_close(&run->out, f);
	return err ? err : write_err;
}

static void close_all(struct heap_run *run)
{
	if (run->cleanup)
		run->cleanup(run->cleanup_arg);
	profile_free(&run->profile);
	buf_free(&run->notes);
	go_process_close(&run->process);
	target_close(&run->target);
}

static int run_command(int argc, char **argv)
{
	struct heap_run run = {
		.out = { .formats = "table json folded svg html pprof speedscope", .top = 20 },
		.window = { .duration_ns = 10000000000 },
		.engine_name = "auto",
		.max_overhead = 0.01,
		.target = { .pidfd = -1 },
	};
	int err, status;

	options_parse(&argp, argc, argv, &run);
	wait_signals_init();
	err = output_check(&run.out);
	if (!err)
		err = open_target(&run);
	if (!err)
		err = look(&run);
	if (!err)
		err = finish(&run);
	if (!err && run.ended == WAIT_EXITED)
		err = err_in(target_check(&run.target), "ended early");
	status = err_status(err);
	if (err)
		fprintf(stderr, "gobpf heap-hotspots: %s\n", err_text());
	close_all(&run);
	return status;
}

const struct command cmd_heap_hotspots = {
	.name = "heap-hotspots",
	.group = "Heap",
	.summary = "which call sites allocate, now",
	.run = run_command,
};
