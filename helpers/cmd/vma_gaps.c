/* SPDX-License-Identifier: GPL-2.0-only */
/* gobpf vma-gaps - is the address space fragmented, and what would still fit */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/num.h"
#include "cmd/vma_gaps_run.h"
#include "command.h"

enum { OPT_FINE = OPT_OWN, OPT_TIGHT, OPT_CRITICAL };

static const struct argp_option options[] = {
	{ "fine", OPT_FINE, "SIZE", 0, "More than this is fine (128MiB)", 10 },
	{ "tight", OPT_TIGHT, "SIZE", 0, "Up to this is tight (32MiB)", 10 },
	{ "critical", OPT_CRITICAL, "SIZE", 0, "Less than this is critical (4MiB)", 10 },
	{ 0 },
};

static void parse_size(struct argp_state *state, const char *option, const char *arg, uint64_t *ret)
{
	if (num_parse_bytes(arg, ret))
		argp_error(state, "%s: %s", option, err_text());
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct gaps_run *run = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &run->live;
		return 0;
	case OPT_FINE:
		parse_size(state, "--fine", arg, &run->fine);
		return 0;
	case OPT_TIGHT:
		parse_size(state, "--tight", arg, &run->tight);
		return 0;
	case OPT_CRITICAL:
		parse_size(state, "--critical", arg, &run->critical);
		return 0;
	case ARGP_KEY_SUCCESS:
		if (run->critical > run->tight || run->tight > run->fine)
			argp_error(state, "--critical must not be above --tight, nor that above --fine");
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp_child children[] = { { &live_argp, 0, NULL, 0 }, { 0 } };
static const struct argp argp = {
	options, parse, "PID|NAME|CAPTURE",
	"Show how fragmented a process's address space is: the holes between its mappings, and the "
	"largest mmap that the kernel would still grant.\v"
	"Any program will do, not only Go's. The verdict is about the largest mmap that would fit.\n"
	"\n"
	"Examples:\n"
	"  gobpf vma-gaps 4242\n"
	"  gobpf vma-gaps --fine 1GiB --tight 256MiB server",
	children, NULL, NULL,
};

static bool is_anonymous(const struct map *m)
{
	return !m->ino && (!*m->path || !strncmp(m->path, "[anon", 5) || !strcmp(m->path, "[heap]") ||
			   !strncmp(m->path, "[stack", 6));
}

static void add_hole(struct gaps_run *run, const struct gap *hole, bool between_anonymous)
{
	struct gap_bin *bin = run->bins;
	uint64_t size = hole->end - hole->start;

	while (size > bin->most)
		bin++;
	bin->count++;
	bin->bytes += size;
	run->holes++;
	if (size > run->largest.end - run->largest.start)
		run->largest = *hole;
	if (between_anonymous && size > run->largest_anonymous.end - run->largest_anonymous.start)
		run->largest_anonymous = *hole;
}

/* The kernel's own page for old programs is above all that a process can map. */
static bool is_users(const struct map *m)
{
	return m->start < m->end && m->end >> 63 == 0;
}

static void find_holes(struct gaps_run *run)
{
	const struct map *before = NULL;
	uint64_t fits = 0;

	for (size_t i = 0; i < run->maps.n; i++) {
		const struct map *m = &run->maps.v[i];
		struct gap hole = { before ? before->end : run->lowest, m->start };

		if (!is_users(m))
			continue;
		run->mappings++;
		run->anonymous += is_anonymous(m);
		if (hole.start < hole.end) {
			uint64_t guard = !strcmp(m->path, "[stack]") ? GAPS_STACK_GUARD : 0;
			uint64_t size = hole.end - hole.start;

			add_hole(run, &hole, before && is_anonymous(before) && is_anonymous(m));
			if (size > guard && size - guard > fits)
				fits = size - guard;
		}
		if (!before || m->end > before->end)
			before = m;
	}
	run->limits[LIMIT_HOLE].bytes = fits;
}

static int run_command(struct gaps_run *run)
{
	char *text;
	int err = live_open(&run->live);

	if (!err)
		err = target_text(&run->live.target, "maps", &text, NULL);
	if (!err)
		err = maps_parse(text, run->live.target.pid, &run->maps);
	if (!err)
		err = gaps_limits_read(run);
	if (err)
		return err;
	find_holes(run);
	gaps_limits_apply(run);
	return live_write(&run->live, gaps_write, run);
}

static int run(int argc, char **argv)
{
	struct gaps_run run = {
		.live = { .out = { .formats = "table json", .top = 0 }, .any_program = true },
		.fine = 128 << 20,
		.tight = 32 << 20,
		.critical = 4 << 20,
		.bins = { { .most = 64 << 10 }, { .most = 1 << 20 }, { .most = 4 << 20 },
			  { .most = 32 << 20 }, { .most = 128 << 20 }, { .most = 1 << 30 },
			  { .most = UINT64_MAX } },
	};
	int err;

	options_parse(&argp, argc, argv, &run);
	err = run_command(&run);
	maps_free(&run.maps);
	return live_close(&run.live, err);
}

const struct command cmd_vma_gaps = {
	.name = "vma-gaps",
	.group = "Memory and kernel",
	.summary = "is the address space fragmented, and what would still fit",
	.run = run,
	.capture = "",
};
