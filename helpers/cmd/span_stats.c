/* SPDX-License-Identifier: GPL-2.0-only */
/* gobpf span-stats - how the heap uses its pages */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/num.h"
#include "cmd/span_stats_run.h"
#include "command.h"

enum { OPT_SORT = OPT_OWN };

static const struct argp_option options[] = {
	{ "sort", OPT_SORT, "COLUMN", 0, "By size (default), spans, bytes, objects, used, free or unused", 10 },
	{ 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct ss_run *run = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &run->live;
		return 0;
	case OPT_SORT:
		run->sort = ss_sort_find(arg);
		if (!run->sort)
			argp_error(state, "--sort: no column '%s' (one of: size spans bytes objects used "
					  "free unused)", arg);
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp_child children[] = {
	{ &live_argp, 0, NULL, 0 },
	{ 0 },
};
static const struct argp argp = {
	options, parse, "PID|NAME|CORE",
	"Show how the heap of a running Go program uses its pages: per size class the spans, the objects "
	"in them, the free slots, and the bytes that hold nothing; large objects; what is idle or was "
	"returned to the system. It is read from the program's memory, or from a core file or capture of it: "
	"nothing is stopped and nothing is probed.\v"
	"Objects that are garbage count until their span is swept, as in runtime.MemStats; the head says "
	"how many spans are not swept yet.\n"
	"\n"
	"Examples:\n"
	"  gobpf span-stats 4242\n"
	"  gobpf span-stats --sort unused -n 10 server\n"
	"  gobpf span-stats --json 4242",
	children, NULL, NULL,
};

/* Both sides of the reading, so that a change in between is known. */
static int look(struct ss_run *run)
{
	struct go_process *p = &run->live.process;
	struct go_span_layout layout;
	int err = go_span_layout(p, &layout);

	if (!err)
		err = go_spans_read(p, &layout, &run->spans);
	if (!err)
		err = target_check(&run->live.target);
	run->unix_ns = target_unix_ns(&run->live.target);
	return err;
}

/* What every class has together, and all of it in rows. */
static void add_up(struct ss_run *run)
{
	for (unsigned i = 0; i < GO_SPAN_CLASSES; i++) {
		const struct go_span_class *c = &run->spans.classes[i];

		if (!c->spans)
			continue;
		run->rows[run->nrows++] = (struct ss_row){ .c = c, .noscan = i & 1 };
		run->sum.spans += c->spans;
		run->sum.pages += c->pages;
		run->sum.objects += c->objects;
		run->sum.slots += c->slots;
		run->sum.used += c->used;
		run->sum.cached += c->cached;
		run->sum.unswept += c->unswept;
		run->free_slots += (c->slots - c->objects) * c->size;
	}
}

static int write_as(void *ctx, FILE *f)
{
	struct ss_run *run = ctx;

	return !strcmp(run->live.out.format, "json") ? ss_print_json(run, f) : ss_print_table(run, f);
}

static int run(int argc, char **argv)
{
	struct ss_run *run = calloc(1, sizeof(*run));
	int err;

	if (!run)
		return err_status(err_sys(ENOMEM, "starting"));
	run->live.out.formats = "table json";
	run->sort = ss_sort_find("size");
	options_parse(&argp, argc, argv, run);
	err = live_open(&run->live);
	if (!err)
		err = look(run);
	if (!err) {
		add_up(run);
		err = live_write(&run->live, write_as, run);
	}
	err = live_close(&run->live, err);
	free(run);
	return err;
}

const struct command cmd_span_stats = {
	.name = "span-stats",
	.group = "Heap",
	.summary = "how the heap uses its pages",
	.run = run,
	.capture = "",
};
