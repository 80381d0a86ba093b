/* SPDX-License-Identifier: GPL-2.0-only */
/* gobpf heap-profile - what is live in the heap, and what was allocated since the start */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/num.h"
#include "cmd/heap_profile_run.h"
#include "command.h"

enum { OPT_SORT = OPT_OWN, OPT_DIFF, OPT_EVERY };

static const struct argp_option options[] = {
	{ "sort", OPT_SORT, "VALUE", 0,
	  "By inuse_space (default), inuse_objects, alloc_space or alloc_objects", 10 },
	{ "diff", OPT_DIFF, "FILE", 0,
	  "What grew since FILE: a heap profile in pprof's format, or JSON of this command", 10 },
	{ "every", OPT_EVERY, "TIME", 0, "What grows: look every TIME; the same as --interval", 10 },
	{ 0 },
};

static void parse_sort(struct hp_run *run, const char *arg, struct argp_state *state)
{
	for (unsigned v = 0; v < MEM_VALUES; v++) {
		if (strcmp(arg, go_heap_types[v].name))
			continue;
		run->value = v;
		return;
	}
	argp_error(state, "--sort: no value '%s' (one of: inuse_space inuse_objects alloc_space "
			  "alloc_objects)", arg);
}

static void check(const struct hp_run *run, struct argp_state *state)
{
	if (run->diff && run->live.interval_ns)
		argp_error(state, "--diff compares with a file, --every with itself: one of them");
	if (run->live.count && !run->live.interval_ns)
		argp_error(state, "--count: how often? Give --every, too");
	if (run->live.count == 1)
		argp_error(state, "--count: growth is between at least 2 readings");
	if (hp_grows(run) && !strcmp(run->live.out.format, "speedscope"))
		argp_error(state, "speedscope has no form for growth");
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct hp_run *run = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = state->child_inputs[1] = &run->live;
		return 0;
	case OPT_SORT:
		parse_sort(run, arg, state);
		return 0;
	case OPT_DIFF:
		run->diff = arg;
		return 0;
	case OPT_EVERY:
		if (num_parse_duration(arg, &run->live.interval_ns))
			argp_error(state, "--every: %s", err_text());
		if (!run->live.interval_ns)
			argp_error(state, "--every: 0 is no time to wait");
		return 0;
	case ARGP_KEY_END:
		check(run, state);
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
	"Show what is live in the heap of a running Go program and what it allocated since its start, "
	"by the stacks that allocated it: the runtime's own memory profile, read from the program's "
	"memory, or from a core file or capture of it. Nothing is stopped and nothing is probed.\v"
	"The numbers are those of runtime.MemProfile and /debug/pprof/heap: samples, scaled, as of the "
	"end of marking of the garbage collection before the last, or of the last where the "
	"runtime has published it. With --every stacks are ranked by their growth per minute; one "
	"that grew each time the runtime had news is marked leak-suspect.\n"
	"\n"
	"Examples:\n"
	"  gobpf heap-profile 4242\n"
	"  gobpf heap-profile --sort alloc_space -v server\n"
	"  gobpf heap-profile -o now.pb.gz 4242 && go tool pprof -http : now.pb.gz\n"
	"  gobpf heap-profile --diff yesterday.pb.gz 4242\n"
	"  gobpf heap-profile --every 30s --count 5 4242",
	children, NULL, NULL,
};

static int open_target(struct hp_run *run)
{
	int err = live_open(&run->live);

	if (!err)
		err = go_bucket_layout(&run->live.process, &run->layout);
	if (!err && !run->layout.profcycle)
		err = err_set(ENOEXEC, "process %d (%s), %s: where the memory profile's cycle is kept is "
			       "not known: what of it is published can't be told",
			       run->live.target.pid, run->live.target.comm,
			       run->live.process.go.version.text);
	if (!err)
		run->symboliser = go_heap_symboliser(&run->live.process, &run->symbols);
	return err;
}

/*
 * Without these the linker has turned the profile off (cmd/link/internal/ld, disableMemoryProfiling); what was
 * sampled until the runtime sees that, in its first moments, is no profile.
 */
static bool is_linked_in(const struct go_process *p)
{
	struct go_func f;

	return go_func_named(&p->go, "runtime.MemProfile", &f) ||
	       go_func_named(&p->go, "runtime.memProfileInternal", &f);
}

static int look(struct hp_run *run)
{
	struct go_process *p = &run->live.process;
	int err = go_buckets_read(p, &run->layout, &run->buckets);

	/* what was read while it ended or ran exec may be another program's */
	if (!err)
		err = target_check(&run->live.target);
	if (err)
		return err;
	run->unix_ns = target_unix_ns(&run->live.target);
	run->published_ns = go_heap_published_at(p, &run->buckets);
	if (!run->buckets.rate && (!run->buckets.n || !is_linked_in(p)))
		return err_set(ENOEXEC, "process %d (%s) keeps no memory profile: its MemProfileRate is 0 "
			       "(set so, or runtime.MemProfile was not linked in). What it allocates from "
			       "now on: gobpf heap-hotspots --engine=refill %d",
			       run->live.target.pid, run->live.target.comm, run->live.target.pid);
	return run->live.interval_ns ? hp_grow(run) : 0;
}

static void remark(struct hp_run *run)
{
	const struct go_buckets *b = &run->buckets;

	if (!b->rate)
		buf_line(&run->notes, "MemProfileRate is 0 now: what was sampled while it was not is shown "
			     "unscaled, as pprof has it");
	if (!b->published)
		buf_line(&run->notes, "no garbage collection has published a profile yet: these are the "
			     "allocations until now, and what was freed is known of few");
	if (b->mixed)
		buf_line(&run->notes, "collections came in between each time it was read: stacks are as of "
			     "different collections");
}

/* A target that ends between readings is no failure when two are there. */
static int watch(struct hp_run *run)
{
	int err;

	do
		err = look(run);
	while (!err && live_again(&run->live));
	if (err && run->readings >= 2 && target_check(&run->live.target)) {
		buf_line(&run->notes, "%s; what grew until then:", err_text());
		return 0;
	}
	if (!err && run->live.interval_ns && run->readings < 2)
		return err_set(ENODATA, "ended after one reading: growth is between two");
	return err;
}

static int make_profile(struct hp_run *run)
{
	if (run->live.interval_ns)
		return hp_growth_finish(run);
	if (run->diff)
		return hp_growth_of_file(run);
	return go_heap_profile(&run->live.process, &run->buckets, &run->symboliser, &run->profile);
}

static int write_as(void *ctx, FILE *f)
{
	struct hp_run *run = ctx;
	int err = hp_grows(run) ? hp_print_growth(run, f) : hp_print(run, f);

	if (!err && run->notes.len && !run->live.out.quiet)
		fputs(run->notes.data, stderr);
	return err;
}

static int run(int argc, char **argv)
{
	struct hp_run run = {
		.live.out = { .formats = "table json folded svg html pprof speedscope", .top = 20 },
		.value = MEM_INUSE_SPACE,
	};
	int err;

	options_parse(&argp, argc, argv, &run);
	err = open_target(&run);
	if (!err)
		err = watch(&run);
	if (!err) {
		remark(&run);
		err = make_profile(&run);
	}
	if (!err)
		err = live_write(&run.live, write_as, &run);
	profile_free(&run.profile);
	go_buckets_free(&run.buckets);
	buf_free(&run.notes);
	free(run.stacks);
	free(run.samples);
	free(run.addrs);
	return live_close(&run.live, err);
}

const struct command cmd_heap_profile = {
	.name = "heap-profile",
	.group = "Heap",
	.summary = "what is live in the heap, and what was allocated since the start",
	.run = run,
	.capture = "",
};
