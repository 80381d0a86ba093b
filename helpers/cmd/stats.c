/* SPDX-License-Identifier: GPL-2.0-only */
/* gobpf stats - what the runtime knows of itself, on one page */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "cmd/stats_run.h"
#include "command.h"

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct stats_run *run = state->input;

	(void)arg;
	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = state->child_inputs[1] = &run->live;
		return 0;
	case ARGP_KEY_END:
		if (run->live.count > 1 && !run->live.interval_ns)
			run->live.interval_ns = 1000000000;
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
	NULL, parse, "PID|NAME|CORE",
	"Show what the Go runtime of a running program knows of itself: memory as runtime.MemStats, "
	"garbage collector, scheduler, goroutines by state. Nothing is stopped and nothing is probed: "
	"it is all read from the program's memory.\v"
	"-n is for the reasons that goroutines wait for. With -i a line follows for each further look, with rates since the one before; with --json "
	"an object a line.\n"
	"\n"
	"Examples:\n"
	"  gobpf stats 4242\n"
	"  gobpf stats -i 1s server\n"
	"  gobpf stats --json 4242 | jq .memory.heap_alloc",
	children, NULL, NULL,
};

struct stats_rates stats_rates(const struct stats_run *run)
{
	const struct stats *a = &run->before, *b = &run->now;
	double seconds = (double)(b->mem.time_ns - a->mem.time_ns) / 1e9;
	uint32_t gcs = b->gc.cycles - a->gc.cycles;

	return (struct stats_rates){
		.seconds = seconds,
		.alloc_bytes = (double)(int64_t)(b->mem.total_alloc - a->mem.total_alloc) / seconds,
		.mallocs = (double)(int64_t)(b->mem.mallocs - a->mem.mallocs) / seconds,
		.frees = (double)(int64_t)(b->mem.frees - a->mem.frees) / seconds,
		.gcs = gcs / seconds * 60,
		.gcs_n = gcs,
		.pause_ns = b->gc.pause_total_ns - a->gc.pause_total_ns,
	};
}

static int open_target(struct stats_run *run)
{
	struct go_process *p = &run->live.process;
	struct go_func f;
	int err = live_open(&run->live);

	if (!err)
		err = go_memstats_open(&run->mem, p);
	if (!err)
		err = go_gc_open(&run->gc, p);
	if (!err)
		err = go_sched_open(&run->sched, p);
	if (!err)
		err = go_g_reader_open(&run->reasons, p);
	if (!err)
		run->cgo = go_func_named(&p->go, "crosscall2", &f);
	return err;
}

static uint64_t kernel_threads(const struct target *t)
{
	static const char key[] = "\nThreads:";
	char *text, *at;
	uint64_t n = 0;

	if (target_text(t, "status", &text, NULL))
		return 0;
	at = strstr(text, key);
	if (at)
		n = strtoull(at + sizeof(key) - 1, NULL, 10);
	free(text);
	return n;
}

static int look(struct stats_run *run)
{
	struct stats *now = &run->now;
	int err;

	run->before = *now;
	err = go_memstats_read(&run->mem, &now->mem);
	if (!err)
		err = go_gc_read(&run->gc, &now->gc);
	if (!err)
		err = go_sched_read(&run->sched, &now->sched);
	if (err)
		return err;
	now->unix_ns = target_unix_ns(&run->live.target);
	now->now_ns = target_now_ns(&run->live.target);
	now->kernel_threads = kernel_threads(&run->live.target);
	return 0;
}

static int print(struct stats_run *run, FILE *f)
{
	int err = 0;

	if (!strcmp(run->live.out.format, "json"))
		err = stats_print_json(run, f);
	else if (run->live.rounds)
		stats_print_line(run, f);
	else
		err = stats_print_page(run, f);
	if (!err && output_flush(f))
		err = -EPIPE;
	return err;
}

static int look_on(struct stats_run *run)
{
	int err, closed;
	FILE *f;

	/* a first look before anything is written: what fails now leaves no file */
	err = look(run);
	if (err)
		return err;
	err = output_open(&run->live.out, &f);
	if (err)
		return err;
	err = print(run, f);
	while (!err && live_again(&run->live)) {
		err = look(run);
		/* it may end while it is watched */
		if (err == -ESRCH) {
			err = 0;
			break;
		}
		if (!err)
			err = print(run, f);
	}
	closed = output_close(&run->live.out, f);
	return err && err != -EPIPE ? err : closed;
}

static int run(int argc, char **argv)
{
	struct stats_run *run = calloc(1, sizeof(*run));
	int err, status;

	if (!run)
		return EXIT_FAILED;
	run->live.out.formats = "table json";
	run->live.out.top = 6;
	options_parse(&argp, argc, argv, run);
	err = open_target(run);
	if (!err)
		err = look_on(run);
	go_g_reader_close(&run->reasons);
	go_sched_close(&run->sched);
	go_memstats_close(&run->mem);
	status = live_close(&run->live, err);
	free(run);
	return status;
}

const struct command cmd_stats = {
	.name = "stats",
	.group = "Runtime",
	.summary = "what the runtime knows of itself, on one page",
	.capture = "",
	.run = run,
};
